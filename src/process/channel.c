/* SPDX-License-Identifier: MIT */
#include "process/channel.h"

#include <sys/socket.h>

int
channel_open(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
}

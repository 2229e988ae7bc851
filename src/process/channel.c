/* SPDX-License-Identifier: MIT */
#include "process/channel.h"

#include <sys/socket.h>

int
channel_open(int ends[2])
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends);
}

int
channel_open_stream(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	shutdown(ends[0], SHUT_WR);
	shutdown(ends[1], SHUT_RD);
	return 0;
}

void
channel_finish(int end)
{
	shutdown(end, SHUT_WR);
}

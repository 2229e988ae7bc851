/* SPDX-License-Identifier: MIT */
#include "process/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

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

/* Room for what comes beside the bytes, placed as struct cmsghdr has to be. */
union beside {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(struct ucred))];
};

/* The next message of one byte: 1, or -1 with errno. */
static int
receive(int end, char *what, union beside *beside, struct msghdr *message)
{
	struct iovec byte = { what, 1 };
	ssize_t size;

	*message = (struct msghdr){ .msg_iov = &byte,
				    .msg_iovlen = 1,
				    .msg_control = beside,
				    .msg_controllen = sizeof(*beside) };
	do
		size = recvmsg(end, message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (size < 0 && errno == EINTR);
	message->msg_iov = NULL;
	/* Messages have a byte: without one it is the end. */
	if (size == 0 || (size < 0 && errno == ECONNRESET)) {
		errno = EPIPE;
		return -1;
	}
	return size < 0 ? -1 : 1;
}

int
channel_send_descriptor(int end, int fd)
{
	union beside beside = { .head = { .cmsg_len = CMSG_LEN(sizeof(fd)),
					  .cmsg_level = SOL_SOCKET,
					  .cmsg_type = SCM_RIGHTS } };
	char what = 0;
	struct iovec byte = { &what, 1 };
	struct msghdr message = { .msg_iov = &byte,
				  .msg_iovlen = 1,
				  .msg_control = &beside,
				  .msg_controllen = CMSG_SPACE(sizeof(fd)) };
	struct pollfd room = { .fd = end, .events = POLLOUT };

	memcpy(CMSG_DATA(&beside.head), &fd, sizeof(fd));
	while (sendmsg(end, &message, MSG_NOSIGNAL) < 0) {
		if (errno == EAGAIN)
			poll(&room, 1, -1);
		else if (errno != EINTR)
			return -1;
	}
	return 0;
}

int
channel_receive_descriptor(int end)
{
	union beside beside;
	struct msghdr message;
	char what;
	int fd;

	if (receive(end, &what, &beside, &message) < 0)
		return -1;
	if (message.msg_controllen < CMSG_LEN(sizeof(fd)) || beside.head.cmsg_type != SCM_RIGHTS) {
		errno = EPROTO;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(&beside.head), sizeof(fd));
	return fd;
}

int
channel_ask_senders(int end)
{
	const int yes = 1;

	return setsockopt(end, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes));
}

int
channel_receive(int end, char *what, pid_t *sender)
{
	struct ucred credentials = { .pid = 0 };
	union beside beside;
	struct msghdr message;

	if (receive(end, what, &beside, &message) < 0)
		return errno == EAGAIN ? 0 : -1;
	if (message.msg_controllen >= CMSG_LEN(sizeof(credentials))
	    && beside.head.cmsg_type == SCM_CREDENTIALS)
		memcpy(&credentials, CMSG_DATA(&beside.head), sizeof(credentials));
	*sender = credentials.pid;
	return 1;
}

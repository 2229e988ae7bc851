/* SPDX-License-Identifier: MIT */
#include "process/peer.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/num.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"

int
peer_parse(const char *text, struct peer *peer)
{
	size_t length = strcspn(text, ":@");
	char number[16];
	int64_t pid, identity = 0;

	*peer = (struct peer){ .pidfd = -1 };
	errno = EINVAL;
	if (length >= sizeof(number))
		return -1;
	memcpy(number, text, length);
	number[length] = '\0';
	if (num_integer(number, 1, PID_LARGEST, &pid) < 0
	    || (text[length] && num_integer(text + length + 1, 1, INT64_MAX, &identity) < 0)) {
		errno = EINVAL;
		return -1;
	}
	peer->pid = (pid_t)pid;
	peer->identity = (uint64_t)identity;
	if (text[length])
		peer->form = text[length] == ':' ? PEER_INODE : PEER_START;
	return 0;
}

/*
 * Whether PIDFD, of a process of this number that was there, is the one that is meant: 0, or -1 with
 * errno.
 */
static int
check(const struct peer *peer, int pidfd)
{
	uint64_t identity;
	pid_t parent;

	if (peer->form == PEER_NUMBER)
		return 0;
	if (peer->form == PEER_INODE) {
		identity = pidfd_inode(pidfd);
		errno = identity ? ESTALE : EOPNOTSUPP;
		return identity == peer->identity ? 0 : -1;
	}
	if (pid_stat(peer->pid, &parent, &identity) < 0)
		return -1;
	/* That was told of this very process if it is there still. */
	if (pidfd_has_ended(pidfd) && !pidfd_is_there(pidfd))
		return -1;
	errno = ESTALE;
	return identity == peer->identity ? 0 : -1;
}

int
peer_open(struct peer *peer)
{
	int pidfd = pidfd_of(peer->pid), error;

	if (pidfd < 0)
		return -1;
	if (check(peer, pidfd) < 0) {
		error = errno;
		close(pidfd);
		errno = error;
		return -1;
	}
	peer->pidfd = pidfd;
	return 0;
}

void
peer_close(struct peer *peer)
{
	if (peer->pidfd >= 0)
		close(peer->pidfd);
	peer->pidfd = -1;
}

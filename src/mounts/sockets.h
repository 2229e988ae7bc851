/* SPDX-License-Identifier: MIT */
/* The paths that sockets are bound to, each in its network namespace: /proc/net/unix, unix(7), proc(5). */
#ifndef BUTTER_SOCKETS_H
#define BUTTER_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has been read of it; a zeroed struct is nothing. */
struct sockets {
	struct sockets_space {
		uint64_t id; /* inode of the network namespace */
		struct sockets_bound {
			uint64_t inode;
			char *path;
		} * bound; /* by rising inodes */
		size_t count;
	} * spaces;
	size_t count;
};

/*
 * Reads LINE, a string: the INODE of a socket, and the PATH, in it, that it is bound to, as the process
 * has given it, which may begin anywhere. False: it is no such line, or the socket has none.
 */
bool sockets_parse(const char *line, uint64_t *inode, const char **path);

/*
 * The path that the socket INODE is bound to, of the process whose folder in /proc is FD. NULL with
 * errno: 0 (it has none), or of open(2).
 */
const char *sockets_path(struct sockets *sockets, int fd, uint64_t inode);

void sockets_done(struct sockets *sockets);

#endif

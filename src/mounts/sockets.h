/* SPDX-License-Identifier: MIT */
/*
 * Sockets that are bound to files, each in its network namespace, and the mount that such a file is
 * in: sock_diag(7) and pidfd_getfd(2), or, where that is not to be had, /proc/net/unix; unix(7),
 * proc(5).
 */
#ifndef BUTTER_SOCKETS_H
#define BUTTER_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What is looked for, and what has been read of it; zeroed but for the first ones it is nothing. */
struct sockets {
	int proc;                  /* /proc */
	unsigned int major, minor; /* of the file system that is of interest, as in mountinfo.h */
	bool any_device;           /* all are */
	struct sockets_space {
		uint64_t id; /* inode of the network namespace */
		struct sockets_bound {
			uint64_t inode;
			char *path;    /* as the process has given it, which may begin anywhere */
			uint32_t file; /* the lower half of its file's inode, where that is known */
			bool has_file; /* it is known, and that it is of interest */
			int mount;     /* that it holds; 0: nobody has asked yet */
		} * bound;             /* by rising inodes */
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
 * The socket INODE, of the process whose folder in /proc is FD, if it is bound to a file that may be
 * of interest. NULL with errno: 0 (it is not), or of open(2).
 */
struct sockets_bound *sockets_find(struct sockets *sockets, int fd, uint64_t inode);

/*
 * The id of the mount that BOUND holds, by the descriptor FD of the process PID, or, unless 0, of its
 * thread THREAD, by the numbers of this pid namespace; 0: that descriptor is another one by now. -1
 * with errno: it is not to be known, pidfd_take, sockdiag_file; EOPNOTSUPP (the kernel has no ids).
 */
int sockets_mount(struct sockets_bound *bound, pid_t pid, pid_t thread, int fd);

/*
 * The same by its path, as the process whose folder in /proc is FD sees it now: it may lead elsewhere
 * than it did. 0: it leads to no socket, or surely to another one.
 */
int sockets_guess(const struct sockets *sockets, const struct sockets_bound *bound, int fd);

void sockets_done(struct sockets *sockets);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Pipes, and the calls that move bytes by way of them without copying: pipe(7), splice(2), tee(2),
 * vmsplice(2).
 *
 * What would block a descriptor that does not block is waited for here, and calls that a signal has
 * interrupted are done again here: nobody above sees EAGAIN or EINTR.
 */
#ifndef BUTTER_PIPE_H
#define BUTTER_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Called when a signal has interrupted a call, before that is done again; NULL: nothing to do. */
extern void (*pipe_interrupted)(void);

/* Whether FD is a pipe without a name in any file system: when its last reader leaves, no other can come. */
bool pipe_is_nameless(int fd);

/*
 * A pipe of our own, close-on-exec, that holds SIZE bytes, or less where that is not allowed. Returns
 * how many, or -1 with errno EMFILE, ENFILE, ENOSYS, EPERM (a seccomp profile); pipe2(2).
 */
ssize_t pipe_open(int ends[2], size_t size);

/*
 * Makes the pipe FD hold SIZE bytes if it holds less and that is allowed (fs.pipe-max-size,
 * fs.pipe-user-pages-soft). Returns how many it holds, or -1 when FD is no pipe; F_SETPIPE_SZ, fcntl(2).
 */
ssize_t pipe_widen(int fd, size_t size);

/*
 * Moves SIZE bytes at most from FROM to TO, one of which is a pipe: waits until there are some, then takes
 * what there is. MORE: more is known to follow (a socket may wait for that). Returns how many, 0 at the
 * end of FROM, -1 with errno EINVAL (not with these), ENOSYS, EPERM, EPIPE or one of the devices'; splice(2).
 */
ssize_t pipe_splice(int from, int to, size_t size, bool more);

/* read(2) that waits. */
ssize_t pipe_read(int fd, void *bytes, size_t size);

/* write(2) of all SIZE bytes. *WRITTEN: how many have left, also with -1 and its errno. */
int pipe_write(int fd, const void *bytes, size_t size, size_t *written);

#endif

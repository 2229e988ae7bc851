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

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Called when a signal has interrupted a call, before that is done again; NULL: nothing to do. */
extern void (*pipe_interrupted)(void);

/* Whether FD can be written; false with errno EBADF where it is closed, or open for reading alone. */
bool pipe_is_output(int fd);

/* Whether FD is a pipe without a name in any file system: when its last reader leaves, no other can come. */
bool pipe_is_nameless(int fd);

/*
 * A pipe of our own, close-on-exec, that holds SIZE bytes (rounded up to pages), or less where that is not
 * allowed. Returns how many, or -1 with errno EMFILE, ENFILE, ENOSYS, EPERM (a seccomp profile); pipe2(2).
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

/*
 * The same without waiting: -1 with EAGAIN where there is nothing, or no room. A file or a blocking socket
 * as TO can be waited for all the same.
 */
ssize_t pipe_splice_now(int from, int to, size_t size);

/*
 * Makes what the pipe FROM holds, SIZE bytes at most from its beginning, be in the pipe TO as well,
 * without waiting. Returns how many, 0 when FROM is empty and nobody writes to it, -1 with errno EAGAIN,
 * EPIPE, EINVAL (not with these), ENOSYS, EPERM; tee(2).
 */
ssize_t pipe_tee_now(int from, int to, size_t size);

/*
 * How many of COUNT are ready, or are so within MS milliseconds (-1: for ever), or 0 after a signal; -1 with
 * errno EMFILE (so many are not allowed: RLIMIT_NOFILE), ENOMEM; poll(2).
 */
int pipe_poll(struct pollfd *ready, size_t count, int ms);

/*
 * Whether the bytes of FD have no bounds. Those of a socket of datagrams, or packets, have: nothing is to be
 * spliced into it (of UDP's, what fits one in part waits for more, and is lost without a word when all of it
 * is too large), nor out of it (what a pipe has no room for is lost). getsockopt(2), udp(7).
 */
bool pipe_is_stream(int fd);

/*
 * Whether the pipe FD gives packets, of a page at most: a read(2) that has less room loses the rest, and what
 * is spliced from it into another remains such. That the writing end is open with O_DIRECT is not seen here,
 * so the first bytes tell, which stay there: WAITS for them as read(2) does. 1 or 0; 0 also where it cannot
 * be told: of a single byte, and where tee(2) or pipe2(2) is refused. -1 without waiting where none are
 * there yet; pipe(2).
 */
int pipe_gives_packets(int fd, bool waits);

/* Whether the bytes of FD, whose STATUS that is, have no bounds where they are read, as of these two. */
bool pipe_gives_stream(int fd, const struct stat *status);

/*
 * Waits for the next datagram of FD, which is no stream. Returns how many bytes it has at most: a read(2)
 * that has less room loses the rest. 0 where that is not told; FIONREAD, unix(7), udp(7).
 */
size_t pipe_next_size(int fd);

/* Whether ERROR of splice(2) or tee(2) says that they do not work here, but read(2) and write(2) may. */
bool pipe_is_refusal(int error);

/*
 * Gives the pipe FD references to the pages that hold the COUNT PIECES (UIO_MAXIOV at most): waits until it
 * has room, then gives what it has room for. Whatever is changed there later changes what the reader gets.
 * Returns how many bytes, or -1 with errno EBADF (FD is no pipe), EFAULT (the first byte is not there: it was
 * a mapped file's), EINVAL, ENOSYS, EPERM, EPIPE; vmsplice(2).
 */
ssize_t pipe_feed(int fd, const struct iovec *pieces, size_t count);

/* read(2) that waits. */
ssize_t pipe_read(int fd, void *bytes, size_t size);

/*
 * write(2) of all SIZE bytes, to a socket of datagrams in as many as it takes. *WRITTEN: how many have left,
 * also with -1 and its errno.
 */
int pipe_write(int fd, const void *bytes, size_t size, size_t *written);

/*
 * write(2) of what goes without waiting, whether FD, which is no file, blocks or not. Returns how many
 * bytes, or -1 with errno EAGAIN or one of write(2); RWF_NOWAIT, pwritev2(2).
 */
ssize_t pipe_write_now(int fd, const void *bytes, size_t size);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Ways between two processes by unix(7). One for messages, SOCK_SEQPACKET: one write(2) is one message,
 * one read(2) takes one; when a process ends, the other one's end hangs up. And one for bytes, where no
 * pipe is to be had.
 */
#ifndef BUTTER_CHANNEL_H
#define BUTTER_CHANNEL_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Two ends, close-on-exec and non-blocking. -1 with errno EMFILE, ENFILE, ENOMEM, EAFNOSUPPORT (built
 * without CONFIG_UNIX); socketpair(2).
 */
int channel_open(int ends[2]);

/* The same for bytes, from the second end to the first; blocking. */
int channel_open_stream(int ends[2]);

/* No more messages come from END: POLLRDHUP of poll(2) tells the other one so, which may go on writing. */
void channel_finish(int end);

/*
 * Sends the descriptor FD through END, waiting for room. -1 with errno EPIPE (nobody is there), ETOOMANYREFS
 * (too many are on their way), EBADF; unix(7).
 */
int channel_send_descriptor(int end, int fd);

/*
 * The next descriptor that came to END, close-on-exec, without waiting. -1 with errno EAGAIN (none has come),
 * EPIPE (nobody is left who could send one), EPROTO (a message without one, also for want of numbers: ulimit
 * -n).
 */
int channel_receive_descriptor(int end);

/* From now on each message to END says who has sent it. -1 with errno; SO_PASSCRED of unix(7). */
int channel_ask_senders(int end);

/*
 * The next message that came to END, of one byte, without waiting: 1, *WHAT and who *SENDER is by the
 * kernel's word; 0 none has come; -1 with errno EPIPE: there is nobody left who could send one.
 */
int channel_receive(int end, char *what, pid_t *sender);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Ways between two processes by unix(7). One for messages, SOCK_SEQPACKET: one write(2) is one message,
 * one read(2) takes one; when a process ends, the other one's end hangs up. And one for bytes, where no
 * pipe is to be had.
 */
#ifndef BUTTER_CHANNEL_H
#define BUTTER_CHANNEL_H

/*
 * Two ends, close-on-exec and non-blocking. -1 with errno EMFILE, ENFILE, ENOMEM, EAFNOSUPPORT (built
 * without CONFIG_UNIX); socketpair(2).
 */
int channel_open(int ends[2]);

/* The same for bytes, from the second end to the first; blocking. */
int channel_open_stream(int ends[2]);

/* No more messages come from END: POLLRDHUP of poll(2) tells the other one so, which may go on writing. */
void channel_finish(int end);

#endif

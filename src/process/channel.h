/* SPDX-License-Identifier: MIT */
/*
 * A way for messages between two processes of ours: unix(7), SOCK_SEQPACKET. One write(2) is one
 * message, one read(2) takes one; when a process ends, the other one's end hangs up.
 */
#ifndef BUTTER_CHANNEL_H
#define BUTTER_CHANNEL_H

/*
 * Two ends, close-on-exec and non-blocking. -1 with errno EMFILE, ENFILE, ENOMEM, EAFNOSUPPORT (built
 * without CONFIG_UNIX); socketpair(2).
 */
int channel_open(int ends[2]);

#endif

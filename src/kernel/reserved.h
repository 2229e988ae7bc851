/* SPDX-License-Identifier: MIT */
/*
 * The signals between those of signal(7) and SIGRTMIN, which libc keeps to itself: sigaction(3) and its kin
 * leave them as they were, so that who was started with one of them ignored cannot change that by libc.
 */
#ifndef BUTTER_RESERVED_H
#define BUTTER_RESERVED_H

/* They have their default action; sigaction(2). */
void reserved_let(void);

/* They are not blocked; sigprocmask(2). */
void reserved_unblock(void);

#endif

/* SPDX-License-Identifier: MIT */
/* Descriptors 0 to 2, what a command inherits, and how many there may be. */
#ifndef BUTTER_DESCRIPTORS_H
#define BUTTER_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Occupies those of the descriptors 0 to 2 that are closed, so that no file that is
 * opened later lands there, in a way that using them still fails: 0 can only be
 * written, 1 and 2 only be read; /dev/null, or the ends of a pipe where there is
 * no /dev. -1 with errno EMFILE or ENFILE when that cannot be had.
 */
int descriptors_occupy(void);

/* Whether FD is only so occupied. */
bool descriptors_is_closed(int fd);

/*
 * FD means readiness: one newline goes there, then it is closed. -1 is no
 * descriptor and does nothing. Returns 0, or -1 with errno of write(2).
 */
int descriptors_ready(int fd);

/*
 * Closes all descriptors above 2 but the COUNT ones of KEPT, in rising order: for a process that goes on
 * without a command, and must not keep open what others wait to see closed.
 */
void descriptors_close_but(const int *kept, size_t count);

/* Makes standard output another name of standard error, where what is no data goes. */
void descriptors_speak(void);

/* Another name of FD above 2, close-on-exec: it survives what becomes of 0 to 2. -1 with errno EMFILE. */
int descriptors_copy(int fd);

/* No command gets FD, unless it is one of 0 to 2. */
void descriptors_hide(int fd);

/* FD, which is closed, is standard input, output and error from now on. */
void descriptors_replace(int fd);

/* The first number from FROM on that is no open descriptor. */
int descriptors_free(int from);

/* FD is TO from now on, too, and a command inherits that. -1 with errno EBADF, EMFILE; dup3(2). */
int descriptors_give(int fd, int to);

/*
 * As many as are allowed may be open from now on, also in commands that are started after that: the soft
 * RLIMIT_NOFILE is raised; setrlimit(2). Returns how many these are; SIZE_MAX: nobody knows.
 */
size_t descriptors_raise_limit(void);

/* From now on a command gets none but 0 to 2: all above are close-on-exec, whoever opened them. */
void descriptors_keep(void);

#endif

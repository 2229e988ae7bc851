/* SPDX-License-Identifier: MIT */
/*
 * Everything that butter says on standard error, each one line and one write:
 *
 *	butter: inotifywait: cannot watch 'x': No space left on device (raise
 *fs.inotify.max_user_watches)
 *
 * What failed first, the operand in quotes, strerror(3), and at most one hint
 * that says what to do. Hints belong to the kernel modules: tables of errno to
 * advice. Names in a message are escaped as in escape.h.
 */
#ifndef BUTTER_SAY_H
#define BUTTER_SAY_H

#include <errno.h>

struct hint {
	int error;          /* errno that it explains; 0 ends the table */
	const char *advice; /* what to do */
	int capability;     /* only when this capability is missing; 0: in any case */
};

/* Who speaks: the applet's name, NULL for butter itself, and the status that fail and failx return.
 */
void say_begin(const char *applet, int failure);

/* Messages go to syslog(3) from now on, as LOG_ERR and LOG_INFO of the daemon facility. */
void say_to_syslog(void);

/*
 * "cannot ..." with strerror(errno) and the first matching hint of HINTS (or NULL).
 * Returns the applet's failure status, so that `return fail(...)` is the whole error path.
 */
int fail(const struct hint *hints, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same without an errno. */
int failx(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Wrong usage: the message and where to read how it is done. Returns the failure status. */
int misuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Something that the user should know and that is no failure. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same where an errno is the reason: with strerror(errno) and a hint, as fail. */
void note_error(const struct hint *hints, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* TEXT to standard error as it is: messages that other tools' users grep for. */
void say_plain(const char *text);

#endif

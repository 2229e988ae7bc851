/* SPDX-License-Identifier: MIT */
/* An event as a record: the one place that knows what people read. */
#ifndef BUTTER_PRINT_H
#define BUTTER_PRINT_H

#include "event/event.h"

enum print_style {
	PRINT_FORMAT, /* a line by format, names escaped unless raw */
	PRINT_CSV,    /* dir,"EVENTS",name as inotifywait --csv, RFC 4180 */
	PRINT_JSON,   /* one object a line, the keys of butter(1) */
	PRINT_NOTHING,
};

/*
 * format's conversions:
 *	%w %f	the watched object (a folder ends in '/'), the entry in it
 *	%p	both together
 *	%e %Xe	event names joined by ',' or by the character X
 *	%E	the event in one word, as JSON has it, where there are several sources
 *	%t %T	time: seconds since 1970; by time_format
 *	%c	cookie, hexadecimal
 *	%k %v	expirations or counter of this record; number of the tick, or what was sent
 *	%P %C %u	who did it: process id, command, user id; ? where that is not known
 *	%S %N	name and number of the signal that came or ended the process; - where none has
 *	%O %r	how that was sent; `trusted` where the kernel says by whom, else `claimed`
 *	%x	the exit status, 128 + the signal for one ended by that; ? where that is not known
 *	%s	the name of the source
 *	%o %m	the path before a rename; that, a tab and the path, or only the path (raw: NUL for tab)
 *	%0 %n %%	NUL, newline, percent
 * Anything else stays as it is, also those of butter's own that the event's source does not know. The
 * letters of butter's own before an e are %Xe's.
 */
struct print {
	enum print_style style;
	const char *format;      /* NULL: the event's own, for sources of several kinds */
	const char *time_format; /* strftime(3) */
	enum escape_in_names { NAMES_EXACT, NAMES_KEEP_BACKSLASH } escape;
	bool raw;        /* names as they are: for formats that write NUL */
	bool null;       /* records end in NUL instead of newline */
	bool no_newline; /* records end where the format ends */
};

/* Whether FORMAT has the conversion LETTER; one with '0' writes NUL bytes, so that names must be raw. */
bool print_has(const char *format, char letter);

/* Whether records tell more of who did it than the number of the process. */
bool print_tells_doer(const struct print *print);

/* The kernel's name of the event in lower case, where the table does not say otherwise: JSON's "event". */
const char *print_word(const struct event *event);

/* Appends EVENT's record. */
void print_event(struct buffer *buffer, const struct print *print, const struct event *event);

#endif

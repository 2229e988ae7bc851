/* SPDX-License-Identifier: MIT */
/*
 * A terminal that shows one page which is drawn anew: on the alternate screen, so that what
 * stood there before comes back. The terminal's modes are left alone but for its cursor and
 * its wrapping of long lines, both restored by screen_leave.
 */
#ifndef BUTTER_SCREEN_H
#define BUTTER_SCREEN_H

#include <stdbool.h>

#include "cli/buffer.h"

struct screen {
	int fd;
	bool shown; /* the page is there, and what stood there before is not */
};

/* Nanoseconds between two drawings: nobody reads faster. */
enum { SCREEN_INTERVAL = 100000000 };

/* Whether FD is a terminal that can do this: not one that calls itself dumb (TERM). */
bool screen_possible(int fd);

/* Whether the user wants colours: NO_COLOR is not set, or empty (https://no-color.org). */
bool screen_colours(void);

/* The size of the terminal FD in characters; 80 and 24 where it does not know. */
void screen_size(int fd, size_t *columns, size_t *lines);

/*
 * Shows PAGE, lines with newlines between them; the caller sees to it that they fit. False where
 * the terminal does not take it now (somebody has stopped it): then try again later.
 */
bool screen_draw(struct screen *screen, const struct buffer *page);

/* Brings back what stood there before; does nothing when that is there. The next drawing shows the
 * page again. */
void screen_leave(struct screen *screen);

#endif

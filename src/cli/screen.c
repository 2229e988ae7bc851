/* SPDX-License-Identifier: MIT */
#include "cli/screen.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ECMA-48 and DEC private modes, which every terminal of the last decades knows. */
#define ENTER "\033[?1049h\033[?25l\033[?7l" /* alternate screen, no cursor, no wrapping */
#define LEAVE "\033[?7h\033[?25h\033[?1049l"
#define HOME "\033[H"
#define CLEAR_LINE "\033[K"
#define CLEAR_BELOW "\033[J"

enum { DEFAULT_COLUMNS = 80, DEFAULT_LINES = 24 };

bool
screen_possible(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && *term && strcmp(term, "dumb");
}

bool
screen_colours(void)
{
	const char *no = getenv("NO_COLOR");

	return !no || !*no;
}

void
screen_size(int fd, size_t *columns, size_t *lines)
{
	struct winsize size = { 0 };

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		size.ws_col = size.ws_row = 0;
	*columns = size.ws_col ? size.ws_col : DEFAULT_COLUMNS;
	*lines = size.ws_row ? size.ws_row : DEFAULT_LINES;
}

/* Nobody is told when a page cannot be shown. */
static void
write_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t size = write(fd, bytes, length);

		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return;
		bytes += size;
		length -= (size_t)size;
	}
}

bool
screen_draw(struct screen *screen, const struct buffer *page)
{
	struct pollfd out = { .fd = screen->fd, .events = POLLOUT };
	struct buffer bytes = { 0 };

	if (poll(&out, 1, 0) == 0)
		return false;
	if (!screen->shown)
		buffer_text(&bytes, ENTER);
	buffer_text(&bytes, HOME);
	for (size_t at = 0; at < page->length; at++)
		if (page->data[at] == '\n')
			buffer_text(&bytes, CLEAR_LINE "\r\n");
		else
			buffer_byte(&bytes, page->data[at]);
	buffer_text(&bytes, CLEAR_LINE CLEAR_BELOW);
	screen->shown = true;
	write_all(screen->fd, bytes.data, bytes.length);
	buffer_done(&bytes);
	return true;
}

void
screen_leave(struct screen *screen)
{
	if (screen->shown)
		write_all(screen->fd, LEAVE, strlen(LEAVE));
	screen->shown = false;
}

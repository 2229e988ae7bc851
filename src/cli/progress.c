/* SPDX-License-Identifier: MIT */
#include "cli/progress.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/num.h"

enum { DEFAULT_COLUMNS = 80, LEAST_BAR = 4 };

bool
progress_wanted(void)
{
	return isatty(STDERR_FILENO);
}

static int64_t
clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NUM_SECOND + now.tv_nsec;
}

static int
columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return DEFAULT_COLUMNS;
	return size.ws_col;
}

void
progress_draw(struct progress *progress, int64_t done, int64_t total, const char *text, bool now)
{
	int64_t time = clock_now();
	struct buffer line = { 0 };
	double part = total > 0 ? (double)done / (double)total : 1;
	int width = columns(), room, filled;

	if (!now && progress->shown && time - progress->drawn < PROGRESS_INTERVAL)
		return;
	part = part < 0 ? 0 : part > 1 ? 1 : part;
	room = width - (int)strlen(text) - 10;
	room = room < LEAST_BAR ? LEAST_BAR : room;
	filled = (int)(part * room);

	buffer_byte(&line, '\r');
	if (total >= 0) {
		buffer_print(&line, "%3d%% [", (int)(part * 100));
		for (int i = 0; i < room; i++)
			buffer_byte(&line, i < filled ? '#' : ' ');
		buffer_text(&line, "] ");
	}
	buffer_text(&line, text);
	/* What is wider than the terminal would leave a line each time. */
	if (line.length > (size_t)width)
		line.length = (size_t)width;
	buffer_text(&line, "\033[K");
	/* Nobody is told when a drawing cannot be drawn. */
	if (write(STDERR_FILENO, line.data, line.length) > 0)
		progress->shown = true;
	progress->drawn = time;
	buffer_done(&line);
}

void
progress_end(struct progress *progress)
{
	if (progress->shown && write(STDERR_FILENO, "\n", 1) > 0)
		progress->shown = false;
}

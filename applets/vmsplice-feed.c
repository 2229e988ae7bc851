/* SPDX-License-Identifier: MIT */
/*
 * vmsplice-feed: yes at the speed of memory. Gives a pipe the pages that hold a text, a file or a
 * pattern, once, so many times, so many bytes or for ever: to fill what is to be filled, to test what is at
 * the other end, to measure a pipeline whose begin must not be what is slow.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "copy/feed.h"
#include "copying.h"
#include "memory.h"
#include "process/signals.h"

static bool forever, stable;
static const char *file, *pattern;
static int64_t times;
static uint64_t size = UINT64_MAX;
static struct copying copying = COPYING_DEFAULT;

static void
options(struct opt_table *table)
{
	opt_string(table, 'f', "file", "FILE", &file, "send FILE, or standard input for -");
	opt_string(table, 0, "pattern", "HEX", &pattern,
		   "send these bytes, such as 00 or deadbeef, without a newline");
	opt_integer(table, 'n', "count", "N", 1, INT64_MAX, &times, "N times instead of once");
	opt_size(table, 0, "size", &size, "again and again, until it is SIZE bytes in all")->high =
		INT64_MAX;
	opt_flag(table, 0, "forever", &forever, "again and again, until the reader leaves");
	copying_add_rate(table, &copying);
	opt_flag(table, 0, "stable", &stable,
		 "--file: what is sent does not change with FILE later: a copy");
	copying_add_pipe_size(table, &copying, "asked for of a pipe on standard output (1M)");
	copying_add_reports(table, &copying);
}

static struct feed feed;

static int
check(int count)
{
	if (!!count + !!file + !!pattern > 1)
		return misuse("either STRINGs, or --file, or --pattern");
	if (!!times + (size != UINT64_MAX) + forever > 1)
		return misuse("either --count, or --size, or --forever");
	if (stable && !file)
		return misuse("--stable needs --file");
	return copying_check(&copying);
}

/* ---- what is sent ---- */

static int
take_pattern(void)
{
	char *bytes = memory_get(strlen(pattern) / 2);
	size_t length;
	int result = num_bytes(pattern, bytes, &length);

	if (result == 0)
		feed_take(&feed, bytes, length);
	free(bytes);
	return result == 0
		       ? 0
		       : misuse("--pattern: '%s' is not a number of bytes such as 00 or deadbeef",
				pattern);
}

static void
take_strings(int count, char **strings)
{
	struct buffer text = { 0 };

	for (int i = 0; i < count; i++) {
		if (i)
			buffer_byte(&text, ' ');
		buffer_text(&text, strings[i]);
	}
	if (!count)
		buffer_byte(&text, 'y');
	buffer_byte(&text, '\n');
	feed_take(&feed, text.data, text.length);
	buffer_done(&text);
}

static int
fail_at_file(void)
{
	if (errno == EFBIG)
		return failx("'%s' goes on after %" PRIu64
			     "M, and cannot be mapped (butter splice-cat sends it piece by piece)",
			     file, FEED_MOST >> 20);
	if (errno == ENODATA)
		return failx("'%s' got shorter while it was sent", file);
	return fail(NULL, "cannot read '%s'", file);
}

static int
take_file(void)
{
	int in = STDIN_FILENO;
	struct stat status;

	if (strcmp(file, "-"))
		in = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (in < 0)
		return fail(NULL, "cannot open '%s'", file);
	if (fstat(in, &status) < 0 || feed_take_file(&feed, in, &status, stable, size) < 0)
		return fail_at_file();
	return 0;
}

static int
take(int count, char **strings)
{
	if (pattern)
		return take_pattern();
	if (file)
		return take_file();
	take_strings(count, strings);
	return 0;
}

/* ---- how often ---- */

/* How many bytes it are in all. More than can be counted is not reached by anybody: for ever. */
static uint64_t
total(void)
{
	uint64_t product;

	if (forever || __builtin_mul_overflow(feed_length(&feed), (uint64_t)times, &product))
		return FEED_FOREVER;
	if (times)
		return product;
	return size < UINT64_MAX ? size : feed_length(&feed);
}

static void
tell_stats(void)
{
	static const char *const names[FEED_WAYS] = {
		[FEED_VMSPLICE] = "vmsplice", [FEED_WRITE] = "write"
	};
	struct stats_way ways[FEED_WAYS];

	for (int way = 0; way < FEED_WAYS; way++)
		ways[way] = (struct stats_way){ names[way], feed.ways[way].calls,
						feed.ways[way].bytes };
	copying_say(&copying, ways, FEED_WAYS);
}

/* Sends it, and tells about it even if the reader's leaving is the end of this process. */
static int
send_all(void)
{
	int result, error;

	copying_begin(&copying, total());
	feed.pipe_size = (size_t)copying.pipe_size;
	feed.most = meter_step(&copying.meter);
	feed.moved = stats_moved;
	feed.context = &copying.meter;
	result = feed_send(&feed, copying.meter.total);
	error = errno;
	if (result < 0)
		copying_is_left(&copying);
	meter_end(&copying.meter);
	tell_stats();
	errno = error;
	return result;
}

static int
vmsplice_feed_run(int count, char **strings)
{
	int status;

	copying_listen(&copying);
	status = check(count);
	if (status)
		return status;
	signals_end_init();
	feed.out = STDOUT_FILENO;
	if (feed_open(&feed) < 0)
		return fail(NULL, "cannot write to standard output");
	status = take(count, strings);
	if (status)
		return status;
	if (!feed_length(&feed) && (forever || (size && size < UINT64_MAX)))
		return failx("'%s' is empty: there is nothing to repeat", file);
	if (send_all() < 0)
		status = feed.side == FEED_INPUT ? fail_at_file()
						 : fail(NULL, "cannot write to standard output");
	feed_close(&feed);
	return status;
}

const struct applet applet_vmsplice_feed = {
	.name = "vmsplice-feed",
	.summary = "write text, a file or a pattern again and again, without copying it",
	.operands = "[STRING ...]",
	.max = APPLET_ANY,
	.options = options,
	.run = vmsplice_feed_run,
};

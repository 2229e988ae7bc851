/* SPDX-License-Identifier: MIT */
/*
 * splice-cat: cat that lets the kernel move the bytes, without copying them where that is possible, and
 * that can copy a part, hold a rate, show how far it is, and say what it did. For large files, pipelines
 * and sockets; and for small files it costs what cat costs.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet.h"
#include "cli/say.h"
#include "copy/stream.h"
#include "copying.h"
#include "process/signals.h"

enum { MADE_UP = 1 << 16 };

static bool append, explain, stable;
static const char *out_file;
static uint64_t length = UINT64_MAX, offset;
static struct copying copying = COPYING_DEFAULT;

static void
options(struct opt_table *table)
{
	opt_string(table, 'o', "output", "FILE", &out_file,
		   "write to FILE, which is made or emptied; - is standard output");
	opt_flag(table, 0, "append", &append, "with --output: add to the end of FILE");
	opt_size(table, 0, "offset", &offset, "leave out the first SIZE bytes of all");
	opt_size(table, 0, "length", &length, "no more than SIZE bytes of all");
	copying_add_rate(table, &copying);
	opt_flag(table, 0, "stable", &stable,
		 "what is sent does not change with the file later: a copy, never a reference");
	copying_add_pipe_size(table, &copying, COPYING_PIPES);
	copying_add_reports(table, &copying);
	opt_flag(table, 0, "explain", &explain,
		 "say which way each FILE went, and why no better one");
}

static struct stream stream;

/* The system calls of the ways, the best first. */
static const char *const way_names[STREAM_WAYS] = { [STREAM_RANGE] = "copy_file_range",
						    [STREAM_SPLICE] = "splice",
						    [STREAM_MEMORY] = "read_write" };

static int
check(void)
{
	if (out_file && !strcmp(out_file, "-"))
		out_file = NULL;
	if (append && !out_file)
		return misuse("--append needs --output with the name of a file");
	return copying_check(&copying);
}

/* ---- telling ---- */

static void
tell_stats(void)
{
	struct stats_way ways[STREAM_WAYS];

	for (int way = 0; way < STREAM_WAYS; way++)
		ways[way] = (struct stats_way){ way_names[way], stream.ways[way].calls,
						stream.ways[way].bytes };
	copying_say(&copying, ways, STREAM_WAYS);
}

/* BYTES of NAME have gone. */
static void
tell_way(const char *name, uint64_t bytes)
{
	struct buffer line = { 0 };

	for (int way = 0; way < STREAM_WAYS; way++) {
		const struct stream_count *count = &stream.ways[way];

		if (count->refused || count->unfit)
			buffer_print(&line, "; %s: %s", way_names[way],
				     count->refused ? strerror(count->refused) : count->unfit);
	}
	note("'%s': %" PRIu64 " bytes by %s%s", name, bytes,
	     bytes ? way_names[stream.way] : "no call", buffer_string(&line));
	buffer_done(&line);
}

/* ---- copying ---- */

static int
fail_at_output(void)
{
	if (out_file)
		return fail(NULL, "cannot write '%s'", out_file);
	return fail(NULL, "cannot write to standard output");
}

/* Whether one can rely on what it says about its size. A small file may be made up as it is read. */
static bool
has_true_size(const struct stat *status)
{
	return S_ISBLK(status->st_mode) || (S_ISREG(status->st_mode) && status->st_size > MADE_UP);
}

/* Passes over what of IN is before the offset; 1 when nothing of it is behind that. -1 with errno. */
static int
pass_over(int in, const struct stat *status)
{
	off_t at = offset && has_true_size(status) ? lseek(in, 0, SEEK_CUR) : -1;
	off_t end = at < 0 ? -1 : lseek(in, 0, SEEK_END);
	uint64_t passed;

	if (end >= 0) {
		passed = end > at ? (uint64_t)(end - at) : 0;
		if (passed > offset)
			passed = offset;
		offset -= passed;
		if (lseek(in, at + (off_t)passed, SEEK_SET) < 0)
			return -1;
	}
	/* What is left, there may be more than was said. */
	if (offset) {
		if (stream_skip(&stream, in, offset, &passed) < 0)
			return -1;
		offset -= passed;
	}
	return offset > 0;
}

/* What is to come of the FILEs, if that is known: regular files that stay as they are. */
static uint64_t
expect(int count, char **files)
{
	uint64_t total = 0;
	struct stat status;

	for (int i = 0; i < count; i++) {
		bool is_stdin = !strcmp(files[i], "-");
		off_t at = is_stdin ? lseek(STDIN_FILENO, 0, SEEK_CUR) : 0;

		if ((is_stdin ? fstat(STDIN_FILENO, &status) : stat(files[i], &status)) < 0)
			continue;
		if (!S_ISREG(status.st_mode) || !status.st_size)
			return length < UINT64_MAX ? length : METER_UNKNOWN;
		total += at < status.st_size ? (uint64_t)(status.st_size - at) : 0;
	}
	total -= total < offset ? total : offset;
	return total < length ? total : length;
}

/* Copies what is left of IN. 0, or the status after a message; *OVER: nothing can be written any more. */
static int
copy(int in, const char *name, bool *over)
{
	struct stat status;
	uint64_t copied;
	int result;

	if (fstat(in, &status) < 0)
		return fail(NULL, "cannot read '%s'", name);
	if (stream_is_output(&stream.to, in, &status))
		return failx("'%s' is input and output: it would never end", name);
	result = pass_over(in, &status);
	if (result)
		return result < 0 ? fail(NULL, "cannot read '%s'", name) : 0;
	result = stream_copy(&stream, in, &status, length, &copied);
	length -= length < UINT64_MAX ? copied : 0;
	if (explain)
		tell_way(name, copied);
	if (result == 0)
		return 0;
	*over = stream.side == STREAM_OUTPUT;
	if (*over)
		return copying_is_left(&copying) ? 1 : fail_at_output();
	return fail(NULL, "cannot read '%s'", name);
}

static int
copy_file(const char *name, bool *over)
{
	int in = STDIN_FILENO, status;

	if (!strcmp(name, "-"))
		return copy(in, "-", over);
	in = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (in < 0)
		return fail(NULL, "cannot open '%s'", name);
	status = copy(in, name, over);
	close(in);
	return status;
}

/* Whether one of the COUNT FILES is OUTPUT: its name. */
static const char *
find_input(int count, char **files, const struct stat *output)
{
	struct stat status;

	for (int i = 0; i < count; i++)
		if ((strcmp(files[i], "-") ? stat(files[i], &status) : fstat(STDIN_FILENO, &status))
			    == 0
		    && status.st_dev == output->st_dev && status.st_ino == output->st_ino)
			return files[i];
	return NULL;
}

/* Opens the output; it is emptied later, when it is known not to be an input, too. */
static int
open_output(int count, char **files)
{
	const char *input;
	struct stat status;

	stream.out = STDOUT_FILENO;
	/* To open a FIFO would wait for a reader. */
	if (out_file && stat(out_file, &status) == 0 && S_ISFIFO(status.st_mode)
	    && (input = find_input(count, files, &status)))
		return failx("'%s' is input and output: it would never end", input);
	if (out_file)
		stream.out = open(
			out_file,
			O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (append ? O_APPEND : 0), 0666);
	if (stream.out < 0)
		return fail(NULL, "cannot open '%s'", out_file);
	if (stream_open(&stream) < 0)
		return fail_at_output();
	if (!out_file || append || !S_ISREG(stream.to.st_mode))
		return 0;
	input = find_input(count, files, &stream.to);
	if (input)
		return failx("'%s' is input and output: it would be emptied", input);
	return ftruncate(stream.out, 0) < 0 ? fail_at_output() : 0;
}

static int
splice_cat_run(int count, char **files)
{
	static char dash[] = "-", *standard_input[] = { dash, NULL };
	int status, one;
	bool over = false;

	copying_listen(&copying);
	status = check();
	if (status)
		return status;
	signals_end_init();
	if (!count) {
		files = standard_input;
		count = 1;
	}
	status = open_output(count, files);
	if (status)
		return status;
	copying_begin(&copying, expect(count, files));
	stream.stable = stable;
	stream.pipe_size = (size_t)copying.pipe_size;
	stream.most = meter_step(&copying.meter);
	stream.moved = stats_moved;
	stream.context = &copying.meter;
	for (int i = 0; i < count && length && !over; i++) {
		one = copy_file(files[i], &over);
		status = status ? status : one;
	}
	meter_end(&copying.meter);
	tell_stats();
	stream_close(&stream);
	if (out_file && close(stream.out) < 0 && !over)
		status = fail_at_output();
	return status;
}

const struct applet applet_splice_cat = {
	.name = "splice-cat",
	.summary = "concatenate files, and let the kernel move the bytes",
	.operands = "[FILE ...]",
	.max = APPLET_ANY,
	.options = options,
	.run = splice_cat_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * memfd-exec: run a command that finds standard input, or files, in files in memory: they can be read again
 * and again and at any place, unlike a pipe; have no name that must be made safely and removed; and are
 * sealed, so that neither the command nor anybody else can change what was handed over. They are gone with
 * the last who has them.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "file.h"
#include "kernel/memfd.h"
#include "kernel/pid.h"
#include "kernel/pipe.h"
#include "memory.h"
#include "process/descriptors.h"
#include "process/exec.h"
#include "process/signals.h"

enum { LOWEST = 3, PIECE = 1 << 17, UNSET = -1 };

static const char *name;
static int64_t first = UNSET;
static uint64_t limit = UINT64_MAX, seals;
static bool noexec;
static char **command;

static void
options(struct opt_table *table)
{
	opt_integer(
		table, 0, "fd", "FD", LOWEST, INT_MAX, &first,
		"the number of the first one, others follow; default: those that are free from 3 on");
	opt_size(table, 0, "limit", &limit, "fail where one would be larger than SIZE");
	opt_string(table, 0, "name", "NAME", &name,
		   "what /proc shows as their name; default: that of the file");
	opt_flag(table, 0, "noexec", &noexec, "they can never be executed");
	opt_names(table, 0, "seal", "LIST", memfd_seals, &seals,
		  "what nobody can do any more; default seal,shrink,grow,write");
	opt_command(table, &command);
}

/* One file that is handed over. */
struct memory {
	const char *source; /* path; "-": standard input */
	int fd, to;
};

static struct memory *all;
static size_t count;

static int
cannot_read(const char *source)
{
	if (!strcmp(source, "-"))
		return fail(NULL, "cannot read standard input");
	return fail(NULL, "cannot read '%s'", source);
}

/* The numbers that they get in the command: those that are free now. */
static int
choose_numbers(void)
{
	int next = LOWEST;

	for (size_t i = 0; i < count; i++) {
		if (first != UNSET && first > INT_MAX - (int64_t)i)
			return misuse("--fd %d leaves no numbers for all", (int)first);
		all[i].to = first == UNSET ? descriptors_free(next) : (int)(first + (int64_t)i);
		next = all[i].to + 1;
	}
	return 0;
}

/* A number that no other one of them is to get. -1 with errno. */
static int
out_of_the_way(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, all[count - 1].to + 1);

	/* That number is beyond the limit. */
	if (moved < 0 && errno == EINVAL)
		errno = EMFILE;
	file_close(fd);
	return moved;
}

/* An empty one for MEMORY. 0, or the status after a message. */
static int
create(struct memory *memory)
{
	const char *slash = strrchr(memory->source, '/'), *own = slash ? slash + 1 : memory->source;
	char text[MEMFD_NAME_MAX + 1];

	if (!strcmp(memory->source, "-"))
		own = "stdin";
	snprintf(text, sizeof(text), "%s", name ? name : own);
	memory->fd = memfd_make(text, noexec);
	if (memory->fd >= 0)
		memory->fd = out_of_the_way(memory->fd);
	return memory->fd < 0 ? fail(memfd_hints, "cannot create a file in memory") : 0;
}

/* Copies what SOURCE has to its end. 0, or the status after a message. */
static int
copy(const struct memory *memory, int source)
{
	static char *piece;
	uint64_t size = 0;
	size_t written;

	if (!piece)
		piece = memory_get(PIECE);
	for (;;) {
		ssize_t length = pipe_read(source, piece, PIECE);

		if (length < 0)
			return cannot_read(memory->source);
		if (!length)
			return 0;
		size += (size_t)length;
		if (size > limit && !strcmp(memory->source, "-"))
			return failx("standard input is larger than --limit allows");
		if (size > limit)
			return failx("'%s' is larger than --limit allows", memory->source);
		if (pipe_write(memory->fd, piece, (size_t)length, &written) < 0)
			return fail(memfd_hints, "cannot keep '%s' in memory", memory->source);
	}
}

static int
fill(struct memory *memory)
{
	bool is_input = !strcmp(memory->source, "-");
	int source = is_input ? STDIN_FILENO : open(memory->source, O_RDONLY | O_CLOEXEC), status;

	if (source < 0)
		return fail(NULL, "cannot open '%s'", memory->source);
	status = create(memory);
	if (!status)
		status = copy(memory, source);
	if (!is_input)
		close(source);
	if (status)
		return status;
	if (memfd_seal(memory->fd, seals ? seals : MEMFD_UNCHANGEABLE) < 0)
		return fail(memfd_hints, "cannot seal '%s'", memory->source);
	return lseek(memory->fd, 0, SEEK_SET) < 0 ? fail(NULL, "cannot rewind '%s'", memory->source)
						  : 0;
}

/* How MEMORY is opened, where that is done by a path; free(3) it. */
static char *
path_of(const struct memory *memory)
{
	char text[40];

	/* Small containers may have no link there. */
	snprintf(text, sizeof(text), "%s/%d",
		 access("/dev/fd", F_OK) == 0 ? "/dev/fd" : "/proc/self/fd", memory->to);
	return memory_string(text);
}

/* ARGUMENT with the path in place of each {}; free(3) it. */
static char *
put_in(const char *argument, const char *path)
{
	size_t length = strlen(path), room = strlen(argument) + 1;
	const char *braces;
	char *text, *at;

	for (braces = argument; (braces = strstr(braces, "{}")); braces += 2)
		room += length;
	at = text = memory_get(room);
	while ((braces = strstr(argument, "{}"))) {
		at = mempcpy(at, argument, (size_t)(braces - argument));
		at = mempcpy(at, path, length);
		argument = braces + 2;
	}
	memcpy(at, argument, strlen(argument) + 1);
	return text;
}

/* The command with the paths in it; NULL after a message. */
static char **
complete(void)
{
	size_t length = 0, words = 0;
	char **complete;

	while (command[words])
		words++;
	complete = memory_get((words * (count + 1) + 1) * sizeof(*complete));
	for (char **word = command; *word; word++) {
		bool is_whole = !strcmp(*word, "{}");

		if (!is_whole && count > 1 && strstr(*word, "{}")) {
			misuse("'%s' has room for one file only, there are %zu", *word, count);
			return NULL;
		}
		if (!strstr(*word, "{}"))
			complete[length++] = *word;
		else
			for (size_t i = 0; i < count; i++)
				complete[length++] = put_in(*word, path_of(&all[i]));
	}
	return complete;
}

/* BUTTER_MEMFD has the numbers, with blanks between them. */
static int
tell_numbers(void)
{
	enum { DIGITS = 11 };
	size_t room = count * (DIGITS + 1) + 1, length = 0;
	char *text = memory_get(room);
	int result;

	for (size_t i = 0; i < count; i++)
		length +=
			(size_t)snprintf(text + length, room - length, i ? " %d" : "%d", all[i].to);
	result = setenv("BUTTER_MEMFD", text, 1);
	free(text);
	return result;
}

static int
check(int operands)
{
	if (!command || !command[0])
		return misuse("missing COMMAND after --");
	if (name && strlen(name) > MEMFD_NAME_MAX)
		return misuse("--name is longer than %d bytes", MEMFD_NAME_MAX);
	if (seals & MEMFD_NONE && seals != MEMFD_NONE)
		return misuse("--seal none goes with no other seal");
	count = operands ? (size_t)operands : 1;
	return 0;
}

static int
memfd_exec_run(int operands, char **texts)
{
	int status = check(operands);
	char **words;

	if (status)
		return status;
	all = memory_get(count * sizeof(*all));
	for (size_t i = 0; i < count; i++)
		all[i].source = operands ? texts[i] : "-";
	status = choose_numbers();
	if (status)
		return status;
	words = complete();
	if (!words)
		return EXEC_FAILED;
	signals_ignore(SIGXFSZ);
	for (size_t i = 0; i < count && !status; i++)
		status = fill(&all[i]);
	if (status)
		return status;
	for (size_t i = 0; i < count; i++)
		if (descriptors_give(all[i].fd, all[i].to) < 0)
			return fail(memfd_hints, "cannot hand down '%s' as %d", all[i].source,
				    all[i].to);
	if (tell_numbers() < 0)
		return fail(NULL, "cannot set BUTTER_MEMFD");
	signals_restore(SIGXFSZ);
	status = exec_become(words);
	fail(pid_start_hints, "cannot run '%s'", words[0]);
	return status;
}

const struct applet applet_memfd_exec = {
	.name = "memfd-exec",
	.summary = "run a command with its input in sealed files in memory",
	.operands = "[FILE ...]",
	.max = APPLET_ANY,
	.failure = EXEC_FAILED,
	.options = options,
	.run = memfd_exec_run,
};

/* SPDX-License-Identifier: MIT */
#include "watching.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/say.h"
#include "kernel/handle.h"
#include "kernel/inotify.h"
#include "memory.h"
#include "process/descriptors.h"
#include "process/notify.h"
#include "process/signals.h"

/* Where watches run out, so many of the folders that have none are told: a script may make thousands. */
enum { MOST_NAMED = 10 };

void
watching_add_no_dereference(struct opt_table *table, bool *flag)
{
	opt_flag(table, 'P', "no-dereference", flag, "watch a symbolic link itself");
}

void
watching_add_recursive(struct opt_table *table, bool *flag)
{
	opt_flag(table, 'r', "recursive", flag,
		 "watch all folders below, those that appear later too");
}

void
watching_add_excludes(struct opt_table *table, struct opt_list *list)
{
	opt_list(table, 0, "exclude", "PATTERN", list,
		 "leave out paths that match PATTERN (extended regular expression)");
	opt_list(table, 0, "excludei", "PATTERN", list, "the same, upper and lower case alike");
}

void
watching_add_fromfile(struct opt_table *table, struct opt_list *list)
{
	opt_list(table, 0, "fromfile", "FILE", list,
		 "take operands also from the lines of FILE; -: standard input");
}

void
watching_add_includes(struct opt_table *table, struct opt_list *list)
{
	opt_list(table, 0, "include", "PATTERN", list, "take only paths that match");
	opt_list(table, 0, "includei", "PATTERN", list, "the same, upper and lower case alike");
}

void
watching_add_ready_fd(struct opt_table *table, int *fd)
{
	opt_fd(table, 0, "ready-fd", fd,
	       "write a newline to FD and close it once no event can be missed");
}

void
watching_add_partial(struct opt_table *table, bool *flag)
{
	opt_flag(table, 0, "partial", flag,
		 "with --recursive: go on when there are not enough watches for all folders");
}

void
watching_add_queue(struct opt_table *table, uint64_t *size)
{
	opt_size(table, 0, "queue", size, "keep at most SIZE bytes for a reader that is slow (64M)")
		->low = 1;
}

void
watching_add_sd_notify(struct opt_table *table, bool *flag)
{
	opt_flag(table, 0, "sd-notify", flag,
		 "send READY=1 to NOTIFY_SOCKET once no event can be missed");
}

/* The option of the pattern is one of exclude, excludei, include, includei. */
static int
add_pattern(struct selection *selection, const struct opt_item *pattern)
{
	const char *name = pattern->name;
	bool include = name[0] == 'i', ignore_case = name[strlen(name) - 1] == 'i';
	const char *wrong = filter_add(&selection->filter, pattern->text, include, ignore_case);

	if (wrong)
		return failx("--%s: '%s' is no regular expression: %s", name, pattern->text, wrong);
	return 0;
}

static int
add_lines(struct selection *selection, const char *file)
{
	FILE *stream = strcmp(file, "-") ? fopen(file, "re") : stdin;
	size_t line;

	if (stream == stdin)
		file = "standard input";
	if (!stream)
		return fail(NULL, "cannot open '%s'", file);
	if (selection_read(selection, stream, &line) < 0)
		return errno == EILSEQ
			       ? failx("line %zu of '%s' has a NUL byte (write one path a line)",
				       line, file)
			       : fail(NULL, "cannot read '%s'", file);
	if (stream != stdin)
		fclose(stream);
	return 0;
}

int
watching_ready(int fd, bool sd_notify)
{
	const char *name;

	if (sd_notify && notify_ready(&name) < 0)
		return name ? fail(NULL, "cannot send READY=1 to NOTIFY_SOCKET '%s'", name)
			    : failx("--sd-notify finds no NOTIFY_SOCKET in the environment (run it as a service of Type=notify)");
	signals_end_init();
	if (descriptors_ready(fd) < 0)
		return fail(NULL, "cannot write to --ready-fd %d", fd);
	return 0;
}

int
watching_select(struct selection *selection, const struct opt_list *patterns,
		const struct opt_list *from_files, int operands, char **texts, bool needed)
{
	int status = 0;

	for (size_t i = 0; i < patterns->count && !status; i++)
		status = add_pattern(selection, &patterns->items[i]);
	for (size_t i = 0; i < from_files->count && !status; i++)
		status = add_lines(selection, from_files->items[i].text);
	if (status)
		return status;
	for (int i = 0; i < operands; i++)
		selection_add(selection, texts[i]);
	if (!selection_settle(selection) && needed)
		return misuse("no files specified to watch");
	return 0;
}

int
watching_real_path(const char *path, struct buffer *text)
{
	const char *slash = strrchr(path, '/'), *name = "";
	struct buffer folder = { 0 };
	char *real = realpath(path, NULL);

	if (!real && errno == ENOENT) {
		name = slash ? slash + 1 : path;
		buffer_add(&folder, path, (size_t)(name - path));
		real = realpath(folder.length ? buffer_string(&folder) : ".", NULL);
		buffer_done(&folder);
	}
	if (!real)
		return -1;
	if (*name && !strcmp(real, "/"))
		*real = '\0';
	buffer_text(text, real);
	if (*name)
		buffer_print(text, "/%s", name);
	free(real);
	return 0;
}

/* Whether TEXT is how one of what SELECTION watches is told. */
static bool
is_watched(const struct selection *selection, const struct buffer *text,
	   int (*find)(const char *path, struct buffer *text))
{
	bool is = false;

	for (size_t i = 0; i < selection->watched.count && !is; i++) {
		struct buffer other = { 0 };

		is = find(selection->watched.paths[i], &other) == 0 && other.length == text->length
		     && !memcmp(other.data, text->data, text->length);
		buffer_done(&other);
	}
	return is;
}

static void
tell_left_out(const char *path)
{
	if (errno == ENODEV || errno == EXDEV)
		note("'@%s' leaves out nothing: it is not on what is watched", path);
	else
		note_error(NULL, "cannot find '@%s', which is taken as it is written", path);
}

void
watching_leave_out(struct selection *selection, int (*find)(const char *path, struct buffer *text),
		   bool quiet)
{
	size_t count = selection->left_out.count;

	for (size_t i = 0; i < count; i++) {
		const char *path = selection->left_out.paths[i];
		struct buffer text = { 0 };

		if (find(path, &text) == 0) {
			if (!is_watched(selection, &text, find))
				selection_leave_out(selection, memory_string(buffer_string(&text)));
		} else if (!quiet) {
			tell_left_out(path);
		}
		buffer_done(&text);
	}
}

int
watching_refused(const struct selection *selection, const char *path, bool recursive)
{
	return fail(inotify_hints(recursive ? 0 : selection->watched.count), "cannot watch '%s'",
		    path);
}

void
watching_trouble(struct files *files, const char *path, int error)
{
	static int unwatched;
	size_t needed = 0;
	char *name;

	if (error == ENOSPC && ++unwatched > MOST_NAMED) {
		if (unwatched == MOST_NAMED + 1)
			note("further folders for which there is no watch are not named");
		return;
	}
	name = memory_string(path); /* of the tree, which is gone through now */
	if (error == ENOSPC)
		needed = files_needed(files);
	errno = error;
	fail(inotify_hints(needed), "cannot watch '%s'", name);
	free(name);
}

void
watching_strayed(const char *path, int error, void *context)
{
	(void)context;
	errno = error;
	fail(handle_hints, "cannot watch what appears in '%s', which is no longer at its path",
	     path);
}

int
watching_left_out(struct files *files)
{
	const char *path = buffer_string(&files->first_left_out);
	const struct hint *hints;

	if (!files->left_out)
		return 0;
	errno = ENOSPC;
	hints = inotify_hints(files->folders);
	if (!files->partial)
		return fail(hints, "cannot watch '%s'", path);
	note("%zu of %zu folders are not watched, the first is '%s' (%s)", files->left_out,
	     files->folders, path, hints->advice);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "copyall.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/escape.h"
#include "cli/say.h"
#include "copy/exclude.h"
#include "copytell.h"
#include "memory.h"
#include "operand.h"

enum { SHOWN_MOST = 1 << 16 };

/* ---- what threads have in common ---- */

static pthread_mutex_t reporting = PTHREAD_MUTEX_INITIALIZER;

void
copyall_moved(uint64_t bytes, void *meter)
{
	pthread_mutex_lock(&reporting);
	stats_moved(bytes, meter);
	pthread_mutex_unlock(&reporting);
}

static void
count_file(void *context)
{
	struct copyall *all = context;

	pthread_mutex_lock(&reporting);
	all->copying->meter.files++;
	pthread_mutex_unlock(&reporting);
}

static void
tell_failed(const struct copy *copy, const char *from, const char *to, void *context)
{
	struct copyall *all = context;

	all->status |= copytell(copy, from, to, all->copying);
}

/* ---- showing ---- */

/* Who was to see it is gone, or has no room: the files matter more. */
static void
give_up_showing(struct copyall *all)
{
	all->status |=
		copying_is_left(all->copying) || fail(NULL, "cannot write to standard output");
	record_forget(&all->shown);
	all->shows = false;
}

/* One at a time. */
static void
show(const char *from, const char *to, void *context)
{
	struct copyall *all = context;
	struct buffer *line;

	if (!all->shows)
		return;
	line = record_begin(&all->shown);
	buffer_byte(line, '\'');
	escape_text(line, from, strlen(from), ESCAPE_ALL);
	buffer_text(line, "' -> '");
	escape_text(line, to, strlen(to), ESCAPE_ALL);
	buffer_text(line, "'\n");
	record_end(&all->shown);
	if ((all->shows_at_once || record_is_full(&all->shown))
	    && record_flush(&all->shown, true) < 0)
		give_up_showing(all);
}

/* ---- what is left out ---- */

/* Whether a PATTERN is that of PATH, which is below SOURCE, or the name of that. */
static bool
is_excluded(const struct copyall *all, const char *path, bool is_of_folder)
{
	for (size_t i = 0; i < all->excludes->count; i++)
		if (exclude_matches(all->excludes->items[i].text, path, is_of_folder))
			return true;
	return false;
}

static bool
is_excluded_entry(const struct folder *in, const char *name, bool is_of_folder, void *context)
{
	struct buffer path = { 0 };
	bool is;

	folder_path_below(&path, in, name);
	is = is_excluded(context, buffer_string(&path), is_of_folder);
	buffer_done(&path);
	return is;
}

/* ---- files ---- */

/* What is copied has another name there, or is `-`: so these would do nothing. */
static int
refuse_stream(const struct copyall *all, const char *name)
{
	const struct copy *copy = all->copy;
	const struct {
		bool is_given;
		const char *option;
	} options[] = {
		/* These first: they go without the standard input, too. */
		{ copy->compares, "--checksum" },
		{ copy->resumes, "--resume" },
		{ copy->which == COPY_MISSING, "--no-clobber" },
		{ copy->which == COPY_NEWER, "--update" },
		{ copy->keeps && copy->keeps != ATTRIBUTES_ALL, "-p" },
		{ copy->in_place, "--in-place" },
		{ all->shows, "--verbose" },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (options[i].is_given)
			return failx("%s goes without %s", options[i].option, name);
	return 0;
}

static void
has_copied(struct copyall *all, const char *from, const char *to)
{
	count_file(all);
	show(from, to, all);
}

/* Copies what is open as IN, which is called FROM, to the path TO. */
static void
copy_to_path(struct copyall *all, int in, const char *from, const char *to, bool is_named)
{
	struct copy *copy = all->copy;
	char *path = memory_string(to);
	struct place place = { .inherits = true,
			       .tells_late = true,
			       .links = is_named ? PLACE_FOLLOWS : PLACE_FOLLOWS_OWN };
	int copied = -1;

	place.folder = operand_open_folder(path, &place.name);
	if (place.folder < 0)
		copy->step = COPY_CREATE;
	else
		copied = copy_to_place(copy, in, !strcmp(from, "-"), &place);
	if (copied < 0)
		tell_failed(copy, from, to, all);
	if (copied == 0 || (copied < 0 && copy_is_done(copy)))
		has_copied(all, from, to);
	if (place.folder >= 0)
		close(place.folder);
	free(path);
}

/* The same to what is open as OUT, and called TO. */
static void
copy_to_output(struct copyall *all, int in, const char *from, int out, const char *to)
{
	if (copy_to_descriptor(all->copy, in, out) < 0)
		tell_failed(all->copy, from, out == STDOUT_FILENO ? "standard output" : to, all);
	else
		has_copied(all, from, to);
}

/* Copies the file FROM, `-` for the standard input, to TO, `-` for the standard output. */
static void
copy_file(struct copyall *all, const char *from, const char *to, bool is_named)
{
	bool is_input = !strcmp(from, "-");
	const struct copy *copy = all->copy;
	int in, out = operand_descriptor(to);

	if ((out >= 0 && refuse_stream(all, "standard output or another descriptor as DEST"))
	    || (is_input && (copy->compares || copy->resumes)
		&& refuse_stream(all, "standard input as SOURCE"))) {
		all->status = 1;
		return;
	}
	in = is_input ? STDIN_FILENO : open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (in < 0)
		all->status |= fail(NULL, "cannot open '%s'", from);
	else if (out < 0)
		copy_to_path(all, in, from, to, is_named);
	else
		copy_to_output(all, in, from, out, to);
	if (in >= 0 && !is_input)
		close(in);
}

/* ---- whatever it is ---- */

/* The status of the SOURCE: of what it leads to, if that is to be copied. */
static int
look_at(const struct copyall *all, const char *source, struct stat *status)
{
	return (all->follows ? stat : lstat)(source, status);
}

/* Copies FROM to TO. */
static void
copy_any(struct copyall *all, const char *from, const char *to, bool is_named)
{
	struct stat status;
	bool is_known = all->tree && strcmp(from, "-") && look_at(all, from, &status) == 0;

	/* Without --recursive, folders are refused, and others read as files. */
	if (is_known && !all->recursive)
		is_known = S_ISREG(status.st_mode) || S_ISLNK(status.st_mode);
	if (is_known && operand_descriptor(to) >= 0 && !S_ISREG(status.st_mode))
		all->status |= failx("'%s' is no file, and cannot go to standard output", from);
	else if (is_known && S_ISDIR(status.st_mode))
		tree_copy(all->tree, from, to, is_named);
	else if (is_known && operand_descriptor(to) < 0)
		tree_copy_entry(all->tree, from, &status, to, is_named);
	else
		copy_file(all, from, to, is_named);
}

/* Copies FROM, whose STATUS that is, or NULL, to PATH, if nothing but itself has got its NAME just now. */
static void
copy_once(struct copyall *all, const char *from, const struct stat *status, char *name,
	  const char *path)
{
	switch (operand_before(name, status)) {
	case OPERAND_NONE:
		copy_any(all, from, path, false);
		break;
	case OPERAND_ITSELF:
		note("'%s' is named more than once", from);
		break;
	case OPERAND_ANOTHER:
		all->status |=
			failx("'%s' has just been made of another SOURCE: '%s' is not copied", path,
			      from);
		break;
	}
}

/* Copies FROM into the folder TO, under its own name; what is in `.` and `..` has that in it itself. */
static void
copy_into(struct copyall *all, const char *from, const char *to)
{
	char *name = operand_name(from);
	bool is_nameless = !strcmp(name, ".") || !strcmp(name, "..");
	struct buffer path = { 0 };
	struct stat status;
	bool is_known = look_at(all, from, &status) == 0,
	     is_of_folder = all->recursive && is_known && S_ISDIR(status.st_mode);

	buffer_print(&path, "%s%s%s", to, to[strlen(to) - 1] == '/' ? "" : "/", name);
	if (!strcmp(from, "-"))
		all->status |= failx("standard input has no name that it could have in '%s'", to);
	else if (is_nameless)
		copy_any(all, from, to, true);
	else if (!is_excluded(all, name, is_of_folder))
		copy_once(all, from, is_known ? &status : NULL, name, buffer_string(&path));
	buffer_done(&path);
	free(name);
}

void
copyall_copy(struct copyall *all, int count, char **sources, const char *to, bool into)
{
	for (int i = 0; i < count; i++)
		if (into)
			copy_into(all, sources[i], to);
		else
			copy_any(all, sources[i], to, true);
}

/* ---- the begin and the end ---- */

void
copyall_open(struct copyall *all)
{
	struct tree *tree = all->tree;

	all->status = 0;
	record_open(&all->shown, STDOUT_FILENO, SHOWN_MOST);
	all->shows_at_once = isatty(STDOUT_FILENO);
	if (!tree)
		return;
	tree->leaves_out = all->excludes->count ? is_excluded_entry : NULL;
	tree->failed = tell_failed;
	tree->copied = count_file;
	tree->shows = all->shows ? show : NULL;
	tree->context = all;
	tree_open(tree);
}

int
copyall_close(struct copyall *all)
{
	if (all->tree)
		tree_close(all->tree);
	if (record_flush(&all->shown, true) < 0)
		give_up_showing(all);
	record_done(&all->shown);
	return all->status;
}

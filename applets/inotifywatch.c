/* SPDX-License-Identifier: MIT */
/*
 * inotifywatch: count what happens to files for a while, then print a table. A drop-in
 * for the inotifywatch of inotify-tools 3.22 whose totals are exact, or which says that
 * they are not; with fractions of a second, JSON, CSV, readiness, and a live view.
 */
#include <unistd.h>

#include "applet.h"
#include "cli/escape.h"
#include "cli/num.h"
#include "event/census.h"
#include "event/files.h"
#include "fsnotify.h"
#include "watching.h"

/* What is remembered of more files than memory may have room for: by --live, and by fanotify. */
enum { MOST_FILES = 10000, MOST_OBJECTS = 1000000 };

static bool csv, json, live, no_follow, partial, recursive, sd_notify, verbose, zero;
static int ready_fd = -1;
static int64_t timeout;
static uint64_t ascending, descending, events;
static struct opt_list from_files, patterns;

/* The columns in the order of inotify-tools; both tables have them. */
#define COLUMNS                                                                                    \
	{ "access", IN_ACCESS }, { "modify", IN_MODIFY }, { "attrib", IN_ATTRIB },                 \
		{ "close_write", IN_CLOSE_WRITE }, { "close_nowrite", IN_CLOSE_NOWRITE },          \
		{ "open", IN_OPEN }, { "moved_from", IN_MOVED_FROM }, { "moved_to", IN_MOVED_TO }, \
		{ "move_self", IN_MOVE_SELF }, { "create", IN_CREATE }, { "delete", IN_DELETE },   \
		{ "delete_self", IN_DELETE_SELF },                                                 \
	{                                                                                          \
		"unmount", IN_UNMOUNT                                                              \
	}

/* What can be counted, and what can be sorted by. */
static const struct name countable[] = {
	COLUMNS, { "close", IN_CLOSE }, { "move", IN_MOVE }, { "all_events", IN_ALL_EVENTS }, { "" }
};
static const struct name keys[] = { { "total", TALLY_TOTAL }, COLUMNS, { "" } };

static struct fsnotify fsnotify;
static bool by_fanotify;

static void
options(struct opt_table *table)
{
	fsnotify_add_fanotify(table, &fsnotify);
	fsnotify_add_inotify(table, &fsnotify);
	watching_add_no_dereference(table, &no_follow);
	fsnotify_add_file_system(table, &fsnotify);
	watching_add_recursive(table, &recursive);
	opt_flag(table, 'v', "verbose", &verbose, "tell more about the watches");
	opt_flag(table, 'z', "zero", &zero,
		 "print also rows and columns in which nothing was counted");
	opt_choice(table, 'a', "ascending", "KEY", keys, &ascending,
		   "sort by KEY, the least first: total or an event");
	opt_choice(table, 'd', "descending", "KEY", keys, &descending,
		   "sort by KEY, the most first (default: total)");
	opt_names(table, 'e', "event", "EVENT", countable, &events,
		  "count these events only; several joined by commas or options");
	opt_duration(table, 't', "timeout", &timeout, "end after DURATION; 0: when a signal comes");
	opt_flag(table, 0, "csv", &csv, "print comma-separated values");
	watching_add_excludes(table, &patterns);
	watching_add_fromfile(table, &from_files);
	watching_add_includes(table, &patterns);
	opt_flag(table, 0, "json", &json, "print JSON lines, one for each row");
	opt_flag(table, 0, "live", &live, "show on the terminal what is busiest, until the end");
	watching_add_partial(table, &partial);
	watching_add_ready_fd(table, &ready_fd);
	watching_add_sd_notify(table, &sd_notify);
}

static struct files files;
static struct selection selection;
static struct census census;

/* What goes with what. 0, or the status after a message. */
static int
check(void)
{
	uint64_t key = ascending | descending;
	int status;

	by_fanotify = fsnotify_wanted(&fsnotify, recursive, &status);
	if (status)
		return status;
	if (partial && !recursive)
		return misuse("--partial needs --recursive");
	if (partial && by_fanotify)
		return misuse("--fanotify goes without --partial");
	events = events ? events : IN_ALL_EVENTS;
	if (csv && json)
		return misuse("--csv and --json exclude each other");
	if (ascending && descending)
		return misuse("--ascending and --descending exclude each other");
	if (key && key != TALLY_TOTAL && !(key & events))
		return misuse("cannot sort by an event that --event leaves out");
	if (live && !screen_possible(STDOUT_FILENO))
		return failx(
			isatty(STDOUT_FILENO)
				? "--live needs a terminal that can be drawn on, and TERM to say which"
				: "--live needs a terminal on standard output");
	return 0;
}

/* ---- what the counting asks for and tells ---- */

static bool
wants(const struct event *event, void *context)
{
	(void)context;
	return !(event->what & FANOTIFY_GONE) && selection_wants(&selection, event);
}

static size_t
count_roots(void *context)
{
	(void)context;
	return by_fanotify ? marks_roots(&fsnotify.marks) : files_roots(&files);
}

static size_t
count_watches(void *context)
{
	(void)context;
	return by_fanotify ? fsnotify.marks.root_count : files_count(&files);
}

static void
add_row(const struct node *node, void *tally)
{
	size_t length;
	const char *path = tree_path(&files.tree, node, &length);
	struct tally_row *row = tally_row(tally, path, length);

	/* The kernel counts watches upwards: operands stay in their order. */
	if (!node->parent)
		row->rank = (size_t)node->wd;
}

/* The operands have the first rows. */
static void
add_operand(const struct node *node, void *tally)
{
	if (!node->parent)
		add_row(node, tally);
}

/* The same by fanotify, whose rows are the files and folders to which something happens. */
static void
add_roots(struct tally *tally)
{
	for (size_t i = 0; i < fsnotify.marks.root_count; i++) {
		const struct marks_root *root = &fsnotify.marks.roots[i];
		size_t length;
		const char *path;

		if (!root->place || root->is_file)
			continue;
		path = places_path(&fsnotify.marks.places, root->place, &length);
		tally_row(tally, path, length)->rank = i;
	}
}

static void
add_folders(void *context)
{
	struct tally *tally = &census.lists[0].tally;

	(void)context;
	if (by_fanotify)
		add_roots(tally);
	else
		tree_each(&files.tree, add_row, tally);
}

static bool
tell(enum census_news news, void *context)
{
	(void)context;
	switch (news) {
	case CENSUS_LOST:
		return failx(
			"the totals are not exact: events are lost, the kernel's queue was full (raise fs.%s.max_queued_events)",
			by_fanotify ? "fanotify" : "inotify");
	case CENSUS_LEFT_ALONE:
		return failx("nothing is left to watch");
	case CENSUS_CANNOT_READ:
		return fail(NULL, "cannot read events");
	case CENSUS_NOTHING_CAME:
	default:
		say_plain("No events occurred.\n");
		return false;
	}
}

static void
tell_trouble(const char *path, int error, void *context)
{
	census_uncover(&census);
	(void)context;
	watching_trouble(&files, path, error);
}

static void
tell_strayed(const char *path, int error, void *context)
{
	census_uncover(&census);
	watching_strayed(path, error, context);
}

/* ---- the beginning and the end ---- */

static void
tell_path(const char *before, const char *path, const char *after)
{
	struct buffer line = { 0 };

	buffer_text(&line, before);
	escape_text(&line, path, strlen(path), ESCAPE_ALL);
	buffer_text(&line, after);
	say_plain(buffer_string(&line));
	buffer_done(&line);
}

static int
watch_operands(void)
{
	say_plain("Establishing watches...\n");
	if (by_fanotify)
		return fsnotify_open(&fsnotify, &selection, events, recursive, no_follow, false);
	if (files_open(&files, (uint32_t)events, recursive, !no_follow) < 0)
		return fail(inotify_hints(0), "cannot use inotify");
	files.skip = selection.left_out.count || selection.filter.count ? selection_skips : NULL;
	files.trouble = tell_trouble;
	files.strayed = tell_strayed;
	files.context = &selection;
	files.partial = partial;
	files_output(&files, STDOUT_FILENO);
	files_output(&files, STDERR_FILENO);
	for (size_t i = 0; i < selection.watched.count; i++) {
		const char *path = selection.watched.paths[i];

		if (recursive && verbose)
			tell_path("Setting up watch(es) on ", path, "\n");
		if (files_watch(&files, path) < 0)
			return watching_refused(&selection, path, recursive);
		if (recursive && verbose)
			tell_path("OK, ", path, " is now being watched.\n");
	}
	if (!files_see_mounts(&files))
		note("mounts go unnoticed: there is no /proc/self/mountinfo");
	return watching_left_out(&files);
}

/* Inotify-tools' words, with the fraction that it does not know. */
static void
tell_timeout(void)
{
	struct buffer line = { 0 };

	buffer_print(&line, "Will listen for events for %lld.%09lld",
		     (long long)(timeout / NUM_SECOND), (long long)(timeout % NUM_SECOND));
	while (line.data[line.length - 1] == '0')
		line.length--;
	line.length -= line.data[line.length - 1] == '.';
	buffer_text(&line, " seconds.\n");
	say_plain(buffer_string(&line));
	buffer_done(&line);
}

/* What is counted, and how it is shown. */
static void
describe(void)
{
	census = (struct census){
		.source = by_fanotify ? &fsnotify.marks.source : &files.source,
		/* One record of fanotify can be many events, and says nothing about its size. */
		.record = by_fanotify ? 1 : sizeof(struct inotify_event),
		.names = countable,
		.events = events,
		.lost = IN_Q_OVERFLOW,
		.timeout = timeout ? timeout : NUM_FOREVER,
		.fd = STDOUT_FILENO,
		.live = live,
		.colours = screen_colours(),
		.table = { .style = json  ? TABLE_JSON
				    : csv ? TABLE_CSV
					  : TABLE_TEXT,
			   .order = { ascending    ? ascending
				      : descending ? descending
						   : TALLY_TOTAL,
				      ascending },
			   .zero = zero },
		.lists = { { .kind = by_fanotify ? TABLE_OBJECTS : TABLE_WATCHED,
			     .most = by_fanotify ? MOST_OBJECTS : 0 },
			   { .kind = TABLE_FILES, .hidden = true, .most = MOST_FILES } },
		.count = live ? 2 : 1,
		.wants = wants,
		.roots = count_roots,
		.watches = count_watches,
		.fill = add_folders,
		.tell = tell,
	};
}

static int
set_up(void)
{
	struct buffer line = { 0 };
	int status = watch_operands();

	if (status)
		return status;
	describe();
	if (census_open(&census) < 0)
		return fail(NULL, "cannot wait for signals");
	if (by_fanotify)
		add_roots(&census.lists[0].tally);
	else
		tree_each(&files.tree, add_operand, &census.lists[0].tally);
	if (verbose) {
		buffer_print(&line, "Total of %zu watches.\n", count_watches(NULL));
		say_plain(buffer_string(&line));
		buffer_done(&line);
	}
	say_plain("Finished establishing watches, now collecting statistics.\n");
	if (timeout && timeout != NUM_FOREVER && verbose)
		tell_timeout();
	return watching_ready(ready_fd, sd_notify);
}

static int
inotifywatch_run(int operands, char **texts)
{
	int status = check();

	if (!status)
		status = watching_select(&selection, &patterns, &from_files, operands, texts, true);
	if (!status)
		status = set_up();
	if (status)
		return status;
	if (census_run(&census) < 0)
		return fail(NULL, "cannot write to standard output");
	if (!census.sums.total && census.sums.incomplete)
		return failx("nothing was counted, but events are lost");
	return census.failed;
}

const struct applet applet_inotifywatch = {
	.name = "inotifywatch",
	.also = "fsnotifywatch",
	.called_also = &fsnotify.called,
	.summary = "count what happens to files",
	.operands = "[@]PATH ...",
	.max = APPLET_ANY,
	.options = options,
	.run = inotifywatch_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * inotifywatch: count what happens to files for a while, then print a table. A drop-in
 * for the inotifywatch of inotify-tools 3.22 whose totals are exact, or which says that
 * they are not; with fractions of a second, JSON, CSV, readiness, and a live view.
 */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "applet.h"
#include "cli/escape.h"
#include "cli/moment.h"
#include "cli/num.h"
#include "cli/screen.h"
#include "event/files.h"
#include "event/live.h"
#include "event/table.h"
#include "kernel/signalfd.h"
#include "kernel/timerfd.h"
#include "process/descriptors.h"
#include "watching.h"

enum {
	TURN = 1024,        /* events between two looks at signals and the clock */
	MOST_FILES = 10000, /* files that --live remembers: a tree may have more than memory */
};

static bool csv, json, live, no_follow, recursive, verbose, zero;
static int ready_fd = -1;
static int64_t timeout;
static uint64_t ascending, descending, events;
static struct opt_list from_files, patterns;

/* The columns in the order of inotify-tools; both tables have them. */
#define COLUMNS                                                                                    \
	{ "access", IN_ACCESS, NULL, NULL }, { "modify", IN_MODIFY, NULL, NULL },                  \
		{ "attrib", IN_ATTRIB, NULL, NULL },                                               \
		{ "close_write", IN_CLOSE_WRITE, NULL, NULL },                                     \
		{ "close_nowrite", IN_CLOSE_NOWRITE, NULL, NULL },                                 \
		{ "open", IN_OPEN, NULL, NULL }, { "moved_from", IN_MOVED_FROM, NULL, NULL },      \
		{ "moved_to", IN_MOVED_TO, NULL, NULL },                                           \
		{ "move_self", IN_MOVE_SELF, NULL, NULL }, { "create", IN_CREATE, NULL, NULL },    \
		{ "delete", IN_DELETE, NULL, NULL },                                               \
		{ "delete_self", IN_DELETE_SELF, NULL, NULL },                                     \
	{                                                                                          \
		"unmount", IN_UNMOUNT, NULL, NULL                                                  \
	}

/* What can be counted, and what can be sorted by. */
static const struct name countable[] = { COLUMNS,
					 { "close", IN_CLOSE, NULL, NULL },
					 { "move", IN_MOVE, NULL, NULL },
					 { "all_events", IN_ALL_EVENTS, NULL, NULL },
					 { NULL, 0, NULL, NULL } };
static const struct name keys[] = { { "total", TALLY_TOTAL, NULL, NULL },
				    COLUMNS,
				    { NULL, 0, NULL, NULL } };

static const struct opt options[] = {
	WATCHING_NO_DEREFERENCE(no_follow),
	WATCHING_RECURSIVE(recursive),
	{ OPT_FLAG, 'v', "verbose", NULL, &verbose, "tell more about the watches" },
	{ OPT_FLAG, 'z', "zero", NULL, &zero,
	  "print also rows and columns in which nothing was counted" },
	{ OPT_CHOICE, 'a', "ascending", "KEY", &ascending,
	  "sort by KEY, the least first: total or an event", keys, 0, 0 },
	{ OPT_CHOICE, 'd', "descending", "KEY", &descending,
	  "sort by KEY, the most first (default: total)", keys, 0, 0 },
	{ OPT_NAMES, 'e', "event", "EVENT", &events,
	  "count these events only; several joined by commas or options", countable, 0, 0 },
	{ OPT_DURATION, 't', "timeout", "DURATION", &timeout,
	  "end after DURATION; 0: when a signal comes" },
	{ OPT_FLAG, 0, "csv", NULL, &csv, "print comma-separated values" },
	WATCHING_EXCLUDE(patterns),
	WATCHING_EXCLUDEI(patterns),
	WATCHING_FROMFILE(from_files),
	WATCHING_INCLUDE(patterns),
	WATCHING_INCLUDEI(patterns),
	{ OPT_FLAG, 0, "json", NULL, &json, "print JSON lines, one for each row" },
	{ OPT_FLAG, 0, "live", NULL, &live, "show on the terminal what is busiest, until the end" },
	WATCHING_READY_FD(ready_fd),
	OPT_END,
};

static struct files files;
static struct selection selection;
static struct tally watched, touched; /* counts by watched object; by file, with --live */
static struct record output = { .fd = STDOUT_FILENO };
static struct screen screen = { .fd = STDOUT_FILENO };
static int signals = -1;
static sigset_t mask_before;
static int64_t started, sampled, drawn; /* CLOCK_MONOTONIC, nanoseconds */
static bool ended, failed, unreadable;
static bool outdated; /* what the screen shows */

/* What goes with what. 0, or the status after a message. */
static int
check(void)
{
	uint64_t key = ascending | descending;

	events = events ? events : IN_ALL_EVENTS;
	if (csv && json)
		return misuse("--csv and --json exclude each other");
	if (ascending && descending)
		return misuse("--ascending and --descending exclude each other");
	if (key && key != TALLY_TOTAL && !(key & events))
		return misuse("cannot sort by an event that --event leaves out");
	if (live && !screen_possible(STDOUT_FILENO))
		return failx("--live needs a terminal on standard output");
	return 0;
}

/* ---- counting ---- */

/* Messages go where the page is not. */
static void
uncover(void)
{
	screen_leave(&screen);
	outdated = true;
}

static void
tell_trouble(const char *path, int error, void *context)
{
	uncover();
	watching_trouble(path, error, context);
}

static void
lose(void)
{
	if (!watched.incomplete) {
		uncover();
		failx("the totals are not exact: events are lost, the kernel's queue was full (raise fs.inotify.max_queued_events)");
	}
	watched.incomplete = failed = true;
}

static void
count(const struct event *event)
{
	static struct buffer path;

	tally_add(&watched, event->dir, event->dir_length, event->what);
	outdated = true;
	if (!live || event->is_dir)
		return;
	path.length = 0;
	buffer_add(&path, event->dir, event->dir_length);
	buffer_add(&path, event->name, event->name_length);
	if (path.length && path.data[path.length - 1] != '/')
		tally_add(&touched, path.data, path.length, event->what);
}

/* LEFT: how many events may still be taken; what was found by looking was never in the kernel's queue. */
static bool
take(const struct event *event, void *left)
{
	if (event->what & IN_Q_OVERFLOW)
		lose();
	else if (event->what & events && selection_wants(&selection, event))
		count(event);
	return event->synthetic || --*(size_t *)left;
}

/* Takes MOST events, or all that are there: returns whether more may be. */
static bool
take_some(size_t most)
{
	if (source_drain(&files.source, take, &most) < 0) {
		uncover();
		failed = fail(NULL, "cannot read events");
		ended = unreadable = true;
	}
	return !most;
}

/* ---- the table ---- */

static void
add_row(const struct node *node, void *context)
{
	size_t length;
	const char *path = tree_path(&files.tree, node, &length);
	struct tally_row *row;

	(void)context;
	row = tally_row(&watched, path, length);
	/* The kernel counts watches upwards: operands stay in their order. */
	if (!node->parent)
		row->rank = (size_t)node->wd;
}

static void
print_table(bool again)
{
	struct table table = { .style = json  ? TABLE_JSON
					: csv ? TABLE_CSV
					      : TABLE_TEXT,
			       .order = { ascending    ? ascending
					  : descending ? descending
						       : TALLY_TOTAL,
					  ascending },
			       .zero = zero,
			       .time = moment_now() };
	bool nothing = !watched.total && !watched.incomplete;

	uncover();
	if (nothing)
		say_plain("No events occurred.\n");
	if (zero)
		tree_each(&files.tree, add_row, NULL);
	if (!nothing || json || csv)
		table_print(&output, &table, &watched);
	if (again && !json) {
		buffer_byte(record_begin(&output), '\n');
		record_end(&output);
	}
}

/* ---- the page of --live ---- */

static void
draw(int64_t now)
{
	struct live shown = { .sections = { { "watched", &watched }, { "file", &touched } },
			      .count = 2,
			      .sums = &watched,
			      .watches = files_count(&files),
			      .elapsed = now - started,
			      .colours = screen_colours() };
	struct buffer page = { 0 };
	size_t columns, lines;

	screen_size(STDOUT_FILENO, &columns, &lines);
	live_page(&page, &shown, columns, lines);
	outdated = !screen_draw(&screen, &page);
	buffer_done(&page);
	drawn = now;
}

static void
refresh(int64_t now)
{
	if (now - sampled >= NUM_SECOND) {
		tally_sample(&watched, now - sampled);
		tally_sample(&touched, now - sampled);
		if (touched.count / 2 > MOST_FILES)
			tally_trim(&touched, MOST_FILES, 0);
		sampled = now;
		outdated = true;
	}
	if (outdated && now - drawn >= SCREEN_INTERVAL)
		draw(now);
}

/* ---- the loop ---- */

/* Ends as the signal would have ended it, had it not been read. */
static void
die_of(int signal)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };

	uncover();
	sigaction(signal, &usual, NULL);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
	raise(signal);
	ended = true; /* whoever started us has blocked it */
}

static void
obey(int signal)
{
	switch (signal) {
	case SIGUSR1:
		print_table(true);
		break;
	case SIGWINCH:
		outdated = true;
		break;
	case SIGTSTP:
		uncover();
		raise(SIGSTOP);
		break;
	case SIGQUIT:
		die_of(signal);
		break;
	default:
		ended = true;
	}
}

/* From now on signals are read. Those of the terminal change the page or leave it. */
static int
catch_signals(void)
{
	static const int always[] = { SIGALRM, SIGHUP, SIGINT, SIGTERM, SIGUSR1, 0 },
			 page[] = { SIGQUIT, SIGTSTP, SIGWINCH, 0 };
	sigset_t set;

	sigemptyset(&set);
	for (const int *signal = always; *signal; signal++)
		sigaddset(&set, *signal);
	for (const int *signal = page; *signal && live; signal++)
		sigaddset(&set, *signal);
	signals = signalfd_open(&set, &mask_before);
	return signals < 0 ? fail(NULL, "cannot wait for signals") : 0;
}

/* Sleeps until there are events or signals, the reader takes more, or it is time for something: at most until
 * DEADLINE. */
static void
sleep_until_ready(int64_t now, int64_t deadline)
{
	struct pollfd fds[] = { { .fd = files.source.fd, .events = POLLIN },
				{ .fd = signals, .events = POLLIN },
				{ .fd = record_size(&output) ? output.fd : -1,
				  .events = POLLOUT } };
	struct timespec wait;

	if (live && sampled + NUM_SECOND < deadline)
		deadline = sampled + NUM_SECOND;
	if (live && outdated && drawn + SCREEN_INTERVAL < deadline)
		deadline = drawn + SCREEN_INTERVAL;
	if (deadline < now)
		return;
	wait = (struct timespec){ (deadline - now) / NUM_SECOND, (deadline - now) % NUM_SECOND };
	/* Whatever it says, the loop looks at all of them. */
	ppoll(fds, 3, deadline == NUM_FOREVER ? NULL : &wait, NULL);
}

static void
watch_until(int64_t deadline)
{
	while (!ended) {
		bool more = take_some(TURN);
		int64_t now = timerfd_now(CLOCK_MONOTONIC);
		int signal;

		while (!ended && (signal = signalfd_next(signals)) > 0)
			obey(signal);
		if (!ended && !files_roots(&files) && !more) {
			uncover();
			failed = failx("nothing is left to watch");
			ended = true;
		}
		ended |= now >= deadline;
		if (record_flush(&output, false) < 0)
			ended = true; /* the last flush tells it */
		if (live && !ended && !record_size(&output))
			refresh(now);
		if (!ended && !more)
			sleep_until_ready(now, deadline);
	}
	/* What had happened by now counts; what comes meanwhile need not. */
	if (!unreadable)
		take_some(source_waiting(&files.source) / sizeof(struct inotify_event) + 1);
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
	if (files_open(&files, (uint32_t)events, recursive, !no_follow) < 0)
		return fail(inotify_hints, "cannot use inotify");
	files.skip = selection.left_out.count || selection.filter.count ? selection_skips : NULL;
	files.trouble = tell_trouble;
	files.context = &selection;
	for (size_t i = 0; i < selection.watched.count; i++) {
		const char *path = selection.watched.paths[i];

		if (recursive && verbose)
			tell_path("Setting up watch(es) on ", path, "\n");
		if (files_watch(&files, path) < 0)
			return fail(inotify_hints, "cannot watch '%s'", path);
		if (recursive && verbose)
			tell_path("OK, ", path, " is now being watched.\n");
	}
	return watching_left_out(&files);
}

/* The operands have the first rows. */
static void
add_operand(const struct node *node, void *context)
{
	if (!node->parent)
		add_row(node, context);
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

static int
set_up(void)
{
	struct buffer line = { 0 };
	int status = watch_operands();

	if (!status)
		status = catch_signals();
	if (status)
		return status;
	tally_open(&watched, countable, events);
	tally_open(&touched, countable, events);
	tree_each(&files.tree, add_operand, NULL);
	record_open(&output, STDOUT_FILENO, SIZE_MAX);
	started = sampled = timerfd_now(CLOCK_MONOTONIC);
	if (verbose) {
		buffer_print(&line, "Total of %zu watches.\n", files_count(&files));
		say_plain(buffer_string(&line));
		buffer_done(&line);
	}
	say_plain("Finished establishing watches, now collecting statistics.\n");
	if (timeout && timeout != NUM_FOREVER && verbose)
		tell_timeout();
	if (descriptors_ready(ready_fd) < 0)
		return fail(NULL, "cannot write to --ready-fd %d", ready_fd);
	return 0;
}

static int
inotifywatch_run(int operands, char **texts)
{
	int64_t deadline = NUM_FOREVER;
	int status = check();

	if (!status)
		status = watching_select(&selection, &patterns, &from_files, operands, texts, true);
	if (!status)
		status = set_up();
	if (status)
		return status;
	if (timeout && __builtin_add_overflow(started, timeout, &deadline))
		deadline = NUM_FOREVER;
	watch_until(deadline);
	print_table(false);
	if (record_flush(&output, true) < 0)
		return fail(NULL, "cannot write to standard output");
	return failed;
}

const struct applet applet_inotifywatch = {
	.name = "inotifywatch",
	.summary = "count what happens to files",
	.operands = "[@]PATH ...",
	.max = APPLET_ANY,
	.options = options,
	.run = inotifywatch_run,
};

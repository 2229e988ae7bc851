/* SPDX-License-Identifier: MIT */
/*
 * inotifywait: wait until something happens to files, or print all that happens. A
 * drop-in for the inotifywait of inotify-tools 3.22 (its options, lines and exit
 * statuses) that says when the kernel has lost events, tells its reader when it
 * is ready, and writes JSON and NUL records.
 */
#include <string.h>
#include <unistd.h>

#include "applet.h"
#include "cli/moment.h"
#include "cli/num.h"
#include "cli/out.h"
#include "cli/say.h"
#include "event/files.h"
#include "event/until.h"
#include "event/watch.h"
#include "fsnotify.h"
#include "reacting.h"
#include "showing.h"
#include "watching.h"

enum { TIMED_OUT = 2 };

/* Events by name only: nothing is one of them alone, and to the kernel they are something else. */
#define NO_EVENTS ((uint64_t)(IN_ISDIR | IN_ONESHOT))

static bool background, by_name, monitor, no_follow, partial, recursive, sd_notify, to_syslog,
	wait_recreate;
static int ready_fd = -1;
static int64_t count, timeout;
static uint64_t events, queue_size;
static struct opt_list awaited, from_files, patterns;

static struct showing showing;
static struct fsnotify fsnotify;
static bool by_fanotify;
static struct reacting reacting = { .debounce = -1 };

static void
options(struct opt_table *table)
{
	fsnotify_add_fanotify(table, &fsnotify);
	fsnotify_add_inotify(table, &fsnotify);
	fsnotify_add_file_system(table, &fsnotify);
	opt_flag(table, 'c', "csv", &showing.csv, "print comma-separated values");
	opt_flag(table, 'd', "daemon", &background,
		 "as --monitor, in the background; needs --outfile, implies --syslog");
	opt_flag(table, 'm', "monitor", &monitor, "go on after the first event");
	watching_add_no_dereference(table, &no_follow);
	opt_count(table, 'q', "quiet", &showing.quiet,
		  "print no progress messages; -qq: no events either");
	watching_add_recursive(table, &recursive);
	opt_flag(table, 's', "syslog", &to_syslog,
		 "send messages to syslog instead of standard error");
	reacting_add_exec(table, &reacting);
	opt_names(table, 'e', "event", "EVENT", inotify_names, &events,
		  "wait for these events only; several joined by commas or options");
	showing_add_outfile(table, &showing);
	opt_duration(table, 't', "timeout", &timeout,
		     "give up after DURATION without an event, with status 2; 0: never");
	reacting_add_batch(table, &reacting);
	opt_integer(table, 0, "count", "N", 1, INT64_MAX, &count, "go on until N events have come");
	reacting_add_debounce(table, &reacting);
	watching_add_excludes(table, &patterns);
	opt_flag(table, 0, "follow-name", &by_name,
		 "with -m or --count: go on with what replaces an operand");
	opt_string(
		table, 0, "format", "FORMAT", &showing.format,
		"print %w watched path, %f file in it, %p both, %e events, %Xe, %T and %t time, %c cookie, %0, %n");
	watching_add_fromfile(table, &from_files);
	watching_add_includes(table, &patterns);
	opt_flag(table, 0, "json", &showing.json, "print JSON lines");
	opt_flag(table, 0, "no-newline", &showing.no_newline, "print no newline after --format");
	opt_flag(table, 0, "null", &showing.null,
		 "end records in NUL, names as they are: EVENTS PATH, or --format");
	reacting_add_on_busy(table, &reacting);
	showing_add_on_overflow(table, &showing, SHOWING_WHEN_LOST("-m -r"));
	watching_add_partial(table, &partial);
	watching_add_queue(table, &queue_size);
	watching_add_ready_fd(table, &ready_fd);
	watching_add_sd_notify(table, &sd_notify);
	showing_add_timefmt(table, &showing);
	opt_list(table, 0, "until-exists", "PATH", &awaited,
		 "wait until PATH exists; of several, and with --until-gone, all must hold");
	opt_list(table, 0, "until-gone", "PATH", &awaited, "wait until PATH does not exist");
	reacting_add_command(table, &reacting);
	opt_flag(table, 0, "wait-recreate", &wait_recreate,
		 "as --follow-name, and wait for an operand that is gone, or not there yet");
}

static struct files files;
static struct selection selection;
static size_t roots; /* operands that are still watched */

/* What goes with what. 0, or the status after a message. */
static int
check(void)
{
	int status;

	by_fanotify = fsnotify_wanted(&fsnotify, recursive, &status);
	if (status)
		return status;
	if (showing.csv + !!showing.format + showing.json > 1)
		return misuse("--csv, --format and --json exclude each other");
	if (showing.null && (showing.csv || showing.json))
		return misuse("--null goes with --format or alone");
	if (showing_check(&showing))
		return 1;
	if (showing.no_newline && (!showing.format || showing.null))
		return misuse("--no-newline needs --format, without --null");
	if (showing.on_overflow == SHOWING_RESCAN && !recursive)
		return misuse("--on-overflow rescan needs --recursive");
	if (partial && !recursive)
		return misuse("--partial needs --recursive");
	if (reacting_check(&reacting))
		return 1;
	if ((by_name || wait_recreate) && !(monitor || background || count))
		return misuse("--%s needs --monitor or --count",
			      by_name ? "follow-name" : "wait-recreate");
	if (by_fanotify && (by_name || wait_recreate || partial))
		return misuse(
			"--fanotify goes without --follow-name, --partial and --wait-recreate");
	if (background && !showing.out_file)
		return misuse("--daemon needs --outfile");
	if (background && (ready_fd >= 0 || sd_notify))
		return misuse("--daemon goes without --%s: it is ready when the command returns",
			      sd_notify ? "sd-notify" : "ready-fd");
	return 0;
}

static size_t
count_roots(void)
{
	return by_fanotify ? marks_roots(&fsnotify.marks) : files_roots(&files);
}

static enum watch_verdict
judge_overflow(void)
{
	note("events are lost: the kernel's queue was full (raise fs.%s.max_queued_events)%s",
	     by_fanotify ? "fanotify" : "inotify",
	     files.remember                 ? "; reading all again"
	     : fsnotify.marks.rescan.wanted ? "; looking for what has changed, but for what is gone"
					    : "");
	return reacting_to_loss(&reacting, events & IN_Q_OVERFLOW,
				showing.on_overflow == SHOWING_FAIL, files.remember);
}

static enum watch_verdict
judge(const struct event *event, void *context)
{
	bool asked = event->what & events, over = false;
	enum watch_verdict verdict;

	(void)context;
	if (event->what & IN_Q_OVERFLOW)
		return judge_overflow();
	/* Something that the user named is gone: with it goes what was waited for. */
	if (count_roots() < roots) {
		roots = count_roots();
		over = !roots || !(monitor || count);
	}
	if (asked && selection_wants(&selection, event))
		return over ? WATCH_LAST : WATCH_SHOW;
	verdict = event->what & IN_UNMOUNT ? WATCH_TELL : WATCH_SKIP;
	return over ? verdict | WATCH_STOP : verdict;
}

static void
tell_trouble(const char *path, int error, void *context)
{
	(void)context;
	watching_trouble(&files, path, error);
}

static int
watch_operands(void)
{
	for (size_t i = 0; i < selection.watched.count; i++) {
		const char *path = selection.watched.paths[i];
		int result = files_watch(&files, path);

		if (result < 0)
			return watching_refused(&selection, path, recursive);
		if (result && !showing.quiet)
			note("waiting for '%s', which does not exist", path);
	}
	if (files_begin(&files) < 0)
		return reacting.execute ? EXEC_FAILED : 1;
	if (!files_see_mounts(&files) && !showing.quiet)
		note("mounts go unnoticed: there is no /proc/self/mountinfo");
	return watching_left_out(&files);
}

static int
set_up_inotify(void)
{
	/* The kernel takes no empty mask, and tells IN_UNMOUNT in any case. */
	if (files_open(&files, (uint32_t)(events ? events : IN_UNMOUNT), recursive, !no_follow) < 0)
		return fail(inotify_hints(0), "cannot use inotify");
	if ((by_name || wait_recreate) && files_follow_names(&files, wait_recreate) < 0)
		return fail(inotify_hints(0), "cannot use inotify");
	files.skip = selection.left_out.count || selection.filter.count ? selection_skips : NULL;
	files.trouble = tell_trouble;
	files.strayed = watching_strayed;
	files.context = &selection;
	files.partial = partial;
	files_output(&files, showing.fd);
	files_output(&files, STDERR_FILENO);
	files.remember =
		recursive
		&& (showing.on_overflow == SHOWING_RESCAN || (!showing.on_overflow && monitor));
	return watch_operands();
}

/* A rename is told as by inotify; what this process does itself is not told at all. */
static int
set_up_fanotify(void)
{
	return fsnotify_open(&fsnotify, &selection, events, recursive, no_follow,
			     showing.on_overflow == SHOWING_RESCAN
				     || (!showing.on_overflow && monitor));
}

static int
set_up(void)
{
	int status;

	if (!showing.quiet)
		say_plain(
			recursive
				? "Setting up watches.  Beware: since -r was given, this may take a while!\n"
				: "Setting up watches.\n");
	status = by_fanotify ? set_up_fanotify() : set_up_inotify();
	if (status)
		return status;
	roots = count_roots();
	if (!showing.quiet)
		say_plain("Watches established.\n");
	/* The watches are the child's as well: whoever waits for this command finds them working.
	 */
	if (background && daemon(1, 0) < 0)
		return fail(NULL, "cannot go into the background");
	return watching_ready(ready_fd, sd_notify);
}

static int
report(enum watch_end end)
{
	if (end == WATCH_STOPPED) {
		/* Who waits for one event can tell by the status, as with inotify-tools. */
		if (monitor || count || !showing.quiet)
			failx(roots ? "not all that was named is left to watch"
				    : "nothing is left to watch");
		return 1;
	}
	return showing_end(&showing, end, TIMED_OUT);
}

/* What --until-exists and --until-gone go with. 0, or the status after a message. */
static int
check_awaited(int operands)
{
	if (operands || fsnotify.fanotify || fsnotify.by_inotify || fsnotify.whole || background
	    || by_name || reacting.command || reacting.batch || reacting.busy
	    || reacting.debounce >= 0 || count || showing.csv || events || reacting.execute
	    || showing.format || from_files.count || monitor || showing.on_overflow || partial
	    || queue_size || showing.no_newline || showing.null || showing.out_file
	    || patterns.count || recursive || showing.time_format || wait_recreate)
		return misuse(
			"--%s goes without operands, and with -P, -q, -s, -t, --json, --ready-fd and --sd-notify only",
			awaited.items[0].name);
	for (size_t i = 0; i < awaited.count; i++)
		if (!*awaited.items[i].text)
			return misuse("--%s: the path is empty", awaited.items[i].name);
	return 0;
}

static enum until_what
what_of(const struct opt_item *item)
{
	return strcmp(item->name, "until-gone") ? UNTIL_EXISTS : UNTIL_GONE;
}

static void
print_awaited(void)
{
	const struct print print = { .style = PRINT_JSON };
	struct buffer records = { 0 };

	for (size_t i = 0; i < awaited.count; i++) {
		const struct opt_item *item = &awaited.items[i];
		struct event event = { .time = moment_now(),
				       .names = until_names,
				       .what = what_of(item),
				       .dir = item->text,
				       .dir_length = strlen(item->text) };

		print_event(&records, &print, &event);
	}
	out_add(records.data, records.length);
	buffer_done(&records);
}

/* What UNTIL is at could not be watched, or not be searched, errno. The status, after a message. */
static int
cannot_wait(const struct until *until)
{
	const struct hint *hints = inotify_hints(until_needs(until));

	if (!until->searching)
		return fail(hints, "cannot watch '%s'", until->place.data);
	/* The others tell what to do about watching. */
	return fail(errno == EMFILE ? hints : NULL, "cannot search '%s'", until->place.data);
}

/* Waits until paths exist or are gone: no events are printed, and nothing of all the rest applies. */
static int
wait_for_paths(void)
{
	static struct until until;
	int result;

	if (until_open(&until, !no_follow, timeout ? timeout : NUM_FOREVER) < 0)
		return fail(inotify_hints(0), "cannot use inotify");
	for (size_t i = 0; i < awaited.count; i++)
		until_add(&until, awaited.items[i].text, what_of(&awaited.items[i]));
	result = until_look(&until);
	if (result >= 0 && watching_ready(ready_fd, sd_notify))
		return 1;
	if (!result && until.mounts < 0 && !showing.quiet)
		note("mounts go unnoticed: there is no /proc/self/mountinfo");
	if (!result)
		result = until_wait(&until);
	if (result < 0)
		return cannot_wait(&until);
	if (result && showing.json && showing.quiet < 2)
		print_awaited();
	until_close(&until);
	return result ? 0 : TIMED_OUT;
}

static int
wait_for_events(const struct print *print)
{
	struct watch watch = { .source = by_fanotify ? &fsnotify.marks.source : &files.source,
			       .print = print,
			       .fd = showing.fd,
			       .count = count ? (uint64_t)count : !monitor && !reacting.execute,
			       .timeout = timeout ? timeout : NUM_FOREVER,
			       .idle = true,
			       .queue = queue_size,
			       .judge = judge,
			       .react = reacting.execute ? &reacting.react : NULL };
	enum watch_end end;
	int status;

	if (reacting.execute)
		reacting_open(&reacting, !(monitor || count));
	end = watch_run(&watch);
	status = report(end);
	return reacting.execute ? reacting_end(&reacting, end, status) : status;
}

static int
inotifywait_run(int operands, char **texts)
{
	int status = awaited.count ? check_awaited(operands) : check();
	struct print print;

	if (awaited.count) {
		if (to_syslog)
			say_to_syslog();
		return status ? status : wait_for_paths();
	}
	if (!status)
		texts = reacting_operands(&reacting, &operands, texts);
	if (!status)
		status = watching_select(&selection, &patterns, &from_files, operands, texts, true);
	if (status)
		return status;
	monitor |= background;
	events = events ? events & ~NO_EVENTS : IN_ALL_EVENTS;
	if (reacting.execute)
		say_begin("inotifywait", EXEC_FAILED);
	status = showing_open(&showing);
	if (status)
		return status;
	if (to_syslog || background)
		say_to_syslog();
	print = showing_print(&showing, showing.null ? "%e %p" : "%w %e %f", NAMES_KEEP_BACKSLASH,
			      reacting.execute);
	fsnotify.names = reacting.execute || print_tells_doer(&print);
	status = set_up();
	if (!status)
		status = wait_for_events(&print);
	return showing_close(&showing, status);
}

const struct applet applet_inotifywait = {
	.name = "inotifywait",
	.also = "fsnotifywait",
	.called_also = &fsnotify.called,
	.summary = "wait for changes to files",
	.operands = "[@]PATH ...",
	.max = APPLET_ANY,
	.options = options,
	.run = inotifywait_run,
};

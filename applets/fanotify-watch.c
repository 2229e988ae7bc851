/* SPDX-License-Identifier: MIT */
/*
 * fanotify-watch: tell all that happens on a file system, and who does it. One mark is enough for
 * millions of files, and it is set in no time; what is created in new folders is never
 * missed, and paths stay right while folders are renamed.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "event/census.h"
#include "event/marks.h"
#include "event/watch.h"
#include "kernel/pid.h"
#include "permitting.h"
#include "process/signals.h"
#include "reacting.h"
#include "showing.h"
#include "watching.h"

enum { TIMED_OUT = 124 };

/* With --top: what is remembered of each kind, and what a table shows of that. */
enum { MOST_ROWS = 2048, SHOWN_ROWS = 20 };

/* What is told when nothing else is asked for: changes. */
#define CHANGES                                                                                    \
	(FAN_CREATE | FAN_DELETE | FAN_RENAME | FAN_MOVE | FAN_MODIFY | FAN_ATTRIB                 \
	 | FAN_CLOSE_WRITE)
/* What is told in any case; the kernel is not asked for it. */
#define ALWAYS ((uint64_t)(FAN_Q_OVERFLOW | FANOTIFY_UNMOUNT | FANOTIFY_EXIT))
#define MOUNTS ((uint64_t)(FAN_MNT_ATTACH | FAN_MNT_DETACH))
/* The events that marks of mounts know. */
#define MOUNT_EVENTS (FAN_OPEN | FAN_OPEN_EXEC | FAN_ACCESS | FAN_MODIFY | FAN_CLOSE)

static bool evictable, inode, mount, mount_namespace, no_follow, recursive, sd_notify, top,
	unlimited;
static int pidfd = -1, ready_fd = -1;
static int64_t count, pid, timeout = NUM_FOREVER;
static uint64_t events, queue_size;
static struct opt_list comms, from_files, ignored, patterns;
static struct reacting reacting = { .debounce = -1 };
static struct showing showing;
static struct permitting permitting = PERMITTING_DEFAULT;

static void
options(struct opt_table *table)
{
	opt_flag(table, '0', "null", &showing.null,
		 "end records in NUL, names as they are; a rename is two: from and to");
	watching_add_no_dereference(table, &no_follow);
	opt_flag(table, 'j', "json", &showing.json, "print JSON lines");
	opt_count(table, 'q', "quiet", &showing.quiet,
		  "print no notes about what cannot be told; -qq: no events either");
	opt_flag(table, 'r', "recursive", &recursive,
		 "of each file system, only what is below PATH");
	reacting_add_exec(table, &reacting);
	opt_string(
		table, 'F', "format", "FORMAT", &showing.format,
		"print %e events, %p path, %w folder, %f name, %o old path, %m both, %P pid, %C command, %u uid, %T and %t time, %0, %n");
	opt_names(table, 'e', "event", "EVENT", fanotify_names, &events,
		  "tell these events only; several joined by commas or options");
	opt_integer(table, 'n', "count", "N", 1, INT64_MAX, &count, "end when N events have come");
	showing_add_outfile(table, &showing);
	opt_duration(
		table, 't', "timeout", &timeout,
		"end after DURATION without an event, with status 124; 0: tell what is there; --top: in any case");
	permitting_add_ask(table, &permitting);
	permitting_add_ask_default(table, &permitting);
	permitting_add_ask_timeout(table, &permitting);
	permitting_add_audit(table, &permitting);
	reacting_add_batch(table, &reacting);
	opt_list(table, 0, "comm", "NAME", &comms,
		 "only what the command NAME does; several add up");
	reacting_add_debounce(table, &reacting);
	opt_flag(table, 0, "evictable", &evictable,
		 "with --inode: marks do not keep their inodes in memory, and go with them");
	watching_add_excludes(table, &patterns);
	watching_add_fromfile(table, &from_files);
	opt_list(table, 0, "ignore", "PATH", &ignored,
		 "let the kernel leave out the file PATH, or a folder's entries");
	watching_add_includes(table, &patterns);
	opt_flag(table, 0, "inode", &inode, "watch PATH itself and, of a folder, its entries");
	opt_flag(table, 0, "mount", &mount,
		 "watch what is opened, read and written through the mount of PATH");
	opt_flag(table, 0, "mount-namespace", &mount_namespace,
		 "tell what is mounted and unmounted; goes without PATH");
	reacting_add_on_busy(table, &reacting);
	showing_add_on_overflow(table, &showing, SHOWING_WHEN_LOST("-r and --inode"));
	permitting_add_permit(table, &permitting);
	opt_integer(table, 0, "pid", "PID", 1, PID_LARGEST, &pid,
		    "only what the process PID does, until it ends");
	opt_fd(table, 0, "pidfd", &pidfd, "the same for the process of the pidfd FD");
	watching_add_queue(table, &queue_size);
	watching_add_ready_fd(table, &ready_fd);
	watching_add_sd_notify(table, &sd_notify);
	permitting_add_tell(table, &permitting);
	showing_add_timefmt(table, &showing);
	opt_flag(table, 0, "top", &top,
		 "count instead: show the busiest processes, folders and files, then print tables");
	opt_flag(
		table, 0, "unlimited", &unlimited,
		"let the kernel's queue grow as long as there is memory, so that it loses nothing");
	reacting_add_command(table, &reacting);
}

static struct marks marks;
static struct selection selection;
static struct census census;
static int refused;      /* the status where some path cannot be watched */
static int unheard;      /* the status where decisions could not be told */
static uint64_t unnamed; /* events of which --comm could not know the command */

/* What --top, which tells no events, has no use for. 0, or the status after a message. */
static int
check_top(void)
{
	if (showing.format || showing.null || count || showing.out_file || showing.quiet > 1
	    || showing.on_overflow || queue_size || mount_namespace || reacting.execute
	    || permitting_is_on(&permitting))
		return misuse(
			"--top goes without -qq, --count, --exec, --format, --mount-namespace, --null, --on-overflow, --outfile, --permit and --queue");
	return 0;
}

/* What goes with what. 0, or the status after a message. */
static int
check(void)
{
	if (showing.json + !!showing.format > 1 || (showing.json && showing.null))
		return misuse("--json excludes --format and --null");
	if (showing_check(&showing))
		return 1;
	if (inode + mount + recursive > 1)
		return misuse("--inode, --mount and --recursive exclude each other");
	if (mount_namespace && (inode || mount || recursive || pid || pidfd >= 0 || ignored.count))
		return misuse(
			"--mount-namespace goes without --inode, --mount, --recursive, --pid and --ignore");
	if (evictable && !inode)
		return misuse("--evictable needs --inode");
	if (pid && pidfd >= 0)
		return misuse("--pid and --pidfd exclude each other");
	if (mount && events & ~(uint64_t)(MOUNT_EVENTS | FAN_ONDIR | ALWAYS))
		return misuse(
			"--mount knows the events open, open-exec, access, modify and close only");
	if ((inode || mount) && events & FAN_FS_ERROR)
		return misuse("fs-error is an event of a whole file system");
	if (mount_namespace ? events & ~(MOUNTS | ALWAYS) : events & MOUNTS)
		return misuse("mnt-attach and mnt-detach are the events of --mount-namespace");
	for (size_t i = 0; i < comms.count; i++)
		if (strlen(comms.items[i].text) > PID_COMM_KEPT)
			return misuse(
				"--comm: the kernel keeps %d bytes of a command's name: '%.*s'",
				PID_COMM_KEPT, PID_COMM_KEPT, comms.items[i].text);
	if (permitting_is_on(&permitting)
	    && (events || evictable || ignored.count || mount_namespace || no_follow || pid
		|| pidfd >= 0 || recursive || showing.on_overflow == SHOWING_RESCAN || unlimited))
		return misuse(
			"--permit goes without -e, -P, -r, --evictable, --ignore, --mount-namespace, --on-overflow rescan, --pid, --pidfd and --unlimited");
	if (showing.on_overflow == SHOWING_RESCAN && !inode && !recursive)
		return misuse("--on-overflow rescan needs --recursive or --inode");
	if (permitting_check(&permitting) || (top && check_top()))
		return 1;
	return reacting_check(&reacting);
}

/* Whether the event is by a command that was asked for. */
static bool
is_by(const struct doer *doer)
{
	if (!comms.count)
		return true;
	unnamed += !doer->comm;
	for (size_t i = 0; i < comms.count && doer->comm; i++)
		if (strlen(comms.items[i].text) == doer->comm_length
		    && !memcmp(comms.items[i].text, doer->comm, doer->comm_length))
			return true;
	return false;
}

static enum watch_verdict
loss(void)
{
	return reacting_to_loss(&reacting, false, showing.on_overflow == SHOWING_FAIL, false);
}

/* VERDICT, but that a command for paths is not run where there is none. */
static enum watch_verdict
without_path(enum watch_verdict verdict)
{
	if (reacting.execute && react_needs_paths(&reacting.react))
		verdict &= ~WATCH_REACT;
	return verdict;
}

static enum watch_verdict
judge(const struct event *event, void *context)
{
	enum watch_verdict verdict;

	(void)context;
	if (event->what & FAN_Q_OVERFLOW) {
		note("events are lost: the kernel's queue was full (use --unlimited, or raise fs.fanotify.max_queued_events)%s",
		     marks.rescan.wanted ? "; looking for what has changed, but for what is gone"
					 : "");
		return loss();
	}
	if (event->what & FANOTIFY_UNMOUNT)
		return marks_roots(&marks) ? WATCH_TELL : WATCH_LAST;
	if (event->what & FANOTIFY_GONE)
		return marks_roots(&marks) ? WATCH_SKIP : WATCH_STOP;
	if (event->what & FANOTIFY_EXIT)
		return without_path(WATCH_LAST);
	if (!is_by(event->doer) || !selection_wants(&selection, event))
		return marks_roots(&marks) ? WATCH_SKIP : WATCH_STOP;
	verdict = marks_roots(&marks) ? WATCH_SHOW : WATCH_LAST;
	return event->gone ? without_path(verdict) : verdict;
}

/* What was decided, by --permit. */
static enum watch_verdict
judge_decision(const struct event *event, void *context)
{
	(void)context;
	if (event->what & PERMIT_ENDED)
		return WATCH_STOP;
	if (event->what & FAN_Q_OVERFLOW) {
		note("%" PRIu64
		     " decision%s could not be told: they are not read as fast as they are made",
		     event->count, event->count == 1 ? "" : "s");
		return loss();
	}
	if (event->what & FANOTIFY_UNMOUNT)
		return permitting.permit.grounds.left ? WATCH_TELL : WATCH_LAST;
	if (!is_by(event->doer) || !selection_wants(&selection, event))
		return WATCH_SKIP;
	return event->gone ? without_path(WATCH_SHOW) : WATCH_SHOW;
}

/* Events that only one process causes. 0, or the status after a message. */
static int
choose_process(void)
{
	if (pid && marks_only(&marks, (pid_t)pid) < 0)
		return fail(pid_hints_for((pid_t)pid), "cannot watch process %" PRId64, pid);
	if (pidfd >= 0 && marks_only_pidfd(&marks, pidfd) < 0)
		return fail(NULL, "--pidfd %d is no pidfd", pidfd);
	return 0;
}

/* Whether a mark that was refused with errno can be one of the inode instead. */
static bool
may_be_less(void)
{
	return marks.scope == MARKS_FILE_SYSTEM && !recursive && !marks_roots(&marks)
	       && (errno == EPERM || errno == EOPNOTSUPP || errno == EXDEV || errno == ENODEV);
}

/* Watches PATH itself, after its file system was refused with errno; -1. */
static int
watch_less(const char *path)
{
	const struct hint *hints = marks_watch_hints(&marks);
	const struct marks_root *root;
	int error = errno;

	marks.scope = MARKS_INODE;
	if (marks_watch(&marks, path) < 0) {
		marks.scope = MARKS_FILE_SYSTEM;
		errno = error;
		return -1;
	}
	root = &marks.roots[marks.root_count - 1];
	errno = error;
	if (!showing.quiet && !refused)
		note_error(hints, "only '%s' %s watched, not its file system", path,
			   root->is_file ? "itself is" : "and its entries are");
	return 0;
}

static void
watch_path(const char *path)
{
	int error;

	if (marks_watch(&marks, path) == 0 || (may_be_less() && watch_less(path) == 0))
		return;
	error = errno;
	if (error == ENOENT && access("/proc/self", F_OK) < 0) {
		refused = failx(
			"cannot watch '%s': paths are told with the help of /proc (mount proc on /proc)",
			path);
		return;
	}
	/* Rights to mark more would not be all that is missing. */
	errno = error == EPERM && euidaccess(path, R_OK) < 0 && errno == EACCES ? EACCES : error;
	refused = fail(marks_watch_hints(&marks), "cannot watch '%s'", path);
}

/* Marks what was named, all or nothing. 0, or the status after a message for each that cannot be. */
static int
watch_all(void)
{
	if (mount_namespace && marks_watch_namespace(&marks) < 0)
		return fail(marks_watch_hints(&marks), "cannot watch the mount namespace");
	for (size_t i = 0; i < selection.watched.count; i++)
		watch_path(selection.watched.paths[i]);
	if (!refused && marks.scope != MARKS_INODE && marks_try(&marks) < 0)
		refused = fail(handle_hints, "cannot tell paths");
	for (size_t i = 0; i < ignored.count; i++)
		if (marks_ignore(&marks, ignored.items[i].text) < 0)
			refused = fail(fanotify_watch_inode_hints, "cannot ignore '%s'",
				       ignored.items[i].text);
	return refused;
}

/* Where the kernel tells no processes, that is said. */
static void
tell_unseen(void)
{
	if (!showing.quiet && marks_try_doers() < 0 && errno == EPERM)
		note_error(fanotify_open_hints,
			   "who does it is not told, neither number nor name of the process");
}

/* Into TEXT, the path by which events tell of PATH. -1 with errno. */
static int
find_told(const char *path, struct buffer *text)
{
	return permitting_is_on(&permitting) ? watching_real_path(path, text)
					     : marks_path(&marks, path, text);
}

static int
set_up(bool names)
{
	int status = 0;

	if (permitting_is_on(&permitting)) {
		permitting.quiet = showing.quiet;
		status = permitting_start(&permitting,
					  inode   ? PERMIT_INODE
					  : mount ? PERMIT_MOUNT
						  : PERMIT_FILE_SYSTEM,
					  selection.watched.paths, selection.watched.count);
		if (!status)
			watching_leave_out(&selection, find_told, showing.quiet);
		return status ? status : watching_ready(ready_fd, sd_notify);
	}
	marks.scope = inode             ? MARKS_INODE
		      : mount           ? MARKS_MOUNT
		      : mount_namespace ? MARKS_NAMESPACE
					: MARKS_FILE_SYSTEM;
	marks.recursive = recursive;
	marks.no_follow = no_follow;
	marks.evictable = evictable;
	marks.unlimited = unlimited;
	marks.names = names;
	marks.sure = comms.count;
	marks.rescan.wanted = showing.on_overflow == SHOWING_RESCAN
			      || (!showing.on_overflow && (recursive || inode) && !top);
	status = choose_process();
	if (status)
		return status;
	if (marks_open(&marks, events) < 0)
		return fail(marks_open_hints(&marks), "cannot use fanotify");
	if (comms.count && marks_try_doers() < 0)
		return fail(fanotify_open_hints, "cannot tell what '%s' does", comms.items[0].text);
	status = watch_all();
	if (!status) {
		tell_unseen();
		watching_leave_out(&selection, find_told, showing.quiet);
	}
	/* --top catches signals first. */
	return status || top ? status : watching_ready(ready_fd, sd_notify);
}

static void
tell_unnamed(void)
{
	if (unnamed && !showing.quiet)
		note("--comm: %" PRIu64
		     " event%s left out, done by what had ended before its name could be read",
		     unnamed, unnamed == 1 ? " was" : "s were");
}

static int
report(enum watch_end end)
{
	tell_unnamed();
	/* What has ended --permit tells why. */
	if (end == WATCH_STOPPED && (marks.exited || permitting_is_over(&permitting)))
		return 0;
	if (end == WATCH_STOPPED) {
		failx("nothing is left to watch");
		return 1; /* with --exec, too */
	}
	return showing_end(&showing, end, TIMED_OUT);
}

/* What is decided does not depend on who hears of it. */
static void
tell_unheard(void *context)
{
	(void)context;
	unheard = showing_cannot_write(&showing);
	note("what is decided is not told any more; it goes on");
}

/* Nothing more is decided; what was, is told. */
static void
tell_last_words(void *context)
{
	(void)context;
	permit_finish(&permitting.permit);
}

static int
watch_events(const struct print *print)
{
	bool permits = permitting_is_on(&permitting);
	struct watch watch = { .source = permits ? &permitting.permit.source : &marks.source,
			       .print = print,
			       .fd = showing.fd,
			       .count = (uint64_t)count,
			       .timeout = timeout,
			       .idle = true,
			       .queue = queue_size,
			       .judge = permits ? judge_decision : judge,
			       .react = reacting.execute ? &reacting.react : NULL,
			       .last_words = permits ? tell_last_words : NULL,
			       .unheard = permits ? tell_unheard : NULL };
	enum watch_end end;
	int status;

	if (reacting.execute)
		reacting_open(&reacting, false);
	end = watch_run(&watch);
	status = report(end);
	if (permits && watch.untold)
		note("%zu record%s could not be told: the output was not read in time",
		     watch.untold, watch.untold == 1 ? "" : "s");
	if (permits)
		status = permitting_end(&permitting, status ? status : unheard);
	if (reacting.execute)
		return reacting_end(&reacting, end, status);
	return end == WATCH_SIGNALLED ? signals_end() : status;
}

/* ---- --top ---- */

static bool
wants(const struct event *event, void *context)
{
	(void)context;
	return !(event->what & FANOTIFY_GONE) && is_by(event->doer)
	       && selection_wants(&selection, event);
}

/* When the process that was asked for has ended, nothing is left of it. */
static size_t
count_roots(void *context)
{
	(void)context;
	return marks.exited ? 0 : marks_roots(&marks);
}

static bool
tell(enum census_news news, void *context)
{
	(void)context;
	switch (news) {
	case CENSUS_LOST:
		return failx(
			"the totals are not exact: events are lost, the kernel's queue was full (use --unlimited, or raise fs.fanotify.max_queued_events)");
	case CENSUS_LEFT_ALONE:
		return !marks.exited && failx("nothing is left to watch");
	case CENSUS_CANNOT_READ:
		return fail(NULL, "cannot read events");
	case CENSUS_NOTHING_CAME:
	default:
		if (!showing.quiet)
			note("nothing has happened");
		return false;
	}
}

static int
count_events(void)
{
	census = (struct census){
		.source = &marks.source,
		.record = 1, /* which may be many events */
		.names = fanotify_names,
		.events = events,
		.lost = FAN_Q_OVERFLOW,
		.timeout = timeout,
		.fd = STDOUT_FILENO,
		.live = !showing.json && screen_possible(STDOUT_FILENO),
		.colours = screen_colours(),
		.table = { .style = showing.json ? TABLE_JSON : TABLE_TEXT,
			   .order = { .by = TALLY_TOTAL },
			   .most = showing.json ? 0 : SHOWN_ROWS },
		.lists = { { .kind = TABLE_PROCESSES, .most = MOST_ROWS },
			   { .kind = TABLE_FOLDERS, .most = MOST_ROWS },
			   { .kind = TABLE_FILES, .most = MOST_ROWS } },
		.count = 3,
		.wants = wants,
		.roots = count_roots,
		.tell = tell,
	};
	if (census_open(&census) < 0)
		return fail(NULL, "cannot wait for signals");
	if (watching_ready(ready_fd, sd_notify))
		return 1;
	if (census_run(&census) < 0)
		return fail(NULL, "cannot write to standard output");
	tell_unnamed();
	return census.failed;
}

static int
fanotify_watch_run(int operands, char **texts)
{
	int status = check();
	struct print print;

	if (!status)
		texts = reacting_operands(&reacting, &operands, texts);
	if (!status && mount_namespace && operands)
		status = misuse("--mount-namespace goes without PATH");
	else if (!status)
		status = watching_select(&selection, &patterns, &from_files, operands, texts,
					 !mount_namespace);
	if (status)
		return status;
	if (!events)
		events = mount ? MOUNT_EVENTS & CHANGES : mount_namespace ? MOUNTS : CHANGES;
	events &= ~ALWAYS;
	if (reacting.execute)
		say_begin("fanotify-watch", EXEC_FAILED);
	status = showing_open(&showing);
	if (status)
		return status;
	print = showing_print(&showing, "%e %P %C %m", NAMES_EXACT, reacting.execute);
	status = set_up(top || comms.count || reacting.execute || print_tells_doer(&print));
	if (!status)
		status = top ? count_events() : watch_events(&print);
	return showing_close(&showing, status);
}

const struct applet applet_fanotify_watch = {
	.name = "fanotify-watch",
	.summary = "tell what happens on file systems, and who does it",
	.operands = "[[@]PATH ...]",
	.max = APPLET_ANY,
	.options = options,
	.run = fanotify_watch_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * pidfd-kill: send a signal to the process that is meant, and never to the next one that got its number; send
 * a stronger one if it has not ended in time; to a whole group, or a tree that cannot get away by starting
 * others.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "cli/signal.h"
#include "event/exits.h"
#include "event/watch.h"
#include "kernel/epoll.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "kernel/timerfd.h"
#include "memory.h"
#include "process/descriptors.h"
#include "process/family.h"
#include "process/signals.h"
#include "signalling.h"
#include "targeting.h"

enum { FREEZING = 2 }; /* seconds that a tree may take to stand still */

static const int64_t no_value = INT64_MIN;

static bool group, json, null, quiet, tree, until_ended;
static const char *format, *signal_text = "TERM";
static struct opt_list escalation;
static int64_t number = no_value, timeout = NUM_FOREVER;

static void
options(struct opt_table *table)
{
	opt_flag(table, '0', "null", &null, "end records in NUL instead of newline");
	opt_string(table, 'F', "format", "FORMAT", &format,
		   "print for each end %e event, %P process, %x status, %S signal, %t time");
	opt_list(table, 0, "after", "DURATION", &escalation,
		 "when to send the signal of --then, if one has not ended by then");
	opt_flag(table, 'g', "group", &group, "signal the process group that PID leads");
	opt_flag(table, 'j', "json", &json, "print a JSON line for each end");
	opt_flag(table, 'q', "quiet", &quiet, "do not tell that another signal was needed");
	opt_string(table, 's', "signal", "SIGNAL", &signal_text,
		   "send SIGNAL instead of TERM; 0: none, only look whether it is there");
	opt_list(
		table, 0, "then", "SIGNAL", &escalation,
		"send SIGNAL to those that have not ended --after DURATION, then status 1; several: one after the other");
	opt_duration(table, 't', "timeout", &timeout,
		     "wait until they have ended, DURATION at most, then status 124");
	opt_flag(table, 0, "tree", &tree, "signal PID and all that descend from it");
	opt_integer(table, 0, "value", "N", INT32_MIN, INT32_MAX, &number,
		    "send the number N with the signal");
	opt_flag(table, 'w', "wait", &until_ended, "wait until they have ended");
}

/* The signals in their order; the first one is sent at once. */
static struct step {
	int signal;
	char name[SIGNAL_NAME_SIZE];
	int64_t after; /* the one before, nanoseconds */
} * steps;
static size_t steps_count;

static struct family named; /* those that were typed */
static struct family all;   /* all that are signalled one by one, or waited for */
static size_t waited_for;   /* how many of these */
static struct exits exits;
static bool failed, escalated;
static int64_t deadline = NUM_FOREVER; /* of --timeout, CLOCK_MONOTONIC */

/* ---- What is typed */

static int
set_signal(const char *shown, const char *text, struct step *step)
{
	int result = 0;

	if (!strcmp(text, "0"))
		step->signal = 0;
	else
		result = signalling_find(shown, text, &step->signal);
	signal_name(step->signal, step->name);
	return result;
}

/* A --then and its --after, in whichever order. */
static int
set_step(const struct opt_item *pair, struct step *step)
{
	const struct opt_item *then = &pair[*pair[0].name == 'a'],
			      *after = &pair[*pair[0].name == 't'];

	if (num_duration(after->text, &step->after) < 0)
		return misuse("--after: '%s' %s", after->text, num_not_duration(errno));
	if (!strcmp(then->text, "0"))
		return misuse("--then: 0 is no signal");
	return set_signal("--then", then->text, step);
}

static int
set_steps(void)
{
	int result;

	steps = memory_get((1 + escalation.count / 2) * sizeof(*steps));
	result = set_signal("--signal", signal_text, &steps[steps_count++]);
	for (size_t i = 0; i < escalation.count && !result; i += 2) {
		const struct opt_item *pair = &escalation.items[i];

		if (i + 1 == escalation.count || *pair[0].name == *pair[1].name)
			return misuse("each --then needs an --after");
		result = set_step(pair, &steps[steps_count++]);
	}
	return result;
}

static int
check(void)
{
	int result = set_steps();

	until_ended |= steps_count > 1 || timeout != NUM_FOREVER;
	if (result)
		return result;
	if (group && tree)
		return misuse("--group and --tree exclude each other");
	if (json && (null || format))
		return misuse("--json goes without --null and --format");
	if ((json || null || format) && !until_ended)
		return misuse("ends are printed with --wait, --timeout or --then");
	if (!steps[0].signal && (number != no_value || until_ended))
		return misuse("--signal 0 sends nothing: no --value, --then, --wait or --timeout");
	return 0;
}

/* ---- Sending */

static int
send_one(const struct family_member *member, const struct step *step, bool whole_group)
{
	union sigval value = { .sival_int = (int)number };

	return pidfd_send(member->pidfd, step->signal, number == no_value ? NULL : &value,
			  whole_group);
}

static void
cannot_send(const struct family_member *member, const struct step *step, bool whole_group)
{
	const char *what = whole_group ? "process group" : "process";

	failed = true;
	if (errno == EINVAL && whole_group)
		failx("cannot signal process group %d safely before Linux 6.9 (kill -- -%d does it, whosever group that is by then)",
		      (int)member->pid, (int)member->pid);
	else if (errno == ESRCH && whole_group && getpgid(member->pid) > 0)
		failx("process %d leads no process group (its group is that of %d)",
		      (int)member->pid, (int)getpgid(member->pid));
	else if (step->signal)
		fail(pidfd_signal_hints, "cannot send %s to %s %d", step->name, what,
		     (int)member->pid);
	else
		fail(pidfd_signal_hints, "cannot signal %s %d", what, (int)member->pid);
}

/* To each of FAMILY, children first. That one has ended by now matters only when it was meant first. */
static void
send_to(const struct family *family, const struct step *step, bool whole_group)
{
	for (size_t i = family->count; i-- > 0;) {
		const struct family_member *member = &family->all[i];
		bool is_expected = step > steps || (tree && i >= named.count);

		if (send_one(member, step, whole_group) < 0 && (errno != ESRCH || !is_expected))
			cannot_send(member, step, whole_group);
	}
}

/* The tree stands still meanwhile, and this process does not end before it goes on. */
static void
send_to_tree(const struct step *step)
{
	int result;

	signals_hold();
	result = family_freeze(&all, FREEZING * NUM_SECOND);
	if (result < 0)
		failed = fail(pid_hints_for(0), "cannot look for all descendants");
	else if (!result)
		failed = failx(
			"not all have stood still: some that were started meanwhile may be missing");
	send_to(&all, step, false);
	family_thaw(&all);
	signals_release();
}

static void
send_to_groups(const struct step *step)
{
	for (size_t i = 0; i < named.count && until_ended; i++)
		if (family_add_group(&all, named.all[i].pid) < 0)
			failed = fail(pid_hints_for(0), "cannot look for members of group %d",
				      (int)named.all[i].pid);
	send_to(&named, step, true);
}

static void
send_step(const struct step *step)
{
	if (tree)
		send_to_tree(step);
	else if (group)
		send_to_groups(step);
	else
		send_to(&all, step, false);
}

/* ---- Waiting */

static enum watch_verdict
see(const struct event *event, void *context)
{
	(void)event;
	(void)context;
	return WATCH_SHOW;
}

/* All that have been found by now are waited for. */
static int
expect_all(void)
{
	for (; waited_for < all.count; waited_for++) {
		const struct family_member *member = &all.all[waited_for];
		int pidfd = descriptors_copy(member->pidfd);

		if (pidfd < 0 || exits_add(&exits, pidfd, member->pid, NULL) < 0)
			return fail(epoll_hints, "cannot wait for process %d", (int)member->pid);
	}
	return 0;
}

/* Until all have ended or UNTIL: 0, 124, or the status after a message. */
static int
await(int64_t until)
{
	struct print print = { .style = json             ? PRINT_JSON
					: format || null ? PRINT_FORMAT
							 : PRINT_NOTHING,
			       .format = format ? format : "%e %P %x %S",
			       .raw = null || (format && print_has(format, '0')),
			       .null = null };
	struct watch watch = { .source = &exits.source,
			       .print = &print,
			       .fd = STDOUT_FILENO,
			       .count = exits.left,
			       .timeout = NUM_FOREVER,
			       .judge = see };
	int64_t now = timerfd_now(CLOCK_MONOTONIC);

	if (!exits.left)
		return 0;
	if (until != NUM_FOREVER)
		watch.timeout = until > now ? until - now : 0;
	switch (watch_run(&watch)) {
	case WATCH_TIMED_OUT:
		return 124;
	case WATCH_CANNOT_READ:
		return fail(exits_hints, "cannot wait for processes");
	case WATCH_CANNOT_WRITE:
		return fail(NULL, "cannot write to standard output");
	default:
		return 0;
	}
}

static void
tell_escalation(const struct step *step)
{
	char after[NUM_DURATION_SIZE];
	pid_t first = 0;

	escalated = true;
	if (quiet)
		return;
	num_brief_duration(after, step->after);
	for (size_t i = 0; i < exits.count && !first; i++)
		if (exits.all[i].pidfd >= 0)
			first = exits.all[i].pid;
	if (exits.left == 1)
		note("process %d has not ended within %s of %s: sending %s", (int)first, after,
		     step[-1].name, step->name);
	else
		note("%zu processes, the first is %d, have not ended within %s of %s: sending %s",
		     exits.left, (int)first, after, step[-1].name, step->name);
}

/* Each signal, and what time it has. 0, 124, or the status after a message. */
static int
go_through(void)
{
	for (size_t i = 0; i < steps_count; i++) {
		bool is_last = i + 1 == steps_count;
		int64_t until = is_last ? NUM_FOREVER : timerfd_in(steps[i + 1].after);
		int result;

		send_step(&steps[i]);
		if (!until_ended)
			return 0;
		result = expect_all();
		if (!result)
			result = await(until < deadline ? until : deadline);
		if (result != 124 || is_last || deadline <= until)
			return result;
		tell_escalation(&steps[i + 1]);
	}
	return 0;
}

static int
open_all(int operands, char **texts)
{
	struct peer peer;

	for (int i = 0; i < operands; i++) {
		int result = targeting_parse(texts[i], &peer);

		if (result)
			return result;
	}
	for (int i = 0; i < operands; i++) {
		targeting_parse(texts[i], &peer);
		if (targeting_open(texts[i], &peer, NULL))
			failed = true;
		else
			family_add(group ? &named : &all, peer.pid, peer.pidfd);
	}
	if (!group)
		named.count = all.count;
	return 0;
}

static int
pidfd_kill_run(int operands, char **texts)
{
	const struct hint *hints;
	int result = check();

	if (!result)
		result = open_all(operands, texts);
	if (result)
		return result;
	if (until_ended && exits_open(&exits, 0, &hints) < 0)
		return fail(hints, "cannot wait for processes");
	deadline = timerfd_in(timeout);
	signals_end_init();
	result = go_through();
	return result ? result : failed || escalated;
}

const struct applet applet_pidfd_kill = {
	.name = "pidfd-kill",
	.summary = "signal the processes that are meant, and harder if they do not end",
	.operands = "PID ...",
	.min = 1,
	.max = APPLET_ANY,
	.options = options,
	.run = pidfd_kill_run,
};

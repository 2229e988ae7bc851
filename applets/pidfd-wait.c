/* SPDX-License-Identifier: MIT */
/*
 * pidfd-wait: wait until processes have ended, whoever has started them, and say how: a shell's wait knows
 * only its own children, and a loop around kill -0 is late, costs processes, and takes the number's next user
 * for the one that was meant.
 */
#include <errno.h>
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "event/exits.h"
#include "event/watch.h"
#include "kernel/epoll.h"
#include "kernel/kin.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "kernel/timerfd.h"
#include "process/exec.h"
#include "targeting.h"
#include "watching.h"

static bool any, children, exited, json, null, own_status, quiet;
static const char *format;
static int64_t count, timeout = NUM_FOREVER, patience = NUM_SECOND;
static int ready_fd = -1;

static void
options(struct opt_table *table)
{
	opt_flag(table, '0', "null", &null, "end records in NUL instead of newline");
	opt_string(table, 'F', "format", "FORMAT", &format,
		   "print %e event, %P process, %x status, %S signal, %t time");
	opt_flag(table, 'a', "any", &any, "wait for one of them, as --count 1");
	opt_flag(table, 0, "children", &children,
		 "wait for the children of PID, or of the process that has started this one");
	opt_flag(table, 'e', "exited", &exited, "a process that is not there any more has ended");
	opt_flag(table, 'j', "json", &json, "print JSON lines");
	opt_integer(table, 'n', "count", "N", 1, INT64_MAX, &count, "wait for N of them, not all");
	opt_flag(table, 'q', "quiet", &quiet, "print nothing");
	watching_add_ready_fd(table, &ready_fd);
	opt_duration(table, 0, "reap-timeout", &patience,
		     "how long a status that only the parent's wait reveals is waited for (1s)");
	opt_flag(table, 's', "status", &own_status,
		 "print nothing, and end with the status of the process");
	opt_duration(table, 't', "timeout", &timeout, "give up after DURATION, with status 124");
}

static struct exits exits;
static bool failed;   /* somebody could not be waited for, which has been said */
static pid_t unknown; /* the first whose status nobody tells; 0: none */
static int status;    /* the first that is not 0 */

/* PEER, whose descriptor is handed over, is to be waited for; when GONE, it has ended. */
static int
expect(struct peer *peer, bool gone)
{
	if (gone)
		exits_add_gone(&exits, peer->pid, NULL);
	else if (exits_add(&exits, peer->pidfd, peer->pid, NULL) < 0)
		return fail(epoll_hints, "cannot wait for process %d", (int)peer->pid);
	return 0;
}

/* PID was a child of PARENT; is it the same one still? What has ended and was waited for is not. */
static int
expect_child(pid_t pid, pid_t parent)
{
	struct peer child = { .pid = pid, .pidfd = -1 };
	uint64_t start;
	pid_t now;

	if (pid == pid_self())
		return 0;
	if (peer_open(&child) < 0 && errno != ESRCH)
		return fail(pid_hints_for(pid), "cannot wait for process %d", (int)pid);
	if (child.pidfd < 0)
		return 0;
	if (pid_stat(pid, &now, &start) == 0 && now == parent)
		return expect(&child, false);
	peer_close(&child);
	return 0;
}

static int
expect_children(const char *text, struct peer *parent)
{
	struct kin kin = { 0 };
	int result = 0;

	if (kin_children(parent->pid, &kin) < 0 && errno != ESRCH)
		result = fail(pid_hints_for(parent->pid), "cannot look for the children of '%s'",
			      text);
	for (size_t i = 0; i < kin.count && !result; i++)
		result = expect_child(kin.pids[i], parent->pid);
	kin_done(&kin);
	peer_close(parent);
	return result;
}

static int
expect_one(const char *text, struct peer *peer)
{
	bool gone = false;
	int result = targeting_open(text, peer, exited ? &gone : NULL);

	if (result || !children)
		return result ? result : expect(peer, gone);
	return gone ? 0 : expect_children(text, peer);
}

/* The children of the process that has started this one. */
static int
expect_siblings(void)
{
	struct peer parent = { .pid = pid_parent(), .pidfd = -1 };

	if (!parent.pid)
		return failx(
			"the process that has started this one is in another pid namespace: name one");
	return peer_open(&parent) < 0
		       ? fail(pid_hints_for(parent.pid), "cannot find process %d", (int)parent.pid)
		       : expect_children("the caller", &parent);
}

/* All that are typed are looked at before the first is opened. 0, or the status after a message. */
static int
expect_all(int operands, char **texts)
{
	const struct hint *hints;
	struct peer peer;

	for (int i = 0; i < operands; i++) {
		int result = targeting_parse(texts[i], &peer);

		if (result)
			return result;
	}
	if (count > operands && !children)
		return misuse("--count %lld: there are %d processes", (long long)count, operands);
	if (own_status)
		say_begin("pidfd-wait", EXEC_FAILED);
	if (exits_open(&exits, patience, &hints) < 0)
		return fail(hints, "cannot wait for processes");
	for (int i = 0; i < operands; i++) {
		targeting_parse(texts[i], &peer);
		failed |= expect_one(texts[i], &peer) != 0;
	}
	if (!operands)
		failed |= expect_siblings() != 0;
	return 0;
}

static enum watch_verdict
see(const struct event *event, void *context)
{
	const struct ended *ended = event->ended;

	(void)context;
	if (!ended->has_status && !unknown)
		unknown = ended->pid;
	if (ended->has_status && !status)
		status = ended->status;
	return WATCH_SHOW;
}

/* Waits for WANTED of them. The status to end with. */
static int
await(uint64_t wanted)
{
	struct print print = { .style = own_status || quiet ? PRINT_NOTHING
					: json              ? PRINT_JSON
							    : PRINT_FORMAT,
			       .format = format ? format : "%e %P %x %S",
			       .raw = null || (format && print_has(format, '0')),
			       .null = null };
	struct watch watch = { .source = &exits.source,
			       .print = &print,
			       .fd = STDOUT_FILENO,
			       .count = wanted,
			       .timeout = timeout,
			       .judge = see };

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

static int
check(int operands)
{
	if (!operands && !children)
		return misuse("missing PID");
	if (any && count)
		return misuse("--any is --count 1: they exclude each other");
	if (json && (null || format))
		return misuse("--json goes without --null and --format");
	if (own_status && (json || null || format))
		return misuse(
			"--status prints nothing: it goes without --json, --null and --format");
	return 0;
}

static int
pidfd_wait_run(int operands, char **texts)
{
	uint64_t wanted;
	int result = check(operands);

	if (!result)
		result = expect_all(operands, texts);
	if (result)
		return result;
	exits.deadline = timerfd_in(timeout);
	result = watching_ready(ready_fd, false);
	if (result)
		return result;
	wanted = any ? 1 : (uint64_t)count;
	if (!wanted || wanted > exits.left)
		wanted = exits.left;
	if (wanted)
		result = await(wanted);
	if (result)
		return result;
	if (failed)
		return own_status ? EXEC_FAILED : 1;
	if (own_status && !status && unknown)
		return failx("nobody tells with which status process %d has ended", (int)unknown);
	return own_status ? status : 0;
}

const struct applet applet_pidfd_wait = {
	.name = "pidfd-wait",
	.summary = "wait until processes have ended, anybody's, and say how",
	.operands = "[PID ...]",
	.max = APPLET_ANY,
	.options = options,
	.run = pidfd_wait_run,
};

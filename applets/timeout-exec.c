/* SPDX-License-Identifier: MIT */
/*
 * timeout-exec: a command, and all that it starts, within a time. What timeout(1) does, with its options and
 * statuses, and also to children that have left the process group or the session: they stay children of this
 * process, which takes in orphans. The command shares our group, so that a terminal's keys reach it as if it
 * had been started without us.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "cli/signal.h"
#include "kernel/epoll.h"
#include "kernel/kin.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "kernel/timerfd.h"
#include "process/family.h"
#include "process/signals.h"
#include "process/supervise.h"
#include "signalling.h"
#include "starting.h"

enum {
	TIMED_OUT = 124,
	GRACE = 5,      /* seconds for what is left when COMMAND has ended in time out */
	PATIENCE = 100, /* milliseconds for all to stand still */
	AGAIN = 50,     /* milliseconds until what was killed and is still there is killed again */
	MILLISECOND = 1000000,
};

static const char *signal_text = "TERM";
static int64_t kill_after;
static bool foreground, preserve_status, verbose;

static void
options(struct opt_table *table)
{
	opt_flag(table, 'f', "foreground", &foreground,
		 "only COMMAND has to end, not what it has started");
	opt_flag(table, 'p', "preserve-status", &preserve_status,
		 "end with the status of COMMAND also when the time has run out");
	opt_flag(table, 'v', "verbose", &verbose, "tell of each signal that is sent");
	opt_duration(table, 'k', "kill-after", &kill_after,
		     "send KILL, too, if it still runs so long after the first signal; 0: never");
	opt_string(table, 's', "signal", "SIGNAL", &signal_text,
		   "the signal to send when the time has run out; default TERM");
}

static struct supervise command;
static struct family family; /* all that it has started */
static int timer;            /* its descriptor */
static bool due;             /* it has fired */
static int end_signal;       /* -s */
static int next;             /* what is sent when it fires */
static bool timed_out;
static bool ending;   /* all have been asked to end */
static bool gracious; /* COMMAND has done so, and the others have until the timer fires */
static bool blind;    /* there is no way to find the others */

static int
arm(int64_t duration)
{
	due = false;
	return timerfd_arm(timer, duration, 0, false, false);
}

/*
 * Arms the timer for SIGKILL, unless it fires sooner as it is. One that is due has its own signal to send
 * first; what comes of that expects more.
 */
static void
shorten(int64_t duration)
{
	int64_t left = timerfd_left(timer);

	if (due)
		return;
	/* It was armed before, so that nothing can fail. */
	if (left <= 0 || left > duration)
		arm(duration);
	next = SIGKILL;
}

/*
 * Finds all that COMMAND has started, and is there; frozen, so that the signal comes to those of one moment,
 * and not to what they start then in order to clean up. 0, or -1 with errno.
 */
static int
find(bool frozen)
{
	int self = pidfd_of(pid_self());

	family_forget(&family);
	if (self < 0)
		return -1;
	family_add(&family, pid_self(), self);
	if (!frozen)
		return family_find(&family);
	return family_freeze(&family, PATIENCE * (int64_t)MILLISECOND) < 0 ? -1 : 0;
}

static bool
is_meant(const struct family_member *member)
{
	return !member->spared && member->pid != pid_self();
}

/* SIGNAL to MEMBER, or to COMMAND, whose number is nobody else's before it has ended. */
static int
send_one(const struct family_member *member, int signal)
{
	if (member && (command.ended || member->pid != command.pid))
		return pidfd_signal(member->pidfd, signal);
	return supervise_signal(&command, signal);
}

/* SIGNAL, and what lets a stopped process take it: before one that would stop it again. */
static int
send_and_continue(const struct family_member *member, int signal)
{
	bool stops =
		signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
	int result, error;

	if (stops)
		send_one(member, SIGCONT);
	result = send_one(member, signal);
	error = errno;
	if (!stops && signal != SIGKILL)
		send_one(member, SIGCONT);
	errno = error;
	return result;
}

/* Tells of MEMBER, or of those that are none, and errno; of each kind once. */
static void
tell(bool *told, const struct family_member *member)
{
	if (!*told && member)
		note_error(pidfd_signal_hints, "cannot signal process %d", (int)member->pid);
	else if (!*told)
		note_error(pid_hints_for(0), "cannot find all that '%s' has started",
			   command.argv[0]);
	*told = true;
}

/* Those whose own parents have ended are nobody's here: where we could not become their parent. */
static void
tell_of_orphans(void)
{
	static bool told;

	errno = command.refused;
	if (command.refused && !told)
		note_error(kin_adopt_hints, "cannot end orphans that '%s' may have left",
			   command.argv[0]);
	told = true;
}

static bool
is_for_want_of_descriptors(void)
{
	return errno == EMFILE || errno == ENFILE;
}

/* Sends SIGNAL to COMMAND and to all that it has started. */
static void
send_to_all(int signal)
{
	static bool told_of_denied, told_of_missing;
	int result = find(true), error = errno;
	bool has_met = false;

	tell_of_orphans();
	for (size_t i = 0; i < family.count; i++) {
		has_met |= family.all[i].pid == command.pid;
		if (is_meant(&family.all[i]) && send_and_continue(&family.all[i], signal) < 0
		    && errno != ESRCH)
			tell(&told_of_denied, &family.all[i]);
	}
	if (result == 0)
		return;
	/* It needs no descriptor. */
	if (!has_met)
		send_and_continue(NULL, signal);
	errno = error;
	tell(&told_of_missing, NULL);
	/* Those that were too many are met when these have ended. */
	errno = error;
	blind = !is_for_want_of_descriptors();
}

static void
send_signal(int signal)
{
	static bool killed; /* once may not do */
	char name[SIGNAL_NAME_SIZE];

	signal_name(signal, name);
	if (verbose && !killed)
		note("sending signal %s to command '%s'", name, command.argv[0]);
	killed = signal == SIGKILL;
	if (!foreground && !blind)
		send_to_all(signal);
	if (foreground || blind)
		send_and_continue(NULL, signal);
}

/* SIGNAL has been sent: what next, if it does not help? */
static void
expect(int signal)
{
	if (signal == SIGKILL)
		shorten(AGAIN * (int64_t)MILLISECOND);
	else if (kill_after)
		shorten(kill_after);
}

static void
expire(void)
{
	arm(NUM_FOREVER);
	if (!command.ended)
		timed_out = true;
	ending = true;
	send_signal(next);
	expect(next);
}

static int
take(const struct signalfd_record *record, bool is_shared, void *context)
{
	int signal = record->signal;
	bool asks =
		signal == SIGINT || signal == SIGQUIT || signal == SIGTERM || signal == end_signal;

	(void)context;
	if (!asks && signal != SIGHUP)
		return signal;
	if (!is_shared)
		send_signal(signal);
	ending = ending || (asks && !is_shared);
	expect(signal);
	return 0;
}

/*
 * Whether one is left that may be signalled. For want of descriptors there may be others behind those that
 * are found, also behind a zombie; where none is found, none ever will be.
 */
static bool
is_one_left(void)
{
	bool is_short = find(false) < 0;

	if (is_short && !is_for_want_of_descriptors())
		return false;
	for (size_t i = 0; i < family.count; i++)
		if (is_meant(&family.all[i]) && (is_short || !pidfd_has_ended(family.all[i].pidfd))
		    && pidfd_signal(family.all[i].pidfd, 0) == 0)
			return true;
	return false;
}

/* Whether what COMMAND has started is to end, too, and has not. */
static bool
is_anybody_left(void)
{
	if (!ending || foreground || blind || !is_one_left())
		return false;
	if (!gracious && !due) {
		shorten(GRACE * NUM_SECOND);
		gracious = true;
	}
	return true;
}

/* Until all is over. -1 with errno. */
static int
wait_for_end(void)
{
	struct pollfd fds[] = { { .fd = command.fd, .events = POLLIN },
				{ .fd = timer, .events = POLLIN } };

	for (;;) {
		if (supervise_step(&command) < 0)
			return -1;
		if (command.ended && !is_anybody_left())
			return 0;
		if (due)
			expire();
		if (ppoll(fds, 2, NULL, NULL) < 0 && errno != EINTR)
			return -1;
		due = fds[1].revents;
	}
}

/* The status to end with; where COMMAND was ended by a signal on its own, this process is, too. */
static int
status(void)
{
	if (command.signal && !timed_out)
		return signals_end_by(command.signal);
	/* Who sees 137 knows that it had no chance to clean up. */
	if (timed_out && !preserve_status && command.signal != SIGKILL)
		return TIMED_OUT;
	return command.status;
}

/* Starts COMMAND under the timer. 0, or the status after a message. */
static int
start(int64_t duration)
{
	timer = timerfd_open(CLOCK_MONOTONIC);
	if (timer < 0)
		return fail(timerfd_hints(CLOCK_MONOTONIC), "cannot create a timer");
	command.reaper = !foreground;
	command.death_signal = end_signal;
	command.take = take;
	if (supervise_open(&command) < 0)
		return fail(signalfd_hints, "cannot receive signals");
	/* Without /proc there are none to be found, and none to be spared. */
	if (!foreground)
		family_spare(&family);
	if (arm(duration ? duration : NUM_FOREVER) < 0)
		return fail(timerfd_hints(CLOCK_MONOTONIC), "cannot start the timer");
	return starting_run(&command);
}

static int
timeout_exec_run(int count, char **operands)
{
	int64_t duration;
	int result = signalling_find("--signal", signal_text, &end_signal);

	if (result)
		return result;
	next = end_signal;
	/* One that is too long is none. */
	if (num_duration(operands[0], &duration) < 0) {
		if (errno != ERANGE)
			return misuse("'%s' %s", operands[0], num_not_duration(errno));
		duration = NUM_FOREVER;
	}
	operands += !strcmp(operands[1], "--") ? 2 : 1;
	if (!*operands)
		return misuse("missing COMMAND after --");
	(void)count;
	command.argv = operands;
	result = start(duration);
	if (!result && wait_for_end() < 0)
		result = fail(epoll_read_hints, "cannot wait for '%s'", operands[0]);
	supervise_close(&command);
	family_close(&family);
	return result ? result : status();
}

const struct applet applet_timeout_exec = {
	.name = "timeout-exec",
	.summary = "end a command, and all that it has started, in time",
	.operands = "DURATION [--] COMMAND [ARG ...]",
	.min = 2,
	.max = APPLET_ANY,
	.wrapper = true,
	.failure = EXEC_FAILED,
	.options = options,
	.run = timeout_exec_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * signalfd-mask: run a command with signals blocked or not, ignored or not, whatever its parent has left
 * it. Masks and ignored signals are inherited, and nobody sees them: a trap that never runs, a sleep that
 * TERM does not end. --show tells what they are.
 */
#include <signal.h>
#include <string.h>

#include "applet.h"
#include "cli/buffer.h"
#include "cli/json.h"
#include "cli/num.h"
#include "cli/out.h"
#include "cli/say.h"
#include "cli/signal.h"
#include "kernel/pid.h"
#include "kernel/reserved.h"
#include "process/exec.h"
#include "signalling.h"

static struct opt_list block, unblock, let, ignore;
static bool show, json;

static void
options(struct opt_table *table)
{
	opt_list(table, 'b', "block", "SIGNALS", &block, "block these signals, or all");
	opt_list(table, 'd', "default", "SIGNALS", &let,
		 "let these signals have their default action");
	opt_list(table, 'i', "ignore", "SIGNALS", &ignore, "ignore these signals");
	opt_flag(table, 'j', "json", &json, "--show: print a JSON line");
	opt_flag(table, 's', "show", &show,
		 "print what becomes of signals here, or in the process PID");
	opt_list(table, 'u', "unblock", "SIGNALS", &unblock, "unblock these signals, or all");
}

/* ---- showing ---- */

struct row {
	const char *name;
	uint64_t set;
};

static void
print_row(const struct row *row)
{
	const char *before = " ";

	out_print("%s", row->name);
	for (int signal = 1; signal <= SIGNAL_LARGEST; signal++)
		if (row->set >> (signal - 1) & 1) {
			char name[SIGNAL_NAME_SIZE];

			signal_name(signal, name);
			out_print("%s%s", before, name);
			before = ",";
		}
	out_print("%s\n", row->set ? "" : " -");
}

static void
add_row(struct buffer *buffer, const struct row *row)
{
	char names[SIGNAL_LARGEST][SIGNAL_NAME_SIZE];
	const char *words[SIGNAL_LARGEST];
	size_t count = 0;

	for (int signal = 1; signal <= SIGNAL_LARGEST; signal++)
		if (row->set >> (signal - 1) & 1) {
			signal_name(signal, names[count]);
			words[count] = names[count];
			count++;
		}
	json_words(buffer, row->name, words, count);
}

static int
print_signals(pid_t pid)
{
	struct pid_signals signals = { 0 };
	int result = pid_signals(pid, &signals);
	const struct row rows[] = {
		{ "pending", signals.pending }, { "shared_pending", signals.shared_pending },
		{ "blocked", signals.blocked }, { "ignored", signals.ignored },
		{ "caught", signals.caught },
	};
	struct buffer line = { 0 };

	if (result < 0 && !pid)
		return fail(pid_hints_for(0), "cannot look at the signals of this process");
	if (result < 0)
		return fail(pid_hints_for(pid), "cannot look at the signals of process %d",
			    (int)pid);
	if (!json) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
			print_row(&rows[i]);
		return 0;
	}
	json_begin(&line);
	json_number(&line, "pid", pid ? pid : pid_self());
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		add_row(&line, &rows[i]);
	json_end(&line);
	buffer_byte(&line, '\n');
	out_add(line.data, line.length);
	buffer_done(&line);
	return 0;
}

static int
show_of(int count, char **operands)
{
	int64_t pid = 0;

	if (block.count || unblock.count || let.count || ignore.count)
		return misuse("--show goes without --block, --unblock, --default and --ignore");
	if (count > 1)
		return misuse("extra operand '%s'", operands[1]);
	if (count && num_integer(operands[0], 1, PID_LARGEST, &pid) < 0)
		return misuse("'%s' is not a process id from 1 to %d", operands[0], PID_LARGEST);
	return print_signals((pid_t)pid);
}

/* ---- changing ---- */

/* The signals of an option. */
struct choice {
	const char *option;
	const struct opt_list *list;
	sigset_t set;
	bool is_all; /* and all others, but those that the opposite option names */
};

/* 0, or the status after a message. */
static int
gather(struct choice *choice)
{
	choice->is_all = false;
	sigemptyset(&choice->set);
	for (size_t i = 0; i < choice->list->count; i++) {
		const char *text = choice->list->items[i].text;
		int status = 0;

		if (!strcasecmp(text, "all"))
			choice->is_all = true;
		else
			status = signalling_add(choice->option, &choice->set, text, false);
		if (status)
			return status;
	}
	for (int signal = 1; signal <= SIGNAL_LARGEST; signal++)
		if (signal_is_sovereign(signal) && sigismember(&choice->set, signal) == 1) {
			char name[SIGNAL_NAME_SIZE];

			signal_name(signal, name);
			return misuse(
				"%s: %s always does what it does: the kernel lets no process change that",
				choice->option, name);
		}
	return 0;
}

/* Makes `all` of ONE the signals that OTHER does not name. */
static void
complete(struct choice *one, const sigset_t *other)
{
	for (int signal = 1; one->is_all && signal <= SIGNAL_LARGEST; signal++)
		if (!signal_is_sovereign(signal) && sigismember(other, signal) != 1)
			sigaddset(&one->set, signal);
}

/* Fills two of which no signal can be both. 0, or the status after a message. */
static int
gather_both(struct choice *one, struct choice *other)
{
	int status = gather(one);
	sigset_t named;

	if (!status)
		status = gather(other);
	if (status)
		return status;
	if (one->is_all && other->is_all)
		return misuse("all is in both %s and %s", one->option, other->option);
	for (int signal = 1; signal <= SIGNAL_LARGEST; signal++)
		if (sigismember(&one->set, signal) == 1 && sigismember(&other->set, signal) == 1) {
			char name[SIGNAL_NAME_SIZE];

			signal_name(signal, name);
			return misuse("%s is in both %s and %s", name, one->option, other->option);
		}
	named = one->set;
	complete(one, &other->set);
	complete(other, &named);
	return 0;
}

static void
set_actions(const sigset_t *set, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	for (int signal = 1; signal <= SIGNAL_LARGEST; signal++)
		if (sigismember(set, signal) == 1)
			sigaction(signal, &action, NULL);
}

static int
change(void)
{
	struct choice blocked = { .option = "--block", .list = &block };
	struct choice unblocked = { .option = "--unblock", .list = &unblock };
	struct choice plain = { .option = "--default", .list = &let };
	struct choice ignored = { .option = "--ignore", .list = &ignore };
	int status = gather_both(&blocked, &unblocked);

	if (!status)
		status = gather_both(&plain, &ignored);
	if (status)
		return status;
	/* What waits blocked is dropped where it is ignored from now on. */
	set_actions(&ignored.set, SIG_IGN);
	set_actions(&plain.set, SIG_DFL);
	sigprocmask(SIG_BLOCK, &blocked.set, NULL);
	sigprocmask(SIG_UNBLOCK, &unblocked.set, NULL);
	if (plain.is_all)
		reserved_let();
	if (unblocked.is_all)
		reserved_unblock();
	return 0;
}

static int
signalfd_mask_run(int count, char **operands)
{
	int status;

	if (show)
		return show_of(count, operands);
	if (json)
		return misuse("--json goes with --show");
	if (!count)
		return misuse("missing COMMAND");
	status = change();
	if (status)
		return status;
	status = exec_become(operands);
	fail(pid_start_hints, "cannot run '%s'", operands[0]);
	return status;
}

const struct applet applet_signalfd_mask = {
	.name = "signalfd-mask",
	.summary = "run a command with signals blocked, ignored or neither; show masks",
	.operands = "[PID | COMMAND [ARG ...]]",
	.max = APPLET_ANY,
	.wrapper = true,
	.failure = EXEC_FAILED,
	.options = options,
	.run = signalfd_mask_run,
};

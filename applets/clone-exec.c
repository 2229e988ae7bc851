/* SPDX-License-Identifier: MIT */
/*
 * clone-exec: run a command in a process that clone3(2) makes as its own words say: in new namespaces, in a
 * cgroup from its first moment on, with a number of one's choice. For scripts that want the system call
 * itself and a good parent around it; unshare is for whole containers.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet.h"
#include "cli/json.h"
#include "cli/num.h"
#include "cli/record.h"
#include "cli/say.h"
#include "cli/signal.h"
#include "file.h"
#include "kernel/namespace.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "namespaces/enclosing.h"
#include "namespaces/handing.h"
#include "process/exec.h"
#include "signalling.h"

static bool kinds[NAMESPACE_KINDS];
static struct mapping mapping;
static const char *cgroup, *exit_signal, *numbers, *death;
static bool clear_signals, detach, init, new_session, print_pid, json;
static struct opt_list kept;
static int64_t kill_after, self = -1;
static int pid_fd = -1;

static struct enclosing enclosing;

static void
options(struct opt_table *table)
{
	static const char *const words[NAMESPACE_KINDS][2] = {
		{ "new-user", "in a new user namespace: CLONE_NEWUSER" },
		{ "new-cgroup", "in a new cgroup namespace: CLONE_NEWCGROUP" },
		{ "new-ipc", "in a new namespace of System V IPC: CLONE_NEWIPC" },
		{ "new-uts", "in a new namespace of host names: CLONE_NEWUTS" },
		{ "new-net", "in a new network namespace: CLONE_NEWNET" },
		{ "new-pid", "as process 1 of a new pid namespace: CLONE_NEWPID" },
		{ "new-time", "in a new time namespace: CLONE_NEWTIME" },
		{ "new-mount", "in a new mount namespace: CLONE_NEWNS" },
	};

	for (int i = 0; i < NAMESPACE_KINDS; i++)
		opt_flag(table, 0, words[i][0], &kinds[i], words[i][1]);
	mapping_options(table, &mapping);
	opt_flag(table, 0, "clear-sighand", &clear_signals,
		 "no signal is ignored in it: CLONE_CLEAR_SIGHAND");
	opt_flag(table, 0, "detach", &detach, "end once the command runs, which goes on");
	opt_string(table, 0, "exit-signal", "SIGNAL", &exit_signal,
		   "what tells of its end, or 0: nothing");
	opt_flag(table, 0, "init", &init, "run it below a process 1 that reaps and forwards");
	opt_string(table, 0, "into-cgroup", "DIR", &cgroup,
		   "in the cgroup DIR from its beginning: CLONE_INTO_CGROUP");
	opt_flag(table, 'j', "json", &json, "print its number and namespaces as a JSON line");
	opt_list(table, 0, "keep-fd", "N", &kept, "the command gets descriptor N, too");
	opt_duration(table, 0, "kill-after", &kill_after,
		     "kill it DURATION after INT, QUIT or TERM has come")
		->low = 1;
	opt_string(table, 0, "kill-child", "SIGNAL", &death,
		   "it gets SIGNAL, or KILL, when clone-exec ends")
		->otherwise = "KILL";
	opt_flag(table, 0, "new-session", &new_session, "run it in a session of its own");
	opt_fd(table, 0, "pid-fd", &pid_fd, "what is printed goes to FD");
	opt_integer(table, 0, "pidfd", "N", 0, INT32_MAX, &self,
		    "its descriptor N is a pidfd of itself");
	opt_flag(table, 0, "print-pid", &print_pid, "print the number of its process");
	opt_string(table, 0, "set-tid", "PID", &numbers,
		   "its number, and, after commas, those in the pid namespaces around it");
}

/* ---- what was typed, read ---- */

static int
read_exit_signal(struct clone_order *order)
{
	int status;

	order->has_exit_signal = exit_signal != NULL;
	if (!exit_signal || !strcmp(exit_signal, "0"))
		return 0;
	status = signalling_find("--exit-signal", exit_signal, &order->exit_signal);
	/* Nobody takes these for anything but what they are. */
	if (!status
	    && (signal_is_sovereign(order->exit_signal) || signal_is_own_fault(order->exit_signal)))
		return misuse("--exit-signal: '%s' would end clone-exec itself", exit_signal);
	return status;
}

static int
read_numbers(struct clone_order *order)
{
	static pid_t pids[CLONE_PIDS_MAX];
	const char *text = numbers;

	order->pids = pids;
	while (text) {
		size_t length = strcspn(text, ",");
		char word[16];
		int64_t number;

		if (order->pid_count == CLONE_PIDS_MAX)
			return misuse("--set-tid: these are more than %d numbers", CLONE_PIDS_MAX);
		snprintf(word, sizeof(word), "%.*s", (int)(length < 15 ? length : 15), text);
		if (num_integer(word, 1, PID_LARGEST, &number) < 0)
			return misuse("--set-tid: '%s' is no number of a process", word);
		pids[order->pid_count++] = (pid_t)number;
		text = text[length] ? text + length + 1 : NULL;
	}
	return 0;
}

static int
check(void)
{
	if (detach && (death || kill_after))
		return misuse("--detach goes without --kill-child and --kill-after");
	if (json && print_pid)
		return misuse("--json goes without --print-pid");
	return handing_check(&kept);
}

/* ---- what is told ---- */

/* The numbers of its namespaces, as far as there is a /proc that knows. */
static void
add_namespaces(struct buffer *line, pid_t pid)
{
	for (int i = 0; i < NAMESPACE_KINDS && pid_proc_is_ours(); i++) {
		int fd = namespace_open(pid, &namespace_kinds[i], false);
		struct stat file;
		char key[16];

		snprintf(key, sizeof(key), "%s_ns", namespace_kinds[i].name);
		if (fd >= 0 && fstat(fd, &file) == 0)
			json_count(line, key, file.st_ino);
		file_close(fd);
	}
}

static void
add_json(struct buffer *line, pid_t pid)
{
	uint64_t inode;

	json_begin(line);
	json_word(line, "event", "exec");
	json_number(line, "pid", pid);
	if (pidfd_identity(pid, &inode) == 0)
		json_count(line, "pid_inode", inode);
	add_namespaces(line, pid);
	json_end(line);
}

/* Enclosing's runs. */
static int
tell(pid_t pid)
{
	struct record record;
	struct buffer *line;
	int to = pid_fd < 0 ? STDOUT_FILENO : pid_fd, result;

	if (enclosing.order.left_cgroup)
		note("it has joined the cgroup itself, before the command: it did not begin there");
	if (!print_pid && !json && pid_fd < 0)
		return 0;
	record_open(&record, to, 0);
	line = record_begin(&record);
	if (json)
		add_json(line, pid);
	else
		buffer_print(line, "%d", (int)pid);
	buffer_byte(line, '\n');
	record_end(&record);
	result = record_flush(&record, true);
	record_done(&record);
	if (result < 0)
		return fail(NULL, "cannot print the number of the command, which is killed");
	if (pid_fd >= 0)
		close(pid_fd);
	return 0;
}

/* ---- */

static int
clone_exec_run(int count, char **operands)
{
	struct unsharing *inside = &enclosing.inside;
	struct clone_order *order = &enclosing.order;
	int status = check();

	for (int i = 0; i < NAMESPACE_KINDS; i++)
		if (kinds[i])
			inside->flags |= namespace_kinds[i].flag;
	if (mapping_is_wanted(&mapping))
		inside->flags |= namespace_user;
	if (init)
		inside->flags |= namespace_pid;
	inside->new_session = new_session;
	inside->kept = kept;
	enclosing.command = handing_command(count, operands);
	enclosing.mapping = &mapping;
	enclosing.init = init;
	enclosing.kill_after = kill_after == NUM_FOREVER ? 0 : kill_after;
	enclosing.has_self = self >= 0;
	enclosing.self = (int)self;
	enclosing.runs = tell;
	enclosing.detaches = detach;
	order->flags = inside->flags;
	order->clears_signals = clear_signals;
	if (!status)
		status = read_exit_signal(order);
	if (!status)
		status = read_numbers(order);
	if (!status && death)
		status = signalling_find("--kill-child", death, &enclosing.death_signal);
	if (!status)
		status = mapping_make(&mapping);
	if (!status)
		status = unsharing_open_cgroup(cgroup, &inside->cgroup);
	return status ? status : enclosing_run(&enclosing);
}

const struct applet applet_clone_exec = {
	.name = "clone-exec",
	.summary = "run a command in a process as clone3(2) makes it",
	.operands = "[COMMAND [ARG ...]]",
	.min = 0,
	.max = APPLET_ANY,
	.wrapper = true,
	.failure = EXEC_FAILED,
	.options = options,
	.run = clone_exec_run,
};

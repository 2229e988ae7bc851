/* SPDX-License-Identifier: MIT */
/*
 * clockstep FILE COMMAND [ARG...]: runs COMMAND, for which the wall clock shows an hour more as
 * long as FILE exists: to make FILE or to remove it is to step the clock, for this process alone.
 * The monotonic clock goes on as it does.
 *
 * The kernel's functions in user space (vdso(7)), which would show the time without a system call,
 * are hidden from COMMAND, and what the calls answer is changed.
 */
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600, WORD = sizeof(long), CALL = SIGTRAP | 0x80 };

static const char *file;

static long
get(pid_t pid, unsigned long at)
{
	errno = 0;
	return ptrace(PTRACE_PEEKDATA, pid, at, 0);
}

static void
put(pid_t pid, unsigned long at, long word)
{
	if (ptrace(PTRACE_POKEDATA, pid, at, word) < 0)
		err(125, "cannot write to the command");
}

/* What a new program finds on its stack: argc, argv, environ, and pairs of words, see getauxval(3). */
static void
hide_vdso(pid_t pid)
{
	struct __ptrace_syscall_info state;
	unsigned long at;
	long type;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(state), &state) < 0)
		err(125, "cannot look at the command");
	at = state.stack_pointer;
	at += (unsigned long)(get(pid, at) + 2) * WORD;
	while (get(pid, at))
		at += WORD;
	for (at += WORD; (type = get(pid, at)) != AT_NULL; at += 2UL * WORD)
		if (type == AT_SYSINFO_EHDR)
			put(pid, at, AT_IGNORE);
}

/* The command is at the begin or at the end of a system call. */
static void
step_clock(pid_t pid)
{
	static unsigned long answer; /* where the call that is made puts the wall clock's time */
	struct __ptrace_syscall_info state;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(state), &state) < 0)
		return;
	if (state.op == PTRACE_SYSCALL_INFO_ENTRY) {
		answer = 0;
		if (state.entry.nr == SYS_clock_gettime && state.entry.args[0] == CLOCK_REALTIME)
			answer = state.entry.args[1];
		if (state.entry.nr == SYS_gettimeofday)
			answer = state.entry.args[0];
	} else if (answer && access(file, F_OK) == 0) {
		put(pid, answer, get(pid, answer) + HOUR);
	}
}

/* What the command, stopped by SIGNAL, is to receive. */
static int
pass(pid_t pid, int signal, int event)
{
	if (signal == CALL)
		step_clock(pid);
	else if (event == PTRACE_EVENT_EXEC)
		hide_vdso(pid);
	else
		return signal;
	return 0;
}

int
main(int argc, char **argv)
{
	int status, signal = 0;
	pid_t pid;

	if (argc < 3)
		errx(125, "usage: clockstep FILE COMMAND [ARG...]");
	file = argv[1];
	pid = fork();
	if (pid < 0)
		err(125, "cannot fork");
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME) < 0)
			err(125, "cannot be traced");
		raise(SIGSTOP);
		execvp(argv[2], argv + 2);
		err(127, "cannot run '%s'", argv[2]);
	}
	if (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)
	    && ptrace(PTRACE_SETOPTIONS, pid, 0,
		      PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)
		       < 0)
		err(125, "cannot trace the command");
	while (WIFSTOPPED(status)) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, signal) < 0 || waitpid(pid, &status, 0) != pid)
			err(125, "lost the command");
		signal = WIFSTOPPED(status) ? pass(pid, WSTOPSIG(status), status >> 16) : 0;
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* SPDX-License-Identifier: MIT */
#include "policy/inject.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "kernel/pidfd.h"
#include "kernel/ptrace.h"
#include "kernel/seccomp.h"
#include "memory.h"
#include "process/child.h"

/* Waits until PID has become another program. 1: it has ended. */
static int
await_exec(pid_t pid)
{
	struct ptrace_stop stop;

	for (;;) {
		if (ptrace_await(pid, &stop) < 0)
			return -1;
		if (stop.reason == PTRACE_ENDED)
			return 1;
		if (stop.reason == PTRACE_STOPS_EXEC)
			return 0;
		/* It has been killed, or, where that is a filter's lie, ends with its tracer. */
		if (ptrace_go_on(&stop) < 0)
			return errno == ESRCH ? 1 : -1;
	}
}

/* Makes PID load PROGRAM, a copy of which it gets. *RESULT is seccomp(2)'s. */
static int
load(pid_t pid, const struct program *program, unsigned flags, int64_t *result)
{
	size_t size = program->count * sizeof(*program->code);
	struct sock_fprog header = { .len = (unsigned short)program->count };
	uint64_t address = ptrace_room(pid, sizeof(header) + size);
	const uint64_t arguments[6] = { SECCOMP_SET_MODE_FILTER, flags, address };
	char *bytes;
	int written;

	if (!address)
		return -1;
	header.filter = (struct sock_filter *)(uintptr_t)(address + sizeof(header));
	bytes = memory_get(sizeof(header) + size);
	memcpy(bytes, &header, sizeof(header));
	memcpy(bytes + sizeof(header), program->code, size);
	written = ptrace_put(pid, address, bytes, sizeof(header) + size);
	free(bytes);
	return written < 0 ? -1 : ptrace_inject(pid, seccomp_number(), arguments, result);
}

/* Answers the one call that LISTENER is asked about next: it may be made. */
static pid_t
start_porter(int listener)
{
	struct seccomp_notif *asked = seccomp_space();
	pid_t porter = child_start();

	if (porter)
		return porter;
	while (seccomp_receive(listener, asked) == 0)
		;
	seccomp_answer(listener, asked->id, 0);
	child_end(0);
}

/*
 * PID closes FD, its own name of LISTENER: as long as that is open nobody sees when there is no supervisor
 * any more. The filter is asked about that call already, and perhaps asks LISTENER.
 */
static int
close_descriptor(pid_t pid, int fd, int listener)
{
	const uint64_t arguments[6] = { (uint64_t)fd };
	pid_t porter = start_porter(listener);
	int64_t result;
	int done;

	if (porter < 0)
		return -1;
	done = ptrace_inject(pid, SYS_close, arguments, &result);
	kill(porter, SIGKILL);
	child_wait(porter);
	return done;
}

/* Takes descriptor FD of PID, which loses it. */
static int
take_descriptor(pid_t pid, int fd)
{
	int pidfd = pidfd_of(pid), taken = pidfd < 0 ? -1 : pidfd_take(pidfd, fd);

	file_close(pidfd);
	if (taken < 0 || close_descriptor(pid, fd, taken) == 0)
		return taken;
	close(taken);
	return -1;
}

int
inject_load(pid_t pid, enum inject_point point, const struct program *program, unsigned flags,
	    int *listener)
{
	uint64_t entry;
	int64_t result;
	int ended = await_exec(pid);

	if (ended)
		return ended;
	/* The first instruction in any case: at a stop inside execve(2) nothing else can be done yet. */
	entry = point == INJECT_ENTRY ? ptrace_entry(pid) : 0;
	if (ptrace_run_to(pid, entry) < 0 || load(pid, program, flags, &result) < 0)
		return errno == ESRCH ? 1 : -1;
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	if (!(flags & SECCOMP_FILTER_FLAG_NEW_LISTENER))
		return 0;
	*listener = take_descriptor(pid, (int)result);
	return *listener < 0 ? -1 : 0;
}

void
inject_end(pid_t pid, int status)
{
	const uint64_t arguments[6] = { (uint64_t)status };
	int64_t result;

	/* Into what no filter can be loaded no end can be put either. */
	if (ptrace_inject(pid, SYS_exit_group, arguments, &result) == 0 || errno != ESRCH)
		kill(pid, SIGKILL);
}

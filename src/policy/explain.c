/* SPDX-License-Identifier: MIT */
#include "policy/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "file.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "kernel/proc.h"
#include "kernel/seccomp.h"
#include "kernel/timerfd.h"
#include "policy/decode.h"
#include "process/aside.h"
#include "process/child.h"

enum {
	ROOM = 4096, /* for what the kernel tells of a call, and for /proc/PID/status */
	SLOTS = 64,  /* calls of which the lines are counted */
	LINES = 100, /* of one call in a second */
};

static const int64_t second = 1000000000;

/* What both supervisors know: the kernel writes into it. */
struct shared {
	union {
		struct seccomp_notif asked; /* id 0: nobody waits */
		char room[ROOM];
	};
	struct slot {
		enum arch arch;
		uint32_t number;
		unsigned lines;
		int64_t since;
		uint64_t more;
	} slots[SLOTS];
};

/* Who has made a call. */
struct caller {
	pid_t pid, thread;
	char program[16];
	bool has_sigsys; /* it blocks, ignores or catches SIGSYS */
};

/* The number in the line of STATUS that begins with KEY and a tab; BASE 10 or 16. */
static uint64_t
number_of(const char *status, const char *key, unsigned base)
{
	static const char digits[] = "0123456789abcdef";
	const char *line = strstr(status, key), *at, *digit;
	uint64_t number = 0;

	if (!line)
		return 0;
	for (at = line + strlen(key) + 1; (digit = memchr(digits, *at, base)); at++)
		number = number * base + (uint64_t)(digit - digits);
	return number;
}

static void
look_at_caller(pid_t thread, struct caller *caller)
{
	char path[32], status[ROOM];
	uint64_t signals;
	const char *end;
	ssize_t length;
	int fd;

	*caller = (struct caller){ .pid = thread, .thread = thread, .program = "?" };
	snprintf(path, sizeof(path), "%d/status", (int)thread);
	fd = proc_open(path, O_RDONLY);
	if (fd < 0)
		return;
	length = file_read(fd, status, sizeof(status) - 1);
	close(fd);
	if (length <= 0)
		return;
	status[length] = '\0';
	if (number_of(status, "\nTgid:", 10))
		caller->pid = (pid_t)number_of(status, "\nTgid:", 10);
	signals = number_of(status, "\nSigBlk:", 16) | number_of(status, "\nSigIgn:", 16)
		  | number_of(status, "\nSigCgt:", 16);
	caller->has_sigsys = signals >> (SIGSYS - 1) & 1;
	end = strchr(status, '\n');
	if (end && strncmp(status, "Name:\t", 6) == 0)
		snprintf(caller->program, sizeof(caller->program), "%.*s", (int)(end - status - 6),
			 status + 6);
}

/* What was not told of SLOT's call is. */
static void
tell_more(const struct explain *explain, struct slot *slot)
{
	struct buffer name = { 0 };

	if (!slot->more)
		return;
	decode_name(&name, slot->number, slot->arch);
	explain->tell_more(buffer_string(&name), slot->more, explain->context);
	buffer_done(&name);
	slot->more = 0;
}

/* Whether a line about the call NUMBER of ARCH is due: there are not too many. */
static bool
is_due(const struct explain *explain, struct shared *shared, enum arch arch, uint32_t number)
{
	struct slot *slot = &shared->slots[number % SLOTS];
	int64_t now = timerfd_now(CLOCK_MONOTONIC);

	if (slot->number != number || slot->arch != arch || now - slot->since >= second) {
		tell_more(explain, slot);
		*slot = (struct slot){ arch, number, 0, now, 0 };
	}
	if (slot->lines == LINES)
		slot->more++;
	else
		slot->lines++;
	return !slot->more;
}

/* What the policy says of DATA. */
static struct policy_action
decide(const struct explain *explain, const struct seccomp_data *data,
       struct explain_denial *denial)
{
	enum arch arch = arch_of_call(data->arch, (uint32_t)data->nr);
	uint64_t arguments[SYSCALL_ARGUMENTS];

	denial->arch = arch;
	denial->is_foreign = arch == ARCH_NONE || !(explain->arches >> arch & 1);
	if (denial->is_foreign)
		return denial->action;
	for (int i = 0; i < SYSCALL_ARGUMENTS; i++)
		arguments[i] = data->args[i];
	denial->action =
		policy_decide(explain->policy, arch, (uint32_t)data->nr, arguments, &denial->rule);
	denial->is_newer =
		!denial->rule && (uint32_t)data->nr >= policy_newer(explain->policy, arch);
	return denial->action;
}

static void
tell(const struct explain *explain, const struct seccomp_notif *asked, const struct caller *caller,
     struct explain_denial *denial)
{
	struct buffer call = { 0 }, name = { 0 };

	decode_call(&call, caller->thread, &asked->data);
	decode_name(&name, (uint32_t)asked->data.nr, denial->arch);
	/* Else what was read may have been another process's. */
	if (seccomp_waits(explain->listener, asked->id)) {
		denial->pid = caller->pid;
		denial->thread = caller->thread;
		denial->program = caller->program;
		denial->call = buffer_string(&call);
		denial->name = buffer_string(&name);
		explain->tell(denial, explain->context);
	}
	buffer_done(&call);
	buffer_done(&name);
}

/*
 * Ends who has made the call: as the kernel would, by SIGSYS, and where that is not sure to end it, by
 * SIGKILL. Process 1 of a pid namespace can be killed only from outside: there the call fails.
 */
static void
end_caller(const struct caller *caller, struct policy_action action)
{
	if (action.kind == POLICY_TRAP)
		syscall(SYS_tgkill, caller->pid, caller->thread, SIGSYS);
	else
		kill(caller->pid, caller->has_sigsys ? SIGKILL : SIGSYS);
}

/* Does what the policy says of the call that waits. */
static void
serve_one(const struct explain *explain, struct shared *shared)
{
	const struct seccomp_notif *asked = &shared->asked;
	struct explain_denial denial = { .action = { POLICY_KILL, 0 } };
	struct policy_action action = decide(explain, &asked->data, &denial);
	struct caller caller;

	look_at_caller((pid_t)asked->pid, &caller);
	if (is_due(explain, shared, denial.arch, (uint32_t)asked->data.nr))
		tell(explain, asked, &caller, &denial);
	if (action.kind >= POLICY_TRAP && seccomp_waits(explain->listener, asked->id))
		end_caller(&caller, action);
	seccomp_answer(explain->listener, asked->id,
		       action.kind == POLICY_ERRNO ? action.data : ENOSYS);
	shared->asked.id = 0;
}

/* Waits until FD has something to say, or the process OTHER ends, which is 1. */
static int
wait_for(int fd, short events, int other, short *happened)
{
	struct pollfd both[] = { { .fd = fd, .events = events },
				 { .fd = other, .events = POLLIN } };
	int result;

	do
		result = poll(both, 2, -1);
	while (result < 0 && errno == EINTR);
	*happened = both[0].revents;
	return result < 0 ? -1 : both[1].revents != 0;
}

/* Serves until nobody is left, 0, or SECOND has ended, 1. */
static int
serve(const struct explain *explain, struct shared *shared, int second_one)
{
	short happened;

	/* What another one has taken, and not answered. */
	if (shared->asked.id)
		serve_one(explain, shared);
	for (;;) {
		int ended = wait_for(explain->listener, POLLIN, second_one, &happened);
		int result;

		if (ended < 0 || happened & (POLLERR | POLLNVAL))
			return -1;
		if (happened & POLLIN) {
			result = seccomp_receive(explain->listener, &shared->asked);
			if (result < 0)
				return -1;
			if (result)
				serve_one(explain, shared);
		} else if (happened & POLLHUP) {
			for (size_t i = 0; i < SLOTS; i++)
				tell_more(explain, &shared->slots[i]);
			return 0;
		}
		if (ended)
			return 1;
	}
}

/* Waits until nobody is left, and ends; or until FIRST has ended. */
static void
stand_by(const struct explain *explain, pid_t first)
{
	int pidfd = pidfd_of(first);
	short happened = 0;

	if (pidfd >= 0 && wait_for(explain->listener, 0, pidfd, &happened) == 0)
		child_end(0);
	file_close(pidfd);
	if (happened & POLLHUP)
		child_end(0);
}

int
explain_serve(const struct explain *explain)
{
	struct shared *shared = aside_share(sizeof(*shared));
	int result = 1;

	if (!shared)
		return -1;
	while (result > 0) {
		pid_t self = pid_self(), second_one = fork();
		int pidfd;

		if (!second_one) {
			stand_by(explain, self);
			continue;
		}
		pidfd = second_one < 0 ? -1 : pidfd_of(second_one);
		result = serve(explain, shared, pidfd);
		file_close(pidfd);
		if (second_one > 0 && result > 0)
			child_wait(second_one);
	}
	return result;
}

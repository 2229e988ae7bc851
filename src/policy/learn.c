/* SPDX-License-Identifier: MIT */
#include "policy/learn.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/escape.h"
#include "file.h"
#include "kernel/proc.h"
#include "kernel/ptrace.h"
#include "memory.h"

/* Nobody sees a program make these, and it may need them next time. */
static const char always[][18] = {
	"exit",          "exit_group",      "rt_sigreturn", "restart_syscall", "clock_getres",
	"clock_gettime", "clock_nanosleep", "getcpu",       "gettimeofday",    "nanosleep",
	"time",
};

void
learn_watch(struct policy *policy)
{
	policy->has_otherwise = policy->has_newer = true;
	policy->otherwise = policy->newer = (struct policy_action){ POLICY_TRACE, 0 };
}

static int
compare(const struct learned *one, enum arch arch, uint32_t audit, uint32_t number)
{
	if (one->arch != arch)
		return one->arch < arch ? -1 : 1;
	if (one->audit != audit)
		return one->audit < audit ? -1 : 1;
	return one->number < number ? -1 : one->number > number;
}

/* Where the call is among those that were learned, or has to be. */
static size_t
place_of(const struct learn *learn, enum arch arch, uint32_t audit, uint32_t number)
{
	size_t low = 0, high = learn->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&learn->learned[middle], arch, audit, number) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
name_program(pid_t pid, char program[16])
{
	char path[32];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%d/comm", (int)pid);
	fd = proc_open(path, O_RDONLY);
	length = fd < 0 ? -1 : file_read(fd, program, 15);
	file_close(fd);
	program[length > 0 ? strcspn(program, "\n") : 0] = '\0';
}

static void
add(struct learn *learn, pid_t pid, const struct ptrace_call *call)
{
	uint32_t number = (uint32_t)call->number;
	enum arch arch = arch_of_call(call->audit, number);
	size_t at = place_of(learn, arch, call->audit, number);
	struct learned *learned;

	if (at == learn->count || compare(&learn->learned[at], arch, call->audit, number)) {
		if (learn->count == learn->room) {
			learn->room = learn->room ? learn->room * 2 : 64;
			learn->learned =
				memory_resize(learn->learned, learn->room, sizeof(*learned));
		}
		learned = &learn->learned[at];
		memmove(learned + 1, learned, (learn->count++ - at) * sizeof(*learned));
		*learned = (struct learned){ .arch = arch, .audit = call->audit, .number = number };
		name_program(pid, learned->program);
	}
	learn->learned[at].count++;
}

static bool
is_known(const struct learn *learn, const struct ptrace_call *call)
{
	const struct policy_rule *rule;
	enum arch arch = arch_of_call(call->audit, (uint32_t)call->number);

	return learn->known && arch != ARCH_NONE
	       && policy_decide(learn->known, arch, (uint32_t)call->number, call->arguments, &rule)
				  .kind
			  <= POLICY_LOG;
}

static int
take_call(struct learn *learn, pid_t pid)
{
	struct ptrace_call call;

	if (ptrace_call(pid, &call) < 0)
		return errno == ESRCH ? 0 : -1; /* it has been killed meanwhile */
	learn->calls++;
	if (!is_known(learn, &call))
		add(learn, pid, &call);
	return 0;
}

int
learn_follow(struct learn *learn, pid_t pid)
{
	uint64_t known = UINT64_MAX; /* of so many calls has been told already */
	struct ptrace_stop stop;

	learn->processes = 1;
	while (ptrace_await(-1, &stop) == 0) {
		if (stop.reason == PTRACE_STOPS_SECCOMP && take_call(learn, stop.pid) < 0)
			return -1;
		if (stop.reason == PTRACE_STOPS_EXEC)
			learn->ran = true;
		if (stop.reason == PTRACE_STOPS_CHILD)
			learn->processes++;
		/* Whoever waits for the command finds what it has learned. */
		if (stop.pid == pid && stop.reason == PTRACE_STOPS_EXIT) {
			learn->wants(learn, learn->context);
			known = learn->calls;
		}
		if (ptrace_go_on(&stop) < 0 && errno != ESRCH)
			return -1;
	}
	/* What the command has left behind may have gone on; if not, what was written may be gone by now. */
	if (learn->calls != known)
		learn->wants(learn, learn->context);
	return 0;
}

static bool
is_always(int call)
{
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
		if (strcmp(always[i], syscalls_name(call)) == 0)
			return true;
	return false;
}

/* What a learned call is called, SYSCALL_NONE: it has no name. */
static int
call_of(const struct learned *learned)
{
	return learned->arch == ARCH_NONE ? SYSCALL_NONE
					  : syscalls_at(learned->number, learned->arch);
}

/* Whether CALL was learned: by any of its numbers. */
static const struct learned *
find(const struct learn *learn, int call)
{
	for (size_t i = 0; i < learn->count; i++)
		if (call_of(&learn->learned[i]) == call)
			return &learn->learned[i];
	return NULL;
}

static void
allow(struct policy *policy, int call, uint32_t number)
{
	policy_add(policy, &(struct policy_rule){ .call = call,
						  .first = number,
						  .last = number,
						  .action = { POLICY_ALLOW, 0 },
						  .place = { .file = "--learn" } });
}

void
learn_add(const struct learn *learn, struct policy *policy)
{
	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++) {
		int call = syscalls_find(always[i], strlen(always[i]));

		if (call != SYSCALL_NONE)
			allow(policy, call, 0);
	}
	for (int call = 0; call < syscalls_count(); call++)
		if (!is_always(call) && find(learn, call))
			allow(policy, call, 0);
	for (size_t i = 0; i < learn->count; i++)
		if (learn->learned[i].arch != ARCH_NONE
		    && call_of(&learn->learned[i]) == SYSCALL_NONE)
			allow(policy, SYSCALL_NONE, learn->learned[i].number);
}

static void
print_learned(struct buffer *buffer, const struct learned *learned)
{
	buffer_print(buffer, " # %" PRIu64 ", first by ", learned->count);
	escape_text(buffer, learned->program, strlen(learned->program), ESCAPE_ALL);
	buffer_byte(buffer, '\n');
}

void
learn_print(const struct learn *learn, struct buffer *buffer)
{
	if (!learn->known) {
		buffer_text(buffer, "@default: return EPERM\n\n# what any program may need\n");
		for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++)
			buffer_print(buffer, "%s: 1\n", always[i]);
	}
	buffer_print(buffer,
		     "\n# what was seen, and how often: %" PRIu64 " calls of %" PRIu64
		     " processes\n",
		     learn->calls, learn->processes);
	for (int call = 0; call < syscalls_count(); call++) {
		const struct learned *learned = find(learn, call);

		if (!learned || (!learn->known && is_always(call)))
			continue;
		buffer_print(buffer, "%s: 1", syscalls_name(call));
		print_learned(buffer, learned);
	}
	for (size_t i = 0; i < learn->count; i++)
		if (learn->learned[i].arch != ARCH_NONE
		    && call_of(&learn->learned[i]) == SYSCALL_NONE) {
			buffer_print(buffer, "%" PRIu32 ": 1", learn->learned[i].number);
			print_learned(buffer, &learn->learned[i]);
		}
}

void
learn_close(struct learn *learn)
{
	free(learn->learned);
	learn->learned = NULL;
	learn->count = learn->room = 0;
}

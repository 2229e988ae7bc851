/* SPDX-License-Identifier: MIT */
#include "attending.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/json.h"
#include "cli/num.h"
#include "cli/record.h"
#include "cli/say.h"
#include "file.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "kernel/ptrace.h"
#include "kernel/seccomp.h"
#include "policy/constants.h"
#include "policy/explain.h"
#include "policy/inject.h"
#include "policy/learn.h"
#include "policy/ociwriter.h"
#include "process/aside.h"
#include "process/child.h"
#include "process/exec.h"

enum { RECORD_MOST = 4096, PATIENCE = 5 };

/* Between the two, without a system call: the filter may deny any. */
struct attend_shared {
	atomic_int is_ready; /* 1; or -errno: nobody attends */
	atomic_int listener; /* the command's number of it; 0: not yet */
	atomic_int is_taken;
};

static const struct hint ptrace_hints[] = {
	{ EPERM,
	  "it is traced already, by strace or a debugger, or kernel.yama.ptrace_scope forbids it",
	  0 },
	{ ENOSYS, "a filter outside forbids ptrace", 0 },
	{ 0, NULL, 0 },
};

static const struct hint inject_hints[] = {
	{ EOPNOTSUPP, "it is a program of 32 bits: leave --at and --strict out", 0 },
	{ EFAULT, "there is no room on its stack", 0 },
	{ EBUSY, "another filter has a supervisor already: leave --explain out", 0 },
	{ ENOMEM, "there are too many filters already", 0 },
	{ EACCES, "no_new_privs could not be promised", 0 },
	{ EINVAL, "this kernel does not know a flag or an action of the policy", 0 },
	{ 0, NULL, 0 },
};

bool
attending_is_wanted(const struct attending *attending)
{
	return attending->explains || attending->learns || attending->point != ATTEND_START;
}

/* ---- telling what is denied ---- */

static void
add_action(struct buffer *line, struct policy_action action)
{
	const char *name = constants_errno_name(action.data);

	switch (action.kind) {
	case POLICY_ERRNO:
		if (name)
			buffer_text(line, name);
		else
			buffer_print(line, "errno %u", (unsigned)action.data);
		break;
	case POLICY_TRAP:
		buffer_text(line, "SIGSYS");
		break;
	default:
		buffer_text(line, "its end");
	}
}

static void
add_rule(struct buffer *line, const struct explain_denial *denial)
{
	const struct place *place = denial->rule ? &denial->rule->place : NULL;

	if (denial->is_foreign && denial->arch == ARCH_NONE) {
		buffer_text(line, "as a call of an architecture that is not known here");
		return;
	}
	if (denial->is_foreign) {
		const char *arch = arch_facts(denial->arch)->name;

		buffer_print(line, "as a call of %s (--arch %s lets those in)", arch, arch);
		return;
	}
	if (!place)
		buffer_print(line, "by %s",
			     denial->is_newer ? "being newer than the policy" : "the default");
	else if (place->path)
		buffer_print(line, "by %s: %s", place->file, place->path);
	else if (place->line)
		buffer_print(line, "by %s:%u", place->file, place->line);
	else
		buffer_print(line, "by %s", place->file);
	buffer_print(line, " (%s-a %s lets it pass)", place ? "first of all, " : "", denial->name);
}

/* The same for a program that reads it. */
static void
record_denial(const struct attending *attending, const struct explain_denial *denial)
{
	struct record record;
	struct buffer *line, action = { 0 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	add_action(&action, denial->action);
	record_open(&record, attending->status_fd, RECORD_MOST);
	line = record_begin(&record);
	json_begin(line);
	json_word(line, "event", "blocked");
	json_seconds(line, "time", now.tv_sec * NUM_SECOND + now.tv_nsec);
	json_number(line, "pid", denial->pid);
	json_number(line, "thread", denial->thread);
	json_bytes(line, "comm", denial->program, strlen(denial->program));
	json_word(line, "name", denial->name);
	json_bytes(line, "call", denial->call, strlen(denial->call));
	json_word(line, "action",
		  denial->action.kind == POLICY_ERRNO  ? buffer_string(&action)
		  : denial->action.kind == POLICY_TRAP ? "trap"
						       : "kill");
	if (denial->is_foreign && denial->arch != ARCH_NONE)
		json_word(line, "arch", arch_facts(denial->arch)->name);
	if (denial->rule) {
		const struct place *place = &denial->rule->place;

		json_bytes(line, "file", place->file, strlen(place->file));
		if (place->line)
			json_number(line, "line", place->line);
		if (place->path)
			json_bytes(line, "path", place->path, strlen(place->path));
	}
	json_end(line);
	buffer_byte(line, '\n');
	record_end(&record);
	record_flush(&record, true); /* whoever reads it may have gone */
	record_done(&record);
	buffer_done(&action);
}

static void
tell(const struct explain_denial *denial, void *context)
{
	const struct attending *attending = context;
	struct buffer line = { 0 };

	buffer_print(&line, "denied %s to %s, process %d, thread %d: ", denial->call,
		     denial->program, (int)denial->pid, (int)denial->thread);
	add_action(&line, denial->action);
	buffer_text(&line, ", ");
	add_rule(&line, denial);
	note("%s", buffer_string(&line));
	buffer_done(&line);
	if (attending->status_fd >= 0)
		record_denial(attending, denial);
}

static void
tell_more(const char *name, uint64_t count, void *context)
{
	(void)context;
	note("denied %" PRIu64 " more calls of %s, at a time of too many to be told", count, name);
}

static _Noreturn void
explain(const struct attending *attending, int listener)
{
	struct explain explain = { .policy = attending->policy,
				   .arches = attending->arches,
				   .listener = listener,
				   .tell = tell,
				   .tell_more = tell_more,
				   .context = (void *)(uintptr_t)attending };

	if (explain_serve(&explain) < 0)
		fail(NULL, "cannot be told any more what is denied");
	child_end(0);
}

/* ---- writing what is learned ---- */

static const char note_learned[] = "# Learned by butter seccomp-exec.\n";

/* As JSON: what was known, and what was learned. */
static void
write_json(const struct attending *attending, const struct learn *learn, struct buffer *text)
{
	const struct policy *known = attending->known;
	struct policy policy = { .has_otherwise = true, .otherwise = { POLICY_ERRNO, EPERM } };
	struct problems problems = { 0 };

	if (known) {
		policy.otherwise = known->otherwise;
		for (size_t i = 0; i < known->count; i++)
			policy_add(&policy, &known->rules[i]);
	}
	learn_add(learn, &policy);
	policy_finish(&policy, &problems);
	if (!ociwriter_print(text, &policy, attending->arches, &problems))
		text->length = 0;
	for (size_t i = 0; i < problems.count; i++)
		if (!problems.all[i].is_warning)
			failx("%s", problems.all[i].text);
	problems_close(&problems);
	policy_close(&policy);
}

static void
write_text(const struct attending *attending, const struct learn *learn, struct buffer *text)
{
	if (attending->text)
		buffer_add(text, attending->text, attending->length);
	else
		buffer_text(text, note_learned);
	if (attending->known && text->length && text->data[text->length - 1] != '\n')
		buffer_byte(text, '\n');
	learn_print(learn, text);
}

/* Gives FILE the bytes of TEXT at once: whoever reads it finds all of them, or what was there before. */
static int
replace(const char *file, const struct buffer *text)
{
	struct buffer name = { 0 };
	size_t done = 0;
	int fd, result = -1;

	buffer_print(&name, "%s.butter-%d", file, (int)pid_self());
	fd = open(buffer_string(&name), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0) {
		buffer_done(&name);
		return -1;
	}
	while (done < text->length) {
		ssize_t size = write(fd, text->data + done, text->length - done);

		if (size < 0 && errno != EINTR)
			break;
		done += size > 0 ? (size_t)size : 0;
	}
	if (close(fd) == 0 && done == text->length)
		result = rename(name.data, file);
	if (result < 0) {
		int error = errno;

		unlink(name.data);
		errno = error;
	}
	buffer_done(&name);
	return result;
}

static void
write_learned(struct learn *learn, void *context)
{
	const struct attending *attending = context;
	struct buffer text = { 0 };

	if (!learn->ran)
		return;
	if (attending->is_json)
		write_json(attending, learn, &text);
	else
		write_text(attending, learn, &text);
	if (text.length && replace(attending->learns, &text) < 0)
		fail(NULL, "cannot write '%s', what was learned", attending->learns);
	buffer_done(&text);
}

static _Noreturn void
learn(const struct attending *attending, pid_t pid)
{
	struct learn learn = { .known = attending->known,
			       .wants = write_learned,
			       .context = (void *)(uintptr_t)attending };

	if (learn_follow(&learn, pid) < 0)
		fail(NULL, "cannot learn any more what the command does");
	learn_close(&learn);
	child_end(0);
}

/* ---- the process aside ---- */

static void
wait_a_moment(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
}

/* Takes the listener from the command, which waits for it. -1: it has ended before, or errno. */
static int
take_listener(const struct attending *attending, pid_t pid)
{
	int pidfd = pidfd_of(pid), listener;

	errno = 0;
	while (!attending->shared->listener) {
		if (pidfd < 0 || pidfd_has_ended(pidfd))
			child_end(0);
		wait_a_moment();
	}
	listener = pidfd_take(pidfd, attending->shared->listener);
	file_close(pidfd);
	if (listener < 0)
		fail(ptrace_hints, "cannot take part in what is denied");
	attending->shared->is_taken = listener < 0 ? -1 : 1;
	return listener;
}

/* Of seccomp(2), which returns a listener, and with TSYNC a thread that could not follow: not both. */
static unsigned
flags_of(const struct attending *attending)
{
	unsigned flags = attending->flags;

	if (!attending->explains)
		return flags;
	if (flags & SECCOMP_FILTER_FLAG_TSYNC)
		flags |= SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	return flags | SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

/* Loads the filter when the command has come so far. Returns when it goes on. */
static void
load_late(const struct attending *attending, pid_t pid, int *listener)
{
	enum inject_point point = attending->point == ATTEND_EXEC ? INJECT_EXEC : INJECT_ENTRY;
	int result = inject_load(pid, point, attending->program, flags_of(attending), listener);

	if (result < 0) {
		fail(inject_hints, "cannot load the filter of %zu instructions into the command",
		     attending->program->count);
		inject_end(pid, EXEC_FAILED);
	}
	/* Without the filter nobody is let go of: if anything of it is left, it ends with its tracer. */
	if (result)
		child_end(0);
	if (attending->learns)
		result = ptrace_go_on(
			&(struct ptrace_stop){ .pid = pid, .reason = PTRACE_STOPS_BEGIN });
	else
		result = ptrace_release(pid);
	if (result < 0)
		child_end(0);
}

static _Noreturn void
attend(const struct attending *attending, pid_t pid)
{
	bool is_traced = attending->learns || attending->point != ATTEND_START;
	int listener = -1;

	if (is_traced && ptrace_seize(pid, attending->learns) < 0) {
		attending->shared->is_ready = -errno;
		child_end(1);
	}
	attending->shared->is_ready = 1;
	if (attending->point != ATTEND_START)
		load_late(attending, pid, &listener);
	else if (attending->explains)
		listener = take_listener(attending, pid);
	if (attending->learns)
		learn(attending, pid);
	if (listener >= 0)
		explain(attending, listener);
	child_end(0);
}

int
attending_start(struct attending *attending)
{
	pid_t self = pid_self(), aside;
	struct attend_shared *shared = aside_share(sizeof(*shared));
	int pidfd;

	if (!shared)
		return fail(NULL, "cannot share memory with a process aside");
	attending->shared = shared;
	aside = aside_start(&attending->status_fd, attending->status_fd > STDERR_FILENO);
	if (!aside)
		attend(attending, self);
	if (aside < 0)
		return fail(pid_start_hints, "cannot start a process aside");
	ptrace_welcome(aside);
	pidfd = pidfd_of(aside);
	while (!shared->is_ready && pidfd >= 0 && !pidfd_has_ended(pidfd))
		wait_a_moment();
	file_close(pidfd);
	if (shared->is_ready == 1)
		return 0;
	errno = shared->is_ready ? -shared->is_ready : ECHILD;
	return fail(ptrace_hints, "cannot trace the command");
}

/* Waits until it is taken, by looking alone. If nobody does, what is denied would wait for ever. */
static void
hand_over(struct attend_shared *shared, int listener, time_t end)
{
	shared->listener = listener;
	while (!shared->is_taken && time(NULL) <= end)
		;
	if (shared->is_taken != 1)
		__builtin_trap();
}

int
attending_load(struct attending *attending)
{
	time_t end = time(NULL) + PATIENCE;
	int result;

	if (attending->point != ATTEND_START)
		return 0;
	result = seccomp_load(attending->program->code, attending->program->count,
			      flags_of(attending));
	if (result < 0)
		return -1;
	if (attending->explains)
		hand_over(attending->shared, result, end);
	return 0;
}

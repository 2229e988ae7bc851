/* SPDX-License-Identifier: MIT */
#include "permit/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/num.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "permit/message.h"
#include "permit/responder.h"
#include "process/descriptors.h"

/* Tells the main process, if that is still there, however long it takes to read. */
static void
tell(int out, const struct message *message)
{
	struct pollfd ready = { .fd = out, .events = POLLOUT };
	struct buffer bytes = { 0 };

	message_put(&bytes, message);
	while (write(out, bytes.data, bytes.length) < 0 && (errno == EINTR || errno == EAGAIN))
		poll(&ready, 1, -1);
	buffer_done(&bytes);
}

/* How long to sleep between two looks: RESPONDER_BEATS of it are PATIENCE, nanoseconds. */
static struct timespec
interval_of(int64_t patience)
{
	int64_t interval = patience / RESPONDER_BEATS;

	return (struct timespec){ interval / NUM_SECOND, interval % NUM_SECOND };
}

/*
 * Watches over the responder: true when it is silent, false when it has ended. Silence is counted in sleeps
 * of our own, so that the time in which both were stopped, or the whole machine, is none.
 */
static bool
watch_over(pid_t pid, int pidfd, int64_t patience, atomic_ulong *beats)
{
	struct timespec interval = interval_of(patience);
	unsigned long seen = atomic_load(beats), now;

	for (int silent = 0; silent <= RESPONDER_BEATS;) {
		struct pollfd fd = { .fd = pidfd, .events = POLLIN };
		siginfo_t info = { 0 };
		int ready = ppoll(&fd, 1, &interval, NULL);

		if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid)
			return false;
		now = atomic_load(beats);
		if (now != seen)
			silent = 0;
		else if (!ready)
			silent++;
		seen = now;
	}
	return true;
}

/* In the new process. ENDS[0] hangs up when the guard, which has the other one, ends. */
static _Noreturn void
become_responder(const struct permit *permit, int out, int asker, const int ends[2],
		 atomic_ulong *beats)
{
	struct responder_ends responder = { .out = out, .asker = asker, .guard = ends[0] };

	setsid();
	close(ends[1]);
	_exit(responder_run(permit, responder, beats));
}

static int
fail_to_start(int out, int error)
{
	tell(out,
	     &(struct message){ .kind = MESSAGE_FAILED, .what = PERMIT_PROCESS, .error = error });
	return 1;
}

int
guard_run(const struct permit *permit, int out, int asker)
{
	atomic_ulong *beats = mmap(NULL, sizeof(*beats), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ends[2], pidfd, status = 0;
	struct message ended = { .kind = MESSAGE_ENDED, .what = PERMIT_KILLED };
	pid_t pid;

	if (beats == MAP_FAILED || pipe2(ends, O_CLOEXEC) < 0)
		return fail_to_start(out, errno);
	pid = fork();
	if (pid < 0)
		return fail_to_start(out, errno);
	if (pid == 0)
		become_responder(permit, out, asker, ends, beats);
	close(ends[0]);
	/* No mount is kept busy by us; where that is not to be had, it is no reason not to guard. */
	if (chdir("/") < 0)
		status = 0;
	if (asker >= 0)
		close(asker);
	pidfd = pidfd_of(pid);
	if (watch_over(pid, pidfd, permit->ask_timeout, beats)) {
		/* Until it is waited for, its number is nobody else's. */
		if (pidfd < 0 || pidfd_signal(pidfd, SIGKILL) < 0)
			kill(pid, SIGKILL);
		ended.what = PERMIT_SILENT;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	/* One that exits has told by itself why. */
	if (ended.what == PERMIT_SILENT || WIFSIGNALED(status)) {
		ended.error = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
		tell(out, &ended);
	}
	return 0;
}

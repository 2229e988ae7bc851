/* SPDX-License-Identifier: MIT */
#include "mounts/evict.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "memory.h"

static int64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t
evict_deadline(int64_t nanoseconds)
{
	int64_t begin = now();

	return nanoseconds > INT64_MAX - begin ? INT64_MAX : begin + nanoseconds;
}

static bool
is_known(const struct evict *evict, pid_t pid)
{
	for (size_t i = 0; i < evict->count; i++)
		if (evict->processes[i].pid == pid && !evict->processes[i].ended)
			return true;
	return false;
}

/* Whether the process PID, or, where it is not -1, PIDFD, was there to get SIGNAL: 1, 0; -1 with errno. */
static int
send_to(const struct holders_place *place, pid_t pid, int pidfd, int signal)
{
	int holds = holders_check(place, pid);

	if (holds <= 0)
		return holds;
	return (pidfd < 0 ? kill(pid, signal) : pidfd_signal(pidfd, signal)) == 0;
}

/* How many descriptors are kept: others need some, too. */
enum { KEPT = 16 };

/* The same, and keeps it in mind. */
static int
evict_one(struct evict *evict, const struct holders_place *place, pid_t pid, int signal)
{
	int pidfd = pidfd_of(pid), sent, error;

	if (pidfd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return -1;
	if (pidfd < 0 && errno == ESRCH)
		return 0;
	sent = send_to(place, pid, pidfd, signal);
	if (sent <= 0) {
		error = errno;
		if (pidfd >= 0)
			close(pidfd);
		errno = error;
		return sent;
	}
	if (pidfd >= 0 && evict->count >= KEPT) {
		close(pidfd);
		pidfd = -1;
	}
	evict->processes =
		memory_resize(evict->processes, evict->count + 1, sizeof(*evict->processes));
	evict->processes[evict->count++] = (struct evicted){ .pid = pid, .pidfd = pidfd };
	return 1;
}

int
evict_signal(struct evict *evict, const struct holders_place *place, int signal, size_t *sent)
{
	struct holders holders;
	int result = 0;

	*sent = 0;
	if (holders_find(place, &holders) < 0)
		return -1;
	for (size_t i = 0; i < holders.count && result >= 0; i++) {
		pid_t pid = holders.processes[i].pid;

		if (pid == 1 || pid == pid_self() || is_known(evict, pid))
			continue;
		result = evict_one(evict, place, pid, signal);
		*sent += result > 0;
	}
	holders_done(&holders);
	return result < 0 ? -1 : 0;
}

/* Whether PROCESS ends until then. */
static bool
ends(const struct evicted *process, int milliseconds)
{
	bool is_kept = process->pidfd >= 0, has_ended;
	struct pollfd wanted = { .fd = is_kept ? process->pidfd : pidfd_of(process->pid),
				 .events = POLLIN };

	if (wanted.fd < 0) {
		if (errno == ESRCH)
			return true;
		poll(NULL, 0, milliseconds < 10 ? milliseconds : 10);
		return kill(process->pid, 0) < 0 && errno == ESRCH;
	}
	has_ended = poll(&wanted, 1, milliseconds) > 0;
	if (!is_kept)
		close(wanted.fd);
	return has_ended;
}

bool
evict_wait(struct evict *evict, int64_t deadline)
{
	int64_t end = evict_deadline(100000000);

	if (end > deadline)
		end = deadline;
	for (size_t i = 0; i < evict->count; i++)
		while (!evict->processes[i].ended) {
			int64_t rest = end - now();

			if (rest <= 0)
				return now() < deadline;
			evict->processes[i].ended =
				ends(&evict->processes[i], (int)(rest / 1000000) + 1);
		}
	return now() < deadline;
}

bool
evict_is_over(const struct evict *evict)
{
	for (size_t i = 0; i < evict->count; i++)
		if (!evict->processes[i].ended)
			return false;
	return true;
}

void
evict_done(struct evict *evict)
{
	for (size_t i = 0; i < evict->count; i++)
		if (evict->processes[i].pidfd >= 0)
			close(evict->processes[i].pidfd);
	free(evict->processes);
	*evict = (struct evict){ 0 };
}

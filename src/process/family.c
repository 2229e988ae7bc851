/* SPDX-License-Identifier: MIT */
#include "process/family.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/kin.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "kernel/timerfd.h"
#include "memory.h"
#include "process/descriptors.h"

enum { LOOK_AGAIN = 1 }; /* milliseconds until who has been told to stop is looked at again */

void
family_add(struct family *family, pid_t pid, int pidfd)
{
	if (family->count == family->room) {
		family->room = family->room ? 2 * family->room : 16;
		family->all = memory_resize(family->all, family->room, sizeof(*family->all));
	}
	family->all[family->count++] = (struct family_member){ .pid = pid, .pidfd = pidfd };
}

/* The process of that number that is there. One that was waited for has no number any more. */
static bool
has(const struct family *family, pid_t pid)
{
	for (size_t i = 0; i < family->count; i++)
		if (family->all[i].pid == pid && pidfd_is_there(family->all[i].pidfd))
			return true;
	return false;
}

static bool
is_child(pid_t pid, pid_t parent)
{
	uint64_t start;
	pid_t now;

	return pid_stat(pid, &now, &start) == 0 && now == parent;
}

static bool
is_member(pid_t pid, pid_t group)
{
	return getpgid(pid) == group;
}

/* Adds those of KIN that are there and, as IS says, still what they were to OTHER. */
static int
add_kin(struct family *family, const struct kin *kin, bool (*is)(pid_t pid, pid_t other),
	pid_t other)
{
	for (size_t i = 0; i < kin->count; i++) {
		pid_t pid = kin->pids[i];
		int pidfd;

		if (pid == pid_self() || has(family, pid))
			continue;
		pidfd = pidfd_of(pid);
		if (pidfd < 0 && errno != ESRCH)
			return -1;
		if (pidfd < 0)
			continue;
		if (is(pid, other))
			family_add(family, pid, pidfd);
		else
			close(pidfd);
	}
	return 0;
}

int
family_add_group(struct family *family, pid_t group)
{
	struct kin kin = { 0 };
	int result = kin_group(group, &kin);

	if (result == 0)
		result = add_kin(family, &kin, is_member, group);
	kin_done(&kin);
	return result;
}

static int
add_children(struct family *family, pid_t pid)
{
	struct kin kin = { 0 };
	int result = kin_children(pid, &kin);

	if (result < 0 && errno == ESRCH)
		result = 0;
	else if (result == 0)
		result = add_kin(family, &kin, is_child, pid);
	kin_done(&kin);
	return result;
}

/* MEMBER is to stop: 1 it has, before its children are looked at; 0 not yet; -1 errno. */
static int
stop(struct family_member *member)
{
	if (pidfd_has_ended(member->pidfd) || kin_is_still(member->pid))
		return 1;
	if (!member->stopped && pidfd_signal(member->pidfd, SIGSTOP) < 0) {
		member->denied = errno != ESRCH;
		return 1;
	}
	member->stopped = true;
	return 0;
}

/*
 * One time over all, stopping them with FREEZING. 1 all stood still, before they were asked for their
 * children, and there was none that was not known; 0; -1 errno.
 */
static int
go_over(struct family *family, bool freezing)
{
	int still = 1;

	for (size_t i = 0; i < family->count; i++) {
		struct family_member *member = &family->all[i];
		size_t known = family->count;
		int result = 1;

		if (member->spared)
			continue;
		/* (This process starts none meanwhile.) */
		if (freezing && member->pid != pid_self())
			result = stop(member);
		if (add_children(family, member->pid) < 0)
			return -1;
		if (!result || family->count > known)
			still = 0;
	}
	return still;
}

int
family_find(struct family *family)
{
	descriptors_raise_limit();
	return go_over(family, false) < 0 ? -1 : 0;
}

int
family_freeze(struct family *family, int64_t patience)
{
	int64_t end = timerfd_now(CLOCK_MONOTONIC) + patience;
	int result;

	descriptors_raise_limit();
	while ((result = go_over(family, true)) == 0 && timerfd_now(CLOCK_MONOTONIC) < end)
		poll(NULL, 0, LOOK_AGAIN);
	return result;
}

int
family_spare(struct family *family)
{
	size_t known = family->count;
	siginfo_t info;
	int result;

	/* Hardly any process has, and looking takes ten calls. */
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 && errno == ECHILD)
		return 0;
	result = add_children(family, pid_self());
	for (size_t i = known; i < family->count; i++)
		family->all[i].spared = true;
	return result;
}

void
family_thaw(struct family *family)
{
	for (size_t i = family->count; i-- > 0;) {
		if (family->all[i].stopped)
			pidfd_signal(family->all[i].pidfd, SIGCONT);
		family->all[i].stopped = false;
	}
}

void
family_forget(struct family *family)
{
	size_t kept = 0;

	for (size_t i = 0; i < family->count; i++) {
		if (family->all[i].spared)
			family->all[kept++] = family->all[i];
		else
			close(family->all[i].pidfd);
	}
	family->count = kept;
}

void
family_close(struct family *family)
{
	for (size_t i = 0; i < family->count; i++)
		close(family->all[i].pidfd);
	free(family->all);
	*family = (struct family){ 0 };
}

/* SPDX-License-Identifier: MIT */
#include "kernel/clone.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

/* struct clone_args as of Linux 5.7. */
struct clone_words {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

const struct hint clone_hints[] = {
	{ EACCES, "the cgroup's cgroup.procs has to be writable, and that of a folder above both",
	  0 },
	{ EAGAIN, "too many processes: see ulimit -u, and pids.max of the cgroup", 0 },
	{ EBUSY, "the cgroup has controllers for folders below it: take one of those", 0 },
	{ EEXIST, "there is a process of that number", 0 },
	{ EOPNOTSUPP, "the cgroup is threaded, or a folder of those", 0 },
	{ ENODEV, "the cgroup is gone", 0 },
	{ 0, NULL, 0 },
};

const struct hint clone_number_hints[] = {
	{ EPERM,
	  "needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the user namespace of each of these pid namespaces",
	  0 },
	{ EINVAL,
	  "a number is beyond sysctl kernel.pid_max, or process 1 of a new pid namespace shall not be 1, "
	  "or there are more numbers than nested pid namespaces",
	  0 },
	{ ENOSYS, "needs clone3(2) of Linux 5.5: it may be a seccomp profile that is in the way",
	  0 },
	{ 0, NULL, 0 },
};

static pid_t
start_anew(const struct clone_order *order)
{
	struct clone_words words = {
		.flags = order->flags,
		.exit_signal = order->has_exit_signal ? (uint64_t)order->exit_signal : SIGCHLD,
		.set_tid = order->pid_count ? (uintptr_t)order->pids : 0,
		.set_tid_size = order->pid_count,
	};

	if (order->pidfd) {
		words.flags |= CLONE_PIDFD;
		words.pidfd = (uintptr_t)order->pidfd;
	}
	if (order->clears_signals)
		words.flags |= CLONE_CLEAR_SIGHAND;
	if (order->is_in_cgroup && !order->left_cgroup) {
		words.flags |= CLONE_INTO_CGROUP;
		words.cgroup = (uint64_t)order->cgroup;
	}
	return (pid_t)syscall(SYS_clone3, &words, sizeof(words));
}

static pid_t
start_as_before(struct clone_order *order)
{
	unsigned long how;

	/* Its bit is one of the exit signal's here. */
	order->flags &= ~(uint64_t)CLONE_NEWTIME;
	how = (unsigned long)order->flags | (order->pidfd ? CLONE_PIDFD : 0);
	how |= order->has_exit_signal ? (unsigned long)order->exit_signal : SIGCHLD;
	/* It puts the pidfd where the third argument says. */
#ifdef __s390__
	return (pid_t)syscall(SYS_clone, NULL, how, order->pidfd, NULL, NULL);
#else
	return (pid_t)syscall(SYS_clone, how, NULL, order->pidfd, NULL, NULL);
#endif
}

pid_t
clone_start(struct clone_order *order)
{
	bool is_older = !order->pid_count && !order->is_in_cgroup && !order->clears_signals
			&& !(order->flags & CLONE_NEWTIME);
	pid_t pid;

	order->left_cgroup = false;
	if (is_older)
		return start_as_before(order);
	pid = start_anew(order);
	if (pid < 0 && errno == EBADF && order->is_in_cgroup) {
		order->left_cgroup = true;
		pid = start_anew(order);
	}
	/* Containers' profiles refuse what they cannot look into by ENOSYS, older ones by EPERM. */
	if (pid >= 0 || order->pid_count || (errno != ENOSYS && errno != EPERM))
		return pid;
	order->left_cgroup = order->is_in_cgroup;
	return start_as_before(order);
}

pid_t
clone_fork(void)
{
	struct clone_order order = { .flags = 0 };

	return clone_start(&order);
}

/* SPDX-License-Identifier: MIT */
#include "kernel/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file.h"
#include "kernel/capability.h"
#include "kernel/compat.h"
#include "kernel/fdinfo.h"
#include "kernel/proc.h"

const struct hint pidfd_signal_hints[] = {
	{ EPERM, "it is another user's: run as that one or as root", CAP_KILL },
	{ EPERM, "a user namespace, a security policy or a seccomp profile is in the way", 0 },
	{ EAGAIN, "too many signals are queued: raise ulimit -i", 0 },
	{ ENOSYS, "pidfd_send_signal is needed: Linux 5.1, or a seccomp profile that allows it",
	  0 },
	{ 0, NULL, 0 },
};

const struct hint pidfd_take_hints[] = {
	{ EPERM, "who may not trace it may not take its descriptors: run as root", CAP_SYS_PTRACE },
	{ EPERM, "kernel.yama.ptrace_scope, a security policy or a seccomp profile is in the way",
	  0 },
	{ EBADF, "look at /proc/PID/fd for those that are open", 0 },
	{ EMFILE, "raise ulimit -n", 0 },
	{ ENOSYS, "pidfd_getfd is needed: Linux 5.6, or a seccomp profile that allows it", 0 },
	{ 0, NULL, 0 },
};

int
pidfd_of(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	/* A thread that leads no process: EINVAL, newer kernels say ENOENT. */
	if (fd < 0 && (errno == EINVAL || errno == ENOENT))
		errno = ESRCH;
	return fd;
}

int
pidfd_of_thread(pid_t thread)
{
	return (int)syscall(SYS_pidfd_open, thread, PIDFD_THREAD);
}

uint64_t
pidfd_inode(int pidfd)
{
	struct statfs file_system;
	struct stat status;

	if (fstatfs(pidfd, &file_system) < 0 || file_system.f_type != PID_FS_MAGIC
	    || fstat(pidfd, &status) < 0)
		return 0;
	return status.st_ino;
}

int
pidfd_identity(pid_t pid, uint64_t *inode)
{
	int pidfd = pidfd_of(pid);

	if (pidfd < 0)
		return -1;
	*inode = pidfd_inode(pidfd);
	close(pidfd);
	errno = EOPNOTSUPP;
	return *inode ? 0 : -1;
}

/* Takes the number out of the line that has it. */
static bool
take_pid(const char *line, void *context)
{
	static const char key[] = "Pid:\t";
	pid_t *pid = context;
	const char *error;

	if (strncmp(line, key, strlen(key)) != 0)
		return false;
	/* -1: it has ended, and was waited for. */
	*pid = (pid_t)strtonum(line + strlen(key), -1, INT_MAX, &error);
	if (error || *pid < 0)
		*pid = 0;
	return true;
}

pid_t
pidfd_pid(int pidfd)
{
	pid_t pid;
	int found = fdinfo_find(0, pidfd, take_pid, &pid);

	if (found > 0)
		return pid;
	if (!found)
		errno = EBADF;
	return -1;
}

/* ---- how a process has ended ---- */

/* struct pidfd_info of linux/pidfd.h, as long as it was first; and the two calls and bits of that. */
struct info {
	uint64_t mask, others[6];
	uint32_t other;
	int32_t status;
};

#define GET_INFO _IOWR(0xff, 11, struct info)
enum { INFO_EXIT = 1 << 3 };

/* Of one that somebody has waited for already. */
static bool
read_info(int pidfd, int *status)
{
	struct info info = { .mask = INFO_EXIT };

	if (ioctl(pidfd, GET_INFO, &info) < 0 || !(info.mask & INFO_EXIT))
		return false;
	*status = info.status;
	return true;
}

/* Field 52, exit_code, of a zombie's /proc/PID/stat, which is 0 for who may not know it. */
static bool
read_zombie(pid_t pid, int *status)
{
	enum { BEHIND_NAME = 50 };
	char path[32], text[1024], target[1], *at;
	const char *error;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%d/exe", (int)pid);
	fd = proc_open("", O_PATH | O_DIRECTORY);
	/* Whoever may know has ENOENT: a zombie has no program. */
	if (fd < 0 || readlinkat(fd, path, target, sizeof(target)) >= 0 || errno != ENOENT) {
		file_close(fd);
		return false;
	}
	close(fd);
	snprintf(path, sizeof(path), "%d/stat", (int)pid);
	fd = proc_open(path, O_RDONLY);
	length = fd < 0 ? -1 : file_read(fd, text, sizeof(text) - 1);
	file_close(fd);
	if (length <= 0)
		return false;
	text[length] = '\0';
	at = strrchr(text, ')');
	if (!at || at[1] != ' ' || at[2] != 'Z')
		return false;
	at[strcspn(at, "\n")] = '\0';
	for (int i = 0; at && i < BEHIND_NAME; i++)
		at = strchr(at + 1, ' ');
	*status = at ? (int)strtonum(at + 1, 0, INT_MAX, &error) : 0;
	return at && !error;
}

/* Of a child of this process. It stays one: somebody else here may count on it. */
static bool
read_child(int pidfd, int *status)
{
	siginfo_t info = { 0 };

	if (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0
	    || !info.si_pid)
		return false;
	*status = info.si_code == CLD_EXITED ? info.si_status << 8 : info.si_status;
	return true;
}

enum pidfd_stage
pidfd_look(int pidfd, pid_t pid, bool *known, int *status)
{
	bool there;

	*known = false;
	if (!pidfd_has_ended(pidfd))
		return PIDFD_RUNS;
	/* The number was not used again if the process is there still. */
	*known = read_child(pidfd, status) || (read_zombie(pid, status) && pidfd_is_there(pidfd));
	if (*known)
		return PIDFD_ZOMBIE;
	there = pidfd_is_there(pidfd);
	*known = read_info(pidfd, status);
	return there && !*known ? PIDFD_ZOMBIE : PIDFD_REAPED;
}

int
pidfd_await(int pidfd, pid_t pid, int *status)
{
	struct pollfd fds = { .fd = pidfd, .events = POLLIN };
	enum pidfd_stage stage;
	bool known;

	/* The kernel tells when somebody has waited for it; older ones hang up never. */
	while ((stage = pidfd_look(pidfd, pid, &known, status)) != PIDFD_REAPED && !known) {
		fds.events = stage == PIDFD_RUNS ? POLLIN : 0;
		poll(&fds, 1, stage == PIDFD_RUNS ? -1 : 100);
	}
	return known;
}

int
pidfd_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

bool
pidfd_is_there(int pidfd)
{
	return pidfd_signal(pidfd, 0) == 0 || errno != ESRCH;
}

int
pidfd_send(int pidfd, int signal, const union sigval *value, bool group)
{
	enum { PROCESS_GROUP = 1 << 2 }; /* linux/pidfd.h */
	siginfo_t info = { .si_signo = signal, .si_code = SI_QUEUE };

	if (value) {
		info.si_pid = getpid();
		info.si_uid = getuid();
		info.si_value = *value;
	}
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, value ? &info : NULL,
			    group ? PROCESS_GROUP : 0);
}

int
pidfd_queue(pid_t pid, int signal, union sigval value, bool group)
{
	int pidfd, result, error;

	if (!group)
		return sigqueue(pid, signal, value);
	pidfd = pidfd_of(pid);
	if (pidfd < 0)
		return -1;
	result = pidfd_send(pidfd, signal, &value, true);
	error = errno;
	close(pidfd);
	errno = error;
	return result;
}

int
pidfd_take(int pidfd, int fd)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
}

bool
pidfd_has_ended(int pidfd)
{
	struct pollfd look = { .fd = pidfd, .events = POLLIN };

	return poll(&look, 1, 0) > 0;
}

/* SPDX-License-Identifier: MIT */
#include "kernel/pid.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"

static const struct hint hints_of_proc[] = {
	{ ENOENT, "mount proc on /proc", 0 },
	{ EXDEV, "the proc on /proc is another pid namespace's: mount one of this", 0 },
	{ EACCES, "/proc is mounted with hidepid: run as root or as the owner", 0 },
	{ EPERM, "/proc is mounted with hidepid, or a seccomp profile is in the way", 0 },
	{ EMFILE, "raise ulimit -n", 0 },
	{ ENFILE, "raise fs.file-max", 0 },
	{ ENOSYS, "pidfds are needed: Linux 5.3, or a seccomp profile that allows pidfd_open", 0 },
	{ 0, NULL, 0 },
};

const struct hint pid_start_hints[] = {
	{ EAGAIN, "raise ulimit -u, the cgroup's pids.max or kernel.pid_max", 0 },
	{ ENOMEM, "free memory, or raise the cgroup's memory.max", 0 },
	{ EMFILE, "raise ulimit -n", 0 },
	{ ENFILE, "raise fs.file-max", 0 },
	{ EACCES,
	  "is it a file, and executable? look at its mode and at those of the folders above, or in PATH",
	  0 },
	{ ENOEXEC, "it is for another processor, or cut", 0 },
	{ E2BIG, "its arguments and environment are too large: shorten them, or raise ulimit -s",
	  0 },
	{ 0, NULL, 0 },
};

pid_t
pid_self(void)
{
	return (pid_t)syscall(SYS_getpid);
}

pid_t
pid_parent(void)
{
	return (pid_t)syscall(SYS_getppid);
}

int
pid_shares(pid_t a, pid_t b, enum pid_thing thing)
{
	long order = syscall(SYS_kcmp, a, b, thing == PID_FOLDERS ? KCMP_FS : KCMP_FILES, 0, 0);

	return order < 0 ? -1 : !order;
}

bool
pid_proc_is_ours(void)
{
	char self[16] = "", own[16];

	snprintf(own, sizeof(own), "%d", (int)pid_self());
	return readlink("/proc/self", self, sizeof(self) - 1) < 0 || !strcmp(self, own);
}

/* Reads /proc/PID/FILE whole; its length or -1. */
static ssize_t
read_proc(pid_t pid, const char *file, char *text, size_t room)
{
	ssize_t length;
	char path[64];
	int fd, error;

	if (pid && !pid_proc_is_ours()) {
		errno = EXDEV;
		return -1;
	}
	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	else
		snprintf(path, sizeof(path), "/proc/self/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		/* No such process, or no /proc at all? */
		if (errno == ENOENT && access("/proc/self/stat", F_OK) == 0)
			errno = ESRCH;
		return -1;
	}
	length = file_read(fd, text, room);
	error = errno;
	close(fd);
	errno = error;
	return length;
}

static bool
take_number(const char **text, const char *end, uint64_t *number)
{
	const char *at = *text;

	*number = 0;
	while (at < end && *at >= '0' && *at <= '9')
		if (__builtin_mul_overflow(*number, 10, number)
		    || __builtin_add_overflow(*number, (uint64_t)(*at++ - '0'), number))
			return false;
	if (at == *text)
		return false;
	*text = at;
	return true;
}

int
pid_parse_stat(const char *text, size_t length, pid_t *parent, uint64_t *start)
{
	enum { PARENT = 4, START = 22 };
	/* The command's name, field 2, may hold anything, parentheses too: the last one ends it. */
	const char *at = memrchr(text, ')', length), *end = text + length;
	uint64_t number = 0;

	if (!at)
		return -1;
	at++;
	for (int field = 3; field <= START; field++) {
		if (at == end || *at++ != ' ')
			return -1;
		if (field == PARENT || field == START) {
			if (!take_number(&at, end, &number))
				return -1;
			if (field == PARENT && number > PID_LARGEST)
				return -1;
			if (field == PARENT)
				*parent = (pid_t)number;
		} else {
			while (at < end && *at != ' ')
				at++;
		}
	}
	*start = number;
	return 0;
}

int
pid_parse_namespaces(const char *text, size_t length, pid_t ids[PID_NAMESPACES_MAX])
{
	static const char key[] = "\nNSpid:";
	const char *at = memmem(text, length, key, sizeof(key) - 1), *end = text + length;
	int count = 0;

	if (!at)
		return -1;
	at += sizeof(key) - 1;
	while (at < end && *at == '\t') {
		uint64_t number;

		at++;
		if (count == PID_NAMESPACES_MAX || !take_number(&at, end, &number)
		    || number > PID_LARGEST)
			return -1;
		ids[count++] = (pid_t)number;
	}
	return count && at < end && *at == '\n' ? count : -1;
}

/* The name behind "Name:\t", in which the kernel escapes newlines and backslashes: its length, or -1. */
static ssize_t
parse_comm(const char *at, const char *end, char comm[PID_COMM_MAX])
{
	size_t length = 0;

	for (; at < end && *at != '\n' && length < PID_COMM_MAX; at++) {
		bool escaped = *at == '\\' && end - at > 1;

		at += escaped;
		comm[length++] = escaped && *at == 'n' ? '\n' : *at;
	}
	return at < end && *at == '\n' ? (ssize_t)length : -1;
}

ssize_t
pid_parse_command(const char *text, size_t length, char comm[PID_COMM_MAX], uint32_t *uid)
{
	static const char name_key[] = "Name:\t", uid_key[] = "\nUid:\t";
	const char *end = text + length;
	const char *at = memmem(text, length, uid_key, sizeof(uid_key) - 1);
	uint64_t number;

	if (!at || length < sizeof(name_key) || memcmp(text, name_key, sizeof(name_key) - 1) != 0)
		return -1;
	at += sizeof(uid_key) - 1;
	/* Real, then effective. */
	if (!take_number(&at, end, &number) || at == end || *at++ != '\t'
	    || !take_number(&at, end, &number) || number > UINT32_MAX)
		return -1;
	*uid = (uint32_t)number;
	return parse_comm(text + sizeof(name_key) - 1, end, comm);
}

int
pid_parse_leader(const char *text, size_t length, pid_t *leader)
{
	static const char key[] = "\nTgid:\t";
	const char *at = memmem(text, length, key, sizeof(key) - 1), *end = text + length;
	uint64_t number;

	if (!at)
		return -1;
	at += sizeof(key) - 1;
	if (!take_number(&at, end, &number) || number > PID_LARGEST || at == end || *at != '\n')
		return -1;
	*leader = (pid_t)number;
	return 0;
}

/* The process of which PID is a thread, and does not lead; 0: it is a process, as far as is known. */
static pid_t
leader_of(pid_t pid)
{
	char text[16384];
	ssize_t length = pid ? read_proc(pid, "status", text, sizeof(text)) : -1;
	pid_t leader;

	if (length < 0 || pid_parse_leader(text, (size_t)length, &leader) < 0 || leader == pid)
		return 0;
	return leader;
}

const struct hint *
pid_hints_for(pid_t pid)
{
	static char advice[64];
	static const struct hint hints[] = { { ESRCH, advice, 0 }, { 0, NULL, 0 } };
	int error = errno;
	pid_t leader = error == ESRCH ? leader_of(pid) : 0;

	errno = error;
	if (!leader)
		return hints_of_proc;
	snprintf(advice, sizeof(advice), "it is a thread of process %d", (int)leader);
	return hints;
}

/* /proc has threads too, under names that it does not list. */
static int
refuse_thread(pid_t pid)
{
	if (!leader_of(pid))
		return 0;
	errno = ESRCH;
	return -1;
}

/* The first number of the line KEY ("\nPPid:"), or the second; false when it is not there. */
static bool
find_number(const char *text, size_t length, const char *key, bool second, uint64_t *number)
{
	const char *at = memmem(text, length, key, strlen(key)), *end = text + length;

	if (!at)
		return false;
	for (at += strlen(key); at < end && *at == '\t'; at++)
		;
	if (!take_number(&at, end, number))
		return false;
	return !second || (at++ < end && take_number(&at, end, number));
}

int
pid_parse_status(const char *text, size_t length, struct pid_status *status)
{
	ssize_t name = pid_parse_command(text, length, status->comm, &status->uid);
	uint64_t parent, session, gid;

	if (name < 0 || !find_number(text, length, "\nPPid:", false, &parent)
	    || parent > PID_LARGEST || !find_number(text, length, "\nGid:", true, &gid)
	    || gid > UINT32_MAX)
		return -1;
	status->comm[name] = '\0';
	status->parent = (pid_t)parent;
	status->gid = (uint32_t)gid;
	status->session = -1;
	if (find_number(text, length, "\nNSsid:", false, &session) && session <= PID_LARGEST)
		status->session = (pid_t)session;
	return 0;
}

static int
unknown_form(void)
{
	errno = EPROTO;
	return -1;
}

int
pid_stat(pid_t pid, pid_t *parent, uint64_t *start)
{
	char text[4096];
	ssize_t length = read_proc(pid, "stat", text, sizeof(text));

	if (length < 0 || refuse_thread(pid) < 0)
		return -1;
	return pid_parse_stat(text, (size_t)length, parent, start) < 0 ? unknown_form() : 0;
}

ssize_t
pid_command(pid_t pid, char comm[PID_COMM_MAX], uint32_t *uid)
{
	char text[4096];
	ssize_t length = read_proc(pid, "status", text, sizeof(text));

	if (length < 0)
		return -1;
	length = pid_parse_command(text, (size_t)length, comm, uid);
	return length < 0 ? unknown_form() : length;
}

int
pid_namespaces(pid_t pid, pid_t ids[PID_NAMESPACES_MAX])
{
	char text[16384];
	ssize_t length = read_proc(pid, "status", text, sizeof(text));
	int count;

	if (length < 0 || refuse_thread(pid) < 0)
		return -1;
	count = pid_parse_namespaces(text, (size_t)length, ids);
	return count < 0 ? unknown_form() : count;
}

int
pid_status(pid_t pid, struct pid_status *status)
{
	char text[8192];
	ssize_t length = read_proc(pid, "status", text, sizeof(text));

	if (length < 0)
		return -1;
	return pid_parse_status(text, (size_t)length, status) < 0 ? unknown_form() : 0;
}

/* ---- signals ---- */

/* The 16 hexadecimal digits of the line KEY ("\nSigBlk:\t"). */
static bool
find_set(const char *text, size_t length, const char *key, uint64_t *set)
{
	enum { DIGITS = 16 };
	const char *at = memmem(text, length, key, strlen(key)), *end = text + length;

	*set = 0;
	if (!at || end - (at += strlen(key)) <= DIGITS || at[DIGITS] != '\n')
		return false;
	for (int i = 0; i < DIGITS; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = at[i] ? strchr(digits, at[i]) : NULL;

		if (!digit)
			return false;
		*set = *set << 4 | (uint64_t)(digit - digits);
	}
	return true;
}

int
pid_parse_signals(const char *text, size_t length, struct pid_signals *signals)
{
	return find_set(text, length, "\nSigPnd:\t", &signals->pending)
			       && find_set(text, length, "\nShdPnd:\t", &signals->shared_pending)
			       && find_set(text, length, "\nSigBlk:\t", &signals->blocked)
			       && find_set(text, length, "\nSigIgn:\t", &signals->ignored)
			       && find_set(text, length, "\nSigCgt:\t", &signals->caught)
		       ? 0
		       : -1;
}

int
pid_signals(pid_t pid, struct pid_signals *signals)
{
	char text[8192];
	ssize_t length = read_proc(pid, "status", text, sizeof(text));

	if (length < 0)
		return -1;
	return pid_parse_signals(text, (size_t)length, signals) < 0 ? unknown_form() : 0;
}

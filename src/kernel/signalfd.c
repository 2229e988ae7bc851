/* SPDX-License-Identifier: MIT */
#include "kernel/signalfd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

const struct hint signalfd_hints[] = {
	{ EMFILE, "raise ulimit -n", 0 },
	{ ENFILE, "raise fs.file-max", 0 },
	{ ENODEV, "the kernel cannot make descriptors that are no files", 0 },
	{ ENOSYS,
	  "a seccomp profile is in the way, or the kernel has no signalfds: allow signalfd4", 0 },
	{ EPERM, "a seccomp profile is in the way: allow signalfd4", 0 },
	{ 0, NULL, 0 },
};

int
signalfd_open(const sigset_t *set, sigset_t *before)
{
	int fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);

	/* With these arguments blocking cannot fail. */
	if (fd >= 0)
		sigprocmask(SIG_BLOCK, set, before);
	return fd;
}

void
signalfd_change(int fd, const sigset_t *set)
{
	/* Of a descriptor that is one it cannot fail. */
	signalfd(fd, set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* 1, 0, -1 errno. */
static int
read_one(int fd, struct signalfd_siginfo *info)
{
	ssize_t size;

	do
		size = read(fd, info, sizeof(*info));
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return errno == EAGAIN ? 0 : -1;
	return 1;
}

int
signalfd_next(int fd)
{
	struct signalfd_siginfo info;
	int result = read_one(fd, &info);

	return result > 0 ? (int)info.ssi_signo : result;
}

/*
 * Whose word it is: others can send no code of the kernel's, nor that of tgkill(2); with all below zero they
 * send whatever process and user they like. rt_sigqueueinfo(2).
 */
static bool
is_trusted(int code)
{
	return code >= 0 || code == SI_TKILL;
}

void
signalfd_parse(const char *bytes, struct signalfd_record *record)
{
	struct signalfd_siginfo info;
	bool has_sender, is_timed;

	memcpy(&info, bytes, sizeof(info));
	/* Which of the members mean something is in the code: siginfo_layout of the kernel. */
	is_timed = info.ssi_code == SI_TIMER;
	has_sender =
		info.ssi_code == SI_USER
		|| (info.ssi_code < 0 && !is_timed && info.ssi_code != SI_SIGIO)
		|| (info.ssi_signo == SIGCHLD && info.ssi_code > 0 && info.ssi_code != SI_KERNEL);
	*record = (struct signalfd_record){
		.signal = (int)info.ssi_signo,
		.code = info.ssi_code,
		.pid = has_sender ? (pid_t)info.ssi_pid : 0,
		.has_uid = has_sender,
		.uid = has_sender ? info.ssi_uid : 0,
		.has_value =
			info.ssi_code < 0 && info.ssi_code != SI_TKILL && info.ssi_code != SI_SIGIO,
		.trusted = is_trusted(info.ssi_code),
	};
	if (record->has_value) {
		record->value = info.ssi_int;
		record->whole.sival_ptr = (void *)(uintptr_t)info.ssi_ptr;
	}
}

int
signalfd_read(int fd, struct signalfd_record *record)
{
	struct signalfd_siginfo info;
	int result = read_one(fd, &info);

	if (result > 0)
		signalfd_parse((const char *)&info, record);
	return result;
}

const char *
signalfd_code(const struct signalfd_record *record)
{
	static const char *const of_children[] = {
		[CLD_EXITED] = "exited",   [CLD_KILLED] = "killed",   [CLD_DUMPED] = "dumped",
		[CLD_TRAPPED] = "trapped", [CLD_STOPPED] = "stopped", [CLD_CONTINUED] = "continued",
	};
	static char number[16];

	switch (record->code) {
	case SI_USER:
		return "user";
	case SI_QUEUE:
		return "queue";
	case SI_TKILL:
		return "tkill";
	case SI_KERNEL:
		return "kernel";
	case SI_TIMER:
		return "timer";
	case SI_MESGQ:
		return "mesgq";
	case SI_ASYNCIO:
		return "asyncio";
	case SI_SIGIO:
		return "sigio";
	default:
		break;
	}
	if (record->signal == SIGCHLD && record->code >= CLD_EXITED
	    && record->code <= CLD_CONTINUED)
		return of_children[record->code];
	snprintf(number, sizeof(number), "%d", record->code);
	return number;
}

/* SPDX-License-Identifier: MIT */
#include "kernel/seccomp.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "memory.h"

const struct hint seccomp_hints[] = {
	{ EACCES, "no_new_privs could not be promised: another filter is in the way", 0 },
	{ EINVAL, "this kernel does not know a flag or an action of the policy", 0 },
	{ ENOMEM,
	  "all filters of a process together may have some 32,000 instructions: there are others already",
	  0 },
	{ EBUSY, "another filter has a supervisor already", 0 },
	{ ESRCH, "a thread has another filter", 0 },
	{ ENOSYS,
	  "the kernel is built without CONFIG_SECCOMP_FILTER, or a filter outside forbids it", 0 },
	{ EPERM, "a filter outside forbids it: allow seccomp and prctl there", 0 },
	{ 0, NULL, 0 },
};

enum { NO_ACTION = 0x12340000 };

static int
seccomp(unsigned operation, unsigned flags, void *argument)
{
	return (int)syscall(SYS_seccomp, operation, flags, argument);
}

int
seccomp_promise(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

long
seccomp_number(void)
{
	return SYS_seccomp;
}

bool
seccomp_has_action(uint32_t action)
{
	return seccomp(SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int
seccomp_load(const struct sock_filter *code, size_t count, unsigned flags)
{
	struct sock_fprog program = {
		.len = (unsigned short)count,
		.filter = (struct sock_filter *)(uintptr_t)code, /* it is only read */
	};
	int result;

	if (count > BPF_MAXINSNS) {
		errno = EINVAL;
		return -1;
	}
	/* There is no such action: whoever says there is only says so, and would load nothing. */
	if (seccomp_has_action(NO_ACTION)) {
		errno = EPERM;
		return -1;
	}
	result = seccomp(SECCOMP_SET_MODE_FILTER, flags, &program);
	/* TSYNC: the thread that could not follow. */
	if (result > 0 && !(flags & SECCOMP_FILTER_FLAG_NEW_LISTENER)) {
		errno = ESRCH;
		return -1;
	}
	return result;
}

static size_t
space_size(void)
{
	static size_t size;
	struct seccomp_notif_sizes sizes = { 0 };

	if (size)
		return size;
	size = sizeof(struct seccomp_notif);
	if (seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0 && sizes.seccomp_notif > size)
		size = sizes.seccomp_notif;
	return size;
}

struct seccomp_notif *
seccomp_space(void)
{
	return memory_get(space_size());
}

int
seccomp_receive(int listener, struct seccomp_notif *call)
{
	memset(call, 0, space_size()); /* else EINVAL */
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, call) == 0)
		return 1;
	return errno == ENOENT || errno == EINTR ? 0 : -1;
}

bool
seccomp_waits(int listener, uint64_t id)
{
	return ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

int
seccomp_answer(int listener, uint64_t id, int error)
{
	struct seccomp_notif_resp answer = {
		.id = id,
		.error = -error,
		.flags = error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

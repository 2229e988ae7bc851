/* SPDX-License-Identifier: MIT */
#include "kernel/capability.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* In the order of their numbers; linux/capability.h. In place, not pointed to. */
static const char names[][24] = {
	"CAP_CHOWN",
	"CAP_DAC_OVERRIDE",
	"CAP_DAC_READ_SEARCH",
	"CAP_FOWNER",
	"CAP_FSETID",
	"CAP_KILL",
	"CAP_SETGID",
	"CAP_SETUID",
	"CAP_SETPCAP",
	"CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE",
	"CAP_NET_BROADCAST",
	"CAP_NET_ADMIN",
	"CAP_NET_RAW",
	"CAP_IPC_LOCK",
	"CAP_IPC_OWNER",
	"CAP_SYS_MODULE",
	"CAP_SYS_RAWIO",
	"CAP_SYS_CHROOT",
	"CAP_SYS_PTRACE",
	"CAP_SYS_PACCT",
	"CAP_SYS_ADMIN",
	"CAP_SYS_BOOT",
	"CAP_SYS_NICE",
	"CAP_SYS_RESOURCE",
	"CAP_SYS_TIME",
	"CAP_SYS_TTY_CONFIG",
	"CAP_MKNOD",
	"CAP_LEASE",
	"CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL",
	"CAP_SETFCAP",
	"CAP_MAC_OVERRIDE",
	"CAP_MAC_ADMIN",
	"CAP_SYSLOG",
	"CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND",
	"CAP_AUDIT_READ",
	"CAP_PERFMON",
	"CAP_BPF",
	"CAP_CHECKPOINT_RESTORE",
};

enum { NAMES = sizeof(names) / sizeof(*names), MOST = 64 };

static int
get(struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return (int)syscall(SYS_capget, &header, data);
}

bool
capability_have(int capability)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (get(data) < 0)
		return false;
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

const char *
capability_name(int capability)
{
	return capability < 0 || capability >= NAMES ? "a capability" : names[capability];
}

int
capability_find(const char *name, size_t length)
{
	static const char prefix[] = "CAP_";
	size_t begin = strlen(prefix);

	if (length > begin && !strncasecmp(name, prefix, begin)) {
		name += begin;
		length -= begin;
	}
	for (int i = 0; i < NAMES; i++)
		if (strlen(names[i]) == begin + length
		    && !strncasecmp(names[i] + begin, name, length))
			return i;
	return -1;
}

int
capability_get(struct capabilities *sets)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (get(data) < 0)
		return -1;
	*sets = (struct capabilities){
		data[0].effective | (uint64_t)data[1].effective << 32,
		data[0].permitted | (uint64_t)data[1].permitted << 32,
		data[0].inheritable | (uint64_t)data[1].inheritable << 32,
	};
	return 0;
}

int
capability_set(const struct capabilities *sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i] = (struct __user_cap_data_struct){
			(uint32_t)(sets->effective >> 32 * i),
			(uint32_t)(sets->permitted >> 32 * i),
			(uint32_t)(sets->inheritable >> 32 * i),
		};
	return (int)syscall(SYS_capset, &header, data);
}

/* The kernel refuses numbers above the highest that it knows. */
uint64_t
capability_bounding(void)
{
	uint64_t set = 0;
	int is_in;

	for (int i = 0; i < MOST && (is_in = prctl(PR_CAPBSET_READ, i, 0, 0, 0)) >= 0; i++)
		set |= (uint64_t)is_in << i;
	return set;
}

uint64_t
capability_ambient(void)
{
	uint64_t set = 0;
	int is_in;

	for (int i = 0;
	     i < MOST && (is_in = prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i, 0, 0)) >= 0; i++)
		set |= (uint64_t)is_in << i;
	return set;
}

int
capability_bound(uint64_t kept)
{
	uint64_t dropped = capability_bounding() & ~kept;

	for (int i = 0; i < MOST; i++)
		if (dropped >> i & 1 && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return -1;
	return 0;
}

int
capability_lend(uint64_t set)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -1;
	for (int i = 0; i < MOST; i++)
		if (set >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return -1;
	return 0;
}

int
capability_keep(void)
{
	return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
}

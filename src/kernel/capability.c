/* SPDX-License-Identifier: MIT */
#include "kernel/capability.h"

#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const names[] = {
	[CAP_DAC_READ_SEARCH] = "CAP_DAC_READ_SEARCH", [CAP_SYS_ADMIN] = "CAP_SYS_ADMIN",
	[CAP_SYS_CHROOT] = "CAP_SYS_CHROOT",           [CAP_SYS_PTRACE] = "CAP_SYS_PTRACE",
	[CAP_WAKE_ALARM] = "CAP_WAKE_ALARM",
};

bool
capability_have(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

const char *
capability_name(int capability)
{
	size_t count = sizeof(names) / sizeof(*names);

	if (capability < 0 || (size_t)capability >= count || !names[capability])
		return "a capability";
	return names[capability];
}

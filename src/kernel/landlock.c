/* SPDX-License-Identifier: MIT */
#include "kernel/landlock.h"

#include <errno.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * The structures of linux/landlock.h, whole: older headers lack the newer members. A kernel that knows
 * less of one than what is not 0 in it says E2BIG.
 */
struct ruleset {
	uint64_t files, ports, scopes;
};

struct file_rule {
	uint64_t rights;
	int32_t fd;
} __attribute__((packed));

struct port_rule {
	uint64_t rights, port;
};

enum { CREATE_VERSION = 1, RULE_FILE = 1, RULE_PORT = 2 };

const struct hint landlock_hints[] = {
	{ ENOSYS,
	  "needs Linux 5.13 with CONFIG_SECURITY_LANDLOCK; or a seccomp filter is in the way", 0 },
	{ EOPNOTSUPP, "it was not switched on at boot: add landlock to the kernel's lsm=", 0 },
	{ EPERM, "a seccomp filter is in the way: allow the landlock calls", 0 },
	{ E2BIG, "16 rulesets on top of each other are the most: there are others already", 0 },
	{ 0, NULL, 0 },
};

int
landlock_abi(void)
{
	return (int)syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
}

int
landlock_open(const struct landlock_denied *denied)
{
	struct ruleset ruleset = { denied->files, denied->ports, denied->scopes };

	return (int)syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0);
}

static int
give(int ruleset, int kind, const void *rule)
{
	return (int)syscall(SYS_landlock_add_rule, ruleset, kind, rule, 0);
}

int
landlock_give_file(int ruleset, int fd, uint64_t rights)
{
	struct file_rule rule = { rights, fd };

	return give(ruleset, RULE_FILE, &rule);
}

int
landlock_give_port(int ruleset, uint64_t port, uint64_t rights)
{
	struct port_rule rule = { rights, port };

	return give(ruleset, RULE_PORT, &rule);
}

int
landlock_restrict(int ruleset)
{
	/* No rules at all cannot be put into force: where that works, a filter outside only says so. */
	if (syscall(SYS_landlock_restrict_self, -1, 0) == 0) {
		errno = EPERM;
		return -1;
	}
	return (int)syscall(SYS_landlock_restrict_self, ruleset, 0);
}

/* SPDX-License-Identifier: MIT */
#include "namespaces/handing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "cli/num.h"
#include "cli/say.h"
#include "kernel/capability.h"
#include "process/descriptors.h"

const struct hint handing_hints[] = {
	{ EBADF, "no number at or above ulimit -n can be had: take a smaller one", 0 },
	{ 0, NULL, 0 },
};

char **
handing_command(int count, char **operands)
{
	static char usual[] = "/bin/sh", *shell[] = { usual, NULL };
	char *own = count ? NULL : getenv("SHELL");

	if (count)
		return operands;
	if (own && *own)
		shell[0] = own;
	return shell;
}

int
handing_check(const struct opt_list *kept)
{
	for (size_t i = 0; i < kept->count; i++) {
		int64_t fd;

		if (num_integer(kept->items[i].text, 0, INT_MAX, &fd) < 0
		    || fcntl((int)fd, F_GETFD) < 0)
			return misuse("--keep-fd: '%s' is no open descriptor", kept->items[i].text);
	}
	return 0;
}

int
handing_give(const struct opt_list *kept)
{
	descriptors_keep();
	for (size_t i = 0; i < kept->count; i++) {
		int64_t fd;

		num_integer(kept->items[i].text, 0, INT_MAX, &fd);
		if (descriptors_give((int)fd, (int)fd) < 0)
			return fail(handing_hints, "--keep-fd %d", (int)fd);
	}
	return 0;
}

int
handing_identity(const char *user, const char *group, bool keeps_capabilities,
		 struct identity *identity)
{
	struct capabilities sets;

	if (user && identity_find_user(user, &identity->user) < 0)
		return failx("--setuid: there is no user '%s'", user);
	if (group && identity_find_group(group, &identity->group) < 0)
		return failx("--setgid: there is no group '%s'", group);
	identity->has_user |= user != NULL;
	identity->has_group |= group != NULL;
	if (!keeps_capabilities)
		return 0;
	if (capability_get(&sets) < 0)
		return fail(NULL, "--keep-caps: cannot see the capabilities");
	identity->has_capabilities = true;
	identity->capabilities = sets.permitted;
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "namespaces/handing.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>

#include "cli/num.h"
#include "cli/say.h"
#include "process/descriptors.h"

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
			return fail(NULL, "--keep-fd %d", (int)fd);
	}
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "mounts/carry.h"

#include <string.h>
#include <sys/stat.h>

#include "cli/buffer.h"
#include "kernel/mount.h"
#include "mounts/point.h"

static const char *const paths[CARRY_COUNT] = { "/dev", "/proc", "/sys", "/run" };

const char *
carry_path(int which)
{
	return paths[which];
}

int
carry_look(int which, const char *new_root)
{
	size_t size = strlen(paths[which]);
	struct buffer inside = { 0 };
	struct status here, there;
	int is;

	if (point_look(paths[which], false, &there) <= 0 || !S_ISDIR(there.mode)
	    || (!strncmp(new_root, paths[which], size) && new_root[size] == '/'))
		return 0;
	buffer_print(&inside, "%s%s", new_root, paths[which]);
	is = point_look(buffer_string(&inside), false, &here);
	buffer_done(&inside);
	if (is > 0)
		return 0;
	return is == 0 && S_ISDIR(here.mode) ? 1 : -1;
}

unsigned
carry_all(const char *new_root, unsigned *lost)
{
	unsigned moved = 0;

	*lost = 0;
	for (int i = 0; i < CARRY_COUNT; i++) {
		int is = carry_look(i, new_root);

		if (is > 0 && mount_move(paths[i], paths[i] + 1) == 0)
			moved |= 1U << i;
		else if (is)
			*lost |= 1U << i;
	}
	return moved;
}

void
carry_back(unsigned moved)
{
	for (int i = 0; i < CARRY_COUNT; i++)
		if (moved & 1U << i)
			mount_move(paths[i] + 1, paths[i]);
}

/* SPDX-License-Identifier: MIT */
#include "policy/groups.h"

#include "policy/namelist.h"

#include "policy/groups.def"

int
groups_count(void)
{
	return group_names.count;
}

const char *
groups_name(int group)
{
	return namelist_name(&group_names, group);
}

const char *
groups_about(int group)
{
	return namelist_name(&about_names, group);
}

int
groups_find(const char *name, size_t length)
{
	return namelist_find(&group_names, name, length);
}

const char *
groups_nearest(const char *name, size_t length)
{
	return namelist_nearest(&group_names, name, length);
}

const short *
groups_members(int group, size_t *count)
{
	*count = (size_t)(starts[group + 1] - starts[group]);
	return members + starts[group];
}

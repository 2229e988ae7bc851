/* SPDX-License-Identifier: MIT */
#include "process/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/num.h"
#include "kernel/capability.h"
#include "memory.h"

/* ---- names ---- */

/* -1 is no id: to the kernel it means none. */
static int
number(const char *text, uint32_t *id)
{
	int64_t value;

	if (num_integer(text, 0, UINT32_MAX - 1, &value) < 0)
		return -1;
	*id = (uint32_t)value;
	return 0;
}

/* Looks in /etc/passwd for the user NAME, or USER where that is NULL; *GROUP is its group then. */
static int
find_entry(const char *name, uid_t *user, gid_t *group, char **found)
{
	FILE *stream = fopen("/etc/passwd", "re");
	struct passwd *entry = NULL;

	while (stream && (entry = fgetpwent(stream)) != NULL
	       && (name ? strcmp(entry->pw_name, name) != 0 : entry->pw_uid != *user))
		;
	if (entry) {
		*user = entry->pw_uid;
		*group = entry->pw_gid;
		if (found)
			*found = memory_string(entry->pw_name);
	}
	if (stream)
		fclose(stream);
	errno = ENOENT;
	return entry ? 0 : -1;
}

int
identity_find_user(const char *text, uid_t *user)
{
	gid_t group;

	return number(text, user) == 0 ? 0 : find_entry(text, user, &group, NULL);
}

int
identity_find_group(const char *text, gid_t *group)
{
	FILE *stream;
	struct group *entry = NULL;

	if (number(text, group) == 0)
		return 0;
	stream = fopen("/etc/group", "re");
	while (stream && (entry = fgetgrent(stream)) != NULL && strcmp(entry->gr_name, text) != 0)
		;
	if (entry)
		*group = entry->gr_gid;
	if (stream)
		fclose(stream);
	errno = ENOENT;
	return entry ? 0 : -1;
}

static void
add_group(struct identity *identity, gid_t group)
{
	identity->groups =
		memory_resize(identity->groups, identity->count + 1, sizeof(*identity->groups));
	identity->groups[identity->count++] = group;
}

/* All groups of /etc/group that have the user NAME among their members. */
static void
add_groups_of(struct identity *identity, const char *name)
{
	FILE *stream = fopen("/etc/group", "re");
	struct group *entry;

	while (stream && (entry = fgetgrent(stream)) != NULL)
		for (char **member = entry->gr_mem; *member; member++)
			if (!strcmp(*member, name) && entry->gr_gid != identity->group)
				add_group(identity, entry->gr_gid);
	if (stream)
		fclose(stream);
}

int
identity_set_user(struct identity *identity, const char *name)
{
	bool is_number = number(name, &identity->user) == 0;
	char *found = NULL;

	identity->has_user = true;
	if (find_entry(is_number ? NULL : name, &identity->user, &identity->group, &found) < 0)
		return is_number ? 0 : -1;
	identity->has_group = true;
	add_groups_of(identity, found);
	free(found);
	return 0;
}

int
identity_set_groups(struct identity *identity, char *list, const char **wrong)
{
	char *name;
	gid_t group;

	identity->has_group = false;
	identity->count = 0;
	while ((name = strsep(&list, ",")) != NULL) {
		if (identity_find_group(name, &group) < 0) {
			*wrong = name;
			return -1;
		}
		if (identity->has_group)
			add_group(identity, group);
		else
			identity->group = group;
		identity->has_group = true;
	}
	return 0;
}

int
identity_parse_capabilities(const char *list, uint64_t all, uint64_t *set, const char **wrong,
			    size_t *length)
{
	*set = 0;
	for (;; list += *length + 1) {
		bool is_out = *list == '-';
		uint64_t these = 0;
		int capability;

		list += is_out;
		*length = strcspn(list, ",");
		capability = capability_find(list, *length);
		if (capability >= 0)
			these = UINT64_C(1) << capability;
		else if (*length == 3 && !strncasecmp(list, "all", 3))
			these = all;
		else if (*length != 4 || strncasecmp(list, "none", 4) != 0) {
			*wrong = list;
			errno = ENOENT;
			return -1;
		}
		*set = is_out ? *set & ~these : *set | these;
		if (!list[*length])
			return 0;
	}
}

/* ---- becoming it ---- */

/* What it has in the end, where that was not said: whoever is not root any more has nothing. */
static bool
has_set(const struct identity *identity)
{
	return identity->has_capabilities || (identity->has_user && identity->user);
}

uint64_t
identity_most(const struct identity *identity)
{
	struct capabilities sets = { 0 };
	uint64_t bounding = identity->has_bounding ? identity->bounding : capability_bounding();

	if (has_set(identity))
		return identity->capabilities;
	if (capability_get(&sets) < 0)
		return bounding;
	return geteuid() && !identity->has_user ? capability_ambient() : sets.permitted & bounding;
}

int
identity_leave_groups(void)
{
	return setgroups(0, NULL);
}

static int
set_ids(const struct identity *identity, enum identity_step *step)
{
	*step = IDENTITY_GROUPS;
	if (identity->has_group
	    && ((!identity->keeps_groups && setgroups(identity->count, identity->groups) < 0)
		|| setresgid(identity->group, identity->group, identity->group) < 0))
		return -1;
	*step = IDENTITY_USER;
	if (!identity->has_user)
		return 0;
	if (identity->capabilities && capability_keep() < 0)
		return -1;
	return setresuid(identity->user, identity->user, identity->user);
}

static int
set_capabilities(const struct identity *identity, enum identity_step *step)
{
	uint64_t set = identity->capabilities;

	if (!has_set(identity))
		return 0;
	*step = IDENTITY_CAPABILITIES;
	if (capability_set(&(struct capabilities){ set, set, set }) < 0)
		return -1;
	*step = IDENTITY_AMBIENT;
	/* Before Linux 4.3 there was no such set, and nothing to clear. */
	return capability_lend(set) == 0 || (!set && errno == EINVAL) ? 0 : -1;
}

static int
compare_groups(const void *a, const void *b)
{
	const gid_t *one = a, *other = b;

	return (*one > *other) - (*one < *other);
}

/* The kernel has them sorted. */
static bool
has_groups(const struct identity *identity)
{
	gid_t *now = memory_get((identity->count + 1) * sizeof(*now));
	bool has = getgroups((int)identity->count + 1, now) == (int)identity->count;

	if (identity->count)
		qsort(identity->groups, identity->count, sizeof(*now), compare_groups);
	has = has
	      && (!identity->count
		  || !memcmp(now, identity->groups, identity->count * sizeof(*now)));
	free(now);
	return has;
}

static bool
has_come_true(const struct identity *identity)
{
	uid_t user[3];
	gid_t group[3];
	struct capabilities sets;

	if (getresuid(&user[0], &user[1], &user[2]) < 0
	    || getresgid(&group[0], &group[1], &group[2]) < 0 || capability_get(&sets) < 0)
		return false;
	for (int i = 0; i < 3; i++)
		if ((identity->has_user && user[i] != identity->user)
		    || (identity->has_group && group[i] != identity->group))
			return false;
	if (identity->has_group && !identity->keeps_groups && !has_groups(identity))
		return false;
	if (identity->has_bounding && capability_bounding() & ~identity->bounding)
		return false;
	return !has_set(identity)
	       || (sets.permitted == identity->capabilities
		   && capability_ambient() == sets.permitted);
}

int
identity_become(const struct identity *identity, enum identity_step *step)
{
	*step = IDENTITY_BOUNDING;
	if (identity->has_bounding && capability_bound(identity->bounding) < 0)
		return -1;
	if (set_ids(identity, step) < 0 || set_capabilities(identity, step) < 0)
		return -1;
	*step = IDENTITY_CHECK;
	errno = EPERM;
	return has_come_true(identity) ? 0 : -1;
}

void
identity_close(struct identity *identity)
{
	free(identity->groups);
	*identity = (struct identity){ 0 };
}

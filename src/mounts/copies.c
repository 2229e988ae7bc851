/* SPDX-License-Identifier: MIT */
#include "mounts/copies.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "kernel/proc.h"
#include "memory.h"

/* The number behind NAME, "shared:" or "master:", in TAGS; 0: there is none. */
static long long
tag_of(const char *tags, const char *name)
{
	const char *at = strstr(tags, name);
	long long number = 0;

	for (at = at ? at + strlen(name) : ""; *at >= '0' && *at <= '9'; at++)
		number = number * 10 + (*at - '0');
	return number;
}

/* What is left of PATH behind FOLDER; NULL: it is not in that. */
static const char *
path_in(const char *path, const char *folder)
{
	size_t length = strcmp(folder, "/") ? strlen(folder) : 0;

	return !strncmp(path, folder, length) && path[length] == '/' ? path + length : NULL;
}

/* Whether A in the mount PARENT_A and B in PARENT_B are on the same folder of their file system. */
static bool
is_same_place(const struct mountinfo *a, const struct mountinfo *parent_a,
	      const struct mountinfo *b, const struct mountinfo *parent_b)
{
	const char *in_a = path_in(a->target, parent_a->target);
	const char *in_b = path_in(b->target, parent_b->target);
	struct buffer left = { 0 }, right = { 0 };
	bool same;

	/* One may lie over the other. */
	if (!in_a || !in_b)
		return !in_a && !in_b && !strcmp(parent_a->root, parent_b->root)
		       && !strcmp(a->target, parent_a->target)
		       && !strcmp(b->target, parent_b->target);
	buffer_print(&left, "%s%s", strcmp(parent_a->root, "/") ? parent_a->root : "", in_a);
	buffer_print(&right, "%s%s", strcmp(parent_b->root, "/") ? parent_b->root : "", in_b);
	same = !strcmp(buffer_string(&left), buffer_string(&right));
	buffer_done(&left);
	buffer_done(&right);
	return same;
}

/* What a mount is on, and how that propagates. */
struct ground {
	const struct mountinfo *parent;
	long long shared, master; /* 0: neither */
};

static struct ground
ground_of(const struct table *table, const struct mountinfo *mount)
{
	const struct mountinfo *parent = table_parent(table, mount);

	if (!parent)
		return (struct ground){ 0 };
	return (struct ground){ parent, tag_of(parent->tags, "shared:"),
				tag_of(parent->tags, "master:") };
}

/* Whether the mount OTHER goes when MOUNT is taken away. */
static bool
is_copy(const struct mountinfo *mount, const struct ground *ground, const struct mountinfo *other,
	const struct ground *its)
{
	return ground->shared && other != mount && its->parent != ground->parent
	       && (its->shared == ground->shared || its->master == ground->shared)
	       && is_same_place(mount, ground->parent, other, its->parent);
}

/* Mount namespaces, of which each is looked at once. */
struct spaces {
	ino_t *seen; /* this one first */
	size_t count;
};

/* Whether the mount namespace of PROCESS, a folder of PROC, is a new one, which is seen now. */
static bool
is_new(struct spaces *spaces, int proc, const char *process)
{
	char path[NAME_MAX + 10];
	struct stat status;

	snprintf(path, sizeof(path), "%s/ns/mnt", process);
	if (fstatat(proc, path, &status, 0) < 0)
		return false;
	for (size_t i = 0; i < spaces->count; i++)
		if (spaces->seen[i] == status.st_ino)
			return false;
	spaces->seen = memory_resize(spaces->seen, spaces->count + 1, sizeof(*spaces->seen));
	spaces->seen[spaces->count++] = status.st_ino;
	return true;
}

/* Hands what is mounted in each other mount namespace to EACH, until that returns false. */
static void
each_elsewhere(bool (*each)(const struct table *table, void *context), void *context)
{
	int proc = proc_open("", O_RDONLY | O_DIRECTORY);
	DIR *stream = proc < 0 ? NULL : fdopendir(proc);
	const struct dirent *entry;
	struct spaces spaces = { 0 };
	bool more = true;

	if (stream)
		is_new(&spaces, proc, "self");
	while (stream && more && (entry = readdir(stream))) {
		char path[NAME_MAX + 20];
		struct table table;

		if (*entry->d_name < '1' || *entry->d_name > '9'
		    || !is_new(&spaces, proc, entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/mountinfo", entry->d_name);
		if (table_read_of(&table, proc_open(path, O_RDONLY)) < 0)
			continue;
		more = each(&table, context);
		table_done(&table);
	}
	if (stream)
		closedir(stream);
	else if (proc >= 0)
		close(proc);
	free(spaces.seen);
}

struct search {
	const struct mountinfo *mount;
	struct ground ground;
	int *ids;
	size_t count, room;
};

static bool
search_in(const struct table *table, void *context)
{
	struct search *search = context;

	for (size_t i = 0; i < table->count && search->count < search->room; i++) {
		const struct mountinfo *other = &table->mounts[i];
		struct ground its = ground_of(table, other);

		if (is_copy(search->mount, &search->ground, other, &its))
			search->ids[search->count++] = other->id;
	}
	return search->count < search->room;
}

size_t
copies_find(const struct table *table, const struct mountinfo *mount, int *ids, size_t room)
{
	struct search search = {
		.mount = mount, .ground = ground_of(table, mount), .ids = ids, .room = room
	};

	if (search.ground.shared && search_in(table, &search))
		each_elsewhere(search_in, &search);
	return search.count;
}

/* A plan, while it is gone through. */
struct check {
	const struct table *table;
	const size_t *plan;
	size_t count;
	struct ground *grounds;
	bool *chosen;     /* by the plan */
	char *endangered; /* the path of a mount; NULL: there is none */
};

/* What is mounted in one mount namespace. */
struct space {
	const struct table *table;
	struct ground *grounds;
	bool *goes; /* with the plan */
};

static struct ground *
find_grounds(const struct table *table)
{
	struct ground *grounds = memory_resize(NULL, table->count, sizeof(*grounds));

	for (size_t i = 0; i < table->count; i++)
		grounds[i] = ground_of(table, &table->mounts[i]);
	return grounds;
}

/* Whether the mount INDEX of the plan is in none that goes, too. */
static bool
is_top(const struct check *check, size_t index)
{
	const struct mountinfo *parent = check->grounds[index].parent;

	return !parent || !check->chosen[parent - check->table->mounts];
}

/* What goes in SPACE with the mount INDEX of the plan. */
static void
check_one(struct check *check, const struct space *space, size_t index)
{
	const struct mountinfo *mounts = space->table->mounts;
	const struct mountinfo *mount = &check->table->mounts[index];
	const struct ground *ground = &check->grounds[index];
	bool top = is_top(check, index);

	for (size_t i = 0; ground->shared && i < space->table->count; i++) {
		const struct ground *its = &space->grounds[i];

		if (space->goes[i] || !is_copy(mount, ground, &mounts[i], its))
			continue;
		if (top || its->shared != ground->shared || space->goes[its->parent - mounts])
			space->goes[i] = true;
		else if (!check->endangered)
			check->endangered = memory_string(mounts[i].target);
	}
}

/* Whether nothing is endangered in SPACE. */
static bool
check_all(struct check *check, const struct space *space)
{
	/* From outside inwards. */
	for (size_t i = check->count; i-- && !check->endangered;)
		check_one(check, space, check->plan[i]);
	return !check->endangered;
}

static bool
check_elsewhere(const struct table *table, void *context)
{
	struct space space = { .table = table,
			       .grounds = find_grounds(table),
			       .goes = memory_get(table->count) };
	bool more = check_all(context, &space);

	free(space.grounds);
	free(space.goes);
	return more;
}

/* Whether anything but copies of its outermost mounts may go with the plan. */
static bool
spreads(const struct check *check)
{
	for (size_t i = 0; i < check->count; i++)
		if (check->grounds[check->plan[i]].shared && !is_top(check, check->plan[i]))
			return true;
	return false;
}

char *
copies_endangered(const struct table *table, const size_t *plan, size_t count, bool *elsewhere)
{
	struct check check = { .table = table,
			       .plan = plan,
			       .count = count,
			       .grounds = find_grounds(table),
			       .chosen = memory_get(table->count) };
	struct space here = { .table = table,
			      .grounds = check.grounds,
			      .goes = memory_get(table->count) };

	for (size_t i = 0; i < count; i++)
		check.chosen[plan[i]] = here.goes[plan[i]] = true;
	*elsewhere = spreads(&check) && check_all(&check, &here);
	if (*elsewhere)
		each_elsewhere(check_elsewhere, &check);
	free(check.grounds);
	free(check.chosen);
	free(here.goes);
	return check.endangered;
}

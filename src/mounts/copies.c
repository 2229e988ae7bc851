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

/* A search in one mount namespace after the other. */
struct search {
	const struct mountinfo *mount;
	struct ground ground;
	int *ids;
	size_t count, room;
	ino_t *seen; /* namespaces, this one first */
	size_t known;
};

static void
search_in(struct search *search, const struct table *table)
{
	for (size_t i = 0; i < table->count && search->count < search->room; i++) {
		const struct mountinfo *other = &table->mounts[i];
		struct ground its = ground_of(table, other);

		if (is_copy(search->mount, &search->ground, other, &its))
			search->ids[search->count++] = other->id;
	}
}

/* Whether the mount namespace of PROCESS, a folder of PROC, is a new one, which is seen now. */
static bool
is_new(struct search *search, int proc, const char *process)
{
	char path[NAME_MAX + 10];
	struct stat status;

	snprintf(path, sizeof(path), "%s/ns/mnt", process);
	if (fstatat(proc, path, &status, 0) < 0)
		return false;
	for (size_t i = 0; i < search->known; i++)
		if (search->seen[i] == status.st_ino)
			return false;
	search->seen = memory_resize(search->seen, search->known + 1, sizeof(*search->seen));
	search->seen[search->known++] = status.st_ino;
	return true;
}

static void
search_elsewhere(struct search *search)
{
	int proc = proc_open("", O_RDONLY | O_DIRECTORY);
	DIR *stream = proc < 0 ? NULL : fdopendir(proc);
	const struct dirent *entry;

	if (stream)
		is_new(search, proc, "self");
	while (stream && search->count < search->room && (entry = readdir(stream))) {
		char path[NAME_MAX + 20];
		struct table table;

		if (*entry->d_name < '1' || *entry->d_name > '9'
		    || !is_new(search, proc, entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/mountinfo", entry->d_name);
		if (table_read_of(&table, proc_open(path, O_RDONLY)) < 0)
			continue;
		search_in(search, &table);
		table_done(&table);
	}
	if (stream)
		closedir(stream);
	else if (proc >= 0)
		close(proc);
	free(search->seen);
}

size_t
copies_find(const struct table *table, const struct mountinfo *mount, int *ids, size_t room)
{
	struct search search = {
		.mount = mount, .ground = ground_of(table, mount), .ids = ids, .room = room
	};

	if (!search.ground.shared)
		return 0;
	search_in(&search, table);
	search_elsewhere(&search);
	return search.count;
}

/* A plan, while it is gone through. */
struct check {
	const struct table *table;
	struct ground *grounds;
	bool *chosen, *goes; /* by the plan; with it */
	const struct mountinfo *endangered;
};

/* What goes with the mount INDEX of the plan. */
static void
check_one(struct check *check, size_t index)
{
	const struct mountinfo *mounts = check->table->mounts;
	const struct ground *ground = &check->grounds[index];
	bool is_top = !ground->parent || !check->chosen[ground->parent - mounts];

	for (size_t i = 0; ground->shared && i < check->table->count; i++) {
		const struct ground *its = &check->grounds[i];

		if (check->goes[i] || !is_copy(&mounts[index], ground, &mounts[i], its))
			continue;
		if (is_top || its->shared != ground->shared || check->goes[its->parent - mounts])
			check->goes[i] = true;
		else if (!check->endangered)
			check->endangered = &mounts[i];
	}
}

const struct mountinfo *
copies_endangered(const struct table *table, const size_t *plan, size_t count)
{
	struct check check = { .table = table,
			       .grounds = memory_resize(NULL, table->count, sizeof(*check.grounds)),
			       .chosen = memory_get(table->count),
			       .goes = memory_get(table->count) };

	for (size_t i = 0; i < table->count; i++)
		check.grounds[i] = ground_of(table, &table->mounts[i]);
	for (size_t i = 0; i < count; i++)
		check.chosen[plan[i]] = check.goes[plan[i]] = true;
	/* From outside inwards. */
	for (size_t i = count; i-- && !check.endangered;)
		check_one(&check, plan[i]);
	free(check.grounds);
	free(check.chosen);
	free(check.goes);
	return check.endangered;
}

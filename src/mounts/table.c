/* SPDX-License-Identifier: MIT */
#include "mounts/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/statmount.h"
#include "memory.h"

/* Copies TEXT to *AT, which comes to be behind it. */
static const char *
keep(char **at, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = memcpy(*at, text, size);

	*at += size;
	return copy;
}

static bool
add(const struct mountinfo *mount, void *context)
{
	struct table *table = context;
	struct mountinfo *copy;
	char *at;

	/* By powers of two. */
	if (!(table->count & (table->count - 1))) {
		size_t room = table->count ? table->count * 2 : 1;

		table->mounts = memory_resize(table->mounts, room, sizeof(*table->mounts));
		table->texts = memory_resize(table->texts, room, sizeof(*table->texts));
	}
	copy = &table->mounts[table->count];
	*copy = *mount;
	at = memory_get(strlen(mount->root) + strlen(mount->target) + strlen(mount->options)
			+ strlen(mount->tags) + strlen(mount->type) + strlen(mount->source)
			+ strlen(mount->super) + 7);
	table->texts[table->count++] = at;
	copy->root = keep(&at, mount->root);
	copy->target = keep(&at, mount->target);
	copy->options = keep(&at, mount->options);
	copy->tags = keep(&at, mount->tags);
	copy->type = keep(&at, mount->type);
	copy->source = keep(&at, mount->source);
	copy->super = keep(&at, mount->super);
	return true;
}

static int
compare(const void *left, const void *right)
{
	const struct table_id *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

/* All have been read, with this RESULT. */
static int
finish(struct table *table, int result)
{
	int error = errno;

	if (result < 0) {
		table_done(table);
		errno = error;
		return -1;
	}
	table->ids = memory_resize(NULL, table->count, sizeof(*table->ids));
	for (size_t i = 0; i < table->count; i++)
		table->ids[i] = (struct table_id){ table->mounts[i].id, i };
	qsort(table->ids, table->count, sizeof(*table->ids), compare);
	return 0;
}

int
table_read_of(struct table *table, int fd)
{
	*table = (struct table){ 0 };
	return finish(table, mountinfo_each_of(fd, add, table));
}

int
table_read(struct table *table)
{
	if (table_read_of(table, mountinfo_open()) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	if (finish(table, statmount_list(add, table)) == 0)
		return 0;
	errno = ENOENT;
	return -1;
}

void
table_forget(struct table *table, const struct mountinfo *mount)
{
	struct mountinfo *gone = &table->mounts[mount - table->mounts];

	gone->target = gone->source = "";
	gone->major = gone->minor = 0;
}

void
table_done(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		free(table->texts[i]);
	free(table->texts);
	free(table->mounts);
	free(table->ids);
	*table = (struct table){ 0 };
}

/* The last mount at TARGET, or, if BELOW is not NULL, the one there that is mounted on that. */
static const struct mountinfo *
find_on(const struct table *table, const char *target, const struct mountinfo *below)
{
	for (size_t i = table->count; i--;) {
		const struct mountinfo *mount = &table->mounts[i];

		if ((!below || (mount->parent == below->id && mount != below))
		    && !strcmp(mount->target, target))
			return mount;
	}
	return NULL;
}

const struct mountinfo *
table_find_target(const struct table *table, const char *target)
{
	const struct mountinfo *found = find_on(table, target, NULL), *next = found;

	/* What has come beneath another one may be told after it. */
	for (size_t steps = 0; next && steps < table->count; steps++) {
		found = next;
		next = find_on(table, target, found);
	}
	return found;
}

const struct mountinfo *
table_find_id(const struct table *table, int id)
{
	const struct table_id wanted = { .id = id }, *found;

	found = table->count ? bsearch(&wanted, table->ids, table->count, sizeof(wanted), compare)
			     : NULL;
	return found ? &table->mounts[found->index] : NULL;
}

const struct mountinfo *
table_parent(const struct table *table, const struct mountinfo *mount)
{
	return mount->parent == mount->id ? NULL : table_find_id(table, mount->parent);
}

bool
table_is_below(const struct table *table, const struct mountinfo *mount, int id)
{
	for (size_t steps = 0; mount && steps <= table->count; steps++) {
		if (mount->id == id)
			return true;
		mount = table_parent(table, mount);
	}
	return false;
}

/* Whether the SIZE bytes at WORD are one of LIST, with commas. */
static bool
has_word(const char *list, const char *word, size_t size)
{
	while (list) {
		size_t length = strcspn(list, ",");

		if (length == size && !strncmp(list, word, size))
			return true;
		list = list[length] ? list + length + 1 : NULL;
	}
	return false;
}

bool
table_has_type(const char *types, const char *type)
{
	bool negated = types && !strncmp(types, "no", 2);

	return !types || has_word(types + (negated ? 2 : 0), type, strlen(type)) != negated;
}

bool
table_has_options(const char *wanted, const char *options)
{
	while (wanted) {
		size_t size = strcspn(wanted, ",");
		bool literal = size && *wanted == '+';
		const char *word = wanted + literal;
		bool negated = !literal && size > 2 && !strncmp(word, "no", 2);

		/* A word that begins so may be an option itself. */
		if (size && !has_word(options, word, size - literal)
		    && !(negated && !has_word(options, word + 2, size - 2)))
			return false;
		wanted = wanted[size] ? wanted + size + 1 : NULL;
	}
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "mounts/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/statmount.h"
#include "memory.h"

static bool
add(const struct mountinfo *mount, void *context)
{
	struct table *table = context;
	struct mountinfo *copy;

	/* By powers of two. */
	if (!(table->count & (table->count - 1)))
		table->mounts = memory_resize(table->mounts, table->count ? table->count * 2 : 1,
					      sizeof(*table->mounts));
	copy = &table->mounts[table->count++];
	*copy = *mount;
	copy->root = memory_string(mount->root);
	copy->target = memory_string(mount->target);
	copy->options = memory_string(mount->options);
	copy->tags = memory_string(mount->tags);
	copy->type = memory_string(mount->type);
	copy->source = memory_string(mount->source);
	copy->super = memory_string(mount->super);
	return true;
}

int
table_read(struct table *table)
{
	int error;

	*table = (struct table){ 0 };
	if (mountinfo_each(add, table) == 0)
		return 0;
	error = errno;
	table_done(table);
	if (error == ENOENT && statmount_list(add, table) == 0)
		return 0;
	errno = error;
	return -1;
}

void
table_done(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		struct mountinfo *mount = &table->mounts[i];
		const char *texts[] = { mount->root, mount->target, mount->options, mount->tags,
					mount->type, mount->source, mount->super };

		for (size_t j = 0; j < sizeof(texts) / sizeof(*texts); j++)
			free((void *)texts[j]);
	}
	free(table->mounts);
	*table = (struct table){ 0 };
}

const struct mountinfo *
table_find_target(const struct table *table, const char *target)
{
	for (size_t i = table->count; i--;)
		if (!strcmp(table->mounts[i].target, target))
			return &table->mounts[i];
	return NULL;
}

const struct mountinfo *
table_find_id(const struct table *table, int id)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->mounts[i].id == id)
			return &table->mounts[i];
	return NULL;
}

bool
table_is_below(const struct table *table, const struct mountinfo *mount, int id)
{
	for (size_t steps = 0; mount && steps <= table->count; steps++) {
		if (mount->id == id)
			return true;
		mount = mount->parent == mount->id ? NULL : table_find_id(table, mount->parent);
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
		bool negated = size > 2 && !strncmp(wanted, "no", 2);

		/* A word that begins so may be an option itself. */
		if (size && !has_word(options, wanted, size)
		    && !(negated && !has_word(options, wanted + 2, size - 2)))
			return false;
		wanted = wanted[size] ? wanted + size + 1 : NULL;
	}
	return true;
}

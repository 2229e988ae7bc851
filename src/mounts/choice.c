/* SPDX-License-Identifier: MIT */
#include "mounts/choice.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mounts/disks.h"
#include "mounts/source.h"
#include "mounts/table.h"

/* Whether two sources are spelled alike, but for the quotes of tags. */
static bool
is_same_name(const char *name, const char *other)
{
	struct disks_tag tag, other_tag;
	bool result = !strcmp(name, other);

	if (result || disks_parse(name, &tag) <= 0)
		return result;
	if (disks_parse(other, &other_tag) > 0) {
		result = tag.key == other_tag.key && !strcmp(tag.value, other_tag.value);
		disks_tag_done(&other_tag);
	}
	disks_tag_done(&tag);
	return result;
}

static bool
is_spelled_so(const struct fstab_entry *entry, const char *name)
{
	return source_is_same_path(entry->target, name) || is_same_name(entry->source, name);
}

/* What is asked for, as the kernel sees it. */
struct meaning {
	char *path; /* NULL: it is none */
	struct source source;
};

static bool
means_so(const struct fstab_entry *entry, const struct meaning *meaning)
{
	char *target = meaning->path ? realpath(entry->target, NULL) : NULL;
	struct source source;
	bool result = target && !strcmp(target, meaning->path);

	free(target);
	if (result)
		return true;
	/* Names that are not paths have been compared; and only a disk has tags. */
	if (!meaning->source.kind || (meaning->source.kind != S_IFBLK && *entry->source != '/'))
		return false;
	source_identify(&source, entry->source);
	result = source_is_same(&source, &meaning->source);
	source_done(&source);
	return result;
}

const struct fstab_entry *
choice_find(const struct fstab *fstab, const char *name)
{
	const struct fstab_entry *found = NULL;
	struct meaning meaning;

	for (size_t i = fstab->count; i--;)
		if (!fstab->entries[i].fault && is_spelled_so(&fstab->entries[i], name))
			return &fstab->entries[i];
	meaning.path = realpath(name, NULL);
	source_identify(&meaning.source, meaning.path ? meaning.path : name);
	for (size_t i = fstab->count; i-- && !found;)
		if (!fstab->entries[i].fault && means_so(&fstab->entries[i], &meaning))
			found = &fstab->entries[i];
	free(meaning.path);
	source_done(&meaning.source);
	return found;
}

enum choice_reason
choice_is_meant(const struct fstab_entry *entry, const char *types, const char *options)
{
	if (!strcmp(entry->type, "swap"))
		return CHOICE_IS_SWAP;
	if (source_is_same_path(entry->target, "/"))
		return CHOICE_IS_ROOT;
	if (!table_has_type(types, entry->type))
		return CHOICE_HAS_OTHER_TYPE;
	if (!table_has_options(options, entry->options))
		return CHOICE_HAS_OTHER_OPTIONS;
	return CHOICE_IS_MEANT;
}

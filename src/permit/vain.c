/* SPDX-License-Identifier: MIT */
#include "permit/vain.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/status.h"
#include "memory.h"

struct search {
	const struct permit *permit;
	char **places; /* permit's paths without links; NULL: it has none */
	void (*tell)(const struct vain *vain, void *context);
	void *context;
};

/* Whether PATH is TOP, which has no slash at its end, or below it. */
static bool
is_below(const char *path, const char *top)
{
	size_t length = strlen(top);

	return !strncmp(path, top, length) && (path[length] == '/' || !path[length]);
}

/* Whether PATH is an entry of the folder DIR. */
static bool
is_entry(const char *path, const char *dir)
{
	size_t length = (size_t)(strrchr(path, '/') - path);

	return strlen(dir) == (length ? length : 1) && !strncmp(path, dir, length);
}

static bool
exists(const char *path)
{
	struct status status;

	return status_at(AT_FDCWD, path, true, &status) == 0;
}

/* What is marked shows the nearest folder of PATH that exists? */
static enum vain_reason
judge_ground(const struct search *search, const char *path)
{
	char *above = memory_string(path);
	enum grounds_view view;

	while (!exists(above) && strrchr(above, '/') > above)
		*strrchr(above, '/') = '\0';
	view = grounds_view(&search->permit->grounds, exists(above) ? above : "/");
	free(above);
	if (view == GROUNDS_SEEN)
		return VAIN_NOT;
	if (view == GROUNDS_OTHER_PATH)
		return VAIN_OTHER_PATH;
	return search->permit->scope == PERMIT_MOUNT ? VAIN_MOUNT : VAIN_FILE_SYSTEM;
}

/* Whether something that is asked about can be PATH or below it; with ONLY_BELOW, below it. */
static enum vain_reason
judge_path(const struct search *search, const char *path, bool only_below)
{
	enum vain_reason reason = VAIN_INODE;

	for (size_t i = 0; i < search->permit->path_count; i++) {
		const char *place = search->places[i];

		if (!place || is_below(place, path))
			return VAIN_NOT;
		if (!only_below && is_entry(path, place))
			reason = VAIN_NOT;
	}
	if (search->permit->scope != PERMIT_INODE)
		reason = judge_ground(search, path);
	return reason == VAIN_NOT && !exists(path) ? VAIN_MISSING : reason;
}

/* Where all lies that the glob GLOB can match, as far as it names that: into DIR. False: it does not. */
static bool
folder_of(const char *glob, char dir[PATH_MAX])
{
	size_t length = strcspn(glob, "*?[\\");

	while (length && glob[length - 1] != '/')
		length--;
	if (length < 2 || length > PATH_MAX)
		return false;
	memcpy(dir, glob, length - 1);
	dir[length - 1] = '\0';
	return true;
}

static enum vain_reason
judge_glob(const struct search *search, const char *dir)
{
	enum vain_reason reason;
	char *real = realpath(dir, NULL);

	if (real && strcmp(real, dir) != 0)
		reason = VAIN_LINKS;
	else
		reason = judge_path(search, dir, true);
	free(real);
	return reason;
}

/* Whether RULE, which has no conditions, decides about all that OTHER is for. */
static bool
takes_all(const struct rule *rule, const struct rule *other)
{
	if (rule->count || other->operations & ~rule->operations)
		return false;
	return rule->pattern.kind == PATTERN_ANY
	       || (rule->pattern.kind == PATTERN_BELOW && other->pattern.kind == PATTERN_BELOW
		   && pattern_has(&rule->pattern, other->pattern.text));
}

static void
look_at_pattern(const struct search *search, const struct rule *rule)
{
	struct vain vain = { .line = rule->line, .column = rule->column };
	char dir[PATH_MAX];

	if (rule->pattern.kind == PATTERN_BELOW) {
		vain.path = *rule->pattern.text ? rule->pattern.text : "/";
		vain.reason = judge_path(search, rule->pattern.text, false);
	} else if (rule->pattern.kind == PATTERN_PATH && folder_of(rule->pattern.text, dir)) {
		vain.path = dir;
		vain.reason = judge_glob(search, dir);
	}
	if (vain.reason != VAIN_NOT)
		search->tell(&vain, search->context);
}

static void
look_at_programs(const struct search *search, const struct rule *rule)
{
	for (size_t i = 0; i < rule->count; i++)
		for (size_t j = 0; j < rule->conditions[i].count; j++) {
			const struct rules_value *value = &rule->conditions[i].values[j];
			struct vain vain = { .reason = VAIN_MISSING,
					     .line = rule->line,
					     .column = value->column,
					     .path = value->pattern.text };

			if (rule->conditions[i].key == RULES_EXE
			    && value->pattern.kind == PATTERN_BELOW && !exists(vain.path))
				search->tell(&vain, search->context);
		}
}

static void
look_at(const struct search *search, size_t number)
{
	const struct rule *rules = search->permit->rules->rules, *rule = &rules[number];
	struct vain vain = { .reason = VAIN_TAKEN, .line = rule->line, .column = 1 };

	for (size_t i = 0; i < number; i++)
		if (takes_all(&rules[i], rule)) {
			vain.by = rules[i].line;
			search->tell(&vain, search->context);
			return;
		}
	look_at_pattern(search, rule);
	look_at_programs(search, rule);
}

void
vain_each(const struct permit *permit, void (*tell)(const struct vain *vain, void *context),
	  void *context)
{
	struct search search = { .permit = permit, .tell = tell, .context = context };

	search.places = memory_get(permit->path_count * sizeof(*search.places));
	for (size_t i = 0; i < permit->path_count; i++)
		search.places[i] = realpath(permit->paths[i], NULL);
	for (size_t i = 0; i < permit->rules->count; i++)
		look_at(&search, i);
	for (size_t i = 0; i < permit->path_count; i++)
		free(search.places[i]);
	free(search.places);
}

/* SPDX-License-Identifier: MIT */
#include "event/filter.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buffer.h"
#include "memory.h"

struct filter_pattern {
	regex_t expression;
	bool include;
};

/* libc's "Unmatched ( or \\(" and "Unmatched \\{" name another syntax's as well. */
static void
plain(char *reason)
{
	char *other = strstr(reason, " or \\"), *backslash = strchr(reason, '\\');

	if (other)
		*other = '\0';
	else if (backslash)
		memmove(backslash, backslash + 1, strlen(backslash));
}

const char *
filter_add(struct filter *filter, const char *pattern, bool include, bool ignore_case)
{
	static char reason[128];
	struct filter_pattern *new;
	int error;

	filter->patterns = memory_resize(filter->patterns, filter->count + 1, sizeof(*new));
	new = &filter->patterns[filter->count];
	new->include = include;
	error = regcomp(&new->expression, pattern,
			REG_EXTENDED | REG_NOSUB | (ignore_case ? REG_ICASE : 0));
	if (error) {
		regerror(error, &new->expression, reason, sizeof(reason));
		plain(reason);
		return reason;
	}
	filter->count++;
	return NULL;
}

bool
filter_passes(const struct filter *filter, const char *path)
{
	bool needed = false, included = false;

	for (size_t i = 0; i < filter->count; i++) {
		const struct filter_pattern *pattern = &filter->patterns[i];

		if (pattern->include && included)
			continue;
		needed |= pattern->include;
		if (regexec(&pattern->expression, path, 0, NULL, 0) != 0)
			continue;
		if (!pattern->include)
			return false;
		included = true;
	}
	return included || !needed;
}

bool
filter_prunes(const struct filter *filter, const char *path)
{
	struct buffer folder = { 0 }, below = { 0 };
	bool prunes = false;
	size_t length = strlen(path);

	buffer_add(&folder, path, length > 1 ? length - 1 : length);
	/* A name that nobody means: what matches it here matches any. */
	buffer_print(&below, "%s\1/\1", path);
	for (size_t i = 0; i < filter->count && !prunes; i++) {
		const struct filter_pattern *pattern = &filter->patterns[i];

		prunes = !pattern->include
			 && (!regexec(&pattern->expression, buffer_string(&folder), 0, NULL, 0)
			     || !regexec(&pattern->expression, buffer_string(&below), 0, NULL, 0));
	}
	buffer_done(&folder);
	buffer_done(&below);
	return prunes;
}

void
filter_done(struct filter *filter)
{
	for (size_t i = 0; i < filter->count; i++)
		regfree(&filter->patterns[i].expression);
	free(filter->patterns);
	*filter = (struct filter){ 0 };
}

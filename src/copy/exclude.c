/* SPDX-License-Identifier: MIT */
#include "copy/exclude.h"

#include <fnmatch.h>
#include <string.h>

#include "cli/buffer.h"

/* The components of a path, one string behind the other. */
struct components {
	struct buffer bytes;
	const char *at, *end;
};

static void
split(struct components *components, const char *path, size_t size)
{
	char *bytes;

	components->bytes = (struct buffer){ 0 };
	buffer_add(&components->bytes, path, size);
	bytes = buffer_string(&components->bytes);
	components->at = bytes;
	components->end = bytes + size + 1;
	while ((bytes = strchr(bytes, '/')))
		*bytes++ = '\0';
}

static const char *
behind(const char *component)
{
	return component + strlen(component) + 1;
}

/* Whether PATTERN is that of all of PATH. Two stars are any folders, also none, and at the end all below. */
static bool
matches_path(struct components *pattern, struct components *path)
{
	const char *stars = NULL, *from = NULL;

	while (path->at < path->end) {
		bool has = pattern->at < pattern->end;

		if (has && !strcmp(pattern->at, "**")) {
			/* Only the last may have to take more: those before it fit already. */
			stars = pattern->at = behind(pattern->at);
			from = path->at;
			if (stars == pattern->end)
				return true;
		} else if (has && fnmatch(pattern->at, path->at, 0) == 0) {
			pattern->at = behind(pattern->at);
			path->at = behind(path->at);
		} else if (stars) {
			pattern->at = stars;
			path->at = from = behind(from);
		} else {
			return false;
		}
	}
	return pattern->at == pattern->end;
}

bool
exclude_matches(const char *pattern, const char *path, bool is_folder)
{
	size_t begin = !strncmp(pattern, "./", 2) ? 2 : *pattern == '/',
	       size = strlen(pattern + begin);
	bool for_folders = size && pattern[begin + size - 1] == '/', matches;
	const char *slash = strrchr(path, '/');
	struct components all, given;

	if (for_folders && !is_folder)
		return false;
	size -= for_folders;
	if (!begin && !memchr(pattern, '/', size) && slash)
		path = slash + 1;
	split(&all, pattern + begin, size);
	split(&given, path, strlen(path));
	matches = matches_path(&all, &given);
	buffer_done(&all.bytes);
	buffer_done(&given.bytes);
	return matches;
}

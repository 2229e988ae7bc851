/* SPDX-License-Identifier: MIT */
#include "copy/exclude.h"

#include <fnmatch.h>
#include <string.h>

#include "cli/buffer.h"

bool
exclude_matches(const char *pattern, const char *path, bool is_folder)
{
	size_t begin = !strncmp(pattern, "./", 2) ? 2 : *pattern == '/',
	       size = strlen(pattern + begin);
	bool for_folders = size && pattern[begin + size - 1] == '/', matches;
	const char *slash = strrchr(path, '/'), *name = slash && !begin ? slash + 1 : path;
	struct buffer copy = { 0 };
	char *text;

	if (for_folders && !is_folder)
		return false;
	buffer_add(&copy, pattern + begin, size - for_folders);
	text = buffer_string(&copy);
	if (strchr(text, '/'))
		name = path;
	/* Two stars are any folders, also none. */
	matches = fnmatch(text, name, strstr(text, "**") ? 0 : FNM_PATHNAME) == 0
		  || (!strncmp(text, "**/", 3) && fnmatch(text + 3, name, 0) == 0);
	buffer_done(&copy);
	return matches;
}

/* SPDX-License-Identifier: MIT */
#include "mounts/layers.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "memory.h"

char *
layers_next(char **list, bool *is_data)
{
	char *start = *list, *from, *to;

	if (!start)
		return NULL;
	if (*start == ':') {
		*is_data = true;
		start++;
	}
	for (from = to = start; *from && *from != ':'; from++, to++) {
		if (*from == '\\' && from[1])
			from++;
		*to = *from;
	}
	*list = *from ? from + 1 : NULL;
	*to = '\0';
	return start;
}

char *
layers_missing(const char *list)
{
	char *copy = memory_string(list), *rest = copy, *layer, *missing = NULL;
	bool is_data = false;
	struct stat status;

	while (!missing && (layer = layers_next(&rest, &is_data)) != NULL)
		if (stat(layer, &status) < 0)
			missing = memory_string(layer);
	free(copy);
	return missing;
}

/* SPDX-License-Identifier: MIT */
#include "policy/namelist.h"

#include <string.h>
#include <strings.h>

#include "cli/names.h"

int
namelist_find(const struct namelist *list, const char *name, size_t length)
{
	int low = 0, high = list->count;

	while (low < high) {
		int middle = (low + high) / 2;
		const char *candidate = namelist_name(list, middle);
		size_t size = strlen(candidate);
		int order = memcmp(name, candidate, length < size ? length : size);

		if (!order && length == size)
			return middle;
		if (order < 0 || (!order && length < size))
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

const char *
namelist_nearest(const struct namelist *list, const char *name, size_t length)
{
	char word[64];
	const char *best = NULL;

	if (length >= sizeof word)
		return NULL;
	memcpy(word, name, length);
	word[length] = '\0';
	for (int i = 0; i < list->count; i++) {
		if (!strcasecmp(word, namelist_name(list, i)))
			return namelist_name(list, i);
		names_nearer(word, namelist_name(list, i), &best);
	}
	return best;
}

/* SPDX-License-Identifier: MIT */
#include "cli/names.h"

#include <ctype.h>

/* Whether NAME begins with KNOWN, upper and lower case alike, and a dash as an underscore. */
static bool
is_equal(const char *known, const char *name)
{
	for (; *known; known++, name++)
		if (tolower((unsigned char)*name) != *known && !(*name == '-' && *known == '_'))
			return false;
	return true;
}

bool
names_find(const struct name *table, const char *name, size_t length, uint64_t *bits)
{
	for (; *table->name; table++)
		if (strlen(table->name) == length && is_equal(table->name, name)) {
			*bits = table->bits;
			return true;
		}
	return false;
}

void
names_print(struct buffer *buffer, const struct name *table, uint64_t bits, char separator)
{
	bool more = false;

	for (; *table->name; table++)
		if (*table->word && table->bits & bits) {
			if (more)
				buffer_byte(buffer, separator);
			buffer_text(buffer, table->word);
			more = true;
		}
}

const struct name *
names_first(const struct name *table, uint64_t bits)
{
	for (; *table->name; table++)
		if (*table->word && table->bits & bits)
			return table;
	return NULL;
}

static int
least(int a, int b, int c)
{
	int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

int
names_distance(const char *a, const char *b)
{
	enum { MOST = 48 };
	int rows[3][MOST + 1];
	size_t width = strlen(b), height = strlen(a);

	if (width > MOST || height > MOST)
		return 99;
	for (size_t y = 0; y <= height; y++) {
		int *now = rows[y % 3], *above = rows[(y + 2) % 3], *twice = rows[(y + 1) % 3];

		now[0] = (int)y;
		for (size_t x = 1; x <= width; x++) {
			if (!y) {
				now[x] = (int)x;
				continue;
			}
			now[x] = least(above[x] + 1, now[x - 1] + 1,
				       above[x - 1] + (a[y - 1] != b[x - 1]));
			if (y > 1 && x > 1 && a[y - 1] == b[x - 2] && a[y - 2] == b[x - 1]
			    && twice[x - 2] + 1 < now[x])
				now[x] = twice[x - 2] + 1;
		}
	}
	return rows[height % 3][width];
}

void
names_nearer(const char *word, const char *candidate, const char **best)
{
	int limit = strlen(word) < 5 ? 1 : 2;
	int distance = names_distance(word, candidate);

	if (distance <= limit && (!*best || distance < names_distance(word, *best)))
		*best = candidate;
}

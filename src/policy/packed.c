/* SPDX-License-Identifier: MIT */
#include "policy/packed.h"

#include <string.h>

static void
begin_block(struct packed_name *name, const struct packed *list, int block)
{
	name->list = list;
	name->next = list->text + list->blocks[block];
	name->place = block * PACKED_BLOCK - 1;
}

void
packed_begin(struct packed_name *name, const struct packed *list)
{
	begin_block(name, list, 0);
}

bool
packed_next(struct packed_name *name)
{
	size_t size;

	if (name->place + 1 >= name->list->count)
		return false;
	size = strlen(name->next + 1) + 1;
	memcpy(name->text + *name->next, name->next + 1, size);
	name->next += size + 1;
	name->place++;
	return true;
}

/* As memcmp(3) compares LENGTH bytes of TEXT with NAME. */
static int
order(const char *text, size_t length, const char *name)
{
	size_t size = strlen(name);
	int difference = memcmp(text, name, length < size ? length : size);

	return difference ? difference : length < size ? -1 : length > size;
}

int
packed_find(const struct packed *list, const char *text, size_t length)
{
	int low = 0, high = (list->count + PACKED_BLOCK - 1) / PACKED_BLOCK;
	struct packed_name name;

	/* The last block that does not begin behind it. */
	while (high - low > 1) {
		int middle = (low + high) / 2;

		if (order(text, length, list->text + list->blocks[middle] + 1) < 0)
			high = middle;
		else
			low = middle;
	}
	begin_block(&name, list, low);
	while (name.place + 1 < (low + 1) * PACKED_BLOCK && packed_next(&name))
		if (!order(text, length, name.text))
			return name.place;
	return -1;
}

/* SPDX-License-Identifier: MIT */
#include "policy/pool.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { ALIGNMENT = alignof(max_align_t), LEAST = 1024, MOST = 65536 };

struct pool_block {
	struct pool_block *next;
	size_t used, room;
	alignas(max_align_t) char bytes[];
};

void *
pool_take(struct pool *pool, size_t size)
{
	struct pool_block *block = pool->blocks;
	void *place;

	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!block || block->room - block->used < size) {
		/* Little at first: a page of memory that nothing has used yet is expensive. */
		size_t room = block && block->room <= MOST / 2 ? 2 * block->room
			      : block                          ? MOST
							       : LEAST;

		if (room < size)
			room = size;
		block = memory_resize(NULL, 1, sizeof(*block) + room);
		block->used = 0;
		block->room = room;
		block->next = pool->blocks;
		pool->blocks = block;
	}
	place = block->bytes + block->used;
	block->used += size;
	return place;
}

void *
pool_get(struct pool *pool, size_t size)
{
	return memset(pool_take(pool, size), 0, size);
}

void
pool_close(struct pool *pool)
{
	for (struct pool_block *block = pool->blocks, *next; block; block = next) {
		next = block->next;
		free(block);
	}
	pool->blocks = NULL;
}

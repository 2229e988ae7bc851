/* SPDX-License-Identifier: MIT */
#include "policy/pool.h"

#include <stdalign.h>
#include <stdlib.h>

#include "memory.h"

enum { ALIGNMENT = alignof(max_align_t), LEAST = 16384 - 64 };

struct pool_block {
	struct pool_block *next;
	size_t used, room;
	alignas(max_align_t) char bytes[];
};

void *
pool_get(struct pool *pool, size_t size)
{
	struct pool_block *block = pool->blocks;
	void *place;

	size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (!block || block->room - block->used < size) {
		size_t room = size > LEAST ? size : LEAST;

		block = memory_get(sizeof(*block) + room);
		block->room = room;
		block->next = pool->blocks;
		pool->blocks = block;
	}
	place = block->bytes + block->used;
	block->used += size;
	return place;
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

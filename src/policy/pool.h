/* SPDX-License-Identifier: MIT */
/* Memory in many small pieces that are freed all at once. A zeroed struct is an empty pool. */
#ifndef BUTTER_POLICY_POOL_H
#define BUTTER_POLICY_POOL_H

#include <stddef.h>

struct pool {
	struct pool_block *blocks;
};

/* SIZE bytes, for whatever type; they live as long as POOL. */
void *pool_take(struct pool *pool, size_t size);

/* The same, zeroed. */
void *pool_get(struct pool *pool, size_t size);

void pool_close(struct pool *pool);

#endif

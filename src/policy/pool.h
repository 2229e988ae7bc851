/* SPDX-License-Identifier: MIT */
/* Memory in many small pieces that are freed all at once. A zeroed struct is an empty pool. */
#ifndef BUTTER_POLICY_POOL_H
#define BUTTER_POLICY_POOL_H

#include <stddef.h>

struct pool {
	struct pool_block *blocks;
};

/* SIZE zeroed bytes, for whatever type. */
void *pool_get(struct pool *pool, size_t size);

void pool_close(struct pool *pool);

#endif

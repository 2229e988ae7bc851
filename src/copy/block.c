/* SPDX-License-Identifier: MIT */
#include "copy/block.h"

#include <stdint.h>

enum { PAGE = 4096 };

char *
block_bytes(void)
{
	/* Aligned by hand: a static that asks for a page has all others begin on a new one. */
	static char space[BLOCK_SIZE + PAGE];

	return space + (-(uintptr_t)space & (PAGE - 1));
}

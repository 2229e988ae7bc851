/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

void (*memory_exhausted)(void) = abort;

static void *
present(void *pointer)
{
	if (!pointer)
		memory_exhausted();
	return pointer;
}

void *
memory_get(size_t size)
{
	return present(calloc(1, size ? size : 1));
}

void *
memory_resize(void *pointer, size_t count, size_t size)
{
	if (!count || !size)
		count = size = 1;
	return present(reallocarray(pointer, count, size));
}

char *
memory_string(const char *text)
{
	return present(strdup(text));
}

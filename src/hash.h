/* SPDX-License-Identifier: MIT */
/* Numbers for hash tables: FNV-1a, by Fowler, Noll and Vo. */
#ifndef BUTTER_HASH_H
#define BUTTER_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_SEED UINT64_C(0xcbf29ce484222325)

/* A number for the LENGTH bytes at BYTES; another one for each SEED. */
static inline uint64_t
hash_bytes(uint64_t seed, const void *bytes, size_t length)
{
	uint64_t hash = seed;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 32;
}

/* The same for the string TEXT. */
static inline uint64_t
hash_text(uint64_t seed, const char *text)
{
	uint64_t hash = seed;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
	return hash ^ hash >> 32;
}

#endif

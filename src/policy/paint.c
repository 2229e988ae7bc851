/* SPDX-License-Identifier: MIT */
#include "policy/paint.h"

#include <string.h>

enum { FEW = 24, NONE = 0 };

/* Links of a cell, by their numbers from 1 on. */
struct paint_cell {
	uint32_t first, last;
	uint32_t open; /* a cell from this one on, before which nothing is undecided any more */
};

struct paint_link {
	uint32_t owner, next;
};

static void
sort_few(uint64_t *values, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint64_t value = values[i];
		size_t at = i;

		for (; at && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
}

/*
 * Byte by byte, those in which values differ: what has few of them, as numbers of calls, needs few rounds.
 * OTHER has room for as many.
 */
static void
sort(uint64_t *values, uint64_t *other, size_t count)
{
	uint64_t *from = values, *to = other, *swap, differing = 0;

	for (size_t i = 1; i < count; i++)
		differing |= values[i] ^ values[0];
	for (unsigned shift = 0; shift < 64; shift += 8) {
		uint32_t place[257] = { 0 };

		if (!(differing >> shift & 0xff))
			continue;
		for (size_t i = 0; i < count; i++)
			place[(from[i] >> shift & 0xff) + 1]++;
		for (size_t i = 1; i < 256; i++)
			place[i] += place[i - 1];
		for (size_t i = 0; i < count; i++)
			to[place[from[i] >> shift & 0xff]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != values)
		memcpy(values, from, count * sizeof(*values));
}

/* Finds where cells begin. */
static void
cut(struct paint *paint, const struct paint_claim *claims, size_t count, uint64_t most)
{
	uint64_t *cuts = pool_take(paint->pool, (2 * count + 1) * sizeof(*cuts));
	size_t cutting = 0;

	cuts[cutting++] = 0;
	for (size_t i = 0; i < count; i++) {
		cuts[cutting++] = claims[i].first;
		if (claims[i].last < most)
			cuts[cutting++] = claims[i].last + 1;
	}
	/* One cell more than there are, which is never decided. At first cuts are sorted in their place. */
	paint->cells = pool_take(paint->pool, (cutting + 1) * sizeof(*paint->cells));
	if (cutting <= FEW)
		sort_few(cuts, cutting);
	else
		sort(cuts, (uint64_t *)(void *)paint->cells, cutting);
	paint->firsts = cuts;
	for (size_t i = 0; i < cutting; i++)
		if (!i || cuts[i] != cuts[paint->count - 1])
			cuts[paint->count++] = cuts[i];
	for (uint32_t i = 0; i <= paint->count; i++)
		paint->cells[i] = (struct paint_cell){ NONE, NONE, i };
}

static uint32_t
find_open(struct paint_cell *cells, uint32_t at)
{
	while (cells[at].open != at)
		at = cells[at].open = cells[cells[at].open].open;
	return at;
}

/* The cell that begins with FIRST. */
static uint32_t
find_cell(const struct paint *paint, uint64_t first)
{
	uint32_t from = 0, to = paint->count;

	while (to - from > 1) {
		uint32_t half = from + (to - from) / 2;

		if (paint->firsts[half] <= first)
			from = half;
		else
			to = half;
	}
	return from;
}

static void
add_link(struct paint *paint, struct paint_cell *cell, uint32_t owner)
{
	if (paint->link_count == paint->link_room) {
		struct paint_link *links;

		paint->link_room *= 2;
		links = pool_take(paint->pool, paint->link_room * sizeof(*links));
		if (paint->link_count)
			memcpy(links, paint->links, paint->link_count * sizeof(*links));
		paint->links = links;
	}
	paint->links[paint->link_count++] = (struct paint_link){ owner, NONE };
	if (cell->first != NONE)
		paint->links[cell->last - 1].next = paint->link_count;
	else
		cell->first = paint->link_count;
	cell->last = paint->link_count;
}

void
paint(struct paint *paint, struct pool *pool, const struct paint_claim *claims, size_t count,
      uint64_t most)
{
	*paint = (struct paint){ .pool = pool };
	cut(paint, claims, count, most);
	paint->link_room = (uint32_t)count;
	paint->links = pool_take(pool, count * sizeof(*paint->links));
	for (size_t i = 0; i < count; i++) {
		uint32_t at = find_cell(paint, claims[i].first);

		while ((at = find_open(paint->cells, at)) < paint->count
		       && paint->firsts[at] <= claims[i].last) {
			add_link(paint, &paint->cells[at], claims[i].owner);
			if (claims[i].decides)
				paint->cells[at].open = at + 1;
			else
				at++;
		}
	}
}

size_t
paint_count(const struct paint *paint, uint32_t cell)
{
	size_t count = 0;

	for (uint32_t link = paint->cells[cell].first; link != NONE;
	     link = paint->links[link - 1].next)
		count++;
	return count;
}

void
paint_owners(const struct paint *paint, uint32_t cell, uint32_t *owners)
{
	for (uint32_t link = paint->cells[cell].first; link != NONE;
	     link = paint->links[link - 1].next)
		*owners++ = paint->links[link - 1].owner;
}

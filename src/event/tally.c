/* SPDX-License-Identifier: MIT */
#include "event/tally.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/inotify.h"
#include "memory.h"

enum { LEAST_BUCKETS = 64 };

/* The rows that all three tables have. */
#define COLUMNS                                                                                    \
	{ "access", IN_ACCESS, NULL, NULL }, { "modify", IN_MODIFY, NULL, NULL },                  \
		{ "attrib", IN_ATTRIB, NULL, NULL },                                               \
		{ "close_write", IN_CLOSE_WRITE, NULL, NULL },                                     \
		{ "close_nowrite", IN_CLOSE_NOWRITE, NULL, NULL },                                 \
		{ "open", IN_OPEN, NULL, NULL }, { "moved_from", IN_MOVED_FROM, NULL, NULL },      \
		{ "moved_to", IN_MOVED_TO, NULL, NULL },                                           \
		{ "move_self", IN_MOVE_SELF, NULL, NULL }, { "create", IN_CREATE, NULL, NULL },    \
		{ "delete", IN_DELETE, NULL, NULL },                                               \
		{ "delete_self", IN_DELETE_SELF, NULL, NULL },                                     \
	{                                                                                          \
		"unmount", IN_UNMOUNT, NULL, NULL                                                  \
	}

const struct name tally_columns[TALLY_COLUMNS + 1] = { COLUMNS, { NULL, 0, NULL, NULL } };

const struct name tally_events[] = { COLUMNS,
				     { "close", IN_CLOSE, NULL, NULL },
				     { "move", IN_MOVE, NULL, NULL },
				     { "all_events", IN_ALL_EVENTS, NULL, NULL },
				     { NULL, 0, NULL, NULL } };

const struct name tally_keys[] = { { "total", TALLY_TOTAL, NULL, NULL },
				   COLUMNS,
				   { NULL, 0, NULL, NULL } };

static struct tally_chain *
chain_of(const struct tally *tally, const char *path, size_t length)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < length; i++) /* FNV-1a */
		hash = (hash ^ (unsigned char)path[i]) * UINT64_C(0x100000001b3);
	return &tally->chains[(hash ^ hash >> 32) & (tally->buckets - 1)];
}

static void
insert(struct tally *tally, struct tally_row *row)
{
	SLIST_INSERT_HEAD(chain_of(tally, row->path, row->length), row, same_path);
}

/* Twice as many chains as soon as there is one row for each. */
static void
grow(struct tally *tally)
{
	struct tally_chain *old = tally->chains;
	size_t buckets = tally->buckets;

	tally->buckets = buckets ? buckets * 2 : LEAST_BUCKETS;
	tally->chains = memory_get(tally->buckets * sizeof(*tally->chains));
	for (size_t i = 0; i < buckets; i++)
		while (!SLIST_EMPTY(&old[i])) {
			struct tally_row *row = SLIST_FIRST(&old[i]);

			SLIST_REMOVE_HEAD(&old[i], same_path);
			insert(tally, row);
		}
	free(old);
}

void
tally_open(struct tally *tally, uint64_t events)
{
	*tally = (struct tally){ .events = events };
	grow(tally);
}

static bool
is_path(const struct tally_row *row, const char *path, size_t length)
{
	return row->length == length && !memcmp(row->path, path, length);
}

struct tally_row *
tally_row(struct tally *tally, const char *path, size_t length)
{
	struct tally_row *row = tally->last;

	if (row && is_path(row, path, length))
		return row;
	SLIST_FOREACH(row, chain_of(tally, path, length), same_path)
	if (is_path(row, path, length))
		return tally->last = row;
	if (tally->count++ >= tally->buckets)
		grow(tally);
	row = memory_get(sizeof(*row) + length + 1);
	row->rank = SIZE_MAX;
	row->length = length;
	memcpy(row->path, path, length);
	insert(tally, row);
	return tally->last = row;
}

void
tally_add(struct tally *tally, const char *path, size_t length, uint64_t what)
{
	struct tally_row *row = NULL;

	what &= tally->events;
	for (size_t i = 0; i < TALLY_COLUMNS; i++) {
		if (!(what & tally_columns[i].bits))
			continue;
		row = row ? row : tally_row(tally, path, length);
		row->counts[i]++;
		row->total++;
		row->recent++;
		tally->counts[i]++;
		tally->total++;
		tally->recent++;
	}
}

static double
rate_of(uint64_t count, int64_t nanoseconds)
{
	return (double)count * 1e9 / (double)nanoseconds;
}

void
tally_sample(struct tally *tally, int64_t nanoseconds)
{
	struct tally_row *row;

	tally->rate = rate_of(tally->recent, nanoseconds);
	tally->recent = 0;
	for (size_t i = 0; i < tally->buckets; i++)
		SLIST_FOREACH(row, &tally->chains[i], same_path)
		{
			row->rate = rate_of(row->recent, nanoseconds);
			row->recent = 0;
		}
}

static uint64_t
value_of(const struct tally_row *row, uint64_t by)
{
	for (size_t i = 0; i < TALLY_COLUMNS; i++)
		if (tally_columns[i].bits == by)
			return row->counts[i];
	return row->total;
}

/* Which of the two rows comes first, for qsort_r(3). */
static int
compare(const void *left, const void *right, void *context)
{
	const struct tally_row *a = *(struct tally_row *const *)left,
			       *b = *(struct tally_row *const *)right;
	const struct tally_order *order = context;
	int sign = order->ascending ? 1 : -1;
	uint64_t x = value_of(a, order->by), y = value_of(b, order->by);

	if (order->by == TALLY_RATE && (a->rate > b->rate || a->rate < b->rate))
		return a->rate < b->rate ? -sign : sign;
	if (x != y)
		return x < y ? -sign : sign;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return strcmp(a->path, b->path);
}

struct tally_row **
tally_sorted(const struct tally *tally, struct tally_order order)
{
	struct tally_row **rows = memory_get((tally->count + 1) * sizeof(*rows)), *row;
	size_t count = 0;

	for (size_t i = 0; i < tally->buckets; i++)
		SLIST_FOREACH(row, &tally->chains[i], same_path)
	rows[count++] = row;
	qsort_r(rows, count, sizeof(struct tally_row *), compare, &order);
	return rows;
}

size_t
tally_top(const struct tally *tally, struct tally_order order, struct tally_row **rows, size_t most)
{
	struct tally_row *row;
	size_t count = 0, at;

	for (size_t i = 0; i < tally->buckets && most; i++)
		SLIST_FOREACH(row, &tally->chains[i], same_path)
		{
			if (!row->total
			    || (count == most && compare(&row, &rows[count - 1], &order) > 0))
				continue;
			count += count < most;
			for (at = count - 1; at && compare(&row, &rows[at - 1], &order) < 0; at--)
				rows[at] = rows[at - 1];
			rows[at] = row;
		}
	return count;
}

void
tally_trim(struct tally *tally, size_t most, struct tally_order order)
{
	struct tally_row **rows;

	if (tally->count <= most)
		return;
	rows = tally_sorted(tally, order);
	memset(tally->chains, 0, tally->buckets * sizeof(*tally->chains));
	for (size_t i = 0; i < tally->count; i++)
		if (i < most)
			insert(tally, rows[i]);
		else
			free(rows[i]);
	free(rows);
	tally->count = most;
	tally->last = NULL;
}

void
tally_close(struct tally *tally)
{
	for (size_t i = 0; i < tally->buckets; i++)
		while (!SLIST_EMPTY(&tally->chains[i])) {
			struct tally_row *row = SLIST_FIRST(&tally->chains[i]);

			SLIST_REMOVE_HEAD(&tally->chains[i], same_path);
			free(row);
		}
	free(tally->chains);
	*tally = (struct tally){ 0 };
}

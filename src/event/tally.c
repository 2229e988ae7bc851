/* SPDX-License-Identifier: MIT */
#include "event/tally.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "memory.h"

enum { LEAST_BUCKETS = 64 };

/* The order of rows that tally_trim keeps: the rate, and what has come since it was taken. */
#define ACTIVITY (UINT64_C(1) << 61)

/* An order, and what it takes to find the number that it is about. */
struct key {
	uint64_t by;
	bool ascending;
	size_t column; /* whose bit BY is, or none */
};

static struct tally_chain *
chain_of(const struct tally *tally, const char *path, size_t length)
{
	return &tally->chains[hash_bytes(HASH_SEED, path, length) & (tally->buckets - 1)];
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
tally_open(struct tally *tally, const struct name *names, uint64_t events)
{
	*tally = (struct tally){ 0 };
	for (; *names->name && tally->column_count < TALLY_COLUMNS; names++) {
		bool one = !(names->bits & (names->bits - 1));

		if (!one || !(names->bits & events))
			continue;
		tally->columns[tally->column_count++] = names;
		tally->events |= names->bits;
	}
	grow(tally);
}

static bool
is_path(const struct tally_row *row, const char *path, size_t length)
{
	return row->length == length && !memcmp(row->path, path, length);
}

static struct tally_row *
make_row(struct tally *tally, const char *path, size_t length)
{
	size_t counts = tally->column_count * sizeof(uint64_t);
	struct tally_row *row = memory_get(sizeof(*row) + counts + length + 1);
	char *copy = (char *)row->counts + counts;

	memcpy(copy, path, length);
	row->rank = SIZE_MAX;
	row->path = copy;
	row->length = length;
	insert(tally, row);
	return row;
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
	return tally->last = make_row(tally, path, length);
}

void
tally_add(struct tally *tally, const char *path, size_t length, uint64_t what)
{
	struct tally_row *row;
	uint64_t bits = 0;

	what &= tally->events;
	if (!what)
		return;
	row = path ? tally_row(tally, path, length) : NULL;
	for (size_t i = 0; what; what &= ~bits, i++) {
		bits = tally->columns[i]->bits;
		if (!(what & bits))
			continue;
		tally->counts[i]++;
		tally->total++;
		tally->recent++;
		if (!row)
			continue;
		row->counts[i]++;
		row->total++;
		row->recent++;
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

static struct key
key_of(const struct tally *tally, struct tally_order order)
{
	struct key key = { order.by, order.ascending, 0 };

	while (key.column < tally->column_count && tally->columns[key.column]->bits != order.by)
		key.column++;
	if (key.column == tally->column_count)
		key.column = TALLY_COLUMNS;
	return key;
}

/* What has happened of late, if the order is by that. */
static double
late_of(const struct tally_row *row, const struct key *key)
{
	if (key->by == ACTIVITY)
		return row->rate + (double)row->recent;
	return key->by == TALLY_RATE ? row->rate : 0;
}

static uint64_t
value_of(const struct tally_row *row, const struct key *key)
{
	return key->column < TALLY_COLUMNS ? row->counts[key->column] : row->total;
}

/* Which of the two rows comes first, for qsort_r(3). */
static int
compare(const void *left, const void *right, void *context)
{
	const struct tally_row *a = *(struct tally_row *const *)left,
			       *b = *(struct tally_row *const *)right;
	const struct key *key = context;
	int sign = key->ascending ? 1 : -1;
	double late = late_of(a, key), later = late_of(b, key);
	uint64_t x = value_of(a, key), y = value_of(b, key);

	if (late > later || late < later)
		return late < later ? -sign : sign;
	if (x != y)
		return x < y ? -sign : sign;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return strcmp(a->path, b->path);
}

static void
sort(const struct tally *tally, struct tally_row **rows, size_t count, struct tally_order order)
{
	struct key key = key_of(tally, order);

	qsort_r(rows, count, sizeof(struct tally_row *), compare, &key);
}

struct tally_row **
tally_sorted(const struct tally *tally, struct tally_order order)
{
	struct tally_row **rows = memory_get((tally->count + 1) * sizeof(*rows)), *row;
	size_t count = 0;

	for (size_t i = 0; i < tally->buckets; i++)
		SLIST_FOREACH(row, &tally->chains[i], same_path)
	rows[count++] = row;
	sort(tally, rows, count, order);
	return rows;
}

size_t
tally_top(const struct tally *tally, struct tally_order order, struct tally_row **rows, size_t most)
{
	struct key key = key_of(tally, order);
	struct tally_row *row;
	size_t count = 0, at;

	for (size_t i = 0; i < tally->buckets && most; i++)
		SLIST_FOREACH(row, &tally->chains[i], same_path)
		{
			if (!row->total
			    || (count == most && compare(&row, &rows[count - 1], &key) > 0))
				continue;
			count += count < most;
			for (at = count - 1; at && compare(&row, &rows[at - 1], &key) < 0; at--)
				rows[at] = rows[at - 1];
			rows[at] = row;
		}
	return count;
}

void
tally_trim(struct tally *tally, size_t busiest, size_t greatest)
{
	size_t kept = busiest + greatest;
	struct tally_row **rows;

	if (tally->count <= kept)
		return;
	rows = tally_sorted(tally, (struct tally_order){ .by = ACTIVITY });
	if (greatest)
		sort(tally, rows + busiest, tally->count - busiest,
		     (struct tally_order){ .by = TALLY_TOTAL });
	memset(tally->chains, 0, tally->buckets * sizeof(*tally->chains));
	for (size_t i = 0; i < tally->count; i++)
		if (i < kept)
			insert(tally, rows[i]);
		else
			free(rows[i]);
	free(rows);
	tally->count = kept;
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

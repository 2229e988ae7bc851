/* SPDX-License-Identifier: MIT */
#include "mounts/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/escape.h"
#include "cli/json.h"
#include "memory.h"
#include "mounts/forest.h"
#include "mounts/source.h"

/*
 * More levels of a tree are not drawn, and columns no wider: nobody would read that, and lines would be as
 * long as levels are many.
 */
enum { MOST_LEVELS = 64, WIDEST = 100 };

/* LIST without the `rw` or `ro` that it begins with; *READ_ONLY: it was that. */
static const char *
skip_access(const char *list, bool *read_only)
{
	size_t length = strcspn(list, ",");

	if (length != 2 || (strncmp(list, "ro", 2) && strncmp(list, "rw", 2)))
		return list;
	*read_only |= list[1] == 'o';
	return list + length + (list[length] == ',');
}

void
listing_add_options(struct buffer *buffer, const struct mountinfo *mount)
{
	bool read_only = false;
	const char *own = skip_access(mount->options, &read_only);
	const char *super = skip_access(mount->super, &read_only);
	size_t start;

	buffer_text(buffer, read_only ? "ro" : "rw");
	if (*own)
		buffer_print(buffer, ",%s", own);
	if (!*super)
		return;
	buffer_byte(buffer, ',');
	start = buffer->length;
	buffer_text(buffer, super);
	mountinfo_unescape(buffer_string(buffer) + start);
	buffer->length = start + strlen(buffer->data + start);
}

static void
add_escaped(struct buffer *buffer, const char *text)
{
	escape_text(buffer, text, strlen(text), ESCAPE_ALL);
}

static void
add_line(struct buffer *buffer, const struct listing *listing, const struct mountinfo *mount,
	 const char *options)
{
	char *label = listing->labels ? source_label(mount->source) : NULL;

	add_escaped(buffer, mount->source);
	buffer_text(buffer, " on ");
	add_escaped(buffer, mount->target);
	buffer_text(buffer, " type ");
	add_escaped(buffer, mount->type);
	buffer_text(buffer, " (");
	add_escaped(buffer, options);
	buffer_byte(buffer, ')');
	if (label) {
		buffer_text(buffer, " [");
		add_escaped(buffer, label);
		buffer_byte(buffer, ']');
	}
	buffer_byte(buffer, '\n');
	free(label);
}

static void
add_string(struct buffer *buffer, const char *key, const char *text)
{
	json_bytes(buffer, key, text, strlen(text));
}

/* The kernel's number that begins at TEXT. */
static int
number_at(const char *text)
{
	int number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (*text - '0');
	return number;
}

/* The tags `shared:1 master:2` as words, and as numbers. */
static void
add_propagation(struct buffer *buffer, const char *tags)
{
	static const struct {
		const char *tag, *key;
	} numbers[] = { { "shared:", "peer_group" },
			{ "master:", "master" },
			{ "propagate_from:", "propagate_from" } };
	bool shared = strstr(tags, numbers[0].tag), slave = strstr(tags, numbers[1].tag);

	json_word(buffer, "propagation",
		  shared && slave              ? "shared,slave"
		  : shared                     ? "shared"
		  : slave                      ? "slave"
		  : strstr(tags, "unbindable") ? "unbindable"
					       : "private");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		const char *tag = strstr(tags, numbers[i].tag);

		if (tag)
			json_number(buffer, numbers[i].key,
				    number_at(tag + strlen(numbers[i].tag)));
	}
}

static void
add_object(struct buffer *buffer, const struct listing *listing, const struct mountinfo *mount,
	   const char *options)
{
	char *label = listing->labels ? source_label(mount->source) : NULL;
	char device[32];

	snprintf(device, sizeof(device), "%u:%u", mount->major, mount->minor);
	json_begin(buffer);
	json_number(buffer, "id", mount->id);
	json_number(buffer, "parent", mount->parent);
	json_word(buffer, "device", device);
	add_string(buffer, "root", mount->root);
	add_string(buffer, "target", mount->target);
	add_string(buffer, "source", mount->source);
	add_string(buffer, "type", mount->type);
	add_string(buffer, "options", options);
	add_propagation(buffer, mount->tags);
	if (label)
		add_string(buffer, "label", label);
	json_end(buffer);
	buffer_byte(buffer, '\n');
	free(label);
}

/* The branches of a tree in front of NODE. */
static void
add_branches(struct buffer *buffer, const struct forest *forest, size_t node)
{
	const struct forest_node *nodes = forest->nodes;
	size_t levels = nodes[node].level, at = node, length = 2 * levels;
	char *branches;

	if (levels > MOST_LEVELS) {
		buffer_text(buffer, "... ");
		return;
	}
	branches = buffer_reserve(buffer, length);
	buffer->length += length;
	for (; levels--; at = nodes[at].parent) {
		bool is_last = nodes[at].next == FOREST_NONE;

		branches[2 * levels] = at != node ? (is_last ? ' ' : '|') : is_last ? '`' : '|';
		branches[2 * levels + 1] = at == node ? '-' : ' ';
	}
}

/* As many as a terminal shows, more or less. */
static size_t
count_characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

enum { TARGET, SOURCE, TYPE, COLUMNS };

/* What is in these columns of NODE, each ended by a NUL. */
static void
write_cells(struct buffer *cells, const struct forest *forest, const struct table *table,
	    size_t node)
{
	const struct mountinfo *mount = &table->mounts[node];

	cells->length = 0;
	add_branches(cells, forest, node);
	add_escaped(cells, mount->target);
	buffer_byte(cells, '\0');
	add_escaped(cells, mount->source);
	buffer_byte(cells, '\0');
	add_escaped(cells, mount->type);
	buffer_byte(cells, '\0');
}

/* As wide as the widest in them, but for what no line has place for anyway. */
static void
measure(size_t widths[COLUMNS], const struct buffer *cells)
{
	const char *cell = cells->data;

	for (int i = 0; i < COLUMNS; i++, cell += strlen(cell) + 1) {
		size_t width = count_characters(cell);

		if (width > widths[i] && width <= WIDEST)
			widths[i] = width;
	}
}

static void
add_row(struct buffer *buffer, const size_t widths[COLUMNS], const struct buffer *cells)
{
	const char *cell = cells->data;

	for (int i = 0; i < COLUMNS; i++, cell += strlen(cell) + 1) {
		buffer_text(buffer, cell);
		for (size_t width = count_characters(cell); width < widths[i]; width++)
			buffer_byte(buffer, ' ');
		buffer_byte(buffer, ' ');
	}
}

static size_t
add_tree(struct buffer *buffer, const struct listing *listing, const struct table *table)
{
	size_t widths[COLUMNS] = { 0 }, count = 0;
	struct buffer cells = { 0 }, options = { 0 };
	struct forest forest;

	forest_grow(&forest, table, listing->types);
	for (size_t i = forest.first; i != FOREST_NONE; i = forest_next(&forest, i)) {
		write_cells(&cells, &forest, table, i);
		measure(widths, &cells);
	}
	for (size_t i = forest.first; i != FOREST_NONE; i = forest_next(&forest, i), count++) {
		write_cells(&cells, &forest, table, i);
		add_row(buffer, widths, &cells);
		options.length = 0;
		listing_add_options(&options, &table->mounts[i]);
		add_escaped(buffer, buffer_string(&options));
		buffer_byte(buffer, '\n');
	}
	forest_done(&forest);
	buffer_done(&cells);
	buffer_done(&options);
	return count;
}

size_t
listing_add(struct buffer *buffer, const struct listing *listing, const struct table *table)
{
	struct buffer options = { 0 };
	size_t count = 0;

	if (listing->form == LISTING_TREE)
		return add_tree(buffer, listing, table);
	for (size_t i = 0; i < table->count; i++) {
		const struct mountinfo *mount = &table->mounts[i];

		if (!table_has_type(listing->types, mount->type)
		    || (listing->id && listing->id != mount->id))
			continue;
		options.length = 0;
		listing_add_options(&options, mount);
		(listing->form == LISTING_JSON ? add_object : add_line)(buffer, listing, mount,
									buffer_string(&options));
		count++;
	}
	buffer_done(&options);
	return count;
}

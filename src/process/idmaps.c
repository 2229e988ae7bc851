/* SPDX-License-Identifier: MIT */
#include "process/idmaps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/num.h"
#include "file.h"
#include "kernel/proc.h"
#include "memory.h"

static const char between[] = " \t\n";

void
idmaps_append(struct idmap *map, uint32_t inside, uint32_t outside, uint32_t count)
{
	if (map->count == map->room) {
		map->room = map->room * 2 + 8;
		map->ranges = memory_resize(map->ranges, map->room, sizeof(*map->ranges));
	}
	map->ranges[map->count++] = (struct idmap_range){ inside, outside, count };
}

static int
complain(struct idmaps_trouble *trouble, size_t line, const char *text, size_t length,
	 const char *reason)
{
	*trouble = (struct idmaps_trouble){ .line = line, .reason = reason };
	snprintf(trouble->text, sizeof(trouble->text), "%.*s", (int)(length > 39 ? 39 : length),
		 text);
	errno = EINVAL;
	return -1;
}

/* ---- reading ---- */

/* The three numbers of LENGTH bytes at TEXT, with SEPARATOR between them. */
static int
take_numbers(const char *text, size_t length, char separator, int64_t numbers[3])
{
	const char *end = text + length;

	for (int i = 0; i < 3; i++) {
		const char *stop = i < 2 ? memchr(text, separator, (size_t)(end - text)) : end;
		char number[16];

		if (!stop || (size_t)(stop - text) >= sizeof(number))
			return -1;
		snprintf(number, sizeof(number), "%.*s", (int)(stop - text), text);
		if (num_integer(number, 0, UINT32_MAX, &numbers[i]) < 0)
			return -1;
		text = stop + 1;
	}
	return 0;
}

static const char *
add(struct idmap *map, int64_t inside, int64_t outside, int64_t count)
{
	/* The last number, -1, is no id. */
	if (!count)
		return "its count is 0";
	if (inside + count > UINT32_MAX || outside + count > UINT32_MAX)
		return "it goes beyond 4294967294, the largest id";
	idmaps_append(map, (uint32_t)inside, (uint32_t)outside, (uint32_t)count);
	return NULL;
}

int
idmaps_parse(const char *text, struct idmap *map, struct idmaps_trouble *trouble)
{
	size_t line = 0;

	for (text += strspn(text, between); *text || !line; text += strspn(text, between)) {
		size_t length = strcspn(text, between);
		bool is_old = memchr(text, ',', length);
		const char *reason = "it is not of the form INSIDE:OUTSIDE:COUNT";
		int64_t numbers[3];

		line++;
		if (take_numbers(text, length, is_old ? ',' : ':', numbers) == 0)
			reason = add(map, numbers[is_old], numbers[!is_old], numbers[2]);
		if (reason)
			return complain(trouble, line, text, length, reason);
		text += length;
	}
	return 0;
}

int
idmaps_read(const char *text, struct idmap *map)
{
	unsigned int inside, outside, count;
	int length;

	while (sscanf(text, "%u %u %u%n", &inside, &outside, &count, &length) == 3) {
		idmaps_append(map, inside, outside, count);
		text += length;
	}
	return text[strspn(text, between)] || !map->count ? -1 : 0;
}

bool
idmaps_next_subid(const char **at, struct idmaps_subid *subid)
{
	while (**at) {
		const char *line = *at, *colon;
		size_t length = strcspn(line, "\n");
		int64_t numbers[3];
		char rest[48];

		*at += length + (line[length] == '\n');
		colon = memchr(line, ':', length);
		if (!colon || colon == line || (size_t)(colon - line) >= sizeof(subid->whom)
		    || length - (size_t)(colon - line) >= sizeof(rest) - 2)
			continue;
		snprintf(subid->whom, sizeof(subid->whom), "%.*s", (int)(colon - line), line);
		snprintf(rest, sizeof(rest), "0%.*s", (int)(line + length - colon), colon);
		if (take_numbers(rest, strlen(rest), ':', numbers) < 0 || !numbers[2]
		    || numbers[1] + numbers[2] > UINT32_MAX)
			continue;
		subid->start = (uint32_t)numbers[1];
		subid->count = (uint32_t)numbers[2];
		return true;
	}
	return false;
}

/* ---- making ---- */

/* How many ids there are from FROM to HOLE, or END where that is not between. */
static uint32_t
run(uint64_t from, uint64_t hole, uint64_t end)
{
	return (uint32_t)((hole > from && hole < end ? hole : end) - from);
}

/* Those of RANGE without INSIDE, in their order, are those without OUTSIDE; one may be left over. */
static void
pair(struct idmap *map, const struct idmap_range *range, uint32_t inside, uint32_t outside)
{
	uint64_t in = range->inside, out = range->outside;
	const uint64_t in_end = in + range->count, out_end = out + range->count;

	while (in < in_end && out < out_end) {
		uint32_t most = run(in, inside, in_end), count = run(out, outside, out_end);

		if (in == inside || out == outside) {
			in += in == inside;
			out += out == outside;
			continue;
		}
		count = count < most ? count : most;
		idmaps_append(map, (uint32_t)in, (uint32_t)out, count);
		in += count;
		out += count;
	}
}

void
idmaps_single(struct idmap *map, uint32_t inside, uint32_t outside)
{
	struct idmap all = *map;

	*map = (struct idmap){ 0 };
	for (size_t i = 0; i < all.count; i++)
		pair(map, &all.ranges[i], inside, outside);
	free(all.ranges);
	idmaps_append(map, inside, outside, 1);
}

void
idmaps_print(const struct idmap *map, struct buffer *text)
{
	for (size_t i = 0; i < map->count; i++)
		buffer_print(text, "%u %u %u\n", map->ranges[i].inside, map->ranges[i].outside,
			     map->ranges[i].count);
}

static bool
meets(uint32_t a, uint32_t a_count, uint32_t b, uint32_t b_count)
{
	return a < b ? b - a < a_count : a - b < b_count;
}

/* Complains of the range I of MAP. */
static int
complain_of(const struct idmap *map, size_t i, const char *reason, struct idmaps_trouble *trouble)
{
	char text[40];

	snprintf(text, sizeof(text), "%u:%u:%u", map->ranges[i].inside, map->ranges[i].outside,
		 map->ranges[i].count);
	return complain(trouble, i + 1, text, strlen(text), reason);
}

int
idmaps_check(const struct idmap *map, struct idmaps_trouble *trouble)
{
	struct buffer text = { 0 };
	size_t length;

	if (map->count > IDMAPS_MOST)
		return complain_of(map, IDMAPS_MOST, "the kernel takes 340 ranges at most",
				   trouble);
	for (size_t i = 1; i < map->count; i++)
		for (size_t k = 0; k < i; k++) {
			const struct idmap_range *a = &map->ranges[i], *b = &map->ranges[k];

			if (meets(a->inside, a->count, b->inside, b->count))
				return complain_of(
					map, i, "ids inside are in another range, too, before it",
					trouble);
			if (meets(a->outside, a->count, b->outside, b->count))
				return complain_of(
					map, i, "ids outside are in another range, too, before it",
					trouble);
		}
	idmaps_print(map, &text);
	length = text.length;
	buffer_done(&text);
	if (length >= (size_t)sysconf(_SC_PAGESIZE))
		return complain(trouble, 0, "", 0,
				"the map is longer than the kernel takes, a page");
	return 0;
}

bool
idmaps_is_own(const struct idmap *map, uint32_t outside)
{
	return map->count == 1 && map->ranges[0].count == 1 && map->ranges[0].outside == outside;
}

/* ---- writing ---- */

int
idmaps_write(pid_t pid, const char *name, const char *text, size_t length)
{
	char path[40];
	ssize_t size;
	int fd;

	if (pid)
		snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
	else
		snprintf(path, sizeof(path), "self/%s", name);
	fd = proc_open(path, O_WRONLY);
	if (fd < 0)
		return -1;
	size = write(fd, text, length);
	file_close(fd);
	return size == (ssize_t)length ? 0 : -1;
}

/* SPDX-License-Identifier: MIT */
#include "kernel/maps.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/*
 * Reads a number of BASE 10 or 16 at *AT, which comes to be behind it. False: there is none, or too
 * large a one.
 */
static bool
take_number(const char **at, unsigned base, uint64_t most, uint64_t *number)
{
	const char *begin = *at;

	for (*number = 0;; (*at)++) {
		unsigned digit = **at >= '0' && **at <= '9'   ? (unsigned)(**at - '0')
				 : **at >= 'a' && **at <= 'f' ? (unsigned)(**at - 'a' + 10)
							      : 16;

		if (digit >= base)
			return *at > begin;
		if (*number > (most - digit) / base)
			return false;
		*number = *number * base + digit;
	}
}

static bool
take_byte(const char **at, char byte)
{
	if (**at != byte)
		return false;
	(*at)++;
	return true;
}

bool
maps_parse(const char *line, size_t length, struct map *map)
{
	const char *at = line;
	uint64_t number, major, minor;
	size_t range;

	if (strlen(line) != length || !take_number(&at, 16, UINT64_MAX, &number)
	    || !take_byte(&at, '-') || !take_number(&at, 16, UINT64_MAX, &number))
		return false;
	range = (size_t)(at - line);
	if (range >= sizeof(map->range) || !take_byte(&at, ' ') || strcspn(at, " ") != 4)
		return false;
	at += 4;
	if (!take_byte(&at, ' ') || !take_number(&at, 16, UINT64_MAX, &number)
	    || !take_byte(&at, ' ') || !take_number(&at, 16, UINT_MAX, &major)
	    || !take_byte(&at, ':') || !take_number(&at, 16, UINT_MAX, &minor)
	    || !take_byte(&at, ' ') || !take_number(&at, 10, UINT64_MAX, &map->inode))
		return false;
	memcpy(map->range, line, range);
	map->range[range] = '\0';
	map->major = (unsigned int)major;
	map->minor = (unsigned int)minor;
	map->path = at + strspn(at, " ");
	return true;
}

int
maps_each(int fd, bool (*each)(const struct map *map, void *context), void *context)
{
	/* The kernel gives whole lines, up to a page and one path; what is longer is no line of its. */
	char text[32768];
	size_t size = 0;
	int file = openat(fd, "maps", O_RDONLY | O_CLOEXEC), error;
	ssize_t count;
	bool more = true;

	if (file < 0)
		return -1;
	while (more && (count = read(file, text + size, sizeof(text) - size)) > 0) {
		char *line = text, *end;

		size += (size_t)count;
		while (more && (end = memchr(line, '\n', size - (size_t)(line - text)))) {
			struct map map;

			*end = '\0';
			if (maps_parse(line, (size_t)(end - line), &map) && map.inode)
				more = each(&map, context);
			line = end + 1;
		}
		size -= (size_t)(line - text);
		memmove(text, line, size);
		if (size == sizeof(text))
			size = 0;
	}
	error = errno;
	close(file);
	errno = error;
	return more && count < 0 ? -1 : 0;
}

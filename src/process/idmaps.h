/* SPDX-License-Identifier: MIT */
/*
 * Which ids of a user namespace are which outside: uid_map and gid_map of user_namespaces(7). All but
 * the last two are pure functions of what they get.
 */
#ifndef BUTTER_IDMAPS_H
#define BUTTER_IDMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/buffer.h"

/* So many ids from INSIDE on are those from OUTSIDE on. */
struct idmap_range {
	uint32_t inside, outside, count;
};

/* A zeroed one is empty; free(3) its ranges. */
struct idmap {
	struct idmap_range *ranges;
	size_t count, room;
};

enum { IDMAPS_MOST = 340 /* ranges, since Linux 4.15 */ };

struct idmaps_trouble {
	size_t line;        /* of the text, or of the map, from 1 on; 0: it is about all of it */
	char text[40];      /* its beginning */
	const char *reason; /* to be put behind it */
};

void idmaps_append(struct idmap *map, uint32_t inside, uint32_t outside, uint32_t count);

/*
 * Adds the ranges of TEXT, which blanks or newlines separate: INSIDE:OUTSIDE:COUNT, or, as util-linux had it
 * first, OUTSIDE,INSIDE,COUNT. -1: TROUBLE.
 */
int idmaps_parse(const char *text, struct idmap *map, struct idmaps_trouble *trouble);

/*
 * INSIDE alone is OUTSIDE; where a range has one of them already that gets a hole, and goes on behind it with
 * the next id of the other side, as long as both sides have one.
 */
void idmaps_single(struct idmap *map, uint32_t inside, uint32_t outside);

/* Whether the kernel will take it: -1: TROUBLE, for ranges that overlap, are too many, or too long a text. */
int idmaps_check(const struct idmap *map, struct idmaps_trouble *trouble);

/* As the kernel wants it. */
void idmaps_print(const struct idmap *map, struct buffer *text);

/* Reads such a text, as /proc/self/uid_map is. -1: it is not of that form. */
int idmaps_read(const char *text, struct idmap *map);

/* A line of subuid(5): to WHOM so many ids from START on belong. */
struct idmaps_subid {
	char whom[256];
	uint32_t start, count;
};

/* The next good line of *AT, which moves on. False: there is none. */
bool idmaps_next_subid(const char **at, struct idmaps_subid *subid);

/*
 * Writes to the file NAME (uid_map, gid_map, setgroups) of PID (0: the caller), all at once. -1 with errno:
 * EPERM (these ids are not the caller's, or setgroups has to be denied before), EINVAL, ENOENT (no /proc).
 */
int idmaps_write(pid_t pid, const char *name, const char *text, size_t length);

/* Whether that needs no rights: MAP is for the caller's own id OUTSIDE alone. */
bool idmaps_is_own(const struct idmap *map, uint32_t outside);

#endif

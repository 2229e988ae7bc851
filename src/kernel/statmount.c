/* SPDX-License-Identifier: MIT */
#include "kernel/statmount.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/compat.h"
#include "memory.h"

/* How many ids at a time. */
enum { MANY = 256 };

/* The kernel's struct mnt_id_req in its first form; linux/mount.h. */
struct request {
	uint32_t size, spare;
	uint64_t id, param;
};

/* The kernel's struct statmount, as far as it matters here; linux/mount.h. */
struct answer {
	uint32_t size, options; /* options, root, point and others: where in strings they begin */
	uint64_t mask;
	uint32_t major, minor;
	uint64_t magic;
	uint32_t super, type;
	uint64_t id, parent;
	uint32_t old_id, old_parent;
	uint64_t attributes, propagation, group, master, from;
	uint32_t root, point;
	uint64_t namespace;
	uint32_t subtype, source;
	char behind[384];
	char strings[2 * PATH_MAX];
};

/* WHAT of the mount ID, into SIZE bytes. -1 with errno. */
static int
ask_for(uint64_t id, uint64_t what, struct answer *answer, size_t size)
{
	struct request request = { .size = sizeof(request), .id = id, .param = what };

	_Static_assert(offsetof(struct answer, parent) == 48, "the kernel's struct");
	_Static_assert(offsetof(struct answer, propagation) == 72, "the kernel's struct");
	_Static_assert(offsetof(struct answer, point) == 108, "the kernel's struct");
	_Static_assert(offsetof(struct answer, source) == 124, "the kernel's struct");
	_Static_assert(offsetof(struct answer, strings) == 512, "the kernel's struct");
	return syscall(NUMBER_STATMOUNT, &request, answer, size, 0) < 0 ? -1 : 0;
}

static int
ask(uint64_t id, uint64_t what, struct answer *answer)
{
	return ask_for(id, what, answer, sizeof(*answer));
}

int
statmount_id(const char *path, uint64_t *id)
{
	struct statx status;

	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID_UNIQUE, &status) < 0)
		return -1;
	*id = status.stx_mnt_id;
	errno = ENOSYS;
	return status.stx_mask & STATX_MNT_ID_UNIQUE ? 0 : -1;
}

int
statmount_is_initial(uint64_t id)
{
	struct answer answer;

	return ask(id, STATMOUNT_MNT_BASIC, &answer) < 0 ? -1 : answer.id == answer.parent;
}

int
statmount_is_in_shared(uint64_t id)
{
	struct answer answer;

	if (ask(id, STATMOUNT_MNT_BASIC, &answer) < 0
	    || ask(answer.parent, STATMOUNT_MNT_BASIC, &answer) < 0)
		return -1;
	return (answer.propagation & MS_SHARED) != 0;
}

int
statmount_path(uint64_t id, char *path, size_t room)
{
	struct answer answer;
	const char *point;

	if (ask(id, STATMOUNT_MNT_POINT, &answer) < 0)
		return -1;
	point = answer.strings + answer.point;
	if (!(answer.mask & STATMOUNT_MNT_POINT)) {
		errno = EXDEV;
		return -1;
	}
	if (strlcpy(path, point, room) >= room) {
		errno = EOVERFLOW;
		return -1;
	}
	return 0;
}

/* All of a mount that can be listed. */
#define EVERYTHING                                                                                 \
	(STATMOUNT_SB_BASIC | STATMOUNT_MNT_BASIC | STATMOUNT_PROPAGATE_FROM | STATMOUNT_MNT_ROOT  \
	 | STATMOUNT_MNT_POINT | STATMOUNT_FS_TYPE | STATMOUNT_MNT_OPTS | STATMOUNT_FS_SUBTYPE     \
	 | STATMOUNT_SB_SOURCE)

/* Relatime, which has no bit of its own, gets one that the kernel does not use there. */
#define RELATIME (UINT64_C(1) << 63)

/* A bit, and its word in /proc/self/mountinfo, in the order of that. */
struct word {
	uint64_t bit;
	const char *word;
};

/* Writes to TEXT of ROOM bytes the words of BITS behind FIRST, with commas, and then REST. */
static void
join(char *text, size_t room, const char *first, const struct word *words, uint64_t bits,
     const char *rest)
{
	strlcpy(text, first, room);
	for (; words->bit; words++)
		if (bits & words->bit) {
			strlcat(text, ",", room);
			strlcat(text, words->word, room);
		}
	if (*rest) {
		strlcat(text, ",", room);
		strlcat(text, rest, room);
	}
}

/* Of the mount. */
static void
write_options(char *text, size_t room, uint64_t attributes)
{
	static const struct word words[] = {
		{ MOUNT_ATTR_NOSUID, "nosuid" },
		{ MOUNT_ATTR_NODEV, "nodev" },
		{ MOUNT_ATTR_NOEXEC, "noexec" },
		{ MOUNT_ATTR_NOATIME, "noatime" },
		{ MOUNT_ATTR_NODIRATIME, "nodiratime" },
		{ RELATIME, "relatime" },
		{ MOUNT_ATTR_NOSYMFOLLOW, "nosymfollow" },
		{ MOUNT_ATTR_IDMAP, "idmapped" },
		{ 0, NULL },
	};

	/* That is the one which has no bit. */
	if (!(attributes & MOUNT_ATTR__ATIME))
		attributes |= RELATIME;
	join(text, room, attributes & MOUNT_ATTR_RDONLY ? "ro" : "rw", words, attributes, "");
}

/* Of the file system, REST being those that only it knows. */
static void
write_super(char *text, size_t room, uint32_t flags, const char *rest)
{
	static const struct word words[] = {
		{ MS_SYNCHRONOUS, "sync" },
		{ MS_DIRSYNC, "dirsync" },
		{ MS_LAZYTIME, "lazytime" },
		{ 0, NULL },
	};

	join(text, room, flags & MS_RDONLY ? "ro" : "rw", words, flags, rest);
}

/* How it propagates. ROOM is enough. */
static void
write_tags(char *text, size_t room, const struct answer *answer)
{
	uint64_t how = answer->propagation, from = answer->from;
	int length = 0;

	*text = '\0';
	if (how & MS_SHARED)
		length = snprintf(text, room, "shared:%" PRIu64 " ", answer->group);
	if (how & MS_SLAVE)
		length += snprintf(text + length, room - (size_t)length, "master:%" PRIu64 " ",
				   answer->master);
	if (how & MS_SLAVE && from && from != answer->master)
		length += snprintf(text + length, room - (size_t)length,
				   "propagate_from:%" PRIu64 " ", from);
	if (how & MS_UNBINDABLE)
		length += snprintf(text + length, room - (size_t)length, "unbindable ");
	if (length)
		text[length - 1] = '\0';
}

/* All that is to be listed; it grows as it must. */
struct listed {
	struct answer *answer;
	size_t size;        /* of that */
	char *super, *type; /* of the same size */
};

/* -1 with errno. */
static int
ask_all(uint64_t id, struct listed *listed)
{
	while (!listed->size || ask_for(id, EVERYTHING, listed->answer, listed->size) < 0) {
		if (listed->size && errno != EOVERFLOW)
			return -1;
		listed->size = listed->size ? listed->size * 2 : sizeof(struct answer);
		listed->answer = memory_resize(listed->answer, 1, listed->size);
		listed->super = memory_resize(listed->super, 1, listed->size);
		listed->type = memory_resize(listed->type, 1, listed->size);
	}
	return 0;
}

/* The string at OFFSET, WHAT, which is not told where it is empty. */
static const char *
string(const struct answer *answer, uint64_t what, uint32_t offset)
{
	return answer->mask & what ? answer->strings + offset : "";
}

static bool
hand_on(const struct listed *listed, bool (*each)(const struct mountinfo *, void *), void *context)
{
	const struct answer *answer = listed->answer;
	const char *subtype = string(answer, STATMOUNT_FS_SUBTYPE, answer->subtype);
	char options[128], tags[128];
	struct mountinfo mount = {
		.id = (int)answer->old_id,
		.parent = (int)answer->old_parent,
		.major = answer->major,
		.minor = answer->minor,
		.root = string(answer, STATMOUNT_MNT_ROOT, answer->root),
		.target = string(answer, STATMOUNT_MNT_POINT, answer->point),
		.options = options,
		.tags = tags,
		.type = listed->type,
		.source = string(answer, STATMOUNT_SB_SOURCE, answer->source),
		.super = listed->super,
	};

	write_options(options, sizeof(options), answer->attributes);
	write_super(listed->super, listed->size, answer->super,
		    string(answer, STATMOUNT_MNT_OPTS, answer->options));
	write_tags(tags, sizeof(tags), answer);
	strlcpy(listed->type, string(answer, STATMOUNT_FS_TYPE, answer->type), listed->size);
	if (*subtype) {
		strlcat(listed->type, ".", listed->size);
		strlcat(listed->type, subtype, listed->size);
	}
	return each(&mount, context);
}

int
statmount_each(void (*each)(uint64_t id, void *context), void *context)
{
	struct request request = { .size = sizeof(request), .id = LSMT_ROOT };
	uint64_t ids[MANY];
	long count;

	do {
		count = syscall(NUMBER_LISTMOUNT, &request, ids, MANY, 0);
		if (count < 0)
			return -1;
		for (long i = 0; i < count; i++)
			each(ids[i], context);
		if (count)
			request.param = ids[count - 1];
	} while (count == MANY);
	return 0;
}

struct ids {
	uint64_t *ids;
	size_t count;
	bool have_sources; /* Linux 6.13 and later tell them */
};

static void
add_id(uint64_t id, void *context)
{
	struct ids *ids = context;
	struct answer answer;

	/* By powers of two. */
	if (!(ids->count & (ids->count - 1)))
		ids->ids =
			memory_resize(ids->ids, ids->count ? ids->count * 2 : 1, sizeof(*ids->ids));
	ids->ids[ids->count++] = id;
	if (!ids->have_sources && !ask(id, STATMOUNT_SB_SOURCE, &answer))
		ids->have_sources = answer.mask & STATMOUNT_SB_SOURCE;
}

int
statmount_list(bool (*each)(const struct mountinfo *mount, void *context), void *context)
{
	struct listed listed = { 0 };
	struct ids ids = { 0 };
	int result = statmount_each(add_id, &ids);
	bool more = true;

	if (!result && !ids.have_sources) {
		errno = ENOSYS;
		result = -1;
	}
	for (size_t i = 0; !result && more && i < ids.count; i++)
		/* Some have gone meanwhile, some are not below this process's root. */
		if (!ask_all(ids.ids[i], &listed) && listed.answer->mask & STATMOUNT_MNT_POINT)
			more = hand_on(&listed, each, context);
	free(listed.answer);
	free(listed.super);
	free(listed.type);
	free(ids.ids);
	return result;
}

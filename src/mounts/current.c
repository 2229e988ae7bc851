/* SPDX-License-Identifier: MIT */
#include "mounts/current.h"

#include <linux/mount.h>
#include <string.h>
#include <sys/statvfs.h>

#include "kernel/mountinfo.h"
#include "kernel/status.h"
#include "memory.h"

struct search {
	int id;
	struct words *current;
	bool found, is_shared;
};

uint64_t
current_merge(uint64_t current, const struct words_bits *wanted)
{
	return (current & ~wanted->clear) | wanted->set;
}

uint64_t
current_wanted(uint64_t current, const struct words *words)
{
	return current_merge(current_merge(current, &words->all), &words->own);
}

void
current_parse(const char *options, const char *super, struct words *current)
{
	struct words parsed = { 0 };
	struct words_trouble ignored;

	words_add(&parsed, options, &ignored);
	current->own.set = parsed.own.set;
	/* Of atime's values this one alone is not shown. */
	if (!(parsed.own.clear & MOUNT_ATTR__ATIME))
		current->own.set |= MOUNT_ATTR_STRICTATIME;
	words_done(&parsed);
	words_add(&parsed, super, &ignored);
	current->flags.set = parsed.flags.set;
	words_done(&parsed);
}

static bool
take(const struct mountinfo *mount, void *context)
{
	struct search *search = context;

	search->found = mount->id == search->id;
	if (search->found && search->current)
		current_parse(mount->options, mount->super, search->current);
	if (search->found)
		search->is_shared = strstr(mount->tags, "shared:");
	return !search->found;
}

/* What statvfs(3) tells of mount and superblock together. */
static int
read_together(int fd, struct words *current)
{
	static const struct {
		unsigned long told;
		uint64_t attribute, flag;
	} bits[] = {
		{ ST_RDONLY, MOUNT_ATTR_RDONLY, MS_RDONLY },
		{ ST_NOSUID, MOUNT_ATTR_NOSUID, 0 },
		{ ST_NODEV, MOUNT_ATTR_NODEV, 0 },
		{ ST_NOEXEC, MOUNT_ATTR_NOEXEC, 0 },
		{ ST_NOATIME, MOUNT_ATTR_NOATIME, 0 },
		{ ST_NODIRATIME, MOUNT_ATTR_NODIRATIME, 0 },
		{ 0x2000, MOUNT_ATTR_NOSYMFOLLOW, 0 }, /* ST_NOSYMFOLLOW of the kernel */
		{ ST_SYNCHRONOUS, 0, MS_SYNCHRONOUS },
		{ ST_MANDLOCK, 0, MS_MANDLOCK },
	};
	struct statvfs told;

	if (fstatvfs(fd, &told) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (told.f_flag & bits[i].told) {
			current->own.set |= bits[i].attribute;
			current->flags.set |= bits[i].flag;
		}
	if (!(told.f_flag & (ST_NOATIME | ST_RELATIME)))
		current->own.set |= MOUNT_ATTR_STRICTATIME;
	return 0;
}

int
current_read(int fd, struct words *current)
{
	struct search search = { .current = current };
	struct status status;

	if (status_at(fd, "", false, &status) == 0 && status.mount) {
		search.id = status.mount;
		if (mountinfo_each(take, &search) == 0 && search.found)
			return 0;
	}
	return read_together(fd, current);
}

struct what {
	int id;
	char **type, **source;
};

static bool
take_what(const struct mountinfo *mount, void *context)
{
	struct what *what = context;

	if (mount->id != what->id)
		return true;
	*what->type = memory_string(mount->type);
	*what->source = memory_string(mount->source);
	return false;
}

void
current_what(int fd, char **type, char **source)
{
	struct what what = { .type = type, .source = source };
	struct status status;

	*type = *source = NULL;
	if (status_at(fd, "", false, &status) < 0 || !status.mount)
		return;
	what.id = status.mount;
	mountinfo_each(take_what, &what);
}

bool
current_is_shared(int fd)
{
	struct search search = { 0 };
	struct status status;

	if (status_at(fd, "", false, &status) < 0 || !status.mount)
		return false;
	search.id = status.mount;
	return mountinfo_each(take, &search) == 0 && search.is_shared;
}

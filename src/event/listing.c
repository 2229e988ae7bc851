/* SPDX-License-Identifier: MIT */
#include "event/listing.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "event/window.h"
#include "kernel/lease.h"

enum {
	LIST_SIZE = 1 << 15, /* bytes of a folder's entries at a time, as libc does */
	COARSE = 10000000, /* the kernel's stamps are as coarse as its tick: nanoseconds, at most */
};

/* Whether the entry is a folder; asks only where the file system does not say. */
static bool
is_folder(int fd, const char *name, unsigned char type)
{
	struct stat status;

	if (type != DT_UNKNOWN)
		return type == DT_DIR;
	return fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

static bool
is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* The node of the entry NAME in NODE, known or new, seen now. NULL if it was seen already. */
static struct node *
see(struct files *files, struct node *node, const char *name, enum node_kind kind)
{
	struct node *child = tree_child(&files->tree, node, name, NODE_TOLD);

	if ((!child || child->kind != kind) && files->tree.in_state[NODE_UNTOLD])
		child = tree_child(&files->tree, node, name, NODE_UNTOLD);
	if (!child || child->kind != kind)
		child = tree_add(&files->tree, node, name, kind, files->finds);
	else if (child->seen)
		return NULL;
	child->seen = true;
	return child;
}

/* What size and time of modification were, in 32 bits: another stamp, another content. */
static uint32_t
stamp_of(const struct stat *status)
{
	uint64_t hash = (uint64_t)status->st_size * UINT64_C(0x9e3779b97f4a7c15);

	hash ^= (uint64_t)status->st_mtim.tv_sec * UINT64_C(0xc2b2ae3d27d4eb4f);
	hash ^= (uint64_t)status->st_mtim.tv_nsec * UINT64_C(0x165667b19e3779f9);
	hash ^= hash >> 32;
	return (uint32_t)(hash * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* Whether the file may have been modified since all that had happened was known. */
static bool
is_newer(const struct files *files, const struct stat *status)
{
	int64_t time = status->st_mtim.tv_sec * NUM_SECOND + status->st_mtim.tv_nsec;

	/* Of a clock that has been set back, the stamps say nothing. */
	return time >= files->complete - COARSE || moment_ahead() < files->ahead - COARSE;
}

/*
 * Whether nobody is writing to the file NAME in FD any more. Where that cannot be known, who waits for it
 * is rather told too early than never. The opening is no event: watches hear of such only after the reading.
 */
static bool
is_closed(int fd, const char *name)
{
	struct stat status;
	bool written;
	int file;

	if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(status.st_mode))
		return false;
	file = openat(fd, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (file < 0)
		return true;
	written = lease_finds_writer(file);
	close(file);
	return !written;
}

/* Compares the file NAME in FD with what is remembered of it. */
static void
compare(struct files *files, int fd, struct node *child)
{
	struct stat status;
	uint32_t stamp;

	if (fstatat(fd, child->name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	stamp = stamp_of(&status);
	if (child->state == NODE_TOLD && files->finds == NODE_UNTOLD && child->stamp != stamp
	    && !own_has(&files->own, &status))
		child->changed = !child->dirty || is_newer(files, &status);
	child->stamp = stamp;
	child->dirty = false;
}

static void
see_file(struct files *files, int fd, struct node *node, const char *name)
{
	struct node *child = see(files, node, name, NODE_FILE);

	if (!child)
		return;
	if (files->remember && files->mask & (IN_MODIFY | IN_CLOSE_WRITE))
		compare(files, fd, child);
	if (files->mask & IN_CLOSE_WRITE && files->finds == NODE_UNTOLD
	    && (child->state == NODE_UNTOLD || child->changed || child->unclosed))
		child->closed = is_closed(fd, name);
}

int
listing_read(struct files *files, struct node *node, int fd, struct node **below)
{
	static _Alignas(struct dirent64) char entries[LIST_SIZE];
	bool want_files = files->remember || files->finds == NODE_UNTOLD;
	ssize_t size;

	if (files->finds == NODE_UNTOLD)
		window_reads(files, node);
	while ((size = getdents64(fd, (void *)entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; at < size;) {
			const struct dirent64 *entry = (const void *)(entries + at);
			struct node *child;

			at += entry->d_reclen;
			if (is_dots(entry->d_name))
				continue;
			if (!is_folder(fd, entry->d_name, entry->d_type)) {
				if (want_files)
					see_file(files, fd, node, entry->d_name);
				continue;
			}
			child = see(files, node, entry->d_name, NODE_FOLDER);
			if (child) {
				tree_folder(child)->next = *below;
				*below = child;
			}
		}
	return size < 0 ? -1 : 0;
}

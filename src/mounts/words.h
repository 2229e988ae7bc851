/* SPDX-License-Identifier: MIT */
/*
 * The words of mount's -o, as in fstab(5) and mountinfo: `ro,noexec,size=1M,X-mount.mkdir`. Sorted by
 * whom they are for: the mount, the superblock, the file system, this program. Of words that exclude
 * each other the last counts.
 */
#ifndef BUTTER_WORDS_H
#define BUTTER_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/buffer.h"

enum words_operation { WORDS_MOUNT, WORDS_BIND, WORDS_MOVE };

/* An option of the file system; VALUE is NULL where there was no `=`. */
struct words_option {
	char *key, *value;
};

/* Bits that are to be 1, and to be 0; no bit is in both. */
struct words_bits {
	uint64_t set, clear;
};

struct words {
	enum words_operation operation;
	bool is_recursive; /* rbind */
	bool remount;

	/*
	 * MOUNT_ATTR_... of linux/mount.h: of the mount, and, `=recursive`, of all below it, too. Where
	 * one of atime's is wanted, MOUNT_ATTR__ATIME is in clear and the value in set.
	 */
	struct words_bits own, all;

	struct words_bits flags; /* MS_... of the superblock */
	bool is_writable;        /* rw was said, and no ro after it */

	struct words_option *options; /* in the order in which they were given */
	size_t option_count;
	uint64_t *propagations; /* MS_SHARED ..., with MS_REC; each to be done, in this order */
	size_t propagation_count;

	struct buffer kept; /* for helpers: all but the words that are for this program alone */

	/* For this program. Texts are NULL where nothing was said. */
	bool no_auto, no_fail, netdev;
	bool is_for_user; /* user, users, owner, group: others than root could, but for a setuid mount */
	bool loop, no_loop;
	char *loop_device;
	uint64_t offset, size_limit;
	bool mkdir;
	unsigned int mkdir_mode;
	char *idmap, *subdir, *owner, *group, *auto_types;
	bool has_mode;
	unsigned int mode; /* of the root of what is mounted */
};

struct words_trouble {
	char word[80];      /* its beginning */
	const char *reason; /* what is wrong: to be put behind the word */
};

/* Adds those of LIST, which may have quoted values. -1: TROUBLE says why, and some have been added. */
int words_add(struct words *words, const char *list, struct words_trouble *trouble);

/* Whether they say something of the mount itself: own or all. */
bool words_has_attributes(const struct words *words);

/*
 * Appends the options of the file system as mount(2) wants them. -1: one of them, *KEY, has a comma
 * that cannot be said there. IS_OVERLAY: there it can, by a backslash.
 */
int words_data(const struct words *words, bool is_overlay, struct buffer *data, const char **key);

/* The value that the last option KEY of the file system has; NULL: none. */
const char *words_value(const struct words *words, const char *key);

void words_done(struct words *words);

#endif

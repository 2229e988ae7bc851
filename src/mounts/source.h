/* SPDX-License-Identifier: MIT */
/* What names of sources of mounts mean, so that they can be compared: /dev/sda1, a link to it, LABEL=root. */
#ifndef BUTTER_MOUNT_SOURCE_H
#define BUTTER_MOUNT_SOURCE_H

#include <stdbool.h>
#include <sys/types.h>

struct source {
	char *name;   /* of a tag, the path of the device that has it, if there is one */
	mode_t kind;  /* S_IFBLK, S_IFREG, S_IFDIR ...; 0: it is no path of what exists */
	dev_t device; /* that it is; of what is none, that it is on */
	ino_t inode;  /* of what is no device */
};

/* Finds out about NAME; source_done frees what is found. */
void source_identify(struct source *source, const char *name);

/* Whether two paths, or other names, are spelled alike, but for slashes at their ends. */
bool source_is_same_path(const char *path, const char *other);

bool source_is_same(const struct source *source, const struct source *other);

void source_done(struct source *source);

/* The label of the file system on the device PATH, to be freed; NULL: none, or nobody may know. */
char *source_label(const char *path);

#endif

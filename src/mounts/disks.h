/* SPDX-License-Identifier: MIT */
/* Disks, found by what is written on them: LABEL=, UUID=, PARTLABEL=, PARTUUID=, ID=; mount(8). */
#ifndef BUTTER_DISKS_H
#define BUTTER_DISKS_H

#include <limits.h>

enum disks_key { DISKS_LABEL, DISKS_UUID, DISKS_PARTLABEL, DISKS_PARTUUID, DISKS_ID };

struct disks_tag {
	enum disks_key key;
	char *value; /* without quotes */
};

/*
 * What NAME is: 1 and a TAG, to be freed by disks_tag_done; 0: none of the above. -1: one that is broken,
 * without a value or with a quote that is not closed.
 */
int disks_parse(const char *name, struct disks_tag *tag);

void disks_tag_done(struct disks_tag *tag);

/*
 * The path of the disk that has TAG, to be freed: by the links that udev has made, or by looking at all
 * disks, one made of others, such as a mapped one, first. NULL with errno ENOENT (there is none), ENOSYS
 * (no link, and butter is built without more); or, with a PLACE that is not "", the errno why that could
 * not be read.
 */
char *disks_find(const struct disks_tag *tag, char place[PATH_MAX]);

/* The folder of the links for KEY, with a slash behind it. */
const char *disks_folder(enum disks_key key);

/* PATH as it is shown best, to be freed: without links, and a mapped disk by its name. */
char *disks_name(const char *path);

/*
 * What the line LINE of /proc/partitions names, as a path in /dev; proc(5). NULL: it names none. To be freed.
 */
char *disks_parse_partition(const char *line);

#endif

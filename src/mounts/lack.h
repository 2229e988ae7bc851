/* SPDX-License-Identifier: MIT */
/* Why a source cannot be mounted, in words. */
#ifndef BUTTER_LACK_H
#define BUTTER_LACK_H

#include "cli/buffer.h"
#include "mounts/device.h"
#include "mounts/trouble.h"

/*
 * Appends to TEXT why device_find has failed, and one hint, in parentheses: what follows `cannot mount
 * 'NAME': `.
 */
void lack_explain(const struct device_wish *wish, const struct device_trouble *trouble,
		  struct buffer *text);

/*
 * Whether the source NAME is missing, which nofail of fstab(5) allows, and nothing else is wrong; a disk
 * that could not be read need not be the one that has the tag.
 */
bool lack_is_all(const char *name, const struct device_trouble *trouble);

/* Whether the source NAME must not be used by this process. */
bool lack_is_of_rights(const char *name, const struct device_trouble *trouble);

/* The same as lack_is_all where mounting it has been tried. */
bool lack_is_cause(const struct trouble *trouble);

#endif

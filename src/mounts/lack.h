/* SPDX-License-Identifier: MIT */
/* Why a source cannot be mounted, in words. */
#ifndef BUTTER_LACK_H
#define BUTTER_LACK_H

#include "cli/buffer.h"
#include "mounts/device.h"

/*
 * Appends to TEXT why device_find has failed, and one hint, in parentheses: what follows `cannot mount
 * 'NAME': `.
 */
void lack_explain(const struct device_wish *wish, const struct device_trouble *trouble,
		  struct buffer *text);

#endif

/* SPDX-License-Identifier: MIT */
/* Why something could not be mounted, in words. */
#ifndef BUTTER_EXPLAIN_H
#define BUTTER_EXPLAIN_H

#include "mounts/attach.h"

/*
 * Appends to TEXT what has failed, why, what the file system or the kernel's log said, and one hint, in
 * parentheses: what follows `cannot mount 'SOURCE' at 'TARGET': `. It looks at things as they are now.
 */
void explain(const struct attach *wish, const struct trouble *trouble, struct buffer *text);

#endif

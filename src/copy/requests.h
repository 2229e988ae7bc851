/* SPDX-License-Identifier: MIT */
/* Many reads and writes at once, by one of the engines of kernel/aio.h, through the page cache or past it. */
#ifndef BUTTER_REQUESTS_H
#define BUTTER_REQUESTS_H

#include "copy/job.h"

/* Opens the engine of WAY, unless it is. -1 with errno of aio_open. */
int requests_open(struct content *content, enum content_way way);

/* Advice for its errors. */
const struct hint *requests_hints(enum content_way way);

void requests_close(struct content *content);

enum job_outcome requests_copy(struct job *job, enum content_way way);

/* Reads and writes past the page cache from here on, if both files can do it at these offsets. */
void requests_begin_direct(struct job *job);

void requests_end_direct(struct job *job);

#endif

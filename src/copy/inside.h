/* SPDX-License-Identifier: MIT */
/* Copies that the kernel makes by itself: by reference, FICLONE, and by copy_file_range(2). */
#ifndef BUTTER_INSIDE_H
#define BUTTER_INSIDE_H

#include "copy/job.h"

enum job_outcome inside_reflink(struct job *job);

/* Refused, with ETIME, also where other ways may be tried that wait better for a slow disk. */
enum job_outcome inside_range(struct job *job);

#endif

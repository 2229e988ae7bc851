/* SPDX-License-Identifier: MIT */
/* One read and one write after the other, through memory: what works for all kinds of files. */
#ifndef BUTTER_PLAIN_H
#define BUTTER_PLAIN_H

#include "copy/job.h"

enum job_outcome plain_copy(struct job *job);

#endif

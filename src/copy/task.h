/* SPDX-License-Identifier: MIT */
/*
 * One file that is being copied to one name: what the parts of file.h have in common. Each returns -1 with
 * errno and the step that has failed, unless it says otherwise.
 */
#ifndef BUTTER_TASK_H
#define BUTTER_TASK_H

#include "copy/file.h"
#include "copy/part.h"

/* One copy that is under way. */
struct task {
	struct copy *copy;
	int in;
	bool is_stream; /* IN is read from where it stands */
	bool inherits;  /* attributes.h */
	struct stat from;
	struct target target;
	bool is_forced; /* the target cannot be written in place */
	int lost;   /* errno of what COPY says of attributes that TARGET could not be given; 0 */
	off_t done; /* bytes that are there already: of */
	struct part part;
	void (*moved)(uint64_t bytes, void *context); /* CONTENT's own, while a part is made */
	void *context;
};

/* STEP has failed: -1; errno stays. */
int task_fail(struct task *task, enum copy_step step);

/* The target can only be written in place, for the reason WHY: -1. */
int task_bar(struct task *task, enum target_bar why);

/* The content has failed, where CONTENT says, or the engine that was asked for has refused: -1. */
int task_fail_in_content(struct task *task);

/* Whether what has MODE can be read at any place, and again. */
bool task_has_places(mode_t mode);

/* The mode of what is written. */
mode_t task_mode(const struct target *target);

#endif

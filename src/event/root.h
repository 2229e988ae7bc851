/* SPDX-License-Identifier: MIT */
/*
 * The roots, as names: what takes the place of the object that an operand named is watched in its
 * stead, at once or when it comes.
 *
 * A path is looked up after the kernel has said that its object is gone, or has moved, and the
 * watch is set by that look: what it finds is watched from then on, and what replaces that will be
 * said in turn. While there is nothing, until.h sees to it that no moment is missed. No watch of
 * the object tells that the way to it, by folders, symbolic links and mounts, has come to lead to
 * another: until.h tells that, too.
 */
#ifndef BUTTER_ROOT_H
#define BUTTER_ROOT_H

#include "event/files.h"

/* For files_follow_names. -1 with errno of until_open. */
int root_open(struct files *files);

/* The root PATH cannot be watched for the reason in errno: 1 if that is that there is nothing, and it is
 * to be waited for, from root_begin on; else -1. */
int root_await(struct files *files, const char *path);

/* -1 where one cannot be waited for; a call of TROUBLE has told which. */
int root_begin(struct files *files);

/* With what a root of KIND is watched without RECURSIVE. */
uint32_t root_mask(const struct files *files, enum node_kind kind);

/* RECORD of NODE has been told: whether NODE is a root of which the object has moved away. Then that
 * has been let go. */
bool root_leaves(struct files *files, struct node *node, const struct inotify_record *record);

/* Whether NODE is a root by name, and what it watches is not what its path leads to. */
bool root_has_left(struct files *files, const struct node *node);

/* The root NODE is not watched any more: whether it goes on, with what is at its path or waiting. */
bool root_goes_on(struct files *files, struct node *node);

/* What has become of the paths may be unknown: looks at them, as soon as walk_waiting is called. */
void root_check(struct files *files);

/* Looks for what is waited for, where there is a reason to. 1 if there was one, 0, -1 with errno of
 * read(2). */
int root_step(struct files *files);

/* The next thing to be told of a root: 1 and *EVENT, or 0. */
int root_tell(struct files *files, struct event *event);

void root_close(struct files *files);

#endif

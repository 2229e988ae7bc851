/* SPDX-License-Identifier: MIT */
/*
 * A second process that walks a part of a large tree at the same time: the scout. It has a copy of
 * all that is known, and sets its watches on the same inotify instance, so that they stay when it ends; what
 * it has found it reports. Of what it does not report, because it was killed, nothing is lost: the
 * walk goes there itself.
 *
 * It is a process and no thread because nothing that both have has to be locked then, at 100,000
 * folders or more, and because a C library's threads cost a static program 67 kB.
 *
 * A folder that both have come across (bind mounts; it was moved meanwhile) has one watch. So none of the
 * two removes a watch that it does not know while the other is at work.
 */
#ifndef BUTTER_SCOUT_H
#define BUTTER_SCOUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cli/buffer.h"

struct files;
struct node;

struct scout {
	bool is_self;             /* this process is the scout */
	bool refused;             /* there can be none */
	pid_t pid;                /* of the scout that is at work, in the other process; or 0 */
	int fd;                   /* of the pipe between the two */
	struct buffer report;     /* what is to be written to it, or has been read */
	size_t at;                /* in the report: what is read next */
	atomic_size_t *taken;     /* how many of the folders either has begun to visit */
	size_t folders, left_out; /* of struct files, when it started */
	struct buffer strays;     /* int each: watches that nobody seems to need */
	struct buffer troubles;   /* struct scout_trouble each: what the scout has not told */
};

/* Starts a scout. True in both processes; false when there is one processor, or no process to be had. */
bool scout_begin(struct files *files);

/* The number of the next folder to visit that nobody has visited, from 0 on. */
size_t scout_take(struct scout *scout);

/* The scout reports those of the COUNT folders NODES that it has VISITED, and ERROR, and ends. */
_Noreturn void scout_report(struct files *files, struct node *const *nodes, const bool *visited,
			    size_t count, int error);

/*
 * Waits for the scout, and takes over what it has found in those of the COUNT folders NODES that it has
 * reported: they are VISITED then, too. 0, or the errno with which it has failed.
 */
int scout_end(struct files *files, struct node *const *nodes, bool *visited, size_t count);

/* There is nothing more to be found: the scout shall end at once. */
void scout_kill(struct scout *scout);

/* The watch WD is not needed here: to be removed, if that is not for the other one to decide. */
void scout_ignore(struct files *files, int wd);

/* Whether it is the other process that tells of the trouble with NODE. */
bool scout_keeps_trouble(struct files *files, const struct node *node, int error);

#endif

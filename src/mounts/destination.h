/* SPDX-License-Identifier: MIT */
/*
 * The place where something is to be mounted: found once, so that it stays the same whatever its name
 * leads to later.
 */
#ifndef BUTTER_DESTINATION_H
#define BUTTER_DESTINATION_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct destination_made;

struct destination {
	int fd; /* O_PATH, of what is mounted on top there */
	char *path;
	struct destination_made *made; /* the folders that have been made for it */
	size_t count;
};

/*
 * Opens PATH. If MAKE, folders that are missing are made, with MODE. -1 with errno of open(2),
 * mkdir(2); nothing has been made then.
 */
int destination_open(struct destination *target, const char *path, bool make, mode_t mode);

/* Removes the folders that were made, and no other, whatever their names lead to now. errno stays. */
void destination_undo(struct destination *target);

/* Gives the memory and the descriptor back. errno stays. */
void destination_done(struct destination *target);

/* The name by which the kernel finds the open FD again, for calls that take no descriptor: needs /proc. */
enum { DESTINATION_NAME_SIZE = 32 };
void destination_name(int fd, char name[DESTINATION_NAME_SIZE]);

#endif

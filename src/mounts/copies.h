/* SPDX-License-Identifier: MIT */
/*
 * What is mounted in a shared mount is mounted in its copies, too, and unmounted there:
 * mount_namespaces(7).
 */
#ifndef BUTTER_COPIES_H
#define BUTTER_COPIES_H

#include "mounts/table.h"

/*
 * The ids of at most ROOM mounts that go with MOUNT of TABLE when that is taken away, here and in
 * other mount namespaces, as far as /proc shows them. Returns how many; MOUNT is none of them.
 */
size_t copies_find(const struct table *table, const struct mountinfo *mount, int *ids, size_t room);

/*
 * The path, to be freed, of a mount that would go with those of PLAN, COUNT indices of TABLE, the outer
 * ones last, though what it is in stays: a copy that nobody has asked to be unmounted; *ELSEWHERE: it
 * is in another mount namespace, as far as /proc shows them. NULL: there is none. Copies of the
 * outermost mounts of PLAN are not meant, nor what is in those: they go whenever such a mount does.
 * Slaves are there to follow, and are not meant, either.
 */
char *copies_endangered(const struct table *table, const size_t *plan, size_t count,
			bool *elsewhere);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Other owners for the files of a mount: X-mount.idmap. A map is `0:1000:1 g:0:100:1`: what is 0 on the
 * disk is seen as 1000 through the mount, for 1 id; `u:` for users alone, `g:` for groups alone. Those
 * without a map are as they are. Or it is the path of a user namespace, which has one.
 */
#ifndef BUTTER_IDMAP_H
#define BUTTER_IDMAP_H

#include "cli/buffer.h"

/*
 * Translates MAP, pure text, into what uid_map and gid_map take; user_namespaces(7). -1 with errno
 * EINVAL: it is none, or a path.
 */
int idmap_parse(const char *map, struct buffer *users, struct buffer *groups);

/*
 * A user namespace with MAP, to be closed. -1 with errno: EINVAL (no map), or of open(2), unshare(2),
 * write(2).
 */
int idmap_open(const char *map);

#endif

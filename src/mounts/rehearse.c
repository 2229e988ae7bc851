/* SPDX-License-Identifier: MIT */
#include "mounts/rehearse.h"

#include <errno.h>
#include <sys/stat.h>

#include "mounts/point.h"

/* A target that is missing, and is made then, is fine: a folder. */
static int
look_at_target(const struct attach *wish, struct stat *target, struct trouble *trouble)
{
	if (stat(wish->target, target) == 0)
		return 0;
	target->st_mode = S_IFDIR;
	return wish->words->mkdir && errno == ENOENT ? 0
						     : trouble_at(trouble, TROUBLE_TARGET, NULL);
}

/* PATH has to be a mount. */
static int
look_at_mount(const char *path, enum trouble_stage stage, struct trouble *trouble)
{
	struct status status;
	int is_mount = point_look(path, true, &status);

	if (!is_mount)
		errno = EINVAL;
	return is_mount > 0 ? 0 : trouble_at(trouble, stage, NULL);
}

int
rehearse(const struct attach *wish, struct trouble *trouble)
{
	const struct words *words = wish->words;
	bool moves = words->operation == WORDS_MOVE;
	struct stat source, target;

	*trouble = (struct trouble){ 0 };
	if (!wish->into && look_at_target(wish, &target, trouble) < 0)
		return -1;
	if (words->remount)
		return look_at_mount(wish->target, TROUBLE_PICK, trouble);
	if (words->operation == WORDS_MOUNT)
		return wish->type ? 0 : look_at_mount(wish->target, TROUBLE_PROPAGATION, trouble);
	if (stat(wish->source, &source) < 0)
		return trouble_at(trouble, moves ? TROUBLE_MOVE : TROUBLE_COPY, NULL);
	if (!wish->into && S_ISDIR(source.st_mode) != S_ISDIR(target.st_mode)) {
		errno = ENOTDIR;
		return trouble_at(trouble, TROUBLE_PLACE, NULL);
	}
	return moves ? look_at_mount(wish->source, TROUBLE_MOVE, trouble) : 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * Why something could not be mounted, as it is being put into words: what failed, and one hint. These
 * find out what was wrong with rights and places, by looking at them.
 */
#ifndef BUTTER_MOUNT_TALE_H
#define BUTTER_MOUNT_TALE_H

#include "mounts/attach.h"

/* What is told: WHAT failed, and one hint, which is a constant. */
struct tale {
	const struct attach *wish;
	const struct trouble *trouble;
	struct buffer what;
	const char *hint;
	bool is_whole; /* the errno says nothing more */
};

/* What has failed, in full, and the HINT, or NULL. */
void tale_tell(struct tale *tale, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same where strerror(3) is to follow. */
#define TALE_ERROR(tale, hint, ...)                                                                \
	do {                                                                                       \
		tale_tell((tale), (hint), __VA_ARGS__);                                            \
		(tale)->is_whole = false;                                                          \
	} while (0)

/* What is to be mounted, in words. */
const char *tale_source(const struct attach *wish);

/* Whether PATH is the root of a mount, or may be. */
bool tale_is_mount(const char *path);

/* A folder that overlay was given as KEY is missing: VALUE, or one of it. */
void tale_folder(struct tale *tale, const char *key, const char *value);

/* EPERM: the capability that is missing, or what the user namespace may not do. */
void tale_forbidden(struct tale *tale);

/* The target could not be opened; nothing can be put there; what is to be moved, or bound. */
void tale_target(struct tale *tale);
void tale_place(struct tale *tale);
void tale_move(struct tale *tale);
void tale_copy(struct tale *tale);

#endif

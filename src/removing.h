/* SPDX-License-Identifier: MIT */
/* One mount taken away, whatever that takes, and why it cannot be. */
#ifndef BUTTER_REMOVING_H
#define BUTTER_REMOVING_H

#include "unmounting.h"

struct removal {
	const char *operand; /* as named */
	const char *path;
	const struct mountinfo *mount; /* NULL: it is not known */
	int id;                        /* 0: nor is this */
	bool planned;                  /* one of several: it may go with another one */
};

/* Does it; WORK says how, and counts. False: it stays, which a message has said. */
bool removing(struct unmounting *work, struct removal *removal);

/* Says that it cannot be, for that ERRNO of mount_remove; ESTALE: another mount covers it. */
void removing_explain(struct unmounting *work, struct removal *removal, int error);

/* OPERAND is no mount, with an ERRNO if that is the reason: says so, if that is no success. */
void removing_none(struct unmounting *work, const char *operand, int error);

/* One has failed, with these BITS of the exit status. */
void removing_failed(struct unmounting *work, int bits);

#endif

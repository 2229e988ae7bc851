/* SPDX-License-Identifier: MIT */
/* Which lines of fstab are meant. */
#ifndef BUTTER_MOUNT_CHOICE_H
#define BUTTER_MOUNT_CHOICE_H

#include "mounts/fstab.h"

/*
 * The last line whose target NAME is, or whose source; as they stand there, or else what they mean: paths
 * without links, devices by their tags. NULL: there is none.
 */
const struct fstab_entry *choice_find(const struct fstab *fstab, const char *name);

/* Why a line is not for -a. */
enum choice_reason {
	CHOICE_IS_MEANT,
	CHOICE_IS_ROOT, /* which is mounted in any case */
	CHOICE_IS_SWAP,
	CHOICE_HAS_OTHER_TYPE,
	CHOICE_HAS_OTHER_OPTIONS,
};

/*
 * Whether ENTRY is for -a, of lines with TYPES and OPTIONS, as table_has_type and table_has_options have
 * them.
 * (`noauto` is a word that words.h knows.)
 */
enum choice_reason choice_is_meant(const struct fstab_entry *entry, const char *types,
				   const char *options);

#endif

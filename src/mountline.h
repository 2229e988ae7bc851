/* SPDX-License-Identifier: MIT */
/* Lines of fstab as mountall.h takes them: read, and told where they cannot be followed. */
#ifndef BUTTER_MOUNTLINE_H
#define BUTTER_MOUNTLINE_H

#include "mountall.h"
#include "mounts/fstab.h"

/* What is read, the first of several: -T, or /etc/fstab. */
const char *mountline_table(const struct mountall *mountall);

/* Reads all of them. False: a message has been printed, with WHAT to do if there is none. */
bool mountline_read(const struct mountall *mountall, struct fstab *fstab, const char *what);

/* Says why ENTRY, which has a fault, says nothing. */
void mountline_tell_broken(const struct fstab_entry *entry);

/* The words of ENTRY, and those of the command line. False: a message has been printed. */
bool mountline_take_words(const struct mountall *mountall, const struct fstab_entry *entry,
			  struct words *words);

/* Whether ENTRY, with these WORDS, says how the mount that is at its target propagates, and nothing else. */
bool mountline_is_change(const struct fstab_entry *entry, const struct words *words);

/* Whether the target of ENTRY is the same whoever asks. False: a message has been printed. */
bool mountline_has_place(const struct mountall *mountall, const struct fstab_entry *entry);

#endif

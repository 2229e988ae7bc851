/* SPDX-License-Identifier: MIT */
/* Mounts taken away as the command line says, with all that is to be said about it. */
#ifndef BUTTER_UNMOUNTING_H
#define BUTTER_UNMOUNTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "mounts/table.h"

/* Exit statuses: bits that are put together. */
enum {
	UNMOUNTING_NOT_PERMITTED = 1, /* as wrong usage */
	UNMOUNTING_NO_SYSTEM = 2,
	UNMOUNTING_INTERRUPTED = 8,
	UNMOUNTING_FAILED = 32,
	UNMOUNTING_SOME = 64,   /* have failed, and others are unmounted */
	UNMOUNTING_MARKED = 75, /* none has failed, and some are marked */
};

/* A place where what is mounted on top is marked by --expire. */
struct unmounting_mark {
	SLIST_ENTRY(unmounting_mark) next;
	char *path;
};

struct unmounting {
	/* How; options of the command line. */
	bool all, all_targets, recursive; /* which mounts */
	const char *types, *options;      /* only such; as table_has_type, table_has_options */
	bool as_is;                       /* paths are taken as they are written */
	char *folder; /* what other relative ones are in, freed at the end; NULL: the current one */
	bool lazy, force, expire, read_only; /* as in mount.h; what is in use becomes read-only */
	bool propagate;                      /* also if mounts go whose own mount stays */
	bool frees_loop, no_helper, no_mtab;
	int signal;       /* for who uses it; 0: none */
	int64_t patience; /* nanoseconds until they have ended */
	bool graceful, quiet, verbose, fake;

	/* What is mounted; after more than one mount may have gone, it is read again. */
	struct table mounts;
	bool known, stale;

	/* What has come of it. */
	size_t done, failed;
	SLIST_HEAD(, unmounting_mark) marked; /* and not unmounted since */
	int bits;                             /* of failures */
	bool cannot_run_help;                 /* a program that there is for a type */
};

/* Takes away what TARGET means. */
void unmounting_target(struct unmounting *work, const char *target);

/* Takes away all that is mounted, but for what is the kernel's own. */
void unmounting_all(struct unmounting *work);

/* The end: the exit status. */
int unmounting_done(struct unmounting *work);

#endif

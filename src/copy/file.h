/* SPDX-License-Identifier: MIT */
/* One file copied to one name: its content (content.h) and attributes, into a target (target.h). */
#ifndef BUTTER_FILE_COPY_H
#define BUTTER_FILE_COPY_H

#include "copy/attributes.h"
#include "copy/content.h"
#include "copy/stream.h"
#include "copy/target.h"

/* What could not be done; with errno, if nothing else is said. */
enum copy_step {
	COPY_OPEN,       /* open the source */
	COPY_IS_FOLDER,  /* no errno: it is a folder */
	COPY_IS_SAME,    /* no errno: source and target are one file, or folder */
	COPY_IS_WITHIN,  /* no errno: the target is in the source, a folder */
	COPY_IS_LOOP,    /* no errno: links have led to a folder that is in itself */
	COPY_CREATE,     /* open the target, or make it */
	COPY_BARRED,     /* no errno: see bar */
	COPY_CONTENT,    /* read (not at_output) or write, at the offset AT */
	COPY_ENGINE,     /* the engine that was asked for refuses these two */
	COPY_OLD,        /* read what the target has, to keep a part of it */
	COPY_KEEP,       /* give the new file what the old one had besides its content */
	COPY_ATTRIBUTES, /* give the target FAILED ones; all else is done */
	COPY_LINK,       /* make it another name of a file; it is one of its own */
	COPY_SYNC,       /* be sure that its name is on the disk; all else is done */
	COPY_FINISH,     /* write it to its end, or give it its name */
	COPY_ONCE, /* no errno: source or target (at_output) can be read only once, or not at all */
	COPY_READ_BACK, /* read what is to be compared: the source or the target, at AT */
	COPY_DIFFERS,   /* no errno: what was written is not what the source has, from AT on */
};

enum copy_which { COPY_ALL, COPY_MISSING, COPY_NEWER, COPY_DIFFERENT };

struct copy {
	/* For the caller to fill, with CONTENT's own. */
	struct content content;
	struct stream stream; /* its pipe_size */
	enum copy_which
		which;  /* those of which there is no target, an older one, another content; any */
	unsigned keeps; /* ATTRIBUTES_... of the source */
	mode_t mask;    /* umask(2) */
	bool in_place, sync, verify;
	bool forces;             /* in place, but what cannot be opened so is replaced */
	bool resumes;            /* what is not whole stays as a part, and is gone on with */
	bool compares;           /* such a part has to have what the source has */
	uint64_t offset, length; /* of the source: a part */
	bool into;               /* what the target has besides stays; it comes */
	uint64_t seek;           /* there */
	bool unlinks;    /* what is replaced may have other names, which keep the old content */
	bool only_files; /* what is open is to be one: it was, a moment ago */
	/*
	 * If not NULL: asked about a source with several names before it is copied: 0, it is to be, and
	 * may replace a file with several names; else what becomes of it, as below.
	 */
	int (*meets)(const struct stat *from, void *context);
	void *context;

	/* What happened. */
	uint64_t skipped; /* files that were left alone */
	enum copy_step step;
	enum target_bar bar;
	char part[PATH_MAX * 2]; /* that bars it: a path, or a name in the target's folder */
	bool at_output, is_kept; /* is_kept: there is a part */
	off_t at;
	unsigned failed; /* ATTRIBUTES_... */
};

/* Whether what has failed leaves the copy there, whole. */
static inline bool
copy_is_done(const struct copy *copy)
{
	return copy->step == COPY_ATTRIBUTES || copy->step == COPY_SYNC;
}

/*
 * What becomes of it: 0; 1: it was left alone, as WHICH says; more: MEETS has said so; -1 with errno and
 * the step that has failed.
 */

/*
 * Copies what is open as IN, and is read from where it stands if IS_STREAM, to PLACE. If that fails,
 * what was there is there, unless it is written in place.
 */
int copy_to_place(struct copy *copy, int in, bool is_stream, const struct place *place);

/* The same to what is open as OUT, from where it stands on, as it is. */
int copy_to_descriptor(struct copy *copy, int in, int out);

#endif

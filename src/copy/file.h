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
	COPY_IS_SAME,    /* no errno: source and target are one file */
	COPY_CREATE,     /* open the target, or make it */
	COPY_BARRED,     /* no errno: it can only be done in place, see bar */
	COPY_CONTENT,    /* read (not at_output) or write, at the offset AT */
	COPY_ENGINE,     /* the engine that was asked for refuses these two */
	COPY_ATTRIBUTES, /* FAILED ones could not be set; all else is done */
	COPY_FINISH,     /* write it to its end, or give it its name */
	COPY_READ_BACK,  /* open or read what was written */
	COPY_DIFFERS,    /* no errno: what was written is not what the source has, from AT on */
};

enum copy_which { COPY_ALL, COPY_MISSING, COPY_NEWER };

struct copy {
	/* For the caller to fill, with CONTENT's own. */
	struct content content;
	struct stream stream;  /* its pipe_size */
	enum copy_which which; /* those of which there is no target, or an older one, or any */
	unsigned keeps;        /* ATTRIBUTES_... of the source */
	bool in_place, sync, verify;
	uint64_t offset, length; /* of the source: a part */
	bool into;               /* what the target has besides stays; it comes */
	uint64_t seek;           /* there */

	/* What happened. */
	uint64_t files, skipped;
	enum copy_step step;
	enum target_bar bar;
	bool at_output;
	off_t at;
	unsigned failed; /* ATTRIBUTES_... */
};

/*
 * Copies the file FROM in FROM_FOLDER to the name TO in TO_FOLDER. -1 with errno and the step that has
 * failed; then what was there is there, unless it is written in place.
 */
int copy_file(struct copy *copy, int from_folder, const char *from, int to_folder, const char *to);

/* The same of what is open as IN; without TO, to what is open as TO_FOLDER, as it is. */
int copy_open_file(struct copy *copy, int in, int to_folder, const char *to);

#endif

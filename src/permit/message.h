/* SPDX-License-Identifier: MIT */
/* What the processes of permission mode tell each other; several such messages may be in one of a channel. */
#ifndef BUTTER_MESSAGE_H
#define BUTTER_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/buffer.h"

enum message_kind {
	/* From the responder to the main process. */
	MESSAGE_STARTED, /* all is marked; number: the responder's process id; what: its group */
	MESSAGE_FAILED,  /* what: enum permit_step; error; number: of the path */
	MESSAGE_DECIDED, /* a request; what: its bits and the answer's */
	MESSAGE_LOST,    /* number: of decisions that could not be told */
	MESSAGE_NOT_RUN, /* error: why the command that is asked cannot be run; also from the asker */
	MESSAGE_ASKER_GONE, /* nobody asks any more */
	MESSAGE_ENDED, /* what: enum permit_end; error: errno, or a signal; from the guard, too */
	/* Between the responder and the asker. */
	MESSAGE_ASK,  /* a request; number: its own; time: when the command has to have ended */
	MESSAGE_DONE, /* number; error: the command's exit status */
	MESSAGE_KINDS,
};

struct message {
	enum message_kind kind;
	bool is_dir, has_ids;
	int32_t pid, error;
	uint32_t uid;
	int64_t time; /* realtime nanoseconds; MESSAGE_ASK: CLOCK_MONOTONIC */
	uint64_t what, number;
	const char *path, *comm; /* not NUL-terminated; of length 0 where they are not known */
	size_t path_length, comm_length;
};

enum { MESSAGE_MAX = 8192 }; /* bytes: with the longest path that the kernel tells */

/* Appends MESSAGE. */
void message_put(struct buffer *buffer, const struct message *message);

/*
 * Decodes the message at the start of SIZE bytes. Returns its size, or 0 when no whole well-formed
 * one is there. Its strings point into BYTES.
 */
size_t message_get(const char *bytes, size_t size, struct message *message);

#endif

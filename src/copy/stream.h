/* SPDX-License-Identifier: MIT */
/*
 * Bytes from one descriptor to another, by the way that is cheapest for the two: inside the file
 * system (copy_file_range(2)), as references through a pipe of our own (splice(2)), or through memory
 * (read(2), write(2)). Which ways two descriptors have is found out by trying.
 *
 * The pipe of our own is there also when one of the two is a pipe: errors of the input and of the output
 * can be told apart, and whoever is at the other end of a pipe never waits for us to let go of it.
 */
#ifndef BUTTER_STREAM_H
#define BUTTER_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* The best first. */
enum stream_way {
	STREAM_RANGE,
	STREAM_SPLICE,
	STREAM_MEMORY,
	STREAM_WAYS,
};

/* Whose error it was. */
enum stream_side {
	STREAM_INPUT,
	STREAM_OUTPUT,
};

struct stream {
	/* For the caller to fill. */
	int out;
	bool stable; /* never by reference: what is changed later does not change what was sent */
	size_t pipe_size; /* of our own pipe, and asked for at both ends */
	size_t most;      /* bytes of one step: what is written at once, not what is read */
	void (*moved)(uint64_t bytes, void *context); /* after each step */
	void *context;

	/* What happened. */
	struct stream_count {
		uint64_t calls, bytes;
		/* Why the last input did not go this way; nothing for the one that it went, and worse. */
		int refused;       /* errno by which it was given up, or 0 */
		const char *unfit; /* why it was not tried, or not to the end, or NULL */
	} ways[STREAM_WAYS];
	enum stream_way way;   /* of the last bytes */
	enum stream_side side; /* of the last error */

	/* Its own. */
	struct stat to;
	int pipe[2];
	size_t room; /* bytes that our own pipe holds */
	bool widened;
	bool splices; /* OUT can be spliced into */
};

/* Begins to write to OUT. -1 with errno EBADF. */
int stream_open(struct stream *stream);

/*
 * Whether FD, whose STATUS that is, is the file, disk or pipe TO, so that copying the one to the other would
 * not end, or would read what it has just written. Terminals, and devices such as /dev/zero, are none.
 */
bool stream_is_output(const struct stat *to, int fd, const struct stat *status);

/*
 * Copies from IN, whose STATUS that is, to its end, or LIMIT bytes. *COPIED: how many have arrived, also
 * with -1, errno and the side that it belongs to.
 */
int stream_copy(struct stream *stream, int in, const struct stat *status, uint64_t limit,
		uint64_t *copied);

/* Takes LIMIT bytes from IN to nowhere, by reading them; *SKIPPED as stream_copy. */
int stream_skip(struct stream *stream, int in, uint64_t limit, uint64_t *skipped);

void stream_close(struct stream *stream);

#endif

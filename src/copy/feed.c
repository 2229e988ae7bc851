/* SPDX-License-Identifier: MIT */
#include "copy/feed.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/param.h>
#include <unistd.h>

#include "copy/block.h"
#include "kernel/pipe.h"
#include "memory.h"

enum {
	BLOCK = 1 << 17,      /* bytes of short ones repeated: they stay in the processor's cache */
	BLOCK_MOST = 1 << 20, /* or so many, where whole pages of whole repetitions need that */
	SMALL = 1 << 17,      /* files up to this size are not worth a mapping */
	PIECES = 16,          /* of one call */
	PIPE_ROOM = 1 << 16,  /* what a pipe holds if nobody has changed that */
};

static uint64_t
least(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

/* ---- what is sent ---- */

static size_t
page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* Makes the pages such that they have ROOM for that many bytes. */
static void
resize(struct feed *feed, uint64_t room)
{
	size_t page = page_size();
	void *pages = MAP_FAILED;

	if (room > SIZE_MAX - page)
		memory_exhausted();
	room = (room + page - !!room) / page * page;
	if (!feed->pages)
		pages = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);
	else
		pages = mremap(feed->pages, feed->room, room, MREMAP_MAYMOVE);
	if (pages == MAP_FAILED)
		memory_exhausted();
	feed->pages = feed->bytes = pages;
	feed->room = room;
}

void
feed_take(struct feed *feed, const void *bytes, size_t length)
{
	resize(feed, length);
	memcpy(feed->bytes, bytes, length);
	feed->length = length;
}

/* How much of FILE there is from where it stands, if that can be told without reading it; else 0. */
static uint64_t
size_of(int file, const struct stat *status, off_t at)
{
	off_t end = status->st_size;

	if (S_ISBLK(status->st_mode)) {
		end = lseek(file, 0, SEEK_END);
		lseek(file, at, SEEK_SET);
	} else if (!S_ISREG(status->st_mode)) {
		return 0;
	}
	return end > at ? (uint64_t)(end - at) : 0;
}

/* Maps SIZE bytes of the file. */
static bool
map(struct feed *feed, uint64_t size)
{
	size_t before = (size_t)feed->at % page_size();
	void *pages;

	if (size > SIZE_MAX - before)
		return false;
	pages = mmap(NULL, before + size, PROT_READ, MAP_PRIVATE, feed->file,
		     feed->at - (off_t)before);
	if (pages == MAP_FAILED)
		return false;
	feed->pages = pages;
	feed->room = before + size;
	feed->bytes = feed->pages + before;
	feed->length = size;
	feed->is_file = true;
	/* Whoever shares it finds it read, as by read(2). */
	lseek(feed->file, feed->at + (off_t)size, SEEK_SET);
	return true;
}

/*
 * Reads once, MOST bytes at most, behind what there is. NEED: room for so many at least, which is not for
 * them alone; 0: for the next datagram.
 */
static ssize_t
read_on(struct feed *feed, size_t need, uint64_t most)
{
	size_t next = need ? need : pipe_next_size(feed->file), room;

	need = need ? need : MAX(next, BLOCK_SIZE);
	while (feed->room - feed->length < need)
		resize(feed, 2 * (uint64_t)feed->room);
	room = least(feed->room - feed->length, MAX(need, BLOCK_MOST));
	return block_read(feed->file, feed->bytes + feed->length, room, least(room, most));
}

/* Copies the file, whose STATUS that is, to its end, or MOST bytes; these are SIZE, if that is known. */
static int
copy_in(struct feed *feed, const struct stat *status, uint64_t size, uint64_t most)
{
	/* A pipe may give packets, of a page at most: with less room the rest of one would be lost. */
	size_t need = S_ISFIFO(status->st_mode)               ? page_size()
		      : pipe_gives_stream(feed->file, status) ? 1
							      : 0;

	resize(feed, size ? size : least(most, PIPE_ROOM));
	while (feed->length < most) {
		ssize_t taken;

		if (feed->length > FEED_MOST && !size) {
			errno = EFBIG;
			return -1;
		}
		taken = read_on(feed, need, most - feed->length);
		/* Behind a last part of a block, some file systems say this of what is open with O_DIRECT. */
		if (taken < 0 && errno == EINVAL && feed->length % page_size()
		    && S_ISREG(status->st_mode))
			break;
		if (taken < 0)
			return -1;
		if (taken == 0)
			break;
		feed->length += (size_t)taken;
	}
	return 0;
}

/*
 * Whether FILE, whose STATUS that is, has SIZE bytes from AT on, as it says, and no more if that is to be its
 * END. A file that the kernel does not keep itself may say what it likes; what cannot be told is believed.
 */
static bool
is_true_size(int file, const struct stat *status, off_t at, uint64_t size, bool end)
{
	char bytes[2];
	ssize_t there = pread(file, bytes, sizeof(bytes), at + (off_t)size - 1);
	struct stat now;

	if (there < (ssize_t)sizeof(bytes) || !end)
		return there != 0;
	/* Unless it has grown. */
	return fstat(file, &now) == 0 && now.st_size > status->st_size;
}

int
feed_take_file(struct feed *feed, int file, const struct stat *status, bool stable, uint64_t most)
{
	off_t at = lseek(file, 0, SEEK_CUR);
	uint64_t all, size;

	feed->file = file;
	feed->at = at < 0 ? 0 : at;
	all = size_of(file, status, feed->at);
	size = least(all, most);
	if (size && !is_true_size(file, status, feed->at, size, size == all))
		size = 0;
	if (size > SMALL && !stable && map(feed, size))
		return 0;
	/* A file that grows while it is read would never end; one of no true size is made up meanwhile. */
	return copy_in(feed, status, size, size ? size : most);
}

uint64_t
feed_length(const struct feed *feed)
{
	return feed->length;
}

static size_t
common_divisor(size_t one, size_t other)
{
	while (other) {
		size_t rest = one % other;

		one = other;
		other = rest;
	}
	return one;
}

/* How many bytes of LENGTH ones repeated are best laid out, if TOTAL are to be sent. */
static size_t
size_of_block(size_t length, uint64_t total)
{
	size_t page = page_size(), times = page / common_divisor(length, page), size = length;

	if (length > BLOCK_MOST)
		return length;
	/* With a block of whole pages no place in the pipe is taken by a part of one. */
	if (length * times <= BLOCK_MOST)
		size *= times;
	if (size && size < BLOCK)
		size = BLOCK / size * size;
	return total > size ? size : total > length ? (size_t)total : length;
}

/* Lays the bytes out as they are to be sent; from then on nothing changes them. */
static void
lay_out(struct feed *feed, uint64_t total)
{
	size_t size = size_of_block(feed->length, total);

	if (size > feed->room)
		resize(feed, size);
	while (feed->length < size) {
		size_t more = least(feed->length, size - feed->length);

		memcpy(feed->bytes + feed->length, feed->bytes, more);
		feed->length += more;
	}
	/* Who may not protect them does not change them, either. */
	mprotect(feed->pages, feed->room, PROT_READ);
}

/* ---- sending ---- */

/* Each way sends SIZE bytes at most from FROM on; *SENT: how many have left, also with -1. */

static int
by_vmsplice(struct feed *feed, size_t from, size_t size, size_t *sent)
{
	struct iovec pieces[PIECES];
	size_t count = 0;
	ssize_t given;

	while (count < PIECES && size) {
		size_t length = least(feed->length - from, size);

		pieces[count++] = (struct iovec){ feed->bytes + from, length };
		from = 0;
		size -= length;
	}
	given = pipe_feed(feed->out, pieces, count);
	*sent = given < 0 ? 0 : (size_t)given;
	return given < 0 ? -1 : 0;
}

static int
by_write(struct feed *feed, size_t from, size_t size, size_t *sent)
{
	/* What is no longer in a mapped file is found by the kernel, and is no SIGBUS: EFAULT. */
	size = least(least(feed->length - from, size), BLOCK);
	return pipe_write(feed->out, feed->bytes + from, size, sent);
}

/* Not by vmsplice, but perhaps by write: also pages that cannot be held, as some of files in /sys. */
static bool
is_refusal(int error)
{
	return error == EBADF || error == EFAULT || pipe_is_refusal(error);
}

static int
fail_on(struct feed *feed, enum feed_side side, int error)
{
	feed->side = side;
	errno = error;
	return -1;
}

/* The same with the side that ERROR belongs to, which came FROM bytes behind the begin. */
static int
fail_at(struct feed *feed, size_t from, int error)
{
	ssize_t there;
	char byte;

	if (error != EFAULT || !feed->is_file)
		return fail_on(feed, FEED_OUTPUT, error);
	there = pread(feed->file, &byte, 1, feed->at + (off_t)from);
	return fail_on(feed, FEED_INPUT, there < 0 ? errno : there ? EFAULT : ENODATA);
}

/* Whether a mapped file has lost some of what was sent of it: of its last page there were zeros instead. */
static bool
is_shorter(const struct feed *feed)
{
	struct stat status;

	return feed->is_file && fstat(feed->file, &status) == 0 && S_ISREG(status.st_mode)
	       && status.st_size < feed->at + (off_t)feed->length;
}

int
feed_send(struct feed *feed, uint64_t total)
{
	static int (*const ways[])(struct feed *, size_t, size_t, size_t *) = {
		[FEED_VMSPLICE] = by_vmsplice, [FEED_WRITE] = by_write
	};
	ssize_t wide = pipe_widen(feed->out, least(feed->pipe_size, total));
	size_t step = least(wide > 0 ? (size_t)wide : PIPE_ROOM, feed->most), from = 0, sent;
	enum feed_way way = FEED_VMSPLICE;

	if (!feed->length)
		return 0;
	if (!feed->is_file)
		lay_out(feed, total);
	for (uint64_t left = total; left; left -= total == FEED_FOREVER ? 0 : sent) {
		int error = ways[way](feed, from, least(step, left), &sent) < 0 ? errno : 0;

		feed->ways[way].calls++;
		feed->ways[way].bytes += sent;
		if (feed->moved && sent)
			feed->moved(sent, feed->context);
		if (error && (way != FEED_VMSPLICE || !is_refusal(error)))
			return fail_at(feed, from + sent, error);
		if (error)
			way = FEED_WRITE;
		from += sent;
		if ((from >= feed->length || sent == left) && is_shorter(feed))
			return fail_on(feed, FEED_INPUT, ENODATA);
		from %= feed->length;
	}
	return 0;
}

int
feed_open(struct feed *feed)
{
	/* vmsplice would read from the other end of a pipe. */
	return pipe_is_output(feed->out) ? 0 : -1;
}

void
feed_close(struct feed *feed)
{
	if (feed->pages)
		munmap(feed->pages, feed->room);
	feed->pages = feed->bytes = NULL;
	feed->length = 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * What stands at the two ends of a pipeline that is measured, as fast as can be, and what could stand
 * in its middle.
 *
 *	bytes feed SIZE			SIZE bytes into standard output, a pipe, by reference
 *	bytes wfeed SIZE BLOCK		by write(2) of BLOCK bytes
 *	bytes drain SIZE [FILE]		takes SIZE bytes from standard input or FILE, a pipe,
 *					without looking at them; fails when there are less
 *	bytes rdrain SIZE BLOCK [FILE]	by read(2) of BLOCK bytes
 *	bytes cat [FILE]		as coreutils' cat since 9.11: a pipe of 512 KiB of its own
 *	bytes tee FILE...		tee(2) for each pipe FILE, one after the other, then splice(2)
 *	bytes ceilings ROUNDS		medians of what the machine can do, a line each: name,
 *					tab, figure, tab, unit
 *
 * cat and tee are what their loops cost: they do not go on where a way is not to be had.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { WIDE = 1 << 20, CAT_PIPE = 1 << 19, LONGEST = 120 /* s */ };

static _Alignas(4096) char bytes[WIDE];

static int
open_input(const char *name)
{
	int fd = name ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;

	fcntl(fd, F_SETPIPE_SZ, WIDE);
	return fd;
}

/* ---- the ends ---- */

static ssize_t
give_pages(int to, size_t size)
{
	struct iovec pages = { bytes, size };

	return vmsplice(to, &pages, 1, 0);
}

static ssize_t
give_copy(int to, size_t size)
{
	return write(to, bytes, size);
}

static int
feed(ssize_t (*give)(int to, size_t size), uint64_t left, size_t block)
{
	memset(bytes, 'x', sizeof(bytes));
	fcntl(STDOUT_FILENO, F_SETPIPE_SZ, WIDE);
	while (left) {
		ssize_t given = give(STDOUT_FILENO, left < block ? left : block);

		if (given <= 0)
			return 1;
		left -= (uint64_t)given;
	}
	return 0;
}

static int
drain(int from, uint64_t left)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	while (left) {
		ssize_t taken = splice(from, NULL, null, NULL, left < WIDE ? left : WIDE, 0);

		if (taken <= 0)
			return 1;
		left -= (uint64_t)taken;
	}
	return 0;
}

static int
drain_by_read(int from, uint64_t left, size_t block)
{
	while (left) {
		ssize_t taken = read(from, bytes, left < block ? left : block);

		if (taken <= 0)
			return 1;
		left -= (uint64_t)taken;
	}
	return 0;
}

/* ---- models of what stands in the middle ---- */

static int
move(int from, int to, size_t left)
{
	while (left) {
		ssize_t gone = splice(from, NULL, to, NULL, left, 0);

		if (gone <= 0)
			return -1;
		left -= (size_t)gone;
	}
	return 0;
}

static int
model_cat(int in)
{
	int own[2];
	ssize_t held;

	if (pipe2(own, O_CLOEXEC) < 0)
		return 1;
	fcntl(own[1], F_SETPIPE_SZ, CAT_PIPE);
	fcntl(STDOUT_FILENO, F_SETPIPE_SZ, CAT_PIPE);
	while ((held = splice(in, NULL, own[1], NULL, CAT_PIPE, 0)) > 0)
		if (move(own[0], STDOUT_FILENO, (size_t)held) < 0)
			return 1;
	return held < 0;
}

static int
model_tee(int count, char **files)
{
	int own[2], outs[16];
	ssize_t held;

	if (pipe2(own, O_CLOEXEC) < 0 || count > 16)
		return 1;
	fcntl(own[1], F_SETPIPE_SZ, WIDE);
	fcntl(STDIN_FILENO, F_SETPIPE_SZ, WIDE);
	fcntl(STDOUT_FILENO, F_SETPIPE_SZ, WIDE);
	for (int i = 0; i < count; i++) {
		outs[i] = open(files[i], O_WRONLY | O_CLOEXEC);
		fcntl(outs[i], F_SETPIPE_SZ, WIDE);
	}
	while ((held = splice(STDIN_FILENO, NULL, own[1], NULL, WIDE, 0)) > 0)
		for (ssize_t given; held > 0; held -= given) {
			given = held;
			/* tee(2) always begins at the head, and may give less: then all get that much. */
			for (int i = 0; i < count; i++) {
				ssize_t more = tee(own[0], outs[i], (size_t)given, 0);

				if (more <= 0 || (i && more < given))
					return 1;
				given = more;
			}
			if (move(own[0], STDOUT_FILENO, (size_t)given) < 0)
				return 1;
		}
	return held < 0;
}

/* ---- ceilings ---- */

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static char *far_from, *far_to;
enum { FAR = 1 << 28, NEAR = 1 << 16, TIMES = 1 << 18 };
static int ends[2], null;

static double
copy_far(void)
{
	memcpy(far_to, far_from, FAR);
	return FAR;
}

static double
copy_near(void)
{
	for (int i = 0; i < FAR / NEAR; i++) {
		memcpy(far_to, far_from, NEAR);
		__asm__ volatile("" ::: "memory");
	}
	return FAR;
}

static double
through_pipe(bool by_pages, bool by_read)
{
	for (int i = 0; i < FAR / WIDE; i++) {
		ssize_t given = by_pages ? give_pages(ends[1], WIDE) : give_copy(ends[1], WIDE);

		if (given != WIDE)
			exit(1);
		if (by_read ? read(ends[0], far_to, WIDE) != WIDE : move(ends[0], null, WIDE) < 0)
			exit(1);
	}
	return FAR;
}

static double
write_and_read(void)
{
	return through_pipe(false, true);
}

static double
write_and_splice(void)
{
	return through_pipe(false, false);
}

static double
vmsplice_and_splice(void)
{
	return through_pipe(true, false);
}

static double
call(void)
{
	for (int i = 0; i < TIMES; i++)
		syscall(SYS_getppid);
	return TIMES;
}

static const struct {
	const char *name;
	double (*one)(void); /* returns how much it did */
	bool is_time;        /* nanoseconds each, else GiB a second */
} ceilings[] = {
	{ "memcpy of 256 MiB", copy_far, false },
	{ "memcpy of 64 KiB, again and again", copy_near, false },
	{ "a pipe of 1 MiB, filled by write, emptied by read: two copies", write_and_read, false },
	{ "filled by write, emptied by splice: one copy", write_and_splice, false },
	{ "filled by vmsplice, emptied by splice: none", vmsplice_and_splice, false },
	{ "a system call (getppid)", call, true },
};

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

enum { CEILINGS = sizeof(ceilings) / sizeof(*ceilings), MOST_ROUNDS = 101 };

static int
show_ceilings(int rounds)
{
	static double times[CEILINGS][MOST_ROUNDS];

	far_from = malloc(FAR);
	far_to = malloc(FAR);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (rounds < 1 || rounds > MOST_ROUNDS || !far_from || !far_to || pipe2(ends, O_CLOEXEC) < 0
	    || fcntl(ends[1], F_SETPIPE_SZ, WIDE) < 0)
		return 1;
	memset(far_from, 'x', FAR);
	memset(far_to, 'y', FAR);
	for (int round = 0; round < rounds; round++)
		for (size_t i = 0; i < CEILINGS; i++) {
			double begun = now(), done = ceilings[i].one();

			times[i][round] = (now() - begun) / done;
		}
	for (size_t i = 0; i < CEILINGS; i++) {
		double each;

		qsort(times[i], (size_t)rounds, sizeof(double), compare);
		each = times[i][rounds / 2];
		if (ceilings[i].is_time)
			printf("%s\t%.0f\tns\n", ceilings[i].name, each * 1e9);
		else
			printf("%s\t%.2f\tGiB/s\n", ceilings[i].name, 1 / each / (1 << 30));
	}
	return 0;
}

int
main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	uint64_t size = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	size_t block = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;

	alarm(LONGEST); /* whatever stands in the middle may hang */
	block = block < WIDE ? block : WIDE;
	if (!strcmp(word, "feed"))
		return feed(give_pages, size, WIDE);
	if (!strcmp(word, "wfeed") && block)
		return feed(give_copy, size, block);
	if (!strcmp(word, "drain"))
		return drain(open_input(argc > 3 ? argv[3] : NULL), size);
	if (!strcmp(word, "rdrain") && block)
		return drain_by_read(open_input(argc > 4 ? argv[4] : NULL), size, block);
	if (!strcmp(word, "cat"))
		return model_cat(argc > 2 ? open(argv[2], O_RDONLY | O_CLOEXEC) : STDIN_FILENO);
	if (!strcmp(word, "tee"))
		return model_tee(argc - 2, argv + 2);
	if (!strcmp(word, "ceilings"))
		return show_ceilings((int)size);
	return 2;
}

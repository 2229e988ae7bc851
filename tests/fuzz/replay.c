/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz driver without libFuzzer: over its corpus, then over random changes of it, the same
 * ones each time. Prints TAP. With operands it runs these files instead: to look at a finding.
 *
 * BUTTER_SEED and BUTTER_ROUNDS set the random part; BUTTER_LONG makes it long.
 */
#include "fuzz.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGEST ((size_t)4096)

/* Ends where a page begins that nobody may read, so that reading too far ends the process. */
static uint8_t *input_end;
static uint64_t seed;
static char finding[PATH_MAX];

static void
make_room(void)
{
	uint8_t *room =
		mmap(NULL, 2 * LARGEST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (room == MAP_FAILED || mprotect(room + LARGEST, LARGEST, PROT_NONE) < 0)
		err(1, "cannot map memory");
	input_end = room + LARGEST;
}

static size_t
read_file(const char *path, uint8_t bytes[LARGEST])
{
	FILE *stream = fopen(path, "re");
	size_t size;

	if (!stream)
		err(1, "cannot open '%s'", path);
	size = fread(bytes, 1, LARGEST, stream);
	fclose(stream);
	return size;
}

static void
drive(const uint8_t *bytes, size_t size)
{
	memcpy(input_end - size, bytes, size);
	LLVMFuzzerTestOneInput(input_end - size, size);
}

/* xorshift64*: the same everywhere, which rand(3) is not. */
static uint32_t
random_below(uint32_t limit)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (uint32_t)(seed * UINT64_C(2685821657736338717) >> 32) % limit;
}

/* Changes a few places: a bit, a byte, one byte more or less, or a part of the input again. */
static size_t
mutate(uint8_t bytes[LARGEST], size_t size)
{
	static const char telling[] = "0129:.-+%\\\n\t \"x\377";

	for (uint32_t left = 1 + random_below(4); left; left--) {
		uint32_t at = size ? random_below((uint32_t)size) : 0;
		uint32_t rest = (uint32_t)size - at;

		switch (random_below(5)) {
		case 0:
			if (size)
				bytes[at] ^= (uint8_t)(1 << random_below(8));
			break;
		case 1:
			if (size)
				bytes[at] = (uint8_t)random_below(256);
			break;
		case 2:
			if (size < LARGEST) {
				memmove(bytes + at + 1, bytes + at, rest);
				bytes[at] = (uint8_t)telling[random_below(sizeof(telling) - 1)];
				size++;
			}
			break;
		case 3:
			if (size) {
				memmove(bytes + at, bytes + at + 1, rest - 1);
				size--;
			}
			break;
		default:
			if (size + rest <= LARGEST) {
				memmove(bytes + size, bytes + at, rest);
				size += rest;
			}
		}
	}
	return size;
}

/* Kept until the driver has returned: what is left of it is what made the driver fail. One file,
 * never closed: file systems may write out at once what is truncated and closed. */
static void
keep(const uint8_t *bytes, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = open(finding, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (pwrite(fd, bytes, size, 0) != (ssize_t)size || ftruncate(fd, (off_t)size) < 0)
		err(1, "cannot write '%s'", finding);
}

static uint64_t
number_from(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static int
not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
	const char *source = getenv("BUTTER_SOURCE"), *build = getenv("BUTTER_BUILD");
	uint64_t rounds = number_from("BUTTER_ROUNDS", getenv("BUTTER_LONG") ? 200000 : 2000);
	static uint8_t bytes[LARGEST];
	char folder[PATH_MAX], path[PATH_MAX + NAME_MAX + 2];
	struct dirent **entries;
	int count;

	make_room();
	for (int i = 1; i < argc; i++)
		drive(bytes, read_file(argv[i], bytes));
	if (argc > 1)
		return 0;

	seed = number_from("BUTTER_SEED", 1);
	seed += !seed; /* from 0 nothing else would come */
	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", source ? source : ".", name);
	snprintf(finding, sizeof(finding), "%s/finding-%s", build ? build : ".", name);
	count = scandir(folder, &entries, not_hidden, alphasort);
	if (count < 1)
		err(1, "no corpus in '%s'", folder);

	/* Said before it is done: the last line names the culprit. */
	printf("1..2\n");
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		printf("# %s\n", path);
		fflush(stdout);
		drive(bytes, read_file(path, bytes));
	}
	printf("ok 1 %d files of the corpus\n", count);

	printf("# changed at random (BUTTER_SEED=%" PRIu64 "); a finding stays in %s\n", seed,
	       finding);
	fflush(stdout);
	for (uint64_t round = 0; round < rounds; round++) {
		size_t size;

		snprintf(path, sizeof(path), "%s/%s", folder,
			 entries[random_below((uint32_t)count)]->d_name);
		size = mutate(bytes, read_file(path, bytes));
		keep(bytes, size);
		drive(bytes, size);
	}
	unlink(finding);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	printf("ok 2 %" PRIu64 " random changes of them\n", rounds);
	return 0;
}

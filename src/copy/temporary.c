/* SPDX-License-Identifier: MIT */
#include "copy/temporary.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "copy/unfinished.h"
#include "kernel/entry.h"
#include "kernel/timerfd.h"

enum {
	TRIES = 100, /* of names that others may have */
	SUFFIX = 8,  /* letters and digits of a name that nobody has */
};

/* A number that nobody guesses: of a random one, by SplitMix64, which makes no system calls. */
static uint64_t
next_number(const struct target *target)
{
	static uint64_t state;
	uint64_t none = 0, first, number;

	if (!__atomic_load_n(&state, __ATOMIC_RELAXED)) {
		/* Early at boot there are none yet: O_EXCL is what counts. */
		if (getrandom(&first, sizeof(first), GRND_NONBLOCK) < 0)
			first = (uint64_t)timerfd_now(CLOCK_MONOTONIC) ^ (uintptr_t)target;
		__atomic_compare_exchange_n(&state, &none, first | 1, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
	}
	number = __atomic_add_fetch(&state, UINT64_C(0x9e3779b97f4a7c15), __ATOMIC_RELAXED);
	number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
	return number ^ number >> 31;
}

/* .NAME.butter-XXXXXXXX, of NAME as much as there is room for. */
static void
make_name(struct target *target)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345", mark[] = ".butter-";
	int room = NAME_MAX - 1 - (int)strlen(mark) - SUFFIX;
	int length = snprintf(target->temporary, sizeof(target->temporary), ".%.*s%s", room,
			      target->name, mark);
	uint64_t number = next_number(target);

	for (int i = 0; i < SUFFIX; i++, number /= sizeof(letters) - 1)
		target->temporary[length++] = letters[number % (sizeof(letters) - 1)];
	target->temporary[length] = '\0';
}

int
temporary_rename_entry(int folder, const char *from, const char *to, bool only_new)
{
	if (!only_new)
		return renameat(folder, from, folder, to);
	if (entry_rename_new(folder, from, to) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system that has not got that has the oldest way, or none. */
	if (linkat(folder, from, folder, to, 0) == 0)
		return unlinkat(folder, from, 0);
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return -1;
	if (faccessat(folder, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(folder, from, folder, to);
}

void
temporary_forget(struct target *target)
{
	unfinished_end(target->unfinished);
	target->unfinished = NULL;
}

int
temporary_make(struct target *target, int (*make)(int folder, const char *name, void *context),
	       void *context)
{
	for (int i = 0; i < TRIES; i++) {
		int result;

		make_name(target);
		target->unfinished = unfinished_begin(target->folder, target->temporary);
		result = make(target->folder, target->temporary, context);
		if (result >= 0) {
			unfinished_made(target->unfinished);
			return result;
		}
		temporary_forget(target);
		if (errno != EEXIST)
			break;
	}
	*target->temporary = '\0';
	return -1;
}

int
temporary_become(const struct target *target, bool only_new)
{
	return temporary_rename_entry(target->folder, target->temporary, target->name, only_new);
}

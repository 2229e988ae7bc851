/* SPDX-License-Identifier: MIT */
#include "policy/targets.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "policy/groups.h"

void
targets_add(struct targets *targets, const struct target *target)
{
	if (target->call != SYSCALL_NONE) {
		if (!targets->has)
			targets->has = memory_get((size_t)syscalls_count());
		if (targets->has[target->call])
			return;
		targets->has[target->call] = 1;
	}
	if (targets->count == targets->room) {
		targets->room = targets->room ? 2 * targets->room : 16;
		targets->all = memory_resize(targets->all, targets->room, sizeof(*targets->all));
	}
	targets->all[targets->count++] = *target;
}

static bool
read_group(struct scan *scan, struct targets *targets)
{
	struct target target = { .place = scan_place(scan) };
	const char *word;
	size_t length = scan_word(scan, "@-", &word), count;
	int group = groups_find(word, length);
	const short *members;

	if (group < 0) {
		problems_error(scan->problems, &target.place,
			       problems_meant(scan->problems, groups_nearest(word, length)),
			       "nobody knows the group '%.*s'", (int)length, word);
		return true;
	}
	members = groups_members(group, &count);
	for (size_t i = 0; i < count; i++) {
		target.call = members[i];
		targets_add(targets, &target);
	}
	return true;
}

static bool
read_glob(struct scan *scan, struct targets *targets)
{
	struct target target = { .place = scan_place(scan) };
	const char *start = scan->at + 1;
	const char *end = memchr(start, '/', (size_t)(scan->end - start));
	const char *glob;
	bool is_known = false;

	if (!end) {
		problems_error(scan->problems, &target.place, NULL,
			       "the pattern does not end: a / is missing");
		return false;
	}
	glob = policy_keep_text(scan->policy, start, (size_t)(end - start));
	scan->at = end + 1;
	for (target.call = 0; target.call < syscalls_count(); target.call++)
		if (!fnmatch(glob, syscalls_name(target.call), 0)) {
			is_known = true;
			targets_add(targets, &target);
		}
	if (!is_known)
		problems_error(scan->problems, &target.place, NULL,
			       "no system call's name is like '%s'", glob);
	return true;
}

bool
targets_number(struct scan *scan, uint32_t *number)
{
	struct place place = scan_place(scan);
	const char *word;
	size_t length = scan_word(scan, "", &word);
	uint64_t value = 0;
	bool is_hex = length > 2 && word[0] == '0' && (word[1] == 'x' || word[1] == 'X');

	for (size_t i = is_hex ? 2 : 0; i < length && value <= UINT32_MAX; i++) {
		const char *digits = "0123456789abcdef0123456789ABCDEF";
		const char *digit = memchr(digits, word[i], is_hex ? 32 : 10);

		value = digit ? value * (is_hex ? 16 : 10) + (uint64_t)((digit - digits) % 16)
			      : UINT64_MAX;
	}
	if (!length)
		return scan_unexpected(scan, "a number");
	if (value > UINT32_MAX) {
		problems_error(scan->problems, &place, NULL, "'%.*s' is no number of a system call",
			       (int)length, word);
		return false;
	}
	*number = (uint32_t)value;
	return true;
}

static bool
read_numbers(struct scan *scan, struct targets *targets)
{
	struct target target = { .call = SYSCALL_NONE, .place = scan_place(scan) };

	if (!targets_number(scan, &target.first))
		return false;
	target.last = target.first;
	if (scan_take(scan, "-") || scan_take(scan, "..")) {
		if (!targets_number(scan, &target.last))
			return false;
		if (target.last < target.first) {
			problems_error(scan->problems, &target.place, NULL,
				       "the range ends before it begins");
			return true;
		}
	}
	targets_add(targets, &target);
	return true;
}

static bool
read_name(struct scan *scan, struct targets *targets)
{
	struct target target = { .is_named = true, .place = scan_place(scan) };
	const char *word;
	size_t length = scan_word(scan, "", &word);

	target.call = syscalls_find(word, length);
	if (target.call == SYSCALL_NONE) {
		problems_error(scan->problems, &target.place,
			       problems_meant(scan->problems, syscalls_nearest(word, length)),
			       "nobody knows the system call '%.*s'", (int)length, word);
		return true;
	}
	targets_add(targets, &target);
	return true;
}

bool
targets_read(struct scan *scan, struct targets *targets)
{
	char next = scan_next(scan);

	if (next == '@')
		return read_group(scan, targets);
	if (next == '/')
		return read_glob(scan, targets);
	if (next >= '0' && next <= '9')
		return read_numbers(scan, targets);
	if ((next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || next == '_')
		return read_name(scan, targets);
	return scan_unexpected(scan, "a system call (name, number, @group or /pattern/)");
}

void
targets_doubt(const struct targets *targets, unsigned arches, struct problems *problems)
{
	enum arch native = arch_native();

	if (!arches && native != ARCH_NONE)
		arches = 1U << native;
	for (size_t i = 0; i < targets->count; i++) {
		const struct target *target = &targets->all[i];
		bool is_there = !target->is_named || !arches;

		for (enum arch arch = 0; arch < ARCHES && !is_there; arch++)
			is_there = arches & 1U << arch && syscalls_number(target->call, arch) >= 0;
		if (!is_there)
			problems_warn(problems, &target->place, NULL, "%s has no system call '%s'",
				      arches & (arches - 1)
					      ? "none of these architectures"
					      : arch_facts((enum arch)__builtin_ctz(arches))->name,
				      syscalls_name(target->call));
	}
}

void
targets_close(struct targets *targets)
{
	free(targets->all);
	free(targets->has);
	*targets = (struct targets){ 0 };
}

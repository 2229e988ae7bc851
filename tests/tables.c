/* SPDX-License-Identifier: MIT */
/*
 * What the tables of seccomp-exec say:
 *
 *	tables numbers ARCH         each call and its number
 *	tables parameters           each call with its parameters, as --list-syscalls does
 *	tables at ARCH NUMBER...    the calls of these numbers
 *	tables newest ARCH
 *	tables groups               each group, and each call that is in it
 *	tables kin NAME             the calls that do the same
 *	tables constants ARCH       the values of the names on standard input
 *	tables print ARCH PREFIX VALUE
 *	tables errors NAME...       their numbers, and the names of these
 *	tables near NAME...         what may have been meant
 *	tables arch NAME...
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/constants.h"
#include "policy/groups.h"
#include "policy/listing.h"
#include "policy/syscalls.h"

static void
numbers(enum arch arch)
{
	for (int call = 0; call < syscalls_count(); call++) {
		int64_t number = syscalls_number(call, arch);

		if (number >= 0 && syscalls_at((uint32_t)number, arch) == call)
			printf("%s %" PRId64 "\n", syscalls_name(call), number);
		else if (number >= 0)
			printf("%s is not found by its number\n", syscalls_name(call));
	}
}

static void
parameters(void)
{
	struct buffer buffer = { 0 };

	for (int call = 0; call < syscalls_count(); call++)
		listing_syscall(&buffer, call, arch_native(), false);
	fwrite(buffer.data, 1, buffer.length, stdout);
	buffer_done(&buffer);
}

static void
at(enum arch arch, char **argv)
{
	for (; *argv; argv++) {
		int call = syscalls_at((uint32_t)strtoul(*argv, NULL, 0), arch);

		puts(call == SYSCALL_NONE ? "-" : syscalls_name(call));
	}
}

static void
groups(void)
{
	for (int group = 0; group < groups_count(); group++) {
		size_t count;
		const short *members = groups_members(group, &count);

		for (size_t i = 0; i < count; i++)
			printf("%s %s\n", groups_name(group), syscalls_name(members[i]));
	}
}

static void
kin(const char *name)
{
	int call = syscalls_find(name, strlen(name));

	for (int other = syscalls_kin(call, SYSCALL_NONE); other != SYSCALL_NONE;
	     other = syscalls_kin(call, other))
		puts(syscalls_name(other));
}

static void
constants(enum arch arch)
{
	char line[80];
	uint64_t value;

	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (constants_find(line, strlen(line), arch, &value))
			printf("%s %#" PRIx64 "\n", line, value);
		else
			printf("%s -\n", line);
	}
}

static void
print(enum arch arch, const char *prefix, const char *value)
{
	struct buffer buffer = { 0 };

	puts(constants_print(&buffer, prefix, strtoull(value, NULL, 0), arch)
		     ? buffer_string(&buffer)
		     : "-");
	buffer_done(&buffer);
}

static void
errors(char **argv)
{
	for (; *argv; argv++) {
		int error = constants_errno(*argv, strlen(*argv));
		const char *name = constants_errno_name(error);

		printf("%s %d %s\n", *argv, error, name ? name : "-");
	}
}

static void
near(char **argv)
{
	for (; *argv; argv++) {
		const char *name = **argv == '@' ? groups_nearest(*argv, strlen(*argv))
				   : **argv >= 'A' && **argv <= 'Z'
					   ? constants_nearest(*argv, strlen(*argv))
					   : syscalls_nearest(*argv, strlen(*argv));

		puts(name ? name : "-");
	}
}

static void
arches(char **argv)
{
	for (; *argv; argv++) {
		enum arch arch = arch_find(*argv, strlen(*argv));

		puts(arch == ARCH_NONE ? "-" : arch_facts(arch)->name);
	}
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	enum arch arch = argc > 2 ? arch_find(argv[2], strlen(argv[2])) : ARCH_NONE;

	if (!strcmp(what, "parameters"))
		parameters();
	else if (!strcmp(what, "groups"))
		groups();
	else if (!strcmp(what, "errors"))
		errors(argv + 2);
	else if (!strcmp(what, "near"))
		near(argv + 2);
	else if (!strcmp(what, "arch"))
		arches(argv + 2);
	else if (!strcmp(what, "kin") && argc > 2)
		kin(argv[2]);
	else if (arch == ARCH_NONE)
		return 1;
	else if (!strcmp(what, "numbers"))
		numbers(arch);
	else if (!strcmp(what, "at"))
		at(arch, argv + 3);
	else if (!strcmp(what, "newest"))
		printf("%" PRIu32 "\n", syscalls_newest(arch));
	else if (!strcmp(what, "constants"))
		constants(arch);
	else if (!strcmp(what, "print") && argc > 4)
		print(arch, argv[3], argv[4]);
	else
		return 1;
	return 0;
}

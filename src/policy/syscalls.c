/* SPDX-License-Identifier: MIT */
#include "policy/syscalls.h"

#include "policy/namelist.h"

/* ARM's private calls begin at 0xf0000, in the tables at PRIVATE; those that only x32 has, at OWN. */
enum { OWN = 512, PRIVATE = 0x4000, ARM_PRIVATE = 0xf0000 };

#include "policy/syscalls.def"

/* What a parameter is called, as places in the names, and its kind. */
struct row {
	uint16_t name, other;
	uint8_t kind;
};

#include "policy/parameters.def"

#include "policy/kin.def"

int
syscalls_count(void)
{
	return syscalls_names.count;
}

const char *
syscalls_name(int call)
{
	return namelist_name(&syscalls_names, call);
}

int
syscalls_find(const char *name, size_t length)
{
	return namelist_find(&syscalls_names, name, length);
}

const char *
syscalls_nearest(const char *name, size_t length)
{
	return namelist_nearest(&syscalls_names, name, length);
}

int64_t
syscalls_number(int call, enum arch arch)
{
	int number = numbers[arch][call];

	if (number < 0)
		return -1;
	if (number >= PRIVATE)
		return number - PRIVATE + ARM_PRIVATE;
	return (int64_t)number | arch_facts(arch)->bit;
}

int
syscalls_at(uint32_t number, enum arch arch)
{
	for (int call = 0; call < syscalls_names.count; call++)
		if (syscalls_number(call, arch) == number)
			return call;
	return SYSCALL_NONE;
}

uint32_t
syscalls_newest(enum arch arch)
{
	int newest = 0;

	for (int call = 0; call < syscalls_names.count; call++)
		if (numbers[arch][call] > newest && numbers[arch][call] < OWN)
			newest = numbers[arch][call];
	return (uint32_t)newest | arch_facts(arch)->bit;
}

int
syscalls_parameters(int call, struct parameter parameters[SYSCALL_ARGUMENTS])
{
	int count;

	if (list_of[call] == 0xffff)
		return -1;
	count = lists[list_of[call]];
	for (int i = 0; i < count; i++) {
		const struct row *row = &rows[lists[list_of[call] + 1 + i]];

		parameters[i].name = namelist_name(&parameter_names, row->name);
		parameters[i].other =
			row->other ? namelist_name(&parameter_names, row->other) : NULL;
		parameters[i].kind = (enum parameter_kind)row->kind;
	}
	return count;
}

int
syscalls_kin(int call, int previous)
{
	enum { COUNT = sizeof kin / sizeof *kin };
	int start = 0, i = 0;

	for (; i < COUNT && kin[i] != call; i++)
		if (kin[i] < 0)
			start = i + 1;
	if (i == COUNT)
		return SYSCALL_NONE;
	if (previous == SYSCALL_NONE)
		return kin[start];
	for (i = start; kin[i] >= 0; i++)
		if (kin[i] == previous)
			return kin[i + 1] >= 0 ? kin[i + 1] : SYSCALL_NONE;
	return SYSCALL_NONE;
}

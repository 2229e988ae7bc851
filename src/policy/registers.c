/* SPDX-License-Identifier: MIT */
#include "policy/registers.h"

#include <stdio.h>
#include <string.h>

enum { SHORT = 0xffff };

/* Whether x86's CALL takes a pointer to its arguments: newer ones, mmap2 and _newselect, do not. */
static bool
is_in_memory(const char *call)
{
	return !strcmp(call, "mmap") || !strcmp(call, "select");
}

/* Whether CALL, as setuid, is the older one of two on ARCH, with users of 16 bits: setuid32 is the other. */
static bool
has_successor(const char *call, enum arch arch)
{
	char name[32];
	int length = snprintf(name, sizeof(name), "%s32", call), other;

	other = syscalls_find(name, (size_t)length);
	return other != SYSCALL_NONE && syscalls_number(other, arch) >= 0;
}

struct registers
registers_of(int call, unsigned index, enum arch arch)
{
	struct registers registers = { REGISTERS_ONE, (unsigned char)index, (unsigned char)index };
	struct parameter parameters[SYSCALL_ARGUMENTS];
	unsigned at = 0;

	if (call == SYSCALL_NONE || arch == ARCH_NONE || arch_facts(arch)->has_wide
	    || (int)index >= syscalls_parameters(call, parameters))
		return registers;
	for (unsigned i = 0;; i++) {
		bool is_wide = parameters[i].kind == PARAMETER_WIDE;

		/* A pair begins at an even register there. */
		if (is_wide && arch == ARCH_ARM)
			at += at & 1;
		if (i == index)
			break;
		at += is_wide ? 2 : 1;
	}
	registers.low = registers.high = (unsigned char)at;
	if (arch == ARCH_X86 && is_in_memory(syscalls_name(call))) {
		registers.kind = REGISTERS_MEMORY;
	} else if (parameters[index].kind == PARAMETER_WIDE) {
		registers.kind = REGISTERS_PAIR;
		registers.high++;
	} else if (parameters[index].kind == PARAMETER_UINT
		   && has_successor(syscalls_name(call), arch)) {
		registers.kind = REGISTERS_SHORT;
	}
	return registers;
}

bool
registers_vary(int call, unsigned index)
{
	for (enum arch arch = 0; arch < ARCHES; arch++) {
		struct registers registers = registers_of(call, index, arch);

		if (registers.kind != REGISTERS_ONE || registers.low != index)
			return true;
	}
	return false;
}

uint64_t
registers_get(const struct registers *registers, const uint64_t arguments[SYSCALL_ARGUMENTS])
{
	uint64_t low = arguments[registers->low];

	switch (registers->kind) {
	case REGISTERS_PAIR:
		return (uint32_t)low | arguments[registers->high] << 32;
	case REGISTERS_SHORT:
		return (low & SHORT) == SHORT ? UINT32_MAX : low & SHORT;
	default:
		return low;
	}
}

void
registers_set(const struct registers *registers, uint64_t value,
	      uint64_t arguments[SYSCALL_ARGUMENTS])
{
	if (registers->kind == REGISTERS_MEMORY)
		return;
	arguments[registers->low] = value;
	if (registers->kind != REGISTERS_PAIR)
		return;
	arguments[registers->low] = (uint32_t)value;
	arguments[registers->high] = value >> 32;
}

static void
add(struct clauses *clauses, const struct policy_test *first, const struct policy_test *second)
{
	struct policy_test tests[] = { *first, *second };
	struct policy_clause clause = { tests, 2 };

	clauses_add(clauses, &clause, NULL);
}

/* The high halves decide, and where they are equal, the low ones. */
static void
add_halves(const struct registers *registers, const struct policy_test *test,
	   struct clauses *clauses)
{
	struct policy_test low = { .argument = registers->low,
				   .is_low = true,
				   .comparison = test->comparison,
				   .mask = (uint32_t)test->mask,
				   .value = (uint32_t)test->value };
	struct policy_test high = { .argument = registers->high,
				    .is_low = true,
				    .comparison = test->comparison,
				    .mask = test->mask >> 32,
				    .value = test->value >> 32 };
	struct policy_clause clause = { &high, 1 };

	switch (test->comparison) {
	case POLICY_EQ:
		break;
	case POLICY_NE:
		clauses_add(clauses, &clause, NULL);
		clause.tests = &low;
		clauses_add(clauses, &clause, NULL);
		return;
	case POLICY_LT:
	case POLICY_LE:
		high.comparison = POLICY_LT;
		clauses_add(clauses, &clause, NULL);
		break;
	case POLICY_GT:
	case POLICY_GE:
		high.comparison = POLICY_GT;
		clauses_add(clauses, &clause, NULL);
		break;
	}
	high.comparison = POLICY_EQ;
	add(clauses, &high, &low);
}

/* What is none is -1, which has more bits than all others. */
static void
add_short(const struct registers *registers, const struct policy_test *test,
	  struct clauses *clauses)
{
	struct policy_test none = { .argument = registers->low,
				    .is_low = true,
				    .comparison = POLICY_EQ,
				    .mask = SHORT,
				    .value = SHORT };
	struct policy_test other = none, masked = *test;
	struct policy_clause clause = { &none, 1 };

	if (policy_test_holds(test, UINT32_MAX))
		clauses_add(clauses, &clause, NULL);
	other.comparison = POLICY_NE;
	masked.argument = registers->low;
	masked.mask &= SHORT;
	add(clauses, &other, &masked);
}

void
registers_test(const struct registers *registers, const struct policy_test *test,
	       struct clauses *clauses)
{
	struct policy_test moved = *test;
	struct policy_clause clause = { &moved, 1 };

	moved.argument = registers->low;
	if (registers->kind == REGISTERS_PAIR && !test->is_low)
		add_halves(registers, test, clauses);
	else if (registers->kind == REGISTERS_SHORT)
		add_short(registers, test, clauses);
	else
		clauses_add(clauses, &clause, NULL);
}

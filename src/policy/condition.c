/* SPDX-License-Identifier: MIT */
#include "policy/condition.h"

#include <string.h>

#include "policy/argument.h"
#include "policy/clauses.h"
#include "policy/registers.h"
#include "policy/value.h"

enum { DEEPEST = 64 };

struct reader {
	struct scan *scan;
	int call;
	unsigned depth;
	bool is_raw;  /* the argument is named by its number alone: all its bits can be meant */
	bool is_mask; /* what was read last is `arg & V`, alone or in parentheses */
	struct policy_test mask;
};

static bool
clauses_join_or_tell(struct reader *reader, const struct place *place, struct clauses *a,
		     struct clauses *b, bool is_and)
{
	if (clauses_join(a, b, is_and))
		return true;
	problems_error(reader->scan->problems, place, "split it into several rules",
		       "the condition is too large: as an OR of ANDs it has over %d comparisons",
		       CLAUSES_MOST);
	return false;
}

/* ---- one comparison ---- */

static bool
read_comparison(struct scan *scan, enum policy_comparison *comparison)
{
	static const struct {
		char token[3];
		unsigned char comparison;
	} tokens[] = { { "==", POLICY_EQ }, { "!=", POLICY_NE }, { "<=", POLICY_LE },
		       { ">=", POLICY_GE }, { "<", POLICY_LT },  { ">", POLICY_GT } };

	for (size_t i = 0; i < sizeof(tokens) / sizeof(*tokens); i++)
		if (scan_take(scan, tokens[i].token)) {
			*comparison = tokens[i].comparison;
			return true;
		}
	return false;
}

/*
 * What does not fit into the 32 bits that the call looks at: an error, or, of arg0 to arg5, all 64 are
 * compared.
 */
static bool
widen(struct reader *reader, const struct place *place, const char *text, struct policy_test *test)
{
	struct scan *scan = reader->scan;
	int length = (int)(scan->at - text);

	while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	if (!reader->is_raw) {
		problems_error(scan->problems, place, NULL,
			       "%.*s does not fit into the 32 bits of the argument", length, text);
		return false;
	}
	problems_warn(scan->problems, place, NULL,
		      "%.*s has more than 32 bits, and the call looks at 32 bits of this argument",
		      length, text);
	if (test->mask == UINT32_MAX)
		test->mask = UINT64_MAX;
	test->is_low = false;
	return true;
}

/* A value for a test, which has as many bits as that. */
static bool
read_value(struct reader *reader, struct policy_test *test, struct value *value)
{
	struct scan *scan = reader->scan;
	struct place place = scan_place(scan);
	const char *text = scan->at;

	if (!value_read(scan, value))
		return false;
	if (test->is_low && !value_is_narrow(value) && !widen(reader, &place, text, test))
		return false;
	if (test->is_low)
		value->bits = (uint32_t)value->bits;
	return true;
}

/*
 * VALUE as it is compared with: a long that is negative has as many bits as its architecture's
 * registers.
 */
static void
fit(struct reader *reader, const struct policy_test *test, struct value *value)
{
	struct scan *scan = reader->scan;

	if (test->is_low || !(value->is_negative || value->is_complement)
	    || registers_of(reader->call, test->argument, ARCH_X86).kind == REGISTERS_PAIR)
		return;
	scan->varies = true;
	if (scan->arch != ARCH_NONE && !arch_facts(scan->arch)->has_wide)
		value->bits = (uint32_t)value->bits;
}

/* What can be written, and cannot be meant. */
static void
doubt(struct reader *reader, const struct place *place, const struct policy_test *test,
      bool is_negative)
{
	struct problems *problems = reader->scan->problems;

	if (test->comparison == POLICY_EQ || test->comparison == POLICY_NE)
		return;
	if (is_negative)
		problems_warn(problems, place, NULL,
			      "comparisons know no sign: what is negative counts as %llu",
			      (unsigned long long)test->value);
	else if (!test->value && (test->comparison == POLICY_LT || test->comparison == POLICY_GE))
		problems_warn(problems, place, "comparisons know no sign", "nothing is below 0");
}

/* The value behind a comparison. */
static bool
read_compared(struct reader *reader, struct policy_test *test)
{
	struct place place = scan_place(reader->scan);
	struct value value;

	if (!read_value(reader, test, &value))
		return false;
	fit(reader, test, &value);
	test->value = value.bits;
	doubt(reader, &place, test, value.is_negative);
	return true;
}

static void
add_test(struct reader *reader, struct clauses *clauses, struct policy_test test, bool is_not)
{
	struct scan *scan = reader->scan;
	struct registers registers = registers_of(reader->call, test.argument, scan->arch);

	scan->varies |= registers_vary(reader->call, test.argument);
	if (registers.kind == REGISTERS_MEMORY)
		scan->is_hidden = scan->lacks = true;
	if (is_not)
		test.comparison = clauses_opposite[test.comparison];
	registers_test(&registers, &test, clauses);
}

/* Behind `in`: bits that may be set, or the first and the last value. */
static bool
read_in(struct reader *reader, struct policy_test *test, bool is_not, struct clauses *clauses)
{
	struct scan *scan = reader->scan;
	struct place place = scan_place(scan);
	struct clauses last = { 0 };
	struct value from, to;

	if (!read_value(reader, test, &from))
		return false;
	if (!scan_take(scan, "..")) {
		test->mask &= ~from.bits;
		add_test(reader, clauses, *test, is_not);
		return true;
	}
	if (!read_value(reader, test, &to))
		return false;
	fit(reader, test, &from);
	fit(reader, test, &to);
	if (from.bits > to.bits) {
		problems_error(scan->problems, &place, "comparisons know no sign",
			       "the range ends before it begins");
		return false;
	}
	test->comparison = POLICY_GE;
	test->value = from.bits;
	add_test(reader, clauses, *test, is_not);
	test->comparison = POLICY_LE;
	test->value = to.bits;
	add_test(reader, &last, *test, is_not);
	clauses_join(clauses, &last, !is_not);
	return true;
}

/* The comparison behind a mask, if there is one. False: there is, and it was wrong. */
static bool
read_masked(struct reader *reader, struct policy_test *test)
{
	struct place place = scan_place(reader->scan);

	if (!read_comparison(reader->scan, &test->comparison))
		return true;
	reader->is_mask = false;
	if (!read_compared(reader, test))
		return false;
	if (test->value & ~test->mask && test->comparison == POLICY_EQ)
		problems_warn(reader->scan->problems, &place, NULL,
			      "that is never so: the value has bits that the mask takes away");
	return true;
}

static bool
read_test(struct reader *reader, bool is_not, struct clauses *clauses)
{
	struct scan *scan = reader->scan;
	struct policy_test test = { .comparison = POLICY_EQ };
	struct argument argument;
	struct place place;
	const char *at, *word;
	struct value value;

	if (!argument_read(scan, reader->call, &argument))
		return false;
	reader->is_raw = argument.is_raw;
	test.argument = argument.index;
	test.is_low = argument.is_low;
	place = scan_place(scan);
	at = scan->at;
	test.mask = test.is_low ? UINT32_MAX : UINT64_MAX;
	if (read_comparison(scan, &test.comparison)) {
		if (!read_compared(reader, &test))
			return false;
	} else if (scan_next(scan) == '&' && !(scan->end - scan->at > 1 && scan->at[1] == '&')) {
		scan->at++;
		if (!read_value(reader, &test, &value))
			return false;
		test.mask = value.bits;
		test.comparison = POLICY_NE;
		reader->is_mask = true;
		if (!read_masked(reader, &test))
			return false;
		if (!test.mask && reader->is_mask)
			problems_warn(scan->problems, &place, NULL,
				      "that is never so: 0 has no bits");
		reader->mask = test;
	} else if (scan_word(scan, "", &word) == 2 && !memcmp(word, "in", 2)) {
		return read_in(reader, &test, is_not, clauses);
	} else {
		scan->at = at;
		return scan_unexpected(scan, "== != < <= > >= & or in");
	}
	add_test(reader, clauses, test, is_not);
	return true;
}

/* ---- and, or, not ---- */

static bool read_or(struct reader *reader, bool is_not, struct clauses *clauses);

static bool
read_parentheses(struct reader *reader, bool is_not, struct clauses *clauses)
{
	struct scan *scan = reader->scan;
	struct place place = scan_place(scan);

	if (reader->depth == DEEPEST) {
		problems_error(scan->problems, &place, NULL, "too many parentheses");
		return false;
	}
	scan->at++;
	reader->depth++;
	if (!read_or(reader, is_not, clauses))
		return false;
	reader->depth--;
	if (!scan_take(scan, ")"))
		return scan_unexpected(scan, "')'");
	if (!reader->is_mask)
		return true;
	/* (arg & MASK) == VALUE. */
	if (!read_masked(reader, &reader->mask))
		return false;
	if (!reader->is_mask) {
		clauses_close(clauses);
		add_test(reader, clauses, reader->mask, is_not);
	}
	return true;
}

static bool
read_not(struct reader *reader, bool is_not, struct clauses *clauses)
{
	bool has_not = false, is_good;

	while (scan_next(reader->scan) == '!') {
		reader->scan->at++;
		is_not = !is_not;
		has_not = true;
	}
	reader->is_mask = false;
	if (scan_next(reader->scan) == '(')
		is_good = read_parentheses(reader, is_not, clauses);
	else
		is_good = read_test(reader, is_not, clauses);
	if (has_not)
		reader->is_mask = false;
	return is_good;
}

/* What READ reads, and more of it behind each JOINT; IS_AND: all of that must hold. */
static bool
read_joined(struct reader *reader, const char *joint,
	    bool (*read)(struct reader *reader, bool is_not, struct clauses *clauses), bool is_and,
	    bool is_not, struct clauses *clauses)
{
	struct place place = scan_place(reader->scan);

	if (!read(reader, is_not, clauses))
		return false;
	while (scan_take(reader->scan, joint)) {
		struct clauses more = { 0 };

		if (!read(reader, is_not, &more)
		    || !clauses_join_or_tell(reader, &place, clauses, &more, is_and)) {
			clauses_close(&more);
			return false;
		}
		reader->is_mask = false;
	}
	return true;
}

/* A && B && ..., whose opposite is an OR. */
static bool
read_and(struct reader *reader, bool is_not, struct clauses *clauses)
{
	return read_joined(reader, "&&", read_not, !is_not, is_not, clauses);
}

static bool
read_or(struct reader *reader, bool is_not, struct clauses *clauses)
{
	return read_joined(reader, "||", read_and, is_not, is_not, clauses);
}

/* ---- the whole ---- */

const struct policy_condition *
condition_read(struct scan *scan, int call)
{
	struct reader reader = { .scan = scan, .call = call };
	const struct policy_condition *condition = NULL;
	struct clauses clauses = { 0 };

	if (read_or(&reader, false, &clauses))
		condition = clauses_keep(&clauses, scan->policy);
	clauses_close(&clauses);
	return condition;
}

/* SPDX-License-Identifier: MIT */
#include "policy/value.h"

#include "policy/constants.h"

enum { DEEPEST = 32 };

static int
digit(char byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return byte >= 'A' && byte <= 'F' ? byte - 'A' + 10 : 99;
}

/* As C has them: 0x.. is hexadecimal, 0.. octal. */
static bool
read_number(struct scan *scan, const struct place *place, bool is_negative, struct value *value)
{
	const char *word, *at;
	size_t length = scan_word(scan, "", &word);
	unsigned base = 10;
	uint64_t bits = 0;

	at = word;
	if (length > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
		base = 16;
		at += 2;
	} else if (length > 1 && *at == '0') {
		base = 8;
		at++;
	}
	for (; at < word + length; at++) {
		unsigned next = (unsigned)digit(*at);

		if (next >= base) {
			problems_error(scan->problems, place, NULL, "'%.*s' is no number",
				       (int)length, word);
			return false;
		}
		if (__builtin_mul_overflow(bits, base, &bits)
		    || __builtin_add_overflow(bits, next, &bits)) {
			problems_error(scan->problems, place, NULL, "%.*s has more than 64 bits",
				       (int)length, word);
			return false;
		}
	}
	if (is_negative && bits > UINT64_C(1) << 63) {
		problems_error(scan->problems, place, NULL, "-%.*s has more than 64 bits",
			       (int)length, word);
		return false;
	}
	value->bits |= is_negative ? -bits : bits;
	value->is_negative |= is_negative && bits;
	return true;
}

/* Whether another architecture has another value than BITS for the name, or none. */
static bool
differs(const char *name, size_t length, uint64_t bits)
{
	for (enum arch arch = 0; arch < ARCHES; arch++) {
		uint64_t other;

		if (!constants_find(name, length, arch, &other) || other != bits)
			return true;
	}
	return false;
}

static bool
read_constant(struct scan *scan, struct value *value)
{
	struct place place = scan_place(scan);
	const char *word;
	size_t length = scan_word(scan, "", &word);
	enum arch arch = scan->arch == ARCH_NONE ? ARCH_X86_64 : scan->arch;
	uint64_t bits;

	if (!constants_find(word, length, arch, &bits)) {
		for (arch = 0; arch < ARCHES && !constants_find(word, length, arch, &bits); arch++)
			;
		if (arch == ARCHES) {
			problems_error(
				scan->problems, &place,
				problems_meant(scan->problems, constants_nearest(word, length)),
				"nobody knows the constant '%.*s'", (int)length, word);
			return false;
		}
		if (!scan->is_other) {
			problems_error(scan->problems, &place,
				       "write its number, or [arch=...] behind the call",
				       "%s has no constant '%.*s'", arch_facts(scan->arch)->name,
				       (int)length, word);
			return false;
		}
		scan->lacks = true;
		return true;
	}
	if (differs(word, length, bits))
		scan->varies = true;
	value->bits |= bits;
	value->is_negative |= (int64_t)bits < 0 && (int64_t)bits >= INT32_MIN;
	return true;
}

static bool read_any(struct scan *scan, struct value *value, unsigned depth);

static bool
read_part(struct scan *scan, struct value *value, unsigned depth)
{
	struct place place = scan_place(scan);
	bool is_complement = scan_take(scan, "~");
	struct value part = { 0 };
	char next = scan_next(scan);

	if (next == '(') {
		if (depth == DEEPEST) {
			problems_error(scan->problems, &place, NULL, "too many parentheses");
			return false;
		}
		scan->at++;
		if (!read_any(scan, &part, depth + 1))
			return false;
		if (!scan_take(scan, ")"))
			return scan_unexpected(scan, "')'");
	} else if (next == '-' || (next >= '0' && next <= '9')) {
		struct place number = scan_place(scan);
		bool is_negative = scan_take(scan, "-");

		next = scan_next(scan);
		if (next < '0' || next > '9')
			return scan_unexpected(scan, "a number");
		if (!read_number(scan, &number, is_negative, &part))
			return false;
	} else if ((next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') || next == '_') {
		if (!read_constant(scan, &part))
			return false;
	} else {
		return scan_unexpected(scan, "a number or the name of a constant");
	}
	value->bits |= is_complement ? ~part.bits : part.bits;
	value->is_negative |= part.is_negative && !is_complement;
	value->is_complement |= part.is_complement || is_complement;
	return true;
}

static bool
read_any(struct scan *scan, struct value *value, unsigned depth)
{
	for (;;) {
		if (!read_part(scan, value, depth))
			return false;
		if (scan_next(scan) != '|' || (scan->end - scan->at > 1 && scan->at[1] == '|'))
			return true;
		scan->at++;
	}
}

bool
value_read(struct scan *scan, struct value *value)
{
	*value = (struct value){ 0 };
	return read_any(scan, value, 0);
}

bool
value_is_narrow(const struct value *value)
{
	if (value->bits <= UINT32_MAX)
		return true;
	if (value->is_complement)
		return value->bits >> 32 == UINT32_MAX;
	return value->is_negative && (int64_t)value->bits >= INT32_MIN && (int64_t)value->bits < 0;
}

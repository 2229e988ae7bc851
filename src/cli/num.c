/* SPDX-License-Identifier: MIT */
#include "cli/num.h"

#include <errno.h>
#include <libutil.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Not isdigit(3): no locale, no sign extension. */
static bool
is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static int
refuse(int error)
{
	errno = error;
	return -1;
}

int
num_integer(const char *text, int64_t low, int64_t high, int64_t *value)
{
	const char *digits = text + (low < 0 && *text == '-'), *problem;
	int64_t number;

	/* strtonum also takes leading blanks and a plus sign; "-0" and "-5" are out of range rather
	 * than malformed. */
	if (digits == text && *text == '-' && is_digit(text[1]))
		return refuse(text[1 + strspn(text + 1, "0123456789")] ? EINVAL : ERANGE);
	if (!is_digit(*digits) || digits[strspn(digits, "0123456789")])
		return refuse(EINVAL);
	number = strtonum(text, low, high, &problem);
	if (problem)
		return refuse(ERANGE);
	*value = number;
	return 0;
}

struct unit {
	char name[4];
	int64_t size; /* 0 ends the table */
};

static const struct unit *
find_unit(const struct unit *units, const char *text, size_t length)
{
	for (; units->size; units++)
		if (strlen(units->name) == length && !strncmp(units->name, text, length))
			return units;
	return NULL;
}

/* Adds UNIT times the decimal number at *TEXT to *TOTAL, rounding up, and moves *TEXT behind it. */
static int
add_decimal(const char **text, int64_t unit, int64_t *total)
{
	const char *at = *text;
	int64_t whole = 0, part = 0, value;
	bool rest = false;

	for (; is_digit(*at); at++)
		if (__builtin_mul_overflow(whole, 10, &whole)
		    || __builtin_add_overflow(whole, *at - '0', &whole))
			whole = INT64_MAX;
	if (__builtin_mul_overflow(whole, unit, &value))
		return refuse(ERANGE);
	if (*at == '.') {
		__int128 scale = 1, sum = 0;

		/* 18 digits say all that a nanosecond can be split into; what follows only rounds
		 * up. */
		for (at++; is_digit(*at); at++) {
			if (scale < INT64_C(1000000000000000000)) {
				sum = sum * 10 + (*at - '0');
				scale *= 10;
			} else {
				rest |= *at != '0';
			}
		}
		part = (int64_t)((sum * unit + scale - 1) / scale);
		if (rest && (sum * unit) % scale == 0)
			part++;
	}
	if (__builtin_add_overflow(value, part, &value)
	    || __builtin_add_overflow(*total, value, total))
		return refuse(ERANGE);
	*text = at;
	return 0;
}

int
num_duration(const char *text, int64_t *nanoseconds)
{
	static const struct unit units[] = {
		{ "w", 604800 * NUM_SECOND },
		{ "d", 86400 * NUM_SECOND },
		{ "h", 3600 * NUM_SECOND },
		{ "m", 60 * NUM_SECOND },
		{ "min", 60 * NUM_SECOND },
		{ "s", NUM_SECOND },
		{ "sec", NUM_SECOND },
		{ "ms", 1000000 },
		{ "us", 1000 },
		{ "ns", 1 },
		{ "", 0 },
	};
	int64_t total = 0, previous = INT64_MAX;

	if (!strcmp(text, "inf") || !strcmp(text, "infinity")) {
		*nanoseconds = NUM_FOREVER;
		return 0;
	}
	do {
		size_t number = strspn(text, "0123456789.");
		size_t letters = strspn(text + number, "abcdefghijklmnopqrstuvwxyz");
		const struct unit *unit = find_unit(units, text + number, letters);
		const char *start = text;

		/* A bare number is seconds, but only when it is all there is. */
		if (!letters && previous == INT64_MAX && !text[number])
			unit = find_unit(units, "s", 1);
		if (!unit || unit->size >= previous || !is_digit(text[*text == '.']))
			return refuse(EINVAL);
		if (add_decimal(&text, unit->size, &total) < 0)
			return -1;
		if (text != start + number) /* a second dot */
			return refuse(EINVAL);
		text += letters;
		text += *text == ' ' && text[1];
		previous = unit->size;
	} while (*text);
	if (total == NUM_FOREVER)
		return refuse(ERANGE);
	*nanoseconds = total;
	return 0;
}

const char *
num_not_duration(int error)
{
	return error == ERANGE ? "is too long: 292 years at most, or inf"
			       : "is not a duration such as 5, 0.25, 300ms, 1m30s or inf";
}

/* The size that the first LENGTH bytes of TEXT are. */
static int
read_size(const char *text, size_t length, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "B", 1 },
		{ "K", INT64_C(1) << 10 },
		{ "KiB", INT64_C(1) << 10 },
		{ "k", INT64_C(1) << 10 },
		{ "kB", 1000 },
		{ "KB", 1000 },
		{ "M", INT64_C(1) << 20 },
		{ "MiB", INT64_C(1) << 20 },
		{ "MB", 1000000 },
		{ "G", INT64_C(1) << 30 },
		{ "GiB", INT64_C(1) << 30 },
		{ "GB", 1000000000 },
		{ "T", INT64_C(1) << 40 },
		{ "TiB", INT64_C(1) << 40 },
		{ "TB", INT64_C(1000000000000) },
		{ "", 0 },
	};
	size_t digits = strspn(text, "0123456789");
	const struct unit *unit = find_unit(units, text + digits, length - digits);
	uint64_t value = 0;

	if (!digits || !unit)
		return refuse(EINVAL);
	for (; is_digit(*text); text++)
		if (__builtin_mul_overflow(value, 10, &value)
		    || __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return refuse(ERANGE);
	if (__builtin_mul_overflow(value, (uint64_t)unit->size, &value))
		return refuse(ERANGE);
	*bytes = value;
	return 0;
}

int
num_size(const char *text, uint64_t *bytes)
{
	return read_size(text, strlen(text), bytes);
}

int
num_rate(const char *text, uint64_t *bytes)
{
	size_t length = strlen(text);

	return read_size(text, length - (length > 2 && !strcmp(text + length - 2, "/s") ? 2 : 0),
			 bytes);
}

/* The value of a hexadecimal digit; -1: it is none. */
static int
digit_of(char byte)
{
	if (is_digit(byte))
		return byte - '0';
	byte |= 'a' ^ 'A';
	return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

int
num_bytes(const char *text, char *bytes, size_t *length)
{
	*length = 0;
	while (*text) {
		int high = digit_of(text[0]), low = digit_of(text[1]);

		if (high < 0 || low < 0)
			return refuse(EINVAL);
		bytes[(*length)++] = (char)(high << 4 | low);
		text += 2;
	}
	return *length ? 0 : refuse(EINVAL);
}

/* At least DIGITS digits of NUMBER, then UNIT; moves behind them. No stdio: signal handlers come
 * here. */
static char *
put_number(char *at, int64_t number, int digits, char unit)
{
	char reversed[24];
	int count = 0;

	do
		reversed[count++] = (char)('0' + number % 10);
	while ((number /= 10) || count < digits);
	while (count)
		*at++ = reversed[--count];
	*at++ = unit;
	return at;
}

size_t
num_format_duration(char text[NUM_DURATION_SIZE], int64_t nanoseconds)
{
	int64_t milliseconds = nanoseconds / 1000000, seconds = milliseconds / 1000;
	char *at = text;

	if (nanoseconds == NUM_FOREVER) {
		strcpy(text, "inf");
		return 3;
	}
	if (seconds >= 86400)
		at = put_number(at, seconds / 86400, 1, 'd');
	if (seconds >= 3600)
		at = put_number(at, seconds / 3600 % 24, 1, 'h');
	if (seconds >= 60)
		at = put_number(at, seconds / 60 % 60, 1, 'm');
	at = put_number(at, seconds % 60, 1, '.');
	at = put_number(at, milliseconds % 1000, 3, 's');
	*at = '\0';
	return (size_t)(at - text);
}

void
num_brief_duration(char text[NUM_DURATION_SIZE], int64_t nanoseconds)
{
	size_t length = num_format_duration(text, nanoseconds);

	if (nanoseconds == NUM_FOREVER)
		return;
	for (length--; text[length - 1] == '0'; length--)
		;
	length -= text[length - 1] == '.';
	text[length] = 's';
	text[length + 1] = '\0';
}

void
num_format_size(char text[NUM_SIZE_SIZE], uint64_t bytes)
{
	int64_t number = bytes < INT64_MAX ? (int64_t)bytes : INT64_MAX;

	humanize_number(text, 5, number, "", HN_AUTOSCALE, HN_DECIMAL | HN_NOSPACE);
}

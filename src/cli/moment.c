/* SPDX-License-Identifier: MIT */
#include "cli/moment.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>

#include "cli/num.h"

static int64_t
read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * NUM_SECOND + now.tv_nsec;
}

int64_t
moment_now(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t
moment_coarse(void)
{
	return read_clock(CLOCK_REALTIME_COARSE);
}

int64_t
moment_ahead(void)
{
	int64_t since = read_clock(CLOCK_MONOTONIC);

	return moment_now() - since;
}

static int
refuse(int error)
{
	errno = error;
	return -1;
}

/* COUNT digits at *TEXT, from LOW to HIGH; moves *TEXT behind them. */
static bool
take_digits(const char **text, int count, int low, int high, int *value)
{
	int number = 0;

	for (int i = 0; i < count; i++) {
		char byte = (*text)[i];

		if (byte < '0' || byte > '9')
			return false;
		number = number * 10 + (byte - '0');
	}
	if (number < low || number > high)
		return false;
	*text += count;
	*value = number;
	return true;
}

static bool
take_byte(const char **text, char byte)
{
	if (**text != byte)
		return false;
	++*text;
	return true;
}

/* ".25" as nanoseconds, rounded up; nothing is 0. */
static bool
take_fraction(const char **text, int64_t *fraction)
{
	size_t digits;
	char copy[40];

	*fraction = 0;
	if (**text != '.')
		return true;
	digits = strspn(*text + 1, "0123456789");
	if (!digits || digits > 30)
		return false;
	memcpy(copy, *text, digits + 1);
	copy[digits + 1] = '\0';
	*text += digits + 1;
	return num_duration(copy, fraction) == 0;
}

/* HH:MM[:SS[.FRACTION]] */
static bool
take_time(const char **text, struct tm *when, int64_t *fraction)
{
	*fraction = 0;
	if (!take_digits(text, 2, 0, 23, &when->tm_hour) || !take_byte(text, ':')
	    || !take_digits(text, 2, 0, 59, &when->tm_min))
		return false;
	if (!take_byte(text, ':'))
		return true;
	return take_digits(text, 2, 0, 60, &when->tm_sec) && take_fraction(text, fraction);
}

/* YYYY-MM-DD, a day that exists. */
static bool
take_date(const char **text, struct tm *when)
{
	struct tm check;

	if (!take_digits(text, 4, 0, 9999, &when->tm_year) || !take_byte(text, '-')
	    || !take_digits(text, 2, 1, 12, &when->tm_mon) || !take_byte(text, '-')
	    || !take_digits(text, 2, 1, 31, &when->tm_mday))
		return false;
	when->tm_year -= 1900;
	when->tm_mon--;
	check = *when;
	timegm(&check);
	return check.tm_mday == when->tm_mday;
}

/* Z, +HH, +HHMM, +HH:MM; -1 nothing there, 0 malformed, 1 taken. */
static int
take_offset(const char **text, int *seconds)
{
	int hours, minutes = 0, sign;

	*seconds = 0;
	if (take_byte(text, 'Z') || take_byte(text, 'z'))
		return 1;
	if (**text != '+' && **text != '-')
		return -1;
	sign = *(*text)++ == '-' ? -1 : 1;
	if (!take_digits(text, 2, 0, 23, &hours))
		return 0;
	if (**text && (take_byte(text, ':'), !take_digits(text, 2, 0, 59, &minutes)))
		return 0;
	*seconds = sign * (hours * 3600 + minutes * 60);
	return 1;
}

static int
finish(time_t seconds, int64_t fraction, int64_t *moment)
{
	int64_t total;

	if (seconds < 0)
		total = 0; /* long past is past */
	else if (__builtin_mul_overflow((int64_t)seconds, NUM_SECOND, &total)
		 || __builtin_add_overflow(total, fraction, &total))
		return refuse(ERANGE);
	*moment = total;
	return 0;
}

/* How far local time is ahead of UTC at SECONDS. */
static long
offset_at(time_t seconds)
{
	struct tm local;

	return localtime_r(&seconds, &local) ? local.tm_gmtoff : 0;
}

static bool
shows(time_t seconds, time_t wall)
{
	return seconds + offset_at(seconds) == wall;
}

/*
 * The first moment after LATER_THAN at which a clock on the wall shows WHEN, else the last one
 * before. One in a gap is reckoned as if the clock had not been put forward yet: as much
 * later as the gap is long.
 */
static time_t
local_time(const struct tm *when, time_t later_than)
{
	enum { DAY = 86400 };
	struct tm copy = *when;
	time_t wall = timegm(&copy);
	time_t first = wall - offset_at(wall - DAY), second = wall - offset_at(wall + DAY);

	if (!shows(second, wall))
		return first;
	if (!shows(first, wall))
		return second;
	return first > later_than ? first : second;
}

static int
parse_clock(const char *text, int64_t now, int64_t *moment)
{
	time_t seconds = (time_t)(now / NUM_SECOND);
	int64_t fraction;
	struct tm when;

	if (!localtime_r(&seconds, &when))
		return refuse(ERANGE);
	when.tm_sec = 0;
	if (!take_time(&text, &when, &fraction) || *text)
		return refuse(EINVAL);
	for (int day = 0; day < 3; day++) {
		/* With a fraction, the same second is still to come. */
		if (finish(local_time(&when, fraction ? seconds - 1 : seconds), fraction, moment)
		    < 0)
			return -1;
		if (*moment > now)
			return 0;
		when.tm_mday++;
	}
	return refuse(ERANGE);
}

static int
parse_epoch(const char *text, int64_t *moment)
{
	size_t digits = strspn(text, "0123456789");
	char copy[24];
	int64_t seconds, fraction;

	if (!digits)
		return refuse(EINVAL);
	if (digits >= sizeof(copy))
		return refuse(ERANGE);
	memcpy(copy, text, digits);
	copy[digits] = '\0';
	text += digits;
	if (!take_fraction(&text, &fraction) || *text)
		return refuse(EINVAL);
	if (num_integer(copy, 0, INT64_MAX, &seconds) < 0)
		return -1;
	return finish(seconds, fraction, moment);
}

int
moment_parse(const char *text, int64_t now, int64_t *moment)
{
	struct tm when = { .tm_mday = 1 };
	int64_t fraction = 0;
	int offset, zone = -1;

	if (*text == '@')
		return parse_epoch(text + 1, moment);
	if (strlen(text) > 2 && text[2] == ':')
		return parse_clock(text, now, moment);

	if (!take_date(&text, &when))
		return refuse(EINVAL);
	if (*text == 'T' || *text == 't' || *text == ' ') {
		text++;
		if (!take_time(&text, &when, &fraction))
			return refuse(EINVAL);
		zone = take_offset(&text, &offset);
	}
	if (!zone || *text)
		return refuse(EINVAL);
	if (zone == 1)
		return finish(timegm(&when) - offset, fraction, moment);
	return finish(local_time(&when, INT64_MIN), fraction, moment);
}

/* The first second in (FROM, TO] with another offset than FROM has; the caller knows that TO has. */
static time_t
transition(time_t from, time_t to)
{
	long offset = offset_at(from);

	while (to - from > 1) {
		time_t middle = from + (to - from) / 2;

		if (offset_at(middle) == offset)
			from = middle;
		else
			to = middle;
	}
	return to;
}

int64_t
moment_align(int64_t moment, int64_t step)
{
	for (;;) {
		time_t seconds = (time_t)(moment / NUM_SECOND), change;
		int64_t before = offset_at(seconds) * NUM_SECOND, after, over, found;

		over = (moment + before) % step;
		if (__builtin_add_overflow(moment, over ? step - over : 0, &found))
			return INT64_MAX;
		if (offset_at((time_t)(found / NUM_SECOND)) * NUM_SECOND == before)
			return found;
		/* The clock is put forward or back: a multiple that it leaves out comes at once. */
		change = transition(seconds, (time_t)(found / NUM_SECOND));
		after = offset_at(change) * NUM_SECOND;
		moment = change * NUM_SECOND;
		if (after > before && (moment + after) / step > (moment + before - 1) / step)
			return moment;
	}
}

void
moment_print(struct buffer *buffer, const char *format, int64_t moment)
{
	time_t seconds = (time_t)(moment / NUM_SECOND);
	size_t room = strlen(format) * 4 + 64, length;
	struct tm when;

	/* strftime says 0 for "too little room" and for "empty"; no conversion is longer than 4096.
	 */
	if (!*format || !localtime_r(&seconds, &when))
		return;
		/* The format may be a user's: strftime's cannot reach memory. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	while (!(length = strftime(buffer_reserve(buffer, room), room, format, &when))
	       && room < 65536)
		room *= 4;
#pragma GCC diagnostic pop
	buffer->length += length;
}

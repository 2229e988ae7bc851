/* SPDX-License-Identifier: MIT */
#include "policy/constants.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "cli/names.h"
#include "policy/namelist.h"
#include "policy/packed.h"

#define LENGTH(list) (sizeof(list) / sizeof *(list))

/* What a constant is on some architectures only, the first of its rows that has them. */
struct other {
	uint16_t constant;
	uint8_t arches;
	bool is_known;
	uint32_t value;
};

#include "policy/constants.def"

#include "policy/errors.def"

/* Flags, and which bits of them are a number instead: O_RDWR of O_RDWR | O_CLOEXEC. */
static const struct {
	char prefix[10];
	uint32_t number;
} flags[] = {
	{ "AT_", 0 },       { "CLONE_", 0xff }, { "EFD_", 0 },   { "EPOLL", 0 }, { "FUTEX_", 0x7f },
	{ "GRND_", 0 },     { "IN_", 0 },       { "MAP_", 0xf }, { "MCL_", 0 },  { "MFD_", 0 },
	{ "MNT_", 0 },      { "MREMAP_", 0 },   { "MSG_", 0 },   { "MS_", 0 },   { "O_", 3 },
	{ "PROT_", 0 },     { "RENAME_", 0 },   { "RWF_", 0 },   { "SFD_", 0 },  { "SOCK_", 0xf },
	{ "SPLICE_F_", 0 }, { "S_I", 0170000 }, { "TFD_", 0 },
};

static bool
has(const uint16_t *list, size_t count, int constant)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == constant)
			return true;
	return false;
}

static bool
value_of(int constant, enum arch arch, uint64_t *value)
{
	for (size_t i = 0; i < LENGTH(others); i++)
		if (others[i].constant == constant && others[i].arches & 1 << arch) {
			*value = others[i].value;
			return others[i].is_known;
		}
	*value = values[constant];
	if (has(negatives, LENGTH(negatives), constant))
		*value |= UINT64_C(0xffffffff00000000);
	return true;
}

bool
constants_find(const char *name, size_t length, enum arch arch, uint64_t *value)
{
	int place = packed_find(&constant_names, name, length);

	if (place >= 0)
		return value_of(place, arch, value);
	place = namelist_find(&error_names, name, length);
	if (place >= 0)
		*value = errors[place];
	return place >= 0;
}

const char *
constants_nearest(const char *name, size_t length)
{
	static char nearest[PACKED_SIZE];
	char word[PACKED_SIZE];
	struct packed_name constant;
	const char *best = NULL;

	if (length >= sizeof word)
		return NULL;
	memcpy(word, name, length);
	word[length] = '\0';
	for (packed_begin(&constant, &constant_names); packed_next(&constant);) {
		const char *before = best;
		bool is_same = !strcasecmp(word, constant.text);

		names_nearer(word, constant.text, &best);
		if (is_same || best != before)
			best = memcpy(nearest, constant.text, sizeof nearest);
		if (is_same)
			break;
	}
	return best ? best : namelist_nearest(&error_names, name, length);
}

/*
 * NAME is the next constant that PREFIX stands for and that is printed; false: there is none. SIGHUP is of
 * SIG, SIG_BLOCK is not.
 */
static bool
next_of(struct packed_name *name, const char *prefix)
{
	size_t length = strlen(prefix);

	while (packed_next(name))
		if (!strncmp(name->text, prefix, length)
		    && (prefix[length - 1] == '_' || name->text[length] != '_')
		    && !has(aliases, LENGTH(aliases), name->place))
			return true;
	return false;
}

/* Whether VALUE is FOUND; of a negative one the high half may be missing. */
static bool
is_value(uint64_t value, uint64_t found)
{
	return value == found
	       || (found >> 63 && value >> 32 == 0 && (uint32_t)value == (uint32_t)found);
}

/* NAME is the one of VALUE, of those that begin with PREFIX; false: there is none. */
static bool
exact(struct packed_name *name, const char *prefix, uint64_t value, enum arch arch)
{
	uint64_t found;

	for (packed_begin(name, &constant_names); next_of(name, prefix);)
		if (value_of(name->place, arch, &found) && is_value(value, found))
			return true;
	return false;
}

/* BEST is the flag of PREFIX in VALUE with most BITS, none of which is in NUMBER; false: there is none. */
static bool
largest(struct packed_name *best, const char *prefix, uint64_t value, uint64_t number,
	enum arch arch, uint64_t *bits)
{
	struct packed_name name;
	uint64_t found;

	*bits = 0;
	for (packed_begin(&name, &constant_names); next_of(&name, prefix);)
		if (value_of(name.place, arch, &found) && found && (found & value) == found
		    && !(found & number)
		    && __builtin_popcountll(found) > __builtin_popcountll(*bits)) {
			*bits = found;
			*best = name;
		}
	return *bits;
}

/* Appends VALUE's number and flags by their names, and the rest in hexadecimal; false: it has none. */
static bool
print_flags(struct buffer *buffer, const char *prefix, uint64_t value, uint64_t number,
	    enum arch arch)
{
	size_t start = buffer->length;
	struct packed_name name;
	uint64_t bits;

	if (number && exact(&name, prefix, value & number, arch)) {
		buffer_text(buffer, name.text);
		value &= ~number;
	}
	while (largest(&name, prefix, value, number, arch, &bits)) {
		if (buffer->length > start)
			buffer_byte(buffer, '|');
		buffer_text(buffer, name.text);
		value &= ~bits;
	}
	if (value && buffer->length > start)
		buffer_print(buffer, "|0x%" PRIx64, value);
	return buffer->length > start;
}

bool
constants_print(struct buffer *buffer, const char *prefix, uint64_t value, enum arch arch)
{
	struct packed_name name;
	bool is_exact = exact(&name, prefix, value, arch);

	for (size_t i = 0; i < LENGTH(flags); i++)
		if (!strcmp(flags[i].prefix, prefix)
		    && (!is_exact || (flags[i].number && value & ~flags[i].number)))
			return print_flags(buffer, prefix, value, flags[i].number, arch);
	if (is_exact)
		buffer_text(buffer, name.text);
	return is_exact;
}

int
constants_errno(const char *name, size_t length)
{
	int place = namelist_find(&error_names, name, length), number = 0;

	if (place >= 0)
		return errors[place];
	for (size_t i = 0; i < length; i++) {
		if (name[i] < '0' || name[i] > '9' || number > 4095)
			return 0;
		number = number * 10 + name[i] - '0';
	}
	return number <= 4095 ? number : 0;
}

const char *
constants_errno_name(int error)
{
	return error > 0 && error < (int)LENGTH(by_error) && by_error[error] != 255
		       ? namelist_name(&error_names, by_error[error])
		       : NULL;
}

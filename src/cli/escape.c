/* SPDX-License-Identifier: MIT */
#include "cli/escape.h"

static bool
continues(const char *text, size_t length)
{
	for (size_t i = 1; i < length; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			return false;
	return true;
}

size_t
escape_character(const char *text, size_t length, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first;
	size_t size;

	if (!length)
		return 0;
	first = (unsigned char)text[0];
	if (first < 0x80) {
		*code = first;
		return 1;
	}
	if (first >= 0xc2 && first < 0xe0)
		size = 2;
	else if (first >= 0xe0 && first < 0xf0)
		size = 3;
	else if (first >= 0xf0 && first < 0xf5)
		size = 4;
	else
		return 0;
	if (size > length || !continues(text, size))
		return 0;

	*code = first & (0x7fU >> size);
	for (size_t i = 1; i < size; i++)
		*code = *code << 6 | ((unsigned char)text[i] & 0x3f);
	if (*code < least[size] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000))
		return 0;
	return size;
}

bool
escape_is_utf8(const char *text, size_t length)
{
	uint32_t code;

	for (size_t at = 0, size; at < length; at += size)
		if (!(size = escape_character(text + at, length - at, &code)))
			return false;
	return true;
}

bool
escape_is_harmless(uint32_t code)
{
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	if (code == 0x061c || code == 0x200e || code == 0x200f)
		return false;
	return !(code >= 0x2028 && code <= 0x202e) && !(code >= 0x2066 && code <= 0x2069);
}

static void
octal(struct buffer *buffer, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];

		buffer_byte(buffer, '\\');
		buffer_byte(buffer, (char)('0' + (byte >> 6)));
		buffer_byte(buffer, (char)('0' + (byte >> 3 & 7)));
		buffer_byte(buffer, (char)('0' + (byte & 7)));
	}
}

void
escape_text(struct buffer *buffer, const char *text, size_t length, enum escape what)
{
	size_t start = 0, at = 0;

	while (at < length) {
		unsigned char byte = (unsigned char)text[at];
		uint32_t code = byte;
		size_t size = 1;
		bool plain;

		/* What nearly all names are made of, without further ado. */
		if (byte >= ' ' && byte < 0x7f && byte != '\\') {
			at++;
			continue;
		}
		if (byte >= 0x80)
			size = escape_character(text + at, length - at, &code);
		plain = size && escape_is_harmless(code)
			&& (code != '\\' || what == ESCAPE_BUT_BACKSLASH);
		size = size ? size : 1;
		if (!plain) {
			buffer_add(buffer, text + start, at - start);
			octal(buffer, text + at, size);
			start = at + size;
		}
		at += size;
	}
	buffer_add(buffer, text + start, length - start);
}

bool
escape_undo(struct buffer *buffer, const char *text, size_t length)
{
	for (size_t at = 0; at < length; at++) {
		unsigned value = 0;

		if (text[at] != '\\') {
			buffer_byte(buffer, text[at]);
			continue;
		}
		if (length - at < 4)
			return false;
		for (size_t i = 1; i < 4; i++) {
			if (text[at + i] < '0' || text[at + i] > '7')
				return false;
			value = value << 3 | (unsigned)(text[at + i] - '0');
		}
		if (value > 0xff)
			return false;
		buffer_byte(buffer, (char)value);
		at += 3;
	}
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "cli/json.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "cli/escape.h"

void
json_begin(struct buffer *buffer)
{
	buffer_byte(buffer, '{');
}

void
json_end(struct buffer *buffer)
{
	buffer_byte(buffer, '}');
}

static void
key_begin(struct buffer *buffer, const char *key, const char *suffix)
{
	if (buffer->length && buffer->data[buffer->length - 1] != '{')
		buffer_byte(buffer, ',');
	buffer_byte(buffer, '"');
	buffer_text(buffer, key);
	buffer_text(buffer, suffix);
	buffer_text(buffer, "\":");
}

static bool
is_plain(char byte)
{
	return byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Lengths are those of whole characters: the caller has checked that it is UTF-8. */
static void
quoted(struct buffer *buffer, const char *bytes, size_t length)
{
	buffer_byte(buffer, '"');
	for (size_t at = 0, size; at < length; at += size) {
		uint32_t code = 0;

		/* What nearly all names are made of, without further ado. */
		for (size = 0; at + size < length && is_plain(bytes[at + size]); size++)
			;
		if (size) {
			buffer_add(buffer, bytes + at, size);
			continue;
		}
		size = escape_character(bytes + at, length - at, &code);
		if (code == '"' || code == '\\')
			buffer_print(buffer, "\\%c", (char)code);
		else if (!escape_is_harmless(code))
			buffer_print(buffer, "\\u%04" PRIx32, code);
		else
			buffer_add(buffer, bytes + at, size);
	}
	buffer_byte(buffer, '"');
}

static void
base64(struct buffer *buffer, const char *bytes, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	buffer_byte(buffer, '"');
	for (size_t at = 0; at < length; at += 3) {
		size_t left = length - at;
		uint32_t group = (uint32_t)(unsigned char)bytes[at] << 16;

		if (left > 1)
			group |= (uint32_t)(unsigned char)bytes[at + 1] << 8;
		if (left > 2)
			group |= (unsigned char)bytes[at + 2];
		buffer_byte(buffer, digits[group >> 18]);
		buffer_byte(buffer, digits[group >> 12 & 63]);
		buffer_byte(buffer, left > 1 ? digits[group >> 6 & 63] : '=');
		buffer_byte(buffer, left > 2 ? digits[group & 63] : '=');
	}
	buffer_byte(buffer, '"');
}

void
json_bytes(struct buffer *buffer, const char *key, const char *bytes, size_t length)
{
	bool text = escape_is_utf8(bytes, length);

	key_begin(buffer, key, text ? "" : "_b64");
	if (text)
		quoted(buffer, bytes, length);
	else
		base64(buffer, bytes, length);
}

void
json_word(struct buffer *buffer, const char *key, const char *word)
{
	key_begin(buffer, key, "");
	quoted(buffer, word, strlen(word));
}

void
json_words(struct buffer *buffer, const char *key, const char *const *words, size_t count)
{
	key_begin(buffer, key, "");
	buffer_byte(buffer, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buffer_byte(buffer, ',');
		quoted(buffer, words[i], strlen(words[i]));
	}
	buffer_byte(buffer, ']');
}

void
json_number(struct buffer *buffer, const char *key, int64_t number)
{
	key_begin(buffer, key, "");
	buffer_print(buffer, "%" PRId64, number);
}

void
json_count(struct buffer *buffer, const char *key, uint64_t number)
{
	key_begin(buffer, key, "");
	buffer_print(buffer, "%" PRIu64, number);
}

void
json_seconds(struct buffer *buffer, const char *key, int64_t nanoseconds)
{
	int64_t microseconds = nanoseconds / 1000;

	key_begin(buffer, key, "");
	buffer_print(buffer, "%s%" PRId64 ".%06" PRId64, microseconds < 0 ? "-" : "",
		     (int64_t)llabs(microseconds / 1000000),
		     (int64_t)llabs(microseconds % 1000000));
}

void
json_true(struct buffer *buffer, const char *key)
{
	key_begin(buffer, key, "");
	buffer_text(buffer, "true");
}

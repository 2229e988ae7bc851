/* SPDX-License-Identifier: MIT */
#include "policy/jsonfile.h"

#ifdef BUTTER_JSON

#include <json-c/json.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/* Where AT is. */
static struct place
place_of(const char *file, const char *bytes, const char *at)
{
	struct place place = { .file = file, .line = 1 };
	const char *line = bytes, *next;

	while ((next = memchr(line, '\n', (size_t)(at - line)))) {
		line = next + 1;
		place.line++;
	}
	place.column = (unsigned)(at - line) + 1;
	return place;
}

/* ---- what json-c takes, though it is no JSON, or loses ---- */

struct key {
	const char *at, *text;
	size_t length;
};

/* A walk over a text that json-c has taken: its brackets fit. */
struct walk {
	struct policy *policy;
	const char *file, *bytes, *at, *end;
	struct problems *problems;
	struct key *keys; /* of the objects that are open */
	size_t count, room;
	size_t first[JSONFILE_DEEPEST]; /* where those of each one begin */
	unsigned depth;
};

static bool __attribute__((format(printf, 3, 4)))
wrong(struct walk *walk, const char *at, const char *text, ...)
{
	struct place place = place_of(walk->file, walk->bytes, at);
	char message[100];
	va_list arguments;

	va_start(arguments, text);
	vsnprintf(message, sizeof(message), text, arguments);
	va_end(arguments);
	problems_error(walk->problems, &place, NULL, "%s", message);
	return false;
}

static int
compare(const void *a, const void *b)
{
	const struct key *left = a, *right = b;
	size_t length = left->length < right->length ? left->length : right->length;
	int order = memcmp(left->text, right->text, length);

	if (order)
		return order;
	if (left->length != right->length)
		return left->length < right->length ? -1 : 1;
	return left->at < right->at ? -1 : 1;
}

/* At the end of an object: whether it has a key twice, of which json-c keeps the last one only. */
static bool
check_keys(struct walk *walk)
{
	size_t first = walk->first[walk->depth];
	size_t count = walk->count - first;
	struct key *keys;

	walk->count = first;
	if (count < 2)
		return true;
	keys = walk->keys + first;
	qsort(keys, count, sizeof(*keys), compare);
	for (size_t i = 1; i < count; i++)
		if (keys[i].length == keys[i - 1].length
		    && !memcmp(keys[i].text, keys[i - 1].text, keys[i].length))
			return wrong(walk, keys[i].at, "the key \"%.*s\" is there twice",
				     (int)keys[i].length, keys[i].text);
	return true;
}

/* (Half of a profile are blanks: strchr(3) for each of them would be felt.) */
static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/* Whether what stands from START on is a key, with its quotes. */
static void
note_key(struct walk *walk, const char *start)
{
	const char *next = walk->at;
	struct key *key;

	while (next < walk->end && is_blank(*next))
		next++;
	if (next == walk->end || *next != ':')
		return;
	if (walk->count == walk->room) {
		walk->room = walk->room ? 2 * walk->room : 64;
		walk->keys = memory_resize(walk->keys, walk->room, sizeof(*walk->keys));
	}
	key = &walk->keys[walk->count++];
	*key = (struct key){ start, start + 1, (size_t)(walk->at - start) - 2 };
	if (memchr(key->text, '\\', key->length)) {
		struct json_tokener *tokener = json_tokener_new();
		struct json_object *text =
			json_tokener_parse_ex(tokener, start, (int)(walk->at - start));

		key->length = (size_t)json_object_get_string_len(text);
		key->text =
			policy_keep_text(walk->policy, json_object_get_string(text), key->length);
		json_object_put(text);
		json_tokener_free(tokener);
	}
}

static bool
walk_string(struct walk *walk)
{
	const char *start = walk->at++;

	for (; walk->at < walk->end && *walk->at != '"'; walk->at++) {
		if ((unsigned char)*walk->at < ' ')
			return wrong(walk, walk->at,
				     "a control character in a string (write \\n, \\t or \\u00..)");
		if (*walk->at == '\\')
			walk->at++;
	}
	walk->at++;
	note_key(walk, start);
	return true;
}

static void
pass_digits(struct walk *walk)
{
	while (walk->at < walk->end && *walk->at >= '0' && *walk->at <= '9')
		walk->at++;
}

/* json-c takes the nearest one that has 64 bits. */
static bool
is_too_large(const char *digits, const char *end, bool is_negative)
{
	const char *most = is_negative ? "9223372036854775808" : "18446744073709551615";
	size_t length = (size_t)(end - digits), room = strlen(most);

	return length > room || (length == room && memcmp(digits, most, room) > 0);
}

static bool
walk_number(struct walk *walk)
{
	const char *start = walk->at, *digits;
	bool is_negative = *start == '-';

	walk->at += is_negative;
	digits = walk->at;
	pass_digits(walk);
	if (walk->at == walk->end || !strchr(".eE", *walk->at)) {
		if (is_too_large(digits, walk->at, is_negative))
			return wrong(walk, start, "%.*s has more than 64 bits",
				     (int)(walk->at - start), start);
		return true;
	}
	if (*walk->at == '.') {
		digits = ++walk->at;
		pass_digits(walk);
		if (walk->at == digits)
			return wrong(walk, start, "a number ends in a point");
	}
	if (walk->at < walk->end && (*walk->at == 'e' || *walk->at == 'E')) {
		walk->at++;
		walk->at += walk->at < walk->end && (*walk->at == '-' || *walk->at == '+');
		pass_digits(walk);
	}
	return true;
}

static bool
walk_word(struct walk *walk)
{
	static const char words[][6] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t length = strlen(words[i]);

		if ((size_t)(walk->end - walk->at) >= length
		    && !memcmp(walk->at, words[i], length)) {
			walk->at += length;
			return true;
		}
	}
	return wrong(walk, walk->at, "a value is expected here, not '%c'", *walk->at);
}

static bool
walk_all(struct walk *walk)
{
	while (walk->at < walk->end) {
		char byte = *walk->at;

		if (byte == '"') {
			if (!walk_string(walk))
				return false;
		} else if (byte == '-' || (byte >= '0' && byte <= '9')) {
			if (!walk_number(walk))
				return false;
		} else if (byte == '{' || byte == '[') {
			walk->first[++walk->depth] = walk->count;
			walk->at++;
		} else if ((byte == '}' || byte == ']') && walk->depth) {
			if (!check_keys(walk))
				return false;
			walk->depth--;
			walk->at++;
		} else if (is_blank(byte) || byte == ',' || byte == ':') {
			walk->at++;
		} else if (!walk_word(walk)) {
			return false;
		}
	}
	return true;
}

/* ---- the whole ---- */

static void
tell_error(struct json_tokener *tokener, const char *file, const char *bytes, size_t length,
	   struct problems *problems)
{
	enum json_tokener_error error = json_tokener_get_error(tokener);
	size_t at = json_tokener_get_parse_end(tokener);
	struct place place = place_of(file, bytes, bytes + (at < length ? at : length));

	if (error == json_tokener_success)
		problems_error(problems, &place, NULL, "an object is expected, not null");
	else if (error == json_tokener_continue)
		problems_error(problems, &place, NULL,
			       "the text ends too early: something is not closed");
	else if (error == json_tokener_error_depth)
		problems_error(problems, &place, NULL, "nested more than %d levels deep",
			       JSONFILE_DEEPEST - 1);
	else
		problems_error(problems, &place, NULL, "this is no JSON: %s",
			       json_tokener_error_desc(error));
}

struct json_object *
jsonfile_read(struct policy *policy, const char *file, const char *bytes, size_t length,
	      struct problems *problems)
{
	struct walk walk = { .policy = policy, .file = file, .problems = problems };
	const char *nul = memchr(bytes, '\0', length);
	struct json_tokener *tokener;
	struct json_object *object;
	bool is_good;

	if (nul || length > INT_MAX) {
		struct place place = place_of(file, bytes, nul ? nul : bytes);

		problems_error(problems, &place, NULL,
			       nul ? "a NUL byte: this is no text" : "the file is too large");
		return NULL;
	}
	if (length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) {
		bytes += 3;
		length -= 3;
	}
	tokener = json_tokener_new_ex(JSONFILE_DEEPEST - 1);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	object = json_tokener_parse_ex(tokener, bytes, (int)length);
	if (!object) {
		tell_error(tokener, file, bytes, length, problems);
		json_tokener_free(tokener);
		return NULL;
	}
	json_tokener_free(tokener);
	walk.bytes = walk.at = bytes;
	walk.end = bytes + length;
	is_good = walk_all(&walk);
	free(walk.keys);
	if (is_good)
		return object;
	json_object_put(object);
	return NULL;
}

#endif

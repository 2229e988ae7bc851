/* SPDX-License-Identifier: MIT */
#include "permit/pattern.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

/*
 * Whether BYTE is in the bracket expression behind the [ before *AT, which is moved behind its ]. One
 * without a ] is no expression: false, and *AT stays.
 */
static bool
in_brackets(const char **at, unsigned char byte, bool *is_one)
{
	const char *in = *at, *first;
	bool negated = *in == '!' || *in == '^', found = false;

	in += negated;
	first = in;
	while (*in && (*in != ']' || in == first)) {
		unsigned char low, high;

		if (*in == '\\' && in[1])
			in++;
		low = high = (unsigned char)*in++;
		if (*in == '-' && in[1] && in[1] != ']') {
			in++;
			if (*in == '\\' && in[1])
				in++;
			high = (unsigned char)*in++;
		}
		found |= low <= byte && byte <= high;
	}
	*is_one = *in == ']';
	if (*is_one)
		*at = in + 1;
	return found != negated;
}

/* Whether the element at *GLOB, which is no *, takes BYTE; *GLOB is moved behind it. */
static bool
takes(const char **glob, char byte)
{
	const char *at = *glob;
	bool is_one, found;

	if (*at == '[') {
		*glob = at + 1;
		found = in_brackets(glob, (unsigned char)byte, &is_one);
		return is_one ? found : byte == '[';
	}
	if (*at == '\\' && at[1])
		at++;
	else if (*at == '?')
		byte = '?';
	*glob = at + 1;
	return *at == byte;
}

bool
pattern_glob(const char *glob, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		const char *next = glob;

		if (*glob == '*') {
			/* Only the last star may have to take more: those before it fit already. */
			star = ++glob;
			from = text;
		} else if (*glob && takes(&next, *text)) {
			glob = next;
			text++;
		} else if (star) {
			glob = star;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

/* Whether there is magic in TEXT that no backslash escapes. */
static bool
is_glob(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\\')
			i++;
		else if (strchr("*?[", text[i]))
			return true;
	return false;
}

/* Removes the backslashes. */
static void
unescape(struct pattern *pattern)
{
	size_t to = 0;

	for (size_t i = 0; i < pattern->length; i++) {
		if (pattern->text[i] == '\\' && i + 1 < pattern->length)
			i++;
		pattern->text[to++] = pattern->text[i];
	}
	pattern->text[to] = '\0';
	pattern->length = to;
}

/* Whether PATH has a component that the kernel's paths never have. */
static bool
is_crooked(const char *path)
{
	for (const char *at = path; *at; at += strcspn(at, "/")) {
		size_t length = strcspn(++at, "/");

		if (!length ? *at == '/' : length <= 2 && !strncmp(at, "..", length))
			return true;
	}
	return false;
}

const char *
pattern_set(struct pattern *pattern, const char *text, size_t length, bool names)
{
	bool glob = is_glob(text, length), slash = memchr(text, '/', length);

	*pattern = (struct pattern){ .kind = slash ? PATTERN_PATH : PATTERN_NAME };
	if (!length)
		return "it is empty";
	if (!glob && !slash && !names)
		return "it is neither a path nor a glob; the name of a file stands in \"quotes\"";
	if (slash && !strchr(glob ? "/*?[" : "/", text[0]))
		return "a path begins with a slash";
	pattern->text = memory_get(length + 1);
	memcpy(pattern->text, text, length);
	pattern->length = length;
	if (glob || !slash)
		return NULL;
	pattern->kind = PATTERN_BELOW;
	unescape(pattern);
	while (pattern->length && pattern->text[pattern->length - 1] == '/')
		pattern->text[--pattern->length] = '\0';
	if (!is_crooked(pattern->text))
		return NULL;
	pattern_done(pattern);
	return "a path has no //, /./ or /../";
}

void
pattern_resolve(struct pattern *pattern)
{
	char real[PATH_MAX], *path;
	size_t rest = pattern->length, length;

	if (pattern->kind != PATTERN_BELOW || !rest)
		return;
	path = memory_string(pattern->text);
	/* What does not exist yet lies in something that does. */
	while (rest && !realpath(path, real)) {
		while (path[rest - 1] != '/')
			rest--;
		path[--rest] = '\0';
	}
	free(path);
	if (!rest)
		return;
	length = strcmp(real, "/") ? strlen(real) : 0;
	path = memory_get(length + pattern->length - rest + 1);
	memcpy(path, real, length);
	memcpy(path + length, pattern->text + rest, pattern->length - rest);
	pattern->length += length - rest;
	free(pattern->text);
	pattern->text = path;
}

bool
pattern_has(const struct pattern *pattern, const char *path)
{
	const char *name;

	switch (pattern->kind) {
	case PATTERN_BELOW:
		return !strncmp(path, pattern->text, pattern->length)
		       && (path[pattern->length] == '/' || !path[pattern->length]);
	case PATTERN_PATH:
		return pattern_glob(pattern->text, path);
	case PATTERN_NAME:
		name = strrchr(path, '/');
		return pattern_glob(pattern->text, name ? name + 1 : path);
	case PATTERN_ANY:
	default:
		return true;
	}
}

void
pattern_done(struct pattern *pattern)
{
	free(pattern->text);
	*pattern = (struct pattern){ 0 };
}

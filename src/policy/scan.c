/* SPDX-License-Identifier: MIT */
#include "policy/scan.h"

#include <string.h>

#include "cli/escape.h"

/* How long the end of a line at AT is: 0 if there is none. */
static size_t
line_end(const struct scan *scan, const char *at)
{
	if (at < scan->end && *at == '\n')
		return 1;
	return scan->end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

void
scan_blanks(struct scan *scan)
{
	while (scan->at < scan->end) {
		if (*scan->at == ' ' || *scan->at == '\t') {
			scan->at++;
		} else if (*scan->at == '\\' && line_end(scan, scan->at + 1)) {
			scan->at += 1 + line_end(scan, scan->at + 1);
			scan->line = scan->at;
			scan->place.line++;
		} else {
			return;
		}
	}
}

char
scan_next(struct scan *scan)
{
	scan_blanks(scan);
	return scan->at < scan->end ? *scan->at : '\0';
}

bool
scan_take(struct scan *scan, const char *token)
{
	size_t length = strlen(token);

	scan_blanks(scan);
	if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, token, length) != 0)
		return false;
	scan->at += length;
	return true;
}

static bool
is_word(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')
	       || (byte >= '0' && byte <= '9') || byte == '_';
}

size_t
scan_word(struct scan *scan, const char *more, const char **word)
{
	scan_blanks(scan);
	*word = scan->at;
	while (scan->at < scan->end
	       && (is_word(*scan->at) || (*scan->at && strchr(more, *scan->at))))
		scan->at++;
	return (size_t)(scan->at - *word);
}

struct place
scan_place(struct scan *scan)
{
	struct place place;

	scan_blanks(scan);
	place = scan->place;
	place.column = (unsigned)(scan->at - scan->line) + 1;
	return place;
}

bool
scan_unexpected(struct scan *scan, const char *wanted)
{
	struct place place = scan_place(scan);
	struct scan ahead = *scan;
	const char *word;
	size_t length = scan_word(&ahead, "", &word);
	uint32_t code;

	if (scan->at == scan->end) {
		problems_error(scan->problems, &place, NULL, "%s is missing", wanted);
		return false;
	}
	if (!length)
		length = escape_character(scan->at, (size_t)(scan->end - scan->at), &code);
	problems_error(scan->problems, &place, NULL, "%s is expected here, not '%.*s'", wanted,
		       length ? (int)length : 1, scan->at);
	return false;
}

struct scan
scan_option(struct policy *policy, const char *option, const char *text, enum arch arch,
	    struct problems *problems)
{
	return (struct scan){
		.at = text,
		.end = text + strlen(text),
		.line = text,
		.place = { .file = option },
		.policy = policy,
		.problems = problems,
		.arch = arch,
	};
}

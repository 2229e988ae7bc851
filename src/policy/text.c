/* SPDX-License-Identifier: MIT */
#include "policy/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buffer.h"
#include "policy/otherwise.h"
#include "policy/statement.h"

enum {
	DEEPEST = 10, /* files that include each other */
	MOST = 256,   /* all that are included */
};

struct text {
	char *(*reader)(const char *path, const char *beside, size_t *length, void *context);
	void *context;
	unsigned included; /* so many files have been */
	bool is_denylist;
	bool has_any;      /* something has been said */
	unsigned arches;   /* of the block that is open */
	struct place open; /* where it begins; line 0: none is */
};

/* A file, and the one that includes it. */
struct file {
	const char *name;
	const struct file *parent;
	unsigned depth;
};

/* ---- @default, @newer ---- */

static bool
read_end(struct scan *scan)
{
	return scan_next(scan) == '\0' || scan_unexpected(scan, "the end of the line");
}

static void
read_default(struct scan *scan, const struct place *place, bool is_newer)
{
	struct policy_action action;

	scan_take(scan, ":");
	if (!statement_action(scan, &action) || !read_end(scan))
		return;
	if (is_newer)
		otherwise_say_newer(scan->policy, action, place, scan->problems);
	else
		otherwise_say(scan->policy, action, "@default", place, scan->problems);
}

static void
read_denylist(struct scan *scan, struct text *text, const struct place *place)
{
	text->is_denylist = true;
	if (read_end(scan))
		otherwise_say(scan->policy, (struct policy_action){ POLICY_ALLOW, 0 }, "@default",
			      place, scan->problems);
}

/* ---- @include ---- */

static void read_file(struct scan *scan, struct text *text, const struct file *file);

/* PATH beside the file BESIDE, as its name is shown. */
static const char *
name_of(struct policy *policy, const char *path, size_t length, const char *beside)
{
	const char *slash = strrchr(beside, '/');
	struct buffer buffer = { 0 };
	const char *name;

	if (*path != '/' && slash)
		buffer_add(&buffer, beside, (size_t)(slash + 1 - beside));
	if (length > 2 && path[0] == '.' && path[1] == '/' && buffer.length) {
		path += 2;
		length -= 2;
	}
	buffer_add(&buffer, path, length);
	name = policy_keep_text(policy, buffer.data, buffer.length);
	buffer_done(&buffer);
	return name;
}

/* The rest of the line, without a comment: a path may contain everything but blanks. */
static size_t
read_path(struct scan *scan, const char **path)
{
	scan_blanks(scan);
	*path = scan->at;
	while (scan->at < scan->end && !strchr(" \t\r", *scan->at))
		scan->at++;
	return (size_t)(scan->at - *path);
}

static void
read_include(struct scan *scan, struct text *text, const struct file *file,
	     const struct place *place)
{
	const char *path;
	size_t length = read_path(scan, &path);
	struct file included = { .parent = file, .depth = file->depth + 1 };
	struct scan inner = *scan;
	char *bytes;

	if (!length) {
		scan_unexpected(scan, "a file's name");
		return;
	}
	if (!read_end(scan))
		return;
	included.name = name_of(scan->policy, path, length, file->name);
	for (const struct file *outer = file; outer; outer = outer->parent)
		if (!strcmp(outer->name, included.name)) {
			problems_error(scan->problems, place, NULL, "'%s' includes itself",
				       included.name);
			return;
		}
	if (included.depth > DEEPEST) {
		problems_error(scan->problems, place, NULL, "more than %d files include each other",
			       DEEPEST);
		return;
	}
	if (++text->included > MOST) {
		if (text->included == MOST + 1)
			problems_error(scan->problems, place, NULL,
				       "more than %d files are included", MOST);
		return;
	}
	bytes = text->reader(policy_keep_text(scan->policy, path, length), file->name, &length,
			     text->context);
	if (!bytes) {
		problems_error(scan->problems, place, NULL, "cannot read '%s': %s", included.name,
			       strerror(errno));
		return;
	}
	inner.at = bytes;
	inner.end = bytes + length;
	read_file(&inner, text, &included);
	free(bytes);
}

/* ---- lines ---- */

/* arch x86_64, aarch64 {: until a line that is }. */
static void
read_block(struct scan *scan, struct text *text, const struct place *place)
{
	unsigned arches = statement_arches(scan);

	if (text->open.line) {
		problems_error(scan->problems, place, NULL, "the block of line %u is open still",
			       text->open.line);
		return;
	}
	/* Open even where it is wrong: its end is no other error. */
	text->open = *place;
	text->arches = arches;
	if (arches && !scan_take(scan, "{"))
		scan_unexpected(scan, "'{' or ','");
	else if (arches)
		read_end(scan);
}

static bool
is_word(const char *word, size_t length, const char *wanted)
{
	return length == strlen(wanted) && !memcmp(word, wanted, length);
}

/* False: the statement is none of these. */
static bool
read_directive(struct scan *scan, struct text *text, const struct file *file)
{
	struct place place = scan_place(scan);
	struct scan start = *scan;
	const char *word;
	size_t length = scan_word(scan, "@-", &word);
	char next = scan_next(scan);

	text->has_any |= is_word(word, length, "@default") || is_word(word, length, "@newer");
	if (is_word(word, length, "@default")) {
		read_default(scan, &place, false);
	} else if (is_word(word, length, "@newer")) {
		read_default(scan, &place, true);
	} else if (is_word(word, length, "@denylist")) {
		read_denylist(scan, text, &place);
	} else if (is_word(word, length, "@include")) {
		read_include(scan, text, file, &place);
	} else if (is_word(word, length, "@frequency")) {
		/* For minijail's compiler; how often a call is made decides nothing. */
	} else if (is_word(word, length, "arch") && next != ':' && next != '[') {
		read_block(scan, text, &place);
	} else if (!length && next == '}' && text->open.line) {
		scan->at++;
		text->open.line = text->arches = 0;
		read_end(scan);
	} else {
		*scan = start;
		return false;
	}
	return true;
}

/* A comment from AT on, before END: in lines with a path, # begins one only behind a blank. */
static const char *
find_comment(const char *at, const char *end, bool has_path)
{
	const char *begin = at;

	while ((at = memchr(at, '#', (size_t)(end - at)))) {
		if (!has_path || at == begin || at[-1] == ' ' || at[-1] == '\t')
			return at;
		at++;
	}
	return NULL;
}

/*
 * Sets scan->end to the end of the line of scan->at, and of those that it goes on with after a backslash,
 * without a comment. Returns where the next one begins.
 */
static const char *
find_statement(struct scan *scan, const char *all_end)
{
	bool has_path = all_end - scan->at > 2 && *scan->at == '@' && strchr("if", scan->at[1]);
	struct place place = scan->place;
	const char *at = scan->at;

	for (;; place.line++) {
		const char *end = memchr(at, '\n', (size_t)(all_end - at)), *comment;
		const char *next = end ? end + 1 : all_end;

		if (!end)
			end = all_end;
		if (end > at && end[-1] == '\r')
			end--;
		comment = find_comment(at, end, has_path);
		place.column = (unsigned)(end - at);
		scan->end = comment ? comment : end;
		if (comment && end[-1] == '\\')
			problems_error(
				scan->problems, &place, "take the backslash away",
				"a comment ends in a backslash: is the next line a part of it?");
		if (comment || end == at || end[-1] != '\\' || next == all_end)
			return next;
		at = next;
	}
}

static void
read_file(struct scan *scan, struct text *text, const struct file *file)
{
	const char *all_end = scan->end, *nul;
	unsigned line = 1;

	scan->place = (struct place){ .file = file->name, .line = 1 };
	if (all_end - scan->at >= 3 && !memcmp(scan->at, "\xef\xbb\xbf", 3))
		scan->at += 3;
	nul = memchr(scan->at, '\0', (size_t)(all_end - scan->at));
	if (nul) {
		scan->line = scan->at;
		for (const char *at; (at = memchr(scan->line, '\n', (size_t)(nul - scan->line)));
		     scan->line = at + 1)
			scan->place.line++;
		scan->place.column = (unsigned)(nul - scan->line) + 1;
		problems_error(scan->problems, &scan->place, NULL, "a NUL byte: this is no text");
		return;
	}
	while (scan->at < all_end) {
		const char *begin = scan->at, *next;

		scan->line = begin;
		scan->place.line = line;
		while (scan->at < all_end && (*scan->at == ' ' || *scan->at == '\t'))
			scan->at++;
		next = find_statement(scan, all_end);
		if (scan_next(scan) != '\0' && !read_directive(scan, text, file)) {
			text->has_any = true;
			statement_read(scan, text->arches, text->is_denylist);
		}
		while ((begin = memchr(begin, '\n', (size_t)(next - begin)))) {
			begin++;
			line++;
		}
		scan->at = next;
	}
	if (text->open.line && !strcmp(text->open.file, file->name)) {
		problems_error(scan->problems, &text->open, "end it by a line that is }",
			       "this block does not end");
		text->open.line = text->arches = 0;
	}
}

void
text_read(struct policy *policy, const char *file, const char *bytes, size_t length,
	  char *reader(const char *path, const char *beside, size_t *length, void *context),
	  void *context, struct problems *problems)
{
	struct scan scan = {
		.at = bytes, .end = bytes + length, .policy = policy, .problems = problems
	};
	struct text text = { .reader = reader, .context = context };
	struct file first = { .name = file, .depth = 1 };
	size_t errors = problems->errors;

	read_file(&scan, &text, &first);
	if (!text.has_any && problems->errors == errors) {
		struct place place = { .file = file };

		problems_error(problems, &place, NULL, "there is no rule in it");
	}
}

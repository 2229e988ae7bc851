/* SPDX-License-Identifier: MIT */
#include "permit/rules.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/buffer.h"
#include "cli/names.h"
#include "cli/num.h"
#include "kernel/fanotify.h"
#include "kernel/pid.h"
#include "memory.h"

static const struct name operations[] = {
	{ "open", FAN_OPEN_PERM },
	{ "access", FAN_ACCESS_PERM },
	{ "exec", FAN_OPEN_EXEC_PERM },
	{ "pre_access", FAN_PRE_ACCESS },
	{ "" },
};

static const struct name keys[] = {
	{ "pid", RULES_PID },   { "uid", RULES_UID }, { "gid", RULES_GID },
	{ "comm", RULES_COMM }, { "exe", RULES_EXE }, { "" },
};

/* What the kernel takes for an answer: fs/notify/fanotify/fanotify_user.c. */
static const struct name errors[] = {
	{ "eperm", EPERM },     { "eio", EIO },       { "eagain", EAGAIN }, { "ebusy", EBUSY },
	{ "etxtbsy", ETXTBSY }, { "enospc", ENOSPC }, { "edquot", EDQUOT }, { "" },
};

/* ---- words ---- */

struct reader {
	const char *at, *end;
	const char *line_start;
	size_t line;
	const char *word_start;
	struct buffer word; /* escaped where that makes a difference; a NUL follows */
	bool quoted;        /* some of it was */
	struct rules_error *error;
};

/* What is wrong, where AT is. Returns false. */
static bool __attribute__((format(printf, 3, 4)))
wrong(struct reader *reader, const char *at, const char *format, ...)
{
	struct rules_error *error = reader->error;
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	error->line = reader->line;
	error->column = (size_t)(at - reader->line_start) + 1;
	return false;
}

static bool
at_line_end(const struct reader *reader)
{
	return reader->at == reader->end || *reader->at == '\n';
}

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

/* BYTE as itself, whatever it means in patterns. */
static void
add_literal(struct buffer *word, char byte)
{
	if (strchr("*?[]\\,", byte))
		buffer_byte(word, '\\');
	buffer_byte(word, byte);
}

/* What follows a backslash. */
static bool
read_escape(struct reader *reader)
{
	const char *at = reader->at, *from = at - 1;
	unsigned int byte = 0, digits = 0;

	while (digits < 3 && at + digits < reader->end && at[digits] >= '0' && at[digits] <= '7')
		byte = byte * 8 + (unsigned int)(at[digits++] - '0');
	if (at_line_end(reader) || (digits && (digits < 3 || !byte || byte > 255)))
		return wrong(reader, from,
			     "behind a backslash stands a character or three octal digits");
	add_literal(&reader->word, digits ? (char)byte : *at);
	reader->at += digits ? digits : 1;
	return true;
}

/* The next word: false when there is none in this line, or with error->line set. */
static bool
next_word(struct reader *reader)
{
	const char *quote = NULL;

	while (!at_line_end(reader) && is_blank(*reader->at))
		reader->at++;
	reader->word_start = reader->at;
	reader->word.length = 0;
	reader->quoted = false;
	if (at_line_end(reader) || *reader->at == '#')
		return false;
	while (!at_line_end(reader) && (quote || !is_blank(*reader->at))) {
		char byte = *reader->at++;

		if (!byte)
			return wrong(reader, reader->at - 1, "a NUL byte");
		if (byte == '\\') {
			if (!read_escape(reader))
				return false;
		} else if (byte == '"') {
			quote = quote ? NULL : reader->at - 1;
			reader->quoted = true;
		} else if (quote && byte == ',') {
			add_literal(&reader->word, byte);
		} else {
			buffer_byte(&reader->word, byte);
		}
	}
	if (quote)
		return wrong(reader, quote, "a quote that does not end");
	buffer_string(&reader->word);
	return true;
}

static bool
is_word(const struct reader *reader, const char *word)
{
	return !reader->quoted && !strcmp(reader->word.data, word);
}

/* The length of what stands at TEXT before a comma that is not escaped. */
static size_t
item_length(const char *text)
{
	size_t length = 0;

	while (text[length] && text[length] != ',')
		length += text[length] == '\\' && text[length + 1] ? 2 : 1;
	return length;
}

/* ---- rules ---- */

static bool
read_verb(struct reader *reader, struct rule *rule)
{
	const char *word = reader->word.data;
	uint64_t error = 0;

	if (is_word(reader, "allow"))
		rule->verb = RULES_ALLOW;
	else if (is_word(reader, "ask"))
		rule->verb = RULES_ASK;
	else if (is_word(reader, "deny") || (!reader->quoted && !strncmp(word, "deny=", 5)))
		rule->verb = RULES_DENY;
	else
		return wrong(reader, reader->word_start,
			     "'%.40s' is no verb: allow, deny, deny=ERRNO or ask", word);
	if (word[0] == 'd' && word[4] && !names_find(errors, word + 5, strlen(word + 5), &error))
		return wrong(
			reader, reader->word_start + 5,
			"'%.40s' is no error of a denial: EPERM, EIO, EAGAIN, EBUSY, ETXTBSY, ENOSPC or EDQUOT",
			word + 5);
	rule->error = (int)error;
	return true;
}

/* Whether the word, which is no operation, can be meant for nothing else: no pattern is like that. */
static bool
is_misspelt(const struct reader *reader)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_,";

	return !is_word(reader, "if") && !is_word(reader, "unless")
	       && strspn(reader->word.data, letters) == reader->word.length;
}

/* Whether the word is a list of operations; one that begins with an operation has to be. */
static bool
read_operations(struct reader *reader, struct rule *rule, bool *are_some)
{
	const char *at = reader->word.data;

	*are_some = false;
	while (!reader->quoted) {
		size_t length = item_length(at);
		uint64_t bit;

		if (!names_find(operations, at, length, &bit)) {
			if (!*are_some && !is_misspelt(reader))
				return true;
			return wrong(reader, reader->word_start + (at - reader->word.data),
				     "'%.*s' is no operation: open, access, exec or pre-access%s",
				     (int)(length < 40 ? length : 40), at,
				     *are_some ? "" : "; the name of a file stands in \"quotes\"");
		}
		*are_some = true;
		rule->operations |= bit;
		if (!at[length])
			return true;
		at += length + 1;
	}
	return true;
}

/* One value of a condition: LENGTH bytes of the word AT. */
static bool
read_value(struct reader *reader, struct rules_condition *condition, const char *at, size_t length)
{
	const char *place = reader->word_start, *what = NULL;
	struct rules_value value = { 0 };
	int64_t number;

	if (condition->key == RULES_EXE || condition->key == RULES_COMM) {
		what = pattern_set(&value.pattern, at, length, condition->key == RULES_COMM);
		if (!what && condition->key == RULES_COMM)
			value.pattern.kind = PATTERN_PATH; /* a name may have slashes */
		if (!what && condition->key == RULES_COMM && strcspn(at, "*?[\\") >= length
		    && length > PID_COMM_KEPT)
			what = "the kernel keeps 15 bytes of a command's name";
	} else {
		char text[24] = "";

		memcpy(text, at, length < sizeof(text) ? length : 0);
		if (num_integer(text, 0, UINT32_MAX, &number) < 0)
			what = "it is no number";
		else
			value.number = (uint32_t)number;
	}
	/* With quotes, the word is longer or shorter than what stands there. */
	if (!reader->quoted)
		place += at - reader->word.data;
	if (what) {
		pattern_done(&value.pattern);
		return wrong(reader, place, "'%.*s' cannot be the value here: %s",
			     (int)(length < 40 ? length : 40), at, what);
	}
	value.column = (size_t)(place - reader->line_start) + 1;
	condition->values =
		memory_resize(condition->values, condition->count + 1, sizeof(*condition->values));
	condition->values[condition->count++] = value;
	return true;
}

/* KEY=VALUE[,VALUE...] */
static bool
read_condition(struct reader *reader, struct rule *rule)
{
	const char *equal = strchr(reader->word.data, '='), *at;
	struct rules_condition *condition;
	uint64_t key;

	if (!equal
	    || !names_find(keys, reader->word.data, (size_t)(equal - reader->word.data), &key))
		return wrong(reader, reader->word_start,
			     "'%.40s' is no condition: uid=, gid=, pid=, comm= or exe=",
			     reader->word.data);
	rule->conditions =
		memory_resize(rule->conditions, rule->count + 1, sizeof(*rule->conditions));
	condition = &rule->conditions[rule->count++];
	*condition = (struct rules_condition){ .key = (enum rules_key)key };
	for (at = equal + 1;; at++) {
		size_t length = item_length(at);

		if (!read_value(reader, condition, at, length))
			return false;
		at += length;
		if (!*at)
			return true;
	}
}

/* What stands behind `if` or `unless`. */
static bool
read_conditions(struct reader *reader, struct rule *rule)
{
	rule->unless = is_word(reader, "unless");
	while (next_word(reader))
		if (!read_condition(reader, rule))
			return false;
	if (reader->error->line)
		return false;
	if (!rule->count)
		return wrong(reader, reader->word_start, "a condition is missing: KEY=VALUE");
	return true;
}

/* What stands behind the verb. */
static bool
read_rest(struct reader *reader, struct rule *rule)
{
	bool more = next_word(reader), are_some;
	const char *what;

	if (more && !read_operations(reader, rule, &are_some))
		return false;
	if (more && are_some)
		more = next_word(reader);
	if (more && !is_word(reader, "if") && !is_word(reader, "unless")) {
		what = pattern_set(&rule->pattern, reader->word.data, reader->word.length,
				   reader->quoted);
		if (what)
			return wrong(reader, reader->word_start, "'%.40s' is no pattern: %s",
				     reader->word.data, what);
		rule->column = (size_t)(reader->word_start - reader->line_start) + 1;
		more = next_word(reader);
	}
	if (!more)
		return !reader->error->line;
	if (is_word(reader, "if") || is_word(reader, "unless"))
		return read_conditions(reader, rule);
	return wrong(reader, reader->word_start, "'%.40s' is too much: if or unless may stand here",
		     reader->word.data);
}

static void
rule_done(struct rule *rule)
{
	for (size_t i = 0; i < rule->count; i++) {
		for (size_t j = 0; j < rule->conditions[i].count; j++)
			pattern_done(&rule->conditions[i].values[j].pattern);
		free(rule->conditions[i].values);
	}
	free(rule->conditions);
	pattern_done(&rule->pattern);
}

static void
add_rule(struct rules *rules, struct rule *rule, size_t line)
{
	rule->line = line;
	if (!rule->operations)
		rule->operations = FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM;
	rules->operations |= rule->operations;
	rules->errors |= rule->error && rule->error != EPERM;
	if (rule->verb == RULES_ASK && !rules->asks)
		rules->asks = line;
	rules->rules = memory_resize(rules->rules, rules->count + 1, sizeof(*rules->rules));
	rules->rules[rules->count++] = *rule;
}

/* One line, as far as its end. */
static bool
read_line(struct reader *reader, struct rules *rules)
{
	struct rule rule = { 0 };

	if (!next_word(reader))
		return !reader->error->line;
	if (!read_verb(reader, &rule) || !read_rest(reader, &rule)) {
		rule_done(&rule);
		return false;
	}
	add_rule(rules, &rule, reader->line);
	return true;
}

int
rules_read(struct rules *rules, const char *text, size_t size, struct rules_error *error)
{
	struct reader reader = { .at = text, .end = text + size, .error = error };
	bool good = true;

	*rules = (struct rules){ 0 };
	*error = (struct rules_error){ 0 };
	while (good && reader.at < reader.end) {
		reader.line++;
		reader.line_start = reader.at;
		good = read_line(&reader, rules);
		while (good && !at_line_end(&reader))
			reader.at++; /* a comment */
		if (good && reader.at < reader.end)
			reader.at++;
	}
	buffer_done(&reader.word);
	if (good)
		return 0;
	rules_done(rules);
	return -1;
}

void
rules_resolve(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rules[i];

		pattern_resolve(&rule->pattern);
		for (size_t j = 0; j < rule->count; j++)
			for (size_t k = 0; k < rule->conditions[j].count; k++)
				pattern_resolve(&rule->conditions[j].values[k].pattern);
	}
}

void
rules_done(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		rule_done(&rules->rules[i]);
	free(rules->rules);
	*rules = (struct rules){ 0 };
}

/* ---- deciding ---- */

static bool
has_value(enum rules_key key, const struct rules_value *value, const struct rules_request *request)
{
	switch (key) {
	case RULES_PID:
		return request->pid && (uint32_t)request->pid == value->number;
	case RULES_UID:
		return request->has_ids && request->uid == value->number;
	case RULES_GID:
		return request->has_ids && request->gid == value->number;
	case RULES_COMM:
		return request->comm && pattern_has(&value->pattern, request->comm);
	case RULES_EXE:
	default:
		return request->exe && pattern_has(&value->pattern, request->exe);
	}
}

static bool
holds(const struct rules_condition *condition, struct rules_request *request)
{
	if (condition->key == RULES_EXE ? !request->looked_exe
					: condition->key != RULES_PID && !request->looked) {
		request->look(request, condition->key == RULES_EXE ? RULES_EXE : RULES_UID);
		*(condition->key == RULES_EXE ? &request->looked_exe : &request->looked) = true;
	}
	for (size_t i = 0; i < condition->count; i++)
		if (has_value(condition->key, &condition->values[i], request))
			return true;
	return false;
}

static bool
fits(const struct rule *rule, struct rules_request *request)
{
	bool all = true;

	if (!(rule->operations & request->operation))
		return false;
	if (rule->pattern.kind != PATTERN_ANY
	    && !(request->path ? pattern_has(&rule->pattern, request->path)
			       : rule->verb != RULES_ALLOW))
		return false;
	for (size_t i = 0; i < rule->count && all; i++)
		all = holds(&rule->conditions[i], request);
	return !rule->count || all != rule->unless;
}

struct rules_answer
rules_decide(const struct rules *rules, struct rules_request *request)
{
	for (size_t i = 0; i < rules->count; i++)
		if (fits(&rules->rules[i], request))
			return (struct rules_answer){ rules->rules[i].verb, rules->rules[i].error };
	return (struct rules_answer){ RULES_ALLOW, 0 };
}

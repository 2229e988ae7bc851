/* SPDX-License-Identifier: MIT */
#include "event/print.h"

#include <inttypes.h>

#include "cli/csv.h"
#include "cli/escape.h"
#include "cli/json.h"
#include "cli/moment.h"
#include "cli/num.h"

bool
print_has(const char *format, char letter)
{
	for (const char *at = format; (at = strchr(at, '%')) && at[1]; at += 2)
		if (at[1] == letter)
			return true;
	return false;
}

bool
print_tells_doer(const struct print *print)
{
	return print->style == PRINT_JSON
	       || (print->style == PRINT_FORMAT
		   && (print_has(print->format, 'C') || print_has(print->format, 'u')));
}

static void
add_name(struct buffer *buffer, const struct print *print, const char *name, size_t length)
{
	if (print->raw)
		buffer_add(buffer, name, length);
	else
		escape_text(buffer, name, length,
			    print->escape == NAMES_EXACT ? ESCAPE_ALL : ESCAPE_BUT_BACKSLASH);
}

static void
add_seconds(struct buffer *buffer, int64_t time)
{
	buffer_print(buffer, "%" PRId64 ".%06" PRId64, time / NUM_SECOND, time % NUM_SECOND / 1000);
}

/* A conversion of inotify-tools; false when LETTER is none. */
static bool
convert_known(struct buffer *buffer, const struct print *print, const struct event *event,
	      char letter)
{
	switch (letter) {
	case 'w':
		add_name(buffer, print, event->dir, event->dir_length);
		return true;
	case 'f':
		add_name(buffer, print, event->name, event->name_length);
		return true;
	case 'e':
		names_print(buffer, event->names, event->what, ',');
		return true;
	case 'T':
		if (print->time_format)
			moment_print(buffer, print->time_format, event->time);
		return true;
	case 'c':
		buffer_print(buffer, "%" PRIx32, event->cookie);
		return true;
	case '0':
		buffer_byte(buffer, '\0');
		return true;
	case 'n':
		buffer_byte(buffer, '\n');
		return true;
	case '%':
		buffer_byte(buffer, '%');
		return true;
	default:
		return false;
	}
}

const char *
print_word(const struct event *event)
{
	const struct name *name = names_first(event->names, event->what);

	return !name ? "unknown" : *name->event ? name->event : name->name;
}

static void
add_path(struct buffer *buffer, const struct print *print, const struct event *event)
{
	add_name(buffer, print, event->dir, event->dir_length);
	add_name(buffer, print, event->name, event->name_length);
}

/* The command's name is one field: blanks are escaped, too. */
static void
add_comm(struct buffer *buffer, const struct print *print, const struct doer *doer)
{
	size_t blank;

	if (!doer->comm_length) {
		buffer_byte(buffer, '?');
		return;
	}
	for (size_t at = 0; at < doer->comm_length; at += blank) {
		const char *text = doer->comm + at;

		for (blank = 0; at + blank < doer->comm_length && text[blank] != ' ';)
			blank++;
		add_name(buffer, print, text, blank);
		if (at + blank < doer->comm_length) {
			buffer_text(buffer, print->raw ? " " : "\\040");
			blank++;
		}
	}
}

/* A conversion that tells of who did it. */
static bool
convert_doer(struct buffer *buffer, const struct print *print, const struct doer *doer, char letter)
{
	if (!doer || !strchr("PCu", letter))
		return false;
	if (letter == 'C')
		add_comm(buffer, print, doer);
	else if (letter == 'P' ? !doer->pid : !doer->has_uid)
		buffer_byte(buffer, '?');
	else
		buffer_print(buffer, "%" PRIu32, letter == 'P' ? (uint32_t)doer->pid : doer->uid);
	return true;
}

/* A conversion that tells of a signal. */
static bool
convert_sent(struct buffer *buffer, const struct sent *sent, char letter)
{
	if (letter == 'S')
		buffer_text(buffer, sent->name);
	else if (letter == 'N')
		buffer_print(buffer, "%d", sent->number);
	else if (letter == 'O')
		buffer_text(buffer, sent->code);
	else if (letter == 'r')
		buffer_text(buffer, sent->trusted ? "trusted" : "claimed");
	else
		return false;
	return true;
}

/* A conversion that tells of a process that has ended. */
static bool
convert_ended(struct buffer *buffer, const struct ended *ended, char letter)
{
	if (letter == 'P')
		buffer_print(buffer, "%" PRId32, ended->pid);
	else if (letter == 'S')
		buffer_text(buffer, *ended->signal ? ended->signal : "-");
	else if (letter == 'x' && ended->has_status)
		buffer_print(buffer, "%d", ended->status);
	else if (letter == 'x')
		buffer_byte(buffer, '?');
	else
		return false;
	return true;
}

/* What was sent, or the number of the tick; false where there is none of both. */
static bool
convert_value(struct buffer *buffer, const struct event *event)
{
	if (event->has_value)
		buffer_print(buffer, "%" PRId64, event->value);
	else if (event->sent)
		buffer_byte(buffer, '-');
	return event->has_value || event->sent;
}

/* A conversion of butter's own; false when LETTER is none or EVENT does not have what it means. */
static bool
convert_own(struct buffer *buffer, const struct print *print, const struct event *event,
	    char letter)
{
	switch (letter) {
	case 'E':
		if (event->source)
			buffer_text(buffer, print_word(event));
		return event->source;
	case 'p':
		add_path(buffer, print, event);
		return true;
	case 'm':
		if (!event->from && !event->doer)
			return false; /* of inotify, which has no renames */
		if (event->from) {
			add_name(buffer, print, event->from, event->from_length);
			buffer_byte(buffer, print->raw ? '\0' : '\t');
		}
		add_path(buffer, print, event);
		return true;
	case 'o':
		if (event->from)
			add_name(buffer, print, event->from, event->from_length);
		return event->from || event->doer; /* nothing, of a watch that has renames */
	case 't':
		add_seconds(buffer, event->time);
		return true;
	case 'k':
		if (event->count)
			buffer_print(buffer, "%" PRIu64, event->count);
		return event->count;
	case 'v':
		return convert_value(buffer, event);
	case 's':
		buffer_text(buffer, event->source ? event->source : "");
		return event->source;
	default:
		return letter
		       && ((event->sent && convert_sent(buffer, event->sent, letter))
			   || (event->ended && convert_ended(buffer, event->ended, letter))
			   || convert_doer(buffer, print, event->doer, letter));
	}
}

/* The conversion at AT, behind the percent sign: how many characters it takes, 0 when it is none. */
static size_t
convert(struct buffer *buffer, const struct print *print, const struct event *event, const char *at)
{
	/* What has no path is no file. */
	if (!event->dir && at[0] && strchr("wfpcT", at[0]))
		return 0;
	if (convert_known(buffer, print, event, at[0]))
		return 1;
	if (at[0] && at[1] == 'e') {
		names_print(buffer, event->names, event->what, at[0]);
		return 2;
	}
	return convert_own(buffer, print, event, at[0]);
}

static void
print_format(struct buffer *buffer, const struct print *print, const struct event *event)
{
	const char *at = print->format ? print->format : event->format;

	while (*at) {
		size_t plain = strcspn(at, "%"), taken;

		buffer_add(buffer, at, plain);
		at += plain;
		if (!*at)
			break;
		taken = convert(buffer, print, event, ++at);
		if (!taken)
			buffer_byte(buffer, '%');
		at += taken;
	}
	if (print->null)
		buffer_byte(buffer, '\0');
	else if (!print->no_newline)
		buffer_byte(buffer, '\n');
}

static void
print_csv(struct buffer *buffer, const struct event *event)
{
	struct buffer words = { 0 };

	names_print(&words, event->names, event->what, ',');
	csv_field(buffer, event->dir, event->dir_length);
	buffer_byte(buffer, ',');
	csv_field(buffer, words.data, words.length);
	buffer_byte(buffer, ',');
	csv_field(buffer, event->name, event->name_length);
	buffer_byte(buffer, '\n');
	buffer_done(&words);
}

/* The folder and the entry in it as one KEY. */
static void
json_both(struct buffer *buffer, const char *key, const struct event *event)
{
	struct buffer path = { 0 };

	buffer_add(&path, event->dir, event->dir_length);
	buffer_add(&path, event->name, event->name_length);
	json_bytes(buffer, key, path.data, path.length);
	buffer_done(&path);
}

static void
json_doer(struct buffer *buffer, const struct doer *doer)
{
	if (doer->pid)
		json_number(buffer, "pid", doer->pid);
	if (doer->has_uid)
		json_number(buffer, "uid", doer->uid);
	if (doer->comm)
		json_bytes(buffer, "comm", doer->comm, doer->comm_length);
}

static void
json_sent(struct buffer *buffer, const struct sent *sent)
{
	json_word(buffer, "signal", sent->name);
	json_number(buffer, "number", sent->number);
	json_word(buffer, "code", sent->code);
	if (sent->trusted)
		json_true(buffer, "trusted");
}

static void
json_ended(struct buffer *buffer, const struct ended *ended)
{
	json_number(buffer, "pid", ended->pid);
	if (ended->has_status)
		json_number(buffer, "status", ended->status);
	if (*ended->signal)
		json_word(buffer, "signal", ended->signal);
}

static void
json_path(struct buffer *buffer, const struct event *event)
{
	if (event->gone) {
		json_true(buffer, "gone");
		if (event->name_length)
			json_bytes(buffer, "name", event->name, event->name_length);
		return;
	}
	json_both(buffer, "path", event);
	if (!event->name_length)
		return;
	json_bytes(buffer, "dir", event->dir, event->dir_length);
	json_bytes(buffer, "name", event->name, event->name_length);
}

static void
print_json(struct buffer *buffer, const struct event *event)
{
	json_begin(buffer);
	json_word(buffer, "event", print_word(event));
	json_seconds(buffer, "time", event->time);
	if (event->source)
		json_bytes(buffer, "source", event->source, strlen(event->source));
	if (event->sent)
		json_sent(buffer, event->sent);
	if (event->ended)
		json_ended(buffer, event->ended);
	if (event->dir_length)
		json_path(buffer, event);
	if (event->from) {
		json_bytes(buffer, "from", event->from, event->from_length);
		if (!event->gone)
			json_both(buffer, "to", event);
	}
	if (event->doer)
		json_doer(buffer, event->doer);
	if (event->answer)
		json_word(buffer, "answer", event->answer);
	if (event->is_dir)
		json_true(buffer, "is_dir");
	if (event->synthetic)
		json_true(buffer, "synthetic");
	if (event->cookie)
		json_number(buffer, "cookie", event->cookie);
	if (event->count)
		json_count(buffer, "count", event->count);
	if (event->has_value)
		json_number(buffer, "value", event->value);
	json_end(buffer);
	buffer_byte(buffer, '\n');
}

void
print_event(struct buffer *buffer, const struct print *print, const struct event *event)
{
	switch (print->style) {
	case PRINT_FORMAT:
		print_format(buffer, print, event);
		break;
	case PRINT_CSV:
		print_csv(buffer, event);
		break;
	case PRINT_JSON:
		print_json(buffer, event);
		break;
	case PRINT_NOTHING:
		break;
	}
}

/* SPDX-License-Identifier: MIT */
#include "cli/say.h"

#include <stdarg.h>
#include <stdbool.h>
#include <syslog.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/escape.h"
#include "kernel/capability.h"

static const char *speaker;
static int failure = 1;
static bool to_syslog;

void
say_begin(const char *applet, int status)
{
	speaker = applet;
	failure = status ? status : 1;
}

void
say_to_syslog(void)
{
	openlog(speaker ? speaker : "butter", LOG_PID, LOG_DAEMON);
	to_syslog = true;
}

/* A message that cannot be written has nobody left to be told. */
static void
write_all(const char *text, size_t length)
{
	while (length) {
		ssize_t size = write(STDERR_FILENO, text, length);

		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return;
		text += size;
		length -= (size_t)size;
	}
}

static const char *
advice(const struct hint *hints, int error)
{
	for (; hints && hints->error; hints++)
		if (hints->error == error
		    && (!hints->capability || !capability_have(hints->capability)))
			return hints->advice;
	return NULL;
}

static __attribute__((format(printf, 4, 0))) void
say(int priority, int error, const char *hint, const char *format, va_list arguments)
{
	struct buffer message = { 0 }, line = { 0 };

	buffer_vprint(&message, format, arguments);
	if (error)
		buffer_print(&message, ": %s", strerror(error));
	if (hint)
		buffer_print(&message, " (%s)", hint);

	if (!to_syslog) {
		buffer_text(&line, "butter: ");
		if (speaker)
			buffer_print(&line, "%s: ", speaker);
	}
	escape_text(&line, buffer_string(&message), message.length, ESCAPE_ALL);
	if (to_syslog) {
		syslog(priority, "%s", buffer_string(&line));
	} else {
		buffer_byte(&line, '\n');
		write_all(line.data, line.length);
	}
	buffer_done(&message);
	buffer_done(&line);
}

int
fail(const struct hint *hints, const char *format, ...)
{
	int error = errno;
	va_list arguments;

	va_start(arguments, format);
	say(LOG_ERR, error, advice(hints, error), format, arguments);
	va_end(arguments);
	return failure;
}

int
failx(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(LOG_ERR, 0, NULL, format, arguments);
	va_end(arguments);
	return failure;
}

int
misuse(const char *format, ...)
{
	struct buffer hint = { 0 };
	va_list arguments;

	buffer_print(&hint, "see 'butter %s%s--help'", speaker ? speaker : "", speaker ? " " : "");
	va_start(arguments, format);
	say(LOG_ERR, 0, buffer_string(&hint), format, arguments);
	va_end(arguments);
	buffer_done(&hint);
	return failure;
}

void
note(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	say(LOG_INFO, 0, NULL, format, arguments);
	va_end(arguments);
}

void
note_error(const struct hint *hints, const char *format, ...)
{
	int error = errno;
	va_list arguments;

	va_start(arguments, format);
	say(LOG_INFO, error, advice(hints, error), format, arguments);
	va_end(arguments);
}

void
say_plain(const char *text)
{
	if (to_syslog)
		syslog(LOG_INFO, "%.*s", (int)strcspn(text, "\n"), text);
	else
		write_all(text, strlen(text));
}

/* SPDX-License-Identifier: MIT */
#include "cli/out.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/escape.h"
#include "cli/record.h"

static struct buffer printed;

void
out_print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_vprint(&printed, format, arguments);
	va_end(arguments);
}

void
out_escape(const char *text)
{
	escape_text(&printed, text, strlen(text), ESCAPE_ALL);
}

void
out_add(const void *bytes, size_t size)
{
	buffer_add(&printed, bytes, size);
}

void
out_forget(void)
{
	buffer_done(&printed);
}

int
out_finish(void)
{
	struct record record;
	int result;

	if (!printed.length)
		return close(STDOUT_FILENO);
	record_open(&record, STDOUT_FILENO, SIZE_MAX);
	buffer_add(record_begin(&record), printed.data, printed.length);
	record_end(&record);
	buffer_done(&printed);
	result = record_flush(&record, true);
	record_done(&record);
	return result < 0 || close(STDOUT_FILENO) < 0 ? -1 : 0;
}

/* SPDX-License-Identifier: MIT */
#include "cli/csv.h"

#include <stdbool.h>

void
csv_field(struct buffer *buffer, const char *text, size_t length)
{
	bool quote = length && (text[0] == ' ' || text[length - 1] == ' ');

	for (size_t i = 0; i < length && !quote; i++)
		quote = memchr("\",\r\n", text[i], 4);
	if (!quote) {
		buffer_add(buffer, text, length);
		return;
	}
	buffer_byte(buffer, '"');
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '"')
			buffer_byte(buffer, '"');
		buffer_byte(buffer, text[i]);
	}
	buffer_byte(buffer, '"');
}

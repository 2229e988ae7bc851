/* SPDX-License-Identifier: MIT */
/* Escaping: harmless for a terminal, one line, valid UTF-8, and (if exact) undone without loss. */
#include "fuzz.h"

#include "cli/escape.h"

static void
check_harmless(const struct buffer *buffer)
{
	uint32_t code;
	size_t length;

	for (size_t at = 0; at < buffer->length; at += length) {
		length = escape_character(buffer->data + at, buffer->length - at, &code);
		MUST(length > 0);
		MUST(escape_is_harmless(code));
		MUST(code >= 0x20 && code != 0x7f);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buffer escaped = { 0 }, loose = { 0 }, back = { 0 };
	const char *text = (const char *)data;

	escape_text(&escaped, text, size, ESCAPE_ALL);
	check_harmless(&escaped);
	MUST(escape_undo(&back, escaped.data, escaped.length));
	MUST(back.length == size && (!size || !memcmp(back.data, text, size)));

	escape_text(&loose, text, size, ESCAPE_BUT_BACKSLASH);
	check_harmless(&loose);

	/* Strangers' text is undone, too. */
	escape_undo(&back, text, size);
	buffer_done(&escaped);
	buffer_done(&loose);
	buffer_done(&back);
	return 0;
}

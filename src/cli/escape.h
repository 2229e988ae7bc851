/* SPDX-License-Identifier: MIT */
/*
 * Names come from strangers. On their way into a line of text, whatever could
 * break the line, move a terminal's cursor or turn text round is written as
 * \ooo (octal, as printf(1) and mountinfo know it).
 *
 * Escaped: control characters (C0, DEL, C1), line and paragraph separators,
 * bidirectional controls, bytes that are no UTF-8 and, where asked for, the
 * backslash itself.
 */
#ifndef BUTTER_ESCAPE_H
#define BUTTER_ESCAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/buffer.h"

enum escape {
	ESCAPE_ALL,           /* exact: no two names give the same text */
	ESCAPE_BUT_BACKSLASH, /* for formats whose users expect backslashes as they are */
};

/* The length of the valid UTF-8 character at TEXT (RFC 3629) and its CODE; 0 when there is none. */
size_t escape_character(const char *text, size_t length, uint32_t *code);

/* Whether the LENGTH bytes at TEXT are UTF-8 throughout. */
bool escape_is_utf8(const char *text, size_t length);

/* Whether the character CODE may go to a terminal as it is. */
bool escape_is_harmless(uint32_t code);

/* Appends TEXT, escaped, to BUFFER. */
void escape_text(struct buffer *buffer, const char *text, size_t length, enum escape what);

/* The reverse of escape_text with ESCAPE_ALL; returns false on a malformed escape. */
bool escape_undo(struct buffer *buffer, const char *text, size_t length);

#endif

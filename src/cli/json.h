/* SPDX-License-Identifier: MIT */
/*
 * JSON lines: one object a line, keys in the order of the calls (RFC 8259).
 *
 *	json_begin(buffer); json_word(...); json_number(...); json_end(buffer);
 */
#ifndef BUTTER_JSON_H
#define BUTTER_JSON_H

#include <stdint.h>

#include "cli/buffer.h"

void json_begin(struct buffer *buffer);

/* Ends the object, without a newline. */
void json_end(struct buffer *buffer);

/*
 * A string from outside: "KEY":"..." when it is valid UTF-8, else
 * "KEY_b64":"..." with its bytes in base64 (RFC 4648), so that nothing is lost.
 */
void json_bytes(struct buffer *buffer, const char *key, const char *bytes, size_t length);

/* A string that butter itself wrote. */
void json_word(struct buffer *buffer, const char *key, const char *word);

/* An array of such strings, COUNT of them. */
void json_words(struct buffer *buffer, const char *key, const char *const *words, size_t count);

void json_number(struct buffer *buffer, const char *key, int64_t number);
void json_count(struct buffer *buffer, const char *key, uint64_t number);

/* NANOSECONDS as seconds with 6 decimals: exact in a double until the year 2255. */
void json_seconds(struct buffer *buffer, const char *key, int64_t nanoseconds);

/* "KEY":true; a false value is left out altogether. */
void json_true(struct buffer *buffer, const char *key);

#endif

/* SPDX-License-Identifier: MIT */
/* Bytes that grow. A zeroed struct is an empty buffer. */
#ifndef BUTTER_BUFFER_H
#define BUTTER_BUFFER_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>

struct buffer {
	char *data;
	size_t length, room;
};

/* Makes place for SIZE more bytes and returns where they go; the caller then adds to length. */
char *buffer_reserve(struct buffer *buffer, size_t size);

/* Appends as printf(3) does. */
void buffer_print(struct buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void buffer_vprint(struct buffer *buffer, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));

/* Frees the bytes; the buffer is empty and usable again. */
void buffer_done(struct buffer *buffer);

static inline void
buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
	if (!size)
		return;
	memcpy(buffer_reserve(buffer, size), bytes, size);
	buffer->length += size;
}

static inline void
buffer_byte(struct buffer *buffer, char byte)
{
	*buffer_reserve(buffer, 1) = byte;
	buffer->length++;
}

static inline void
buffer_text(struct buffer *buffer, const char *text)
{
	buffer_add(buffer, text, strlen(text));
}

/* The bytes as a C string: a NUL follows them, outside of length. */
static inline char *
buffer_string(struct buffer *buffer)
{
	*buffer_reserve(buffer, 1) = '\0';
	return buffer->data;
}

#endif

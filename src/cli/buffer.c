/* SPDX-License-Identifier: MIT */
#include "cli/buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"

char *
buffer_reserve(struct buffer *buffer, size_t size)
{
	if (buffer->room - buffer->length < size) {
		size_t room = buffer->room ? buffer->room : 256;

		if (size > SIZE_MAX / 2 - buffer->length)
			memory_exhausted();
		while (room - buffer->length < size)
			room *= 2;
		buffer->data = memory_resize(buffer->data, room, 1);
		buffer->room = room;
	}
	return buffer->data + buffer->length;
}

void
buffer_vprint(struct buffer *buffer, const char *format, va_list arguments)
{
	va_list again;
	int length;

	va_copy(again, arguments);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		return;
	buffer_reserve(buffer, (size_t)length + 1);
	vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
	buffer->length += (size_t)length;
}

void
buffer_print(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_vprint(buffer, format, arguments);
	va_end(arguments);
}

void
buffer_done(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}

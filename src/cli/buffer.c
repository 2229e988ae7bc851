/* SPDX-License-Identifier: MIT */
#include "cli/buffer.h"

#include <stdarg.h>
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
buffer_print(struct buffer *buffer, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;

	buffer_reserve(buffer, (size_t)length + 1);
	va_start(arguments, format);
	vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buffer->length += (size_t)length;
}

void
buffer_done(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = (struct buffer){ 0 };
}

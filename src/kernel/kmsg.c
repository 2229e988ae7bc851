/* SPDX-License-Identifier: MIT */
#include "kernel/kmsg.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The kernel's longest record, PRINTK_MESSAGE_MAX, and a NUL; from shorter room nothing is read. */
enum { LONGEST = 2048 + 1 };

int
kmsg_open(void)
{
	return open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void
kmsg_skip(int fd)
{
	if (lseek(fd, 0, SEEK_END) < 0)
		return;
}

const char *
kmsg_parse(char *record, size_t length)
{
	static const char newline[] =
		"\\x0a"; /* as the kernel writes one that is left in a message */
	char *text = memchr(record, ';', length), *end;

	if (!text)
		return NULL;
	text++;
	end = memchr(text, '\n', length - (size_t)(text - record));
	if (!end)
		return NULL;
	*end = '\0';
	if (end - text >= (ptrdiff_t)strlen(newline) && !strcmp(end - strlen(newline), newline))
		end[-(ptrdiff_t)strlen(newline)] = '\0';
	return text;
}

/* Whether it is a warning or worse: the number that a record begins with has the level in its last bits. */
static bool
is_bad(const char *record)
{
	unsigned int number = 0;

	for (; *record >= '0' && *record <= '9'; record++)
		number = number * 10 + (unsigned int)(*record - '0');
	return (number & 7) <= 4;
}

size_t
kmsg_next(int fd, char *text, size_t room)
{
	char record[LONGEST];
	const char *message;
	ssize_t size;

	do {
		/* EPIPE: some have been overwritten in the meantime; it goes on with the oldest. */
		do
			size = read(fd, record, sizeof(record));
		while (size < 0 && (errno == EPIPE || errno == EINTR));
		message = size > 0 ? kmsg_parse(record, (size_t)size) : NULL;
	} while (size > 0 && (!message || !*message || !is_bad(record)));
	return size > 0 ? strlcpy(text, message, room) : 0;
}

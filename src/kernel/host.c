/* SPDX-License-Identifier: MIT */
#include "kernel/host.h"

#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kernel/capability.h"

enum { LABEL_MAX = 63 };

const struct hint host_hints[] = {
	{ EPERM, "needs CAP_SYS_ADMIN: run as root, or in a private one by 'unshare -Ur --uts'",
	  CAP_SYS_ADMIN },
	{ EPERM,
	  "CAP_SYS_ADMIN is there, but the UTS namespace is another user namespace's or a seccomp profile forbids it",
	  0 },
	{ EINVAL, "the kernel takes 64 bytes at most", 0 },
	{ ENOSYS, "a seccomp profile hides the call: allow it there", 0 },
	{ 0, NULL, 0 },
};

const struct hint host_read_hints[] = {
	{ EPERM, "a seccomp profile is in the way: allow uname", 0 },
	{ ENOSYS, "a seccomp profile is in the way: allow uname", 0 },
	{ 0, NULL, 0 },
};

int
host_name(char name[HOST_MAX + 1])
{
	struct utsname host;

	if (uname(&host) < 0)
		return -1;
	memcpy(name, host.nodename, HOST_MAX + 1);
	return 0;
}

int
host_domain(char name[HOST_MAX + 1])
{
	struct utsname host;

	if (uname(&host) < 0)
		return -1;
	memcpy(name, host.domainname, HOST_MAX + 1);
	return 0;
}

static unsigned
take_number(const char **text)
{
	unsigned number = 0;

	while (**text >= '0' && **text <= '9' && number < 10000)
		number = 10 * number + (unsigned)(*(*text)++ - '0');
	return number;
}

void
host_kernel(unsigned *major, unsigned *minor)
{
	struct utsname host;
	const char *text = host.release;

	*major = *minor = 0;
	if (uname(&host) < 0)
		return;
	*major = take_number(&text);
	text += *text == '.';
	*minor = take_number(&text);
}

int
host_rename(const char *name, size_t length)
{
	return sethostname(name, length);
}

int
host_join(const char *name, size_t length)
{
	return setdomainname(name, length);
}

static bool
is_letter_or_digit(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')
	       || (byte >= '0' && byte <= '9');
}

static bool
is_label(const char *label, size_t length, const char **wrong)
{
	if (!length)
		return *wrong = "has an empty label", false;
	if (length > LABEL_MAX)
		return *wrong = "has a label of over 63 bytes", false;
	for (size_t i = 0; i < length; i++)
		if (!is_letter_or_digit(label[i]) && label[i] != '-')
			return *wrong = "has a byte that is no letter, digit, hyphen or dot", false;
	if (label[0] == '-' || label[length - 1] == '-')
		return *wrong = "has a label that begins or ends with a hyphen", false;
	return true;
}

bool
host_is_valid(const char *name, size_t length, const char **wrong)
{
	size_t start = 0;

	if (!length)
		return *wrong = "is empty", false;
	for (size_t at = 0; at <= length; at++)
		if (at == length || name[at] == '.') {
			if (!is_label(name + start, at - start, wrong))
				return false;
			start = at + 1;
		}
	return true;
}

static bool
is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

const char *
host_find(const char *text, size_t size, size_t *length)
{
	const char *end = text + size;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *line = text, *last = newline ? newline : end;

		while (line < last && is_blank(*line))
			line++;
		text = newline ? newline + 1 : end;
		while (last > line && is_blank(last[-1]))
			last--;
		if (line < last && *line != '#') {
			*length = (size_t)(last - line);
			return line;
		}
	}
	return NULL;
}

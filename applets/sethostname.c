/* SPDX-License-Identifier: MIT */
/*
 * sethostname: set the kernel's host name, from an operand or a file such as
 * /etc/hostname. What is no host name by RFC 1123 is refused before the kernel
 * takes it, since half the network would stumble over it later.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "applet.h"
#include "cli/say.h"
#include "file.h"
#include "kernel/host.h"

enum { FILE_MOST = 65536 }; /* bytes of FILE that are looked at */

static bool domain, force;
static const char *file;

static void
options(struct opt_table *table)
{
	opt_string(table, 'F', "file", "FILE", &file,
		   "take the first line of FILE (-: standard input) that is no comment");
	opt_flag(table, 'd', "domain", &domain, "set the NIS domain name");
	opt_flag(table, 'f', "force", &force, "set whatever the kernel takes, RFC 1123 or not");
}

static int
set(const char *name, size_t length)
{
	const char *what = domain ? "domain name" : "host name", *wrong;

	if (length > HOST_MAX)
		return failx("the %s has %zu bytes, %d are the most", what, length, HOST_MAX);
	if (!force && !host_is_valid(name, length, &wrong))
		return failx("'%s' %s (--force sets it all the same)", name, wrong);
	if ((domain ? host_join(name, length) : host_rename(name, length)) < 0)
		return fail(host_hints, "cannot set the %s to '%s'", what, name);
	return 0;
}

/* Sets the name that stands in the file that is open as FD. */
static int
set_from(int fd)
{
	char text[FILE_MOST], copy[FILE_MOST + 1];
	ssize_t size = file_read(fd, text, sizeof(text));
	const char *name;
	size_t length;

	if (size < 0)
		return fail(NULL, "cannot read '%s'", file);
	name = host_find(text, (size_t)size, &length);
	if (!name && size < FILE_MOST)
		return failx("'%s' holds no name", file);
	if (!name || name + length == text + sizeof(text))
		return failx("'%s' holds no whole name in its first %d bytes", file, FILE_MOST);
	if (memchr(name, '\0', length))
		return failx("the name in '%s' holds a NUL byte", file);
	memcpy(copy, name, length);
	copy[length] = '\0';
	return set(copy, length);
}

static int
sethostname_run(int count, char **operands)
{
	int fd, status;

	if (!!file + count != 1)
		return misuse(count ? "a name and --file exclude each other" : "missing name");
	if (!file)
		return set(operands[0], strlen(operands[0]));
	if (!strcmp(file, "-")) {
		file = "standard input";
		return set_from(STDIN_FILENO);
	}
	fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return fail(NULL, "cannot open '%s'", file);
	status = set_from(fd);
	close(fd);
	return status;
}

const struct applet applet_sethostname = {
	.name = "sethostname",
	.summary = "set the host name",
	.operands = "[NAME]",
	.max = 1,
	.options = options,
	.run = sethostname_run,
};

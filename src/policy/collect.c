/* SPDX-License-Identifier: MIT */
#include "policy/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "file.h"
#include "policy/constants.h"
#include "policy/rule.h"
#include "policy/text.h"

enum { FILE_MOST = 16 << 20 }; /* bytes; what is larger is no policy */

/* ---- options ---- */

void
collect_rules(struct policy *policy, const char *option, const char *list,
	      struct policy_action action, struct problems *problems)
{
	struct place place = { .file = option };

	rule_read(policy, list, strlen(list), action, &place, problems);
}

void
collect_errno(struct policy *policy, const char *option, const char *text,
	      struct problems *problems)
{
	/* The last one: conditions have others. */
	const char *name = strrchr(text, '=');
	struct place place = { .file = option };
	int error;

	if (!name || name == text) {
		problems_error(problems, &place, "as in openat=ENOSPC",
			       "'%s' is not of the form NAME=ERRNO", text);
		return;
	}
	error = constants_errno(name + 1, strlen(name + 1));
	if (!error && !(policy->fakes && !strcmp(name + 1, "0"))) {
		place.column = (unsigned)(name - text) + 2;
		problems_error(
			problems, &place,
			problems_meant(problems, constants_nearest(name + 1, strlen(name + 1))),
			"'%s' is no error", name + 1);
	}
	place.column = 0;
	rule_read(policy, text, (size_t)(name - text),
		  (struct policy_action){ POLICY_ERRNO, (uint16_t)error }, &place, problems);
}

bool
collect_action(struct policy *policy, const char *option, const char *text,
	       struct policy_action *action, struct problems *problems)
{
	struct scan scan = scan_option(policy, option, text, ARCH_NONE, problems);

	if (!rule_action(&scan, action))
		return false;
	return scan_next(&scan) == '\0' || scan_unexpected(&scan, "nothing more");
}

/* ---- files ---- */

/* All that FD has; free(3) it. NULL with errno of read(2), or EFBIG. */
static char *
read_all(int fd, size_t *length)
{
	struct buffer bytes = { 0 };
	size_t room = 4096;
	ssize_t size;

	do {
		size = file_read(fd, buffer_reserve(&bytes, room), room);
		if (size > 0)
			bytes.length += (size_t)size;
	} while (size == (ssize_t)room && bytes.length <= FILE_MOST && (room = bytes.length));
	if (size >= 0 && bytes.length <= FILE_MOST) {
		*length = bytes.length;
		return buffer_string(&bytes);
	}
	if (size >= 0)
		errno = EFBIG;
	free(bytes.data);
	return NULL;
}

static char *
read_file(const char *path, size_t *length)
{
	bool is_input = !strcmp(path, "-");
	int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = fd < 0 ? NULL : read_all(fd, length);

	if (!is_input)
		file_close(fd);
	return bytes;
}

/* Without a slash at its start, PATH is one in the folder of BESIDE. */
static char *
read_included(const char *path, const char *beside, size_t *length, void *context)
{
	const char *slash = strrchr(beside, '/');
	struct buffer whole = { 0 };
	char *bytes;

	(void)context;
	if (*path != '/' && slash)
		buffer_add(&whole, beside, (size_t)(slash - beside) + 1);
	buffer_text(&whole, path);
	bytes = read_file(buffer_string(&whole), length);
	buffer_done(&whole);
	return bytes;
}

char *
collect_load(const char *path, size_t *length, struct problems *problems)
{
	struct place place = { .file = path };
	char *bytes = read_file(path, length);

	if (!bytes)
		problems_error(problems, &place,
			       errno == EFBIG ? "a policy has 16 MiB at most" : NULL,
			       "cannot read it: %s", strerror(errno));
	return bytes;
}

void
collect_bytes(struct policy *policy, const char *path, const char *bytes, size_t length,
	      const struct oci_circumstances *circumstances, struct problems *problems)
{
	if (oci_is_json(bytes, length))
		oci_read(policy, path, bytes, length, circumstances, problems);
	else
		text_read(policy, path, bytes, length, read_included, NULL, problems);
}

void
collect_file(struct policy *policy, const char *path, const struct oci_circumstances *circumstances,
	     struct problems *problems)
{
	size_t length;
	char *bytes = collect_load(path, &length, problems);

	if (bytes)
		collect_bytes(policy, path, bytes, length, circumstances, problems);
	free(bytes);
}

/* SPDX-License-Identifier: MIT */
#include "mounts/lack.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/escape.h"
#include "cli/num.h"
#include "kernel/capability.h"
#include "mounts/disks.h"
#include "mounts/signature.h"
#include "mounts/types.h"

static void
quote(struct buffer *text, const char *name)
{
	buffer_byte(text, '\'');
	escape_text(text, name, strlen(name), ESCAPE_ALL);
	buffer_byte(text, '\'');
}

static void
hint(struct buffer *text, const char *advice)
{
	if (advice)
		buffer_print(text, " (%s)", advice);
}

/* WHAT 'PLACE': the errno (ADVICE) */
static void
tell_error(struct buffer *text, const char *what, const struct device_trouble *trouble,
	   const char *advice)
{
	buffer_print(text, "%s ", what);
	quote(text, trouble->place);
	buffer_print(text, ": %s", strerror(trouble->error));
	hint(text, advice);
}

static bool
is_tag(const char *name)
{
	struct disks_tag tag;
	int parsed = disks_parse(name, &tag);

	if (parsed > 0)
		disks_tag_done(&tag);
	return parsed > 0;
}

/* There is no such path; what is none may be meant otherwise. */
static void
tell_no_file(const struct device_wish *wish, struct buffer *text)
{
	buffer_text(text, "there is no such disk or file");
	if (wish->type && types_is_pattern(wish->type) && !strncmp(wish->type, "no", 2))
		hint(text, "a type that begins with no means all others");
	else if (!wish->type && !strchr(wish->name, '/'))
		hint(text, "-t says it if it is none");
}

static void
tell_missing(const struct device_wish *wish, const struct device_trouble *trouble,
	     struct buffer *text)
{
	static const char wait[] = "--wait 30s waits for one that comes late";

	if (trouble->error == ENOSYS)
		buffer_text(
			text,
			"no link in /dev/disk leads to it, and butter is built without libblkid, which finds it "
			"otherwise");
	else if (is_tag(wish->name))
		buffer_print(text, "no disk has that (%s)", wait);
	else if (trouble->error == ENOMEDIUM || trouble->error == ENXIO)
		tell_error(text, "there is no disk in", trouble, "insert one");
	else if (trouble->error == ENOENT && !strncmp(trouble->place, "/dev/", 5))
		buffer_print(text, "there is no such disk (%s)", wait);
	else if (trouble->error == ENOENT)
		tell_no_file(wish, text);
	else
		buffer_print(text, "it cannot be looked at: %s", strerror(trouble->error));
}

static void
tell_late(const struct device_wish *wish, const struct device_trouble *trouble, struct buffer *text)
{
	char duration[NUM_DURATION_SIZE];

	num_brief_duration(duration, wish->wait);
	buffer_print(text, "it has not appeared in %s", duration);
	if (trouble->error != ENOENT && trouble->error != ENOSYS) {
		buffer_text(text, "; ");
		tell_error(text, "cannot look at", trouble, NULL);
	}
}

/* The advice that fits the error. */
static const char *
loop_advice(const struct device_trouble *trouble)
{
	const struct hint *hints = loop_hints(trouble->step);

	for (; hints && hints->error; hints++)
		if (hints->error == trouble->error)
			return hints->advice;
	return trouble->error == EACCES && !capability_have(CAP_SYS_ADMIN) ? "become root" : NULL;
}

static void
tell_loop(const struct device_wish *wish, const struct device_trouble *trouble, struct buffer *text)
{
	static const char *const steps[] = {
		[LOOP_OPEN_FILE] = "cannot open it for a loop device",
		[LOOP_OPEN_CONTROL] = "cannot open '/dev/loop-control', which has the loop devices",
		[LOOP_GET_FREE] = "no loop device can be had",
		[LOOP_MAKE_NODE] = "cannot make the loop device",
		[LOOP_OPEN_DEVICE] = "cannot open the loop device",
		[LOOP_CONFIGURING] = "it cannot be put on the loop device",
		[LOOP_LIST] = "cannot see which loop devices have it already",
	};
	(void)wish;
	if (trouble->step == LOOP_OVERLAPS) {
		buffer_text(text, "some of it, or all, is on the loop device ");
		quote(text, trouble->place);
		hint(text,
		     "already, and two would destroy it: use that, or free it with losetup -d");
		return;
	}
	buffer_text(text, steps[trouble->step]);
	if (*trouble->place && trouble->step >= LOOP_MAKE_NODE && trouble->step != LOOP_LIST) {
		buffer_byte(text, ' ');
		quote(text, trouble->place);
	}
	buffer_print(text, ": %s", strerror(trouble->error));
	hint(text, loop_advice(trouble));
}

/* What is on it. */
static void
tell_content(const struct device_wish *wish, const struct device_trouble *trouble,
	     struct buffer *text)
{
	const char *found = trouble->found, *advice = signature_advice(found);

	switch (trouble->reason) {
	case DEVICE_IS_AMBIVALENT:
		buffer_print(
			text,
			"there is more than one thing on it: %s (-t says which, wipefs removes one)",
			found);
		break;
	case DEVICE_IS_PARTITIONED:
		buffer_print(text,
			     "there is no file system on it, but a table of partitions, %s (%s)",
			     found,
			     is_tag(wish->name) || !strncmp(wish->name, "/dev/", 5)
				     ? "mount one of them"
				     : "offset= says where one of them begins");
		break;
	case DEVICE_IS_NO_FILE_SYSTEM:
		buffer_print(text, "there is no file system on it, but %s", found);
		hint(text, advice);
		break;
	case DEVICE_HAS_OTHER_TYPE:
		buffer_print(text, "the file system on it is %s, which -t leaves out", found);
		break;
	case DEVICE_IS_SHORT:
		buffer_text(text, "it ends before that offset");
		break;
	case DEVICE_FITS_NO_TYPE:
		buffer_print(text, "none of the types fits that have been tried: %s%s", found,
			     signature_is_known() ? " (without -t the type is found)"
						  : " (-t says another; mkfs makes a file system)");
		break;
	default:
		buffer_text(
			text,
			signature_is_known()
				? "no file system is known that is on it (-t says which, mkfs makes one)"
				: "its type is not known (-t says it)");
	}
}

/* What it is, if no disk. */
static const char *
kind(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return "no disk or file";
	return S_ISDIR(status.st_mode)
		       ? "a folder, and no disk or file (--bind shows it at TARGET, too)"
		       : "no disk or file (-t says what it is)";
}

void
lack_explain(const struct device_wish *wish, const struct device_trouble *trouble,
	     struct buffer *text)
{
	switch (trouble->reason) {
	case DEVICE_IS_MISSING:
		tell_missing(wish, trouble, text);
		break;
	case DEVICE_IS_LATE:
		tell_late(wish, trouble, text);
		break;
	case DEVICE_TAG_IS_BROKEN:
		buffer_text(
			text,
			"it has no value, or a quote that is not closed (LABEL=NAME, LABEL=\"A NAME\")");
		break;
	case DEVICE_CANNOT_LIST:
		tell_error(text, "the disks cannot be read in", trouble,
			   trouble->error == ENOENT ? "mount /proc" : NULL);
		break;
	case DEVICE_CANNOT_BE_OPENED:
		if (is_tag(wish->name))
			tell_error(text, "no other disk has that, and cannot look at what is on",
				   trouble, NULL);
		else
			tell_error(text, "cannot look at what is on", trouble,
				   "-t says the type without looking");
		break;
	case DEVICE_IS_NO_DISK:
		buffer_print(text, "it is %s", kind(trouble->place));
		break;
	case DEVICE_LOOP_FAILED:
		tell_loop(wish, trouble, text);
		break;
	default:
		tell_content(wish, trouble, text);
	}
}

static bool
is_missing(int error)
{
	return error == ENOENT || error == ENXIO || error == ENOTBLK || error == ENOMEDIUM;
}

bool
lack_is_all(const char *name, const struct device_trouble *trouble)
{
	switch (trouble->reason) {
	case DEVICE_IS_MISSING:
	case DEVICE_IS_LATE:
		/* A path that nobody can look at may be there. */
		return is_missing(trouble->error) || trouble->error == ENODEV || is_tag(name);
	case DEVICE_CANNOT_LIST:
		return true;
	case DEVICE_CANNOT_BE_OPENED:
		return is_missing(trouble->error) || is_tag(name);
	case DEVICE_IS_NO_DISK:
		return is_missing(trouble->error);
	default:
		return false;
	}
}

bool
lack_is_cause(const struct trouble *trouble)
{
	bool is_about_source = trouble->stage == TROUBLE_SOURCE || trouble->stage == TROUBLE_CREATE
			       || trouble->stage == TROUBLE_COPY || trouble->stage == TROUBLE_CALL;

	return is_about_source && is_missing(trouble->error);
}

bool
lack_is_of_rights(const char *name, const struct device_trouble *trouble)
{
	return (trouble->error == EPERM || trouble->error == EACCES)
	       && (trouble->reason == DEVICE_LOOP_FAILED
		   || (trouble->reason == DEVICE_CANNOT_BE_OPENED && !is_tag(name)));
}

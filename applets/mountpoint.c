/* SPDX-License-Identifier: MIT */
/*
 * mountpoint: is something mounted here? For scripts that mount, or delete, only where that is right.
 * The kernel is asked, and not a table of paths: so a part of the same file system that is mounted
 * elsewhere, and a single file that something is mounted on, are seen, too.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "applet.h"
#include "cli/out.h"
#include "cli/say.h"
#include "mounts/point.h"

enum { IS_NONE = 32 };

static bool no_follow, quiet, show_device, show_number, show_source;

static void
options(struct opt_table *table)
{
	opt_flag(table, 'd', "fs-devno", &show_number, "print MAJOR:MINOR of the file system");
	opt_flag(table, 'n', "source", &show_source, "print what is mounted, and PATH");
	opt_flag(table, 'q', "quiet", &quiet, "do not say whether it is one");
	opt_flag(table, 'x', "devno", &show_device,
		 "PATH is a block device: print its MAJOR:MINOR");
	opt_flag(table, 0, "nofollow", &no_follow, "do not follow a symbolic link");
}

static void
print_number(dev_t device)
{
	out_print("%u:%u\n", major(device), minor(device));
}

static int
look_at_device(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return quiet ? 1 : fail(NULL, "cannot look at '%s'", path);
	if (!S_ISBLK(status.st_mode)) {
		if (!quiet)
			failx("'%s' is no block device", path);
		return IS_NONE;
	}
	print_number(status.st_rdev);
	return 0;
}

static int
print_source(const char *path, const struct status *status)
{
	static const struct hint proc[] = { { ENOENT, "mount /proc" }, { 0 } };
	char *source = point_source(status);

	if (!source && errno != ESRCH)
		return fail(proc, "cannot read what is mounted at '%s'", path);
	out_escape(source ? source : "UNKNOWN");
	out_print(" ");
	out_escape(path);
	out_print("\n");
	free(source);
	return 0;
}

static int
mountpoint_run(int count, char **operands)
{
	static const struct hint hints[] = {
		{ EACCES, "a folder above it cannot be entered" },
		{ 0 },
	};
	const char *path = operands[0];
	struct status status;
	int is;

	(void)count;
	if (show_device && (show_source || no_follow))
		return misuse("--devno is for a device, and goes without other options");
	if (show_device)
		return look_at_device(path);
	is = point_look(path, !no_follow, &status);
	if (is < 0)
		return quiet ? 1 : fail(hints, "cannot look at '%s'", path);
	if (is && show_number)
		print_number(status.device);
	if (is && show_source)
		return print_source(path, &status);
	if (quiet || (is && show_number))
		return is ? 0 : IS_NONE;
	out_escape(path);
	out_print(is ? " is a mountpoint\n" : " is not a mountpoint\n");
	return is ? 0 : IS_NONE;
}

const struct applet applet_mountpoint = {
	.name = "mountpoint",
	.summary = "tell whether something is mounted at a path",
	.operands = "PATH",
	.min = 1,
	.max = 1,
	.options = options,
	.run = mountpoint_run,
};

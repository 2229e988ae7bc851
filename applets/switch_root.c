/* SPDX-License-Identifier: MIT */
/*
 * switch_root: the end of an initramfs. Makes NEW_ROOT the root, with /dev, /proc, /sys and /run as
 * they are, gives the memory of the initramfs back and becomes INIT. Nothing is moved, and nothing
 * deleted, before it is known that INIT is there and can be started: a mistake leaves a shell, and no
 * panic.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet.h"
#include "cli/buffer.h"
#include "cli/say.h"
#include "kernel/pid.h"
#include "mounts/carry.h"
#include "mounts/point.h"
#include "mounts/program.h"
#include "mounts/purge.h"
#include "mounts/root.h"
#include "process/descriptors.h"
#include "process/exec.h"

static bool only_checks;
static const char *console;

static void
options(struct opt_table *table)
{
	opt_flag(table, 0, "check", &only_checks, "only tell whether NEW_ROOT and INIT are right");
	opt_string(table, 'c', "console", "CONSOLE", &console,
		   "standard input, output and error, in NEW_ROOT");
}

/* Whether NEW_ROOT can be the root: another mount. */
static int
check_root(const char *new_root)
{
	struct status root, status;
	int is = point_look(new_root, true, &status);

	if (is < 0)
		return fail(NULL, "cannot look at '%s', which is to be the root", new_root);
	if (!S_ISDIR(status.mode))
		return failx("'%s', which is to be the root, is no folder", new_root);
	if (!is)
		return failx("'%s', which is to be the root, is no mount point (mount something "
			     "there first)",
			     new_root);
	if (point_look("/", true, &root) < 0)
		return fail(NULL, "cannot look at the root");
	if (root.device == status.device)
		return failx(
			"'%s', which is to be the root, is a part of the present one, which is "
			"going to be emptied (copy it to a mount of its own)",
			new_root);
	return 0;
}

static int
check_init(const char *new_root, const char *init)
{
	int root = open(new_root, O_PATH | O_DIRECTORY | O_CLOEXEC), error;
	char culprit[PATH_MAX], needs[PATH_MAX + 20] = "";
	enum program_state state;

	if (root < 0)
		return fail(NULL, "cannot open '%s', which is to be the root", new_root);
	state = program_look(root, init, culprit);
	error = errno;
	close(root);
	/* Before Linux 5.6, or with a seccomp profile, that is found out when it is the root. */
	if (state == PROGRAM_CANNOT_BE_OPENED && (error == ENOSYS || error == EPERM))
		return 0;
	if (strcmp(culprit, init))
		snprintf(needs, sizeof(needs), ", which '%s' needs", init);
	errno = error;
	switch (state) {
	case PROGRAM_IS_NO_FILE:
		return failx("'%s' in '%s'%s is no file", culprit, new_root, needs);
	case PROGRAM_IS_NOT_EXECUTABLE:
		return failx("'%s' in '%s'%s cannot be executed (chmod +x)", culprit, new_root,
			     needs);
	case PROGRAM_IS_ON_NOEXEC:
		return failx("'%s' in '%s'%s cannot be executed (mount -o remount,exec)", culprit,
			     new_root, needs);
	case PROGRAM_HAS_NO_FORMAT:
		return failx("'%s' in '%s'%s is no script, and no program for this machine",
			     culprit, new_root, needs);
	case PROGRAM_CANNOT_BE_OPENED:
		return fail(NULL, "cannot open '%s' in '%s'%s", culprit, new_root, needs);
	case PROGRAM_IS_FINE:
	default:
		return 0;
	}
}

/* What comes along would be over INIT. */
static int
check_covered(const char *new_root, const char *init)
{
	char *real = realpath(new_root, NULL);
	int status = 0;

	for (int i = 0; real && !status && i < CARRY_COUNT; i++) {
		const char *path = carry_path(i);
		size_t size = strlen(path);

		if (!strncmp(init, path, size) && init[size] == '/' && carry_look(i, real) > 0)
			status = failx("'%s' in '%s' would be covered by '%s', which comes along "
				       "(unmount that, or have INIT elsewhere)",
				       init, new_root, path);
	}
	free(real);
	return status;
}

static int
tell(const char *new_root, enum root_step step)
{
	switch (step) {
	case ROOT_SETTLE:
		return fail(NULL, "cannot make the mounts here private");
	case ROOT_PIVOT:
		return fail(NULL, "cannot make '%s' the root", new_root);
	case ROOT_MOVE:
		return fail(NULL, "cannot move '%s' to /", new_root);
	case ROOT_AFTER:
		return fail(NULL, "'%s' is the root, but cannot be entered", new_root);
	default:
		return fail(NULL, "cannot enter '%s'", new_root);
	}
}

/* Descriptors 0 to 2 are the console from now on; where it cannot be had, they stay. */
static void
take_console(void)
{
	/* Not waiting for a modem. */
	int fd = open(console, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		note_error(NULL, "cannot open '%s' in the new root", console);
		return;
	}
	descriptors_replace(fd);
}

/* Before all that cannot be taken back. */
static int
check(const char *new_root, const char *init)
{
	int status = check_root(new_root);
	struct status root;

	if (!status)
		status = check_init(new_root, init);
	if (!status)
		status = check_covered(new_root, init);
	if (status || only_checks)
		return status;
	if (!root_is_in_memory())
		return failx("the root is no initramfs, but on a disk (use pivot_root)");
	if (point_look("/", true, &root) == 0)
		return failx("the root is a folder, by chroot(2), and no mount (use pivot_root "
			     "outside)");
	if (pid_self() != 1)
		return failx("this is not process 1, which has the root to give away (use exec)");
	return 0;
}

static int
switch_root_run(int count, char **operands)
{
	const char *new_root = operands[0];
	enum root_step step;
	struct buffer init = { 0 };
	unsigned lost;
	int old, status;

	(void)count;
	/* In the root folder, as all of these; and never one that is found through PATH. */
	buffer_print(&init, "%s%s", *operands[1] == '/' ? "" : "/", operands[1]);
	buffer_string(&init);
	status = check(new_root, init.data);
	if (status || only_checks)
		return status;
	if (root_switch(new_root, &old, &lost, &step) < 0)
		return tell(new_root, step);
	for (int i = 0; i < CARRY_COUNT; i++)
		if (lost & 1U << i)
			note("'%s' has not come along: there is no folder for it in '%s', or it "
			     "could not be moved",
			     carry_path(i), new_root);
	if (lost & ROOT_OLD_STAYS)
		note("'%s' is the root, but the old one could not be taken away", new_root);
	if (access(init.data, X_OK) < 0)
		return fail(NULL, "cannot execute '%s' in the new root", init.data);
	if (console)
		take_console();
	if (old >= 0)
		purge(old);
	descriptors_keep();
	status = exec_become_file(init.data, operands + 1);
	fail(NULL, "cannot run '%s' in the new root", init.data);
	return status;
}

const struct applet applet_switch_root = {
	.name = "switch_root",
	.summary = "leave the initramfs for the root proper",
	.operands = "NEW_ROOT INIT [ARG ...]",
	.min = 2,
	.max = APPLET_ANY,
	.wrapper = true,
	.options = options,
	.run = switch_root_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * switch_root: the end of an initramfs. Makes NEW_ROOT the root, with /dev, /proc, /sys and /run as
 * they are, gives the memory of the initramfs back and becomes INIT. Nothing is moved, and nothing
 * deleted, before it is known that INIT is there and can be started: a mistake leaves a shell, and no
 * panic.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet.h"
#include "cli/say.h"
#include "kernel/pid.h"
#include "mounts/point.h"
#include "mounts/program.h"
#include "mounts/purge.h"
#include "mounts/root.h"
#include "process/descriptors.h"
#include "process/exec.h"

static const char *console;

static void
options(struct opt_table *table)
{
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
	if (point_look("/", true, &root) >= 0 && root.device == status.device
	    && root.inode == status.inode)
		return failx("'%s' is the root already", new_root);
	return 0;
}

static int
check_init(const char *new_root, const char *init)
{
	int root = open(new_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char interpreter[PATH_MAX];
	enum program_state state;

	if (root < 0)
		return fail(NULL, "cannot open '%s', which is to be the root", new_root);
	state = program_look(root, init, interpreter);
	close(root);
	/* Before Linux 5.6, that is found out when it is the root. */
	if (state == PROGRAM_CANNOT_BE_OPENED && errno == ENOSYS)
		return 0;
	switch (state) {
	case PROGRAM_IS_NO_FILE:
		return failx("'%s' in '%s' is no file: nothing has been changed", init, new_root);
	case PROGRAM_IS_NOT_EXECUTABLE:
		return failx("'%s' in '%s' cannot be executed: nothing has been changed (chmod +x)",
			     init, new_root);
	case PROGRAM_LACKS_INTERPRETER:
		return fail(NULL, "'%s' in '%s' needs '%s', which cannot be opened there", init,
			    new_root, interpreter);
	case PROGRAM_CANNOT_BE_OPENED:
		return fail(NULL, "cannot open '%s' in '%s'", init, new_root);
	case PROGRAM_IS_FINE:
	default:
		return 0;
	}
}

static int
tell(const char *new_root, enum root_step step)
{
	switch (step) {
	case ROOT_SETTLE:
		return fail(NULL, "cannot make the mounts here private");
	case ROOT_CARRY:
		return fail(NULL, "cannot move /dev, /proc, /sys and /run into '%s'", new_root);
	case ROOT_MOVE:
		return fail(NULL, "cannot move '%s' to /", new_root);
	case ROOT_DETACH:
		return fail(NULL, "'%s' is the root, but the old one cannot be taken away",
			    new_root);
	default:
		return fail(NULL, "cannot enter '%s'", new_root);
	}
}

/* Descriptors 0 to 2 are the console from now on; where it cannot be had, they stay. */
static void
take_console(void)
{
	int fd = open(console, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0) {
		note_error(NULL, "cannot open '%s' in the new root", console);
		return;
	}
	descriptors_replace(fd);
}

static int
switch_root_run(int count, char **operands)
{
	const char *new_root = operands[0], *init = operands[1];
	enum root_step step;
	int old, status;

	(void)count;
	status = check_root(new_root);
	if (!status)
		status = check_init(new_root, init);
	if (status)
		return status;
	if (!root_is_in_memory())
		return failx("the root is no initramfs: all in it would be deleted (use "
			     "pivot_root)");
	if (pid_self() != 1)
		return failx("this is not process 1, which has the root to give away (use exec)");
	if (root_switch(new_root, &old, &step) < 0)
		return tell(new_root, step);
	if (access(init, X_OK) < 0)
		return fail(NULL, "cannot execute '%s' in the new root: nothing has been deleted",
			    init);
	if (console)
		take_console();
	if (old >= 0)
		purge(old);
	status = exec_become(operands + 1);
	fail(NULL, "cannot run '%s' in the new root", init);
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

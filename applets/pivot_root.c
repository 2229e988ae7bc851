/* SPDX-License-Identifier: MIT */
/*
 * pivot_root: makes a folder the root of all processes here, and keeps the old root or takes it away. For
 * containers and boot scripts. The kernel says "Invalid argument" to a dozen mistakes: this one looks which it
 * is; and --auto does what is to be done before and after.
 */
#include <errno.h>
#include <unistd.h>

#include "applet.h"
#include "cli/say.h"
#include "mounts/root.h"
#include "process/descriptors.h"
#include "process/exec.h"

static bool automatic;
static char **command;

static void
options(struct opt_table *table)
{
	opt_flag(table, 0, "auto", &automatic,
		 "mount NEW_ROOT if it is no mount, share no mounts, take the old root away");
	opt_command(table, &command);
}

/* The last hint, but not for who has taken it. */
static const char *
or_auto(void)
{
	return automatic ? "" : ", or --auto";
}

static int
tell_place(const char *new_root, const char *put_old, const struct root_trouble *trouble)
{
	switch (trouble->reason) {
	case ROOT_OLD_IS_SHARED:
		return failx("cannot put the old root at '%s': the mount '%s' is shared (mount "
			     "--make-rprivate /%s)",
			     put_old, trouble->place, or_auto());
	case ROOT_NEW_IS_IN_SHARED:
		return failx("cannot make '%s' the root: it is mounted in '%s', which is shared "
			     "(mount --make-rprivate /%s)",
			     new_root, trouble->place, or_auto());
	default:
		return failx("cannot make '%s' the root: it is a folder in %s%s%s, and no mount "
			     "itself (mount --rbind it on itself%s)",
			     new_root, *trouble->place ? "the mount '" : "another mount",
			     trouble->place, *trouble->place ? "'" : "", or_auto());
	}
}

/* Why pivot_root(2) has failed. */
static int
tell_reason(const char *new_root, const char *put_old, const struct root_trouble *trouble)
{
	errno = trouble->error;
	switch (trouble->reason) {
	case ROOT_NEW_CANNOT_BE_OPENED:
		return fail(NULL, "cannot enter '%s', which is to be the root", new_root);
	case ROOT_OLD_CANNOT_BE_OPENED:
		return fail(NULL, "cannot enter '%s', where the old root is to be", put_old);
	case ROOT_FORBIDDEN:
		return failx("cannot change the root: Operation not permitted (needs "
			     "CAP_SYS_ADMIN; try unshare -Ur -m)");
	case ROOT_FILTERED:
		return failx("cannot change the root: Operation not permitted (the mount namespace "
			     "is another user namespace's: unshare -m; or a seccomp profile "
			     "forbids it)");
	case ROOT_IS_IN_SHARED:
		return failx(
			"cannot leave the root: it is mounted in another mount, which is shared "
			"(mount --make-rprivate there)");
	case ROOT_NEW_IS_ELSEWHERE:
		return failx(
			"cannot make '%s' the root: it is outside of the present one, or in another mount namespace",
			new_root);
	case ROOT_NEW_IS_ROOT:
		return failx("cannot make '%s' the root: it is that already", new_root);
	case ROOT_NEW_IS_ON_ROOT:
		return failx("cannot make '%s' the root: it is a folder of the present one, and no "
			     "mount itself (mount --rbind it on itself%s)",
			     new_root, or_auto());
	case ROOT_OLD_IS_ON_ROOT:
		return failx("cannot put the old root at '%s': that is in the old root (it has to "
			     "be in '%s')",
			     put_old, new_root);
	case ROOT_IS_NO_MOUNT:
		return failx("cannot leave the root: it is a folder, by chroot(2), and no mount "
			     "(mount --rbind it on itself before the chroot)");
	case ROOT_IS_INITIAL:
		return failx("cannot leave the root: it is the initramfs, which only Linux 7.0 can "
			     "(use switch_root, or --auto with a command and without PUT_OLD)");
	case ROOT_OLD_IS_NOT_BELOW:
		return failx("cannot put the old root at '%s': that is not in '%s'", put_old,
			     new_root);
	case ROOT_NEW_IS_LOCKED:
		return failx("cannot make '%s' the root: it was mounted before the user namespace "
			     "was made (mount --rbind it on itself here%s)",
			     new_root, or_auto());
	case ROOT_CANNOT_BE_SEEN:
		return failx(
			"cannot make '%s' the root: Invalid argument (it may be locked by another user "
			"namespace, or the root be mounted in a shared mount; %s%s)",
			new_root,
			access("/proc/self/mountinfo", F_OK) < 0 ? "mount /proc to see more"
								 : "mount --make-rprivate there",
			or_auto());
	case ROOT_REASON_UNKNOWN:
		return fail(NULL, "cannot make '%s' the root", new_root);
	default:
		return tell_place(new_root, put_old, trouble);
	}
}

static int
tell(const char *new_root, const char *put_old, const struct root_trouble *trouble)
{
	switch (trouble->step) {
	case ROOT_BIND:
		return fail(NULL, "cannot mount '%s' on itself", new_root);
	case ROOT_MOVE:
		return fail(NULL, "cannot move '%s' to where the initramfs is", new_root);
	case ROOT_DETACH:
		return fail(NULL, "'%s' is the root, but the old one cannot be taken away",
			    new_root);
	case ROOT_AFTER:
		return fail(NULL, "'%s' is the root, but cannot be entered", new_root);
	case ROOT_ENTER:
	case ROOT_SETTLE:
	case ROOT_PIVOT:
	default:
		return tell_reason(new_root, put_old ? put_old : new_root, trouble);
	}
}

static int
pivot_root_run(int count, char **operands)
{
	const char *new_root = operands[0], *put_old = operands[1];
	struct root_trouble trouble;
	int status = 0;

	if (command && !command[0])
		return misuse("missing COMMAND after --");
	if (count == 1 && !automatic)
		return misuse("no PUT_OLD is given: where is the old root to be? (--auto takes it "
			      "away)");
	if ((automatic ? root_change(new_root, put_old, command, &trouble)
		       : root_pivot(new_root, put_old, &trouble))
	    < 0)
		status = tell(new_root, put_old, &trouble);
	if (status)
		return command ? EXEC_FAILED : status;
	if (!command)
		return 0;
	descriptors_keep();
	status = exec_become(command);
	fail(NULL, "cannot run '%s' in the new root", command[0]);
	return status;
}

const struct applet applet_pivot_root = {
	.name = "pivot_root",
	.summary = "make a folder the root, or say why that cannot be",
	.operands = "NEW_ROOT [PUT_OLD]",
	.min = 1,
	.max = 2,
	.options = options,
	.run = pivot_root_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * umount: takes mounts away, and, of one that is in use, says by whom. For scripts that pull disks
 * and end containers: a path leads to no other mount than the one that is meant, nothing that is
 * mounted elsewhere goes with it unasked, and the exit status is right for every mix of what has
 * worked and what has not.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "kernel/namespace.h"
#include "process/descriptors.h"
#include "process/signals.h"
#include "signalling.h"
#include "unmounting.h"

static struct unmounting work = { .patience = -1 };
static const char *namespace, *signal_name;

static void
options(struct opt_table *table)
{
	opt_flag(table, 'a', "all", &work.all,
		 "all that is mounted, but for /proc, /sys and the like");
	opt_flag(table, 'A', "all-targets", &work.all_targets,
		 "also all other mounts of the same file system");
	opt_flag(table, 'c', "no-canonicalize", &work.as_is, "take TARGET as it is written");
	opt_flag(table, 'd', "detach-loop", &work.frees_loop, "also free the loop device");
	opt_flag(table, 0, "expire", &work.expire,
		 "only if nobody has used it since this was asked for the last time");
	opt_flag(table, 0, "fake", &work.fake, "do all but unmount");
	opt_flag(table, 'f', "force", &work.force, "also if a server does not answer (NFS)");
	opt_flag(table, 'g', "graceful", &work.graceful, "what is not mounted is fine");
	opt_flag(table, 'i', "internal-only", &work.no_helper, "do not call /sbin/umount.TYPE");
	opt_string(table, 0, "kill", "SIGNAL", &signal_name,
		   "send it to the processes that use it, and try again");
	opt_flag(table, 'l', "lazy", &work.lazy,
		 "at once, however it is used; it ends with the last user");
	opt_string(table, 'N', "namespace", "NS", &namespace,
		   "in the mount namespace of the process, or the file, NS");
	opt_flag(table, 'n', "no-mtab", &work.no_mtab,
		 "accepted: there is no /etc/mtab to be written");
	opt_flag(table, 0, "propagate", &work.propagate,
		 "-l and -R: also if mounts at other places go with it");
	opt_flag(table, 'q', "quiet", &work.quiet, "do not tell what is not mounted");
	opt_flag(table, 'R', "recursive", &work.recursive,
		 "also what is mounted in it, and what it covers");
	opt_flag(table, 'r', "read-only", &work.read_only, "make what is in use read-only");
	opt_string(table, 'O', "test-opts", "LIST", &work.options, "only what has these options");
	opt_string(table, 't', "types", "LIST", &work.types,
		   "only (or, with `no` in front, none of) these types");
	opt_flag(table, 'v', "verbose", &work.verbose, "say what is done");
	opt_duration(table, 0, "wait", &work.patience,
		     "how long --kill waits for them to end (5s)");
}

/* Becomes a part of the mount namespace that is asked for. The status. */
static int
enter_namespace(void)
{
	int error;

	if (namespace_join(namespace, false) == 0)
		return 0;
	error = errno;
	fail(namespace_hints, "cannot enter the mount namespace '%s'", namespace);
	return error == EPERM || error == EACCES ? UNMOUNTING_NOT_PERMITTED : UNMOUNTING_NO_SYSTEM;
}

static int
check_usage(int count)
{
	if (work.all ? count : !count)
		return misuse(work.all ? "--all goes without TARGET" : "missing TARGET");
	if (work.all && (work.all_targets || work.recursive))
		return misuse("--all goes without --all-targets and --recursive");
	if (work.recursive && (work.read_only || work.types || work.options))
		return misuse("--recursive goes without --read-only, --types and --test-opts");
	if (work.expire && (work.force || work.lazy))
		return misuse("--expire goes without --force and --lazy");
	if (work.patience >= 0 && !signal_name)
		return misuse("--wait goes with --kill");
	if (work.patience < 0)
		work.patience = 5 * NUM_SECOND;
	return signal_name ? signalling_find("--kill", signal_name, &work.signal) : 0;
}

/* The current folder is in nobody's way any more. */
static void
leave_folder(void)
{
	work.folder = getcwd(NULL, 0);
	/* What it is called may be nothing that can be resolved. */
	if (work.folder && (*work.folder != '/' || work.as_is || chdir("/") < 0)) {
		free(work.folder);
		work.folder = NULL;
	}
}

static int
umount_run(int count, char **operands)
{
	int status = check_usage(count);

	/* What has been inherited by mistake is in nobody's way, either. */
	descriptors_close_but(NULL, 0);
	if (!status && namespace)
		status = enter_namespace();
	if (status)
		return status;
	leave_folder();
	if (work.signal)
		signals_end_init();
	if (work.all)
		unmounting_all(&work);
	for (int i = 0; i < count; i++)
		unmounting_target(&work, operands[i]);
	return unmounting_done(&work);
}

const struct applet applet_umount = {
	.name = "umount",
	.summary = "take mounts away, or say who is using them",
	.operands = "[TARGET ...]",
	.max = APPLET_ANY,
	.options = options,
	.run = umount_run,
};

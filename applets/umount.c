/* SPDX-License-Identifier: MIT */
/*
 * umount: takes mounts away, and, of one that is in use, says by whom. For scripts that pull disks
 * and end containers: a path leads to no other mount than the one that is meant, nothing that is
 * mounted elsewhere goes with it unasked, and the exit status is right for every mix of what has
 * worked and what has not.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet.h"
#include "cli/buffer.h"
#include "cli/num.h"
#include "cli/say.h"
#include "holding.h"
#include "kernel/capability.h"
#include "kernel/loop.h"
#include "kernel/mount.h"
#include "kernel/namespace.h"
#include "kernel/proc.h"
#include "kernel/status.h"
#include "memory.h"
#include "mounts/backing.h"
#include "mounts/copies.h"
#include "mounts/helper.h"
#include "mounts/point.h"
#include "mounts/unmount.h"
#include "mounts/userns.h"
#include "process/descriptors.h"

enum {
	STATUS_USAGE = 1, /* or permission */
	STATUS_SYSTEM = 2,
	STATUS_FAILED = 32,
	STATUS_MIXED = 64,
	STATUS_MARKED = 75,
};

static bool all, all_targets, as_is, expire, fake, force, frees_loop, graceful, lazy, propagate,
	quiet, read_only, recursive, verbose;
static bool no_helpers, no_table;
static const char *types, *wanted, *namespace;
static const char *signal_name;
static int kill_signal;
static int64_t patience = 5 * NUM_SECOND;

/* What is mounted; after more than one mount may have gone, it is read again. */
static struct {
	struct table now;
	bool known, stale;
} mounts;

static struct {
	unsigned done, failed, marked;
	int bits; /* of failures that have their own */
} tally;

static void
options(struct opt_table *table)
{
	opt_flag(table, 'a', "all", &all, "all that is mounted, but for /proc, /sys and the like");
	opt_flag(table, 'A', "all-targets", &all_targets,
		 "also all other mounts of the same file system");
	opt_flag(table, 'c', "no-canonicalize", &as_is, "take TARGET as it is written");
	opt_flag(table, 'd', "detach-loop", &frees_loop, "also free the loop device");
	opt_flag(table, 0, "expire", &expire,
		 "only if nobody has used it since this was asked for the last time");
	opt_flag(table, 0, "fake", &fake, "do all but unmount");
	opt_flag(table, 'f', "force", &force, "also if a server does not answer (NFS)");
	opt_flag(table, 'g', "graceful", &graceful, "what is not mounted is fine");
	opt_flag(table, 'i', "internal-only", &no_helpers, "do not call /sbin/umount.TYPE");
	opt_string(table, 0, "kill", "SIGNAL", &signal_name,
		   "send it to the processes that use it, and try again");
	opt_flag(table, 'l', "lazy", &lazy,
		 "at once, however it is used; it ends with the last user");
	opt_string(table, 'N', "namespace", "NS", &namespace,
		   "in the mount namespace of the process, or the file, NS");
	opt_flag(table, 'n', "no-mtab", &no_table, "accepted: there is no /etc/mtab to be written");
	opt_flag(table, 0, "propagate", &propagate,
		 "-l and -R: also if mounts at other places go with it");
	opt_flag(table, 'q', "quiet", &quiet, "do not tell what is not mounted");
	opt_flag(table, 'R', "recursive", &recursive,
		 "also what is mounted in it, and what it covers");
	opt_flag(table, 'r', "read-only", &read_only, "make what is in use read-only");
	opt_string(table, 'O', "test-opts", "LIST", &wanted, "only what has these options");
	opt_string(table, 't', "types", "LIST", &types,
		   "only (or, with `no` in front, none of) these types");
	opt_flag(table, 'v', "verbose", &verbose, "say what is done");
	opt_duration(table, 0, "wait", &patience, "how long --kill waits for them to end (5s)");
}

static const struct hint proc_hints[] = { { ENOENT, "mount /proc", 0 }, { 0, NULL, 0 } };

/* Reads the mounts, if that is of use. Whether they are known. */
static bool
know_mounts(void)
{
	if (mounts.known && !mounts.stale)
		return true;
	if (mounts.known)
		table_done(&mounts.now);
	mounts.stale = false;
	mounts.known = table_read(&mounts.now) == 0;
	return mounts.known;
}

/* MOUNT, NULL if it is not known, is no more. */
static void
forget(const struct mountinfo *mount)
{
	const struct mountinfo *parent = mount ? table_parent(&mounts.now, mount) : NULL;

	if (lazy || !parent || strstr(parent->tags, "shared:"))
		mounts.stale = true;
	else
		table_forget(&mounts.now, mount);
}

static void
failed(int bit)
{
	tally.failed++;
	tally.bits |= bit;
}

static void
not_mounted(const char *operand, int error)
{
	if (graceful)
		return;
	if (!quiet && error) {
		errno = error;
		fail(NULL, "cannot unmount '%s'", operand);
	} else if (!quiet) {
		failx("cannot unmount '%s': it is not mounted", operand);
	}
	failed(STATUS_FAILED);
}

/* A mount that is to be taken away. */
struct target {
	const char *operand; /* as named */
	const char *path;
	const struct mountinfo *mount; /* NULL: not known */
	int id;                        /* 0: not known */
	bool planned; /* one of several that are meant: it may go with another one */
};

static int
take_away(const struct target *target)
{
	unsigned how =
		(force ? MOUNT_FORCE : 0) | (lazy ? MOUNT_LAZY : 0) | (expire ? MOUNT_EXPIRE : 0);

	return as_is ? mount_remove(target->path, how) : unmount_at(target->path, target->id, how);
}

/*
 * Leaves it to /sbin/umount.TYPE, if there is one. Whether that has done it, or failed, which is
 * told then.
 */
static bool
is_helped(const struct target *target)
{
	struct helper helper = { .unmounts = true,
				 .target = target->path,
				 .no_mtab = no_table,
				 .verbose = verbose,
				 .force = force,
				 .lazy = lazy,
				 .read_only = read_only };
	char *program;
	int error, status;

	if (no_helpers || fake || expire || !target->mount)
		return false;
	helper.type = target->mount->type;
	program = helper_find(true, helper.type);
	if (!program)
		return false;
	status = helper_run(program, &helper, &error);
	if (!status) {
		tally.done++;
	} else {
		errno = error;
		if (error)
			fail(NULL, "cannot run '%s'", program);
		else if (verbose)
			note("'%s' has ended with status %d", program, status);
		failed(status);
	}
	forget(target->mount);
	free(program);
	return true;
}

struct attempt {
	const struct target *target;
	int error; /* 0: it is unmounted */
};

/* Whether it is of no use to try once more. */
static bool
attempt(void *context)
{
	struct attempt *attempt = context;

	attempt->error = fake || take_away(attempt->target) == 0 ? 0 : errno;
	return attempt->error != EBUSY;
}

static void
explain_busy(struct target *target)
{
	static const struct hint hints[] = {
		{ EBUSY, "end those who use it, --kill TERM, or detach it, --lazy", 0 },
		{ 0, NULL, 0 },
	};
	struct status status;

	errno = EBUSY;
	fail(hints, "cannot unmount '%s'", target->path);
	if (!target->id && status_at(AT_FDCWD, target->path, false, &status) == 0)
		target->id = status.mount;
	holding_tell(target->path, target->id, all);
	failed(STATUS_FAILED);
}

/* Whether the mount is no more. */
static bool
is_gone(const struct target *target)
{
	struct table now;
	bool gone;

	if (!target->id || table_read(&now) < 0)
		return false;
	gone = !table_find_id(&now, target->id);
	table_done(&now);
	return gone;
}

/* The kernel says EINVAL, or that another mount is there. */
static void
explain_refused(const struct target *target, int error)
{
	struct status status;
	int is = point_look(target->path, false, &status);

	if (is == 0) {
		not_mounted(target->operand, 0);
		return;
	}
	if (error == ESTALE) {
		failx("cannot unmount '%s': another mount covers it there (unmount that first)",
		      target->path);
	} else if (target->mount && userns_is_inside()) {
		failx("cannot unmount '%s': it is locked (it was mounted before the user namespace "
		      "was made; unmount what it is in, or do it outside)",
		      target->path);
	} else {
		errno = error;
		fail(NULL, "cannot unmount '%s'", target->path);
	}
	failed(STATUS_FAILED);
}

static void
explain(struct target *target, int error)
{
	if (target->planned && (error == EINVAL || error == ENOENT || error == ESTALE)
	    && is_gone(target))
		return;
	errno = error;
	switch (error) {
	case EBUSY:
		explain_busy(target);
		return;
	case EAGAIN:
		if (verbose)
			note("'%s' is marked: it is unmounted next time, if nobody uses it until then",
			     target->path);
		tally.marked++;
		return;
	case EINVAL:
	case ESTALE:
		explain_refused(target, error);
		return;
	default:
		fail(mount_remove_hints, "cannot unmount '%s'", target->path);
		failed(error == EPERM ? STATUS_USAGE : STATUS_FAILED);
	}
}

static void
free_loop(const struct target *target)
{
	/* As a rule it has freed itself. */
	if (loop_free(target->mount->source) == 0 || errno == ENXIO || errno == ENOTTY
	    || errno == EINVAL)
		return;
	fail(NULL, "'%s' is unmounted, but cannot free '%s'", target->path, target->mount->source);
	tally.bits |= STATUS_SYSTEM;
}

static bool
is_loop(const struct mountinfo *mount)
{
	return mount && !strncmp(mount->source, "/dev/loop", 9);
}

/* What there is to do where it is in use. Whether that was of use. */
static bool
protect(const struct target *target)
{
	if (!read_only)
		return false;
	if (unmount_make_read_only(target->path, target->id) < 0) {
		note_error(NULL, "cannot make '%s' read-only either", target->path);
		return false;
	}
	note("'%s' is in use: it is read-only now", target->path);
	tally.done++;
	return true;
}

/* Whether it is done. */
static bool
unmount(struct target *target)
{
	struct attempt first = { .target = target };
	unsigned failures = tally.failed;

	if (is_helped(target))
		return tally.failed == failures;
	if (!attempt(&first) && kill_signal)
		holding_end(target->path, target->id, kill_signal, patience, attempt, &first);
	if (first.error == EBUSY && protect(target))
		return true;
	if (first.error) {
		explain(target, first.error);
		return tally.failed == failures;
	}
	tally.done++;
	if (verbose)
		note(fake ? "'%s' would be unmounted"
		     : !strcmp(target->path, "/") && !lazy
			     ? "'%s' cannot be unmounted by who is in it: it is read-only now"
			     : "'%s' is unmounted",
		     target->path);
	if (fake)
		return true;
	if (frees_loop && is_loop(target->mount))
		free_loop(target);
	forget(target->mount);
	return true;
}

static bool
is_wanted(const struct mountinfo *mount)
{
	struct buffer both = { 0 };
	bool is;

	buffer_print(&both, "%s,%s", mount->options, mount->super);
	is = table_has_type(types, mount->type) && table_has_options(wanted, buffer_string(&both));
	buffer_done(&both);
	return is;
}

/* Whether mounts elsewhere would go with MOUNT and what is in it, unasked. */
static bool
spreads(const char *operand, const struct mountinfo *mount, enum unmount_scope scope)
{
	const struct mountinfo *other;
	size_t count, *plan;

	if (propagate || (scope == UNMOUNT_ONE && !lazy) || scope == UNMOUNT_ALL)
		return false;
	plan = unmount_plan(&mounts.now, mount, scope == UNMOUNT_ONE ? UNMOUNT_BELOW : scope,
			    &count);
	other = copies_endangered(&mounts.now, plan, count);
	free(plan);
	if (!other)
		return false;
	failx("cannot unmount '%s': it is shared, and '%s' would be unmounted, too (mount "
	      "--make-rprivate '%s' first, or --propagate)",
	      operand, other->target, mount->target);
	failed(STATUS_FAILED);
	return true;
}

static void
unmount_all_of(const char *operand, const struct mountinfo *mount, enum unmount_scope scope)
{
	size_t count, *plan;

	if (spreads(operand, mount, scope))
		return;
	plan = unmount_plan(&mounts.now, mount, scope, &count);
	for (size_t i = 0; i < count; i++) {
		const struct mountinfo *at = &mounts.now.mounts[plan[i]];
		struct target target = { .operand = operand,
					 .path = at->target,
					 .mount = at,
					 .id = at->id,
					 .planned = true };

		if (scope == UNMOUNT_ALL && !is_wanted(at))
			continue;
		/* What it is in would be busy. */
		if (!unmount(&target) && recursive)
			break;
	}
	free(plan);
}

static bool
find_file(const char *device, const char *file, void *context)
{
	struct {
		const char *file;
		const struct mountinfo *found;
	} *search = context;

	if (device && !strcmp(file, search->file))
		search->found = unmount_find_source(&mounts.now, device);
	return !search->found;
}

/*
 * The last mount of the disk, the file on a loop device or the other source that is named; NULL:
 * there is none.
 */
static const struct mountinfo *
find_source(const char *operand, const char *real)
{
	struct {
		const char *file;
		const struct mountinfo *found;
	} search = { .file = real };
	const struct mountinfo *mount = unmount_find_source(&mounts.now, operand);

	if (!mount && real)
		mount = unmount_find_source(&mounts.now, real);
	if (!mount && real) {
		backing_each(find_file, &search);
		mount = search.found;
	}
	return mount;
}

/* What is mounted at PATH, or, if it is a symlink, where that leads, which is in *PATH then. */
static const struct mountinfo *
find_target(const char *operand, char **path)
{
	const struct mountinfo *mount = *path ? table_find_target(&mounts.now, *path) : NULL;
	char *real;

	if (mount || as_is)
		return mount;
	real = unmount_resolve(operand, true);
	if (!real)
		return NULL;
	free(*path);
	*path = real;
	return table_find_target(&mounts.now, real);
}

static const struct mountinfo *
find(const char *operand, char **path)
{
	const struct mountinfo *mount = find_target(operand, path);

	return mount || recursive ? mount : find_source(operand, *path);
}

static void
unmount_found(const char *operand, const struct mountinfo *mount)
{
	struct target target = {
		.operand = operand, .path = mount->target, .mount = mount, .id = mount->id
	};

	if (!is_wanted(mount)) {
		failx("cannot unmount '%s': its type, '%s', or its options are others than asked for",
		      operand, mount->type);
		failed(STATUS_FAILED);
	} else if (all_targets || recursive) {
		unmount_all_of(operand, mount,
			       !all_targets ? UNMOUNT_BELOW
			       : recursive  ? UNMOUNT_SOURCE_BELOW
					    : UNMOUNT_SOURCE);
	} else if (!unmount_is_on_top(&mounts.now, mount)) {
		explain(&target, ESTALE);
	} else if (!spreads(operand, mount, UNMOUNT_ONE)) {
		unmount(&target);
	}
}

/* What the table of mounts does not have, or there is none. */
static void
unmount_unknown(const char *operand, const char *path)
{
	struct target target = { .operand = operand, .path = path };
	struct status status;
	int is = as_is ? 1 : point_look(path, false, &status);
	int error = errno;

	if (!mounts.known
	    && (recursive || all_targets || types || wanted || (is >= 0 && S_ISBLK(status.mode)))) {
		know_mounts();
		fail(proc_hints, "cannot read what is mounted");
		failed(STATUS_FAILED);
	} else if (is > 0 && !recursive && !all_targets && !types && !wanted) {
		unmount(&target);
	} else {
		not_mounted(operand, is < 0 ? error : 0);
	}
}

static void
unmount_operand(const char *operand)
{
	char *path = as_is ? memory_string(operand) : unmount_resolve(operand, false);
	int error = errno;
	const struct mountinfo *mount = know_mounts() ? find(operand, &path) : NULL;

	if (mount)
		unmount_found(operand, mount);
	else if (path)
		unmount_unknown(operand, path);
	else
		not_mounted(operand, error);
	free(path);
}

static int
unmount_everything(void)
{
	if (!know_mounts())
		return fail(proc_hints, "cannot read what is mounted"), STATUS_FAILED;
	if (!types)
		types = "noproc,devfs,devpts,sysfs,rpc_pipefs,nfsd";
	unmount_all_of("", NULL, UNMOUNT_ALL);
	return 0;
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
	return error == EPERM || error == EACCES ? STATUS_USAGE : STATUS_SYSTEM;
}

/* TERM, SIGTERM, 15. 0: there is no such signal. */
static int
find_signal(const char *name)
{
	static const struct name signals[] = {
		{ "hup", SIGHUP, "", "" },   { "int", SIGINT, "", "" },
		{ "quit", SIGQUIT, "", "" }, { "abrt", SIGABRT, "", "" },
		{ "kill", SIGKILL, "", "" }, { "usr1", SIGUSR1, "", "" },
		{ "usr2", SIGUSR2, "", "" }, { "pipe", SIGPIPE, "", "" },
		{ "alrm", SIGALRM, "", "" }, { "term", SIGTERM, "", "" },
		{ "", 0, "", "" },
	};
	int64_t number;
	uint64_t found;

	if (num_integer(name, 1, 64, &number) == 0)
		return (int)number;
	if (!strncasecmp(name, "sig", 3))
		name += 3;
	return names_find(signals, name, strlen(name), &found) ? (int)found : 0;
}

static int
check_usage(int count)
{
	if (all ? count : !count)
		return misuse(all ? "--all goes without TARGET" : "missing TARGET");
	if (all && (all_targets || recursive))
		return misuse("--all goes without --all-targets and --recursive");
	if (recursive && (read_only || types || wanted))
		return misuse("--recursive goes without --read-only, --types and --test-opts");
	if (expire && (force || lazy))
		return misuse("--expire goes without --force and --lazy");
	kill_signal = signal_name ? find_signal(signal_name) : 0;
	if (signal_name && !kill_signal)
		return misuse("there is no signal '%s'", signal_name);
	return 0;
}

static int
status_of_all(void)
{
	int bits = tally.bits;

	if (tally.failed && tally.done)
		bits = (bits & ~STATUS_FAILED) | STATUS_MIXED;
	return bits || !tally.marked ? bits : STATUS_MARKED;
}

static int
umount_run(int count, char **operands)
{
	int status = check_usage(count);

	/* What has been inherited by mistake is in nobody's way. */
	descriptors_close_but(NULL, 0);
	if (!status && namespace)
		status = enter_namespace();
	if (!status && all)
		status = unmount_everything();
	if (status)
		return status;
	for (int i = 0; i < count; i++)
		unmount_operand(operands[i]);
	if (mounts.known)
		table_done(&mounts.now);
	return status_of_all();
}

const struct applet applet_umount = {
	.name = "umount",
	.summary = "take mounts away, or say who is using them",
	.operands = "[TARGET ...]",
	.max = APPLET_ANY,
	.options = options,
	.run = umount_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * unshare: runs a command in new namespaces, up to a whole container. It is a good parent to it: signals and
 * the terminal's stops come to the command, its status comes back, and nothing is left over,
 * whoever is killed first. Its options are util-linux's, and those that a script would add by hand.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "kernel/host.h"
#include "kernel/mount.h"
#include "namespaces/enclosing.h"
#include "namespaces/furnishing.h"
#include "namespaces/handing.h"
#include "process/descriptors.h"
#include "process/exec.h"
#include "signalling.h"

/* Where each of namespace_kinds is kept; "": it is new; NULL: it is not. */
static const char *files[NAMESPACE_KINDS];

static struct mapping mapping;
static bool forks, forks_not, keep_capabilities, init, new_session;
static const char *hostname, *pivot, *root, *folder, *user, *group, *death, *monotonic, *boottime,
	*cgroup;
static struct opt_list mounts, kept;
static uint64_t propagation = MOUNT_PRIVATE;
static int64_t kill_after;
static int pid_fd = -1;

enum { UNCHANGED = MOUNT_SHARED + 1 };

static const struct name propagation_names[] = { { "private", MOUNT_PRIVATE, "private", "" },
						 { "slave", MOUNT_SLAVE, "slave", "" },
						 { "shared", MOUNT_SHARED, "shared", "" },
						 { "unchanged", UNCHANGED, "unchanged", "" },
						 { "", 0, "", "" } };

static void
kind_options(struct opt_table *table)
{
	static const char *const helps[NAMESPACE_KINDS] = {
		"a new user namespace; with FILE it is kept there",
		"a new cgroup namespace",
		"a new namespace of System V IPC and message queues",
		"a new namespace of host names",
		"a new network namespace",
		"a new pid namespace, of which the command is process 1",
		"a new time namespace",
		"a new mount namespace",
	};

	for (int i = 0; i < NAMESPACE_KINDS; i++) {
		const struct namespace_kind *kind = &namespace_kinds[i];
		struct opt *row =
			opt_string(table, kind->letter, kind->name, "FILE", &files[i], helps[i]);

		row->otherwise = "";
		row->is_bundled = true;
	}
}

static void
place_options(struct opt_table *table)
{
	opt_string(table, 'R', "root", "DIR", &root, "make DIR the root by chroot(2)");
	opt_string(table, 'w', "wd", "DIR", &folder, "make DIR the current folder");
	opt_list(table, 0, "bind", "SOURCE:DIR", &mounts,
		 "mount SOURCE at DIR too, read-only with :ro behind it");
	opt_list(table, 0, "dev", "DIR", &mounts, "mount a small /dev at DIR");
	opt_string(table, 0, "hostname", "NAME", &hostname, "set the host name inside");
	opt_list(table, 0, "mount-proc", "DIR", &mounts, "mount proc at DIR, or /proc")->otherwise =
		"/proc";
	opt_string(table, 0, "pivot-root", "DIR", &pivot,
		   "make DIR the root and take the old one away; read-only with :ro behind it");
	opt_list(table, 0, "proc", "DIR", &mounts, "mount proc at DIR");
	opt_choice(table, 0, "propagation", "WORD", propagation_names, &propagation,
		   "how mounts spread: private, slave, shared, or unchanged");
	opt_list(table, 0, "tmpfs", "DIR", &mounts, "mount an empty tmpfs at DIR");
}

static void
options(struct opt_table *table)
{
	kind_options(table);
	mapping_options(table, &mapping);
	place_options(table);
	opt_string(table, 'G', "setgid", "GROUP", &group, "run it with GROUP, and no others");
	opt_string(table, 'S', "setuid", "USER", &user, "run it as USER");
	opt_flag(table, 'f', "fork", &forks, "run it as a child, as -p does in any case");
	opt_string(table, 0, "boottime", "SECONDS", &boottime, "set CLOCK_BOOTTIME ahead");
	opt_string(table, 0, "into-cgroup", "DIR", &cgroup, "run it in the cgroup DIR");
	opt_flag(table, 0, "init", &init, "run it below a process 1 that reaps and forwards");
	opt_flag(table, 0, "keep-caps", &keep_capabilities,
		 "the command has all capabilities that there are in the user namespace");
	opt_list(table, 0, "keep-fd", "N", &kept, "the command gets descriptor N, too");
	opt_duration(table, 0, "kill-after", &kill_after,
		     "kill it DURATION after INT, QUIT or TERM has come")
		->low = 1;
	opt_string(table, 0, "kill-child", "SIGNAL", &death,
		   "it gets SIGNAL, or KILL, when unshare ends")
		->otherwise = "KILL";
	opt_string(table, 0, "monotonic", "SECONDS", &monotonic, "set CLOCK_MONOTONIC ahead");
	opt_flag(table, 0, "new-session", &new_session, "run it in a session of its own");
	opt_flag(table, 0, "no-fork", &forks_not, "become the command, also with -p");
	opt_fd(table, 0, "pid-fd", &pid_fd, "write the number of its process to FD");
}

/* ---- what was typed, read ---- */

/* What goes with what. 0, or the status after a message. */
static int
check(void)
{
	const char *wrong;

	if (forks_not && (forks || init || death || kill_after))
		return misuse(
			"--no-fork goes without --fork, --init, --kill-child and --kill-after");
	if (hostname && !host_is_valid(hostname, strlen(hostname), &wrong))
		return misuse("--hostname: '%s' %s", hostname, wrong);
	if (pivot && root)
		return misuse("--pivot-root goes without --root");
	if (furnishing_check(&mounts))
		return EXEC_FAILED;
	return handing_check(&kept);
}

static int
read_offset(const char *option, const char *text, bool *has, int64_t *seconds)
{
	*has = text;
	if (!text || num_integer(text, -INT64_C(4000000000), INT64_C(4000000000), seconds) == 0)
		return 0;
	return misuse("%s: '%s' is no whole number of seconds", option, text);
}

/* The kinds that are asked for, by an option of theirs or by one that means nothing without. */
static uint64_t
choose_kinds(struct keeping *keeping)
{
	uint64_t flags = 0;

	for (int i = 0; i < NAMESPACE_KINDS; i++) {
		if (files[i])
			flags |= namespace_kinds[i].flag;
		keeping->files[i] = files[i] && *files[i] ? files[i] : NULL;
	}
	if (mapping_is_wanted(&mapping))
		flags |= namespace_user;
	if (mounts.count || pivot)
		flags |= namespace_mount;
	if (hostname)
		flags |= namespace_uts;
	if (monotonic || boottime)
		flags |= namespace_time;
	return init ? flags | namespace_pid : flags;
}

static int
tell_pid(pid_t pid)
{
	int fd = pid_fd;

	pid_fd = -1;
	if (fd >= 0 && (dprintf(fd, "%d", (int)pid) < 0 || descriptors_ready(fd) < 0))
		note_error(NULL, "cannot write to --pid-fd %d", fd);
	return 0;
}

static int
read_all(struct enclosing *enclosing)
{
	struct unsharing *inside = &enclosing->inside;
	int status = check();

	inside->flags = choose_kinds(&enclosing->keeping);
	inside->new_session = new_session;
	inside->propagation = propagation == UNCHANGED ? UNSHARING_UNCHANGED : (int)propagation;
	inside->hostname = hostname;
	inside->mounts = mounts;
	inside->pivot = pivot;
	inside->root = root;
	inside->folder = folder;
	inside->user = user;
	inside->group = group;
	inside->keep_capabilities = keep_capabilities;
	inside->kept = kept;
	enclosing->init = init;
	enclosing->kill_after = kill_after == NUM_FOREVER ? 0 : kill_after;
	enclosing->runs = tell_pid;
	/* Its clocks are set before somebody is in there. */
	enclosing->order.flags = inside->flags & ~namespace_time;
	if (!status && death)
		status = signalling_find("--kill-child", death, &enclosing->death_signal);
	if (!status)
		status = read_offset("--monotonic", monotonic, &inside->has_monotonic,
				     &inside->monotonic);
	if (!status)
		status = read_offset("--boottime", boottime, &inside->has_boottime,
				     &inside->boottime);
	if (!status)
		status = mapping_make(&mapping);
	enclosing->mapping = &mapping;
	return status ? status : unsharing_open_cgroup(cgroup, &inside->cgroup);
}

static int
unshare_run(int count, char **operands)
{
	struct enclosing enclosing = { .command = handing_command(count, operands) };
	int status = read_all(&enclosing);

	if (status)
		return status;
	if (!forks_not
	    && (forks || new_session || init || death || kill_after
		|| enclosing.inside.flags & namespace_pid))
		return enclosing_run(&enclosing);
	return enclosing_become(&enclosing);
}

const struct applet applet_unshare = {
	.name = "unshare",
	.summary = "run a command in new namespaces, up to a whole container",
	.operands = "[COMMAND [ARG ...]]",
	.min = 0,
	.max = APPLET_ANY,
	.wrapper = true,
	.failure = EXEC_FAILED,
	.options = options,
	.run = unshare_run,
};

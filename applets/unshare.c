/* SPDX-License-Identifier: MIT */
/*
 * unshare: runs a command in new namespaces, up to a whole container. It is a good parent to it: signals and
 * the terminal's stops come to the command, its status comes back, and nothing is left over,
 * whoever is killed first. Its options are util-linux's, and those that a script would add by hand.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "kernel/mount.h"
#include "memory.h"
#include "namespaces/enclosing.h"
#include "namespaces/handing.h"
#include "process/exec.h"
#include "signalling.h"

/* In the order of namespace_kinds. */
static bool letters[NAMESPACE_KINDS];
static const char *files[NAMESPACE_KINDS];

static bool forks, forks_not, map_root, map_current, map_auto, keep_capabilities, init, new_session;
static const char *map_user, *map_group, *hostname, *pivot, *root, *folder, *user, *group, *death,
	*monotonic, *boottime, *cgroup;
static struct opt_list map_users, map_groups, mounts, kept;
static uint64_t setgroups_word, propagation = MOUNT_PRIVATE;
static int64_t kill_after;
static int pid_fd = -1;

enum { UNCHANGED = MOUNT_SHARED + 1 };

static const struct name setgroups_names[] = { { "allow", MAPPING_ALLOW, "allow", "" },
					       { "deny", MAPPING_DENY, "deny", "" },
					       { "", 0, "", "" } };

static const struct name propagation_names[] = { { "private", MOUNT_PRIVATE, "private", "" },
						 { "slave", MOUNT_SLAVE, "slave", "" },
						 { "shared", MOUNT_SHARED, "shared", "" },
						 { "unchanged", UNCHANGED, "unchanged", "" },
						 { "", 0, "", "" } };

static void
kind_options(struct opt_table *table)
{
	static const char *const helps[NAMESPACE_KINDS][2] = {
		{ "a new user namespace", "the same, kept at FILE" },
		{ "a new cgroup namespace", "the same, kept at FILE" },
		{ "a new namespace of System V IPC and message queues", "the same, kept at FILE" },
		{ "a new namespace of host names", "the same, kept at FILE" },
		{ "a new network namespace", "the same, kept at FILE" },
		{ "a new pid namespace, of which the command is process 1",
		  "the same, kept at FILE" },
		{ "a new time namespace", "the same, kept at FILE" },
		{ "a new mount namespace", "the same, kept at FILE" },
	};

	for (int i = 0; i < NAMESPACE_KINDS; i++) {
		opt_flag(table, namespace_kinds[i].letter, NULL, &letters[i], helps[i][0]);
		opt_string(table, 0, namespace_kinds[i].name, "FILE", &files[i], helps[i][1])
			->otherwise = "";
	}
}

static void
map_options(struct opt_table *table)
{
	opt_flag(table, 'c', "map-current-user", &map_current, "be the same user and group inside");
	opt_flag(table, 'r', "map-root-user", &map_root, "be root inside");
	opt_flag(table, 0, "map-auto", &map_auto,
		 "map what /etc/subuid and /etc/subgid give this user");
	opt_string(table, 0, "map-group", "GROUP", &map_group, "be of GROUP inside");
	opt_list(table, 0, "map-groups", "MAP", &map_groups,
		 "map groups: INSIDE:OUTSIDE:COUNT, auto, subids or all");
	opt_string(table, 0, "map-user", "USER", &map_user, "be USER inside");
	opt_list(table, 0, "map-users", "MAP", &map_users, "map users in the same way");
	opt_choice(table, 0, "setgroups", "WORD", setgroups_names, &setgroups_word,
		   "allow or deny setgroups(2) inside");
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
	map_options(table);
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
	if (forks_not && (forks || init || death || kill_after))
		return misuse(
			"--no-fork goes without --fork, --init, --kill-child and --kill-after");
	if (map_root && map_current)
		return misuse("--map-root-user goes without --map-current-user");
	if ((map_root || map_current) && (map_user || map_group))
		return misuse("--map-user and --map-group go without -r and -c");
	if (pivot && root)
		return misuse("--pivot-root goes without --root");
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
		if (letters[i] || files[i])
			flags |= namespace_kinds[i].flag;
		keeping->files[i] = files[i] && *files[i] ? files[i] : NULL;
	}
	if (map_root || map_current || map_auto || map_user || map_group || map_users.count
	    || map_groups.count)
		flags |= namespace_user;
	if (mounts.count || pivot)
		flags |= namespace_mount;
	if (hostname)
		flags |= namespace_uts;
	if (monotonic || boottime)
		flags |= namespace_time;
	return init ? flags | namespace_pid : flags;
}

static void
add_auto(struct opt_list *list, struct opt_item *items)
{
	size_t count = list->count;

	if (count)
		memcpy(items, list->items, count * sizeof(*items));
	items[count] = (struct opt_item){ "map-auto", "auto" };
	*list = (struct opt_list){ count + 1, items };
}

static int
read_maps(struct mapping *mapping)
{
	static char current_user[16], current_group[16];
	struct opt_item *items = NULL;
	int status;

	snprintf(current_user, sizeof(current_user), "%u", (unsigned)geteuid());
	snprintf(current_group, sizeof(current_group), "%u", (unsigned)getegid());
	mapping->user = map_root ? "0" : map_current ? current_user : map_user;
	mapping->group = map_root ? "0" : map_current ? current_group : map_group;
	mapping->setgroups = setgroups_word;
	mapping->users = map_users;
	mapping->groups = map_groups;
	if (map_auto) {
		items = memory_get((map_users.count + map_groups.count + 2) * sizeof(*items));
		add_auto(&mapping->users, items);
		add_auto(&mapping->groups, items + map_users.count + 1);
	}
	status = mapping_make(mapping);
	free(items);
	return status;
}

/* The cgroup's file to which who joins it writes. */
static int
open_cgroup(int *procs)
{
	char path[PATH_MAX];

	*procs = -1;
	if (!cgroup)
		return 0;
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	*procs = open(path, O_WRONLY | O_CLOEXEC);
	return *procs < 0 ? fail(NULL, "cannot join the cgroup '%s'", cgroup) : 0;
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
	enclosing->pid_fd = pid_fd;
	if (!status && death)
		status = signalling_find("--kill-child", death, &enclosing->death_signal);
	if (!status)
		status = read_offset("--monotonic", monotonic, &inside->has_monotonic,
				     &inside->monotonic);
	if (!status)
		status = read_offset("--boottime", boottime, &inside->has_boottime,
				     &inside->boottime);
	if (!status)
		status = read_maps(&enclosing->mapping);
	return status ? status : open_cgroup(&inside->cgroup);
}

static int
unshare_run(int count, char **operands)
{
	struct enclosing enclosing = { .command = handing_command(count, operands) };
	int status = read_all(&enclosing);

	if (status)
		return status;
	if (!forks_not
	    && (forks || init || death || kill_after || enclosing.inside.flags & namespace_pid))
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

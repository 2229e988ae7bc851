/* SPDX-License-Identifier: MIT */
#include "namespaces/joining.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/say.h"
#include "confining.h"
#include "file.h"
#include "kernel/clone.h"
#include "kernel/memfd.h"
#include "kernel/mount.h"
#include "kernel/pid.h"
#include "namespaces/finding.h"
#include "namespaces/handing.h"
#include "namespaces/standing.h"
#include "process/cgroup.h"
#include "process/child.h"
#include "process/sealed.h"
#include "process/signals.h"

/* ---- inside ---- */

/* A folder outside of the root is a way out: CVE-2024-21626. */
static bool
is_reachable(void)
{
	char path[PATH_MAX];

	/* One that is too long to be told may be outside as well. */
	return getcwd(path, sizeof(path)) && *path == '/';
}

static int
settle(const struct joining *joining)
{
	if (joining->root_fd >= 0 && (fchdir(joining->root_fd) < 0 || mount_chroot(".") < 0))
		return fail(NULL, "cannot make the folder the root");
	if (joining->folder_fd >= 0 && fchdir(joining->folder_fd) < 0)
		return fail(NULL, "cannot enter the current folder of the process");
	if (joining->inner_folder && chdir(joining->inner_folder) < 0)
		return fail(NULL, "cannot enter '%s'", joining->inner_folder);
	if (is_reachable())
		return 0;
	if (joining->folder && *joining->folder && !joining->inner_folder)
		return failx(
			"--wd: '%s' is not below the root inside (--wdns takes a path that is looked for there)",
			joining->folder);
	return chdir("/") < 0 ? fail(NULL, "cannot enter '/'") : 0;
}

/* The user and group of the process, as they are numbered inside. */
static int
take_ids(const struct joining *joining, struct identity *identity)
{
	struct pid_status now;
	char text[8192];
	int fd = openat(joining->entering.home, "status", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : file_read(fd, text, sizeof(text));

	file_close(fd);
	if (length >= 0 && pid_parse_status(text, (size_t)length, &now) < 0) {
		errno = EPROTO;
		length = -1;
	}
	if (length < 0)
		return fail(pid_hints_for(joining->entering.pid),
			    "cannot see the user and group of the process");
	identity->has_user = finding_is_follow(joining->user);
	identity->has_group = finding_is_follow(joining->group);
	identity->user = now.uid;
	identity->group = now.gid;
	return 0;
}

/* Who the command is to be. */
static int
read_identity(struct joining *joining)
{
	struct identity *identity = &joining->identity;
	const char *user = joining->user, *group = joining->group;
	int status = 0;

	if (entering_has(&joining->entering, namespace_user) && !joining->preserves) {
		identity->keeps_groups = true;
		user = user ? user : "0";
		group = group ? group : "0";
	}
	joining->is_other = user || group || joining->keeps_capabilities;
	if (finding_is_follow(user) || finding_is_follow(group))
		status = take_ids(joining, identity);
	return status ? status
		      : handing_identity(finding_is_follow(user) ? NULL : user,
					 finding_is_follow(group) ? NULL : group,
					 joining->keeps_capabilities, identity);
}

/*
 * Groups of outside are rights there. Where setgroups(2) is denied inside, they have to go before; who may
 * not take them away here either has no rights that matter.
 */
static void
leave_groups(const struct joining *joining)
{
	if (entering_has(&joining->entering, namespace_user) && !joining->preserves)
		identity_leave_groups();
}

/* Becomes the command. Returns only where that fails: the status, after a message. */
static int
become(const struct joining *joining, char **command)
{
	int status = joining->is_other ? confining_identity(&joining->identity) : 0;

	if (!status)
		status = handing_give(&joining->kept);
	if (status)
		return status;
	status = exec_become(command);
	fail(pid_start_hints, "cannot run '%s'", command[0]);
	return status;
}

/* ---- the process outside ---- */

static _Noreturn void
be_inside(struct joining *joining, const struct supervise *outer, const struct clone_order *order,
	  char **command)
{
	int status = 0;

	if (order->left_cgroup && cgroup_join(joining->cgroup_fd) < 0)
		status = fail(clone_hints, "cannot join the cgroup");
	file_close(joining->cgroup_fd);
	file_close(outer->fd);
	signals_inherit();
	sigprocmask(SIG_SETMASK, &outer->mask, NULL);
	child_end(status ? status : become(joining, command));
}

/*
 * Runs it as a child, and stands for it until it ends. It is never process 1: a pid namespace without one
 * cannot be entered.
 */
static int
stand(struct joining *joining, char **command)
{
	struct standing standing = { .supervise = { .argv = command }, .gate = -1, .pidfd = -1 };
	struct clone_order order = { .is_in_cgroup = joining->cgroup_fd >= 0,
				     .cgroup = joining->cgroup_fd };
	int status = standing_open(&standing);
	pid_t pid;

	if (status)
		return status;
	pid = clone_start(&order);
	if (pid == 0)
		be_inside(joining, &standing.supervise, &order, command);
	file_close(joining->cgroup_fd);
	if (pid < 0) {
		status = fail(errno == ENOMEM ? namespace_why(namespace_pid, errno) : clone_hints,
			      "cannot start a process in there");
		return standing_end(&standing, status);
	}
	supervise_adopt(&standing.supervise, pid);
	status = standing_run(&standing);
	return standing_end(&standing, status);
}

/* Whether somebody inside could come by the program's file: sees us, or says what a path leads to. */
static bool
is_exposed(const struct joining *joining)
{
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		if (joining->files[i]
		    && namespace_kinds[i].flag & (namespace_mount | namespace_pid))
			return true;
	return joining->all || joining->root;
}

/* All up to the command, or its process. 0, or the status after a message. */
static int
go_inside(struct joining *joining, bool forks)
{
	int status;

	leave_groups(joining);
	sealed_hide();
	if (!forks && joining->cgroup_fd >= 0 && cgroup_join(joining->cgroup_fd) < 0)
		return fail(clone_hints, "cannot join the cgroup");
	status = entering_enter(&joining->entering);
	if (status)
		return status;
	leave_groups(joining);
	status = settle(joining);
	return status ? status : read_identity(joining);
}

int
joining_seal(const struct joining *joining)
{
	if (!is_exposed(joining) || sealed_become(opt_words()) == 0)
		return 0;
	return fail(memfd_hints,
		    "cannot run from a copy of this program, which nobody inside can change");
}

int
joining_run(struct joining *joining)
{
	char **command;
	bool forks;
	int status;

	joining->entering.pidfd = joining->entering.home = -1;
	status = finding_process(joining);
	if (!status)
		status = finding_rest(joining);
	if (status)
		return status;
	command = handing_command(joining->count, joining->operands);
	forks = !joining->forks_not && entering_has(&joining->entering, namespace_pid);
	status = go_inside(joining, forks);
	entering_close(&joining->entering);
	file_close(joining->root_fd);
	file_close(joining->folder_fd);
	if (status)
		return status;
	return forks ? stand(joining, command) : become(joining, command);
}

/* SPDX-License-Identifier: MIT */
#include "namespaces/finding.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/say.h"
#include "file.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "memory.h"
#include "namespaces/handing.h"
#include "process/cgroup.h"
#include "targeting.h"

static const char follow[] = "follow";

/* ---- which process ---- */

static int
find_by_pidfd(struct joining *joining)
{
	pid_t pid = pidfd_pid(joining->pidfd);

	if (joining->target)
		return misuse("--pidfd goes without --target");
	if (pid < 0 && errno == EBADF)
		return misuse("--pidfd: %d is no pidfd", joining->pidfd);
	/* It may have no number here, and can be entered all the same. */
	if (pid == 0 && pidfd_has_ended(joining->pidfd))
		return failx("the process of --pidfd %d has ended", joining->pidfd);
	joining->entering.pid = pid < 0 ? 0 : pid;
	joining->entering.pidfd = joining->pidfd;
	return 0;
}

static int
find_by_number(struct joining *joining)
{
	struct peer peer;
	int status = targeting_parse(joining->target, &peer);

	if (status)
		return status;
	joining->entering.pid = peer.pid;
	/* Without pidfds, its folder in /proc is what means the same process all the time. */
	if (peer_open(&peer) < 0
	    && (peer.form != PEER_NUMBER || (errno != ENOSYS && errno != EPERM)))
		status = targeting_open(joining->target, &peer, NULL);
	joining->entering.pidfd = peer.pidfd;
	return status;
}

bool
finding_is_follow(const char *text)
{
	return text && !strcmp(text, follow);
}

/* What of it is typed that only /proc has. */
static bool
needs_home(const struct joining *joining)
{
	return (joining->root && !*joining->root) || (joining->folder && !*joining->folder)
	       || joining->environment || joining->cgroup || finding_is_follow(joining->user)
	       || finding_is_follow(joining->group) || joining->entering.pidfd < 0;
}

/* Whether something of a process is wanted, and what stands for it then. NULL: nothing. */
static const char *
needs_process(const struct joining *joining)
{
	if (joining->all)
		return "--all";
	if (joining->environment)
		return "--env";
	if (joining->cgroup)
		return "--join-cgroup";
	if (joining->root && !*joining->root)
		return "--root";
	if (joining->folder && !*joining->folder)
		return "--wd";
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		if (joining->files[i] && !*joining->files[i])
			return namespace_kinds[i].name;
	return finding_is_follow(joining->user) || finding_is_follow(joining->group) ? follow
										     : NULL;
}

int
finding_process(struct joining *joining)
{
	struct entering *entering = &joining->entering;
	const char *needs = needs_process(joining);
	int status;

	if (joining->pidfd < 0 && !joining->target)
		return needs ? misuse("'%s' of which process? --target PID says it", needs) : 0;
	status = joining->pidfd >= 0 ? find_by_pidfd(joining) : find_by_number(joining);
	if (status || !needs_home(joining))
		return status;
	if (entering_look_up(entering) == 0)
		return 0;
	if (errno == ESRCH && joining->target)
		return fail(pid_hints_for(entering->pid), "cannot find process '%s'",
			    joining->target);
	return fail(pid_hints_for(entering->pid), "cannot look at the process in /proc");
}

/* ---- what is taken from outside ---- */

static int
choose(struct joining *joining)
{
	struct entering *entering = &joining->entering;

	for (int i = 0; i < NAMESPACE_KINDS; i++) {
		const char *file = joining->files[i];

		if (file && !*file)
			entering->flags |= namespace_kinds[i].flag;
		entering->files[i] = file && *file ? file : NULL;
	}
	return joining->all ? entering_choose_all(entering) : 0;
}

static const struct hint look_hints[] = {
	{ EACCES,
	  "who may not trace the process may not see it: needs CAP_SYS_PTRACE in its user namespace, or to be its user",
	  0 },
	{ 0, NULL, 0 },
};

/* *FD is the folder PATH, or that of the process which its LINK leads to; -1 where PATH is NULL. */
static int
open_folder(const struct joining *joining, const char *path, const char *link, int *fd)
{
	*fd = -1;
	if (!path)
		return 0;
	*fd = *path ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)
		    : openat(joining->entering.home, link, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*fd >= 0)
		return 0;
	if (*path)
		return fail(NULL, "cannot enter '%s'", path);
	return fail(look_hints, "cannot open the %s of the process",
		    *link == 'r' ? "root" : "current folder");
}

static int
open_cgroup(struct joining *joining)
{
	static const struct hint hints[] = {
		{ ENOENT, "no cgroup2 is mounted here, or there is no /proc", 0 },
		{ EXDEV, "the cgroup of the process is not below those that are mounted here", 0 },
		{ 0, NULL, 0 },
	};

	joining->cgroup_fd = joining->cgroup ? cgroup_open(joining->entering.pid) : -1;
	if (joining->cgroup && joining->cgroup_fd < 0)
		return fail(hints, "cannot find the cgroup of the process");
	return 0;
}

/* The environment is that of the process from now on. */
static int
take_environment(const struct joining *joining)
{
	int fd = openat(joining->entering.home, "environ", O_RDONLY | O_CLOEXEC);
	size_t room = 1 << 16, length = 0, count = 0;
	char *text = memory_get(room), **all;
	ssize_t size = -1;

	while (fd >= 0 && (size = file_read(fd, text + length, room - length - 1)) > 0) {
		length += (size_t)size;
		if (length == room - 1)
			text = memory_resize(text, room *= 2, 1);
	}
	file_close(fd);
	if (size < 0)
		return fail(look_hints, "cannot read the environment of the process");
	text[length] = '\0';
	for (size_t i = 0; i < length; i++)
		count += !text[i];
	all = memory_get((count + 2) * sizeof(*all));
	count = 0;
	for (char *at = text; at < text + length; at += strlen(at) + 1)
		all[count++] = at;
	all[count] = NULL;
	environ = all;
	return 0;
}

int
finding_rest(struct joining *joining)
{
	int status = handing_check(&joining->kept);

	if (!status)
		status = choose(joining);
	if (!status)
		status = entering_open(&joining->entering);
	if (!status)
		status = open_folder(joining, joining->root, "root", &joining->root_fd);
	if (!status)
		status = open_folder(joining, joining->folder, "cwd", &joining->folder_fd);
	if (!status)
		status = open_cgroup(joining);
	return !status && joining->environment ? take_environment(joining) : status;
}

/* SPDX-License-Identifier: MIT */
#include "namespaces/entering.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli/say.h"
#include "file.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "kernel/proc.h"

static const struct hint look_hints[] = {
	{ EACCES,
	  "who may not trace the process may not join it: needs CAP_SYS_PTRACE in its user namespace, or to be its user",
	  0 },
	{ EPERM, "a security policy, or a seccomp profile, is in the way", 0 },
	{ ENOENT, "it has ended", 0 },
	{ ESRCH, "it has ended", 0 },
	{ 0, NULL, 0 },
};

int
entering_look_up(struct entering *entering)
{
	char name[16];

	if (entering->home >= 0)
		return 0;
	if (!entering->pid || !pid_proc_is_ours()) {
		errno = entering->pid ? EXDEV : ENOENT;
		return -1;
	}
	snprintf(name, sizeof(name), "%d", (int)entering->pid);
	entering->home = proc_open(name, O_PATH | O_DIRECTORY);
	if (entering->home < 0 && errno == ENOENT) {
		int here = proc_open("self", O_PATH);

		errno = here < 0 ? ENOENT : ESRCH;
		file_close(here);
	}
	if (entering->home >= 0 && entering->pidfd >= 0 && !pidfd_is_there(entering->pidfd)) {
		file_close(entering->home);
		entering->home = -1;
		errno = ESRCH;
	}
	return entering->home < 0 ? -1 : 0;
}

int
entering_open(struct entering *entering)
{
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		entering->fds[i] = -1;
	for (int i = 0; i < NAMESPACE_KINDS; i++) {
		if (!entering->files[i])
			continue;
		entering->fds[i] =
			open(entering->files[i], O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (entering->fds[i] < 0)
			return fail(NULL, "cannot open '%s'", entering->files[i]);
	}
	return 0;
}

void
entering_close(struct entering *entering)
{
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		file_close(entering->fds[i]);
	file_close(entering->home);
}

bool
entering_has(const struct entering *entering, uint64_t flag)
{
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		if (namespace_kinds[i].flag == flag && entering->files[i])
			return true;
	return entering->flags & flag;
}

/* ---- all ---- */

/* Whether the process is in the same one as we are: 1, 0; -1 with errno, ENOENT: there is no such kind. */
static int
is_same(int home, int own, const struct namespace_kind *kind)
{
	struct stat theirs, ours;
	char path[32];

	snprintf(path, sizeof(path), "ns/%s", kind->file);
	if (fstatat(own, path, &ours, 0) < 0)
		return -1;
	if (fstatat(home, path, &theirs, 0) < 0) {
		/* A zombie has none of most kinds. */
		if (errno == ENOENT)
			errno = ESRCH;
		return -1;
	}
	return ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
}

int
entering_choose_all(struct entering *entering)
{
	int own = entering_look_up(entering) < 0 ? -1 : proc_open("self", O_PATH | O_DIRECTORY);
	int status = 0;

	entering->is_guess = own < 0;
	for (int i = 0; i < NAMESPACE_KINDS && !status; i++) {
		const struct namespace_kind *kind = &namespace_kinds[i];
		int same = own < 0 || entering->files[i] ? 0 : is_same(entering->home, own, kind);

		if (same < 0 && errno != ENOENT)
			status = fail(look_hints, "cannot look at the %s namespace of the process",
				      kind->name);
		if (same == 0 && !entering->files[i])
			entering->flags |= kind->flag;
	}
	file_close(own);
	return status;
}

/* ---- entering ---- */

/* The one of the process of KIND by its file: before Linux 5.8 a pidfd is none. -1 with errno. */
static int
enter_by_file(const struct entering *entering, const struct namespace_kind *kind)
{
	char path[32];
	int fd, result;

	snprintf(path, sizeof(path), "ns/%s", kind->file);
	fd = openat(entering->home, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = namespace_set(fd, kind->flag);
	file_close(fd);
	return result;
}

/* The namespace of KIND, if that is to be entered yet. -1 with errno. */
static int
enter_one(struct entering *entering, int kind)
{
	uint64_t flag = namespace_kinds[kind].flag;
	int result = -1;

	if (!(entering->left & flag))
		return 0;
	if (entering->files[kind])
		result = namespace_set(entering->fds[kind], flag);
	else if (entering->pidfd >= 0)
		result = namespace_set(entering->pidfd, flag);
	else
		errno = EINVAL;
	if (result < 0 && errno == EINVAL && !entering->files[kind] && entering->home >= 0)
		result = enter_by_file(entering, &namespace_kinds[kind]);
	if (result == 0)
		entering->left &= ~flag;
	return result;
}

static int
refuse(const struct entering *entering, int kind)
{
	const struct namespace_kind *which = &namespace_kinds[kind];
	const char *file = entering->files[kind];
	int fd = file ? entering->fds[kind] : entering->pidfd;
	const struct hint *why = namespace_why_not_joined(fd, which->flag, errno);

	if (file)
		return fail(why, "cannot enter the %s namespace '%s'", which->name, file);
	return fail(why, "cannot enter the %s namespace of the process", which->name);
}

/*
 * One by one. Who has rights here enters the user namespace last, and with them; who has none has them in
 * there alone, and enters it first. Which of both it is shows when it is tried.
 */
static int
enter_each(struct entering *entering)
{
	/* As long as there is the /proc of outside. */
	if (entering->flags)
		entering_look_up(entering);
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		if (namespace_kinds[i].flag != namespace_user
		    && entering_has(entering, namespace_user))
			enter_one(entering, i);
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		if (enter_one(entering, i) < 0)
			return refuse(entering, i);
	return 0;
}

/* Without /proc nobody knows which are the same: those that cannot be joined again are left out. */
static int
enter_what_can(const struct entering *entering)
{
	const uint64_t without[] = { 0, namespace_user, namespace_time,
				     namespace_user | namespace_time };
	int result = -1;

	errno = EINVAL;
	for (int i = 0; i < 4 && result < 0 && errno == EINVAL; i++)
		result = namespace_set(entering->pidfd, entering->flags & ~without[i]);
	return result;
}

int
entering_enter(struct entering *entering)
{
	bool has_files = false;
	int result = -1;

	entering->left = entering->flags;
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		if (entering->files[i]) {
			has_files = true;
			entering->left |= namespace_kinds[i].flag;
		}
	if (!has_files && entering->pidfd >= 0 && entering->flags)
		result = entering->is_guess ? enter_what_can(entering)
					    : namespace_set(entering->pidfd, entering->flags);
	/* Whatever is the reason, it is seen which one it is. */
	return result == 0 ? 0 : enter_each(entering);
}

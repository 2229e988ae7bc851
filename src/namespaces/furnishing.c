/* SPDX-License-Identifier: MIT */
#include "namespaces/furnishing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/say.h"
#include "file.h"
#include "kernel/mount.h"
#include "kernel/openat.h"
#include "memory.h"
#include "mounting.h"
#include "process/exec.h"

static const struct hint put_hints[] = { { ENOENT, "make it", 0 }, { 0, NULL, 0 } };

static int
put(const char *source, const char *target, const char *type, const char *options)
{
	const struct mounting how = { .no_helper = true, .no_mtab = true };
	struct words words = { 0 };
	struct words_trouble trouble;
	struct mounting_order order = {
		.source = source, .target = target, .type = type, .words = &words
	};
	int status;

	if (access(target, F_OK) < 0)
		return fail(put_hints, "cannot mount '%s' at '%s'", source, target);
	if (words_add(&words, options, &trouble) < 0)
		status = failx("cannot mount '%s': '%s' %s", target, trouble.word, trouble.reason);
	else
		status = mounting(&how, &order) ? EXEC_FAILED : 0;
	words_done(&words);
	return status;
}

int
furnishing_read_only(const char *root)
{
	return put(root, root, NULL, "rbind,ro=recursive");
}

/* ---- /dev ---- */

/* FOLDER/NAME; free(3) it. */
static char *
join(const char *folder, const char *name)
{
	struct buffer path = { 0 };

	buffer_print(&path, "%s%s%s", folder, *name == '/' ? "" : "/", name);
	return buffer_string(&path);
}

/* The devices of those names, seen in FOLDER. */
static int
put_devices(const char *folder)
{
	static const char *const names[] = { "null", "zero", "full", "random", "urandom", "tty" };
	int status = 0;

	for (size_t i = 0; !status && i < sizeof(names) / sizeof(*names); i++) {
		char *at = join(folder, names[i]), *from = join("/dev", names[i]);
		int fd = open(at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0)
			status = fail(NULL, "cannot create '%s'", at);
		else
			close(fd);
		if (!status && mount_bind(from, at) < 0)
			status = fail(NULL, "cannot mount '%s' at '%s'", from, at);
		free(from);
		free(at);
	}
	return status;
}

static int
put_links(const char *folder)
{
	static const char *const links[][2] = {
		{ "fd", "/proc/self/fd" },       { "stdin", "/proc/self/fd/0" },
		{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
		{ "ptmx", "pts/ptmx" },
	};
	int status = 0;

	for (size_t i = 0; !status && i < sizeof(links) / sizeof(*links); i++) {
		char *at = join(folder, links[i][0]);

		if (symlink(links[i][1], at) < 0)
			status = fail(NULL, "cannot create '%s'", at);
		free(at);
	}
	return status;
}

static int
put_dev(const char *folder)
{
	char *terminals = join(folder, "pts"), *memory = join(folder, "shm");
	int status = put("dev", folder, "tmpfs", "nosuid,noexec,mode=755,size=1M");

	if (!status)
		status = put_devices(folder);
	if (!status)
		status = put_links(folder);
	if (!status && (mkdir(terminals, 0755) < 0 || mkdir(memory, 0755) < 0))
		status = fail(NULL, "cannot make folders in '%s'", folder);
	if (!status)
		status = put("devpts", terminals, "devpts",
			     "nosuid,noexec,newinstance,ptmxmode=0666,mode=620");
	if (!status)
		status = put("shm", memory, "tmpfs", "nosuid,nodev,mode=1777");
	free(memory);
	free(terminals);
	return status;
}

/* ---- all ---- */

/*
 * The path of TEXT below ROOT, none of whose links leads out of that; free(3) it. NULL with errno. Without
 * openat2(2), or /proc, links lead where they do here.
 */
static char *
place(const char *root, const char *text)
{
	int folder, fd, error;
	char link[40], path[PATH_MAX];
	ssize_t length;

	if (!*root)
		return join(root, text);
	folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	fd = folder < 0 ? -1 : openat_part(folder, text);
	error = errno;
	file_close(folder);
	errno = error;
	if (fd < 0)
		return error == ENOSYS || error == EPERM ? join(root, text) : NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	file_close(fd);
	path[length < 0 ? 0 : length] = '\0';
	return *path == '/' ? memory_string(path) : join(root, text);
}

/* Put, at TEXT below ROOT; TYPE dev is the whole of put_dev. */
static int
put_below(const char *root, const char *text, const char *source, const char *type,
	  const char *options)
{
	char *target = place(root, text), *typed;
	int status;

	if (target) {
		status = type && !strcmp(type, "dev") ? put_dev(target)
						      : put(source, target, type, options);
		free(target);
		return status;
	}
	typed = join(root, text);
	status = fail(put_hints, "cannot mount '%s' at '%s'", source, typed);
	free(typed);
	return status;
}

/* SOURCE:DIR[:ro], of which TEXT is a copy, taken apart in place. */
struct bound {
	char *source, *at;
	bool is_read_only;
};

/* Whether it is of that form. */
static bool
take_apart(char *text, struct bound *bound)
{
	char *how;

	*bound = (struct bound){ .source = text, .at = strchr(text, ':') };
	if (!bound->at)
		return false;
	*bound->at++ = '\0';
	how = strchr(bound->at, ':');
	if (how)
		*how++ = '\0';
	bound->is_read_only = how && !strcmp(how, "ro");
	return *bound->source && *bound->at && (!how || bound->is_read_only || !strcmp(how, "rw"));
}

static int
put_bound(const char *text, const char *root)
{
	char *copy = memory_string(text);
	struct bound bound;
	int status = 0;

	if (take_apart(copy, &bound))
		status = put_below(root, bound.at, bound.source, NULL,
				   bound.is_read_only ? "rbind,ro=recursive" : "rbind");
	free(copy);
	return status;
}

int
furnishing_check(const struct opt_list *list)
{
	int status = 0;

	for (size_t i = 0; !status && i < list->count; i++) {
		const struct opt_item *item = &list->items[i];
		char *copy = memory_string(item->text);
		struct bound bound;

		if (!strcmp(item->name, "bind") && !take_apart(copy, &bound))
			status = misuse("--bind: '%s' is not of the form SOURCE:DIR[:ro]",
					item->text);
		free(copy);
	}
	return status;
}

int
furnishing(const struct opt_list *list, const char *root)
{
	int status = 0;

	for (size_t i = 0; !status && i < list->count; i++) {
		const char *what = list->items[i].name, *text = list->items[i].text;

		if (!strcmp(what, "bind"))
			status = put_bound(text, root);
		else if (!strcmp(what, "dev"))
			status = put_below(root, text, "dev", "dev", NULL);
		else if (!strcmp(what, "tmpfs"))
			status = put_below(root, text, "tmp", "tmpfs", "nosuid,nodev,mode=1777");
		else
			status = put_below(root, text, "proc", "proc", "nosuid,nodev,noexec");
	}
	return status;
}

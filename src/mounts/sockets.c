/* SPDX-License-Identifier: MIT */
#include "mounts/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "kernel/pidfd.h"
#include "kernel/sockdiag.h"
#include "kernel/status.h"
#include "memory.h"

bool
sockets_parse(const char *line, uint64_t *inode, const char **path)
{
	const char *at = line;

	/* Num: RefCount Protocol Flags Type St Inode Path */
	for (int i = 0; i < 6; i++) {
		at += strspn(at, " ");
		at += strcspn(at, " ");
	}
	at += strspn(at, " ");
	if (*at < '0' || *at > '9')
		return false;
	for (*inode = 0; *at >= '0' && *at <= '9'; at++)
		*inode = *inode * 10 + (uint64_t)(*at - '0');
	/* In front of names that are no paths the kernel writes an @. */
	if (*at != ' ' || !at[1] || at[1] == '@')
		return false;
	*path = at + 1;
	return true;
}

static int
compare(const void *left, const void *right)
{
	const struct sockets_bound *a = left, *b = right;

	return (a->inode > b->inode) - (a->inode < b->inode);
}

static void
add(struct sockets_space *space, const struct sockets_bound *bound)
{
	/* By powers of two. */
	if (!(space->count & (space->count - 1)))
		space->bound = memory_resize(space->bound, space->count ? space->count * 2 : 1,
					     sizeof(*space->bound));
	space->bound[space->count++] = *bound;
}

static void
forget(struct sockets_space *space)
{
	for (size_t i = 0; i < space->count; i++)
		free(space->bound[i].path);
	free(space->bound);
	space->bound = NULL;
	space->count = 0;
}

/* -1 with errno of open(2). */
static int
read_table(struct sockets_space *space, int fd)
{
	int file = openat(fd, "net/unix", O_RDONLY | O_CLOEXEC);
	FILE *stream = file < 0 ? NULL : fdopen(file, "re");
	char *line = NULL;
	const char *path;
	uint64_t inode;
	size_t room = 0;

	if (!stream) {
		if (file >= 0)
			close(file);
		return -1;
	}
	while (getline(&line, &room, stream) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (sockets_parse(line, &inode, &path))
			add(space,
			    &(struct sockets_bound){ .inode = inode, .path = memory_string(path) });
	}
	free(line);
	fclose(stream);
	return 0;
}

struct listing {
	const struct sockets *sockets;
	struct sockets_space *space;
};

static void
take(const struct sockdiag *message, void *context)
{
	const struct listing *listing = context;
	const struct sockets *sockets = listing->sockets;
	struct sockets_bound bound = { .inode = message->inode,
				       .file = message->file,
				       .has_file = true };

	if (!sockets->any_device
	    && (message->major != sockets->major || message->minor != sockets->minor))
		return;
	bound.path = memory_get(message->length + 1);
	memcpy(bound.path, message->path, message->length);
	add(listing->space, &bound);
}

/* That of the process FD. -1 with errno of open(2). */
static int
read_space(const struct sockets *sockets, struct sockets_space *space, int fd)
{
	struct listing listing = { sockets, space };
	struct status own;
	int result = -1;

	if (status_at(sockets->proc, "self/ns/net", true, &own) == 0 && own.inode == space->id)
		result = sockdiag_each(take, &listing);
	if (result < 0) {
		forget(space);
		result = read_table(space, fd);
	}
	if (space->count)
		qsort(space->bound, space->count, sizeof(*space->bound), compare);
	return result;
}

/* The network namespace of the process FD. NULL with errno. */
static struct sockets_space *
find_space(struct sockets *sockets, int fd)
{
	struct sockets_space space = { 0 };
	struct status status;

	if (status_at(fd, "ns/net", true, &status) < 0)
		return NULL;
	for (size_t i = 0; i < sockets->count; i++)
		if (sockets->spaces[i].id == status.inode)
			return &sockets->spaces[i];
	space.id = status.inode;
	if (read_space(sockets, &space, fd) < 0)
		return NULL;
	sockets->spaces =
		memory_resize(sockets->spaces, sockets->count + 1, sizeof(*sockets->spaces));
	sockets->spaces[sockets->count] = space;
	return &sockets->spaces[sockets->count++];
}

struct sockets_bound *
sockets_find(struct sockets *sockets, int fd, uint64_t inode)
{
	const struct sockets_bound wanted = { .inode = inode };
	struct sockets_space *space = find_space(sockets, fd);

	if (!space)
		return NULL;
	errno = 0;
	if (!space->count)
		return NULL;
	return bsearch(&wanted, space->bound, space->count, sizeof(wanted), compare);
}

/* The same of SOCKET, which has been taken from there. */
static int
find_mount(int socket, uint64_t inode)
{
	struct status status;
	int file, result;

	if (status_at(socket, "", true, &status) < 0)
		return -1;
	if (status.inode != inode)
		return 0;
	file = sockdiag_file(socket);
	if (file < 0)
		return -1;
	result = status_at(file, "", true, &status);
	close(file);
	errno = EOPNOTSUPP;
	return result < 0 || !status.mount ? -1 : status.mount;
}

int
sockets_mount(struct sockets_bound *bound, pid_t pid, pid_t thread, int fd)
{
	int pidfd, socket, error;
	int result = -1;

	/* Many processes may have it. */
	if (bound->mount)
		return bound->mount;
	pidfd = thread ? pidfd_of_thread(thread) : pidfd_of(pid);
	if (pidfd < 0)
		return -1;
	socket = pidfd_take(pidfd, fd);
	if (socket >= 0)
		result = find_mount(socket, bound->inode);
	error = errno;
	if (socket >= 0)
		close(socket);
	close(pidfd);
	errno = error;
	if (result > 0)
		bound->mount = result;
	return result;
}

int
sockets_guess(const struct sockets *sockets, const struct sockets_bound *bound, int fd)
{
	struct buffer whole = { 0 };
	struct status status;
	bool is;

	buffer_print(&whole, "%s/%s", *bound->path == '/' ? "root" : "cwd", bound->path);
	is = status_at(fd, buffer_string(&whole), true, &status) == 0 && S_ISSOCK(status.mode);
	buffer_done(&whole);
	/* An overlay has other inodes than it shows. */
	is = is
	     && (!bound->has_file || sockets->any_device || bound->file == (uint32_t)status.inode);
	return is ? status.mount : 0;
}

void
sockets_done(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++)
		forget(&sockets->spaces[i]);
	free(sockets->spaces);
	sockets->spaces = NULL;
	sockets->count = 0;
}

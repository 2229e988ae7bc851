/* SPDX-License-Identifier: MIT */
#include "mounts/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
add(struct sockets_space *space, uint64_t inode, const char *path)
{
	/* By powers of two. */
	if (!(space->count & (space->count - 1)))
		space->bound = memory_resize(space->bound, space->count ? space->count * 2 : 1,
					     sizeof(*space->bound));
	space->bound[space->count++] = (struct sockets_bound){ inode, memory_string(path) };
}

/* -1 with errno of open(2). */
static int
read_space(struct sockets_space *space, int fd)
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
			add(space, inode, path);
	}
	free(line);
	fclose(stream);
	if (space->count)
		qsort(space->bound, space->count, sizeof(*space->bound), compare);
	return 0;
}

/* The network namespace of the process FD. NULL with errno. */
static const struct sockets_space *
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
	if (read_space(&space, fd) < 0)
		return NULL;
	sockets->spaces =
		memory_resize(sockets->spaces, sockets->count + 1, sizeof(*sockets->spaces));
	sockets->spaces[sockets->count] = space;
	return &sockets->spaces[sockets->count++];
}

const char *
sockets_path(struct sockets *sockets, int fd, uint64_t inode)
{
	const struct sockets_bound wanted = { .inode = inode }, *found;
	const struct sockets_space *space = find_space(sockets, fd);

	if (!space)
		return NULL;
	errno = 0;
	if (!space->count)
		return NULL;
	found = bsearch(&wanted, space->bound, space->count, sizeof(wanted), compare);
	return found ? found->path : NULL;
}

void
sockets_done(struct sockets *sockets)
{
	for (size_t i = 0; i < sockets->count; i++) {
		for (size_t j = 0; j < sockets->spaces[i].count; j++)
			free(sockets->spaces[i].bound[j].path);
		free(sockets->spaces[i].bound);
	}
	free(sockets->spaces);
	*sockets = (struct sockets){ 0 };
}

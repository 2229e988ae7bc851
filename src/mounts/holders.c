/* SPDX-License-Identifier: MIT */
#include "mounts/holders.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/maps.h"
#include "kernel/proc.h"
#include "kernel/status.h"
#include "memory.h"
#include "mounts/sockets.h"

struct search {
	const struct holders_place *place;
	struct holder *holder;
	int process;              /* its folder, or that of a thread of it */
	pid_t thread;             /* whose folder that is; 0: the process's */
	int proc;                 /* /proc */
	struct sockets *sockets;  /* what is known of them */
	bool same_numbers;        /* /proc is of this pid namespace */
	bool is_searcher;         /* whose descriptors there are those of the search */
	bool surely;              /* what has only the same name does not count */
	bool hidden;              /* it cannot be looked into */
	bool has_memory;          /* one of its threads has been seen to have a program */
	int error;                /* why the search itself has failed; 0: it has not */
	uint64_t program, mapped; /* the inodes of what has been found last */
};

static bool
is_at(const struct holders_place *place, int id)
{
	for (size_t i = 0; i < place->count; i++)
		if (place->ids[i] == id)
			return true;
	return false;
}

static void
add_path(struct search *search, enum holder_kind kind, int fd, const char *path)
{
	struct holder *holder = search->holder;

	if (holder->count++ < HOLDER_USES)
		holder->uses[holder->count - 1] =
			(struct holder_use){ .kind = kind, .fd = fd, .path = memory_string(path) };
}

static void
add(struct search *search, enum holder_kind kind, int fd, int folder, const char *link)
{
	char path[PATH_MAX];
	ssize_t length = readlinkat(folder, link, path, sizeof(path) - 1);

	path[length < 0 ? 0 : length] = '\0';
	add_path(search, kind, fd, path);
}

/* Whether what LINK in FOLDER leads to is at the place; then it is added. -1 with errno. */
static int
look(struct search *search, enum holder_kind kind, int fd, int folder, const char *link)
{
	struct status status;

	if (status_at(folder, link, true, &status) < 0)
		return -1;
	if (!is_at(search->place, status.mount))
		return 0;
	if (kind == HOLDER_EXE)
		search->program = status.inode;
	add(search, kind, fd, folder, link);
	return 1;
}

/* Something could not be opened: that it is not there, or not to be seen, is no failure. */
static void
fail_search(struct search *search)
{
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		search->error = errno;
}

/* NULL: it cannot be read. */
static DIR *
open_folder(struct search *search, const char *name)
{
	int folder = openat(search->process, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = folder < 0 ? NULL : fdopendir(folder);

	if (stream)
		return stream;
	fail_search(search);
	if (folder >= 0)
		close(folder);
	return NULL;
}

/* A socket is in no mount, but holds the one that the file is in which it is bound to. */
static void
look_at_socket(struct search *search, int fd, uint64_t inode)
{
	struct sockets_bound *bound = sockets_find(search->sockets, search->process, inode);
	int mount = -1;

	if (!bound) {
		fail_search(search);
		return;
	}
	if (search->same_numbers) {
		mount = sockets_mount(bound, search->holder->pid, search->thread, fd);
		if (mount < 0)
			fail_search(search);
	}
	if (mount < 0 && !search->surely)
		mount = sockets_guess(search->sockets, bound, search->process);
	if (mount > 0 && is_at(search->place, mount))
		add_path(search, HOLDER_SOCKET, fd, bound->path);
}

static void
look_at_descriptor(struct search *search, int fd, int folder, const char *link)
{
	struct status status;

	if (status_at(folder, link, true, &status) < 0)
		return;
	if (is_at(search->place, status.mount))
		add(search, HOLDER_FD, fd, folder, link);
	else if (S_ISSOCK(status.mode) && !(search->surely && search->holder->count))
		look_at_socket(search, fd, status.inode);
}

static void
look_at_descriptors(struct search *search)
{
	DIR *stream = open_folder(search, "fd");
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		const char *error;
		int fd = (int)strtonum(entry->d_name, 0, INT_MAX, &error);

		if (!error)
			look_at_descriptor(search, fd, dirfd(stream), entry->d_name);
	}
	if (stream)
		closedir(stream);
}

static bool
is_same(int folder, const char *link, int other_folder, const char *other)
{
	struct status status, other_status;

	return status_at(folder, link, true, &status) == 0
	       && status_at(other_folder, other, true, &other_status) == 0
	       && status.device == other_status.device && status.inode == other_status.inode
	       && status.mount == other_status.mount;
}

/*
 * Where the kernel does not let map_files be followed, in user namespaces: by the path of MAP, which
 * means something else in another mount namespace.
 */
static bool
is_at_by_path(const struct search *search, const struct map *map)
{
	const char *target = search->place->target;
	size_t length = strlen(target);
	struct status status;

	if (length == 1)
		length = 0;
	return !search->surely && !strncmp(map->path, target, length) && map->path[length] == '/'
	       && status_at(AT_FDCWD, map->path, false, &status) == 0 && status.inode == map->inode
	       && is_at(search->place, status.mount)
	       && is_same(search->process, "ns/mnt", search->proc, "self/ns/mnt")
	       && is_same(search->process, "root", AT_FDCWD, "/");
}

static bool
look_at_map(const struct map *map, void *context)
{
	struct search *search = context;
	const struct holders_place *place = search->place;
	char link[MAPS_RANGE_SIZE + 10];
	int is;

	if (!place->any_device && (map->major != place->major || map->minor != place->minor))
		return true;
	/* Several maps of a file are one use of it. */
	if (map->inode == search->mapped || map->inode == search->program)
		return true;
	snprintf(link, sizeof(link), "map_files/%s", map->range);
	is = look(search, HOLDER_MAP, -1, search->process, link);
	if (is < 0 && errno == EPERM && is_at_by_path(search, map)) {
		add(search, HOLDER_MAP, -1, search->process, link);
		is = 1;
	}
	if (is > 0)
		search->mapped = map->inode;
	return true;
}

static void
look_at_folders(struct search *search)
{
	if (look(search, HOLDER_CWD, -1, search->process, "cwd") < 0)
		search->hidden |= errno == EACCES || errno == EPERM;
	look(search, HOLDER_ROOT, -1, search->process, "root");
}

/* Threads of the kernel have no program, and no memory; nor has one that has ended. */
static void
look_at_memory(struct search *search)
{
	search->has_memory =
		look(search, HOLDER_EXE, -1, search->process, "exe") >= 0 || errno != ENOENT;
	if (search->has_memory && maps_each(search->process, look_at_map, search) < 0)
		fail_search(search);
}

/* What a thread has of its own. */
static void
look_at_thread(struct search *search, const char *name, pid_t thread)
{
	bool folders = pid_shares(search->holder->pid, thread, PID_FOLDERS) <= 0;
	bool descriptors = pid_shares(search->holder->pid, thread, PID_DESCRIPTORS) <= 0;
	int process = search->process;

	if (!folders && !descriptors && search->has_memory)
		return;
	/* Not from `task`, where there are no map_files. */
	search->process = openat(search->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (search->process < 0)
		fail_search(search);
	else {
		search->thread = thread;
		if (folders)
			look_at_folders(search);
		if (descriptors)
			look_at_descriptors(search);
		if (!search->has_memory)
			look_at_memory(search);
		close(search->process);
	}
	search->thread = 0;
	search->process = process;
}

static void
look_at_other_threads(struct search *search)
{
	DIR *stream = open_folder(search, "task");
	const struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		const char *error;
		pid_t thread = (pid_t)strtonum(entry->d_name, 1, INT_MAX, &error);

		if (!error && thread != search->holder->pid)
			look_at_thread(search, entry->d_name, thread);
	}
	if (stream)
		closedir(stream);
}

static void
look_at_process(struct search *search)
{
	struct stat threads;

	look_at_folders(search);
	if (search->hidden)
		return;
	if (!search->is_searcher)
		look_at_descriptors(search);
	look_at_memory(search);
	/* Besides `.`, `..` and the first thread. */
	if (fstatat(search->process, "task", &threads, 0) == 0 && threads.st_nlink > 3)
		look_at_other_threads(search);
}

static void
read_comm(int process, char comm[PID_COMM_MAX + 1])
{
	int fd = openat(process, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, comm, PID_COMM_MAX);

	if (fd >= 0)
		close(fd);
	if (length > 0 && comm[length - 1] == '\n')
		length--;
	comm[length < 0 ? 0 : length] = '\0';
}

/* /proc, while it is searched. */
struct proc {
	int fd;
	pid_t self;        /* what this process is in it; 0: it is in none of its namespaces */
	bool same_numbers; /* as this process has them */
	bool is_place;     /* it is itself what is looked for */
	struct sockets sockets;
};

/* -1 with errno. */
static int
open_proc(struct proc *proc, const struct holders_place *place)
{
	char self[16] = "";
	const char *error;
	struct status status;

	*proc = (struct proc){ .fd = proc_open("", O_RDONLY | O_DIRECTORY) };
	if (proc->fd < 0)
		return -1;
	if (readlinkat(proc->fd, "self", self, sizeof(self) - 1) < 0) {
		close(proc->fd);
		errno = ENOENT;
		return -1;
	}
	proc->self = (pid_t)strtonum(self, 1, INT_MAX, &error);
	proc->same_numbers = proc->self == pid_self();
	proc->is_place = status_at(proc->fd, "", false, &status) == 0 && is_at(place, status.mount);
	proc->sockets = (struct sockets){ .proc = proc->fd,
					  .major = place->major,
					  .minor = place->minor,
					  .any_device = place->any_device };
	return 0;
}

/*
 * Fills HOLDER, whose pid is known, from its folder NAME; SURELY: only by what the kernel follows
 * itself. Whether it may be looked into: 1, 0; -1 with errno.
 */
static int
look_up(const struct holders_place *place, struct proc *proc, const char *name, bool surely,
	struct holder *holder)
{
	struct search search = { .place = place,
				 .holder = holder,
				 .proc = proc->fd,
				 .sockets = &proc->sockets,
				 .same_numbers = proc->same_numbers,
				 .surely = surely,
				 .is_searcher = proc->is_place && holder->pid == proc->self };

	search.process = openat(proc->fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (search.process < 0)
		fail_search(&search);
	if (search.process < 0)
		return search.error ? -1 : errno != EACCES;
	look_at_process(&search);
	if (holder->count)
		read_comm(search.process, holder->comm);
	close(search.process);
	errno = search.error;
	return search.error ? -1 : !search.hidden;
}

static void
forget(struct holder *holder)
{
	for (size_t i = 0; i < holder->count && i < HOLDER_USES; i++)
		free(holder->uses[i].path);
	*holder = (struct holder){ 0 };
}

int
holders_check(const struct holders_place *place, pid_t pid)
{
	struct holder holder = { .pid = pid };
	struct proc proc;
	char name[16];
	int holds, error;

	if (open_proc(&proc, place) < 0)
		return -1;
	if (!proc.same_numbers) {
		close(proc.fd);
		errno = EXDEV;
		return -1;
	}
	snprintf(name, sizeof(name), "%d", (int)pid);
	holds = look_up(place, &proc, name, true, &holder);
	error = errno;
	if (holds >= 0 || holder.count)
		holds = holder.count > 0;
	forget(&holder);
	sockets_done(&proc.sockets);
	close(proc.fd);
	errno = error;
	return holds;
}

static void
keep(struct holders *holders, const struct holder *holder)
{
	/* By powers of two. */
	if (!(holders->count & (holders->count - 1)))
		holders->processes =
			memory_resize(holders->processes, holders->count ? holders->count * 2 : 1,
				      sizeof(*holders->processes));
	holders->processes[holders->count++] = *holder;
}

int
holders_find(const struct holders_place *place, struct holders *holders)
{
	const struct dirent *entry;
	struct proc proc;
	DIR *stream;
	int result = 0, failure = 0;

	*holders = (struct holders){ 0 };
	if (open_proc(&proc, place) < 0)
		return -1;
	stream = fdopendir(proc.fd);
	if (!stream) {
		close(proc.fd);
		return -1;
	}
	while (result >= 0 && (entry = readdir(stream))) {
		struct holder holder = { 0 };
		const char *error;

		holder.pid = (pid_t)strtonum(entry->d_name, 1, INT_MAX, &error);
		if (error)
			continue;
		result = look_up(place, &proc, entry->d_name, false, &holder);
		failure = errno;
		holders->hidden += !result;
		if (holder.count)
			keep(holders, &holder);
	}
	closedir(stream);
	sockets_done(&proc.sockets);
	if (result >= 0)
		return 0;
	holders_done(holders);
	errno = failure;
	return -1;
}

void
holders_done(struct holders *holders)
{
	for (size_t i = 0; i < holders->count; i++)
		forget(&holders->processes[i]);
	free(holders->processes);
	*holders = (struct holders){ 0 };
}

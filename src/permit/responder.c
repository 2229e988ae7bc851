/* SPDX-License-Identifier: MIT */
#include "permit/responder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "kernel/handle.h"
#include "kernel/pid.h"
#include "kernel/status.h"
#include "kernel/timerfd.h"
#include "memory.h"
#include "permit/asker.h"
#include "permit/message.h"
#include "process/descriptors.h"

enum {
	ASKS_MAX = 256,      /* requests that wait for the asker; each keeps a descriptor open */
	FILES_OWN = 32,      /* descriptors for all else, generously */
	FILES_LEAST = 16,    /* for requests */
	REQUEST = 24,        /* bytes of one in what is read of the group, at least */
	QUEUE_MAX = 1 << 20, /* bytes of messages that wait for the main process */
	CHUNK = 32768,       /* bytes of messages that go to it at once */
	READS = 16,          /* how often the group is read before all else gets its turn */
	READ_SIZE = 4096,    /* bytes: each read opens up to READ_SIZE / REQUEST files */
	ERRORS_MAX = 1000,   /* failed reads in a row: each has taken one request */
	ANCESTORS_MAX = 64,  /* how far up a process may be below the asker */
};

#define OPERATIONS (FAN_OPEN_PERM | FAN_ACCESS_PERM | FAN_OPEN_EXEC_PERM | FAN_PRE_ACCESS)

/* A request that waits for the asker. */
struct pending {
	struct message ask;
	char *path, *comm; /* its strings */
	int fd;
	int64_t deadline; /* CLOCK_MONOTONIC */
	bool sent;
};

/* What a path of the caller's is on. */
struct place {
	char *folder; /* the path itself, or the folder that it is in; NULL: it has no path */
	int mount;    /* 0: the kernel does not tell */
	bool refused; /* it cannot be opened */
	dev_t device;
};

struct responder {
	const struct permit *permit;
	struct responder_ends ends;
	atomic_ulong *beats;
	int group, own_fds; /* the group; /proc/self/fd */
	pid_t self;
	bool takes_errno;
	struct place *places;

	struct pending pending[ASKS_MAX]; /* the oldest first */
	size_t pending_count, running, asks_most;
	size_t read_size; /* bytes at once */
	uint64_t asked;   /* so far */
	bool asker_full, told_not_run;

	struct buffer queue; /* messages to the main process */
	size_t sent;         /* bytes of it that it has got */
	uint64_t lost;       /* decisions that did not fit */
	int errors;          /* failed reads in a row */
	bool over;
};

/* A request while it is decided. */
struct subject {
	struct rules_request request; /* first member */
	struct pid_status status;
	bool has_status, is_dir;
	int fd;
	char path[PATH_MAX + 1], exe[PATH_MAX + 1];
};

/* ---- telling the main process ---- */

/* How many bytes from AT on go into one message of the channel. */
static size_t
chunk_at(const struct buffer *queue, size_t at)
{
	struct message message;
	size_t size = 0, next;

	while ((next = message_get(queue->data + at + size, queue->length - at - size, &message))
	       && size + next <= CHUNK)
		size += next;
	return size;
}

static void
put_lost(struct responder *responder)
{
	if (responder->lost)
		message_put(&responder->queue, &(struct message){ .kind = MESSAGE_LOST,
								  .time = moment_now(),
								  .number = responder->lost });
	responder->lost = 0;
}

static void
put(struct responder *responder, const struct message *message)
{
	if (responder->queue.length - responder->sent + 2 * (size_t)MESSAGE_MAX > QUEUE_MAX) {
		responder->lost++;
		return;
	}
	put_lost(responder);
	message_put(&responder->queue, message);
}

/* Writes what the main process takes now. */
static void
flush(struct responder *responder)
{
	struct buffer *queue = &responder->queue;

	if (queue->length - responder->sent < CHUNK)
		put_lost(responder);
	while (responder->sent < queue->length) {
		size_t size = chunk_at(queue, responder->sent);

		if (write(responder->ends.out, queue->data + responder->sent, size) >= 0) {
			responder->sent += size;
			continue;
		}
		if (errno == EPIPE || errno == ECONNRESET)
			responder->over = true; /* nobody is there any more */
		if (errno != EINTR)
			break;
	}
	if (responder->sent < queue->length && responder->sent < QUEUE_MAX / 2)
		return;
	memmove(queue->data, queue->data + responder->sent, queue->length - responder->sent);
	queue->length -= responder->sent;
	responder->sent = 0;
}

/* Writes all. The main process may take its time: nobody waits for us. */
static void
flush_all(struct responder *responder)
{
	struct pollfd ready = { .fd = responder->ends.out, .events = POLLOUT };

	for (flush(responder); responder->queue.length && !responder->over; flush(responder)) {
		poll(&ready, 1, 10);
		atomic_fetch_add(responder->beats, 1);
	}
}

/* Ends with a last word. */
static void
end_with(struct responder *responder, enum permit_end end, int error)
{
	close(responder->group);
	responder->group = -1;
	put_lost(responder);
	message_put(&responder->queue,
		    &(struct message){ .kind = MESSAGE_ENDED, .what = end, .error = error });
	flush_all(responder);
	responder->over = true;
}

/* ---- answers ---- */

static bool
tells(const struct responder *responder, enum rules_verb verb)
{
	return responder->permit->tell == PERMIT_TELL_ALL
	       || (responder->permit->tell == PERMIT_TELL_DENIED && verb == RULES_DENY);
}

static void
give(struct responder *responder, int fd, enum rules_verb verb, int error)
{
	uint32_t audit = responder->permit->audit ? FAN_AUDIT : 0;
	uint32_t response = verb == RULES_ALLOW ? FAN_ALLOW : FAN_DENY;

	if (verb == RULES_DENY && responder->takes_errno)
		response = FAN_DENY_ERRNO(error);
	/* Who asked may be gone: then there is nothing to answer, and that is no failure. */
	if (fanotify_answer(responder->group, fd, response | audit) < 0 && errno == EINVAL)
		fanotify_answer(responder->group, fd, verb == RULES_ALLOW ? FAN_ALLOW : FAN_DENY);
	close(fd);
}

static void
tell_decision(struct responder *responder, struct message *message, enum rules_verb verb, int error)
{
	if (!tells(responder, verb))
		return;
	message->kind = MESSAGE_DECIDED;
	message->time = moment_now();
	message->what |= verb == RULES_ALLOW ? PERMIT_ALLOW : PERMIT_DENY;
	message->error = verb == RULES_ALLOW ? 0 : error;
	put(responder, message);
}

static enum rules_verb
otherwise(const struct responder *responder)
{
	return responder->permit->ask_denies ? RULES_DENY : RULES_ALLOW;
}

/* The pending request INDEX is decided. */
static void
settle(struct responder *responder, size_t index, enum rules_verb verb)
{
	struct pending *pending = &responder->pending[index];

	give(responder, pending->fd, verb, 0);
	tell_decision(responder, &pending->ask, verb, 0);
	free(pending->path);
	free(pending->comm);
	responder->pending_count--;
	memmove(pending, pending + 1, (responder->pending_count - index) * sizeof(*pending));
}

/* ---- the asker ---- */

static void
lose_asker(struct responder *responder)
{
	close(responder->ends.asker);
	responder->ends.asker = -1;
	while (responder->pending_count)
		settle(responder, 0, otherwise(responder));
	put(responder, &(struct message){ .kind = MESSAGE_ASKER_GONE });
}

/* Sends what it can run now. */
static void
ask_on(struct responder *responder)
{
	responder->asker_full = false;
	for (size_t i = 0; i < responder->pending_count && responder->running < ASKER_MAX; i++) {
		struct pending *pending = &responder->pending[i];
		struct buffer bytes = { 0 };
		ssize_t written;

		if (pending->sent)
			continue;
		message_put(&bytes, &pending->ask);
		written = write(responder->ends.asker, bytes.data, bytes.length);
		buffer_done(&bytes);
		if (written < 0) {
			responder->asker_full = true;
			return;
		}
		pending->sent = true;
		responder->running++;
	}
}

static char *
copy(const char *bytes, size_t length)
{
	char *text = memory_get(length + 1);

	if (length)
		memcpy(text, bytes, length);
	return text;
}

/* False when it cannot be asked for. */
static bool
ask(struct responder *responder, const struct subject *subject, const struct message *message)
{
	struct pending *pending = &responder->pending[responder->pending_count];

	if (responder->ends.asker < 0 || responder->pending_count == responder->asks_most)
		return false;
	*pending = (struct pending){ .ask = *message, .fd = subject->fd };
	pending->deadline = timerfd_now(CLOCK_MONOTONIC) + responder->permit->ask_timeout;
	pending->ask.kind = MESSAGE_ASK;
	pending->ask.number = ++responder->asked;
	pending->ask.time = pending->deadline;
	pending->ask.path = pending->path = copy(message->path, message->path_length);
	pending->ask.comm = pending->comm = copy(message->comm, message->comm_length);
	responder->pending_count++;
	ask_on(responder);
	return true;
}

/* A command has ended with STATUS. */
static void
take_done(struct responder *responder, uint64_t number, int status)
{
	responder->running -= responder->running > 0;
	for (size_t i = 0; i < responder->pending_count; i++)
		if (responder->pending[i].ask.number == number) {
			settle(responder, i,
			       status == 0   ? RULES_ALLOW
			       : status == 1 ? RULES_DENY
					     : otherwise(responder));
			break;
		}
	ask_on(responder);
}

/* Reads what the asker says. */
static void
hear(struct responder *responder)
{
	char bytes[MESSAGE_MAX];
	struct message message;
	ssize_t size;

	while (responder->ends.asker >= 0
	       && (size = read(responder->ends.asker, bytes, sizeof(bytes))) > 0) {
		if (!message_get(bytes, (size_t)size, &message))
			continue;
		if (message.kind == MESSAGE_DONE)
			take_done(responder, message.number, message.error);
		if (message.kind == MESSAGE_NOT_RUN && !responder->told_not_run) {
			responder->told_not_run = true;
			put(responder, &message);
		}
	}
}

/* Whether the process of SUBJECT is one that the asker's command has started, or is it. */
static bool
is_of_asker(const struct responder *responder, const struct subject *subject)
{
	pid_t asker = responder->permit->asker, pid = subject->status.parent;
	uint64_t start;

	if (!subject->has_status || subject->status.session == asker)
		return subject->has_status;
	for (int i = 0; i < ANCESTORS_MAX && pid > 1; i++)
		if (pid == asker)
			return true;
		/* One that has ended meanwhile: its children have another parent now. */
		else if (pid_stat(pid, &pid, &start) < 0
			 && pid_stat(subject->request.pid, &pid, &start) < 0)
			return false;
	return false;
}

/* ---- requests ---- */

static void
look(struct rules_request *request, enum rules_key key)
{
	struct subject *subject = (struct subject *)request;
	char link[32];
	ssize_t length;

	if (!request->pid)
		return; /* it is in another pid namespace */
	if (key == RULES_EXE) {
		snprintf(link, sizeof(link), "/proc/%d/exe", (int)request->pid);
		length = readlink(link, subject->exe, sizeof(subject->exe) - 1);
		if (length > 0 && (size_t)length < sizeof(subject->exe) - 1) {
			subject->exe[length] = '\0';
			request->exe = subject->exe;
		}
		return;
	}
	subject->has_status = pid_status(request->pid, &subject->status) == 0;
	if (!subject->has_status)
		return;
	request->has_ids = true;
	request->uid = subject->status.uid;
	request->gid = subject->status.gid;
	request->comm = subject->status.comm;
}

/* Is FD the root? What lies outside of the part of a file system that its mount shows is called so, too. */
static bool
is_root(int fd)
{
	struct status status, root;

	return status_at(fd, "", false, &status) == 0 && status_at(AT_FDCWD, "/", true, &root) == 0
	       && status.inode == root.inode && status.mount == root.mount
	       && status.device == root.device;
}

/* Reads the path of our descriptor FD: its length, 0 when it cannot be told. */
static size_t
path_of(const struct responder *responder, int fd, char path[PATH_MAX + 1])
{
	char number[16];
	ssize_t length;

	snprintf(number, sizeof(number), "%d", fd);
	length = readlinkat(responder->own_fds, number, path, PATH_MAX);
	if (length <= 0 || length >= PATH_MAX || path[0] != '/' || (length == 1 && !is_root(fd)))
		return 0;
	path[length] = '\0';
	return (size_t)length;
}

/*
 * The path of FD as it is seen through the mount of PLACE: who asks may see the same file through another
 * one, such as a bind mount or that of a container, where it has another path. Its length, 0 when
 * it cannot be told. Neither being in a folder nor opening with O_PATH is a request; and nothing keeps
 * the mount busy.
 */
static size_t
path_through(const struct responder *responder, const struct place *place, int fd,
	     char path[PATH_MAX + 1])
{
	unsigned char bytes[HANDLE_MAX];
	struct handle handle;
	struct status status;
	size_t length = 0;
	int seen = -1;

	if (chdir(place->folder) == 0 && status_at(AT_FDCWD, "", false, &status) == 0
	    && status.mount == place->mount && handle_of(fd, "", 0, bytes, &handle) == 0)
		seen = handle_open_any(AT_FDCWD, &handle);
	if (seen >= 0) {
		length = path_of(responder, seen, path);
		close(seen);
	}
	return chdir("/") < 0 ? 0 : length;
}

/* Is the file of STATUS seen through the mount of a place? */
static bool
is_seen(const struct responder *responder, const struct status *status)
{
	for (size_t i = 0; i < responder->permit->path_count; i++)
		if (responder->places[i].mount == status->mount)
			return true;
	return false;
}

/* Finds the path of FD through the mount of the first place that shows it; its length, 0 when none does. */
static size_t
path_instead(const struct responder *responder, const struct status *status, int fd,
	     char path[PATH_MAX + 1])
{
	size_t length = 0;

	for (size_t i = 0; !length && i < responder->permit->path_count; i++) {
		const struct place *place = &responder->places[i];

		if (place->mount && place->folder && place->device == status->device)
			length = path_through(responder, place, fd, path);
	}
	return length;
}

/*
 * Does PATH of LENGTH bytes, or its folder, lead to the mount of STATUS here, and not in a
 * namespace elsewhere?
 */
static bool
is_here(char *path, size_t length, const struct status *status)
{
	struct status found;
	char *slash;
	bool is;

	if (!length)
		return false;
	if (status_at(AT_FDCWD, path, false, &found) == 0 && found.mount == status->mount)
		return true;
	slash = strrchr(path, '/');
	if (slash == path)
		return false;
	*slash = '\0';
	is = status_at(AT_FDCWD, path, false, &found) == 0 && found.mount == status->mount;
	*slash = '/';
	return is;
}

/* Finds the path; its length, 0 when it cannot be told. */
static size_t
find_path(const struct responder *responder, struct subject *subject)
{
	static const char deleted[] = " (deleted)";
	static char instead[PATH_MAX + 1];
	size_t length = path_of(responder, subject->fd, subject->path), end;
	struct status status;

	if (status_at(subject->fd, "", false, &status) < 0)
		return length;
	subject->is_dir = S_ISDIR(status.mode);
	if (status.mount && !is_seen(responder, &status)) {
		end = path_instead(responder, &status, subject->fd, instead);
		if (end) {
			memcpy(subject->path, instead, end + 1);
			length = end;
		} else if (!is_here(subject->path, length, &status)) {
			return 0;
		}
	}
	end = sizeof(deleted) - 1;
	if (!status.links && length > end && !strcmp(subject->path + length - end, deleted))
		subject->path[length -= end] = '\0';
	return length;
}

/* Decides about SUBJECT, whose operation and process are known, and answers, unless it is asked for. */
static void
decide(struct responder *responder, struct subject *subject)
{
	size_t length = find_path(responder, subject);
	struct rules_request *request = &subject->request;
	struct message message = { .pid = request->pid, .what = request->operation };
	struct rules_answer answer;

	request->path = length ? subject->path : NULL;
	answer = rules_decide(responder->permit->rules, request);
	if ((answer.verb != RULES_ALLOW || tells(responder, answer.verb)) && !request->looked)
		look(request, RULES_UID);
	if (responder->asked && (answer.verb != RULES_ALLOW || tells(responder, answer.verb))
	    && is_of_asker(responder, subject)) {
		give(responder, subject->fd, RULES_ALLOW, 0);
		return;
	}
	message.is_dir = subject->is_dir;
	message.path = subject->path;
	message.path_length = length;
	message.has_ids = request->has_ids;
	message.uid = request->uid;
	message.comm = request->comm;
	message.comm_length = request->comm ? strlen(request->comm) : 0;
	if (answer.verb == RULES_ASK) {
		if (ask(responder, subject, &message))
			return;
		answer.verb = otherwise(responder);
	}
	give(responder, subject->fd, answer.verb, answer.error);
	tell_decision(responder, &message, answer.verb, answer.error);
}

static bool
is_ours(const struct responder *responder, pid_t pid)
{
	const struct permit *permit = responder->permit;

	return pid
	       && (pid == permit->applet || pid == permit->guard || pid == permit->asker
		   || pid == responder->self);
}

static void
take_record(struct responder *responder, const struct fanotify_record *record)
{
	static struct subject subject;
	struct message message = { .what = record->mask & OPERATIONS, .pid = record->pid };

	if (!(record->mask & OPERATIONS)) {
		responder->lost++;
		if (record->fd >= 0)
			close(record->fd);
		return;
	}
	if (record->fd < 0) {
		/* The kernel could not open it for us, and has denied it already. */
		tell_decision(responder, &message, RULES_DENY,
			      record->fd == FAN_NOFD ? 0 : -record->fd);
		return;
	}
	if (is_ours(responder, record->pid)) {
		give(responder, record->fd, RULES_ALLOW, 0);
		return;
	}
	subject.request = (struct rules_request){ .operation = record->mask & OPERATIONS,
						  .pid = record->pid,
						  .look = look };
	subject.fd = record->fd;
	subject.has_status = subject.is_dir = false;
	decide(responder, &subject);
}

/* Reads what is there: false when that was all. */
static bool
read_group(struct responder *responder)
{
	static char bytes[READ_SIZE] __attribute__((aligned(8)));
	ssize_t size = read(responder->group, bytes, responder->read_size);
	struct fanotify_record record;
	size_t at = 0, taken;

	if (size < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return errno == EINTR;
		/* One request could not be handed out; the kernel has denied it. */
		responder->lost++;
		if (++responder->errors >= ERRORS_MAX)
			end_with(responder, PERMIT_CANNOT_READ, errno);
		return !responder->over;
	}
	responder->errors = 0;
	while ((taken = fanotify_decode(bytes + at, (size_t)size - at, &record))) {
		take_record(responder, &record);
		at += taken;
	}
	return size > 0;
}

/* ---- the loop ---- */

/* Those whose time is over get the default answer. When the next look is due, nanoseconds from now. */
static int64_t
look_at_time(struct responder *responder)
{
	int64_t rest = responder->permit->ask_timeout / RESPONDER_BEATS, left, now;

	if (!responder->pending_count)
		return rest;
	now = timerfd_now(CLOCK_MONOTONIC);
	while (responder->pending_count && responder->pending[0].deadline <= now)
		settle(responder, 0, otherwise(responder));
	if (!responder->pending_count)
		return rest;
	left = responder->pending[0].deadline - now;
	return left < rest ? left : rest;
}

static void
sleep_until_ready(struct responder *responder, int64_t rest)
{
	struct pollfd fds[] = {
		{ .fd = responder->group, .events = POLLIN },
		{ .fd = responder->ends.out,
		  .events = (short)(POLLRDHUP | (responder->queue.length ? POLLOUT : 0)) },
		{ .fd = responder->ends.guard, .events = POLLIN },
		{ .fd = responder->ends.asker,
		  .events = (short)(POLLIN | (responder->asker_full ? POLLOUT : 0)) },
	};
	struct timespec timeout = { rest / NUM_SECOND, rest % NUM_SECOND };

	if (ppoll(fds, 4, &timeout, NULL) <= 0)
		return;
	if (fds[1].revents & (POLLHUP | POLLERR))
		responder->over = true;
	else if (fds[1].revents & POLLRDHUP)
		end_with(responder, PERMIT_FINISHED, 0);
	else if (fds[2].revents)
		end_with(responder, PERMIT_UNGUARDED, 0);
	if (responder->over)
		return;
	if (fds[3].revents) {
		hear(responder);
		if (fds[3].revents & POLLHUP)
			lose_asker(responder);
		else
			ask_on(responder);
	}
}

static void
answer_all(struct responder *responder)
{
	while (!responder->over) {
		int64_t rest = look_at_time(responder);

		flush(responder);
		sleep_until_ready(responder, rest);
		for (int i = 0; i < READS && !responder->over && read_group(responder); i++)
			;
		atomic_fetch_add(responder->beats, 1);
	}
}

/* ---- setting up ---- */

static int
fail_in(struct responder *responder, enum permit_step step, int error, size_t path)
{
	put(responder,
	    &(struct message){
		    .kind = MESSAGE_FAILED, .what = step, .error = error, .number = path });
	flush(responder);
	return -1;
}

/* The class and all that is to be had. */
static int
open_group(struct responder *responder)
{
	const struct rules *rules = responder->permit->rules;
	bool early = rules->errors || rules->operations & FAN_PRE_ACCESS;
	unsigned int flags = FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS
			     | (early ? FAN_CLASS_PRE_CONTENT : FAN_CLASS_CONTENT);
	unsigned int audit = responder->permit->audit ? FAN_ENABLE_AUDIT : 0;
	int error;

	responder->group = fanotify_open(flags | audit | FAN_REPORT_FD_ERROR);
	if (responder->group < 0 && errno == EINVAL)
		responder->group = fanotify_open(flags | audit);
	if (responder->group < 0) {
		error = errno;
		responder->group = audit ? fanotify_open(flags) : -1;
		return fail_in(responder, responder->group < 0 ? PERMIT_GROUP : PERMIT_AUDIT, error,
			       0);
	}
	responder->takes_errno = early && fanotify_takes_errno(responder->group);
	if (rules->errors && !responder->takes_errno)
		return fail_in(responder, PERMIT_ERRNO, 0, 0);
	return 0;
}

/* Marks the path INDEX. -1 with errno. */
static int
mark(struct responder *responder, size_t index)
{
	static const unsigned int kinds[] = { [PERMIT_FILE_SYSTEM] = FAN_MARK_FILESYSTEM,
					      [PERMIT_MOUNT] = FAN_MARK_MOUNT,
					      [PERMIT_INODE] = FAN_MARK_INODE };
	const struct permit *permit = responder->permit;
	uint64_t mask = permit->rules->operations;
	uint64_t more = permit->scope == PERMIT_INODE ? FAN_EVENT_ON_CHILD : 0;
	unsigned int flags = FAN_MARK_ADD | kinds[permit->scope];
	const char *path = permit->paths[index];

	/* A mark for what is read ahead is none for folders: the kernel excludes one with the other. */
	if (!(mask & FAN_PRE_ACCESS))
		more |= FAN_ONDIR;
	return fanotify_watch(responder->group, flags, mask | more, AT_FDCWD, path);
}

/* What the paths are on; before anything is marked. False when one has failed. */
static bool
find_places(struct responder *responder)
{
	const struct permit *permit = responder->permit;
	bool good = true;

	responder->places = memory_get(permit->path_count * sizeof(*responder->places));
	for (size_t i = 0; i < permit->path_count; i++) {
		struct place *place = &responder->places[i];
		int fd = open(permit->paths[i], O_PATH | O_CLOEXEC);
		struct status status;

		if (fd < 0) {
			fail_in(responder, PERMIT_MARK, errno, i);
			place->refused = true;
			good = false;
			continue;
		}
		if (status_at(fd, "", false, &status) == 0) {
			place->device = status.device;
			place->mount = status.mount;
			place->folder = realpath(permit->paths[i], NULL);
		}
		close(fd);
		if (place->folder && !S_ISDIR(status.mode))
			*(strrchr(place->folder, '/') + 1) = '\0';
	}
	return good;
}

/* Marks all; false when one could not be. */
static bool
mark_all(struct responder *responder)
{
	bool good = true;

	for (size_t i = 0; i < responder->permit->path_count; i++) {
		if (!responder->places[i].refused && mark(responder, i) < 0) {
			fail_in(responder, PERMIT_MARK, errno, i);
			good = false;
		}
		atomic_fetch_add(responder->beats, 1);
	}
	return good;
}

/* As many files as may be opened: what the kernel cannot open for a request, it denies. -1 with EMFILE. */
static int
share_files(struct responder *responder)
{
	size_t room = READ_SIZE / REQUEST + ASKS_MAX, most = descriptors_raise_limit(), reads;

	if (most < room + FILES_OWN)
		room = most > FILES_OWN ? most - FILES_OWN : 0;
	if (room < FILES_LEAST) {
		errno = EMFILE;
		return -1;
	}
	reads = room / 2 < READ_SIZE / REQUEST ? room / 2 : READ_SIZE / REQUEST;
	responder->read_size = reads * REQUEST;
	responder->asks_most = room - reads < ASKS_MAX ? room - reads : ASKS_MAX;
	return 0;
}

static int
set_up(struct responder *responder)
{
	struct pid_status status;
	struct rlimit no_core = { 0, 0 };
	bool good;

	/* A core would be written to a file system, perhaps a marked one. */
	setrlimit(RLIMIT_CORE, &no_core);
	if (share_files(responder) < 0)
		return fail_in(responder, PERMIT_GROUP, errno, 0);
	responder->self = pid_self();
	responder->own_fds = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (responder->own_fds < 0 || pid_status(responder->self, &status) < 0)
		return fail_in(responder, PERMIT_PROC, errno, 0);
	good = find_places(responder);
	if (open_group(responder) < 0)
		return -1;
	/* Nothing may have to come from a disk; where it is not allowed, it is no promise. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	/* Where one has failed, too: all that fail are told. */
	if (!mark_all(responder) || !good)
		return -1;
	/* No mount is kept busy by us. */
	return chdir("/") < 0 ? fail_in(responder, PERMIT_PROCESS, errno, 0) : 0;
}

int
responder_run(const struct permit *permit, struct responder_ends ends, atomic_ulong *beats)
{
	static struct responder responder;

	responder =
		(struct responder){ .permit = permit, .ends = ends, .beats = beats, .group = -1 };
	if (set_up(&responder) < 0) {
		if (responder.group >= 0)
			close(responder.group);
		flush_all(&responder);
		return 1;
	}
	put(&responder, &(struct message){ .kind = MESSAGE_STARTED,
					   .what = (uint64_t)responder.group,
					   .number = (uint64_t)responder.self });
	answer_all(&responder);
	return 0;
}

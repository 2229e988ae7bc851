/* SPDX-License-Identifier: MIT */
#include "event/merge.h"

#include <errno.h>
#include <poll.h>

#include "kernel/epoll.h"
#include "memory.h"

/* As long as a member has more events than this, the others get their turn in between. */
enum { TURN = 64 };

/* The keys of what the sleeper has: those of members are below. */
#define SLEEPERS (UINT64_MAX - MERGE_SLEEPERS)

static bool
is_over(const struct merge_member *member)
{
	return member->is_over ? member->is_over(member->source)
			       : member->source->fd < 0 && !member->source->besides_count;
}

/* What to wait for at PLACE of SOURCE: first its descriptor, then those that it has besides. */
static struct pollfd
at_place(const struct source *source, size_t place)
{
	if (!place)
		return (struct pollfd){ .fd = source->fd, .events = POLLIN };
	if (place <= source->besides_count)
		return source->besides[place - 1];
	return (struct pollfd){ .fd = -1 };
}

/*
 * The set has what the member number I has now, which changes only while that is asked. The number of one
 * that it has besides may be another file's by now: the kernel knows. 0, or -1 with errno of epoll_add.
 */
static int
enlist(struct merge *merge, size_t i)
{
	struct merge_member *member = &merge->members[i];
	struct source *source = member->source;
	int (*add)(int, int, short, uint64_t) = source->edge ? epoll_add_edge : epoll_add;
	bool over = is_over(member);

	for (size_t place = 0; place < MERGE_PLACES; place++) {
		struct pollfd now = at_place(source, place);
		int *known = &member->known[place];
		uint64_t key = i * MERGE_PLACES + place;

		if (over)
			now.fd = -1;
		/* (One that has been closed is in no set.) */
		if (*known >= 0 && *known != now.fd)
			epoll_remove(merge->set, *known);
		if (now.fd < 0 || (!place && *known == now.fd)) {
			*known = now.fd;
			continue;
		}
		*known = now.fd;
		if (add(merge->set, now.fd, now.events, key) < 0) {
			if (errno != EEXIST)
				return -1;
		} else if (place && !source->edge && now.events & POLLPRI) {
			/* What it tells once, adding it may have taken: it counts as told. */
			source->besides[place - 1].revents |= POLLPRI;
			member->ready = true;
		}
	}
	return 0;
}

/* What has been found READY of members: they may have something to tell. Returns how many are. */
static int
spread(struct merge *merge, const struct epoll_ready *ready, int count)
{
	int members = 0;

	for (int i = 0; i < count; i++) {
		size_t place = ready[i].key % MERGE_PLACES;
		struct merge_member *member;

		if (ready[i].key >= SLEEPERS)
			continue;
		member = &merge->members[ready[i].key / MERGE_PLACES];
		member->ready = true;
		if (place && place <= member->source->besides_count)
			member->source->besides[place - 1].revents |= ready[i].revents;
		members++;
	}
	return members;
}

/* Looks which members have something now: 1, 0 none has, -1 errno of epoll_look. */
static int
look(struct source *source)
{
	struct merge *merge = (struct merge *)source;
	struct epoll_ready ready[EPOLL_AT_ONCE];
	int count = epoll_look(merge->set, ready);

	merge->looked = true;
	return count < 0 ? -1 : spread(merge, ready, count) > 0;
}

/* At PLACE the sleeper has FD now. 0, or -1 with errno of epoll_add. */
static int
enlist_sleepers(struct merge *merge, size_t place, const struct pollfd *fd)
{
	int *known = &merge->known[place];

	if (*known >= 0 && *known != fd->fd)
		epoll_remove(merge->set, *known);
	*known = fd->fd;
	if (fd->fd < 0 || epoll_change(merge->set, fd->fd, fd->events, SLEEPERS + place) == 0)
		return 0;
	/* A file never keeps its writer waiting. */
	return epoll_add(merge->set, fd->fd, fd->events, SLEEPERS + place) < 0 && errno != EPERM
		       ? -1
		       : 0;
}

static int
sleep_on(struct source *source, struct pollfd *fds, size_t count, const struct timespec *timeout)
{
	struct merge *merge = (struct merge *)source;
	struct epoll_ready ready[EPOLL_AT_ONCE];
	int found;

	for (size_t i = 0; i < count; i++) {
		fds[i].revents = 0;
		if (enlist_sleepers(merge, i, &fds[i]) < 0)
			return -1;
	}
	found = epoll_sleep(merge->set, ready, timeout);
	merge->looked = true;
	for (int i = 0; i < found; i++)
		if (ready[i].key >= SLEEPERS)
			fds[ready[i].key - SLEEPERS].revents = ready[i].revents;
	if (found > 0)
		spread(merge, ready, found);
	return found;
}

/*
 * The turn is the next member's. After the last one, those that were not ready may be by now: 0, or -1
 * errno.
 */
static int
pass_on(struct merge *merge)
{
	bool more = false;

	merge->taken = 0;
	if (++merge->at < merge->count)
		return 0;
	merge->at = 0;
	for (size_t i = 0; i < merge->count; i++)
		more |= merge->members[i].ready;
	return more && !merge->looked && look(&merge->source) < 0 ? -1 : 0;
}

static bool
is_any_ready(const struct merge *merge)
{
	for (size_t i = 0; i < merge->count; i++)
		if (merge->members[i].ready)
			return true;
	return false;
}

/* The next event of MEMBER, whose turn it is: 1, 0, -1 errno. */
static int
next_of(struct merge *merge, struct merge_member *member, struct event *event)
{
	int result;

	if (merge->taken == TURN)
		return 0;
	merge->looked = false;
	result = source_next(member->source, event, 0);
	if (!result) {
		member->ready = false;
		return enlist(merge, merge->at);
	}
	if (result < 0)
		return -1;
	if (!event->source)
		event->source = member->name;
	event->format = member->format;
	merge->taken++;
	merge->source.total++;
	return 1;
}

static int
decode(struct source *source, struct event *event)
{
	struct merge *merge = (struct merge *)source;

	while (is_any_ready(merge)) {
		struct merge_member *member = &merge->members[merge->at];
		int result;

		if (member->ready && is_over(member)) {
			member->ready = false;
			enlist(merge, merge->at);
		}
		result = member->ready ? next_of(merge, member, event) : 0;
		if (result)
			return result;
		if (pass_on(merge) < 0)
			return -1;
	}
	source->emptied = true;
	return 0;
}

/* In events: none has less than a byte, and of what members have besides there are a few. */
static size_t
waiting(const struct source *source)
{
	const struct merge *merge = (const struct merge *)source;
	size_t sum = 0;

	for (size_t i = 0; i < merge->count; i++) {
		const struct merge_member *member = &merge->members[i];

		if (!is_over(member))
			sum += source_waiting(member->source) + TURN;
		/* A counter may have as many as that. */
		if (sum > SIZE_MAX / 2)
			return SIZE_MAX / 2;
	}
	return sum;
}

int
merge_open(struct merge *merge)
{
	*merge = (struct merge){
		.source = { .fd = -1,
			    .nonblocking = true,
			    .fill = look,
			    .sleep = sleep_on,
			    .waiting = waiting,
			    .decode = decode },
		.set = epoll_open(),
	};
	for (size_t i = 0; i < MERGE_SLEEPERS; i++)
		merge->known[i] = -1;
	return merge->set < 0 ? -1 : 0;
}

struct merge_member *
merge_add(struct merge *merge, struct source *source, const char *name, const char *format)
{
	struct merge_member *member;

	if (merge->count == merge->room) {
		merge->room = merge->room ? 2 * merge->room : 8;
		merge->members =
			memory_resize(merge->members, merge->room, sizeof(*merge->members));
	}
	member = &merge->members[merge->count];
	*member = (struct merge_member){
		.source = source, .name = name, .format = format, .ready = true
	};
	for (size_t place = 0; place < MERGE_PLACES; place++)
		member->known[place] = -1;
	if (enlist(merge, merge->count) < 0)
		return NULL;
	merge->count++;
	return member;
}

size_t
merge_left(const struct merge *merge)
{
	size_t left = 0;

	for (size_t i = 0; i < merge->count; i++)
		left += !is_over(&merge->members[i]);
	return left;
}

/* SPDX-License-Identifier: MIT */
#include "event/merge.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "memory.h"

/* As long as a member has more events than this, the others get their turn in between. */
enum { TURN = 64 };

static bool
is_over(const struct merge_member *member)
{
	return member->is_over ? member->is_over(member->source)
			       : member->source->fd < 0 && !member->source->besides_count;
}

/* Lists what to poll: of each member its descriptor, if it has one, and what it has besides. */
static void
gather(struct merge *merge)
{
	struct source *source = &merge->source;

	source->besides_count = 0;
	for (size_t i = 0; i < merge->count; i++) {
		const struct source *one = merge->members[i].source;
		size_t most = source->besides_count + 1 + one->besides_count;

		if (is_over(&merge->members[i]))
			continue;
		if (most > merge->most) {
			merge->most = 2 * most;
			source->besides = memory_resize(source->besides, merge->most,
							sizeof(*source->besides));
		}
		if (one->fd >= 0)
			source->besides[source->besides_count++] =
				(struct pollfd){ .fd = one->fd, .events = POLLIN };
		source->besides_count +=
			source_besides(one, &source->besides[source->besides_count]);
	}
}

/* Tells the members what has been seen of the list, which is as gather has left it. */
static void
spread(struct merge *merge)
{
	const struct pollfd *fds = merge->source.besides;
	const struct pollfd *end = fds + merge->source.besides_count;

	for (size_t i = 0; i < merge->count && fds < end; i++) {
		struct merge_member *member = &merge->members[i];

		if (is_over(member))
			continue;
		if (member->source->fd >= 0)
			member->ready |= (fds++)->revents != 0;
		for (size_t j = 0; j < member->source->besides_count; j++)
			member->ready |= fds[j].revents != 0;
		source_besides_seen(member->source, fds);
		fds += member->source->besides_count;
	}
	merge->source.besides_count = 0;
}

/* Looks which members have something now: 1, 0 none has, -1 errno of poll(2). */
static int
look(struct source *source)
{
	struct merge *merge = (struct merge *)source;
	int result;

	gather(merge);
	result = poll(source->besides, source->besides_count, 0);
	if (result < 0 && errno != EINTR)
		return -1;
	spread(merge);
	return result > 0;
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
	return more && look(&merge->source) < 0 ? -1 : 0;
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
	result = source_next(member->source, event, 0);
	if (!result)
		member->ready = false;
	if (result <= 0)
		return result;
	if (member->name)
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

	spread(merge);
	while (is_any_ready(merge)) {
		struct merge_member *member = &merge->members[merge->at];
		int result;

		member->ready &= !is_over(member);
		result = member->ready ? next_of(merge, member, event) : 0;
		if (result)
			return result;
		if (pass_on(merge) < 0)
			return -1;
	}
	gather(merge);
	source->emptied = true;
	return 0;
}

void
merge_open(struct merge *merge)
{
	*merge = (struct merge){
		.source = { .fd = -1, .nonblocking = true, .fill = look, .decode = decode }
	};
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
	member = &merge->members[merge->count++];
	*member = (struct merge_member){
		.source = source, .name = name, .format = format, .ready = true
	};
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

void
merge_close(struct merge *merge)
{
	free(merge->members);
	free(merge->source.besides);
	*merge = (struct merge){ .source.fd = -1 };
}

/* SPDX-License-Identifier: MIT */
#include "gathering.h"

#include <poll.h>
#include <string.h>
#include <time.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "cli/say.h"
#include "gatherpart.h"
#include "kernel/epoll.h"
#include "kernel/eventfd.h"
#include "kernel/signalfd.h"
#include "kernel/timerfd.h"
#include "memory.h"
#include "process/descriptors.h"
#include "signalling.h"
#include "targeting.h"

/* How long the end of a process waits for its parent, who lets others know the status. */
#define PATIENCE NUM_SECOND

int
gatherpart_join(struct gathering *gathering, struct part *part, struct source *source,
		bool (*is_over)(const struct source *source))
{
	struct merge_member *member =
		merge_add(&gathering->merge, source, part->name, part->kind->format);

	if (!member)
		return fail(epoll_hints, "cannot wait for --%s %s", part->kind->option, part->text);
	member->is_over = is_over;
	member->context = part;
	return 0;
}

/* ---- time ---- */

static int
open_every(struct gathering *gathering, struct part *part)
{
	int64_t every;
	int timer;

	if (num_duration(part->text, &every) < 0)
		return misuse("--every: '%s' %s", part->text, num_not_duration(errno));
	if (!every)
		return misuse("--every: a DURATION above 0 is needed");
	timer = timerfd_open(CLOCK_MONOTONIC);
	if (timer < 0 || timerfd_arm(timer, every, every, false, false) < 0)
		return fail(timerfd_hints(CLOCK_MONOTONIC), "cannot create a timer");
	ticks_open(&part->ticks, timer);
	return gatherpart_join(gathering, part, &part->ticks.source, NULL);
}

static int
open_at(struct gathering *gathering, struct part *part)
{
	int64_t moment;

	if (moment_parse(part->text, moment_now(), &moment) < 0)
		return misuse(
			errno == ERANGE
				? "--at: '%s' is too far away: 2262 is the last year"
				: "--at: '%s' is not a time such as 07:30, @1700000000 or 2030-01-31T07:30:00+01:00",
			part->text);
	if (alarm_open(&part->alarm, part->text) < 0)
		return fail(timerfd_hints(CLOCK_REALTIME), "cannot create a timer");
	return gatherpart_join(gathering, part, &part->alarm.source, NULL);
}

static int
open_clock_change(struct gathering *gathering, struct part *part)
{
	if (clock_changes_open(&part->changes) < 0)
		return fail(timerfd_hints(CLOCK_REALTIME), "cannot create a timer");
	return gatherpart_join(gathering, part, &part->changes.source, NULL);
}

/* ---- signals and processes ---- */

/* Adds those of LIST to SET. 0, or the status after a message. */
static int
add_signals(const struct gathering *gathering, const char *list, sigset_t *set)
{
	sigset_t added;
	int status;

	sigemptyset(&added);
	status = signalling_add("--signal", &added, list, true);
	if (!status && gathering->supervised && sigismember(&added, SIGCHLD) == 1) {
		if (strcasecmp(list, "all") != 0)
			return misuse(
				"--signal: CHLD tells of the end of COMMAND, and is no source");
		sigdelset(&added, SIGCHLD);
	}
	sigorset(set, set, &added);
	return status;
}

static int
open_signal(struct gathering *gathering, struct part *part)
{
	sigset_t set, before;
	int fd, status;

	sigemptyset(&set);
	status = add_signals(gathering, part->text, &set);
	if (status)
		return status;
	fd = signalfd_open(&set, &before);
	if (fd < 0)
		return fail(signalfd_hints, "cannot receive signals");
	sents_open(&part->sents, fd);
	/* What is told no more stays where the command's signals are looked for. */
	if (gathering->supervised)
		part->sents.source.at_once = SIGNALFD_SIZE;
	return gatherpart_join(gathering, part, &part->sents.source, NULL);
}

static int
open_pid(struct gathering *gathering, struct part *part)
{
	struct exits *exits = &gathering->exits;
	const struct hint *hints;
	struct peer peer;
	int status = targeting_parse(part->text, &peer);

	if (!status)
		status = targeting_open(part->text, &peer, NULL);
	if (status)
		return status;
	if (!gathering->has_exits && exits_open(exits, PATIENCE, &hints) < 0)
		return fail(hints, "cannot wait for processes");
	if (exits_add(exits, peer.pidfd, peer.pid, part->name) < 0)
		return fail(epoll_hints, "cannot wait for process '%s'", part->text);
	if (gathering->has_exits)
		return 0;
	gathering->has_exits = true;
	return gatherpart_join(gathering, part, &exits->source, NULL);
}

/* ---- descriptors ---- */

static const struct name readiness[] = {
	{ "in", POLLIN }, { "pri", POLLPRI }, { "out", POLLOUT }, { "hup", POLLHUP }, { "" },
};

/* The bits of the comma list WORDS of LENGTH bytes by TABLE; false: it is none. */
static bool
parse_words(const struct name *table, const char *words, size_t length, uint64_t *bits)
{
	*bits = 0;
	for (;;) {
		const char *comma = memchr(words, ',', length);
		size_t size = comma ? (size_t)(comma - words) : length;
		uint64_t more;

		if (!names_find(table, words, size, &more))
			return false;
		*bits |= more;
		if (!comma)
			return true;
		words += size + 1;
		length -= size + 1;
	}
}

char *
gatherpart_cut_words(const char *text, const struct name *table, uint64_t *bits)
{
	char *before = memory_string(text), *colon = strrchr(before, ':');

	if (colon && parse_words(table, colon + 1, strlen(colon + 1), bits))
		*colon = '\0';
	return before;
}

static int
open_fd(struct gathering *gathering, struct part *part)
{
	uint64_t asked = POLLIN;
	char *number = gatherpart_cut_words(part->text, readiness, &asked);
	int64_t fd;

	if (num_integer(number, 0, INT32_MAX, &fd) < 0)
		return misuse("--fd: '%s' is not a descriptor such as 4 or 4:in,pri,out,hup",
			      part->text);
	part->text = number;
	if (descriptors_is_closed((int)fd))
		return failx("cannot wait for --fd %s: it is closed", part->text);
	if (ready_open(&part->ready, (int)fd, (short)asked) < 0)
		return fail(epoll_hints, "cannot wait for --fd %s", part->text);
	return gatherpart_join(gathering, part, &part->ready.source, NULL);
}

static int
open_eventfd(struct gathering *gathering, struct part *part)
{
	int64_t fd;
	int own;

	if (num_integer(part->text, 0, INT32_MAX, &fd) < 0)
		return misuse("--eventfd: '%s' is not a descriptor", part->text);
	if (eventfd_is((int)fd) != 1)
		return failx("--eventfd %s is not an eventfd (butter eventfd-exec creates one)",
			     part->text);
	/* It may be named twice. */
	own = descriptors_copy((int)fd);
	if (own < 0)
		return fail(epoll_hints, "cannot wait for --eventfd %s", part->text);
	counter_open(&part->counter, own);
	return gatherpart_join(gathering, part, &part->counter.source, NULL);
}

/* ---- all ---- */

static const struct kind kinds[] = {
	{ "at", "%E %s %t", open_at, NULL },
	{ "clock-change", "%E %s %v", open_clock_change, NULL },
	{ "eventfd", "%E %s %k", open_eventfd, NULL },
	{ "every", "%E %s %v %k", open_every, NULL },
	{ "fanotify", "%E %s %P %m", gatherpart_open_fanotify, gatherpart_judge_fanotify },
	{ "fd", "%E %s %v", open_fd, NULL },
	{ "inotify", "%E %s %p", gatherpart_open_inotify, gatherpart_judge_inotify },
	{ "pid", "%E %s %P %x %S", open_pid, NULL },
	{ "psi", "%E %s %p", gatherpart_open_psi, NULL },
	{ "signal", "%E %s %S %N %P %u %O %v %r", open_signal, NULL },
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

void
gathering_add(struct opt_table *table, struct gathering *gathering)
{
	struct opt_list *typed = &gathering->typed;

	opt_list(
		table, 0, "at", "TIME", typed,
		"when the wall clock shows TIME: @EPOCH, HH:MM[:SS] or YYYY-MM-DD[THH:MM[:SS][ZONE]]");
	opt_list(table, 0, "clock-change", "NAME", typed, "when somebody sets the wall clock")
		->otherwise = "clock-change";
	opt_list(table, 0, "eventfd", "FD", typed,
		 "when the counter of the eventfd FD is above 0, which is taken from it");
	opt_list(table, 0, "every", "DURATION", typed, "ticks, without drift");
	opt_list(table, 0, "fanotify", "PATH:EVENTS", typed,
		 "what happens below PATH (all, or only EVENTS), and who does it");
	opt_list(
		table, 0, "fd", "FD:WHAT", typed,
		"when the descriptor FD, from which nothing is read, becomes ready (in; in,pri,out)");
	opt_list(table, 0, "inotify", "PATH:EVENTS", typed,
		 "what happens to PATH (all, or only EVENTS)");
	opt_list(table, 0, "pid", "PID", typed, "when the process PID, of anybody's, ends");
	opt_list(
		table, 0, "psi", "RESOURCE", typed,
		"when tasks have stalled for want of cpu, io, irq or memory, by default for 200ms of 2s");
	opt_list(table, 0, "signal", "SIGNALS", typed,
		 "when one of these signals is sent to this process, such as TERM,HUP");
}

/* How many bytes of TEXT are a name with a `=` behind it; 0: there is none. */
static size_t
name_length(const char *text)
{
	size_t length =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");

	return text[length] == '=' ? length : 0;
}

/* Takes the name off what was typed, or gives it that of its kind. 0, or the status after a message. */
static int
set_name(struct part *part, const char *text)
{
	size_t length = name_length(text);
	char *name;

	if (part->kind->begin == open_clock_change) {
		if (strpbrk(text, " \t\n") || !*text)
			return misuse("--clock-change: '%s' is no name of a source", text);
		part->name = text;
		return 0;
	}
	part->name = part->kind->option;
	part->text = text;
	if (length) {
		name = memory_string(text);
		name[length] = '\0';
		part->name = name;
		part->text = text + length + 1;
	}
	return 0;
}

int
gathering_signals(const struct gathering *gathering, sigset_t *set)
{
	int status = 0;

	sigemptyset(set);
	for (size_t i = 0; i < gathering->typed.count && !status; i++) {
		const struct opt_item *item = &gathering->typed.items[i];
		size_t length = name_length(item->text);

		if (!strcmp(item->name, "signal"))
			status = add_signals(gathering, item->text + length + (length != 0), set);
	}
	return status;
}

int
gathering_open(struct gathering *gathering)
{
	int status = 0;

	if (merge_open(&gathering->merge) < 0)
		return fail(epoll_hints, "cannot wait for events");
	for (size_t i = 0; i < gathering->typed.count && !status; i++) {
		const struct opt_item *item = &gathering->typed.items[i];
		struct part *part = memory_get(sizeof(*part));

		for (size_t j = 0; j < KINDS; j++)
			if (!strcmp(item->name, kinds[j].option))
				part->kind = &kinds[j];
		status = set_name(part, item->text);
		if (!status)
			status = part->kind->begin(gathering, part);
	}
	return status;
}

static const struct part *
last_part(const struct gathering *gathering)
{
	return merge_last(&gathering->merge)->context;
}

enum gathering_what
gathering_judge(const struct gathering *gathering, const struct event *event)
{
	const struct part *part = last_part(gathering);

	return part->kind->judge ? part->kind->judge(part, event) : GATHERING_EVENT;
}

int
gathering_cannot_read(const struct gathering *gathering)
{
	const struct part *part = last_part(gathering);

	return fail(NULL, "cannot read the events of --%s '%s'", part->kind->option, part->text);
}

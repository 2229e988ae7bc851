/* SPDX-License-Identifier: MIT */
#include "event/census.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "kernel/signalfd.h"
#include "kernel/timerfd.h"

/* Events between two looks at signals and the clock. */
enum { TURN = 1024 };

/* On the page. */
static const char *const titles[TABLE_KINDS] = { "watched", "object", "process", "folder", "file" };

/* ---- Counting ---- */

void
census_uncover(struct census *census)
{
	screen_leave(&census->screen);
	census->outdated = true;
}

static void
tell(struct census *census, enum census_news news)
{
	int error = errno;

	census_uncover(census);
	errno = error;
	census->failed |= census->tell(news, census->context);
}

static void
lose(struct census *census)
{
	if (!census->sums.incomplete)
		tell(census, CENSUS_LOST);
	census->sums.incomplete = true;
	for (size_t i = 0; i < census->count; i++)
		census->lists[i].tally.incomplete = true;
}

/* Whose row it is, in a list of KIND, into KEY. False: nobody's. */
static bool
find_key(struct buffer *key, enum table_kind kind, const struct event *event)
{
	const struct doer *doer = event->doer;
	size_t length = event->dir_length;

	key->length = 0;
	switch (kind) {
	case TABLE_PROCESSES:
		if (!doer || !doer->pid)
			return false;
		buffer_print(key, "%d", (int)doer->pid);
		if (doer->comm)
			buffer_byte(key, ' ');
		buffer_add(key, doer->comm, doer->comm ? doer->comm_length : 0);
		return true;
	case TABLE_FOLDERS:
		/* Of a file that is watched itself, the one that it is in. */
		while (length && event->dir[length - 1] != '/')
			length--;
		buffer_add(key, event->dir, length);
		return length;
	case TABLE_FILES:
		if (event->is_dir)
			return false;
		buffer_add(key, event->dir, length);
		buffer_add(key, event->name, event->name_length);
		return key->length && key->data[key->length - 1] != '/';
	case TABLE_OBJECTS:
		buffer_add(key, event->dir, length);
		buffer_add(key, event->name, event->name_length);
		return length;
	default:
		buffer_add(key, event->dir, length);
		return event->dir;
	}
}

static void
count_in(struct census *census, struct census_list *list, const struct event *event)
{
	struct tally *tally = &list->tally;

	if (!find_key(&census->key, list->kind, event))
		return;
	tally_add(tally, buffer_string(&census->key), census->key.length, event->what);
	if (list->most && tally->count / 2 >= list->most)
		tally_trim(tally, list->hidden ? list->most : list->most / 2,
			   list->hidden ? 0 : list->most / 2);
}

struct turn {
	struct census *census;
	size_t left; /* events that may still be taken */
};

/* What was found by looking was never in the kernel's queue, and comes on top. */
static bool
take(const struct event *event, void *context)
{
	struct turn *turn = context;
	struct census *census = turn->census;

	if (event->what & census->lost) {
		lose(census);
	} else if (event->what & census->events
		   && (!census->wants || census->wants(event, census->context))) {
		tally_add(&census->sums, NULL, 0, event->what);
		for (size_t i = 0; i < census->count; i++)
			count_in(census, &census->lists[i], event);
		census->outdated = true;
	}
	return event->synthetic || --turn->left;
}

/* Takes MOST events, or all that are there: returns whether more may be. */
static bool
take_some(struct census *census, size_t most)
{
	struct turn turn = { census, most };

	if (source_drain(census->source, take, &turn) < 0) {
		tell(census, CENSUS_CANNOT_READ);
		census->ended = census->unreadable = true;
	}
	return !turn.left;
}

/* ---- The tables ---- */

static void
empty_line(struct census *census)
{
	buffer_byte(record_begin(&census->output), '\n');
	record_end(&census->output);
}

static void
print_tables(struct census *census, bool again)
{
	struct table *table = &census->table;
	bool json = table->style == TABLE_JSON;
	bool nothing = !census->sums.total, first = true;

	census_uncover(census);
	table->time = moment_now();
	if (nothing && !census->sums.incomplete)
		tell(census, CENSUS_NOTHING_CAME);
	if (table->zero && census->fill)
		census->fill(census->context);
	for (size_t i = 0; i < census->count; i++) {
		struct census_list *list = &census->lists[i];

		if (list->hidden || (nothing && table->style == TABLE_TEXT))
			continue;
		if (!first && !json)
			empty_line(census);
		first = false;
		table->kind = list->kind;
		table_print(&census->output, table, &list->tally);
	}
	if (again && !json)
		empty_line(census);
}

/* ---- The page ---- */

static void
draw(struct census *census, int64_t now)
{
	struct live shown = { .count = census->count,
			      .sums = &census->sums,
			      .watches = census->watches ? census->watches(census->context) : 0,
			      .elapsed = now - census->started,
			      .colours = census->colours };
	struct buffer page = { 0 };
	size_t columns, lines;

	for (size_t i = 0; i < census->count; i++)
		shown.sections[i] = (struct live_section){ titles[census->lists[i].kind],
							   &census->lists[i].tally };
	screen_size(census->fd, &columns, &lines);
	live_page(&page, &shown, columns, lines);
	census->outdated = !screen_draw(&census->screen, &page);
	buffer_done(&page);
	census->drawn = now;
}

static void
refresh(struct census *census, int64_t now)
{
	if (now - census->sampled >= NUM_SECOND) {
		tally_sample(&census->sums, now - census->sampled);
		for (size_t i = 0; i < census->count; i++)
			tally_sample(&census->lists[i].tally, now - census->sampled);
		census->sampled = now;
		census->outdated = true;
	}
	if (census->outdated && now - census->drawn >= SCREEN_INTERVAL)
		draw(census, now);
}

/* ---- The loop ---- */

/* Ends as the signal would have ended it, had it not been read. */
static void
die_of(struct census *census, int signal)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };

	census_uncover(census);
	sigaction(signal, &usual, NULL);
	sigprocmask(SIG_SETMASK, &census->mask_before, NULL);
	raise(signal);
	census->ended = true; /* whoever started us has blocked it */
}

static void
obey(struct census *census, int signal)
{
	switch (signal) {
	case SIGUSR1:
		print_tables(census, true);
		break;
	case SIGWINCH:
		census->outdated = true;
		break;
	case SIGTSTP:
		census_uncover(census);
		raise(SIGSTOP);
		break;
	case SIGQUIT:
		die_of(census, signal);
		break;
	default:
		census->ended = true;
	}
}

/* From now on signals are read. Those of the terminal change the page or leave it. */
static int
catch_signals(struct census *census)
{
	static const int always[] = { SIGALRM, SIGHUP, SIGINT, SIGTERM, SIGUSR1, 0 },
			 page[] = { SIGQUIT, SIGTSTP, SIGWINCH, 0 };
	sigset_t set;

	sigemptyset(&set);
	for (const int *signal = always; *signal; signal++)
		sigaddset(&set, *signal);
	for (const int *signal = page; *signal && census->live; signal++)
		sigaddset(&set, *signal);
	census->signals = signalfd_open(&set, &census->mask_before);
	return census->signals < 0 ? -1 : 0;
}

/* Sleeps until there are events or signals, the reader takes more, or it is time for something: at most until
 * DEADLINE. */
static void
sleep_until_ready(struct census *census, int64_t now, int64_t deadline)
{
	struct pollfd fds[] = {
		{ .fd = census->source->fd, .events = POLLIN },
		{ .fd = census->signals, .events = POLLIN },
		{ .fd = record_size(&census->output) ? census->output.fd : -1, .events = POLLOUT },
	};
	struct timespec wait;

	if (census->live && census->sampled + NUM_SECOND < deadline)
		deadline = census->sampled + NUM_SECOND;
	if (census->live && census->outdated && census->drawn + SCREEN_INTERVAL < deadline)
		deadline = census->drawn + SCREEN_INTERVAL;
	if (deadline < now)
		return;
	wait = (struct timespec){ (deadline - now) / NUM_SECOND, (deadline - now) % NUM_SECOND };
	/* Whatever it says, the loop looks at all of them. */
	source_sleep(census->source, fds, sizeof(fds) / sizeof(*fds),
		     deadline == NUM_FOREVER ? NULL : &wait);
}

static void
count_until(struct census *census, int64_t deadline)
{
	while (!census->ended) {
		bool more = take_some(census, TURN);
		int64_t now = timerfd_now(CLOCK_MONOTONIC);
		int signal;

		while (!census->ended && (signal = signalfd_next(census->signals)) > 0)
			obey(census, signal);
		if (!census->ended && !more && census->roots && !census->roots(census->context)) {
			tell(census, CENSUS_LEFT_ALONE);
			census->ended = true;
		}
		census->ended |= now >= deadline;
		if (record_flush(&census->output, false) < 0)
			census->ended = true; /* the last flush tells it */
		if (census->live && !census->ended && !record_size(&census->output))
			refresh(census, now);
		if (!census->ended && !more)
			sleep_until_ready(census, now, deadline);
	}
	/* What had happened by now counts; what comes meanwhile need not. */
	if (!census->unreadable)
		take_some(census, source_waiting(census->source) / census->record + 1);
}

int
census_open(struct census *census)
{
	if (catch_signals(census) < 0)
		return -1;
	tally_open(&census->sums, census->names, census->events);
	for (size_t i = 0; i < census->count; i++)
		tally_open(&census->lists[i].tally, census->names, census->events);
	record_open(&census->output, census->fd, SIZE_MAX);
	census->screen = (struct screen){ .fd = census->fd };
	census->started = census->sampled = timerfd_now(CLOCK_MONOTONIC);
	return 0;
}

int
census_run(struct census *census)
{
	int64_t deadline = NUM_FOREVER;

	if (census->timeout != NUM_FOREVER
	    && __builtin_add_overflow(census->started, census->timeout, &deadline))
		deadline = NUM_FOREVER;
	count_until(census, deadline);
	print_tables(census, false);
	return record_flush(&census->output, true) < 0 ? -1 : 0;
}

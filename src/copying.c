/* SPDX-License-Identifier: MIT */
#include "copying.h"

#include <errno.h>
#include <signal.h>

#include "cli/say.h"
#include "process/signals.h"

enum { PIPE_LEAST = 4096 };

void
copying_add_pipe_size(struct opt_table *table, struct copying *copying, const char *help)
{
	opt_size(table, 0, "pipe-size", &copying->pipe_size, help);
}

void
copying_add_rate(struct opt_table *table, struct copying *copying)
{
	opt_rate(table, 0, "rate", &copying->rate, "no more than SIZE bytes in a second");
}

void
copying_add_reports(struct opt_table *table, struct copying *copying)
{
	opt_flag(table, 0, "progress", &copying->progress,
		 "show how far it is on a terminal, after a second");
	opt_flag(table, 0, "stats", &copying->stats,
		 "say bytes, seconds, calls and way on standard error at the end");
	opt_flag(table, 'j', "json", &copying->json, "with --stats: as JSON, an object a line");
}

int
copying_check(const struct copying *copying)
{
	if (copying->json && !copying->stats)
		return misuse("--json needs --stats");
	if (copying->pipe_size < PIPE_LEAST)
		return misuse("--pipe-size: at least %d", PIPE_LEAST);
	return 0;
}

void
copying_listen(const struct copying *copying)
{
	stats_answer(&copying->meter);
}

void
copying_begin(struct copying *copying, uint64_t total)
{
	struct sigaction now;

	sigaction(SIGPIPE, NULL, &now);
	copying->outlives = copying->stats && now.sa_handler != SIG_IGN;
	if (copying->outlives)
		signals_ignore(SIGPIPE);
	signals_ignore(SIGXFSZ);
	copying->meter = (struct meter){ .rate = copying->rate,
					 .draws = copying->progress && progress_wanted(),
					 .total = total };
	meter_begin(&copying->meter);
}

bool
copying_is_left(struct copying *copying)
{
	bool is_left = copying->outlives && errno == EPIPE;

	copying->left |= is_left;
	return is_left;
}

void
copying_say(const struct copying *copying, const struct stats_way *ways, size_t count)
{
	if (copying->stats)
		stats_say(&copying->meter, ways, count, copying->json);
	if (!copying->left)
		return;
	signals_restore(SIGPIPE);
	raise(SIGPIPE);
}

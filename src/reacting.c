/* SPDX-License-Identifier: MIT */
#include "reacting.h"

#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "cli/num.h"
#include "cli/say.h"
#include "kernel/pid.h"
#include "memory.h"
#include "process/signals.h"

/* With --batch, events that follow each other as fast as this make one run. */
#define DEBOUNCE_BATCH (50 * (NUM_SECOND / 1000))

static const struct name busy[] = {
	{ "queue", REACT_QUEUE },
	{ "skip", REACT_SKIP },
	{ "restart", REACT_RESTART },
	{ "" },
};

void
reacting_add_exec(struct opt_table *table, struct reacting *reacting)
{
	opt_flag(table, 'x', "exec", &reacting->execute,
		 "run COMMAND, which stands after --; its arguments {} become the path");
}

void
reacting_add_batch(struct opt_table *table, struct reacting *reacting)
{
	opt_flag(table, 0, "batch", &reacting->batch,
		 "--exec: one run for all events that come together");
}

void
reacting_add_debounce(struct opt_table *table, struct reacting *reacting)
{
	opt_duration(
		table, 0, "debounce", &reacting->debounce,
		"--exec: run when no event has come for DURATION (default: 0, with --batch 50ms)");
}

void
reacting_add_on_busy(struct opt_table *table, struct reacting *reacting)
{
	opt_choice(
		table, 0, "on-busy", "ACTION", busy, &reacting->busy,
		"--exec: let events that come while COMMAND runs wait, skip them, or restart it");
}

void
reacting_add_command(struct opt_table *table, struct reacting *reacting)
{
	opt_command(table, &reacting->command);
}

int
reacting_check(const struct reacting *reacting)
{
	if (reacting->execute && !(reacting->command && reacting->command[0]))
		return misuse("--exec needs a command after --");
	if (!reacting->execute && (reacting->batch || reacting->busy || reacting->debounce >= 0))
		return misuse("--batch, --debounce and --on-busy need --exec");
	return 0;
}

char **
reacting_operands(const struct reacting *reacting, int *count, char **texts)
{
	static char **all; /* its arguments live as long */

	all = memory_resize(all, (size_t)*count + 1, sizeof(*all));
	for (int i = 0; i < *count; i++)
		all[i] = texts[i];
	for (char **operand = reacting->command; !reacting->execute && operand && *operand;
	     operand++) {
		all = memory_resize(all, (size_t)*count + 2, sizeof(*all));
		all[(*count)++] = *operand;
	}
	return all;
}

/* CONTEXT: the command's name. */
static void
tell_news(enum react_news news, const char *path, int64_t value, void *context)
{
	const char *command = context;

	errno = (int)value;
	switch (news) {
	case REACT_FAILED:
		if (value > 128 && value < 128 + NSIG)
			failx("'%s' for '%s' was ended by signal %d (%s)", command, path,
			      (int)value - 128, strsignal((int)value - 128));
		else
			failx("'%s' for '%s' ended with status %d", command, path, (int)value);
		break;
	case REACT_SKIPPED:
		note("events skipped while '%s' was running: %" PRId64, command, value);
		break;
	case REACT_DELAYED:
		fail(pid_start_hints, "cannot start '%s', trying again", command);
		break;
	case REACT_TOO_LONG:
		errno = E2BIG;
		fail(NULL, "cannot run '%s' for '%s'", command, path);
	}
}

void
reacting_open(struct reacting *reacting, bool once)
{
	bool together = reacting->batch || reacting->busy == REACT_RESTART;

	reacting->react = (struct react){ .command = reacting->command,
					  .together = together,
					  .once = once,
					  .debounce = reacting->debounce >= 0 ? reacting->debounce
						      : together              ? DEBOUNCE_BATCH
									      : 0,
					  .busy = (enum react_busy)reacting->busy,
					  .tell = tell_news,
					  .context = reacting->command[0] };
	react_open(&reacting->react);
}

enum watch_verdict
reacting_to_loss(const struct reacting *reacting, bool asked, bool fails, bool repaired)
{
	enum watch_verdict verdict = asked ? WATCH_SHOW : WATCH_TELL;

	if (fails)
		return verdict | WATCH_FAIL;
	if (reacting->execute && !repaired && !react_needs_paths(&reacting->react))
		verdict |= WATCH_REACT;
	return verdict;
}

int
reacting_end(struct reacting *reacting, enum watch_end end, int status)
{
	struct react *react = &reacting->react;

	react_close(react);
	if (end == WATCH_SIGNALLED)
		return signals_end();
	if (react->error) {
		errno = react->error;
		fail(pid_start_hints, "cannot run '%s'", reacting->command[0]);
		return react->status;
	}
	if (end == WATCH_CANNOT_READ || end == WATCH_CANNOT_WRITE || end == WATCH_FAILED)
		return status;
	if (react->once && (react->ran || react->status))
		return react->status;
	return react->once && end == WATCH_STOPPED ? EXEC_FAILED : status;
}

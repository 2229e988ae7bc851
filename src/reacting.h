/* SPDX-License-Identifier: MIT */
/*
 * What the applets that run a command for events have in common on their command lines: the rows
 * of their tables (cli/opt.h), and the way from there to a reaction (event/react.h), with messages.
 */
#ifndef BUTTER_REACTING_H
#define BUTTER_REACTING_H

#include "cli/opt.h"
#include "event/react.h"
#include "event/watch.h"

struct reacting {
	bool execute, batch;
	char **command;   /* what stands after -- */
	int64_t debounce; /* nanoseconds; -1: not given */
	uint64_t busy;    /* enum react_busy */
	struct react react;
};

extern const struct name reacting_busy[];

#define REACTING_EXEC(reacting)                                                                    \
	{                                                                                          \
		OPT_FLAG, 'x', "exec", NULL, &(reacting).execute,                                  \
			"run COMMAND, which stands after --; its arguments {} become the path"     \
	}

#define REACTING_BATCH(reacting)                                                                   \
	{                                                                                          \
		OPT_FLAG, 0, "batch", NULL, &(reacting).batch,                                     \
			"--exec: one run for all events that come together"                        \
	}

#define REACTING_DEBOUNCE(reacting)                                                                       \
	{                                                                                                 \
		OPT_DURATION, 0, "debounce", "DURATION", &(reacting).debounce,                            \
			"--exec: run when no event has come for DURATION (default: 0, with --batch 50ms)" \
	}

#define REACTING_ON_BUSY(reacting)                                                                        \
	{                                                                                                 \
		OPT_CHOICE, 0, "on-busy", "ACTION", &(reacting).busy,                                     \
			"--exec: let events that come while COMMAND runs wait, skip them, or restart it", \
			reacting_busy, 0, 0                                                               \
	}

#define REACTING_COMMAND(reacting)                                                                 \
	{                                                                                          \
		.kind = OPT_COMMAND, .argument = "[-- COMMAND [ARG ...]]",                         \
		.value = &(reacting).command                                                       \
	}

/* What goes with what. 0, or the status after a message. */
int reacting_check(const struct reacting *reacting);

/*
 * The operands: the *COUNT ones of TEXTS, and without --exec, where `--` ends the options as it does
 * elsewhere, also what follows that. They live as long as the program.
 */
char **reacting_operands(const struct reacting *reacting, int *count, char **texts);

/* Readies what is run; with ONCE only for the first events. */
void reacting_open(struct reacting *reacting, bool once);

/* Frees it. The applet's status when the watch has come to END, which without a command is STATUS. */
int reacting_end(struct reacting *reacting, enum watch_end end, int status);

#endif

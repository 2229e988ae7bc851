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
	uint64_t busy;    /* enum react_busy; 0: not given */
	struct react react;
};

/* Each adds the option of its name to TABLE; they fill REACTING. */
void reacting_add_exec(struct opt_table *table, struct reacting *reacting);
void reacting_add_batch(struct opt_table *table, struct reacting *reacting);
void reacting_add_debounce(struct opt_table *table, struct reacting *reacting);
void reacting_add_on_busy(struct opt_table *table, struct reacting *reacting);
void reacting_add_command(struct opt_table *table, struct reacting *reacting);

/* What goes with what. 0, or the status after a message. */
int reacting_check(const struct reacting *reacting);

/*
 * The operands: the *COUNT ones of TEXTS, and without --exec, where `--` ends the options as it does
 * elsewhere, also what follows that. They live as long as the program.
 */
char **reacting_operands(const struct reacting *reacting, int *count, char **texts);

/* Readies what is run; with ONCE only for the first events. */
void reacting_open(struct reacting *reacting, bool once);

/*
 * What is to be done where events are lost, which is ASKED for as an event, FAILS the watch, or is REPAIRED:
 * told is all that is different now. A command hears of it where it is not; but one that is for paths could
 * do anything without, and is run for this only where that is asked for.
 */
enum watch_verdict reacting_to_loss(const struct reacting *reacting, bool asked, bool fails,
				    bool repaired);

/* Frees it. The applet's status when the watch has come to END, which without a command is STATUS. */
int reacting_end(struct reacting *reacting, enum watch_end end, int status);

#endif

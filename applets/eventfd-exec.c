/* SPDX-License-Identifier: MIT */
/*
 * eventfd-exec: run a command that has an eventfd, a counter in the kernel without a name, and so have all
 * that it starts: eventfd-post adds to it, eventfd-wait waits for that, eventfd-run takes a token of it for
 * the time of a command. With --robust a token comes back also from who was killed, which no lock file, FIFO
 * or jobserver does.
 */
#include <stdio.h>
#include <stdlib.h>

#include "applet.h"
#include "cli/say.h"
#include "counting.h"
#include "kernel/epoll.h"
#include "kernel/eventfd.h"
#include "kernel/pid.h"
#include "kernel/signalfd.h"
#include "memory.h"
#include "process/descriptors.h"
#include "process/exec.h"
#include "process/keeper.h"
#include "process/signals.h"
#include "starting.h"

/* What every shell can name. */
enum { LOWEST = 3, HIGHEST = 9 };

static const char *initial;
static int64_t wanted;
static bool semaphore, robust;

static void
options(struct opt_table *table)
{
	opt_string(table, 'i', "initial", "N", &initial, "what the counter begins with; default 0");
	opt_integer(table, 0, "fd", "FD", LOWEST, HIGHEST, &wanted,
		    "the number that it has in COMMAND; default: the first of 3 to 9 that is free");
	opt_flag(table, 0, "robust", &robust,
		 "a semaphore whose tokens come back from jobs of eventfd-run that are killed");
	opt_flag(table, 0, "semaphore", &semaphore, "who takes from it takes 1, not all there is");
}

/* NAME=NUMBER; free(3) it. */
static char *
variable(const char *name, int number)
{
	char text[64];

	snprintf(text, sizeof(text), "%s=%d", name, number);
	return memory_string(text);
}

/* This process becomes the command. */
static int
become(int fd, int to, char **command)
{
	int status;

	if (putenv(variable(COUNTING_FD, to)) != 0 || unsetenv(COUNTING_KEEPER) < 0
	    || descriptors_give(fd, to) < 0)
		return fail(NULL, "cannot hand down the eventfd as %d", to);
	status = exec_become(command);
	fail(pid_start_hints, "cannot run '%s'", command[0]);
	return status;
}

/* This process keeps the tokens beside the command. */
static int
keep(int fd, int to, char **command)
{
	struct keeper keeper;
	int number = descriptors_free(HIGHEST + 1), status;
	char *extra[] = { variable(COUNTING_FD, to), variable(COUNTING_KEEPER, number), NULL };
	struct spawn_fd handed[] = { { fd, to }, { -1, number } };
	struct supervise supervise = {
		.argv = command, .extra = extra, .handed = handed, .handed_count = 2
	};

	if (keeper_open(&keeper, fd) < 0)
		return fail(eventfd_hints, "cannot make the sockets of --robust");
	handed[1].fd = keeper.shared;
	if (supervise_open(&supervise) < 0)
		return fail(signalfd_hints, "cannot receive signals");
	status = starting_run(&supervise);
	if (!status)
		status = keeper_run(&keeper, &supervise) < 0
				 ? fail(epoll_read_hints, "cannot keep the tokens")
				 : supervise.status;
	keeper_close(&keeper);
	supervise_close(&supervise);
	return supervise.signal ? signals_end_by(supervise.signal) : status;
}

static int
eventfd_exec_run(int count, char **operands)
{
	int fd, to = wanted ? (int)wanted : descriptors_free(LOWEST);
	uint64_t first = 0;
	int status = initial ? counting_number("--initial", initial, 0, &first) : 0;

	(void)count;
	if (status)
		return status;
	if (to > HIGHEST)
		return failx(
			"descriptors 3 to 9 are all in use (say with --fd which one to replace)");
	fd = eventfd_open(first, semaphore || robust);
	if (fd < 0)
		return fail(eventfd_hints, "cannot create an eventfd");
	return robust ? keep(fd, to, operands) : become(fd, to, operands);
}

const struct applet applet_eventfd_exec = {
	.name = "eventfd-exec",
	.summary = "run a command and all below it with a counter that they share",
	.operands = "COMMAND [ARG ...]",
	.min = 1,
	.max = APPLET_ANY,
	.wrapper = true,
	.failure = EXEC_FAILED,
	.options = options,
	.run = eventfd_exec_run,
};

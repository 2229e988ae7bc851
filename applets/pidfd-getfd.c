/* SPDX-License-Identifier: MIT */
/*
 * pidfd-getfd: run a command that has a descriptor of another process, the same open file, as one of its own:
 * to look at a deleted log, to read on from where the other one is, to post to an eventfd that has no name.
 */
#include <limits.h>
#include <stdint.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "namespaces/handing.h"
#include "process/descriptors.h"
#include "process/exec.h"
#include "targeting.h"

static int64_t to = 3;
static char **command;

static void
options(struct opt_table *table)
{
	opt_integer(table, 0, "to", "N", 0, INT_MAX, &to,
		    "the descriptor's number in the command; default 3");
	opt_command(table, &command);
}

static int
pidfd_getfd_run(int operands, char **texts)
{
	struct peer peer;
	int64_t number;
	int fd, status;

	(void)operands;
	status = targeting_parse(texts[0], &peer);
	if (status)
		return status;
	if (num_integer(texts[1], 0, INT_MAX, &number) < 0)
		return misuse("'%s' is no number of a descriptor", texts[1]);
	if (!command || !command[0])
		return misuse("missing COMMAND after --");
	status = targeting_open(texts[0], &peer, NULL);
	if (status)
		return status;
	fd = pidfd_take(peer.pidfd, (int)number);
	if (fd < 0)
		return fail(pidfd_take_hints, "cannot take descriptor %d of process %d",
			    (int)number, (int)peer.pid);
	/* (The first of these may be the number that is wanted.) */
	peer_close(&peer);
	if (descriptors_give(fd, (int)to) < 0)
		return fail(handing_hints, "cannot make it descriptor %d", (int)to);
	status = exec_become(command);
	fail(pid_start_hints, "cannot run '%s'", command[0]);
	return status;
}

const struct applet applet_pidfd_getfd = {
	.name = "pidfd-getfd",
	.summary = "run a command that has a descriptor of another process",
	.operands = "PID FD",
	.min = 2,
	.max = 2,
	.failure = EXEC_FAILED,
	.options = options,
	.run = pidfd_getfd_run,
};

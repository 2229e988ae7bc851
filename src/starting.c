/* SPDX-License-Identifier: MIT */
#include "starting.h"

#include "cli/say.h"
#include "kernel/pid.h"

/* What cannot be done with the command before it is one, and what to do where a profile has refused that. */
static const struct refusal {
	const char *verb, *rest, *advice;
} refusals[] = {
	[SPAWN_GROUP] = { "run", " in a process group of its own",
			  "a seccomp profile is in the way: allow setpgid" },
	[SPAWN_TERMINAL] = { "give", " the terminal",
			     "a seccomp profile is in the way: allow ioctl" },
	[SPAWN_DEATH_SIGNAL] = { "tie", " to this process",
				 "a seccomp profile is in the way: allow prctl" },
	[SPAWN_DESCRIPTORS] = { "hand", " its descriptors",
				"a seccomp profile is in the way: allow dup3 and fcntl" },
};

static void
tell(const struct supervise *supervise)
{
	const struct refusal *refusal = &refusals[supervise->step];
	const struct hint hints[] = { { EPERM, refusal->advice, 0 },
				      { ENOSYS, refusal->advice, 0 },
				      { 0, NULL, 0 } };
	const char *name = supervise->argv[0];

	if (supervise->step == SPAWN_PROCESS || supervise->step == SPAWN_EXEC)
		fail(pid_start_hints, "cannot run '%s'", name);
	else
		fail(hints, "cannot %s '%s'%s", refusal->verb, name, refusal->rest);
}

int
starting_run(struct supervise *supervise)
{
	int status = supervise_start(supervise);

	if (status)
		tell(supervise);
	return status < 0 ? EXEC_FAILED : status;
}

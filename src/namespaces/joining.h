/* SPDX-License-Identifier: MIT */
/* A command run in namespaces that others are in, with messages. */
#ifndef BUTTER_JOINING_H
#define BUTTER_JOINING_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/opt.h"
#include "namespaces/entering.h"
#include "process/identity.h"

struct joining {
	/* For the caller to fill. */
	const char *target;                 /* the process, as targeting.h has it; NULL */
	int pidfd;                          /* the same, open; -1 */
	const char *files[NAMESPACE_KINDS]; /* "": that of the process; NULL: that of now */
	bool all;                           /* all of the process that are others than ours */
	const char *root, *folder;          /* "": those of the process; NULL: as they come */
	const char *inner_folder;           /* looked for inside */
	bool environment, cgroup;           /* those of the process */
	const char *user, *group;           /* inside, or follow; NULL: root in a user namespace */
	bool preserves;                     /* user, groups and capabilities are what they are */
	bool keeps_capabilities;
	bool forks_not;
	struct opt_list kept;
	char **operands; /* the command, so many words; none: a shell */
	int count;

	/* Its own. */
	struct entering entering;
	int root_fd, folder_fd, cgroup_fd;
	bool is_other; /* the command is to be, and not who this process is: */
	struct identity identity;
};

/*
 * Where somebody inside could come by the program's file, the program begins again from a copy of it. 0: this
 * process may go in; or the status after a message.
 */
int joining_seal(const struct joining *joining);

/* Runs it. The status to end with. */
int joining_run(struct joining *joining);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * nsenter: runs a command in the namespaces of another process, or of files: to look into a container, or
 * to do something there that it has no tools for. It is one step of the kernel where that can do it, hands
 * nothing down that was not asked for, and cannot be used from inside to change the program outside.
 */
#include "applet.h"
#include "cli/say.h"
#include "namespaces/joining.h"
#include "process/exec.h"

static struct joining joining = { .pidfd = -1 };
static bool follow_context;

static void
options(struct opt_table *table)
{
	static const char *const helps[NAMESPACE_KINDS] = {
		"the user namespace of the process, or of FILE",
		"the cgroup namespace",
		"the namespace of System V IPC and message queues",
		"the namespace of host names",
		"the network namespace",
		"the pid namespace, in a child",
		"the time namespace",
		"the mount namespace",
	};
	struct opt *row;

	opt_flag(table, 'a', "all", &joining.all, "all that are others than those of now");
	opt_flag(table, 'c', "join-cgroup", &joining.cgroup, "be in the cgroup of the process");
	opt_flag(table, 'e', "env", &joining.environment, "have the environment of the process");
	opt_flag(table, 'F', "no-fork", &joining.forks_not, "become the command, also with -p");
	opt_flag(table, 'Z', "follow-context", &follow_context,
		 "nothing but a message: butter knows nothing of SELinux");
	opt_string(table, 't', "target", "PID", &joining.target, "the process");
	opt_string(table, 'G', "setgid", "GROUP", &joining.group,
		   "run it with GROUP, or follow the process");
	opt_string(table, 'S', "setuid", "USER", &joining.user,
		   "run it as USER, or follow the process");
	opt_string(table, 'W', "wdns", "DIR", &joining.inner_folder,
		   "make DIR, as it is inside, the current folder");
	for (int i = 0; i < NAMESPACE_KINDS; i++) {
		const struct namespace_kind *kind = &namespace_kinds[i];

		row = opt_string(table, kind->letter, kind->name, "FILE", &joining.files[i],
				 helps[i]);
		row->otherwise = "";
		row->is_bundled = true;
	}
	row = opt_string(table, 'r', "root", "DIR", &joining.root,
			 "make the root of the process, or DIR, the root");
	row->otherwise = "";
	row->is_bundled = true;
	row = opt_string(table, 'w', "wd", "DIR", &joining.folder,
			 "make the current folder of the process, or DIR, the current one");
	row->otherwise = "";
	row->is_bundled = true;
	opt_flag(table, 0, "keep-caps", &joining.keeps_capabilities,
		 "the command has all capabilities that there are in the user namespace");
	opt_list(table, 0, "keep-fd", "N", &joining.kept, "the command gets descriptor N, too");
	opt_fd(table, 0, "pidfd", &joining.pidfd, "the process, by its pidfd");
	opt_flag(table, 0, "preserve-credentials", &joining.preserves,
		 "user and groups stay what they are");
}

static int
nsenter_run(int count, char **operands)
{
	int status = joining_seal(&joining);

	if (status)
		return status;
	if (follow_context)
		note("--follow-context: butter knows nothing of SELinux, and changes no context");
	joining.operands = operands;
	joining.count = count;
	return joining_run(&joining);
}

const struct applet applet_nsenter = {
	.name = "nsenter",
	.summary = "run a command in the namespaces of another process",
	.operands = "[COMMAND [ARG ...]]",
	.min = 0,
	.max = APPLET_ANY,
	.wrapper = true,
	.failure = EXEC_FAILED,
	.options = options,
	.run = nsenter_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * limited SECONDS COMMAND...: becomes COMMAND, which SIGALRM ends after SECONDS: an alarm(2) outlives execve(2).
 * As timeout(1), for a command that runs no others, at no process of its own: a suite has ten thousand of them.
 */
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	alarm((unsigned)strtoul(argv[1], NULL, 10));
	execvp(argv[2], argv + 2);
	return 127;
}

/* SPDX-License-Identifier: MIT */
#include "kernel/clone.h"

#include <signal.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t
clone_start(uint64_t flags)
{
	unsigned long how = (unsigned long)flags | SIGCHLD;

	if (!flags)
		return fork();
#ifdef __s390__
	return (pid_t)syscall(SYS_clone, NULL, how, NULL, NULL, NULL);
#else
	return (pid_t)syscall(SYS_clone, how, NULL, NULL, NULL, NULL);
#endif
}

/* SPDX-License-Identifier: MIT */
#include "kernel/reserved.h"

#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FIRST = 32, SET_SIZE = 8 /* bytes of the kernel's sets */ };

void
reserved_let(void)
{
	/* All zero the kernel's structure means that, whatever the order of its members. */
	const uint64_t plain[8] = { 0 };

	for (int signal = FIRST; signal < SIGRTMIN; signal++)
		syscall(SYS_rt_sigaction, signal, plain, NULL, SET_SIZE);
}

void
reserved_unblock(void)
{
	enum { BITS = 8 * sizeof(long) };
	unsigned long set[SET_SIZE / sizeof(long)] = { 0 };

	for (int signal = FIRST; signal < SIGRTMIN; signal++)
		set[(signal - 1) / BITS] |= 1UL << ((signal - 1) % BITS);
	syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, set, NULL, SET_SIZE);
}

/* SPDX-License-Identifier: MIT */
/* A command run in new namespaces, by one process outside of them and one inside, with messages. */
#ifndef BUTTER_ENCLOSING_H
#define BUTTER_ENCLOSING_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/clone.h"
#include "namespaces/keeping.h"
#include "namespaces/mapping.h"
#include "namespaces/unsharing.h"

struct enclosing {
	struct unsharing inside;
	const struct mapping *mapping;
	struct keeping keeping;
	/* How the process is made; its flags: those kinds that it begins in, no others than inside's. */
	struct clone_order order;
	char **command;
	bool has_self;      /* the process has a pidfd of itself: */
	int self;           /* this descriptor */
	bool init;          /* the command runs below a process 1 of ours */
	int death_signal;   /* process 1, or the command, gets it when this process ends; 0: none */
	int64_t kill_after; /* nanoseconds after one has come that asks to end; 0: never */
	/*
	 * Told the number of that process once the command runs. 0, or the status after a message. NULL:
	 * nobody.
	 */
	int (*runs)(pid_t pid);
	bool detaches; /* and nobody stands for it from then on */
};

/* Runs it as a child, and stands for it until it ends. The status to end with. */
int enclosing_run(struct enclosing *enclosing);

/* Becomes it. Returns only where that fails: the status, after a message. */
int enclosing_become(struct enclosing *enclosing);

#endif

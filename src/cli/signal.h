/* SPDX-License-Identifier: MIT */
/* Signals by name and number; signal(7). */
#ifndef BUTTER_SIGNAL_H
#define BUTTER_SIGNAL_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	SIGNAL_LARGEST = 64,
	SIGNAL_NAME_SIZE = 12, /* RTMIN+15 and a NUL, with room for a sign and a number */
};

/*
 * The number of the signal that the LENGTH bytes at TEXT are: TERM, SIGTERM, in any case, RTMIN, RTMIN+3,
 * RTMAX-1, or a number from 1 to SIGNAL_LARGEST; 0: there is none.
 */
int signal_find(const char *text, size_t length);

/* Its name without SIG, as kill -l has it: TERM, RTMIN+1; its number for one that libc keeps to itself. */
void signal_name(int signal, char name[SIGNAL_NAME_SIZE]);

/* The name that somebody who typed the LENGTH bytes at TEXT may have meant; NULL: nobody knows. */
const char *signal_nearest(const char *text, size_t length);

/*
 * Adds the signals of a comma list to *SET; `all` are all that a process can block, or with RECEIVED all that
 * can come to one that does. -1: the *WRONG_LENGTH bytes at *WRONG are none.
 */
int signal_add_list(sigset_t *set, const char *list, bool received, const char **wrong,
		    size_t *wrong_length);

/* Whether nobody can block, catch or ignore SIGNAL: KILL and STOP. */
bool signal_is_sovereign(int signal);

/*
 * Whether SIGNAL tells a process of a mistake of its own, such as SEGV: who blocks it dies of it, and who
 * reads it from a descriptor never sees it.
 */
bool signal_is_own_fault(int signal);

#endif

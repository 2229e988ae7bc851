/* SPDX-License-Identifier: MIT */
/* Signals as they are typed on a command line, with messages about those that are none. */
#ifndef BUTTER_SIGNALLING_H
#define BUTTER_SIGNALLING_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

/* *SIGNAL is the one that TEXT is (cli/signal.h). 0, or the status after a message, for SHOWN. */
int signalling_find(const char *shown, const char *text, int *signal);

/*
 * Adds the signals of a comma list to *SET; with RECEIVED only those that can come to whoever blocks them.
 * 0, or the status after a message, for SHOWN.
 */
int signalling_add(const char *shown, sigset_t *set, const char *list, bool received);

#endif

/* SPDX-License-Identifier: MIT */
/* The process that starts the responder, and kills it when it is silent. It has no fanotify descriptor. */
#ifndef BUTTER_GUARD_H
#define BUTTER_GUARD_H

#include "permit/permit.h"

/*
 * Starts the responder with the channels OUT to the main process and ASKER (-1: none), and tells through OUT
 * why it ended. Returns the status to exit with.
 */
int guard_run(const struct permit *permit, int out, int asker);

#endif

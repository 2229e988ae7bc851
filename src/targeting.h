/* SPDX-License-Identifier: MIT */
/* Processes as they are typed on a command line, with messages about those that are none. */
#ifndef BUTTER_TARGETING_H
#define BUTTER_TARGETING_H

#include <stdbool.h>

#include "process/peer.h"

/* *PEER is what TEXT says. 0, or the status after a message. */
int targeting_parse(const char *text, struct peer *peer);

/*
 * Opens PEER, which TEXT names. 0, or the status after a message; GONE: that it is not there any more is no
 * failure, and *GONE.
 */
int targeting_open(const char *text, struct peer *peer, bool *gone);

#endif

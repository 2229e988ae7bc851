/* SPDX-License-Identifier: MIT */
/* The process that runs the command which is asked, for several requests at once. */
#ifndef BUTTER_ASKER_H
#define BUTTER_ASKER_H

enum { ASKER_MAX = 16 }; /* commands at once; further requests are not sent to it */

/*
 * Runs COMMAND for each request that comes through CHANNEL, and tells how it ended, until CHANNEL
 * hangs up. A command has the request in BUTTER_EVENT, BUTTER_PATH, BUTTER_PID, BUTTER_COMM and
 * BUTTER_UID, and as a JSON line on its standard input; its standard output is standard error. It is
 * killed when it is late. Returns the status to exit with.
 */
int asker_run(char **command, int channel);

#endif

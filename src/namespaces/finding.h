/* SPDX-License-Identifier: MIT */
/* What joining needs of outside: the process, and what is opened as long as that has names, with messages. */
#ifndef BUTTER_FINDING_H
#define BUTTER_FINDING_H

#include <stdbool.h>

#include "namespaces/joining.h"

/* Opens the process, if one is typed. 0, or the status after a message. */
int finding_process(struct joining *joining);

/*
 * Chooses and opens the namespaces, the folders and the cgroup, and takes the environment. 0, or the status
 * after a message.
 */
int finding_rest(struct joining *joining);

/* Whether the user or group TEXT is that of the process. */
bool finding_is_follow(const char *text);

#endif

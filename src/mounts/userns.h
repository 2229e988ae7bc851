/* SPDX-License-Identifier: MIT */
/* Whether this process is in a user namespace: user_namespaces(7). */
#ifndef BUTTER_USERNS_H
#define BUTTER_USERNS_H

#include <stdbool.h>

/* Whether there are users that this user namespace does not know. False without /proc. */
bool userns_is_inside(void);

#endif

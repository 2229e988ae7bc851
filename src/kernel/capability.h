/* SPDX-License-Identifier: MIT */
/* What this process may do. */
#ifndef BUTTER_CAPABILITY_H
#define BUTTER_CAPABILITY_H

#include <linux/capability.h>
#include <stdbool.h>

/* Whether CAPABILITY (CAP_SYS_ADMIN, ...) is in the effective set; capget(2). False when the kernel
 * does not say. */
bool capability_have(int capability);

/* CAPABILITY's name as capabilities(7) spells it; "a capability" for one unknown here. */
const char *capability_name(int capability);

#endif

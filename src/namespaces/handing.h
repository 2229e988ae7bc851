/* SPDX-License-Identifier: MIT */
/* What the command in other namespaces is, and the descriptors that go with it, with messages. */
#ifndef BUTTER_HANDING_H
#define BUTTER_HANDING_H

#include "cli/opt.h"
#include "cli/say.h"
#include "process/identity.h"

/* Advice for errors of descriptors_give. */
extern const struct hint handing_hints[];

/* The command of COUNT OPERANDS; of none, a shell: $SHELL, else /bin/sh. */
char **handing_command(int count, char **operands);

/* Whether those of the list are open descriptors. 0, or the status after a message. */
int handing_check(const struct opt_list *kept);

/*
 * From now on the next exec takes 0, 1, 2 and those of the list along, and no others. 0, or the status after
 * a message.
 */
int handing_give(const struct opt_list *kept);

/*
 * Who it is to be: USER and GROUP, which have names here (NULL: as now), with KEEPS_CAPABILITIES all of the
 * user namespace. 0, or the status after a message.
 */
int handing_identity(const char *user, const char *group, bool keeps_capabilities,
		     struct identity *identity);

#endif

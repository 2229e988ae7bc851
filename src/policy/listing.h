/* SPDX-License-Identifier: MIT */
/* What --list-syscalls and --list-groups say. */
#ifndef BUTTER_POLICY_LISTING_H
#define BUTTER_POLICY_LISTING_H

#include <stdbool.h>

#include "cli/buffer.h"
#include "policy/arch.h"

/*
 * Appends a line of text for CALL: its name, its number on ARCH (`-` if it has no such call), and for each
 * parameter its name, the manual's after a slash where that is another, and after a colon its kind; `?` if
 * nobody knows them:
 *
 *	socket 41 family/domain:int type:int protocol:int
 *
 * or of JSON: name, number, and arg0, arg0_other, arg0_kind to arg5_kind.
 */
void listing_syscall(struct buffer *buffer, int call, enum arch arch, bool is_json);

/* All calls of ARCH. */
void listing_calls(struct buffer *buffer, enum arch arch, bool is_json);

/* All groups, a line each: its name, how many calls of ARCH it has, and what they are for. */
void listing_groups(struct buffer *buffer, enum arch arch, bool is_json);

/* The calls of ARCH that are in GROUP (groups.h). */
void listing_members(struct buffer *buffer, int group, enum arch arch, bool is_json);

#endif

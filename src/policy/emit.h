/* SPDX-License-Identifier: MIT */
/* Decisions as instructions. */
#ifndef BUTTER_POLICY_EMIT_H
#define BUTTER_POLICY_EMIT_H

#include "policy/compile.h"
#include "policy/graph.h"

/* Makes PROGRAM, of whatever size, of what can be reached from ROOT; free(3) its code. */
void emit(const struct graph *graph, uint32_t root, struct program *program);

#endif

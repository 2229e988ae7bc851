/* SPDX-License-Identifier: MIT */
/* Classic BPF as seccomp(2) has it: run here, checked, and shown. */
#ifndef BUTTER_POLICY_BPF_H
#define BUTTER_POLICY_BPF_H

#include <linux/seccomp.h>

#include "cli/buffer.h"
#include "policy/compile.h"

/* What CODE returns for DATA: SECCOMP_RET_.... *STEPS, if not NULL, counts instructions. CODE is valid. */
uint32_t bpf_run(const struct program *program, const struct seccomp_data *data, size_t *steps);

/* Whether the kernel would take it: known instructions, jumps that stay inside, a return at each end. */
bool bpf_is_valid(const struct program *program);

/* As text, an instruction a line, with names of calls of ARCH and of actions. */
void bpf_print(struct buffer *buffer, const struct program *program);

/* As a C array. */
void bpf_print_c(struct buffer *buffer, const struct program *program);

#endif

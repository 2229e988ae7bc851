/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF as seccomp(2) has it: run here, checked, and shown. Of its instructions those that filters are
 * made of: loads from struct seccomp_data, AND, jumps that compare with a constant, and returns of one.
 */
#ifndef BUTTER_POLICY_BPF_H
#define BUTTER_POLICY_BPF_H

#include <linux/seccomp.h>

#include "cli/buffer.h"
#include "policy/compile.h"

/* What PROGRAM, a valid one, returns for DATA: SECCOMP_RET_.... *STEPS, if not NULL, counts instructions. */
uint32_t bpf_run(const struct program *program, const struct seccomp_data *data, size_t *steps);

/* Whether the kernel would take it: such instructions, that stay inside, and a return at the end. */
bool bpf_is_valid(const struct program *program);

/*
 * As text, an instruction a line, as the kernel's tools/bpf have it (jumps go to instructions counted from
 * 0), with the names of calls, arguments and actions behind.
 */
void bpf_print(struct buffer *buffer, const struct program *program);

/* As a C array of struct sock_filter. */
void bpf_print_c(struct buffer *buffer, const struct program *program);

#endif

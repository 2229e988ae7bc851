/* SPDX-License-Identifier: MIT */
#include "policy/bpf.h"

#include <string.h>

uint32_t
bpf_run(const struct program *program, const struct seccomp_data *data, size_t *steps)
{
	uint32_t a = 0;

	for (size_t at = 0;; at++) {
		const struct sock_filter *code = &program->code[at];

		if (steps)
			++*steps;
		switch (code->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			memcpy(&a, (const char *)data + code->k, sizeof(a));
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= code->k;
			break;
		case BPF_JMP | BPF_JA:
			at += code->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			at += a == code->k ? code->jt : code->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			at += a > code->k ? code->jt : code->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			at += a >= code->k ? code->jt : code->jf;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			at += a & code->k ? code->jt : code->jf;
			break;
		default: /* BPF_RET | BPF_K */
			return code->k;
		}
	}
}

bool
bpf_is_valid(const struct program *program)
{
	if (!program->count || program->count > COMPILE_MOST)
		return false;
	for (size_t at = 0; at < program->count; at++) {
		const struct sock_filter *code = &program->code[at];
		size_t left = program->count - at - 1;

		switch (code->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (code->k % sizeof(uint32_t) || code->k >= sizeof(struct seccomp_data))
				return false;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
		case BPF_RET | BPF_K:
			break;
		case BPF_JMP | BPF_JA:
			if (code->k >= left)
				return false;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			if (code->jt >= left || code->jf >= left)
				return false;
			break;
		default:
			return false;
		}
	}
	return program->code[program->count - 1].code == (BPF_RET | BPF_K);
}

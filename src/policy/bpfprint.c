/* SPDX-License-Identifier: MIT */
/* A program for people. What a constant means depends on what was loaded before: the program is followed. */
#include "policy/bpf.h"

#include <stddef.h>
#include <stdlib.h>

#include "memory.h"
#include "policy/constants.h"
#include "policy/syscalls.h"

enum { NOBODY = -1, VARIOUS = -2 };

/* What is known where an instruction begins: NOBODY has come there yet, or in VARIOUS ways. */
struct known {
	int word; /* the offset of what has been loaded */
	int arch;
};

static const char *
name_action(uint32_t value)
{
	switch (value & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return "allow";
	case SECCOMP_RET_LOG:
		return "log";
	case SECCOMP_RET_TRACE:
		return "trace";
	case SECCOMP_RET_USER_NOTIF:
		return "notify";
	case SECCOMP_RET_ERRNO:
		return "errno";
	case SECCOMP_RET_TRAP:
		return "trap";
	case SECCOMP_RET_KILL_THREAD:
		return "kill-thread";
	case SECCOMP_RET_KILL_PROCESS:
		return "kill";
	default:
		return "?";
	}
}

static int
find_arch(uint32_t audit)
{
	for (enum arch arch = 0; arch < ARCHES; arch++)
		if (arch_facts(arch)->audit == audit)
			return arch;
	return VARIOUS;
}

static void
come(struct known *known, int word, int arch)
{
	known->word = known->word == NOBODY || known->word == word ? word : VARIOUS;
	known->arch = known->arch == NOBODY || known->arch == arch ? arch : VARIOUS;
}

/* What is known at each instruction; free(3) it. */
static struct known *
follow(const struct program *program)
{
	struct known *all = memory_get(program->count * sizeof(*all));

	for (size_t at = 0; at < program->count; at++)
		all[at] = (struct known){ NOBODY, NOBODY };
	come(&all[0], VARIOUS, VARIOUS);
	for (size_t at = 0; at < program->count; at++) {
		const struct sock_filter *code = &program->code[at];
		const struct known *known = &all[at];
		bool is_arch = known->word == offsetof(struct seccomp_data, arch);

		if (code->code == (BPF_LD | BPF_W | BPF_ABS)) {
			come(&all[at + 1], (int)code->k, known->arch);
		} else if (code->code == (BPF_JMP | BPF_JA)) {
			come(&all[at + 1 + code->k], known->word, known->arch);
		} else if (BPF_CLASS(code->code) == BPF_JMP) {
			come(&all[at + 1 + code->jt], known->word,
			     is_arch ? find_arch(code->k) : known->arch);
			come(&all[at + 1 + code->jf], known->word, known->arch);
		} else if (BPF_CLASS(code->code) == BPF_ALU) {
			come(&all[at + 1], known->word, known->arch);
		}
	}
	return all;
}

static void
print_word(struct buffer *buffer, uint32_t word)
{
	if (word == offsetof(struct seccomp_data, nr))
		buffer_text(buffer, "number");
	else if (word == offsetof(struct seccomp_data, arch))
		buffer_text(buffer, "architecture");
	else if (word < offsetof(struct seccomp_data, args))
		buffer_text(buffer, "instruction pointer");
	else
		buffer_print(buffer, "arg%u, %s half", (word - 16) / 8, word % 8 ? "high" : "low");
}

/* What the constant of a comparison means. */
static void
print_meaning(struct buffer *buffer, const struct sock_filter *code, const struct known *known)
{
	int arch = VARIOUS, call = SYSCALL_NONE;

	if (known->word == offsetof(struct seccomp_data, arch)) {
		arch = find_arch(code->k);
		if (arch != VARIOUS)
			buffer_print(buffer, "\t; %s", arch_facts((enum arch)arch)->name);
	} else if (known->word == offsetof(struct seccomp_data, nr) && known->arch >= 0) {
		bool is_x32 = known->arch == ARCH_X86_64 && code->k & arch_facts(ARCH_X32)->bit;

		call = syscalls_at(code->k, is_x32 ? ARCH_X32 : (enum arch)known->arch);
		if (call != SYSCALL_NONE)
			buffer_print(buffer, "\t; %s%s", is_x32 ? "x32 " : "", syscalls_name(call));
	}
}

static void
print_return(struct buffer *buffer, uint32_t value)
{
	uint32_t data = value & SECCOMP_RET_DATA;
	const char *error = (value & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO
				    ? constants_errno_name((int)data)
				    : NULL;

	buffer_print(buffer, "ret #0x%x\t; %s", value, name_action(value));
	if (error)
		buffer_print(buffer, " %s", error);
	else if (data)
		buffer_print(buffer, " %u", data);
}

static void
print_one(struct buffer *buffer, const struct program *program, size_t at,
	  const struct known *known)
{
	const struct sock_filter *code = &program->code[at];
	static const char names[][5] = { [BPF_JEQ >> 4] = "jeq",
					 [BPF_JGT >> 4] = "jgt",
					 [BPF_JGE >> 4] = "jge",
					 [BPF_JSET >> 4] = "jset" };

	switch (BPF_CLASS(code->code)) {
	case BPF_LD:
		buffer_print(buffer, "ld [%u]\t; ", code->k);
		print_word(buffer, code->k);
		break;
	case BPF_ALU:
		buffer_print(buffer, "and #0x%x", code->k);
		break;
	case BPF_RET:
		print_return(buffer, code->k);
		break;
	default:
		if (BPF_OP(code->code) == BPF_JA) {
			buffer_print(buffer, "jmp l%zu", at + 1 + code->k);
			break;
		}
		buffer_print(buffer, "%s #0x%x, l%zu, l%zu", names[BPF_OP(code->code) >> 4],
			     code->k, at + 1 + code->jt, at + 1 + code->jf);
		print_meaning(buffer, code, known);
	}
}

void
bpf_print(struct buffer *buffer, const struct program *program)
{
	struct known *known = follow(program);

	for (size_t at = 0; at < program->count; at++) {
		buffer_print(buffer, "l%zu:\t", at);
		print_one(buffer, program, at, &known[at]);
		buffer_byte(buffer, '\n');
	}
	free(known);
}

void
bpf_print_c(struct buffer *buffer, const struct program *program)
{
	struct known *known = follow(program);

	buffer_text(buffer,
		    "#include <linux/filter.h>\n\nstatic struct sock_filter filter[] = {\n");
	for (size_t at = 0; at < program->count; at++) {
		const struct sock_filter *code = &program->code[at];

		buffer_print(buffer, "\t{ 0x%02x, %u, %u, 0x%08x }, /* %zu: ", code->code, code->jt,
			     code->jf, code->k, at);
		print_one(buffer, program, at, &known[at]);
		buffer_text(buffer, " */\n");
	}
	buffer_text(buffer, "};\n");
	free(known);
}

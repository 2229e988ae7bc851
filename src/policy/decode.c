/* SPDX-License-Identifier: MIT */
#include "policy/decode.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "kernel/ptrace.h"
#include "policy/constants.h"
#include "policy/registers.h"
#include "policy/syscalls.h"

enum { MOST_TEXT = 96, SMALL = 4096 };

/* Arguments that are names more than numbers. */
static const struct {
	char call[12];
	unsigned char argument;
	char prefix[9];
} words[] = {
	{ "socket", 0, "AF_" },        { "socket", 1, "SOCK_" },      { "socketpair", 0, "AF_" },
	{ "socketpair", 1, "SOCK_" },  { "open", 1, "O_" },           { "openat", 2, "O_" },
	{ "pipe2", 1, "O_" },          { "dup3", 2, "O_" },           { "mmap", 2, "PROT_" },
	{ "mmap", 3, "MAP_" },         { "mmap2", 2, "PROT_" },       { "mmap2", 3, "MAP_" },
	{ "mprotect", 2, "PROT_" },    { "clone", 0, "CLONE_" },      { "unshare", 0, "CLONE_" },
	{ "setns", 1, "CLONE_" },      { "prctl", 0, "PR_" },         { "ptrace", 0, "PTRACE_" },
	{ "fcntl", 1, "F_" },          { "fcntl64", 1, "F_" },        { "madvise", 2, "MADV_" },
	{ "kill", 1, "SIG" },          { "tkill", 1, "SIG" },         { "tgkill", 2, "SIG" },
	{ "rt_sigaction", 0, "SIG" },  { "mount", 3, "MS_" },         { "umount2", 1, "MNT_" },
	{ "futex", 1, "FUTEX_" },      { "setsockopt", 1, "SOL_" },   { "getsockopt", 1, "SOL_" },
	{ "keyctl", 0, "KEYCTL_" },    { "bpf", 0, "BPF_" },          { "seccomp", 0, "SECCOMP_" },
	{ "personality", 0, "PER_" },  { "setrlimit", 0, "RLIMIT_" }, { "getrlimit", 0, "RLIMIT_" },
	{ "prlimit64", 1, "RLIMIT_" }, { "ioctl", 1, "TC" },          { "ioctl", 1, "TIOC" },
	{ "ioctl", 1, "FIO" },
};

static bool
add_word(struct buffer *buffer, const char *call, unsigned argument, uint64_t value, enum arch arch)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (words[i].argument == argument && strcmp(words[i].call, call) == 0
		    && constants_print(buffer, words[i].prefix, value, arch))
			return true;
	return false;
}

static void
add_number(struct buffer *buffer, uint64_t value)
{
	buffer_print(buffer, value < SMALL ? "%" PRIu64 : "%#" PRIx64, value);
}

/* The text at ADDRESS of PID. */
static void
add_text(struct buffer *buffer, pid_t pid, uint64_t address)
{
	char text[MOST_TEXT];
	size_t length = ptrace_peek(pid, address, text, sizeof(text));
	const char *end = memchr(text, '\0', length);

	if (!end && length < sizeof(text)) {
		add_number(buffer, address);
		return;
	}
	buffer_byte(buffer, '"');
	buffer_add(buffer, text, end ? (size_t)(end - text) : length);
	buffer_text(buffer, end ? "\"" : "\"...");
}

static void
add_argument(struct buffer *buffer, pid_t pid, uint64_t value, enum parameter_kind kind)
{
	int number = (int)value;

	switch (kind) {
	case PARAMETER_FD:
		if (number == AT_FDCWD) {
			buffer_text(buffer, "AT_FDCWD");
			return;
		}
		/* fall through */
	case PARAMETER_INT:
		buffer_print(buffer, "%d", number);
		return;
	case PARAMETER_UINT:
		add_number(buffer, (uint32_t)value);
		return;
	case PARAMETER_STRING:
	case PARAMETER_POINTER:
		if (!value)
			buffer_text(buffer, "NULL");
		else if (kind == PARAMETER_STRING)
			add_text(buffer, pid, value);
		else
			buffer_print(buffer, "%#" PRIx64, value);
		return;
	case PARAMETER_LONG:
	case PARAMETER_WIDE:
		add_number(buffer, value);
		return;
	}
}

void
decode_name(struct buffer *buffer, uint32_t number, enum arch arch)
{
	int call = arch == ARCH_NONE ? SYSCALL_NONE : syscalls_at(number, arch);

	if (call == SYSCALL_NONE)
		buffer_print(buffer, "%" PRIu32, number);
	else
		buffer_text(buffer, syscalls_name(call));
}

void
decode_call(struct buffer *buffer, pid_t pid, const struct seccomp_data *data)
{
	struct parameter parameters[SYSCALL_ARGUMENTS];
	uint64_t arguments[SYSCALL_ARGUMENTS];
	enum arch arch = arch_of_call(data->arch, (uint32_t)data->nr);
	int call = arch == ARCH_NONE ? SYSCALL_NONE : syscalls_at((uint32_t)data->nr, arch);
	int count = call == SYSCALL_NONE ? -1 : syscalls_parameters(call, parameters);

	for (int i = 0; i < SYSCALL_ARGUMENTS; i++)
		arguments[i] = data->args[i];
	decode_name(buffer, (uint32_t)data->nr, arch);
	buffer_byte(buffer, '(');
	for (int i = 0; i < (count < 0 ? SYSCALL_ARGUMENTS : count); i++) {
		enum parameter_kind kind = count < 0 ? PARAMETER_LONG : parameters[i].kind;
		struct registers registers = registers_of(call, (unsigned)i, arch);
		uint64_t argument = registers_get(&registers, arguments), value = argument;

		if (registers.kind == REGISTERS_MEMORY) {
			buffer_print(buffer, "%#" PRIx64, arguments[0]);
			break;
		}
		if (kind == PARAMETER_UINT || kind == PARAMETER_INT)
			value = (uint32_t)value;
		if (i)
			buffer_text(buffer, ", ");
		if (call == SYSCALL_NONE
		    || !add_word(buffer, syscalls_name(call), (unsigned)i, value, arch))
			add_argument(buffer, pid, argument, kind);
	}
	buffer_byte(buffer, ')');
}

/* SPDX-License-Identifier: MIT */
#include "kernel/ptrace.h"

#include <elf.h>
#include <errno.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#include <sys/user.h>
#endif

enum { PAGE = 4096 };

/* glibc's <sys/ptrace.h> and <linux/ptrace.h> do not go together. */
static long
call(long request, pid_t pid, uint64_t address, uint64_t data)
{
	return syscall(SYS_ptrace, request, pid, address, data);
}

int
ptrace_seize(pid_t pid, bool with_children)
{
	unsigned long options = PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;

	if (with_children)
		options |= PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK
			   | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT;
	return (int)call(PTRACE_SEIZE, pid, 0, options);
}

void
ptrace_welcome(pid_t tracer)
{
	prctl(PR_SET_PTRACER, tracer, 0, 0, 0); /* EINVAL: nobody is asked */
}

/* What a stop with STATUS of waitpid(2) is. */
static void
classify(struct ptrace_stop *stop, int status)
{
	int event = status >> 16;
	unsigned long message = 0;

	stop->signal = 0;
	stop->message = 0;
	if (!WIFSTOPPED(status)) {
		stop->reason = PTRACE_ENDED;
		return;
	}
	switch (event) {
	case PTRACE_EVENT_EXEC:
		stop->reason = PTRACE_STOPS_EXEC;
		return;
	case PTRACE_EVENT_EXIT:
		stop->reason = PTRACE_STOPS_EXIT;
		return;
	case PTRACE_EVENT_SECCOMP:
		stop->reason = PTRACE_STOPS_SECCOMP;
		break;
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		stop->reason = PTRACE_STOPS_CHILD;
		break;
	case PTRACE_EVENT_STOP:
		stop->signal = WSTOPSIG(status);
		stop->reason = stop->signal == SIGTRAP ? PTRACE_STOPS_BEGIN : PTRACE_STOPS_GROUP;
		return;
	default:
		stop->signal = WSTOPSIG(status);
		stop->reason = PTRACE_STOPS_SIGNAL;
		return;
	}
	if (call(PTRACE_GETEVENTMSG, stop->pid, 0, (uintptr_t)&message) == 0)
		stop->message = (unsigned)message;
}

int
ptrace_await(pid_t pid, struct ptrace_stop *stop)
{
	int status;

	do
		stop->pid = waitpid(pid, &status, __WALL);
	while (stop->pid < 0 && errno == EINTR);
	if (stop->pid < 0)
		return -1;
	classify(stop, status);
	return 0;
}

int
ptrace_go_on(const struct ptrace_stop *stop)
{
	if (stop->reason == PTRACE_ENDED)
		return 0;
	if (stop->reason == PTRACE_STOPS_GROUP)
		return (int)call(PTRACE_LISTEN, stop->pid, 0, 0);
	return (int)call(PTRACE_CONT, stop->pid, 0,
			 stop->reason == PTRACE_STOPS_SIGNAL ? (uint64_t)stop->signal : 0);
}

int
ptrace_release(pid_t pid)
{
	return (int)call(PTRACE_DETACH, pid, 0, 0);
}

int
ptrace_call(pid_t pid, struct ptrace_call *made)
{
	struct ptrace_syscall_info info = { 0 };

	if (call(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (uintptr_t)&info) < 0)
		return -1;
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY && info.op != PTRACE_SYSCALL_INFO_SECCOMP) {
		errno = EIO;
		return -1;
	}
	/* Both begin alike. */
	made->audit = info.arch;
	made->number = info.entry.nr;
	memcpy(made->arguments, info.entry.args, sizeof(made->arguments));
	return 0;
}

size_t
ptrace_peek(pid_t pid, uint64_t address, void *bytes, size_t size)
{
	size_t read = 0;

	/* A piece that cannot be read whole is not read at all: one up to the end of each page. */
	while (read < size) {
		size_t left = PAGE - (address + read) % PAGE;
		struct iovec here = { (char *)bytes + read,
				      left < size - read ? left : size - read };
		struct iovec there = { (void *)(uintptr_t)(address + read), here.iov_len };

		if (process_vm_readv(pid, &here, 1, &there, 1, 0) != (ssize_t)here.iov_len)
			break;
		read += here.iov_len;
	}
	return read;
}

/* ---- changing what a process does ---- */

#ifdef __x86_64__

static const unsigned char breakpoint[] = { 0xcc };        /* int3 */
static const unsigned char system_call[] = { 0x0f, 0x05 }; /* syscall */

enum { RED_ZONE = 128, WORD = sizeof(long) };

static int
get_registers(pid_t pid, struct user_regs_struct *registers)
{
	struct iovec piece = { registers, sizeof(*registers) };

	if (call(PTRACE_GETREGSET, pid, NT_PRSTATUS, (uintptr_t)&piece) < 0)
		return -1;
	if (piece.iov_len == sizeof(*registers))
		return 0;
	errno = EOPNOTSUPP; /* a program of 32 bits */
	return -1;
}

static int
set_registers(pid_t pid, const struct user_regs_struct *registers)
{
	struct user_regs_struct copy = *registers;
	struct iovec piece = { &copy, sizeof(copy) };

	return (int)call(PTRACE_SETREGSET, pid, NT_PRSTATUS, (uintptr_t)&piece);
}

/* The SIZE bytes of CODE at ADDRESS from now on, and in *OLD what was there: the word's pages are its own. */
static int
patch(pid_t pid, uint64_t address, const void *code, size_t size, long *old)
{
	long word;

	if (call(PTRACE_PEEKTEXT, pid, address, (uintptr_t)old) < 0)
		return -1;
	word = *old;
	memcpy(&word, code, size);
	return (int)call(PTRACE_POKETEXT, pid, address, (uint64_t)word);
}

/* Whether SIGNAL is of an instruction that would only fail again. */
static bool
is_fault(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE;
}

/* Lets PID go on, or do one instruction, until it traps; what else comes for it is KEPT for later. */
static int
go_to_trap(pid_t pid, long request, sigset_t *kept)
{
	struct ptrace_stop stop;
	int signal = 0;

	for (;;) {
		if (call(request, pid, 0, (uint64_t)signal) < 0 || ptrace_await(pid, &stop) < 0)
			return -1;
		if (stop.reason == PTRACE_ENDED) {
			errno = ESRCH;
			return -1;
		}
		signal = 0;
		if (stop.reason != PTRACE_STOPS_SIGNAL)
			continue;
		if (stop.signal == SIGTRAP)
			return 0;
		if (is_fault(stop.signal))
			signal = stop.signal;
		else
			sigaddset(kept, stop.signal);
	}
}

/* Sends PID what came for it meanwhile. */
static void
send_kept(pid_t pid, const sigset_t *kept)
{
	for (int signal = 1; signal < NSIG; signal++)
		if (sigismember(kept, signal) == 1)
			syscall(SYS_tgkill, pid, pid, signal);
}

bool
ptrace_changes(void)
{
	return true;
}

int
ptrace_run_to(pid_t pid, uint64_t address)
{
	struct user_regs_struct registers;
	sigset_t kept;
	long old;

	sigemptyset(&kept);
	if (get_registers(pid, &registers) < 0)
		return -1;
	if (!address)
		address = registers.rip;
	if (patch(pid, address, breakpoint, sizeof(breakpoint), &old) < 0
	    || go_to_trap(pid, PTRACE_CONT, &kept) < 0 || get_registers(pid, &registers) < 0)
		return -1;
	registers.rip = address;
	if (call(PTRACE_POKETEXT, pid, address, (uint64_t)old) < 0
	    || set_registers(pid, &registers) < 0)
		return -1;
	send_kept(pid, &kept);
	return 0;
}

/* The word at ADDRESS of PID, which is moved on. */
static uint64_t
next_word(pid_t pid, uint64_t *address)
{
	long word = 0;

	if (call(PTRACE_PEEKDATA, pid, *address, (uintptr_t)&word) < 0)
		return 0;
	*address += WORD;
	return (uint64_t)word;
}

/* On its stack a program finds its arguments, its environment and then such words in pairs; getauxval(3). */
uint64_t
ptrace_entry(pid_t pid)
{
	struct user_regs_struct registers;
	uint64_t address, kind, value;

	if (get_registers(pid, &registers) < 0)
		return 0;
	address = registers.rsp;
	address += (next_word(pid, &address) + 1) * WORD;
	while (next_word(pid, &address))
		;
	while ((kind = next_word(pid, &address))) {
		value = next_word(pid, &address);
		if (kind == AT_ENTRY)
			return value;
	}
	return 0;
}

uint64_t
ptrace_room(pid_t pid, size_t size)
{
	struct user_regs_struct registers;

	if (get_registers(pid, &registers) < 0)
		return 0;
	return (registers.rsp - RED_ZONE - size) & ~(uint64_t)15;
}

/* Where process_vm_writev(2) is not to be had. */
static int
put_words(pid_t pid, uint64_t address, const char *bytes, size_t size)
{
	for (size_t at = 0; at < size; at += WORD) {
		size_t left = size - at < WORD ? size - at : WORD;
		long old, word;

		if (call(PTRACE_PEEKDATA, pid, address + at, (uintptr_t)&old) < 0)
			return -1;
		word = old;
		memcpy(&word, bytes + at, left);
		if (call(PTRACE_POKEDATA, pid, address + at, (uint64_t)word) < 0)
			return -1;
	}
	return 0;
}

int
ptrace_put(pid_t pid, uint64_t address, const void *bytes, size_t size)
{
	struct iovec here = { (void *)(uintptr_t)bytes, size };
	struct iovec there = { (void *)(uintptr_t)address, size };

	if (process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t)size)
		return 0;
	return put_words(pid, address, bytes, size);
}

int
ptrace_inject(pid_t pid, long number, const uint64_t arguments[6], int64_t *result)
{
	struct user_regs_struct saved, registers;
	sigset_t kept;
	long old;

	sigemptyset(&kept);
	if (get_registers(pid, &saved) < 0)
		return -1;
	registers = saved;
	registers.rax = (unsigned long)number;
	registers.orig_rax = (unsigned long)-1;
	registers.rdi = arguments[0];
	registers.rsi = arguments[1];
	registers.rdx = arguments[2];
	registers.r10 = arguments[3];
	registers.r8 = arguments[4];
	registers.r9 = arguments[5];
	if (patch(pid, saved.rip, system_call, sizeof(system_call), &old) < 0
	    || set_registers(pid, &registers) < 0 || go_to_trap(pid, PTRACE_SINGLESTEP, &kept) < 0
	    || get_registers(pid, &registers) < 0)
		return -1;
	*result = (int64_t)registers.rax;
	saved.orig_rax = (unsigned long)-1;
	if (call(PTRACE_POKETEXT, pid, saved.rip, (uint64_t)old) < 0
	    || set_registers(pid, &saved) < 0)
		return -1;
	send_kept(pid, &kept);
	return 0;
}

#else

bool
ptrace_changes(void)
{
	return false;
}

static int
refuse(void)
{
	errno = EOPNOTSUPP;
	return -1;
}

int
ptrace_run_to(pid_t pid, uint64_t address)
{
	(void)pid;
	(void)address;
	return refuse();
}

uint64_t
ptrace_entry(pid_t pid)
{
	(void)pid;
	return 0;
}

uint64_t
ptrace_room(pid_t pid, size_t size)
{
	(void)pid;
	(void)size;
	refuse();
	return 0;
}

int
ptrace_put(pid_t pid, uint64_t address, const void *bytes, size_t size)
{
	(void)pid;
	(void)address;
	(void)bytes;
	(void)size;
	return refuse();
}

int
ptrace_inject(pid_t pid, long number, const uint64_t arguments[6], int64_t *result)
{
	(void)pid;
	(void)number;
	(void)arguments;
	(void)result;
	return refuse();
}

#endif

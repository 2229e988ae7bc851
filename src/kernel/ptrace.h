/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2): stopping a process at what it does, reading and changing its registers and memory, and making it
 * do a system call. What a tracer has seized goes on when it lets go, and is killed if the tracer dies
 * before.
 */
#ifndef BUTTER_PTRACE_H
#define BUTTER_PTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Why a process stands still. */
enum ptrace_reason {
	PTRACE_STOPS_EXEC,    /* it has become another program */
	PTRACE_STOPS_SECCOMP, /* a filter said SECCOMP_RET_TRACE */
	PTRACE_STOPS_CHILD,   /* it has started a process or thread, which is traced too */
	PTRACE_STOPS_EXIT,    /* it is about to end */
	PTRACE_STOPS_SIGNAL,  /* a signal comes for it */
	PTRACE_STOPS_GROUP,   /* it is stopped as by SIGSTOP */
	PTRACE_STOPS_BEGIN, /* a child that is traced from the beginning, or one that was seized */
	PTRACE_ENDED,       /* it does not exist any more */
};

struct ptrace_stop {
	pid_t pid; /* a thread's */
	enum ptrace_reason reason;
	int signal; /* that comes, or that has stopped it; else 0 */
	unsigned
		message; /* PTRACE_STOPS_SECCOMP: SECCOMP_RET_DATA; PTRACE_STOPS_CHILD: its number */
};

/* A call that a process is about to make. */
struct ptrace_call {
	uint32_t audit; /* AUDIT_ARCH_... */
	uint64_t number;
	uint64_t arguments[6];
};

/*
 * Traces PID from now on, where it executes another program, and if WITH_CHILDREN also all that it starts and
 * what a filter sends here, and their ends. -1 with errno EPERM (another tracer, another user), ESRCH;
 * PTRACE_SEIZE.
 */
int ptrace_seize(pid_t pid, bool with_children);

/* Lets any process that is not there to trace this one: Yama; prctl(2), PR_SET_PTRACER. */
void ptrace_welcome(pid_t tracer);

/* Waits for PID, or any that is traced (-1), to stop. -1 with errno ECHILD: none is traced any more. */
int ptrace_await(pid_t pid, struct ptrace_stop *stop);

/* What stopped goes on as it would without a tracer. -1 with errno ESRCH: it has been killed meanwhile. */
int ptrace_go_on(const struct ptrace_stop *stop);

/* PID, which stands still, goes on untraced. -1 with errno, as before. */
int ptrace_release(pid_t pid);

/*
 * The call at which PID stands. -1 with errno: EIO where the kernel does not tell; PTRACE_GET_SYSCALL_INFO.
 */
int ptrace_call(pid_t pid, struct ptrace_call *call);

/*
 * Copies up to SIZE bytes from ADDRESS of PID, which need not stand still, to BYTES: as many as there are
 * before something that cannot be read. process_vm_readv(2).
 */
size_t ptrace_peek(pid_t pid, uint64_t address, void *bytes, size_t size);

/* ---- Changing what a process does: on x86_64 only, EOPNOTSUPP elsewhere, and for programs of 32 bits */

/* Whether that can be done on this architecture at all. */
bool ptrace_changes(void);

/*
 * Runs PID, which stands still, to ADDRESS; 0: to where it would begin. -1 with errno: ESRCH, it has ended.
 */
int ptrace_run_to(pid_t pid, uint64_t address);

/*
 * Where the program that PID has just become begins when its loader is done (AT_ENTRY); 0: it does not say.
 */
uint64_t ptrace_entry(pid_t pid);

/*
 * Where SIZE bytes find room below the stack of PID, which stands still at an instruction; 0 with errno:
 * nowhere.
 */
uint64_t ptrace_room(pid_t pid, size_t size);

/* SIZE bytes of BYTES into the memory of PID at ADDRESS, which it can write. -1 with errno: EFAULT, ESRCH. */
int ptrace_put(pid_t pid, uint64_t address, const void *bytes, size_t size);

/*
 * Makes PID, which stands still at an instruction, do the system call NUMBER, and stand there again.
 * *RESULT: what it returned, -errno. -1 with errno ESRCH: PID has ended.
 */
int ptrace_inject(pid_t pid, long number, const uint64_t arguments[6], int64_t *result);

#endif

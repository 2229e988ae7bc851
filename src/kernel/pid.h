/* SPDX-License-Identifier: MIT */
/* Process numbers, asked of the kernel each time, and what /proc/PID tells about them: proc(5). */
#ifndef BUTTER_PID_H
#define BUTTER_PID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/say.h"

enum {
	PID_LARGEST = 4194304, /* PID_MAX_LIMIT of 64-bit kernels */
	PID_COMM_MAX =
		64, /* bytes of a command's name: those of kernel threads can be longer than 15 */
	PID_COMM_KEPT = 15,      /* of one that is no kernel thread's */
	PID_NAMESPACES_MAX = 33, /* MAX_PID_NS_LEVEL nested ones and the first */
};

/* Advice for errors of the functions that look at PID, and of pidfd_identity; errno stays. */
const struct hint *pid_hints_for(pid_t pid);

/* Advice when there is no new process to be had; fork(2). */
extern const struct hint pid_start_hints[];

/* The caller's process id: the system call, no copy of libc's. */
pid_t pid_self(void);

/* The parent's process id; 0 when the parent is outside the pid namespace. */
pid_t pid_parent(void);

/*
 * Whether the proc on /proc, if there is one, counts processes as this process does: that of another pid
 * namespace would mislead.
 */
bool pid_proc_is_ours(void);

/*
 * What /proc/PID/stat says of PID (0: the caller): its parent, and when it started, in clock ticks
 * since the machine did. -1 with errno ESRCH (no such process, or a thread that leads none), ENOENT
 * (no /proc here), EACCES and EPERM (hidepid), EXDEV (the /proc of another pid namespace), EPROTO
 * (not the format that is known).
 */
int pid_stat(pid_t pid, pid_t *parent, uint64_t *start);

/* What /proc/PID/status says. */
struct pid_status {
	pid_t parent, session; /* 0: not in this namespace; session -1: the kernel does not tell */
	uint32_t uid, gid;     /* effective */
	char comm[PID_COMM_MAX + 1]; /* the command's name, as it is */
};

/* Fills *STATUS for PID. -1 with errno as pid_stat. */
int pid_status(pid_t pid, struct pid_status *status);

enum pid_thing { PID_DESCRIPTORS, PID_FOLDERS /* the current one and the root */ };

/* What /proc/PID/status says of signals: bit N - 1 is signal N. */
struct pid_signals {
	uint64_t pending, shared_pending; /* for the thread PID, and for all of the process */
	uint64_t blocked, ignored, caught;
};

/* Fills *SIGNALS for PID (0: the caller). -1 with errno as pid_stat. */
int pid_signals(pid_t pid, struct pid_signals *signals);

/*
 * Whether the threads or processes A and B have the same THING: 1, 0; -1 with errno of kcmp(2):
 * ESRCH, EPERM, ENOSYS.
 */
int pid_shares(pid_t a, pid_t b, enum pid_thing thing);

/*
 * The ids of PID (0: the caller) in each pid namespace, from the one of this /proc inwards. Returns
 * how many, at most PID_NAMESPACES_MAX, or -1 with errno as pid_stat.
 */
int pid_namespaces(pid_t pid, pid_t ids[PID_NAMESPACES_MAX]);

/*
 * The name of PID's command, as it is (no NUL at its end), and the effective user id. Returns the
 * length of the name, or -1 with errno as pid_stat.
 */
ssize_t pid_command(pid_t pid, char comm[PID_COMM_MAX], uint32_t *uid);

/*
 * The parsers, for the text of /proc/PID/stat (pid_parse_stat) and /proc/PID/status; -1 when it is
 * not of that form.
 */
ssize_t pid_parse_command(const char *text, size_t length, char comm[PID_COMM_MAX], uint32_t *uid);
int pid_parse_stat(const char *text, size_t length, pid_t *parent, uint64_t *start);
int pid_parse_namespaces(const char *text, size_t length, pid_t ids[PID_NAMESPACES_MAX]);
int pid_parse_leader(const char *text, size_t length, pid_t *leader);
int pid_parse_signals(const char *text, size_t length, struct pid_signals *signals);
int pid_parse_status(const char *text, size_t length, struct pid_status *status);

#endif

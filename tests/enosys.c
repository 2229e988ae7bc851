/* SPDX-License-Identifier: MIT */
/*
 * enosys [EPERM:]CALL[,CALL...] COMMAND [ARG...]: runs COMMAND, and all that it starts, on a kernel that
 * does not know these system calls: a filter answers ENOSYS, or, as those of old containers, EPERM. It
 * costs next to nothing and changes nothing else, unlike a tracer, so that the whole suite can run under
 * it.
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS_MAX = 32 };

static const struct {
	const char *name;
	unsigned int number;
} known[] = {
	{ "cachestat", 451 }, /* newer than some headers, as two others */
	{ "clone3", SYS_clone3 },
	{ "close_range", SYS_close_range },
	{ "fchmodat2", 452 },
	{ "fsconfig", SYS_fsconfig },
	{ "fsmount", SYS_fsmount },
	{ "fsopen", SYS_fsopen },
	{ "fspick", SYS_fspick },
	{ "listmount", 458 },
	{ "listxattrat", 465 },
	{ "mount_setattr", SYS_mount_setattr },
	{ "move_mount", SYS_move_mount },
	{ "open_tree", SYS_open_tree },
	{ "openat2", SYS_openat2 },
	{ "pidfd_open", SYS_pidfd_open },
	{ "pidfd_send_signal", SYS_pidfd_send_signal },
	{ "statmount", 457 },
	{ "statx", SYS_statx },
};

static unsigned int
number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].name, name))
			return known[i].number;
	errx(125, "unknown call '%s': add it to enosys.c", name);
}

int
main(int argc, char **argv)
{
	struct sock_filter code[2 * CALLS_MAX + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct sock_fprog program = { .len = 1, .filter = code };
	unsigned int error = ENOSYS;

	if (argc < 3)
		errx(125, "usage: enosys [EPERM:]CALL[,CALL...] COMMAND [ARG...]");
	if (!strncmp(argv[1], "EPERM:", 6)) {
		argv[1] += 6;
		error = EPERM;
	}
	for (char *name = strtok(argv[1], ","); name && program.len < 2 * CALLS_MAX;
	     name = strtok(NULL, ",")) {
		code[program.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								   number_of(name), 0, 1);
		code[program.len++] =
			(struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
	}
	code[program.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

	/* Root needs no promise to gain no privileges, and its tests may become other users. */
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0
	    && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
		|| prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0))
		err(125, "cannot load the filter");
	execvp(argv[2], argv + 2);
	err(127, "cannot run '%s'", argv[2]);
}

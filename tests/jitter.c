/* SPDX-License-Identifier: MIT */
/*
 * jitter SEED MICROSECONDS COMMAND [ARG...]: runs COMMAND, whose calls that look at folders wait at
 * random, up to MICROSECONDS each: what others do in the middle of a walk, which takes a busy
 * machine and luck, happens all the time. COMMAND keeps the process id of jitter; what answers for
 * it is a child, which ends with it.
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NAPS = 3, IN = 10 }; /* calls of ten that wait */

static struct sock_filter code[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_inotify_add_watch, 3, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getdents64, 2, 0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 1, 0),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
};

static void
nap(long most)
{
	struct timespec time = { .tv_nsec = random() % most * 1000 };

	if (random() % IN < NAPS)
		nanosleep(&time, NULL);
}

/* Answers the calls that come by LISTENER until nobody is left who makes them. */
static void
answer(int listener, long most)
{
	struct pollfd poller = { .fd = listener, .events = POLLIN };

	while (poll(&poller, 1, -1) < 0 ? errno == EINTR : !(poller.revents & POLLHUP)) {
		struct seccomp_notif call = { 0 };
		struct seccomp_notif_resp go_on = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
			continue; /* a signal has interrupted it meanwhile */
		nap(most);
		go_on.id = call.id;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &go_on);
	}
}

/* The child: takes the listener, whose number comes by FD, from the process PID. */
static void
serve(int fd, pid_t pid, long most)
{
	int number, pidfd = (int)syscall(SYS_pidfd_open, pid, 0), listener;

	if (read(fd, &number, sizeof(number)) != sizeof(number))
		_exit(125);
	listener = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (listener < 0)
		err(125, "cannot take the listener");
	/* Nothing that COMMAND's readers wait for stays open here, and its other end may go on. */
	if (dup2(listener, 0) < 0 || syscall(SYS_close_range, 1, ~0U, 0) < 0)
		_exit(125);
	answer(0, most);
	_exit(0);
}

int
main(int argc, char **argv)
{
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };
	int there[2], back[2], listener;
	pid_t pid = getpid();
	char end;

	if (argc < 4)
		errx(125, "usage: jitter SEED MICROSECONDS COMMAND [ARG...]");
	srandom((unsigned int)strtoul(argv[1], NULL, 10));
	if (pipe(there) < 0 || pipe(back) < 0)
		err(125, "pipe");
	switch (fork()) {
	case -1:
		err(125, "fork");
	case 0:
		close(back[0]);
		serve(there[0], pid, strtol(argv[2], NULL, 10));
	}
	close(back[1]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err(125, "no_new_privs");
	listener = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
				SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	if (listener < 0)
		err(125, "cannot load the filter");
	if (write(there[1], &listener, sizeof(listener)) < 0 || read(back[0], &end, 1) != 0)
		errx(125, "nobody answers");
	close(there[0]);
	close(there[1]);
	close(back[0]);
	execvp(argv[3], argv + 3);
	err(127, "cannot run '%s'", argv[3]);
}

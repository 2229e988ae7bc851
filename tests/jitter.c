/* SPDX-License-Identifier: MIT */
/*
 * jitter [at CALL N SCRIPT]... SEED MICROSECONDS COMMAND [ARG...]: runs COMMAND, whose calls that look
 * at folders wait at random, up to MICROSECONDS each: what others do in the middle of a walk, which
 * takes a busy machine and luck, happens all the time. With at, a shell runs SCRIPT before the Nth of
 * its calls CALL goes on. COMMAND keeps the process id of jitter; what answers for it is a child,
 * which ends with it.
 */
#include <err.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { NAPS = 3, IN = 10 }; /* calls of ten that wait */

static struct call {
	const char *name;
	int number;
	long seen;
} calls[] = {
	{ "inotify_add_watch", SYS_inotify_add_watch, 0 },
	{ "inotify_rm_watch", SYS_inotify_rm_watch, 0 },
	{ "getdents64", SYS_getdents64, 0 },
	{ "openat", SYS_openat, 0 },
	{ "openat2", SYS_openat2, 0 },
	{ "newfstatat", SYS_newfstatat, 0 },
	{ "fstat", SYS_fstat, 0 },
	{ "fchdir", SYS_fchdir, 0 },
	{ "read", SYS_read, 0 },
	{ "ioctl", SYS_ioctl, 0 },
	{ "close", SYS_close, 0 },
};

enum { CALLS = sizeof(calls) / sizeof(*calls) };

static void
nap(long most)
{
	struct timespec time = { .tv_nsec = most ? random() % most * 1000 : 0 };

	if (random() % IN < NAPS)
		nanosleep(&time, NULL);
}

/* Runs SCRIPT by a shell, to its end. */
static void
run_script(const char *script)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		_exit(125);
}

/* The call NUMBER is made: runs what is to be run AT it; those are COUNT words. */
static void
run(int number, char **at, int count)
{
	struct call *call = calls;

	while (call->number != number)
		call++;
	call->seen++;
	for (int i = 0; i + 3 < count; i += 4)
		if (!strcmp(at[i + 1], call->name) && strtol(at[i + 2], NULL, 10) == call->seen)
			run_script(at[i + 3]);
}

/* Answers the calls that come by LISTENER until nobody is left who makes them. */
static void
answer(int listener, long most, char **at, int count)
{
	struct pollfd poller = { .fd = listener, .events = POLLIN };

	while (poll(&poller, 1, -1) < 0 ? errno == EINTR : !(poller.revents & POLLHUP)) {
		struct seccomp_notif notice = { 0 };
		struct seccomp_notif_resp go_on = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice) < 0)
			continue; /* a signal has interrupted it meanwhile */
		run(notice.data.nr, at, count);
		nap(most);
		go_on.id = notice.id;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &go_on);
	}
}

/* Takes the listener, whose number comes by FD, from the process PID, and says so by a byte in BACK. */
static int
take(int fd, pid_t pid, int back)
{
	int number, pidfd = (int)syscall(SYS_pidfd_open, pid, 0), listener;

	if (read(fd, &number, sizeof(number)) != sizeof(number))
		_exit(125);
	listener = (int)syscall(SYS_pidfd_getfd, pidfd, number, 0);
	if (listener < 0)
		err(125, "cannot take the listener");
	if (write(back, "", 1) != 1)
		_exit(125);
	/* Nothing that COMMAND's readers wait for stays open here, and its other end may go on. */
	if (dup2(listener, 0) < 0 || syscall(SYS_close_range, 1, ~0U, 0) < 0)
		_exit(125);
	return 0;
}

/* From here on the calls ask whoever has the listener that is returned. */
static int
load(void)
{
	struct sock_filter code[CALLS + 3] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							offsetof(struct seccomp_data, nr)) };
	struct sock_fprog program = { CALLS + 3, code };

	for (int i = 0; i < CALLS; i++)
		code[i + 1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
							   (unsigned int)calls[i].number,
							   (unsigned char)(CALLS - i), 0);
	code[CALLS + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[CALLS + 2] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		err(125, "no_new_privs");
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

int
main(int argc, char **argv)
{
	int there[2], back[2], listener, words = 1;
	struct pollfd poller = { .events = POLLIN };
	pid_t pid = getpid();

	while (words + 3 < argc && !strcmp(argv[words], "at"))
		words += 4;
	if (argc < words + 3)
		errx(125, "usage: jitter [at CALL N SCRIPT]... SEED MICROSECONDS COMMAND [ARG...]");
	srandom((unsigned int)strtoul(argv[words], NULL, 10));
	if (pipe(there) < 0 || pipe(back) < 0)
		err(125, "pipe");
	switch (fork()) {
	case -1:
		err(125, "fork");
	case 0:
		close(back[0]);
		answer(take(there[0], pid, back[1]), strtol(argv[words + 1], NULL, 10), argv + 1,
		       words - 1);
		_exit(0);
	}
	close(back[1]);
	poller.fd = back[0];
	listener = load();
	if (listener < 0)
		err(125, "cannot load the filter");
	/* Without a call that would have to be answered. */
	if (write(there[1], &listener, sizeof(listener)) < 0 || poll(&poller, 1, -1) < 0
	    || !(poller.revents & POLLIN))
		errx(125, "nobody answers");
	close(there[0]);
	close(there[1]);
	close(back[0]);
	execvp(argv[words + 2], argv + words + 2);
	err(127, "cannot run '%s'", argv[words + 2]);
}

/* SPDX-License-Identifier: MIT */
#include "policy/witness.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/json.h"
#include "cli/num.h"
#include "cli/record.h"
#include "file.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "policy/constants.h"
#include "process/aside.h"
#include "process/child.h"
#include "process/descriptors.h"

enum { RECORD_MOST = 4096 };

static struct buffer *
begin(struct record *record, const char *event, pid_t pid)
{
	struct buffer *line = record_begin(record);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	json_begin(line);
	json_word(line, "event", event);
	json_seconds(line, "time", now.tv_sec * NUM_SECOND + now.tv_nsec);
	json_number(line, "pid", pid);
	return line;
}

/* Whoever reads it may have gone: there is nobody to be told. */
static void
end(struct record *record, struct buffer *line)
{
	json_end(line);
	buffer_byte(line, '\n');
	record_end(record);
	if (record_flush(record, true) < 0)
		record_forget(record);
}

static void
tell_end(struct record *record, pid_t pid, int status, bool is_known)
{
	struct buffer *line = begin(record, "exited", pid), name = { 0 };

	if (is_known && WIFSIGNALED(status)) {
		json_number(line, "status", 128 + WTERMSIG(status));
		if (constants_print(&name, "SIG", (uint64_t)WTERMSIG(status), arch_native()))
			json_word(line, "signal", buffer_string(&name));
		buffer_done(&name);
	} else if (is_known) {
		json_number(line, "status", WEXITSTATUS(status));
	}
	end(record, line);
}

/* The command closes the other end of CLOSING when it becomes another program. */
static _Noreturn void
watch(int fd, int pidfd, int closing, pid_t pid)
{
	struct record record;
	char byte;
	int status = 0, is_known;

	record_open(&record, fd, RECORD_MOST);
	if (file_read(closing, &byte, 1) == 0) {
		end(&record, begin(&record, "started", pid));
		is_known = pidfd_await(pidfd, pid, &status);
		tell_end(&record, pid, status, is_known);
	}
	record_done(&record);
	child_end(0);
}

static int
compare(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

int
witness_start(int fd)
{
	pid_t self = pid_self(), aside = -1;
	int ends[2] = { -1, -1 }, pidfd = pidfd_of(self), kept[3];
	int own = descriptors_copy(fd); /* 0 to 2 are others' there */

	if (pidfd >= 0 && own >= 0 && pipe2(ends, O_CLOEXEC) == 0) {
		kept[0] = own;
		kept[1] = pidfd;
		kept[2] = ends[0];
		qsort(kept, 3, sizeof(*kept), compare);
		aside = aside_start(kept, 3);
		if (!aside)
			watch(own, pidfd, ends[0], self);
	}
	file_close(own);
	file_close(pidfd);
	file_close(ends[0]);
	if (aside < 0) {
		file_close(ends[1]);
		return -1;
	}
	descriptors_hide(fd);
	return ends[1];
}

void
witness_cancel(int witness)
{
	/* Where a filter forbids it, what is told is that it has started and ended. */
	if (witness >= 0 && write(witness, "", 1) < 0)
		file_close(witness);
}

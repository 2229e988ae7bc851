/* SPDX-License-Identifier: MIT */
#include "counting.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/num.h"
#include "cli/say.h"
#include "kernel/eventfd.h"
#include "kernel/pidfd.h"
#include "memory.h"
#include "targeting.h"

void
counting_options(struct opt_table *table, struct counting *counting)
{
	opt_fd(table, 0, "fd", &counting->given, "the eventfd; default: BUTTER_EVENTFD says which");
	opt_string(table, 0, "from", "PID:FD", &counting->from,
		   "the one that process PID has as FD");
}

/* The open descriptor that the variable NAME says; -1: it says none, or one that is not open. */
static int
inherited(const char *name)
{
	const char *text = getenv(name);
	int64_t fd;

	if (!text || num_integer(text, 0, INT_MAX, &fd) < 0 || fcntl((int)fd, F_GETFD) < 0)
		return -1;
	return (int)fd;
}

/* The eventfd of another process. PID may have a colon, too: the last one is before FD. */
static int
take(struct counting *counting)
{
	const char *colon = strrchr(counting->from, ':');
	char *process = memory_string(counting->from);
	struct peer peer;
	int64_t fd;
	int status;

	if (!colon || num_integer(colon + 1, 0, INT_MAX, &fd) < 0) {
		free(process);
		return misuse("--from '%s' is not of the form PID:FD", counting->from);
	}
	process[colon - counting->from] = '\0';
	status = targeting_parse(process, &peer);
	if (!status)
		status = targeting_open(process, &peer, NULL);
	if (!status) {
		counting->fd = pidfd_take(peer.pidfd, (int)fd);
		if (counting->fd < 0)
			status = fail(pidfd_take_hints, "cannot take descriptor %d of process '%s'",
				      (int)fd, process);
		peer_close(&peer);
	}
	free(process);
	return status;
}

/* The one that eventfd-exec has handed down. */
static int
inherit(struct counting *counting)
{
	const char *text = getenv(COUNTING_FD);

	if (!text || !*text)
		return failx(
			COUNTING_FD
			" is not set (run this below butter eventfd-exec, or say --fd or --from)");
	counting->fd = inherited(COUNTING_FD);
	if (counting->fd < 0)
		return failx(
			COUNTING_FD
			" is '%s', which is no open descriptor (whoever has started this has closed it, as sudo does)",
			text);
	return 0;
}

int
counting_find(struct counting *counting)
{
	int status = 0, is;

	if (counting->given >= 0 && counting->from)
		return misuse("--fd and --from exclude each other");
	if (counting->given >= 0)
		counting->fd = counting->given;
	else
		status = counting->from ? take(counting) : inherit(counting);
	if (status)
		return status;
	is = eventfd_is(counting->fd);
	if (is <= 0 && counting->from)
		return failx("--from %s is no eventfd", counting->from);
	if (is <= 0)
		return failx("descriptor %d is no eventfd (butter eventfd-exec hands one down)",
			     counting->fd);
	if (!counting->from && counting->fd == inherited(COUNTING_FD))
		counting->keeper = inherited(COUNTING_KEEPER);
	return 0;
}

int
counting_number(const char *shown, const char *text, uint64_t low, uint64_t *value)
{
	uint64_t sum = 0;
	bool fits = *text;

	for (const char *at = text; fits && *at; at++)
		fits = *at >= '0' && *at <= '9' && !__builtin_mul_overflow(sum, 10, &sum)
		       && !__builtin_add_overflow(sum, (uint64_t)(*at - '0'), &sum);
	if (!fits || sum < low || sum > EVENTFD_LARGEST)
		return misuse("%s '%s' is not a whole number from %" PRIu64 " to %" PRIu64, shown,
			      text, low, EVENTFD_LARGEST);
	*value = sum;
	return 0;
}

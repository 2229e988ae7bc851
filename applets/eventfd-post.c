/* SPDX-License-Identifier: MIT */
/*
 * eventfd-post: add to an eventfd, which wakes whoever waits for it: a token more, a job that is done, "look
 * again". It goes to the processes below eventfd-exec, or to another one's descriptor, and needs no file, no
 * FIFO and no process number.
 */
#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "counting.h"
#include "kernel/eventfd.h"
#include "kernel/timerfd.h"

enum { TIMED_OUT = 124 };

static struct counting counting = COUNTING_NONE;
static int64_t timeout = NUM_FOREVER;

static void
options(struct opt_table *table)
{
	opt_duration(table, 't', "timeout", &timeout,
		     "give up when there is no room in the counter for DURATION; 0: at once");
	counting_options(table, &counting);
}

static int
eventfd_post_run(int count, char **operands)
{
	uint64_t value = 1;
	int status = count ? counting_number("N", operands[0], 1, &value) : 0, result;

	if (!status)
		status = counting_find(&counting);
	if (status)
		return status;
	result = eventfd_add(counting.fd, value, timerfd_in(timeout));
	if (result < 0)
		return fail(NULL, "cannot add to the eventfd");
	if (!result) {
		failx("the counter is full, and nobody has taken from it in time (it holds 2^64-2 at most)");
		return TIMED_OUT;
	}
	return 0;
}

const struct applet applet_eventfd_post = {
	.name = "eventfd-post",
	.summary = "add to an eventfd, and wake who waits for it",
	.operands = "[N]",
	.max = 1,
	.options = options,
	.run = eventfd_post_run,
};

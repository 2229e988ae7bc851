/* SPDX-License-Identifier: MIT */
#include "process/token.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>

#include "kernel/eventfd.h"
#include "process/channel.h"

int
token_ask(struct token *token)
{
	int ends[2], error;

	token->channel = -1;
	token->is_answered = token->keeper < 0;
	if (token->keeper < 0)
		return 0;
	if (channel_open(ends) < 0)
		return -1;
	token->channel = ends[0];
	if (channel_send_descriptor(token->keeper, ends[1]) == 0) {
		close(ends[1]);
		return 0;
	}
	error = errno;
	close(ends[1]);
	token_close(token);
	errno = error == ECONNREFUSED || error == ENOTSOCK ? EPIPE : error;
	return -1;
}

int
token_fd(const struct token *token)
{
	return token->channel >= 0 ? token->channel : token->eventfd;
}

int
token_take(struct token *token)
{
	pid_t sender;
	char what;
	int result;

	if (token->channel < 0)
		return eventfd_take_one(token->eventfd);
	while ((result = channel_receive(token->channel, &what, &sender)) > 0) {
		token->is_answered = true;
		if (what == TOKEN_GRANTED)
			break;
	}
	return result;
}

/*
 * Tells the keeper that it is given back. He closes his end when he has done so; the kernel says ECONNRESET
 * of what a keeper has not read who is being killed. One who is stopped reads it later: that is not waited
 * for.
 */
static bool
tell_back(const struct token *token)
{
	enum { PATIENCE = 1000 }; /* milliseconds */
	static const char back = TOKEN_BACK;
	struct pollfd end = { .fd = token->channel, .events = POLLIN };
	ssize_t size = 1;
	char ignored;

	if (token->channel < 0 || write(token->channel, &back, 1) != 1)
		return false;
	while (size > 0 && poll(&end, 1, PATIENCE) > 0)
		size = read(token->channel, &ignored, 1);
	return size >= 0;
}

int
token_give(struct token *token)
{
	bool is_told = tell_back(token);

	token_close(token);
	/* Where the keeper has ended nobody else does it. */
	return is_told ? 0 : eventfd_add(token->eventfd, 1, INT64_MAX);
}

void
token_close(struct token *token)
{
	if (token->channel >= 0)
		close(token->channel);
	token->channel = -1;
}

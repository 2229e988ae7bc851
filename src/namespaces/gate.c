/* SPDX-License-Identifier: MIT */
#include "namespaces/gate.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "process/exec.h"

int
gate_say(int end, enum gate_word word, int signal)
{
	char message[2] = { (char)word, (char)signal };

	return write(end, message, sizeof(message)) == sizeof(message) ? 0 : -1;
}

enum gate_word
gate_hear(int end, bool waits, int *signal)
{
	struct pollfd poll_end = { .fd = end, .events = POLLIN };
	char message[2];
	ssize_t size;

	while (waits && poll(&poll_end, 1, -1) < 0 && errno == EINTR)
		;
	errno = 0;
	size = read(end, message, sizeof(message));
	if (size != sizeof(message))
		return GATE_CLOSED;
	if (signal)
		*signal = message[1];
	return (enum gate_word)message[0];
}

/* Asks the process outside for WORD, and waits until it has done so: it tells itself why it has not. */
static int
ask(int gate, enum gate_word word)
{
	if (gate_say(gate, word, 0) < 0 || gate_hear(gate, true, NULL) != word)
		return EXEC_FAILED;
	return 0;
}

int
gate_pass(const struct enclosing *enclosing, uint64_t done, int gate)
{
	const struct mapping *mapping = enclosing->mapping;
	int status = unsharing_enter(&enclosing->inside, done);

	if (!status && mapping_is_any(mapping))
		status = mapping_is_own(mapping) ? mapping_write(mapping, 0) : ask(gate, GATE_MAP);
	if (!status)
		status = unsharing_settle(&enclosing->inside);
	if (!status && keeping_is_any(&enclosing->keeping)) {
		keeping_prepare(&enclosing->keeping);
		status = ask(gate, GATE_KEEP);
	}
	return status ? status : unsharing_dress(&enclosing->inside);
}

int
gate_serve(struct enclosing *enclosing, enum gate_word word, int gate, pid_t pid)
{
	int status = word == GATE_MAP ? mapping_write(enclosing->mapping, pid)
				      : keeping_begin(&enclosing->keeping, pid);

	if (!status)
		gate_say(gate, word, 0);
	return status;
}

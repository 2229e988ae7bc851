/* SPDX-License-Identifier: MIT */
#include "targeting.h"

#include "cli/say.h"
#include "kernel/pid.h"

int
targeting_parse(const char *text, struct peer *peer)
{
	if (peer_parse(text, peer) < 0)
		return misuse(
			"'%s' is no process: write PID, or PID:INODE or PID@STARTTIME as butter getpid --id prints",
			text);
	return 0;
}

int
targeting_open(const char *text, struct peer *peer, bool *gone)
{
	if (gone)
		*gone = false;
	if (peer_open(peer) == 0)
		return 0;
	if (gone && (errno == ESRCH || errno == ESTALE)) {
		*gone = true;
		return 0;
	}
	if (errno == ESTALE)
		return failx("process '%s' has ended, and its number is another one's now", text);
	if (errno == EOPNOTSUPP)
		return failx(
			"cannot tell process '%s' by its inode: this kernel gives processes none (take PID@STARTTIME, as butter getpid --id prints it here)",
			text);
	return fail(pid_hints_for(peer->pid), "cannot find process '%s'", text);
}

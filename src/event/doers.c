/* SPDX-License-Identifier: MIT */
#include "event/doers.h"

#include <string.h>
#include <unistd.h>

#include "kernel/pidfd.h"

const struct doer *
doers_find(struct doers *doers, int32_t pid, uint64_t reading)
{
	struct doers_slot *slot = &doers->slots[(uint32_t)pid % DOERS_SLOTS];
	ssize_t length;

	if (slot->reading == reading && slot->doer.pid == pid)
		return &slot->doer;
	slot->doer = (struct doer){ .pid = pid };
	slot->reading = reading;
	length = pid ? pid_command(pid, slot->comm, &slot->doer.uid) : -1;
	if (length >= 0) {
		slot->doer.has_uid = true;
		slot->doer.comm = slot->comm;
		slot->doer.comm_length = (size_t)length;
	}
	return &slot->doer;
}

void
doers_close_pidfds(char *records, size_t size, uint64_t inode)
{
	struct fanotify_record record;
	size_t taken;

	for (; (taken = fanotify_decode(records, size, &record)); records += taken, size -= taken) {
		int instead = FAN_EPIDFD;

		if (record.pidfd < 0)
			continue;
		if (inode && pidfd_inode(record.pidfd) != inode)
			instead = DOERS_OTHER;
		close(record.pidfd);
		memcpy(records + record.pidfd_at, &instead, sizeof(instead));
	}
}

/* SPDX-License-Identifier: MIT */
#include "mounts/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "kernel/mountfd.h"
#include "kernel/status.h"
#include "mounts/call.h"
#include "mounts/current.h"

int
restore_read(struct restore *restore, int fd)
{
	struct status status;

	*restore = (struct restore){ 0 };
	if (status_at(fd, "", false, &status) < 0 || table_read(&restore->table) < 0)
		return -1;
	restore->id = status.mount;
	return 0;
}

/* The CHANGED attributes of one of them. */
static void
restore_one(const struct mountinfo *mount, uint64_t changed)
{
	int fd = open(mount->target, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct words before = { 0 }, back = { 0 };
	struct trouble ignored = { 0 };
	struct status status;

	if (fd < 0)
		return;
	current_parse(mount->options, "", &before);
	back.own.set = before.own.set & changed;
	back.own.clear = changed;
	if (status_at(fd, "", false, &status) == 0 && status.mount == mount->id
	    && mountfd_change(fd, back.own.set, changed, false) < 0)
		call_attributes(&back, fd, mount->target, &ignored);
	trouble_done(&ignored);
	close(fd);
}

void
restore_below(const struct restore *restore, const struct words *words)
{
	int error = errno;

	for (size_t i = 0; restore->id && i < restore->table.count; i++) {
		const struct mountinfo *mount = &restore->table.mounts[i];

		if (mount->id != restore->id && table_is_below(&restore->table, mount, restore->id))
			restore_one(mount, words->all.set | words->all.clear);
	}
	errno = error;
}

void
restore_done(struct restore *restore)
{
	int error = errno;

	if (restore->id)
		table_done(&restore->table);
	restore->id = 0;
	errno = error;
}

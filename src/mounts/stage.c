/* SPDX-License-Identifier: MIT */
#include "mounts/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "file.h"
#include "kernel/mount.h"

/* By their names from where the folder was made: something may have been mounted over that. */
static void
remove_folder(const struct stage *stage, bool is_mounted)
{
	int error = errno, here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *name = strrchr(stage->folder, '/') + 1;

	if (here >= 0 && fchdir(stage->above) == 0) {
		if (!is_mounted || mount_detach(name) == 0)
			rmdir(name);
		/* It was the current folder: nothing is in the way. */
		if (fchdir(here) < 0)
			error = errno;
	}
	file_close(here);
	errno = error;
}

/* Makes the place in what is mounted at the folder. */
static int
make_place(struct stage *stage, bool is_folder)
{
	struct buffer path = { 0 };
	int result;

	buffer_print(&path, "%s/place", stage->folder);
	result = is_folder ? mkdir(buffer_string(&path), 0700)
			   : mknod(buffer_string(&path), S_IFREG | 0600, 0);
	if (result == 0)
		result = destination_open(&stage->place, buffer_string(&path), false, 0);
	buffer_done(&path);
	return result;
}

/* Mounts what the place is in. It is unbindable, so that no copy of what that is in gets one of it. */
static int
mount_folder(struct stage *stage, bool is_folder)
{
	if (mount_call("none", stage->folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=700")
	    < 0)
		return -1;
	if (mount_call(NULL, stage->folder, NULL, MS_UNBINDABLE, NULL) == 0
	    && make_place(stage, is_folder) == 0)
		return 0;
	remove_folder(stage, true);
	return -1;
}

static int
open_in(struct stage *stage, const char *folder, bool is_folder)
{
	*stage = (struct stage){ .above = open(*folder ? folder : "/",
					       O_PATH | O_DIRECTORY | O_CLOEXEC) };
	if (stage->above < 0)
		return -1;
	snprintf(stage->folder, sizeof(stage->folder), "%s/butter-XXXXXX", folder);
	if (mkdtemp(stage->folder)) {
		if (mount_folder(stage, is_folder) == 0)
			return 0;
		remove_folder(stage, false);
	}
	file_close(stage->above);
	return -1;
}

int
stage_open(struct stage *stage, bool is_folder)
{
	static const char *const folders[] = { "/run", "/tmp", "" }; /* at last, the root */

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (open_in(stage, folders[i], is_folder) == 0)
			return 0;
	return -1;
}

void
stage_close(struct stage *stage)
{
	destination_done(&stage->place);
	remove_folder(stage, true);
	file_close(stage->above);
}

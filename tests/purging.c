/* SPDX-License-Identifier: MIT */
/* purging FOLDER: removes what is in FOLDER, as switch_root does with an initramfs. */
#include <fcntl.h>

#include "mounts/purge.h"

int
main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0)
		return 2;
	purge(fd);
	return 0;
}

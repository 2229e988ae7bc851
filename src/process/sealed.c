/* SPDX-License-Identifier: MIT */
#include "process/sealed.h"

#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "file.h"
#include "kernel/memfd.h"
#include "kernel/proc.h"
#include "process/exec.h"
#include "process/signals.h"

/* The program's file. */
static int
open_own(void)
{
	const char *name = (const char *)getauxval(AT_EXECFN);
	int fd = proc_open("self/exe", O_RDONLY);

	return fd < 0 && name ? open(name, O_RDONLY | O_NOCTTY | O_CLOEXEC) : fd;
}

/* Whether it was started by a descriptor that is closed: without /proc, that was done here. */
static bool
was_open(void)
{
	const char *name = (const char *)getauxval(AT_EXECFN);

	return name && strncmp(name, "/dev/fd/", 8) == 0;
}

/* How much of its file this program needs: what comes behind is for debuggers. */
static size_t
needed(void)
{
	const ElfW(Phdr) *part = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	size_t end = 0;

	for (unsigned long left = getauxval(AT_PHNUM); part && left; left--, part++)
		if (part->p_type == PT_LOAD && part->p_offset + part->p_filesz > end)
			end = part->p_offset + part->p_filesz;
	return end;
}

/* A sealed copy of FROM, the program's file. -1 with errno. */
static int
make(int from)
{
	int fd = memfd_make("butter", false);

	if (fd >= 0 && memfd_fill(fd, from, needed()) == 0
	    && memfd_seal(fd, MEMFD_UNCHANGEABLE) == 0)
		return fd;
	file_close(fd);
	return -1;
}

int
sealed_become(char **words)
{
	int own = open_own(), made, seals;

	if (own < 0)
		return was_open() ? 0 : -1;
	seals = fcntl(own, F_GET_SEALS);
	if (seals > 0 && seals & F_SEAL_WRITE) {
		file_close(own);
		return 0;
	}
	/* The limit of ulimit -f is an error then. */
	signals_ignore(SIGXFSZ);
	made = make(own);
	signals_restore(SIGXFSZ);
	file_close(own);
	if (made < 0)
		return -1;
	exec_become_open(made, words);
	file_close(made);
	return -1;
}

void
sealed_hide(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

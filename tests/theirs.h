/* SPDX-License-Identifier: MIT */
/* The program that libseccomp makes, for tests that compare it with the compiler's. */
#ifndef BUTTER_THEIRS_H
#define BUTTER_THEIRS_H

#include <err.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "policy/bpf.h"
#include "policy/compile.h"

static inline void
export_theirs(scmp_filter_ctx context, struct program *program)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t size;

	program->code = calloc(COMPILE_MOST, sizeof(*program->code));
	if (fd < 0 || !program->code || seccomp_export_bpf(context, fd) < 0)
		err(1, "libseccomp gives no program");
	size = pread(fd, program->code, COMPILE_MOST * sizeof(*program->code), 0);
	if (size <= 0)
		err(1, "cannot read the program");
	program->count = (size_t)size / sizeof(*program->code);
	close(fd);
	if (!bpf_is_valid(program))
		errx(1, "its program has other instructions");
}

#endif

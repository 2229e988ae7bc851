/* SPDX-License-Identifier: MIT */
#include "mounts/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "file.h"
#include "kernel/openat.h"

enum { BEGIN = 4096 }; /* bytes that are looked at: the kernel reads 256 of a script */

/* Copies the SIZE bytes, up to a NUL, as a path. */
static bool
take_path(const unsigned char *bytes, size_t size, char path[PATH_MAX])
{
	size_t length = strnlen((const char *)bytes, size);

	if (!length || length >= PATH_MAX)
		return false;
	memcpy(path, bytes, length);
	path[length] = '\0';
	return true;
}

static bool
of_script(const unsigned char *bytes, size_t size, char path[PATH_MAX])
{
	size_t at = 2, end;

	while (at < size && (bytes[at] == ' ' || bytes[at] == '\t'))
		at++;
	for (end = at; end < size && !strchr(" \t\n", bytes[end]); end++)
		;
	return end < size && take_path(bytes + at, end - at, path);
}

/* Of an ELF file of this machine's size of words. */
static bool
of_elf(const unsigned char *bytes, size_t size, char path[PATH_MAX])
{
	Elf64_Ehdr file;
	Elf64_Phdr part;

	if (size < sizeof(file) || bytes[EI_CLASS] != ELFCLASS64)
		return false;
	memcpy(&file, bytes, sizeof(file));
	for (unsigned i = 0; i < file.e_phnum; i++) {
		uint64_t at = file.e_phoff + i * sizeof(part);

		if (file.e_phoff > size || at > size - MIN(size, sizeof(part)))
			return false;
		memcpy(&part, bytes + at, sizeof(part));
		if (part.p_type == PT_INTERP)
			return part.p_offset < size && part.p_filesz <= size - part.p_offset
			       && take_path(bytes + part.p_offset, part.p_filesz, path);
	}
	return false;
}

bool
program_interpreter(const unsigned char *bytes, size_t size, char path[PATH_MAX])
{
	if (size > 2 && !memcmp(bytes, "#!", 2))
		return of_script(bytes, size, path);
	return size > SELFMAG && !memcmp(bytes, ELFMAG, SELFMAG) && of_elf(bytes, size, path);
}

/* The begin of the program that is linked here, as its linker has it. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

/* Whether it is a script, or a program for this machine, as far as its first bytes tell. */
static bool
has_format(const unsigned char *bytes, size_t size)
{
	Elf64_Ehdr file;

	if (size > 2 && !memcmp(bytes, "#!", 2))
		return true;
	if (size < sizeof(file) || memcmp(bytes, ELFMAG, SELFMAG))
		return false;
	memcpy(&file, bytes, sizeof(file));
	/*
	 * Others may run, too: 32 bits, by the kernel, or by what binfmt_misc knows; but not as the
	 * first one at boot.
	 */
	return file.e_machine == __ehdr_start.e_machine
	       || (__ehdr_start.e_machine == EM_X86_64 && file.e_machine == EM_386);
}

/* What is open as FD, and in *SIZE how many of its first BYTES are there. */
static enum program_state
look_at(int fd, unsigned char *bytes, ssize_t *size)
{
	struct statvfs system;
	struct stat status;

	if (fstat(fd, &status) < 0)
		return PROGRAM_CANNOT_BE_OPENED;
	if (!S_ISREG(status.st_mode))
		return PROGRAM_IS_NO_FILE;
	if (!(status.st_mode & 0111))
		return PROGRAM_IS_NOT_EXECUTABLE;
	if (fstatvfs(fd, &system) == 0 && system.f_flag & ST_NOEXEC)
		return PROGRAM_IS_ON_NOEXEC;
	*size = file_read(fd, (char *)bytes, BEGIN);
	if (*size < 0)
		return PROGRAM_CANNOT_BE_OPENED;
	return has_format(bytes, (size_t)*size) ? PROGRAM_IS_FINE : PROGRAM_HAS_NO_FORMAT;
}

enum program_state
program_look(int root, const char *path, char culprit[PATH_MAX])
{
	enum { DEEPEST = 5 }; /* scripts that run scripts, and the linker of the last */
	unsigned char bytes[BEGIN];
	enum program_state state = PROGRAM_IS_FINE;
	bool goes_on = strlcpy(culprit, path, PATH_MAX) < PATH_MAX;

	for (int depth = 0; goes_on && depth <= DEEPEST; depth++) {
		int fd = openat_in_root(root, culprit), error;
		ssize_t size = 0;

		if (fd < 0)
			return PROGRAM_CANNOT_BE_OPENED;
		state = look_at(fd, bytes, &size);
		error = errno;
		close(fd);
		errno = error;
		goes_on = state == PROGRAM_IS_FINE
			  && program_interpreter(bytes, (size_t)size, culprit);
	}
	return state;
}

/* SPDX-License-Identifier: MIT */
#include "mounts/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
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

enum program_state
program_look(int root, const char *path, char interpreter[PATH_MAX])
{
	int fd = openat_in_root(root, path), other;
	unsigned char bytes[BEGIN];
	struct stat status;
	ssize_t size = 0;
	enum program_state state = PROGRAM_CANNOT_BE_OPENED;

	if (fd >= 0 && fstat(fd, &status) == 0) {
		state = !S_ISREG(status.st_mode)   ? PROGRAM_IS_NO_FILE
			: !(status.st_mode & 0111) ? PROGRAM_IS_NOT_EXECUTABLE
						   : PROGRAM_IS_FINE;
		if (state == PROGRAM_IS_FINE)
			size = file_read(fd, (char *)bytes, sizeof(bytes));
	}
	if (fd >= 0)
		close(fd);
	if (size <= 0 || !program_interpreter(bytes, (size_t)size, interpreter))
		return state;
	other = openat_in_root(root, interpreter);
	if (other < 0)
		return PROGRAM_LACKS_INTERPRETER;
	close(other);
	return state;
}

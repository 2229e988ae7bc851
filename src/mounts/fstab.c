/* SPDX-License-Identifier: MIT */
#include "mounts/fstab.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "file.h"
#include "kernel/mountinfo.h"
#include "memory.h"

/* A line longer than that was not meant to be one; a file, too. */
enum { LONGEST_LINE = 1 << 20, LARGEST_FILE = 1 << 26 };

static const char blanks[] = " \t";

/* The length of a tag at AT with its quotes, LABEL="a b"; 0: there is none; -1: a quote has no end. */
static ssize_t
quoted(const char *at)
{
	static const char *const tags[] = { "LABEL=", "UUID=", "PARTLABEL=", "PARTUUID=", "ID=" };

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		const char *quote = at + strlen(tags[i]), *end;

		if (strncmp(at, tags[i], strlen(tags[i])) || (*quote != '"' && *quote != '\''))
			continue;
		end = strchr(quote + 1, *quote);
		return end ? end + 1 - at : -1;
	}
	return 0;
}

/* Ends the field at *AT of at least LEAST bytes, and moves that to the next one. NULL: there is none. */
static char *
take_field(char **at, size_t least)
{
	char *field = *at, *end;

	if (!*field)
		return NULL;
	end = field + least + strcspn(field + least, blanks);
	*at = end + strspn(end, blanks);
	*end = '\0';
	return field;
}

static bool
is_number(const char *field)
{
	const char *digits = field + (*field == '-');

	return *digits && !digits[strspn(digits, "0123456789")];
}

/*
 * The numbers behind the options, for dump(8) and fsck(8), of which only their form matters; what follows
 * them is a remark.
 */
static enum fstab_fault
check_rest(char *at)
{
	for (int i = 0; i < 2; i++) {
		const char *field = take_field(&at, 0);

		if (field && *field == '#')
			return FSTAB_HAS_REMARK;
		if (field && !is_number(field))
			return FSTAB_HAS_NO_NUMBER;
	}
	return FSTAB_IS_FINE;
}

/* The string LINE, which is not empty. */
static enum fstab_fault
parse(char *line, struct fstab_entry *entry)
{
	enum { SOURCE, TARGET, TYPE, OPTIONS, FIELDS };
	ssize_t least = quoted(line);
	char *fields[FIELDS];

	if (least < 0)
		return FSTAB_HAS_OPEN_QUOTE;
	if (strstr(line, "\\000"))
		return FSTAB_HAS_NUL;
	for (int i = 0; i < FIELDS; i++)
		fields[i] = take_field(&line, i == SOURCE ? (size_t)least : 0);
	if (!fields[TARGET])
		return FSTAB_HAS_NO_TARGET;
	if (!fields[TYPE])
		return FSTAB_HAS_NO_TYPE;
	for (int i = TARGET; i < FIELDS; i++)
		if (fields[i] && *fields[i] == '#')
			return FSTAB_HAS_REMARK;
	for (int i = 0; i < FIELDS; i++)
		if (fields[i])
			mountinfo_unescape(fields[i]);
	entry->source = fields[SOURCE];
	entry->target = fields[TARGET];
	entry->type = fields[TYPE];
	entry->options = fields[OPTIONS] ? fields[OPTIONS] : "defaults";
	return check_rest(line);
}

/* Ends the next line, and moves the text to the one behind it. *LINE to its end are its bytes. */
static char *
take_line(struct fstab_text *text, char **line)
{
	char *end;

	*line = text->at;
	end = memchr(text->at, '\n', (size_t)(text->end - text->at));
	text->at = end ? end + 1 : text->end;
	end = end ? end : text->end;
	if (end > *line && end[-1] == '\r')
		end--;
	*end = '\0';
	text->line++;
	return end;
}

bool
fstab_next(struct fstab_text *text, struct fstab_entry *entry)
{
	while (text->at < text->end) {
		char *line, *end = take_line(text, &line);

		line += strspn(line, blanks);
		if (line == end || *line == '#')
			continue;
		*entry = (struct fstab_entry){ .line = text->line };
		entry->fault = end - line > LONGEST_LINE             ? FSTAB_IS_TOO_LONG
			       : strlen(line) < (size_t)(end - line) ? FSTAB_HAS_NUL
								     : parse(line, entry);
		return true;
	}
	return false;
}

const char *
fstab_explain(enum fstab_fault fault)
{
	switch (fault) {
	case FSTAB_IS_TOO_LONG:
		return "it is longer than 1 MiB";
	case FSTAB_HAS_NUL:
		return "it has a NUL byte";
	case FSTAB_HAS_OPEN_QUOTE:
		return "a quote has no end";
	case FSTAB_HAS_NO_TARGET:
		return "it ends behind the source (SOURCE TARGET TYPE OPTIONS)";
	case FSTAB_HAS_NO_TYPE:
		return "it has no type (SOURCE TARGET TYPE OPTIONS)";
	case FSTAB_HAS_NO_NUMBER:
		return "what follows the options is no number (a blank in a name is a backslash and 040)";
	case FSTAB_HAS_REMARK:
		return "a comment is a line of its own (# at the begin of a field is a backslash and 043)";
	case FSTAB_IS_UNREADABLE:
		return "it cannot be read";
	case FSTAB_IS_FINE:
	default:
		return "nothing is wrong with it";
	}
}

/* The text that FD has, and a byte more. NULL with errno. */
static char *
read_text(int fd, size_t *length)
{
	enum { PIECE = 1 << 16 };
	struct buffer text = { 0 };
	ssize_t size;

	do {
		size = file_read(fd, buffer_reserve(&text, PIECE), PIECE);
		if (size >= 0)
			text.length += (size_t)size;
		if (text.length > LARGEST_FILE) {
			errno = EFBIG;
			size = -1;
		}
	} while (size == PIECE);
	if (size < 0) {
		buffer_done(&text);
		return NULL;
	}
	*length = text.length;
	return buffer_string(&text);
}

static void
add_entry(struct fstab *fstab, const struct fstab_entry *entry)
{
	/* By powers of two. */
	if (!(fstab->count & (fstab->count - 1)))
		fstab->entries = memory_resize(fstab->entries, fstab->count ? fstab->count * 2 : 1,
					       sizeof(*fstab->entries));
	fstab->entries[fstab->count++] = *entry;
}

/* Keeps TEXT of the file PATH, whose name is returned. */
static const char *
keep(struct fstab *fstab, char *text, const char *path)
{
	size_t last = fstab->files++;

	fstab->texts = memory_resize(fstab->texts, last + 1, sizeof(*fstab->texts));
	fstab->names = memory_resize(fstab->names, last + 1, sizeof(*fstab->names));
	fstab->texts[last] = text;
	fstab->names[last] = memory_string(path);
	return fstab->names[last];
}

/* Whether FD, of this STATUS, is a FIFO in a folder, and none of the pipes that have no name. */
static bool
is_named_pipe(int fd, const struct stat *status)
{
	struct statfs file_system;

	return S_ISFIFO(status->st_mode) && fstatfs(fd, &file_system) == 0
	       && file_system.f_type != PIPEFS_MAGIC;
}

/* The lines of FD, which is the file PATH. -1 with errno. */
static int
add_file(struct fstab *fstab, int fd, const char *path)
{
	struct fstab_text text = { 0 };
	struct fstab_entry entry;
	const char *name;
	size_t length;

	text.at = read_text(fd, &length);
	if (!text.at)
		return -1;
	text.end = text.at + length;
	name = keep(fstab, text.at, path);
	while (fstab_next(&text, &entry)) {
		entry.file = name;
		add_entry(fstab, &entry);
	}
	return 0;
}

/* For scandir(3). */
static int
is_fstab(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot && dot > entry->d_name && *entry->d_name != '.' && !strcmp(dot, ".fstab");
}

static int read_path(struct fstab *fstab, const char *path, bool in_folder);

static int
read_folder(struct fstab *fstab, const char *path)
{
	struct dirent **files;
	int count = scandir(path, &files, is_fstab, versionsort);

	for (int i = 0; i < count; i++) {
		struct fstab_entry entry = { .fault = FSTAB_IS_UNREADABLE };
		struct buffer file = { 0 };

		buffer_print(&file, "%s/%s", path, files[i]->d_name);
		if (read_path(fstab, buffer_string(&file), true) < 0) {
			entry.error = errno;
			entry.file = keep(fstab, NULL, buffer_string(&file));
			add_entry(fstab, &entry);
		}
		buffer_done(&file);
		free(files[i]);
	}
	if (count < 0)
		return -1;
	free(files);
	return 0;
}

static int
read_path(struct fstab *fstab, const char *path, bool in_folder)
{
	/* Opening a FIFO would wait for somebody who writes. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), result = -1, error;
	struct stat status;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && fcntl(fd, F_SETFL, 0) == 0) {
		if (S_ISDIR(status.st_mode) && !in_folder) {
			close(fd);
			return read_folder(fstab, path);
		}
		errno = EINVAL;
		result = is_named_pipe(fd, &status) ? -1 : add_file(fstab, fd, path);
	}
	error = errno;
	close(fd);
	errno = error;
	return result;
}

int
fstab_read(struct fstab *fstab, const char *path)
{
	return read_path(fstab, path, false);
}

void
fstab_done(struct fstab *fstab)
{
	for (size_t i = 0; i < fstab->files; i++) {
		free(fstab->texts[i]);
		free(fstab->names[i]);
	}
	free(fstab->texts);
	free(fstab->names);
	free(fstab->entries);
	*fstab = (struct fstab){ 0 };
}

/* SPDX-License-Identifier: MIT */
#include "mounts/disks.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/escape.h"
#include "cli/num.h"
#include "file.h"
#include "memory.h"
#include "mounts/signature.h"

static const struct {
	const char *name, *folder;
} keys[] = {
	[DISKS_LABEL] = { "LABEL=", "/dev/disk/by-label/" },
	[DISKS_UUID] = { "UUID=", "/dev/disk/by-uuid/" },
	[DISKS_PARTLABEL] = { "PARTLABEL=", "/dev/disk/by-partlabel/" },
	[DISKS_PARTUUID] = { "PARTUUID=", "/dev/disk/by-partuuid/" },
	[DISKS_ID] = { "ID=", "/dev/disk/by-id/" },
};

const char *
disks_folder(enum disks_key key)
{
	return keys[key].folder;
}

int
disks_parse(const char *name, struct disks_tag *tag)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		size_t length = strlen(keys[i].name);
		const char *value = name + length;

		if (strncmp(name, keys[i].name, length))
			continue;
		length = strlen(value);
		if (*value == '"' || *value == '\'') {
			if (length < 2 || value[length - 1] != *value)
				return -1;
			value++;
			length -= 2;
		}
		if (!length)
			return -1;
		tag->key = (enum disks_key)i;
		tag->value = memory_get(length + 1);
		memcpy(tag->value, value, length);
		return 1;
	}
	return 0;
}

void
disks_tag_done(struct disks_tag *tag)
{
	free(tag->value);
	tag->value = NULL;
}

/* Appends VALUE as udev writes it in names: what is neither plain nor UTF-8 as \xHH. */
static void
encode(struct buffer *name, const char *value)
{
	size_t length = strlen(value), size;
	uint32_t code;

	for (; length; value += size, length -= size) {
		unsigned char byte = (unsigned char)*value;

		size = escape_character(value, length, &code);
		if (size > 1 || isalnum(byte) || strchr("#+-.:=@_", byte)) {
			buffer_add(name, value, size);
		} else {
			buffer_print(name, "\\x%02x", byte);
			size = 1;
		}
	}
}

/* VALUE with \xHH undone, to be freed. */
static char *
decode(const char *value)
{
	char *text = memory_string(value), *to = text;

	for (const char *from = text; *from; to++) {
		char pair[3] = "", byte;
		size_t size;

		if (from[0] == '\\' && from[1] == 'x')
			strlcpy(pair, from + 2, sizeof(pair));
		if (strlen(pair) == 2 && num_bytes(pair, &byte, &size) == 0 && byte) {
			*to = byte;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return text;
}

static bool
is_disk(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISBLK(status.st_mode);
}

/* The disk that udev has made a link to; NULL: none. */
static char *
find_link(const struct disks_tag *tag)
{
	struct buffer path = { 0 };
	char *found = NULL;

	for (int encoded = 1; encoded >= 0 && !found; encoded--) {
		path.length = 0;
		buffer_print(&path, "%s", disks_folder(tag->key));
		if (encoded)
			encode(&path, tag->value);
		else if (!strchr(tag->value,
				 '/')) /* it is encoded already, as blkid(8) prints it */
			buffer_text(&path, tag->value);
		if (is_disk(buffer_string(&path)))
			found = disks_name(buffer_string(&path));
	}
	buffer_done(&path);
	return found;
}

/* 1: the disk PATH has the TAG, of which DECODED is another reading; 0: it has not; -1 with errno. */
static int
has_tag(const char *path, const struct disks_tag *tag, const char *decoded)
{
	bool of_partition = tag->key == DISKS_PARTLABEL || tag->key == DISKS_PARTUUID;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), answer, error;
	struct signature signature;

	if (fd < 0)
		return errno == EACCES || errno == EPERM ? -1 : 0;
	answer = of_partition ? signature_partition(fd, &signature)
			      : signature_read(fd, 0, 0, &signature);
	error = errno;
	close(fd);
	errno = error;
	if (answer < 0)
		return errno == ENOSYS ? -1 : 0;
	if (tag->key == DISKS_UUID || tag->key == DISKS_PARTUUID)
		return !strcasecmp(signature.uuid, tag->value);
	return !strcmp(signature.label, tag->value) || !strcmp(signature.label, decoded);
}

char *
disks_parse_partition(const char *line)
{
	static const char folder[] = "/dev/";
	size_t start = strspn(line, " "), length;
	const char *name = strrchr(line, ' ');
	char *path;

	/* The heading begins with a letter. */
	if (!name || !isdigit((unsigned char)line[start]))
		return NULL;
	length = strcspn(++name, "\n");
	if (!length)
		return NULL;
	path = memory_get(sizeof(folder) + length);
	memcpy(path, folder, strlen(folder));
	memcpy(path + strlen(folder), name, length);
	/* The kernel writes this for a slash, which no name can have. */
	for (char *at = path; *at; at++)
		if (*at == '!')
			*at = '/';
	return path;
}

/* A disk that is made of others has what they have, where it is the same as they. */
static bool
is_made_of_others(const char *path)
{
	return !strncmp(path, "/dev/dm-", 8) || !strncmp(path, "/dev/md", 7);
}

/* Looks at all disks. NULL with errno as disks_find. */
static char *
search(const struct disks_tag *tag, char place[PATH_MAX])
{
	static const char list[] = "/proc/partitions";
	char *decoded, *found = NULL, *line = NULL;
	FILE *stream = fopen(list, "re");
	size_t room = 0;
	int error = ENOENT;

	if (!stream) {
		strlcpy(place, list, PATH_MAX);
		return NULL;
	}
	decoded = decode(tag->value);
	while (getline(&line, &room, stream) > 0) {
		char *path = disks_parse_partition(line);
		int has = 0;

		if (path && (!found || is_made_of_others(path)))
			has = has_tag(path, tag, decoded);
		if (has > 0) {
			free(found);
			found = path;
			path = NULL;
		} else if (has < 0 && error == ENOENT) {
			error = errno;
			strlcpy(place, path, PATH_MAX);
		}
		free(path);
	}
	free(line);
	free(decoded);
	fclose(stream);
	errno = error;
	return found;
}

char *
disks_find(const struct disks_tag *tag, char place[PATH_MAX])
{
	char *found = find_link(tag), *name;

	place[0] = '\0';
	if (found)
		return found;
	errno = ENOENT;
	if (tag->key == DISKS_ID)
		return NULL;
	errno = ENOSYS;
	if (!signature_is_known())
		return NULL;
	found = search(tag, place);
	if (!found)
		return NULL;
	name = disks_name(found);
	free(found);
	return name;
}

/* The name of the mapped disk PATH in /dev/mapper, if it is there and is the same; NULL: it is not. */
static char *
mapped_name(const char *path)
{
	char file[64], name[160] = "", *mapper;
	struct stat this, that;
	int fd;

	if (strncmp(path, "/dev/dm-", 8) || strlen(path) > 20)
		return NULL;
	snprintf(file, sizeof(file), "/sys/class/block/%.20s/dm/name", path + strlen("/dev/"));
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (file_read(fd, name, sizeof(name) - 1) < 0)
		name[0] = '\0';
	close(fd);
	name[strcspn(name, "\n")] = '\0';
	mapper = memory_get(sizeof(name) + 16);
	snprintf(mapper, sizeof(name) + 16, "/dev/mapper/%s", name);
	if (*name && stat(mapper, &that) == 0 && stat(path, &this) == 0
	    && this.st_rdev == that.st_rdev)
		return mapper;
	free(mapper);
	return NULL;
}

char *
disks_name(const char *path)
{
	char *real = realpath(path, NULL), *mapped;

	if (!real)
		return memory_string(path);
	mapped = mapped_name(real);
	if (!mapped)
		return real;
	free(real);
	return mapped;
}

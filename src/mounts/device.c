/* SPDX-License-Identifier: MIT */
#include "mounts/device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "mounts/appear.h"
#include "mounts/disks.h"
#include "mounts/signature.h"
#include "mounts/table.h"
#include "mounts/types.h"

/* What there is by the name of a source. */
struct finding {
	struct disks_tag tag;
	bool is_tag;
	char *path;
	mode_t mode; /* 0: nobody has looked, it is handed on as it is */
};

/* -1, with all that is known. */
static int
fail_for(struct device_trouble *trouble, enum device_reason reason, const char *place,
	 const char *found)
{
	trouble->reason = reason;
	trouble->error = errno;
	strlcpy(trouble->place, place, sizeof(trouble->place));
	strlcpy(trouble->found, found, sizeof(trouble->found));
	return -1;
}

/* The one type that is given; NULL: it is to be found. */
static const char *
given_type(const struct device_wish *wish)
{
	return wish->type && strcmp(wish->type, "auto") && !types_is_pattern(wish->type)
		       ? wish->type
		       : NULL;
}

static bool
asks_for_loop(const struct device_wish *wish)
{
	return wish->loop || wish->loop_device || wish->offset || wish->size_limit;
}

/* The type of what is named as servers are; NULL: it is not. */
static const char *
network_type(const char *name)
{
	const char *colon = strchr(name, ':');

	if (!strncmp(name, "//", 2))
		return "cifs";
	return colon && colon > name && colon[1] == '/'
			       && !memchr(name, '/', (size_t)(colon - name))
		       ? "nfs"
		       : NULL;
}

/* Whether the disk PATH is there, and not only a drive, or a device, without one. -1 with errno. */
static int
look_at_disk(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool is_empty;

	if (fd < 0)
		return errno == ENXIO || errno == ENOMEDIUM || errno == ENODEV ? -1 : 0;
	/* Those of loop, nbd and zram have nodes before they are disks. */
	is_empty = lseek(fd, 0, SEEK_END) == 0;
	close(fd);
	errno = ENOMEDIUM;
	return is_empty ? -1 : 0;
}

/* Looks for the source once. -1 and the TROUBLE; DEVICE_IS_MISSING: it may come. */
static int
look(const struct device_wish *wish, struct finding *finding, struct device_trouble *trouble)
{
	char place[PATH_MAX] = "";
	struct stat status;

	if (!finding->is_tag) {
		if (stat(wish->name, &status) < 0)
			return fail_for(trouble, DEVICE_IS_MISSING, wish->name, "");
		if (S_ISBLK(status.st_mode) && wish->wait && look_at_disk(wish->name) < 0)
			return fail_for(trouble, DEVICE_IS_MISSING, wish->name, "");
		finding->mode = status.st_mode;
		return 0;
	}
	finding->path = disks_find(&finding->tag, place);
	if (finding->path) {
		finding->mode = S_IFBLK;
		return 0;
	}
	if (!*place)
		return fail_for(trouble, DEVICE_IS_MISSING, wish->name, "");
	return fail_for(trouble,
			strncmp(place, "/proc/", 6) ? DEVICE_CANNOT_BE_OPENED : DEVICE_CANNOT_LIST,
			place, "");
}

/* A disk that must not be looked at need not be the one. */
static bool
may_come(const struct device_trouble *trouble)
{
	return trouble->reason == DEVICE_IS_MISSING || trouble->reason == DEVICE_CANNOT_BE_OPENED;
}

/* The same until it is there, or the time has run out. */
static int
look_in_time(const struct device_wish *wish, struct finding *finding,
	     struct device_trouble *trouble)
{
	struct appear appear;
	int result;

	if (!wish->wait)
		return look(wish, finding, trouble);
	appear_begin(&appear, wish->wait);
	do {
		if (finding->is_tag) {
			/* The kernel makes nodes, and udev links a moment later. */
			appear_watch(&appear, "/dev/");
			appear_watch(&appear, disks_folder(finding->tag.key));
		} else {
			appear_watch(&appear, wish->name);
		}
		result = look(wish, finding, trouble);
	} while (result < 0 && may_come(trouble) && appear_pause(&appear));
	appear_end(&appear);
	if (result < 0 && may_come(trouble))
		trouble->reason = DEVICE_IS_LATE;
	return result;
}

/*
 * Whether what is named is for the TYPE that is given to understand, and not for us; if there is no such
 * file, only a path is surely meant to be one.
 */
static bool
is_for_type(const struct device_wish *wish, const char *type)
{
	struct stat status;

	if (!type || asks_for_loop(wish))
		return false;
	if (types_is_of_kernel(type))
		return true;
	if (wish->wait)
		return wish->name[0] != '/';
	/* (Without libblkid, what disks have costs a look; what is no file needs none.) */
	if (!signature_is_known() && wish->name[0] != '/' && stat(wish->name, &status) < 0)
		return true;
	if (!signature_is_on_disks(type))
		return true;
	return (wish->name[0] != '/' || strchr(wish->name, ':')) && stat(wish->name, &status) < 0;
}

/*
 * Whether what is named is no file, and for types of the list that is given to understand: DEVICE has
 * these, to be tried.
 */
static bool
is_for_list(const struct device_wish *wish, struct device *device)
{
	struct types all, types = { 0 };
	struct stat status;

	if (!wish->type || !types_is_pattern(wish->type) || !strncmp(wish->type, "no", 2))
		return false;
	if (asks_for_loop(wish) || wish->wait || wish->name[0] == '/'
	    || stat(wish->name, &status) == 0)
		return false;
	types_list(wish->type, &all);
	for (size_t i = 0; i < all.count; i++)
		if (types_is_of_kernel(all.names[i]) || !signature_is_on_disks(all.names[i]))
			types_add(&types, all.names[i]);
	types_done(&all);
	device->types = types.names;
	return types.count;
}

/* Finds what WISH names, or that the types of DEVICE understand it. -1 and the TROUBLE. */
static int
find_source(const struct device_wish *wish, struct finding *finding, const char **type,
	    struct device *device, struct device_trouble *trouble)
{
	struct stat status;
	int parsed = disks_parse(wish->name, &finding->tag);

	if (parsed < 0)
		return fail_for(trouble, DEVICE_TAG_IS_BROKEN, wish->name, "");
	finding->is_tag = parsed > 0;
	if (!finding->is_tag) {
		if (!*type && network_type(wish->name) && stat(wish->name, &status) < 0)
			*type = network_type(wish->name);
		if (is_for_type(wish, *type) || (!*type && is_for_list(wish, device))) {
			finding->path = memory_string(wish->name);
			return 0;
		}
	}
	if (look_in_time(wish, finding, trouble) < 0)
		return -1;
	if (!finding->path)
		finding->path = S_ISBLK(finding->mode) || S_ISREG(finding->mode)
					? disks_name(wish->name)
					: memory_string(wish->name);
	return 0;
}

/*
 * Where libblkid knows nothing, or is not there: the types that the list of WISH names, or all that there
 * are.
 */
static int
find_types(const struct device_wish *wish, bool knows, struct device *device,
	   struct device_trouble *trouble)
{
	const char *pattern = wish->type && types_is_pattern(wish->type) ? wish->type : NULL;
	struct types types;

	if (knows && (!pattern || !strncmp(pattern, "no", 2)))
		return fail_for(trouble, DEVICE_IS_UNKNOWN, device->path, "");
	types_list(pattern, &types);
	if (!types.count)
		return fail_for(trouble, DEVICE_IS_UNKNOWN, device->path, "");
	device->types = types.names;
	return 0;
}

/* Finds the type of what is on the disk or file. -1 and the TROUBLE. */
static int
find_type(const struct device_wish *wish, struct device *device, struct device_trouble *trouble)
{
	bool negated = wish->type && types_is_pattern(wish->type) && !strncmp(wish->type, "no", 2);
	const char *pattern = wish->type && types_is_pattern(wish->type) ? wish->type : NULL;
	struct signature signature;
	int fd, answer, error;

	if (!signature_is_known())
		return find_types(wish, false, device, trouble);
	fd = open(device->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return fail_for(trouble, DEVICE_CANNOT_BE_OPENED, device->path, "");
	answer = signature_read(fd, wish->offset, wish->size_limit, &signature);
	error = errno;
	close(fd);
	errno = error;
	if (answer < 0 && error != EINVAL)
		return fail_for(trouble, DEVICE_CANNOT_BE_OPENED, device->path, "");
	if (answer == SIGNATURE_ONE && table_has_type(pattern, signature.type)
	    && signature.is_file_system) {
		device->type = memory_string(signature.type);
		return 0;
	}
	if (pattern && !negated)
		return find_types(wish, true, device, trouble);
	switch (answer) {
	case SIGNATURE_ONE:
		return fail_for(trouble,
				signature.is_file_system ? DEVICE_HAS_OTHER_TYPE
							 : DEVICE_IS_NO_FILE_SYSTEM,
				device->path, signature.type);
	case SIGNATURE_MANY:
		return fail_for(trouble, DEVICE_IS_AMBIVALENT, device->path, signature.type);
	case SIGNATURE_PARTITIONS:
		return fail_for(trouble, DEVICE_IS_PARTITIONED, device->path, signature.type);
	default:
		return fail_for(trouble, DEVICE_IS_UNKNOWN, device->path, "");
	}
}

int
device_loop(const struct device_wish *wish, struct device *device, struct device_trouble *trouble)
{
	struct loop_wish loop = { .file = device->path,
				  .device = wish->loop_device,
				  .offset = wish->offset,
				  .size_limit = wish->size_limit,
				  .read_only = wish->read_only };
	struct stat status;

	if (stat(device->path, &status) < 0)
		return fail_for(trouble, DEVICE_IS_MISSING, device->path, "");
	errno = ENOTBLK;
	if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
		return fail_for(trouble, DEVICE_IS_NO_DISK, device->path, "");
	if (loop_attach(&loop, &device->loop, &trouble->step) < 0)
		return fail_for(trouble, DEVICE_LOOP_FAILED, device->loop.path, "");
	device->file = device->path;
	device->path = memory_string(device->loop.path);
	device->read_only = device->loop.read_only;
	device->is_loop = true;
	device->may_loop = false;
	return 0;
}

/* Whether the file or disk PATH is known to end before OFFSET. */
static bool
ends_before(const char *path, uint64_t offset)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	off_t size;

	if (fd < 0)
		return false;
	size = lseek(fd, 0, SEEK_END);
	close(fd);
	return size >= 0 && offset >= (uint64_t)size;
}

/* Finds the type, and makes a file a disk. -1 and the TROUBLE. */
static int
prepare(const struct device_wish *wish, const char *type, mode_t mode, struct device *device,
	struct device_trouble *trouble)
{
	bool is_file = S_ISREG(mode);

	if (wish->offset && (is_file || S_ISBLK(mode)) && ends_before(device->path, wish->offset))
		return fail_for(trouble, DEVICE_IS_SHORT, device->path, "");
	errno = ENOTBLK;
	if (type)
		device->type = memory_string(type);
	else if (!S_ISBLK(mode) && !is_file)
		return fail_for(trouble, DEVICE_IS_NO_DISK, device->path, "");
	else if (find_type(wish, device, trouble) < 0)
		return -1;
	/* The kernel takes some kinds of files as they are, and tells so by trying. */
	device->may_loop = !wish->no_loop && !S_ISBLK(mode);
	if (asks_for_loop(wish)
	    || (is_file && !wish->no_loop && (!device->type || strcmp(device->type, "erofs"))))
		return device_loop(wish, device, trouble);
	return 0;
}

int
device_find(const struct device_wish *wish, struct device *device, struct device_trouble *trouble)
{
	const char *type = given_type(wish);
	struct finding finding = { 0 };
	int result;

	*device = (struct device){ .loop.fd = -1 };
	result = find_source(wish, &finding, &type, device, trouble);
	device->path = finding.path;
	if (finding.is_tag)
		disks_tag_done(&finding.tag);
	if (result == 0 && finding.mode) {
		result = prepare(wish, type, finding.mode, device, trouble);
	} else if (result == 0) {
		device->type = type ? memory_string(type) : NULL;
		device->may_loop = !wish->no_loop;
	}
	if (result < 0)
		device_done(device);
	return result;
}

void
device_undo(struct device *device)
{
	loop_undo(&device->loop);
	device_done(device);
}

void
device_done(struct device *device)
{
	int error = errno;

	loop_done(&device->loop);
	for (size_t i = 0; device->types && device->types[i]; i++)
		free(device->types[i]);
	free(device->types);
	free(device->type);
	free(device->path);
	free(device->file);
	*device = (struct device){ .loop.fd = -1 };
	errno = error;
}

/* SPDX-License-Identifier: MIT */
#include "kernel/statmount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/compat.h"

/* How many ids at a time. */
enum { MANY = 256 };

/* The kernel's struct mnt_id_req in its first form; linux/mount.h. */
struct request {
	uint32_t size, spare;
	uint64_t id, param;
};

/* The kernel's struct statmount, as far as it matters here; linux/mount.h. */
struct answer {
	uint32_t size, options;
	uint64_t mask;
	char before[24];
	uint64_t id, parent;
	char between[16];
	uint64_t propagation;
	char behind_that[24];
	uint32_t root, point; /* where in strings these begin */
	char behind[400];
	char strings[2 * PATH_MAX];
};

/* WHAT of the mount ID. -1 with errno. */
static int
ask(uint64_t id, uint64_t what, struct answer *answer)
{
	struct request request = { .size = sizeof(request), .id = id, .param = what };

	_Static_assert(offsetof(struct answer, parent) == 48, "the kernel's struct");
	_Static_assert(offsetof(struct answer, propagation) == 72, "the kernel's struct");
	_Static_assert(offsetof(struct answer, point) == 108, "the kernel's struct");
	_Static_assert(offsetof(struct answer, strings) == 512, "the kernel's struct");
	return syscall(NUMBER_STATMOUNT, &request, answer, sizeof(*answer), 0) < 0 ? -1 : 0;
}

int
statmount_id(const char *path, uint64_t *id)
{
	struct statx status;

	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID_UNIQUE, &status) < 0)
		return -1;
	*id = status.stx_mnt_id;
	errno = ENOSYS;
	return status.stx_mask & STATX_MNT_ID_UNIQUE ? 0 : -1;
}

int
statmount_is_initial(uint64_t id)
{
	struct answer answer;

	return ask(id, STATMOUNT_MNT_BASIC, &answer) < 0 ? -1 : answer.id == answer.parent;
}

int
statmount_is_in_shared(uint64_t id)
{
	struct answer answer;

	if (ask(id, STATMOUNT_MNT_BASIC, &answer) < 0
	    || ask(answer.parent, STATMOUNT_MNT_BASIC, &answer) < 0)
		return -1;
	return (answer.propagation & MS_SHARED) != 0;
}

int
statmount_path(uint64_t id, char *path, size_t room)
{
	struct answer answer;
	const char *point;

	if (ask(id, STATMOUNT_MNT_POINT, &answer) < 0)
		return -1;
	point = answer.strings + answer.point;
	if (!(answer.mask & STATMOUNT_MNT_POINT)) {
		errno = EXDEV;
		return -1;
	}
	if (strlcpy(path, point, room) >= room) {
		errno = EOVERFLOW;
		return -1;
	}
	return 0;
}

int
statmount_each(void (*each)(uint64_t id, void *context), void *context)
{
	struct request request = { .size = sizeof(request), .id = LSMT_ROOT };
	uint64_t ids[MANY];
	long count;

	do {
		count = syscall(NUMBER_LISTMOUNT, &request, ids, MANY, 0);
		if (count < 0)
			return -1;
		for (long i = 0; i < count; i++)
			each(ids[i], context);
		if (count)
			request.param = ids[count - 1];
	} while (count == MANY);
	return 0;
}

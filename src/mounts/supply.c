/* SPDX-License-Identifier: MIT */
#include "mounts/supply.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "kernel/mount.h"
#include "kernel/status.h"
#include "mounts/clash.h"
#include "mounts/destination.h"
#include "mounts/helper.h"

/* One try; a file that the kernel does not take as it is becomes a disk first. */
static int
mount_as(const char *type, struct supply *supply)
{
	supply->attach.type = type;
	supply->attach.source = supply->device.path;
	trouble_done(&supply->trouble);
	if (attach(&supply->attach, &supply->trouble) == 0)
		return 0;
	if (errno != ENOTBLK || !supply->device.may_loop)
		return -1;
	/* Of what is no file, the first answer is told. */
	if (device_loop(&supply->wish, &supply->device, &supply->device_trouble) < 0)
		return -1;
	supply->attach.source = supply->device.path;
	trouble_done(&supply->trouble);
	return attach(&supply->attach, &supply->trouble);
}

/*
 * The same by the name that the kernel has for what libblkid, and fstab, call otherwise. If it has neither,
 * the first answer is told.
 */
static int
mount_as_called(const char *type, struct supply *supply)
{
	struct trouble first;

	if (mount_as(type, supply) == 0)
		return 0;
	if (strcmp(type, "ntfs") || supply->trouble.stage != TROUBLE_TYPE
	    || supply->trouble.error != ENODEV)
		return -1;
	first = supply->trouble;
	supply->trouble = (struct trouble){ 0 };
	if (mount_as("ntfs3", supply) == 0) {
		trouble_done(&first);
		return 0;
	}
	if (supply->trouble.stage != TROUBLE_TYPE) {
		trouble_done(&first);
		return -1;
	}
	trouble_done(&supply->trouble);
	supply->trouble = first;
	supply->attach.type = type;
	return -1;
}

/* Whether the next type may fit where this one has not; what is mounted as one is in use for all others. */
static bool
is_of_type(const struct trouble *trouble)
{
	if (trouble->stage == TROUBLE_TYPE || trouble->stage == TROUBLE_OPTION)
		return true;
	return (trouble->stage == TROUBLE_CREATE || trouble->stage == TROUBLE_CALL)
	       && (trouble->error == EINVAL || trouble->error == ENODEV || trouble->error == EUCLEAN
		   || trouble->error == EBUSY);
}

/* None of the types fits, and it is not the options that none of them takes. */
static enum supply_end
fit_none(struct supply *supply)
{
	struct device_trouble *trouble = &supply->device_trouble;

	trouble->reason = DEVICE_FITS_NO_TYPE;
	strlcpy(trouble->place, supply->device.path, sizeof(trouble->place));
	for (char **type = supply->device.types; *type; type++) {
		strlcat(trouble->found, *trouble->found ? ", " : "", sizeof(trouble->found));
		strlcat(trouble->found, *type, sizeof(trouble->found));
	}
	return SUPPLY_NO_SOURCE;
}

static enum supply_end
mount_device(struct supply *supply)
{
	char *const only[] = { supply->device.type, NULL };
	char *const *types = supply->device.type ? only : supply->device.types;
	size_t tried = 0;
	bool by_option = true, goes_on = true, is_busy = false;

	for (; *types && goes_on; types++, tried++) {
		if (mount_as_called(*types, supply) == 0)
			return SUPPLY_DONE;
		goes_on = is_of_type(&supply->trouble);
		by_option &= supply->trouble.stage == TROUBLE_OPTION;
		is_busy |= supply->trouble.error == EBUSY;
	}
	supply->undo = true;
	if (supply->device_trouble.reason == DEVICE_LOOP_FAILED)
		return SUPPLY_NO_SOURCE;
	if (goes_on && is_busy) {
		trouble_done(&supply->trouble);
		errno = EBUSY;
		trouble_at(&supply->trouble, TROUBLE_CREATE, NULL);
		return SUPPLY_FAILED;
	}
	return tried > 1 && goes_on && !by_option ? fit_none(supply) : SUPPLY_FAILED;
}

/* The id of the mount that is on top at PATH; 0: nobody tells. */
static int
mount_at(const char *path)
{
	struct status status;

	return status_at(AT_FDCWD, path, true, &status) < 0 ? 0 : status.mount;
}

/* What comes after the program; if that fails, what it has mounted, in place of BEFORE, goes again. */
static enum supply_end
propagate(const char *path, int before, struct supply *supply)
{
	trouble_done(&supply->trouble);
	if (attach(&supply->attach, &supply->trouble) == 0)
		return SUPPLY_HELPED;
	if (mount_at(path) != before)
		mount_detach(path);
	return SUPPLY_FAILED;
}

/* Lets the program do it, at PATH, and does the rest. */
static enum supply_end
help_at(const struct supply_wish *wish, const char *path, struct supply *supply)
{
	const struct words *words = wish->attach.words;
	struct buffer options = { 0 };
	struct helper helper = { .type = supply->device.type,
				 .source = supply->device.path,
				 .target = path,
				 .fake = wish->fake,
				 .no_mtab = wish->no_mtab,
				 .sloppy = wish->sloppy,
				 .verbose = wish->verbose };
	int before = mount_at(path);

	buffer_add(&options, words->kept.data, words->kept.length);
	helper.options = buffer_string(&options);
	supply->status = helper_run(supply->helper, &helper, &supply->error);
	buffer_done(&options);
	if (supply->status || wish->fake || !words->propagation_count)
		return SUPPLY_HELPED;
	return propagate(path, before, supply);
}

/* What mount(2) has no words for has to be there before, and is done afterwards. */
static enum supply_end
help(const struct supply_wish *wish, struct supply *supply)
{
	const struct words *words = wish->attach.words;
	struct destination target = { .fd = -1 };
	enum supply_end end;
	char *path;

	supply->clash = clash_helper(&wish->attach);
	if (supply->clash) {
		supply->undo = true;
		return SUPPLY_CLASHES;
	}
	supply->attach.source = NULL;
	supply->attach.type = NULL;
	if (words->mkdir && !wish->fake
	    && destination_open(&target, wish->attach.target, true, words->mkdir_mode) < 0) {
		trouble_at(&supply->trouble, TROUBLE_TARGET, NULL);
		supply->undo = true;
		return SUPPLY_FAILED;
	}
	/* Programs may change their working folder. */
	path = realpath(wish->attach.target, NULL);
	end = help_at(wish, path ? path : wish->attach.target, supply);
	free(path);
	supply->undo = end == SUPPLY_FAILED || supply->status;
	if (target.path && supply->undo)
		destination_undo(&target);
	if (target.path)
		destination_done(&target);
	return end;
}

enum supply_end
supply(const struct supply_wish *wish, struct supply *supply)
{
	const struct words *words = wish->attach.words;

	*supply = (struct supply){ .attach = wish->attach };
	supply->wish = (struct device_wish){ .name = wish->attach.source,
					     .type = wish->attach.type,
					     .loop = words->loop,
					     .no_loop = words->no_loop,
					     .loop_device = words->loop_device,
					     .offset = words->offset,
					     .size_limit = words->size_limit,
					     .read_only = words->flags.set & MS_RDONLY,
					     .wait = wish->wait };
	if (!supply->wish.type)
		supply->wish.type = words->auto_types;
	if (device_find(&supply->wish, &supply->device, &supply->device_trouble) < 0)
		return SUPPLY_NO_SOURCE;
	supply->attach.source = supply->device.path;
	supply->attach.type = supply->device.type;
	if (supply->device.type && !wish->no_helper)
		supply->helper = helper_find(false, supply->device.type);
	if (supply->helper)
		return help(wish, supply);
	supply->undo = wish->fake;
	return wish->fake ? SUPPLY_DONE : mount_device(supply);
}

void
supply_done(struct supply *supply)
{
	trouble_done(&supply->trouble);
	if (supply->undo)
		device_undo(&supply->device);
	else
		device_done(&supply->device);
	free(supply->helper);
	supply->helper = NULL;
}

/* SPDX-License-Identifier: MIT */
#include "mounts/fresh.h"

#include <errno.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/filesystem.h"
#include "memory.h"
#include "mounts/current.h"
#include "mounts/layers.h"

/* How fsconfig(2) calls the flags of a superblock. The others it does not know. */
struct flag {
	uint64_t bit;
	char on[12], off[12];
};

static const struct flag flags[] = {
	{ MS_RDONLY, "ro", "rw" },         { MS_SYNCHRONOUS, "sync", "async" },
	{ MS_DIRSYNC, "dirsync", "" },     { MS_LAZYTIME, "lazytime", "nolazytime" },
	{ MS_MANDLOCK, "mand", "nomand" },
};

static bool
is_overlay(const struct attach *wish)
{
	return wish->type && !strcmp(wish->type, "overlay");
}

/* Whether it is a list of layers that is too long, and is told layer by layer. */
static bool
is_layers(const struct attach *wish, const struct words_option *option)
{
	return is_overlay(wish) && option->value && !strcmp(option->key, "lowerdir")
	       && strlen(option->value) > FILESYSTEM_LONGEST;
}

bool
fresh_needs_call(const struct attach *wish)
{
	const struct words *words = wish->words;

	if (words->flags.set & (MS_SILENT | MS_I_VERSION))
		return true;
	if (wish->source && strlen(wish->source) > FILESYSTEM_LONGEST)
		return true;
	for (size_t i = 0; i < words->option_count; i++) {
		const struct words_option *option = &words->options[i];

		if (strlen(option->key) > FILESYSTEM_LONGEST
		    || (option->value && strlen(option->value) > FILESYSTEM_LONGEST
			&& !is_layers(wish, option)))
			return true;
	}
	return false;
}

bool
fresh_is_new_to_some(const struct attach *wish)
{
	const char *layers = words_value(wish->words, "lowerdir");

	return is_overlay(wish) && layers && strlen(layers) > FILESYSTEM_LONGEST;
}

/* Takes what has been said in CONTEXT. errno stays. */
static void
listen(int context, struct trouble *trouble)
{
	int error = errno;
	char text[1024];

	while (filesystem_message(context, text, sizeof(text)))
		if (!strncmp(text, "e ", 2) || !strncmp(text, "w ", 2))
			trouble_say(&trouble->said, text + 2);
	errno = error;
}

static int
set(int context, const char *key, const char *value, struct trouble *trouble)
{
	if (filesystem_set(context, key, value) < 0)
		return trouble_at(trouble, TROUBLE_OPTION, key);
	return 0;
}

/* ---- the layers of overlay ---- */

/* One by one, by keys that are there since Linux 6.8: no layer is too long, and none odd. */
static int
set_layers(int context, const char *value, struct trouble *trouble)
{
	char *copy = memory_string(value), *rest = copy, *layer;
	bool is_data = false;
	int result = 0;

	while (result == 0 && (layer = layers_next(&rest, &is_data)) != NULL) {
		result = filesystem_set(context, is_data ? "datadir+" : "lowerdir+", layer);
		if (result < 0)
			trouble_at(trouble, TROUBLE_OPTION, errno == ENOENT ? "lowerdir" : layer);
		else
			trouble->is_known = true;
	}
	free(copy);
	return result;
}

/* ---- all of it ---- */

static int
set_option(const struct attach *wish, int context, const struct words_option *option,
	   struct trouble *trouble)
{
	if (is_layers(wish, option))
		return set_layers(context, option->value, trouble);
	return set(context, option->key, option->value, trouble);
}

static int
set_flags(const struct words *words, int context, bool read_only, struct trouble *trouble)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		bool on = words->flags.set & flags[i].bit, off = words->flags.clear & flags[i].bit;
		const char *key = on || (read_only && flags[i].bit == MS_RDONLY) ? flags[i].on
				  : off                                          ? flags[i].off
										 : "";

		/* Nobody can change this one, and attach has seen to it that nobody wants to. */
		if (words->remount && flags[i].bit == MS_DIRSYNC)
			continue;
		if (*key && set(context, key, NULL, trouble) < 0)
			return -1;
	}
	return 0;
}

static int
set_all(const struct attach *wish, int context, bool read_only, struct trouble *trouble)
{
	const struct words *words = wish->words;
	const char *dot = wish->type ? strchr(wish->type, '.') : NULL;

	if (dot && set(context, "subtype", dot + 1, trouble) < 0)
		return -1;
	if (set_flags(words, context, read_only, trouble) < 0)
		return -1;
	for (size_t i = 0; i < words->option_count; i++)
		if (set_option(wish, context, &words->options[i], trouble) < 0)
			return -1;
	return 0;
}

static int
make(const struct attach *wish, int context, bool read_only, struct trouble *trouble)
{
	uint64_t attributes = current_wanted(0, wish->words);
	int fd;

	if (wish->source && filesystem_set(context, "source", wish->source) < 0)
		return trouble_at(trouble, TROUBLE_SOURCE, NULL);
	if (set_all(wish, context, read_only, trouble) < 0)
		return -1;
	if (filesystem_create(context, wish->exclusive) < 0)
		return trouble_at(trouble, TROUBLE_CREATE, NULL);
	fd = filesystem_mount(context, attributes | (read_only ? MOUNT_ATTR_RDONLY : 0));
	return fd < 0 ? trouble_at(trouble, TROUBLE_ATTRIBUTES, NULL) : fd;
}

int
fresh_mount(const struct attach *wish, bool read_only, struct trouble *trouble)
{
	int context = filesystem_open(wish->type), fd, error;

	if (context < 0)
		return trouble_at(trouble, TROUBLE_TYPE, NULL);
	fd = make(wish, context, read_only, trouble);
	error = errno;
	listen(context, trouble);
	close(context);
	errno = error;
	return fd;
}

int
fresh_change(const struct attach *wish, int fd, struct trouble *trouble)
{
	int context = filesystem_pick(fd), result, error;

	if (context < 0)
		return trouble_at(trouble, TROUBLE_PICK, NULL);
	result = set_all(wish, context, false, trouble);
	if (result == 0 && filesystem_reconfigure(context) < 0)
		result = trouble_at(trouble, TROUBLE_CHANGE, NULL);
	error = errno;
	listen(context, trouble);
	close(context);
	errno = error;
	return result;
}

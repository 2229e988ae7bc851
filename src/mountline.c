/* SPDX-License-Identifier: MIT */
#include "mountline.h"

#include <errno.h>
#include <string.h>

#include "cli/say.h"

/* The file NAME cannot be read: errno; WHAT says what to do if there is none. */
static void
tell_unreadable(const char *name, const char *what)
{
	const struct hint hints[] = {
		{ ENOENT, what },
		{ EFBIG, "it has no end, or was not meant to be one" },
		{ EINVAL, "a FIFO is read with cat FIFO | butter mount -T /dev/stdin" },
		{ 0 },
	};

	fail(hints, "cannot read '%s'", name);
}

const char *
mountline_table(const struct mountall *mountall)
{
	return mountall->tables.count ? mountall->tables.items[0].text : "/etc/fstab";
}

bool
mountline_read(const struct mountall *mountall, struct fstab *fstab, const char *what)
{
	size_t count = mountall->tables.count;

	for (size_t i = 0; i < (count ? count : 1); i++) {
		const char *path =
			count ? mountall->tables.items[i].text : mountline_table(mountall);

		if (fstab_read(fstab, path) == 0)
			continue;
		tell_unreadable(path, what);
		fstab_done(fstab);
		return false;
	}
	return true;
}

void
mountline_tell_broken(const struct fstab_entry *entry)
{
	errno = entry->error;
	if (entry->fault == FSTAB_IS_UNREADABLE)
		tell_unreadable(entry->file, "does a link lead nowhere?");
	else
		failx("cannot read line %zu of '%s': %s", entry->line, entry->file,
		      fstab_explain(entry->fault));
}

bool
mountline_take_words(const struct mountall *mountall, const struct fstab_entry *entry,
		     struct words *words)
{
	struct words_trouble trouble;

	if (words_add(words, entry->options, &trouble) == 0)
		return mountall->add_words(words);
	failx("cannot mount at '%s': '%s' %s (line %zu of '%s')", entry->target, trouble.word,
	      trouble.reason, entry->line, entry->file);
	return false;
}

bool
mountline_is_change(const struct fstab_entry *entry, const struct words *words)
{
	return !strcmp(entry->type, "none") && words->propagation_count
	       && words->operation == WORDS_MOUNT && !words->remount && !words->option_count
	       && !words->flags.set && !words->flags.clear && !words_has_attributes(words);
}

bool
mountline_has_place(const struct mountall *mountall, const struct fstab_entry *entry)
{
	if (mountall->prefix || *entry->target == '/')
		return true;
	failx("cannot mount at '%s': it must begin with a slash, or would depend on the current folder "
	      "(line %zu of '%s')",
	      entry->target, entry->line, entry->file);
	return false;
}

/* SPDX-License-Identifier: MIT */
#include "mounts/clash.h"

#include <linux/mount.h>

#include "mounts/dress.h"
#include "mounts/vocabulary.h"

/* Whether the file system is to be read-only, and the mount not. */
static bool
is_read_only_below(const struct words *words)
{
	return words->flags.set & MS_RDONLY
	       && !((words->own.set | words->all.set) & MOUNT_ATTR_RDONLY);
}

const char *
clash_find(const struct attach *wish)
{
	const struct words *words = wish->words;
	bool is_new = wish->source && !words->remount && words->operation == WORDS_MOUNT;
	bool is_change = words->remount || (!wish->source && !is_new);

	if (wish->exclusive && !is_new)
		return "--exclusive is for a new file system";
	if (wish->beneath && is_change)
		return "--beneath is for what is mounted, and not for what is changed";
	if (words->operation == WORDS_BIND && !words->remount && is_read_only_below(words))
		return "ro=fs is the file system's, and what is bound has that already (ro=vfs is the "
		       "mount alone)";
	if (is_new && words->flags.set & (MS_SILENT | MS_I_VERSION)
	    && (wish->beneath || wish->exclusive || wish->into || dress_needs_newer(words)))
		return "silent and iversion are for mount(2) alone, which does not know --beneath, "
		       "--exclusive, --into, X-mount.idmap and X-mount.subdir";
	return NULL;
}

const char *
clash_idle(const struct words *words)
{
	if (words->operation != WORDS_BIND)
		return NULL;
	if (words->option_count)
		return words->options[0].key;
	return vocabulary_flag(words->flags.set & ~(uint64_t)(MS_RDONLY | MS_SILENT));
}

const char *
clash_helper(const struct attach *wish)
{
	const struct words *words = wish->words;
	const struct {
		bool is_there;
		const char *name;
	} all[] = {
		{ wish->into, "--into" },
		{ wish->beneath, "--beneath" },
		{ wish->exclusive, "--exclusive" },
		{ words->idmap, "X-mount.idmap" },
		{ words->subdir, "X-mount.subdir" },
		{ words->owner, "X-mount.owner" },
		{ words->group, "X-mount.group" },
		{ words->has_mode, "X-mount.mode" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].is_there)
			return all[i].name;
	return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "copytell.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/say.h"

bool
copytell_is_folder(const char *path)
{
	int error = errno;
	struct stat status;
	bool is = strcmp(path, "-") && stat(path, &status) == 0 && S_ISDIR(status.st_mode);

	errno = error;
	return is;
}

/* Whether something has that name; of a link, AND_ENDS, whether it leads to something. errno stays. */
static bool
is_there(const char *path, bool and_ends)
{
	int error = errno;
	bool is = faccessat(AT_FDCWD, path, F_OK, and_ends ? 0 : AT_SYMLINK_NOFOLLOW) == 0;

	errno = error;
	return is;
}

static const char *
why_barred(enum target_bar bar)
{
	switch (bar) {
	case TARGET_HAS_LINKS:
		return "it has other names (--in-place writes to all of them)";
	case TARGET_IS_MOUNTED:
		return "it is a mount point (--in-place writes into it)";
	case TARGET_IS_ANOTHERS:
		return "a new file cannot get its owner and group (--in-place writes into the file)";
	case TARGET_IS_LINK:
		return "where the link leads cannot be told (mount /proc, or --in-place writes there)";
	case TARGET_PART_IS_BUSY:
		return "somebody else is just copying to it";
	case TARGET_PART_IS_GONE:
		return "somebody has removed or replaced what there was of the copy";
	case TARGET_IS_PART:
		return "--resume keeps parts of copies by such names (leave it out: --exclude)";
	default:
		return "nothing can be made in its folder (--in-place writes into the file)";
	}
}

static int
tell_barred(const struct copy *copy, const char *to)
{
	const char *slash = strrchr(to, '/');
	int above = slash && *copy->part != '/' ? (int)(slash + 1 - to) : 0;

	if (copy->in_place && copy->bar == TARGET_IS_ANOTHERS)
		return failx("cannot replace '%s': a new file cannot get its owner and group", to);
	if (copy->bar == TARGET_PART_IS_ANOTHERS)
		return failx("cannot go on with '%s': '%.*s%s' is not yours (remove that)", to,
			     above, to, copy->part);
	return failx("cannot replace '%s': %s", to, why_barred(copy->bar));
}

/* Of an error at one of the sides, at a place. */
static int
tell_place(const struct copy *copy, const char *from, const char *to, struct copying *copying)
{
	const char *name = copy->at_output ? to : from;
	const struct hint kept[] = { { errno, "what there is stays: --resume" }, { 0 } };

	if (copy->at_output && copying_is_left(copying))
		return 1;
	if (errno == ENODATA && !copy->at_output)
		return failx("'%s' got shorter while it was copied", from);
	return fail(copy->is_kept ? kept : NULL, "cannot %s '%s' at byte %lld",
		    copy->at_output && copy->step == COPY_CONTENT ? "write" : "read", name,
		    (long long)copy->at);
}

int
copytell(const struct copy *copy, const char *from, const char *to, struct copying *copying)
{
	static const struct hint
		dangling[] = { { ENOENT, "it is a link that leads nowhere" }, { 0 } },
		unmade[] = { { ENOENT, "nothing can be made in its folder: --in-place" }, { 0 } },
		few[] = { { EMFILE, "raise ulimit -n, or take fewer --jobs" }, { 0 } },
		shut[] = { { EACCES, "--force replaces it" },
			   { ETXTBSY, "it runs: --force replaces it" },
			   { 0 } },
		unread[] = { { EACCES, "--in-place writes into the file" }, { 0 } },
		hidden[] = { { ENOENT, "mount /proc" },
			     { EINVAL, "its owner or group is none in this user namespace" },
			     { 0 } };

	switch (copy->step) {
	case COPY_OPEN:
		return fail(few, "cannot open '%s'", from);
	case COPY_IS_FOLDER:
		return failx("'%s' is a folder (--recursive copies it)", from);
	case COPY_IS_SAME:
		return failx("'%s' and '%s' are the same", from, to);
	case COPY_IS_LOOP:
		return failx("'%s' leads to a folder that it is in (leave it out: --exclude)",
			     from);
	case COPY_IS_WITHIN:
		return failx("'%s' would be copied into itself, '%s'", from, to);
	case COPY_BARRED:
		return tell_barred(copy, to);
	case COPY_CONTENT:
	case COPY_READ_BACK:
		return tell_place(copy, from, to, copying);
	case COPY_ENGINE:
		return fail(content_hints(copy->content.engine), "cannot copy '%s' by %s", from,
			    content_names[copy->content.engine]);
	case COPY_OLD:
		return fail(NULL, "cannot read what '%s' has", to);
	case COPY_KEEP:
		return fail(unread, "cannot keep what '%s' has besides its content", to);
	case COPY_ATTRIBUTES:
		return fail(hidden, "cannot give '%s' %s of '%s'", to,
			    attributes_name(copy->failed), from);
	case COPY_LINK:
		return fail(NULL, "'%s' is there, but cannot be a hard link, as '%s' is", to, from);
	case COPY_SYNC:
		return fail(NULL, "'%s' is there, but cannot be synchronized with its folder", to);
	case COPY_ONCE:
		return failx("--verify: '%s' cannot be read again", copy->at_output ? to : from);
	case COPY_DIFFERS:
		return failx("'%s' is not what was copied: byte %lld differs", to,
			     (long long)copy->at);
	case COPY_CREATE:
		if (errno == EISDIR)
			return failx("cannot replace '%s': it is a folder, and '%s' is none", to,
				     from);
		if (errno == ENOTDIR && copytell_is_folder(from))
			return failx("cannot copy into '%s': it is no folder, and '%s' is one", to,
				     from);
		if (errno == ENOENT && is_there(to, false))
			return fail(is_there(to, true) ? unmade : dangling, "cannot write '%s'",
				    to);
		return fail(copy->in_place && !copy->forces && is_there(to, true) ? shut : few,
			    "cannot write '%s'", to);
	case COPY_FINISH:
	default:
		return fail(NULL, "cannot write '%s'", to);
	}
}

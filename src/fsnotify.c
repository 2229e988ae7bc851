/* SPDX-License-Identifier: MIT */
#include "fsnotify.h"

#include "cli/say.h"
#include "kernel/inotify.h"

void
fsnotify_add_fanotify(struct opt_table *table, struct fsnotify *fsnotify)
{
	opt_flag(table, 'F', "fanotify", &fsnotify->fanotify,
		 "watch by fanotify: with -r by one mark, whatever the size of the tree");
}

void
fsnotify_add_inotify(struct opt_table *table, struct fsnotify *fsnotify)
{
	opt_flag(table, 'I', "inotify", &fsnotify->by_inotify,
		 "watch by inotify, also when called by a name that begins with fsnotify");
}

void
fsnotify_add_file_system(struct opt_table *table, struct fsnotify *fsnotify)
{
	opt_flag(table, 'S', "filesystem", &fsnotify->whole,
		 "watch the whole file system of each PATH, by fanotify");
}

bool
fsnotify_wanted(const struct fsnotify *fsnotify, bool recursive, int *status)
{
	*status = 0;
	if (fsnotify->by_inotify && (fsnotify->fanotify || fsnotify->whole))
		*status = misuse("--inotify excludes --fanotify and --filesystem");
	else if (fsnotify->whole && recursive)
		*status = misuse("--filesystem excludes --recursive");
	return fsnotify->whole || fsnotify->fanotify || (fsnotify->called && !fsnotify->by_inotify);
}

int
fsnotify_open(struct fsnotify *fsnotify, const struct selection *selection, uint64_t events,
	      bool recursive, bool no_follow, bool rescan)
{
	struct marks *marks = &fsnotify->marks;

	*marks = (struct marks){ .scope = fsnotify->whole || recursive ? MARKS_FILE_SYSTEM
								       : MARKS_INODE,
				 .recursive = recursive,
				 .no_follow = no_follow,
				 .table = inotify_names,
				 .pairs = true,
				 .names = fsnotify->names,
				 .rescan.wanted = rescan && !fsnotify->whole };
	/* The bits are inotify's, and a rename is asked for as one thing. */
	events &= IN_ALL_EVENTS;
	if (marks_open(marks, events & IN_MOVE ? events | FAN_RENAME : events) < 0)
		return fail(marks_open_hints(marks), "cannot use fanotify");
	for (size_t i = 0; i < selection->watched.count; i++)
		if (marks_watch(marks, selection->watched.paths[i]) < 0)
			return fail(marks_watch_hints(marks), "cannot watch '%s'",
				    selection->watched.paths[i]);
	if (marks->scope == MARKS_FILE_SYSTEM && marks_try(marks) < 0)
		return fail(handle_hints, "cannot tell paths");
	return 0;
}

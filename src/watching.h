/* SPDX-License-Identifier: MIT */
/*
 * What the applets that watch files have in common on their command lines: the rows of
 * their tables (cli/opt.h), each with the static that it fills, and the way from there
 * to a selection, with messages.
 */
#ifndef BUTTER_WATCHING_H
#define BUTTER_WATCHING_H

#include "cli/opt.h"
#include "event/files.h"
#include "event/selection.h"

#define WATCHING_NO_DEREFERENCE(flag)                                                              \
	{                                                                                          \
		OPT_FLAG, 'P', "no-dereference", NULL, &(flag), "watch a symbolic link itself"     \
	}

#define WATCHING_RECURSIVE(flag)                                                                   \
	{                                                                                          \
		OPT_FLAG, 'r', "recursive", NULL, &(flag),                                         \
			"watch all folders below, those that appear later too"                     \
	}

#define WATCHING_EXCLUDE(list)                                                                     \
	{                                                                                          \
		OPT_LIST, 0, "exclude", "PATTERN", &(list),                                        \
			"leave out paths that match PATTERN (extended regular expression)"         \
	}

#define WATCHING_EXCLUDEI(list)                                                                    \
	{                                                                                          \
		OPT_LIST, 0, "excludei", "PATTERN", &(list),                                       \
			"the same, upper and lower case alike"                                     \
	}

#define WATCHING_FROMFILE(list)                                                                    \
	{                                                                                          \
		OPT_LIST, 0, "fromfile", "FILE", &(list),                                          \
			"take operands also from the lines of FILE; -: standard input"             \
	}

#define WATCHING_INCLUDE(list)                                                                     \
	{                                                                                          \
		OPT_LIST, 0, "include", "PATTERN", &(list), "take only paths that match"           \
	}

#define WATCHING_INCLUDEI(list)                                                                    \
	{                                                                                          \
		OPT_LIST, 0, "includei", "PATTERN", &(list),                                       \
			"the same, upper and lower case alike"                                     \
	}

#define WATCHING_READY_FD(fd)                                                                      \
	{                                                                                          \
		OPT_FD, 0, "ready-fd", "FD", &(fd),                                                \
			"write a newline to FD and close it once no event can be missed"           \
	}

#define WATCHING_QUEUE(size)                                                                       \
	{                                                                                          \
		OPT_SIZE, 0, "queue", "SIZE", &(size),                                             \
			"keep at most SIZE bytes for a reader that is slow (64M)"                  \
	}

#define WATCHING_SD_NOTIFY(flag)                                                                   \
	{                                                                                          \
		OPT_FLAG, 0, "sd-notify", NULL, &(flag),                                           \
			"send READY=1 to NOTIFY_SOCKET once no event can be missed"                \
	}

/*
 * No event can be missed any more: tells it on the descriptor FD (-1: none), and with SD_NOTIFY to the
 * service manager; from now on a signal ends also process 1. 0, or the status after a message.
 */
int watching_ready(int fd, bool sd_notify);

/*
 * Fills SELECTION with the patterns, the lines of the files, and the OPERANDS many texts. 0, or the
 * status after a message: no regular expression, a file that cannot be read, nothing to watch where
 * that is NEEDED.
 */
int watching_select(struct selection *selection, const struct opt_list *patterns,
		    const struct opt_list *from_files, int operands, char **texts, bool needed);

/*
 * Tells if there were not enough watches for all folders, and how many are needed. 0, or the
 * status after a message where that was not expected (FILES->partial).
 */
int watching_left_out(struct files *files);

/*
 * files.h's trouble: tells that PATH could not be watched; of many for which there is no watch, the first
 * ones.
 */
void watching_trouble(const char *path, int error, void *context);

#endif

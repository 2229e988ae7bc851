/* SPDX-License-Identifier: MIT */
#include "mounts/helper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/buffer.h"
#include "memory.h"
#include "mounts/types.h"
#include "process/command.h"
#include "process/signals.h"

char *
helper_find(bool unmounts, const char *type)
{
	static const char *const folders[] = { "/sbin", "/sbin/fs.d", "/sbin/fs" };
	size_t whole = strlen(type), lengths[] = { whole, strcspn(type, ".") };
	struct buffer path = { 0 };
	struct stat status;

	/* A type is no path. */
	if (!*type || strchr(type, '/') || types_is_of_kernel(type))
		return NULL;
	for (int i = 0; i < 2; i++) {
		if (!lengths[i] || (i && lengths[i] == whole))
			break;
		for (size_t j = 0; j < sizeof(folders) / sizeof(folders[0]); j++) {
			path.length = 0;
			buffer_print(&path, "%s/%smount.%.*s", folders[j], unmounts ? "u" : "",
				     (int)lengths[i], type);
			if (stat(buffer_string(&path), &status) == 0)
				return path.data;
		}
	}
	buffer_done(&path);
	return NULL;
}

struct arguments {
	char *words[16];
	int count;
};

/* WORD, if it is wanted. */
static void
add(struct arguments *arguments, bool wanted, const char *word)
{
	if (wanted)
		arguments->words[arguments->count++] = memory_string(word);
}

static void
list_arguments(const char *program, const struct helper *helper, struct arguments *arguments)
{
	bool has_options = helper->options && *helper->options;
	bool has_subtype = strchr(helper->type, '.');

	add(arguments, true, program);
	add(arguments, !helper->unmounts, helper->source);
	add(arguments, true, helper->target);
	add(arguments, helper->sloppy, "-s");
	add(arguments, helper->fake || helper->force, "-f");
	add(arguments, helper->lazy, "-l");
	add(arguments, helper->no_mtab, "-n");
	add(arguments, helper->read_only, "-r");
	add(arguments, helper->verbose, "-v");
	add(arguments, has_options, "-o");
	add(arguments, has_options, helper->options);
	add(arguments, has_subtype, "-t");
	add(arguments, has_subtype, helper->type);
}

/*
 * Waits for the program. The first signal that asks to end is handed on to it, so that it can leave nothing
 * behind; the terminal has done so. -1 with errno.
 */
static int
wait_for(struct command *command, int signals, int *status)
{
	bool is_told = false, is_shared;
	int result;

	while ((result = command_reap(command, status)) == 0) {
		struct pollfd polls[] = { { .fd = signals, .events = POLLIN },
					  { .fd = command->pidfd, .events = POLLIN } };
		int signal = signals_ending(&is_shared);

		if (signal && !is_told && !is_shared)
			command_signal(command, signal);
		is_told = signal;
		if (poll(polls, 2, -1) > 0 && polls[0].revents)
			signals_take();
	}
	return result < 0 ? -1 : 0;
}

int
helper_run(const char *program, const struct helper *helper, int *error)
{
	static char *const nothing[] = { NULL };
	struct arguments arguments = { 0 };
	struct command command;
	int status = -1, signals = signals_watch();

	list_arguments(program, helper, &arguments);
	if (signals >= 0 && command_start(&command, arguments.words, -1, nothing) == 0
	    && wait_for(&command, signals, &status) < 0)
		status = -1;
	*error = status < 0 ? errno : 0;
	if (signals >= 0)
		signals_unwatch_endings();
	for (int i = 0; i < arguments.count; i++)
		free(arguments.words[i]);
	return status < 0 ? HELPER_CANNOT_RUN : status;
}

int
helper_signal(int status)
{
	return status > 128 && status < 128 + NSIG ? status - 128 : 0;
}

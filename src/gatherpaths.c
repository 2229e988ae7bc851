/* SPDX-License-Identifier: MIT */
/* Of gathering.h: the sources that are at a path. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/num.h"
#include "cli/say.h"
#include "gatherpart.h"
#include "kernel/psi.h"
#include "memory.h"
#include "watching.h"

/* ---- files ---- */

/* The first of WORDS that TABLE does not have; NULL: it has all. */
static const char *
find_unknown(const struct name *table, char *words)
{
	const char *word;
	uint64_t bits;

	while ((word = strsep(&words, ",")))
		if (!names_find(table, word, strlen(word), &bits))
			return word;
	return NULL;
}

/* There is no file of the name of PART, and if its end was to be events, no event WORD. */
static int
refuse_event(const struct part *part, const struct name *table, const char *word)
{
	const char *option = part->kind->option, *nearest = NULL;

	for (; *table->name; table++)
		names_nearer(word, table->name, &nearest);
	if (nearest)
		return misuse("--%s: there is no file '%s', and no event '%s', did you mean '%s'?",
			      option, part->text, word, nearest);
	return misuse("--%s: there is no file '%s', and no event '%s'", option, part->text, word);
}

/* PART could not be watched, errno. Returns the failure status after a message. */
static int
cannot_watch(const struct part *part, const struct name *table, const struct hint *hints)
{
	char *before = memory_string(part->text), *colon = strrchr(before, ':');
	const char *word = NULL;
	int error = errno;

	if (error == ENOENT && colon) {
		*colon = '\0';
		word = access(before, F_OK) ? NULL : find_unknown(table, colon + 1);
	}
	if (word)
		return refuse_event(part, table, word);
	errno = error;
	return fail(hints, "cannot watch '%s'", part->text);
}

static void
tell_trouble(const char *path, int error, void *context)
{
	watching_trouble(context, path, error);
}

static bool
is_nothing_left(const struct source *source)
{
	return !files_roots((const struct files *)source);
}

int
gatherpart_open_inotify(struct gathering *gathering, struct part *part)
{
	struct files *files = memory_get(sizeof(*files));
	int status;

	part->files = files;
	part->events = IN_ALL_EVENTS;
	part->text = gatherpart_cut_words(part->text, inotify_names, &part->events);
	if (files_open(files, (uint32_t)part->events, gathering->recursive, true) < 0)
		return fail(inotify_hints(0), "cannot use inotify");
	files->trouble = tell_trouble;
	files->strayed = watching_strayed;
	files->context = files;
	files->remember = gathering->recursive;
	if (gathering->fd >= 0)
		files_output(files, gathering->fd);
	if (files_watch(files, part->text) < 0)
		return cannot_watch(part, inotify_names,
				    inotify_hints(gathering->recursive ? 0 : 1));
	if (files_begin(files) < 0)
		return fail(NULL, "cannot watch '%s'", part->text);
	status = gatherpart_join(gathering, part, &files->source, is_nothing_left);
	return status ? status : watching_left_out(files);
}

enum gathering_what
gatherpart_judge_inotify(const struct part *part, const struct event *event)
{
	if (event->what & IN_Q_OVERFLOW) {
		note("events of %s are lost: the kernel's queue was full (raise fs.inotify.max_queued_events)%s",
		     part->name, part->files->remember ? "; reading all again" : "");
		return GATHERING_LOSS;
	}
	return event->what & (part->events | IN_UNMOUNT) ? GATHERING_EVENT : GATHERING_NOTHING;
}

/* What is told of a tree when nothing else is asked for: changes. */
#define CHANGES                                                                                    \
	(FAN_CREATE | FAN_DELETE | FAN_RENAME | FAN_MOVE | FAN_MODIFY | FAN_ATTRIB                 \
	 | FAN_CLOSE_WRITE)

static bool
is_no_mark_left(const struct source *source)
{
	return !marks_roots((struct marks *)(uintptr_t)source);
}

int
gatherpart_open_fanotify(struct gathering *gathering, struct part *part)
{
	struct marks *marks = memory_get(sizeof(*marks));

	part->marks = marks;
	part->events = CHANGES;
	part->text = gatherpart_cut_words(part->text, fanotify_names, &part->events);
	*marks = (struct marks){
		.scope = MARKS_FILE_SYSTEM, .recursive = true, .names = true, .rescan.wanted = true
	};
	if (marks_open(marks, part->events) < 0)
		return fail(marks_open_hints(marks), "cannot use fanotify");
	if (marks_watch(marks, part->text) < 0)
		return cannot_watch(part, fanotify_names, marks_watch_hints(marks));
	if (marks_try(marks) < 0)
		return fail(handle_hints, "cannot tell paths");
	return gatherpart_join(gathering, part, &marks->source, is_no_mark_left);
}

enum gathering_what
gatherpart_judge_fanotify(const struct part *part, const struct event *event)
{
	if (event->what & FAN_Q_OVERFLOW) {
		note("events of %s are lost: the kernel's queue was full (raise fs.fanotify.max_queued_events)"
		     "; looking for what has changed, but for what is gone",
		     part->name);
		return GATHERING_LOSS;
	}
	return event->what & FANOTIFY_GONE ? GATHERING_NOTHING : GATHERING_EVENT;
}

/* ---- pressure ---- */

enum { STALL = 200000, WINDOW = 2000000, MICROSECOND = 1000 };

/* STALL/WINDOW as durations; microseconds. */
static bool
parse_window(char *text, int64_t *stall, int64_t *window)
{
	char *slash = strchr(text, '/');

	if (!slash)
		return false;
	*slash = '\0';
	if (num_duration(text, stall) < 0 || num_duration(slash + 1, window) < 0)
		return false;
	*stall /= MICROSECOND;
	*window /= MICROSECOND;
	return *stall > 0 && *stall <= *window;
}

/* RESOURCE[:some|full][:STALL/WINDOW]: cuts the latter two off. Whether they are so. */
static bool
parse_pressure(char *text, bool *full, int64_t *stall, int64_t *window)
{
	char *colon = strrchr(text, ':');

	if (colon && colon[1] >= '0' && colon[1] <= '9') {
		if (!parse_window(colon + 1, stall, window))
			return false;
		*colon = '\0';
		colon = strrchr(text, ':');
	}
	if (!colon)
		return true;
	*full = !strcmp(colon + 1, "full");
	if (!*full && strcmp(colon + 1, "some") != 0)
		return false;
	*colon = '\0';
	return true;
}

int
gatherpart_open_psi(struct gathering *gathering, struct part *part)
{
	static const char *const known[] = { "cpu", "io", "irq", "memory" };
	int64_t stall = STALL, window = WINDOW;
	char *what = memory_string(part->text);
	struct buffer path = { 0 };
	/* irq has nothing else. */
	bool full = !strncmp(part->text, "irq", strcspn(part->text, ":"));
	int trigger;

	if (!parse_pressure(what, &full, &stall, &window))
		return misuse("--psi: '%s' is not of the form RESOURCE[:some|full][:STALL/WINDOW], "
			      "such as memory:full:100ms/2s",
			      part->text);
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(what, known[i]))
			buffer_print(&path, "/proc/pressure/%s", what);
	if (!path.length && !strchr(what, '/'))
		return misuse(
			"--psi: '%s' is none of cpu, io, irq, memory, nor the path of a pressure file",
			what);
	buffer_text(&path, path.length ? "" : what);
	part->text = buffer_string(&path);
	trigger = psi_open(part->text, full, stall, window);
	if (trigger < 0)
		return fail(psi_hints(window), "cannot watch the pressure '%s'", part->text);
	pressure_open(&part->pressure, trigger, part->text);
	return gatherpart_join(gathering, part, &part->pressure.source, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * Permission mode: each request to open, read or execute something on marked file systems waits until
 * it is allowed or denied, by rules or by a command that is asked; fanotify(7).
 *
 * So that nobody ever waits for us in vain, this is done by processes of their own, each in its own
 * session: the responder alone has the fanotify group, answers, opens nothing on file systems, and
 * waits for nobody; the asker runs the command that is asked; the guard kills the responder when that
 * is silent for too long. However the responder ends, the kernel then allows all that waits. When the
 * main process ends, they do. What was decided comes to the main process as events.
 */
#ifndef BUTTER_PERMIT_H
#define BUTTER_PERMIT_H

#include "event/source.h"
#include "kernel/fanotify.h"
#include "permit/grounds.h"
#include "permit/rules.h"

/* Bits of events beside the kernel's: the answer, and that no further event comes. */
#define PERMIT_ALLOW (UINT64_C(1) << 41)
#define PERMIT_DENY (UINT64_C(1) << 42)
#define PERMIT_ENDED (UINT64_C(1) << 43)

/* The names of the events. */
extern const struct name permit_names[];

enum permit_scope {
	PERMIT_FILE_SYSTEM, /* all of the file system that a path is on */
	PERMIT_MOUNT,       /* what goes through the mount that it is on */
	PERMIT_INODE,       /* the object itself, and what is in it when it is a folder */
};

enum permit_tell {
	PERMIT_TELL_ALL = 1,
	PERMIT_TELL_DENIED,
	PERMIT_TELL_NONE,
};

/* What permit_start could not do. */
enum permit_step {
	PERMIT_PROCESS, /* start the processes */
	PERMIT_PROC,    /* read /proc */
	PERMIT_GROUP,   /* fanotify_init(2) */
	PERMIT_AUDIT,   /* the same, with FAN_ENABLE_AUDIT */
	PERMIT_ERRNO,   /* answer with an errno: the kernel is too old; no errno here */
	PERMIT_MARK,    /* mark all paths: news has told which not */
};

/* Why it is over. */
enum permit_end {
	PERMIT_RUNS,        /* it is not */
	PERMIT_SILENT,      /* the guard has ended the responder */
	PERMIT_KILLED,      /* somebody else has, by the signal VALUE; 0: nobody knows */
	PERMIT_CANNOT_READ, /* errno VALUE */
	PERMIT_FINISHED,    /* permit_finish was called */
	PERMIT_UNGUARDED,   /* the guard was ended, and the responder did not go on without it */
};

enum permit_news {
	PERMIT_REFUSED, /* the path of number VALUE cannot be marked, errno; fanotify_mark(2), open(2) */
	PERMIT_NOT_RUN,    /* the command that is asked cannot be run, errno VALUE; told once */
	PERMIT_ASKER_GONE, /* nobody asks any more: rules that ask give the default answer */
	PERMIT_ASTRAY,     /* the path of number VALUE leads elsewhere: it was covered or moved */
};

struct permit {
	struct source source; /* of the events; first member: decode finds us by it */

	/* For the caller to fill. */
	const struct rules *rules;
	char **ask;          /* the command that is asked, NULL at the end; NULL: there is none */
	int64_t ask_timeout; /* nanoseconds; the guard's patience, too */
	bool ask_denies;     /* what it means when there is no answer */
	bool audit;
	enum permit_scope scope;
	enum permit_tell tell;
	const char *const *paths;
	size_t path_count;
	void (*news)(enum permit_news news, int64_t value, void *context);
	void *context;

	/* How it ended. */
	enum permit_end end;
	int end_value;

	/* Whom it consists of. */
	pid_t applet, guard, asker, responder;
	struct pollfd besides[SOURCE_BESIDES]; /* the pidfd of the responder; mounts that change */
	struct grounds grounds;
	struct doer doer; /* of the event that was told last */
};

struct permit_error {
	enum permit_step step;
	int error; /* errno */
};

/*
 * Starts all, and returns 0 when everything is marked and answered. -1 and *ERROR: then nothing is
 * marked, and no process is left.
 *
 * Each event has a doer, but nobody does FANOTIFY_UNMOUNT: what a path was on is not mounted any more; when
 * grounds.left is 0, nothing is left to decide about. PERMIT_ENDED is the last event, and none to print.
 * FAN_Q_OVERFLOW: so many decisions could not be told, because the events were not read in time.
 */
int permit_start(struct permit *permit, struct permit_error *error);

/*
 * Nothing is decided any more, all is allowed; what was decided before still comes as events, and then
 * PERMIT_ENDED.
 */
void permit_finish(const struct permit *permit);

/* Ends all: nobody is denied anything any more when it returns. */
void permit_close(struct permit *permit);

#endif

/* SPDX-License-Identifier: MIT */
#include "permitting.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/num.h"
#include "cli/say.h"
#include "file.h"
#include "kernel/fanotify.h"
#include "kernel/pid.h"
#include "memory.h"
#include "permit/vain.h"

enum { READ_SIZE = 65536, RULES_MOST = 1 << 20 };

#define LEAST_TIMEOUT (NUM_SECOND / 10)
#define USUAL_TIMEOUT (5 * NUM_SECOND)

/* 0: not given. */
enum { ANSWER_ALLOW = 1, ANSWER_DENY };

static const struct name defaults[] = {
	{ "allow", ANSWER_ALLOW },
	{ "deny", ANSWER_DENY },
	{ "" },
};

static const struct name tells[] = {
	{ "all", PERMIT_TELL_ALL },
	{ "denied", PERMIT_TELL_DENIED },
	{ "none", PERMIT_TELL_NONE },
	{ "" },
};

void
permitting_add_ask(struct opt_table *table, struct permitting *permitting)
{
	opt_string(table, 0, "ask", "COMMAND", &permitting->ask,
		   "--permit: run COMMAND where a rule says ask; its status 0 allows, 1 denies");
}

void
permitting_add_ask_default(struct opt_table *table, struct permitting *permitting)
{
	opt_choice(table, 0, "ask-default", "ANSWER", defaults, &permitting->ask_default,
		   "--ask: the answer when COMMAND gives none: allow (default) or deny");
}

void
permitting_add_ask_timeout(struct opt_table *table, struct permitting *permitting)
{
	opt_duration(table, 0, "ask-timeout", &permitting->ask_timeout,
		     "--permit: how long COMMAND may take, and we may be silent (5s)");
}

void
permitting_add_audit(struct opt_table *table, struct permitting *permitting)
{
	opt_flag(table, 0, "audit", &permitting->audit,
		 "--permit: have the kernel write each answer to the audit log");
}

void
permitting_add_permit(struct opt_table *table, struct permitting *permitting)
{
	opt_string(table, 0, "permit", "RULES", &permitting->rules_file,
		   "allow and deny opening and executing by the rules in the file RULES");
}

void
permitting_add_tell(struct opt_table *table, struct permitting *permitting)
{
	opt_choice(table, 0, "tell", "DECISIONS", tells, &permitting->tell,
		   "--permit: print all decisions (default), those that are denied, or none");
}

bool
permitting_is_on(const struct permitting *permitting)
{
	return permitting->rules_file;
}

int
permitting_check(const struct permitting *permitting)
{
	bool asks = permitting->ask, has_timeout = permitting->ask_timeout >= 0;

	if (!permitting->rules_file
	    && (asks || permitting->audit || permitting->tell || permitting->ask_default
		|| has_timeout))
		return misuse(
			"--ask, --ask-default, --ask-timeout, --audit and --tell need --permit");
	if (permitting->ask_default && !asks)
		return misuse("--ask-default needs --ask");
	if (asks && !*permitting->ask)
		return misuse("--ask: the command is empty");
	if (has_timeout
	    && (permitting->ask_timeout < LEAST_TIMEOUT || permitting->ask_timeout == NUM_FOREVER))
		return misuse(
			"--ask-timeout: at least 100ms, and not for ever: others wait that long");
	return 0;
}

/* Reads the file whole. 0, or the status after a message. */
static int
read_file(const char *path, struct buffer *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : 1;

	while (size > 0 && text->length <= RULES_MOST) {
		size = file_read(fd, buffer_reserve(text, READ_SIZE), READ_SIZE);
		if (size > 0)
			text->length += (size_t)size;
	}
	if (size < 0)
		fail(NULL, "cannot read the rules in '%s'", path);
	if (fd >= 0)
		close(fd);
	if (size > 0)
		failx("the rules in '%s' are more than %d bytes", path, RULES_MOST);
	return size ? 1 : 0;
}

/* 0, or the status after a message. */
static int
read_rules(struct permitting *permitting)
{
	const char *path = permitting->rules_file;
	struct rules_error error;
	struct buffer text = { 0 };
	int status = read_file(path, &text);

	if (!status && rules_read(&permitting->rules, text.data, text.length, &error) < 0)
		status = failx("%s:%zu:%zu: %s", path, error.line, error.column, error.text);
	buffer_done(&text);
	if (status)
		return status;
	if (!permitting->rules.count)
		return failx("there are no rules in '%s'", path);
	if (permitting->rules.asks && !permitting->ask)
		return failx("%s:%zu:1: this rule asks, and no --ask says whom", path,
			     permitting->rules.asks);
	rules_resolve(&permitting->rules);
	return 0;
}

static void
tell_news(enum permit_news news, int64_t value, void *context)
{
	struct permitting *permitting = context;
	const char *answer = permitting->ask_default == ANSWER_DENY ? "denied" : "allowed";

	if (news == PERMIT_ASTRAY) {
		failx("'%s' leads to another mount now: rules for its path do not hold for what is watched",
		      permitting->permit.paths[value]);
		return;
	}
	if (news == PERMIT_REFUSED) {
		permitting->refused = fail(fanotify_permit_watch_hints, "cannot watch '%s'",
					   permitting->permit.paths[value]);
		return;
	}
	errno = (int)value;
	if (news == PERMIT_NOT_RUN)
		fail(pid_start_hints, "cannot run '%s', so that is %s", permitting->ask, answer);
	else
		failx("the process that runs '%s' was ended: what rules would ask about is %s",
		      permitting->ask, answer);
}

static int
report_start(const struct permitting *permitting, const struct permit_error *error)
{
	errno = error->error;
	switch (error->step) {
	case PERMIT_PROC:
		return fail(pid_hints_for(0), "cannot read /proc");
	case PERMIT_GROUP:
		return fail(fanotify_permit_hints, "cannot use fanotify");
	case PERMIT_AUDIT:
		return fail(fanotify_audit_hints, "cannot use fanotify with --audit");
	case PERMIT_ERRNO:
		return failx(
			"this kernel takes no errno for a denial: Linux 6.14 is needed (write deny instead of deny=ERRNO)");
	case PERMIT_MARK:
		return permitting->refused;
	case PERMIT_PROCESS:
	default:
		return fail(pid_start_hints, "cannot start the processes that answer");
	}
}

static const char *
vain_text(enum vain_reason reason)
{
	switch (reason) {
	case VAIN_FILE_SYSTEM:
		return "is on a file system that is not watched: this has no effect";
	case VAIN_MOUNT:
		return "is not seen through a mount that is watched: this has no effect";
	case VAIN_INODE:
		return "is neither a PATH nor an entry of one: this has no effect";
	case VAIN_OTHER_PATH:
		return "has another path through the mount of PATH: this has no effect";
	case VAIN_LINKS:
		return "has symbolic links, which globs do not follow: this has no effect";
	case VAIN_MISSING:
	default:
		return "does not exist: this has no effect until it is made";
	}
}

static void
tell_vain(const struct vain *vain, void *context)
{
	const struct permitting *permitting = context;
	const char *file = permitting->rules_file;

	if (vain->reason == VAIN_TAKEN)
		note("%s:%zu:%zu: the rule in line %zu takes all that this one is for", file,
		     vain->line, vain->column, vain->by);
	else
		note("%s:%zu:%zu: '%s' %s", file, vain->line, vain->column, vain->path,
		     vain_text(vain->reason));
}

int
permitting_start(struct permitting *permitting, enum permit_scope scope, const char *const *paths,
		 size_t count)
{
	struct permit_error error;
	int status = read_rules(permitting);

	if (status)
		return status;
	if (permitting->ask)
		permitting->asked[0] = memory_string(permitting->ask);
	permitting->permit = (struct permit){
		.rules = &permitting->rules,
		.ask = permitting->ask ? permitting->asked : NULL,
		.ask_timeout =
			permitting->ask_timeout >= 0 ? permitting->ask_timeout : USUAL_TIMEOUT,
		.ask_denies = permitting->ask_default == ANSWER_DENY,
		.audit = permitting->audit,
		.scope = scope,
		.tell = permitting->tell ? (enum permit_tell)permitting->tell : PERMIT_TELL_ALL,
		.paths = paths,
		.path_count = count,
		.news = tell_news,
		.context = permitting
	};
	if (permit_start(&permitting->permit, &error) < 0)
		return report_start(permitting, &error);
	if (!permitting->quiet)
		vain_each(&permitting->permit, tell_vain, permitting);
	return 0;
}

bool
permitting_is_over(const struct permitting *permitting)
{
	return permitting->permit.end != PERMIT_RUNS;
}

int
permitting_end(struct permitting *permitting, int status)
{
	struct permit *permit = &permitting->permit;
	char time[NUM_DURATION_SIZE];

	permit_close(permit);
	rules_done(&permitting->rules);
	switch (permit->end) {
	case PERMIT_SILENT:
		num_brief_duration(time, permit->ask_timeout);
		return failx("the responder was silent for %s and was ended: all is allowed again",
			     time);
	case PERMIT_KILLED:
		if (permit->end_value)
			return failx(
				"the responder was ended by signal %d (%s): all is allowed again",
				permit->end_value, strsignal(permit->end_value));
		return failx("the responder has ended: all is allowed again");
	case PERMIT_CANNOT_READ:
		errno = permit->end_value;
		return fail(NULL, "cannot read requests, all is allowed again");
	case PERMIT_UNGUARDED:
		return failx("the guard was ended, and the responder too: all is allowed again");
	case PERMIT_RUNS:
	default:
		return status;
	}
}

/* SPDX-License-Identifier: MIT */
/*
 * Rules files and their patterns: reading says where it is wrong, and a glob matches what the C library
 * says it does. Messages between the processes: nothing points out of them.
 */
#include "fuzz.h"

#include <fnmatch.h>

#include "kernel/fanotify.h"
#include "permit/message.h"
#include "permit/rules.h"

static void
look(struct rules_request *request, enum rules_key key)
{
	if (key == RULES_EXE) {
		request->exe = "/usr/bin/cat";
		return;
	}
	request->has_ids = true;
	request->uid = request->gid = 0;
	request->comm = "cat";
}

static void
check_rules(const char *text, size_t size)
{
	static const char *const paths[] = { "/", "/srv/uploads/a b.sh", "/home/x.key", NULL };
	struct rules_error error;
	struct rules rules;
	size_t lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	if (rules_read(&rules, text, size, &error) < 0) {
		MUST(error.line >= 1 && error.line <= lines);
		MUST(error.column >= 1 && error.column <= size + 1);
		MUST(*error.text && strlen(error.text) < sizeof(error.text));
		MUST(!rules.count && !rules.rules);
		return;
	}
	MUST(!error.line);
	MUST(rules.count <= lines);
	MUST(rules.count || !rules.operations);
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct rules_request request = { .operation =
							 i & 1 ? FAN_OPEN_EXEC_PERM : FAN_OPEN_PERM,
						 .path = paths[i],
						 .pid = 7,
						 .look = look };
		struct rules_answer answer = rules_decide(&rules, &request);

		MUST(answer.verb == RULES_ALLOW || rules.count);
		MUST(!answer.error || answer.verb == RULES_DENY);
	}
	rules_done(&rules);
}

/* The first line is a glob, the second one a text. */
static void
check_glob(const uint8_t *data, size_t size)
{
	char *glob = fuzz_string(data, size), *text = strchr(glob, '\n');

	if (text && strlen(glob) < 200) {
		*text++ = '\0';
		/* What the C library makes of classes, of ranges by the locale, and of a lone backslash is its own. */
		if (!strpbrk(glob, "[\\"))
			MUST(pattern_glob(glob, text) == (fnmatch(glob, text, 0) == 0));
		else
			(void)pattern_glob(glob, text);
	}
	free(glob);
}

static void
check_messages(const char *bytes, size_t size)
{
	struct message message;
	size_t taken;

	for (size_t at = 0; (taken = message_get(bytes + at, size - at, &message)); at += taken) {
		MUST(taken <= size - at);
		MUST(message.path >= bytes + at);
		MUST(message.comm + message.comm_length == bytes + at + taken);
		MUST(message.path + message.path_length == message.comm);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_rules((const char *)data, size);
	check_messages((const char *)data, size);
	check_glob(data, size);
	return 0;
}

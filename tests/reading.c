/* SPDX-License-Identifier: MIT */
/*
 * reading rule TEXT... | text FILE | oci FILE [CAPABILITIES [MAJOR.MINOR [ARCH]]]: what has been read, a rule a
 * line, or what is wrong with it. write FILE [ARCH]: a policy in text, or a profile, as a profile. 1 if something
 * is wrong.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"
#include "policy/oci.h"
#include "policy/ociwriter.h"
#include "policy/rule.h"
#include "policy/text.h"

static void
print_test(const struct policy_test *test)
{
	static const char *const comparisons[] = { "==", "!=", "<", "<=", ">", ">=" };
	uint64_t all = test->is_low ? UINT32_MAX : UINT64_MAX;

	printf("arg%d%s", test->argument, test->is_low ? ":32" : "");
	if (test->mask != all)
		printf(" & 0x%" PRIx64, test->mask);
	printf(" %s 0x%" PRIx64, comparisons[test->comparison], test->value);
}

static void
print_condition(const struct policy_condition *condition)
{
	for (size_t i = 0; condition && i < condition->count; i++) {
		printf(i ? " || " : "(");
		for (size_t j = 0; j < condition->clauses[i].count; j++) {
			printf(j ? " && " : "");
			print_test(&condition->clauses[i].tests[j]);
		}
	}
	printf(condition ? ")" : "");
}

static void
print_action(const struct policy_action *action)
{
	static const char *const kinds[] = { "allow", "log",  "trace",       "notify",
					     "errno", "trap", "kill-thread", "kill" };

	printf(": %s", kinds[action->kind]);
	if (action->data)
		printf(" %d", action->data);
}

static void
print(const struct policy *policy)
{
	for (size_t i = 0; i < policy->count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (rule->call == SYSCALL_NONE)
			printf("%u-%u", rule->first, rule->last);
		else
			printf("%s", syscalls_name(rule->call));
		for (enum arch arch = 0; arch < ARCHES; arch++)
			if (rule->arches & 1U << arch)
				printf("[%s]", arch_facts(arch)->name);
		print_condition(rule->condition);
		print_action(&rule->action);
		printf("\n");
	}
	if (policy->has_otherwise) {
		printf("@default");
		print_action(&policy->otherwise);
		printf("\n");
	}
	if (policy->has_newer) {
		printf("@newer");
		print_action(&policy->newer);
		printf("\n");
	}
	for (enum arch arch = 0; arch < ARCHES; arch++)
		if (policy->arches & 1U << arch)
			printf("arch %s\n", arch_facts(arch)->name);
	if (policy->flags)
		printf("flags %#x\n", policy->flags);
}

static int
print_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->all[i];

		printf("%s:", problem->place.file);
		if (problem->place.line)
			printf("%u:", problem->place.line);
		if (problem->place.column)
			printf("%u:", problem->place.column);
		if (problem->place.path)
			printf(" %s:", problem->place.path);
		printf("%s %s", problem->is_warning ? " warning:" : "", problem->text);
		printf(problem->hint ? " (%s)\n" : "\n", problem->hint);
	}
	return problems->errors > 0;
}

static char *
read_file(const char *path, const char *beside, size_t *length, void *context)
{
	const char *slash = beside && *path != '/' ? strrchr(beside, '/') : NULL;
	char name[4096], *bytes = memory_get(1 << 20);
	ssize_t size;
	int fd;

	(void)context;
	snprintf(name, sizeof(name), "%.*s%s", slash ? (int)(slash + 1 - beside) : 0,
		 beside ? beside : "", path);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, bytes, 1 << 20);
	if (fd >= 0)
		close(fd);
	if (size < 0) {
		free(bytes);
		return NULL;
	}
	*length = (size_t)size;
	/* Not a byte more, so that reading too far is found. */
	return memory_resize(bytes, *length + !size, 1);
}

/* ARGUMENTS: the file, the capabilities, the kernel and the architecture that it is tried on. */
static void
read_oci(struct policy *policy, char **arguments, const char *bytes, size_t length,
	 struct problems *problems)
{
	struct oci_circumstances circumstances = { .arch = ARCH_X86_64,
						   .kernel_major = 6,
						   .kernel_minor = 1 };

	for (int i = 1; i <= 3 && arguments[i]; i++)
		if (i == 1)
			circumstances.capabilities = strtoull(arguments[i], NULL, 0);
		else if (i == 2)
			sscanf(arguments[i], "%u.%u", &circumstances.kernel_major,
			       &circumstances.kernel_minor);
		else
			circumstances.arch = arch_find(arguments[i], strlen(arguments[i]));
	oci_read(policy, arguments[0], bytes, length, &circumstances, problems);
}

int
main(int argc, char **argv)
{
	struct policy policy = { 0 };
	struct problems problems = { 0 };
	struct buffer json = { 0 };
	char *bytes = NULL;
	size_t length;
	int status;

	if (argc < 3)
		errx(2, "nothing to read");
	if (!strcmp(argv[1], "rule")) {
		struct place place = { .file = "--deny" };

		for (int i = 2; i < argc; i++)
			rule_read(&policy, argv[i], strlen(argv[i]),
				  (struct policy_action){ POLICY_ERRNO, 1 }, &place, &problems);
	} else {
		bytes = read_file(argv[2], NULL, &length, NULL);
		if (!bytes)
			err(2, "%s", argv[2]);
		if (!strcmp(argv[1], "text")
		    || (!strcmp(argv[1], "write") && !oci_is_json(bytes, length)))
			text_read(&policy, argv[2], bytes, length, read_file, NULL, &problems);
		else
			read_oci(&policy, argv + 2, bytes, length, &problems);
	}
	if (!strcmp(argv[1], "write") && !problems.errors) {
		policy_finish(&policy, &problems);
		ociwriter_print(
			&json, &policy,
			1U << (argc > 3 ? arch_find(argv[3], strlen(argv[3])) : ARCH_X86_64),
			&problems);
	}
	status = print_problems(&problems);
	if (!status && json.length)
		fputs(buffer_string(&json), stdout);
	else if (!status)
		print(&policy);
	buffer_done(&json);
	problems_close(&problems);
	policy_close(&policy);
	free(bytes);
	return status;
}

/* SPDX-License-Identifier: MIT */
/* Policies in text: each problem has a line, and files that include others without end are no trap. */
#include "policy.h"

#include <errno.h>

#include "policy/text.h"

struct input {
	const uint8_t *data;
	size_t size;
};

/* Some files are there, with the same text again. */
static char *
read_again(const char *path, const char *beside, size_t *length, void *context)
{
	const struct input *input = context;

	MUST(*path && beside);
	errno = ENOENT;
	*length = input->size;
	return *path == 'a' ? fuzz_string(input->data, input->size) : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, size };
	struct policy policy = { 0 };
	struct problems problems = { 0 };

	text_read(&policy, "dir/file", (const char *)data, size, read_again, &input, &problems);
	must_be_problems(&problems, data, size, true);
	must_be_policy(&policy);
	MUST(problems.errors || policy.count || policy.has_otherwise || policy.has_newer
	     || size > 5);
	if (!problems.errors)
		policy_finish(&policy, &problems);
	problems_close(&problems);
	policy_close(&policy);
	return 0;
}

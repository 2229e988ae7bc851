/* SPDX-License-Identifier: MIT */
#include "dumping.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/out.h"
#include "cli/record.h"
#include "cli/say.h"
#include "kernel/memfd.h"
#include "policy/bpf.h"
#include "policy/emulate.h"
#include "policy/groups.h"
#include "policy/listing.h"
#include "policy/ociwriter.h"
#include "process/descriptors.h"
#include "process/exec.h"

const struct name dumping_forms[] = {
	{ "asm", DUMPING_ASM },
	{ "bpf", DUMPING_BPF },
	{ "c", DUMPING_C },
	{ "json", DUMPING_JSON },
	{ "" },
};

static int
print(struct buffer *text)
{
	out_add(text->data, text->length);
	buffer_done(text);
	return 0;
}

int
dumping(const struct policy *policy, const struct program *program, unsigned arches,
	enum dumping_form form, struct problems *problems)
{
	struct buffer text = { 0 };

	switch (form) {
	case DUMPING_BPF:
		buffer_add(&text, program->code, program->count * sizeof(*program->code));
		break;
	case DUMPING_C:
		bpf_print_c(&text, program);
		break;
	case DUMPING_JSON:
		if (!ociwriter_print(&text, policy, arches, problems))
			text.length = 0;
		break;
	case DUMPING_ASM:
	default:
		bpf_print(&text, program);
	}
	return print(&text);
}

int
dumping_outcome(struct policy *policy, const char *call, enum arch arch, unsigned arches,
		struct problems *problems)
{
	struct emulate_call read;
	struct buffer line = { 0 };
	bool is_done;

	if (!emulate_read(policy, "--emulate", call, arch, &read, problems))
		return EXEC_FAILED;
	is_done = emulate_print(&line, policy, arches, &read);
	print(&line);
	return is_done ? 0 : 1;
}

void
dumping_summary(const struct policy *policy, const struct program *program, unsigned arches,
		enum arch arch)
{
	struct buffer text = { 0 };

	buffer_print(&text, "rules: %zu\notherwise: ", policy->count);
	emulate_print_action(&text, policy->otherwise);
	buffer_print(&text, "\nfrom %" PRIu32 " on: ", policy_newer(policy, arch));
	emulate_print_action(&text, policy->newer);
	buffer_text(&text, "\narchitectures:");
	for (enum arch one = 0; one < ARCHES; one++)
		if (arches >> one & 1)
			buffer_print(&text, " %s", arch_facts(one)->name);
	buffer_print(&text, "\ninstructions: %zu\n", program->count);
	print(&text);
}

int
dumping_calls(enum arch arch, bool is_json)
{
	struct buffer text = { 0 };

	listing_calls(&text, arch, is_json);
	return print(&text);
}

int
dumping_groups(const char *group, enum arch arch, bool is_json)
{
	struct buffer text = { 0 };
	size_t length = strlen(group);
	int found = length ? groups_find(group, length) : 0;
	const char *nearest;

	if (found < 0) {
		nearest = groups_nearest(group, length);
		return nearest ? misuse("--list-groups: unknown group '%s', did you mean '%s'?",
					group, nearest)
			       : misuse("--list-groups: unknown group '%s'", group);
	}
	if (length)
		listing_members(&text, found, arch, is_json);
	else
		listing_groups(&text, arch, is_json);
	return print(&text);
}

int
dumping_write(const struct program *program, int fd)
{
	size_t size = program->count * sizeof(*program->code);
	struct record record;
	int result;

	record_open(&record, fd, size);
	buffer_add(record_begin(&record), program->code, size);
	record_end(&record);
	result = record_flush(&record, true);
	record_done(&record);
	return result < 0 ? fail(NULL, "cannot write the filter to descriptor %d", fd) : 0;
}

int
dumping_give(const struct program *program, int fd)
{
	int file = memfd_open();

	if (file < 0)
		return fail(NULL, "cannot make a file for the filter");
	if (dumping_write(program, file))
		return EXEC_FAILED;
	if (lseek(file, 0, SEEK_SET) < 0 || descriptors_give(file, fd) < 0)
		return fail(NULL, "cannot give the filter to the command as descriptor %d", fd);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "policy/listing.h"

#include <inttypes.h>
#include <stdio.h>

#include "cli/json.h"
#include "policy/groups.h"
#include "policy/syscalls.h"

static const char kinds[][8] = {
	[PARAMETER_LONG] = "long",       [PARAMETER_WIDE] = "wide", [PARAMETER_INT] = "int",
	[PARAMETER_UINT] = "uint",       [PARAMETER_FD] = "fd",     [PARAMETER_STRING] = "string",
	[PARAMETER_POINTER] = "pointer",
};

static void
parameter_json(struct buffer *buffer, int place, const struct parameter *parameter)
{
	char key[16];

	if (*parameter->name) {
		snprintf(key, sizeof key, "arg%d", place);
		json_word(buffer, key, parameter->name);
	}
	if (parameter->other) {
		snprintf(key, sizeof key, "arg%d_other", place);
		json_word(buffer, key, parameter->other);
	}
	snprintf(key, sizeof key, "arg%d_kind", place);
	json_word(buffer, key, kinds[parameter->kind]);
}

static void
parameter_text(struct buffer *buffer, int place, const struct parameter *parameter)
{
	if (*parameter->name)
		buffer_print(buffer, " %s", parameter->name);
	else
		buffer_print(buffer, " arg%d", place);
	if (parameter->other)
		buffer_print(buffer, "/%s", parameter->other);
	buffer_print(buffer, ":%s", kinds[parameter->kind]);
}

void
listing_syscall(struct buffer *buffer, int call, enum arch arch, bool is_json)
{
	struct parameter parameters[SYSCALL_ARGUMENTS];
	int count = syscalls_parameters(call, parameters);
	int64_t number = syscalls_number(call, arch);

	if (is_json) {
		json_begin(buffer);
		json_word(buffer, "name", syscalls_name(call));
		if (number >= 0)
			json_number(buffer, "number", number);
		for (int i = 0; i < count; i++)
			parameter_json(buffer, i, &parameters[i]);
		json_end(buffer);
	} else {
		buffer_text(buffer, syscalls_name(call));
		if (number >= 0)
			buffer_print(buffer, " %" PRId64, number);
		else
			buffer_text(buffer, " -");
		for (int i = 0; i < count; i++)
			parameter_text(buffer, i, &parameters[i]);
		if (count < 0)
			buffer_text(buffer, " ?");
	}
	buffer_byte(buffer, '\n');
}

void
listing_calls(struct buffer *buffer, enum arch arch, bool is_json)
{
	for (int call = 0; call < syscalls_count(); call++)
		if (syscalls_number(call, arch) >= 0)
			listing_syscall(buffer, call, arch, is_json);
}

void
listing_groups(struct buffer *buffer, enum arch arch, bool is_json)
{
	for (int group = 0; group < groups_count(); group++) {
		size_t count;
		const short *members = groups_members(group, &count);
		int there = 0;

		for (size_t i = 0; i < count; i++)
			there += syscalls_number(members[i], arch) >= 0;
		if (is_json) {
			json_begin(buffer);
			json_word(buffer, "name", groups_name(group));
			json_number(buffer, "count", there);
			json_word(buffer, "about", groups_about(group));
			json_end(buffer);
		} else {
			buffer_print(buffer, "%s %d %s", groups_name(group), there,
				     groups_about(group));
		}
		buffer_byte(buffer, '\n');
	}
}

void
listing_members(struct buffer *buffer, int group, enum arch arch, bool is_json)
{
	size_t count;
	const short *members = groups_members(group, &count);

	for (size_t i = 0; i < count; i++)
		if (syscalls_number(members[i], arch) >= 0)
			listing_syscall(buffer, members[i], arch, is_json);
}

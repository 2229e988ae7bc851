/* SPDX-License-Identifier: MIT */
#include "policy/oci.h"

#include <string.h>

#ifdef BUTTER_JSON

#include <json-c/json.h>
#include <linux/seccomp.h>
#include <stdlib.h>

#include "memory.h"
#include "policy/jsonfile.h"
#include "policy/ociaction.h"
#include "policy/ocirule.h"
#include "policy/otherwise.h"

/* ---- architectures ---- */

/* There are more than those that are known here, and who writes profiles may know newer ones. */
static bool
read_arch(const struct oci *oci, const struct ocivalue *value, enum arch *arch)
{
	struct place place;
	const char *text;
	size_t length;

	if (!ocivalue_text(oci, value, &text, &length))
		return false;
	*arch = arch_find(text, length);
	if (*arch != ARCH_NONE || arch_is_elsewhere(text, length))
		return true;
	place = ocivalue_place(oci, value);
	if (length > 10 && !memcmp(text, "SCMP_ARCH_", 10)) {
		problems_warn(oci->problems, &place,
			      problems_meant(oci->problems, arch_nearest(text, false)),
			      "nobody knows the architecture '%s': it is left out", text);
		return true;
	}
	problems_error(oci->problems, &place, "as SCMP_ARCH_X86_64", "'%s' is no architecture",
		       text);
	return false;
}

static void
read_arches(const struct oci *oci, const struct ocivalue *list, unsigned *arches)
{
	size_t count;

	if (!ocivalue_list(oci, list, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		struct ocivalue value = ocivalue_at(list, i);
		enum arch arch;

		if (read_arch(oci, &value, &arch) && arch != ARCH_NONE)
			*arches |= 1U << arch;
	}
}

/* Of archMap, what goes with the program's architecture. */
static void
read_map(const struct oci *oci, const struct ocivalue *list)
{
	static const char *const keys[] = { "architecture", "subArchitectures", NULL };
	size_t count;

	if (!ocivalue_list(oci, list, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		struct ocivalue object = ocivalue_at(list, i), value;
		enum arch arch = ARCH_NONE;
		unsigned arches = 0;

		if (!ocivalue_is_object(oci, &object))
			continue;
		ocivalue_keys(oci, &object, keys, true);
		if (ocivalue_get(&object, "architecture", &value))
			read_arch(oci, &value, &arch);
		if (ocivalue_get(&object, "subArchitectures", &value))
			read_arches(oci, &value, &arches);
		if (arch != ARCH_NONE && arch == oci->circumstances->arch)
			oci->policy->arches |= arches | 1U << arch;
	}
}

/* ---- flags ---- */

static const struct {
	char name[44];
	unsigned flag;
} flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC },
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	/* For SCMP_ACT_NOTIFY alone, which is refused. */
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0 },
};

enum { FLAGS = sizeof(flags) / sizeof(*flags) };

static void
read_flags(const struct oci *oci, const struct ocivalue *list)
{
	size_t count;

	if (!ocivalue_list(oci, list, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		struct ocivalue value = ocivalue_at(list, i);
		const char *text;
		size_t length, j = 0;

		if (!ocivalue_text(oci, &value, &text, &length))
			continue;
		while (j < FLAGS && !ocivalue_is(text, length, flags[j].name))
			j++;
		if (j < FLAGS) {
			oci->policy->flags |= flags[j].flag;
		} else {
			struct place place = ocivalue_place(oci, &value);

			problems_error(oci->problems, &place, NULL,
				       "'%.*s' is no flag that is known here", (int)length, text);
		}
	}
}

/* ---- rules ---- */

/*
 * Runtimes give all rules to libseccomp, in which they are a set: a rule without a condition is for its
 * call in any case, wherever it stands (of two such, the first is); and what would do as the default does,
 * they leave out. So the first are added first, and the last last, where they are in nobody's way. Of
 * conditions that hold at once and want different things, the first in the file decides here; there, it
 * depends on their arguments.
 */
static void
add_rules(const struct oci *oci, const struct ocirule *rules, size_t count,
	  const struct policy_action *otherwise)
{
	for (int pass = 0; pass < 3; pass++)
		for (size_t i = 0; i < count; i++) {
			int its = rules[i].condition ? 1 : 0;

			if (otherwise_is(otherwise, &rules[i].action))
				its = 2;
			if (its == pass && !rules[i].is_off)
				ocirule_add(oci, &rules[i]);
		}
}

static void
read_rules(const struct oci *oci, const struct ocivalue *list,
	   const struct policy_action *otherwise)
{
	struct ocirule *rules;
	struct ocivalue *values;
	size_t count, good = 0;

	if (!ocivalue_list(oci, list, &count))
		return;
	rules = memory_resize(NULL, count + 1, sizeof(*rules));
	values = memory_resize(NULL, count + 1, sizeof(*values));
	for (size_t i = 0; i < count; i++) {
		values[i] = ocivalue_at(list, i);
		good += ocirule_read(oci, &values[i], &rules[good]);
	}
	add_rules(oci, rules, good, otherwise);
	free(rules);
	free(values);
}

/* ---- the whole ---- */

static void
read_profile(const struct oci *oci, const struct ocivalue *profile)
{
	static const char *const keys[] = { "defaultAction", "defaultErrnoRet",  "defaultErrno",
					    "architectures", "archMap",          "flags",
					    "listenerPath",  "listenerMetadata", "syscalls",
					    "comment",       "$schema",          NULL };
	struct policy_action otherwise = { POLICY_KILL, 0 };
	struct ocivalue value, map;
	struct place place = ocivalue_place(oci, profile);
	size_t count;

	ocivalue_keys(oci, profile, keys, false);
	if (ociaction_read(oci, profile, "defaultAction", "defaultErrnoRet", "defaultErrno",
			   &otherwise))
		otherwise_say(oci->policy, otherwise, "the default", &place, oci->problems);
	if (ocivalue_get(profile, "architectures", &value)) {
		read_arches(oci, &value, &oci->policy->arches);
		if (ocivalue_get(profile, "archMap", &map)
		    && json_object_is_type(map.object, json_type_array)
		    && json_object_array_length(map.object) && ocivalue_list(oci, &value, &count)
		    && count)
			problems_error(oci->problems, &place, "take one of both away",
				       "it has \"architectures\" and \"archMap\"");
	}
	if (ocivalue_get(profile, "archMap", &value))
		read_map(oci, &value);
	if (ocivalue_get(profile, "flags", &value))
		read_flags(oci, &value);
	if (ocivalue_get(profile, "listenerPath", &value)
	    && json_object_get_string_len(value.object)) {
		place = ocivalue_place(oci, &value);
		problems_error(oci->problems, &place, "take it away",
			       "nobody is asked here: listenerPath is for SCMP_ACT_NOTIFY");
	}
	if (ocivalue_get(profile, "syscalls", &value))
		read_rules(oci, &value, &otherwise);
}

/* Where the profile is: the whole, or linux.seccomp of a container's config.json. */
static void
read_root(const struct oci *oci, const struct ocivalue *root)
{
	struct ocivalue system, profile;
	struct place place = ocivalue_place(oci, root);

	if (!ocivalue_is_object(oci, root))
		return;
	if (json_object_object_get_ex(root->object, "defaultAction", NULL))
		read_profile(oci, root);
	else if (!ocivalue_get(root, "linux", &system))
		problems_error(oci->problems, &place,
			       "a profile has \"defaultAction\", a config.json \"linux\"",
			       "there is no policy in it");
	else if (ocivalue_is_object(oci, &system) && !ocivalue_get(&system, "seccomp", &profile))
		problems_error(oci->problems, &place, NULL,
			       "there is no policy in it: \"linux\" has no \"seccomp\"");
	else if (json_object_is_type(system.object, json_type_object)
		 && ocivalue_is_object(oci, &profile))
		read_profile(oci, &profile);
}

void
oci_read(struct policy *policy, const char *file, const char *bytes, size_t length,
	 const struct oci_circumstances *circumstances, struct problems *problems)
{
	struct oci oci = {
		.policy = policy, .problems = problems, .circumstances = circumstances, .file = file
	};
	struct ocivalue root = { .object = jsonfile_read(policy, file, bytes, length, problems) };

	if (!root.object)
		return;
	read_root(&oci, &root);
	json_object_put(root.object);
}

#else

void
oci_read(struct policy *policy, const char *file, const char *bytes, size_t length,
	 const struct oci_circumstances *circumstances, struct problems *problems)
{
	struct place place = { .file = file };

	(void)policy, (void)bytes, (void)length, (void)circumstances;
	problems_error(problems, &place,
		       "build it with json-c (Debian: libjson-c-dev), or write the policy as text",
		       "this butter does not read JSON");
}

#endif

bool
oci_is_json(const char *bytes, size_t length)
{
	size_t at = length >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3) ? 3 : 0;

	while (at < length && strchr(" \t\r\n", bytes[at]) && bytes[at])
		at++;
	return at < length && (bytes[at] == '{' || bytes[at] == '[');
}

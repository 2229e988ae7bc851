/* SPDX-License-Identifier: MIT */
#include "policy/ociaction.h"

#ifdef BUTTER_JSON

#include "policy/constants.h"

static const struct {
	char name[24];
	unsigned char kind;
} actions[] = {
	{ "SCMP_ACT_ALLOW", POLICY_ALLOW },
	{ "SCMP_ACT_ERRNO", POLICY_ERRNO },
	/* It is the thread's end for the runtimes, as for libseccomp. */
	{ "SCMP_ACT_KILL", POLICY_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", POLICY_KILL },
	{ "SCMP_ACT_KILL_THREAD", POLICY_KILL_THREAD },
	{ "SCMP_ACT_LOG", POLICY_LOG },
	{ "SCMP_ACT_NOTIFY", POLICY_NOTIFY },
	{ "SCMP_ACT_TRACE", POLICY_TRACE },
	{ "SCMP_ACT_TRAP", POLICY_TRAP },
};

static bool
read_kind(const struct oci *oci, const struct ocivalue *value, struct policy_action *action)
{
	struct place place;
	const char *text;
	size_t length;

	if (!ocivalue_text(oci, value, &text, &length))
		return false;
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (!ocivalue_is(text, length, actions[i].name))
			continue;
		if (actions[i].kind == POLICY_NOTIFY) {
			place = ocivalue_place(oci, value);
			problems_error(
				oci->problems, &place, "it needs a container runtime's agent",
				"SCMP_ACT_NOTIFY asks somebody, and nobody is there to be asked");
			return false;
		}
		*action = (struct policy_action){ actions[i].kind, 0 };
		return true;
	}
	place = ocivalue_place(oci, value);
	problems_error(oci->problems, &place,
		       "SCMP_ACT_ALLOW, _ERRNO, _KILL_PROCESS, _KILL_THREAD, _LOG or _TRAP",
		       "'%.*s' is no action", (int)length, text);
	return false;
}

/* Podman's "errno": "EPERM". An empty one is none. */
static bool
read_name(const struct oci *oci, const struct ocivalue *value, uint64_t *error)
{
	struct place place;
	const char *text;
	size_t length;

	if (!ocivalue_text(oci, value, &text, &length))
		return false;
	if (!length)
		return true;
	*error = (uint64_t)constants_errno(text, length);
	if (*error)
		return true;
	place = ocivalue_place(oci, value);
	problems_error(oci->problems, &place,
		       problems_meant(oci->problems, constants_nearest(text, length)),
		       "'%.*s' is no errno", (int)length, text);
	return false;
}

bool
ociaction_read(const struct oci *oci, const struct ocivalue *object, const char *key,
	       const char *number, const char *name, struct policy_action *action)
{
	enum { NONE = 0xffff };
	uint64_t error = NONE, named = NONE;
	struct ocivalue value;
	struct place place;

	if (!ocivalue_get(object, key, &value)) {
		place = ocivalue_place(oci, object);
		problems_error(oci->problems, &place, NULL, "\"%s\" is missing", key);
		return false;
	}
	if (!read_kind(oci, &value, action))
		return false;
	if (ocivalue_get(object, name, &value) && !read_name(oci, &value, &named))
		return false;
	if (ocivalue_get(object, number, &value) && !ocivalue_number(oci, &value, 4095, &error))
		return false;
	if (named != NONE && error != NONE && named != error) {
		place = ocivalue_place(oci, &value);
		problems_error(oci->problems, &place, NULL,
			       "it is %d, and \"%s\" is another one, %d", (int)error, name,
			       (int)named);
		return false;
	}
	if (error == NONE)
		error = named;
	if (action->kind != POLICY_ERRNO && action->kind != POLICY_TRACE) {
		if (error == NONE)
			return true;
		place = ocivalue_place(oci, value.object ? &value : object);
		problems_error(oci->problems, &place, "take it away", "the action takes no errno");
		return false;
	}
	if (!error && action->kind == POLICY_ERRNO && !oci->policy->fakes) {
		place = ocivalue_place(oci, value.object ? &value : object);
		problems_error(oci->problems, &place,
			       "write an errno from 1 to 4095, or allow it by --allow-fake-success",
			       "errno 0 would be a success that has not happened");
		return false;
	}
	action->data = error == NONE ? 1 : (uint16_t)error; /* EPERM, as the runtimes have it */
	return true;
}

#endif

/* SPDX-License-Identifier: MIT */
#include "confining.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buffer.h"
#include "cli/say.h"
#include "file.h"
#include "kernel/capability.h"
#include "kernel/pid.h"
#include "kernel/seccomp.h"
#include "memory.h"
#include "policy/witness.h"
#include "process/exec.h"

/* ---- who it is ---- */

static int
read_user(const struct confining *wish, struct identity *identity)
{
	const char *wrong = NULL;
	char *groups;
	int result;

	if (wish->user && identity_set_user(identity, wish->user) < 0)
		return failx("--user: there is no user '%s' in /etc/passwd", wish->user);
	if (wish->groups) {
		groups = memory_string(wish->groups);
		result = identity_set_groups(identity, groups, &wrong);
		if (result < 0)
			failx("--group: there is no group '%s' in /etc/group", wrong);
		free(groups);
		if (result < 0)
			return EXEC_FAILED;
	}
	if (identity->has_user && !identity->has_group)
		return misuse(
			"--user: nobody in /etc/passwd has the number %s, so its group has to be said, by --group",
			wish->user);
	return 0;
}

static int
read_set(const char *option, const char *list, uint64_t all, uint64_t *set)
{
	const char *wrong;
	size_t length;

	if (identity_parse_capabilities(list, all, set, &wrong, &length) == 0)
		return 0;
	return misuse("%s: unknown capability '%.*s'", option, (int)length, wrong);
}

static int
read_capabilities(const struct confining *wish, struct identity *identity)
{
	struct capabilities sets = { 0 };
	uint64_t bounding;

	if (!wish->capabilities && !wish->bounding)
		return 0;
	bounding = capability_bounding();
	if (capability_get(&sets) < 0)
		return fail(NULL, "cannot ask for the capabilities of this process");
	identity->has_bounding = wish->bounding;
	identity->has_capabilities = wish->capabilities;
	if (wish->bounding && read_set("--bounding", wish->bounding, bounding, &identity->bounding))
		return EXEC_FAILED;
	if (wish->capabilities
	    && read_set("--caps", wish->capabilities, sets.permitted, &identity->capabilities))
		return EXEC_FAILED;
	if (identity->bounding & ~bounding)
		return failx("--bounding: nothing can be added to the bounding set, which lacks %s",
			     capability_name(__builtin_ctzll(identity->bounding & ~bounding)));
	if (wish->bounding && identity->capabilities & ~identity->bounding)
		return misuse("--caps has %s, which --bounding takes away",
			      capability_name(__builtin_ctzll(identity->capabilities
							      & ~identity->bounding)));
	return 0;
}

static const struct hint setpcap_hints[] = {
	{ EPERM, "needs CAP_SETPCAP, as root has it", CAP_SETPCAP },
	{ 0, NULL, 0 },
};

static const struct hint setgid_hints[] = {
	{ EPERM, "needs CAP_SETGID, as root has it", CAP_SETGID },
	{ EPERM,
	  "a user namespace without other groups: unshare --map-auto, or setgroups is denied", 0 },
	{ EINVAL, "this user namespace has no such group", 0 },
	{ 0, NULL, 0 },
};

static const struct hint setuid_hints[] = {
	{ EPERM, "needs CAP_SETUID, as root has it", CAP_SETUID },
	{ EINVAL, "this user namespace has no such user", 0 },
	{ 0, NULL, 0 },
};

static const struct hint capset_hints[] = {
	{ EPERM, "it has to have them, and so has its bounding set", 0 },
	{ 0, NULL, 0 },
};

int
confining_identity(const struct identity *identity)
{
	enum identity_step step;

	if (identity_become(identity, &step) == 0)
		return 0;
	switch (step) {
	case IDENTITY_BOUNDING:
		return fail(setpcap_hints, "cannot make the bounding set smaller");
	case IDENTITY_GROUPS:
		return fail(setgid_hints, "cannot change the groups");
	case IDENTITY_USER:
		return fail(setuid_hints, "cannot become user %u", (unsigned)identity->user);
	case IDENTITY_CAPABILITIES:
		return fail(capset_hints, "cannot set the capabilities");
	case IDENTITY_AMBIENT:
		return fail(NULL, "cannot make the capabilities ambient");
	case IDENTITY_CHECK:
	default:
		return failx(
			"user, groups or capabilities are not what they were set to (a filter outside fakes success)");
	}
}

/* ---- what it may reach ---- */

static const struct {
	char option[16];
	enum land_kind kind;
} kinds[] = {
	{ "ro", LAND_READ },           { "rw", LAND_WRITE },
	{ "exec-path", LAND_EXECUTE }, { "tcp-connect", LAND_CONNECT },
	{ "tcp-bind", LAND_BIND },
};

static int
read_land(const struct confining *wish, struct land *land)
{
	for (size_t i = 0; i < wish->land.count; i++) {
		const struct opt_item *item = &wish->land.items[i];
		size_t kind = 0;

		while (strcmp(kinds[kind].option, item->name) != 0)
			kind++;
		if (land_add(land, kinds[kind].kind, item->text) < 0)
			return misuse("--%s: '%s' is neither a port, from 0 to 65535, nor none",
				      item->name, item->text);
	}
	land_add_scopes(land, (unsigned)wish->scopes);
	return 0;
}

/* What of it this kernel cannot deny. */
static void
tell_lost(const struct landlock_denied *lost, int abi)
{
	struct buffer names = { 0 };
	const struct {
		bool is_lost;
		const char *name;
	} all[] = {
		{ lost->files & LANDLOCK_TRUNCATE, "truncating files" },
		{ lost->files & LANDLOCK_IOCTL_DEV, "ioctl of devices" },
		{ lost->ports & LANDLOCK_CONNECT, "TCP connections" },
		{ lost->ports & LANDLOCK_BIND, "listening to TCP" },
		{ lost->scopes & LANDLOCK_SIGNALS, "signals to others" },
		{ lost->scopes & LANDLOCK_ABSTRACT, "abstract sockets of others" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].is_lost)
			buffer_print(&names, "%s%s", names.length ? ", " : "", all[i].name);
	if (names.length)
		note("this kernel's Landlock (ABI %d) cannot deny %s (--require-abi makes that a failure)",
		     abi, buffer_string(&names));
	buffer_done(&names);
}

static int
open_land(const struct confining *wish, struct confined *confined)
{
	struct landlock_denied lost;
	const char *culprit;
	int abi;

	if (land_is_empty(&confined->land) && !wish->require_abi)
		return 0;
	abi = landlock_abi();
	if (abi < 0)
		return fail(landlock_hints, "cannot use Landlock");
	if (abi < wish->require_abi)
		return failx("this kernel's Landlock has ABI %d, not %" PRId64, abi,
			     wish->require_abi);
	if (land_is_empty(&confined->land))
		return 0;
	confined->ruleset = land_open(&confined->land, abi, &lost, &culprit);
	if (confined->ruleset < 0 && culprit)
		return fail(NULL, "cannot open '%s', to which access is to be given", culprit);
	if (confined->ruleset < 0 && errno == ENOMSG)
		return failx("this kernel's Landlock (ABI %d) can deny nothing of what is wanted",
			     abi);
	if (confined->ruleset < 0)
		return fail(landlock_hints, "cannot make Landlock's rules");
	tell_lost(&lost, abi);
	return 0;
}

/* ---- all of it ---- */

int
confining_read(const struct confining *wish, struct confined *confined)
{
	*confined = (struct confined){ .ruleset = -1 };
	if (read_user(wish, &confined->identity) || read_capabilities(wish, &confined->identity)
	    || read_land(wish, &confined->land))
		return EXEC_FAILED;
	return 0;
}

bool
confining_is_wanted(const struct confined *confined)
{
	const struct identity *identity = &confined->identity;

	return identity->has_user || identity->has_group || identity->has_capabilities
	       || identity->has_bounding || !land_is_empty(&confined->land);
}

/* What cannot be taken back; nothing but the start of the command comes after it. */
static int
restrain(const struct confined *confined, struct attending *attending)
{
	if (seccomp_promise() < 0)
		return fail(seccomp_hints, "cannot promise to gain no privileges");
	if (confined->ruleset >= 0 && landlock_restrict(confined->ruleset) < 0)
		return fail(landlock_hints, "cannot put Landlock's rules into force");
	if (attending && attending_load(attending) < 0)
		return fail(seccomp_hints, "cannot load the filter of %zu instructions",
			    attending->program->count);
	return 0;
}

int
confining_become(const struct confining *wish, struct confined *confined,
		 struct attending *attending, char **command)
{
	int witness = -1, status;

	/* Files are opened while it may be done by who this process still is. */
	if (open_land(wish, confined))
		return EXEC_FAILED;
	if (attending && attending_is_wanted(attending) && attending_start(attending))
		return EXEC_FAILED;
	if (confining_identity(&confined->identity))
		return EXEC_FAILED;
	/* It works for the command, with no more rights, but is under no rules for it. */
	if (wish->status_fd >= 0) {
		witness = witness_start(wish->status_fd);
		if (witness < 0)
			return fail(pid_start_hints, "cannot start what tells of the command");
	}
	status = restrain(confined, attending);
	if (!status) {
		status = exec_become(command);
		fail(pid_start_hints, "cannot run '%s'", command[0]);
	}
	witness_cancel(witness);
	return status;
}

void
confining_close(struct confined *confined)
{
	file_close(confined->ruleset);
	identity_close(&confined->identity);
	land_close(&confined->land);
}

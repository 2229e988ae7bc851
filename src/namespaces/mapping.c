/* SPDX-License-Identifier: MIT */
#include "namespaces/mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/num.h"
#include "cli/say.h"
#include "file.h"
#include "kernel/capability.h"
#include "kernel/namespace.h"
#include "kernel/proc.h"
#include "memory.h"
#include "process/command.h"
#include "process/identity.h"

/* What differs between users and groups. */
struct side {
	const char *option, *single, *subids, *file, *tool;
	int capability;
};

static const struct side user_side = { "--map-users", "--map-user", "/etc/subuid",
				       "uid_map",     "newuidmap",  CAP_SETUID };
static const struct side group_side = { "--map-groups", "--map-group", "/etc/subgid",
					"gid_map",      "newgidmap",   CAP_SETGID };

/* ---- what is typed ---- */

static const struct name setgroups_names[] = { { "allow", MAPPING_ALLOW, "allow", "" },
					       { "deny", MAPPING_DENY, "deny", "" },
					       { "", 0, "", "" } };

void
mapping_options(struct opt_table *table, struct mapping *mapping)
{
	opt_flag(table, 'c', "map-current-user", &mapping->current,
		 "be the same user and group inside");
	opt_flag(table, 'r', "map-root-user", &mapping->root, "be root inside");
	opt_flag(table, 0, "map-auto", &mapping->automatic,
		 "map what /etc/subuid and /etc/subgid give this user");
	opt_string(table, 0, "map-group", "GROUP", &mapping->group, "be of GROUP inside");
	opt_list(table, 0, "map-groups", "MAP", &mapping->groups,
		 "map groups: INSIDE:OUTSIDE:COUNT, auto, subids or all");
	opt_string(table, 0, "map-user", "USER", &mapping->user, "be USER inside");
	opt_list(table, 0, "map-users", "MAP", &mapping->users, "map users in the same way");
	opt_choice(table, 0, "setgroups", "WORD", setgroups_names, &mapping->setgroups,
		   "allow or deny setgroups(2) inside");
}

bool
mapping_is_wanted(const struct mapping *mapping)
{
	return mapping->root || mapping->current || mapping->automatic || mapping->user
	       || mapping->group || mapping->users.count || mapping->groups.count;
}

/* ---- making ---- */

static char *
number(char text[16], uint32_t value)
{
	snprintf(text, 16, "%u", value);
	return text;
}

/* The whole of the file at FD, which is closed; free(3) it. NULL with errno. */
static char *
read_all(int fd)
{
	enum { ROOM = 1 << 20 };
	char *text;
	ssize_t size;

	if (fd < 0)
		return NULL;
	text = memory_get(ROOM);
	size = file_read(fd, text, ROOM - 1);
	file_close(fd);
	if (size >= 0)
		return text;
	free(text);
	return NULL;
}

/* Whether a line of subuid(5) is for this user. */
static bool
is_mine(const char *whom)
{
	uid_t user;

	return identity_find_user(whom, &user) == 0 && user == geteuid();
}

/* All that the file of SIDE gives us: from 0 on inside, or, AS_THEY_ARE, the same as outside. */
static int
add_subids(const struct side *side, bool as_they_are, struct idmap *map)
{
	char *text = read_all(open(side->subids, O_RDONLY | O_NOCTTY | O_CLOEXEC));
	const char *at = text;
	struct idmaps_subid subid;
	size_t before = map->count;
	uint32_t inside = 0;

	if (!text)
		return fail(NULL, "%s: cannot read '%s'", side->option, side->subids);
	while (idmaps_next_subid(&at, &subid)) {
		if (!is_mine(subid.whom) || inside + subid.count < inside)
			continue;
		idmaps_append(map, as_they_are ? subid.start : inside, subid.start, subid.count);
		inside += subid.count;
	}
	free(text);
	if (map->count == before)
		return failx(
			"%s: '%s' has no line for user %d (usermod --add-subuids, --add-subgids)",
			side->option, side->subids, (int)geteuid());
	return 0;
}

/* All ids that there are here. */
static int
add_all(const struct side *side, struct idmap *map)
{
	char path[32], *text;
	struct idmap here = { 0 };
	int result;

	snprintf(path, sizeof(path), "self/%s", side->file);
	text = read_all(proc_open(path, O_RDONLY));
	if (!text)
		return fail(NULL, "%s: cannot read '/proc/%s'", side->option, path);
	result = idmaps_read(text, &here);
	free(text);
	for (size_t i = 0; i < here.count; i++)
		idmaps_append(map, here.ranges[i].inside, here.ranges[i].inside,
			      here.ranges[i].count);
	free(here.ranges);
	return result < 0 ? failx("%s: no ids are known here", side->option) : 0;
}

static int
complain(const char *option, const struct idmaps_trouble *trouble)
{
	if (!trouble->line)
		return misuse("%s: %s", option, trouble->reason);
	return misuse("%s: line %zu, '%s': %s", option, trouble->line, trouble->text,
		      trouble->reason);
}

static int
add(const struct side *side, const char *text, struct idmap *map)
{
	struct idmaps_trouble trouble;

	if (!strcmp(text, "auto") || !strcmp(text, "subids"))
		return add_subids(side, *text == 's', map);
	if (!strcmp(text, "all"))
		return add_all(side, map);
	return idmaps_parse(text, map, &trouble) < 0 ? complain(side->option, &trouble) : 0;
}

/*
 * All of LIST, and what is given by subuid(5) if AUTOMATIC; then OWN, which is SINGLE inside if that is not
 * NULL.
 */
static int
make(const struct side *side, const struct opt_list *list, bool automatic, const char *single,
     uint32_t own, struct idmap *map)
{
	struct idmaps_trouble trouble;
	uint32_t inside;
	int status = 0;

	for (size_t i = 0; !status && i < list->count; i++)
		status = add(side, list->items[i].text, map);
	if (!status && automatic)
		status = add(side, "auto", map);
	if (!status && idmaps_check(map, &trouble) < 0)
		status = complain(side->option, &trouble);
	if (status || !single)
		return status;
	if ((side == &user_side ? identity_find_user(single, &inside)
				: identity_find_group(single, &inside))
	    < 0)
		return misuse("%s: there is no '%s'", side->single, single);
	idmaps_single(map, inside, own);
	return idmaps_check(map, &trouble) < 0 ? complain(side->option, &trouble) : 0;
}

int
mapping_make(struct mapping *mapping)
{
	bool is_same = mapping->root || mapping->current;
	const char *user = mapping->user, *group = mapping->group;
	char own_user[16], own_group[16];
	int status;

	if (mapping->root && mapping->current)
		return misuse("--map-root-user goes without --map-current-user");
	if (is_same && (user || group))
		return misuse("--map-user and --map-group go without -r and -c");
	mapping->own_user = geteuid();
	mapping->own_group = getegid();
	if (is_same) {
		user = number(own_user, mapping->root ? 0 : mapping->own_user);
		group = number(own_group, mapping->root ? 0 : mapping->own_group);
	}
	status = make(&user_side, &mapping->users, mapping->automatic, user, mapping->own_user,
		      &mapping->user_map);
	if (!status)
		status = make(&group_side, &mapping->groups, mapping->automatic, group,
			      mapping->own_group, &mapping->group_map);
	mapping->denies =
		mapping->setgroups == MAPPING_DENY
		|| (!mapping->setgroups && group && !mapping->groups.count && !mapping->automatic);
	return status;
}

bool
mapping_is_any(const struct mapping *mapping)
{
	return mapping->user_map.count || mapping->group_map.count || mapping->denies;
}

bool
mapping_is_own(const struct mapping *mapping)
{
	return (!mapping->user_map.count || idmaps_is_own(&mapping->user_map, mapping->own_user))
	       && (!mapping->group_map.count
		   || (mapping->denies && idmaps_is_own(&mapping->group_map, mapping->own_group)));
}

/* ---- writing ---- */

/* MAP for PID by the set-id program of SIDE. */
static int
write_by_tool(const struct side *side, const struct idmap *map, pid_t pid)
{
	static const struct hint hints[] = {
		{ ENOENT, "install it: Debian has it in uidmap; or run as root", 0 },
		{ EACCES,
		  "everybody has to be able to execute it: look at its mode; or run as root", 0 },
		{ 0, NULL, 0 },
	};
	char(*texts)[16] = memory_get((map->count * 3 + 1) * sizeof(*texts));
	char **words = memory_get((map->count * 3 + 3) * sizeof(*words));
	struct command command;
	size_t count = 0;
	int result, status = 0;

	words[0] = memory_string(side->tool);
	words[1] = number(texts[count++], (uint32_t)pid);
	for (size_t i = 0; i < map->count; i++) {
		words[count + 1] = number(texts[count], map->ranges[i].inside);
		count++;
		words[count + 1] = number(texts[count], map->ranges[i].outside);
		count++;
		words[count + 1] = number(texts[count], map->ranges[i].count);
		count++;
	}
	result = command_start(&command, words, -1, NULL);
	if (result)
		status = fail(hints, "cannot run '%s', which writes a map for who is not root",
			      side->tool);
	while (!result && command_wait(&command, &result) < 0)
		if (errno != EINTR)
			break;
	if (!status && result)
		status =
			failx("%s has failed with status %d (does '%s' give these ids to user %d?)",
			      side->tool, result, side->subids, (int)geteuid());
	free(words[0]);
	free(words);
	free(texts);
	return status;
}

static int
write_map(const struct side *side, const struct idmap *map, uint32_t own, pid_t pid)
{
	struct buffer text = { 0 };
	int result;

	if (!map->count)
		return 0;
	if (pid && !capability_have(side->capability) && !idmaps_is_own(map, own))
		return write_by_tool(side, map, pid);
	idmaps_print(map, &text);
	result = idmaps_write(pid, side->file, text.data, text.length);
	buffer_done(&text);
	if (result == 0)
		return 0;
	if (errno == EPERM && !capability_have(side->capability) && side == &group_side)
		return failx(
			"cannot write the map of groups: Operation not permitted (needs --setgroups "
			"deny, or root)");
	return fail(namespace_why_weak(errno), "cannot write the map of %s",
		    side == &user_side ? "users" : "groups");
}

int
mapping_write(const struct mapping *mapping, pid_t pid)
{
	int status = write_map(&user_side, &mapping->user_map, mapping->own_user, pid);

	/* Who may not map groups may, when nobody inside can leave one. */
	if (!status && mapping->denies && idmaps_write(pid, "setgroups", "deny", 4) < 0)
		status = fail(namespace_why_weak(errno), "cannot deny setgroups");
	if (!status)
		status = write_map(&group_side, &mapping->group_map, mapping->own_group, pid);
	return status;
}

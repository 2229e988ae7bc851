/* SPDX-License-Identifier: MIT */
#include "policy/land.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/num.h"
#include "file.h"
#include "memory.h"

/*
 * Making devices stays denied with all of them: in a folder that can be written, the node of a disk would
 * lead to all files.
 */
enum {
	READ = LANDLOCK_READ_FILE | LANDLOCK_READ_DIR,
	EXECUTE = READ | LANDLOCK_EXECUTE,
	WRITE = READ | LANDLOCK_WRITE_FILE | LANDLOCK_REMOVE_DIR | LANDLOCK_REMOVE_FILE
		| LANDLOCK_MAKE_DIR | LANDLOCK_MAKE_REG | LANDLOCK_MAKE_SOCK | LANDLOCK_MAKE_FIFO
		| LANDLOCK_MAKE_SYM | LANDLOCK_REFER | LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEV,
	ALL_FILES = WRITE | EXECUTE | LANDLOCK_MAKE_CHAR | LANDLOCK_MAKE_BLOCK,
};

static const struct {
	uint64_t files, ports;
} rights[] = {
	[LAND_READ] = { READ, 0 },          [LAND_WRITE] = { WRITE, 0 },
	[LAND_EXECUTE] = { EXECUTE, 0 },    [LAND_CONNECT] = { 0, LANDLOCK_CONNECT },
	[LAND_BIND] = { 0, LANDLOCK_BIND },
};

int
land_add(struct land *land, enum land_kind kind, const char *what)
{
	struct land_rule rule = { .kind = kind, .path = what };
	int64_t port;

	land->denied.files |= rights[kind].files ? ALL_FILES : 0;
	land->denied.ports |= rights[kind].ports;
	if (rights[kind].ports && !strcmp(what, "none"))
		return 0;
	if (rights[kind].ports) {
		if (num_integer(what, 0, UINT16_MAX, &port) < 0) {
			errno = EINVAL;
			return -1;
		}
		rule.port = (unsigned)port;
	}
	land->rules = memory_resize(land->rules, land->count + 1, sizeof(*land->rules));
	land->rules[land->count++] = rule;
	return 0;
}

void
land_add_scopes(struct land *land, unsigned scopes)
{
	land->denied.scopes |= scopes;
}

bool
land_is_empty(const struct land *land)
{
	return !land->denied.files && !land->denied.ports && !land->denied.scopes;
}

/* What the version ABI knows of. */
static struct landlock_denied
known(int abi)
{
	struct landlock_denied known = { .files = ALL_FILES };

	if (abi < 2)
		known.files &= ~(uint64_t)LANDLOCK_REFER;
	if (abi < 3)
		known.files &= ~(uint64_t)LANDLOCK_TRUNCATE;
	if (abi < 5)
		known.files &= ~(uint64_t)LANDLOCK_IOCTL_DEV;
	if (abi >= 4)
		known.ports = LANDLOCK_BIND | LANDLOCK_CONNECT;
	if (abi >= 6)
		known.scopes = LANDLOCK_ABSTRACT | LANDLOCK_SIGNALS;
	return known;
}

static int
give_file(int ruleset, const struct land_rule *rule, uint64_t denied, const char **culprit)
{
	uint64_t given = rights[rule->kind].files & denied;
	struct stat status;
	int fd, result;

	*culprit = rule->path;
	fd = open(rule->path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -1;
	result = fstat(fd, &status);
	if (result == 0) {
		*culprit = NULL;
		result = landlock_give_file(
			ruleset, fd, S_ISDIR(status.st_mode) ? given : given & LANDLOCK_OF_FILES);
	}
	file_close(fd);
	return result;
}

static int
give(int ruleset, const struct land_rule *rule, const struct landlock_denied *denied,
     const char **culprit)
{
	if (rights[rule->kind].files)
		return give_file(ruleset, rule, denied->files, culprit);
	*culprit = NULL;
	if (!(rights[rule->kind].ports & denied->ports))
		return 0; /* nobody can deny it */
	return landlock_give_port(ruleset, rule->port, rights[rule->kind].ports);
}

int
land_open(const struct land *land, int abi, struct landlock_denied *lost, const char **culprit)
{
	struct landlock_denied denied = known(abi);
	int ruleset, result = 0;

	*lost = (struct landlock_denied){
		land->denied.files & ~denied.files,
		land->denied.ports & ~denied.ports,
		land->denied.scopes & ~denied.scopes,
	};
	denied.files &= land->denied.files;
	denied.ports &= land->denied.ports;
	denied.scopes &= land->denied.scopes;
	*culprit = NULL;
	ruleset = landlock_open(&denied);
	for (size_t i = 0; ruleset >= 0 && result == 0 && i < land->count; i++)
		result = give(ruleset, &land->rules[i], &denied, culprit);
	if (result < 0) {
		file_close(ruleset);
		return -1;
	}
	return ruleset;
}

void
land_close(struct land *land)
{
	free(land->rules);
	*land = (struct land){ 0 };
}

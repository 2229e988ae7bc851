/* SPDX-License-Identifier: MIT */
/*
 * Users, groups and capabilities by name, and becoming somebody else for the command that this process
 * becomes. Names are those of /etc/passwd and /etc/group alone: nothing is asked of a network.
 */
#ifndef BUTTER_IDENTITY_H
#define BUTTER_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The number that TEXT is, or that the user or group TEXT has. -1 with errno ENOENT: there is none. */
int identity_find_user(const char *text, uid_t *user);
int identity_find_group(const char *text, gid_t *group);

/* Who the command is to be; zeroed, it is who this process is. */
struct identity {
	bool has_user, has_group;
	uid_t user;
	gid_t group;
	gid_t *groups; /* the supplementary ones, of which those of now are replaced */
	size_t count;
	bool keeps_groups; /* or those of now stay */
	bool has_capabilities, has_bounding;
	uint64_t capabilities, bounding; /* bits, as in kernel/capability.h */
};

/*
 * The user NAME, with its group in /etc/passwd (which one that is not there has not), and those that
 * /etc/group has it in. -1 with errno ENOENT: there is no such user.
 */
int identity_set_user(struct identity *identity, const char *name);

/*
 * The groups of a comma list, the first of which is the main one, and no others. -1 with errno ENOENT:
 * *WRONG is none.
 */
int identity_set_groups(struct identity *identity, char *list, const char **wrong);

/*
 * The set of a comma list of capabilities, which may begin with `-` to be taken out again; `all` is ALL,
 * `none` nothing. -1 with errno ENOENT: the *LENGTH bytes at *WRONG are none.
 */
int identity_parse_capabilities(const char *list, uint64_t all, uint64_t *set, const char **wrong,
				size_t *length);

/* All capabilities that the command can ever have, with no_new_privs. */
uint64_t identity_most(const struct identity *identity);

enum identity_step {
	IDENTITY_BOUNDING,
	IDENTITY_GROUPS,
	IDENTITY_USER,
	IDENTITY_CAPABILITIES,
	IDENTITY_AMBIENT,
	IDENTITY_CHECK, /* all was done, but has not come true: a filter outside fakes success */
};

/* This process has no supplementary groups from now on. -1 with errno EPERM; setgroups(2). */
int identity_leave_groups(void);

/* Becomes it. -1: *STEP has failed, with errno, and what comes then has not been tried. */
int identity_become(const struct identity *identity, enum identity_step *step);

void identity_close(struct identity *identity);

#endif

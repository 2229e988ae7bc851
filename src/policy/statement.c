/* SPDX-License-Identifier: MIT */
#include "policy/statement.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buffer.h"
#include "memory.h"
#include "policy/condition.h"
#include "policy/rule.h"

/* ---- what they become ---- */

static bool
is_next(const struct scan *scan, const char *wanted)
{
	struct scan ahead = *scan;
	const char *word;
	size_t length = scan_word(&ahead, "", &word);

	return length == strlen(wanted) && !memcmp(word, wanted, length);
}

bool
statement_action(struct scan *scan, struct policy_action *action)
{
	char next = scan_next(scan);

	if (is_next(scan, "1")) {
		*action = (struct policy_action){ POLICY_ALLOW, 0 };
		return scan_take(scan, "1");
	}
	if (next >= '0' && next <= '9')
		return scan_unexpected(
			scan, "an action (1, allow, errno E, kill, kill-thread, log or trap)");
	return rule_action(scan, action);
}

static bool
read_condition(struct scan *scan, const struct target *target, unsigned arches, bool is_else)
{
	struct policy_action action = { POLICY_ALLOW, 0 };
	const struct policy_condition *condition = condition_read(scan, target->call);

	if (!condition)
		return false;
	if (scan_take(scan, ";")) {
		is_else = is_else && is_next(scan, "return");
		if (!statement_action(scan, &action))
			return false;
		if (is_else) {
			rule_add(scan, target, arches, condition,
				 (struct policy_action){ POLICY_ALLOW, 0 });
			condition = NULL;
			scan->lacks = false;
		}
	}
	rule_add(scan, target, arches, condition, action);
	return true;
}

/* One of a filter. IS_ELSE: `; return E` is for what does not fit. */
static bool
read_single(struct scan *scan, const struct target *target, unsigned arches, bool is_else)
{
	struct policy_action action = { POLICY_ALLOW, 0 };

	char next = scan_next(scan);

	scan->lacks = false;
	if (next != '\0' && !(next >= '0' && next <= '9') && !rule_is_action(scan))
		return read_condition(scan, target, arches, is_else);
	if (next == '\0')
		return scan_unexpected(scan, "an action or a condition");
	if (!statement_action(scan, &action))
		return false;
	rule_add(scan, target, arches, NULL, action);
	return true;
}

static bool
read_filter(struct scan *scan, const struct target *target, unsigned arches, void *context)
{
	const bool *is_denylist = context;

	if (scan_take(scan, "{")) {
		do {
			if (!read_single(scan, target, arches, false))
				return false;
		} while (scan_take(scan, ","));
		if (!scan_take(scan, "}"))
			return scan_unexpected(scan, "';', ',' or '}'");
	} else if (!read_single(scan, target, arches, !*is_denylist)) {
		return false;
	}
	return scan_next(scan) == '\0' || scan_unexpected(scan, "the end of the line");
}

/* ---- which calls ---- */

struct described {
	struct targets targets;
	unsigned arches;
	bool is_elsewhere; /* none of these is meant */
};

struct list {
	struct described *all;
	size_t count;
};

/* What could have been meant, for people. */
static void
tell_arches(struct scan *scan, const struct place *place, const char *word, size_t length)
{
	struct buffer buffer = { 0 };

	for (enum arch arch = 0; arch < ARCHES; arch++)
		buffer_print(&buffer, "%s%s", arch ? ", " : "one of: ", arch_facts(arch)->name);
	problems_error(scan->problems, place, buffer_string(&buffer),
		       "nobody knows the architecture '%.*s' here", (int)length, word);
	buffer_done(&buffer);
}

unsigned
statement_arches(struct scan *scan)
{
	unsigned arches = 0;

	do {
		struct place place = scan_place(scan);
		const char *word;
		size_t length = scan_word(scan, "-", &word);
		enum arch arch = arch_find(word, length);

		if (!length) {
			scan_unexpected(scan, "an architecture");
			return 0;
		}
		if (arch == ARCH_NONE) {
			tell_arches(scan, &place, word, length);
			return 0;
		}
		arches |= 1U << arch;
	} while (scan_take(scan, ",")
		 || (scan_next(scan) != '\0' && !strchr("]{;", scan_next(scan))));
	scan->policy->arches |= arches;
	return arches;
}

/* [arch=x86,x86_64] */
static bool
read_metadata(struct scan *scan, unsigned *arches)
{
	struct place place = scan_place(scan);
	const char *word;
	size_t length = scan_word(scan, "", &word);

	if (length != 4 || memcmp(word, "arch", 4) != 0) {
		problems_error(scan->problems, &place, "[arch=x86_64,aarch64] is known",
			       "nobody knows the key '%.*s'", (int)length, word);
		return false;
	}
	if (!scan_take(scan, "="))
		return scan_unexpected(scan, "'='");
	*arches = statement_arches(scan);
	return *arches && (scan_take(scan, "]") || scan_unexpected(scan, "',' or ']'"));
}

static bool
read_described(struct scan *scan, unsigned arches, struct list *list)
{
	struct described *described;

	list->all = memory_resize(list->all, list->count + 1, sizeof(*list->all));
	described = &list->all[list->count++];
	*described = (struct described){ .arches = arches };
	if (!targets_read(scan, &described->targets))
		return false;
	if (scan_take(scan, "[")) {
		if (!read_metadata(scan, &described->arches))
			return false;
		targets_doubt(&described->targets, described->arches, scan->problems);
		described->is_elsewhere = arches && !(arches & described->arches);
		if (arches)
			described->arches &= arches;
		return true;
	}
	targets_doubt(&described->targets, arches, scan->problems);
	return true;
}

static bool
read_list(struct scan *scan, unsigned arches, struct list *list)
{
	bool has_brace = scan_take(scan, "{");

	do {
		if (!read_described(scan, arches, list))
			return false;
	} while (scan_take(scan, ","));
	if (has_brace && !scan_take(scan, "}"))
		return scan_unexpected(scan, "',' or '}'");
	return scan_take(scan, ":") || scan_unexpected(scan, "':'");
}

void
statement_read(struct scan *scan, unsigned arches, bool is_denylist)
{
	struct list list = { 0 };
	bool is_good = read_list(scan, arches, &list);

	for (size_t i = 0; i < list.count; i++) {
		const struct described *described = &list.all[i];

		for (size_t j = 0;
		     j < described->targets.count && is_good && !described->is_elsewhere; j++) {
			struct scan filter = *scan;

			is_good = rule_for(&filter, &described->targets.all[j], described->arches,
					   read_filter, &is_denylist);
		}
		targets_close(&list.all[i].targets);
	}
	free(list.all);
}

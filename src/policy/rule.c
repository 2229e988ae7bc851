/* SPDX-License-Identifier: MIT */
#include "policy/rule.h"

#include <stdlib.h>
#include <string.h>

#include "cli/names.h"
#include "memory.h"
#include "policy/condition.h"
#include "policy/constants.h"

/* ---- actions ---- */

static const struct {
	char word[13];
	unsigned char kind;
} words[] = {
	{ "allow", POLICY_ALLOW },
	{ "kill", POLICY_KILL },
	{ "kill-process", POLICY_KILL },
	{ "kill-thread", POLICY_KILL_THREAD },
	{ "log", POLICY_LOG },
	{ "trace", POLICY_TRACE },
	{ "trap", POLICY_TRAP },
	{ "notify", POLICY_NOTIFY },
	{ "user-notify", POLICY_NOTIFY },
	{ "errno", POLICY_ERRNO },
	{ "return", POLICY_ERRNO },
};

enum { WORDS = sizeof(words) / sizeof(*words) };

static bool
is_word(const char *word, const char *text, size_t length)
{
	return !strncmp(word, text, length) && !word[length];
}

/* The error behind `errno`, or in place of an action. */
static bool
read_errno(struct scan *scan, struct policy_action *action)
{
	struct place place = scan_place(scan);
	const char *word;
	size_t length = scan_word(scan, "", &word);
	int error = constants_errno(word, length);

	if (!length)
		return scan_unexpected(scan, "an errno");
	if (length == 1 && *word == '0') {
		if (!scan->policy->fakes) {
			problems_error(
				scan->problems, &place,
				"write an errno from 1 to 4095, or allow it by --allow-fake-success",
				"errno 0 would be a success that has not happened");
			return false;
		}
	} else if (!error) {
		problems_error(scan->problems, &place,
			       problems_meant(scan->problems, constants_nearest(word, length)),
			       "'%.*s' is no errno (EPERM, or 1 to 4095)", (int)length, word);
		return false;
	}
	*action = (struct policy_action){ POLICY_ERRNO, (uint16_t)error };
	return true;
}

/* What a tracer is told; nothing, if there is no number. */
static bool
read_message(struct scan *scan, struct policy_action *action)
{
	struct place place = scan_place(scan);
	const char *word;
	size_t length;
	unsigned message = 0;

	if (scan_next(scan) < '0' || *scan->at > '9')
		return true;
	length = scan_word(scan, "", &word);
	for (size_t i = 0; i < length; i++) {
		if (word[i] < '0' || word[i] > '9' || message > UINT16_MAX)
			message = UINT16_MAX + 1;
		else
			message = message * 10 + (unsigned)(word[i] - '0');
	}
	if (message > UINT16_MAX) {
		problems_error(scan->problems, &place, NULL, "'%.*s' is no number from 0 to 65535",
			       (int)length, word);
		return false;
	}
	action->data = (uint16_t)message;
	return true;
}

static const char *
nearest_word(const char *text, size_t length)
{
	char word[sizeof(words[0].word)] = "";
	const char *best = NULL;

	if (length >= sizeof(word))
		return NULL;
	memcpy(word, text, length);
	for (size_t i = 0; i < WORDS; i++)
		if (words[i].kind != POLICY_NOTIFY)
			names_nearer(word, words[i].word, &best);
	return best;
}

bool
rule_action(struct scan *scan, struct policy_action *action)
{
	struct place place = scan_place(scan);
	const char *start = scan->at, *word;
	size_t length = scan_word(scan, "-", &word);
	const char *nearest = NULL;

	if (length && *word >= '0' && *word <= '9') {
		scan->at = start;
		return read_errno(scan, action);
	}
	if (!length) {
		scan->at = start;
		return scan_unexpected(
			scan, "an action (allow, errno E, kill, kill-thread, log or trap)");
	}
	for (size_t i = 0; i < WORDS; i++) {
		if (!is_word(words[i].word, word, length))
			continue;
		*action = (struct policy_action){ words[i].kind, 0 };
		if (action->kind == POLICY_ERRNO)
			return read_errno(scan, action);
		if (action->kind == POLICY_TRACE)
			return read_message(scan, action);
		if (action->kind != POLICY_NOTIFY)
			return true;
		problems_error(scan->problems, &place,
			       "errno ENOSYS is what the kernel makes of it then",
			       "nobody would be there to be notified");
		return false;
	}
	if (*word == 'E' && constants_errno(word, length)) {
		scan->at = start;
		return read_errno(scan, action);
	}
	nearest = *word == 'E' ? constants_nearest(word, length) : nearest_word(word, length);
	if (nearest && *word == 'E' && !constants_errno(nearest, strlen(nearest)))
		nearest = NULL;
	problems_error(scan->problems, &place,
		       nearest ? problems_meant(scan->problems, nearest)
			       : "allow, errno E, kill, kill-thread, log or trap",
		       "'%.*s' is no action", (int)length, word);
	return false;
}

bool
rule_is_action(const struct scan *scan)
{
	struct scan ahead = *scan;
	const char *word;
	size_t length = scan_word(&ahead, "-", &word);

	if (length && *word == 'E' && constants_errno(word, length))
		return true;
	for (size_t i = 0; length && i < WORDS; i++)
		if (is_word(words[i].word, word, length))
			return !strchr("=!<>&:", scan_next(&ahead)) || scan_next(&ahead) == '\0';
	return false;
}

/* ---- architectures ---- */

static enum arch
first_arch(unsigned arches)
{
	enum arch arch = arch_native();

	if (!arches || (arch != ARCH_NONE && arches & 1U << arch))
		return arch;
	for (arch = 0; !(arches & 1U << arch); arch++)
		;
	return arch;
}

/* What must be said of ARCH, and cannot be. */
static void
tell_hidden(struct scan *scan, const struct target *target, enum arch arch)
{
	if (scan->policy->open & 1U << arch)
		problems_error(scan->problems, &target->place,
			       "[arch=x86_64] behind the name, in a policy file, leaves x86 out",
			       "%s has the arguments of %s in memory, where no filter sees them",
			       arch_facts(arch)->name, syscalls_name(target->call));
}

bool
rule_for(struct scan *scan, const struct target *target, unsigned arches,
	 bool body(struct scan *, const struct target *, unsigned, void *), void *context)
{
	size_t before = scan->policy->count;
	struct scan start = *scan;

	scan->arch = first_arch(arches);
	scan->varies = scan->is_other = scan->lacks = scan->is_hidden = false;
	if (!body(scan, target, arches, context))
		return false;
	if (!scan->varies)
		return true;
	scan->policy->count = before;
	for (enum arch arch = 0; arch < ARCHES; arch++) {
		/* What is doubtful has been said already. */
		struct problems said = { 0 };
		struct scan again = start;

		if (arches && !(arches & 1U << arch))
			continue;
		again.problems = &said;
		again.arch = arch;
		again.is_other = true;
		again.lacks = again.is_hidden = false;
		body(&again, target, 1U << arch, context);
		problems_close(&said);
		if (again.is_hidden)
			tell_hidden(scan, target, arch);
	}
	return true;
}

void
rule_add(struct scan *scan, const struct target *target, unsigned arches,
	 const struct policy_condition *condition, struct policy_action action)
{
	struct policy_rule rule = { .call = target->call,
				    .first = target->first,
				    .last = target->last,
				    .arches = arches,
				    .condition = condition,
				    .action = action,
				    .place = target->place };

	if (scan->lacks) {
		if (action.kind == POLICY_ALLOW || action.kind == POLICY_LOG
		    || action.kind == POLICY_TRACE)
			return;
		rule.condition = NULL;
	}
	policy_add(scan->policy, &rule);
}

/* ---- inline rules ---- */

/* Those that a condition in parentheses is for; AT is NULL where there is none. */
struct item {
	struct targets targets;
	struct scan condition;
};

struct list {
	struct item *items;
	size_t count;
	struct targets targets; /* those without a condition */
};

/* Passes (...). */
static bool
pass_parentheses(struct scan *scan)
{
	struct place place = scan_place(scan);
	unsigned depth = 0;

	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '(')
			depth++;
		else if (*scan->at == ')' && !--depth) {
			scan->at++;
			return true;
		}
	}
	problems_error(scan->problems, &place, NULL, "this parenthesis is not closed");
	return false;
}

static bool
read_item(struct scan *scan, struct list *list)
{
	struct targets targets = { 0 };
	struct item *item;

	if (!targets_read(scan, &targets)) {
		targets_close(&targets);
		return false;
	}
	targets_doubt(&targets, 0, scan->problems);
	if (scan_next(scan) != '(') {
		for (size_t i = 0; i < targets.count; i++)
			targets_add(&list->targets, &targets.all[i]);
		targets_close(&targets);
		return true;
	}
	list->items = memory_resize(list->items, list->count + 1, sizeof(*list->items));
	item = &list->items[list->count++];
	item->targets = targets;
	item->condition = *scan;
	return pass_parentheses(scan);
}

static bool
read_list(struct scan *scan, struct list *list, struct policy_action *action)
{
	do {
		if (!read_item(scan, list))
			return false;
	} while (scan_take(scan, ","));
	if (scan_take(scan, ":") && !rule_action(scan, action))
		return false;
	return scan_next(scan) == '\0' || scan_unexpected(scan, "',', '(', ':' or the end");
}

static bool
add_conditional(struct scan *scan, const struct target *target, unsigned arches, void *context)
{
	const struct policy_action *action = context;
	const struct policy_condition *condition;

	scan_take(scan, "(");
	condition = condition_read(scan, target->call);
	if (!condition)
		return false;
	if (!scan_take(scan, ")"))
		return scan_unexpected(scan, "&&, || or ')'");
	rule_add(scan, target, arches, condition, *action);
	return true;
}

static void
add_list(struct scan *scan, struct list *list, struct policy_action action)
{
	for (size_t i = 0; i < list->count; i++) {
		struct item *item = &list->items[i];

		for (size_t j = 0; j < item->targets.count; j++) {
			struct scan body = item->condition;

			if (!rule_for(&body, &item->targets.all[j], 0, add_conditional, &action))
				break;
		}
	}
	for (size_t i = 0; i < list->targets.count; i++)
		rule_add(scan, &list->targets.all[i], 0, NULL, action);
}

void
rule_read(struct policy *policy, const char *text, size_t length, struct policy_action action,
	  const struct place *place, struct problems *problems)
{
	struct scan scan = { .at = text,
			     .end = text + length,
			     .line = text,
			     .place = *place,
			     .policy = policy,
			     .problems = problems };
	struct list list = { 0 };

	if (read_list(&scan, &list, &action))
		add_list(&scan, &list, action);
	for (size_t i = 0; i < list.count; i++)
		targets_close(&list.items[i].targets);
	free(list.items);
	targets_close(&list.targets);
}

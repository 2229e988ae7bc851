/* SPDX-License-Identifier: MIT */
#include "policy/clauses.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

const enum policy_comparison clauses_opposite[] = {
	[POLICY_EQ] = POLICY_NE, [POLICY_NE] = POLICY_EQ, [POLICY_LT] = POLICY_GE,
	[POLICY_LE] = POLICY_GT, [POLICY_GT] = POLICY_LE, [POLICY_GE] = POLICY_LT,
};

static void
copy(struct policy_clause *clause, const struct policy_clause *from)
{
	if (from && from->count)
		memcpy(clause->tests + clause->count, from->tests,
		       from->count * sizeof(*from->tests));
	clause->count += from ? from->count : 0;
}

void
clauses_add(struct clauses *clauses, const struct policy_clause *a, const struct policy_clause *b)
{
	struct policy_clause *clause;

	/* Room in powers of two, which the count itself tells. */
	if (!(clauses->count & (clauses->count - 1)))
		clauses->all = memory_resize(clauses->all, clauses->count ? 2 * clauses->count : 1,
					     sizeof(*clauses->all));
	clause = &clauses->all[clauses->count++];
	*clause = (struct policy_clause){ 0 };
	clause->tests =
		memory_resize(NULL, 1 + a->count + (b ? b->count : 0), sizeof(*clause->tests));
	copy(clause, a);
	copy(clause, b);
	clauses->tests += clause->count;
}

bool
clauses_join(struct clauses *a, struct clauses *b, bool is_and)
{
	struct clauses joined = { 0 };

	if (is_and) {
		if (a->tests * b->count + b->tests * a->count > CLAUSES_MOST)
			return false;
		for (size_t i = 0; i < a->count; i++)
			for (size_t j = 0; j < b->count; j++)
				clauses_add(&joined, &a->all[i], &b->all[j]);
		clauses_close(a);
		*a = joined;
	} else {
		if (a->tests + b->tests > CLAUSES_MOST)
			return false;
		for (size_t i = 0; i < b->count; i++)
			clauses_add(a, &b->all[i], NULL);
	}
	clauses_close(b);
	return true;
}

const struct policy_condition *
clauses_keep(const struct clauses *clauses, struct policy *policy)
{
	struct policy_condition *condition = policy_keep(policy, sizeof(*condition));

	condition->clauses = policy_keep(policy, clauses->count * sizeof(*condition->clauses));
	condition->count = clauses->count;
	for (size_t i = 0; i < clauses->count; i++) {
		struct policy_clause *clause = &condition->clauses[i];

		clause->tests = policy_keep(policy, clauses->all[i].count * sizeof(*clause->tests));
		copy(clause, &clauses->all[i]);
	}
	return condition;
}

void
clauses_close(struct clauses *clauses)
{
	for (size_t i = 0; i < clauses->count; i++)
		free(clauses->all[i].tests);
	free(clauses->all);
	*clauses = (struct clauses){ 0 };
}

/* SPDX-License-Identifier: MIT */
/* The values of a profile in JSON, each with its path, which is where problems are. */
#ifndef BUTTER_OCIVALUE_H
#define BUTTER_OCIVALUE_H

#include "policy/oci.h"

struct json_object;

/* What all parts of the reader know. */
struct oci {
	struct policy *policy;
	struct problems *problems;
	const struct oci_circumstances *circumstances;
	const char *file;
};

/* A value, and the one that it is a part of: as KEY, or, where that is NULL, at INDEX. */
struct ocivalue {
	struct json_object *object;
	const struct ocivalue *parent;
	const char *key;
	size_t index;
};

/* `syscalls[3].args[0]`, for as long as the policy lives. */
struct place ocivalue_place(const struct oci *oci, const struct ocivalue *value);

/* The part KEY of an object; false: it is not there, or null, which profiles use for that. */
bool ocivalue_get(const struct ocivalue *object, const char *key, struct ocivalue *value);

/* Part INDEX of a list. */
struct ocivalue ocivalue_at(const struct ocivalue *list, size_t index);

/* Each is what it should be; false: it is not, which has been added to the problems. */
bool ocivalue_is_object(const struct oci *oci, const struct ocivalue *value);
bool ocivalue_list(const struct oci *oci, const struct ocivalue *value, size_t *count);
bool ocivalue_text(const struct oci *oci, const struct ocivalue *value, const char **text,
		   size_t *length);

/* A whole number from 0 to MOST. */
bool ocivalue_number(const struct oci *oci, const struct ocivalue *value, uint64_t most,
		     uint64_t *number);

/* Whether TEXT is WORD. */
bool ocivalue_is(const char *text, size_t length, const char *word);

/*
 * Tells of keys that are not among KNOWN, which ends with NULL: as errors where they could change what is
 * meant.
 */
void ocivalue_keys(const struct oci *oci, const struct ocivalue *object, const char *const known[],
		   bool is_error);

#endif

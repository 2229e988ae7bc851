/* SPDX-License-Identifier: MIT */
#include "policy/ocivalue.h"

#ifdef BUTTER_JSON

#include <json-c/json.h>
#include <string.h>

#include "cli/buffer.h"
#include "cli/names.h"

static void
add_path(struct buffer *buffer, const struct ocivalue *value)
{
	if (!value->parent)
		return;
	add_path(buffer, value->parent);
	if (value->key)
		buffer_print(buffer, "%s%s", buffer->length ? "." : "", value->key);
	else
		buffer_print(buffer, "[%zu]", value->index);
}

struct place
ocivalue_place(const struct oci *oci, const struct ocivalue *value)
{
	struct place place = { .file = oci->file };
	struct buffer buffer = { 0 };

	add_path(&buffer, value);
	if (buffer.length)
		place.path = policy_keep_text(oci->policy, buffer.data, buffer.length);
	buffer_done(&buffer);
	return place;
}

bool
ocivalue_get(const struct ocivalue *object, const char *key, struct ocivalue *value)
{
	*value = (struct ocivalue){ .parent = object, .key = key };
	return json_object_object_get_ex(object->object, key, &value->object) && value->object;
}

struct ocivalue
ocivalue_at(const struct ocivalue *list, size_t index)
{
	return (struct ocivalue){ .object = json_object_array_get_idx(list->object, index),
				  .parent = list,
				  .index = index };
}

static bool
is_of(const struct oci *oci, const struct ocivalue *value, enum json_type type, const char *wanted)
{
	static const char *const names[] = {
		[json_type_null] = "null",         [json_type_boolean] = "true or false",
		[json_type_double] = "a fraction", [json_type_int] = "a number",
		[json_type_object] = "an object",  [json_type_array] = "a list",
		[json_type_string] = "a string",
	};
	struct place place;

	if (json_object_is_type(value->object, type))
		return true;
	place = ocivalue_place(oci, value);
	problems_error(oci->problems, &place, NULL, "%s is expected here, not %s", wanted,
		       names[json_object_get_type(value->object)]);
	return false;
}

bool
ocivalue_is_object(const struct oci *oci, const struct ocivalue *value)
{
	return is_of(oci, value, json_type_object, "an object");
}

bool
ocivalue_list(const struct oci *oci, const struct ocivalue *value, size_t *count)
{
	if (!is_of(oci, value, json_type_array, "a list"))
		return false;
	*count = json_object_array_length(value->object);
	return true;
}

bool
ocivalue_text(const struct oci *oci, const struct ocivalue *value, const char **text,
	      size_t *length)
{
	struct place place;

	if (!is_of(oci, value, json_type_string, "a string"))
		return false;
	*text = json_object_get_string(value->object);
	*length = (size_t)json_object_get_string_len(value->object);
	if (!memchr(*text, '\0', *length))
		return true;
	place = ocivalue_place(oci, value);
	problems_error(oci->problems, &place, NULL, "there is a NUL in it");
	return false;
}

bool
ocivalue_number(const struct oci *oci, const struct ocivalue *value, uint64_t most,
		uint64_t *number)
{
	struct place place;

	if (!is_of(oci, value, json_type_int, "a whole number"))
		return false;
	*number = json_object_get_uint64(value->object);
	if (json_object_get_int64(value->object) >= 0 && *number <= most)
		return true;
	place = ocivalue_place(oci, value);
	problems_error(oci->problems, &place, NULL, "%s is none of the numbers from 0 to %llu",
		       json_object_get_string(value->object), (unsigned long long)most);
	return false;
}

bool
ocivalue_is(const char *text, size_t length, const char *word)
{
	return length == strlen(word) && !memcmp(text, word, length);
}

void
ocivalue_keys(const struct oci *oci, const struct ocivalue *object, const char *const known[],
	      bool is_error)
{
	json_object_object_foreach(object->object, key, part)
	{
		struct place place;
		const char *best = NULL;
		size_t i = 0;

		(void)part;
		while (known[i] && strcmp(known[i], key) != 0)
			i++;
		if (known[i])
			continue;
		for (i = 0; known[i]; i++)
			names_nearer(key, known[i], &best);
		place = ocivalue_place(oci, object);
		(is_error ? problems_error : problems_warn)(
			oci->problems, &place, problems_meant(oci->problems, best),
			"nobody knows the key \"%s\" here", key);
	}
}

#endif

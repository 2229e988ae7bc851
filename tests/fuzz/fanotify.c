/* SPDX-License-Identifier: MIT */
/* fanotify's records: all that one points to lies within it, and decoding comes to an end. */
#include "fuzz.h"

#include "kernel/fanotify.h"

static const char *begin, *end;

static void
check_handle(const struct handle *handle)
{
	if (!handle->length)
		return;
	MUST((const char *)handle->bytes >= begin);
	MUST((const char *)handle->bytes + handle->length <= end);
	MUST(handle_equal(handle, handle));
	(void)handle_hash(handle);
}

static void
check_name(const char *name, size_t length)
{
	MUST(strlen(name) == length);
	if (length)
		MUST(name > begin && name + length < end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct fanotify_record record;
	size_t taken;

	for (size_t at = 0; (taken = fanotify_decode(bytes + at, size - at, &record));
	     at += taken) {
		MUST(taken <= size - at);
		begin = bytes + at;
		end = begin + taken;
		check_handle(&record.object);
		check_handle(&record.dir);
		check_handle(&record.old_dir);
		check_name(record.name, record.length);
		check_name(record.old_name, record.old_length);
	}
	return 0;
}

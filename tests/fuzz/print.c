/* SPDX-License-Identifier: MIT */
/* Records: any format and any name give one record, and JSON is well-formed. Input: FORMAT NUL
 * NAME. */
#include "fuzz.h"

#include "cli/escape.h"
#include "cli/json.h"
#include "event/print.h"
#include "kernel/inotify.h"

/* One line, strings closed, escapes known, and as many braces as an object has. */
static void
check_json(const struct buffer *json)
{
	bool in_string = false;

	MUST(json->length > 2 && json->data[0] == '{');
	MUST(!memcmp(json->data + json->length - 2, "}\n", 2));
	MUST(escape_is_utf8(json->data, json->length));
	for (size_t i = 0; i + 1 < json->length; i++) {
		MUST((unsigned char)json->data[i] >= ' ');
		if (json->data[i] == '"')
			in_string = !in_string;
		else if (in_string && json->data[i] == '\\')
			MUST(strchr("\"\\/bfnrtu", json->data[++i]));
	}
	MUST(!in_string);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *format = fuzz_string(data, size), *name = format + strlen(format) + 1;
	size_t length = name > format + size ? 0 : (size_t)(format + size - name);
	struct event event = {
		.time = 1774738800123456789,
		.names = inotify_names,
		.what = IN_MOVED_TO,
		.dir = "a folder/",
		.dir_length = 9,
		.name = length ? name : "",
		.name_length = length,
		.cookie = 7,
	};
	struct print print = { .format = format, .time_format = "%F" };
	struct buffer record = { 0 };

	print.raw = print_has(format, '0');
	print_event(&record, &print, &event);
	MUST(record.length > 0 && record.data[record.length - 1] == '\n');
	if (!print.raw && escape_is_utf8(format, strlen(format)))
		MUST(escape_is_utf8(record.data, record.length));

	record.length = 0;
	print.style = PRINT_CSV;
	print_event(&record, &print, &event);
	MUST(record.length > length);

	record.length = 0;
	print.style = PRINT_JSON;
	print_event(&record, &print, &event);
	check_json(&record);

	buffer_done(&record);
	free(format);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Points in time: a time of day is always one of the next two days', and what is read can be
 * printed. */
#include "fuzz.h"

#include "cli/moment.h"
#include "cli/num.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A spring night before summer time begins, where the zone has that. */
	static const int64_t now = 1774738800 * NUM_SECOND;
	char *text = fuzz_string(data, size);
	struct buffer printed = { 0 };
	int64_t moment;

	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	if (moment_parse(text, now, &moment) == 0) {
		if (text[0] != '@' && !strchr(text, '-'))
			MUST(moment > now && moment - now <= INT64_C(172800) * NUM_SECOND);
		moment_print(&printed, "%F %T %Z", moment);
		MUST(printed.length > 0);
		buffer_done(&printed);
	}
	free(text);
	return 0;
}

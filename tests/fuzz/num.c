/* SPDX-License-Identifier: MIT */
/* Numbers, durations, sizes and bytes: within their limits, and what is printed again reads as itself. */
#include "fuzz.h"

#include <strings.h>

#include "cli/num.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	char printed[NUM_DURATION_SIZE];
	int64_t integer, duration, again, brief;
	uint64_t bytes, rate;
	char *binary = fuzz_string(data, size / 2);
	size_t length;

	if (num_integer(text, -5, 1000, &integer) == 0)
		MUST(integer >= -5 && integer <= 1000);
	if (num_duration(text, &duration) == 0) {
		MUST(duration >= 0);
		MUST(num_format_duration(printed, duration) < sizeof(printed));
		MUST(num_duration(printed, &again) == 0);
		MUST(duration == NUM_FOREVER ? again == duration : duration - again < 1000000);
		num_brief_duration(printed, duration);
		MUST(num_duration(printed, &brief) == 0 && brief == again);
	}
	if (num_size(text, &bytes) == 0)
		MUST(text[0] >= '0' && text[0] <= '9' && num_rate(text, &rate) == 0
		     && rate == bytes);
	if (num_bytes(text, binary, &length) == 0) {
		char pair[3];

		MUST(length && length * 2 == strlen(text));
		for (size_t i = 0; i < length; i++) {
			snprintf(pair, sizeof(pair), "%02x", (unsigned char)binary[i]);
			MUST(!strncasecmp(text + 2 * i, pair, 2));
		}
	}
	free(binary);
	free(text);
	return 0;
}

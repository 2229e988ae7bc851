/* SPDX-License-Identifier: MIT */
/*
 * A driver gives one input to one parser and checks what must hold for any input. replay.c runs
 * drivers in `make check`, with gcc alone; libFuzzer runs them in `make fuzz`.
 */
#ifndef BUTTER_FUZZ_H
#define BUTTER_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold, or the input is a finding. */
#define MUST(condition)                                                                            \
	do                                                                                         \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__,           \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	while (0)

/* The input as a C string, to be freed. */
static inline char *
fuzz_string(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

#endif

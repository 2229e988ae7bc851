/* SPDX-License-Identifier: MIT */
/* Lines of fstab: fields lie within the text, in order, and each line is met once. */
#include "fuzz.h"

#include "mounts/fstab.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	struct fstab_text rest = { .at = text, .end = text + size };
	struct fstab_entry entry;
	size_t last = 0, lines = 1;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	while (fstab_next(&rest, &entry)) {
		MUST(entry.line > last && entry.line <= lines);
		last = entry.line;
		MUST(*fstab_explain(entry.fault));
		if (entry.fault)
			continue;
		MUST(entry.source >= text && *entry.source);
		MUST(entry.target > entry.source + strlen(entry.source) && *entry.target);
		MUST(entry.type > entry.target + strlen(entry.target) && *entry.type);
		MUST(*entry.options);
		if (strcmp(entry.options, "defaults"))
			MUST(entry.options > entry.type);
		MUST(entry.type + strlen(entry.type) <= rest.at);
	}
	MUST(rest.at == rest.end);
	free(text);
	return 0;
}

/* SPDX-License-Identifier: MIT */
/* Maps of ids: what is taken is what the kernel would take, and reads back as it was written. */
#include "fuzz.h"

#include "process/idmaps.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);
	const char *at = text;
	struct idmap map = { 0 }, again = { 0 };
	struct idmaps_trouble trouble;
	struct idmaps_subid subid;
	struct buffer printed = { 0 };

	if (idmaps_parse(text, &map, &trouble) == 0) {
		idmaps_single(&map, 0, UINT32_MAX - 1);
		if (idmaps_check(&map, &trouble) == 0) {
			idmaps_print(&map, &printed);
			MUST(idmaps_read(buffer_string(&printed), &again) == 0);
			MUST(again.count == map.count);
			MUST(!memcmp(again.ranges, map.ranges, map.count * sizeof(*map.ranges)));
		} else {
			MUST(trouble.reason);
		}
	} else {
		MUST(trouble.line && trouble.reason);
	}
	while (idmaps_next_subid(&at, &subid))
		MUST(subid.count && (uint64_t)subid.start + subid.count <= UINT32_MAX);
	MUST(!*at);
	buffer_done(&printed);
	free(again.ranges);
	free(map.ranges);
	free(text);
	return 0;
}

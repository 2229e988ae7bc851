/* SPDX-License-Identifier: MIT */
/* What names a disk, LABEL= and the like; a line of /proc/partitions; a list of types of file systems. */
#include "fuzz.h"

#include "mounts/disks.h"
#include "mounts/types.h"

static void
check_tag(const char *text)
{
	struct disks_tag tag;

	if (disks_parse(text, &tag) <= 0)
		return;
	MUST(*tag.value);
	MUST(strstr(text, tag.value));
	disks_tag_done(&tag);
}

static void
check_partition(const char *text)
{
	char *path = disks_parse_partition(text);

	if (!path)
		return;
	MUST(!strncmp(path, "/dev/", 5) && path[5]);
	MUST(strlen(path) <= strlen(text) + 5);
	MUST(!strpbrk(path, " \n!"));
	free(path);
}

static void
check_types(const char *text)
{
	struct types types = { 0 };

	types_parse(text, &types);
	for (size_t i = 0; i < types.count; i++) {
		MUST(*types.names[i] && !strpbrk(types.names[i], " \t\n"));
		for (size_t j = 0; j < i; j++)
			MUST(strcmp(types.names[i], types.names[j]));
	}
	MUST(!types.count || !types.names[types.count]);
	types_done(&types);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size);

	check_tag(text);
	check_partition(text);
	check_types(text);
	free(text);
	return 0;
}

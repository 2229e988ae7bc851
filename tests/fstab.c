/* SPDX-License-Identifier: MIT */
/* fstab FILE...: what their lines say: line, source, target, type and options in brackets; or what is wrong. */
#include <stdio.h>
#include <string.h>

#include "mounts/fstab.h"

int
main(int argc, char **argv)
{
	struct fstab fstab = { 0 };

	for (int i = 1; i < argc; i++)
		if (fstab_read(&fstab, argv[i]) < 0) {
			perror(argv[i]);
			fstab_done(&fstab);
			return 1;
		}
	for (size_t i = 0; i < fstab.count; i++) {
		const struct fstab_entry *entry = &fstab.entries[i];

		printf("%s:%zu: ", entry->file, entry->line);
		if (entry->fault == FSTAB_IS_UNREADABLE)
			printf("%s\n", strerror(entry->error));
		else if (entry->fault)
			printf("%s\n", fstab_explain(entry->fault));
		else
			printf("[%s][%s][%s][%s]\n", entry->source, entry->target, entry->type,
			       entry->options);
	}
	fstab_done(&fstab);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "mountlist.h"

#include <errno.h>
#include <fcntl.h>

#include "cli/out.h"
#include "cli/say.h"
#include "kernel/status.h"
#include "mounts/listing.h"

void
mountlist_add(struct opt_table *table, struct mountlist *mountlist)
{
	opt_flag(table, 'j', "json", &mountlist->json,
		 "list what is mounted as JSON, an object a line");
	opt_flag(table, 'l', "show-labels", &mountlist->labels, "list labels of disks, too");
	opt_string(table, 0, "of", "PATH", &mountlist->of, "list the mount alone that PATH is on");
	opt_flag(table, 0, "tree", &mountlist->tree, "list by what is mounted in what");
}

bool
mountlist_is_wanted(const struct mountlist *mountlist)
{
	return mountlist->json || mountlist->labels || mountlist->tree || mountlist->of;
}

int
mountlist_print(const struct mountlist *mountlist, const char *types)
{
	static const struct hint hints[] = { { ENOENT, "mount /proc" }, { 0 } };
	struct listing listing = {
		.form = mountlist->json   ? LISTING_JSON
			: mountlist->tree ? LISTING_TREE
					  : LISTING_LINES,
		.types = types,
		.labels = mountlist->labels,
	};
	struct buffer text = { 0 };
	struct table table;
	struct status status;

	if (mountlist->tree && (mountlist->json || mountlist->of || mountlist->labels))
		return misuse("--tree goes without --json, --of and --show-labels");
	if (mountlist->of && !*mountlist->of)
		return misuse("--of is empty: is a variable not set?");
	if (mountlist->of && status_at(AT_FDCWD, mountlist->of, true, &status) < 0)
		return fail(NULL, "cannot look at '%s'", mountlist->of);
	if (mountlist->of)
		listing.id = status.mount ? status.mount : -1;
	if (table_read(&table) < 0) {
		fail(hints, "cannot read what is mounted");
		return MOUNTLIST_UNKNOWN;
	}
	if (mountlist->of && !table_find_id(&table, listing.id)) {
		table_done(&table);
		return failx(
			"cannot list what '%s' is on: it is mounted nowhere that can be seen from here",
			mountlist->of);
	}
	listing_add(&text, &listing, &table);
	table_done(&table);
	out_add(text.data, text.length);
	buffer_done(&text);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "copy/size.h"

#include <fts.h>
#include <stdlib.h>

#include "memory.h"

uint64_t
size_of_file(const struct stat *status, bool once)
{
	uint64_t size = (uint64_t)status->st_size, blocks = (uint64_t)status->st_blocks * 512;

	size = blocks && blocks < size ? blocks : size;
	return once && status->st_nlink ? size / status->st_nlink : size;
}

uint64_t
size_of_tree(const struct tree *tree, const char *path)
{
	static const int follows[] = { [TREE_FOLLOWS_NONE] = FTS_PHYSICAL,
				       [TREE_FOLLOWS_NAMED] = FTS_PHYSICAL | FTS_COMFOLLOW,
				       [TREE_FOLLOWS_ALL] = FTS_LOGICAL };
	char *copy = memory_string(path), *const paths[] = { copy, NULL };
	FTS *walk = fts_open(paths,
			     follows[tree->follows] | FTS_NOCHDIR
				     | (tree->one_file_system ? FTS_XDEV : 0),
			     NULL);
	const FTSENT *entry;
	uint64_t size = 0;

	while (walk && (entry = fts_read(walk)))
		if (entry->fts_info == FTS_F)
			size += size_of_file(entry->fts_statp, tree->keeps_links);
	if (walk)
		fts_close(walk);
	free(copy);
	return size;
}

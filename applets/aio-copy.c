/* SPDX-License-Identifier: MIT */
/*
 * aio-copy: copies files so that a name never stands for half a file, with many reads and writes in
 * flight where that is faster, past the page cache, by reference or in part; shows how far it is, and
 * reads back what it wrote. For images, backups and releases that others use while they are replaced.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet.h"
#include "cli/say.h"
#include "copy/size.h"
#include "copy/tree.h"
#include "copy/unfinished.h"
#include "copyall.h"
#include "copying.h"
#include "copytell.h"
#include "memory.h"
#include "process/signals.h"

enum { AUTO, ALWAYS, NEVER };
enum { FOLLOW_FILES, FOLLOW_NAMED, FOLLOW_ALL, FOLLOW_NONE }; /* FILES: not with --recursive */

static const struct name engines[] = {
	{ "auto", CONTENT_AUTO },   { "reflink", CONTENT_REFLINK },
	{ "range", CONTENT_RANGE }, { "uring", CONTENT_URING },
	{ "aio", CONTENT_NATIVE },  { "threads", CONTENT_THREADS },
	{ "read", CONTENT_READ },   { "" },
};
static const struct name whens[] = {
	{ "auto", AUTO },
	{ "always", ALWAYS },
	{ "never", NEVER },
	{ "" },
};

static bool archive, checksum, direct, force, in_place, keeps_links, no_clobber, no_target_folder,
	one_file_system, preserve, recursive, resume, sync_target, uncached, update, verbose,
	verifies;
static const char *folder;
static int64_t depth, jobs;
static uint64_t block = 1 << 20, engine = CONTENT_AUTO, links, reflink, sparse;
static uint64_t length = UINT64_MAX, offset, seek = UINT64_MAX;
static struct opt_list excludes;
static struct copying copying = COPYING_DEFAULT;

static void
options(struct opt_table *table)
{
	opt_flag(table, 'r', "recursive", &recursive, "copy folders with all that is in them");
	opt_flag(table, 'R', NULL, &recursive, "as -r");
	opt_flag(table, 'a', "archive", &archive,
		 "-r, and keep links, mode, owner, times, extended attributes");
	opt_flag(table, 'p', NULL, &preserve, "keep mode, access control list, owner and times");
	opt_set(table, 'L', "dereference", FOLLOW_ALL, &links,
		"copy what links lead to, in folders, too");
	opt_set(table, 'H', NULL, FOLLOW_NAMED, &links, "with -r, copy what a SOURCE leads to");
	opt_set(table, 'P', "no-dereference", FOLLOW_NONE, &links, "copy links as such");
	opt_flag(table, 'd', NULL, &keeps_links, "-P, and files with several names stay such");
	opt_string(table, 't', "target-directory", "FOLDER", &folder,
		   "copy all SOURCEs into FOLDER");
	opt_flag(table, 'T', "no-target-directory", &no_target_folder,
		 "DEST is the copy, and no folder for it");
	opt_flag(table, 'n', "no-clobber", &no_clobber, "leave what is there");
	opt_flag(table, 'u', "update", &update, "leave what is there and not older");
	opt_flag(table, 0, "checksum", &checksum, "leave what is there and has the same content");
	opt_list(table, 0, "exclude", "PATTERN", &excludes,
		 "leave out what has such a name (or path, with a /)");
	opt_flag(table, 'x', "one-file-system", &one_file_system,
		 "leave out what is in other file systems");
	opt_integer(table, 0, "jobs", "N", 1, CREW_MOST, &jobs,
		    "threads for folders (one for each processor, 8 at most)");
	opt_flag(table, 0, "in-place", &in_place, "write into the file that is there, as cp does");
	opt_flag(table, 'f', "force", &force,
		 "replace what cannot be opened for that (else all is replaced)");
	opt_flag(table, 'v', "verbose", &verbose, "print what becomes what");
	opt_flag(table, 0, "resume", &resume,
		 "keep what is not whole, and go on with it next time");
	opt_flag(table, 0, "sync", &sync_target, "end when all is on the disk");
	opt_flag(table, 0, "verify", &verifies, "read back what was written, and compare it");
	opt_choice(table, 0, "engine", "ENGINE", engines, &engine,
		   "auto, reflink, range, uring, aio, threads or read");
	opt_integer(table, 0, "queue-depth", "N", 1, AIO_DEPTH_MAX, &depth,
		    "reads and writes in flight (16; fewer with many --jobs)");
	opt_size(table, 0, "block-size", &block, "bytes of one (1M)")->low = 512;
	opt_flag(table, 0, "direct", &direct,
		 "past the page cache (O_DIRECT), where that can be had");
	opt_flag(table, 0, "nocache", &uncached, "leave the page cache as it was");
	opt_choice(table, 0, "reflink", "WHEN", whens, &reflink,
		   "copy by reference: auto, always or never");
	opt_choice(table, 0, "sparse", "WHEN", whens, &sparse,
		   "make holes: auto (those of SOURCE), always (of zeros, too) or never");
	opt_size(table, 0, "offset", &offset, "leave out the first SIZE bytes of SOURCE")->high =
		INT64_MAX;
	opt_size(table, 0, "length", &length, "no more than SIZE bytes of SOURCE")->high =
		INT64_MAX;
	opt_size(table, 0, "seek", &seek, "write at SIZE bytes into DEST; what else it has stays")
		->high = INT64_MAX;
	copying_add_rate(table, &copying);
	copying_add_reports(table, &copying);
}

enum {
	FLIGHT_MOST = 1 << 30,  /* bytes */
	FLIGHT_USUAL = 3 << 24, /* of all threads, if nobody says how many */
	DEPTH_USUAL = 16,
	DEPTH_DIRECT = 48, /* nobody else reads ahead, or gathers what is written */
};

static struct copy *copies; /* the first for files that are named, the others for trees */
static unsigned copies_count;
static struct tree tree;

/* What goes with what, of the file that is copied. */
static int
check_ways(void)
{
	if (reflink == ALWAYS && engine != CONTENT_AUTO && engine != CONTENT_REFLINK)
		return misuse("--reflink always goes without another --engine");
	if (reflink == ALWAYS && sparse != AUTO)
		return misuse("--reflink always goes without --sparse always or never");
	if (reflink == NEVER && (engine == CONTENT_REFLINK || engine == CONTENT_RANGE))
		return misuse("--reflink never goes without --engine reflink or range");
	if (sparse == NEVER && (engine == CONTENT_REFLINK || engine == CONTENT_RANGE))
		return misuse("--sparse never goes without --engine reflink or range");
	if (sparse == ALWAYS && engine != CONTENT_AUTO && engine != CONTENT_READ)
		return misuse("--sparse always goes with --engine read or auto");
	if (direct && engine != CONTENT_AUTO
	    && (engine < CONTENT_URING || engine > CONTENT_THREADS))
		return misuse("--direct goes with --engine uring, aio, threads or auto");
	if (block > FLIGHT_MOST / (uint64_t)(depth ? depth : DEPTH_USUAL))
		return misuse("--queue-depth times --block-size: at most 1G");
	return 0;
}

static int
check(int operands)
{
	bool is_part = offset || length != UINT64_MAX || seek != UINT64_MAX;

	recursive |= archive;
	keeps_links |= archive;
	if (keeps_links && links == FOLLOW_FILES)
		links = FOLLOW_NONE;
	if (no_clobber + update + checksum > 1)
		return misuse("--no-clobber, --update and --checksum exclude each other");
	if (folder && no_target_folder)
		return misuse("--target-directory and --no-target-directory exclude each other");
	if (operands < (folder ? 1 : 2))
		return misuse(folder || !operands ? "no SOURCE is given"
						  : "no DEST is given: where is the copy to be?");
	if (no_target_folder && operands > 2)
		return misuse("--no-target-directory goes with one SOURCE and one DEST");
	if (!recursive && (excludes.count || one_file_system || jobs))
		return misuse("--exclude, --one-file-system and --jobs need --recursive");
	if (recursive && is_part)
		return misuse(
			"--offset, --length and --seek are for files, and go without --recursive");
	if (resume && (in_place || seek != UINT64_MAX))
		return misuse("--resume goes without --in-place and --seek");
	if (force && seek != UINT64_MAX)
		return misuse("--force goes without --seek, which needs what is there");
	return check_ways() || copying_check(&copying);
}

/* ---- before and after ---- */

/* How many bytes are to come, if that is known. */
static uint64_t
expect(int count, char **sources)
{
	uint64_t total = 0;
	struct stat status;

	if (excludes.count)
		return METER_UNKNOWN;
	for (int i = 0; i < count; i++) {
		uint64_t size;

		if (strcmp(sources[i], "-") && stat(sources[i], &status) == 0
		    && S_ISDIR(status.st_mode) && recursive) {
			/* It takes its time: only for a look at it. */
			if (!copying.progress || !progress_wanted())
				return METER_UNKNOWN;
			total += size_of_tree(&tree, sources[i]);
			continue;
		}
		if (!strcmp(sources[i], "-") || stat(sources[i], &status) < 0
		    || !S_ISREG(status.st_mode))
			return length < UINT64_MAX ? length : METER_UNKNOWN;
		size = size_of_file(&status, keeps_links);
		size -= size < offset ? size : offset;
		total += size < length ? size : length;
	}
	return total;
}

static unsigned
count_jobs(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (!recursive)
		return 1;
	if (jobs)
		return (unsigned)jobs;
	return processors < 1 ? 1 : processors > 8 ? 8 : (unsigned)processors;
}

/* Requests in flight, of each thread: however many there are, the memory stays within bounds. */
static unsigned
choose_depth(void)
{
	uint64_t most = FLIGHT_USUAL / block / tree.jobs;
	unsigned usual = direct ? DEPTH_DIRECT : DEPTH_USUAL;

	if (depth)
		return (unsigned)depth;
	return most < 1 ? 1 : most > usual ? usual : (unsigned)most;
}

static void
set_up_tree(void)
{
	tree.jobs = count_jobs();
	tree.one_file_system = one_file_system;
	tree.follows = links == FOLLOW_ALL     ? TREE_FOLLOWS_ALL
		       : links == FOLLOW_NAMED ? TREE_FOLLOWS_NAMED
					       : TREE_FOLLOWS_NONE;
	tree.keeps_links = keeps_links;
}

static void
set_up(int count, char **sources)
{
	struct copy copy = {
		.which = no_clobber ? COPY_MISSING
			 : update   ? COPY_NEWER
			 : checksum ? COPY_DIFFERENT
				    : COPY_ALL,
		.keeps = archive    ? ATTRIBUTES_ALL
			 : preserve ? ATTRIBUTES_MODE | ATTRIBUTES_OWNER | ATTRIBUTES_TIMES
				    : 0,
		.in_place = in_place,
		.forces = force,
		.sync = sync_target,
		.verify = verifies,
		.resumes = resume,
		.compares = checksum,
		.offset = offset,
		.length = length,
		.into = seek != UINT64_MAX,
		.seek = seek != UINT64_MAX ? seek : 0,
	};

	/* What keeps its mode gets that when it is whole, and a node gets it at once. */
	copy.mask = umask(0);
	if (!copy.keeps)
		umask(recursive ? copy.mask & 0077 : copy.mask);
	copying_begin(&copying, expect(count, sources));
	copying.meter.counts_files = true;
	copy.stream.pipe_size = copying.pipe_size;
	copy.content = (struct content){ .engine = reflink == ALWAYS ? CONTENT_REFLINK : engine,
					 .sparse = (enum content_sparse)sparse,
					 .no_reflink = reflink == NEVER,
					 .direct = direct,
					 .uncached = uncached,
					 .depth = choose_depth(),
					 .block = block,
					 .most = meter_step(&copying.meter),
					 .moved = copyall_moved,
					 .context = &copying.meter };
	copies_count = tree.jobs + 2;
	copies = memory_resize(NULL, copies_count, sizeof(*copies));
	tree.copies = copies + 1;
	for (unsigned i = 0; i < copies_count; i++)
		copies[i] = copy;
}

static void
tell_stats(void)
{
	struct stats_way ways[CONTENT_WAYS + 1] = { { 0 } };

	ways[CONTENT_WAYS].name = "stream";
	for (int way = 0; way < CONTENT_WAYS; way++)
		ways[way].name = content_names[way];
	for (unsigned i = 0; i < copies_count; i++) {
		copying.meter.left += copies[i].skipped;
		for (int way = 0; way < CONTENT_WAYS; way++) {
			ways[way].calls += copies[i].content.ways[way].calls;
			ways[way].bytes += copies[i].content.ways[way].bytes;
		}
		for (int way = 0; way < STREAM_WAYS; way++) {
			ways[CONTENT_WAYS].calls += copies[i].stream.ways[way].calls;
			ways[CONTENT_WAYS].bytes += copies[i].stream.ways[way].bytes;
		}
	}
	copying_say(&copying, ways, CONTENT_WAYS + 1);
}

/* Copies all SOURCES to TO: the status. */
static int
copy_all(int count, char **sources, const char *to)
{
	bool into = folder || (!no_target_folder && copytell_is_folder(to)),
	     has_tree = recursive || keeps_links || links == FOLLOW_NONE;
	struct copyall all = {
		.copying = &copying,
		.copy = copies,
		.tree = has_tree ? &tree : NULL,
		.recursive = recursive,
		.follows = links == FOLLOW_FILES ? !recursive : links != FOLLOW_NONE,
		.shows = verbose,
		.excludes = &excludes,
	};

	if (folder && !copytell_is_folder(folder))
		return failx("--target-directory: '%s' is no folder", folder);
	if (!into && count > 1)
		return failx("'%s' is no folder for several SOURCEs", to);
	copyall_open(&all);
	copyall_copy(&all, count, sources, to, into);
	return copyall_close(&all);
}

static int
aio_copy_run(int count, char **operands)
{
	int status;
	const char *to = folder;

	copying_listen(&copying);
	status = check(count);
	if (status)
		return status;
	if (!to)
		to = operands[--count];
	if (!*to)
		return misuse("DEST is an empty name: is a variable not set?");
	signals_end_with(unfinished_remove_all);
	atexit(unfinished_remove_all);
	set_up_tree();
	set_up(count, operands);
	status = copy_all(count, operands, to);
	meter_end(&copying.meter);
	tell_stats();
	for (unsigned i = 0; i < copies_count; i++)
		content_close(&copies[i].content);
	free(copies);
	return status;
}

const struct applet applet_aio_copy = {
	.name = "aio-copy",
	.summary = "copy files, and never leave half of one",
	.operands = "SOURCE ... DEST",
	.min = 1,
	.max = APPLET_ANY,
	.options = options,
	.run = aio_copy_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * aio-copy: copies files so that a name never stands for half a file, with many reads and writes in
 * flight where that is faster, past the page cache, by reference or in part; shows how far it is, and
 * reads back what it wrote. For images, backups and releases that others use while they are replaced.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet.h"
#include "cli/escape.h"
#include "cli/record.h"
#include "cli/say.h"
#include "copy/exclude.h"
#include "copy/size.h"
#include "copy/tree.h"
#include "copy/unfinished.h"
#include "copying.h"
#include "copytell.h"
#include "memory.h"
#include "operand.h"
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
static struct record shown;
static bool shows_at_once; /* somebody sits there */

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
	SHOWN_MOST = 1 << 16,
};

static struct copy *copies; /* the first for files that are named, the others for trees */
static unsigned copies_count;
static struct tree tree;
static bool has_tree; /* what is named is copied by that */
static int result;

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
	has_tree = recursive || keeps_links || links == FOLLOW_NONE;
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

/* ---- telling ---- */

static void
tell_failed(const struct copy *copy, const char *from, const char *to, void *context)
{
	(void)context;
	result |= copytell(copy, from, to, &copying);
}

/* ---- what threads have in common ---- */

static pthread_mutex_t reporting = PTHREAD_MUTEX_INITIALIZER;

static void
count_bytes(uint64_t bytes, void *context)
{
	pthread_mutex_lock(&reporting);
	stats_moved(bytes, context);
	pthread_mutex_unlock(&reporting);
}

/* Who was to see it is gone, or has no room: the files matter more. */
static void
give_up_showing(void)
{
	result |= copying_is_left(&copying) || fail(NULL, "cannot write to standard output");
	record_forget(&shown);
	verbose = false;
}

/* One at a time. */
static void
show(const char *from, const char *to, void *context)
{
	struct buffer *line;

	(void)context;
	if (!verbose)
		return;
	line = record_begin(&shown);
	buffer_byte(line, '\'');
	escape_text(line, from, strlen(from), ESCAPE_ALL);
	buffer_text(line, "' -> '");
	escape_text(line, to, strlen(to), ESCAPE_ALL);
	buffer_text(line, "'\n");
	record_end(&shown);
	if ((shows_at_once || record_is_full(&shown)) && record_flush(&shown, true) < 0)
		give_up_showing();
}

static void
count_file(void *context)
{
	(void)context;
	pthread_mutex_lock(&reporting);
	copying.meter.files++;
	pthread_mutex_unlock(&reporting);
}

/* ---- operands ---- */

/* The status of the SOURCE: of what it leads to, if that is to be copied. */
static int
look_at(const char *source, struct stat *status)
{
	bool follows = links == FOLLOW_FILES ? !recursive : links != FOLLOW_NONE;

	return (follows ? stat : lstat)(source, status);
}

/* Whether a PATTERN is that of PATH, which is below SOURCE, or the name of that. */
static bool
is_excluded(const char *path, bool is_of_folder)
{
	for (size_t i = 0; i < excludes.count; i++)
		if (exclude_matches(excludes.items[i].text, path, is_of_folder))
			return true;
	return false;
}

static bool
is_excluded_entry(const struct folder *in, const char *name, bool is_of_folder, void *context)
{
	struct buffer path = { 0 };
	bool is;

	(void)context;
	folder_path_below(&path, in, name);
	is = is_excluded(buffer_string(&path), is_of_folder);
	buffer_done(&path);
	return is;
}

/* ---- copying ---- */

/* What is copied has another name there, or is `-`: so these would do nothing. */
static int
refuse_stream(const char *name)
{
	const struct {
		bool is_given;
		const char *option;
	} options[] = {
		/* These first: they go without the standard input, too. */
		{ checksum, "--checksum" }, { resume, "--resume" }, { no_clobber, "--no-clobber" },
		{ update, "--update" },     { preserve, "-p" },     { in_place, "--in-place" },
		{ verbose, "--verbose" },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		if (options[i].is_given)
			return failx("%s goes without %s", options[i].option, name);
	return 0;
}

static void
has_copied(const char *from, const char *to)
{
	count_file(NULL);
	show(from, to, NULL);
}

/* Copies what is open as IN, which is called FROM, to the path TO. */
static void
copy_to_path(int in, const char *from, const char *to, bool is_named)
{
	char *path = memory_string(to);
	struct place place = { .inherits = true,
			       .tells_late = true,
			       .links = is_named ? PLACE_FOLLOWS : PLACE_FOLLOWS_OWN };
	int copied = -1;

	place.folder = operand_open_folder(path, &place.name);
	if (place.folder < 0)
		copies->step = COPY_CREATE;
	else
		copied = copy_to_place(copies, in, !strcmp(from, "-"), &place);
	if (copied < 0)
		result |= copytell(copies, from, to, &copying);
	if (copied == 0 || (copied < 0 && copy_is_done(copies)))
		has_copied(from, to);
	if (place.folder >= 0)
		close(place.folder);
	free(path);
}

/* Copies the file FROM, `-` for the standard input, to TO, `-` for the standard output. */
static void
copy_file(const char *from, const char *to, bool is_named)
{
	bool is_input = !strcmp(from, "-");
	int in, out = operand_descriptor(to), copied;

	if ((out >= 0 && refuse_stream("standard output or another descriptor as DEST"))
	    || (is_input && (checksum || resume) && refuse_stream("standard input as SOURCE"))) {
		result = 1;
		return;
	}
	in = is_input ? STDIN_FILENO : open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (in < 0) {
		result |= fail(NULL, "cannot open '%s'", from);
	} else if (out < 0) {
		copy_to_path(in, from, to, is_named);
	} else {
		copied = copy_to_descriptor(copies, in, out);
		if (copied < 0)
			result |= copytell(copies, from,
					   out == STDOUT_FILENO ? "standard output" : to, &copying);
		else
			has_copied(from, to);
	}
	if (in >= 0 && !is_input)
		close(in);
}

/* Copies FROM, whatever it is, to TO. */
static void
copy_any(const char *from, const char *to, bool is_named)
{
	struct stat status;
	bool is_known = has_tree && strcmp(from, "-") && look_at(from, &status) == 0;

	/* Without --recursive, folders are refused, and others read as files. */
	if (is_known && !recursive)
		is_known = S_ISREG(status.st_mode) || S_ISLNK(status.st_mode);
	if (is_known && operand_descriptor(to) >= 0 && !S_ISREG(status.st_mode))
		result |= failx("'%s' is no file, and cannot go to standard output", from);
	else if (is_known && S_ISDIR(status.st_mode))
		tree_copy(&tree, from, to, is_named);
	else if (is_known && operand_descriptor(to) < 0)
		tree_copy_entry(&tree, from, &status, to, is_named);
	else
		copy_file(from, to, is_named);
}

/* ---- into a folder ---- */

/* Copies FROM into the folder TO, under its own name; what is in `.` and `..` has that in it itself. */
static void
copy_into(const char *from, const char *to)
{
	char *name = operand_name(from);
	bool is_nameless = !strcmp(name, ".") || !strcmp(name, ".."), is_of_folder;
	struct buffer path = { 0 };
	struct stat status;

	is_of_folder = recursive && look_at(from, &status) == 0 && S_ISDIR(status.st_mode);

	buffer_text(&path, to);
	if (!is_nameless)
		buffer_print(&path, "%s%s", to[strlen(to) - 1] == '/' ? "" : "/", name);
	if (!strcmp(from, "-"))
		result |= failx("standard input has no name that it could have in '%s'", to);
	else if (!is_nameless && is_excluded(name, is_of_folder))
		;
	else if (!is_nameless && !operand_is_first(name, is_of_folder))
		result |= failx("'%s' has just been made of another SOURCE: '%s' is not copied",
				buffer_string(&path), from);
	else
		copy_any(from, buffer_string(&path), is_nameless);
	buffer_done(&path);
	free(name);
}

static void
copy_all(int count, char **sources, const char *to)
{
	bool into = folder || (!no_target_folder && copytell_is_folder(to));

	if (folder && !copytell_is_folder(folder))
		result |= failx("--target-directory: '%s' is no folder", folder);
	else if (!into && count > 1)
		result |= failx("'%s' is no folder for several SOURCEs", to);
	else
		for (int i = 0; i < count; i++)
			if (into)
				copy_into(sources[i], to);
			else
				copy_any(sources[i], to, true);
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
	tree.leaves_out = excludes.count ? is_excluded_entry : NULL;
	tree.failed = tell_failed;
	tree.copied = count_file;
	tree.shows = verbose ? show : NULL;
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
					 .moved = count_bytes,
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
	record_open(&shown, STDOUT_FILENO, SHOWN_MOST);
	shows_at_once = isatty(STDOUT_FILENO);
	if (has_tree)
		tree_open(&tree);
	copy_all(count, operands, to);
	if (has_tree)
		tree_close(&tree);
	if (record_flush(&shown, true) < 0)
		give_up_showing();
	record_done(&shown);
	meter_end(&copying.meter);
	tell_stats();
	for (unsigned i = 0; i < copies_count; i++)
		content_close(&copies[i].content);
	free(copies);
	return result;
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

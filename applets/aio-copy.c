/* SPDX-License-Identifier: MIT */
/*
 * aio-copy: copies files so that a name never stands for half a file, with many reads and writes in
 * flight where that is faster, past the page cache, by reference or in part; shows how far it is, and
 * reads back what it wrote. For images, backups and releases that others use while they are replaced.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet.h"
#include "cli/say.h"
#include "copy/file.h"
#include "copying.h"
#include "memory.h"
#include "process/signals.h"

enum { AUTO, ALWAYS, NEVER };

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

static bool direct, in_place, no_clobber, no_target_folder, preserve, sync_target, uncached, update,
	verify;
static const char *folder;
static int64_t depth = 16;
static uint64_t block = 1 << 20, engine = CONTENT_AUTO, reflink, sparse;
static uint64_t length = UINT64_MAX, offset, seek = UINT64_MAX;
static struct copying copying = COPYING_DEFAULT;

static void
options(struct opt_table *table)
{
	opt_string(table, 't', "target-directory", "FOLDER", &folder,
		   "copy all SOURCEs into FOLDER");
	opt_flag(table, 'T', "no-target-directory", &no_target_folder,
		 "DEST is the copy, and no folder for it");
	opt_flag(table, 'n', "no-clobber", &no_clobber, "leave what is there");
	opt_flag(table, 'u', "update", &update, "leave what is there and not older");
	opt_flag(table, 'p', NULL, &preserve, "keep mode, access control list, owner and times");
	opt_flag(table, 0, "in-place", &in_place, "write into the file that is there, as cp does");
	opt_flag(table, 0, "sync", &sync_target, "end when all is on the disk");
	opt_flag(table, 0, "verify", &verify, "read back what was written, and compare it");
	opt_choice(table, 0, "engine", "ENGINE", engines, &engine,
		   "auto, reflink, range, uring, aio, threads or read");
	opt_integer(table, 0, "queue-depth", "N", 1, AIO_DEPTH_MAX, &depth,
		    "reads and writes in flight (16)");
	opt_size(table, 0, "block-size", &block, "bytes of one (1M)")->low = 512;
	opt_flag(table, 0, "direct", &direct,
		 "past the page cache (O_DIRECT), where that can be had");
	opt_flag(table, 0, "nocache", &uncached, "leave the page cache as it was");
	opt_choice(table, 0, "reflink", "WHEN", whens, &reflink,
		   "copy by reference: auto, always or never");
	opt_choice(table, 0, "sparse", "WHEN", whens, &sparse,
		   "make holes: auto (those of SOURCE), always (of zeros, too) or never");
	opt_size(table, 0, "offset", &offset, "leave out the first SIZE bytes of SOURCE");
	opt_size(table, 0, "length", &length, "no more than SIZE bytes of SOURCE");
	opt_size(table, 0, "seek", &seek, "write at SIZE bytes into DEST; what else it has stays");
	copying_add_rate(table, &copying);
	copying_add_reports(table, &copying);
}

static struct copy copy;

static int
check(int operands)
{
	if (no_clobber && update)
		return misuse("--no-clobber and --update exclude each other");
	if (folder && no_target_folder)
		return misuse("--target-directory and --no-target-directory exclude each other");
	if (operands < (folder ? 1 : 2))
		return misuse(folder || !operands ? "no SOURCE is given"
						  : "no DEST is given: where is the copy to be?");
	if (no_target_folder && operands > 2)
		return misuse("--no-target-directory goes with one SOURCE and one DEST");
	if (reflink == ALWAYS && engine != CONTENT_AUTO && engine != CONTENT_REFLINK)
		return misuse("--reflink always goes without another --engine");
	if (sparse == ALWAYS && engine != CONTENT_AUTO && engine != CONTENT_READ)
		return misuse("--sparse always goes with --engine read or auto");
	if (direct && engine != CONTENT_AUTO
	    && (engine < CONTENT_URING || engine > CONTENT_THREADS))
		return misuse("--direct goes with --engine uring, aio, threads or auto");
	return copying_check(&copying);
}

/* ---- telling ---- */

static const char *
why_barred(enum target_bar bar)
{
	switch (bar) {
	case TARGET_HAS_LINKS:
		return "it has other names (--in-place writes to all of them)";
	case TARGET_IS_MOUNTED:
		return "it is a mount point (--in-place writes into it)";
	case TARGET_IS_ANOTHERS:
		return "a new file cannot be given to its owner (--in-place writes into the file)";
	default:
		return "nothing can be made in its folder (--in-place writes into the file)";
	}
}

/* What could not be done, errno: the status, after a message. */
static int
tell(const char *from, const char *to)
{
	const struct hint *hints =
		copy.content.engine == CONTENT_AUTO ? NULL : content_hints(copy.content.engine);

	switch (copy.step) {
	case COPY_OPEN:
		return fail(NULL, "cannot open '%s'", from);
	case COPY_IS_FOLDER:
		return failx("'%s' is a folder, which is not copied", from);
	case COPY_IS_SAME:
		return failx("'%s' and '%s' are the same file", from, to);
	case COPY_CREATE:
		return fail(NULL, "cannot write '%s'", to);
	case COPY_BARRED:
		return failx("cannot replace '%s': %s", to, why_barred(copy.bar));
	case COPY_CONTENT:
		return fail(NULL, "cannot %s '%s' at byte %lld", copy.at_output ? "write" : "read",
			    copy.at_output ? to : from, (long long)copy.at);
	case COPY_ENGINE:
		return fail(hints, "cannot copy '%s' by %s", from,
			    content_names[copy.content.engine]);
	case COPY_ATTRIBUTES:
		return fail(NULL, "cannot keep %s of '%s'", attributes_name(copy.failed), from);
	case COPY_FINISH:
		return fail(NULL, "cannot write '%s'", to);
	case COPY_READ_BACK:
		return fail(NULL, "cannot read '%s' at byte %lld", copy.at_output ? to : from,
			    (long long)copy.at);
	case COPY_DIFFERS:
		return failx("'%s' is not what was copied: byte %lld differs", to,
			     (long long)copy.at);
	}
	return 1;
}

/* ---- copying ---- */

/* Opens the folder that PATH is in; *NAME is what follows. -1 with errno. */
static int
open_folder_of(char *path, const char **name)
{
	char *slash = strrchr(path, '/');
	int fd;

	*name = slash ? slash + 1 : path;
	if (!slash)
		return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (slash == path)
		return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	*slash = '\0';
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*slash = '/';
	return fd;
}

/* PATH, or where a symbolic link of that name leads to: what has to be freed, or NULL with errno. */
static char *
resolve(const char *path)
{
	struct stat status;

	if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode))
		return realpath(path, NULL);
	return memory_string(path);
}

/* Copies what is open as IN, which is called FROM, to the path TO. The status. */
static int
copy_to_path(int in, const char *from, const char *to)
{
	char *path = resolve(to);
	const char *name = NULL;
	int to_folder = path ? open_folder_of(path, &name) : -1, status = 0;

	if (to_folder < 0)
		status = fail(NULL, "cannot write '%s'", to);
	else if (copy_open_file(&copy, in, to_folder, name) < 0)
		status = tell(from, to);
	if (to_folder >= 0)
		close(to_folder);
	free(path);
	return status;
}

/* Copies FROM, `-` for the standard input, to TO, `-` for the standard output. The status. */
static int
copy_one(const char *from, const char *to)
{
	int in = STDIN_FILENO, status;

	if (strcmp(from, "-"))
		in = open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (in < 0)
		return fail(NULL, "cannot open '%s'", from);
	if (strcmp(to, "-"))
		status = copy_to_path(in, from, to);
	else
		status = copy_open_file(&copy, in, STDOUT_FILENO, NULL) < 0
				 ? tell(from, "standard output")
				 : 0;
	if (in != STDIN_FILENO)
		close(in);
	return status;
}

/* Copies FROM into the folder TO, under its own name. The status. */
static int
copy_into(const char *from, const char *to)
{
	size_t size = strlen(from);
	struct buffer path = { 0 };
	const char *name;
	int status;

	while (size > 1 && from[size - 1] == '/')
		size--;
	name = memrchr(from, '/', size);
	name = name && size > 1 ? name + 1 : from;
	buffer_print(&path, "%s/%.*s", to, (int)(from + size - name), name);
	status = strcmp(from, "-")
			 ? copy_one(from, buffer_string(&path))
			 : failx("standard input has no name that it could have in '%s'", to);
	buffer_done(&path);
	return status;
}

static bool
is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* How many bytes are to come, if that is known. */
static uint64_t
expect(int count, char **sources)
{
	uint64_t total = 0;
	struct stat status;

	for (int i = 0; i < count; i++) {
		uint64_t size;

		if (!strcmp(sources[i], "-") || stat(sources[i], &status) < 0
		    || !S_ISREG(status.st_mode))
			return length < UINT64_MAX ? length : METER_UNKNOWN;
		size = (uint64_t)status.st_size;
		size -= size < offset ? size : offset;
		total += size < length ? size : length;
	}
	return total;
}

static void
set_up(int count, char **sources)
{
	copying_begin(&copying, expect(count, sources));
	copy.content = (struct content){ .engine = reflink == ALWAYS ? CONTENT_REFLINK : engine,
					 .sparse = (enum content_sparse)sparse,
					 .no_reflink = reflink == NEVER,
					 .direct = direct,
					 .uncached = uncached,
					 .depth = (unsigned)depth,
					 .block = block,
					 .most = meter_step(&copying.meter),
					 .moved = stats_moved,
					 .context = &copying.meter };
	copy.stream.pipe_size = copying.pipe_size;
	copy.which = no_clobber ? COPY_MISSING : update ? COPY_NEWER : COPY_ALL;
	copy.keeps = preserve ? ATTRIBUTES_MODE | ATTRIBUTES_OWNER | ATTRIBUTES_TIMES : 0;
	copy.in_place = in_place;
	copy.sync = sync_target;
	copy.verify = verify;
	copy.offset = offset;
	copy.length = length;
	copy.into = seek != UINT64_MAX;
	copy.seek = copy.into ? seek : 0;
}

static void
tell_stats(void)
{
	struct stats_way ways[CONTENT_WAYS + 1];

	for (int way = 0; way < CONTENT_WAYS; way++)
		ways[way] = (struct stats_way){ content_names[way], copy.content.ways[way].calls,
						copy.content.ways[way].bytes };
	ways[CONTENT_WAYS] = (struct stats_way){ "stream", 0, 0 };
	for (int way = 0; way < STREAM_WAYS; way++) {
		ways[CONTENT_WAYS].calls += copy.stream.ways[way].calls;
		ways[CONTENT_WAYS].bytes += copy.stream.ways[way].bytes;
	}
	copying_say(&copying, ways, CONTENT_WAYS + 1);
}

static int
aio_copy_run(int count, char **operands)
{
	int status = check(count), one;
	const char *to = folder;
	bool into;

	if (status)
		return status;
	if (!to)
		to = operands[--count];
	into = folder || (!no_target_folder && is_folder(to));
	if (!into && count > 1)
		return failx("'%s' is no folder for several SOURCEs", to);
	if (folder && !is_folder(folder))
		return failx("--target-directory: '%s' is no folder", folder);
	signals_end_with(target_abandon_all);
	/* ulimit -f: a file that may not grow is an error of write(2), and no end without a word. */
	signals_ignore(SIGXFSZ);
	set_up(count, operands);
	for (int i = 0; i < count; i++) {
		one = into ? copy_into(operands[i], to) : copy_one(operands[i], to);
		status = status ? status : one;
	}
	meter_end(&copying.meter);
	if (copying.stats)
		tell_stats();
	content_close(&copy.content);
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

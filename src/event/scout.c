/* SPDX-License-Identifier: MIT */
#include "event/scout.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "event/follow.h"
#include "event/walk.h"
#include "process/child.h"

enum {
	END = NODE_OBJECT + 1, /* a kind that says: that was all of the folder */
	PIECE = 1 << 12,       /* bytes of the report at a time */
};

/* One thing of the report: a node, whose name follows. */
struct scouted {
	uint8_t kind;
	bool seen : 1, refused : 1, waiting : 1, quiet : 1;
	uint16_t length; /* of the name */
	int32_t wd;      /* of a file: its stamp */
	int32_t twin;
	int32_t trouble; /* errno, or 0 */
};

/* Its end: the path FIRST_LEFT_OUT and the strays follow. */
struct summary {
	size_t folders, left_out, first_left_out, strays;
	bool mounts;
	int error;
};

struct scout_trouble {
	const struct node *node;
	int error;
};

/* ---- the two ---- */

static bool
are_two_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) < 0 || CPU_COUNT(&set) > 1;
}

/* Forks, with ENDS of a pipe between the two. */
static bool
start(struct scout *scout, const int ends[2])
{
	pid_t pid = child_start();
	int own = ends[!pid], other = ends[!!pid];

	if (pid < 0)
		return false;
	scout->is_self = !pid;
	scout->pid = pid;
	close(other);
	scout->fd = own;
	scout->at = scout->report.length = 0;
	return true;
}

bool
scout_begin(struct files *files)
{
	struct scout *scout = &files->scout;
	int ends[2];

	if (scout->refused)
		return false;
	scout->refused = true;
	scout->folders = files->folders;
	scout->left_out = files->left_out;
	if (!are_two_processors())
		return false;
	scout->taken = mmap(NULL, sizeof(*scout->taken), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (scout->taken == MAP_FAILED)
		return false;
	if (pipe2(ends, O_CLOEXEC) == 0) {
		if (start(scout, ends)) {
			scout->refused = false;
			return true;
		}
		close(ends[0]);
		close(ends[1]);
	}
	munmap(scout->taken, sizeof(*scout->taken));
	return false;
}

size_t
scout_take(struct scout *scout)
{
	return atomic_fetch_add(scout->taken, 1);
}

/* In the process that goes on. */
static void
bury(struct scout *scout)
{
	close(scout->fd);
	buffer_done(&scout->report);
	munmap(scout->taken, sizeof(*scout->taken));
	child_wait(scout->pid);
	scout->pid = 0;
}

void
scout_kill(struct scout *scout)
{
	kill(scout->pid, SIGKILL);
	bury(scout);
}

/* ---- what waits for the end ---- */

void
scout_ignore(struct files *files, int wd)
{
	struct scout *scout = &files->scout;

	if (tree_find(&files->tree, wd))
		return;
	if (scout->pid || scout->is_self)
		buffer_add(&scout->strays, &wd, sizeof(wd));
	else
		inotify_ignore(files->source.fd, wd);
}

bool
scout_keeps_trouble(struct files *files, const struct node *node, int error)
{
	struct scout_trouble trouble = { node, error };

	if (files->scout.is_self)
		buffer_add(&files->scout.troubles, &trouble, sizeof(trouble));
	return files->scout.is_self;
}

static int
trouble_of(const struct scout *scout, const struct node *node)
{
	const struct scout_trouble *troubles = (const void *)scout->troubles.data;

	for (size_t i = scout->troubles.length / sizeof(*troubles); i--;)
		if (troubles[i].node == node)
			return troubles[i].error;
	return 0;
}

/* ---- the report ---- */

static void
flush(struct scout *scout)
{
	for (size_t at = 0; at < scout->report.length;) {
		ssize_t size = write(scout->fd, scout->report.data + at, scout->report.length - at);

		if (size < 0 && errno != EINTR)
			child_end(1); /* nobody wants to know */
		at += size > 0 ? (size_t)size : 0;
	}
	scout->report.length = 0;
}

static void
put(struct scout *scout, const void *bytes, size_t size)
{
	buffer_add(&scout->report, bytes, size);
	if (scout->report.length >= PIECE)
		flush(scout);
}

/* NODE and, recursively, all in it. */
static void
put_node(struct scout *scout, const struct node *node)
{
	struct scouted scouted = { .kind = node->kind,
				   .seen = node->seen,
				   .refused = node->refused,
				   .waiting = node->waiting,
				   .quiet = node->quiet,
				   .length = (uint16_t)strlen(node->name),
				   .wd = node->wd };
	const struct node *child;

	if (node->kind != NODE_FILE) {
		scouted.twin = tree_folder(node)->twin;
		scouted.trouble = node->refused ? trouble_of(scout, node) : 0;
	}
	put(scout, &scouted, sizeof(scouted));
	put(scout, node->name, scouted.length);
	if (node->kind == NODE_FILE)
		return;
	LIST_FOREACH(child, &tree_folder(node)->children, sibling)
	put_node(scout, child);
	scouted.kind = END;
	put(scout, &scouted, sizeof(scouted));
}

_Noreturn void
scout_report(struct files *files, struct node *const *nodes, const bool *visited, size_t count,
	     int error)
{
	struct scout *scout = &files->scout;
	struct summary summary = { .folders = files->folders - scout->folders,
				   .left_out = files->left_out - scout->left_out,
				   .first_left_out = files->first_left_out.length,
				   .strays = scout->strays.length,
				   .mounts = files->mounts,
				   .error = error };

	for (size_t i = 0; i < count; i++)
		if (visited[i]) {
			put(scout, &i, sizeof(i));
			put_node(scout, nodes[i]);
		}
	put(scout, &count, sizeof(count));
	put(scout, &summary, sizeof(summary));
	put(scout, files->first_left_out.data, summary.first_left_out);
	put(scout, scout->strays.data, summary.strays);
	flush(scout);
	child_end(0);
}

/* The next SIZE bytes. False: there are not so many. */
static bool
get(struct scout *scout, void *bytes, size_t size)
{
	struct buffer *report = &scout->report;

	while (report->length - scout->at < size) {
		ssize_t more;

		if (scout->at)
			memmove(report->data, report->data + scout->at, report->length - scout->at);
		report->length -= scout->at;
		scout->at = 0;
		more = read(scout->fd, buffer_reserve(report, PIECE), PIECE);
		if (more == 0 || (more < 0 && errno != EINTR))
			return false;
		report->length += more > 0 ? (size_t)more : 0;
	}
	memcpy(bytes, report->data + scout->at, size);
	scout->at += size;
	return true;
}

/* What SCOUTED says about NODE; false when another folder has its watch. */
static bool
learn(struct files *files, struct node *node, const struct scouted *scouted)
{
	const struct node *known;

	node->seen = scouted->seen;
	if (node->kind == NODE_FILE) {
		node->stamp = (uint32_t)scouted->wd;
		return true;
	}
	tree_folder(node)->twin = scouted->twin;
	node->quiet = scouted->quiet;
	if (scouted->trouble)
		walk_trouble(files, node, scouted->trouble);
	if (scouted->waiting)
		walk_later(files, node);
	known = tree_find(&files->tree, scouted->wd);
	if (!known) {
		tree_watch(&files->tree, node, scouted->wd);
		return true;
	}
	tree_folder(node)->twin = known->wd;
	walk_later(files, node);
	return false;
}

/* The next thing of the report and, unless it is an end, its name. False: there is no more. */
static bool
get_next(struct scout *scout, struct scouted *scouted, struct buffer *name)
{
	name->length = 0;
	if (!get(scout, scouted, sizeof(*scouted)))
		return false;
	if (scouted->kind == END)
		return true;
	if (!get(scout, buffer_reserve(name, scouted->length + 1u), scouted->length))
		return false;
	name->length = scouted->length;
	return true;
}

/* The rest of what is told of a folder that is known already. */
static bool
pass_over(struct files *files, struct buffer *name)
{
	struct scouted scouted;

	for (size_t depth = 1; depth;) {
		if (!get_next(&files->scout, &scouted, name))
			return false;
		if (scouted.kind == END)
			depth--;
		else if (scouted.kind != NODE_FILE)
			depth++;
		if (scouted.kind == NODE_FOLDER && scouted.wd >= 0)
			buffer_add(&files->scout.strays, &scouted.wd, sizeof(scouted.wd));
	}
	return true;
}

/* What is told of TOP and all in it. False when the report ends before. */
static bool
get_node(struct files *files, struct node *top, struct buffer *name)
{
	struct node *folder = NULL, *node;
	struct scouted scouted;

	do {
		if (!get_next(&files->scout, &scouted, name))
			return false;
		if (folder && scouted.kind == END) {
			folder = folder == top ? NULL : folder->parent;
			continue;
		}
		node = folder ? tree_add(&files->tree, folder, buffer_string(name), scouted.kind,
					 NODE_TOLD)
			      : top;
		if (learn(files, node, &scouted))
			folder = node->kind == NODE_FILE ? folder : node;
		else if (!pass_over(files, name))
			return false;
	} while (folder);
	return true;
}

/* Whether it is there to the end. */
static bool
get_summary(struct files *files, int *error)
{
	struct scout *scout = &files->scout;
	struct summary summary;
	struct buffer path = { 0 };
	bool whole;
	int wd;

	if (!get(scout, &summary, sizeof(summary)))
		return false;
	whole = get(scout, buffer_reserve(&path, summary.first_left_out + 1),
		    summary.first_left_out);
	for (size_t at = 0; whole && at < summary.strays; at += sizeof(wd)) {
		whole = get(scout, &wd, sizeof(wd));
		if (whole)
			buffer_add(&scout->strays, &wd, sizeof(wd));
	}
	path.length = summary.first_left_out;
	if (whole && !files->left_out)
		buffer_add(&files->first_left_out, path.data, path.length);
	buffer_done(&path);
	if (!whole)
		return false;
	files->folders += summary.folders;
	files->left_out += summary.left_out;
	files->mounts |= summary.mounts;
	*error = summary.error;
	return true;
}

static void
ignore_strays(struct files *files)
{
	struct buffer strays = files->scout.strays;

	files->scout.strays = (struct buffer){ 0 };
	for (size_t at = 0; at < strays.length; at += sizeof(int)) {
		int wd;

		memcpy(&wd, strays.data + at, sizeof(wd));
		scout_ignore(files, wd);
	}
	buffer_done(&strays);
}

int
scout_end(struct files *files, struct node *const *nodes, bool *visited, size_t count)
{
	struct scout *scout = &files->scout;
	struct buffer name = { 0 };
	size_t which;
	int error = 0;

	while (get(scout, &which, sizeof(which))) {
		if (which == count) {
			get_summary(files, &error);
			break;
		}
		if (!get_node(files, nodes[which], &name)) {
			follow_unwatch(files,
				       nodes[which]); /* what of it is missing, nobody knows */
			break;
		}
		visited[which] = true;
	}
	buffer_done(&name);
	bury(scout);
	ignore_strays(files);
	return error;
}

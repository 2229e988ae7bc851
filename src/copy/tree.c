/* SPDX-License-Identifier: MIT */
#include "copy/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "copy/node.h"
#include "kernel/cache.h"
#include "memory.h"

static void
lock(struct tree *tree)
{
	crew_lock(&tree->crew);
}

static void
unlock(struct tree *tree)
{
	crew_unlock(&tree->crew);
}

/* ---- telling ---- */

/*
 * What COPY says has failed, or, NULL, is there, with NAME in FOLDER or, NULL, that itself. The lock is
 * held.
 */
static void
tell(struct tree *tree, const struct copy *copy, const struct folder *folder, const char *name,
     const char *new_name)
{
	struct buffer from = { 0 }, to = { 0 };
	int error = errno;

	folder_path(&from, folder, name, false);
	folder_path(&to, folder, new_name, true);
	errno = error;
	if (copy)
		tree->failed(copy, buffer_string(&from), buffer_string(&to), tree->context);
	else
		tree->shows(buffer_string(&from), buffer_string(&to), tree->context);
	buffer_done(&from);
	buffer_done(&to);
}

/* The worker's entry is there. */
static void
show(struct worker *worker)
{
	struct tree *tree = worker->tree;

	if (!tree->shows)
		return;
	lock(tree);
	tell(tree, NULL, worker->folder, worker->name, worker->new_name);
	unlock(tree);
}

static void
tell_of_folder(struct tree *tree, struct copy *copy, const struct folder *folder,
	       enum copy_step step)
{
	copy->step = step;
	tell(tree, copy, folder, NULL, NULL);
}

/* ---- folders that are done ---- */

/* Gives the folder what its source has besides what is in it. */
static int
set_attributes(const struct folder *folder, struct copy *copy)
{
	const struct stat *status = &folder->status;

	copy->failed = 0;
	if (copy->keeps)
		return attributes_copy(folder->from, status, folder->to, copy->keeps,
				       folder->inherits, &copy->failed);
	if (!folder->is_new || (status->st_mode & 0700 & ~copy->mask) == 0700)
		return 0;
	copy->failed = ATTRIBUTES_MODE;
	/* Set-group-ID is the target's own. */
	return fchmod(folder->to,
		      (folder->to_status.st_mode & 07000) | (status->st_mode & 0777 & ~copy->mask));
}

/* Waits until FOLDER, and that of a new operand, is on the disk. */
static int
sync_folder(const struct folder *folder)
{
	int above = -1, result, error;

	if (fsync(folder->to) < 0 && errno != EINVAL)
		return -1;
	if (folder->parent || !folder->is_new)
		return 0;
	above = openat(folder->to, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	result = above < 0 ? -1 : fsync(above);
	error = errno;
	if (above >= 0)
		close(above);
	errno = error;
	return result < 0 && errno != EINVAL ? -1 : 0;
}

/* All that is in FOLDER is there. */
static void
complete(struct tree *tree, struct copy *copy, struct folder *folder)
{
	bool is_set = !folder->is_outer
		      && (copy->keeps || (folder->status.st_mode & 0700 & ~copy->mask) != 0700);

	if (!folder->is_read || !(is_set || copy->sync))
		return;
	if (folder_hold(&tree->folders, folder) < 0) {
		tell_of_folder(tree, copy, folder, COPY_OPEN);
		return;
	}
	if (is_set && set_attributes(folder, copy) < 0)
		tell_of_folder(tree, copy, folder, COPY_ATTRIBUTES);
	if (copy->sync && sync_folder(folder) < 0)
		tell_of_folder(tree, copy, folder, COPY_SYNC);
	folder_let_go(&tree->folders, folder);
}

/* One thing less is to be done in FOLDER. The lock is held. */
static void
settle(struct tree *tree, struct copy *copy, struct folder *folder)
{
	while (folder && !--folder->left) {
		struct folder *parent = folder->parent;

		complete(tree, copy, folder);
		if (!folder->linked)
			folder_free(&tree->folders, folder);
		folder = parent;
	}
}

/* ---- files with several names ---- */

/* The one name cannot be another's: the content is copied once more, and that is told. */
static bool
is_link_refusal(int error)
{
	return error == EMLINK || error == EPERM || error == EXDEV || error == EOPNOTSUPP;
}

static struct place
place_of(const struct worker *worker)
{
	const struct folder *folder = worker->folder;

	return (struct place){ .folder = folder->to,
			       .name = worker->new_name,
			       .is_new = folder->is_new,
			       .inherits = folder->inherits,
			       .tells_late = folder->tells_late,
			       .is_synced = true,
			       .links = folder->is_outer ? folder->links : PLACE_FOLLOWS_NONE };
}

/* Makes the task a name of LINK, which is there. As meets in file.h. */
static int
link_to(struct worker *worker, const struct link *link)
{
	struct tree *tree = worker->tree;
	struct place place = place_of(worker);
	bool only_new = worker->copy->which == COPY_MISSING;
	int result, error;

	lock(tree);
	result = folder_hold(&tree->folders, link->folder);
	unlock(tree);
	if (result == 0) {
		result = node_link(link->folder->to, link->name, &place, only_new);
		error = errno;
		lock(tree);
		folder_let_go(&tree->folders, link->folder);
		unlock(tree);
		errno = error;
	}
	if (result == 0) {
		show(worker);
		return 2;
	}
	if (only_new && errno == EEXIST)
		return 1;
	worker->copy->step = COPY_CREATE;
	if (!is_link_refusal(errno))
		return -1;
	worker->refused = errno;
	return 0;
}

/* Whether another name of the entry, which is FROM, may yet be met that is there already, and is left. */
static bool
may_be_left(const struct worker *worker, const struct stat *from)
{
	struct tree *tree = worker->tree;
	const struct folder *root = worker->folder;

	if (tree->crew.is_late || worker->copy->which == COPY_ALL || links_know(&tree->links, from))
		return false;
	while (root->parent)
		root = root->parent;
	return !root->is_new;
}

static int
meet(const struct stat *from, void *context)
{
	struct worker *worker = context;
	struct tree *tree = worker->tree;
	struct link *link;
	enum link_state state;
	bool is_new;

	lock(tree);
	if (may_be_left(worker, from)) {
		crew_put_off(worker);
		unlock(tree);
		return 2;
	}
	link = links_find(&tree->links, from, worker->folder, worker->new_name, &is_new);
	state = link->state;
	if (is_new)
		worker->link = link;
	else if (state == LINK_MAKING)
		crew_put_off(worker);
	unlock(tree);
	if (is_new || state == LINK_FAILED)
		return 0;
	return state == LINK_MAKING ? 2 : link_to(worker, link);
}

/*
 * The entry, whose STATUS that is, was left alone: what is there is the file that its other names become
 * names of.
 */
static void
meet_left(struct worker *worker, const struct stat *status, const struct place *place)
{
	struct tree *tree = worker->tree;
	struct stat there;
	struct link *link;
	bool is_new;

	if (!tree->keeps_links || status->st_nlink < 2
	    || fstatat(place->folder, place->name, &there, AT_SYMLINK_NOFOLLOW) < 0
	    || (there.st_mode & S_IFMT) != (status->st_mode & S_IFMT))
		return;
	/* What is left only because it is there may be any file: an earlier copy is meant. */
	if (worker->copy->which == COPY_MISSING
	    && (!S_ISREG(there.st_mode) || there.st_size != status->st_size
		|| there.st_mtim.tv_sec != status->st_mtim.tv_sec
		|| there.st_mtim.tv_nsec != status->st_mtim.tv_nsec))
		return;
	lock(tree);
	link = links_find(&tree->links, status, worker->folder, worker->new_name, &is_new);
	if (is_new)
		link->state = LINK_MADE;
	unlock(tree);
}

/* ---- entries ---- */

/* Whether of a link in FOLDER that is copied which it leads to. */
static bool
follows(const struct tree *tree, const struct folder *folder)
{
	return tree->follows == TREE_FOLLOWS_ALL
	       || (tree->follows == TREE_FOLLOWS_NAMED && folder->is_outer);
}

/* The status of NAME in FOLDER; -1 with errno. */
static int
look_at(const struct tree *tree, const struct folder *folder, const char *name, struct stat *status)
{
	return fstatat(folder->from, name, status, follows(tree, folder) ? 0 : AT_SYMLINK_NOFOLLOW);
}

static int
copy_file(struct worker *worker)
{
	struct copy *copy = worker->copy;
	struct folder *folder = worker->folder;
	struct place place = place_of(worker);
	int links = follows(worker->tree, folder) ? 0 : O_NOFOLLOW;
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | links;
	int in = openat(folder->from, worker->name, flags | O_CLOEXEC), result, error;
	struct timespec moment = { .tv_nsec = 10000000 };
	struct stat status;

	/*
	 * Who has a lease on it, fcntl(2), is to give that back first; a FIFO that comes there is not
	 * waited for.
	 */
	while (in < 0 && errno == EWOULDBLOCK
	       && look_at(worker->tree, folder, worker->name, &status) == 0
	       && S_ISREG(status.st_mode)) {
		nanosleep(&moment, NULL);
		in = openat(folder->from, worker->name, flags | O_CLOEXEC);
	}
	if (in < 0) {
		copy->step = COPY_OPEN;
		return -1;
	}
	result = copy_to_place(copy, in, false, &place);
	error = errno;
	if (result == 1 && fstat(in, &status) == 0)
		meet_left(worker, &status, &place);
	close(in);
	errno = error;
	return result;
}

static int
copy_node(struct worker *worker)
{
	struct copy *copy = worker->copy;
	struct place place = place_of(worker);
	struct stat status;
	int result;

	copy->step = COPY_OPEN;
	if (look_at(worker->tree, worker->folder, worker->name, &status) < 0)
		return -1;
	if (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)) {
		errno = ESTALE;
		return -1;
	}
	result = node_copy(copy, worker->folder->from, worker->name, &status, &place);
	if (result == 1)
		meet_left(worker, &status, &place);
	return result;
}

/* Whether the entry is there, for what follows RESULT: all, or all but what is told. */
static bool
is_there(const struct worker *worker, int result)
{
	return result == 0 || (result < 0 && copy_is_done(worker->copy));
}

/* Copies the entry, whose folder is held. */
static void
perform(struct worker *worker)
{
	struct tree *tree = worker->tree;
	int result, error;

	worker->link = NULL;
	worker->refused = 0;
	result = worker->type == DT_REG ? copy_file(worker) : copy_node(worker);
	error = errno;
	if (is_there(worker, result)) {
		tree->copied(tree->context);
		show(worker);
	}
	if (result >= 0 && !worker->link && !worker->refused)
		return;
	lock(tree);
	if (worker->link)
		worker->link->state = is_there(worker, result) ? LINK_MADE : LINK_FAILED;
	if (result == 0 && worker->refused) {
		worker->copy->step = COPY_LINK;
		error = worker->refused;
		result = -1;
	}
	errno = error;
	if (result < 0)
		tell(tree, worker->copy, worker->folder, worker->name, worker->new_name);
	unlock(tree);
}

/* ---- walking ---- */

/* Folders whose folders are being walked through, one in another. */
struct frame {
	struct folder *folder;
	struct buffer names; /* of folders in it, each with a NUL */
	size_t at;           /* those before are done */
	struct batch *batch; /* of other entries, as it is read; or NULL */
	struct frame *below;
};

static unsigned char
type_of(const struct tree *tree, const struct folder *folder, const char *name, unsigned char told)
{
	struct stat status;

	if (told != DT_UNKNOWN && !(told == DT_LNK && follows(tree, folder)))
		return told;
	return look_at(tree, folder, name, &status) < 0 ? DT_REG
							: (unsigned char)IFTODT(status.st_mode);
}

/* Has the entry NAME copied, by whomever. */
static void
copy_or_give(struct worker *walker, struct frame *frame, const char *name, unsigned char type)
{
	if (walker->tree->jobs > 1) {
		crew_give(walker->crew, &frame->batch, frame->folder, name, type);
		return;
	}
	walker->folder = frame->folder;
	walker->name = walker->new_name = name;
	walker->type = type;
	perform(walker);
}

static void
read_entry(struct worker *walker, struct frame *frame, const struct dirent64 *entry)
{
	struct tree *tree = walker->tree;
	const char *name = entry->d_name;
	unsigned char type;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return;
	type = type_of(tree, frame->folder, name, entry->d_type);
	if (tree->leaves_out
	    && tree->leaves_out(frame->folder, name, type == DT_DIR, tree->context))
		return;
	if (type == DT_DIR)
		buffer_add(&frame->names, name, strlen(name) + 1);
	else
		copy_or_give(walker, frame, name, type);
}

/* Reads the folder of FRAME, which is held. */
static void
read_folder(struct worker *walker, struct frame *frame)
{
	_Alignas(struct dirent64) char entries[1 << 15];
	ssize_t size;

	while ((size = getdents64(frame->folder->from, (void *)entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; at < size;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			at += entry->d_reclen;
			read_entry(walker, frame, entry);
		}
	crew_hand_out(walker->crew, &frame->batch);
	if (size < 0) {
		lock(walker->tree);
		tell_of_folder(walker->tree, walker->copy, frame->folder, COPY_OPEN);
		unlock(walker->tree);
	}
}

/* Opens FOLDER, and makes it. Whether it is to be read. The lock is held. */
static bool
enter(struct worker *walker, struct folder *folder, const struct folder *root)
{
	struct tree *tree = walker->tree;
	struct copy *copy = walker->copy;
	int mode = copy->keeps & ATTRIBUTES_MODE ? 0700 : -1, result;
	/* With another file system in the source, the target is left out as a part of that. */
	bool can_meet =
		     folder != root
		     && (!tree->one_file_system || root->to_status.st_dev == root->status.st_dev),
	     at_output;

	result = folder_enter(&tree->folders, folder, mode, can_meet ? &root->to_status : NULL,
			      &at_output);
	if (result > 0)
		tell_of_folder(tree, copy, folder, result == 1 ? COPY_IS_WITHIN : COPY_IS_LOOP);
	else if (result < 0)
		tell_of_folder(tree, copy, folder, at_output ? COPY_CREATE : COPY_OPEN);
	if (result)
		return false;
	if (copy->keeps)
		folder->inherits = attributes_are_inherited(folder->to);
	folder->tells_late = cache_tells_late(folder->to);
	if (folder->is_new && tree->shows)
		tell(tree, NULL, folder, NULL, NULL);
	if (folder == root && place_is_same(&folder->status, &root->to_status)) {
		tell_of_folder(tree, copy, folder, COPY_IS_SAME);
	} else if (!tree->one_file_system || folder->status.st_dev == root->status.st_dev) {
		return true;
	}
	folder_let_go(&tree->folders, folder);
	return false;
}

/* Enters FOLDER and reads it; its folders are on top of BELOW then. */
static struct frame *
push(struct worker *walker, struct folder *folder, const struct folder *root, struct frame *below)
{
	struct tree *tree = walker->tree;
	struct frame *frame;
	bool is_entered;

	folder->left = 1;
	lock(tree);
	is_entered = enter(walker, folder, root);
	if (!is_entered)
		settle(tree, walker->copy, folder);
	unlock(tree);
	if (!is_entered)
		return below;
	frame = memory_get(sizeof(*frame));
	*frame = (struct frame){ .folder = folder, .below = below };
	read_folder(walker, frame);
	lock(tree);
	folder_let_go(&tree->folders, folder);
	unlock(tree);
	return frame;
}

static struct frame *
pop(struct worker *walker, struct frame *frame)
{
	struct frame *below = frame->below;

	lock(walker->tree);
	settle(walker->tree, walker->copy, frame->folder);
	unlock(walker->tree);
	buffer_done(&frame->names);
	free(frame);
	return below;
}

static void
walk(struct worker *walker, struct folder *root)
{
	struct frame *top = push(walker, root, root, NULL);

	while (top) {
		const char *name = top->names.data + top->at;
		struct folder *folder;

		if (top->at == top->names.length) {
			top = pop(walker, top);
			continue;
		}
		top->at += strlen(name) + 1;
		folder = folder_new(top->folder, name, name);
		folder->follows = follows(walker->tree, folder);
		lock(walker->tree);
		top->folder->left++;
		unlock(walker->tree);
		top = push(walker, folder, root, top);
	}
}

/* Whether the folder PATH is below, or is, the folder with STATUS. */
static bool
is_below(const char *path, const struct stat *status)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat now, above = { 0 };
	bool found = false, is_top = false;

	while (fd >= 0 && !found && !is_top && fstat(fd, &now) == 0) {
		int next = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		found = place_is_same(&now, status);
		is_top = next >= 0 && fstat(next, &above) == 0 && place_is_same(&above, &now);
		close(fd);
		fd = next;
	}
	if (fd >= 0)
		close(fd);
	return found;
}

/* The folder that PATH is in, to be freed; "": the current one. *NAME is what follows. */
static char *
folder_of(const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	char *folder = memory_string(path);

	*name = slash ? slash + 1 : path;
	folder[*name - path] = '\0';
	return folder;
}

/* Whether the target TO is, or is to be, in the folder FROM, and would be met there. */
static bool
is_within(const struct tree *tree, const char *from, const char *to)
{
	struct stat source, target;
	char *above = folder_of(to, &(const char *){ NULL });
	const char *folder = stat(to, &target) == 0 ? to : *above ? above : ".";
	bool result = stat(from, &source) == 0
		      && stat(folder, &target) == 0
		      /* The folder itself is another mistake. */
		      && !(folder == to && place_is_same(&source, &target))
		      && !(tree->one_file_system && source.st_dev != target.st_dev)
		      && is_below(folder, &source);

	free(above);
	return result;
}

void
tree_copy(struct tree *tree, const char *from, const char *to, bool is_named)
{
	struct worker walker = { .tree = tree, .crew = &tree->crew, .copy = &tree->copies[0] };
	struct folder *root;

	/* Where some are left out, that is found when it is met. */
	if (!tree->leaves_out && is_within(tree, from, to)) {
		walker.copy->step = COPY_IS_WITHIN;
		tree->failed(walker.copy, from, to, tree->context);
		return;
	}
	walker.copy->context = &walker;
	tree->crew.is_late = false;
	root = folder_new(NULL, from, to);
	root->links = is_named ? PLACE_FOLLOWS : PLACE_FOLLOWS_NONE;
	root->follows = tree->follows != TREE_FOLLOWS_NONE;
	walk(&walker, root);
	crew_finish(&tree->crew, &walker);
}

void
tree_copy_entry(struct tree *tree, const char *from, const struct stat *status, const char *to,
		bool is_named)
{
	struct worker walker = { .tree = tree,
				 .crew = &tree->crew,
				 .copy = &tree->copies[0],
				 .type = (unsigned char)IFTODT(status->st_mode) };
	char *from_folder = folder_of(from, &walker.name),
	     *to_folder = folder_of(to, &walker.new_name);
	bool at_output;

	walker.copy->context = &walker;
	tree->crew.is_late = true;
	walker.folder = folder_new(NULL, from_folder, to_folder);
	walker.folder->is_outer = true;
	walker.folder->links = is_named ? PLACE_FOLLOWS : PLACE_FOLLOWS_OWN;
	walker.folder->left = 1;
	lock(tree);
	if (folder_enter(&tree->folders, walker.folder, -1, NULL, &at_output) < 0) {
		walker.copy->step = at_output ? COPY_CREATE : COPY_OPEN;
		tell(tree, walker.copy, walker.folder, walker.name, walker.new_name);
	} else {
		walker.folder->inherits = walker.folder->tells_late = true;
		unlock(tree);
		perform(&walker);
		lock(tree);
		folder_let_go(&tree->folders, walker.folder);
	}
	settle(tree, walker.copy, walker.folder);
	unlock(tree);
	free(from_folder);
	free(to_folder);
}

/* ---- the begin and the end ---- */

enum {
	OPEN_MOST = 128, /* pairs of folders at once */
	OPEN_LEAST = 3,  /* more than threads */
	EACH = 4,        /* descriptors of a thread */
	OTHERS = 8,
};

/* Has no more threads, and no more pairs of folders open, than there are descriptors for. */
static void
limit(struct tree *tree)
{
	struct rlimit most;
	unsigned room = 1024;

	if (getrlimit(RLIMIT_NOFILE, &most) == 0 && most.rlim_cur < room)
		room = (unsigned)most.rlim_cur;
	room = room > OTHERS ? room - OTHERS : 0;
	while (tree->jobs > 1 && EACH * tree->jobs + 2 * (tree->jobs + OPEN_LEAST) > room)
		tree->jobs--;
	room = room > EACH * tree->jobs ? (room - EACH * tree->jobs) / 2 : 0;
	tree->folders.most = MAX(MIN(room, OPEN_MOST), tree->jobs + OPEN_LEAST);
}

/* The folder of the worker's entry cannot be opened again. */
static void
fail_to_hold(struct worker *worker)
{
	worker->copy->step = COPY_OPEN;
	tell(worker->tree, worker->copy, worker->folder, worker->name, worker->new_name);
}

static void
settle_batch(struct worker *worker, struct folder *folder)
{
	settle(worker->tree, worker->copy, folder);
}

/* For those that copy by COPY. */
static void
prepare(struct tree *tree, struct copy *copy)
{
	copy->only_files = true;
	copy->unlinks = tree->keeps_links;
	copy->meets = tree->keeps_links ? meet : NULL;
}

void
tree_open(struct tree *tree)
{
	struct crew *crew = &tree->crew;
	unsigned wanted;

	limit(tree);
	wanted = tree->jobs == 1 ? 0 : tree->jobs;
	crew->perform = perform;
	crew->fail = fail_to_hold;
	crew->settle = settle_batch;
	crew->folders = &tree->folders;
	crew_open(crew);
	prepare(tree, &tree->copies[0]);
	for (unsigned i = 1; i <= wanted; i++) {
		struct worker *worker = memory_get(sizeof(*worker));

		*worker = (struct worker){ .tree = tree, .crew = crew, .copy = &tree->copies[i] };
		prepare(tree, worker->copy);
		worker->copy->context = worker;
		if (crew_hire(crew, worker) == 0)
			continue;
		free(worker);
		break;
	}
	tree->jobs = crew->started ? crew->started : 1;
}

void
tree_close(struct tree *tree)
{
	crew_close(&tree->crew);
	links_done(&tree->links, &tree->folders);
}

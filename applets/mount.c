/* SPDX-License-Identifier: MIT */
/*
 * mount: a file system, a folder or a file made visible somewhere else. For boot scripts and
 * containers, where nobody is there to guess: a mount is there as it was asked for, or not at all, and
 * what failed is told with its reason.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "applet.h"
#include "cli/buffer.h"
#include "cli/say.h"
#include "kernel/namespace.h"
#include "mountall.h"
#include "mounting.h"
#include "mountlist.h"
#include "mounts/point.h"
#include "mounts/signature.h"
#include "mounts/types.h"
#include "process/signals.h"

static struct buffer maps;    /* of owners, as X-mount.idmap has them */
static struct opt_list given; /* what adds words, in this order */
static bool all;
static struct mounting how;
static struct mountall mountall;
static struct mountlist mountlist;
static const char *namespace, *label, *uuid, *source_given, *target_given, *type;

static void
add_words(struct opt_table *table)
{
	opt_list(table, 'o', "options", "LIST", &given, "words, see below, with commas");
	opt_list(table, 'r', "read-only", NULL, &given, "as -o ro");
	opt_list(table, 'w', "read-write", NULL, &given, "as -o rw");
	opt_list(table, 'B', "bind", NULL, &given, "as -o bind: SOURCE is a folder or a file");
	opt_list(table, 'R', "rbind", NULL, &given,
		 "as -o rbind: the same with all that is mounted below it");
	opt_list(table, 'M', "move", NULL, &given, "as -o move: SOURCE is a mount");
	opt_list(table, 0, "make-shared", NULL, &given, "as -o shared");
	opt_list(table, 0, "make-slave", NULL, &given, "as -o slave");
	opt_list(table, 0, "make-private", NULL, &given, "as -o private");
	opt_list(table, 0, "make-unbindable", NULL, &given, "as -o unbindable");
	opt_list(table, 0, "make-rshared", NULL, &given, "as -o rshared");
	opt_list(table, 0, "make-rslave", NULL, &given, "as -o rslave");
	opt_list(table, 0, "make-rprivate", NULL, &given, "as -o rprivate");
	opt_list(table, 0, "make-runbindable", NULL, &given, "as -o runbindable");
	opt_list(table, 0, "map-users", "MAP", &given,
		 "as -o X-mount.idmap=u:MAP: ON_DISK:SEEN:COUNT");
	opt_list(table, 0, "map-groups", "MAP", &given, "as -o X-mount.idmap=g:MAP");
	opt_list(table, 'm', "mkdir", "MODE", &given, "as -o X-mount.mkdir: make TARGET")
		->otherwise = "755";
}

static void
add_fstab(struct opt_table *table)
{
	opt_flag(table, 'a', "all", &all, "mount what fstab says, but for noauto");
	mountall_add_fork(table, &mountall);
	mountall_add_onlyonce(table, &mountall);
	mountall_add_test_opts(table, &mountall);
	mountall_add_fstab(table, &mountall);
}

static void
options(struct opt_table *table)
{
	opt_string(table, 't', "types", "TYPE", &type,
		   "the type of the file system, or a list to be tried; of a list, those of many");
	add_words(table);
	add_fstab(table);
	mountlist_add(table, &mountlist);
	opt_flag(table, 0, "beneath", &how.beneath, "under what is mounted at TARGET");
	opt_flag(table, 0, "exclusive", &how.exclusive,
		 "fail if the file system is in use already");
	opt_flag(table, 'f', "fake", &how.fake, "do everything but mount");
	opt_flag(table, 'i', "internal-only", &how.no_helper, "do not call /sbin/mount.TYPE");
	opt_string(table, 'L', "label", "LABEL", &label, "as SOURCE LABEL=LABEL");
	opt_string(table, 0, "into", "PID", &how.into,
		   "TARGET is in the mount namespace, and the root, of that process");
	opt_string(table, 'N', "namespace", "NS", &namespace,
		   "all is in the mount namespace of the process, or the file, NS");
	opt_flag(table, 'n', "no-mtab", &how.no_mtab, "without effect: there is no mtab any more");
	opt_flag(table, 's', "sloppy", &how.sloppy, "for /sbin/mount.TYPE, else without effect");
	opt_string(table, 0, "source", "SOURCE", &source_given, "what is to be mounted");
	opt_string(table, 0, "target", "TARGET", &target_given, "where");
	opt_string(table, 0, "target-prefix", "DIR", &mountall.prefix,
		   "put DIR in front of TARGET");
	opt_string(table, 'U', "uuid", "UUID", &uuid, "as SOURCE UUID=UUID");
	opt_flag(table, 'v', "verbose", &how.verbose, "say what has been mounted");
	opt_duration(table, 0, "wait", &how.wait,
		     "wait for SOURCE, a disk that comes late, DURATION at most");
}

/* ---- the command line ---- */

static bool
take_words(struct words *words, const char *list)
{
	struct words_trouble trouble;

	if (words_add(words, list, &trouble) == 0)
		return true;
	misuse("'%s' %s", trouble.word, trouble.reason);
	return false;
}

/* The word that begins with START, with VALUE in quotes. */
static bool
take_word(struct words *words, const char *start, const char *value)
{
	struct buffer word = { 0 };
	bool result;

	buffer_print(&word, "%s\"%s\"", start, value);
	result = take_words(words, buffer_string(&word));
	buffer_done(&word);
	return result;
}

/* The word that the option ITEM stands for. */
static bool
take_item(struct words *words, const struct opt_item *item)
{
	static const char make[] = "make-";

	if (!strcmp(item->name, "options"))
		return take_words(words, item->text);
	if (!strcmp(item->name, "read-only"))
		return take_words(words, "ro");
	if (!strcmp(item->name, "read-write"))
		return take_words(words, "rw");
	if (!strcmp(item->name, "map-users") || !strcmp(item->name, "map-groups")) {
		/* Together they are one map. */
		buffer_print(&maps, "%s%s%s", maps.length ? " " : "",
			     *item->text == '/'                 ? ""
			     : !strcmp(item->name, "map-users") ? "u:"
								: "g:",
			     item->text);
		return true;
	}
	if (!strncmp(item->name, make, strlen(make)))
		return take_words(words, item->name + strlen(make));
	if (strcmp(item->name, "mkdir"))
		return take_words(words, item->name);
	return take_word(words, "X-mount.mkdir=", item->text);
}

/* Adds the words of the command line. False: a message has been printed. */
static bool
take_given(struct words *words)
{
	maps.length = 0;
	for (size_t i = 0; i < given.count; i++)
		if (!take_item(words, &given.items[i]))
			return false;
	return !maps.length || take_word(words, "X-mount.idmap=", buffer_string(&maps));
}

/* Whether what is mounted at the target is to be changed, and there is no source. */
static bool
is_change(const struct mounting_order *order)
{
	const struct words *words = order->words;

	return words->remount
	       || (words->propagation_count && words->operation == WORDS_MOUNT && !type
		   && !order->source);
}

/* -L and -U are other ways to say --source. */
static bool
take_tags(void)
{
	struct buffer name = { 0 };

	if (!!label + !!uuid + !!source_given > 1)
		return misuse("--label, --uuid and --source say the same thing: use one"), false;
	if (!label && !uuid)
		return true;
	buffer_print(&name, "%s=%s", label ? "LABEL" : "UUID", label ? label : uuid);
	source_given = buffer_string(&name);
	return true;
}

/* Whether NAME, that of WHAT, has been given, or not at all. */
static bool
is_no_empty(const char *what, const char *name)
{
	if (!name || *name)
		return true;
	misuse("%s is empty: is a variable not set?", what);
	return false;
}

/* Whether the source may be called "": there are file systems that need none. */
static bool
may_be_empty(const struct words *words)
{
	return words->operation == WORDS_MOUNT && type && strcmp(type, "auto")
	       && !types_is_pattern(type) && !signature_is_on_disks(type);
}

/* Takes the operands; one alone is the target, which may be a source in fstab. */
static bool
take_operands(struct mounting_order *order, int count, char **operands)
{
	if (!take_tags())
		return false;
	order->source = source_given;
	order->target = target_given;
	if (count + !!source_given + !!target_given > 2)
		return misuse("extra operand '%s'", operands[count - 1]), false;
	if (count == 2 || (count == 1 && target_given))
		order->source = *operands++;
	if (count == 2 || (count == 1 && !target_given))
		order->target = *operands;
	if (!order->target && !order->source)
		return misuse("SOURCE and TARGET are needed, or one of them"), false;
	if (is_change(order) && order->target)
		order->source = NULL;
	if (!is_no_empty("TARGET", order->target))
		return false;
	return (order->source && !*order->source && may_be_empty(order->words))
	       || is_no_empty("SOURCE", order->source);
}

/* What goes with what, of the words. */
static bool
check_words(const struct mounting_order *order)
{
	const struct words *words = order->words;

	if (how.into && (is_change(order) || words->operation == WORDS_MOVE))
		return misuse("--into is for what is mounted anew, and for --bind and --rbind"),
		       false;
	if (how.into && mountall.only_once)
		return misuse("--onlyonce looks at what is mounted here, and --into mounts elsewhere"),
		       false;
	if (words->operation == WORDS_MOVE
	    && (words_has_attributes(words) || words->flags.set || words->flags.clear
		|| words->option_count || words->remount || words->idmap || words->subdir
		|| words->owner || words->group || words->has_mode))
		return misuse("what is moved stays as it is: remount changes it"), false;
	return true;
}

static int
mount_given(const struct words *words, int count, char **operands)
{
	struct mounting_order order = { .type = type, .words = words };
	char *target = NULL, *disk = NULL;
	int status;

	if (!take_operands(&order, count, operands))
		return MOUNTING_NOT_PERMITTED;
	if (!order.target || (!order.source && !is_change(&order)))
		return mountall_named(&mountall, order.target ? order.target : order.source);
	if (!check_words(&order))
		return MOUNTING_NOT_PERMITTED;
	order.target = target = mountall_target(&mountall, order.target);
	if (is_change(&order)) {
		disk = point_of_disk(target);
		order.target = disk ? disk : target;
	}
	status = mountall_one(&mountall, &order);
	free(disk);
	free(target);
	return status;
}

/* Whether what is mounted is to be listed. */
static bool
is_list(int count)
{
	bool is_mount = all || given.count || source_given || target_given || label || uuid
			|| how.beneath || how.exclusive || how.into || how.wait || how.fake
			|| mountall.prefix;
	bool is_of_fstab = mountall.tables.count || mountall.only_once || mountall.parallel
			   || mountall.options;

	return !count && !is_mount && !is_of_fstab;
}

/* What goes with what. */
static bool
check(int count)
{
	if (mountlist_is_wanted(&mountlist))
		return misuse("--json, --show-labels, --of and --tree are for lists, and nothing is "
			      "mounted with them"),
		       false;
	if (all && (count || source_given || target_given || label || uuid || how.into))
		return misuse("--all mounts here what fstab says, and takes no SOURCE, TARGET and "
			      "--into"),
		       false;
	if (!all && (mountall.parallel || mountall.options))
		return misuse("--fork and --test-opts go with --all"), false;
	return is_no_empty("--target-prefix", mountall.prefix);
}

static int
mount_run(int count, char **operands)
{
	struct words words = { 0 };
	int status = MOUNTING_NOT_PERMITTED;

	if (!is_no_empty("TYPE", type) || (!is_list(count) && !check(count)))
		return MOUNTING_NOT_PERMITTED;
	if (namespace && namespace_join(namespace, false) < 0) {
		status = errno == EPERM || errno == EACCES ? MOUNTING_NOT_PERMITTED
							   : MOUNTING_FAILED;
		fail(namespace_hints, "cannot enter the mount namespace '%s'", namespace);
		return status;
	}
	if (is_list(count))
		return mountlist_print(&mountlist, type);
	if (how.wait)
		signals_end_init();
	mountall.how = &how;
	mountall.types = type;
	mountall.add_words = take_given;
	if (all)
		return mountall_lines(&mountall);
	if (take_given(&words))
		status = mount_given(&words, count, operands);
	words_done(&words);
	return status;
}

const struct applet applet_mount = {
	.name = "mount",
	.summary = "mount file systems, folders and files, or say why that cannot be",
	.operands = "[SOURCE] [TARGET]",
	.min = 0,
	.max = 2,
	.options = options,
	.run = mount_run,
};

/* SPDX-License-Identifier: MIT */
/*
 * mount: a file system, a folder or a file made visible somewhere else. For boot scripts and
 * containers, where nobody is there to guess: a mount is there as it was asked for, or not at all, and
 * what failed is told with its reason.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "applet.h"
#include "cli/buffer.h"
#include "cli/escape.h"
#include "cli/out.h"
#include "cli/say.h"
#include "kernel/kmsg.h"
#include "kernel/namespace.h"
#include "kernel/status.h"
#include "memory.h"
#include "mounts/attach.h"
#include "mounts/explain.h"
#include "mounts/lack.h"
#include "mounts/listing.h"
#include "mounts/supply.h"

enum {
	NOT_PERMITTED = 1, /* as wrong usage */
	CANNOT_LIST = 2,
	FAILED = 32,
};

static struct buffer maps;    /* of owners, as X-mount.idmap has them */
static struct opt_list given; /* what adds words, in this order */
static bool beneath, exclusive, fake, no_helper, no_mtab, sloppy, verbose;
static int64_t wait_for_source;
static struct listing listing;
static bool json, tree;
static const char *of;
static const char *into, *namespace, *label, *uuid, *source_given, *target_given, *target_prefix,
	*type;

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
add_lists(struct opt_table *table)
{
	opt_flag(table, 'j', "json", &json, "list what is mounted as JSON, an object a line");
	opt_flag(table, 'l', "show-labels", &listing.labels, "list labels of disks, too");
	opt_string(table, 0, "of", "PATH", &of, "list the mount alone that PATH is on");
	opt_flag(table, 0, "tree", &tree, "list by what is mounted in what");
}

static void
options(struct opt_table *table)
{
	opt_string(table, 't', "types", "TYPE", &type,
		   "the type of the file system, or a list to be tried; of a list, those of many");
	add_words(table);
	add_lists(table);
	opt_flag(table, 0, "beneath", &beneath, "under what is mounted at TARGET");
	opt_flag(table, 0, "exclusive", &exclusive, "fail if the file system is in use already");
	opt_flag(table, 'f', "fake", &fake, "do everything but mount");
	opt_flag(table, 'i', "internal-only", &no_helper, "do not call /sbin/mount.TYPE");
	opt_string(table, 'L', "label", "LABEL", &label, "as SOURCE LABEL=LABEL");
	opt_string(table, 0, "into", "PID", &into,
		   "TARGET is in the mount namespace, and the root, of that process");
	opt_string(table, 'N', "namespace", "NS", &namespace,
		   "all is in the mount namespace of the process, or the file, NS");
	opt_flag(table, 'n', "no-mtab", &no_mtab, "without effect: there is no mtab any more");
	opt_flag(table, 's', "sloppy", &sloppy, "for /sbin/mount.TYPE, else without effect");
	opt_string(table, 0, "source", "SOURCE", &source_given, "what is to be mounted");
	opt_string(table, 0, "target", "TARGET", &target_given, "where");
	opt_string(table, 0, "target-prefix", "DIR", &target_prefix, "put DIR in front of TARGET");
	opt_string(table, 'U', "uuid", "UUID", &uuid, "as SOURCE UUID=UUID");
	opt_flag(table, 'v', "verbose", &verbose, "say what has been mounted");
	opt_duration(table, 0, "wait", &wait_for_source,
		     "wait for SOURCE, a disk that comes late, DURATION at most");
}

/* One thing to be mounted. */
struct order {
	const char *source, *target, *type; /* the type: as -t; NULL: it is to be found */
	const struct words *words;
	bool is_new; /* a file system is to be mounted; else, what is mounted is bound, moved, changed */
};

/* ---- telling ---- */

static void
print_name(const char *text)
{
	struct buffer escaped = { 0 };

	escape_text(&escaped, text, strlen(text), ESCAPE_ALL);
	out_print("%s", buffer_string(&escaped));
	buffer_done(&escaped);
}

static void
tell_done(const struct order *order)
{
	if (!verbose)
		return;
	if (order->source && !order->words->remount) {
		print_name(order->source);
		out_print(" is mounted at ");
	}
	print_name(order->target);
	out_print(order->source && !order->words->remount ? "\n" : " has been changed\n");
}

static int
tell_failed(const struct attach *wish, const struct trouble *trouble, const char *source)
{
	struct buffer why = { 0 };

	explain(wish, trouble, &why);
	if (wish->words->remount || !wish->source)
		failx("cannot %s '%s': %s", wish->type ? "mount at" : "change", wish->target,
		      buffer_string(&why));
	else
		failx("cannot mount '%s' at '%s': %s", source, wish->target, buffer_string(&why));
	buffer_done(&why);
	return trouble->error == EPERM ? NOT_PERMITTED : FAILED;
}

/* What there is to be said although it is mounted. */
static void
tell_warnings(const struct attach *wish, struct trouble *trouble, const char *source)
{
	if (trouble->is_read_only)
		note("'%s' is write-protected: it is mounted read-only at '%s'", source,
		     wish->target);
	if (trouble->said.length)
		note("'%s' is mounted at '%s', but %s says: %s", source, wish->target,
		     wish->type ? wish->type : "it", buffer_string(&trouble->said));
}

/* There is no source to be mounted. */
static int
tell_lack(const struct order *order, const struct supply *supply)
{
	struct buffer why = { 0 };

	lack_explain(&supply->wish, &supply->device_trouble, &why);
	failx("cannot mount '%s' at '%s': %s", order->source, order->target, buffer_string(&why));
	buffer_done(&why);
	return FAILED;
}

/* ---- mounting ---- */

/* Opened once, and read where something fails. */
static int
kernel_log(void)
{
	static int fd;

	if (!fd)
		fd = kmsg_open();
	return fd;
}

/* A file system, from what its source is called on. */
static int
mount_new(const struct order *order, const struct attach *attach)
{
	struct supply_wish wish = {
		.attach = *attach,
		.wait = wait_for_source,
		.no_helper = no_helper,
		.fake = fake,
		.no_mtab = no_mtab,
		.sloppy = sloppy,
		.verbose = verbose,
	};
	struct supply result;
	int status = 0;

	switch (supply(&wish, &result)) {
	case SUPPLY_DONE:
		tell_warnings(&result.attach, &result.trouble, order->source);
		break;
	case SUPPLY_NO_SOURCE:
		status = tell_lack(order, &result);
		break;
	case SUPPLY_FAILED:
		status = tell_failed(&result.attach, &result.trouble, order->source);
		break;
	case SUPPLY_HELPED:
		status = result.status;
		errno = result.error;
		if (result.error)
			fail(NULL, "cannot run '%s'", result.helper);
		break;
	}
	supply_done(&result);
	return status;
}

/* Something that is mounted already. */
static int
mount_again(const struct order *order, const struct attach *wish)
{
	struct trouble trouble;
	int status = 0;

	if (attach(wish, &trouble) < 0)
		status = tell_failed(wish, &trouble, order->source);
	else
		tell_warnings(wish, &trouble, order->source);
	trouble_done(&trouble);
	return status;
}

/* Mounts what ORDER says: 0, or the exit status; then a message has been printed. */
static int
mount_one(const struct order *order)
{
	struct attach wish = {
		.source = order->source,
		.target = order->target,
		.type = order->type,
		.words = order->words,
		.beneath = beneath,
		.exclusive = exclusive,
		.into = into,
		.log = -1,
	};
	int status = 0;

	if (order->words->is_for_user)
		note("'%s': only root can mount it, whatever its options say of users",
		     order->target);
	if (!fake)
		wish.log = kernel_log();
	if (order->is_new)
		status = mount_new(order, &wish);
	else if (!fake)
		status = mount_again(order, &wish);
	if (!status)
		tell_done(order);
	return status;
}

/* ---- what is mounted ---- */

static int
list(void)
{
	static const struct hint hints[] = { { ENOENT, "mount /proc" }, { 0 } };
	struct buffer text = { 0 };
	struct table table;
	struct status status;

	if (json && tree)
		return misuse("--json and --tree exclude each other");
	if (of && tree)
		return misuse("--of and --tree exclude each other");
	listing.form = json ? LISTING_JSON : tree ? LISTING_TREE : LISTING_LINES;
	listing.types = type;
	if (of && status_at(AT_FDCWD, of, true, &status) < 0)
		return fail(NULL, "cannot look at '%s'", of);
	if (of)
		listing.id = status.mount ? status.mount : -1;
	if (table_read(&table) < 0) {
		fail(hints, "cannot read what is mounted");
		return CANNOT_LIST;
	}
	listing_add(&text, &listing, &table);
	table_done(&table);
	out_add(text.data, text.length);
	buffer_done(&text);
	return 0;
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

/* Whether what is mounted at the target is to be changed, and there is no source. */
static bool
is_change(const struct order *order)
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

/* Takes the operands of ORDER from the command line. */
static bool
take_operands(struct order *order, int count, char **operands)
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
	if (!order->target || (!order->source && !is_change(order)))
		return misuse("SOURCE and TARGET are needed"), false;
	if (is_change(order))
		order->source = NULL;
	return true;
}

static int
mount_given(const struct words *words, int count, char **operands)
{
	struct order order = { .type = type, .words = words };
	char *target = NULL;
	int status;

	if (!take_operands(&order, count, operands))
		return NOT_PERMITTED;
	if (target_prefix) {
		struct buffer path = { 0 };

		buffer_print(&path, "%s%s%s", target_prefix, *order.target == '/' ? "" : "/",
			     order.target);
		order.target = target = buffer_string(&path);
	}
	order.is_new = order.source && !words->remount && words->operation == WORDS_MOUNT;
	if (!order.is_new)
		order.type = NULL;
	status = mount_one(&order);
	free(target);
	return status;
}

static int
mount_run(int count, char **operands)
{
	struct words words = { 0 };
	bool right = true;
	int status;

	if (!count && !given.count && !source_given && !target_given)
		return list();
	if (json || tree || of || listing.labels)
		return misuse(
			"--json, --show-labels, --of and --tree are for lists, and nothing is "
			"mounted with them");
	for (size_t i = 0; i < given.count && right; i++)
		right = take_item(&words, &given.items[i]);
	if (right && maps.length)
		right = take_word(&words, "X-mount.idmap=", buffer_string(&maps));
	if (right && namespace && namespace_join(namespace, false) < 0)
		return fail(namespace_hints, "cannot enter the mount namespace '%s'", namespace),
		       errno == EPERM ? NOT_PERMITTED : FAILED;
	status = right ? mount_given(&words, count, operands) : NOT_PERMITTED;
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

/* SPDX-License-Identifier: MIT */
#include "mounting.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/out.h"
#include "cli/say.h"
#include "kernel/capability.h"
#include "kernel/kmsg.h"
#include "mounts/appear.h"
#include "mounts/attach.h"
#include "mounts/clash.h"
#include "mounts/explain.h"
#include "mounts/helper.h"
#include "mounts/lack.h"
#include "mounts/rehearse.h"
#include "mounts/supply.h"
#include "process/signals.h"

/* For a status: nothing is mounted, and that is fine. */
enum { IS_MISSING = -1 };

/* ---- telling ---- */

static void
tell_done(const struct mounting *how, const struct mounting_order *order)
{
	const char *is = how->fake ? "would be" : "is";
	bool is_mount = order->source && !order->words->remount;

	if (!how->verbose)
		return;
	if (is_mount) {
		out_escape(order->source);
		out_print(" %s mounted at ", is);
	}
	out_escape(order->target);
	out_print(is_mount ? "\n" : how->fake ? " would be changed\n" : " has been changed\n");
}

/* The source is missing, by this errno, which nofail allows. */
static int
tell_missing(const struct mounting *how, const struct mounting_order *order, int error)
{
	if (how->verbose) {
		out_escape(order->source);
		out_print(error == ENOTBLK ? " is no disk" : " is missing");
		out_print(", which nofail allows\n");
	}
	return IS_MISSING;
}

static int
tell_failed(const struct mounting *how, const struct mounting_order *order,
	    const struct attach *wish, const struct trouble *trouble)
{
	struct buffer why = { 0 };

	if (trouble->stage == TROUBLE_TAKEN)
		return MOUNTING_TAKEN;
	if (order->words->no_fail && lack_is_cause(trouble))
		return tell_missing(how, order, trouble->error);
	explain(wish, trouble, &why);
	if (wish->words->remount || !wish->source)
		failx("cannot %s '%s': %s", wish->type ? "mount at" : "change", wish->target,
		      buffer_string(&why));
	else
		failx("cannot mount '%s' at '%s': %s", order->source, wish->target,
		      buffer_string(&why));
	buffer_done(&why);
	if (trouble->stage == TROUBLE_NAMESPACE && trouble->error == EACCES)
		return MOUNTING_NOT_PERMITTED;
	return trouble->error == EPERM ? MOUNTING_NOT_PERMITTED : MOUNTING_FAILED;
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
tell_lack(const struct mounting *how, const struct mounting_order *order,
	  const struct supply *supply)
{
	struct buffer why = { 0 };

	if (order->words->no_fail && lack_is_all(order->source, &supply->device_trouble))
		return tell_missing(how, order, supply->device_trouble.error);
	lack_explain(&supply->wish, &supply->device_trouble, &why);
	failx("cannot mount '%s' at '%s': %s", order->source, order->target, buffer_string(&why));
	buffer_done(&why);
	return lack_is_of_rights(order->source, &supply->device_trouble) ? MOUNTING_NOT_PERMITTED
									 : MOUNTING_FAILED;
}

/* ---- mounting ---- */

/* Of the kernel's log: opened once, and read where something fails. */
enum { NOT_OPENED = -2 };
static int log_fd = NOT_OPENED;

static int
kernel_log(void)
{
	if (log_fd == NOT_OPENED)
		log_fd = kmsg_open();
	return log_fd;
}

void
mounting_forked(void)
{
	if (log_fd >= 0)
		close(log_fd);
	log_fd = NOT_OPENED;
}

/* Mounts it, or, with --fake, looks. 0, or the status. */
static int
attach_or_look(const struct mounting *how, const struct mounting_order *order,
	       const struct attach *wish)
{
	struct trouble trouble = { 0 };
	int status = 0;

	if (how->fake && order->is_one_of_many)
		return 0;
	if ((how->fake ? rehearse : attach)(wish, &trouble) < 0)
		status = tell_failed(how, order, wish, &trouble);
	else
		tell_warnings(wish, &trouble, order->source);
	trouble_done(&trouble);
	return status;
}

/* A file system, from what its source is called on. */
static int
mount_new(const struct mounting *how, const struct mounting_order *order,
	  const struct attach *attach)
{
	struct supply_wish wish = {
		.attach = *attach,
		.wait = how->wait,
		.no_helper = how->no_helper,
		.fake = how->fake,
		.no_mtab = how->no_mtab,
		.sloppy = how->sloppy,
		.verbose = how->verbose,
	};
	struct supply result;
	bool is_shared;
	int status = 0;

	switch (supply(&wish, &result)) {
	case SUPPLY_DONE:
		if (how->fake)
			status = attach_or_look(how, order, &result.attach);
		tell_warnings(&result.attach, &result.trouble, order->source);
		break;
	case SUPPLY_NO_SOURCE:
		status = tell_lack(how, order, &result);
		break;
	case SUPPLY_FAILED:
		status = tell_failed(how, order, &result.attach, &result.trouble);
		break;
	case SUPPLY_CLASHES:
		failx("cannot mount '%s' at '%s': '%s' would, and does not know %s (-i does it without)",
		      order->source, order->target, result.helper, result.clash);
		status = MOUNTING_NOT_PERMITTED;
		break;
	case SUPPLY_HELPED:
		status = result.status;
		errno = result.error;
		if (result.error)
			fail(NULL, "cannot run '%s'", result.helper);
		else if (helper_signal(status) && !signals_ending(&is_shared))
			failx("cannot mount '%s' at '%s': '%s' was ended by signal %d (%s)",
			      order->source, order->target, result.helper, helper_signal(status),
			      strsignal(helper_signal(status)));
		break;
	}
	supply_done(&result);
	/* The program has had that signal, too. */
	if (signals_ending(&is_shared))
		status = signals_end();
	return status;
}

/* Waits for PATH to be there, as long as is said. */
static void
await(const char *path, int64_t wait)
{
	struct appear appear;
	struct stat status;

	appear_begin(&appear, wait);
	do
		appear_watch(&appear, path);
	while (stat(path, &status) < 0 && errno == ENOENT && appear_pause(&appear));
	appear_end(&appear);
}

/* Something that is mounted already. */
static int
mount_again(const struct mounting *how, const struct mounting_order *order,
	    const struct attach *wish)
{
	if (how->wait && wish->source)
		await(wish->source, how->wait);
	return attach_or_look(how, order, wish);
}

/* Words that do nothing here are better told. */
static void
tell_idle(const struct mounting_order *order)
{
	const char *word = clash_idle(order->words);

	if (word)
		note("'%s': option '%s' is the file system's, which what is bound has already: it has no effect",
		     order->target, word);
}

/* Whether it cannot be: then a message has been printed. */
static bool
is_refused(const struct attach *wish)
{
	const char *reason = clash_find(wish);

	if (reason)
		failx("cannot mount at '%s': %s", wish->target, reason);
	else if (wish->words->is_for_user && !capability_have(CAP_SYS_ADMIN))
		failx("cannot mount at '%s': users could by a setuid program, which this never is "
		      "(needs CAP_SYS_ADMIN)",
		      wish->target);
	else
		return false;
	return true;
}

int
mounting(const struct mounting *how, const struct mounting_order *order)
{
	const struct words *words = order->words;
	bool is_new = order->source && !words->remount && words->operation == WORDS_MOUNT;
	struct attach wish = {
		.source = order->source,
		.target = order->target,
		.type = is_new ? order->type : NULL,
		.words = words,
		.beneath = how->beneath,
		.exclusive = how->exclusive,
		.once = order->once,
		.top = order->top,
		.into = how->into,
		.log = -1,
	};
	int status = 0;

	if (is_refused(&wish))
		return MOUNTING_NOT_PERMITTED;
	tell_idle(order);
	if (!how->fake)
		wish.log = kernel_log();
	if (is_new)
		status = mount_new(how, order, &wish);
	else
		status = mount_again(how, order, &wish);
	if (!status)
		tell_done(how, order);
	return status == IS_MISSING ? 0 : status;
}

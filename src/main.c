/* SPDX-License-Identifier: MIT */
/*
 * butter: which applet? Run it.
 *
 * The table of applets comes from APPLETS in Makefile.am, by way of the generated
 * applets.def; an applet is found by the name under which butter was started, or
 * by its first argument.
 */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "applet.h"
#include "cli/out.h"
#include "cli/say.h"
#include "cli/usage.h"
#include "install.h"
#include "memory.h"
#include "process/descriptors.h"

enum {
	REFUSED = 125,   /* started setuid, or without room for three descriptors */
	NOT_FOUND = 127, /* no such applet */
};

#define APPLET(id) extern const struct applet applet_##id;
#include "applets.def"
#undef APPLET

static const struct applet *const applets[] = {
#define APPLET(id) &applet_##id,
#include "applets.def"
#undef APPLET
};

enum { APPLETS = sizeof(applets) / sizeof(*applets) };

static const struct applet *running;

static int
failure_of(const struct applet *applet)
{
	return applet->failure ? applet->failure : 1;
}

static _Noreturn void
out_of_memory(void)
{
	/* Not fail(): that allocates. */
	char line[128];
	int length =
		snprintf(line, sizeof(line),
			 "butter: %s%sout of memory (raise ulimit -v or the cgroup's memory.max)\n",
			 running && running->name ? running->name : "",
			 running && running->name ? ": " : "");

	if (write(STDERR_FILENO, line, (size_t)length) < 0)
		_exit(REFUSED);
	_exit(running ? failure_of(running) : 1);
}

static const struct applet *
find_applet(const char *name)
{
	for (size_t i = 0; i < APPLETS; i++)
		if (!strcmp(applets[i]->name, name)
		    || (applets[i]->also && !strcmp(applets[i]->also, name)))
			return applets[i];
	return NULL;
}

static int
unknown_applet(const char *name)
{
	const char *nearest = NULL;

	for (size_t i = 0; i < APPLETS; i++)
		names_nearer(name, applets[i]->name, &nearest);
	if (nearest)
		failx("unknown applet '%s', did you mean '%s'?", name, nearest);
	else
		failx("unknown applet '%s' (butter --list names them)", name);
	return NOT_FOUND;
}

/* ---- what butter itself can do ---- */

static bool list_names, list_long, install, force;
static const char *options_of;

static void
options(struct opt_table *table)
{
	opt_flag(table, 0, "list", &list_names, "print the names of the applets");
	opt_flag(table, 0, "list-long", &list_long, "print name, tab, summary");
	opt_flag(table, 0, "install", &install,
		 "make links to APPLETs (default: all) in DIR (default: butter's own folder)");
	opt_flag(table, 0, "force", &force, "--install: replace what is there");
	opt_string(table, 0, "options", "APPLET", &options_of,
		   "print an applet's options, for completion");
}

static const struct applet butter; /* itself, below */

static int
print_options(const char *name)
{
	const struct applet *applet = strcmp(name, "butter") ? find_applet(name) : &butter;
	struct opt_table table;

	if (!applet)
		return unknown_applet(name);
	opt_open(&table, applet);
	usage_list(&table);
	opt_close(&table);
	return 0;
}

static int
list_applets(bool summaries)
{
	for (size_t i = 0; i < APPLETS; i++)
		if (summaries)
			out_print("%s\t%s\n", applets[i]->name, applets[i]->summary);
		else
			out_print("%s\n", applets[i]->name);
	return 0;
}

static int
install_applets(int count, char **operands)
{
	const char *folder = count ? operands[0] : NULL;
	const char *names[APPLETS];

	for (int i = 1; i < count; i++)
		if (!find_applet(operands[i]))
			return unknown_applet(operands[i]);
	if (count > 1)
		return install_links(folder, count - 1, (const char *const *)operands + 1, force);
	for (size_t i = 0; i < APPLETS; i++)
		names[i] = applets[i]->name;
	return install_links(folder, APPLETS, names, force);
}

static int
butter_run(int count, char **operands)
{
	if (list_names + list_long + install + !!options_of > 1)
		return misuse("--list, --list-long, --install and --options exclude each other");
	if (force && !install)
		return misuse("--force goes with --install");
	if (count && !install)
		return misuse("extra operand '%s'", operands[0]);
	if (list_names || list_long)
		return list_applets(list_long);
	if (options_of)
		return print_options(options_of);
	if (install)
		return install_applets(count, operands);
	return misuse("nothing to do");
}

static const struct applet butter = {
	.name = NULL, /* itself */
	.summary = "Linux's low-level features for shell scripts, containers and boot scripts",
	.operands = "[DIR] [APPLET [ARGUMENT ...]]",
	.max = APPLET_ANY,
	.options = options,
	.run = butter_run,
};

/* ---- dispatch ---- */

/* Standard output is checked here, once: a full disk, a closed descriptor fail whoever has printed. */
static int
finish(int status)
{
	if (out_finish() == 0)
		return status;
	fail(NULL, "cannot write to standard output");
	/* Where 1 is an answer, failing has a status of its own. */
	return status && !running->failure ? status : failure_of(running);
}

/*
 * The name in argv[0]: without folders, a login shell's '-', and "butter-", if that is not before a version.
 */
static const char *
called_as(const char *name)
{
	const char *slash = strrchr(name, '/');

	name = slash ? slash + 1 : name;
	name += *name == '-';
	return strncmp(name, "butter-", 7) || (name[7] >= '0' && name[7] <= '9') ? name : name + 7;
}

static int
run(const struct applet *applet, int argc, char **argv)
{
	char **operands;
	int count;

	running = applet;
	if (applet->also && argv[0] && !strcmp(called_as(argv[0]), applet->also))
		*applet->called_also = true;
	say_begin(applet->name, applet->failure);
	switch (opt_parse(applet, argc, argv, &count, &operands)) {
	case OPT_BAD:
		return finish(failure_of(applet));
	case OPT_DONE:
		return finish(0);
	case OPT_RUN:
		break;
	}
	return finish(applet->run(count, operands));
}

/* butter's own help ends with what else there is to call. */
static int
help(void)
{
	static char name[] = "butter", option[] = "--help";
	char *arguments[] = { name, option, NULL }, **operands;
	int count;

	running = &butter;
	opt_parse(&butter, 2, arguments, &count, &operands);
	out_print("\nApplets:\n");
	for (size_t i = 0; i < APPLETS; i++)
		out_print("  %-15s %s\n", applets[i]->name, applets[i]->summary);
	return finish(0);
}

/* butter itself: its own options, or an applet as first argument. */
static int
run_butter(int argc, char **argv)
{
	static char option[] = "--help";
	const struct applet *applet;

	if (argc < 2
	    || (argc == 2
		&& (!strcmp(argv[1], "help") || !strcmp(argv[1], "-h")
		    || !strcmp(argv[1], "--help"))))
		return help();
	if (argv[1][0] == '-')
		return run(&butter, argc, argv);
	if (!strcmp(argv[1], "help") && !strcmp(argv[2], "butter"))
		return help();
	if (!strcmp(argv[1], "help")) {
		argv[1] = argv[2];
		argv[2] = option;
	}
	applet = find_applet(argv[1]);
	if (!applet)
		return unknown_applet(argv[1]);
	return run(applet, argc - 1, argv + 1);
}

int
main(int argc, char **argv)
{
	const char *name = argc > 0 && argv[0] ? called_as(argv[0]) : "butter";
	const struct applet *applet = find_applet(name);

	memory_exhausted = out_of_memory;
	if (descriptors_occupy() < 0) {
		fail(NULL, "cannot occupy the descriptors that are closed");
		return REFUSED;
	}
	if (getauxval(AT_SECURE)) {
		failx("refuses to run with more rights than its caller (no setuid, setgid or file capabilities on the binary, nor a security module's transition)");
		return REFUSED;
	}
	if (applet)
		return run(applet, argc, argv);
	/* Any other name is that of an applet which is not built in, unless an applet follows. */
	if (strncmp(name, "butter", 6) && *name && !(argc > 1 && find_applet(argv[1])))
		return unknown_applet(name);
	return run_butter(argc, argv);
}

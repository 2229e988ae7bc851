/* SPDX-License-Identifier: MIT */
#include "filtering.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "attending.h"
#include "cli/say.h"
#include "complaining.h"
#include "dumping.h"
#include "kernel/host.h"
#include "kernel/ptrace.h"
#include "policy/collect.h"
#include "policy/learn.h"
#include "policy/review.h"
#include "process/exec.h"

const struct name filtering_points[] = {
	{ "start", FILTERING_START },
	{ "exec", FILTERING_EXEC },
	{ "entry", FILTERING_ENTRY },
	{ "" },
};

/* What is at work. */
struct work {
	const struct filtering *wish;
	struct confined confined;
	struct policy policy;
	struct problems problems;
	unsigned arches; /* bits, that are let in */
	enum arch arch;  /* the one that is spoken of */
	struct program program;
	bool has_policy;

	struct policy known; /* --merge: it, and its bytes */
	char *text;
	size_t length;
};

/* ---- reading ---- */

static int
read_arches(struct work *work)
{
	const struct opt_list *list = &work->wish->arches;

	work->arch = arch_native();
	for (size_t i = 0; i < list->count; i++) {
		const char *name = list->items[i].text;
		enum arch arch =
			strcmp(name, "native") != 0 ? arch_find(name, strlen(name)) : arch_native();

		if (arch == ARCH_NONE)
			return misuse("--arch: unknown architecture '%s'", name);
		if (!i)
			work->arch = arch;
		work->arches |= 1U << arch;
	}
	if (work->arch == ARCH_NONE)
		return failx(
			"the system calls of this machine are not known here (--arch names another one)");
	if (!list->count)
		work->arches = 1U << work->arch;
	return 0;
}

static void
ask_for_circumstances(struct work *work, struct oci_circumstances *circumstances)
{
	*circumstances = (struct oci_circumstances){
		.arch = work->arch,
		.capabilities = identity_most(&work->confined.identity),
	};
	host_kernel(&circumstances->kernel_major, &circumstances->kernel_minor);
}

static void
read_rule(struct work *work, const struct opt_item *item)
{
	static const struct policy_action allow = { .kind = POLICY_ALLOW };
	static const struct policy_action deny = { .kind = POLICY_ERRNO, .data = EPERM };
	struct oci_circumstances circumstances;

	if (!strcmp(item->name, "allow")) {
		collect_rules(&work->policy, "--allow", item->text, allow, &work->problems);
	} else if (!strcmp(item->name, "deny")) {
		collect_rules(&work->policy, "--deny", item->text, deny, &work->problems);
	} else if (!strcmp(item->name, "errno")) {
		collect_errno(&work->policy, "--errno", item->text, &work->problems);
	} else {
		ask_for_circumstances(work, &circumstances);
		collect_file(&work->policy, item->text, &circumstances, &work->problems);
	}
}

static bool
is_called_json(const char *file)
{
	static const char ending[] = ".json";
	size_t length = strlen(file), last = strlen(ending);

	return length >= last && !strcmp(file + length - last, ending);
}

/* What was learned before, and is to be added to. */
static void
read_known(struct work *work)
{
	const char *path = work->wish->merge;
	struct oci_circumstances circumstances;

	ask_for_circumstances(work, &circumstances);
	work->text = collect_load(path, &work->length, &work->problems);
	if (!work->text)
		return;
	if (oci_is_json(work->text, work->length) && !is_called_json(work->wish->learn))
		problems_error(&work->problems, &(struct place){ .file = path },
			       "--learn FILE.json",
			       "it is JSON, to which nothing in text can be added");
	collect_bytes(&work->known, path, work->text, work->length, &circumstances,
		      &work->problems);
	if (!work->problems.errors)
		policy_finish(&work->known, &work->problems);
}

/* What is left to a program that has all that it works with already; prctl(2), PR_SET_SECCOMP. */
static void
add_strict(struct policy *policy, struct problems *problems)
{
	static const struct policy_action allow = { .kind = POLICY_ALLOW };
	static const struct policy_action kill = { .kind = POLICY_KILL };

	collect_rules(policy, "--strict", "read,write,exit,exit_group,rt_sigreturn", allow,
		      problems);
	policy->has_otherwise = policy->has_newer = true;
	policy->otherwise = policy->newer = kill;
	policy->otherwise_place = (struct place){ .file = "--strict" };
}

/* What the command line says of all other calls counts, whatever files say. */
static void
read_policy(struct work *work)
{
	const struct filtering *wish = work->wish;
	struct policy *policy = &work->policy;

	policy->fakes = wish->fakes;
	policy->open = work->arches;
	for (size_t i = 0; i < wish->rules.count; i++)
		read_rule(work, &wish->rules.items[i]);
	if (wish->strict)
		add_strict(policy, &work->problems);
	if (wish->learn)
		learn_watch(policy);
	if (wish->merge)
		read_known(work);
	if (wish->otherwise
	    && collect_action(policy, "--default", wish->otherwise, &policy->otherwise,
			      &work->problems)) {
		policy->has_otherwise = true;
		policy->otherwise_place = (struct place){ .file = "--default" };
	}
	if (wish->newer
	    && collect_action(policy, "--newer", wish->newer, &policy->newer, &work->problems))
		policy->has_newer = true;
	if (!work->problems.errors)
		policy_finish(policy, &work->problems);
	if (!work->problems.errors && wish->check)
		policy_review(policy, work->arches, &work->problems);
}

static int
make_program(struct work *work)
{
	const struct compile_how how = { .arches = work->arches, .notifies = work->wish->explain };

	if (compile(&work->policy, &how, &work->program) == 0)
		return 0;
	return failx(
		"the filter would have %zu instructions, of which the kernel takes %d (fewer rules with conditions, or groups of calls that stand together, make it smaller)",
		work->program.count, COMPILE_MOST);
}

/* ---- running ---- */

/* With a command, which gets it to read; else it is written there. */
static int
export_program(const struct work *work, char **command)
{
	int fd = (int)work->wish->export_fd;
	bool is_open = fcntl(fd, F_GETFD) >= 0;

	if (!command && !is_open)
		return misuse("--export: descriptor %d is not open, and there is no COMMAND for it",
			      fd);
	if (command && is_open)
		return misuse("--export: descriptor %d is open already", fd);
	return command ? dumping_give(&work->program, fd) : dumping_write(&work->program, fd);
}

/* A filter that is there before the command is must let it begin. */
static int
check_start(const struct work *work)
{
	static const uint64_t unknown[SYSCALL_ARGUMENTS];
	int64_t number = syscalls_number(syscalls_find("execve", strlen("execve")), arch_native());
	const struct policy_rule *rule;
	struct policy_action action =
		policy_decide(&work->policy, arch_native(), (uint32_t)number, unknown, &rule);

	if (action.kind <= POLICY_TRACE || (rule && rule->condition))
		return 0;
	return failx(
		"the policy denies execve, by which the command is started (-a execve, or --at exec)");
}

/* Who attends to the command while it runs, if anybody has to. */
static void
describe(struct work *work, struct attending *attending)
{
	static const enum attend_point points[] = {
		[FILTERING_START] = ATTEND_START,
		[FILTERING_EXEC] = ATTEND_EXEC,
		[FILTERING_ENTRY] = ATTEND_ENTRY,
	};
	const struct filtering *wish = work->wish;

	*attending = (struct attending){
		.point = wish->strict && !wish->at ? ATTEND_ENTRY : points[wish->at],
		.explains = wish->explain,
		.policy = &work->policy,
		.program = &work->program,
		.arches = work->arches,
		.flags = work->policy.flags,
		.status_fd = wish->confining.status_fd,
		.learns = wish->learn,
		.known = wish->merge ? &work->known : NULL,
		.text = work->text,
		.length = work->length,
		.is_json = wish->learn && is_called_json(wish->learn),
	};
}

static int
run(struct work *work, char **command)
{
	const struct filtering *wish = work->wish;
	bool is_loaded = work->has_policy && wish->export_fd < 0;
	struct attending attending;

	describe(work, &attending);
	if (is_loaded && attending.point == ATTEND_START && check_start(work))
		return EXEC_FAILED;
	if (wish->export_fd >= 0 && export_program(work, command))
		return EXEC_FAILED;
	if (!command)
		return 0;
	return confining_become(&wish->confining, &work->confined, is_loaded ? &attending : NULL,
				command);
}

/* What is to be done with it. */
static int
use(struct work *work, char **command)
{
	const struct filtering *wish = work->wish;
	size_t problems = work->problems.count;
	int status = 0;

	if (wish->check)
		return problems ? 1 : 0;
	if (!wish->emulate && !wish->dump && !wish->dry_run)
		return run(work, command);
	if (wish->emulate)
		status = dumping_outcome(&work->policy, wish->emulate, work->arch, work->arches,
					 &work->problems);
	else if (wish->dump)
		status = dumping(&work->policy, &work->program, work->arches,
				 (enum dumping_form)wish->dump, &work->problems);
	else
		dumping_summary(&work->policy, &work->program, work->arches, work->arch);
	complaining(&work->problems, problems);
	return status;
}

/* ---- usage ---- */

static int
check_learning(const struct filtering *wish, bool is_mode)
{
	if (wish->merge && !wish->learn)
		return misuse("--merge goes with --learn");
	if (wish->learn
	    && (wish->rules.count || wish->otherwise || wish->newer || wish->strict || wish->explain
		|| is_mode))
		return misuse(
			"--learn finds out what the policy is: only --merge, --at and --arch go with it");
	if (wish->strict && (wish->rules.count || wish->otherwise || wish->newer))
		return misuse("--strict is the whole policy: no rules go with it");
	if (is_mode && (wish->explain || wish->at))
		return misuse("--explain and --at are for a filter that is loaded");
	return 0;
}

static int
check_usage(const struct work *work, char **command)
{
	const struct filtering *wish = work->wish;
	int modes = wish->check + !!wish->dump + !!wish->emulate;
	bool is_mode = modes || wish->dry_run || wish->export_fd >= 0;

	if (modes + wish->dry_run + (wish->export_fd >= 0) > 1)
		return misuse(
			"--check, --dry-run, --dump, --emulate and --export exclude each other");
	if (check_learning(wish, is_mode))
		return EXEC_FAILED;
	if ((wish->at || wish->strict) && command && !ptrace_changes())
		return failx(
			"--at and --strict: no filter can be loaded into a running program on this architecture, only on x86_64");
	if (modes && command)
		return misuse(
			"extra operand '%s': nothing is run with --check, --dump or --emulate",
			command[0]);
	if (!is_mode && !command)
		return misuse("missing COMMAND");
	if (!work->has_policy
	    && (is_mode || wish->explain || wish->at || !confining_is_wanted(&work->confined)))
		return misuse(
			"there is no policy: say what is allowed (-a) or denied (-d), or name a file (-p)");
	return 0;
}

/* ---- all of it ---- */

int
filtering(const struct filtering *wish, char **command)
{
	struct work work = {
		.wish = wish,
		.has_policy = wish->rules.count || wish->otherwise || wish->newer
			      || wish->arches.count || wish->strict || wish->learn,
	};
	int status = confining_read(&wish->confining, &work.confined);

	if (!status)
		status = read_arches(&work);
	if (!status)
		status = check_usage(&work, command);
	if (!status && work.has_policy) {
		/* The command's own calls are let in, whatever others are. */
		if (command)
			work.arches |= 1U << arch_native();
		read_policy(&work);
		status = complaining(&work.problems, 0);
		if (!status)
			status = make_program(&work);
	}
	if (!status)
		status = use(&work, command);
	free(work.program.code);
	free(work.text);
	problems_close(&work.problems);
	policy_close(&work.known);
	policy_close(&work.policy);
	confining_close(&work.confined);
	return status;
}

static enum arch
asked_arch(const struct filtering *wish)
{
	struct work work = { .wish = wish };

	return read_arches(&work) ? ARCH_NONE : work.arch;
}

int
filtering_list_calls(const struct filtering *wish)
{
	enum arch arch = asked_arch(wish);

	return arch == ARCH_NONE ? EXEC_FAILED : dumping_calls(arch, wish->json);
}

int
filtering_list_groups(const struct filtering *wish, const char *group)
{
	enum arch arch = asked_arch(wish);

	return arch == ARCH_NONE ? EXEC_FAILED : dumping_groups(group, arch, wish->json);
}

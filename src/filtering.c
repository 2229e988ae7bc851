/* SPDX-License-Identifier: MIT */
#include "filtering.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/out.h"
#include "cli/record.h"
#include "cli/say.h"
#include "kernel/host.h"
#include "kernel/memfd.h"
#include "policy/bpf.h"
#include "policy/collect.h"
#include "policy/emulate.h"
#include "policy/groups.h"
#include "policy/listing.h"
#include "policy/review.h"
#include "process/descriptors.h"
#include "process/exec.h"

const struct name filtering_dumps[] = {
	{ "asm", FILTERING_ASM },
	{ "bpf", FILTERING_BPF },
	{ "c", FILTERING_C },
	{ "json", FILTERING_JSON },
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

/* What the command line says of all other calls counts, whatever files say. */
static void
read_policy(struct work *work)
{
	const struct filtering *wish = work->wish;
	struct policy *policy = &work->policy;

	policy->fakes = wish->fakes;
	for (size_t i = 0; i < wish->rules.count; i++)
		read_rule(work, &wish->rules.items[i]);
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

/* All of them, each on its line: whoever mends a policy wants to see more than the first. */
static int
tell_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->all[i];
		struct buffer line = { 0 };

		/* Of the policy as a whole, if nothing else is said. */
		if (problem->place.file) {
			emulate_print_place(&line, &problem->place);
			buffer_text(&line, ": ");
		}
		buffer_text(&line, problem->text);
		if (problem->hint)
			buffer_print(&line, " (%s)", problem->hint);
		if (problem->is_warning)
			note("%s", buffer_string(&line));
		else
			failx("%s", buffer_string(&line));
		buffer_done(&line);
	}
	return problems->errors ? EXEC_FAILED : 0;
}

static int
make_program(struct work *work)
{
	const struct compile_how how = { .arches = work->arches };

	if (compile(&work->policy, &how, &work->program) == 0)
		return 0;
	return failx(
		"the filter would have %zu instructions, of which the kernel takes %d (fewer rules with conditions, or groups of calls that stand together, make it smaller)",
		work->program.count, COMPILE_MOST);
}

/* ---- telling what it is ---- */

static int
dump(const struct work *work)
{
	struct buffer text = { 0 };

	switch ((enum filtering_dump)work->wish->dump) {
	case FILTERING_BPF:
		buffer_add(&text, work->program.code,
			   work->program.count * sizeof(*work->program.code));
		break;
	case FILTERING_C:
		bpf_print_c(&text, &work->program);
		break;
	case FILTERING_JSON:
	case FILTERING_ASM:
	default:
		bpf_print(&text, &work->program);
	}
	out_add(text.data, text.length);
	buffer_done(&text);
	return 0;
}

static int
emulate(struct work *work)
{
	struct emulate_call call;
	struct buffer line = { 0 };
	bool is_done;

	if (!emulate_read(&work->policy, "--emulate", work->wish->emulate, work->arch, &call,
			  &work->problems))
		return tell_problems(&work->problems);
	is_done = emulate_print(&line, &work->policy, work->arch, &call);
	out_add(line.data, line.length);
	buffer_done(&line);
	return is_done ? 0 : 1;
}

static int
summarize(const struct work *work)
{
	const struct policy *policy = &work->policy;
	struct buffer text = { 0 };

	buffer_print(&text, "rules: %zu\notherwise: ", policy->count);
	emulate_print_action(&text, policy->otherwise);
	buffer_print(&text, "\nfrom %" PRIu32 " on: ", policy_newer(policy, work->arch));
	emulate_print_action(&text, policy->newer);
	buffer_text(&text, "\narchitectures:");
	for (enum arch arch = 0; arch < ARCHES; arch++)
		if (work->arches >> arch & 1)
			buffer_print(&text, " %s", arch_facts(arch)->name);
	buffer_print(&text, "\ninstructions: %zu\n", work->program.count);
	out_add(text.data, text.length);
	buffer_done(&text);
	return 0;
}

/* ---- giving it to others ---- */

static int
write_program(const struct work *work, int fd)
{
	size_t size = work->program.count * sizeof(*work->program.code);
	struct record record;
	int result;

	record_open(&record, fd, size);
	buffer_add(record_begin(&record), work->program.code, size);
	record_end(&record);
	result = record_flush(&record, true);
	record_done(&record);
	return result < 0 ? fail(NULL, "cannot write the filter to descriptor %d", fd) : 0;
}

/* With a command, which gets it to read; else it is written there. */
static int
export_program(const struct work *work, char **command)
{
	int fd = (int)work->wish->export_fd, file;
	bool is_open = fcntl(fd, F_GETFD) >= 0;

	if (!command)
		return is_open ? write_program(work, fd)
			       : misuse(
				       "--export: descriptor %d is not open, and there is no COMMAND for it",
				       fd);
	if (is_open)
		return misuse("--export: descriptor %d is open already", fd);
	file = memfd_open();
	if (file < 0)
		return fail(NULL, "cannot make a file for the filter");
	if (write_program(work, file))
		return EXEC_FAILED;
	if (lseek(file, 0, SEEK_SET) < 0 || descriptors_give(file, fd) < 0)
		return fail(NULL, "cannot give the filter to the command as descriptor %d", fd);
	return 0;
}

/* ---- running ---- */

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

static int
run(struct work *work, char **command)
{
	const struct filtering *wish = work->wish;
	bool is_loaded = work->has_policy && wish->export_fd < 0;

	if (is_loaded && check_start(work))
		return EXEC_FAILED;
	if (wish->export_fd >= 0 && export_program(work, command))
		return EXEC_FAILED;
	if (!command)
		return 0;
	return confining_become(&wish->confining, &work->confined,
				is_loaded ? &work->program : NULL, work->policy.flags, command);
}

/* What is to be done with it. */
static int
use(struct work *work, char **command)
{
	const struct filtering *wish = work->wish;

	if (wish->check)
		return work->problems.count ? 1 : 0;
	if (wish->emulate)
		return emulate(work);
	if (wish->dump)
		return dump(work);
	if (wish->dry_run)
		return summarize(work);
	return run(work, command);
}

static int
check_usage(const struct work *work, char **command)
{
	const struct filtering *wish = work->wish;
	int modes = wish->check + !!wish->dump + !!wish->emulate;

	if (modes + wish->dry_run + (wish->export_fd >= 0) > 1)
		return misuse(
			"--check, --dry-run, --dump, --emulate and --export exclude each other");
	if (modes && command)
		return misuse(
			"extra operand '%s': nothing is run with --check, --dump or --emulate",
			command[0]);
	if (!modes && !wish->dry_run && wish->export_fd < 0 && !command)
		return misuse("missing COMMAND");
	if (!work->has_policy
	    && (modes || wish->dry_run || wish->export_fd >= 0
		|| !confining_is_wanted(&work->confined)))
		return misuse(
			"there is no policy: say what is allowed (-a) or denied (-d), or name a file (-p)");
	return 0;
}

int
filtering(const struct filtering *wish, char **command)
{
	struct work work = {
		.wish = wish,
		.has_policy =
			wish->rules.count || wish->otherwise || wish->newer || wish->arches.count,
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
		status = tell_problems(&work.problems);
		if (!status)
			status = make_program(&work);
	}
	if (!status)
		status = use(&work, command);
	free(work.program.code);
	problems_close(&work.problems);
	policy_close(&work.policy);
	confining_close(&work.confined);
	return status;
}

/* ---- lists ---- */

static enum arch
asked_arch(const struct filtering *wish)
{
	struct work work = { .wish = wish };

	return read_arches(&work) ? ARCH_NONE : work.arch;
}

static int
print(struct buffer *text)
{
	out_add(text->data, text->length);
	buffer_done(text);
	return 0;
}

int
filtering_list_calls(const struct filtering *wish)
{
	struct buffer text = { 0 };
	enum arch arch = asked_arch(wish);

	if (arch == ARCH_NONE)
		return EXEC_FAILED;
	listing_calls(&text, arch, wish->json);
	return print(&text);
}

int
filtering_list_groups(const struct filtering *wish, const char *group)
{
	struct buffer text = { 0 };
	enum arch arch = asked_arch(wish);
	size_t length = strlen(group);
	int found = length ? groups_find(group, length) : 0;
	const char *nearest;

	if (arch == ARCH_NONE)
		return EXEC_FAILED;
	if (found < 0) {
		nearest = groups_nearest(group, length);
		return nearest ? misuse("--list-groups: unknown group '%s', did you mean '%s'?",
					group, nearest)
			       : misuse("--list-groups: unknown group '%s'", group);
	}
	if (length)
		listing_members(&text, found, arch, wish->json);
	else
		listing_groups(&text, arch, wish->json);
	return print(&text);
}

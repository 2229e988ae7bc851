/* SPDX-License-Identifier: MIT */
/*
 * runtime PROFILE CAPABILITIES ARCH...: whether the program that is made of PROFILE, a file in JSON, decides as
 * the one that container runtimes make of it with libseccomp. That one is built here, of the profile's rules on
 * standard input, as somebody else has read them: ACTION ERRNO NAME [INDEX OPERATOR VALUE SECOND]..., the
 * default first, its name @default. All numbers are tried, with arguments around every constant. ARCH...: the
 * architectures that are let in; the first is the machine's. In these cases both differ, and their numbers are
 * counted:
 *
 *	older	above the newest number that is named, and below 424, from where on numbers are the same
 *		everywhere: ENOSYS for the runtimes, here the default
 *	unheard	libseccomp is too old for the name: ENOSYS or the default for the runtimes, here what the rule says
 *	apart	where arm's or x32's own calls are named, which have high numbers, nothing below is newer for the
 *		runtimes
 *
 * On x32 libseccomp looks at the low 32 bits of arguments, though they have 64: it is tried with no others.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "policy/oci.h"
#include "theirs.h"

enum { CALLS = 4096, VALUES = 512, NUMBERS = 600, WORD = 64, LARGEST = 1 << 20 };

/* ---- What is read by others ---- */

/* A rule about one call; all that are about the same one give the values that it is tried with. */
struct rule {
	char name[WORD];
	uint32_t action;
	struct scmp_arg_cmp tests[SYSCALL_ARGUMENTS];
	unsigned count;
};

static struct rule rules[CALLS];
static size_t rule_count;

static uint32_t
read_action(const char *name, unsigned error)
{
	static const struct {
		const char *name;
		uint32_t action;
	} actions[] = {
		{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
		{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
		{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
		{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
	};

	if (!strcmp(name, "SCMP_ACT_ERRNO"))
		return SCMP_ACT_ERRNO(error);
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++)
		if (!strcmp(name, actions[i].name))
			return actions[i].action;
	errx(1, "'%s' is no action", name);
}

static enum scmp_compare
read_operator(const char *name)
{
	static const char *const names[] = { "", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ" };

	for (unsigned i = SCMP_CMP_NE; i <= SCMP_CMP_MASKED_EQ; i++)
		if (!strncmp(name, "SCMP_CMP_", 9) && !strcmp(name + 9, names[i]))
			return (enum scmp_compare)i;
	errx(1, "'%s' is no comparison", name);
}

static void
read_rules(void)
{
	char line[1024], action[WORD], operator[WORD];

	while (fgets(line, sizeof(line), stdin)) {
		struct rule *rule = &rules[rule_count++];
		unsigned error, argument;
		uint64_t value, second;
		int length, more;

		if (rule_count == CALLS
		    || sscanf(line, "%63s %u %63s%n", action, &error, rule->name, &length) != 3)
			errx(1, "this is no rule: %s", line);
		rule->action = read_action(action, error);
		while (sscanf(line + length, "%u %63s %" SCNu64 " %" SCNu64 "%n",
			      &argument, operator, & value, &second, &more)
		       == 4) {
			rule->tests[rule->count++] =
				(struct scmp_arg_cmp){ argument, read_operator(operator), value,
						       second };
			length += more;
		}
	}
	if (!rule_count || strcmp(rules->name, "@default"))
		errx(1, "no default");
}

/* ---- What runtimes do with it ---- */

static const uint32_t tokens[ARCHES] = { SCMP_ARCH_X86,     SCMP_ARCH_X86_64,  SCMP_ARCH_ARM,
					 SCMP_ARCH_AARCH64, SCMP_ARCH_RISCV64, SCMP_ARCH_X32 };

static void
make_theirs(unsigned arches, struct program *program)
{
	scmp_filter_ctx context = seccomp_init(rules->action);

	if (!context)
		err(1, "libseccomp does not work");
	for (enum arch arch = 0; arch < ARCHES; arch++)
		if (arches & 1U << arch && (errno = -seccomp_arch_add(context, tokens[arch]))
		    && errno != EEXIST)
			err(1, "libseccomp does not know %s", arch_facts(arch)->name);
	if (!(arches & 1U << arch_native()))
		seccomp_arch_remove(context, SCMP_ARCH_NATIVE);
	for (const struct rule *rule = rules + 1; rule < rules + rule_count; rule++) {
		int number = seccomp_syscall_resolve_name(rule->name);

		if (number == __NR_SCMP_ERROR || rule->action == rules->action)
			continue;
		errno = -seccomp_rule_add_array(context, rule->action, number, rule->count,
						rule->tests);
		if (errno)
			err(1, "libseccomp does not take a rule about %s", rule->name);
	}
	export_theirs(context, program);
	seccomp_release(context);
}

/* The newest number that they find named on each architecture, above which all is ENOSYS. */
static uint32_t newest[ARCHES];

static void
find_newest(enum arch arch)
{
	for (const struct rule *rule = rules + 1; rule < rules + rule_count; rule++) {
		int number = seccomp_syscall_resolve_name_arch(tokens[arch], rule->name);

		if (number > 0 && (uint32_t)number > newest[arch])
			newest[arch] = (uint32_t)number;
	}
}

static uint32_t
decide_theirs(const struct program *program, enum arch arch, const struct seccomp_data *data)
{
	bool is_allowing = rules->action == SCMP_ACT_ALLOW || rules->action == SCMP_ACT_LOG;

	if (!is_allowing && (uint32_t)data->nr > newest[arch])
		return SECCOMP_RET_ERRNO | ENOSYS;
	return bpf_run(program, data, NULL);
}

/* ---- What it is tried with ---- */

struct values {
	uint64_t all[VALUES];
	size_t count;
};

static void
add_value(struct values *values, uint64_t value)
{
	if (values->count == VALUES)
		errx(1, "more values than there is room for");
	values->all[values->count++] = value;
}

static void
add_values(struct values *values, const struct scmp_arg_cmp *test)
{
	uint64_t at = test->op == SCMP_CMP_MASKED_EQ ? test->datum_b : test->datum_a;

	for (int64_t step = -2; step <= 2; step++)
		add_value(values, at + (uint64_t)step);
	for (unsigned bit = 0; bit < 64; bit++)
		add_value(values, at ^ UINT64_C(1) << bit);
	add_value(values, at | ~(uint64_t)UINT32_MAX);
	add_value(values, ~at);
	add_value(values, test->datum_a);
	add_value(values, ~test->datum_a);
}

/* The values of all arguments that rules about CALL ask about, and how many choices that makes. */
static size_t
find_values(const char *call, struct values values[SYSCALL_ARGUMENTS])
{
	size_t choices = 2;

	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		values[i].count = 0;
	for (const struct rule *rule = rules + 1; rule < rules + rule_count; rule++)
		for (unsigned i = 0; i < rule->count && !strcmp(rule->name, call); i++)
			add_values(&values[rule->tests[i].arg], &rule->tests[i]);
	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		choices *= values[i].count ? values[i].count : 1;
	return choices;
}

/* One of these choices; what nobody asks about has all bits or none. */
static void
choose(struct values values[SYSCALL_ARGUMENTS], size_t choice, struct seccomp_data *data)
{
	uint64_t rest = choice & 1 ? UINT64_MAX : 0;

	choice >>= 1;
	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++) {
		data->args[i] = values[i].count ? values[i].all[choice % values[i].count] : rest;
		choice /= values[i].count ? values[i].count : 1;
	}
}

/* ---- Both, beside each other ---- */

struct comparison {
	struct program ours, theirs;
	size_t calls, older, unheard, apart;
};

/* Whether both may differ about a number, and must. */
static bool
is_explained(struct comparison *comparison, enum arch arch, uint32_t number, const char *name)
{
	uint32_t first, last;

	if (number > newest[arch] && number - arch_facts(arch)->bit < 424) {
		comparison->older++;
	} else if (*name && seccomp_syscall_resolve_name_arch(tokens[arch], name) < 0) {
		comparison->unheard++;
	} else if (policy_apart(arch, &first, &last) && newest[arch] >= first) {
		comparison->apart++;
	} else {
		return false;
	}
	return true;
}

static void
compare_number(struct comparison *comparison, enum arch arch, uint32_t number)
{
	static struct values values[SYSCALL_ARGUMENTS];
	int call = syscalls_at(number, arch);
	const char *name = call == SYSCALL_NONE ? "" : syscalls_name(call);
	struct seccomp_data data = { .nr = (int)number, .arch = arch_facts(arch)->audit };
	size_t choices = find_values(name, values);

	for (size_t choice = 0; choice < choices; choice++, comparison->calls++) {
		uint32_t ours, theirs;

		choose(values, choice, &data);
		for (size_t i = 0; i < SYSCALL_ARGUMENTS && arch == ARCH_X32; i++)
			data.args[i] = (uint32_t)data.args[i];
		ours = bpf_run(&comparison->ours, &data, NULL);
		theirs = decide_theirs(&comparison->theirs, arch, &data);
		if (ours == theirs)
			continue;
		if (is_explained(comparison, arch, number, name))
			return;
		errx(1,
		     "%s: number %u %s(0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64
		     ", ...): 0x%x, theirs 0x%x",
		     arch_facts(arch)->name, number, name, (uint64_t)data.args[0],
		     (uint64_t)data.args[1], (uint64_t)data.args[2], ours, theirs);
	}
}

static void
make_ours(const char *file, uint64_t capabilities, unsigned arches, enum arch native,
	  struct program *program)
{
	struct oci_circumstances circumstances = { native, capabilities, 6, 1 };
	struct compile_how how = { .arches = arches };
	struct problems problems = { 0 };
	struct policy policy = { 0 };
	char *bytes = calloc(1, LARGEST);
	FILE *stream = fopen(file, "r");
	size_t length = stream && bytes ? fread(bytes, 1, LARGEST, stream) : 0;

	oci_read(&policy, file, bytes, length, &circumstances, &problems);
	if (!problems.errors)
		policy_finish(&policy, &problems);
	if (problems.errors)
		errx(1, "%s: %s", file, problems.all->text);
	if (compile(&policy, &how, program) < 0)
		err(1, "not compiled");
	fclose(stream);
	free(bytes);
	problems_close(&problems);
	policy_close(&policy);
}

int
main(int argc, char **argv)
{
	struct comparison comparison = { 0 };
	enum arch native = ARCH_NONE;
	unsigned arches = 0;

	if (argc < 4)
		errx(2, "runtime PROFILE CAPABILITIES ARCH...");
	for (int i = argc - 1; i >= 3; i--) {
		native = arch_find(argv[i], strlen(argv[i]));
		arches |= 1U << native;
	}
	read_rules();
	make_ours(argv[1], strtoull(argv[2], NULL, 0), arches, native, &comparison.ours);
	make_theirs(arches, &comparison.theirs);
	for (enum arch arch = 0; arch < ARCHES; arch++) {
		uint32_t bit = arch_facts(arch)->bit;

		find_newest(arch);
		for (uint32_t number = 0; arches & 1U << arch && number < NUMBERS; number++)
			compare_number(&comparison, arch, bit | number);
		for (uint32_t number = 0xefffe; arches & 1U << arch && number < 0xf0010; number++)
			compare_number(&comparison, arch, bit | number);
	}
	printf("%zu calls: no mismatch; %zu instructions, theirs %zu; %zu older, %zu unheard, %zu apart\n",
	       comparison.calls, comparison.ours.count, comparison.theirs.count, comparison.older,
	       comparison.unheard, comparison.apart);
	free(comparison.ours.code);
	free(comparison.theirs.code);
	return 0;
}

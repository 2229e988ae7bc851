/* SPDX-License-Identifier: MIT */
#include "policy/arch.h"

#include <linux/audit.h>
#include <string.h>
#include <strings.h>

#include "cli/names.h"

static const struct arch_facts facts[ARCHES] = {
	[ARCH_X86] = { "x86", "SCMP_ARCH_X86", "386", AUDIT_ARCH_I386, 0, false },
	[ARCH_X86_64] = { "x86_64", "SCMP_ARCH_X86_64", "amd64", AUDIT_ARCH_X86_64, 0, true },
	[ARCH_ARM] = { "arm", "SCMP_ARCH_ARM", "arm", AUDIT_ARCH_ARM, 0, false },
	[ARCH_AARCH64] = { "aarch64", "SCMP_ARCH_AARCH64", "arm64", AUDIT_ARCH_AARCH64, 0, true },
	[ARCH_RISCV64] = { "riscv64", "SCMP_ARCH_RISCV64", "riscv64", AUDIT_ARCH_RISCV64, 0, true },
	[ARCH_X32] = { "x32", "SCMP_ARCH_X32", "x32", AUDIT_ARCH_X86_64, 0x40000000, true },
};

/* What else people, packages and uname(2) call them. */
static const struct {
	char name[8];
	signed char arch;
} others[] = {
	{ "i386", ARCH_X86 },   { "i486", ARCH_X86 },      { "i586", ARCH_X86 },
	{ "i686", ARCH_X86 },   { "x86-64", ARCH_X86_64 }, { "armhf", ARCH_ARM },
	{ "armv7l", ARCH_ARM }, { "armv8l", ARCH_ARM },
};

/* Nothing is known of these: after SCMP_ARCH_, or in Go's words; the last is misspelt in Docker's profile. */
static const char elsewhere[][12] = {
	"loong64",   "LOONGARCH64", "M68K",     "MIPS",        "mipsle", "MIPS64",   "mips64le",
	"MIPS64N32", "MIPSEL",      "MIPSEL64", "MIPSEL64N32", "PARISC", "PARISC64", "PPC",
	"PPC64",     "PPC64LE",     "S390",     "S390X",       "SH",     "SHEB",     "mips3l64n32",
};

static const char oci_prefix[] = "SCMP_ARCH_";

const struct arch_facts *
arch_facts(enum arch arch)
{
	return &facts[arch];
}

enum arch
arch_native(void)
{
#if defined __x86_64__ && defined __ILP32__
	return ARCH_X32;
#elif defined __x86_64__
	return ARCH_X86_64;
#elif defined __i386__
	return ARCH_X86;
#elif defined __aarch64__ && defined __AARCH64EL__
	return ARCH_AARCH64;
#elif defined __ARM_EABI__ && defined __ARMEL__
	return ARCH_ARM;
#elif defined __riscv && __riscv_xlen == 64
	return ARCH_RISCV64;
#else
	return ARCH_NONE;
#endif
}

enum arch
arch_of_call(uint32_t audit, uint32_t number)
{
	uint32_t bit = number == UINT32_MAX ? 0 : number & facts[ARCH_X32].bit;

	for (int i = 0; i < ARCHES; i++)
		if (facts[i].audit == audit && facts[i].bit == bit)
			return (enum arch)i;
	return ARCH_NONE;
}

static bool
is_same(const char *name, size_t length, const char *known)
{
	return strlen(known) == length && !strncasecmp(name, known, length);
}

enum arch
arch_find(const char *name, size_t length)
{
	for (int i = 0; i < ARCHES; i++)
		if (is_same(name, length, facts[i].name) || is_same(name, length, facts[i].oci)
		    || is_same(name, length, facts[i].go))
			return (enum arch)i;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (is_same(name, length, others[i].name))
			return (enum arch)others[i].arch;
	return ARCH_NONE;
}

bool
arch_is_elsewhere(const char *name, size_t length)
{
	size_t prefix = sizeof oci_prefix - 1;

	if (length > prefix && !memcmp(name, oci_prefix, prefix)) {
		name += prefix;
		length -= prefix;
	}
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
		if (is_same(name, length, elsewhere[i]))
			return true;
	return false;
}

const char *
arch_nearest(const char *name, bool is_go)
{
	const char *best = NULL;

	for (int i = 0; i < ARCHES; i++)
		names_nearer(name, is_go ? facts[i].go : facts[i].oci, &best);
	return best;
}

/* SPDX-License-Identifier: MIT */
#include "policy/ocifilter.h"

#ifdef BUTTER_JSON

#include "kernel/capability.h"

static bool
is_arch(const struct oci *oci, const struct ocivalue *value, bool *is)
{
	enum arch arch;
	const char *text;
	size_t length;

	if (!ocivalue_text(oci, value, &text, &length))
		return false;
	arch = arch_find(text, length);
	*is = arch != ARCH_NONE && arch == oci->circumstances->arch;
	if (arch == ARCH_NONE && !arch_is_elsewhere(text, length)) {
		struct place place = ocivalue_place(oci, value);

		problems_warn(oci->problems, &place,
			      problems_meant(oci->problems, arch_nearest(text, true)),
			      "nobody knows the architecture '%s'", text);
	}
	return true;
}

static bool
is_capability(const struct oci *oci, const struct ocivalue *value, bool *is)
{
	const char *text;
	size_t length;
	int capability;

	if (!ocivalue_text(oci, value, &text, &length))
		return false;
	capability = capability_find(text, length);
	if (capability < 0) {
		struct place place = ocivalue_place(oci, value);

		problems_warn(oci->problems, &place, NULL, "nobody knows the capability '%.*s'",
			      (int)length, text);
	}
	*is = capability >= 0 && oci->circumstances->capabilities >> capability & 1;
	return true;
}

/* How many of a list ARE so. */
static bool
count(const struct oci *oci, const struct ocivalue *filter, const char *key,
      bool are(const struct oci *, const struct ocivalue *, bool *), size_t *all, size_t *so)
{
	struct ocivalue list;

	*all = *so = 0;
	if (!ocivalue_get(filter, key, &list))
		return true;
	if (!ocivalue_list(oci, &list, all))
		return false;
	for (size_t i = 0; i < *all; i++) {
		struct ocivalue value = ocivalue_at(&list, i);
		bool is;

		if (!are(oci, &value, &is))
			return false;
		*so += is;
	}
	return true;
}

/* "4.8": whether the kernel is that or newer. */
static bool
read_kernel(const struct oci *oci, const struct ocivalue *filter, bool *has, bool *is_newer)
{
	unsigned major = 0, minor = 0;
	struct ocivalue value;
	const char *text;
	size_t length, i = 0;

	*has = ocivalue_get(filter, "minKernel", &value);
	if (!*has)
		return true;
	if (!ocivalue_text(oci, &value, &text, &length))
		return false;
	for (; i < length && i < 4 && text[i] >= '0' && text[i] <= '9'; i++)
		major = major * 10 + (unsigned)(text[i] - '0');
	if (i && i < length && text[i] == '.') {
		size_t from = ++i;

		for (; i < length && i < from + 4 && text[i] >= '0' && text[i] <= '9'; i++)
			minor = minor * 10 + (unsigned)(text[i] - '0');
		if (i == length && i > from) {
			*is_newer = major < oci->circumstances->kernel_major
				    || (major == oci->circumstances->kernel_major
					&& minor <= oci->circumstances->kernel_minor);
			return true;
		}
	}
	{
		struct place place = ocivalue_place(oci, &value);

		problems_error(oci->problems, &place, "two numbers, as in \"4.8\"",
			       "'%.*s' is no kernel's version", (int)length, text);
	}
	return false;
}

/* Includes: all its capabilities, one of its architectures, its kernel. Excludes: one of all of these. */
static bool
read(const struct oci *oci, const struct ocivalue *object, const char *key, bool is_exclude,
     bool *is_off)
{
	static const char *const keys[] = { "caps", "arches", "minKernel", NULL };
	size_t caps, held, arches, ours;
	struct ocivalue filter;
	bool has_kernel, is_newer = false;

	if (!ocivalue_get(object, key, &filter))
		return true;
	if (!ocivalue_is_object(oci, &filter))
		return false;
	ocivalue_keys(oci, &filter, keys, true);
	if (!count(oci, &filter, "caps", is_capability, &caps, &held)
	    || !count(oci, &filter, "arches", is_arch, &arches, &ours)
	    || !read_kernel(oci, &filter, &has_kernel, &is_newer))
		return false;
	if (is_exclude)
		*is_off |= held || ours || (has_kernel && is_newer);
	else
		*is_off |= held < caps || (arches && !ours) || (has_kernel && !is_newer);
	return true;
}

bool
ocifilter_read(const struct oci *oci, const struct ocivalue *object, bool *is_off)
{
	bool is_right;

	*is_off = false;
	is_right = read(oci, object, "includes", false, is_off);
	return read(oci, object, "excludes", true, is_off) && is_right;
}

#endif

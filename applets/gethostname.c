/* SPDX-License-Identifier: MIT */
/*
 * gethostname: print the host name exactly as the kernel has it, without DNS, NSS or
 * /etc. For boot scripts and containers that have none of these yet.
 */
#include <string.h>

#include "applet.h"
#include "cli/out.h"
#include "cli/say.h"
#include "kernel/host.h"

static bool domain, null;

static void
options(struct opt_table *table)
{
	opt_flag(table, '0', "null", &null, "end the name in NUL instead of newline");
	opt_flag(table, 'd', "domain", &domain, "print the NIS domain name");
}

static int
gethostname_run(int count, char **operands)
{
	char name[HOST_MAX + 1];

	(void)count;
	(void)operands;
	if ((domain ? host_domain(name) : host_name(name)) < 0)
		return fail(host_read_hints, "cannot read the %s",
			    domain ? "domain name" : "host name");
	out_add(name, strlen(name));
	out_add(null ? "" : "\n", 1);
	return 0;
}

const struct applet applet_gethostname = {
	.name = "gethostname",
	.summary = "print the host name as the kernel has it",
	.options = options,
	.run = gethostname_run,
};

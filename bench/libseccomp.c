/* SPDX-License-Identifier: MIT */
/*
 * What libseccomp makes of a list of names, a line each, all of them allowed and the rest EPERM:
 *
 *	libseccomp FILE COMMAND...	loads it and executes COMMAND
 *	libseccomp FILE			prints how many instructions it has
 */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
size(scmp_filter_ctx filter)
{
	FILE *file = tmpfile();
	struct stat status;

	if (!file || seccomp_export_bpf(filter, fileno(file)) < 0 || fstat(fileno(file), &status) < 0)
		return 1;
	printf("%ld\n", (long)status.st_size / 8);
	return 0;
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	FILE *names = argc > 1 ? fopen(argv[1], "r") : NULL;
	char name[64];

	if (!filter || !names)
		return 125;
	while (fgets(name, sizeof(name), names)) {
		int number;

		name[strcspn(name, "\n")] = '\0';
		number = seccomp_syscall_resolve_name(name);
		if (number != __NR_SCMP_ERROR)
			seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
	}
	fclose(names);
	if (argc == 2)
		return size(filter);
	if (seccomp_load(filter) < 0)
		return 125;
	execvp(argv[2], argv + 2);
	return 127;
}

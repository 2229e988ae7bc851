/* SPDX-License-Identifier: MIT */
/* /proc/PID/stat, status and children: whatever a process calls itself, numbers stay within their limits. */
#include "fuzz.h"

#include "kernel/kin.h"
#include "kernel/pid.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	pid_t ids[PID_NAMESPACES_MAX], parent;
	char comm[PID_COMM_MAX];
	uint64_t start;
	uint32_t uid;
	struct pid_status status;
	struct kin kin = { 0 };
	struct pid_signals signals;
	int count = pid_parse_namespaces(text, size, ids);

	MUST(count == -1 || (count >= 1 && count <= PID_NAMESPACES_MAX));
	for (int i = 0; i < count; i++)
		MUST(ids[i] >= 0 && ids[i] <= PID_LARGEST);
	if (pid_parse_stat(text, size, &parent, &start) == 0)
		MUST(parent >= 0 && parent <= PID_LARGEST);
	MUST(pid_parse_command(text, size, comm, &uid) <= PID_COMM_MAX);
	if (pid_parse_leader(text, size, &parent) == 0)
		MUST(parent >= 0 && parent <= PID_LARGEST);
	if (pid_parse_status(text, size, &status) == 0) {
		MUST(status.parent >= 0 && status.parent <= PID_LARGEST);
		MUST(status.session >= -1 && status.session <= PID_LARGEST);
		MUST(strnlen(status.comm, sizeof(status.comm)) < sizeof(status.comm));
	}
	kin_parse(text, size, &kin);
	for (size_t i = 0; i < kin.count; i++)
		MUST(kin.pids[i] >= 1 && kin.pids[i] <= PID_LARGEST);
	kin_done(&kin);
	if (pid_parse_signals(text, size, &signals) == 0)
		MUST(memmem(text, size, "\nSigCgt:\t", 9));
	return 0;
}

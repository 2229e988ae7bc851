#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What becomes of policies: random ones, made by tests/policies, are run by an interpreter and by the kernel.
# BUTTER_SEED takes others.
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr ...

load helper

setup() {
	trace_tests_only
	[ -x "$BUTTER_BUILD/tests/policies" ] || skip 'tests/policies is not built'
}

# policies TEST COUNT: runs that test.
policies() {
	capture "$BUTTER_BUILD/tests/policies" "$@" "${BUTTER_SEED:-1}"
	succeeded
}

# few_or COUNT FEW: COUNT for the long tests, else FEW.
few_or() {
	if [ -n "${BUTTER_LONG:-}" ]; then echo "$1"; else echo "$2"; fi
}

@test "a compiled policy decides as the policy says" {
	policies decisions "$(few_or 100000 1000)"
	contains "$output" ': no mismatch; '
}

@test "in the kernel too" {
	"$BUTTER_BUILD/tests/policies" kernel 1 >/dev/null 2>&1 || skip 'no filter can be loaded'
	policies kernel "$(few_or 2000 40)"
	contains "$output" ': no mismatch'
}

@test "what is allowed whatever its arguments are is so without a look at them" {
	policies blind "$(few_or 2000 100)"
	contains "$output" ': no argument looked at'
}

@test "jumps farther than an instruction reaches, and programs as large as the kernel takes them" {
	for size in '1 1' '2 250' '40 40' '9 300' '10 200' '700 1'; do
		# shellcheck disable=SC2086
		capture "$BUTTER_BUILD/tests/policies" large $size
		succeeded
		contains "$output" ' instructions: no mismatch'
	done
}

@test "a program that is too large is told, with its size" {
	for size in '3 3000' '4000 1'; do
		# shellcheck disable=SC2086
		capture "$BUTTER_BUILD/tests/policies" large $size
		succeeded
		contains "$output" ' instructions: too large'
	done
}

@test "programs decide as libseccomp's, where that can say the same" {
	[ -x "$BUTTER_BUILD/tests/libseccomp" ] || skip 'libseccomp is not installed'
	capture "$BUTTER_BUILD/tests/libseccomp" "$(few_or 10000 300)" "${BUTTER_SEED:-1}"
	succeeded
	contains "$output" ': no mismatch; '
}

# check ARG...: what `seccomp-exec --check` finds; it may end with any status.
check() {
	need_applet seccomp-exec
	capture "$BUTTER" seccomp-exec "$@" --check
}

@test "rules that are never met are told, whether they contradict or repeat the one that is" {
	cd "$BATS_TEST_TMPDIR"
	printf '%s\n' 'read: allow' 'open: allow' 'open: return EPERM' 'read: allow' >t
	check -p t
	contains "$stderr" 't:3:1: open is decided before (line 2)'
	contains "$stderr" 't:4:1: read was said before (line 1)'
	check -a read -d read
	contains "$stderr" 'read is decided before (--allow)'
	printf '%s\n' 'ioctl: arg1 == 1' 'ioctl: arg1 == 2' 'ioctl: arg1 == 1' 'ioctl: return ENOTTY' >t
	check -p t
	contains "$stderr" 't:3:1: ioctl was said before (line 1)'
	lacks "$stderr" 't:4:'
}

@test "an exception before a group, and an option before a file, are no contradictions" {
	cd "$BATS_TEST_TMPDIR"
	printf '%s\n' 'acct: return EPERM' '@system-service: allow' '@known: return EPERM' >t
	check -p t
	lacks "$stderr" 'before ('
	printf '%s\n' 'acct: allow' >t
	check -d acct -p t
	lacks "$stderr" 'before ('
}

@test "--check tells what goes around a policy" {
	check -d open
	contains "$stderr" 'calls that are not named are allowed'
	contains "$stderr" 'what is denied to open, others can do: openat'
	contains "$stderr" 'io_uring asks no filter'
	# Flags of namespaces are clone's and clone3's, which cannot be looked into.
	check -d 'clone(flags & CLONE_NEWUSER)'
	contains "$stderr" 'what is denied to clone, others can do: clone3 ('
	check -a read,write,exit_group
	lacks "$stderr" 'others can do'
	lacks "$stderr" 'io_uring'
	check -a read,io_uring_setup
	contains "$stderr" 'io_uring asks no filter'
}

@test "programs are printed with the names of calls, architectures and actions, and as C" {
	need_applet seccomp-exec
	capture "$BUTTER" seccomp-exec --arch x86_64 -d acct:ENOSYS --dump asm
	succeeded
	contains "$output" $'\tjeq #0xc000003e, '
	contains "$output" $'\t; x86_64'
	contains "$output" $'\tjeq #0xa3, '
	contains "$output" $'\t; acct'
	contains "$output" $'\tret #0x50026\t; errno ENOSYS'
	need_tool "${CC:=cc}"
	capture "$BUTTER" seccomp-exec -d 'socket(domain == AF_PACKET)' --dump c
	succeeded
	{ printf '%s\n' "$output" '#include <unistd.h>' 'int main(void) { return write(1, filter, sizeof filter) < 0; }'; } \
		>"$BATS_TEST_TMPDIR/t.c"
	cd "$BATS_TEST_TMPDIR"
	$CC -o t t.c
	./t >from-c
	"$BUTTER" seccomp-exec -d 'socket(domain == AF_PACKET)' --dump bpf >from-butter
	cmp from-c from-butter
}

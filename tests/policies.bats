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

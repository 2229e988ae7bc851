#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Names are changed in private UTS namespaces only: the machine keeps its own.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...

load helper

setup() {
	trace_tests_only
	need_applet gethostname
}

# named NAME DOMAIN ARGUMENT...: runs gethostname where these are the names.
named() {
	local name=$1 domain=$2

	shift 2
	need_applet sethostname
	namespaces -u
	# shellcheck disable=SC2016
	capture "${within[@]}" sh -ec '
		"$BUTTER" sethostname --force "$1"
		"$BUTTER" sethostname --force -d "$2"
		shift 2
		exec "$BUTTER" gethostname "$@"' "$0" "$name" "$domain" "$@"
}

@test "prints the host name as the kernel has it" {
	try gethostname
	succeeded
	equal "$output" "$(uname -n)"
	[ ! -r /proc/sys/kernel/hostname ] || equal "$output" "$(cat /proc/sys/kernel/hostname)"
}

@test "prints the name of its own UTS namespace" {
	named web1.example.org example
	succeeded
	equal "$output" web1.example.org
}

@test "-d and --domain print the NIS domain name" {
	for option in -d --domain; do
		named web1 example.nis "$option"
		succeeded
		equal "$output" example.nis
	done
	[ ! -r /proc/sys/kernel/domainname ] || {
		try gethostname -d
		equal "$output" "$(cat /proc/sys/kernel/domainname)"
	}
}

@test "-0 and --null end the name in NUL instead of newline" {
	for option in -0 --null; do
		to_file "$BATS_TEST_TMPDIR/out" gethostname "$option"
		succeeded
		equal "$(od -An -c "$BATS_TEST_TMPDIR/out" | tr -d ' \n')" "$(uname -n | sed 's/./&/g')\\0"
	done
}

@test "-0d prints the domain name ended in NUL" {
	named h d.example -0d
	succeeded
	equal "$output" d.example
}

@test "takes a name of 64 bytes, and one of none" {
	long=$(printf '%064d' 7)
	named "$long" "$long"
	succeeded
	equal "$output" "$long"
	named "$long" "$long" -d
	equal "$output" "$long"
	named '' '' -d
	succeeded
	equal "$output" ''
}

@test "prints bytes that are no host name unchanged" {
	odd=$'a b\\\xff\x1b[31m\n.'
	named "$odd" x
	succeeded
	equal "$output" "$odd"
}

@test "opens no file" {
	traced '/^(open|openat|openat2|p?poll)$' gethostname
	succeeded
	# From butter's first own call.
	equal "$(sed '0,/poll(/d; /poll(/d' "$trace")" ""
}

@test "refuses an operand" {
	try gethostname web1
	misused gethostname "'web1'"
	try gethostname ''
	misused gethostname "''"
}

@test "a kernel that does not answer is told in one line" {
	for error in ENOSYS EPERM EFAULT; do
		inject uname:error=$error gethostname
		failed 1 gethostname "cannot read the host name"
		inject uname:error=$error gethostname -d
		failed 1 gethostname "cannot read the domain name"
	done
	inject uname:error=ENOSYS gethostname
	contains "$stderr" "seccomp profile"
	inject uname:error=EPERM gethostname
	lacks "$stderr" "CAP_SYS_ADMIN"
}

@test "fails when its output goes to a full disk, a closed descriptor or a broken pipe" {
	for option in -0 -d; do
		with '>/dev/full' gethostname "$option"
		failed 1 gethostname "No space left on device"
		with '>&-' gethostname "$option"
		failed 1 gethostname "Bad file descriptor"
		broken_pipe ignore gethostname "$option"
		failed 1 gethostname "Broken pipe"
		broken_pipe default gethostname "$option"
		equal "$status" 141
	done
}

@test "an interrupted write changes nothing" {
	inject write:error=EINTR:when=1 gethostname
	succeeded
	equal "$output" "$(uname -n)"
}

@test "does not need standard input or error" {
	with '<&- 2>&-' gethostname
	succeeded
	equal "$output" "$(uname -n)"
}

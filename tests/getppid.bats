#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, within ...

load helper

setup() {
	trace_tests_only
	need_applet getppid
}

@test "prints the number of whoever started it" {
	# shellcheck disable=SC2016
	capture sh -c 'echo $$; "$BUTTER" getppid; :'
	succeeded
	equal "${output#*$'\n'}" "${output%$'\n'*}"
}

@test "knows a subshell's number, which \$\$ does not" {
	# shellcheck disable=SC2016
	capture bash -c '(echo $BASHPID; "$BUTTER" getppid; :); :'
	succeeded
	equal "${output#*$'\n'}" "${output%$'\n'*}"
}

@test "asks the kernel each time" {
	traced getppid getppid
	succeeded
	[ "$(grep -c 'getppid()' "$trace")" -ge 1 ]
}

@test "prints the number of another process's parent" {
	try getppid $$
	succeeded
	equal "$output" "$PPID"
	try getppid 1
	succeeded
	equal "$output" 0
}

@test "the parent of process 1 in a pid namespace is 0" {
	namespaces -pf --mount-proc
	capture "${within[@]}" "$BUTTER" getppid
	succeeded
	equal "$output" 0
}

@test "says that a process does not exist" {
	true &
	wait $!
	for number in $! 4194303; do
		try getppid "$number"
		failed 1 getppid "cannot look at process $number" "No such process"
	done
}

@test "refuses what is no process id" {
	for wrong in '' 5x x 0 +1 ' 1' '1 ' 1.0 0x1 1e3 1e99 4194305 4294967297 18446744073709551616 \
		99999999999999999999; do
		try getppid "$wrong"
		misused getppid "'$wrong'"
	done
	try getppid -- -1
	misused getppid "'-1'"
	try getppid -1
	misused getppid "'-1'"
}

@test "refuses a second operand and any option" {
	try getppid 1 2
	misused getppid "'2'"
	try getppid --id
	misused getppid "'--id'"
}

@test "is not misled by a command's name that looks like fields of /proc/PID/stat" {
	name=$') S 77 (\n) 1'
	cp "$(command -v tail)" "$BATS_TEST_TMPDIR/$name"
	launch "$BATS_TEST_TMPDIR/$name" -f /dev/null
	try getppid "$pid"
	succeeded
	equal "$output" "$BASHPID"
}

@test "without /proc it still knows its own parent, and says what others need" {
	need_plain_build
	without_proc
	capture "${within[@]}" "$BUTTER" getppid
	succeeded
	capture "${within[@]}" "$BUTTER" getppid 1
	failed 1 getppid "No such file or directory" "mount proc on /proc"
}

@test "the /proc of another pid namespace is not believed" {
	namespaces -pf
	capture "${within[@]}" sh -c "\"\$BUTTER\" getppid 2; exit \$?"
	equal "$status" 1
	one_line getppid
	equal "$output" ""
}

@test "an interrupted read changes nothing" {
	inject read:error=EINTR:when=1 getppid $$
	succeeded
	equal "$output" "$PPID"
}

@test "faults of each system call are told in one line" {
	for error in EMFILE ENFILE ENOMEM EACCES; do
		inject openat:error=$error getppid $$
		failed 1 getppid "cannot look at process $$"
	done
	for error in EIO ESRCH; do
		inject read:error=$error getppid $$
		failed 1 getppid "cannot look at process $$"
	done
}

@test "fails when its output goes to a full disk, a closed descriptor or a broken pipe" {
	with '>/dev/full' getppid
	failed 1 getppid "No space left on device"
	with '>&-' getppid
	failed 1 getppid "Bad file descriptor"
	broken_pipe ignore getppid
	failed 1 getppid "Broken pipe"
	broken_pipe default getppid
	equal "$status" 141
}

@test "does not need standard input" {
	with '<&-' getppid
	succeeded
}

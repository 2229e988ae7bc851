#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # the inner shells expand
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, within ...

load helper

setup() {
	trace_tests_only
	need_applet pidfd-getfd
	need_pidfd
	cd "$BATS_TEST_TMPDIR" || return
}

# holder: a process with the file `lines` on descriptor 5, of which it has read the first.
holder() {
	printf 'first\nsecond\nthird\n' >lines
	start bash -c 'exec 5<lines; read -r _ <&5; echo >&7; exec tail -f /dev/null 7>&-'
	try pidfd-getfd "$pid" 5 -- true
	[[ $stderr != *"Operation not permitted"* || $stderr != *"Function not implemented"* ]] || skip "pidfd_getfd is forbidden here"
}

@test "a command has the descriptor of the other process, as 3 or where it is wanted" {
	holder
	try pidfd-getfd "$pid" 5 -- cat /proc/self/fdinfo/3
	succeeded
	contains "$output" $'pos:\t6'
	try pidfd-getfd --to 0 "$pid" 5 -- head -n 1
	succeeded
	equal "$output" second
	need_tool perl
	for to in 1 4 9; do
		with '>&2' pidfd-getfd --to "$to" "$pid" 5 -- perl -e 'print STDERR readlink "/proc/self/fd/$ARGV[0]"' "$to"
		equal "$status" 0
		equal "$stderr" "$PWD/lines"
	done
}

@test "both have the same open file, with one position" {
	holder
	try pidfd-getfd "$pid" 5 -- sh -c 'read -r line <&3; echo "$line"'
	equal "$output" second
	try pidfd-getfd "$pid" 5 -- sh -c 'read -r line <&3; echo "$line"'
	equal "$output" third
}

@test "a command gets no other descriptor, but those of the caller" {
	holder
	capture sh -c 'exec 6</dev/null 3</dev/null; exec ls /proc/self/fd'
	expected=$output
	capture sh -c 'exec 6</dev/null; exec "$BUTTER" pidfd-getfd "$1" 5 -- ls /proc/self/fd' "$0" "$pid"
	succeeded
	equal "$output" "$expected"
}

@test "one after the other gives two" {
	holder
	try pidfd-getfd "$pid" 5 -- "$BUTTER" pidfd-getfd --to 4 "$pid" 2 -- readlink /proc/self/fd/3 /proc/self/fd/4
	succeeded
	equal "$output" "$PWD/lines"$'\n'"$job/err"
}

@test "an identity is that process and no other" {
	need_applet getpid
	holder
	try getpid --id "$pid"
	id=$output
	try pidfd-getfd "$id" 5 -- head -c 3 /proc/self/fd/3
	succeeded
	equal "$output" fir
	try pidfd-getfd "${id}1" 5 -- true
	failed 125 pidfd-getfd "process '${id}1' has ended, and its number is another one's now"
}

@test "says what cannot be had" {
	holder
	try pidfd-getfd "$pid" 77 -- true
	failed 125 pidfd-getfd "cannot take descriptor 77 of process $pid: Bad file descriptor"
	try pidfd-getfd 4194304 0 -- true
	failed 125 pidfd-getfd "cannot find process '4194304': No such process"
	try pidfd-getfd --to 2147483647 "$pid" 5 -- true
	failed 125 pidfd-getfd "cannot make it descriptor 2147483647" "ulimit -n"
	need_root
	unprivileged
	try_as_nobody pidfd-getfd "$pid" 5 -- true
	failed 125 pidfd-getfd "Operation not permitted" "who may not trace it"
}

@test "wrong usage is 125" {
	for wrong in '1 x -- true' '1 -- true' '1 2 3 -- true' '1 2' '1 2 --' 'x 2 -- true' '1 -1 -- true' '--to x 1 2 -- true' \
		'--to -1 1 2 -- true' '1 2147483648 -- true'; do
		# shellcheck disable=SC2086
		try pidfd-getfd $wrong
		equal "$status" 125 || fails "$wrong"
		one_line pidfd-getfd
		contains "$stderr" "(see 'butter pidfd-getfd --help')"
	done
}

@test "a command's status is passed on, and 126 and 127 are what they are elsewhere" {
	holder
	for number in 0 1 42 255; do
		try pidfd-getfd "$pid" 5 -- sh -c "exit $number"
		equal "$status" "$number"
	done
	try pidfd-getfd "$pid" 5 -- /no/such/command
	failed 127 pidfd-getfd "cannot run '/no/such/command'"
	try pidfd-getfd "$pid" 5 -- "$PWD"
	failed 126 pidfd-getfd "Permission denied"
}

@test "the kernel's refusals are told in one line, with what to do" {
	need_applet seccomp-exec
	holder
	for error in ENOSYS:'Linux 5.6' EMFILE:'raise ulimit -n' EPERM: ESRCH:; do
		inject "pidfd_getfd:error=${error%%:*}" pidfd-getfd "$pid" 5 -- true
		failed 125 pidfd-getfd "cannot take descriptor 5 of process $pid" "${error#*:}"
	done
	try seccomp-exec --errno pidfd_getfd=ENOSYS -- "$BUTTER" pidfd-getfd "$pid" 5 -- true
	failed 125 pidfd-getfd "pidfd_getfd is needed"
	try seccomp-exec --errno pidfd_open=ENOSYS -- "$BUTTER" pidfd-getfd "$pid" 5 -- true
	failed 125 pidfd-getfd "pidfds are needed"
}

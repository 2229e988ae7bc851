#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, within ...

load helper

setup() {
	trace_tests_only
	need_applet getpid
}

# ended: prints the number of a process that has just ended.
ended() {
	true &
	wait $!
	echo $!
}

# child_of PID: prints its only child's number.
child_of() {
	tr -d ' ' <"/proc/$1/task/$1/children"
}

@test "prints the number of its own process" {
	"$BUTTER" getpid >"$BATS_TEST_TMPDIR/out" 3>&- &
	wait $!
	equal "$(cat "$BATS_TEST_TMPDIR/out")" "$!"
}

@test "asks the kernel each time" {
	traced getpid getpid
	succeeded
	# By the call, not by what the C library remembers.
	[ "$(grep -c 'getpid()' "$trace")" -ge 1 ]
	equal "$(sed 's/ .*//; q' "$trace")" "$output"
}

@test "is number 1 in a new pid namespace" {
	namespaces -pf --mount-proc
	capture "${within[@]}" "$BUTTER" getpid
	succeeded
	equal "$output" 1
}

@test "prints the number of a process that exists" {
	try getpid $$
	succeeded
	equal "$output" $$
	try getpid 1
	succeeded
	equal "$output" 1
}

@test "says that a process does not exist" {
	for number in "$(ended)" 4194303; do
		for option in --ns --id ''; do
			try getpid ${option:+"$option"} "$number"
			failed 1 getpid "$number" "No such process"
		done
	done
}

@test "refuses what is no process id" {
	for wrong in '' 5x x 0 +1 ' 1' '1 ' 1.0 0x1 1e3 1e99 4194305 4294967297 18446744073709551616 \
		99999999999999999999 $'1\n'; do
		try getpid "$wrong"
		misused getpid
		try getpid --id "$wrong"
		misused getpid
	done
	try getpid -1
	misused getpid "'-1'"
}

@test "refuses a second operand" {
	try getpid 1 2
	misused getpid "'2'"
}

@test "--ns prints the number in each pid namespace, innermost last" {
	need_applet timerfd-sleep
	try getpid --ns
	succeeded
	matches "$output" '[0-9]+( [0-9]+)*'
	namespaces -pf --mount-proc --kill-child
	start "${within[@]}" "$BUTTER" timerfd-sleep --ready-fd 7 inf
	[ -e "/proc/$pid/task/$pid/children" ] || skip "this kernel does not list children"
	child=$(child_of "$pid")
	try getpid --ns "$child"
	succeeded
	equal "$output" "$(sed -n 's/^NSpid:\t//p' "/proc/$child/status" | tr '\t' ' ')"
	matches "$output" ".*$child 1"
	capture "${within[@]}" "$BUTTER" getpid --ns
	succeeded
	equal "$output" 1
}

@test "--ns works at 33 nested namespaces' depth, the kernel's limit" {
	need_long
	namespaces -pf --mount-proc
	nested=()
	for _ in {1..31}; do nested+=(unshare -pf --mount-proc); done
	capture "${within[@]}" "${nested[@]}" "$BUTTER" getpid --ns
	succeeded
	equal "$output" 1
}

@test "--id stays the same for one process and differs between two" {
	IN=/dev/null launch tail -f /dev/null
	try getpid --id "$pid"
	succeeded
	first=$output
	matches "$first" "${pid}[:@][0-9]+"
	try getpid --id "$pid"
	equal "$output" "$first"
	try getpid --id $$
	succeeded
	[ "${output#*[:@]}" != "${first#*[:@]}" ] || fails "the same: $first $output"
}

@test "--id without PID speaks of butter itself" {
	try getpid --id
	succeeded
	matches "$output" '[0-9]+[:@][0-9]+'
}

@test "--id without pidfds is PID@STARTTIME, as /proc has it" {
	for error in ENOSYS EPERM; do
		inject pidfd_open:error=$error getpid --id $$
		succeeded
		equal "$output" "$$@$(sed 's/.*) //' /proc/$$/stat | cut -d ' ' -f 20)"
	done
	# A kernel whose pidfds all share one inode.
	inject fstatfs:error=ENOSYS getpid --id $$
	succeeded
	matches "$output" "$$@[0-9]+"
}

@test "--id never changes its form because descriptors or memory have run out" {
	try getpid --id $$
	[[ $output == *:* ]] || skip "no pidfs here"
	for error in EMFILE ENFILE ENOMEM; do
		inject pidfd_open:error=$error getpid --id $$
		equal "$status" 1
		one_line getpid
		equal "$output" ""
	done
}

@test "is not misled by a command's name that looks like fields of /proc/PID/stat" {
	name=$') S 77 (\n) 1'
	cp "$(command -v tail)" "$BATS_TEST_TMPDIR/$name"
	# shellcheck disable=SC2016
	IN=/dev/null launch "$BATS_TEST_TMPDIR/$name" -f /dev/null
	inject pidfd_open:error=ENOSYS getpid --id "$pid"
	succeeded
	start=$(tr '\n' ' ' <"/proc/$pid/stat" | sed 's/.*) //' | cut -d ' ' -f 20)
	equal "$output" "$pid@$start"
}

@test "a command after -- takes the place of butter and finds its number in BUTTER_PID" {
	# shellcheck disable=SC2016
	try getpid -- sh -c 'echo $$ $BUTTER_PID'
	succeeded
	read -r own told <<<"$output"
	equal "$own" "$told"
	# shellcheck disable=SC2016
	"$BUTTER" getpid -- sh -c 'echo "$BUTTER_PID"' >"$BATS_TEST_TMPDIR/out" 3>&- &
	wait $!
	equal "$(cat "$BATS_TEST_TMPDIR/out")" "$!"
}

@test "a command gets its arguments untouched, and BUTTER_PID replaces an old one" {
	export BUTTER_PID=old
	# shellcheck disable=SC2016
	try getpid -- sh -c 'printf "<%s>" "$@"; [ $$ = "$BUTTER_PID" ]' -- --id -- '' $'a b\nc' --help
	succeeded
	equal "$output" $'<--id><--><><a b\nc><--help>'
}

@test "a command's status and death by a signal are passed on" {
	for number in 0 1 7 125 255; do
		try getpid -- sh -c "exit $number"
		equal "$status" "$number"
		equal "$stderr" ""
	done
	# shellcheck disable=SC2016
	try getpid -- sh -c 'kill -TERM $$'
	equal "$status" 143
}

@test "a command that is not found is 127, one that cannot be run is 126" {
	try getpid -- /no/such/command
	failed 127 getpid "cannot run '/no/such/command'" "No such file or directory"
	# Folders of PATH that may not be searched make it 126: below.
	PATH=/usr/bin:/bin try getpid -- no-such-command-anywhere
	failed 127 getpid "cannot run 'no-such-command-anywhere'"
	echo data >"$BATS_TEST_TMPDIR/data"
	try getpid -- "$BATS_TEST_TMPDIR/data"
	failed 126 getpid "Permission denied"
	try getpid -- "$BATS_TEST_TMPDIR"
	failed 126 getpid
	try getpid -- "$BATS_TEST_TMPDIR/data/below"
	failed 126 getpid "Not a directory"
	inject execve:error=ENOMEM:when=1+ getpid -- /bin/true
	failed 126 getpid "Cannot allocate memory"
}

@test "where a folder of PATH may not be searched, a command that is not found is 126, as in env" {
	local closed

	unprivileged
	closed=$(public_folder)/closed
	mkdir "$closed"
	chmod 0 "$closed"
	PATH=$closed:$PATH capture "${as_nobody[@]}" env no-such-command-anywhere
	equal "$status" 126
	PATH=$closed:$PATH try_as_nobody getpid -- no-such-command-anywhere
	failed 126 getpid "cannot run 'no-such-command-anywhere': Permission denied" "in PATH"
	PATH=$closed:$PATH try_as_nobody getpid -- true
	succeeded
}

@test "-- without a command is wrong usage, and so is a command beside anything else" {
	try getpid --
	misused getpid COMMAND
	try getpid 1 -- true
	misused getpid
	try getpid --id -- true
	misused getpid
	try getpid --ns --id
	misused getpid
}

@test "a command inherits what the caller has opened, and nothing of butter's" {
	# shellcheck disable=SC2016
	capture sh -c 'exec 5</dev/null; ls -1 /proc/self/fd; echo; exec "$BUTTER" getpid -- ls -1 /proc/self/fd'
	succeeded
	equal "${output#*$'\n\n'}" "${output%%$'\n\n'*}"
	contains "$output" 5
}

@test "a command finds closed descriptors closed, not those that butter occupied" {
	# shellcheck disable=SC2016
	with '<&- >&- 2>&-' getpid -- sh -c 'for fd in 0 1 2; do [ ! -e /proc/$$/fd/$fd ] || exit 9; done'
	equal "$status" 0
}

@test "a command starts with the signals that the caller has ignored or not" {
	for action in ignore default; do
		capture env "--$action-signal=PIPE" "--$action-signal=USR1" \
			grep -E 'Sig(Ign|Blk)' /proc/self/status
		expected=$output
		capture env "--$action-signal=PIPE" "--$action-signal=USR1" \
			"$BUTTER" getpid -- grep -E 'Sig(Ign|Blk)' /proc/self/status
		succeeded
		equal "$output" "$expected"
	done
}

@test "is number 1 for a command too, and the command then is number 1" {
	namespaces -pf --mount-proc
	# shellcheck disable=SC2016
	capture "${within[@]}" "$BUTTER" getpid -- sh -c 'echo $$ $BUTTER_PID'
	succeeded
	equal "$output" "1 1"
}

@test "the number of a thread is no process's, whatever is asked of it" {
	need_tool "${CC:-cc}"
	need_proc
	cat >"$BATS_TEST_TMPDIR/threads.c" <<-'END'
		#include <pthread.h>
		#include <unistd.h>
		static void *
		thread(void *nothing)
		{
			write(7, "\n", 1);
			pause();
			return nothing;
		}
		int
		main(void)
		{
			pthread_t id;
			pthread_create(&id, NULL, thread, NULL);
			return pthread_join(id, NULL);
		}
	END
	"${CC:-cc}" -w -pthread -o "$BATS_TEST_TMPDIR/threads" "$BATS_TEST_TMPDIR/threads.c" || skip "cannot compile here"
	start "$BATS_TEST_TMPDIR/threads"
	for thread in "/proc/$pid/task/"*; do thread=${thread##*/}; done
	[ "$thread" != "$pid" ]
	for option in '' --ns --id; do
		try getpid ${option:+"$option"} "$thread"
		failed 1 getpid "process $thread: No such process (it is a thread of process $pid)" || fails "$option"
		try getpid ${option:+"$option"} "$pid"
		succeeded
	done
	if [[ " $APPLETS " == *' getppid '* ]]; then
		try getppid "$thread"
		failed 1 getppid "it is a thread of process $pid"
	fi
}

@test "without /proc it still knows itself, and says what others need" {
	need_plain_build
	without_proc
	capture "${within[@]}" "$BUTTER" getpid
	succeeded
	for option in '' --ns; do
		capture "${within[@]}" "$BUTTER" getpid ${option:+"$option"} 1
		failed 1 getpid "No such file or directory" "mount proc on /proc"
	done
}

@test "the /proc of another pid namespace is not believed" {
	namespaces -pf
	# Number 2 there is not number 2 here.
	capture "${within[@]}" sh -c "\"\$BUTTER\" getpid --ns 2; exit \$?"
	equal "$status" 1
	one_line getpid
	equal "$output" ""
}

@test "faults of each system call are told in one line" {
	for error in EMFILE ENFILE ENOMEM EACCES; do
		inject openat:error=$error getpid $$
		failed 1 getpid "cannot look at process $$"
	done
	inject openat:error=EMFILE getpid $$
	contains "$stderr" "Too many open files (raise ulimit -n)"
	inject openat:error=EACCES getpid $$
	contains "$stderr" hidepid
	for error in EIO ESRCH ENOMEM; do
		inject read:error=$error getpid --ns $$
		failed 1 getpid "cannot look at process $$"
	done
}

@test "an interrupted read of /proc changes nothing" {
	inject read:error=EINTR:when=1 getpid --ns $$
	succeeded
	matches "$output" ".*$$.*"
	inject read:error=EINTR:when=1..2 getpid $$
	succeeded
	equal "$output" $$
}

@test "fails when its output goes to a full disk, a closed descriptor or a broken pipe" {
	for option in '' --ns --id; do
		with '>/dev/full' getpid ${option:+"$option"}
		failed 1 getpid "No space left on device"
		with '>&-' getpid ${option:+"$option"}
		failed 1 getpid "Bad file descriptor"
		broken_pipe ignore getpid ${option:+"$option"}
		failed 1 getpid "Broken pipe"
		broken_pipe default getpid ${option:+"$option"}
		equal "$status" 141
	done
}

@test "does not need standard input" {
	with '<&-' getpid
	succeeded
}

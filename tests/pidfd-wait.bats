#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # the inner shells expand
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, within ...

load helper

setup() {
	trace_tests_only
	need_applet pidfd-wait
	need_pidfd
	cd "$BATS_TEST_TMPDIR" || return
}

# ended: prints the number of a process that has just ended.
ended() {
	true &
	wait $!
	echo $!
}

# elsewhere SCRIPT: a shell of its own runs SCRIPT as its child, once something is written to the FIFO `go`, and waits for
# it; target is the child's number.
elsewhere() {
	rm -f go
	mkfifo go
	launch bash -c 'bash -c "read -r _ <go; $1" 7>&- & echo $! >&7; exec 7>&-; wait' "$0" "$1"
	read -r -t "$LIMIT" -u "$ready" target
}

# unreaped STATUS: a process that never waits has a child, which has ended with STATUS; target is the child's number.
unreaped() {
	need_tool perl
	launch perl -e '$| = 1; my $child = fork; exit $ARGV[0] if !$child; open my $out, ">&=", 7 or die; select $out; $| = 1;
		print "$child\n"; sleep 1000' "$1"
	read -r -t "$LIMIT" -u "$ready" target
	await has_state Z "$target"
}

# ---- Ends and how they came

@test "tells the end of a process that is no child, with its status" {
	elsewhere 'exit 42'
	start "$BUTTER" pidfd-wait --ready-fd 7 "$target"
	echo >go
	finish
	succeeded
	equal "$output" "exit $target 42 -"
}

@test "tells the signal that has ended a process" {
	elsewhere 'kill -TERM $$'
	start "$BUTTER" pidfd-wait --ready-fd 7 "$target"
	echo >go
	finish
	succeeded
	equal "$output" "exit $target 143 TERM"
}

@test "tells all as JSON" {
	need_tool jq
	for how in 'exit 0' 'exit 7' 'kill -KILL $$'; do
		elsewhere "$how"
		start "$BUTTER" pidfd-wait -j --ready-fd 7 "$target"
		echo >go
		finish
		succeeded
		equal "$(jq -c 'del(.time), (.time | type)' <<<"$output")" "$(
			case $how in
			*KILL*) echo "{\"event\":\"exit\",\"pid\":$target,\"status\":137,\"signal\":\"KILL\"}" ;;
			*) echo "{\"event\":\"exit\",\"pid\":$target,\"status\":${how#exit }}" ;;
			esac
			echo '"number"'
		)"
	done
}

@test "a format and NUL bytes are as asked for" {
	unreaped 3
	try pidfd-wait -F '%P:%x%n%S %e %%' "$target"
	succeeded
	equal "$output" "$target:3"$'\n''- exit %'
	to_file out pidfd-wait -0 "$target" "$target"
	succeeded
	equal "$(tr '\0' '|' <out)" "exit $target 3 -|exit $target 3 -|"
}

@test "nobody learns of a root process's status what root does" {
	need_root
	unprivileged
	elsewhere 'exit 42'
	start "${as_nobody[@]}" "$BUTTER" pidfd-wait --ready-fd 7 "$target"
	echo >go
	finish
	succeeded
	[ "$output" != "exit $target ? -" ] || skip "the kernel does not tell others: before Linux 6.15"
	equal "$output" "exit $target 42 -"
}

@test "a zombie whose parent never waits tells its status at once to its user" {
	unreaped 9
	try pidfd-wait --reap-timeout inf "$target"
	succeeded
	equal "$output" "exit $target 9 -"
}

@test "a status that nobody tells is not made up, and not waited for longer than --reap-timeout" {
	need_root
	unprivileged
	unreaped 9
	try_as_nobody pidfd-wait --reap-timeout 50ms "$target"
	succeeded
	equal "$output" "exit $target ? -"
	try_as_nobody pidfd-wait --reap-timeout 0 -j "$target"
	succeeded
	lacks "$output" status
	try_as_nobody pidfd-wait --reap-timeout 0 --status "$target"
	failed 125 pidfd-wait "nobody tells with which status process $target has ended"
	# The whole time of --timeout is less, and yet the end was seen.
	try_as_nobody pidfd-wait --reap-timeout inf -t 50ms "$target"
	succeeded
	equal "$output" "exit $target ? -"
	try_as_nobody pidfd-wait -t 0 "$target"
	succeeded
	equal "$output" "exit $target ? -"
}

@test "a status is told as soon as the parent waits" {
	need_root
	need_tool perl
	unprivileged
	mkfifo go
	launch perl -e 'my $child = fork; exit 11 if !$child; open my $out, ">&=", 7 or die; select $out; $| = 1;
		print "$child\n"; open my $go, "<", "go" or die; <$go>; wait; sleep 1000'
	read -r -t "$LIMIT" -u "$ready" target
	await has_state Z "$target"
	start "${as_nobody[@]}" "$BUTTER" pidfd-wait --reap-timeout inf --ready-fd 7 "$target"
	drained
	echo >go
	# (Older kernels would never tell.)
	[ "$(uname -r | awk -F. '{ print ($1 * 1000 + $2 >= 6015) }')" = 1 ] || skip "before Linux 6.15"
	finish
	succeeded
	equal "$output" "exit $target 11 -"
}

@test "a child of the process that it has become can still be waited for" {
	# The shell's child is its own, then, and nobody waits for it.
	mkfifo go
	capture bash -c 'bash -c "read -r _ <go; exit 6" & exec "$BUTTER" pidfd-wait --ready-fd 9 $! 9>go'
	succeeded
	matches "$output" 'exit [0-9]+ 6 -'
}

@test "never hangs in a command substitution of any shell" {
	local shells=(bash dash 'busybox sh') shell

	for shell in "${shells[@]}"; do
		command -v "${shell%% *}" >/dev/null || continue
		rm -f go
		mkfifo go
		# shellcheck disable=SC2086
		capture $shell -c 'sh -c "read _ <go; exit 42" & x=$("$BUTTER" pidfd-wait --reap-timeout 50ms --ready-fd 9 $! 9>go); echo "$x"'
		succeeded
		matches "$output" 'exit [0-9]+ 42 -' || fails "$shell"
		# shellcheck disable=SC2086 # words
		capture $shell -c 'sh -c "read _ <go; exit 42" & x=$("$BUTTER" pidfd-wait --status --ready-fd 9 $! 9>go); echo "$?$x"'
		equal "$output" 42 || fails "$shell"
	done
}

# ---- Which ones

@test "waits for all, for any, or for so many" {
	local option

	for option in '' -a -n2; do
		rm -f go2
		mkfifo go2
		elsewhere 'exit 1'
		first=$target
		launch bash -c 'bash -c "read -r _ <go2; exit 2" 7>&- & echo $! >&7; exec 7>&-; wait' "$0"
		read -r -t "$LIMIT" -u "$ready" second
		start "$BUTTER" pidfd-wait ${option:+"$option"} --ready-fd 7 "$first" "$second"
		echo >go2
		await grep -q "exit $second 2" "$job/out"
		[ "$option" = -a ] || { is_running && echo >go; }
		finish
		succeeded
		if [ "$option" = -a ]; then echo >go && equal "$output" "exit $second 2 -"
		else equal "$output" "exit $second 2 -"$'\n'"exit $first 1 -"; fi
	done
}

@test "waits for a thousand at once" {
	local all

	[ "$(ulimit -n)" = unlimited ] || (($(ulimit -Hn) >= 1100)) || skip "ulimit -n is small"
	need_tool perl
	launch perl -e 'open my $out, ">&=", 7 or die; select $out; my @all;
		for my $n (1 .. $ARGV[0]) { my $child = fork; exit $n % 100 if !$child; push @all, $child } print "@all\n"; $| = 1; print "\n";
		sleep 1000' "$(rounds 300 1000)"
	read -r -t "$LIMIT" -u "$ready" -a all
	read -r -t "$LIMIT" -u "$ready" _
	capture bash -c 'ulimit -n "$(ulimit -Hn)"; exec "$BUTTER" pidfd-wait "$@"' "$0" "${all[@]}"
	succeeded
	equal "$(sort -k 2n <<<"$output")" "$(n=0; for one in "${all[@]}"; do echo "exit $one $((++n % 100)) -"; done | sort -k 2n)"
}

@test "--children waits for those of a process, and for the caller's" {
	elsewhere 'exit 5'
	start "$BUTTER" pidfd-wait --children --ready-fd 7 "$pid"
	echo >go
	finish
	succeeded
	equal "$output" "exit $target 5 -"
	# The process itself goes on; it has none any more.
	capture bash -c 'bash -c "read -r _ <go; exit 6" & "$BUTTER" pidfd-wait --children --ready-fd 9 9>go; wait'
	succeeded
	matches "$output" 'exit [0-9]+ 6 -'
	# (The shell of the test has others: what limits its time.)
	capture bash -c '"$BUTTER" pidfd-wait --children; exit "$?"'
	succeeded
	equal "$output" ""
}

@test "--children works where the kernel does not list them" {
	unreaped 4
	# (The first question is whether there is a /proc at all.)
	inject 'access:error=ENOENT:when=2 faccessat:error=ENOENT:when=2 faccessat2:error=ENOENT:when=2' pidfd-wait --children "$pid"
	succeeded
	equal "$output" "exit $target 4 -"
}

# ---- Identities

@test "an identity is the process that getpid has printed, and no other" {
	need_applet getpid
	unreaped 8
	try getpid --id "$target"
	id=$output
	try pidfd-wait "$id"
	succeeded
	equal "$output" "exit $target 8 -"
	try pidfd-wait "$id"1
	failed 1 pidfd-wait "process '${id}1' has ended, and its number is another one's now"
	try pidfd-wait --exited "$id"1
	succeeded
	equal "$output" "exit $target ? -"
}

@test "a start time is an identity where there are no inodes" {
	unreaped 8
	read_stat "$target"
	start=$(cut -d ' ' -f 20 <<<"$stat")
	try pidfd-wait "$target@$start"
	succeeded
	equal "$output" "exit $target 8 -"
	try pidfd-wait "$target@$((start - 1))"
	failed 1 pidfd-wait "has ended, and its number is another one's now"
	inject fstatfs:error=ENOSYS pidfd-wait "$target@$start"
	succeeded
	inject fstatfs:error=ENOSYS pidfd-wait "$target:$start"
	failed 1 pidfd-wait "this kernel gives processes none (take PID@STARTTIME"
}

@test "the next process with the same number is not taken for the one that was meant" {
	need_applet getpid
	need_root
	namespaces -pf --mount-proc --kill-child
	capture "${within[@]}" bash -c '
		tail -f /dev/null & first=$!
		id=$("$BUTTER" getpid --id "$first")
		{ kill -KILL "$first" && wait "$first"; } 2>/dev/null
		echo "$((first - 1))" >/proc/sys/kernel/ns_last_pid || exit 77
		tail -f /dev/null & [ "$!" = "$first" ] || exit 78
		"$BUTTER" pidfd-wait -t 0 "$first"
		echo "$?"
		"$BUTTER" pidfd-wait -e "$id"
		"$BUTTER" pidfd-wait "$id"'
	[ "$status" != 77 ] || skip "cannot choose the next number here"
	failed 1 pidfd-wait "has ended, and its number is another one's now" || {
		[[ $output == 124$'\n''exit '* ]] && equal "$status" 1
	}
	matches "$output" $'124\nexit [0-9]+ \\? -'
}

@test "says that a process is not there, and waits for the others" {
	unreaped 2
	gone=$(ended)
	try pidfd-wait "$gone" "$target"
	equal "$status" 1
	one_line pidfd-wait
	contains "$stderr" "cannot find process '$gone': No such process"
	equal "$output" "exit $target 2 -"
	try pidfd-wait --exited "$gone" "$target"
	succeeded
	equal "$(sort <<<"$output")" "$(printf 'exit %d %s -\n' "$gone" '?' "$target" 2 | sort)"
	try pidfd-wait --exited -j "$gone"
	succeeded
	contains "$output" '"synthetic":true'
	try pidfd-wait 4194304
	failed 1 pidfd-wait "No such process"
}

@test "refuses what is no process" {
	local wrong

	for wrong in '' x 0 -1 1x 1: 1@ 1:x 1:-1 1:0 1:2:3 :1 @1 ' 1' 4194305 99999999999999999999 1:99999999999999999999; do
		try pidfd-wait -- "$wrong"
		misused pidfd-wait "'$wrong' is no process" || fails "$wrong"
	done
	try pidfd-wait
	misused pidfd-wait "missing PID"
	try pidfd-wait -n 3 1 2
	misused pidfd-wait "there are 2 processes"
	try pidfd-wait -a -n 1 1
	misused pidfd-wait
	try pidfd-wait -j -0 1
	misused pidfd-wait
	try pidfd-wait -s -j 1
	misused pidfd-wait
}

# ---- As a status

@test "--status ends with the status of the process" {
	unreaped 77
	try pidfd-wait -s "$target"
	equal "$status" 77
	equal "$output$stderr" ""
	elsewhere 'kill -USR1 $$'
	start "$BUTTER" pidfd-wait --status --ready-fd 7 "$target"
	echo >go
	finish
	equal "$status" 138
	try pidfd-wait -s "$(ended)"
	failed 125 pidfd-wait "No such process"
	try pidfd-wait -s x
	misused pidfd-wait
}

@test "--status of several is the first that is not 0" {
	unreaped 0
	first=$target
	unreaped 5
	try pidfd-wait -s "$first" "$target"
	equal "$status" 5
	try pidfd-wait -s "$first" "$first"
	succeeded
}

# ---- Time

@test "gives up in time, with 124" {
	local time

	time=$(microseconds)
	try pidfd-wait -t 150ms $$
	equal "$status" 124
	equal "$output$stderr" ""
	lasted 150000 "$time"
	try pidfd-wait -t 0 $$
	equal "$status" 124
	try pidfd-wait -s -t 0 $$
	equal "$status" 124
	unreaped 1
	try pidfd-wait -t 0 "$target" $$
	equal "$status" 124
	equal "$output" "exit $target 1 -"
}

@test "no end is lost between --ready-fd and it" {
	local round count

	count=$(rounds 50 1000)
	mkfifo go
	for ((round = 0; round < count; round++)); do
		(exec bash -c 'read -r _ <go; exit 3') &
		target=$!
		output=$(limited "$BUTTER" pidfd-wait --ready-fd 9 "$target" 9>go)
		equal "$output" "exit $target 3 -" || fails "in round $round"
		wait "$target" || true
	done
}

@test "is ended by signals, also as process 1" {
	local signal

	for signal in TERM:143 INT:130; do
		start env --default-signal=INT "$BUTTER" pidfd-wait --ready-fd 7 $$
		kill "-${signal%:*}" "$pid"
		finish
		equal "$status" "${signal#*:}"
	done
	namespaces -pf --kill-child
	start "${within[@]}" "$BUTTER" pidfd-wait --ready-fd 7 1
	kill -TERM "$(children "$pid")"
	finish
	equal "$status" 143
}

# ---- Faults

@test "the kernel's refusals are told in one line, with what to do" {
	for error in ENOSYS:'pidfds are needed' EPERM:seccomp EMFILE:'raise ulimit -n' ENFILE:fs.file-max ENOMEM:; do
		inject "pidfd_open:error=${error%%:*}" pidfd-wait $$
		failed 1 pidfd-wait "cannot find process '$$'" "${error#*:}"
	done
	for error in ENOSYS:'no epoll' EMFILE:'raise ulimit -n'; do
		inject "epoll_create1:error=${error%%:*}" pidfd-wait $$
		failed 1 pidfd-wait "cannot wait for processes" "${error#*:}"
	done
	inject epoll_ctl:error=ENOSPC:when=2 pidfd-wait $$
	failed 1 pidfd-wait "cannot wait for process $$" fs.epoll.max_user_watches
	inject timerfd_create:error=EMFILE pidfd-wait $$
	failed 1 pidfd-wait "cannot wait for processes" "raise ulimit -n"
}

@test "a seccomp profile is told by the calls that it lacks" {
	need_applet seccomp-exec
	for call in timerfd_create:'allow timerfd_create' epoll_create1:'allow epoll_create1' ppoll:', ppoll '; do
		try seccomp-exec --errno "${call%%:*}=EPERM" -- "$BUTTER" pidfd-wait $$
		failed 1 pidfd-wait "cannot wait for processes: Operation not permitted (a seccomp profile is in the way: " "${call#*:}"
	done
}

@test "a seccomp profile without pidfds is told, and one without pidfd_send_signal does no harm" {
	need_applet seccomp-exec
	unreaped 3
	try seccomp-exec --errno pidfd_open=ENOSYS -- "$BUTTER" pidfd-wait "$target"
	failed 1 pidfd-wait "pidfds are needed"
	try seccomp-exec --errno pidfd_send_signal=ENOSYS -- "$BUTTER" pidfd-wait "$target"
	succeeded
	equal "$output" "exit $target 3 -"
}

@test "interrupted calls change nothing" {
	unreaped 3
	for call in epoll_wait epoll_pwait read write ppoll; do
		inject "$call:error=EINTR:when=1" pidfd-wait "$target"
		succeeded
		equal "$output" "exit $target 3 -"
	done
}

@test "without /proc it waits, and tells what the kernel does" {
	need_plain_build
	without_proc
	capture "${within[@]}" "$BUTTER" pidfd-wait -t 0 $$
	equal "$status" 124
	capture "${within[@]}" "$BUTTER" pidfd-wait --children $$
	failed 1 pidfd-wait "mount proc on /proc"
}

@test "fails when its output goes to a full disk, a closed descriptor or a broken pipe" {
	unreaped 3
	with '>/dev/full' pidfd-wait "$target"
	failed 1 pidfd-wait "No space left on device"
	with '>&-' pidfd-wait "$target"
	failed 1 pidfd-wait "Bad file descriptor"
	broken_pipe ignore pidfd-wait "$target"
	failed 1 pidfd-wait "Broken pipe"
	with '>&-' pidfd-wait -q "$target"
	succeeded
	with '>&-' pidfd-wait -s "$target"
	equal "$status" 3
	equal "$stderr" ""
}

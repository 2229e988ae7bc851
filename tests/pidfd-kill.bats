#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # the inner shells expand
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, within ...

load helper

setup() {
	trace_tests_only
	need_applet pidfd-kill
	need_pidfd
	cd "$BATS_TEST_TMPDIR" || return
}

# ended: prints the number of a process that has just ended.
ended() {
	true &
	wait $!
	echo $!
}

# stubborn SIGNAL...: a process that these do not end.
stubborn() {
	start env "${@/#/--ignore-signal=}" sh -c 'echo >&7; exec tail -f /dev/null 7>&-'
	await eval '[ "$(cat "/proc/$pid/comm")" = tail ]'
}

# ends STATUS: what was launched last does, so.
ends() {
	finish
	equal "$status" "$1"
}

# ---- One process

@test "sends TERM, or the signal that is asked for" {
	launch tail -f /dev/null
	try pidfd-kill "$pid"
	succeeded
	equal "$output" ""
	ends 143
	for signal in KILL:137 SIGUSR1:138 1:129 usr2:140 RTMIN+1:163; do
		launch tail -f /dev/null
		try pidfd-kill -s "${signal%:*}" "$pid"
		succeeded
		ends "${signal#*:}"
	done
}

@test "-s 0 looks whether it is there" {
	launch tail -f /dev/null
	try pidfd-kill -s 0 "$pid"
	succeeded
	is_running
	try pidfd-kill -s 0 "$(ended)"
	failed 1 pidfd-kill "No such process"
}

@test "a value arrives with the signal" {
	need_strace
	for value in 42 -1 2147483647 -2147483648; do
		start strace -qq -o trace sh -c 'echo >&7; exec tail -f /dev/null 7>&-'
		inner=$(children "$pid")
		await eval '[ "$(cat "/proc/$inner/comm")" = tail ]'
		try pidfd-kill -s USR1 --value "$value" "$inner"
		succeeded
		finish
		contains "$(cat trace)" "si_code=SI_QUEUE"
		contains "$(cat trace)" "int=$value,"
	done
	for wrong in 2147483648 -2147483649 x ''; do
		try pidfd-kill --value "$wrong" 1
		misused pidfd-kill
	done
}

@test "says what cannot be signalled, and signals the others" {
	gone=$(ended)
	launch tail -f /dev/null
	try pidfd-kill "$gone" "$pid"
	failed 1 pidfd-kill "cannot find process '$gone': No such process"
	ends 143
	unprivileged
	need_root
	launch tail -f /dev/null
	try_as_nobody pidfd-kill "$pid"
	failed 1 pidfd-kill "cannot send TERM to process $pid: Operation not permitted" "another user"
	is_running
	try_as_nobody pidfd-kill -s 0 "$pid"
	failed 1 pidfd-kill "cannot signal process $pid: Operation not permitted"
}

@test "refuses what is no signal, no process and no sense" {
	for wrong in TREM 65 -1 '' SIGFOO RTMIN+99; do
		try pidfd-kill -s "$wrong" 1
		misused pidfd-kill "there is no signal '$wrong'"
	done
	try pidfd-kill -s TREM 1
	misused pidfd-kill "did you mean 'TERM'"
	for wrong in x 0 -5 ''; do
		try pidfd-kill -- "$wrong"
		misused pidfd-kill "'$wrong' is no process"
	done
	for wrong in '--then KILL' '--after 1' '--then KILL --then TERM' '--then KILL --after 1 --after 2' '--then 0 --after 1' \
		'--then KILL --after x' '-j' '-F %P' '-0' '-g --tree' '-j -0 -w' '-s 0 -w' '-s 0 --value 1' '-s 0 -t 1'; do
		# shellcheck disable=SC2086
		try pidfd-kill $wrong 4194304
		misused pidfd-kill || fails "$wrong"
	done
	try pidfd-kill
	misused pidfd-kill
}

# ---- Waiting, and more than one signal

@test "waits until all have ended" {
	launch tail -f /dev/null
	one=$pid
	launch tail -f /dev/null
	try pidfd-kill -w "$one" "$pid"
	succeeded
	for one in "$one" "$pid"; do
		! has_state RSDT "$one" || fails "$one goes on"
	done
}

@test "gives up in time, with 124" {
	stubborn TERM
	time=$(microseconds)
	try pidfd-kill -t 150ms "$pid"
	equal "$status" 124
	equal "$output$stderr" ""
	lasted 150000 "$time"
	is_running
	try pidfd-kill -t 0 "$pid"
	equal "$status" 124
	# It ends before the time of the next signal.
	try pidfd-kill --then KILL --after 100 -t 100ms "$pid"
	equal "$status" 124
	equal "$stderr" ""
	is_running
}

@test "sends a stronger signal to who has not ended, and says so" {
	stubborn TERM
	try pidfd-kill --then KILL --after 100ms "$pid"
	failed 1 pidfd-kill "process $pid has not ended within 0.1s of TERM: sending KILL"
	ends 137
	stubborn TERM
	try pidfd-kill -q --after 10ms --then KILL "$pid"
	equal "$status" 1
	equal "$output$stderr" ""
	ends 137
	stubborn INT TERM
	try pidfd-kill -s INT --then TERM --after 10ms --then KILL --after 20ms "$pid"
	equal "$status" 1
	equal "$stderr" "butter: pidfd-kill: process $pid has not ended within 0.01s of INT: sending TERM
butter: pidfd-kill: process $pid has not ended within 0.02s of TERM: sending KILL"
	ends 137
}

@test "no stronger signal is sent, nor its time waited for, when the first was enough" {
	launch tail -f /dev/null
	try pidfd-kill --then KILL --after 1h "$pid"
	succeeded
	ends 143
}

@test "tells how each has ended" {
	need_tool jq
	stubborn TERM
	one=$pid
	launch tail -f /dev/null
	try pidfd-kill -j --then KILL --after 200ms "$one" "$pid"
	equal "$status" 1
	one_line pidfd-kill
	contains "$stderr" "process $one has"
	equal "$(jq -c 'del(.time)' <<<"$output")" "{\"event\":\"exit\",\"pid\":$pid,\"status\":143,\"signal\":\"TERM\"}
{\"event\":\"exit\",\"pid\":$one,\"status\":137,\"signal\":\"KILL\"}"
	launch tail -f /dev/null
	try pidfd-kill -w -F '%P %S' "$pid"
	equal "$output" "$pid TERM"
	launch tail -f /dev/null
	to_file out pidfd-kill -w0 "$pid"
	equal "$(tr '\0' '|' <out)" "exit $pid 143 TERM|"
}

@test "several that are late are told in one line" {
	stubborn TERM
	one=$pid
	stubborn TERM
	try pidfd-kill --then KILL --after 50ms "$one" "$pid"
	failed 1 pidfd-kill "2 processes, the first is $one, have not ended within 0.05s of TERM: sending KILL"
}

# ---- Identities

@test "the next process with the same number is never signalled" {
	need_applet getpid
	need_root
	namespaces -pf --mount-proc --kill-child
	capture "${within[@]}" bash -c '
		tail -f /dev/null & first=$!
		id=$("$BUTTER" getpid --id "$first")
		{ kill -KILL "$first" && wait "$first"; } 2>/dev/null
		echo "$((first - 1))" >/proc/sys/kernel/ns_last_pid || exit 77
		tail -f /dev/null & [ "$!" = "$first" ] || exit 78
		"$BUTTER" pidfd-kill -s KILL "$id"
		echo "$?"
		kill -0 "$first" && "$BUTTER" pidfd-kill -s HUP -w -F %S "$("$BUTTER" getpid --id "$first")"'
	[ "$status" != 77 ] || skip "cannot choose the next number here"
	equal "$status" 0
	one_line pidfd-kill
	contains "$stderr" "has ended, and its number is another one's now"
	equal "$output" $'1\nHUP'
}

@test "a number that is used again before the second signal is not hit by it" {
	need_root
	namespaces -pf --mount-proc --kill-child
	# Stopped between the two, butter finds another process under the number that it was given.
	capture "${within[@]}" bash -c '
		env --ignore-signal=TERM tail -f /dev/null & first=$!
		until [ "$(cat "/proc/$first/comm")" = tail ]; do :; done
		"$BUTTER" pidfd-kill --then KILL --after 300ms "$first" & killer=$!
		until grep -q "^SigIgn" /proc/$killer/status && [ "$(ls "/proc/$killer/fd" | wc -l)" -gt 5 ]; do :; done
		kill -STOP "$killer"
		{ kill -KILL "$first" && wait "$first"; } 2>/dev/null
		echo "$((first - 1))" >/proc/sys/kernel/ns_last_pid || exit 77
		tail -f /dev/null & [ "$!" = "$first" ] || exit 78
		kill -CONT "$killer"
		wait "$killer"
		kill -0 "$first" && echo there'
	[ "$status" != 77 ] || skip "cannot choose the next number here"
	equal "$status" 0
	equal "$output" there
}

# ---- Groups and trees

# group: a shell that leads a group of two more.
group() {
	start setsid bash -c 'tail -f /dev/null 7>&- & tail -f /dev/null 7>&- & echo >&7; wait'
}

@test "--group signals all members, and waits for them" {
	group
	members=$(pgrep -g "$pid" | tr '\n' ' ')
	equal "$(wc -w <<<"$members")" 3
	try pidfd-kill -g -s 0 "$pid"
	[[ $stderr != *"before Linux 6.9"* ]] || skip "before Linux 6.9"
	succeeded
	try pidfd-kill -g -w -F %P "$pid"
	succeeded
	equal "$(sort -n <<<"$output")" "$(tr ' ' '\n' <<<"$members" | sed '/^$/d' | sort -n)"
	finish
}

@test "--group wants the leader, and says who that is" {
	group
	member=$(children "$pid")
	try pidfd-kill -g "$member"
	[[ $stderr != *"before Linux 6.9"* ]] || skip "before Linux 6.9"
	failed 1 pidfd-kill "process $member leads no process group (its group is that of $pid)"
	kill -0 "$member"
	kill -- "-$pid"
}

@test "--group says that older kernels cannot do it safely" {
	launch tail -f /dev/null
	inject pidfd_send_signal:error=EINVAL pidfd-kill -g "$pid"
	failed 1 pidfd-kill "cannot signal process group $pid safely before Linux 6.9"
	is_running
}

@test "--tree signals all that descend, also those in sessions of their own" {
	start bash -c 'setsid bash -c "tail -f /dev/null & setsid tail -f /dev/null & wait" 7>&- &
		(tail -f /dev/null 7>&- & wait) & echo >&7; wait'
	await eval '[ "$("$BUTTER" pidfd-wait --children -t 0 "$pid"; pstree -p "$pid" | grep -o tail | wc -l)" -ge 3 ]'
	try pidfd-kill --tree -w -F '%S' "$pid"
	succeeded
	equal "$(sort <<<"$output" | uniq -c | sed 's/^ *//')" "6 TERM"
	finish
}

@test "--tree loses none of those that start others all the time" {
	need_root
	namespaces -pf --mount-proc --kill-child
	for signal in KILL TERM; do
		capture "${within[@]}" bash -c '
			bash -c "
				spawn() { while :; do tail -f /dev/null & (tail -f /dev/null & wait) & read -t 0.001 -u 9; done; }
				spawn & spawn & spawn" 9<>"$2" & tree=$!
			until [ "$(ls -d /proc/[0-9]* | wc -l)" -gt 60 ]; do :; done
			"$BUTTER" pidfd-kill -s "$1" --tree -t 20s "$tree"
			echo "$?"
			# All that are left are this shell, ls and wc.
			left=0
			for one in /proc/[0-9]*; do
				case $(cat "$one/comm" 2>/dev/null) in tail) grep -q "^State:.Z" "$one/status" || left=$((left + 1)) ;; esac
			done
			echo "$left"' "$0" "$signal" "$(mkfifo "fifo.$signal"; echo "fifo.$signal")"
		equal "$status" 0
		equal "$output" $'0\n0' || fails "$signal: $stderr"
	done
}

@test "--tree leaves itself out, and lets go on what it has stopped" {
	# The shell that has started it is the root.
	capture bash -c 'tail -f /dev/null & trap "echo term" TERM
		"$BUTTER" pidfd-kill --tree $$
		echo "$?"
		wait $!
		echo "$?"'
	equal "$output" $'term\n0\n143'
	start bash -c 'echo >&7; exec 7>&-; tail -f /dev/null & wait'
	try pidfd-kill --tree -s WINCH "$pid"
	succeeded
	has_state S "$pid" || has_state R "$pid"
	kill -KILL "$(children "$pid")"
}

# ---- Faults

@test "the kernel's refusals are told in one line, with what to do" {
	launch tail -f /dev/null
	for error in ENOSYS:'pidfds are needed' EPERM:seccomp EMFILE:'raise ulimit -n'; do
		inject "pidfd_open:error=${error%%:*}" pidfd-kill "$pid"
		failed 1 pidfd-kill "cannot find process '$pid'" "${error#*:}"
	done
	for error in ENOSYS:'Linux 5.1' EAGAIN:'ulimit -i' EPERM: ESRCH:; do
		inject "pidfd_send_signal:error=${error%%:*}" pidfd-kill "$pid"
		failed 1 pidfd-kill "cannot send TERM to process $pid" "${error#*:}"
	done
	inject epoll_create1:error=ENOSYS pidfd-kill -w "$pid"
	failed 1 pidfd-kill "no epoll"
	is_running
}

@test "a seccomp profile without these calls is told" {
	need_applet seccomp-exec
	launch tail -f /dev/null
	try seccomp-exec --errno pidfd_open=ENOSYS -- "$BUTTER" pidfd-kill "$pid"
	failed 1 pidfd-kill "pidfds are needed"
	try seccomp-exec --errno pidfd_send_signal=ENOSYS -- "$BUTTER" pidfd-kill "$pid"
	failed 1 pidfd-kill "pidfd_send_signal is needed"
	is_running
	# Those of a tree that may not be signalled are known by then: each is told of once.
	group
	try seccomp-exec --errno pidfd_send_signal=ENOSYS -- "$BUTTER" pidfd-kill --tree "$pid"
	equal "$status" 1
	equal "$(grep -c 'cannot send TERM to process' <<<"$stderr")/$(wc -l <<<"$stderr")" 3/3
	kill -- "-$pid"
}

@test "fails when its records go to a full disk, and has signalled all the same" {
	launch tail -f /dev/null
	with '>/dev/full' pidfd-kill -w -j "$pid"
	failed 1 pidfd-kill "No space left on device"
	ends 143
	launch tail -f /dev/null
	with '>&-' pidfd-kill -w "$pid"
	succeeded
	ends 143
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# signalfd-wait: signals that come, with who has sent them.
# shellcheck disable=SC2154 # helper.bash sets status, output and stderr
# shellcheck disable=SC2016 # other shells expand

load helper

setup() {
	trace_tests_only
	need_applet signalfd-wait
	cd "$BATS_TEST_TMPDIR" || return
}

# waiting ARGUMENT...: starts it.
waiting() {
	start "$BUTTER" signalfd-wait --ready-fd 7 "$@"
}

# queue PID SIGNAL CODE SENDER UID VALUE: sends a record that says so; rt_sigqueueinfo(2).
queue() {
	local number

	case $(uname -m) in
	x86_64) number=129 ;;
	aarch64 | riscv64) number=138 ;;
	*) skip "the number of rt_sigqueueinfo is not known here" ;;
	esac
	perl -e 'my ($call, $pid, $signal, $code, $who, $uid, $value) = map { $_ + 0 } @ARGV;
		my $info = pack("i i i x4 i i q x96", $signal, 0, $code, $who, $uid, $value);
		exit(syscall($call, $pid, $signal, $info) < 0)' "$number" "$@"
}

@test "tells a signal, and who has sent it" {
	waiting TERM,USR1 HUP
	kill -TERM "$pid"
	finish
	succeeded
	equal "$output" "TERM 15 $BASHPID $(id -u) user - trusted"
}

@test "takes all that have come with --drain, or as many as asked for" {
	waiting --drain USR1,USR2,RTMIN
	kill -STOP "$pid"
	await has_state T
	for signal in RTMIN USR2 RTMIN USR1 USR1; do kill "-$signal" "$pid"; done
	kill -CONT "$pid"
	finish
	succeeded
	equal "$(cut -d ' ' -f 1 <<<"$output" | tr '\n' ' ')" "USR1 USR2 RTMIN RTMIN "
	waiting -n 3 USR1 RTMIN+2
	for signal in RTMIN+2 RTMIN+2 RTMIN+2; do kill "-$signal" "$pid"; done
	finish
	succeeded
	equal "$(cut -d ' ' -f 1,2 <<<"$output")" $'RTMIN+2 36\nRTMIN+2 36\nRTMIN+2 36'
}

@test "-n 0 never ends of itself" {
	waiting -n 0 USR1
	for i in 1 2 3; do
		kill -USR1 "$pid"
		# shellcheck disable=SC2178
		lines=$i
		await eval '[ "$(grep -c USR1 "$job/out")" = "$lines" ]'
	done
	kill -TERM "$pid"
	finish
	equal "$status" 143
}

@test "gives up when the time is over, and looks once with 0" {
	local since

	since=$(microseconds)
	try signalfd-wait -t 0.05 USR1
	equal "$status" 124
	equal "$output$stderr" ""
	lasted 50000 "$since"
	try signalfd-wait -t 0 USR1
	equal "$status" 124
	capture "$BUTTER" signalfd-mask -b USR1 -- bash -c 'kill -USR1 $$; exec "$@"' bash "$BUTTER" signalfd-wait -t 0 -F %S USR1
	succeeded
	equal "$output" USR1
	# All that is there.
	capture "$BUTTER" signalfd-mask -b USR1,USR2 -- bash -c 'kill -USR1 $$; kill -USR2 $$; exec "$@"' bash \
		"$BUTTER" signalfd-wait -t 0 -n 3 -F %S USR1,USR2
	equal "$status $output" $'124 USR1\nUSR2'
}

@test "tells what was sent with a signal, and that the sender may be made up" {
	need_tool perl
	waiting -n 4 RTMIN
	queue "$pid" 34 -1 1 0 42
	queue "$pid" 34 -1 4711 4712 -7
	queue "$pid" 34 -2 0 0 9
	queue "$pid" 34 -77 5 6 9
	finish
	succeeded
	equal "$output" "RTMIN 34 1 0 queue 42 claimed
RTMIN 34 4711 4712 queue -7 claimed
RTMIN 34 ? ? timer 9 claimed
RTMIN 34 5 6 -77 9 claimed"
}

@test "the kernel's own signals have no sender" {
	need_tool perl
	# The alarm clock is inherited.
	capture perl -e 'alarm 1; exec @ARGV' "$BUTTER" signalfd-wait ALRM
	succeeded
	equal "$output" "ALRM 14 ? ? kernel - trusted"
}

@test "JSON, formats and NUL" {
	need_tool jq
	waiting -j TERM
	kill "$pid"
	finish
	succeeded
	equal "$(jq -c '[.event, .signal, .number, .code, .trusted, .pid, .uid, .value]' <<<"$output")" \
		'["signal","TERM",15,"user",true,'"$BASHPID,$(id -u)"',null]'
	waiting -F '%e/%S/%N/%O/%r%%' TERM
	kill "$pid"
	finish
	equal "$output" 'signal/TERM/15/user/trusted%'
	waiting -0 -F %S TERM
	kill "$pid"
	finish
	equal "$(od -An -c "$job/out" | tr -d ' ')" 'TERM\0'
	waiting -q TERM
	kill "$pid"
	finish
	succeeded
	equal "$output" ""
}

@test "receives what was ignored or blocked at the start" {
	start "$BUTTER" signalfd-mask -i HUP -b USR1 -- "$BUTTER" signalfd-wait --ready-fd 7 --drain HUP,USR1
	kill -STOP "$pid"
	await has_state T
	kill -HUP "$pid"
	kill -USR1 "$pid"
	kill -CONT "$pid"
	finish
	succeeded
	equal "$(cut -d ' ' -f 1 <<<"$output")" $'HUP\nUSR1'
}

@test "others do what they always do" {
	waiting USR1
	kill -TERM "$pid"
	finish
	equal "$status" 143
}

@test "nothing is lost between ready and the first signal" {
	for ((i = $(rounds 20 1000); i; i--)); do
		waiting -F %S USR1
		kill -USR1 "$pid"
		finish
		equal "$output" USR1
	done
}

@test "as process 1 it ends when it is asked to, and --reap leaves no zombies" {
	local init

	namespaces -pf --kill-child --mount-proc
	launch "${within[@]}" sh -c '(sh -c "exit 3" & sh -c "exit 4" & sleep 0.01 &) ; exec "$@"' sh \
		"$BUTTER" signalfd-wait --ready-fd 7 --reap -q TERM INT
	read -r -t "$LIMIT" -u "$ready" _
	init=$(children "$pid")
	await eval '[ -z "$(children '"$init"')" ]'
	kill -TERM "$init"
	finish
	succeeded
	launch "${within[@]}" "$BUTTER" signalfd-wait --ready-fd 7 USR1
	read -r -t "$LIMIT" -u "$ready" _
	kill -TERM "$(children "$pid")"
	finish
	equal "$status" 143
}

@test "--reap leaves no zombies also while nothing is read or told, and CHLD is told all the same" {
	local init

	namespaces -pf --kill-child --mount-proc
	mkfifo go
	launch "${within[@]}" sh -c 'read -r _ <go & exec "$@"' sh "$BUTTER" signalfd-wait --ready-fd 7 --reap -F '%S %O' CHLD
	read -r -t "$LIMIT" -u "$ready" _
	init=$(children "$pid")
	kill -STOP "$init"
	await has_state T "$init"
	echo >go
	await eval '[ -z "$(children '"$init"')" ]'
	kill -CONT "$init"
	finish
	succeeded
	equal "$output" 'CHLD exited'
}

@test "what cannot be received is refused with a reason" {
	try signalfd-wait KILL
	misused signalfd-wait "SIGNAL: KILL cannot be received: the kernel lets no process block or receive it"
	try signalfd-wait TERM,STOP
	misused signalfd-wait "STOP cannot be received"
	try signalfd-wait SEGV
	misused signalfd-wait "SEGV cannot be received: it is how a process learns of a mistake of its own"
	try signalfd-wait TREM
	misused signalfd-wait "there is no signal 'TREM', did you mean 'TERM'?"
	try signalfd-wait
	misused signalfd-wait
	try signalfd-wait -j -0 TERM
	misused signalfd-wait "--json goes without"
	try signalfd-wait -q -j TERM
	misused signalfd-wait "--quiet goes without"
	try signalfd-wait --drain -n 2 TERM
	misused signalfd-wait "--drain goes without --count"
	try signalfd-wait -t 0 all
	equal "$status" 124
}

@test "errors of signalfd and of the output are explained" {
	inject signalfd4:error=EMFILE signalfd-wait TERM
	failed 1 signalfd-wait "cannot receive signals: Too many open files (raise ulimit -n)"
	inject signalfd4:error=ENOSYS signalfd-wait TERM
	failed 1 signalfd-wait "Function not implemented (a seccomp profile is in the way"
	inject ppoll:error=EPERM signalfd-wait TERM
	failed 1 signalfd-wait "cannot wait for signals: Operation not permitted (a seccomp profile is in the way: allow ppoll, epoll_wait and read)"
	start bash -c '"$@" >/dev/full' bash "$BUTTER" signalfd-wait --ready-fd 7 USR1
	kill -USR1 "$(children "$pid")"
	finish
	equal "$status" 1
	contains "$stderr" "cannot write to standard output: No space left on device"
}

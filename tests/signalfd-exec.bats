#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031
# signalfd-exec: a command that reads its signals, and what stands for it.
# shellcheck disable=SC2154 # helper.bash sets status, output and stderr
# shellcheck disable=SC2016 # other shells expand

load helper

setup() {
	trace_tests_only
	need_applet signalfd-exec
	cd "$BATS_TEST_TMPDIR" || return
}

# A command whose supervisor is killed lives on.
teardown() {
	local one other others=()

	for one in "${started[@]}"; do
		# shellcheck disable=SC2207
		[ -z "$one" ] || others+=($(cat "/proc/$one/task/$one/children" 2>/dev/null))
	done
	stop_all
	for other in "${others[@]}"; do kill -KILL "$other" 2>/dev/null || true; done
}

# running ARGUMENT...: starts it; its command says on descriptor 7 that it is ready.
running() {
	# A shell ignores these in what it starts in the background.
	start "$BUTTER" signalfd-mask -d INT,QUIT -- "$BUTTER" signalfd-exec "$@"
}

# A command that is ready, and then lasts until a signal ends it; it has no descriptor but those of the test.
lasting='echo >&7; exec "$BUTTER" timerfd-sleep inf'

# says TEXT: waits until the output has that.
says() {
	await grep -qa -- "$1" "$job/out"
}

# is_gone PID: whether nobody has that number.
is_gone() {
	! kill -0 "$1" 2>/dev/null
}

# send SIGNAL COUNT PID: queues so many, none of which is lost; rt_sigqueueinfo(2).
send() {
	local number

	case $(uname -m) in
	x86_64) number=129 ;;
	aarch64 | riscv64) number=138 ;;
	*) skip "the number of rt_sigqueueinfo is not known here" ;;
	esac
	perl -MErrno=EAGAIN -e 'my ($call, $signal, $count, $pid) = map { $_ + 0 } @ARGV;
		for my $i (1 .. $count) {
			my $info = pack("i i i x4 i i q x96", $signal, 0, -1, $$, 0, $i);
			while (syscall($call, $pid, $signal, $info) < 0) { die "$!" if $! != EAGAIN; select(undef, undef, undef, 0.001) }
		}' "$number" "$@"
}

# ---- The stream

@test "a shell reads its signals, and who has sent them" {
	local shell

	for shell in bash dash 'busybox sh'; do
		command -v "${shell% *}" >/dev/null || continue
		# shellcheck disable=SC2086 # a shell may be two words
		running -- $shell -c 'echo >&7; while read -r signal number pid uid code value trust <&3; do
			echo "$signal $number $pid $uid $code $value $trust"; [ "$signal" != TERM ] || exit 7; done'
		for signal in HUP INT QUIT USR1 USR2; do
			kill "-$signal" "$pid"
			says "^$signal "
		done
		kill "$pid"
		finish
		equal "$status" 7
		equal "$(cut -d ' ' -f 1 <<<"$output" | tr '\n' ' ')" "HUP INT QUIT USR1 USR2 TERM "
		equal "$(tail -n 1 <<<"$output")" "TERM 15 $BASHPID $(id -u) user - trusted"
	done
}

@test "tells of real-time signals also where these are all that is told" {
	running -s 40,RTMIN,64 -- bash -c 'echo >&7; while read -r signal number _ <&3; do echo "$signal $number"; done'
	for signal in RTMIN RTMIN+6 RTMAX; do
		kill "-$signal" "$pid"
		says "^RT.* $(kill -l "$signal")$"
	done
	is_running "$pid"
}

@test "the command finds masks, ignored signals and other descriptors as they were" {
	need_proc
	need_applet signalfd-mask
	exec 6<"$0"
	capture "$BUTTER" signalfd-mask -d all -u all -b USR1,CHLD -i HUP,PIPE -- "$BUTTER" signalfd-exec -- \
		sh -c '"$BUTTER" signalfd-mask --show; ls -l /proc/self/fd/6 /proc/self/fd/3' <&6
	contains "$output" $'\nblocked USR1,CHLD\nignored HUP,PIPE\n' || contains "$output" $'\nblocked -\nignored HUP,PIPE\n' # dash
	contains "$output" "pipe:"
	equal "$status" 0
	capture "$BUTTER" signalfd-mask -d all -u all -b USR1,CHLD -i HUP,CHLD,XFSZ -- "$BUTTER" signalfd-exec -- "$BUTTER" signalfd-mask --show
	contains "$output" $'\nblocked USR1,CHLD\nignored HUP,CHLD,XFSZ\n'
	exec 6<&-
}

@test "BUTTER_PID is who gets the signals, BUTTER_SIGNALFD where they are told" {
	running -- sh -c 'echo >&7; kill -USR1 "$BUTTER_PID"; read -r signal _ <&3; echo "$BUTTER_PID $BUTTER_SIGNALFD $signal"'
	finish
	succeeded
	equal "$output" "$pid 3 USR1"
	running --fd 5 -- sh -c 'echo >&7; kill -USR1 "$BUTTER_PID"; read -r signal _ <&5; echo "$BUTTER_SIGNALFD $signal"'
	finish
	succeeded
	equal "$output" "5 USR1"
	capture env BUTTER_SIGNALFD=9 "$BUTTER" signalfd-exec --forward -- sh -c '(: >&3) 2>/dev/null || echo none'
	succeeded
	equal "$output" none
}

@test "the stream ends when the command has ended, and never before" {
	running -- sh -c '(cat <&3; echo >&7) & echo >&7; exec 3<&-; read -r _ <"/dev/fd/0"; exit 3'
	finish
	equal "$status" 3
	read -r -t "$LIMIT" -u "$ready" _ || true
}

@test "JSON, formats and NUL" {
	need_tool jq
	running -j -- sh -c 'echo >&7; head -n 1 <&3'
	kill -USR1 "$pid"
	finish
	equal "$(jq -c '[.event, .signal, .pid]' <<<"$output")" '["signal","USR1",'"$BASHPID]"
	running -0 -F '%S %N' -- bash -c 'echo >&7; read -r -d "" line <&3; echo "$line"'
	kill -USR1 "$pid"
	finish
	equal "$output" 'USR1 10'
}

@test "what a command that does not read cannot be told is counted, and told later" {
	need_tool perl awk
	mkfifo go
	running -s RTMIN,TERM -- sh -c 'echo >&7; read -r _ <go; awk '\''
		$1 == "overflow" { n += $2; print "lost"; fflush(); next } { n++ } $1 == "TERM" { print n; exit }'\'' <&3'
	send 34 20000 "$pid"
	drained
	echo >go
	# There is room again by then.
	says lost
	kill -TERM "$pid"
	finish
	succeeded
	equal "$(grep -v lost <<<"$output")" 20001
}

@test "a command that has closed the stream gets its signals itself" {
	running -- sh -c 'exec 3<&-; '"$lasting"
	kill -USR2 "$pid"
	finish
	equal "$status" 140
}

# ---- Passing on

@test "passes on what is not told" {
	running -s USR1 -- sh -c "$lasting"
	kill -TERM "$pid"
	finish
	equal "$status" 143
	running --forward -- sh -c "$lasting"
	kill -USR2 "$pid"
	finish
	equal "$status" 140
	running --forward=INT,TERM -- bash -c 'trap "echo int; exit 0" INT; echo >&7; read -r signal _ <&3; echo "told $signal"; kill -INT "$BUTTER_PID"; while :; do "$BUTTER" timerfd-sleep 0.01; done'
	kill -HUP "$pid"
	finish
	equal "$output" $'told HUP\nint'
}

@test "tells and passes on what is in both" {
	running -s TERM --forward=TERM -- bash -c 'trap "echo trapped" TERM; echo >&7; until read -r signal _ <&3; do :; done; echo "$signal"'
	kill -TERM "$pid"
	finish
	succeeded
	equal "$(sort <<<"$output")" $'TERM\ntrapped'
}

@test "passes on as another signal, or not at all" {
	running --forward -m TERM:QUIT,USR1:none -m HUP:INT -- sh -c 'trap "echo hup" HUP; trap "echo int" INT; trap "echo quit; exit 0" QUIT; echo >&7
		while :; do "$BUTTER" timerfd-sleep 0.01; done'
	kill -USR1 "$pid"
	kill -HUP "$pid"
	says int
	kill -TERM "$pid"
	finish
	succeeded
	equal "$output" $'int\nquit'
	running -m TERM:USR2 -- sh -c "$lasting"
	kill -TERM "$pid"
	finish
	equal "$status" 140
}

@test "what was sent with a signal goes on with it, under the same name or another" {
	need_tool perl
	running --forward -- "$BUTTER" signalfd-wait --ready-fd 7 RTMIN
	send 34 1 "$pid"
	finish
	equal "$status $output" "0 RTMIN 34 $pid $(id -u) queue 1 claimed"
	running -m RTMIN:USR1 -- "$BUTTER" signalfd-wait --ready-fd 7 USR1
	send 34 1 "$pid"
	finish
	equal "$status $output" "0 USR1 10 $pid $(id -u) queue 1 claimed"
	[ "$(uname -r | awk -F. '{ print ($1 * 1000 + $2 >= 6009) }')" = 1 ] || skip "before Linux 6.9"
	running --group --forward -- "$BUTTER" signalfd-wait --ready-fd 7 RTMIN
	send 34 1 "$pid"
	finish
	equal "$status $output" "0 RTMIN 34 $pid $(id -u) queue 1 claimed"
}

@test "what was ignored stays ignored, unless it is named" {
	start "$BUTTER" signalfd-mask -i HUP,TERM -- "$BUTTER" signalfd-exec -s TERM,USR1 -- sh -c 'echo >&7; read -r signal _ <&3; echo $signal'
	kill -HUP "$pid"
	kill -TERM "$pid"
	finish
	succeeded
	equal "$output" TERM
	start "$BUTTER" signalfd-mask -i HUP -- "$BUTTER" signalfd-exec --forward -- sh -c "$lasting"
	kill -HUP "$pid"
	kill -TERM "$pid"
	finish
	equal "$status" 143
}

@test "the group gets what is passed on, with --group" {
	running -g --forward -- sh -c '"$BUTTER" timerfd-sleep inf & echo $!; '"$lasting"
	says .
	read -r other <"$job/out"
	kill -TERM "$pid"
	finish
	equal "$status" 143
	kill -0 "$other" 2>/dev/null && { SECONDS=0; until is_gone "$other"; do ((SECONDS < LIMIT)); done; }
	running --forward -- sh -c '"$BUTTER" timerfd-sleep inf & echo $!; '"$lasting"
	says .
	read -r other <"$job/out"
	kill -TERM "$pid"
	await eval '! kill -0 "$pid" 2>/dev/null || has_state Z'
	kill "$other" # it lives
	finish
	equal "$status" 143
}

@test "kills what does not end in time, told or not, read or not" {
	running -k 0.05 --forward -- sh -c 'trap "" TERM; '"$lasting"
	kill -TERM "$pid"
	finish
	equal "$status" 137
	running -k 0.05 -- sh -c "$lasting"
	kill -TERM "$pid"
	finish
	equal "$status" 137
	running -k 60 -- sh -c 'echo >&7; read -r _ <&3; exit 5'
	kill -TERM "$pid"
	finish
	equal "$status" 5
}

@test "what is passed on as one that asks to end is followed by KILL, and what is dropped is not" {
	running -k 0.05 -m USR1:TERM -- sh -c 'trap "" TERM; '"$lasting"
	kill -USR1 "$pid"
	finish
	equal "$status" 137
	running -k 0.05 -m TERM:none -- sh -c 'echo >&7; read -r signal _ <&3; echo "$signal"; "$BUTTER" timerfd-sleep 0.2; exit 5'
	kill -TERM "$pid"
	kill -USR1 "$pid"
	finish
	equal "$status $output" "5 USR1"
}

# ---- Stopping

@test "signals wait while this process is stopped, and none is lost" {
	running -- sh -c 'echo >&7; read -r one _ <&3; read -r two _ <&3; echo "$one $two"'
	kill -STOP "$pid"
	await has_state T
	kill -USR1 "$pid"
	kill -TERM "$pid"
	kill -CONT "$pid"
	finish
	succeeded
	equal "$output" "USR1 TERM"
}

@test "when it is killed the command lives on and reads the end, unless it is to get a signal" {
	running -- sh -c 'echo $$; echo >&7; cat <&3; echo end'
	kill -KILL "$pid"
	finish
	equal "$status" 137
	contains "$output" end
	running --death-signal TERM -- sh -c 'trap "echo term; exit 0" TERM; echo >&7; while :; do "$BUTTER" timerfd-sleep 0.01; done'
	kill -KILL "$pid"
	finish
	equal "$output" term
}

# job OPTION...: bash, with a terminal, has a job under it stop itself and continue.
job() {
	need_tool script bash
	cat >shell <<-'END'
		set -m
		"$BUTTER" signalfd-exec "$@" -- bash -c 'kill -TSTP $$; echo went on'
		echo "stopped $?"
		fg >/dev/null
		echo "ended $?"
	END
	capture script -qefc "bash ./shell $*" /dev/null </dev/null
	output=${output//$'\r'/}
}

@test "a shell sees a job stop and continues it, in one group or two" {
	for option in '' --group; do
		# shellcheck disable=SC2086
		job --forward $option
		matches "$output" $'.*stopped 148\n.*went on\nended 0.*'
	done
}

@test "^C comes once to the command, in one group or two" {
	for option in --init --group; do
		in_terminal "$BUTTER" signalfd-exec --forward "$option" -- bash -c 'n=0; trap "n=\$((n + 1)); echo int \$n" INT; trap "exit 0" USR1; echo >&7; echo "$BUTTER_PID"; while :; do "$BUTTER" timerfd-sleep 0.02; done'
		says '[0-9]'
		read -r supervisor <"$job/out"
		printf '\003' >&9
		says 'int 1'
		kill -USR1 "${supervisor%$'\r'}"
		finish
		lacks "$output" "int 2"
		exec 9>&-
	done
}

@test "the group of the command has the terminal, and leaves it" {
	need_proc
	need_tool script
	cat >shell <<-'END'
		own() { read -r _ _ _ _ group _ _ terminal _ <"/proc/$1/stat"; [ "$group" = "$terminal" ] && echo "$2 has it" || echo "$2 lacks it"; }
		own $$ before
		"$BUTTER" signalfd-exec --forward -g -- bash -c "$(declare -f own); own \$\$ command; own \$PPID above"
		own $$ after
	END
	capture script -qefc "bash ./shell" /dev/null </dev/null
	equal "${output//$'\r'/}" $'before has it\ncommand has it\nabove lacks it\nafter has it'
}

@test "in the background it stops with a command that reads from the terminal, or writes where that is not wanted" {
	for option in '' --group; do
		# shellcheck disable=SC2086
		in_background signalfd-exec --forward $option --
		equal "$output" $'stopped 149\nwent on\nended 0\nstopped 150\nwrote\nended 0'
	done
}

# hangup SCRIPT: a shell in a terminal runs it, which says `waits`, and then that terminal is gone.
hangup() {
	rm -f hup
	in_terminal sh -c "$1"
	await grep -q waits "$job/out"
	kill -KILL "$pid"
	finish
	exec 9>&-
	equal "$(cat hup)" hup
}

@test "the end of the terminal comes to the command, whoever leads the session" {
	waits='sh -c '\''trap "echo hup >hup; exit" HUP; echo waits; while :; do "$BUTTER" timerfd-sleep 0.02; done'\'
	for option in '' --group; do
		hangup "exec \"\$BUTTER\" signalfd-exec --forward $option -- $waits"
		hangup "\"\$BUTTER\" signalfd-exec --forward $option -- $waits; :"
	done
}

@test "where nobody could continue it, TSTP has no effect" {
	need_tool setsid
	for option in --init --group; do
		capture setsid -w "$BUTTER" signalfd-exec --forward "$option" -- bash -c 'kill -TSTP $$; echo went on'
		succeeded
		equal "$output" "went on"
	done
}

# ---- As an init

@test "with --init it reaps all orphans below, many at once" {
	need_proc
	running --init --forward -- bash -c 'for i in {1..50}; do (bash -c "exit $((i % 7))" & ) ; done; echo >&7; exec "$BUTTER" timerfd-sleep inf'
	await eval '[ "$(wc -w <"/proc/$pid/task/$pid/children")" = 1 ]'
	kill "$pid"
	finish
	equal "$status" 143
}

@test "as process 1 it passes on, reaps, and ends with the command's status" {
	namespaces -pf --kill-child --mount-proc
	start "${within[@]}" "$BUTTER" signalfd-exec -- bash -c '(bash -c : &); echo >&7; read -r signal _ <&3; echo "$signal"
		until [ "$(ps -e -o stat= | grep -c Z)" = 0 ]; do :; done; exit 9'
	kill -TERM "$(children "$pid")"
	finish
	equal "$status" 9
	equal "$output" TERM
	start "${within[@]}" "$BUTTER" signalfd-exec --forward -- sh -c "$lasting"
	kill -HUP "$(children "$pid")"
	finish
	equal "$status" 129
	start "${within[@]}" "$BUTTER" signalfd-exec -k 0.05 --forward -- sh -c 'trap "" TERM; '"$lasting"
	kill -TERM "$(children "$pid")"
	finish
	equal "$status" 137
}

# ---- Faults

refused() {
	local words=$1

	shift
	try signalfd-exec "$@"
	failed 125 signalfd-exec "$words"
}

@test "wrong usage is told, with a reason" {
	refused "--signals: KILL cannot be received: the kernel lets no process block or receive it" -s KILL -- true
	refused "--forward: STOP cannot be received" --forward=STOP -- true
	refused "--forward: CHLD cannot be passed on" --forward=CHLD,TERM -- true
	refused "--map: SEGV cannot be received" -m SEGV:TERM -- true
	refused "--map: 'TERM' is not of the form FROM:TO" -m TERM -- true
	refused "--map: there is no signal 'TREM', did you mean 'TERM'?" -m INT:TREM -- true
	refused "--death-signal: there is no signal 'X'" --death-signal X -- true
	refused "--json goes without" -j -0 -- true
	refused "'2' is too small" --fd 2 -- true || refused "--fd" --fd 2 -- true
}

@test "a command that is not there, or is none" {
	try signalfd-exec -- ./there-is-none
	failed 127 signalfd-exec "cannot run './there-is-none'"
	: >file
	try signalfd-exec -- ./file
	failed 126 signalfd-exec "cannot run './file'"
	for code in 0 1 42 255; do
		try signalfd-exec -- sh -c "exit $code"
		equal "$status" "$code"
	done
}

@test "errors of the kernel are explained" {
	try signalfd-exec --fd 2000000000 touch ran
	failed 125 signalfd-exec "cannot run 'touch': Too many open files (raise ulimit -n)"
	inject signalfd4:error=EMFILE signalfd-exec -- true
	failed 125 signalfd-exec "cannot receive signals: Too many open files (raise ulimit -n)"
	inject signalfd4:error=ENOSYS signalfd-exec -- true
	failed 125 signalfd-exec "Function not implemented (a seccomp profile is in the way"
	inject pipe2:error=EMFILE signalfd-exec -- true
	failed 125 signalfd-exec "cannot create a pipe: Too many open files (raise ulimit -n)"
	inject vfork:error=EAGAIN signalfd-exec -- true
	failed 125 signalfd-exec "cannot run 'true': Resource temporarily unavailable"
}

@test "what cannot be done for the command before it runs is told, and it does not run" {
	need_applet seccomp-exec
	try seccomp-exec -d 'prctl(option == PR_SET_CHILD_SUBREAPER)' -- "$BUTTER" signalfd-exec --init -- touch ran
	failed 125 signalfd-exec "--init: cannot become the parent of orphans: Operation not permitted (a seccomp profile is in the way: allow prctl)"
	try seccomp-exec --errno prctl=EPERM -- "$BUTTER" signalfd-exec --death-signal TERM -- touch ran
	failed 125 signalfd-exec "cannot tie 'touch' to this process: Operation not permitted (a seccomp profile is in the way: allow prctl)"
	try seccomp-exec --errno setpgid=ENOSYS -- "$BUTTER" signalfd-exec --group -- touch ran
	failed 125 signalfd-exec "cannot run 'touch' in a process group of its own: Function not implemented (a seccomp profile is in the way: allow setpgid)"
	try seccomp-exec --errno dup3=EPERM -- "$BUTTER" signalfd-exec -- touch ran
	failed 125 signalfd-exec "cannot hand 'touch' its descriptors: Operation not permitted (a seccomp profile is in the way: allow dup3 and fcntl)"
	[ ! -e ran ]
}

@test "a profile that lets it receive signals, but not wait for them, is told" {
	need_applet seccomp-exec
	try seccomp-exec --errno ppoll=EPERM -- "$BUTTER" signalfd-exec --death-signal KILL -- "$BUTTER" timerfd-sleep inf
	failed 125 signalfd-exec "cannot wait for signals: Operation not permitted (a seccomp profile is in the way: allow ppoll, epoll_wait and read)"
}

@test "while nothing happens it sleeps" {
	need_strace
	start strace -qq -o trace -e signal=none "$BUTTER" signalfd-exec --init --forward -- "$BUTTER" timerfd-sleep --every 1ms -n 300 --ready-fd 7
	finish
	# It waits for the end, and for little else.
	(($(grep -c '^ppoll(.*= ' trace) <= 3)) || fails "$(tail -n 20 trace)"
}

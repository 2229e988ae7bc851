#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Times are only ever checked for not being early. Processes note their numbers in `pids` and have MARK in their
# environment, by which those that survive are known.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2016 # inner shells expand
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, ready, within ...

load helper

setup() {
	trace_tests_only
	need_applet timeout-exec
	cd "$BATS_TEST_TMPDIR" || return
	export MARK=$BATS_TEST_TMPDIR
	: >pids
}

teardown() {
	local one

	for one in $(survivors); do kill -KILL "$one" 2>/dev/null || true; done
	stop_all
}

# timed ARGUMENT...: runs timeout-exec.
timed() {
	try timeout-exec "$@"
}

# is_marked PID: it runs, and belongs to this test.
is_marked() {
	grep -qzFx "MARK=$MARK" "/proc/$1/environ" 2>/dev/null && ! has_state Z "$1"
}

# survivors: those of `pids` that still run.
survivors() {
	local one

	[ -e pids ] || return 0
	while read -r one; do
		if is_marked "$one"; then echo "$one"; fi
	done <pids
}

# nobody_survives COUNT: so many have been there.
nobody_survives() {
	equal "$(wc -l <pids)" "$1" || return 1
	equal "$(survivors)" ""
}

# noted COUNT: so many have noted themselves; for await.
noted() {
	[ "$(wc -l <pids)" -ge "$1" ]
}

# ---- Time

@test "what ends in time has its own status" {
	timed 60 true
	succeeded
	timed 60 sh -c 'echo said; exit 7'
	equal "$status $output$stderr" "7 said"
	timed 60 -- sh -c 'exit 3'
	equal "$status$output$stderr" 3
	timed -- 60 sh -c 'exit 4'
	equal "$status$output$stderr" 4
}

@test "what does not is ended, and the status is 124" {
	for duration in 0.05 50ms .05s 0.00000000001; do
		timed "$duration" sleep 60
		equal "$status$output$stderr" 124
	done
}

@test "never early" {
	many=$(rounds 3 100)
	for ((i = 0; i < many; i++)); do
		since=$(microseconds)
		timed 0.15 sleep 60
		equal "$status" 124
		lasted 150000 "$since"
	done
}

@test "0, inf, and what is longer than any time are no limit" {
	for duration in 0 0s inf 292y 99999999999999999999 1e; do
		timed "$duration" sh -c 'exit 5'
		case $duration in
		292y | 1e) misused_here "'$duration' is not a duration" ;;
		*) equal "$status$output$stderr" 5 ;;
		esac
	done
	timed -k 0 0.05 sleep 60
	equal "$status" 124
}

# misused_here TEXT: the last run was wrong usage.
misused_here() {
	failed 125 timeout-exec "$1" "(see 'butter timeout-exec --help')"
}

@test "wrong usage has the status 125 and runs nothing" {
	timed
	misused_here 'missing operand'
	timed 1
	misused_here 'too few operands'
	timed 1 --
	misused_here 'missing COMMAND'
	timed x touch ran
	misused_here "'x' is not a duration"
	timed -1 touch ran
	misused_here 'unknown option'
	timed -k x 1 touch ran
	misused_here "'x' is not a duration"
	timed -s NOPE 1 touch ran
	misused_here "--signal: there is no signal 'NOPE'"
	timed -s TERN 1 touch ran
	misused_here "did you mean 'TERM'"
	[ ! -e ran ]
}

@test "what cannot be run has the status 126, what is not there 127" {
	timed 60 ./no-such
	failed 127 timeout-exec "cannot run './no-such': No such file or directory"
	: >file
	timed 60 ./file
	failed 126 timeout-exec "cannot run './file': Permission denied"
}

# ---- Signals

# A handler for USR1 that cannot come too late: the signal is blocked until it is there.
handler='$SIG{USR1} = sub { exit 9 }; sigprocmask(SIG_SETMASK, POSIX::SigSet->new); sleep 60 while 1'

@test "--signal is what is sent, by name or number" {
	for signal in USR1 SIGUSR1 10 usr1; do
		capture env --block-signal=USR1 "$BUTTER" timeout-exec -s "$signal" 0.05 perl -MPOSIX -e "$handler"
		equal "$status$stderr" 124
		capture env --block-signal=USR1 "$BUTTER" timeout-exec -p --signal="$signal" 0.05 perl -MPOSIX -e "$handler"
		equal "$status$stderr" 9
	done
}

@test "--preserve-status: the command's status, also after the time" {
	timed -p 0.05 sleep 60
	equal "$status" 143
	timed --preserve-status -s KILL 0.05 sleep 60
	equal "$status" 137
	timed -p 60 sh -c 'exit 3'
	equal "$status" 3
}

# deaf ARGUMENT...: timeout-exec, whose command ignores TERM.
deaf() {
	capture env --ignore-signal=TERM "$BUTTER" timeout-exec "$@"
}

@test "--kill-after: what does not end is killed, and the status says so" {
	deaf -k 0.1 0.1 sleep 60
	equal "$status$output$stderr" 137
	deaf --kill-after 0.1 -p 0.1 sleep 60
	equal "$status" 137
	# Not needed.
	timed -k 60 0.1 sleep 60
	equal "$status" 124
	timed -s KILL 0.1 sleep 60
	equal "$status" 137
}

@test "--verbose tells of each signal once" {
	timed -v 0.05 sleep 60
	equal "$status" 124
	equal "$stderr" "butter: timeout-exec: sending signal TERM to command 'sleep'"
	deaf -v -k 0.1 0.05 sleep 60
	equal "$status" 137
	equal "$stderr" "butter: timeout-exec: sending signal TERM to command 'sleep'
butter: timeout-exec: sending signal KILL to command 'sleep'"
}

@test "a stopped command is ended, too" {
	timed 0.1 sh -c 'kill -STOP $$'
	equal "$status" 124
	timed 0.2 sh -c 'sh -c "kill -STOP \$\$" & setsid sh -c "kill -STOP \$\$" & wait'
	equal "$status" 124
}

@test "a signal that asks to end goes to all, others to the command alone" {
	for signal in TERM INT HUP QUIT; do
		: >pids
		start env --default-signal=INT,QUIT "$BUTTER" timeout-exec 60 sh -c \
			'setsid sh -c "echo \$\$ >>pids; echo >&7; exec sleep 61 7>&-"'
		kill "-$signal" "$pid"
		finish
		equal "$status" $((128 + $(kill -l "$signal")))
		equal "$(survivors)" ""
	done
	start "$BUTTER" timeout-exec 60 sh -c 'trap "exit 8" USR1; sleep 62 7>&- 8>&- & echo $! >>pids; echo >&7; wait'
	kill -USR1 "$pid"
	finish
	equal "$status" 8
}

@test "--kill-after begins with a signal that was sent to timeout-exec, too" {
	start "$BUTTER" timeout-exec -k 0.1 60 sh -c 'trap "" TERM; echo >&7; exec 7>&-; while :; do sleep 1; done'
	kill "$pid"
	finish
	equal "$status" 137
}

@test "a command that a signal has ended ends timeout-exec by that, without a core" {
	for signal in TERM INT KILL SEGV; do
		capture perl -e 'system @ARGV; print $? & 127, $? & 128 ? " core" : ""' \
			"$BUTTER" timeout-exec 60 sh -c "ulimit -c 0; kill -$signal \$\$"
		equal "$output$stderr" "$(kill -l "$signal")"
	done
}

@test "the command finds signals as they were: blocked, ignored, pending ones" {
	# Both by capture, whose timeout(1) changes some, too.
	capture env --ignore-signal=USR1,PIPE --block-signal=USR2,TERM grep -E '^Sig(Blk|Ign)' /proc/self/status
	expected=$output
	capture env --ignore-signal=USR1,PIPE --block-signal=USR2,TERM "$BUTTER" timeout-exec 60 \
		grep -E '^Sig(Blk|Ign)' /proc/self/status
	equal "$output" "$expected"
	# What is ignored here does not end it; what is blocked there neither.
	capture env --ignore-signal=CHLD --block-signal=CHLD "$BUTTER" timeout-exec 60 sh -c 'exit 6'
	equal "$status" 6
	capture env --ignore-signal=CHLD,ALRM --block-signal=ALRM,TERM "$BUTTER" timeout-exec -k 0.1 0.1 sleep 60
	equal "$status" 137
}

@test "an ignored signal does not end timeout-exec either" {
	mkfifo go
	start env --ignore-signal=HUP "$BUTTER" timeout-exec 60 sh -c 'echo >&7; exec 7>&-; read -r _ <go; exit 4'
	kill -HUP "$pid"
	echo >go
	finish
	equal "$status" 4
}

# ---- Those that it has started

# Most of these are asked to end by a signal when all is there: what follows is the same as after the time.

# ended_when COUNT ARGUMENT...: runs timeout-exec, and sends it TERM when so many have noted themselves.
ended_when() {
	local count=$1

	shift
	launch "$BUTTER" timeout-exec "$@"
	await noted "$count" || return 1
	kill "$pid"
	# Whoever lives has descriptor 8.
	finish
}

@test "children in other groups and sessions end, too" {
	ended_when 6 60 sh -c '
		setsid sh -c "echo \$\$ >>pids; exec sleep 71" &
		(setsid sh -c "echo \$\$ >>pids; sleep 72 & echo \$! >>pids; wait" &)
		perl -e "fork and exit; setpgrp; open F, q(>>pids); print F qq(\$\$\n); close F; fork and exit; open F, q(>>pids); print F qq(\$\$\n); close F; exec qw(sleep 74)"
		echo $$ >>pids
		exec sleep 75'
	equal "$status$output$stderr" 143
	nobody_survives 6
}

@test "so they do when the time has run out" {
	timed 1 sh -c '
		setsid sh -c "echo \$\$ >>pids; exec sleep 71" &
		(setsid sh -c "echo \$\$ >>pids; sleep 72 & echo \$! >>pids; wait" &)
		exec sleep 75'
	equal "$status$output$stderr" 124
	equal "$(survivors)" ""
}

@test "what the command leaves when it was ended ends as well, in its own time" {
	ended_when 1 60 sh -c '
		setsid sh -c "trap \"sleep 0.3; echo done >cleaned; exit\" TERM; echo \$\$ >>pids; sleep 76 & wait" &
		exec sleep 77'
	equal "$status" 143
	equal "$(cat cleaned)" "done"
	nobody_survives 1
}

@test "what is started in order to clean up is left alone" {
	ended_when 1 60 sh -c '
		trap "sh -c \"trap \\\"echo hit >hit\\\" TERM; sleep 0.3\"; echo clean >clean; exit 3" TERM
		echo $$ >>pids
		sleep 78 & wait'
	equal "$status" 3
	equal "$(cat clean)" clean
	[ ! -e hit ]
}

@test "what ignores the signal is killed when the command has ended and its time is up" {
	since=$(microseconds)
	ended_when 1 60 sh -c 'setsid sh -c "trap \"\" TERM; echo \$\$ >>pids; exec sleep 79" & exec sleep 60'
	equal "$status" 143
	lasted 5000000 "$since"
	nobody_survives 1
	: >pids
	ended_when 1 -k 0.1 60 sh -c 'setsid sh -c "trap \"\" TERM; echo \$\$ >>pids; exec sleep 79" & exec sleep 60'
	equal "$status" 143
	nobody_survives 1
}

@test "what the command leaves behind when it ends in time goes on" {
	timed 60 sh -c 'setsid sh -c "echo \$\$ >>pids; exec sleep 80 >/dev/null 2>&1" & until [ -s pids ]; do :; done'
	equal "$status" 0
	equal "$(survivors)" "$(cat pids)"
}

@test "--foreground: only the command ends" {
	timed -f 1 sh -c 'sh -c "echo \$\$ >>pids; exec sleep 81" >/dev/null 2>&1 & sleep 60 >/dev/null 2>&1'
	equal "$status" 124
	equal "$(survivors)" "$(cat pids)"
	deaf --foreground -k 0.1 0.1 sleep 60
	equal "$status" 137
}

@test "children that were there before are spared" {
	capture sh -c 'sh -c "echo \$\$ >>pids; sleep 82 & echo \$! >>pids; wait" >/dev/null 2>&1 &
		until [ "$(wc -l <pids)" = 2 ]; do :; done
		exec "$BUTTER" timeout-exec 0.2 sleep 60'
	equal "$status" 124
	equal "$(survivors)" "$(cat pids)"
}

@test "processes that start others as fast as they can all end" {
	need_tool prlimit
	unprivileged
	chmod 777 .
	# As nobody: no more than a hundred of them.
	# It ends by itself, should that fail.
	cat >bomb.pl <<-'END'
		$SIG{CHLD} = "IGNORE";
		$0 = "bomb of $ENV{MARK}";
		my $end = time + 30;
		while (time < $end) {
			my $child = fork;
			exit if $child and rand > 0.7;
			select undef, undef, undef, 0.001 if !defined $child;
		}
	END
	public=$(public_folder)
	cp bomb.pl "$public"
	for signal in TERM KILL; do
		capture "${as_nobody[@]}" prlimit --nproc=100 "$BUTTER" timeout-exec -s "$signal" 0.5 sh -c "perl '$public/bomb.pl' & exec sleep 60"
		((status == 124 || status == 137)) || fails "status $status: $stderr"
		equal "$stderr" ""
		equal "$(pgrep -fc "bomb of $MARK" || true)" 0
	done
}

@test "more of them than descriptors" {
	crowd='i=0; while [ $i -lt 60 ]; do sleep 83 & echo $! >>pids; i=$((i + 1)); done; exec sleep 60'
	launch bash -c 'ulimit -Sn 20; exec "$@"' "$0" "$BUTTER" timeout-exec 60 sh -c "$crowd"
	await noted 60
	kill "$pid"
	finish
	equal "$status$stderr" 143
	nobody_survives 60
	: >pids
	launch bash -c 'ulimit -n 20; exec "$@"' "$0" "$BUTTER" timeout-exec -k 0.1 60 sh -c "$crowd"
	await noted 60
	kill "$pid"
	finish
	equal "$status" 143
	one_line timeout-exec
	contains "$stderr" "cannot find all that 'sh' has started: Too many open files (raise ulimit -n)"
	nobody_survives 60
}

@test "without a descriptor for even one of them the command is ended all the same" {
	for first in 1+ 2+; do
		inject "pidfd_open:error=EMFILE:when=$first" timeout-exec 0.1 sleep 60
		equal "$status" 124
		one_line timeout-exec
		contains "$stderr" "cannot find all that 'sleep' has started: Too many open files (raise ulimit -n)"
	done
}

@test "one that may not be signalled is told of and not waited for" {
	need_root
	unprivileged
	launch setpriv --bounding-set=-kill --inh-caps=-kill "$BUTTER" timeout-exec 60 sh -c '
		setpriv --reuid 65534 --clear-groups sh -c "echo >&7; exec sleep 85 8>&-" & echo $! >>pids; exec sleep 60'
	read -r -t "$LIMIT" -u "$ready" _
	kill "$pid"
	finish
	equal "$status" 143
	one_line timeout-exec
	contains "$stderr" "cannot signal process $(cat pids): Operation not permitted"
	equal "$(survivors)" "$(cat pids)"
}

# ---- As process 1, and without what it needs

@test "as process 1: signals work, orphans are reaped, the time is kept" {
	namespaces -pf --kill-child --mount-proc
	capture "${within[@]}" "$BUTTER" timeout-exec 0.3 sh -c 'setsid sleep 86 & (sleep 0.01 &) ; sleep 87'
	equal "$status$stderr" 124
	capture "${within[@]}" "$BUTTER" timeout-exec 60 sh -c 'kill -TERM $$'
	equal "$status" 143
	capture "${within[@]}" "$BUTTER" timeout-exec 60 sh -c 'trap "exit 5" TERM; kill -TERM 1; sleep 60 & wait'
	equal "$status" 5
}

@test "without /proc the command alone can be ended, which is said" {
	without_proc
	capture "${within[@]}" "$BUTTER" timeout-exec 0.1 sleep 60
	equal "$status" 124
	one_line timeout-exec
	contains "$stderr" "cannot find all that 'sleep' has started: No such file or directory (mount proc on /proc)"
}

@test "calls that are not there are explained" {
	inject timerfd_create:error=ENOSYS timeout-exec 60 touch ran
	failed 125 timeout-exec 'cannot create a timer: Function not implemented (this kernel or its seccomp profile has no timerfd)'
	inject signalfd4:error=ENOSYS timeout-exec 60 touch ran
	failed 125 timeout-exec 'cannot receive signals: Function not implemented ('
	inject timerfd_create:error=EMFILE timeout-exec 60 touch ran
	failed 125 timeout-exec 'cannot create a timer: Too many open files (raise ulimit -n)'
	inject signalfd4:error=EMFILE timeout-exec 60 touch ran
	failed 125 timeout-exec 'cannot receive signals: Too many open files (raise ulimit -n)'
	inject 'vfork:error=EAGAIN clone:error=EAGAIN clone3:error=EAGAIN' timeout-exec 60 touch ran
	failed 125 timeout-exec "cannot run 'touch': Resource temporarily unavailable (raise ulimit -u"
	[ ! -e ran ]
	inject pidfd_open:error=ENOSYS timeout-exec 0.1 sleep 60
	equal "$status" 124
	contains "$stderr" "cannot find all that 'sleep' has started: Function not implemented (pidfds are needed: Linux 5.3"
	inject pidfd_send_signal:error=ENOSYS timeout-exec 0.1 sleep 60
	equal "$status$stderr" 124
}

@test "where it cannot take in orphans it says that they may live on" {
	need_applet seccomp-exec
	refusal=(seccomp-exec -d 'prctl(option == PR_SET_CHILD_SUBREAPER)' --)
	try "${refusal[@]}" "$BUTTER" timeout-exec 0.2 sh -c '(sh -c "echo \$\$ >>pids; exec sleep 91" >/dev/null 2>&1 &); exec sleep 60'
	equal "$status" 124
	one_line timeout-exec
	contains "$stderr" "cannot end orphans that 'sh' may have left: Operation not permitted (a seccomp profile is in the way: allow prctl)"
	try "${refusal[@]}" "$BUTTER" timeout-exec --foreground 0.1 sleep 60
	equal "$status$stderr" 124
}

# ---- Its own fate

@test "killed, it takes the command with it" {
	start "$BUTTER" timeout-exec -s USR1 60 sh -c 'trap "echo told >told; exit" USR1; sleep 88 7>&- 8>&- & echo $! >>pids; echo >&7; wait'
	kill -KILL "$pid"
	finish
	equal "$status" 137
	equal "$(cat told)" told
}

@test "stopped, it loses no signal and no time" {
	start "$BUTTER" timeout-exec 0.2 sh -c 'echo >&7; exec sleep 60 7>&-'
	kill -STOP "$pid"
	await has_state T
	sleep 0.3
	kill -CONT "$pid"
	finish
	equal "$status" 124
	start "$BUTTER" timeout-exec 60 sh -c 'trap "exit 9" USR1; echo >&7; sleep 60 7>&- 8>&- & wait'
	kill -STOP "$pid"
	await has_state T
	kill -USR1 "$pid"
	kill -CONT "$pid"
	finish
	equal "$status" 9
}

@test "a signal that comes as the time runs out leaves the command its time to clean up" {
	launch "$BUTTER" timeout-exec -k 60 0.3 bash -c 'trap "exit 9" TERM; kill -STOP $PPID; while :; do sleep 0.05; done'
	# (On a slow machine the time may have run out before.)
	await has_state TZ
	sleep 0.3
	kill -TERM "$pid"
	kill -CONT "$pid"
	finish
	equal "$status" 124
}

@test "one within another: each ends what is below it" {
	timed 0.3 "$BUTTER" timeout-exec 60 setsid "$BUTTER" timeout-exec 60 sh -c 'echo $$ >>pids; exec sleep 89'
	equal "$status" 124
	nobody_survives 1
	timed 60 "$BUTTER" timeout-exec 0.3 sh -c 'echo $$ >>pids; exec sleep 90'
	equal "$status" 124
	nobody_survives 2
}

# ---- On a terminal

@test "the command may read from the terminal, and ^C ends both and the loop around them" {
	cat >loop.sh <<-'END'
		#!/bin/bash
		for i in 1 2 3; do
			"$BUTTER" timeout-exec 60 bash -c 'read -r line; echo "read $line"; kill -0 $PPID; echo waits; sleep 60'
			echo "after $?"
		done
	END
	in_terminal bash loop.sh
	echo text >&9
	await grep -q waits "$job/out"
	printf '\003' >&9
	finish
	contains "$output" 'read text'
	lacks "$output" after
}

@test "^Z stops both, fg lets them go on, and the time has not stood still" {
	cat >job.sh <<-'END'
		set -m
		"$BUTTER" timeout-exec 60 bash -c 'echo $$ >>pids; echo waits; read -r line; echo "read $line"'
		echo "stopped $?"
		fg
		echo "ended $?"
	END
	in_terminal bash job.sh
	await grep -q waits "$job/out"
	printf '\032' >&9
	await grep -q 'stopped' "$job/out"
	echo text >&9
	finish
	contains "$output" 'stopped 148'
	contains "$output" 'read text'
	contains "$output" 'ended 0'
}

@test "in the background it stops with a command that reads from the terminal, or writes where that is not wanted" {
	in_background timeout-exec 60
	equal "$output" $'stopped 149\nwent on\nended 0\nstopped 150\nwrote\nended 0'
}

# To a leader it is told alone; else to the group as well, as ^C is, and what has left that is not meant.
@test "the end of the terminal ends all where this process leads the session, else what is in the group" {
	for first in 'exec setsid' ' '; do
		: >pids
		in_terminal sh -c "${first% *} \"\$BUTTER\" timeout-exec 60 sh -c '${first#* } sh -c \"echo \\\$\\\$ >>pids; echo waits; exec sleep 92\"; :'; :"
		await grep -q waits "$job/out"
		kill -KILL "$pid"
		finish
		nobody_survives 1
		exec 9>&-
	done
}

# ---- The call

@test "the shape of its work: one timer, one signalfd, no wake-up while it waits" {
	traced 'poll,ppoll,timerfd_create,timerfd_settime,signalfd4,clock_nanosleep,pidfd_open' timeout-exec 60 sleep 0.3
	succeeded
	equal "$(grep -c timerfd_create "$trace")" 1
	equal "$(grep -c signalfd4 "$trace")" 1
	equal "$(grep -c pidfd_open "$trace")" 0
	# The first one looks at descriptors 0 to 2.
	(($(grep -cE '^[0-9]+ +p?poll\(' "$trace") <= 3)) || fails "$(cat "$trace")"
}

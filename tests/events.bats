#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Times are only ever checked for not being early: how late is up to the machine.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2016 # other shells expand
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, ready, job ...

load helper

setup() {
	trace_tests_only
	need_applet events
	cd "$BATS_TEST_TMPDIR" || return
	mkdir here
}

# ev ARGUMENT...: runs events.
ev() {
	try events "$@"
}

# told REGEX: standard output of what was launched last has a line that is this as a whole.
told() {
	grep -qxE "$1" "$job/out"
}

# ---- Sources

@test "--every ticks under its name, and -n counts ticks" {
	ev -n 3 --every beat=10ms
	succeeded
	equal "$(awk '{ n += $4 } END { print $1, $2, n >= 3 }' <<<"$output")" "tick beat 1"
}

@test "a source without a name has that of its option" {
	ev -n 1 --every 10ms
	succeeded
	matches "$output" 'tick every [0-9]+ [0-9]+'
}

@test "--at tells once when the clock shows the time, and is over then" {
	local at=$(($(date +%s) + 1))

	ev --at "noon=@$at"
	succeeded
	matches "$output" "alarm noon $at\.[0-9]{6}"
	# One that has passed has come.
	ev --at @1000000000
	succeeded
	matches "$output" 'alarm at [0-9.]+'
}

@test "--at is right also when the clock is set before it comes" {
	# The error that tells of it is made: it is worked out anew.
	inject read:error=ECANCELED:when=1 events --at "@$(($(date +%s) + 1))"
	equal "$status" 0
	matches "$output" 'alarm at [0-9.]+'
}

@test "--clock-change tells by how much, as often as it is set, and nothing else" {
	need_tool jq
	# The clock is never set: a look that finds the timer ready, and what reading it then answers, are made.
	inject 'ppoll:retval=1:when=1 read:error=ECANCELED:when=1' events -n 1 -j --clock-change=jump
	succeeded
	equal "$(jq -r '"\(.event) \(.source)"' <<<"$output")" "clock_change jump"
	((${output//[!0-9]/} > 0))
	ev -t 50ms --clock-change
	equal "$status $output" "124 "
}

@test "--fd tells what becomes ready, once for what is new, and the end" {
	local ends

	mkfifo pipe
	start "$BUTTER" events --ready-fd 7 --fd door=9 9<>pipe
	exec {ends}>pipe
	echo x >&"$ends"
	await told 'ready door 9'
	echo y >&"$ends"
	await eval '[ "$(grep -c "ready door 9" "$job/out")" = 2 ]'
	exec {ends}>&-
	kill "$pid"
	finish
	equal "$status" 143
	# A pipe whose other end closes is over, and so is all.
	capture bash -c 'echo x | "$BUTTER" events --fd 0'
	equal "$status" 0
	matches "$output" $'(ready fd 0\n)?(ready fd 0\n)?hangup fd 0'
}

@test "--fd NUMBER:pri hears of mounts" {
	namespaces -m --propagation private
	need_proc
	mkfifo go
	launch "${within[@]}" bash -c '"$BUTTER" events -n 1 --fd mounts=4:pri --ready-fd 5 4</proc/self/mountinfo 5>&7 &
		read -r _ <go && mount -t tmpfs none here; wait "$!"' 5>&-
	read -r -t "$LIMIT" -u "$ready" _
	echo >go
	finish
	equal "$status" 0
	equal "$output" "priority mounts 4"
}

@test "--fd refuses what is no open descriptor, and a file, which is always ready" {
	with '</dev/null' events --fd 77
	failed 1 events "cannot wait for --fd 77" "Bad file descriptor"
	with '<&-' events --fd 0
	failed 1 events "cannot wait for --fd 0: it is closed"
	with '<"$0"' events --fd 0
	failed 1 events "cannot wait for --fd 0" "a regular file is always ready"
	ev --fd x
	misused events "--fd: 'x' is not a descriptor"
}

@test "--eventfd tells what was added, with its sum" {
	need_tool perl
	capture perl -e 'open my $f, ">&=", syscall(290, 5, 0) or die; $^F = 99;
		my $n = fileno $f; fcntl $f, 2, 0; exec @ARGV, "--eventfd", "sum=$n"' "$BUTTER" events -n 5
	succeeded
	equal "$output" "post sum 5"
	with '</dev/null' events --eventfd 0
	failed 1 events "--eventfd 0 is not an eventfd"
}

@test "--pid tells the end of a process that is no child, with its status, and is over" {
	need_pidfd
	mkfifo go
	bash -c 'read -r _ <go; exit 42' 3>&- &
	local child=$!
	start "$BUTTER" events --ready-fd 7 --pid db="$child"
	echo >go
	wait "$child" || true
	finish
	equal "$status $output" "0 exit db $child 42 -"
	sleep inf 3>&- &
	child=$!
	start "$BUTTER" events --ready-fd 7 --pid "$child" -j
	kill "$child"
	wait "$child" || true
	finish
	equal "$status $(jq -r '"\(.event) \(.source) \(.status) \(.signal)"' <<<"$output")" "0 exit pid 143 TERM"
}

@test "--pid of a process that there never was is an error" {
	need_pidfd
	ev --pid 4194303
	equal "$status" 1
	one_line events
	contains "$stderr" "No such process"
	ev --pid x
	misused events
}

@test "--inotify tells events and paths; only those that were named" {
	start "$BUTTER" events --ready-fd 7 -n 2 --inotify in=here:create,delete
	echo >"here/a b"
	rm "here/a b"
	finish
	succeeded
	equal "$output" $'create in here/a b\ndelete in here/a b'
}

@test "--inotify -r follows folders that appear" {
	start "$BUTTER" events --ready-fd 7 -n 3 -r --inotify here:create
	mkdir -p here/x/y/z
	finish
	succeeded
	equal "$output" $'create inotify here/x\ncreate inotify here/x/y\ncreate inotify here/x/y/z'
}

@test "--inotify of what is gone is over, and so is all" {
	start "$BUTTER" events --ready-fd 7 --inotify here:delete_self
	rmdir here
	finish
	equal "$status $output" "0 delete_self inotify here/"
}

@test "--inotify of nothing is an error, and words that are no events belong to the path" {
	ev --inotify nowhere
	failed 1 events "cannot watch 'nowhere'" "No such file"
	ev --inotify nowhere:create,x
	failed 1 events "cannot watch 'nowhere:create,x'" "No such file"
	ev --inotify here:modify,creat
	misused events "--inotify: there is no file 'here:modify,creat', and no event 'creat', did you mean 'create'?"
	ev --inotify here:
	misused events "no event ''"
	mkdir here/a:b
	start "$BUTTER" events --ready-fd 7 -n 1 --inotify ./here/a:b:create
	: >here/a:b/c
	finish
	equal "$status $output" "0 create inotify ./here/a:b/c"
}

@test "what the kernel had no room for is told, as an event and in a message" {
	local most

	most=$(cat /proc/sys/fs/inotify/max_queued_events) || skip "no /proc here"
	((most <= 50000)) || skip "fs.inotify.max_queued_events is $most"
	start "$BUTTER" events --ready-fd 7 --inotify w=here:create --every 1h
	kill -STOP "$pid"
	await has_state T
	perl -e 'for (0 .. $ARGV[0]) { open my $f, ">", "here/$_" or die; unlink "here/$_" }' "$most"
	kill -CONT "$pid"
	await told 'overflow w .*'
	kill "$pid"
	finish
	one_line events
	contains "$stderr" "events of w are lost: the kernel's queue was full (raise fs.inotify.max_queued_events)"
}

@test "--fanotify tells who did it" {
	need_root
	start "$BUTTER" events --ready-fd 7 -n 1 --fanotify f="$PWD/here:create"
	: >here/x
	finish
	[[ $stderr != *"not permitted"* && $stderr != *"not implemented"* ]] || skip "no fanotify here: $stderr"
	succeeded
	matches "$output" "create f [0-9]+ $PWD/here/x"
}

@test "--psi sets its trigger, with the hint that is due" {
	[ -e /proc/pressure/memory ] || skip "no pressure here"
	need_strace
	capture strace -qq -y -e trace=write -o trace "$BUTTER" events -t 0 --psi m=memory:full:100ms/4s
	[ "$status" = 124 ] || [[ $stderr == *"boot with psi=1"* ]] || fails "$stderr"
	contains "$(cat trace)" '</proc/pressure/memory>, "full 100000 4000000\0", 20)'
	unprivileged
	try_as_nobody events -t 0 --psi memory:some:100ms/1s
	failed 1 events "cannot watch the pressure '/proc/pressure/memory'"
	inject write:error=EOPNOTSUPP:when=1 events -t 0 --psi cpu
	failed 1 events "pressure is not accounted: boot with psi=1"
}

@test "--psi tells of pressure that there is" {
	[ -e /proc/pressure/cpu ] || skip "no pressure here"

	# Each is one process, so that stop_all leaves none behind.
	for _ in 1 2 3 4 5 6 7 8; do
		launch nice -n 19 bash -c 'while :; do :; done'
	done
	capture timeout 20 "$BUTTER" events -n 1 -j --psi busy=cpu:some:1ms/2s
	stop_all
	succeeded
	equal "$(jq -r '"\(.event) \(.source) \(.path)"' <<<"$output")" "pressure busy /proc/pressure/cpu"
}

@test "--psi explains what it cannot read" {
	local text

	for text in swap memory:most memory:1s memory:2s/1s memory:0/2s; do
		ev --psi "$text"
		misused events "--psi" || fails "$text"
	done
	ev --psi ./nothing
	failed 1 events "cannot watch the pressure './nothing'" "CONFIG_PSI"
}

@test "--psi writes nothing to what is no pressure file" {
	local text

	for text in "root:x:0:0:root:/root:/bin/sh" "some 200000 2000000" ""; do
		printf '%s' "$text" >file
		ev -t 0 --psi ./file
		failed 1 events "cannot watch the pressure './file'" "this is no pressure file"
		equal "$(cat file)" "$text"
	done
	# As irq has it.
	echo 'full avg10=0.00 avg60=0.00 avg300=0.00 total=0' >file
	ev -t 0 --psi ./file:some
	failed 1 events "cannot watch the pressure './file'" "only full is accounted there"
	lacks "$(cat file)" 200000
}

@test "--signal tells signals, who sent them, and they do nothing else" {
	start "$BUTTER" events --ready-fd 7 -n 2 --signal stop=TERM,USR1
	kill -USR1 "$pid"
	await told "signal stop USR1 10 $BASHPID $(id -u) user - trusted"
	kill "$pid"
	finish
	succeeded
	equal "$(tail -n 1 <<<"$output")" "signal stop TERM 15 $BASHPID $(id -u) user - trusted"
}

@test "--signal takes also what was ignored or blocked at the start" {
	start bash -c 'trap "" USR1; exec "$@"' - "$BUTTER" events --ready-fd 7 -n 1 --signal USR1 -F '%E %S'
	kill -USR1 "$pid"
	finish
	equal "$status $output" "0 signal USR1"
}

@test "--signal refuses what nobody receives, and words that are no signals" {
	ev --signal KILL
	misused events "KILL cannot be received"
	ev --signal x=TERM,STOP
	misused events "STOP cannot be received"
	ev --signal TRM
	misused events "there is no signal 'TRM'" "did you mean"
	ev --signal SEGV
	misused events "SEGV cannot be received"
}

@test "signals that are no sources end it, and those that are do not go to a command" {
	start "$BUTTER" events --ready-fd 7 --signal USR1
	kill -TERM "$pid"
	finish
	equal "$status $output" "143 "
	launch "$BUTTER" events --signal TERM -- bash -c 'trap "echo trapped" TERM; echo up
		read -r event _ what _ <&3; echo "$event $what"'
	await told up
	kill -TERM "$pid"
	finish
	equal "$status" 0
	equal "$output" $'up\nsignal TERM'
}

@test "signals that are sources go on to a command that has no stream any more" {
	# With the last event that is told, another one has come.
	launch "$BUTTER" events --signal TERM,USR1 -n 1 -- bash -c 'term=; trap "term=yes" TERM; echo up
		while read -r event _ what _ <&3; do echo "$event $what"; done
		until [ "$term" ]; do sleep 0.02; done; echo term; exit 4'
	await told up
	kill -STOP "$pid"
	await has_state T
	kill -TERM "$pid"
	kill -USR1 "$pid"
	kill -CONT "$pid"
	finish
	equal "$status $output" $'4 up\nsignal USR1\nterm'
	launch "$BUTTER" events --signal TERM -- bash -c 'trap "echo term; exit 4" TERM; exec 3<&-; echo up; while :; do sleep 0.02; done'
	await told up
	kill "$pid"
	finish
	equal "$status $output" $'4 up\nterm'
}

@test "CHLD is no source beside a command, of whose end it tells" {
	ev --signal TERM,CHLD -- true
	equal "$status" 125
	contains "$stderr" "--signal: CHLD tells of the end of COMMAND"
	# It has ended before the first look at the sources.
	mkfifo slow
	exec 9<>slow
	head -c 65536 /dev/zero >&9
	launch "$BUTTER" events --ready-fd 9 --signal all -- sh -c 'echo >&7; exit 3'
	read -r -t "$LIMIT" -u "$ready" _
	read -r -t 0.1 -u "$alive" _ || true
	head -c 65536 <&9 >/dev/null
	finish
	exec 9>&-
	equal "$status" 3
}

@test "a command finds signals as events has found them" {
	need_proc
	local wanted

	# By the same way: timeout(1) is no stranger to QUIT.
	capture bash -c 'trap "" USR2; exec grep -E "^Sig(Blk|Ign)" /proc/self/status'
	wanted=$output
	capture bash -c 'trap "" USR2; exec "$@"' - "$BUTTER" events --every 1m --signal TERM,USR1,USR2 -- \
		grep -E '^Sig(Blk|Ign)' /proc/self/status
	equal "$status $output" "0 $wanted"
	capture bash -c 'exec "$@"' - grep -E '^Sig(Blk|Ign)' /proc/self/status
	wanted=$output
	capture bash -c 'exec "$@"' - "$BUTTER" events -n 1 --every 1ms --signal USR1 -x -- \
		grep -E '^Sig(Blk|Ign)' /proc/self/status
	equal "$status $output" "0 $wanted"
}

@test "a command that was ended by a signal ends events by it" {
	ev --every 1m -- bash -c 'kill -TERM $$'
	equal "$status" 143
	capture perl -e 'system @ARGV; print $? & 127' "$BUTTER" events --every 1m -- bash -c 'kill -INT $$'
	equal "$output" 2
}

# ---- The stream

@test "several sources are one stream, and none keeps another waiting" {
	ev -n 20000 --every fast=10us --every slow=5ms
	succeeded
	contains "$output" "tick slow "
}

@test "--json has the source, and is JSON" {
	need_tool jq
	ev -j -n 3 --every a=1ms --at @1
	succeeded
	equal "$(jq -r '.source' <<<"$output" | sort -u | tr '\n' ' ')" "a at "
}

@test "--null and --format" {
	: >'here/a
b'
	start "$BUTTER" events --ready-fd 7 -0 -n 1 --inotify here:delete
	rm here/a*
	finish
	equal "$(tr '\0' '!' <"$job/out")" $'delete inotify here/a\nb!'
	ev -n 1 -F '%E|%s|%%%n' --every x=1ms
	equal "$output" 'tick|x|%'
	ev -n 1 -F '%e' --at @1
	equal "$output" alarm
}

@test "--timeout ends with 124; 0 looks once" {
	local since

	since=$(microseconds)
	ev -t 0.2 --every 1m
	lasted 200000 "$since"
	equal "$status $output" "124 "
	ev -t 0 --every 1m --at @1
	equal "$status" 124
	matches "$output" "alarm at [0-9.]+"
	ev -t 0 --at one=@1 --every 1m --at two=@2 --at three=@3
	equal "$status $(cut -d ' ' -f 2 <<<"$output" | tr '\n' ' ')" "124 one two three "
	ev -q -n 1 --every 1ms
	equal "$status $output" "0 "
}

@test "one epoll has the descriptors of all sources" {
	need_strace
	capture strace -f -qq -e trace=epoll_create1,epoll_ctl,epoll_wait,epoll_pwait -o trace "$BUTTER" events -t 10ms \
		--every 1h --at 2200-01-01 --clock-change --signal USR1,USR2 --inotify here --fd 0 --fd 0:pri --fd 1:pri </dev/ptmx
	equal "$status $(grep -c epoll_create1 trace)" "124 1"
	equal "$(grep -c 'epoll_ctl([0-9]*, EPOLL_CTL_ADD.* = 0$' trace)" 9 # the output is one
	matches "$(tail -n 1 trace)" '[0-9]+ +epoll_p?wait\(.*, (10|[1-9])(, NULL, [0-9]+)?\) += 0'
}

@test "what a descriptor tells once, and told nobody before, is told" {
	namespaces -m --propagation private
	need_proc
	capture "${within[@]}" bash -c 'exec 4</proc/self/mountinfo; mount -t tmpfs none here; "$BUTTER" events -n 1 --fd 4:pri'
	equal "$status $output" "0 priority fd 4"
}

@test "--drain tells all that is there, and ends" {
	capture "$BUTTER" signalfd-mask -b RTMIN -- bash -c 'kill -RTMIN $$; kill -RTMIN $$; kill -RTMIN $$; exec "$@"' - \
		"$BUTTER" events --drain --every 1m --signal RTMIN --at @1 -F %s
	equal "$status $(sort <<<"$output" | tr '\n' ' ')" "0 at signal signal signal "
	ev --drain --every 1m
	equal "$status $output" "0 "
	ev --drain -t 0 --every 1m
	misused events "--drain goes without --timeout"
}

@test "names that are hostile are exact in JSON and with --null, and lines stay lines" {
	need_tool jq
	local name=$'here/a\nb\e[2J"\\ \x80\xff\u202e'

	: >"$name"
	start "$BUTTER" events --ready-fd 7 -n 1 -j --inotify $'w=here:attrib'
	chmod 700 "$name"
	finish
	succeeded
	equal "$(jq -r .path_b64 <<<"$output" | base64 -d)" "$name"
	start "$BUTTER" events --ready-fd 7 -n 1 -0 --inotify $'w=here:attrib'
	chmod 600 "$name"
	finish
	equal "$(tr '\0' '!' <"$job/out")" "attrib w $name!"
	start "$BUTTER" events --ready-fd 7 -n 1 --inotify $'w=here:attrib'
	chmod 700 "$name"
	finish
	equal "$(wc -l <"$job/out") $(LC_ALL=C tr -d ' -~\n' <"$job/out" | wc -c)" "1 0"
}

@test "a full disk and a closed output are errors" {
	with '>/dev/full' events -n 1 --every 1ms
	failed 1 events "cannot write to standard output"
	broken_pipe ignore events --every 1ms
	equal "$status" 1
	broken_pipe default events --every 1ms
	equal "$status" 141
}

@test "it does not wake up when there is nothing" {
	need_strace
	launch strace -f -qq -o trace "$BUTTER" events --every 1h --inotify here --clock-change --ready-fd 7
	read -r -t "$LIMIT" -u "$ready" _
	drained
	local before after

	before=$(wc -l <trace)
	# Long enough for any period that a program would choose.
	read -r -t 3 -u "$alive" _ || true
	after=$(wc -l <trace)
	equal "$after" "$before"
	kill "$(children "$pid")"
	finish
}

@test "--exec runs a command for each event, with its JSON" {
	start "$BUTTER" events --ready-fd 7 -n 2 -x --inotify in=here:create -- bash -c 'jq -r .source; echo "$1"' - {}
	: >here/a
	: >here/b
	finish
	succeeded
	equal "$output" $'in\nhere/a\nin\nhere/b'
	ev -n 1 -x --every 1ms -- false
	equal "$status" 0
	contains "$stderr" "'false' for 'tick' ended with status 1"
	ev -n 1 -x --every 1ms -- "$PWD/nothing"
	equal "$status" 127
}

@test "wrong usage is told" {
	ev
	misused events "there is nothing to wait for"
	ev --every 0
	misused events "--every"
	ev --every x
	misused events "'x'"
	ev --at noon
	misused events "'noon' is not a time"
	ev -j -0 --every 1s
	misused events "--json"
	ev --to-fd 4 --every 1s
	misused events "--to-fd"
	ev --every 1s -x
	misused events "--exec needs a command"
	ev --every 1s --
	misused events "a command is missing"
	ev --clock-change='a b'
	misused events "is no name"
	ev --batch --every 1s
	misused events "need --exec"
}

@test "no descriptors and no calls are explained" {
	inject timerfd_create:error=EMFILE events --every 1s
	failed 1 events "cannot create a timer" "raise ulimit -n"
	inject timerfd_create:error=ENOSYS events --at @1
	failed 1 events "cannot create a timer" "no timerfd"
	inject inotify_init1:error=EMFILE events --inotify here
	failed 1 events "cannot use inotify"
	inject pidfd_open:error=ENOSYS events --pid "$$"
	equal "$status" 1
	one_line events
	with '</dev/null' events -t 0 --fd 0
	inject epoll_create1:error=ENOSYS events --fd 0
	failed 1 events "cannot wait for events" "no epoll"
	inject epoll_ctl:error=ENOSPC events --fd 0
	failed 1 events "cannot wait for --fd 0" "raise fs.epoll.max_user_watches"
	capture bash -c 'ulimit -n 4; "$BUTTER" events --every 1s'
	failed 1 events "cannot create a timer" "raise ulimit -n"
	inject pipe2:error=EMFILE events --every 1s -- true
	failed 125 events "cannot create a pipe"
	inject signalfd4:error=ENOSYS events --every 1s -- true
	failed 125 events "cannot receive signals"
}

@test "process 1 reaps what comes to it" {
	namespaces -pf --kill-child --mount-proc
	# One has ended before, and one ends later.
	launch "${within[@]}" sh -c 'sleep 0.1 & true & sleep 0.05; exec "$BUTTER" events --every 1h --ready-fd 7'
	read -r -t "$LIMIT" -u "$ready" _
	await has_no_child "$(children "$pid")"
	kill "$(children "$pid")"
	finish
	equal "$status" 143
}

@test "--exec as process 1 reaps what its commands leave behind" {
	namespaces -pf --kill-child --mount-proc
	# What the only command leaves ends later than that.
	launch "${within[@]}" "$BUTTER" events --at @1 --every never=inf -x -- sh -c '
		"$1" timerfd-sleep 100ms & : >ran' sh "$BUTTER"
	await test -e ran
	await has_no_child "$(children "$pid")"
	kill "$(children "$pid")"
	finish
	equal "$status" 143
}

# has_no_child PID: neither a zombie.
has_no_child() {
	[ ! "$(children "$1")" ]
}

# ---- With a command

@test "a command gets the events on descriptor 3, and its status is that of events" {
	ev --every t=1ms -- sh -c 'read -r event name number count <&3; echo "$event $name $BUTTER_EVENTS_FD"; exit 7'
	equal "$status $output" "7 tick t 3"
	ev --to-fd 9 --every t=1ms -- sh -c 'read -r event _ <&9; echo "$event $BUTTER_EVENTS_FD"'
	equal "$status $output" "0 tick 9"
	ev --every 1s -- bash -c 'kill -KILL $$'
	equal "$status" 137
	ev --every 1s -- "$PWD/nothing"
	failed 127 events "cannot run"
	ev --every 1s -- "$PWD/here"
	failed 126 events "cannot run"
}

@test "a command gets no other descriptor of events" {
	need_proc
	ev --every 1s --inotify here --clock-change --signal USR1 --fd 0 --pid "$$" -- \
		sh -c 'readlink /proc/$$/fd/3 /proc/$$/fd/*; :' </dev/ptmx
	succeeded
	lacks "$output" anon_inode
	equal "$(grep -cFx "$(head -n 1 <<<"$output")" <<<"$output")" 2
}

@test "with --count and --timeout the stream ends, and the command ends as it likes" {
	ev -n 2 --every t=1ms -- sh -c 'while read -r event _ <&3; do echo "$event"; done; exit 5'
	equal "$status" 5
	matches "$output" $'tick(\ntick)?' # two may be one line
	ev -t 0.1 --every t=1m -- sh -c 'while read -r event _ <&3; do echo "$event"; done; echo end'
	equal "$status $output" "0 end"
}

@test "a command that does not read its events is waited for, and found at its end" {
	need_tool jq
	# Its stream and the queue are full long before it ends.
	mkfifo go
	launch "$BUTTER" events --queue 64K -F '%v %p 0123456789012345678901234567890123456789' --every 1ms \
		-- sh -c 'echo up; read -r _ <go; exit 9'
	await told up
	read -r -t 1 -u "$alive" _ || true
	is_running
	echo >go
	finish
	equal "$status" 9
}

@test "a command that closes its stream lives on" {
	mkfifo go
	launch "$BUTTER" events --every 1ms -- sh -c 'exec 3<&-; echo up; read -r _ <go; echo on; exit 4'
	await told up
	read -r -t 0.2 -u "$alive" _ || true
	echo >go
	finish
	equal "$status $output" $'4 up\non'
}

@test "signals go on to the command, stuck reader or not" {
	local long

	# One record may be more than a pipe has room for when it is ready.
	printf -v long '%5000s' x
	for format in '%v' "$long"; do
		launch "$BUTTER" events --queue 4K --every 100us -F "$format" -- bash -c 'trap "echo term; exit 3" TERM; echo up; while :; do sleep 0.02; done'
		await told up
		read -r -t 0.5 -u "$alive" _ || true
		kill "$pid"
		finish
		equal "$status" 3
		contains "$output" term
	done
}

@test "as process 1 it reaps orphans, gives signals on, and ends with the command" {
	namespaces -pf --kill-child --mount-proc
	launch "${within[@]}" "$BUTTER" events --every 50ms -- bash -c '
		trap "echo term; exit 6" TERM
		(sleep 0.01 & sleep 0.02 & : ) 3<&-
		while read -r _ <&3; do
			grep -l "^State:.Z" /proc/[0-9]*/status
			[ -e told ] || { : >told; echo up; }
		done'
	await told up
	read -r -t 0.3 -u "$alive" _ || true
	kill -TERM "$(children "$pid")"
	finish
	equal "$status" 6
	equal "$output" $'up\nterm'
}

@test "killed, it leaves the command, whose stream ends" {
	launch "$BUTTER" events --every 20ms -- bash -c 'echo up; while read -r _ <&3; do :; done; echo end'
	await told up
	kill -KILL "$pid"
	finish
	equal "$status" 137
	equal "$output" $'up\nend'
}

@test "stopped, it loses nothing: ticks add up" {
	local sum

	start "$BUTTER" events --ready-fd 7 -n 200 --every 1ms
	kill -STOP "$pid"
	await has_state T
	read -r -t 0.1 -u "$alive" _ || true
	kill -CONT "$pid"
	finish
	succeeded
	sum=$(awk '{ n += $4; if ($3 != n) bad = 1 } END { print n >= 200 && !bad }' <<<"$output")
	equal "$sum" 1
}

@test "many events come without loss, and memory stays as it is" {
	local count=20000 lines

	[ "${BUTTER_LONG:-}" != 1 ] || count=100000
	start "$BUTTER" events --ready-fd 7 -n "$count" --inotify here:create --every t=1ms -F %s
	perl -e 'for (1 .. $ARGV[0]) { open my $f, ">", "here/$_" or die; unlink "here/$_" }' "$count" 3>&- &
	local maker=$!
	finish
	kill "$maker" 2>/dev/null || true
	wait "$maker" || true
	lacks "$stderr" "lost"
	equal "$status" 0
	lines=$(grep -c . <<<"$output")
	((lines >= count / 2)) || fails "only $lines lines"
}

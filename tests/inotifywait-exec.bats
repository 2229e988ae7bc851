#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# inotifywait --exec: what is run for which events, what it gets, what its end means; busy commands, bursts, signals, and
# faults. BUTTER_LONG=1 runs more rounds.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2034 # helper.bash reads IN, within
# shellcheck disable=SC2153,SC2154 # helper.bash sets LIMIT, status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # the commands' own shells expand

load helper
load inotify

setup() {
	trace_tests_only
	need_applet inotifywait
	another_folder D bin
	mkfifo go
	script note 'printf "%s\n" "$@" >>log'
}

# script NAME TEXT: makes bin/NAME.
script() {
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod +x "bin/$1"
}

# reacting ARGUMENT...: butter inotifywait in the background, ready.
reacting() {
	start "$BUTTER" inotifywait -q --ready-fd 7 "$@"
}

lines() {
	[ -e "$1" ] && [ "$(wc -l <"$1")" -ge "$2" ]
}

exists() {
	[ -e "$1" ]
}

missing() {
	[ ! -e "$1" ] || fails "there is a '$1':" "$(cat "$1")"
}

# quits PID: for await, whether it has ended.
quits() {
	! kill -0 "$1" 2>/dev/null
}

# ended STATUS: the watcher ends, with that.
ended() {
	finish || return 1
	equal "$status" "$1" || fails "standard error: '$stderr'"
}

# ---- Once

@test "the first event runs the command, with the path for {}, and its status is the command's" {
	for code in 0 1 2 7 125 255; do
		reacting -e create D --exec -- sh -c 'printf "<%s>" "$@"; exit "$0"' "$code" a {} 'b{}' '{} ' '' {}
		: >"D/file $code"
		ended "$code"
		equal "$output" "<a><D/file $code><b{}><{} ><><D/file $code>"
		equal "$stderr" ""
	done
}

@test "the first event is enough, whatever comes with it" {
	reacting D --exec -- bin/note run {}
	: >D/one
	: >D/two
	ended 0
	equal "$(cat log)" $'run\nD/one'
}

@test "-x is --exec" {
	reacting -e create D -x -- bin/note run {}
	: >D/one
	ended 0
	equal "$(cat log)" $'run\nD/one'
}

@test "a command that a signal ended gives 128 and its number" {
	for signal in KILL TERM SEGV; do
		reacting -e create D --exec -- sh -c 'ulimit -c 0; kill -s "$0" $$' "$signal"
		: >"D/$signal"
		ended $((128 + $(kill -l "$signal")))
		equal "$stderr" ""
	done
}

@test "a command that is missing is 127, one that cannot be executed or is a folder 126; with -m too" {
	: >plain
	printf '#!/nowhere/at/all\n' >lost
	chmod +x lost
	files=0
	for monitor in '' -m --count=2; do
		for row in '127 ./missing No such file or directory' '127 nosuchcommand No such file or directory' \
			'126 ./plain Permission denied' '126 ./D Permission denied' '126 ./plain/x Not a directory' \
			'127 ./lost No such file or directory'; do
			read -r expected command text <<<"$row"
			reacting -e create ${monitor:+"$monitor"} D --exec -- "$command" {}
			((++files))
			: >"D/f.$files"
			finish
			failed "$expected" inotifywait "cannot run '$command': $text"
		done
	done
}

@test "a script without #! is one for the shell, as everywhere" {
	echo 'echo "with $1"' >plain
	chmod +x plain
	reacting -e create D --exec -- ./plain {}
	: >D/f
	ended 0
	equal "$output" "with D/f"
}

@test "the time that runs out is 2, and no command runs" {
	try inotifywait -q -t 0.05 D --exec -- bin/note {}
	equal "$status" 2
	equal "$output$stderr" ""
	missing log
}

@test "butter's own failure is 125: before the command, or because the watched thing is gone" {
	try inotifywait -q missing --exec -- bin/note {}
	failed 125 inotifywait "cannot watch 'missing'"
	: >f
	reacting -e modify f --exec -- bin/note {}
	rm f
	ended 125
	inject inotify_add_watch:error=ENOSPC inotifywait -q D --exec -- bin/note {}
	failed 125 inotifywait max_user_watches
	missing log
}

@test "an event that ends the watch is still one" {
	: >f
	reacting -e delete_self f --exec -- sh -c 'echo "$BUTTER_EVENT $1"; exit 3' x {}
	rm f
	ended 3
	equal "$output" "delete_self f"
}

@test "what goes with what" {
	try inotifywait D --exec
	misused inotifywait "--exec needs a command after --"
	try inotifywait D --exec --
	misused inotifywait "--exec needs a command after --"
	for option in --batch --debounce=0 --on-busy=queue --on-busy=skip --on-busy=restart; do
		try inotifywait D "$option"
		misused inotifywait "need --exec"
	done
	try inotifywait D --exec --on-busy=sometimes -- true
	misused inotifywait "unknown name 'sometimes'"
	try inotifywait --exec -- true
	misused inotifywait "no files specified"
	try inotifywait D --exec --debounce -1 -- true
	misused inotifywait "--debounce"
}

@test "without --exec, -- ends the options" {
	: >-file
	start "$BUTTER" inotifywait -q --ready-fd 7 -e open D -- -file
	cat ./-file
	finish
	equal "$status$output" "0-file OPEN "
}

# ---- What the command gets

@test "the event is in the environment and, as a JSON line, on standard input" {
	need_tool jq
	BUTTER_NAME=old BUTTER_EVENT=old BUTTER_COUNT=77 reacting -e create D --exec -- \
		sh -c 'env | grep ^BUTTER_ | sort; cat' x
	mkdir D/folder
	ended 0
	equal "$(grep -v '^{' <<<"$output" | grep -vE '^BUTTER_(SOURCE|BUILD|LONG)=')" \
		$'BUTTER_COUNT=1\nBUTTER_DIR=D/\nBUTTER_EVENT=create\nBUTTER_NAME=folder\nBUTTER_PATH=D/folder'
	equal "$(grep '^{' <<<"$output" | jq -c '[.event, .path, .dir, .name, .is_dir]')" '["create","D/folder","D/","folder",true]'
}

@test "of the watched object itself there is a path, and no folder and entry" {
	: >f
	reacting -e close_write f --exec -- sh -c 'echo "$BUTTER_EVENT|$BUTTER_PATH|$BUTTER_DIR|$BUTTER_NAME|$1"; exec jq -c "[.path, .dir, .name]"' x {}
	need_tool jq
	echo >f
	ended 0
	equal "$output" $'close_write|f|||f\n["f",null,null]'
}

@test "hostile names arrive as they are: as one argument, in the environment, in JSON" {
	need_tool jq
	script show 'printf "%s\\0" "$#" "$@" "$BUTTER_PATH" "$BUTTER_NAME" >>seen; cat >>json'
	names=($'new\nline' -rf '$(touch forged)' '`touch forged`' 'a{}b' '{}' $'bad\xff\xfe' $'\e[2J' "quo'te" 'quo"te' ' ' '*' ';touch forged' '%n%s')
	reacting -m --count "${#names[@]}" -e create D --exec -- bin/show {}
	for name in "${names[@]}"; do
		: >"D/$name"
		printf '%s\0' 1 "D/$name" "D/$name" "$name" >>expected
	done
	ended 0
	cmp seen expected
	equal "$stderr" ""
	missing forged
	equal "$(jq -r .event json | sort | uniq -c | tr -s ' ')" " ${#names[@]} create"
	equal "$(jq -r 'select(.name_b64) | .name_b64' json | base64 -d | od -An -tx1)" ' 62 61 64 ff fe'
}

@test "the command has descriptors 0, 1 and 2, and no other" {
	need_proc
	exec 5</dev/null 9</dev/null
	for calls in close_range,pidfd_open ''; do
		within=()
		if [ -n "$calls" ]; then
			need_tool "${CC:-cc}"
			need_applet seccomp-exec
			within=("$BUTTER" seccomp-exec --errno "$calls=ENOSYS")
		fi
		start "${within[@]}" "$BUTTER" inotifywait -q --ready-fd 7 -e create D --exec -- \
			sh -c 'ls /proc/$$/fd; readlink /proc/$$/fd/0'
		: >"D/f$calls"
		ended 0
		matches "$output" $'0\n1\n2\n/memfd:.*'
	done
	exec 5<&- 9<&-
}

@test "standard output that is closed is closed in the command" {
	reacting_closed() {
		start bash -c 'exec "$BUTTER" inotifywait -q --ready-fd 7 -e create D --exec -- sh -c "echo x; echo \$? >result" >&-'
	}
	reacting_closed
	: >D/f
	ended 0
	matches "$(cat result)" '[1-9][0-9]*'
}

signals_of() {
	sed -nE 's/^Sig(Blk|Ign):[[:space:]]*//p' "$1" | tr '\n' ' '
}

@test "a signal ends it also while it waits for the reader of its output" {
	mkfifo lines
	exec {held}<>lines
	start bash -c 'exec "$@" >lines' "$0" "$BUTTER" inotifywait -qm --queue 4K --ready-fd 7 --csv -e create D --exec -- true
	perl -e 'for (1 .. 5000) { open my $file, ">", "D/a_longer_name_$_" or die }'
	drained
	kill -TERM "$pid"
	finish
	equal "$status" 143
	exec {held}>&-
}

@test "the command finds signals as butter did" {
	need_proc
	files=0
	for how in --default-signal --ignore-signal=PIPE,XFSZ --ignore-signal=INT,QUIT,TERM,HUP,CHLD --block-signal=USR1,TERM; do
		env "$how" true 2>/dev/null || continue
		for calls in '' pidfd_open; do
			within=()
			if [ -n "$calls" ]; then
				[[ " $APPLETS " == *' seccomp-exec '* ]] || continue
				within=("$BUTTER" seccomp-exec --errno "$calls=ENOSYS")
			fi
			launch env "$how" cat /proc/self/status
			ended 0
			echo "$output" >expected
			start env "$how" "${within[@]}" "$BUTTER" inotifywait -q --ready-fd 7 -e create D --exec -- \
				cat /proc/self/status
			((++files))
			: >"D/f.$files"
			ended 0
			equal "$(signals_of <(echo "$output"))" "$(signals_of expected)"
		done
	done
}

# ---- One after the other

@test "with -m each event has its run, in order; a failure is one line, and it goes on" {
	script odd 'echo "$1" >>log; case $1 in *2) exit 9 ;; *3) kill -KILL $$ ;; esac'
	reacting -m -e create D --exec -- bin/odd {}
	for i in 1 2 3 4; do : >D/$i; done
	await lines log 4
	kill "$pid"
	ended 143
	equal "$(cat log)" $'D/1\nD/2\nD/3\nD/4'
	equal "$stderr" "butter: inotifywait: 'bin/odd' for 'D/2' ended with status 9
butter: inotifywait: 'bin/odd' for 'D/3' was ended by signal 9 (Killed)"
}

# all_arrived: as many events as were counted for the runs have come to their standard input.
all_arrived() {
	[ "$(wc -l <json)" = "$(awk '{ n += $1 } END { print n }' counts)" ]
}

@test "events are read while the command runs, and the last run starts after the last write" {
	script look 'cat D/f >last; echo "$BUTTER_COUNT" >>counts; cat >>json'
	for options in '' --batch '--debounce 10ms'; do
		rm -f counts json last
		# shellcheck disable=SC2086
		reacting -m -e close_write $options D --exec -- bin/look {}
		for i in {1..1000}; do
			echo "$i" >D/f
			((RANDOM % 100)) || read -r -t 0.01 <>go || true
		done
		LIMIT=120 await grep -qsx 1000 last
		# The kernel makes one event of two alike: how many there are is its affair. The last command is still at
		# it, and the signal would be for it, too.
		await all_arrived
		kill "$pid"
		ended 143
		all_arrived
	done
}

@test "what waits is run before the end, and its end is waited for; then the status is the usual one" {
	script slow 'read -r _ <go; echo "$1" >>log'
	# Held open: who reads finds a line or waits, and never the end that closing after a line would make.
	exec {held}<>go
	reacting -m --count 3 -e create D --exec -- bin/slow {}
	for i in 1 2 3; do : >D/$i; done
	for i in 1 2 3; do
		echo >go
		await lines log $i
	done
	ended 0
	equal "$(cat log)" $'D/1\nD/2\nD/3'
	# The time runs out while the command runs.
	reacting -m -t 1 -e create D --exec -- bin/slow {}
	: >D/4
	read -r -t 1.2 -u "$alive" _ || true
	is_running
	echo >go
	ended 2
	lines log 4
	# Nothing is left.
	: >f
	reacting -m -e delete_self f --exec -- bin/slow {}
	rm f
	echo >go
	finish
	failed 1 inotifywait "nothing is left to watch"
	lines log 5
	exec {held}<&-
}

@test "events are not printed, unless a form or a file is asked for" {
	reacting -m --count 1 -e create D --exec -- true
	: >D/1
	ended 0
	equal "$output" ""
	reacting -m --count 1 -e create --format '%e %f' D --exec -- true
	: >D/2
	ended 0
	equal "$output" "CREATE 2"
	reacting -m --count 1 -e create -o out D --exec -- true
	: >D/3
	ended 0
	equal "$output$(cat out)" "D/ CREATE 3"
}

@test "what is printed of an event is written before its command starts, however it ends" {
	for options in '' '-m --count 1' '-m --batch --count 1'; do
		rm -f out seen D/f
		# shellcheck disable=SC2086
		reacting $options -e create -o out D --exec -- cp out seen
		: >D/f
		ended 0
		equal "$(cat seen)" "D/ CREATE f"
	done
}

# ---- Lost events

# losing OPTION...: events are lost, and none that was asked for has come.
losing() {
	reacting -e open --include last "$@"
	overflow
	kill -CONT "$pid"
}

@test "--on-overflow fail is a failure, whatever is run; what has come before is enough" {
	script name 'echo "$BUTTER_EVENT $BUTTER_PATH" >>log'
	for options in '' -m --batch; do
		# shellcheck disable=SC2086
		losing --on-overflow fail $options D --exec -- bin/name
		finish
		failed 1 inotifywait "events are lost"
		missing log
	done
	losing --on-overflow fail -e q_overflow D --exec -- bin/name
	finish
	equal "$status $(<log)" "1 overflow "
	rm log
	reacting --on-overflow fail -e open D --exec -- bin/name
	overflow
	kill -CONT "$pid"
	ended 0
	equal "$stderr$(<log)" "open D/1"
}

@test "--on-overflow report runs a command that needs no path, and does not count it" {
	script name 'echo "$BUTTER_EVENT $BUTTER_COUNT $*" >>log; grep -o "\"event\":\"[a-z]*\"" >>log'
	losing --count 1 --csv D --exec -- bin/name
	await lines log 2
	: >D/last
	ended 0
	equal "$(<log)" $'overflow 1 \n"event":"overflow"\nopen 1 \n"event":"open"'
	rm log
	losing D --exec -- bin/name once
	ended 0
	equal "$(head -n 1 log)" "overflow 1 once"
	# With {} it could do anything where there is nothing for that, so it has to be asked for.
	rm log D/last
	losing D --exec -- bin/name once {}
	await grep -q lost "$job/err"
	: >D/last
	ended 0
	equal "$(head -n 1 log)" "open 1 once D/last"
	rm log
	losing -e q_overflow D --exec -- bin/name once {}
	ended 0
	equal "$(head -n 1 log)" "overflow 1 once"
}

@test "--on-overflow rescan runs the command for what has changed, and no other" {
	script name 'echo "$BUTTER_EVENT $BUTTER_PATH" >>log'
	reacting -m -r -e create --include last D --exec -- bin/name
	kill -STOP "$pid"
	perl -e 'for (1 .. $ARGV[0]) { mkdir("D/x") && rmdir("D/x") or die }' "$(</proc/sys/fs/inotify/max_queued_events)"
	: >D/last
	kill -CONT "$pid"
	await grep -q last log
	kill "$pid"
	ended 143
	equal "$(<log)" "create D/last"
}

# ---- Batches

@test "--batch gathers a burst: each path once, all events on standard input" {
	need_tool jq
	script batch 'printf "%s " $# "$BUTTER_COUNT" "$BUTTER_EVENT" "$BUTTER_PATH" "$@" >>log; echo >>log; cat >>json'
	reacting -e create,close_write D --exec --batch --debounce 300ms -- bin/batch {} + {}
	for i in 1 2 1 3; do : >D/$i; done
	ended 0
	# Three were created, four closed.
	equal "$(cat log)" '7 7 create D/1 D/1 D/2 D/3 + D/1 D/2 D/3 '
	equal "$(jq -r '.event + .name' json | tr '\n' ' ')" 'create1 close_write1 create2 close_write2 close_write1 create3 close_write3 '
}

@test "--batch waits until it is quiet, and the default is short" {
	reacting -m -e create D --exec --batch -- bin/note run {}
	: >D/1
	await lines log 2
	: >D/2
	await lines log 4
	kill "$pid"
	ended 143
	equal "$(cat log)" $'run\nD/1\nrun\nD/2'
}

@test "--debounce without --batch is one run for each path" {
	reacting -m --count 30 -e close_write D --exec --debounce 1s -- sh -c 'echo "$1 $BUTTER_COUNT $(wc -l)" >>log' x {}
	for i in {1..10}; do
		for name in a b c; do : >D/$name; done
	done
	ended 0
	equal "$(cat log)" $'D/a 10 10\nD/b 10 10\nD/c 10 10'
}

@test "10,000 events in a burst are in the batch, all of them" {
	script many 'printf "%s\n" "$@" >>paths; cat >>json; echo "$BUTTER_COUNT" >>counts'
	reacting -m --count 10000 -e create D --exec --batch -- bin/many {}
	perl -e 'for (1 .. 10000) { open(F, ">", "D/$_") or die; close(F) }'
	ended 0
	equal "$stderr" ""
	seq 10000 | sed 's,^,D/,' | cmp - paths
	equal "$(wc -l <json)" 10000
	equal "$(awk '{ n += $1 } END { print n }' counts)" 10000
}

@test "more paths than a command line takes make several runs, each path and event in one" {
	script many 'printf "%s\n" "$@" >>paths; cat >>json; echo "$BUTTER_COUNT" >>counts'
	long=$(printf 'x%.0s' {1..200})
	# 3,000 paths of 400 bytes, each twice: a megabyte and more.
	mkdir -p "D/$long"
	for limit in 8192 1024; do # a quarter of the stack
		rm -f paths json counts D/"$long"/*
		start bash -c 'ulimit -s "$1"; shift; exec "$@"' "$0" "$limit" "$BUTTER" inotifywait -q --ready-fd 7 -m --count 6000 \
			-e create,close_write "D/$long" --exec --batch --debounce 1s -- bin/many {} {}
		perl -e 'for (1 .. 3000) { open(F, ">", "D/$ARGV[0]/$_.$ARGV[0]") or die; close(F) }' "$long"
		ended 0
		equal "$stderr" ""
		equal "$(sort paths | uniq -c | awk '$1 != 2' | wc -l)" 0
		equal "$(sort -u paths | wc -l)" 3000
		equal "$(wc -l <json)" 6000
		equal "$(awk '{ n += $1 } END { print n, (NR > 1) }' counts)" "6000 1"
	done
}

@test "a command line that cannot hold a single path is told, and the others run" {
	script many 'echo "$@" >>log'
	mapfile -t many < <(printf '{}\n%.0s' {1..600})
	start bash -c 'ulimit -s 512; exec "$@"' "$0" "$BUTTER" inotifywait -q --ready-fd 7 -m --count 2 -e create D --exec -- \
		bin/many "${many[@]}"
	: >D/"$(printf 'x%.0s' {1..255})"
	: >D/y
	ended 0
	one_line inotifywait
	contains "$stderr" "Argument list too long"
	equal "$(cut -c 1-7 log)" "D/y D/y"
}

# ---- Busy

@test "--on-busy skip leaves out what comes meanwhile, and says how much" {
	script slow 'echo "start $1" >>log; read -r _ <go; : >D/own'
	reacting -m -e create D --exec --on-busy skip -- bin/slow {}
	: >D/1
	await lines log 1
	for i in 2 3 4; do : >D/$i; done
	echo >go
	# The file that the command itself makes is one of those.
	await grep -q skipped "$job/err"
	: >D/5
	await lines log 2
	echo >go
	await exists D/own
	kill "$pid"
	ended 143
	equal "$(cat log)" $'start D/1\nstart D/5'
	equal "${stderr%%$'\n'*}" "butter: inotifywait: events skipped while 'bin/slow' was running: 4"
}

@test "--on-busy restart ends the command and starts it again with all that has come" {
	script serve 'trap "echo \"term $*\" >>log; exit 0" TERM; exec 3<>go; echo "start $*" >>log; while :; do read -r _ <&3; done'
	reacting -m -e create D --exec --on-busy restart -- bin/serve {}
	: >D/1
	await lines log 1
	: >D/2
	await lines log 3
	equal "$(cat log)" $'start D/1\nterm D/1\nstart D/1 D/2'
	kill "$pid"
	ended 143
	equal "$(tail -n 1 log)" "term D/1 D/2"
	equal "$stderr" ""
}

@test "--on-busy restart kills a command that does not mind SIGTERM, after a while" {
	script deaf 'trap "" TERM; echo "start $*" >>log; echo $$ >>pids; while :; do read -r _ <go; done'
	reacting -m -e create D --exec --on-busy restart -- bin/deaf {}
	: >D/1
	await lines log 1
	: >D/2
	await lines log 2
	read -r first <pids
	quits "$first"
	kill -KILL "$(tail -n 1 pids)"
	await grep -q 'signal 9' "$job/err"
	kill "$pid"
	ended 143
	equal "$stderr" "butter: inotifywait: 'bin/deaf' for 'D/1' was ended by signal 9 (Killed)"
}

# ---- Signals

@test "a signal that asks to end goes to the command, too, and ends butter when that has ended" {
	script serve 'trap "echo got >>log; exit 0" "$1"; exec 3<>go; echo $$ >>log; while :; do read -r _ <&3; done'
	for signal in TERM INT HUP QUIT; do
		rm -f log
		ulimit -c 0
		start env --default-signal "$BUTTER" inotifywait -q --ready-fd 7 -m -e create D --exec -- bin/serve "$signal"
		: >"D/$signal"
		await lines log 1
		kill -s "$signal" "$pid"
		ended $((128 + $(kill -l "$signal")))
		equal "$(tail -n 1 log)" got
		equal "$stderr" ""
	done
}

@test "a command that does not mind holds butter up for a while only, and no longer than a second signal" {
	script deaf 'trap "" TERM; echo $$ >>log; while :; do read -r _ <go; done'
	for times in 1 2; do
		rm -f log
		reacting -m -e create D --exec -- bin/deaf
		: >D/$times
		await lines log 1
		kill "$pid"
		if [ $times = 2 ]; then
			# The first one has been taken when the handler is gone.
			await bash -c '! grep -q "^SigCgt.*4...$" "/proc/$0/status"' "$pid"
			kill "$pid"
		fi
		status=0
		wait "$pid" || status=$?
		equal "$status" 143
		kill -KILL "$(cat log)"
	done
}

@test "without a command that runs, a signal ends butter at once" {
	for signal in TERM INT HUP; do
		start env --default-signal "$BUTTER" inotifywait -q --ready-fd 7 -m -e create D --exec -- true
		kill -s "$signal" "$pid"
		ended $((128 + $(kill -l "$signal")))
	done
}

# ---- Faults

# traced_pid: the process that strace, launched last, watches.
traced_pid() {
	local first

	read -r first _ <"/proc/$pid/task/$pid/children" || true # it does not end in a newline
	echo "$first"
}

# forks: the system call that makes a process here.
forks() {
	need_strace
	ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-} strace -qq -e trace=process -o trace "$BUTTER" inotifywait -q -t 1 --ready-fd 1 -e create D --exec -- true >ready &
	await_file ready
	: >D/forks
	wait $!
	sed -nE 's/^(clone3?|v?fork)\(.*/\1/p' trace | head -n 1
}

await_file() {
	local end=$((SECONDS + LIMIT))

	until [ -s "$1" ]; do ((SECONDS < end)) || return 1; done
}

@test "starting a command copies no memory, however much the tree that is watched takes" {
	forks >/dev/null
	grep -qE '^(vfork\(|clone3?\(.*CLONE_VM.*CLONE_VFORK)' trace || fails "$(grep -E '^(v?fork|clone)' trace)"
}

@test "no process for the command is 125; with -m it is told once and tried again" {
	call=$(forks)
	for error in EAGAIN ENOMEM; do
		faulty "$call:error=$error" -e create D --exec -- bin/note {}
		: >"D/$error"
		finish
		failed 125 inotifywait "cannot run 'bin/note'" "("
		faulty "$call:error=$error:when=1..2" -m --count 1 -e create D --exec -- bin/note {}
		: >"D/2$error"
		finish
		failed 125 inotifywait "cannot run 'bin/note'"
		faulty "$call:error=$error:when=1..2" -m -e create D --exec -- bin/note {}
		: >"D/3$error"
		await lines log 1
		kill "$(traced_pid)"
		finish
		one_line inotifywait
		contains "$stderr" "trying again"
		equal "$(cat log)" "D/3$error"
		rm log
	done
}

@test "no descriptors for the command are 125" {
	faulty memfd_create:error=EMFILE -e create D --exec -- bin/note {}
	: >D/f
	finish
	failed 125 inotifywait "Too many open files" "ulimit -n"
	inject pipe2:error=EMFILE inotifywait -q D --exec -- bin/note {}
	failed 125 inotifywait "Too many open files"
}

@test "without pidfds it works all the same" {
	script end 'cat; exit 4'
	for error in ENOSYS EPERM; do
		faulty "pidfd_open:error=$error" -e create D --exec -- bin/end
		: >"D/$error"
		ended 4
		contains "$output" "D/$error"
		faulty "pidfd_open:error=$error pidfd_send_signal:error=ENOSYS" -m -e create D --exec --on-busy restart -- \
			sh -c 'echo "start $*" >>log; exec sleep 100' x {}
		: >"D/1$error"
		await lines log 1
		: >"D/2$error"
		await lines log 2
		kill "$(traced_pid)"
		finish
		equal "$(cat log)" "start D/1$error"$'\n'"start D/1$error D/2$error"
		rm log
	done
}

@test "without memfd_create the events are in a file without a name" {
	for error in ENOSYS EPERM; do
		faulty "memfd_create:error=$error" -e create D --exec -- cat
		: >"D/$error"
		ended 0
		contains "$output" "\"path\":\"D/$error\""
	done
	faulty "memfd_create:error=EINVAL:when=1" -e create D --exec -- cat
	: >D/old
	ended 0
	contains "$output" '"path":"D/old"'
	faulty "memfd_create:error=ENOSYS openat:error=ENOENT" -e create D --exec -- cat
	: >D/none
	finish
	failed 125 inotifywait "cannot run 'cat'" "Function not implemented"
}

@test "calls that a signal interrupts are made again" {
	faulty "write:error=EINTR:when=2 waitpid:error=EINTR:when=1 wait4:error=EINTR:when=1" -e create D --exec -- cat
	: >D/f
	ended 0
	contains "$output" '"path":"D/f"'
}

@test "in the background, too: -d with --exec" {
	try inotifywait -d -o out -e create --count 1 D --exec -- sh -c 'echo "$1" >log' x {}
	equal "$status" 0
	: >D/f
	end=$((SECONDS + LIMIT))
	until [ -s log ]; do ((SECONDS < end)); done
	equal "$(cat log out)" $'D/f\nD/ CREATE f'
}

@test "many rounds: an event while the command starts, runs or ends is never lost" {
	most=$(rounds 200 5000)
	script see 'cat D/f >seen'
	reacting -m -e close_write D --exec --batch --debounce 0 -- bin/see
	for ((i = 1; i <= most; i++)); do
		echo $i >D/f
		((i % 7)) || await grep -qx $i seen
	done
	await grep -qx "$most" seen
	kill "$pid"
	ended 143
	equal "$stderr" ""
}

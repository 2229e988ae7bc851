#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # inner shells expand
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, ready, within ...

load helper

setup() {
	trace_tests_only
	need_applet eventfd-exec
	cd "$BATS_TEST_TMPDIR" || return
}

# shared OPTION... -- SCRIPT [ARGUMENT...]: a shell below eventfd-exec.
shared() {
	local options=()

	while [ "$1" != -- ]; do options+=("$1"); shift; done
	capture "$BUTTER" eventfd-exec "${options[@]}" -- sh -c "$2" sh "${@:3}"
}

# For scripts: prints what the counter has, without taking it.
look='look() { sed -n "s/^eventfd-count: *//p" /proc/self/fdinfo/$BUTTER_EVENTFD; }; '

@test "all below share one counter" {
	shared -- 'sh -c "$BUTTER eventfd-post 3; $BUTTER eventfd-post"; "$BUTTER" eventfd-wait'
	succeeded
	equal "$output" 4
}

@test "it begins with --initial, 0 by default" {
	for initial in 0 1 4 4294967295 4294967296 18446744073709551614; do
		shared -i "$initial" -- "$look look"
		succeeded
		equal "$((16#$output))" "$((initial))" || return 1
	done
	shared -- "$look look"
	equal "$output" 0
}

@test "a counter gives all, a semaphore 1 at a time" {
	shared -i 5 -- '"$BUTTER" eventfd-wait; "$BUTTER" eventfd-wait -t 0; echo $?'
	equal "$output" 5$'\n'124
	shared -i 2 --semaphore -- '"$BUTTER" eventfd-wait; "$BUTTER" eventfd-wait; "$BUTTER" eventfd-wait -t 0; echo $?'
	equal "$output" 1$'\n'1$'\n'124
}

@test "shells use it without other applets" {
	for shell in dash bash 'busybox sh'; do
		command -v "${shell% *}" >/dev/null || continue
		# shellcheck disable=SC2086 # words
		capture "$BUTTER" eventfd-exec $shell -c \
			'printf "\002\000\000\000\000\000\000\000" >&3; printf "\001\000\000\000\000\000\000\000" >&3
			dd bs=8 count=1 status=none <&3 | od -An -tu8' sh
		succeeded
		equal "${output// /}" 3 || return 1
	done
}

@test "too few descriptors are told as what they are" {
	for ((most = 4; most <= 16; most++)); do
		capture bash -c 'ulimit -n "$1"; exec "$BUTTER" eventfd-exec --robust -i 1 true 2>&1' sh "$most"
		[ "$status" = 0 ] || contains "$output" "Too many open files" || return 1
	done
}

@test "it has the first number of 3 to 9 that is free, or that of --fd" {
	shared -- 'echo $BUTTER_EVENTFD'
	equal "$output" 3
	capture bash -c 'exec "$BUTTER" eventfd-exec sh -c "echo \$BUTTER_EVENTFD; $BUTTER eventfd-post" 3</dev/null 4</dev/null'
	succeeded
	equal "$output" 5
	capture bash -c 'exec "$BUTTER" eventfd-exec --fd 4 sh -c "echo \$BUTTER_EVENTFD; $BUTTER eventfd-post" 4</dev/null'
	succeeded
	equal "$output" 4
	all='3</dev/null 4<&3 5<&3 6<&3 7<&3 8<&3 9<&3'
	capture bash -c "exec $all; exec \"\$BUTTER\" eventfd-exec true"
	failed 125 eventfd-exec 'descriptors 3 to 9 are all in use' --fd
	for fd in 2 10 x; do
		try eventfd-exec --fd "$fd" true
		failed 125 eventfd-exec "$fd" || return 1
	done
}

@test "no other descriptor is handed down" {
	capture sh -c 'ls /proc/$$/fd'
	before=$output
	shared -- 'ls /proc/$$/fd'
	equal "$(sort <<<"$output")" "$(sort <<<"$before"$'\n'3)"
	shared --robust -- 'ls /proc/$$/fd; echo $BUTTER_EVENTFD_KEEPER >keeper'
	equal "$(sort <<<"$output")" "$(sort <<<"$before"$'\n'3$'\n'"$(cat keeper)")"
}

@test "the process becomes COMMAND" {
	capture sh -c 'echo $$; exec "$BUTTER" eventfd-exec sh -c "echo \$\$"'
	equal "${output%$'\n'*}" "${output#*$'\n'}"
}

@test "the status is that of COMMAND" {
	for robust in '' --robust; do
		try eventfd-exec $robust sh -c 'exit 7'
		equal "$status" 7 || return 1
		try eventfd-exec $robust /nowhere/x
		failed 127 eventfd-exec "cannot run '/nowhere/x'" || return 1
		try eventfd-exec $robust /
		failed 126 eventfd-exec "cannot run '/'" || return 1
	done
	try eventfd-exec --robust sh -c 'kill -KILL $$'
	equal "$status" 137
}

@test "wrong usage" {
	try eventfd-exec
	failed 125 eventfd-exec 'missing'
	for initial in '' -1 1x 18446744073709551615 99999999999999999999; do
		try eventfd-exec -i "$initial" true
		failed 125 eventfd-exec "'$initial' is not a whole number from 0 to 18446744073709551614" || return 1
	done
}

@test "what is not to be had is told" {
	need_applet seccomp-exec
	capture "$BUTTER" seccomp-exec --errno eventfd2=ENOSYS "$BUTTER" eventfd-exec true
	failed 125 eventfd-exec 'cannot create an eventfd: Function not implemented' 'has no eventfd'
	capture "$BUTTER" seccomp-exec --errno eventfd2=EMFILE "$BUTTER" eventfd-exec true
	failed 125 eventfd-exec 'Too many open files (raise ulimit -n)'
	capture "$BUTTER" seccomp-exec --errno signalfd4=ENOSYS "$BUTTER" eventfd-exec --robust true
	failed 125 eventfd-exec 'cannot receive signals: Function not implemented'
	capture "$BUTTER" seccomp-exec --errno socketpair=EAFNOSUPPORT "$BUTTER" eventfd-exec --robust true
	failed 125 eventfd-exec 'cannot make the sockets of --robust'
}

@test "one inside of another one hides it, and its keeper" {
	shared --robust -i 1 -- '"$BUTTER" eventfd-exec -i 7 sh -c "
		echo \$BUTTER_EVENTFD [\$BUTTER_EVENTFD_KEEPER]; $BUTTER eventfd-wait; $BUTTER eventfd-wait --fd 3"'
	succeeded
	equal "$output" $'4 []\n7\n1'
}

# ---- robust tokens

# A job that tells how many of them live, in `counts`: those that it has found twice, which were all there in between.
make_job() {
	cat >job <<-'END'
		# alive PID: whether it has not ended.
		alive() {
			{ read -r s </proc/$1/stat; } 2>/dev/null || return 1
			case ${s##*) } in Z* | X*) return 1 ;; esac
		}
		echo $$ >>pids
		there= n=0
		while read -r p; do
			if alive $p; then there="$there $p"; fi
		done <pids
		for p in $there; do
			if alive $p; then n=$((n + 1)); fi
		done
		echo $n >>counts
		case $1 in
		orphan) kill -KILL $PPID && sleep 0.05 ;;
		both) kill -KILL $PPID $$ ;;
		*) sleep 0.01 ;;
		esac
	END
}

@test "100 jobs on 4 tokens are never more than 4, and after 10 that were killed there are 4 tokens" {
	need_pidfd
	make_job
	for run in $(seq "$(rounds 1 30)"); do
		rm -f pids counts
		shared --robust -i 4 -- "$look"'
			for i in $(seq 100); do
				kind=plain
				case $i in *15 | *35 | *55 | *75 | *95) kind=orphan ;; *0) case $i in *[13579]0) kind=both ;; esac ;; esac
				"$BUTTER" eventfd-run sh ./job $kind 2>/dev/null &
			done
			wait
			until [ "$(look)" = 4 ]; do sleep 0.01; done'
		equal "$status" 0 || fails "run $run: $stderr" || return 1
		equal "$(wc -l <counts)" 100 || return 1
		equal "$(sort -n counts | tail -n 1)" 4 || return 1
	done
}

@test "the same without --robust, where nobody is killed" {
	make_job
	shared --semaphore -i 4 -- "$look"'
		for i in $(seq 100); do "$BUTTER" eventfd-run sh ./job & done
		wait
		look'
	succeeded
	equal "$output" 4
	equal "$(wc -l <counts)" 100
	equal "$(sort -n counts | tail -n 1)" 4
}

@test "a token comes back when the job has ended, too, not when eventfd-run alone was killed" {
	need_pidfd
	mkfifo go
	shared --robust -i 1 -- "$look"'
		"$BUTTER" eventfd-run sh -c "kill -KILL \$PPID; read _ <go" 2>/dev/null
		"$BUTTER" eventfd-run -t 0.1 true; echo $?
		echo >go
		"$BUTTER" eventfd-run echo again
		until [ "$(look)" = 1 ]; do sleep 0.01; done'
	equal "$output" $'124\nagain'
}

@test "who waits is served in the order of asking" {
	need_proc
	shared --robust -- '
		known() { set -- /proc/$PPID/fd/*; echo $#; }
		first=$(known)
		for i in 1 2 3 4 5 6 7 8; do
			"$BUTTER" eventfd-run echo $i &
			until [ "$(known)" = $((first + i)) ]; do sleep 0.01; done
		done
		"$BUTTER" eventfd-post
		wait'
	succeeded
	# shellcheck disable=SC2086,SC2116 # words
	equal "$(echo $output)" '1 2 3 4 5 6 7 8'
}

@test "when who keeps the tokens is killed, COMMAND and jobs live on, and give back what they have" {
	mkfifo go
	shared --robust -i 1 -- "$look"'
		"$BUTTER" eventfd-run sh -c "echo runs >&2; read _ <go" 2>begun &
		until [ -s begun ]; do sleep 0.01; done
		"$BUTTER" eventfd-run true 2>error &
		waiter=$!
		sleep 0.1
		kill -KILL $PPID
		wait $waiter
		echo $? >waiter
		echo >go
		until [ "$(look)" = 1 ]; do sleep 0.01; done
		"$BUTTER" eventfd-run true 2>later; echo $? >last; : >over'
	equal "$status" 137
	for _ in $(seq 200); do [ ! -e over ] || break; sleep 0.05; done
	equal "$(cat waiter) $(cat last)" '125 125'
	contains "$(cat error)" 'has ended'
	contains "$(cat later)" 'has ended'
}

@test "signals go on to COMMAND" {
	start "$BUTTER" eventfd-exec --robust sh -c 'trap "echo got; exit 5" TERM; echo >&7; while :; do sleep 0.01; done'
	kill -TERM "$pid"
	finish
	equal "$status $output" '5 got'
	start "$BUTTER" eventfd-exec --robust sh -c 'echo >&7; exec sleep 100'
	kill -TERM "$pid"
	finish
	equal "$status" 143
}

@test "COMMAND finds signals as they were, blocked and ignored ones too" {
	need_proc
	# Both by capture, whose timeout(1) changes some, too.
	capture env --block-signal=USR1 --ignore-signal=HUP grep '^Sig[BI]' /proc/self/status
	wanted=$output
	for robust in '' --robust; do
		capture env --block-signal=USR1 --ignore-signal=HUP "$BUTTER" eventfd-exec $robust grep '^Sig[BI]' /proc/self/status
		equal "$output" "$wanted" || return 1
	done
}

@test "as process 1 it reaps what is left to it, and ends with COMMAND" {
	namespaces -pf --kill-child --mount-proc
	capture "${within[@]}" "$BUTTER" eventfd-exec --robust sh -c '
		(sh -c "exit 0" & exec sleep 0.05) & 
		"$BUTTER" eventfd-post; "$BUTTER" eventfd-run sh -c "kill -KILL \$PPID" 2>/dev/null
		wait
		"$BUTTER" eventfd-run -t 5 true
		! grep -l "^State:.Z" /proc/[0-9]*/status'
	equal "$status" 0 || fails "$stderr $output"
}

@test "more jobs wait than descriptors were allowed at first" {
	capture bash -c 'ulimit -Sn 40; exec "$BUTTER" eventfd-exec --robust -i 2 sh -c "
		ulimit -Sn
		for i in \$(seq 60); do \"$BUTTER\" eventfd-run echo x & done; wait"'
	succeeded
	equal "$(grep -c x <<<"$output") ${output%%$'\n'*}" '60 40'
}

@test "who cannot be admitted is told, and no token is lost" {
	capture bash -c 'ulimit -n 16; exec "$BUTTER" eventfd-exec --robust -i 1 sh -c "
		for i in \$(seq 30); do \"$BUTTER\" eventfd-run sleep 0.05 2>>errors & done; wait
		\"$BUTTER\" eventfd-run echo still"'
	equal "$output" still
	contains "$(cat errors)" 'raise ulimit -Hn'
}

@test "without pidfds a token comes back when eventfd-run ends" {
	need_applet seccomp-exec
	capture "$BUTTER" seccomp-exec --errno pidfd_open=ENOSYS "$BUTTER" eventfd-exec --robust -i 1 sh -c '
		"$BUTTER" eventfd-run sh -c "kill -KILL \$PPID" 2>/dev/null
		"$BUTTER" eventfd-run echo again'
	equal "$output" again
}

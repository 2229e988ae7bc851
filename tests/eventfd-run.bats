#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What --robust adds is in eventfd-exec.bats.
# shellcheck disable=SC2016 # inner shells expand
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, ready, within ...

load helper

setup() {
	trace_tests_only
	need_applet eventfd-run
	need_applet eventfd-exec
	cd "$BATS_TEST_TMPDIR" || return
}

kinds=(--semaphore --robust '')

# below KIND INITIAL SCRIPT: a shell below eventfd-exec, that has `look`.
below() {
	# shellcheck disable=SC2086 # an option, or none
	capture "$BUTTER" eventfd-exec $1 -i "$2" sh -c "$look $3"
}
look='look() { sed -n "s/^eventfd-count: *//p" /proc/self/fdinfo/$BUTTER_EVENTFD; }; '

# back: for scripts, waits until the token is back: with --robust its keeper needs a moment.
back='back() { until [ "$(look)" = "$1" ]; do sleep 0.01; done; echo "back: $1"; }; '

@test "a token is taken for the time of COMMAND" {
	for kind in "${kinds[@]}"; do
		below "$kind" 3 "$back"'export BUTTER_EVENTFD
			"$BUTTER" eventfd-run sh -c "sed -n s/^eventfd-count:.*[^0-9]//p /proc/self/fdinfo/\$BUTTER_EVENTFD"; back 3'
		succeeded
		equal "$output" $'2\nback: 3' || return 1
	done
}

@test "the status is that of COMMAND, and however it ends the token goes back" {
	for kind in "${kinds[@]}"; do
		below "$kind" 1 "$back"'
			"$BUTTER" eventfd-run sh -c "exit 7"; echo $?; back 1
			"$BUTTER" eventfd-run sh -c "kill -KILL \$\$" 2>/dev/null; echo $?; back 1
			"$BUTTER" eventfd-run /nowhere/x 2>errors; echo $?; back 1
			"$BUTTER" eventfd-run / 2>>errors; echo $?; back 1'
		# shellcheck disable=SC2086,SC2116 # words
		equal "$(echo $output)" '7 back: 1 137 back: 1 127 back: 1 126 back: 1' || return 1
		contains "$(cat errors)" "eventfd-run: cannot run '/nowhere/x': No such file or directory" || return 1
	done
}

@test "a signal goes on to COMMAND, and the token goes back" {
	for kind in "${kinds[@]}"; do
		for signal in TERM:143 HUP:129 USR1:138; do
			below "$kind" 1 "$back"'
				"$BUTTER" eventfd-run sh -c "echo \$PPID >parent; exec sleep 100" &
				until [ -s parent ]; do sleep 0.01; done
				kill -'"${signal%:*}"' $!; wait $!; echo $?; back 1'
					# shellcheck disable=SC2086,SC2116 # words
					equal "$(echo $output)" "${signal#*:} back: 1" || return 1
			rm parent
		done
	done
}

@test "without a token it gives up in time" {
	for kind in "${kinds[@]}"; do
		below "$kind" 0 '"$BUTTER" eventfd-run -t 0 echo ran'
		failed 124 eventfd-run 'there was no token in time' || return 1
		begun=$(microseconds)
		below "$kind" 0 '"$BUTTER" eventfd-run -t 0.2 echo ran'
		lasted 200000 "$begun" || return 1
		failed 124 eventfd-run 'there was no token in time' || return 1
		below "$kind" 1 '"$BUTTER" eventfd-run -t 0 echo ran'
		succeeded
		equal "$output" ran || return 1
	done
}

@test "a token that comes is taken at once" {
	for kind in "${kinds[@]}"; do
		below "$kind" 0 '"$BUTTER" eventfd-run -t 60 echo ran & sleep 0.1; "$BUTTER" eventfd-post; wait $!; echo $?'
		equal "$output" $'ran\n0' || return 1
	done
}

# waiting KIND [ENV...]: starts eventfd-run that waits for a token; sets pid, its own process.
waiting() {
	# shellcheck disable=SC2086
	start "$BUTTER" eventfd-exec $1 sh -c 'echo $$ >&7; exec "$@"' sh "${@:2}" "$BUTTER" eventfd-run sh -c 'echo ran'
	await blocked
}

# blocked: what was launched last, or its child, waits for a token with signals blocked.
blocked() {
	job_pid=$pid
	[ -z "$(children "$pid")" ] || job_pid=$(children "$pid")
	grep -q eventfd-run "/proc/$job_pid/cmdline" && has_state S "$job_pid" &&
		! grep -q '^SigBlk:.0000000000000000' "/proc/$job_pid/status"
}

@test "while it waits, a signal ends it as it ends others, and no token is lost" {
	for kind in --semaphore --robust; do
		waiting "$kind"
		kill -TERM "$job_pid"
		finish
		equal "$status$output" 143 || return 1
	done
	below --semaphore 0 '"$BUTTER" eventfd-run true & sleep 0.1; kill $!; wait $!; echo $?; "$BUTTER" eventfd-post; look'
	equal "$output" $'143\n1'
}

@test "while it waits, what is ignored is, and what is blocked comes to COMMAND" {
	waiting --semaphore env --ignore-signal=TERM
	kill -TERM "$job_pid"
	kill -URG "$job_pid"
	kill -CONT "$job_pid"
	"$BUTTER" eventfd-post --from "$job_pid:3"
	finish
	equal "$status$output" 0ran
	waiting --semaphore env --block-signal=TERM
	kill -TERM "$job_pid"
	"$BUTTER" eventfd-post --from "$job_pid:3"
	finish
	equal "$status$output" 0ran
	start "$BUTTER" eventfd-exec --semaphore env --block-signal=TERM sh -c 'echo >&7; exec "$BUTTER" eventfd-run \
		grep "^S[a-z]*Pnd" /proc/self/status'
	await blocked
	kill -TERM "$job_pid"
	"$BUTTER" eventfd-post --from "$job_pid:3"
	finish
	contains "$output" 0000000000004000
}

@test "while it waits, it can be stopped and continued" {
	waiting --semaphore
	# Not in an orphaned group, where the kernel lets nobody stop this way.
	kill -STOP "$job_pid"
	await has_state T "$job_pid"
	"$BUTTER" eventfd-post --from "$job_pid:3"
	kill -CONT "$job_pid"
	finish
	equal "$status$output" 0ran
}

@test "in a terminal, ^Z stops both, fg continues them, ^C ends both" {
	need_tool script
	need_tool perl
	cat >session <<-'END'
		set -m
		trap : INT
		"$BUTTER" eventfd-run sh -c 'echo begun; kill -TSTP 0; echo continued; exec sleep 100' &
		group=$!
		wait %1
		jobs | grep -o 'Stopped' | head -n 1
		(until grep -q continued typescript; do sleep 0.01; done; kill -INT -- "-$group") &
		fg %1 >/dev/null
		echo "status $?"
		sed -n 's/^eventfd-count: */count /p' /proc/self/fdinfo/$BUTTER_EVENTFD
	END
	capture "$BUTTER" eventfd-exec --semaphore -i 1 script -qefc 'bash session' typescript </dev/null
	output=${output//$'\r'/}
	contains "$output" begun
	contains "$output" Stopped
	contains "$output" continued
	contains "$output" 'status 130'
	contains "$output" 'count 1'
}

@test "as process 1 it is ended while it waits" {
	namespaces -pf --kill-child
	start "${within[@]}" "$BUTTER" eventfd-exec sh -c 'echo >&7; exec "$BUTTER" eventfd-run true'
	init=$(children "$pid")
	await grep -q eventfd-run "/proc/$init/cmdline"
	await has_state S "$init"
	kill -TERM "$init"
	finish
	equal "$status" 143
}

@test "COMMAND finds signals as they were" {
	need_proc
	# Both by capture, whose timeout(1) changes some, too.
	capture env --block-signal=USR1 --ignore-signal=HUP grep '^Sig[BI]' /proc/self/status
	wanted=$output
	for kind in --semaphore --robust; do
		capture env --block-signal=USR1 --ignore-signal=HUP "$BUTTER" eventfd-exec "$kind" -i 1 \
			"$BUTTER" eventfd-run grep '^Sig[BI]' /proc/self/status
		equal "$output" "$wanted" || return 1
	done
}

@test "kernels before 5.8 do as well" {
	need_applet seccomp-exec
	for kind in "${kinds[@]}"; do
		# shellcheck disable=SC2086
		capture "$BUTTER" seccomp-exec --errno preadv2=EOPNOTSUPP "$BUTTER" eventfd-exec $kind -i 2 sh -c "$look$back"'
			for i in 1 2 3 4 5 6 7 8 9; do "$BUTTER" eventfd-run echo x & done; wait; back 2'
		succeeded
		equal "$(grep -c x <<<"$output")" 9 || return 1
	done
}

@test "the token of another process's eventfd" {
	need_pidfd
	start "$BUTTER" eventfd-exec -i 1 --semaphore sh -c 'echo >&7; exec sleep 100'
	try eventfd-run --from "$pid:3" echo ran
	succeeded
	equal "$output" ran
	try eventfd-run -t 0 --from "$pid:3" sh -c '"$BUTTER" eventfd-run -t 0 --from "$0:3" true' "$pid"
	equal "$status" 124
}

@test "an eventfd is needed, and a command" {
	capture env -u BUTTER_EVENTFD "$BUTTER" eventfd-run true
	failed 125 eventfd-run 'BUTTER_EVENTFD is not set'
	try eventfd-run
	failed 125 eventfd-run missing
}

@test "what cannot be had is told, and the token goes back" {
	need_applet seccomp-exec
	capture "$BUTTER" eventfd-exec -i 1 --semaphore "$BUTTER" seccomp-exec --errno signalfd4=ENOSYS "$BUTTER" eventfd-run true
	failed 125 eventfd-run 'cannot receive signals'
	below --semaphore 1 '"$BUTTER" seccomp-exec --errno vfork=EAGAIN "$BUTTER" eventfd-run true; echo $?; look'
	equal "$output" $'125\n1'
	contains "$stderr" "cannot run 'true': Resource temporarily unavailable"
}

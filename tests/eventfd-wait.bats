#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # inner shells expand
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, ready, within ...

load helper

setup() {
	trace_tests_only
	need_applet eventfd-wait
	need_applet eventfd-exec
	cd "$BATS_TEST_TMPDIR" || return
}

# waits INITIAL ARGUMENT...: eventfd-wait on a counter.
waits() {
	capture "$BUTTER" eventfd-exec -i "$1" "$BUTTER" eventfd-wait "${@:2}"
}

# tokens INITIAL ARGUMENT...: on a semaphore.
tokens() {
	capture "$BUTTER" eventfd-exec --semaphore -i "$1" "$BUTTER" eventfd-wait "${@:2}"
}

@test "it prints what it has taken" {
	waits 5
	succeeded
	equal "$output" 5
	waits 18446744073709551614
	equal "$output" 18446744073709551614
	tokens 5
	equal "$output" 1
}

@test "it waits until something is added" {
	start "$BUTTER" eventfd-exec "$BUTTER" eventfd-wait --ready-fd 7
	await has_state S
	"$BUTTER" eventfd-post --from "$pid:3" 9
	finish
	equal "$status $output" '0 9'
}

@test "nothing that is added between --ready-fd and the wait is lost" {
	for _ in $(seq "$(rounds 20 1000)"); do
		start "$BUTTER" eventfd-exec "$BUTTER" eventfd-wait --ready-fd 7
		"$BUTTER" eventfd-post --from "$pid:3" 2
		finish
		equal "$status $output" '0 2' || return 1
	done
}

@test "--count goes on until so much was taken" {
	capture "$BUTTER" eventfd-exec -i 2 sh -c '
		"$BUTTER" eventfd-wait -n 5 >out & while [ ! -s out ]; do sleep 0.01; done
		"$BUTTER" eventfd-post 7; wait $!; echo $?; cat out'
	equal "$output" $'0\n2\n7'
	tokens 5 -n 3
	equal "$output" $'1\n1\n1'
	capture "$BUTTER" eventfd-exec --semaphore -i 5 sh -c '"$BUTTER" eventfd-wait -q -n 3; "$BUTTER" eventfd-wait --drain'
	equal "$output" $'1\n1'
}

@test "--count 0 never ends" {
	start "$BUTTER" eventfd-exec -i 4 "$BUTTER" eventfd-wait -n 0 --ready-fd 7
	await grep -q 4 "$job/out"
	"$BUTTER" eventfd-post --from "$pid:3" 5
	await grep -q 5 "$job/out"
	is_running
	kill "$pid"
	finish
	equal "$status" 143
}

@test "--timeout 0 looks once" {
	waits 0 -t 0
	equal "$status" 124
	equal "$output$stderr" ''
	waits 3 -t 0
	succeeded
	equal "$output" 3
	tokens 2 -t 0 -n 3
	equal "$status" 124
	equal "$output" $'1\n1'
}

@test "it gives up after --timeout, and not sooner" {
	begun=$(microseconds)
	waits 0 -t 0.3
	lasted 300000 "$begun"
	equal "$status" 124
	equal "$output$stderr" ''
}

@test "--drain takes what is there" {
	waits 0 --drain
	succeeded
	equal "$output" ''
	waits 3 --drain
	equal "$output" 3
	tokens 3 --drain
	equal "$output" $'1\n1\n1'
	tokens 3 --drain -n 2
	equal "$output" $'1\n1'
	waits 3 --drain -t 1
	misused eventfd-wait '--drain goes without --timeout'
}

@test "each addition to a semaphore wakes one" {
	capture "$BUTTER" eventfd-exec --semaphore sh -c '
		for i in 1 2 3 4; do "$BUTTER" eventfd-wait >out.$i & done
		"$BUTTER" eventfd-post; "$BUTTER" eventfd-post 3
		wait'
	succeeded
	# shellcheck disable=SC2046,SC2005 # words
	equal "$(echo $(cat out.*))" '1 1 1 1'
}

@test "JSON, NUL, formats, and nothing" {
	need_tool jq
	waits 7 -j
	equal "$(jq -c '[.event, .count, (.time > 1700000000)]' <<<"$output")" '["post",7,true]'
	waits 18446744073709551614 -j
	contains "$output" '"count":18446744073709551614'
	capture sh -c '"$BUTTER" eventfd-exec -i 7 "$BUTTER" eventfd-wait -0 | od -An -c'
	# shellcheck disable=SC2086,SC2116 # words
	equal "$(echo $output)" '7 \0'
	waits 7 -F '%e=%k%%%n%x'
	equal "$output" $'post=7%\n%x'
	waits 7 -F '%t'
	matches "$output" '[0-9]+\.[0-9]{6}'
	waits 7 -q
	equal "$status$output" 0
	waits 7 -j -0
	misused eventfd-wait '--json goes without'
	waits 7 -q -j
	misused eventfd-wait '--quiet goes without'
}

@test "an output that takes nothing is a failure" {
	capture "$BUTTER" eventfd-exec -i 1 sh -c 'exec "$BUTTER" eventfd-wait >/dev/full'
	failed 1 eventfd-wait 'cannot write to standard output: No space left on device'
	capture "$BUTTER" eventfd-exec -i 1 sh -c 'exec "$BUTTER" eventfd-wait >&-'
	failed 1 eventfd-wait 'cannot write to standard output'
}

@test "a reader that leaves ends it" {
	start bash -c 'exec "$BUTTER" eventfd-exec "$BUTTER" eventfd-wait -n 0 --ready-fd 7 > >(:)'
	finish
	equal "$status" 141
}

@test "as process 1 it is ended by what asks for it" {
	namespaces -pf --kill-child
	for signal in TERM:143 INT:130; do
		start "${within[@]}" env --default-signal=INT "$BUTTER" eventfd-exec "$BUTTER" eventfd-wait --ready-fd 7
		kill "-${signal%:*}" "$(children "$pid")"
		finish
		equal "$status" "${signal#*:}" || return 1
	done
}

@test "kernels before 5.8 do as well, also when others are faster" {
	need_applet seccomp-exec
	old=("$BUTTER" seccomp-exec --errno preadv2=EOPNOTSUPP)
	capture "${old[@]}" "$BUTTER" eventfd-exec -i 5 sh -c '"$BUTTER" eventfd-wait; "$BUTTER" eventfd-wait -t 0.1; echo $?'
	equal "$output" $'5\n124'
	capture "${old[@]}" "$BUTTER" eventfd-exec --semaphore sh -c '
		for i in 1 2 3 4 5 6 7 8; do { "$BUTTER" eventfd-wait -n 0 -t 0.5; echo $?; } >out.$i & done
		sleep 0.1
		"$BUTTER" eventfd-post 3; "$BUTTER" eventfd-post; "$BUTTER" eventfd-post
		wait'
	succeeded
	equal "$(cat out.* | sort | uniq -c | sed 's/^ *//')" $'5 1\n8 124'
}

@test "no process waits by polling" {
	need_strace
	start strace -qq -f -o trace -e trace=ppoll,poll,preadv2,read "$BUTTER" eventfd-exec "$BUTTER" eventfd-wait --ready-fd 7 -t 0.5
	finish
	(($(grep -c preadv2 trace) <= 3)) || fails "$(cat trace)"
}

@test "an eventfd is needed" {
	capture env -u BUTTER_EVENTFD "$BUTTER" eventfd-wait
	failed 1 eventfd-wait 'BUTTER_EVENTFD is not set'
	try eventfd-wait --fd 0
	failed 1 eventfd-wait 'descriptor 0 is no eventfd'
	try eventfd-wait extra
	misused eventfd-wait "extra operand 'extra'"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# seccomp-exec --learn: a policy with which the command runs again.

load helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
	trace_tests_only
	need_applet seccomp-exec
	"$BUTTER" seccomp-exec --learn probe true 2>/dev/null || skip "nothing can be traced here"
	rm -f probe
}

learn() {
	capture "$BUTTER" seccomp-exec --learn policy "$@"
}

# again COMMAND...: under the policy, 20 times, with the same output and status each time.
again() {
	local first=$output before=$status

	runs=$(rounds 5 20)
	for ((i = 0; i < runs; i++)); do
		capture "$BUTTER" seccomp-exec -p policy "$@"
		equal "$status $output" "$before $first"
	done
}

@test "coreutils and a pipeline of a shell run again with what was learned, and nothing else does" {
	for command in 'ls -l /' 'cat /etc/passwd' 'sort /etc/passwd' 'cp /etc/passwd copy' 'rm -f copy' 'id' 'df /' 'stat /' 'du policy' 'wc policy'; do
		# shellcheck disable=SC2086 # words
		learn $command
		equal "$status" 0
		# shellcheck disable=SC2086 # words
		capture "$BUTTER" seccomp-exec -p policy $command
		equal "$status" 0 || fails "$command: $stderr"
	done
	learn sh -c 'ls / | sort -r | wc -l; exit 3'
	again sh -c 'ls / | sort -r | wc -l; exit 3'
	equal "$status" 3
	learn echo on
	capture "$BUTTER" seccomp-exec -p policy perl -e 'socket(my $s, 2, 1, 0) or print int($!)'
	[ "$status" != 0 ] || equal "$output" 1
}

@test "sleep, stopped and continued, runs again" {
	learn sleep 0.01
	for _ in 1 2 3; do
		launch "$BUTTER" seccomp-exec -p policy sleep 0.3
		kill -STOP "$pid"
		await has_state Tt
		kill -CONT "$pid"
		finish
		succeeded
	done
}

@test "threads of python, git, and curl from a server" {
	need_tool python3
	program='import threading
ts = [threading.Thread(target=lambda: open("/etc/passwd").read()) for _ in range(8)]
[t.start() for t in ts]; [t.join() for t in ts]; print("done")'
	learn python3 -c "$program"
	again python3 -c "$program"
	equal "$output" 'done'
	if command -v git >/dev/null; then
		learn git init -q here
		rm -rf here
		again git init -q here
	fi
	command -v curl >/dev/null || skip "curl is not installed"
	launch python3 -u -c 'import http.server
s = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print(s.server_port, flush=True); s.serve_forever()'
	await test -s "$job/out"
	port=$(head -n 1 "$job/out")
	learn curl -sS "http://127.0.0.1:$port/policy.none"
	again curl -sS "http://127.0.0.1:$port/policy.none"
	kill "$pid"
}

goes_on() {
	kill -CONT "$pid"
	grep -q on "$job/out"
}

@test "the command is as without: its number, status, stops and signals" {
	learn sh -c 'exit 7'
	equal "$status" 7
	learn sh -c 'kill -TERM $$'
	equal "$status" 143
	launch "$BUTTER" seccomp-exec --learn policy sh -c 'kill -STOP $$; echo on'
	# Each call stops it for a moment, too: which of its stops is that one nobody sees from outside.
	await goes_on
	finish
	equal "$status $output" '0 on'
}

@test "the file is whole whenever the command has ended, and there is none where it was not run" {
	without_leak_check # it is traced when it ends
	learn ./nowhere
	equal "$status" 127
	[ ! -e policy ]
	for _ in {1..20}; do
		learn true
		grep -q '^exit_group: 1' policy
		rm policy
	done
	learn --learn nowhere/policy true
	contains "$stderr" "cannot write 'nowhere/policy'"
	equal "$(ls -A)" ''
}

@test "the file is written once, and again only where something has outlived the command" {
	need_applet inotifywait
	mkfifo fifo
	launch "$BUTTER" inotifywait -qm -e moved_to --format %f --ready-fd 7 .
	read -r -t "$LIMIT" -u "$ready" _
	# (Who learns has standard error still.)
	"$BUTTER" seccomp-exec --learn once true 2>&1 | cat
	{
		"$BUTTER" seccomp-exec --learn twice sh -c 'cat fifo >cat &' 2>&1
		echo on >fifo
	} | cat
	grep -q '^exit_group: 1' once
	mv fifo end
	await grep -qx end "$job/out"
	equal "$(<"$job/out")" $'once\ntwice\ntwice\nend'
}

# is_learning: what was launched last runs `sleep`, and is traced.
is_learning() {
	[ "$(<"/proc/$pid/comm")" = sleep ] && ! grep -q '^TracerPid:.0$' "/proc/$pid/status"
}

@test "where who learns is killed, so is the command, and there is no file" {
	need_proc
	launch "$BUTTER" seccomp-exec --learn policy sleep 100
	await is_learning
	kill -9 "$(sed -n 's/^TracerPid:.//p' "/proc/$pid/status")"
	finish
	equal "$status" 137
	equal "$(ls -A)" ''
}

@test "where the command cannot be made to go on, it ends, and there is no file" {
	capture "$BUTTER" seccomp-exec -d 'ptrace(request == PTRACE_CONT)' "$BUTTER" seccomp-exec --learn policy echo on
	equal "$status $output" '137 '
	contains "$stderr" 'cannot learn any more what the command does: Operation not permitted'
	equal "$(ls -A)" ''
}

@test "what was learned twice is the same, but for the counts" {
	learn ls /
	sed 's/#.*//' policy >one
	learn ls /
	sed 's/#.*//' policy | diff one -
}

@test "--merge adds what is lacking, and keeps what there is" {
	learn echo on
	cp policy first
	capture "$BUTTER" seccomp-exec --learn both --merge first ls /
	equal "$status" 0
	equal "$(head -c "$(stat -c %s first)" both)" "$(<first)"
	grep -q '^getdents64: 1' both
	[ "$(grep -c '^write: 1' both)" = 1 ]
	capture "$BUTTER" seccomp-exec -p both ls /
	equal "$status" 0
	capture "$BUTTER" seccomp-exec --learn again --merge both ls /
	equal "$(grep -c ': 1' again)" "$(grep -c ': 1' both)"
	capture "$BUTTER" seccomp-exec --merge both true
	equal "$status" 125
	contains "$stderr" '--learn'
	capture "$BUTTER" seccomp-exec --learn again -a @default true
	equal "$status" 125
	contains "$stderr" '--learn'
}

@test "OCI's JSON, where the file is called so, is a profile that runs the command" {
	need_tool jq
	need_json
	capture "$BUTTER" seccomp-exec --learn policy.json sh -c 'ls / | wc -l'
	before=$output
	equal "$(jq -r .defaultAction policy.json)" SCMP_ACT_ERRNO
	capture "$BUTTER" seccomp-exec -p policy.json sh -c 'ls / | wc -l'
	equal "$status $output" "0 $before"
	capture "$BUTTER" seccomp-exec --learn more.json --merge policy.json id -u
	capture "$BUTTER" seccomp-exec -p more.json sh -c 'ls / | wc -l'
	equal "$status $output" "0 $before"
	capture "$BUTTER" seccomp-exec -p more.json id -u
	equal "$status $output" "0 $(id -u)"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# fanotify-watch --top: processes, folders and files, counted; as tables, as JSON, and as a page on a terminal. Each test
# watches a folder of its own, below which nobody else does anything.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # perl expands
# shellcheck disable=SC2034 # helper.bash reads within

load helper

setup() {
	trace_tests_only
	need_applet fanotify-watch
	need_root
	mkdir -p "$BATS_TEST_TMPDIR/work/sub"
	cd "$BATS_TEST_TMPDIR/work" || return
	try fanotify-watch -r -t 0 .
	[[ $stderr != *"cannot "* ]] || skip "fanotify cannot watch a file system here: $stderr"
}

# counting OPTION...: butter fanotify-watch --top -r in the background; returns when it is ready.
counting() {
	start "$BUTTER" fanotify-watch --top -r --ready-fd 7 "$@"
}

# ended: finish, and its process is not ours any more.
ended() {
	finish || return 1
	started[-1]=
}

stop() {
	kill -TERM "$pid"
	ended
}

# make NAME COUNT: one process with that name creates so many files in . and removes them again, and ends when all has
# been counted; its number is in `worker` then.
make() {
	cat >../worker <<-'END'
		open(C, ">", "/proc/self/comm") && print C $ARGV[0];
		close(C);
		for (1 .. $ARGV[1]) { open(F, ">", "file-$_") or die; close(F); unlink "file-$_" }
		$| = 1;
		print "$$\n";
		<STDIN>;
	END
	rm -f ../hold ../number
	mkfifo ../hold
	perl ../worker "$@" <../hold >../number 3>&- &
	exec {hold}>../hold
	await test -s ../number
	worker=$(<../number)
	pid=${shown:-$pid} drained
	exec {hold}>&-
	wait "$worker"
}

@test "the tables have processes, folders and files, the most events first" {
	counting -e create,delete .
	make busy 3
	(cd sub && : >one)
	make 'two words' 1
	stop
	equal "$status|$stderr" '0|'
	matches "$output" '^total  create  delete  process
6      3       3       [0-9]+ busy
2      1       1       [0-9]+ two words
1      1       0       [0-9]+( bash)?

total  create  delete  folder
8      4       4       \./
1      1       0       \./sub/

total  create  delete  file
4      2       2       \./file-1
2      1       1       \./file-2
2      1       1       \./file-3
1      1       0       \./sub/one$'
}

@test "folders that are made and removed are counted for processes and where they are, but are no files" {
	counting -e create,delete .
	perl -e 'mkdir "new"; rmdir "new"'
	stop
	matches "$output" '^total  create  delete  process
2      1       1       [0-9]+( perl)?

total  create  delete  folder
2      1       1       \./

total  file$'
}

@test "--json prints an object for each process, folder and file" {
	need_tool jq
	counting --json -e create,delete .
	make 'a "b' 2
	stop
	equal "$status" 0
	equal "$(jq -c 'del(.time)' <<<"$output")" \
		'{"kind":"process","pid":'"$worker"',"comm":"a \"b","total":4,"create":2,"delete":2}
{"kind":"folder","path":"./","total":4,"create":2,"delete":2}
{"kind":"file","path":"./file-1","total":2,"create":1,"delete":1}
{"kind":"file","path":"./file-2","total":2,"create":1,"delete":1}'
	equal "$(jq -s '[.[].time] | unique | length' <<<"$output")" 1
}

@test "a table has 20 rows, and one for all others" {
	counting -e create .
	make busy 25
	stop
	equal "$(grep -c '\./file-' <<<"$output")" 20
	contains "$output" '5      5       (others)'
	equal "$(tail -n 1 <<<"$output")" '5      5       (others)'
}

@test "whatever the names, the memory stays bounded and the sums exact" {
	need_tool jq
	need_plain_build
	counting --unlimited --json -e create,delete .
	make busy 20000
	drained
	memory=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
	stop
	equal "$status" 0
	((memory < 4000)) || fails "$memory kB"
	jq -se '[.[] | select(.kind == "file")] | (map(.total) | add) == 40000 and length < 5000 and .[-1].others' <<<"$output"
}

@test "what was busy once is remembered among many others" {
	need_tool jq
	counting --unlimited --json -e create,delete,modify .
	perl -e 'for (1 .. 50) { open(F, ">", "often") or die; close(F); unlink "often" }'
	make busy 6000
	stop
	equal "$(jq -s '[.[] | select(.path == "./often")][0].total' <<<"$output")" 100
}

# ends_empty: the last line of what was printed is an empty one. For await.
ends_empty() {
	[ -s "$job/out" ] && [ -z "$(tail -n 1 "$job/out")" ]
}

@test "USR1 prints the tables so far and an empty line, and goes on" {
	counting -e create .
	make busy 1
	drained
	kill -USR1 "$pid"
	await grep -q 'file-1$' "$job/out"
	await ends_empty
	make busy 1
	stop
	equal "$(grep -c '^total  create  process$' <<<"$output")" 2
	equal "$(tail -n 1 <<<"$output")" '2      2       ./file-1'
}

@test "-t ends it with status 0, also with nothing to tell" {
	try fanotify-watch --top -r -t 0.05 .
	equal "$status|$output|$stderr" '0||butter: fanotify-watch: nothing has happened'
	try fanotify-watch --top -q -r -t 0 .
	equal "$status|$output|$stderr" '0||'
	try fanotify-watch --top --json -q -r -t 0.05 .
	equal "$status|$output|$stderr" '0||'
}

@test "patterns and --comm choose what is counted" {
	counting -e create --exclude 'file-2$' --comm chosen .
	make other 3
	make chosen 3
	stop
	matches "$output" '^total  create  process
2      2       [0-9]+ chosen

.*

total  create  file
1      1       \./file-1
1      1       \./file-3$'
}

@test "with --pid it ends, with status 0, when that process does" {
	need_pidfd
	mkfifo ../go
	bash -c 'read -r _ <../go; : >sub/mine' &
	other=$!
	counting -e create --pid "$other" .
	: >sub/foreign
	echo >../go
	wait "$other"
	ended
	equal "$status" 0
	contains "$output" './sub/mine'
	lacks "$output" foreign
}

@test "lost events are told in one line, marked in the tables, and status 1" {
	most=$(</proc/sys/fs/fanotify/max_queued_events)
	((most <= 100000)) || skip "fs.fanotify.max_queued_events is large"
	counting -e create,delete .
	kill -STOP "$pid"
	perl -e 'for (1 .. $ARGV[0]) { open(F, ">", "file-$_") or die; close(F); unlink "file-$_" }' "$most"
	kill -CONT "$pid"
	drained
	stop
	equal "$status" 1
	contains "$stderr" "the totals are not exact: events are lost, the kernel's queue was full (use --unlimited"
	equal "$(grep -c 'not exact' <<<"$stderr")" 1
	matches "$output" 'total .*
[0-9]+\+ .*  \./
.*
[0-9]+\+ .*  \(others\)'
}

@test "what tells single events does not go with --top" {
	for option in -qq -n1 -0 '--format %p' '-o out' '--queue 64M' '--on-overflow report' '--permit rules' --mount-namespace; do
		# shellcheck disable=SC2086 # two words
		try fanotify-watch --top $option
		misused fanotify-watch '--top goes without'
	done
	try fanotify-watch --top -x . -- true
	misused fanotify-watch '--top goes without'
}

@test "output that cannot be written is a failure" {
	start bash -c 'exec "$@" >/dev/full' full "$BUTTER" fanotify-watch --top -r --ready-fd 7 .
	: >sub/one
	stop
	equal "$status" 1
	contains "$stderr" 'cannot write to standard output'
}

# ---- The page

# on_page TEXT: has it been drawn? For await.
on_page() {
	grep -qaF -- "$1" "$job/out"
}

# pages: each page that was drawn, its lines separated by |, without escape sequences.
pages() {
	perl -0777 -ne 's/\r//g; for (split /\e\[H/) { next unless /\e\[K/; s/\e\[\?1049l.*//s; s/\e\[[0-9;?]*[A-Za-z]//g; s/\n/|/g; print "$_\n" }' "$job/out"
}

# showing COLUMNS LINES OPTION...: --top on a terminal of that size; sets `shown` to its process.
showing() {
	local size="cols $1 rows $2"

	need_tool script stty
	shift 2
	start env TERM=xterm script -qefc "stty $size; exec ${*@Q}" /dev/null
	shown=$(pgrep -P "$(pgrep -P "$pid" || echo "$pid")" || pgrep -P "$pid")
}

top=("$BUTTER" fanotify-watch --top -r --ready-fd 7 -e 'create,delete')

@test "on a terminal a page shows what is busiest, then the tables follow" {
	showing 70 20 "${top[@]}" .
	await on_page $'\e[?1049h'
	make busy 200
	await on_page ' busy'
	await on_page '##'
	kill -INT "$shown"
	ended
	equal "$status" 0
	contains "$output" $'\e[?1049ltotal  create  delete  process'
	equal "$(grep -c 1049h "$job/out")" 1
	matches "$(pages | tail -n 1)" \
		'[0-9hm]+s  400 events  [0-9.]+/s\| +rate +total +process\|.* busy\|\| +rate +total +folder\|.*  \./\|\| +rate +total +file\|.*file-.*'
}

@test "a page of few lines has fewer sections" {
	showing 60 11 "${top[@]}" .
	make busy 20
	await on_page ' busy'
	kill -INT "$shown"
	ended
	matches "$(pages | tail -n 1)" '[0-9hm]+s .*/s\| +rate +total +process\|.* busy\|\| +rate +total +folder\|.*  \./'
	run ! grep -qE 'total +file' <(pages)
	showing 60 7 "${top[@]}" .
	make busy 20
	await on_page ' busy'
	kill -INT "$shown"
	ended
	lacks "$(pages)" folder
}

@test "--json has no page, nor has a terminal that is called dumb" {
	showing 70 20 "${top[@]}" --json .
	make busy 2
	kill -INT "$shown"
	ended
	lacks "$output" $'\e'
	contains "$output" '"kind":"process"'
	need_tool script
	TERM=dumb run -0 script -qefc "'$BUTTER' fanotify-watch --top -r -t 0.05 ." /dev/null
	lacks "$output" $'\e'
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What all applets that watch or wait have in common, over all of them. A row below says how one is started and how an
# event is caused; a promise is a function that is called for each row that makes it. To add an applet: a row, and its
# name in ROWS. A failure shows the row's name last.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2034,SC2317 # rows and promises are called by their names
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, ready, within ...

load helper

ROWS='inotifywait fanotify-watch timerfd-sleep signalfd-wait signalfd-exec eventfd-wait pidfd-wait events'

setup() {
	trace_tests_only
	cd "$BATS_TEST_TMPDIR" || return
	mkdir D
	events=0
}

# ---- Rows: each sets `command`, what comes before the options, and `operands`, what comes behind them; `cause`, a
# function that causes one event; `promises`, those it makes but for `always`; and what differs from the rest: `always`;
# `after_time`, the status when the time ran out; `gathers`, where one record may stand for several events; `most`,
# how many there can be. It fails where it cannot be.

row_inotifywait() {
	command=("$BUTTER" inotifywait -qm -e create)
	operands=(D)
	cause=create
	promises='timeout idle'
	after_time=2 # as inotify-tools, where -t 0 means never
}

row_fanotify_watch() {
	is_root || return 1
	command=("$BUTTER" fanotify-watch --inode -e create)
	operands=(D)
	cause=create
	promises='timeout zero idle'
}

row_timerfd_sleep() {
	command=("$BUTTER" timerfd-sleep --every 20ms)
	operands=()
	cause=true # it comes by itself
	promises=
	gathers=yes
}

row_signalfd_wait() {
	command=("$BUTTER" signalfd-wait)
	operands=(RTMIN+1)
	cause=send
	promises='timeout zero idle'
}

# Its output is its command's; that takes as many records as --count says.
row_signalfd_exec() {
	command=(reading)
	operands=()
	cause=send
	always='json null ready term'
	promises=idle
}

reading() {
	local count end=$'\n' options=()

	while (($#)); do
		case $1 in
		--count) count=$2 && shift ;;
		--null) end='\0' && options+=("$1") ;;
		*) options+=("$1") ;;
		esac
		shift
	done
	# shellcheck disable=SC2016 # the inner shell expands
	exec "$BUTTER" signalfd-exec -s RTMIN+1 "${options[@]}" -- bash -c '
		for ((i = 0; i < $1; i++)); do IFS= read -r -d "${2/\\0/}" record <&3 && printf "%s$2" "$record"; done' "$0" "$count" "$end"
}

row_eventfd_wait() {
	need_pidfd
	command=("$BUTTER" eventfd-exec --semaphore -- "$BUTTER" eventfd-wait)
	operands=()
	cause=post
	promises='timeout zero idle'
}

row_pidfd_wait() {
	need_pidfd
	while ((${#operands[@]} < 3)); do
		sleep 1000 3>&- 4>&- &
		started+=($!)
		operands+=($!)
	done
	command=("$BUTTER" pidfd-wait)
	most=3
	cause=end_one
	promises='timeout zero idle'
}

row_events() {
	command=("$BUTTER" events --signal RTMIN+1)
	operands=()
	cause=send
	promises='timeout zero idle'
}

create() {
	events=$((events + 1))
	: >"D/$events"
}

send() {
	kill -s RTMIN+1 "$pid"
}

post() {
	"$BUTTER" eventfd-post --from "$pid:3"
}

end_one() {
	local one=${operands[0]}

	operands=("${operands[@]:1}")
	kill -KILL "$one"
	wait "$one" 2>/dev/null || true
}

# each PROMISE FUNCTION: calls it for each row that makes the promise.
each() {
	local row done=0

	for row in $ROWS; do
		[[ " $APPLETS " == *" $row "* ]] || continue
		command=() operands=() promises='' after_time=124 gathers='' most=1000
		always='count json null ready closed full term'
		"row_${row//-/_}" || continue
		[[ " $always $promises " == *" $1 "* ]] || continue
		echo "-- $row"
		"$2"
		done=$((done + 1))
	done
	((done)) || skip 'none of them is there'
}

# watch OPTION...: starts the row's applet, and waits until it is ready.
watch() {
	start "${command[@]}" --ready-fd 7 "$@" "${operands[@]}"
}

# told NUMBER COUNT: so many records have been told, of COUNT events.
told() {
	(($1 == $2)) || { [ "$gathers" ] && (($1 > 0 && $1 < $2)); } || fails "records: $1" "events: $2"
}

# records COUNT: lines of so many events were written, and nothing on standard error.
records() {
	equal "$stderr" "" || return 1
	told "$(wc -l <"$job/out")" "$1"
}

# ---- Promises

@test "--count: after so many events it ends, with 0, and has told each" {
	each count counts
}

counts() {
	watch --count 2
	"$cause"
	"$cause"
	finish
	equal "$status" 0
	records 2
}

@test "--timeout: it ends when the time has run out, not before, and says so by its status" {
	each timeout times_out
}

times_out() {
	local since

	since=$(microseconds)
	capture "${command[@]}" --timeout 0.15 "${operands[@]}"
	equal "$status$output$stderr" "$after_time"
	lasted 150000 "$since"
	for duration in 1ms 0.001 1us; do
		capture "${command[@]}" -t "$duration" "${operands[@]}"
		equal "$status$output$stderr" "$after_time"
	done
}

@test "--timeout 0 looks once" {
	each zero looks_once
}

looks_once() {
	capture "${command[@]}" --timeout 0 "${operands[@]}"
	equal "$status$output$stderr" "$after_time"
}

@test "--timeout inf is no limit" {
	each timeout waits_for_ever
}

waits_for_ever() {
	watch --timeout inf --count 1
	"$cause"
	finish
	equal "$status" 0
	records 1
}

@test "while nothing happens it sleeps: no system call is made" {
	each idle sleeps
}

# switches: how often it has slept or was made to wait so far.
switches() {
	awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$pid/status"
}

sleeps() {
	local before

	watch --count 1
	drained
	before=$(switches)
	read -r -t 1 -u "$alive" _ || true # nobody writes there
	equal "$(switches)" "$before"
	"$cause"
	finish
	equal "$status" 0
}

@test "--json: a line is an object, with its event and its time" {
	need_tool jq
	each json tells_json
}

tells_json() {
	watch --json --count 2
	"$cause"
	"$cause"
	finish
	equal "$status" 0
	records 2
	jq -es 'length > 0 and all(.[]; (.event | test("^[a-z_]+$")) and .time > 1e9)' "$job/out" >/dev/null ||
		fails "$output"
}

@test "--null: records end in a NUL byte" {
	each null ends_in_null
}

ends_in_null() {
	watch --null --count 2
	"$cause"
	"$cause"
	finish
	equal "$status$stderr" 0
	equal "$(tr -d '\0' <"$job/out" | wc -l)" 0
	told "$(tr -cd '\0' <"$job/out" | wc -c)" 2
	equal "$(tail -c 1 "$job/out" | od -An -tx1)" ' 00'
}

@test "--ready-fd: no event is lost between ready and the event" {
	each ready loses_nothing
}

loses_nothing() {
	local rounds row_function="row_${row//-/_}"

	rounds=$(rounds 3 1000)
	for ((i = 0; i < rounds; i++)); do
		"$row_function"
		watch --count 1
		"$cause"
		finish
		equal "round $i: $status" "round $i: 0"
		records 1
		rm -f D/*
		rm -r "$job"
	done
}

@test "--ready-fd: exactly one newline, and then it is closed" {
	each ready is_ready_once
}

is_ready_once() {
	launch "${command[@]}" --ready-fd 7 --count 1 "${operands[@]}"
	read -r -t "$LIMIT" -u "$ready" line
	equal "$line" ""
	status=0
	read -r -t "$LIMIT" -u "$ready" line || status=$?
	equal "$status$line" 1 # the end of the file
	is_running
	"$cause"
	finish
	equal "$status" 0
}

@test "standard output that is closed is a failure" {
	each closed is_closed
}

is_closed() {
	start bash -c 'exec "$@" >&-' "$0" "${command[@]}" --ready-fd 7 --count 1 "${operands[@]}"
	"$cause"
	finish
	failed 1 "$row" 'standard output: Bad file descriptor'
}

@test "standard output that is full is a failure" {
	each full is_full
}

is_full() {
	start bash -c 'exec "$@" >/dev/full' "$0" "${command[@]}" --ready-fd 7 --count 1 "${operands[@]}"
	"$cause"
	finish
	failed 1 "$row" 'standard output: No space left on device'
}

@test "SIGTERM ends it, and what has come is told" {
	each term ends_by_term
}

ends_by_term() {
	watch --count "$most"
	"$cause"
	await test -s "$job/out"
	kill "$pid"
	finish
	equal "$status$stderr" 143
	(($(wc -l <"$job/out") >= 1))
}

@test "wrong options are wrong usage" {
	each count is_used_wrongly
}

is_used_wrongly() {
	for wrong in '--count x' '--count -1' '--timeout x' '--timeout -1' '--ready-fd 99' '--ready-fd x' '--no-such-option'; do
		[[ $wrong != --timeout* || $promises == *timeout* ]] || continue
		# shellcheck disable=SC2086 # two words
		capture "${command[@]}" $wrong "${operands[@]}"
		failed 1 "$row" || return 1
	done
}

# ---- inotifywatch has a table at its end instead of records

@test "inotifywatch: a time, readiness, SIGTERM, outputs that cannot be written" {
	need_applet inotifywatch
	since=$(microseconds)
	start "$BUTTER" inotifywatch --ready-fd 7 -t 0.3 -e create D
	create
	finish
	equal "$status" 0
	lasted 300000 "$since"
	contains "$output" '1  '
	start "$BUTTER" inotifywatch --ready-fd 7 -e create D
	create
	kill "$pid"
	finish
	equal "$status" 0
	contains "$output" '1  '
	for place in '&-' /dev/full; do
		start bash -c "exec \"\$@\" >$place" "$0" "$BUTTER" inotifywatch --ready-fd 7 -t 0.1 -e create D
		create
		finish
		equal "$status$output" 1
		contains "$stderr" 'butter: inotifywatch: cannot write to standard output: '
	done
}

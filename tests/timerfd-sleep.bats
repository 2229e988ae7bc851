#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Times are only ever checked for not being early: how late is up to the machine. The clock is never set: that is
# simulated by what read(2) then answers.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2317 # functions that `lasts` calls
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, ready, within ...

load helper

setup() {
	trace_tests_only
	need_applet timerfd-sleep
}

# zzz ARGUMENT...: runs timerfd-sleep.
zzz() {
	try timerfd-sleep "$@"
}

# lasts MICROSECONDS COMMAND...: it succeeds, and not sooner than that. Two more tries, should somebody just have
# corrected the wall clock by which this is measured.
lasts() {
	local least=$1 took

	shift
	for _ in 1 2 3; do
		took=$(microseconds)
		"$@" 3>&- || return 1
		took=$(($(microseconds) - took))
		[ "$took" -lt "$least" ] || return 0
	done
	fails "$* ended after $took microseconds instead of $least"
}

# sleeps MICROSECONDS ARGUMENT...: so does timerfd-sleep.
sleeps() {
	local least=$1

	shift
	lasts "$least" limited "$BUTTER" timerfd-sleep "$@"
}

# armed ARGUMENT...: what timerfd-sleep asks of the kernel, which then refuses: $clock, $flags, and in nanoseconds
# $first and $interval.
armed() {
	local numbers

	need_strace
	capture strace -qq -o "$BATS_TEST_TMPDIR/armed" \
		-e 'trace=/^timerfd_(create|settime)' -e 'inject=/^timerfd_settime:error=EIO' \
		"$BUTTER" timerfd-sleep "$@"
	failed 1 timerfd-sleep "cannot start the timer"
	clock=$(sed -n 's/^timerfd_create(\([A-Z_]*\),.*/\1/p' "$BATS_TEST_TMPDIR/armed")
	flags=$(sed -n 's/^timerfd_settime[0-9]*([0-9]*, \([A-Z_|0-9]*\),.*/\1/p' "$BATS_TEST_TMPDIR/armed")
	read -ra numbers <<<"$(grep settime "$BATS_TEST_TMPDIR/armed" | grep -oE 'sec=-?[0-9]+' | sed 's/.*=//' | tr '\n' ' ')"
	interval=$((numbers[0] * 1000000000 + numbers[1]))
	first=$((numbers[2] * 1000000000 + numbers[3]))
}

# utc "YYYY-MM-DD HH:MM:SS": nanoseconds since 1970.
utc() {
	date -u -d "$1" +%s000000000
}

# ---- Durations

@test "sleeps as long as it is told, never shorter" {
	for duration in 0.03 .03 30ms 30000us 30000000ns 29.9999999ms; do
		sleeps 30000 "$duration"
	done
	zzz 1ms
	succeeded
	equal "$output" ""
}

@test "adds up several durations" {
	sleeps 40000 15ms 0.015 10000us
}

@test "never early, in many sleeps" {
	most=$(rounds 20 1000)
	for ((i = 0; i < most; i++)); do
		sleeps 10000 10ms
	done
}

@test "takes all units, rounds up what is finer than a nanosecond, and arms exactly that" {
	while read -r expected text; do
		armed "$text"
		equal "$text: $first" "$text: $expected"
		equal "$flags$interval$clock" "00CLOCK_MONOTONIC"
	done <<-'END'
		5000000000 5
		250000000 0.25
		250000000 .25
		1000000000 1.
		300000000 300ms
		90000000000 1m30s
		90000000000 1min30sec
		7500000000000 2h 5min
		5400000000000 1.5h
		694861001002003 1w1d1h1m1s1ms2us3ns
		1 1ns
		1 0.0000000001
		1000000001 1.00000000000000000000000000000001
		9223372036000000000 9223372036
		9223372036854775806 9223372036.854775806
	END
	armed 1 2ms 3us
	equal "$first" 1002003000
}

@test "nothing to wait for ends at once" {
	for duration in 0 0s 0.0 0ms '0h0m0s'; do
		zzz "$duration"
		succeeded
	done
	zzz 0 0 0
	succeeded
}

@test "inf never ends" {
	# shellcheck disable=SC2016
	for words in inf infinity '1 inf' '9223372036 9223372036'; do
		start bash -c 'exec "$BUTTER" timerfd-sleep --ready-fd 7 $0 2>&7' "$words"
		kill -USR1 "$pid"
		read -r -t "$LIMIT" -u "$ready" line
		equal "$line" "butter: timerfd-sleep: inf left"
		is_running
		kill -TERM "$pid"
		finish
		equal "$status" 143
	done
}

@test "refuses what is no duration" {
	for wrong in '' 5x x 1e99 1e3 0x10 +1 ' 1' '1 ' 1s1 1s2m 1m1m 1..2 1.2.3 . s ms 5S 5M '1 s' infx INF nan 1,5 $'1\n'; do
		zzz "$wrong"
		misused timerfd-sleep "is not a duration"
		zzz 1ms "$wrong"
		misused timerfd-sleep "is not a duration"
		zzz --every "$wrong"
		misused timerfd-sleep "--every" "is not a duration"
	done
	zzz -- -1
	misused timerfd-sleep "'-1' is not a duration"
	zzz -1
	misused timerfd-sleep "'-1'"
}

@test "refuses what is too long" {
	for wrong in 9223372037 18446744073709551616 99999999999999999999 300y 16000w 1$(printf '%0400d' 0) \
		9223372036.854775807; do
		zzz "$wrong"
		misused timerfd-sleep
		[ "$wrong" = 300y ] || contains "$stderr" "too long"
	done
}

@test "without anything to do it says what is missing" {
	zzz
	misused timerfd-sleep DURATION
	zzz --clock boottime
	misused timerfd-sleep DURATION
}

@test "does nothing when one of several durations is wrong" {
	traced timerfd_create timerfd-sleep 1 x
	misused timerfd-sleep "'x'"
	equal "$(cat "$trace")" ""
}

# ---- Points in time

@test "--until and -u sleep until that moment, never shorter" {
	for option in -u --until; do
		end=$(($(microseconds) + 50000))
		sleeps 0 "$option" "@$((end / 1000000)).$(printf %06d $((end % 1000000)))"
		[ "$(microseconds)" -ge "$end" ]
	done
}

@test "a time that has passed ends at once" {
	for past in @0 @1 @0.5 1970-01-01 1969-12-31T23:59:59Z 1700-01-01 1999-12-31T23:59:60Z; do
		zzz --until "$past"
		succeeded
	done
}

@test "--until takes seconds since 1970" {
	armed --until @1893456000
	equal "$first" 1893456000000000000
	equal "$clock" CLOCK_REALTIME
	contains "$flags" TFD_TIMER_ABSTIME
	armed --until @1893456000.25
	equal "$first" 1893456000250000000
	# Rounded up, so that it is not early.
	armed --until @1893456000.0000000001
	equal "$first" 1893456000000000001
	armed --until @9223372036
	equal "$first" 9223372036000000000
}

@test "--until takes ISO 8601 with a zone" {
	while IFS='|' read -r text moment; do
		armed --until "$text"
		equal "$text: $first" "$text: $(utc "$moment")"
	done <<-'END'
		2030-01-31T07:30:00Z|2030-01-31 07:30:00
		2030-01-31t07:30z|2030-01-31 07:30:00
		2030-01-31 07:30Z|2030-01-31 07:30:00
		2030-01-31T07:30:00+01:00|2030-01-31 06:30:00
		2030-01-31T07:30:00+0530|2030-01-31 02:00:00
		2030-01-31T07:30-08|2030-01-31 15:30:00
		2030-01-01T00:00+14:00|2029-12-31 10:00:00
		2030-12-31T23:59:59-12:00|2031-01-01 11:59:59
		2028-02-29T00:00Z|2028-02-29 00:00:00
		2030-06-30T23:59:60Z|2030-07-01 00:00:00
	END
	armed --until 2030-01-31T07:30:00.125Z
	equal "$first" "$(($(utc '2030-01-31 07:30:00') + 125000000))"
}

@test "--until takes local dates and times, through summer and winter" {
	export TZ='CET-1CEST,M3.5.0,M10.5.0/3'
	while IFS='|' read -r text moment; do
		armed --until "$text"
		equal "$text: $first" "$text: $(utc "$moment")"
	done <<-'END'
		2030-01-15T12:00|2030-01-15 11:00:00
		2030-07-15T12:00:01|2030-07-15 10:00:01
		2030-07-15|2030-07-14 22:00:00
		2030-07-15T12:00Z|2030-07-15 12:00:00
		2030-07-15T12:00+01:00|2030-07-15 11:00:00
		2030-03-31T01:59:59|2030-03-31 00:59:59
		2030-03-31T03:00|2030-03-31 01:00:00
		2030-10-27T01:59:59|2030-10-26 23:59:59
		2030-10-27T03:00|2030-10-27 02:00:00
	END
}

@test "a time that summer time skips is as much later as the gap is long" {
	export TZ='CET-1CEST,M3.5.0,M10.5.0/3'
	armed --until 2030-03-31T02:30
	equal "$first" "$(utc '2030-03-31 01:30:00')"
	armed --until 2030-03-31T02:00
	equal "$first" "$(utc '2030-03-31 01:00:00')"
}

@test "of a time that comes twice the first is meant" {
	export TZ='CET-1CEST,M3.5.0,M10.5.0/3'
	armed --until 2030-10-27T02:30
	equal "$first" "$(utc '2030-10-27 00:30:00')"
	armed --until 2030-10-27T02:30+01:00
	equal "$first" "$(utc '2030-10-27 01:30:00')"
}

@test "--until HH:MM[:SS] is its next occurrence" {
	for ahead in 90 3600 80000 86300 -10 -60 -3600; do
		moment=$(($(date +%s) + ahead))
		armed --until "$(date -d "@$moment" +%H:%M:%S)"
		[ "$ahead" -gt 0 ] || moment=$((moment + 86400))
		equal "$ahead: $first" "$ahead: ${moment}000000000"
	done
	moment=$(($(date +%s) / 60 * 60 + 120))
	armed --until "$(date -d "@$moment" +%H:%M)"
	equal "$first" "${moment}000000000"
	armed --until "$(date -d "@$moment" +%H:%M:%S.5)"
	equal "$first" "${moment}500000000"
}

# zone HH:MM RULES: sets TZ so that clocks show HH:MM of winter time now ($now, in seconds), with the rules of summer
# time of which DAY is today.
zone() {
	local wanted=$1 rules=$2 day offset

	now=$(date +%s)
	wanted=$(((10#${wanted%:*} * 60 + 10#${wanted#*:}) * 60))
	offset=$((wanted - now % 86400))
	offset=$((offset > 43200 ? offset - 86400 : offset < -43200 ? offset + 86400 : offset))
	day=$((10#$(date -u -d "@$((now + offset))" +%j) - 1))
	((day > 0 && day < 360)) || skip "the rules of this zone would cross the new year"
	TZ=AAA$([ $offset -gt 0 ] && echo -)$(date -u -d "@${offset#-}" +%H:%M:%S)BBB${rules//DAY/$day}
	export TZ
}

# left_at HH:MM SECONDS: --until HH:MM ends that many seconds after $now.
left_at() {
	armed --until "$1"
	equal "$1 in $TZ: $((first / 1000000000 - now))" "$1 in $TZ: $2"
}

@test "HH:MM in today's gap is as much later as the gap is long" {
	zone 12:00 ,DAY/13,364
	left_at 12:30 1800
	left_at 13:30 5400
	left_at 14:30 5400
	left_at 11:59 $((23 * 3600 - 60))
}

@test "HH:MM in the hour that comes twice is the first, and after that the second" {
	zone 11:00 ,0,DAY/14
	left_at 13:30 5400
	left_at 14:00 $((3 * 3600))
	# 13:30 in summer time: 13:10 has been, and will be again.
	zone 12:30 ,0,DAY/14
	left_at 13:40 600
	left_at 13:10 2400
	# 13:30 in winter time: both have been.
	zone 13:30 ,0,DAY/14
	left_at 13:45 900
	left_at 13:10 $((86400 - 1200))
}

@test "refuses what is no point in time" {
	for wrong in '' @ @x @-1 @1x @1e9 @1. @1..5 @ 24:00 7:30 07:60 07:30:61 07:30:00. 07:30x 07:30:00.x 0730 \
		2030-02-29 2030-13-01 2030-00-10 2030-01-32 2030-01-00 30-01-01 2030-1-1 2030-01-01T 2030-01-01T24:00 \
		2030-01-01T07 2030-01-01T07:30+1 2030-01-01T07:30+24:00 2030-01-01T07:30+01:60 2030-01-01T07:30ZZ \
		2030-01-01T07:30+01: 2030-01-01Z tomorrow now inf '07:30 ' ' 07:30' @99999999999999999999 @18446744073709551616 \
		@9223372037 2263-01-01 9999-12-31; do
		zzz --until "$wrong"
		misused timerfd-sleep "'$wrong'"
	done
}

@test "--until goes with nothing that also says when" {
	zzz --until @0 1
	misused timerfd-sleep --until
	zzz --until @0 --every 1
	misused timerfd-sleep --until
	zzz --until @0 --align 1
	misused timerfd-sleep --until
	zzz --until @0 --clock monotonic
	misused timerfd-sleep "realtime clock"
}

# ---- Ticks

@test "--every prints a record for each tick and stops after -n of them" {
	for option in -n --count=; do
		zzz --every 2ms ${option/-n/-n }5
		succeeded
		equal "$(awk '$1 == "tick" { sum += $3; if ($2 == sum) n++ } END { print n == NR, (sum >= 5) }' <<<"$output")" "1 1"
	done
	sleeps 30000 --every 10ms -n 3 >/dev/null
}

@test "the interval is the kernel's, so nothing drifts" {
	armed --every 1500us
	equal "$first $interval $flags $clock" "1500000 1500000 0 CLOCK_MONOTONIC"
}

@test "no tick is told early" {
	start=$(microseconds)
	zzz --every 5ms -n 20 -F '%v %t'
	succeeded
	while read -r number time; do
		time=${time/./}
		[ $((time - start)) -ge $((number * 5000)) ] || fails "tick $number after $((time - start)) microseconds"
	done <<<"$output"
}

@test "each tick is printed as it comes" {
	# shellcheck disable=SC2016
	start bash -c 'exec "$BUTTER" timerfd-sleep --every 1ms --ready-fd 7 >&7'
	for number in 1 2 3; do
		read -r -t "$LIMIT" -u "$ready" line
		matches "$line" "tick [0-9]+ [0-9]+"
	done
	is_running
}

@test "the counts of ticks add up through stops, storms and slow readers" {
	start "$BUTTER" timerfd-sleep --every 1ms --ready-fd 7
	for _ in 1 2 3; do
		kill -STOP "$pid"
		"$BUTTER" timerfd-sleep 20ms
		kill -CONT "$pid"
	done
	# Whatever it has missed by then, it still ticks.
	lines() { [ "$(wc -l <"$job/out")" -gt "$1" ]; }
	await lines "$(($(wc -l <"$job/out") + 30))"
	kill "$pid"
	finish
	equal "$status $stderr" '143 '
	equal "$(awk '{ sum += $3; if ($2 != sum) bad++; if ($3 > 5) missed++ }
		END { print bad + 0, (sum >= 60), (missed > 0) }' <<<"$output")" "0 1 1"
}

@test "a reader that is slow gets every tick" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	# shellcheck disable=SC2016
	launch bash -c 'exec "$BUTTER" timerfd-sleep --every 20us -n 4000 -F "%v %k 123456789012345678901234567890" >"$0"' \
		"$BATS_TEST_TMPDIR/pipe"
	exec {pipe}<"$BATS_TEST_TMPDIR/pipe"
	"$BUTTER" timerfd-sleep 100ms
	sum=$(awk '{ sum += $2; if ($1 != sum) bad++ } END { print bad + 0, (sum >= 4000) }' <&"$pipe")
	exec {pipe}<&-
	finish
	succeeded
	equal "$sum" "0 1"
}

@test "-j and --json print a JSON object a tick" {
	need_tool jq
	for option in -j --json; do
		before=$(microseconds)
		zzz --every 1ms -n 3 "$option"
		succeeded
		equal "$(jq -s --argjson before "$before" 'map(.event == "tick" and (keys == ["count", "event", "time", "value"]) and
			(.count | . == floor) and .time * 1000000 >= $before) | all' <<<"$output")" true
		equal "$(jq -s '[.[].count] | add' <<<"$output")" "$(jq -s '.[-1].value' <<<"$output")"
	done
}

@test "-F and --format print what they are told" {
	for option in -F --format; do
		zzz --every 1ms -n 1 "$option" '<%e|%v|%k|%%|%n|%x%>'
		succeeded
		matches "$output" $'<tick\\|[0-9]+\\|[0-9]+\\|%\\|\n\\|%x%>'
	done
	zzz --every 1ms -n 1 -F %t
	matches "$output" '[0-9]{10}\.[0-9]{6}'
	zzz --every 1ms -n 2 -F ''
	succeeded
	equal "$output" ""
	zzz --every 1ms -n 1 -F $'a\nb\e%'
	equal "$output" $'a\nb\e%'
}

@test "-0, --null and %0 end or split records with NUL" {
	for option in -0 --null; do
		to_file "$BATS_TEST_TMPDIR/out" timerfd-sleep --every 5ms -n 2 -F %e "$option"
		succeeded
		matches "$(tr '\0' , <"$BATS_TEST_TMPDIR/out")" tick,tick,\|tick,
	done
	to_file "$BATS_TEST_TMPDIR/out" timerfd-sleep --every 5ms -n 1 -F '%e%0%e'
	equal "$(tr '\0\n' ',;' <"$BATS_TEST_TMPDIR/out")" 'tick,tick;'
}

@test "refuses what is no count" {
	for wrong in '' 0 -1 5x x 1e99 1.5 +1 ' 1' 9223372036854775808 18446744073709551616 99999999999999999999; do
		zzz --every 1 -n "$wrong"
		misused timerfd-sleep --count "'$wrong'"
	done
}

@test "refuses ticks without time between, and what goes with ticks only" {
	zzz --every 0
	misused timerfd-sleep --every
	zzz --every 1 1
	misused timerfd-sleep --every
	for option in '-n 1' -j -0 '-F x' --json --null; do
		# shellcheck disable=SC2086
		zzz $option 1
		misused timerfd-sleep --every
	done
	zzz -F '%e %v %k' 0
	misused timerfd-sleep --every
}

@test "refuses what would be ignored: a bar for ticks, and JSON in another form" {
	zzz --every 1ms -n 1 --progress
	misused timerfd-sleep --progress
	zzz --every 1ms -n 1 -j -0
	misused timerfd-sleep --json
	zzz --every 1ms -n 1 -j -F %v
	misused timerfd-sleep --json
}

@test "ticks to a full disk, a closed descriptor or a broken pipe end with a message" {
	with '>/dev/full' timerfd-sleep --every 1ms
	failed 1 timerfd-sleep "No space left on device"
	with '>&-' timerfd-sleep --every 1ms
	failed 1 timerfd-sleep "Bad file descriptor"
	broken_pipe ignore timerfd-sleep --every 1ms
	failed 1 timerfd-sleep "Broken pipe"
	broken_pipe default timerfd-sleep --every 1ms
	equal "$status" 141
}

# ---- Alignment

@test "--align ends at a multiple on the wall clock" {
	before=$(microseconds)
	zzz --align 50ms
	succeeded
	[ "$(microseconds)" -ge $(((before / 50000 + 1) * 50000)) ]
	for step in 900:15m 1:1 86400:1d 7:7s; do
		before=$(date +%s)
		armed --align "${step#*:}"
		equal "$clock" CLOCK_REALTIME
		contains "$flags" TFD_TIMER_ABSTIME
		equal "$((first % (${step%:*} * 1000000000)))" 0
		[ $((first / 1000000000 - before)) -ge 0 ]
		[ $((first / 1000000000 - before)) -le $((${step%:*} + 5)) ]
	done
}

@test "--align after a duration is the first multiple that is not earlier than its end" {
	before=$(date +%s)
	armed --align 1m 90s
	equal "$((first % 60000000000))" 0
	[ $((first / 1000000000)) -ge $((before + 90)) ]
	[ $((first / 1000000000)) -le $((before + 155)) ]
}

@test "--align counts in local time" {
	export TZ=AAA-5:30
	armed --align 1d
	equal "$(((first / 1000000000 + 19800) % 86400))" 0
	armed --align 1h
	equal "$(((first / 1000000000 + 1800) % 3600))" 0
}

# aligned_at STEP SECONDS: --align STEP ends that many seconds after $now.
aligned_at() {
	armed --align "$1"
	equal "$1 in $TZ: $((first / 1000000000 - now))" "$1 in $TZ: $2"
}

@test "--align counts on when summer time begins: what is skipped comes at once" {
	zone 12:00 ,DAY/13,364
	aligned_at 2h 3600
	aligned_at 90m 3600
	aligned_at 3h 7200
}

@test "--align counts on when summer time ends: never early" {
	zone 12:30 ,0,DAY/14
	aligned_at 4h 12600 # it is 13:30 in summer time: half an hour to 14:00, then from 13:00 to 16:00
	aligned_at 1h 1800
}

@test "--every with --align ticks first at a multiple" {
	armed --every 10s --align 1m
	equal "$((first % 60000000000)) $interval" "0 10000000000"
	before=$(microseconds)
	zzz --every 5ms --align 20ms -n 2 -F %t
	succeeded
	time=${output%%$'\n'*}
	[ "${time/./}" -ge $(((before / 20000 + 1) * 20000)) ]
}

@test "--align refuses no step, and clocks that show no time of day" {
	zzz --align 0
	misused timerfd-sleep --align
	zzz --align 1 --clock boottime
	misused timerfd-sleep "realtime clock"
}

@test "--align to a step that never comes waits" {
	for step in inf 106751d; do
		armed --align "$step"
		[ "$first" -gt "$(date +%s%N)" ] || fails "$step: $first"
	done
}

# ---- Clocks

@test "--clock takes each clock" {
	for name in monotonic realtime boottime; do
		armed --clock "$name" 1
		equal "$clock" "CLOCK_${name^^}"
		sleeps 30000 --clock "$name" 30ms
		sleeps 30000 --clock "$name" --every 10ms -n 3 >/dev/null
	done
}

@test "--clock takes the clocks that wake the machine" {
	need_root
	for name in realtime-alarm boottime-alarm; do
		zzz --clock "$name" 0
		[ "$status" = 0 ] || skip "no CAP_WAKE_ALARM or no such clock here: $stderr"
		sleeps 50000 --clock "$name" 50ms
		sleeps 60000 --clock "$name" --every 20ms -n 3 >/dev/null
		armed --clock "$name" 1
		equal "$clock" "CLOCK_$(tr a-z- A-Z_ <<<"$name")"
	done
	for words in 100 '--every 100'; do
		before=$(date +%s)
		# shellcheck disable=SC2086
		armed --clock realtime-alarm $words
		[ "$((first / 1000000000))" -ge $((before + 100)) ] || fails "$words: armed for $first"
	done
	armed --clock realtime-alarm --until @1893456000
	equal "$clock" CLOCK_REALTIME_ALARM
	contains "$flags" TFD_TIMER_ABSTIME
}

@test "the clocks that wake the machine name the capability that they need" {
	unprivileged
	for name in realtime-alarm boottime-alarm; do
		try_as_nobody timerfd-sleep --clock "$name" 1
		failed 1 timerfd-sleep "Operation not permitted" CAP_WAKE_ALARM
	done
}

@test "an unknown clock is refused, and so are two" {
	zzz --clock wall 1
	misused timerfd-sleep --clock "'wall'"
	zzz --clock monotnic 1
	misused timerfd-sleep "did you mean 'monotonic'?"
	for wrong in '' ',' 'realtime,monotonic' 'realtime,' '*'; do
		zzz --clock "$wrong" 0
		misused timerfd-sleep --clock
	done
}

@test "works in a time namespace, whatever its clocks show" {
	for offset in --monotonic=1000000 --boottime=1000000 --monotonic=100; do
		namespaces -T "$offset"
		for name in monotonic boottime realtime; do
			lasts 50000 "${within[@]}" "$BUTTER" timerfd-sleep --clock "$name" 50ms
		done
		capture "${within[@]}" "$BUTTER" timerfd-sleep --every 5ms -n 2
		succeeded
	done
}

# ---- Somebody sets the clock

@test "when somebody sets the clock, the moment is worked out again" {
	for action in '' '--on-clock-change restart' '--on-clock-change=restart'; do
		injecting read:error=ECANCELED:when=1 timerfd_settime:delay_enter=1
		# shellcheck disable=SC2086
		capture "${tracer[@]}" -o "$BATS_TEST_TMPDIR/trace" "$BUTTER" timerfd-sleep $action --clock realtime 20ms
		succeeded
		equal "$(grep -c 'timerfd_settime.*CANCEL_ON_SET' "$BATS_TEST_TMPDIR/trace")" 2
	done
	end=$(($(microseconds) + 50000))
	inject read:error=ECANCELED:when=1..2 timerfd-sleep --until "@$((end / 1000000)).$(printf %06d $((end % 1000000)))"
	succeeded
	[ "$(microseconds)" -ge "$end" ]
}

@test "when somebody sets the clock, ticks go on and the count stays right" {
	inject read:error=ECANCELED:when=2 timerfd-sleep --every 2ms -n 4 --clock realtime
	succeeded
	equal "$(awk '{ sum += $3; if ($2 != sum) bad++ } END { print bad + 0, (sum >= 4) }' <<<"$output")" "0 1"
}

@test "a duration is neither shorter nor longer when somebody sets the clock" {
	steppable
	for _ in 1 -1; do
		before=$(microseconds)
		start "${tracer[@]}" "$BUTTER" timerfd-sleep --ready-fd 7 0.3
		step
		finish
		lasted 300000 "$before"
		succeeded
	done
}

@test "--on-clock-change exit ends with a message" {
	for mode in '--until @9000000000' '--clock realtime 100' '--align 1d' '--every 100 --clock realtime'; do
		# shellcheck disable=SC2086
		inject "read:error=ECANCELED:when=1 ppoll:retval=1" timerfd-sleep --on-clock-change exit $mode
		failed 1 timerfd-sleep "set the clock"
	done
}

@test "--on-clock-change ignore does not ask to be told" {
	armed --on-clock-change ignore --until @9000000000
	equal "$flags" TFD_TIMER_ABSTIME
	armed --on-clock-change restart --until @9000000000
	equal "$flags" "TFD_TIMER_ABSTIME|TFD_TIMER_CANCEL_ON_SET"
	armed --on-clock-change exit --align 15m
	equal "$flags" "TFD_TIMER_ABSTIME|TFD_TIMER_CANCEL_ON_SET"
}

@test "--on-clock-change makes sense with a clock that can be set" {
	zzz --on-clock-change exit 1
	misused timerfd-sleep --on-clock-change
	zzz --on-clock-change ignore --clock boottime 1
	misused timerfd-sleep --on-clock-change
	zzz --on-clock-change explode --until @0
	misused timerfd-sleep --on-clock-change "'explode'"
}

# ---- Signals

@test "SIGUSR1 prints what is left, and the sleep goes on" {
	disturbed() {
		start "$BUTTER" timerfd-sleep --ready-fd 7 0.15 && kill -USR1 "$pid" && finish &&
			equal "$status" 0
	}
	lasts 150000 disturbed
	matches "$stderr" 'butter: timerfd-sleep: 0\.[01][0-9][0-9]s left'
}

@test "SIGUSR1 tells long times in days, hours and minutes" {
	# shellcheck disable=SC2016
	start bash -c 'exec "$BUTTER" timerfd-sleep --ready-fd 7 2d3h4m5.9s 2>&7'
	kill -USR1 "$pid"
	read -r -t "$LIMIT" -u "$ready" line
	matches "$line" 'butter: timerfd-sleep: 2d3h4m[0-5]\.[0-9]{3}s left'
	is_running
}

@test "SIGUSR1 works for points in time and ticks too" {
	# shellcheck disable=SC2016
	for words in "--until @$(($(date +%s) + 3000))" '--every 50m' "--align 50m 1ms"; do
		start bash -c 'exec "$BUTTER" timerfd-sleep --ready-fd 7 $0 2>&7' "$words"
		kill -USR1 "$pid"
		read -r -t "$LIMIT" -u "$ready" line
		matches "$line" 'butter: timerfd-sleep: ([0-9]+m)?[0-9]+\.[0-9]{3}s left'
		is_running
	done
}

@test "storms of SIGSTOP and SIGCONT neither hang it nor wake it early" {
	duration=0.15
	[ "${BUTTER_LONG:-}" != 1 ] || duration=3
	storm() {
		start "$BUTTER" timerfd-sleep --ready-fd 7 "$@" || return 1
		while kill -STOP "$pid" 2>/dev/null && kill -CONT "$pid" 2>/dev/null && is_running; do :; done
		finish && succeeded
	}
	least=$(awk -v seconds="$duration" 'BEGIN { print seconds * 1000000 }')
	lasts "$least" storm "$duration"
	lasts "$least" storm --every "$duration" -n 1
	lasts 0 storm --align "$duration"
}

@test "a storm of SIGUSR1 neither hangs it nor wakes it early" {
	storm() {
		start "$BUTTER" timerfd-sleep --ready-fd 7 "$@" || return 1
		while kill -USR1 "$pid" 2>/dev/null && is_running; do :; done
		finish && equal "$status$(grep -v ' left$' <<<"$stderr")" 0
	}
	lasts 100000 storm 0.1
	lasts 100000 storm --every 100ms -n 1
}

@test "stopped beyond its end, it ends as soon as it is continued" {
	start "$BUTTER" timerfd-sleep --ready-fd 7 20ms
	kill -STOP "$pid"
	"$BUTTER" timerfd-sleep 40ms
	kill -CONT "$pid"
	finish
	succeeded
}

@test "-F: what a tick does not have stays as it is" {
	# (So long that on a busy machine, too, it is the first tick that is told.)
	try timerfd-sleep --every 1s -n 1 -F '%v %f|%w|%p|%c|%T|%m|%o|%P|%q'
	succeeded
	equal "$output" '1 %f|%w|%p|%c|%T|%m|%o|%P|%q'
}

@test "signals end it, as process 1 of a container too" {
	for signal in TERM:143 HUP:129; do
		start "$BUTTER" timerfd-sleep --ready-fd 7 inf
		kill "-${signal%:*}" "$pid"
		finish
		equal "$status" "${signal#*:}"
	done
	namespaces -pf --kill-child
	for signal in TERM:143 INT:130 HUP:129 QUIT:131; do
		grep -q "^\.It.* ${signal#*:}" "$BUTTER_SOURCE/man/butter-timerfd-sleep.1" || fails "the page lacks ${signal#*:}"
		for words in inf '--every 1000' '--until @9000000000'; do
			# shellcheck disable=SC2086
			start "${within[@]}" env --default-signal=INT,QUIT "$BUTTER" timerfd-sleep --ready-fd 7 $words
			child=$(tr -d ' ' <"/proc/$pid/task/$pid/children")
			kill "-${signal%:*}" "$child"
			finish
			equal "$status" "${signal#*:}"
		done
	done
}

# ---- Readiness

@test "--ready-fd gets one newline and is closed, while the sleep goes on" {
	# shellcheck disable=SC2016
	launch "$BUTTER" timerfd-sleep --ready-fd 7 inf
	equal "$(timeout 20 cat <&"$ready" | od -An -c | tr -d ' ')" '\n'
	is_running
}

@test "--ready-fd may be standard output, and ends well" {
	zzz --ready-fd 1 10ms
	succeeded
	equal "$output" ""
	with '2>&1 >/dev/null' timerfd-sleep --ready-fd 2 10ms
	equal "$status" 0
}

@test "refuses what is no open descriptor" {
	for wrong in '' x -1 9 5x 1e1 2147483648 4294967296 18446744073709551616 99999999999999999999; do
		zzz --ready-fd "$wrong" 0
		misused timerfd-sleep "'$wrong' is not an open descriptor"
	done
}

@test "says when it cannot tell that it is ready" {
	with '7>/dev/full' timerfd-sleep --ready-fd 7 100
	failed 1 timerfd-sleep "--ready-fd 7" "No space left on device"
	with '7</dev/null' timerfd-sleep --ready-fd 7 100
	failed 1 timerfd-sleep "--ready-fd 7" "Bad file descriptor"
}

# ---- Progress

# on_terminal ARGUMENT...: runs timerfd-sleep on a terminal of 60 columns; $output is what went there.
on_terminal() {
	need_tool script
	capture script -qec "stty cols 60; exec '$BUTTER' timerfd-sleep $*" /dev/null </dev/null
}

@test "--progress draws a bar on a terminal and ends it with the line" {
	on_terminal --progress 250ms
	equal "$status" 0
	[[ $output == $'\r  0% ['*'] 0.2'*$'s\e[K\r'*'100% [####'*'####] 0.000s'$'\e[K\r' ]] || fails "$(cat -v <<<"$output")"
	# Over itself, at most ten times a second, never beyond the line.
	draws=$(tr '\r' '\n' <<<"$output" | grep -c '%')
	[ "$draws" -le 5 ] || fails "$draws drawings"
	equal "$(tr '\r' '\n' <<<"$output" | sed 's/\x1b\[K//' | awk 'length > 60')" ""
}

@test "--progress with inf and with nothing to wait for is right" {
	on_terminal --progress 0
	equal "$status" 0
	contains "$output" '100% ['
	on_terminal --progress --until @0
	equal "$status" 0
	# shellcheck disable=SC2016
	need_tool script
	launch script -qefc "exec '$BUTTER' timerfd-sleep --progress inf >&8" /dev/null
	is_running
}

@test "--progress is silent where standard error is no terminal" {
	zzz --progress 20ms
	succeeded
	equal "$output" ""
}

@test "without --progress nothing is drawn on a terminal" {
	on_terminal 120ms
	equal "$status" 0
	equal "$output" ""
}

@test "--progress is never early" {
	drawn() {
		on_terminal --progress 130ms
		equal "$status" 0
	}
	lasts 130000 drawn
}

# ---- Faults

@test "one interrupted call changes nothing" {
	interrupted() {
		inject "read:error=EINTR:when=$1" timerfd-sleep 150ms
		succeeded
	}
	lasts 150000 interrupted 1
	lasts 150000 interrupted 1..3
	for call in ppoll read write poll; do
		for when in 1 2 3 1..4; do
			inject "$call:error=EINTR:when=$when" timerfd-sleep --every 1ms -n 3
			succeeded
			equal "$(awk '{ sum += $3; if ($2 != sum) bad++ } END { print bad + 0, (sum >= 3) }' <<<"$output")" "0 1"
		done
	done
	inject "write:error=EINTR:when=1" timerfd-sleep --ready-fd 2 1ms
	equal "$status" 0
	equal "$stderr" ""
}

@test "no timer is told in one line, with what to do" {
	for error in EMFILE:'raise ulimit -n' ENFILE:fs.file-max ENOMEM: ENOSYS:timerfd EPERM:seccomp EINVAL:--clock; do
		inject "timerfd_create:error=${error%%:*}" timerfd-sleep 1
		failed 1 timerfd-sleep "cannot create a timer" "${error#*:}"
		inject "timerfd_create:error=${error%%:*}" timerfd-sleep --every 1
		failed 1 timerfd-sleep "cannot create a timer" "${error#*:}"
	done
	for error in EINVAL ENOSYS EPERM; do
		inject timerfd_settime:error=$error timerfd-sleep 1
		failed 1 timerfd-sleep "cannot start the timer"
	done
	for mode in '' --every; do
		inject "read:error=EIO ppoll:retval=1" timerfd-sleep $mode 1
		failed 1 timerfd-sleep "cannot wait for the timer" "Input/output error"
	done
	for error in EPERM ENOSYS; do
		inject ppoll:error=$error timerfd-sleep --every 1
		failed 1 timerfd-sleep "cannot wait for the timer" "allow ppoll"
		lacks "$stderr" timerfd_create
		inject read:error=$error timerfd-sleep 1
		failed 1 timerfd-sleep "cannot wait for the timer" "allow ppoll, epoll_wait and read"
	done
	inject ppoll:error=ENOMEM timerfd-sleep --every 1
	failed 1 timerfd-sleep "cannot wait for the timer" "Cannot allocate memory"
}

@test "no room for a descriptor is told in one line" {
	need_plain_build
	# shellcheck disable=SC2016
	capture bash -c 'ulimit -n 3; exec "$BUTTER" timerfd-sleep 1'
	[ "$status" != 127 ] || skip "the loader needs a descriptor"
	failed 1 timerfd-sleep "Too many open files (raise ulimit -n)"
}

@test "where nothing is printed, closed and full outputs do no harm" {
	for nowhere in '>/dev/full' '>&-' '<&-' '2>&-' '2>/dev/full' '<&- >&- 2>&-'; do
		with "$nowhere" timerfd-sleep 1ms
		succeeded
	done
}

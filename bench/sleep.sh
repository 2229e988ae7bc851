#!/bin/sh
# SPDX-License-Identifier: MIT
# What a sleep costs beyond the time that was asked for, and what a thousand of them add up to.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

empty=$(./measure count ./empty-pie | cut -d ' ' -f 2)

rounds=$(rounds 1000 100)
begin "Sleeping 1 ms: what it takes beyond, from spawn to reap ($rounds rounds, locale ${LC_ALL:-${LANG:-C}})"
add 'sleep (coreutils)' sleep 0.001
add 'busybox sleep' busybox sleep 0.001
add 'toybox sleep' toybox sleep 0.001
add 'butter timerfd-sleep' ./butter timerfd-sleep 0.001
add 'ceiling: static, sleeps, no more' ./ceiling sleep

take run "$rounds" 1000 > run.txt
take count | cut -f 2 > count.txt
paste run.txt count.txt | awk -F '\t' -v OFS='\t' -v empty="$empty" '
	{ split($2, is, " "); split($3, count, " ")
	  print $1, is[1], is[5], is[3], count[2], count[2] == "-" ? "-" : count[2] - empty }' |
	table program 'µs, median' ratio 'CPU µs' 'system calls' 'more than an empty program'

# loop COMMAND...: what a script would do.
loop() {
	echo "i=0; while [ \$i -lt 1000 ]; do $*; i=\$((i + 1)); done" > "loop-of-$1"
	if command -v "$1" > /dev/null; then
		add "loop of $*" sh "./loop-of-$1"
	else
		add "loop of $*" "$1"
	fi
}
rounds=$(rounds 7 1)
begin "1000 times 1 ms: how late, from spawn to reap ($rounds rounds)"
loop sleep 0.001
loop busybox sleep 0.001
loop toybox sleep 0.001
add 'butter timerfd-sleep --every 1ms' ./butter timerfd-sleep --every 1ms -n 1000
add 'ceiling: static, ticks, no more' ./ceiling tick

take run "$rounds" 1000000 | awk -F '\t' -v OFS='\t' '
	{ split($2, is, " "); print $1, is[1] == "-" ? "-" : sprintf("%.2f", is[1] / 1000), is[2] == "-" ? "-" : is[3] }' |
	table program 'ms, median' 'CPU µs'

# Realtime of the first and the last tick, as its own records tell.
./butter timerfd-sleep --every 1ms -n 1000 -F %t | awk '
	NR == 1 { first = $1 } { last = $1 }
	END { printf "butter: the last tick comes %d µs later after the first than 999 ms.\n\n", (last - first - 0.999) * 1e6 }'

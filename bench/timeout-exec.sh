#!/bin/sh
# SPDX-License-Identifier: MIT
# How late a command is ended, what of its children survives that, and what it costs to start one under a timeout.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

advise busybox:busybox toybox:toybox

# One whose time has run out has ended as it should: 124, or 143 in busybox.
cat > ended << 'END'
"$@"
status=$?
[ $status = 124 ] || [ $status = 143 ]
END

# peers HOW DURATION COMMAND...: each of them runs COMMAND, by `sh HOW`.
peers() {
	how=$1
	shift
	for peer in 'timeout (coreutils):timeout' 'busybox timeout:busybox timeout' 'toybox timeout:toybox timeout' \
		'butter timeout-exec:./butter timeout-exec'; do
		words_of=${peer#*:}
		if command -v "${words_of%% *}" > /dev/null; then
			# shellcheck disable=SC2086 # two words
			add "${peer%%:*}" $how $words_of "$@"
		else
			add "${peer%%:*}" "${words_of%% *}"
		fi
	done
}

for duration in 0.3 1.5; do
	rounds=$(rounds 15 2)
	begin "Ended after $duration s: how late, from spawn to reap, a shell around it ($rounds rounds; less than 0 is early)"
	peers 'sh ./ended' "$duration" sleep 60
	take run "$rounds" "$(awk "BEGIN { print $duration * 1e6 }")" | awk -F '\t' -v OFS='\t' '
		{ split($2, is, " "); print $1, is[1] == "-" ? "-" : sprintf("%.1f", is[1] / 1000), is[2] == "-" ? "-" : is[3] }' |
		table program 'ms late, median' 'CPU µs'
done

# What is started: a plain child, one in a session of its own, a double fork, and that in its own session.
cat > family << 'END'
sleep 61.$1 > /dev/null 2>&1 &
setsid sleep 62.$1 > /dev/null 2>&1 &
(sleep 63.$1 > /dev/null 2>&1 &)
(setsid sh -c "sleep 64.$1 & wait" > /dev/null 2>&1 &)
exec sleep 65.$1
END
begin 'Survivors half a second after the end, of five: itself, a child, one after setsid, a double fork, both'
mark=$$
peers '' 0.3 sh ./family $mark
echo "$words" | sed 's/ + /\n/g' | while read -r line; do
	# shellcheck disable=SC2086 # words are words
	$line || true
	sleep 0.5
	pgrep -fc "^sleep 6[1-5]\.$mark\$" || true
	# shellcheck disable=SC2046 # several numbers
	kill -KILL $(pgrep -f "^sleep 6[1-5]\.$mark\$") 2> /dev/null || true
done > survivors
paste names survivors | table program survivors

rounds=$(rounds 300 20)
begin "A command that ends at once: \`true\` under a timeout ($rounds rounds)"
peers '' 60 ./empty-pie
take run "$rounds" 0 > run.txt
take calls . | cut -f 2 > calls.txt
paste run.txt calls.txt | awk -F '\t' -v OFS='\t' '
	{ split($2, is, " "); print $1, is[1], is[5], is[2], $3 }' |
	table program 'µs, median' ratio 'memory kB' 'system calls of all'

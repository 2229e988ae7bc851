#!/bin/sh
# SPDX-License-Identifier: MIT
# What an init costs: its start, the memory that it keeps, how often it wakes up while nothing happens, and how long
# a signal takes through it; and from a signal to its line.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

advise tini:tini dumb-init:dumb-init catatonit:catatonit
build signals -static "$here/signals.c"

# inits COMMAND...: each of them with COMMAND below it.
inits() {
	add 'tini -s' tini -s -- "$@"
	add 'tini-static -s' tini-static -s -- "$@"
	add dumb-init dumb-init "$@"
	add catatonit catatonit -- "$@"
	add 'butter signalfd-exec --init --forward' ./butter signalfd-exec --init --forward -- "$@"
}

rounds=$(rounds 1000 50)
begin "Running an empty command below: from spawn to reap ($rounds rounds)"
inits ./empty
add 'ceiling: the empty command alone' ./empty
take run "$rounds" 0 | awk -F '\t' -v OFS='\t' '{ split($2, is, " "); print $1, is[1], is[5], is[3], is[2] }' |
	table init 'µs, median' ratio 'CPU µs' 'peak memory, kB'

# each HOW NUMBER: `signals HOW NUMBER` for each command.
each() {
	printf '%s\n' "$words" | sed 's/ + /\n/g' | while read -r line; do
		# shellcheck disable=SC2086 # words are words
		./signals "$1" "$2" $line || echo -
	done > numbers
	paste names numbers
}

seconds=$(rounds 10 2)
begin "While nothing happens: $seconds seconds"
inits ./signals echo
each idle "$seconds" | awk -F '\t' -v OFS='\t' '{ split($2, is, " "); print $1, is[1], is[2], is[3] }' |
	table init 'wake-ups' 'resident, KiB' 'dirty, KiB'
echo "Most of what is resident of butter is its program, which all butters share; dirty is what each has alone."
echo

rounds=$(rounds 2000 100)
begin "A signal through it: from kill to what the command does ($rounds rounds)"
inits ./signals echo
add 'ceiling: no init' ./signals echo
each line "$rounds" | awk -F '\t' -v OFS='\t' '{ split($2, is, " "); print $1, is[1], is[2] }' |
	table init 'µs, median' '90 %'

begin "A signal as a line: from kill until it is read ($rounds rounds)"
cat > cat3 <<'END'
echo
exec cat <&3
END
cat > loop3 <<'END'
echo
while read -r signal _; do echo "$signal"; done <&3
END
echo 'exec ./butter signalfd-wait -n 0 --ready-fd 3 USR1 3>&1' > wait3
add 'butter signalfd-wait' sh ./wait3
add 'butter signalfd-exec -- cat' ./butter signalfd-exec -s USR1 -- sh ./cat3
add 'butter signalfd-exec -- dash, in a loop' ./butter signalfd-exec -s USR1 -- dash ./loop3
add 'butter signalfd-exec -- bash, in a loop' ./butter signalfd-exec -s USR1 -- bash ./loop3
each line "$rounds" | awk -F '\t' -v OFS='\t' '{ split($2, is, " "); print $1, is[1], is[2] }' |
	table command 'µs, median' '90 %'

#!/bin/sh
# SPDX-License-Identifier: MIT
# How long after a process has ended those that wait for it say so, and what signalling it safely costs.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

advise pidwait:procps
build pidfd -static "$here/pidfd.c"

# In a file: words have no blanks.
cat > shell-waits << 'END'
(read -r _ <&8; exit 7) &
wait $!
echo $?
END
cat > shell-looks << 'END'
while kill -0 "$1" 2> /dev/null; do sleep 0.1; done
echo gone
END

rounds=$(rounds 200 10)
begin "A process ends: when do those that wait for it say so? ($rounds rounds)"
add 'pidwait (procps), at its end' pidwait -g @
add 'tail --pid, at its end' tail --pid @ -f /dev/null
add 'tail --pid -s 0.1, at its end' tail -s 0.1 --pid @ -f /dev/null
add 'loop of kill -0 and sleep 0.1' sh ./shell-looks @
add "bash, wait for its own child" bash ./shell-waits
add "dash, wait for its own child" dash ./shell-waits
applet 'butter pidfd-wait' pidfd-wait @
applet 'butter pidfd-wait -q, at its end' pidfd-wait -q @
# shellcheck disable=SC2086 # words are words
./pidfd "$rounds" $words > numbers
paste names numbers | awk -F '\t' -v OFS='\t' '{ split($2, is, " "); print $1, is[1], is[2], is[3], is[4] }' |
	table program 'µs, median' '9 of 10 within' ratio 'memory, kB'

sleep 1000 &
target=$!
rounds=$(rounds 1000 100)
begin "Signalling a process, from spawn to reap ($rounds rounds)"
add 'kill (procps)' /bin/kill -s CONT $target
add 'busybox kill' busybox kill -s CONT $target
applet 'butter pidfd-kill' pidfd-kill -s CONT $target
take run "$rounds" 0 | awk -F '\t' -v OFS='\t' '{ split($2, is, " "); print $1, is[1], is[5], is[2] }' |
	table program 'µs, median' ratio 'memory, kB'
kill $target

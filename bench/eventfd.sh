#!/bin/sh
# SPDX-License-Identifier: MIT
# How soon who waits for an eventfd is woken, and what it costs to let a hundred jobs run four at a time.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

advise parallel:parallel flock:util-linux make:make xargs:findutils
build wake -static "$here/wake.c"

times=$(rounds 2000 200)
printf '### From posting to the line of who waits (%s times)\n\n' "$times"
: > missing
# wakes NAME eventfd|pipe COMMAND...
wakes() {
	printf '%s\t%s\n' "$1" "$(shift; how=$1; shift; ./wake "$how" "$times" "$@")"
}
{
	wakes 'cat, of a pipe' pipe cat
	wakes 'butter eventfd-wait -n 0' eventfd env BUTTER_EVENTFD=3 ./butter eventfd-wait -n 0
	wakes 'ceiling: static, reads and writes, no more' eventfd ./wake bare
} | table waiting 'µs, median' '99 of 100'

# Each script runs 100 jobs, 4 at once, each of 20 ms: 500 ms if nothing else took time.
cat > butter.sh << 'END'
./butter eventfd-exec "$1" -i 4 sh -c 'i=0; while [ $i -lt 100 ]; do ./butter eventfd-run sleep 0.02 & i=$((i + 1)); done; wait'
END
cat > sem.sh << 'END'
i=0; while [ $i -lt 100 ]; do sem --id bench$PPID -j 4 sleep 0.02; i=$((i + 1)); done; sem --id bench$PPID --wait
END
# A lock file for each of the four; a job waits for that which its number says.
cat > flock.sh << 'END'
i=0; while [ $i -lt 100 ]; do flock lock.$((i % 4)) sleep 0.02 & i=$((i + 1)); done; wait
END
{ printf 'all:'; seq -f ' job%g' 100 | tr -d '\n'; printf '\njob%%:\n\t@sleep 0.02\n'; } > Makefile
echo 'seq 100 | xargs -P 4 -n 1 sh -c "exec sleep 0.02"' > xargs.sh

rounds=$(rounds 7 1)
begin "100 jobs of 20 ms, 4 at once: what it takes beyond 500 ms ($rounds rounds)"
add 'butter eventfd-run' sh butter.sh --semaphore
add 'butter eventfd-run, --robust' sh butter.sh --robust
if command -v sem > /dev/null; then add 'sem (GNU parallel)' sh sem.sh; else add 'sem (GNU parallel)' sem; fi
if command -v flock > /dev/null; then add 'flock, 4 files' sh flock.sh; else add 'flock, 4 files' flock; fi
add 'make -j 4' make -s -j 4
add 'xargs -P 4' sh xargs.sh

take run "$rounds" 500000 | awk -F '\t' -v OFS='\t' '
	{ split($2, is, " "); print $1, is[1] == "-" ? "-" : sprintf("%.0f", is[1] / 1000), is[5], is[3] == "-" ? "-" : sprintf("%.0f", is[3] / 1000) }' |
	table program 'ms, median' ratio 'CPU ms'

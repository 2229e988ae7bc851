#!/bin/sh
# SPDX-License-Identifier: MIT
# How long a program takes that does next to nothing: from spawn to reap.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

rounds=$(rounds 1000 100)
begin "Start-up, from spawn to reap ($rounds rounds)"
add 'busybox true' busybox true
add 'toybox true' toybox true
add '/bin/true' /bin/true
add 'butter getpid' ./butter getpid
add 'butter --list' ./butter --list
add 'ceiling: empty static-pie' ./empty-pie
add 'ceiling: empty static' ./empty

take run "$rounds" 0 > run.txt
take count | cut -f 2 > count.txt
paste run.txt count.txt | awk -F '\t' -v OFS='\t' '
	{ split($2, is, " "); split($3, count, " "); print $1, is[1], is[5], count[1], count[2] }' |
	table program 'µs, median' ratio instructions 'system calls'

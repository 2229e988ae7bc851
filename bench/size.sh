#!/bin/sh
# SPDX-License-Identifier: MIT
# Stripped sizes. toybox and /bin/true need libc's libraries beside them where they are dynamic.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

# size NAME FILE [LIST...]: LIST prints the names of the applets.
size() {
	name=$1 file=$2
	shift 2
	if ! strip -o stripped "$file" 2> /dev/null; then
		printf '%s\n' "$name" >> missing
		return
	fi
	bytes=$(wc -c < stripped)
	if [ $# -gt 0 ]; then applets=$("$@" | wc -w); else applets=-; fi
	kind=static
	if readelf -l stripped | grep -q INTERP; then kind=dynamic; fi
	printf '%s\t%s\t%s\t%s\n' "$name" "$bytes" "$kind" "$applets"
}
begin Size
{
	size busybox "$(command -v busybox)" busybox --list
	size toybox "$(command -v toybox)" toybox
	size butter ./butter ./butter --list
	size 'ceiling: empty static-pie' ./empty-pie
	size 'ceiling: empty static' ./empty
} | table program 'bytes, stripped' linked applets

#!/bin/sh
# SPDX-License-Identifier: MIT
# One tmpfs mounted and unmounted: how long, and by how many system calls. In a mount namespace of its own.
if [ ! "${BENCH_INSIDE:-}" ] && unshare -m true 2> /dev/null; then
	BENCH_INSIDE=1 exec unshare -m --propagation private "$0" "$@"
fi

# shellcheck source=bench/common
. "$(dirname "$0")/common"

if [ ! "${BENCH_INSIDE:-}" ] || ! ./butter --list | grep -qx mount || ! ./butter --list | grep -qx umount; then
	printf 'mount or umount is not in this butter, or nothing may be mounted here.\n\n'
	exit 0
fi
advise busybox:busybox-static toybox:toybox

rounds=$(rounds 300 20)
mkdir m
# shellcheck disable=SC2154 # common sets places
trap 'umount -l m 2> /dev/null || :; rm -rf $places' EXIT
begin "One tmpfs, mounted and unmounted by a shell ($rounds rounds)"
cat > pair << 'END'
${1:-} mount -t tmpfs none m
${1:-} umount m
END
cat > nothing << 'END'
./empty
./empty
END

# pair NAME PROGRAM...: both by the PROGRAM, none for those in PATH.
pair() {
	name=$1
	shift
	if command -v "${1:-mount}" > /dev/null; then
		add "$name" sh pair "$@"
		calls="${calls:+$calls + }$* mount -t tmpfs none m + $* umount m"
	else
		printf '%s\n' "$name" >> missing
	fi
}
calls=''
pair util-linux
pair busybox busybox
pair toybox toybox
pair butter ./butter
add 'ceiling: two empty static' sh nothing
calls="$calls + ./empty + ./empty"

take run "$rounds" 0 > run.txt
# shellcheck disable=SC2086 # words are words
./measure calls . $calls | paste - - > count.txt
paste run.txt count.txt | awk -F '\t' -v OFS='\t' '
	{ split($2, is, " "); print $1, is[1], is[5], $3, $4 }' |
	table program 'µs, median' ratio 'mount: system calls' 'umount: system calls'

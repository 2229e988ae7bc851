#!/bin/sh
# SPDX-License-Identifier: MIT
# long.sh: what takes too long for every `make check`: the suite against other builds (sanitizers, both
# compilers, all warnings as errors), with its long variants where these find most, and on a kernel
# without the optional system calls. Ends with one tally. LONG_ROUNDS picks some: "gcc-asan enosys".
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
# Sanitizers slow everything down: LIMIT is helper.bash's for a command, the others are tally.sh's. A test of a
# thousand rounds, each of a dozen commands, takes a quarter of an hour where ten others want the processor.
export LIMIT=120 BATS_TEST_TIMEOUT=3600 FILE_LIMIT=14400
# A sanitizer's finding ends a program with a status that is none of butter's.
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=print_stacktrace=1:exitcode=99

# count NAME COMMAND...: runs the suite by COMMAND and keeps its tally. A build that fails is a failure.
count() {
	name=$1
	shift
	echo "== $name"
	"$@" >"$work/$name.log" 2>&1
	status=$?
	tally=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$work/$name.log" | tail -n 1)
	if [ -z "$tally" ] || { [ "$status" != 0 ] && [ "${tally#* passed, 0 failed}" != "$tally" ]; }; then
		tail -n 40 "$work/$name.log"
		tally="0 passed, 1 failed, 0 skipped"
	fi
	grep -E -A 20 '^failed: ' "$work/$name.log"
	echo "$name: $tally"
	echo "$tally" >>"$work/tallies"
}

# built NAME ARG...: another build, configured with ARG..., and the suite against it.
built() {
	dir=$work/$1
	shift
	sh "$BUTTER_SOURCE/build-aux/variant.sh" "$dir" "$@" && make -s -C "$dir/build" check
}

# without [ERRNO:]CALLS [VARIABLE=VALUE...]: the suite, or what of it make is told to, where they are not to be had.
without() {
	calls=$1
	shift
	"$BUTTER_SOURCE/tests/enosys.sh" "$calls" make -s -C "$BUTTER_BUILD" check "$@"
}

wanted() {
	case " ${LONG_ROUNDS:-$1} " in *" $1 "*) ;; *) return 1 ;; esac
}

: "${CC:=cc}" && CC=${CC%% *}
wanted gcc && BUTTER_LONG=1 count gcc built gcc CC=gcc --enable-werror
wanted small && count small built small CC=gcc --without-blkid --without-json --enable-werror
# (What a sanitizer finds needs other bytes and other ways, not the thousandth race.)
wanted gcc-asan && BUTTER_LONG=1 SHARE=4 count gcc-asan built gcc-asan CC=gcc --enable-asan CFLAGS='-g -O1'
if command -v clang >/dev/null; then
	wanted clang && count clang built clang CC=clang --enable-werror
	wanted clang-asan && count clang-asan built clang-asan CC=clang --enable-asan CFLAGS='-g -O1'
else
	echo "== clang is not installed: left out"
fi
mounting=fsopen,fsconfig,fsmount,fspick,open_tree,open_tree_attr,move_mount,mount_setattr,statmount,listmount
wanted enosys && count enosys without "close_range,statx,pidfd_open,openat2,clone3,cachestat,fchmodat2,listxattrat,$mounting"
# As the filters of old containers answer, which know mount(2) alone.
wanted eperm && count eperm without "EPERM:$mounting" FUZZ= \
	SUITE="$(echo "$BUTTER_SOURCE"/tests/*mount*.bats "$BUTTER_SOURCE"/tests/*_root.bats)"

awk '{ passed += $1; failed += $3; skipped += $5 }
	END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed || !passed }' "$work/tallies"

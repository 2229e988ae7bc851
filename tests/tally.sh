#!/bin/sh
# SPDX-License-Identifier: MIT
# tally.sh FILE...: runs test files (*.bats, or programs that print TAP), JOBS at a time, each at most
# FILE_LIMIT seconds, and ends with "N passed, N failed, N skipped". Fails if one failed, or if none ran.
# What each file printed stays in test-logs/ of the build folder.
set -u
: "${BUTTER_BUILD:=.}" "${BATS:=bats}" "${FILE_LIMIT:=1800}" "${JOBS:=$(nproc 2>/dev/null || echo 2)}"
# A test that hangs shall not take its whole file along.
: "${BATS_TEST_TIMEOUT:=$((FILE_LIMIT / 6))}"

# Runs one file and counts what it printed: a line "PASSED FAILED SKIPPED" in its .count. A test that
# was planned but never reported, a missing plan, and a file that fails without naming a test all
# count as failed: a file that dies must not look like one that passed.
run_one() {
	log=$1/$(basename "$2" .bats)
	# tests/fuzz/fstab is another one than tests/fstab.bats.
	[ "$2" = "${2%/fuzz/*}" ] || log=$1/fuzz-$(basename "$2")
	set -- "$2"
	case $1 in
	*.bats) command -v "$BATS" >/dev/null && set -- "$BATS" --tap "$1" ;;
	*/*) ;;
	*) set -- "./$1" ;;
	esac
	begun=$(date +%s)
	timeout -k 5 "$FILE_LIMIT" "$@" </dev/null >"$log.tap" 2>&1
	awk -v status=$? '
		/^1\.\.[0-9]+/ { planned = substr($1, 4) + 0; has_plan = 1; if (planned == 0 && tolower($0) ~ /# *skip/) { skipped++ } }
		/^not ok/ && tolower($0) !~ /# *todo/ { failed++; next }
		/^(not )?ok/ { if (tolower($0) ~ /# *skip/) skipped++; else passed++ }
		END {
			lost = planned - passed - failed - skipped
			if (lost > 0) failed += lost
			if (!failed && (!has_plan || status || passed + skipped == 0)) failed = 1
			printf "%d %d %d\n", passed, failed, skipped
		}' "$log.tap" >"$log.count"
	read -r passed failed skipped <"$log.count"
	printf '%s: %s passed, %s failed, %s skipped, in %s s\n' "${log##*/}" "$passed" "$failed" "$skipped" \
		"$(($(date +%s) - begun))"
}

if [ "${1-}" = --one ]; then
	run_one "$2" "$3"
	exit 0
fi

logs=$BUTTER_BUILD/test-logs
rm -rf "$logs"
mkdir -p "$logs" || exit 1
# The tests call make themselves: the caller's flags and job server are not theirs.
unset MAKEFLAGS MFLAGS MAKELEVEL
export BUTTER_BUILD BATS BATS_TEST_TIMEOUT FILE_LIMIT

# One that is long should not start last: first what builds butter anew, then the largest.
# shellcheck disable=SC2012 # our own names
[ $# -eq 0 ] || ls -S "$@" | awk '/packaging/ { print; next } { rest = rest $0 "\n" } END { printf "%s", rest }' |
	tr '\n' '\0' | xargs -0 -r -n 1 -P "$JOBS" sh "$0" --one "$logs"

for log in "$logs"/*.tap; do
	[ -f "$log" ] || continue
	name=$(basename "$log" .tap)
	sed -n "s/^ok [0-9]* \(.*\) # *[sS][kK][iI][pP] *\(.*\)/skipped: $name: \1: \2/p" "$log"
	read -r _ failed _ <"${log%.tap}.count" || failed=1
	[ "$failed" = 0 ] || awk -v name="$name" '
		{ last = $0 }
		/^(not ok|ok|1\.\.)/ { shown = /^not ok/; if (!shown) next; some = 1; print "failed: " name ": " substr($0, 8); next }
		shown { print "  " $0 }
		END { if (!some) print "failed: " name ": ended early, after: " last }' "$log"
done

cat /dev/null "$logs"/*.count 2>/dev/null | awk -v files=$# '
	{ passed += $1; failed += $2; skipped += $3; counted++ }
	END {
		failed += files - counted
		if (passed + failed == 0) { print "no test ran"; failed = 1 }
		printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
		exit failed > 0
	}' >"$logs/tally"
status=$?
cat "$logs/tally"
exit "$status"

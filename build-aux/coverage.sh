#!/bin/sh
# SPDX-License-Identifier: MIT
# coverage.sh: which lines the tests run, in a build of its own. What a process that is killed or
# becomes another program ran is not counted.
set -eu
dir=$BUTTER_BUILD/variants/coverage
sh "$BUTTER_SOURCE/build-aux/variant.sh" "$dir" --disable-static CC=gcc CFLAGS='-g -O0 --coverage'
cd "$dir/build"
find . -name '*.gcda' -exec rm -f {} +
# The counters are written wherever the tests go, whoever they have become.
find . -type d -exec chmod a+rwx {} +
# Counting itself makes some tests fail: it writes files where a test has closed or forbidden them.
make check || :

echo
find src applets -name '*.gcda' | sort | while read -r data; do
	gcov -n -o "$(dirname "$data")" "$data"
done 2>/dev/null | awk '
	/^File / { file = $2; gsub(/\047/, "", file); sub(/^(\.\.\/source|\.)\//, "", file) }
	/^Lines executed:/ && file ~ /^(src|applets)\/.*\.c$/ {
		split($2, part, /[:%]/)
		printf "%6.1f%% of %4d  %s\n", part[2], $4, file
		ran += part[2] * $4 / 100; lines += $4; file = ""
	}
	END { if (lines) printf "%6.1f%% of %4d  total\n", 100 * ran / lines, lines }' | sort -k4

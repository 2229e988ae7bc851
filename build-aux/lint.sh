#!/bin/sh
# SPDX-License-Identifier: MIT
# lint.sh FILE.c...: every checker there is, over everything there is; fails if one has found something.
# FLAGS (the compiler's) and SOURCE (the sources' folder) come from Makefile.am.
set -u
files=$*
bad=0
eval "set -- $FLAGS" # the compiler's flags are the arguments from here on

# Whether NAME is to be had; says so either way.
have() {
	if command -v "$1" >/dev/null; then
		echo "lint: $1"
	else
		echo "lint: $1 is not installed: left out"
		return 1
	fi
}

# each COMMAND...: COMMAND for every C file, which stands for {}.
each() {
	for file in $files; do echo "$SOURCE/$file"; done | xargs -P "$(nproc)" -I '{}' "$@" || bad=1
}

have gcc && each gcc "$@" -O2 -fanalyzer -Werror -c -o /dev/null '{}'
have clang-tidy && each clang-tidy --quiet --warnings-as-errors='*' '{}' -- "$@" 2>/dev/null
# cppcheck reads no system headers; only these macros it cannot do without.
queue=/usr/include/bsd/sys/queue.h
[ -f "$queue" ] || queue=/dev/null
have cppcheck && each cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	--error-exitcode=1 --suppress=missingIncludeSystem --include="$queue" \
	-D_GNU_SOURCE '-DBUTTER_VERSION=""' -I "$SOURCE/src" -I src '{}'

cd "$SOURCE" || exit 1
if have shellcheck; then
	{
		printf '%s\n' bootstrap.sh .ci/run completions/butter
		find build-aux bench examples tests -name '*.sh' -o -name '*.bash' -o -name '*.bats'
	} | xargs shellcheck -x || bad=1
fi
have mandoc && { mandoc -T lint -W warning man/*.1 || bad=1; }
exit "$bad"

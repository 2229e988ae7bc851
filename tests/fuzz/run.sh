#!/bin/sh
# SPDX-License-Identifier: MIT
# run.sh DRIVER...: libFuzzer with the sanitizers on each driver, FUZZ_SECONDS (10) each. Fails on a
# finding, whose file it names.
set -eu
if ! clang -fsanitize=fuzzer,address,undefined -x c -o /dev/null - 2>/dev/null <<'END'; then
#include <stddef.h>
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) { return !data && size; }
END
	echo "fuzz: clang with libFuzzer is not installed (Debian: clang): left out"
	exit 0
fi
dir=$BUTTER_BUILD/variants/fuzz
sh "$BUTTER_SOURCE/build-aux/variant.sh" "$dir" CC=clang --enable-asan CFLAGS='-g -O1 -fsanitize=fuzzer-no-link'
cd "$dir/build"
status=0
for driver; do
	name=${driver##*/}
	# shellcheck disable=SC2086 # words
	clang -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -D_GNU_SOURCE \
		-iquote ../source/src -o "fuzz-$name" "../source/$driver.c" src/libbutter.a ${FUZZ_LIBS:--lbsd}
	# What is new goes to a folder of its own: the corpus in the sources is chosen by hand.
	mkdir -p "new-$name"
	if "./fuzz-$name" -max_total_time="${FUZZ_SECONDS:-10}" -max_len=4096 -timeout=5 -print_final_stats=1 \
		-artifact_prefix="$PWD/finding-$name-" "new-$name" "../source/tests/fuzz/corpus/$name" >"log-$name" 2>&1; then
		echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "log-$name") inputs, nothing found"
	else
		tail -n 40 "log-$name"
		echo "fuzz: $name: FOUND something"
		status=1
	fi
done
exit "$status"

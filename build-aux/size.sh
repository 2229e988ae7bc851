#!/bin/sh
# SPDX-License-Identifier: MIT
# size.sh MAP BINARY: what each part adds to the stripped binary, from GNU ld's map of sections.
# `rest` is what the linker itself adds: headers, tables, alignment.
set -eu
strip "$2"
total=$(wc -c <"$2")

awk -v total="$total" '
	# "lib.a(x.o)" as a part: our modules and applets by their path, a library by its name.
	function part(file, member) {
		if (file !~ /^\//) {
			if (!match(file, /\(.*\)$/)) return file
			member = substr(file, RSTART + 1, RLENGTH - 2)
			return (file ~ /^applets/ ? "applets/" : "src/libbutter.a: ") member
		}
		sub(/\(.*/, "", file)
		sub(/.*\//, "", file)
		return file ~ /^(lib(c|gcc|gcc_eh)\.a|.*crt.*\.o)$/ ? "libc" : file
	}
	function hex(text, value, i) {
		value = 0
		for (i = 3; i <= length(text); i++) value = value * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
		return value
	}
	/^Linker script and memory map/ { started = 1; next }
	!started { next }
	/^\.[^ ]/ { output = $1; kept = output !~ /^\.(debug|comment|note\.gnu\.build|symtab|strtab|bss|tbss|gnu\.debug)/ }
	/^\/DISCARD\// { kept = 0 }
	# A long section name has the rest on the next line.
	/^ [.*A-Z_][^ ]*$/ { joined = $0; next }
	joined != "" { $0 = joined " " $0; joined = "" }
	kept && /^ [^ ]+ +0x[0-9a-f]+ +0x[0-9a-f]+ / && $1 !~ /^\*/ {
		file = $0
		sub(/^ [^ ]+ +0x[0-9a-f]+ +0x[0-9a-f]+ /, "", file)
		name = part(file)
		size[name] += hex($3)
	}
	END {
		for (name in size) { printf "%8d  %s\n", size[name], name; sum += size[name] }
		printf "%8d  rest\n", total - sum
	}' "$1" | sort -rn
printf '%8d  all, stripped\n' "$total"

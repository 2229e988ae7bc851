#!/bin/sh
# SPDX-License-Identifier: MIT
# tables.sh WHAT FOLDER: writes the C tables of FOLDER's lists to standard output; WHAT is syscalls, parameters,
# groups, kin, constants or errors. Names lie in one text, each with its NUL, in the order of their bytes, so that
# they can be searched; all else refers to them by their places. No table has pointers, which the loader would have
# to adjust at each start.
set -eu
export LC_ALL=C
folder=$2

# Lines of a list without its comments.
lines() {
	grep -v -e '^#' -e '^$' "$folder/$1"
}

# The names of all system calls, sorted: one's place here is what it is known by.
calls() {
	lines syscalls.tsv | sed '1d; s/	.*//' | sort
}

# What the parts in awk share. names(NAME, LIST, COUNT): the text and its offsets; array(TYPE, NAME, VALUES, COUNT).
common='
	function array(type, name, values, count,  i, line) {
		printf "static const %s %s[] = {", type, name
		for (i = 0; i < count; i++) printf "%s%s,", i % 16 ? " " : "\n\t", values[i]
		print "\n};"
	}
	function names(name, list, count,  i, offset, offsets) {
		offset = 0
		printf "static const char %s_text[] =", name
		for (i = 0; i < count; i++) {
			printf "%s\"%s\\0\"", i % 8 ? " " : "\n\t", list[i]
			offsets[i] = offset
			offset += length(list[i]) + 1
		}
		print ";"
		if (offset > 65535) { print "the names take more than 16 bits" >"/dev/stderr"; exit 1 }
		array("uint16_t", name "_offsets", offsets, count)
		printf "static const struct namelist %s_names = { %s_text, %s_offsets, %d };\n", name, name, name, count
	}
	# Names without what each has in common with the one before it, in blocks of 16 that begin with a whole one.
	function packed(name, list, count,  i, shared, offset, blocks, many) {
		offset = many = 0
		printf "static const char %s_text[] =", name
		for (i = 0; i < count; i++) {
			if (length(list[i]) > 63) wrong("too long: " list[i])
			shared = 0
			if (i % 16) while (shared < length(list[i]) && substr(list[i], shared + 1, 1) == substr(list[i - 1], shared + 1, 1)) shared++
			else blocks[many++] = offset
			printf "%s\"\\%03o\" \"%s\\0\"", i % 8 ? " " : "\n\t", shared, substr(list[i], shared + 1)
			offset += length(list[i]) - shared + 2
		}
		print ";"
		array("uint16_t", name "_blocks", blocks, many)
		printf "static const struct packed %s_names = { %s_text, %s_blocks, %d };\n", name, name, name, count
	}
	function wrong(text) { print FILENAME ": " text >"/dev/stderr"; failed = 1; exit 1 }
	BEGIN { FS = "\t" }'

# For each architecture the numbers, in the order of the names.
syscalls() {
	calls | awk "$common"'{ list[NR - 1] = $1 } END { names("syscalls", list, NR) }'
	lines syscalls.tsv | sed 1d | sort | awk "$common"'
		{ for (i = 2; i <= NF; i++) number[i, NR - 1] = $i == "-" ? -1 : $i < 983040 ? $i : "PRIVATE + " ($i - 983040) }
		END {
			print "static const int16_t numbers[][" NR "] = {"
			for (i = 2; i <= NF; i++) {
				printf "\t{"
				for (j = 0; j < NR; j++) printf "%s%s,", j % 16 ? " " : "\n\t\t", number[i, j]
				print "\n\t},"
			}
			print "};"
		}'
}

# The names of all parameters, the first of which is empty.
parameter_words() {
	{ echo; lines parameters.tsv | tr '\t' '\n' | sed -n 's/^[a-z]*://p' | tr '/' '\n'; } | sort -u
}

# Each list of parameters once: how many, and which; and where that of each call begins.
parameters() {
	parameter_words | awk "$common"'{ list[NR - 1] = $1 } END { names("parameter", list, NR) }'
	{
		parameter_words | sed 's/^/name	/'
		calls | sed 's/^/call	/'
		lines parameters.tsv | sed 's/^/list	/'
	} | awk "$common"'
		$1 == "name" { place[$2] = words++ + 0; next }
		$1 == "call" { call[calls] = $2; known[$2] = 1; at[calls++] = "0xffff"; next }
		{
			if (!($2 in known)) wrong("nobody knows " $2)
			text = NF - 2
			for (i = 3; i <= NF; i++) {
				if (!($i in row)) {
					row[$i] = rows + 0
					split($i, part, "[:/]")
					if (part[1] !~ /^(long|wide|int|uint|fd|string|pointer)$/) wrong($2 ": " $i)
					kinds[rows++] = "{ " place[part[2]] ", " (part[3] == "" ? 0 : place[part[3]]) ", PARAMETER_" toupper(part[1]) " }"
				}
				text = text ", " row[$i]
			}
			if (!(text in start)) {
				start[text] = length_of_lists + 0
				lists[many++] = text
				length_of_lists += NF - 1
			}
			of[$2] = start[text]
		}
		END {
			if (failed) exit 1
			for (i = 0; i < calls; i++) if (call[i] in of) at[i] = of[call[i]]
			array("struct row", "rows", kinds, rows)
			array("uint16_t", "lists", lists, many)
			array("uint16_t", "list_of", at, calls)
		}'
}

# Groups with the groups in them, each call once.
groups() {
	lines groups.txt | sed -n 's/^@/@/p' | sort | awk "$common"'
		{
			name[NR - 1] = $0
			sub(/ .*/, "", name[NR - 1])
			about[NR - 1] = $0
			sub(/^[^ ]* /, "", about[NR - 1])
		}
		END { names("group", name, NR); names("about", about, NR) }'
	{ calls | sed 's/^/call /'; lines groups.txt; } | awk "$common"'
		BEGIN { FS = " " }
		# Marks the members of GROUP.
		function expand(group, depth,  i, part, count) {
			if (depth > 9) wrong(group " is in itself")
			count = split(members[group], part, " ")
			for (i = 1; i <= count; i++) {
				if (part[i] == "*") all = 1
				else if (part[i] in members) expand(part[i], depth + 1)
				else if (part[i] in known) has[part[i]] = 1
				else wrong(group ": nobody knows " part[i])
			}
		}
		$1 == "call" { known[$2] = 1; call[calls++] = $2; next }
		/^@/ { group = $1; if (group in members) wrong(group " is there twice"); members[group] = ""; next }
		{ members[group] = members[group] " " $0 }
		END {
			if (failed) exit 1
			while (groups_left(members)) {
				split("", has)
				all = 0
				expand(least, 0)
				starts[groups++] = count + 0
				for (i = 0; i < calls; i++) if (all || call[i] in has) list[count++] = i
				done[least] = 1
			}
			starts[groups++] = count + 0
			array("short", "members", list, count)
			array("uint16_t", "starts", starts, groups)
		}
		# The first by name that is not done, in `least`.
		function groups_left(members,  name) {
			least = ""
			for (name in members) if (!(name in done) && (least == "" || name < least)) least = name
			return least != ""
		}'
}

# Classes of calls that do the same, one behind the other, each with -1 at its end.
kin() {
	{ calls | sed 's/^/call /'; lines kin.txt; } | awk "$common"'
		BEGIN { FS = " " }
		$1 == "call" { place[$2] = calls++; next }
		{
			for (i = 1; i <= NF; i++) {
				if (!($i in place) || $i in seen) wrong("kin.txt: unknown or twice: " $i)
				seen[$i] = 1
				list[count++] = place[$i]
			}
			list[count++] = -1
		}
		END { if (!failed) array("int16_t", "kin", list, count) }'
}

# Values by name, and which of them are negative, second names, or others on some architectures.
constants() {
	lines constants.tsv | sort | awk "$common"'
		{
			list[NR - 1] = $1
			value[NR - 1] = $2 ~ /^-/ ? "(uint32_t)" $2 : $2 == "*" ? 0 : $2
			if ($2 ~ /^-/) negative[negatives++] = NR - 1
			bits = ""
			for (i = 3; i <= NF; i++) {
				if ($i == "alias") { alias[aliases++] = NR - 1; continue }
				split($i, part, "=")
				count = split(part[1], arch, ",")
				bits = ""
				for (j = 1; j <= count; j++) bits = bits (j > 1 ? " | " : "") "1 << ARCH_" toupper(arch[j])
				other[others++] = "{ " NR - 1 ", " bits ", true, " part[2] " }"
			}
			if ($2 == "*") other[others++] = "{ " NR - 1 ", 0xff, false, 0 }"
		}
		END {
			packed("constant", list, NR)
			array("uint32_t", "values", value, NR)
			array("uint16_t", "negatives", negative, negatives)
			array("uint16_t", "aliases", alias, aliases)
			array("struct other", "others", other, others)
		}'
}

# Errors by name, and the name of each number: the first that the list has.
errors() {
	lines errors.tsv | sort | awk "$common"'
		{ list[NR - 1] = $1; value[NR - 1] = $2 }
		END { names("error", list, NR); array("uint8_t", "errors", value, NR) }'
	{ lines errors.tsv | sort | sed 's/^/name	/'; lines errors.tsv; } | awk "$common"'
		$1 == "name" { place[$2] = count++; next }
		{ if (!($2 in of)) of[$2] = place[$1]; if ($2 > most) most = $2 }
		END { for (i = 0; i <= most; i++) by[i] = i in of ? of[i] : 255; array("uint8_t", "by_error", by, most + 1) }'
}

echo '/* Made by build-aux/tables.sh. */'
case $1 in
syscalls | parameters | groups | kin | constants | errors) "$1" ;;
*)
	echo "tables.sh: unknown: $1" >&2
	exit 1
	;;
esac

#!/bin/sh
# SPDX-License-Identifier: MIT
# inotifywait: how long until a large tree is watched, in how much memory; and how many events a
# second then go through it.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

watchers() {
	add inotify-tools inotifywait -m -r "$1"
	add butter ./butter inotifywait -m -r "$1"
	add 'ceiling: static, no names, no table' ./ceiling watch "$1"
}

# What may be watched, less a tenth for others.
most=$(($(cat /proc/sys/fs/inotify/max_user_watches) * 9 / 10))
folders=$(rounds 100000 10000)
if [ "$folders" -gt "$most" ]; then
	folders=$most
	printf 'fs.inotify.max_user_watches is low: a smaller tree.\n\n'
fi
rounds=$(rounds 7 3)

# tree WHERE
tree() {
	mkdir "$1/tree"
	./measure tree "$1/tree" "$folders" 2
	begin "inotifywait -m -r: $folders folders with 2 files each on $(df -T "$1" | awk 'END { print $2 }') ($rounds rounds)"
	watchers "$1/tree"
	take ready "$rounds" | awk -F '\t' -v OFS='\t' '
		{ split($2, is, " "); print $1, is[1], is[5], is[3], is[2], is[6] }' |
		table watcher 'ms until ready' ratio 'CPU ms' 'peak kB' ratio
	rm -rf "$1/tree"
}

memory=
if [ -w /dev/shm ]; then
	memory=$(mktemp -d /dev/shm/butter-bench.XXXXXX)
	places="$places $memory"
	tree "$memory"
else
	printf '/dev/shm cannot be written to: no tree on tmpfs.\n\n'
fi
tree .

# events AHEAD HOW
files=$(rounds 20000 2000)
events() {
	mkdir "${memory:-.}/busy"
	begin "$((files * 6)) events into a pipe, made $2 ($rounds rounds)"
	watchers "${memory:-.}/busy"
	take events "$rounds" "$files" "$1" "${memory:-.}/busy" | awk -F '\t' -v OFS='\t' '
		{ split($2, is, " ")
		  if (is[1] == "-") { print $1, "failed"; next }
		  print $1, is[4], int(is[4] / is[1] * 1000), is[5] ? sprintf("%.2f", 1 / is[5]) : "-",
		  	int(is[4] / is[3] * 1000), is[7] ? sprintf("%.2f", is[8] / is[7]) : "-", is[2] }' |
		table watcher delivered 'a second' ratio 'a CPU second' ratio 'peak kB'
	rm -rf "${memory:-.}/busy"
}
events 4000 'at most 4000 ahead of the reader'
events 0 'as fast as can be'

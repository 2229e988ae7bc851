#!/bin/sh
# SPDX-License-Identifier: MIT
# inotifywait: how long until a large tree is watched, in how much memory; how many events a
# second then go through it, and how many are lost on the way to a reader that stops for a while;
# how long until a change is a line; and what is told of folders that appear in a storm.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

# fsnotifywait has a descriptor for each folder. (POSIX does not say so, but all have -n.)
# shellcheck disable=SC3045
ulimit -n "$(ulimit -H -n)" 2> /dev/null || :

advise inotifywait:inotify-tools fsnotifywait:inotify-tools fswatch:fswatch

# watchers FOLDER [FORMAT]: those that are compared. fswatch waits a second unless told to wait less.
watchers() {
	add inotify-tools inotifywait -m -r ${2:+--format "$2"} "$1"
	add butter ./butter inotifywait -m -r ${2:+--format "$2"} "$1"
}
peers() {
	add fsnotifywait fsnotifywait -m -r ${2:+--format "$2"} "$1"
	add fswatch fswatch -r -l 0.1 --event-flag-separator=, ${2:+--format '%f|%p'} "$1"
}

# cells EXPRESSION: of each line of take, in is[] as measure says (1 to 11: time, memory, CPU,
# count, their ratios, folders, doubles, ended) and with made events or files, the cells.
cells() {
	awk -F '\t' -v OFS='\t' -v folders="$folders" -v made="${made:-0}" -v rounds="$rounds" '
		function per(one, other) { return one > 0 && other > 0 ? sprintf("%.2f", one / other) : "-" }
		{ split($2, is, " ")
		  if (is[1] == "-") { print $1, "failed"; next }
		  ended = is[11] > 0 ? sprintf(" (ended by itself in %d of %d)", is[11], rounds) : ""
		  print $1 ended, '"$1"' }'
}

# What may be watched, less a tenth for others.
most=$(($(cat /proc/sys/fs/inotify/max_user_watches) * 9 / 10))
folders=$(rounds 100000 10000)
if [ "$folders" -gt "$most" ]; then
	folders=$most
	printf 'fs.inotify.max_user_watches is low: a smaller tree.\n\n'
fi
rounds=$(rounds 7 3)

# tree WHERE FILES
tree() {
	mkdir "$1/tree"
	./measure tree "$1/tree" "$folders" "$2"
	begin "inotifywait -m -r: $folders folders with $2 files each on $(df -T "$1" | awk 'END { print $2 }') ($rounds rounds)"
	watchers "$1/tree"
	add 'butter --on-overflow report' ./butter inotifywait -m -r --on-overflow report "$1/tree"
	add 'ceiling: static, no names, no table' ./ceiling watch "$1/tree"
	peers "$1/tree"
	take ready "$rounds" |
		cells 'is[1], is[5], is[3], per(is[7], 1), is[2], is[6], int(is[2] * 1024 / folders)' |
		table watcher 'ms until ready' ratio 'CPU ms' ratio 'peak kB' ratio 'bytes a folder'
	rm -rf "$1/tree"
}

memory=
if [ -w /dev/shm ]; then
	memory=$(mktemp -d /dev/shm/butter-bench.XXXXXX)
	places="$places $memory"
		tree "$memory" 0
		tree "$memory" 2
else
	printf '/dev/shm cannot be written to: no tree on tmpfs.\n\n'
fi
tree . 2
where=${memory:-.}

# What is remembered of files, so that what an overflow has lost can be found.
remembered() {
	made=$(rounds 1000000 100000)
	mkdir "$where/tree"
	./measure tree "$where/tree" $((made / 1000)) 1000
	begin "inotifywait -m -r: what is remembered of $made files with names of 6 to 8 bytes (1 round)"
	add 'butter --on-overflow report' ./butter inotifywait -m -r --on-overflow report "$where/tree"
	add butter ./butter inotifywait -m -r "$where/tree"
	take ready 1 | cells 'is[1], is[2], (NR == 1 ? "-" : int((is[2] - before) * 1024 / made)); before = is[2]' |
		table watcher 'ms until ready' 'peak kB' 'bytes a file'
	rm -rf "$where/tree"
}
remembered

# events AHEAD PAUSE HOW
events() {
	mkdir "$where/busy"
	made=$((files * 6))
	begin "$made events into a pipe, $3 ($rounds rounds)"
	watchers "$where/busy"
	add 'ceiling: static, no names, no table' ./ceiling watch "$where/busy"
	peers "$where/busy"
	take events "$rounds" "$files" "$1" "$2" "$where/busy" |
		cells 'is[4], made - is[4], int(is[4] / is[1] * 1000), per(is[8], is[5]),
			int(is[4] / is[3] * 1000), per(is[8], is[7]), per(is[3] * 1000, is[4]), is[2]' |
		table watcher delivered lost 'a second' ratio 'a CPU second' ratio 'CPU µs each' 'peak kB'
	rm -rf "$where/busy"
}
printf 'Of fsnotifywait, what is lost may also have been merged: fanotify does that to events of one name.\n\n'
files=$(rounds 20000 2000)
events 4000 0 'made at most 4000 ahead of the reader'
files=$(rounds 166667 20000)
rounds=$(rounds 3 1)
events 0 0 'made as fast as can be'
events 0 2 'made as fast as can be, and the reader sleeps 2 s in the middle'

rounds=$(rounds 7 3)
mkdir "$where/calm"
begin "From a file made to its line in a pipe, nothing else going on (median of 300; $rounds rounds)"
watchers "$where/calm"
peers "$where/calm"
take react "$rounds" 300 "$where/calm" | cells 'is[1], is[5], is[3], per(is[7], 1)' |
	table watcher 'µs, median' ratio 'CPU µs each' ratio

rounds=$(rounds 5 2)
mkdir "$where/storm"
begin "500 trees a/b/c/d/e/f with a file, made as fast as can be ($rounds rounds)"
watchers "$where/storm" '%e|%w%f'
peers "$where/storm" '%e|%w%f'
take storm "$rounds" 500 "$where/storm" |
	cells 'is[4], is[9], is[10], is[1], is[3], is[2]' |
	table watcher 'files told of 500' 'folders of 3000' doubles 'ms until the last' 'CPU ms' 'peak kB'

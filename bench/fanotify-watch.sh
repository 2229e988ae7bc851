#!/bin/sh
# SPDX-License-Identifier: MIT
# fanotify-watch: how long until a file system with many folders is watched, in how much memory; what
# each thing that is done costs while they pour in; how long until one is a line; and what is told of
# folders that appear in a storm. All on a tmpfs that nobody else uses.
if [ "$(id -u)" != 0 ] || ! unshare -m true 2> /dev/null; then
	printf 'fanotify-watch: needs root and a mount namespace of its own.\n\n'
	exit 0
fi
[ "${BENCH_INSIDE:-}" ] || BENCH_INSIDE=1 exec unshare -m --propagation private "$0" "$@"

# shellcheck source=bench/common
. "$(dirname "$0")/common"
# shellcheck disable=SC3045
ulimit -n "$(ulimit -H -n)" 2> /dev/null || :

advise fatrace:fatrace fsnotifywait:inotify-tools

mkdir fs
mount -t tmpfs none fs
# shellcheck disable=SC2154 # common sets places
trap 'umount -l fs; rm -rf $places' EXIT
fs=$PWD/fs

# fatrace watches where it is, and does not say since when: measure finds out.
if command -v fatrace > /dev/null; then
	# shellcheck disable=SC2016 # expanded there
	printf '#!/bin/sh\ncd "$1" && exec fatrace -c\n' > fatrace-in
	chmod +x fatrace-in
fi

all=open,access,modify,attrib,close,create,delete,move
# watchers [FORMAT]
watchers() {
	[ "${1:-}" ] || add fatrace ./fatrace-in "$fs"
	add 'fsnotifywait -S, by stdbuf -oL' stdbuf -oL fsnotifywait -m -S ${1:+--format "$1"} "$fs"
	add 'fsnotifywait -S' fsnotifywait -m -S ${1:+--format "$1"} "$fs"
	add 'butter, all events' ./butter fanotify-watch --ready-fd 2 -e "$all" ${1:+-F "$1"} "$fs"
	[ "${1:-}" ] || add 'butter, all events, --json' ./butter fanotify-watch --ready-fd 2 -e "$all" --json "$fs"
	add 'butter, changes' ./butter fanotify-watch --ready-fd 2 ${1:+-F "$1"} "$fs"
	add 'butter -r, changes' ./butter fanotify-watch --ready-fd 2 -r ${1:+-F "$1"} "$fs"
	add 'inotifywait -r' inotifywait -m -r ${1:+--format "$1"} "$fs"
}

# cells EXPRESSION: as in inotifywait.sh.
cells() {
	awk -F '\t' -v OFS='\t' -v acts="${acts:-0}" '
		function per(one, other) { return one > 0 && other > 0 ? sprintf("%.2f", one / other) : "-" }
		{ split($2, is, " ")
		  if (is[1] == "-") { print $1, "failed"; next }
		  print $1 (is[11] > 0 ? " (ended by itself)" : ""), '"$1"' }'
}

folders=$(rounds 100000 10000)
count=$(rounds 7 3)
./measure tree "$fs" "$folders" 1
begin "Set-up: $folders folders with a file each ($count rounds)"
watchers
take ready "$count" | cells 'is[1], is[5], is[3], is[2]' |
	table watcher 'ms until ready' ratio 'CPU ms' 'peak kB'
find "$fs" -mindepth 1 -delete

printf 'Lines are fewer than events where the kernel merges what is not read in time, or loses it.\n\n'
# Each file is made, closed, renamed and removed.
files=$(rounds 250000 25000)
acts=$((files * 4))
count=$(rounds 3 1)
begin "$acts acts, each file made, closed, renamed and removed as fast as can be; $((files * 2)) names, into a pipe ($count rounds)"
watchers
add 'butter, all events, --unlimited' ./butter fanotify-watch --ready-fd 2 -e "$all" --unlimited "$fs"
take events "$count" "$files" 0 0 "$fs" |
	cells 'is[4], int(is[4] / is[3] * 1000), per(is[8], is[7]), per(is[3] * 1000, is[4]), per(is[3] * 1000, acts), is[2]' |
	table watcher lines 'lines a CPU second' ratio 'CPU µs a line' 'CPU µs an act' 'peak kB'

count=$(rounds 7 3)
begin "From a file made to its line in a pipe, nothing else going on (median of 300; $count rounds)"
watchers
take react "$count" 300 "$fs" | cells 'is[1], is[5], is[3]' |
	table watcher 'µs, median' ratio 'CPU µs each'

count=$(rounds 5 2)
begin "500 trees a/b/c/d/e/f with a file, made as fast as can be ($count rounds)"
watchers '%e|%w%f'
take storm "$count" 500 "$fs" | cells 'is[4], is[9], is[10], is[1], is[3], is[2]' |
	table watcher 'files told of 500' 'folders of 3000' doubles 'ms until the last' 'CPU ms' 'peak kB'

#!/bin/sh
# SPDX-License-Identifier: MIT
# wait-for-file.sh FILE [DURATION]: waits until FILE exists, DURATION at most (default: for ever).
#
# For boot scripts and containers: wait for a socket, a pid file, a mounted disk, and go on in the
# same instant. It first watches, then looks, so FILE cannot slip in between; and it does not poll.
# FILE's folder must exist; what FILE is (file, folder, socket, link) does not matter.
#
# Exit status: 0 it exists, 1 failed, 2 the time ran out.
# Needs: butter in PATH, mkfifo, mktemp, sed.
#
#	wait-for-file.sh /run/dbus/system_bus_socket 30s || exit
set -u
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
	echo "usage: ${0##*/} FILE [DURATION]" >&2
	exit 1
fi
file=$1 limit=${2:-inf}
case $limit in
0 | 0[a-z]*) limit=1ns ;; # inotifywait's 0 means for ever; here it means: look once
esac
case $file in
*/*) folder=${file%/*}/ name=${file##*/} ;;
*) folder=./ name=$file ;;
esac
case $folder in
[@-]*) folder=./$folder ;;
esac
[ -n "$name" ] || { echo "${0##*/}: '$file' ends in a slash" >&2; exit 1; }

here=$(mktemp -d) || exit 1
watcher=
trap 'rm -rf "$here"; [ -z "$watcher" ] || kill "$watcher" 2>/dev/null' EXIT
trap 'exit 1' HUP INT TERM
mkfifo "$here/ready" || exit 1

# The name as a regular expression that means just that name.
pattern=$(printf '%s/' "$name" | LC_ALL=C sed 's/[].[*^$+?(){}|\\]/\\&/g')
butter inotifywait -qq -t "$limit" -e create,moved_to --include "/${pattern%/}\$" --ready-fd 3 \
	-- "$folder" 3>"$here/ready" &
watcher=$!
# An empty line: the watch works. The end of the file: it does not, and a message has said why.
read -r _ <"$here/ready" || { wait "$watcher"; watcher=; exit 1; }

if [ -e "$file" ] || [ -L "$file" ]; then
	exit 0
fi
wait "$watcher"
status=$?
watcher=
exit "$status"

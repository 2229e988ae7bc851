#!/bin/sh
# SPDX-License-Identifier: MIT
# wait-for-file.sh FILE [DURATION]: waits until FILE exists, DURATION at most (default: for ever).
#
# For boot scripts and containers: wait for a socket, a pid file, a mounted disk, and go on in the
# same instant. FILE cannot slip in unseen, its folder need not exist yet, and nothing is polled. What
# FILE is (file, folder, socket, a link even to nowhere) does not matter.
#
# Exit status: 0 it exists, 1 failed, 2 the time ran out.
# Needs: butter in PATH.
#
#	wait-for-file.sh /run/dbus/system_bus_socket 30s || exit
set -u
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
	echo "usage: ${0##*/} FILE [DURATION]" >&2
	exit 1
fi
limit=${2:-inf}
case $limit in
0 | 0[a-z]*) limit=1ns ;; # inotifywait's 0 means for ever; here it means: look once
esac
exec butter inotifywait -P -t "$limit" --until-exists "$1"

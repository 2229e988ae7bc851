#!/bin/sh
# SPDX-License-Identifier: MIT
# every.sh [-n TIMES] [-l LOCK] PERIOD COMMAND [ARG...]: runs COMMAND at each multiple of PERIOD on the clock.
#
# A small cron for containers and boot scripts: every.sh 15m means at :00, :15, :30 and :45. It does
# not drift, however long COMMAND takes. COMMAND never runs twice at once: what takes longer than
# PERIOD leaves out the times that it misses. A failure is told, and the next time is another try.
#
# With -n it ends after so many runs. With -l, a second copy with the same LOCK file ends at once;
# the lock ends with its process, however that ends. LOCK names its owner by an identity that no
# later process shares, see butter-getpid(1).
#
# Exit status: 0 after TIMES runs, 1 wrong usage or failure, 2 LOCK is taken.
# Needs: butter in PATH; for -l, flock (util-linux or busybox).
#
#	every.sh -l /run/report.lock 15m /usr/local/bin/report
set -u
usage() {
	echo "usage: ${0##*/} [-n TIMES] [-l LOCK] PERIOD COMMAND [ARG...]" >&2
	exit 1
}
times=0 lock=
while getopts n:l: option; do
	case $option in
	n) times=$OPTARG ;;
	l) lock=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || usage
case $times in
*[!0-9]* | '') usage ;;
esac
period=$1
shift

if [ -n "$lock" ]; then
	exec 9<>"$lock" || exit 1
	if ! flock -n 9; then
		echo "${0##*/}: $lock is taken by $(cat "$lock")" >&2
		exit 2
	fi
	butter getpid --id $$ >"$lock"
fi

turn=0
while butter timerfd-sleep --align "$period" 9>&-; do
	"$@" 9>&- || echo "${0##*/}: failed with status $?: $*" >&2
	turn=$((turn + 1))
	[ "$turn" -ne "$times" ] || exit 0
done
exit 1

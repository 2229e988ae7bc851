#!/bin/sh
# SPDX-License-Identifier: MIT
# keep-running.sh [-c CONFIG] [-p PERIOD] COMMAND [ARG...]: runs COMMAND, again when it ends, until it is told to stop.
#
# The main loop of a container, as its process 1 or anywhere: the shell sleeps until something happens, and never looks
# again and again. TERM and INT end COMMAND, and this when that has ended; HUP, and each change of the file CONFIG, are
# passed to COMMAND as HUP. One that ends by itself is started again at the next PERIOD (1s), not in a whirl.
# Orphans are reaped by butter.
#
# Exit status: that of COMMAND once it was told to stop; 1 wrong usage or failure.
# Needs: butter in PATH.
#
#	ENTRYPOINT ["/keep-running.sh", "-c", "/etc/app.conf", "/usr/local/bin/app"]
set -u
usage() {
	echo "usage: ${0##*/} [-c CONFIG] [-p PERIOD] COMMAND [ARG...]" >&2
	exit 1
}
config='' period=1s
self=$0
while getopts c:p: option; do
	case $option in
	c) config=$OPTARG ;;
	p) period=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || usage

# The same script again, with its events on descriptor 3.
if [ -z "${BUTTER_EVENTS_FD:-}" ]; then
	case $config in
	'') set -- -- "$self" "$@" ;;
	*/*) set -- --inotify "config=${config%/*}/:close_write,moved_to" -- "$self" -c "$config" "$@" ;;
	*) set -- --inotify "config=./:close_write,moved_to" -- "$self" -c "./$config" "$@" ;;
	esac
	exec butter events --signal TERM,INT,HUP,USR1 --every "tick=$period" "$@"
fi
# COMMAND may be such a script, too.
unset BUTTER_EVENTS_FD

stopping='' server=''
# The end of COMMAND comes as an event, too: as USR1, from who waits for it.
start() {
	"$@" 3<&- &
	server=$!
	(
		butter pidfd-wait -eq "$server"
		kill -USR1 "$PPID"
	) 3<&- &
}

start "$@"
while read -r event name what rest <&3; do
	case $event:$name:$what in
	signal:*:TERM | signal:*:INT)
		stopping=yes
		kill "$server" 2>/dev/null || exit 0
		;;
	signal:*:HUP) kill -HUP "$server" 2>/dev/null ;;
	signal:*:USR1)
		# Anybody may have sent it: while COMMAND runs, there is nothing to wait for.
		{ [ -n "$server" ] && butter pidfd-wait -eq -t 0 "$server"; } || continue
		wait "$server"
		status=$?
		[ -z "$stopping" ] || exit "$status"
		echo "${0##*/}: ended with status $status: $*" >&2
		server=''
		;;
	*:config:*) [ "${what}${rest:+ $rest}" != "$config" ] || kill -HUP "$server" 2>/dev/null ;;
	tick:*) [ -n "$server" ] || start "$@" ;;
	esac
done
exit 1

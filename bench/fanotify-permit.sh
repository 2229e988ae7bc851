#!/bin/sh
# SPDX-License-Identifier: MIT
# fanotify-watch --permit: how much longer it takes to open a file when each open is decided. fatrace is only told of it,
# and answers nothing: who opens does not wait for that.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

if [ "$(id -u)" != 0 ] || ! unshare -m true 2> /dev/null; then
	printf 'fanotify-watch --permit: needs root and a mount namespace of its own.\n\n'
	exit 0
fi

# watcher NAME LINE...: the program NAME, which says when it is ready as measure wants to hear it.
watcher() {
	name=$1
	shift
	{
		echo '#!/bin/sh'
		printf '%s\n' "$@"
	} > "$name"
	chmod +x "$name"
}

# permits NAME RULES ARGUMENT...
permits() {
	name=$1
	printf '%s\n' "$2" > "$name.rules"
	shift 2
	# shellcheck disable=SC2016 # expanded there
	watcher "$name" 'rm -f "$0.ready"; mkfifo "$0.ready"' \
		'{ read -r _ < "$0.ready"; echo "Watches established." >&2; } &' \
		"exec ./butter fanotify-watch --permit \"\$0.rules\" --ready-fd 3 $* fs 3> \"\$0.ready\""
}

rounds=$(rounds 9 3)
mkdir fs
watcher none 'echo "Watches established." >&2' 'exec sleep 1000'
permits silent allow --tell denied
permits told allow
permits told-json allow --json
permits globs "$(for i in $(seq 100); do echo "deny open *.secret$i"; done)" --tell denied
permits uid 'deny open *.key
deny open unless uid=0' --tell denied
permits pre 'deny=EBUSY open *.key' --tell denied
watcher fatrace-here '{ sleep 1; echo "Watches established." >&2; } &' 'cd fs && exec fatrace -c'

begin "open(2) of a file on tmpfs, each decided ($rounds rounds of 1000)"
add 'no watcher' ./none
add 'allow, --tell denied' ./silent
add 'allow, each told with its command' ./told
add 'allow, each told as JSON' ./told-json
add '100 globs, --tell denied' ./globs
add 'a path and unless uid=0, --tell denied' ./uid
add 'class PRE_CONTENT, --tell denied' ./pre
if command -v fatrace > /dev/null; then add 'fatrace (notification)' ./fatrace-here; else echo 'fatrace' >> missing; fi

# shellcheck disable=SC2086 # words are words
unshare -m --propagation private sh -c 'mount -t tmpfs none fs && exec ./measure open "$@"' sh "$rounds" 1000 fs $words > numbers
paste names numbers | awk -F '\t' -v OFS='\t' '
	{ split($2, is, " ")
	  if (is[1] == "-") { print $1, "failed"; next }
	  if (NR == 1) base = is[1]
	  print $1, is[1], sprintf("%.1f", is[1] - base) }' |
	table watcher 'µs, median' 'added µs'

#!/bin/sh
# SPDX-License-Identifier: MIT
# A tour of butter's applets on real files, timers and namespaces, in a few seconds. All of it
# happens in a temporary folder and in private namespaces: the system stays as it is.
# usage: [BUTTER=PATH] tour.sh
set -u
butter=$(command -v "${BUTTER:-butter}") || { echo "tour: no butter in PATH (set BUTTER)" >&2; exit 1; }
butter=$(realpath "$butter")
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder" || exit 1
failures=0

title() {
	printf '\n== %s\n' "$*"
}

# proves SENTENCE [COMMAND...]: says what the output above shows, if COMMAND holds.
proves() {
	sentence=$1
	shift
	if [ $# = 0 ] || "$@"; then
		printf '   -> %s\n' "$sentence"
	else
		printf '   -> FAILED: %s\n' "$sentence"
		failures=$((failures + 1))
	fi
}

# watch ARG...: what inotifywait prints of the changes made here, once it has said that it is ready.
watch() {
	mkfifo ready
	mkdir inbox
	"$butter" inotifywait -q -m --count 4 -t 30 --ready-fd 3 -e create,close_write,move "$@" inbox 3>ready &
	read -r _ <ready
	echo hello >"inbox/$nasty"
	mv "inbox/$nasty" inbox/tame
	wait $!
	rm -r ready inbox
}

watching() {
	nasty=$(printf 'two\nlines, \033[31mred')
	title "inotifywait: a file is made under a name with a newline and a colour code in it, then renamed"
	watch >text
	cat text
	proves "one record a line, whatever the name; --ready-fd said when to begin, no sleep was needed" \
		test "$(wc -l <text)" = 4
	title "inotifywait --json: the same once more"
	watch --json >json
	cat json
	if command -v jq >/dev/null; then
		proves "jq finds the very same name in it" \
			test "$(jq -r 'select(.event == "create").name' json)" = "$nasty"
	fi
}

# in_background ARG...: inotifywait, and returns once it has said that it is ready.
in_background() {
	mkfifo ready
	"$butter" inotifywait -t 30 --ready-fd 3 "$@" 3>ready &
	read -r _ <ready
	rm ready
}

waiting() {
	title "inotifywait --until-exists run/app/socket: not even its folder is there"
	in_background --until-exists run/app/socket
	mkdir -p run/app
	: >run/app/socket
	wait $!
	proves "what has to be made first is waited for too, however quickly it all comes" test $? = 0

	title "inotifywait --exec: a command for each file that is written"
	mkdir inbox
	# shellcheck disable=SC2016 # for the inner shell; and for none, it is a name
	in_background -q --count 2 -e close_write --exec inbox -- sh -c 'echo "got \"$(cat "$1")\" in $1"' sh {} >told
	echo one >inbox/first
	# shellcheck disable=SC2016
	echo two >'inbox/$(touch broken-in)'
	wait $!
	cat told
	proves "one run each, and a name is an argument: no shell takes it for a command" \
		test "$(wc -l <told)" = 2 -a ! -e broken-in

	title "inotifywait --follow-name: a file is replaced by another that is renamed over it"
	echo old >settings
	echo new >settings.new
	mkfifo lines
	exec 4<>lines
	in_background -q --count 2 -e create,modify --follow-name settings >lines
	mv settings.new settings
	read -r first <&4
	echo newer >>settings
	read -r second <&4
	wait $!
	exec 4<&-
	printf '%s\n' "$first" "$second"
	proves "the new file is watched in place of the old one" test "$first, $second" = "settings CREATE, settings MODIFY"
}

# In a mount namespace: a new file system on disk/, events of which go to ../seen while folders come and go.
# shellcheck disable=SC2016 # for the inner shell
whole='mount -t tmpfs none disk && cd disk && mkfifo ../ready || exit
	"$0" fanotify-watch --json -e create,rename,delete -n 7 -t 30 --ready-fd 3 . >../seen 3>../ready &
	read -r _ <../ready
	mkdir -p a/b/c && echo 1 >a/b/c/file && mv a away && rm -r away/b/c
	wait $!'

seeing() {
	title "fanotify-watch: a whole file system by one mark, and who did it"
	mkdir disk
	if [ "$(id -u)" != 0 ] || ! unshare -m sh -c "$whole" "$butter" 2>refused; then
		printf '   -> left out: fanotify cannot be used here\n'
		return
	fi
	cat seen
	proves "the file in folders that were made at once is there, under the path that it had then" \
		grep -q '"event":"create".*/a/b/c/file"' seen
	proves "after the rename the new path is told, though all is gone by now; with each, the process" \
		grep -q '"event":"delete".*/away/b/c/file".*"pid":' seen
}

streaming() {
	title "tee-fd: a stream is stored, counted and summed up, in one go"
	seq 100000 | "$butter" tee-fd --stats --exec 'wc -l >count' --exec 'sha256sum >sum' numbers 2>stats | tail -n 1
	cat count sum stats
	proves "each of the four has got all of it" \
		test "$(wc -l <numbers) $(cat sum)" = "100000 $(sha256sum <numbers)"
	title "splice-cat --explain: how a file gets to a pipe"
	"$butter" splice-cat --explain numbers 2>why | cmp - numbers
	status=$?
	cat why
	proves "the kernel has moved it, and it is the same" test $status = 0
}

copying() {
	for tree in /usr/include /usr/share/doc "${0%/*}"; do
		[ ! -d "$tree" ] || break
	done
	title "aio-copy -a $tree"
	"$butter" aio-copy -aT --stats "$tree" tree 2>stats
	cat stats
	proves "it is the same, files, links and all" diff -r --no-dereference "$tree" tree

	title "aio-copy --resume: a copy is killed in the middle, and gone on with"
	head -c 50000000 /dev/urandom >image
	"$butter" aio-copy --resume --rate 50M/s image copy &
	until [ "$(stat -c %s .copy.butter-part 2>/dev/null || echo 0)" -gt 10000000 ]; do :; done
	kill -9 $!
	wait $! 2>killed
	stat -c '%n: %s bytes' .copy.butter-part
	proves "there is no half a file under the name of the copy" test ! -e copy
	"$butter" aio-copy --resume --stats image copy 2>stats
	cat stats
	proves "the rest was enough" cmp image copy
}

# milliseconds COMMAND...: how long it takes.
milliseconds() {
	begin=$(date +%s%N)
	"$@"
	echo "$begin $(date +%s%N)" | awk '{ printf "%.2f\n", ($2 - $1) / 1e6 }'
}

ten_sleeps() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do sleep 0.05; done
}

sleeping() {
	title "timerfd-sleep 1ms and sleep 0.001, in turns: the quickest of 10"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		milliseconds "$butter" timerfd-sleep 1ms >>ours
		milliseconds sleep 0.001 >>theirs
	done
	ours=$(sort -n ours | head -n 1)
	echo "timerfd-sleep $ours ms, sleep $(sort -n theirs | head -n 1) ms"
	proves "never early; most of what goes beyond 1 ms is the start of a program" \
		awk "BEGIN { exit !($ours >= 1) }"

	title "timerfd-sleep --every 50ms -n 11, and sleep 0.05 ten times"
	"$butter" timerfd-sleep --every 50ms -n 11 --json >ticks
	tail -n 2 ticks
	sed 's/.*"time":\([0-9.]*\).*/\1/' ticks | awk '{ last = $1; if (NR == 1) first = $1 }
		END { printf "from tick to tick ten times: %.1f ms\n", (last - first) * 1000 }'
	echo "sleep ten times: $(milliseconds ten_sleeps) ms"
	proves "ticks do not drift: a late one delays none after it, and none is lost" \
		test "$(sed -n '$s/.*"value":\([0-9]*\).*/\1/p' ticks)" -ge 11
}

introducing() {
	title "getpid, getppid: straight from the kernel"
	echo "this shell: $$; parent of a butter that it starts: $("$butter" getppid)"
	proves "the shell is its children's parent" test "$("$butter" getppid)" = $$

	title "getpid --id: this shell's identity"
	identity=$("$butter" getpid --id $$)
	echo "$identity"
	proves "it stays, and no later process with the same number will have it" \
		test "$identity" = "$("$butter" getpid --id $$)"

	title "getpid -- COMMAND"
	# shellcheck disable=SC2016 # for the inner shell
	told=$("$butter" getpid -- sh -c 'echo "was told $BUTTER_PID, is $$"')
	echo "$told"
	number=${told##* }
	proves "the command took butter's place, and knows its number" \
		test "$told" = "was told $number, is $number"
}

# can ARG...: whether unshare ARG... is possible here; says so if not.
can() {
	[ -e /proc/self ] && $private "$@" true 2>/dev/null && return
	printf '   -> left out: no such namespace can be made here\n'
	return 1
}

naming() {
	title "sethostname, in a UTS namespace of its own"
	can -u || return 0
	outside=$("$butter" gethostname)
	# shellcheck disable=SC2016 # for the inner shell
	inside=$($private -u sh -c '"$0" sethostname tour && "$0" gethostname' "$butter")
	echo "inside: $inside; outside: $("$butter" gethostname)"
	proves "the name has changed there and nowhere else" \
		test "$inside, $("$butter" gethostname)" = "tour, $outside"
}

counting() {
	title "getpid --ns: one process, its number in each pid namespace"
	# In a chroot, / is no mount of its own and cannot be made private; /proc, which can, is enough.
	new="-p -f --mount-proc --propagation unchanged"
	# shellcheck disable=SC2086 # words
	can $new || return 0
	mkfifo up down
	# shellcheck disable=SC2016,SC2086 # for the inner shell; words
	$private $new sh -c 'echo "inside: $("$0" getpid --ns $$)"; echo >up; read -r _ <down' "$butter" &
	read -r _ <up
	read -r child _ <"/proc/$!/task/$!/children"
	ids=$("$butter" getpid --ns "$child")
	echo "outside: $ids"
	echo >down
	wait
	proves "who is number 1 in a container is $child outside of it" test "$ids" = "$child 1"
}

# Who is not root becomes it in a user namespace, where that is allowed.
private=unshare
[ "$(id -u)" = 0 ] || private="unshare -r"

watching
waiting
seeing
streaming
copying
sleeping
introducing
naming
counting
[ "$failures" = 0 ] || { printf '\n%s of these did not hold\n' "$failures"; exit 1; }

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# inotifywatch: a drop-in for inotify-tools' (where that is installed each row runs both, one after the other), exact
# totals or word that they are not, its own forms of output, the page on a terminal, and faults.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2034 # helper.bash reads within
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # actions are evaluated later

load helper
load inotify

MESSAGES='Establishing watches...
Finished establishing watches, now collecting statistics.'
NOTHING=$MESSAGES'
No events occurred.'
LOST='butter: inotifywatch: the totals are not exact: events are lost, the kernel'\''s queue was full (raise fs.inotify.max_queued_events)'

setup_file() {
	find_peer inotifywatch
}

setup() {
	trace_tests_only
	need_applet inotifywatch
	fresh
	find_tools
}

# fresh: a new working folder, with what each test finds.
fresh() {
	another_folder D/sub E S
	echo x >f
	echo y >D/g
}

# counting OPTION...: butter inotifywatch in the background; returns when it is ready.
counting() {
	start "$BUTTER" inotifywatch --ready-fd 7 "$@"
}

# stop [SIGNAL]: ends it by TERM or another signal; then status, output and stderr are set.
stop() {
	kill "-${1:-TERM}" "$pid"
	finish
}

# counted LINE...: it ended well, with these lines and inotify-tools' messages.
counted() {
	equal "$output" "$(printf '%s\n' "$@")" || return 1
	equal "$stderr" "$MESSAGES" || return 1
	equal "$status" 0
}

# peer_says TEXT: what was launched last has it on standard error.
peer_says() {
	grep -q "$1" "$job/err"
}

# both ACTION OPTION...: both tools count what ACTION does, each in a folder of its own, until TERM comes, and print the
# same with the same status. output, stderr and status are butter's.
both() {
	local action=$1 tool ours='' errors='' end=0

	shift
	for tool in "${tools[@]}"; do
		fresh
		if [ "$tool" = butter ]; then
			counting "$@" || return 1
		else
			launch inotifywatch "$@"
			await peer_says 'now collecting' || return 1
		fi
		drained
		# Not in a subshell: it may wait for the watcher.
		eval "$action" >/dev/null
		drained
		stop || return 1
		if [ "$tool" = butter ]; then
			ours=$output errors=$stderr end=$status
			continue
		fi
		equal "$ours" "$output" || fails "of butter and inotify-tools: $*: $action" || return 1
		equal "$errors" "$stderr" || fails "of butter and inotify-tools: $*: $action" || return 1
		equal "$end" "$status" || return 1
	done
	output=$ours stderr=$errors status=$end
}

# some: something happens: 5 events and create in D, 3 to f, 4 and create in E.
some() {
	: >D/n
	cat f >/dev/null
	mkdir E/e
	rmdir E/e
	mv D/g D/h
}

# table LINE...: butter's last output.
table() {
	equal "$output" "$(printf '%s\n' "$@")"
}

# ---- As inotify-tools: the table, its order, the messages

@test "inotify-tools' inotifywatch 3.22 is here, so that the rows below run both" {
	has_peer || skip "inotifywatch of inotify-tools 3.22 is not installed: butter alone is tested"
}

@test "the table has a row for each watched object, a column for each event that came, sorted by total" {
	both some D E f
	counted 'total  access  close_write  close_nowrite  open  moved_from  moved_to  create  delete  filename' \
		'5      0       1            0              1     1           1         1       0       D/' \
		'3      1       0            1              1     0           0         0       0       f' \
		'2      0       0            0              0     0           0         1       1       E/'
	both 'echo a >>D/g; chmod 600 D/g; rm D/g; mv f D' D
	table 'total  modify  attrib  close_write  open  moved_to  delete  filename' \
		'6      1       1       1            1     1         1       D/'
	both 'for i in 1 2 3 4 5 6 7 8 9 0; do chmod 600 D/g; chmod 600 E; cat D/g; done' D
	contains "$output" '40     10 '
}

@test "without any event there is no table but a message, also with -z" {
	both : D f
	equal "$status|$output|$stderr" "0||$NOTHING"
	both : -z D f
	equal "$status|$output|$stderr" "0||$NOTHING"
	both ': >D/n' --exclude n D
	equal "$status|$output|$stderr" "0||$NOTHING"
}

@test "-z prints all rows and all columns that are counted" {
	both some -z D E S f
	contains "$output" 'total  access  modify  attrib  close_write  close_nowrite  open  moved_from  moved_to  move_self  create  delete  delete_self  filename'
	contains "$output" '0      0       0       0       0            0              0     0           0         0          0       0       0            S/'
	both some --zero -e open,create -e unmount S D E f
	table 'total  open  create  unmount  filename' \
		'2      1     1       0        D/' \
		'1      0     1       0        E/' \
		'1      1     0       0        f' \
		'0      0     0       0        S/'
}

@test "-e takes each event name, upper and lower case, several by commas and by options" {
	for event in access modify attrib close_write close_nowrite close open moved_from moved_to move create delete all_events; do
		both 'some; echo a >>D/h; chmod 600 D/h; rm D/h' -e "$event" D E f
		contains "$output" filename
	done
	both 'mv S T; rmdir D/sub' -e Access,MOVE_self -e Delete S E D
	table 'total  move_self  delete  filename' '1      1          0       S/' '1      0          1       D/'
	fresh
	counting -e delete_self,attrib f D/sub D
	rm f
	rmdir D/sub
	stop
	counted 'total  attrib  delete_self  filename' '2      1       1            f' '1      0       1            D/sub/'
}

@test "-a and -d sort by any event or the total, equal rows as operands stand" {
	for key in total access modify attrib close_write close_nowrite open moved_from moved_to move_self create delete delete_self; do
		both some -a "$key" -z D E S f
		# There -d access is -d total.
		[ "$key" = access ] || both some -d "$key" -z S f E D
	done
	both some --ascending TOTAL D E f
	equal "$(awk '{ print $NF }' <<<"$output" | xargs)" 'filename E/ f D/'
	tools=(butter)
	both some --descending access D E f
	equal "$(awk '{ print $NF }' <<<"$output" | xargs)" 'filename f D/ E/'
}

@test "-r gives folders below a row, also those that appear later" {
	both 'touch D/g D/sub/n E/n; mkdir E/k' -e create,attrib -r D E
	table 'total  attrib  create  filename' \
		'3      1       2       E/' \
		'2      1       1       D/sub/' \
		'1      1       0       D/'
	# Equal rows: operands first, then by path.
	fresh
	counting -r -e attrib E D
	mkdir D/x D/a
	await has_watches 5
	touch E D/a D/x D/sub
	stop
	counted 'total  attrib  filename' '3      3       D/' '1      1       E/' '1      1       D/a/' \
		'1      1       D/sub/' '1      1       D/x/'
	both 'mkdir D/new; await has_watches 4; touch D/new/x D/new/y; touch D/new/x' -v -e create,attrib -r D E
	table 'total  attrib  create  filename' \
		'5      3       2       D/new/' \
		'1      0       1       D/'
	contains "$stderr" 'Total of 3 watches.'
}

@test "a tree that appears at once is counted from inside, as far as its files can be seen" {
	counting -r -e create,moved_to,close_write D
	mkdir -p S/a/b/c
	mv S/a D
	await has_watches 5
	: >D/a/b/c/file
	drained
	stop
	contains "$output" $'  D/a/b/c/'
	equal "$status" 0
}

@test "symlinks as operands are followed, with -P they are watched themselves" {
	both 'ln -s D L; : >D/n' D
	fresh
	ln -s D L
	counting -P L f
	touch -h L
	stop
	counted 'total  attrib  filename' '1      1       L'
	counting L
	: >D/n
	stop
	counted 'total  close_write  open  create  filename' '3      1            1     1       L/'
}

@test "@path, --fromfile, --exclude and --include choose" {
	both ': >D/n; : >D/sub/n' -r -e create D @D/sub
	table 'total  create  filename' '1      1       D/'
	both ': >D/n; : >D/sub/n' -r -e create D D/sub @D/sub/
	equal "$(awk '{ print $NF }' <<<"$output" | sort | xargs)" 'D/ D/sub/ filename'
	both ': >D/keep; : >D/gone.o; : >E/KEEP' -e create --exclude '\.o$' D E
	both ': >D/keep; : >D/gone.o; : >E/KEEP' -e create --include 'keep$' D E
	table 'total  create  filename' '1      1       D/'
	both ': >D/keep; : >D/gone.O; : >E/KEEP' -e create --excludei '\.o$' D E
	both ': >D/keep; : >D/gone.o; : >E/KEEP' -e create --includei 'keep$' D E
	table 'total  create  filename' '1      1       D/' '1      1       E/'
	printf '%s\n' D E @D/sub >"$BATS_TEST_TMPDIR/list"
	both ': >D/n; : >D/sub/n; : >E/n' -r -e create --fromfile "$BATS_TEST_TMPDIR/list"
	table 'total  create  filename' '1      1       D/' '1      1       E/'
	# There only one of them counts.
	tools=(butter)
	both ': >D/keep; : >D/keep.o' -e create --exclude '\.o$' --include keep D
	table 'total  create  filename' '1      1       D/'
}

@test "operands come from standard input as well" {
	echo D >"$BATS_TEST_TMPDIR/list"
	IN=$BATS_TEST_TMPDIR/list counting -e create --fromfile -
	: >D/n
	stop
	counted 'total  create  filename' '1      1       D/'
}

@test "-v tells about the watches and the time" {
	both 'cat f' -v D f
	equal "$stderr" 'Establishing watches...
Total of 2 watches.
Finished establishing watches, now collecting statistics.'
	both 'cat f' -v -r -t 20 D f
	equal "$stderr" 'Establishing watches...
Setting up watch(es) on D
OK, D is now being watched.
Setting up watch(es) on f
OK, f is now being watched.
Total of 3 watches.
Finished establishing watches, now collecting statistics.
Will listen for events for 20 seconds.'
	try inotifywatch -v -t 10ms D
	contains "$stderr" 'Will listen for events for 0.01 seconds.'
	mkdir $'x\e[2J'
	try inotifywatch -vr -t 10ms $'x\e[2J'
	contains "$stderr" 'OK, x\033[2J is now being watched.'
}

@test "INT, TERM and HUP end it, and so does ALRM with -t" {
	for signal in INT TERM HUP ALRM; do
		for tool in "${tools[@]}"; do
			fresh
			if [ "$tool" = butter ]; then
				counting -t 30 D f
			else
				launch inotifywatch -t 30 D f
				await peer_says 'now collecting'
			fi
			drained
			cat f
			drained
			stop "$signal"
			counted 'total  access  close_nowrite  open  filename' \
				'3      1       1              1     f' || fails "$tool, $signal"
		done
	done
	tools=(butter)
	counting D f
	cat f
	stop ALRM
	contains "$output" f
	equal "$status" 0
}

@test "INT ends it also when it is started in the background of a script, which ignores that" {
	counting D
	: >D/n
	stop INT
	contains "$output" D/
}

@test "a signal before the watches are set ends it at once" {
	mkfifo "$BATS_TEST_TMPDIR/list"
	launch "$BUTTER" inotifywatch --fromfile "$BATS_TEST_TMPDIR/list"
	kill -TERM "$pid"
	finish
	equal "$status" 143
	equal "$output" ""
}

@test "USR1 prints the table so far and an empty line, at once, and goes on" {
	both 'cat f; drained; kill -USR1 "$pid"; drained; cat f' f
	# Twice, the second not followed by an empty line.
	equal "$output" 'total  access  close_nowrite  open  filename
3      1       1              1     f

total  access  close_nowrite  open  filename
6      2       2              2     f'
	both 'kill -USR1 "$pid"; drained' f
	equal "$stderr" "$NOTHING"$'\nNo events occurred.'
	counting f
	cat f
	kill -USR1 "$pid"
	await has_line "$job/out" '3 .*f'
	stop
}

has_line() {
	grep -q "^$2\$" "$1"
}

# ---- Its own

@test "-t ends it, in fractions of a second and not early; 0 and inf are for ever" {
	local before

	before=$(microseconds)
	try inotifywatch -t 0.15 D
	[ $(($(microseconds) - before)) -ge 150000 ]
	equal "$status|$output|$stderr" "0||$NOTHING"
	for never in 0 inf; do
		counting -t "$never" D
		drained
		is_running
		stop
		equal "$status" 0
	done
	try inotifywatch -t -1 D
	misused inotifywatch "'-1'"
	try inotifywatch -t soon D
	misused inotifywatch "'soon'"
}

@test "-t ends it neither early nor late when the wall clock is stepped, forth and back" {
	local before

	steppable
	for _ in 1 -1; do
		before=$(microseconds)
		start "${tracer[@]}" "$BUTTER" inotifywatch -t 0.3 --ready-fd 7 D
		step
		finish
		lasted 300000 "$before"
		equal "$status|$output|$stderr" "0||$NOTHING"
	done
}

@test "-t ends it also while events pour in" {
	perl -e 'for (;;) { open(F, ">", "D/" . $i++ % 100); exit if getppid == 1 }' 3>&- 4>&- &
	started+=($!)
	try inotifywatch -t 0.2 -e open D
	contains "$output" D/
	[[ $status = 0 || $stderr == *"$LOST"* ]]
}

@test "all that has happened before the signal is counted" {
	counting -e open D
	kill -STOP "$pid"
	flood 9000
	kill -TERM "$pid"
	kill -CONT "$pid"
	finish
	counted 'total  open  filename' '9000   9000  D/'
}

@test "totals are exact under load, or it says that they are not" {
	counting -e open D
	flood 100000
	stop
	if [ "$status" = 0 ]; then
		counted 'total  open   filename' '100000  100000  D/' || counted 'total  open  filename' '100000  100000  D/'
	else
		contains "$stderr" "$LOST"
	fi
}

@test "lost events are told in one line, marked in the table, and status 1" {
	for form in '' --csv --json; do
		# shellcheck disable=SC2086
		counting -e open $form D
		overflow
		kill -CONT "$pid"
		await peer_says 'not exact'
		flood 10 more
		stop
		equal "$stderr" "$MESSAGES"$'\n'"$LOST"
		equal "$status" 1
		case $form in
		--csv) matches "$output" $'total_incomplete,open,filename\n[0-9]+,[0-9]+,D/' ;;
		--json) matches "$output" '\{"time":[0-9.]+,"path":"D/","total":[0-9]+,"open":[0-9]+,"incomplete":true\}' ;;
		*) matches "$output" $'total  open  filename\n[0-9]+\\+  [0-9]+  D/' ;;
		esac
		fresh
	done
}

@test "where events are lost and none was counted, there is no table, but a message" {
	counting -e open --include last D
	overflow
	kill -CONT "$pid"
	await peer_says 'not exact'
	stop
	equal "$status|$output" "1|"
	equal "$stderr" "$MESSAGES"$'\n'"$LOST"$'\nbutter: inotifywatch: nothing was counted, but events are lost'
}

@test "--json prints an object for each row, with all that is counted" {
	need_tool jq
	counting --json -r D E f
	some
	stop
	equal "$stderr" "$MESSAGES"
	equal "$(jq -c 'del(.time)' <<<"$output" | head -n 1)" '{"path":"D/","total":5,"access":0,"modify":0,"attrib":0,"close_write":1,"close_nowrite":0,"open":1,"moved_from":1,"moved_to":1,"move_self":0,"create":1,"delete":0,"delete_self":0}'
	jq -e '.time > 1e9 and .total == ([.[] | numbers] | add) - .time - .total' <<<"$output"
	equal "$(jq -s 'map(.time) | unique | length' <<<"$output")" 1
	fresh
	counting --json -z -e create D E
	: >D/n
	kill -USR1 "$pid"
	await has_line "$job/out" '.*E/.*'
	stop
	equal "$(jq -c 'del(.time)' <<<"$output")" '{"path":"D/","total":1,"create":1}
{"path":"E/","total":0,"create":0}
{"path":"D/","total":1,"create":1}
{"path":"E/","total":0,"create":0}'
}

@test "--csv prints titles and rows by RFC 4180" {
	mkdir 'a,b' $'c\rd' 'q"q'
	counting --csv -e create,delete 'a,b' $'c\rd' 'q"q' S
	: >'a,b/1'
	: >$'c\rd/1'
	: >'q"q/1'
	stop
	counted 'total,create,delete,filename' '1,1,0,"a,b/"' $'1,1,0,"c\rd/"' '1,1,0,"q""q/"'
	counting --csv -e create -z D
	stop
	table 'total,create,filename' '0,0,D/'
	equal "$stderr" "$NOTHING"
}

@test "names from strangers break no line, and are exact in JSON and CSV" {
	local name

	for name in $'new\nline' $'\e[2J' $'\xe2\x80\xaetxt' $'bad\xff' 'back\slash' $'x\n99     99    D/' ' lead'; do
		mkdir "$name"
		counting -e create "$name"
		: >"$name/n"
		stop
		equal "$(wc -l <<<"$output")" 2
		lacks "$output" $'\e'
		[ ! "$(command -v jq)" ] || {
			counting --json -e create "$name"
			: >"$name/m"
			stop
			equal "$(jq -r '.path // (.path_b64 | @base64d)' <<<"$output" | tr -d '\377\357\277\275')" "$(tr -d '\377' <<<"${name%/}/")"
		}
	done
	contains "$(counting -e create 'back\slash' && : >'back\slash/o' && stop && echo "$output")" 'back\slash/'
}

@test "a folder that is renamed goes on under its new name, one made again shares the row of the first" {
	counting -e create -r D E
	: >D/sub/1
	mv D/sub E/moved
	: >E/moved/2
	: >E/moved/3
	mkdir D/sub
	await has_watches 4
	: >D/sub/4
	stop
	counted 'total  create  filename' '2      2       D/sub/' '2      2       E/moved/' '1      1       D/'
}

@test "it ends with the table and status 1 when nothing is left to watch" {
	counting -e create,delete_self D/sub f
	: >D/sub/n
	rm -r D/sub f
	finish
	equal "$status" 1
	table 'total  create  delete_self  filename' '2      1       1            D/sub/' '1      0       1            f'
	equal "$stderr" "$MESSAGES"$'\nbutter: inotifywatch: nothing is left to watch'
}

@test "-z keeps rows of what is gone meanwhile, and has one for each folder with -r" {
	counting -z -e create -r D f
	mkdir D/new
	await has_watches 4
	rm f
	await has_watches 3
	stop
	counted 'total  create  filename' '1      1       D/' '0      0       f' '0      0       D/new/' '0      0       D/sub/'
}

# ---- Wrong usage and faults

@test "wrong usage is one line that says what to do" {
	try inotifywatch
	misused inotifywatch 'no files specified to watch'
	try inotifywatch --csv --json D
	misused inotifywatch '--csv and --json'
	try inotifywatch -a open -d total D
	misused inotifywatch '--ascending and --descending'
	try inotifywatch -e open -a access D
	misused inotifywatch '--event leaves out'
	try inotifywatch -d close D
	misused inotifywatch "unknown name 'close'"
	try inotifywatch -e ignored D
	misused inotifywatch "unknown name 'ignored'"
	try inotifywatch --exclude '(' D
	failed 1 inotifywatch "'(' is no regular expression"
	try inotifywatch --fromfile none D
	failed 1 inotifywatch "cannot open 'none': No such file or directory"
	try inotifywatch --ready-fd 77 D
	misused inotifywatch "'77' is not an open descriptor"
}

@test "--sd-notify sends READY=1 when what happens is counted, and is an error without a socket that works" {
	manager "$BATS_TEST_TMPDIR/socket" "$BUTTER" inotifywatch --csv -t 0.2 --sd-notify -e create .
	equal "$output" $'total,create,filename\n1,1,./\n[READY=1]0'
	equal "$stderr" "$MESSAGES"
	NOTIFY_SOCKET=$PWD/f try inotifywatch --sd-notify -t 5 D
	equal "$status|$output" "1|"
	contains "$stderr" "cannot send READY=1 to NOTIFY_SOCKET '$PWD/f': Connection refused"
}

@test "what cannot be watched is told, and ends it with status 1" {
	try inotifywatch D none
	equal "$status|$output" "1|"
	equal "$stderr" $'Establishing watches...\nbutter: inotifywatch: cannot watch \'none\': No such file or directory'
}

@test "faults of each system call are told" {
	inject inotify_init1:error=EMFILE inotifywatch -t 0.1 D
	contains "$stderr" 'cannot use inotify: Too many open files (raise fs.inotify.max_user_instances'
	equal "$status" 1
	inject inotify_add_watch:error=ENOSPC inotifywatch -t 0.1 D
	contains "$stderr" "cannot watch 'D': No space left on device (1 watch is needed: raise fs.inotify.max_user_watches, now "
	equal "$status" 1
	inject signalfd4:error=EMFILE inotifywatch -t 0.1 D
	contains "$stderr" 'cannot wait for signals: Too many open files'
	equal "$status" 1
	inject read:error=EIO inotifywatch -t 0.1 D
	equal "$stderr" "$MESSAGES"$'\nbutter: inotifywatch: cannot read events: Input/output error\nNo events occurred.'
	equal "$status" 1
	inject read:error=EINTR:when=1 inotifywatch -t 0.1 D
	equal "$status|$stderr" "0|$NOTHING"
	inject ppoll:error=EINTR:when=1 inotifywatch -t 0.1 D
	equal "$status|$stderr" "0|$NOTHING"
}

@test "a folder below that may not be read is told once, and the rest is counted" {
	local folder

	unprivileged
	folder=$(public_folder)
	mkdir -p "$folder/tree/closed" "$folder/tree/open"
	chmod 777 "$folder/tree" "$folder/tree/open"
	chmod 700 "$folder/tree/closed"
	is_root || chmod 0 "$folder/tree/closed"
	start "${as_nobody[@]}" "$BUTTER" inotifywatch --ready-fd 7 -r -e create "$folder/tree"
	: >"$folder/tree/open/n"
	stop
	contains "$stderr" "cannot watch '$folder/tree/closed/': Permission denied"
	equal "$(grep -c closed <<<"$stderr")" 1
	contains "$output" "  $folder/tree/open/"
	equal "$status" 0
}

@test "--partial goes on with too few watches and says what is not watched" {
	mkdir -p deep/{a,b,c,d}/e
	limited_to max_inotify_watches 4 inotifywatch -r -e create -t 0.05 --partial deep
	equal "$status" 0
	contains "$stderr" '5 of 9 folders are not watched'
	limited_to max_inotify_watches 4 inotifywatch -r -e create -t 0.05 deep
	equal "$status" 1
	contains "$stderr" '9 watches are needed'
	for words in --partial '--partial -F -r'; do
		# shellcheck disable=SC2086 # words
		capture "$BUTTER" inotifywatch $words deep
		misused inotifywatch '--partial'
	done
}

@test "what it writes itself is not counted" {
	mkdir own
	start bash -c 'exec "$BUTTER" inotifywatch --ready-fd 7 own >own/table 2>own/messages'
	kill -USR1 "$pid"
	await grep -q 'No events' own/messages
	kill "$pid"
	finish
	equal "$status $(grep -c 'No events' own/messages)$(<own/table)" '0 2'
}

@test "output that cannot be written is a failure" {
	for redirection in '>/dev/full' '>&-'; do
		with "$redirection" inotifywatch -z --csv -t 0.01 D
		equal "$status" 1
		contains "$stderr" 'cannot write to standard output'
	done
}

@test "a reader that does not read keeps it from nothing, and gets all tables whole" {
	local line tables=0

	mkfifo "$BATS_TEST_TMPDIR/slow"
	exec {slow}<>"$BATS_TEST_TMPDIR/slow"
	# 40 rows of 200 bytes, 20 times: more than a pipe takes.
	for i in {1..40}; do mkdir "D/$(printf 'x%.0s' {1..200})$i"; done
	start bash -c 'exec "$@" >"$0"' "$BATS_TEST_TMPDIR/slow" "$BUTTER" inotifywatch --ready-fd 7 -r -z -e open D
	: >D/n
	drained
	for i in {1..20}; do
		kill -USR1 "$pid"
		drained
	done
	flood 9000
	kill -TERM "$pid"
	while IFS= read -r -t "$LIMIT" -u "$slow" line; do
		[[ $line != total* ]] || ((++tables))
		[[ $line =~ ^$|^total|^[019]+\ +[019]+\ +D/(sub/|x{200}[0-9]+/)?$ || $line == 9* ]] || fails "not whole: '$line'"
		[[ $line != *xx40/ || $tables -le 20 ]] || break
		[[ $line != 9* ]] || equal "$line" '9001   9001  D/'
	done
	equal "$tables" 21
	exec {slow}<&-
	finish
	equal "$status" 0
}

# ---- The page on a terminal

# showing COLUMNS LINES OPTION...: inotifywatch --live on a terminal of that size; sets `shown` to its process. What it
# writes goes to $job/out.
showing() {
	local size="cols $1 rows $2"

	need_tool script stty
	shift 2
	start env TERM="${TERMINAL-xterm}" script -qefc "stty $size; exec ${*@Q}" /dev/null
	shown=$(pgrep -P "$(pgrep -P "$pid" || echo "$pid")" || pgrep -P "$pid")
}

# on_page TEXT: has it been drawn? For await.
on_page() {
	grep -qaF -- "$1" "$job/out"
}

# pages: each page that was drawn, its lines separated by |, without escape sequences.
pages() {
	perl -0777 -ne 's/\r//g; for (split /\e\[H/) { next unless /\e\[K/; s/\e\[\?1049l.*//s; s/\e\[[0-9;?]*[A-Za-z]//g; s/\n/|/g; print "$_\n" }' "$job/out"
}

# again COUNT PATH...: opens each of these so often.
again() {
	perl -e '$n = shift; for (1 .. $n) { for (@ARGV) { open(F, "<", $_) or die; close(F) } }' "$@"
}

live=("$BUTTER" inotifywatch --live --ready-fd 7)

@test "--live needs a terminal" {
	try inotifywatch --live D
	failed 1 inotifywatch '--live needs a terminal'
	need_tool script
	for term in dumb ''; do
		TERM=$term run -1 script -qefc "'$BUTTER' inotifywatch --live D" /dev/null
		contains "$output" '--live needs a terminal that can be drawn on, and TERM'
	done
}

@test "--live shows what is busiest, then restores the terminal and prints the table" {
	showing 70 20 "${live[@]}" -r -e open D E
	await on_page $'\e[?1049h\e[?25l\e[?7l'
	again 300 D/g D/sub
	: >E/n
	await on_page 'D/g'
	await on_page 'E/n'
	await on_page '##'
	kill -INT "$shown"
	finish
	equal "$status" 0
	contains "$output" $'\e[?7h\e[?25h\e[?1049ltotal  open  filename'
	equal "$(grep -c 1049h "$job/out")" 1
	matches "$(pages | tail -n 1)" \
		'[0-9hm]+s  [0-9]+ events  [0-9.]+/s  3 watches\| +rate +total +watched\|.*  D/\|.*  E/\|\| +rate +total +file\|.*'
	lacks "$(pages)" $'\e'
}

# fits COLUMNS ROWS PAGE
fits() {
	tr '|' '\n' <<<"$3" | awk -v columns="$1" -v rows="$2" 'length($0) > columns { wide = 1 } END { exit wide || NR > rows }'
}

last_page_fits() {
	fits "$1" "$2" "$(pages | tail -n 1)"
}

@test "--live fits the window, also when that changes" {
	local page

	mkdir -p "E/$(printf 'long%.0s' {1..40})/end"
	: >"$(echo E/long*)/end/file"
	showing 40 12 "${live[@]}" -r -e open D E
	again 300 E/long*/end/file D/g
	await on_page 'end/file'
	stty -F "$(readlink "/proc/$shown/fd/1")" cols 24 rows 5
	again 300 E/long*/end/file D/g
	await last_page_fits 24 5
	kill -TERM "$shown"
	finish
	contains "$(pages)" '...'
	while IFS= read -r page; do
		fits 40 12 "$page" || fails "$page"
	done < <(pages)
	last_page_fits 24 5 || fails "$(pages | tail -n 1)"
}

@test "--live has colours, but not with NO_COLOR" {
	showing 70 20 "${live[@]}" -e open D
	cat D/g
	await on_page $'\e[32m#'
	kill -INT "$shown"
	finish
	NO_COLOR=1 showing 70 20 "${live[@]}" -e open D
	cat D/g
	await on_page '##'
	kill -INT "$shown"
	finish
	run ! grep -qa $'\e\[[0-9;]*m' "$job/out"
}

@test "--live draws ten times a second at most" {
	local before took

	before=$(microseconds)
	showing 70 20 "${live[@]}" -e open D
	again 100000 D/g D/sub
	await on_page 'D/g'
	kill -INT "$shown"
	finish
	took=$(($(microseconds) - before))
	(($(pages | wc -l) <= took / 100000 + 1)) || fails "$(pages | wc -l) pages in $took microseconds"
}

@test "--live leaves the terminal to messages, to the table of USR1, and to the shell when it is stopped" {
	showing 70 20 "${live[@]}" -e open D
	cat D/g
	await on_page 'D/g'
	kill -USR1 "$shown"
	await on_page $'\e[?1049ltotal  open  filename'
	cat D/g
	await grep -qaPzo '(?s)filename.*\x1b\[\?1049h' "$job/out"
	# script(1) stops as well, and continues both.
	kill -TSTP "$shown"
	await has_state T "$shown"
	await has_state T
	kill -CONT "$pid"
	cat D/g
	await grep -qaPzo '(?s)filename.*\x1b\[\?1049h.*\x1b\[\?1049l\x1b\[\?1049h' "$job/out"
	kill -QUIT "$shown"
	finish
	equal "$status" 131
	contains "$(tail -c 60 "$job/out")" $'\e[?1049l'
}

@test "--live goes on when events were lost, and shows it" {
	showing 70 20 "${live[@]}" -e open D
	outer=$pid pid=$shown
	overflow
	pid=$outer
	# script(1) has stopped as well, and continues both.
	await has_state T
	kill -CONT "$pid" "$shown"
	await on_page 'events were lost'
	kill -INT "$shown"
	finish
	equal "$status" 1
	contains "$output" "$LOST"
}

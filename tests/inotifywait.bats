#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# inotifywait: a drop-in for inotify-tools' (where that is installed each row runs both), its own options, recursion,
# and faults. BUTTER_LONG=1 runs more rounds.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2034 # helper.bash reads IN, within
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # actions are evaluated later

load helper
load inotify

MESSAGES='Setting up watches.
Watches established.'
MESSAGES_R='Setting up watches.  Beware: since -r was given, this may take a while!
Watches established.'

# Names that break what people write to read names.
HOSTILE=(
	$'new\nline' $'\nfirst' $'last\n' $'x\nD CREATE forged' $'\e[2J\e]0;title\a' $'\xc2\x9b31m' # C1
	$'\xe2\x80\xaetxt.exe' $'\xe2\x81\xa6isolated' $'\xe2\x80\xa8' # bidi controls, line separator
	$'bad\xff\xfe' $'cut\xe2\x82' $'\xc0\xaf' $'\xed\xa0\x80' # not UTF-8
	$'tab\t' $'return\r' $'\x01\x02\x1f' $'del\x7f' '-dash' '--' '-rf' '%n%s%d%0' '$(x)' '`x`' 'quo"te'
	"apo'strophe" 'com,ma' '"' ',' 'back\slash' '\n' '\012' 'a (deleted)' ' lead' 'trail ' ' ' '*' '@at' '#'
	'é' $'\xf0\x9f\xa7\x88' "$(printf 'x%.0s' {1..255})"
)

setup_file() {
	find_peer inotifywait
}

setup() {
	trace_tests_only
	need_applet inotifywait
	fresh
	find_tools
}

# fresh: a new working folder, with what each test finds.
fresh() {
	another_folder D/sub S
	echo x >f
	echo y >D/g
}

# ---- Watching in the background

# watch OPTION...: butter inotifywait, its lines in a FIFO; returns when it is ready.
watch() {
	local fifo=$BATS_TEST_TMPDIR/lines.${#started[@]}

	mkfifo "$fifo"
	exec {feed}<>"$fifo"
	start bash -c 'exec "$@" >"$0"' "$fifo" "$BUTTER" inotifywait --ready-fd 7 "$@"
}

# read_until TEXT: reads lines up to one that has TEXT; all of them are in $seen then.
read_until() {
	local line

	seen=
	while IFS= read -r -t "$LIMIT" -u "$feed" line; do
		seen+=$line$'\n'
		[[ $line != *"$1"* ]] || return 0
	done
	fails "never came: '$1'" "what came:" "$seen" "standard error:" "$(cat "$job/err")"
}

# stop: ends the watcher.
stop() {
	kill "$pid"
	finish
	exec {feed}<&-
}

# flooded COUNT [PREFIX]: the lines of flood with -e open.
flooded() {
	awk -v count="$1" -v prefix="${2:-}" 'BEGIN { for (i = 1; i <= count; i++) print "D/ OPEN " prefix i % 100 }'
}

# has_lines FILE COUNT: for await.
has_lines() {
	[ "$(wc -l <"$1")" = "$2" ]
}

# ---- Side by side: both tools watch the same folder while something happens

# What runs: for each its pid, job, descriptors, and what is expected of it.
pids=() jobs=() readies=() alives=() fifos=() outs=() wanted=() statuses=() messages=() names=()

# begin TOOL STDOUT BYTES OPTION...: starts one of the two.
begin() {
	local tool=$1 out=$2

	wanted+=("$3")
	shift 3
	names+=("$tool $*")
	fifos+=("$out")
	statuses+=("${status_wanted:-0}")
	messages+=("${message_wanted-$MESSAGES}")
	if [ "$tool" = butter ]; then
		set -- "$BUTTER" inotifywait --ready-fd 7 "$@"
	else
		set -- inotifywait "$@"
	fi
	if [ "$out" ]; then
		launch bash -c 'exec "$@" >"$0"' "$out" "$@"
	else
		launch "$@"
	fi
	pids+=("$pid") jobs+=("$job") readies+=("$ready") alives+=("$alive")
}

# expect BYTES OPTION...: both tools end at the first event, with BYTES (NUL as @), status 0 (or $status_wanted) and
# inotifywait's messages (or $message_wanted).
expect() {
	local tool

	for tool in "${tools[@]}"; do begin "$tool" '' "$@"; done
}

# expect_lines LINES OPTION...: both tools print LINES (joined by |) with -m. The folder S is for the end.
expect_lines() {
	local expected=$1 tool fifo

	shift
	for tool in "${tools[@]}"; do
		fifo=$BATS_TEST_TMPDIR/fifo.${#started[@]}
		mkfifo "$fifo"
		exec {feed}<>"$fifo"
		begin "$tool" "$fifo" "$expected" -m "$@" S
		outs[${#pids[@]} - 1]=$feed
	done
}

# only TOOL COMMAND...: with this one.
only() {
	local tools=("$1")

	"${@:2}"
}

# own COMMAND...: butter alone, where it has its own way.
own() {
	only butter "$@"
}

# all_kinds: makes each kind of event in S, and S itself go.
all_kinds() {
	perl -e '$f = "S/file"; open(F, ">", $f) && print(F "x") && close(F) && open(F, "<", $f) && <F> && close(F) &&
		chmod(0600, $f) && rename($f, "S/g") && unlink("S/g") && mkdir("S/d") && rmdir("S/d") &&
		rename("S", "Sold") && rmdir("Sold") or die'
}

# read_file FILE: sets `text` to all of it, NUL as @.
read_file() {
	local part

	text=
	while IFS= read -r -d '' part; do text+=$part@; done <"$1"
	text+=$part
}

# peer_is_ready MESSAGES: it says so; where it has no MESSAGES, it has its watch.
peer_is_ready() {
	read_file "$job/err"
	[[ $text == *'Watches established'* ]] || { [ ! "$1" ] && [ "$(watches "$pid")" -gt 0 ]; }
}

# wait_ready INDEX
wait_ready() {
	case ${names[$1]} in
	butter*) read -r -t "$LIMIT" -u "${readies[$1]}" _ || true ;;
	peer*)
		pid=${pids[$1]}
		job=${jobs[$1]}
		await peer_is_ready "${messages[$1]}" 2>/dev/null || true # it may have failed, as it should
		;;
	esac
}

# lines_of FD: `text` is all lines before S's; those that are equal in a row, which the kernel merges as it likes, once.
lines_of() {
	local line before='' fd=$1

	text=
	while IFS= read -r -t "$LIMIT" -u "$fd" line; do
		if [[ $line =~ ^\"?S/ ]]; then
			exec {fd}<&-
			return
		fi
		[ "$line" = "$before" ] || text+=${text:+|}$line
		before=$line
	done
	fails "no end: $text"
}

# result_of INDEX: sets status, stderr, and the output's `text`.
result_of() {
	local result=0 lines=''

	if [ "${fifos[$1]}" ]; then
		lines_of "${outs[$1]}" || return 1
		lines=$text
		kill "${pids[$1]}" 2>/dev/null || true
	fi
	read -r -t "$LIMIT" -u "${alives[$1]}" _ || result=$?
	[ "$result" -le 128 ] || fails "did not end" || return 1
	status=0
	wait "${pids[$1]}" || status=$?
	read_file "${jobs[$1]}/err"
	stderr=${text%$'\n'}
	read_file "${jobs[$1]}/out"
	if [ "${fifos[$1]}" ]; then
		text=$lines status=0 stderr=${messages[$1]} # it was killed, or had nothing left
	fi
}

# happen ACTION: does it and looks at all that were started. Then everything is fresh.
happen() {
	local action=$1 i

	for i in "${!pids[@]}"; do wait_ready "$i"; done
	(eval "$action") >/dev/null
	if [[ ${fifos[*]} == */* ]]; then all_kinds >/dev/null; fi
	for i in "${!pids[@]}"; do
		result_of "$i" && equal "$text" "${wanted[i]}" && equal "$status" "${statuses[i]}" &&
			equal "$stderr" "${messages[i]}" || fails "of ${names[i]}: $action" "$stderr" || return 1
	done
	pids=() jobs=() readies=() alives=() fifos=() outs=() wanted=() statuses=() messages=() names=()
	fresh
}

# row BYTES ACTION OPTION..., lines LINES ACTION OPTION...: one of these alone.
row() {
	expect "$1" "${@:3}"
	happen "$2"
}

lines() {
	expect_lines "$1" "${@:3}"
	happen "$2"
}

# ---- As inotify-tools: lines, statuses, messages

@test "inotify-tools' inotifywait 3.22 is here, so that the rows below run both" {
	has_peer || skip "inotifywait of inotify-tools 3.22 is not installed: butter alone is tested"
}

@test "the first event ends it with status 0, one line and inotify-tools' messages" {
	row $'D/ CREATE n\n' ': >D/n' D
	row $'D/ CREATE,ISDIR n\n' 'mkdir D/n' D
	row $'D/ OPEN g\n' 'cat D/g' D
	row $'D/ ATTRIB g\n' 'chmod 600 D/g' D
	row $'D/ DELETE g\n' 'rm D/g' D
	row $'D/ MOVED_FROM g\n' 'mv D/g .' D
	row $'D/ MOVE_SELF \n' 'mv D E' D
	row $'f ATTRIB \n' 'chmod 600 f' f
	expect $'D/ MOVED_TO f\n' D
	expect $'f MOVE_SELF \n' f
	happen 'mv f D'
	expect $'f OPEN \n' f
	expect $'f OPEN \n' D f
	happen 'cat f'
}

@test "with -m all events come, in the kernel's order, close and move under inotify-tools' names" {
	expect_lines 'D/ OPEN g|D/ ACCESS g|D/ CLOSE_NOWRITE,CLOSE g|D/ OPEN g|D/ MODIFY g|D/ CLOSE_WRITE,CLOSE g' D
	expect_lines '' D/sub
	happen 'cat D/g; echo >>D/g'
	lines 'D/ CREATE n|D/ OPEN n|D/ MODIFY n|D/ CLOSE_WRITE,CLOSE n' 'echo x >D/n' D
	lines 'D/ MOVED_FROM g|D/ MOVED_TO h|D/ CREATE,ISDIR s|D/ DELETE,ISDIR s' 'mv D/g D/h; mkdir D/s; rmdir D/s' D
	lines 'D/ CREATE l|f ATTRIB |D/ CREATE hard' 'ln -s x D/l; ln f D/hard' D f
	lines 'f ATTRIB |f DELETE_SELF ' 'rm f' f
	lines 'f OPEN |f ACCESS |f CLOSE_NOWRITE,CLOSE |D/ MOVED_TO f|f MOVE_SELF ' 'cat f; mv f D' D f
	lines 'D/ MOVE_SELF |D/ CREATE n|D/ OPEN n|D/ CLOSE_WRITE,CLOSE n' 'mv D E; : >E/n' D
}

@test "-e takes each event name, upper and lower case, several by commas and by options" {
	expect_lines 'D/ ACCESS g' -e access D f
	expect_lines 'D/ MODIFY g' -e modify D f
	expect_lines 'D/ ATTRIB g|f ATTRIB ' -e attrib D f
	expect_lines 'D/ CLOSE_WRITE,CLOSE g|D/ CLOSE_WRITE,CLOSE n' -e close_write D f
	expect_lines 'D/ CLOSE_NOWRITE,CLOSE g' -e close_nowrite D f
	expect_lines 'D/ CLOSE_NOWRITE,CLOSE g|D/ CLOSE_WRITE,CLOSE g|D/ CLOSE_WRITE,CLOSE n' -e close D f
	expect_lines 'D/ OPEN g|D/ OPEN n' -e open D f
	expect_lines 'D/ MOVED_TO h|D/ MOVED_TO f' -e moved_to D f
	expect_lines 'D/ MOVED_FROM g|D/ MOVED_FROM h' -e moved_from D f
	expect_lines 'D/ MOVED_FROM g|D/ MOVED_TO h|D/ MOVED_FROM h|D/ MOVED_TO h|D/ MOVED_TO f' -e move D f
	happen 'cat D/g; echo >>D/g; chmod 600 D/g; mv D/g D/h; : >D/n; mv D/h .; mv h D; mv f D; rm D/n D/h D/f'
	expect_lines 'D/ CREATE n|D/ CREATE,ISDIR s' -e create D f
	expect_lines 'D/ CREATE n|D/ CREATE,ISDIR s' -r -e create,isdir D f
	own expect_lines 'D/ CREATE n|D/ CREATE,ISDIR s' -e create,oneshot D f
	expect_lines 'D/ DELETE n|D/ DELETE,ISDIR s|D/ DELETE,ISDIR sub|D/ DELETE g' -e delete D f
	expect_lines 'f DELETE_SELF |D/ DELETE_SELF ' -e delete_self D f
	expect_lines 'f MOVE_SELF ' -e move_self D f
	expect_lines 'f MOVE_SELF |f IGNORED |D/ IGNORED ' -e ignored,move_self D f
	expect_lines 'D/ CREATE n|D/ DELETE n' -e Create,MODIFY -e delete --include 'n|S/' D
	expect_lines 'D/ CREATE n|D/ OPEN n|D/ CLOSE_WRITE,CLOSE n|D/ DELETE n' -e all_events --include 'n|^S' D
	expect_lines 'f MOVE_SELF |f ATTRIB |f DELETE_SELF ' --event isdir -e all_events f
	happen ': >D/n; rm D/n; mkdir D/s; rmdir D/s D/sub; mv f h; rm h; rm D/g; rmdir D'
}

@test "-e accepts unmount, q_overflow, isdir and oneshot" {
	for event in unmount q_overflow isdir oneshot; do
		try inotifywait -e "$event" -t 0.01 D
		equal "$status $stderr" "2 $MESSAGES"
	done
}

@test "a folder is printed as typed, with a slash at its end" {
	expect $'D/ CREATE n\n' D
	expect $'D/ CREATE n\n' D/
	expect $'D// CREATE n\n' D//
	expect $'./D/ CREATE n\n' ./D
	expect $'D/./ CREATE n\n' D/.
	expect $'D/sub/../ CREATE n\n' D/sub/..
	expect "$PWD/D/ CREATE n"$'\n' "$PWD/D"
	happen ': >D/n'
	row $'./ CREATE n\n' ': >n' .
}

@test "symlinks as operands are followed, with -P they are watched themselves" {
	ln -s D L
	ln -s f LF
	expect $'L/ CREATE n\n' L/
	expect $'L/ CREATE n\n' -P L/
	# inotify-tools prints "L CREATE n": for butter a folder ends in a slash with -r or without.
	own expect $'L/ CREATE n\n' L
	expect $'LF OPEN \n' LF
	expect $'LF ATTRIB \n' -P LF
	expect $'L ATTRIB \n' -P L
	expect $'L ATTRIB \n' --no-dereference L
	happen ': >D/n; cat f; touch -h L LF'
	ln -s D L
	message_wanted=$MESSAGES_R
	expect $'L/ CREATE n\n' -e create,attrib -r L
	# inotify-tools watches nothing at all here.
	own expect $'L ATTRIB \n' -e create,attrib -P -r L
	happen ': >D/n; touch -h L'
}

@test "status 1 when the watch is lost before the event that was asked for" {
	local nothing=$'\nbutter: inotifywait: nothing is left to watch' some=$'\nbutter: inotifywait: not all that was named is left to watch'

	status_wanted=0 expect $'f DELETE_SELF \n' -e delete_self -e open f
	status_wanted=0 expect $'f IGNORED \n' -e ignored f
	status_wanted=1 message_wanted='' expect '' -qq -e create D
	status_wanted=1 message_wanted='' expect '' -q -e create f D
	status_wanted=1
	# inotify-tools does not say why.
	for tool in "${tools[@]}"; do
		[ "$tool" = butter ] || nothing='' some=''
		message_wanted=$MESSAGES$nothing only "$tool" expect '' -e open f
		message_wanted=$MESSAGES$some only "$tool" expect '' -e create f D
		message_wanted=$MESSAGES$nothing only "$tool" expect '' -e oneshot,isdir f
		message_wanted=$MESSAGES_R$nothing only "$tool" expect '' -r -e isdir D
	done
	happen 'rm -r f D'
}

@test "status 2 when nothing happens before the timeout, also with -m and -q" {
	status_wanted=2 expect '' -t 1 -e delete D
	status_wanted=2 own expect '' -t 0.01 -e delete -m D
	status_wanted=2 own expect $'D/ MOVED_FROM g\nD/ MOVED_TO h\n' -t 1.5 -m D
	status_wanted=2 message_wanted='' own expect '' -q --timeout 10ms -e delete D
	happen 'mv D/g D/h'
}

@test "-t 0 never times out" {
	row $'D/ CREATE n\n' 'sleep 0.05; : >D/n' -t 0 D
}

@test "--format prints all conversions of inotify-tools, and what it does not know as it is" {
	expect $'D/ n CREATE,ISDIR|D/n|CREATE:ISDIR|CREATE;ISDIR|CREATE_ISDIR|CREATE1ISDIR|CREATE ISDIR\n' \
		--format '%w %f %e|%w%f|%:e|%;e|%_e|%1e|% e' D
	expect $'CREATE,ISDIRe|%e|%CREATE,ISDIR|%|D/e ne|%q%z|%W%F%E|%-|%.10w|%s%d\\n\\t\n' \
		--format '%ee|%%e|%%%e|%%|%we %fe|%q%z|%W%F%E|%-|%.10w|%s%d\n\t' D
	# Of butter's own, what inotify does not know.
	expect $'%m %o %P %C %u %k %v\n' --format '%m %o %P %C %u %k %v' D
	expect $'%\n' --format '%' D
	expect $'abc%\n' --format 'abc%' D
	expect $'plain\n' --format 'plain' D
	expect $'\n' --format '' D
	expect $'a\nb\n' --format 'a%nb' D
	expect $'\n\n' --format '%n' D
	expect $'D/@n@\n' --format '%w%0%f%0' D
	expect $'%0\n' --format '%%0' D
	expect $'0\n' --format '%c' D
	expect $' OPEN f\n' --format '%f %e %w' f
	happen 'mkdir D/n; cat f'
}

@test "%c pairs the two halves of a move" {
	watch -m -e move --format '%c %e' D
	mv D/g D/h
	read_until MOVED_TO
	matches "$seen" $'([1-9a-f][0-9a-f]*) MOVED_FROM\n([1-9a-f][0-9a-f]*) MOVED_TO\n'
	equal "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
	stop
}

@test "--timefmt gives %T its format" {
	expect $'plain % \n\t\n' --format %T --timefmt 'plain %% %n%t' D
	expect "$(date +%Y) D/"$'\n' --format '%T %w' --timefmt %Y D
	TZ=EAST-5 expect $'+0500\n' --format %T --timefmt '%z' D
	TZ=UTC0 expect $'+0000\n' --format %T --timefmt '%z' D
	happen 'mkdir D/n'
	watch -e create --format %T --timefmt %s D
	from=$(date +%s)
	: >D/n
	read_until ''
	((from <= seen && seen <= $(date +%s))) || fails "$from $seen"
}

@test "%T without --timefmt is refused, as by inotify-tools" {
	try inotifywait --format 'x %T' -t 0.01 D
	misused inotifywait --timefmt
}

@test "--no-newline ends records where the format ends" {
	expect 'CREATE,ISDIR D/\n' --format '%e %w\n' --no-newline D
	expect $'CREATE,ISDIR\n' --format '%e%n' --no-newline D
	expect 'CREATE,ISDIR@' --format '%e%0' --no-newline D
	# inotify-tools calls some formats wrong then.
	own expect 'D/' --format '%w' --no-newline D
	own expect '%' --format '%' --no-newline D
	happen 'mkdir D/n'
}

@test "-q leaves the messages out, -qq the events too, but not the errors" {
	message_wanted=''
	expect $'D/ CREATE n\n' -q D
	expect '' -qq D
	expect '' -q -q D
	happen ': >D/n'
	row $'D/ CREATE n\n' ': >D/n' --quiet -r -e create D
	try inotifywait -qq nothere
	failed 1 inotifywait "cannot watch 'nothere'"
}

@test "-s sends messages to syslog, events still to stdout" {
	message_wanted=''
	expect $'D/ CREATE n\n' -s D
	expect $'D/ CREATE n\n' --syslog D
	status_wanted=1 expect '' -s nothere
	happen ': >D/n'
}

@test "--csv quotes what needs it, all other bytes stay" {
	plain=('plain' 'a b' "it's" 'back\slash' '%n%s' 'é' $'\xffbad')
	quoted=(' lead' 'trail ' 'com,ma' ',')
	doubled=('quo"te' '"' 'a"b,c')
	made=''
	for name in "${plain[@]}"; do
		mkdir "./$name"
		expect "./$name/,\"CREATE,ISDIR\",n"$'\n' -c "./$name"
		made+="|D/,\"CREATE,ISDIR\",$name"
	done
	for name in "${quoted[@]}" "${doubled[@]}"; do
		mkdir "./$name"
		made+="|D/,\"CREATE,ISDIR\",\"${name//\"/\"\"}\""
	done
	expect $'./ lead/,"CREATE,ISDIR",n\n' -c './ lead'
	expect $'"./com,ma/","CREATE,ISDIR",n\n' --csv './com,ma'
	expect $'"./a""b,c/","CREATE,ISDIR",n\n' -c './a"b,c'
	expect_lines "${made:1}" -c -e create D
	happen 'for i in ./[!DS]*/; do mkdir "$i/n"; done
		for name in "${plain[@]}" "${quoted[@]}" "${doubled[@]}"; do mkdir "D/$name"; done'
	mkdir $'./new\nline' $'./cr\rx'
	expect $'"./new\nline/","CREATE,ISDIR",n\n' -c $'./new\nline'
	# Unquoted, as inotify-tools leaves it, this ends the line for readers of RFC 4180.
	own expect $'"./cr\rx/","CREATE,ISDIR",n\n' -c $'./cr\rx'
	expect $'D/,"CREATE,ISDIR","new\nline"\n' -c D
	expect $'f,OPEN,\n' -c f
	happen 'for i in ./[!DS]*/; do mkdir "$i/n"; done; mkdir D/$'"'new\\nline'"'; : <f'
}

@test "--exclude and --include choose by path, in extended regular expressions" {
	expect_lines 'D/ CREATE,ISDIR AA|D/ CREATE,ISDIR bb|D/sub/ CREATE,ISDIR cc' -e create --exclude aa -r D
	expect_lines 'D/ CREATE,ISDIR bb|D/sub/ CREATE,ISDIR cc' -e create --excludei Aa -r D
	expect_lines 'D/ CREATE,ISDIR aa|D/ CREATE,ISDIR AA|D/ CREATE,ISDIR bb' -e create --exclude '^D/sub/' -r D
	expect_lines 'D/ CREATE,ISDIR AA|D/sub/ CREATE,ISDIR cc' -e create --exclude '(aa|bb+)$' -r D
	expect_lines 'D/ CREATE,ISDIR aa|D/sub/ CREATE,ISDIR aa' -e create --include 'aa|S/' -r D
	expect_lines 'D/ CREATE,ISDIR aa|D/ CREATE,ISDIR AA|D/sub/ CREATE,ISDIR aa' -e create --includei 'AA|s/' -r D
	# Of several inotify-tools takes the last, and does not take both kinds.
	own expect_lines 'D/ CREATE,ISDIR AA|D/sub/ CREATE,ISDIR cc' -e create --exclude aa --exclude bb -r D
	own expect_lines 'D/ CREATE,ISDIR aa|D/ CREATE,ISDIR bb|D/sub/ CREATE,ISDIR aa' \
		-e create --include aa --include bb --include S/ -r D
	own expect_lines 'D/ CREATE,ISDIR aa' -e create --include 'aa|S/' --excludei SUB/ -r D
	happen 'mkdir D/aa D/AA D/bb D/sub/aa D/sub/cc'
}

@test "patterns see the raw name: neither a newline nor bytes that are no UTF-8 hide a part of it" {
	own expect_lines 'D/ CREATE n' -e create --exclude '^D/new.line$' --exclude 'bad.*log$' D
	happen ': >D/$'"'new\\nline'"'; : >D/$'"'bad\\xff\\nlog'"'; : >D/n'
}

@test "@PATH leaves a folder out, existing or new, and everything in it" {
	mkdir D/subway
	expect_lines 'D/ CREATE,ISDIR aa|D/subway/ CREATE,ISDIR aa' -e create @D/sub -r D
	expect_lines 'D/ CREATE,ISDIR aa|D/subway/ CREATE,ISDIR aa' -e create @D/sub/ -r D
	expect_lines "$PWD/D/ CREATE,ISDIR aa|$PWD/D/subway/ CREATE,ISDIR aa" -e create "@$PWD/D/sub" -r "$PWD/D"
	# As typed: other spellings of the path do not count.
	expect_lines 'D/ CREATE,ISDIR aa|D/sub/ CREATE,ISDIR aa|D/subway/ CREATE,ISDIR aa' -e create @./D/sub -r D
	expect_lines 'D/ CREATE,ISDIR aa|D/sub/ CREATE,ISDIR aa|D/subway/ CREATE,ISDIR aa' -e create @D/su -r D
	happen 'mkdir D/aa D/sub/aa D/subway/aa'
	own lines 'D/ CREATE,ISDIR after' 'mkdir -p D/new/x/y; : >D/new/x/y/z; mkdir D/after' -e create @D/new -r D
	own lines 'D/ CREATE h|D/ OPEN h' ': >D/g; : >D/h' -e create,open @D/g D
}

@test "@PATH sets no watches in what it leaves out" {
	mkdir -p D/many/{a,b,c}/{d,e,f} D/few/x
	watch -m -r @D/many D
	equal "$(watches "$pid")" 4 # D, sub, few, x
	stop
}

@test "what is an operand is watched, even if @PATH leaves it out" {
	expect_lines 'D/ CREATE,ISDIR aa|D/sub/ CREATE,ISDIR aa' -e create @D/sub -r D D/sub
	expect_lines 'D/ CREATE,ISDIR aa|D/sub/ CREATE,ISDIR aa' -e create @D -r D
	happen 'mkdir D/aa D/sub/aa'
	lines 'f OPEN |f MODIFY |f CLOSE_WRITE,CLOSE ' 'echo x >>f' @f f
}

@test "--fromfile adds operands, one a line, @ leaves out; - is standard input" {
	printf 'D\n@D/sub\n\nf' >../list
	expect_lines 'f MODIFY |D/ CREATE n' -e modify,create --fromfile ../list
	IN=../list expect_lines 'f MODIFY |D/ CREATE n' -e modify,create --fromfile -
	happen 'echo >>f; mkdir D/sub/x; : >D/n'
	IN=../list row $'D/ CREATE n\n' ': >D/n' --fromfile - S
}

@test "several --fromfile add up" {
	echo D >../list1
	echo f >../list2
	own row $'D/ CREATE n\n' ': >D/n' --fromfile ../list1 --fromfile ../list2
	own row $'f OPEN \n' 'cat f' --fromfile ../list1 --fromfile ../list2
}

# ---- butter's own options

# make_hostile: an entry in D for each hostile name, in their order, some of them folders.
make_hostile() {
	local i

	for i in "${!HOSTILE[@]}"; do
		if ((i % 3)); then : >"D/${HOSTILE[i]}"; else mkdir "D/${HOSTILE[i]}"; fi
	done
}

# hostile FORMAT: by printf(1)'s FORMAT, the words for a file or a folder and the name, of each.
hostile() {
	local i

	for i in "${!HOSTILE[@]}"; do
		# shellcheck disable=SC2059 # it is a format
		if ((i % 3)); then printf "$1" CREATE "${HOSTILE[i]}"; else printf "$1" CREATE,ISDIR "${HOSTILE[i]}"; fi
	done
}

# watch_hostile OPTION...: watches while they are made; what came is in $job/out.
watch_hostile() {
	start "$BUTTER" inotifywait -q --ready-fd 7 --count "${#HOSTILE[@]}" -e create "$@" D
	make_hostile
	finish
	equal "$status" 0 || fails "$stderr"
}

same_bytes() {
	cmp "$1" "$2" || fails "got:" "$(od -c "$1" | head -20)" "expected:" "$(od -c "$2" | head -20)"
}

@test "--null prints EVENTS PATH, the exact bytes, a NUL at the end" {
	watch_hostile --null
	hostile '%s D/%s\0' >expected
	same_bytes "$job/out" expected
}

@test "--null with --format, and a format with %0, print the exact bytes too" {
	watch_hostile --null --format '%e|%w|%f'
	hostile '%s|D/|%s\0' >expected
	same_bytes "$job/out" expected
	fresh
	watch_hostile --no-newline --format '%f%0%w%0%e%0'
	hostile '' >expected
	for i in "${!HOSTILE[@]}"; do
		printf '%s\0D/\0%s\0' "${HOSTILE[i]}" "$( ((i % 3)) && echo CREATE || echo CREATE,ISDIR)"
	done >expected
	same_bytes "$job/out" expected
}

@test "--json: every line is an object by itself, every name comes out exact" {
	need_tool jq base64
	watch_hostile --json
	equal "$(wc -l <"$job/out")" "${#HOSTILE[@]}"
	while IFS= read -r line; do
		[[ $line == '{'*'}' ]] || fails "$line"
	done <"$job/out"
	jq -r '[.name_b64 // (.name | @base64), .dir, .path_b64 // (.path | @base64)] | join(" ")' "$job/out" >got
	for name in "${HOSTILE[@]}"; do
		printf '%s D/ %s\n' "$(printf %s "$name" | base64 -w 0)" "$(printf %s "D/$name" | base64 -w 0)"
	done >expected
	same_bytes got expected
	# A name is base64 only where it must be: the four that are not UTF-8.
	equal "$(grep -c '"name_b64"' "$job/out")" 4
	! LC_ALL=C grep -q '[[:cntrl:]]' "$job/out" || fails "raw control characters"
}

@test "--json has event, time, path, dir, name; is_dir and cookie where they apply; numbers are numbers" {
	need_tool jq
	start "$BUTTER" inotifywait -q --ready-fd 7 --json --count 8 -e create,move,open,delete_self,close,attrib D f
	before=$(date +%s)
	mkdir D/new
	mv D/new D/old
	: >D/file
	rm f
	finish
	after=$(date +%s)
	equal "$status" 0
	equal "$(jq -r '[.event, .path, .dir // "-", .name // "-", .is_dir // "-"] | join(" ")' "$job/out")" \
		'create D/new D/ new true
moved_from D/new D/ new true
moved_to D/old D/ old true
create D/file D/ file -
open D/file D/ file -
close_write D/file D/ file -
attrib f - - -
delete_self f - - -'
	jq -se "all(.time >= $before and .time < $after + 1 and (.time | type) == \"number\")" "$job/out" >/dev/null
	jq -se '(.[1].cookie == .[2].cookie) and .[1].cookie > 0 and ([.[] | select(.cookie)] | length) == 2' \
		"$job/out" >/dev/null
	jq -se '[.[] | keys[]] | unique - ["cookie","dir","event","is_dir","name","path","time"] == []' \
		"$job/out" >/dev/null
	matches "$(head -n 1 "$job/out")" '.*"time":[0-9]+\.[0-9]{6}[,}].*'
}

@test "default lines show no control character, and no name forges a line" {
	watch_hostile
	text=$(cat "$job/out")
	equal "$(wc -l <"$job/out")" "${#HOSTILE[@]}"
	matches "$(grep -vE '^D/ CREATE(,ISDIR)? .' "$job/out" || true)" ''
	! LC_ALL=C grep -q '[[:cntrl:]]' "$job/out" || fails "raw control characters" "$text"
	iconv -f UTF-8 -t UTF-8 "$job/out" >/dev/null || fails "not UTF-8"
	# What is printable stays as it is, a backslash too.
	for name in é $'\xf0\x9f\xa7\x88' 'back\slash' '\n' '%n%s%d%0' '$(x)' 'quo"te' ' lead' 'trail '; do
		contains $'\n'"$text"$'\n' " $name"$'\n'
	done
	contains "$text" 'new\012line'
	contains "$text" '\033[2J'
	contains "$text" '\302\23331m'
	contains "$text" '\342\200\256txt.exe'
	contains "$text" 'bad\377\376'
}

@test "a watched folder's own name forges no line either" {
	mkdir -p $'x\n/etc'
	watch -q -m -r -e create .
	: >$'x\n/etc/passwd'
	read_until passwd
	equal "$seen" $'./x\\012/etc/ CREATE passwd\n'
	stop
	try inotifywait -q $'no\nfile\e[2J'
	failed 1 inotifywait 'no\012file\033[2J'
}

@test "--count N ends with status 0 after N events that were asked for" {
	start "$BUTTER" inotifywait -q --ready-fd 7 --count 3 -e create -e delete D
	for i in 1 2 3 4; do
		: >D/n
		rm D/n
	done
	finish
	equal "$status $output" $'0 D/ CREATE n\nD/ DELETE n\nD/ CREATE n'
	status_wanted=0 own expect $'D/ CREATE a\nD/ CREATE b\n' -m --count 2 --exclude x -e create D
	happen ': >D/x1; : >D/a; : >D/x2; : >D/b; : >D/c'
	for bad in 0 -1 x '' 1.5 99999999999999999999; do
		try inotifywait --count "$bad" D
		misused inotifywait --count
	done
}

@test "--count N ends with status 1 when what is watched goes before" {
	start "$BUTTER" inotifywait --ready-fd 7 --count 9 -e delete_self,modify f
	rm f
	finish
	equal "$status $output" '1 f DELETE_SELF '
}

@test "after --ready-fd no event is missed, in every one of many rounds" {
	capture_rounds bash -euc '
		mkfifo ready
		for ((i = 0; i < $0; i++)); do
			"$BUTTER" inotifywait -q -t "$EACH" -r -e create --ready-fd 7 D 7>ready >line &
			read -r <ready
			: >"D/sub/$i"
			wait $!
			read -r line <line
			[ "$line" = "D/sub/ CREATE $i" ]
		done' "$(rounds 100 1000)"
	succeeded
}

@test "--ready-fd gets one newline and is closed; nothing is written there when it fails" {
	watch -m D
	! read -r -t "$LIMIT" -u "$ready" || fails "more than a line"
	stop
	launch "$BUTTER" inotifywait --ready-fd 7 nothere
	! read -r -t "$LIMIT" -u "$ready" line || fails "a line: $line"
	finish
	equal "$status" 1
	for bad in 99 x -1 ''; do
		try inotifywait --ready-fd "$bad" D
		misused inotifywait --ready-fd
	done
}

@test "-t takes fractions and units, and is never early" {
	for duration in 0.05 50ms 0.05s 50000us; do
		from=$(microseconds)
		try inotifywait -q -t "$duration" D
		took=$(($(microseconds) - from))
		equal "$status $stderr" '2 '
		((took >= 50000)) || fails "after $took us"
	done
	for bad in x '' -1 1x 1.5.5 ' 1' 99999999999999999999; do
		try inotifywait -t "$bad" D
		misused inotifywait --timeout
	done
}

@test "what has come by the end of -t is told, however late it is read" {
	start "$BUTTER" inotifywait -q --ready-fd 7 -m -t 0.2 -e create D
	kill -STOP "$pid"
	for ((i = 0; i < 3000; i++)); do : >"D/$i"; done
	"$BUTTER" timerfd-sleep 0.3
	kill -CONT "$pid"
	finish
	equal "$status $(wc -l <<<"$output") ${output##*$'\n'}" "2 3000 D/ CREATE 2999"
	start "$BUTTER" inotifywait -q --ready-fd 7 -m -t 0.2 -e open --on-overflow fail D
	overflow
	"$BUTTER" timerfd-sleep 0.3
	kill -CONT "$pid"
	finish
	equal "$status" 1
	one_line inotifywait
	contains "$stderr" 'events are lost'
}

@test "events that are filtered out do not put the timeout off" {
	start "$BUTTER" inotifywait -q --ready-fd 7 -t 0.4 -e create --exclude 'noise$' D
	for ((i = 0; i < 20000; i++)); do
		: >D/noise
		rm D/noise
		kill -0 "$pid" 2>/dev/null || break
	done
	finish
	equal "$status $output" '2 '
	((i < 20000))
}

@test "the timeout ends also while events that are filtered out pour in without a pause" {
	for i in 1 2; do
		launch perl -e 'for (;;) { open(F, ">", $ARGV[0]); close(F) }' "D/noise$i"
		noise+=("$pid")
	done
	start "$BUTTER" inotifywait -q --ready-fd 7 -t 0.4 --exclude noise D
	finish
	kill "${noise[@]}"
	# On a busy machine the queue may overflow, which is never kept quiet.
	equal "$status ${output//" Q_OVERFLOW "/}" '2 '
}

@test "the reader gets events also while more pour in without a pause" {
	for i in 1 2; do
		launch perl -e 'for (;;) { open(F, ">", $ARGV[0]); close(F) }' "D/noise$i"
		noise+=("$pid")
	done
	watch -q -m D
	: >D/needle
	timeout -k 1 "$LIMIT" grep -q 'CREATE needle' <&"$feed"
	kill "${noise[@]}"
	stop
}

@test "--help exits 0, unlike inotify-tools', and names every option" {
	try inotifywait --help
	succeeded
	for option in -c --csv -d --daemon -m --monitor -P --no-dereference -q --quiet -r --recursive -s --syslog \
		-e --event -o --outfile -t --timeout --exclude --excludei --include --includei --format --fromfile \
		--no-newline --timefmt --json --null --count --ready-fd; do
		contains "$output" "$option"
	done
	try inotifywait -h
	succeeded
}

# ---- Recursion

# after_all: makes a last event in the watched folder D, and reads until it came: all before it was seen and dealt with.
sentinels=0
after_all() {
	sentinels=$((sentinels + 1))
	: >"D/sentinel$sentinels"
	read_until "CREATE sentinel$sentinels"
	seen=${seen%D/*$'\n'}
}

# seen_as LINE: what came up to the sentinel has LINE.
seen_as() {
	contains $'\n'"$seen" $'\n'"$1"$'\n'
}

@test "-r: what happens in each folder of a tree is seen under its path, and nothing of the walk itself" {
	mkdir -p D/a/b/c D/x
	: >D/a/b/c/file
	watch -m -r D
	cat D/a/b/c/file >/dev/null
	: >D/x/new
	read_until 'CREATE new'
	equal "$seen" 'D/a/b/c/ OPEN file
D/a/b/c/ CLOSE_NOWRITE,CLOSE file
D/x/ CREATE new
'
	stop
	equal "$(<"$job/err")" "$MESSAGES_R"
}

@test "-r: without -m the walk is not the event that was waited for" {
	mkdir -p D/a/b/c D/x
	try inotifywait -r -t 0.1 D
	equal "$status $output" '2 '
	message_wanted=$MESSAGES_R
	mkdir -p D/x
	own row $'D/ ATTRIB,ISDIR x\nD/x/ ATTRIB,ISDIR \n' 'chmod 700 D/x' --count 2 -r D
}

@test "-r: folders that appear are watched, under the names they get" {
	expect_lines 'D/ CREATE,ISDIR new' -e create -e modify -r D
	happen 'mkdir D/new'
	watch -m -r -e create,move D
	mkdir D/new
	after_all
	: >D/new/file
	mv D/new D/other
	after_all
	: >D/other/file2
	mkdir D/other/deep
	after_all
	mv D/other D/sub/third
	: >D/sub/third/deep/file3
	after_all
	equal "$seen" 'D/ MOVED_FROM,ISDIR other
D/sub/ MOVED_TO,ISDIR third
D/sub/third/deep/ CREATE file3
'
	stop
}

@test "-r: both tools tell the same about a new folder, its renaming and its end" {
	watch_new() {
		mkdir D/new
		await has_watches 4
		: >D/new/f
		mv D/new D/sub/n
		: >D/sub/n/g
		rm D/sub/n/f D/sub/n/g
		rmdir D/sub/n
	}
	for tool in "${tools[@]}"; do
		only "$tool" expect_lines 'D/ CREATE,ISDIR new|D/new/ CREATE f|D/ MOVED_FROM,ISDIR new|'\
'D/sub/ MOVED_TO,ISDIR n|D/sub/n/ MOVE_SELF |D/sub/n/ CREATE g|D/sub/n/ DELETE f|D/sub/n/ DELETE g|'\
'D/sub/n/ DELETE_SELF |D/sub/ DELETE,ISDIR n' -r -e create,delete,move,move_self,delete_self D
		pid=${pids[0]} happen watch_new
	done
}

@test "-r: folders made at once, one in the other, are all watched" {
	watch -m -r D
	trees=$(rounds 30 500)
	for ((i = 0; i < trees; i++)); do mkdir -p "D/$i/b/c/d"; done
	after_all
	for ((i = 0; i < trees; i++)); do
		: >"D/$i/late"
		: >"D/$i/b/c/d/late"
	done
	after_all
	# ... for all kinds of events.
	expected=$(for ((i = 0; i < trees; i++)); do
		printf '%s\n' "D/$i/"{,b/c/d/}\ {CREATE,OPEN,CLOSE_WRITE\,CLOSE}\ late
	done)
	equal "$(comm -13 <(sort <<<"$seen") <(sort <<<"$expected"))" ''
	stop
}

@test "-r: a folder that moves away is watched no more: no event under its old name" {
	mkdir -p D/out/deep elsewhere
	watch -m -r -e create,move D
	mv D/out elsewhere/out
	: >elsewhere/out/deep/hidden
	: >elsewhere/out/hidden
	after_all
	lacks "$seen" hidden
	equal "$(watches "$pid")" 2
	: >elsewhere/out/hidden2
	mkdir D/out
	after_all
	: >D/out/visible
	after_all
	equal "$seen" $'D/out/ CREATE visible\n'
	stop
}

@test "-r: a folder that moves in is watched with all below it" {
	mkdir -p outside/deep/er
	watch -m -r -e create,move D
	mv outside D/inside
	after_all
	seen_as 'D/ MOVED_TO,ISDIR inside'
	: >D/inside/deep/er/file
	after_all
	seen_as 'D/inside/deep/er/ CREATE file'
	stop
}

@test "-r: deleted and made again under the same name, many times, it is watched" {
	watch -m -r -e create,delete D
	for ((i = 0; i < 50; i++)); do
		mkdir -p D/again/deep
		rmdir D/again/deep D/again
	done
	mkdir -p D/again/deep
	after_all
	after_all # what is found may be told behind what came first
	: >D/again/deep/file
	: >D/again/file
	after_all
	equal "$seen" $'D/again/deep/ CREATE file\nD/again/ CREATE file\n'
	equal "$(watches "$pid")" 4
	stop
}

@test "-r: a folder that is replaced by rename is watched under its name, and no longer the old one" {
	mkdir D/a D/b
	watch -m -r -e create,move D
	mv -T D/a D/b
	: >D/b/file
	after_all
	seen_as 'D/b/ CREATE file'
	equal "$(watches "$pid")" 3
	mkdir D/a
	mv D/a D/c
	mv D/b D/a
	mv D/c D/b
	after_all
	: >D/a/was_b
	: >D/b/was_c
	after_all
	equal "$seen" $'D/a/ CREATE was_b\nD/b/ CREATE was_c\n'
	stop
}

@test "-r: folders swap their names, and events follow" {
	mkdir -p D/a/in_a D/b/in_b
	watch -m -r -e create,move D
	mv D/a D/t
	mv D/b D/a
	mv D/t D/b
	: >D/a/in_b/x
	: >D/b/in_a/y
	after_all
	seen_as 'D/a/in_b/ CREATE x'
	seen_as 'D/b/in_a/ CREATE y'
	stop
}

# probes: after a file was made in each folder of D, `seen` has the lines of this and `expected` what they should be.
probes() {
	local folder

	while IFS= read -r -d '' folder; do : >"$folder/probe"; done < <(find D -type d -print0)
	after_all
	seen=$(grep -a ' CREATE probe$' <<<"$seen" | sort)
	expected=$(find D -name probe | sed 's|probe$| CREATE probe|' | sort)
	find D outside -name probe -delete
}

@test "-r: two folders are exchanged in one step, and a folder and a file, and events follow" {
	case $(uname -m) in
	x86_64) renameat2=316 ;;
	aarch64 | riscv64) renameat2=276 ;;
	*) skip "the number of renameat2 is not known here" ;;
	esac
	mkdir -p D/a/in_a D/sub/b/in_b D/sub/b/c outside
	watch -m -r -e create,move D
	exchange() { perl -e 'syscall($ARGV[0], -100, $ARGV[1], -100, $ARGV[2], 2) == 0 or die $!' "$renameat2" "$@"; }
	exchange D/a D/sub/b || skip "this file system exchanges nothing"
	: >D/sub/file
	for names in 'D/a D/sub/b' 'D/a D/sub' 'D/a D/c' 'D/c/file D/sub' 'D/sub D/c/file' 'D/c/file D/sub'; do
		[ "$names" != 'D/a D/c' ] || mkdir D/c
		# shellcheck disable=SC2086 # two words
		exchange $names
		after_all
		probes
		equal "$seen" "$expected" || fails "$names"
	done
	stop
}

@test "-r: a folder that may not be read is said once, all others are watched" {
	unprivileged
	mkdir -p D/secret/below D/unsearchable D/open
	chmod 755 . D D/sub D/open
	chmod 0 D/secret
	chmod 644 D/unsearchable
	start "${as_nobody[@]}" "$BUTTER" inotifywait --ready-fd 7 -r -e create D
	: >D/open/file
	finish
	equal "$status $output" '0 D/open/ CREATE file'
	equal "$(grep -c "secret" <<<"$stderr")" 1
	contains "$stderr" "butter: inotifywait: cannot watch 'D/secret/': Permission denied"
	chmod 755 D/secret
}

@test "-r: an operand that may not be read is an error" {
	unprivileged
	mkdir D/secret
	chmod 0 D/secret
	chmod 755 . .. D
	try_as_nobody inotifywait -q -r D/secret
	failed 1 inotifywait "cannot watch 'D/secret'" 'Permission denied'
	try_as_nobody inotifywait -q D/secret
	failed 1 inotifywait "cannot watch 'D/secret'" 'Permission denied'
	chmod 700 D/secret
}

@test "-r: an absolute path is watched also from a folder that may not be entered" {
	unprivileged
	here=$(public_folder)
	mkdir -p "$here/tree/sub" closed
	chmod 755 "$here/tree" "$here/tree/sub"
	closed=$PWD/closed
	cd closed
	chmod 0 "$closed"
	try_as_nobody inotifywait -q -r -e create -t 0.01 "$here/tree"
	chmod 700 "$closed"
	equal "$status $stderr" '2 '
}

@test "-r: a working folder that has been deleted disturbs nothing" {
	mkdir gone
	here=$PWD
	cd gone
	rmdir ../gone
	try inotifywait -q -r -e create -t 0.01 "$here/D"
	equal "$status $stderr" '2 '
	cd "$here"
}

@test "-r: folders that come and go while the watches are set up never fail the start" {
	mkdir -p D/{a,b,c,d}/{1,2,3,4}/{x,y,z}
	launch perl -e 'for (my $i = 0; ; $i++) {
		my $d = "D/" . qw(a b c d)[$i % 4] . "/" . ($i % 7);
		mkdir $d; mkdir "$d/in"; rename "$d/in", "$d/out"; rmdir "$d/out"; rmdir $d;
		rename "D/a/1", "D/b/q"; rename "D/b/q", "D/a/1" }'
	churn=$pid
	capture_rounds bash -c '
		for ((i = 0; i < $0; i++)); do
			timeout -s KILL "$EACH" "$BUTTER" inotifywait -q -r -t 0.001 -e unmount D
			status=$?
			[ "$status" = 2 ] || exit "$status"
		done' "$(rounds 20 300)"
	kill "$churn"
	succeeded
}

@test "-r: a tree 2,000 deep with paths far beyond PATH_MAX" {
	name=a_name_that_makes_it_long_
	descend='chdir "D"; for (1 .. 2000) { mkdir $ARGV[0]; chdir $ARGV[0] or die }'
	path=D/$(perl -e 'print "$ARGV[0]/" x 2000' "$name")
	perl -e "$descend" "$name"
	start "$BUTTER" inotifywait -q -m --ready-fd 7 -r -e create,move D
	equal "$(watches "$pid")" 2002
	perl -e "$descend"' open(F, ">", "file") or die; mkdir "more" or die; rename "more", "moved"' "$name"
	await grep -q moved "$job/out"
	perl -e "$descend"' chdir "moved" or die; mkdir "late" or die' "$name"
	await grep -q late "$job/out"
	equal "$(<"$job/out")" "$path CREATE file
$path CREATE,ISDIR more
$path MOVED_FROM,ISDIR more
$path MOVED_TO,ISDIR moved
${path}moved/ CREATE,ISDIR late"
	equal "$(watches "$pid")" 2004
}

@test "-r: symlinks below are not followed, whatever they point to" {
	mkdir elsewhere
	ln -s . D/loop
	ln -s .. D/up
	ln -s ../elsewhere D/sub/away
	ln -s nowhere D/dangling
	watch -q -m -r -e create D
	equal "$(watches "$pid")" 2
	: >elsewhere/file
	ln -s ../elsewhere D/sub/again
	after_all
	equal "$seen" $'D/sub/ CREATE again\n'
	stop
}

@test "-r: operands that overlap: each event once, all kinds of them" {
	for operands in 'D/sub D' 'D D/sub' 'D D' 'D ./D/sub D/'; do
		# shellcheck disable=SC2086 # several words
		watch -q -m -r $operands
		equal "$(watches "$pid")" 2
		: >D/sub/file
		: >D/file
		read_until 'CLOSE file'
		equal "${seen//.\//}" 'D/sub/ CREATE file
D/sub/ OPEN file
D/sub/ CLOSE_WRITE,CLOSE file
'
		read_until 'CLOSE file'
		equal "${seen//.\//}" 'D/ CREATE file
D/ OPEN file
D/ CLOSE_WRITE,CLOSE file
'
		rm D/sub/file D/file
		stop
	done
}

@test "-r: a folder that is mounted into itself ends the walk, and is seen once" {
	namespaces -m
	capture "${within[@]}" bash -euc '
		mkdir D/sub/loop
		mount --bind D D/sub/loop
		mkfifo ready
		"$BUTTER" inotifywait -q --ready-fd 7 -r -e create --count 2 D 7>ready >out &
		read -r <ready
		: >D/sub/loop/file
		: >D/sub/loop/sub/file
		wait $!
		cat out'
	equal "$status $stderr" '0 '
	equal "$output" $'D/ CREATE file\nD/sub/ CREATE file'
}

# silent_walk WORD...: the walk through D, after which nothing happens, is no event itself.
silent_walk() {
	capture "$@" "$BUTTER" inotifywait -q -r -t 0.2 D
	equal "$status $output $stderr" '2  '
}

@test "-r: the walk is no event either where folders are seen twice, or openat2 is refused" {
	local error

	mkdir -p D/{a,b,c,d}/e/f
	: >D/a/e/file
	silent_walk env
	try inotifywait -q -r -t 0.2 D/b D D/c
	equal "$status $output $stderr" '2  '
	namespaces -m
	# shellcheck disable=SC2016 # the inner shell expands
	silent_walk "${within[@]}" bash -euc 'mount --bind D/b D/a; mount --bind D/b D/d; exec "$@"' bash
	need_strace
	for error in ENOSYS EPERM EACCES; do
		silent_walk strace -f -qq -e signal=none -e trace=openat2 -o trace -e inject=openat2:error=$error
		contains "$(<trace)" INJECTED
	done
}

@test "-r: 1,000 folders, and a chain of 200, with 64 descriptors" {
	mkdir -p D/{1..10}/{1..100} "D/$(printf 'c/%.0s' {1..200})"
	ulimit -n 64
	watch -q -m -r -e create D
	equal "$(watches "$pid")" 1212
	: >"D/$(printf 'c/%.0s' {1..200})file"
	read_until 'CREATE file'
	mkdir -p "D/$(printf 'e/%.0s' {1..200})"
	after_all
	: >"D/$(printf 'e/%.0s' {1..200})file"
	read_until 'CREATE file'
	stop
}

@test "-r: no descriptor stays open behind the walk" {
	mkdir -p "D/$(printf 'c/%.0s' {1..150})" D/a/{1..50}
	watch -q -m -r -e create D
	after_all
	before=$(ls "/proc/$pid/fd")
	for i in 1 2 3; do mkdir -p "D/n$i/$(printf 'c/%.0s' {1..140})"; done
	after_all
	equal "$(ls "/proc/$pid/fd")" "$before"
	stop
}

@test "-r: the watched root goes: DELETE_SELF, then status 1 as nothing is left, with -m too" {
	for option in -m --json; do
		start "$BUTTER" inotifywait -q --ready-fd 7 "$option" -r -e delete_self,modify D
		rm -r D
		finish
		if [ "$option" = -m ]; then
			equal "$status" 1
			contains "$stderr" 'butter: inotifywait: nothing is left to watch'
			equal "${output##*$'\n'}" 'D/ DELETE_SELF '
		else
			equal "$status" 0
		fi
		fresh
	done
}

@test "the watched file system is unmounted: UNMOUNT is told, status 1, and umount does not have to wait" {
	namespaces -m
	capture "${within[@]}" bash -euc '
		mkfifo ready
		for options in "-m" "-m -r" "-r" "" "-m -e create" "-m -r --exclude . -e create"; do
			mount -t tmpfs none D
			mkdir -p D/a/b
			"$BUTTER" inotifywait -q $options --ready-fd 7 D/a 7>ready >out 2>err &
			read -r <ready
			umount D
			status=0
			wait $! || status=$?
			echo "[$options] $status $(tail -n 1 out)$(cat err)."
		done'
	equal "$status $stderr" '0 '
	equal "$output" '[-m] 1 D/a/ UNMOUNT,ISDIR butter: inotifywait: nothing is left to watch.
[-m -r] 1 D/a/ UNMOUNT,ISDIR butter: inotifywait: nothing is left to watch.
[-r] 1 D/a/ UNMOUNT,ISDIR .
[] 1 D/a/ UNMOUNT,ISDIR .
[-m -e create] 1 D/a/ UNMOUNT,ISDIR butter: inotifywait: nothing is left to watch.
[-m -r --exclude . -e create] 1 D/a/ UNMOUNT,ISDIR butter: inotifywait: nothing is left to watch.'
}

@test "-e unmount: that is what was waited for" {
	namespaces -m
	capture "${within[@]}" bash -euc '
		mkfifo ready
		mount -t tmpfs none D
		"$BUTTER" inotifywait -q -e unmount --ready-fd 7 D 7>ready &
		read -r <ready
		umount D
		wait $!'
	equal "$status $output" '0 D/ UNMOUNT,ISDIR '
}

# storm SEED COUNT [PID]: random mkdir, rename, rmdir, moves out and in, of folders in D. With PID, after each of them (or
# just so, where COUNT is 0) a file is made in each folder of D, and what that watcher tells on standard input must be
# that: no wrong path, and where each change is looked at by itself, no file and no watch too few, and none too many.
# A process for each of these steps, and a FIFO that bash reads byte by byte, would take a hundred times as long.
storm() {
	perl -e 'use strict;
		my ($seed, $count, $watcher) = @ARGV;
		my ($told, $sentinels, $step) = ("", 0, "seed $seed");
		srand($seed);
		sub folders {
			my ($path, $deepest) = @_;
			opendir(my $handle, $path) or return ();
			my @names = grep { !/^\.\.?$/ } readdir($handle);
			return ($path, $deepest ? map { folders("$path/$_", $deepest - 1) } grep { -d "$path/$_" } @names : ());
		}
		sub make { open(my $file, ">", $_[0]) or die "$step: cannot make $_[0]: $!\n" }
		# All lines up to that of a last event: what was before it has been dealt with.
		sub seen {
			my $end = "D/ CREATE sentinel" . ++$sentinels . "\n";
			my $at;
			make("D/sentinel$sentinels");
			$SIG{ALRM} = sub { die "$step: never came: $end", "what came:\n$told" };
			alarm($ENV{LIMIT});
			while (($at = index($told, $end)) < 0) {
				sysread(STDIN, $told, 65536, length $told) or die "$step: the watcher has ended\n";
			}
			alarm(0);
			unlink("D/sentinel$sentinels");
			my $before = substr($told, 0, $at);
			$told = substr($told, $at + length $end);
			return split(/(?<=\n)/, $before);
		}
		sub probe {
			seen();
			my @folders = folders("D", -1);
			make("$_/probe") for @folders;
			my @got = sort grep { / CREATE probe$/ } seen();
			my @expected = sort map { "$_/ CREATE probe\n" } @folders;
			unlink("$_/probe") for @folders;
			if (!$count) {
				my %expected = map { $_ => 1 } @expected;
				@expected = grep { $expected{$_} } @got;
			}
			"@got" eq "@expected" or die "$step: got:\n", @got, "expected:\n", @expected;
			return if !$count;
			local @ARGV = glob("/proc/$watcher/fdinfo/*");
			my $watches = grep { /^inotify wd/ } <>;
			$watches == @folders or die "$step: $watches watches for ", scalar(@folders), " folders\n";
		}
		for my $i (1 .. $count) {
			my @all = folders("D", 6);
			my ($x, $y, $k) = ($all[rand @all], $all[rand @all], int(rand(7)));
			$step = "seed $seed, step $i, kind $k of $x, $y";
			if ($k < 2) { mkdir "$x/n$i" }
			elsif ($k < 4) { rename $x, "$y/m$i" if $x ne "D" }
			elsif ($k == 4) { rmdir $x if $x ne "D" }
			elsif ($k == 5) { rename $x, "outside/o$i" if $x ne "D" }
			else { my @out = glob("outside/*"); rename $out[rand @out], "$y/i$i" if @out }
			probe() if $watcher;
		}
		probe() if !$count' "$@"
}

@test "-r: any renames, moves and deletions: each folder is watched under its path, those outside are not" {
	mkdir -p D/{a,b,c}/{d,e}/{f,g} outside
	watch -q -m -r -e create D
	LIMIT=$LIMIT storm "$(rounds 1 7)" "$(rounds 16 1000)" "$pid" <&"$feed"
	stop
}

@test "-r: renames, moves and deletions at full speed, by two at once: no wrong path, and it goes on" {
	rounds=$(rounds 2 100)
	for ((round = 0; round < rounds; round++)); do
		fresh
		mkdir -p D/{a,b,c}/{d,e}/{f,g} outside
		watch -q -m -r -e create D
		storm "$round" 300 &
		storm "$((round + 1000))" 300
		wait $!
		LIMIT=$LIMIT storm "$round" 0 "$pid" <&"$feed"
		stop
	done
}

@test "-r: a folder that moves into what was below it, while the walk is there" {
	mkdir -p D/x/n/z
	# It stops wherever it has opened something, and goes on until that is D/x/n, which it has not read yet.
	injecting openat:signal=STOP
	launch "${tracer[@]}" -o stops "$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create D
	stopped() { [ -e stops ] && [ "$(grep -c 'stopped by' stops)" -ge "$1" ]; }
	is_in() { [[ $(ls -l "/proc/$(children "$pid")/fd") == *"$1"* ]]; }
	goes_on() { kill -CONT "$(children "$pid")"; }
	await stopped 1
	for ((stop = 2; stop < 20; stop++)); do
		! is_in /D/x/n || break
		goes_on
		await stopped "$stop"
	done
	is_in /D/x/n
	mv D/x/n D/n
	mv D/x D/n/x
	is_ready() { goes_on && read -r -t 0.05 -u "$ready" _; }
	has_told() { goes_on && grep -q "D/ CREATE $1" "$job/out"; }
	await is_ready
	: >D/last
	await has_told last
	: >D/n/x/file
	: >D/n/z/file
	: >D/very_last
	await has_told very_last
	equal "$(grep file "$job/out")" $'D/n/x/ CREATE file\nD/n/z/ CREATE file'
}

@test "-r: a new folder that was in another, before that one moved into it" {
	mkdir D/a
	start "$BUTTER" inotifywait -q --ready-fd 7 -m -r -e create,move D
	kill -STOP "$pid"
	mkdir D/c
	mv D/c D/a/c
	mv D/a/c D/c
	mv D/a D/c/a
	: >D/last
	kill -CONT "$pid"
	await grep -q 'D/ CREATE last' "$job/out"
	: >D/c/file
	: >D/c/a/file
	: >D/very_last
	await grep -q 'D/ CREATE very_last' "$job/out"
	equal "$(grep file "$job/out")" $'D/c/ CREATE file\nD/c/a/ CREATE file'
}

@test "-r: after an overflow, a rename that its lost news would explain does no harm" {
	mkdir -p D/a/b D/q
	start "$BUTTER" inotifywait -q --ready-fd 7 -m -r -e create,open,move D
	overflow
	mv D/a/b D/b # lost
	kill -CONT "$pid"
	await grep -q Q_OVERFLOW "$job/out"
	mv D/a D/b/a
	: >D/b/file
	: >D/b/a/file
	: >D/last
	await grep -q 'D/ CREATE last' "$job/out"
	equal "$(wc -l <"$job/err")" 1
}

# ---- Wrong usage

@test "under its own name it is inotifywait" {
	ln -s "$BUTTER" inotifywait
	capture ./inotifywait -t 0.01 D
	equal "$status $stderr" "2 $MESSAGES"
}

@test "wrong usage is one line that says what is wrong, and status 1" {
	try inotifywait
	misused inotifywait 'no files specified to watch'
	try inotifywait @D
	misused inotifywait 'no files specified to watch'
	try inotifywait --fromfile /dev/null
	misused inotifywait 'no files specified to watch'
	try inotifywait --nosuch D
	misused inotifywait "'--nosuch'"
	try inotifywait --monitr D
	misused inotifywait "'--monitor'"
	try inotifywait -Z D
	misused inotifywait "'-Z'"
	try inotifywait -e creat D
	misused inotifywait "'creat'" "'create'"
	try inotifywait -e create,,open D
	misused inotifywait --event
	try inotifywait -e '' D
	misused inotifywait --event
	try inotifywait D -e
	misused inotifywait 'needs an argument'
	try inotifywait --json=x D
	misused inotifywait --json
}

@test "-r: what an exclusion matches is not watched, nor anything below it" {
	mkdir -p D/cache/a/b D/sub/cache D/.git/objects D/sub/deep
	while read -r count pattern; do
		start "$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create --exclude "$pattern" D
		equal "$(watches "$pid")" "$count" || fails "$pattern"
		kill "$pid"
		finish
	done <<-'END'
		9 nothing
		5 cache
		5 /cache/
		7 \.git$
		6 ^D/cache
		7 ^D/cache/[^/]*$
		9 \.txt$
		1 ^D/.
	END
	# What is excluded is not watched when it appears, or comes in under that name, either.
	watch -q -m -r -e create,move --exclude '/cache/' D
	mkdir D/sub/deep/cache D/sub/deep/cache/x
	mv D/.git D/sub/deep/cache/y
	mv D/sub D/cache/z
	: >D/cache/z/deep/file
	: >D/end
	read_until end
	equal "$seen" $'D/sub/deep/ CREATE,ISDIR cache\nD/ MOVED_FROM,ISDIR .git\nD/ MOVED_FROM,ISDIR sub\nD/ CREATE end\n'
	equal "$(watches "$pid")" 1
	stop
}

@test "the output file makes no events, wherever it is watched" {
	start bash -c 'exec "$BUTTER" inotifywait -q -m -r --ready-fd 7 D >D/log'
	: >D/a
	await grep -q 'CLOSE.* a' D/log
	mv D/log D/sub/log
	: >D/b
	await grep -q 'CLOSE.* b' D/sub/log
	: >D/c
	await grep -q 'CLOSE.* c' D/sub/log
	matches "$(grep log D/sub/log)" $'D/ MOVED_FROM log\nD/sub/ MOVED_TO log'
	kill "$pid"
	finish
	start "$BUTTER" inotifywait -q -m --ready-fd 7 -o D/own D f D/own
	echo x >>f
	await grep -q 'f CLOSE' D/own
	: >D/d
	await grep -q 'CLOSE.* d' D/own
	lacks "$(<D/own)" own
	kill "$pid"
	finish
	# What is said is written, too.
	start bash -c 'exec "$BUTTER" inotifywait -q -m --ready-fd 7 -e modify --csv D --exec -- sh -c "exit 3" 2>D/messages'
	echo x >D/a
	await grep -q 'status 3' D/messages
	echo x >D/b
	await grep -q 'D/b' D/messages
	kill "$pid"
	finish
	equal "$(uniq <<<"$output")" $'D/,MODIFY,a\nD/,MODIFY,b'
	# Somebody else's file of that name is not meant.
	start bash -c 'exec "$BUTTER" inotifywait -q -m -r --ready-fd 7 -e modify D >D/sub/log'
	echo x >>D/log
	await grep -q 'D/ MODIFY log' D/sub/log
}

# written_by PATTERN: waits until the watcher has written that to where the log is that it has opened.
written_by() {
	await grep -q "$1" "/proc/$pid/fd/1"
}

@test "the output file makes no events when its name has become another file's" {
	start bash -c 'exec "$BUTTER" inotifywait -q -m --ready-fd 7 -e create,modify,delete D >D/log'
	: >D/a
	written_by 'CREATE a'
	rm D/log
	: >D/log
	written_by 'CREATE log'
	drained
	echo x >>D/log
	written_by 'MODIFY log'
	: >D/last
	written_by 'CREATE last'
	drained
	equal "$(<"/proc/$pid/fd/1")" $'D/ CREATE a\nD/ DELETE log\nD/ CREATE log\nD/ MODIFY log\nD/ CREATE last'
	kill "$pid"
	finish
	# Nothing was written to it before; it leaves by a rename.
	start bash -c 'exec "$BUTTER" inotifywait -q -m --ready-fd 7 -t 0.5 -e moved_to,modify D >D/log'
	mv D/log D/sub/old
	: >D/log.new
	mv D/log.new D/log
	finish
	equal "$status $(<D/sub/old)" '2 D/ MOVED_TO log'
}

@test "options that exclude each other are refused" {
	while read -ra options; do
		try inotifywait "${options[@]}" -t 0.01 D
		misused inotifywait || fails "${options[*]}"
	done <<-'END'
		--csv --format %w
		--csv --json
		--json --format %w
		--null --json
		--null --csv
		--timefmt %s
		--timefmt %s --csv
		--no-newline
		--no-newline --json
		--no-newline --null --format %w
		-d
		-d -o out --ready-fd 2
	END
	equal "$(ls)" $'D\nS\nf' # nothing was made
}

@test "a pattern that is no regular expression is refused, with the reason" {
	for option in --exclude --excludei --include --includei; do
		try inotifywait "$option" 'a(' D
		failed 1 inotifywait "$option" "'a('" 'Unmatched ('
	done
	try inotifywait --exclude ok --include '[' D
	failed 1 inotifywait "'['"
}

@test "an operand that cannot be watched is an error, also behind others" {
	try inotifywait -q nothere
	failed 1 inotifywait "cannot watch 'nothere': No such file or directory"
	try inotifywait -q -r D nothere f
	failed 1 inotifywait "cannot watch 'nothere': No such file or directory"
	try inotifywait -q f/x
	failed 1 inotifywait "cannot watch 'f/x': Not a directory"
	try inotifywait -q ''
	failed 1 inotifywait "cannot watch '': No such file or directory"
	ln -s nowhere dangling
	try inotifywait -q dangling
	failed 1 inotifywait "cannot watch 'dangling': No such file or directory"
	ln -s self self
	try inotifywait -q -r self
	failed 1 inotifywait "cannot watch 'self': Too many levels of symbolic links"
	try inotifywait -q "$(printf 'x%.0s' {1..256})"
	failed 1 inotifywait 'File name too long'
}

@test "--fromfile: a list that is missing, a folder, or a closed standard input is an error" {
	try inotifywait --fromfile nothere D
	failed 1 inotifywait "cannot open 'nothere': No such file or directory"
	try inotifywait --fromfile D D
	failed 1 inotifywait "cannot read 'D': Is a directory"
	with '<&-' inotifywait --fromfile - D
	failed 1 inotifywait 'cannot read' 'standard input'
}

@test "--fromfile: a line with a NUL byte is an error: it would be another path" {
	printf 'D\nE\0x\n' >list
	for applet in inotifywait inotifywatch fanotify-watch; do
		[[ " $APPLETS " == *" $applet "* ]] || continue
		try "$applet" -t 1 --fromfile list
		failed 1 "$applet" "line 2 of 'list' has a NUL byte"
		with '<list' "$applet" -t 1 --fromfile -
		failed 1 "$applet" "line 2 of 'standard input' has a NUL byte"
	done
}

@test "--fromfile: a line for which there is no memory is an error, and not the end of the list" {
	need_plain_build
	# shellcheck disable=SC2016 # the inner shell's
	capture bash -c 'ulimit -v 32768 && exec "$0" inotifywait -q -t 0.01 --fromfile /dev/zero D' "$BUTTER"
	failed 1 inotifywait "cannot read '/dev/zero': Cannot allocate memory"
}

# ---- The output

@test "-o appends to FILE, and leaves stdout alone" {
	log=$BATS_TEST_TMPDIR/log
	echo before >"$log"
	expect '' -o "$log" -e create D
	expect '' --outfile "$log" -c -e create D
	happen ': >D/n'
	equal "$(sort -u "$log")" $'D/ CREATE n\nD/,CREATE,n\nbefore'
	equal "$(wc -l <"$log")" $((1 + 2 * ${#tools[@]}))
	start "$BUTTER" inotifywait -q --ready-fd 7 --outfile new -e create D
	: >D/m
	finish
	equal "$status $output $(<new)" '0  D/ CREATE m'
}

@test "-o FILE that cannot be opened is an error before anything is watched" {
	try inotifywait -o nothere/log D
	failed 1 inotifywait "cannot open 'nothere/log': No such file or directory"
	try inotifywait -o D D
	failed 1 inotifywait "cannot open 'D': Is a directory"
}

@test "-o to a full disk ends with status 1 and says so" {
	namespaces -m
	capture "${within[@]}" bash -euc '
		mkdir small
		mount -t tmpfs -o size=64k none small
		mkfifo ready
		"$BUTTER" inotifywait -q -m -e create -o small/log --ready-fd 7 D 7>ready 2>err &
		read -r <ready
		name=$(printf "long%.0s" {1..60})
		for i in {1..400}; do : >"D/$name$i"; done
		status=0
		wait $! || status=$?
		cat err
		wc -c <small/log
		exit $status'
	equal "$status $stderr" '1 '
	equal "$output" "butter: inotifywait: cannot write to 'small/log': No space left on device
65536"
}

@test "stdout that is full or closed is an error as soon as there is something to write" {
	for redirection in /dev/full '&-'; do
		start bash -c 'exec "$BUTTER" inotifywait -q --ready-fd 7 -m D >'"$redirection"
		: >D/n
		finish
		stderr=$(<"$job/err") output=''
		failed 1 inotifywait 'cannot write to standard output'
		rm D/n
	done
	# Nothing was due.
	capture bash -c '"$BUTTER" inotifywait -q -t 0.01 D >/dev/full'
	equal "$status $stderr" '2 '
	start bash -c 'exec "$BUTTER" inotifywait -qq --ready-fd 7 D >&-'
	: >D/n
	finish
	equal "$status $(<"$job/err")" '0 '
	start bash -c 'exec "$BUTTER" inotifywait -q -o log --ready-fd 7 D >&-'
	: >D/m
	finish
	equal "$status $(<"$job/err") $(<log)" '0  D/ CREATE m'
}

# unread SIGPIPE: a watcher whose stdout is a pipe that nobody reads.
unread() {
	rm -f pipe
	mkfifo pipe
	start env "--$1-signal=PIPE" bash -c 'exec 8<>pipe 9>pipe 8>&-
		exec "$BUTTER" inotifywait -q -m --ready-fd 7 D >&9 9>&-'
	: >D/n
	finish
	rm D/n
}

@test "a reader that is gone ends it: by SIGPIPE, or with status 1 where that is ignored" {
	unread default
	equal "$status $stderr" "$((128 + 13)) "
	unread ignore
	failed 1 inotifywait 'cannot write to standard output: Broken pipe'
}

@test "a reader that is gone for good is noticed also while nothing happens" {
	capture bash -c '"$BUTTER" inotifywait -q -m D | true; echo "${PIPESTATUS[0]}"'
	equal "$output $stderr" '141 '
}

@test "a FIFO may be closed and opened again between events, as by read in a loop" {
	mkfifo pipe
	start bash -c 'exec 9<>pipe >pipe 9>&-; exec "$BUTTER" inotifywait -q -m --ready-fd 7 -e create D'
	for name in a b c; do
		exec {feed}<>pipe
		: >"D/$name"
		read_until "CREATE $name"
		exec {feed}<&-
		drained
	done
	is_running
}

@test "a file that may not grow is an error with a line" {
	start bash -c 'ulimit -f 1; exec "$BUTTER" inotifywait -q -m -o log --ready-fd 7 -e open D'
	flood 500
	finish
	failed 1 inotifywait "cannot write to 'log': File too large"
}

@test "a reader that stops for a while loses nothing: more events than the kernel's queue holds wait in memory" {
	watch -q -m -e open D
	for batch in a b c; do
		flood 8000 "$batch"
		drained
	done
	timeout -k 1 "$LIMIT" head -n 24000 <&"$feed" >got
	for batch in a b c; do flooded 8000 "$batch"; done >expected
	same_bytes got expected
	stop
}

@test "a non-blocking stdout with a slow reader gets every byte, in order" {
	mkfifo pipe
	exec {feed}<>pipe
	start perl -MFcntl -e 'open(STDOUT, ">", "pipe"); fcntl(STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK); exec @ARGV' \
		"$BUTTER" inotifywait -q --ready-fd 7 -e open --count 6000 D
	flood 6000 a_name_of_some_length_so_that_the_pipe_is_full_soon_
	drained
	timeout -k 1 "$LIMIT" head -n 6000 <&"$feed" >got
	finish
	equal "$status $stderr" '0 '
	flooded 6000 a_name_of_some_length_so_that_the_pipe_is_full_soon_ >expected
	same_bytes got expected
}

@test "two watchers share a pipe: no record is torn" {
	mkfifo pipe
	exec {feed}<>pipe
	for i in 1 2; do
		start bash -c 'exec "$BUTTER" inotifywait -q --ready-fd 7 -e open --count 3000 D >pipe'
		both+=("$pid")
	done
	name=$(printf 'long%.0s' {1..50})
	flood 3000 "$name"
	timeout -k 1 "$LIMIT" head -n 6000 <&"$feed" | sort >got
	flooded 3000 "$name" | sed p | sort >expected
	same_bytes got expected
}

@test "a record longer than PIPE_BUF comes whole, also into a pipe and behind an empty one" {
	mkfifo pipe
	exec {feed}<>pipe
	start bash -c 'exec "$BUTTER" inotifywait -q --ready-fd 7 --count 2 --no-newline \
		--format "$0" -e create,attrib D >pipe' "$(printf '%%f%.0s' {1..40})"
	name=$(printf 'x%.0s' {1..250})
	kill -STOP "$pid"
	chmod 700 D # a record of no bytes
	: >"D/$name"
	kill -CONT "$pid"
	equal "$(timeout -k 1 "$LIMIT" head -c 10000 <&"$feed" | tr -dc x | wc -c)" 10000
	finish
	equal "$status $stderr" '0 '
}

@test "as process 1 of a container it is ended by what asks for it" {
	namespaces -pf --kill-child
	for words in 'TERM:143 -m D' 'INT:130 -m D' 'HUP:129 D' 'TERM:143 --until-exists nothere' 'TERM:143 -m D --exec -- true'; do
		read -r signal words <<<"$words"
		# shellcheck disable=SC2086 # words
		start "${within[@]}" env --default-signal=INT "$BUTTER" inotifywait -q --ready-fd 7 $words
		kill "-${signal%:*}" "$(children "$pid")"
		finish
		equal "$status" "${signal#*:}" || fails "$signal $words"
	done
}

@test "SIGTERM leaves whole lines behind" {
	rounds=$(rounds 5 100)
	for ((i = 0; i < rounds; i++)); do
		start "$BUTTER" inotifywait -q -m --ready-fd 7 D
		flood 300 "$i" &
		flooding=$!
		await test -s "$job/out"
		kill "$pid"
		finish
		wait "$flooding" # without a number, bash would wait for the runner's own watchdog, too
		equal "$status" 143
		mapfile lines <"$job/out"
		matches "${lines[-1]}" $'D/ [A-Z_,]+ [0-9]+\n'
	done
}

@test "no signal cuts a write to a file off between two pages: all are held meanwhile" {
	need_strace
	start strace -qq -o trace -e signal=none -e trace=write,rt_sigprocmask "$BUTTER" inotifywait -q -e create --ready-fd 7 D
	: >D/file
	finish
	equal "$status $(<"$job/out")" '0 D/ CREATE file'
	grep -B 1 '^write(1, ' trace >around
	contains "$(head -n 1 around)" 'rt_sigprocmask(SIG_SETMASK, ~[RTMIN RT_1], []'
	contains "$(tail -n 1 trace)" 'rt_sigprocmask(SIG_SETMASK, [], NULL'
}

@test "closed standard input and standard error disturb nothing" {
	for redirection in '<&-' '2>&-' '<&- 2>&-'; do
		start bash -c 'exec "$BUTTER" inotifywait --ready-fd 7 -r -e create D '"$redirection"
		: >"D/n"
		finish
		equal "$status $output" '0 D/ CREATE n'
		rm D/n
	done
}

# ---- In the background

# owner_of FILE: the pid of a process that has it open.
owner_of() {
	local link

	for link in /proc/[0-9]*/fd/*; do
		if [ "$link" -ef "$1" ]; then
			link=${link#/proc/}
			echo "${link%%/*}"
			return
		fi
	done 2>/dev/null
	return 1
}

@test "-d returns once nothing can be missed, and goes on in the background until it is ended" {
	for tool in "${tools[@]}"; do
		if [ "$tool" = butter ]; then command=("$BUTTER" inotifywait); else command=(inotifywait); fi
		: >log
		capture "${command[@]}" -d -o "$PWD/log" -e create,delete "$PWD/D"
		equal "$status $output" '0 ' || fails "$tool: $stderr"
		[ "$tool" = peer ] || equal "$stderr" ''
		pid=$(owner_of log)
		started+=("$pid")
		[ "$tool" = butter ] || await has_watches 1
		: >D/n
		rm D/n
		await has_lines log 2
		equal "$(<log)" "$PWD/D/ CREATE n"$'\n'"$PWD/D/ DELETE n"
		[ "$tool" = peer ] || equal "$(readlink /proc/"$pid"/fd/{0,1,2} | uniq)" /dev/null
		kill "$pid"
	done
}

@test "-d: what goes wrong before it is in the background is an error of the command" {
	try inotifywait -d -o nothere/log D
	failed 1 inotifywait "cannot open 'nothere/log'"
	try inotifywait -d -o log nothere
	equal "$status $output" '1 '
	run ! owner_of log
}

@test "-d keeps working when its folder is a relative path and the caller goes elsewhere" {
	mkdir -p D/deep/er
	(cd D/deep && capture "$BUTTER" inotifywait -d -o ../../log -r -e create er)
	pid=$(owner_of log)
	started+=("$pid")
	mkdir -p D/deep/er/new/x
	await has_watches 3
	: >D/deep/er/new/x/file
	await grep -q 'er/new/x/ CREATE file' log
	kill "$pid"
}

# ---- Faults

@test "no inotify: one line with what to do, status 1" {
	while read -r error hint; do
		inject "inotify_init1:error=$error" inotifywait -q D
		failed 1 inotifywait "cannot use inotify" "$hint" || fails "$error"
	done <<-'END'
		EMFILE fs.inotify.max_user_instances
		ENFILE fs.file-max
		ENOMEM Cannot allocate memory
		ENOSYS CONFIG_INOTIFY_USER
		EPERM seccomp
	END
}

@test "an operand that inotify refuses: one line with what to do, status 1" {
	while read -r error hint; do
		for options in '' '-r' '-m -r -e create'; do
			# shellcheck disable=SC2086
			inject "inotify_add_watch:error=$error" inotifywait -q $options D
			failed 1 inotifywait "cannot watch 'D'" "$hint" || fails "$error $options"
		done
	done <<-'END'
		ENOSPC fs.inotify.max_user_watches
		EACCES Permission denied
		ENOENT No such file or directory
		ENOMEM Cannot allocate memory
		EPERM seccomp
	END
}

@test "-r: a folder below that is gone is left out without a word, one that is forbidden with one" {
	mkdir D/other
	for error in ENOENT ENOTDIR; do
		inject "inotify_add_watch:error=$error:when=2" inotifywait -q -r -e create -t 0.05 D
		equal "$status $stderr" '2 '
	done
	inject 'inotify_add_watch:error=EACCES:when=2' inotifywait -q -r -e create -t 0.05 D
	equal "$status" 2
	one_line inotifywait
	matches "$stderr" "butter: inotifywait: cannot watch 'D/(sub|other)/': Permission denied.*"
}

@test "-r: watches that run out below end the start with one line" {
	for error in ENOSPC ENOMEM; do
		inject "inotify_add_watch:error=$error:when=2" inotifywait -q -r -e create -t 0.05 D
		failed 1 inotifywait 'cannot watch'
	done
	inject 'inotify_add_watch:error=ENOSPC:when=2' inotifywait -q -r -t 0.05 D
	failed 1 inotifywait max_user_watches
}

@test "-r: watches that run out later are told, and what is watched goes on" {
	faulty 'inotify_add_watch:error=ENOSPC:when=3+' -m -e create -r D
	mkdir D/new
	: >D/file
	await grep -q file "$job/out"
	contains "$(<"$job/err")" "butter: inotifywait: cannot watch 'D/"
	contains "$(<"$job/err")" 'max_user_watches'
	equal "$(wc -l <"$job/err")" 1
}

@test "a low limit of the user namespace is named, and nothing is left half done" {
	mkdir D/{a,b,c,d}
	limited_to max_inotify_watches 3 inotifywait -q -r -t 0.05 D
	failed 1 inotifywait 'cannot watch' 'No space left on device' 'user.max_inotify_watches'
	limited_to max_inotify_watches 6 inotifywait -q -r -t 0.05 D
	equal "$status $stderr" '2 '
	limited_to max_inotify_instances 0 inotifywait -q -r -t 0.05 D
	failed 1 inotifywait 'user.max_inotify_instances'
}

@test "of limits it is said what they are: of watches also how many are needed" {
	local watches instances

	mkdir E
	# The user's own limit may be higher or lower.
	watches="raise fs.inotify.max_user_watches, now $(</proc/sys/fs/inotify/max_user_watches), in a user namespace also user.max_inotify_watches, now"
	instances="raise fs.inotify.max_user_instances, now $(</proc/sys/fs/inotify/max_user_instances), in a user namespace also user.max_inotify_instances, now"
	for applet in inotifywait inotifywatch; do
		need_applet "$applet"
		limited_to max_inotify_watches 1 "$applet" D E
		contains "$stderr" "$applet: cannot watch 'E': No space left on device (2 watches are needed: $watches 1)"
		limited_to max_inotify_watches 0 "$applet" D
		contains "$stderr" "$applet: cannot watch 'D': No space left on device (1 watch is needed: $watches 0)"
		limited_to max_inotify_instances 0 "$applet" D
		contains "$stderr" "$applet: cannot use inotify: Too many open files ($instances 0)"
	done
	limited_to max_inotify_watches 0 inotifywait --until-exists missing
	failed 1 inotifywait "cannot watch './': No space left on device (1 watch is needed: $watches 0)"
	limited_to max_inotify_instances 0 inotifywait --until-exists missing
	failed 1 inotifywait "cannot use inotify: Too many open files ($instances 0)"
}

@test "where there are no more descriptors, that is the limit that is named" {
	need_plain_build
	while read -r most arguments; do
		# shellcheck disable=SC2086
		capture bash -c 'ulimit -n "$1" && exec "$BUTTER" "${@:2}"' 0 "$most" $arguments
		equal "$status" 1
		contains "$stderr" "Too many open files (raise ulimit -n, now $most)"
	done <<-'END'
		3 inotifywait D
		5 inotifywait -r D
		3 inotifywatch D
		5 inotifywatch -r D
		4 inotifywait --until-exists missing
		6 inotifywait --until-exists missing
	END
}

@test "-r: watches that ran out in the middle of a new tree do not keep it from ending with the last one" {
	need_userns
	mkdir -p tree/{1,2,3}
	capture unshare -Ur bash -euc '
		echo 3 >/proc/sys/user/max_inotify_watches
		mkfifo ready lines
		line= && exec {lines}<>lines
		"$BUTTER" inotifywait -m -q -r -e create,delete_self --ready-fd 7 D 7>ready >lines &
		read -r <ready
		mv tree D/tree
		: >D/last
		until [ "$line" = "D/ CREATE last" ]; do read -r line <&"$lines"; done
		rm -r D
		wait $!'
	equal "$status" 1
	equal "$(tail -n 1 <<<"$stderr")" 'butter: inotifywait: nothing is left to watch'
}

@test "-r: descriptors or memory that run out in the walk end the start with one line" {
	for error in EMFILE ENFILE ENOMEM; do
		for when in 1 2 3; do
			inject "openat:error=$error:when=$when" inotifywait -q -r -e create -t 0.05 D
			[ "$status" = 2 ] || failed 1 inotifywait "cannot watch 'D" || fails "$error $when"
		done
	done
}

@test "-r: a folder that cannot be listed is said once, and watched itself" {
	mkdir D/sub/below
	faulty 'getdents64:error=EIO:when=1' -e create -r D
	: >D/file
	finish
	equal "$status $output" '0 D/ CREATE file'
	equal "$stderr" "butter: inotifywait: cannot watch 'D/': Input/output error"
	inject 'getdents64:error=ENOENT:when=1' inotifywait -q -r -t 0.05 D
	equal "$status $stderr" '2 '
}

@test "interrupted system calls change nothing" {
	for spec in read:error=EINTR:when=1..3 ppoll:error=EINTR:when=1..3 poll:error=EINTR:when=1..3 \
		write:error=EINTR:when=1..5 write:error=EAGAIN:when=2..4 \
		'read:error=EINTR:when=1+2 ppoll:error=EINTR:when=1+2 write:error=EINTR:when=1+2'; do
		faulty "$spec" --count 3 -e create -r D
		: >D/a
		mkdir D/b
		: >D/sub/c
		finish
		equal "$status $stderr" '0 '
		equal "$output" $'D/ CREATE a\nD/ CREATE,ISDIR b\nD/sub/ CREATE c' || fails "$spec"
		fresh
	done
	inject 'ppoll:error=EINTR:when=1..3 read:error=EINTR:when=1..3' inotifywait -q -t 0.05 D
	equal "$status $stderr" '2 '
}

@test "events that cannot be read: one line, status 1" {
	faulty read:error=EIO:when=1+ -m D
	: >D/n
	finish
	failed 1 inotifywait 'cannot read events: Input/output error'
}

@test "output that cannot be written: one line, status 1" {
	for error in EIO ENOSPC EPIPE; do
		faulty "write:error=$error:when=2+" -m D
		: >D/n
		finish
		# The message is a write too: only its failing can be seen.
		equal "$status $output" '1 '
		rm D/n
	done
	faulty "write:error=EIO:when=2" -m D
	: >D/n
	finish
	failed 1 inotifywait 'cannot write to standard output: Input/output error'
}

@test "readiness that cannot be told is an error" {
	injecting write:error=EIO:when=1
	launch "${tracer[@]}" "$BUTTER" inotifywait -q --ready-fd 7 D
	finish
	failed 1 inotifywait '--ready-fd'
}

@test "an overflow is told: a line, a message, and it goes on" {
	start "$BUTTER" inotifywait -q --ready-fd 7 -m -e open D
	overflow
	kill -CONT "$pid"
	await grep -q Q_OVERFLOW "$job/out"
	: >D/after
	await grep -q after "$job/out"
	equal "$(tail -n 2 "$job/out")" $' Q_OVERFLOW \nD/ OPEN after'
	equal "$(wc -l <"$job/out")" "$(($(</proc/sys/fs/inotify/max_queued_events) + 2))"
	equal "$(wc -l <"$job/err")" 1
	matches "$(<"$job/err")" 'butter: inotifywait: .*events are lost.*fs.inotify.max_queued_events.*'
}

@test "an overflow in --json, and as the event that is waited for" {
	need_tool jq
	start "$BUTTER" inotifywait -q --ready-fd 7 --json -e open,q_overflow --exclude . D
	overflow
	kill -CONT "$pid"
	finish
	equal "$status" 0
	equal "$(jq -c '[.event, (.time | type), keys]' "$job/out")" '["overflow","number",["event","time"]]'
}

@test "an overflow is not the event that was waited for, but it is told" {
	start "$BUTTER" inotifywait -q --ready-fd 7 -e open --include last D
	overflow
	kill -CONT "$pid"
	await grep -q OVERFLOW "$job/out"
	: >D/last
	finish
	equal "$status $output" $'0  Q_OVERFLOW \nD/ OPEN last'
}

@test "stopped and continued all the time, it loses nothing and is not early" {
	watch -m -q -e open D
	launch perl -e 'for (;;) { kill(STOP => @ARGV); kill(CONT => @ARGV); select(undef, undef, undef, 0.0002) }' "$pid"
	storm=$pid
	flood 3000
	timeout -k 1 "$LIMIT" head -n 3000 <&"$feed" >got
	kill "$storm"
	flooded 3000 >expected
	same_bytes got expected
}

@test "the wall clock is stepped, forth and back: no time limit is early or late, and records show the new time" {
	local before hours

	need_tool jq
	steppable
	for hours in 1 -1; do
		start "${tracer[@]}" "$BUTTER" inotifywait -q -m -t 1 --json -e create --ready-fd 7 D
		: >D/before
		await grep -q before "$job/out"
		step
		before=$(microseconds)
		: >D/after
		await grep -q after "$job/out"
		step
		finish
		lasted 1000000 "$before"
		equal "$status $stderr" '2 '
		equal "$(jq -s '.[1].time - .[0].time | . / 3600 | round' <<<"$output")" "$hours"
		step
		rm D/before D/after
	done
	for _ in 1 -1; do
		before=$(microseconds)
		start "${tracer[@]}" "$BUTTER" inotifywait -t 0.3 --ready-fd 7 --until-exists nothere
		step
		finish
		lasted 300000 "$before"
		equal "$status $stderr" '2 '
	done
	for _ in 1 -1; do
		start "${tracer[@]}" "$BUTTER" inotifywait -q -e create --debounce 0.3 --ready-fd 7 D --exec -- echo {}
		before=$(microseconds)
		: >D/new
		step
		finish
		lasted 300000 "$before"
		equal "$status $output $stderr" '0 D/new '
		rm D/new
	done
}

@test "memory that runs out: one line, status 1, no crash" {
	need_plain_build
	mkdir -p D/{1..20}/{1..20}
	for when in {1..5}; do
		# The kernel's brk has no error: it returns the break, which has not moved.
		inject "brk:retval=0:when=$when+ mmap:error=ENOMEM:when=$when+" inotifywait -q -r -t 0.01 D
		[ "$status" = 2 ] || failed 1 inotifywait 'out of memory' || fails "$when"
	done
}

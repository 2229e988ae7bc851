#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# fanotify-watch --permit: requests that wait for an answer. All happens on a file system of its own, in a mount namespace
# of its own, and whoever opens something there has a limit: a request that nobody answers would wait for ever.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2016 # inner shells expand
# shellcheck disable=SC2154 # helper.bash sets status, output, pid and job

load helper

setup() {
	trace_tests_only
	need_applet fanotify-watch
	need_root
	need_tool unshare nsenter mount
	need_proc
	cd "$BATS_TEST_TMPDIR" || return
	mkdir D
	M=$PWD/D
	ground tmpfs none
	printf 'allow\n' >rules
	capture "${inside[@]}" "$BUTTER" fanotify-watch --permit "$BATS_TEST_TMPDIR/rules" -t 0 .
	[ "$status" = 124 ] || skip "permission requests are forbidden here: $stderr"
}

# ground TYPE SOURCE [OPTION...]: mounts it on D in a namespace of its own; sets the array `inside` to a command that is
# there, with D as its folder.
ground() {
	launch unshare -m --propagation private sh -c \
		'mount -t "$1" "$2" "$3" && echo >&7 && exec 7>&- 8>&- sleep 100000' "$0" "$1" "$2" "$M"
	holder=$pid
	read -r -t "$LIMIT" -u "$ready" _ || skip "cannot mount $1 here: $(cat "$job/err")"
	inside=(nsenter -t "$holder" -m -r -w sh -c 'cd "$0" && exec "$@"' "$M")
}

# on COMMAND...: runs it there: status, output, stderr. Nothing may hang.
on() {
	LIMIT=20 capture "${inside[@]}" "$@"
	[ "$status" != 137 ] || fails "hangs: $*"
}

# rules LINE...
rules() {
	printf '%s\n' "$@" >"$BATS_TEST_TMPDIR/rules"
}

# permit ARGUMENT...: starts it and waits until it is ready; sets guard, responder, asker.
permit() {
	start "${inside[@]}" "$BUTTER" fanotify-watch --permit "$BATS_TEST_TMPDIR/rules" --ready-fd 7 "$@" .
	roles
}

# Has PID a fanotify group?
has_group() {
	grep -q ^fanotify /proc/"$1"/fdinfo/* 2>/dev/null
}

has_no_child() {
	[ -z "$(children "$1")" ]
}

roles() {
	local child first children

	guard='' responder='' asker=''
	read -ra children <"/proc/$pid/task/$pid/children" || true # it does not end in a newline
	for child in "${children[@]}"; do
		first=$(children "$child")
		if [ -n "$first" ] && has_group "$first"; then guard=$child responder=$first; else asker=$child; fi
	done
	[ -n "$guard" ] || fails "no guard: $(cat "$job/err")"
}

is_gone() {
	! has_state RSDTtIPK "$1"
}

# all_gone: none of its processes is left.
all_gone() {
	local one end=$((SECONDS + LIMIT))

	for one in $pid $guard $responder $asker; do
		until is_gone "$one"; do
			((SECONDS < end)) || fails "process $one is left" "$(tr '\0' ' ' <"/proc/$one/cmdline")" || return 1
			read -r -t 0.01 <> <(:) || true
		done
	done
}

# end: by SIGTERM, as other watchers.
end() {
	kill -TERM "$pid"
	finish
	all_gone
}

# told LINE...: these lines, once each, stand in the output that is written so far; waits for the last one.
has_line() {
	grep -qE "^($1)\$" "$job/out"
}

told() {
	local line

	for line; do await has_line "$line" || fails "output:" "$(cat "$job/out")" || return 1; done
}

untold() {
	! has_line "$1" || fails "has: $1" "output:" "$(cat "$job/out")"
}

file() {
	on sh -c 'echo "$1" >"$0"' "$1" "${2:-text}"
	equal "$status" 0
}

opens() {
	on cat "$1"
	equal "$status" 0 || fails "$stderr"
}

is_denied() {
	on cat "$1"
	equal "$status" 1 || fails "it was opened" || return 1
	contains "$stderr" "${2:-Operation not permitted}"
}

# ---- Rules

@test "what no rule matches is allowed, and told with who did it" {
	file a
	rules 'deny open *.key'
	permit
	opens a
	told "OPEN_PERM,ALLOW [0-9]+ cat $M/a"
	end
}

@test "deny open PATH: it and all below, and nothing beside it" {
	on mkdir -p up/deep upper
	file up/deep/a; file upper/a
	rules "deny open $M/up"
	permit
	is_denied up/deep/a
	on ls up
	equal "$status" 2
	opens upper/a
	told "OPEN_PERM,DENY [0-9]+ cat $M/up/deep/a" "OPEN_PERM,DENY,ISDIR [0-9]+ ls $M/up" "OPEN_PERM,ALLOW [0-9]+ cat $M/upper/a"
	end
}

@test "deny exec PATH: it can be read, not executed" {
	on cp "$(type -P true)" prog
	rules "deny exec $M/prog"
	permit
	on timeout 9 ./prog
	equal "$status" 126
	contains "$stderr" 'Operation not permitted'
	opens prog >/dev/null
	told "OPEN_EXEC_PERM,DENY [0-9]+ [a-z]+ $M/prog"
	untold "OPEN_PERM.*"
	end
}

@test "deny access: it can be opened, not read" {
	file a
	rules "deny access $M/a"
	permit
	on sh -c 'exec 9<a && ! cat <&9'
	equal "$status" 0
	told "ACCESS_PERM,DENY [0-9]+ cat $M/a"
	end
}

@test "globs: of the last component, of whole paths, with blanks and odd bytes" {
	on mkdir sub
	for name in x.key sub/y.key 'a b.txt' 'c,d' $'new\nline' 'star*' staro '#hash'; do file "$name"; done
	rules 'deny open *.key' "deny open \"$M/a b.*\"" 'deny open "c,d"' 'deny open "new\012line"' 'deny open "star\*"' \
		"deny open */D/[#]*"
	permit
	for name in x.key sub/y.key 'a b.txt' 'c,d' $'new\nline' 'star*' '#hash'; do is_denied "$name"; done
	opens staro
	told "OPEN_PERM,DENY [0-9]+ cat $M/new.012line" "OPEN_PERM,DENY [0-9]+ cat $M/c,d"
	end
}

@test "the first rule that matches decides" {
	file a; file b
	rules "allow open $M/a" "deny open $M" 'allow'
	permit
	opens a
	is_denied b
	end
}

@test "conditions: uid, gid, pid, comm, exe; all of if, unless, one of several values" {
	on cp "$(type -P cat)" kitten
	for name in uid gid comm exe both unless values; do file "$name"; done
	on chmod 755 .
	rules "deny open uid if uid=65534" "deny open gid if gid=65534" 'deny open comm if comm=kit*' \
		"deny open exe if exe=$M" 'deny open both if uid=65534 comm=nobody-has-it' 'deny open unless unless uid=0,1 comm=cat' \
		'deny open values if uid=1,65534,7'
	sed -i -E 's/open (uid|gid|comm|exe|both|unless|values)/open "\1"/' rules
	permit
	for name in uid gid values unless; do
		opens "$name"
		on setpriv --reuid 65534 --regid 65534 --clear-groups cat "$name"
		contains "$stderr" 'Operation not permitted'
	done
	on setpriv --reuid 65534 --regid 65534 --clear-groups cat both
	equal "$status" 0
	for name in comm exe; do
		opens "$name"
		on ./kitten "$name"
		contains "$stderr" 'Operation not permitted'
	done
	on ./kitten unless
	contains "$stderr" 'Operation not permitted'
	end
}

@test "pid: only one process" {
	file a
	rules "deny open \"a\" if pid=$$"
	permit
	opens a
	run bash -c 'nsenter -t "$1" -m -r -w cat "$2"' "$0" "$holder" "$M/a"
	equal "$status" 0
	end
}

@test "rules follow symbolic links in their paths, as the kernel's paths have none" {
	on mkdir real
	file real/a
	on ln -s real link
	rules "deny open $M/link/a" "deny open $M/link/later"
	permit
	is_denied real/a
	is_denied link/a
	file real/other
	on sh -c ': >real/later'
	contains "$stderr" 'Operation not permitted'
	end
}

@test "a bind mount is no way around" {
	on mkdir up away
	file up/a
	rules "deny open $M/up"
	permit
	on unshare -m sh -c 'mount --bind up away && cat away/a'
	equal "$status" 1
	contains "$stderr" 'Operation not permitted'
	told "OPEN_PERM,DENY [0-9]+ cat $M/up/a"
	end
}

@test "PATH is covered: that is said, and another PATH shows its paths" {
	on mkdir part
	file part/a
	on sh -c 'mkdir "$0/E" && mount --bind "$1" "$0/E"' "$PWD" "$M"
	rules "deny open $PWD/E/part"
	start "${inside[@]}" "$BUTTER" fanotify-watch --permit "$PWD/rules" --ready-fd 7 "$M" "$PWD/E"
	roles
	on mount -t tmpfs none "$M"
	await grep -q "D' leads to another mount" "$job/err"
	on cat "$PWD/E/part/a"
	equal "$status" 1
	told "OPEN_PERM,DENY [0-9]+ cat $PWD/E/part/a"
	end
}

@test "PATH shows a part of its file system: what lies in the rest has its own path, or none, but not /" {
	on mkdir -p part away rest
	on mount --bind part away
	file rest/a
	file part/a
	rules 'deny open "a"'
	start "${inside[@]}" "$BUTTER" fanotify-watch --permit "$BATS_TEST_TMPDIR/rules" --ready-fd 7 away
	roles
	is_denied rest/a
	is_denied part/a
	told "OPEN_PERM,DENY [0-9]+ cat $M/rest/a" "OPEN_PERM,DENY [0-9]+ cat $M/away/a"
	end
}

@test "a path longer than the kernel tells: denied where a rule denies paths, not by rules that allow them" {
	file a
	on perl -e 'my $n = "d" x 250; for (1 .. 20) { mkdir $n or die; chdir $n or die } open(F, ">", "deep.key") or die'
	rules "allow open $M" 'deny open *.nothing'
	permit
	on perl -e 'my $n = "d" x 250; for (1 .. 20) { chdir $n or die } open(F, "<", "deep.key") and exit 0; print "$!\n"; exit 3'
	equal "$status" 3
	contains "$output" 'Operation not permitted'
	opens a
	end
}

@test "a deleted file has its last path" {
	file a.key
	rules 'deny open a.key'
	sed -i 's/a.key/"a.key"/' rules
	permit
	on sh -c 'exec 9<>b.tmp; rm b.tmp; cat /proc/self/fd/9; mv a.key "a.key (deleted)"; cat "a.key (deleted)"'
	equal "$status" 0
	told "OPEN_PERM,ALLOW [0-9]+ cat $M/b.tmp" "OPEN_PERM,ALLOW [0-9]+ cat $M/a.key \(deleted\)"
	end
}

@test "deny=ERRNO: the error that was chosen" {
	file a
	rules "deny=EBUSY open \"a\"" 'deny=ENOSPC open "b"' 'deny=EPERM open "c"'
	file b; file c
	capture "${inside[@]}" "$BUTTER" fanotify-watch --permit "$PWD/rules" -t 0 .
	[[ $stderr != *'Linux 6.14'* ]] || skip "needs Linux 6.14"
	permit -j
	is_denied a 'Device or resource busy'
	is_denied b 'No space left on device'
	is_denied c
	told ".*\"answer\":\"deny\".*\"value\":16}"
	end
}

@test "JSON has the answer, and who asked" {
	file a
	rules 'deny open "a"'
	permit -j
	is_denied a
	told '.*open_perm.*'
	equal "$(jq -r 'select(.path == "'"$M"'/a") | "\(.event) \(.answer) \(.comm) \(.uid) \(.value)"' "$job/out")" 'open_perm deny cat 0 null'
	end
}

@test "--tell denied, --tell none" {
	file a; file b
	rules 'deny open "a"'
	permit --tell denied
	opens b
	is_denied a
	told "OPEN_PERM,DENY .*/a"
	untold '.*/b'
	end
	permit --tell none
	is_denied a
	end
	equal "$output" ''
}

@test "-n 2 ends after two decisions, and all is allowed again" {
	file a
	rules 'deny open "a"'
	permit -n 2
	is_denied a
	is_denied a
	finish
	succeeded
	all_gone
	opens a
}

@test "--inode: the folder's entries, not those of folders in it" {
	on mkdir -p up/deep
	file up/a; file up/deep/a
	rules 'deny open "a"'
	start "${inside[@]}" "$BUTTER" fanotify-watch --permit "$PWD/rules" --inode --ready-fd 7 up
	roles
	is_denied up/a
	opens up/deep/a
	end
}

@test "--mount: not through another mount" {
	on mkdir other
	file a
	rules 'deny open "a"'
	permit --mount
	is_denied a
	on unshare -m sh -c 'mount --bind . other && cat other/a'
	equal "$status" 0
	end
}

@test "pre-access on ext4" {
	need_tool mkfs.ext4
	truncate -s 16M image
	mkfs.ext4 -q image
	ground ext4 image
	file a
	on sync
	rules "deny pre-access $M/a"
	capture "${inside[@]}" "$BUTTER" fanotify-watch --permit "$BATS_TEST_TMPDIR/rules" -t 0 .
	[ "$status" = 124 ] || skip "no pre-access here: $stderr"
	permit
	is_denied a
	told "PRE_ACCESS,DENY [0-9]+ cat $M/a"
	end
	file b
	rules "deny pre-access $M/a" "deny open $M/b"
	permit
	is_denied a
	told "PRE_ACCESS,DENY [0-9]+ cat $M/a"
	is_denied b
	told "OPEN_PERM,DENY [0-9]+ cat $M/b"
	end
}

@test "where few files may be opened, fewer requests wait, and none is denied for want of one" {
	rules 'ask open *.key'
	printf '#!/bin/sh\nexec sleep 100000\n' >asker
	chmod +x asker
	file other
	on sh -c 'for i in $(seq 100); do : >$i.key; done'
	on sh -c "ulimit -n 40; exec $BUTTER fanotify-watch --permit $PWD/rules --ask $PWD/asker ."
	failed 1 fanotify-watch 'Too many open files'
	inside=("${inside[@]}" sh -c 'ulimit -n 64; exec "$@"' sh)
	permit --ask "$PWD/asker" --ask-timeout 1s
	on sh -c 'for i in $(seq 100); do cat $i.key & done; cat other; wait'
	equal "$status $stderr" '0 '
	end
}

@test "it keeps no mount busy; an unmount is told, and the last one ends it" {
	file a
	rules 'ask open "a"'
	ask_with 'exit 1'
	cd /
	start nsenter -t "$holder" -m -r -w sh -c 'cd / && exec "$@"' "$0" "$BUTTER" fanotify-watch \
		--permit "$BATS_TEST_TMPDIR/rules" --ask "$BATS_TEST_TMPDIR/asked" --ready-fd 7 "$M"
	roles
	is_denied a
	nsenter -t "$holder" -m -r -w sh -c 'cd / && umount "$0"' "$M"
	finish
	equal "$status" 1
	equal "$stderr" 'butter: fanotify-watch: nothing is left to watch'
	contains "$output" "UNMOUNT ? ? $M"
	all_gone
}

@test "output that fails is told, and decisions go on" {
	file a
	rules 'deny open "a"'
	mkfifo pipe
	for end in reader full; do
		exec {reader}<>pipe
		out=$BATS_TEST_TMPDIR/pipe
		[ $end = reader ] || out=/dev/full
		start "${inside[@]}" bash -c 'exec "$BUTTER" fanotify-watch --permit "$0/rules" --ready-fd 7 . >"$1" '"$reader<&-" "$BATS_TEST_TMPDIR" "$out"
		roles
		exec {reader}<&-
		is_denied a
		await grep -q 'cannot write to standard output' "$job/err"
		is_denied a
		is_running
		kill "$pid"
		finish
		contains "$stderr" 'it goes on'
		all_gone
	done
}

@test "an unmount is told, also where another file system has the same number by then" {
	rules 'deny open "a"'
	cd /
	for scope in '' --mount; do
		start nsenter -t "$holder" -m sh -c 'exec "$@"' "$0" "$BUTTER" fanotify-watch \
			--permit "$BATS_TEST_TMPDIR/rules" $scope --ready-fd 7 "$M"
		roles
		kill -STOP "$pid"
		nsenter -t "$holder" -m sh -c 'umount "$0" && mount -t tmpfs none "$0"' "$M"
		kill -CONT "$pid"
		finish
		equal "$status $output" "1 UNMOUNT ? ? $M"
		all_gone
	done
}

@test "several paths: on each file system, what its rules say" {
	on sh -c 'mkdir one two && mount -t tmpfs none one && mount -t tmpfs none two && echo text >one/a && echo text >two/a && echo text >a'
	rules "deny open $M/one" "deny open $M/two/a" "deny open $M/a"
	start "${inside[@]}" "$BUTTER" fanotify-watch --permit "$BATS_TEST_TMPDIR/rules" --ready-fd 7 one two
	roles
	is_denied one/a
	is_denied two/a
	opens a
	end
}

@test "--exec for what was denied: its own requests are decided as those of others" {
	file a; file b
	rules 'deny open "a"' 'allow'
	start "${inside[@]}" "$BUTTER" fanotify-watch --permit "$BATS_TEST_TMPDIR/rules" --tell denied --ready-fd 7 -n 1 --exec . -- \
		sh -c 'echo "$BUTTER_EVENT $1"; cat b; cat a' sh {}
	roles
	is_denied a
	finish
	equal "$output" "open_perm $M/a"$'\ntext'
	all_gone
}

@test "the folder and the name in it; @PATH leaves out what is told, not what is decided" {
	on mkdir sub
	file sub/a; file b
	rules 'deny open "a"'
	permit -F '%e %w %f' @sub/a "@$M/none"
	is_denied sub/a
	opens b
	told "OPEN_PERM,ALLOW $M/ b"
	untold '.* a'
	end
	permit -F '%e %w %f'
	is_denied sub/a
	told "OPEN_PERM,DENY $M/sub/ a"
	end
}

@test "--exclude, --include and --comm choose what is told, not what is decided" {
	file a; file b
	rules 'deny open "a"'
	permit --exclude /a --comm cat
	is_denied a
	opens b
	on head -n 1 b
	told "OPEN_PERM,ALLOW [0-9]+ cat $M/b"
	untold '.*/a'
	untold '.* head .*'
	end
}

# ---- What is wrong is said, and nothing is started

# refused LINE:COLUMN TEXT: by the rules as they are.
refused() {
	on "$BUTTER" fanotify-watch --permit "$BATS_TEST_TMPDIR/rules" -t 0 .
	failed 1 fanotify-watch "rules:$1: $2"
}

@test "errors in rules: the file, the line, the column" {
	rules 'allow' '  dney open /x'; refused 2:3 "'dney' is no verb"
	rules 'deny opne /x'; refused 1:6 "'opne' is no operation: open, access, exec or pre-access"
	rules 'deny fly x'; refused 1:6 "'fly' is no operation"
	rules 'deny opne,open'; refused 1:6 "'opne' is no operation"
	rules 'deny x.key'; refused 1:6 "'x.key' is no pattern: it is neither a path nor a glob"
	rules 'deny open,foo /x'; refused 1:11 "'foo' is no operation"
	rules 'deny open a/b'; refused 1:11 "'a/b' is no pattern: a path begins with a slash"
	rules 'deny open /a/../b'; refused 1:11 "'/a/../b' is no pattern: a path has no //"
	rules 'deny open /a if'; refused 1:16 'a condition is missing'
	rules 'deny open /a if name=x'; refused 1:17 "'name=x' is no condition"
	rules 'deny open /a if uid=1,root'; refused 1:23 "'root' cannot be the value here: it is no number"
	rules 'deny open /a if exe=cat'; refused 1:21 "'cat' cannot be the value here"
	rules 'deny open /a /b'; refused 1:14 "'/b' is too much"
	rules 'deny=EFOO open'; refused 1:6 "'EFOO' is no error of a denial"
	rules 'deny open "a b'; refused 1:11 "a quote that does not end"
	rules "deny open a\\"; refused 1:12 "behind a backslash"
	rules $'deny \e31m'; refused 1:6 "'\\03331m' is no pattern"
	rules '# nothing'; on "$BUTTER" fanotify-watch --permit "$PWD/rules" -t 0 .; failed 1 fanotify-watch 'there are no rules'
	printf 'deny \0' >rules; refused 1:6 'a NUL byte'
}

# noted OPTION... -- LINE...: these are the notes about the rules, as they are, with OPTIONs; line by line.
noted() {
	local options=()

	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	on "$BUTTER" fanotify-watch --permit "$BATS_TEST_TMPDIR/rules" -t 0 "${options[@]}" .
	equal "$status" 124 || fails "$stderr" || return 1
	equal "$stderr" "$(for line; do echo "butter: fanotify-watch: $BATS_TEST_TMPDIR/rules:$line"; done)"
}

@test "rules without an effect: a note with line and column says why, and -q none" {
	on mkdir -p up/in other bind
	file up/a; file up/in/a
	on mount -t tmpfs none other
	on mount --bind up bind
	on ln -s up link
	rules "deny open $M/up/a" "deny open \"$M/mis sing/x\"" "  deny=EPERM exec $M/other" "allow open / # all" "deny open *.key"
	noted -- "2:11: '$M/mis sing/x' does not exist: this has no effect until it is made" \
		"3:19: '$M/other' is on a file system that is not watched: this has no effect"
	noted -q --
	rules 'deny open /nonexistent/x' "deny open $M/other/*.key" "deny open $M/link/*.key" "deny open $M/link/a" "deny open $M/u*/*.key" \
		"deny open $M/bind/a" "deny open *" "allow open \"a\" if exe=/bin/sh,/nonexistent" "deny open,exec $M/*.key unless uid=0"
	noted -- "1:11: '/nonexistent/x' is on a file system that is not watched: this has no effect" \
		"2:11: '$M/other' is on a file system that is not watched: this has no effect" \
		"3:11: '$M/link' has symbolic links, which globs do not follow: this has no effect" \
		"6:11: '$M/bind/a' has another path through the mount of PATH: this has no effect" \
		"8:31: '/nonexistent' does not exist: this has no effect until it is made"
	rules "deny open $M/up" "allow exec $M/up/a" "allow open $M/up/a" 'deny if uid=0' "deny open" "ask open *.a" "allow exec"
	noted --ask true -- "3:1: the rule in line 1 takes all that this one is for" "6:1: the rule in line 5 takes all that this one is for"
	rules "deny open $M/bind" "deny open $M/up"
	noted --mount -- "1:11: '$M/bind' is not seen through a mount that is watched: this has no effect"
	rules "deny open $M" "deny exec $M/up/a" "deny exec $M/up" "deny exec $M/new" "deny exec $M/up/*.key" "deny exec $M/*.key"
	noted --inode -- "2:11: '$M/up/a' is neither a PATH nor an entry of one: this has no effect" \
		"4:11: '$M/new' does not exist: this has no effect until it is made" \
		"5:11: '$M/up' is neither a PATH nor an entry of one: this has no effect"
}

@test "rules that cannot be read, that ask nobody" {
	on "$BUTTER" fanotify-watch --permit missing -t 0 .
	failed 1 fanotify-watch "cannot read the rules in 'missing': No such file or directory"
	on "$BUTTER" fanotify-watch --permit . -t 0 .
	failed 1 fanotify-watch "cannot read the rules in '.': Is a directory"
	rules allow 'ask open'
	on "$BUTTER" fanotify-watch --permit "$PWD/rules" -t 0 .
	failed 1 fanotify-watch 'rules:2:1: this rule asks, and no --ask says whom'
}

@test "options that do not fit" {
	try fanotify-watch --ask x .; misused fanotify-watch 'need --permit'
	for option in '--tell denied' '--tell all' '--ask-default allow' '--ask-timeout 5s'; do
		# shellcheck disable=SC2086 # two words
		try fanotify-watch $option .; misused fanotify-watch 'need --permit'
	done
	try fanotify-watch --permit rules --ask-default deny .; misused fanotify-watch '--ask-default needs --ask'
	try fanotify-watch --permit rules --ask '' .; misused fanotify-watch 'the command is empty'
	try fanotify-watch --permit rules --ask x --ask-timeout inf .; misused fanotify-watch '--ask-timeout'
	try fanotify-watch --permit rules --ask x --ask-timeout 1ms .; misused fanotify-watch '--ask-timeout'
	for option in '-e open' -P -r '--ignore x' '--pid 1' '--pidfd 0' --unlimited '--inode --on-overflow rescan'; do
		# shellcheck disable=SC2086 # several words
		try fanotify-watch --permit rules $option .; misused fanotify-watch '--permit goes without'
	done
}

@test "marks that fail: nothing stays marked, no process is left" {
	rules 'deny'
	file a
	on "$BUTTER" fanotify-watch --permit "$PWD/rules" . missing
	failed 1 fanotify-watch "cannot watch 'missing': No such file or directory"
	on "$BUTTER" fanotify-watch --permit "$PWD/rules" no . /proc none
	matches "$status $stderr" "1 butter: fanotify-watch: cannot watch 'no': No such file or directory
butter: fanotify-watch: cannot watch 'none': No such file or directory
butter: fanotify-watch: cannot watch '/proc': Invalid argument \([^)]*\)"
	printf 'no%s\0' {1..2000} >many
	on sh -c 'xargs -0 "$0" fanotify-watch --permit "$1/rules" <"$1/many"' "$BUTTER" "$PWD"
	equal "$status $(sort -u <<<"$stderr" | wc -l)" '123 2000'
	on "$BUTTER" fanotify-watch --permit "$PWD/rules" . /proc
	failed 1 fanotify-watch "cannot watch '/proc': Invalid argument (this kernel does not know these requests, or not for this file system"
	opens a
}

@test "calls that fail" {
	need_strace
	rules 'deny'
	within=("${inside[@]}")
	for spec in 'fanotify_init ENOSYS cannot.use.fanotify:.Function.not.implemented.*CONFIG_FANOTIFY' \
		'fanotify_init EMFILE cannot.use.fanotify:.Too.many.*max_user_groups' \
		'fanotify_init EINVAL cannot.use.fanotify:.Invalid.*too.old' \
		'fanotify_init EPERM cannot.use.fanotify:.Operation.not.permitted.*seccomp' \
		'fanotify_mark EINVAL cannot.watch....:.Invalid' \
		'fanotify_mark ENOSPC cannot.watch....:.No.space.*max_user_marks' \
		'fanotify_mark ENODEV cannot.watch....:.No.such.device.*--mount' \
		'fanotify_mark EXDEV cannot.watch....:.Invalid.cross-device.*subvolume' \
		'socketpair EMFILE cannot.start.the.processes.*ulimit' \
		'mlockall EPERM -'; do
		read -r call error text <<<"$spec"
		capture "${within[@]}" env "ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-}" strace -f -qq -o /dev/null \
			-e trace="$call" -e inject="$call:error=$error" "$BUTTER" fanotify-watch --permit "$PWD/rules" -t 0 .
		if [ "$text" = - ]; then
			equal "$status" 124
		else
			equal "$status" 1
			one_line fanotify-watch
			matches "$stderr" ".*$text.*" || fails "$spec"
		fi
	done
}

# ---- A command that is asked

# ask_with BODY: makes the program `asked` with the shell commands BODY.
ask_with() {
	printf '#!/bin/sh\n%s\n' "$1" >asked
	chmod +x asked
}

@test "--ask: status 0 allows, 1 denies; the command knows all about the request" {
	file a.yes; file a.no
	rules 'ask open *.yes' 'ask open *.no'
	ask_with 'cat >>"${0%/*}/json"; echo "$BUTTER_EVENT $BUTTER_PATH $BUTTER_PID $BUTTER_COMM $BUTTER_UID" >>"${0%/*}/environment"
		echo words; case $BUTTER_PATH in *.no) exit 1;; esac'
	permit --ask "$PWD/asked"
	opens a.yes
	is_denied a.no
	told "OPEN_PERM,ALLOW .*/a.yes" "OPEN_PERM,DENY .*/a.no"
	untold words
	grep -qE "^open_perm $M/a.no [0-9]+ cat 0\$" environment
	equal "$(jq -r '"\(.event) \(.path) \(.comm) \(.uid)"' json | head -n 1)" "open_perm $M/a.yes cat 0"
	end
	contains "$stderr" words
}

@test "--ask: any other status, and no answer in time, is the default" {
	file a
	rules 'ask open "a"'
	ask_with 'exit 7'
	permit --ask "$PWD/asked"
	opens a
	end
	permit --ask "$PWD/asked" --ask-default deny
	is_denied a
	end
	ask_with 'exec sleep 1000'
	permit --ask "$PWD/asked" --ask-default deny --ask-timeout 300ms
	is_denied a
	end
	permit --ask "$PWD/asked" --ask-timeout 300ms
	opens a
	end
}

@test "--ask: a command that is late is killed, with its children" {
	file a
	rules 'ask open "a"'
	ask_with 'echo $$ >>"${0%/*}/pids"; sleep 1000 & echo $! >>"${0%/*}/pids"; wait'
	permit --ask "$PWD/asked" --ask-timeout 300ms
	opens a
	equal "$(wc -l <pids)" 2
	while read -r one; do await is_gone "$one"; done <pids
	end
}

@test "--ask: a command is killed when all ends" {
	file a
	rules 'ask open "a"'
	ask_with 'echo $$ >"${0%/*}/pids"; exec sleep 1000'
	permit --ask "$PWD/asked" --ask-timeout 50s
	"${inside[@]}" timeout -s KILL 20 cat a >opened 3>&- 4>&- &
	reader=$!
	await test -s pids
	end
	wait "$reader"
	equal "$(cat opened)" text
	is_gone "$(cat pids)"
}

@test "--ask: a command that reads marked files itself, by its children, too" {
	file a; file b; on mkdir up; file up/c
	rules 'ask'
	ask_with 'cat "$M/b" >/dev/null || exit 1; (setsid sh -c "cat $M/up/c >&2") || exit 1'
	on cp "$PWD/asked" asked
	M=$M permit --ask ./asked
	opens a
	told 'OPEN_PERM,ALLOW .*/a'
	untold '.*/b'
	untold '.*/c'
	untold '.*/asked'
	end
}

@test "--ask: what a command has started and left behind reads marked files, too" {
	file a; file b; file c
	mkfifo go gone
	exec 8<>go 9<>gone
	rules 'ask'
	ask_with 'cd "${0%/*}"; [ ! -e once ] || exit 0; : >once
		setsid sh -c "(read -r _ <go; cat $M/b; echo >gone) &"; (read -r _ <go; cat $M/c; echo >gone) &'
	M=$M permit --ask "$PWD/asked"
	opens a
	for _ in b c; do
		echo >&8
		read -r -t "$LIMIT" -u 9 _
	done
	file d
	told 'OPEN_PERM,ALLOW .*/d'
	untold '.*/b'
	untold '.*/c'
	await has_no_child "$asker"
	end
}

@test "--ask: many at once, in any order" {
	on sh -c 'for i in $(seq 40); do echo text >a$i; done'
	rules 'ask open a*'
	ask_with 'case $BUTTER_PATH in *[02468]) exit 1;; esac'
	permit --ask "$PWD/asked" --ask-timeout 60s
	LIMIT=120 capture "${inside[@]}" sh -c 'for i in $(seq 40); do (cat a$i >/dev/null 2>&1; echo "$((i % 2)) $?") & done; wait'
	equal "$(sort <<<"$output" | uniq -c | sed 's/^ *//')" $'20 0 1\n20 1 0'
	end
}

@test "--ask: a command that cannot be run is told once, and the default is the answer" {
	file a
	rules 'ask open "a"'
	permit --ask ./missing
	opens a
	opens a
	end
	one_line fanotify-watch
	contains "$stderr" "cannot run './missing', so that is allowed: No such file or directory"
}

# ---- However its processes end, nobody waits for ever

# opens_after: whoever waited, or comes now, is not kept.
ends_with() {
	finish
	equal "$status" 1
	one_line fanotify-watch
	contains "$stderr" "$1"
	all_gone
	opens a
}

# killing WHO: many rounds: openers without a pause, and WHO is killed.
killing() {
	local i who opener=0

	many_runs
	file a
	on chmod 755 .
	rules 'ask open *.ask' 'deny open *.no' 'allow'
	file x.ask; file x.no
	ask_with 'exit 0'
	for i in $(seq "$(rounds 10 1000)"); do
		permit --ask "$PWD/asked" --ask-timeout 2s
		"${inside[@]}" timeout -s KILL 20 perl -e \
			'for (1 .. 8) { open(my $file, "<", $_) for qw(a x.ask x.no) }' 3>&- 4>&- 7>&- 8>&- &
		opener=$!
		who=${!1}
		[ $((i % 2)) = 0 ] || await test -s "$job/out"
		kill -KILL "$who"
		wait "$opener" || fails "round $i: an opener hangs" || return 1
		if [ "$1" = asker ]; then
			await grep -q 'was ended: what rules would ask about is allowed' "$job/err"
			kill -TERM "$pid"
			finish
		else
			finish
			[ "$1" = pid ] || { equal "$status" 1; one_line fanotify-watch; contains "$stderr" 'all is allowed again'; }
		fi
		all_gone
		opens x.no
	done
}

@test "kill -9 of the responder" {
	killing responder
}

@test "kill -9 of the guard" {
	killing guard
}

@test "kill -9 of the main process" {
	killing pid
}

@test "kill -9 of the asker" {
	killing asker
}

@test "a responder that is stopped: the guard ends it" {
	file a
	rules 'deny open "a"'
	permit --ask-timeout 500ms
	is_denied a
	kill -STOP "$responder"
	opens a
	ends_with 'the responder was silent for 0.5s and was ended: all is allowed again'
}

@test "a guard that is stopped for a while changes nothing, and one that is stopped with it neither, when both go on" {
	file a
	rules 'deny open "a"'
	permit --ask-timeout 500ms
	kill -STOP "$guard" "$responder"
	"${inside[@]}" timeout -s KILL 20 cat a >opened 2>&1 3>&- 4>&- &
	reader=$!
	read -r -t 1.5 <> <(:) || true
	kill -CONT "$guard" "$responder"
	wait "$reader" || true
	contains "$(cat opened)" 'Operation not permitted'
	is_denied a
	end
}

@test "the main process is stopped and its output is full: openers go on; what was lost is counted" {
	file a
	rules 'deny open "b"'
	file b
	permit --queue 4K
	kill -STOP "$pid"
	on perl -e 'for (1 .. 20000) { open(F, "<", "a") or die "$!"; close(F) }'
	equal "$status" 0
	is_denied b
	kill -CONT "$pid"
	told 'Q_OVERFLOW.*'
	end
	contains "$stderr" 'decisions could not be told'
	# The lines are whole.
	! grep -vE "^(OPEN_PERM,(ALLOW|DENY)(,ISDIR)? [0-9]+ [^ ]+ $M.*|Q_OVERFLOW .*)\$" "$job/out" || fails "broken lines"
}

@test "output that nobody reads: openers go on" {
	file a
	rules 'deny open "b"'
	file b
	mkfifo pipe
	exec 9<>pipe
	launch "${inside[@]}" sh -c 'exec "$@" >"$0"' "$PWD/pipe" "$BUTTER" fanotify-watch --permit "$PWD/rules" --queue 4K --ready-fd 7 .
	read -r -t "$LIMIT" -u "$ready" _
	roles
	on perl -e 'for (1 .. 20000) { open(F, "<", "a") or die "$!"; close(F) }'
	equal "$status" 0
	is_denied b
	kill -TERM "$pid"
	finish
	all_gone
}

@test "standard output on the marked file system: its own writing is no request" {
	file a
	rules 'deny open,access "out"' 'allow open,access'
	launch "${inside[@]}" sh -c 'exec "$@" >out' "$0" "$BUTTER" fanotify-watch --permit "$PWD/rules" --ready-fd 7 -n 3 .
	read -r -t "$LIMIT" -u "$ready" _
	roles
	for _ in 1 2 3; do on sh -c ': <a'; done
	finish
	succeeded
	all_gone
	on grep -c OPEN_PERM,ALLOW out
	equal "$output" 3
}

@test "SIGINT and SIGTERM: complete lines, nobody is left" {
	file a
	rules 'deny open "a"'
	for signal in INT TERM HUP; do
		start "${inside[@]}" env --default-signal=INT "$BUTTER" fanotify-watch --permit "$PWD/rules" --ready-fd 7 .
		roles
		is_denied a
		told 'OPEN_PERM,DENY .*/a'
		kill "-$signal" "$pid"
		finish
		equal "$status" "$((128 + $(kill -l "$signal")))"
		all_gone
		opens a
	done
}

@test "SIGTERM: what was decided by then is told" {
	file a
	rules 'deny open "a"'
	permit
	kill -STOP "$pid"
	for _ in {1..20}; do is_denied a; done
	kill -TERM "$pid"
	kill -CONT "$pid"
	finish
	equal "$status" 143
	equal "$(grep -c OPEN_PERM,DENY "$job/out")" 20
	all_gone
}

@test "SIGTERM while the output is full: its reader gets what was decided by then, and what it does not take is counted" {
	local told untold

	file a
	rules 'deny open "a"'
	mkfifo pipe
	for reads in yes no; do
		exec 9<>pipe
		launch "${inside[@]}" sh -c 'exec "$@" >"$0"' "$PWD/pipe" "$BUTTER" fanotify-watch --permit "$PWD/rules" --ready-fd 7 . 9<&-
		read -r -t "$LIMIT" -u "$ready" _
		roles
		cat <pipe >got 9<&- 3>&- 4>&- &
		reader=$!
		kill -STOP "$reader"
		on perl -e 'for (1 .. 3000) { open(F, "<", "a") and die }'
		equal "$status" 0
		kill -TERM "$pid"
		await is_gone "$responder"
		[ $reads = no ] || kill -CONT "$reader"
		finish
		equal "$status" 143
		kill -CONT "$reader"
		exec 9<&-
		wait "$reader"
		told=$(grep -cE "^OPEN_PERM,DENY [0-9]+ perl $M/a\$" got)
		untold=$(sed -n 's/^butter: fanotify-watch: \([0-9]*\) records could not be told: the output was not read in time$/\1/p' <<<"$stderr")
		equal "$((told + untold))" 3000
		[ $reads = no ] || equal "$stderr" ''
		all_gone
	done
}

@test "signals that ask to end are for the main process: the others end with it" {
	file a
	rules 'ask open "a"'
	ask_with 'exit 1'
	permit --ask "$PWD/asked"
	for signal in HUP INT QUIT TERM; do kill "-$signal" "$guard" "$responder" "$asker"; done
	is_denied a
	end
	equal "$stderr" ''
}

@test "what it starts has no descriptors of others" {
	file a
	rules 'ask open "a"'
	ask_with 'ls /proc/self/fd >"${0%/*}/fds"'
	permit --ask "$PWD/asked"
	for one in $guard $responder $asker; do
		[ ! -e "/proc/$one/fd/8" ] || [[ $(readlink "/proc/$one/fd/8") != *alive ]] || fails "process $one has descriptor 8"
	done
	for one in $pid $guard $asker; do ! has_group "$one" || fails "process $one has the group"; done
	opens a
	# 0 to 2, and that of ls.
	equal "$(wc -l <fds)" 4
	end
}

@test "--audit: where the kernel can" {
	file a
	rules 'deny open "a"'
	on "$BUTTER" fanotify-watch --permit "$PWD/rules" --audit -t 0 .
	[ "$status" = 124 ] || { failed 1 fanotify-watch 'cannot use fanotify with --audit'; skip "no audit here"; }
	permit --audit
	is_denied a
	opens rules 2>/dev/null || true
	end
	need_tool setpriv
	on setpriv --bounding-set -audit_write "$BUTTER" fanotify-watch --permit "$PWD/rules" --audit -t 0 .
	failed 1 fanotify-watch "cannot use fanotify with --audit: Operation not permitted (this needs CAP_AUDIT_WRITE)"
}

@test "without rights it says which is missing" {
	unprivileged
	rules allow
	chmod a+r rules
	cp rules "$(public_folder)/rules"
	capture "${as_nobody[@]}" "$BUTTER" fanotify-watch --permit "$(public_folder)/rules" -t 0 /
	failed 1 fanotify-watch 'cannot use fanotify: Operation not permitted (this needs CAP_SYS_ADMIN'
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# inotifywait --follow-name and --wait-recreate: operands that are replaced, rotated, removed and made again, unmounted
# and mounted. BUTTER_LONG=1 runs more rounds.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # perl and other shells expand

load helper
load inotify

setup() {
	trace_tests_only
	need_applet inotifywait
	need_tool perl
	another_folder
}

# watch OPTION... PATH...: goes on for ever, in the background; returns when it is ready.
watch() {
	start "$BUTTER" inotifywait -qm --ready-fd 7 "$@"
}

# has LINE [COUNT]: that line has been printed, so often at least; for await.
has() {
	(($(grep -cxF -- "$1" "$job/out") >= ${2:-1}))
}

# sees LINE [COUNT]: waits for that.
sees() {
	await has "$@" || fails "no '$1' in:" "$(cat "$job/out" "$job/err")"
}

# is_followed FILE: what is written to it is seen.
is_followed() {
	local before

	before=$(grep -cxF "$1 MODIFY " "$job/out" || true)
	echo more >>"$1"
	sees "$1 MODIFY " $((before + 1))
}

# silent: not a word on standard error so far.
silent() {
	equal "$(cat "$job/err")" ""
}

# lost PATH: it ends, for nothing is left.
lost() {
	finish
	equal "$status" 1
	contains "$stderr" "nothing is left to watch"
}

@test "a file that is replaced by a rename over it is followed, and its successor is told as synthetic" {
	need_tool jq
	: >f
	: >new
	watch --follow-name --json f
	mv new f
	await grep -q '"create"' "$job/out"
	echo more >>f
	await grep -q '"close_write"' "$job/out"
	equal "$(jq -r 'select(.event == "create") | "\(.path) \(.synthetic) \(.dir) \(.is_dir)"' "$job/out")" \
		"f true null null"
	equal "$(jq -r 'select(.event == "modify") | "\(.path) \(.synthetic)"' "$job/out")" "f null"
	# Deleted and made again: it depends on which comes first.
	rm f
	lost
}

@test "without the option a file that is replaced is lost" {
	: >f
	: >new
	watch f
	mv new f
	lost
}

@test "of a file that is replaced at full speed, the last one is followed, and its content has been told" {
	local seen=$BATS_TEST_TMPDIR/seen

	echo 0 >f
	watch --follow-name f
	# Whoever reads the file upon each record knows the last content in the end.
	{ tail -n +1 -s 0.01 -f "$job/out" --pid="$pid" | while read -r _; do cat f; done; } >"$seen" 2>/dev/null 3>&- &
	started+=("$!")
	perl -e 'for my $i (1 .. $ARGV[0]) {
		open(F, ">", "new") or die; print F "$i\n"; close(F); rename("new", "f") or die }' "$(rounds 100 1000)"
	echo last >>f
	await grep -qx last "$seen"
	is_followed f
	silent
	equal "$(watches "$pid")" 1
}

@test "a file that is replaced while somebody has it open is followed at once" {
	: >f
	watch --follow-name f
	exec 9<f
	: >new
	mv new f
	sees "f DELETE_SELF "
	sees "f CREATE "
	is_followed f
	exec 9<&-
	is_followed f
	equal "$(grep -c DELETE_SELF "$job/out")" 1
}

@test "a file that was removed while somebody has it open is followed when it comes" {
	: >f
	watch --wait-recreate f
	exec 9<f
	rm f
	sees "f DELETE_SELF "
	: >f
	sees "f CREATE "
	is_followed f
	exec 9<&-
}

@test "with --follow-name alone it is followed when nobody has the old one open any more" {
	: >f
	watch --follow-name f
	exec 9<f
	rm f
	sees "f ATTRIB "
	drained
	: >f
	exec 9<&-
	sees "f CREATE "
	is_followed f
}

@test "a log that is rotated is followed, however long its successor takes" {
	local i

	: >log
	watch --wait-recreate log
	for i in 1 2 3; do
		mv log log.1
		sees "log MOVE_SELF " "$i"
		drained
		echo old >>log.1 # nobody's any more
		: >log
		sees "log CREATE " "$i"
		is_followed log
	done
	equal "$(grep -c MODIFY "$job/out")" 3
	silent
	equal "$(watches "$pid")" 1
}

@test "a log that is moved away is lost with --follow-name alone, and one that is moved back is not" {
	: >log
	watch --follow-name log
	kill -STOP "$pid"
	mv log log.1
	mv log.1 log
	kill -CONT "$pid"
	sees "log MOVE_SELF " # both: the kernel joins what is alike
	drained
	is_followed log
	equal "$(grep -c CREATE "$job/out")" 0
	mv log log.1
	lost
}

@test "a file is waited for also where its folders have to be made first" {
	mkdir -p a/b
	: >a/b/f
	watch --wait-recreate a/b/f
	rm -r a
	sees "a/b/f DELETE_SELF "
	drained
	mkdir -p a/b
	drained
	: >a/b/f
	sees "a/b/f CREATE "
	is_followed a/b/f
	# At any moment of it.
	perl -e 'for (1 .. $ARGV[0]) { unlink("a/b/f"); rmdir("a/b"); rmdir("a");
		mkdir("a"); mkdir("a/b"); open(F, ">", "a/b/f") or die }' 200
	is_followed_at_last a/b/f
	silent
}

# is_followed_at_last FILE: after a storm, in which a write may have come before the watch that CREATE tells of.
is_followed_at_last() {
	drained
	is_followed "$1"
}

@test "a file comes back as a folder, and a folder as a file" {
	: >f
	watch --wait-recreate f
	rm f
	mkdir f
	sees "f/ CREATE,ISDIR "
	: >f/x
	sees "f/ CREATE x"
	rm -r f
	sees "f/ DELETE_SELF "
	: >f
	sees "f CREATE "
	is_followed f
}

@test "an operand that is a symbolic link is followed to what it points to" {
	mkdir 1 2
	: >1/f
	: >2/f
	ln -s 1 current
	watch --wait-recreate current/f
	ln -s 2 next
	mv -T next current
	sees "current/f MOVE_SELF "
	sees "current/f CREATE "
	is_followed current/f
	rm -r 1
	drained
	rm -r 2 current
	sees "current/f DELETE_SELF "
	drained
	ln -s 3 current
	drained
	mkdir 3
	: >3/f
	sees "current/f CREATE " 2
	is_followed current/f
}

@test "a link that comes to lead elsewhere is followed, whatever becomes of what it led to" {
	# As Kubernetes replaces what it mounts of a ConfigMap.
	mkdir ..1 ..2 ..3
	for i in 1 2 3; do echo $i >..$i/key; done
	ln -s ..1 ..data
	ln -s ..data/key key
	for option in --follow-name --wait-recreate; do
		ln -sfn ..1 ..data
		watch $option key "$PWD/..data"
		for i in 2 3; do
			ln -s ..$i ..new
			mv -T ..new ..data
			sees "key CREATE " $((i - 1))
			sees "$PWD/..data/ CREATE,ISDIR " $((i - 1))
			is_followed key
			: >..$i/$i
			sees "$PWD/..data/ CREATE $i"
			rm ..$i/$i
		done
		equal "$(grep -c 'key MOVE_SELF' "$job/out")" 2
		equal "$(grep -c CREATE, "$job/out")" 2
		: >..1/unseen
		is_followed key
		lacks "$(<"$job/out")" unseen
		rm ..1/unseen ..[123]/key
		for i in 1 2 3; do echo $i >..$i/key; done
		silent
		kill "$pid"
	done
}

@test "a folder on the way that is renamed: the path is followed, and not the folder" {
	mkdir -p up/er
	: >up/er/f
	watch --follow-name up/er/f
	mv up away
	# Nothing else is there: it goes on with what it has.
	echo more >>away/er/f
	sees "up/er/f MODIFY "
	mkdir -p up/er
	: >up/er/f
	sees "up/er/f MOVE_SELF "
	sees "up/er/f CREATE "
	is_followed up/er/f
	kill "$pid"
	mv up again
	mv away up
	watch --wait-recreate up/er/f
	mv up away
	sees "up/er/f MOVE_SELF "
	echo more >>away/er/f
	mv again up
	sees "up/er/f CREATE "
	lacks "$(<"$job/out")" MODIFY
	is_followed up/er/f
	silent
}

@test "a tree behind a link is told as a whole when the link leads to another" {
	mkdir -p one/a/b two/c/d
	ln -s one cur
	watch -r --follow-name -e create,move_self cur
	ln -s two next
	mv -T next cur
	sees "cur/c/ CREATE,ISDIR d"
	mkdir one/a/unseen two/c/d/seen
	sees "cur/c/d/ CREATE,ISDIR seen"
	equal "$(<"$job/out")" "cur/ MOVE_SELF 
cur/ CREATE,ISDIR 
cur/ CREATE,ISDIR c
cur/c/ CREATE,ISDIR d
cur/c/d/ CREATE,ISDIR seen"
}

@test "a way of which not all may be read is followed as far as it may, without a word" {
	unprivileged
	mkdir -p shut/in/1 shut/in/2
	chmod 711 shut
	chmod 755 . shut/in
	: >shut/in/1/f
	: >shut/in/2/f
	ln -s 1 shut/in/cur
	chmod 666 shut/in/*/f
	start "${as_nobody[@]}" "$BUTTER" inotifywait -qm --ready-fd 7 --follow-name shut/in/cur/f
	ln -sfn 2 shut/in/cur
	sees "shut/in/cur/f CREATE "
	is_followed shut/in/cur/f
	silent
}

@test "operands that were one object part: each is followed" {
	for option in --follow-name --wait-recreate; do
		echo stub >stub
		ln -sf stub resolv
		echo static >static
		watch $option stub resolv
		ln -s static new
		mv -T new resolv
		sees "resolv CREATE "
		is_followed resolv
		is_followed stub
		silent
		kill "$pid"
	done
	mkdir -p a/c b/c
	for operands in 'l a/c' 'a/c l'; do
		rm -f l
		ln -s a/c l
		# shellcheck disable=SC2086 # two words
		watch -r --follow-name $operands
		ln -s b/c new
		mv -T new l
		sees "l/ CREATE,ISDIR "
		: >a/c/1
		sees "a/c/ CREATE 1"
		: >b/c/2
		sees "l/ CREATE 2"
		rm a/c/1 b/c/2
		silent
		kill "$pid"
	done
}

@test "a mount elsewhere takes nothing away from a path whose way leads nowhere, or is closed" {
	need_proc
	in_namespace '
		mkdir v1
		: >v1/f
		ln -s v1 cur
		watch --follow-name cur/f
		mv v1 away
		echo more >>away/f
		sees "cur/f MODIFY "
		mount -t tmpfs none disk
		echo more >>away/f
		sees "cur/f MODIFY " 2
		mv away v1
		echo more >>v1/f
		sees "cur/f MODIFY " 3
		! grep -E "UNMOUNT|MOVE_SELF" out'
}

@test "no watch for the way is said once, and the object is watched all the same" {
	mkdir 1 2
	: >1/f
	ln -s 1 cur
	faulty "inotify_add_watch:error=ENOSPC:when=2" -m --follow-name cur/f
	echo more >>1/f
	await grep -q "cur/f MODIFY" "$job/out"
	equal "$(grep -c "cannot watch 'cur/f': No space left on device (2 watches are needed" "$job/err") of $(wc -l <"$job/err")" "1 of 1"
}

@test "-P follows the link itself" {
	: >one
	ln -s one f
	watch --wait-recreate -P f
	rm f
	sees "f DELETE_SELF "
	drained
	ln -s nowhere f
	sees "f CREATE "
	rm f
	sees "f DELETE_SELF " 2
}

@test "operands that trade places are both followed" {
	: >a
	: >b
	watch --wait-recreate a b
	mv b a
	sees "a CREATE "
	is_followed a
	: >b
	sees "b CREATE "
	is_followed b
	is_followed a
}

@test "of two names of one file, each goes its own way" {
	: >a
	ln a b
	watch --follow-name a b
	: >new
	mv new a
	sees "a CREATE "
	is_followed a
	sees "b CREATE "
	is_followed b
}

@test "with -r a tree that is removed and unpacked again is followed, and its content told" {
	local path

	mkdir -p tree/a/b
	: >tree/a/b/f
	tar cf tree.tar tree
	watch -r --wait-recreate tree
	rm -r tree
	sees "tree/ DELETE_SELF "
	tar xf tree.tar
	sees "tree/ CREATE,ISDIR "
	for path in "tree/ CREATE,ISDIR a" "tree/a/ CREATE,ISDIR b" "tree/a/b/ CREATE f"; do
		sees "$path"
		equal "$(grep -cx "$path" "$job/out")" 1
	done
	: >tree/a/b/new
	sees "tree/a/b/ CREATE new"
	silent
}

@test "with -r a tree that is replaced is followed, and its content told" {
	mkdir -p tree/old tree/a new/a/b
	: >new/a/b/f
	watch -r --follow-name tree
	kill -STOP "$pid"
	mv tree gone
	mv new tree
	kill -CONT "$pid"
	sees "tree/ MOVE_SELF "
	sees "tree/ CREATE,ISDIR "
	sees "tree/a/b/ CREATE f"
	: >tree/a/b/new
	sees "tree/a/b/ CREATE new"
	: >gone/old/x
	mkdir gone/old/y
	: >tree/last
	sees "tree/ CREATE last"
	lacks "$(cat "$job/out")" "old"
	equal "$(watches "$pid")" 3
}

@test "-t ends the wait, and its time is not started again by what is gone" {
	: >f
	start "$BUTTER" inotifywait -qm -t 0.3 --ready-fd 7 --wait-recreate f
	rm f
	finish
	equal "$status" 2
	equal "$stderr" ""
	contains "$output" "f DELETE_SELF "
}

@test "--count counts on after the successor has come" {
	: >f
	start "$BUTTER" inotifywait -q -e create,modify --count 2 --ready-fd 7 --wait-recreate f
	rm f
	drained
	: >f
	sees "f CREATE "
	echo more >>f
	finish
	equal "$status" 0
	equal "$output" $'f CREATE \nf MODIFY '
}

@test "what has been replaced while events were lost is followed" {
	mkdir D
	: >f
	watch --follow-name -e create,modify,delete_self f D
	overflow
	: >new
	mv new f
	kill -CONT "$pid"
	await grep -q Q_OVERFLOW "$job/out"
	sees "f CREATE "
	is_followed f
}

@test "what may not be watched when it comes back gets a line, and is lost" {
	unprivileged
	chmod 777 .
	: >f
	chmod 666 f
	start "${as_nobody[@]}" "$BUTTER" inotifywait -qm --ready-fd 7 --wait-recreate f
	(umask 777; : >new)
	mv new f
	finish
	equal "$status" 1
	equal "$stderr" "butter: inotifywait: cannot watch 'f': Permission denied (reading it must be allowed: run as its owner or root)
butter: inotifywait: nothing is left to watch"
}

# in_namespace SCRIPT: runs it with bash where it may mount, in a tmpfs; `watch` and `sees` as above.
in_namespace() {
	namespaces -m
	capture "${within[@]}" bash -euc '
		mount -t tmpfs none "$PWD" 2>/dev/null && cd "$PWD" || exit 77
		watch() {
			mkfifo ready
			"$BUTTER" inotifywait -qm -t 10 --ready-fd 7 "$@" 7>ready >out & pid=$!
			read -r _ <ready
		}
		sees() {
			until (($(grep -cxF -- "$1" out) >= ${2:-1})); do
				[ -e "/proc/$pid/fd/1" ] || { echo "no $1 in:"; cat out; exit 1; }
			done
		}
		mkdir disk
		'"$1"'
		kill "$pid"' "$0"
	[ "$status" != 77 ] || skip "cannot mount here"
	equal "$output" ""
	succeeded
}

@test "a file on a disk that is unmounted is waited for, and followed when it is mounted again" {
	need_proc
	in_namespace '
		mkdir usb
		mount -t tmpfs none usb
		: >usb/f
		mount --bind usb disk
		watch --wait-recreate disk/f
		umount -l usb
		umount disk
		sees "disk/f UNMOUNT "
		mount -t tmpfs none disk
		: >disk/f
		sees "disk/f CREATE "
		echo more >disk/f
		sees "disk/f MODIFY "
		[ "$(grep -cE "UNMOUNT|DELETE_SELF" out)" = 1 ]'
}

@test "a file that a mount covers is told to be unmounted, and so is what has covered it" {
	need_proc
	in_namespace '
		mkdir usb
		: >disk/f
		: >usb/f
		watch --follow-name --json disk/f
		mount --bind usb disk
		until grep -q create out; do :; done
		echo more >disk/f
		until grep -q modify out; do :; done
		umount disk
		until [ "$(grep -c create out)" = 2 ]; do :; done
		[ "$(grep -c "\"unmount\".*synthetic" out)" = 2 ]
		before=$(grep -c modify out)
		echo more >>disk/f
		until (($(grep -c modify out) > before)); do :; done'
}

@test "a mount point is followed through unmounting, to what is below, and mounting" {
	need_proc
	in_namespace '
		: >disk/below
		mount -t tmpfs none disk
		: >disk/file
		watch -r --follow-name disk
		umount disk
		sees "disk/ UNMOUNT,ISDIR "
		sees "disk/ CREATE,ISDIR "
		sees "disk/ CREATE below"
		mount -t tmpfs none disk
		sees "disk/ CREATE,ISDIR " 2
		: >disk/new
		sees "disk/ CREATE new"'
}

@test "--follow-name and --wait-recreate need -m or --count" {
	: >f
	try inotifywait --follow-name f
	misused inotifywait "--follow-name needs --monitor or --count"
	try inotifywait --wait-recreate f
	misused inotifywait "--wait-recreate needs --monitor or --count"
	try inotifywait --wait-recreate --until-exists f
	misused inotifywait "--until-exists goes without operands"
}

@test "--wait-recreate waits for what is not there at the start, and says so" {
	watch --wait-recreate -e create,modify a/b/f
	mkdir -p a/b
	: >a/b/f
	sees 'a/b/f CREATE '
	is_followed a/b/f
	equal "$(<"$job/err")" ''
	start "$BUTTER" inotifywait --count 2 --ready-fd 7 --wait-recreate -e create,open here there
	mkdir here there
	finish
	equal "$status" 0
	equal "$(sort <<<"$output")" $'here/ CREATE,ISDIR \nthere/ CREATE,ISDIR '
	equal "$stderr" "Setting up watches.
butter: inotifywait: waiting for 'here', which does not exist
butter: inotifywait: waiting for 'there', which does not exist
Watches established."
}

@test "--wait-recreate: a tree and a link that are not there at the start are told when they come" {
	watch --wait-recreate -r -e create,modify tree link here
	mkdir -p new/sub
	: >new/sub/f
	mv new tree
	sees 'tree/ CREATE,ISDIR '
	sees 'tree/sub/ CREATE f'
	ln -s tree/late link
	: >tree/late
	sees 'link CREATE '
	echo more >tree/sub/f
	sees 'tree/sub/ MODIFY f'
	mkdir here
	sees 'here/ CREATE,ISDIR '
	: >here/new
	sees 'here/ CREATE new'
	rm -r here
	mkdir here
	sees 'here/ CREATE,ISDIR ' 2
}

@test "a path that comes at any moment of the start is not missed" {
	local i most

	most=$(rounds 50 1000)
	for ((i = 0; i < most; i++)); do
		launch "$BUTTER" inotifywait -q --count 1 -t 10 --wait-recreate -r -e create --include /f --ready-fd 7 "d$i"
		# Anything from before it runs until it is ready.
		read -r -t "0.00$((i % 5))" -u "$alive" _ || true
		mkdir "d$i"
		read -r -t "$LIMIT" -u "$ready" _
		: >"d$i/f"
		finish
		equal "$status $output $stderr" "0 d$i/ CREATE f "
	done
}

@test "what is not there at the start is an error with --follow-name, and where nothing would tell that it comes" {
	try inotifywait -qm --follow-name f
	failed 1 inotifywait "cannot watch 'f': No such file or directory"
	try inotifywait -qm --wait-recreate ''
	failed 1 inotifywait "cannot watch '': No such file or directory"
	for options in '' '-x -- true'; do
		# shellcheck disable=SC2086
		try inotifywait -qm --wait-recreate . /proc/nothere $options
		failed "$([ "$options" ] && echo 125 || echo 1)" inotifywait \
			"cannot watch '/proc/': Operation not supported"
	done
	inject inotify_add_watch:error=ENOSPC:when=1 inotifywait -qm --wait-recreate f
	failed 1 inotifywait 'raise fs.inotify.max_user_watches'
}

@test "without /proc mounts go unnoticed, and that is said once" {
	need_plain_build
	without_proc
	for option in --follow-name --wait-recreate; do
		capture "${within[@]}" "$BUTTER" inotifywait -m -t 50ms $option .
		equal "$status" 2
		equal "$stderr" "Setting up watches.
butter: inotifywait: mounts go unnoticed: there is no /proc/self/mountinfo
Watches established."
		capture "${within[@]}" "$BUTTER" inotifywait -qm -t 50ms $option .
		equal "$status$stderr" 2
	done
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The scripts of examples/, each run for real; the tour is the demo's, and run here too.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job, within
# shellcheck disable=SC2016 # inner shells expand

load helper
load scripts

setup() {
	trace_tests_only
	script_setup
}

# example NAME ARGUMENT...: runs it; then status, output and stderr are set.
example() {
	capture "$BUTTER_SOURCE/examples/$1" "${@:2}"
}

# entries FOLDER: their names, sorted.
entries() {
	find "$1" -mindepth 1 -printf '%f\n' | sort
}

# fake_butter SCRIPT: puts a shell script in butter's place.
fake_butter() {
	rm "$BATS_TEST_TMPDIR/bin/butter"
	printf '#!/bin/bash\n%s\n' "$1" >"$BATS_TEST_TMPDIR/bin/butter"
	chmod +x "$BATS_TEST_TMPDIR/bin/butter"
}

@test "every example says how it is used, and wrong usage is status 1" {
	for script in "$BUTTER_SOURCE"/examples/*.sh; do
		name=${script##*/}
		grep -q "^# $name" "$script" || [ "$name" = tour.sh ] || fails "$name does not say what it is"
		[ -x "$script" ] || fails "$name cannot be run"
	done
	for name in wait-for-file.sh on-upload.sh every.sh initramfs-init.sh container.sh keep-running.sh; do
		example "$name"
		equal "$status" 1
		matches "$stderr" "usage: $name .*"
	done
	example boot-hostname.sh a b c
	equal "$status" 1
	matches "$stderr" "usage: boot-hostname.sh .*"
}

# ---- wait-for-file.sh

@test "wait-for-file ends at once when the file exists" {
	need_applet inotifywait
	touch file
	mkdir folder
	ln -s nowhere link
	for file in file folder link "$PWD/file" ./folder; do
		example wait-for-file.sh "$file"
		succeeded
		equal "$output" ""
	done
}

@test "wait-for-file goes on as soon as the file is there, whenever that is" {
	need_applet inotifywait
	for round in {1..10}; do
		launch "$BUTTER_SOURCE/examples/wait-for-file.sh" "file$round" 60s
		: >"file$round"
		finish
		succeeded
	done
}

@test "wait-for-file waits for a file that is made or moved there while it waits, and for no other" {
	need_applet inotifywait
	mkdir folder
	: >new
	for action in ': >folder/file.d' 'mv new folder/file.d' 'ln -s nowhere folder/file.d' 'mkdir folder/file.d'; do
		launch "$BUTTER_SOURCE/examples/wait-for-file.sh" folder/file.d 60s
		watched 1
		: >folder/fileXd
		: >folder/file.d.tmp
		: >folder/.file.d
		is_running || fails "another file has ended it"
		eval "$action"
		finish
		succeeded
		rm -r folder/file.d
	done
}

@test "wait-for-file takes names that mean something elsewhere" {
	need_applet inotifywait
	for name in 'a.b*c[d]e^f$g+h?i(j)k{l}m|n\o' $'new\nline\n' $'bad\xff' '-rf' '@at' ' '; do
		launch "$BUTTER_SOURCE/examples/wait-for-file.sh" "$name" 60s
		: >"./$name"
		finish
		succeeded
		mkdir "./$name.d"
		example wait-for-file.sh "$name.d/$name" 0
		equal "$status$stderr" 2
	done
}

@test "wait-for-file gives up with status 2" {
	need_applet inotifywait
	for limit in 0 0s 50ms; do
		example wait-for-file.sh file "$limit"
		equal "$status$output$stderr" 2
	done
}

@test "wait-for-file says why it cannot wait" {
	need_applet inotifywait
	example wait-for-file.sh /proc/nothing 5s
	equal "$status" 1
	one_line inotifywait
	contains "$stderr" /proc/
	example wait-for-file.sh file soon
	equal "$status" 1
	one_line inotifywait
	contains "$stderr" soon
	example wait-for-file.sh ''
	equal "$status" 1
	one_line inotifywait
}

@test "wait-for-file waits for the folders above, too, and for a folder where a slash says so" {
	need_applet inotifywait
	launch "$BUTTER_SOURCE/examples/wait-for-file.sh" a/b/c/ 20s
	watched 1
	mkdir -p a/b
	: >a/b/c
	is_running || fails "a file has ended it"
	rm a/b/c
	mkdir a/b/c
	finish
	succeeded
}

@test "wait-for-file leaves nothing behind" {
	need_applet inotifywait
	mkdir tmp
	touch file
	TMPDIR=$PWD/tmp example wait-for-file.sh file
	TMPDIR=$PWD/tmp example wait-for-file.sh nothing 10ms
	TMPDIR=$PWD/tmp example wait-for-file.sh nosuch/file 10ms
	equal "$(ls -A tmp)" ""
}

# ---- on-upload.sh

# taker: a command that notes what it was given and moves it away.
taker() {
	mkdir upload taken
	cat >take <<-'END'
		#!/bin/sh
		printf '%s\0' "$1" "$2" >>log
		mv -- "$2" taken/
	END
	chmod +x take
}

is_taken() {
	[ -e "taken/$1" ]
}

@test "on-upload takes what is there already, what is written and what is moved in, each once" {
	need_applet inotifywait
	taker
	names=($'new\nline' ' blanks ' $'bad\xff' -rf '"quoted"' "it's" '*' @at '%s' "$(printf 'x%.0s' {1..255})")
	echo early >upload/early
	launch "$BUTTER_SOURCE/examples/on-upload.sh" upload ./take argument
	until_is is_taken early
	for name in "${names[@]}"; do
		echo "$name" >"upload/$name"
	done
	echo moved >moved
	mv moved upload/moved
	until_is is_taken moved
	for name in early "${names[@]}" moved; do
		equal "$(cat "taken/$name")" "$name"
		printf '%s\0' argument "upload/$name"
	done >expected
	cmp expected log
	rmdir upload
	finish
	equal "$status" 1
	equal "$output" ""
	contains "$stderr" "nothing is left to watch"
}

@test "on-upload leaves hidden files alone until they get their name, and folders altogether" {
	need_applet inotifywait
	taker
	launch "$BUTTER_SOURCE/examples/on-upload.sh" upload ./take argument
	: >upload/first
	until_is is_taken first
	echo whole >upload/.part
	mkdir upload/folder folder
	mv folder upload/moved-folder
	mv upload/.part upload/whole
	until_is is_taken whole
	equal "$(entries upload)" $'folder\nmoved-folder'
	equal "$(entries taken)" $'first\nwhole'
	mv upload elsewhere
	finish
	equal "$status$output$stderr" 1
}

@test "on-upload goes through the folder again when events were lost" {
	taker
	fake_butter 'echo; : >upload/late; printf "Q_OVERFLOW \0"; printf "CLOSE_WRITE,CLOSE upload/late\0"'
	example on-upload.sh upload ./take argument
	equal "$status$output$stderr" 1
	equal "$(ls taken)" late
	equal "$(tr '\0' ' ' <log)" "argument upload/late "
}

@test "on-upload tells a failure of the command, and goes on" {
	need_applet inotifywait
	mkdir upload
	touch $'upload/bad\e[1m' upload/good
	launch "$BUTTER_SOURCE/examples/on-upload.sh" upload sh -c 'case $1 in *good) rm "$1" ;; *) exit 3 ;; esac' name
	until_is test ! -e upload/good
	rm -r upload
	finish
	contains "$stderr" "on-upload.sh: failed: "
	lacks "$stderr" $'\e'
}

@test "on-upload ends when the folder cannot be watched" {
	need_applet inotifywait
	example on-upload.sh nosuch true
	equal "$status" 1
	one_line inotifywait
}

@test "on-upload takes its watcher with it when it is ended" {
	need_applet inotifywait
	taker
	launch "$BUTTER_SOURCE/examples/on-upload.sh" upload ./take argument
	: >upload/first
	until_is is_taken first
	kill -TERM "$pid"
	# finish also waits for the last process that holds the script's descriptors.
	finish
	equal "$status" 1
}

# ---- boot-hostname.sh

# name_machine COMMAND_LINE ARGUMENT...: runs the script where the name is nobody else's.
name_machine() {
	need_applet sethostname
	need_applet gethostname
	namespaces -u -m
	echo "$1" >cmdline
	shift
	capture "${within[@]}" sh -c 'mount --bind cmdline /proc/cmdline && exec "$@"' "$0" \
		"$BUTTER_SOURCE/examples/boot-hostname.sh" "$@"
}

@test "boot-hostname takes the name from the file" {
	printf '# the machine\n\nweb1.example.org\n' >name
	name_machine "quiet hostname=other" name
	succeeded
	equal "$output" web1.example.org
}

@test "boot-hostname takes the name from the kernel's command line if the file has none" {
	printf '# nothing\n' >empty
	echo 'web_1' >bad
	for file in empty bad nosuch; do
		name_machine "quiet hostname=other root=/dev/sda" "$file" fallback
		equal "$status" 0
		equal "$output" other
		one_line sethostname
	done
}

@test "boot-hostname falls back" {
	name_machine "quiet" nosuch node-1
	equal "$status" 0
	equal "$output" node-1
	name_machine "quiet hostname=-bad-" nosuch
	equal "$status" 0
	equal "$output" localhost
}

@test "boot-hostname fails when no name can be set" {
	need_applet sethostname
	unprivileged
	echo x >name
	PATH=${BUTTER%/*}:$PATH
	[ "${BUTTER##*/}" = butter ] || skip "butter is called '${BUTTER##*/}' here"
	"${as_nobody[@]}" test -x "$BUTTER_SOURCE/examples/boot-hostname.sh" || skip "nobody cannot enter $BUTTER_SOURCE"
	capture "${as_nobody[@]}" "$BUTTER_SOURCE/examples/boot-hostname.sh"
	equal "$status" 1
	equal "$output" ""
	contains "$stderr" CAP_SYS_ADMIN
}

# ---- container.sh

# contain ARGUMENT...: runs the script, as nobody after `unprivileged`.
contain() {
	need_applet unshare
	need_applet mountpoint
	need_tool busybox
	need_userns
	need_static
	need_plain_build
	capture "${as_nobody[@]}" "$BUTTER_SOURCE/examples/container.sh" "$@"
}

# What is true in each of them, and what stays outside.
in_container='
	echo "process $$, user $(id -u), of $(butter gethostname), with $*"
	echo /* /proc/[0-9]*
	[ -c /dev/null ] && [ -d /dev/pts ] && cat /proc/self/cgroup | grep -vc :/$
	tail -n +3 /proc/net/dev | cut -d : -f 1
	(echo x >/file) 2>/dev/null || echo "read-only"
	echo x >/tmp/file && cat /tmp/file
	butter mountpoint -n /proc
	exit 7'
seen="process 2, user 0, of box-1, with a b
/bin /dev /proc /tmp /proc/1 /proc/2
0
    lo
read-only
x
proc /proc"

@test "container makes a root, and runs a command in it" {
	need_root
	as_nobody=()
	name=$(uname -n)
	for round in made used again; do
		# What has not been finished is gone on with.
		[ "$round" != again ] || rm box/bin/sh
		contain -n box-1 box sh -c "$in_container" sh a b
		equal "$status" 7
		equal "$output" "$seen"
	done
	equal "$(uname -n)" "$name"
	equal "$(ls -A box/tmp box/proc)" "$(printf 'box/proc:\n\nbox/tmp:')"
	equal "$(readlink box/bin/mount box/bin/ls)" $'butter\nbusybox'
	! grep -q " $PWD" /proc/self/mountinfo || fails "something is mounted yet"
	contain "$PWD/box" false
	equal "$status" 1
	contain box nothing
	equal "$status" 127
	contains "$stderr" "cannot run 'nothing'"
	contain -n 'no name' box true
	equal "$status" 125
	contains "$stderr" "--hostname: 'no name'"
	# What root may do outside it may not in there, and is still everybody.
	contain box sh -c 'chown 5:6 /tmp && stat -c %u:%g /tmp; mknod /tmp/disk b 8 0 2>/dev/null || echo no'
	equal "$output" $'5:6\nno'
}

@test "container runs for who is not root" {
	unprivileged
	cd "$(public_folder)"
	"${as_nobody[@]}" test -x "$BUTTER_SOURCE/examples/container.sh" || skip "nobody cannot enter $BUTTER_SOURCE"
	cp "$BUTTER" butter
	cp "$(command -v busybox)" busybox || skip 'busybox is missing'
	chmod a+rx butter busybox
	PATH=$PWD:$PATH
	mkdir -m 777 work
	cd work
	"${as_nobody[@]}" unshare -Urmpf sh -c 'mount -t tmpfs none . && mkdir x && mount -t proc none x' 2>/dev/null ||
		skip 'no such namespaces here'
	contain -n box-1 box sh -c "$in_container" sh a b
	equal "$status" 7
	equal "$output" "$seen"
}

@test "container ends with its script: nothing goes on in there" {
	need_root
	as_nobody=()
	contain box true
	succeeded
	launch "$BUTTER_SOURCE/examples/container.sh" box sh -c 'sleep 1000 & echo ready; wait'
	await grep -q ready "$job/out"
	kill -KILL "$pid"
	# All of them have had its end of a pipe.
	finish
	equal "$status" 137
	launch "$BUTTER_SOURCE/examples/container.sh" box sh -c 'trap "echo term; exit 3" TERM; sleep 1000 & echo ready; wait'
	await grep -q ready "$job/out"
	kill "$pid"
	finish
	equal "$status" 3
	equal "$output" $'ready\nterm'
}

# ---- every.sh

@test "every runs the command at multiples of the period" {
	need_applet timerfd-sleep
	example every.sh -n 3 100ms bash -c 'echo "${EPOCHREALTIME/./}"'
	succeeded
	equal "$(wc -l <<<"$output")" 3
	# Each in a tenth of a second of its own.
	equal "$(cut -c 1-11 <<<"$output" | uniq | wc -l)" 3
}

@test "every never runs the command twice at once" {
	need_applet timerfd-sleep
	example every.sh -n 3 20ms sh -c 'mkdir running && butter timerfd-sleep 50ms && rmdir running'
	succeeded
}

@test "every tells a failure and tries again" {
	need_applet timerfd-sleep
	example every.sh -n 2 10ms sh -c 'exit 7'
	equal "$status$output" 0
	equal "$stderr" $'every.sh: failed with status 7: sh -c exit 7\nevery.sh: failed with status 7: sh -c exit 7'
}

@test "every says what is no period" {
	need_applet timerfd-sleep
	example every.sh often true
	equal "$status" 1
	one_line timerfd-sleep
	contains "$stderr" often
	example every.sh -n x 1s true
	equal "$status" 1
}

@test "every lets one copy run, and names its owner" {
	need_applet timerfd-sleep
	need_applet getpid
	need_tool flock
	launch "$BUTTER_SOURCE/examples/every.sh" -l lock 10ms touch ran
	until_is test -e ran
	example every.sh -l lock 10ms touch second
	equal "$status$output" 2
	equal "$stderr" "every.sh: lock is taken by $("$BUTTER" getpid --id "$pid")"
	kill -KILL "$pid"
	wait "$pid" || true
	example every.sh -n 1 -l lock 10ms touch third
	succeeded
	[ -e third ] && [ ! -e second ]
}

# ---- tour.sh

@test "the tour holds what it promises" {
	for name in getpid getppid gethostname sethostname inotifywait timerfd-sleep; do
		need_applet "$name"
	done
	example tour.sh
	equal "$status" 0 || fails "$output" "$stderr"
	lacks "$output" FAILED
	contains "$output" "   -> "
}

# ---- keep-running.sh

@test "keep-running starts what has ended again, and stops with it when it is told to" {
	need_applet events
	need_applet pidfd-wait
	need_pidfd
	: >app.conf
	launch "$BUTTER_SOURCE/examples/keep-running.sh" -c app.conf -p 50ms bash -c '
		trap "echo reload" HUP
		trap "echo stop; exit 5" TERM
		[ -e again ] || { : >again; exit 3; }
		echo up
		while :; do butter timerfd-sleep 20ms; done'
	await grep -qx up "$job/out"
	echo changed >app.conf
	await grep -qx reload "$job/out"
	kill "$pid"
	finish
	equal "$status" 5
	equal "$(tail -n 1 <<<"$output")" stop
	contains "$stderr" "keep-running.sh: ended with status 3"
}

@test "keep-running heeds no signal that says in vain that its command has ended" {
	need_applet events
	need_applet pidfd-wait
	need_pidfd
	launch "$BUTTER_SOURCE/examples/keep-running.sh" bash -c '
		trap "echo reload" HUP
		trap "exit 5" TERM
		echo up
		while :; do butter timerfd-sleep 20ms; done'
	await grep -qx up "$job/out"
	kill -USR1 "$pid"
	kill -HUP "$pid"
	await grep -qx reload "$job/out"
	kill "$pid"
	finish
	equal "$status" 5
}

@test "keep-running can be what keep-running runs, and says nothing of what ends at once" {
	need_applet events
	need_applet pidfd-wait
	need_pidfd
	cat >app <<-'EOF'
		trap "exit 5" TERM
		[ -e again ] || { : >again; exit 3; }
		echo up
		while :; do butter timerfd-sleep 20ms; done
	EOF
	launch "$BUTTER_SOURCE/examples/keep-running.sh" "$BUTTER_SOURCE/examples/keep-running.sh" -p 20ms bash app
	await grep -qx up "$job/out"
	kill "$pid"
	finish
	equal "$status" 5
	equal "$stderr" "keep-running.sh: ended with status 3: bash app"
}

@test "keep-running is process 1 of a container" {
	need_applet events
	need_applet pidfd-wait
	need_pidfd
	namespaces -pf --kill-child --mount-proc
	launch "${within[@]}" "$BUTTER_SOURCE/examples/keep-running.sh" bash -c 'trap "exit 0" TERM; echo "up $PPID"
		while :; do butter timerfd-sleep 20ms; done'
	await grep -q up "$job/out"
	kill "$(children "$pid")"
	finish
	equal "$status" 0
}

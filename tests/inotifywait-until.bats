#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# inotifywait --until-exists and --until-gone: whatever comes or goes, by whatever way; races, mounts, links, long
# paths; and --sd-notify. BUTTER_LONG=1 runs more rounds.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2153,SC2154 # helper.bash sets LIMIT, status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # actions are evaluated later, or by perl

load helper
load inotify

setup() {
	trace_tests_only
	need_applet inotifywait
	need_tool perl
	another_folder
}

# until_exists OPTION... PATH, until_gone OPTION... PATH: run it, ten seconds at most.
until_exists() {
	try inotifywait -t 10 "${@:1:$#-1}" --until-exists "${!#}"
}

until_gone() {
	try inotifywait -t 10 "${@:1:$#-1}" --until-gone "${!#}"
}

# await OPTION...: in the background; returns when it is ready.
await() {
	start "$BUTTER" inotifywait --ready-fd 7 "$@"
}

# still_waits: whatever has happened, it was looked at, and is not what is waited for.
still_waits() {
	local end=$((SECONDS + LIMIT)) stat asleep=0

	while ((asleep < 2)); do
		read -r stat <"/proc/$pid/stat" && [[ $stat != *') Z '* ]] || fails "has ended: $(<"$job/err")" || return 1
		if [[ $stat == *') S '* ]]; then ((++asleep)); else asleep=0; fi
		((SECONDS < end)) || fails "never comes to rest" || return 1
	done
}

# holds: the wait ends well, and without a word.
holds() {
	finish
	succeeded
	equal "$output" ""
}

# make KIND PATH: an object of that kind.
make() {
	case $1 in
	file) : >"$2" ;;
	folder) mkdir "$2" ;;
	fifo) mkfifo "$2" ;;
	link) ln -s / "$2" ;;
	hardlink) : >>other && ln other "$2" ;;
	socket) perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un($ARGV[0])) or die $!' "$2" ;;
	device) mknod "$2" c 1 3 ;;
	moved) : >other && mv other "$2" ;;
	esac
}

kinds() {
	echo file folder fifo link hardlink socket moved
	! is_root || ! mknod "$BATS_TEST_TMPDIR/device" c 1 3 2>/dev/null || echo device
}

# ---- What holds already

@test "--until-exists ends at once when the path exists, whatever it is" {
	for kind in $(kinds); do
		make "$kind" "$kind"
		for path in "$kind" "$PWD//./$kind" "../${PWD##*/}/$kind"; do
			until_exists "$path"
			succeeded
			equal "$output" ""
		done
	done
	for path in / /. .. . folder/ folder// link/ link/.; do
		until_exists "$path"
		succeeded
	done
}

@test "--until-gone ends at once when the path does not exist" {
	: >file
	ln -s nowhere dangling
	ln -s circle circle
	for path in nothing no/thing file/thing dangling dangling/x circle circle/x "$PWD/nothing" file/ /nothing; do
		until_gone "$path"
		succeeded
		equal "$output" ""
	done
}

@test "a path that ends in a slash is a folder's" {
	: >file
	try inotifywait -t 50ms --until-exists file/
	equal "$status$output$stderr" 2
	await -t 10 --until-exists file/
	rm file
	still_waits
	mkdir file
	holds
}

@test "what holds already needs no inotify" {
	: >file
	for fault in inotify_add_watch:error=ENOSPC openat:error=EMFILE; do
		case $fault in openat*) fault=$fault:when=3+ ;; esac
		inject "$fault" inotifywait --until-exists file --until-gone nothing
		succeeded
	done
}

# ---- What comes

@test "--until-exists ends when the path comes, whatever it is and however it comes" {
	for kind in $(kinds); do
		await -t 10 --until-exists "new.$kind"
		: >"new.$kind.tmp"
		: >"new"
		mkdir "a.$kind"
		still_waits
		make "$kind" "new.$kind"
		holds
	done
}

@test "--until-gone ends when the path goes, whatever it is and however it goes" {
	for kind in $(kinds); do
		make "$kind" "$kind"
		await -t 10 --until-gone "$kind"
		: >"$kind.tmp"
		rm "$kind.tmp"
		still_waits
		rm -r "$kind"
		holds
		make "$kind" "$kind"
		await -t 10 --until-gone "$PWD/$kind"
		mv "$kind" "old.$kind"
		holds
	done
}

@test "what is replaced in one step was never gone" {
	: >file
	await -t 10 --until-gone file
	for i in 1 2 3; do
		: >other
		mv other file
		still_waits
	done
	rm file
	holds
}

@test "folders that are missing may come one by one, all at once, or moved in" {
	await -t 10 --until-exists a/b/c/d/e
	for folder in a a/b a/b/c a/b/c/d; do
		mkdir "$folder"
		still_waits
	done
	: >a/b/c/d/e
	holds
	mv a z
	await -t 10 --until-exists a/b/c/d/e
	mv z a
	holds
	mv a/b/c z
	await -t 10 --until-exists "$PWD/a/b/c/d/e"
	mv z a/b/c
	holds
}

@test "a folder on the way that is renamed, removed or replaced leads elsewhere" {
	mkdir -p a/b/c
	await -t 10 --until-exists a/b/c/file
	mv a old
	: >old/b/c/file
	still_waits
	mkdir -p a/b
	still_waits
	mv a/b a/older
	mkdir a/older/c
	: >a/older/c/file
	still_waits
	rm -r a
	: >a
	still_waits
	rm a
	mkdir -p a/b/c
	still_waits
	: >a/b/c/file
	holds
	await -t 10 --until-gone a/b/c/file
	mv old other
	still_waits
	mv a/b a/away
	holds
}

@test "folders that are exchanged in one step are noticed" {
	case $(uname -m) in
	x86_64) renameat2=316 ;;
	aarch64 | riscv64) renameat2=276 ;;
	*) skip "the number of renameat2 is not known here" ;;
	esac
	mkdir -p a/b other/b
	: >other/b/file
	await -t 10 --until-exists a/b/file
	exchange() { perl -e 'syscall($ARGV[0], -100, $ARGV[1], -100, $ARGV[2], 2) == 0 or die $!' "$renameat2" "$@"; }
	exchange a other || skip "this file system exchanges nothing"
	holds
	await -t 10 --until-gone a/b/file
	exchange a/b other/b
	holds
}

@test "odd names are just names" {
	for name in $'new\nline\n' $'bad\xff' '-rf' '@at' ' ' '*' '[a]' 'back\slash' '...' "$(printf 'x%.0s' {1..255})"; do
		await -t 10 --until-exists "$name/$name"
		mkdir "./$name"
		still_waits
		: >"./$name/$name"
		holds
	done
}

# ---- Links and dots

@test "a link that points nowhere exists with -P only" {
	ln -s target link
	until_exists -P link
	succeeded
	until_gone link
	succeeded
	try inotifywait -t 50ms --until-exists link
	equal "$status$output$stderr" 2
	await -t 10 --until-exists link
	: >target
	holds
	await -t 10 --until-gone link
	rm target
	holds
	await -t 10 --no-dereference --until-gone link
	: >target
	rm target
	still_waits
	rm link
	holds
}

@test "links on the way: what they point to comes, they themselves come, or come to point elsewhere" {
	mkdir real
	ln -s far/away to
	for link in real/../to "$PWD/to" to; do
		await -t 10 --until-exists "$link/file"
		mkdir far
		still_waits
		mkdir far/away
		still_waits
		: >far/away/file
		holds
		rm -r far
	done
	await -t 10 --until-exists a/link/file
	mkdir a
	ln -s "$PWD/nowhere" a/link
	still_waits
	ln -s ../real a/new
	mv -T a/new a/link
	still_waits
	: >real/file
	holds
	await -t 10 --until-gone a/link/file
	ln -s . a/new
	mv -T a/new a/link
	holds
}

@test "links of links, each of them by its own folder" {
	mkdir -p x/y z
	ln -s x/one first
	ln -s y/../two x/one
	ln -s "$PWD/z/three" x/two
	ln -s ../four z/three
	await -t 10 --until-exists first
	: >four
	holds
	for link in first x/one x/two z/three; do
		await -t 10 --until-gone first
		mv "$link" "$link.old"
		holds
		mv "$link.old" "$link"
	done
	await -t 10 --until-gone first
	mv x/y x/other
	holds
}

@test "a circle of links does not exist until one of them leads out" {
	ln -s two one
	ln -s three two
	ln -s one three
	for link in one two three; do
		await -t 10 --until-exists one/file
		mkdir -p "out/"
		: >out/file
		ln -s out way
		cp -P "$link" old
		still_waits
		mv -T way "$link"
		holds
		mv -T old "$link"
		rm -r out
	done
	# The kernel follows 40, and no more.
	: >end
	for i in {1..40}; do ln -s "$([ "$i" = 1 ] && echo end || echo "l$((i - 1))")" "l$i"; done
	ln -s l40 l41
	until_exists l40
	succeeded
	until_gone l41
	succeeded
	await -t 10 --until-exists l41
	ln -s end short
	still_waits
	mv -T short l2
	holds
}

@test "..: the folder above the one that the way has come to" {
	mkdir -p a/b c/d
	ln -s c/d link
	await -t 10 --until-exists link/../file
	: >file
	: >a/file
	still_waits
	: >c/file
	holds
	await -t 10 --until-exists a/b/../../new
	: >new
	holds
	await -t 10 --until-exists missing/../other
	: >other
	still_waits
	mkdir missing
	holds
	# Where b goes, its .. goes too.
	cd a/b
	await -t 10 --until-exists ../here
	mv ../b ../../c/b
	: >../../a/here
	still_waits
	: >../here
	holds
}

@test "a link of /proc that stands for a thing is followed to that" {
	need_proc
	await -t 10 --until-exists "/proc/$$/cwd/file"
	: >file
	holds
	exec {hole}<>other
	mv other moved
	: >other
	rm moved # the link's text is "... (deleted)" now
	until_exists "/proc/$$/fd/$hole"
	succeeded
	exec {hole}<&-
	mkdir folder
	exec {hole}<folder
	await -t 10 --until-exists "/proc/$$/fd/$hole/file"
	mv folder elsewhere
	mkdir folder
	: >folder/file
	still_waits
	: >elsewhere/file
	holds
	exec {hole}<&-
}

@test "in /proc and /sys nothing would tell: that is an error, not a wait without end" {
	need_proc
	until_exists /proc/nothing
	failed 1 inotifywait "cannot watch '/proc/'" "/proc and /sys"
	until_gone "/proc/$$"
	failed 1 inotifywait "cannot watch '/proc/'"
	until_exists "/proc/$$"
	succeeded
	[ ! -d /sys/class ] || {
		until_exists /sys/class/nothing/at/all
		failed 1 inotifywait "cannot watch '/sys/class/'"
	}
}

# ---- Where a path begins, and how long it is

@test "a relative path goes with the working folder" {
	mkdir -p a/b
	cd a/b
	await -t 10 --until-exists c/file
	mv ../../a ../../z
	mkdir -p ../../a/b/c
	: >../../a/b/c/file
	still_waits
	mkdir c
	: >c/file
	holds
}

@test "a working folder that is removed is an error, for nothing can come there any more" {
	local work=$PWD

	need_proc
	mkdir a
	cd a
	rmdir ../a
	try inotifywait --until-exists file
	failed 1 inotifywait "cannot search './': No such file"
	until_gone file
	succeeded
	await -t 10 --until-exists "$work/file"
	: >"$work/file"
	holds
	mkdir -p "$work/a/b"
	cd "$work/a/b"
	rmdir ../b ../../a
	try inotifywait -t 10 --until-exists ../file
	failed 1 inotifywait "cannot search '"
}

# deep ACTION COUNT: COUNT folders of 200 letters, each in the one before, below "deep"; ACTION is make, file, rm.
deep() {
	perl -e '
		my ($action, $count) = @ARGV; my $name = "d" x 200;
		mkdir "deep"; chdir "deep" or die $!;
		for (1 .. $count) { mkdir $name or die $! if $action eq "make"; chdir $name or die $!; }
		if ($action eq "file") { open(F, ">", "file") or die $! }
		if ($action eq "rm") { unlink "file" or die $! }' "$@"
}

@test "paths longer than PATH_MAX are walked all the same" {
	local count name path=deep

	name=$(printf 'd%.0s' {1..200})
	for ((count = 0; count < 60; count++)); do path+=/$name; done
	path+=/file
	equal "$((${#path} > 8192))" 1
	try inotifywait -t 50ms --until-exists "$path"
	equal "$status$output$stderr" 2
	until_gone "$path"
	succeeded
	await -t 10 --until-exists "$path"
	deep make 60
	still_waits
	deep file 60
	holds
	until_exists "$path"
	succeeded
	until_gone "$path/"
	succeeded
	ln -s "$PWD/deep" link
	until_exists "link/${path#deep/}"
	succeeded
	await -t 10 --until-gone "$path"
	deep rm 60
	holds
	deep file 60
	await -t 10 --until-gone "link/${path#deep/}"
	mv deep other
	holds
}

@test "a name that no file system takes is an error" {
	try inotifywait -t 50ms --until-exists "a/$(printf 'x%.0s' {1..256})"
	equal "$status" 2 # there is no a yet, so nobody can say
	mkdir a
	until_exists "a/$(printf 'x%.0s' {1..256})"
	failed 1 inotifywait "cannot search './a/xxx" "File name too long"
}

# ---- Permission

@test "what may not be searched is an error, not something that does not exist" {
	unprivileged
	cd "$(public_folder)"
	mkdir -p locked/inner
	: >locked/inner/file
	chmod 0 locked
	for option in --until-exists --until-gone; do
		for path in locked/file locked/inner/file "$PWD/locked/nothing"; do
			try_as_nobody inotifywait -t 10 "$option" "$path"
			failed 1 inotifywait "cannot search '" "locked/': Permission denied"
		done
	done
	try_as_nobody inotifywait -t 10 --until-exists locked
	succeeded
	mkdir public
	start "${as_nobody[@]}" "$BUTTER" inotifywait --ready-fd 7 -t 10 --until-exists public/file
	chmod 0 public
	finish
	failed 1 inotifywait "cannot search './public/': Permission denied"
	chmod 755 locked public
}

@test "a folder that may be searched but not read is passed, and only a name that is missing there is an error" {
	unprivileged
	cd "$(public_folder)"
	mkdir -p hidden/inner
	: >hidden/file
	chmod 644 hidden/file
	chmod 711 hidden
	! is_root || chown 0 hidden
	is_root || chmod 311 hidden
	start "${as_nobody[@]}" "$BUTTER" inotifywait --ready-fd 7 -t 10 --until-exists hidden/inner/file
	: >hidden/inner/file
	holds
	for change in 'mv hidden/inner hidden/other' 'mv hidden away'; do
		start "${as_nobody[@]}" "$BUTTER" inotifywait --ready-fd 7 -t 10 --until-gone hidden/inner/file
		still_waits
		eval "$change"
		finish
		# Gone is gone: whether it comes again does not matter.
		succeeded
		mv hidden/other hidden/inner 2>/dev/null || mv away hidden
	done
	start "${as_nobody[@]}" "$BUTTER" inotifywait --ready-fd 7 -t 10 --until-gone hidden/file
	rm hidden/file
	holds
	try_as_nobody inotifywait -t 10 --until-exists hidden/nothing
	failed 1 inotifywait "cannot watch './hidden/': Permission denied"
	try_as_nobody inotifywait -t 10 --until-exists hidden/../nothing
	failed 1 inotifywait "cannot watch './hidden/': Permission denied"
	start "${as_nobody[@]}" "$BUTTER" inotifywait --ready-fd 7 -t 10 --until-exists hidden/inner/other
	mv hidden/inner hidden/elsewhere
	finish
	failed 1 inotifywait "cannot watch './hidden/': Permission denied"
}

@test "from a working folder that may not be searched, absolute paths can be waited for" {
	unprivileged
	public=$(public_folder)
	mkdir "$public/locked"
	cd "$public/locked"
	chmod 0 .
	start "${as_nobody[@]}" "$BUTTER" inotifywait --ready-fd 7 -t 10 --until-exists "$public/a/b"
	mkdir -p "$public/a/b"
	finish
	succeeded
	try_as_nobody inotifywait -t 10 --until-gone "$public/nothing" --until-exists b
	failed 1 inotifywait "cannot search './': Permission denied"
	chmod 755 .
}

# ---- Mounts

# in_namespace SCRIPT: runs it with bash where it may mount; helper.bash is loaded, and tmpfs is a folder to mount on.
in_namespace() {
	namespaces -m
	capture "${within[@]}" bash -euc '
		mount -t tmpfs none "$PWD" 2>/dev/null && cd "$PWD" || exit 77
		wait_for() { # OPTION...: in the background, ready when this returns
			rm -f ready; mkfifo ready
			"$BUTTER" inotifywait -t 10 --ready-fd 7 "$@" 7>ready & pid=$!
			read -r _ <ready
		}
		still_waits() {
			until read -r stat <"/proc/$pid/stat" && [[ $stat != *") R "* ]]; do :; done
			[[ $stat == *") S "* ]]
		}
		holds() { wait "$pid"; }
		'"$1"
	[ "$status" != 77 ] || skip "cannot mount here"
}

@test "a mount brings the path, and another covers it" {
	need_proc
	in_namespace '
		mkdir -p disk/a usb
		wait_for --until-exists disk/a/file
		mount -t tmpfs none usb
		mkdir usb/a
		still_waits
		: >usb/a/file
		mount --bind usb disk
		holds
		wait_for --until-gone disk/a/file
		mount -t tmpfs none disk/a
		holds
		wait_for --until-exists disk/a/file
		: >disk/file
		still_waits
		umount disk/a
		holds
		wait_for --until-gone disk/a/file
		umount -l disk
		holds
		wait_for --until-exists disk/a/new
		mount --bind usb disk
		still_waits
		: >disk/a/new
		holds'
	succeeded
}

@test "a file system that is waited in can be unmounted" {
	need_proc
	in_namespace '
		mkdir disk
		mount -t tmpfs none disk
		mkdir -p disk/a/b
		wait_for --until-exists disk/a/b/c/d
		mkdir disk/a/b/c
		still_waits
		umount disk
		still_waits
		mkdir -p disk/a/b/c/d
		holds
		mount -t tmpfs none disk
		mkdir -p disk/a/b
		wait_for --until-gone disk/a/b # below the mount there is one, too
		umount disk
		still_waits
		rmdir disk/a/b/c/d disk/a/b/c disk/a/b
		holds'
	succeeded
}

@test "an empty folder of /sys or /proc is a place for a mount, which may bring the path" {
	need_proc
	for place in /sys/fs/bpf /sys/kernel/debug /sys/kernel/security /sys/kernel/config /proc/sys/fs/binfmt_misc ''; do
		[ ! -d "$place" ] || [ "$(ls -A "$place" 2>&1)" ] || [[ $(stat -f -c %T "$place") != @(sysfs|proc) ]] || break
	done
	[ "$place" ] || skip "there is none"
	export place
	in_namespace '
		wait_for --until-exists "$place/a/file"
		mount -t tmpfs none "$place" || kill "$pid" || exit 77
		mkdir "$place/a"
		still_waits
		: >"$place/a/file"
		holds'
	succeeded
}

@test "what is reached through /proc alone: an unmounted file system that somebody has open" {
	need_proc
	in_namespace '
		mkdir disk
		mount -t tmpfs none disk
		mkdir disk/a
		exec {hole}<disk/a
		umount -l disk
		wait_for --until-exists "/proc/$$/fd/$hole/b/file"
		mkdir "/proc/$$/fd/$hole/b"
		still_waits
		: >"/proc/$$/fd/$hole/b/file"
		holds'
	succeeded
}

@test "without /proc mounts go unnoticed, and that is said once" {
	need_plain_build
	without_proc
	mkdir a
	capture "${within[@]}" "$BUTTER" inotifywait -t 50ms --until-exists a/b
	equal "$status" 2
	one_line inotifywait
	contains "$stderr" "mounts go unnoticed"
	capture "${within[@]}" "$BUTTER" inotifywait -q -t 50ms --until-exists a/b
	equal "$status$stderr" 2
	capture "${within[@]}" "$BUTTER" inotifywait --until-exists a
	succeeded
}

# ---- Several, the end, and what is printed

@test "several paths must hold together" {
	: >b
	await -t 10 --until-exists a --until-gone b --until-exists c/d
	: >a
	still_waits
	mkdir -p c/d
	still_waits
	rm a
	still_waits
	rm b
	still_waits
	rmdir c/d
	: >a
	still_waits
	mkdir c/d
	holds
	await -t 10 --until-exists x --until-gone x
	: >x
	still_waits
	rm x
	still_waits
	kill "$pid"
	finish
	equal "$status" 143
}

@test "-t gives up with status 2, without a word, and counts from the start" {
	for limit in 1ns 50ms 0.05; do
		try inotifywait -t "$limit" --json --until-exists nothing/at/all
		equal "$status$output$stderr" 2
	done
	await -t 0 --until-exists a
	still_waits
	: >a
	holds
	# What happens meanwhile does not start the time again, nor does a flood keep it from running out.
	perl -e 'for (1 .. 1000000) { mkdir "b"; rmdir "b"; exit if getppid == 1 }' 3>&- 4>&- &
	started+=("$!")
	try inotifywait -t 200ms --until-exists b/c
	equal "$status$output$stderr" 2
	kill "${started[-1]}"
}

@test "--json prints a record for each path when all hold" {
	need_tool jq
	: >gone
	await --json --until-exists a --until-gone ./gone --until-exists $'bad\xff'
	mkdir a $'bad\xff'
	still_waits
	equal "$(<"$job/out")" ""
	rm gone
	finish
	succeeded
	equal "$(jq -c 'del(.time)' <<<"$output")" '{"event":"exists","path":"a"}
{"event":"gone","path":"./gone"}
{"event":"exists","path_b64":"YmFk/w=="}'
	equal "$(jq -s 'all(.[]; .time > 1700000000)' <<<"$output")" true
	until_exists --json -qq a
	succeeded
	equal "$output" ""
	with '>/dev/full' inotifywait --json --until-exists a
	equal "$status" 1
	one_line inotifywait
}

@test "what events are for does not go with waiting for paths" {
	for option in -m -r -c -d '-o out' '-e create' '--count 2' '--format %w' '--null' '--exclude x' '--includei x' \
		'--fromfile list' '--no-newline' '--timefmt %s' '--queue 64M' '--debounce 0' --batch '--on-busy queue' file @file; do
		# shellcheck disable=SC2086
		try inotifywait $option --until-exists nothing
		misused inotifywait "--until-exists goes without operands"
	done
	try inotifywait --until-gone x file
	misused inotifywait "--until-gone goes without operands"
	for option in --until-exists --until-gone; do
		try inotifywait "$option" ''
		misused inotifywait "$option: the path is empty"
	done
	[ ! -e out ] || fails "made a file"
}

@test "--ready-fd is served when it holds already, and not on an error" {
	: >file
	await --until-exists file
	holds
	launch "$BUTTER" inotifywait --ready-fd 7 --until-exists /proc/nothing
	! read -r -t "$LIMIT" -u "$ready" _ || fails "was ready"
	finish
	equal "$status" 1
}

# ---- How it waits

@test "it sleeps without a time limit, and what does not matter makes no walk" {
	need_strace
	mkdir -p a/b
	start strace -qq -o "$BATS_TEST_TMPDIR/trace" -e trace=ppoll,openat,inotify_add_watch "$BUTTER" inotifywait \
		--ready-fd 7 --until-exists a/b/file
	walks=$(grep -c 'openat.*"b"' "$BATS_TEST_TMPDIR/trace")
	equal "$walks" 2
	for i in {1..20}; do
		: >"a/b/other$i"
		mkdir "a/new$i" "file$i"
		rm "a/b/other$i"
	done
	: >a/b/file
	finish
	equal "$status" 0
	equal "$(grep -c 'openat.*"b"' "$BATS_TEST_TMPDIR/trace")" 2
	grep -q 'ppoll' "$BATS_TEST_TMPDIR/trace"
	! grep 'ppoll' "$BATS_TEST_TMPDIR/trace" | grep -v '}\], 2, NULL, NULL' || fails "polls with a time"
}

@test "watches that are not needed any more are let go" {
	await -t 60 --until-exists a/b/c
	before=$(watches "$pid")
	for i in {1..8}; do
		mkdir -p a/b
		still_waits
		equal "$(watches "$pid")" "$((before + 2))"
		mv a "old$i"
		still_waits
		equal "$(watches "$pid")" "$before"
	done
	mkdir -p a/b/c
	holds
}

@test "lost events are made up for by looking" {
	most=$(</proc/sys/fs/inotify/max_queued_events)
	((most <= 100000)) || skip "fs.inotify.max_queued_events is large"
	await -t 60 --until-exists a/b
	kill -STOP "$pid"
	: >x
	perl -e 'for (1 .. $ARGV[0]) { rename "x", "y" or die; rename "y", "x" or die }' "$((most / 4 + 100))"
	mkdir -p a/b
	kill -CONT "$pid"
	holds
}

@test "faults: each is one line, or is overcome" {
	for fault in inotify_init1:error=EMFILE inotify_init1:error=ENOSYS inotify_add_watch:error=ENOSPC \
		inotify_add_watch:error=ENOMEM:when=2 fchdir:error=EIO ppoll:error=ENOMEM; do
		inject "$fault" inotifywait -t 5 --until-exists a/b
		failed 1 inotifywait "cannot "
	done
	# One for each folder in which a name is looked up; of the second path, for each that there is at most.
	inject inotify_add_watch:error=ENOSPC inotifywait -t 5 --until-exists a
	contains "$stderr" "1 watch is needed: raise fs.inotify.max_user_watches"
	inject inotify_add_watch:error=ENOSPC:when=2 inotifywait -t 5 --until-exists /proc/self/../../nothing/a
	contains "$stderr" "cannot watch '/proc/': No space left on device (6 watches are needed"
	inject inotify_add_watch:error=ENOSPC inotifywait -t 5 --until-exists a/b --until-exists c/d
	contains "$stderr" "4 watches are needed"
	inject inotify_add_watch:error=ENOSPC inotifywait -t 5 --until-exists ./a/././b//c/.
	contains "$stderr" "3 watches are needed"
	mkdir -p a/b/c
	inject inotify_add_watch:error=ENOSPC:when=3 inotifywait -q -m --wait-recreate a/b/c/d
	failed 1 inotifywait "cannot watch './a/b/': No space left on device (4 watches are needed"
	rm -r a
	for fault in ppoll:error=EINTR:when=1..3 inotify_rm_watch:error=EINVAL; do
		injecting "$fault"
		start "${tracer[@]}" "$BUTTER" inotifywait --ready-fd 7 -t 10 --until-exists a/b
		mkdir a
		mv a x
		mkdir -p a/b
		holds
		rm -r a x
	done
	await -t 10 --until-exists a/b
	kill -STOP "$pid"
	mkdir -p a/b
	kill -CONT "$pid"
	holds
}

# ---- Races

@test "every one of many paths that are made at full speed is seen, and every one that is removed" {
	capture_rounds perl -e '
		my ($butter, $rounds) = @ARGV;
		for my $round (1 .. $rounds) {
			for my $option ("--until-exists", "--until-gone") {
				my $pid = fork // die;
				exec $butter, "inotifywait", "-t", $ENV{EACH}, $option, "a$round/b/c/d/e" if !$pid;
				# Anything from before it runs until long after it sleeps.
				select undef, undef, undef, ($round % 20) / 5000;
				if ($option eq "--until-exists") { system "mkdir", "-p", "a$round/b/c/d/e" }
				else { rmdir "a$round/b/c/d/$_" or die for "e", "" }
				waitpid $pid, 0;
				die "round $round, $option: $?" if $?;
			}
		}' "$BUTTER" "$(rounds 100 1000)"
	succeeded
}

# storm EXISTS ROUNDS SEED: in each round a wait for a/b/c/d/e, while folders, files and links come, go and change names
# there at random, at full speed; at the end it holds, and the wait must end.
storm() {
	capture_rounds perl -e '
		my ($butter, $exists, $rounds, $seed) = @ARGV;
		my ($path, @names, $spare) = ("a/b/c/d/e", "a" .. "e");
		sub any { join "/", @names[0 .. int rand @_ ? $_[0] : 5] }
		sub parents { my $p = ""; for (split "/", $_[0]) { $p .= $_; mkdir $p; $p .= "/" } }
		my @moves = (
			sub { parents(any(5)) }, sub { parents(any(5)) },
			sub { rename any(5), "s" . int rand 4 }, sub { rename "s" . int rand 4, any(5) },
			sub { rename any(5), any(5) }, sub { my $p = any(5); rmdir $p or unlink $p },
			sub { symlink "s" . int rand 4, any(1) }, sub { symlink "../s" . int rand 4, any(2) },
			sub { symlink "../a/b", any(5) }, sub { my $p = any(5); open my $f, ">", $p unless -e $p },
			sub { unlink any(5) }, sub { symlink "$ENV{PWD}/s" . int rand 4, any(5) });
		sub settle {
			my $p = "";
			for (split "/", $path) {
				$p .= $_;
				rename $p, "junk" . $spare++ if -l $p || !-d $p;
				mkdir $p;
				$p .= "/";
			}
		}
		for my $round (1 .. $rounds) {
			srand($seed + $round);
			mkdir "w"; chdir "w" or die;
			$ENV{PWD} = "$ENV{BASE}/w";
			settle() if rand() < ($exists ? 0.1 : 0.9);
			pipe my $in, my $out; my $ready = rand() < 0.5;
			my $pid = fork // die;
			if (!$pid) {
				open STDIN, "<", "/dev/null";
				my @more = ();
				if ($ready) { require Fcntl; fcntl($out, Fcntl::F_SETFD(), 0); @more = ("--ready-fd", fileno $out) }
				exec $butter, "inotifywait", "-t", $ENV{EACH}, @more, $exists ? "--until-exists" : "--until-gone", $path;
			}
			close $out;
			sysread $in, my $byte, 1 if $ready;
			for (1 .. rand 200) {
				$moves[rand @moves]->();
				select undef, undef, undef, rand() / 3000 if rand() < 0.1;
			}
			if ($exists) { settle() } else { rename "a", "junk" . $spare++ }
			waitpid $pid, 0;
			die "round $round of seed $seed: status $?" if $?;
			chdir ".." or die;
			rename "w", "old$round";
			system "rm", "-rf", "old$round" ;
		}' "$BUTTER" "$@"
}

@test "a storm of folders, files and links of which the path comes out: --until-exists" {
	export BASE=$PWD
	storm 1 "$(rounds 100 1000)" "${SEED:-1}"
	succeeded
}

@test "a storm of folders, files and links in which the path goes down: --until-gone" {
	export BASE=$PWD
	storm 0 "$(rounds 100 1000)" "${SEED:-1}"
	succeeded
}

# ---- --sd-notify

@test "--sd-notify sends READY=1 when nothing can be missed any more" {
	for name in "$BATS_TEST_TMPDIR/socket" "@butter-test-$$-$RANDOM"; do
		manager "$name" "$BUTTER" inotifywait -qq -t 10 --sd-notify -e create .
		succeeded
		equal "$output" '[READY=1]0'
		rmdir ready
		manager "$name.2" "$BUTTER" inotifywait -t 10 --sd-notify --until-exists ready
		succeeded
		equal "$output" '[READY=1]0'
		rmdir ready
	done
	# As long as a name can be.
	name=@$(printf 'x%.0s' {1..106})
	manager "$name" "$BUTTER" inotifywait -t 10 --sd-notify --until-exists ready
	equal "$output" '[READY=1]0'
}

@test "--sd-notify without a socket that works is an error" {
	: >file
	unset NOTIFY_SOCKET
	for name in '' unset; do
		[ "$name" = unset ] || export NOTIFY_SOCKET=$name
		try inotifywait -q --sd-notify -t 5 file
		failed 1 inotifywait "NOTIFY_SOCKET"
		unset NOTIFY_SOCKET
	done
	while IFS='|' read -r name text; do
		export NOTIFY_SOCKET=$name
		for mode in file '--until-exists file' '--until-exists nothing'; do
			# shellcheck disable=SC2086
			try inotifywait -q --sd-notify -t 5 $mode
			failed 1 inotifywait "cannot send READY=1 to NOTIFY_SOCKET '$name'" "$text"
		done
	done <<-END
		$PWD/nothing|No such file
		$PWD/file|Connection refused
		relative|Address family not supported
		vsock:2:1234|Address family not supported
		@nobody-listens-there-$$|Connection refused
		/$(printf 'x%.0s' {1..107})|File name too long
	END
	export NOTIFY_SOCKET=$PWD/file
	inject socket:error=EMFILE inotifywait -q --sd-notify -t 5 file
	failed 1 inotifywait "Too many open files"
	# Only who asks for it needs it.
	try inotifywait -q -t 5 --until-exists file
	succeeded
	launch "$BUTTER" inotifywait --ready-fd 7 -q --sd-notify file
	! read -r -t "$LIMIT" -u "$ready" _ || fails "was ready"
	finish
	equal "$status" 1
	try inotifywait -d -o out --sd-notify file
	misused inotifywait "--sd-notify"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# inotifywait and inotifywatch by fanotify: -F, -S, -I, and the names fsnotifywait and fsnotifywatch. Each test has a file system of its own.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # other shells expand

load helper
load inotify

setup() {
	trace_tests_only
	need_applet inotifywait
	need_root
	need_tool perl
	another_folder
	ln -s "$BUTTER" "$BATS_TEST_TMPDIR/fsnotifywait"
	try inotifywait -qS -t 0.01 .
	[[ $stderr != *fanotify* ]] || skip "fanotify cannot be used here: $stderr"
	within=(unshare -m --propagation private sh -c 'mount -t tmpfs none . && cd "$PWD" && exec "$@"' sh)
	"${within[@]}" true 2>/dev/null || skip "cannot mount a tmpfs here"
}

# acting COMMAND... -- SCRIPT: in a new file system runs COMMAND in the background and, when it is ready, SCRIPT; what
# COMMAND has printed up to the file `end`, without that, becomes output. An error of SCRIPT fails.
acting() {
	local command=()

	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	export LIMIT
	capture timeout "$LIMIT" "${within[@]}" sh -c '
		script=$1 out=$2
		shift 2
		[ ! -e "$out.before" ] || . "$out.before"
		rm -f "$out.ready"
		mkfifo "$out.ready"
		"$@" --ready-fd 7 >"$out" 7>"$out.ready" &
		read -r _ <"$out.ready"
		sh -euc "$script" || exit 99
		: >end
		until grep -q "CREATE end" "$out"; do
			kill -0 $! || exit 98
			sleep 0.05
		done
		kill $!
	' sh "$2" "$BATS_TEST_TMPDIR/told" "${command[@]}"
	equal "$status" 0
	output=$(grep -v ' end$' "$BATS_TEST_TMPDIR/told")
}

# before SCRIPT: runs in the new file system before the command.
before() {
	echo "$1" >"$BATS_TEST_TMPDIR/told.before"
}

@test "unmounting ends it, and is told" {
	for options in '' -m '-m -r'; do
		capture "${within[@]}" bash -euc '
			mkdir m && mount -t tmpfs none m
			mkfifo ready
			"$BUTTER" inotifywait -qF $1 -e create --ready-fd 7 m 7>ready &
			read -r _ <ready
			umount m
			wait $!' sh "$options"
		equal "$status|$output" "1|m UNMOUNT "
	done
}

@test "-F -r: after an overflow, what has changed is looked for; that what is gone is not, is said" {
	local most

	most=$(</proc/sys/fs/fanotify/max_queued_events)
	((most <= 100000)) || skip "fs.fanotify.max_queued_events is large"
	export most
	before 'mkdir D; : >D/gone'
	acting "$BUTTER" inotifywait -q -m -r -F -e create,modify,delete . -- 'read -r watcher _ </proc/$PPID/task/$PPID/children || true
		kill -STOP $watcher
		perl -e "for (1 .. $most + 500) { open F, q(>), qq(D/flood.\$_) or die }"
		rm D/gone
		: >D/new
		kill -CONT $watcher'
	# Where files have no time of birth, one that is new is modified.
	grep -qE '(CREATE|MODIFY) new$' <<<"$output"
	lacks "$output" gone
	one_line inotifywait
	contains "$stderr" 'looking for what has changed, but for what is gone'
}

@test "-S watches a whole file system: lines as by inotify, with the paths of the mount" {
	local here=$PWD

	before 'mkdir d'
	acting "$BUTTER" inotifywait -qmS . -- 'mkdir d/e; echo x >d/e/f; mv d/e D; rm D/f'
	equal "$(grep -v -e OPEN -e ACCESS -e CLOSE -e ATTRIB -e SELF <<<"$output")" \
		"$here/d/ CREATE,ISDIR e
$here/d/e/ CREATE f
$here/d/e/ MODIFY f
$here/d/ MOVED_FROM,ISDIR e
$here/ MOVED_TO,ISDIR D
$here/D/ DELETE f"
}

@test "-F -r watches below each PATH, as that was typed; a rename over the border is one half of a move" {
	before 'mkdir d d/sub other; : >other/in; : >d/out'
	acting "$BUTTER" inotifywait -qmFr -e create,move d --include . -- \
		'mv other/in d/sub/in; mv d/out other/out; : >other/no; : >d/sub/end'
	equal "$output" "d/sub/ MOVED_TO in
d/ MOVED_FROM out"
}

@test "the name fsnotifywait means -F, and -I takes that back" {
	acting "$BATS_TEST_TMPDIR/fsnotifywait" -qmr -e create . -- 'mkdir -p a/b/c; : >a/b/c/f'
	equal "$output" "./ CREATE,ISDIR a
./a/ CREATE,ISDIR b
./a/b/ CREATE,ISDIR c
./a/b/c/ CREATE f"
	need_strace
	run -0 strace -f -o "$BATS_TEST_TMPDIR/calls" -e inotify_init1,fanotify_init "$BATS_TEST_TMPDIR/fsnotifywait" -qI -t 0.01 . || true
	lacks "$(cat "$BATS_TEST_TMPDIR/calls")" fanotify_init
}

@test "-m -F -r tells all of a storm of new trees, once each" {
	acting "$BUTTER" inotifywait -qmFr -e create . -- 'perl -e "
		for my \$i (1 .. 500) {
			my \$path = \"t\$i\";
			mkdir \$path or die;
			for (qw(b c d e f)) { \$path .= \"/\$_\"; mkdir \$path or die }
			open my \$f, \">\", \"\$path/file\" or die;
		}"'
	equal "$(grep -c ' CREATE file$' <<<"$output")" 500
	equal "$(grep -c ' CREATE,ISDIR ' <<<"$output")" 3000
	equal "$(sort <<<"$output" | uniq -d)" ""
}

@test "the two ends of a rename have one cookie" {
	before ': >a'
	acting "$BUTTER" inotifywait -qmF -e move -e create --format '%c %e %f' . -- 'mv a b; mv b c'
	equal "$output" "1 MOVED_FROM a
1 MOVED_TO b
2 MOVED_FROM b
2 MOVED_TO c"
}

@test "what excludes each other is refused: -I with -F or -S, -S with -r, --follow-name by fanotify" {
	for options in "-I -F" "-I -S" "-S -r" "-I -S -r" "-F -m --follow-name" "-F -m --wait-recreate" "-F -r --partial" \
		"-F --until-exists x" "-I --until-gone x"; do
		# shellcheck disable=SC2086 # words
		try inotifywait $options .
		equal "$status" 1
		one_line inotifywait
	done
}

@test "without CAP_SYS_ADMIN, -F works for what is named, and -F -r says what it needs" {
	unprivileged
	chmod a+rx . "$(public_folder)"
	cd "$BATS_TEST_TMPDIR/public" || return
	mkdir -m 777 d
	start "${as_nobody[@]}" "$BUTTER" inotifywait -qF -e create --ready-fd 7 d
	: >d/f
	finish
	equal "$status $output" "0 d/ CREATE f"
	try_as_nobody inotifywait -qFr d
	equal "$status" 1
	one_line inotifywait
	contains "$stderr" CAP_SYS_ADMIN
}

@test "inotifywatch -S and fsnotifywatch count for each file and folder" {
	local tool

	need_tool jq
	ln -s "$BUTTER" "$BATS_TEST_TMPDIR/fsnotifywatch"
	for tool in "$BUTTER inotifywatch -S" "$BATS_TEST_TMPDIR/fsnotifywatch -r"; do
		capture timeout "$LIMIT" "${within[@]}" sh -euc '
			rm -f ../ready
			mkfifo ../ready
			$1 --json --ready-fd 7 . >../told 2>/dev/null 7>../ready &
			read -r _ <../ready
			mkdir d
			echo x >d/f
			mv d/f d/g
			kill -INT $!
			wait
		' sh "$tool"
		equal "$status" 0
		equal "$(jq -r '"\(.path | split("/") | last) \(.create) \(.modify) \(.moved_from) \(.moved_to)"' \
			"$BATS_TEST_TMPDIR/told" | sort)" "d 1 0 0 0
f 1 1 1 0
g 0 0 0 1"
	done
}

@test "-F tells who did it, in --format and in JSON" {
	# The shell stays until it has been looked at.
	action=': >a; until grep -q "CREATE a" "$BATS_TEST_TMPDIR/told"; do kill -0 $PPID; done'
	acting "$BUTTER" inotifywait -qmF -e create --format '%P %C %u %e %f' . -- "$action"
	matches "$output" '[0-9]+ sh 0 CREATE a'
	need_tool jq
	start "${within[@]}" "$BUTTER" inotifywait -qF --json --ready-fd 7 .
	: >"/proc/$pid/cwd/a"
	wait "$pid"
	equal "$(jq -r '"\(.pid) \(.uid) \(.comm)"' "$job/out")" "$BASHPID $EUID $(<"/proc/$BASHPID/comm")"
}

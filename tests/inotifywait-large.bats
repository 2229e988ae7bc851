#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A large tree is watched by two processes at once, and all is as if it was one: what happens meanwhile, when the
# other one is killed, or cannot be, when watches run out, and what may not be read.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2034 # helper.bash reads within
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # other shells expand

load helper
load inotify

setup() {
	trace_tests_only
	need_applet inotifywait
	model=$BUTTER_SOURCE/tests/model.pl
	cd "$BATS_TEST_TMPDIR" || return
	plant
}

# plant: 631 folders, of which a half is read before it is known that the tree is large.
plant() {
	rm -rf D
	mkdir -p D/{00..29}/{0..3}/{0..3}
}

two_processors() {
	[ "$(nproc)" -gt 1 ] || skip "one processor"
}

# all_watched: each folder in D has a watch, and what is made in it is told with its path, once.
all_watched() {
	find D -type d | sort >folders
	equal "$(watches "$pid")" "$(wc -l <folders)"
	sed 's,$,/here,' folders | xargs touch
	await told_all
	equal "$(grep ' CREATE here$' "$job/out" | sort | uniq -d)" ''
	sed 's,$,/ CREATE here,' folders | sort | cmp - <(grep ' CREATE here$' "$job/out" | sort)
}

told_all() {
	[ "$(grep -c ' CREATE here$' "$job/out")" -ge "$(wc -l <folders)" ]
}

# traced_with SPEC...: as follow, by a command that strace -e SPEC traces; all of its processes.
traced_with() {
	need_strace
	start strace -I2 -D -f -q -o trace "${@/#/-e}" "$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create D
}

# untraced: from here on it runs alone.
untraced() {
	kill "$(awk '/^TracerPid/ { print $2 }' "/proc/$pid/status")"
	await grep -q 'TracerPid:.0$' "/proc/$pid/status"
}

@test "two processes set the watches; when it is ready, one is left, and all folders are watched" {
	two_processors
	traced_with trace=inotify_add_watch
	# What is told of one process while another is is in two lines.
	equal "$(grep -c '= [0-9]*$' trace)" 631
	equal "$(cut -d ' ' -f 1 trace | sort -u | wc -l)" 2
	[ -z "$(children "$pid")" ]
	untraced
	all_watched
}

@test "with the default events nothing that either has done to set the watches is told" {
	follow
	: >D/29/3/3/file
	await grep -q 'D/29/3/3/ CLOSE_WRITE' "$job/out"
	equal "$(<"$job/out")" 'D/29/3/3/ CREATE file
D/29/3/3/ OPEN file
D/29/3/3/ CLOSE_WRITE,CLOSE file'
}

@test "folders are made, moved and removed meanwhile: when it has settled, each is watched once, under its path" {
	rounds=$(rounds 3 50)
	for ((seed = 1; seed <= rounds; seed++)); do
		perl "$model" anew "$seed" 1000000 D 3>&- 4>&- &
		churn=$!
		started+=("$churn")
		follow -e create
		kill "$churn"
		wait "$churn" || true
		: >D/last
		await grep -q 'D/ CREATE last' "$job/out"
		drained
		all_watched || fails "seed $seed"
		equal "$(<"$job/err")" ''
		stop_following
		plant
	done
}

@test "when the second process is killed, at once or in the middle of its report, the first one does its work" {
	two_processors
	for fault in prctl:signal=KILL write:signal=KILL:when=2; do
		# The second one may have had so little to do that its report is in one piece.
		for _ in {1..20}; do
			traced_with trace=prctl,write "inject=$fault"
			! grep -q '+++ killed by SIGKILL' trace || break
			stop_following
		done
		grep -q '+++ killed by SIGKILL' trace
		untraced
		all_watched
		equal "$(<"$job/err")" ''
		stop_following
		find D -name here -delete
	done
}

@test "where there can be no second process, the first one does it all" {
	traced_with trace=clone inject=clone:error=EAGAIN
	[ "$(nproc)" -eq 1 ] || grep -q INJECTED trace
	untraced
	all_watched
	stop_following
	find D -name here -delete
	need_tool taskset
	start taskset -c "$(taskset -cp $$ | grep -o '[0-9]*$')" strace -I2 -D -f -q -o trace -e trace=clone "$BUTTER" inotifywait -qmr --ready-fd 7 -e create D
	equal "$(<trace)" ''
	untraced
	all_watched
}

@test "folders that may not be read are told once, whoever has met them" {
	unprivileged
	chmod -R a+rX "$(public_folder)"
	mv D public/D
	cd public
	chmod 0 D/{01,15,28,29}/3/3
	start "${as_nobody[@]}" "$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create D
	equal "$(sed 's/ denied (.*/ denied/' "$job/err" | sort)" "butter: inotifywait: cannot watch 'D/01/3/3/': Permission denied
butter: inotifywait: cannot watch 'D/15/3/3/': Permission denied
butter: inotifywait: cannot watch 'D/28/3/3/': Permission denied
butter: inotifywait: cannot watch 'D/29/3/3/': Permission denied"
	equal "$(watches "$pid")" 627
	chmod 755 D/{01,15,28,29}/3/3
}

@test "too few watches: how many are needed is the sum of both" {
	need_userns
	capture unshare -Ur bash -c 'echo 400 >/proc/sys/user/max_inotify_watches && exec "$BUTTER" inotifywait -q -r -t 0.05 -e create D'
	failed 1 inotifywait "cannot watch 'D/" 'No space left on device' '631 watches are needed'
	capture unshare -Ur bash -c 'echo 400 >/proc/sys/user/max_inotify_watches && exec "$BUTTER" inotifywait -q -r -t 0.05 -e create --partial D'
	equal "$status" 2
	one_line inotifywait
	contains "$stderr" '231 of 631 folders are not watched'
}

@test "a folder that is bound to places in both parts is told at one of them" {
	namespaces -m
	mkdir D/29/bound D/03/bound
	start "${within[@]}" bash -c 'mount --bind D/15 D/29/bound && mount --bind D/15 D/03/bound &&
		exec "$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create D'
	equal "$(watches "$pid")" 631
	: >D/15/3/3/file
	: >D/15/file
	: >D/last
	await grep -q 'D/ CREATE last' "$job/out"
	equal "$(grep -c ' CREATE file$' "$job/out")" 2
	equal "$(sed 's,^D/15/,,; s,^D/../bound/,,; /last/d' "$job/out" | sort)" ' CREATE file
3/3/ CREATE file'
}

@test "inotifywatch counts what happens in all of them" {
	need_applet inotifywatch
	start "$BUTTER" inotifywatch -r -e create --ready-fd 7 --json D
	find D -type d | sed 's,$,/here,' | xargs touch
	kill -INT "$pid"
	finish
	equal "$(grep -o '"create":[0-9]*' <<<"$output" | awk -F : '{ sum += $2 } END { print sum }')" 631
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031
# clone-exec: a command in a process as clone3(2) makes it, and what stands for it.
# shellcheck disable=SC2154 # helper.bash sets status, output and stderr
# shellcheck disable=SC2016 # other shells expand

load helper
load namespaces

setup() {
	trace_tests_only
	need_applet clone-exec
	cd "$BATS_TEST_TMPDIR" || return
}

# refused STATUS TEXT ARGUMENT...: so it ends, and says TEXT.
refused() {
	capture "$BUTTER" clone-exec "${@:3}"
	failed "$1" clone-exec "$2"
}

# begun ARGUMENT...: starts it; its command says on descriptor 7 that it is ready.
begun() {
	users
	start "$BUTTER" signalfd-mask -d INT,QUIT -- "$BUTTER" clone-exec --keep-fd 7 --keep-fd 8 "${own[@]}" "$@"
}

# detached: who has started the command is gone.
detached() {
	! is_running
}

# ---- What the call can do

@test "each kind is new for the command, and all others are not" {
	local kind
	need_proc
	users
	for kind in cgroup time ipc mount:mnt net uts; do
		capture "$BUTTER" clone-exec "${own[@]}" "--new-${kind%:*}" readlink /proc/self/ns/{cgroup,time,ipc,mnt,net,uts}
		[[ $stderr != *'this kernel has no'* ]] || continue
		succeeded
		is_root || continue
		equal "$(comm -13 <(readlink /proc/self/ns/{cgroup,time,ipc,mnt,net,uts} | sort) <(sort <<<"$output") | sed 's/:.*//')" "${kind#*:}"
	done
	need_userns
	try clone-exec -r --new-pid sh -c 'echo $$; id -u; exit 3'
	equal "$status:$output" $'3:1\n0'
	try clone-exec --new-user readlink /proc/self/ns/user
	lacks "$(readlink /proc/self/ns/user)" "$output"
}

@test "its number is told, and which namespaces it is in" {
	need_proc
	try clone-exec --print-pid sh -c 'echo $$ >own'
	equal "$output" "$(cat own)"
	capture sh -c '"$BUTTER" clone-exec --json --pid-fd 7 sh -c "echo \$\$; ls -x /proc/self/ns >/dev/null; readlink /proc/self/ns/uts; ls /proc/self/fd | wc -l" 7>told'
	succeeded
	matches "$(cat told)" '\{"event":"exec","pid":'"${output%%$'\n'*}"',("pid_inode":[0-9]+,)?"user_ns":[0-9]+,.*"mount_ns":[0-9]+\}'
	contains "$output" "[$(sed 's/.*"uts_ns":\([0-9]*\).*/\1/' told)]"
	equal "${output##*$'\n'}" 4
	# Nothing runs that nobody knows of.
	for to in '>&-' '>/dev/full'; do
		capture sh -c '"$BUTTER" clone-exec --detach --print-pid --keep-fd 8 "$BUTTER" timerfd-sleep inf 8>&2 '"$to"
		failed 125 clone-exec "cannot print the number of the command, which is killed"
	done
}

@test "its number can be chosen where nobody has it" {
	need_clone3
	local free
	need_root
	# From there on there is one that nobody has taken since.
	for ((free = 30000; free < 30100; free++)); do
		[ ! -e "/proc/$free" ] || continue
		capture "$BUTTER" clone-exec --set-tid "$free" sh -c 'echo $$'
		[[ $stderr == *'File exists'* ]] || break
	done
	[[ $stderr != *CAP_CHECKPOINT_RESTORE* ]] || skip "this pid namespace is not ours"
	equal "$status:$output" "0:$free"
	capture "$BUTTER" clone-exec --new-pid --set-tid "1,$free" --print-pid sh -c 'echo $$'
	[[ $stderr == *'File exists'* ]] || equal "$(sort -n <<<"$output")" $'1\n'"$free"
	refused 125 "File exists (there is a process of that number)" --set-tid "$$" true
	refused 125 "a number is beyond sysctl kernel.pid_max, or process 1" --new-pid --set-tid 2 true
	refused 125 "or there are more numbers than nested pid namespaces" --new-pid --set-tid "$(seq -s, 1 32)" true
}

@test "who may not choose numbers or make namespaces is told what is missing" {
	need_clone3
	unprivileged
	capture "${as_nobody[@]}" "$BUTTER" clone-exec --set-tid 30000 true
	failed 125 clone-exec "Operation not permitted (needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the user namespace of each"
	capture "${as_nobody[@]}" "$BUTTER" clone-exec --new-pid --set-tid 1 true
	failed 125 clone-exec "needs CAP_SYS_ADMIN: run as root, or in a user namespace by -r"
	# Without rights they are what is missing, profile or not.
	for error in ENOSYS $(is_root && echo EPERM); do
		capture "$BUTTER" seccomp-exec --errno "clone3=$error" -- "$BUTTER" clone-exec --set-tid 30000 true
		failed 125 clone-exec "a seccomp profile"
	done
	capture "$BUTTER" seccomp-exec --errno clone=EPERM -- "$BUTTER" clone-exec -r --new-uts true
	failed 125 clone-exec "a seccomp profile is in the way"
	need_userns
	capture unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_uts_namespaces && exec "$BUTTER" clone-exec --new-uts true'
	failed 125 clone-exec "No space left on device (user.max_uts_namespaces is 0: raise it by sysctl)"
}

@test "it begins in a cgroup, or joins it where that cannot be" {
	need_clone3
	local top how
	need_root
	unprivileged
	top=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") { print $5; exit } }' /proc/self/mountinfo)
	mkdir "${top:-/dev/null}/butter.$$" 2>/dev/null || skip "no cgroups to be made here"
	capture sh -c 'cgroup=$1
		shift
		for how in "" --new-cgroup; do
			"$BUTTER" clone-exec $how --into-cgroup "$cgroup" sed -n "s,^0:.*/,,p" /proc/self/cgroup
		done
		for error in ENOSYS EPERM; do
			"$BUTTER" seccomp-exec --errno clone3=$error -- "$BUTTER" clone-exec --new-time --clear-sighand --into-cgroup "$cgroup" sed -n "s,^0:.*/,,p" /proc/self/cgroup
		done
		"$@" "$BUTTER" clone-exec --into-cgroup "$cgroup" true
		mkdir "$cgroup/a" && echo threaded >"$cgroup/a/cgroup.type" && "$BUTTER" clone-exec --into-cgroup "$cgroup/a" true
		rmdir "$cgroup/a"' "$0" "$top/butter.$$" "${as_nobody[@]}"
	rmdir "$top/butter.$$"
	equal "$output" "butter.$$"$'\n\n'"butter.$$"$'\n'"butter.$$"
	equal "$(grep -c 'it has joined the cgroup itself' <<<"$stderr")" 2
	contains "$stderr" "Permission denied (the cgroup's cgroup.procs has to be writable, and that of a folder above both)" \
		"Operation not supported (the cgroup is threaded, or a folder of those)"
	refused 125 "'.' is no cgroup" --into-cgroup . true
	refused 125 "cannot open the cgroup 'a\012b'" --into-cgroup $'a\nb' true
}

@test "signals that were ignored are not with --clear-sighand, with clone3 or without" {
	need_proc
	for how in '' --init; do
		users
		[ "$how" ] || own=()
		# shellcheck disable=SC2086
		capture sh -c 'trap "" HUP USR2 PIPE; "$BUTTER" clone-exec "$@" sed -n "s/^SigIgn:.//p" /proc/self/status
			"$BUTTER" clone-exec "$@" --clear-sighand sed -n "s/^SigIgn:.//p" /proc/self/status
			"$BUTTER" seccomp-exec --errno clone3=ENOSYS -- "$BUTTER" clone-exec "$@" --clear-sighand sed -n "s/^SigIgn:.//p" /proc/self/status' "$0" "${own[@]}" $how
		succeeded
		contains "${output%%$'\n'*}" 1801
		equal "${output#*$'\n'}" $'0000000000000000\n0000000000000000'
	done
}

@test "the end is heard of by whatever signal it is told" {
	users
	for signal in CHLD TERM HUP USR1 TSTP CONT PIPE RTMIN 64 0; do
		try clone-exec "${own[@]}" --exit-signal "$signal" --init sh -c 'exit 4'
		equal "$signal $status" "$signal 4"
		try clone-exec --exit-signal "$signal" /nothing
		equal "$signal $status" "$signal 127"
	done
	try clone-exec --exit-signal 0 sh -c 'kill $$'
	equal "$status" 143
	begun --exit-signal INT --init sh -c "$lasting"
	kill "$pid"
	finish
	equal "$status" 143
}

@test "it has a pidfd of itself, under whatever number" {
	need_pidfd
	local number
	need_proc
	for number in 0 3 4 5 6 7 100; do
		try clone-exec --pidfd "$number" sh -c "echo \$\$ >own; sed -n 's/^Pid:.//p' /proc/\$\$/fdinfo/$number; ls /proc/self/fd | wc -l"
		equal "$output" "$(cat own)"$'\n'"$((number ? 5 : 4))"
	done
	# The example of the page: the helper, a child of its own, hears of the end.
	touch lock
	mkfifo told
	capture bash -c '"$BUTTER" clone-exec --pidfd 5 --keep-fd 9 sh -c "{ \"\$BUTTER\" events -q -n 1 --fd 5:in; rm lock; echo gone >&9; } >/dev/null 2>&1 & exec 5<&- 9>&-; exit 6" 9>told & read -r line <told; echo "$line"; wait $!'
	equal "$status:$output" 6:gone
	[ ! -e lock ] || fails "the lock is there"
	capture bash -c 'ulimit -n 50; exec "$BUTTER" clone-exec --pidfd 60 true'
	failed 125 clone-exec "cannot make descriptor 60 a pidfd" "no number at or above ulimit -n"
}

# ---- What stands for the command

@test "--detach ends once the command runs, or with the status of one that cannot" {
	need_proc
	start "$BUTTER" clone-exec --detach --print-pid --keep-fd 7 --keep-fd 8 sh -c "$lasting"
	await detached
	kill -0 "$(cat "$job/out")"
	kill "$(cat "$job/out")"
	finish
	equal "$status" 0
	try clone-exec --detach sh -c 'exit 4'
	equal "$status" 0
	refused 127 "cannot run './no\012ne'" --detach $'./no\nne'
	refused 126 "cannot run '/'" --detach /
}

@test "signals go on to it, and nothing is left when it is killed, whenever" {
	local round
	begun sh -c 'trap "echo term; exit 3" TERM; echo >&7; while :; do "$BUTTER" timerfd-sleep 0.02; done'
	kill "$pid"
	finish
	equal "$status:$output" 3:term
	# It is process 1, and has no handler.
	begun --new-pid sh -c 'echo >&7; exec sleep 1000'
	kill -USR1 "$pid"
	finish
	equal "$status" $((128 + $(kill -l USR1)))
	begun --kill-after 50ms sh -c 'trap "" TERM; echo >&7; while :; do "$BUTTER" timerfd-sleep 0.02; done'
	kill "$pid"
	finish
	equal "$status" 137
	users
	for ((round = 0; round < $(rounds 20 1000); round++)); do
		# Its processes have the other end of a pipe.
		launch "$BUTTER" clone-exec "${own[@]}" --new-pid --kill-child --exit-signal 0 --keep-fd 8 "$BUTTER" timerfd-sleep inf
		((round % 2)) && "$BUTTER" timerfd-sleep "0.00$((round % 10))"
		kill -KILL "$pid"
		finish
	done
}

@test "a shell sees a job stop and continues it" {
	need_tool script bash
	users
	cat >shell <<-'END'
		set -m
		"$BUTTER" clone-exec "$@" -- bash -c 'kill -TSTP 0; echo went on'
		echo "stopped $?"
		fg >/dev/null
		echo "ended $?"
	END
	for option in --exit-signal=0 --init; do
		capture script -qefc "bash ./shell ${own[*]} $option" /dev/null </dev/null
		output=${output//$'\r'/}
		matches "$output" $'.*stopped 148\n.*went on\nended 0.*'
	done
}

@test "it has no descriptors but those that it is to have, masks as they were, and a shell for want of a command" {
	need_proc
	capture "$BUTTER" signalfd-mask -b USR1 -- "$BUTTER" clone-exec --keep-fd 6 bash -c 'ls -x /proc/self/fd; "$BUTTER" signalfd-mask --show' 5<"$0" 6<"$0"
	matches "$output" $'0 +1 +2 +3 +6\n.*'
	contains "$output" "blocked USR1"
	capture env SHELL=/bin/echo "$BUTTER" clone-exec
	succeeded
	capture sh -c 'echo "echo of /bin/sh" | env -u SHELL "$BUTTER" clone-exec'
	equal "$output" "of /bin/sh"
}

@test "it works as process 1, without /proc, and without close_range" {
	users
	is_root || need_userns
	capture unshare "${own[@]}" -pf "$BUTTER" clone-exec sh -c 'exit 5'
	equal "$status" 5
	capture unshare "${own[@]}" -pfm --propagation private sh -c 'mount -t tmpfs none /proc || exit 77
		exec "$BUTTER" clone-exec --new-pid --new-mount --new-uts --print-pid --json "$@" sh -c "exit 6"' "$0"
	[ "$status" != 77 ] || skip "cannot hide /proc here"
	equal "$status" 125
	contains "$stderr" "--json goes without --print-pid"
	capture unshare "${own[@]}" -pfm --propagation private sh -c 'mount -t tmpfs none /proc
		exec "$BUTTER" clone-exec --new-pid --new-mount --new-uts --json "$@" sh -c "exit 6"' "$0"
	equal "$status:${output%%,*}" '6:{"event":"exec"'
	lacks "$output" _ns
	capture "$BUTTER" seccomp-exec --errno close_range=ENOSYS -- "$BUTTER" clone-exec sh -c 'exit 7' 5<"$0"
	equal "$status" 7
}

# ---- Errors

@test "options that do not go together are wrong usage" {
	while read -r line; do
		# shellcheck disable=SC2086 # words
		capture "$BUTTER" clone-exec $line true
		failed 125 clone-exec "see 'butter clone-exec --help'"
	done <<-'END'
		--detach --kill-child
		--detach --kill-after 1
		--json --print-pid
		-r -c
		--exit-signal NO
		--exit-signal KILL
		--exit-signal SEGV
		--set-tid 0
		--set-tid 1,
		--set-tid x
		--set-tid 99999999999999999999
		--set-tid 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33
		--keep-fd 77
		--pid-fd 77
		--kill-after 0
	END
}

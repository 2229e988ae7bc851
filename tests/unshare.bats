#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031
# unshare: a command in new namespaces, and what stands for it.
# shellcheck disable=SC2154 # helper.bash sets status, output and stderr
# shellcheck disable=SC2016 # other shells expand

load helper
load namespaces

setup() {
	trace_tests_only
	need_applet unshare
	need_real_root
	cd "$BATS_TEST_TMPDIR" || return
}

says() {
	await grep -qa -- "$1" "$job/out"
}

# ---- Namespaces

@test "each kind is new for the command, and all others are not" {
	local kind file
	need_proc
	users
	for kind in C:cgroup T:time i:ipc m:mnt n:net u:uts; do
		file=${kind#*:}
		capture "$BUTTER" unshare "${own[@]}" "-${kind%%:*}" readlink /proc/self/ns/{cgroup,time,ipc,mnt,net,uts}
		[[ $stderr != *'this kernel has no'* ]] || continue
		succeeded
		is_root || continue
		equal "$(comm -13 <(readlink /proc/self/ns/{cgroup,time,ipc,mnt,net,uts} | sort) <(sort <<<"$output") | sed 's/:.*//')" "$file"
	done
}

@test "a command in a pid namespace is process 1 without --fork, and --no-fork leaves that to its child" {
	users
	try unshare "${own[@]}" -p sh -c 'echo $$'
	equal "$output" 1
	try unshare "${own[@]}" -p --no-fork sh -c '[ $$ != 1 ] && sh -c "echo \$\$"; exit 4'
	equal "$output" 1
	equal "$status" 4
}

# same_as PEER... LINE: butter's unshare prints what PEER does, and ends as that.
same_as() {
	local words theirs line=${*: -1}

	eval "words=($line)"
	capture "${@:1:$#-1}" "${words[@]}"
	theirs=$status:$output
	capture "$BUTTER" unshare "${words[@]}"
	equal "$line: $status:$output" "$line: $theirs"
}

@test "util-linux's common command lines do the same" {
	local line
	need_userns
	export SHELL=/bin/pwd
	for line in '-r id -u' '-c id -u' '-U id -u' '--map-user=7 --map-group=8 id' '-rm sh -c "mount -t tmpfs none . && ls"' -r \
		'-rpf --mount-proc sh -c "echo \$\$; ls -d /proc/[0-9]"' '-ru sh -c "hostname a; hostname"' '-rf sh -c "exit 9"' \
		'-rw / pwd' '-rT --monotonic 1000 true' '-r nothing' '-r /' '-rR / -w /usr pwd' '-rC cat /proc/self/cgroup' \
		'-rn sh -c "cut -d : -f 1 /proc/net/dev"' '-c --keep-caps grep Cap[EA] /proc/self/status' \
		'-r sh -c "kill -KILL \$\$"' '-rf sh -c "kill \$\$"' '-rpf --kill-child sh -c "kill \$\$; exit 3"' '-rm --propagation slave true' \
		'-r -- sh -c "echo \$1" -x -y' '--user --map-root-user --ipc true' '-rpf sh -c "sh -c \"exit 4\"; exit \$?"'; do
		same_as unshare "$line"
	done
}

@test "busybox's common command lines do the same" {
	local line
	need_userns
	need_tool busybox
	busybox unshare -r true 2>/dev/null || skip "this busybox has no unshare"
	for line in '-r id -u' '-U id -u' '-rm sh -c "mount -t tmpfs none . && ls"' '-rpf --mount-proc sh -c "echo \$\$; ls -d /proc/[0-9]"' \
		'-ru sh -c "hostname a; hostname"' '-rf sh -c "exit 9"' '-rinu true' '-r nothing' '-rm --propagation shared true' \
		'-r cat /proc/self/setgroups' '-rpf --mount-proc=/proc sh -c "echo \$\$"'; do
		same_as busybox unshare "$line"
	done
}

@test "clocks of a time namespace are ahead" {
	users
	[ -e /proc/self/ns/time ] || skip "no time namespaces here"
	try unshare "${own[@]}" --boottime 1000000000 cat /proc/uptime
	succeeded
	((${output%%.*} > 1000000000)) || fails "$output"
	try unshare "${own[@]}" --boottime 1 --init true
	succeeded
	capture "$BUTTER" unshare --monotonic soon true
	equal "$status" 125
	contains "$stderr" "--monotonic: 'soon' is no whole number"
}

@test "a namespace is kept at a file, and not when the command cannot be run" {
	need_root
	for fork in '' -f; do
		# shellcheck disable=SC2086
		capture unshare -m --propagation private sh -c '"$BUTTER" unshare '"$fork"' --uts=kept --hostname kept true &&
			nsenter --uts=kept hostname; umount kept; rm kept
			"$BUTTER" unshare '"$fork"' --uts=kept --net=too nothing; echo $?; [ ! -e kept ] && [ ! -e too ]'
		equal "$output" $'kept\n127'
		contains "$stderr" "cannot run 'nothing'"
	done
	# Linux 6.18 numbers namespaces on each processor for itself, and lets one be mounted only in one of a lower number.
	capture taskset -c 0 unshare -m --propagation private taskset -c "0-$(($(nproc --all) - 1))" sh -c 'for i in 1 2 3; do "$BUTTER" unshare -p --pid=p$i --mount=m$i true; done; "$BUTTER" unshare -p --pid=pid --mount=mnt --keep-caps true; grep -c " nsfs " /proc/self/mountinfo'
	equal "$output" 8
	rm -f pid mnt [pm][123]
	failed_keeping
}

failed_keeping() {
	capture "$BUTTER" unshare --uts=no/such/file true
	equal "$status" 125
	one_line unshare
	contains "$stderr" "cannot create 'no/such/file'"
}

@test "a letter takes FILE with =, or as a path from the root on, and else is one of several" {
	need_root
	capture unshare -m --propagation private sh -c '"$BUTTER" unshare -iu="$PWD/kept" --hostname kept true && "$BUTTER" unshare -n"$PWD/net" true
		nsenter --uts=kept hostname; umount kept net'
	equal "$output" kept
	[ -e net ] || fails "no file of the network namespace"
	capture "$BUTTER" unshare -ux true
	equal "$status" 125
	contains "$stderr" "unknown option '-x'"
	contains "$("$BUTTER" unshare --help)" '[-u[=FILE]]'
}

# ---- Users

@test "maps are what they are written as, and their order does not matter" {
	need_root
	try unshare --map-users '0:0:1 10:20:5' --map-groups 100,0,3 --map-groups 5:7:1 cat /proc/self/{uid_map,gid_map,setgroups}
	succeeded
	equal "$(tr -s ' ' <<<"$output")" $' 0 0 1\n 10 20 5\n 0 100 3\n 5 7 1\nallow'
	try unshare -r --map-users=0:100000:10 cat /proc/self/uid_map
	equal "$(tr -s ' ' <<<"$output")" $' 1 100000 9\n 0 0 1'
	# The own id is there outside, too.
	try unshare --map-user 5 --map-users=0:0:10 cat /proc/self/uid_map
	equal "$(tr -s ' ' <<<"$output")" $' 0 1 5\n 6 6 4\n 5 0 1'
	try unshare -r --map-groups=100:0:10 --map-users all cat /proc/self/gid_map
	equal "$(tr -s ' ' <<<"$output")" $' 100 1 9\n 0 0 1'
	try unshare --map-users all --map-groups all id -u
	equal "$output" 0
}

@test "what is wrong with a map is said with its line" {
	local many
	many=$(for ((number = 0; number <= 340; number++)); do echo "$number:$number:1"; done)
	while read -r map text; do
		capture "$BUTTER" unshare --map-users "${map//_/ }" true
		equal "$status" 125
		one_line unshare
		contains "$stderr" "--map-users: $text"
	done <<-'END'
		0:0 line 1, '0:0': it is not of the form
		0:0:1_x line 2, 'x': it is not of the form
		0:0:0 line 1, '0:0:0': its count is 0
		0:4294967295:1 line 1, '0:4294967295:1': it goes beyond
		0:0:10_5:20:1 line 2, '5:20:1': ids inside are in another
		0:0:10_50:5:1 line 2, '50:5:1': ids outside are in another
	END
	capture "$BUTTER" unshare --map-users "$many" true
	equal "$status" 125
	contains "$stderr" "line 341, '340:340:1': the kernel takes 340 ranges at most"
	capture "$BUTTER" unshare --map-user there-is-no-such-user true
	equal "$status" 125
	contains "$stderr" "there is no 'there-is-no-such-user'"
}

@test "who is not root needs newuidmap for more than the own id, and is told so" {
	unprivileged
	"${as_nobody[@]}" unshare -Ur true 2>/dev/null || skip "user namespaces are forbidden here"
	capture "${as_nobody[@]}" env PATH=/nowhere "$BUTTER" unshare --map-users 0:100000:10 true
	equal "$status" 125
	one_line unshare
	contains "$stderr" "cannot run 'newuidmap'" "uidmap"
	capture "${as_nobody[@]}" "$BUTTER" unshare -r --init id -u
	equal "$output" 0
}

@test "the command is somebody else, with capabilities or without" {
	need_root
	try unshare -S 65534 -G 65534 sh -c 'id -u; id -G; grep CapEff /proc/self/status'
	equal "$output" $'65534\n65534\nCapEff:\t0000000000000000'
	try unshare -S 65534 --keep-caps grep CapAmb /proc/self/status
	lacks "$output" 0000000000000000
}

# ---- What stands for the command

@test "a signal that the kernel keeps from process 1 ends it as it would elsewhere" {
	for signal in TERM INT HUP USR1; do
		# It has no handler for any of them.
		inside -p sh -c 'echo >&7; exec sleep 1000'
		kill "-$signal" "$pid"
		finish
		equal "$status" $((128 + $(kill -l "$signal")))
	done
}

@test "a handler of process 1 has its turn, and KILL comes after --kill-after" {
	inside -p sh -c 'trap "echo term; exit 3" TERM; echo >&7; while :; do "$BUTTER" timerfd-sleep 0.02; done'
	kill "$pid"
	finish
	equal "$status:$output" 3:term
	inside -p --kill-after 50ms sh -c 'trap "" TERM; echo >&7; while :; do "$BUTTER" timerfd-sleep 0.02; done'
	kill "$pid"
	finish
	equal "$status" 137
}

@test "an init passes signals on and reaps what is left to it" {
	inside --init --mount-proc sh -c '(sh -c "echo >&8" &) ; sh -c "(exit 5) & exec true"; echo >&7; trap "ls -d /proc/[0-9]* | wc -l; exit 6" TERM
		while :; do "$BUTTER" timerfd-sleep 0.02; done'
	kill "$pid"
	finish
	equal "$status" 6
	users
	try unshare "${own[@]}" --init sh -c 'kill -TERM $$'
	equal "$status" 143
}

@test "with --kill-child nothing is left when it is killed, whenever" {
	local round
	for round in -p --init -f; do
		inside "$round" --kill-child sh -c "$lasting"
		kill -KILL "$pid"
		finish
		equal "$status" 137
	done
	users
	for ((round = 0; round < $(rounds 20 1000); round++)); do
		# Its processes have the other end of a pipe.
		launch "$BUTTER" unshare "${own[@]}" -p --kill-child --keep-fd 8 "$BUTTER" timerfd-sleep inf
		((round % 2)) && "$BUTTER" timerfd-sleep "0.00$((round % 10))"
		kill -KILL "$pid"
		finish
	done
}

@test "a command in a session of its own is in none of ours, and gets the signals" {
	inside --new-session sh -c 'trap "exit 4" TERM; echo >&7; ps -o sid= $$ | tr -d " "; echo $$; while :; do "$BUTTER" timerfd-sleep 0.02; done'
	kill "$pid"
	finish
	equal "$status" 4
	equal "$(uniq <<<"$output" | wc -l)" 1
	# Who leads a session cannot begin another one.
	capture setsid -w "$BUTTER" unshare "${own[@]}" --new-session echo new
	equal "$status:$output" 0:new
	capture setsid -w "$BUTTER" unshare "${own[@]}" --new-session --no-fork true
	failed 125 unshare "cannot begin a new session: Operation not permitted (this process leads a group"
}

@test "it has no descriptors but those that it is to have, and masks as they were" {
	need_proc
	users
	for how in -u -f --init; do
		capture "$BUTTER" signalfd-mask -b USR1 -- "$BUTTER" unshare "${own[@]}" "$how" --keep-fd 6 bash -c 'ls -x /proc/self/fd; "$BUTTER" signalfd-mask --show' 5<"$0" 6<"$0"
		matches "$output" $'0 +1 +2 +3 +6\n.*'
		contains "$output" "blocked USR1"
	done
	misused_keeping 77
}

misused_keeping() {
	capture "$BUTTER" unshare --keep-fd "$1" true
	equal "$status" 125
	contains "$stderr" "--keep-fd: '$1' is no open descriptor"
}

@test "--pid-fd tells the process" {
	inside -p --pid-fd 5 sh -c "$lasting" 5>number
	await test -s number
	equal "$(children "$pid")" "$(cat number)"
	kill "$pid"
	finish
	equal "$status" 143
	# Where nobody listens, that is said, and no end.
	capture perl -MPOSIX -e 'pipe(R, W); close(R); POSIX::dup2(fileno(W), 5); exec @ARGV' "$BUTTER" unshare "${own[@]}" --pid-fd 5 echo ran
	equal "$status:$output" 0:ran
	contains "$stderr" "cannot write to --pid-fd 5: Broken pipe"
}

# job OPTION...: bash, with a terminal, has a job stop and continue.
job() {
	users
	capture script -qefc "bash ./shell ${own[*]} $*" /dev/null </dev/null
	equal "${output//$'\r'/}" $'stopped 148\nwent on\nended 0' || fails "with $*"
}

@test "a shell sees a job stop and continues it" {
	need_tool script bash
	cat >shell <<-'END'
		set -m
		"$BUTTER" unshare "$@" -- bash -c 'kill -TSTP 0; echo went on'
		echo "stopped $?"
		fg >/dev/null
		echo "ended $?"
	END
	job -f
	job --init
	# Told to stop from outside, also where the kernel keeps that from the command.
	mkfifo ready go
	cat >shell <<-'END'
		set -m
		"$BUTTER" unshare "$@" -- bash -c 'echo >ready; read -r _ <go; echo went on' &
		read -r _ <ready
		kill -TSTP $!
		until read -r stat </proc/$!/stat && [[ ${stat##*) } == T* ]]; do :; done
		echo "stopped 148"
		echo >go &
		fg %1 >/dev/null
		echo "ended $?"
	END
	for option in -f -p --init; do
		job $option --new-session
	done
	job -p
}

# ---- A container

@test "a container has a root of its own, and nothing of it is left outside" {
	need_tool busybox
	users
	mkdir -p box/{bin,dev,proc,tmp,data} data
	cp "$(command -v busybox)" box/bin/busybox
	echo kept >data/file
	container() {
		try unshare "${own[@]}" -n -i --hostname box --init --kill-child --pivot-root "$PWD/box:ro" --proc /proc --dev /dev --tmpfs /tmp \
			--bind "$PWD/data:/data:ro" "$@"
	}
	container /bin/busybox sh -c 'busybox() { /bin/busybox "$@"; }; busybox id -u; busybox hostname; busybox echo /*
		busybox cat /data/file; echo x >/tmp/x && busybox ls /tmp; (echo x >/x) 2>/dev/null || echo read-only
		(echo x >/data/x) 2>/dev/null || echo this, too; echo x >/dev/null; echo /proc/[0-9]*; exit 7'
	equal "$status" 7
	equal "$output" $'0\nbox\n/bin /data /dev /proc /tmp\nkept\nx\nread-only\nthis, too\n/proc/1 /proc/2'
	! grep -q " $PWD" /proc/self/mountinfo || fails "something is mounted yet"
	container /nothing
	equal "$status" 127
	# A link of the root leads to what is in it: openat2.
	if perl -e 'exit(syscall(437, -1, 0, 0, 0) < 0 && ($! == 38 || $! == 1))'; then
		ln -s /tmp box/link
		container --tmpfs /link --bind "$PWD/data:link" /bin/busybox cat /tmp/file
		equal "$status:$output" 0:kept
	fi
	container --tmpfs /not/there /bin/busybox true
	equal "$status" 125
	one_line unshare
	contains "$stderr" "cannot mount 'tmp' at '$PWD/box/not/there'"
}

# ---- Errors

@test "a limit of namespaces is named" {
	need_userns
	capture unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_uts_namespaces && exec "$BUTTER" unshare -u true'
	equal "$status" 125
	equal "$stderr" "butter: unshare: cannot make the namespaces: No space left on device (user.max_uts_namespaces is 0: raise it by sysctl)"
}

@test "who may not is told what is missing" {
	unprivileged
	capture "${as_nobody[@]}" "$BUTTER" unshare -p true
	equal "$status" 125
	one_line unshare
	contains "$stderr" "Operation not permitted (needs CAP_SYS_ADMIN: run as root, or in a user namespace by -r)"
	capture "$BUTTER" seccomp-exec --errno unshare=EPERM -- "$BUTTER" unshare -r -u true
	equal "$status" 125
	contains "$stderr" "a seccomp profile is in the way"
}

@test "options that do not go together are wrong usage" {
	while read -r words; do
		# shellcheck disable=SC2086 # words
		capture "$BUTTER" unshare $words true
		equal "$status" 125
		one_line unshare
		contains "$stderr" "see 'butter unshare --help'"
	done <<-'END'
		--no-fork --init
		-r -c
		-r --map-user 1
		--pivot-root / --root /
		--propagation no
		--kill-child=NO
		--kill-after 0
		--bind /
		--hostname a_b
	END
}

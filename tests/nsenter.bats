#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031
# nsenter: a command in the namespaces of another process, or of files.
# shellcheck disable=SC2154 # helper.bash sets status, output and stderr
# shellcheck disable=SC2016 # other shells expand

load helper
load namespaces

setup() {
	trace_tests_only
	need_applet nsenter
	need_applet unshare
	need_real_root
	cd "$BATS_TEST_TMPDIR" || return
}

# place OPTION...: what lasts in new namespaces; sets target to its number, and `own` and `enter` to what makes and enters
# them without rights: as root, nothing.
place() {
	own=() enter=()
	is_root || { need_userns && own=(-r) enter=(-U); }
	launch "$BUTTER" unshare "${own[@]}" --kill-child --pid-fd 7 "$@" "$BUTTER" timerfd-sleep inf
	read -r -t "$LIMIT" -u "$ready" target || fails "was never ready:" "$(cat "$job/err")"
}

enters() {
	try nsenter "${enter[@]}" -t "$target" "$@"
}

# refused TEXT: the last run failed before the command, in one line with TEXT.
refused() {
	failed 125 nsenter "$@"
}

# ---- Namespaces

@test "each kind is that of the process, and no other" {
	local kind file all=(/proc/self/ns/{cgroup,ipc,mnt,net,time,uts})
	[ -e /proc/self/ns/time ] || skip "no time namespaces here"
	place -f -m -u -i -n -C -T
	for kind in C:cgroup i:ipc m:mnt n:net T:time u:uts; do
		file=${kind#*:}
		enters "-${kind%%:*}" readlink "${all[@]}"
		succeeded
		equal "$(comm -13 <(readlink "${all[@]}" | sort) <(sort <<<"$output"))" "$(readlink "/proc/$target/ns/$file")"
	done
	enters -mu -i readlink "${all[@]}"
	equal "$(comm -13 <(readlink "${all[@]}" | sort) <(sort <<<"$output") | wc -l)" 3
}

# by_pidfd ARGUMENT...: runs butter with a pidfd of the target as descriptor 3.
by_pidfd() {
	capture perl -e 'syscall(434, shift() + 0, 0) == 3 or die $!; open(F, "<&=", 3); fcntl(F, 2, 0); exec(@ARGV)' "$target" "$BUTTER" "$@"
}

@test "--all is all that are others, by number, inode and pidfd" {
	need_pidfd
	place -m -u -i -n -p --mount-proc --hostname inside
	inside=inside$'\n'$(readlink /proc/"$target"/ns/{cgroup,ipc,mnt,net,pid,uts})$'\n/'
	all=(bash -c 'hostname; readlink /proc/self/ns/{cgroup,ipc,mnt,net,pid,uts}; pwd; exit 9')
	identity=$("$BUTTER" getpid --id "$target")
	cd /tmp
	for how in "-t $target" "-t $identity" "--pidfd 3"; do
		# shellcheck disable=SC2086 # words
		by_pidfd nsenter $how -a "${all[@]}"
		equal "$status:$output" "9:$inside"
	done
	by_pidfd nsenter --pidfd 0 -a true
	misused_by "--pidfd: 0 is no pidfd"
	[[ $identity != *:* ]] || {
		try nsenter -t "${identity%:*}:7" -a true
		refused "its number is another one's now"
	}
	place -f
	enters -a pwd
	equal "$output" /tmp
}

# misused_by TEXT: the last run was wrong usage.
misused_by() {
	refused "$1" "(see 'butter nsenter --help')"
}

@test "namespaces that are kept at files are entered, and what is none, or of another kind, is told" {
	need_root
	capture unshare -m --propagation private bash -c '"$BUTTER" unshare --uts="$PWD/kept" --hostname kept --ipc=ipc --pid=pid true
		for how in -u="$PWD/kept" -u"$PWD/kept" --uts=kept "--uts=kept -i=ipc" "-iu=kept -t $$"; do "$BUTTER" nsenter $how hostname; done
		"$BUTTER" nsenter --net=kept true; "$BUTTER" nsenter --pid=pid true; "$BUTTER" nsenter --uts=no true
		"$BUTTER" nsenter --uts=/etc/passwd true; "$BUTTER" nsenter --uts=$'\''\e[2J'\'' true'
	equal "$output" $'kept\nkept\nkept\nkept\nkept'
	equal "$stderr" "butter: nsenter: cannot enter the net namespace 'kept': Invalid argument (it is a uts namespace)
butter: nsenter: cannot start a process in there: Cannot allocate memory (process 1 of the pid namespace has ended, or there is no memory)
butter: nsenter: cannot open 'no': No such file or directory
butter: nsenter: cannot enter the uts namespace '/etc/passwd': Invalid argument (it is no namespace)
butter: nsenter: cannot open '\\033[2J': No such file or directory"
}

# ---- Who and where

@test "in a user namespace it is root without groups, or who it is to be" {
	need_root
	unprivileged
	place -U --map-users 0:100000:70000 --map-groups 0:100000:70000 -S 3 -G 4
	who=(sh -c 'echo $(id -u) $(id -G) $(grep -c CapEff:.0000000000000000 /proc/self/status)')
	while IFS='|' read -r options expected; do
		# shellcheck disable=SC2086 # words
		enters $options "${who[@]}"
		succeeded
		equal "$output" "$expected" || fails "$options"
	done <<-'END'
		-U|0 0 0
		-a -S 5 -G 6|5 6 1
		-U -S 5 --keep-caps|5 0 0
		-S 65534 -G 65534|65534 65534 1
		-G 7|0 7 0
		-U -S follow -G follow|3 4 1
		-S follow -G follow|100003 100004 1
		-U --preserve-credentials|65534 65534 1
	END
	enters -U -S 70000 true
	refused "cannot become user 70000: Invalid argument (this user namespace has no such user)"
	enters -S nobody-at-all true
	refused "--setuid: there is no user 'nobody-at-all'"
	# There, setgroups(2) is denied.
	place -r
	capture setpriv --groups 5,6 "$BUTTER" nsenter -t "$target" -U id -G
	equal "$output" 0
	enters -U -S follow -G follow id -u
	equal "$output" 0
}


@test "root and current folder are those of the process, or others, and none that is a way out" {
	need_root
	need_tool busybox perl
	mkdir -p root/{bin,place/below} outside
	cp "$(command -v busybox)" root/bin/busybox
	start env $'B=\e\n' A='x  y' SHELL=/bin/busybox perl -e 'chroot("root") && chdir("/place") or die; open(R, ">&=", 7); syswrite(R, "\n"); close R; sleep 1000'
	target=$pid enter=() shell=(/bin/busybox sh -c 'echo $(/bin/busybox pwd) $(echo /*)')
	while IFS='|' read -r options expected; do
		# shellcheck disable=SC2086 # words
		enters $options "${shell[@]}"
		succeeded
		equal "$output" "$expected" || fails "$options"
	done <<-END
		-r -w|/place /bin /place
		-r|/ /bin /place
		-r=root -W place|/place /bin /place
		-r$PWD/root -w=root/place/below|/place/below /bin /place
		-r -W place/below|/place/below /bin /place
	END
	enters -w pwd
	equal "$output" "$PWD/root/place"
	enters -w=outside pwd
	equal "$output" "$PWD/outside"
	enters -r -w=outside "${shell[@]}"
	refused "--wd: 'outside' is not below the root inside"
	enters -r -W /nothing "${shell[@]}"
	refused "cannot enter '/nothing': No such file or directory"
	enters -r=$'no\n' true
	refused "cannot enter 'no\012': No such file or directory"
	# Too deep to be told.
	capture perl -e 'for (1 .. 20) { mkdir($n = "x" x 250); chdir($n) or die $! } exec(@ARGV)' "$BUTTER" nsenter -r="$PWD/root" -w=. "${shell[@]}"
	refused "--wd: '.' is not below the root inside"
	# Its environment, whole, and its shell.
	capture env OUTER=c "$BUTTER" nsenter -e -t "$target" /usr/bin/env
	[[ $output == *$'B=\e\n\nA=x  y'* && $output != *OUTER* ]] || fails "$output"
	capture "$BUTTER" nsenter -e -r -t "$target"
	contains "$output$stderr" "BusyBox"
	kill "$pid"
}

@test "it is in the cgroup of the process" {
	local mount folder
	need_root
	mount=$(awk '$(NF - 2) == "cgroup2" { print $5; exit }' /proc/self/mountinfo)
	folder=$mount/butter-test-$$
	[ -n "$mount" ] && mkdir "$folder" 2>/dev/null || skip "no cgroup of version 2 to work with"
	place -p
	if ! echo "$target" 2>/dev/null >"$folder/cgroup.procs"; then
		rmdir "$folder"
		skip "processes cannot be moved between cgroups here"
	fi
	failure=
	for how in "" -p "-p -F" -a; do
		# shellcheck disable=SC2086 # words
		enters -c $how sed -n 's/^0:://p' /proc/self/cgroup
		[[ $output == "/butter-test-$$" ]] || failure+="$how: $output $stderr"
	done
	enters sed -n 's/^0:://p' /proc/self/cgroup
	[[ $output != "/butter-test-$$" ]] || failure+=moved
	kill -KILL "$pid"
	finish
	await_empty() { ! grep -q . "$folder/cgroup.procs"; }
	for ((i = 0; i < 1000; i++)); do await_empty && break; done
	rmdir "$folder"
	equal "$failure" ""
}

# ---- What stands for the command

@test "its status is that of the command, and signals go on to it" {
	place -p -m
	for how in -a -a\ -F; do
		while IFS='|' read -r words expected; do
			# shellcheck disable=SC2086 # words
			enters $how $words
			equal "$status" "$expected"
		done <<-'END'
			/|126
			/nothing/at/all|127
			true|0
		END
		# shellcheck disable=SC2086 # it may be none
		enters $how bash -c 'kill -KILL $$'
		equal "$status" 137
	done
	outer=$pid
	start "$BUTTER" signalfd-mask -d INT,QUIT -- "$BUTTER" nsenter --keep-fd 7 "${enter[@]}" -t "$target" -p \
		bash -c 'trap "echo term; exit 3" TERM; echo >&7; while :; do "$BUTTER" timerfd-sleep 0.02; done'
	kill "$pid"
	finish
	equal "$status:$output" 3:term
	start "$BUTTER" signalfd-mask -d INT,QUIT -- "$BUTTER" nsenter --keep-fd 7 "${enter[@]}" -t "$target" -p \
		bash -c 'echo >&7; exec "$BUTTER" timerfd-sleep inf'
	kill -INT "$pid"
	finish
	equal "$status" 130
	# All in there ends with its process 1.
	start "$BUTTER" nsenter --keep-fd 7 "${enter[@]}" -t "$target" -a bash -c 'echo >&7; exec "$BUTTER" timerfd-sleep inf'
	kill -KILL "$outer"
	finish
	equal "$status" 137
}

@test "a shell sees a job stop and continues it" {
	need_tool script bash
	place -p
	cat >shell <<-'END'
		set -m
		"$BUTTER" nsenter "$@" -- bash -c 'kill -TSTP 0; echo went on'
		echo "stopped $?"
		fg >/dev/null
		echo "ended $?"
	END
	for how in -a -p\ -F; do
		capture script -qefc "bash ./shell ${enter[*]} -t $target $how" /dev/null </dev/null
		matches "${output//$'\r'/}" $'.*stopped 148\n.*went on\nended 0.*'
	done
}

@test "the command has no descriptors but those that it is to have, and signals as they were" {
	need_proc
	place -p -u
	for how in -u -a -a\ -F; do
		# shellcheck disable=SC2086 # words
		capture "$BUTTER" signalfd-mask -b USR1 -- env --ignore-signal=USR2 "$BUTTER" nsenter "${enter[@]}" -t "$target" $how --keep-fd 6 \
			bash -c 'ls -x /proc/self/fd; "$BUTTER" signalfd-mask --show' 5<"$0" 6<"$0" 9<"$0"
		[[ $how != -u ]] || matches "$output" $'0 +1 +2 +3 +6\n.*'
		lacks "${output%%$'\n'*}" 5
		lacks "${output%%$'\n'*}" 9
		contains "$output" "blocked USR1"
		matches "$output" $'.*\nignored [^\n]*USR2.*'
	done
	enters -u --keep-fd 77 true
	misused_by "--keep-fd: '77' is no open descriptor"
	with '>&-' nsenter "${enter[@]}" -t "$target" -a bash -c 'echo x 2>/dev/null || exit 5'
	equal "$status" 5
}

# ---- The copy

@test "what is inside finds no way to the program outside" {
	need_proc
	for options in -m "-p --mount-proc"; do
		# shellcheck disable=SC2086 # words
		place $options
		# It runs what runs it once more, and looks at that.
		enters -a /proc/self/exe timeout-exec 60 bash -c '[ "/proc/$PPID/exe" -ef "$BUTTER" ] && echo the same
			(: >>"/proc/$PPID/exe") 2>/dev/null && echo writable; readlink "/proc/$PPID/exe"'
		equal "$output" "/memfd:butter (deleted)"
	done
	# Who is not root may not look into it.
	is_root || return 0
	start "$BUTTER" nsenter --keep-fd 7 "${enter[@]}" -t "$target" -p bash -c 'echo >&7; exec "$BUTTER" timerfd-sleep inf'
	equal "$(readlink "/proc/$pid/exe")" "/memfd:butter (deleted)"
	kill "$pid"
	finish
}

# ---- Beside others

@test "util-linux's and busybox's common command lines do the same" {
	local line words theirs
	need_root
	need_tool busybox nsenter
	place -m -u -i -n -p --hostname inside --mount-proc
	while IFS='|' read -r who line; do
		eval "words=(${line//TARGET/$target})"
		# shellcheck disable=SC2154
		for other in ${who}; do
			capture "$other" nsenter "${words[@]}"
			theirs=$status:$output
			capture "$BUTTER" nsenter "${words[@]}"
			equal "$status:$output" "$theirs" || fails "$other: $line"
		done
	done <<-'END'
		env busybox|-t TARGET -u hostname
		env busybox|-t TARGET -m -u -i -n -p sh -c 'hostname; set -- /proc/[0-9]*; echo $#; exit 5'
		env busybox|--target TARGET --mount --uts --pid -- sh -c 'echo $$ >/dev/null; readlink /proc/self/ns/uts; pwd'
		env busybox|-u/proc/TARGET/ns/uts hostname
		env busybox|--uts=/proc/TARGET/ns/uts hostname
		env busybox|--net=/proc/TARGET/ns/net readlink /proc/self/ns/net
		env busybox|-t TARGET -m -p -F sh -c 'kill -9 $$'
		env busybox|-t TARGET -n -S 65534 -G 65534 /usr/bin/id
		env busybox|-t TARGET -m -r -w pwd
		env busybox|-t TARGET -m nothing-at-all
		env busybox|-t TARGET -r/usr -w/usr/bin true
		env|-t TARGET -a hostname
		env|-a -t TARGET -W /usr/bin pwd
		env|-t TARGET true
		env|-t TARGET -i -C -T true
	END
}

# ---- Without rights, and without what newer kernels have

@test "who has no rights enters what is its own" {
	need_pidfd
	unprivileged
	"${as_nobody[@]}" unshare -Ur true 2>/dev/null || skip "user namespaces are forbidden here"
	launch "${as_nobody[@]}" "$BUTTER" unshare -r -m -u -n -p --mount-proc --kill-child --pid-fd 7 --hostname own "$BUTTER" timerfd-sleep inf
	read -r -t "$LIMIT" -u "$ready" target || fails "was never ready:" "$(cat "$job/err")"
	for how in -a -Um\ -u\ -p; do
		# shellcheck disable=SC2086 # words
		try_as_nobody nsenter -t "$target" $how sh -c 'hostname; id -u; set -- /proc/[0-9]*; echo $#'
		succeeded
		equal "$output" $'own\n0\n2'
	done
	# Nobody looks into it meanwhile.
	start "${as_nobody[@]}" "$BUTTER" nsenter --keep-fd 7 -t "$target" -a sh -c 'echo >&7; exec sleep 1000'
	capture "${as_nobody[@]}" readlink "/proc/$pid/exe"
	equal "$status" 1
	kill "$pid"
	finish
	equal "$status" 143
	try_as_nobody nsenter -t "$target" -u true
	refused "cannot enter the uts namespace of the process: Operation not permitted (needs CAP_SYS_ADMIN: run as root, or enter its user namespace, too: --user)"
	! is_root || {
		try_as_nobody nsenter -t $$ -a true
		refused "cannot look at the" "Permission denied (who may not trace the process may not join it: needs CAP_SYS_PTRACE in its user namespace, or to be its user)"
		try_as_nobody nsenter -t $$ -u true
		refused "Operation not permitted"
	}
}

@test "without pidfds, or calls of newer kernels, the older ways take over" {
	need_pidfd
	place -m -u -n -p --mount-proc --hostname inside
	for fault in pidfd_open close_range sendfile pidfd_open,close_range,pidfd_send_signal,clone3; do
		capture "$BUTTER" seccomp-exec --errno "$fault=ENOSYS" -- "$BUTTER" nsenter "${enter[@]}" -t "$target" -a \
			sh -c 'hostname; set -- /proc/[0-9]*; echo $#; exit 3' 9<"$0"
		equal "$status:$output" $'3:inside\n2'
	done
	# Before Linux 5.8 a pidfd is no namespace.
	inject "setns:error=EINVAL:when=1..2" nsenter "${enter[@]}" -t "$target" -m -u hostname
	equal "$output" inside
	capture "$BUTTER" seccomp-exec --errno setns=EPERM -- "$BUTTER" nsenter "${enter[@]}" -t "$target" -u true
	refused "cannot enter the u" "Operation not permitted ("
	capture bash -c 'ulimit -f 1; exec "$BUTTER" nsenter "$@" true' "$0" "${enter[@]}" -t "$target" -a
	refused "cannot run from a copy of this program, which nobody inside can change: File too large (raise ulimit -f)"
	inject "memfd_create:error=EACCES" nsenter "${enter[@]}" -t "$target" -a true
	refused "cannot run from a copy of this program, which nobody inside can change: Permission denied"
}

@test "without /proc it enters by pidfd" {
	local hidden
	need_root
	need_pidfd
	place -u -n --hostname inside
	without_proc
	hidden=("${within[@]}")
	for how in -a "-u -n"; do
		# shellcheck disable=SC2086 # words
		capture "${hidden[@]}" "$BUTTER" nsenter "${enter[@]}" -t "$target" $how hostname
		equal "$output" inside || fails "$stderr"
	done
	capture "${hidden[@]}" "$BUTTER" nsenter "${enter[@]}" -t "$target" -e true
	refused "cannot look at the process in /proc: No such file or directory"
}

@test "as process 1 it enters, stands for the command, and ends with its status" {
	namespaces -pf --mount-proc
	capture "${within[@]}" bash -c 'exec 7> >(read -r n; echo "$n" >number)
		"$BUTTER" unshare -u -p --hostname inside --kill-child --pid-fd 7 "$BUTTER" timerfd-sleep inf & exec 7>&-
		until [ -s number ]; do "$BUTTER" timerfd-sleep 0.01; done
		exec "$BUTTER" nsenter -a -t "$(cat number)" sh -c "hostname; exit 6"'
	equal "$status:$output" 6:inside
}

@test "what is no process, and what goes with none, is told" {
	while IFS='|' read -r words text; do
		# shellcheck disable=SC2086 # words
		try nsenter $words true
		refused "$text" || fails "$words"
	done <<-'END'
		-m|'mount' of which process? --target PID says it
		-a|'--all' of which process?
		-r|'--root' of which process?
		-S follow|'follow' of which process?
		-t 0 -m|'0' is no process
		-t x -m|'x' is no process
		-t 4194303 -m|cannot find process '4194303': No such process
		-t 1 --pidfd 0|--pidfd goes without --target
		--pidfd 77 -m|77
	END
	# A zombie has a user namespace, and no others.
	start perl -e 'exit unless $p = fork; 1 until do { open(S, "/proc/$p/stat"); <S> =~ /\) Z/ }; print "$p\n"; close STDOUT; open(R, ">&=", 7); syswrite(R, "\n"); close R; sleep 1000'
	try nsenter -a -t "$(cat "$job/out")" true
	refused "namespace of the process: No such process (it has ended)"
	kill "$pid"
	try nsenter -Z -a -t "$$" echo ran
	equal "$status:$output" 0:ran
	one_line nsenter
	contains "$stderr" "--follow-context: butter knows nothing of SELinux"
}

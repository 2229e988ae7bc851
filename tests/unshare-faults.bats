#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2030,SC2031
# unshare where something is in its way: rights, limits, profiles, no /proc, and whoever kills it.
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

# refused STATUS TEXT ARGUMENT...: so it ends, and says TEXT.
refused() {
	capture "$BUTTER" unshare "${@:3}"
	equal "$status" "$1" || fails "standard error: '$stderr'" || return 1
	one_line unshare || return 1
	contains "$stderr" "$2"
}

# ---- Rights

@test "who is not root gets the ids of subuid(5) by newuidmap, and is told why not" {
	need_root
	unprivileged
	"${as_nobody[@]}" unshare -Ur true 2>/dev/null || skip "user namespaces are forbidden here"
	mkdir -p public
	chmod a+x .
	echo no program >public/newuidmap
	chmod 755 public
	chmod 644 public/newuidmap
	capture "${as_nobody[@]}" env PATH="$PWD/public" "$BUTTER" unshare --map-users 0:100000:10 /bin/true
	failed 125 unshare "cannot run 'newuidmap'" "Permission denied (everybody has to be able to execute it"
	need_tool newuidmap
	[ -e /etc/subuid ] && [ -e /etc/subgid ] || skip "no /etc/subuid here"
	echo 'nobody:100000:65536' >subuid
	echo '65534:200000:65536' >subgid
	capture unshare -m --propagation private sh -c 'mount --bind subuid /etc/subuid && mount --bind subgid /etc/subgid || exit 77
		cd / && "$@" --map-auto -r cat /proc/self/uid_map /proc/self/gid_map /proc/self/setgroups
		"$@" --map-users subids -c --init cat /proc/self/uid_map
		"$@" --map-users 0:100000:2 --map-groups 0:5:3 true' "$0" "${as_nobody[@]}" "$BUTTER" unshare
	[ "$status" != 77 ] || skip "cannot mount here"
	equal "$status" 125
	equal "$(tr -s ' ' <<<"$output")" $' 1 100000 65535\n 0 65534 1\n 1 200000 65535\n 0 65534 1\nallow\n 100000 100000 65536\n 65534 65534 1'
	contains "$stderr" "newgidmap has failed with status 1 (does '/etc/subgid' give these ids to user 65534?)"
}

@test "switches of the distributions are named" {
	need_root
	unprivileged
	capture unshare -m --propagation private sh -c 'mount -t tmpfs none /proc/sys/kernel || exit 77
		cd /proc/sys/kernel
		echo 0 >unprivileged_userns_clone
		"$@" seccomp-exec --errno unshare=EPERM -- "$BUTTER" unshare -r true
		rm unprivileged_userns_clone
		echo 1 >apparmor_restrict_unprivileged_userns
		"$@" seccomp-exec --errno unshare=EPERM -- "$BUTTER" unshare -r true
		"$@" seccomp-exec --errno mount,mount_setattr=EPERM -- "$BUTTER" unshare -rm true' "$0" "${as_nobody[@]}" "$BUTTER"
	[ "$status" != 77 ] || skip "cannot mount here"
	equal "$stderr" "butter: unshare: cannot make the namespaces: Operation not permitted (sysctl kernel.unprivileged_userns_clone=1, or run as root)
butter: unshare: cannot make the namespaces: Operation not permitted (sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root)
butter: unshare: cannot change how mounts spread: Operation not permitted (sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root)"
}

@test "a chroot is named, in which the kernel makes no user namespaces" {
	need_root
	need_statx
	box
	refused 125 "Operation not permitted (this is a chroot" -R "$PWD/box" -w /bin ./butter unshare -r true
	refused 125 "Invalid argument (the root is a chroot, and no mount: --propagation unchanged)" -R box -w /bin ./butter unshare -m true
	try unshare -R box -w /data /bin/busybox pwd
	equal "$output" /data
	refused 125 "cannot enter '/not/there': No such file" -R box -w /not/there /bin/busybox true
	refused 125 "cannot make 'not/there' the root: No such file" -R not/there true
}

# ---- Profiles and limits

@test "without a call the older ones take over, or it is said which is missing" {
	users
	local error
	for error in ENOSYS EPERM; do
		capture "$BUTTER" seccomp-exec --errno close_range,clone3,pidfd_open=$error -- "$BUTTER" unshare "${own[@]}" --init bash -c 'ls -x /proc/self/fd' 6<"$0"
		succeeded
		matches "$output" '0 +1 +2 +3'
	done
	while read -r calls option text; do
		capture "$BUTTER" seccomp-exec --errno "$calls" -- "$BUTTER" unshare "${own[@]}" "$option" true
		failed 125 unshare "$text"
	done <<-'END'
		unshare=ENOSYS -u cannot make the namespaces: Function not implemented (a seccomp profile is in the way: allow
		unshare=EPERM -u cannot make the namespaces: Operation not permitted (a seccomp profile is in the way: allow
		clone=EPERM -p cannot start a process in new namespaces: Operation not permitted (a seccomp profile is in the way
		setns=EPERM -T cannot enter the new time namespace: Operation not permitted (a seccomp profile may be in the way)
		unshare=EINVAL -u cannot make the namespaces: Invalid argument (this kernel was built without one of them)
		unshare=EUSERS -u cannot make the namespaces: Too many users (too many, or nested too deep
		sethostname=EPERM --hostname=a cannot set the host name 'a': Operation not permitted (
	END
}

@test "where there may be no process more that is said, whichever it is" {
	need_root
	unprivileged
	local limit
	for limit in 1 2; do
		capture setpriv --reuid 54321 --clear-groups -- bash -c 'ulimit -u "$1" && exec "${@:2}"' - "$limit" \
			"$BUTTER" unshare --map-users 0:0:2 true
		failed 125 unshare "cannot start a process: Resource temporarily unavailable ("
	done
}

@test "namespaces that nest too deep are no riddle" {
	need_userns
	local deep=() depth
	for ((depth = 0; depth < 40; depth++)); do deep+=("$BUTTER" unshare -r); done
	capture "${deep[@]}" true
	equal "$status" 125
	contains "$stderr" "cannot make the namespaces: No space left on device (too many, or nested too deep, which is 32"
}

@test "without /proc there is what the kernel makes without, and the rest says so" {
	without_proc
	mkfifo pipe
	capture "${within[@]}" sh -c 'for how in -u -p -f "--init --kill-child" "-m --tmpfs $PWD" "-n -i -C"; do
			"$BUTTER" unshare $how sh -c "exit 4"
			echo $?
		done
		"$BUTTER" unshare -p --kill-after 20ms sh -c "echo; exec sleep 1000" >pipe 2>/dev/null & read -r _ <pipe; kill $!; wait $! 2>/dev/null; echo $?
		for how in -r -T --boottime=1 --uts=kept; do "$BUTTER" unshare $how true || echo $?; done; ls' "$0"
	equal "$output" $'4\n4\n4\n4\n4\n4\n137\n125\n125\n125\n125\npipe\nstderr'
	equal "$stderr" "butter: unshare: cannot write the map of users: No such file or directory (needs /proc)
butter: unshare: cannot enter the new time namespace: No such file or directory (needs /proc)
butter: unshare: --boottime: cannot set the clock: No such file or directory (needs /proc)
butter: unshare: cannot open the new uts namespace: No such file or directory (needs /proc)"
}

# ---- Places

@test "mounts spread as --propagation says" {
	namespaces -m --propagation private
	mkdir a
	capture "${within[@]}" sh -c 'mount -t tmpfs none "$PWD/a" && mount --make-shared "$PWD/a" && for word in private slave shared unchanged; do
			"$BUTTER" unshare -m --propagation $word sed -n "s,.* $PWD/a [^ ]* \([a-z-]*\).*,\1,p" /proc/self/mountinfo
		done'
	equal "$output" $'-\nmaster\nshared\nshared'
}

@test "it begins in a cgroup, which is the root of a new cgroup namespace" {
	need_clone3
	need_root
	local top
	top=$(awk '{ for (i = 7; $i != "-"; i++); if ($(i + 1) == "cgroup2") { print $5; exit } }' /proc/self/mountinfo)
	mkdir "${top:-/dev/null}/butter.$$" 2>/dev/null || skip "no cgroups to be made here"
	unprivileged
	capture sh -c 'for how in "" -f --init -C "-C -f"; do
			"$BUTTER" unshare $how --into-cgroup "$1" sed -n "s,^0:.*/,,p" /proc/self/cgroup
		done
		"$BUTTER" seccomp-exec --errno clone3=ENOSYS -- "$BUTTER" unshare -f --into-cgroup "$1" sed -n "s,^0:.*/,,p" /proc/self/cgroup
		"$BUTTER" unshare --cgroup="$1" true
		shift && "$@"' "$0" "$top/butter.$$" "${as_nobody[@]}" "$BUTTER" unshare -f --into-cgroup "$top/butter.$$" true
	rmdir "$top/butter.$$"
	equal "$status" 125
	equal "$output" "butter.$$"$'\n'"butter.$$"$'\n'"butter.$$"$'\n\n\n'"butter.$$"
	equal "$stderr" "butter: unshare: cannot keep the cgroup namespace at '$top/butter.$$': Not a directory (it is a folder: name a file; --into-cgroup joins a cgroup)
butter: unshare: cannot start a process: Permission denied (the cgroup's cgroup.procs has to be writable, and that of a folder above both)"
	refused 125 "'.' is no cgroup" --into-cgroup . true
}

@test "names may have anything in them, and messages stay one line" {
	local name=$'a\nb\e[31m' option
	for option in -R -w --pivot-root --into-cgroup --hostname -S --map-user --map-users --kill-child; do
		capture "$BUTTER" unshare "$option=$name" true
		[[ $option == --* ]] || capture "$BUTTER" unshare "$option" "$name" true
		equal "$status" 125
		one_line unshare
		lacks "$stderr" $'\e'
	done
	refused 127 "cannot run './a\\012b" "./$name"
	need_root
	capture unshare -m --propagation private sh -c 'mkdir -p "$1/d" && "$BUTTER" unshare --uts="$1/file" --tmpfs "$PWD/$1/d" -w "$1/d" sh -c "ls -a" &&
		grep -c " nsfs " /proc/self/mountinfo; ls "$1"' "$0" "./$name"
	equal "$output" $'.\n..\n1\nd\nfile'
}

# ---- What is left

@test "where a container's command cannot be run, nothing is left" {
	need_root
	box
	refused 127 "cannot run '/nothing'" --uts=kept -n -i --init --pivot-root box --proc /proc --dev /dev --tmpfs /tmp /nothing
	[ ! -e kept ] || fails "the file is there"
	! grep -q -e " $PWD" -e "$PWD/kept" /proc/self/mountinfo || fails "something is mounted"
	equal "$(ls -A box/dev box/tmp box/proc)" $'box/dev:\n\nbox/proc:\n\nbox/tmp:'
}

@test "TERM ends a container with all that is in it, each time" {
	box
	users
	local round mounts
	mounts=$(wc -l </proc/self/mountinfo)
	for ((round = 0; round < $(rounds 10 1000); round++)); do
		launch "$BUTTER" unshare "${own[@]}" -n -i -C --hostname box --init --kill-child --keep-fd 7 --keep-fd 8 --pivot-root "$PWD/box:ro" \
			--proc /proc --dev /dev --tmpfs /tmp /bin/busybox sh -c '/bin/busybox sleep 1000 & echo >&7; exec /bin/busybox sleep 1000'
		# shellcheck disable=SC2153 # helper.bash sets it
		((round % 2)) || read -r -t "$LIMIT" -u "$ready" _ || fails "was never ready:" "$(cat "$job/err")"
		kill "$pid"
		# All its processes have the other end of a pipe.
		finish
		equal "$status" 143 || fails "round $round: '$stderr'"
		rm -r "$job"
	done
	equal "$(wc -l </proc/self/mountinfo)" "$mounts"
}

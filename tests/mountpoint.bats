#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Mounts are made in private mount namespaces only.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2016 # inner shells expand

load helper

setup() {
	trace_tests_only
	need_applet mountpoint
	cd "$BATS_TEST_TMPDIR" || return
}

# mounted SCRIPT: runs SCRIPT in a mount namespace of its own, where m() says what mountpoint does: status and output.
mounted() {
	namespaces -m
	capture "${within[@]}" sh -euc '
		m() { out=$("$BUTTER" mountpoint "$@" 2>&1) && is=0 || is=$?; printf "%s %s\n" "$is" "$out"; }
		'"$1"
	equal "$stderr" ''
}

@test "says whether it is a mount point, on standard output and by its status" {
	try mountpoint /proc
	succeeded
	equal "$output" '/proc is a mountpoint'
	try mountpoint "$PWD"
	equal "$status $output" "32 $PWD is not a mountpoint"
	equal "$stderr" ''
}

@test "parts of the same file system, files, and what lies over others" {
	mounted '
		mkdir a b over
		: >f; : >g
		mount --bind a b
		mount --bind f g
		m a; m b; m f; m g
		mount -t tmpfs one over
		mount -t tmpfs two over
		m over; umount over; m over; umount over; m over
		m b/; m ./b/../b; m b/..'
	equal "$status $output" '0 32 a is not a mountpoint
0 b is a mountpoint
32 f is not a mountpoint
0 g is a mountpoint
0 over is a mountpoint
0 over is a mountpoint
32 over is not a mountpoint
0 b/ is a mountpoint
0 ./b/../b is a mountpoint
32 b/.. is not a mountpoint'
}

@test "symbolic links are followed, unless --nofollow" {
	mounted '
		mkdir d
		mount -t tmpfs none d
		ln -s d link
		ln -s nowhere dangling
		m link; m --nofollow link; m --nofollow d; m -q dangling; m --nofollow dangling'
	equal "$status $output" '0 0 link is a mountpoint
32 link is not a mountpoint
0 d is a mountpoint
1 
32 dangling is not a mountpoint'
}

@test "-d, -n and -q" {
	mounted '
		name=$(printf "a \\nb")
		mkdir d "$name"
		mount -t tmpfs "so urce#" d
		mount -t tmpfs "" "$name"
		[ "$("$BUTTER" mountpoint -d d)" = "$(stat -c %Hd:%Ld d)" ] || stat -c %Hd:%Ld d
		m -n d; m -n "$name"; m -q d; m -q .; m -d .; m -n .'
	equal "$status $output" '0 0 so urce# d
0  a \012b
0 
32 
32 . is not a mountpoint
32 . is not a mountpoint'
}

@test "-x prints the numbers of a block device" {
	need_root
	mknod disk b 7 200 2>/dev/null || skip 'no device nodes can be made here'
	try mountpoint -x disk
	succeeded
	equal "$output" 7:200
	try mountpoint -x /dev/null
	failed 32 mountpoint "'/dev/null' is no block device"
	try mountpoint -qx /dev/null
	equal "$status$output$stderr" 32
	try mountpoint -x nothing
	failed 1 mountpoint "cannot look at 'nothing': No such file or directory"
}

@test "older kernels, and no statx: the table is read" {
	need_strace
	mounted '
		mkdir a b "a b"
		: >f
		mount --bind a b
		mount --bind /proc/version f
		mount -t tmpfs none "a b"
		ln -s "a b" link
		m() { is=0; out=$(strace -f -qq -o /dev/null -e inject=statx:error=ENOSYS "$BUTTER" mountpoint "$@" 2>&1) || is=$?; printf "%s %s\n" "$is" "$out"; }
		m a; m b; m f; m "a b"; m link; m --nofollow link; m /; m -n f; m nothing
		cd b; m .; m ../b/; cd "../a b"; m "$PWD"'
	equal "$status $output" "0 32 a is not a mountpoint
0 b is a mountpoint
0 f is a mountpoint
0 a b is a mountpoint
0 link is a mountpoint
32 link is not a mountpoint
0 / is a mountpoint
0 proc f
1 butter: mountpoint: cannot look at 'nothing': No such file or directory
0 . is a mountpoint
0 ../b/ is a mountpoint
0 $PWD/a b is a mountpoint"
}

@test "without /proc" {
	# Without /proc, sanitizers have something to say.
	need_plain_build
	mounted '
		mkdir d
		mount -t tmpfs none d
		umount -l /proc
		m d; m .; m -n d'
	nobody="1 butter: mountpoint: cannot read what is mounted at 'd': No such file or directory (mount /proc)"
	equal "$status $output" "0 0 d is a mountpoint
32 . is not a mountpoint
$(has_statmount && echo '0 none d' || echo "$nobody")"
	# Before Linux 6.8 nobody else knows.
	need_applet seccomp-exec
	mounted '
		mount -t tmpfs none d
		umount -l /proc
		"$BUTTER_SOURCE/tests/enosys.sh" statmount,listmount "$BUTTER" mountpoint -n d 2>&1 || echo "$?"'
	equal "$output" "butter: mountpoint: cannot read what is mounted at 'd': No such file or directory (mount /proc)
1"
}

@test "agrees with util-linux" {
	need_tool mountpoint
	for path in / /proc /dev /sys "$PWD" /dev/null /nothing; do
		capture mountpoint "$path"
		expected="$status $output"
		try mountpoint "$path"
		equal "$status $output" "$expected"
		capture mountpoint -d "$path"
		expected="$status $output"
		try mountpoint -d "$path"
		equal "$status $output" "$expected"
	done
}

@test "wrong usage" {
	try mountpoint
	failed 1 mountpoint
	try mountpoint a b
	failed 1 mountpoint
	try mountpoint -x -n a
	failed 1 mountpoint '--devno is for a device, and goes without other options'
	try mountpoint ''
	failed 1 mountpoint "cannot look at '': No such file or directory"
}

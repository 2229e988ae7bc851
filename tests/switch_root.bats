#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# An initramfs is a tmpfs here, and process 1 that of a new pid namespace.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2016 # inner shells expand

load helper

setup() {
	trace_tests_only
	need_applet switch_root
	need_applet mountpoint
	need_tool busybox
	need_static busybox
	# In a bare root, and without /proc, sanitizers do not run.
	need_plain_build
	cd "$BATS_TEST_TMPDIR" || return
}

# need_static PROGRAM: it runs without libraries.
need_static() {
	! LC_ALL=C ldd "$(command -v "$1")" 2>/dev/null | grep -q '=>' || skip "$1 needs libraries"
}

# boots SCRIPT [HOW]: runs SCRIPT as /init of an initramfs, where /new is the new root, with a /proc, butter and busybox;
# HOW is `chroot` where pivot_root(2) cannot leave the root, as in a true initramfs.
boots() {
	namespaces -pfm --propagation private --kill-child
	printf '%s\n' '#!/bin/sh
		mount -t proc proc /proc
		mount -t tmpfs dev /dev
		echo kept >/dev/mark
		mount -t tmpfs root /new
		mkdir /new/proc /new/dev /new/bin /new/sys
		cp /bin/busybox /bin/butter /new/bin/
		ln -s /bin/busybox /new/bin/sh
		s() { butter switch_root "$@" 2>&1 || echo "$?"; }
		'"$1" >init
	chmod +x init
	capture "${within[@]}" sh -euc '
		mkdir -p room
		mount -t tmpfs none room
		root=room
		[ "$1" != chroot ] || root=room/inner
		mkdir -p $root/bin $root/new $root/proc $root/dev $root/sys $root/run
		cp "$BUTTER" $root/bin/butter
		cp "$(command -v busybox)" $root/bin/busybox
		for name in sh cat chmod cp echo find ln ls mkdir mount sort umount xargs; do ln -s busybox $root/bin/$name; done
		cp init $root/init
		[ ! -e program ] || cp program $root/
		export PATH=/bin
		[ "$1" != chroot ] || exec $root/bin/busybox chroot room/inner /init
		exec room/bin/butter pivot_root --auto room -- /init' sh "${2:-pivot}"
}

@test "the new root, with its mounts, is that of INIT, which is process 1" {
	for how in pivot chroot; do
		boots 'exec butter switch_root /new /bin/sh -c '"'"'echo "$$ $*"; cd /; echo *; cat /dev/mark; exec /bin/butter mountpoint /'"'"' sh -a b' "$how"
		equal "$status $stderr" '0 '
		equal "$output" '1 -a b
bin dev proc sys
kept
/ is a mountpoint'
		rm -rf room
	done
}

@test "the initramfs is emptied, but for what others are mounted on" {
	namespaces -pfm --propagation private --kill-child
	cat >look <<-'END'
		mkdir room; mount -t tmpfs none room; cp -a tree room/inner
		unshare -pfm --propagation unchanged --kill-child chroot room/inner /init
		cd room/inner; find . | sort | xargs
	END
	mkdir -p tree/bin tree/new tree/dev tree/a/b/c tree/keep/tmpfs
	cp "$BUTTER" tree/bin/butter
	cp "$(command -v busybox)" tree/bin/busybox
	ln -s busybox tree/bin/sh
	: >tree/a/b/x
	printf '#!/bin/sh\n/bin/busybox mount -t tmpfs root /new; /bin/busybox mount -t tmpfs none /keep/tmpfs; echo stays >/keep/tmpfs/y
		/bin/busybox mkdir /new/bin; /bin/busybox cp /bin/busybox /new/bin/sh\nexec /bin/butter switch_root /new /bin/sh -c :\n' >tree/init
	chmod +x tree/init
	namespaces -m --propagation private
	capture "${within[@]}" sh -e look
	equal "$status $stderr" '0 '
	equal "$output" '. ./keep ./keep/tmpfs'
}

@test "nothing is moved or deleted before it is known that INIT can be started" {
	boots 's /new /bin/none
		echo "#!/bin/nosh" >/new/bin/script; s /new /bin/script
		chmod +x /new/bin/script; s /new /bin/script
		mkdir /new/bin/folder; s /new /bin/folder
		ln -s /bin/none /new/bin/link; s /new /bin/link
		ln -s ../../../../bin/sh /new/bin/up; ln -s /init /new/bin/out; s /new /bin/out
		mkdir /plain; s /plain /bin/sh
		s /none /bin/sh
		s / /bin/sh
		: >/file; s /file /bin/sh
		s /new /bin/up
		echo "$(echo /*) $(cat /dev/mark)"'
	equal "$status $stderr" '0 '
	equal "$output" "butter: switch_root: cannot open '/bin/none' in '/new': No such file or directory
1
butter: switch_root: '/bin/script' in '/new' cannot be executed: nothing has been changed (chmod +x)
1
butter: switch_root: '/bin/script' in '/new' needs '/bin/nosh', which cannot be opened there: No such file or directory
1
butter: switch_root: '/bin/folder' in '/new' is no file: nothing has been changed
1
butter: switch_root: cannot open '/bin/link' in '/new': No such file or directory
1
butter: switch_root: cannot open '/bin/out' in '/new': No such file or directory
1
butter: switch_root: '/plain', which is to be the root, is no mount point (mount something there first)
1
butter: switch_root: cannot look at '/none', which is to be the root: No such file or directory
1
butter: switch_root: '/' is the root already
1
butter: switch_root: '/file', which is to be the root, is no folder
1
butter: switch_root: this is not process 1, which has the root to give away (use exec)
1
/bin /dev /file /init /new /plain /proc /run /sys kept"
}

@test "a dynamic linker that is missing is told, too" {
	ldd "$(command -v sleep)" 2>/dev/null | grep -q '/lib64/ld-' || skip 'sleep(1) needs no dynamic linker that is known here'
	cp "$(command -v sleep)" program
	boots 'cp /program /new/bin/; s /new /bin/program'
	contains "$output" "needs '/lib64/ld-"
}

@test "a root that is on a disk is never emptied" {
	namespaces -m
	capture "${within[@]}" sh -euc 'mkdir new; mount -t tmpfs none new; mkdir new/bin; cp "$BUTTER" new/bin/butter; "$BUTTER" switch_root new /bin/butter'
	case $(stat -f -c %T /) in
	tmpfs | ramfs) failed 1 switch_root 'this is not process 1' ;;
	*) failed 1 switch_root 'the root is no initramfs: all in it would be deleted (use pivot_root)' ;;
	esac
}

@test "what NEW_ROOT has mounted itself stays, and what it has no folder for goes" {
	boots 'mount -t tmpfs run /run
		mount -t tmpfs own /new/dev; echo own >/new/dev/mark
		exec butter switch_root /new /bin/sh -c '"'"'cat /dev/mark; echo /*; /bin/butter mountpoint -n /proc'"'"
	equal "$status $output $stderr" '0 own
/bin /dev /proc /sys
proc /proc '
}

@test "-c: the console of NEW_ROOT, or none" {
	boots ': >/new/console
		exec butter switch_root -c /console /new /bin/sh -c "echo there; exec >/dev/stdout-of-nobody" 2>/dev/null'
	equal "$output" ''
	boots 'exec butter switch_root -c /none /new /bin/sh -c "echo here"'
	equal "$status $output" '0 here'
	equal "$stderr" "butter: switch_root: cannot open '/none' in the new root: No such file or directory"
}

@test "wrong usage" {
	try switch_root
	failed 1 switch_root
	try switch_root /
	failed 1 switch_root
}

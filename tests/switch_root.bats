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
	tracer=()
}

# need_static PROGRAM: it runs without libraries.
need_static() {
	! LC_ALL=C ldd "$(command -v "$1")" 2>/dev/null | grep -q '=>' || skip "$1 needs libraries"
}

# boots SCRIPT: runs SCRIPT, by `tracer` if that is not empty, as /init of an initramfs, where /new is the new root, with a /proc, butter and busybox.
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
	capture "${tracer[@]}" "${within[@]}" sh -euc '
		mkdir -p room
		mount -t tmpfs none room
		mkdir room/bin room/new room/proc room/dev room/sys room/run
		cp "$BUTTER" room/bin/butter
		cp "$(command -v busybox)" room/bin/busybox
		for name in sh cat chmod cp dd echo find head ln ls mkdir mount rm sort umount xargs; do ln -s busybox room/bin/$name; done
		cp init room/init
		[ ! -e program ] || cp program room/
		export PATH=/bin
		exec 9<room/init
		exec room/bin/butter pivot_root --auto room -- /init'
}

@test "the new root, with its mounts, is that of INIT, which is process 1" {
	boots 'exec 8</init
		exec butter switch_root /new /bin/sh -c '"'"'echo "$$ $*"; cd /; echo *; cat /dev/mark; for fd in 8 9; do [ ! -e /proc/self/fd/$fd ] || echo "has $fd"; done; exec /bin/butter mountpoint /'"'"' sh -a b'
	equal "$status $stderr" '0 '
	equal "$output" '1 -a b
bin dev proc sys
kept
/ is a mountpoint'
}

@test "INIT is a path in the new root, and never one of PATH" {
	boots 'printf "#!/bin/sh\necho mine \$0\n" >/new/init; chmod +x /new/init
		exec butter switch_root /new init'
	equal "$status $output $stderr" '0 mine /init '
	boots 's /new sh; s /new bin/none'
	equal "$output" "butter: switch_root: cannot open '/sh' in '/new': No such file or directory
1
butter: switch_root: cannot open '/bin/none' in '/new': No such file or directory
1"
}

@test "what is in a folder is removed, but for what others are mounted on" {
	[ -x "$BUTTER_BUILD/tests/purging" ] || skip 'tests/purging is not built'
	namespaces -m
	capture "${within[@]}" sh -euc '
		for how in "" "strace -qq -o /dev/null -e inject=openat2:error=ENOSYS"; do
			[ -z "$how" ] || command -v strace >/dev/null || continue
			rm -rf it outside
			mkdir -p it/a/b/c it/keep/tmpfs it/keep/bind outside
			: >it/a/b/x; : >it/keep/f; : >it/keep/file; echo stays >outside/y
			mount -t tmpfs none it/keep/tmpfs; echo stays >it/keep/tmpfs/y
			mount --bind outside it/keep/bind
			mount --bind outside/y it/keep/file
			ln -s ../outside it/link; mkfifo it/fifo
			$how "$BUTTER_BUILD/tests/purging" it
			(cd it; find . -print | sort | xargs); cat outside/y it/keep/tmpfs/y
			umount it/keep/tmpfs; umount it/keep/bind; umount it/keep/file
		done'
	line='. ./keep ./keep/bind ./keep/bind/y ./keep/file ./keep/tmpfs ./keep/tmpfs/y
stays
stays'
	equal "$status $stderr" '0 '
	[ "$output" = "$line" ] || equal "$output" "$line
$line"
}

@test "what is no initramfs is not emptied, whatever pivot_root(2) says" {
	namespaces -pfm --propagation private --kill-child
	mkdir plain
	capture "${within[@]}" sh -euc '
		mount -t tmpfs none plain
		mkdir -p plain/inner/bin plain/inner/new
		cp "$BUTTER" plain/inner/bin/butter
		mount -t tmpfs none plain/inner/new
		mkdir plain/inner/new/bin; cp "$BUTTER" plain/inner/new/bin/butter
		exec chroot plain/inner /bin/butter switch_root /new /bin/butter'
	failed 1 switch_root 'the root is a folder, by chroot(2), and no mount (use pivot_root outside)'
	boots 'umount /new; mkdir -p /rootfs/bin; cp /bin/busybox /rootfs/bin/; cp /bin/busybox /rootfs/bin/sh; mount --bind /rootfs /new
		s /new /bin/sh; s / /bin/sh; ls /rootfs/bin'
	equal "$status $stderr" '0 '
	equal "$output" "butter: switch_root: '/new', which is to be the root, is a part of the present one, which is going to be emptied (copy it to a mount of its own)
1
butter: switch_root: '/', which is to be the root, is a part of the present one, which is going to be emptied (copy it to a mount of its own)
1
busybox
sh"
}

@test "where the root cannot be changed, what has been carried comes back, and nothing else moves" {
	need_strace
	tracer=(strace -f -qq -o trace -e trace=mount,pivot_root -e signal=none -e inject=pivot_root:error=EPERM:when=2)
	boots 'mkdir /new/run
		mount -t tmpfs run /run
		mount -t tmpfs own /new/sys
		exec butter switch_root /new /bin/sh -c "echo started"'
	equal "$status $output" '1 '
	equal "$stderr" "butter: switch_root: cannot make '/new' the root: Operation not permitted"
	equal "$(sed -n 's/.*mount("\(.*\)", "\(.*\)", NULL, MS_MOVE.*= 0$/\1 \2/p' trace)" '/dev dev
/proc proc
/run run
dev /dev
proc /proc
run /run'
}

@test "an old root that cannot be taken away is told, and INIT starts" {
	need_strace
	tracer=(strace -f -qq -o /dev/null -e trace=umount2 -e signal=none -e inject=umount2:error=EIO:when=2)
	boots 'exec butter switch_root /new /bin/sh -c "echo started; ls /bin"'
	equal "$status $output" '0 started
busybox
butter
sh'
	equal "$stderr" "butter: switch_root: '/new' is the root, but the old one could not be taken away"
}

@test "nothing is moved or deleted before it is known that INIT can be started" {
	boots 'c() { butter switch_root --check "$@" 2>&1 || echo "$?"; }
		s /new /bin/none
		echo "#!/bin/nosh" >/new/bin/script; c /new /bin/script
		chmod +x /new/bin/script; s /new /bin/script
		printf "#!/bin/script\n" >/new/bin/second; chmod +x /new/bin/second; c /new /bin/second
		cp /bin/busybox /new/bin/nosh; chmod -x /new/bin/nosh; c /new /bin/script
		rm /new/bin/nosh
		mkdir /new/bin/folder; c /new /bin/folder
		ln -s /bin/none /new/bin/link; c /new /bin/link
		ln -s /init /new/bin/out; c /new /bin/out
		echo garbage >/new/bin/text; chmod +x /new/bin/text; c /new /bin/text
		: >/new/bin/empty; chmod +x /new/bin/empty; c /new /bin/empty
		{ head -c 18 /bin/busybox; printf "\\1\\1"; dd if=/bin/busybox bs=20 skip=1 count=400 2>/dev/null; } >/new/bin/other; chmod +x /new/bin/other; c /new /bin/other
		mkdir /plain; c /plain /bin/sh
		c /none /bin/sh
		: >/file; c /file /bin/sh
		ln -s ../../../../bin/sh /new/bin/up; c /new /bin/up; s /new /bin/up
		mount -o remount,noexec /new; c /new /bin/sh
		echo "$(echo /*) $(cat /dev/mark)"'
	equal "$status $stderr" '0 '
	equal "$output" "butter: switch_root: cannot open '/bin/none' in '/new': No such file or directory
1
butter: switch_root: '/bin/script' in '/new' cannot be executed (chmod +x)
1
butter: switch_root: cannot open '/bin/nosh' in '/new', which '/bin/script' needs: No such file or directory
1
butter: switch_root: cannot open '/bin/nosh' in '/new', which '/bin/second' needs: No such file or directory
1
butter: switch_root: '/bin/nosh' in '/new', which '/bin/script' needs cannot be executed (chmod +x)
1
butter: switch_root: '/bin/folder' in '/new' is no file
1
butter: switch_root: cannot open '/bin/link' in '/new': No such file or directory
1
butter: switch_root: cannot open '/bin/out' in '/new': No such file or directory
1
butter: switch_root: '/bin/text' in '/new' is no script, and no program for this machine
1
butter: switch_root: '/bin/empty' in '/new' is no script, and no program for this machine
1
butter: switch_root: '/bin/other' in '/new' is no script, and no program for this machine
1
butter: switch_root: '/plain', which is to be the root, is no mount point (mount something there first)
1
butter: switch_root: cannot look at '/none', which is to be the root: No such file or directory
1
butter: switch_root: '/file', which is to be the root, is no folder
1
butter: switch_root: this is not process 1, which has the root to give away (use exec)
1
butter: switch_root: '/bin/sh' in '/new' cannot be executed (mount -o remount,exec)
1
/bin /dev /file /init /new /plain /proc /run /sys kept"
}

@test "INIT that would be covered by what comes along is told before anything is moved" {
	boots 'mkdir /new/run; cp /bin/busybox /new/run/init
		butter switch_root --check /new /run/init && echo fine
		mount -t tmpfs run /run
		s /new /run/init; s --check /new run/init; s --check /new /bin/sh
		echo "$(echo /*) $(cat /dev/mark)"
		# What stays where it is covers nothing.
		mount -t tmpfs run /new/run; cp /bin/busybox /new/run/init; s --check /new /run/init'
	covered="butter: switch_root: '/run/init' in '/new' would be covered by '/run', which comes along (unmount that, or have INIT elsewhere)
1"
	equal "$status $stderr" '0 '
	equal "$output" "fine
$covered
$covered
/bin /dev /init /new /proc /run /sys kept"
}

@test "a dynamic linker that is missing is told, too" {
	ldd "$(command -v sleep)" 2>/dev/null | grep -q '/lib64/ld-' || skip 'sleep(1) needs no dynamic linker that is known here'
	cp "$(command -v sleep)" program
	boots 'cp /program /new/bin/; s /new /bin/program'
	contains "$output" "cannot open '/lib64/ld-"
	contains "$output" "' in '/new', which '/bin/program' needs: No such file or directory"
}

@test "a root that is on a disk is never emptied" {
	namespaces -m
	capture "${within[@]}" sh -euc 'mkdir new; mount -t tmpfs none new; mkdir new/bin; cp "$BUTTER" new/bin/butter; "$BUTTER" switch_root new /bin/butter'
	case $(stat -f -c %T /) in
	tmpfs | ramfs) failed 1 switch_root 'this is not process 1' ;;
	*) failed 1 switch_root 'the root is no initramfs, but on a disk (use pivot_root)' ;;
	esac
}

@test "/dev, /proc, /sys and /run: what is there already stays, and what cannot come along is told" {
	boots 'mount -t tmpfs run /run
		mount -t tmpfs own /new/dev; echo own >/new/dev/mark
		exec butter switch_root /new /bin/sh -c '"'"'cat /dev/mark; echo /*; /bin/butter mountpoint -n /proc'"'"
	equal "$status $output" '0 own
/bin /dev /proc /sys
proc /proc'
	equal "$stderr" "butter: switch_root: '/run' has not come along: there is no folder for it in '/new', or it could not be moved"
	# Where the new root is in one of them, and where that is a link.
	boots 'mount -t tmpfs run /run; mkdir /run/root; mount --bind /new /run/root; mkdir /new/run
		exec butter switch_root /run/root /bin/sh -c "echo /*"'
	equal "$status $output $stderr" '0 /bin /dev /proc /run /sys '
	boots 'rm -r /run; ln -s /new /run; mkdir /new/run
		exec butter switch_root /new /bin/sh -c "echo /*"'
	equal "$status $output $stderr" '0 /bin /dev /proc /run /sys '
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

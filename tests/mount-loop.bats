#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Files mounted as disks, by loop devices. Each test mounts in a mount namespace of its own.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2016,SC2034 # inner shells expand; disks.bash takes tracer

load helper
load disks

setup() {
	trace_tests_only
	need_applet mount
	need_loop
	cd "$BATS_TEST_TMPDIR" || return
	tracer=()
	image ext4 disk
}

teardown() {
	stop_all
	free_loops
}

@test "a file is mounted by a loop device, which umount frees" {
	mounts 'm disk a; is a; loops; echo x >a/file
		umount a; loops
		m -t ext4 -o loop disk b; is b; cat b/file; umount b
		m -r disk b; is b; losetup -n -l -O RO,AUTOCLEAR,BACK-FILE | grep "$PWD" | xargs; umount b; loops'
	succeeded
	equal "$output" 'rw ext4 LOOP
1
0
rw ext4 LOOP
x
ro ext4 LOOP
1 1 '"$PWD"'/disk
0'
}

@test "a file that is on a loop device already stays on that one alone" {
	mounts 'm disk a; m disk b; loops; is b; umount a; loops; umount b; loops
		device=$(losetup --show -f disk); m -o loop disk a; findmnt -n -o SOURCE a | sed "s,$device,it,"; umount a; loops; losetup -d "$device"'
	succeeded
	equal "$output" '1
rw ext4 LOOP
1
0
it
1'
	# Another part of it is another disk, the beginning of the same one is none.
	mounts 'cat disk disk >two
		m -o sizelimit=8M two a; m -o offset=8M two b; loops
		s -o sizelimit=7M two b; loops'
	succeeded
	equal "$output" "2
butter: mount: cannot mount 'two' at 'b': some of it, or all, is on the loop device 'LOOP' (already, and two would destroy it: use that, or free it with losetup -d)
32
2"
}

@test "a file, or a part of it, is never on two devices of which one writes" {
	local error="some of it, or all, is on the loop device 'LOOP' (already, and two would destroy it: use that, or free it with losetup -d)"

	mounts '{ head -c 1M /dev/zero; cat disk; } >whole; free=$(losetup -f)
		device=$(losetup --show -f whole); s -o offset=1M whole a; losetup -d "$device"
		m -o offset=1M whole a; s -t ext4 -o loop whole b; umount a; loops
		m disk a; s -o loop=/dev/loop$((${free#/dev/loop} + 7)) disk b; umount a; loops
		device=$(losetup -r --show -f whole); m -o ro,offset=1M whole a; is a; s -t ext4 -o offset=512K whole b; umount a; losetup -d "$device"; loops'
	succeeded
	equal "$output" "butter: mount: cannot mount 'whole' at 'a': $error
32
butter: mount: cannot mount 'whole' at 'b': $error
32
0
butter: mount: cannot mount 'disk' at 'b': $error
32
0
ro ext4 LOOP
butter: mount: cannot mount 'whole' at 'b': $error
32
0"
}

@test "without /sys, too, the device that has it is found, even if it has no node" {
	mounts 'control=$(stat -c "%t %T" /dev/loop-control); mkdir dev; mount -t tmpfs none dev
		mknod dev/loop-control c $((0x${control% *})) $((0x${control#* })); mknod dev/null c 1 3
		mount --move dev /dev; mount -t tmpfs none /sys
		m -t ext4 disk a; rm -f /dev/loop[0-9]*; m -t ext4 disk b
		{ findmnt -n -o SOURCE a; findmnt -n -o SOURCE b; } | uniq | wc -l; umount b; mount -t tmpfs none /proc
		m -t ext4 disk b; ls /dev | grep -c "loop[0-9]"'
	succeeded
	equal "$output" '1
1'
}

@test "two that mount a file at the same moment use one device" {
	need_strace
	tracer=(strace -qq -o /dev/null -e signal=none -e trace=ioctl -e inject=ioctl:delay_enter=100000)
	mounts 'm disk a & first=$!; m disk b; wait "$first"; loops; umount a b; loops'
	succeeded
	equal "$output" '1
0'
}

@test "faults: where nobody can see which devices have the file, nothing is mounted" {
	need_strace
	tracer=(strace -qq -o /dev/null -e signal=none -P /sys/block -e "inject=open,openat:error=EIO")
	mounts 's disk a; loops'
	equal "$output" "butter: mount: cannot mount 'disk' at 'a': cannot see which loop devices have it already: Input/output error
32
0"
	tracer=(strace -qq -o /dev/null -e signal=none -P /sys/block -e inject=getdents64:error=EIO)
	mounts 's disk a; loops'
	contains "$output" 'cannot see which loop devices have it already: Input/output error'
	# The device that has it cannot be opened, as in a container without the right to.
	mounts 'm=m; device=$(losetup --show -f disk)
		strace -qq -o /dev/null -e signal=none -P "$device" -e inject=open,openat:error=EPERM "$BUTTER" mount disk a 2>&1 || echo $?
		losetup -d "$device"; loops'
	contains "$output" "cannot open the loop device '/dev/loop"
	contains "$output" "Operation not permitted (a container: allow it the devices \`b 7:* rwm\`)
1
0"
}

@test "a part of a file is a disk" {
	need_types
	mounts '{ head -c 1M /dev/zero; cat disk; } >whole
		s whole a; m -o offset=1M,ro whole a; is a; umount a
		m -o offset=1048576,sizelimit=8M -t ext4 whole a; is a; losetup -n -l -O OFFSET,SIZELIMIT,BACK-FILE | grep "$PWD" | xargs; umount a
		s -o offset=100M whole a; s -o offset=x whole a; loops
		device=$(losetup --show -f whole); s -t ext4 -o offset=100M "$device" a; losetup -d "$device"'
	succeeded
	equal "$output" "butter: mount: cannot mount 'whole' at 'a': no file system is known that is on it (-t says which, mkfs makes one)
32
ro ext4 LOOP
rw ext4 LOOP
1048576 8388608 $PWD/whole
butter: mount: cannot mount 'whole' at 'a': it ends before that offset
32
$(try mount -o offset=x whole a; cat <<<"$stderr")
1
0
butter: mount: cannot mount 'LOOP' at 'a': it ends before that offset
32"
}

@test "a file that cannot be written is mounted read-only, with a word, unless rw is asked for" {
	need_types
	mkdir place
	cp disk place/
	mounts 'mount --bind place place; mount -o remount,bind,ro place
		m place/disk a; is a; losetup -n -l -O RO,BACK-FILE | grep "$PWD" | xargs; umount a
		s -w place/disk a; loops'
	equal "$status" 0
	equal "$stderr" "butter: mount: 'place/disk' is write-protected: it is mounted read-only at 'a'"
	contains "$output" "ro ext4 LOOP
1 $PWD/place/disk
butter: mount: cannot mount 'place/disk' at 'a': 'LOOP' is write-protected"
	equal "${output: -4}" '32
0'
}

@test "loop=DEVICE: that one, or a word why not" {
	need_tool perl
	number=$((100 + RANDOM % 900))
	[ ! -e "/dev/loop$number" ] || skip "/dev/loop$number is there"
	mounts "device=/dev/loop$number; "'m -o loop=$device disk a; findmnt -n -o SOURCE a
		cp disk other; s -o loop=$device other b; umount a; loops
		s -o loop=/dev/null disk a; s -o loop=/dev/nosuch disk a; s -o loop=/dev/loop99999999 disk a; loops'
	# (The number goes again.)
	perl -e 'open my $control, "<", "/dev/loop-control"; ioctl $control, 0x4c81, $ARGV[0] + 0' "$number"
	succeeded
	equal "$output" "/dev/loop$number
butter: mount: cannot mount 'other' at 'b': it cannot be put on the loop device 'LOOP': Device or resource busy (it has another file: leave its name out for one that is free)
32
0
butter: mount: cannot mount 'disk' at 'a': it cannot be put on the loop device '/dev/null': Inappropriate ioctl for device (this is no loop device: leave its name out for one that is free)
32
butter: mount: cannot mount 'disk' at 'a': cannot open the loop device '/dev/nosuch': No such file or directory
32
butter: mount: cannot mount 'disk' at 'a': cannot make the loop device 'LOOP': Invalid argument (no such loop device: leave its name out for one that is free)
32
0"
}

@test "loop=DEVICE that was not there is not there when it fails" {
	number=$((1000 + RANDOM % 9000))
	[ ! -e "/sys/block/loop$number" ] || skip "/dev/loop$number is there"
	truncate -s 1M empty
	mounts "device=loop$number; "'s -t ext4 -o loop=/dev/$device empty a | tail -n 1; ls -d /dev/$device /sys/block/$device 2>/dev/null || echo none'
	succeeded
	equal "$output" '32
none'
}

# A container has a /dev of its own, with few nodes in it.
@test "a node that is missing is made; without /dev/loop-control it is told" {
	need_types
	mounts 'control=$(stat -c "%t %T" /dev/loop-control); mkdir dev; mount -t tmpfs none dev
		mknod dev/loop-control c $((0x${control% *})) $((0x${control#* })); mknod dev/null c 1 3
		mount --move dev /dev
		m disk a; findmnt -n -o FSTYPE a; ls /dev | sed s,[0-9]*$,, | sort
		rm -f /dev/loop[0-9]*; cp disk other; m -t ext4 other b; ls /dev/loop[0-9]* | wc -l; umount b
		rm -f /dev/loop[0-9]*; m -t ext4 disk b; { findmnt -n -o SOURCE a; findmnt -n -o SOURCE b; } | uniq | wc -l; ls /dev/loop[0-9]* | wc -l; umount a b
		rm -f /dev/loop[0-9]*
		s -t xfs disk a; ls /dev
		rm /dev/loop-control; s disk a; rm /dev/null; s disk a'
	succeeded
	contains "$output" 'ext4
loop
loop-control
null
1
1
1'
	contains "$output" "there is no xfs file system on 'LOOP', but ext4"
	contains "$output" "32
loop-control
null
butter: mount: cannot mount 'disk' at 'a': cannot open '/dev/loop-control', which has the loop devices: No such file or directory (modprobe loop; in a container, give it /dev/loop-control)
32"
}

@test "what the kernel mounts from a file needs no loop device, and X-mount.noloop forbids one" {
	mounts 's -o X-mount.noloop disk a; loops'
	succeeded
	contains "$output" "'$PWD/disk' is a file, and no disk"
	need_types
	need_tool mkfs.erofs
	image erofs small
	mounts 'm small a; is a; cat a/file; loops; umount a; m -o loop small a; is a; loops; umount a; loops'
	[[ $stderr != *'does not know a file system'* ]] || skip 'the kernel has no erofs'
	succeeded
	contains "$output" 'seed'
	# Since Linux 6.12.
	[[ $output == *'rw erofs small'* ]] || skip 'the kernel mounts erofs from disks alone'
	equal "$output" 'rw erofs small
seed
0
rw erofs LOOP
1
0'
}

# calls_of CALL: how often a mount that succeeds makes it.
calls_of() {
	rm -f trace
	tracer=(strace -qq -o trace -e "trace=/^$1\$" -e signal=none)
	mounts 'm disk a; umount a'
	succeeded
	wc -l <trace
}

@test "faults: whatever call fails, no mount, no folder and no loop device stays" {
	local call error n most

	need_strace
	for call in ioctl openat fsopen fsconfig fsmount move_mount open_tree; do
		most=$(calls_of "$call")
		for ((n = 1; n <= most; n++)); do
			for error in EIO EBUSY; do
				tracer=(strace -qq -o /dev/null -e signal=none -e "trace=/^$call\$" -e "inject=/^$call\$:error=$error:when=$n")
				mounts 'if m --mkdir disk new/folder; then umount new/folder; rmdir new/folder new; else [ $? = 32 ]; fi; loops; ls -d new 2>/dev/null || true'
				equal "$status $output" '0 0' || fails "$call $n $error: $stderr" || return 1
			done
		done
	done
}

# two_steps: that, on a device that is free. 75: somebody else has taken it meanwhile.
two_steps() {
	local device index

	device=$(losetup -f)
	tracer=(strace -qq -o trace -e trace=ioctl -e signal=none)
	mounts "m -o loop=$device disk a; umount a"
	[[ $stderr != *busy* ]] || return 75
	succeeded || return 1
	index=$(awk '/LOOP_CONFIGURE/ { print NR; exit }' trace)
	tracer=(strace -qq -o trace -e trace=ioctl -e signal=none -e "inject=ioctl:error=EINVAL:when=$index")
	mounts "m -o loop=$device,ro disk a; is a; umount a; loops"
	[[ $stderr != *busy* ]] || return 75
	succeeded || return 1
	equal "$output" 'ro ext4 LOOP
0' || return 1
	contains "$(<trace)" LOOP_SET_STATUS64 || return 1
	# The second step refused: the first one is undone.
	tracer=(strace -qq -o trace -e trace=ioctl -e signal=none -e "inject=ioctl:error=EINVAL:when=$index..$((index + 2))+2")
	mounts "s -o loop=$device disk a; loops"
	[[ $output != *busy* ]] || return 75
	contains "$output" "it cannot be put on the loop device 'LOOP': Invalid argument" || return 1
	equal "${output: -4}" '32
0'
}

@test "before Linux 5.8: in two steps, both or none" {
	local result

	need_strace
	# Loop devices are everybody's.
	for _ in {1..5}; do
		result=0
		two_steps || result=$?
		[ "$result" = 75 ] || break
	done
	[ "$result" != 75 ] || skip "somebody else takes each free loop device"
	[ "$result" = 0 ]
}

@test "somebody else takes the free device first: another one is tried" {
	local index

	need_strace
	tracer=(strace -qq -o trace -e trace=ioctl -e signal=none)
	mounts 'm disk a; umount a'
	succeeded
	index=$(awk '/LOOP_CONFIGURE/ { print NR; exit }' trace)
	tracer=(strace -qq -o trace -e trace=ioctl -e signal=none -e "inject=ioctl:error=EBUSY:when=$index")
	mounts 'm disk a; is a; umount a; loops'
	succeeded
	equal "$output" 'rw ext4 LOOP
0'
	# More often, if others take devices, too.
	[ "$(grep -c LOOP_CTL_GET_FREE trace)" -ge 2 ]
}

@test "the same by mount(2), where the newer calls are not to be had" {
	local error

	need_types
	need_strace
	! command -v mkfs.erofs >/dev/null || image erofs small
	for error in ENOSYS EPERM; do
		tracer=(strace -qq -o /dev/null -e signal=none -e "inject=fsopen,fspick,open_tree,move_mount,mount_setattr:error=$error")
		mounts 'm disk a; is a; umount a; m -t xfs,ext4 -o ro disk a; is a; umount a
			s -t xfs disk a; s -o bogus disk a; s disk none; loops
			if [ -e small ]; then m small b && umount b || true; loops; fi'
		equal "$status" 0
		contains "$output" 'rw ext4 LOOP
ro ext4 LOOP
'
		contains "$output" "there is no xfs file system on 'LOOP', but ext4"
		contains "$output" "cannot mount 'disk' at 'a': "
		contains "$output" "cannot mount 'disk' at 'none': the target does not exist"
		equal "$(tail -n 1 <<<"$output")" 0
	done
}

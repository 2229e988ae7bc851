#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is mounted, found by its type, its label and the like, waited for, or left to a program of its own.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2034 # disks.bash takes tracer
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2001,SC2016 # inner shells expand; sed knows .*

load helper
load disks

setup() {
	trace_tests_only
	need_applet mount
	cd "$BATS_TEST_TMPDIR" || return
	tracer=()
}

teardown() {
	stop_all
	free_loops
}

# ---- Types

finds() {
	need_loop
	need_types
	need_tool "$2"
	image "$1" disk
	mounts 'm disk a; is a; umount a; loops'
	[[ $stderr != *'does not know a file system'* ]] || skip "the kernel has no $1"
	succeeded
	equal "$output" "rw $1 ${3:-LOOP}
0"
}

@test "the type is found: ext4" {
	finds ext4 mkfs.ext4
}

@test "the type is found: xfs" {
	finds xfs mkfs.xfs
}

@test "the type is found: btrfs" {
	finds btrfs mkfs.btrfs
}

@test "the type is found: vfat" {
	finds vfat mkfs.vfat
}

@test "the type is found: squashfs" {
	finds squashfs mksquashfs
}

@test "what is on a disk and is no file system is told" {
	need_loop
	need_types
	truncate -s 1M empty swap luks table
	need_tool mkswap
	mkswap swap >/dev/null 2>&1
	printf 'LUKS\xba\xbe\0\2' | dd of=luks conv=notrunc status=none
	printf '\0\0\0\0\x83\0\0\0\1\0\0\0\144\0\0\0' | dd of=table bs=1 seek=446 conv=notrunc status=none
	printf '\x55\xaa' | dd of=table bs=1 seek=510 conv=notrunc status=none
	mounts 's empty a; s swap a; s luks a; s table a; s . a; s nosuch a; s /dev/nosuch a; s -t ext4 /dev/nosuch a; s -t ext4 . a | sed "s/; ext4 says.*(/ (/"; loops'
	succeeded
	equal "$output" "butter: mount: cannot mount 'empty' at 'a': no file system is known that is on it (-t says which, mkfs makes one)
32
butter: mount: cannot mount 'swap' at 'a': there is no file system on it, but swap (swapon)
32
butter: mount: cannot mount 'luks' at 'a': there is no file system on it, but crypto_LUKS (cryptsetup open)
32
butter: mount: cannot mount 'table' at 'a': there is no file system on it, but a table of partitions, dos (offset= says where one of them begins)
32
butter: mount: cannot mount '.' at 'a': it is a folder, and no disk or file (--bind shows it at TARGET, too)
32
butter: mount: cannot mount 'nosuch' at 'a': there is no such disk or file (-t says it if it is none)
32
butter: mount: cannot mount '/dev/nosuch' at 'a': there is no such disk (--wait 30s waits for one that comes late)
32
butter: mount: cannot mount '/dev/nosuch' at 'a': there is no such disk (--wait 30s waits for one that comes late)
32
butter: mount: cannot mount '.' at 'a': '.' is a folder, and no disk (--bind shows it at TARGET, too)
32
0"
}

@test "more than one file system on a disk is told" {
	need_loop
	need_types
	need_tool mkfs.xfs
	image ext4 both
	image xfs other
	dd if=other of=both bs=512 count=1 conv=notrunc status=none
	mounts 's both a; m -t ext4 both a; is a'
	succeeded
	equal "$output" "butter: mount: cannot mount 'both' at 'a': there is more than one thing on it: xfs, ext4 (-t says which, wipefs removes one)
32
rw ext4 LOOP"
}

@test "-t: one type, several in their order, all but some, auto" {
	need_loop
	need_types
	image ext4 disk
	truncate -s 1M empty
	mounts 'm -t auto disk a; is a; umount a; m -t xfs,ext4 disk a; is a; umount a; m -t noxfs,btrfs disk a; is a; umount a; m -t ext2,ext4 disk a; is a; umount a
		s -t xfs disk a; s -t noext4 disk a; s -t squashfs,absent disk a; s -t squashfs,ext4 empty a | tail -n 1; s -t absent disk a; loops'
	equal "$status" 0
	equal "$(sed 's/; kernel log.*(/ (/' <<<"$output")" "rw ext4 LOOP
rw ext4 LOOP
rw ext4 LOOP
rw ext4 LOOP
butter: mount: cannot mount 'disk' at 'a': there is no xfs file system on 'LOOP', but ext4 (without -t the type is found)
32
butter: mount: cannot mount 'disk' at 'a': the file system on it is ext4, which -t leaves out
32
butter: mount: cannot mount 'disk' at 'a': none of the types fits that have been tried: squashfs, absent (without -t the type is found)
32
32
butter: mount: cannot mount 'disk' at 'a': the kernel does not know a file system 'absent' (cat /proc/filesystems lists them; modprobe may load it)
32
0"
}

@test "-t: of several types, those that need no disk are tried where there is none" {
	need_types
	mounts 'm -t xfs,tmpfs word a; findmnt -n -o SOURCE,FSTYPE a; umount a
		m -t proc,tmpfs -o size=1m word a; findmnt -n -o FSTYPE a; umount a
		s -t xfs,ext4 word a; s -t xfs,tmpfs /dev/absent a'
	[ "$status" = 0 ] || fails "$stderr"
	equal "$(tr -s ' ' <<<"$output")" "word tmpfs
tmpfs
butter: mount: cannot mount 'word' at 'a': there is no such disk or file
32
butter: mount: cannot mount '/dev/absent' at 'a': there is no such disk (--wait 30s waits for one that comes late)
32"
}

@test "a source that is for its type alone is handed on as it is" {
	echo x >none
	mounts 'm -t tmpfs none a; findmnt -n -o SOURCE a; m -t tmpfs LABEL b; findmnt -n -o SOURCE b; umount a b
		s -t tmpfs "LABEL=x y" a | sed "s/: .*//" | head -n 1; loops'
	[ "$status" = 0 ] || fails "$stderr"
	contains "$output" 'none
LABEL'
}

# ---- Labels and the like

# disk_of FILE: makes it a block device, without partitions; sets disk.
disk_of() {
	disk=$(losetup -f --show "$@" 2>/dev/null) || skip "no loop devices here"
	dd if="$disk" of=/dev/null bs=512 count=1 status=none 2>/dev/null || skip "$disk cannot be read here"
	grep -q " ${disk#/dev/}\$" /proc/partitions || skip "$disk is not in /proc/partitions"
}

@test "LABEL= and UUID=, quoted, encoded, and as -L and -U" {
	local uuid=12345678-9abc-def0-1234-56789abcdef0

	need_loop
	need_types
	image ext4 disk -L "an odd/one" -U "$uuid"
	disk_of disk
	mounts "disk=$disk uuid=$uuid; "'t() { m "$@" && findmnt -n -o SOURCE a | sed "s,^$disk$,it," && umount a; }
		t "LABEL=an odd/one" a; t "LABEL=\"an odd/one\"" a; t "LABEL='"'an odd/one'"'" a || true
		t "LABEL=an\\x20odd\\x2fone" a; t -L "an odd/one" a; t "UUID=$uuid" a; t -U "$(echo "$uuid" | tr a-f A-F)" a; t --source "UUID=$uuid" --target a
		for name in LABEL= UUID="\"$uuid" LABEL=\" "LABEL=an odd" ID=nosuch; do s "$name" a; done; s -L x -U y a | head -n 1'
	equal "$(grep -c '^it$' <<<"$output")" 8
	output=$(grep -v '^it$' <<<"$output")
	contains "$output" "cannot mount 'LABEL=' at 'a': it has no value, or a quote that is not closed (LABEL=NAME, LABEL=\"A NAME\")"
	contains "$output" "cannot mount 'UUID=\"$uuid' at 'a': it has no value, or a quote"
	contains "$output" "cannot mount 'LABEL=\"' at 'a': it has no value, or a quote"
	contains "$output" "cannot mount 'LABEL=an odd' at 'a': no "
	contains "$output" "cannot mount 'ID=nosuch' at 'a': no disk has that (--wait 30s waits for one that comes late)"
	contains "$output" "--label, --uuid and --source say the same thing: use one"
}

@test "a label that no disk has; without /proc the disks cannot be read" {
	need_types
	mounts 's LABEL=there-is-no-such-label a'
	contains "$output" "cannot mount 'LABEL=there-is-no-such-label' at 'a': no "
	need_plain_build
	mounts 'm -t tmpfs none /proc; "$BUTTER" mount LABEL=x a 2>&1 || true'
	contains "$output" "cannot mount 'LABEL=x' at 'a': the disks cannot be read in '/proc/partitions': No such file or directory (mount /proc)"
}

@test "PARTLABEL= and PARTUUID=" {
	need_loop
	need_types
	need_tool perl
	image ext4 part -L inner
	partitioned disk part
	disk_of -P disk
	dd if="${disk}p1" of=/dev/null bs=512 count=1 status=none 2>/dev/null || skip "partitions cannot be read here"
	mounts "disk=$disk; "'t() { m "$@" && findmnt -n -o SOURCE a | sed "s,^${disk}p1$,it," && umount a; }
		t PARTLABEL="a name" a; t PARTUUID=12345678-9abc-def0-1234-56789abcdef0 a; t PARTUUID="\"12345678-9ABC-DEF0-1234-56789ABCDEF0\"" a; t LABEL=inner a; s disk a'
	succeeded
	equal "$output" "it
it
it
it
butter: mount: cannot mount 'disk' at 'a': there is no file system on it, but a table of partitions, gpt (offset= says where one of them begins)
32"
}

# ---- Waiting

@test "--wait: a path that comes late, in a folder that comes late" {
	need_loop
	need_types
	image ext4 disk
	namespaces -m --propagation private
	mkdir a
	launch "${within[@]}" sh -c '"$BUTTER" mount --wait 1m new/folder/disk a && findmnt -n -o FSTYPE a'
	await has_state S "$(children "$pid")"
	mkdir new
	mkdir new/folder
	mv disk new/folder/
	finish
	equal "$status $output $stderr" '0 ext4 '
}

@test "--wait: a disk with a label that comes late" {
	need_loop
	need_types
	image ext4 disk -L late-one
	disk_of disk
	losetup -d "$disk"
	namespaces -m --propagation private
	mkdir a
	launch "${within[@]}" sh -c '"$BUTTER" mount --wait 1m LABEL=late-one a && findmnt -n -o FSTYPE a'
	await has_state S "$(children "$pid")"
	disk_of disk
	finish
	equal "$status $output $stderr" '0 ext4 '
}

@test "--wait: a device that has a node, and becomes a disk late" {
	need_loop
	need_types
	image ext4 disk
	namespaces -m --propagation private
	mkdir a
	device=$(losetup -f)
	# shellcheck disable=SC2016
	DEVICE=$device launch "${within[@]}" sh -c '"$BUTTER" mount --wait 1m "$DEVICE" a && findmnt -n -o FSTYPE a'
	await has_state S "$(children "$pid")"
	losetup "$device" disk 2>/dev/null || skip "$device is somebody else's"
	finish
	losetup -d "$device"
	equal "$status $output $stderr" '0 ext4 '
	try mount --wait 0.1s -o nofail,ro "$(losetup -f)" a
	succeeded
}

@test "nofail: what cannot be looked at is not missing" {
	local long

	long=/$(printf 'x%.0s' {1..300})
	mkdir a
	touch disk
	try mount -o nofail "$long" a
	failed 32 mount "cannot mount '$long' at 'a': " 'File name too long'
	need_strace
	capture strace -qq -o /dev/null -P "$PWD/disk" -e '/^(stat|newfstatat|statx)$' -e 'inject=/^(stat|newfstatat|statx)$:error=EIO' \
		"$BUTTER" mount -o nofail "$PWD/disk" a
	failed 32 mount "cannot mount '$PWD/disk' at 'a': " 'Input/output error'
}

# is_looking: the mount that was launched has begun to.
is_looking() {
	grep -qs inotify "/proc/$(children "$pid")/fdinfo/"*
}

@test "--wait: as process 1 of a container it is ended by what asks for it" {
	namespaces -mpf --kill-child --propagation private
	for signal in TERM:143 INT:130; do
		launch "${within[@]}" env --default-signal=INT "$BUTTER" mount --wait 1h new/folder/disk a
		await is_looking
		kill "-${signal%:*}" "$(children "$pid")"
		finish
		equal "$status $stderr" "${signal#*:} "
	done
}

@test "--wait: no longer than that, to the moment, and hardly looking" {
	local start

	need_types
	mkdir a
	for name in "$PWD/nosuch" LABEL=there-is-no-such-label; do
		start=$(microseconds)
		try mount --wait 0.3s "$name" a
		lasted 300000 "$start"
		failed 32 mount "cannot mount '$name' at 'a': it has not appeared in 0.3s"
	done
	need_strace
	capture strace -qq -o trace -e trace=ppoll "$BUTTER" mount --wait 2s "$PWD/nosuch" a
	equal "$status" 32
	(($(wc -l <trace) < 15)) || fails "$(<trace)"
	# Nor where others make files all the time.
	mkdir D
	launch perl -e 'for (;;) { for my $i (1 .. 100) { open F, ">", "D/$i"; close F; unlink "D/$i" } }'
	capture strace -qq -o trace -e trace=ppoll "$BUTTER" mount --wait 0.5s D/nosuch a
	equal "$status" 32
	(($(wc -l <trace) < 120)) || fails "$(wc -l <trace) times"
	try mount --wait 0 "$PWD/nosuch" a
	failed 32 mount 'there is no such disk or file'
	try mount --wait x nosuch a
	failed 1 mount
}

# ---- Programs

# with_programs SCRIPT: as mounts, where /sbin has programs mount.TYPE that print what they are called with, and butter and
# busybox's tools elsewhere.
with_programs() {
	need_root
	mkdir -p sbin/fs.d
	printf '#!/bin/sh\necho "${0##*/} $*"\nexit ${STATUS:-0}\n' | tee sbin/mount.one sbin/mount.two sbin/fs.d/mount.three sbin/mount.two.sub >sbin/mount.ext4
	chmod +x sbin/mount.* sbin/fs.d/mount.*
	printf 'no program\n' | tee sbin/mount.bad >sbin/mount.ugly
	chmod -x sbin/mount.bad
	printf '#!/none\n' >sbin/mount.ugly
	chmod +x sbin/mount.ugly
	mounts 'bin=$(readlink -f /sbin); mount --bind sbin "$bin"; '"$1"
}

@test "/sbin/mount.TYPE is called, and its status is handed on" {
	with_programs 'm -t one what a; m -t one -o ro,size=1,x-a=b,nofail,_netdev -s -n -v what a; m -t two.sub what a; m -t two.other what a; m -t three what a; m -ft one what a
		s -t one --mkdir what new/folder; rmdir new/folder new
		export STATUS=7; s -t one what a; s -t one --mkdir what new; ls -d new 2>/dev/null || true
		s -t bad what a; s -t ugly what a; s -i -t one what a'
	[ "$status" = 0 ] || fails "$stderr"
	equal "${output//"$PWD"\//}" "mount.one what a
mount.one what a -s -n -v -o ro,size=1,_netdev
what is mounted at a
mount.two.sub what a -t two.sub
mount.two what a -t two.other
mount.three what a
mount.one what a -f
mount.one what new/folder
mount.one what a
7
mount.one what new
7
butter: mount: cannot run '/sbin/mount.bad': Permission denied
126
butter: mount: cannot run '/sbin/mount.ugly': No such file or directory
126
butter: mount: cannot mount 'what' at 'a': the kernel does not know a file system 'one' (cat /proc/filesystems lists them; modprobe may load it)
32"
}

@test "a program gets words that it knows, and a path that begins with a slash" {
	with_programs 'mount -t tmpfs none a; ln -s a link; t() { m -t one -o "$@" what link; }; cd a; m -t one what ../link; cd ..
		t user; t users,exec; t owner; t nouser; t private,zz,rslave; t ro=recursive; t rro,noatime; t ro=vfs; t rw=fs,nosuid=recursive; mkdir there
		m -t one --mkdir what there/../new/x'
	succeeded
	equal "${output//"$PWD"\//}" "mount.one what a
mount.one what a -o noexec,nosuid,nodev,user
mount.one what a -o noexec,nosuid,nodev,users,exec
mount.one what a -o nosuid,nodev,owner
mount.one what a -o nouser
mount.one what a -o zz
mount.one what a -o ro
mount.one what a -o ro,noatime
mount.one what a -o ro
mount.one what a -o rw,nosuid
mount.one what new/x"
}

@test "what a program cannot be told is refused" {
	with_programs 't() { s -t one --mkdir "$@" what new; }
		t --into $$; t --beneath; t --exclusive; t -o X-mount.subdir=x; t -o X-mount.owner=0; t -o X-mount.group=0; t -o X-mount.mode=700; t -o X-mount.idmap=u:0:1:1; ls -d new 2>/dev/null || echo none'
	equal "$status" 0
	for word in --into --beneath --exclusive X-mount.subdir X-mount.owner X-mount.group X-mount.mode X-mount.idmap; do
		contains "$output" "cannot mount 'what' at 'new': '/sbin/mount.one' would, and does not know $word (-i does it without)
1
"
	done
	lacks "$output" 'mount.one what'
	contains "$output" none
}

@test "a program that has mounted it, but propagation fails: all is undone" {
	need_strace
	with_programs 'printf "#!/bin/sh\nexec %s -t tmpfs none \"\$2\"\n" "$(command -v mount)" >sbin/mount.one
		m --mkdir -t one -o private what new/x; grep -c " $PWD/new/x " /proc/self/mountinfo; umount new/x; rmdir new/x new
		strace -qq -f -o /dev/null -e signal=none -e trace=mount_setattr -e inject=mount_setattr:error=EIO "$BUTTER" mount --mkdir -t one -o private what new/x 2>/dev/null || echo $?
		grep " $PWD/new" /proc/self/mountinfo || ls -d new 2>/dev/null || echo none'
	equal "$output" '1
32
none'
}

@test "a program that is ended by a signal is told" {
	with_programs 'printf "%s\n" "#!/bin/sh" "kill -KILL \$\$" >sbin/mount.one; s -t one what a
		printf "%s\n" "#!/bin/sh" "exit 255" >sbin/mount.one; s -t one what a'
	equal "$status" 0
	equal "${output//"$PWD"\//}" "butter: mount: cannot mount 'what' at 'a': '/sbin/mount.one' was ended by signal 9 (Killed)
137
255"
}

@test "a signal is handed on to the program, which is waited for" {
	need_root
	namespaces -m --propagation private
	mkdir -p sbin a
	# shellcheck disable=SC2016
	printf '%s\n' '#!/bin/sh' 'trap "echo ended; exit 3" TERM' 'echo $$ >pid; mv pid ready' 'while :; do read -r _ <>pipe; done' >sbin/mount.one
	chmod +x sbin/mount.one
	mkfifo pipe
	launch "${within[@]}" sh -c 'mount --bind sbin "$(readlink -f /sbin)"; exec "$BUTTER" mount --mkdir -t one what new/folder'
	await test -e ready
	[ -d new/folder ]
	kill -TERM "$pid"
	finish
	equal "$status $output $stderr" '143 ended '
	[ ! -e new ] || fails 'the folder is still there'
}

@test "-a: a signal for a program ends all; with SIGCHLD ignored, too, all are waited for" {
	with_programs 'printf "%s\n" "#!/bin/sh" "echo \$1" "kill -TERM \$PPID" "while :; do read -r _ <>pipe; done" >sbin/mount.one; mkfifo pipe
		printf "#!/bin/sh\necho \$1; [ \$1 = two ] || while [ ! -e go ]; do :; done; : >go\n" >sbin/mount.two
		printf "%s $PWD/a %s defaults 0 0\n" one one other one >t
		s -a -T t | grep -v Terminated
		printf "%s $PWD/%s two defaults 0 0\n" /one a two b >t
		{ env --ignore-signal=CHLD "$BUTTER" mount -aF -T t 2>&1; echo "$?"; } | sort'
	succeeded
	equal "$output" 'one
143
/one
0
two'
}

@test "a program gets the loop device of a file, which is free when it has failed" {
	need_loop
	need_types
	image ext4 disk
	printf '#!/bin/sh\n[ -b "$1" ] && dd if="$1" of=/dev/null bs=512 count=1 status=none && echo "${1%%%%[0-9]*} ${2##*/}"\nexit ${STATUS:-0}\n' >program
	chmod +x program
	namespaces -m
	with_programs 'cat program >sbin/mount.ext4; m disk a; loops 2>/dev/null; export STATUS=9; s disk a'
	[ "$status" = 0 ] || fails "$stderr"
	contains "$output" '/dev/loop a'
	contains "$output" 9
	equal "$(losetup -n -l -O BACK-FILE | grep -c "^$PWD/" || true)" 0
}

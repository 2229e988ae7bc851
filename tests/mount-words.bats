#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What mount's words mean where they meet: parts, owners, read-only, what is shared, and what goes wrong half-way. Each
# test mounts in a mount namespace of its own.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2016 # inner shells expand

load helper
load mounts

setup() {
	trace_tests_only
	need_applet mount
	cd "$BATS_TEST_TMPDIR" || return
	tracer=()
	disk=
	enosys=$BUTTER_SOURCE/tests/enosys.sh
	mkdir a b c
	echo content >file
}

teardown() {
	stop_all
	[ -z "$disk" ] || losetup -d "$disk"
}

# ---- Parts, and what they get

@test "links in what is mounted do not lead to a part outside of it" {
	need_newer
	mounts 'm -t tmpfs none a; mkdir -p a/real/in outside; : >a/real/in/file; : >outside/secret
		ln -s "$PWD/outside" a/abs; ln -s ../../../../../../../../../../etc a/up; ln -s /real/in a/root; ln -s real/../real a/rel
		for i in abs up ../../../../../../../../../../../../../etc; do s -B -o "ro,X-mount.subdir=$i" a b | tail -n 1; done; is b
		m -B -o ro,X-mount.subdir=root a b; ls b; is b; umount b
		m -R -o X-mount.subdir=rel,noexec a b; ls b; is b'
	succeeded
	equal "$output" '32
32
32
file
ro,relatime|tmpfs|none|rw
in
rw,noexec,relatime|tmpfs|none|rw'
}

@test "a part that is another mount gets the words, too, and what is below it" {
	need_newer
	for tracer in "" "strace -qq -o /dev/null -e trace=open_tree -e inject=open_tree:error=EINVAL:when=2"; do
		[ -z "$tracer" ] || need_strace
		read -ra tracer <<<"$tracer"
		mounts '"$BUTTER" mount -t tmpfs one a; mkdir a/in; "$BUTTER" mount -t tmpfs two a/in; mkdir a/in/deep; "$BUTTER" mount -t tmpfs three a/in/deep
			m -R -o ro,X-mount.subdir=in a b; is b; is b/deep; is a/in
			m -R -o rro,noexec,X-mount.subdir=in a c; is c; is c/deep; is a/in/deep'
		succeeded
		equal "$output" 'ro,relatime|tmpfs|two|rw
rw,relatime|tmpfs|three|rw
rw,relatime|tmpfs|two|rw
ro,noexec,relatime|tmpfs|two|rw
ro,relatime|tmpfs|three|rw
rw,relatime|tmpfs|three|rw'
	done
}

@test "what is read-only gets an owner all the same" {
	each_way 'm -t tmpfs none a
		m -B -o ro,X-mount.owner=7,X-mount.mode=710 a b; is b; stat -c "%u %a" b' 'ro,relatime|tmpfs|none|rw
7 710'
}

# ---- Copies

@test "without the newer calls, what is bound into a shared mount forbids the same in its copies, and leaves nothing else" {
	need_applet seccomp-exec
	for tracer in "$enosys open_tree" "$enosys EPERM:mount_setattr" "$enosys EPERM:$newer"; do
		read -ra tracer <<<"$tracer"
		mounts '"$BUTTER" mount -t tmpfs run /run; "$BUTTER" mount --make-shared /run; mkdir -p p q /run/in
			"$BUTTER" mount -t tmpfs in /run/in
			"$BUTTER" mount -t tmpfs pp p; mkdir p/t; : >p/f; "$BUTTER" mount --make-shared p; "$BUTTER" mount -B p q
			both() { { is p/$1; is q/$1; } | sed "s/[ |].*//"; umount -R p/$1; }
			left() { ls /run | grep -v mount; grep -c butter- /proc/self/mountinfo || true; } # util-linux has a folder there
			m -B -o ro a p/t; both t; m -B -o ro,nosuid file p/f; both f; m -B -o rw a p/t; is q/t | cut -c 1-2; umount p/t
			m -R -o ro=recursive,noexec /run p/t; ls p/t | grep butter || true; both t/in; both t; left
			m -B -o ro a /run; grep " /run " /proc/self/mountinfo | tail -n 1 | cut -d " " -f 6 | cut -c 1-2; umount /run; left'
		succeeded
		equal "$output" 'ro,relatime
ro,relatime
ro,nosuid,relatime
ro,nosuid,relatime
rw
ro,relatime
ro,relatime
ro,noexec,relatime
ro,noexec,relatime
in
0
ro
in
0'
	done
	tracer=("$enosys" fsopen)
	mounts 'mkdir -p p q; "$BUTTER" mount -t tmpfs pp p; mkdir p/t; "$BUTTER" mount --make-shared p; "$BUTTER" mount -B p q
		m -t tmpfs -o ro=vfs x p/t; is q/t | sed "s/ shared:[0-9]*//"; umount p/t
		m -t tmpfs -o ro,nosuid x p/t; is q/t | sed "s/ shared:[0-9]*//"'
	succeeded
	equal "$output" 'ro,relatime|tmpfs|x|rw
ro,nosuid,relatime|tmpfs|x|ro'
}

@test "where that can be prepared nowhere, nothing is bound into a shared mount that its copies would not forbid" {
	need_applet seccomp-exec
	tracer=("$enosys" "EPERM:mkdir,mkdirat,open_tree")
	mounts 'mkdir -p p q; "$BUTTER" mount -t tmpfs pp p; mkdir p/t; "$BUTTER" mount --make-shared p; "$BUTTER" mount -B p q
		s -B -o ro a p/t; s -R -o ro=recursive a p/t | tail -n 1; s -B -o nosuid a p/t | tail -n 1; is p/t; is q/t
		m -B -o rw a p/t; is q/t | cut -c 1-2; umount p/t
		"$BUTTER" mount --make-private p; m -B -o ro a p/t; is p/t | cut -c 1-2; is q/t'
	succeeded
	equal "$output" "butter: mount: cannot mount 'a' at 'p/t': the target is in a shared mount, in whose copies mount(2) would not make it read-only, nosuid and so on, newer calls are not to be had, and no folder can be made in /run, /tmp and / to prepare it in (make that one private or a slave: mount --make-slave)
32
32
32
rw
ro"
}

@test "without the newer calls and /proc, the target may be a symbolic link" {
	need_plain_build # without /proc, sanitizers have something to say
	need_applet seccomp-exec
	tracer=("$enosys" "$newer")
	mounts 'ln -s b link; "$BUTTER" mount -t tmpfs hidden /proc; m -B -o ro a link; m -t tmpfs -o nodev x link; umount /proc; is b'
	succeeded
	equal "$output" 'rw,nodev,relatime|tmpfs|x|rw'
}

@test "without the newer calls, and where nobody tells of which mount something is, a mount is made, or undone" {
	need_applet seccomp-exec
	tracer=("$enosys" "$newer,statx,name_to_handle_at")
	mounts 'm -t tmpfs x a; mkdir a/in; m -t tmpfs -o ro=vfs y b; m -B -o ro a/in c; is a; is b; is c
		before=$(wc -l </proc/self/mountinfo); s -t tmpfs -o X-mount.owner=nobody-is-called-so z a | tail -n 1
		[ "$(wc -l </proc/self/mountinfo)" = "$before" ]'
	succeeded
	equal "$output" 'rw,relatime|tmpfs|x|rw
ro,relatime|tmpfs|y|rw
ro,relatime|tmpfs|x|rw
32'
}

# ---- All or nothing

@test "what fails on its way into a shared mount leaves nothing there and where it was prepared" {
	need_strace
	need_applet seccomp-exec
	export enosys newer
	mounts 'm -t tmpfs run /run; mkdir -p p q; m -t tmpfs pp p; mkdir p/t; m --make-shared p; m -B p q
		m -t tmpfs none c; mkdir c/in; m -t tmpfs none c/in
		state() { cut -d " " -f 4- /proc/self/mountinfo; ls /run | grep -v mount || true; }
		for when in 1 2 3 4 5 6; do
			((when != 3)) || m --make-rshared c # what is mounted in the original of a copy is to stay, too
			before=$(state)
			if "$enosys" "$newer" strace -qq -o /dev/null -e trace=mount -e "inject=mount:error=ENOMEM:when=$when" \
				"$BUTTER" mount -R -o ro=recursive c p/t 2>err; then
				echo "$when: $(is p/t/in | cut -c 1-2) $(is q/t/in | cut -c 1-2)"
				umount -R p/t
			else
				echo "$when: $(wc -l <err)"
			fi
			[ "$(state)" = "$before" ] || echo "left: $(state)"
		done'
	succeeded
	# What it is prepared in, another time elsewhere; the bind, its two mounts made read-only, the move.
	equal "$output" '1: ro ro
2: ro ro
3: 1
4: 1
5: 1
6: 1'
}

# ---- What does not go together

@test "words that would have no effect are refused, or told" {
	need_newer
	mounts 'm -t tmpfs none c
		s -B -o ro=fs a b; s -B --exclusive a b; s --exclusive -o remount,ro c; s --beneath -o remount,ro c
		s -t tmpfs -o silent --exclusive x b; s -t tmpfs -o iversion,X-mount.subdir=x x b
		s -B -o sync a b; s -B -o ro,silent,loud,async a c; s -M -o X-mount.mode=7 c a; s --into 1 --onlyonce -t tmpfs x b'
	succeeded
	equal "$output" "butter: mount: cannot mount at 'b': ro=fs is the file system's, and what is bound has that already (ro=vfs is the mount alone)
1
butter: mount: cannot mount at 'b': --exclusive is for a new file system
1
butter: mount: cannot mount at 'c': --exclusive is for a new file system
1
butter: mount: cannot mount at 'c': --beneath is for what is mounted, and not for what is changed
1
butter: mount: cannot mount at 'b': silent and iversion are for mount(2) alone, which does not know --beneath, --exclusive, --into, X-mount.idmap and X-mount.subdir
1
butter: mount: cannot mount at 'b': silent and iversion are for mount(2) alone, which does not know --beneath, --exclusive, --into, X-mount.idmap and X-mount.subdir
1
butter: mount: 'b': option 'sync' is the file system's, which what is bound has already: it has no effect
butter: mount: what is moved stays as it is: remount changes it (see 'butter mount --help')
1
butter: mount: --onlyonce looks at what is mounted here, and --into mounts elsewhere (see 'butter mount --help')
1"
}

@test "what is no mount is not changed, even if there is nothing to be changed" {
	each_way 's -o remount a; s -o remount,defaults a | tail -n 1; s -o remount,bind a | tail -n 1; m -t tmpfs x a; m -o remount a' \
		"butter: mount: cannot change 'a': nothing is mounted there (mountpoint tells)
32
32
32"
}

@test "a bind waits for what is late" {
	mounts '"$BUTTER" mount --wait 9s -B late b & pid=$!
		until grep -qs inotify "/proc/$pid/fdinfo/"*; do kill -0 "$pid"; done
		mkdir late; wait "$pid"; is b | grep -c .; s --wait 10ms -B later b'
	succeeded
	equal "$output" "1
butter: mount: cannot mount 'later' at 'b': there is no 'later'
32"
}

@test "what a disk is mounted as can be changed by the name of the disk" {
	need_tool mkfs.ext4
	grep -qw ext4 /proc/filesystems || skip "the kernel has no ext4"
	truncate -s 8M image
	mkfs.ext4 -q image
	need_root
	disk=$(losetup -f --show image 2>/dev/null) || skip "no loop devices here"
	mounts "ln -s $disk link; s -o remount,ro $disk; m -t ext4 $disk a; m -o remount,ro $disk; is a; m -o remount,bind,rw,nodev link; is a; m -o remount,rw a"
	succeeded
	equal "$output" "butter: mount: cannot change '$disk': nothing is mounted there (mountpoint tells)
32
ro,relatime|ext4|$disk|ro
rw,nodev,relatime|ext4|$disk|ro"
}

# ---- Why it failed

@test "why owners cannot be mapped or set is told as it is" {
	need_plain_build # without /proc, sanitizers have something to say
	need_root
	need_newer
	mounts 'i() { s -B -o "X-mount.idmap=$1" a b; }
		i /proc/self/ns/user; i /etc/passwd; i /proc/self/ns/mnt; i /nosuch
		m -t tmpfs hidden /proc; i 0:1:1; umount /proc'
	succeeded
	equal "$output" "butter: mount: cannot mount 'a' at 'b': '/proc/self/ns/user' is the initial user namespace, or the mount has other owners already
1
butter: mount: cannot mount 'a' at 'b': '/etc/passwd' is no user namespace (/proc/PID/ns/user is one)
32
butter: mount: cannot mount 'a' at 'b': '/proc/self/ns/mnt' is no user namespace (/proc/PID/ns/user is one)
32
butter: mount: cannot mount 'a' at 'b': there is no '/nosuch'
32
butter: mount: cannot mount 'a' at 'b': there can be no user namespace with the map '0:1:1': No such file or directory (mount /proc)
32" || return 1
	need_strace
	tracer=(strace -qq -o /dev/null -e trace=fchownat -e inject=fchownat:error=EPERM)
	mounts 's -t tmpfs -o X-mount.owner=7 x b'
	equal "$output" "butter: mount: cannot mount 'x' at 'b': its owner or mode cannot be set: Operation not permitted
1"
}

@test "what is on a disk that cannot be mounted so is not denied, and only errors are taken from the log" {
	need_root
	need_tool mkfs.ext4
	grep -qw ext4 /proc/filesystems || skip "the kernel has no ext4"
	truncate -s 8M image
	mkfs.ext4 -q image
	disk=$(losetup -f --show image 2>/dev/null) || skip "no loop devices here"
	mounts "s -t ext4 -o usrjquota=ab $disk a; s -t ext4 /dev/null a; s -t ext4 -o X-mount.noloop image a
		s -t tmpfs -o X-mount.owner=7 $disk file; s -t ext4 $disk file"
	succeeded
	output=$(sed -E 's/; (kernel log|ext4 says): .* (\([^()]*\))$/ \2/' <<<"$output")
	equal "$output" "butter: mount: cannot mount '$disk' at 'a': ext4 is on '$disk', but cannot be mounted so: Invalid argument (an option may be wrong, or something is broken: fsck may mend it)
32
butter: mount: cannot mount '/dev/null' at 'a': '/dev/null' is no disk (lsblk lists the disks)
32
butter: mount: cannot mount 'image' at 'a': '$PWD/image' is a file, and no disk (without X-mount.noloop it gets a loop device)
32
butter: mount: cannot mount '$disk' at 'file': the target is a file, and what is to be mounted there is a folder (it has to be a folder)
32
butter: mount: cannot mount '$disk' at 'file': the target is a file, and what is to be mounted there is a folder (it has to be a folder)
32"
}

@test "an owner is not changed for a bind that cannot be" {
	mounts 'chown 1:1 a; chmod 4751 a; s -B -o X-mount.owner=77,X-mount.mode=700 a file; stat -c "%u %g %a" a'
	succeeded
	equal "$output" "butter: mount: cannot mount 'a' at 'file': the target is a file, and what is to be mounted there is a folder (it has to be a folder)
32
1 1 4751" || return 1
	need_strace
	need_newer
	for tracer in "strace -qq -o /dev/null -e trace=move_mount -e inject=move_mount:error=ENOMEM" \
		"strace -qq -o /dev/null -e trace=mount_setattr -e inject=mount_setattr:error=ENOMEM"; do
		read -ra tracer <<<"$tracer"
		mounts 'mkdir -p a/in; chown 2:3 a/in; chmod 4751 a/in
			s -B -o ro,X-mount.owner=77,X-mount.group=7,X-mount.mode=700 a b | tail -n 1; stat -c "%u %g %a" a
			s -B -o ro,X-mount.owner=77,X-mount.subdir=in a b | tail -n 1; stat -c "%u %g %a" a/in'
		equal "$output" '32
1 1 4751
32
2 3 4751'
	done
}

@test "the owner of what is on a disk is what it was where its mount fails later" {
	need_root
	need_newer
	need_strace
	need_tool mkfs.ext4
	grep -qw ext4 /proc/filesystems || skip "the kernel has no ext4"
	truncate -s 8M image
	mkfs.ext4 -q image
	disk=$(losetup -f --show image 2>/dev/null) || skip "no loop devices here"
	for tracer in "strace -qq -o /dev/null -e trace=move_mount -e inject=move_mount:error=ENOMEM" \
		"strace -qq -o /dev/null -e trace=mount_setattr -e inject=mount_setattr:error=ENOMEM" \
		"$enosys $newer strace -qq -o /dev/null -e trace=mount -e inject=mount:error=ENOMEM:when=2"; do
		read -ra tracer <<<"$tracer"
		mounts "s -t ext4 -o X-mount.owner=77,X-mount.group=7,X-mount.mode=700,shared $disk a | tail -n 1
			\"\$BUTTER\" mount -t ext4 $disk b; stat -c '%u %g %a' b"
		equal "$output" '32
0 0 755' || fails "${tracer[*]}"
	done
	tracer=()
	mounts "m -t ext4 -o X-mount.owner=77,X-mount.group=7,X-mount.mode=700 $disk a; stat -c '%u %g %a' a"
	equal "$output" '77 7 700'
}

@test "ntfs is what the kernel calls ntfs3, too" {
	need_newer
	need_strace
	[ ! -e /sbin/mount.ntfs ] || skip "there is a program for ntfs"
	! grep -qw ntfs /proc/filesystems || skip "the kernel has ntfs"
	tracer=(strace -qq -o trace -e trace=fsopen)
	mounts 's -t ntfs /dev/null a >told; sed -n "s/fsopen(\"\([^\"]*\).*/\1/p" trace; cat told'
	contains "$output" 'ntfs
ntfs3
butter: mount: cannot mount'
}

@test "a type without a name, and a target that is to be changed and is missing" {
	try mount -t '' none a
	misused mount 'TYPE is empty'
	mounts 's --make-shared nowhere'
	equal "$output" "butter: mount: cannot change 'nowhere': the target does not exist
32"
}

@test "a layer of overlay that is refused is told, by who refuses it" {
	need_newer
	mounts 'long=$(printf "%0200d" 0); mkdir a/$long b/$long layers
		m -t overlay -o lowerdir=a/$long:b/$long none c 2>/dev/null || exit 77
		mkdir layers/{1..500}; list=$(printf :%s layers/{1..500})
		s -t overlay -o "lowerdir=a$list" none b'
	((status != 77)) || skip "the kernel has no overlay"
	lacks "$output" 4095
	contains "$output" "option 'layers/500': Invalid argument"
}

@test "a folder that was made for a file, and a program that is missing, are told" {
	mounts 's -m -B file new; ls -d new 2>/dev/null || echo none; s -m -o bind,X-mount.mode=600 file new'
	equal "$output" "butter: mount: cannot mount 'file' at 'new': --mkdir makes a folder, and what is to be mounted there is a file (it has to be a file: touch makes one)
32
none
butter: mount: cannot mount 'file' at 'new': --mkdir makes a folder, and what is to be mounted there is a file (it has to be a file: touch makes one)
32"
	need_newer
	[ ! -e /sbin/mount.fuse ] || skip "there is a program for fuse"
	grep -qw fuse /proc/filesystems || skip "the kernel has no fuse"
	mounts 's -t fuse.nosuch x a'
	equal "$output" "butter: mount: cannot mount 'x' at 'a': fuse.nosuch needs its program, /sbin/mount.fuse, for these options (install it)
32"
}

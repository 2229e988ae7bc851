#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Each test mounts in a mount namespace of its own.
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
	enosys=$BUTTER_SOURCE/tests/enosys.sh
	mkdir a b c
	echo content >file
}

# ---- What is mounted

@test "a file system, with words for the mount, the superblock and itself" {
	each_way 'm -t tmpfs -o size=1m,noexec,nosuid,mode=700 none a; is a
		m -t tmpfs -o ro,nodev,noatime,sync,dirsync,lazytime,mode=700 other b; is b
		m -o rw -t tmpfs -r name c; is c
		m -t tmpfs -o ro=vfs,nodiratime,strictatime,nosymfollow x c; is c
		m -t tmpfs -o ro=fs x c; is c
		m -t tmpfs -o silent,iversion x c; is c' 'rw,nosuid,noexec,relatime|tmpfs|none|rw,size=1024k,mode=700
ro,nodev,noatime|tmpfs|other|ro,sync,dirsync,lazytime,mode=700
ro,relatime|tmpfs|name|ro
ro,nodiratime,nosymfollow|tmpfs|x|rw
rw,relatime|tmpfs|x|ro
rw,relatime|tmpfs|x|rw'
}

@test "of words that exclude each other the last one counts" {
	each_way 'm -t tmpfs -o ro,rw,noexec,exec,suid,nosuid,noatime,strictatime,relatime,sync,async none a; is a
		m -t tmpfs -o defaults,noatime,atime,size=1m,size=2m,,auto,nofail,_netdev,x-a.b=c,X-d,comment=e,mode=700 none a; is a
		m -t tmpfs -w -o ro -o rw,exec -o noexec none a; is a
		m -t tmpfs -o ro,ro=recursive,rw none a; is a' 'rw,nosuid,relatime|tmpfs|none|rw
rw,relatime|tmpfs|none|rw,size=2048k,mode=700
rw,noexec,relatime|tmpfs|none|rw
rw,relatime|tmpfs|none|rw'
}

@test "all words that mount(8) knows are taken, and none of them reaches the file system" {
	mounts 'm -t tmpfs -o rw,suid,dev,exec,async,relatime,nostrictatime,norelatime,diratime,symfollow,nolazytime,loud,noiversion,nomand,defaults,auto,noauto,nouser,nousers,noowner,nogroup,nofail,_netdev,comment=a,x-systemd.automount,x-initrd.mount,X-mine=1,helper=a,uhelper=b,private none a; is a
		m -t tmpfs -o mand none b; [[ $(is b) == rw,* ]]'
	succeeded
	equal "$output" 'rw,relatime|tmpfs|none|rw'
}

@test "the same words give the same mount as those of another mount" {
	need_root
	/bin/mount --version 2>/dev/null | grep -q util-linux || skip "no mount of util-linux here"
	mounts 'for words in defaults ro nosuid,nodev,noexec,relatime strictatime,lazytime dirsync,sync noatime,nodiratime \
			mode=755,size=5m ro,size=10% nosymfollow rw,user,exec ro,rw,async,owner noatime,strictatime; do
			m -t tmpfs -o "$words" none a; ours=$(is a); umount a
			/bin/mount -t tmpfs -o "$words" none a; theirs=$(is a); umount a
			[ "$ours" = "$theirs" ] || echo "$words: $ours, and not $theirs"
		done
		m -t tmpfs none a
		for words in bind bind,ro bind,noexec,noatime rbind,nosuid bind,private; do
			m -o "$words" a b; ours=$(is b); umount b
			/bin/mount -o "$words" a b; theirs=$(is b); umount b
			[ "$ours" = "$theirs" ] || echo "$words: $ours, and not $theirs"
		done'
	succeeded
	equal "$output" ''
}

@test "silent reaches the superblock, which the newer calls cannot do" {
	need_strace
	tracer=(strace -qq -o trace -e trace=mount)
	mounts 'm -t tmpfs -o silent,noexec none a; is a'
	equal "$status $output" '0 rw,noexec,relatime|tmpfs|none|rw'
	contains "$(cat trace)" MS_SILENT
}

@test "user and the like are root's alone, and imply what they always did" {
	mounts 'm -t tmpfs -o users none a; m -t tmpfs -o owner,suid none b; is a; is b'
	succeeded
	equal "$output" 'rw,nosuid,nodev,noexec,relatime|tmpfs|none|rw
rw,nodev,relatime|tmpfs|none|rw'
}

@test "a folder or a file is bound, with what is below or without" {
	each_way 'm -t tmpfs none a; mkdir a/in; m -t tmpfs none a/in; : >a/in/below; echo x >a/top
		m --bind a b; ls b; ls b/in
		m -R a c; ls c/in
		m -B b/top file; cat file; umount file
		m -o bind,noexec,nosuid a b; is b; is a
		rmdir a/in 2>/dev/null || echo kept' 'in
top
below
x
rw,nosuid,noexec,relatime|tmpfs|none|rw
rw,relatime|tmpfs|none|rw
kept' || return 1
}

@test "what is bound read-only is never writable" {
	each_way 'm -t tmpfs none a; mkdir a/in; m -t tmpfs none a/in
		m -B -o ro a b; is b; is a; : 2>/dev/null >b/x || echo refused
		m -R -o rro,nosuid a c; is c; is c/in; is a/in; : 2>/dev/null >c/in/x || echo refused
		m -R -o ro=recursive,noexec=recursive,rw a b; is b; is b/in
		m -o remount,bind,rw c; is c; is c/in' 'ro,relatime|tmpfs|none|rw
rw,relatime|tmpfs|none|rw
refused
ro,nosuid,relatime|tmpfs|none|rw
ro,relatime|tmpfs|none|rw
rw,relatime|tmpfs|none|rw
refused
rw,noexec,relatime|tmpfs|none|rw
ro,noexec,relatime|tmpfs|none|rw
rw,nosuid,relatime|tmpfs|none|rw
ro,relatime|tmpfs|none|rw'
}

@test "with the newer calls, a mount that is bound read-only is so before it can be seen" {
	need_newer
	need_strace
	tracer=(strace -qq -o trace -e 'trace=open_tree,mount_setattr,move_mount,mount')
	mounts 'm -B -o ro a b'
	succeeded
	equal "$(sed 's/(.*//' trace)" 'open_tree
mount_setattr
move_mount'
}

@test "where it cannot be made read-only, it is not bound at all" {
	need_strace
	need_applet seccomp-exec
	tracer=("$enosys" "$newer" strace -qq -o trace -e trace=mount -e inject=mount:error=ENOMEM:when=2)
	mounts 's -B -o ro a b; is b; s -m -R -o rro a n/e/w; [ ! -e n ]'
	equal "$status" 0
	equal "$output" "butter: mount: cannot mount 'a' at 'b': the words for the mount are not taken: Cannot allocate memory
32
butter: mount: cannot mount 'a' at 'n/e/w': the words for the mount are not taken: Cannot allocate memory
32"
}

@test "what lies over a mount below, and hides it, does not make it writable" {
	need_newer
	mounts 'm -t tmpfs none a; mkdir a/in; m -t tmpfs one a/in; m -t tmpfs two a/in
		m -R -o rro a b; grep " $PWD/b" /proc/self/mountinfo | cut -d " " -f 6'
	succeeded
	equal "$output" 'ro,relatime
ro,relatime
ro,relatime'
}

@test "without the newer calls, nothing is bound that is hidden below, and would stay writable" {
	need_applet seccomp-exec
	tracer=("$enosys" "$newer")
	mounts 'm -t tmpfs none a; mkdir a/in; m -t tmpfs one a/in; m -t tmpfs two a/in
		s -R -o rro a b; grep -c " $PWD/b" /proc/self/mountinfo || :'
	equal "$stderr$output" "butter: mount: cannot mount 'a' at 'b': the mount '$PWD/b/in' below cannot be reached, and would stay as it is: Device or resource busy (something lies over it)
32
0"
}

@test "a mount is changed in what is named, and in nothing else" {
	each_way 'm -t tmpfs -o noexec,noatime,size=1m none a; m -B a b; is b
		m -o remount,bind,ro b; is b; is a
		m -o remount,size=2m b; is b; is a
		m -o remount,relatime,nosuid a; is a
		m -o remount,ro a; is a; is b
		m -o remount,rw,exec a; is a
		m -o remount,noatime,lazytime,mode=711 b; is b
		m -o remount,nolazytime,strictatime b; is b' 'rw,noexec,noatime|tmpfs|none|rw,size=1024k
ro,noexec,noatime|tmpfs|none|rw,size=1024k
rw,noexec,noatime|tmpfs|none|rw,size=1024k
ro,noexec,noatime|tmpfs|none|rw,size=2048k
rw,noexec,noatime|tmpfs|none|rw,size=2048k
rw,nosuid,noexec,relatime|tmpfs|none|rw,size=2048k
ro,nosuid,noexec,relatime|tmpfs|none|ro,size=2048k
ro,noexec,noatime|tmpfs|none|ro,size=2048k
rw,nosuid,relatime|tmpfs|none|rw,size=2048k
ro,noexec,noatime|tmpfs|none|rw,lazytime,size=2048k
ro,noexec|tmpfs|none|rw,size=2048k'
}

@test "where the file system cannot be changed, the mount stays as it was" {
	need_newer
	mounts 'm -t tmpfs -o nodev none a
		s -o remount,ro,noexec,size=x a; is a
		s -o remount,noatime,bogus a; is a
		exec 9>a/open; s -o remount,ro a; is a'
	equal "$output" "butter: mount: cannot change 'a': the file system does not take option 'size=x': Invalid argument; it says: tmpfs: Bad value for 'size' (some options are for the first mount alone)
32
rw,nodev,relatime|tmpfs|none|rw
butter: mount: cannot change 'a': the file system does not take option 'bogus': Invalid argument; it says: tmpfs: Unknown parameter 'bogus' (some options are for the first mount alone)
32
rw,nodev,relatime|tmpfs|none|rw
butter: mount: cannot change 'a': it is in use: Device or resource busy (fuser -m names who has files open for writing)
32
rw,nodev,relatime|tmpfs|none|rw"
}

@test "without the newer calls, too, the mount stays as it was where the file system cannot be changed" {
	need_applet seccomp-exec
	tracer=("$enosys" "$newer")
	mounts 'm -t tmpfs -o nodev none a
		s -o remount,ro,noexec,size=x a; is a
		s -o remount,noatime,bogus a; is a
		exec 9>a/open; s -o remount,ro a; is a'
	equal "$(without_log)" "butter: mount: cannot change 'a': the file system cannot be changed so: Invalid argument
32
rw,nodev,relatime|tmpfs|none|rw
butter: mount: cannot change 'a': the file system cannot be changed so: Invalid argument
32
rw,nodev,relatime|tmpfs|none|rw
butter: mount: cannot change 'a': it is in use: Device or resource busy (fuser -m names who has files open for writing)
32
rw,nodev,relatime|tmpfs|none|rw"
}

@test "where one of several changes fails, the others are taken back" {
	need_newer
	need_strace
	for when in 1 2; do
		tracer=(strace -qq -o /dev/null -e trace=mount_setattr -e "inject=mount_setattr:error=ENOMEM:when=$when")
		mounts '"$BUTTER" mount -t tmpfs -o nodev none a; mkdir a/in; "$BUTTER" mount -t tmpfs none a/in
			s -o remount,bind,ro=recursive,nosuid,noatime a; is a; is a/in'
		succeeded
		equal "$output" "butter: mount: cannot change 'a': the words for the mount are not taken: Cannot allocate memory
32
rw,nodev,relatime|tmpfs|none|rw
rw,relatime|tmpfs|none|rw"
	done
	tracer=(strace -qq -o /dev/null -e trace=mount_setattr -e inject=mount_setattr:error=ENOMEM:when=2)
	mounts '"$BUTTER" mount -t tmpfs -o nodev none a; s -o remount,bind,nosuid,shared a; is a'
	equal "$output" "butter: mount: cannot change 'a': its propagation cannot be set: Cannot allocate memory
32
rw,nodev,relatime|tmpfs|none|rw"
}

@test "what cannot be seen after mount(2) is taken away where it is, wherever its name leads by then" {
	need_strace
	need_proc
	need_applet seccomp-exec
	tracer=("$enosys" "$newer" strace -qq -o /dev/null -P "$PWD/a" -e 'trace=openat,open' -e 'inject=openat,open:error=EMFILE:delay_enter=500ms')
	mounts 'ln -s a link; "$BUTTER" mount -t tmpfs keep b
		s -t tmpfs none link >told & until [ "$(is a)" ]; do kill -0 $!; done; ln -sfn b link; wait $!
		is a; is b | cut -d "|" -f 3; cat told'
	equal "$status $output" "0 keep
butter: mount: cannot mount 'none' at 'link': the words for the mount are not taken: Too many open files
32"
}

@test "a mount is moved" {
	each_way 'm -t tmpfs -o nodev one a; mkdir a/in; m -t tmpfs two a/in; m --move a b; is b; is b/in; is a
		m -M b a; is a' 'rw,nodev,relatime|tmpfs|one|rw
rw,relatime|tmpfs|two|rw
rw,nodev,relatime|tmpfs|one|rw'
}

@test "propagation is set last, and in order" {
	each_way 'p() { is "$1" | sed "s/:[0-9]*//g; s/|.*//"; }
		m -t tmpfs none a; mkdir a/in; m -t tmpfs none a/in
		m --make-rshared a; p a; p a/in
		m --make-private a; p a; p a/in
		m -R a b; m -o rslave b; p b; p b/in
		m -o slave,shared b/in; p b/in
		m -B -o shared a c; p c
		m --make-unbindable c; p c; m --make-runbindable --make-rprivate a; p a/in
		m --make-shared -t tmpfs none b; p b; m --make-slave b; p b' 'rw,relatime shared
rw,relatime shared
rw,relatime
rw,relatime shared
rw,relatime
rw,relatime master
rw,relatime shared master
rw,relatime shared
rw,relatime unbindable
rw,relatime
rw,relatime shared
rw,relatime'
}

@test "folders are made for it, and its root gets an owner and a mode" {
	need_root
	each_way 'm -m -t tmpfs none n/e/w; is n/e/w; stat -c %a n
		m --mkdir=700 --bind a n2/; stat -c %a n2
		m -t tmpfs -o X-mount.mkdir=711,X-mount.owner=12,X-mount.group=34,X-mount.mode=1750 none n3; stat -c "%u %g %a" n3
		rmdir n3 2>/dev/null || umount n3; rmdir n3; umount n/e/w; rmdir -p n/e/w; umount n2; rmdir n2' 'rw,relatime|tmpfs|none|rw
755
755
12 34 1750'
}

@test "an option that has no effect is told" {
	mounts 'm -B -o size=1m,nosuid a b; is b | cut -d "|" -f 1'
	equal "$status" 0
	equal "$stderr" "butter: mount: 'b': option 'size' is the file system's, which what is bound has already: it has no effect"
	contains "$output" nosuid
}

@test "SOURCE and TARGET are operands or options, and a prefix goes in front" {
	mounts 'm -t tmpfs --source one --target a; is a; m -t tmpfs --target a two; is a; m -t tmpfs --source three a; is a
		m -t tmpfs --target-prefix "$PWD" four /b; is b; m --target-prefix . --target b -t tmpfs five; is b
		m -v -f -n -t tmpfs six c; is c; m -v -t tmpfs "$(printf "a\033b")" c; m -v -o remount,ro c'
	succeeded
	equal "$output" "rw,relatime|tmpfs|one|rw
rw,relatime|tmpfs|two|rw
rw,relatime|tmpfs|three|rw
rw,relatime|tmpfs|four|rw
rw,relatime|tmpfs|five|rw
six would be mounted at c
a\\033b is mounted at c
c has been changed"
}

@test "overlay has many layers, with commas, colons, backslashes and blanks in their names" {
	need_newer
	mounts 'm -t overlay -o lowerdir=a:b none c || exit 0
		long=$(printf "%0200d" 0) list= count=0
		m -t tmpfs none a
		for ((i = 0; i < 60; i++)); do mkdir "a/$long$i"; : >"a/$long$i/file$i"; list+=":$PWD/a/$long$i"; done
		m -t overlay -o "lowerdir=${list#:},ro" none c; ls c | wc -l
		odd=("a/with,comma" "a/with:colon" "a/back\\slash" "a/two  blanks" "a/quote\"d")
		for i in "${odd[@]}"; do mkdir "$i"; : >"$i/${i#a/}"; done
		m -t overlay -o "lowerdir=a/with\\,comma:a/with\\:colon:a/back\\\\slash:a/two  blanks:a/quote\"d" none b; ls -1 --quoting-style=literal b
		m -t overlay -o "lowerdir=\"a/with,comma:a/with\\:colon\"" none b; ls b'
	succeeded
	equal "$output" '60
back\slash
quote"d
two  blanks
with,comma
with:colon
with,comma
with:colon'
}

@test "a source or value that the newer calls do not take goes by mount(2)" {
	mounts 'long=$(printf "%0300d" 7); m -t tmpfs -o nodev "$long" a; [[ $(is a) == "rw,nodev,relatime|tmpfs|$long|rw" ]]
		mkdir -p b/$long b/w b/l 2>/dev/null || mkdir -p "b/${long:100}" b/w b/l
		s -t tmpfs -o "bogus=$(printf "%05000d" 1)" none a'
	equal "$status" 0
	equal "$output" "butter: mount: cannot mount 'none' at 'a': the options are more than mount(2) takes, 4095 bytes (use fewer or shorter ones)
32"
}

# ---- What the newer calls alone can do

@test "owners are mapped: on the disk, as seen" {
	need_root
	need_newer
	mounts 'm -t tmpfs none a; : >a/f; chown 5:6 a/f; : >a/root
		m -B --map-users 5:1000:1 --map-groups 6:2000:1 a b; stat -c "%u %g" b/f b/root
		m -B -o "X-mount.idmap=0:7:10" a b; stat -c "%u %g" b/f b/root
		m -B -o "X-mount.idmap=u:0:7:10 g:5:100:5" a c; stat -c "%u %g" c/f
		m -t tmpfs -o X-mount.idmap=u:0:70:1 none c; stat -c "%u %g" c
		s -t proc -o X-mount.idmap=0:1:1 none c; s -B -o X-mount.idmap=0:1 a c; s -B -o "X-mount.idmap=0:7:10 1:9:9" a c'
	succeeded
	equal "$output" "1000 2000
65534 65534
12 13
7 7
12 101
70 0
butter: mount: cannot mount 'none' at 'c': proc does not know other owners for its files
32
butter: mount: cannot mount 'a' at 'c': '0:1' is no map of owners, or parts of it overlap (u:ON_DISK:SEEN:COUNT, with u, g or neither)
32
butter: mount: cannot mount 'a' at 'c': '0:7:10 1:9:9' is no map of owners, or parts of it overlap (u:ON_DISK:SEEN:COUNT, with u, g or neither)
32"
}

@test "a part of a file system is mounted, also where the kernel does not copy what is nowhere" {
	need_newer
	mounts 'm -t tmpfs none a; mkdir -p a/x/y; : >a/x/f
		m -B -o X-mount.subdir=x a b; ls b; s -B -o X-mount.subdir=no a c'
	succeeded
	equal "$output" "f
y
butter: mount: cannot mount 'a' at 'c': there is no part 'no' of it that could be mounted: No such file or directory
32"
	need_strace
	tracer=(strace -qq -o /dev/null -e trace=open_tree -e inject=open_tree:error=EINVAL:when=2)
	mounts 'm -t tmpfs none a; mkdir -p a/x/y; : >a/x/f
		m -B -o X-mount.subdir=/x/y/.. a b; ls b; ls a; cat file; grep -c tmpfs /proc/self/mountinfo >/dev/null'
	succeeded
	equal "$output" "f
y
x
content"
}

@test "under a mount, and only what is new" {
	need_newer
	mounts 'm -t tmpfs over a; m --beneath -t tmpfs under a 2>err || { grep -q "beneath" err && exit 77; }
		is a; umount a; is a; s --beneath -t tmpfs x b'
	((status != 77)) || skip "the kernel cannot mount beneath"
	succeeded
	equal "$output" "rw,relatime|tmpfs|under|rw
rw,relatime|tmpfs|under|rw
butter: mount: cannot mount 'x' at 'b': nothing can be mounted beneath the target: Invalid argument (it has to be a mount, not the root, and not one that propagates to here; and Linux 6.5)
32" || equal "$output" "rw,relatime|tmpfs|over|rw
rw,relatime|tmpfs|under|rw
butter: mount: cannot mount 'x' at 'b': nothing can be mounted beneath the target: Invalid argument (it has to be a mount, not the root, and not one that propagates to here; and Linux 6.5)
32"
}

@test "into the mount namespace and the root of a process, from here" {
	need_newer
	need_tool unshare
	mounts 'mkdir a/root a/root/at src; echo here >src/f
		unshare -m --propagation private sleep 60 & other=$!
		until [[ $(readlink "/proc/$other/ns/mnt") != $(readlink /proc/self/ns/mnt) ]]; do kill -0 "$other"; done
		m --into "$other" -B -o ro src "$PWD/a/root/at"; is a/root/at; cat "/proc/$other/root$PWD/a/root/at/f"
		: 2>/dev/null >"/proc/$other/root$PWD/a/root/at/x" || echo refused
		m --into "$other" -m -t tmpfs -o size=1m x "$PWD/a/n/e/w"; grep -c " $PWD/a/n/e/w " "/proc/$other/mountinfo"
		s --into "$other" -t tmpfs x "$PWD/none"; m -N "$other" -t tmpfs x "$PWD/b"; is b; grep -c " $PWD/b " "/proc/$other/mountinfo"
		s --into 4194304 -t tmpfs x /; kill "$other"'
	succeeded
	equal "$output" "here
refused
1
butter: mount: cannot mount 'x' at '$PWD/none': the target does not exist (make it, or use --mkdir)
32
1
butter: mount: cannot mount 'x' at '/': there is no process or mount namespace '4194304', or no /proc
32"
}

# ---- What cannot be mounted

# loop_of FILE: sets `disk` to a device for it, freed at the end.
loop_of() {
	need_root
	need_tool losetup
	disk=$(losetup -f --show "$@" 2>/dev/null) || skip "no loop devices here"
	disks+=("$disk")
}
disks=()

teardown() {
	local one

	stop_all
	for one in "${disks[@]}"; do losetup -d "$one" || true; done
}

@test "an option or value that the file system does not know is named" {
	need_newer
	mounts 's -t tmpfs -o nodev,bogus none a; s -t tmpfs -o size=x none a; s -t proc -o hidepid=9 none a; s -t overlay none a; is a'
	equal "$output" "butter: mount: cannot mount 'none' at 'a': tmpfs does not take option 'bogus': Invalid argument; tmpfs says: Unknown parameter 'bogus'
32
butter: mount: cannot mount 'none' at 'a': tmpfs does not take option 'size=x': Invalid argument; tmpfs says: Bad value for 'size'
32
butter: mount: cannot mount 'none' at 'a': proc does not take option 'hidepid=9': Invalid argument; proc says: unknown value of hidepid - 9
32
$(sed -n '/overlay/,$p' <<<"$output")"
}

@test "what the kernel's log says at that moment is told, and nothing else" {
	need_root
	dd if=/dev/kmsg of=/dev/null iflag=nonblock count=1 2>/dev/null || skip "the kernel's log cannot be read here"
	need_applet seccomp-exec
	tracer=("$enosys" "$newer")
	mounts 's -t tmpfs -o bogus none b; m -t tmpfs none c; s -t tmpfs -o size=x none a; s -t tmpfs none missing'
	equal "$output" "butter: mount: cannot mount 'none' at 'b': tmpfs cannot be made with these options: Invalid argument; kernel log: tmpfs: Unknown parameter 'bogus'
32
butter: mount: cannot mount 'none' at 'a': tmpfs cannot be made with these options: Invalid argument; kernel log: tmpfs: Bad value for 'size'
32
butter: mount: cannot mount 'none' at 'missing': the target does not exist (make it, or use --mkdir)
32"
}

@test "a disk that has no such file system is told from wrong options" {
	need_types
	truncate -s 20M image
	loop_of image
	for type in ext4 xfs erofs squashfs btrfs; do
		grep -qw "$type" /proc/filesystems || continue
		both_ways "s -t $type '$disk' a" "butter: mount: cannot mount '$disk' at 'a': there is no $type file system on '$disk', or it is broken (without -t the type is found; fsck may mend it)
32"
	done
}

@test "a disk that is write-protected is mounted so, unless rw was said" {
	need_tool mkfs.ext4
	grep -qw ext4 /proc/filesystems || skip "the kernel has no ext4"
	truncate -s 20M image
	mkfs.ext4 -q image
	loop_of -r image
	both_ways "s -t ext4 -o rw '$disk' a; s -t ext4 '$disk' a; is a | cut -d , -f 1,2; s -o remount,rw a; is a | cut -d '|' -f 1" \
		"butter: mount: cannot mount '$disk' at 'a': '$disk' is write-protected: Permission denied (mount it read-only: -r)
32
butter: mount: '$disk' is write-protected: it is mounted read-only at 'a'
ro,relatime|ext4|$disk|ro
butter: mount: cannot change 'a': the disk is write-protected: Permission denied
32
ro,relatime"
}

@test "devices, folders, types and places that are missing, or are something else, are named" {
	need_root
	both_ways 's -t ext4 /dev/nosuch a; s -t ext4 ./b a; s -t xyzfs none a; s -t tmpfs none missing; s -t tmpfs none file; s -t tmpfs none file/x; s -B a file; s -B file a; s -B nosuch a; s -B a missing/x' \
		"butter: mount: cannot mount '/dev/nosuch' at 'a': there is no such disk (--wait 30s waits for one that comes late)
32
butter: mount: cannot mount './b' at 'a': './b' is a folder, and no disk (--bind shows it at TARGET, too)
32
butter: mount: cannot mount 'none' at 'a': the kernel does not know a file system 'xyzfs' (cat /proc/filesystems lists them; modprobe may load it)
32
butter: mount: cannot mount 'none' at 'missing': the target does not exist (make it, or use --mkdir)
32
butter: mount: cannot mount 'none' at 'file': the target is a file, and what is to be mounted there is a folder (it has to be a folder)
32
butter: mount: cannot mount 'none' at 'file/x': the target cannot be reached: Not a directory (a name in front of a / is that of a file)
32
butter: mount: cannot mount 'a' at 'file': the target is a file, and what is to be mounted there is a folder (it has to be a folder)
32
butter: mount: cannot mount 'file' at 'a': the target is a folder, and what is to be mounted there is a file (it has to be a file: touch makes one)
32
butter: mount: cannot mount 'nosuch' at 'a': there is no 'nosuch'
32
butter: mount: cannot mount 'a' at 'missing/x': the target does not exist (make it, or use --mkdir)
32"
}

@test "a folder of overlay's that is missing is named" {
	both_ways 's -t overlay -o lowerdir=/no none a; s -t overlay -o lowerdir=a,upperdir=/no,workdir=b none c
		s -t overlay -o lowerdir=a:/no/x:b none c; s -t overlay -o lowerdir=a:/no\\:y:$(printf "%0240d" 5) none c; s -t overlay -o lowerdir=a::/no/data none c' \
		"butter: mount: cannot mount 'none' at 'a': there is no folder '/no', which overlay was given as 'lowerdir'
32
butter: mount: cannot mount 'none' at 'c': there is no folder '/no', which overlay was given as 'upperdir'
32
butter: mount: cannot mount 'none' at 'c': there is no folder '/no/x', which overlay was given as 'lowerdir'
32
butter: mount: cannot mount 'none' at 'c': there is no folder '/no:y', which overlay was given as 'lowerdir'
32
butter: mount: cannot mount 'none' at 'c': there is no folder '/no/data', which overlay was given as 'lowerdir'
32"
}

@test "what cannot be moved, changed or bound is told" {
	both_ways 'm -t tmpfs none a; mkdir a/in; m -t tmpfs none a/in; m --make-shared a
		s -M a/in b; s -M b c; s -M nosuch c; s -M a a/in; s -o remount,ro b; s -o remount,size=1m b; s -o remount,ro nosuch; s --make-shared b
		m --make-private a; m --make-unbindable a/in; s -B a/in c' \
		"butter: mount: cannot mount 'a/in' at 'b': 'a/in' is mounted in a shared mount, or locked there by a user namespace (make that one private: mount --make-private)
32
butter: mount: cannot mount 'b' at 'c': 'b' is no mount point (mountpoint tells; bind it first)
32
butter: mount: cannot mount 'nosuch' at 'c': there is no 'nosuch'
32
butter: mount: cannot mount 'a' at 'a/in': the target is in what is to be moved
32
butter: mount: cannot change 'b': nothing is mounted there (mountpoint tells)
32
butter: mount: cannot change 'b': nothing is mounted there (mountpoint tells)
32
butter: mount: cannot change 'nosuch': the target does not exist
32
butter: mount: cannot change 'b': nothing is mounted there (bind it on itself first)
32
butter: mount: cannot mount 'a/in' at 'c': 'a/in' is in a mount that is unbindable (make it private: mount --make-private)
32"
}

@test "without the capability it is named, and nothing has changed" {
	unprivileged
	folder=$(public_folder)
	mkdir -p "$folder/a" "$folder/b"
	chmod a+rwx "$folder"
	cd "$folder"
	for words in '-t tmpfs none a' '-B a b' '-M a b' '-o remount,ro /' '--make-private /' '-m -t tmpfs none n/e/w'; do
		# shellcheck disable=SC2086 # words are words
		try_as_nobody mount $words
		failed 1 mount 'mounting needs CAP_SYS_ADMIN, which this process does not have (become root, or try unshare -Ur -m)'
		[ ! -e n ]
	done
}

@test "in a user namespace, what is locked stays so, and is named" {
	need_root
	need_userns
	both_ways 'm -t tmpfs -o nosuid,nodev,ro none a; m -t tmpfs none b; mkdir b/in; m -t tmpfs none b/in
		export -f m s is 2>/dev/null; exec unshare -Urm --propagation private bash -euc "
			m -B -o noexec a c; is c; s -B -o rw a c; s -B -o suid,dev,noexec a c; s -o remount,bind,dev a; s -B b c
			m -R -o rro b c; is c; is c/in; m -t tmpfs -o nosuid none c; is c; m -B -o ro c c; is c
			s -t proc none c; s -o remount,ro a"' \
		"ro,nosuid,nodev,noexec,relatime|tmpfs|none|ro
butter: mount: cannot mount 'a' at 'c': the mount is locked with ro: it was mounted so before the user namespace was made (leave these as they are, or change them outside)
1
butter: mount: cannot mount 'a' at 'c': the mount is locked with nosuid,nodev: it was mounted so before the user namespace was made (leave these as they are, or change them outside)
1
butter: mount: cannot change 'a': the mount is locked with nodev: it was mounted so before the user namespace was made (leave these as they are, or change them outside)
1
butter: mount: cannot mount 'b' at 'c': 'b' has mounts below it that are locked in this user namespace (use --rbind)
32
ro,relatime|tmpfs|none|rw
ro,relatime|tmpfs|none|rw
rw,nosuid,relatime|tmpfs|none|rw
ro,nosuid,relatime|tmpfs|none|rw
butter: mount: cannot mount 'none' at 'c': in a user namespace, proc needs a PID namespace of its own, and one that nothing is mounted over (try unshare -Ur -m -p --fork, or bind the one that is there)
1
butter: mount: cannot change 'a': the file system belongs to another user namespace (remount,bind changes the mount alone)
1"
	# A filter that forbids the newer calls has the same errno.
	tracer=("$enosys" "EPERM:$newer")
	mounts 'm -t tmpfs -o nosuid,ro none a
		export -f m s; exec unshare -Urm --propagation private bash -euc "s -B -o rw a c; s -B -o suid,noexec a c"'
	succeeded
	equal "$output" "butter: mount: cannot mount 'a' at 'c': the mount is locked with ro: it was mounted so before the user namespace was made (leave these as they are, or change them outside)
1
butter: mount: cannot mount 'a' at 'c': the mount is locked with nosuid: it was mounted so before the user namespace was made (leave these as they are, or change them outside)
1"
}

@test "without /proc, /sys and /dev it mounts all the same" {
	need_plain_build
	each_way 'mkdir -p d
		m -t tmpfs hidden /sys; m -t tmpfs hidden /dev; m -t tmpfs hidden /proc
		m -t tmpfs -o nodev none a; m -B -o ro a b; m -o remount,noexec a; m -R -o nosuid a c; m --make-shared c; m -M c d
		m -m -t tmpfs none n/e/w; m -t tmpfs none missing 2>/dev/null || echo $?
		umount /proc; is a; is b; is d | sed "s/:[0-9]*//"; umount n/e/w' '32
rw,nodev,noexec,relatime|tmpfs|none|rw
ro,nodev,relatime|tmpfs|none|rw
rw,nosuid,nodev,noexec,relatime shared|tmpfs|none|rw'
}

# fails_everywhere SCRIPT: mounts where one call after the other fails, by `tries`; output is how often.
fails_everywhere() {
	cat >faults <<-'END'
		state() { cut -d ' ' -f 4- /proc/self/mountinfo; find . ! -type d -o -print; }
		count=0
		# tries CALLS WHEN... -- ARGUMENT...: each call fails at its first times, each time by itself.
		tries() {
			local calls=$1 call error when before=$(state)
			shift
			for call in $calls; do for error in ENOMEM EIO EBUSY; do for when in 1 2; do
				if "${via[@]}" strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:error=$error:when=$when" "$BUTTER" mount "$@" n/e/w 2>err; then
					umount -R n/e/w; rmdir -p n/e/w
				else
					count=$((count + 1))
					[ "$(wc -l <err)" = 1 ] || echo "$call $error $when: $(cat err)"
				fi
				[ "$(state)" = "$before" ] || { echo "left by $call $error $when $*"; exit 1; }
			done; done; done
		}
		: >err
		m -t tmpfs none c; mkdir c/in; m -t tmpfs none c/in
	END
	export enosys newer
	mounts ". ./faults; $1; "'echo "$count"'
	succeeded
}

@test "whatever call fails, no mount and no folder is left" {
	need_newer
	need_strace
	fails_everywhere 'via=()
		tries "fsopen fsconfig fsmount move_mount mount_setattr mkdirat" -m -t tmpfs -o size=1m,shared none
		tries "open_tree mount_setattr move_mount mkdirat" -m -R -o ro=recursive,noexec,rshared c'
	# ENOMEM, EIO and EBUSY each.
	((output >= 3 * (1 + 2 + 1 + 1 + 1 + 2 + 1 + 2 + 1 + 2))) || fails "only $output faults"
}

@test "whatever call of mount(2) fails, no mount and no folder is left" {
	need_strace
	need_applet seccomp-exec
	fails_everywhere 'via=("$enosys" "$newer")
		tries mount -m -t tmpfs -o size=1m,ro=vfs,shared none
		tries mount -m -R -o ro=recursive,noexec,rshared c'
	((output >= 3 * (2 + 2))) || fails "only $output faults"
}

@test "where a copy of shared mounts goes away again, the original keeps what is mounted in it" {
	need_strace
	need_applet seccomp-exec
	for tracer in "strace -qq -o /dev/null -e trace=mount_setattr -e inject=mount_setattr:error=EIO:when=1" \
		"$enosys $newer strace -qq -o /dev/null -e trace=mount -e inject=mount:error=EIO:when=3"; do
		read -ra tracer <<<"$tracer"
		mounts '"$BUTTER" mount -t tmpfs none a; mkdir a/in; "$BUTTER" mount -t tmpfs none a/in; "$BUTTER" mount --make-rshared a
			s -R -o rro,shared a b | tail -n 1; is b; is a/in | sed "s/:.*//"'
		succeeded
		equal "$output" '32
rw,relatime shared'
	done
}

@test "what only newer kernels do by the newer calls is done by mount(2)" {
	need_newer
	need_strace
	tracer=(strace -qq -o /dev/null -e 'trace=fsconfig,mount_setattr' -e inject=fsconfig:error=EINVAL:when=2)
	mounts 'long=$(printf "%0200d" 0); mkdir a/$long b/$long
		m -t overlay -o lowerdir=a/$long:b/$long none c 2>/dev/null || exit 77; is c | cut -d "|" -f 2'
	((status != 77)) || skip "the kernel has no overlay"
	succeeded
	equal "$output" overlay
	tracer=(strace -qq -o /dev/null -e trace=mount_setattr -e inject=mount_setattr:error=EINVAL)
	mounts 'm -t tmpfs none a; m -o remount,bind,ro a; is a; m -B -o rro,nosuid a b; is b'
	succeeded
	equal "$output" 'ro,relatime|tmpfs|none|rw
ro,nosuid,relatime|tmpfs|none|rw'
}

@test "a symbolic link that is put in the way of the target leads nowhere else" {
	need_strace
	for call in fsopen mount; do
		[ $call = fsopen ] || [[ " $APPLETS " == *' seccomp-exec '* ]] || continue
		tracer=(strace -qq -o trace -e "trace=openat,$call" -e "inject=$call:delay_enter=1000000:when=1")
		[ $call = fsopen ] || tracer=("$enosys" "$newer" "${tracer[@]}")
		mounts 'rm -f trace; ln -sfn a link; m -t tmpfs -o nodev none link & pid=$!
			until grep -q "\"link\"" trace 2>/dev/null; do kill -0 $pid; done
			! grep -q " $PWD/a " /proc/self/mountinfo
			ln -sfn b link; wait $pid
			is a; is b'
		succeeded
		equal "$output" 'rw,nodev,relatime|tmpfs|none|rw'
	done
}

@test "one tmpfs takes 14 system calls more than a program that does nothing" {
	need_strace
	need_static
	need_plain_build
	need_newer
	echo 'int main(void) { return 0; }' >empty.c
	"${CC:-cc}" -static -O1 -o empty empty.c || skip "cannot compile static programs here"
	strace -qq -o empty.trace ./empty
	tracer=(strace -qq -o mount.trace)
	mounts 'm -t tmpfs none a'
	succeeded
	few=$(($(wc -l <mount.trace) - $(wc -l <empty.trace)))
	((few <= 14)) || fails "$few more" "$(cat mount.trace)"
}

@test "a variable that is not set mounts nothing" {
	mounts 'for what in -B -R -M "-o bind,ro" -text4 "-t ext4,tmpfs" -tauto -onofail --mkdir; do
			"$BUTTER" mount $what "" a 2>&1 | grep -cF "mount: SOURCE is empty: is a variable not set?"
		done
		for what in -ttmpfs -B -oremount; do "$BUTTER" mount $what x "" 2>&1 | grep -cF "mount: TARGET is empty"; done
		"$BUTTER" mount "" 2>&1 | grep -cF "mount: TARGET is empty"
		"$BUTTER" mount --target-prefix "" -t tmpfs x a 2>&1 | grep -cF "mount: --target-prefix is empty"
		! grep -q " $PWD/a " /proc/self/mountinfo
		m -t tmpfs "" a; is a'
	succeeded
	equal "$(sort <<<"$output" | uniq -c | xargs)" '14 1 1 rw,relatime|tmpfs||rw'
}

@test "wrong words and wrong usage" {
	for wrong in 'ro=x:is not recursive, vfs or fs' 'noexec=x:is not recursive' 'context="x:has a quote without an end' \
		'=x:has no name before' 'sizelimit=x:is not a size' 'X-mount.mkdir=9:is not a mode' \
		'X-mount.mode=:is not a mode' 'X-mount.subdir=:needs a value' 'encryption:is not supported' 'verity.hashdevice:is not supported'; do
		try mount -t tmpfs -o "nodev,${wrong%%:*},exec" none a
		misused mount "'${wrong%%:*}"
		contains "$stderr" "${wrong#*:}"
	done
	try mount -t tmpfs -o 'a="x"y' none a
	misused mount 'has something behind the quotes'
	try mount -t tmpfs --source x --target y z
	misused mount "extra operand 'z'"
	try mount a b c
	misused mount "extra operand 'c'"
	try mount -M -o ro a b
	misused mount 'what is moved stays as it is'
	try mount --into 1 -M a b
	misused mount '--into is for what is mounted anew'
	try mount --into 1 --make-private a
	misused mount '--into is for what is mounted anew'
}

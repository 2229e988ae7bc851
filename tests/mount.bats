#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Each test mounts in a mount namespace of its own.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2016 # inner shells expand

load helper

# The newer calls, without which mount(2) has to do.
newer=fsopen,fsmount,fspick,open_tree,move_mount,mount_setattr,statmount,listmount

setup_file() {
	"${CC:-cc}" -w -O1 -o "$BATS_FILE_TMPDIR/enosys" "$BUTTER_SOURCE/tests/enosys.c" || true
}

setup() {
	trace_tests_only
	need_applet mount
	cd "$BATS_TEST_TMPDIR" || return
	tracer=()
	enosys=$BATS_FILE_TMPDIR/enosys
	mkdir a b c
	echo content >file
}

# mounts SCRIPT: a shell runs it in a mount namespace of its own, where `m` is butter's mount, by `tracer` if that is
# not empty; `s` the same with its message and status as output; `is PATH` prints how what is on top there is mounted:
# the options of the mount, the type, the source and the options of the file system; and there are folders a, b, c and
# a file `file`.
mounts() {
	namespaces -m --propagation private
	capture "${within[@]}" bash -euc '
		m() { '"${tracer[*]@Q}"' "$BUTTER" mount "$@"; }
		s() { m "$@" 2>&1 || echo "$?"; }
		is() {
			local line rest
			while read -r line; do
				[[ $line == *" $PWD/$1 "* ]] || continue
				line=${line#*" $PWD/$1 "}
				rest=${line#*- }
				printf "%s|%s\n" "${line%% - *}" "${rest// /|}"
			done </proc/self/mountinfo | tail -n 1
		}
		'"$1"
}

# each_way SCRIPT EXPECTED: the script does the same with the newer calls, and without them, whatever answers.
each_way() {
	local calls

	mounts "$1"
	succeeded || return 1
	equal "$output" "$2" || return 1
	[ -x "$enosys" ] || skip "cannot compile here"
	for calls in fsopen EPERM:fsopen open_tree EPERM:open_tree EPERM:move_mount mount_setattr EPERM:mount_setattr \
		"$newer" "EPERM:$newer"; do
		tracer=("$enosys" "$calls")
		mounts "$1"
		{ succeeded && equal "$output" "$2"; } || fails "without $calls" || return 1
	done
	tracer=()
}

# need_newer: the kernel has the calls that nothing else can do.
need_newer() {
	need_tool perl
	perl -e 'my $type = "tmpfs"; exit(syscall(430, $type, 0) < 0)' || skip "the kernel has no fsopen(2) for us"
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
	tracer=(strace -qq -o trace -e trace=open_tree,mount_setattr,move_mount,mount)
	mounts 'm -B -o ro a b'
	succeeded
	equal "$(sed 's/(.*//' trace)" 'open_tree
mount_setattr
move_mount'
}

@test "where it cannot be made read-only, it is not bound at all" {
	need_strace
	[ -x "$enosys" ] || skip "cannot compile here"
	tracer=("$enosys" "$newer" strace -qq -o trace -e trace=mount -e inject=mount:error=ENOMEM:when=2)
	mounts 's -B -o ro a b; is b; s -m -R -o rro a n/e/w; [ ! -e n ]'
	equal "$status" 0
	equal "$output" "butter: mount: cannot mount 'a' at 'b': the words for the mount are not taken: Cannot allocate memory
32
butter: mount: cannot mount 'a' at 'n/e/w': the words for the mount are not taken: Cannot allocate memory
32"
}

@test "what lies over a mount below, and hides it, does not make it writable" {
	[ -x "$enosys" ] || skip "cannot compile here"
	mounts 'm -t tmpfs none a; mkdir a/in; m -t tmpfs one a/in; m -t tmpfs two a/in
		m -R -o rro a b; grep " $PWD/b" /proc/self/mountinfo | cut -d " " -f 6'
	succeeded
	equal "$output" 'ro,relatime
ro,relatime
ro,relatime'
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
rw,nodev,relatime|tmpfs|none|rw" || contains "$output" "the file system does not take option" # without fspick(2)
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
	each_way 'm -m -t tmpfs none n/e/w; is n/e/w; stat -c %a n
		m --mkdir=700 --bind a n2/; stat -c %a n2
		m -t tmpfs -o X-mount.mkdir=711,X-mount.owner=12,X-mount.group=34,X-mount.mode=1750 none n3; stat -c "%u %g %a" n3
		rmdir n3 2>/dev/null || umount n3; rmdir n3; umount n/e/w; rmdir -p n/e/w; umount n2; rmdir n2' 'rw,relatime|tmpfs|none|rw
755
755
12 34 1750'
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
butter: mount: cannot mount 'x' at 'b': nothing can be mounted beneath the target: Invalid argument (it has to be a mount, not the root, and not one that propagates to here)
32" || equal "$output" "rw,relatime|tmpfs|over|rw
rw,relatime|tmpfs|under|rw
butter: mount: cannot mount 'x' at 'b': nothing can be mounted beneath the target: Invalid argument (it has to be a mount, not the root, and not one that propagates to here)
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

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Mounting what fstab says. Mounts are made in private mount namespaces only.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2016 # inner shells expand

load helper
load mounts

setup() {
	trace_tests_only
	need_applet mount
	cd "$BATS_TEST_TMPDIR" || return
}

# mounted SCRIPT: runs SCRIPT in a mount namespace of its own, in a tmpfs, in which `t` is fstab: m says what butter does by it,
# and its status if that is not 0; here, what is mounted here.
mounted() {
	namespaces -m
	mkdir -p place
	capture "${within[@]}" sh -euc '
		mount -t tmpfs none place
		cd place
		mkdir a b c d
		m() { "$BUTTER" mount -T t "$@" 2>&1 || echo "$?"; }
		here() { sed -n "s,^\([^ ]* \)\{4\}$PWD/\([^ ]*\) .* - \([^ ]*\) \([^ ]*\) .*,\2 \3 \4,p" /proc/self/mountinfo; }
		line() { printf "%s %s %s %s\\n" "$1" "$PWD/$2" "$3" "$4"; }
		'"$1"
	equal "$stderr" ''
}

@test "-a mounts all lines in their order, but for noauto, swap and the root" {
	mounted '
		{ line one a tmpfs size=1m; line two b tmpfs noauto; line three a/in tmpfs x-mount.mkdir,nosuid
		  line "$PWD/b" c none bind,ro; echo "/dev/none none swap sw"; echo "/dev/none / ext4 rw"
		  line four d tmpfs auto,noauto,auto; } >t
		m -a; here
		grep " $PWD/a " /proc/self/mountinfo | grep -c size=1024k
		touch c/x 2>/dev/null || echo read-only'
	equal "$status $output" '0 a tmpfs one
a/in tmpfs three
c tmpfs none
d tmpfs four
1
read-only'
}

@test "-a leaves alone what is mounted: the same source, at the same place" {
	mounted '
		{ line one a tmpfs defaults; line "$PWD/b" c none bind; line ram d ramfs defaults; } >t
		m -a; here >before; m -a; here | diff before -
		m -av | sed "s, $PWD/, ,g; s,^$PWD/,,"
		# What is mounted over others hides, and does not undo them.
		mount -t tmpfs over a; mount -t tmpfs over c; here >before; m -a; here | diff before -
		# Something else is there.
		umount a; umount a; mount -t tmpfs other a; m -a; here | grep "^a "
		umount c; umount c; mount --bind d c; m -a; here | grep "^c "; umount c
		mkdir b/in; umount c; mount --bind b/in c; m -a; here | grep -c "^c "'
	equal "$status $output" '0 one is mounted at a already
b is mounted at c already
ram is mounted at d already
a tmpfs other
a tmpfs one
c ramfs ram
c tmpfs none
2'
}

@test "-a knows links, and folders of folders, for what they are" {
	mounted '
		# One that is covered later.
		{ line "$PWD/a" b none bind; line one a tmpfs defaults; } >t; m -a; here >before; m -a; here | diff before -; umount a b
		# One that is bound on itself, and, at first, on another mount.
		line "$PWD/a" a none bind >t; mount -t tmpfs one a
		m -a; m -a; here; umount a; umount a; m -a; m -a; here; umount a
		ln -s a link; ln -s b from; mkdir -p b/in
		{ line one link tmpfs defaults; line "$PWD/from/in/" c/ none bind; line "$PWD/c" d none bind
		  line host:/path/ d tmpfs defaults; line host:/path d tmpfs defaults; } >t
		m -a; here >before; cat before; m -a; here | diff before -'
	equal "$status $output" '0 a tmpfs one
a tmpfs one
a tmpfs none
a tmpfs one
c tmpfs none
d tmpfs none
d tmpfs host:/path/'
}

@test "-a knows the part that is mounted" {
	need_newer
	mounted '
		mkdir -p b/part/of; line "$PWD/b" a none bind,X-mount.subdir=part/of >t
		m -a; here; m -a; here'
	equal "$status $output" '0 a tmpfs none
a tmpfs none'
}

@test "the same line twice is mounted once" {
	mounted '
		{ line one a tmpfs defaults; line one a tmpfs defaults; line two a tmpfs defaults; } >t
		m -a; m -aF; here'
	equal "$status $output" '0 a tmpfs one
a tmpfs two'
}

@test "-a with -t and -O" {
	mounted '
		{ line one a tmpfs _netdev,x-any; line two b ramfs x-any; line three c devpts defaults; } >t
		try() { m -a "$@"; here | cut -d " " -f 1 | xargs echo "$@:"; umount a b c 2>/dev/null || true; }
		try -t tmpfs; try -t tmpfs,devpts; try -t notmpfs,devpts
		try -O _netdev; try -O no_netdev; try -O _net; try -O x-any,no_netdev; try -O _netdev -t devpts'
	equal "$status $output" '0 -t tmpfs: a
-t tmpfs,devpts: a c
-t notmpfs,devpts: b
-O _netdev: a
-O no_netdev: b c
-O _net:
-O x-any,no_netdev: b
-O _netdev -t devpts:'
}

@test "the status is 0, 32 where all have failed, 64 where some have" {
	mounted '
		line one a tmpfs defaults >t; line /dev/none b ext4 defaults >>t; m -a; umount a
		line /dev/none b ext4 defaults >t; m -a
		: >t; m -a
		line two c tmpfs noauto >t; line /dev/none b ext4 defaults >>t; m -a
		line one a tmpfs defaults >t; m -a; line /dev/none b ext4 defaults >>t; m -a
		line one a tmpfs defaults >t; echo x >>t; m -a
		line one d tmpfs size=x >t; m -a; here'
	equal "$status" 0
	output=${output//$PWD\/place\//}
	why="butter: mount: cannot mount '/dev/none' at 'b': "
	matches "$output" "${why}[^
]*
64
${why}[^
]*
32
${why}[^
]*
32
${why}[^
]*
32
butter: mount: cannot read line 2 [^
]*
64
butter: mount: cannot mount 'one' at 'd': [^
]*size[^
]*
32
a tmpfs one"
}

@test "nofail: a source that is missing is no failure" {
	mounted '
		{ line /dev/none a ext4 nofail; line LABEL=none b auto nofail; line /none c none bind,nofail; line /none/disk c ext4 nofail,loop
		  line one d tmpfs nofail; } >t
		m -a; m -aF; here
		m a; m -o nofail /dev/none a
		# Anything else is one.
		line one c tmpfs nofail,size=x >t; m -a | tail -n 1
		line one none tmpfs nofail >t; m -a | tail -n 1
		line what c badfs nofail >t; m -a; line what c nosuchfs defaults >t; m -a; line /dev/what c badfs defaults >t; m -a; line /dev/null c ext4 nofail >t; m -av'
	equal "$status" 0
	unknown="the kernel does not know a file system 'badfs' (cat /proc/filesystems lists them; modprobe may load it)"
	equal "${output//$PWD\/place\//}" "d tmpfs one
32
32
butter: mount: cannot mount 'what' at 'c': $unknown
32
butter: mount: cannot mount 'what' at 'c': there is no such disk or file (a type that begins with no means all others)
32
butter: mount: cannot mount '/dev/what' at 'c': $unknown
32
/dev/null is no disk, which nofail allows"
}

@test "lines that cannot be read are told, and the others are mounted" {
	mounted '
		{ line one a tmpfs defaults; echo garbage; line two b tmpfs "rw # c"; line three c tmpfs offset=none; line four d tmpfs defaults; } >t
		m -a; here
		echo garbage >t; m -a; m a'
	equal "$status" 0
	output=${output//$PWD\/place\//}
	equal "$output" "butter: mount: cannot read line 2 of 't': it ends behind the source (SOURCE TARGET TYPE OPTIONS)
butter: mount: cannot read line 3 of 't': a comment is a line of its own (# at the begin of a field is a backslash and 043)
butter: mount: cannot mount at 'c': 'offset=none' ${output#*offset=none\' }"
	contains "$output" "(line 4 of 't')
64
a tmpfs one
d tmpfs four
butter: mount: cannot read line 1 of 't': it ends behind the source (SOURCE TARGET TYPE OPTIONS)
32
butter: mount: cannot read line 1 of 't': it ends behind the source (SOURCE TARGET TYPE OPTIONS)
butter: mount: cannot mount 'a': it is neither a target nor a source in 't' (SOURCE and TARGET can both be given)
1"
}

@test "-F: for a disk that is not there, no process is started" {
	need_strace
	for name in a b c; do echo "/dev/no-such-disk-$name $PWD/$name ext4 defaults 0 0"; done >t
	capture strace -f -qq -o trace -e 'trace=/^(clone|clone3|v?fork)$' "$BUTTER" mount -a -F -T t
	equal "$status $(grep -c "no-such-disk" <<<"$stderr") $(wc -l <trace)" '32 3 0'
}

@test "-F: at the same time, but what is below others, or made of them, comes later" {
	mounted '
		{ line one:1 a tmpfs defaults; line two:2 a/in tmpfs x-mount.mkdir; line three:3 a/in/deep tmpfs x-mount.mkdir
		  line "$PWD/a/in" b none rbind; line four:4 c tmpfs defaults; line /dev/none d ext4 defaults; } >t
		for i in $(seq 40); do mkdir "d$i"; line "tmpfs:$i" "d$i" tmpfs size=1m; done >>t
		m -aF; here | grep -v "^d" | sort
		here | grep -c "^d[0-9]"; [ -e b/deep ] && echo rbind
		here >before; m -aFv >out; here | diff before -; grep -c already out'
	equal "$status" 0
	output=${output//$PWD\/place\//}
	matches "$output" "butter: mount: cannot mount '/dev/none' at 'd': [^
]*
64
a tmpfs one:1
a/in tmpfs two:2
a/in/deep tmpfs three:3
b tmpfs two:2
b/deep tmpfs three:3
c tmpfs four:4
40
rbind
45"
}

@test "-T: several files, and a folder of them" {
	mounted '
		line one a tmpfs defaults >t
		mkdir tables
		line two b tmpfs defaults >tables/2.fstab
		line three c tmpfs defaults >tables/10.fstab
		line four d tmpfs defaults >tables/other
		m -T tables -a; here
		"$BUTTER" mount -a -T none 2>&1 || echo "$?"
		"$BUTTER" mount -T none a 2>&1 || echo "$?"
		"$BUTTER" mount -a -T /dev/zero 2>&1 || echo "$?"'
	equal "$status $output" "0 a tmpfs one
b tmpfs two
c tmpfs three
butter: mount: cannot read 'none': No such file or directory (-T says where it is)
1
butter: mount: cannot read 'none': No such file or directory (-T says where it is; or give SOURCE and TARGET)
1
butter: mount: cannot read '/dev/zero': File too large (it has no end, or was not meant to be one)
1"
}

@test "-T: what cannot be read in a folder is told, and the others are mounted; a pipe is no FIFO" {
	mounted '
		: >t
		mkdir tables tables/3.fstab
		line one a tmpfs defaults >tables/1.fstab
		ln -s none tables/2.fstab
		mkfifo tables/4.fstab
		line two b tmpfs defaults >tables/5.fstab
		m -a -T tables; here
		"$BUTTER" mount -a -T tables/4.fstab 2>&1 || echo "$?"
		{ line one c tmpfs defaults; line two d tmpfs defaults; } >t
		head -n 1 t | "$BUTTER" mount -a -T /dev/stdin; tail -n 1 t | "$BUTTER" mount -a -T /dev/fd/0
		: | "$BUTTER" mount -a -T /dev/stdin; here | tail -n 2'
	equal "$status" 0
	fifo="butter: mount: cannot read 'tables/4.fstab': Invalid argument (a FIFO is read with cat FIFO | butter mount -T /dev/stdin)"
	equal "$output" "butter: mount: cannot read 'tables/2.fstab': No such file or directory (does a link lead nowhere?)
butter: mount: cannot read 'tables/3.fstab': Is a directory
$fifo
64
a tmpfs one
b tmpfs two
$fifo
1
c tmpfs one
d tmpfs two"
}

@test "a target in fstab is no path from the current folder, but in --target-prefix" {
	mounted '
		{ echo "one a tmpfs"; line two b tmpfs defaults; echo "three none tmpfs noauto"; echo "/dev/none none swap"; } >t
		m -a; m a; here
		echo "one c tmpfs" >t; m -a --target-prefix "$PWD"; m -a --target-prefix "$PWD/"; here'
	place="butter: mount: cannot mount at 'a': it must begin with a slash, or would depend on the current folder (line 1 of 't')"
	equal "$status $output" "0 $place
64
$place
1
b tmpfs two
b tmpfs two
c tmpfs one"
}

@test "one operand is a target or a source in fstab, the last one that fits" {
	mounted '
		{ line one a tmpfs size=1m,noauto; line two a tmpfs size=2m,noauto; line three b tmpfs noauto; line "LABEL=\"x y\"" d ext4 noauto; } >t
		ln -s b link
		m "$PWD/a"; m a/; m three; m link; here
		grep "/a " /proc/self/mountinfo | grep -c size=2048k
		umount b; m -o ro,nodev --target b; m --source three; grep "/b " /proc/self/mountinfo | cut -d " " -f 6
		m "LABEL=x y"; m none'
	equal "$status" 0
	output=${output//$PWD\/place\//}
	matches "$output" "a tmpfs two
a tmpfs two
b tmpfs three
b tmpfs three
2
rw,relatime
ro,nodev,relatime
rw,relatime
butter: mount: cannot mount 'LABEL=\"x y\"' at 'd': [^
]*
32
butter: mount: cannot mount 'none': it is neither a target nor a source in 't' \(SOURCE and TARGET can both be given\)
1"
}

@test "--onlyonce leaves alone what is mounted" {
	mounted '
		line one a tmpfs noauto >t
		m --onlyonce a; m --onlyonce a; m --onlyonce -v a
		m --onlyonce -t tmpfs one a; m --onlyonce -t tmpfs two a; m --onlyonce -t tmpfs two a; here
		m --onlyonce --make-private a; m --onlyonce -o remount,ro a; grep "two" /proc/self/mountinfo | cut -d " " -f 6'
	equal "$status" 0
	output=${output//$PWD\/place\//}
	equal "$output" 'one is mounted at a already
a tmpfs one
a tmpfs two
ro,relatime'
}

@test "words of other programs are for these, and names may be odd" {
	mounted '
		name=$(printf "n\\nl")
		mkdir "a b" "c#d" "e\\f" "$name"
		{ line a\\040b a\\040b tmpfs x-systemd.automount,x-systemd.device-timeout=5s,x-initrd.mount,X-any=thing,comment=what,_netdev
		  line \\043c c\\043d tmpfs nouser,nofail; line e e\\134f tmpfs defaults; line n n\\012l tmpfs defaults; } >t
		m -a; here; m -av | wc -l; m "a b"; m "$name"; here | wc -l'
	equal "$status $output" '0 a\040b tmpfs a\040b
c#d tmpfs \043c
e\134f tmpfs e
n\012l tmpfs n
4
6'
}

@test "-a leaves alone what is covered, by whatever comes later, too" {
	mounted '
		mkdir a/x a/y
		{ line "$PWD/a/x" b none bind; line "$PWD/a" c none bind; line one a/y tmpfs defaults; line two a tmpfs defaults; } >t
		m -a; here >before; m -a; m -aF; here | diff before -; cat before; m -av | grep -c already'
	equal "$status $output" '0 b tmpfs none
c tmpfs none
a/y tmpfs one
a tmpfs two
4'
}

@test "-a reads what is mounted once, not for each line" {
	need_strace
	namespaces -m
	for i in $(seq 30); do mkdir "$i"; echo "new $PWD/$i tmpfs size=4k"; done >t
	capture "${within[@]}" sh -euc '
		for i in $(seq 30); do mount -t tmpfs old "$i"; done
		strace -qq -o trace -e trace=openat "$BUTTER" mount -a -T t
		grep -c mountinfo trace; grep -c " $PWD/[0-9]* .* new " /proc/self/mountinfo'
	equal "$status $output" '0 1
30'
}

@test "-a knows what is mounted where no call tells of which mount something is" {
	need_strace
	mounted '
		{ line one a tmpfs defaults; line "$PWD/a" b none bind; line "$PWD/a" b none bind; } >t
		old() { strace -f -qq -o /dev/null -e trace=statx,name_to_handle_at -e inject=statx,name_to_handle_at:error=ENOSYS "$@"; }
		old "$BUTTER" mount -a -T t; here; old "$BUTTER" mount -av -T t | grep -c already; here | wc -l'
	equal "$status $output" '0 a tmpfs one
b tmpfs one
3
2'
}

@test "what cannot be known to be mounted is not mounted once more" {
	need_plain_build
	need_tool "${CC:-cc}"
	need_applet seccomp-exec
	mounted '
		{ line one a tmpfs defaults; line two b tmpfs defaults; } >t
		mount -t tmpfs one a; here >before
		exec 9</proc/self/mountinfo
		umount -l /proc
		"$BUTTER_SOURCE/tests/enosys.sh" listmount "$BUTTER" mount -a -T t 2>&1 || echo "$?"
		"$BUTTER_SOURCE/tests/enosys.sh" listmount "$BUTTER" mount --onlyonce -t tmpfs one a 2>&1 || echo "$?"
		grep -c "$PWD/[ab] " <&9'
	equal "$status" 0
	output=${output//$PWD\/place\//}
	equal "$output" "butter: mount: cannot see whether 'one' is mounted at 'a' already: No such file or directory (mount /proc)
64
butter: mount: cannot see whether 'one' is mounted at 'a' already: No such file or directory (mount /proc)
32
2"
}

@test "disks by loop devices are known, by whatever name" {
	need_root
	need_tool mkfs.ext4 losetup
	namespaces -m
	truncate -s 4M disk
	mkfs.ext4 -q -L "name of $$" disk
	capture "${within[@]}" sh -euc '
		mkdir a b
		mount -o loop disk a 2>/dev/null || exit 77
		umount a
		echo "$PWD/disk $PWD/a ext4 loop" >t
		ln -s disk link
		echo "$PWD/link $PWD/a ext4 loop" >linked
		m() { "$BUTTER" mount "$@"; grep -c " $PWD/[ab] " /proc/self/mountinfo; }
		m -a -T t; m -a -T t; m -a -T linked
		disk=$(stat -c %Hd:%Ld a)
		ln -s "$("$BUTTER" mount --of a --json | sed "s/.*\"source\":\"\([^\"]*\).*/\1/")" node
		echo "$PWD/node $PWD/a auto ro" >t; m -a -T t
		echo "$PWD/disk $PWD/b ext4 loop" >t; m -a -T t; m -a -T t
		echo "../${PWD##*/}/disk $PWD/b ext4 loop" >t; m -a -T t; m --onlyonce disk b
		[ "$(stat -c %Hd:%Ld b)" = "$disk" ] && echo "one device"'
	[ "$status" != 77 ] || skip 'no loop devices here'
	equal "$status $output $stderr" '0 1
1
1
1
2
2
2
2
one device '
}

@test "a disk is found in fstab by its device, a link to it, or its tag" {
	need_types
	need_root
	need_tool mkfs.ext4 losetup
	truncate -s 4M disk
	mkfs.ext4 -q -L "tag $$" disk
	namespaces -m
	looped disk "${within[@]}" sh -euc '
		mkdir a b
		ln -s "$DISK" link
		echo "LABEL=\"$0\" $PWD/a ext4 noauto,nodev" >t
		echo "$PWD/link $PWD/b auto noauto,noexec" >>t
		m() { "$BUTTER" mount -T "$@"; sed -n "s,.* $PWD/\([ab]\) \([^ ]*\) .*,\1 \2,p" /proc/self/mountinfo; umount a b 2>/dev/null || true; }
		m t "LABEL=$0"; m t "$DISK"; m t "$PWD/link"
		head -n 1 t >one; m one "$DISK"; m one link
		tail -n 1 t >two; m two "LABEL=$0"; m two "$DISK"
		"$BUTTER" mount -a -T one; echo "LABEL=\"$0\" $PWD/a ext4" >t; "$BUTTER" mount -a -T t; m t -f a; m t a
		"$BUTTER" mount -T t "$DISK"; "$BUTTER" mount -a -v -T t | grep -c already' "tag $$"
	equal "$status $stderr" '0 '
	equal "$output" 'a rw,nodev,relatime
b rw,noexec,relatime
b rw,noexec,relatime
a rw,nodev,relatime
a rw,nodev,relatime
b rw,noexec,relatime
b rw,noexec,relatime
a rw,relatime
a rw,relatime
1'
}

@test "who is not root is told what is missing" {
	unprivileged
	here=$(public_folder)
	mkdir "$here/a"
	echo "none $here/a tmpfs user,noauto" >"$here/t"
	chmod 644 "$here/t"
	for option in user users owner group; do
		echo "none $here/a tmpfs $option,noauto" >"$here/t"
		try_as_nobody mount -T "$here/t" "$here/a"
		equal "$status" 1
		contains "$stderr" CAP_SYS_ADMIN
	done
	echo "none $here/a tmpfs defaults" >"$here/t"
	try_as_nobody mount -a -T "$here/t"
	equal "$status" 32
	contains "$stderr" CAP_SYS_ADMIN
}

@test "--fake tells what can be seen without mounting" {
	mounted '
		line one none tmpfs defaults >t; : >file
		m -f "$PWD/none"; m -af; m -f --mkdir "$PWD/none"; m -ft tmpfs none none; m -fB none a; m -fB a none; m -fB file a; m -fM a b; m -fo remount,ro a
		m -f --make-private a; m -fo nofail,bind none a; m -f --into "$$" -t tmpfs one none
		m -t tmpfs one c; m -fM c b; m -fo remount,ro c; m -f --make-private c; m -fB file t; m -fB a b; here; [ ! -e none ]'
	output=${output//$PWD\/place\//}
	equal "$status $(grep -v '^32$' <<<"$output")" "0 butter: mount: cannot mount 'one' at 'none': the target does not exist (make it, or use --mkdir)
butter: mount: cannot mount 'none' at 'none': the target does not exist (make it, or use --mkdir)
butter: mount: cannot mount 'none' at 'a': there is no 'none'
butter: mount: cannot mount 'a' at 'none': the target does not exist (make it, or use --mkdir)
butter: mount: cannot mount 'file' at 'a': the target is a folder, and what is to be mounted there is a file (it has to be a file: touch makes one)
butter: mount: cannot mount 'a' at 'b': 'a' is no mount point (mountpoint tells; bind it first)
butter: mount: cannot change 'a': nothing is mounted there (mountpoint tells)
butter: mount: cannot change 'a': nothing is mounted there (bind it on itself first)
c tmpfs one"
	equal "$(grep -c '^32$' <<<"$output")" 8
}

@test "--fake mounts nothing" {
	mounted '
		{ line one a tmpfs defaults; line two b tmpfs noauto; line "$PWD/c" d none bind; } >t
		m -af; m -afv; m -f a; here'
	equal "$status" 0
	output=${output//$PWD\/place\//}
	[ "$(wc -l <<<"$output")" = 3 ] || fails "$output"
	contains "$output" 'b is left out: noauto'
}

@test "lines of any kind, and the others are mounted" {
	mounted '
		line one a tmpfs defaults >t
		printf "two\\0 %s tmpfs defaults\\nthree %s tmpfs size=1m\\r\\n" "$PWD/b" "$PWD/b" >>t
		{ printf "four %s tmpfs " "$PWD/c"; head -c 2000000 /dev/zero | tr "\\0" x; printf "\\nfive %s tmpfs" "$PWD/d"; } >>t
		m -a; here; m -a >again; cat again | tail -n 1; here | wc -l; grep -c size=1024k /proc/self/mountinfo'
	equal "$status $output" "0 butter: mount: cannot read line 2 of 't': it has a NUL byte
butter: mount: cannot read line 4 of 't': it is longer than 1 MiB
64
a tmpfs one
b tmpfs three
d tmpfs five
64
3
1"
}

@test "without /proc, what is mounted is known, too" {
	need_plain_build
	mounted '
		{ line one a tmpfs defaults; line "$PWD/b" c none bind; } >t
		m -a; here >before
		"$BUTTER" mount --json | grep -v "\"/proc" >listed
		umount -l /proc 2>/dev/null || exit 76
		"$BUTTER" mount --json >again 2>&1 || exit 77
		m -av | sed "s, $PWD/, ,g; s,^$PWD/,,"; "$BUTTER" mount --json | diff listed -'
	[ "$status" != 76 ] || skip '/proc cannot be unmounted here'
	[ "$status" != 77 ] || skip 'only Linux 6.13 and later tell that'
	equal "$status $output" '0 one is mounted at a already
b is mounted at c already'
}

@test "10,000 lines" {
	seq 10000 | sed "s|.*|number& $PWD/& tmpfs noauto,x-mount.mkdir 0 0|" >t
	echo "none $PWD/last tmpfs size=1m" >>t
	try mount -a -f -v -T t
	succeeded
	equal "$(wc -l <<<"$output")" 10001
	contains "$output" "$PWD/last"
	try mount -f -v -T t "$PWD/5000"
	succeeded
	contains "$output" number5000
}

@test "faults on the way" {
	need_strace
	namespaces -m
	mkdir a b
	printf '%s\n' "one:1 $PWD/a tmpfs defaults" "two:2 $PWD/b tmpfs defaults" >t
	inject read:error=EIO:when=1 mount -a -T t
	failed 1 mount "cannot read 't': Input/output error"
	inject 'fork:error=EAGAIN clone:error=EAGAIN' mount -aFv -T t
	succeeded
	equal "$(wc -l <<<"$output")" 2
	tracer=(strace -f -qq -o /dev/null -e 'inject=move_mount,mount:signal=KILL')
	capture "${within[@]}" "${tracer[@]}" "$BUTTER" mount -aF -T t
	equal "$status $stderr" "32 butter: mount: cannot mount at '$PWD/a': what does it was ended by signal 9
butter: mount: cannot mount at '$PWD/b': what does it was ended by signal 9"
}

@test "wrong usage of -a" {
	try mount -a a
	misused mount
	try mount -F a b
	misused mount
	try mount -O x a b
	misused mount
	try mount -T t
	misused mount 'SOURCE and TARGET are needed, or one of them'
	try mount --onlyonce
	misused mount
	try mount -a --json
	misused mount
}

# at_once [FILTER...]: two -a at the same time, of which the first one, behind FILTER, takes its time; what is mounted then.
at_once() {
	mounted '
		{ line one a tmpfs size=1m; line "$PWD/b" c none bind,nosuid; line two new tmpfs x-mount.mkdir; line three a/in tmpfs x-mount.mkdir; } >t
		strace -f -qq -o trace -e trace=move_mount,mount -e inject=move_mount,mount:delay_enter=300ms '"$*"' "$BUTTER" mount -a -T t &
		# It holds this open where it has seen what is mounted, and mounts.
		until readlink /proc/[0-9]*/fd/* 2>/dev/null | grep -qFx "$(readlink /proc/self/ns/mnt)"; do kill -0 $!; done
		"$BUTTER" mount -a -T t; wait $!; here'
	equal "$status $output" '0 a tmpfs one
c tmpfs none
new tmpfs two
a/in tmpfs three'
}

@test "of several -a at the same time one mounts each line" {
	need_strace
	need_proc
	at_once
	need_plain_build
	need_applet seccomp-exec
	at_once "$BUTTER_SOURCE/tests/enosys.sh" fsopen,open_tree,move_mount,mount_setattr
}

@test "-a waits for others, but not for ever" {
	need_long
	need_proc
	need_tool flock
	mounted '
		line one a tmpfs defaults >t; line two b tmpfs defaults >>t
		exec 9</proc/self/ns/mnt; flock 9; m -a; here'
	equal "$status $output" '0 a tmpfs one
b tmpfs two'
}

@test "a line with words for propagation alone changes what is mounted" {
	mounted '
		shared() { sed -n "s,^\([^ ]* \)\{4\}$PWD/\([^ ]*\) [^ ]* \(.*\) - .*,\2 \3,p" /proc/self/mountinfo | sed "s/:[0-9]*//"; }
		{ line one a tmpfs defaults; line none a none rprivate,shared; line "$PWD/b" b none bind; line none b none unbindable; } >t
		m -a; shared; m -a -F; shared; m -av | grep -c "has been changed"
		line none a none private >t; m "$PWD/a"; shared
		line none c none shared >>t; m -a; line none a none private,ro >t; m -a
		line none b none shared,bind >t; m -a'
	contains "$output" 'a shared
b unbindable
a shared
b unbindable
2
b unbindable
butter: mount: cannot change '
	contains "$output" "/c': nothing is mounted there (bind it on itself first)
64
butter: mount: cannot mount 'none' at"
}

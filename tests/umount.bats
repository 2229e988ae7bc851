#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Mounts are made in private mount namespaces only, and what holds them ends with a private pid namespace.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2016 # inner shells expand

load helper

setup() {
	trace_tests_only
	need_applet umount
	cd "$BATS_TEST_TMPDIR" || return
	tracer=()
}

# mounted SCRIPT: runs SCRIPT in namespaces of its own, where
#   u() does umount, by $tracer if there is one, and says its messages, without `butter: umount: `, this folder and
#       numbers of processes, and its status;
#   mounts() says what is mounted below this folder, and what of that is read-only;
#   hold() runs a command in the background, in a folder, and comes back when it runs.
mounted() {
	namespaces -mpf --mount-proc --kill-child --propagation private
	export tracer_line="${tracer[*]}"
	capture "${within[@]}" sh -euc '
		here=$PWD
		u() {
			is=0
			$tracer_line "$BUTTER" umount "$@" >out 2>&1 || is=$?
			sed "s|^butter: umount: ||; s|$here/||g; s/process [0-9]*/process N/" out
			echo "$is"
		}
		mounts() {
			echo "mounted:" $(awk "{ print \$5 (\$6 ~ /^ro/ || \$NF ~ /^ro/ ? \"(ro)\" : \"\") }" /proc/self/mountinfo |
				grep "^$here/" | sed "s|$here/||")
		}
		hold() {
			(cd "$1"; shift; exec "$@") &
			until [ "$(readlink /proc/$!/exe)" != "$(readlink /proc/$$/exe)" ]; do :; done
		}
		'"$1"
	[ -z "$stderr" ] || equal "$output $stderr" ''
}

# with_disk: a file system on a loop device, $disk, and in the file image; for scripts of mounted.
with_disk() {
	need_root
	need_tool mkfs.ext4 losetup
	truncate -s 4M image
	mkfs.ext4 -q -L umounted image
	disk=$(losetup -f --show image 2>/dev/null) || skip 'no loop devices here'
	export disk
}

teardown() {
	[ -z "${disk:-}" ] || losetup -d "$disk" 2>/dev/null || true
	stop_all
}

BUSY="Device or resource busy (end those who use it, --kill TERM, or detach it, --lazy)"

@test "one target, several, and the status of each mix" {
	mounted '
		mkdir a b c d
		for name in a b c d; do mount -t tmpfs n $name; done
		u a
		u a b
		u a nothing
		exec 5<c
		u c
		u d c
		exec 5<&-
		u c
		mounts'
	equal "$status $output" "0 0
cannot unmount 'a': it is not mounted
64
cannot unmount 'a': it is not mounted
cannot unmount 'nothing': No such file or directory
32
cannot unmount 'c': $BUSY
'c' is used by process N (sh): fd 5 'c'
32
cannot unmount 'c': $BUSY
'c' is used by process N (sh): fd 5 'c'
64
0
mounted:"
}

@test "-q, -g, -v, --fake, -n, -i" {
	mounted '
		mkdir a
		mount -t tmpfs n a
		u -q nothing
		u -g nothing .
		u -gq nothing a/nothing/deeper
		u --fake -v a
		u --fake .
		exec 5<a
		u -gq a
		exec 5<&-
		u -niv a
		u -g a
		mounts'
	equal "$status $output" "0 32
0
0
'a' would be unmounted
0
cannot unmount '.': it is not mounted
32
cannot unmount 'a': $BUSY
'a' is used by process N (sh): fd 5 'a'
32
'a' is unmounted
0
0
mounted:"
}

@test "symbolic links, relative paths, slashes and -c" {
	mounted '
		mkdir -p a/b way
		ln -s a link; ln -s ../a/b way/b; ln -s nowhere dangling
		m() { mount -t tmpfs n a/b; }
		m; u link/b
		m; u way/b
		m; u ./way/../way/b/
		m; (cd a/b/..; u "$OLDPWD/a/b" b)
		m; (cd a; u ../a/b//.)
		m; u -c way/b; u -c a/b; u -c "$PWD/a/b"; u "$PWD/a/b"
		m; u -c "$PWD/a/b"
		u dangling; u ""
		mounts'
	equal "$status $output" "0 0
0
0
cannot unmount 'b': it is not mounted
64
0
cannot unmount 'way/b': it is not mounted
32
0
cannot unmount 'a/b': it is not mounted
32
cannot unmount 'a/b': it is not mounted
32
0
cannot unmount 'dangling': No such file or directory
32
cannot unmount '': it is empty (is a variable not set?)
32
mounted:"
}

@test "a folder is no source, and nothing empty is one, whatever sources are called" {
	mounted '
		mkdir w box deep
		mount -t tmpfs box w; mount -t tmpfs "" deep
		(cd w; mkdir box; "$BUTTER" umount box; "$BUTTER" umount -A ./box; "$BUTTER" umount -c box; "$BUTTER" umount -g box) 2>&1 || :
		mounts
		u ""; u -g ""; u -q "" ""; u -a ""; u -Ac ""
		mounts
		u w ""; mounts
		mount -t tmpfs box w; u -R box; u deep/box; u box; u -R w; mounts
		mount -t tmpfs other w; u other; mounts' 
	equal "$status $output" "0 butter: umount: cannot unmount 'box': it is not mounted
butter: umount: cannot unmount './box': it is not mounted
butter: umount: cannot unmount 'box': it is not mounted
mounted: w deep
cannot unmount '': it is empty (is a variable not set?)
32
cannot unmount '': it is empty (is a variable not set?)
32
cannot unmount '': it is empty (is a variable not set?)
cannot unmount '': it is empty (is a variable not set?)
32
--all goes without TARGET (see 'butter umount --help')
1
cannot unmount '': it is empty (is a variable not set?)
32
mounted: w deep
cannot unmount '': it is empty (is a variable not set?)
64
mounted: deep
cannot unmount 'box': it is not mounted
32
cannot unmount 'deep/box': No such file or directory
32
cannot unmount 'box': it is not mounted
32
0
mounted: deep
0
mounted: deep"
}

@test "mounts over each other, names that are odd, files, and what was deleted since" {
	mounted '
		odd=$(printf "a \\\\b#\\n\\033[1mc")
		mkdir "$odd" over
		mount -t tmpfs n "$odd"
		u -v "$odd"
		mount -t tmpfs one over; mount -t tmpfs two over
		u over; grep -c " one " /proc/self/mountinfo; u over; u over
		: >f; : >g
		mount --bind f g
		rm f
		u -v g
		u "bad
name"
		mounts'
	equal "$status $output" "0 'a \\134b#\\012\\033[1mc' is unmounted
0
0
1
0
cannot unmount 'over': it is not mounted
32
'g' is unmounted
0
cannot unmount 'bad\\012name': No such file or directory
32
mounted:"
}

@test "-R: what is in it, and what it covers, also what was moved there; the first that is busy ends it" {
	need_root
	mounted '
		mkdir a later
		mount -t tmpfs n later
		mount -t tmpfs low a; mkdir a/hidden; mount -t tmpfs n a/hidden
		mount -t tmpfs top a; mkdir a/b a/moved; mount -t tmpfs n a/b; mkdir a/b/c; mount -t tmpfs n a/b/c
		mount --move later a/moved
		u -R nothing; u -R .; u -R a/b/../nothing
		u -Rv a
		mounts
		mount -t tmpfs n a; mkdir a/b a/c; mount -t tmpfs n a/b; mount -t tmpfs n a/c
		exec 5<a/b
		u -R a
		mounts
		exec 5<&-
		u -R a
		u -Rg a nothing'
	equal "$status $output" "0 cannot unmount 'nothing': No such file or directory
32
cannot unmount '.': it is not mounted
32
cannot unmount 'a/b/../nothing': No such file or directory
32
'a/b/c' is unmounted
'a/b' is unmounted
'a/moved' is unmounted
'a' is unmounted
'a/hidden' is unmounted
'a' is unmounted
0
mounted:
cannot unmount 'a/b': $BUSY
'a/b' is used by process N (sh): fd 5 'a/b'
64
mounted: a a/b
0
0"
}

@test "a device, a file on one, a label, and -A" {
	with_disk
	mounted '
		mkdir a b over
		m() { mount "$disk" a; mount "$disk" b; }
		m; u "$disk"; mounts
		mount "$disk" b; mount -t tmpfs n b
		u "$disk"; u -l "$disk"; umount b
		u image; u image; u image
		m; u LABEL=umounted; mounts; u LABEL=umounted; u LABEL=none
		m; u -A a; mounts
		m; mkdir a/sub; mount -t tmpfs n a/sub; mount --bind a/sub over; exec 5<b
		u -A "$disk"; mounts
		exec 5<&-
		u -AR b; mounts; u -A b
		mount -t tmpfs "server:/x y" over; u "server:/x y"; mounts'
	equal "${output//$disk/DISK}" "0
mounted: a
cannot unmount 'b': another mount covers it there (unmount that first)
32
cannot unmount 'b': another mount covers it there (unmount that first)
32
0
0
cannot unmount 'image': it is not mounted
32
0
mounted: a
0
cannot unmount 'LABEL=none': No such file or directory
32
0
mounted:
cannot unmount 'b': $BUSY
'b' is used by process N (sh): fd 5 'b'
cannot unmount 'a': $BUSY
'a' is used by the mount 'a/sub' (tmpfs)
32
mounted: a b a/sub over
0
mounted: over
cannot unmount 'b': it is not mounted
32
0
mounted: over"
}

@test "-d frees the loop device" {
	with_disk
	mounted '
		mkdir a
		mount "$disk" a
		u a
		losetup "$disk" >/dev/null
		mount "$disk" a
		u -d a
		losetup "$disk" 2>/dev/null || echo free
		mount -o loop image a; u -d a
		mount -t tmpfs n a; u -d a
		disk=$(losetup -f --show image); trap "losetup -d $disk 2>/dev/null || :" EXIT
		mount -t tmpfs "$disk" a; u -d a
		losetup "$disk" >/dev/null && echo "not of it"
		ln -s "$disk" link; mount -c -t ext4 "$PWD/link" a; grep -c "$PWD/link" /proc/self/mountinfo; u -d a
		losetup "$disk" 2>/dev/null || echo free'
	equal "$status $output" '0 0
0
free
0
0
0
not of it
1
0
free'
}

@test "-l, -r and --expire" {
	mounted '
		mkdir a
		ln -s a link; ln -s link second
		mount -t tmpfs n a; u --expire second; u --expire ./a///
		mount -t tmpfs -o nosuid,noatime,nodev n a
		hold a sleep 100
		u --expire a
		u -r a; mounts; grep -c " $here/a rw,nosuid,nodev,noatime - .* ro" /proc/self/mountinfo
		u -lv a; mounts
		mount -t tmpfs n a
		u --expire a; u --expire -v a
		mount -t tmpfs n a
		u --expire -v a; ls a; u --expire a nothing; u --expire a
		exec 5<a
		u --expire --kill KILL a; u --expire -r a
		mounts'
	equal "$status $output" "0 75
0
cannot unmount 'a': $BUSY
'a' is used by process N (sleep): cwd 'a'
32
'a' is in use: it is read-only now
0
mounted: a(ro)
1
'a' is unmounted
0
mounted:
75
'a' is unmounted
0
'a' is marked: it is unmounted next time, if nobody uses it until then
75
cannot unmount 'nothing': No such file or directory
32
0
cannot unmount 'a': it is not mounted
32
cannot unmount 'a': it is not mounted
32
mounted:"
}

@test "-r without the newer calls makes the file system read-only, and nothing else" {
	need_applet seccomp-exec
	tracer=("$BUTTER_SOURCE/tests/enosys.sh" "fspick")
	mounted '
		mkdir a b
		mount -t tmpfs -o nosuid,noatime,nodev n a; mount --bind a b
		exec 5<a 6<b
		both() { awk "/\\/[ab] / { print \$6, substr(\$10, 1, 2) }" /proc/self/mountinfo; }
		u -r a; both
		mount -o remount,rw a; mount -o remount,bind,ro b; u -r b; both'
	equal "$status $output" "0 'a' is in use: it is read-only now
0
rw,nosuid,nodev,noatime ro
rw,nosuid,nodev,noatime ro
'b' is in use: it is read-only now
0
rw,nosuid,nodev,noatime ro
ro,nosuid,nodev,noatime ro"
}

@test "what has been marked by --expire, and is unmounted by the same command, counts as that" {
	mounted '
		mkdir a b
		mount -t tmpfs n a; mount -t tmpfs n b
		u --expire a a; mount -t tmpfs n a; u --expire a b a; u --expire b
		mount -t tmpfs n a; mount -t tmpfs n a; u --expire a a a; u --expire a b
		mounts'
	equal "$status $output" "0 0
75
0
75
cannot unmount 'b': it is not mounted
64
mounted:"
}

@test "who uses it: cwd, root, exe, fd, map, mounts, loop devices and swap; nobody who is elsewhere" {
	need_root
	need_tool losetup ldd busybox
	mounted '
		mkdir a same a/bin a/cwd
		mount -t tmpfs -o size=16m n a
		mount --bind a same
		mkdir a/root a/sub a/cwd
		mount -t tmpfs n a/sub
		cp "$(command -v busybox)" a/sleep
		cp a/sleep a/root/sleep
		printf %5000s x >a/file
		hold same/cwd sleep 100 8<same/file
		hold a/cwd sleep 101
		hold . chroot a/root /sleep 102
		hold . a/sleep 103
		hold . sleep 104 7<a/file 9>>a/file
		libc=$(ldd "$(command -v sleep)" | sed -n "s/.*=> \(.*libc[^ ]*\).*/\1/p")
		cp "$libc" a/
		hold . env LD_LIBRARY_PATH="$PWD/a" sleep 105
		until grep -q "$PWD/a/" "/proc/$!/maps"; do :; done
		truncate -s 1M a/disk "a/disk two"
		loop=$(losetup -f --show "a/disk two")
		trap "losetup -d $loop" EXIT
		printf "Filename\t\t\t\tType\n%s file 1 0 -2\n%s partition 1 0 -2\n" "$PWD/a/disk" /dev/none >swaps
		mount --bind swaps /proc/swaps
		u a | sed "s|$loop|LOOP|"
		umount a/sub
		u --kill KILL a | sed "s|$loop|LOOP|"'
	equal "$status $output" "0 cannot unmount 'a': $BUSY
'a' is used by the mount 'a/sub' (tmpfs)
'a' is used by process N (sleep): cwd 'a/cwd'
'a' is used by process N (sleep): cwd 'a/root', root 'a/root', exe 'a/root/sleep'
'a' is used by process N (sleep): exe 'a/sleep'
'a' is used by process N (sleep): fd 7 'a/file', fd 9 'a/file'
'a' is used by process N (sleep): map 'a/libc.so.6'
'a' is used by the loop device 'LOOP': 'a/disk two'
'a' is used by swap: 'a/disk'
32
cannot unmount 'a': $BUSY
'a' is used by the loop device 'LOOP': 'a/disk two'
'a' is used by swap: 'a/disk'
32"
}

@test "threads with a folder of their own, and what has been deleted since" {
	need_tool "${CC:-cc}"
	cat >thread.c <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <pthread.h>
		#include <sched.h>
		#include <unistd.h>
		static void *run(void *path)
		{
			if (unshare(CLONE_FS) < 0 || chdir(path) < 0) _exit(1);
			close(open("ready", O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
			pause();
			return path;
		}
		int main(int count, char **arguments)
		{
			pthread_t thread;
			if (count < 2 || pthread_create(&thread, NULL, run, arguments[1])) return 1;
			pthread_join(thread, NULL);
		}
	END
	"${CC:-cc}" -pthread -o thread thread.c
	mounted '
		mkdir a
		mount -t tmpfs n a
		: >a/file
		exec 5<a/file
		rm a/file
		mkdir c
		mount -t tmpfs n c; (exec "$BUTTER" umount c 6<c) && echo closed
		mount -t tmpfs n c; (cd c; exec "$BUTTER" umount ../c/.) && echo left
		mount -t tmpfs n c; (exec "$BUTTER" umount c <c 2>&1) | sed "s|$here/||g; s/process [0-9]*/process N/" || :
		./thread a 5<&- &
		until [ -e a/ready ]; do :; done
		u a'
	equal "$status $output" "0 closed
left
butter: umount: cannot unmount 'c': $BUSY
butter: umount: 'c' is used by process N (butter): fd 0 'c'
cannot unmount 'a': $BUSY
'a' is used by process N (sh): fd 5 'a/file (deleted)'
'a' is used by process N (thread): cwd 'a'
32"
}

# make_bound: compiles ./bound NAME READY [FOLDER], which binds a socket, goes to FOLDER, and then makes the file READY.
make_bound() {
	need_tool "${CC:-cc}"
	cat >bound.c <<-'END'
		#include <fcntl.h>
		#include <string.h>
		#include <sys/socket.h>
		#include <sys/un.h>
		#include <unistd.h>
		int main(int count, char **arguments)
		{
			struct sockaddr_un name = { .sun_family = AF_UNIX };
			int fd = socket(AF_UNIX, SOCK_STREAM, 0);
			if (count < 3) return 1;
			strcpy(name.sun_path, arguments[1]);
			if (bind(fd, (struct sockaddr *)&name, sizeof(name))) return 1;
			if (count > 3 && chdir(arguments[3])) return 1;
			close(open(arguments[2], O_CREAT | O_WRONLY, 0600));
			pause();
		}
	END
	"${CC:-cc}" -o bound bound.c
}

@test "who has bound a socket in it, and that nobody is seen, also if some are hidden" {
	need_userns
	make_bound
	mounted '
		mkdir a other
		mount -t tmpfs n a; mount --bind a other
		bound() { ./bound "$@" & until [ -e "$2" ]; do :; done; }
		mount -t tmpfs n /mnt; ln -s "$here" /mnt/short
		bound a/relative one; bound /mnt/short/a/absolute two
		bound other/elsewhere three
		unshare -n ./bound a/net four & until [ -e four ]; do :; done
		u a
		export here
		unshare -Urm --propagation private sh -euc "
			u() { \"\$BUTTER\" umount \"\$@\" 2>&1 | sed \"s|^butter: umount: ||; s|\$here/||g; s/process [0-9][0-9]*/process N/; s/^[0-9]* process[es]*/N processes/\"; }
			mkdir b; mount -t tmpfs n b
			./bound b/gone five & until [ -e five ]; do :; done
			u --kill KILL --wait 0 b; rm b/gone; u b; kill \$!"'
	equal "$status $output" "0 cannot unmount 'a': $BUSY
'a' is used by process N (bound): socket 3 'a/relative'
'a' is used by process N (bound): socket 3 '/mnt/short/a/absolute'
'a' is used by process N (bound): socket 3 'a/net'
32
cannot unmount 'b': $BUSY
'b' is used by process N (bound): socket 3 'b/gone'
N processes cannot be looked into, and may use 'b' (more privileged than this one)
cannot unmount 'b': $BUSY
N processes cannot be looked into, and may use 'b' (more privileged than this one)
nobody is seen here who uses 'b': it may be a process of another pid namespace, an open file on its way through a socket or kept by io_uring, a socket that the kernel does not let be looked at, or an export of NFS"
}

# Sockets below `a`: one that it covers, that has the name of another in it; one that is in it, of the same name; a
# removed one; one whose relative name means nothing any more; and two of the same file system elsewhere.
bound_anyhow='
	mkdir a other
	bound() { "$here/bound" "$@" & until [ -e "$2" ]; do :; done; }
	bound a/s "$here/one"; covered=$!
	mount -t tmpfs n a; mount --bind a other
	bound a/s "$here/two" 3</dev/null
	bound a/removed "$here/three" 3</dev/null 4</dev/null; rm a/removed
	cd a; bound left "$here/four" / 5</dev/null; cd ..
	bound other/elsewhere "$here/five"; elsewhere=$!
	bound other/gone "$here/six"; rm other/gone'

@test "sockets: by the mount that they are in, and not by their names, which may mean another one, or none" {
	need_root
	make_bound
	mounted "$bound_anyhow"'
		u a; u --kill KILL a; mounts
		kill "$covered" "$elsewhere" && echo "both live"'
	equal "$status $output" "0 cannot unmount 'a': $BUSY
'a' is used by process N (bound): socket 4 'a/s'
'a' is used by process N (bound): socket 5 'a/removed'
'a' is used by process N (bound): socket 3 'left'
32
0
mounted: other
both live"
}

@test "sockets: without sock_diag(7) the same; without pidfd_getfd(2) by their names, and nobody is signalled for that" {
	need_root
	make_bound
	for spec in socket:error=EPERM socket:error=EPROTONOSUPPORT sendto:error=ENOENT recvfrom:error=ENOENT recvfrom:retval=0; do
		injecting "$spec"
		(mkdir "$spec"; cp bound "$spec"; cd "$spec" && mounted "$bound_anyhow; u a" &&
			equal "$status $output" "0 cannot unmount 'a': $BUSY
'a' is used by process N (bound): socket 4 'a/s'
'a' is used by process N (bound): socket 5 'a/removed'
'a' is used by process N (bound): socket 3 'left'
32")
	done
	for spec in pidfd_getfd:error=ENOSYS pidfd_getfd:error=EPERM 'ioctl:error=EPERM'; do
		injecting "$spec"
		(mkdir "$spec"; cp bound "$spec"; cd "$spec" && mounted "$bound_anyhow; u a; u --kill KILL --wait 0 a" &&
			equal "$status $output" "0 cannot unmount 'a': $BUSY
'a' is used by process N (bound): socket 4 'a/s'
32
cannot unmount 'a': $BUSY
'a' is used by process N (bound): socket 4 'a/s'
32")
	done
	injecting socket:error=EPERM pidfd_getfd:error=EPERM
	mounted "$bound_anyhow; u a"
	equal "$status $output" "0 cannot unmount 'a': $BUSY
'a' is used by process N (bound): socket 3 'a/s'
'a' is used by process N (bound): socket 4 'a/s'
32"
}

@test "sockets: without rights over their network namespace by their names, and each in one of its own" {
	need_root
	unprivileged
	cd "$(public_folder)" || return
	make_bound
	mounted 'chmod a+rx . bound; mkdir space; chmod a+rwx space; cd space; export here=$PWD/..
		for options in -Urm -Urmn; do
			mkdir "in$options"; chmod a+rwx "in$options"
			setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all unshare $options --propagation private sh -euc "
				cd \"in\$0\"
				u() { \"\$BUTTER\" umount \"\$@\" 2>&1 | sed \"s|^butter: umount: ||; s|\$PWD/||g; s/process [0-9][0-9]*/process N/; /cannot be looked into/d\"; }
				mkdir a
				bound() { ../../bound \"\$@\" & until [ -e \"\$2\" ]; do :; done; }
				bound a/s one; one=\$!; mount -t tmpfs n a; bound a/s two 3</dev/null; two=\$!
				bound a/removed three; rm a/removed
				echo \$0; u a
				kill \$one \$two \$!" $options
		done'
	equal "$status $output" "0 -Urm
cannot unmount 'a': $BUSY
'a' is used by process N (bound): socket 4 'a/s'
-Urmn
cannot unmount 'a': $BUSY
'a' is used by process N (bound): socket 4 'a/s'
'a' is used by process N (bound): socket 3 'a/removed'"
}

@test "sockets: of a thread with descriptors of its own, in another network namespace" {
	need_root
	need_tool "${CC:-cc}"
	cat >thread.c <<-'END'
		#define _GNU_SOURCE
		#include <fcntl.h>
		#include <pthread.h>
		#include <sched.h>
		#include <string.h>
		#include <sys/socket.h>
		#include <sys/syscall.h>
		#include <sys/un.h>
		#include <unistd.h>
		static void *run(void *path)
		{
			struct sockaddr_un name = { .sun_family = AF_UNIX };
			int fd = unshare(CLONE_FILES) ? -1 : socket(AF_UNIX, SOCK_DGRAM, 0);
			strcpy(name.sun_path, path);
			if (bind(fd, (struct sockaddr *)&name, sizeof(name)) || unlink(path)) _exit(1);
			close(open("ready", O_CREAT | O_WRONLY, 0600));
			pause();
			return path;
		}
		int main(int count, char **arguments)
		{
			pthread_t thread;
			if (count < 2) return syscall(SYS_pidfd_open, getpid(), O_EXCL) < 0; /* PIDFD_THREAD */
			if (pthread_create(&thread, NULL, run, arguments[1])) return 1;
			pthread_join(thread, NULL);
		}
	END
	"${CC:-cc}" -pthread -o thread thread.c
	./thread || skip 'the kernel has no pidfds of threads (Linux 6.9)'
	mounted '
		mkdir a
		mount -t tmpfs n a
		unshare -n ./thread a/s &
		until [ -e ready ]; do :; done
		u a; u --kill KILL a; mounts'
	equal "$status $output" "0 cannot unmount 'a': $BUSY
'a' is used by process N (thread): socket 3 'a/s'
32
0
mounted:"
}

@test "of many, twenty are told, and how many more" {
	mounted '
		mkdir a
		mount -t tmpfs n a
		for i in $(seq 25); do sleep 100 <a 5<a 6<a 7<a 8<a 9<a & done
		while [ "$(ls -l /proc/[0-9]*/fd/9 2>/dev/null | grep -c "$PWD/a$")" -lt 25 ]; do :; done
		u a | sort | uniq -c | sed "s/^ *//"'
	equal "$status $output" "0 1 'a' is used by 5 more processes
20 'a' is used by process N (sleep): fd 0 'a', fd 5 'a', fd 6 'a', fd 7 'a', and 2 more
1 32
1 cannot unmount 'a': $BUSY"
}

@test "the threads of a process whose first one has ended" {
	need_tool "${CC:-cc}"
	cat >rest.c <<-'END'
		#define _GNU_SOURCE
		#include <pthread.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		static void *run(void *nothing)
		{
			pause();
			return nothing;
		}
		int main(void)
		{
			pthread_t thread;
			if (pthread_create(&thread, NULL, run, NULL)) return 1;
			syscall(SYS_exit, 0);
		}
	END
	"${CC:-cc}" -pthread -o rest rest.c
	mounted '
		mkdir a
		mount -t tmpfs n a
		cp rest a/
		a/rest &
		while readlink "/proc/$!/exe" >/dev/null; do :; done
		u a; u --kill KILL a; mounts'
	equal "$status $output" "0 cannot unmount 'a': $BUSY
'a' is used by process N (rest): exe 'a/rest'
32
0
mounted:"
}

@test "few descriptors: more who use it are found and signalled than can be open, or it is an error" {
	mounted '
		mkdir a
		mount -t tmpfs n a
		for i in $(seq 50); do sleep 100 5<a & done
		while [ "$(ls -l /proc/[0-9]*/fd/5 2>/dev/null | grep -c "$PWD/a$")" -lt 50 ]; do :; done
		(ulimit -n 24; u a | tail -n 2)
		sh -c "ulimit -n 5; exec \"\$BUTTER\" umount --kill KILL a" 2>&1 | sed "s|^butter: umount: ||; s|$here/||g"
		(ulimit -n 24; u --kill KILL a)
		mounts'
	equal "$status $output" "0 'a' is used by 30 more processes
32
cannot signal the processes that use 'a': Too many open files (raise ulimit -n)
cannot unmount 'a': $BUSY
cannot find the processes that use 'a': Too many open files (raise ulimit -n)
0
mounted:"
}

@test "--kill: those who use it are signalled, once, and it is unmounted when they have ended" {
	mounted '
		mkdir a
		mount -t tmpfs n a
		hold a sleep 100; hold a sleep 100; other=$!
		: >a/file; hold . sleep 100; stays=$!
		u --kill sigterm -v a
		kill -0 "$other" 2>/dev/null && grep State "/proc/$other/status" | grep -v Z || echo ended
		kill -0 "$stays"; mounts
		mount -t tmpfs n a
		(trap "" TERM; cd a; exec sleep 100) &
		until [ "$(readlink /proc/$!/cwd)" = "$PWD/a" ]; do :; done
		u --kill TERM --wait 300ms a
		u --kill 9 a; mounts
		mount -t tmpfs n a
		exec 5<a
		u --kill KILL a
		for signal in 0 65 nothing "" TERM,KILL; do u --kill "$signal" a; done
		exec 5<&-
		u --kill KILL a'
	equal "$status $output" "0 'a' is unmounted
0
ended
mounted:
cannot unmount 'a': $BUSY
'a' is used by process N (sleep): cwd 'a'
32
0
mounted:
cannot unmount 'a': $BUSY
'a' is used by process N (sh): fd 5 'a'
32
--kill: there is no signal '0' (see 'butter umount --help')
1
--kill: there is no signal '65' (see 'butter umount --help')
1
--kill: there is no signal 'nothing' (see 'butter umount --help')
1
--kill: there is no signal '' (see 'butter umount --help')
1
--kill: there is no signal 'TERM,KILL' (see 'butter umount --help')
1
0"
}

@test "--kill: as process 1 of a container it is ended by what asks for it" {
	namespaces -mpf --mount-proc --kill-child --propagation private
	mkdir a
	mkfifo never
	for signal in TERM:143 INT:130; do
		launch "${within[@]}" env --default-signal=INT bash -c 'mount -t tmpfs n a
			(cd a; trap ": >../told" USR1; while :; do read -r _ <>../never; done) &
			until grep -q SigCgt:.*[2367abef]..$ "/proc/$!/status"; do :; done
			exec "$BUTTER" umount --kill USR1 --wait 1h a'
		await test -e told
		kill "-${signal%:*}" "$(children "$pid")"
		finish
		equal "$status $stderr" "${signal#*:} "
		rm told
	done
}

@test "copies of shared mounts stay, unless --propagate; slaves follow" {
	mounted '
		mkdir dev copy
		mount -t tmpfs n dev; mount --make-shared dev
		mkdir dev/pts; mount -t tmpfs n dev/pts
		mount --rbind dev copy
		u -R copy; u -l copy; u -Rl copy; mounts
		u -R --propagate copy; mounts
		u -l dev
		mount -t tmpfs n dev; mount --make-shared dev
		mkdir dev/pts; mount -t tmpfs n dev/pts
		mount --rbind dev copy; mount --make-rslave copy
		u -R copy; mounts
		mount --rbind dev copy; mount --make-rslave copy
		u -R dev; mounts'
	line="cannot unmount 'copy': it is shared, and 'dev/pts' would be unmounted, too (mount --make-rprivate 'copy' first, or --propagate)
32"
	equal "$status $output" "0 $line
$line
$line
mounted: dev dev/pts copy copy/pts
0
mounted: dev
0
0
mounted: dev dev/pts
0
mounted: copy"
}

@test "copies in other mount namespaces stay, too; but what mirrors the whole follows" {
	mounted '
		mkdir h
		h() { mount -t tmpfs n h; mkdir h/dev h/proc; mount -t tmpfs n h/dev; mkdir h/dev/pts; mount -t tmpfs n h/dev/pts; mount --make-rshared h; }
		inside() { unshare -m --propagation unchanged "$BUTTER" umount "$@" 2>&1 | sed "s|^butter: umount: ||; s|$here/||g"; }
		h
		inside -R h; inside -l h; inside -lR h; inside -R h/dev/../../h; mounts
		inside -R h/dev/pts; mounts
		mount -t tmpfs n h/dev/pts
		inside -lR h/dev; mounts
		umount -R h; h
		inside -R --propagate h; mounts
		umount h; h
		unshare -m --propagation slave "$BUTTER" umount -R h; mounts
		hold . unshare -m --propagation slave sleep 100
		until [ "$(cat "/proc/$!/comm")" = sleep ]; do :; done
		u -R h; mounts'
	line="cannot unmount 'h': it is shared with another mount namespace, and 'h/dev' would be unmounted there, too (mount --make-rprivate 'h' first, or --propagate)"
	equal "$status $output" "0 $line
$line
$line
${line/"'h'"/"'h/dev/../../h'"}
mounted: h h/dev h/dev/pts
mounted: h h/dev
mounted: h
mounted: h
mounted: h h/dev h/dev/pts
0
mounted:"
}

@test "what goes with another one is no failure" {
	mounted '
		mkdir top copy
		mount -t tmpfs n top; mount --make-shared top; mkdir top/a top/b
		mount --bind top copy
		mount -t tmpfs n top/a; mount --bind top/a top/b
		u -A top/a; mounts
		mount -t tmpfs n top/a; u copy/a top/a'
	equal "$status $output" "0 0
mounted: top copy
cannot unmount 'top/a': it is not mounted
64"
}

@test "a symbolic link that comes to be on the way leads nowhere" {
	injecting openat:signal=STOP:when=2 # the first one reads what is mounted, the next one goes on from there
	tracer=(strace -f "${tracer[@]:1}")
	tracer=("${tracer[@]/#\/dev\/null/trace}")
	mounted '
		mkdir -p way/a safe/a
		mount -t tmpfs n way/a; mount -t tmpfs n safe/a
		(u way/a) &
		until grep -q "stopped by SIGSTOP" trace 2>/dev/null; do :; done
		mv way moved; ln -s safe way
		kill -CONT "$(sed -n "s/ .*stopped.*//p" trace)"
		wait "$!"
		mounts'
	equal "$status $output" "0 cannot unmount 'way/a': Too many levels of symbolic links (a symbolic link has come to be on the way: look who has made it)
32
mounted: moved/a safe/a"
}

@test "who uses a copy of it in another mount namespace is told, too" {
	mounted '
		mkdir top
		mount -t tmpfs n top; mount --make-shared top
		mkdir top/a; mount -t tmpfs n top/a
		hold top/a unshare -m --propagation unchanged sleep 100
		until [ "$(cat "/proc/$!/comm")" = sleep ]; do :; done
		u top/a; u --kill KILL top/a
		mount -t tmpfs n top/a
		hold . unshare -m --propagation private sh -c "cd top/a; exec sleep 100"
		until [ "$(readlink "/proc/$!/cwd")" = "$PWD/top/a" ]; do :; done
		u -v top/a'
	equal "$status $output" "0 cannot unmount 'top/a': $BUSY
'top/a' is used by process N (sleep): cwd 'top/a'
32
0
'top/a' is unmounted
0"
}

@test "-N: in another mount namespace, by a process or a file, with the /proc of here" {
	need_root
	without_leak_check # for that, there would have to be a /proc
	mounted '
		mkdir a
		hold . unshare -m --propagation private sh -c "mount -t tmpfs n a; mount -t tmpfs none /proc; echo >ready; cd a; exec sleep 100"
		until [ -e ready ]; do :; done
		other=$!
		until [ "$(readlink "/proc/$other/exe")" != "$(readlink "/proc/$$/exe")" ] && [ "$(cat "/proc/$other/comm")" = sleep ]; do :; done
		u a
		u -N "$other" "$PWD/a"
		u -N "/proc/$other/ns/mnt" --kill KILL "$PWD/a"
		u -N 1 /nothing
		u -N 99999 a; u -N "$PWD" a; u -N /proc/self/ns/net a'
	equal "$status $output" "0 cannot unmount 'a': it is not mounted
32
cannot unmount 'a': $BUSY
'a' is used by process N (sleep): cwd 'a'
32
0
cannot unmount '/nothing': No such file or directory
32
cannot enter the mount namespace '99999': No such file or directory (is there such a process, and /proc?)
2
cannot enter the mount namespace '$PWD': Invalid argument (it is no mount namespace)
2
cannot enter the mount namespace '/proc/self/ns/net': Invalid argument (it is no mount namespace)
2"
}

# in_root SCRIPT: as mounted, with a tmpfs as the root, which has butter, busybox and no more.
in_root() {
	need_root
	need_applet pivot_root
	need_tool busybox
	need_plain_build
	! LC_ALL=C ldd "$(command -v busybox)" 2>/dev/null | grep -q "=>" || skip 'busybox needs libraries'
	printf '%s\n' 'export PATH=/bin; mount -t proc proc /proc; mount -t tmpfs dev /dev; : >/dev/null
		u() { is=0; butter umount "$@" >/dev/out 2>&1 || is=$?; sed "s|^butter: umount: ||; s/process [0-9]*/process N/" /dev/out; echo "$is"; }
		mounts() { echo "mounted:" $(cut -d " " -f 5,6 /proc/self/mountinfo | sed "s/ ro.*/(ro)/; s/ rw.*//" | sort); }
		'"$1" >script
	mounted '
		mkdir root
		mount -t tmpfs n root
		mkdir root/bin root/proc root/dev root/a root/b root/c
		cp "$BUTTER" root/bin/butter; cp "$(command -v busybox)" root/bin/busybox
		for name in sh mount mkdir cat cut grep sort sed; do ln -s busybox root/bin/$name; done
		cp script root/script
		exec "$BUTTER" pivot_root --auto root -- /bin/sh -eu /script'
}

@test "-a: all but the kernel's own, by type and by option, what is on others first" {
	in_root '
		mount -t tmpfs -o nosuid n /a; mkdir /a/b; mount -t ramfs n /a/b
		mount -t sysfs n /c
		mount -t tmpfs -o ro,nodev n /b
		mounts
		u -a -t ramfs -v
		u -a -O +nosuid --fake -v
		u -a -t tmpfs -O ro,+nodev,nosuid -v; mounts
		exec 5</a
		mount -t tmpfs n /b; mkdir /b/c; mount -t tmpfs n /b/c
		u -a -v
		exec 5<&-
		mounts
		u -a -t nonothing,proc,tmpfs -O noro; mounts
		butter umount -al || echo "failed: $?"
		mounts'
	equal "$status $output" "0 mounted: / /a /a/b /b(ro) /c /dev /proc
'/a/b' is unmounted
0
'/a' would be unmounted
0
'/b' is unmounted
0
mounted: / /a /c /dev /proc
'/b/c' is unmounted
'/b' is unmounted
cannot unmount '/a': $BUSY
'/a' is used by process N (sh): fd 5 '/a'
cannot unmount '/dev': $BUSY
'/dev' is used by process N (sh): fd 1 '/dev/out', fd 2 '/dev/out'
'/dev' is used by process N (butter): fd 1 '/dev/out', fd 2 '/dev/out'
'/' cannot be unmounted by who is in it: it is read-only now
64
mounted: / /a /c /dev /proc
0
mounted: / /a /dev /proc
mounted: / /proc"
}

@test "without /proc: paths; for the rest it says what is missing" {
	need_plain_build
	mounted '
		mkdir a b
		mount -t tmpfs n a; mkdir a/sub; mount -t tmpfs n a/sub; mount -t tmpfs n b
		exec 5<b
		mount -t tmpfs n /proc
		u a/sub; u a; u a; u b'
	equal "$status $output" "0 0
0
cannot unmount 'a': it is not mounted
32
cannot unmount 'b': $BUSY
cannot find the processes that use 'b': No such file or directory (mount /proc)
32"
}

@test "older kernels, without /proc: paths; for the rest it says what is missing" {
	need_plain_build
	need_tool "${CC:-cc}"
	need_applet seccomp-exec
	"$BUTTER_SOURCE/tests/enosys.sh" listmount true || skip 'no seccomp filters here'
	tracer=("$BUTTER_SOURCE/tests/enosys.sh" 'listmount,openat2')
	mounted '
		mkdir -p way/a b
		mount -t tmpfs n way/a; mount -t tmpfs n b
		mount -t tmpfs n /proc
		u way/a; u -R b; u -A b; u -t tmpfs b; u -a; u b'
	line='cannot read what is mounted: No such file or directory (mount /proc)
32'
	equal "$status $output" "0 0
$line
$line
$line
$line
0"
}

@test "older kernels: without openat2(2) and statx(2), the same" {
	need_strace
	tracer=(strace -f -qq -o /dev/null -e 'trace=openat2,statx' -e 'inject=openat2,statx:error=ENOSYS')
	mounted '
		mkdir -p way/a b
		ln -s way link
		mount -t tmpfs n way/a; mount -t tmpfs n b; mkdir b/c; mount -t tmpfs n b/c
		mount -t tmpfs over b
		hold way/a sleep 100
		u link/a
		kill "$!"
		while [ -e "/proc/$!/cwd/." ]; do :; done
		u link/a; u -R b; u b'
	equal "$status $output" "0 cannot unmount 'way/a': $BUSY
'way/a' is used by process N (sleep): cwd 'way/a'
32
0
0
cannot unmount 'b': it is not mounted
32"
}

@test "without rights: which one is missing, and nothing changes" {
	need_root
	unprivileged
	cd "$(public_folder)" || return
	mounted '
		mkdir a
		chmod a+rx . a
		mount -t tmpfs n a
		as=$BUTTER
		butter() { setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all "$as" "$@"; }
		for option in "" -l -f -R --expire -r "--kill KILL" -A; do
			is=0; butter umount $option "$PWD/a" 2>&1 | sed "s|$here|.|; s|^butter: umount: ||" || is=$?
		done
		butter umount "$PWD/a" nothing 2>/dev/null || echo $?
		butter umount "$PWD/a" 2>/dev/null || echo $?
		mounts'
	line="cannot unmount './a': Operation not permitted (needs CAP_SYS_ADMIN)"
	equal "$status $output" "0 $line
$line
$line
$line
$line
$line
$line
$line
33
1
mounted: a"
}

@test "in a user namespace, what was mounted before is locked; what is mounted there is not" {
	need_userns
	mounted '
		mkdir a
		mount -t tmpfs n a
		mkdir a/b
		mount -t tmpfs n a/b
		export here
		unshare -Urm --propagation private sh -euc "
			u() { \"\$BUTTER\" umount \"\$@\" 2>&1 | sed \"s|^butter: umount: ||; s|\$here/||g\"; }
			u a/b; u -l a/b; u -r a/b; u -R a
			mount -t tmpfs n a/b
			u -v a/b; u a/b"
		mounts'
	line="cannot unmount 'a/b': it is locked (it was mounted before the user namespace was made; unmount what it is in with --lazy, or do it outside)"
	equal "$status $output" "0 $line
$line
$line
$line
'a/b' is unmounted
$line
mounted: a a/b"
}

@test "in a user namespace, who has mapped a file of another mount namespace is nobody; and for a signal, a path is no proof" {
	need_userns
	need_tool "${CC:-cc}"
	cat >mapping.c <<-'END'
		#include <fcntl.h>
		#include <sys/mman.h>
		#include <unistd.h>
		int main(int count, char **arguments)
		{
			int fd = count > 2 ? open(arguments[1], O_RDONLY) : -1;
			if (mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED) return 1;
			close(fd);
			close(open(arguments[2], O_CREAT | O_WRONLY, 0600));
			pause();
		}
	END
	"${CC:-cc}" -o mapping mapping.c
	mounted '
		mkdir a
		export here
		unshare -Urm --propagation private sh -euc "
			u() { \"\$BUTTER\" umount \"\$@\" 2>&1 | sed \"s|^butter: umount: ||; s|\$here/||g; s/process [0-9]*/process N/; /cannot be looked into/d\"; }
			mount -t tmpfs n a; echo >a/file
			unshare -m --propagation private ./mapping a/file elsewhere & other=\$!
			until [ -e elsewhere ]; do :; done
			(cd a; exec sleep 100) &
			until [ \"\$(readlink /proc/\$!/cwd)\" = \"\$PWD/a\" ]; do :; done
			u a; u -v --kill KILL a
			mount -t tmpfs n a; echo >a/file
			./mapping a/file same & same=\$!
			until [ -e same ]; do :; done
			u -v --kill KILL --wait 100ms a
			kill \$other; kill \$same"'
	equal "$status $output" "0 cannot unmount 'a': $BUSY
'a' is used by process N (sleep): cwd 'a'
'a' is unmounted
cannot unmount 'a': $BUSY
'a' is used by process N (mapping): map 'a/file'"
}

@test "where the mounts cannot be read, nothing is taken for what is not mounted" {
	need_root
	need_strace
	# At the first try alone: it may not help to try again.
	tracer=(strace -f -qqq -o /dev/null -e 'trace=/^open(at)?$' -P /proc/self/mountinfo)
	mounted '
		mkdir a
		mount -t tmpfs n a
		traced=$tracer_line
		f() {
			tracer_line="$traced -e inject=/^open(at)?\$:error=$1:when=1"
			shift
			u "$@" | grep -v ^strace:
		}
		f EMFILE -R a; f ENOMEM -gA a; f EIO -gR a; f EIO -t tmpfs a
		mounts'
	equal "$status" 0
	equal "$output" "cannot read what is mounted: Too many open files
32
cannot read what is mounted: Cannot allocate memory
32
cannot read what is mounted: Input/output error
32
cannot read what is mounted: Input/output error
32
mounted: a"
}

@test "each errno of the kernel has its message, and what is not tried is not changed" {
	need_root
	need_strace
	mounted '
		mkdir a
		mount -t tmpfs n a
		for error in EPERM EACCES ENOENT EIO ENOMEM ENOSYS ENXIO EINVAL EBUSY; do
			$error && continue || :
			strace -f -qq -o /dev/null -e trace=umount2 -e inject=umount2:error=$error "$BUTTER" umount a 2>&1 | sed "s|$here/||g; s/^butter: umount: //" | head -n 1
		done 2>/dev/null
		mounts
		strace -f -qq -o /dev/null -e trace=umount2 -e inject=umount2:error=EBUSY:when=1 "$BUTTER" umount -r a 2>&1 | sed "s|$here/||g"
		mounts
		umount a
		mount -t tmpfs -o nosuid,noatime,nodev n a
		strace -f -qq -o /dev/null -e trace=umount2,fspick -e inject=fspick:error=EPERM -e inject=umount2:error=EBUSY "$BUTTER" umount -r a 2>&1 | sed "s|$here/||g"
		grep -c " $here/a rw,nosuid,nodev,noatime .* ro" /proc/self/mountinfo
		umount a
		mount -t tmpfs n a
		strace -f -qq -o /dev/null -e trace=umount2,mount,fspick -e inject=fspick:error=ENOSYS -e inject=umount2:error=EBUSY -e inject=mount:error=EIO "$BUTTER" umount -r a 2>&1 | sed "s|$here/||g"
		mounts'
	equal "$status $output" "0 cannot unmount 'a': Operation not permitted (it belongs to a more privileged user namespace, or a seccomp profile forbids it)
cannot unmount 'a': Permission denied
cannot unmount 'a': No such file or directory
cannot unmount 'a': Input/output error
cannot unmount 'a': Cannot allocate memory
cannot unmount 'a': Function not implemented
cannot unmount 'a': No such device or address
cannot unmount 'a': Invalid argument
cannot unmount 'a': $BUSY
mounted: a
butter: umount: 'a' is in use: it is read-only now
mounted: a(ro)
butter: umount: 'a' is in use: it is read-only now
1
butter: umount: cannot make 'a' read-only either: Input/output error
butter: umount: cannot unmount 'a': $BUSY
butter: umount: nobody is seen here who uses 'a': it may be a process of another pid namespace, an open file on its way through a socket or kept by io_uring, a socket that the kernel does not let be looked at, or an export of NFS
mounted: a"
}

@test "what cannot be reached: another mount covers it, or what it is in" {
	mounted '
		mkdir p
		mount -t tmpfs P p; mkdir p/q p/r; mount -t tmpfs Q p/q
		mount -t tmpfs over p
		u p/q; u -g p/q; u Q; u -l Q; u -R p/q
		mkdir p/q
		u p/q; u Q; u -g p/r; mounts
		u -R p; mounts'
	line="cannot unmount 'p/q': another mount covers it there (unmount that first)
32"
	equal "$status $output" "0 $line
$line
$line
$line
$line
$line
$line
0
mounted: p p/q p
0
mounted:"
}

@test "what has been mounted beneath is not what is on top" {
	need_applet mount
	mounted '
		mkdir a
		mount -t tmpfs top a
		"$BUTTER" mount --beneath -t tmpfs under a 2>/dev/null || { echo cannot; exit; }
		u a; grep -c " under " /proc/self/mountinfo; u a; u a'
	[ "$output" != cannot ] || skip "this kernel cannot mount beneath"
	equal "$status $output" "0 0
1
0
cannot unmount 'a': it is not mounted
32"
}

@test "-R: a path that is longer than the kernel takes at once" {
	need_tool "${CC:-cc}"
	cat >deep.c <<-'END'
		#include <string.h>
		#include <sys/mount.h>
		#include <sys/stat.h>
		#include <unistd.h>
		int main(void)
		{
			char name[201] = "";
			memset(name, 'x', 200);
			for (int i = 0; i < 25; i++)
				if (mkdir(name, 0700) || chdir(name)) return 1;
			return mkdir("m", 0700) || mount("n", "m", "tmpfs", 0, NULL);
		}
	END
	"${CC:-cc}" -o deep deep.c
	mounted '
		mkdir a
		mount -t tmpfs n a
		(cd a; ../deep)
		mkdir a/b; mount -t tmpfs n a/b
		u -R a; mounts'
	equal "$status $output" "0 0
mounted:"
}

@test "-lR detaches what is on top, with all that is in it, locked or not" {
	need_userns
	mounted '
		mkdir m n
		mount -t tmpfs n m; mkdir m/s; mount -t tmpfs n m/s
		mount -t tmpfs low n; mount -t tmpfs top n
		u -vlR n; mounts
		export here
		unshare -Urm --propagation private sh -euc "
			u() { \"\$BUTTER\" umount \"\$@\" 2>&1 | sed \"s|^butter: umount: ||; s|\$here/||g\"; }
			mount --rbind m n
			u -R n; u -vlR n; u -g n/s
			grep -c \"\$PWD/n\" /proc/self/mountinfo || :"'
	equal "$status $output" "0 'n' is unmounted
'n' is unmounted
0
mounted: m m/s
cannot unmount 'n/s': it is locked (it was mounted before the user namespace was made; unmount what it is in with --lazy, or do it outside)
'n' is unmounted
0"
}

@test "/sbin/umount.TYPE does it, unless -i; its status counts" {
	with_disk
	mounted '
		mkdir a nothing
		mount "$disk" a
		mount -t tmpfs n /usr/sbin
		[ /sbin -ef /usr/sbin ] || mount --bind /usr/sbin /sbin
		: >/sbin/umount.ext4
		u a
		mount -t tmpfs n nothing
		u a nothing
		printf "%s\n" "#!/bin/sh" "echo \"\$*\" >>$here/calls" "exit \$(cat $here/result)" >/sbin/umount.ext4
		chmod +x /sbin/umount.ext4
		echo 0 >result; u -flrn a
		echo 7 >result; u a nothing
		hold a sleep 100
		u a; u -v a
		kill "$!"; while [ -e "/proc/$!/cwd/." ]; do :; done
		mounts
		u -i a
		sed "s|$here/||" calls; mounts'
	equal "$status" 0
	equal "$output" "cannot run '/sbin/umount.ext4': Permission denied
126
cannot run '/sbin/umount.ext4': Permission denied
64
0
cannot unmount 'nothing': it is not mounted
39
'a' is used by process N (sleep): cwd 'a'
7
'/sbin/umount.ext4' has ended with status 7
'a' is used by process N (sleep): cwd 'a'
7
mounted: a
0
a -f -l -n -r
a
a
a -v
mounted:"
}

@test "/sbin/umount.TYPE is ended by a signal: that is told, and no bit is what it is not" {
	with_disk
	mounted '
		mkdir a b
		mount "$disk" a
		mount -t tmpfs n b
		mount -t tmpfs n /usr/sbin
		[ /sbin -ef /usr/sbin ] || mount --bind /usr/sbin /sbin
		printf "%s\n" "#!/bin/sh" "kill -KILL \$\$" >/sbin/umount.ext4
		chmod +x /sbin/umount.ext4
		u a; u a nothing; u a b
		printf "%s\n" "#!/bin/sh" "exit 255" >/sbin/umount.ext4
		u a
		mounts'
	equal "$status" 0
	ended="cannot unmount 'a': '/sbin/umount.ext4' was ended by signal 9 (Killed)"
	equal "$(grep -v 'cannot be looked into' <<<"$output")" "$ended
40
$ended
cannot unmount 'nothing': No such file or directory
40
$ended
72
255
mounted: a"
}

@test "wrong usage" {
	try umount
	misused umount 'missing TARGET'
	try umount -a x
	misused umount '--all goes without TARGET'
	for option in -A -R; do
		try umount -a "$option"
		misused umount '--all goes without --all-targets and --recursive'
	done
	for option in '-t x' '-O x' -r; do
		# shellcheck disable=SC2086 # words
		try umount -R $option x
		misused umount '--recursive goes without --read-only, --types and --test-opts'
	done
	for option in -f -l; do
		try umount --expire "$option" x
		misused umount '--expire goes without --force and --lazy'
	done
	try umount --wait 1s x
	misused umount '--wait goes with --kill'
	try umount --what x
	misused umount
}

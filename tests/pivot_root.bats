#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# All in private mount namespaces: the machine keeps its root.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2016 # inner shells expand

load helper

setup() {
	trace_tests_only
	need_applet pivot_root
	need_applet mountpoint
	# In a bare root, and without /proc, sanitizers do not run.
	need_plain_build
	cd "$BATS_TEST_TMPDIR" || return
	mkdir root folder
}

# there SCRIPT: runs SCRIPT in a mount namespace of its own, where root/ is a tmpfs with butter, folders and a mount in it.
there() {
	namespaces -m
	capture "${within[@]}" sh -euc '
		mount -t tmpfs none root
		mkdir root/old root/folder root/folder/old root/mount root/proc
		cp "$BUTTER" root/butter
		: >root/file
		mount -t tmpfs none root/mount
		mkdir root/mount/old
		p() { is=0; out=$("$BUTTER" pivot_root "$@" 2>&1) || is=$?; printf "%s %s\n" "$is" "$out"; }
		'"$1"
	equal "$stderr" ''
}

begin='1 butter: pivot_root:'

@test "each reason has its own sentence" {
	there '
		p folder folder
		p / /proc
		p root folder
		p root/folder root/folder/old
		p root/mount root/old
		p none root/old
		p root none
		p root/file root/old
		p root root/file
		mount --make-shared root
		p root root/old
		p root/mount root/mount/old
		mount --make-shared root/mount
		p root/mount root/mount/old'
	equal "$status $output" "0 $begin cannot make 'folder' the root: it is a folder of the present one, and no mount itself (mount --rbind it on itself, or --auto)
$begin cannot make '/' the root: it is that already
$begin cannot put the old root at 'folder': that is in the old root (it has to be in 'root')
$begin cannot make 'root/folder' the root: it is a folder in the mount '$PWD/root', and no mount itself (mount --rbind it on itself, or --auto)
$begin cannot put the old root at 'root/old': that is not in 'root/mount'
$begin cannot enter 'none', which is to be the root: No such file or directory
$begin cannot enter 'none', where the old root is to be: No such file or directory
$begin cannot enter 'root/file', which is to be the root: Not a directory
$begin cannot enter 'root/file', where the old root is to be: Not a directory
$begin cannot put the old root at 'root/old': the mount '$PWD/root' is shared (mount --make-rprivate /, or --auto)
$begin cannot make 'root/mount' the root: it is mounted in '$PWD/root', which is shared (mount --make-rprivate /, or --auto)
$begin cannot put the old root at 'root/mount/old': the mount '$PWD/root/mount' is shared (mount --make-rprivate /, or --auto)"
}

@test "reasons of the present root: a chroot, and what it is mounted in" {
	# Older kernels do not tell of mounts outside of the root.
	need_applet seccomp-exec
	need_tool perl
	export unseen="$BUTTER_SOURCE/tests/enosys.sh statmount,listmount"
	there '
		mount --bind /proc root/proc
		mkdir root/folder/proc root/folder/mount
		cp "$BUTTER" root/folder/butter
		mount --bind /proc root/folder/proc
		mount -t tmpfs none root/folder/mount
		mkdir root/folder/mount/old
		out=$(chroot root/folder /butter pivot_root /mount /mount/old 2>&1) && exit 1
		echo "$out"
		mount --make-shared root
		chroot root/mount true 2>/dev/null || [ $? = 127 ]
		mkdir root/mount/proc root/mount/n
		cp "$BUTTER" root/mount/butter
		mount -t tmpfs none root/mount/n
		mount --make-rprivate root/mount
		mkdir root/mount/n/old
		for with in "" proc; do
			[ ! "$with" ] || mount --bind /proc root/mount/proc
			chroot root/mount /butter pivot_root /n /n/old 2>&1 || :
			$unseen chroot root/mount /butter pivot_root /n /n/old 2>&1 || :
		done
		mount --make-private root
		# A chroot into a mount is as good as any root.
		chroot root /butter pivot_root /mount /mount/old -- /old/butter mountpoint /'
	seen="${begin#1 } cannot leave the root: it is mounted in another mount, which is shared (mount --make-rprivate there)"
	may="${begin#1 } cannot make '/n' the root: Invalid argument (it may be locked by another user namespace, or the root be mounted in a shared mount;"
	without="$may mount /proc to see more, or --auto)" with="$may mount --make-rprivate there, or --auto)"
	has_statmount || seen=
	equal "$status $output" "0 ${begin#1 } cannot leave the root: it is a folder, by chroot(2), and no mount (mount --rbind it on itself before the chroot)
${seen:-$without}
$without
${seen:-$with}
$with
/ is a mountpoint"
}

@test "reasons without rights, and in user namespaces" {
	unprivileged
	namespaces -m
	cd "$(public_folder)" || return
	mkdir root
	capture "${as_nobody[@]}" "$BUTTER" pivot_root / /proc
	failed 1 pivot_root 'cannot change the root: Operation not permitted (needs CAP_SYS_ADMIN; try unshare -Ur -m)'
	"${as_nobody[@]}" unshare -Urm true 2>/dev/null || skip 'no user namespaces here'
	capture "${as_nobody[@]}" unshare -Ur "$BUTTER" pivot_root / /proc
	failed 1 pivot_root "cannot change the root: Operation not permitted (the mount namespace is another user namespace's: unshare -m"
	need_root
	capture "${within[@]}" sh -euc '
		mount -t tmpfs none root
		chmod 755 root
		mkdir root/old
		cp "$BUTTER" root/butter
		"$@" unshare -Urm sh -c '"'"'"$BUTTER" pivot_root "$1" "$1/old" 2>&1; "$BUTTER" pivot_root --auto "$1" -- /butter mountpoint /'"'"' sh "$PWD/root"
		"$@" unshare -Urm sh -c '"'"'mount -t tmpfs none "$1" && mkdir "$1/old" && cp "$BUTTER" "$1/butter" && "$BUTTER" pivot_root "$1" "$1/old" -- /butter mountpoint /old'"'"' sh "$PWD/root"' sh "${as_nobody[@]}"
	equal "$status $stderr" '0 '
	equal "$output" "${begin#1 } cannot make '$PWD/root' the root: it was mounted before the user namespace was made (mount --rbind it on itself here, or --auto)
/ is a mountpoint
/old is a mountpoint"
}

@test "legal forms: PUT_OLD in it, the same, and . ." {
	there '
		unshare -m "$BUTTER" pivot_root root root/old -- /butter mountpoint /old
		unshare -m "$BUTTER" pivot_root root root -- /butter mountpoint /
		cd root
		unshare -m sh -c "\"\$BUTTER\" pivot_root . . && exec /butter mountpoint ."
		# The shell that has called it is in the new root, too.
		unshare -m sh -c "cd /; \"\$BUTTER\" pivot_root \"\$0\" \"\$0/old\"; exec /butter mountpoint /old" "$PWD"'
	equal "$status $output" '0 /old is a mountpoint
/ is a mountpoint
. is a mountpoint
/old is a mountpoint'
}

@test "--auto: a mere folder, shared mounts, the old root gone or kept" {
	there '
		cp "$BUTTER" folder/butter
		mkdir folder/old folder/proc
		unshare -m --propagation shared "$BUTTER" pivot_root --auto folder -- /butter mountpoint /
		unshare -m "$BUTTER" pivot_root --auto folder folder/old -- /butter mountpoint /old
		unshare -m "$BUTTER" pivot_root --auto root -- /butter mountpoint /old || echo "$?"
		unshare -m sh -euc "cd folder; mount --rbind /proc proc; \"\$BUTTER\" pivot_root --auto . -- /butter mountpoint -n /proc"
		unshare -m sh -euc "\"\$BUTTER\" pivot_root --auto folder; exec /butter mountpoint /"
		# Nothing of it is seen here.
		"$BUTTER" mountpoint folder || echo "$?"'
	equal "$status $output" '0 / is a mountpoint
/old is a mountpoint
/old is not a mountpoint
32
proc /proc
/ is a mountpoint
folder is not a mountpoint
32'
}

@test "--auto: a reason is told as it was then, not as it is when all is undone" {
	there '
		mkdir elsewhere
		p --auto folder elsewhere
		"$BUTTER" mountpoint folder || echo "$?"'
	equal "$status $output" "0 $begin cannot put the old root at 'elsewhere': that is in the old root (it has to be in 'folder')
folder is not a mountpoint
32"
}

@test "--auto: what fails leaves the root and NEW_ROOT as they are" {
	need_strace
	there '
		f() { what=$1; shift; is=0; out=$(strace -f -qq -o /dev/null -e inject="$what" "$BUTTER" pivot_root "$@" 2>&1) || is=$?; printf "%s %s\n" "$is" "$out"; }
		f pivot_root:error=ENOMEM --auto folder
		f mount:error=EPERM:when=1 --auto folder
		f mount:error=ENOSPC:when=2 --auto folder
		f pivot_root:error=EIO --auto folder -- /butter
		f chdir:error=EIO:when=1 --auto folder
		f umount2:error=EBUSY --auto none
		p --auto root/file
		"$BUTTER" mountpoint folder || "$BUTTER" mountpoint /proc'
	equal "$status $output" "0 $begin cannot make 'folder' the root: Cannot allocate memory
$begin cannot change the root: Operation not permitted (the mount namespace is another user namespace's: unshare -m; or a seccomp profile forbids it)
$begin cannot mount 'folder' on itself: No space left on device
125 butter: pivot_root: cannot make 'folder' the root: Input/output error
$begin cannot make 'folder' the root: Input/output error
$begin cannot enter 'none', which is to be the root: No such file or directory
$begin cannot enter 'root/file', which is to be the root: Not a directory
folder is not a mountpoint
/proc is a mountpoint"
}

@test "without /proc" {
	there '
		umount -l /proc
		p folder folder
		p root folder
		p root/folder root/folder/old
		unshare -m "$BUTTER" pivot_root --auto root -- /butter mountpoint /'
	equal "$status $output" "0 $begin cannot make 'folder' the root: it is a folder of the present one, and no mount itself (mount --rbind it on itself, or --auto)
$begin cannot put the old root at 'folder': that is in the old root (it has to be in 'root')
$begin cannot make 'root/folder' the root: it is a folder in another mount, and no mount itself (mount --rbind it on itself, or --auto)
/ is a mountpoint"
}

@test "--auto and other reasons: a chroot, what has been deleted, what is the root" {
	there '
		mkdir root/folder/proc
		cp "$BUTTER" root/folder/butter
		mount --bind /proc root/folder/proc
		chroot root/folder /butter pivot_root --auto /old 2>&1 || :
		mkdir gone; cd gone; rmdir ../gone
		p ../root .
		cd ..
		p --auto / -- /butter
		p / /'
	equal "$status $output" "0 ${begin#1 } cannot leave the root: it is a folder, by chroot(2), and no mount (mount --rbind it on itself before the chroot)
$begin cannot enter '.', where the old root is to be: No such file or directory
125 ${begin#1 } cannot make '/' the root: it is that already
$begin cannot make '/' the root: it is that already"
}

@test "the command gets no descriptors but 0 to 2" {
	there '
		mount --bind /proc root/proc
		cp "$(command -v busybox)" root/busybox 2>/dev/null || exit 77
		exec 9</
		unshare -m "$BUTTER" pivot_root --auto root -- /busybox sh -c "[ -e /proc/self/fd/9 ] && echo out || echo none"'
	[ "$status" != 77 ] || skip 'busybox is missing'
	equal "$status $output" '0 none'
}

@test "the command's status is its own" {
	there '
		unshare -m "$BUTTER" pivot_root --auto root -- /butter mountpoint /old || echo "$?"
		unshare -m "$BUTTER" pivot_root --auto root -- /nothing 2>&1 || echo "$?"
		unshare -m "$BUTTER" pivot_root --auto root -- /file 2>&1 || echo "$?"
		p --auto none -- /butter'
	equal "$status $output" "0 /old is not a mountpoint
32
butter: pivot_root: cannot run '/nothing' in the new root: No such file or directory
127
butter: pivot_root: cannot run '/file' in the new root: Permission denied
126
125 butter: pivot_root: cannot enter 'none', which is to be the root: No such file or directory"
}

@test "wrong usage" {
	try pivot_root
	failed 1 pivot_root
	try pivot_root /
	failed 1 pivot_root 'no PUT_OLD is given: where is the old root to be? (--auto takes it away)'
	try pivot_root / / /
	failed 1 pivot_root
	try pivot_root / / --
	failed 1 pivot_root 'missing COMMAND after --'
}

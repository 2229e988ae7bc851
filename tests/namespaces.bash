# SPDX-License-Identifier: MIT
# Commands in namespaces of their own, for tests of what makes or joins those.
# shellcheck disable=SC2034,SC2154 # helper.bash and the tests share these
# shellcheck disable=SC2016 # inner shells expand

# LeakSanitizer needs a /proc that knows it, and nobody else who traces it.
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"

# need_real_root: in a chroot the kernel makes no user namespaces, and mounts do not stop spreading.
need_real_root() {
	[ ! -e /proc/1/root/. ] || [ / -ef /proc/1/root/. ] || skip "this is a chroot"
}

# need_statx: what tells the root of a mount from another folder, by its number on x86-64.
need_statx() {
	[ "$(uname -m)" != x86_64 ] || perl -e 'syscall(332, -1, my $path = "", 0, 0, 0); exit($! == 38)' || skip "no statx here"
}

need_clone3() {
	[[ $("$BUTTER" clone-exec --set-tid 1 true 2>&1) != *'needs clone3'* ]] || skip "no clone3 here"
}

# users: sets the array `own` to what makes namespaces without rights: as root, nothing.
users() {
	own=()
	is_root || { need_userns && own=(-r); }
}

# inside ARGUMENT...: starts it; its command says on descriptor 7 that it is ready.
inside() {
	users
	# A shell ignores these in what it starts in the background.
	start "$BUTTER" signalfd-mask -d INT,QUIT -- "$BUTTER" unshare --keep-fd 7 --keep-fd 8 "${own[@]}" "$@"
}

# A command for it, of a shell, that stays.
lasting='echo >&7; exec "$BUTTER" timerfd-sleep inf'

# box: makes the folder `box`, the root of a container, with butter and busybox in it.
box() {
	need_tool busybox
	need_static
	need_plain_build
	mkdir -p box/{bin,dev,proc,tmp,data}
	cp "$(command -v busybox)" box/bin/busybox
	cp "$BUTTER" box/bin/butter
}

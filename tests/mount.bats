#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Each test mounts in a mount namespace of its own.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2016 # inner shells expand

load helper

setup() {
	trace_tests_only
	need_applet mount
	cd "$BATS_TEST_TMPDIR" || return
	tracer=()
}

# mounts SCRIPT: a shell runs it in a mount namespace of its own, where `m` is butter's mount, traced as `tracer` says, `is
# PATH` prints how what is on top there is mounted, and there are folders a, b, c and a file `file`. `|` stands between
# the options of the mount, the type, the source and the options of the file system.
mounts() {
	namespaces -m --propagation private
	mkdir -p a b c
	[ -e file ] || echo content >file
	# shellcheck disable=SC2046
	capture "${within[@]}" sh -euc '
		m() { '"${tracer[*]@Q}"' "$BUTTER" mount "$@"; }
		s() { m "$@" 2>&1 || echo "$?"; }
		is() {
			awk -v path="$PWD/$1" "\$5 == path {
				line = \$6; for (i = 7; \$i != \"-\"; i++) line = line \" \" \$i
				line = line \"|\" \$(i + 1) \"|\" \$(i + 2) \"|\" \$(i + 3)
			} END { print line }" /proc/self/mountinfo
		}
		'"$1"
}

@test "a file system, with words for the mount, the superblock and itself" {
	mounts 'm -t tmpfs -o size=1m,noexec,nosuid,mode=700 none a; is a
		m -t tmpfs -o ro,nodev,noatime,sync,dirsync,lazytime,mode=700 other b; is b
		m -o rw -t tmpfs -r name c; is c
		m -t tmpfs -o ro=vfs,nodiratime,strictatime,nosymfollow x c; is c
		m -t tmpfs -o ro=fs x c; is c'
	succeeded
	equal "$output" 'rw,nosuid,noexec,relatime|tmpfs|none|rw,size=1024k,mode=700
ro,nodev,noatime|tmpfs|other|ro,sync,dirsync,lazytime,mode=700
ro,relatime|tmpfs|name|ro
ro,nodiratime,nosymfollow|tmpfs|x|rw
rw,relatime|tmpfs|x|ro'
}

@test "of words that exclude each other the last one counts" {
	mounts 'm -t tmpfs -o ro,rw,noexec,exec,suid,nosuid,noatime,strictatime,relatime,sync,async none a; is a
		m -t tmpfs -o defaults,noatime,atime,size=1m,size=2m,,auto,nofail,_netdev,x-a.b=c,X-d,comment=e,mode=700 none a; is a'
	succeeded
	equal "$output" 'rw,nosuid,relatime|tmpfs|none|rw
rw,relatime|tmpfs|none|rw,size=2048k,mode=700'
}

@test "a folder or a file is bound, with what is below or without" {
	mounts 'mkdir a/in; m -t tmpfs none a/in; : >a/in/below; echo x >a/top
		m --bind a b; ls b b/in
		m -R a c; ls c/in
		echo other >b/top; m -B b/top file; cat file
		m -o bind,noexec,nosuid a b; is b | cut -d "|" -f 1'
	succeeded
	equal "$output" 'b:
in
top

b/in:
below
other
rw,nosuid,noexec,relatime' || contains "$output" nosuid
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Mounts are made in private mount namespaces only.
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

# mounted SCRIPT: runs SCRIPT in a mount namespace of its own, where u() does umount and says its messages, without
# `butter: umount: `, and its status, and mounts() what is mounted below the current folder.
mounted() {
	namespaces -m --propagation private
	capture "${tracer[@]}" "${within[@]}" sh -euc '
		here=$PWD
		u() {
			is=0
			"$BUTTER" umount "$@" >out 2>&1 || is=$?
			sed "s|^butter: umount: ||; s|$here/||g" out
			echo "$is"
		}
		mounts() { echo "mounted:" $(grep " $here/" /proc/self/mountinfo | cut -d " " -f 5 | sed "s|$here/||"); }
		'"$1"
	equal "$stderr" ''
}

@test "one target, several, and the status of each mix" {
	mounted '
		mkdir a b c
		mount -t tmpfs n a; mount -t tmpfs n b; mount -t tmpfs n c
		u a
		u a b
		u a nothing
		u c
		mounts'
	equal "$status $output" "0 0
cannot unmount 'a': it is not mounted
64
cannot unmount 'a': it is not mounted
cannot unmount 'nothing': No such file or directory
32
0
mounted:"
}

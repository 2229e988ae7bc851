# SPDX-License-Identifier: MIT
# Mounts, for tests of butter's mount: each test in a mount namespace of its own, whose end unmounts all.
# shellcheck disable=SC2034 # tests read newer
# shellcheck disable=SC2154 # helper.bash sets status, output, within ... and tests tracer and enosys
# shellcheck disable=SC2016 # inner shells expand

# The newer calls, without which mount(2) has to do.
newer=fsopen,fsmount,fspick,open_tree,move_mount,mount_setattr,statmount,listmount

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
			done </proc/self/mountinfo | sed -nE "\$ { s/,(inode64|[ug]id=[0-9]+)//g; p }" # some kernels and namespaces
		}
		'"$1"
}

# each_way SCRIPT EXPECTED: the script does the same with the newer calls, and without them, whatever answers.
each_way() {
	local calls

	mounts "$1"
	succeeded || return 1
	equal "$output" "$2" || return 1
	need_applet seccomp-exec
	for calls in EPERM:fsopen,open_tree move_mount mount_setattr EPERM:mount_setattr "$newer" "EPERM:$newer"; do
		tracer=("$enosys" "$calls")
		mounts "$1"
		{ succeeded && equal "$output" "$2"; } || fails "without $calls" || return 1
	done
	tracer=()
}

# need_newer: the kernel has the calls that nothing else can do.
need_newer() {
	need_tool perl
	namespaces -m
	"${within[@]}" perl -e 'my $type = "tmpfs"; exit(syscall(430, $type, 0) < 0)' || skip "the kernel has no fsopen(2) for us"
}

# without_log: output, without what is quoted from the kernel's log, which not everybody may read, and the file system's
# own words about a disk.
without_log() {
	sed -E 's/; (kernel log|ext4 says|squashfs says): .*( \([^()]*\))$/\2/; s/; kernel log: .*//' <<<"$output"
}

# both_ways SCRIPT EXPECTED [EXPECTED]: what the script prints with the newer calls, and without any of them, by
# without_log.
both_ways() {
	mounts "$1"
	equal "$status$stderr" 0 || return 1
	equal "$(without_log)" "$2" || return 1
	need_applet seccomp-exec
	tracer=("$enosys" "$newer")
	mounts "$1"
	equal "$status$stderr" 0 || return 1
	equal "$(without_log)" "${3:-$2}"
	tracer=()
}

# SPDX-License-Identifier: MIT
# Disks that are files, for tests that mount them: each test in a mount namespace of its own, whose end unmounts all.
# shellcheck disable=SC2154 # helper.bash sets within ...
# shellcheck disable=SC2016 # inner shells expand

# need_loop: files can be disks here.
need_loop() {
	need_root
	need_tool losetup
	need_tool mkfs.ext4
	[ -e /dev/loop-control ] || skip "no /dev/loop-control here"
	losetup -f >/dev/null 2>&1 || skip "no loop devices here"
}

# free_loops: what tests have made disks is none any more, even where they have failed.
free_loops() {
	local device

	for device in $(losetup -n -l -O NAME,BACK-FILE 2>/dev/null | awk -v folder="$BATS_TEST_TMPDIR/" 'index($2, folder) == 1 { print $1 }'); do
		losetup -d "$device"
	done
}

# image TYPE FILE [OPTION...]: makes FILE a disk with such a file system.
image() {
	local type=$1 file=$2

	shift 2
	case $type in
	ext4) truncate -s 8M "$file" && mkfs.ext4 -qF "$@" "$file" ;;
	xfs) truncate -s 320M "$file" && mkfs.xfs -q "$@" "$file" ;;
	btrfs) truncate -s 120M "$file" && mkfs.btrfs -q "$@" "$file" ;;
	vfat) truncate -s 8M "$file" && mkfs.vfat "$@" "$file" ;;
	squashfs) mkdir -p seed && echo seed >seed/file && mksquashfs seed "$file" -quiet -no-progress "$@" ;;
	erofs) mkdir -p seed && echo seed >seed/file && mkfs.erofs "$@" "$file" seed ;;
	esac >/dev/null 2>&1
}

# mounts SCRIPT: a shell runs it in a mount namespace of its own, where `m` is butter's mount, traced as `tracer` says, `s` the
# same with its messages, in which loop devices have no number, and its status. `is PATH` prints whether what is on top there
# is read-only, its type and source; `loops` how many loop devices have files of this test. There are folders a and b.
mounts() {
	namespaces -m --propagation private
	mkdir -p a b
	# shellcheck disable=SC2046
	capture "${within[@]}" sh -euc '
		m() { '"${tracer[*]@Q}"' "$BUTTER" mount "$@"; }
		s() { { m "$@" 2>&1 || echo "$?"; } | sed "s,/dev/loop[0-9][0-9]*,LOOP,g; s,(loop[0-9]*),(LOOP),g"; }
		is() {
			awk -v path="$PWD/$1" "\$5 == path {
				for (i = 7; \$i != \"-\"; i++);
				line = substr(\$6, 1, 2) \" \" \$(i + 1) \" \" \$(i + 2)
			} END { print line }" /proc/self/mountinfo | sed "s,$PWD/,,; s,/dev/loop[0-9]*,LOOP,"
		}
		loops() { losetup -n -l -O BACK-FILE | grep -c "^$PWD/" || true; }
		'"$1"
}

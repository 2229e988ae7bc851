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
		# (It may be free by now: namespaces end a while after their last process.)
		losetup -d "$device" 2>/dev/null || true
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

# partitioned FILE PART: makes FILE a disk with a table of one partition, `a name`, which is a copy of PART.
partitioned() {
	truncate -s "$(($(stat -c %s "$2") + 2097152))" "$1"
	dd if="$2" of="$1" bs=1M seek=1 conv=notrunc status=none
	perl -e '
		use strict;
		my ($file, $size) = @ARGV;
		my $sectors = $size / 512 + 4096;
		my $last = $sectors - 1;
		open my $disk, "+<", $file or die;
		sub put { my ($sector, $bytes) = @_; seek $disk, $sector * 512, 0; print $disk $bytes }
		sub crc {
			my $crc = 0xffffffff;
			for my $byte (unpack "C*", $_[0]) {
				$crc ^= $byte;
				$crc = $crc & 1 ? $crc >> 1 ^ 0xedb88320 : $crc >> 1 for 1 .. 8;
			}
			$crc ^ 0xffffffff;
		}
		my $entries = pack "H32 H32 Q< Q< Q< a72", "af3dc60f838472478e793d69d8477de4", "78563412bc9af0de123456789abcdef0",
			2048, 2047 + $size / 512, 0, join "", map "$_\0", split //, "a name";
		$entries .= "\0" x (128 * 128 - length $entries);
		sub head {
			my ($own, $other, $table) = @_;
			my $head = pack "a8 V V V V Q< Q< Q< Q< a16 Q< V V V", "EFI PART", 0x10000, 92, 0, 0, $own, $other, 34,
				$last - 33, "x" x 16, $table, 128, 128, crc($entries);
			substr $head, 16, 4, pack "V", crc($head);
			$head;
		}
		put 0, "\0" x 446 . pack("C8 V V", 0, 0, 2, 0, 0xee, 255, 255, 255, 1, $last) . "\0" x 48 . "\x55\xaa";
		put 1, head(1, $last, 2);
		put 2, $entries;
		put $last - 32, $entries;
		put $last, head($last, 1, $last - 32)' "$1" "$(stat -c %s "$2")"
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

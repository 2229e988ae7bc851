#!/bin/sh
# SPDX-License-Identifier: MIT
# aio-copy beside others: a large file that is in the page cache and one that is not, trees of small
# files and of mixed ones, reflinks, system calls, and what is left in the page cache. On a tmpfs, where
# BENCH_DIR is and, as root, in images there. BENCH_SIZE is the size of the large file (1 GiB; whole MiB).
if [ ! "${BENCH_INSIDE:-}" ] && [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null; then
	BENCH_INSIDE=1 exec unshare -m --propagation private "$0" "$@"
fi

# shellcheck source=bench/common
. "$(dirname "$0")/common"

if ! ./butter --list | grep -qx aio-copy; then
	printf 'aio-copy is not in this butter.\n\n'
	exit 0
fi
advise busybox:busybox-static rsync:rsync fio:fio
[ ! "${BENCH_INSIDE:-}" ] || advise mkfs.xfs:xfsprogs mkfs.btrfs:btrfs-progs nbdkit:nbdkit nbdfuse:nbdfuse

count=$(rounds 7 1)
size=${BENCH_SIZE:-$(rounds 1073741824 33554432)}
mib=$((size >> 20))
of="$mib MiB ($count rounds)"

# kind FOLDER: of its file system.
kind() {
	df -T "$1" | awk 'END { print $2 ($1 ~ "^/dev/loop" ? " in an image" : "") }'
}

# image TYPE MIB [MKFS-OPTIONS [MOUNT-OPTION]]: mounts a new file system at fs; unmount takes it away.
mkdir fs
# shellcheck disable=SC2154 # common sets places
trap 'umount -l fs 2> /dev/null || :; rm -rf $places' EXIT
image() {
	[ "${BENCH_INSIDE:-}" ] || return 1
	dd if=/dev/null of=image bs=1M seek="$2" 2> /dev/null
	# shellcheck disable=SC2086 # words are words
	"mkfs.$1" -q ${3:-} image > mkfs.log 2>&1 && mount -o "loop${4:+,$4}" image fs 2> mount.log
}
unmount() {
	umount fs
	rm image
}

# first N HEADS: the first N columns as a table, HEADS with bars between.
first() {
	cut -f "1-$1" | {
		IFS='|'
		# shellcheck disable=SC2046 # heads are words now
		table $(printf %s "$2" | cut -d '|' -f "1-$1")
	}
}

# copies DIR: a new folder in DIR for copies. All of them stay: see measure.c.
copies() {
	copies=$(mktemp -d "$1/copies.XXXXXX")
}

# ---- A file

# show N: takes what measure says of copies of a file. Of speed more is better, of CPU time less. "To the
# disk" is until fsync(2) of the copy has come back; fio's figures are its own, without its start.
show() {
	awk -F '\t' -v OFS='\t' -v mib="$mib" '
		function times(one) { return one > 0 ? sprintf("%.2f", 1 / one) : "-" }
		function speed(us) { return us > 0 ? sprintf("%.2f", mib / 1024 / us * 1e6) : "-" }
		function part(us, of) { return of ? sprintf("%.2f", of / us) : "-" }
		{ line[NR] = $0; split($2, is, " ")
		  if ($1 ~ /^ceiling.* both/) both = is[1] + 0
		  else if ($1 ~ /^ceiling/ && is[1] + 0 > slower) slower = is[1] + 0 }
		END {
			for (i = 1; i <= NR; i++) {
				split(line[i], cell, "\t"); split(cell[2], is, " ")
				if (is[1] == "-") { print cell[1], "failed"; continue }
				printf "%s\t%s\t%s\t", cell[1], speed(is[1]), times(is[5])
				if (cell[1] ~ /^ceiling/) { print "-", "-", "-", "-", "-", "-", "-", "-", "-"; continue }
				print sprintf("%.3f", is[3] / 1e6 / mib * 1024), is[7], is[2], speed(is[4]), times(is[8]), is[9], is[10],
					part(is[1], slower), part(is[1], both)
			}
		}' | first "$1" 'program|GiB/s|ratio|CPU s a GiB|ratio|peak kB|GiB/s to the disk|ratio|MiB of it cached|of the copy|of the slower ceiling|of both at once'
}

# hot DIR N
hot() {
	copies "$1"
	begin "A file that is in the page cache, on $(kind "$1"): $of"
	add cp cp "$1/source" @
	add 'dd bs=1M' dd bs=1M "if=$1/source" of=@
	add 'busybox cp' busybox cp "$1/source" @
	add 'rsync -W --inplace' rsync -W --inplace "$1/source" @
	add 'aio-copy' ./butter aio-copy "$1/source" @
	for engine in range uring aio threads read; do
		add "aio-copy --engine $engine" ./butter aio-copy --engine "$engine" "$1/source" @
	done
	take copy "$count" "$1/source" "$copies" hot | show "$2"
}

# What fio has taken for its jobs, in microseconds.
cat > fio-time << END
#!/bin/sh
fio --output-format=terse --terse-version=3 --ioengine=libaio --iodepth=32 --direct=1 --bs=1M --size=$size "\$@" |
	awk -F ';' '{ if (\$9 > most) most = \$9; if (\$50 > most) most = \$50 } END { print most * 1000; exit !most }'
END
chmod +x fio-time
# ceiling NAME JOB...
ceiling() {
	if command -v fio > /dev/null; then
		name=$1
		shift
		add "ceiling: fio $name" ./fio-time "$@"
	else
		printf 'ceiling: fio %s\n' "$1" >> missing
	fi
}

# cold DIR
cold() {
	copies "$1"
	begin "A file that is not in the page cache, on $(kind "$1"): $of"
	add cp cp "$1/source" @
	add 'dd bs=1M, both direct' dd bs=1M iflag=direct oflag=direct "if=$1/source" of=@
	add 'aio-copy' ./butter aio-copy "$1/source" @
	add 'aio-copy --direct' ./butter aio-copy --direct "$1/source" @
	for engine in uring aio threads; do
		for depth in $(rounds '1 2 4 8 16 32' '1 16'); do
			add "aio-copy --direct --engine $engine --queue-depth $depth" \
				./butter aio-copy --direct --engine "$engine" --queue-depth "$depth" "$1/source" @
		done
	done
	reads="--name=reads --rw=read --filename=$1/source" writes='--name=writes --rw=write --filename=@'
	# shellcheck disable=SC2086 # words are words
	{
		ceiling 'reads, direct, depth 32' $reads
		ceiling 'writes, direct, depth 32' $writes
		ceiling 'does both at once' $reads $writes
	}
	take copy "$count" "$1/source" "$copies" cold | show 12
}

# pages DIR CACHE HOW
pages() {
	copies "$1"
	begin "What is left in the page cache, of a file that $3, on $(kind "$1"): $of"
	add cp cp "$1/source" @
	add 'dd bs=1M, both nocache' dd bs=1M iflag=nocache oflag=nocache "if=$1/source" of=@
	add 'dd bs=1M, both nocache, sync' dd bs=1M iflag=nocache oflag=nocache,sync "if=$1/source" of=@
	add 'aio-copy' ./butter aio-copy "$1/source" @
	add 'aio-copy --nocache' ./butter aio-copy --nocache "$1/source" @
	add 'aio-copy --direct' ./butter aio-copy --direct "$1/source" @
	take copy "$count" "$1/source" "$copies" "$2" | show 10
}

# ---- Trees

# tree DIR FILES N WHAT OPTION PEER...: each PEER is its options behind a name of one word.
tree() {
	dir=$1 files=$2 columns=$3 what=$4 option=$5
	shift 5
	copies "${dir%/*}"
	begin "$what, $option, on $(kind "$dir") ($count rounds)"
	for peer; do
		# shellcheck disable=SC2086 # words are words
		add "$peer" $peer "$dir$([ "${peer%% *}" != rsync ] || echo /)" @
	done
	for jobs in 1 2 ''; do
		add "aio-copy $option${jobs:+ --jobs $jobs}" ./butter aio-copy "$option" ${jobs:+--jobs "$jobs"} "$dir" @
	done
	# Those on a tmpfs are removed at once, and all others stay.
	kib=$(du -sk "$dir" | cut -f 1)
	[ "$(kind "$dir")" = tmpfs ] || kib=$((kib * (count + 1) * ($# + 3)))
	if ! room "$dir" "$kib" || ! room . "$kib"; then
		printf 'Left out: %s MiB are not free.\n\n' $((kib >> 10))
		return
	fi
	take copy "$count" "$dir" "$copies" any | awk -F '\t' -v OFS='\t' -v files="$files" '
		function times(one) { return one > 0 ? sprintf("%.2f", 1 / one) : "-" }
		{ split($2, is, " ")
		  if (is[1] == "-") { print $1, "failed"; next }
		  print $1, sprintf("%.0f", is[1] / 1000), times(is[5]), sprintf("%.4f", is[3] / 1000 / files), is[7], is[2],
			sprintf("%.0f", is[4] / 1000), times(is[8]) }' |
		first "$columns" 'program|ms|ratio|CPU s for 1,000 files|ratio|peak kB|ms to the disk|ratio'
}

# trees DIR N
trees() {
	small=$(rounds 20000 2000) mixed=$(rounds 2000 200)
	mkdir "$1/small" "$1/mixed"
	./measure tree "$1/small" $((small / 100)) 100 4096 4096
	./measure tree "$1/mixed" $((mixed / 20)) 20 0 1048576
	for which in small mixed; do
		if [ "$which" = small ]; then
			files=$small what="$files files of 4 KiB, 100 in each folder"
		else
			files=$mixed what="$files files from 0 to 1 MiB, 20 in each folder"
		fi
		tree "$1/$which" "$files" "$2" "$what" -r 'cp -r' 'busybox cp -r'
		tree "$1/$which" "$files" "$2" "$what" -a 'cp -a' 'busybox cp -a' 'rsync -a'
	done
}

# ---- System calls

# calls DIR
calls() {
	files=2000
	copies "$1"
	mkdir "$1/files" "$1/folders"
	./measure tree "$1/files" 20 $((files / 20)) 4096 4096
	./measure tree "$1/folders" 20 0
	begin "System calls for $files files of 4 KiB in 20 folders, on $(kind "$1")"
	for option in -r -a; do
		add "cp $option" cp "$option" "$1/files" @
		add "busybox cp $option" busybox cp "$option" "$1/files" @
		[ "$option" = -r ] || add 'rsync -a' rsync -a "$1/files/" @
		add "aio-copy $option --jobs 1" ./butter aio-copy "$option" --jobs 1 "$1/files" @
		add "aio-copy $option" ./butter aio-copy "$option" "$1/files" @
	done
	take calls "$copies" > all
	words=$(echo "$words" | sed "s:$1/files:$1/folders:g")
	take calls "$copies" | cut -f 2 | paste all - | awk -F '\t' -v OFS='\t' -v files="$files" '
		{ print $1, $2, sprintf("%.2f", $2 / files), $3 == "-" ? "-" : sprintf("%.2f", ($2 - $3) / files) }' |
		table program calls 'a file' 'without those for the folders alone'
}

# ---- Reflinks

# reflinks TYPE
reflinks() {
	begin "Reflinks: a file of $of, on $1 in an image"
	if ! image "$1" $((mib * 2 + 1024)); then
		rm -f image
		printf 'Left out: needs root, a mount namespace of its own and such a file system.\n\n'
		return
	fi
	cat source > fs/source
	copies fs
	add 'cp --reflink=always' cp --reflink=always fs/source @
	add 'aio-copy' ./butter aio-copy fs/source @
	add 'aio-copy --engine reflink' ./butter aio-copy --engine reflink fs/source @
	take copy "$count" fs/source "$copies" any | awk -F '\t' -v OFS='\t' '
		{ split($2, is, " ")
		  if (is[1] == "-") { print $1, "failed"; next }
		  print $1, sprintf("%.2f", is[1] / 1000), (is[5] > 0 ? sprintf("%.2f", 1 / is[5]) : "-"),
			sprintf("%.2f", is[3] / 1000), is[7], is[2], sprintf("%.2f", is[4] / 1000) }' |
		table program ms ratio 'CPU ms' ratio 'peak kB' 'ms to the disk'
	unmount
}

# ---- A disk that answers late

# late MS: as disks behind a network do. The kernel reads ahead as far as it does by default.
late() {
	mib=128
	begin "A file that is not in the page cache, on ext4 on a disk that answers after $1 ms: $mib MiB ($count rounds)"
	if ! { command -v nbdkit && command -v nbdfuse && image ext4 $((mib * 8)); } > /dev/null; then
		rm -f image
		printf 'Left out: needs root, nbdkit, nbdfuse and a mount namespace of its own.\n\n'
		return
	fi
	head -c $((mib << 20)) /dev/urandom > fs/source
	umount fs
	mkdir disk
	nbdfuse disk --command nbdkit -s --filter=delay file image "rdelay=$1ms" > nbd.log 2>&1 &
	until [ -e disk/nbd ] || ! kill -0 $! 2> /dev/null; do sleep 0.1; done
	loop=$(losetup -f --show --direct-io=on disk/nbd)
	echo 128 > "/sys/block/${loop#/dev/}/queue/read_ahead_kb"
	mount "$loop" fs
	copies fs
	add cp cp fs/source @
	add 'dd bs=1M' dd bs=1M if=fs/source of=@
	add 'aio-copy' ./butter aio-copy fs/source @
	for engine in range uring threads read; do
		add "aio-copy --engine $engine" ./butter aio-copy --engine "$engine" fs/source @
	done
	take copy "$count" fs/source "$copies" cold | show 8
	umount fs
	losetup -d "$loop"
	umount disk
	rm -r disk image
}

# ---- All

# The file and a copy of it, and trees.
if memory $((mib * 1024 * 2 + 1048576)); then
	# shellcheck disable=SC2154 # memory has set it
	head -c "$size" /dev/urandom > "$memory/source"
	hot "$memory" 6
	rm "$memory/source"
	trees "$memory" 6
	calls "$memory"
	rm -r "$memory"
else
	printf 'On a tmpfs: left out, /dev/shm has no room.\n\n'
fi

if room . $((mib * 1024 * 4)); then
	head -c "$size" /dev/urandom > source
	hot . 8
	cold .
	pages . cold 'was not in it'
	pages . hot 'was in it'
	reflinks xfs
	reflinks btrfs
else
	printf 'A large file: left out, there is no room for it.\n\n'
fi

# In an image nobody else removes files, and all copies are gone with it.
if image ext4 32768 '-i 8192' noinit_itable; then
	trees fs 8
	calls fs
	unmount
else
	rm -f image
	trees . 8
	calls .
fi

late 2

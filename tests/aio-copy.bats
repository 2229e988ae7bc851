#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# aio-copy: one file, by every engine. BUTTER_LONG=1 kills it more often.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # inner shells expand

load helper

setup() {
	trace_tests_only
	need_applet aio-copy
	cd "$BATS_TEST_TMPDIR" || return
}

engines=(auto range uring aio threads read)

# same FILE OTHER: they have the same bytes.
same() {
	cmp "$1" "$2" || fails "$1 and $2 differ"
}

# nothing_left [FOLDER]: no file under a temporary name is there.
nothing_left() {
	equal "$(find "${1:-.}" -name '.*butter-*')" ''
}

# random FILE SIZE: makes a file in which no two places are alike.
random() {
	head -c "$2" /dev/urandom >"$1"
}

# has_begun: something has been written to what will be `out`, which there is one of already.
has_begun() {
	[ -n "$(find . -name '.out.butter-*' -size +0)" ]
}

# ---- Every byte

@test "each engine copies files of all sizes, of any depth and block size" {
	for size in 0 1 511 4096 262143 262144 262145 3000001; do
		random in "$size"
		for engine in "${engines[@]}"; do
			try aio-copy --engine "$engine" --block-size 64K in out
			succeeded
			same in out
			rm out
			try aio-copy --engine "$engine" --queue-depth 1 in out
			succeeded
			same in out
			try aio-copy --direct --block-size 4096 --queue-depth 32 in "direct"
			succeeded
			same in direct
		done
	done
	nothing_left
}

@test "--direct with each engine that has it: also the rest that is no whole block" {
	random in 1000003
	for engine in auto uring aio threads; do
		for block in 4096 64K 1M; do
			try aio-copy --direct --engine "$engine" --block-size $block in out
			succeeded
			same in out
			rm out
		done
	done
}

@test "--direct: the copy gets its blocks at once, unless somebody may see them, and does without" {
	random in 20000003
	for options in '' '--in-place' '--resume' '--sparse always'; do
		# shellcheck disable=SC2086 # words
		traced fallocate aio-copy --direct $options in out
		succeeded
		same in out
		equal "$(grep -c 'fallocate(.*, 0, 0, 20000003) *= 0' "$trace")" "$([ "$options" ] && echo 0 || echo 1)"
		rm out
	done
	truncate -s 8M holes
	echo end >>holes
	traced fallocate aio-copy --direct holes out
	succeeded
	same holes out
	equal "$(grep fallocate "$trace")" ""
	rm out
	for error in EOPNOTSUPP ENOSYS EPERM EINTR; do
		inject "fallocate:error=$error" aio-copy --direct in out
		succeeded
		same in out
		rm out
	done
	# Some files have less than they say.
	echo small >in
	inject pread64:retval=0 aio-copy --direct in out
	succeeded
	equal "$(stat -c %s out)" 0
}

@test "the way is what was asked for, and --stats tells it" {
	need_tool jq
	random in 5000000
	for pair in range:copy_file_range uring:io_uring aio:native_aio threads:threads read:read_write; do
		try aio-copy --engine "${pair%:*}" --stats --json in out
		equal "$status" 0
		equal "$(jq -r '"\(.event) \(.bytes) \(.way)"' <<<"$stderr")" "copied 5000000 ${pair#*:}" || fails "$pair"
	done
	try aio-copy --stats in out
	matches "$stderr" 'butter: aio-copy: 1 file, 0 left alone, 5000000 bytes, .*'
}

@test "reflink: where the file system has it, at once and not one byte read" {
	need_root
	need_tool mkfs.xfs
	namespaces -m
	truncate -s 400M disk
	mkfs.xfs -q -m reflink=1 disk
	capture "${within[@]}" bash -euc '
		mkdir mnt
		mount -o loop disk mnt || exit 77
		head -c 30000000 /dev/urandom >mnt/in
		for option in "" "--reflink always" "--engine reflink"; do
			"$BUTTER" aio-copy --stats --json $option mnt/in mnt/out 2>&1 | jq -r .way
			cmp mnt/in mnt/out
			rm mnt/out
		done
		"$BUTTER" aio-copy --stats --json --reflink never mnt/in mnt/out 2>&1 | jq -r .reflink
		cmp mnt/in mnt/out'
	[ "$status" != 77 ] || skip "no loop devices here"
	equal "$status $output" '0 reflink
reflink
reflink
0'
	random in 5000
	capture "${within[@]}" bash -c 'mkdir -p tmp && mount -t tmpfs none tmp && cp in tmp && "$BUTTER" aio-copy --reflink always tmp/in tmp/out'
	failed 1 aio-copy "cannot copy 'tmp/in' by reflink: " '(this file system has none)'
}

@test "holes stay holes by each engine; always makes them of zeros, never fills them" {
	truncate -s 30M in
	for at in 0 4096 1000000 20000000; do
		printf data | dd of=in bs=1 seek=$at conv=notrunc status=none
	done
	had=$(du -k in | cut -f 1)
	((had < 200)) || skip "this file system has no holes"
	for engine in "${engines[@]}"; do
		try aio-copy --engine "$engine" in out
		succeeded
		same in out
		(($(du -k out | cut -f 1) <= had + 64)) || fails "$engine: $(du -k out) of $had"
		rm out
	done
	try aio-copy --sparse never in full
	succeeded
	same in full
	(($(du -k full | cut -f 1) >= 30000))
	try aio-copy --sparse always full out
	succeeded
	same in out
	(($(du -k out | cut -f 1) <= had + 64)) || fails "always: $(du -k out) of $had"
}

@test "odd holes: every pattern of data and holes comes out as it was" {
	need_tool perl
	for seed in $(rounds '1 2 3' '1 2 3 4 5 6 7 8 9 10 11 12'); do
		perl -e 'my ($seed) = @ARGV; srand $seed; open F, ">", "in"; truncate F, 10_000_000;
			for (1 .. 40) { seek F, int rand 9_990_000, 0; print F chr(1 + rand 255) x int rand 9000 }' "$seed"
		for engine in "${engines[@]}"; do
			try aio-copy --engine "$engine" --block-size 32K in out
			succeeded
			same in out
			rm out
		done
		try aio-copy --direct in out
		same in out
		try aio-copy --sparse always in out
		same in out
	done
}

@test "files that are made up as they are read, devices, pipes and standard output" {
	try aio-copy /proc/version out
	succeeded
	same /proc/version out
	try aio-copy --length 70000 /dev/zero out
	succeeded
	equal "$(tr -d '\0' <out | wc -c) $(stat -c %s out)" '0 70000'
	numbers in 20000
	capture bash -c 'cat in | "$BUTTER" aio-copy - out && "$BUTTER" aio-copy in - | cmp - in && "$BUTTER" aio-copy - - <in | cmp - in'
	succeeded
	same in out
	try aio-copy in /dev/null
	succeeded
	[ -c /dev/null ]
	try aio-copy in /dev/full
	failed 1 aio-copy "cannot write '/dev/full' at byte 0: No space left on device"
	mkfifo pipe
	capture bash -c 'cat pipe >out & "$BUTTER" aio-copy in pipe; result=$?; wait; exit $result'
	succeeded
	same in out
	[ -p pipe ]
}

@test "parts: --offset and --length of the source, --seek into what is there" {
	numbers in 1000
	for engine in auto uring threads read; do
		try aio-copy --engine $engine --offset 8 --length 16 in out
		succeeded
		equal "$(<out)" $'0000002\n0000003'
		try aio-copy --engine $engine --offset 8 --length 8 --seek 16 in out
		succeeded
		equal "$(<out)" $'0000002\n0000003\n0000002'
		try aio-copy --engine $engine --offset 4 --length 4 --seek 2 in out
		succeeded
		equal "$(<out)" $'00001\n2\n0000003\n0000002'
		try aio-copy --engine $engine --offset 9000 in out
		succeeded
		equal "$(stat -c %s out)" 0
	done
	# The same in place, and as dd does it.
	cp in out
	try aio-copy --in-place --offset 100 --length 200 --seek 300 in out
	succeeded
	cp in wanted
	dd if=in of=wanted bs=1 skip=100 count=200 seek=300 conv=notrunc status=none
	same out wanted
}

@test "behind the end of the source there is nothing, and what is there keeps its size, with each engine" {
	numbers in 1000
	for engine in "${engines[@]}"; do
		try aio-copy --engine "$engine" --offset 100000 --seek 4096 in "$engine"
		succeeded
		equal "$engine $(stat -c %s "$engine")" "$engine 0"
		try aio-copy --in-place --engine "$engine" --offset 8000 --seek 16000 in "$engine"
		succeeded
		equal "$engine $(stat -c %s "$engine")" "$engine 0"
	done
}

# ---- The name stands for a whole file

@test "what is there keeps mode, owner and attributes, and is another file then" {
	numbers in 100
	echo old >out
	chmod 640 out
	before=$(stat -c %i out)
	if is_root; then chown 12:34 out; fi
	owner=$(stat -c %u:%g out)
	perl -e 'exit syscall(188, "out", "user.kept", "value", 5, 0)' && has_attributes=yes || has_attributes=
	try aio-copy in out
	succeeded
	same in out
	equal "$(stat -c '%a %u:%g' out)" "640 $owner"
	[ "$(stat -c %i out)" != "$before" ]
	if [ "$has_attributes" ]; then
		equal "$(perl -e 'my $value = "\0" x 9; my $size = syscall(191, "out", "user.kept", $value, 9); print substr $value, 0, $size')" value
	fi
	nothing_left
}

@test "a new file has the mode of the source, without what umask takes and without rights to run as another" {
	numbers in 10
	chmod 6755 in
	capture bash -c 'umask 027; "$BUTTER" aio-copy in out'
	succeeded
	equal "$(stat -c %a out)" 750
	try aio-copy -p in kept
	succeeded
	equal "$(stat -c '%a %Y' kept)" "$(stat -c '%a %Y' in)"
}

@test "-p keeps times, owner and an access control list" {
	numbers in 10
	touch -d '2001-02-03 04:05:06.123456789' in
	chmod 4711 in
	if is_root; then
		chown 12:34 in
		chmod 4711 in
	fi
	# user::rw-, user:65534:r--, group::---, mask::r--, other::---
	# By setxattr(2) of x86_64, whose arguments perl wants to be variables.
	list=
	[ "$(uname -m)" != x86_64 ] \
		|| ! perl -e 'my ($file, $name) = ("in", "system.posix_acl_access");
			my $list = pack "L(SSl)5", 2, 1, 6, -1, 2, 4, 65534, 4, 0, -1, 16, 4, -1, 32, 0, -1;
			exit(syscall(188, $file, $name, $list, length $list, 0) != 0)' || list=yes
	list_of() {
		perl -e 'my ($file, $name, $value) = (@ARGV, "system.posix_acl_access", "\0" x 99);
			print syscall(191, $file, $name, $value, 99), " ", unpack "H*", $value' "$1"
	}
	[ -z "$list" ] || matches "$(list_of in)" '44 02.*'
	for out in new there; do
		[ $out = new ] || echo old >there
		try aio-copy -p in $out
		succeeded
		same in $out
		equal "$(stat -c '%a %u:%g %y' $out)" "$(stat -c '%a %u:%g %y' in)"
		[ -z "$list" ] || equal "$(list_of $out)" "$(list_of in)"
	done
}

@test "a link is followed at both ends, and what it leads to is replaced" {
	numbers in 10
	mkdir real
	echo old >real/file
	ln -s real/file link
	ln -s in source
	try aio-copy source link
	succeeded
	[ -L link ]
	[ ! -L real/file ]
	same in real/file
	ln -s nowhere dangling
	try aio-copy in dangling
	failed 1 aio-copy "cannot write 'dangling': No such file or directory"
	[ ! -e nowhere ]
}

@test "-f replaces what cannot be written in place" {
	numbers in 3
	cp "$(command -v sleep)" program
	chmod 711 program
	./program 100 &
	pid=$!
	until [ "$(readlink "/proc/$pid/exe")" = "$PWD/program" ]; do :; done
	try aio-copy --in-place in program
	failed 1 aio-copy "cannot write 'program': Text file busy (it runs: --force replaces it)"
	try aio-copy --in-place -f in program
	kill "$pid"
	succeeded
	cmp in program
	equal "$(stat -c %a program)" 711
	try aio-copy -f in program
	succeeded
	try aio-copy -f --seek 1 in program
	failed 1 aio-copy '--force goes without --seek'
}

@test "what cannot be replaced is refused with a hint, and --in-place writes it" {
	numbers in 1000
	echo old >out
	ln out other
	try aio-copy in out
	failed 1 aio-copy "cannot replace 'out': it has other names (--in-place writes to all of them)"
	equal "$(<out)" old
	try aio-copy --in-place in out
	succeeded
	same in other
	need_root
	namespaces -m
	rm other
	capture "${within[@]}" bash -c ': >file && : >mounted && echo old >mounted && mount --bind mounted file && "$BUTTER" aio-copy in file
		result=$?; cat file; "$BUTTER" aio-copy --in-place in file && cmp in file; exit $result'
	equal "$status $output" '1 old'
	contains "$stderr" "cannot replace 'file': it is a mount point (--in-place writes into it)"
}

@test "a folder in which nothing can be made: the file itself can be written" {
	unprivileged
	public=$(public_folder)
	mkdir "$public/shut"
	echo old >"$public/shut/out"
	numbers "$public/in" 10
	chmod 666 "$public/shut/out"
	chmod 555 "$public/shut"
	try_as_nobody aio-copy "$public/in" "$public/shut/out"
	failed 1 aio-copy "cannot replace '$public/shut/out': nothing can be made in its folder (--in-place writes into the file)"
	try_as_nobody aio-copy --in-place "$public/in" "$public/shut/out"
	succeeded
	same "$public/in" "$public/shut/out"
	try_as_nobody aio-copy "$public/in" "$public/shut/new"
	failed 1 aio-copy "cannot write '$public/shut/new': Permission denied"
	chmod 755 "$public/shut"
	# Another's file, in a folder of one's own.
	need_root
	mkdir "$public/own"
	chown 65534 "$public/own"
	echo old >"$public/own/out"
	chmod 666 "$public/own/out"
	try_as_nobody aio-copy "$public/in" "$public/own/out"
	failed 1 aio-copy "cannot replace '$public/own/out': a new file cannot get its owner and group (--in-place writes into the file)"
	equal "$(<"$public/own/out")" old
	nothing_left "$public"
	chmod 644 "$public/own/out"
	try_as_nobody aio-copy --in-place -f "$public/in" "$public/own/out"
	failed 1 aio-copy "cannot replace '$public/own/out': a new file cannot get its owner and group"
	chmod 666 "$public/own/out"
	try_as_nobody aio-copy --in-place "$public/in" "$public/own/out"
	succeeded
	same "$public/in" "$public/own/out"
	# One's own, that one may not read.
	rm "$public/own/out"
	capture "${as_nobody[@]}" bash -c 'echo old >"$1"; chmod 200 "$1"; "$BUTTER" aio-copy "$0" "$1"' "$public/in" "$public/own/out"
	failed 1 aio-copy "cannot keep what '$public/own/out' has besides its content: Permission denied (--in-place writes into the file)"
	equal "$(<"$public/own/out")" old
	# A new one.
	try_as_nobody aio-copy --in-place "$public/in" "$public/shut/new"
	failed 1 aio-copy "cannot write '$public/shut/new': Permission denied"
}

@test "a DEST that is empty, as a variable that is not set, is no folder" {
	mkdir in here
	echo new >in/f
	echo precious >here/f
	for arguments in in/. in '-T in' in/f; do
		# shellcheck disable=SC2086 # words
		capture bash -c 'cd here && exec "$BUTTER" aio-copy -a "${@/in/../in}" ""' bash $arguments
		failed 1 aio-copy "DEST is an empty name: is a variable not set? (see 'butter aio-copy --help')"
	done
	equal "$(ls here) $(<here/f)" "f precious"
}

@test "where nothing can be made, as in /proc, is written by --in-place" {
	need_root
	echo "$(</proc/sys/kernel/printk_delay)" >in
	try aio-copy in /proc/sys/kernel/printk_delay
	failed 1 aio-copy "cannot write '/proc/sys/kernel/printk_delay': No such file or directory (nothing can be made in its folder: --in-place)"
	try aio-copy --in-place in /proc/sys/kernel/printk_delay
	succeeded
}

@test "where there is no memory for many requests at once, one after the other copies" {
	need_plain_build
	random in 3000000
	capture bash -c 'ulimit -v 12000; "$BUTTER" aio-copy --direct --stats in out'
	equal "$status" 0
	contains "$stderr" "read_write"
	same in out
	capture bash -c 'ulimit -v 12000; "$BUTTER" aio-copy --engine threads in out2'
	failed 1 aio-copy "cannot copy 'in' by threads: Cannot allocate memory"
	[ ! -e out2 ]
}

@test "a copy that lacks an attribute only is counted and shown" {
	echo content >in
	inject utimensat:error=EPERM aio-copy -pv --stats in out
	equal "$status $output" "1 'in' -> 'out'"
	contains "$stderr" "cannot give 'out' the times of 'in': Operation not permitted"
	contains "$stderr" "1 file,"
}


@test "the same file by another name is left alone" {
	numbers in 10
	cp in wanted
	ln in link
	ln -s in soft
	for out in in link soft ./in; do
		for option in '' --in-place '--offset 4'; do
			# shellcheck disable=SC2086 # two words
			try aio-copy $option in $out
			failed 1 aio-copy "are the same"
			same in wanted
		done
	done
	need_root
	namespaces -m
	capture "${within[@]}" bash -c ': >bound && mount --bind in bound && "$BUTTER" aio-copy --in-place in bound'
	failed 1 aio-copy "'in' and 'bound' are the same"
	same in wanted
}

@test "-n leaves what is there, -u what is not older" {
	numbers in 10
	echo old >out
	try aio-copy -n in out
	succeeded
	equal "$(<out)" old
	try aio-copy -n in new
	succeeded
	same in new
	touch -d '2020-01-01' in
	try aio-copy -u in out
	succeeded
	equal "$(<out)" old
	touch -d '2019-01-01' out
	try aio-copy -u in out
	succeeded
	same in out
}

@test "into a folder, by its name, by -t, and never with -T" {
	numbers a 10
	numbers b 20
	mkdir folder
	try aio-copy a b folder
	succeeded
	same a folder/a
	same b folder/b
	rm folder/*
	try aio-copy -t folder a ./b
	succeeded
	same b folder/b
	try aio-copy -T a folder
	failed 1 aio-copy "cannot replace 'folder': it is a folder, and 'a' is none"
	try aio-copy a b nothing
	failed 1 aio-copy "'nothing' is no folder for several SOURCEs"
	try aio-copy a nothing/
	failed 1 aio-copy "cannot write 'nothing/': "
	try aio-copy folder x
	failed 1 aio-copy "'folder' is a folder (--recursive copies it)"
	try aio-copy missing a folder
	equal "$status" 1
	contains "$stderr" "cannot open 'missing': No such file or directory"
	same a folder/a
	try aio-copy - folder
	failed 1 aio-copy "standard input has no name"
}

@test "hostile names: newlines, escapes, dashes, and as long as they can be" {
	numbers in 10
	mkdir folder
	long=$(printf '%0255d' 7)
	for name in $'new\nline' $'\e[31mred' '-n' ' ' '*' $'\xff\xfe' "$long" '..x' '.out.butter'; do
		cp in ./"$name"
		try aio-copy -- ./"$name" folder
		succeeded
		same in folder/"$name"
		try aio-copy in folder/"$name"
		succeeded
	done
	try aio-copy in "$(printf '%0256d' 7)"
	failed 1 aio-copy "File name too long"
	try aio-copy $'nothing\n\e[31m' out
	failed 1 aio-copy "cannot open 'nothing\\012\\033[31m'"
	nothing_left
}

# ---- Faults

@test "faults: what is not to be had at first changes nothing" {
	need_strace
	random in 5000000
	for call in ioctl copy_file_range io_uring_setup io_setup statx fadvise64; do
		for error in ENOSYS EPERM EINVAL EMFILE EXDEV EOPNOTSUPP; do
			for option in '' --direct --nocache; do
				# shellcheck disable=SC2086 # none is none
				inject "$call:error=$error" aio-copy $option in out
				succeeded
				same in out
				rm out
			done
		done
	done
}

@test "faults: an engine that was asked for by name says why it cannot" {
	need_strace
	random in 100000
	echo old >out
	inject io_uring_setup:error=EPERM aio-copy --engine uring in out
	failed 1 aio-copy "cannot copy 'in' by io_uring: Operation not permitted (kernel.io_uring_disabled or a container's seccomp profile forbids it)"
	inject io_uring_setup:error=ENOSYS aio-copy --engine uring in out
	failed 1 aio-copy "cannot copy 'in' by io_uring: Function not implemented (this kernel has no io_uring)"
	inject io_setup:error=EAGAIN aio-copy --engine aio in out
	failed 1 aio-copy "cannot copy 'in' by native_aio: Resource temporarily unavailable (raise fs.aio-max-nr)"
	inject copy_file_range:error=EXDEV aio-copy --engine range in out
	failed 1 aio-copy "cannot copy 'in' by copy_file_range: "
	equal "$(<out)" old
	nothing_left
}

@test "faults: later errors name the side and the place, and what was there is there" {
	need_strace
	random in 3000000
	echo old >out
	for error in EIO ENOSPC EDQUOT EFBIG; do
		inject "pwrite64:error=$error:when=3" aio-copy --engine read in out
		failed 1 aio-copy "cannot write 'out' at byte 524288: "
		inject "copy_file_range:error=$error:when=2" aio-copy --rate 40M --engine range in out
		failed 1 aio-copy "cannot write 'out' at byte "
		inject "fsync:error=$error" aio-copy --sync in out
		failed 1 aio-copy "cannot write 'out': "
		equal "$(<out)" old
		nothing_left
	done
	inject pread64:error=EIO:when=2 aio-copy --engine read in out
	failed 1 aio-copy "cannot read 'in' at byte 262144: Input/output error"
	equal "$(<out)" old
	inject 'renameat:error=ENOSPC renameat2:error=ENOSPC' aio-copy in out
	failed 1 aio-copy "cannot write 'out': No space left on device"
	equal "$(<out)" old
	nothing_left
}

@test "a full disk and a file size limit: what was there is there, with every engine" {
	need_root
	namespaces -m
	random in 3000000
	for engine in "${engines[@]}"; do
		capture "${within[@]}" bash -c 'mkdir -p disk && mount -t tmpfs -o size=1m none disk && echo old >disk/out && "$BUTTER" aio-copy --engine '"$engine"' in disk/out
			result=$?; cat disk/out; ls -A disk; exit $result'
		[ "$engine" = range ] || contains "$stderr" "cannot write 'disk/out' at byte "
		equal "$status $output" $'1 old\nout' || fails "$engine"
		echo old >out
		capture bash -c 'ulimit -f 1000; exec "$BUTTER" aio-copy --engine '"$engine"' in out'
		failed 1 aio-copy "cannot write 'out' at byte " 'File too large'
		equal "$(<out)" old
		nothing_left
	done
}

@test "kill -9 at any moment leaves the old file or the new one" {
	need_tool perl
	head -c 20000000 /dev/zero | tr '\0' 1 >a
	head -c 20000000 /dev/zero | tr '\0' 2 >b
	cp a out
	for ((round = 0; round < $(rounds 40 200); round++)); do
		read -r engine <<<"$(shuf -n 1 -e "${engines[@]}")"
		source=a
		((round % 2)) && source=b
		"$BUTTER" aio-copy --engine "$engine" $source out 3>&- 4>&- &
		perl -e 'select undef, undef, undef, rand 0.02'
		kill -KILL $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		cmp -s out a || cmp -s out b || fails "round $round: a mix"
		rm -f .out.butter-*
	done
}

@test "signals that ask to end remove what is not whole, and end it" {
	head -c 20000000 /dev/zero >in
	echo old >out
	for signal in HUP INT QUIT TERM; do
		for engine in auto uring threads aio read; do
			launch env --default-signal "$BUTTER" aio-copy --rate 5M --engine $engine in out
			await has_begun
			kill -$signal "$pid"
			finish
			equal "$status" $((128 + $(kill -l $signal)))
			equal "$(<out)" old
			nothing_left
		done
	done
}

# ---- What changes meanwhile; what was written

@test "a source that is cut, grows or is replaced while it is copied" {
	for engine in auto uring threads read; do
		numbers whole 2500000
		cp whole in
		echo old >out
		launch "$BUTTER" aio-copy --rate 4M --engine $engine in out
		await has_begun
		truncate -s 10M in
		finish
		# What it would be is neither the old source nor the new one.
		equal "$status $stderr" "1 butter: aio-copy: 'in' got shorter while it was copied"
		equal "$(<out)" old
		nothing_left
		launch "$BUTTER" aio-copy --rate 15M --engine $engine in out
		await has_begun
		printf more >>in
		finish
		succeeded
		same in out || fails $engine
	done
	cp in before
	launch "$BUTTER" aio-copy --rate 30M in out
	await has_begun
	echo other >new
	mv new in
	finish
	succeeded
	same before out
}

@test "--verify finds one byte that is not what it should be" {
	need_strace
	random in 3000000
	try aio-copy --verify in out
	succeeded
	# A disk that says that it has written, and has not.
	injecting pwrite64:retval=262144:when=3
	capture "${tracer[@]}" "$BUTTER" aio-copy --verify --engine read in out
	failed 1 aio-copy "'out' is not what was copied: byte 524288 differs"
	same in out
	capture "${tracer[@]}" "$BUTTER" aio-copy --engine read in out
	succeeded
	! cmp -s in out || fails "the disk was right"
}

@test "--nocache leaves the page cache as it was" {
	need_root
	need_tool fincore
	random in 40000000
	sync in
	namespaces -m
	capture "${within[@]}" bash -euc '
		truncate -s 200M disk
		mkfs.ext4 -q disk
		mkdir mnt
		mount -o loop disk mnt || exit 77
		cp in mnt/in
		sync
		cached() { fincore -nbo RES "$1"; }
		drop() { dd if="$1" iflag=nocache count=0 status=none; }
		drop mnt/in
		"$BUTTER" aio-copy --nocache mnt/in mnt/out
		echo "$(($(cached mnt/in) < 9000000)) $(($(cached mnt/out) < 9000000))"
		cat mnt/in >/dev/null
		before=$(cached mnt/in)
		"$BUTTER" aio-copy --nocache mnt/in mnt/out2
		echo "$(($(cached mnt/in) == before)) $(($(cached mnt/out2) < 9000000))"
		cmp mnt/in mnt/out
		cmp mnt/in mnt/out2
		# Pages can be large ones, which lie over the begin of what is copied.
		drop mnt/in
		"$BUTTER" aio-copy --nocache --engine read --offset 20000000 mnt/in mnt/out4
		echo $(cached mnt/in)
		# Nor do streams leave anything.
		drop mnt/in
		"$BUTTER" aio-copy --nocache --offset 10M mnt/in - | cmp - <(tail -c +$((10 * 1024 * 1024 + 1)) in)
		echo $(cached mnt/in)
		"$BUTTER" aio-copy --nocache - mnt/out3 <mnt/in
		echo $(cached mnt/in) $(($(cached mnt/out3) < 9000000))
		cmp mnt/in mnt/out3'
	[ "$status" != 77 ] || skip "no loop devices here"
	equal "$status $output" $'0 1 1\n1 1\n0\n0\n0 1'
}

@test "process 1 of a container is ended by SIGTERM and SIGINT" {
	copies_as_init aio-copy - -
}

@test "standard output is written from where it stands on, also with holes and an empty cache" {
	head -c 100000 /dev/zero >in
	random rest 50001
	cat rest >>in
	random old 300000
	{ echo first; cat in; echo last; } >expected
	{ cat old in; echo last; } >appended
	{ head -c 7 old; cat in; tail -c +150009 old; } >written
	for option in '' --nocache '--sparse always' '--sparse never' '--nocache --sparse always'; do
		for source in in '- <in' '- < <(cat in)'; do
			capture bash -euc "{ echo first; \"\$BUTTER\" aio-copy $option $source -; echo last; } >out"
			succeeded
			same expected out
			cp old out
			capture bash -euc "{ \"\$BUTTER\" aio-copy $option $source -; echo last; } >>out"
			succeeded
			same appended out
			cp old out
			capture bash -euc "exec 3<>out; dd bs=1 count=7 status=none <&3 >/dev/null
				\"\$BUTTER\" aio-copy $option $source - >&3"
			succeeded
			same written out
		done
	done
}

# ---- Usage

@test "wrong usage is one line with what to do" {
	numbers in 1
	for arguments in '' in '-t folder' '-n -u in out' '-t . -T in' '-T in in out' '--engine fast in out' \
		'--queue-depth 0 in out' '--queue-depth 5000 in out' '--block-size 100 in out' '--reflink always --engine read in out' \
		'--sparse always --engine uring in out' '--reflink always --sparse always in out' '--reflink always --sparse never in out' \
		'--direct --engine range in out' '--direct --engine read in out' '--json in out' '--sparse maybe in out'; do
		# shellcheck disable=SC2086 # words
		try aio-copy $arguments
		misused aio-copy
		[ ! -e out ]
	done
}

# ---- What was wrong once

@test "standard input and output are taken where they stand, and >> appends" {
	numbers in 1000
	capture bash -c '{ head -c 0; dd bs=1 count=80 of=/dev/null status=none; "$BUTTER" aio-copy - out; } <in'
	succeeded
	cmp out <(tail -c +81 in)
	echo begin >out
	capture bash -c '"$BUTTER" aio-copy in - >>out'
	succeeded
	cmp out <(echo begin; cat in)
	for name in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
		capture bash -c '{ echo begin; "$BUTTER" aio-copy in '"$name"'; } >out'
		succeeded
		cmp out <(echo begin; cat in)
	done
	capture bash -c '"$BUTTER" aio-copy - - <in >>in'
	failed 1 aio-copy "are the same"
	cmp in <(seq -f %07.0f 1000)
}

@test "--seek with holes: zeros, where the old file had bytes; a part with --reflink is refused" {
	truncate -s 100K in
	echo end >>in
	head -c 200K /dev/zero | tr '\0' x >out
	cp out expected
	dd if=in of=expected bs=1K seek=50 conv=notrunc status=none
	for options in '' '--sparse always' --in-place '--engine uring'; do
		head -c 200K /dev/zero | tr '\0' x >out
		# shellcheck disable=SC2086 # words
		try aio-copy $options --seek 50K in out
		succeeded
		same out expected
	done
	try aio-copy --reflink always --length 10K in out2
	failed 1 aio-copy "cannot copy 'in' by reflink: "
	[ ! -e out2 ]
}

@test "two SOURCEs of one name: the second one is told, and not copied" {
	mkdir a b to
	echo 1 >a/file
	echo 2 >b/file
	try aio-copy a/file b/file to
	failed 1 aio-copy "'to/file' has just been made of another SOURCE: 'b/file' is not copied"
	equal "$(<to/file)" 1
	# Patterns of a shell may name one twice.
	for option in --sync -a; do
		try aio-copy $option a/file a/f* to
		equal "$status $stderr" "0 butter: aio-copy: 'a/file' is named more than once"
		equal "$(<to/file)" 1
	done
}

@test "an engine that refuses has emptied nothing in place" {
	need_strace
	numbers in 1000
	for fault in 'io_uring_setup:error=EPERM uring' 'io_setup:error=ENOSYS aio' 'copy_file_range:error=EXDEV range' 'ioctl:error=EOPNOTSUPP reflink'; do
		echo old >out
		inject "${fault% *}" aio-copy --in-place --engine "${fault#* }" in out
		failed 1 aio-copy "cannot copy 'in' by "
		equal "$(<out)" old
	done
	# It has the end of what is copied.
	head -c 100K /dev/zero >out
	try aio-copy --in-place in out
	succeeded
	same in out
}

@test "an engine that ceases to answer is an error, and no loop" {
	need_strace
	random in 30000000
	for fault in 'io_uring_enter:error=EIO:when=100+ uring' 'io_getevents:error=EIO:when=20+ aio'; do
		inject "${fault% *}" aio-copy --direct --block-size 64K --engine "${fault#* }" in out
		failed 1 aio-copy "at byte "
		[ ! -e out ]
	done
	inject io_uring_enter:error=EPERM aio-copy --engine uring in out
	failed 1 aio-copy "cannot copy 'in' by io_uring"
	nothing_left
}

@test "from a pipe: holes, an empty cache, and what cannot be done with it" {
	head -c 1000000 /dev/zero >in
	echo end >>in
	capture bash -c 'cat in | "$BUTTER" aio-copy --sparse always - out'
	succeeded
	same in out
	[ "$(stat -c %b out)" -lt 100 ]
	capture bash -c 'cat in | "$BUTTER" aio-copy --nocache - out'
	succeeded
	same in out
	capture bash -c 'cat in | "$BUTTER" aio-copy --verify - out2'
	failed 1 aio-copy "--verify: '-' cannot be read again"
	capture bash -c 'cat in | "$BUTTER" aio-copy --engine uring - out2'
	failed 1 aio-copy "cannot copy '-' by io_uring: Illegal seek (it is for files and disks)"
	[ ! -e out2 ]
	try aio-copy --verify in /dev/null
	failed 1 aio-copy "--verify: '/dev/null' cannot be read again"
}

@test "disks are files for every engine, on both sides" {
	random in 3000000
	truncate -s 4M image
	for engine in "${engines[@]}"; do
		looped image bash -c '"$BUTTER" aio-copy --verify --engine '"${engine/range/auto}"' in "$DISK" && "$BUTTER" aio-copy --engine '"${engine/range/auto}"' --length 3000000 "$DISK" out'
		succeeded
		same in out
		rm out
	done
	for engine in uring threads; do
		looped image bash -c '"$BUTTER" aio-copy --direct --engine '"$engine"' "$DISK" out'
		succeeded
		same image out
	done
}

@test "what was there is secret as long as the copy is being made, and keeps no capabilities" {
	echo old >out
	chmod 600 out
	random in 10000000
	chmod 644 in
	launch "$BUTTER" aio-copy --rate 10M in out
	await has_begun
	equal "$(stat -c %a .out.butter-*)" 600
	finish
	equal "$status$(stat -c %a out)" 0600
	mkdir folder
	head -c 10000000 in >folder/in
	launch "$BUTTER" aio-copy -p --rate 10M in folder/new
	# It has no name yet.
	unnamed() { find "/proc/$pid/fd" -lname '*/folder/*deleted*' -printf '%f\n'; }
	await eval '[ -n "$(unnamed)" ]'
	equal "$(stat -L -c %a "/proc/$pid/fd/$(unnamed)") $(ls -A folder)" '600 in'
	finish
	equal "$status$(stat -c %a folder/new)" 0644
}

@test "pages that others have in the page cache stay there" {
	need_tool fincore
	head -c 64M /dev/zero >in
	sync in
	mkdir disk
	equal "$(df --output=fstype . | tail -n 1 | grep -c tmpfs)" 0 || skip "here all is in the page cache"
	perl -e 'open my $f, "<", "in"; syscall 221, fileno $f, 0, 0, 4; sysseek $f, 20 << 20, 0; sysread $f, my $bytes, 4 << 20'
	[ "$(uname -m)" = x86_64 ] || skip "the number of fadvise64 is that of x86_64"
	before=$(fincore -bno RES in)
	[ "$before" -ge $((4 << 20)) ]
	try aio-copy --nocache in out
	succeeded
	after=$(fincore -bno RES in)
	[ "$after" -ge $((4 << 20)) ] && [ "$after" -le $((before + (16 << 20))) ]
	[ "$(fincore -bno RES out)" -le $((1 << 20)) ]
}

@test "a large file that is not in the page cache: many requests at once where the disk has to be waited for again and again" {
	need_tool fincore
	need_tool jq
	equal "$(df --output=fstype . | tail -n 1 | grep -c tmpfs)" 0 || skip "here all is in the page cache"
	random in 30000000
	sync
	inject copy_file_range:delay_exit=60000 aio-copy --stats --json in out
	equal "$status" 0
	equal "$(jq -r '"\(.way) \(.copy_file_range)"' <<<"$stderr")" "copy_file_range 30000000"
	same in out
	rm out
	dd if=in iflag=nocache count=0 status=none
	equal "$(($(fincore -nbo RES in)))" 0 || skip "the page cache cannot be emptied here"
	inject copy_file_range:delay_exit=60000 aio-copy --stats --json in out
	equal "$status" 0
	equal "$(jq '.copy_file_range, .io_uring + .native_aio + .threads + .read_write' <<<"$stderr")" $'12582912\n17417088'
	matches "$(jq -r .way <<<"$stderr")" "io_uring|threads"
	same in out
	# Once, or twice, is no slow disk.
	for when in 1 2..3; do
		rm out
		dd if=in iflag=nocache count=0 status=none
		inject copy_file_range:delay_exit=60000:when="$when" aio-copy --stats --json in out
		equal "$status" 0
		equal "$when $(jq .copy_file_range <<<"$stderr")" "$when 30000000"
	done
}

@test "a large file that is not in the page cache: what --rate waits is not for the disk" {
	need_tool fincore
	need_tool jq
	equal "$(df --output=fstype . | tail -n 1 | grep -c tmpfs)" 0 || skip "here all is in the page cache"
	random in 5000000
	sync in
	dd if=in iflag=nocache count=0 status=none
	equal "$(($(fincore -nbo RES in)))" 0 || skip "the page cache cannot be emptied here"
	try aio-copy --rate 10M --stats --json in out
	equal "$status" 0
	equal "$(jq .copy_file_range <<<"$stderr")" 5000000
	same in out
}

@test "--nocache: nor does what is compared stay in the page cache" {
	need_tool fincore
	equal "$(df --output=fstype . | tail -n 1 | grep -c tmpfs)" 0 || skip "here all is in the page cache"
	random in 3000000
	cp -p in same
	tr a b <in >other
	head -c 2000000 in >.new.butter-part
	chmod 600 .new.butter-part
	sync
	cached() { echo $(($(fincore -nbo RES "$1"))); }
	drop() { dd if="$1" iflag=nocache count=0 status=none; }
	for arguments in '--verify in out' '--checksum in same' '--checksum in other' '--resume --checksum in new'; do
		target=${arguments##* }
		for file in in $target .new.butter-part; do
			[ ! -e "$file" ] || drop "$file"
		done
		equal "$(cached in)" 0 || skip "the page cache cannot be emptied here"
		# shellcheck disable=SC2086 # words
		try aio-copy --nocache $arguments
		succeeded
		equal "$arguments $(cached in) $(cached "$target")" "$arguments 0 0"
		same in "$target"
	done
	# What was there before stays.
	before=$(cached in)
	((before >= 3000000))
	try aio-copy --nocache --verify in out
	succeeded
	equal "$(cached in)" "$before"
}

@test "--nocache and --verify cost nothing for a hole, and --verify finds what is in none" {
	need_plain_build
	need_strace
	truncate -s 4T in 2>/dev/null || skip "no files so large here"
	printf x | dd of=in bs=1 seek=1T conv=notrunc status=none
	[ "$(du -k in | cut -f 1)" -lt 100 ] || skip "this file system has no holes"
	for option in --nocache --verify --checksum; do
		LIMIT=20 capture bash -c 'ulimit -v 100000; exec "$BUTTER" aio-copy '$option' in out'
		succeeded
	done
	equal "$(stat -c %s out) $(dd if=out bs=1 skip=1T count=1 status=none)" "$(stat -c %s in) x"
	LIMIT=20 inject pwrite64:retval=4096:when=1 aio-copy --engine read --verify in out2
	failed 1 aio-copy "'out2' is not what was copied: byte 1099511627776 differs"
}

@test "SIGUSR1 before anything is copied is answered then" {
	need_strace
	numbers in 1000
	inject umask:signal=USR1:when=1 aio-copy in out
	equal "$status" 0
	matches "$stderr" 'butter: aio-copy: 7[.]8K of 7[.]8K, .*'
	same in out
}

@test "what comes from standard input gets a mode as if > had made it" {
	capture bash -c 'umask 027; echo x | "$BUTTER" aio-copy - out; stat -c %a out'
	equal "$status$output" 0640
}

@test "a folder that cannot be read is written to, and is no failure with --sync but for that" {
	unprivileged
	folder=$(public_folder)
	chmod 777 "$folder"
	capture "${as_nobody[@]}" bash -c 'cd "$1" && mkdir to && echo x >in && chmod 300 to && "$BUTTER" aio-copy in to/out && "$BUTTER" aio-copy --sync in to/out' bash "$folder"
	failed 1 aio-copy "'to/out' is there, but cannot be synchronized with its folder: Permission denied"
	capture "${as_nobody[@]}" bash -c 'cd "$1" && mkdir tree && cp in tree && "$BUTTER" aio-copy -a tree to && stat -c %a to' bash "$folder"
	equal "$status$output" 0300
}

@test "--reflink in place: a longer file gets the end of the source, one that cannot be stays" {
	need_root
	need_tool mkfs.xfs
	namespaces -m
	truncate -s 400M image
	mkfs.xfs -q image >/dev/null 2>&1 || skip "no xfs here"
	capture "${within[@]}" bash -ec 'mkdir disk && mount -o loop image disk && cd disk && head -c 1500000 /dev/urandom >in && head -c 3000000 /dev/zero >out &&
		"$BUTTER" aio-copy --reflink always --in-place in out && cmp in out && echo old >/dev/shm/$$.old &&
		{ "$BUTTER" aio-copy --reflink always --in-place in /dev/shm/$$.old || echo $?; cat /dev/shm/$$.old; rm /dev/shm/$$.old; }'
	equal "$output" $'1\nold'
}

@test "a source with holes that is cut is no copy of zeros, one that is cut to an odd size no write error" {
	head -c 8M /dev/zero | tr '\0' x >in
	truncate -s 40M in
	head -c 8M /dev/zero | tr '\0' y >>in
	for options in '--engine read' '--engine uring' '--engine threads' '--direct --engine uring --block-size 256K' '--direct'; do
		echo old >out
		cp --sparse=always in whole
		# shellcheck disable=SC2086 # words
		launch "$BUTTER" aio-copy --rate 10M $options in out
		await has_begun
		truncate -s 6000001 in
		finish
		equal "$options $status $stderr" "$options 1 butter: aio-copy: 'in' got shorter while it was copied"
		equal "$(<out)" old
		mv whole in
	done
}

@test "what ran as another user does not with another content, unless root says so" {
	need_root
	unprivileged
	folder=$(public_folder)
	echo x >"$folder/in"
	mkdir "$folder/to"
	cp /bin/true "$folder/to/out"
	chown -R 65534:65534 "$folder/to"
	chmod 4755 "$folder/to/out"
	try_as_nobody aio-copy "$folder/in" "$folder/to/out"
	succeeded
	equal "$(stat -c %a "$folder/to/out")" 755
}

@test "faults: an error of close, whichever: all of it is there, or what was there before" {
	need_strace
	need_plain_build
	numbers in 1000
	for before in '' old; do
		for ((call = 1; call < 9; call++)); do
			rm -f out
			[ -z "$before" ] || echo old >out
			capture strace -qq -o /dev/null -e trace=close -e inject=close:error=EIO:when=$call "$BUTTER" aio-copy in out
			nothing_left
			if [[ $stderr == *"cannot write 'out': Input/output error"* ]]; then
				equal "$status $(cat out 2>/dev/null || true)" "1 $before"
				told+=$before,
			else
				same in out
			fi
		done
	done
	equal "$told" ,old,
}

@test "-u --in-place makes what is missing, and syncs it" {
	need_strace
	: >empty
	try aio-copy -u --in-place empty new
	succeeded
	[ -f new ]
	echo x >in
	touch -d 2001-01-01 new
	capture strace -qq -e trace=fsync -o trace "$BUTTER" aio-copy -u --in-place --sync in new
	succeeded
	same in new
	contains "$(<trace)" fsync
}

@test "-u and --checksum look at what a link leads to" {
	echo old >in
	touch -d 2001-01-01 in
	echo newer >real
	ln -s real link
	touch -h -d 1999-01-01 link
	try aio-copy -u in link
	succeeded
	equal "$(<real)" newer
}

@test "a source that is cut on its way to standard output, or before it is made a reference, is told" {
	need_strace
	head -c 8M /dev/zero >in
	launch bash -c '"$BUTTER" aio-copy --rate 10M in - | tee got | wc -c; exit ${PIPESTATUS[0]}'
	await test -s got
	truncate -s 5M in
	finish
	equal "$status $stderr" "1 butter: aio-copy: 'in' got shorter while it was copied"
}

@test "-T: a folder in the way is an error, also with -n and -u" {
	numbers in 3
	mkdir -p out tree/x
	: >tree/y
	for option in '' -n -u --checksum; do
		# shellcheck disable=SC2086 # none is no word
		try aio-copy $option -T in out
		failed 1 aio-copy "cannot replace 'out': it is a folder, and 'in' is none"
	done
}

@test "a link that leads nowhere, and what is no folder, is told as such" {
	numbers in 3
	ln -s nowhere link
	try aio-copy in link
	failed 1 aio-copy "cannot write 'link': No such file or directory (it is a link that leads nowhere)"
	try aio-copy --in-place in link
	failed 1 aio-copy "cannot write 'link': No such file or directory (it is a link that leads nowhere)"
	[ ! -e nowhere ] || fails 'it was made'
	try aio-copy in in/x
	failed 1 aio-copy "cannot write 'in/x': Not a directory"
}

@test "--sync --in-place waits for the folder of a new file, too" {
	numbers in 3
	traced fsync aio-copy --sync --in-place in out
	equal "$(grep -c 'fsync' "$trace")" 2
	traced fsync aio-copy --sync --in-place in out
	equal "$(grep -c 'fsync' "$trace")" 1
}

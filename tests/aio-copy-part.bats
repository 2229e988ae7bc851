#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# aio-copy --resume: parts that are gone on with, and --checksum. BUTTER_LONG=1 interrupts it more often.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # inner shells expand

load helper

setup() {
	trace_tests_only
	need_applet aio-copy
	cd "$BATS_TEST_TMPDIR" || return
}

part=.out.butter-part

has_part() {
	[ -s $part ]
}

# interrupted SIGNAL ARGUMENT...: aio-copy is ended when a part is there, long before it would be whole; SIZE is that
# of the part.
interrupted() {
	launch env --default-signal "$BUTTER" aio-copy --resume --rate 2M "${@:2}"
	await has_part
	kill -"$1" "$pid"
	finish
	equal "$status" $((128 + $(kill -l "$1")))
	[ ! -e out ]
	size=$(stat -c %s $part)
	equal "$(stat -c %a $part)" 600
}

# stopped CALL ARGUMENT...: aio-copy is in the background, and stops when it comes back from its first CALL.
stopped() {
	injecting "$1:signal=STOP:when=1"
	rm -f stops
	launch "${tracer[@]}" -D -o stops "$BUTTER" aio-copy "${@:2}"
	await grep -qs 'stopped by SIGSTOP' stops
}

# bytes_copied: of what --stats -j has said.
bytes_copied() {
	jq .bytes <<<"$stderr"
}

# need_marks: extended attributes of files.
need_marks() {
	truncate -s 1M holes
	traced fsetxattr aio-copy --resume holes full
	! grep -q EOPNOTSUPP "$trace" || skip "no extended attributes here"
}

@test "what was interrupted goes on where it was, with each engine, whatever ended it" {
	need_tool jq
	head -c 30000000 /dev/urandom >in
	chmod 644 in
	for engine in auto range read threads uring aio; do
		for signal in KILL TERM; do
			interrupted $signal --engine $engine --block-size 64K --queue-depth 4 in out
			try aio-copy --resume --engine $engine --stats -j in out
			equal "$status" 0
			cmp in out
			# All but what may have had gaps is there already.
			[ "$(bytes_copied)" -le $((30000000 - size + 8 * 65536 + 65536)) ] || fails "$engine: $size of them, but again $(bytes_copied)"
			equal "$(stat -c %a out) $(find . -name '.*butter*')" '644 '
			rm out
		done
	done
}

@test "interrupted at any moment, again and again, the bytes are right in the end" {
	need_tool perl
	head -c 40000000 /dev/urandom >in
	for ((round = 0; round < $(rounds 10 100); round++)); do
		for _ in 1 2 3; do
			options=$(shuf -n 1 -e -- '' '--direct' '--engine uring' '--engine threads --block-size 4K' '--engine read' '--engine uring --direct --block-size 1M')
			# shellcheck disable=SC2086 # words
			"$BUTTER" aio-copy --resume $options in out 3>&- 4>&- &
			perl -e 'select undef, undef, undef, rand 0.02'
			kill -KILL $! 2>/dev/null || true
			wait $! 2>/dev/null || true
		done
		try aio-copy --resume in out
		succeeded
		cmp in out || fails "round $round"
		rm out
	done
}

@test "when the source has changed it starts over" {
	need_tool jq
	for change in 'echo x >>in' 'truncate -s 15M in' 'touch -d 2001-01-01 in' 'cp in new && mv new in'; do
		head -c 20000000 /dev/urandom >in
		interrupted TERM --engine read in out
		eval "$change"
		try aio-copy --resume --stats -j in out
		equal "$status" 0
		cmp in out
		equal "$(bytes_copied)" "$(stat -c %s in)"
		rm out
	done
}

@test "an error keeps the part, and says so; --verify that fails keeps none" {
	need_strace
	need_tool jq
	head -c 3000000 /dev/urandom >in
	inject pwrite64:error=ENOSPC:when=6 aio-copy --resume --engine read in out
	failed 1 aio-copy "cannot write 'out' at byte 1310720: No space left on device (what there is stays: --resume)"
	equal "$(stat -c %s $part)" 1310720
	try aio-copy --resume --engine read --stats -j in out
	equal "$status" 0
	cmp in out
	equal "$(bytes_copied)" $((3000000 - 1310720))
}

@test "where there are no extended attributes the part is compared" {
	need_strace
	need_tool jq
	head -c 20000000 /dev/urandom >in
	interrupted TERM --engine read in out
	[ "$size" -gt 300000 ] || size=300000
	rm $part
	head -c "$size" in >$part
	chmod 600 $part
	# Of these the last 100000 are others.
	head -c 100000 /dev/zero | dd of=$part bs=1 seek=$((size - 100000)) conv=notrunc status=none iflag=fullblock
	try aio-copy --resume --stats -j in out
	equal "$status" 0
	cmp in out
	[ "$(bytes_copied)" -lt $((20000000 - size + 100000 + 4097)) ]
	rm out
	inject 'fsetxattr:error=EOPNOTSUPP fgetxattr:error=EOPNOTSUPP' aio-copy --resume in out
	succeeded
	cmp in out
}

@test "--checksum compares what is there of a part" {
	need_tool jq
	head -c 20000000 /dev/urandom >in
	interrupted TERM --engine read in out
	printf changed | dd of=$part bs=1 seek=100000 conv=notrunc status=none
	try aio-copy --resume --checksum --stats -j in out
	equal "$status" 0
	cmp in out
	equal "$(bytes_copied)" $((20000000 - 98304))
}

@test "what has the part's name and is not ours is refused, and stays" {
	numbers in 1000
	echo mine >elsewhere
	for made in "ln -s elsewhere $part" "mkfifo $part" "ln elsewhere $part" "mkdir $part" ": >$part; chmod 666 $part"; do
		eval "$made"
		LIMIT=5 try aio-copy --resume in out
		failed 1 aio-copy
		[ ! -e out ]
		equal "$(<elsewhere)" mine
		rm -rf $part
	done
	is_root || return 0
	: >$part
	chown 12 $part
	try aio-copy --resume in out
	failed 1 aio-copy "is not yours"
}

@test "two at once: the second one is told, and harms nothing" {
	head -c 20000000 /dev/urandom >in
	launch "$BUTTER" aio-copy --resume --rate 10M in out
	await has_part
	# However long the other one takes to look.
	kill -STOP "$pid"
	try aio-copy --resume in out
	failed 1 aio-copy 'somebody else is just copying to it'
	kill -KILL "$pid"
	finish
	try aio-copy --resume in out
	succeeded
	cmp in out
}

@test "in trees: files that are whole are not copied again with -u, the rest goes on" {
	need_tool jq
	mkdir in
	for i in {1..10}; do head -c 2000000 /dev/urandom >"in/$i"; done
	launch env --default-signal "$BUTTER" aio-copy -a --resume --jobs 2 --rate 10M in out
	await eval '[ "$(find out -name "[0-9]*" 2>/dev/null | wc -l)" -ge 3 ]'
	kill -TERM "$pid"
	finish
	try aio-copy -aT -u --resume --stats -j in out
	equal "$status" 0
	diff -r in out
	[ "$(bytes_copied)" -lt 16000000 ]
	equal "$(find out -name '.*')" ''
}

@test "two sources into one name, again and again: no look at it shows a part" {
	need_tool perl
	head -c 1200000 /dev/zero | tr '\0' A >a
	head -c 1200000 /dev/zero | tr '\0' B >b
	cp a out
	for source in a b; do
		launch bash -c 'while [ ! -e stop ]; do "$BUTTER" aio-copy --resume '$source' out 2>/dev/null; done; exit 0'
	done
	capture perl -e 'my $end = time + 3; while (time < $end) { open my $f, "<", "out" or die "none"; my $all = join "", <$f>;
		length $all == 1200000 and $all =~ /^(A+|B+)$/ or die length $all } print "whole"'
	touch stop
	equal "$output$stderr" whole
	wait "${started[@]}"
}

@test "a part can be copied, but not to what it is a part of" {
	head -c 3000000 /dev/urandom >in
	interrupted TERM --engine read in out
	cp $part kept
	try aio-copy --resume $part out
	failed 1 aio-copy "are the same"
	cmp $part kept
	try aio-copy --resume $part other
	succeeded
	cmp other kept
}

@test "long names that begin alike have parts of their own" {
	mkdir in
	name=$(printf %0245d 0)
	for i in {1..8}; do head -c 1100000 /dev/urandom >"in/$name$i"; done
	try aio-copy -r --resume --jobs 4 in out
	succeeded
	diff -r in out
}

@test "what one slow place leaves behind is no part" {
	need_strace
	head -c 40000000 /dev/urandom >in
	launch "$BUTTER" aio-copy --resume --engine threads --queue-depth 4 --block-size 256K --rate 20M in out
	await has_part
	thread=$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort -n | tail -n 1)
	timeout 20 strace -qq -o /dev/null -p "$thread" -e trace=preadv2 -e inject=preadv2:error=EIO:delay_enter=1000000:when=1 3>&- 4>&- || true
	finish
	equal "$status" 1
	contains "$stderr" "Input/output error (what there is stays: --resume)"
	try aio-copy --resume in out
	succeeded
	cmp in out
}

@test "a part that cannot be marked is compared, and one that has another's mark is not written" {
	need_strace
	head -c 20000000 /dev/urandom >in
	for engine in threads uring read; do
		ulimit -S -f 10000
		inject fsetxattr:error=ENOSPC aio-copy --resume --engine $engine --block-size 64K in out
		ulimit -S -f unlimited
		failed 1 aio-copy "File too large (what there is stays: --resume)"
		try aio-copy --resume in out
		succeeded
		cmp in out
		rm out
	done
	need_marks
	interrupted TERM --engine read in out
	cp $part kept
	touch -d 2001-01-01 in
	inject 'fsetxattr:error=ENOSPC fremovexattr:error=EIO' aio-copy --resume in out
	failed 1 aio-copy "cannot write 'out': "
	cmp kept $part
	try aio-copy --resume in out
	succeeded
	cmp in out
}

@test "what a crash has left unwritten below the end of a part is not trusted" {
	head -c 20000000 /dev/urandom >in
	for engine in read uring; do
		interrupted KILL --engine $engine --block-size 64K in out
		head -c 50000 /dev/zero | dd of=$part bs=10000 seek=$((size / 20000)) conv=notrunc status=none
		try aio-copy --resume in out
		succeeded
		cmp in out
		rm out
	done
}

# with_sure: a part of the file `in` of 70 MB of which 64M are on the disk, and the rest is written.
with_sure() {
	need_marks
	yes 'a line that is not short' | head -c 75000000 >in
	ulimit -S -f 70000
	try aio-copy --resume --engine read in out
	ulimit -S -f unlimited
	failed 1 aio-copy "cannot write 'out' at byte 71680000: File too large (what there is stays: --resume)"
	sure=$((64 << 20))
}

@test "what is known to be on the disk is not compared, and the rest is" {
	need_tool jq
	with_sure
	traced pread64,copy_file_range aio-copy --resume --stats -j in out
	equal "$status" 0
	cmp in out
	# Both are read from there on; and what is the same is not written again.
	equal "$(awk -F'[ ,)]+' '/, 131072, / { print $(NF - 2) }' "$trace" | sort -n | head -n 1)" $sure
	[ "$(bytes_copied)" -le $((75000000 - 71680000 + 4096)) ]
}

@test "an error of writing to the disk: nothing is trusted but what was there before" {
	need_strace
	need_tool jq
	head -c 3000000 /dev/urandom >in
	for fault in 'fdatasync --sync' 'fsync --verify' 'sync_file_range --nocache'; do
		inject "${fault% *}:error=EIO:when=1" aio-copy "${fault#* }" --resume in out
		failed 1 aio-copy "cannot write 'out'" "Input/output error"
		[ ! -e out ]
		[ ! -e $part ]
	done
	with_sure
	rm $part
	inject fdatasync:error=EIO:when=2 aio-copy --sync --resume in out
	failed 1 aio-copy "cannot write 'out': Input/output error"
	equal "$(stat -c %s $part)" $sure
	# What could not be written before it was closed.
	truncate -s 70M $part
	inject fdatasync:error=EIO:when=1 aio-copy --resume --stats -j in out
	equal "$status $(bytes_copied)" "0 $((75000000 - sure))"
	cmp in out
}

@test "a part that is whole is one no more, and in nobody's way, whenever that ends" {
	need_strace
	umask 002
	numbers in 140000
	for change in 'chmod 664 in' 'chmod 444 in' 'chown 5 in'; do
		[[ $change != chown* ]] || is_root || continue
		eval "$change"
		for fault in renameat:error=EIO renameat:error=EIO:signal={KILL,TERM} fchmod:error=EIO:signal={KILL,TERM}; do
			for before in '' 600 666; do
				rm -f out
				[ -z "$before" ] || { echo old >out && chmod "$before" out; }
				inject "$fault" aio-copy -p --resume in out
				[ "$status" != 0 ]
				[[ $fault != *KILL ]] || rm -f .out.butter-????????
				equal "$(find . -name '.out*')$(cat out 2>/dev/null)" "${before:+old}"
				try aio-copy -p --resume in out
				succeeded
				cmp in out
			done
		done
	done
}

@test "-p: nobody has rights to a part that they have not got to the copy" {
	need_strace
	need_root
	mkdir to
	chgrp 65534 to
	chmod 2755 to
	numbers in 140000
	chgrp 42 in
	chmod 640 in
	traced fchmod,fchown,fchownat aio-copy -p --resume in to/out
	succeeded
	equal "$(stat -c %g:%a to/out)" 42:640
	contains "$(head -n 1 "$trace")" 'fchown'
}

@test "an error of close, whichever: nobody has seen the copy by then" {
	need_strace
	need_plain_build
	numbers in 140000
	for option in --resume -r; do
		for ((call = 1; call < 9; call++)); do
			rm -f out
			capture strace -qq -o trace -e trace=close,linkat,renameat -e inject=close:error=EIO:when=$call "$BUTTER" aio-copy $option in out
			if [[ $stderr == *"cannot write 'out': Input/output error"* ]]; then
				equal "$status $(grep -cE 'linkat|renameat' trace)" "1 0"
				[ ! -e out ]
				told+=$option,
			else
				cmp in out
			fi
		done
	done
	matches "$told" '(--resume,)+-r,'
}

@test "who is in the way is told by its name" {
	mkdir to
	echo x >to/real
	ln -s to/real link
	ln -s link link2
	numbers in 140000
	mkfifo to/.real.butter-part
	try aio-copy --resume in link2
	failed 1 aio-copy "cannot go on with 'link2': '$PWD/to/.real.butter-part' is not yours (remove that)"
	try aio-copy --resume in to/real
	failed 1 aio-copy "cannot go on with 'to/real': 'to/.real.butter-part' is not yours (remove that)"
	name=$(printf %0250d 0)
	ulimit -S -f 1
	try aio-copy --resume in "to/$name"
	ulimit -S -f unlimited
	equal "$status" 1
	there=$(echo to/.0*.butter-part)
	chmod 666 "$there"
	try aio-copy --resume in "to/$name"
	failed 1 aio-copy "cannot go on with 'to/$name': '$there' is not yours (remove that)"
}

@test "a part that somebody else was faster than is no part any more" {
	head -c 10000000 /dev/zero >in
	echo x >out
	touch -d 2001-01-01 out
	launch "$BUTTER" aio-copy -u --resume --rate 10M in out
	await has_part
	echo newer >out
	finish
	equal "$status$(<out)" 0newer
	[ ! -e $part ]
}

@test "--length: no more than that, also of a part that is longer" {
	need_strace
	head -c 3000000 /dev/urandom >in
	inject 'pwrite64:error=EIO:when=8' aio-copy --resume --engine read --length 2500000 in out
	[ "$status" = 1 ]
	[ "$(stat -c %s .out.butter-part)" -gt 1000000 ]
	setfattr -x user.butter.part .out.butter-part 2>/dev/null || true
	for length in 1000000 4096 1; do
		cp .out.butter-part kept
		try aio-copy --resume --length $length in out
		succeeded
		cmp out <(head -c $length in)
		mv kept .out.butter-part
		rm out
	done
}

@test "a part of somebody else that has its name only now and then is not written" {
	need_strace
	need_root
	unprivileged
	cd "$(public_folder)" || return
	mkdir to
	chown 65534 to
	{ echo secret; numbers /dev/stdout 140000; } >in
	chmod 600 in
	"${as_nobody[@]}" sh -c ': >to/.out.butter-part; chmod 666 to/.out.butter-part'
	mkfifo trace
	capture timeout 20 strace -f -qq -o trace -e trace=openat,flock,newfstatat -e inject=openat:delay_exit=300000 \
		-e inject=flock:delay_enter=300000 "$BUTTER" aio-copy --resume in to/out &
	tracer=$!
	exec 6<trace
	await_line() { while IFS= read -r line <&6; do [[ $line != *"$1"* ]] || return 0; done; }
	await_line '.butter-part'
	"${as_nobody[@]}" mv to/.out.butter-part to/away
	await_line 'newfstatat('
	"${as_nobody[@]}" mv to/away to/.out.butter-part 2>/dev/null || true
	cat <&6 >/dev/null
	exec 6<&-
	wait "$tracer" || true
	! grep -qs secret to/.out.butter-part to/away || fails 'it is in a file of another'
	[ ! -e to/out ] || equal "$(stat -c '%u %a' to/out)" '0 600'
}

@test "what somebody has put in the place of a part does not become the copy, and stays" {
	head -c 3000000 /dev/urandom >in
	echo old >out
	for what in 'mv other' rm; do
		echo other >other
		stopped fsetxattr --resume --verify in out
		$what $part
		kill -CONT "$pid"
		finish
		failed 1 aio-copy "cannot replace 'out': somebody has removed or replaced what there was of the copy"
		equal "$(<out)" old
		[ "$what" = rm ] || equal "$(<$part)" other
		rm -f $part
	done
	# And where there is nothing worth keeping.
	stopped fsetxattr --resume --engine reflink --length 2M in out
	mv other $part
	kill -CONT "$pid"
	finish
	equal "$status$(<$part)" 1other
}

@test "a part in SOURCE is told, and never taken for one of the copy" {
	mkdir in
	head -c 5000000 /dev/urandom >in/x
	for jobs in 1 2; do
		echo leftover >in/.x.butter-part
		try aio-copy -a --resume --jobs $jobs in out
		failed 1 aio-copy "cannot replace 'out/.x.butter-part': --resume keeps parts of copies by such names"
		cmp in/x out/x
		try aio-copy -a --resume --jobs $jobs --exclude '.*.butter-part' in out
		succeeded
		rm -r out
	done
	mkdir out
	try aio-copy --resume in/.x.butter-part in/x out
	failed 1 aio-copy "cannot replace 'out/.x.butter-part'"
	equal "$(ls -A out)" x
}

@test "a part that is given up is nobody else's before it is gone" {
	need_tool flock
	head -c 3000000 /dev/urandom >in
	injecting copy_file_range:error=EIO unlinkat:delay_enter=500000
	launch "${tracer[@]}" "$BUTTER" aio-copy --resume in out
	await has_state S
	await eval '[ -e $part ] || grep -q . "$job/err"'
	await eval '! [ -e $part ] || flock -n $part true'
	try aio-copy --resume --rate 3M in out
	succeeded
	cmp in out
	finish
	failed 1 aio-copy 'Input/output error'
}

@test "a device, or a file of which inode, size and times say nothing, is compared" {
	need_root
	need_tool losetup mkfs.ext4
	namespaces -m
	mkdir from mnt
	{ echo original; yes 'a line that is not short'; } | head -c 70000000 >from/in
	truncate -s 74M image
	mkfs.ext4 -q -I 128 -O ^has_journal -d from image >mkfs 2>&1
	at=$(grep -abom 1 original image)
	mounted=("${within[@]}" sh -c 'mount -o loop,ro image mnt && "$@"' "$0")
	for what in looped mounted; do
		source='$DISK'
		run=(looped image)
		[ $what = looped ] || run=(capture "${mounted[@]}") source=mnt/in
		"${run[@]}" bash -c 'ulimit -S -f 66000; exec "$BUTTER" aio-copy --resume --engine read "'$source'" out'
		failed 1 aio-copy "cannot write 'out' at byte 67584000: File too large"
		printf changed. | dd of=image bs=1 seek="${at%%:*}" conv=notrunc status=none
		"${run[@]}" bash -c '"$BUTTER" aio-copy --resume "'$source'" out && cmp "'$source'" out'
		succeeded
		printf original | dd of=image bs=1 seek="${at%%:*}" conv=notrunc status=none
		rm out
	done
}

@test "SIGKILL: what is small leaves nothing, and what is large is a part until all is ready" {
	need_strace
	head -c 300000 /dev/urandom >in
	traced '/^(openat|rename.*)$' aio-copy --resume in out
	succeeded
	! grep -q 'O_TMPFILE.* = -1' "$trace" || skip "no files without a name here"
	lacks "$(<"$trace")" butter-
	rm out
	# One that is there is gone on with all the same.
	head -c 200000 in >$part
	chmod 600 $part
	try aio-copy --resume in out
	succeeded
	[ ! -e $part ]
	rm out
	head -c 2000000 /dev/urandom >in
	inject fremovexattr:error=EIO:signal=KILL:when=1 aio-copy --resume in out
	equal "$status $(find . -name '.out*')" "137 ./$part"
	try aio-copy --resume in out
	succeeded
	cmp in out
	rm out
	traced '/^(openat|rename.*)$' aio-copy --resume in out
	succeeded
	equal "$(grep -c . <<<"$(sed -n '/RENAME_NOREPLACE/,$p' "$trace")")" 2
}

@test "who may not give files away is told before all is copied, and the part stays" {
	need_root
	need_tool setpriv
	unprivileged
	cd "$(public_folder)" || return
	numbers in 200000
	mkdir to
	echo old >to/out
	chown 65534 to
	head -c 1500000 in >to/.out.butter-part
	chmod 600 to/.out.butter-part
	chown 65534 to/.out.butter-part
	try_as_nobody aio-copy --resume in to/out
	failed 1 aio-copy "cannot replace 'to/out': a new file cannot get its owner and group (--in-place writes into the file)"
	equal "$(stat -c %s to/.out.butter-part)" 1500000
	rm to/.out.butter-part
	chown 0 to
	chown 5:6 to/out
	for option in --resume -r; do
		capture setpriv --bounding-set -chown --inh-caps -chown "$BUTTER" aio-copy $option --stats -j in to/out
		equal "$status" 1
		contains "$stderr" "cannot replace 'to/out': a new file cannot get its owner and group"
		contains "$stderr" '"bytes":0,'
		equal "$(ls -A to)$(<to/out)" outold
	done
	# Of one's own file the group alone may be somebody else's.
	chown 65534:6 to to/out
	for option in --resume -r; do
		try_as_nobody aio-copy $option --stats -j in to/out
		equal "$status" 1
		contains "$stderr" "cannot replace 'to/out': a new file cannot get its owner and group"
		contains "$stderr" '"bytes":0,'
		equal "$(ls -A to)$(<to/out)" outold
	done
	capture setpriv --reuid 65534 --regid 65534 --groups 6 "$BUTTER" aio-copy --resume in to/out
	succeeded
	equal "$(stat -c %u:%g to/out)" 65534:6
}

@test "--reflink always starts over where a part is left" {
	need_strace
	head -c 3000000 /dev/urandom >in
	for option in '--reflink always' '--engine reflink'; do
		interrupted TERM in out
		# The kernel is asked for all of it.
		# shellcheck disable=SC2086 # words
		inject ioctl:error=EXDEV aio-copy --resume $option in out
		failed 1 aio-copy "cannot copy 'in' by reflink: " '(both have to be on one file system)'
	done
}

@test "it is --resume that goes without standard input, whatever else is given" {
	for option in -n -p -u -v; do
		try aio-copy $option --resume - out
		failed 1 aio-copy '--resume goes without standard input as SOURCE'
	done
}

@test "a signal removes what it has found, also if that has become another by then" {
	need_strace
	need_tool perl
	mkdir -p in/below out/below
	: >in/leased
	truncate -s 4M in/below/{one,other}
	# As it is read: a small one that replaces another, and a large one.
	read -r small < <(ls -U in/below)
	truncate -s 900000 "in/below/$small"
	echo old >"out/below/$small"
	# One thread waits for F_SETLEASE with F_WRLCK, 1; what the other has under way is removed slowly by the first.
	launch perl -e '$SIG{IO} = "IGNORE"; open $f, "+<", "in/leased"; fcntl $f, 1024, 1 or exit 77; syswrite STDOUT, "ready\n"; sleep 1 while 1'
	await grep -q ready "$job/out"
	injecting unlinkat:delay_enter=1500000:when=1
	launch env --default-signal "${tracer[@]}" -D "$BUTTER" aio-copy -rT --resume --sparse never --jobs 2 --rate 1M in out
	await eval '[ -s out/below/."$small".butter-* ]'
	kill -TERM "$pid"
	finish
	equal "$status" 143
	[ "$(stat -c %s "out/below/$small")" = 900000 ] || skip "too slow"
	equal "$(find out -name '.*')" "$(echo out/below/.*.butter-part)"
}

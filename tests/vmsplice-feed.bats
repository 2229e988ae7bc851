#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr
# shellcheck disable=SC2016 # inner shells expand

load helper

pairs=$BATS_TEST_DIRNAME/pairs.pl

setup() {
	trace_tests_only
	need_applet vmsplice-feed
	cd "$BATS_TEST_TMPDIR" || return
}

# repeated TEXT SIZE: so many bytes of TEXT again and again.
repeated() {
	perl -e 'my ($text, $size) = @ARGV; my $some = $text x (1 + 65536 / length $text);
		for (; $size > length $some; $size -= length $some) { print $some } print substr $some, 0, $size' "$1" "$2"
}

# piped OUT ARGUMENT...: as to_file, by way of a pipe.
piped() {
	capture bash -o pipefail -c '"$BUTTER" vmsplice-feed "${@:2}" | cat >"$1"' "$0" "$@"
}

# filled BYTES: waits until there are so many in the pipe on descriptor 9.
filled() {
	limited perl -e 'my $n = pack "i", 0; do { ioctl STDIN, 0x541B, $n } until unpack("i", $n) >= $ARGV[0]' "$1" <&9
}

# feed_slowly ARGUMENT...: launches it; its standard output is the pipe that is read from descriptor 9.
feed_slowly() {
	mkfifo sent
	launch bash -c 'exec "$@" >sent' "$0" "${tracer[@]}" "$BUTTER" vmsplice-feed "$@"
	exec 9<sent
}
tracer=()

# ---- What is written

@test "the strings, joined by blanks, and a newline; y without any" {
	for words in 'a' 'a b' ' a ' '%s \n' $'new\nline \e[31m \xff'; do
		try vmsplice-feed "$words" "$words"
		succeeded
		equal "$output" "$words $words"
	done
	try vmsplice-feed -- -n --size
	equal "$output" "-n --size"
	try vmsplice-feed
	succeeded
	equal "$output" y
	equal "$("$BUTTER" vmsplice-feed '' | od -An -c | tr -d ' ')" '\n'
	equal "$("$BUTTER" vmsplice-feed '' a '' | od -An -c | tr -s ' ')" ' a \n'
}

@test "a pattern: its bytes, and no newline" {
	equal "$("$BUTTER" vmsplice-feed --pattern 00fFDeadbeef0a | od -An -tx1)" ' 00 ff de ad be ef 0a'
	equal "$("$BUTTER" vmsplice-feed --pattern abcdef --size 8 | od -An -tx1)" ' ab cd ef ab cd ef ab cd'
	for wrong in '' a abc 0x00 'de ad' -1 gg $'00\n'; do
		try vmsplice-feed "--pattern=$wrong"
		misused vmsplice-feed --pattern
	done
}

@test "-n: so many times; --size: so many bytes; as a file and through a pipe" {
	for length in $(rounds '2 3 257 4096 4097 100000' '2 3 7 256 257 1000 4095 4096 4097 10007 100000'); do
		text=$(repeated abcdefghijk $((length - 1)))
		for size in 1 4096 65537 3000000; do
			repeated "$text"$'\n' "$size" >wanted
			piped out --size "$size" "$text"
			succeeded
			cmp out wanted
		done
		to_file out vmsplice-feed --size "$size" "$text"
		succeeded
		cmp out wanted
		repeated "$text"$'\n' $((length * 301)) >wanted
		piped out -n 301 "$text"
		succeeded
		cmp out wanted
	done
	piped out --size 0
	succeeded
	[ ! -s out ]
}

@test "--forever is yes" {
	capture bash -c '"$BUTTER" vmsplice-feed --forever a b | head -c 5000000 | cmp - <(yes a b | head -c 5000000)'
	succeeded
	# More than can be counted.
	for count in 9223372036854775807 2305843009213693952; do
		capture bash -c '"$BUTTER" vmsplice-feed -n "$1" abcdefg | head -c 5000000 | cmp - <(yes abcdefg | head -c 5000000)' "$0" "$count"
		succeeded
	done
	capture bash -c '"$BUTTER" vmsplice-feed --size 9223372036854775807 abcdef | head -c 5000000 | cmp - <(yes abcdef | head -c 5000000)'
	succeeded
}

@test "a file: mapped, read or copied, it is the same" {
	for count in 0 1 3 512 20000 100003; do
		numbers a "$count"
		cat a a a >wanted
		for option in '' --stable; do
			piped out $option -f a -n 3
			succeeded
			cmp out wanted
			to_file out vmsplice-feed $option -f a -n 3
			succeeded
			cmp out wanted
			capture bash -c 'cat a | "$BUTTER" vmsplice-feed "$@" -f - -n 3 | cmp - wanted' "$0" $option
			succeeded
		done
		piped out -f a
		succeeded
		cmp out a
	done
	piped out -f a --size 1000000
	succeeded
	cat a a | head -c 1000000 | cmp - out
	try vmsplice-feed -f /proc/version
	succeeded
	equal "$output" "$(cat /proc/version)"
	equal "$("$BUTTER" vmsplice-feed -f /dev/zero --size 5 | od -An -tx1)" ' 00 00 00 00 00'
}

@test "standard input begins where it stands, and is read then" {
	numbers a 100000
	for command in '--file=-' '--file=- --stable' '--file=- --size 100'; do
		capture bash -c '{ head -c 4097 >/dev/null; "$BUTTER" vmsplice-feed '"$command"'; cat; } <a | cmp - <(tail -c +4098 a)'
		succeeded
	done
}

@test "packets are read whole" {
	for packets in '17 4000' '2 300000'; do
		# shellcheck disable=SC2086 # words
		packets $packets sh -c '"$BUTTER" vmsplice-feed -f - >out'
		succeeded
		cmp out wanted
		# shellcheck disable=SC2086
		packets $packets sh -c '"$BUTTER" vmsplice-feed --size 66000 -f - >out'
		succeeded
		head -c 66000 wanted | cmp - out
	done
}

@test "O_DIRECT: a file of any size, also in part; then it stands behind that part" {
	numbers wanted 50000
	for size in 200001 65536 4096 1000; do
		truncate -s "$size" wanted
		for option in '' --stable; do
			directly sh -c '"$BUTTER" vmsplice-feed "$@" -f - >out' sh $option
			succeeded
			cmp out wanted
		done
		directly sh -c '"$BUTTER" vmsplice-feed --size 999 -f - >out; perl -e "print sysseek STDIN, 0, 1"'
		equal "$status$stderr:$output" 0:999
		head -c 999 wanted | cmp - out
	done
	# A file system that does not tell its size, and does not like to be asked behind the last block.
	need_strace
	capture bash -c 'strace -qq -o trace -P "$(realpath wanted)" -e trace=read,pread64 -e inject=pread64:retval=0 -e inject=read:error=EINVAL:when=2+ "$BUTTER" vmsplice-feed -f - <wanted >out'
	succeeded
	cmp out wanted
}

@test "files of a FUSE server that say a wrong size are sent to their true end" {
	on_fuse 'head -c 150000 wanted >part
	for file in nothing less more cached; do
		for option in "" --stable; do
			"$BUTTER" vmsplice-feed $option -f odd/$file | cmp - wanted || exit
			"$BUTTER" vmsplice-feed $option --size 150000 -f odd/$file | cmp - part || exit
		done
	done'
	equal "$status" 0
	equal "$output$stderr" ''
}

@test "a file of /sys whose pages cannot be held by a pipe is written" {
	[ -r /sys/kernel/btf/vmlinux ] || skip "no /sys/kernel/btf/vmlinux here"
	capture bash -c '"$BUTTER" vmsplice-feed -f /sys/kernel/btf/vmlinux -n 2 | cmp - <(cat /sys/kernel/btf/vmlinux{,})'
	succeeded
	for file in /sys/kernel/mm/transparent_hugepage/enabled /proc/filesystems; do
		try vmsplice-feed -f "$file"
		succeeded
		equal "$output" "$(cat "$file")"
	done
}

@test "a file that cannot be had is told" {
	try vmsplice-feed -f missing
	failed 1 vmsplice-feed "cannot open 'missing': No such file or directory"
	try vmsplice-feed -f .
	failed 1 vmsplice-feed "cannot read '.': Is a directory"
	with '<&-' vmsplice-feed -f -
	failed 1 vmsplice-feed "cannot read '-': Bad file descriptor"
	try vmsplice-feed -f /dev/zero
	failed 1 vmsplice-feed "'/dev/zero' goes on after 256M"
}

@test "an empty file is nothing, and not to be repeated until that is something" {
	: >empty
	for often in '' '-n 3' '--size 0'; do
		# shellcheck disable=SC2086
		try vmsplice-feed $often -f empty
		succeeded
		equal "$output" ""
	done
	for often in --forever '--size 1'; do
		# shellcheck disable=SC2086
		try vmsplice-feed $often -f empty
		failed 1 vmsplice-feed "'empty' is empty"
	done
}

# ---- Every byte, to everywhere

@test "to each kind of output it does what cat does, or better" {
	need_tool perl
	mkdir work
	cd work
	for words in '-n 100 -f' '-n 100 --stable -f' '--size 700000 -f'; do
		[ "$words" = '-n 100 -f' ] || [ "${BUTTER_LONG:-}" = 1 ] || continue
		numbers ../a 1000
		[ "$words" != '--size 700000 -f' ] || numbers ../a 50000
		# shellcheck disable=SC2086
		"$BUTTER" vmsplice-feed $words ../a >../wanted
		# shellcheck disable=SC2086
		perl "$pairs" null '.*' "$BUTTER" vmsplice-feed $words ../a >../ours 2>/dev/null
		perl "$pairs" null '(?!blockless).*' cat ../wanted >../theirs 2>/dev/null
		diff ../theirs <(grep -v ' blockless' ../ours) || fails "cat does another thing"
		for out in blockless blockless_socket; do
			diff <(grep " $out " ../ours | cut -d ' ' -f 3-) <(grep ' socket ' ../ours | cut -d ' ' -f 3-)
		done
	done
}

@test "from each kind of input it does what cat does, or better" {
	need_tool perl
	perl "$pairs" '.*' 'pipe|file' "$BUTTER" vmsplice-feed -f - >ours 2>/dev/null
	perl "$pairs" '(?!blockless).*' 'pipe|file' cat >theirs 2>/dev/null
	diff theirs <(grep -v '^blockless' ours) || fails "cat does another thing"
	diff <(grep '^blockless ' ours | cut -d ' ' -f 2-) <(grep '^pieces ' ours | cut -d ' ' -f 2-)
}

@test "the last pages are there when the writer is not any more" {
	for words in '--size 60000 abc' '-f a'; do
		numbers a 7500
		# shellcheck disable=SC2086
		feed_slowly $words
		finish
		equal "$status$stderr" 0
		case $words in
		-f*) cmp a - <&9 ;;
		*) cmp <(repeated $'abc\n' 60000) - <&9 ;;
		esac
		exec 9<&-
		rm sent
	done
}

# ---- Errors say whose they are

@test "an output that is full, and one that has left" {
	numbers a 50000
	for words in '-f a' '--size 400000'; do
		# shellcheck disable=SC2086
		to_file /dev/full vmsplice-feed $words
		failed 1 vmsplice-feed 'cannot write to standard output: No space left on device'
		with '>&-' vmsplice-feed "${words%% *}" "${words#* }"
		failed 1 vmsplice-feed 'cannot write to standard output: Bad file descriptor'
		capture bash -c 'ulimit -f 100; "$BUTTER" vmsplice-feed '"$words"' >out'
		failed 1 vmsplice-feed 'cannot write to standard output: File too large'
		capture bash -c 'ulimit -f 100; trap "" XFSZ; "$BUTTER" vmsplice-feed '"$words"' >out'
		failed 1 vmsplice-feed 'cannot write to standard output: File too large'
		equal "$(stat -c %s out)" 102400
		capture bash -c 'ulimit -f 100; trap "" XFSZ; "$BUTTER" vmsplice-feed --stats '"$words"' >out'
		contains "$stderr" ': 102400 bytes, '
	done
	capture bash -o pipefail -c '"$BUTTER" vmsplice-feed --forever | head -c 1000 >/dev/null'
	equal "$status$stderr" 141
	capture bash -o pipefail -c 'trap "" PIPE; "$BUTTER" vmsplice-feed --forever | head -c 1000 >/dev/null'
	failed 1 vmsplice-feed 'cannot write to standard output: Broken pipe'
}

@test "the end of a pipe that can only be read is no output" {
	mkfifo pipe
	# Something is there to be read, which vmsplice would do.
	capture bash -c 'exec 8<>pipe 9<pipe; echo x >&8; "$BUTTER" vmsplice-feed abc >&9'
	failed 1 vmsplice-feed 'cannot write to standard output: Bad file descriptor'
}

@test "a full disk: what fits is there" {
	need_root
	namespaces -m
	capture "${within[@]}" sh -c 'mkdir disk && mount -t tmpfs -o size=64k none disk && "$BUTTER" vmsplice-feed --forever abc >disk/out; echo $? "$(stat -c %s disk/out)"'
	contains "$stderr" 'cannot write to standard output: No space left on device'
	equal "$output" '1 65536'
}

@test "faults: where vmsplice is not to be had, at first or later, not a byte is lost or doubled" {
	need_strace
	numbers a 50000
	repeated $'some text\n' 3000000 >text
	cat a a a a a a a >file
	for error in ENOSYS EPERM EINVAL EBADF; do
		for when in 1+ 2+ 3 5+ 7; do
			injecting "vmsplice:error=$error:when=$when"
			capture bash -c '"$@" "$BUTTER" vmsplice-feed --stats --size 3000000 some text | cmp - text' "$0" "${tracer[@]}"
			matches "$status$stderr" '0butter: vmsplice-feed: 3000000 bytes, .*'
			[ "$when" != 1+ ] || contains "$stderr" ' calls, write'
			capture bash -c '"$@" "$BUTTER" vmsplice-feed -f a -n 7 | cmp - file' "$0" "${tracer[@]}"
			succeeded
		done
	done
	injecting fcntl:error=EPERM mprotect:error=EPERM
	capture bash -c '"$@" "$BUTTER" vmsplice-feed --size 3000000 some text | cmp - text' "$0" "${tracer[@]}"
	succeeded
}

@test "faults: a file that cannot be mapped is read" {
	need_strace
	need_plain_build
	numbers a 50000
	injecting mmap:error=ENODEV:when=1
	capture bash -c '"$@" "$BUTTER" vmsplice-feed -f a | cmp - a' "$0" "${tracer[@]}"
	succeeded
}

@test "faults: an interrupted call is done again" {
	need_strace
	repeated $'some text\n' 3000000 >text
	for call in vmsplice write; do
		injecting $call:error=EINTR:when=1..3
		[ $call = vmsplice ] || injecting $call:error=EINTR:when=1..3 vmsplice:error=ENOSYS
		capture bash -c '"$@" "$BUTTER" vmsplice-feed --size 3000000 some text | cmp - text' "$0" "${tracer[@]}"
		succeeded
	done
}

@test "a pipe that does not block, and a slow reader: every byte arrives, without vmsplice, too" {
	need_tool perl
	need_strace
	numbers a 1000
	for fault in mprotect:error=EPERM vmsplice:error=ENOSYS vmsplice:error=EPERM:when=3+; do
		injecting "$fault"
		perl "$pairs" null 'blockless|slow' "${tracer[@]}" "$BUTTER" vmsplice-feed --size 1000000 -f a >arrived 2>/dev/null
		sum=$(for _ in {1..125}; do cat a; done | sha256sum | cut -d ' ' -f 1)
		equal "$(cat arrived)" "null blockless 0 1000000 $sum
null slow 0 1000000 $sum"
	done
}

@test "faults: later errors are told" {
	need_strace
	numbers a 50000
	for error in EIO ENOMEM; do
		injecting vmsplice:error=$error:when=3
		for words in '--forever' '--forever -f a'; do
			# shellcheck disable=SC2086
			capture bash -o pipefail -c '"$@" | cat >out' "$0" "${tracer[@]}" "$BUTTER" vmsplice-feed $words
			failed 1 vmsplice-feed 'cannot write to standard output'
		done
	done
	capture strace -qq -e signal=none -e trace=read -P /proc/version -o trace -e inject=read:error=EIO:when=1 "$BUTTER" vmsplice-feed -f /proc/version
	failed 1 vmsplice-feed "cannot read '/proc/version': Input/output error"
}

# ---- Pages

@test "from the first byte that is sent, the pages cannot be written any more" {
	for words in '--size 3000000 abc' '--size 100 abc' '--pattern 00' '-f small --forever'; do
		echo small >small
		rm -f sent
		need_strace
		tracer=(strace -qq -e signal=none -e 'trace=/^(mprotect|mmap|mremap|vmsplice)$' -o trace)
		# shellcheck disable=SC2086
		capture bash -c '"$@" | head -c 100 >/dev/null' "$0" "${tracer[@]}" "$BUTTER" vmsplice-feed $words
		# What was made last is read-only before the first vmsplice, and stays so.
		made=$(sed '/^vmsplice/,$d' trace | grep -E '^m(map|remap)' | tail -n 1)
		matches "$(sed '/^vmsplice/,$d' trace | tail -n 1)" "mprotect\(${made##*= }, [0-9]+, PROT_READ\) += 0"
		! sed '1,/^vmsplice/d' trace | grep -qv '^vmsplice' || fails "$(cat trace)"
	done
}

@test "--stable: what was sent does not change with the file" {
	for option in '' --stable; do
		numbers a 25000
		rm -f sent
		feed_slowly $option -f a
		filled 200000
		finish
		equal "$status$stderr" 0
		cp a before
		printf 'changed' | dd of=a conv=notrunc bs=1 status=none
		cat <&9 >arrived
		exec 9<&-
		if [ -n "$option" ]; then cmp arrived before; else cmp arrived a; fi
	done
}

@test "a file that gets shorter while it is sent is told" {
	need_strace
	for fault in none vmsplice:error=ENOSYS; do
		for left in 0 100 1000000 3999999; do
			numbers a 500000
			rm -f sent
			tracer=()
			[ $fault = none ] || injecting $fault
			feed_slowly -f a --pipe-size 64K
			filled 65536
			truncate -s "$left" a
			[ "$(cat <&9 | wc -c)" -le 4000000 ]
			exec 9<&-
			finish
			failed 1 vmsplice-feed "'a' got shorter while it was sent"
		done
	done
}

@test "a mapped file that cannot be read any more is told" {
	need_strace
	numbers a 50000
	inject 'vmsplice:error=EFAULT write:error=EFAULT:when=1 pread64:error=EIO' vmsplice-feed -f a
	failed 1 vmsplice-feed "cannot read 'a': Input/output error"
}

# ---- How it is done

@test "--stats: in text and JSON, also when the reader's leaving is the end" {
	need_tool jq
	piped out --stats --size 400000
	equal "$status$output" 0
	matches "$stderr" "butter: vmsplice-feed: 400000 bytes, 0\.[0-9]{3} seconds, [0-9.]+[KMG]?/s, [0-9]+ calls, vmsplice"
	to_file out vmsplice-feed --stats -j --size 400000
	equal "$(jq -r '"\(.event) \(.bytes) \(.way) \(.vmsplice) \(.write)"' <<<"$stderr")" 'copied 400000 write 0 400000'
	capture bash -o pipefail -c '"$BUTTER" vmsplice-feed --stats -j --forever | head -c 400000 >/dev/null'
	equal "$status" 141
	[ "$(jq .bytes <<<"$stderr")" -ge 400000 ]
	capture bash -o pipefail -c 'trap "" PIPE; "$BUTTER" vmsplice-feed --stats --forever | head -c 400000 >/dev/null'
	equal "$status" 1
	matches "$stderr" "butter: vmsplice-feed: [0-9]+ bytes, .*
butter: vmsplice-feed: cannot write to standard output: Broken pipe"
}

# holds: how many bytes the pipe on descriptor 9 holds.
holds() {
	perl -e 'print fcntl STDIN, 1032, 0' <&9
}

@test "--pipe-size, and no place in the pipe is left by half" {
	for size in 4096:65536 256K:262144; do
		rm -f sent
		feed_slowly --forever --pipe-size "${size%:*}" abcdef
		filled "${size#*:}"
		equal "$(holds)" "${size#*:}"
		exec 9<&-
		finish
		equal "$status" 141
	done
}

@test "--rate" {
	begin=$(microseconds)
	piped out --rate 1M/s --size 400000
	succeeded
	equal "$(stat -c %s out)" 400000
	# 400,000 bytes at 1048576 a second are 381 ms.
	lasted 280000 "$begin"
}

@test "SIGUSR1 says how far it is, SIGSTOP and SIGCONT lose nothing" {
	feed_slowly --size 3000000 --pipe-size 64K abcdefg
	filled 65536
	await has_state S
	kill -USR1 "$pid"
	await grep -q '^butter: vmsplice-feed: 64K of 2.9M, ' "$job/err"
	kill -STOP "$pid"
	await has_state T
	head -c 30000 <&9 >some
	kill -CONT "$pid"
	cat some - <&9 | cmp - <(repeated $'abcdefg\n' 3000000)
	finish
	equal "$status" 0
	one_line vmsplice-feed
}

@test "process 1 of a container is ended by SIGTERM and SIGINT" {
	namespaces -pf --kill-child
	for signal in TERM:143 INT:130; do
		rm -f sent
		mkfifo sent
		launch bash -c 'exec "$@" >sent' "$0" "${within[@]}" env --default-signal=INT "$BUTTER" vmsplice-feed --forever
		exec 9<sent
		filled 65536
		kill "-${signal%:*}" "$(children "$pid")"
		finish
		equal "$status" "${signal#*:}"
		exec 9<&-
	done
}

@test "--progress: a bar on a terminal, after a second; none elsewhere" {
	need_tool script
	capture script -qec '"$BUTTER" vmsplice-feed --progress --rate 1M --size 1600000 2>&1 >out' /dev/null
	equal "$status" 0
	equal "$(stat -c %s out)" 1600000
	contains "$output" '% ['
	contains "$output" '1.5M of 1.5M, '
	contains "$output" ' left'
	capture script -qec '"$BUTTER" vmsplice-feed --progress --size 1000000 2>&1 >out' /dev/null
	equal "$status$output" 0
	to_file out vmsplice-feed --progress --rate 1M --size 1600000
	succeeded
}

@test "wrong usage is one line" {
	: >a
	for words in 'x -f a' 'x --pattern 00' '-f a --pattern 00' '-n 1 --size 1' '-n 1 --forever' '--size 1 --forever' \
		'-n 0' '-n x' '-n -1' '--size x' '--size -1' '--size 18446744073709551616' '--size 18446744073709551615' \
		'--size 9223372036854775808' '--stable' '--stable x' '-j' '--pipe-size 1' '--rate x' '--rate /s' '--rate 1/s/s' '--rate 1K/m'; do
		# shellcheck disable=SC2086
		try vmsplice-feed $words
		misused vmsplice-feed
	done
}

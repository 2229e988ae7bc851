#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr
# shellcheck disable=SC2016 # inner shells expand

load helper

pairs=$BATS_TEST_DIRNAME/pairs.pl

setup() {
	trace_tests_only
	need_applet splice-cat
	cd "$BATS_TEST_TMPDIR" || return
}

# same FILE PART...: FILE is what the PARTs are together.
same() {
	local file=$1

	shift
	cat "$@" | cmp - "$file" || fails "$file is not $*"
}

# ---- Every byte, from everywhere to everywhere

# each_pair INPUTS OUTPUTS COMMAND...: pairs.pl with all pairs in the long variant, else with each kind and those that
# have ways of their own: a hundred and seventy of four hundred.
each_pair() {
	local inputs='file|pipe|pieces|socket|blockless.*' outputs='file|pipe|read_only'

	if [ "${BUTTER_LONG:-}" = 1 ]; then
		perl "$pairs" "$@" 2>/dev/null
	else
		perl "$pairs" "$1" "(?=(?:$outputs)\$)$2" "${@:3}" 2>/dev/null
		perl "$pairs" "(?=(?:$inputs)\$)$1" "(?!(?:$outputs)\$)$2" "${@:3}" 2>/dev/null
	fi
}

@test "from each kind of input to each kind of output, what cat does, or better" {
	need_tool perl
	each_pair '.*' '.*' "$BUTTER" splice-cat >ours
	each_pair '(?!blockless).*' '(?!blockless).*' cat >theirs
	# cat fails where a descriptor does not block; that is not to be had from it.
	# cat does not mind an output that cannot be written when there is nothing to write; splice-cat does.
	! grep ' read_only ' ours | grep -v ' read_only 1 0 ' || fails "a read-only output is no error"
	cut -d ' ' -f 1-3 theirs | grep -E ' read_only 0$' | diff - <(printf '%s read_only 0\n' empty empty_pipe end null)
	diff <(grep -v ' read_only ' theirs) <(grep -vE 'blockless| read_only ' ours) || fails "cat does another thing"
	for out in blockless blockless_socket; do
		diff <(grep " $out " ours | grep -v '^blockless' | cut -d ' ' -f 1,3-) <(grep ' socket ' ours | grep -v '^blockless' | cut -d ' ' -f 1,3-)
	done
	diff <(grep '^blockless ' ours | cut -d ' ' -f 2-) <(grep '^pieces ' ours | cut -d ' ' -f 2-)
	diff <(grep '^blockless_socket ' ours | cut -d ' ' -f 2-) <(grep '^pieces ' ours | cut -d ' ' -f 2-)
}

@test "several files, standard input among them, in order" {
	numbers a 10
	numbers b 50000
	numbers c 3
	capture sh -c '"$BUTTER" splice-cat a - b /dev/null c <c >all'
	succeeded
	same all a c b c
}

@test "a file that cannot be read is told, and the next one follows" {
	numbers a 10
	try splice-cat a missing . a
	equal "$status" 1
	equal "$output" "$(cat a a)"
	equal "$stderr" "butter: splice-cat: cannot open 'missing': No such file or directory
butter: splice-cat: cannot read '.': Is a directory"
}

@test "--output -: standard output" {
	echo one >a
	try splice-cat -o - a
	succeeded
	equal "$output" one
	[ ! -e ./- ]
	try splice-cat -o ./- a
	succeeded
	equal "$output" ''
	same ./- a
	try splice-cat --append -o - a
	equal "$status" 1
	one_line splice-cat
}

@test "--output makes, empties and appends" {
	numbers a 50000
	numbers b 10
	try splice-cat -o out a
	succeeded
	same out a
	try splice-cat --output out b
	succeeded
	same out b
	try splice-cat -o out --append a
	succeeded
	same out b a
}

@test "what is input and output is refused, and not emptied" {
	numbers a 50000
	cp a kept
	ln a link
	ln -s a symbolic
	for command in 'a >>a' 'link >>a' '- <a >>a' '-o a link' '-o a --append link' '-o symbolic a' '<a -o a' 'a 1<>a'; do
		capture sh -c '"$BUTTER" splice-cat '"$command"
		failed 1 splice-cat 'is input and output'
		same a kept
	done
}

@test "a FIFO, a pipe or a disk that is input and output is refused; a terminal, a socket and devices are not" {
	mkfifo fifo
	for command in splice-cat 'splice-cat -o fifo' 'splice-cat - -o fifo'; do
		capture bash -c 'exec 3<>fifo; echo x >&3; "$BUTTER" '"$command"' <&3 >&3'
		failed 1 splice-cat 'is input and output'
	done
	capture bash -c '"$BUTTER" splice-cat </dev/zero --length 5 >/dev/zero && "$BUTTER" splice-cat </dev/null >/dev/null'
	succeeded
	need_tool perl
	capture perl -e 'use Socket; $^F = 1000; socketpair my $one, my $other, AF_UNIX, SOCK_STREAM, 0 or die; syswrite $other, "x"; shutdown $other, 1;
		open STDIN, "<&", $one; open STDOUT, ">&", $one; exec $ENV{BUTTER}, "splice-cat"'
	succeeded
	numbers a 50000
	cp a kept
	# shellcheck disable=SC2016 # the inner shell expands
	looped a sh -c 'mknod same b $(stat -c "%Hr %Lr" "$DISK") && "$BUTTER" splice-cat -o same "$DISK"'
	failed 1 splice-cat 'is input and output'
	same a kept
}

@test "--offset and --length are those of all the files together" {
	numbers a 10000
	numbers b 20000
	cat a b >all
	for range in '0 0' '0 1' '1 1' '79999 2' '80000 1' '80001 100' '100000 1000000' '240000 1' '300000 5' '5 90000' '1K 64K'; do
		read -r offset length <<<"$range"
		from=$(numfmt --from=iec "$offset") size=$(numfmt --from=iec "$length")
		tail -c +"$((from + 1))" all | head -c "$size" >wanted
		to_file out splice-cat --offset "$offset" --length "$length" a b
		succeeded
		same out wanted
		# shellcheck disable=SC2002 # a pipe is meant
		cat all | "$BUTTER" splice-cat --offset "$offset" --length "$length" | cmp - wanted
	done
}

@test "standard input begins where it stands, and only what was taken is taken" {
	numbers a 10000
	{ head -c 4096 >/dev/null; "$BUTTER" splice-cat --length 1000; cat; } <a >out
	tail -c +4097 a | cmp - out
}

# ---- Errors say whose they are

@test "an output that is full, and one that has left" {
	numbers a 50000
	to_file /dev/full splice-cat a
	failed 1 splice-cat 'cannot write to standard output: No space left on device'
	try splice-cat -o /dev/full a
	failed 1 splice-cat "cannot write '/dev/full': No space left on device"
	capture bash -o pipefail -c '"$BUTTER" splice-cat /dev/zero | head -c 1000 >/dev/null'
	equal "$status$stderr" 141
	capture bash -o pipefail -c 'trap "" PIPE; "$BUTTER" splice-cat /dev/zero | head -c 1000 >/dev/null'
	failed 1 splice-cat 'cannot write to standard output: Broken pipe'
	capture bash -c '"$BUTTER" splice-cat a >&-'
	failed 1 splice-cat 'standard output'
	capture bash -c '"$BUTTER" splice-cat <&-'
	failed 1 splice-cat "cannot read '-': Bad file descriptor"
	for trap in '' 'trap "" XFSZ'; do
		capture bash -c "ulimit -f 64; $trap"'
			"$BUTTER" splice-cat a >out'
		failed 1 splice-cat 'cannot write to standard output: File too large'
		equal "$(stat -c %s out)" 65536
	done
}

@test "--stats: also when the reader's leaving is the end" {
	for command in 'splice-cat /dev/zero' 'aio-copy /dev/zero -'; do
		[[ " $APPLETS " == *" ${command%% *} "* ]] || continue
		capture bash -o pipefail -c '"$BUTTER" '"$command"' --stats | head -c 1000 >/dev/null'
		equal "$status" 141
		matches "$stderr" "butter: ${command%% *}: [^
]* bytes, [^
]* calls, [a-z_]+"
		capture bash -o pipefail -c 'trap "" PIPE; "$BUTTER" '"$command"' --stats | head -c 1000 >/dev/null'
		equal "$status" 1
		contains "$stderr" ': Broken pipe'
		contains "$stderr" ' calls, '
	done
}

@test "a full disk: what fits is there" {
	need_root
	namespaces -m
	numbers a 50000
	capture "${within[@]}" sh -c 'mkdir disk && mount -t tmpfs -o size=64k none disk && "$BUTTER" splice-cat a >disk/out; echo $? "$(stat -c %s disk/out)"'
	contains "$stderr" 'cannot write to standard output: No space left on device'
	equal "$output" '1 65536'
}

@test "faults: a fast path that is not to be had at first changes nothing" {
	need_strace
	numbers a 50000
	for call in splice copy_file_range pipe2 fcntl; do
		for error in ENOSYS EPERM EINVAL EMFILE EXDEV; do
			for stable in '' --stable; do
				capture strace -qq -e signal=none -e trace="$call" -o trace -e inject="$call:error=$error" "$BUTTER" splice-cat $stable -o out a
				succeeded
				same out a
			done
			capture bash -c 'strace -qq -e signal=none -e trace='"$call"' -o trace -e inject='"$call:error=$error"' "$BUTTER" splice-cat a | cat >out'
			succeeded
			same out a
		done
	done
}

@test "faults: a fast path that is to be had no more loses nothing" {
	need_strace
	numbers a 500000
	for when in 3 4; do # for taking and for giving
		for error in ENOSYS EPERM EINVAL EMFILE; do
			capture bash -o pipefail -c 'cat a | strace -qq -o trace -e signal=none -e trace=splice -e inject=splice:error="$0":when="$1"+ "$BUTTER" splice-cat | cmp - a' "$error" "$when"
			succeeded
		done
	done
}

# later FAULT SCRIPT MESSAGE [OPTION...]: a shell runs SCRIPT, in which `sh faulty` is a butter that meets FAULT, by strace with
# these options, and says MESSAGE and ends with 1.
later() {
	local fault=$1 script=$2 message=$3

	shift 3
	: >out
	echo "exec strace -qq -o trace -e signal=none -e trace=${fault%%:*} -e inject=$fault $* '$BUTTER' \"\$@\"" >faulty
	capture bash -o pipefail -c "$script"
	failed 1 splice-cat "$message: " || fails "with $fault: $script"
}

@test "faults: later errors are told, with the side that failed" {
	need_strace
	numbers a 500000
	# Of splice, odd calls take and even ones give; what is read and written is told by what it is.
	for error in EIO ENOSPC EFBIG; do
		later "splice:error=$error:when=4" 'sh faulty splice-cat a | cat >out' 'cannot write to standard output'
		later "splice:error=$error:when=4" 'cat a | sh faulty splice-cat -o out' "cannot write 'out'"
		later "write:error=$error:when=2" 'sh faulty splice-cat --stable a | cat >out' 'cannot write to standard output'
		later "copy_file_range:error=$error:when=2" 'sh faulty splice-cat --stable --rate 40M a >out' 'cannot write to standard output'
		later "close:error=$error" 'sh faulty splice-cat -o out a' "cannot write 'out'" -P "$(realpath out)"
	done
	later splice:error=EIO:when=3 'sh faulty splice-cat a | cat >out' "cannot read 'a'"
	later splice:error=EIO:when=3 'cat a | sh faulty splice-cat >out' "cannot read '-'"
	later read:error=EIO:when=2 'sh faulty splice-cat --stable a | cat >out' "cannot read 'a'" -P "$(realpath a)"
	inject 'read:error=EIO:when=1' splice-cat --stable a
	failed 1 splice-cat "cannot read 'a': Input/output error"
}

# ---- How it is done

@test "--stable: what was sent does not change with the file" {
	numbers a 8192
	mkfifo sent go
	for option in '' --stable; do
		numbers a 8192
		"$BUTTER" splice-cat $option a >sent 3>&- 4>&- &
		sender=$!
		exec 9<sent
		await_bytes=$(perl -e 'my $n = pack "L", 0; do { ioctl STDIN, 0x541B, $n } until unpack("L", $n) >= 65536; print unpack "L", $n' <&9)
		[ "$await_bytes" -ge 65536 ]
		wait "$sender"
		cp a before
		printf 'changed' | dd of=a conv=notrunc bs=1 status=none
		cat <&9 >arrived
		exec 9<&-
		if [ -n "$option" ]; then same arrived before; else same arrived a; fi
	done
}

# by WAY OPTION...: a file on the file system that is mounted at the folder `disk` is copied there so.
by() {
	"$BUTTER" splice-cat --explain -o disk/out "${@:2}" disk/a 2>said && contains "$(cat said)" "by $1" && same disk/out disk/a
}

@test "from file to file: by the wider pipe where the file system has no other way than a pipe" {
	need_root
	need_tool mkfs.ext4
	namespaces -m
	numbers small 4096
	numbers large 50000
	truncate -s 16M image
	mkfs.ext4 -q image
	export -f by contains fails same
	looped image "${within[@]}" bash -euc 'mkdir disk
		mount "$DISK" disk; cp large disk/a
		by "splice; copy_file_range: no faster on this file system"; by copy_file_range --stable
		# A pipe that may not be wider than that of the kernel is none.
		by copy_file_range --pipe-size 64K
		cp small disk/a; by copy_file_range
		mount -t tmpfs none disk; cp large disk/a; by "splice; copy_file_range: no faster on this file system"
		mount -t ramfs none disk; cp large disk/a; by copy_file_range'
	succeeded
}

@test "--explain and --stats: the way that was chosen, in text and JSON" {
	need_tool jq
	numbers a 50000
	try splice-cat --stable --explain --stats -o out a
	equal "$status$output" 0
	matches "$stderr" "butter: splice-cat: 'a': 400000 bytes by copy_file_range
butter: splice-cat: 400000 bytes, 0\.[0-9]{3} seconds, [0-9.]+[KMG]?/s, [0-9]+ calls, copy_file_range"
	capture bash -c '"$BUTTER" splice-cat --stats -j a | cat >out'
	equal "$(jq -r '"\(.event) \(.bytes) \(.way) \(.splice) \(.read_write)"' <<<"$stderr")" 'copied 400000 splice 400000 0'
	capture bash -c '"$BUTTER" splice-cat --explain a >>out'
	matches "$stderr" "butter: splice-cat: 'a': 400000 bytes by read_write; copy_file_range: (Bad file descriptor|no faster on this file system); splice: Invalid argument"
	# Each better way that was not even tried has its reason, and one file's is not the next one's.
	head -c 32768 a >small
	: >empty
	capture bash -c '"$BUTTER" splice-cat --explain /proc/version small a empty 2>&1 >/dev/null && "$BUTTER" splice-cat --stable --explain a 2>&1 >/dev/null'
	matches "$output" "butter: splice-cat: '/proc/version': [0-9]+ bytes by read_write; copy_file_range: a file of no size; splice: a file of no size
butter: splice-cat: 'small': 32768 bytes by read_write; copy_file_range: not from file to file; splice: not worth a pipe up to 32K
butter: splice-cat: 'a': 400000 bytes by splice; copy_file_range: not from file to file
butter: splice-cat: 'empty': 0 bytes by no call; copy_file_range: a file of no size; splice: a file of no size
butter: splice-cat: 'a': 400000 bytes by read_write; copy_file_range: not from file to file; splice: a copy is asked for"
	packets 2 40000 sh -c '"$BUTTER" splice-cat --explain >out'
	contains "$stderr" "'-': 80000 bytes by read_write; copy_file_range: not from file to file; splice: datagrams or packets"
}

@test "--rate" {
	numbers a 50000
	begin=$(microseconds)
	to_file out splice-cat --rate 1M a
	succeeded
	same out a
	# 400,000 bytes at 1048576 a second are 381 ms.
	[ "$(($(microseconds) - begin))" -ge 280000 ]
}

@test "what comes slowly is passed on at once" {
	mkfifo in out
	"$BUTTER" splice-cat <in >out 3>&- 4>&- &
	exec 8>in 9<out
	for i in 1 2 3; do
		echo "$i" >&8
		read -r -t "$LIMIT" line <&9
		equal "$line" "$i"
	done
	exec 8>&-
	wait $!
	exec 9<&-
}

@test "SIGUSR1 says how far it is" {
	mkfifo in
	launch "$BUTTER" splice-cat -o out in
	exec 8>in
	echo 12345 >&8
	await test -s out
	kill -USR1 "$pid"
	await grep -q '^butter: splice-cat: 6, ' "$job/err"
	exec 8>&-
	finish
	equal "$status" 0
	one_line splice-cat
	same out <(echo 12345)
}

@test "SIGUSR1 before anything is copied is answered then" {
	need_strace
	numbers in 1000
	inject openat:signal=USR1:when=1 splice-cat -o out in
	equal "$status" 0
	matches "$stderr" 'butter: splice-cat: 7[.]8K of 7[.]8K, .*'
	same in out
}

@test "how much there is to come is known of files, also of one that is read from its middle" {
	numbers a 50000
	launch sh -c '{ head -c 300000 >/dev/null; exec "$BUTTER" splice-cat --rate 20K -o out; } <a'
	await test -s out
	kill -USR1 "$pid"
	await grep -q '^butter: splice-cat: .* of ' "$job/err"
	matches "$(cat "$job/err")" "butter: splice-cat: [0-9.]+K? of 98K, .* left"
	kill "$pid"
}

@test "--progress: a bar on a terminal, after a second; none elsewhere" {
	need_tool script
	numbers a 200000
	capture script -qec '"$BUTTER" splice-cat --progress --rate 1M a 2>&1 >out' /dev/null
	equal "$status" 0
	same out a
	contains "$output" '% ['
	contains "$output" '1.5M of 1.5M, '
	contains "$output" ' left'
	capture script -qec 'stty cols 10; "$BUTTER" splice-cat --progress --rate 1M a 2>&1 >out' /dev/null
	equal "$status" 0
	equal "$(tr '\r' '\n' <<<"${output//$'\e[K'/}" | wc -L)" 9
	capture script -qec '"$BUTTER" splice-cat --progress a 2>&1 >out' /dev/null
	equal "$status$output" 0
	capture "$BUTTER" splice-cat --progress --rate 1M a -o out
	succeeded
}

@test "process 1 of a container is ended by SIGTERM and SIGINT" {
	copies_as_init splice-cat
}

@test "wrong usage is one line" {
	for words in '--append' '-j' '--pipe-size 1' '--rate x' '--rate /s' '--rate 1/s/s' '--rate 1K/m' '--length -1' '--offset 1Z'; do
		# shellcheck disable=SC2086
		try splice-cat $words
		misused splice-cat
	done
}

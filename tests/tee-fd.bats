#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr
# shellcheck disable=SC2016 # inner shells expand

load helper

pairs=$BATS_TEST_DIRNAME/pairs.pl

setup() {
	trace_tests_only
	need_applet tee-fd
	cd "$BATS_TEST_TMPDIR" || return
}

# same FILE WANTED...: each FILE is what WANTED is.
same() {
	local wanted=${!#}

	for file in "${@:1:$#-1}"; do
		cmp "$wanted" "$file" || fails "$file is not $wanted"
	done
}

# frozen ARGUMENT...: tee-fd, in the background with IN, and the output `slow`, a FIFO that descriptor 9 reads, if it does.
frozen() {
	rm -f slow
	mkfifo slow
	launch "$BUTTER" tee-fd "$@" slow
	exec 9<slow
}

# has_size FILE SIZE: for await.
has_size() {
	[ "$(stat -c %s "$1" 2>/dev/null)" = "$2" ]
}

# ---- Every byte, to each

@test "files, descriptors, commands and standard output get the same" {
	numbers in 200000
	for from in '<in' '< <(cat in)'; do
		capture bash -c '"$BUTTER" tee-fd a fd:7 -x "cat >c" -x "cat >d; true" >e 7>b '"$from"
		succeeded
		same a b c d e in
	done
	try tee-fd <in
	equal "$status$stderr" 0
	equal "$(sha256sum <<<"$output")" "$(sha256sum <in)"
}

@test "nothing, one byte, a line" {
	for text in '' 'x' $'line\n'; do
		printf %s "$text" >in
		capture bash -c '"$BUTTER" tee-fd a fd:7 -x "cat >c" <in >d 7>b; printf %s "$(<in)" | "$BUTTER" tee-fd e >f'
		succeeded
		same a b c d in
		equal "$(<e)$(<f)" "$(<in)$(<in)"
	done
}

@test "from each kind of input to each kind of standard output, what tee does, or better" {
	need_tool perl
	inputs='.*' outputs='.*'
	[ "${BUTTER_LONG:-}" = 1 ] || { inputs='file|direct|pieces|blockless|socket|folder' outputs='file|append|pipe|blockless|terminal|full'; }
	perl "$pairs" "$inputs" "$outputs" "$BUTTER" tee-fd copy >ours 2>/dev/null
	perl "$pairs" "$inputs" "$outputs" "$BUTTER" splice-cat >theirs 2>/dev/null
	[ -s ours ]
	# Who has left does not end it: what else there is gets all.
	sed 's/ broken signal 13 / broken 0 /' theirs | diff - ours
}

@test "a terminal that hangs up is an error, as of cat and tee" {
	need_tool perl
	cat >hang.pl <<-'END'
		use strict; use warnings; use Fcntl;
		sysopen my $master, "/dev/ptmx", O_RDWR | O_NOCTTY or exit 77;
		ioctl $master, 0x40045431, my $no = pack "i", 0 or exit 77; # TIOCSPTLCK
		ioctl $master, 0x80045430, my $number = pack "i", 0 or exit 77; # TIOCGPTN
		sysopen my $slave, "/dev/pts/" . unpack("i", $number), O_RDWR | O_NOCTTY or exit 77;
		pipe my $read, my $write or die;
		my $child = fork // die;
		if (!$child) { close $master; close $read; open STDIN, "<&", $slave; open STDOUT, ">&", $write; exec @ARGV }
		close $slave; close $write;
		syswrite $master, "hello\n";
		sysread $read, my $got, 100; # all is awake
		close $master;
		waitpid $child, 0;
		print $got; exit $? >> 8;
	END
	capture perl hang.pl "$BUTTER" tee-fd
	((status != 77)) || skip "no pseudo-terminals of this kind here"
	equal "$status $output" '1 hello'
	one_line tee-fd
	contains "$stderr" 'Input/output error'
}

@test "a socket of datagrams gets no larger ones than it takes" {
	need_tool perl
	numbers in 200000
	cat >datagrams.pl <<-'END'
		use strict; use warnings; use Fcntl; use Socket;
		my ($type, $flags) = splice @ARGV, 0, 2;
		socketpair my $ours, my $theirs, AF_UNIX, $type, 0 or die;
		fcntl $theirs, F_SETFL, O_RDWR | $flags or die;
		my $reader = fork // die;
		if (!$reader) {
			close $theirs;
			my $left = -s "in"; # there is no end of the file
			while ($left > 0 && sysread $ours, my $bytes, 1 << 20) { print $bytes; $left -= length $bytes }
			exit;
		}
		close $ours;
		open STDOUT, ">&", $theirs or die;
		close $theirs;
		my $result = system @ARGV;
		kill 9, $reader if $result;
		wait;
		exit $result >> 8;
	END
	for type in 2 5; do # SOCK_DGRAM, SOCK_SEQPACKET
		for flags in 0 2048; do # O_NONBLOCK
			capture bash -c 'cat in | perl datagrams.pl "$@" "$BUTTER" tee-fd a | cmp - in; exit "${PIPESTATUS[1]}"' - "$type" "$flags"
			succeeded
			same a in
		done
	done
}

@test "-a adds to files, which are emptied otherwise" {
	numbers in 20000
	echo before >a
	echo before >b
	try tee-fd -a a <in
	try tee-fd b <in
	same b in
	cmp a <(echo before; cat in)
	capture bash -c '"$BUTTER" tee-fd c <in >>a'
	succeeded
	cmp a <(echo before; cat in in)
	same c in
}

@test "what comes slowly is passed on at once, to all" {
	mkfifo in out
	"$BUTTER" tee-fd copy <in >out 3>&- 4>&- &
	exec 8>in 9<out
	for i in 1 2 3; do
		echo "$i" >&8
		read -r -t "$LIMIT" line <&9
		equal "$line" "$i"
		# One of them is first.
		end=$((SECONDS + LIMIT))
		until [ "$(tail -n 1 copy)" = "$i" ] || ((SECONDS > end)); do :; done
		equal "$(tail -n 1 copy)" "$i"
	done
	exec 8>&-
	wait $!
	exec 9<&-
}

@test "a terminal: one end of the file is enough" {
	need_tool script
	capture script -qec 'stty -echo; "$BUTTER" tee-fd copy >out' /dev/null <<<$'one\ntwo\n\x04'
	equal "$status" 0
	equal "$(<copy)" $'one\ntwo'
	equal "$(<out)" $'one\ntwo'
}

@test "a standard output that does not block, with a slow reader: every byte" {
	need_tool perl
	numbers in 300000
	capture bash -c '"$BUTTER" tee-fd a <in | perl -e "select undef, undef, undef, 0.2; print while <STDIN>" >out'
	succeeded
	same a out in
	capture bash -c '{ perl -MFcntl -e "fcntl STDOUT, F_SETFL, O_WRONLY | O_NONBLOCK; exec @ARGV" "$BUTTER" tee-fd a <in; } | perl -e "select undef, undef, undef, 0.2; print while <STDIN>" >out'
	succeeded
	same a out in
}

# ---- Who leaves

@test "a reader that leaves takes nothing from the others" {
	numbers in 200000
	capture bash -c 'cat in | "$BUTTER" tee-fd -x "head -n 1 >first" >(head -c 5 >five) a | tail -n 1'
	equal "$status$output$stderr" 00200000
	equal "$(<first)$(<five)" 000000100000
	same a in
	capture bash -o pipefail -c '"$BUTTER" tee-fd a <in | head -n 1'
	equal "$status$output$stderr" 00000001
	same a in
}

@test "when all have left it ends, although more would come" {
	for count in 1 2; do
		capture bash -c '"$BUTTER" tee-fd $(yes "/proc/self/fd/7" | head -n '"$count"') </dev/zero 7> >(head -c 3 >three) | head -c 5 >five'
		succeeded
	done
	# Also while nothing comes: a reader that has left is noticed by itself.
	mkfifo in
	launch bash -c 'exec "$BUTTER" tee-fd <in > >(exec <&-)'
	exec 8>in
	finish
	exec 8>&-
	equal "$status$stderr" 0
}

@test "a FIFO is never opened for reading: its reader's end is seen" {
	mkfifo pipe
	launch "$BUTTER" tee-fd pipe
	exec 9<pipe
	finish
	equal "$(cat <&9)$status$stderr" 0
	exec 9<&-
	IN=/dev/zero launch bash -c '"$BUTTER" tee-fd pipe | head -c 1'
	head -c 10 <pipe >ten
	finish
	equal "$status$stderr" 0
	has_size ten 10
}

# after MODE TEXT...: tee-fd --output-error=MODE, with a reader that leaves, a full device and a file.
after() {
	rm -f a
	capture bash -o pipefail -c 'cat in in | "$BUTTER" tee-fd '"$1"' >(exec <&-; echo gone >left) /dev/full a >out'
}

@test "--output-error: the four modes, as GNU tee has them, and none" {
	numbers in 200000
	cat in in >twice
	full="butter: tee-fd: cannot write '/dev/full': No space left on device"
	for mode in '' -p --output-error '--output-error=warn-nopipe' '--output-error=exit -p'; do
		after "$mode"
		equal "$status $stderr" "1 $full"
		same a out twice
	done
	# As in tee, the next word is an output.
	capture bash -c 'cd "$BATS_TEST_TMPDIR" && "$BUTTER" tee-fd --output-error warn <in >out'
	succeeded
	same warn out in
	after '--output-error=warn'
	equal "$status" 1
	contains "$stderr" "$full"
	contains "$stderr" "butter: tee-fd: cannot write '/dev/fd/"
	contains "$stderr" ': Broken pipe'
	same a out twice
	for mode in '--output-error=exit' '--output-error=exit-nopipe' '-p --output-error=exit'; do
		after "$mode"
		equal "$status" 1
		contains "$stderr" "cannot write '"
		[ "$(stat -c %s a)" -lt 3200000 ]
		same a out
	done
	# Only a pipe: exit-nopipe goes on.
	capture bash -c '"$BUTTER" tee-fd --output-error=exit-nopipe >(exec <&-) a <in >out'
	succeeded
	same a out in
	capture bash -c 'trap "" PIPE; "$BUTTER" tee-fd --output-error=exit a </dev/zero | head -c 1 >one'
	contains "$stderr" 'cannot write to standard output: Broken pipe'
}

@test "what cannot be opened is told, the others get all; exit: it ends before it begins" {
	numbers in 20000
	capture bash -c '"$BUTTER" tee-fd nowhere/x . a fd:77 <in >out'
	equal "$status" 1
	equal "$stderr" "butter: tee-fd: 'fd:77': no such descriptor is open (./fd:77 is a file)
butter: tee-fd: cannot open 'nowhere/x': No such file or directory
butter: tee-fd: cannot open '.': Is a directory"
	same a out in
	capture bash -c '"$BUTTER" tee-fd --output-error=exit nowhere/x <in >out'
	equal "$status" 1
	has_size out 0
	capture bash -c '"$BUTTER" tee-fd a <in >&-'
	failed 1 tee-fd 'cannot write to standard output: Bad file descriptor'
	same a in
	capture bash -c '"$BUTTER" tee-fd a fd:7 <in 7</dev/null >out'
	failed 1 tee-fd "cannot write 'fd:7': Bad file descriptor"
	same a out in
	capture bash -c '"$BUTTER" tee-fd a <&-'
	failed 1 tee-fd 'cannot read standard input: Bad file descriptor'
	capture bash -c '"$BUTTER" tee-fd a <.'
	failed 1 tee-fd 'cannot read standard input: Is a directory'
}

@test "what is input and output is refused, and left as it was" {
	numbers a 20000
	cp a kept
	ln a link
	for words in 'a' '-a link' ">>a" "1<>a" "fd:7 7>>a"; do
		capture bash -c '"$BUTTER" tee-fd out '"$words"' <a'
		equal "$status" 1
		contains "$stderr" 'is input and output'
		same a kept
	done
	mkfifo fifo
	for words in fifo 'fd:7 7>fifo' '>fifo'; do
		capture bash -c 'exec 8<>fifo; head -c 5000 a >&8; "$BUTTER" tee-fd '"$words"' <&8 8>&- | head -c 5000'
		contains "$stderr" 'is input and output'
	done
}

# ---- Who is slow

@test "--slow block: all wait for the one that is frozen, and then have all" {
	numbers in 1000000
	IN=in frozen a
	await test -s a
	drained
	[ "$(stat -c %s a)" -lt 8000000 ]
	is_running
	cat <&9 >late
	finish
	succeeded
	same late a "$job/out" in
	exec 9<&-
}

@test "--slow drop: the others have all, and what was dropped is counted to the byte" {
	numbers in 1000000
	IN=in frozen --slow drop:slow --stats -j a
	finish
	equal "$status" 0
	same a "$job/out" in
	cat <&9 >late
	exec 9<&-
	[ -s late ]
	same late <(head -c "$(stat -c %s late)" in)
	contains "$stderr" "butter: tee-fd: 'slow' was too slow: $((8000000 - $(stat -c %s late))) bytes dropped"
	equal "$(grep '^{' <<<"$stderr" | jq -r 'select(.path == "slow") | "\(.bytes + .dropped) \(.state)"')" '8000000 slow'
}

@test "--slow drop: a reader that reads slowly gets some, and the count is right" {
	need_tool perl
	numbers in 2000000
	for option in '' '--pipe-size 4K'; do
		capture bash -c 'cat in | "$BUTTER" tee-fd $1 --slow "drop:$2" -x "$2" a >b; stat -c %s late' - "$option" \
			'perl -e "while (sysread STDIN, \$_, 65536) { syswrite STDOUT, \$_; select undef, undef, undef, 0.001 }" >late'
		equal "$status" 0
		same a b in
		dropped=$(sed -n 's/.* too slow: \([0-9]*\) bytes dropped/\1/p' <<<"$stderr")
		equal "$((output + ${dropped:-0}))" 16000000
	done
}

@test "--slow drop: what a reader that has left did not take is not called too slow" {
	numbers in 20000
	need_tool jq
	mkfifo comes
	for options in '' '--stats -j'; do
		exec 8<>comes
		# shellcheck disable=SC2086 # words
		IN=comes frozen --slow drop:slow --pipe-size 128K $options
		cat in >&8
		await has_size "$job/out" 160000
		exec 9<&- 8>&-
		finish
		equal "$status$(grep -v '^{' <<<"$stderr")" 0
	done
	equal "$(jq -r 'select(.path == "slow") | "\(.state) \(.dropped)"' <<<"$stderr")" 'failed 0'
}

@test "--slow detach: who takes nothing for the time of --patience gets no more" {
	numbers in 1000000
	IN=in frozen --slow detach --patience 200ms a
	begin=$(microseconds)
	finish
	lasted 180000 "$begin"
	equal "$status" 0
	same a "$job/out" in
	cat <&9 >late
	exec 9<&-
	same late <(head -c "$(stat -c %s late)" in)
	equal "$stderr" "butter: tee-fd: 'slow' has taken nothing for 0.2s: detached after $(stat -c %s late) bytes"
}

@test "--slow detach: the time for which it is stopped itself does not count, and inf has no end" {
	numbers in 400000
	for patience in 1 inf; do
		IN=in frozen --slow detach --patience "$patience"
		drained
		kill -STOP "$pid"
		read -r -t 1.2 -u "$alive" _ || true
		kill -CONT "$pid"
		read -r -t 0.05 -u "$alive" _ || true
		cat <&9 >late
		exec 9<&-
		finish
		equal "$status$stderr" 0
		same late "$job/out" in
	done
}

@test "--slow spill: the others have all at once, the slow one later" {
	numbers in 1000000
	IN=in frozen --slow spill --spill-dir . --stats a
	await has_size a 8000000
	await has_size "$job/out" 8000000
	is_running
	# The file has no name, and is there.
	[ -n "$(find "/proc/$pid/fd" -lname "$PWD/* (deleted)")" ]
	equal "$(echo .but*)" '.but*'
	cat <&9 >late
	finish
	exec 9<&-
	equal "$status" 0
	same late in
	matches "$stderr" ".*'slow': done, 8000000 bytes, [0-9]+ spilled.*"
}

@test "--spill-limit: so much waits on the disk, then all wait; the disk is given back" {
	numbers in 2000000
	IN=in frozen --slow spill --spill-dir . --spill-limit 3M --stats a
	drained
	# What is in the FIFO, its queue and on the disk, and not yet what is behind.
	[ "$(stat -c %s a)" -ge 3145728 ]
	[ "$(stat -c %s a)" -le $((3145728 + 4 * 1048576)) ]
	equal "$(find "/proc/$pid/fd" -lname "$PWD/* (deleted)" -exec stat -Lc %s {} +)" 3145728
	# Slowly, so that the file is filled and emptied many times.
	perl -e 'while (sysread STDIN, $_, 100000) { print; select undef, undef, undef, 0.001 }' <&9 >late
	finish
	exec 9<&-
	equal "$status" 0
	same late a "$job/out" in
}

@test "--slow spill: a disk that is full, or no folder for it, is told, and nothing is lost" {
	need_root
	namespaces -m
	numbers in 1000000
	mkdir disk
	cat >run <<-'END'
		mount -t tmpfs -o size=1m none disk
		"$BUTTER" tee-fd --slow spill --spill-dir "$1" slow <in >a 2>err & pid=$!
		exec 9<slow
		until [ -s err ] || [ "$(stat -c %s a)" = 8000000 ]; do read -r -t 0.01 <>pause; done
		cat <&9 >late
		wait $pid
	END
	mkfifo slow pause
	for folder in disk nowhere .; do
		rm -f a late err
		capture "${within[@]}" bash run "$folder"
		equal "$status" 0
		stderr=$(<err)
		same late a in
		[ "$folder" != . ] || break
		one_line tee-fd
		contains "$stderr" "cannot spill what 'slow' does not take: all wait for it: "
	done
	equal "$stderr" ''
}

@test "the policies hold without tee(2), too" {
	need_strace
	numbers in 1000000
	for policy in drop detach spill; do
		rm -f slow
		mkfifo slow
		IN=in launch strace -f -qq -e signal=none -e trace=tee,splice -o trace -e inject=tee,splice:error=ENOSYS \
			"$BUTTER" tee-fd --slow "$policy:slow" --patience 200ms a slow
		exec 9<slow
		await has_size a 8000000
		await has_size "$job/out" 8000000
		[ "$policy" = spill ] || finish
		cat <&9 >late
		exec 9<&-
		[ "$policy" != spill ] || finish
		equal "$status" 0
		same a "$job/out" in
		size=$(stat -c %s late)
		same late <(head -c "$size" in)
		case $policy in
		drop) contains "$stderr" "$((8000000 - size)) bytes dropped" ;;
		detach) contains "$stderr" "detached after $size bytes" ;;
		spill) equal "$size" 8000000 ;;
		esac
	done
}

@test "what is written to /dev/ptmx arrives at its terminal" {
	need_tool perl
	cat >ptmx.pl <<-'END'
		use strict; use warnings; use Fcntl; use POSIX;
		$^F = 7;
		sysopen my $ptmx, "/dev/ptmx", O_RDWR | O_NOCTTY or die;
		my ($zero, $number) = (pack("i", 0), pack("i", 0));
		ioctl $ptmx, 0x40045431, $zero or die; ioctl $ptmx, 0x80045430, $number or die;
		sysopen my $terminal, "/dev/pts/" . unpack("i", $number), O_RDWR | O_NOCTTY | O_NONBLOCK or die;
		POSIX::dup2(fileno $ptmx, 7) // die;
		system @ARGV and exit 1;
		print scalar <$terminal> // "nothing\n";
	END
	capture bash -c 'perl ptmx.pl "$BUTTER" tee-fd fd:7 <<<typed >out; cat out'
	succeeded
	equal "$output" $'typed\ntyped'
}

@test "a terminal and a socket that are frozen hold up nobody, if so asked" {
	need_tool perl
	numbers in 1000000
	cat >holder.pl <<-'END'
		use strict; use warnings; use Fcntl; use Socket; use POSIX;
		my $kind = shift; my ($ours, $theirs);
		if ($kind eq "socket") { socketpair $ours, $theirs, AF_UNIX, SOCK_STREAM, 0 or die }
		else {
			sysopen $ours, "/dev/ptmx", O_RDWR | O_NOCTTY or die;
			my ($zero, $number) = (pack("i", 0), pack("i", 0));
			ioctl $ours, 0x40045431, $zero or die; ioctl $ours, 0x80045430, $number or die;
			sysopen $theirs, "/dev/pts/" . unpack("i", $number), O_RDWR | O_NOCTTY or die;
		}
		POSIX::dup2(fileno $theirs, 7) // die;
		close $theirs; $^F = 7;
		system @ARGV; exit $? >> 8;
	END
	for kind in socket terminal; do
		capture bash -c 'perl holder.pl '"$kind"' "$BUTTER" tee-fd --slow drop --patience 100ms a fd:7 <in >out'
		equal "$status" 0
		same a out in
		matches "$stderr" "butter: tee-fd: 'fd:7' was too slow: [0-9]+ bytes dropped"
	done
}

# ---- Commands

@test "--exec: a command that fails is told, one that ends early is not" {
	numbers in 200000
	capture bash -c '"$BUTTER" tee-fd -x "exit 3" -x "head -c 1 >/dev/null" -x "nosuchcommand 2>/dev/null" -x "kill -9 \$\$" a <in >out'
	equal "$status" 1
	equal "$stderr" "butter: tee-fd: 'exit 3' has ended with status 3
butter: tee-fd: 'nosuchcommand 2>/dev/null' has ended with status 127
butter: tee-fd: 'kill -9 \$\$' has ended with status 137"
	same a out in
}

@test "--exec: the command has its input and nothing else of ours, and signals as butter found them" {
	capture bash -c 'trap "" HUP; "$BUTTER" tee-fd -x "ls -l /proc/self/fd | sed -n \"s/.* \([0-9]*\) -> .*/\1/p\" | sort -n | tr \"\n\" \" \" >fds; grep Sig.gn /proc/self/status >signals" a fd:7 7>b </dev/null'
	succeeded
	equal "$(<fds)" '0 1 2 3 '
	ignored=$(sed -n 's/SigIgn:\t*//p' signals)
	equal "$((16#$ignored & (1 << 12)))" 0
	equal "$((16#$ignored & 1))" 1
	capture bash -c 'trap "" CHLD; exec "$BUTTER" tee-fd -x "exit 4" </dev/null'
	failed 1 tee-fd "'exit 4' has ended with status 4"
}

@test "-i: an interrupt ends neither it nor its commands; without it both" {
	mkfifo in
	for option in -i ''; do
		rm -f c
		launch env --default-signal=INT setsid bash -c 'echo $$ >leader; exec "$BUTTER" tee-fd '"$option"' -x "cat >c" a <in'
		exec 8>in
		echo before >&8
		await test -s c
		kill -INT -- "-$(<leader)"
		[ -z "$option" ] || echo after >&8
		exec 8>&-
		finish
		[ -z "$option" ] || equal "$status$(<a)$(<c)" $'0before\nafterbefore\nafter'
		[ -n "$option" ] || equal "$status" 130
	done
}

# ---- Faults

@test "faults: a fast path that is not to be had at first, or later, changes nothing" {
	need_strace
	numbers in 500000
	mkfifo pipe
	for call in tee splice pipe2 fcntl pwritev2; do
		for error in $(rounds 'ENOSYS EMFILE EINTR' 'ENOSYS EPERM EINVAL EMFILE EINTR'); do
			[ "$call $error" != 'splice EMFILE' ] && [ "$call $error" != 'tee EMFILE' ] || continue
			[ "$call $error" != 'pwritev2 EMFILE' ] || continue
			when=
			[ "$error" != EINTR ] || when=:when=1+2
			capture bash -c 'cat pipe >b & strace -qq -e signal=none -e trace='"$call"' -o trace -e inject='"$call:error=$error$when"' "$BUTTER" tee-fd a pipe <in | cat >c; wait'
			succeeded
			same a b c in
		done
	done
	# A command gets a socket instead.
	for error in ENOSYS EPERM EINVAL EMFILE; do
		inject "pipe2:error=$error" tee-fd -x "cat >b" -x "wc -c >c" a <in
		succeeded
		same a b in
		equal "$(<c)" "$(stat -c %s in)"
		inject "pipe2:error=$error" tee-fd -x "head -c 1 >b" a <in
		succeeded
		equal "$(stat -c %s b)" 1
		same a in
	done
	for when in 2 3 5 6; do
		for call in tee splice; do
			capture bash -c 'cat pipe >b & strace -qq -e signal=none -e trace='"$call"' -o trace -e inject='"$call:error=ENOSYS:when=$when+"' "$BUTTER" tee-fd -x "cat >b" a <in | cat >c'
			succeeded
			same a b c in
		done
	done
}

@test "faults: later errors are told, with the side that failed, and the others get all" {
	need_strace
	numbers in 4000
	numbers big 500000
	capture strace -qq -e signal=none -e trace=read -P "$PWD/in" -o trace -e inject=read:error=EIO:when=1 "$BUTTER" tee-fd a <in
	failed 1 tee-fd 'cannot read standard input: Input/output error'
	# Of a small file: the outputs are written one after the other.
	for error in ENOSPC EIO EFBIG EDQUOT; do
		capture strace -qq -e signal=none -e trace=write,pwritev2 -P "$PWD/b" -o trace -e "inject=write,pwritev2:error=$error" "$BUTTER" tee-fd a b c <in
		equal "$status" 1
		one_line tee-fd
		contains "$stderr" "cannot write 'b': "
		same a c in
	done
	capture strace -qq -e signal=none -e trace=splice -P "$PWD/b" -o trace -e inject=splice:error=ENOSPC:when=2 "$BUTTER" tee-fd a b c <big
	equal "$status" 1
	one_line tee-fd
	contains "$stderr" "cannot write 'b': No space left on device"
	same a c big
	capture strace -qq -e signal=none -e trace=close -P "$PWD/b" -o trace -e inject=close:error=EDQUOT:when=1 "$BUTTER" tee-fd a b c <big
	equal "$status" 1
	contains "$stderr" "cannot write 'b': Disk quota exceeded"
	same a c big
}

@test "a file that may not be so large takes nothing from the others" {
	numbers in 200000
	capture bash -c 'ulimit -f 100; "$BUTTER" tee-fd a <in | cmp - in; exit "${PIPESTATUS[0]}"'
	equal "$status$stderr" "1butter: tee-fd: cannot write 'a': File too large"
	[ "$(stat -c %s a)" -le 102400 ]
	rm -f slow
	mkfifo slow
	launch bash -c 'ulimit -f 100; exec "$BUTTER" tee-fd --slow spill:slow --pipe-size 64K slow <in | cmp - in'
	exec 9<slow
	await grep -q 'cannot spill' "$job/err"
	cat <&9 >late
	exec 9<&-
	finish
	equal "$stderr" "butter: tee-fd: cannot spill what 'slow' does not take: all wait for it: File too large"
	same late in
}

@test "few descriptors, and pipes that may not be large" {
	numbers in 500000
	for few in 12 14 16 18 20; do
		capture bash -c 'ulimit -n '"$few"'; "$BUTTER" tee-fd a b c <in >d'
		succeeded
		same a b c d in
	done
	unprivileged
	capture bash -c 'mkdir -m 777 out; "$@" perl -e "
		use Fcntl;
		for (1 .. 80) { pipe my \$r, my \$w or last; fcntl \$w, 1031, 1 << 20; fcntl \$r, F_SETFD, 0; push @all, \$r, \$w }
		exec \$ENV{BUTTER}, qw(tee-fd out/a out/b)" <in >c' - "${as_nobody[@]}"
	succeeded
	same out/a out/b c in
}

@test "no descriptors at all, so that nothing can be waited for: a copy, or an error, but no endless loop" {
	need_static
	need_tool prlimit perl
	numbers in 5000
	for few in 0 1 2 3; do
		capture bash -c 'cat in | prlimit --nofile='"$few"' "$BUTTER" tee-fd | cat >a'
		succeeded
		same a in
		mkfifo late
		launch bash -c 'prlimit --nofile='"$few"' "$BUTTER" tee-fd <late | cat >a'
		exec 8>late
		drained
		cat in >&8
		exec 8>&-
		finish
		equal "$status$stderr" 0
		same a in
		rm late
		capture bash -c 'prlimit --nofile='"$few"' "$BUTTER" tee-fd <in >a'
		succeeded
		same a in
	done
	for applet in splice-cat tee-fd 'vmsplice-feed -f -'; do
		[[ " $APPLETS " == *" ${applet%% *} "* ]] || continue
		# shellcheck disable=SC2086 # words
		capture perl -e 'use IO::Handle; pipe my $in, my $out; $in->blocking(0); open STDIN, "<&", $in; $^F = 1000; open my $kept, ">&", $out; exec @ARGV' \
			prlimit --nofile=0 "$BUTTER" $applet
		failed 1 "${applet%% *}" 'Too many open files'
	done
}

@test "where poll(2) is refused, standard output is closed only once" {
	need_strace
	numbers in 5000
	for error in EPERM ENOSYS; do
		inject "poll:error=$error" tee-fd -x 'cat >a' <in
		succeeded
		equal "$output" "$(<in)"
		same a in
	done
}

@test "what can be waited for but not read is an error at once" {
	need_pidfd
	capture perl -e 'my $number = syscall 434, $$ + 0, 0; open my $process, "<&=", $number; open STDIN, "<&", $process or die; exec @ARGV' "$BUTTER" tee-fd a
	failed 1 tee-fd 'cannot read standard input: Invalid argument'
}

@test "stopped and continued all the time, and asked how far it is" {
	numbers in 2000000
	mkfifo pipe
	launch bash -c 'exec "$BUTTER" tee-fd a -x "cat >b" >c <pipe'
	exec 8>pipe
	head -c 8000 in >&8
	await test -s a
	kill -USR1 "$pid"
	await grep -q '^butter: tee-fd: 7.8K, ' "$job/err"
	tail -c +8001 in >&8 8>&- 3>&- 4>&- &
	exec 8>&-
	for _ in $(seq 200); do
		{ kill -STOP "$pid" && kill -USR1 "$pid" && kill -CONT "$pid"; } 2>/dev/null || break
	done
	finish
	equal "$status" 0
	same a b c in
}

# ---- What it says

@test "asked how far it is before the first byte, when a FIFO has no reader yet" {
	echo x >in
	mkfifo late
	IN=in launch "$BUTTER" tee-fd a late
	await test -e a
	kill -USR1 "$pid"
	await grep -q ' 0, 0/s$' "$job/err"
	limited cat late >got
	finish
	equal "$status" 0
	same a got in
}

@test "asked how far it is while a command has not ended, when all has been given" {
	numbers in 1000
	mkfifo last
	IN=in launch "$BUTTER" tee-fd a -x 'cat >b && read line <last'
	await cmp -s in b
	drained
	kill -USR1 "$pid"
	await grep -q '^butter: tee-fd: 7.8K, ' "$job/err"
	echo >last
	finish
	equal "$status" 0
	same a b in
}

@test "--stats: what each output got, in text and JSON" {
	need_tool jq
	numbers in 200000
	capture bash -c '"$BUTTER" tee-fd --stats -j -x "cat >/dev/null" a /dev/full fd:7 <in >out 7>>b'
	equal "$status" 1
	equal "$(grep '^{' <<<"$stderr" | jq -r '[.event, .path, .state, .bytes, .read_write] | map(tostring) | join(" ")')" \
"output - done 1600000 0
output a done 1600000 0
output /dev/full failed 0 0
output fd:7 done 1600000 1600000
output cat >/dev/null done 1600000 0
copied null null 1600000 0"
	echo hello >in
	try tee-fd --stats a <in
	equal "$status$output" 0hello
	matches "$stderr" "butter: tee-fd: 'standard output': done, 6 bytes, 6 by read_write, [0-9]+ calls
butter: tee-fd: 'a': done, 6 bytes, 6 by read_write, [0-9]+ calls
butter: tee-fd: 6 bytes, 0\.[0-9]{3} seconds, [0-9.]+[KMG]?/s, [0-9]+ calls, read_write"
}

@test "no byte is copied where nobody copies" {
	need_plain_build
	need_strace
	numbers in 500000
	capture bash -c 'strace -qq -e signal=none -e trace=read,write,pwritev2 -o trace "$BUTTER" tee-fd a -x "cat >b" <in | cat >c'
	succeeded
	same a b c in
	equal "$(grep -E ' = [0-9]{4,}$' trace)" ''
}

@test "a descriptor is one that the shell has opened, and none of our own" {
	echo x >in
	try tee-fd a b fd:3 fd:4 <in 3>&- 4>&-
	equal "$status$output" 1x
	equal "$stderr" "butter: tee-fd: 'fd:3': no such descriptor is open (./fd:3 is a file)
butter: tee-fd: 'fd:4': no such descriptor is open (./fd:4 is a file)"
	same a b in
}

@test "hostile names" {
	numbers in 10
	try tee-fd $'new\nline' $'\e[31m' ' ' './fd:3' -- -a '--slow' <in
	equal "$status$stderr" 0
	same $'new\nline' $'\e[31m' ' ' 'fd:3' ./-a ./--slow in
	try tee-fd $'no/\e[31m\n' <in
	equal "$stderr" "butter: tee-fd: cannot open 'no/\\033[31m\\012': No such file or directory"
}

@test "process 1 of a container is ended by SIGTERM and SIGINT" {
	copies_as_init tee-fd
}

@test "wrong usage is one line" {
	for words in '--slow quick' '--slow drop:nobody' '--slow' '--output-error=perhaps' '-j' '--pipe-size 1' '--spill-limit 0' '--patience 0' '--patience x'; do
		# shellcheck disable=SC2086
		try tee-fd $words
		misused tee-fd
	done
	try tee-fd --slow drop:missing a
	contains "$stderr" "no output is called 'missing' (- is standard output)"
	[ ! -e a ]
}

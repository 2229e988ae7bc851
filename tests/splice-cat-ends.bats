#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# splice-cat where its ends are odd: file systems that lie, terminals, sockets, little room in pipes, signals.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr
# shellcheck disable=SC2016 # inner shells expand

load helper

setup() {
	trace_tests_only
	need_applet splice-cat
	need_tool perl
	cd "$BATS_TEST_TMPDIR" || return
}

@test "files of a FUSE server that say a wrong size are copied to their true end" {
	on_fuse 'tail -c +160001 wanted | head -c 100000 >part
	for file in nothing less more cached; do
		"$BUTTER" splice-cat odd/$file | cmp - wanted || exit
		"$BUTTER" splice-cat odd/$file >out && cmp out wanted || exit
		"$BUTTER" splice-cat -o out odd/$file && cmp out wanted || exit
		"$BUTTER" splice-cat --offset 160000 --length 100000 odd/$file | cmp - part || exit
	done'
	equal "$status" 0
	equal "$output$stderr" ''
}

@test "files of a FUSE server are written, and its errors told, also those of close" {
	on_fuse 'for file in out direct; do
		"$BUTTER" splice-cat -o odd/$file wanted && cmp odd/$file wanted || exit
		cat wanted | "$BUTTER" splice-cat >odd/$file && cmp odd/$file wanted || exit
		"$BUTTER" splice-cat --append -o odd/$file wanted && cat wanted wanted | cmp - odd/$file || exit
	done'
	equal "$status" 0
	equal "$output$stderr" ''
	on_fuse 'for file in full closed; do
		"$BUTTER" splice-cat -o odd/$file wanted; echo $?
		cat wanted | "$BUTTER" splice-cat >odd/$file; echo $?
	done
	"$BUTTER" splice-cat odd/broken >out; echo $? "$(stat -c %s out)"; head -c 65536 wanted | cmp - out'
	equal "$output" $'1\n1\n1\n1\n1 65536'
	equal "$stderr" "butter: splice-cat: cannot write 'odd/full': No space left on device
butter: splice-cat: cannot write to standard output: No space left on device
butter: splice-cat: cannot write 'odd/closed': Input/output error
butter: splice-cat: cannot write to standard output: Input/output error
butter: splice-cat: cannot read 'odd/broken': Input/output error"
}

@test "what has been written is there at once, and who reads without waiting does not wait for more to come" {
	need_proc
	for input in terminal socket pipe; do
		capture perl "$BUTTER_SOURCE/tests/pass.pl" "$input" "$BUTTER" splice-cat
		[ "$status" != 77 ] || continue
		equal "$input: $output" "$input: one byte: 'x'"$'\n'"four bytes: 'four'"
	done
}

@test "what comes in pieces that cannot be parted is read whole, also with --rate and --length" {
	local datagrams='use Socket; use IO::Socket;
		my ($one, $other) = IO::Socket->socketpair(AF_UNIX, SOCK_DGRAM, PF_UNSPEC);
		syswrite $one, $_ x 3000 for 1 .. 5;
		open STDIN, "<&", $other or die; exec @ARGV or die'

	for option in '' --stable; do
		# Datagrams have no end.
		capture perl -e "$datagrams" "$BUTTER" splice-cat --rate 50K --length 15000 $option
		succeeded
		equal "$output" "$(perl -e 'print $_ x 3000 for 1 .. 5')"
	done
	# Records: what is too small for one is EINVAL.
	need_strace
	numbers wanted 50000
	capture strace -qq -o trace -P "$(realpath wanted)" -e trace=read -e inject=read:error=EINVAL:when=1 "$BUTTER" splice-cat --length 96 wanted
	succeeded
	equal "$output" "$(head -c 96 wanted)"
}

@test "a FIFO that is input and output is refused, instead of waiting for a reader" {
	mkfifo p
	ln -s p link
	for words in '-o p p' '-o link one p' '--append -o p link'; do
		# shellcheck disable=SC2086 # words
		capture timeout "$LIMIT" "$BUTTER" splice-cat $words
		equal "$status" 1
		one_line splice-cat
		contains "$stderr" 'is input and output'
	done
}

@test "packets are read whole, however large they are, and however small our pipe is" {
	for packets in '17 4000' '2 300000'; do
		for command in splice-cat 'splice-cat --stable' 'splice-cat --pipe-size 4096' tee-fd 'tee-fd --pipe-size 4096'; do
			[[ " $APPLETS " == *" ${command%% *} "* ]] || continue
			# shellcheck disable=SC2086 # words
			packets $packets sh -c '"$BUTTER" "$@" >out' sh $command
			succeeded
			cmp out wanted
		done
	done
}

@test "a pipe of packets: who reads less than a packet of what comes of it gets the rest, too" {
	for packets in 'writing 60 3000' 'writing 150 4096' 'both 12 3000'; do
		for command in splice-cat 'splice-cat --stable' 'splice-cat --pipe-size 4096' 'splice-cat --length 170000' tee-fd 'tee-fd copy' 'vmsplice-feed -f -'; do
			[[ " $APPLETS " == *" ${command%% *} "* ]] || continue
			# shellcheck disable=SC2086 # words
			packet_pipe $packets sh -c '"$BUTTER" "$@" | perl -e "print while sysread STDIN, \$_, 100" >out' sh $command
			succeeded
			[[ $command != *length* ]] || truncate -s '<170000' wanted
			cmp out wanted
			[ "$command" != 'tee-fd copy' ] || cmp copy wanted
		done
	done
}

@test "a socket of UDP gets all bytes, in datagrams that it takes" {
	cat >udp.pl <<-'END'
		use strict; use warnings; use IO::Socket::INET;
		my ($piece, $count, @command) = @ARGV;
		my $in = IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1") or exit 77;
		$in->sockopt(SO_RCVBUF, 1 << 20);
		my $out = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.1", PeerPort => $in->sockport) or exit 77;
		pipe my $read, my $write or die;
		fcntl $write, 1031, 1 << 20; # F_SETPIPE_SZ
		my $data = "";
		for (1 .. $count) { my $one = sprintf("%07d\n", $_) x ($piece / 8); $data .= $one; syswrite $write, $one }
		close $write;
		my $child = fork // die;
		if (!$child) { open STDIN, "<&", $read; open STDOUT, ">&", $out; exec @command }
		waitpid $child, 0;
		my $status = $? >> 8;
		$in->blocking(0);
		my $got = "";
		while (defined sysread $in, my $some, 1 << 17) { $got .= $some }
		exit($status || $got ne $data && 9);
	END
	# What waits in the pipe, in pieces: together more than a datagram.
	for pieces in '704 200' '64 2000' '4096 30' '65536 2'; do
		for command in splice-cat 'splice-cat --stable' 'tee-fd a'; do
			[[ $command != tee-fd* || " $APPLETS " == *' tee-fd '* ]] || continue
			# shellcheck disable=SC2086 # words
			capture perl udp.pl $pieces "$BUTTER" $command
			[ "$status" != 77 ] || skip "no UDP here"
			equal "$pieces $command: $status $stderr" "$pieces $command: 0 "
		done
	done
}

@test "O_DIRECT: a file of any size, through memory, too; that its end is at no block's start is no error" {
	for size in 1000 4096 20000 320001; do
		numbers wanted 50000
		truncate -s "$size" wanted
		for option in '' --stable; do
			directly sh -c '"$BUTTER" splice-cat "$@" >out' sh $option
			succeeded
			cmp out wanted
		done
	done
	for offset in 777 5000 320000 400000; do
		directly sh -c '"$BUTTER" splice-cat --offset "$1" --length 300000 >out' sh "$offset"
		succeeded
		tail -c "+$((offset + 1))" wanted | head -c 300000 | cmp - out
	done
	need_strace
	capture bash -c 'strace -qq -o trace -P "$(realpath wanted)" -e trace=read -e inject=read:error=EINVAL "$BUTTER" splice-cat wanted | cat >out'
	succeeded
	cmp out wanted
}

@test "outputs by name: a FIFO, standard output, one that is there already by another mount; and what is none" {
	numbers wanted 50000
	mkfifo fifo
	cat fifo >arrived 3>&- 4>&- &
	reader=$!
	try splice-cat -o fifo wanted
	succeeded
	wait "$reader"
	cmp arrived wanted
	capture bash -c '"$BUTTER" splice-cat -o /dev/stdout wanted | cmp - wanted'
	succeeded
	try splice-cat -o . wanted
	failed 1 splice-cat "cannot open '.': Is a directory"
	try splice-cat -o missing/out wanted
	failed 1 splice-cat "cannot open 'missing/out': No such file or directory"
	try splice-cat -o '' wanted
	failed 1 splice-cat "cannot open '': No such file or directory"
	try splice-cat $'no\n\e[31m'
	failed 1 splice-cat "cannot open 'no\\012\\033[31m': No such file or directory"
	namespaces -m
	mkdir one other
	cp wanted one/file
	capture "${within[@]}" bash -c 'mount --bind one other && "$BUTTER" splice-cat -o one/file other/file'
	failed 1 splice-cat "'other/file' is input and output"
	cmp one/file wanted
}

@test "who may have no larger pipe gets the same bytes by a smaller one" {
	local soft

	unprivileged
	soft=$(cat /proc/sys/fs/pipe-user-pages-soft)
	[ "$soft" -gt 0 ] && [ "$soft" -le 100000 ] || skip "fs.pipe-user-pages-soft is $soft"
	numbers wanted 50000
	chmod a+r wanted
	# Pipes that are as large as can be use up what this user may have.
	hoard='$^F = 1000; while (1) {
			pipe my $read, my $write or die;
			push @all, $read, $write;
			my $size = 1 << 20;
			$size /= 2 while $size > 4096 && !fcntl $write, 1031, $size;
			last if (fcntl($write, 1032, 0) || 0) <= 8192;
		}
		@all > 10 or die "no hoard"; exec @ARGV or die'
	folder=$(public_folder)
	cp wanted "$folder/wanted"
	capture "${as_nobody[@]}" perl -e "$hoard" bash -o pipefail -c 'cat "$0" | "$BUTTER" splice-cat --stats -j | cat' "$folder/wanted"
	equal "$status" 0
	printf '%s\n' "$output" | cmp - wanted
	contains "$stderr" '"bytes":400000'
	capture "${as_nobody[@]}" perl -e "$hoard" bash -o pipefail -c '"$BUTTER" splice-cat "$0" | cat' "$folder/wanted"
	succeeded
	printf '%s\n' "$output" | cmp - wanted
}

@test "--pipe-size: where so much is not allowed, as much as is" {
	need_strace
	unprivileged
	most=$(cat /proc/sys/fs/pipe-max-size)
	folder=$(public_folder)
	chmod a+rwx "$folder"
	numbers "$folder/wanted" 50000
	capture "${as_nobody[@]}" strace -qq -o "$folder/trace" -e trace=fcntl "$BUTTER" splice-cat --pipe-size "$((most * 4))" -o /dev/null "$folder/wanted"
	succeeded
	! grep -q "F_SETPIPE_SZ, $most) *= -1" "$folder/trace" || skip "this user's pipes are used up"
	grep -q "F_SETPIPE_SZ, $most) *= $most" "$folder/trace" || fails "took less:" "$(cat "$folder/trace")"
}

# half_way WORD...: splice-cat with these words between two FIFOs, 8 and 9, half of `wanted` on the way.
half_way() {
	mkfifo in out
	numbers wanted 40000
	launch env --default-signal=INT sh -c 'exec "$BUTTER" splice-cat "$@" <in >out' sh "$@"
	exec 8>in 9<out
	cat <&9 >arrived 3>&- 4>&- 8>&- &
	reader=$!
	exec 9<&-
	head -c 160000 wanted >&8
	await test -s arrived
}

@test "it stops and goes on, and not a byte is lost" {
	for words in '' --stable; do
		# shellcheck disable=SC2086
		half_way $words
		kill -STOP "$pid"
		await has_state T
		# What the pipe holds, while nobody takes it.
		tail -c +160001 wanted | head -c 4096 >&8
		kill -CONT "$pid"
		tail -c +164097 wanted >&8
		exec 8>&-
		finish
		wait "$reader"
		equal "$status$stderr" 0
		cmp arrived wanted
		rm in out
	done
}

@test "INT ends it at once, and what has left has arrived" {
	half_way
	drained
	kill -INT "$pid"
	finish
	wait "$reader"
	equal "$status$stderr" 130
	head -c 160000 wanted | cmp - arrived
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # inner shells expand
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, ready, within ...

load helper

setup() {
	trace_tests_only
	need_applet eventfd-post
	need_applet eventfd-exec
	cd "$BATS_TEST_TMPDIR" || return
}

# below INITIAL SCRIPT: a shell below eventfd-exec.
below() {
	capture "$BUTTER" eventfd-exec -i "$1" sh -c "$2"
}

@test "it adds 1, or N" {
	below 0 '"$BUTTER" eventfd-post && "$BUTTER" eventfd-post 41 && "$BUTTER" eventfd-wait'
	succeeded
	equal "$output" 42
	below 0 '"$BUTTER" eventfd-post 18446744073709551614 && "$BUTTER" eventfd-wait'
	equal "$output" 18446744073709551614
}

@test "N is a whole number that fits" {
	for n in 0 -1 1.5 1K 18446744073709551615 '' x; do
		below 0 "\"\$BUTTER\" eventfd-post -- '$n'"
		misused eventfd-post "N '$n' is not a whole number from 1 to 18446744073709551614" || return 1
	done
}

@test "a full counter is waited for, as long as --timeout" {
	below 18446744073709551614 '"$BUTTER" eventfd-post -t 0'
	failed 124 eventfd-post 'the counter is full'
	begun=$(microseconds)
	below 18446744073709551610 '"$BUTTER" eventfd-post -t 0.2 5'
	lasted 200000 "$begun"
	failed 124 eventfd-post 'the counter is full'
	below 18446744073709551610 '"$BUTTER" eventfd-post -t 0 4 && "$BUTTER" eventfd-wait'
	succeeded
	equal "$output" 18446744073709551614
}

@test "when somebody takes, what waits is added" {
	for timeout in '' '-t 60'; do
		below 18446744073709551614 '"$BUTTER" eventfd-post '"$timeout"' 7 & sleep 0.1
			"$BUTTER" eventfd-wait; wait $!; echo $?; "$BUTTER" eventfd-wait'
		equal "$output" $'18446744073709551614\n0\n7' || return 1
	done
}

@test "a signal ends the wait, and nothing is added" {
	start "$BUTTER" eventfd-exec -i 18446744073709551614 sh -c 'echo >&7; exec "$BUTTER" eventfd-post'
	await has_state S
	kill -TERM "$pid"
	finish
	equal "$status" 143
}

@test "an eventfd that does not wait is not changed, and waited for all the same" {
	need_tool perl
	cat >open.pl <<-'END'
		use Fcntl;
		my $fd = syscall(290, 0, 04000); # eventfd2, EFD_NONBLOCK
		exit 77 if $fd < 0;
		open my $file, "+<&=", $fd or exit 77;
		syswrite $file, pack("Q", ~0 - 1);
		fcntl $file, F_SETFD, 0;
		$ENV{BUTTER_EVENTFD} = $fd;
		system @ARGV;
		print fcntl($file, F_GETFL, 0) & 04000 ? "nonblocking" : "blocking", "\n";
	END
	[ "$(uname -m)" = x86_64 ] || skip "its call has another number here"
	capture perl open.pl sh -c '"$BUTTER" eventfd-post -t 0.1; echo $?
		"$BUTTER" eventfd-post 5 & sleep 0.1; "$BUTTER" eventfd-wait; wait $!; "$BUTTER" eventfd-wait; "$BUTTER" eventfd-wait -t 0; echo $?'
	[ "$status" != 77 ] || skip "no eventfd here"
	equal "$output" $'124\n18446744073709551614\n5\n124\nnonblocking'
}

@test "without an eventfd it says where one comes from" {
	capture env -u BUTTER_EVENTFD "$BUTTER" eventfd-post
	failed 1 eventfd-post 'BUTTER_EVENTFD is not set' 'butter eventfd-exec' --fd
	BUTTER_EVENTFD='' try eventfd-post
	failed 1 eventfd-post 'BUTTER_EVENTFD is not set'
	for value in 7 x -1 99999999999; do
		BUTTER_EVENTFD=$value capture bash -c 'exec "$BUTTER" eventfd-post 7>&-'
		failed 1 eventfd-post "BUTTER_EVENTFD is '$value', which is no open descriptor" || return 1
	done
}

@test "what is no eventfd is not written to" {
	BUTTER_EVENTFD=1 try eventfd-post
	failed 1 eventfd-post 'descriptor 1 is no eventfd'
	: >file
	capture bash -c 'exec "$BUTTER" eventfd-post --fd 5 5>>file'
	failed 1 eventfd-post 'descriptor 5 is no eventfd'
	[ ! -s file ]
	mkfifo pipe
	capture bash -c 'exec 5<>pipe; exec "$BUTTER" eventfd-post --fd 5'
	failed 1 eventfd-post 'descriptor 5 is no eventfd'
}

@test "without /proc it is known by what it does" {
	without_proc
	capture "${within[@]}" "$BUTTER" eventfd-exec sh -c '"$BUTTER" eventfd-post 3; "$BUTTER" eventfd-wait'
	succeeded
	equal "$output" 3
	capture "${within[@]}" "$BUTTER" eventfd-exec -i 18446744073709551614 sh -c '"$BUTTER" eventfd-post -t 0'
	failed 124 eventfd-post full
	: >file
	capture "${within[@]}" bash -c 'exec "$BUTTER" eventfd-post --fd 5 5>>file'
	failed 1 eventfd-post 'descriptor 5 is no eventfd'
	[ ! -s file ]
	mkfifo pipe
	capture "${within[@]}" bash -c 'exec 5<>pipe; exec "$BUTTER" eventfd-post --fd 5'
	failed 1 eventfd-post 'descriptor 5 is no eventfd'
	need_tool perl
	[ "$(uname -m)" = x86_64 ] || return 0
	# timerfd_create, inotify_init1, epoll_create1
	for call in '283, 1, 0' '294, 0' '291, 0'; do
		capture "${within[@]}" perl -e '$^F = 99; my $fd = syscall('"$call"'); exec $ENV{BUTTER}, "eventfd-post", "--fd", $fd'
		failed 1 eventfd-post 'is no eventfd' || fails "$call" || return 1
	done
}

# ---- another process's


@test "--from adds to the one of another process" {
	need_pidfd
	start "$BUTTER" eventfd-exec sh -c 'echo >&7; exec "$BUTTER" eventfd-wait'
	try eventfd-post --from "$pid:3" 6
	succeeded
	finish
	equal "$output" 6
	start "$BUTTER" eventfd-exec sh -c 'echo >&7; exec "$BUTTER" eventfd-wait'
	try eventfd-post --from "$("$BUTTER" getpid --id "$pid"):3" 8
	succeeded
	finish
	equal "$output" 8
}

@test "--from tells what is wrong" {
	need_pidfd
	start "$BUTTER" eventfd-exec sh -c 'echo >&7; exec sleep 100'
	try eventfd-post --from "$pid:0"
	failed 1 eventfd-post "--from $pid:0 is no eventfd"
	try eventfd-post --from "$pid:99"
	failed 1 eventfd-post "cannot take descriptor 99 of process '$pid': Bad file descriptor"
	for text in "$pid" x "$pid:" :3 "$pid:x" x:3; do
		try eventfd-post --from "$text"
		failed 1 eventfd-post "'" || return 1
	done
	try eventfd-post --from "$pid:3" --fd 1
	misused eventfd-post '--fd and --from exclude each other'
	unprivileged
	if is_root; then
		try_as_nobody eventfd-post --from "$pid:3"
		failed 1 eventfd-post 'Operation not permitted' 'run as root'
	fi
	kill -KILL "$pid"
	finish
	try eventfd-post --from "$pid:3"
	failed 1 eventfd-post 'No such process'
}

@test "kernels without pidfd_getfd are told" {
	need_applet seccomp-exec
	need_pidfd
	start "$BUTTER" eventfd-exec sh -c 'echo >&7; exec sleep 100'
	capture "$BUTTER" seccomp-exec --errno pidfd_getfd=ENOSYS "$BUTTER" eventfd-post --from "$pid:3"
	failed 1 eventfd-post 'Function not implemented' 'Linux 5.6'
	capture "$BUTTER" seccomp-exec --errno pidfd_open=ENOSYS "$BUTTER" eventfd-post --from "$pid:3"
	failed 1 eventfd-post 'Function not implemented'
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # inner shells expand
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, ready, within ...

load helper

setup() {
	trace_tests_only
	need_applet memfd-exec
	cd "$BATS_TEST_TMPDIR" || return
	printf 'one\n' >a
	printf 'two\n' >b
}

# memory ARGUMENT...: as try, with `text` on standard input.
memory() {
	capture sh -c 'printf text | exec "$BUTTER" memfd-exec "$@"' sh "$@"
}

@test "COMMAND has standard input as a file" {
	memory -- cat {} {}
	succeeded
	equal "$output" texttext
	memory -- sh -c 'wc -c <&3; tail -c 2 /dev/fd/3; echo " $BUTTER_MEMFD"'
	succeeded
	# shellcheck disable=SC2086,SC2116 # words
	equal "$(echo $output)" '4 xt 3'
}

@test "each FILE is one, in order, and - is standard input" {
	memory a - b -- cat {}
	equal "$output" $'one\ntexttwo'
	memory a b -- sh -c 'echo "$@"; echo "$BUTTER_MEMFD"' sh {} x
	equal "$output" $'/dev/fd/3 /dev/fd/4 x\n3 4'
}

@test "{} may be a part of an argument where there is one file" {
	memory -- echo --in={} {}:{} x
	equal "$output" '--in=/dev/fd/3 /dev/fd/3:/dev/fd/3 x'
	memory a b -- echo --in={}
	failed 125 memfd-exec "'--in={}' has room for one file only, there are 2"
	memory -- echo x
	equal "$output" x
}

@test "an input of any size, an empty one too" {
	: >empty
	memory empty -- sh -c 'wc -c <&3'
	equal "$output" 0
	head -c 3000001 /dev/urandom >large
	for _ in 1 2; do
		memory large -- cmp {} large
		succeeded
	done
	capture sh -c 'cat large | exec "$BUTTER" memfd-exec -- cmp {} large'
	succeeded
}

@test "sealed, it cannot be changed by anybody" {
	for change in 'echo x >>/dev/fd/3' 'echo x >/dev/fd/3' 'echo x >&3' 'truncate -s 1 /dev/fd/3' 'truncate -s 9 /dev/fd/3'; do
		memory -- sh -c "{ $change; } 2>/dev/null && echo changed; cat /dev/fd/3"
		equal "$output" text || fails "$change" || return 1
	done
}

# seals ARGUMENT...: prints the bits that F_GET_SEALS tells.
seals() {
	need_tool perl
	memory "$@" -- perl -e 'open my $file, "<&=", 3 or die; print fcntl($file, 1034, 0) + 0'
}

@test "--seal says what cannot be done any more" {
	seals
	equal "$output" 15
	seals --seal none
	equal "$output" 0
	seals --seal shrink,grow --seal seal
	equal "$output" 7
	memory --seal none -- sh -c 'echo more >>/dev/fd/3; cat /dev/fd/3'
	equal "$output" textmore
	memory --seal shrink -- sh -c 'echo more >>/dev/fd/3; truncate -s 1 /dev/fd/3 2>/dev/null; cat /dev/fd/3'
	equal "$output" textmore
	memory --seal none,write -- true
	failed 125 memfd-exec '--seal none goes with no other'
	memory --seal writ -- true
	failed 125 memfd-exec "'writ'" write
}

@test "--limit is the most that one may have" {
	memory --limit 4 -- cat {}
	succeeded
	memory --limit 3 -- echo ran
	failed 125 memfd-exec "standard input is larger than --limit allows"
	# Not even all of an endless one is read.
	capture sh -c 'exec "$BUTTER" memfd-exec --limit 64K /dev/zero -- echo ran'
	failed 125 memfd-exec "'/dev/zero' is larger than --limit allows"
}

@test "its name is that of the file, or --name" {
	mkdir -p folder
	cp a folder/x
	memory folder/x - -- sh -c 'readlink /proc/self/fd/3 /proc/self/fd/4'
	equal "$output" $'/memfd:x (deleted)\n/memfd:stdin (deleted)'
	memory --name 'my name' -- readlink /proc/self/fd/3
	equal "$output" '/memfd:my name (deleted)'
	long=$(printf 'x%.0s' $(seq 250))
	memory --name "${long:1}" -- true
	succeeded
	memory --name "$long" -- true
	failed 125 memfd-exec '--name is longer than 249 bytes'
	cp a "$long"
	memory "$long" -- cat {}
	succeeded
}

@test "a program can be run from there, and with --noexec not" {
	capture "$BUTTER" memfd-exec "$BUTTER" -- {} getppid
	[ "$status" != 126 ] || skip "vm.memfd_noexec does not allow it"
	succeeded
	matches "$output" '[0-9]+'
	printf '#!/bin/sh\necho "$0 $1"\n' >script
	capture "$BUTTER" memfd-exec script -- {} x
	equal "$output" '/dev/fd/3 x'
	capture "$BUTTER" memfd-exec --noexec "$BUTTER" -- {} getppid
	[[ $stderr != *'Linux 6.3'* ]] || skip "the kernel is older than Linux 6.3"
	failed 126 memfd-exec "cannot run '/dev/fd/3': Permission denied"
	capture "$BUTTER" memfd-exec --noexec "$BUTTER" -- sh -c 'chmod +x /dev/fd/3 2>/dev/null || echo refused'
	equal "$output" refused
}

@test "the numbers are those that are free, or from --fd on" {
	capture bash -c 'exec 4</dev/null; exec "$BUTTER" memfd-exec a b -- sh -c "echo \$BUTTER_MEMFD; cat \$@" sh {}'
	equal "$output" $'3 5\none\ntwo'
	capture bash -c 'exec 7</dev/null; exec "$BUTTER" memfd-exec --fd 7 a b a -- sh -c "echo \$BUTTER_MEMFD; cat \$@" sh {}'
	equal "$output" $'7 8 9\none\ntwo\none'
	for fd in 3 4 5 6; do
		capture "$BUTTER" memfd-exec --fd "$fd" a b a -- cat {}
		equal "$output" $'one\ntwo\none' || return 1
	done
	capture "$BUTTER" memfd-exec --fd 2 a -- true
	failed 125 memfd-exec
	capture "$BUTTER" memfd-exec --fd 2147483647 a b -- true
	failed 125 memfd-exec 'leaves no numbers'
	capture "$BUTTER" memfd-exec --fd 2147483646 a -- true
	failed 125 memfd-exec 'cannot'
}

@test "COMMAND has no other descriptor" {
	capture sh -c 'ls /proc/$$/fd'
	before=$output
	capture "$BUTTER" memfd-exec a b -- sh -c 'ls /proc/$$/fd'
	equal "$(sort <<<"$output")" "$(sort <<<"$before"$'\n'3$'\n'4)"
}

@test "without /dev/fd the path is that of /proc" {
	namespaces -m
	capture "${within[@]}" sh -c 'mount -t tmpfs none /dev && exec "$BUTTER" memfd-exec a -- cat {}' 
	[[ $stderr != *mount:* ]] || skip "cannot hide /dev here"
	succeeded
	equal "$output" one
	capture "${within[@]}" sh -c 'mount -t tmpfs none /dev && exec "$BUTTER" memfd-exec a -- echo {}'
	equal "$output" /proc/self/fd/3
}

@test "the status is that of COMMAND" {
	memory -- sh -c 'exit 7'
	equal "$status" 7
	memory -- /nowhere/x
	failed 127 memfd-exec "cannot run '/nowhere/x'"
	memory -- /
	failed 126 memfd-exec "cannot run '/': Permission denied (is it a file, and executable?"
}

@test "wrong usage" {
	memory
	failed 125 memfd-exec 'missing COMMAND'
	memory --
	failed 125 memfd-exec 'missing COMMAND'
	memory a
	failed 125 memfd-exec 'missing COMMAND'
}

@test "what cannot be read is told, and COMMAND is not run" {
	memory missing -- echo ran
	failed 125 memfd-exec "cannot open 'missing': No such file or directory"
	memory a . -- echo ran
	failed 125 memfd-exec "cannot read '.': Is a directory"
	capture sh -c 'exec "$BUTTER" memfd-exec -- echo ran <&-'
	failed 125 memfd-exec 'cannot read standard input'
	inject 'read:error=EIO' memfd-exec a -- echo ran
	failed 125 memfd-exec "cannot read 'a': Input/output error"
}

@test "kernels and limits that are in the way are told" {
	need_applet seccomp-exec
	capture "$BUTTER" seccomp-exec --errno memfd_create=ENOSYS "$BUTTER" memfd-exec a -- echo ran
	failed 125 memfd-exec 'cannot create a file in memory: Function not implemented' 'Linux 3.17'
	capture "$BUTTER" seccomp-exec --errno memfd_create=EMFILE "$BUTTER" memfd-exec a -- echo ran
	failed 125 memfd-exec 'raise ulimit -n'
	# Before Linux 6.3 the newer flags are EINVAL; of vm.memfd_noexec=2 a file that may be executed is EACCES.
	capture "$BUTTER" seccomp-exec -d 'memfd_create(flags & 0x18):EINVAL' "$BUTTER" memfd-exec a -- cat {}
	equal "$status $output" "0 one"
	inject 'memfd_create:error=EINVAL:when=1' memfd-exec a -- cat {}
	equal "$output" one
	inject 'memfd_create:error=EACCES:when=1' memfd-exec a -- cat {}
	equal "$output" one
	inject 'memfd_create:error=EINVAL' memfd-exec --noexec a -- cat {}
	failed 125 memfd-exec 'Linux 6.3'
	inject 'write:error=ENOSPC:when=1' memfd-exec a -- cat {} # the next one is to standard error
	failed 125 memfd-exec "cannot keep 'a' in memory: No space left on device"
	capture bash -c 'ulimit -f 1; exec "$BUTTER" memfd-exec /dev/zero -- echo ran'
	failed 125 memfd-exec "cannot keep '/dev/zero' in memory: File too large (raise ulimit -f)"
	capture bash -c 'ulimit -n 6; exec "$BUTTER" memfd-exec a b a b -- echo ran'
	failed 125 memfd-exec 'raise ulimit -n'
}

@test "COMMAND finds signals as they were" {
	need_proc
	# Both by capture, whose timeout(1) changes some, too.
	capture grep '^Sig[BI]' /proc/self/status
	wanted=$output
	memory -- grep '^Sig[BI]' /proc/self/status
	equal "$output" "$wanted"
}

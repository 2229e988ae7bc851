#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# All of it in private UTS namespaces: the machine keeps its name.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...

load helper

setup() {
	trace_tests_only
	before=$(uname -n)
	need_applet sethostname
	namespaces -u
}

teardown() {
	stop_all
	equal "$(uname -n)" "$before"
}

# Wrong usage too stays in there: it might be taken for right.
try() {
	capture "${within[@]}" "$BUTTER" "$@"
}

# named ARGUMENT...: runs sethostname; then name and domain are what the kernel has, or "(none)" as before.
named() {
	local answer=$BATS_TEST_TMPDIR/answer

	# shellcheck disable=SC2016
	capture "${within[@]}" sh -c '
		answer=$1
		shift
		"$BUTTER" sethostname -d -f "(none)" && "$BUTTER" sethostname -f "(old)" || exit 99
		"$BUTTER" sethostname "$@"
		result=$?
		{ uname -n; cat /proc/sys/kernel/domainname; } >"$answer"
		exit "$result"' "$0" "$answer" "$@"
	name=$(sed '$d' "$answer")
	domain=$(tail -n 1 "$answer")
}

# refused TEXT: the last `named` failed with TEXT and has changed nothing.
refused() {
	failed 1 sethostname "$1"
	equal "$name" "(old)"
	equal "$domain" "(none)"
}

@test "sets the host name, and only that" {
	named web1.example.org
	succeeded
	equal "$output" ""
	equal "$name" web1.example.org
	equal "$domain" "(none)"
}

@test "-d and --domain set the NIS domain name, and only that" {
	for option in -d --domain; do
		named "$option" example.nis
		succeeded
		equal "$domain" example.nis
		equal "$name" "(old)"
	done
}

@test "takes whatever RFC 1123 calls a host name" {
	label=$(printf '%063d' 1)
	for good in a 1 x-y a--b A.b.C 3com.example 127.0.0.1 xn--bcher-kva.example "$label" "$label"; do
		named "$good"
		succeeded
		equal "$name" "$good"
	done
}

@test "refuses what RFC 1123 does not call one, and says what is wrong" {
	named ''
	refused "is empty"
	for bad in a..b .a a. . ..; do
		named "$bad"
		refused "empty label"
	done
	for bad in -- - a- a-.b b.-a; do
		named -- "$bad"
		refused "hyphen"
	done
	for bad in a_b 'a b' ' a' 'a ' $'a\n' 'a/b' 'a:b' $'b\xc3\xbccher' $'\xff' 'a*' 'a;b' '#a'; do
		named "$bad"
		refused "is no letter, digit, hyphen or dot"
	done
	named "$(printf '%064d' 1)"
	refused "63 bytes"
	named "a.$(printf '%062d' 1)."
	refused "65 bytes"
}

@test "a hostile name is escaped in the message" {
	named $'a\e[31m\nb\xff'
	refused 'a\033[31m\012b\377'
}

@test "--force and -f set what the kernel takes" {
	for option in -f --force; do
		for odd in a_b 'a b' -- $'\xff\x1b' "$(printf '%064d' 1)" 'a..b'; do
			named "$option" -- "$odd"
			succeeded
			equal "$name" "$odd"
		done
	done
	named -f ''
	succeeded
	equal "$name" ""
	named -df ' x '
	succeeded
	equal "$domain" " x "
}

@test "64 bytes are the most, by force or not" {
	long=$(printf '%031d.%032d' 1 2)
	named "$long"
	succeeded
	equal "$name" "$long"
	for option in -d -f --; do
		named $option "x$long"
		refused "65 bytes, 64 are the most"
	done
}

# from TEXT ARGUMENT...: as named, from a file with TEXT in printf's notation.
from() {
	# shellcheck disable=SC2059
	printf "$1" >"$BATS_TEST_TMPDIR/file"
	shift
	named -F "$BATS_TEST_TMPDIR/file" "$@"
}

@test "-F and --file take the first line that is neither blank nor a comment" {
	from 'web1\n'
	succeeded
	equal "$name" web1
	for text in 'web1' '\n\nweb1\nweb2\n' '# web0\nweb1\n' ' \t\n  # web0\n\t web1 \t\n' 'web1\r\n' '#\n#\n\nweb1\nx y'; do
		from "$text"
		succeeded
		equal "$name" web1
	done
	printf 'web2\n' >"$BATS_TEST_TMPDIR/file"
	named "--file=$BATS_TEST_TMPDIR/file"
	succeeded
	equal "$name" web2
}

@test "-F and -d take the domain name from a file" {
	from '# NIS\nexample\n' -d
	succeeded
	equal "$domain" example
	equal "$name" "(old)"
}

@test "a file without a name sets none" {
	for text in '' '\n' '# web0\n' ' \t\r\n\n#' '\n\n\n'; do
		from "$text"
		refused "holds no name"
	done
}

@test "a name in a file is checked like an operand" {
	from 'a_b\n'
	refused "'a_b' has a byte"
	from 'web1 # a comment\n'
	refused "'web1 # a comment' has a byte"
	from 'a_b\n' -f
	succeeded
	equal "$name" a_b
	from 'a\000b\n'
	refused "NUL"
	from 'a\000b\n' -f
	refused "NUL"
	from "x$(printf '%064d' 1)\n" -f
	refused "65 bytes"
}

@test "-F - reads standard input" {
	# shellcheck disable=SC2016
	capture "${within[@]}" sh -c 'printf "# x\nweb3\n" | "$BUTTER" sethostname -F - && uname -n'
	succeeded
	equal "$output" web3
	# shellcheck disable=SC2016
	capture "${within[@]}" sh -c 'exec "$BUTTER" sethostname -F - <&-'
	failed 1 sethostname 'standard input' "Bad file descriptor"
}

@test "-F reads a pipe to its end, however small the pieces" {
	# shellcheck disable=SC2016
	capture "${within[@]}" bash -c '
		for piece in "# a com" "ment" "
" we b1; do printf %s "$piece"; uname >/dev/null; done | "$BUTTER" sethostname -F /dev/stdin && uname -n'
	succeeded
	equal "$output" web1
}

@test "a name at the end of a long file is taken whole or not at all" {
	for size in 65520 65530 65535 65536 65540; do
		{ printf '%0*d\n' "$size" 0 | tr 0 '#'; echo averylongname.example; } >"$BATS_TEST_TMPDIR/file"
		named -F "$BATS_TEST_TMPDIR/file"
		[ "$name" = averylongname.example ] || [ "$name" = "(old)" ] || fails "set to '$name' after $size bytes"
		[ "$name" != averylongname.example ] || succeeded
		[ "$name" != "(old)" ] || failed 1 sethostname
	done
}

@test "of a name that may stand further down, it is not said that there is none" {
	for filler in '#' '\n'; do
		{ head -c 65536 /dev/zero | tr '\0' "$filler"; printf '\nweb1\n'; } >"$BATS_TEST_TMPDIR/file"
		named -F "$BATS_TEST_TMPDIR/file"
		refused "holds no whole name in its first 65536 bytes"
	done
}

@test "an endless file ends with a message" {
	named -F /dev/zero
	refused "'/dev/zero'"
}

@test "a file that cannot be read is told in one line" {
	named -F "$BATS_TEST_TMPDIR/missing"
	refused "No such file or directory"
	named -F "$BATS_TEST_TMPDIR"
	refused "Is a directory"
	named -F ''
	refused "''"
	named -F "$BATS_TEST_TMPDIR/"$'a\nb'
	refused 'a\012b'
}

@test "a file that may not be read is told in one line" {
	unprivileged
	folder=$(public_folder)
	install -m 0 /dev/null "$folder/secret"
	try_as_nobody sethostname -F "$folder/secret"
	failed 1 sethostname "'$folder/secret'" "Permission denied"
}

@test "a name and a file, two names and none are wrong usage" {
	try sethostname
	misused sethostname "missing name"
	try sethostname a b
	misused sethostname "'b'"
	try sethostname -F /etc/hostname a
	misused sethostname
	try sethostname -F
	misused sethostname "-F"
	try sethostname -x
	misused sethostname "'-x'"
}

@test "without the right to do it, it names CAP_SYS_ADMIN" {
	unprivileged
	try_as_nobody sethostname web1
	failed 1 sethostname "cannot set the host name to 'web1'" "Operation not permitted" CAP_SYS_ADMIN
	try_as_nobody sethostname -d web1
	failed 1 sethostname "cannot set the domain name to 'web1'" CAP_SYS_ADMIN
}

@test "a user namespace's root is told why it may not name the machine" {
	need_userns
	capture unshare -Ur "$BUTTER" sethostname "$before"
	failed 1 sethostname "Operation not permitted" CAP_SYS_ADMIN
}

@test "everybody may in a UTS namespace of their own" {
	need_userns
	unprivileged
	# shellcheck disable=SC2016
	capture "${as_nobody[@]}" unshare -Ur --uts "$BUTTER" sethostname web1
	succeeded
}

@test "faults of each system call are told in one line" {
	for error in EPERM ENOSYS EFAULT; do
		inject sethostname:error=$error sethostname web1
		failed 1 sethostname "cannot set the host name to 'web1'"
		inject setdomainname:error=$error sethostname -d web1
		failed 1 sethostname "cannot set the domain name to 'web1'"
	done
	inject sethostname:error=EPERM sethostname web1
	contains "$stderr" CAP_SYS_ADMIN
	inject sethostname:error=ENOSYS sethostname web1
	contains "$stderr" seccomp
	echo web1 >"$BATS_TEST_TMPDIR/file"
	for error in EMFILE ENFILE ENOMEM EACCES; do
		inject openat:error=$error sethostname -F "$BATS_TEST_TMPDIR/file"
		failed 1 sethostname "cannot open '$BATS_TEST_TMPDIR/file'"
	done
	inject read:error=EIO sethostname -F "$BATS_TEST_TMPDIR/file"
	failed 1 sethostname "cannot read '$BATS_TEST_TMPDIR/file'" "Input/output error"
	# Half a file is no file.
	inject read:error=EIO:when=2 sethostname -F "$BATS_TEST_TMPDIR/file"
	failed 1 sethostname "cannot read '$BATS_TEST_TMPDIR/file'"
}

@test "an interrupted read changes nothing" {
	echo web1 >"$BATS_TEST_TMPDIR/file"
	for when in 1 1..3 2; do
		inject read:error=EINTR:when=$when sethostname -F "$BATS_TEST_TMPDIR/file"
		succeeded
	done
}

@test "a file that takes its time is waited for, through stops and signals" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	launch "${within[@]}" "$BUTTER" sethostname -F "$BATS_TEST_TMPDIR/pipe"
	exec {pipe}>"$BATS_TEST_TMPDIR/pipe"
	for _ in {1..50}; do kill -STOP "$pid"; kill -CONT "$pid"; done
	echo web1 >&"$pipe"
	exec {pipe}>&-
	finish
	succeeded
}

@test "works where standard output and error go nowhere" {
	for nowhere in '>/dev/full' '>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
		capture "${within[@]}" bash -c "exec \"\$BUTTER\" sethostname web1 $nowhere"
		equal "$status" 0
	done
}

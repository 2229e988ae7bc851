#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What lines of fstab say.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr ...

load helper

setup() {
	trace_tests_only
	[ -x "$BUTTER_BUILD/tests/fstab" ] || skip 'tests/fstab is not built'
	cd "$BATS_TEST_TMPDIR" || return
}

# read_fstab FILE...: prints what the lines of these files say, in brackets.
read_fstab() {
	capture "$BUTTER_BUILD/tests/fstab" "$@"
}

@test "fields are parted by blanks and tabs, and those behind the type can be left out" {
	printf '%s\n' $'/dev/sda1\t\t/  ext4 rw,noatime 0 1' 'proc /proc proc' '' $' \t # a comment' '#another' \
		'  none /tmp tmpfs size=1m 0' 'host:/x /n nfs ro -1 0 and what not' >t
	printf 'last /line none bind' >>t
	read_fstab t
	succeeded
	equal "$output" 't:1: [/dev/sda1][/][ext4][rw,noatime]
t:2: [proc][/proc][proc][defaults]
t:6: [none][/tmp][tmpfs][size=1m]
t:7: [host:/x][/n][nfs][ro]
t:8: [last][/line][none][bind]'
}

@test "escapes and quoted tags" {
	printf '%s\n' '/a\040b\011c /d\134\043 auto x=\054' 'LABEL="a b" /m auto' "UUID='x y'z /m auto" 'LABEL=a\040b /m auto' \
		'a="b /m auto' '\x\9\04 /m\400 auto' 'a#b /c#d auto e#f' '/n\012l /m auto' >t
	read_fstab t
	succeeded
	equal "$output" $'t:1: [/a b\tc][/d\\#][auto][x=,]
t:2: [LABEL="a b"][/m][auto][defaults]
t:3: [UUID=\'x y\'z][/m][auto][defaults]
t:4: [LABEL=a b][/m][auto][defaults]
t:5: [a="b][/m][auto][defaults]
t:6: [\\x\\9\\04][/m\\400][auto][defaults]
t:7: [a#b][/c#d][auto][e#f]
t:8: [/n\nl][/m][auto][defaults]'
}

@test "lines that end as those of other systems" {
	printf 'a /a x rw\r\nb /b x\r\n\r\n#\r\nc /c x rw 0 0\r\nd /d x' >t
	read_fstab t
	succeeded
	equal "$output" 't:1: [a][/a][x][rw]
t:2: [b][/b][x][defaults]
t:5: [c][/c][x][rw]
t:6: [d][/d][x][defaults]'
}

@test "each broken line is told, and the others count" {
	printf '%s\n' one 'two /t' 'three /t x # c' 'four /t x my disk' 'five /my disk x rw 0 0' 'LABEL="six /t x' \
		'seven /\000 x' 'fine /t x' >t
	printf 'nine\0 /t x\n' >>t
	{ printf 'long /t x '; head -c 1100000 /dev/zero | tr '\0' o; printf '\nfine /t x\n'; } >>t
	read_fstab t
	succeeded
	equal "$output" 't:1: it ends behind the source (SOURCE TARGET TYPE OPTIONS)
t:2: it has no type (SOURCE TARGET TYPE OPTIONS)
t:3: a comment is a line of its own (# at the begin of a field is a backslash and 043)
t:4: what follows the options is no number (a blank in a name is a backslash and 040)
t:5: what follows the options is no number (a blank in a name is a backslash and 040)
t:6: a quote has no end
t:7: it has a NUL byte
t:8: [fine][/t][x][defaults]
t:9: it has a NUL byte
t:10: it is longer than 1 MiB
t:11: [fine][/t][x][defaults]'
}

@test "a folder stands for its files" {
	mkdir d d/x.fstab
	echo 'a /a x' >d/2.fstab
	echo 'b /b x' >d/10.fstab
	echo 'c /c x' >d/.3.fstab
	echo 'd /d x' >d/fstab
	rmdir d/x.fstab
	echo 'e /e x' >e
	read_fstab d e
	succeeded
	equal "$output" 'd/2.fstab:1: [a][/a][x][defaults]
d/10.fstab:1: [b][/b][x][defaults]
e:1: [e][/e][x][defaults]'
	mkdir d/x.fstab
	read_fstab d
	equal "$status $output" '0 d/2.fstab:1: [a][/a][x][defaults]
d/10.fstab:1: [b][/b][x][defaults]
d/x.fstab:0: Is a directory'
	read_fstab none
	equal "$status $stderr" '1 none: No such file or directory'
}

@test "10,000 lines, and a file without end" {
	seq 10000 | sed 's,.*,/dev/& /mnt/& auto noauto 0 0,' >t
	read_fstab t
	succeeded
	equal "${output##*$'\n'}" 't:10000: [/dev/10000][/mnt/10000][auto][noauto]'
	read_fstab /dev/zero
	equal "$status $stderr" '1 /dev/zero: File too large'
	: >t
	read_fstab t
	succeeded
	equal "$output" ''
}

@test "agrees with util-linux" {
	need_tool findmnt
	printf '%s\n' 'a /a\040b x rw,x=\134 0 0' $'b\t/b\011 x' '# c' 'd /d x rw 1 2 rest' '  e /e x defaults 0 0' 'f' 'g /g' \
		'h /h x # c' 'i /i x y z' $'j /j x rw\r' >t
	printf 'k /k x rw' >>t
	capture findmnt -s -F t -n -r -o SOURCE,TARGET,FSTYPE,OPTIONS
	expected=$output
	read_fstab t
	output=$(sed -nE 's/^t:[0-9]+: \[(.*)\]\[(.*)\]\[(.*)\]\[(.*)\]$/\1 \2 \3 \4/p' <<<"$output")
	# What has no options has `defaults`; and blanks are told in other ways.
	expected=$(sed 's/ $/ defaults/; s/\\x20/ /; s/\\x09/\t/; s/\\x5c/\\/' <<<"$expected")
	equal "$output" "$expected"
}

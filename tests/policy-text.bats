#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Rules as they are typed, and policies in minijail's language: what they are read as, and what is wrong with them.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr ...

load helper

setup() {
	trace_tests_only
	READING=$BUTTER_BUILD/tests/reading
	[ -x "$READING" ] || skip 'tests/reading is not built'
	[ "$(uname -m)" = x86_64 ] || skip 'what is expected here is x86_64'"'"'s'
	cd "$BATS_TEST_TMPDIR" || return
}

# rules_are RULE OUTPUT: RULE, whose action is EPERM unless it says another one, is read as OUTPUT.
rules_are() {
	capture "$READING" rule "$1"
	equal "$output" "$2"
	[ "$status" = 0 ] || fails "$1: status $status"
}

# wrong RULE COLUMN PATTERN: RULE is refused, for one reason, at COLUMN.
wrong() {
	capture "$READING" rule "$1"
	[ "$status" = 1 ] || fails "$1 is taken: $output"
	[[ $output == "--deny:$2: "$3 ]] || fails "$1: $output"
	[ "$(wc -l <<<"$output")" = 1 ] || fails "$1: $output"
}

# text: reads the policy on standard input.
text() {
	cat >policy
	capture "$READING" text policy
}

# reads_as OUTPUT: text, and it is good.
reads_as() {
	text
	equal "$output" "$1"
	[ "$status" = 0 ] || fails "status $status"
}

# ---- conditions

@test "comparisons, by the parameter's name in the kernel, in the manual, or by its number" {
	rules_are 'socket(family == 1)' 'socket(arg0:32 == 0x1): errno 1'
	rules_are 'socket(domain!=1)' 'socket(arg0:32 != 0x1): errno 1'
	rules_are 'socket(arg0 < 0x10)' 'socket(arg0:32 < 0x10): errno 1'
	rules_are 'read(count <= 010)' 'read(arg2 <= 0x8): errno 1'
	rules_are 'read(count > 18446744073709551614)' 'read(arg2 > 0xfffffffffffffffe): errno 1'
	rules_are 'read(arg2:32 >= 7)' 'read(arg2:32 >= 0x7): errno 1'
	rules_are '7(arg5 == 4294967296)' '7-7(arg5 == 0x100000000): errno 1'
}

@test "bits: some of these, no others, under a mask" {
	rules_are 'openat(flags & 0x41)' 'openat(arg2:32 & 0x41 != 0x0): errno 1'
	rules_are 'openat(flags in 0x41)' 'openat(arg2:32 & 0xffffffbe == 0x0): errno 1'
	rules_are 'openat(flags & 3 == 1)' 'openat(arg2:32 & 0x3 == 0x1): errno 1'
	rules_are 'openat((flags & 3) != 1)' 'openat(arg2:32 & 0x3 != 0x1): errno 1'
	rules_are 'mprotect(prot in ~4)' 'mprotect(arg2 & 0x4 == 0x0): errno 1'
	rules_are 'openat(!(flags & 3) && !!(flags & 4))' 'openat(arg2:32 & 0x3 == 0x0 && arg2:32 & 0x4 != 0x0): errno 1'
}

@test "ranges" {
	rules_are 'socket(type in 1..3)' 'socket(arg1:32 >= 0x1 && arg1:32 <= 0x3): errno 1'
	rules_are 'socket(!(type in 1..3))' 'socket(arg1:32 < 0x1 || arg1:32 > 0x3): errno 1'
	wrong 'socket(type in 3..1)' 16 'the range ends before it begins*'
}

@test "any conditions become an OR of ANDs" {
	rules_are 'read(fd == 1 && fd != 2 || fd < 3)' 'read(arg0:32 == 0x1 && arg0:32 != 0x2 || arg0:32 < 0x3): errno 1'
	rules_are 'read((fd == 1 || fd == 2) && (fd == 3 || fd == 4))' \
		'read(arg0:32 == 0x1 && arg0:32 == 0x3 || arg0:32 == 0x1 && arg0:32 == 0x4 || arg0:32 == 0x2 && arg0:32 == 0x3 || arg0:32 == 0x2 && arg0:32 == 0x4): errno 1'
	rules_are 'read(!(fd == 1 && count >= 2))' 'read(arg0:32 != 0x1 || arg2 < 0x2): errno 1'
	rules_are 'read(!(fd <= 1 || !(count > 2)))' 'read(arg0:32 > 0x1 && arg2 > 0x2): errno 1'
}

@test "a condition that grows too large is refused" {
	or='(fd == 1 || fd == 2)'
	wrong "read($or$(printf " && $or%.0s" {1..12}))" 6 'the condition is too large*'
	wrong "read($(printf '(%.0s' {1..100})fd == 1$(printf ')%.0s' {1..100}))" 70 'too many parentheses'
}

@test "constants, alone and together" {
	rules_are 'socket(domain == AF_PACKET)' 'socket(arg0:32 == 0x11): errno 1'
	rules_are 'mprotect(prot in ~(PROT_EXEC|PROT_WRITE))' 'mprotect(arg2 & 0x6 == 0x0): errno 1'
	rules_are 'openat(dirfd == AT_FDCWD)' 'openat(arg0:32 == 0xffffff9c): errno 1'
	rules_are 'kill(pid == -1)' 'kill(arg0:32 == 0xffffffff): errno 1'
	wrong 'socket(domain == AF_PACKT)' 18 "nobody knows the constant 'AF_PACKT' (did you mean 'AF_PACKET'?)"
}

@test "what differs by architecture is read for each" {
	capture "$READING" rule 'open(flags & O_DIRECTORY)'
	contains "$output" 'open[x86_64](arg1:32 & 0x10000 != 0x0): errno 1'
	contains "$output" 'open[aarch64](arg1:32 & 0x4000 != 0x0): errno 1'
	capture "$READING" rule 'read(count == -1)'
	contains "$output" 'read[x86](arg2 == 0xffffffff): errno 1'
	contains "$output" 'read[x86_64](arg2 == 0xffffffffffffffff): errno 1'
}

# on ARCH RULE EXPECTED: what RULE is there.
on() {
	capture "$READING" rule "$2"
	succeeded
	equal "$(grep -F "[$1]" <<<"$output")" "${3/(/[$1](}: errno 1"
}

@test "what has 64 bits stands in two registers where these have 32, from an even one on with arm" {
	on x86_64 'pread64(offset == 0x100000002)' 'pread64(arg3 == 0x100000002)'
	on x32 'pread64(offset == 0x100000002)' 'pread64(arg3 == 0x100000002)'
	on x86 'pread64(offset == 0x100000002)' 'pread64(arg4:32 == 0x1 && arg3:32 == 0x2)'
	on arm 'pread64(offset == 0x100000002)' 'pread64(arg5:32 == 0x1 && arg4:32 == 0x2)'
	on x86 'pwrite64(arg3 != 0x100000002)' 'pwrite64(arg4:32 != 0x1 || arg3:32 != 0x2)'
	on x86 'readahead(offset < 0x100000002)' 'readahead(arg2:32 < 0x1 || arg2:32 == 0x1 && arg1:32 < 0x2)'
	on arm 'readahead(!(offset < 0x100000002))' 'readahead(arg3:32 > 0x1 || arg3:32 == 0x1 && arg2:32 >= 0x2)'
	on x86 'fallocate(len == -1)' 'fallocate(arg5:32 == 0xffffffff && arg4:32 == 0xffffffff)'
	on x86 'fallocate((offset & 0xf0000000f) == 0x100000002)' \
		'fallocate(arg3:32 & 0xf == 0x1 && arg2:32 & 0xf == 0x2)'
	on x86 'fallocate(!((offset & 0xf0000000f) == 0x100000002))' \
		'fallocate(arg3:32 & 0xf != 0x1 || arg2:32 & 0xf != 0x2)'
	on x86 'pread64(offset:32 == 2)' 'pread64(arg3:32 == 0x2)'
	# What stands behind is moved by that.
	on arm 'readahead(count == 3)' 'readahead(arg4 == 0x3)'
	on x86 'fadvise64(advice == 3)' 'fadvise64(arg4:32 == 0x3)'
	on arm 'fanotify_mark(dirfd == 3)' 'fanotify_mark(arg4:32 == 0x3)'
	on aarch64 'fanotify_mark(dirfd == 3)' 'fanotify_mark(arg3:32 == 0x3)'
}

@test "users of 16 bits, of which 65535 is -1" {
	on x86_64 'setuid(uid == 5)' 'setuid(arg0:32 == 0x5)'
	on x86 'setuid(uid == 5)' 'setuid(arg0:32 & 0xffff != 0xffff && arg0:32 & 0xffff == 0x5)'
	on arm 'chown(owner >= 70000)' \
		'chown(arg1:32 & 0xffff == 0xffff || arg1:32 & 0xffff != 0xffff && arg1:32 & 0xffff >= 0x11170)'
	rules_are 'setuid32(uid == 5)' '--deny:1: warning: x86_64 has no system call '"'setuid32'
setuid32(arg0:32 == 0x5): errno 1"
	rules_are 'setgroups(size == 5)' 'setgroups(arg0:32 == 0x5): errno 1'
}

@test "of arguments that are in memory no condition holds: what denies some denies all" {
	capture "$READING" rule 'mmap(prot & 4)'
	contains "$output" 'mmap[x86]: errno 1'
	contains "$output" 'mmap[x86_64](arg2 & 0x4 != 0x0): errno 1'
	capture "$READING" rule 'mmap(prot & 4):allow'
	lacks "$output" 'mmap[x86]'
}

@test "numbers have 64 bits, and not more than the call looks at" {
	wrong 'read(count == 18446744073709551616)' 15 '18446744073709551616 has more than 64 bits'
	wrong 'read(count == -9223372036854775809)' 15 '-9223372036854775809 has more than 64 bits'
	wrong 'read(fd == 4294967296)' 12 '4294967296 does not fit into the 32 bits of the argument'
	wrong 'read(fd == -2147483649)' 12 '-2147483649 does not fit into the 32 bits of the argument'
	wrong 'read(fd == ~0x1ffffffff)' 12 '~0x1ffffffff does not fit into the 32 bits of the argument'
	wrong 'read(fd == 08)' 12 "'08' is no number"
	wrong 'read(fd == 0x)' 12 "'0x' is no number"
	rules_are 'getpriority(arg0 >= 4294967296 || arg0 <= 40):ENODATA' \
		'--deny:21: warning: 4294967296 has more than 32 bits, and the call looks at 32 bits of this argument
getpriority(arg0 >= 0x100000000 || arg0:32 <= 0x28): errno 61'
}

@test "what can be written and hardly be meant is doubted" {
	rules_are 'read(fd < -1)' '--deny:11: warning: comparisons know no sign: what is negative counts as 4294967295
read(arg0:32 < 0xffffffff): errno 1'
	rules_are 'read(fd < 0)' '--deny:11: warning: nothing is below 0 (comparisons know no sign)
read(arg0:32 < 0x0): errno 1'
	rules_are 'openat(flags & O_RDONLY)' '--deny:14: warning: that is never so: 0 has no bits
openat(arg2:32 & 0x0 != 0x0): errno 1'
	rules_are 'chown32' "--deny:1: warning: x86_64 has no system call 'chown32'
chown32: errno 1"
}

@test "wrong conditions" {
	wrong 'clone3(arg2 == 1)' 8 "'clone3' has no 'arg2' (its parameters are: clone3(uargs or cl_args, size))"
	wrong 'socket(famly == 1)' 8 "'socket' has no 'famly' (its parameters are: socket(family or domain, type, protocol))"
	wrong '7(fd == 1)' 3 "'fd' is no argument that is known of this call (its arguments are arg0 to arg5)"
	wrong 'read(fd = 1)' 9 "== != < <= > >= & or in is expected here, not '='"
	wrong 'read(fd == )' 12 "a number or the name of a constant is expected here, not ')'"
	wrong 'read(fd == 1 2)' 14 "&&, || or ')' is expected here, not '2'"
	wrong 'read(fd == 1 &&)' 16 "an argument (arg0 to arg5, or a parameter's name) is expected here, not ')'"
	wrong 'read(fd == 1' 5 'this parenthesis is not closed'
	wrong 'read(fd == ~~1)' 13 "a number or the name of a constant is expected here, not '~'"
	wrong 'read(arg0:64 == 1)' 11 "32, for the low 32 bits, is expected here, not '64'"
	wrong 'read()' 6 "an argument (arg0 to arg5, or a parameter's name) is expected here, not ')'"
}

# ---- lists and actions

@test "names, numbers, globs and groups, and one action for all" {
	rules_are 'getpid,5,442-443,/get?id/:kill' 'getpid: kill
5-5: kill
442-443: kill
getgid: kill
getsid: kill
gettid: kill
getuid: kill'
	capture "$READING" rule '@io-uring,io_uring_setup:ENOSYS'
	equal "$output" 'io_uring_enter: errno 38
io_uring_register: errno 38
io_uring_setup: errno 38'
}

@test "actions" {
	while read -r typed action; do
		rules_are "getpid:$typed" "getpid: $action"
	done <<-'END'
		allow allow
		kill kill
		kill-process kill
		kill-thread kill-thread
		log log
		trap trap
		trace trace
		ENOSYS errno 38
		38 errno 38
		4095 errno 4095
	END
	rules_are 'getpid:errno EIO' 'getpid: errno 5'
	rules_are 'getpid:trace 7' 'getpid: trace 7'
	wrong 'getpid:kil' 8 "'kil' is no action (did you mean 'kill'?)"
	wrong 'getpid:EPREM' 8 "'EPREM' is no action (did you mean 'EPERM'?)"
	wrong 'getpid:0' 8 'errno 0 would be a success that has not happened *--allow-fake-success*'
	wrong 'getpid:4096' 8 "'4096' is no errno *"
	wrong 'getpid:notify' 8 'nobody would be there to be notified *'
	wrong 'getpid:' 8 'an action * is missing'
}

@test "wrong lists" {
	wrong 'opnat' 1 "nobody knows the system call 'opnat' (did you mean 'openat'?)"
	wrong '@io-urig' 1 "nobody knows the group '@io-urig' (did you mean '@io-uring'?)"
	wrong '/nosuch*/' 1 "no system call's name is like 'nosuch*'"
	wrong '/get*' 1 'the pattern does not end: a / is missing'
	wrong '' 1 'a system call * is missing'
	wrong 'read,' 6 'a system call * is missing'
	wrong 'read write' 6 "',', '(', ':' or the end is expected here, not 'write'"
	wrong '450-442' 1 'the range ends before it begins'
	wrong '4294967296' 1 "'4294967296' is no number of a system call"
	capture "$READING" rule 'opnat,read(fdd == 1),wrte'
	equal "$(cut -d: -f2 <<<"$output" | sort -n | tr '\n' ' ')" '1 12 22 '
}

# ---- policies in text

@test "minijail's statements" {
	reads_as 'read: allow
write(arg0:32 == 0x1 || arg0:32 == 0x2): allow
open: errno 13
chown: errno 1
fchown: errno 1
close: kill
dup: log
personality(arg0:32 == 0x0): allow
personality(arg0:32 == 0x8): kill
personality: errno 22
kill: trap
@default: kill' <<-'END'
		# a comment
		@default kill
		@frequency ./whatever

		  read : 1
		write: arg0 == 1 || arg0 == 2   # another one
		open: return EACCES
		{chown, fchown}: return 1
		close: kill-process
		dup: log
		personality: {arg0 == 0, arg0 == 8; kill, return EINVAL}
		kill: trap
	END
}

@test "return behind a condition is for the rest, and in braces and lists of what is denied for what fits" {
	reads_as 'read(arg0:32 == 0x1): allow
read: errno 1
write(arg0:32 == 0x1): errno 1
open(arg1:32 == 0x1): kill' <<-'END'
		read: arg0 == 1; return EPERM
		write: {arg0 == 1; return EPERM}
		open: arg1 == 1; kill
	END
	reads_as 'read(arg0:32 == 0x1): errno 1
@default: allow' <<-'END'
		@denylist
		read: arg0 == 1; return EPERM
	END
}

@test "lines that go on keep their numbers" {
	text <<-'END'
		read: \
		  arg0 == 1 || \
		  arg7 == 2
		wrte: 1
	END
	[ "$status" = 1 ]
	equal "$output" "policy:3:3: 'read' has no 'arg7' (its parameters are: read(fd, buf, count))
policy:4:1: nobody knows the system call 'wrte' (did you mean 'write'?)"
	text < <(printf 'read: 1 \\')
	[ "$status" = 1 ]
	contains "$output" 'policy:1:9: '
	text < <(printf '# comment \\\nread: 1\n')
	[ "$status" = 1 ]
	contains "$output" 'policy:1:11: a comment ends in a backslash'
}

@test "a BOM, lines that end as those of other systems, and no newline at the end" {
	printf '\xef\xbb\xbfread: 1\r\nwrite: \\\r\n arg0 == 1\r\n\r\nopen: 1' | reads_as 'read: allow
write(arg0:32 == 0x1): allow
open: allow'
}

@test "architectures, of calls and of blocks" {
	reads_as 'read[x86_64][aarch64]: allow
chown32[x86][arm]: allow
close[arm]: allow
arch x86
arch x86_64
arch arm
arch aarch64' <<-'END'
		read[arch=x86_64,arm64]: 1
		arch x86, arm {
			chown32: 1
			openat[arch=aarch64]: 1
			close[arch=arm,x86_64]: 1
		}
	END
	text <<-'END'
		read[arch=z80]: 1
		read[os=linux]: 1
		}
		arch x86 {
		arch arm {
		read: 1
	END
	equal "$(cut -d: -f1-3 <<<"$output")" 'policy:1:11
policy:2:6
policy:3:1
policy:5:1
policy:4:1'
}

@test "@default and @newer" {
	reads_as 'read: allow
@default: errno 1
@newer: kill' <<-'END'
		@default: EPERM
		@newer: kill
		@default errno 1
		read: 1
	END
	text <<-'END'
		@default kill
		read: 1
		@default allow
		@newer EPERM
		@newer EACCES
		@default 5
	END
	equal "$(cut -d: -f2 <<<"$output" | tr '\n' ' ')" '3 5 6 '
	contains "$output" '@default is another one in line 1'
}

@test "files include others, beside them" {
	mkdir d
	printf 'open: 1\n@include ./c#d\n' >d/b
	printf 'close: 1\n' >'d/c#d'
	printf 'read: 1\n@include d/b # comment\nwrite: 1\n' | reads_as 'read: allow
open: allow
close: allow
write: allow'
	printf 'opne: 1\n' >d/b
	text < <(printf '@include d/b\n@include nowhere\n@include\n@include a b\n')
	equal "$output" "d/b:1:1: nobody knows the system call 'opne' (did you mean 'open'?)
policy:2:1: cannot read 'nowhere': No such file or directory
policy:3:9: a file's name is missing
policy:4:12: the end of the line is expected here, not 'b'"
}

@test "files that include themselves, or each other without end" {
	text < <(printf 'read: 1\n@include policy\n')
	[ "$status" = 1 ]
	equal "$output" "policy:2:1: 'policy' includes itself"
	printf '@include ./././policy\n' >p
	ln -s . x
	text < <(printf '@include x/policy\n')
	[ "$status" = 1 ]
	contains "$output" 'more than 10 files include each other'
	printf 'read: 1\n' >one
	text < <(seq 300 | sed 's/.*/@include one/')
	[ "$status" = 1 ]
	equal "$output" 'policy:257:1: more than 256 files are included'
}

@test "all that is wrong is told at once" {
	text <<-'END'
		opnat: 1
		read 1
		read:
		{read, wrte, fooo: 1
		read: fd == 1 &&
		read: 1 2
		read: 2
		write: {arg0 == 1, }
		@foo: 1
		read: user-notify
		read: kill; EPERM
	END
	[ "$status" = 1 ]
	equal "$(cut -d: -f2,3 <<<"$output" | tr '\n' ' ')" '1:1 2:6 3:6 4:8 4:14 4:18 5:17 6:9 7:7 8:20 9:1 10:7 11:11 '
}

@test "files without a rule, and files that are no text" {
	text </dev/null
	equal "$output" 'policy: there is no rule in it'
	text < <(printf '# nothing\n\n')
	[ "$status" = 1 ]
	equal "$output" 'policy: there is no rule in it'
	text < <(printf 'read: 1\nwr\0te: 1\n')
	[ "$status" = 1 ]
	equal "$output" 'policy:2:3: a NUL byte: this is no text'
}

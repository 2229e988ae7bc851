#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# seccomp-exec: what a command may call, seen from the command; what is printed of a filter; and what is never run.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2016 # perl and inner shells expand
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...

load helper

setup() {
	trace_tests_only
	cd "$BATS_TEST_TMPDIR"
}

# calls ARGUMENT... -- CODE: perl runs CODE under seccomp-exec; there `call(NUMBER, ...)` is the errno of a system call,
# or 0, and `N{name}` the number of one.
calls() {
	local options=()

	need_tool perl
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	: >ran
	# (A stale file of numbers would be another architecture's.)
	capture "$BUTTER" seccomp-exec "${options[@]}" perl -e '
		use strict; use warnings; our %N = (getppid => 110, gettid => 186, socket => 41, lseek => 8, umask => 95,
			personality => 135, getpriority => 140, prctl => 157);
		sub call { $! = 0; return syscall(shift, @_) < 0 ? $! + 0 : 0 }
		'"$2"
}

# need_x86_64: the numbers above are that machine's.
need_x86_64() {
	[ "$(uname -m)" = x86_64 ] || skip "knows the numbers of x86_64 only"
}

# compiled NAME: makes the program NAME of the C source on standard input.
compiled() {
	need_tool "${CC:-cc}"
	cat >"$1.c"
	"${CC:-cc}" -w -O1 -o "$1" "$1.c" 2>/dev/null || skip "cannot compile here"
}

# refused TEXT...: it is an error, told with each TEXT, and nothing was run.
refused() {
	local text

	equal "$status" 125 || fails "standard error: '$stderr'" || return 1
	equal "$output" "" || return 1
	[[ $stderr == "butter: seccomp-exec: "* ]] || fails "standard error: '$stderr'" || return 1
	for text; do contains "$stderr" "$text" || return 1; done
}

# never OPTION...: a command is not run with these.
never() {
	rm -f ran
	try seccomp-exec "$@" touch ran
	[ ! -e ran ] || fails "it was run with $*"
}

# ---- What becomes of a call

@test "a call that is denied fails with EPERM, all others work" {
	need_x86_64
	calls -d getppid -- 'print call($N{getppid}), " ", call($N{gettid})'
	succeeded
	equal "$output" "1 0"
}

@test "a call that is denied has the error that is named" {
	need_x86_64
	for one in getppid:ENOSYS,38 getppid:ENODATA,61 getppid:95,95 'getppid:errno EACCES,13'; do
		calls -d "${one%,*}" -- 'print call($N{getppid})'
		succeeded
		equal "$output" "${one##*,}"
	done
}

@test "--errno makes any call fail" {
	need_x86_64
	calls --errno getppid,gettid=ENOSPC --errno umask=EIO -- \
		'print join " ", map { call($N{$_}) } qw(getppid gettid umask)'
	succeeded
	equal "$output" "28 28 5"
}

@test "kill ends the process by SIGSYS, also where another thread calls" {
	need_x86_64
	calls -d getppid:kill -- 'call($N{getppid}); print "alive"'
	equal "$status$output" 159
	need_tool python3
	capture "$BUTTER" seccomp-exec -d getppid:kill python3 -c '
import ctypes, threading
t = threading.Thread(target=ctypes.CDLL(None).getppid)
t.start()
t.join()
print("alive")'
	equal "$status$output" 159
}

@test "kill-thread ends the thread alone" {
	need_x86_64
	compiled thread <<-'END'
		#define _GNU_SOURCE
		#include <pthread.h>
		#include <stdio.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		static void *run(void *tid) { *(volatile int *)tid = gettid(); syscall(SYS_getppid); *(volatile int *)tid = 0; return 0; }
		int main(void)
		{
			volatile int tid = 0;
			pthread_t thread;
			char path[64];
			pthread_create(&thread, 0, run, (void *)&tid);
			do
				snprintf(path, 64, "/proc/self/task/%d", tid);
			while (!tid || access(path, F_OK) == 0);
			puts("alive");
			_exit(fflush(stdout));
		}
	END
	capture "$BUTTER" seccomp-exec -d getppid:kill-thread ./thread
	succeeded
	equal "$output" alive
}

@test "trap is a signal that the command may catch" {
	need_x86_64
	calls -d getppid:trap -- '$SIG{SYS} = sub { print "caught " }; call($N{getppid}); print "alive"'
	succeeded
	equal "$output" "caught alive"
	calls -d getppid:trap -- 'call($N{getppid}); print "alive"'
	equal "$status$output" 159
}

@test "log lets a call through" {
	need_x86_64
	calls -d getppid:log -- 'print call($N{getppid})'
	succeeded
	equal "$output" 0
}

@test "of rules the first that fits counts, in the order of options and files" {
	need_x86_64
	echo 'getppid: return ENOSPC' >policy
	calls --errno getppid=EIO -p policy -a getppid --default allow -- 'print call($N{getppid})'
	equal "$output" 5
	calls -p policy --errno getppid=EIO -a getppid --default allow -- 'print call($N{getppid})'
	equal "$output" 28
	calls -a getppid -p policy --errno getppid=EIO --default allow -- 'print call($N{getppid})'
	equal "$output" 0
}

@test "conditions on arguments decide, in 32 and in 64 bits" {
	need_x86_64
	calls -d 'socket(family == AF_PACKET)' -- 'print join " ", call($N{socket}, 17, 3, 0), call($N{socket}, 1, 1, 0)'
	equal "$output" "1 0"
	calls -d 'socket(domain == AF_PACKET):EAFNOSUPPORT' -- 'print call($N{socket}, 17, 3, 0)'
	equal "$output" 97
	# What the kernel ignores of an int is ignored.
	calls -d 'socket(domain == AF_PACKET)' -- 'print call($N{socket}, 17 + (1 << 32), 3, 0)'
	equal "$output" 1
	calls -d 'lseek(arg1 >= 4294967296 || arg1 <= 40):ENODATA' -- \
		'open F, "<", "/dev/zero"; my $f = fileno F; print join " ", map { call($N{lseek}, $f, $_, 0) } 0, 40, 41, 4294967295, 4294967296, 1 << 40'
	equal "$output" "61 61 0 0 61 61"
}

@test "where calls are allowed by name, all others fail with EPERM, and newer ones with ENOSYS" {
	need_x86_64
	calls -a '0-109,111-423' -- 'print join " ", map { call($_) } 110, 424, 460, 1000, 4294967295'
	succeeded
	# (-1 is no call.)
	equal "$output" "1 38 38 38 1"
	calls -a '0-109,111-423' --default ENOTTY --newer EIO -- 'print join " ", map { call($_) } 110, 460'
	equal "$output" "25 5"
}

@test "the command is this process, with its number, and its children are under the filter too" {
	need_x86_64
	need_tool perl
	capture bash -c 'echo $$; exec "$BUTTER" seccomp-exec -d getppid sh -c '\''echo $$; perl -e "print syscall(110)"'\'
	succeeded
	[[ $output == *$'\n-1' ]]
	equal "$(sed -n 1p <<<"$output")" "$(sed -n 2p <<<"$output")"
}

@test "no privileges can be gained any more, and there is one filter more" {
	capture "$BUTTER" seccomp-exec -d swapon cat /proc/self/status
	succeeded
	matches "$(grep -E '^(NoNewPrivs|Seccomp):' <<<"$output" | tr -d '\n')" $'NoNewPrivs:\t1Seccomp:\t2'
	capture bash -c 'exec "$BUTTER" seccomp-exec -d swapon "$BUTTER" seccomp-exec -d swapoff cat /proc/self/status'
	succeeded
	contains "$output" $'NoNewPrivs:\t1'
	[[ $(sed -n 's/^Seccomp_filters:\t//p' <<<"$output") != 1 ]] || fails "no second filter"
}

@test "filters of filters only get stricter" {
	need_x86_64
	need_tool perl
	capture "$BUTTER" seccomp-exec -d getppid "$BUTTER" seccomp-exec -a getppid --default allow perl -e 'print syscall(110)'
	succeeded
	equal "$output" -1
	# Of two errors the newer filter's counts; killing outweighs both.
	capture "$BUTTER" seccomp-exec --errno getppid=EIO "$BUTTER" seccomp-exec --errno getppid=ENOSPC \
		perl -e 'syscall(110); print $! + 0'
	equal "$output" 28
	capture "$BUTTER" seccomp-exec -d getppid:kill "$BUTTER" seccomp-exec --errno getppid=ENOSPC perl -e 'syscall(110)'
	equal "$status" 159
}

@test "32-bit calls and those of x32 are not let in, whatever the policy allows" {
	need_x86_64
	compiled entry <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			long result, number = atol(argv[2]);
			if (*argv[1] == '3')
				__asm__ volatile("int $0x80" : "=a"(result) : "0"(number) : "memory", "r8", "r9", "r10", "r11");
			else
				result = syscall(number);
			printf("%ld\n", result);
			return 0;
		}
	END
	./entry 32 20 >/dev/null 2>&1 && has_32=1 || has_32=
	for policy in '-d swapon' '-a 0-423' '--default allow'; do
		if [ -n "$has_32" ]; then
			# shellcheck disable=SC2086 # words
			capture "$BUTTER" seccomp-exec $policy ./entry 32 20
			equal "$status$output" 159
		fi
		# shellcheck disable=SC2086
		capture "$BUTTER" seccomp-exec $policy ./entry 64 $((0x40000000 + 39))
		equal "$status$output" 159
		# shellcheck disable=SC2086
		capture "$BUTTER" seccomp-exec $policy ./entry 64 39
		succeeded
		matches "$output" '[0-9]+'
	done
	# Asked for, they are under the same rules.
	[ -n "$has_32" ] || skip "no 32-bit calls here"
	capture "$BUTTER" seccomp-exec --arch x86 -d swapon ./entry 32 20
	succeeded
	matches "$output" '[0-9]+'
	capture "$BUTTER" seccomp-exec --arch x86 -d getpid:ENOSPC ./entry 32 20
	equal "$output" -28
}

@test "arguments of 32-bit calls: two registers, 16 bits, and memory" {
	need_x86_64
	capture "$BUTTER" seccomp-exec --arch x86 -d 'mmap(prot & PROT_EXEC)' true
	refused 'x86 has the arguments of mmap in memory, where no filter sees them'
	capture "$BUTTER" seccomp-exec --arch x86 -d 'pread64(offset == 0x100000002)' --emulate 'pread64(3, 0, 5, 0x100000002)'
	equal "$status" 1
	capture "$BUTTER" seccomp-exec --arch x86 -d 'pread64(offset == 0x100000002)' --emulate 'pread64(3, 0, 5, 2)'
	succeeded
	compiled entry <<-'END'
		#include <stdio.h>
		#include <stdlib.h>
		int main(int argc, char **argv)
		{
			long result = atol(argv[1]), a[5] = { 0 };
			for (int i = 2; i < argc; i++)
				a[i - 2] = strtol(argv[i], NULL, 0);
			__asm__ volatile("int $0x80" : "+a"(result) : "b"(a[0]), "c"(a[1]), "d"(a[2]), "S"(a[3]), "D"(a[4])
				: "memory", "r8", "r9", "r10", "r11");
			printf("%d\n", (int)result);
			return 0;
		}
	END
	[ "$(./entry 20 2>/dev/null)" ] || skip "no 32-bit calls here"
	# pread64(-1, NULL, 0, offset): its number is 180.
	capture "$BUTTER" seccomp-exec --arch x86 -d 'pread64(offset > 0x100000001):ENODATA' ./entry 180 -1 0 0 2 1
	equal "$output" -61
	capture "$BUTTER" seccomp-exec --arch x86 -d 'pread64(offset > 0x100000001):ENODATA' ./entry 180 -1 0 0 1 1
	equal "$output" -9
	capture "$BUTTER" seccomp-exec --arch x86 --explain -d 'pread64(offset > 0x100000001):ENODATA' ./entry 180 -1 0 0 2 1
	contains "$stderr" 'pread64(-1, NULL, 0, 0x100000002)'
	# setresuid of 16 bits, 164, takes 0x10005 as 5.
	capture "$BUTTER" seccomp-exec --arch x86 -d 'setresuid(ruid == 5):ENODATA' ./entry 164 0x10005 -1 -1
	equal "$output" -61
	capture "$BUTTER" seccomp-exec --arch x86 -d 'setresuid(ruid < 5):ENODATA' ./entry 164 0x1ffff -1 -1
	equal "$output" 0
}

@test "a policy of another personality is the same policy" {
	need_x86_64
	need_tool setarch
	calls -d getppid -- 'print call($N{personality}, 8), call($N{getppid})'
	equal "$output" 01
	setarch linux32 true || skip "no other personalities here"
	capture setarch linux32 "$BUTTER" seccomp-exec -d getppid perl -e 'syscall(110); print $! + 0'
	equal "$output" 1
}

@test "without root it is the same" {
	need_x86_64
	need_tool perl
	unprivileged
	try_as_nobody seccomp-exec -d getppid perl -e 'syscall(110); print $! + 0'
	succeeded
	equal "$output" 1
	capture "${as_nobody[@]}" setpriv --no-new-privs "$BUTTER" seccomp-exec -d getppid perl -e 'syscall(110); print $! + 0'
	succeeded
	equal "$output" 1
}

# ---- The command

@test "status, 126 and 127 are as of other wrappers" {
	for code in 0 1 77 255; do
		try seccomp-exec -d swapon sh -c "exit $code"
		equal "$status$stderr" "$code"
	done
	try seccomp-exec -d swapon sh -c 'kill -TERM $$'
	equal "$status" 143
	try seccomp-exec -d swapon no-such-command
	failed 127 seccomp-exec "cannot run 'no-such-command'"
	: >plain
	try seccomp-exec -d swapon ./plain
	failed 126 seccomp-exec "cannot run './plain'"
	try seccomp-exec -d swapon "$BATS_TEST_TMPDIR"
	failed 126 seccomp-exec
}

@test "the command has the descriptors, the signals and the environment of before" {
	mkdir folder
	list='exec 5<folder; X=y exec "$@" sh -c "echo \$X; ls /proc/self/fd; readlink /proc/self/fd/5"'
	capture bash -c "$list" "$0"
	expected=$output
	capture bash -c "$list" "$0" "$BUTTER" seccomp-exec -d swapon
	succeeded
	equal "$output" "$expected"
	contains "$output" $'\n5\n'
	capture bash -c 'trap "" USR1; "$BUTTER" seccomp-exec -d swapon grep SigIgn /proc/self/status; grep SigIgn /proc/self/status'
	equal "$(sort -u <<<"$output" | wc -l)" 1
	capture bash -c 'exec "$BUTTER" seccomp-exec -d swapon ls /proc/self/fd <&-'
	succeeded
	lacks $'\n'"$output" $'\n'0$'\n'1$'\n'2$'\n'3$'\n'4
}

@test "a policy that denies execve is refused before it does harm, and what to do is said" {
	for policy in '-d execve' '-a read,write' '-d @known' '--default kill'; do
		# shellcheck disable=SC2086 # words
		never $policy
		refused execve --at
	done
	# A condition may let it begin.
	try seccomp-exec -d 'execve(arg1 == 0)' true
	succeeded
}

# ---- What is never run

@test "without a policy, or without a command, it is wrong usage" {
	try seccomp-exec true
	equal "$status" 125
	contains "$stderr" "no policy"
	try seccomp-exec -d swapon
	equal "$status" 125
	contains "$stderr" "missing COMMAND"
	for modes in '--check --dry-run' '--check --dump asm' '--dump asm --emulate read' '--check --export 9' '--list-syscalls --list-groups'; do
		# shellcheck disable=SC2086
		try seccomp-exec -d swapon $modes
		refused exclude
	done
	for mode in --check '--dump asm' '--emulate read' --list-groups --list-syscalls; do
		# shellcheck disable=SC2086
		never -d swapon $mode
		refused "extra operand 'touch'"
	done
}

@test "every mistake in an option is an error with a place and a suggestion" {
	never -d getpidd
	refused getpidd "did you mean 'getpid'?" --deny
	never -a @file-sistem
	refused @file-sistem "did you mean '@file-system'?" --allow
	never -d swapon:ENOSIS
	refused ENOSIS ENOSYS
	never --errno swapon=ENOSIS
	refused ENOSIS --errno
	never --errno swapon
	refused NAME=ERRNO
	never --errno =EIO
	refused NAME=ERRNO
	never -d swapon --default nonsense
	refused --default
	never -d swapon --default 'EIO EIO'
	refused --default
	never -d swapon --newer ''
	refused --newer
	never -d swapon --arch pdp11
	refused "unknown architecture 'pdp11'"
	never -d 'socket(arg3 == 1)'
	refused socket 3
	never -d 'socket(familie == 1)'
	refused familie
	never -d 'lseek(arg1 == 18446744073709551616)'
	refused 18446744073709551616
	never -d ''
	refused --deny
	never -d 'socket(domain == AF_PACKET'
	refused --deny
}

@test "all mistakes are told, one on each line, and nothing is run" {
	printf '%s\n' 'nosuch: 1' 'socket: arg0 == AF_NOSUCH' 'getpid: allow' >policy
	never -d getpidd -p policy --default nonsense -d nonsuch
	refused
	equal "$(wc -l <<<"$stderr")" 5
	for one in --deny policy:1: policy:2: --default; do
		contains "$stderr" "$one"
	done
}

@test "of very many mistakes a hundred are told, and how many more there are" {
	for i in {1..150}; do echo "nosuch$i: 1"; done >policy
	never -p policy
	refused "policy:1:" "policy:100:" "and 50 more"
	equal "$(wc -l <<<"$stderr")" 101
}

@test "a faked success is refused, unless it is asked for" {
	need_x86_64
	never --errno getppid=0
	refused
	never -d getppid:0
	refused --allow-fake-success
	calls --allow-fake-success --errno getppid=0 -- 'print syscall($N{getppid})'
	succeeded
	equal "$output" 0
}

@test "a policy that cannot be read is an error" {
	never -p missing
	refused missing "No such file"
	never -p .
	refused "Is a directory"
	: >empty
	never -p empty
	refused empty
	never -p /dev/zero
	refused /dev/zero "16 MiB"
}

@test "a policy comes from standard input by -" {
	need_x86_64
	need_tool perl
	echo 'getppid: return EIO' >policy
	capture bash -c 'exec "$BUTTER" seccomp-exec -p - --default allow perl -e '\''syscall(110); print $! + 0'\'' <policy'
	succeeded
	equal "$output" 5
}

@test "an outer filter that forbids this one is told, and the command is not run" {
	for error in EPERM ENOSYS; do
		rm -f ran
		capture "$BUTTER" seccomp-exec --errno "seccomp=$error" "$BUTTER" seccomp-exec -d swapon touch ran
		refused "cannot load the filter" filter
		[ ! -e ran ]
	done
	for error in EINVAL ENOMEM; do
		capture "$BUTTER" seccomp-exec --errno "seccomp=$error" "$BUTTER" seccomp-exec -d swapon touch ran
		refused "cannot load the filter of" instructions
		[ ! -e ran ]
	done
	capture "$BUTTER" seccomp-exec -d 'prctl(option == PR_SET_NO_NEW_PRIVS)' "$BUTTER" seccomp-exec -d swapon touch ran
	refused privileges
	[ ! -e ran ]
}

@test "so many filters as the kernel takes can be nested, and then it is told" {
	condition="offset == 0"
	for i in {1..400}; do condition+=" || offset == $((i * 4294967299))"; done
	command=(true)
	for _ in {1..60}; do
		command=("$BUTTER" seccomp-exec -d "lseek($condition)" "${command[@]}")
	done
	capture "${command[@]}"
	refused "cannot load the filter" "others already"
}

# ---- What is printed

@test "--emulate tells what becomes of a call, and by which rule" {
	need_x86_64
	printf '%s\n' '# comment' 'socket: domain == AF_UNIX; return EACCES' 'getpid: allow' >policy
	try seccomp-exec -p policy --emulate 'socket(AF_UNIX, SOCK_STREAM)'
	succeeded
	matches "$output" 'socket: allow \(policy:2:[0-9]+\)'
	try seccomp-exec -p policy --emulate 'socket(AF_INET)'
	equal "$status" 1
	matches "$output" 'socket: errno EACCES \(policy:2:[0-9]+\)'
	try seccomp-exec -p policy --emulate swapon
	equal "$status$output" "1swapon: errno EPERM (the default)"
	try seccomp-exec -p policy --emulate 1000
	equal "$status$output" "11000: errno ENOSYS (newer than the policy)"
	try seccomp-exec -d getpid:log --emulate 'getpid()'
	succeeded
	contains "$output" "getpid: log (--deny"
	try seccomp-exec -d getpid --default kill --emulate ' swapon ( "a" ) '
	refused
	try seccomp-exec -d getpid --default kill --emulate 'swapon(0, 0x10|1, -1)'
	equal "$status$output" "1swapon: kill (--default, the default)"
	# As programs make them, numbers of x32 end it, and -1 is nobody's.
	try seccomp-exec -d swapon --emulate 0x40000027
	equal "$status$output" "10x40000027: kill (a call of x32, which --arch x32 lets in)"
	try seccomp-exec -d swapon --arch x86_64 --arch x32 --emulate 1073741863
	equal "$status$output" "01073741863: allow (the default)"
	try seccomp-exec -d swapon:EIO --arch x32 --emulate 167
	equal "$status$output" "1167: kill (a call of x86_64, which --arch x86_64 lets in)"
	try seccomp-exec -d 0xffffffff:EIO --emulate -1
	matches "$status$output" '1-1: errno EIO \(--deny.*'
	for wrong in 1x 4294967296 -2 swapoon 'swapon(' 'swapon(1' 'swapon(1,,2)' 'swapon(1,2,3,4,5,6,7)' 'swapon()x' 'swapon(AF_NOSUCH)' ''; do
		try seccomp-exec -d getpid --emulate "$wrong"
		refused --emulate
	done
}

@test "--emulate agrees with what happens" {
	need_x86_64
	for domain in 1 2 10 16 17 38 40; do
		calls -d 'socket(domain == 16):EIO' -a '0-40,42-423,socket(domain in 1..10 || domain == 40)' -- "print call(\$N{socket}, $domain, 2, 0)"
		real=$output
		try seccomp-exec -d 'socket(domain == 16):EIO' -a '0-40,42-423,socket(domain in 1..10 || domain == 40)' --emulate "socket($domain, 2, 0)"
		case $output in
		'socket: allow '*) [[ $real != 1 && $real != 5 ]] || fails "denied: $domain" ;;
		'socket: errno EIO '*) equal "$real" 5 ;;
		*) equal "$real" 1 ;;
		esac
	done
}

@test "--check tells doubts and mistakes by its status, and runs nothing" {
	printf 'getpid: allow\n' >fine
	try seccomp-exec -p fine --check
	succeeded
	equal "$output" ""
	try seccomp-exec -d open --check
	equal "$status" 1
	contains "$stderr" openat
	try seccomp-exec -d getpidd --check
	refused getpidd
}

@test "--dry-run tells what would be loaded, and runs nothing" {
	never -d swapon,swapoff:EIO --dry-run
	succeeded
	contains "$output" "otherwise: allow"
	contains "$output" "instructions: "
}

@test "--dump prints the filter as text, bytes and C; for other architectures, too" {
	for arch in x86_64 aarch64 riscv64 arm x86; do
		try seccomp-exec -d swapon --arch "$arch" --dump asm
		succeeded
		contains "$output" kill
		lines=$(wc -l <<<"$output")
		to_file bytes seccomp-exec -d swapon --arch "$arch" --dump bpf
		equal "$(($(stat -c %s bytes) % 8))" 0
		(($(stat -c %s bytes) / 8 <= lines)) || fails "fewer lines than instructions"
		try seccomp-exec -d swapon --arch "$arch" --dump c
		succeeded
	done
	compiled array < <(echo '#include <stdio.h>'; echo '#include <linux/filter.h>'
		"$BUTTER" seccomp-exec -d swapon --dump c
		echo 'int main(void) { return fwrite(filter, sizeof(filter), 1, stdout) != 1; }')
	./array >array.bytes
	to_file bytes seccomp-exec -d swapon --dump bpf
	cmp array.bytes bytes
}

@test "--dump json prints what means the same" {
	need_x86_64
	try seccomp-exec -d swapon:EIO -d getppid --default allow --dump json
	succeeded
	echo "$output" >profile.json
	need_json
	calls -p profile.json -- 'print call($N{getppid})'
	succeeded
	equal "$output" 1
}

@test "--export gives the filter to the command, or to a file" {
	to_file bytes seccomp-exec -d swapon --dump bpf
	capture "$BUTTER" seccomp-exec -d swapon --export 9 sh -c 'cat <&9 >got; grep Seccomp: /proc/self/status'
	succeeded
	cmp got bytes
	equal "$output" "$(grep Seccomp: /proc/self/status)"
	with '9>file' seccomp-exec -d swapon --export 9
	succeeded
	cmp file bytes
	try seccomp-exec -d swapon --export 9
	refused "not open"
	with '9>file' seccomp-exec -d swapon --export 9 true
	refused "open already"
	with '9>/dev/full' seccomp-exec -d swapon --export 9
	refused "No space left"
	need_tool bwrap
	bwrap --ro-bind / / true 2>/dev/null || skip "no bwrap here"
	need_tool perl
	capture "$BUTTER" seccomp-exec -d getppid --export 9 bwrap --seccomp 9 --ro-bind / / --dev /dev perl -e 'syscall(110); print $! + 0'
	succeeded
	equal "$output" 1
}

@test "what cannot be printed is a failure, and no answer" {
	for mode in '--emulate swapon' '--emulate getpid' '--dump asm' '--dry-run' '--list-groups' '--list-syscalls'; do
		rules=(-d swapon)
		[[ $mode != --list* ]] || rules=()
		# shellcheck disable=SC2086 # words
		with '>/dev/full' seccomp-exec "${rules[@]}" $mode
		failed 125 seccomp-exec 'cannot write to standard output: No space left on device'
	done
}

@test "--list-groups and --list-syscalls print what is known" {
	try seccomp-exec --list-groups
	succeeded
	contains "$output" @file-system
	try seccomp-exec --list-groups=@file-system
	succeeded
	contains "$output" openat
	try seccomp-exec --list-groups=@file-sistem
	refused @file-sistem @file-system
	try seccomp-exec --list-syscalls
	succeeded
	contains "$output" openat
	try seccomp-exec --list-syscalls --arch aarch64
	succeeded
	lacks $'\n'"$output" $'\topen\t'
}

# ---- Flags of profiles

# flagged FLAG: makes FLAG.json, a profile with that flag.
flagged() {
	need_json
	printf '{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_%s"],
		"syscalls":[{"names":["getppid"],"action":"SCMP_ACT_ERRNO","errnoRet":5}]}' "$1" >"$1.json"
}

@test "flags of a profile are given to the kernel, and the filter does what it says, whoever loads it" {
	need_x86_64
	need_strace
	for flag in TSYNC LOG SPEC_ALLOW; do
		flagged $flag
		traced seccomp seccomp-exec -p $flag.json true
		succeeded
		grep -q "seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_$flag, " "$trace" || fails "$(<"$trace")"
		for how in '' --explain '--at entry' '--at entry --explain'; do
			# shellcheck disable=SC2086 # words
			calls $how -p $flag.json -- 'print call($N{getppid})'
			equal "$status $output" '0 5' || fails "$flag $how: $stderr"
		done
	done
	# Before Linux 5.16 a filter makes a process slower, unless it is asked not to.
	slow=$("$BUTTER" seccomp-exec -d swapon grep '^Speculation_Store_Bypass:.*force mitigated' /proc/self/status) || return 0
	lacks "$("$BUTTER" seccomp-exec -p SPEC_ALLOW.json cat /proc/self/status)" "$slow"
}

# is_logged OPTION...: a shell that calls getppid under these leaves a record of seccomp in the kernel's log.
is_logged() {
	number=$(bash -c 'echo $$; exec "$BUTTER" seccomp-exec "$@" perl -e "syscall(110)"' "$0" "$@" 2>/dev/null)
	dmesg | grep -q "type=1326 .* pid=$number .* syscall=110 "
}

@test "what a profile with the flag LOG denies is in the kernel's log" {
	need_x86_64
	need_tool perl
	dmesg >/dev/null 2>&1 || skip 'the log cannot be read here'
	grep -qw errno /proc/sys/kernel/seccomp/actions_logged 2>/dev/null || skip 'errors are not logged here'
	flagged LOG
	lost=0
	for _ in {1..10}; do
		! is_logged --errno getppid=5 || fails 'it is in the log without the flag'
		! is_logged -p LOG.json || return 0
		# The kernel leaves out what comes too often; what kills is always told.
		! is_logged -d getppid:kill || lost=$((lost + 1))
	done
	[ $lost = 0 ] || fails 'it is not in the log'
	skip 'the kernel logs nothing of seccomp'
}

# ---- Whole policies

@test "Docker's and Podman's own profiles run ls, sh, python3 and a threaded program" {
	need_json
	found=
	for profile in /usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json \
		/usr/share/gocode/src/github.com/containers/common/pkg/seccomp/seccomp.json /usr/share/containers/seccomp.json; do
		[ -f "$profile" ] || continue
		found=1
		for command in 'ls -l /' 'sh -c "ls | cat; (exit 3)"' 'sh -c :'; do
			eval "capture \"\$BUTTER\" seccomp-exec -p $profile $command"
			[[ $status == 0 || $command == *'exit 3'* ]] || fails "$command: $status $stderr"
			equal "$stderr" ""
		done
		command -v python3 >/dev/null || continue
		capture "$BUTTER" seccomp-exec -p "$profile" python3 -c '
import threading, subprocess
t = [threading.Thread(target=lambda: subprocess.check_output(["true"])) for _ in range(4)]
[x.start() for x in t]
[x.join() for x in t]
print("done")'
		succeeded
		equal "$output" "done"
	done
	[ -n "$found" ] || skip "no profiles here: golang-github-docker-docker-dev, golang-github-containers-common-dev"
}

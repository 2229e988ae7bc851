#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# seccomp-exec --at and --strict: filters that are loaded when the command runs already.

load helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
	trace_tests_only
	need_applet seccomp-exec
	"$BUTTER" seccomp-exec --at exec -d getppid true 2>/dev/null || skip "nothing can be traced here, or no x86_64"
}

confined() {
	capture "$BUTTER" seccomp-exec "$@"
}

# program NAME: NAME.c, which is given, as NAME, static.
program() {
	need_tool "${CC:-cc}"
	cat >"$1.c"
	"${CC:-cc}" -w -static -o "$1" "$1.c" || skip "no static libraries"
}

@test "a program that is denied execve starts, and starts no other" {
	confined -d execve,execveat sh -c 'ls'
	equal "$status" 125
	one_line seccomp-exec
	contains "$stderr" '--at exec'
	for point in exec entry; do
		confined --at $point -d execve,execveat sh -c 'echo on; ls'
		equal "$status $output" '126 on'
	done
}

@test "at its entry a program needs nothing of what the loader needs" {
	confined --at entry -d openat,mmap,mprotect,execve cat /dev/null
	equal "$status" 1
	contains "$stderr" '/dev/null'
	confined --at entry -d openat,execve echo on
	equal "$status $output" '0 on'
	confined --at exec -d openat echo on
	equal "$status $output" '127 '
}

@test "static programs, position-independent or not, and scripts" {
	program one <<<'int getppid(void), puts(const char *); int main(void) { puts(getppid() < 0 ? "no" : "yes"); return 5; }'
	for point in exec entry; do
		confined --at $point -d getppid ./one
		equal "$status $output" '5 no'
	done
	if "${CC:-cc}" -w -fPIE -static-pie -o two one.c 2>/dev/null; then
		confined --at entry -d getppid ./two
		equal "$status $output" '5 no'
	fi
	# shellcheck disable=SC2016 # for the script
	printf '#!/bin/sh\necho "$1"; exec true\n' >three
	chmod +x three
	confined --at entry -d execve:EACCES ./three on
	equal "$status $output" '126 on'
}

@test "a command that cannot be run or is not there, and one whose loader fails" {
	without_leak_check # it is traced when it ends
	confined --at entry -d getppid ./nowhere
	equal "$status" 127
	one_line seccomp-exec
	echo no program >no
	chmod +x no
	confined --at entry -d getppid ./no
	matches "$status" '126|127' # as execvp(3) has it, a shell may read it
	confined --at entry -d getppid env LD_PRELOAD=./nowhere.so echo on
	equal "$status $output" '0 on'
}

@test "signals that come meanwhile are not lost, and it can be stopped" {
	launch "$BUTTER" seccomp-exec --at entry -d getppid sh -c 'kill -STOP $$; echo on'
	await has_state T
	kill -CONT "$pid"
	finish
	equal "$status $output" '0 on'
	for _ in {1..20}; do
		launch "$BUTTER" seccomp-exec --at entry -d getppid sleep 100
		kill -TERM "$pid"
		finish
		equal "$status" 143
	done
}

@test "the command is traced no more, and has no descriptor more" {
	need_proc
	confined --at entry -d getppid sh -c 'grep TracerPid /proc/self/status; ls /proc/self/fd | wc -l'
	expected=$output
	capture sh -c 'ls /proc/self/fd | wc -l'
	plain=$output output=$expected
	equal "$output" $'TracerPid:\t0\n'"$plain"
	confined --explain --at entry -d getppid,close:EIO sh -c 'ls /proc/self/fd | wc -l'
	lacks "$output" "$((plain + 1))"
}

@test "where another one traces it already, that is said, and it is not run" {
	need_strace
	capture strace -f -qq -o /dev/null "$BUTTER" seccomp-exec --at exec -d getppid echo on
	equal "$status $output" '125 '
	contains "$stderr" 'traced already'
}

@test "a command into which no filter can be loaded is ended, and has run nothing" {
	# What the tracer is told: of a program of 32 bits it cannot have the registers.
	for call in 0x4204:EOPNOTSUPP 0x4205:EIO PTRACE_POKETEXT:EIO; do
		for point in exec entry; do
			capture "$BUTTER" seccomp-exec -d "ptrace(request == ${call%:*}):${call#*:}" \
				"$BUTTER" seccomp-exec --at $point -d getppid sh -c 'echo on >ran'
			equal "$status $output" '137 '
			contains "$stderr" 'cannot load the filter'
			[ ! -e ran ] || fails "it was run: $call"
		done
	done
	# It does not even go on, which its tracer is told is because it has ended: what tells of it has stopped it before.
	capture bash -c 'exec "$BUTTER" seccomp-exec -d "ptrace(request == PTRACE_CONT):ESRCH" \
		"$BUTTER" seccomp-exec --status-fd 3 --at exec -d getppid sh -c "echo on >ran" 3>/dev/null'
	equal "$status $output" '137 '
	[ ! -e ran ] || fails "it was run"
	# One that can be ended in an orderly way is.
	capture "$BUTTER" seccomp-exec --errno seccomp=ENOMEM "$BUTTER" seccomp-exec --at entry -d getppid sh -c 'echo on >ran'
	equal "$status $output" '125 '
	[ ! -e ran ]
}

@test "where nothing can be loaded into programs at all, as on other architectures, it is known" {
	need_tool "${CC:-cc}"
	# The system's headers are read before that, as what they are for.
	grep -h '^#include <' "$BUTTER_SOURCE/src/kernel/ptrace.c" >other.c
	cat >>other.c <<-'END'
		#undef __x86_64__
		#include "kernel/ptrace.c"
		int main(void)
		{
			uint64_t arguments[6] = { 0 };
			int64_t result;
			errno = 0;
			return ptrace_changes() || ptrace_run_to(1, 0) != -1 || errno != EOPNOTSUPP
			       || ptrace_inject(1, 0, arguments, &result) != -1 || ptrace_room(1, 1) || ptrace_entry(1)
			       || ptrace_put(1, 0, "", 1) != -1;
		}
	END
	"${CC:-cc}" -w -D_GNU_SOURCE -iquote "$BUTTER_SOURCE/src" -o other other.c
	./other
}

@test "--strict: read, write, the end, and nothing else" {
	need_tool "${CC:-cc}"
	"${CC:-cc}" -w -static -nostartfiles -ffreestanding -Wl,-e,entry -o copier -x c - <<-'END' || skip "cannot link it"
		static long call(long n, long a, const void *b, long c)
		{
			long r;
			__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
			return r;
		}
		__attribute__((used, force_align_arg_pointer)) static void go(long *stack)
		{
			char bytes[16];
			long n;
			while ((n = call(0, 0, bytes, 16)) > 0)
				call(1, 1, bytes, n);
			if (*stack > 1)
				call(39, 0, 0, 0);
			call(231, 4, 0, 0);
		}
		__asm__(".globl entry\nentry: mov %rsp, %rdi\ncall go\n");
	END
	capture bash -c 'echo some words | "$0" seccomp-exec --strict ./copier' "$BUTTER"
	equal "$status $output" '4 some words'
	capture bash -c 'echo some words | "$0" seccomp-exec --strict ./copier getpid' "$BUTTER"
	equal "$status $output" '159 some words'
	confined --strict -a getpid ./copier
	equal "$status" 125
	contains "$stderr" '--strict'
}

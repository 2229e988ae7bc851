#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# seccomp-exec --explain: what is denied is told, and nothing else changes.

load helper

setup() {
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
	trace_tests_only
	need_applet seccomp-exec
	need_tool perl
	need_proc
	"$BUTTER" seccomp-exec --explain -d getppid true 2>/dev/null || skip "no seccomp notification here"
}

need_x86_64() {
	[ "$(uname -m)" = x86_64 ] || skip "knows the numbers of x86_64 only"
}

# said NAME-AND-ARGUMENTS PROGRAM ERROR REST: standard error is that one line.
said() {
	matches "$stderr" "butter: seccomp-exec: denied $1 to $2, process [0-9]+, thread [0-9]+: $3, $4"
}

explained() {
	capture "$BUTTER" seccomp-exec --explain "$@"
}

@test "a denied call is told with its arguments, who made it, the rule and what would let it pass" {
	explained -d getppid:EACCES perl -e 'print getppid'
	equal "$status $output" '0 -13' # the C library expects no failure
	said 'getppid\(\)' perl EACCES 'by --deny \(first of all, -a getppid lets it pass\)'
	explained -d 'openat:ENOENT' --at entry cat /etc/hostname
	equal "$status" 1
	contains "$stderr" 'openat(AT_FDCWD, "/etc/hostname", O_RDONLY'
	printf '# one\ngetppid: return EPERM\n@default: allow\n' >policy
	explained -p policy perl -e 'getppid'
	said 'getppid\(\)' perl EPERM 'by policy:2 \(.*\)'
	need_json
	printf '{ "defaultAction": "SCMP_ACT_ALLOW", "syscalls": [ { "names": [ "getppid" ], "action": "SCMP_ACT_ERRNO", "errnoRet": 13 } ] }' >policy
	explained -p policy perl -e 'getppid'
	said 'getppid\(\)' perl EACCES 'by policy: syscalls\[0\].* \(.*\)'
}

@test "what the default denies, and what is newer than the policy, is told as that" {
	explained -a @default -a @file-system,@process,@basic-io,@memory,@signal,ioctl,prctl --default EPERM perl -e 'getppid; socket(my $s, 2, 1, 0)'
	contains "$stderr" 'socket(AF_INET, SOCK_STREAM'
	contains "$stderr" 'by the default (-a socket lets it pass)'
	explained -a @known --default EPERM perl -e 'syscall(900)'
	said '900\(.*\)' perl ENOSYS 'by being newer than the policy \(.*\)'
}

@test "a program that is static is told of as well" {
	need_tool "${CC:-cc}"
	echo 'int getppid(void), puts(const char *); int main(void) { puts(getppid() < 0 ? "no" : "yes"); return 5; }' >one.c
	"${CC:-cc}" -w -static -o one one.c || skip "no static libraries"
	for point in start exec entry; do
		explained --at $point -d getppid ./one
		equal "$status $output" '5 no'
		said 'getppid\(\)' one EPERM 'by .*'
	done
}

@test "the command keeps its number, its parent and its status, and nobody has one more child" {
	cat >look <<-'END'
		read -r children <"/proc/$$/task/$$/children"
		echo $$ $PPID "${children:-none}"
		exit 7
	END
	capture bash -c '"$0" seccomp-exec --explain -d getitimer sh look & pid=$!; wait $pid; echo $? $pid $$; wait -n; echo $?' "$BUTTER"
	mapfile -t lines <<<"$output"
	read -r pid parent children <<<"${lines[0]}"
	equal "${lines[1]}" "7 $pid $parent"
	equal "${lines[2]}" 127
	equal "$children" none
}

@test "what is to end the command ends it, with the status that the kernel gives, whatever it does about SIGSYS" {
	explained -d getppid:kill perl -e 'getppid; print "on"'
	equal "$status $output" '159 '
	said 'getppid\(\)' perl 'its end' 'by .*'
	explained -d getppid:kill perl -e '$SIG{SYS} = "IGNORE"; getppid; print "on"'
	equal "$status $output" '137 '
	explained -d getppid:trap perl -e '$SIG{SYS} = sub { print "trapped" }; getppid'
	equal "$status $output" '0 trapped'
	said 'getppid\(\)' perl 'SIGSYS' 'by .*'
	need_tool python3
	explained -d getitimer:kill-thread python3 -c '
import signal, threading
t = threading.Thread(target=signal.getitimer, args=(0,)); t.start(); t.join(); print("on")'
	equal "$status $output" '159 '
	said 'getitimer\(.*\)' python3 'its end' 'by .*'
}

@test "threads are told apart, and a child's calls are told, too" {
	need_tool python3
	explained -d getppid python3 -c '
import os, threading
t = threading.Thread(target=os.getppid); t.start(); t.join()
if os.fork() == 0:
    os.getppid(); os._exit(0)
os.wait()'
	equal "$(grep -c 'denied getppid() to python3' <<<"$stderr")" 2
	[[ $stderr =~ python3,\ process\ ([0-9]+),\ thread\ ([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" != "${BASH_REMATCH[2]}" ]
}

@test "what is in its arguments breaks no line, and what cannot be read is an address" {
	explained -d 'mkdir:EACCES' perl -e 'mkdir "a\nb\e[1mc\x{80}"; syscall(83, 1, 0)'
	matches "${stderr%%$'\n'*}" 'butter: .* mkdir\("a\\012b\\033\[1mc\\200", .*'
	contains "$stderr" 'mkdir(1, 0)'
	equal "$(wc -l <<<"$stderr")" 2
}

# playing: a pid namespace for the script `play`, which `. ./cast` gives the function supervisors: all who supervise there.
playing() {
	need_root
	namespaces --mount --pid --fork --mount-proc
	cat >cast <<-'END'
		supervisors() {
			for fd in /proc/[0-9]*/fd/*; do
				[ "$(readlink "$fd")" = 'anon_inode:seccomp notify' ] || continue
				fd=${fd#/proc/}
				echo "${fd%%/*}"
			done | sort -u
		}
		mkfifo go
	END
}

@test "where the supervisor is killed another one goes on; where all are, nothing hangs" {
	playing
	cat >play <<-'END'
		. ./cast
		"$BUTTER" seccomp-exec --explain -d getppid:EACCES perl -e 'open $g, "<", "go"; while (<$g>) { syscall(110); print int($!), "\n"; STDOUT->flush }' &
		exec 5<>go
		n=0
		until [ "$(supervisors | wc -l)" = 2 ] || [ $((n += 1)) -gt 500 ]; do :; done
		echo 1 >&5
		kill -9 "$(supervisors | head -n 1)"
		echo 2 >&5
		until [ "$(supervisors | wc -l)" = 2 ] || [ $((n += 1)) -gt 500 ]; do :; done
		kill -9 "$(supervisors | tail -n 1)"
		echo 3 >&5
		until [ "$(supervisors | wc -l)" = 2 ] || [ $((n += 1)) -gt 500 ]; do :; done
		kill -9 $(supervisors)
		echo 4 >&5
		exec 5>&-
		wait
	END
	capture "${within[@]}" bash play
	mapfile -t lines <<<"$output"
	equal "${lines[*]:0:3}" '13 13 13'
	matches "${lines[3]}" '13|38' # ENOSYS: nobody was left to be asked
	equal "$(grep -c 'denied getppid' <<<"$stderr")" "$(grep -c 13 <<<"$output")"
}

@test "where all supervisors are killed, what is denied is not done, and fails with ENOSYS" {
	need_x86_64
	playing
	cat >play <<-'END'
		. ./cast
		"$BUTTER" seccomp-exec --explain -d getppid:EACCES -d getpgid:kill perl -e 'open $g, "<", "go"; while (<$g>) { $! = 0; syscall($_); print int($!), "\n"; STDOUT->flush }' &
		exec 5<>go
		n=0
		until [ "$(supervisors | wc -l)" = 2 ] || [ $((n += 1)) -gt 500 ]; do :; done
		# None of them takes another one's place any more.
		all=
		until [ "$(supervisors)" = "$all" ]; do
			all=$(supervisors)
			kill -STOP $all
		done
		echo 110 >&5
		until read -r number _ <"/proc/$!/syscall" && [ "$number" = 110 ]; do :; done
		kill -9 $all
		# getppid, getpgid, getpid of x32; and getpid, which is allowed.
		printf '%s\n' 110 121 1073741863 39 >&5
		exec 5>&-
		wait "$!"
		echo "$?"
	END
	capture "${within[@]}" bash play
	equal "$output" $'38\n38\n38\n38\n0\n0'
	equal "$stderr" ''
}

@test "calls of other architectures end the command, and are told" {
	need_x86_64
	need_tool "${CC:-cc}"
	cat >entry.c <<-'END'
		#include <stdio.h>
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			static const char text[] = "/away";
			long result = 12;
			if (argc > 1)
				__asm__ volatile("int $0x80" : "+a"(result) : "b"(text) : "memory", "r8", "r9", "r10", "r11");
			else
				result = syscall(0x40000000 + 80, text);
			return printf("%ld\n", result) < 0;
		}
	END
	"${CC:-cc}" -w -no-pie -static -o entry entry.c || skip "no static libraries"
	explained -d getppid ./entry
	equal "$status $output" '159 '
	said 'chdir\("/away"\)' entry 'its end' 'as a call of x32 \(--arch x32 lets those in\)'
	explained --arch x32 -d chdir:EIO ./entry
	equal "$status" 0
	said 'chdir\("/away"\)' entry EIO 'by --deny .*'
	explained -d getppid perl -e '$SIG{SYS} = "IGNORE"; syscall(0x40000000 + 39); print "on"'
	equal "$status $output" '137 '
	need_tool jq
	capture bash -c '"$0" seccomp-exec --status-fd 3 --explain -d getppid ./entry 3>status' "$BUTTER"
	equal "$(jq -r 'select(.event == "blocked") | [.name, .action, .arch] | join(" ")' <status)" 'chdir kill x32'
	./entry 32 >/dev/null 2>&1 || skip "no 32-bit calls here"
	explained -d getppid ./entry 32
	equal "$status $output" '159 '
	said 'chdir\("/away"\)' entry 'its end' 'as a call of x86 \(--arch x86 lets those in\)'
}

@test "a second supervisor cannot be had, and the command is not run" {
	without_leak_check # that calls getppid itself
	capture "$BUTTER" seccomp-exec --explain -d getppid "$BUTTER" seccomp-exec --explain -d getpgid echo ran
	equal "$status $output" '125 '
	contains "$stderr" 'another filter has a supervisor already'
}

@test "of too many in a second the rest is counted" {
	explained -d getppid perl -e 'getppid for 1 .. 3000'
	equal "$status" 0
	told=$(grep -c 'denied getppid' <<<"$stderr")
	[ "$told" -ge 100 ]
	more=$(sed -n 's/.*denied \([0-9]*\) more calls of getppid.*/\1/p' <<<"$stderr" | awk '{ n += $1 } END { print n + 0 }')
	equal $((told + more)) 3000
}

@test "--status-fd tells it to programs" {
	need_tool jq
	capture bash -c '"$0" seccomp-exec --status-fd 3 --explain -d getppid:EACCES perl -e "getppid" 3>status; cat status' "$BUTTER"
	equal "$(jq -r 'select(.event == "blocked") | [.name, .call, .action, .comm, .file] | join(" ")' <status)" \
		'getppid getppid() EACCES perl --deny'
}

@test "what waits for the end of its standard error need not wait for anybody else" {
	capture bash -c '{ "$0" seccomp-exec --explain -d getppid perl -e "getppid; exit 3" 2>&1; echo $?; } | cat' "$BUTTER"
	matches "$output" 'butter: .*'$'\n''3'
}

@test "who tells of it cannot be traced by the command, which would do without the filter then" {
	need_root
	mkdir open
	cp "$BUTTER" open/butter
	chmod -R a+rX open .
	cat >open/look <<-'END'
		for process in /proc/[0-9]*; do
			[ "$process" = /proc/$$ ] && continue
			grep -qa "$1" "$process/cmdline" 2>/dev/null || continue
			echo found
			(exec 3<>"$process/mem") 2>/dev/null && echo opened
		done
		true
	END
	capture "$BUTTER" seccomp-exec --user 65534 --group 65534 open/butter seccomp-exec -d io_destroy --explain --status-fd 2 sh open/look "$PWD"/open/look
	equal "$status" 0
	contains "$output" found
	lacks "$output" opened
}

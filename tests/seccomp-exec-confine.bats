#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# seccomp-exec beside its filters: users, groups and capabilities, Landlock, and what --status-fd tells.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2016 # inner shells expand
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...

load helper

setup() {
	trace_tests_only
	cd "$BATS_TEST_TMPDIR"
}

# refused TEXT...: it failed before the command, and says so with each TEXT.
refused() {
	local text

	equal "$status" 125 || fails "standard error: '$stderr'" || return 1
	one_line seccomp-exec || return 1
	for text; do contains "$stderr" "$text" || return 1; done
	[ ! -e ran ] || fails "it was run"
}

# is NAME TEXT: the line of /proc/self/status that was printed last says that.
is() {
	equal "$(sed -n "s/^$1:[[:space:]]*//p" <<<"$output" | tr '\t' ' ' | sed 's/ *$//')" "$2"
}

# ---- Users, groups, capabilities

@test "--user and --group change all ids, and the groups" {
	need_root
	try seccomp-exec --user 65534 --group 65534 cat /proc/self/status
	succeeded
	is Uid "65534 65534 65534 65534"
	is Gid "65534 65534 65534 65534"
	is Groups ""
	is NoNewPrivs 1
	for set in CapInh CapPrm CapEff CapAmb; do is $set 0000000000000000; done
	try seccomp-exec --user 4711 --group 12,34,56 cat /proc/self/status
	succeeded
	is Uid "4711 4711 4711 4711"
	is Gid "12 12 12 12"
	is Groups "34 56"
	try seccomp-exec --group 12 cat /proc/self/status
	succeeded
	is Uid "0 0 0 0"
	is Gid "12 12 12 12"
	is Groups ""
}

@test "names are those of /etc/passwd and /etc/group, with the groups of the user" {
	need_root
	namespaces -m
	printf 'root:x:0:0::/:/bin/sh\nbutter:x:4711:815::/:/bin/sh\n' >passwd
	printf 'main:x:815:\nmore:x:12:other,butter\nnone:x:13:other\nlast:x:14:butter\n' >group
	# shellcheck disable=SC2154
	capture "${within[@]}" sh -c 'mount --bind passwd /etc/passwd && mount --bind group /etc/group || exit 77
		"$BUTTER" seccomp-exec --user butter cat /proc/self/status
		"$BUTTER" seccomp-exec --user 4711 grep Groups /proc/self/status
		"$BUTTER" seccomp-exec --user butter --group none,more grep -E "Gid|Groups" /proc/self/status'
	[ "$status" != 77 ] || skip "cannot mount here"
	succeeded
	contains "$output" $'Uid:\t4711\t4711\t4711\t4711'
	equal "$(grep -c $'^Gid:\t815\t815\t815\t815' <<<"$output")" 1
	equal "$(grep -c $'^Groups:\t12 14' <<<"$output")" 2
	contains "$output" $'Gid:\t13\t13\t13\t13\nGroups:\t12'
}

@test "users and groups that there are not are told, and so is one whose group nobody knows" {
	try seccomp-exec --user no-such-user touch ran
	refused "no user 'no-such-user'"
	try seccomp-exec --group 0,no-such-group touch ran
	refused "no group 'no-such-group'"
	try seccomp-exec --user 4294967294 touch ran
	refused --group 4294967294
	for wrong in '' -1 4294967295 99999999999; do
		try seccomp-exec --user "$wrong" --group 1 touch ran
		refused "no user '$wrong'"
	done
}

@test "who may not become another user is told what is missing" {
	unprivileged
	try_as_nobody seccomp-exec --user 0 --group 0 touch ran
	refused "cannot change the groups" CAP_SETGID
	need_root
	capture setpriv --bounding-set -setuid "$BUTTER" seccomp-exec --user 65534 --group 65534 touch ran
	refused "cannot become user 65534" CAP_SETUID
}

@test "--caps leaves these and no others, to root and to other users" {
	need_root
	for user in '' '--user 65534 --group 65534'; do
		# shellcheck disable=SC2086 # words
		try seccomp-exec $user --caps net_bind_service,CAP_KILL cat /proc/self/status
		succeeded
		for set in CapInh CapPrm CapEff CapAmb; do is $set 0000000000000420; done
		# shellcheck disable=SC2086
		try seccomp-exec $user --caps none cat /proc/self/status
		succeeded
		for set in CapInh CapPrm CapEff CapAmb; do is $set 0000000000000000; done
	done
	try seccomp-exec --caps all,-sys_admin grep -E '^Cap(Eff|Bnd)' /proc/self/status
	succeeded
	all=$(sed -n 's/^CapEff:\t//p' /proc/self/status)
	is CapEff "$(printf %016x $((0x$all & ~(1 << 21))))"
	is CapBnd "$(sed -n 's/^CapBnd:\t//p' /proc/self/status)"
}

@test "--bounding leaves no others in the bounding set" {
	need_root
	try seccomp-exec --bounding kill,chown cat /proc/self/status
	succeeded
	is CapBnd 0000000000000021
	is CapEff 0000000000000021
	try seccomp-exec --bounding kill,chown --caps kill --user 65534 --group 65534 cat /proc/self/status
	succeeded
	is CapBnd 0000000000000021
	is CapEff 0000000000000020
	is CapAmb 0000000000000020
}

@test "capabilities that there are not, or that cannot be had, are told" {
	try seccomp-exec --caps no_such_cap touch ran
	refused "unknown capability 'no_such_cap'"
	try seccomp-exec --bounding kill,,chown touch ran
	refused "unknown capability ''"
	try seccomp-exec --caps kill --bounding chown touch ran
	refused CAP_KILL --bounding
	unprivileged
	try_as_nobody seccomp-exec --caps kill touch ran
	refused "cannot set the capabilities"
	try_as_nobody seccomp-exec --bounding none touch ran
	refused "bounding set" CAP_SETPCAP
	try_as_nobody seccomp-exec --caps none true
	succeeded
	need_root
	capture setpriv --bounding-set -kill "$BUTTER" seccomp-exec --bounding kill touch ran
	refused "lacks CAP_KILL"
}

@test "a filter outside that fakes success is found out" {
	need_root
	for call in setresuid setresgid setgroups; do
		capture setpriv --groups 5 "$BUTTER" seccomp-exec --allow-fake-success --errno "$call=0" \
			"$BUTTER" seccomp-exec --user 65534 --group 65534 --caps kill touch ran
		refused "fakes success"
	done
	capture "$BUTTER" seccomp-exec --allow-fake-success --errno seccomp=0 "$BUTTER" seccomp-exec -d getppid touch ran
	refused "cannot load the filter"
	"$BUTTER" seccomp-exec --ro / --rw . true 2>/dev/null || return 0
	capture "$BUTTER" seccomp-exec --allow-fake-success --errno landlock_restrict_self=0 \
		"$BUTTER" seccomp-exec --ro / touch ran
	refused "Landlock"
}

@test "each step that fails ends it, and nothing is run" {
	need_root
	for call in setgroups setresgid setresuid capset 'prctl(option == PR_CAPBSET_DROP)' 'prctl(option == PR_CAP_AMBIENT)' \
		'prctl(option == PR_SET_KEEPCAPS)' 'prctl(option == PR_SET_NO_NEW_PRIVS)'; do
		capture "$BUTTER" seccomp-exec --errno "$call=EIO" \
			"$BUTTER" seccomp-exec --user 65534 --group 65534 --caps kill --bounding kill touch ran
		refused "Input/output error"
	done
	for call in landlock_create_ruleset landlock_add_rule landlock_restrict_self; do
		capture "$BUTTER" seccomp-exec --errno "$call=EIO" "$BUTTER" seccomp-exec --exec-path / touch ran
		refused "Input/output error"
	done
}

# ---- Landlock

# abi: skips where the kernel's Landlock is older than $1.
need_abi() {
	capture "$BUTTER" seccomp-exec --require-abi "$1" --caps all true
	is_root || capture "$BUTTER" seccomp-exec --require-abi "$1" --caps none true
	[ "$status" = 0 ] || skip "no Landlock of ABI $1 here"
}

# lets COMMAND...: runs it, which may execute what is on the machine, and more by what is in `given`.
lets() {
	try seccomp-exec --exec-path / "${given[@]}" "$@"
}

@test "--ro, --rw and --exec-path are all that can be reached" {
	need_abi 1
	mkdir ro rw other
	echo text | tee ro/file rw/file >other/file
	cp "$(type -P true)" ro/true
	bare=(--exec-path /usr --exec-path /lib --exec-path /bin)
	[ ! -e /lib64 ] || bare+=(--exec-path /lib64)
	try seccomp-exec "${bare[@]}" --ro ro --rw rw sh -c 'cat ro/file rw/file; cat other/file; echo more >ro/file; echo more >rw/new; ls rw; ro/true || echo $?'
	contains "$output" $'text\ntext\n'
	contains "$output" $'file\nnew'
	contains "$output" 126
	contains "$stderr" "other/file: Permission denied"
	contains "$stderr" "ro/file: Permission denied"
	equal "$(cat ro/file other/file rw/new)" $'text\ntext\nmore'
}

@test "in a folder that can be written files are renamed from folder to folder, and no devices are made" {
	need_abi 2
	mkdir -p rw/a rw/b ro
	echo text >rw/a/file
	try seccomp-exec --exec-path / --rw rw sh -c 'mv rw/a/file rw/b/file && cat rw/b/file && mkdir rw/c && rmdir rw/c && ln -s x rw/link && mkfifo rw/fifo'
	succeeded
	equal "$output" text
	need_root
	try seccomp-exec --exec-path / --rw rw mknod rw/disk b 7 0
	equal "$status" 1
	[ ! -e rw/disk ]
}

@test "a file by itself can be given, and a device" {
	need_abi 1
	mkdir folder
	echo text | tee folder/one >folder/two
	try seccomp-exec --exec-path /usr --exec-path /bin --exec-path /lib $([ ! -e /lib64 ] || echo --exec-path /lib64) \
		--rw folder/one --rw /dev/null sh -c 'echo more >>folder/one; cat folder/one >/dev/null; cat folder/one; cat folder/two'
	equal "$status" 1
	equal "$output" $'text\nmore'
	contains "$stderr" "folder/two: Permission denied"
}

@test "a path that is missing is an error" {
	need_abi 1
	try seccomp-exec --exec-path / --ro missing touch ran
	refused "cannot open 'missing'" "No such file"
}

@test "TCP ports that are not named are denied, both ways" {
	need_abi 4
	need_tool python3
	listen='import socket, sys
for port in map(int, sys.argv[1:]):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try: s.bind(("127.0.0.1", port)); print("bound")
    except OSError as e: print(e.errno)'
	connect='import socket, sys
for port in map(int, sys.argv[1:]):
    try: socket.create_connection(("127.0.0.1", port)); print("connected")
    except OSError as e: print(e.errno)'
	# In a network of its own nobody else has these ports.
	namespaces -n
	capture "${within[@]}" "$BUTTER" seccomp-exec --tcp-bind 8001 python3 -c "$listen" 8001 8002
	equal "$output" $'bound\n13'
	# (Nobody listens, or there is not even a network: what counts is that it is not denied.)
	capture "${within[@]}" "$BUTTER" seccomp-exec --tcp-connect 8001 python3 -c "$connect" 8001 8002
	matches "$output" $'(111|101)\n13'
	capture "${within[@]}" "$BUTTER" seccomp-exec --tcp-connect none --tcp-bind none python3 -c "$connect$(echo)
$listen" 8001
	equal "$output" $'13\n13'
	for wrong in 65536 -1 http ''; do
		try seccomp-exec --tcp-bind "$wrong" touch ran
		refused --tcp-bind port
	done
}

@test "--scope signals keeps signals from others" {
	need_abi 6
	launch cat /dev/zero
	try seccomp-exec --scope signals sh -c "kill -0 $pid || echo denied; sleep 100 & kill \$! && echo own"
	equal "$output" $'denied\nown'
	contains "$stderr" "not permitted"
	try seccomp-exec --scope abstract sh -c "kill -0 $pid && echo may"
	equal "$output" may
}

@test "--scope abstract keeps it from sockets of others" {
	need_abi 6
	need_tool python3
	IN=/dev/null launch python3 -c 'import socket, os
s = socket.socket(socket.AF_UNIX); s.bind("\0butter-'$$'"); s.listen(); os.write(7, b"\n"); s.accept(); s.accept()'
	read -r -t "$LIMIT" -u "$ready" _
	client='import socket; s = socket.socket(socket.AF_UNIX); s.connect("\0butter-'$$'"); print("connected")'
	try seccomp-exec --scope signals python3 -c "$client"
	equal "$output" connected
	try seccomp-exec --scope signals,abstract python3 -c "$client"
	equal "$output" ""
	contains "$stderr" PermissionError
}

@test "--require-abi is as good as what the kernel has" {
	need_abi 1
	try seccomp-exec --require-abi 1000 --ro / touch ran
	refused "not 1000"
}

@test "on a kernel without Landlock nothing is run" {
	for error in ENOSYS EOPNOTSUPP; do
		capture "$BUTTER" seccomp-exec --errno "landlock_create_ruleset=$error" "$BUTTER" seccomp-exec --ro / touch ran
		refused "cannot use Landlock"
	done
}

@test "what an older kernel cannot deny is told, and all else is denied" {
	without_leak_check # it is traced when it ends
	need_abi 1
	need_tool "${CC:-cc}"
	# A kernel that says it has ABI 1: a tracer would be needed to be one; what is asked of it must be no more than that.
	cat >older.c <<-'END'
		#define _GNU_SOURCE
		#include <linux/seccomp.h>
		#include <linux/filter.h>
		#include <stddef.h>
		#include <stdlib.h>
		#include <sys/prctl.h>
		#include <sys/syscall.h>
		#include <unistd.h>
		#include <sys/ptrace.h>
		#include <sys/user.h>
		#include <sys/wait.h>
		int main(int argc, char **argv)
		{
			int status, abi = atoi(argv[1]), inside = 0;
			pid_t pid = fork();
			if (!pid) {
				ptrace(PTRACE_TRACEME, 0, 0, 0);
				execvp(argv[2], argv + 2);
				_exit(127);
			}
			waitpid(pid, &status, 0);
			ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
			for (;;) {
				struct user_regs_struct regs;
				ptrace(PTRACE_SYSCALL, pid, 0, 0);
				waitpid(pid, &status, 0);
				if (WIFEXITED(status)) return WEXITSTATUS(status);
				if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
				if (WSTOPSIG(status) != (5 | 0x80)) continue;
				ptrace(PTRACE_GETREGS, pid, 0, &regs);
				inside = !inside;
				if (!inside && regs.orig_rax == SYS_landlock_create_ruleset && regs.rdx == 1) {
					regs.rax = abi;
					ptrace(PTRACE_SETREGS, pid, 0, &regs);
				}
			}
		}
	END
	"${CC:-cc}" -w -o older older.c 2>/dev/null || skip "cannot compile this here"
	./older 9 true || skip "ptrace is forbidden here"
	capture ./older 2 "$BUTTER" seccomp-exec --exec-path / --tcp-bind 80 --scope signals cat /proc/self/status
	equal "$status" 0
	contains "$stderr" "ABI 2) cannot deny truncating files, ioctl of devices, listening to TCP, signals to others"
	capture ./older 2 "$BUTTER" seccomp-exec --tcp-bind 80 touch ran
	refused "ABI 2" nothing
	capture ./older 2 "$BUTTER" seccomp-exec --require-abi 3 --exec-path / touch ran
	refused "ABI 2, not 3"
	capture ./older 1 "$BUTTER" seccomp-exec --exec-path / true
	equal "$status" 0
}

# ---- --status-fd

# told N: line N of what was told, without the time.
told() {
	sed -n "${1}p" told | sed -E 's/"time":[0-9.]+,//'
}

# watched_run ARGUMENT...: as try; what descriptor 9 is told is in the file `told`, whole.
watched_run() {
	mkfifo fifo
	cat fifo >told &
	reader=$!
	capture bash -c 'echo $$ >pid; exec "$BUTTER" seccomp-exec --status-fd 9 "$@" 9>fifo' "$0" "$@"
	wait "$reader"
	rm fifo
	pid=$(cat pid)
}

@test "--status-fd tells when the command starts, and how it ends" {
	need_root
	watched_run --group "$(id -g)" sh -c 'exit 3'
	equal "$status" 3
	equal "$(wc -l <told)" 2
	equal "$(told 1)" "{\"event\":\"started\",\"pid\":$pid}"
	equal "$(told 2)" "{\"event\":\"exited\",\"pid\":$pid,\"status\":3}"
	matches "$(sed -n 1p told)" '.*"time":[0-9]+\.[0-9]{6},.*'
	watched_run --group "$(id -g)" sh -c 'kill -KILL $$'
	equal "$status" 137
	equal "$(told 2)" "{\"event\":\"exited\",\"pid\":$pid,\"status\":137,\"signal\":\"SIGKILL\"}"
}

@test "--status-fd tells nothing of a command that is not found" {
	need_root
	watched_run --group "$(id -g)" no-such-command
	equal "$status" 127
	equal "$(cat told)" ""
}

@test "what tells of it is no child of anybody here, and the command does not have its descriptor" {
	need_root
	watched_run --group "$(id -g)" sh -c 'read -r children <"/proc/$$/task/$$/children"; echo "$children"; ls /proc/self/fd | grep -x 9'
	equal "$status$output" 1
	mkfifo fifo alive
	cat fifo >told &
	reader=$!
	launch bash -c 'exec 9>fifo; "$BUTTER" seccomp-exec --status-fd 9 --group 0 cat alive & exec 9>&-; wait $!; read -r children <"/proc/$$/task/$$/children"; echo "$children"; exit 5'
	exec {lives}>alive
	await grep -q started told
	equal "$(wc -w <"/proc/$pid/task/$pid/children")" 1
	exec {lives}>&-
	finish
	equal "$status$output" 5
	wait "$reader"
	equal "$(wc -l <told)" 2
}

@test "--status-fd tells of one that nobody waits for, and where the descriptor is standard output" {
	need_root
	try seccomp-exec --status-fd 1 --group 0 sh -c 'echo own; exit 7'
	equal "$status" 7
	contains "$output" '"status":7}'
	contains "$output" own
	with '>&-' seccomp-exec --status-fd 1 --group 0 true
	equal "$status" 0
}

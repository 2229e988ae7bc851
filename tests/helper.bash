# SPDX-License-Identifier: MIT
# What all the bats files load: where butter is, what the machine can do, background processes that say
# when they are ready, faults, and assertions that show what they got.
#
# `make check` sets BUTTER, BUTTER_SOURCE, BUTTER_BUILD and APPLETS. By hand, one file:
#
#	BUTTER=./butter bats tests/getpid.bats
#
# BUTTER_LONG=1 turns the long variants on.
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

: "${BUTTER_SOURCE:=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)}"
: "${BUTTER_BUILD:=$BUTTER_SOURCE}"
: "${BUTTER:=$BUTTER_BUILD/butter}"
[ -x "$BUTTER" ] || { echo "no butter to test at '$BUTTER'" >&2; exit 1; }
[[ $BUTTER == /* ]] || BUTTER=$PWD/$BUTTER
: "${APPLETS:=$("$BUTTER" --list | tr '\n' ' ')}"
export BUTTER BUTTER_SOURCE BUTTER_BUILD APPLETS
export LC_ALL=C TZ=UTC0
# Seconds that a command, or a wait, may take. It only ends what hangs: a busy machine may need most of it.
: "${LIMIT:=60}"

# trace_tests_only: for every setup. bats follows each command, to say where a test failed; from here on those of the
# test itself alone. To follow those of functions, too, costs more than much of what they test.
trace_tests_only() {
	set +T
}

setup() {
	trace_tests_only
}

# However a test ends, nothing that it started stays.
teardown() {
	stop_all
}

# ---- Assertions: on failure they show both sides

# fails MESSAGE...: for the end of an assertion.
fails() {
	printf '%s\n' "$@"
	return 1
}

equal() {
	[ "$1" = "$2" ] || fails "got:      '$1'" "expected: '$2'"
}

# matches TEXT REGEX: the whole text.
matches() {
	[[ $1 =~ ^($2)$ ]] || fails "got:      '$1'" "expected: /$2/"
}

contains() {
	[[ $1 == *"$2"* ]] || fails "got:         '$1'" "should have: '$2'"
}

lacks() {
	[[ $1 != *"$2"* ]] || fails "got:             '$1'" "should not have: '$2'"
}

# one_line APPLET: standard error has exactly one line and it is APPLET's ('' is butter itself).
one_line() {
	local start="butter: ${1:+$1: }"

	[[ $stderr == "$start"?* && $stderr != *$'\n'* ]] ||
		fails "standard error: '$stderr'" "expected: one line that begins with '$start'"
}

# failed STATUS APPLET TEXT...: the last run ended with STATUS, nothing on stdout, one line with each TEXT.
failed() {
	local text expected=$1 applet=$2

	shift 2
	equal "$status" "$expected" || fails "standard error: '$stderr'" || return 1
	one_line "$applet" || return 1
	for text; do contains "$stderr" "$text" || return 1; done
	equal "$output" ""
}

# misused APPLET [TEXT...]: the last run was wrong usage; the message says where to read how it is done.
misused() {
	[[ $stderr == *"(see 'butter $1 --help')" ]] || fails "standard error: '$stderr'" || return 1
	failed 1 "$@"
}

# succeeded: status 0 and not a word on standard error.
succeeded() {
	equal "$status" 0 || fails "standard error: '$stderr'" || return 1
	equal "$stderr" ""
}

# ---- Running: nothing may hang

# limited COMMAND...: at most LIMIT seconds; then it is killed, status 137.
limited() {
	timeout -s KILL "$LIMIT" "$@"
}

# capture COMMAND...: runs it; then status, output and stderr are set, without NUL bytes. As bats' run, but it takes
# status 127 as one among others. It runs some ten thousand times in a suite: no process that can be spared.
capture() {
	local errors=$BATS_TEST_TMPDIR/stderr limit=(timeout -s KILL)

	# Other commands run others again, which end with them.
	if [[ $1 == "$BUTTER" && -x $BUTTER_BUILD/tests/limited ]]; then limit=("$BUTTER_BUILD/tests/limited"); fi
	status=0
	{ output=$(exec "${limit[@]}" "$LIMIT" "$@" 2>"$errors" 3>&- 4>&-); } 2>/dev/null || status=$?
	read_errors "$errors"
}

# read_errors FILE: sets stderr to what is there, other C libraries' words for errors replaced by glibc's, which the
# tests know.
read_errors() {
	{ stderr=$(<"$1"); } 2>/dev/null
	stderr=${stderr//I\/O error/Input/output error}
	stderr=${stderr//Out of memory/Cannot allocate memory}
	stderr=${stderr//No file descriptors available/Too many open files}
}

# try ARGUMENT...: runs butter.
try() {
	capture "$BUTTER" "$@"
}

# as NAME ARGUMENT...: runs butter with NAME as argv[0].
as() {
	# shellcheck disable=SC2016 # the inner shell expands
	capture bash -c 'exec -a "$0" "$BUTTER" "$@"' "$@"
}

# to_file FILE ARGUMENT...: as try, but standard output goes to FILE, for bytes that bash cannot hold.
to_file() {
	local file=$1

	shift
	# shellcheck disable=SC2016
	capture bash -c 'exec "$BUTTER" "${@:2}" >"$1"' "$0" "$file" "$@"
}

# with REDIRECTIONS ARGUMENT...: as try, with e.g. '<&- >/dev/full'.
with() {
	local redirections=$1

	shift
	capture bash -c "exec \"\$BUTTER\" \"\$@\" $redirections" "$0" "$@"
}

# broken_pipe default|ignore ARGUMENT...: as try, standard output is a pipe that nobody reads.
broken_pipe() {
	local action=$1 pipe=$BATS_TEST_TMPDIR/broken.$RANDOM

	shift
	rm -f "$pipe" # a number comes twice now and then
	mkfifo "$pipe"
	# shellcheck disable=SC2016
	capture env "--$action-signal=PIPE" bash -c \
		'exec 8<>"$1" 9>"$1" 8>&-; exec "$BUTTER" "${@:2}" >&9 9>&-' "$0" "$pipe" "$@"
}

# microseconds: the wall clock.
microseconds() {
	echo "${EPOCHREALTIME/./}"
}

# ---- What the machine can do; every skip says why

need_tool() {
	local name

	for name; do
		command -v "$name" >/dev/null || skip "$name is not installed"
	done
}

need_applet() {
	[[ " $APPLETS " == *" $1 "* ]] || skip "built without $1"
}

# need_json: policies in JSON are read.
need_json() {
	! "$BUTTER" seccomp-exec -p - --check <<<'{}' 2>&1 | grep -q 'does not read JSON' || skip 'butter is built without json-c'
}

# need_types: mount finds the types and labels of disks itself.
need_types() {
	! { "$BUTTER" mount LABEL=there-is-no-such-label . 2>&1 || true; } | grep -q 'without libblkid' ||
		skip 'butter is built without libblkid'
}

is_root() {
	[ "$(id -u)" = 0 ]
}

need_root() {
	is_root || skip "needs root"
}

need_userns() {
	unshare -Ur true 2>/dev/null || skip "user namespaces are forbidden here"
}

# without_leak_check: from here on a build with sanitizers does not look for leaks.
without_leak_check() {
	export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS:-}"
}

# What is traced cannot look for leaks: it would trace itself.
need_strace() {
	[ "$can_trace" != yes ] || return 0
	need_tool strace
	strace -qq -o /dev/null true 2>/dev/null || skip "ptrace is forbidden here"
	without_leak_check
	can_trace=yes
}
can_trace=

need_proc() {
	[ -e /proc/self/stat ] || skip "no /proc here"
}

# pidfd_open(2) has this number everywhere.
need_pidfd() {
	perl -e 'exit(syscall(434, $$ + 0, 0) < 0)' || skip "no pidfds here"
}

# has_statmount: the kernel tells of mounts, also without /proc. statmount(2) has this number everywhere.
has_statmount() {
	perl -e 'syscall(457, 0, 0, 0, 0); exit($!{ENOSYS} || $!{EPERM})'
}

need_static() {
	! head -c 4096 "$BUTTER" | grep -qaE '/ld(64)?[-.]|/ld-musl' || skip "butter is linked dynamically"
}

# Sanitizers need memory, /proc and descriptors of their own.
need_plain_build() {
	! grep -qa __asan_init "$BUTTER" || skip "butter is built with sanitizers"
}

need_long() {
	[ "${BUTTER_LONG:-}" = 1 ] || skip "long: set BUTTER_LONG=1"
}

# rounds FEW MANY: how many there are to be, in the long variant MANY, or one part of SHARE of them.
rounds() {
	local many=$(($2 / ${SHARE:-1}))

	if [ "${BUTTER_LONG:-}" = 1 ] && ((many > $1)); then echo "$many"; else echo "$1"; fi
}

# many_runs: for a test whose long variant runs butter a thousand times: a sanitizer that looks for leaks at each end takes
# longer for that than for all the rest. What leaks does so in the short variant, too.
many_runs() {
	[ "${BUTTER_LONG:-}" != 1 ] || without_leak_check
}

# capture_rounds COMMAND...: as capture, for a command of many rounds. It sees to it that each takes EACH seconds at most;
# for all of them there is hardly a limit.
capture_rounds() {
	local each=$LIMIT

	many_runs
	EACH=$each LIMIT=3000 capture "$@"
}

# namespaces OPTION...: sets the array `within` to a command that makes new namespaces: as root plainly, else in a
# user namespace too.
namespaces() {
	within=(unshare "$@")
	"${within[@]}" true 2>/dev/null && return
	within=(unshare -Ur "$@")
	"${within[@]}" true 2>/dev/null || skip "unshare $* is forbidden here"
}

# public_folder: prints a folder that nobody may enter too.
public_folder() {
	local folder=$BATS_TEST_TMPDIR

	while [[ $folder == "${BATS_RUN_TMPDIR:-$BATS_TEST_TMPDIR}"* ]]; do
		chmod a+x "$folder"
		folder=${folder%/*}
	done
	mkdir -p "$BATS_TEST_TMPDIR/public"
	chmod a+rx "$BATS_TEST_TMPDIR/public"
	echo "$BATS_TEST_TMPDIR/public"
}

# unprivileged: sets the array `as_nobody` to a command that gives up all rights (the user's own are few enough), and
# lets BUTTER be one that everybody may run.
unprivileged() {
	as_nobody=(env)
	is_root || return 0
	need_tool setpriv
	as_nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all)
	"${as_nobody[@]}" true 2>/dev/null || skip "cannot become nobody here"
	if ! "${as_nobody[@]}" test -x "$BUTTER"; then
		cp "$BUTTER" "$(public_folder)/butter"
		BUTTER=$BATS_TEST_TMPDIR/public/butter
		"${as_nobody[@]}" test -x "$BUTTER" || skip "nobody cannot enter $BATS_TEST_TMPDIR"
	fi
}

# try_as_nobody ARGUMENT...: as try, after `unprivileged`.
try_as_nobody() {
	capture "${as_nobody[@]}" "$BUTTER" "$@"
}

# without_proc: sets the array `within` to a command that hides /proc.
without_proc() {
	namespaces -m
	# shellcheck disable=SC2016
	within+=(sh -c 'mount -t tmpfs none /proc && exec "$@"' "$0")
	"${within[@]}" true 2>/dev/null || skip "cannot hide /proc here"
}

# ---- Faults

# How often the C library makes a call before butter's own first, poll on 0 to 2; by calls_at_start.
declare -gA at_start=([execve]=0) # strace itself makes the first execve, and does not count it

# calls_at_start CALL: sets at_start[CALL].
calls_at_start() {
	local trace=$BATS_TEST_TMPDIR/start

	# Once for each test: a start is always the same.
	[ -z "${at_start[$1]:-}" ] || return 0
	strace -qq -o "$trace" -e "trace=/^($1|p?poll)\$" "$BUTTER" --version >/dev/null
	at_start[$1]=$(awk -v call="$1(" '/^p?poll\(/ { exit } index($0, call) == 1 { n++ } END { print n + 0 }' "$trace")
}

# injecting CALL:WHAT[:when=N...]... : sets the array `tracer` to a command that makes system calls of butter fail,
# such as read:error=EINTR:when=1. N counts from butter's first own call; without it all those fail.
injecting() {
	local spec call what when first last names=

	need_strace
	tracer=(strace -qq -o /dev/null)
	for spec; do
		call=${spec%%:*}
		when=1+
		[[ $spec == *:when=* ]] && when=${spec#*:when=}
		what=${spec#*:} what=${what%:when=*}
		[[ $when =~ ^([0-9]+)(\.\.([0-9]+))?(.*)$ ]]
		# Where C libraries differ, whichever it is.
		[ "$call" != openat ] || call='open openat'
		for call in $call; do
			calls_at_start "$call"
			first=$((BASH_REMATCH[1] + at_start[$call]))
			last=${BASH_REMATCH[3]:+..$((BASH_REMATCH[3] + at_start[$call]))}
			tracer+=(-e "inject=/^$call\$:$what:when=$first$last${BASH_REMATCH[4]}")
			names+="|$call"
		done
	done
	tracer+=(-e "trace=/^(${names#|})\$")
}

# inject SPEC[ SPEC...] ARGUMENT...: runs butter with these faults, inside `within` when that is set.
inject() {
	local specs

	read -ra specs <<<"$1"
	shift
	injecting "${specs[@]}"
	capture "${within[@]}" "${tracer[@]}" "$BUTTER" "$@"
}

# steppable: sets the array `tracer` to a command that makes the wall clock of butter step: as long as there is a file
# `fast` in the working folder, it shows an hour more.
steppable() {
	need_tool "${CC:-cc}"
	"${CC:-cc}" -w -O1 -o "$BATS_TEST_TMPDIR/clockstep" "$BUTTER_SOURCE/tests/clockstep.c" || skip "cannot compile here"
	tracer=(env "ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-}" "$BATS_TEST_TMPDIR/clockstep" "$PWD/fast")
	"${tracer[@]}" true 2>/dev/null || skip "ptrace is forbidden here"
}

# step: steps the clock of `steppable`, forth or back.
step() {
	if [ -e fast ]; then rm fast; else : >fast; fi
}

# lasted MICROSECONDS SINCE: so long at least.
lasted() {
	local time=$(($(microseconds) - $2))

	((time >= $1)) || fails "early: after $time us"
}

# traced CALLS ARGUMENT...: runs butter and leaves the calls that it made in the file $trace.
traced() {
	local calls=$1

	shift
	need_strace
	trace=$BATS_TEST_TMPDIR/trace
	capture strace -f -qq -e signal=none -o "$trace" -e "trace=$calls" "$BUTTER" "$@"
}

# ---- Background processes. Files in $job: out, err, and FIFOs ready (descriptor 7), alive (8).

started=()

# launch COMMAND...: in the background; sets pid and job. Standard input is IN, or /dev/null.
launch() {
	job=$BATS_TEST_TMPDIR/job.${#started[@]}
	mkdir "$job"
	mkfifo "$job/ready" "$job/alive"
	"$@" <"${IN:-/dev/null}" >"$job/out" 2>"$job/err" 7>"$job/ready" 8>"$job/alive" 3>&- 4>&- &
	pid=$!
	started+=("$pid")
	exec {ready}<"$job/ready" {alive}<"$job/alive"
}

# start COMMAND...: launch, then wait until it has written a line to descriptor 7 (--ready-fd 7).
start() {
	launch "$@"
	read -r -t "$LIMIT" -u "$ready" _ || fails "was never ready:" "$(cat "$job/err")"
}

# finish: waits until what was launched last has ended; then status, output and stderr are set.
finish() {
	local result=0

	# Nobody writes there; the end of the file is the end of all its processes.
	read -r -t "$LIMIT" -u "$alive" _ || result=$?
	[ "$result" -le 128 ] || fails "did not end:" "$(cat "$job/err")" || return 1
	status=0
	wait "$pid" || status=$?
	[ "${started[-1]}" != "$pid" ] || started[-1]=
	exec {ready}<&- {alive}<&-
	{ output=$(<"$job/out"); } 2>/dev/null
	read_errors "$job/err"
}

# read_stat PID: sets stat to what /proc/PID/stat has after the command's name, in which anything may be.
read_stat() {
	{ IFS= read -r -d '' stat <"/proc/$1/stat"; } 2>/dev/null || [ -n "$stat" ] || return 1
	stat=${stat##*) }
}

# has_state LETTERS [PID]: whether that process, or what was launched last, is in one of these states, R, S, T or Z. It
# needs no process of its own: some tests ask a thousand times.
has_state() {
	local stat

	read_stat "${2:-$pid}" && [[ $1 == *"${stat%% *}"* ]]
}

# is_running: whether what was launched last has not ended.
is_running() {
	kill -0 "$pid" && ! has_state Z
}

# await COMMAND...: until it succeeds, as long as what was launched last runs, and no longer than LIMIT.
await() {
	local end=$((SECONDS + LIMIT)) pause=1

	until "$@"; do
		is_running || "$@" || fails "has ended before: $*" "standard error:" "$(cat "$job/err")" || return 1
		((SECONDS < end)) || fails "waited in vain: $*" "standard error:" "$(cat "$job/err")" || return 1
		# Nobody writes there: a pause, so that what is waited for gets its turn; longer where it takes long.
		read -r -t "0.0$pause" -u "$alive" _ 2>/dev/null || true
		((pause == 9)) || ((++pause))
	done
}

# in_background ARGUMENT...: bash, with a terminal, has butter run what reads there, and then what writes, behind the
# scenes, which stops both, and then lets each go on.
in_background() {
	need_tool script
	cat >shell <<-'END'
		set -m
		stty tostop
		for command in 'read -r _; echo went on' 'echo wrote'; do
			"$BUTTER" "$@" bash -c "$command" &
			wait %%
			echo "stopped $?"
			fg >/dev/null
			echo "ended $?"
		done
	END
	capture script -qefc "bash ./shell $*" /dev/null </dev/null
	output=${output//$'\r'/}
}

# in_terminal COMMAND...: launches it in a terminal; what is written to descriptor 9 is typed there, and the end of what
# was launched is the end of the terminal.
in_terminal() {
	need_tool script
	rm -f keys
	mkfifo keys
	exec 9<>keys
	IN=keys launch env --default-signal=INT,QUIT script -qefc "exec ${*@Q}" /dev/null
}

# drained: waits until what was launched last has nothing to do any more.
drained() {
	for _ in 1 2 3; do await has_state S || return 1; done
}

# manager NAME COMMAND...: runs COMMAND with NOTIFY_SOCKET, as NAME says, and prints what it sent and its status.
manager() {
	# shellcheck disable=SC2016 # perl expands
	capture perl -MSocket -e '
		my ($name, @command) = @ARGV;
		(my $address = $name) =~ s/^@/\0/;
		socket my $socket, PF_UNIX, SOCK_DGRAM, 0 or die $!;
		bind $socket, $name =~ /^@/ ? pack("S a*", AF_UNIX, $address) : sockaddr_un($address) or die $!;
		$ENV{NOTIFY_SOCKET} = $name;
		my $pid = fork // die;
		exec @command or die if !$pid;
		alarm 10;
		recv $socket, my $message, 1000, 0;
		print "[$message]";
		mkdir "ready" or die $!;
		waitpid $pid, 0;
		print $?;' "$@"
}

# copies_as_init APPLET [ARGUMENT...]: what copies standard input is ended, as process 1 of a container, by what asks for it.
copies_as_init() {
	local signal

	namespaces -pf --kill-child
	mkfifo in
	for signal in TERM:143 INT:130; do
		# shellcheck disable=SC2016 # the inner shell expands
		launch bash -c 'exec "$@" <in' "$0" "${within[@]}" env --default-signal=INT "$BUTTER" "$@"
		exec 9>in
		echo x >&9
		await grep -q x "$job/out"
		kill "-${signal%:*}" "$(children "$pid")"
		finish
		equal "$status" "${signal#*:}" || return 1
		exec 9>&-
	done
}

# children PID: its first child.
children() {
	local first

	read -r first _ <"/proc/$1/task/$1/children" || true # it does not end in a newline
	echo "$first"
}

stop_all() {
	local one

	for one in "${started[@]}"; do
		is_ours "$one" || continue
		kill -KILL "$one" 2>/dev/null || continue
		wait "$one" 2>/dev/null || continue
	done
	started=()
}

# is_ours PID: whether the test has started that process and not reaped it. The number of one that has ended is soon
# somebody else's, where numbers are few and tests have a thousand rounds.
is_ours() {
	local stat

	[ -n "$1" ] && read_stat "$1" || return 1
	stat=${stat#* }
	[ "${stat%% *}" = "$BASHPID" ]
}

# ---- What copiers copy

# numbers FILE COUNT: makes a file of lines, 8 bytes each.
numbers() {
	seq -f %07.0f "$2" >"$1"
}

# looped FILE COMMAND...: as capture, with the block device DISK that FILE is.
looped() {
	local disk

	need_root
	need_tool losetup
	disk=$(losetup -f --show "$1" 2>/dev/null) || skip "no loop devices here"
	DISK=$disk capture "${@:2}"
	losetup -d "$disk"
}

# packets COUNT SIZE COMMAND...: as capture; standard input is a socket of so many packets, each of another letter, with
# an end. They are in the file `wanted`.
packets() {
	need_tool perl
	perl -e 'print chr(64 + $_) x $ARGV[1] for 1 .. $ARGV[0]' "$1" "$2" >wanted
	# shellcheck disable=SC2016 # perl's
	capture perl -e 'use strict; use Socket; use IO::Socket;
		my ($count, $size, @command) = @ARGV;
		my ($in, $out) = IO::Socket->socketpair(AF_UNIX, SOCK_SEQPACKET, PF_UNSPEC);
		setsockopt $out, SOL_SOCKET, $_, 1 << 20 for SO_SNDBUF, 32; # SO_SNDBUFFORCE
		my $child = fork // die;
		if (!$child) {
			syswrite $out, chr(64 + $_) x $size or die "too large: $!" for 1 .. $count;
			exit 0;
		}
		close $out;
		open STDIN, "<&", $in or die;
		exec @command or die' "$@"
}

# packet_pipe ENDS COUNT SIZE COMMAND...: the same, but standard input is a pipe that is open with O_DIRECT, at both ends or
# only for writing.
packet_pipe() {
	local ends='$out'

	need_tool perl
	[ "$1" = writing ] || ends='$in, $out'
	shift
	perl -e 'print chr(64 + $_) x $ARGV[1] for 1 .. $ARGV[0]' "$1" "$2" >wanted
	# shellcheck disable=SC2016 # perl's
	capture perl -e 'use strict; use Fcntl;
		my ($count, $size, @command) = @ARGV;
		pipe my $in, my $out or die;
		fcntl $_, F_SETFL, O_DIRECT or exit 77 for '"$ends"';
		my $child = fork // die;
		if (!$child) {
			close $in;
			syswrite $out, chr(64 + $_) x $size or die for 1 .. $count;
			exit 0;
		}
		close $out;
		open STDIN, "<&", $in or die;
		exec @command or die' "$@"
	((status != 77)) || skip "no pipes of packets here"
}

# directly COMMAND...: as capture; standard input is the file `wanted`, open with O_DIRECT.
directly() {
	need_tool perl
	# shellcheck disable=SC2016 # perl's
	capture perl -e 'use Fcntl; sysopen my $in, "wanted", O_RDONLY | 040000 or exit 77; open STDIN, "<&", $in or die; exec @ARGV or die' "$@"
	[ "$status" != 77 ] || skip "no O_DIRECT on this file system"
}

# on_fuse SCRIPT: a shell runs it with the odd files of fuse.pl in `odd`, and `wanted` beside it.
on_fuse() {
	need_root
	namespaces -m
	mkdir -p odd
	numbers wanted 40000
	capture "${within[@]}" perl "$BUTTER_SOURCE/tests/fuse.pl" odd sh -c "$1"
	[ "$status" != 77 ] || skip "no FUSE here"
}

# ---- What watchers are up against

# watches PID: how many watches the process has.
watches() {
	cat "/proc/$1/fdinfo/"* 2>/dev/null | grep -c '^inotify wd'
}

# has_watches COUNT: so has what was launched last; for await.
has_watches() {
	[ "$(watches "$pid")" = "$1" ]
}

# flood COUNT [PREFIX]: so many times a file in D is opened, one of a hundred in turn, as fast as possible.
flood() {
	perl -e 'for my $i (1 .. $ARGV[0]) { open(F, ">", "D/$ARGV[1]" . $i % 100) or die; close(F) }' "$1" "${2:-}"
}

# overflow: stops the watcher, and makes more events than the kernel's queue holds.
overflow() {
	local most

	most=$(</proc/sys/fs/inotify/max_queued_events)
	((most <= 100000)) || skip "fs.inotify.max_queued_events is large"
	kill -STOP "$pid"
	flood "$((most + 500))"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# signalfd-mask: what a command finds blocked and ignored.
# shellcheck disable=SC2154 # helper.bash sets status, output and stderr
# shellcheck disable=SC2016,SC2030,SC2031 # other shells expand

load helper

setup() {
	trace_tests_only
	need_applet signalfd-mask
	cd "$BATS_TEST_TMPDIR" || return
}

# sets WORD COMMAND...: what --show says in the line WORD, run by COMMAND.
sets() {
	local word=$1

	shift
	capture "$@" "$BUTTER" signalfd-mask --show
	succeeded || return 1
	output=$(sed -n "s/^$word //p" <<<"$output")
}

@test "blocks and unblocks for the command" {
	need_proc
	sets blocked "$BUTTER" signalfd-mask --unblock all --block TERM,usr1,SIGHUP,34,RTMAX --
	equal "$output" HUP,USR1,TERM,RTMIN,RTMAX
	sets blocked "$BUTTER" signalfd-mask -b TERM,USR1 -b USR2 -- "$BUTTER" signalfd-mask -u TERM,USR2 --
	equal "$output" USR1
	sets blocked "$BUTTER" signalfd-mask -u all --
	equal "$output" -
	sets blocked "$BUTTER" signalfd-mask -b all --
	contains "$output" HUP,INT,QUIT,ILL,TRAP,ABRT,BUS,FPE,USR1
	lacks "$output" KILL
	lacks "$output" STOP
}

@test "ignores, or restores the default action" {
	need_proc
	sets ignored "$BUTTER" signalfd-mask -d all -i INT,PIPE --
	equal "$output" INT,PIPE
	sets ignored "$BUTTER" signalfd-mask -d all -i INT,PIPE -- "$BUTTER" signalfd-mask -d INT --
	equal "$output" PIPE
}

@test "all are also those that libc keeps to itself" {
	need_proc
	need_tool perl
	case $(uname -m) in
	x86_64) numbers=(13 14) ;;
	aarch64 | riscv64) numbers=(134 135) ;;
	*) skip "the number of rt_sigaction is not known here" ;;
	esac
	# rt_sigaction(2) and rt_sigprocmask(2)
	reserved=(perl -e 'my $action = shift; my $mask = shift; my $ignore = pack("Q x24", 1); my $set = pack("Q", 3 << 31);
		syscall($action + 0, $_, $ignore, 0, 8) for 32, 33; syscall($mask + 0, 0, $set, 0, 8); exec @ARGV' "${numbers[@]}")
	capture "${reserved[@]}" "$BUTTER" signalfd-mask --show
	matches "$output" $'.*\nblocked [^\n]*32,33\nignored [^\n]*32,33\n.*'
	capture "${reserved[@]}" "$BUTTER" signalfd-mask -d all -u all -- "$BUTTER" signalfd-mask --show
	contains "$output" $'\nblocked -\nignored -\n'
}

@test "a trap runs where the mask was in its way, and TERM ends what had it blocked" {
	need_tool bash
	capture "$BUTTER" signalfd-mask -b USR1 -- bash -c 'trap "echo came" USR1; kill -USR1 $$; :'
	equal "$output" ''
	capture "$BUTTER" signalfd-mask -b USR1 -- "$BUTTER" signalfd-mask -u all -- bash -c 'trap "echo came" USR1; kill -USR1 $$; :'
	equal "$output" came
	capture "$BUTTER" signalfd-mask -i TERM -- "$BUTTER" signalfd-mask -d TERM -- bash -c 'kill $$; echo lives'
	equal "$status" 143
}

@test "one that waits comes when it is unblocked, and is dropped where it is ignored then" {
	need_tool bash # dash unblocks them all
	capture "$BUTTER" signalfd-mask -b TERM -- bash -c 'kill $$; exec "$@"' bash "$BUTTER" signalfd-mask -u TERM -- echo lives
	equal "$status" 143
	equal "$output" ""
	capture "$BUTTER" signalfd-mask -b TERM -- bash -c 'kill $$; exec "$@"' bash "$BUTTER" signalfd-mask -u TERM -i TERM -- echo lives
	succeeded
	equal "$output" lives
}

@test "--show tells of another process, also of what waits there" {
	need_proc
	start "$BUTTER" signalfd-mask -u all -d all -b USR1,TERM -i HUP -- "$BUTTER" timerfd-sleep --ready-fd 7 inf
	kill -TERM "$pid"
	try signalfd-mask --show "$pid"
	succeeded
	equal "$output" "pending -
shared_pending TERM
blocked USR1,TERM
ignored HUP
caught USR1"
	try signalfd-mask --show --json "$pid"
	succeeded
	equal "$output" '{"pid":'"$pid"',"pending":[],"shared_pending":["TERM"],"blocked":["USR1","TERM"],"ignored":["HUP"],"caught":["USR1"]}'
	kill -KILL "$pid"
	finish
}

@test "--show without a process tells of this one, as --json does" {
	need_proc
	need_tool jq
	capture "$BUTTER" signalfd-mask -u all -d all -b INT -- "$BUTTER" signalfd-mask --show -j
	succeeded
	equal "$(jq -c '[.blocked, .ignored, .caught]' <<<"$output")" '[["INT"],[],[]]'
}

@test "the command's status is its own" {
	try signalfd-mask -b TERM -- sh -c 'exit 42'
	equal "$status" 42
	try signalfd-mask sh -c 'kill -KILL $$'
	equal "$status" 137
	try signalfd-mask -b TERM -- ./there-is-none
	failed 127 signalfd-mask "cannot run './there-is-none'"
	: >file
	try signalfd-mask -- ./file
	failed 126 signalfd-mask "cannot run './file'"
}

# refused ARGUMENT...: with status 125, and these words.
refused() {
	local words=$1

	shift
	try signalfd-mask "$@"
	failed 125 signalfd-mask "$words"
}

@test "KILL and STOP, and what is no signal, are refused with a reason" {
	local option

	for option in --block --unblock --default --ignore; do
		refused "$option: KILL always does what it does: the kernel lets no process change that" "$option" KILL -- true
		refused "$option: STOP always" "$option" TERM,STOP -- true
		refused "$option: there is no signal 'TREM', did you mean 'TERM'?" "$option" TREM -- true
		refused "there is no signal ''" "$option" TERM, -- true
		refused "there is no signal '65'" "$option" 65 -- true
		refused "there is no signal '0'" "$option" 0 -- true
		refused "there is no signal '32'" "$option" 32 -- true
		refused "there is no signal 'RTMIN+31'" "$option" RTMIN+31 -- true
	done
}

@test "what contradicts itself, or is incomplete, is wrong usage" {
	refused "TERM is in both --block and --unblock" -b TERM -u INT,TERM -- true
	refused "all is in both --block and --unblock" -b all -u all -- true
	refused "INT is in both --default and --ignore" -d INT -i INT -- true
	refused "missing COMMAND" -b TERM
	refused "--json goes with --show" -j -- true
	refused "--show goes without" -s -b TERM
	refused "extra operand '2'" -s 1 2
	refused "'x' is not a process id" -s x
	refused "'0' is not a process id" -s 0
}

@test "a process that is not there, or is none, is told so" {
	need_proc
	refused "No such process" --show 4194304
}

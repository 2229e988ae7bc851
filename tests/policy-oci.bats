#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Profiles in JSON, as Docker, Podman and OCI runtimes have them: what they are read as, what is wrong with them, and
# policies that are written as such.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr ...

load helper

setup() {
	trace_tests_only
	READING=$BUTTER_BUILD/tests/reading
	[ -x "$READING" ] || skip 'tests/reading is not built'
	cd "$BATS_TEST_TMPDIR" || return
	echo '{}' >empty
	! "$READING" oci empty | grep -q 'does not read JSON' || skip 'butter is built without json-c'
}

# oci JSON [CAPABILITIES [KERNEL [ARCH]]]: reads it.
oci() {
	printf '%s' "$1" >profile
	shift
	capture "$READING" oci profile "$@"
}

# rules LIST [CAPABILITIES [KERNEL [ARCH]]]: reads a profile with the rules LIST that allows all else.
rules() {
	local list=$1

	shift
	oci '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":['"$list"']}' "$@"
}

# are OUTPUT: what has been read, the default aside, and that it is good.
are() {
	[ "$status" = 0 ] || fails "$output" || return 1
	equal "$(grep -v '^@default' <<<"$output")" "$1"
}

# wrong JSON PATTERN: it is refused, for one reason.
wrong() {
	oci "$1"
	[ "$status" = 1 ] || fails "$1 is taken: $output" || return 1
	[[ $output == profile:$2 ]] || fails "$1: $output"
}

# wrong_rule RULE PATTERN: the same of a profile with that rule.
wrong_rule() {
	wrong '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":['"$1"']}' " syscalls[[]0]$2"
}

# ---- no JSON

@test "what is no JSON is refused, with line and column" {
	wrong '' '1:1: the text ends too early*'
	wrong '{"defaultAction":' '1:18: the text ends too early*'
	wrong $'{"a":1,\n "b":2,}' '2:8: this is no JSON: *'
	wrong '{"a":[1,]}' '1:9: this is no JSON: *'
	wrong '{a:1}' '1:2: this is no JSON: *'
	wrong "{'a':1}" '1:2: *'
	wrong '{"a":1}x' '1:8: *'
	wrong '{"a":1}}' '1:8: *'
	wrong '{"a":01}' '1:8: *'
	wrong '{"a":1.}' '1:6: a number ends in a point'
	wrong '{"a":NaN}' "1:6: a value is expected here, not 'N'"
	wrong '{"a":True}' '1:6: *'
	wrong $'{"a":"b\tc"}' '1:8: a control character in a string *'
	wrong $'{"a":"b\xff"}' '1:8: this is no JSON: invalid utf-8 string'
	wrong '/* c */ {}' '1:1: *'
	wrong '[]' ' an object is expected here, not a list'
	wrong '{"a":18446744073709551616}' '1:6: 18446744073709551616 has more than 64 bits'
	wrong '{"a":-9223372036854775809}' '1:6: -9223372036854775809 has more than 64 bits'
}

@test "a key that is there twice" {
	wrong $'{"a":{"b":1,"c":{"b":1}},\n "a":2}' '2:2: the key "a" is there twice'
	wrong '{"a":[{"b":1},{"b":2,"\u0062":3}]}' '1:22: the key "b" is there twice'
}

@test "a NUL byte, and levels without end" {
	wrong_rule '{"names":["get\u0000ppid"],"action":"SCMP_ACT_ERRNO"}' '*there is a NUL in it*'
	printf '{"a":1,\n"\0":2}' >profile
	capture "$READING" oci profile
	equal "$output" 'profile:2:2: a NUL byte: this is no text'
	printf '[%.0s' {1..10000} >profile
	capture "$READING" oci profile
	matches "$output" 'profile:1:6[0-9]: nested more than 63 levels deep'
	printf '{"a":%.0s' {1..10000} >profile
	capture "$READING" oci profile
	matches "$output" 'profile:1:[0-9]+: nested more than 63 levels deep'
}

# ---- profiles

@test "a profile, alone or in a config.json" {
	oci '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}'
	equal "$output" 'read: allow
@default: errno 1'
	oci '{"ociVersion":"1.0.2","linux":{"seccomp":{"defaultAction":"SCMP_ACT_KILL_PROCESS","syscalls":null}}}'
	equal "$output" '@default: kill'
	wrong '{}' ' there is no policy in it *'
	wrong '{"linux":{}}' ' there is no policy in it: *'
	wrong '{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_FOO"}}}' " linux.seccomp.defaultAction: 'SCMP_ACT_FOO' is no action *"
	wrong '{"linux":{"seccomp":[]}}' ' linux.seccomp: an object is expected here, not a list'
}

@test "actions, and errors as numbers and as names" {
	while read -r name action; do
		rules '{"names":["read"],"action":"SCMP_ACT_'"$name"'"}'
		are "read: $action"
	done <<-'END'
		ALLOW allow
		ERRNO errno 1
		KILL kill-thread
		KILL_THREAD kill-thread
		KILL_PROCESS kill
		LOG log
		TRACE trace 1
		TRAP trap
	END
	rules '{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":38}'
	are 'read: errno 38'
	rules '{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":38,"errno":"ENOSYS"}'
	are 'read: errno 38'
	rules '{"names":["read"],"action":"SCMP_ACT_ALLOW","errno":""}'
	are 'read: allow'
	oci '{"defaultAction":"SCMP_ACT_ERRNO","defaultErrno":"ENOSYS"}'
	equal "$output" '@default: errno 38'
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":1,"errno":"ENOSYS"}' '.errnoRet: it is 1, *'
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_ERRNO","errno":"ENOSYZ"}' ".errno: 'ENOSYZ' is no errno (did you mean 'ENOSYS'?)"
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":4096}' '.errnoRet: 4096 is none of the numbers from 0 to 4095'
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":0}' '.errnoRet: errno 0 would be a success *--allow-fake-success)'
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_KILL","errnoRet":1}' '.errnoRet: the action takes no errno *'
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_NOTIFY"}' '.action: SCMP_ACT_NOTIFY *'
	wrong_rule '{"names":["read"]}' ': "action" is missing'
	wrong_rule '{"names":["read"],"action":7}' '.action: a string is expected here, not a number'
}

@test "names: unknown ones are left out and told, those of other architectures silently" {
	rules '{"names":["read","reed","arm_fadvise64_64"],"action":"SCMP_ACT_LOG"},{"name":"write","action":"SCMP_ACT_LOG"}'
	are "profile: syscalls[0].names[1]: warning: nobody knows the system call 'reed': it is left out (did you mean 'read'?)
read: log
arm_fadvise64_64: log
write: log"
	wrong_rule '{"action":"SCMP_ACT_LOG"}' ': "names" is missing'
	wrong_rule '{"name":"read","names":["read"],"action":"SCMP_ACT_LOG"}' ': it has "names" and "name" *'
	wrong_rule '{"names":[7],"action":"SCMP_ACT_LOG"}' '.names[[]0]: a string is expected here, not a number'
	wrong_rule '{"names":"read","action":"SCMP_ACT_LOG"}' '.names: a list is expected here, not a string'
}

@test "unknown keys: told, and in rules, where they could change what is meant, refused" {
	oci '{"defaultAction":"SCMP_ACT_ALLOW","syscall":[],"comment":1,"$schema":""}'
	equal "$output" "profile: warning: nobody knows the key \"syscall\" here (did you mean 'syscalls'?)
@default: allow"
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_TRAP","arg":[]}' ": nobody knows the key \"arg\" here (did you mean 'args'?)"
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_TRAP","includes":{"cap":[]}}' ".includes: nobody knows the key \"cap\" *"
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"op":"SCMP_CMP_EQ","val":1}]}' '.args[[]0]: nobody knows the key "val" *'
}

@test "arguments have 64 bits, exactly" {
	rules '{"names":["socket"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_LE"},{"index":5,"value":7,"valueTwo":3,"op":"SCMP_CMP_MASKED_EQ"},{"index":1,"value":0,"op":"SCMP_CMP_NE"}]}'
	are 'socket(arg0 <= 0xffffffffffffffff && arg5 & 0x7 == 0x3 && arg1 != 0x0): trap'
	for value in -1 1.5 1e3 '"1"' true; do
		wrong_rule '{"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":'"$value"',"op":"SCMP_CMP_EQ"}]}' '.args[[]0].value: *'
	done
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}' '.args[[]0].index: 6 is none of *'
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":1,"op":"SCMP_CMP_IS"}]}' ".args[[]0].op: 'SCMP_CMP_IS' is no comparison *"
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":1}]}' '.args[[]0]: "op" is missing'
}

@test "an argument that is there twice makes all tests alternatives, as runtimes do" {
	rules '{"names":["socket"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":0,"value":2,"op":"SCMP_CMP_EQ"},{"index":2,"value":3,"op":"SCMP_CMP_EQ"}]}'
	are 'socket(arg0 == 0x1 || arg0 == 0x2 || arg2 == 0x3): trap'
}

@test "bits beyond the mask are left out, as runtimes do, and that is told" {
	rules '{"names":["read"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":3,"valueTwo":7,"op":"SCMP_CMP_MASKED_EQ"}]}'
	are 'profile: syscalls[0].args[0].op: warning: bits of valueTwo that value has not are left out, as runtimes do
read(arg0 & 0x3 == 0x3): trap'
}

@test "rules without a condition come first, and what the default does anyway last" {
	rules '{"names":["read"],"action":"SCMP_ACT_ALLOW"},
		{"names":["read","write"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},
		{"names":["write"],"action":"SCMP_ACT_LOG"}'
	are 'write: log
read(arg0 == 0x1): trap
write(arg0 == 0x1): trap
read: allow'
}

# ---- where rules count

@test "includes and excludes: capabilities" {
	# CAP_CHOWN is 0, CAP_KILL is 5.
	list='{"names":["read"],"action":"SCMP_ACT_LOG","includes":{"caps":["CAP_CHOWN","CAP_KILL"]}},
		{"names":["write"],"action":"SCMP_ACT_LOG","excludes":{"caps":["CAP_CHOWN","CAP_KILL"]}}'
	rules "$list" 0x21
	are 'read: log'
	rules "$list" 0x1
	are ''
	rules "$list" 0
	are 'write: log'
	rules '{"names":["read"],"action":"SCMP_ACT_LOG","includes":{"caps":["CAP_CHOWM"]}}' 0x1
	are "profile: syscalls[0].includes.caps[0]: warning: nobody knows the capability 'CAP_CHOWM'"
}

@test "includes and excludes: architectures and kernels" {
	list='{"names":["read"],"action":"SCMP_ACT_LOG","includes":{"arches":["arm64","s390x"]}},
		{"names":["write"],"action":"SCMP_ACT_LOG","excludes":{"arches":["amd64"]}},
		{"names":["open"],"action":"SCMP_ACT_LOG","includes":{"minKernel":"4.8"}},
		{"names":["close"],"action":"SCMP_ACT_LOG","excludes":{"minKernel":"5.10"}}'
	rules "$list" 0 4.7 x86_64
	are 'close: log'
	rules "$list" 0 4.8 aarch64
	are 'read: log
write: log
open: log
close: log'
	rules "$list" 0 5.10 x86_64
	are 'open: log'
	for version in '"5"' '"5."' '".1"' '"5.x"' '"5.10.1"' 5.1 '"99999.1"'; do
		wrong_rule '{"names":["read"],"action":"SCMP_ACT_LOG","includes":{"minKernel":'"$version"'}}' '.includes.minKernel: *'
	done
	wrong_rule '{"names":["read"],"action":"SCMP_ACT_LOG","includes":{"caps":{}}}' '.includes.caps: a list is expected here, not an object'
}

@test "architectures and flags" {
	oci '{"defaultAction":"SCMP_ACT_ALLOW","archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86","SCMP_ARCH_X32"]},{"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]},{"architecture":"SCMP_ARCH_S390X","subArchitectures":null}],"flags":["SECCOMP_FILTER_FLAG_LOG"]}'
	equal "$output" '@default: allow
arch x86
arch x86_64
arch x32
flags 0x2'
	oci '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_AARCH64","SCMP_ARCH_MIPS"]}'
	equal "$output" '@default: allow
arch aarch64'
	oci '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_46","SCMP_ARCH_LOONGARCH64","SCMP_ARCH_X86"]}'
	equal "$output" "profile: architectures[0]: warning: nobody knows the architecture 'SCMP_ARCH_X86_46': it is left out (did you mean 'SCMP_ARCH_X86_64'?)
@default: allow
arch x86"
	rules '{"names":["read"],"action":"SCMP_ACT_LOG","includes":{"arches":["adm64","s390x","loong64","x32"]}}'
	equal "$output" "profile: syscalls[0].includes.arches[0]: warning: nobody knows the architecture 'adm64' (did you mean 'amd64'?)
@default: allow"
	wrong '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["x87"]}' " architectures[[]0]: 'x87' is no architecture *"
	wrong '{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86_64"}]}' \
		' it has "architectures" and "archMap" *'
	wrong '{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_FOO"]}' ' flags[[]0]: *'
	wrong '{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"/run/agent"}' ' listenerPath: *'
}

@test "all that is wrong in the meaning is told at once" {
	rules '{"names":["read"],"action":"SCMP_ACT_ERRNO","errnoRet":-1,"args":[{"index":7,"op":"SCMP_CMP_X","value":1.5}]},
		{"names":["read"],"action":"SCMP_ACT_X"},{"action":"SCMP_ACT_LOG","includes":7}'
	equal "$(cut -d' ' -f2 <<<"$output" | tr '\n' ' ')" 'syscalls[0].errnoRet: syscalls[0].args[0].index: syscalls[0].args[0].value: syscalls[0].args[0].op: syscalls[1].action: syscalls[2]: syscalls[2].includes: '
}

# profile NAME: the file of Docker's or Podman's default profile.
profile() {
	case $1 in
	docker) profile=/usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json ;;
	podman) profile=/usr/share/containers/seccomp.json ;;
	esac
	[ -f "$profile" ] || skip "no profile of $1's here"
}

# same_again FILE: what is written of it means the same, as far as it is said for x86_64.
same_again() {
	"$READING" write "$1" >again || return 1
	"$READING" oci "$1" | grep -vE '^arch |warning' | sort >before
	"$READING" oci again | grep -v '^arch ' | sort >after
	while read -r rule; do
		[[ $rule == *'('* ]] || grep -qxF "$rule" before || fails "only behind: $rule" || return 1
	done <after
	"$READING" write again >third || return 1
	cmp again third
}

@test "Docker's profile is read without a word, and can be written" {
	profile docker
	capture "$READING" oci "$profile"
	succeeded
	contains "$output" 'clone(arg0 & 0x7e020000 == 0x0): allow'
	contains "$output" $'\nclone3: errno 38'
	capture "$READING" oci "$profile" 0x200000
	contains "$output" $'\nclone: allow'
	lacks "$output" 'clone3: errno'
	same_again "$profile"
}

@test "Podman's profile is read without a word, and can be written" {
	profile podman
	capture "$READING" oci "$profile"
	succeeded
	contains "$output" 'socket(arg0 == 0x10 && arg2 == 0x9): errno 22'
	contains "$output" '@default: errno 38'
	same_again "$profile"
}

# rules_of PROFILE ARCH CAPABILITY...: what counts on ARCH with these capabilities and Linux 6.1, a rule a
# line, as tests/runtime takes it; read by jq, and not by what is tested.
rules_of() {
	local profile=$1 arch=$2

	shift 2
	jq -r --arg arch "$arch" '
		def held: [.caps // [] | .[] | select(IN($ARGS.positional[]))] | length;
		def arches: .arches // [] | index($arch) != null;
		def is_new_enough: .minKernel // "0.0" | split(".") | map(tonumber) <= [6, 1];
		# Each test of its own, where two are about one argument.
		def divided: [.args // [] | .[].index] as $all |
			if ($all | length) > ($all | unique | length) then .args[] as $test | .args = [$test] else . end;
		"\(.defaultAction) \(.defaultErrnoRet // 1) @default",
		(.syscalls[]
			| select(.includes // {} | held == (.caps // [] | length) and is_new_enough and ((.arches // []) == [] or arches))
			| select(.excludes // {} | held > 0 or arches or (has("minKernel") and is_new_enough) | not)
			| divided
			| "\(.action) \(.errnoRet // 1) " as $action
			| ([.args // [] | .[] | " \(.index) \(.op) \(.value) \(.valueTwo // 0)"] | join("")) as $tests
			| (.names // [.name])[] | $action + . + $tests)' "$profile" --args "$@"
}

# as_runtimes CAPABILITY...: the profile decides as runtimes let it with these capabilities, on all machines.
as_runtimes() {
	local bits=0 machines=('amd64 x86_64' 'amd64 x86_64 x86 x32' 'arm64 aarch64 arm' 'riscv64 riscv64' 'arm arm' 'x86 x86')
	local capability machine arch names

	for capability; do
		bits=$((bits | 1 << ${numbers[$capability]}))
	done
	for machine in "${machines[@]}"; do
		read -r arch names <<<"$machine"
		rules_of "$profile" "$arch" "$@" >rules
		# shellcheck disable=SC2086
		"$BUTTER_BUILD/tests/runtime" "$profile" "$bits" $names <rules >told 2>&1 || fails "$* on $names: $(<told)" || return 1
		contains "$(<told)" ' calls: no mismatch; ' || return 1
	done
}

# exactly NAME: NAME's profile, with several capabilities.
exactly() {
	local -A numbers=([CAP_DAC_READ_SEARCH]=2 [CAP_KILL]=5 [CAP_SYS_MODULE]=16 [CAP_SYS_RAWIO]=17 [CAP_SYS_CHROOT]=18
		[CAP_SYS_PTRACE]=19 [CAP_SYS_PACCT]=20 [CAP_SYS_ADMIN]=21 [CAP_SYS_BOOT]=22 [CAP_SYS_NICE]=23 [CAP_SYS_TIME]=25
		[CAP_SYS_TTY_CONFIG]=26 [CAP_AUDIT_WRITE]=29 [CAP_SYSLOG]=34)
	local capability

	[ -x "$BUTTER_BUILD/tests/runtime" ] || skip 'libseccomp is not installed'
	need_tool jq
	profile "$1"
	as_runtimes
	as_runtimes CAP_KILL CAP_SYS_CHROOT CAP_AUDIT_WRITE # of Docker's usual ones
	as_runtimes "${!numbers[@]}"
	[ -n "${BUTTER_LONG:-}" ] || return 0
	for capability in "${!numbers[@]}"; do
		as_runtimes "$capability"
		as_runtimes CAP_SYS_ADMIN "$capability"
	done
}

@test "Docker's profile decides as runtimes let it" {
	exactly docker
}

@test "Podman's profile decides as runtimes let it" {
	exactly podman
}

# ---- writing

# written: what a policy in text, on standard input, is as a profile, and when that is read again.
written() {
	cat >policy
	capture "$READING" write policy x86_64
	[ "$status" = 0 ] || return 0
	printf '%s\n' "$output" >json
	capture "$READING" oci json
}

@test "a policy as a profile: order becomes conditions that exclude each other" {
	[ "$(uname -m)" = x86_64 ] || skip 'what is expected here is x86_64'"'"'s'
	written <<-'END'
		@default errno EPERM
		{write, read}: 1
		getpid: kill
		close: return EPERM
		mmap: length < 4096 || length in 8192..12287; return ENOMEM
		openat: flags & 0x40; return ENOENT
		personality: {arg0 == 0, arg0 == 8; allow, arg0 in 16..31}
		lseek: {offset == 1; kill, offset < 3}
	END
	equal "$output" 'read: allow
write: allow
getpid: kill
lseek(arg1 == 0x1): kill
lseek(arg1 & 0xfffffffffffffffd == 0x0): allow
mmap(arg1 < 0x1000): allow
mmap(arg1 & 0xfffffffffffff000 == 0x2000): allow
mmap(arg1 & 0xfffffffffffff000 == 0x1000): errno 12
mmap(arg1 > 0x2fff): errno 12
openat(arg2 & 0x40 == 0x40): allow
openat(arg2 & 0x40 == 0x0): errno 2
personality(arg0 & 0xffffffff == 0x0): allow
personality(arg0 & 0xffffffff == 0x8): allow
personality(arg0 & 0xfffffff0 == 0x10): allow
close: errno 1
@default: errno 1
arch x86_64'
}

@test "what a profile cannot say is refused" {
	printf '@default kill\n@newer kill\nread: 1\n5000: 1\n' >policy
	capture "$READING" write policy x86_64
	[ "$status" = 1 ]
	contains "$output" 'a profile in JSON cannot say that newer calls get another action than ENOSYS'
	contains "$output" 'policy:4:1: a profile in JSON cannot speak of x86_64 the number 5000, which has no name'
}

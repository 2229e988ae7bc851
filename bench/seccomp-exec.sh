#!/bin/sh
# SPDX-License-Identifier: MIT
# What a filter costs: until the command runs, at each call, and to learn one.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

if ! ./butter --list | grep -qx seccomp-exec || ! ./butter seccomp-exec -d getppid ./empty 2> /dev/null; then
	printf 'seccomp-exec is not in this butter, or no filter can be loaded here.\n\n'
	exit 0
fi
advise jq:jq firejail:firejail bwrap:bubblewrap crun:crun strace:strace
build libseccomp -static "$here/libseccomp.c" -lseccomp 2> /dev/null || rm -f libseccomp

# Sixty rules in minijail's language, some with conditions.
./butter seccomp-exec --list-syscalls | awk '$1 ~ /^[a-d]/ && n++ < 52 { print $1 ": 1" }' > sixty.policy
cat >> sixty.policy << 'END'
execve: 1
exit_group: 1
write: arg0 == 1 || arg0 == 2
ioctl: arg1 == TCGETS || arg1 == TIOCGWINSZ
mmap: arg2 in ~PROT_EXEC || arg2 in ~PROT_WRITE
prctl: arg0 == PR_SET_NAME
socket: arg0 == AF_UNIX || arg0 == AF_INET
fcntl: arg1 == F_GETFL
END
./butter seccomp-exec --list-groups=@start | awk '{ print $1 }' > start.names
{ sed -n 's/:.*//p' sixty.policy; cat start.names; } | sort -u > sixty.names

# A rule for each call, no two neighbours alike.
{ cat start.names; echo getpgid; } > passing.names
./butter seccomp-exec --list-syscalls | awk 'FNR == NR { passes[$1]; next }
	{ print $1 ": " ($1 in passes ? 1 : "return " FNR) }' passing.names - > each.policy

docker=''
for file in /usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json; do
	[ -f "$file" ] && command -v jq > /dev/null && docker=$file
done
if [ "$docker" ]; then
	jq -r '.syscalls[] | select(.action == "SCMP_ACT_ALLOW" and ((.includes // {}) == {})) | .names[]' \
		"$docker" | sort -u - start.names > docker.names
else
	printf "Docker's profile is missing; Debian: apt-get install golang-github-docker-docker-dev\n\n"
fi

# bundle NAME FILTER: a container for crun, with no namespace but mounts; $names in FILTER, JSON, are Docker's.
bundle() {
	mkdir -p "$1/rootfs/dev"
	cp empty "$1/rootfs"
	cat docker.names start.names | jq -R -s '(split("\n") | map(select(. != ""))) as $names | {
		ociVersion: "1.0.2", root: { path: "rootfs" }, mounts: [],
		process: { args: ["/empty"], cwd: "/", user: { uid: 0, gid: 0 }, noNewPrivileges: true },
		linux: { namespaces: [{ type: "mount" }], seccomp: '"$2"' }
	} | del(.linux.seccomp | nulls)' > "$1/config.json"
}

# ---- Until the command runs

rounds=$(rounds 300 20)
begin "An empty static program under a filter, from spawn to reap ($rounds rounds)"
add 'no filter' ./empty
add 'butter, one call denied' ./butter seccomp-exec -d getppid ./empty
add 'butter, 60 rules' ./butter seccomp-exec -p sixty.policy -a @start ./empty
if [ "$docker" ]; then
	add "butter, Docker's profile" ./butter seccomp-exec -p "$docker" ./empty
fi
add 'butter, one call denied, --at entry' ./butter seccomp-exec --at entry -d getppid ./empty
add 'butter, one call denied, --explain' ./butter seccomp-exec --explain -d getppid ./empty
add 'libseccomp, 60 names' ./libseccomp sixty.names ./empty
[ "$docker" ] && add "libseccomp, Docker's names" ./libseccomp docker.names ./empty
add 'firejail, its own list' firejail --quiet --noprofile --keep-var-tmp --seccomp ./empty
./butter seccomp-exec -d getppid --export 3 3> one.bpf 2> /dev/null || ./butter seccomp-exec -d getppid --dump bpf > one.bpf
echo 'exec bwrap --bind / / --seccomp 9 ./empty 9< one.bpf' > bwrap-one
command -v bwrap > /dev/null && add 'bwrap, a filter that is compiled already' sh bwrap-one
# A container is more than a filter: what that costs is the difference of both.
if [ "$docker" ] && command -v crun > /dev/null; then
	bundle plain 'null'
	# shellcheck disable=SC2016 # jq expands
	bundle filtered '{ defaultAction: "SCMP_ACT_ERRNO", syscalls: [{ names: $names, action: "SCMP_ACT_ALLOW" }] }'
	crun="crun --root $PWD/crun --cgroup-manager=disabled run --bundle"
	if $crun plain bench 2> crun.error; then
		# shellcheck disable=SC2086 # words
		add 'crun, a container without a filter' $crun plain bench
		# shellcheck disable=SC2086
		add "crun, a container under Docker's names" $crun filtered bench
	else
		printf 'crun can run no container here: %s.\n\n' "$(tail -n 1 crun.error)"
	fi
fi
if [ -d /run/systemd/system ] && command -v systemd-run > /dev/null; then
	add 'systemd-run, a service without a filter' systemd-run --quiet --wait --pipe "$PWD/empty"
	add 'systemd-run, one call denied' systemd-run --quiet --wait --pipe -p SystemCallFilter=~getppid "$PWD/empty"
else
	printf 'systemd does not run here, so that systemd-run cannot.\n\n'
fi
take run "$rounds" 0 | awk -F '\t' -v OFS='\t' '
	{ split($2, is, " "); print $1, is[1], is[5], is[3] }' |
	table program 'µs, median' ratio 'CPU µs'

begin 'Instructions of the filter'
{
	printf 'butter, a rule for each call\t%s\n' "$(./butter seccomp-exec -p each.policy --dump bpf | wc -c | awk '{ print $1 / 8 }')"
	printf 'butter, 60 rules\t%s\n' "$(./butter seccomp-exec -p sixty.policy -a @start --dump bpf | wc -c | awk '{ print $1 / 8 }')"
	[ -x libseccomp ] && printf 'libseccomp, their names\t%s\n' "$(./libseccomp sixty.names)"
	if [ "$docker" ]; then
		printf "butter, Docker's profile\t%s\n" "$(./butter seccomp-exec -p "$docker" --dump bpf | wc -c | awk '{ print $1 / 8 }')"
		[ -x libseccomp ] && printf "libseccomp, Docker's names\t%s\n" "$(./libseccomp docker.names)"
	fi
} | table filter instructions

# ---- At each call

calls=1000000
cat > calls.c << 'END'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
static struct sock_filter filter[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOADED),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
int main(void)
{
	struct sock_fprog program = { 2, filter };
	if (LOADED >= 0 && (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
			    || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)))
		return 125;
	for (long i = 0; i < CALLS; i++)
		syscall(SYS_getpgid, 0);
	return 0;
}
END
build calls -static calls.c "-DCALLS=$calls" -DLOADED=-1
build calls-number -static calls.c "-DCALLS=$calls" '-DLOADED=offsetof(struct seccomp_data, nr)'
build calls-argument -static calls.c "-DCALLS=$calls" '-DLOADED=offsetof(struct seccomp_data, args)'
rounds=$(rounds 15 3)
# The kernel (since 5.11) keeps a bitmap of the numbers for which a filter says yes without a look at arguments, and
# runs no filter for these: what butter allows by name costs as much as with the shortest filter, however many
# rules there are, and less than with the shortest filter that looks at an argument.
begin "getpgid, a call ($rounds rounds of $calls)"
add 'no filter' ./calls
add 'two instructions that allow all' ./calls-number
add 'two instructions that allow all, but look at an argument' ./calls-argument
add 'butter, another call denied' ./butter seccomp-exec -d ptrace ./calls
add 'butter, a rule for each call' ./butter seccomp-exec -p each.policy ./calls
[ "$docker" ] && add "butter, Docker's profile" ./butter seccomp-exec -p "$docker" ./calls
add 'butter, --explain' ./butter seccomp-exec --explain -d ptrace ./calls
add 'butter, its arguments compared' ./butter seccomp-exec -d 'getpgid(pid==12345)' ./calls
[ "$docker" ] && add "libseccomp, Docker's names" ./libseccomp docker.names ./calls
take run "$rounds" 0 | awk -F '\t' -v OFS='\t' -v calls="$calls" '
	{ split($2, is, " "); print $1, sprintf("%.1f", is[3] * 1000 / calls), is[7] }' |
	table program 'CPU ns, median' ratio

# ---- Learning

rounds=$(rounds 15 3)
begin "ls -lR of a folder, learned ($rounds rounds)"
add 'by itself' ls -lR /usr/share/doc
add 'butter --learn' ./butter seccomp-exec --learn learned ls -lR /usr/share/doc
add 'strace -f' strace -f -qq -o trace ls -lR /usr/share/doc
add 'strace -f -c' strace -f -qq -c -o trace ls -lR /usr/share/doc
take run "$rounds" 0 | awk -F '\t' -v OFS='\t' '
	{ split($2, is, " "); print $1, is[1] / 1000, is[5] }' |
	table program 'ms, median' ratio

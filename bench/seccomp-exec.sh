#!/bin/sh
# SPDX-License-Identifier: MIT
# What a filter costs: until the command runs, at each call, and to learn one.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

if ! ./butter --list | grep -qx seccomp-exec || ! ./butter seccomp-exec -d getppid ./empty 2> /dev/null; then
	printf 'seccomp-exec is not in this butter, or no filter can be loaded here.\n\n'
	exit 0
fi
advise jq:jq firejail:firejail bwrap:bubblewrap strace:strace
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
add 'firejail, its own list' firejail --quiet --noprofile --seccomp ./empty
./butter seccomp-exec -d getppid --export 3 3> one.bpf 2> /dev/null || ./butter seccomp-exec -d getppid --dump bpf > one.bpf
echo 'exec bwrap --bind / / --seccomp 9 ./empty 9< one.bpf' > bwrap-one
command -v bwrap > /dev/null && add 'bwrap, a filter that is compiled already' sh bwrap-one
take run "$rounds" 0 | awk -F '\t' -v OFS='\t' '
	{ split($2, is, " "); print $1, is[1], is[5], is[3] }' |
	table program 'µs, median' ratio 'CPU µs'

begin 'Instructions of the filter'
{
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
#include <sys/syscall.h>
#include <unistd.h>
int main(void) { for (long i = 0; i < CALLS; i++) syscall(SYS_getpgid, 0); return 0; }
END
build calls -static calls.c "-DCALLS=$calls"
rounds=$(rounds 15 3)
begin "getpgid, a call ($rounds rounds of $calls)"
add 'no filter' ./calls
add 'butter, another call denied' ./butter seccomp-exec -d ptrace ./calls
[ "$docker" ] && add "butter, Docker's profile" ./butter seccomp-exec -p "$docker" ./calls
add 'butter, --explain' ./butter seccomp-exec --explain -d ptrace ./calls
add 'butter, its arguments compared' ./butter seccomp-exec -d 'getpgid(pid==12345)' ./calls
[ "$docker" ] && add "libseccomp, Docker's names" ./libseccomp docker.names ./calls
take run "$rounds" 0 | awk -F '\t' -v OFS='\t' -v calls="$calls" '
	{ split($2, is, " "); print $1, sprintf("%.1f", is[1] * 1000 / calls), is[5] }' |
	table program 'ns, median' ratio

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

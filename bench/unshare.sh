#!/bin/sh
# SPDX-License-Identifier: MIT
# Commands in new namespaces, and in those of others: how long until they have run, by how many system calls; and how
# long a command still lives when who stands for it is told to end.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

if ! ./butter --list | grep -qx unshare || ! ./butter unshare -rmp ./empty 2> /dev/null; then
	printf 'unshare is not in this butter, or nobody gets namespaces here.\n\n'
	exit 0
fi
advise busybox:busybox-static bwrap:bubblewrap
rounds=$(rounds 200 10)

# result: the table of what was added.
result() {
	take run "$rounds" 0 > run.txt
	# shellcheck disable=SC2086,SC2154 # words are words; common sets them
	./measure calls . $words > count.txt
	paste run.txt count.txt | awk -F '\t' -v OFS='\t' '{ split($2, is, " "); print $1, is[1], is[5], $3 }' |
		table program 'µs, median' ratio 'system calls'
}

begin "A user namespace with root in it: unshare -U -r ($rounds rounds)"
add util-linux unshare -U -r ./empty
add busybox busybox unshare -U -r ./empty
add bubblewrap bwrap --unshare-user --uid 0 --gid 0 --dev-bind / / ./empty
applet butter unshare -U -r ./empty
add 'ceiling: empty static' ./empty
result

begin "Processes of its own, and their /proc: unshare -p -m --mount-proc ($rounds rounds)"
add util-linux unshare -r -f -p -m --mount-proc ./empty
add busybox busybox unshare -r -f -p -m --mount-proc ./empty
add bubblewrap bwrap --unshare-user --unshare-pid --uid 0 --gid 0 --dev-bind / / --proc /proc ./empty
applet butter unshare -r -p -m --mount-proc ./empty
result

# ---- a container: all namespaces, a root of its own that is read-only, proc, dev, tmp, a name, an init

mkdir -p root/bin root/dev root/proc root/tmp
cp empty root/bin/true
! command -v busybox > /dev/null || cp "$(command -v busybox)" root/bin/busybox
cat > script << 'END'
#!/bin/sh
# What is done by hand around util-linux's unshare; it has no init. Its root has busybox to take the old one away.
exec unshare --user --map-root-user --mount --uts --ipc --net --pid --cgroup --time --fork --kill-child sh -euc '
	mount --rbind root root
	mount -o remount,bind,ro root
	mount -t proc -o nosuid,nodev,noexec proc root/proc
	mount -t tmpfs -o nosuid,noexec,mode=755 dev root/dev
	for device in null zero full random urandom tty; do
		: > root/dev/$device
		mount --bind /dev/$device root/dev/$device
	done
	ln -s /proc/self/fd root/dev/fd
	ln -s /proc/self/fd/0 root/dev/stdin
	ln -s /proc/self/fd/1 root/dev/stdout
	ln -s /proc/self/fd/2 root/dev/stderr
	ln -s pts/ptmx root/dev/ptmx
	mkdir root/dev/pts root/dev/shm
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts root/dev/pts
	mount -t tmpfs -o nosuid,nodev,mode=1777 shm root/dev/shm
	mount -t tmpfs -o nosuid,nodev,mode=1777 tmp root/tmp
	hostname box
	cd root
	pivot_root . tmp
	/bin/busybox umount -l /tmp
	exec /bin/true
'
END
chmod +x script
begin "A container: all namespaces, a root of its own, proc, dev, tmp, a name, an init ($rounds rounds)"
add bubblewrap bwrap --unshare-all --uid 0 --gid 0 --hostname box --ro-bind root / --proc /proc --dev /dev --tmpfs /tmp /bin/true
add "util-linux's unshare and a script" ./script
all='unshare -r -i -n -C -T --hostname box --pivot-root root:ro --proc /proc --dev /dev --tmpfs /tmp'
# shellcheck disable=SC2086 # words are words
applet butter $all --init /bin/true
# shellcheck disable=SC2086
applet 'butter, without an init' $all -p /bin/true
result

# ---- in a container that is there

if ./butter --list | grep -qx nsenter; then
	mkfifo there
	./butter unshare -r -m -u -i -n -p -C -T --pid-fd 3 --kill-child sleep 1000 3> there &
	box=$!
	exec 3< there
	read -r there <&3
	exec 3<&-
	begin "In all namespaces of a process: nsenter -a -t PID ($rounds rounds)"
	add util-linux nsenter -a -t "$there" --preserve-credentials "$PWD/empty"
	add busybox busybox nsenter -t "$there" -U -m -u -i -n -p --preserve-credentials "$PWD/empty"
	applet butter nsenter -a -t "$there" --preserve-credentials "$PWD/empty"
	applet 'butter, network alone' nsenter -U -n -t "$there" --preserve-credentials ./empty
	add 'util-linux, network alone' nsenter -U -n -t "$there" --preserve-credentials ./empty
	result
	kill "$box"
fi

if ./butter --list | grep -qx clone-exec; then
	begin "A child that is waited for ($rounds rounds)"
	add "util-linux's unshare -f" unshare -f ./empty
	applet 'butter unshare -f' unshare -f ./empty
	applet 'butter clone-exec' clone-exec ./empty
	result
fi

# ---- the end

cat > last.pl << 'END'
# last.pl ROUNDS COMMAND...: milliseconds, their median and most, from TERM to COMMAND until all who have descriptor 9
# are gone, which say on it that they run.
use strict; use warnings; use POSIX; use Time::HiRes 'time';
my ($rounds, @command) = @ARGV;
my @took;
for (1 .. $rounds) {
	pipe(my $from, my $to) or die;
	my $pid = fork // die;
	if (!$pid) { setpgrp; open STDOUT, '>', '/dev/null'; close $from; dup2(fileno $to, 9); exec @command or die; }
	close $to;
	sysread($from, my $line, 1) == 1 or die "it does not run";
	my $since = time;
	kill 'TERM', $pid;
	my $set = ''; vec($set, fileno $from, 1) = 1;
	push @took, select($set, undef, undef, 2) ? 1000 * (time - $since) : 2000;
	kill 'KILL', -$pid;
	waitpid $pid, 0;
}
@took = sort { $a <=> $b } @took;
printf "%.1f\t%.1f\n", $took[@took / 2], $took[-1];
END
few=$(rounds 20 3)
begin "From TERM to who stands for it until the command, process 1 of a pid namespace, is gone ($few rounds; 2000: it stays)"
# last NAME WORD...: a line of the table.
last() {
	name=$1
	shift
	command -v "$1" > /dev/null || { printf '%s\n' "$name" >> missing; return 0; }
	printf '%s\t%s\n' "$name" "$(perl last.pl "$few" "$@" sh -c 'echo >&9; while :; do sleep 1000 9>&- ; done' 2> /dev/null || echo -)"
}
{
	last util-linux unshare -r -f -p --kill-child
	last busybox busybox unshare -r -f -p
	last bubblewrap bwrap --unshare-user --unshare-pid --dev-bind / / --die-with-parent
	last 'butter' ./butter unshare -r -p --keep-fd 9
	last 'butter --init' ./butter unshare -r --init --keep-fd 9
	last 'butter --kill-child' ./butter unshare -r -p --kill-child --keep-fd 9
} | table program 'ms, median' 'most'

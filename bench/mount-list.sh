#!/bin/sh
# SPDX-License-Identifier: MIT
# mount: `mount -a` with 500 lines of binds, at first and once more; and a list of 5,000 mounts, as text and as JSON. All in
# a mount namespace of its own.
if [ "${BENCH_NAMESPACE:-}" != private ]; then
	exec env BENCH_NAMESPACE=private unshare -m --propagation private "$0"
fi
# shellcheck source=bench/common
. "$(dirname "$0")/common"

advise mount:mount findmnt:util-linux busybox:busybox toybox:toybox

# us HEAD: of each command, what `measure run` says of it: time, ratio, CPU.
us() {
	take run "$rounds" 0 |
		awk -F '\t' -v OFS='\t' '{ split($2, is, " "); print $1, is[1] == "-" ? "-" : sprintf("%.2f", is[1] / 1000), is[5],
			is[1] == "-" ? "-" : sprintf("%.2f", is[3] / 1000), is[2] }' |
		table program 'ms, median' ratio 'CPU ms' 'peak kB'
}

lines=500
mkdir targets source
i=0
while [ $i -lt $lines ]; do
	mkdir "targets/$i" "source/$i"
	echo "$places/source/$i $places/targets/$i none bind 0 0"
	i=$((i + 1))
done > fstab
[ -e /etc/fstab ] || : > /etc/fstab
mount --bind fstab /etc/fstab

# all: those that do what fstab says.
all() {
	add 'util-linux mount -a' mount -a
	add 'busybox mount -a' busybox mount -a
	add 'toybox mount -a' toybox mount -a
	applet 'butter mount -a' mount -a
	applet 'butter mount -a -F' mount -a -F
}
rounds=$(rounds 21 3)
begin "mount -a: $lines binds, in a new mount namespace each ($rounds rounds)"
before='unshare -m --propagation private'
all
us
begin "mount -a once more: all $lines are mounted already ($rounds rounds)"
mount -a
before='unshare -m --propagation private'
add 'util-linux mount -a' mount -a
applet 'butter mount -a' mount -a
us
for target in targets/*; do
	umount "$target"
done

mounts=$(rounds 5000 1000)
mount -t tmpfs many targets
i=0
while [ $i -lt "$mounts" ]; do
	mkdir "targets/$i"
	i=$((i + 1))
done
i=0
while [ $i -lt "$mounts" ]; do
	busybox mount -t tmpfs -o size=1m "number $i" "targets/$i"
	i=$((i + 1))
done
rounds=$(rounds 21 5)
begin "A list of $mounts mounts, as text ($rounds rounds)"
add 'util-linux mount' mount
add 'findmnt -l' findmnt -l
add 'busybox mount' busybox mount
add 'toybox mount' toybox mount
applet 'butter mount' mount
applet 'butter mount --tree' mount --tree
add 'ceiling: cat /proc/self/mountinfo' cat /proc/self/mountinfo
us
begin "A list of $mounts mounts, as JSON ($rounds rounds)"
add 'findmnt -J' findmnt -J
applet 'butter mount --json' mount --json
us
umount -l targets

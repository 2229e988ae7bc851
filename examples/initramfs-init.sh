#!/bin/sh
# SPDX-License-Identifier: MIT
# initramfs-init.sh: the /init of an initramfs. Finds the disk with the root, whenever it comes, and leaves for it.
#
# The kernel's command line says what is wanted:
#	root=LABEL=NAME    the disk, as mount takes it: LABEL=, UUID=, PARTUUID=, /dev/...
#	rootwait=DURATION  how long it is waited for (30s)
#	rootflags=LIST     more words for mount's -o; it is mounted read-only first
#	hostname=NAME      the name of the machine
#	init=PATH          what is started there (/sbin/init)
# If the root does not come, there is a shell.
#
# Needs in the initramfs: butter in /bin, and a shell as /bin/sh. To pack it:
#	mkdir -p tree/bin && cp butter busybox tree/bin/ && ln -s busybox tree/bin/sh && cp initramfs-init.sh tree/init
#	(cd tree && find . | cpio -o -H newc | gzip) >initrd.gz
set -u
export PATH=/bin:/sbin
if [ $$ != 1 ]; then
	echo "usage: ${0##*/} is the /init of an initramfs" >&2
	exit 1
fi
root='' wait=30s flags=ro name='' init=/sbin/init

butter mount --mkdir -t proc proc /proc
butter mount --mkdir -t sysfs sys /sys
butter mount --mkdir -t devtmpfs dev /dev
butter mount --mkdir -t tmpfs -o mode=755,nosuid,nodev run /run

read -r line </proc/cmdline
for word in $line; do
	case $word in
	root=*) root=${word#root=} ;;
	rootwait=*) wait=${word#rootwait=} ;;
	rootflags=*) flags=ro,${word#rootflags=} ;;
	hostname=*) name=${word#hostname=} ;;
	init=*) init=${word#init=} ;;
	esac
done
[ -z "$name" ] || butter sethostname -- "$name"
echo "init: this is $(butter gethostname), which waits for $root"
if butter mount --mkdir --wait "$wait" -o "$flags" "$root" /new; then
	echo "init: the root is $(butter mountpoint -n /new)"
	exec butter switch_root -c /dev/console /new "$init"
fi
echo "init: there is no root; this is a shell" >&2
exec sh

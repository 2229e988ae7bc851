#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Boots Debian's kernel with an initramfs of butter and busybox, in a virtual machine without a network. The kernel is downloaded into the folder boot of the build and never installed.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # inner shells expand

load helper

# fetch: a kernel, once.
fetch() {
	local folder=$BUTTER_BUILD/boot package

	if ! compgen -G "$folder/boot/vmlinuz-*" >/dev/null; then
		package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | awk '/Depends: linux-image/ { print $2; exit }')
		[ -n "$package" ] || skip 'apt knows no linux-image-cloud-amd64'
		mkdir -p "$folder"
		(cd "$folder" && apt-get -q download "$package" >log 2>&1 && dpkg-deb -x linux-image-*.deb .) ||
			skip "$package cannot be downloaded"
	fi
	kernel=$(compgen -G "$folder/boot/vmlinuz-*" | head -n 1)
}

setup() {
	trace_tests_only
	need_applet switch_root
	need_tool qemu-system-x86_64
	need_tool busybox
	need_plain_build
	[ "$(uname -m)" = x86_64 ] || skip 'no machine of this kind is known here'
	cd "$BATS_TEST_TMPDIR" || return
	fetch
}

# boot SCRIPT: what the machine prints of which /init is SCRIPT, after the mounts that all need. It powers off at the end.
boot() {
	mkdir -p tree/{bin,dev,proc,sys,run,new}
	cp "$BUTTER" tree/bin/butter
	strip tree/bin/butter 2>/dev/null || true
	cp "$(command -v busybox)" tree/bin/busybox
	for name in sh awk cat chmod cp echo find head ls mkdir mount poweroff sort xargs; do ln -sf busybox "tree/bin/$name"; done
	printf '%s\n' '#!/bin/sh
		export PATH=/bin
		mount -t proc proc /proc
		mount -t sysfs sys /sys
		mount -t devtmpfs dev /dev
		mount -t tmpfs run /run
		echo begin' "$1" 'echo "the script has gone on"; poweroff -f' >tree/init
	chmod +x tree/init
	(cd tree && find . | busybox cpio -o -H newc 2>/dev/null) >initrd
	capture timeout 200 qemu-system-x86_64 -M q35 -m 256 -nographic -no-reboot -nic none -kernel "$kernel" -initrd initrd \
		-append 'console=ttyS0 quiet panic=-1'
	output=$(tr -d '\r' <<<"$output" | sed '1,/^.*begin$/d; /reboot: Power down/d')
}

@test "an initramfs: the root is left, with its mounts, and its memory is free" {
	mkdir tree
	head -c 40000000 /dev/urandom >tree/ballast
	boot 'mount -t tmpfs root /new
		mkdir /new/bin /new/proc /new/sys /new/dev /new/run
		cp /bin/busybox /bin/butter /new/bin
		for name in sh awk cat echo ls poweroff xargs; do ln -s busybox /new/bin/$name; done
		echo mark >/run/mark
		mkdir -p /keep/mount; mount -t tmpfs keep /keep/mount
		memory() { awk "/^Shmem:/ { print (\$2 > 30000 ? \"much\" : \"little\") }" /proc/meminfo; }
		printf "%s\n" "#!/bin/sh" "export PATH=/bin" "echo \"process \$\$: \$(ls / | xargs) \$(cat /run/mark) \$*\"" \
			"awk \"/^Shmem:/ { print (\\\$2 > 30000 ? \\\"much\\\" : \\\"little\\\") }\" /proc/meminfo" \
			"butter mountpoint -n /dev" "butter mountpoint /" "poweroff -f" >/new/bin/next
		chmod +x /new/bin/next
		memory
		butter pivot_root /new /new/dev 2>&1
		butter pivot_root --auto /new 2>&1
		butter switch_root --check /new /bin/none 2>&1
		butter switch_root /new /bin/next 2>&1
		exec butter switch_root -c /dev/console /new /bin/next -a b'
	equal "$output" "much
butter: pivot_root: cannot leave the root: it is the initramfs, which only Linux 7.0 can (use switch_root, or --auto with a command and without PUT_OLD)
butter: pivot_root: cannot leave the root: it is the initramfs, which only Linux 7.0 can (use switch_root, or --auto with a command and without PUT_OLD)
butter: switch_root: cannot open '/bin/none' in '/new': No such file or directory
butter: switch_root: this is not process 1, which has the root to give away (use exec)
process 1: bin dev proc run sys mark -a b
little
dev /dev
/ is a mountpoint"
}

@test "an initramfs: pivot_root --auto runs a command in another root" {
	boot 'mkdir -p /new/bin /new/proc
		cp /bin/busybox /bin/butter /new/bin
		butter pivot_root --auto /new -- /bin/busybox sh -c "cd /; echo *; /bin/butter mountpoint /; echo \$\$ | /bin/busybox grep -c ." 2>&1'
	equal "$output" 'bin proc
/ is a mountpoint
1
the script has gone on'
}

# says LINE: the machine has printed that.
says() {
	grep -q "$1" "$job/out"
}

# monitor COMMAND: tells it to the virtual machine.
monitor() {
	perl -MIO::Socket::UNIX -e '
		my $monitor = IO::Socket::UNIX->new(Peer => "monitor") or die $!;
		my $heard = "";
		sub prompt { sysread $monitor, $heard, 1000, length $heard or last until $heard =~ /\(qemu\) $/; $heard = "" }
		prompt; print $monitor "$ARGV[0]\n"; $monitor->flush; prompt' "$1"
}

@test "examples/initramfs-init.sh: the root is on a disk that comes late" {
	load disks
	need_applet mount
	need_tool mkfs.ext4
	need_tool perl
	mkdir -p tree/bin disk/{bin,dev,proc,sys,run,sbin,tmp,mnt}
	cp "$BUTTER" tree/bin/butter
	strip tree/bin/butter 2>/dev/null || true
	cp "$(command -v busybox)" tree/bin/busybox
	ln -s busybox tree/bin/sh
	cp "$BUTTER_SOURCE/examples/initramfs-init.sh" tree/init
	cp -a tree/bin/* disk/bin/
	for name in cat echo poweroff sync; do ln -s busybox "disk/bin/$name"; done
	printf '%s\n' '#!/bin/sh
		export PATH=/bin
		echo "process $$ of $(butter gethostname)"
		butter mountpoint -n /
		butter mountpoint -n /proc
		echo x 2>/dev/null >/file || echo "read-only"
		butter mount -o remount,rw /
		butter mount -t tmpfs tmp /tmp
		butter inotifywait -q -t 20 -e close_write --ready-fd 3 /tmp 3>/run/ready >/run/events &
		while [ ! -s /run/ready ]; do :; done
		echo x >/file; echo y >/tmp/watched; wait; cat /run/events
		for name in "PARTLABEL=a name" PARTUUID=12345678-9abc-def0-1234-56789abcdef0; do
			butter mount --source "$name" --target /mnt 2>&1 && butter mountpoint -n /mnt && butter umount /mnt
		done
		butter mount LABEL=none /mnt 2>&1
		butter umount /tmp; butter mount -r -o remount /; echo x 2>/dev/null >/file || echo "read-only again"
		poweroff -f' >disk/sbin/init
	chmod +x disk/sbin/init
	truncate -s 16M part
	mkfs.ext4 -qF -L root -d disk part
	partitioned late part
	(cd tree && find . | busybox cpio -o -H newc 2>/dev/null) >initrd
	launch timeout 200 qemu-system-x86_64 -M q35 -m 256 -display none -serial stdio -monitor unix:monitor,server=on,wait=off -no-reboot -nic none \
		-device pcie-root-port,id=late-port,chassis=1 -drive if=none,id=late,file=late,format=raw -kernel "$kernel" -initrd initrd \
		-append 'console=ttyS0 quiet panic=-1 root=LABEL=root rootwait=1m hostname=late-one'
	LIMIT=200 await says 'waits for LABEL=root'
	monitor 'device_add nvme,drive=late,serial=late,bus=late-port'
	LIMIT=200 finish
	equal "$(tr -d '\r' <<<"$output" | sed '0,/which waits for/d; /reboot: Power down/d')" 'init: the root is /dev/nvme0n1p1 /new
process 1 of late-one
/dev/nvme0n1p1 /
proc /proc
read-only
/tmp/ CLOSE_WRITE,CLOSE watched
/dev/nvme0n1p1 /mnt
/dev/nvme0n1p1 /mnt
butter: mount: cannot mount '"'LABEL=none' at '/mnt'"': no disk has that (--wait 30s waits for one that comes late)
read-only again'
}

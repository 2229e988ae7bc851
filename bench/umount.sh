#!/bin/sh
# SPDX-License-Identifier: MIT
# umount: who uses a mount that is busy, among 500 processes, and how right that is; 500 mounts in a tree and side by side
# taken away; the system calls of one. All in namespaces of its own.
if [ "${BENCH_NAMESPACE:-}" != private ]; then
	exec env BENCH_NAMESPACE=private unshare -mpf --mount-proc --propagation private --kill-child "$0"
fi
# shellcheck source=bench/common
. "$(dirname "$0")/common"
trap 'umount -l all 2> /dev/null; rm -rf $places' EXIT

advise umount:mount fuser:psmisc lsof:lsof busybox:busybox toybox:toybox

# us HEAD: of each command, what `measure run` says of it: time, ratio, CPU.
us() {
	take run "$rounds" 0 |
		awk -F '\t' -v OFS='\t' '{ split($2, is, " "); print $1, is[1] == "-" ? "-" : sprintf("%.2f", is[1] / 1000), is[5],
			is[1] == "-" ? "-" : sprintf("%.2f", is[3] / 1000), is[2] }' |
		table program 'ms, median' ratio 'CPU ms' 'peak kB'
}

# A file system that is mounted twice, and processes with some descriptors each; of a hundred, four use the first mount
# and four the second one.
processes=$(rounds 500 100)
mkdir all
mount -t tmpfs all all
mkdir all/here all/there all/tree all/flat
ln -s all/here all/there all/tree all/flat .
mount -t tmpfs disk here
mount --bind here there
: > here/file
i=0
while [ $i -lt "$processes" ]; do
	case $((i % 100)) in
	0) file=here/file folder=. ;;
	1) file=/dev/null folder=here ;;
	2 | 3) file=here folder=. ;;
	4) file=there/file folder=. ;;
	5) file=/dev/null folder=there ;;
	6 | 7) file=there folder=. ;;
	*) file=/dev/null folder=. ;;
	esac
	(
		exec 3< $file 4< /dev/null 5< /dev/null 6< /dev/null 7< /dev/null 8< /dev/null 9< /dev/null
		cd $folder
		exec sleep 1000000
	) < /dev/null > /dev/null 2>&1 &
	i=$((i + 1))
done
users=$((processes / 25))
until [ "$(grep -lx sleep /proc/[0-9]*/comm | wc -l)" = "$processes" ]; do :; done

# Scripts, since to find somebody is a failure for umount, and fuser prints processes where they cannot be counted.
echo './butter umount here 2>&1; [ $? = 32 ]' > butter.sh
echo 'fuser -m here 2> /dev/null' > fuser.sh
echo "lsof -w +f -- $places/all/here" > lsof.sh
echo "lsof -w -t +f -- $places/all/here" > lsof-t.sh
echo 'busybox fuser -m here' > busybox.sh

# peer PROGRAM NAME SCRIPT: adds it, if there is that program.
peer() {
	if command -v "$1" > /dev/null; then add "$2" sh "$3"; else add "$2" "$1"; fi
}

# found NAME WORDS: how many of the processes in the list WORDS use the mount, and how many do not.
found() {
	for pid in $2; do
		for link in "/proc/$pid/cwd" "/proc/$pid/fd/3"; do
			case $(readlink "$link") in "$places/all/here"*) echo true; continue 2 ;; esac
		done
		case $(cat "/proc/$pid/comm" 2> /dev/null) in sleep) echo false ;; esac
	done | awk -v OFS='\t' -v name="$1" -v users="$users" '
		{ n[$1]++ } END { print name, n["true"] + 0 " of " users, n["false"] + 0 }'
}
# What is held by processes that are there for this alone, such as this shell, counts as neither.
begin "Who uses a mount, as one sees it: $processes processes, $users use it, $users the same file system elsewhere"
{
	! command -v fuser > /dev/null || found 'fuser -m' "$(fuser -m here 2> /dev/null)"
	! command -v lsof > /dev/null || found 'lsof' "$(lsof -w -t +f -- "$places/all/here")"
	! busybox fuser -m here > /dev/null 2>&1 || found 'busybox fuser -m' "$(busybox fuser -m here)"
	found 'butter umount' "$(./butter umount here 2>&1 | sed -n 's/.* is used by process \([0-9]*\) .*/\1/p')"
} | table program 'users found' 'others found'

rounds=$(rounds 31 5)
begin "How long that takes, by a shell each ($rounds rounds)"
peer fuser 'fuser -m' fuser.sh
peer lsof lsof lsof.sh
peer lsof 'lsof -t' lsof-t.sh
peer busybox 'busybox fuser -m' busybox.sh
applet 'butter umount (busy)' umount --version
words=$(echo "$words" | sed 's,\./butter umount --version,sh butter.sh,')
us

mounts=$(rounds 500 100)
mount -t tmpfs many tree
i=0 path=tree
while [ $i -lt "$mounts" ]; do
	if [ $((i % 10)) = 0 ]; then path=tree; fi
	path=$path/$i
	mkdir "$path"
	busybox mount -t tmpfs -o size=1m "number $i" "$path" 2> mount.log || mount -t tmpfs -o size=1m "number $i" "$path"
	i=$((i + 1))
done
rounds=$(rounds 7 3)
begin "umount -R of $mounts mounts, ten in each other, in a new mount namespace each ($rounds rounds)"
before='unshare -m --propagation private'
add 'util-linux umount -R' umount -R tree
applet 'butter umount -R' umount -R tree
add 'ceiling: umount -l' umount -l tree
us

flat=$(rounds 200 20)
i=0 names=''
while [ $i -lt "$flat" ]; do
	mkdir "flat/$i"
	mount --bind "flat/$i" "flat/$i"
	names="$names all/flat/$i"
	i=$((i + 1))
done
begin "umount of $flat mounts by their names, beside $mounts others ($rounds rounds)"
before='unshare -m --propagation private'
# shellcheck disable=SC2086 # words are words
{
	add 'util-linux umount' umount $names
	add 'busybox umount' busybox umount $names
	add 'toybox umount' toybox umount $names
	applet 'butter umount' umount $names
}
us

begin 'System calls of one umount, and how many more than an empty program'
for name in one two three four; do
	mkdir all/$name
	mount -t tmpfs none all/$name
done
add 'util-linux umount' umount all/one
add 'busybox umount' busybox umount all/two
add 'toybox umount' toybox umount all/three
applet 'butter umount' umount all/four
empty=$(./measure calls . ./empty)
take calls . | awk -F '\t' -v OFS='\t' -v empty="$empty" '
	{ print $1, $2, $2 == "-" ? "-" : $2 - empty }' |
	table program 'system calls' more

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What mount says of what is mounted. Mounts are made in private mount namespaces only.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...
# shellcheck disable=SC2016 # inner shells expand

load helper

setup() {
	trace_tests_only
	need_applet mount
	cd "$BATS_TEST_TMPDIR" || return
}

# mounted SCRIPT: runs SCRIPT in a mount namespace of its own, where a tmpfs is at m, mounts in it have odd names, and odd
# is what is said of them alone. (In a user namespace a tmpfs has two options more.)
mounted() {
	namespaces -m
	capture "${within[@]}" sh -euc '
		mkdir m
		mount -t tmpfs "" m
		here=$(realpath m)
		odd() { grep -F -e "$here/"; }
		for name in "a b" "h#x" "b\\s" "$(printf "n\\nl")" "$(printf "e\\033[1m")" "$(printf "l\\377")"; do
			mkdir "m/$name"
			mount -t tmpfs "of $name" "m/$name"
		done
		'"$1"
	equal "$stderr" ''
	output=$(sed -E 's/,uid=[0-9]+,gid=[0-9]+//' <<<"$output")
}

@test "lines are those of mount(8)" {
	need_tool mount
	try mount
	succeeded
	expected=$output
	# Names of files instead of those of loop devices, and odd names, are told in other ways.
	capture mount
	equal "$(grep -v '[?\\].* type ' <<<"$output" | grep -v '^/')" "$(grep -v '\\.* type ' <<<"$expected" | grep -v '^/')"
}

@test "no name breaks a line, and an empty source is one" {
	mounted '"$BUTTER" mount | odd; "$BUTTER" mount --of m'
	equal "$status" 0
	here=$PWD/m
	equal "$output" "of a b on $here/a b type tmpfs (rw,relatime)
of h#x on $here/h#x type tmpfs (rw,relatime)
of b\\134s on $here/b\\134s type tmpfs (rw,relatime)
of n\\012l on $here/n\\012l type tmpfs (rw,relatime)
of e\\033[1m on $here/e\\033[1m type tmpfs (rw,relatime)
of l\\377 on $here/l\\377 type tmpfs (rw,relatime)
 on $here type tmpfs (rw,relatime)"
}

@test "options of the mount and of the file system, each once" {
	mounted '
		mount -o remount,bind,ro,nosuid,noatime "m/a b"
		mount -o remount,sync,lazytime m/h#x 2>/dev/null || true # not in a user namespace
		mkdir m/low,er "m/x y"
		mount -t overlay -o "lowerdir=m/x y:m/a b" over "m/b\\s" || mount -t tmpfs none "m/b\\s"
		"$BUTTER" mount | odd'
	contains "$output" "m/a b type tmpfs (ro,nosuid,noatime)"
	! is_root || matches "$output" ".*m/h#x type tmpfs \(rw,(relatime,)?sync,lazytime.*"
	[[ $output != *overlay* ]] || contains "$output" 'type overlay (ro,relatime,lowerdir=m/x y:m/a b'
}

@test "JSON loses nothing" {
	need_tool jq
	mounted '
		mount --make-shared "m/h#x"
		mount --bind "m/h#x" "m/a b"
		mount --make-slave "m/a b"
		mount --make-unbindable "m/b\\s"
		mkdir m/h#x/part
		mount --bind m/h#x/part m/a\ b/part
		"$BUTTER" mount --json >lines
		"$BUTTER" mount --of m --json >one
		stat -c %Hd:%Ld m >device
		cat /proc/self/mountinfo >info'
	equal "$status" 0
	sed -Ei 's/,uid=[0-9]+,gid=[0-9]+//' lines
	jq -rs --arg here "$PWD/m/" 'map(select((.target // "") | startswith($here)) | [(.target | ltrimstr($here)), .source, .root, .type, .options,
		.propagation, (.peer_group | type), (.master | type)] | map(tojson) | join(" ")) | .[]' lines >got
	equal "$(<got)" '"a b" "of a b" "/" "tmpfs" "rw,relatime" "private" "null" "null"
"h#x" "of h#x" "/" "tmpfs" "rw,relatime" "shared" "number" "null"
"b\\s" "of b\\s" "/" "tmpfs" "rw,relatime" "unbindable" "null" "null"
"n\nl" "of n\nl" "/" "tmpfs" "rw,relatime" "private" "null" "null"
"e\u001b[1m" "of e\u001b[1m" "/" "tmpfs" "rw,relatime" "private" "null" "null"
"a b" "of h#x" "/" "tmpfs" "rw,relatime" "slave" "null" "number"
"a b/part" "of h#x" "/part" "tmpfs" "rw,relatime" "shared" "number" "null"'
	equal "$(jq -r 'select(.target_b64) | .target_b64 | @base64d' lines | wc -l)" 1
	equal "$(jq -r 'select(.target_b64) | .target_b64' lines | base64 -d)" "$PWD/m/l"$'\377'
	equal "$(jq -r 'select(.source_b64) | .source_b64' lines | base64 -d)" $'of l\377'
	equal "$(jq -r '.source, .device' one)" $'\n'"$(<device)"
	# Numbers are the kernel's, one line for each of its own.
	equal "$(jq -r '"\(.id) \(.parent) \(.device)"' lines)" "$(cut -d ' ' -f 1-3 info)"
}

@test "-t takes some types, or all others" {
	mounted '
		all=$("$BUTTER" mount | wc -l)
		some=$("$BUTTER" mount -t tmpfs,proc | wc -l)
		others=$("$BUTTER" mount -t notmpfs,proc | wc -l)
		[ "$some" -gt 7 ] && [ "$((some + others))" = "$all" ]
		"$BUTTER" mount -t proc,tmpfs | grep -v " type \(tmpfs\|proc\) (" || echo only
		"$BUTTER" mount -t such-as-none'
	equal "$status $output" '0 only'
}

@test "a tree of what is mounted in what" {
	mounted '
		mkdir m/h#x/in m/h#x/on; mount -t tmpfs in m/h#x/in; mount -t tmpfs on m/h#x/on; mount -t tmpfs over m/h#x/on
		"$BUTTER" mount --tree >all
		sed -n "s,$here,M,gp" all | sed "s/  *\(tmpfs  *rw\)/ \1/"
		[ "$(wc -l <all)" = "$(wc -l </proc/self/mountinfo)" ] || cat all'
	equal "$status" 0
	# What stands to the left of them depends on what else there is.
	equal "$(sed 's/^[|` -]*//; s/   */ /g' <<<"$output")" 'M tmpfs rw,relatime
M/a b of a b tmpfs rw,relatime
M/h#x of h#x tmpfs rw,relatime
M/h#x/in in tmpfs rw,relatime
M/h#x/on on tmpfs rw,relatime
M/h#x/on over tmpfs rw,relatime
M/b\134s of b\134s tmpfs rw,relatime
M/n\012l of n\012l tmpfs rw,relatime
M/e\033[1m of e\033[1m tmpfs rw,relatime
M/l\377 of l\377 tmpfs rw,relatime'
	start=$(sed -n 's,|-M/a b .*,,p' <<<"$output")
	contains "$output" "$start|-M/h#x "
	contains "$output" "$start| |-M/h#x/in "
	contains "$output" "$start| \`-M/h#x/on "
	contains "$output" "$start|   \`-M/h#x/on "
	contains "$output" "$start\`-M/l\\377 "
}

@test "a tree of one type, and one of more levels than can be drawn" {
	namespaces -m
	capture "${within[@]}" sh -euc '
		mkdir m
		mount -t tmpfs first m
		for _ in $(seq 70); do mount -t tmpfs level m; done
		mkdir m/other
		mount --bind /proc m/other
		"$BUTTER" mount --tree -t tmpfs >tmpfs
		"$BUTTER" mount --tree -t proc >proc
		tail -n 1 tmpfs; grep -c level tmpfs; grep m/other proc'
	equal "$status $stderr" '0 '
	matches "$output" "\.\.\. $PWD/m +level +tmpfs rw,relatime[a-z0-9,=]*
70
.*$PWD/m/other +proc +proc +[a-z,]+"
}

@test "--of PATH is the mount that it is on" {
	mounted '
		mkdir "m/a b/in"
		: >"m/a b/in/file"
		"$BUTTER" mount --of "m/a b/in/file"
		"$BUTTER" mount --of m/h#x -t ext4,tmpfs
		"$BUTTER" mount --of m/h#x -t ext4'
	equal "$status $output" "0 of a b on $PWD/m/a b type tmpfs (rw,relatime)
of h#x on $PWD/m/h#x type tmpfs (rw,relatime)"
	try mount --of /proc/self/ns/mnt
	failed 1 mount "cannot list what '/proc/self/ns/mnt' is on: it is mounted nowhere that can be seen from here"
	try mount --of none
	failed 1 mount "cannot look at 'none': No such file or directory"
}

@test "-l shows labels" {
	need_types
	need_root
	need_tool mkfs.ext4 losetup
	truncate -s 4M disk
	mkfs.ext4 -q -L 'a \b' disk
	mkdir m
	namespaces -m
	capture "${within[@]}" sh -euc '
		mount -o loop disk m 2>/dev/null || exit 77
		"$BUTTER" mount --of m | grep -c "\[" || true
		"$BUTTER" mount -l --of m
		"$BUTTER" mount -l --json --of m
		"$BUTTER" mount -l | grep -c "\[a "'
	[ "$status" != 77 ] || skip 'no loop devices here'
	equal "$status $stderr" '0 '
	matches "$output" "0
/dev/loop[0-9]+ on $PWD/m type ext4 \(rw,relatime.*\) \[a \\\\134b\]
\{.*,\"label\":\"a \\\\\\\\b\"\}
1"
}

@test "without /proc, the kernel tells the same" {
	need_plain_build
	mounted '
		mount --make-shared "m/h#x"
		mount --bind "m/h#x" "m/a b"
		mount --make-slave "m/a b"
		mount --make-unbindable "m/b\\s"
		mount -o remount,bind,ro,nosuid,nodev,noexec,strictatime "m/b\\s"
		mount -o remount,bind,noatime,nodiratime m/h#x
		mount -o remount,sync,lazytime "m/a b" 2>/dev/null || true # not in a user namespace
		mkdir m/part m/to; mount --bind m/part m/to
		"$BUTTER" mount --json >before
		umount -l /proc 2>/dev/null || exit 76
		"$BUTTER" mount --json >after 2>/dev/null || exit 77'
	[ "$status" != 76 ] || skip '/proc cannot be unmounted here'
	[ "$status" != 77 ] || skip 'only Linux 6.13 and later tell that'
	equal "$(<after)" "$(grep -v '"target":"/proc' before)"
}

@test "without /proc, and without a kernel that tells" {
	need_plain_build
	need_tool "${CC:-cc}"
	without_proc
	need_applet seccomp-exec
	for call in listmount statmount; do
		capture "${within[@]}" "$BUTTER_SOURCE/tests/enosys.sh" "$call" "$BUTTER" mount
		failed 2 mount 'cannot read what is mounted: No such file or directory (mount /proc)'
	done
}

@test "what is mounted cannot be read" {
	need_strace
	within=()
	inject read:error=EIO:when=1 mount --json
	failed 2 mount 'cannot read what is mounted: Input/output error'
	inject openat:error=EMFILE:when=1 mount --tree
	failed 2 mount 'cannot read what is mounted: Too many open files'
}

@test "a reader that has left, and a full disk, are errors" {
	with '>/dev/full' mount
	failed 1 mount 'cannot write to standard output: No space left on device'
}

@test "wrong usage of lists" {
	try mount --json --tree
	misused mount '--tree goes without --json, --of and --show-labels'
	try mount --of / --tree
	misused mount
	try mount --json tmpfs /nowhere
	misused mount
	try mount --of ''
	misused mount '--of is empty: is a variable not set?'
	for option in --beneath --exclusive --into=1 --wait=1s -f --target-prefix=/; do
		try mount "$option"
		misused mount 'SOURCE and TARGET are needed, or one of them'
	done
}

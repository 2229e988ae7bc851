#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# aio-copy -r and -a: trees. BUTTER_LONG=1 kills it more often.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # inner shells expand

load helper

setup() {
	trace_tests_only
	need_applet aio-copy
	cd "$BATS_TEST_TMPDIR" || return
}

# sample FOLDER: makes a tree with something of each kind, of three levels.
sample() {
	mkdir -p "$1"/{empty,a/b,closed}
	numbers "$1/file" 10
	numbers "$1/a/large" 100000
	: >"$1/a/b/nothing"
	truncate -s 3M "$1/a/hole"
	echo end >>"$1/a/hole"
	ln -s ../file "$1/a/link"
	ln -s nowhere "$1/dangling"
	mkfifo "$1/a/fifo"
	printf x >"$1/"$'odd \n\e[2J\xff name'
	printf y >"$1/-n"
	ln "$1/file" "$1/a/b/same"
	ln "$1/file" "$1/a/same"
	chmod 640 "$1/a/large"
	chmod 750 "$1/a"
	chmod 500 "$1/closed"
	touch -d '2001-02-03 04:05:06.789' "$1/file" "$1/a/b" "$1/a"
	touch -h -d '2002-02-03' "$1/dangling"
}

# listing FOLDER FORMAT: what find(1) says of all that is in it.
listing() {
	(cd "$1" && find . -printf "%P %y %l $2\n" | sort)
}

# alike ONE OTHER [FORMAT]: the trees have the same names, kinds, links and contents, and what FORMAT tells.
alike() {
	equal "$(listing "$2" "${3:-}")" "$(listing "$1" "${3:-}")"
	diff -r --no-dereference "$1" "$2" | grep -Ev 'is a (fifo|socket|character special file) while' && fails "$1 and $2 differ"
	return 0
}

everything='%m %U %G %T@ %n'

# names FOLDER: what is in it.
names() {
	find "$1" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs
}

# nothing_left: no file under a temporary name is there.
nothing_left() {
	equal "$(find . -name '.*butter-*')" ''
}

@test "-r copies what there is, of each kind; into a folder that is there, by its name" {
	sample in
	for jobs in 1 2 5; do
		try aio-copy -r --jobs $jobs in out
		succeeded
		alike in out '%m'
		mkdir folder
		try aio-copy -R --jobs $jobs in/ -t folder
		succeeded
		alike in folder/in '%m'
		# Another time, over what is there.
		try aio-copy -r --jobs $jobs in folder
		succeeded
		alike in folder/in '%m'
		try aio-copy -rT --jobs $jobs in folder
		succeeded
		[ -e folder/a/large ]
		mkdir dots
		try aio-copy -r --jobs $jobs in/. dots
		succeeded
		alike in dots
		nothing_left
		chmod -R u+w out folder dots
		rm -r out folder dots
	done
}

@test "-a keeps modes, owners, times, links between files, and does so twice" {
	sample in
	chmod 2750 in/a
	if is_root; then
		mknod in/device c 1 3
		chown -h 12:34 in/dangling in/a/large in/a in/device
		chmod 4755 in/a/large
	fi
	perl -e 'use Socket; socket my $s, AF_UNIX, SOCK_STREAM, 0; bind $s, pack_sockaddr_un "in/socket"' || true
	for jobs in 1 3; do
		try aio-copy -a --jobs $jobs in out
		succeeded
		alike in out "$everything"
		[ out/file -ef out/a/b/same ] && [ out/file -ef out/a/same ]
		[ "$(stat -c %b out/a/hole)" -lt 100 ]
		try aio-copy -a --jobs $jobs in/. out
		succeeded
		alike in out "$everything"
		[ out/file -ef out/a/b/same ] && [ out/file -ef out/a/same ]
		nothing_left
		chmod u+w out/closed
		rm -r out
	done
}

@test "-a keeps extended attributes, access control lists and capabilities, and takes none of the folder" {
	need_root
	need_tool perl
	# By setxattr(2), which perl has only as a number.
	set_attribute() {
		perl -e 'my ($file, $name, $value) = @ARGV; $value = pack "H*", $value;
			exit(syscall(188, $file, $name, $value, length $value, 0) != 0)' "$@" 2>/dev/null
	}
	attribute() {
		perl -e 'my ($file, $name) = @ARGV; my $value = " " x 256; my $size = syscall(191, $file, $name, $value, 256);
			print $size < 0 ? "none" : unpack "H*", substr $value, 0, $size' "$@"
	}
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of the calls are those of x86_64"
	mkdir -p in/folder elsewhere
	echo x >in/file
	echo x >in/plain
	chmod 640 in/plain
	# user::rw-, user:12:r--, group::r--, mask::r--, other::---
	list=0200000001000600ffffffff020004000c00000004000400ffffffff10000400ffffffff20000000ffffffff
	# The same, of what is made in a folder: user:99:rwx.
	default=0200000001000700ffffffff020007006300000004000500ffffffff10000700ffffffff20000000ffffffff
	set_attribute in/file system.posix_acl_access $list || skip "no access control lists here"
	set_attribute in/folder system.posix_acl_default $default
	set_attribute in/file user.mine 414243
	set_attribute in/folder user.mine 44
	set_attribute in/plain security.capability 0000000200040000000000000000000000000000 || true
	set_attribute elsewhere system.posix_acl_default $default
	for jobs in 1 2; do
		try aio-copy -a --jobs $jobs in elsewhere/out
		succeeded
		for name in file folder plain .; do
			for which in user.mine system.posix_acl_access system.posix_acl_default security.capability; do
				equal "$name $which $(attribute "elsewhere/out/$name" $which)" "$name $which $(attribute "in/$name" $which)"
			done
		done
		alike in elsewhere/out "$everything"
		rm -r elsewhere/out
	done
	# Without -a nothing of it.
	try aio-copy -r in out
	succeeded
	equal "$(attribute out/file user.mine) $(attribute out/plain security.capability)" 'none none'
}

@test "the counts: eight calls for a small file with -r, thirteen with -a" {
	need_strace
	need_plain_build
	mkdir in
	for i in {1..200}; do printf %04096d "$i" >"in/$i"; done
	for option in -r:8 -a:13; do
		capture strace -f -qq -o trace "$BUTTER" aio-copy --jobs 1 "${option%:*}" in out
		succeeded
		rm in/*1
		capture strace -f -qq -o fewer "$BUTTER" aio-copy --jobs 1 "${option%:*}" in out2
		succeeded
		left=$(find in -type f | wc -l)
		[ $((($(wc -l <trace) - $(wc -l <fewer)) / (200 - left))) -le "${option#*:}" ] || fails "too many: $option"
		rm -r out out2
		for i in {1..200}; do printf %04096d "$i" >"in/$i"; done
	done
}

@test "--exclude: names, paths below, all that is in a folder" {
	mkdir -p in/a/b/c in/keep
	touch in/x.o in/a/x.o in/a/x.c in/a/b/y in/a/b/c/z in/keep/y
	try aio-copy -r --exclude '*.o' --exclude a/b/c in out
	succeeded
	equal "$(listing out '' | cut -d ' ' -f 1 | xargs)" 'a a/b a/b/y a/x.c keep keep/y'
	try aio-copy -r --exclude '/*/y' --exclude '[ab]/b' in out2
	succeeded
	equal "$(listing out2 '' | cut -d ' ' -f 1 | xargs)" 'a a/x.c a/x.o keep x.o'
}

@test "a folder into itself, or to itself, is refused before anything is made" {
	mkdir -p in/a/b
	touch in/file
	ln -s in link
	for to in in/new in/a/b in/a/new link/a/new in/a/../new; do
		try aio-copy -r in $to
		failed 1 aio-copy "'in' would be copied into itself"
	done
	try aio-copy -r in in
	failed 1 aio-copy "'in' would be copied into itself"
	try aio-copy -rT in in
	failed 1 aio-copy "'in' and 'in' are the same"
	try aio-copy -rT in/. link
	failed 1 aio-copy 'are the same'
	equal "$(find in | sort | xargs)" 'in in/a in/a/b in/file'
	namespaces -m
	capture "${within[@]}" sh -c 'mkdir bound && mount --bind in bound && "$BUTTER" aio-copy -r in bound/new'
	failed 1 aio-copy "itself"
}

@test "-x stays on one file system, and makes the empty folder" {
	namespaces -m
	mkdir -p in/disk in/a
	touch in/a/file
	capture "${within[@]}" sh -c 'mount -t tmpfs none in/disk && touch in/disk/file &&
		"$BUTTER" aio-copy -rx in out && "$BUTTER" aio-copy -r in all'
	succeeded
	equal "$(listing out '' | cut -d ' ' -f 1 | xargs)" 'a a/file disk'
	equal "$(listing all '' | cut -d ' ' -f 1 | xargs)" 'a a/file disk disk/file'
}

@test "what cannot be read is told, the rest is copied, and the status is 1" {
	unprivileged
	folder=$(public_folder)
	mkdir -p "$folder/in/shut" "$folder/in/open"
	numbers "$folder/in/open/file" 100
	numbers "$folder/in/secret" 100
	touch "$folder/in/shut/file"
	chmod 0 "$folder/in/secret" "$folder/in/shut"
	mkdir "$folder/to"
	chmod 777 "$folder/to"
	for option in -r -a; do
		for jobs in 1 2; do
			try_as_nobody aio-copy $option --jobs $jobs "$folder/in" "$folder/to/out$option$jobs"
			equal "$status" 1
			contains "$stderr" "cannot open '$folder/in/secret': Permission denied"
			contains "$stderr" "cannot open '$folder/in/shut': Permission denied"
			equal "$(wc -l <<<"$stderr")" 2
			cmp "$folder/in/open/file" "$folder/to/out$option$jobs/open/file"
		done
	done
}

@test "-n leaves what is there, -u what is not older, --checksum what is the same" {
	mkdir -p in/a out/a
	for name in same other older; do
		echo $name >in/a/$name
		echo $name >out/a/$name
	done
	echo changed >in/a/other
	touch -d '2001-01-01' in/a/older
	echo newer >out/a/older
	ln -s x in/a/link
	ln -s y out/a/link
	try aio-copy -rT -n in out
	succeeded
	equal "$(cat out/a/same out/a/other out/a/older | xargs) $(readlink out/a/link)" 'same other newer y'
	touch -h -d '2001-01-01' out/a/other out/a/link
	try aio-copy -rT -u in out
	succeeded
	equal "$(cat out/a/same out/a/other out/a/older | xargs) $(readlink out/a/link)" 'same changed newer x'
	inode=$(stat -c %i out/a/same)
	try aio-copy -aT --checksum in out
	succeeded
	equal "$(cat out/a/same out/a/other out/a/older | xargs)" 'same changed older'
	equal "$(stat -c %i out/a/same)" "$inode"
	alike in out "$everything"
}

@test "what has the name is replaced as a whole, and a folder never" {
	mkdir -p in/folder out/file/kept outside
	echo x >in/file
	touch in/fifo in/link in/dangling
	echo new >in/link
	ln -s ../outside/target out/link
	echo old >outside/target
	ln -s ../outside/nowhere out/dangling
	echo file >out/folder
	try aio-copy -rT in out
	equal "$status" 1
	contains "$stderr" "cannot replace 'out/file': it is a folder, and 'in/file' is none"
	contains "$stderr" "cannot copy into 'out/folder': it is no folder, and 'in/folder' is one"
	[ -d out/file/kept ] && [ ! -e outside/nowhere ]
	# Nothing is written to where links lead that nobody has named.
	[ ! -L out/link ] && [ ! -L out/dangling ]
	equal "$(<out/link) $(<outside/target)" 'new old'
}

@test "a thousand levels, of which few are open at once" {
	need_tool perl
	perl -e 'mkdir "in"; chdir "in"; for (1 .. 1000) { mkdir "d$_" or die; open my $f, ">", "f"; print $f $_; close $f; chdir "d$_" or die }'
	for limit in 1024 20; do
		for option in -r -a; do
			for jobs in 1 2; do
				capture bash -c "ulimit -n $limit; "'"$BUTTER" aio-copy '"$option --jobs $jobs in out"
				succeeded
				count=$(perl -e 'chdir "out" or die; my $n = 0; for (1 .. 1000) { open my $f, "<", "f" or last; last if <$f> != $_; $n++; chdir "d$_" or last } print $n')
				equal "$count" 1000
				rm -r out
			done
		done
	done
}

@test "folders that nobody may write to are filled, and closed afterwards" {
	unprivileged
	folder=$(public_folder)
	mkdir "$folder/there"
	chmod 777 "$folder/there"
	capture "${as_nobody[@]}" bash -c 'cd "$1" && mkdir -p in/a/b && touch in/a/b/file && chmod 500 in/a/b && chmod 555 in/a &&
		for option in -r -a; do "$BUTTER" aio-copy $option in out$option && stat -c %a out$option/a out$option/a/b; done' bash "$folder/there"
	succeeded
	equal "$output" $'555\n500\n555\n500'
}

@test "faults: one file's error is told, and all others are there" {
	need_strace
	mkdir -p in/a
	for i in {1..20}; do numbers "in/a/$i" 1000; done
	for fault in pwrite64:error=ENOSPC:when=5 pread64:error=EIO:when=7 linkat:error=EDQUOT:when=3; do
		inject "$fault" aio-copy -r --jobs 1 in out
		equal "$status" 1
		equal "$(wc -l <<<"$stderr")" 1
		contains "$stderr" "/a/"
		nothing_left
		equal "$(find out -type f | wc -l)" 19
		for file in out/a/*; do cmp "$file" "in/a/${file##*/}"; done
		rm -r out
	done
	inject mkdirat:error=ENOSPC:when=2 aio-copy -r --jobs 1 in out
	failed 1 aio-copy "cannot write 'out/a': No space left on device"
	inject getdents64:error=EIO:when=3 aio-copy -r --jobs 1 in out2
	failed 1 aio-copy "cannot open 'in/a': Input/output error"
	# No more threads than can be had.
	inject 'clone3:error=EAGAIN clone:error=EAGAIN' aio-copy -r --jobs 4 in out3
	succeeded
	alike in out3
}

@test "faults: names that cannot be other names of a file become files, and that is told" {
	need_strace
	mkdir in
	numbers in/a 100
	ln in/a in/b
	for error in EPERM EMLINK EXDEV; do
		inject linkat:error=$error:when=2 aio-copy -a --jobs 1 in out
		equal "$status $(wc -l <<<"$stderr")" '1 1'
		matches "$stderr" "butter: aio-copy: 'out/[ab]' is there, but cannot be a hard link, as 'in/[ab]' is: .*"
		diff -r in out
		rm -r out
	done
	inject linkat:error=EIO:when=2 aio-copy -a --jobs 1 in out
	failed 1 aio-copy ': Input/output error'
}

@test "signals that ask to end remove what is not whole, of all threads" {
	mkdir in
	for i in {1..8}; do head -c 5000000 /dev/zero >"in/$i"; done
	"$BUTTER" aio-copy -r in out
	for signal in INT TERM HUP XCPU; do
		launch env --default-signal "$BUTTER" aio-copy -r --jobs 4 --rate 8M -T in out
		await eval '[ "$(find out -name ".*butter-*" | wc -l)" -ge 3 ]'
		kill -$signal "$pid"
		finish
		equal "$status" $((128 + $(kill -l $signal)))
		nothing_left
		diff -r in out
	done
}

@test "kill -9 at any moment leaves old files or new ones" {
	need_tool perl
	mkdir a b
	for i in {1..30}; do
		head -c 100000 /dev/zero | tr '\0' 1 >"a/$i"
		head -c 100000 /dev/zero | tr '\0' 2 >"b/$i"
	done
	"$BUTTER" aio-copy -r a out
	for ((round = 0; round < $(rounds 20 100); round++)); do
		source=a
		((round % 2)) && source=b
		"$BUTTER" aio-copy -rT --jobs 2 $source out 3>&- 4>&- &
		perl -e 'select undef, undef, undef, rand 0.03'
		kill -KILL $! 2>/dev/null || true
		wait $! 2>/dev/null || true
		for i in {1..30}; do
			cmp -s "out/$i" "a/$i" || cmp -s "out/$i" "b/$i" || fails "round $round: a mix"
		done
		rm -f out/.*.butter-*
	done
}

@test "nothing outside of the trees is touched, whatever is swapped in" {
	need_tool perl
	mkdir -p in/d outside
	for i in {1..50}; do echo inside >"in/d/$i"; done
	echo precious >outside/1
	mkdir outside/d
	# Folders become links to elsewhere and folders again, in both trees.
	mkdir -p out/d
	perl -e 'for (1 .. 100000) { for my $tree ("in", "out") { rename "$tree/d", "$tree/e"; symlink "../outside", "$tree/d";
		unlink "$tree/d"; rename "$tree/e", "$tree/d" } last if -e "stop" }' 3>&- 4>&- &
	swapper=$!
	for ((round = 0; round < $(rounds 30 300); round++)); do
		"$BUTTER" aio-copy -rT --jobs 2 in out 2>/dev/null || true
	done
	touch stop
	wait $swapper
	equal "$(<outside/1) $(find outside | wc -l)" 'precious 3'
	! grep -rqs precious in/d in/e out/d out/e || fails "read elsewhere"
}

@test "--progress counts files, --stats counts bytes of all threads" {
	need_tool script
	need_tool jq
	sample in
	rm in/a/hole
	try aio-copy -r --stats -j --jobs 3 in out
	equal "$status" 0
	equal "$(jq -r '"\(.event) \(.files) \(.left) \(.bytes)"' <<<"$stderr")" "copied $(find in ! -type d -printf x | wc -c) 0 $(find in -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }')"
	capture script -qec "'$BUTTER' aio-copy -r --progress --rate 500K in out2" /dev/null
	succeeded
	contains "$output" ' files, '
	contains "$output" ' left'
}

@test "-a: operands that are one file stay such, and so do those in folders" {
	mkdir t d e
	echo x >f
	ln f g
	ln f t/z
	ln -s nowhere l
	ln l l2
	try aio-copy -a f d/
	succeeded
	try aio-copy -a f g t l l2 d/
	succeeded
	[ d/f -ef d/g ] && [ d/f -ef d/t/z ]
	equal "$(stat -c %h d/l) $(readlink d/l2)" '2 nowhere'
	try aio-copy -a --jobs 1 f new
	succeeded
	equal "$(<new)" x
	try aio-copy -a l e/other
	succeeded
	equal "$(readlink e/other)" nowhere
}

@test "-a: names of one file stay such where an attribute cannot be kept" {
	need_strace
	mkdir in
	perl -e 'my ($file, $name) = @ARGV; open my $f, ">", $file; exit(syscall(188, $file, $name, $file, 1, 0) != 0)' in/a user.mine || skip "no extended attributes here"
	ln in/a in/b
	ln in/a in/c
	inject fsetxattr:error=ENOSPC:when=1 aio-copy -a --jobs 1 in out
	failed 1 aio-copy "the extended attributes of 'in/"
	[ out/a -ef out/b ] && [ out/a -ef out/c ]
}

@test "-a -n and -a -u: what is there stays, also of several names, and gets those that it has not" {
	mkdir in out
	ln -s new in/x
	ln in/x in/y
	ln -s old out/y
	for jobs in 1 2; do
		try aio-copy -a -n --jobs $jobs in/. out
		succeeded
		equal "$(readlink out/x out/y | xargs)" 'new old'
		rm out/x
	done
	rm in/* out/*
	echo x >in/x
	ln in/x in/y
	for option in -n -u --checksum; do
		cp -p in/x out/x
		try aio-copy -a $option in/x in/y out
		succeeded
		[ out/x -ef out/y ]
		rm out/y
	done
	# Whichever of them is met first.
	mkdir two to
	for i in {1..20}; do
		echo "$i" >"two/a$i"
		ln "two/a$i" "two/b$i"
		if ((i % 2)); then cp -p "two/a$i" to; else cp -p "two/b$i" to; fi
	done
	for jobs in 1 3; do
		try aio-copy -a -u --jobs $jobs two/. to
		succeeded
		alike two to "$everything"
		rm to/a*[02468]
	done
	# What may be another file altogether is not given a name that it had not.
	echo other >out/x
	try aio-copy -a -n in/x in/y out
	succeeded
	equal "$(cat out/x out/y | xargs)" 'other x'
}

@test "a FIFO, device or link is not copied to itself" {
	mkfifo p
	ln -s p to-p
	ln -s x l
	ln l lh
	echo data >x
	inodes=$(stat -c %i p to-p l lh x)
	for pair in 'p ./p' 'p to-p' 'l lh' 'l x'; do
		for option in -a -r; do
			try aio-copy $option -T "${pair% *}" "${pair#* }"
			failed 1 aio-copy "'${pair% *}' and '${pair#* }' are the same"
		done
	done
	mkdir in out
	ln -s ../out/file in/file
	echo data >out/file
	try aio-copy -a in/. out
	failed 1 aio-copy "'in/./file' and 'out/file' are the same"
	equal "$(stat -c %i p to-p l lh x) $(cat out/file)" "$inodes data"
}

@test "-a: names in the target that were one file are not, where the source's are not" {
	mkdir in out
	for option in '' --in-place; do
		echo 1 >in/f
		echo 2 >in/g
		rm -f out/*
		echo old >out/f
		ln out/f out/g
		ln out/f out/other
		try aio-copy -aT $option in out
		succeeded
		equal "$(cat out/f out/g out/other | xargs)" '1 2 old'
	done
	# Without -a that is for the user to say.
	rm out/*
	echo old >out/f
	ln out/f out/g
	try aio-copy -rT in out
	equal "$status" 1
	equal "$(cat out/f out/g | xargs)" 'old old'
}

@test "a SOURCE of . or .. goes into the folder itself, and nothing beside it" {
	mkdir -p p/a/b p/to
	echo 1 >p/a/file
	capture bash -c 'cd p/a/b && "$BUTTER" aio-copy -r .. ../../to'
	succeeded
	equal "$(names p) $(names p/to)" 'a to b file'
	mkdir p/to2
	capture bash -c 'cd p/a && "$BUTTER" aio-copy -r b/.. . ../to2/'
	succeeded
	equal "$(names p/to2)" 'b file'
}

@test "a whole system, into what is mounted in it" {
	namespaces -m
	mkdir -p root/mnt root/tmp root/etc
	touch root/etc/file root/tmp/file
	capture "${within[@]}" sh -c 'mount -t tmpfs none root/mnt && "$BUTTER" aio-copy -ax --exclude "/tmp/*" root/. root/mnt && find root/mnt | sort | xargs'
	succeeded
	equal "$output" 'root/mnt root/mnt/etc root/mnt/etc/file root/mnt/mnt root/mnt/tmp'
	mkdir e
	touch file
	try aio-copy -r --exclude e --exclude root --exclude 'job*' --exclude 'std*' . e/
	succeeded
	equal "$(ls e)" file
}

@test "what attributes cannot be kept is told, and the file is there" {
	need_root
	namespaces -m
	echo x >in
	capture "${within[@]}" sh -c 'mkdir disk && mount -t ramfs none disk && perl -e "my @all = qw(in user.mine x); syscall 188, @all, 1, 0" &&
		{ "$BUTTER" aio-copy -a in disk/out; echo $?; cat disk/out; }'
	equal "$output" $'1\nx'
	contains "$stderr" "cannot give 'disk/out' the extended attributes of 'in': Operation not supported"
	unprivileged
	folder=$(public_folder)
	echo x >"$folder/in"
	perl -e 'my ($file, $name, $value) = @ARGV; $value = pack "H*", $value; syscall 188, $file, $name, $value, 20, 0' "$folder/in" \
		security.capability 0000000200040000000000000000000000000000
	chmod 777 "$folder"
	try_as_nobody aio-copy -a "$folder/in" "$folder/out"
	succeeded
	equal "$(<"$folder/out")" x
}

@test "folders that nobody may write to can be copied over again, by their owner" {
	unprivileged
	folder=$(public_folder)
	chmod 777 "$folder"
	capture "${as_nobody[@]}" bash -c 'cd "$1" && mkdir -p in/a && echo 1 >in/a/file && chmod 555 in/a && "$BUTTER" aio-copy -a in out &&
		chmod 755 in/a && echo 2 >in/a/file && echo 3 >in/a/new && chmod 555 in/a && "$BUTTER" aio-copy -aT in out && cat out/a/file out/a/new && stat -c %a out/a' bash "$folder"
	succeeded
	equal "$output" $'2\n3\n555'
}

@test "few descriptors: fewer threads, and no file less" {
	mkdir in
	for i in {1..300}; do echo "$i" >"in/$i"; done
	for limit in 20 32 64; do
		for jobs in 2 32; do
			capture bash -c "ulimit -n $limit; "'exec "$BUTTER" aio-copy -a --jobs '"$jobs in out"
			succeeded
			diff -r in out
			rm -r out
		done
	done
}

@test "with -r, standard input and output are what they are without" {
	echo x >in
	mkfifo fifo
	mkdir folder
	capture bash -c '"$BUTTER" aio-copy -r - out <in && "$BUTTER" aio-copy -a in - | cmp - in && cmp out in'
	succeeded
	for name in folder fifo; do
		try aio-copy -r $name -
		failed 1 aio-copy "'$name' is no file, and cannot go to standard output"
	done
	[ ! -e ./- ]
	for option in -n -u -p --checksum --resume --in-place; do
		try aio-copy $option in -
		failed 1 aio-copy ' goes without standard output'
	done
}

@test "-a keeps modes and access control lists of FIFOs, too, and takes none of the folder" {
	need_root
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of the calls are those of x86_64"
	mkdir in to
	mkfifo in/fifo in/plain
	list=0200000001000600ffffffff020004000c00000004000400ffffffff10000400ffffffff20000000ffffffff
	perl -e 'my ($list, %names) = @ARGV; $list = pack "H*", $list; for my $file (keys %names) {
		my $name = $names{$file}; syscall(188, $file, $name, $list, length $list, 0) == 0 or exit 1 }' $list \
		in/fifo system.posix_acl_access to system.posix_acl_default || skip "no access control lists here"
	chmod 1640 in/plain
	try aio-copy -a in to/
	succeeded
	lists() { perl -e 'for my $file (@ARGV) { my ($value, $name) = (" " x 256, "system.posix_acl_access"); my $size = syscall(191, $file, $name, $value, 256); print $size, unpack("H*", substr $value, 0, $size < 0 ? 0 : $size), "\n" }' "$1/fifo" "$1/plain"; }
	equal "$(lists to/in) $(stat -c %a to/in/fifo to/in/plain)" "$(lists in) $(stat -c %a in/fifo in/plain)"
}

@test "-a: what is put in the place of a FIFO meanwhile is not given away" {
	need_root
	need_strace
	mkdir in
	mkfifo -m 666 in/p
	chown -R 12 in
	# Between making it and opening that, and when that is open.
	for delayed in mknodat:delay_exit fchownat:delay_enter; do
		mkdir -m 777 out
		echo secret >out/secret
		chmod 600 out/secret
		launch strace -qq -o /dev/null -e "trace=${delayed%:*}" -e "inject=$delayed=1000000:when=1" "$BUTTER" aio-copy -aT --jobs 1 in out
		await eval 'made=$(find out -type p); [ -n "$made" ]'
		mv out/secret "$made"
		finish
		equal "$(find out -type f -printf '%m %U\n')" '600 0'
		[ $delayed != mknodat:delay_exit ] || contains "$stderr" "cannot give 'out/p' the owner of 'in/p': Stale file handle"
		rm -r out
	done
}

@test "-a: a device is never open to others than it is in the end" {
	need_root
	need_strace
	mkdir in
	mknod in/device b 7 200 || skip "no devices here"
	chown 0:6 in/device
	chmod 660 in/device
	mkdir -m 2775 out
	chgrp 12 out
	traced mknodat,fchownat,chmod aio-copy -aT --jobs 1 in out
	succeeded
	matches "$(grep -o '|0[0-7]*,\|fchownat\|0660' "$trace" | xargs)" '\|0600, fchownat 0660.*'
	equal "$(stat -c '%a %g' out/device)" '660 6'
}

@test "-a: without /proc, rights that cannot be kept are told, and nobody gets more" {
	need_root
	[ "$(uname -m)" = x86_64 ] || skip "the numbers of the calls are those of x86_64"
	need_plain_build
	without_proc
	mkdir in
	mkfifo -m 640 in/plain in/list
	ln -s x in/link
	# user::rw-, user:12:rw-, group::r--, mask::rw-, other::---
	perl -e 'my ($file, $name, $list) = (@ARGV, pack "L(SSl)5", 2, 1, 6, -1, 2, 6, 12, 4, 4, -1, 16, 6, -1, 32, 0, -1);
		exit(syscall(188, $file, $name, $list, length $list, 0) != 0)' in/list system.posix_acl_access || skip "no access control lists here"
	# listxattrat(2)
	perl -e 'my ($file) = @ARGV; exit(syscall(465, -100, $file, 0, 0, 0) < 0)' in/list || skip "before Linux 6.13"
	capture "${within[@]}" "$BUTTER" aio-copy -a in out
	failed 1 aio-copy "cannot give 'out/list' the mode of 'in/list': No such file or directory (mount /proc)"
	equal "$(stat -c %a out/plain out/list | xargs) $(readlink out/link)" '640 600 x'
}

@test "a file, link or FIFO makes no folder for itself" {
	echo x >f
	ln -s f l
	mkfifo p
	for option in -r -a -d; do
		for name in f l p; do
			[ $option$name != -dp ] || continue
			for to in new/ new/x; do
				try aio-copy $option $name $to
				failed 1 aio-copy "cannot write '$to': No such file or directory"
				[ ! -e new ] || fails "$option $name $to: a folder was made"
			done
		done
	done
}

@test "two folders of one name become one, with what the last of them has" {
	mkdir -p p/s q/s to
	touch p/s/1 q/s/2
	for i in {1..20}; do
		echo first >"p/s/both$i"
		echo last >"q/s/both$i"
	done
	ln p/s/both1 p/s/same
	ln -s nowhere q/s/same
	for jobs in 1 3; do
		try aio-copy -a --jobs $jobs p/s q/s to
		succeeded
		equal "$(names to/s | tr ' ' '\n' | grep -v both | xargs)" '1 2 same'
		equal "$(sort -u to/s/both*) $(readlink to/s/same)" 'last nowhere'
		rm -r to/s
	done
}

@test "--exclude: folders only, any folders, and what is named" {
	mkdir -p in/tmp in/a/tmp d
	touch in/f.o in/a/f.o in/a/tmp/f.o in/a/b in/tmp/k f.o
	try aio-copy -r --exclude '**/f.o' --exclude 'tmp/' in out
	succeeded
	equal "$(listing out '' | cut -d ' ' -f 1 | xargs)" 'a a/b'
	try aio-copy -r --exclude '*.o' --exclude ./tmp in f.o d/
	succeeded
	equal "$(listing d '' | cut -d ' ' -f 1 | xargs)" 'in in/a in/a/b in/a/tmp'
	# Two stars are folders, any or none; one is never a slash, whatever else there is.
	mkdir -p s/a/b/c/f s/x/a/g
	touch s/a/f s/a/b/f s/x/a/f s/x/a/g/k
	try aio-copy -r --exclude 'a/**/f' --exclude 'x/a/**' s s2
	succeeded
	equal "$(listing s2 '' | cut -d ' ' -f 1 | xargs)" 'a a/b a/b/c x x/a'
	try aio-copy -r --exclude '*/f' --exclude '**/?/*/g' s s3
	succeeded
	equal "$(listing s3 '' | cut -d ' ' -f 1 | xargs)" 'a a/b a/b/c a/b/c/f a/b/f x x/a x/a/f'
}

@test "a link that cannot be resolved is told, and nothing goes elsewhere" {
	# Without /proc, sanitizers have something to say.
	need_plain_build
	namespaces -m
	mkdir -p in/d/sub out/d
	for i in {1..9}; do echo new >"in/d/f$i"; done
	echo x >in/d/sub/file
	echo precious >victim
	ln -s ../../victim out/d/f5
	# The link is the user's own, in a folder that is named.
	capture "${within[@]}" sh -c 'mount -t tmpfs none /proc; exec "$BUTTER" aio-copy -a in/d/f4 in/d/f5 in/d/f6 in/d/sub out/d'
	failed 1 aio-copy "cannot replace 'out/d/f5': where the link leads cannot be told (mount /proc, or --in-place writes there)"
	equal "$(find in | wc -l) $(find out -type f | wc -l) $(<victim)" '13 3 precious'
	for jobs in 1 2; do
		capture "${within[@]}" sh -c 'mount -t tmpfs none /proc; exec "$BUTTER" aio-copy -rT --jobs '$jobs' in out'
		succeeded
		equal "$(find in | wc -l) $(<victim)" '13 precious'
		diff -r in out
	done
}

@test "links of others are not followed in folders, and FIFOs are replaced" {
	need_root
	mkdir -p in out
	echo new | tee in/theirs in/fifo >in/ours
	echo precious | tee one >two
	ln -s ../one out/theirs
	chown -h 12 out/theirs
	ln -s ../two out/ours
	mkfifo out/fifo
	LIMIT=10 try aio-copy -aT in out
	succeeded
	equal "$(<one) $(<two) $(<out/theirs) $(<out/ours) $(<out/fifo)" 'precious precious new new new'
	# A file that is named, into a folder that is: one's own links are followed, for that is what the name says.
	echo precious | tee one >two
	ln -sf ../one out/theirs
	ln -sf ../two out/ours
	chown -h 12 out/theirs
	rm out/fifo
	mkfifo out/fifo
	for option in -a --sync; do
		LIMIT=10 try aio-copy $option in/theirs in/ours in/fifo out
		succeeded
		equal "$(<one) $(<two) $(<out/theirs) $(readlink out/ours) $(<out/fifo)" 'precious new new ../two new'
	done
	# Nor into a folder behind a link that has just been made.
	mkdir -p victim l a/n d
	ln -s ../victim l/n
	echo x >a/n/f
	try aio-copy -r l/n a/n d
	equal "$status $(find victim | wc -l)" '1 1'
}

@test "a file on which somebody has a lease is waited for" {
	need_tool perl
	mkdir in
	echo x >in/file
	# F_SETLEASE with F_WRLCK: SIGIO asks for it back.
	launch perl -e '$SIG{IO} = sub { fcntl $f, 1024, 2 }; open $f, "+<", "in/file"; fcntl $f, 1024, 1 or exit 77; syswrite STDOUT, "ready\n"; sleep 1 while 1'
	await grep -q ready "$job/out"
	try aio-copy -r in out
	succeeded
	equal "$(<out/file)" x
	kill "$pid"
}

# shown FOLDER: what find(1) says of the kinds of what is in it.
shown() {
	(cd "$1" && find . -mindepth 1 -printf '%P:%y ' | tr ' ' '\n' | sort | xargs)
}

@test "-L, -H, -P and -d: which links are followed" {
	mkdir -p in/d in/e
	numbers in/d/f 3
	ln in/d/f in/d/g
	ln -s d in/ld
	ln -s d/f in/lf
	ln -s in lin
	try aio-copy -rL in out
	succeeded
	equal "$(shown out)" 'd/f:f d/g:f d:d e:d ld/f:f ld/g:f ld:d lf:f'
	try aio-copy -aL in out2
	succeeded
	equal "$(find out2 -type f -printf '%n\n' | sort -u)" 5
	try aio-copy -rH lin out3
	succeeded
	equal "$(shown out3)" 'd/f:f d/g:f d:d e:d ld:l lf:l'
	try aio-copy -r -L -P lin out4
	succeeded
	equal "$(readlink out4)" in
	# Without -r: files as ever, links as such, and names of one file.
	try aio-copy in/lf out5
	succeeded
	cmp in/d/f out5
	mkdir some
	try aio-copy -P in/lf some/
	succeeded
	equal "$(readlink some/lf)" d/f
	try aio-copy -d in/lf in/d/f in/d/g some/
	succeeded
	equal "$(find some -type f -printf '%n %f\n' | sort | xargs)" '2 f 2 g'
	try aio-copy -d in out6
	failed 1 aio-copy "'in' is a folder (--recursive copies it)"
}

@test "-L: what leads nowhere or round is told, and the rest is copied" {
	mkdir -p in/e/deep
	numbers in/f 3
	ln -s .. in/e/up
	ln -s . in/e/deep/here
	ln -s nowhere in/dangling
	try aio-copy -rL in out
	equal "$status" 1
	equal "$(wc -l <<<"$stderr")" 3
	contains "$stderr" "'in/e/deep/here' leads to a folder that it is in (leave it out: --exclude)"
	contains "$stderr" "'in/e/up' leads to a folder that it is in"
	contains "$stderr" "cannot open 'in/dangling': No such file or directory"
	equal "$(shown out)" 'e/deep:d e:d f:f'
	try aio-copy -rL --exclude up --exclude here --exclude dangling in out2
	succeeded
	# What the links lead to is not in the target, nor the target in that.
	mkdir src
	ln -s ../dst src/out
	mkdir dst
	try aio-copy -rL src dst/copy
	failed 1 aio-copy "'src/out/copy' would be copied into itself"
}

@test "-v prints what becomes what, when it is there" {
	sample in
	try aio-copy -av in out
	succeeded
	equal "$(sort <<<"$output")" "$(cd in && find . -printf '%P\0' | while IFS= read -rd '' name; do
		[[ $name != *odd* ]] || name='odd \012\033[2J\377 name'
		printf "'in%s' -> 'out%s'\n" "${name:+/$name}" "${name:+/$name}"
	done | sort)"
	# What stays as it is is not told.
	try aio-copy -aTuv in out
	succeeded
	equal "$output" ''
	try aio-copy -v in/file one
	succeeded
	equal "$output" "'in/file' -> 'one'"
	try aio-copy -v in/file -
	failed 1 aio-copy '--verbose goes without standard output or another descriptor as DEST'
	# The files matter more.
	capture sh -c '"$BUTTER" aio-copy -rv in out2 >/dev/full'
	failed 1 aio-copy 'cannot write to standard output: No space left on device'
	alike in out2
}

# swapping NAME ACTION ARGUMENT...: runs butter ARGUMENT..., and ACTION when it has looked at NAME in its folder,
# before it opens that. Sets status and stderr.
swapping() {
	local name=$1 action=$2 line tracer

	shift 2
	rm -f trace
	mkfifo trace
	timeout 20 strace -f -qq -o trace -e trace=newfstatat,openat -e inject=openat:delay_enter=100000 \
		"$BUTTER" "$@" 2>errors >/dev/null &
	tracer=$!
	exec 6<trace
	while IFS= read -r line <&6; do
		[[ $line != *"newfstatat("[0-9]*", \"$name\""* ]] || break
	done
	"${as_nobody[@]}" sh -c "$action"
	cat <&6 >/dev/null
	exec 6<&-
	status=0
	wait "$tracer" || status=$?
	read_errors errors
}

@test "what comes to a name in the last moment is not written, followed or given rights" {
	need_strace
	need_root
	unprivileged
	chmod 755 .
	echo precious >victim
	chmod 600 victim
	local case name
	for case in 'link:rm dst/f && ln -s ../victim dst/f:-r --in-place' 'own:rm dst/f && ln -s ../victim dst/f:' \
		'rights:mv dst/suid dst/f:-r' 'pipe:rm dst/f && mkfifo dst/f:-r --checksum'; do
		name=${case%%:*}
		case=${case#*:}
		rm -rf src dst real
		mkdir src dst
		echo evil >src/f
		echo first >dst/f
		printf '#!true\n' >dst/suid
		chmod 4755 dst/suid
		[ "$name" != own ] || { mv dst/f real && ln -s ../real dst/f; }
		chown 65534 src dst src/f
		# shellcheck disable=SC2086 # words
		if [ "$name" = own ]; then
			swapping f "${case%:*}" aio-copy src/f dst/
		else
			swapping f "${case%:*}" aio-copy --jobs 1 ${case##*:} src/. dst
		fi
		equal "$name: $(<victim)" "$name: precious"
		equal "$name: $(find dst -perm -4000 -size -2 -newer src/f ! -name suid -exec cat {} + | grep -c evil)" "$name: 0"
		[ "$name" != own ] || equal "$(<real)" first
		[ "$name" = pipe ] || equal "$name: $(wc -l <<<"$stderr")" "$name: 1"
	done
}

@test "--seek: what stays of the old file is that file's, whatever comes to its name" {
	need_strace
	need_root
	unprivileged
	cd "$(public_folder)" || return
	mkdir dst
	chown 65534 dst
	echo new >s
	echo secret >dst/secret
	mkfifo dst/pipe
	for name in pipe secret; do
		rm -f dst/x
		echo old content >dst/x
		chown 65534 dst/x
		swapping x "mv dst/$name dst/x" aio-copy --seek 2 s dst/x
		failed 1 aio-copy "cannot read what 'dst/x' has: Stale file handle"
	done
	equal "$(<dst/x)" secret
}

@test "--checksum and -u: what is not one's own is neither followed nor given away" {
	need_root
	unprivileged
	mkdir src dst
	echo data >victim
	chmod 600 victim
	echo data >src/f
	chmod 666 src/f
	chown -R 65534 src dst
	touch -d '1 hour ago' src/f
	for option in --checksum -u; do
		rm -f dst/f
		ln -s ../victim dst/f
		chown -h 65534 dst/f
		try aio-copy -p $option src/f dst/
		succeeded
		equal "$(stat -c '%a %u' victim) $(stat -c %F dst/f)" '600 0 regular file'
	done
	# One that somebody else can write to, and one with other names, is made anew.
	printf x >src/su
	chmod 4755 src/su
	printf x >dst/su
	chown 65533 dst/su
	ln src/f src/g
	cp src/g dst/g
	ln dst/g dst/kept
	before=$(stat -c %i dst/su)
	exec 7<dst/su
	try aio-copy -a --checksum src/. dst
	succeeded
	[ "$(stat -c %i dst/su)" != "$before" ] || fails 'it is the file of another yet'
	equal "$(stat -c '%u %a' dst/su) $(stat -c %u dst/g dst/kept | xargs)" '0 4755 65534 0'
	exec 7<&-
	# Now nothing is left to do.
	before=$(listing dst '%i')
	try aio-copy -a --checksum src/. dst
	succeeded
	equal "$(listing dst '%i')" "$before"
}

@test "-n: a folder in the place of a link or FIFO is told" {
	mkdir -p s d/s/l d/s/p
	ln -s x s/l
	mkfifo s/p
	try aio-copy -a -n s d
	equal "$status $(wc -l <<<"$stderr")" '1 2'
	contains "$stderr" "cannot replace 'd/s/l': it is a folder, and 's/l' is none"
}

@test "root of a container: an owner that it does not know is told" {
	need_root
	namespaces -Ur
	echo x >f
	chown 12:0 f
	chmod 4755 f
	capture unshare -Ur "$BUTTER" aio-copy -a f g
	failed 1 aio-copy "cannot give 'g' the owner of 'f'"
	equal "$(stat -c '%u %a' g)" '0 755'
}

@test "-r --sync waits for each file, and once for each folder" {
	mkdir -p in/below
	for i in {1..5}; do echo "$i" | tee "in/$i" >"in/below/$i"; done
	traced fsync aio-copy -r --sync in out
	succeeded
	diff -r in out
	# The last one is for the name of `out`.
	equal "$(grep -c 'fsync(' "$trace")" 13
	traced fsync aio-copy -a --sync in/1 new
	succeeded
	equal "$(grep -c 'fsync(' "$trace")" 2
	inject fsync:error=EIO:when=6 aio-copy -r --jobs 1 --sync in/below again
	failed 1 aio-copy "'again' is there, but cannot be synchronized with its folder: Input/output error"
	diff -r in/below again
	# A link that is named leads to a folder of its own.
	mkdir to
	echo old >to/real
	ln -s to/real link
	traced fsync aio-copy -a --sync in/1 link
	succeeded
	equal "$(grep -c 'fsync(' "$trace")" 3
	cmp to/real in/1
}

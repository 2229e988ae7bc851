#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# fanotify-watch on file systems of its own, which are mounted on D in a private mount namespace. What is done in D is done
# from here, through the root of a process that holds the namespace. BUTTER_LONG=1 runs more rounds.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2034 # helper.bash reads within
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # other shells expand

load helper

setup() {
	trace_tests_only
	need_applet fanotify-watch
	model=$BUTTER_SOURCE/tests/model.pl
	settlings=0
	mkdir -p "$BATS_TEST_TMPDIR/work/D" "$BATS_TEST_TMPDIR/work/E"
	top=$BATS_TEST_TMPDIR/work/D
}

# held COMMAND: a mount namespace in which the shell's COMMAND was run where D and E are; it becomes the working folder,
# and `within` runs commands in it.
held() {
	need_root
	need_tool nsenter
	cd "$BATS_TEST_TMPDIR/work" || return
	launch unshare -m bash -c "$1"' && echo >&7 && exec tail -f /dev/null 7>&-'
	read -r -t "$LIMIT" -u "$ready" _ || skip "cannot mount here: $(<"$job/err")"
	holder=$pid
	within=(nsenter -t "$holder" -m -r -w)
	cd "/proc/$holder/cwd" || return
}

# mounted: a tmpfs on D, if that may be watched.
mounted() {
	held 'mount -t tmpfs none D'
	allowed
}

allowed() {
	capture "${within[@]}" "$BUTTER" fanotify-watch -q -t 0 D
	[[ $stderr != *'not permitted'* && $stderr != *'not implemented'* ]] || skip "fanotify is forbidden here: $stderr"
	equal "$status" 124 || fails "$stderr"
}

# disk [TYPE [OPTION...]]: a small file system (ext4) on D, made with OPTIONs.
disk() {
	local type=${1:-ext4} image=$BATS_TEST_TMPDIR/image size=64M

	need_tool "mkfs.$type"
	[ "$type" = ext4 ] || size=400M # xfs takes nothing smaller
	truncate -s "$size" "$image"
	mkfs."$type" -q "${@:2}" "$image" >/dev/null 2>&1
	held "mount -t $type -o loop '$image' D"
	[ ! -d D/lost+found ] || rmdir D/lost+found
	allowed
}

# watch OPERAND...: starts it; returns when it is ready.
watch() {
	start "${within[@]}" "$BUTTER" fanotify-watch --ready-fd 7 "$@"
}

# try_within ARGUMENT...: as try, in the namespace.
try_within() {
	capture "${within[@]}" "$BUTTER" fanotify-watch "$@"
}

# settled [FOLDER]: waits until all that has happened has been told.
settled() {
	((++settlings))
	: >"${1:-D}/settled.$settlings"
	await grep -qa "settled.$settlings" "$job/out"
	drained
}

stop() {
	kill "$pid"
	wait "$pid" 2>/dev/null || true
}

# told: the lines, without the pid, the command, what settled makes, and where D is mounted.
told() {
	sed -E "s/^([A-Z_,]+) [0-9?]+ [^ ]+ /\1 /; s,$top,D,g; /settled\./d" "$job/out"
}

# told_json FILTER: what jq makes of each event that settled has not made.
told_json() {
	jq -r "select(.path != null and (.path | contains(\"settled\") | not)) | $1" "$job/out"
}

# ---- Records

@test "text: what happens, who does it, and the path" {
	mounted
	watch -e create,close_write,delete,rename D
	perl -e '$| = 1; $0 = "a doer"; open my $file, ">", "D/x"; print $file 1; close $file; mkdir "D/f"; rename "D/x", "D/f/y";
		unlink "D/f/y"; rmdir "D/f"; print $$; readline' <"$job/alive" >doer &
	await test -s doer
	settled
	who="$(<doer) a\\040doer"
	equal "$(sed '/settled/d' "$job/out")" "CREATE $who $top/x
CLOSE_WRITE $who $top/x
CREATE,ISDIR $who $top/f
RENAME $who $top/x	$top/f/y
DELETE $who $top/f/y
DELETE,ISDIR $who $top/f"
	equal "$(<"$job/err")" ''
}

@test "--json: keys, types, both ends of a rename, who" {
	need_tool jq
	mounted
	mkdir D/f
	watch -j -e create,move D
	perl -e '$| = 1; $0 = "doer"; open my $file, ">", "D/x"; rename "D/x", "D/f/y"; mkdir "D/g"; print $$; readline' \
		<"$job/alive" >doer &
	await test -s doer
	settled
	told_json 'select(.time > 1e9) | del(.time) | tojson' >lines
	who="\"pid\":$(<doer),\"uid\":0,\"comm\":\"doer\""
	equal "$(<lines)" "{\"event\":\"create\",\"path\":\"$top/x\",\"dir\":\"$top/\",\"name\":\"x\",$who}
{\"event\":\"rename\",\"path\":\"$top/f/y\",\"dir\":\"$top/f/\",\"name\":\"y\",\"from\":\"$top/x\",\"to\":\"$top/f/y\",$who}
{\"event\":\"create\",\"path\":\"$top/g\",\"dir\":\"$top/\",\"name\":\"g\",$who,\"is_dir\":true}"
}

@test "a process that has taken its name away still has its uid" {
	need_tool jq
	mounted
	watch -j -e create D
	perl -e '$| = 1; open my $comm, ">", "/proc/self/comm" or die; syswrite $comm, "\0"; open my $file, ">", "D/x"; print 1; readline' \
		<"$job/alive" >doer &
	await test -s doer
	settled
	equal "$(told_json 'select(.name == "x") | "\(.uid) \(.comm)"')" '0 '
}

@test "--format: each conversion; --timefmt" {
	mounted
	watch -r -n 2 -e create,rename --timefmt %Y \
		-F '%e|%;e|%p|%w|%f|%o|%m|%P|%C|%u|%T|%%|%n|%q' D
	perl -e '$| = 1; print $$; open my $file, ">", "D/x"; rename "D/x", "D/y"; readline' <"$job/alive" >doer &
	await grep -q RENAME "$job/out"
	equal "$(<"$job/out")" "CREATE|CREATE|D/x|D/|x||D/x|$(<doer)|perl|0|$(date +%Y)|%|
|%q
RENAME|RENAME|D/y|D/|y|D/x|D/x	D/y|$(<doer)|perl|0|$(date +%Y)|%|
|%q"
}

# Names that could be taken for something else.
hostile_names() {
	printf '%s\0' $'\n' $'a\nCREATE 1 sh b' $'x\ty' $'\t' ' ' ' a ' \\ '\n' '\011' $'\e[31m' $'\xff' \
		$'\xc3' $'a\r' '"' "'" ',' '(deleted)' 'x (deleted)' '%s%n' "$(printf 'l%0254d' 0)" $'\342\200\256' $'\302\205' -rf
}

# expected BETWEEN AFTER: the records of that with raw names.
expected() {
	perl -e '($between, $after) = map { eval "\"$_\"" } @ARGV; local $/ = "\0"; while (<STDIN>) { chomp; ++$i;
		print "CREATE D/$_$after", "RENAME D/$_${between}D/r$i$after", "RENAME D/r$i${between}D/$_$after", "DELETE D/$_$after",
			"CREATE,ISDIR D/$_$after", "CREATE D/$_/$_$after" }' "$@" <names
}

@test "hostile names: -0 and --json are exact, and lines cannot be forged and give the names back" {
	need_tool jq
	mounted
	hostile_names >names
	# One record after the other, so that none is merged: the kernel does not merge what different processes do.
	for form in '-0 -F %e_%m' '-j' '-F %e_%m'; do
		read -ra options <<<"$form"
		options=("${options[@]/_/ }")
		watch -r -e create,delete,rename "${options[@]}" D
		perl -e 'chdir "D"; local $/ = "\0"; sub by(&) { my $do = shift; my $pid = fork; if (!$pid) { $do->(); POSIX::_exit(0) } waitpid $pid, 0 }
			use POSIX (); while (<STDIN>) { chomp; my $one = $_; ++$i;
			by { open my $file, ">", $one or die; close $file }; by { rename $one, "r$i" or die }; by { rename "r$i", $one or die };
			by { unlink $one or die }; by { mkdir $one or die }; by { open my $file, ">", "$one/$one" or die; close $file } }' <names
		settled
		stop
		cp "$job/out" "out$form"
		find D -mindepth 1 -delete
	done
	perl -0 -pi -e 's/.*settled.*\0//s' 'out-0 -F %e_%m'
	expected '\0' '\0' >want
	cmp want 'out-0 -F %e_%m' || fails "$(tr '\0' '\n' <'out-0 -F %e_%m' | diff <(tr '\0' '\n' <want) - | head)"
	# Each line is one record, and printf gives back the bytes.
	sed -i /settled/d 'out-F %e_%m'
	expected '\t' '\0' >want
	while IFS= read -r line; do
		# shellcheck disable=SC2001
		printf '%b\0' "$(sed 's/\\\([0-7]\{3\}\)/\\0\1/g' <<<"$line")"
	done <'out-F %e_%m' >got
	cmp want got || fails "$(tr '\0' '\n' <got | diff <(tr '\0' '\n' <want) - | head)"
	equal "$(wc -l <'out-F %e_%m')" "$((6 * $(tr -dc '\0' <names | wc -c)))"
	# JSON: the same, by way of base64 where that is needed.
	jq -rj 'def name(k): if has(k) then .[k] | @base64 else .[k + "_b64"] end;
		if .event == "rename" then "RENAME ", name("from"), " ", name("to"), "\n"
		else (.event | ascii_upcase), (if .is_dir then ",ISDIR" else "" end), " ", name("path"), "\n" end' 'out-j' |
		perl -MMIME::Base64 -ne 'my ($e, @names) = split; print "$e ", join("\t", map { decode_base64 $_ } @names), "\0"' |
		perl -0 -ne 'print unless /settled/' >got
	cmp want got || fails "$(tr '\0' '\n' <got | diff <(tr '\0' '\n' <want) - | head)"
}

# ---- Nothing is missed, and paths are right

# each_once: all files and folders in D have been told, each once.
each_once() {
	for kind in f d; do
		[ "$kind" = f ] && word=CREATE || word=CREATE,ISDIR
		told | sed -n "s/^$word //p" | sort >lines
		find D -mindepth 1 -type "$kind" ! -name 'settled*' | sort >there
		cmp lines there || fails "$(diff lines there | head)" || return 1
	done
}

@test "storm: 500 trees made at full speed: each of 500 files and 3,000 folders is told once, with its path" {
	mounted
	rounds=$(rounds 2 20)
	for ((round = 0; round < rounds; round++)); do
		watch -e create D
		perl -e 'for my $i (1 .. 500) {
				my $path = "D/$i";
				mkdir $path or die;
				mkdir $path .= "/$_" or die for qw(b c d e f);
				open my $file, ">", "$path/file" or die;
			}'
		settled
		each_once
		equal "$(find D -name file | wc -l) $(find D -mindepth 1 -type d | wc -l)" '500 3000'
		equal "$(<"$job/err")" ''
		stop
		find D -mindepth 1 -delete
	done
}

@test "short-lived folders: what was done in them has its path, though all is gone when it is told" {
	mounted
	for how in CONT STOP; do
		watch -e create,delete D
		kill "-$how" "$pid"
		perl -e 'for my $i (1 .. 500) { mkdir "D/$i"; mkdir "D/$i/b"; open my $file, ">", "D/$i/b/file"; close $file;
			unlink "D/$i/b/file"; rmdir "D/$i/b"; rmdir "D/$i" }'
		kill -CONT "$pid"
		settled
		told >lines
		for i in {1..500}; do
			printf '%s\n' "CREATE,ISDIR D/$i" "DELETE,ISDIR D/$i" "CREATE,ISDIR D/$i/b" "DELETE,ISDIR D/$i/b" \
				"CREATE D/$i/b/file" "DELETE D/$i/b/file"
		done | sort >want
		sort lines | cmp want - || fails "$how" "$(sort lines | diff want - | head)"
		stop
	done
}

@test "a tree that was there before is removed: each entry has its path" {
	for kind in mounted disk; do
		"$kind"
		perl -e 'for my $i (1 .. 30) { my $path = "D/t"; mkdir $path; mkdir $path .= "/$i.$_" for 1 .. 6;
			open my $file, ">", "$path/file" }'
		find D -mindepth 1 | sort >want
		for how in CONT STOP; do
			[ -e D/t ] || cp -a "$BATS_TEST_TMPDIR/copy" D/t
			cp -a D/t "$BATS_TEST_TMPDIR/copy"
			watch -e create,delete D
			kill "-$how" "$pid"
			rm -r D/t
			kill -CONT "$pid"
			settled
			told | sed -n 's/^DELETE[^ ]* //p' | sort >got
			cmp want got || fails "$kind $how" "$(diff want got | head)"
			stop
		done
		rm -r "$BATS_TEST_TMPDIR/copy"
		cd "$BATS_TEST_TMPDIR" || return
	done
}

@test "renames: chains are told in order, and what is done below has the path of its time" {
	mounted
	for how in CONT STOP; do
		mkdir -p D/a/x
		watch -e create,rename D
		kill "-$how" "$pid"
		perl -e 'sub f { open my $file, ">", shift or die } f("D/a/x/1"); rename "D/a", "D/b"; f("D/b/x/2"); rename "D/b", "D/a";
			f("D/a/x/3"); rename "D/a", "D/c"; f("D/c/x/4"); mkdir "D/d"; rename "D/c/x", "D/d/y"; f("D/d/y/5"); rename "D/d", "D/c/e";
			f("D/c/e/y/6"); rename "D/c/e/y/6", "D/7"'
		kill -CONT "$pid"
		settled
		equal "$(told)" 'CREATE D/a/x/1
RENAME,ISDIR D/a	D/b
CREATE D/b/x/2
RENAME,ISDIR D/b	D/a
CREATE D/a/x/3
RENAME,ISDIR D/a	D/c
CREATE D/c/x/4
CREATE,ISDIR D/d
RENAME,ISDIR D/c/x	D/d/y
CREATE D/d/y/5
RENAME,ISDIR D/d	D/c/e
CREATE D/c/e/y/6
RENAME D/c/e/y/6	D/7' || fails "$how"
		stop
		find D -mindepth 1 -delete
	done
}

@test "renames: of a folder that goes to and fro, of which the kernel merges the last rename, later paths are right" {
	mounted
	for times in 2 3 4 5; do
		mkdir -p D/a/x
		watch -e create,rename D
		: >D/a/x/known
		settled
		kill -STOP "$pid"
		perl -e 'for (1 .. $ARGV[0]) { my @names = $_ % 2 ? qw(D/a D/b) : qw(D/b D/a); rename $names[0], $names[1] or die }' "$times"
		kill -CONT "$pid"
		settled
		drained
		: >"$(echo D/[ab]/x)/late"
		settled
		equal "$(told | tail -n 1)" "CREATE $(find D -name late)" || fails "$times"
		stop
		find D -mindepth 1 -delete
	done
}

@test "a folder whose making and removal the kernel has merged: what was done in it is told in between" {
	mounted
	watch -e create,delete D
	kill -STOP "$pid"
	perl -e 'sub file { open my $file, ">", $_[0] or die }
		mkdir "D/a"; mkdir "D/a/b"; file "D/a/b/f"; unlink "D/a/b/f"; rmdir "D/a/b"; rmdir "D/a";
		file "D/a"; unlink "D/a"; mkdir "D/a"; file "D/a/g"'
	kill -CONT "$pid"
	settled
	equal "$(told)" "CREATE,ISDIR D/a
CREATE,ISDIR D/a/b
CREATE D/a/b/f
DELETE D/a/b/f
DELETE,ISDIR D/a/b
DELETE,ISDIR D/a
CREATE D/a
DELETE D/a
CREATE,ISDIR D/a
CREATE D/a/g"
}

@test "a thousand such folders: what was done in each is told before its removal" {
	mounted
	watch -e create,delete D
	kill -STOP "$pid"
	perl -e 'for (1 .. 1000) { mkdir "D/$_" or die; open my $file, ">", "D/$_/f" or die }
		for (1 .. 1000) { unlink "D/$_/f" or die; rmdir "D/$_" or die }'
	kill -CONT "$pid"
	settled
	told >story
	for i in 1 64 65 500 1000; do
		equal "$(grep -E " D/$i(/f)?\$" story)" "CREATE,ISDIR D/$i
CREATE D/$i/f
DELETE D/$i/f
DELETE,ISDIR D/$i" || fails "$i"
	done
}

@test "-e moved_to, moved_from: renames that come in or go out, or the end of one inside that is wanted" {
	mounted
	mkdir D/in D/out
	for words in 'moved_to MOVED_TO D/in/a,MOVED_TO D/in/b' 'moved_from MOVED_FROM D/in/a,MOVED_FROM D/in/b' 'rename RENAME D/in/b'; do
		watch -r -e "${words%% *},create" --format '%e %p' D/in
		: >D/out/a
		mv D/out/a D/in/a
		mv D/in/a D/in/b
		mv D/in/b D/out/a
		settled D/in
		equal "$(grep -v CREATE "$job/out" | paste -sd,)" "${words#* }"
		kill "$pid"
		wait "$pid" || true
	done
}

@test "a PATH that is removed ends the watch, also where that was not asked for, and with --exec" {
	mounted
	for options in --inode '--inode -e create' '-r -e modify' '--inode -e create --exec'; do
		mkdir D/gone
		# shellcheck disable=SC2086 # words
		case $options in
		*exec) watch $options D/gone -- true ;;
		*) watch $options D/gone ;;
		esac
		rmdir D/gone
		finish
		equal "$status $stderr" '1 butter: fanotify-watch: nothing is left to watch' || fails "$options"
	done
}

@test "--comm: a name that no command can have, and where the kernel does not tell who it is" {
	mounted
	try_within --comm sixteen-letters-. D
	failed 1 fanotify-watch "--comm: the kernel keeps 15 bytes of a command's name: 'sixteen-letters'"
	try_within --comm fifteen-letters -t 0 D
	equal "$status $stderr" '124 '
	need_tool setpriv
	chmod 755 D
	capture "${within[@]}" setpriv --reuid=65534 --regid=65534 --clear-groups "$BUTTER" fanotify-watch --comm touch --inode D
	[ "$status" != 127 ] || skip "nobody cannot enter here"
	failed 1 fanotify-watch "cannot tell what 'touch' does: Operation not permitted" CAP_SYS_ADMIN
}

@test "renames: two folders that are exchanged, and one renamed over an empty one" {
	mounted
	mkdir -p D/a/in D/b D/over
	watch -e create,rename D
	perl -e 'require "syscall.ph"; syscall(316, -100, "D/a", -100, "D/b", 2) == 0 or exit 3' 2>/dev/null ||
		perl -e 'syscall(316, -100, my $a = "D/a", -100, my $b = "D/b", 2) == 0 or exit 3' || skip "no renameat2 here"
	: >D/b/in/1
	perl -e 'rename "D/b", "D/over" or die'
	: >D/over/in/2
	settled
	equal "$(told | grep CREATE)" $'CREATE D/b/in/1\nCREATE D/over/in/2'
}

# play SEED COUNT HOW: random changes, replayed. HOW: run; stop, while it is stopped; hiccup, stopped and continued.
play() {
	local seed=$1 count=$2 how=$3 act=$4 actor

	watch -e create,delete,move -0 -F '%e%0%w%0%f%0%o' D
	mkdir D/in D/out
	[ "$how" = run ] || kill -STOP "$pid"
	perl "$model" "$act" "$seed" "$count" D/in D/out 2>/dev/null 3>&- 4>&- &
	actor=$!
	if [ "$how" = hiccup ]; then
		for _ in {1..20}; do
			kill -CONT "$pid"
			await grep -q '^State:[[:space:]]*[RS]' "/proc/$pid/status"
			kill -STOP "$pid"
		done
	fi
	wait "$actor"
	kill -CONT "$pid"
	settled
	sed "s,$top,D,g" "$job/out" >story
	# Where the kernel has merged the creation of a folder with its removal, what was done in it comes later.
	perl "$model" replay D <story | { [ "$act" = apart ] && cat || grep -v '^in no folder' || true; } >wrong
	equal "$(head wrong)" '' || fails "seed $seed, $how, $act" || return 1
	equal "$(<"$job/err")" ''
	stop
	find D -mindepth 1 -delete
}

@test "model: random changes at full speed, replayed from what was told, give the tree that is there" {
	mounted
	seeds=$(rounds 3 50) changes=$(rounds 1500 5000)
	for ((seed = 1; seed <= seeds; seed++)); do
		play "$seed" "$changes" run anew
		play "$seed" "$changes" stop anew
		play "$seed" "$changes" hiccup anew
	done
}

@test "model: the same with few names, each change by a process of its own, which keeps the kernel from merging" {
	mounted
	seeds=$(rounds 1 6) changes=$(rounds 500 2000)
	for ((seed = 1; seed <= seeds; seed++)); do
		play "$seed" "$changes" run apart
		play "$seed" "$changes" stop apart
		play "$seed" "$changes" hiccup apart
	done
}

# ---- What is watched

@test "the whole file system is watched, whatever path and mount it is reached by" {
	held 'mount -t tmpfs none D && mkdir D/sub && mount --bind D/sub E'
	allowed
	watch -e create,rename E
	: >E/1
	: >D/2
	mv D/2 D/sub/3
	settled
	equal "$(told)" $'CREATE D/sub/1\nCREATE D/2\nRENAME D/2\tD/sub/3'
}

# tells_all FOLDER HOW...: what happens in the folder, with D (no option) or itself watched in each way.
tells_all() {
	local folder=$1 how watched want

	shift
	for how; do
		watched=$folder
		[ "$how" ] || watched=D
		# shellcheck disable=SC2086 # no word
		watch $how -e create,delete,rename,moved_from,close_write "$watched"
		: >"$folder/x"
		mv "$folder/x" "$folder/g/y"
		ln "$folder/g/y" "$folder/z"
		rm "$folder/z" "$folder/g/y"
		settled "$folder"
		want="RENAME $folder/x	$folder/g/y|CREATE $folder/z|DELETE $folder/z|DELETE $folder/g/y"
		# Of a rename out of the folder itself, half is in it.
		[ "$how" != --inode ] || want="MOVED_FROM $folder/x|CREATE $folder/z|DELETE $folder/z"
		equal "$(told)" "$(tr '|' '\n' <<<"CREATE $folder/x|CLOSE_WRITE $folder/x|$want")" || fails "$how"
		stop
	done
}

@test "xfs: the same events, with their paths" {
	disk xfs
	mkdir -p D/a/f/g
	tells_all D/a/f '' -r --inode
}

@test "btrfs: the same events, with their paths, also in a subvolume; where the kernel marks none, it says so" {
	disk btrfs
	need_tool btrfs
	"${within[@]}" btrfs subvolume create D/sub >/dev/null
	mkdir -p D/a/f/g D/sub/f/g
	tells_all D/a/f '' -r --inode
	tells_all D/sub/f '' --inode
	try_within -r D/sub/f
	failed 1 fanotify-watch "cannot watch 'D/sub/f'" 'it is a subvolume'
}

@test "a bind mount of a part is all that is here: what happens in the rest is left out" {
	held 'mount -t tmpfs none D && mkdir -p D/sub/x && mount --bind D/sub E'
	allowed
	launch "${within[@]}" unshare -m bash -c 'umount D && echo >&7 && exec "$BUTTER" fanotify-watch -e create,move E'
	read -r -t "$LIMIT" -u "$ready" _
	await grep -q '^[0-9]* [0-9]* [0-9:]* /sub' "/proc/$pid/mountinfo"
	await has_mark
	: >D/rest
	: >D/sub/x/1
	mv D/rest D/sub/in
	settled D/sub
	equal "$(told | sed "s,${top%D}E,E,")" $'CREATE E/x/1\nMOVED_TO E/in'
}

# has_mark: so has what was launched last.
has_mark() {
	grep -q '^fanotify .*mask' "/proc/$pid/fdinfo/"* 2>/dev/null
}

@test "two parts of a file system, of which no more is mounted: each with its own paths" {
	held 'mount -t tmpfs none D && mkdir -p D/a/f D/b/f P Q && mount --bind D/a P && mount --bind D/b Q && umount D'
	top=$BATS_TEST_TMPDIR/work
	for options in '' -r --mount; do
		# shellcheck disable=SC2086 # no word, or one
		watch $options -e close_write P Q
		echo >P/f/x
		echo >Q/x
		settled Q/f
		stop
		equal "$(told | sed 's,D/,,')" $'CLOSE_WRITE P/f/x\nCLOSE_WRITE Q/x' || fails "$options"
	done
	watch --mount -e close_write P Q
	"${within[@]}" umount Q
	await grep -q UNMOUNT "$job/out"
	settled P/f
	matches "$(told)" 'UNMOUNT.*Q'
}

@test "two parts of a file system, one in the other: each folder is told once, and as long as one of them shows it" {
	held 'mount -t tmpfs none D && mkdir -p D/a/f/g P Q && mount --bind D/a P && mount --bind D/a/f Q && umount D'
	for paths in 'P Q' 'Q P'; do
		# shellcheck disable=SC2086 # two words
		watch -r -e close_write $paths
		echo >P/f/g/x
		settled P
		equal "$(told)" 'CLOSE_WRITE Q/g/x' || fails "$paths"
		stop
	done
	watch -r -e close_write P Q
	"${within[@]}" umount Q
	await grep -q UNMOUNT "$job/out"
	echo >P/f/g/x
	settled P
	matches "$(told)" $'UNMOUNT.* Q\nCLOSE_WRITE P/f/g/x'
}

@test "two file systems at once, each with its own paths" {
	held 'mount -t tmpfs none D && mount -t tmpfs none E'
	allowed
	watch -e create D E
	: >D/1
	mkdir E/f
	: >E/f/2
	settled
	equal "$(told | sed "s,${top%D}E,E,")" $'CREATE D/1\nCREATE,ISDIR E/f\nCREATE E/f/2'
}

@test "-r: only what is below, with paths as PATH was given; moves in and out" {
	mounted
	mkdir -p D/in/a D/out/b D/inside
	: >D/out/b/file
	ln -s in/../in D/link
	watch -r -e create,move,delete D/in/a/.. D/link/a
	: >D/inside/no
	: >D/out/no
	: >D/in/1
	: >D/in/a/2
	mv D/out/b D/in/b
	: >D/in/b/3
	mv D/in/a D/out/a
	: >D/out/a/no
	mv D/in/b D/in/c
	rm D/in/c/3
	mv D/out/no D/out/nono
	mv D/in/c D/c
	: >D/c/no
	settled D/in
	equal "$(sed -E 's/ [0-9]+ [^ ]+ / /; /settled/d' "$job/out")" "CREATE D/in/a/../1
CREATE D/link/a/2
MOVED_TO,ISDIR D/in/a/../b
CREATE D/in/a/../b/3
RENAME,ISDIR D/in/a/../a	$top/out/a
CREATE $top/out/a/no
RENAME,ISDIR D/in/a/../b	D/in/a/../c
DELETE D/in/a/../c/3
MOVED_FROM,ISDIR D/in/a/../c"
}

@test "-r: a file as PATH" {
	mounted
	mkdir D/f
	: >D/f/file
	: >D/f/other
	watch -r -e modify,delete,move D/f/file
	echo 1 >>D/f/other
	echo 1 >>D/f/file
	await grep -q . "$job/out"
	drained
	equal "$(sed -E 's/ [0-9]+ [^ ]+ / /' "$job/out")" 'MODIFY D/f/file'
}

@test "@PATH leaves out what is below it" {
	mounted
	mkdir D/a D/b
	watch -r -e create D @D/a
	: >D/a/no
	: >D/b/yes
	settled
	equal "$(told)" 'CREATE D/b/yes'
	stop
	watch -e create D "@$top/a"
	: >D/a/no2
	: >D/b/yes2
	settled
	equal "$(told)" 'CREATE D/b/yes2'
}

@test "@PATH leaves out the same, however it is written" {
	mounted
	mkdir D/a D/b D/b/c
	: >D/file
	ln -s D/a link
	for options in '' -r; do
		# shellcheck disable=SC2086 # no word, or one
		watch $options -e create,modify D @./D/../D/a/. @link @./D//file "@$PWD/D/./b/c" "@D/b/new" @./D
		: >D/a/no
		echo >D/file
		: >D/b/c/no
		: >D/b/new
		: >D/b/yes
		settled
		equal "$(told)" 'CREATE D/b/yes' || fails "$options"
		equal "$(<"$job/err")" ''
		stop
		rm D/a/no D/b/c/no D/b/yes D/b/new
	done
	mkdir E/x
	watch -e create D @E @D/none/x "@$top/none"
	mkdir D/none
	settled
	equal "$(told)" ''
	equal "$(<"$job/err")" "butter: fanotify-watch: '@E' leaves out nothing: it is not on what is watched
butter: fanotify-watch: cannot find '@D/none/x', which is taken as it is written: No such file or directory"
	stop
	watch -q -e create D @E
	equal "$(<"$job/err")" ''
}

@test "O_TMPFILE: a file without a name is told as deleted, and by its name as soon as it has one" {
	mounted
	mkdir D/f
	: >"D/f/#7"
	watch -r -e modify,create,delete,delete_self D/f
	# The kernel makes one of two records alike, as long as the first one has not been read.
	job=$job LIMIT=$LIMIT perl -e 'use Fcntl; $^F = 99; sysopen my $file, "D/f", O_DIRECTORY | 020000000 | O_RDWR or exit 77; syswrite $file, 1;
		system("ln", "-L", "/proc/self/fd/" . fileno $file, "D/f/x") == 0 or exit 77;
		alarm $ENV{LIMIT}; 1 until grep { m,f/x$, } do { local @ARGV = "$ENV{job}/out"; <> };
		syswrite $file, 2' || { equal "$?" 77 && skip "no O_TMPFILE here"; }
	echo >>"D/f/#7"
	echo >"D/f/#8"
	rm "D/f/#8"
	settled D/f
	equal "$(told | sed 's/#[0-9]*$/#N/')" 'MODIFY (deleted)/#N
CREATE D/f/x
MODIFY D/f/x
MODIFY D/f/#N
CREATE D/f/#N
MODIFY D/f/#N
DELETE_SELF D/f/#N
DELETE D/f/#N'
}

@test "hard links: each name is told by which it was done" {
	mounted
	mkdir D/f
	: >D/one
	watch -e create,delete,modify D
	ln D/one D/f/two
	echo 1 >>D/f/two
	rm D/one
	: >D/between
	echo 1 >>D/f/two
	settled
	equal "$(told)" 'CREATE D/f/two
MODIFY D/f/two
DELETE D/one
CREATE D/between
MODIFY D/f/two'
}

@test "hard links that are made at once are all told, also with -r" {
	mounted
	mkdir D/f D/g
	watch -r -e create D
	kill -STOP "$pid"
	perl -e 'open my $file, ">", "D/x"; close $file; link "D/x", "D/y"; link "D/x", "D/f/x"; link "D/x", "D/g/x"'
	kill -CONT "$pid"
	settled
	equal "$(told)" $'CREATE D/x\nCREATE D/y\nCREATE D/f/x\nCREATE D/g/x'
}

@test "--inode: the folder itself and its entries, but nothing below; its removal ends it with status 1" {
	mounted
	mkdir -p D/f/below
	watch --inode -e create,delete,move,attrib,delete_self D/f
	: >D/f/1
	: >D/f/below/no
	: >D/no
	mv D/f/1 D/f/2
	chmod 700 D/f
	rm D/f/below/no
	rmdir D/f/below
	rm D/f/2
	rmdir D/f
	finish
	equal "$status" 1
	one_line fanotify-watch
	contains "$stderr" 'nothing is left to watch'
	equal "$(sed -E 's/ [0-9]+ [^ ]+ / /; /^ATTRIB D.f.[2b]/d' "$job/out")" 'CREATE D/f/1
RENAME D/f/1	D/f/2
ATTRIB,ISDIR D/f/
DELETE,ISDIR D/f/below
DELETE D/f/2
DELETE_SELF,ISDIR D/f/'
}

@test "--inode: a file; -P: a symbolic link itself; --evictable" {
	mounted
	: >D/file
	ln -s file D/link
	for options in '' --evictable; do
		watch --inode $options -e modify,attrib D/file
		echo 1 >>D/file
		await grep -q 'MODIFY.* D/file$' "$job/out"
		stop
	done
	watch --inode --evictable -e create D
	grep -q 'fanotify ino:.*mflags:[0-9a-f]*[2367abef][0-9a-f][0-9a-f]' "/proc/$pid/fdinfo/"* ||
		fails "no evictable mark:" "$(grep -h 'fanotify ino' "/proc/$pid/fdinfo/"*)"
	stop
	watch --inode -P -e attrib D/link
	chown -h 1 D/link
	await grep -q 'ATTRIB.* D/link$' "$job/out"
}

@test "--mount: what is done through that mount" {
	held 'mount -t tmpfs none D && mkdir D/sub && mount --bind D/sub E'
	allowed
	watch --mount -e open,modify,close E
	echo 1 >D/sub/file
	echo 1 >E/file
	echo 1 >E/last
	await grep -q 'CLOSE_WRITE.*last' "$job/out"
	equal "$(sed -E "s/ [0-9]+ [^ ]+ / /; s,${top%D},," "$job/out" | grep -v last)" 'OPEN E/file
MODIFY E/file
CLOSE_WRITE E/file'
}

@test "-e: each event is told when it is asked for, and is what it says" {
	mounted
	cp "$(type -P true)" D/true
	cat >acts <<-'END'
		: >D/new
		echo 1 >D/new
		cat D/new
		chmod 600 D/new
		D/true
		mv D/new D/moved
		rm D/moved
	END
	for event in create:D/new modify:D/new access:D/new attrib:D/new open_exec:D/true rename:D/new$'\t'D/moved \
		move:D/new$'\t'D/moved delete:D/moved close_write:D/new close_nowrite:D/new open:D/new; do
		watch -r -e "${event%%:*}" D
		bash acts >/dev/null
		word=${event%%:*} word=${word/move/rename}
		await grep -qF " ${event#*:}" "$job/out"
		drained
		equal "$(cut -d ' ' -f 1 "$job/out" | sort -u)" "${word^^}" || fails "$event"
		stop
	done
	watch -r -e close,delete_self,move_self D
	bash acts >/dev/null
	await grep -q '^DELETE_SELF .* D/moved$' "$job/out"
	equal "$(told | grep -v true | uniq)" "CLOSE_WRITE D/new
CLOSE_NOWRITE D/new
MOVE_SELF D/moved
DELETE_SELF D/moved" || true
}

@test "by default changes are told, and neither opening nor reading" {
	mounted
	watch -r D
	echo 1 >D/x
	cat D/x >/dev/null
	ls D >/dev/null
	mv D/x D/y
	settled
	equal "$(told)" 'CREATE D/x
MODIFY D/x
CLOSE_WRITE D/x
RENAME D/x	D/y'
}

@test "fs_error: what a file system finds wrong in itself is told, with its number" {
	need_tool jq
	disk
	device=$(awk -v place="$top" '$5 == place { print $(NF - 1) }' "/proc/$holder/mountinfo")
	trigger=/sys/fs/ext4/${device##*/}/trigger_fs_error
	[ -w "$trigger" ] || skip "no error can be made here"
	mkdir D/f
	watch -j -r -e create,fs_error D/f
	: >D/f/x
	echo test >"$trigger"
	await grep -q fs_error "$job/out"
	equal "$(told_json '"\(.event) \(.path) \(.count) \(.value)"')" "create D/f/x null null
fs_error $top 1 117"
}

@test "--include and --exclude, and -i of both: by the whole path" {
	mounted
	mkdir D/a
	watch -e create --exclude '/a/no' --include '\.c$' --includei '\.H$' --excludei 'SECRET' --include settled D
	for name in x.c x.h x.o a/no.c a/yes.c secret.c; do : >"D/$name"; done
	settled
	equal "$(told)" $'CREATE D/x.c\nCREATE D/x.h\nCREATE D/a/yes.c'
}

@test "--fromfile: operands from files and standard input" {
	held 'mount -t tmpfs none D && mount -t tmpfs none E'
	allowed
	echo D >list
	echo E >in
	IN=in watch -e create --fromfile list --fromfile -
	: >E/1
	settled
	equal "$(told | sed "s,${top%D}E,E,")" 'CREATE E/1'
}

@test "--ignore: a file, and the entries of a folder, are left out by the kernel" {
	mounted
	mkdir -p D/quiet/below D/f
	: >D/busy
	watch -r -e create,modify,delete --ignore D/busy --ignore D/quiet D
	echo 1 >>D/busy
	echo 1 >D/f/other
	: >D/quiet/no
	rm D/quiet/no
	: >D/quiet/below/yes
	settled
	equal "$(told)" $'CREATE D/f/other\nMODIFY D/f/other\nCREATE D/quiet/below/yes'
	stop
	try_within -t 0 --ignore D/none D
	failed 1 fanotify-watch "cannot ignore 'D/none'" 'No such file'
}

# ---- Who does it

@test "--pid: only what that process does; its end is the end, when all is told" {
	need_pidfd
	mounted
	mkfifo go
	perl -e 'open my $go, "<", "go"; readline $go; for (1 .. 100) { open my $file, ">", "D/his.$_" }' &
	doer=$!
	exec {go}>go
	watch -e create --pid "$doer" D
	: >D/mine
	kill -STOP "$pid"
	echo >&"$go"
	exec {go}>&-
	wait "$doer"
	: >D/mine.too
	kill -CONT "$pid"
	finish
	succeeded
	equal "$(grep -c his "$job/out") $(grep -c mine "$job/out" || true)" '100 0'
	equal "$(tail -n 1 "$job/out" | cut -d ' ' -f 1,2)" "EXIT $doer"
	try_within --pid "$doer" D
	failed 1 fanotify-watch "cannot watch process $doer" 'No such process'
}

@test "--pidfd: the same for a pidfd" {
	need_pidfd
	mounted
	mkfifo go
	# It starts the doer, and becomes butter with a pidfd of it as descriptor 9.
	cat >pidfd.pl <<-'END'
		my $doer = fork // die;
		if (!$doer) { open my $go, "<", "go"; readline $go; open my $file, ">", "D/his"; exit }
		my $fd = syscall 434, $doer, 0;
		exit 3 if $fd < 0;
		open my $kept, "<&=", $fd or die;
		$^F = 9;
		use POSIX ();
		POSIX::dup2($fd, 9) == 9 or die;
		exec @ARGV;
	END
	start perl pidfd.pl "${within[@]}" "$BUTTER" fanotify-watch --ready-fd 7 -e create --pidfd 9 D
	: >D/mine
	: >go
	finish
	succeeded
	equal "$(told | sed 's/^EXIT.*/EXIT/')" $'CREATE D/his\nEXIT'
}

@test "--comm: only what these commands do; what nobody can know any more is counted" {
	mounted
	cp "$(type -P touch)" D/toucher
	watch -e create --comm 'a doer' --comm another -n 3 D
	perl -e '$| = 1; $0 = "a doer"; open my $file, ">", "D/his"; print 1; readline' <"$job/alive" >doer &
	await grep -q his "$job/out"
	: >D/mine
	kill -STOP "$pid"
	D/toucher D/unknown
	kill -CONT "$pid"
	perl -e '$| = 1; $0 = "a doer"; open my $file, ">", "D/his2"; print 1; readline' <"$job/alive" >doer &
	await grep -q his2 "$job/out"
	perl -e '$| = 1; $0 = "another"; open my $file, ">", "D/hers"; print 1; readline' <"$job/alive" >doer &
	finish
	equal "$(told)" $'CREATE D/his\nCREATE D/his2\nCREATE D/hers'
	equal "$status $stderr" \
		'0 butter: fanotify-watch: --comm: 1 event was left out, done by what had ended before its name could be read'
}

# ---- When it ends

@test "--comm: a later process with the same number is not taken for the one that did it" {
	mounted
	cat >script <<-'END'
		mkfifo go
		exec 8< <(exec "$BUTTER" fanotify-watch --comm later -e create -n 1 --ready-fd 9 D 9>&1 >out)
		watcher=$!
		read -r _ <&8
		kill -STOP "$watcher"
		first=$(perl -e 'open F, ">", "D/x" or die; print $$')
		echo "$((first - 1))" >/proc/sys/kernel/ns_last_pid
		perl -e '$| = 1; $0 = "later"; print "$$\n"; readline; open F, ">", "D/y" or die; readline' <go >named &
		exec 7>go
		until [ -s named ]; do read -r -t 0.01 <> <(:); done
		kill -CONT "$watcher"
		[ "$(<named)" = "$first" ] || exit 77
		echo >&7
		until [ -s out ] || ! kill -0 "$watcher"; do read -r -t 0.01 <> <(:); done
		cat out
	END
	capture "${within[@]}" unshare -pf --kill-child --mount-proc bash script
	[ "$status" != 77 ] || skip "numbers of processes cannot be chosen here"
	matches "$output" 'CREATE [0-9]+ later .*/y'
}

@test "--pid: more events than files may be open are read ahead, and each has its path" {
	need_pidfd
	mounted
	mkdir -p D/f/{1..400}
	mkfifo go
	perl -e 'open my $go, "<", "go"; readline $go; for (1 .. 400) { open my $file, ">", "D/f/$_/x" } readline $go' &
	doer=$!
	exec {go}>go
	start "${within[@]}" bash -c 'ulimit -n 200 && exec "$@"' "$0" "$BUTTER" fanotify-watch --ready-fd 7 -r -e create \
		--pid "$doer" D
	kill -STOP "$pid"
	echo >&"$go"
	await test -e D/f/400/x
	kill -CONT "$pid"
	await grep -q /400/x "$job/out"
	echo >&"$go"
	finish
	succeeded
	equal "$(grep -c 'D/f/[0-9]*/x$' <<<"$output")" 400
}

@test "-n, -t and -t 0: status 0 and 124" {
	mounted
	watch -n 2 -e create D
	: >D/1
	: >D/2
	: >D/3
	finish
	succeeded
	equal "$(told)" $'CREATE D/1\nCREATE D/2'
	before=$(microseconds)
	try_within -t 0.2 D
	lasted 200000 "$before"
	equal "$status$output$stderr" 124
	try_within -t 0 D
	equal "$status$output$stderr" 124
}

@test "the last root is removed: what the kernel has merged with that, or put behind it, is told first" {
	mounted
	: >D/f
	watch --inode -e attrib,delete_self D/f
	rm D/f
	finish
	equal "$status" 1
	equal "$(told)" $'ATTRIB D/f\nDELETE_SELF D/f'
	for scope in --inode -r; do
		mkdir D/a
		: >D/a/1
		: >D/a/2
		watch $scope -e attrib,delete,delete_self D/a
		kill -STOP "$pid"
		perl -e 'chmod 0700, "D/a"; unlink glob "D/a/*"; rmdir "D/a" or die'
		kill -CONT "$pid"
		finish
		equal "$status" 1
		equal "$(told | grep 'DELETE D' | sort)" $'DELETE D/a/1\nDELETE D/a/2' || fails "$scope"
		equal "$(told | grep -c 'DELETE_SELF,ISDIR D/a/')" 1
	done
	contains "$(told)" 'DELETE,ISDIR D/a'
}

@test "umount works while it is watched, is told, and ends with status 1 with the last one" {
	held 'mount -t tmpfs none D && mount -t tmpfs none E'
	allowed
	watch -e create D E
	mkdir D/f
	: >D/f/1
	settled
	settled E
	"${within[@]}" umount D
	await grep -q '^UNMOUNT ? ? D$' "$job/out"
	is_running
	settled E
	"${within[@]}" umount E
	finish
	equal "$status" 1
	one_line fanotify-watch
	contains "$stderr" 'nothing is left to watch'
	equal "$(tail -n 1 <<<"$output")" 'UNMOUNT ? ? E'
}

@test "what was done before umount is told before that, though it is read later" {
	held 'mount -t tmpfs none D'
	allowed
	# Where folders are that nothing has told of, nobody knows any more.
	mkdir D/known
	for how in '-e create,close_write' '-r -e create,close_write' '-r -e close_write' '--mount -e close_write'; do
		# shellcheck disable=SC2086 # words
		watch $how D
		kill -STOP "$pid"
		"${within[@]}" bash -c 'mkdir -p D/a/b && echo >D/a/b/x && echo >D/known/y && umount D &&
			mount -t tmpfs none D && mkdir D/known'
		kill -CONT "$pid"
		finish
		equal "$status" 1
		dir=D/a/b
		[ "${how#--mount}" = "$how" ] || dir='(deleted)'
		equal "$(told | grep -v CREATE)" "CLOSE_WRITE $dir/x"$'\nCLOSE_WRITE (deleted)/y\nUNMOUNT D' || fails "$how"
	done
}

@test "umount of one of two mounts of a file system: it goes on with the paths of the other" {
	held 'mount -t tmpfs none D && mount --bind D E && mkdir D/d'
	allowed
	watch -e create D
	: >D/1
	settled
	"${within[@]}" umount D
	await told_at E # of what is done until then nothing tells whether it was done before
	: >E/2
	settled E
	equal "$(told | sed "s,${top%D}E,E,")" $'CREATE D/1\nCREATE E/2'
}

# moved OLD NEW: what is mounted on OLD is so on NEW from now on; waits until that is known: of what is done meanwhile
# nothing tells whether it was done before.
moved() {
	"${within[@]}" mount --move "$1" "$2"
	await told_at "$2"
}

told_at() {
	((++settlings))
	echo >"$1/d/settled.$settlings"
	grep -q "work/$1/d/settled" "$job/out"
}

@test "mount --move: paths are those of the new place from then on" {
	held 'mount --make-rprivate / && mount -t tmpfs none D && mkdir D/d && ln -s D/d L'
	allowed
	for scope in '' -r --inode; do
		# shellcheck disable=SC2086 # no word, or one
		watch -e close_write $scope L
		moved D E
		moved E D
		echo >D/d/x
		settled D/d
		stop
		equal "$(told | tail -n 1)" 'CLOSE_WRITE D/d/x' || fails "$scope"
	done
}

@test "a folder above a mount is renamed: paths are those of the new place from then on" {
	held 'mount --make-rprivate / && mount -t tmpfs none D && mkdir -p D/a/m && mount -t tmpfs none D/a/m && mkdir D/a/m/d D/a/m/u'
	allowed
	for scope in '' -r --mount; do
		# shellcheck disable=SC2086 # no word, or one
		watch -e close_write $scope D/a/m
		: >D/a/m/d/one
		await grep -q one "$job/out"
		mv D/a D/b
		: >D/b/m/d/two
		: >D/b/m/u/three # of a folder of which nothing has been told yet
		await grep -q three "$job/out"
		stop
		equal "$(told | tail -n 2)" $'CLOSE_WRITE D/b/m/d/two\nCLOSE_WRITE D/b/m/u/three' || fails "$scope"
		mv D/b D/a
	done
	# One that is covered has no path, and its events still come.
	watch -e close_write -F '%e %f' D/a/m
	exec 9<D/a/m/d
	"${within[@]}" mount -t tmpfs none D/a/m
	: >/proc/self/fd/9/hidden
	await grep -q 'CLOSE_WRITE hidden' "$job/out"
}

@test "mount --move: a part that is mounted, of which the old place is on the same file system" {
	held 'mount --make-rprivate / && mount -t tmpfs none D && mkdir -p D/d D/E D/F D/p/d && mount --bind D/p D/E'
	allowed
	watch --mount -e close_write D/E
	moved D/E D/F
	"${within[@]}" umount D/F
	finish
	equal "$(tail -n 1 <<<"$output")" 'UNMOUNT ? ? D/E'
	equal "$status" 1
}

@test "SIGTERM leaves complete lines; SIGSTOP and SIGCONT lose nothing" {
	mounted
	mkfifo pipe
	# A reader that reads slowly, and sees the whole.
	perl -e 'open my $in, "<", "pipe"; while (sysread $in, my $some, 3001) { print $some; select undef, undef, undef, 0.001 }' >got &
	reader=$!
	launch "${within[@]}" bash -c 'exec "$BUTTER" fanotify-watch --ready-fd 7 -e create,delete D >pipe'
	read -r -t "$LIMIT" -u "$ready" _
	perl -e 'for (1 .. 5000) { open my $file, ">", "D/$_"; close $file; unlink "D/$_" }'
	kill -STOP "$pid"
	kill -CONT "$pid"
	await grep -q CREATE got
	kill "$pid"
	wait "$pid" || status=$?
	equal "$status" 143
	wait "$reader"
	! grep -vE "^(CREATE|DELETE) [0-9]+ [^ ]+ $top/[0-9]+\$" got || fails "not a whole line"
}

# ---- Output

@test "what it writes itself is not told: standard output and -o on the file system that it watches" {
	mounted
	launch "${within[@]}" bash -c 'exec "$BUTTER" fanotify-watch --ready-fd 7 D >D/out'
	read -r -t "$LIMIT" -u "$ready" _
	: >D/1
	await grep -q 'CLOSE_WRITE.*D/1' D/out
	drained
	lacks "$(<D/out)" "$top/out"
	stop
	watch -o D/log D
	: >D/2
	await grep -q 'CLOSE_WRITE.*D/2' D/log
	drained
	lacks "$(<D/log)" "$top/log"
	equal "$(<"$job/out")" ''
}

@test "-q and -qq; --sd-notify" {
	mounted
	watch -qq -n 1 -e create D
	: >D/1
	finish
	succeeded
	equal "$output" ''
	# Ready is told to a service manager, too.
	capture perl -MSocket -e 'socket my $socket, PF_UNIX, SOCK_DGRAM, 0 or die $!; bind $socket, sockaddr_un($ENV{NOTIFY_SOCKET} = shift) or die $!;
		my $pid = fork // die; exec @ARGV or die if !$pid; alarm 20; recv $socket, my $message, 1000, 0; print $message; waitpid $pid, 0' \
		"$BATS_TEST_TMPDIR/socket" "${within[@]}" "$BUTTER" fanotify-watch --sd-notify -t 0 D
	succeeded
	equal "$output" READY=1
}

@test "--queue: a slow reader loses nothing" {
	mounted
	mkfifo pipe
	launch "${within[@]}" bash -c 'exec "$BUTTER" fanotify-watch --ready-fd 7 --queue 1M --unlimited -n 20000 -e create D >pipe'
	exec {slow}<pipe
	read -r -t "$LIMIT" -u "$ready" _
	perl -e 'for (1 .. 20000) { open my $file, ">", "D/$_" }'
	cat <&"$slow" >got
	equal "$(sed 's,.*/,,' got | sort -n | uniq | wc -l)" 20000
	equal "$(tail -n 1 got | sed 's,.*/,,')" 20000
}

@test "--exec: the command gets the path, who did it, and standard input; --batch, --debounce, --on-busy" {
	need_tool jq
	mounted
	watch -n 1 -e close_write --exec D -- sh -c 'echo "$1 $BUTTER_EVENT $BUTTER_NAME"; jq -r .event' sh {}
	perl -e '$0 = "doer"; open my $file, ">", "D/a b"'
	finish
	succeeded
	equal "$output" "$top/a b close_write a b
close_write"
	watch -n 3 -r -e create --exec --batch --debounce 100ms --on-busy queue D -- echo {}
	: >D/1
	: >D/2
	: >D/3
	finish
	succeeded
	equal "$output" 'D/1 D/2 D/3'
	watch -n 1 -e create --exec D -- /nonexistent
	: >D/4
	finish
	equal "$status" 127
}

# ---- Overflow

# overflowing: stops it, and makes more events than the kernel's queue holds; what was made before stays.
overflowing() {
	local most

	most=$(</proc/sys/fs/fanotify/max_queued_events)
	((most <= 100000)) || skip "fs.fanotify.max_queued_events is large"
	kill -STOP "$pid"
	perl -e 'for (1 .. $ARGV[0]) { open my $file, ">", "D/flood.$_"; close $file; unlink "D/flood.$_" }' "$((most + 500))"
}

# aged FILE: waits until what is made from now on is younger by its times, too.
aged() {
	local made

	made=$(stat -c %.6W "$1")
	while ((${EPOCHREALTIME/[.,]/} < ${made/[.,]/} + 20000)); do :; done
}

# changed FILE: its attributes change, at another time than its content.
changed() {
	until [ "$(stat -c %z "$1")" != "$(stat -c %y "$1")" ]; do chmod 700 "$1"; done
}

@test "overflow: without -r it is told, and it goes on" {
	mounted
	watch -e create D
	overflowing
	kill -CONT "$pid"
	await grep -q Q_OVERFLOW "$job/out"
	settled
	equal "$(grep -n OVERFLOW "$job/out" | cut -d : -f 2)" 'Q_OVERFLOW ? ? '
	one=$(<"$job/err")
	contains "$one" 'events are lost'
	contains "$one" '--unlimited'
	lacks "$one" looking
}

@test "overflow: a command hears of it, unless it is for paths; with --on-overflow fail it is a failure, and none is run" {
	local options

	for options in '' '{}' '--on-overflow fail'; do
		mounted
		rm -f "$PWD/heard"
		# shellcheck disable=SC2086 # several options, or none
		watch -e create --include nothing ${options#'{}'} --exec D -- sh -c 'echo "$BUTTER_EVENT" >>"$0"' "$PWD/heard" ${options#--*}
		overflowing
		kill -CONT "$pid"
		await grep -q "events are lost" "$job/err"
		case $options in
		'') await grep -qx overflow heard ;;
		'{}') drained && [ ! -e heard ] ;;
		*)
			finish
			equal "$status" 1
			[ ! -e heard ]
			;;
		esac
	done
}

@test "overflow: with -r what has changed is found, and marked" {
	need_tool jq
	disk
	[ "$(stat -c %W D)" -gt 0 ] || skip "no times of birth here"
	mkdir -p D/old/f D/old/g D/other
	: >D/old/both
	: >D/old/file
	: >D/old/same
	: >D/old/mode
	aged D/old/mode
	watch -j -r -e attrib D/old
	attrib=("$pid" "$job")
	watch -j -r -e create,modify,attrib D/old
	: >D/old/first
	settled D/old
	kill -STOP "${attrib[0]}"
	overflowing
	mkdir -p D/old/new/e D/old/g/in
	: >D/old/new/e/file
	echo 1 >D/old/new/written
	echo 1 >>D/old/first
	echo 1 >>D/old/file
	echo 1 >>D/old/both
	changed D/old/both
	changed D/old/g
	chmod 600 D/old/mode
	chmod 700 D/old/f
	: >D/other/no
	kill -CONT "$pid"
	await grep -q overflow "$job/out"
	settled D/old
	contains "$(<"$job/err")" 'looking for what has changed, but for what is gone'
	equal "$(told_json 'select(.synthetic) | "\(.event) \(.path)"' | sort)" 'attrib D/old/both
attrib D/old/f
attrib D/old/g
attrib D/old/mode
create D/old/g/in
create D/old/new
create D/old/new/e
create D/old/new/e/file
create D/old/new/written
modify D/old/both
modify D/old/file
modify D/old/first
modify D/old/new/written'
	: >D/old/new/e/late
	settled D/old
	equal "$(told_json 'select(.name == "late") | "\(.event) \(.path) \(.synthetic)"')" 'create D/old/new/e/late null'
	# Where writing is not told, what was written may have been changed before.
	pid=${attrib[0]} job=${attrib[1]}
	kill -CONT "$pid"
	await grep -q overflow "$job/out"
	drained
	equal "$(told_json 'select(.synthetic) | "\(.event) \(.path)"' | sort)" 'attrib D/old/both
attrib D/old/f
attrib D/old/file
attrib D/old/first
attrib D/old/g
attrib D/old/mode
attrib D/old/new/written'
}

@test "overflow: what has changed is found on a file system that keeps whole seconds and no births, too" {
	need_tool jq
	disk ext4 -I 128
	: >D/file
	watch -j -r -e create,modify,attrib D
	overflowing
	echo 1 >>D/file
	mkdir D/new
	kill -CONT "$pid"
	await grep -q overflow "$job/out"
	settled
	equal "$(told_json 'select(.synthetic) | "\(.event) \(.path)"' | sort)" 'attrib D/new
modify D/file'
}

@test "overflow: --on-overflow report finds nothing, fail ends with status 1" {
	mounted
	watch -r --on-overflow report -e create D
	overflowing
	: >D/lost
	kill -CONT "$pid"
	await grep -q Q_OVERFLOW "$job/out"
	settled
	equal "$(told | grep lost || true)" ''
	stop
	watch --on-overflow fail -e create D
	overflowing
	kill -CONT "$pid"
	finish
	equal "$status" 1
	one_line fanotify-watch
	contains "$stderr" 'events are lost'
}

@test "--unlimited: 100,000 events (a million in the long variant) while it is stopped, none lost" {
	mounted
	count=$(rounds 100000 1000000)
	LIMIT=300
	watch --unlimited -e create -F %f D
	kill -STOP "$pid"
	perl -e 'for (1 .. $ARGV[0]) { symlink "x", "D/$_" or die }' "$count"
	kill -CONT "$pid"
	settled
	equal "$(grep -v settled "$job/out" | cmp - <(seq "$count") && echo all)" all
	equal "$(<"$job/err")" ''
}

# ---- Rights, faults, bad input

@test "--inode as nobody works, and a note says that it tells nobody; without it another one tells what is missing" {
	local unseen='butter: fanotify-watch: who does it is not told, neither number nor name of the process:'
	local missing='Operation not permitted (this needs CAP_SYS_ADMIN in the first user namespace)'

	unprivileged
	folder=$(public_folder)/own
	mkdir "$folder"
	chmod 777 "$folder"
	cd "$folder" || return
	allowed_nobody
	start "${as_nobody[@]}" "$BUTTER" fanotify-watch --ready-fd 7 --inode -e create,rename -n 2 .
	: >one
	mv one two
	finish
	equal "$status $stderr" "0 $unseen $missing"
	equal "$output" 'CREATE ? ? ./one
RENAME ? ? ./one	./two'
	start "${as_nobody[@]}" "$BUTTER" fanotify-watch --ready-fd 7 -e create -n 1 .
	: >three
	finish
	equal "$status $output" '0 CREATE ? ? ./three'
	matches "$stderr" "butter: fanotify-watch: only '\.' and its entries are watched, not its file system: [^"$'\n'"]*CAP_SYS_ADMIN[^"$'\n'"]*
$unseen Operation not permitted \(this needs CAP_SYS_ADMIN in the first user namespace\)"
	start "${as_nobody[@]}" "$BUTTER" fanotify-watch -q --ready-fd 7 -e create -n 1 .
	: >four
	finish
	succeeded
	try_as_nobody fanotify-watch -r .
	failed 1 fanotify-watch "cannot watch '.'" 'Operation not permitted' CAP_SYS_ADMIN
	need_pidfd
	for option in --unlimited "--pid=$$"; do
		try_as_nobody fanotify-watch --inode "$option" .
		failed 1 fanotify-watch 'Operation not permitted' CAP_SYS_ADMIN
	done
}

@test "as nobody: advice for a folder that only somebody else may read" {
	unprivileged
	is_root || skip "needs root"
	folder=$(public_folder)/theirs
	mkdir -m 700 "$folder"
	cd "${folder%/*}" || return
	allowed_nobody
	for options in '' --inode -r --mount --top; do
		# shellcheck disable=SC2086 # no word, or one
		try_as_nobody fanotify-watch $options -t 0 theirs
		failed 1 fanotify-watch "cannot watch 'theirs': Permission denied (reading it must be allowed: run as its owner or root)"
	done
}

allowed_nobody() {
	try_as_nobody fanotify-watch -q -t 0 --inode .
	[ "$status" = 124 ] || skip "fanotify is forbidden here: $stderr"
}

@test "faults of fanotify_init: each has one line and its advice" {
	mounted
	for fault in 'EPERM:CAP_SYS_ADMIN|seccomp' 'EMFILE:max_user_groups' 'ENOSYS:CONFIG_FANOTIFY' 'EINVAL:5\.9' 'ENFILE:file-max'; do
		inject "fanotify_init:error=${fault%%:*}" fanotify-watch -t 0 D
		failed 1 fanotify-watch 'cannot use fanotify'
		grep -qE "${fault#*:}" <<<"$stderr" || fails "no '${fault#*:}' in '$stderr'"
	done
}

@test "faults of fanotify_mark: the next best mark, or one line and its advice" {
	mounted
	for fault in 'EPERM:CAP_SYS_ADMIN' 'ENOSPC:max_user_marks' 'EXDEV:subvolume' 'ENODEV:inotifywait' 'EOPNOTSUPP:inotifywait' \
		'EINVAL:kernel' 'ENOSYS:seccomp' 'EEXIST:once'; do
		inject "fanotify_mark:error=${fault%%:*}" fanotify-watch -t 0 D
		failed 1 fanotify-watch "cannot watch 'D'" "${fault#*:}"
		lacks "$stderr" --inode
		inject "fanotify_mark:error=${fault%%:*}:when=1" fanotify-watch -t 0 D
		case ${fault%%:*} in
		EINVAL | ENOSPC | ENOSYS | EEXIST) failed 1 fanotify-watch "cannot watch 'D'" "${fault#*:}" ;;
		*) failed 124 fanotify-watch "only 'D' and its entries are watched" ;;
		esac
	done
	: >D/x
	inject fanotify_mark:error=EPERM:when=1 fanotify-watch -t 0 D/x
	failed 124 fanotify-watch "only 'D/x' itself is watched, not its file system"
	inject fanotify_mark:error=EPERM fanotify-watch --inode -t 0 D
	failed 1 fanotify-watch "cannot watch 'D'" seccomp
	lacks "$stderr" --inode
}

@test "faults of --pid: the kernel that is needed" {
	need_pidfd
	mounted
	inject fanotify_init:error=EINVAL fanotify-watch -t 0 --pid $$ D
	failed 1 fanotify-watch 'cannot use fanotify' 'Linux 5.15'
}

@test "--mount-namespace: who is told of the ends alone hears where mounts were that came later, or moved" {
	held 'mount --make-rprivate / && mount -t tmpfs none D && mkdir D/m D/n'
	"$BUTTER" fanotify-watch -t 0 --mount-namespace 2>/dev/null || (($? == 124)) || skip "mounts are not told here"
	allowed
	watch --mount-namespace -e mnt-detach
	for command in 'mount -t tmpfs one D/m' 'umount D/m' 'mount -t tmpfs two D/m' 'mount --move D/m D/n' 'umount D/n'; do
		# shellcheck disable=SC2086 # words
		"${within[@]}" $command
		drained # a mount that has gone has no place
	done
	await grep -q 'D/n$' "$job/out"
	stop
	equal "$(told)" $'MNT_DETACH D/m\nMNT_DETACH D/m\nMNT_DETACH D/n'
}

@test "the folder of a mount ends in a slash, as all do" {
	held 'mount --make-rprivate / && mount -t tmpfs none D && mkdir D/m'
	"$BUTTER" fanotify-watch -t 0 --mount-namespace 2>/dev/null || (($? == 124)) || skip "mounts are not told here"
	allowed
	watch --mount-namespace -F '%e %w %f %p' -n 2
	"${within[@]}" mount -t tmpfs one D/m
	await grep -q ATTACH "$job/out"
	space=$job
	launch "${within[@]}" "$BUTTER" fanotify-watch --ready-fd 7 -F '%e %w %f %p' -q D/m
	read -r -t "$LIMIT" -u "$ready" _
	"${within[@]}" umount D/m
	finish
	equal "$output" 'UNMOUNT D/ m D/m'
	await grep -q DETACH "$space/out"
	equal "$(sed "s,$top,D,g" "$space/out")" $'MNT_ATTACH D/ m D/m\nMNT_DETACH D/ m D/m'
}

# mounting COMMAND...: runs each within; returns when it has been told of: a mount that has gone has no place.
mounting() {
	local command

	for command; do
		# shellcheck disable=SC2086 # words
		"${within[@]}" $command
		drained
	done
}

@test "--mount-namespace: what is mounted in a mount that moves goes with it" {
	held 'mount --make-rprivate / && mount -t tmpfs none D && mkdir D/m D/n'
	"$BUTTER" fanotify-watch -t 0 --mount-namespace 2>/dev/null || (($? == 124)) || skip "mounts are not told here"
	allowed
	watch --mount-namespace
	mounting 'mount -t tmpfs one D/m' 'mkdir D/m/sub' 'mount -t tmpfs two D/m/sub' 'mount --move D/m D/n' 'umount D/n/sub' 'umount D/n'
	await grep -q 'MNT_DETACH.*/n$' "$job/out"
	stop
	equal "$(told)" $'MNT_ATTACH D/m\nMNT_ATTACH D/m/sub\nMNT_DETACH D/m\nMNT_ATTACH D/n\nMNT_DETACH D/n/sub\nMNT_DETACH D/n'
}

@test "--mount-namespace: after chroot, a mount that is out of sight is told so" {
	need_static
	held 'mount --make-rprivate / && mount -t tmpfs none D && mkdir D/m D/r D/r/in D/r/proc && mount -t proc none D/r/proc'
	"$BUTTER" fanotify-watch -t 0 --mount-namespace 2>/dev/null || (($? == 124)) || skip "mounts are not told here"
	allowed
	cp "$BUTTER" D/r/butter
	start "${within[@]}" chroot D/r /butter fanotify-watch --ready-fd 7 --mount-namespace
	mounting 'mount -t tmpfs one D/m' 'mount --move D/m D/r/in' 'mount --move D/r/in D/m' 'umount D/m'
	await grep -q 'MNT_DETACH.*/in$' "$job/out"
	drained
	stop
	equal "$(told)" $'MNT_ATTACH (unreachable)\nMNT_DETACH (unreachable)\nMNT_ATTACH /in
MNT_DETACH /in\nMNT_ATTACH (unreachable)\nMNT_DETACH (unreachable)'
}

@test "--exec for paths is not run where there is none" {
	need_pidfd
	mounted
	mkfifo go
	bash -c 'read -r _ <go; echo 1 >D/y' 3>&- 4>&- &
	started+=("$!")
	launch "${within[@]}" "$BUTTER" fanotify-watch --ready-fd 7 --pid $! -x -e create D -- \
		sh -c 'echo "$# $BUTTER_EVENT"' x {}
	read -r -t "$LIMIT" -u "$ready" _
	echo >go
	finish
	equal "$output" '1 create'
}

@test "faults of --mount-namespace: the kernel that is needed" {
	mounted
	inject fanotify_init:error=EINVAL fanotify-watch -t 0 --mount-namespace
	failed 1 fanotify-watch 'cannot use fanotify' 'Linux 6.15'
	inject fanotify_mark:error=EPERM fanotify-watch -t 0 --mount-namespace
	[[ $stderr == *'Linux 6.15'* ]] || failed 1 fanotify-watch 'cannot watch the mount namespace' CAP_SYS_ADMIN
}

@test "faults of handles: one line, or told as deleted" {
	mounted
	inject open_by_handle_at:error=EPERM fanotify-watch -t 0 D
	failed 1 fanotify-watch 'cannot tell paths' 'Operation not permitted'
	for fault in 'EMFILE:ulimit' 'ENOSYS:seccomp' 'ESTALE:--inode'; do
		inject "open_by_handle_at:error=${fault%%:*}" fanotify-watch -t 0 D
		failed 1 fanotify-watch 'cannot tell paths' "${fault#*:}"
	done
	for fault in 'ENOSYS:seccomp' 'EOVERFLOW:inotifywait'; do
		inject "name_to_handle_at:error=${fault%%:*}" fanotify-watch -t 0 D
		failed 1 fanotify-watch "cannot watch 'D'" "${fault#*:}"
	done
	mkdir D/f
	injecting open_by_handle_at:error=ESTALE:when=2+
	start "${within[@]}" "${tracer[@]}" "$BUTTER" fanotify-watch --ready-fd 7 -n 1 -e create D
	: >D/f/x
	finish
	succeeded
	matches "$output" 'CREATE [0-9]+ [^ ]+ \(deleted\)/x'
	mkdir D/g
	injecting open_by_handle_at:error=ENOMEM:when=2
	start "${within[@]}" "${tracer[@]}" "$BUTTER" fanotify-watch --ready-fd 7 -n 1 -e move D
	mv D/f/x D/g
	finish
	failed 1 fanotify-watch 'cannot read events: Cannot allocate memory'
	injecting readlink:error=ENOMEM
	start "${within[@]}" "${tracer[@]}" "$BUTTER" fanotify-watch --ready-fd 7 -n 1 -r -e create D
	: >D/f/y
	finish
	succeeded
	matches "$output" 'CREATE [0-9]+ [^ ]+ D/f/y'
}

@test "of several that cannot be watched or ignored, each is told, and nothing is started" {
	mounted
	for options in '' -r --inode --top; do
		# shellcheck disable=SC2086 # no word, or one
		try_within $options -t 0 --ready-fd 7 --ignore D/x --ignore D/y one D two 7>ready
		equal "$status $stderr" "1 butter: fanotify-watch: cannot watch 'one': No such file or directory
butter: fanotify-watch: cannot watch 'two': No such file or directory
butter: fanotify-watch: cannot ignore 'D/x': No such file or directory
butter: fanotify-watch: cannot ignore 'D/y': No such file or directory"
		equal "$output$(<ready)" ''
	done
	# That less is watched is of no interest then.
	inject fanotify_mark:error=EOPNOTSUPP:when=1 fanotify-watch -t 0 one D
	failed 1 fanotify-watch "cannot watch 'one'"
}

@test "wrong usage" {
	for wrong in '--json --null' '--json -F %p' '--timefmt %T' '-F %T' '--inode --mount' '--inode -r' '--evictable' \
		'--pid 1 --pidfd 0' '--mount -e create' '--inode -e fs_error' '--on-overflow rescan' '--exec' '--batch' \
		'--on-busy queue' '--queue 0' \
		'-e nosuch' '-n 0' '-t -1' '--pid 0' ''; do
		read -ra words <<<"$wrong"
		operands=(.)
		[ -n "$wrong" ] || operands=()
		try fanotify-watch "${words[@]}" "${operands[@]}"
		misused fanotify-watch || fails "$wrong"
	done
	try fanotify-watch -t 0 nosuch
	equal "$status" 1
	one_line fanotify-watch
	try fanotify-watch --exclude '[' .
	failed 1 fanotify-watch 'no regular expression'
	try fanotify-watch --pidfd 0 .
	failed 1 fanotify-watch 'no pidfd'
}

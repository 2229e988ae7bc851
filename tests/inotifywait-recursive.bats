#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# inotifywait -r is exact: storms, random changes replayed from what was told, losses found again, moves, mounts,
# limits and faults. BUTTER_LONG=1 runs more rounds.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2034 # helper.bash reads within
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job ...
# shellcheck disable=SC2016 # other shells expand

load helper
load inotify

setup() {
	trace_tests_only
	need_applet inotifywait
	model=$BUTTER_SOURCE/tests/model.pl
	settlings=0 within=()
	fresh
}

fresh() {
	another_folder D
}

# settled [FOLDER]: waits until all that has happened has been told.
settled() {
	((++settlings))
	: >"${1:-D}/settled.$settlings"
	await grep -qa "settled.$settlings" "$job/out"
	drained
}

# told PATTERN: the lines with PATTERN, without what settled makes.
told() {
	grep -a "$1" "$job/out" | grep -av settled || true
}

# told_json FILTER: what jq makes of each event, sorted.
told_json() {
	jq -r "select(.path != null and (.path | contains(\"settled\") | not)) | $1" "$job/out" | sort
}

# ---- Storms

# each_once KIND: all of this kind that are in D have been told, each once.
each_once() {
	local words='CREATE' type=f

	[ "$1" = file ] || words='CREATE,ISDIR' type=d
	grep -a " $words " "$job/out" | sed "s/ $words //" | grep -v settled | sort >told
	find D -mindepth 1 -type "$type" ! -name 'settled*' | sort >there
	cmp told there || fails "$(diff told there | head)"
}

@test "storm: 500 trees made at full speed: each of 500 files and 3,000 folders is told once" {
	rounds=$(rounds 2 20)
	for ((round = 0; round < rounds; round++)); do
		fresh
		follow -e create
		perl -e 'for my $i (1 .. 500) {
				my $path = "D/$i";
				mkdir $path or die;
				mkdir $path .= "/$_" or die for qw(b c d e f);
				open my $file, ">", "$path/file" or die;
			}'
		settled
		each_once file
		each_once folder
		equal "$(wc -l <there) $(find D -name file | wc -l)" '3000 500'
		# Each of them is watched.
		find D -type d -name f -print0 | perl -0 -ne 'chomp; open my $file, ">", "$_/late" or die'
		settled
		each_once file
		equal "$(watches "$pid")" 3001
		equal "$(<"$job/err")" ''
		stop_following
	done
}

@test "storm: by mkdir -p and touch, by two at once, and in trees that are moved in" {
	follow -e create,move
	for i in {1..40}; do mkdir -p "D/$i/b/c/d" && : >"D/$i/b/c/d/file"; done &
	for i in {41..80}; do mkdir -p "D/$i/b/c/d" && : >"D/$i/b/c/d/file"; done
	wait $!
	settled
	each_once file
	each_once folder
	stop_following
	fresh
	follow -e create,moved_to
	for i in {1..100}; do
		mkdir -p "new/a/b" && : >new/a/file && : >new/a/b/file
		mv new "D/$i"
	done
	settled
	each_once file
	equal "$(told MOVED_TO,ISDIR | wc -l) $(told CREATE,ISDIR | sort -u | wc -l)" '100 200'
	equal "$(told CREATE,ISDIR | wc -l)" 200
}

@test "what was found by reading is synthetic in --json, what the kernel told is not" {
	need_tool jq
	mkdir -p out/x/y
	: >out/x/file
	follow --json -e create,moved_to
	kill -STOP "$pid"
	mkdir -p D/a/b
	mv out D/in
	kill -CONT "$pid"
	settled
	equal "$(told_json '[.event, .path, .is_dir, .synthetic] | @csv')" '"create","D/a",true,
"create","D/a/b",true,true
"create","D/in/x",true,true
"create","D/in/x/file",,true
"create","D/in/x/y",true,true
"moved_to","D/in",true,'
}

# ---- The model: what was told, replayed, is what there is

# jittered: what makes calls wait, as ./jitter in the first folder.
jittered() {
	need_tool "${CC:-cc}"
	"${CC:-cc}" -O1 -o jitter "$BUTTER_SOURCE/tests/jitter.c" || skip "cannot compile here"
	"$PWD/jitter" 1 1 true || skip "no seccomp notifications here"
	jitter=$PWD/jitter
}

# play SEED COUNT HOW OPTION...: random changes; HOW: run, stop (while it is stopped), hiccup (stopped and continued).
play() {
	local seed=$1 count=$2 how=$3 actor

	shift 3
	fresh
	mkdir outside
	follow -e create,delete,move --format '%e%0%w%0%f%0%c%0' --no-newline "$@"
	[ "$how" = run ] || kill -STOP "$pid"
	perl "$model" act "$seed" "$count" D outside 2>/dev/null 3>&- 4>&- &
	actor=$!
	if [ "$how" = hiccup ]; then
		for _ in {1..20}; do
			kill -CONT "$pid"
			await has_state RS
			kill -STOP "$pid"
		done
	fi
	wait "$actor"
	kill -CONT "$pid"
	settled
	settled
	perl "$model" replay D <"$job/out" >wrong || fails "seed $seed, $how $*:" "$(head wrong)" "standard error:" "$(head -n 3 "$job/err")" || return 1
	equal "$(watches "$pid")" "$(find D -type d | wc -l)" || fails "watches, seed $seed, $how $*" || return 1
	stop_following
}

@test "model: random changes at full speed, replayed from what was told, give the tree that is there" {
	seeds=$(rounds 3 50) changes=$(rounds 1500 5000)
	for ((seed = 1; seed <= seeds; seed++)); do
		play "$seed" "$changes" run
		play "$seed" "$changes" run --on-overflow report
	done
}

@test "model: the same while it is stopped, and stopped and continued all the time" {
	seeds=$(rounds 3 50) changes=$(rounds 1500 5000)
	for ((seed = 1; seed <= seeds; seed++)); do
		play "$seed" "$changes" stop
		play "$seed" "$changes" stop --on-overflow report
		play "$seed" "$changes" hiccup
	done
}

@test "model: the same while its calls wait at random: all that can happen in the middle of a walk does" {
	jittered
	seeds=$(rounds 12 300)
	for ((seed = 1; seed <= seeds; seed++)); do
		within=("$jitter" "$seed" "$((seed % 5 * 100 + 20))")
		play "$seed" 800 run
		play "$seed" 800 run --on-overflow report
	done
}

@test "model: folders trade places in one step meanwhile, and in the end each is watched under its name" {
	perl "$model" trade 1 0 D outside || skip "the number of renameat2 is not known here"
	seeds=$(rounds 12 300)
	for ((seed = 1; seed <= seeds; seed++)); do
		fresh
		mkdir outside
		follow -e create,delete,move --format '%e%0%w%0%f%0%c%0' --no-newline
		perl "$model" trade "$seed" 1500 D outside 2>/dev/null
		# What cannot be found is looked for again with each event.
		for _ in {1..10}; do
			settled
			! all_watched || break
		done
		equal "$(watches "$pid")" "$(find D -type d | wc -l)" || fails "watches, seed $seed"
		perl "$model" probe D
		settled
		perl "$model" probed D <"$job/out" || fails "seed $seed"
		stop_following
	done
}

all_watched() {
	[ "$(watches "$pid")" = "$(find D -type d | wc -l)" ]
}

@test "a folder that has come leaves again during the walk that finds it, and another takes its name: that is watched too" {
	jittered
	mkdir -p D/known/below outside/new/first
	# The 7th reading is that of new; how much of the queue there is is asked at the start, and then when all is read.
	within=("$jitter" at getdents64 7 'mv D/known D/new/name'
		at ioctl 2 'mv D/new/name D/new/other && mkdir -p D/new/name/within' 1 0)
	follow -e create,delete,move
	mv outside/new D
	await test -d D/new/name/within
	settled
	settled
	: >D/new/name/within/file
	: >D/new/other/below/file
	settled
	equal "$(told .)" "D/ MOVED_TO,ISDIR new
D/ MOVED_FROM,ISDIR known
D/new/ MOVED_TO,ISDIR name
D/new/ MOVED_FROM,ISDIR name
D/new/ MOVED_TO,ISDIR other
D/new/ CREATE,ISDIR name
D/new/ CREATE,ISDIR first
D/new/name/ CREATE,ISDIR within
D/new/name/within/ CREATE file
D/new/other/below/ CREATE file"
	equal "$(watches "$pid")" "$(find D -type d | wc -l)"
	stop_following
}

@test "a known folder is exchanged with one that the walk has not come to: each is watched under its name" {
	jittered
	perl "$model" trade 1 0 D outside || skip "the number of renameat2 is not known here"
	mkdir -p D/known/below outside/new/name/within
	# What is told of new begins before new is read.
	within=("$jitter" at getdents64 7 "perl '$model' exchange D D/known D/new/name
		mv D/known D/last" 1 0)
	follow -e create,delete,move
	mv outside/new D
	await test -d D/last
	settled
	: >D/last/within/file
	: >D/new/name/below/file
	settled
	equal "$(told . | grep -v between)" "D/ MOVED_TO,ISDIR new
D/ MOVED_FROM,ISDIR known
D/new/ MOVED_TO,ISDIR name
D/new/ MOVED_FROM,ISDIR name
D/ MOVED_TO,ISDIR known
D/ MOVED_FROM,ISDIR known
D/ MOVED_TO,ISDIR last
D/last/ CREATE,ISDIR within
D/last/within/ CREATE file
D/new/name/below/ CREATE file"
	equal "$(watches "$pid")" "$(find D -type d | wc -l)"
	stop_following
}

@test "the same, and nothing else comes to tell so" {
	jittered
	perl "$model" trade 1 0 D outside || skip "the number of renameat2 is not known here"
	mkdir -p D/known/below D/up outside/new/name/within
	within=("$jitter" at getdents64 9 "perl '$model' exchange D D/up/known D/new/name" 1 0)
	mv D/known D/up
	follow -e create,delete,move
	mv outside/new D
	await test -d D/up/known/within
	await all_watched
	: >D/up/known/within/file
	: >D/new/name/below/file
	settled
	equal "$(told file | sort)" "D/new/name/below/ CREATE file
D/up/known/within/ CREATE file"
	equal "$(watches "$pid")" "$(find D -type d | wc -l)"
	stop_following
}

@test "a folder may have been exchanged, and the one above moves on before it is looked at: it is watched all the same" {
	jittered
	perl "$model" trade 1 0 D outside || skip "the number of renameat2 is not known here"
	mkdir -p outside/new/name/within outside/other/below
	within=("$jitter" at getdents64 3 "perl '$model' exchange outside outside/other D/new/name"
		at openat 10 'mv D/new D/last' 1 0)
	follow -e create,delete,move
	mv outside/new D
	await test -d D/last
	settled
	await all_watched
	: >D/last/name/below/file
	settled
	equal "$(told .)" "D/ MOVED_TO,ISDIR new
D/new/ MOVED_TO,ISDIR name
D/new/ MOVED_FROM,ISDIR name
D/ MOVED_FROM,ISDIR new
D/ MOVED_TO,ISDIR last
D/last/ CREATE,ISDIR name
D/last/name/ CREATE,ISDIR below
D/last/name/below/ CREATE file"
	equal "$(watches "$pid")" "$(find D -type d | wc -l)"
	stop_following
}

@test "model: after an overflow all that was lost is found" {
	seeds=$(rounds 1 30)
	for ((seed = 1; seed <= seeds; seed++)); do
		fresh
		mkdir outside
		follow -e create,delete,move --format '%e%0%w%0%f%0%c%0' --no-newline
		perl "$model" act "$seed" 300 D outside 2>/dev/null
		losing
		perl "$model" act "$((seed + 1000))" 3000 D outside 2>/dev/null
		kill -CONT "$pid"
		settled
		settled
		equal "$(grep -c 'events are lost' "$job/err")" 1
		perl "$model" replay D <"$job/out" | grep -v '^in no folder\|^twice' >wrong || true
		equal "$(head wrong)" '' || fails "seed $seed"
		equal "$(watches "$pid")" "$(find D -type d | wc -l)"
		stop_following
	done
}

# ---- Overflow

# losing [FOLDER]: stops it, and makes more events than the kernel's queue holds: a file is renamed, which leaves nothing behind.
losing() {
	local most

	most=$(</proc/sys/fs/inotify/max_queued_events)
	((most <= 100000)) || skip "fs.inotify.max_queued_events is large"
	kill -STOP "$pid"
	perl -e 'chdir $ARGV[1]; open my $file, ">", "0"; rename "0", "1" and rename "1", "0" or die for 1 .. $ARGV[0];
		unlink "0"' "$((most / 4 + 100))" "${1:-D}"
}

# prepared: what is in D before the loss; lose: makes it while the queue is full.
prepared() {
	mkdir -p D/gone/a/b D/stays/c D/moves/d
	echo 1 >D/gone/a/b/file
	echo 1 >D/stays/same
	echo 1 >D/stays/longer
	echo 1 >D/stays/touched
	echo 1 >D/stays/removed
}

lose() {
	losing
	rm -r D/gone D/stays/removed
	mkdir -p D/new/e
	echo 1 >D/new/e/file
	echo 12 >D/stays/longer
	touch -d @1 D/stays/touched
	mv D/moves D/stays/moved
	kill -CONT "$pid"
}

@test "overflow: CREATE, DELETE from the leaves up, and MODIFY are told as synthetic, and all is watched" {
	need_tool jq
	prepared
	follow --json -e create,delete,modify,move
	lose
	settled
	equal "$(told_json 'select(.synthetic and (.path | test("^D/[01]$") | not)) | "\(.event) \(.path)"')" \
		'create D/new
create D/new/e
create D/new/e/file
create D/stays/moved
create D/stays/moved/d
delete D/gone
delete D/gone/a
delete D/gone/a/b
delete D/gone/a/b/file
delete D/moves
delete D/moves/d
delete D/stays/removed
modify D/stays/longer
modify D/stays/touched'
	equal "$(jq -r 'select(.event == "delete" and (.path | startswith("D/gone"))) | .path' "$job/out")" \
		$'D/gone/a/b/file\nD/gone/a/b\nD/gone/a\nD/gone'
	equal "$(jq -c 'select(.event == "overflow") | keys' "$job/out")" '["event","time"]'
	equal "$(wc -l <"$job/err")" 1
	contains "$(<"$job/err")" 'fs.inotify.max_queued_events'
	: >D/stays/moved/d/late
	: >D/new/e/late
	settled
	equal "$(jq -r 'select(.name == "late") | "\(.event) \(.path)"' "$job/out")" \
		$'create D/stays/moved/d/late\ncreate D/new/e/late'
}

@test "overflow: what is modified after the wall clock was set back is found, though its time is long past" {
	need_tool jq
	steppable
	step
	echo 1 >D/file
	start "${tracer[@]}" "$BUTTER" inotifywait -q -m -r --json -e create,modify --ready-fd 7 D
	echo 2 >>D/file
	settled
	equal "$(told_json .event)" modify
	losing
	echo 3 >>D/file
	step
	kill -CONT "$pid"
	settled
	settled
	equal "$(told_json 'select(.name == "file" and .synthetic) | .event')" modify
}

@test "overflow: a folder that has replaced another and left is no exchange: what has its name then is told" {
	mkdir -p D/p outside/new/in
	follow -e create,delete,move
	kill -STOP "$pid"
	mkdir D/p/c
	mv -T outside/new D/p/c
	mv D/p/c D/q
	losing
	mkdir D/p/c
	kill -CONT "$pid"
	settled
	: >D/p/c/1
	: >D/q/in/2
	settled
	equal "$(told '^D/[pq]/\|[cq]$')" 'D/p/ CREATE,ISDIR c
D/p/ MOVED_TO,ISDIR c
D/p/ MOVED_FROM,ISDIR c
D/ MOVED_TO,ISDIR q
D/p/ CREATE,ISDIR c
D/q/ CREATE,ISDIR in
D/p/c/ CREATE 1
D/q/in/ CREATE 2'
}

@test "overflow: --on-overflow report tells the loss and finds nothing; fail ends with status 1" {
	prepared
	follow --on-overflow report -e create,delete,move
	lose
	await grep -q Q_OVERFLOW "$job/out" # what comes before is lost
	settled
	equal "$(told Q_OVERFLOW)" ' Q_OVERFLOW '
	equal "$(told gone)" ''
	equal "$(wc -l <"$job/err")" 1
	stop_following
	fresh
	prepared
	follow --on-overflow fail -e create,delete,move
	lose
	finish
	equal "$status" 1
	equal "$(tail -n 1 <<<"$output")" ' Q_OVERFLOW '
	one_line inotifywait
	contains "$stderr" 'events are lost'
}

@test "overflow: the output file is not told to have changed" {
	mkdir -p D/sub
	start bash -c 'exec "$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create,delete,modify D >D/log'
	: >D/first
	await grep -q 'D/ CREATE first' D/log
	losing D/sub
	: >D/new
	kill -CONT "$pid"
	await grep -q 'D/ CREATE new' D/log
	: >D/last
	await grep -q 'D/ CREATE last' D/log
	equal "$(grep ' log' D/log)" ''
	contains "$(<D/log)" Q_OVERFLOW
}

@test "overflow: a root that vanished in it is told to be gone; with the last one it ends" {
	prepared
	mkdir E
	start "$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create,delete,delete_self,move D E
	losing
	rm -r D
	kill -CONT "$pid"
	await grep -q 'D/ DELETE_SELF ' "$job/out"
	: >E/file
	await grep -q 'E/ CREATE file' "$job/out"
	equal "$(watches "$pid")" 1
	rm -r E
	finish
	equal "$status $(wc -l <<<"$stderr")" '1 2'
	contains "${stderr%$'\n'*}" 'events are lost'
	equal "${stderr##*$'\n'}" 'butter: inotifywait: nothing is left to watch'
}

# ---- Files that were closed before their folder was watched

# closings: the CLOSE_WRITE events of the JSON output, sorted: path, and whether it was found.
closings() {
	told_json 'select(.event == "close_write") | "\(.path) \(.synthetic)"'
}

@test "a file that was written and closed before its folder was watched has its CLOSE_WRITE, one that is open when it is closed" {
	need_tool jq
	follow --json -e create,close_write
	kill -STOP "$pid"
	mkdir D/new
	echo 1 >D/new/closed
	: >D/new/empty
	exec {writer}>D/new/open
	ln -s nowhere D/new/link
	mkfifo D/new/fifo
	kill -CONT "$pid"
	settled
	equal "$(closings)" $'D/new/closed true\nD/new/empty true'
	echo 1 >&"$writer"
	exec {writer}>&-
	settled
	equal "$(closings)" $'D/new/closed true\nD/new/empty true\nD/new/open null'
	equal "$(told_json 'select(.event == "create" and .is_dir != true) | "\(.path) \(.synthetic)"')" \
		$'D/new/closed true\nD/new/empty true\nD/new/fifo true\nD/new/link true\nD/new/open true'
}

@test "its CLOSE_WRITE comes where nothing else is asked for, after its CREATE, and with no event of the looking" {
	follow -e close_write
	kill -STOP "$pid"
	mkdir D/new
	: >D/new/file
	kill -CONT "$pid"
	settled
	equal "$(told new)" 'D/new/ CLOSE_WRITE,CLOSE file'
	stop_following
	fresh
	follow
	kill -STOP "$pid"
	mkdir D/new
	: >D/new/file
	kill -CONT "$pid"
	settled
	equal "$(told ' file$')" $'D/new/ CREATE file\nD/new/ CLOSE_WRITE,CLOSE file'
}

@test "what is in a folder that is moved in has its CLOSE_WRITE; what may not be opened, too" {
	unprivileged
	need_root # for what nobody may open
	need_tool jq
	cd "$(public_folder)"
	mkdir -p D outside/moved
	echo 1 >outside/moved/file
	echo 1 >outside/moved/secret
	chmod 755 D outside/moved
	chmod 0 outside/moved/secret
	within=("${as_nobody[@]}")
	follow --json -e create,moved_to,close_write
	mv outside/moved D/
	settled
	equal "$(closings)" $'D/moved/file true\nD/moved/secret true'
	equal "$(<"$job/err")" ''
}

@test "storm: each file of 500 new trees has one CREATE and one CLOSE_WRITE, whenever it is closed" {
	rounds=$(rounds 2 20)
	for ((round = 0; round < rounds; round++)); do
		fresh
		follow -e create,close_write
		perl -e 'my @late;
			for my $i (1 .. 500) {
				my $path = "D/$i";
				mkdir $path or die;
				mkdir $path .= "/$_" or die for qw(b c);
				open my $file, ">", "$path/file" or die;
				push @late, $file if $i % 3 == 0;
				close shift @late if @late > 7;
			}'
		settled
		settled
		find D -name file | sort >there
		for word in CREATE CLOSE_WRITE,CLOSE; do
			told " $word file" | sed "s/ $word //" | sort >words
			cmp words there || fails "$word: $(diff words there | head)"
		done
		stop_following
	done
}

@test "who opens a file for writing while it is looked at waits for that, and no signal ends the watcher" {
	need_strace
	start strace -f -qq -o /dev/null -e trace=fcntl -e inject=fcntl:delay_exit=300000 \
		"$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create,close_write D
	for i in 1 2 3; do
		mkdir "new.$i"
		: >"new.$i/file"
		mv "new.$i" "D/$i"
		perl -e 'for (1 .. 100) { open my $file, ">>", $ARGV[0] or die; close $file; select undef, undef, undef, 0.005 }' "D/$i/file"
	done
	settled
	contains "$(told CLOSE_WRITE)" 'D/3/ CLOSE_WRITE,CLOSE file'
	is_running
}

@test "overflow: a CLOSE_WRITE that was lost is told, also where nothing else is asked for; not of what is open" {
	need_tool jq
	echo 1 >D/before
	echo 1 >D/lost
	echo 1 >D/open
	echo 1 >D/begun
	for events in close_write modify,close_write create,delete,modify,close_write,move; do
		follow --json -e "$events"
		echo 2 >>D/before
		exec {writer}>>D/open {begun}>>D/begun
		echo 2 >&"$begun"
		settled
		# What is as new as that may be told again.
		now=$(microseconds)
		until lasted 50000 "$now" >/dev/null; do :; done
		settled
		losing
		echo 2 >>D/lost
		echo 2 >&"$writer"
		exec {begun}>&-
		echo 1 >D/new
		kill -CONT "$pid"
		await grep -q overflow "$job/out"
		settled
		settled
		equal "$(closings | grep -v 'D/[01] ')" $'D/before null\nD/begun true\nD/lost true\nD/new true' || fails "$events"
		exec {writer}>&-
		settled
		contains "$(closings)" 'D/open null'
		stop_following
		rm D/new
	done
}

# ---- Roots that are not where their paths lead

# strays: watches operand, a way to the folder above/D; then it leads elsewhere, and the folder is at now.
strays() {
	fresh
	operand=${operand/#HERE/$PWD}
	mkdir -p above/D/known above/decoy
	ln -s above/D link
	start "${within[@]}" "$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create,delete "$operand"
	case $operand in
	link) ln -sfn above/decoy link && now=above/D ;;
	above/D) mv above/D above/E && mkdir -p above/D && now=above/E ;;
	*) mv above moved && mkdir -p above/D/known && now=moved/D ;;
	esac
}

@test "what is named, or a folder above it, is renamed, or a link to it changed: what appears in it is watched all the same" {
	need_root
	for operand in above/D ./above/D link HERE/above/D; do
		strays
		mkdir -p "$now/known/new/below"
		await has_watches 4
		: >"$now/known/new/below/file"
		await grep -q "^$operand/known/new/below/ CREATE file$" "$job/out"
		equal "$(<"$job/out")" "$operand/known/ CREATE,ISDIR new
$operand/known/new/ CREATE,ISDIR below
$operand/known/new/below/ CREATE file"
		equal "$(<"$job/err")" ''
		# No descriptor keeps the kernel from telling its end.
		rm -r "$now"
		finish
		equal "$status $stderr" '1 butter: inotifywait: nothing is left to watch'
	done
}

@test "model: the same at full speed, and after an overflow" {
	need_root
	mkdir outside
	follow -e create,delete,move --format '%e%0%w%0%f%0%c%0' --no-newline
	mv D moved
	perl "$model" act 1 2000 moved outside 2>/dev/null
	settled moved
	losing moved
	perl "$model" act 2 1000 moved outside 2>/dev/null
	kill -CONT "$pid"
	settled moved
	ln -s moved D
	perl "$model" replay D <"$job/out" | grep -v '^in no folder\|^twice' >wrong || true
	equal "$(head wrong)" ''
	equal "$(watches "$pid")" "$(find moved -type d | wc -l)"
}

@test "without the right to open handles it is said once that what appears there is not watched, until it is back" {
	unprivileged
	public_folder >/dev/null
	within=("${as_nobody[@]}") operand=./above/D
	strays
	mkdir -p "$now/known/new" "$now/known/other"
	await grep -q 'known/ CREATE,ISDIR other$' "$job/out"
	await grep -q . "$job/err"
	rm -r above
	mv moved above
	mkdir above/D/known/last
	await has_watches 5
	for late in new other last; do
		: >"above/D/known/$late/file"
		await grep -q "^./above/D/known/$late/ CREATE file$" "$job/out"
	done
	equal "$(<"$job/err")" "butter: inotifywait: cannot watch what appears in './above/D', which is no longer at its path: \
Operation not permitted (finding the path of a file handle needs CAP_DAC_READ_SEARCH)"
}

# ---- Moves

@test "moved out: nothing is told under the old name, and its watches are gone" {
	mkdir -p D/a/{b,c}/d D/keep
	follow -e create,move
	mv D/a out
	: >out/file
	: >out/b/d/file
	settled
	equal "$(told .)" 'D/ MOVED_FROM,ISDIR a'
	equal "$(watches "$pid")" 2
	mv out D/keep/in
	settled
	equal "$(told MOVED_TO)" 'D/keep/ MOVED_TO,ISDIR in'
	equal "$(told CREATE | sort)" 'D/keep/in/ CREATE file
D/keep/in/ CREATE,ISDIR b
D/keep/in/ CREATE,ISDIR c
D/keep/in/b/ CREATE,ISDIR d
D/keep/in/b/d/ CREATE file
D/keep/in/c/ CREATE,ISDIR d'
	equal "$(watches "$pid")" 7
}

@test "a folder is found where it goes to later, before its parent's news: all below it is told, in order" {
	# Stopped, so that all of it is in the queue when the first of it is followed.
	follow -e create,delete,move --format '%e%0%w%0%f%0%c%0' --no-newline
	mkdir -p D/old/sub
	settled
	kill -STOP "$pid"
	mkdir D/new D/old/sub/late
	: >D/old/sub/late/file
	mkdir D/next
	mv D/old D/new/there
	: >D/new/there/sub/late/other
	mkdir D/new/there/sub/late/last
	mv D/new D/next/new
	kill -CONT "$pid"
	settled
	perl "$model" replay D <"$job/out"
	equal "$(watches "$pid")" 7
}

@test "what is found needs no further event to be told" {
	mkdir -p outside/x
	follow -e create,moved_to
	mkdir outside/x/y
	kill -STOP "$pid"
	mkdir D/a D/b
	mkdir D/a/c
	mv D/a D/b/a
	: >D/b/a/c/file
	kill -CONT "$pid"
	await grep -q 'D/b/a/c/ CREATE file' "$job/out"
}

@test "renames of a parent, again and again, while a tree grows below it" {
	follow -e create,delete,move --format '%e%0%w%0%f%0%c%0' --no-newline
	mkdir D/p1
	perl -e 'for my $i (1 .. $ARGV[0]) {
			my $j = $i + 1;
			mkdir "D/p$i/n$i"; mkdir "D/p$i/n$i/m"; open my $file, ">", "D/p$i/n$i/m/f";
			rename "D/p$i", "D/p$j" or die;
		}' "$(rounds 300 2000)"
	settled
	settled
	perl "$model" replay D <"$job/out"
	equal "$(watches "$pid")" "$(find D -type d | wc -l)"
}

# ---- Odd trees

@test "names of 255 bytes, hard links, symlink loops, a tree 2,000 deep that appears at once" {
	local name

	name=$(printf 'x%.0s' {1..255})
	follow -e create,move,delete
	mkdir "D/$name" && : >"D/$name/$name"
	ln -s . D/loop
	: >D/one
	ln D/one "D/$name/two"
	perl -e 'chdir "D" or die; for (1 .. 2000) { mkdir "deep" or die; chdir "deep" or die } open my $file, ">", "end"'
	settled
	equal "$(told "$name\$" | wc -l) $(told 'D/loop' | wc -l)" '2 0'
	equal "$(told 'two$')" "D/$name/ CREATE two"
	equal "$(told 'ISDIR deep$' | wc -l)" 2000
	equal "$(told ' end$' | tr -d '\n' | wc -c)" $((2 + 2000 * 5 + 11))
	equal "$(watches "$pid")" 2002
	rm -r D/deep
	settled
	equal "$(told 'DELETE,ISDIR deep$' | wc -l)" 2000
	equal "$(watches "$pid")" 2
	equal "$(<"$job/err")" ''
}

# in_mounts SCRIPT: runs it in a mount namespace of its own, with `follow` and `until_told` at hand.
in_mounts() {
	namespaces -m
	capture "${within[@]}" bash -euc '
		follow() {
			mkfifo ready
			"$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create,delete,move,unmount "$@" D 7>ready >lines 2>errors 3>&- &
			pid=$!
			read -r -t "$LIMIT" _ <ready
		}
		until_told() {
			for ((try = 0; try < LIMIT * 100; try++)); do
				if grep -q "$1" "${2:-lines}"; then return; fi
				kill -0 "$pid"
				read -r -t 0.01 _ <>ready || true
			done
			return 1
		}
		'"$1"'
		kill "$pid" && wait "$pid" || true
		cat errors >&2'
}

export LIMIT

@test "a file system mounted in the tree is seen after an unmount, and the folder below it too" {
	in_mounts '
		mkdir D/m
		mount -t tmpfs none D/m
		mkdir D/m/inner
		follow
		: >D/m/inner/file
		until_told "D/m/inner/ CREATE file"
		umount D/m
		until_told "UNMOUNT"
		: >D/m/below
		until_told "D/m/ CREATE below"'
	equal "$status $stderr" '0 '
}

@test "a file system that is remounted read-only goes on being watched" {
	in_mounts '
		mount -t tmpfs none D
		mkdir D/sub
		follow
		mount -o remount,ro D
		mount -o remount,rw D
		mkdir D/sub/new
		: >D/sub/new/file
		until_told "D/sub/new/ CREATE file"'
	equal "$status $stderr" '0 '
}

@test "a folder that is bound to two places is told at the other one when the first has left" {
	in_mounts '
		mkdir -p D/a/x D/b outside
		mount --bind D/a D/b
		follow
		for from in a b; do
			: >D/$from/x/1
			until_told "/x/ CREATE 1"
			rm D/$from/x/1
		done
		watched=$(sed -n "s,^D/\\([ab]\\)/x/ CREATE 1,\\1,p" lines | uniq)
		[ "$watched" = a ] || { echo "told at $watched"; exit; }
		mv D/a outside
		: >D/last
		until_told "D/ CREATE last"
		: >outside/a/x/2
		until_told "CREATE 2"
		sed -n "/^D.b/p" lines | sort'
	equal "$status $stderr" '0 '
	[ "$output" != 'told at b' ] || skip "it is told at the mount point, which cannot be moved"
	equal "$output" 'D/b/ CREATE,ISDIR x
D/b/x/ CREATE 2'
}

@test "what is named was bound there and is not any more: what appears in it is watched all the same" {
	need_root
	in_mounts '
		mkdir -p outside/known
		mount --bind outside D
		follow
		umount D
		mkdir outside/known/new
		: >outside/known/new/1
		until_told "D/known/new/ CREATE 1"
		cat lines'
	equal "$status $stderr" '0 '
	equal "$output" 'D/known/ CREATE,ISDIR new
D/known/new/ CREATE 1'
}

@test "a root that has strayed where no handle can be opened: that is said, and nothing is told to be gone" {
	need_root
	in_mounts '
		mkdir outside
		mount -t ramfs none outside
		mkdir outside/root
		rmdir D
		ln -s outside/root D
		follow
		mv outside/root outside/moved
		mkdir outside/moved/new
		until_told "D/ CREATE,ISDIR new"
		until_told "which is no longer at its path" errors
		kill -STOP "$pid"
		perl -e "for (1 .. $(</proc/sys/fs/inotify/max_queued_events) / 2 + 9) { mkdir q(outside/moved/x); rmdir q(outside/moved/x) }"
		kill -CONT "$pid"
		until_told Q_OVERFLOW
		: >outside/moved/last
		until_told "D/ CREATE last"
		grep -v "ISDIR x$" lines'
	equal "$status" 0
	equal "$output" 'D/ CREATE,ISDIR new
 Q_OVERFLOW 
D/ CREATE last'
	contains "$stderr" "cannot watch what appears in 'D', which is no longer at its path: Operation not supported"
}

@test "a folder that is bound to two places is told at one of them, each time" {
	in_mounts '
		mkdir -p D/a/x D/b
		mount --bind D/a D/b
		follow
		: >D/a/x/1
		: >D/b/x/2
		mkdir D/b/x/new
		: >D/a/x/new/3
		: >D/last
		until_told "D/ CREATE last"
		until_told "/x/new/ CREATE 3"
		sed "s,^D/[ab]/,,; /last/d" lines | sort'
	equal "$status $stderr" '0 '
	equal "$output" 'x/ CREATE 1
x/ CREATE 2
x/ CREATE,ISDIR new
x/new/ CREATE 3'
}

@test "what a mount covers is told to be unmounted, and what is there instead to be there; and back again" {
	for how in rescan report; do
		in_mounts '
			rm -rf D ready outside && mkdir -p D/m/old outside/new/inner
			: >D/m/old/file
			follow --on-overflow '"$how"' -e modify
			mount --bind outside D/m
			until_told "D/m/new/ CREATE,ISDIR inner"
			: >outside/new/inner/1
			until_told "D/m/new/inner/ CREATE 1"
			umount D/m
			until_told "D/m/old/ CREATE file"
			: >outside/new/inner/unseen
			: >D/m/old/2
			until_told "D/m/old/ CREATE 2"
			cat lines'
		equal "$how $status $stderr" "$how 0 "
		equal "$output" 'D/m/ UNMOUNT,ISDIR 
D/m/ CREATE,ISDIR new
D/m/new/ CREATE,ISDIR inner
D/m/new/inner/ CREATE 1
D/m/ UNMOUNT,ISDIR 
D/m/ CREATE,ISDIR old
D/m/old/ CREATE file
D/m/old/ CREATE 2'
	done
}

@test "a bind mount that was there at the start and is another at the next look, below an operand that is a link" {
	in_mounts '
		mkdir -p real/m one/1 two/2
		mount --bind one real/m
		mount --make-private real/m
		rmdir D && ln -s real D
		follow
		kill -STOP "$pid"
		umount real/m
		mount --bind two real/m
		kill -CONT "$pid"
		until_told "D/m/ CREATE,ISDIR 2"
		: >two/2/new
		until_told "D/m/2/ CREATE new"
		cat lines'
	equal "$status $stderr" '0 '
	equal "$output" 'D/m/ UNMOUNT,ISDIR 
D/m/ CREATE,ISDIR 2
D/m/2/ CREATE new'
}

@test "what is bound in the tree twice is told by the other path when the first one is covered" {
	in_mounts '
		mkdir -p D/a/x D/b/below
		mount --bind D/a D/b
		follow
		: >D/a/x/1
		until_told "/x/ CREATE 1"
		watched=$(sed -n "s,^D/\([ab]\)/x/ CREATE 1,\1,p" lines)
		[ "$watched" = a ] && other=b || other=a
		mount -t tmpfs none "D/$watched"
		until_told "D/$other/x/ CREATE 1"
		: >"D/$other/x/2"
		until_told "D/$other/x/ CREATE 2"
		: >"D/$watched/3"
		until_told "D/$watched/ CREATE 3"
		umount D/b
		until_told "D/b/ CREATE,ISDIR below"
		sed "s,^D/$watched,FIRST,; s,^D/$other,OTHER," lines | grep -v below'
	equal "$status $stderr" '0 '
	contains "$output" 'FIRST/ UNMOUNT,ISDIR'
	contains "$output" 'OTHER/x/ CREATE 2'
	equal "$(grep -c '2$' <<<"$output")" 1
}

@test "many mounts in mounts, in folders that have just been made: each is watched in the end, and then it rests" {
	in_mounts '
		follow
		for i in {1..40}; do
			mkdir D/$i && mount -t tmpfs none D/$i && mkdir -p D/$i/t/u && : >D/$i/one
			mount -t tmpfs none D/$i/t && mkdir D/$i/t/u && : >D/$i/t/two
			((i % 4)) || mount -t tmpfs none D/$i/t
			: >D/$i/t/three
		done
		until_told "D/40/t/ CREATE three"
		for i in {1..40}; do : >D/$i/t/last; done
		for i in {1..40}; do until_told "D/$i/t/ CREATE last"; done
		grep -c "/t/ CREATE last" lines
		# Nothing that it does itself keeps it going.
		before=$(cut -d " " -f 14,15 "/proc/$pid/stat")
		for i in {1..30}; do read -r -t 0.01 _ <>ready || true; done
		after=$(cut -d " " -f 14,15 "/proc/$pid/stat")
		((${after% *} + ${after#* } - ${before% *} - ${before#* } <= 5)) || echo "$before $after"'
	equal "$status $stderr" '0 '
	equal "$output" 40
}

@test "it does not stand in the way of who unmounts one mount after the other, from below" {
	in_mounts '
		follow
		failed=0
		for i in {1..30}; do
			mkdir -p D/a && mount -t tmpfs none D/a && mkdir D/a/x && mount -t tmpfs none D/a/x && mkdir D/a/x/y
			mount -t tmpfs none D/a/x/y
			umount -R D/a 2>/dev/null || { failed=$((failed + 1)) && umount -l D/a; }
		done
		echo "$failed"'
	equal "$status $stderr" '0 '
	equal "$output" 0
}

@test "what a mount has uncovered is watched without a further event, also where it was never told" {
	in_mounts '
		mkdir D/a D/b
		mount --bind D/a D/b
		follow
		umount D/b
		: >D/b/new
		until_told "D/b/ CREATE new"'
	equal "$status $stderr" '0 '
}

@test "what is mounted below a root that was renamed is watched" {
	in_mounts '
		mkdir D/d
		follow
		mv D moved
		mount -t tmpfs none moved/d
		: >moved/d/x
		until_told "D/d/ CREATE x"
		: >moved/d/y
		until_told "D/d/ CREATE y"
		head -n 1 lines'
	equal "$status $output$stderr" '0 D/d/ UNMOUNT,ISDIR '
}

@test "a mount that may not be read is told, and that it cannot be watched, once" {
	unprivileged
	need_root
	namespaces -m
	public=$(public_folder)
	mkdir -p "$public/D/e"
	: >"$public/D/e/f"
	chmod -R a+rX "$public"
	capture "${within[@]}" bash -euc '
		cd "$1"
		mkfifo ready && chmod 666 ready
		"${@:2}" "$BUTTER" inotifywait -q -m -r -e create,unmount --ready-fd 7 D 7>ready >lines 2>errors 3>&- & pid=$!
		read -r -t "$LIMIT" _ <ready
		mount -t tmpfs -o mode=700 none D/e
		for ((try = 0; try < LIMIT * 100; try++)); do
			! grep -q "cannot watch" errors || break
			read -r -t 0.01 _ <>ready || true
		done
		: >D/last
		until grep -q last lines; do read -r -t 0.01 _ <>ready || true; done
		kill "$pid"
		wait "$pid" || true
		cat lines
		cat errors >&2' "$0" "$public" "${as_nobody[@]}"
	equal "$output" 'D/e/ UNMOUNT,ISDIR 
D/ CREATE last'
	equal "$stderr" "butter: inotifywait: cannot watch 'D/e/': Permission denied (reading it must be allowed: run as its owner or root)"
}

@test "mounts within mounts, moved ones, and those in what is left out" {
	in_mounts '
		mkdir -p D/m D/away D/left outside
		follow --exclude "D/left"
		mount -t tmpfs none D/left && mkdir D/left/unseen
		mount -t tmpfs none D/m && mkdir -p D/m/in/deep && mount -t tmpfs none D/m/in && : >D/m/in/1
		until_told "D/m/in/ CREATE 1"
		mount --make-private D/m
		mount --move D/m D/away
		until_told "D/away/in/ CREATE 1"
		: >D/away/in/2
		until_told "D/away/in/ CREATE 2"
		umount -l D/away
		: >D/away/3
		until_told "D/away/ CREATE 3"
		: >D/m/4
		until_told "D/m/ CREATE 4"
		! grep -E "unseen|left" lines || exit 9
		grep -v UNMOUNT lines | sort | uniq -d'
	equal "$status $stderr" '0 '
	equal "$output" ''
}

@test "without /proc that mounts go unnoticed is said, and -q keeps silent" {
	need_plain_build
	in_mounts '
		mount -t tmpfs none /proc
		for quiet in "" -q; do
			"$BUTTER" inotifywait $quiet -r -t 1ms D 2>&1 >/dev/null | grep -v -e established -e Setting || true
		done
		"$BUTTER" inotifywatch -r -t 1ms D 2>&1 >/dev/null | grep mounts
		pid=$BASHPID; : >errors; trap "" TERM; exit 0'
	equal "$output" 'butter: inotifywait: mounts go unnoticed: there is no /proc/self/mountinfo
butter: inotifywatch: mounts go unnoticed: there is no /proc/self/mountinfo'
}

# ---- Start-up under churn

@test "folders that come and go at full speed while watches are set never fail the start" {
	mkdir D/{a,b,c}
	perl -e 'for (;;) { for my $x (qw(a b c)) { mkdir "D/$x/n"; mkdir "D/$x/n/m"; rename "D/$x/n/m", "D/$x/k";
		rmdir "D/$x/k"; rmdir "D/$x/n"; exit if getppid != $ARGV[0] } }' $$ 3>&- 4>&- &
	churn=$!
	started+=("$churn")
	rounds=$(rounds 30 200)
	for ((round = 0; round < rounds; round++)); do
		follow -e create --include '/(last|settled)'
		: >D/last
		await grep -q 'D/ CREATE last' "$job/out"
		equal "$(<"$job/err")" '' || fails "round $round"
		stop_following
		exec {ready}<&- {alive}<&-
		rm D/last
	done
	kill "$churn"
}

# ---- Limits

# with_watches COUNT OPTION...: in a user namespace with so many watches.
with_watches() {
	limited_to max_inotify_watches "$1" inotifywait -q -r -e create -t 0.05 "${@:2}"
}

@test "too few watches: one line with the path, the sysctls, their values, and how many are needed; status 1" {
	mkdir -p D/{a,b,c,d}/e
	with_watches 4 D
	failed 1 inotifywait "cannot watch 'D/" 'No space left on device' '9 watches are needed' \
		"fs.inotify.max_user_watches, now $(</proc/sys/fs/inotify/max_user_watches)" \
		'user.max_inotify_watches, now 4'
	with_watches 9 D
	equal "$status $stderr" '2 '
}

@test "--partial goes on with too few watches and says what is not watched" {
	mkdir -p D/{a,b,c,d}/e
	with_watches 4 --partial D
	equal "$status" 2
	one_line inotifywait
	contains "$stderr" '5 of 9 folders are not watched'
	contains "$stderr" 'user.max_inotify_watches, now 4'
	capture "$BUTTER" inotifywait --partial D
	misused inotifywait '--partial needs --recursive'
}

# ---- Faults

# faulty_following SPECS OPTION...: as follow, with these faults injected.
faulty_following() {
	faulty "$1" -m -r "${@:2}" D
}

@test "faults: a watch that cannot be set after the start is told once, and all else goes on" {
	for error in ENOSPC ENOMEM EACCES; do
		fresh
		faulty_following "inotify_add_watch:error=$error:when=2+" -e create
		mkdir D/a
		mkdir D/b
		: >D/file
		await grep -q 'D/ CREATE file' "$job/out"
		equal "$(grep -c 'ISDIR [ab]$' "$job/out")" 2
		# What is not watched is the new folder, and not the one that it is in.
		await grep -q "cannot watch 'D/[ab]/'" "$job/err"
		equal "$(grep -v "^butter: inotifywait: cannot watch 'D/[ab]/'" "$job/err")" ''
		(($(wc -l <"$job/err") <= 2)) || fails "$error:" "$(<"$job/err")"
	done
}

@test "faults: a watch that cannot be completed, so that it tells less, is told once; when the folder comes back it is tried again" {
	# Three are for D; of D/a, a/b, a/b/c there is one each, and then one each again, from below.
	for at in 7:D/a/b/c/ 8:D/a/b/ 9:D/a/; do
		fresh
		mkdir -p outside/a/b/c
		faulty "inotify_add_watch:error=EACCES:when=${at%:*}" -m -r D
		mv outside/a D
		await grep -q "cannot watch '" "$job/err"
		: >D/a/b/c/file
		await grep -q 'D/a/b/c/ CREATE file' "$job/out"
		equal "$(<"$job/err")" "butter: inotifywait: cannot watch '${at#*:}': Permission denied \
(reading it must be allowed: run as its owner or root)"
	done
	fresh
	mkdir -p outside/a/b
	faulty "inotify_add_watch:error=ENOENT:when=6" -m -r D
	mv outside/a D
	await grep -q 'D/a/ CREATE,ISDIR b' "$job/out"
	: >D/a/b/file
	await grep -q 'D/a/b/ CREATE file' "$job/out"
	: <D/a/b/file
	await grep -q 'D/a/b/ OPEN file' "$job/out"
	equal "$(<"$job/err")" ''
}

@test "how many watches are needed is that of all that is known, and of what is there" {
	need_userns
	mkdir D/{1,2,3}
	start unshare -Ur bash -c 'echo 2 >/proc/sys/user/max_inotify_watches && exec "$BUTTER" inotifywait -qmr --partial --ready-fd 7 -e create D'
	mkdir D/4
	await grep -q '5 watches are needed' "$job/err"
	grep -q '2 of 4 folders are not watched.*(4 watches are needed' "$job/err"
	fresh
	mkdir D/1
	start unshare -Ur bash -c 'echo 2 >/proc/sys/user/max_inotify_watches && exec "$BUTTER" inotifywait -qmr --ready-fd 7 -e create D'
	for i in 1 2 3; do
		mkdir D/z
		await test "$(grep -c 'D/z' "$job/err")" -ge "$i"
		rmdir D/z
	done
	equal "$(grep -c '(3 watches are needed' "$job/err") of $(wc -l <"$job/err")" '3 of 3'
}

@test "where watches run out after the start, the first ten folders are named, with the limit, and then no more" {
	need_userns
	start unshare -Ur bash -c 'echo 4 >/proc/sys/user/max_inotify_watches && exec "$BUTTER" inotifywait -qmr --ready-fd 7 -e create D'
	for i in {1..30}; do mkdir "D/$i"; done
	: >D/file
	await grep -q 'D/ CREATE file' "$job/out"
	equal "$(sed -nE "s,^butter: inotifywait: cannot watch 'D/[0-9]*/': No space left on device \
\(([0-9]+) watches are needed: raise fs.inotify.max_user_watches\, now .* now 4\)$,\1,p" "$job/err")" "$(seq 5 14)"
	equal "$(tail -n 1 "$job/err")" 'butter: inotifywait: further folders for which there is no watch are not named'
	equal "$(wc -l <"$job/err")" 11
	equal "$(grep -c 'CREATE,ISDIR' "$job/out")" 30
}

@test "faults: a folder that is gone when it is to be watched is left out without a word" {
	faulty_following inotify_add_watch:error=ENOENT:when=2 -e create
	mkdir D/a
	: >D/file
	await grep -q 'D/ CREATE file' "$job/out"
	: >D/a/late
	: >D/last
	await grep -q 'D/a/ CREATE late' "$job/out"
	equal "$(<"$job/err")" ''
}

@test "faults: where a file system numbers a folder anew at each look, it is watched all the same" {
	# Some FUSE servers do. Of the two looks at a new folder one gets another device, whichever comes first.
	faulty_following newfstatat:poke_exit=@arg3=5a5a:when=1+2 -e create
	mkdir D/a
	await grep -q 'D/ CREATE,ISDIR a' "$job/out"
	: >D/a/file
	await grep -q 'D/a/ CREATE file' "$job/out"
	mkdir -p D/b/c/d
	: >D/b/c/d/file
	await grep -q 'D/b/c/d/ CREATE file' "$job/out"
	equal "$(<"$job/err")" ''
}

@test "faults: a stale file handle is an error of what is named; below that, a folder to be looked for again" {
	for calls in 'newfstatat statx' openat inotify_add_watch; do
		# shellcheck disable=SC2086,SC2046
		inject "$(printf '%s:error=ESTALE ' $calls)" inotifywait -q -r -t 5 D
		failed 1 inotifywait "cannot watch 'D'" 'Stale file handle (' || fails "$calls"
	done
	inject 'newfstatat:error=ESTALE statx:error=ESTALE openat:error=ESTALE:when=3+' \
		inotifywait -t 5 --until-exists nothere
	failed 1 inotifywait "cannot search './" 'Stale file handle'
	inject getdents64:error=ESTALE:when=1 inotifywait -q -r -t 0.05 D
	equal "$status" 2
	one_line inotifywait
	contains "$stderr" "cannot watch 'D/': Stale file handle ("
	for fault in openat:error=ESTALE:when=5 inotify_add_watch:error=ESTALE:when=2; do
		fresh
		mkdir D/a D/b
		faulty_following "$fault" -e create
		: >D/file
		await grep -q 'D/ CREATE file' "$job/out"
		: >D/a/late
		: >D/b/late
		: >D/last
		await grep -q 'D/a/ CREATE late' "$job/out"
		await grep -q 'D/b/ CREATE late' "$job/out"
		equal "$(<"$job/err")" '' || fails "$fault"
	done
}

@test "faults: a new folder that cannot be opened or read is told once" {
	for spec in openat:error=EMFILE:when=5+ openat:error=EACCES:when=5+ getdents64:error=EIO:when=3+; do
		fresh
		faulty_following "$spec" -e create
		mkdir D/a
		: >D/file
		await grep -q 'D/ CREATE file' "$job/out"
		: >D/a/below
		: >D/last
		await grep -q 'D/ CREATE last' "$job/out"
		equal "$(grep -c "cannot watch 'D/" "$job/err") of $(wc -l <"$job/err")" '1 of 1' || fails "$spec" "$(<"$job/err")"
	done
}

@test "faults: interrupted reads lose nothing" {
	faulty_following read:error=EINTR:when=1+2 -e create
	for i in {1..20}; do mkdir -p "D/$i/a/b"; done
	: >D/file
	await grep -q 'D/ CREATE file' "$job/out"
	await test "$(grep -c ISDIR "$job/out")" = 60
	each_once folder
}

# ---- Slow readers, signals

@test "--queue: a small one and a reader that stops: nothing is lost, or the loss is told and mended" {
	mkfifo lines
	exec {keep}<>lines
	launch bash -c 'exec "$BUTTER" inotifywait -q -m -r --queue 4K --ready-fd 7 -e create,delete,move \
		--format "%e%0%w%0%f%0%c%0" --no-newline D >lines'
	read -r -t "$LIMIT" -u "$ready" _
	mkdir outside
	perl "$model" act 5 20000 D outside 2>/dev/null
	exec {reader}<lines
	cat <&"$reader" >>"$job/out" 3>&- 4>&- &
	started+=($!)
	exec {keep}<&- {reader}<&-
	settled
	settled
	if [ -s "$job/err" ]; then contains "$(<"$job/err")" 'events are lost'; fi
	perl "$model" replay D <"$job/out" | grep -v '^in no folder\|^twice' >wrong || true
	equal "$(head wrong)" ''
}

@test "folders that have gone again are not looked for with each event: as many calls for each, however many there are" {
	need_strace
	start strace -f -qq -o trace -e trace=openat,ioctl "$BUTTER" inotifywait -q -m -r --ready-fd 7 -e create,delete D
	butter=$(children "$pid")
	kill -STOP "$butter"
	await has_state tT "$butter"
	mkdir D/{1..300}
	rmdir D/{1..300}
	kill -CONT "$butter"
	settled
	equal "$(told . | grep -c CREATE) $(told . | grep -c DELETE)" '300 300'
	(($(wc -l <trace) < 300 * 10)) || fails "calls: $(wc -l <trace)"
}

@test "SIGTERM in the middle of a storm leaves whole lines" {
	follow -e create
	perl -e 'for my $i (1 .. 3000) { mkdir "D/$i"; mkdir "D/$i/sub" }' &
	await grep -q sub "$job/out"
	kill "$pid"
	wait "$pid" || true
	wait $!
	equal "$(tail -c 1 "$job/out" | od -An -c | tr -d ' ')" '\n'
	equal "$(grep -avE '^D/([0-9]+/)? CREATE,ISDIR ([0-9]+|sub)$' "$job/out")" ''
}

#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# README keeps what it says: each recipe is run as it stands there, but for a longer -t, in a temporary folder and in
# private namespaces; its table of applets, its folders, options and targets are those that there are.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2016 # a name is no shell's text
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, pid, job, within

load helper
load scripts

README=$BUTTER_SOURCE/README

setup() {
	trace_tests_only
	script_setup
}

# recipe HEADING: what is indented by four blanks below "N. HEADING", as a script in the file $recipe.
recipe() {
	recipe=$BATS_TEST_TMPDIR/recipe
	awk -v heading="$1" '
		/^[0-9]+\. / { on = substr($0, index($0, " ") + 1) == heading; next }
		/^[^ ]/ { on = 0 }
		on && sub(/^    /, "")
	' "$README" >"$recipe"
	[ -s "$recipe" ] || fails "README has no recipe '$1'"
}

# waits DURATION: its -t is that; README's is too short for a machine that is busy.
waits() {
	sed -i "s/ -t [0-9]* / -t $1 /" "$recipe"
}

# cook [COMMAND...]: runs the recipe, in the background, by COMMAND; all of it has ended after `finish`.
cook() {
	launch timeout -k 1 "$LIMIT" "$@" bash "$recipe"
}

# served TEXT: the recipe ends well, says TEXT (a regular expression for all of it) and has no complaints.
served() {
	finish || return 1
	succeeded || return 1
	matches "$output" "$1"
}

# ---- The recipes

@test "recipe: wait until a file has been written" {
	need_applet inotifywait
	recipe "Wait until a file has been written"
	waits "$LIMIT"
	mkdir data
	cook
	watched 1
	echo x >data/other.csv
	echo x >data/report.tmp
	is_running || fails "another file has ended it"
	mv data/report.tmp data/report.csv
	served "the report is there"
}

@test "recipe: a file that is never written is not there" {
	need_applet inotifywait
	recipe "Wait until a file has been written"
	waits 0.2
	mkdir data
	cook
	finish
	equal "$status$output$stderr" 2
}

@test "recipe: wait for what may be there already" {
	need_applet inotifywait
	recipe "Wait for what may be there already, or not even the folder for it"
	waits "$LIMIT"
	cook
	watched 1
	mkdir -p run/app
	is_running || fails "its folder has ended it"
	: >run/app/socket
	served "the server is there"
	cook
	served "the server is there"
}

@test "recipe: watch first, then start what you wait for" {
	need_applet inotifywait
	recipe "Watch first, then start what you wait for"
	waits "$LIMIT"
	mkdir run
	cook
	served "it has started: run/ CREATE server.pid"
}

@test "recipe: do something once for each upload" {
	need_applet inotifywait
	recipe "Do something once for each upload, whatever its name (bash)"
	waits $((LIMIT / 12))
	mkdir upload "done"
	cook
	watched 1
	names=($'new\nline' ' blanks ' $'bad\xff' -rf '"quoted"' "it's" '*' "$(printf 'x%.0s' {1..255})")
	for name in "${names[@]}"; do
		echo "$name" >"upload/$name"
	done
	echo moved >moved
	mv moved upload/moved
	finish
	succeeded
	equal "$(ls -A upload)" ""
	equal "$(find "done" -type f -printf . | wc -c)" $((${#names[@]} + 1))
	for name in "${names[@]}"; do
		equal "$(cat "done/$name"; echo .)" "$name"$'\n.'
	done
	equal "$(cat "done/moved")" moved
}

@test "recipe: build again when something was written" {
	need_applet inotifywait
	recipe "Build again when something was written, once for all that comes together"
	waits $((LIMIT / 12))
	mkdir -p src/lib
	cook
	watched 2
	: >'src/$(touch bad)'
	echo x >src/lib/b.c
	served $'building for src/\\$\\(touch bad\\)( src/lib/b.c|\nbuilding for src/lib/b.c)\nnothing more is written'
	[ ! -e bad ]
}

@test "recipe: ask jq which files of a tree have come and gone" {
	need_applet inotifywait
	need_tool jq
	recipe "Ask jq which files of a tree have come and gone"
	waits $((LIMIT / 12))
	mkdir -p src/lib
	cook
	watched 2
	: >src/lib/new.c
	mkdir src/doc
	: >$'src/lib/line\nbreak'
	rm src/lib/new.c
	served $'create src/lib/new.c\ncreate src/lib/line\nbreak\ndelete src/lib/new.c'
}

# hostname_from TEXT: runs the recipe where /etc/hostname has that TEXT and the name belongs to nobody else.
hostname_from() {
	need_applet sethostname
	need_applet gethostname
	namespaces -u -m
	[ -f /etc/hostname ] || skip "there is no /etc/hostname to be replaced"
	recipe "Give the machine its name at boot"
	printf '%b' "$1" >hostname
	# shellcheck disable=SC2016 # the inner shell expands
	cook "${within[@]}" sh -c 'mount --bind hostname /etc/hostname && exec "$@"' "$0"
}

@test "recipe: give the machine its name at boot" {
	hostname_from '# what it is\n\n  web1.example.org\n'
	served "this is web1\.example\.org"
}

@test "recipe: a machine without a good name is localhost" {
	hostname_from 'web_1\n'
	finish
	equal "$status" 0
	equal "$output" "this is localhost"
	one_line sethostname
}

@test "recipe: take a sample ten times a second, without drift" {
	need_applet timerfd-sleep
	recipe "Take a sample ten times a second, without drift"
	cook
	served '(sample [1-5] at [0-9.]+, [0-4] missed.?)+'
	equal "$(tail -n 1 <<<"$output" | cut -d ' ' -f 2)" 5
}

@test "recipe: sleep until half past two" {
	need_applet timerfd-sleep
	recipe "Sleep until half past two"
	# A time zone where it is noon.
	TZ=NOON$((10#$(date -u +%H) - 12)) cook
	served "not yet half past two"
}

@test "recipe: store a stream, count it and sum it up" {
	need_applet tee-fd
	recipe "Store a stream, count it and sum it up, in one go"
	cook
	served 100000
	seq 100000 | cmp - numbers
	equal "$(<lines)" 100000
	equal "$(<sum)" "$(seq 100000 | sha256sum)"
}

@test "recipe: stop a process only if it is still the same one" {
	need_applet getpid
	recipe "Stop a process only if it is still the same one"
	cook
	served "stopped"
}

@test "recipe: another process with the same number is left alone" {
	need_applet getpid
	recipe "Stop a process only if it is still the same one"
	sed -i -e 's/^id=/echo "$$:0" >worker.id; &/' -e '$s/$/\nkill $!/' "$recipe"
	cook
	served ""
}

@test "recipe: let old scripts find their command" {
	need_applet inotifywait
	recipe "Let old scripts find their command"
	cook
	served "nothing has changed"
	equal "$(ls bin)" inotifywait
}

@test "every recipe of README has a test here" {
	count=0
	while read -r heading; do
		count=$((count + 1))
		grep -qF "recipe \"$heading\"" "$BATS_TEST_FILENAME" || fails "no test of '$heading'"
	done < <(sed -n '/^Recipes$/,/^Building/s/^[0-9]*\. //p' "$README")
	[ "$count" -ge 10 ]
}

# ---- What README says of the repository

@test "README's table of applets is what butter --list-long prints" {
	diff <(sed -n '/^Applets:$/,/^[^ ]/s/^    \([a-z0-9_-]*\)  *\(.*\)/\1\t\2/p' "$README" |
		grep -xE "(${APPLETS// /|})	.*") <("$BUTTER" --list-long)
}

@test "README's folders and files exist" {
	while read -r path; do
		[ -e "$BUTTER_SOURCE/$path" ] || fails "there is no $path"
	done < <(sed -n '/^Where things are$/,/^How to add/p' "$README" | grep -oE '^    [a-z./]+')
	for path in bootstrap.sh LICENSE examples/wait-for-file.sh examples/on-upload.sh applets/getppid.c \
		man/butter-getppid.1 tests/butter.bats Makefile.am; do
		grep -qF "${path##*/}" "$README" || fails "README does not name $path any more"
		[ -e "$BUTTER_SOURCE/$path" ] || fails "there is no $path"
	done
}

@test "README's targets of make exist" {
	while read -r target; do
		case $target in
		install | dist | distcheck) ;; # automake's own
		*) grep -qE "^$target(-local)?( [a-z -]*)?:" "$BUTTER_SOURCE/Makefile.am" || fails "no target $target" ;;
		esac
	done < <(grep -oE '(^    |; )make [a-z-]+' "$README" | sed 's/.*make //' | sort -u)
}

@test "README's options of configure exist" {
	while read -r option; do
		case $option in
		--prefix) ;; # autoconf's own
		*) grep -qF "AS_HELP_STRING([$option" "$BUTTER_SOURCE/configure.ac" || fails "no option $option" ;;
		esac
	done < <(sed -n '/^Building and installing$/,/^Where things are$/s/^    \(--[a-z-]*\).*/\1/p' "$README" | sort -u)
}

@test "README's lists are numbered without a gap" {
	awk '/^[A-Z]/ { last = 0 } /^[0-9]+\. / { if ($1 + 0 != ++last) { print; gap = 1 } } END { exit gap }' "$README"
}

@test "README can be read: plain text, lines that fit, not too long" {
	! grep -nP '\t|[^\x20-\x7e]| $' "$README" || fails "tabs, blanks at the end, or no ASCII"
	awk 'length > 108 { print; long = 1 } END { exit long }' "$README"
	[ "$(wc -l <"$README")" -le 250 ]
}

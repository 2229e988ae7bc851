#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The multicall binary itself, and what is promised of every applet: the loops below go over all that are built in, so
# that a new applet is covered without a word here.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr, within ...

load helper

applet=

teardown() {
	[ -z "$applet" ] || echo "the applet was $applet"
	stop_all
}

# usage_of APPLET: its usage line as one line, without "usage: ".
usage_of() {
	"$BUTTER" "$1" --help | sed '/^$/,$d; s/^usage://' | tr -s ' \n' ' ' | sed 's/^ //; s/ $//'
}

# operands_of APPLET: what the usage line says after the options, the command of `-- COMMAND` left out.
operands_of() {
	usage_of "$1" | sed "s|\([A-Za-z]\)\[=*[A-Z]*\]|\1|g; s/^butter $1//; s/ \[-[^] -][^]]*\]//g; s/ \[--[a-z][^]]*\]//g; s/ \[-- .*//; s/^ //"
}

# sample APPLET: sets the array `arguments` to a harmless use that opens whatever the applet opens.
sample() {
	local here=$BATS_TEST_TMPDIR/sample

	mkdir -p "$here/folder"
	echo -refused- >"$here/name"
	echo "$here/folder" >"$here/list"
	case $1 in
	fanotify-watch) arguments=(-q -t 0.01 --inode -o "$here/out" --fromfile "$here/list") ;;
	getpid) arguments=(--id $$) ;;
	getppid) arguments=($$) ;;
	gethostname) arguments=() ;;
	inotifywait) arguments=(-q -r -t 0.01 -o "$here/out" --fromfile "$here/list") ;;
	inotifywatch) arguments=(-r -t 0.01 --fromfile "$here/list") ;;
	sethostname) arguments=(-F "$here/name") ;;
	timeout-exec) arguments=(60 true) ;;
	timerfd-sleep) arguments=(0) ;;
	vmsplice-feed) arguments=(-f "$here/list") ;;
	*) arguments=(--help) ;;
	esac
}

options_of() {
	"$BUTTER" --options "$1" | cut -f 1
}

# ---- Which applet?

@test "an applet runs by butter's first argument" {
	need_applet getppid
	capture "$BUTTER" getppid
	succeeded
	matches "$output" '[0-9]+'
}

@test "an applet runs by its own name, by butter-NAME, by a path, and with a login shell's dash" {
	need_applet gethostname
	for name in gethostname butter-gethostname /no/such/bin/gethostname ./butter-gethostname \
		-gethostname /bin/butter-gethostname; do
		as "$name"
		succeeded
		equal "$output" "$(uname -n)"
	done
}

@test "a link with an applet's name runs that applet" {
	need_applet gethostname
	ln -s "$BUTTER" "$BATS_TEST_TMPDIR/gethostname"
	capture "$BATS_TEST_TMPDIR/gethostname"
	succeeded
	equal "$output" "$(uname -n)"
}

@test "a copy whose name has a version is butter, too" {
	as butter-0.1.0 --list
	succeeded
	equal "$output" "$("$BUTTER" --list)"
	as butter-1 getppid
	matches "$status $output" "0 [0-9]+"
	as butter-nosuch
	failed 127 "" "unknown applet"
}

@test "started with an empty argv[0], butter is butter" {
	as '' --version
	succeeded
	matches "$output" 'butter [0-9.]+'
}

@test "started without any argv, butter prints its help" {
	need_tool "${CC:-cc}"
	cat >"$BATS_TEST_TMPDIR/bare.c" <<-'END'
		#include <unistd.h>
		int main(int argc, char **argv)
		{
			char *none[] = { 0 };
			return argc == 2 && execv(argv[1], none);
		}
	END
	"${CC:-cc}" -w -o "$BATS_TEST_TMPDIR/bare" "$BATS_TEST_TMPDIR/bare.c" || skip "cannot compile here"
	capture "$BATS_TEST_TMPDIR/bare" "$BUTTER"
	succeeded
	contains "$output" "usage: butter "
}

@test "under a name that begins with butter it is butter" {
	for name in butter butter.static -butter /x/butter; do
		as "$name" --version
		succeeded
		matches "$output" 'butter [0-9.]+'
	done
}

@test "a link to an applet that is not built in says so instead of doing something else" {
	for name in nosuchapplet butter-nosuchapplet; do
		as "$name"
		failed 127 '' "unknown applet 'nosuchapplet'"
		as "$name" operand
		failed 127 '' "unknown applet 'nosuchapplet'"
	done
}

@test "an unknown applet is status 127 and one line" {
	try nosuchapplet
	failed 127 '' "unknown applet 'nosuchapplet'" --list
	try ''
	failed 127 '' "unknown applet ''"
	try help nosuchapplet
	failed 127 '' "unknown applet 'nosuchapplet'"
	try --options nosuchapplet
	failed 127 '' "unknown applet 'nosuchapplet'"
}

@test "of a misspelt applet the nearest name is told" {
	need_applet gethostname
	for name in gethostnam getohstname gethostnamee gethsotname ethostname; do
		try "$name"
		failed 127 '' "did you mean 'gethostname'?"
	done
}

@test "a hostile name of an applet is escaped in the message" {
	try $'x\e[31m\ny\342\200\256'
	failed 127 '' 'x\033[31m\012y\342\200\256'
}

# ---- butter's own options

@test "butter alone, butter help, butter help butter and butter --help print the same help" {
	try --help
	succeeded
	expected=$output
	[[ $output == "usage: butter "* ]]
	contains "$output" --list
	contains "$output" --install
	try
	succeeded
	equal "$output" "$expected"
	try help
	succeeded
	equal "$output" "$expected"
	try help butter
	succeeded
	equal "$output" "$expected"
	try -h
	succeeded
	equal "$output" "$expected"
}

@test "butter help APPLET prints the applet's help" {
	for applet in $APPLETS; do
		try help "$applet"
		succeeded
		equal "$output" "$("$BUTTER" "$applet" --help)"
	done
}

@test "--list names the applets that were configured, sorted" {
	try --list
	succeeded
	equal "$output" "$(tr -s ' ' '\n' <<<"$APPLETS" | sed '/^$/d' | sort)"
}

@test "--list-long prints name, tab, summary" {
	try --list-long
	succeeded
	equal "$(cut -f 1 <<<"$output")" "$("$BUTTER" --list)"
	! grep -vP '^[a-z0-9_-]+\t[^\t]{8,72}$' <<<"$output" || fails "not of that form"
}

@test "--version names the version that was configured" {
	try --version
	succeeded
	expected=$(sed -n 's/^AC_INIT(\[butter\], \[\([^]]*\)\].*/\1/p' "$BUTTER_SOURCE/configure.ac")
	equal "$output" "butter $expected"
	try -V
	succeeded
	equal "$output" "butter $expected"
}

@test "--options prints an option, its argument, a help text and the words that it takes a line" {
	for applet in $APPLETS; do
		try --options "$applet"
		succeeded
		contains "$output" $'--help\t\t'
		! grep -vP '^--?[A-Za-z0-9][a-z0-9-]*\t(([A-Z]+(:[A-Z]+)?)?|\[=[A-Z]+\])\t[^\t]+(\t[a-z_]+([,|][a-z_-]+)+)?$' <<<"$output" || fails "not of that form"
	done
}

@test "--options butter prints butter's own" {
	try --options butter
	succeeded
	contains "$output" --install
	contains "$output" --list-long
}

@test "butter's own wrong usage is one line with a pointer to --help" {
	for wrong in --no-such-option -x '--list=no' --force; do
		try "$wrong"
		failed 1 '' "(see 'butter --help')"
	done
	cd "$BATS_TEST_TMPDIR"
	for wrong in '--list --install d' '--list --list-long' '--list --options getpid' '--options getpid --install d'; do
		# shellcheck disable=SC2086 # words
		try $wrong
		failed 1 '' 'exclude each other' "(see 'butter --help')"
	done
	for wrong in '--list --force' '--force'; do
		# shellcheck disable=SC2086 # words
		try $wrong
		failed 1 '' '--force goes with --install'
	done
	[ ! -e d ] || fails "made a folder"
	try --lis
	failed 1 '' "ambiguous option '--lis': --list, --list-long (see 'butter --help')"
	try --lsit
	failed 1 '' "did you mean '--list'?" "(see 'butter --help')"
}

@test "butter's own output to a full disk or nowhere is a failure" {
	for option in --help --version --list --list-long "--options=${APPLETS%% *}"; do
		with '>/dev/full' "$option"
		failed 1 '' "No space left on device"
		with '>&-' "$option"
		failed 1 '' "Bad file descriptor"
		broken_pipe ignore "$option"
		failed 1 '' "Broken pipe"
		broken_pipe default "$option"
		equal "$status" 141
	done
}

@test "an error of closing standard output is a failure" {
	inject close:error=EIO --list
	equal "$status" 1
	one_line ''
	contains "$stderr" "Input/output error"
}

# ---- Links

# installed: a butter of our own in $T/bin, an empty folder $T/links.
installed() {
	T=$BATS_TEST_TMPDIR/t
	mkdir -p "$T/bin" "$T/links"
	cp "$BUTTER" "$T/bin/butter"
}

# install ARGUMENT...: runs that butter with --install.
install() {
	capture "$T/bin/butter" --install "$@"
}

@test "--install DIR makes a relative link to each applet, and the links work" {
	installed
	install "$T/links"
	succeeded
	equal "$output" ""
	equal "$(ls "$T/links")" "$("$BUTTER" --list)"
	for applet in $APPLETS; do
		equal "$(readlink "$T/links/$applet")" ../bin/butter
		equal "$("$T/links/$applet" --version)" "$("$BUTTER" "$applet" --version)"
	done
}

@test "the links survive a move of the whole tree" {
	installed
	install "$T/links"
	succeeded
	mv "$T" "$T.moved"
	applet=${APPLETS%% *}
	capture "$T.moved/links/$applet" --version
	succeeded
}

@test "--install without DIR puts the links beside butter" {
	installed
	install
	succeeded
	equal "$(readlink "$T/bin/${APPLETS%% *}")" butter
	equal "$(ls "$T/bin")" "$( { echo butter; "$BUTTER" --list; } | sort)"
}

@test "--install beside butter also when butter is called by a link" {
	installed
	ln -s ../bin/butter "$T/links/butter"
	capture "$T/links/butter" --install
	succeeded
	equal "$(readlink "$T/bin/${APPLETS%% *}")" butter
	equal "$(ls "$T/links")" butter
}

@test "--install DIR APPLET makes only the link that was named" {
	installed
	applet=${APPLETS%% *}
	install "$T/links" "$applet"
	succeeded
	equal "$(ls "$T/links")" "$applet"
}

@test "--install finds the way into deep, odd and linked folders" {
	installed
	applet=${APPLETS%% *}
	mkdir -p "$T/a b/c" "$T/bin/below" "$T/binary"
	ln -s "../t/a b/c" "$T/short"
	for folder in "$T/a b/c" "$T/bin/below" "$T/binary" "$T/short" "$T/a b/../links"; do
		install "$folder" "$applet"
		succeeded
		lacks "$(readlink "$folder/$applet")" "$T"
		capture "$folder/$applet" --version
		succeeded
	done
	cd "$T/a b"
	install . "$applet"
	succeeded
	equal "$(readlink "$T/a b/$applet")" ../bin/butter
}

@test "--install twice is as good as once" {
	installed
	install "$T/links"
	succeeded
	before=$(ls -li --time-style=full-iso "$T/links")
	install "$T/links"
	succeeded
	equal "$(ls -li --time-style=full-iso "$T/links")" "$before"
}

@test "--install is content with a link that leads to butter by another way" {
	installed
	applet=${APPLETS%% *}
	ln -s "$T/bin/butter" "$T/links/$applet"
	install "$T/links" "$applet"
	succeeded
	equal "$(readlink "$T/links/$applet")" "$T/bin/butter"
}

@test "--install never replaces what is there, and makes the other links" {
	installed
	applet=${APPLETS%% *}
	echo precious >"$T/links/$applet"
	install "$T/links"
	failed 1 '' "'$T/links/$applet'" "File exists" --force
	equal "$(cat "$T/links/$applet")" precious
	equal "$(ls "$T/links")" "$("$BUTTER" --list)"
}

@test "--install replaces no link to elsewhere, dangling or not" {
	installed
	applet=${APPLETS%% *}
	for target in /nowhere/at/all /bin/sh; do
		ln -sfn "$target" "$T/links/$applet"
		install "$T/links" "$applet"
		failed 1 '' "File exists"
		equal "$(readlink "$T/links/$applet")" "$target"
	done
}

@test "--install --force replaces files and links and leaves nothing else behind" {
	installed
	for applet in $APPLETS; do
		echo old >"$T/links/$applet"
	done
	install --force "$T/links"
	succeeded
	equal "$(ls -A "$T/links")" "$("$BUTTER" --list)"
	equal "$(readlink "$T/links/$applet")" ../bin/butter
}

@test "--install replaces no folder, and does not say that --force would" {
	installed
	applet=${APPLETS%% *}
	mkdir "$T/links/$applet"
	echo precious >"$T/links/$applet/file"
	for force in '' --force; do
		# shellcheck disable=SC2086 # no word when it is empty
		install $force "$T/links"
		failed 1 '' "'$T/links/$applet': Is a directory (a folder is never replaced)"
	done
	equal "$(cat "$T/links/$applet/file")" precious
	equal "$(ls -A "$T/links")" "$("$BUTTER" --list)"
}

@test "--install of an unknown applet makes no link at all" {
	installed
	install "$T/links" "${APPLETS%% *}" nosuchapplet
	failed 127 '' "unknown applet 'nosuchapplet'"
	equal "$(ls -A "$T/links")" ""
}

@test "--install into what is no folder, or missing, says so" {
	installed
	install "$T/missing"
	failed 1 '' "'$T/missing'" "No such file or directory"
	install "$T/bin/butter"
	failed 1 '' "'$T/bin/butter'" "Not a directory"
	install ''
	failed 1 '' "''"
}

@test "--install into a folder of somebody else says who may" {
	need_root
	unprivileged
	folder=$(public_folder)
	capture "${as_nobody[@]}" "$BUTTER" --install "$folder" "${APPLETS%% *}"
	failed 1 '' "Permission denied" root
}

@test "--install works without /proc" {
	need_plain_build
	without_proc
	installed
	capture "${within[@]}" "$T/bin/butter" --install "$T/links"
	succeeded
	equal "$(readlink "$T/links/${APPLETS%% *}")" ../bin/butter
}

# ---- Safety

# need_privileges: a program can have more of them than who starts it.
need_privileges() {
	! grep -q '^NoNewPrivs:.1' /proc/self/status || skip "no privileges can be gained here"
}

@test "butter refuses to run setuid or setgid" {
	need_root
	need_privileges
	need_plain_build
	installed
	! findmnt -n -o OPTIONS -T "$T" | grep -qw nosuid || skip "$T is mounted nosuid"
	for mode in u+s g+s; do
		cp "$BUTTER" "$T/bin/butter"
		chown 65534:65534 "$T/bin/butter"
		chmod "$mode" "$T/bin/butter"
		capture "$T/bin/butter" --list
		failed 125 '' setuid
	done
}

@test "butter refuses to run with file capabilities" {
	need_root
	need_privileges
	need_plain_build
	need_tool setcap
	unprivileged
	folder=$(public_folder)
	cp "$BUTTER" "$folder/capable"
	setcap cap_wake_alarm+ep "$folder/capable" 2>/dev/null || skip "cannot set capabilities here"
	capture "${as_nobody[@]}" "$folder/capable" --list
	failed 125 '' capabilities
}

@test "data never goes into a file that lands on descriptor 1 or 2" {
	need_applet inotifywait
	mkdir "$BATS_TEST_TMPDIR/folder"
	# shellcheck disable=SC2016
	start bash -c 'exec "$BUTTER" inotifywait -o "$1/out" --ready-fd 7 -e create "$1/folder" <&- >&- 2>&-' \
		"$0" "$BATS_TEST_TMPDIR"
	: >"$BATS_TEST_TMPDIR/folder/file"
	finish
	equal "$status" 0
	equal "$(cat "$BATS_TEST_TMPDIR/out")" "$BATS_TEST_TMPDIR/folder/ CREATE file"
}

@test "messages never go into a file that lands on descriptor 2" {
	need_applet inotifywait
	mkdir "$BATS_TEST_TMPDIR/folder"
	for closed in '2>&-' '>&- 2>&-' '<&- >&- 2>&-' '<&- 2>&-'; do
		with "$closed" inotifywait -t 0.01 -o "$BATS_TEST_TMPDIR/out" "$BATS_TEST_TMPDIR/folder"
		equal "$status" 2
		equal "$(cat "$BATS_TEST_TMPDIR/out")" ""
	done
}

@test "without room for descriptors 0 to 2 butter says so and ends with 125" {
	need_strace
	injecting openat:error=EMFILE pipe2:error=EMFILE
	capture bash -c 'exec "$@" <&-' "$0" "${tracer[@]}" "$BUTTER" --list
	failed 125 '' "Too many open files"
}

# ---- Promises over all applets

@test "every applet prints its help to standard output, the usage line first" {
	for applet in $APPLETS; do
		try "$applet" --help
		succeeded
		first=${output%%$'\n'*}
		[[ "$first " == "usage: butter $applet "* ]] || fails "begins with '$first'"
		lacks "$output" $'\t'
		lacks "$output" ' '$'\n'
	done
}

@test "every applet's help tells its summary and each option" {
	for applet in $APPLETS; do
		try "$applet" --help
		summary=$("$BUTTER" --list-long | sed -n "s/^$applet\t//p")
		contains "${output,,}" "${summary,,}"
		for option in $(options_of "$applet"); do
			[[ " ${output//[$',\n[']/ } " == *" $option "* ]] || fails "no $option"
		done
	done
}

@test "every applet prints butter's version and its own name" {
	for applet in $APPLETS; do
		try "$applet" --version
		succeeded
		equal "$output" "$("$BUTTER" --version) ($applet)"
	done
}

# failure_of_usage: what all wrong usage has in common; wrappers of commands use 125.
wrong_usage() {
	[ "$status" = 1 ] || [ "$status" = 125 ] || fails "status $status" "standard error: '$stderr'"
	equal "$output" ""
	one_line "$applet"
	[[ $stderr == *"(see 'butter $applet --help')" ]] || fails "no pointer to --help: '$stderr'"
}

@test "every applet refuses an unknown option" {
	for applet in $APPLETS; do
		for wrong in --no-such-option --no-such-option=x '-%' --help=x --; do
			[ "$wrong" != -- ] || wrong=---
			try "$applet" "$wrong"
			wrong_usage
			contains "$stderr" "${wrong%=x}"
		done
	done
}

@test "every applet tells the nearest name of a misspelt option" {
	for applet in $APPLETS; do
		try "$applet" --hlep
		wrong_usage
		contains "$stderr" "did you mean '--help'?"
	done
}

@test "every applet escapes a hostile option in its message" {
	for applet in $APPLETS; do
		try "$applet" $'--x\e[2J\ny'
		wrong_usage
		contains "$stderr" 'x\033[2J\012y'
		for letter in $'\xff' $'\xc3\xa9' $'\xe2\x82\xac' ':' '?' ';'; do
			try "$applet" "-$letter"
			wrong_usage
		done
	done
}

@test "every option with an argument complains when that is missing, every flag when one is there" {
	for applet in $APPLETS; do
		while read -r line; do
			option=${line%%$'\t'*}
			# An argument that may be left out is not missing.
			[[ $option == --* && $line != *$'\t[='* ]] || continue
			if [[ $line != *$'\t\t'* ]]; then
				try "$applet" "$option"
			else
				try "$applet" "$option=x"
			fi
			wrong_usage
			contains "$stderr" "$option"
		done < <("$BUTTER" --options "$applet")
	done
}

@test "every applet that needs an operand says so when there is none" {
	for applet in $APPLETS; do
		operands=$(operands_of "$applet")
		# What can be left out is in brackets, also within others.
		needed=$(sed -E ':again; s/ ?\[[^][]*\]( \.\.\.)?//; t again' <<<"$operands")
		[ -n "$needed" ] || continue
		try "$applet"
		wrong_usage
	done
}

@test "every applet refuses more operands than its usage line shows" {
	for applet in $APPLETS; do
		operands=$(operands_of "$applet")
		[[ $operands != *...* ]] || continue
		read -ra words <<<"$operands extra"
		try "$applet" "${words[@]/*/-extra-}"
		wrong_usage
		try "$applet" -- "${words[@]/*/extra}"
		[[ $(usage_of "$applet") == *"[-- "* ]] || wrong_usage
	done
}

@test "every applet fails when its help goes to a full disk or nowhere" {
	for applet in $APPLETS; do
		for option in --help --version; do
			with '>/dev/full' "$applet" "$option"
			[ "$status" = 1 ] || [ "$status" = 125 ] || fails "status $status"
			one_line "$applet"
			contains "$stderr" "No space left on device"
			with '>&-' "$applet" "$option"
			[ "$status" = 1 ] || [ "$status" = 125 ] || fails "status $status"
			one_line "$applet"
			contains "$stderr" "Bad file descriptor"
		done
	done
}

@test "every applet dies of SIGPIPE, and fails with a message where that is ignored" {
	for applet in $APPLETS; do
		broken_pipe default "$applet" --help
		equal "$status" 141
		equal "$stderr" ""
		broken_pipe ignore "$applet" --help
		[ "$status" = 1 ] || [ "$status" = 125 ] || fails "status $status"
		one_line "$applet"
		contains "$stderr" "Broken pipe"
	done
}

@test "no applet minds a closed standard input or error" {
	for applet in $APPLETS; do
		for closed in '<&-' '2>&-' '<&- 2>&-'; do
			with "$closed" "$applet" --help
			succeeded
			equal "$output" "$("$BUTTER" "$applet" --help)"
		done
	done
}

@test "no applet does harm when descriptors 0 to 2 are all closed" {
	for applet in $APPLETS; do
		with '<&- >&- 2>&-' "$applet" --help
		[ "$status" = 1 ] || [ "$status" = 125 ] || fails "status $status"
		with '<&- >&- 2>&-' "$applet" --no-such-option
		[ "$status" = 1 ] || [ "$status" = 125 ] || fails "status $status"
	done
}

@test "no applet writes a message longer than its one line into a full disk" {
	for applet in $APPLETS; do
		with '2>/dev/full' "$applet" --no-such-option
		[ "$status" = 1 ] || [ "$status" = 125 ] || fails "status $status"
		equal "$output$stderr" ""
	done
}

@test "every applet survives one interrupted write" {
	need_strace
	for applet in $APPLETS; do
		inject write:error=EINTR:when=1 "$applet" --no-such-option
		wrong_usage
	done
}

@test "every descriptor that an applet opens is close-on-exec" {
	for applet in $APPLETS; do
		sample "$applet"
		traced '/open|socket|pipe|dup|accept|init|create|eventfd|signalfd|poll|F_DUPFD' "$applet" "${arguments[@]}"
		# From butter's first own call; what failed has opened nothing; a pidfd always is close-on-exec.
		open=$(sed '0,/poll(/d' "$trace" | grep -E '= [0-9]+(<.*)?$' | grep -vE 'CLOEXEC|poll\(|pidfd_open' || true)
		equal "$open" ""
		equal "$(grep -c 'poll(' "$trace" | sed 's/^[1-9].*/some/')" some
	done
}

@test "every applet works with an empty environment" {
	sanitizer=(${ASAN_OPTIONS:+"ASAN_OPTIONS=$ASAN_OPTIONS"})
	for applet in $APPLETS; do
		capture env -i "${sanitizer[@]}" "$BUTTER" "$applet" --help
		succeeded
		equal "$output" "$("$BUTTER" "$applet" --help)"
		sample "$applet"
		capture env -i "${sanitizer[@]}" "$BUTTER" "$applet" "${arguments[@]}"
		[ "$status" -lt 125 ]
	done
}

@test "every applet works in an empty root that holds nothing but butter" {
	need_static
	need_plain_build
	mkdir "$BATS_TEST_TMPDIR/root"
	cp "$BUTTER" "$BATS_TEST_TMPDIR/root/butter"
	root=(chroot "$BATS_TEST_TMPDIR/root")
	is_root || root=(unshare -r "${root[@]}")
	"${root[@]}" /butter --version >/dev/null 2>&1 || skip "chroot is forbidden here"
	for applet in $APPLETS; do
		capture "${root[@]}" /butter "$applet" --help
		succeeded
		equal "$output" "$("$BUTTER" "$applet" --help)"
		# Not even a /dev: closed descriptors must still be occupied.
		capture bash -c '"$@" >&- <&-' "$0" "${root[@]}" /butter "$applet" --help
		[ "$status" = 1 ] || [ "$status" = 125 ] || fails "status $status"
		one_line "$applet"
		case $applet in
		getpid | getppid | gethostname)
			capture "${root[@]}" /butter "$applet"
			succeeded
			;;
		timerfd-sleep)
			capture "${root[@]}" /butter timerfd-sleep --until @1.5
			succeeded
			;;
		inotifywait)
			capture "${root[@]}" /butter inotifywait -q -r -t 0.01 /
			equal "$status" 2
			;;
		esac
	done
}

@test "every applet works without /proc" {
	need_plain_build
	without_proc
	for applet in $APPLETS; do
		capture "${within[@]}" "$BUTTER" "$applet" --help
		succeeded
		sample "$applet"
		capture "${within[@]}" "$BUTTER" "$applet" "${arguments[@]}"
		[ "$status" -lt 125 ]
		[ "$status" != 1 ] || one_line "$applet"
	done
}

@test "out of memory, every applet ends with a message and its failure status, or does without" {
	need_strace
	need_plain_build
	for applet in $APPLETS; do
		sample "$applet"
		for extra in 1 2 3; do
			for use in --help --no-such-option sample; do
				words=("$use")
				[ "$use" != sample ] || words=("${arguments[@]}")
				inject "brk:retval=0:when=$extra+ mmap:error=ENOMEM:when=$extra+" "$applet" "${words[@]}"
				[ "$status" -lt 126 ] || fails "status $status of $applet ${words[*]}" "$stderr"
				# (inotifywatch cannot be told to leave out inotify-tools' progress messages.)
				stderr=$(sed '/^Establishing watches\.\.\.$/d; /^Finished establishing watches/d; /^No events/d' <<<"$stderr")
				[ -n "$stderr" ] || continue
				[[ $stderr == butter:* && $stderr != *$'\n'* ]] || fails "$applet ${words[*]}: '$stderr'"
			done
		done
	done
}

@test "out of memory is said in one line" {
	need_strace
	need_plain_build
	# A message that needs more than what the C library may have in store.
	long=$(printf 'x%0120000d' 0)
	for applet in '' getpid getppid timerfd-sleep; do
		[ -z "$applet" ] || [[ " $APPLETS " == *" $applet "* ]] || continue
		# shellcheck disable=SC2086 # no word when there is no applet
		inject "brk:retval=0 mmap:error=ENOMEM" $applet "$long"
		equal "$status" 1
		equal "$output" ""
		one_line "$applet"
		contains "$stderr" "out of memory"
	done
}

# ---- Man pages, README and completion tell what the binary tells

page_of() {
	echo "$BUTTER_SOURCE/man/butter-$1.1"
}

# section PAGE NAME: that section as text, without overstriking, lines not broken.
section() {
	mandoc -T ascii -O width=1000 "$1" | sed 's/.\x08//g' | awk -v name="$2" '/^[A-Z]/ { on = $0 == name; next } on'
}

@test "every applet has a man page without warnings" {
	need_tool mandoc
	for applet in $APPLETS; do
		[ -f "$(page_of "$applet")" ] || fails "no $(page_of "$applet")"
		run mandoc -T lint -W warning "$(page_of "$applet")"
		equal "$status$output" 0
	done
	applet=
	run mandoc -T lint -W warning "$BUTTER_SOURCE/man/butter.1"
	equal "$status$output" 0
}

@test "every man page's .Nd is the applet's summary" {
	for applet in $APPLETS; do
		equal "$(sed -n 's/^\.Nd //p' "$(page_of "$applet")")" \
			"$("$BUTTER" --list-long | sed -n "s/^$applet\t//p")"
		equal "$(sed -n 's/^\.Dt //p' "$(page_of "$applet")")" "BUTTER-${applet^^} 1"
	done
}

@test "every man page's SYNOPSIS, as it is shown, is the usage line" {
	need_tool mandoc
	for applet in $APPLETS; do
		equal "$(section "$(page_of "$applet")" SYNOPSIS | tr -s ' \n' ' ' | sed 's/^ //; s/ $//')" \
			"$(usage_of "$applet")"
	done
}

# documented PAGE: every option that has an .It in the page.
documented() {
	awk '$1 == ".It" {
		flag = 0
		for (i = 2; i <= NF; i++) {
			if ($i == "Fl") { flag = 1; continue }
			if ($i ~ /^[A-Z][a-z]$/) { flag = 0; continue }
			if (flag && $i !~ /^[,|]$/) print "-" $i
		}
	}' "$1" | sed 's/\\-/-/g; s/=.*//' | sort -u
}

@test "every man page has an item for each option, and for no other" {
	for applet in $APPLETS; do
		documented "$(page_of "$applet")" | grep -vxE -e '-h|-V|--help|--version' >"$BATS_TEST_TMPDIR/page" || true
		options_of "$applet" | grep -vxE -e '-h|-V|--help|--version' | sort -u >"$BATS_TEST_TMPDIR/options" || true
		run diff "$BATS_TEST_TMPDIR/options" "$BATS_TEST_TMPDIR/page"
		equal "$output" ""
	done
}

@test "every man page tells the exit status and has examples" {
	need_tool mandoc
	for applet in $APPLETS; do
		for name in 'EXIT STATUS' EXAMPLES; do
			[ -n "$(section "$(page_of "$applet")" "$name")" ] || fails "no section $name"
		done
	done
}

# source_of PAGE NAME: that section, as it is written.
source_of() {
	awk -v head=".Sh $2" '/^\.Sh / { on = $0 == head } on' "$1"
}

@test "butter's own man page tells every option, and each applet, with its summary, in APPLETS and SEE ALSO" {
	need_tool mandoc
	page=$BUTTER_SOURCE/man/butter.1
	for option in --list --list-long --install --force --options; do
		documented "$page" | grep -qxe "$option" || fails "no .It Fl for $option"
	done
	for applet in $APPLETS; do
		source_of "$page" 'SEE ALSO' | grep -qE "^\.Xr butter-$applet 1( |\$)" || fails "not in SEE ALSO"
		equal "$(source_of "$page" APPLETS | sed -n "/^\.It Xr butter-$applet 1\$/{n;p}")" \
			"$("$BUTTER" --list-long | sed -n "s/^$applet\t//p")"
	done
}

@test "README's table has every applet with the summary that --list-long prints" {
	table=$(awk '/^Applets:/ { on = 1; next } /^[^ ]/ { on = 0 } on && NF' "$BUTTER_SOURCE/README")
	equal "$(awk '{ print $1 }' <<<"$table")" \
		"$(sed -n '/^APPLETS =/,/[^\\]$/s,.*applets/\([^ ]*\)\.c.*,\1,p' "$BUTTER_SOURCE/Makefile.am")"
	for applet in $APPLETS; do
		equal "$(sed -nE "s/^ +$applet +//p" <<<"$table")" "$("$BUTTER" --list-long | sed -n "s/^$applet\t//p")"
	done
}

# complete WORD...: what bash would offer for the last of the words.
complete_words() {
	# shellcheck disable=SC2016
	bash -c '
		PATH=$1:$PATH
		. "$BUTTER_SOURCE/completions/butter"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		function=$(complete -p "$1") || exit 1
		function=${function#*-F } function=${function%% *}
		"$function" "$1" "${!#}" "${@:$#-1:1}"
		printf "%s\n" "${COMPREPLY[@]}"
	' "$0" "$T/bin" "$@" | sort
}

@test "bash completes the applets, and every option of each" {
	installed
	"$T/bin/butter" --install
	equal "$(complete_words butter '')" "$("$BUTTER" --list)"
	for applet in $APPLETS; do
		equal "$(complete_words butter "$applet" -)" "$(options_of "$applet" | sort)"
		equal "$(complete_words butter "$applet" --he)" --help
		equal "$(complete_words "$applet" --vers)" --version
	done
}

@test "bash completes the words that an option takes, also several, and what help is wanted for" {
	installed
	"$T/bin/butter" --install
	equal "$(complete_words butter help geth)" gethostname
	equal "$(complete_words butter getpid help '')" ''
	need_applet inotifywait
	need_applet timerfd-sleep
	equal "$(complete_words butter inotifywait -e close_)" $'close_nowrite\nclose_write'
	equal "$(complete_words inotifywait --event create,mod)" create,modify
	equal "$(complete_words butter inotifywait --event '=' create,mod)" create,modify
	equal "$(complete_words butter timerfd-sleep --clock '=' | wc -l)" 5
	equal "$(complete_words butter timerfd-sleep --clock boottime-)" boottime-alarm
	equal "$(complete_words butter inotifywait --on-overflow '')" $'fail\nreport\nrescan'
	equal "$(complete_words butter inotifywait --count '')" ''
	need_applet tee-fd
	# What may be left out is no word of its own.
	equal "$(complete_words butter tee-fd --output-error '=' ex)" $'exit\nexit-nopipe'
	equal "$(complete_words butter tee-fd --output-error ex)" ''
}

@test "bash and fish complete no options after --" {
	installed
	equal "$(complete_words butter getpid -- ls --)" ''
	equal "$(complete_words butter getpid -)" "$(options_of getpid | sort)"
	need_tool fish
	equal "$(fish -c "set PATH '$T/bin' \$PATH; source '$BUTTER_SOURCE/completions/butter.fish'
		complete -C 'butter getpid -- ls --'")" ''
}

@test "bash completes butter's own options, and what follows them" {
	installed
	equal "$(complete_words butter --inst)" --install
	equal "$(complete_words butter --install --f)" --force
	equal "$(complete_words butter --install '')" ''
	equal "$(complete_words butter --options '')" "$("$BUTTER" --list)"
	equal "$(complete_words butter --install . '')" "$("$BUTTER" --list)"
}

@test "fish completes every option of each applet" {
	need_tool fish
	installed
	for applet in $APPLETS; do
		run fish -c "set PATH '$T/bin' \$PATH; source '$BUTTER_SOURCE/completions/butter.fish'
			complete -C 'butter $applet --'"
		for option in $(options_of "$applet" | grep -e --); do
			contains $'\n'"$output" $'\n'"$option"
		done
	done
}

@test "fish completes the words that an option takes, also several, and what help is wanted for" {
	need_tool fish
	need_applet inotifywait
	need_applet timerfd-sleep
	installed
	completes() {
		equal "$(fish -c "set PATH '$T/bin' \$PATH; source '$BUTTER_SOURCE/completions/butter.fish'
			complete -C 'butter $1'" | cut -f 1 | sort)" "$2"
	}
	completes 'help geth' gethostname
	completes '--options geth' gethostname
	completes '--install --f' --force
	completes '--install . geth' gethostname
	completes "--install $T/bi" "$T/bin/"
	completes 'inotifywait -e close_' $'close_nowrite\nclose_write'
	completes 'inotifywait --event create,mod' create,modify
	completes 'timerfd-sleep --clock boottime-' boottime-alarm
	completes 'timerfd-sleep --clock=boottime-' --clock=boottime-alarm
	need_applet tee-fd
	completes 'tee-fd --output-error=exit-' --output-error=exit-nopipe
	completes 'tee-fd --output-error exit-' ''
}

@test "zsh reads its completion file" {
	need_tool zsh
	run zsh -n "$BUTTER_SOURCE/completions/_butter"
	succeeded
}

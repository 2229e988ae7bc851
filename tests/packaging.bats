# SPDX-License-Identifier: MIT
# What the build promises: to those who install butter, to packagers, and to whoever adds an applet.
# shellcheck shell=bash disable=SC2030,SC2031,SC2154

load helper

# Whole builds, one after the other.
export LIMIT=1200 BATS_TEST_TIMEOUT=1200

setup_file() {
	# Its server of jobs is not ours, and neither is what was asked of it.
	unset MAKEFLAGS MFLAGS MAKELEVEL
	# What configure finds out about the machine in the first clone, it need not find out again in the others.
	echo "cache_file=$BATS_FILE_TMPDIR/cache" >"$BATS_FILE_TMPDIR/site"
	export CONFIG_SITE=$BATS_FILE_TMPDIR/site
}

setup() {
	trace_tests_only
	T=$BATS_TEST_TMPDIR
	if [ ! -f "$BUTTER_BUILD/Makefile" ]; then skip "there is no build in $BUTTER_BUILD"; fi
}

here() {
	make -s -C "$BUTTER_BUILD" "$@"
}

# variable NAME: the value of a variable of the Makefile.
variable() {
	sed -n "s/^$1 = *//p" "$BUTTER_BUILD/Makefile"
}

# fresh_clone: the sources in $clone, as git would give them; made once for all tests. What is built there has no
# sanitizers: beside such a build, it would be the plain one's once more, and that takes long.
fresh_clone() {
	need_plain_build
	clone=$BATS_FILE_TMPDIR/clone
	[ ! -d "$clone" ] || return 0
	here distdir distdir="$clone" >/dev/null
	cd "$clone" && rm -rf configure Makefile.in aclocal.m4 build-aux/{ar-lib,compile,depcomp,install-sh,missing}
}

# files DIR: every file and link below it.
files() {
	(cd "$1" && find . ! -type d | sed 's,^\./,,' | sort)
}

# ---- Installing

@test "make install puts each thing in its place, under DESTDIR" {
	here install DESTDIR="$T/dest" prefix=/opt/b >/dev/null 2>&1
	run files "$T/dest/opt/b"
	contains "$output" bin/butter
	contains "$output" share/man/man1/butter.1
	contains "$output" share/doc/butter/README
	contains "$output" share/bash-completion/completions/butter
	contains "$output" share/zsh/site-functions/_butter
	contains "$output" share/fish/vendor_completions.d/butter.fish
	for applet in $APPLETS; do
		contains "$output" "share/man/man1/butter-$applet.1"
	done
	equal "$(ls "$T/dest")" opt
}

@test "make install shadows no command of the system: links to the applets lie in a folder of their own" {
	here install DESTDIR="$T/dest" prefix=/opt/b >/dev/null 2>&1
	equal "$(ls "$T/dest/opt/b/bin")" butter
	equal "$(ls "$T/dest/opt/b/libexec/butter/bin")" "$("$BUTTER" --list)"
	# Relative, so that they hold wherever the whole is moved to.
	mv "$T/dest/opt/b" "$T/moved"
	for applet in $APPLETS; do
		equal "$(readlink "$T/moved/libexec/butter/bin/$applet")" ../../../bin/butter
	done
	capture "$T/moved/libexec/butter/bin/getppid"
	matches "$status $output" "0 [0-9]+"
}

@test "the links hold wherever bindir and libexecdir are" {
	here install DESTDIR="$T/dest" prefix=/usr bindir=/bin libexecdir=/usr/lib/x >/dev/null 2>&1
	for applet in $APPLETS; do
		equal "$(readlink "$T/dest/usr/lib/x/butter/bin/$applet")" ../../../../../bin/butter
	done
}

@test "--enable-symlinks links the applets in bindir too" {
	here install DESTDIR="$T/dest" prefix=/opt/b enable_symlinks=yes >/dev/null 2>&1
	for applet in $APPLETS; do
		equal "$(readlink "$T/dest/opt/b/bin/$applet")" butter
		equal "$(readlink "$T/dest/opt/b/share/bash-completion/completions/$applet")" butter
	done
}

@test "--enable-symlinks neither replaces nor removes what is no link to butter" {
	need_applet getpid
	need_applet getppid
	mkdir -p "$T/dest/opt/b/bin/getppid"
	echo mine >"$T/dest/opt/b/bin/getpid"
	capture make -s -C "$BUTTER_BUILD" install DESTDIR="$T/dest" prefix=/opt/b enable_symlinks=yes
	((status != 0)) || fails "not an error"
	contains "$stderr" "/opt/b/bin/getpid' is there and is no link to butter; remove it first"
	contains "$stderr" "/opt/b/bin/getppid' is there"
	equal "$(cat "$T/dest/opt/b/bin/getpid")" mine
	equal "$(ls "$T/dest/opt/b/bin/getppid")" ""
	here uninstall DESTDIR="$T/dest" prefix=/opt/b enable_symlinks=yes >/dev/null 2>&1
	equal "$(files "$T/dest")" opt/b/bin/getpid
}

@test "make uninstall leaves no file" {
	for symlinks in no yes; do
		here install DESTDIR="$T/dest" prefix=/opt/b enable_symlinks=$symlinks >/dev/null 2>&1
		here uninstall DESTDIR="$T/dest" prefix=/opt/b enable_symlinks=$symlinks >/dev/null 2>&1
		equal "$(files "$T/dest")" ""
		[ ! -e "$T/dest/opt/b/libexec/butter" ]
	done
}

@test "the binary is static, position-independent and hardened" {
	need_tool readelf
	need_static
	[[ $(variable HARD_LDFLAGS) == *-static-pie* ]] || skip "no static-pie on this system"
	headers=$(readelf -lW "$BUTTER")
	dynamic=$(readelf -dW "$BUTTER")
	lacks "$headers" INTERP
	contains "$headers" "type is DYN"
	contains "$headers" GNU_RELRO
	matches "$(grep GNU_STACK <<<"$headers")" ".* RW .*"
	contains "$dynamic" BIND_NOW
	contains "$dynamic" PIE
	lacks "$dynamic" NEEDED
	lacks "$dynamic" TEXTREL
	# No segment is both written and executed.
	equal "$(grep -c ' RWE ' <<<"$headers" || :)" 0
}

# ---- Building

@test "make alone builds in a fresh clone, bit for bit what was built elsewhere" {
	need_tool autoreconf
	fresh_clone
	cd "$clone"
	capture make -s -j"$(nproc)" butter
	[ "$status" = 0 ] || fails "$output" "$stderr"
	equal "$("$clone/butter" --list | wc -l)" "$(wc -l <<<"$("$BUTTER" --list)")"
	equal "$("$BUTTER_BUILD/config.status" --config)" "" ||
		skip "the build under test has options of its own; nothing to compare with"
	cmp "$clone/butter" "$BUTTER_BUILD/butter"
}

# The tests below go on with that clone, and leave it as they found it.
built_clone() {
	fresh_clone
	[ -x "$clone/butter" ] || skip "the fresh clone was not built"
	cd "$clone" || return
}

@test "--with-applets builds only what it names, and a smaller binary" {
	built_clone
	mkdir "$T/two"
	cp -a . "$T/two"
	cd "$T/two"
	./configure --quiet --with-applets=getpid,timerfd-sleep
	make -s butter >"$T/log" 2>&1 || fails "$(cat "$T/log")"
	equal "$(./butter --list)" $'getpid\ntimerfd-sleep'
	[ "$(stat -c %s butter)" -lt "$(stat -c %s "$clone/butter")" ]
	make -s install DESTDIR="$T/dest" prefix=/ >/dev/null 2>&1
	equal "$(ls "$T/dest/share/man/man1")" $'butter-getpid.1\nbutter-timerfd-sleep.1\nbutter.1'
	equal "$(ls "$T/dest/libexec/butter/bin")" $'getpid\ntimerfd-sleep'
}

@test "--with-applets=-NAME leaves NAME out; a wrong name stops configure with the right ones" {
	built_clone
	all=$(./butter --list | paste -sd ' ')
	cp -a . "$T/other"
	cd "$T/other"
	./configure --quiet --with-applets=-inotifywait
	equal "$(sed -n 's/^APPLETS_ON = //p' Makefile)" "${all/inotifywait /}"
	capture ./configure --quiet --with-applets=getpid,nosuch
	equal "$status" 1
	matches "$stderr" "configure: error: .*'nosuch'.* $all ?"
}

@test "make stops at an applet without a man page or without tests, and names the missing file" {
	built_clone
	for missing in man/butter-getppid.1 tests/getppid.bats; do
		mv "$missing" "$T/away"
		capture make -s
		mv "$T/away" "$missing"
		[ "$status" != 0 ]
		contains "$stderr" "No rule to make target '$missing'"
	done
}

@test "a new applet is three files and a line" {
	need_tool autoreconf
	built_clone
	cp -a . "$T/new"
	cd "$T/new"
	sed 's/applet_getppid/applet_get_mine/; s/"getppid"/"get-mine"/' applets/getppid.c >applets/get-mine.c
	cp man/butter-getppid.1 man/butter-get-mine.1
	cp tests/getppid.bats tests/get-mine.bats
	sed -i 's,^\tapplets/gethostname.c,\tapplets/get-mine.c \\\n&,' Makefile.am
	make -s butter >"$T/log" 2>&1 || fails "$(cat "$T/log")"
	contains "$(./butter --list)" get-mine
	matches "$(./butter get-mine)" "[0-9]+"
}

@test "make distcheck passes" {
	need_long
	fresh_clone
	cp -a "$clone" "$T/dist"
	cd "$T/dist"
	# What a test finds as bats is an inner part of it, which cannot be called by itself.
	PATH=${PATH//"$BATS_LIBEXEC:"/}
	env -u BUTTER_LONG -u CONFIG_SITE make -s distcheck >"$T/log" 2>&1 || fails "$(tail -n 50 "$T/log")"
}

@test "make dist twice gives the same tarball" {
	need_long
	fresh_clone
	cp -a "$clone" "$T/dist"
	cd "$T/dist"
	make -s dist >"$T/log" 2>&1 || fails "$(tail -n 50 "$T/log")"
	mv butter-*.tar.xz "$T/first"
	# Folders made in another second.
	"$BUTTER" timerfd-sleep --align 1s
	make -s dist >"$T/log" 2>&1 || fails "$(tail -n 50 "$T/log")"
	cmp "$T/first" butter-*.tar.xz
}

# ---- The tests' own machinery

# tally TEXT...: runs tests/tally.sh over programs that print these texts.
tally() {
	local files=()

	mkdir -p "$T/programs"
	for text; do
		files+=("$T/programs/${#files[@]}")
		printf '#!/bin/sh\nprintf "%s"\n%s\n' "$text" "${after:-}" >"${files[-1]}"
		chmod +x "${files[-1]}"
	done
	capture env BUTTER_BUILD="$T" sh "$BUTTER_SOURCE/tests/tally.sh" "${files[@]}"
	last=${output##*$'\n'}
}

@test "the tally adds up passed, failed and skipped tests, and names the failed and skipped" {
	tally '1..2\nok 1 a\nok 2 b # skip no moon\n' '1..2\nnot ok 1 c\n# because\nok 2 d\n'
	equal "$status" 1
	equal "$last" "2 passed, 1 failed, 1 skipped"
	contains "$output" "skipped: 0: b: no moon"
	contains "$output" $'failed: 1: 1 c\n  # because'
	tally '1..1\nok 1 a\n'
	equal "$status $last" "0 1 passed, 0 failed, 0 skipped"
}

@test "no test at all is a failure" {
	tally
	equal "$status $last" "1 0 passed, 1 failed, 0 skipped"
	tally ''
	equal "$status $last" "1 0 passed, 1 failed, 0 skipped"
	tally '1..0\n' '1..1\nok 1\n'
	equal "$status $last" "1 1 passed, 1 failed, 0 skipped"
	tally '1..1\nok 1 a # skip never\n'
	equal "$status $last" "1 0 passed, 1 failed, 1 skipped"
}

@test "a file of tests that dies half-way is a failure, whatever passed before" {
	tally '1..3\nok 1 a\n'
	equal "$status $last" "1 1 passed, 2 failed, 0 skipped"
	after='kill -9 $$' tally '1..1\nok 1 a\n'
	equal "$status $last" "1 1 passed, 1 failed, 0 skipped"
	tally 'ok 1 a\n'
	equal "$status $last" "1 1 passed, 1 failed, 0 skipped"
}

# ---- bootstrap.sh

# bootstrap ARG...: in a world that has only the TOOLS linked into $T/bin.
bootstrap() {
	mkdir -p "$T/bin"
	for tool in sh dirname id ls printf env "${TOOLS[@]}"; do
		ln -sf "$(type -P "$tool")" "$T/bin"
	done
	capture env PATH="$T/bin" "$T/bin/sh" "$BUTTER_SOURCE/bootstrap.sh" "$@"
}

@test "bootstrap.sh --no-install says what is missing" {
	TOOLS=(gcc make pkg-config)
	bootstrap --no-install
	equal "$status" 1
	matches "$output" "bootstrap: missing: autoconf automake .*bats .*"
	printf '#!/bin/sh\necho installed\n' >"$T/bin/apt-get"
	chmod +x "$T/bin/apt-get"
	for words in "--no-install demo" "--no-install check" "demo --no-install" "check --no-install"; do
		# shellcheck disable=SC2086 # words
		bootstrap $words
		equal "$status" 1
		contains "$output" "cannot go on without: autoconf automake"
		lacks "$output" installed
	done
}

@test "bootstrap.sh names what is missing where there is no apt-get, or nobody to run it" {
	TOOLS=(gcc make pkg-config)
	bootstrap demo
	equal "$status" 1
	contains "$output" "install what Debian calls: autoconf automake"
	printf '#!/bin/sh\necho 1000\n' >"$T/id"
	printf '#!/bin/sh\necho not reached\n' >"$T/apt-get"
	chmod +x "$T/id" "$T/apt-get"
	mv "$T/id" "$T/apt-get" "$T/bin"
	TOOLS=()
	capture env PATH="$T/bin" "$T/bin/sh" "$BUTTER_SOURCE/bootstrap.sh" demo
	equal "$status" 1
	contains "$output" "run this as root: apt-get install autoconf automake"
	lacks "$output" "not reached"
}

@test "bootstrap.sh explains itself" {
	capture "$BUTTER_SOURCE/bootstrap.sh" --help
	equal "$status" 0
	contains "$output" "usage: ./bootstrap.sh"
	TOOLS=()
	for words in "" nonsense "demo nonsense" "check demo" "--no-install nonsense" --no-installed; do
		# shellcheck disable=SC2086 # words
		bootstrap $words
		equal "$status" 1
		contains "$stderr" "usage: ./bootstrap.sh"
	done
}

@test "the tour holds what it says, as root and as nobody" {
	need_tool unshare
	TOUR=$BUTTER_SOURCE/examples/tour.sh
	[ "$(wc -w <<<"$APPLETS")" -ge 6 ] || skip "built without some applets"
	capture env BUTTER="$BUTTER" "$TOUR"
	[ "$status" = 0 ] || fails "$output" "$stderr"
	lacks "$output" FAILED
	unprivileged
	cp "$TOUR" "$(public_folder)"
	capture "${as_nobody[@]}" env BUTTER="$BUTTER" TMPDIR=/tmp sh "$(public_folder)/tour.sh"
	[ "$status" = 0 ] || fails "$output" "$stderr"
}

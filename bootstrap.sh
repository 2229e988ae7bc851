#!/bin/sh
# SPDX-License-Identifier: MIT
# From a fresh machine to a running demo or a passed test run. What is there already stays as it is,
# so a second run goes straight to its job.
set -u
cd "$(dirname "$0")" || exit 1

usage="usage: ./bootstrap.sh [--no-install] demo | check
  demo          install what the build needs, build, and show the applets at work
  check         install what the tests need too, build, and run them all
  --no-install  install nothing, only say what is missing; with demo or check, go on if that can be done"

# What shows that a thing is there, and Debian's package that brings it.
build_needs="
	command:gcc:gcc
	file:/usr/include/stdio.h:libc6-dev
	command:make:make
	command:autoreconf:autoconf
	command:automake:automake
	command:pkg-config:pkgconf
	library:libbsd-overlay:libbsd-dev
	library:liburing:liburing-dev
	file:/usr/include/libaio.h:libaio-dev"
# Without them mount finds no types, and seccomp-exec reads no JSON.
build_likes="
	library:blkid:libblkid-dev
	library:json-c:libjson-c-dev"
check_needs="
	command:bats:bats"
# Without one of these, tests are skipped and say so.
check_likes="
	command:jq:jq
	command:strace:strace
	command:mandoc:mandoc
	command:inotifywait:inotify-tools
	command:unshare:util-linux
	command:ps:procps
	command:busybox:busybox-static
	command:script:bsdutils
	command:mkfs.ext4:e2fsprogs
	command:mkfs.xfs:xfsprogs
	command:mkfs.btrfs:btrfs-progs
	command:mkfs.vfat:dosfstools
	command:mksquashfs:squashfs-tools
	command:mkfs.erofs:erofs-utils
	command:setcap:libcap2-bin
	command:newuidmap:uidmap
	command:qemu-system-x86_64:qemu-system-x86
	library:libseccomp:libseccomp-dev
	file:/usr/share/containers/seccomp.json:golang-github-containers-common
	file:/usr/share/gocode/src/github.com/docker/docker/profiles/seccomp/default.json:golang-github-docker-docker-dev"

say() {
	printf 'bootstrap: %s\n' "$*"
}

run() {
	printf '+ %s\n' "$*"
	"$@"
}

# missing NEED...: the packages of those NEEDs that are not there.
missing() {
	for need; do
		package=${need##*:} thing=${need#*:}
		thing=${thing%:*}
		case $need in
		command:*) command -v "$thing" >/dev/null ;;
		file:*) [ -e "$thing" ] ;;
		library:*) pkg-config --exists "$thing" 2>/dev/null ;;
		esac || printf '%s ' "$package"
	done
}

# can_install PACKAGE...: whether install can be tried; if not, says what would have to be done.
can_install() {
	if [ "$may_install" != yes ]; then
		return 1
	elif ! command -v apt-get >/dev/null; then
		say "this is no Debian; install what Debian calls: $*"
		return 1
	elif [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		say "run this as root: apt-get install $*"
		return 1
	fi
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		run "$@"
	elif [ -t 0 ]; then
		run sudo "$@"
	else
		run sudo -n "$@" # nobody could type a password
	fi
}

apt_install() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

install() {
	if ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
		apt_install "$@" && return
	fi
	# No lists yet, or lists so old that their packages are gone.
	as_root apt-get update -q && apt_install "$@"
}

# need NEED...: stops when one is missing and cannot be installed.
need() {
	lacking=$(missing "$@")
	[ -n "$lacking" ] || return 0
	say "missing: $lacking"
	# shellcheck disable=SC2086 # words
	can_install $lacking && install $lacking && return
	say "cannot go on without: $lacking"
	exit 1
}

# like NEED...: goes on without.
like() {
	lacking=$(missing "$@")
	[ -n "$lacking" ] || return 0
	say "missing (what needs them is left out): $lacking"
	# shellcheck disable=SC2086 # words
	can_install $lacking || return 0
	# shellcheck disable=SC2086
	install $lacking && return
	for package in $lacking; do install "$package" || say "going on without $package"; done
}

# autoreconf and configure are GNUmakefile's business, which runs them when it must.
build() {
	run make -s -j"$(nproc)"
}

check() {
	rm -f test-logs/tally
	make -s check
	status=$?
	# On failure make has the last word; the tally belongs there.
	[ "$status" = 0 ] || [ ! -f test-logs/tally ] || cat test-logs/tally
	return "$status"
}

misuse() {
	echo "$usage" >&2
	exit 1
}

may_install=yes job=
for word; do
	case $word in
	--no-install) may_install=no ;;
	-h | --help)
		echo "$usage"
		exit
		;;
	demo | check)
		[ -z "$job" ] || misuse
		job=$word
		;;
	*) misuse ;;
	esac
done

# shellcheck disable=SC2086 # words
case $job in
demo)
	need $build_needs
	like $build_likes
	build && BUTTER=$PWD/butter examples/tour.sh
	;;
check)
	need $build_needs $check_needs
	like $build_likes $check_likes
	build && check
	;;
*)
	[ "$may_install" = no ] || misuse
	lacking=$(missing $build_needs $build_likes $check_needs $check_likes)
	say "missing: ${lacking:-nothing}"
	[ -z "$(missing $build_needs $check_needs)" ]
	;;
esac

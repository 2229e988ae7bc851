#!/bin/sh
# SPDX-License-Identifier: MIT
# container.sh [-n NAME] FOLDER [COMMAND [ARG...]]: runs COMMAND (sh) in a container, of which FOLDER is the root.
#
# FOLDER is made if it has no shell yet: of butter, with all of its names, and busybox with the others (of whose sh
# some builds prefer their own: "butter mount" is butter's everywhere). In the container it is read-only; /tmp is
# empty, writable and gone at the end. Processes and the host name NAME (container) are its own. COMMAND is process
# 1: when it ends, everything in there ends. From outside, KILL ends it, as the script itself.
#
# Who is not root becomes it in a user namespace, where the machine allows that. Who is root keeps all of its rights
# in there: that holds what is well-behaved, and nobody who wants to get out.
#
# Exit status: that of COMMAND; 1, or 125 from butter, where it does not come so far.
# Needs: butter, a static busybox (Debian: busybox-static), and unshare (util-linux) in PATH.
#
#	container.sh /srv/box sh -c 'ps; touch /file'
set -eu
usage() {
	echo "usage: ${0##*/} [-n NAME] FOLDER [COMMAND [ARG...]]" >&2
	exit 1
}
name=container
while getopts n: option; do
	case $option in
	n) name=$OPTARG ;;
	*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || usage
case $1 in
/*) root=$1 ;;
*) root=$PWD/$1 ;;
esac
shift
[ $# != 0 ] || set -- sh

if [ ! -e "$root/bin/sh" ]; then
	mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/tmp"
	touch "$root/dev/null" "$root/dev/zero" "$root/dev/urandom" "$root/dev/tty"
	cp "$(command -v butter)" "$root/bin/butter"
	cp "$(command -v busybox)" "$root/bin/busybox"
	"$root/bin/butter" --install "$root/bin"
	for applet in $("$root/bin/busybox" --list); do
		[ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
	done
fi

user=
[ "$(id -u)" = 0 ] || user=--map-root-user
# What is mounted here is seen by no other namespace, and goes with this one. The old root is taken away last: so
# nothing of it can be reached, and until then its tools serve.
# shellcheck disable=SC2016 # for the inner shell
exec unshare $user --mount --uts --pid --fork --kill-child sh -euc '
	butter=$1 root=$2 name=$3
	shift 3
	"$butter" sethostname -- "$name"
	"$butter" mount -o bind,ro "$root" "$root"
	"$butter" mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
	"$butter" mount -t tmpfs -o nosuid,nodev,mode=1777 tmp "$root/tmp"
	for device in null zero urandom tty; do
		"$butter" mount --bind "/dev/$device" "$root/dev/$device"
	done
	exec env -i PATH=/bin HOME=/tmp TERM="${TERM:-dumb}" "$butter" pivot_root --auto "$root" -- "$@"
' sh "$(command -v butter)" "$root" "$name" "$@"

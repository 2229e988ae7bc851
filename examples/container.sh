#!/bin/sh
# SPDX-License-Identifier: MIT
# container.sh [-n NAME] FOLDER [COMMAND [ARG...]]: runs COMMAND (sh) in a container, of which FOLDER is the root.
#
# FOLDER is made if it has no shell yet: of butter, with all of its names, and busybox with the others (of whose sh
# some builds prefer their own: "butter mount" is butter's everywhere). In the container it is read-only; /tmp is
# empty, writable and gone at the end. Users, processes, mounts, the network, which is empty, and the host name NAME
# (container) are its own. butter is process 1: it passes signals on to COMMAND and reaps; when COMMAND ends, or the
# script is killed, everything in there ends.
#
# Root in there has no rights outside: it is who has called the script, and other users are there only if that was
# root.
#
# Exit status: that of COMMAND; 1, or 125 to 127 from butter, where it does not come so far.
# Needs: butter and a static busybox (Debian: busybox-static) in PATH.
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
	cp "$(command -v butter)" "$root/bin/butter"
	cp "$(command -v busybox)" "$root/bin/busybox"
	"$root/bin/butter" --install "$root/bin"
	for applet in $("$root/bin/busybox" --list); do
		[ -e "$root/bin/$applet" ] || ln -s busybox "$root/bin/$applet"
	done
fi

users=--map-root-user
[ "$(id -u)" != 0 ] || users='--map-users all --map-groups all'
# shellcheck disable=SC2086 # two words
exec env -i PATH=/bin HOME=/tmp TERM="${TERM:-dumb}" "$(command -v butter)" unshare $users --init --kill-child \
	--ipc --net --cgroup --hostname "$name" --pivot-root "$root:ro" --proc /proc --dev /dev --tmpfs /tmp -- "$@"

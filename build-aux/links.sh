#!/bin/sh
# SPDX-License-Identifier: MIT
# links.sh install|uninstall NAME...: the links to butter and its applets that Makefile.am asks for.
# Relative, so that they hold below DESTDIR and wherever that is moved to.
set -eu
: "${DESTDIR=}" "${bindir:?}" "${linksdir:?}" "${bashcompdir:?}" "${symlinks:=no}"
action=$1
shift

# The way from folder $1 to file $2, both absolute: up to what they share, then down.
relative() {
	from=${1#/}/ to=${2#/}
	while [ -n "$from" ] && [ "${from%%/*}" = "${to%%/*}" ]; do
		from=${from#*/} to=${to#*/}
	done
	printf '%s%s\n' "$(printf '%s' "$from" | sed 's,[^/]*/,../,g')" "$to"
}

# links DIR TARGET NAME...: what else has the name, the system's inotifywait perhaps, stays.
links() {
	dir=$DESTDIR$1 target=$(relative "$1" "$2")
	shift 2
	[ "$action" = uninstall ] || mkdir -p "$dir"
	for name; do
		link=$dir/$name
		case $(readlink "$link") in
		butter | */butter) rm -f "$link" ;;
		esac
		[ "$action" = install ] || continue
		if [ -e "$link" ] || [ -h "$link" ]; then
			echo "links.sh: '$link' is there and is no link to butter; remove it first" >&2
			status=1
		else
			ln -s "$target" "$link" || status=1
		fi
	done
}

status=0
links "$linksdir" "$bindir/butter" "$@"
if [ "$symlinks" = yes ]; then
	links "$bindir" "$bindir/butter" "$@"
	links "$bashcompdir" "$bashcompdir/butter" "$@"
fi
# The private folder and its parent are butter's own.
if [ "$action" = uninstall ]; then
	rmdir "$DESTDIR$linksdir" "$(dirname "$DESTDIR$linksdir")" 2>/dev/null || :
fi
exit "$status"

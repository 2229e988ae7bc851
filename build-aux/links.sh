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

# links DIR TARGET NAME...
links() {
	dir=$DESTDIR$1 target=$(relative "$1" "$2")
	shift 2
	[ "$action" = uninstall ] || mkdir -p "$dir"
	for name; do
		case $action in
		install) ln -sf "$target" "$dir/$name" ;;
		uninstall) rm -f "$dir/$name" ;;
		esac
	done
}

links "$linksdir" "$bindir/butter" "$@"
if [ "$symlinks" = yes ]; then
	links "$bindir" "$bindir/butter" "$@"
	links "$bashcompdir" "$bashcompdir/butter" "$@"
fi
# The private folder and its parent are butter's own.
if [ "$action" = uninstall ]; then
	rmdir "$DESTDIR$linksdir" "$(dirname "$DESTDIR$linksdir")" 2>/dev/null || :
fi

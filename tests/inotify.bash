# SPDX-License-Identifier: MIT
# What the files about inotifywait and inotifywatch have in common, beside helper.bash: a folder to work in, watchers of
# trees, faults, limits, and the tools that they replace.
# shellcheck shell=bash
# shellcheck disable=SC2154 # helper.bash sets within, tracer, pid ...

folders=0

# another_folder [ENTRY...]: a new working folder, with these folders in it.
another_folder() {
	local work=$BATS_TEST_TMPDIR/work.$((++folders))

	mkdir "$work" && cd "$work" || return
	[ $# = 0 ] || mkdir -p "$@"
}

# ---- Watching a tree

# follow OPTION...: watches D and all below; returns when it is ready.
follow() {
	start "${within[@]}" "$BUTTER" inotifywait -q -m -r --ready-fd 7 "$@" D
}

# stop_following: ends it.
stop_following() {
	kill "$pid"
	wait "$pid" 2>/dev/null || true
	exec {ready}<&- {alive}<&-
}

# ---- Faults and limits

# faulty SPECS ARGUMENT...: butter inotifywait in the background, ready, with these faults injected.
faulty() {
	local specs

	read -ra specs <<<"$1"
	injecting "${specs[@]}"
	start "${tracer[@]}" "$BUTTER" inotifywait -q --ready-fd 7 "${@:2}"
}

# limited_to SYSCTL VALUE ARGUMENT...: runs butter in a user namespace where user.SYSCTL is VALUE.
limited_to() {
	need_userns
	# shellcheck disable=SC2016 # the inner shell expands
	capture unshare -Ur bash -c 'echo "$2" >"/proc/sys/user/$1" && exec "$BUTTER" "${@:3}"' "$0" "$@"
}

# ---- inotify-tools, where it is installed

# find_peer TOOL: for setup_file: finds out whether it is the TOOL that rows are compared with.
find_peer() {
	PEER=$("$1" --help 2>&1 | head -n 1)
	export PEER
}

has_peer() {
	[[ $PEER =~ ^inotifywa(it|tch)\ 3\.22 ]]
}

# find_tools: for setup: sets the array `tools` to what runs rows: butter and, where it is there, peer.
find_tools() {
	tools=(butter)
	if has_peer; then tools+=(peer); fi
}

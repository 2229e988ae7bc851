# SPDX-License-Identifier: MIT
# For tests of scripts that call butter by its name: a folder to work in, butter in PATH, and ways to wait for what
# such a script does.
# shellcheck shell=bash
# shellcheck disable=SC2154 # helper.bash sets job

script_setup() {
	mkdir "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR/work"
	ln -s "$BUTTER" "$BATS_TEST_TMPDIR/bin/butter"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	cd "$BATS_TEST_TMPDIR/work" || return
}

# until_is COMMAND...: waits until COMMAND holds, as long as what was launched runs.
until_is() {
	until "$@"; do
		is_running 2>/dev/null || fails "ended before '$*':" "$(cat "$job/err")" || return 1
		read -r -t 0.01 _ <>"$job/ready" || true
	done
}

# has_watches N: whether a butter that works in this folder has N watches.
has_watches() {
	local process processes count

	mapfile -t processes < <(grep -lsx butter /proc/[0-9]*/comm)
	for process in "${processes[@]%/comm}"; do
		[ "$(readlink "$process/cwd")" = "$PWD" ] || continue
		count=$(cat "$process"/fdinfo/* 2>/dev/null | grep -c '^inotify wd' || true)
		[ "$count" -lt "$1" ] || return 0
	done
	return 1
}

# watched N: waits for those.
watched() {
	need_proc
	until_is has_watches "$1"
}

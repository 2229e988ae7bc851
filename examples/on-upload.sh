#!/bin/bash
# SPDX-License-Identifier: MIT
# on-upload.sh FOLDER COMMAND [ARG...]: runs COMMAND ARG... FILE for each file that arrives in FOLDER.
#
# For upload folders, print queues, mail drops. A file has arrived when its writer has closed it, or
# when it was moved in. Any name is safe. Hidden files (.name) are left out: programs such as rsync
# write to one and rename it when it is complete.
#
# Nothing is missed: what is in FOLDER at the start is processed too, and when the kernel has lost
# events, the whole folder is gone through again. So COMMAND may see a file twice; it should move it
# away or remove it when it has done its job, and a file that is gone is not offered again. A failure
# of COMMAND is told, and the file left for the next start.
#
# Ends with status 1 when FOLDER is removed, renamed or unmounted.
# Needs: butter in PATH, bash.
#
#	on-upload.sh /srv/upload sh -c 'convert "$1" /srv/web/ && rm "$1"' convert
set -u
if [ $# -lt 2 ]; then
	echo "usage: ${0##*/} FOLDER COMMAND [ARG...]" >&2
	exit 1
fi
folder=$1
[[ $folder != [@-]* ]] || folder=./$folder
shift
command=("$@")

process() {
	[ -f "$1" ] || return 0
	"${command[@]}" "$1" </dev/null 3<&- || echo "${0##*/}: failed: ${1@Q}" >&2
}

process_all() {
	local file

	for file in "$folder"/*; do process "$file"; done
}

# One pipe brings first an empty line, when the watch works, then a record "EVENTS PATH" for each event.
exec 3< <(exec butter inotifywait -q -m --null -e close_write,moved_to,move_self --exclude '/\.[^/]*$' \
	--ready-fd 4 -- "$folder" 4>&1)
watcher=$!
trap 'kill "$watcher" 2>/dev/null' EXIT
trap 'exit 1' HUP INT TERM

read -r _ <&3 || exit 1
process_all
while IFS= read -r -d '' record <&3; do
	case ${record%% *} in
	Q_OVERFLOW) process_all ;;
	MOVE_SELF*) break ;;
	*ISDIR* | UNMOUNT) ;;
	*) process "${record#* }" ;;
	esac
done
exit 1

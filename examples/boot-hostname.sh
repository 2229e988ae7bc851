#!/bin/sh
# SPDX-License-Identifier: MIT
# boot-hostname.sh [FILE [FALLBACK]]: gives the machine its name, at boot.
#
# The name comes from FILE (/etc/hostname): its first line that is neither blank nor a comment. If
# there is none, or it is no valid host name, it comes from hostname= on the kernel's command line; if
# that has none, it is FALLBACK (localhost), so that the machine always has a name. Says on standard
# error what did not serve, and prints the name that is set.
#
# Neither DNS nor the network nor anything else in /etc is needed. Needs root (CAP_SYS_ADMIN).
# Exit status: 0 a name is set, 1 none could be.
# Needs: butter in PATH, sed, tr.
#
#	boot-hostname.sh /etc/hostname "node-$(cut -c 1-8 /etc/machine-id)"
set -u
if [ $# -gt 2 ]; then
	echo "usage: ${0##*/} [FILE [FALLBACK]]" >&2
	exit 1
fi
file=${1:-/etc/hostname} fallback=${2:-localhost}

from_command_line() {
	[ -r /proc/cmdline ] || return
	name=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^hostname=//p' | tail -n 1)
	[ -n "$name" ] && butter sethostname -- "$name"
}

butter sethostname -F "$file" || from_command_line || butter sethostname -- "$fallback" || exit 1
butter gethostname

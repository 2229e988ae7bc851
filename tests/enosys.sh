#!/bin/sh
# SPDX-License-Identifier: MIT
# enosys.sh [ERRNO:]CALL[,CALL...] COMMAND [ARG...]: runs COMMAND, and all that it starts, on a kernel that does
# not know these system calls: butter's own filter answers ENOSYS, or, as those of old containers, EPERM. It costs
# next to nothing, unlike a tracer, so that the whole suite can run under it.
calls=${1#*:}
error=ENOSYS
[ "$calls" = "$1" ] || error=${1%%:*}
shift
exec "$BUTTER" seccomp-exec --errno "$calls=$error" "$@"

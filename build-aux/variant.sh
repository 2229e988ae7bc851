#!/bin/sh
# SPDX-License-Identifier: MIT
# variant.sh DIR [ARG...]: another build, in DIR/build, configured with ARG..., of a snapshot of the
# sources in DIR/source: a folder that has been built in can be no other build's source folder.
set -eu
dir=$1
shift
unset MAKEFLAGS MFLAGS MAKELEVEL
mkdir -p "$dir/build"
dir=$(cd "$dir" && pwd)
make -s -C "$BUTTER_BUILD" distdir distdir="$dir/source" >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
cd "$dir/build"
[ -f Makefile ] || ../source/configure --quiet "$@"
make -s -j"$(nproc)"

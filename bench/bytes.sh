#!/bin/sh
# SPDX-License-Identifier: MIT
# Moving bytes: splice-cat, tee-fd and vmsplice-feed beside others, between ends that copy nothing and
# ends that do, on a tmpfs. Times are those of whole pipelines, from the first spawn to the last reap.
# shellcheck source=bench/common
. "$(dirname "$0")/common"

advise busybox:busybox-static toybox:toybox pv:pv mbuffer:mbuffer pee:moreutils

size=$(rounds 268435456 16777216)
count=$(rounds 15 1)
of="$count rounds of $((size >> 20)) MiB"
where=.
# Two files of that size, and what others need.
if memory $((size / 256)); then
	# shellcheck disable=SC2154 # memory has set it
	where=$memory
else
	printf '/dev/shm has no room: files are on %s.\n\n' "$(df -T . | awk 'END { print $2 }')"
fi
source=$where/source out=$where/out
./bytes wfeed "$size" 131072 > "$source"

# flows MODEL: runs what was added, and shows it. Of speed more is better, of CPU time less; "its own" is
# without that of the ends. The ratios are to the first; to the one that is called MODEL in their own column.
model='model: cat of coreutils 9.11'
lockstep='model: tee(2) in lockstep'
flows() {
	take flow "$count" "$out" | awk -F '\t' -v OFS='\t' -v bytes="$size" -v model="$1" '
		function times(one) { return one > 0 ? sprintf("%.2f", 1 / one) : "-" }
		BEGIN { gib = bytes / 1024 ^ 3 }
		{ split($2, is, " ")
		  if (is[1] == "-") { print $1, "failed"; next }
		  if ($1 == model) base = is[5]
		  print $1, sprintf("%.2f", gib / is[1] * 1000), times(is[5]), base ? times(is[5] / base) : "-",
			sprintf("%.3f", is[4] / 1e6 / gib), (is[8] > 0 ? is[8] : "-"), sprintf("%.3f", is[3] / 1000 / gib), is[2] }' |
		table program GiB/s ratio 'to the model' 'CPU s a GiB, its own' ratio 'with the ends' 'peak kB'
}

# ---- What the machine can do

begin "Ceilings ($count rounds)"
./bytes ceilings "$count" | table what figure unit

# ---- splice-cat

# cats [FILE]: those that read FILE, or standard input.
cats() {
	add 'cat (coreutils)' cat ${1:+"$1"}
	add "$model" ./model cat ${1:+"$1"}
	add 'busybox cat' busybox cat ${1:+"$1"}
	add 'toybox cat' toybox cat ${1:+"$1"}
	add 'pv -q' pv -q ${1:+"$1"}
	add 'mbuffer -q -s 128k' mbuffer -q -s 128k ${1:+-i "$1"}
	add 'butter splice-cat' ./butter splice-cat ${1:+"$1"}
	[ "${stable:-}" ] && add 'butter splice-cat --stable' ./butter splice-cat --stable ${1:+"$1"}
	:
}
ln -s bytes model
# ends: sets what stands at the ends of pipelines.
ends() {
	feed="./bytes feed $size" drain="./bytes drain $size" rdrain="./bytes rdrain $size 131072"
}
ends
stable=yes

begin "From a pipe to a pipe, both ends without copies ($of)"
before="$feed |" after="| $drain"
cats
before='' after=''
add 'ceiling: nothing in between' ./bytes "feed $size | $drain"
flows "$model"

begin "From a pipe to a pipe, written and read by 128 KiB ($of)"
before="./bytes wfeed $size 131072 |" after="| $rdrain"
cats
before='' after=''
add 'ceiling: nothing in between' ./bytes "wfeed $size 131072 | $rdrain"
flows "$model"

begin "From a file to a pipe, read without copies ($of)"
after="| $drain"
cats "$source"
flows "$model"

begin "From a file to a pipe, read by 128 KiB ($of)"
after="| $rdrain"
cats "$source"
before='' after=''
add 'ceiling: the reader reads the file' ./bytes rdrain "$size" 131072 "$source"
flows "$model"

# straight: what writes into the file that there is no pipe to.
straight() {
	before='' after=''
	add 'ceiling: written straight into the file' ./bytes "wfeed $size 131072 > $out"
}
begin "From a pipe to a file, fed without copies ($of)"
before="$feed |" after="> $out"
cats
straight
flows "$model"

begin "From a pipe to a file, fed by write of 64 KiB ($of)"
before="./bytes wfeed $size 65536 |" after="> $out"
cats
straight
flows "$model"

# Here splice(2) is not to be had: no model.
begin "From a pipe to a file that is appended to ($of)"
before="$feed |" after=">> $out"
cats
flows "$model"

# copies FROM TO
copies() {
	begin "From a file to a file on the same $(df -T "$1" | awk 'END { print $2 }') ($count rounds of $((size >> 20)) MiB)"
	out=$2 after="> $2"
	cats "$1"
	flows "$model"
}
copies "$source" "$out"
if [ "$where" != . ]; then
	all=$size size=$((size / 2))
	head -c "$size" "$source" > on-disk
	copies ./on-disk ./out
	rm on-disk out
	out=$where/out size=$all
fi

# small BYTES
small() {
	runs=$(rounds 1000 20)
	head -c "$1" "$source" > small
	begin "A file of $1 bytes to /dev/null, the whole program ($runs rounds)"
	stable=
	cats small
	take run "$runs" 0 | awk -F '\t' -v OFS='\t' '
		{ split($2, is, " ")
		  if ($1 == "busybox cat") busybox = is[5]
		  print $1, is[1], is[5], busybox ? sprintf("%.3f", is[5] / busybox) : "-", is[3], is[2] }' |
		table program 'µs, median' ratio 'to busybox' 'CPU µs' 'peak kB'
}
small 1
small 4096

# ---- tee-fd

# Some of these are slow.
all=$size size=$((size / 2))
ends
of="$count rounds of $((size >> 20)) MiB"

# The second consumers read from FIFOs, as butter takes them, too, where others have only names.
for i in 1 2 3 4 5 6 7; do mkfifo "fifo-$i"; done
printf '#!/bin/sh\nexec %s\n' "$drain" > drain
printf '#!/bin/sh\nexec %s\n' "$rdrain" > rdrain
chmod +x drain rdrain

# tees FILE: those that write to FILE and to standard output.
tees() {
	add 'tee (coreutils)' tee "$1"
	[ "$1" = "$out" ] || add "$lockstep" ./model tee "$1"
	add 'busybox tee' busybox tee "$1"
	add 'toybox tee' toybox tee "$1"
	add 'mbuffer -q -s 128k' mbuffer -q -s 128k -f -o "$1" -o -
	applet 'butter tee-fd' tee-fd "$1"
}

begin "To two pipes, all ends without copies ($of)"
before="$drain fifo-1 & $feed |" after="| $drain"
tees fifo-1
before="$feed |" after=
add 'pee, with the consumers that it starts' pee ./drain ./drain
flows "$lockstep"

begin "To two pipes, read by 128 KiB ($of)"
before="$rdrain fifo-1 & $feed |" after="| $rdrain"
tees fifo-1
before="$feed |" after=
add 'pee, with the consumers that it starts' pee ./rdrain ./rdrain
flows "$lockstep"

begin "To a file and to a pipe that is read without copies ($of)"
before="$feed |" after="| $drain"
tees "$out"
straight
flows "$lockstep"

begin "To 1, 2, 4 and 8 pipes, all ends without copies ($of)"
# ways COMMAND: adds each by COMMAND.
ways() {
	for outputs in 1 2 4 8; do
		before='' fifos=''
		for i in $(seq $((outputs - 1))); do
			fifos="$fifos fifo-$i"
			before="$before$drain fifo-$i & "
		done
		before="$before$feed |" after="$fifos | $drain"
		"$@"
	done
}
gnu() { add "tee (coreutils): $outputs" tee; }
bare() { add "$lockstep: $outputs" ./model tee; }
own() { applet "butter tee-fd: $outputs" tee-fd; }
ways gnu
ways bare
ways own
before='' after=''
take flow "$count" "$out" | awk -F '\t' -v OFS='\t' -v bytes="$size" '
	{ split($2, is, " "); outputs = $1; sub(/.*: /, "", outputs)
	  if (is[1] == "-") { print $1, "failed"; next }
	  if (outputs == 1) alone = is[1]
	  print $1, sprintf("%.2f", bytes / 1024 ^ 3 / is[1] * 1000),
		outputs == 1 || !alone ? "-" : sprintf("%.0f %%", (is[1] / alone - 1) / (outputs - 1) * 100),
		sprintf("%.3f", is[4] / 1e6 / (bytes / 1024 ^ 3)) }' |
	table 'program: outputs' GiB/s 'more time for each more' 'CPU s a GiB, its own'

# ---- vmsplice-feed

size=$all
ends
of="$count rounds of $((size >> 20)) MiB"

# yeses: who say it for ever. (toybox' makes a call for each line: it would take all day.)
yeses() {
	add 'yes (coreutils)' yes
	add 'busybox yes' busybox yes
	applet 'butter vmsplice-feed' vmsplice-feed y --forever
}
begin "The same line again and again, read without copies ($of)"
after="| $drain"
yeses
before='' after=''
add 'ceiling: vmsplice, no more' ./bytes "feed $size | $drain"
flows ''

begin "The same line again and again, read by 128 KiB ($of)"
after="| $rdrain"
yeses
flows ''

#!/bin/sh
# SPDX-License-Identifier: MIT
# What `events` costs: from what happens to its line for each kind of source, beside what waits for that kind alone;
# many events; memory; and how often it wakes up when there is nothing.
# shellcheck source=bench/common
. "$(dirname "$0")/common"
command -v perl > /dev/null || { echo "perl is missing" >&2; exit 1; }

rounds=$(rounds 200 20)

# From the moment before something is done until a line about it has been read; medians of $rounds.
cat > latency.pl << 'END'
use strict;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);
my ($rounds, $act, @command) = @ARGV;
my ($file, $made) = ("watched/x", 0);
sub eventfd {
	my $fd = syscall(290, 0, 0);
	open my $handle, "+<&=", $fd or die;
	fcntl $handle, 2, 0;
	return $handle;
}
my $counter = $act eq "post" ? eventfd() : undef;
my ($read, $write);
pipe $read, $write or die;
fcntl $read, 2, 0;
my @times;
my ($pid, $out);
sub start {
	my @words = map { s/\@eventfd/fileno $counter/er } map { s/\@pipe/fileno $read/er } map { s/\@pid/$_[0]/er } @command;
	pipe my $ready, my $tell or die;
	pipe $out, my $in or die;
	$pid = fork // die;
	if (!$pid) {
		open STDOUT, ">&", $in or die;
		fcntl $tell, 2, 0;
		push @words, "--ready-fd", fileno $tell if $words[0] =~ /butter/;
		exec @words or die;
	}
	close $in;
	close $tell;
	if ($words[0] =~ /butter/) { <$ready> } else { sleep 0.2 }
}
start() if $act ne "end";
for (1 .. $rounds) {
	my $victim;
	if ($act eq "end") {
		$victim = fork // die;
		if (!$victim) { sleep 100; exit }
		start($victim);
	}
	sleep 0.002;
	my $from = clock_gettime(CLOCK_MONOTONIC);
	if ($act eq "signal") { kill "USR1", $pid }
	elsif ($act eq "post") { syswrite $counter, pack "Q", 1 }
	elsif ($act eq "write") { syswrite $write, "x" }
	elsif ($act eq "end") { kill "KILL", $victim; waitpid $victim, 0 }
	else { open my $f, ">", $file or die; close $f }
	sysread $out, my $line, 4096 or die "no line";
	push @times, clock_gettime(CLOCK_MONOTONIC) - $from;
	if ($act eq "create") { unlink $file }
	elsif ($act eq "write") { sysread $read, my $byte, 1 }
	elsif ($act eq "end") { kill "TERM", $pid; waitpid $pid, 0 }
}
kill "TERM", $pid if $act ne "end";
@times = sort { $a <=> $b } @times;
printf "%d %d\n", 1e6 * $times[@times / 2], 1e6 * $times[@times * 0.9];
END
mkdir watched

# latency WHAT ACT COMMAND...: a line of the table.
latency() {
	what=$1 act=$2
	shift 2
	if command -v "$1" > /dev/null; then
		perl latency.pl "$rounds" "$act" "$@" 2> latency.err | { read -r median tenth || median=-; printf '%s\t%s\t%s\n' "$what" "$median" "${tenth:--}"; }
	else
		printf '%s\t-\t-\n' "$what"
	fi
}

advise inotifywait:inotify-tools
begin "From what happens to its line ($rounds rounds)"
{
	latency 'events --signal' signal ./butter events --signal USR1
	latency 'events --eventfd' post ./butter events --eventfd @eventfd
	latency 'events --fd' write ./butter events --fd @pipe
	latency 'events --pid' end ./butter events --pid @pid
	latency 'events --inotify' create ./butter events --inotify watched:create
	latency 'inotifywait (inotify-tools)' create inotifywait -qm -e create watched
	latency 'events, six sources: --signal' signal ./butter events --every 1h --inotify watched --clock-change \
		--fd @pipe --at 2200-01-01 --signal USR1
} | table source 'µs, median' '90 of 100'

count=$(rounds 100000 5000)
begin "$count files created beside ticks each ms: lost, peak memory"
# shellcheck disable=SC2016 # perl expands
perl -e '
	my $count = shift;
	pipe my $ready, my $tell;
	my $pid = fork // die;
	if (!$pid) {
		open STDOUT, ">", "lines";
		$^F = 99;
		fcntl $tell, 2, 0;
		exec "./butter", "events", "--inotify", "f=watched:create", "--every", "t=1ms", "--ready-fd", fileno $tell;
	}
	close $tell;
	<$ready>;
	sub memory { open my $f, "<", "/proc/$pid/status"; my ($kib) = join("", <$f>) =~ /VmHWM:\s*(\d+)/; $kib }
	my $before = memory();
	for (1 .. $count) { open my $f, ">", "watched/$_" or die; close $f; unlink "watched/$_" }
	select undef, undef, undef, 0.5;
	my $after = memory();
	kill "TERM", $pid;
	waitpid $pid, 0;
	open my $f, "<", "lines";
	my ($seen, $lost) = (0, 0);
	while (<$f>) { $seen++ if /^create f /; $lost++ if /^overflow / }
	print "created $count, told $seen, overflows told $lost; peak KiB at the start $before, at the end $after\n\n"' "$count"

seconds=$(rounds 10 2)
begin "Nothing happens for $seconds s: how often it is woken up"
./butter events --every 1h --inotify watched --clock-change --signal USR1 --ready-fd 5 5> ready.idle > /dev/null &
pid=$!
until [ -s ready.idle ]; do sleep 0.1; done
switches() { awk '/^voluntary/ { print $2 }' "/proc/$pid/status"; }
sleep 0.5
before=$(switches)
sleep "$seconds"
echo "wake-ups: $(($(switches) - before)); $(grep VmRSS "/proc/$pid/status" | tr -s '\t ' ' ')"
kill "$pid"

#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# pass.pl INPUT COMMAND...: COMMAND copies from a terminal, socket or pipe into a pipe; sees to it that what is written at
# the one end comes out at the other while nothing else follows, and that then whoever reads there without waiting
# is never made to wait. Prints what it has seen. A time-out only ends what hangs.
use strict;
use warnings;
use Fcntl;
use IO::Socket;
use Socket;

my ($input, @command) = @ARGV;
my $limit = $ENV{LIMIT} || 60;
$^F = 2;

sub terminal {
	sysopen my $master, "/dev/ptmx", O_RDWR | O_NOCTTY or exit 77;
	my ($unlocked, $number) = (pack("i", 0), pack("i", 0));
	ioctl $master, 0x40045431, $unlocked or exit 77;
	ioctl $master, 0x80045430, $number or exit 77;
	my $name = "/dev/pts/" . unpack "i", $number;
	sysopen my $slave, $name, O_RDWR | O_NOCTTY or exit 77;
	system "stty", "-F", $name, "raw", "-echo", "min", "1" and exit 77;
	return ($slave, $master);
}

my %inputs = (
	terminal => \&terminal,
	socket => sub { IO::Socket->socketpair(AF_UNIX, SOCK_STREAM, PF_UNSPEC) },
	pipe => sub { pipe my $read, my $write or die; ($read, $write) },
);
my ($from, $feeder) = $inputs{$input}->();
pipe my $arrived, my $to or die;
my $child = fork // die;
if (!$child) {
	open STDIN, "<&", $from or die;
	open STDOUT, ">&", $to or die;
	exec @command or die;
}
close $from;
close $to;
# Who waits for a pipe's lock hears no alarm; when the one that holds it is killed, it goes on.
my $guard = fork // die;
if (!$guard) {
	sleep $limit;
	kill "KILL", $child;
	exit;
}

# waiting: until the command sleeps and COUNT bytes are there.
sub waiting {
	my ($count) = @_;
	while (1) {
		my $there = pack "i", 0;
		ioctl $arrived, 0x541b, $there; # FIONREAD
		open my $stat, "<", "/proc/$child/stat" or die;
		last if <$stat> =~ /\) (?:([S])|Z) / && (unpack("i", $there) == $count || !$1);
		select undef, undef, undef, 0.002;
	}
}

syswrite $feeder, "x";
sysread $arrived, my $first, 100;
print "one byte: '$first'\n";
waiting(0);
syswrite $feeder, "four";
waiting(4);
fcntl $arrived, F_SETFL, O_NONBLOCK | fcntl $arrived, F_GETFL, 0;
my $size = sysread $arrived, my $four, 100;
print "four bytes: ", defined $size ? "'$four'" : $!, "\n";
kill "TERM", $child;
kill "KILL", $guard;
waitpid $child, 0;
print "too late: it was killed\n" if ($? & 127) != 15;
waitpid $guard, 0;

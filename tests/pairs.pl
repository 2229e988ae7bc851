#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# pairs.pl INPUTS OUTPUTS COMMAND...: runs COMMAND with its standard input and output of each pair of kinds that these two
# patterns match, and prints a line for each: the kinds, its status, the size and the checksum of what has arrived.
use strict;
use warnings;
use Digest::SHA "sha256_hex";
use Fcntl;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Socket;

my ($wanted_inputs, $wanted_outputs, @command) = @ARGV;
my $data = join "", map { sprintf "%07d\n", $_ } 1 .. 40000;
my $memfd = 319;      # memfd_create(2)
my $direct = 040000;  # O_DIRECT
my @feeders;

# child CODE: another process runs it, whose end it is.
sub child {
	my ($code) = @_;
	my $child = fork // die;
	return $child if $child;
	$SIG{PIPE} = "DEFAULT";
	eval { $code->() };
	POSIX::_exit($@ ? 126 : 0);
}

# feed HANDLE CODE: another process writes there.
sub feed {
	my ($to, $code) = @_;
	push @feeders, child(sub { $code->($to) });
	close $to;
}

sub whole { my ($to) = @_; for (my $at = 0; $at < length $data;) { $at += syswrite $to, $data, 65536, $at } }
sub pieces { my ($to) = @_; for (my $at = 0; $at < 5000; $at += 7) { syswrite $to, $data, 7, $at; select undef, undef, undef, 0.001 if $at % 700 == 0 } }

sub make_file {
	my ($name, $content) = @_;
	open my $file, ">", $name or die "$name: $!";
	print $file $content;
	close $file;
}

sub file { my ($name, $content, $flags) = @_; make_file($name, $content); sysopen my $file, $name, $flags // O_RDONLY or die; return $file }

sub sockets {
	my ($tcp) = @_;
	return IO::Socket->socketpair(AF_UNIX, SOCK_STREAM, PF_UNSPEC) if !$tcp;
	my $listener = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
	my $one = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $listener->sockport) or die;
	return ($one, $listener->accept);
}

sub terminal {
	sysopen my $master, "/dev/ptmx", O_RDWR | O_NOCTTY or die;
	my ($unlocked, $number) = (pack("i", 0), pack("i", 0));
	ioctl $master, 0x40045431, $unlocked or die;
	ioctl $master, 0x80045430, $number or die;
	sysopen my $slave, "/dev/pts/" . unpack("i", $number), O_RDWR | O_NOCTTY or die;
	my $modes = POSIX::Termios->new;
	$modes->getattr(fileno $slave);
	# As cfmakeraw(3) does.
	$modes->setiflag(0);
	$modes->setoflag(0);
	$modes->setlflag(0);
	$modes->setcc(POSIX::VMIN, 1);
	$modes->setcc(POSIX::VTIME, 0);
	$modes->setattr(fileno $slave, POSIX::TCSANOW);
	return ($master, $slave);
}

sub blockless { my ($handle) = @_; fcntl $handle, F_SETFL, O_NONBLOCK | fcntl $handle, F_GETFL, 0; return $handle }

sub piped { my ($code) = @_; pipe my $read, my $write or die; feed($write, $code); return $read }

sub memory { my ($name) = @_; my $number = syscall $memfd, $name, 0; $number >= 0 or die; open my $file, "+<&=", $number or die; return $file }

sub fifo { POSIX::mkfifo("fifo.$_[0]", 0600) or die; return "fifo.$_[0]" }

my %inputs = (
	file => sub { file("in", $data) },
	small => sub { file("in", "small\n") },
	byte => sub { file("in", "x") },
	page => sub { file("in", substr $data, 0, 4096) },
	empty => sub { file("in", "") },
	tmpfs => sub { my $file = file("/dev/shm/pairs.$$", $data); unlink "/dev/shm/pairs.$$"; $file },
	direct => sub { file("in", $data, O_RDONLY | $direct) },
	hole => sub { make_file("in", "begin"); truncate "in", 400000; open my $file, "<", "in"; $file },
	middle => sub { my $file = file("in", $data); sysseek $file, 12345, 0; $file },
	end => sub { my $file = file("in", $data); sysseek $file, 0, 2; $file },
	memfd => sub { my $file = memory("in"); syswrite $file, $data; sysseek $file, 0, 0; $file },
	proc => sub { open my $file, "<", "/proc/version" or die; $file },
	seq_file => sub { open my $file, "<", "/proc/filesystems" or die; $file },
	sysfs => sub { open my $file, "<", "/sys/kernel/mm/transparent_hugepage/enabled" or die; $file },
	null => sub { open my $file, "<", "/dev/null" or die; $file },
	folder => sub { sysopen my $file, ".", O_RDONLY or die; $file },
	write_only => sub { open my $file, ">", "in" or die; $file },
	pipe => sub { piped(\&whole) },
	pieces => sub { piped(\&pieces) },
	blockless => sub { blockless(piped(\&pieces)) },
	empty_pipe => sub { piped(sub { }) },
	fifo => sub { my $name = fifo("in"); push @feeders, child(sub { open my $to, ">", $name; whole($to) }); open my $file, "<", $name; $file },
	socket => sub { my ($one, $other) = sockets(0); feed($other, \&whole); $one },
	tcp => sub { my ($one, $other) = sockets(1); feed($other, \&whole); $one },
	blockless_socket => sub { my ($one, $other) = sockets(0); feed($other, \&pieces); blockless($one) },
	closed => sub { undef },
);

# Outputs: what the command writes to, and how to get what has arrived.
sub collect { my ($from) = @_; local $/; binmode $from; my $all = ""; while (sysread $from, my $some, 65536) { $all .= $some } return $all }
sub slowly { my ($from) = @_; my $all = ""; while (sysread $from, my $some, 9999) { $all .= $some; select undef, undef, undef, 0.0005 } return $all }
sub content { my ($name) = @_; return sub { open my $file, "<", $name or die; collect($file) } }

my %outputs = (
	file => sub { open my $file, ">", "out" or die; ($file, content("out")) },
	append => sub { make_file("out", "before\n"); open my $file, ">>", "out" or die; ($file, content("out")) },
	tmpfs => sub { open my $file, ">", "/dev/shm/pairs.out.$$" or die; ($file, sub { my $all = content("/dev/shm/pairs.out.$$")->(); unlink "/dev/shm/pairs.out.$$"; $all }) },
	memfd => sub { my $file = memory("out"); ($file, sub { sysseek $file, 0, 0; collect($file) }) },
	read_write => sub { make_file("out", "x" x 1000000); open my $file, "+<", "out" or die; ($file, content("out")) },
	null => sub { open my $file, ">", "/dev/null" or die; ($file, sub { "" }) },
	full => sub { open my $file, ">", "/dev/full" or die; ($file, sub { "" }) },
	pipe => sub { pipe my $read, my $write or die; ($write, sub { collect($read) }) },
	slow => sub { pipe my $read, my $write or die; ($write, sub { slowly($read) }) },
	blockless => sub { pipe my $read, my $write or die; (blockless($write), sub { slowly($read) }) },
	broken => sub { pipe my $read, my $write or die; close $read; ($write, sub { "" }) },
	fifo => sub { my $name = fifo("out"); sysopen my $read, $name, O_RDONLY | O_NONBLOCK or die; open my $write, ">", $name or die; fcntl $read, F_SETFL, 0; ($write, sub { collect($read) }) },
	socket => sub { my ($one, $other) = sockets(0); ($one, sub { collect($other) }) },
	blockless_socket => sub { my ($one, $other) = sockets(0); (blockless($one), sub { slowly($other) }) },
	tcp => sub { my ($one, $other) = sockets(1); ($one, sub { collect($other) }) },
	terminal => sub { my ($master, $slave) = terminal(); ($slave, sub { my $all = ""; while (sysread $master, my $some, 65536) { $all .= $some } $all }) },
	read_only => sub { make_file("out", ""); open my $file, "<", "out" or die; ($file, sub { "" }) },
	closed => sub { (undef, sub { "" }) },
);

# what OUTPUT is a file: what has arrived there is looked at when the command has ended.
my %is_file = map { $_ => 1 } qw(file append tmpfs memfd read_write);

sub pair {
	my ($in, $out) = @_;
	unlink glob "in out fifo.*";
	my ($to, $arrived) = $outputs{$out}->();
	my $from = $inputs{$in}->();
	my $child = child(sub {
		alarm($ENV{LIMIT} // 60);
		if ($from) { open STDIN, "<&", $from or open STDIN, ">&", $from or die } else { close STDIN }
		if ($to) { open STDOUT, ">&", $to or open STDOUT, "<&", $to or die } else { close STDOUT }
		exec @command or die;
	});
	close $from if $from;
	close $to if $to && $out ne "memfd";
	my $all = $is_file{$out} ? "" : $arrived->();
	waitpid $child, 0;
	my $status = $?;
	$all = $arrived->() if $is_file{$out};
	printf "%s %s %s %d %s\n", $in, $out, $status & 127 ? "signal " . ($status & 127) : $status >> 8, length $all, sha256_hex($all);
}

$^F = 2;
$| = 1;
for my $in (grep { /^(?:$wanted_inputs)$/ } sort keys %inputs) {
	for my $out (grep { /^(?:$wanted_outputs)$/ } sort keys %outputs) {
		print "$in $out skipped\n" unless eval { pair($in, $out); 1 };
		kill "KILL", @feeders;
		waitpid $_, 0 for @feeders;
		@feeders = ();
	}
}

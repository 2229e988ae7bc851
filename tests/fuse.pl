#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# fuse.pl FOLDER COMMAND...: runs COMMAND with a file system of odd files at FOLDER, and ends as it does. It needs root and
# a mount namespace of its own.
#
# All have the same content, which is what the tests' function numbers makes of 40000, and read it past the page cache:
#	nothing		says that its size is 0
#	less, more	say that it is smaller, or larger, than it is
#	cached		says what is true, and is read through the page cache
#	broken		cannot be read from its second 64 KiB on
# These are empty, and keep what is written to them:
#	out, direct	by way of the page cache, and past it
#	full		takes 64 KiB
#	closed		says at close(2) that it was all in vain
use strict;
use warnings;
use Errno qw(EIO ENOENT ENOSPC ENOSYS);
use Fcntl;

my ($folder, @command) = @ARGV;
my $data = join "", map { sprintf "%07d\n", $_ } 1 .. 40000;
my $direct = 1; # FOPEN_DIRECT_IO
my $some = 65536;
my @files = (
	{ name => "nothing", content => $data, size => 0, flags => $direct },
	{ name => "less", content => $data, size => 100000, flags => $direct },
	{ name => "more", content => $data, size => 1000000, flags => $direct },
	{ name => "cached", content => $data, flags => 0 },
	{ name => "broken", content => $data, flags => $direct, readable => $some },
	{ name => "out", content => "", flags => 0 },
	{ name => "direct", content => "", flags => $direct },
	{ name => "full", content => "", flags => $direct, room => $some },
	{ name => "closed", content => "", flags => 0, close => EIO },
);
my $first = 2; # 1 is the folder

$^F = 1000;
sysopen my $fuse, "/dev/fuse", O_RDWR or exit 77;
my $child = fork // die;
if (!$child) {
	system("mount", "-i", "-t", "fuse", "-o", "fd=" . fileno($fuse) . ",rootmode=40000,user_id=0,group_id=0", "odd", $folder) == 0 or exit 77;
	close $fuse;
	exec @command or die;
}
$SIG{CHLD} = sub { waitpid $child, 0; exit($? & 127 ? 128 + ($? & 127) : $? >> 8) };

# attributes NODE: struct fuse_attr.
sub attributes {
	my ($node) = @_;
	my $file = $files[$node - $first];
	my $size = $node == 1 ? 0 : $file->{size} // length $file->{content};
	return pack "Q6 L10", $node, $size, 0, 0, 0, 0, 0, 0, 0, $node == 1 ? 040755 : 0100666, 1, 0, 0, 0, 4096, 0;
}

sub look_up {
	my ($name) = unpack "Z*", $_[1];
	my ($at) = grep { $files[$_]{name} eq $name } 0 .. $#files;
	return defined $at ? pack("Q4 L2", $at + $first, 0, 0, 0, 0, 0) . attributes($at + $first) : -ENOENT;
}

sub get_attributes { return pack("Q L2", 0, 0, 0) . attributes($_[0]) }

sub set_attributes {
	my ($node, $body) = @_;
	my ($valid, undef, undef, $size) = unpack "L2 Q2", $body;
	substr($files[$node - $first]{content}, $size) = "" if $valid & 8 && $size < length $files[$node - $first]{content};
	return get_attributes($node);
}

sub open_file { return pack "Q L2", 0, $files[$_[0] - $first]{flags}, 0 }

sub read_file {
	my ($node, $body) = @_;
	my $file = $files[$node - $first];
	my (undef, $at, $size) = unpack "Q2 L", $body;
	return -EIO if $file->{readable} && $at + $size > $file->{readable};
	return $at < length $file->{content} ? substr $file->{content}, $at, $size : "";
}

sub write_file {
	my ($node, $body) = @_;
	my $file = $files[$node - $first];
	my (undef, $at, $size) = unpack "Q2 L", $body;
	return -ENOSPC if $file->{room} && $at + $size > $file->{room};
	$file->{content} .= "\0" x ($at - length $file->{content}) if $at > length $file->{content};
	substr($file->{content}, $at, $size) = substr $body, 40, $size;
	return pack "L2", $size, 0;
}

sub flush { return -($files[$_[0] - $first]{close} // 0) || "" }

# By opcode: get node and body, return what the reply holds, or a negative error.
my %answers = (
	1 => \&look_up, 3 => \&get_attributes, 4 => \&set_attributes, 14 => \&open_file, 15 => \&read_file, 16 => \&write_file,
	17 => sub { pack "Q5 L4 x24", 1, 1, 1, 1, 1, 4096, 255, 4096, 0 }, 18 => sub { "" }, 25 => \&flush,
	26 => sub { pack "L4 S2 L2 S2 L x28", 7, 31, 131072, 0, 0, 0, 131072, 1, 32, 0, 0 },
);
my %silent = map { $_ => 1 } 2, 36, 42; # FORGET, INTERRUPT, BATCH_FORGET

while (1) {
	my $size = sysread $fuse, my $request, 1 << 20;
	next if !defined $size && ($!{EINTR} || $!{ENOENT} || $!{EAGAIN});
	next if !defined $size && $!{EPERM} && !select undef, undef, undef, 0.005; # not mounted yet
	last if !$size;
	my (undef, $opcode, $unique, $node) = unpack "L2 Q2", $request;
	next if $silent{$opcode};
	my $answer = $answers{$opcode} ? $answers{$opcode}->($node, substr $request, 40) : -ENOSYS;
	my $error = $answer =~ /^-[0-9]+$/ ? $answer : 0;
	$answer = "" if $error;
	syswrite $fuse, pack("L l Q", 16 + length $answer, $error, $unique) . $answer;
}
sleep 1 while 1; # until the command has ended

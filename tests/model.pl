#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# model.pl: what a recursive watch has told is enough to know the tree.
#
#	model.pl act SEED COUNT DIR...     COUNT random changes in the first DIR, to and from the others, as fast as possible
#	model.pl apart SEED COUNT DIR...   the same, each change by another process
#	model.pl anew SEED COUNT DIR...    the same by one process, which never uses a name again
#	model.pl trade SEED COUNT DIR...   COUNT random changes of few folders, some of which trade places in one step
#	model.pl exchange DIR ONE OTHER    two folders below DIR trade places
#	model.pl probe DIR                 makes a file "probe" in each folder of DIR
#	model.pl probed DIR <EVENTS        compares the probes that are told with those that are there, and prints what is different
#	model.pl replay DIR <EVENTS        the tree that the events make; compares it with DIR, and prints what is different
#
# EVENTS are records of --format '%e%0%w%0%f%0%c%0' --no-newline, from an empty DIR on. Instead of a cookie there may be
# the old path of a RENAME.
use strict;
use warnings;
use POSIX ();
no warnings "recursion";

my @names = qw(a b c d e);

sub place {
	my ($top, $depth) = @_;
	my $path = $top;
	$path .= "/" . $names[rand @names] for 1 .. 1 + int rand $depth;
	return $path;
}

sub append {
	open my $file, ">>", $_[0] or return;
	print $file "x";
}

sub act {
	my ($apart, $seed, $count, $inside, @outside) = @_;
	srand $seed;
	for (1 .. $count) {
		my ($one, $other, $dice) = (place($inside, 4), place($inside, 4), rand 100);
		if ($apart) {
			my $child = fork // die;
			srand($seed * 1000003 + $_), waitpid($child, 0), next if $child;
		}
		if ($dice < 25) { mkdir $one }
		elsif ($dice < 40) { append($one) }
		elsif ($dice < 55) { unlink $one or rmdir $one }
		elsif ($dice < 80) { rename $one, $other }
		elsif ($dice < 84) { rename $one, place($outside[0], 1) }
		elsif ($dice < 88) { rename place($outside[0], 2), $one }
		elsif ($dice < 92) { mkdir place($outside[0], 2) }
		elsif ($dice < 94) { link $one, $other }
		elsif ($dice < 96) { symlink $one, $other }
		elsif ($dice < 98) { mkdir $one; mkdir "$one/$_" and mkdir "$one/$_/$_" for @names[0, 1] }
		else { system "rm", "-rf", $one if $dice > 99.8 }
		POSIX::_exit(0) if $apart;
	}
}

# there TOP: something that is below it, or TOP.
sub there {
	my ($path) = @_;
	for (my $deep = rand 5; $deep > 1; $deep--) {
		opendir my $folder, $path or last;
		my @entries = grep { $_ ne "." and $_ ne ".." } readdir $folder or last;
		$path .= "/" . $entries[rand @entries];
	}
	return $path;
}

sub anew {
	my ($seed, $count, @tops) = @_;
	srand $seed;
	for my $i (1 .. $count) {
		my ($one, $other, $dice) = (there($tops[rand @tops]), there($tops[rand @tops]), rand 100);
		my $new = (-d $other && !-l $other ? $other : $other =~ s,/[^/]*$,,r) . "/n$i";
		my $is_top = grep { $_ eq $one } @tops;
		if ($dice < 30) { mkdir $new }
		elsif ($dice < 50) { append($new) }
		elsif ($dice < 60) { unlink $one or $is_top or rmdir $one }
		elsif ($dice < 94) { rename $one, $new unless $is_top }
		elsif ($dice < 96) { link $one, $new }
		elsif ($dice < 98) { symlink $one, $new }
		else { mkdir $new; mkdir "$new/$_" and mkdir "$new/$_/$_" for @names[0, 1] }
	}
}

# exchange ONE OTHER: they trade places. The kernel makes one of two records alike, so another comes before.
my $renameat2 = { x86_64 => 316, aarch64 => 276, riscv64 => 276 }->{ (POSIX::uname)[4] };

sub exchange {
	my ($top, $one, $other) = @_;
	mkdir "$top/between";
	rmdir "$top/between";
	syscall $renameat2, -100, $one, -100, $other, 2;
}

sub trade {
	my ($seed, $count, $inside, $outside) = @_;
	srand $seed;
	@names = @names[0 .. 2];
	for (1 .. $count) {
		my ($one, $other, $dice) = (place($inside, 4), place($inside, 4), rand 100);
		if ($dice < 28) { mkdir $one }
		elsif ($dice < 32) { append($one) }
		elsif ($dice < 40) { unlink $one or rmdir $one }
		elsif ($dice < 70) { rename $one, $other }
		elsif ($dice < 75) { exchange($inside, $one, $other) }
		elsif ($dice < 80) { rename $one, place($outside, 1) }
		elsif ($dice < 85) { rename place($outside, 2), $one }
		elsif ($dice < 90) { mkdir place($outside, 2) }
		else { mkdir $one; mkdir "$one/$_" and mkdir "$one/$_/$_" for @names[0, 1] }
	}
}

sub find {
	my ($path, $found) = @_;
	opendir my $folder, $path or return;
	for (readdir $folder) {
		next if $_ eq "." or $_ eq "..";
		my $entry = "$path/$_";
		my $is_dir = -d $entry && !-l $entry;
		$found->{$entry} = $is_dir ? "folder" : "file";
		find($entry, $found) if $is_dir;
	}
}

sub probe {
	my ($top) = @_;
	my %real;
	find($top, \%real);
	append("$_/probe") for $top, grep { $real{$_} eq "folder" } keys %real;
}

sub probed {
	my ($top) = @_;
	my (%real, %told, $wrong);
	local $/;
	my @fields = split /\0/, <STDIN>, -1;
	while (@fields > 3) {
		my ($events, $dir, $name) = splice @fields, 0, 4;
		$told{"$dir$name"}++ if $events eq "CREATE" and $name eq "probe";
	}
	find($top, \%real);
	for (sort keys %{ { %told, map { $_ => 1 } grep m{/probe$}, keys %real } }) {
		my ($said, $is) = ($told{$_} // 0, $real{$_} ? 1 : 0);
		print "$_: told $said times, is $is\n" and $wrong++ if $said != $is;
	}
	return !$wrong;
}

# The tree that is told: a node has a kind, when it was told, and the nodes in it.
my %tree = (kind => "folder");

# parent PATH: the node that PATH is in, and PATH's last component.
sub parent {
	my ($top, $path) = @_;
	my ($node, @names) = (\%tree, split m{/+}, substr $path, length $top);
	shift @names;
	my $name = pop @names // return \%tree, "";
	$node = $node->{in}{$_} //= {} for @names;
	return $node, $name;
}

sub list {
	my ($node, $path, $listed) = @_;
	for my $name (keys %{ $node->{in} // {} }) {
		my $below = $node->{in}{$name};
		$listed->{"$path/$name"} = $below->{kind} if $below->{kind};
		list($below, "$path/$name", $listed);
	}
	return $listed;
}

sub replay {
	my ($top) = @_;
	my (%moving, %real, $wrong);
	local $/;
	my @fields = split /\0/, <STDIN>, -1;
	while (@fields > 3) {
		my ($events, $dir, $name, $cookie) = splice @fields, 0, 4;
		my %event = map { $_ => 1 } split /,/, $events;
		my $path = "$dir$name";
		my $kind = $event{ISDIR} ? "folder" : "file";
		my ($in, $last) = parent($top, $path);
		print "in no folder: $events $path\n" and $wrong++ if $name ne "" and ($in->{kind} // "") ne "folder";
		my $entries = $in->{in} //= {};
		if ($event{CREATE}) {
			print "twice: $path\n" and $wrong++ if $entries->{$last}{kind};
			$entries->{$last}{kind} = $kind;
		} elsif ($event{DELETE}) {
			delete $entries->{$last};
		} elsif ($event{RENAME}) {
			my ($from, $old) = parent($top, $cookie);
			my $moved = delete $from->{in}{$old};
			print "not there: $events $cookie $path\n" and $wrong++ unless $moved;
			$entries->{$last} = $moved // {};
			print "is no $kind: $events $cookie $path\n" and $wrong++ if ($moved->{kind} // $kind) ne $kind;
		} elsif ($event{MOVED_FROM}) {
			$moving{$cookie} = delete $entries->{$last};
		} elsif ($event{MOVED_TO}) {
			$entries->{$last} = delete $moving{$cookie} // {};
			$entries->{$last}{kind} = $kind;
		}
	}
	find($top, \%real);
	my $told = list(\%tree, $top, {});
	for (sort keys %{ { %$told, %real } }) {
		my ($said, $is) = map { $_ // "nothing" } $told->{$_}, $real{$_};
		print "$_: told $said, is $is\n" and $wrong++ if $said ne $is;
	}
	return !$wrong;
}

my $what = shift;
if ($what eq "act") { act(0, @ARGV) }
elsif ($what eq "apart") { act(1, @ARGV) }
elsif ($what eq "anew") { anew(@ARGV) }
elsif ($what eq "trade") { defined $renameat2 ? trade(@ARGV) : exit 77 }
elsif ($what eq "exchange") { defined $renameat2 ? exchange(@ARGV) : exit 77 }
elsif ($what eq "probe") { probe(@ARGV) }
elsif ($what eq "probed") { exit !probed(@ARGV) }
else { exit !replay(@ARGV) }

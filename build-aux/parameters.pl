#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# parameters.pl NAMES.tsv: makes src/policy/parameters.tsv, for who maintains that: the parameters of each
# system call, from the event formats of the kernel that runs (tracefs), the SYNOPSIS of section 2 of the
# manual (Debian's manpages-dev), and the list at the end of this file, which goes before both.
#
#	perl build-aux/parameters.pl src/policy/syscalls.tsv >src/policy/parameters.tsv
#
# TRACEFS and MANUAL name other folders than /sys/kernel/tracing and /usr/share/man/man2.
use strict;
use warnings;

my $events = ($ENV{TRACEFS} || '/sys/kernel/tracing') . '/events/syscalls';
my $manual = $ENV{MANUAL} || '/usr/share/man/man2';

# What the event is called, where that is not the system call's name.
my %event = (fstat => 'newfstat', lstat => 'newlstat', stat => 'newstat', uname => 'newuname',
	sendfile => 'sendfile64', umount2 => 'umount');

# What the manual calls it, where that is not the system call's name.
my %page = (pread64 => 'pread', pwrite64 => 'pwrite', newfstatat => 'fstatat', prlimit64 => 'prlimit', fadvise64 => 'posix_fadvise', exit => '_exit');

# Types of 32 bits, with and without a sign, and of 64 on all architectures; all others that are no pointers have as
# many as a register.
my %int = map { $_ => 1 } 'int', 'pid_t', 'clockid_t', 'timer_t', 'mqd_t', 'key_t', 'key_serial_t', 'rwf_t', '__s32', 's32';
my %uint = map { $_ => 1 } 'unsigned int', 'unsigned', 'u32', '__u32', 'uint32_t', 'umode_t', 'uid_t', 'gid_t', 'qid_t';
my %wide = map { $_ => 1 } 'loff_t', 'u64', '__u64';
my %pointer = map { $_ => 1 } 'cap_user_header_t', 'cap_user_data_t';

# What the manual calls them in most pages; new calls have none yet.
my %usual = (dfd => 'dirfd', filename => 'pathname');

# The kernel takes these unsigned longs as descriptors: the low 32 bits.
my $fd = qr/^(.*fd|fildes|mqdes|fd_?(in|out))$/;

sub kind
{
	my ($type, $name) = @_;

	return 'fd' if $name =~ $fd && $type !~ /\*/;
	return 'string' if $type =~ /^const char \*$/ && $name !~ /^(buf|u_msg_ptr)$/; # these have a length
	$type =~ s/\bconst\b//g;
	$type =~ s/^\s+|\s+$//g;
	return 'pointer' if $type =~ /\*/ || $pointer{$type};
	return 'int' if $int{$type};
	return 'uint' if $uint{$type} || $type =~ /^enum /;
	return 'wide' if $wide{$type};
	return 'long';
}

# The kernel marks its names: _type, u_name, upeer_sockaddr. What is called arg2 is not the one that arg2 means here.
sub plain
{
	my ($name) = @_;

	$name =~ s/^_+//;
	$name =~ s/^u_//;
	return $name =~ /^arg\d$/ ? '' : $name;
}

sub from_event
{
	my ($call) = @_;
	my @list;

	open my $file, '<', "$events/sys_enter_$call/format" or return;
	while (<$file>) {
		next unless /^\tfield:(.*?)\s*\b(\w+);\s*offset:(\d+)/ && $3 >= 16;
		push @list, [kind($1, $2), plain($2)];
	}
	return \@list;
}

# Text of the SYNOPSIS, without macros.
sub synopsis
{
	my ($page) = @_;
	my ($inside, $text) = (0, '');

	open my $file, '-|', 'gzip', '-cdf', $page or return '';
	while (<$file>) {
		$_ .= <$file> while s/\\\n$/ /;
		$inside = /SYNOPSIS/ if /^\.SH/;
		next if !$inside || !s/^\.(B|BI|BR|RB|I|IB|IR|RI)\s+//;
		chomp;
		my @words = /"((?:[^"]|"")*)"|(\S+)/g;
		$text .= join(/^"|" / ? '' : ' ', grep { defined } @words) . ' ';
	}
	$text =~ s/\\-/-/g;
	$text =~ s/\\f.//g;
	$text =~ s,/\*.*?\*/,,g;
	return $text;
}

my %prototypes;
for my $page (glob "$manual/*.2*") {
	my $text = synopsis($page);

	while ($text =~ /\b(\w+)\s*\(([^()]*)\)\s*;/g) {
		my ($call, @list) = ($1, split /\s*,\s*/, $2);

		$call = $1 if $call eq 'syscall' && @list && shift(@list) =~ /^SYS_(\w+)/;
		@list = () if @list == 1 && $list[0] =~ /^\s*void\s*$/;
		push @{$prototypes{$call}}, [@list];
	}
}

# Names of the manual are taken where it has as many parameters, and a pointer where the kernel has one.
sub add_manual
{
	my ($call, $list) = @_;

	for my $prototype (@{$prototypes{$page{$call} || $call} || []}) {
		next if @$prototype != @$list;
		for my $i (0 .. $#$list) {
			my ($kind, $name) = @{$list->[$i]};
			my ($type, $other) = $prototype->[$i] =~ /^\s*(.*?)\s*(\w+)\s*(?:\[[^]]*\])?\s*$/ or next;
			my $is_pointer = $prototype->[$i] =~ /[*\[]/ ? 1 : 0;

			next if $other =~ /^arg\d$/ || $other eq $name || $is_pointer != ($kind =~ /string|pointer/ ? 1 : 0);
			if ($name eq '') { $list->[$i][1] = $other } else { $list->[$i][2] = $other }
		}
		return;
	}
}

my %own;
while (<DATA>) {
	next if /^#|^$/;
	chomp;
	my ($call, @list) = split ' ';
	$own{$call} = [map { m,^(\w+):(\w*)(?:/(\w+))?$, or die "$call: $_"; [$1, $2, $3] } @list];
}

print <<'HEAD';
# The parameters of system calls: name, then a column for each parameter: its kind, a colon, the kernel's name, and
# after a slash the manual's where that is another. No name: it has none, or its place differs by architecture.
# Kinds: int, uint (only the low 32 bits count), fd (so, too), long (all bits of a register), wide (64 bits, so two
# registers where these have 32), string, pointer. Calls that are missing: nobody knows.
# Made by build-aux/parameters.pl of a kernel's event formats and the manual's prototypes.
HEAD
open my $names, '<', $ARGV[0] or die "$ARGV[0]: $!";
while (<$names>) {
	next if /^#|^name\t/;
	my ($call) = /^(\w+)/;
	my $list = $own{$call} ? $own{$call} : from_event(exists $event{$call} ? $event{$call} : $call);

	next unless $list;
	add_manual($call, $list) unless delete $own{$call};
	$_->[2] //= $usual{$_->[1]} for @$list;
	print join("\t", $call, map { "$_->[0]:$_->[1]" . (defined $_->[2] && $_->[2] ne $_->[1] ? "/$_->[2]" : '') } @$list), "\n";
}
die "unknown: @{[sort keys %own]}" if %own;

__DATA__
# The kernel takes a long, and looks at its low 32 bits alone.
clone uint:clone_flags/flags long:newsp/stack pointer:parent_tidptr/parent_tid long: long:
mbind long:start long:len uint:mode pointer:nmask long:maxnode uint:flags
ptrace long:request int:pid long:addr long:data

# Where the events' place differs by architecture, or a name misleads.
close_range fd:fd/first uint:max_fd/last uint:flags
prctl int:option long: long: long: long:
sysfs int:option long: long:
eventfd uint:count/initval
signalfd fd:ufd/fd pointer:user_mask/mask long:sizemask
signalfd4 fd:ufd/fd pointer:user_mask/mask long:sizemask int:flags
eventfd2 uint:count/initval int:flags
mount string:dev_name/source string:dir_name/target string:type/filesystemtype long:flags/mountflags pointer:data
swapon string:specialfile/path int:swap_flags/swapflags
umount2 string:name/target int:flags
utime string:filename pointer:times
utimes string:filename pointer:utimes/times
faccessat fd:dfd/dirfd string:filename/pathname int:mode
preadv fd:fd pointer:vec/iov long:vlen/iovcnt long:pos_l long:pos_h
pwritev fd:fd pointer:vec/iov long:vlen/iovcnt long:pos_l long:pos_h
preadv2 fd:fd pointer:vec/iov long:vlen/iovcnt long:pos_l long:pos_h int:flags
pwritev2 fd:fd pointer:vec/iov long:vlen/iovcnt long:pos_l long:pos_h int:flags
pselect6 int:n/nfds pointer:inp/readfds pointer:outp/writefds pointer:exp/exceptfds pointer:tsp/timeout pointer:sig/sigmask
semctl int:semid int:semnum int:cmd long:arg
rt_sigaction int:sig/signum pointer:act pointer:oact/oldact long:sigsetsize
rt_sigsuspend pointer:unewset/mask long:sigsetsize
rt_sigpending pointer:uset/set long:sigsetsize
rt_sigtimedwait pointer:uthese/set pointer:uinfo/info pointer:uts/timeout long:sigsetsize
ppoll pointer:ufds/fds uint:nfds pointer:tsp/timeout pointer:sigmask long:sigsetsize
waitid int:which/idtype int:upid/id pointer:infop int:options pointer:ru/rusage

# Older and newer ones, of 32-bit architectures, and without an event in this kernel.
_llseek fd:fd long:offset_high long:offset_low pointer:result uint:whence
_newselect int:n/nfds pointer:inp/readfds pointer:outp/writefds pointer:exp/exceptfds pointer:tvp/timeout
_sysctl pointer:args
arm_fadvise64_64 fd:fd int:advice long: long: long: long:
arm_sync_file_range fd:fd uint:flags long: long: long: long:
bdflush int:func long:data
breakpoint
cacheflush long:start long:end long:flags
chown32 string:filename/pathname uint:user/owner uint:group
clock_adjtime64 int:which_clock/clk_id pointer:utx/buf
clock_getres_time64 int:which_clock/clockid pointer:tp/res
clock_gettime64 int:which_clock/clockid pointer:tp
clock_nanosleep_time64 int:which_clock/clockid int:flags pointer:rqtp/request pointer:rmtp/remain
clock_settime64 int:which_clock/clockid pointer:tp
create_module string:name long:size
delete_module string:name_user/name uint:flags
fadvise64_64 fd:fd long: long: long: long: int:advice
fchown32 fd:fd uint:user/owner uint:group
fcntl64 fd:fd uint:cmd long:arg
finit_module fd:fd string:uargs/param_values int:flags
fstat64 fd:fd pointer:statbuf
fstatat64 fd:dfd/dirfd string:filename/pathname pointer:statbuf int:flag/flags
fstatfs64 fd:fd long:sz pointer:buf
ftruncate64 fd:fd long: long: long:
futex_time64 pointer:uaddr int:op/futex_op uint:val pointer:utime/timeout pointer:uaddr2 uint:val3
get_kernel_syms pointer:table
get_thread_area pointer:u_info
get_tls
getegid32
geteuid32
getgid32
getgroups32 int:gidsetsize/size pointer:grouplist/list
getresgid32 pointer:rgidp/rgid pointer:egidp/egid pointer:sgidp/sgid
getresuid32 pointer:ruidp/ruid pointer:euidp/euid pointer:suidp/suid
getuid32
init_module pointer:umod/module_image long:len string:uargs/param_values
io_pgetevents_time64 long:ctx_id long:min_nr long:nr pointer:events pointer:timeout pointer:usig
ipc uint:call int:first long:second long:third pointer:ptr long:fifth
kexec_file_load fd:kernel_fd fd:initrd_fd long:cmdline_len string:cmdline_ptr/cmdline long:flags
kexec_load long:entry long:nr_segments pointer:segments long:flags
lchown32 string:filename/pathname uint:user/owner uint:group
listns pointer:req pointer:ns_ids long:nr_ns_ids uint:flags
lookup_dcookie wide:cookie64/cookie pointer:buf/buffer long:len
lstat64 string:filename/pathname pointer:statbuf
map_shadow_stack long:addr long:size uint:flags
mmap2 long:addr long:len/length long:prot long:flags fd:fd long:pgoff/pgoffset
mq_timedreceive_time64 fd:mqdes pointer:msg_ptr long:msg_len pointer:msg_prio pointer:abs_timeout
mq_timedsend_time64 fd:mqdes pointer:msg_ptr long:msg_len uint:msg_prio pointer:abs_timeout
nfsservctl int:cmd pointer:arg/argp pointer:res/resp
nice int:increment/inc
oldfstat fd:fd pointer:statbuf
oldlstat string:filename/pathname pointer:statbuf
oldolduname pointer:name/buf
oldstat string:filename/pathname pointer:statbuf
olduname pointer:name/buf
pciconfig_iobase long:which long:bus long:devfn
pciconfig_read long:bus long:dfn long:off long:len pointer:buf
pciconfig_write long:bus long:dfn long:off long:len pointer:buf
ppoll_time64 pointer:ufds/fds uint:nfds pointer:tsp/timeout pointer:sigmask long:sigsetsize
pselect6_time64 int:n/nfds pointer:inp/readfds pointer:outp/writefds pointer:exp/exceptfds pointer:tsp/timeout pointer:sig/sigmask
query_module string:name int:which pointer:buf long:bufsize pointer:ret
readdir fd:fd pointer:dirent/dirp uint:count
recv fd:fd/sockfd pointer:ubuf/buf long:size/len uint:flags
recvmmsg_time64 fd:fd/sockfd pointer:mmsg/msgvec uint:vlen uint:flags pointer:timeout
riscv_flush_icache long:start long:end long:flags
riscv_hwprobe pointer:pairs long:pair_count long:cpusetsize pointer:cpus uint:flags
rseq_slice_yield
rt_sigtimedwait_time64 pointer:uthese/set pointer:uinfo/info pointer:uts/timeout long:sigsetsize
sched_rr_get_interval_time64 int:pid pointer:interval/tp
semtimedop_time64 int:semid pointer:tsops/sops uint:nsops pointer:timeout
send fd:fd/sockfd pointer:buff/buf long:len uint:flags
set_thread_area pointer:u_info
set_tls long:addr
setfsgid32 uint:gid/fsgid
setfsuid32 uint:uid/fsuid
setgid32 uint:gid
setgroups32 int:gidsetsize/size pointer:grouplist/list
setregid32 uint:rgid uint:egid
setresgid32 uint:rgid uint:egid uint:sgid
setresuid32 uint:ruid uint:euid uint:suid
setreuid32 uint:ruid uint:euid
setuid32 uint:uid
sgetmask
sigaction int:sig/signum pointer:act pointer:oact/oldact
signal int:sig/signum pointer:handler
sigpending pointer:uset/set
sigprocmask int:how pointer:nset/set pointer:oset/oldset
sigreturn
sigsuspend int: int: long:mask
socketcall int:call pointer:args
ssetmask int:newmask
stat64 string:filename/pathname pointer:statbuf
statfs64 string:pathname/path long:sz pointer:buf
stime pointer:tptr/t
sync_file_range2 fd:fd uint:flags long: long: long: long:
timer_gettime64 int:timer_id/timerid pointer:setting/curr_value
timer_settime64 int:timer_id/timerid int:flags pointer:new_setting/new_value pointer:old_setting/old_value
timerfd_gettime64 fd:ufd/fd pointer:otmr/curr_value
timerfd_settime64 fd:ufd/fd int:flags pointer:utmr/new_value pointer:otmr/old_value
truncate64 string:path long: long: long:
ugetrlimit uint:resource pointer:rlim
umount string:name/target
uselib string:library
usr26
usr32
utimensat_time64 fd:dfd/dirfd string:filename/pathname pointer:utimes/times int:flags
vm86 long:cmd/fn pointer:arg/v86
vm86old pointer:user_vm86/info
waitpid int:pid pointer:stat_addr/wstatus int:options

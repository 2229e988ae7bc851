#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The tables of seccomp-exec: numbers of system calls, their parameters, groups and constants, against what this
# machine's headers, its kernel and its libseccomp say.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2154 # helper.bash sets status, output, stderr ...

load helper

setup() {
	trace_tests_only
	TABLES=$BUTTER_BUILD/tests/tables
	LISTS=$BUTTER_SOURCE/src/policy
	export LC_ALL=C
	[ -x "$TABLES" ] || skip 'tests/tables is not built'
	cd "$BATS_TEST_TMPDIR" || return
}

# native: the architecture's name.
native() {
	"$TABLES" arch "$(uname -m)"
}

# list FILE: its lines without comments.
list() {
	grep -v -e '^#' -e '^$' "$LISTS/$1"
}

# numbers_agree ARCH LINES...: numbers in files of "name number" are those of the table.
numbers_agree() {
	local arch=$1

	shift
	"$TABLES" numbers "$arch" | sort >ours
	! grep -v '^[a-z0-9_]* [0-9]*$' ours || fails "$arch: not a number"
	sort "$@" >theirs
	[ "$(wc -l <theirs)" -gt 300 ] || fails "$arch: only $(wc -l <theirs) numbers to compare"
	# A call that only one side knows is no contradiction.
	join ours theirs | awk '$2 != $3' >differ
	[ ! -s differ ] || fails "$arch: $(cat differ)"
	join -v 2 ours theirs >unknown
	[ ! -s unknown ] || fails "$arch: not in the table: $(cat unknown)"
}

# header_numbers HEADER: "name number" of a header of the compiler's.
header_numbers() {
	echo "#include <$1>" >header.c
	"${CC:-cc}" -E -dM header.c 2>/dev/null | sed -nE 's/^#define __NR_([a-z0-9_]+) .*/value \1 __NR_\1/p' |
		grep -vE ' (syscalls|arch_specific_syscall|ni_syscall)$' | cat header.c - >values.c || true
	"${CC:-cc}" -E -P values.c 2>/dev/null | sed -nE 's/^value ([a-z0-9_]+) \(?(__X32_SYSCALL_BIT \+ )?([0-9]+)\)?$/\1 \3/p'
}

# ---- Numbers

@test "numbers are those of the compiler's headers" {
	need_tool "${CC:-cc}"
	numbers_agree "$(native)" <(header_numbers asm/unistd.h)
}

@test "numbers of 32-bit programs and of x32 are those of the headers, too" {
	[ "$(native)" = x86_64 ] || skip 'this is not x86_64'
	need_tool "${CC:-cc}"
	numbers_agree x86 <(header_numbers asm/unistd_32.h)
	numbers_agree x32 <(header_numbers asm/unistd_x32.h | awk '{ print $1, $2 + 1073741824 }')
}

@test "numbers are those of libseccomp, on all architectures" {
	need_tool "${CC:-cc}"
	# Its tokens of architectures are the kernel's; x32 has one of its own.
	cat >resolve.c <<-'END'
		#include <linux/audit.h>
		#include <stdint.h>
		#include <stdio.h>
		#include <string.h>
		int seccomp_syscall_resolve_name_arch(uint32_t arch, const char *name);
		int main(void)
		{
			static const struct { const char *name; uint32_t token; } all[] = {
				{ "x86", AUDIT_ARCH_I386 }, { "x86_64", AUDIT_ARCH_X86_64 }, { "arm", AUDIT_ARCH_ARM },
				{ "aarch64", AUDIT_ARCH_AARCH64 }, { "riscv64", AUDIT_ARCH_RISCV64 },
				{ "x32", EM_X86_64 | __AUDIT_ARCH_LE },
			};
			char line[80];
			while (fgets(line, sizeof line, stdin)) {
				line[strcspn(line, "\n")] = 0;
				for (int i = 0; i < 6; i++) {
					int number = seccomp_syscall_resolve_name_arch(all[i].token, line);
					if (number >= 0) printf("%s %s %d\n", all[i].name, line, number);
				}
			}
		}
	END
	"${CC:-cc}" -o resolve resolve.c -l:libseccomp.so.2 2>/dev/null || skip 'no libseccomp here'
	list syscalls.tsv | sed '1d; s/	.*//' | ./resolve >resolved
	for arch in x86 x86_64 arm aarch64 riscv64 x32; do
		numbers_agree "$arch" <(sed -n "s/^$arch //p" resolved)
	done
}

@test "a call is found by its number, and numbers that are none are not" {
	equal "$("$TABLES" at x86_64 0 59 471 472 0x40000000 0xffffffff)" $'read\nexecve\nrseq_slice_yield\n-\n-\n-'
	equal "$("$TABLES" at x32 0 0x40000000 0x40000208 0x4000003b)" $'-\nread\nexecve\n-'
	equal "$("$TABLES" at arm 983041 983045 0 0x4001)" $'breakpoint\nset_tls\nrestart_syscall\n-'
	for arch in x86 x86_64 arm aarch64 riscv64; do
		equal "$("$TABLES" newest $arch)" 471
	done
	equal "$("$TABLES" newest x32)" $((471 + 0x40000000))
}

@test "architectures are known by all their names" {
	equal "$("$TABLES" arch x86 i386 i686 386 SCMP_ARCH_X86 x86_64 x86-64 amd64 SCMP_ARCH_X86_64 x32 SCMP_ARCH_X32 \
		arm armv7l aarch64 ARM64 riscv64 mips '' x86_6 x86_644 | tr '\n' ' ')" \
		'x86 x86 x86 x86 x86 x86_64 x86_64 x86_64 x86_64 x32 x32 arm arm aarch64 aarch64 riscv64 - - - - '
}

# ---- Parameters

@test "how many parameters a call has, and how wide they are, is what this kernel says" {
	need_root
	events=/sys/kernel/tracing/events/syscalls
	if [ ! -d "$events" ]; then
		# shellcheck disable=SC2016 # that shell expands
		unshare -m --propagation private sh -c 'mount -t tracefs none /sys/kernel/tracing && cp -R "$0" "$1"' \
			"$events" events 2>/dev/null || skip 'this kernel does not tell of system calls'
		events=events
	fi
	[ "$(native)" = x86_64 ] || [ "$(native)" = aarch64 ] || skip 'not tried on this architecture'
	# Low: the kernel's type has 32 bits or less. A pointer or a long counts whole.
	for file in "$events"/sys_enter_*/format; do
		awk '
		FNR == 1 { name = $2; sub(/^sys_enter_/, "", name) }
		/^\tfield:/ && !/common_/ && !/__syscall_nr/ {
			type = $0
			sub(/^\tfield:/, "", type); sub(/;.*/, "", type)
			word = type; sub(/.*[ *]/, "", word)
			sub(/[A-Za-z0-9_]+$/, "", type); gsub(/const /, "", type); gsub(/ +$/, "", type)
			low = type ~ /^((unsigned )?int|unsigned|u32|__u32|__s32|umode_t|[ugpq]id_t|(clockid|timer|mqd|key|key_serial|rwf)_t|enum .*)$/
			text = text " " (low ? "low" : "whole")
		}
		END { print name ":" text }' "$file"
	done | sed -E 's/^new(fstat|lstat|stat|uname):/\1:/; s/^umount:/umount2:/' | sort -t: -k1,1 >theirs
	"$TABLES" parameters | awk '{
		text = ""
		for (i = 3; i <= NF; i++) { sub(/.*:/, "", $i); text = text " " ($i ~ /^(int|uint|fd)$/ ? "low" : $i == "?" ? "?" : "whole") }
		print $1 ":" text
	}' | sort -t: -k1,1 >ours
	[ "$(wc -l <theirs)" -gt 300 ] || fails "only $(wc -l <theirs) calls have events"
	join -t: ours theirs | awk -F: '$2 != $3 { print $1 ":" $2 " is in the kernel" $3 }' >differ
	# These take an unsigned long, a descriptor's most, and look at its low 32 bits.
	grep -vE '^(clone|mbind|mmap|ptrace|readv|writev|preadv2?|pwritev2?): ' differ | sed 's/^/found: /' >left || true
	[ ! -s left ] || fails "$(cat left)"
	equal "$(join -t: -v 2 ours theirs)" "$(join -t: -v 2 ours theirs | grep -E '^(new|sendfile64)' || true)"
}

@test "a descriptor that the kernel takes as a long is one by its low 32 bits" {
	[ "$(getconf LONG_BIT)" = 64 ] || skip 'no wider registers here'
	need_tool perl
	number=$("$TABLES" numbers "$(native)" | sed -n 's/^writev //p')
	echo >there
	# writev(1 + 2^32, NULL, 0): the descriptor 1 is there.
	perl -e 'open STDOUT, ">>", "there"; exit(syscall($ARGV[0] + 0, 1 + 2**32, 0, 0) != 0)' "$number" ||
		fails 'the kernel looks at more than 32 bits'
}

@test "flags of clone, the mode of mbind and the process of ptrace are what their low 32 bits say" {
	[ "$(native)" = x86_64 ] || skip 'knows the numbers of x86_64 only'
	need_tool perl
	# SIGCHLD alone; PTRACE_ATTACH; MPOL_DEFAULT.
	perl -e 'my $pid = syscall(56, (1 << 40) | 17, 0, 0, 0, 0); exec "true" if !$pid; exit($pid < 0 || waitpid($pid, 0) != $pid)' ||
		fails 'clone(2) looks at more than 32 bits'
	perl -e 'my $pid = fork; exec "sleep", 100 if !$pid; my $result = syscall(101, 16, $pid + (1 << 32), 0, 0); my $error = $! + 0;
		kill 9, $pid; exit($result && $error != 1)' || fails 'ptrace(2) looks at more than 32 bits'
	perl -e 'my $at = syscall(9, 0, 4096, 3, 0x22, -1, 0); $! = 0; my $result = syscall(237, $at, 4096, 1 << 40, 0, 0, 0);
		exit($result && $!{EINVAL})' || fails 'mbind(2) looks at more than 32 bits'
	capture "$BUTTER" seccomp-exec -d 'clone(flags == 17):EIO' perl -e 'my $pid = syscall(56, (1 << 40) | 17, 0, 0, 0, 0);
		exit 0 if !$pid; print $pid, " ", int($!)'
	equal "$output" '-1 5'
}

@test "parameters have the kernel's names and the manual's" {
	"$TABLES" parameters >all
	grep -qx 'socket [0-9]* family/domain:int type:int protocol:int' all
	grep -qx 'openat [0-9]* dfd/dirfd:fd filename/pathname:string flags:int mode:uint' all
	grep -qx 'getpriority [0-9]* which:int who:int' all
	grep -qx 'getppid [0-9]*' all
	grep -qx 'mmap [0-9]* addr:long len/length:long prot:long flags:long fd:fd off/offset:long' all
	grep -qx 'prctl [0-9]* option:int arg1:long arg2:long arg3:long arg4:long' all
	# The places of the last two differ by architecture.
	grep -qx 'clone [0-9]* clone_flags/flags:uint newsp/stack:long parent_tidptr/parent_tid:pointer arg3:long arg4:long' all
	grep -qx 'tuxcall .* ?' all || skip 'no such call here'
}

@test "no parameter is called as if it stood at another place" {
	! list parameters.tsv | grep -E '[:/]arg[0-9]' || fails 'it would mislead'
	# Nor twice in one call.
	list parameters.tsv | awk -F'\t' '{ split("", seen); for (i = 2; i <= NF; i++) { sub(/^[a-z]*:/, "", $i); n = split($i, name, "/")
		for (j = 1; j <= n; j++) if (name[j] != "" && seen[name[j]]++) print $1, name[j] } }' >twice
	[ ! -s twice ] || fails "$(cat twice)"
}

# ---- Groups

@test "every call is in a group that says what it is for" {
	"$TABLES" groups >all
	list syscalls.tsv | sed '1d; s/	.*//' | sort >names
	grep -v '^@known ' all | cut -d' ' -f2 | sort -u >placed
	equal "$(comm -3 names placed)" ''
	equal "$(grep -c '^@known ' all)" "$(wc -l <names)"
	# Each once in a group.
	equal "$(sort all | uniq -d)" ''
}

@test "groups that people know are there, and have what they expect" {
	"$TABLES" groups >all
	for group in aio basic-io chown clock cpu-emulation debug default file-system io-event ipc keyring known memory module mount \
		network-io obsolete pkey privileged process raw-io reboot resources sandbox setuid signal start swap sync \
		system-service timer io-uring; do
		grep -q "^@$group " all || fails "no @$group"
	done
	for member in 'file-system openat' 'file-system setxattrat' 'network-io connect' 'process clone3' 'signal kill' 'timer timerfd_settime' \
		'ipc shmget' 'mount move_mount' 'module finit_module' 'reboot kexec_file_load' 'swap swapon' 'clock adjtimex' \
		'debug ptrace' 'keyring keyctl' 'resources setpriority' 'setuid setresuid' 'sync fsync' 'chown fchownat' 'aio io_submit' \
		'aio io_uring_setup' 'io-event epoll_wait' 'sandbox landlock_restrict_self' 'start execve' 'start restart_syscall' \
		'start clock_gettime' 'default rt_sigreturn' 'system-service openat' 'system-service sendmsg' 'privileged mount'; do
		grep -qx "@$member" all || fails "not @$member"
	done
	for member in 'system-service mount' 'system-service ptrace' 'system-service reboot' 'system-service io_uring_setup' \
		'system-service unshare' 'default socket' 'start fork'; do
		! grep -qx "@$member" all || fails "@$member"
	done
}

@test "calls that do the same know each other" {
	equal "$("$TABLES" kin openat | tr '\n' ' ')" 'open openat openat2 creat '
	equal "$("$TABLES" kin clone3 | tr '\n' ' ')" 'fork vfork clone clone3 '
	equal "$("$TABLES" kin pidfd_send_signal | tr '\n' ' ')" 'kill tkill tgkill pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo '
	equal "$("$TABLES" kin getppid)" ''
}

# ---- Constants

# Headers that can be read together.
headers='sys/socket.h netinet/in.h netinet/tcp.h linux/netlink.h linux/net.h sys/ipc.h sys/shm.h sys/sem.h sys/msg.h fcntl.h sys/mman.h
	sched.h sys/prctl.h linux/securebits.h linux/futex.h signal.h sys/stat.h sys/ptrace.h sys/personality.h sys/resource.h
	sys/mount.h sys/epoll.h sys/eventfd.h sys/signalfd.h sys/timerfd.h sys/inotify.h sys/fanotify.h sys/ioctl.h linux/sockios.h
	linux/keyctl.h linux/seccomp.h linux/bpf.h linux/perf_event.h sys/wait.h time.h sys/time.h linux/reboot.h
	linux/membarrier.h sys/random.h linux/kcmp.h linux/close_range.h linux/if_tun.h linux/kd.h linux/vt.h linux/userfaultfd.h
	linux/io_uring.h linux/landlock.h linux/kexec.h linux/memfd.h linux/mempolicy.h linux/rseq.h linux/module.h linux/ioprio.h
	sys/swap.h linux/nsfs.h linux/loop.h unistd.h sys/xattr.h sys/quota.h sys/un.h'
kernel_headers='asm/fcntl.h asm/mman.h linux/mman.h asm/ioctls.h asm/socket.h asm/ptrace.h linux/ptrace.h linux/fs.h linux/mount.h
	linux/perf_event.h linux/prctl.h linux/sched.h linux/futex.h linux/personality.h linux/quota.h linux/fcntl.h linux/stat.h
	asm/resource.h asm/errno.h asm/signal.h linux/ipc.h linux/memfd.h linux/openat2.h'

# differing ARCH COMMAND...: the names whose values are others in the headers of $headers, as the COMMAND, a compiler,
# reads them; and in `compared` how many it has looked at. Enumerators have no macro: all names in the text are tried, and
# what does not compile is left out.
differing() {
	local arch=$1 header

	shift
	for header in $headers; do
		echo "#include <$header>" >one.c
		! "$@" -E one.c >one.i 2>/dev/null || echo "#include <$header>"
	done >all.h
	cp all.h one.c
	"$@" -E -dD one.c 2>/dev/null | grep -oE '\<[A-Z_][A-Za-z0-9_]+\>' | sort -u >idents || true
	{ list constants.tsv; list errors.tsv; } | sed 's/	.*//' | sort -u | comm -12 - idents >names
	"$TABLES" constants "$arch" <names | sort >ours
	{
		cat all.h
		awk '$2 != "-" { print "_Static_assert((unsigned)(" $1 ") == (unsigned)(" $2 "), \"" $1 "\");" }
			$2 == "-" { print "#ifdef " $1; print "_Static_assert(0, \"" $1 "\");"; print "#endif" }' ours
	} >one.c
	"$@" -w -fsyntax-only one.c 2>errors.txt || true
	grep -c '' names >compared
	sed -nE 's/.*static (assertion|_assert) failed.*"([A-Za-z0-9_]+)".*/\2/p' errors.txt | sort -u
	# What is only the name of something else.
	grep -E 'error:' errors.txt | grep -cv 'static' >others || true
}

@test "constants have the values of the compiler's headers" {
	need_tool "${CC:-cc}"
	wrong=$(differing "$(native)" "${CC:-cc}" -D_GNU_SOURCE)
	# The C library's is 0 where the kernel sets it always.
	equal "$(grep -v '^O_LARGEFILE$' <<<"$wrong" || true)" ''
	[ "$(cat compared)" -gt 1100 ] || fails "only $(cat compared) compared"
	[ "$(cat others)" -lt 60 ] || fails "$(head -5 errors.txt)"
}

@test "constants have the values of the kernel's headers, on each architecture whose headers are here" {
	need_tool "${CC:-cc}"
	headers=$kernel_headers
	tried=0
	for arch in x86 x32 arm aarch64 riscv64; do
		case $arch in
		x86) folder=/usr/include/x86_64-linux-gnu width=-m32 ;;
		x32) folder=/usr/include/x86_64-linux-gnu width=-mx32 ;;
		arm) folder=/usr/arm-linux-gnueabihf/include width=-m32 ;;
		*) folder=/usr/$arch-linux-gnu/include width=-m64 ;;
		esac
		[ -d "$folder/asm" ] || continue
		wrong=$(differing $arch "${CC:-cc}" $width -nostdinc -isystem "$folder" -isystem /usr/include)
		# Those of 32-bit programs hang on the C library's time_t; x32 locks as 64-bit ones do.
		case $arch in
		x86 | arm) wrong=$(grep -vxE 'SO_(TIMESTAMP|TIMESTAMPNS|TIMESTAMPING|RCVTIMEO|SNDTIMEO)' <<<"$wrong" || true) ;;
		x32) wrong=$(grep -vxE 'F_(GETLK|SETLK|SETLKW)64' <<<"$wrong" || true) ;;
		esac
		equal "$arch: $wrong" "$arch: "
		[ "$(cat compared)" -gt 400 ] || fails "$arch: only $(cat compared) compared"
		tried=$((tried + 1))
	done
	[ $tried -gt 0 ] || skip 'no headers of another architecture'
}

@test "constants differ by architecture where they do" {
	printf '%s\n' O_DIRECTORY O_DIRECT F_SETLK64 MAP_32BIT PROT_BTI FS_IOC_GETFLAGS AT_FDCWD EPERM ENOTSUP RLIM_INFINITY nothing >names
	equal "$("$TABLES" constants x86_64 <names | cut -d' ' -f2 | tr '\n' ' ')" \
		'0x10000 0x4000 0x6 0x40 - 0x80086601 0xffffffffffffff9c 0x1 0x5f 0xffffffffffffffff - '
	equal "$("$TABLES" constants aarch64 <names | cut -d' ' -f2 | tr '\n' ' ')" \
		'0x4000 0x10000 0x6 - 0x10 0x80086601 0xffffffffffffff9c 0x1 0x5f 0xffffffffffffffff - '
	equal "$("$TABLES" constants x86 <names | cut -d' ' -f2 | tr '\n' ' ')" \
		'0x10000 0x4000 0xd 0x40 - 0x80046601 0xffffffffffffff9c 0x1 0x5f 0xffffffffffffffff - '
}

@test "every constant of the list is found, and has one value" {
	list constants.tsv | cut -f1 >names
	"$TABLES" constants x86_64 <names >all
	equal "$(grep -c '' all)" "$(grep -c '' names)"
	equal "$(grep ' -$' all | grep -v '^PROT_')" ''
	equal "$(sort names | uniq -d)" ''
}

# printed PREFIX VALUE: by name, on x86_64.
printed() {
	"$TABLES" print x86_64 "$@"
}

@test "values are printed by name: what they are, or the flags that they have" {
	equal "$(printed O_ 0)" O_RDONLY
	equal "$(printed O_ 02000101)" 'O_WRONLY|O_CLOEXEC|O_CREAT'
	equal "$(printed O_ 0200000)" 'O_RDONLY|O_DIRECTORY'
	equal "$("$TABLES" print aarch64 O_ 040000)" 'O_RDONLY|O_DIRECTORY'
	equal "$(printed AF_ 1)" AF_UNIX
	equal "$(printed AF_ 99)" -
	equal "$(printed SOCK_ 02000001)" 'SOCK_STREAM|SOCK_CLOEXEC'
	equal "$(printed MAP_ 0x22)" 'MAP_PRIVATE|MAP_ANONYMOUS'
	equal "$(printed CLONE_ 0x111)" 'CLONE_VM|0x11'
	equal "$(printed FUTEX_ 0x81)" 'FUTEX_WAKE|FUTEX_PRIVATE_FLAG'
	equal "$(printed PROT_ 0)" PROT_NONE
	equal "$(printed SIG 9)" SIGKILL
	equal "$(printed SIG 0)" -
	equal "$(printed AT_ 0xffffff9c)" AT_FDCWD
	equal "$(printed AT_ 0xffffffffffffff9c)" AT_FDCWD
	equal "$(printed PR_ 38)" PR_SET_NO_NEW_PRIVS
	equal "$(printed F_ 1030)" F_DUPFD_CLOEXEC
	equal "$(printed MADV_ 4)" MADV_DONTNEED
}

# ---- Errors

@test "errors are known by name and number, and printed by their first name" {
	equal "$("$TABLES" errors EPERM ENOSYS EAGAIN EWOULDBLOCK ENOTSUP EHWPOISON 1 38 4095 4096 0 EPOLLIN eperm '' -1 | tr '\n' ',')" \
		'EPERM 1 EPERM,ENOSYS 38 ENOSYS,EAGAIN 11 EAGAIN,EWOULDBLOCK 11 EAGAIN,ENOTSUP 95 EOPNOTSUPP,EHWPOISON 133 EHWPOISON,1 1 EPERM,38 38 ENOSYS,4095 4095 -,4096 0 -,0 0 -,EPOLLIN 0 -,eperm 0 -, 0 -,-1 0 -,'
}

@test "every errno of this machine has a name" {
	need_tool perl
	perl -MErrno -e 'print "$_ ", Errno->can($_)->(), "\n" for sort grep { /^E[A-Z0-9]+$/ } @Errno::EXPORT_OK' >theirs
	[ "$(wc -l <theirs)" -gt 100 ] || skip 'perl knows no errors'
	cut -d' ' -f1 theirs | xargs "$TABLES" errors | cut -d' ' -f1,2 >ours
	equal "$(diff ours theirs)" ''
}

@test "what may have been meant is suggested" {
	equal "$("$TABLES" near opnat openatt getppdi xyzzy @mout @file-sytem @nothing-like-it AF_PAKET O_CLOEXC ENOSYSS SOCK_STRAM ZZZZZZZZ)" \
		$'openat\nopenat\ngetppid\n-\n@mount\n@file-system\n-\nAF_PACKET\nO_CLOEXEC\nENOSYS\nSOCK_STREAM\n-'
}

# ---- The build

@test "a mistake in a list stops the build" {
	mkdir lists
	for change in 's/^@open .*/&\n	nosuchcall/;groups.txt;nobody knows nosuchcall' 's/^fork vfork/fork open/;kin.txt;twice' \
		's/^accept	.*/acccept	fd:fd/;parameters.tsv;nobody knows acccept' 's/^alarm	uint/alarm	word/;parameters.tsv;alarm: word'; do
		IFS=';' read -r expression file message <<<"$change"
		cp "$LISTS"/*.tsv "$LISTS"/*.txt lists/
		sed "$expression" "$LISTS/$file" >"lists/$file"
		capture sh "$BUTTER_SOURCE/build-aux/tables.sh" "${file%.*}" lists
		[ "$status" != 0 ] || fails "$file: not noticed"
		contains "$stderr" "$message"
	done
}

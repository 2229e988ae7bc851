#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The rules of the house, proven by looking at the sources: which part may include, call and print what, and the few
# rules of form that clang-format does not know. The last tests break each rule in a copy and see that it is noticed.
# shellcheck disable=SC2030,SC2031 # each test is a subshell, and a fresh one
# shellcheck disable=SC2016 # awk expands
# shellcheck disable=SC2154 # helper.bash sets status and output

load helper

setup_file() {
	prepare "$BUTTER_SOURCE" "$BATS_FILE_TMPDIR/tree"
}

setup() {
	trace_tests_only
	TREE=$BATS_FILE_TMPDIR/tree
}

# prepare FROM TO: copies the C sources to TO; to TO/code with the text of comments and strings blanked out, so that a
# grep finds what the compiler does, each line where it was; and lists in TO/calls what is called: FILE LINE NAME.
prepare() {
	mkdir -p "$2/code/applets"
	cp -R "$1/applets" "$1/src" "$2/"
	cd "$2" || return
	find src -type d | sed 's,^,code/,' | xargs mkdir -p
	# shellcheck disable=SC2046 # our names have no blanks
	strip $(find applets src -name '*.[ch]')
	# shellcheck disable=SC2046
	list_calls $(find applets src -name '*.[ch]' | sort) >calls
}

# strip FILE...: writes the code of each to code/FILE.
strip() {
	awk '
	FNR == 1 { comment = 0 }
	{
		line = $0; code = ""
		while (line != "") {
			if (comment) {
				end = index(line, "*/")
				if (!end) { line = ""; break }
				comment = 0; line = substr(line, end + 2)
			} else if (line ~ /^[ \t]*#[ \t]*include/) {
				code = line; line = ""
			} else if (line ~ /^\/\*/) {
				comment = 1; line = substr(line, 3)
			} else if (line ~ /^\/\//) {
				line = ""
			} else if (match(line, /^"([^"\\]|\\.)*"/)) {
				code = code "\"\""; line = substr(line, RLENGTH + 1)
			} else if (match(line, /^\x27([^\x27\\]|\\.)*\x27/)) {
				code = code "0"; line = substr(line, RLENGTH + 1)
			} else {
				if (!match(line, /^[^"\x27\/]+/)) RLENGTH = 1
				code = code substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1)
			}
		}
		print code >("code/" FILENAME)
	}' "$@"
}

# list_calls FILE...: what each calls: a name before a parenthesis that belongs to no structure, and the numbers of
# system calls.
list_calls() {
	(cd code && awk '{
		line = " " $0
		while (match(line, /[^A-Za-z0-9_.>][A-Za-z_][A-Za-z0-9_]*[ \t]*\(/)) {
			name = substr(line, RSTART + 1, RLENGTH - 2)
			sub(/[ \t]+$/, "", name)
			print FILENAME, FNR, name
			line = substr(line, RSTART + RLENGTH - 1)
		}
		line = " " $0
		while (match(line, /[^A-Za-z0-9_](SYS|__NR)_[a-z0-9_]+/)) {
			print FILENAME, FNR, substr(line, RSTART + 1, RLENGTH - 1)
			line = substr(line, RSTART + RLENGTH)
		}
	}' "$@")
}

# list_calls_anew FILE: in a copy of the tree, in which FILE alone is another.
list_calls_anew() {
	{ grep -v "^$1 " "$BATS_FILE_TMPDIR/tree/calls"; list_calls "$1"; } >calls
}

# nothing [EXPLANATION]: fails, and shows it, if there is anything on standard input.
nothing() {
	local found

	IFS= read -r -d '' found || true
	[ -z "$found" ] || fails "${1:-found}:" "$found"
}

# code PATTERN [PATH...]: greps the code (of applets and src, if no path is given).
code() {
	local pattern=$1

	shift
	[ $# -gt 0 ] || set -- applets src
	(cd "$TREE/code" && grep -rnE "$pattern" "$@") || true
}

# calls NAME|NAME... [PATH...]: where one of these functions is called: FILE LINE NAME.
calls() {
	local names=$1 path paths=

	shift
	for path; do paths+="|${path//./\\.}"; done
	grep -E "^(${paths#|})[^ ]* [0-9]+ ($names)\$" "$TREE/calls" || true
}

# includes PATH...: "FILE HEADER" for each #include "...".
includes() {
	(cd "$TREE" && grep -rE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$@") |
		sed -E 's/^([^:]*):.*"(.*)".*/\1 \2/'
}

# The layers in the middle: events, processes and what later parts add beside them.
middle() {
	local layer

	for layer in event permit process mounts copy policy; do
		[ ! -d "$TREE/src/$layer" ] || echo "src/$layer/"
	done
}

# ---- Walls

applets_include_the_core_only() {
	includes applets | grep -vE '^[^ ]+ (applet|confining|copyall|copying|copytell|counting|dumping|file|filtering|fsnotify|gathering|holding|memory|mountall|mounting|mountlist|operand|permitting|reacting|showing|signalling|starting|targeting|unmounting|watching)\.h$|^[^ ]+ (cli|event|permit|process|mounts|namespaces|copy|policy|kernel)/[a-z_]+\.h$' |
		nothing "applets include what is not the core's" || return 1
	(cd "$TREE" && grep -rnE '#[[:space:]]*include[[:space:]]*<' applets) |
		grep -E '<(linux|asm|asm-generic)/|<sys/(inotify|fanotify|timerfd|signalfd|eventfd|epoll|mount|pidfd|prctl|syscall|ptrace|sendfile|statfs|utsname|capability|socket|un)\.h>|<(sched|aio|libaio|liburing|seccomp|blkid|json|mntent)[a-z/_-]*\.h>' |
		nothing "applets include what the modules of kernel/ are for"
}

@test "an applet includes headers of src, never another applet or a kernel interface's" {
	applets_include_the_core_only
}

@test "what applets share knows no applet" {
	knows_no_applet
}

knows_no_applet() {
	includes src | grep -E ' (\.\./)?applets/' | nothing "includes an applet" || return 1
	includes src | grep -E '\.c$|\.\./' | nothing "includes what is no header" || return 1
	# Only the dispatcher sees the table of applets.
	code 'applet_[a-z]' src | grep -v '^src/main\.c:' | nothing "names an applet"
}

# The layers from below: each may include itself and what is below.
layers_in_order() {
	includes src/kernel | grep -vE ' (kernel/[a-z_]+|file|hash|memory|cli/(say|names))\.h$' | nothing "kernel/ includes upwards" || return 1
	includes src/cli | grep -vE ' ((cli|kernel)/[a-z_]+|file|hash|memory)\.h$' | grep -vE '^src/cli/(opt|usage)\.c applet\.h$' |
		nothing "cli/ includes upwards" || return 1
	# shellcheck disable=SC2046
	includes $(middle) | grep -vE ' ((event|permit|process|mounts|copy|policy|kernel)/[a-z_]+|file|hash|memory)\.h$' |
		grep -vE ' cli/(record|screen|names|num|buffer|csv|escape|json|moment|signal)\.h$| policy/[a-z]+\.def$' |
		nothing "a layer in the middle includes upwards" || return 1
	includes src/memory.c src/file.c src/memory.h src/file.h | grep -vE ' (memory|file)\.h$' | nothing "includes upwards"
}

@test "includes point one way: applets, the middle, cli, kernel" {
	layers_in_order
}

# The parts of the middle may use each other, but not in circles.
middle_without_circles() {
	# shellcheck disable=SC2046
	includes $(middle) | sed -nE 's,^src/([a-z]+)/[^ ]* (event|permit|process|mounts|copy|policy)/.*,\1 \2,p' | awk '$1 != $2' |
		sort -u | tsort 2>&1 >/dev/null | nothing "these parts need each other"
}

@test "no two parts of the middle need each other" {
	middle_without_circles
}

# The kernel's modules take only types from cli/: tables of hints and names.
kernel_calls_nothing_of_cli() {
	calls '(names|num|record|json|buffer|escape|progress|moment|opt|say|out)_[a-z_]+' src/kernel |
		nothing "kernel/ calls cli/"
}

@test "the kernel's modules use no function of cli" {
	kernel_calls_nothing_of_cli
}

core_never_speaks() {
	local layers

	layers="src/kernel src/memory.c src/memory.h src/file.c src/file.h $(middle | tr '\n' ' ')"
	# shellcheck disable=SC2086
	calls 'fail|failx|misuse|note|say_[a-z_]+|out_[a-z_]+|opt_[a-z_]+|v?f?printf|v?dprintf|f?puts|f?putc|putchar|fwrite|perror|psignal|v?errx?|v?warnx?|error|syslog|exit|quick_exit|abort|assert|getopt(_long)?' $layers |
		nothing "a layer below prints, exits or reads options" || return 1
	# A child after fork may leave, nobody else.
	calls '_exit|_Exit' src/kernel src/event | nothing "a layer below exits" || return 1
	# shellcheck disable=SC2086
	code '(^|[^A-Za-z0-9_])(stdout|stderr|stdin|STDERR_FILENO|optarg|optind)([^A-Za-z0-9_]|$)' $layers |
		grep -v '^src/process/' | nothing "a layer below knows standard descriptors or options"
}

@test "kernel, event and process never print, never exit, never read options" {
	core_never_speaks
}

only_say_writes_messages() {
	calls 'perror|psignal|v?errx?|v?warnx?|error|v?syslog' | grep -v '^src/cli/say\.c ' | nothing "writes a message itself" || return 1
	code '(^|[^A-Za-z0-9_])stderr([^A-Za-z0-9_]|$)' | nothing "stdio on standard error"
}

@test "messages are written by say alone" {
	only_say_writes_messages
}

# Each system call that butter is about, and the C library's functions around it, by kind: in one module of kernel/ each.
about='inotify_init1? inotify_add_watch inotify_rm_watch fanotify_init fanotify_mark timerfd_create timerfd_settime
	timerfd_gettime signalfd4? eventfd2? epoll_create1? epoll_ctl pidfd_open pidfd_send_signal pidfd_getfd splice tee vmsplice
	copy_file_range sendfile mount umount2? pivot_root chroot fsopen fsconfig fsmount fspick move_mount open_tree
	open_tree_attr mount_setattr statmount listmount unshare setns clone3? sethostname setdomainname uname gethostname
	getdomainname capget capset seccomp io_setup io_submit io_getevents io_pgetevents io_cancel io_destroy
	io_uring_[a-z_]+ landlock_(create_ruleset|add_rule|restrict_self) memfd_create openat2 name_to_handle_at open_by_handle_at ptrace bpf statfs
	getppid'

each_call_in_one_module() {
	awk -v about="$about" '
	BEGIN { count = split(about, call, /[ \n\t]+/); gsub(/[ \n\t]+/, "|", about); any = "^(" about ")$" }
	# Which of these NAME is, 0: none, as for most.
	function kind(name, i) {
		if (name ~ any) for (i = 1; i <= count; i++) if (name ~ "^(" call[i] ")$") return i
		return 0
	}
	{
		name = $3
		sub(/^(SYS|__NR)_/, "", name)
		i = kind(name)
		if (!i) next
		if ($1 !~ /^src\/kernel\//) print $1 ":" $2 ": " $3 " outside of kernel/"
		else if (!home[i]) home[i] = $1
		else if (home[i] != $1) print $1 ":" $2 ": " $3 " is made in " home[i] " too"
	}' "$TREE/calls" | nothing || return 1
	calls '(SYS|__NR)_getpid' | grep -v '^src/kernel/pid\.c ' | nothing "SYS_getpid outside of kernel/pid.c" || return 1
	calls 'syscall' applets src/main src/install src/cli | nothing "raw system calls outside of the core"
}

@test "each system call that butter is about is made in one module of kernel" {
	each_call_in_one_module
	# The list above means something: these are in use.
	for call in inotify_init1 inotify_add_watch timerfd_create timerfd_settime sethostname setdomainname uname; do
		[ -n "$(calls "$call" src/kernel)" ] || fails "nobody calls $call"
	done
}

# ---- What a static binary and a small tool must not do

no_forbidden_functions() {
	calls 'setlocale|newlocale|bindtextdomain|gettext' | nothing "locale data of the machine" || return 1
	calls 'system|popen|wordexp' | nothing "a shell" || return 1
	calls 'getpwnam(_r)?|getpwuid(_r)?|getgrnam(_r)?|getgrgid(_r)?|getlogin(_r)?|initgroups|getgrouplist|cuserid|uid_from_user|user_from_uid|gid_from_group|group_from_gid|getaddrinfo|gethostby[a-z0-9_]+|getnameinfo|getservby[a-z_]+|getprotoby[a-z_]+|iconv_open|dlopen' |
		nothing "NSS and plugins: they load libraries at run time" || return 1
	calls 'gets|strcat|stpcpy|v?sprintf|strncpy|strncat|ato(i|l|ll|f)|strto(l|ll|ul|ull|imax|umax|d|f|ld)|strtok|alloca|mktemp|tempnam|tmpnam|tmpfile|rand|random|signal|usleep|sleep' |
		nothing "a safer function exists" || return 1
	# The one place that starts commands keeps its rules.
	calls 'vfork' | grep -v '^src/process/spawn\.c ' | nothing "vfork" || return 1
	# Allowed where the room is known at a glance: a literal into NUM_DURATION_SIZE, PATH_MAX into PATH_MAX.
	code '[^A-Za-z0-9_]strcpy\(' |
		grep -vE '^src/cli/num\.c:[0-9]+:.*strcpy\(text, ""\)|^src/install\.c:[0-9]+:.*strcpy\(real, butter\)' |
		nothing "strcpy" || return 1
	# TERM and NO_COLOR say whether a page can be drawn, and how.
	# SHELL is what somebody works with: a command for who names none.
	# NOTIFY_SOCKET is an address, not a setting: read once, where --sd-notify asks for it. So is BUTTER_EVENTFD.
	calls 'getenv|secure_getenv' | grep -v '^src/cli/screen\.c ' | awk '$1 != "src/process/notify.c" || seen++' |
		grep -vE '^src/(counting|namespaces/handing)\.c ' |
		nothing "an environment variable that changes what is done"
}

sockets_in_one_module() {
	calls 'socket|bind|connect|send(to|msg|mmsg)?|recv(from|msg|mmsg)?' |
		grep -vE '^src/(process/(channel|notify)|kernel/sockdiag)\.c ' |
		nothing "a socket outside of process/channel.c, process/notify.c and kernel/sockdiag.c" || return 1
	calls 'socketpair' | grep -v '^src/process/channel\.c ' | nothing "a socketpair outside of process/channel.c"
}

@test "sockets are the service manager's, ask the kernel about others, or lead to processes of our own" {
	sockets_in_one_module
}

@test "no locale, no shell, no NSS, no function with a safer sister" {
	no_forbidden_functions
}

memory_from_one_place() {
	calls 'malloc|calloc|realloc|reallocarray|strdup|strndup|v?asprintf' | grep -v '^src/memory\.c ' |
		nothing "memory without the check of memory.h"
}

@test "memory comes from memory.h, which never gives NULL" {
	memory_from_one_place
}

descriptors_close_on_exec() {
	calls 'pipe|dup|dup2|creat|accept|inotify_init|epoll_create|mkstemp|mkostemp|tmpfile|fdopendir_r' |
		nothing "opens descriptors that are not close-on-exec" || return 1
	# The flags may stand on the next lines.
	(cd "$TREE/code" && find applets src -name '*.[ch]' -exec awk '
		BEGIN { RS = ";" }
		match($0, /[^A-Za-z0-9_](open|openat|pipe2|dup3|socket|accept4|memfd_create|eventfd|signalfd|timerfd_create|inotify_init1|epoll_create1|open_tree|fsopen|fsmount|fspick)\(/) {
			call = substr($0, RSTART)
			if (call !~ /CLOEXEC/) print FILENAME ":" call
		}' {} +) | nothing "without ..._CLOEXEC" || return 1
	# fopen's mode stands in a string.
	(cd "$TREE" && grep -rnE '[^A-Za-z0-9_]f(re)?open\(' applets src | grep -vE '"[a-z+]*e[a-z+]*"') |
		nothing "fopen without \"e\""
}

@test "every descriptor is opened close-on-exec" {
	descriptors_close_on_exec
}

# ---- Form

# All files that people edit.
edited() {
	(cd "$BUTTER_SOURCE" && {
		find applets src tests bench build-aux -name '*.[ch]' -o -name '*.sh' -o -name '*.bash' -o -name '*.bats'
		find man -name '*.1'
		find examples completions .ci bootstrap.sh configure.ac Makefile.am GNUmakefile -type f
	} | grep -vE '^tests/data/|^tests/fuzz/corpus/|/(tap-driver|ltmain)\.sh$')
}

@test "every file names its licence in its first line, or after #! and the like" {
	cd "$BUTTER_SOURCE"
	edited | xargs awk -- '
		FNR == 1 { if (seen == 0 && NR > 1) print last; seen = 0; head = 1; last = FILENAME }
		head && /SPDX-License-Identifier: MIT/ { seen = 1 }
		!/^#!|^#compdef |^# shellcheck / { head = 0 }
		END { if (seen == 0) print last }' | nothing "no SPDX line"
}

@test "no trailing blanks, no carriage returns, one newline at the end" {
	cd "$BUTTER_SOURCE"
	# (The tests compare with lines that end in a blank.)
	edited | grep -v '\.bats$' | xargs grep -nE '[[:blank:]]+$' | nothing "trailing blanks"
	edited | xargs grep -n $'\r$' | nothing "carriage returns"
	edited | xargs awk -- 'FNR == 1 && NR > 1 && last == "" { print file } { file = FILENAME; last = $0 }' |
		nothing "an empty line at the end"
	diff <(edited | xargs grep -c '' | sort) <(edited | xargs wc -l | sed -nE '/ total$/!s/^ *([0-9]+) (.*)/\2:\1/p' | sort) |
		nothing "no newline at the end"
}

@test "git has sources alone in applets and src: nothing that a build has left there" {
	need_tool git
	cd "$BUTTER_SOURCE"
	[ -n "$(git ls-files applets/getpid.c 2>/dev/null)" ] || skip "this is no clone"
	git ls-files applets src | grep -vE '\.[ch]$|^src/policy/[a-z]+\.(tsv|txt)$' | nothing "neither a .c nor a .h nor a list"
}

@test "nothing is left to do" {
	cd "$BUTTER_SOURCE"
	edited | grep -v '^tests/style\.bats$' | xargs grep -nE '(^|[^A-Za-z])(TODO|FIXME|XXX|HACK)([^A-Za-z]|$)' | nothing
}

# A module says in its header what it is for.
files_say_what_for() {
	(cd "$TREE" && find applets src -name '*.[ch]' | sort | while read -r file; do
		[[ $file == applets/* || $file == src/main.c || ! -f ${file%.c}.h || $file == *.h ]] || continue
		{ read -r _ && read -r line && [[ $line == '/*'* ]]; } <"$file" || echo "$file"
	done) | nothing "no comment in line 2 that says what it is for"
}

@test "every header, applet and main says in a comment what it is for" {
	files_say_what_for
}

functions_fit_on_a_screen() {
	(cd "$TREE" && find applets src -name '*.[ch]' | sort | xargs awk -- '
		FNR == 1 { start = 0 }
		/^[a-z_][A-Za-z0-9_]*\(/ { name = $0; sub(/\(.*/, "", name) }
		/^\{/ { start = FNR }
		/^\}/ && start { if (FNR - start > 70) print FILENAME ": " name " has " FNR - start " lines"; start = 0 }') | nothing
}

@test "every function fits on a screen" {
	functions_fit_on_a_screen
}

lines_fit_on_a_screen() {
	(cd "$TREE" && find applets src -name '*.[ch]' | sort | xargs awk -- '{
		line = $0
		while (at = index(line, "\t"))
			line = substr(line, 1, at - 1) substr("        ", (at - 1) % 8 + 1) substr(line, at + 1)
		if (length(line) > 110 && line !~ /"[^"]*$/ && line !~ /".*",?\)*;?( *[},\/].*)?$/) print FILENAME ":" FNR ": " $0
	}') |
		nothing "over 110 columns, and not because of a message in one piece"
}

@test "lines have 110 columns at most" {
	lines_fit_on_a_screen
}

# "int name(" on one line hides from grep ^name.
return_types_stand_alone() {
	(cd "$TREE/code" && find applets src -name '*.[ch]' | sort | xargs awk -- '
		FNR == 1 { head = "" }
		/^\{[ \t]*$/ { if (head != "" && head !~ /^[a-z_][A-Za-z0-9_]*\(/) print FILENAME ":" FNR ": " head }
		/^[^ \t{}#]/ { head = $0 }') | nothing "a function whose name does not begin its line"
}

@test "a function's name begins a line, so that grep ^name finds it" {
	return_types_stand_alone
}

no_typedefs() {
	code '^[[:space:]]*typedef[[:space:]]' | nothing "typedef"
}

@test "no typedefs" {
	no_typedefs
}

no_stray_globals() {
	# A variable that others see is declared in a header; all else is static.
	(cd "$TREE/code" && find src applets -name '*.[ch]' | sort -r | xargs awk -- '
		FNR == 1 { applet = FILENAME ~ /^applets\// }
		FILENAME ~ /\.h$/ {
			if (!/^extern /) next
			for (line = $0; match(line, /[ *(][a-z_]+[][)(;]/); line = substr(line, RSTART + RLENGTH - 1))
				declared[substr(line, RSTART + 1, RLENGTH - 2)] = 1
			next
		}
		/^[a-z][A-Za-z0-9_ *]*[ *][a-z_]+(\[[^]]*\])?( = .*|;)/ &&
		!/^(static|extern|struct [a-z_]+;|enum|typedef|return|goto|_Noreturn)/ {
			name = $0
			sub(/( = .*|;).*/, "", name); sub(/\[.*/, "", name); sub(/.*[ *]/, "", name)
			if (!(applet && name ~ /^applet_/)) found[FILENAME ":" FNR ": " name] = name
		}
		END { for (place in found) if (!(found[place] in declared)) print place }') |
		nothing "neither static nor declared in a header"
}

@test "what no header declares is static" {
	no_stray_globals
}

@test "clang-format finds nothing to do" {
	need_tool clang-format
	[ -f "$BUTTER_SOURCE/.clang-format" ] || skip "no .clang-format"
	cd "$BUTTER_SOURCE"
	run clang-format --dry-run -Werror applets/*.c src/*.[ch] src/*/*.[ch]
	[ "$status" = 0 ] || fails "$output"
}

# ---- The list of applets

listed() {
	sed -n '/^APPLETS =/,/[^\\]$/p' "$1/Makefile.am" | grep -oE 'applets/[^ 	]+' || true
}

applets_are_complete() {
	local tree=$1 applet name

	equal "$(listed "$tree")" "$(listed "$tree" | sort -u)" || return 1
	equal "$(listed "$tree" | sort)" "$(cd "$tree" && printf '%s\n' applets/*.c)" || return 1
	for applet in $(listed "$tree"); do
		name=${applet#applets/} name=${name%.c}
		[ -f "$tree/man/butter-$name.1" ] || fails "no man/butter-$name.1" || return 1
		[ -f "$tree/tests/$name.bats" ] || fails "no tests/$name.bats" || return 1
		grep -qE "^const struct applet applet_${name//-/_} = \{\$" "$tree/$applet" || fails "$applet: no applet_${name//-/_}" || return 1
		grep -qE "^	\.name = \"$name\",\$" "$tree/$applet" || fails "$applet: another .name" || return 1
	done
	for name in "$tree"/man/butter-*.1; do
		name=${name##*/butter-}
		[ -f "$tree/applets/${name%.1}.c" ] || fails "man/butter-$name belongs to no applet" || return 1
	done
}

@test "APPLETS in Makefile.am is sorted and complete, and each has its source, page and tests" {
	applets_are_complete "$BUTTER_SOURCE"
}

sources_are_listed() {
	local tree=$1

	comm -3 <(sed -n '/^src_libbutter_a_SOURCES =/,/[^\\]$/p' "$tree/Makefile.am" | grep -oE 'src/[^ 	]+' | sort) \
		<(cd "$tree" && find src -name '*.[ch]' ! -path src/main.c | sort) | nothing "in Makefile.am only, or in src only, or twice"
}

@test "every source stands in Makefile.am, once" {
	sources_are_listed "$BUTTER_SOURCE"
}

# ---- Each rule is noticed when it is broken

# breaks RULE FILE TEXT: with TEXT added to FILE, in a copy, the check called RULE fails.
breaks() {
	local rule=$1 file=$2 text=$3

	TREE=$BATS_TEST_TMPDIR/tree
	[ -d "$TREE" ] || cp -R "$BATS_FILE_TMPDIR/tree" "$TREE"
	cd "$TREE" || return
	printf '%s\n' "$text" >>"$file"
	strip "$file"
	list_calls_anew "$file"
	# In the background errors end it as in a test of its own: behind `if` they would not.
	(trap - ERR; set -e; "$rule") >/dev/null &
	if wait $!; then
		fails "$rule does not notice '$text' in $file"
	fi
	cp "$BATS_FILE_TMPDIR/tree/$file" "$file"
	cp "$BATS_FILE_TMPDIR/tree/code/$file" "code/$file"
}

@test "broken walls are noticed" {
	breaks applets_include_the_core_only applets/getppid.c '#include "getpid.c"'
	breaks applets_include_the_core_only applets/getppid.c '#include "../src/kernel/pid.h"'
	breaks applets_include_the_core_only applets/getppid.c '#include <sys/inotify.h>'
	breaks applets_include_the_core_only applets/getppid.c '#  include <linux/fs.h>'
	breaks applets_include_the_core_only applets/getppid.c '#include <sys/mount.h>'
	breaks applets_include_the_core_only applets/getppid.c '#include <sched.h>'
	breaks knows_no_applet src/memory.c '#include "../applets/getpid.c"'
	breaks knows_no_applet src/cli/num.c 'extern const struct applet applet_getpid;'
	breaks layers_in_order src/kernel/pid.c '#include "event/source.h"'
	breaks layers_in_order src/kernel/pid.h '#include "cli/buffer.h"'
	breaks layers_in_order src/cli/num.c '#include "event/source.h"'
	breaks layers_in_order src/cli/num.c '#include "applet.h"'
	breaks layers_in_order src/event/source.c '#include "cli/say.h"'
	breaks layers_in_order src/process/exec.c '#include "cli/opt.h"'
	breaks layers_in_order src/memory.c '#include "cli/buffer.h"'
	breaks kernel_calls_nothing_of_cli src/kernel/pid.c 'int f(void) { return names_distance("", ""); }'
	breaks core_never_speaks src/kernel/pid.c 'void f(void) { fail(0, ""); }'
	breaks core_never_speaks src/event/tree.c 'void f(void) { printf(""); }'
	breaks core_never_speaks src/event/tree.c 'void f(void) { exit (1); }'
	breaks core_never_speaks src/event/tree.c 'void f(void) { _exit(1); }'
	breaks core_never_speaks src/process/exec.c 'void f(void) { say_plain(""); }'
	breaks core_never_speaks src/process/exec.c 'void f(void) { opt_print(0); }'
	breaks core_never_speaks src/kernel/pid.c 'void f(void) { fflush(stdout); }'
	breaks only_say_writes_messages applets/getppid.c 'void f(void) { warnx(""); }'
	breaks only_say_writes_messages applets/getppid.c 'void f(void) { fputs("", stderr); }'
}

@test "a circle in the middle is noticed" {
	printf '#include "process/exec.h"\n' >"$BATS_TEST_TMPDIR/other"
	TREE=$BATS_TEST_TMPDIR/circle
	cp -R "$BATS_FILE_TMPDIR/tree" "$TREE"
	middle_without_circles
	printf '#include "process/exec.h"\n' >>"$TREE/src/event/source.c"
	middle_without_circles
	printf '#include "event/source.h"\n' >>"$TREE/src/process/exec.c"
	! middle_without_circles >/dev/null || fails "not noticed"
}

@test "a system call outside of its module is noticed" {
	breaks each_call_in_one_module applets/getppid.c 'int f(void) { return inotify_add_watch(1, "", 2); }'
	breaks each_call_in_one_module src/event/ticks.c 'int f(void) { return timerfd_gettime (1, 0); }'
	breaks each_call_in_one_module src/kernel/pid.c 'int f(void) { return uname(0); }'
	breaks each_call_in_one_module src/cli/num.c 'int f(void) { return syscall(SYS_write); }'
	breaks each_call_in_one_module src/event/ticks.c 'int f(void) { return syscall(SYS_pidfd_open, 1, 0); }'
	breaks each_call_in_one_module src/event/ticks.c 'int f(void) { return syscall(SYS_getpid); }'
	breaks each_call_in_one_module applets/getppid.c 'int f(void) { return mount("", "", "", 0, 0); }'
}

@test "forbidden functions, memory and descriptors are noticed" {
	for call in 'setlocale(0, "")' 'system("")' 'popen("", "")' 'getpwnam("")' 'getgrgid(0)' 'getaddrinfo(0)' 'sprintf(0, "")' \
		'atoi("")' 'strtol("", 0, 0)' 'strcpy(a, b)' 'strcat(a, b)' 'signal(1, 0)' 'getenv("")' 'sleep (1)'; do
		breaks no_forbidden_functions applets/getppid.c "int f(void) { return $call; }"
	done
	breaks no_forbidden_functions src/process/notify.c 'char *f(void) { return getenv("PATH"); }'
	breaks sockets_in_one_module src/event/tree.c 'int f(void) { return socket(1, SOCK_CLOEXEC, 0); }'
	breaks sockets_in_one_module applets/getppid.c 'int f(void) { return sendto(1, "", 1, 0, 0, 0); }'
	breaks memory_from_one_place src/cli/num.c 'void *f(void) { return malloc(1); }'
	breaks memory_from_one_place applets/getppid.c 'char *f(void) { return strdup(""); }'
	breaks descriptors_close_on_exec src/event/tree.c 'int f(void) { return open("", O_RDONLY); }'
	breaks descriptors_close_on_exec src/event/tree.c $'int f(void) { return openat(1, "",\n O_RDONLY |\n O_NOCTTY); }'
	breaks descriptors_close_on_exec src/event/tree.c 'int f(void) { return pipe(0); }'
	breaks descriptors_close_on_exec src/event/tree.c 'FILE *f(void) { return fopen("", "r"); }'
}

@test "broken form is noticed" {
	breaks functions_fit_on_a_screen src/cli/num.c $'int\nlong_one(void)\n{'"$(printf '\n\t;%.0s' {1..71})"$'\n}'
	breaks lines_fit_on_a_screen src/cli/num.c "/* $(printf '%0110d' 0) */"
	breaks return_types_stand_alone src/cli/num.c $'int f(void)\n{\n}'
	breaks return_types_stand_alone src/cli/num.c $'static int f(int a,\n\tint b)\n{\n}'
	breaks no_typedefs src/cli/num.c 'typedef int number;'
	breaks no_stray_globals src/cli/num.c 'int counter = 5;'
	breaks no_stray_globals src/cli/num.c 'const char *name;'
	TREE=$BATS_TEST_TMPDIR/tree
	printf '/* SPDX-License-Identifier: MIT */\n#ifndef X\n#endif\n' >"$TREE/src/cli/bare.h"
	! files_say_what_for >/dev/null || fails "a header without a comment is not noticed"
}

@test "a comment or a string breaks no rule" {
	TREE=$BATS_TEST_TMPDIR/tree
	cp -R "$BATS_FILE_TMPDIR/tree" "$TREE"
	printf '%s\n' '/* exit(1); printf("") */ // fail(0)' '/*' ' * mount(1); uname(2);' ' */' 'static const char x[] = "// \" exit(1) /*";' \
		"static const char y = '\"'; /* \" */" 'static const char z[] = "*/ inotify_add_watch(";' >>"$TREE/src/kernel/pid.c"
	cd "$TREE"
	strip src/kernel/pid.c
	list_calls_anew src/kernel/pid.c
	core_never_speaks
	each_call_in_one_module
}

@test "a forgotten page, test, source or line in Makefile.am is noticed" {
	tree=$BATS_TEST_TMPDIR/tree
	mkdir "$tree"
	cp -R "$BUTTER_SOURCE/applets" "$BUTTER_SOURCE/src" "$BUTTER_SOURCE/man" "$BUTTER_SOURCE/Makefile.am" "$tree/"
	mkdir "$tree/tests"
	cp "$BUTTER_SOURCE"/tests/*.bats "$tree/tests/"
	applets_are_complete "$tree"
	sources_are_listed "$tree"
	for file in man/butter-getpid.1 tests/getpid.bats applets/getpid.c; do
		mv "$tree/$file" "$BATS_TEST_TMPDIR/away"
		! applets_are_complete "$tree" >/dev/null || fails "$file is gone and nobody notices"
		mv "$BATS_TEST_TMPDIR/away" "$tree/$file"
	done
	sed 's/\.name = "getpid"/.name = "getpd"/' "$tree/applets/getpid.c" >"$BATS_TEST_TMPDIR/changed"
	cp "$BATS_TEST_TMPDIR/changed" "$tree/applets/getpid.c"
	! applets_are_complete "$tree" >/dev/null || fails "another name is not noticed"
	cp "$BUTTER_SOURCE/applets/getpid.c" "$tree/applets/"
	cp "$tree/applets/getpid.c" "$tree/applets/new.c"
	! applets_are_complete "$tree" >/dev/null || fails "an applet that is not listed is not noticed"
	rm "$tree/applets/new.c"
	: >"$tree/src/cli/new.c"
	! sources_are_listed "$tree" >/dev/null || fails "a source that is not listed is not noticed"
}

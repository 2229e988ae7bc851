/* SPDX-License-Identifier: MIT */
/*
 * tee-fd: tee whose outputs are files, descriptors and commands, that lets the kernel duplicate the bytes
 * without copying them, and that knows what to do about an output that is slow: wait for it, drop what it
 * does not take, let it go, or keep it on a disk. A reader that leaves takes nothing from the others.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applet.h"
#include "cli/json.h"
#include "cli/num.h"
#include "cli/say.h"
#include "copy/fan.h"
#include "copy/stream.h"
#include "copying.h"
#include "kernel/pipe.h"
#include "memory.h"
#include "process/channel.h"
#include "process/command.h"
#include "process/descriptors.h"
#include "process/signals.h"

enum { SPILL_LIMIT = 1 << 30 };

/* What an error at an output means: bits. */
enum { TELL_PIPE = 1, STOP_PIPE = 2, TELL = 4, STOP = 8 };

static const struct name modes[] = {
	{ "warn", TELL | TELL_PIPE },
	{ "warn-nopipe", TELL },
	{ "exit", TELL | TELL_PIPE | STOP | STOP_PIPE },
	{ "exit-nopipe", TELL | STOP },
	{ "" },
};

static const struct name policies[] = {
	{ "block", OUTPUT_BLOCK },
	{ "drop", OUTPUT_DROP },
	{ "detach", OUTPUT_DETACH },
	{ "spill", OUTPUT_SPILL },
	{ "" },
};

static bool append, ignore;
static const char *spill_folder = "/var/tmp";
static int64_t patience = NUM_SECOND;
static struct opt_list commands, slow;
static uint64_t mode = TELL, spill_limit = SPILL_LIMIT;
static struct copying copying = COPYING_DEFAULT;

static void
options(struct opt_table *table)
{
	opt_flag(table, 'a', "append", &append, "add to the end of files");
	opt_list(table, 'x', "exec", "COMMAND", &commands,
		 "an output that COMMAND reads, run by sh -c");
	opt_list(table, 0, "slow", "POLICY", &slow,
		 "POLICY:OUTPUT, or of all: block, drop, detach or spill (block)");
	opt_size(table, 0, "spill-limit", &spill_limit,
		 "spill: so much waits on the disk, then it blocks (1G)");
	opt_string(table, 0, "spill-dir", "DIR", &spill_folder, "spill: in this folder (/var/tmp)");
	opt_duration(table, 0, "patience", &patience, "how long who is slow may take nothing (1s)")
		->low = 1;
	opt_choice(table, 0, "output-error", "MODE", modes, &mode,
		   "what an error at an output means (warn-nopipe)")
		->otherwise = "warn-nopipe";
	opt_set(table, 'p', NULL, TELL, &mode, "as --output-error");
	opt_flag(table, 'i', "ignore-interrupts", &ignore, "ignore SIGINT, as do the COMMANDs");
	copying_add_pipe_size(table, &copying, COPYING_PIPES);
	copying_add_reports(table, &copying);
}

/* What stands behind an output. */
struct target {
	const char *name;       /* as in messages */
	bool is_told;           /* that bytes could not be spilled */
	const char *state;      /* of its end */
	struct command command; /* pid 0: there is none */
};

static struct fan fan;
static struct target *targets; /* of the fan's outputs */
static int result;

/* ---- wrong usage ---- */

/* The policy that TEXT begins with; *OUTPUT is what follows, NULL: it is for all. */
static bool
parse_policy(const char *text, enum output_policy *policy, const char **output)
{
	const char *colon = strchr(text, ':');
	uint64_t bits;

	if (!names_find(policies, text, colon ? (size_t)(colon - text) : strlen(text), &bits))
		return false;
	*policy = (enum output_policy)bits;
	*output = colon ? colon + 1 : NULL;
	return true;
}

static bool
is_called(const struct target *target, const char *name)
{
	return !strcmp(target->name, name) || (target == targets && !strcmp(name, "-"));
}

/* The policies of --slow, in the order in which they were given. */
static int
set_policies(void)
{
	for (size_t i = 0; i < slow.count; i++) {
		enum output_policy policy;
		const char *output;
		size_t found = 0;

		if (!parse_policy(slow.items[i].text, &policy, &output))
			return misuse("--slow: '%s' is none of block, drop, detach, spill",
				      slow.items[i].text);
		for (size_t j = 0; j < fan.count; j++)
			if (!output || is_called(&targets[j], output)) {
				fan.outputs[j].policy = policy;
				found++;
			}
		if (!found)
			return misuse("--slow: no output is called '%s' (- is standard output)",
				      output);
	}
	return 0;
}

static int
check(void)
{
	int status = copying_check(&copying);

	if (status)
		return status;
	if (!spill_limit)
		return misuse("--spill-limit: at least 1");
	return 0;
}

/* ---- the end of an output ---- */

static bool
is_stdout(const struct target *target)
{
	return target == targets;
}

/* Says that TARGET cannot be written, errno is why; what is to be done by the mode. */
static bool
tell_error(const struct target *target)
{
	bool left = errno == EPIPE;

	if (mode & (left ? TELL_PIPE : TELL)) {
		if (is_stdout(target))
			result = fail(NULL, "cannot write to standard output");
		else
			result = fail(NULL, "cannot write '%s'", target->name);
	}
	return !(mode & (left ? STOP_PIPE : STOP));
}

static void
tell_slow(const struct target *target, const struct output *output)
{
	char time[NUM_DURATION_SIZE];

	if (output->policy != OUTPUT_DETACH)
		return;
	num_brief_duration(time, patience);
	note("'%s' has taken nothing for %s: detached after %" PRIu64 " bytes", target->name, time,
	     output->bytes);
}

static void
tell_losses(const struct target *target, const struct output *output)
{
	if (output->dropped)
		note("'%s' was too slow: %" PRIu64 " bytes dropped", target->name, output->dropped);
}

/* Bytes have come. */
static void
moved(uint64_t bytes, void *context)
{
	stats_moved(bytes, context);
	for (size_t i = 0; i < fan.count; i++) {
		if (!fan.outputs[i].spill.error || targets[i].is_told)
			continue;
		errno = fan.outputs[i].spill.error;
		note_error(NULL, "cannot spill what '%s' does not take: all wait for it",
			   targets[i].name);
		targets[i].is_told = true;
	}
}

/* Whether another output that is open goes to FD. */
static bool
is_shared(const struct output *output)
{
	for (size_t i = 0; i < fan.count; i++)
		if (&fan.outputs[i] != output && fan.outputs[i].is_open
		    && fan.outputs[i].fd == output->fd)
			return true;
	return false;
}

/* Closes it for its reader; an error of close(2) is one of writing. */
static bool
close_output(struct target *target, struct output *output)
{
	bool failed;

	output_close(output);
	if (output->fd == STDIN_FILENO || output->fd == STDERR_FILENO || is_shared(output))
		return true;
	/* Where nothing may take its place, it is closed at the end, and looked at then. */
	if (output->fd == STDOUT_FILENO && sysconf(_SC_OPEN_MAX) <= STDERR_FILENO)
		return true;
	failed = close(output->fd) < 0;
	if (output->fd == STDOUT_FILENO)
		descriptors_occupy();
	return !failed || tell_error(target);
}

static const char *const states[] = {
	[FAN_DONE] = "done", [FAN_FAILED] = "failed", [FAN_SLOW] = "slow"
};

static bool
ended(struct output *output, enum fan_end why, void *context)
{
	struct target *target = &targets[output - fan.outputs];
	bool more = true;

	(void)context;
	if (why == FAN_FAILED)
		more = tell_error(target);
	if (why == FAN_SLOW)
		tell_slow(target, output);
	target->state = states[why];
	output_forget(output);
	tell_losses(target, output);
	return close_output(target, output) && more;
}

/* ---- opening ---- */

/* Whether what comes is read out of the file that STATUS is of, which may be EMPTIED first. */
static bool
is_input(const struct stat *status, bool emptied)
{
	struct stat in;

	if (fstat(STDIN_FILENO, &in) < 0)
		return false;
	return stream_is_output(status, STDIN_FILENO, &in)
	       || (emptied && S_ISREG(in.st_mode) && in.st_dev == status->st_dev
		   && in.st_ino == status->st_ino);
}

/* Never for reading, so that we are not the reader that keeps a pipe alive. Of a FIFO it waits for one. */
static int
open_to_write(const char *name)
{
	int more = append ? O_APPEND : 0, fd;

	while ((fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | more, 0666)) < 0
	       && errno == EINTR)
		if (pipe_interrupted)
			pipe_interrupted();
	return fd;
}

static int
open_file(const char *name)
{
	int fd = open_to_write(name);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		result = fail(NULL, "cannot open '%s'", name);
		return -1;
	}
	if (is_input(&status, !append)) {
		result = failx("'%s' is input and output: it would %s", name,
			       append || !S_ISREG(status.st_mode) ? "never end" : "be emptied");
		close(fd);
		return -1;
	}
	if (!append && S_ISREG(status.st_mode) && ftruncate(fd, 0) < 0) {
		result = fail(NULL, "cannot empty '%s'", name);
		close(fd);
		return -1;
	}
	return fd;
}

/* The descriptor that NAME, fd:N, is; -2: it is a file's name. */
static int
find_descriptor(const char *name)
{
	int64_t number;

	if (strncmp(name, "fd:", 3) != 0)
		return -2;
	if (num_integer(name + 3, 0, INT32_MAX, &number) < 0 || fcntl((int)number, F_GETFD) < 0) {
		result = failx("'%s': no such descriptor is open (./%s is a file)", name, name);
		return -1;
	}
	return (int)number;
}

/* The writing end of a pipe to COMMAND, or of a socket where that is refused; COMMAND runs then. */
static int
start(struct target *target, const char *command)
{
	static char sh[] = "/bin/sh", c[] = "-c";
	char *text = memory_string(command);
	char *argv[] = { sh, c, text, NULL }, *none[] = { NULL };
	int ends[2] = { -1, -1 }, status = -1;

	if (pipe_open(ends, (size_t)copying.pipe_size) >= 0 || channel_open_stream(ends) == 0)
		status = command_start(&target->command, argv, ends[0], none);
	if (status)
		result = fail(NULL, "cannot run '%s'", command);
	free(text);
	close(ends[0]);
	if (!status)
		return ends[1];
	close(ends[1]);
	return -1;
}

/* Output NUMBER, open as its fd, gets what comes. */
static void
add(size_t number)
{
	struct output *output = &fan.outputs[number];
	struct stat status;

	output->spill = (struct spill){ .folder = spill_folder, .limit = spill_limit };
	if (fstat(output->fd, &status) == 0 && is_input(&status, false))
		result =
			failx("'%s' is input and output: it would never end", targets[number].name);
	else if (fan_add(&fan, output) < 0)
		tell_error(&targets[number]);
}

/* Standard output, the OUTPUTs, the commands. */
static int
name_outputs(int count, char **operands)
{
	size_t number = 1;

	fan.count = 1 + (size_t)count + commands.count;
	fan.outputs = memory_get(fan.count * sizeof(*fan.outputs));
	targets = memory_get(fan.count * sizeof(*targets));
	targets[0].name = "standard output";
	for (int i = 0; i < count; i++)
		targets[number++].name = operands[i];
	for (size_t i = 0; i < commands.count; i++)
		targets[number++].name = commands.items[i].text;
	for (size_t i = 0; i < fan.count; i++)
		targets[i].state = "unopened";
	return set_policies();
}

/* All of them first: where descriptors are few, none is left for our own pipes, which can be done without. */
static void
open_outputs(size_t files)
{
	fan.outputs[0].fd = STDOUT_FILENO;
	/* What we open has a number, too: those that the shell has opened are looked for before. */
	for (size_t i = 1; i < fan.count; i++)
		fan.outputs[i].fd = i <= files ? find_descriptor(targets[i].name) : -2;
	for (size_t i = 1; i < fan.count; i++)
		if (fan.outputs[i].fd == -2)
			fan.outputs[i].fd = i <= files ? open_file(targets[i].name)
						       : start(&targets[i], targets[i].name);
	for (size_t i = 0; i < fan.count; i++)
		if (fan.outputs[i].fd >= 0)
			add(i);
}

/* ---- the end ---- */

static void
wait_for_commands(void)
{
	for (size_t i = 0; i < fan.count; i++) {
		int status = -1, waited;

		/* Who takes nothing may never end, either. */
		if (!targets[i].command.pid || targets[i].state == states[FAN_SLOW])
			continue;
		while ((waited = command_wait(&targets[i].command, &status)) < 0 && errno == EINTR)
			if (pipe_interrupted)
				pipe_interrupted();
		if (waited < 0 || status)
			result = failx("'%s' has ended with status %d", targets[i].name, status);
	}
}

/* ---- telling ---- */

static void
add_number(struct buffer *line, uint64_t number, const char *what)
{
	if (number)
		buffer_print(line, ", %" PRIu64 " %s", number, what);
}

static void
tell_output(const struct target *target, const struct output *output)
{
	const char *name = is_stdout(target) ? "-" : target->name;
	struct buffer line = { 0 };

	if (copying.json) {
		json_begin(&line);
		json_word(&line, "event", "output");
		json_bytes(&line, "path", name, strlen(name));
		json_word(&line, "state", target->state);
		json_number(&line, "bytes", (int64_t)output->bytes);
		json_number(&line, "dropped", (int64_t)output->dropped);
		json_number(&line, "spilled", (int64_t)output->spilled);
		json_number(&line, "read_write", (int64_t)output->copied);
		json_number(&line, "calls", (int64_t)output->calls);
		json_end(&line);
		buffer_byte(&line, '\n');
		say_plain(buffer_string(&line));
	} else {
		add_number(&line, output->bytes, "bytes");
		add_number(&line, output->dropped, "dropped");
		add_number(&line, output->spilled, "spilled");
		add_number(&line, output->copied, "by read_write");
		note("'%s': %s%s, %" PRIu64 " calls", target->name, target->state,
		     buffer_string(&line), output->calls);
	}
	buffer_done(&line);
}

static void
tell_stats(void)
{
	struct stats_way ways[] = {
		{ "tee", fan.calls, copying.meter.done - fan.copied },
		{ "read_write", 0, fan.copied },
	};

	for (size_t i = 0; i < fan.count; i++) {
		tell_output(&targets[i], &fan.outputs[i]);
		ways[0].calls += fan.outputs[i].calls;
	}
	copying_say(&copying, ways, sizeof(ways) / sizeof(*ways));
}

static int
tee_fd_run(int count, char **operands)
{
	int status;

	copying_listen(&copying);
	status = check();
	if (!status)
		status = name_outputs(count, operands);
	if (status)
		return status;
	signals_ignore(SIGPIPE);
	signals_let_wait();
	if (ignore)
		sigaction(SIGINT, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	signals_end_init();
	fan.in = STDIN_FILENO;
	fan.pipe_size = (size_t)copying.pipe_size;
	fan.patience = patience;
	fan.moved = moved;
	fan.context = &copying.meter;
	fan.ended = ended;
	copying_begin(&copying, METER_UNKNOWN);
	open_outputs((size_t)count);
	if (result && mode & STOP)
		return result;
	meter_begin(&copying.meter);
	if (fan_run(&fan) < 0)
		result = fail(NULL, "cannot read standard input");
	meter_end(&copying.meter);
	if (copying.stats)
		tell_stats();
	wait_for_commands();
	free(fan.outputs);
	free(targets);
	return result;
}

const struct applet applet_tee_fd = {
	.name = "tee-fd",
	.summary = "copy standard input to files, descriptors and commands",
	.operands = "[OUTPUT ...]",
	.max = APPLET_ANY,
	.options = options,
	.run = tee_fd_run,
};

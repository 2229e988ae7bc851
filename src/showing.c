/* SPDX-License-Identifier: MIT */
#include "showing.h"

#include <fcntl.h>
#include <unistd.h>

#include "cli/say.h"

static const struct name on_overflow[] = {
	{ "rescan", SHOWING_RESCAN },
	{ "report", SHOWING_REPORT },
	{ "fail", SHOWING_FAIL },
	{ "" },
};

void
showing_add_on_overflow(struct opt_table *table, struct showing *showing, const char *help)
{
	opt_choice(table, 0, "on-overflow", "WHAT", on_overflow, &showing->on_overflow, help);
}

void
showing_add_outfile(struct opt_table *table, struct showing *showing)
{
	opt_string(table, 'o', "outfile", "FILE", &showing->out_file, "append events to FILE");
}

void
showing_add_timefmt(struct opt_table *table, struct showing *showing)
{
	opt_string(table, 0, "timefmt", "FORMAT", &showing->time_format,
		   "strftime(3) format of %T");
}

int
showing_check(const struct showing *showing)
{
	if (showing->time_format && !showing->format)
		return misuse("--timefmt needs --format");
	if (showing->format && !showing->time_format && print_has(showing->format, 'T'))
		return misuse("%%T in --format needs --timefmt");
	return 0;
}

int
showing_open(struct showing *showing)
{
	const char *file = showing->out_file;

	showing->fd = file ? open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666)
			   : STDOUT_FILENO;
	return showing->fd < 0 ? fail(NULL, "cannot open '%s'", file) : 0;
}

int
showing_cannot_write(const struct showing *showing)
{
	return showing->out_file ? fail(NULL, "cannot write to '%s'", showing->out_file)
				 : fail(NULL, "cannot write to standard output");
}

int
showing_close(struct showing *showing, int status)
{
	if (showing->out_file && close(showing->fd) < 0 && !status)
		return showing_cannot_write(showing);
	return status;
}

struct print
showing_print(const struct showing *showing, const char *format, enum escape_in_names escape,
	      bool execute)
{
	bool wanted = showing->csv || showing->format || showing->json || showing->null
		      || showing->out_file;
	struct print print = { .format = showing->format ? showing->format : format,
			       .time_format = showing->time_format,
			       .escape = escape,
			       .null = showing->null,
			       .no_newline = showing->no_newline };

	print.style = showing->quiet > 1 || (execute && !wanted) ? PRINT_NOTHING
		      : showing->json                            ? PRINT_JSON
		      : showing->csv                             ? PRINT_CSV
								 : PRINT_FORMAT;
	print.raw = showing->null || (print.format && print_has(print.format, '0'));
	return print;
}

int
showing_end(const struct showing *showing, enum watch_end end, int timed_out)
{
	switch (end) {
	case WATCH_TIMED_OUT:
		return timed_out;
	case WATCH_CANNOT_READ:
		return fail(NULL, "cannot read events");
	case WATCH_CANNOT_WRITE:
		return showing_cannot_write(showing);
	case WATCH_FAILED:
		return 1;
	case WATCH_STOPPED:
	case WATCH_COUNTED:
	case WATCH_REACTED:
	case WATCH_SIGNALLED:
	default:
		return 0;
	}
}

/* SPDX-License-Identifier: MIT */
#include "policy/argument.h"

#include <string.h>

#include "cli/buffer.h"

/* What there is, for people: `socket(domain, type, protocol)`. */
static void
tell_unknown(struct scan *scan, int call, const struct place *place, const char *word,
	     size_t length)
{
	struct parameter parameters[SYSCALL_ARGUMENTS];
	int count = call == SYSCALL_NONE ? -1 : syscalls_parameters(call, parameters);
	struct buffer buffer = { 0 };

	if (count < 0) {
		problems_error(scan->problems, place, "its arguments are arg0 to arg5",
			       "'%.*s' is no argument that is known of this call", (int)length,
			       word);
		return;
	}
	buffer_print(&buffer, "its parameters are: %s(", syscalls_name(call));
	for (int i = 0; i < count; i++) {
		buffer_print(&buffer, "%s%s", i ? ", " : "",
			     *parameters[i].name ? parameters[i].name : "...");
		if (parameters[i].other)
			buffer_print(&buffer, " or %s", parameters[i].other);
	}
	buffer_byte(&buffer, ')');
	problems_error(scan->problems, place, buffer_string(&buffer), "'%s' has no '%.*s'",
		       syscalls_name(call), (int)length, word);
	buffer_done(&buffer);
}

static bool
is_word(const char *name, const char *word, size_t length)
{
	return name && *name && !strncmp(name, word, length) && !name[length];
}

/* False: CALL has no such argument. */
static bool
find(int call, const char *word, size_t length, struct argument *argument)
{
	struct parameter parameters[SYSCALL_ARGUMENTS];
	int known = call == SYSCALL_NONE ? -1 : syscalls_parameters(call, parameters);
	int index = known;

	for (int i = known - 1; i >= 0; i--)
		if (is_word(parameters[i].name, word, length)
		    || is_word(parameters[i].other, word, length))
			index = i;
	argument->is_raw = index == known;
	if (argument->is_raw) {
		if (length != 4 || memcmp(word, "arg", 3) != 0 || word[3] < '0' || word[3] > '9')
			return false;
		index = word[3] - '0';
	}
	argument->index = (unsigned char)index;
	if (known < 0)
		return index < SYSCALL_ARGUMENTS;
	if (index >= known)
		return false;
	argument->is_low = parameters[index].kind == PARAMETER_INT
			   || parameters[index].kind == PARAMETER_UINT
			   || parameters[index].kind == PARAMETER_FD;
	return true;
}

bool
argument_read(struct scan *scan, int call, struct argument *argument)
{
	struct place place = scan_place(scan);
	const char *word;
	size_t length = scan_word(scan, "", &word);

	*argument = (struct argument){ 0 };
	if (!length || (*word >= '0' && *word <= '9')) {
		scan->at = word;
		return scan_unexpected(scan, "an argument (arg0 to arg5, or a parameter's name)");
	}
	if (!find(call, word, length, argument)) {
		tell_unknown(scan, call, &place, word, length);
		return false;
	}
	if (!scan_take(scan, ":"))
		return true;
	length = scan_word(scan, "", &word);
	if (length != 2 || memcmp(word, "32", 2) != 0) {
		scan->at = word;
		return scan_unexpected(scan, "32, for the low 32 bits,");
	}
	argument->is_low = true;
	argument->is_raw = false;
	return true;
}

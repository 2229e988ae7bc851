/* SPDX-License-Identifier: MIT */
#include "signalling.h"

#include <string.h>

#include "cli/say.h"
#include "cli/signal.h"

static int
refuse(const char *shown, const char *text, size_t length)
{
	const char *nearest = signal_nearest(text, length);

	if (nearest)
		return misuse("%s: there is no signal '%.*s', did you mean '%s'?", shown,
			      (int)length, text, nearest);
	return misuse("%s: there is no signal '%.*s'", shown, (int)length, text);
}

int
signalling_find(const char *shown, const char *text, int *signal)
{
	*signal = signal_find(text, strlen(text));
	return *signal ? 0 : refuse(shown, text, strlen(text));
}

/* Why nobody receives SIGNAL; NULL: that can be. */
static const char *
hindrance(int signal)
{
	if (signal_is_sovereign(signal))
		return "the kernel lets no process block or receive it";
	if (signal_is_own_fault(signal))
		return "it is how a process learns of a mistake of its own, and cannot wait";
	return NULL;
}

int
signalling_add(const char *shown, sigset_t *set, const char *list, bool received)
{
	sigset_t added;
	const char *wrong;
	size_t length;

	sigemptyset(&added);
	if (signal_add_list(&added, list, received, &wrong, &length) < 0)
		return refuse(shown, wrong, length);
	for (int signal = 1; signal <= SIGNAL_LARGEST; signal++) {
		const char *why =
			received && sigismember(&added, signal) == 1 ? hindrance(signal) : NULL;
		char name[SIGNAL_NAME_SIZE];

		signal_name(signal, name);
		if (why)
			return misuse("%s: %s cannot be received: %s", shown, name, why);
	}
	sigorset(set, set, &added);
	return 0;
}

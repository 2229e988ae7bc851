/* SPDX-License-Identifier: MIT */
#include "cli/signal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/names.h"
#include "cli/num.h"

/* clang-format off */
static const struct {
	char name[8];
	int number;
} signals[] = {
	{ "HUP", SIGHUP }, { "INT", SIGINT }, { "QUIT", SIGQUIT }, { "ILL", SIGILL },
	{ "TRAP", SIGTRAP }, { "ABRT", SIGABRT }, { "BUS", SIGBUS }, { "FPE", SIGFPE },
	{ "KILL", SIGKILL }, { "USR1", SIGUSR1 }, { "SEGV", SIGSEGV }, { "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE }, { "ALRM", SIGALRM }, { "TERM", SIGTERM }, { "STKFLT", SIGSTKFLT },
	{ "CHLD", SIGCHLD }, { "CONT", SIGCONT }, { "STOP", SIGSTOP }, { "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN }, { "TTOU", SIGTTOU }, { "URG", SIGURG }, { "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ }, { "VTALRM", SIGVTALRM }, { "PROF", SIGPROF }, { "WINCH", SIGWINCH },
	{ "IO", SIGIO }, { "PWR", SIGPWR }, { "SYS", SIGSYS },
	/* Other words for the same, which are typed but never printed. */
	{ "IOT", SIGABRT }, { "CLD", SIGCHLD }, { "POLL", SIGIO },
};
/* clang-format on */

enum { SIGNALS = sizeof(signals) / sizeof(*signals) };

/* RTMIN and RTMAX with a distance: libc keeps the kernel's first ones to itself. */
static int
find_realtime(const char *text)
{
	bool from_low = !strncasecmp(text, "RTMIN", 5);
	const char *distance = text + 5;
	int64_t far = 0;

	if (!from_low && strncasecmp(text, "RTMAX", 5) != 0)
		return 0;
	if (*distance
	    && (*distance != (from_low ? '+' : '-')
		|| num_integer(distance + 1, 0, SIGRTMAX - SIGRTMIN, &far) < 0))
		return 0;
	return from_low ? SIGRTMIN + (int)far : SIGRTMAX - (int)far;
}

int
signal_find(const char *text, size_t length)
{
	char word[SIGNAL_NAME_SIZE + 4], *name = word;
	int64_t number;

	if (!length || length >= sizeof(word) || memchr(text, '\0', length))
		return 0;
	memcpy(word, text, length);
	word[length] = '\0';
	if (num_integer(word, 1, SIGNAL_LARGEST, &number) == 0)
		return (int)number;
	if (!strncasecmp(name, "SIG", 3))
		name += 3;
	for (int i = 0; i < SIGNALS; i++)
		if (!strcasecmp(name, signals[i].name))
			return signals[i].number;
	return find_realtime(name);
}

void
signal_name(int signal, char name[SIGNAL_NAME_SIZE])
{
	for (int i = 0; i < SIGNALS; i++)
		if (signals[i].number == signal) {
			strlcpy(name, signals[i].name, SIGNAL_NAME_SIZE);
			return;
		}
	if (signal == SIGRTMAX)
		strlcpy(name, "RTMAX", SIGNAL_NAME_SIZE);
	else if (signal < SIGRTMIN || signal > SIGRTMAX)
		snprintf(name, SIGNAL_NAME_SIZE, "%d", signal);
	else if (signal - SIGRTMIN > SIGRTMAX - signal)
		snprintf(name, SIGNAL_NAME_SIZE, "RTMAX-%d", SIGRTMAX - signal);
	else if (signal == SIGRTMIN)
		strlcpy(name, "RTMIN", SIGNAL_NAME_SIZE);
	else
		snprintf(name, SIGNAL_NAME_SIZE, "RTMIN+%d", signal - SIGRTMIN);
}

const char *
signal_nearest(const char *text, size_t length)
{
	char word[SIGNAL_NAME_SIZE + 4] = "";
	const char *best = NULL;

	if (length >= sizeof(word))
		return NULL;
	for (size_t i = 0; i < length; i++)
		word[i] = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
	for (int i = 0; i < SIGNALS; i++)
		names_nearer(!strncmp(word, "SIG", 3) ? word + 3 : word, signals[i].name, &best);
	return best;
}

int
signal_add_list(sigset_t *set, const char *list, bool received, const char **wrong,
		size_t *wrong_length)
{
	for (;; list += *wrong_length + 1) {
		int signal;

		*wrong = list;
		*wrong_length = strcspn(list, ",");
		if (*wrong_length == 3 && !strncasecmp(list, "all", 3)) {
			for (signal = 1; signal <= SIGNAL_LARGEST; signal++)
				if (!signal_is_sovereign(signal)
				    && !(received && signal_is_own_fault(signal)))
					sigaddset(set, signal);
		} else {
			signal = signal_find(list, *wrong_length);
			/* What libc keeps to itself is no signal for others. */
			if (!signal || sigaddset(set, signal) < 0)
				return -1;
		}
		if (!list[*wrong_length])
			return 0;
	}
}

bool
signal_is_sovereign(int signal)
{
	return signal == SIGKILL || signal == SIGSTOP;
}

bool
signal_is_own_fault(int signal)
{
	return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL
	       || signal == SIGTRAP || signal == SIGSYS || signal == SIGABRT;
}

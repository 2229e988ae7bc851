/* SPDX-License-Identifier: MIT */
#include "mounts/dmesg.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kmsg.h"
#include "mounts/current.h"

/* So much of the kernel's log is enough for one message. */
enum { MOST_LINES = 4 };

/* Whether WORD stands in TEXT, not in the middle of another one; WHOLE: nor at the beginning of one. */
static bool
mentions(const char *text, const char *word, bool whole)
{
	size_t length = strlen(word);

	for (const char *at = text; (at = strcasestr(at, word)) != NULL; at++)
		if ((at == text || !isalnum((unsigned char)at[-1]))
		    && (!whole || !isalnum((unsigned char)at[length])))
			return true;
	return false;
}

/* Takes from LOG what is about the device SOURCE, or the TYPE; either may be NULL. */
static void
listen_for(int log, const char *type, const char *source, struct trouble *trouble)
{
	char text[512], *device = source && source[0] == '/' ? realpath(source, NULL) : NULL;
	const char *name = device ? strrchr(device, '/') + 1 : "";
	int count = 0;

	while (count < MOST_LINES && kmsg_next(log, text, sizeof(text)))
		if ((type && mentions(text, type, false))
		    || (*name && mentions(text, name, true))) {
			trouble_say(&trouble->kernel, text);
			count++;
		}
	free(device);
}

void
dmesg_take(const struct attach *wish, int target, struct trouble *trouble)
{
	int error = errno;
	char *type = NULL, *source = NULL;

	if (wish->log >= 0) {
		if (wish->words->remount && target >= 0)
			current_what(target, &type, &source);
		listen_for(wish->log, type ? type : wish->type, source ? source : wish->source,
			   trouble);
	}
	free(type);
	free(source);
	errno = error;
}

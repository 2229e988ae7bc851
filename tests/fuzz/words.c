/* SPDX-License-Identifier: MIT */
/*
 * The words of -o: no bit is wanted both ways, what a program for the type gets has the options of the file
 * system and nothing that mount(2) does not know, and what the file system gets reads as it was said. Maps of owners and records of the kernel's log on the way.
 */
#include "fuzz.h"

#include "kernel/kmsg.h"
#include "mounts/idmap.h"
#include "mounts/words.h"

static void
check_bits(const struct words *words)
{
	/* Only of atime, one value of several, a bit is cleared and set. */
	MUST(!(words->own.set & words->own.clear & ~UINT64_C(0x70)));
	MUST(!(words->all.set & words->all.clear & ~UINT64_C(0x70)));
	MUST(!(words->flags.set & words->flags.clear));
}

/* What is kept for programs. */
static void
check_kept(struct words *words)
{
	struct words_trouble trouble;
	struct words again = { 0 };

	MUST(words_add(&again, buffer_string(&words->kept), &trouble) == 0);
	MUST(again.option_count == words->option_count);
	MUST(!again.propagation_count && !again.all.set && !again.all.clear);
	MUST(again.operation == words->operation && again.remount == words->remount);
	for (size_t i = 0; i < words->option_count; i++) {
		MUST(!strcmp(again.options[i].key, words->options[i].key));
		MUST(!again.options[i].value == !words->options[i].value);
		MUST(!again.options[i].value
		     || !strcmp(again.options[i].value, words->options[i].value));
	}
	words_done(&again);
}

static void
check_words(const char *text)
{
	struct words_trouble trouble = { "", NULL };
	struct words words = { 0 };
	struct buffer data = { 0 };
	const char *key = NULL;

	if (words_add(&words, text, &trouble) < 0) {
		MUST(trouble.reason && strlen(trouble.word) < sizeof(trouble.word));
	} else {
		check_bits(&words);
		check_kept(&words);
		MUST(words_data(&words, true, &data, &key) == 0);
	}
	buffer_done(&data);
	words_done(&words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *record = fuzz_string(data, size);
	struct buffer users = { 0 }, groups = { 0 };
	const char *message;

	check_words(text);
	if (idmap_parse(text, &users, &groups) == 0)
		MUST(users.length && groups.length);
	buffer_done(&users);
	buffer_done(&groups);
	message = kmsg_parse(record, size);
	MUST(!message || (message > record && message + strlen(message) < record + size));
	free(record);
	free(text);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#include "mounts/words.h"

#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>

#include "cli/num.h"
#include "memory.h"
#include "mounts/vocabulary.h"

/* One word: where its parts are. The value is without quotes. */
struct piece {
	const char *start;
	size_t length; /* of all of it */
	size_t key;    /* how long that is */
	const char *value;
	size_t value_length;
};

/* ---- cutting ---- */

static int
refuse(struct words_trouble *trouble, const char *start, size_t length, const char *reason)
{
	size_t room = sizeof(trouble->word) - 1;

	if (length > room)
		length = room;
	memcpy(trouble->word, start, length);
	trouble->word[length] = '\0';
	trouble->reason = reason;
	return -1;
}

/* The length of what is before the next comma that ends a word. */
static size_t
before_comma(const char *at)
{
	size_t length = 0;

	while (at[length] && at[length] != ',')
		length += at[length] == '\\' && at[length + 1] ? 2 : 1;
	return length;
}

/* Cuts the word at *AT, and moves that behind it and its comma. */
static int
cut(const char **at, struct piece *piece, struct words_trouble *trouble)
{
	const char *start = *at, *equals, *quote;

	*piece = (struct piece){ .start = start, .length = before_comma(start) };
	equals = memchr(start, '=', piece->length);
	piece->key = equals ? (size_t)(equals - start) : piece->length;
	if (equals && equals[1] == '"') {
		quote = strchr(equals + 2, '"');
		if (!quote)
			return refuse(trouble, start, piece->length, "has a quote without an end");
		if (quote[1] && quote[1] != ',')
			return refuse(trouble, start, (size_t)(quote + 1 - start),
				      "has something behind the quotes");
		piece->value = equals + 2;
		piece->value_length = (size_t)(quote - piece->value);
		piece->length = (size_t)(quote + 1 - start);
	} else if (equals) {
		piece->value = equals + 1;
		piece->value_length = piece->length - piece->key - 1;
	}
	*at = start + piece->length + (start[piece->length] == ',');
	if (equals == start)
		return refuse(trouble, start, piece->length, "has no name before the '='");
	return 0;
}

static bool
is_key(const struct piece *piece, const char *key)
{
	return piece->key == strlen(key) && !strncmp(piece->start, key, piece->key);
}

static bool
is_value(const struct piece *piece, const char *value)
{
	return piece->value && piece->value_length == strlen(value)
	       && !strncmp(piece->value, value, piece->value_length);
}

/* SIZE bytes of TEXT; of a comma behind a backslash, which does not end a word, the comma alone. */
static char *
copy(const char *text, size_t size)
{
	char *result = memory_get(size + 1);
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\\' && i + 1 < size && text[i + 1] == ',')
			i++;
		result[length++] = text[i];
	}
	return result;
}

static void
set_text(char **text, const struct piece *piece)
{
	free(*text);
	*text = copy(piece->value, piece->value_length);
}

/* ---- sorting ---- */

/* SET is to be 1, and what else is in MASK 0; what was said before of these does not count any more. */
static void
change(struct words_bits *bits, uint64_t mask, uint64_t set)
{
	bits->set = (bits->set & ~mask) | set;
	bits->clear = (bits->clear & ~mask) | (mask & ~set);
}

/* The same where the bits of atime, which are one value, are put in place by clearing them first. */
static void
change_atime(struct words_bits *bits, uint64_t value)
{
	bits->set = (bits->set & ~(uint64_t)MOUNT_ATTR__ATIME) | value;
	bits->clear |= MOUNT_ATTR__ATIME;
}

static void
forget(struct words_bits *bits, uint64_t mask)
{
	bits->set &= ~mask;
	bits->clear &= ~mask;
}

/* An attribute of the mount, or, recursively, of those below it, too. */
static void
take_attribute(struct words *words, const struct vocabulary_word *word, bool recursive)
{
	struct words_bits *bits = recursive ? &words->all : &words->own;

	if (word->kind == WORD_ATIME) {
		change_atime(bits, word->bits);
		if (recursive)
			forget(&words->own, MOUNT_ATTR__ATIME);
		return;
	}
	change(bits, word->bits, word->off ? 0 : word->bits);
	if (recursive)
		forget(&words->own, word->bits);
}

static int
take_access(struct words *words, const struct vocabulary_word *word, const struct piece *piece,
	    struct words_trouble *trouble)
{
	bool recursive = is_value(piece, "recursive"), mount = is_value(piece, "vfs"),
	     super = is_value(piece, "fs");

	if (piece->value && !recursive && !mount && !super)
		return refuse(trouble, piece->start, piece->length, "is not recursive, vfs or fs");
	if (!super)
		take_attribute(words, word, recursive);
	if (!piece->value || super)
		change(&words->flags, MS_RDONLY, word->off ? 0 : MS_RDONLY);
	words->is_writable = word->off;
	return 0;
}

static void
take_propagation(struct words *words, uint64_t propagation)
{
	words->propagations = memory_resize(words->propagations, words->propagation_count + 1,
					    sizeof(*words->propagations));
	words->propagations[words->propagation_count++] = propagation;
}

static int
take_word(struct words *words, const struct vocabulary_word *word, const struct piece *piece,
	  struct words_trouble *trouble)
{
	switch ((enum vocabulary_kind)word->kind) {
	case WORD_ACCESS:
		return take_access(words, word, piece, trouble);
	case WORD_ATTRIBUTE:
	case WORD_ATIME:
		if (piece->value && !is_value(piece, "recursive"))
			return refuse(trouble, piece->start, piece->length, "is not recursive");
		take_attribute(words, word, piece->value);
		break;
	case WORD_BELOW:
		take_attribute(words, word, true);
		words->is_writable = false;
		break;
	case WORD_FLAG:
		change(&words->flags, word->bits, word->off ? 0 : word->bits);
		break;
	case WORD_BIND:
		words->operation = WORDS_BIND;
		words->is_recursive = word->bits;
		break;
	case WORD_MOVE:
		words->operation = WORDS_MOVE;
		break;
	case WORD_REMOUNT:
		words->remount = true;
		break;
	case WORD_PROPAGATION:
		take_propagation(words, word->bits);
		break;
	case WORD_USER:
		words->is_for_user = !word->off;
		change(&words->own, word->bits, word->bits);
		break;
	case WORD_NO_AUTO:
		words->no_auto = !word->off;
		break;
	case WORD_NO_FAIL:
		words->no_fail = !word->off;
		break;
	case WORD_NETDEV:
		words->netdev = true;
		break;
	case WORD_NOTHING:
		break;
	case WORD_REFUSED:
		return refuse(trouble, piece->start, piece->key,
			      "is not supported (cryptsetup makes a device of it)");
	}
	return 0;
}

/* ---- what is for this program ---- */

static int
take_size(uint64_t *size, const struct piece *piece, struct words_trouble *trouble)
{
	char *text = piece->value ? copy(piece->value, piece->value_length) : NULL;
	int result = text ? num_size(text, size) : -1;

	free(text);
	return result == 0 ? 0
			   : refuse(trouble, piece->start, piece->length,
				    "is not a size such as 4096, 64K or 1M");
}

/* An octal mode of at most four digits. */
static int
take_mode(unsigned int *mode, const struct piece *piece, struct words_trouble *trouble)
{
	unsigned int value = 0;
	size_t i;

	for (i = 0; i < piece->value_length && piece->value[i] >= '0' && piece->value[i] <= '7';
	     i++)
		value = value * 8 + (unsigned int)(piece->value[i] - '0');
	if (!i || i != piece->value_length || i > 4)
		return refuse(trouble, piece->start, piece->length, "is not a mode such as 755");
	*mode = value;
	return 0;
}

static int
take_text(char **text, const struct piece *piece, struct words_trouble *trouble)
{
	if (!piece->value || !piece->value_length)
		return refuse(trouble, piece->start, piece->length, "needs a value");
	set_text(text, piece);
	return 0;
}

static int
take_mkdir(struct words *words, const struct piece *piece, struct words_trouble *trouble)
{
	words->mkdir = true;
	words->mkdir_mode = 0755;
	return piece->value ? take_mode(&words->mkdir_mode, piece, trouble) : 0;
}

static bool
begins(const struct piece *piece, const char *start)
{
	return piece->length >= strlen(start) && !strncmp(piece->start, start, strlen(start));
}

/* 1: not one of those. */
static int
take_own(struct words *words, const struct piece *piece, struct words_trouble *trouble)
{
	if (is_key(piece, "loop")) {
		words->loop = true;
		return piece->value ? take_text(&words->loop_device, piece, trouble) : 0;
	}
	if (is_key(piece, "offset"))
		return take_size(&words->offset, piece, trouble);
	if (is_key(piece, "sizelimit"))
		return take_size(&words->size_limit, piece, trouble);
	if (is_key(piece, "X-mount.mkdir") || is_key(piece, "x-mount.mkdir"))
		return take_mkdir(words, piece, trouble);
	if (is_key(piece, "X-mount.idmap"))
		return take_text(&words->idmap, piece, trouble);
	if (is_key(piece, "X-mount.subdir"))
		return take_text(&words->subdir, piece, trouble);
	if (is_key(piece, "X-mount.owner"))
		return take_text(&words->owner, piece, trouble);
	if (is_key(piece, "X-mount.group"))
		return take_text(&words->group, piece, trouble);
	if (is_key(piece, "X-mount.auto-fstypes"))
		return take_text(&words->auto_types, piece, trouble);
	if (is_key(piece, "X-mount.mode")) {
		words->has_mode = true;
		return take_mode(&words->mode, piece, trouble);
	}
	if (is_key(piece, "X-mount.noloop"))
		words->no_loop = true;
	if (begins(piece, "verity."))
		return refuse(trouble, piece->start, piece->key,
			      "is not supported (veritysetup makes a device of it)");
	return begins(piece, "x-") || begins(piece, "X-") ? 0 : 1;
}

/* ---- the list ---- */

static void
take_option(struct words *words, const struct piece *piece)
{
	struct words_option *option;

	words->options =
		memory_resize(words->options, words->option_count + 1, sizeof(*words->options));
	option = &words->options[words->option_count++];
	option->key = copy(piece->start, piece->key);
	option->value = piece->value ? copy(piece->value, piece->value_length) : NULL;
}

static void
keep(struct words *words, const char *word, size_t length)
{
	if (words->kept.length)
		buffer_byte(&words->kept, ',');
	buffer_add(&words->kept, word, length);
}

/* The same for a word of ours: as programs that know mount(2) alone understand it. */
static void
keep_known(struct words *words, const struct vocabulary_word *word, const struct piece *piece)
{
	static const char user[] = "noexec,nosuid,nodev", owner[] = "nosuid,nodev";

	switch ((enum vocabulary_kind)word->kind) {
	case WORD_PROPAGATION:
	case WORD_NOTHING:
	case WORD_NO_AUTO:
	case WORD_NO_FAIL:
		return;
	case WORD_BELOW:
		keep(words, "ro", 2);
		return;
	case WORD_ACCESS:
	case WORD_ATTRIBUTE:
	case WORD_ATIME:
		keep(words, piece->start, piece->key);
		return;
	case WORD_USER:
		if (word->bits & MOUNT_ATTR_NOEXEC)
			keep(words, user, strlen(user));
		else if (!word->off)
			keep(words, owner, strlen(owner));
		break;
	default:
		break;
	}
	keep(words, piece->start, piece->length);
}

static int
take(struct words *words, const struct piece *piece, struct words_trouble *trouble)
{
	const struct vocabulary_word *word = vocabulary_find(piece->start, piece->key);
	int own;

	if (word && piece->value && !vocabulary_takes_value((enum vocabulary_kind)word->kind))
		word = NULL;
	if (word) {
		keep_known(words, word, piece);
		return take_word(words, word, piece, trouble);
	}
	own = take_own(words, piece, trouble);
	if (own != 1)
		return own;
	keep(words, piece->start, piece->length);
	take_option(words, piece);
	return 0;
}

int
words_add(struct words *words, const char *list, struct words_trouble *trouble)
{
	struct piece piece;

	while (*list) {
		if (cut(&list, &piece, trouble) < 0)
			return -1;
		if (piece.length && take(words, &piece, trouble) < 0)
			return -1;
	}
	return 0;
}

/* ---- giving back ---- */

bool
words_has_attributes(const struct words *words)
{
	return words->own.set || words->own.clear || words->all.set || words->all.clear;
}

/* A value with a comma is in quotes for who reads them, which are security modules alone. */
static bool
has_quotes(const char *key)
{
	size_t length = strlen(key);

	return length >= 7 && !strcmp(key + length - 7, "context");
}

int
words_data(const struct words *words, bool is_overlay, struct buffer *data, const char **key)
{
	for (size_t i = 0; i < words->option_count; i++) {
		const struct words_option *option = &words->options[i];
		bool has_comma = option->value && strchr(option->value, ',');
		bool quoted = has_comma && has_quotes(option->key);

		*key = option->key;
		if (has_comma && !quoted && !is_overlay)
			return -1;
		if (data->length)
			buffer_byte(data, ',');
		buffer_text(data, option->key);
		if (!option->value)
			continue;
		buffer_text(data, quoted ? "=\"" : "=");
		for (const char *at = option->value; *at; at++) {
			if (*at == ',' && !quoted)
				buffer_byte(data, '\\');
			buffer_byte(data, *at);
		}
		if (quoted)
			buffer_byte(data, '"');
	}
	return 0;
}

const char *
words_value(const struct words *words, const char *key)
{
	for (size_t i = words->option_count; i--;)
		if (words->options[i].value && !strcmp(words->options[i].key, key))
			return words->options[i].value;
	return NULL;
}

void
words_done(struct words *words)
{
	for (size_t i = 0; i < words->option_count; i++) {
		free(words->options[i].key);
		free(words->options[i].value);
	}
	free(words->options);
	free(words->propagations);
	buffer_done(&words->kept);
	free(words->loop_device);
	free(words->idmap);
	free(words->subdir);
	free(words->owner);
	free(words->group);
	free(words->auto_types);
	*words = (struct words){ 0 };
}

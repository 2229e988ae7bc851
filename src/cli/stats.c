/* SPDX-License-Identifier: MIT */
#include "cli/stats.h"

#include <inttypes.h>
#include <signal.h>

#include "cli/json.h"
#include "cli/num.h"
#include "cli/say.h"
#include "kernel/pipe.h"

/* ---- at the end ---- */

static uint64_t
all_calls(const struct stats_way *ways, size_t count)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += ways[i].calls;
	return sum;
}

/* The way that most bytes went; of several the first. */
static const char *
main_way(const struct stats_way *ways, size_t count)
{
	const struct stats_way *most = NULL;

	for (size_t i = 0; i < count; i++)
		if (ways[i].bytes > (most ? most->bytes : 0))
			most = &ways[i];
	return most ? most->name : "none";
}

void
stats_text(struct buffer *line, const struct meter *meter, const struct stats_way *ways,
	   size_t count)
{
	double seconds = (double)meter_time(meter) / (double)NUM_SECOND;
	char speed[NUM_SIZE_SIZE];

	num_format_size(speed, seconds > 0 ? (uint64_t)((double)meter->done / seconds) : 0);
	if (meter->counts_files)
		buffer_print(line, "%" PRIu64 " file%s, %" PRIu64 " left alone, ", meter->files,
			     meter->files == 1 ? "" : "s", meter->left);
	buffer_print(line, "%" PRIu64 " bytes, %.3f seconds, %s/s, %" PRIu64 " calls, %s",
		     meter->done, seconds, speed, all_calls(ways, count), main_way(ways, count));
}

void
stats_keys(struct buffer *line, const struct meter *meter, const struct stats_way *ways,
	   size_t count)
{
	if (meter->counts_files) {
		json_number(line, "files", (int64_t)meter->files);
		json_number(line, "left", (int64_t)meter->left);
	}
	json_number(line, "bytes", (int64_t)meter->done);
	json_seconds(line, "seconds", meter_time(meter));
	json_number(line, "calls", (int64_t)all_calls(ways, count));
	json_word(line, "way", main_way(ways, count));
	for (size_t i = 0; i < count; i++)
		json_number(line, ways[i].name, (int64_t)ways[i].bytes);
}

void
stats_say(const struct meter *meter, const struct stats_way *ways, size_t count, bool json)
{
	struct buffer line = { 0 };

	if (json) {
		json_begin(&line);
		json_word(&line, "event", "copied");
		stats_keys(&line, meter, ways, count);
		json_end(&line);
		buffer_byte(&line, '\n');
		say_plain(buffer_string(&line));
	} else {
		stats_text(&line, meter, ways, count);
		note("%s", buffer_string(&line));
	}
	buffer_done(&line);
}

/* ---- when asked ---- */

static const struct meter *told;
static volatile sig_atomic_t asked;

static void
ask(int signal)
{
	(void)signal;
	asked = 1;
}

static void
answer(void)
{
	struct buffer text = { 0 };

	if (!asked || !told->began)
		return;
	asked = 0;
	meter_text(told, &text);
	note("%s", buffer_string(&text));
	buffer_done(&text);
}

void
stats_answer(const struct meter *meter)
{
	struct sigaction asks = { .sa_handler = ask };

	told = meter;
	pipe_interrupted = answer;
	sigaction(SIGUSR1, &asks, NULL);
}

void
stats_moved(uint64_t bytes, void *meter)
{
	meter_add(bytes, meter);
	answer();
}

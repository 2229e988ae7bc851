/* SPDX-License-Identifier: MIT */
#include "event/sent.h"

#include "cli/signal.h"

/* So many at once: more are seldom there, for those below RTMIN come once at most. */
enum { BATCH = 32 };

const struct name sent_names[] = {
	{ "signal", SENT_SIGNAL, "signal" },
	{ "overflow", SENT_OVERFLOW, "overflow" },
	{ "" },
};

const char sent_format[] = "%S %N %P %u %O %v %r";

_Static_assert((int)EVENT_SIGNAL_SIZE == (int)SIGNAL_NAME_SIZE, "names of signals fit");

void
sent_event(struct event *event, struct sent_kept *kept, const struct signalfd_record *record,
	   int64_t time)
{
	kept->doer =
		(struct doer){ .pid = record->pid, .has_uid = record->has_uid, .uid = record->uid };
	kept->sent = (struct sent){ .number = record->signal,
				    .code = signalfd_code(record),
				    .trusted = record->trusted };
	signal_name(record->signal, kept->sent.name);
	*event = (struct event){ .time = time,
				 .names = sent_names,
				 .what = SENT_SIGNAL,
				 .doer = &kept->doer,
				 .has_value = record->has_value,
				 .value = record->value,
				 .sent = &kept->sent };
}

static int
decode(struct source *source, struct event *event)
{
	struct sents *sents = (struct sents *)source;
	struct signalfd_record record;

	if (source->length - source->offset < SIGNALFD_SIZE)
		return 0;
	signalfd_parse(source->buffer + source->offset, &record);
	source->offset += SIGNALFD_SIZE;
	sent_event(event, &sents->kept, &record, source->read_at);
	return 1;
}

void
sents_open(struct sents *sents, int fd)
{
	*sents = (struct sents){ 0 };
	source_open(&sents->source, fd, (size_t)BATCH * SIGNALFD_SIZE, SIGNALFD_SIZE);
	sents->source.nonblocking = true;
	sents->source.decode = decode;
}

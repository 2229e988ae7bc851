/* SPDX-License-Identifier: MIT */
#include "permit/message.h"

#include <string.h>

/* What stands before the two strings. */
struct header {
	uint32_t kind, path_length, comm_length;
	int32_t pid, error;
	uint32_t uid;
	uint32_t is_dir, has_ids;
	int64_t time;
	uint64_t what, number;
};

void
message_put(struct buffer *buffer, const struct message *message)
{
	struct header header = { .kind = message->kind,
				 .path_length = (uint32_t)message->path_length,
				 .comm_length = (uint32_t)message->comm_length,
				 .pid = message->pid,
				 .error = message->error,
				 .uid = message->uid,
				 .is_dir = message->is_dir,
				 .has_ids = message->has_ids,
				 .time = message->time,
				 .what = message->what,
				 .number = message->number };

	buffer_add(buffer, &header, sizeof(header));
	buffer_add(buffer, message->path, message->path_length);
	buffer_add(buffer, message->comm, message->comm_length);
}

size_t
message_get(const char *bytes, size_t size, struct message *message)
{
	struct header header;
	size_t rest;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, bytes, sizeof(header));
	rest = size - sizeof(header);
	if (header.kind >= MESSAGE_KINDS || header.path_length > rest
	    || header.comm_length > rest - header.path_length)
		return 0;
	*message = (struct message){ .kind = (enum message_kind)header.kind,
				     .is_dir = header.is_dir,
				     .has_ids = header.has_ids,
				     .pid = header.pid,
				     .error = header.error,
				     .uid = header.uid,
				     .time = header.time,
				     .what = header.what,
				     .number = header.number,
				     .path = bytes + sizeof(header),
				     .path_length = header.path_length,
				     .comm = bytes + sizeof(header) + header.path_length,
				     .comm_length = header.comm_length };
	return sizeof(header) + header.path_length + header.comm_length;
}

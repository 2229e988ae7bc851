/* SPDX-License-Identifier: MIT */
#include "kernel/sockdiag.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/un.h>
#include <linux/unix_diag.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What the kernel fills at most at once. */
enum { MESSAGES = 32768 };

/* SIZE with what fills it up to the next message or attribute, of those ROOM that are there. */
static size_t
fill_up(size_t size, size_t room)
{
	size = (size + NLMSG_ALIGNTO - 1) & ~(size_t)(NLMSG_ALIGNTO - 1);
	return size < room ? size : room;
}

static void
decode_attribute(int type, const char *bytes, size_t size, struct sockdiag *message)
{
	struct unix_diag_vfs file;

	if (type == UNIX_DIAG_NAME) {
		message->path = bytes;
		message->length = strnlen(bytes, size);
	} else if (type == UNIX_DIAG_VFS && size >= sizeof(file)) {
		memcpy(&file, bytes, sizeof(file));
		message->kind = SOCKDIAG_BOUND;
		message->file = file.udiag_vfs_ino;
		/* As the kernel has it itself, not as in st_dev. */
		message->major = file.udiag_vfs_dev >> 20;
		message->minor = file.udiag_vfs_dev & 0xfffff;
	}
}

static void
decode_socket(const char *bytes, size_t size, struct sockdiag *message)
{
	struct unix_diag_msg socket;
	struct nlattr attribute;

	if (size < sizeof(socket))
		return;
	memcpy(&socket, bytes, sizeof(socket));
	message->inode = socket.udiag_ino;
	for (size_t at = sizeof(socket), length; size - at >= sizeof(attribute);
	     at += fill_up(length, size - at)) {
		memcpy(&attribute, bytes + at, sizeof(attribute));
		length = attribute.nla_len;
		if (length < sizeof(attribute) || length > size - at)
			return;
		decode_attribute(attribute.nla_type & NLA_TYPE_MASK, bytes + at + sizeof(attribute),
				 length - sizeof(attribute), message);
	}
}

/* The errno; 0: the list IS_WHOLE. */
static int
decode_end(const char *bytes, size_t size, bool is_whole)
{
	int error = 0;

	if (size >= sizeof(error))
		memcpy(&error, bytes, sizeof(error));
	if (!error && is_whole)
		return 0;
	return error < 0 && error > -4096 ? -error : EPROTO;
}

size_t
sockdiag_decode(const char *bytes, size_t size, struct sockdiag *message)
{
	struct nlmsghdr header;
	size_t length;

	*message = (struct sockdiag){ .kind = SOCKDIAG_OTHER, .path = bytes };
	if (size < sizeof(header))
		return 0;
	memcpy(&header, bytes, sizeof(header));
	length = header.nlmsg_len;
	if (length < sizeof(header) || length > size)
		return 0;
	if (header.nlmsg_type == SOCK_DIAG_BY_FAMILY) {
		decode_socket(bytes + sizeof(header), length - sizeof(header), message);
	} else if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
		message->kind = SOCKDIAG_END;
		message->error = decode_end(bytes + sizeof(header), length - sizeof(header),
					    header.nlmsg_type == NLMSG_DONE);
	}
	return fill_up(length, size);
}

/* -1 with errno. */
static int
ask(int fd)
{
	struct {
		struct nlmsghdr header;
		struct unix_diag_req wanted;
	} request = {
		.header = { .nlmsg_len = sizeof(request),
			    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.wanted = { .sdiag_family = AF_UNIX,
			    .udiag_states = UINT32_MAX,
			    .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS },
	};

	return send(fd, &request, sizeof(request), 0) < 0 ? -1 : 0;
}

/*
 * The kernel answers before it returns from the request, and before it returns from each answer. 0; -1
 * with errno.
 */
static int
take_answers(int fd, void (*each)(const struct sockdiag *message, void *context), void *context)
{
	char bytes[MESSAGES];
	struct sockdiag message;

	for (;;) {
		ssize_t size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		size_t taken;

		if (size < 0)
			return -1;
		errno = EPROTO;
		if (!size)
			return -1;
		for (size_t at = 0; at < (size_t)size; at += taken) {
			taken = sockdiag_decode(bytes + at, (size_t)size - at, &message);
			if (!taken)
				return -1;
			if (message.kind == SOCKDIAG_END) {
				errno = message.error;
				return message.error ? -1 : 0;
			}
			if (message.kind == SOCKDIAG_BOUND)
				each(&message, context);
		}
	}
}

int
sockdiag_each(void (*each)(const struct sockdiag *message, void *context), void *context)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), result, error;

	if (fd < 0)
		return -1;
	result = ask(fd);
	if (!result)
		result = take_answers(fd, each, context);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

int
sockdiag_file(int fd)
{
	return ioctl(fd, SIOCUNIXFILE);
}

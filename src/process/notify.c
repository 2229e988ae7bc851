/* SPDX-License-Identifier: MIT */
#include "process/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char message[] = "READY=1";

static int
send_ready(const struct sockaddr_un *address, socklen_t length)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;
	ssize_t size;

	if (fd < 0)
		return -1;
	do
		size = sendto(fd, message, strlen(message), MSG_NOSIGNAL,
			      (const struct sockaddr *)address, length);
	while (size < 0 && errno == EINTR);
	error = errno;
	close(fd);
	errno = error;
	return size < 0 ? -1 : 0;
}

int
notify_ready(const char **name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *text = getenv("NOTIFY_SOCKET");
	size_t length = text ? strlen(text) : 0;

	*name = text;
	if (!text || !length) {
		errno = EDESTADDRREQ;
		return -1;
	}
	if (*text != '/' && *text != '@') {
		errno = EAFNOSUPPORT;
		return -1;
	}
	if (length >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, text, length);
	if (*text == '@')
		address.sun_path[0] = '\0';
	return send_ready(&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

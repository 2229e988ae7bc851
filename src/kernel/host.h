/* SPDX-License-Identifier: MIT */
/* The names of the machine, one set for each UTS namespace: uts_namespaces(7). */
#ifndef BUTTER_HOST_H
#define BUTTER_HOST_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/say.h"

enum { HOST_MAX = 64 }; /* bytes of a name, __NEW_UTS_LEN */

/* Advice for errors of host_rename and host_join; of host_name and host_domain. */
extern const struct hint host_hints[], host_read_hints[];

/* Copies the host name as the kernel has it; -1 with errno ENOSYS or EPERM (seccomp); uname(2). */
int host_name(char name[HOST_MAX + 1]);

/* The same for the NIS domain name; "(none)" where nobody has set one. */
int host_domain(char name[HOST_MAX + 1]);

/* The first two numbers of the kernel's version, 0 where it does not say; uname(2). */
void host_kernel(unsigned *major, unsigned *minor);

/* Sets the host name. -1 with errno EINVAL (over 64 bytes), EPERM (needs CAP_SYS_ADMIN);
 * sethostname(2). */
int host_rename(const char *name, size_t length);

/* Sets the NIS domain name; setdomainname(2), errors as above. */
int host_join(const char *name, size_t length);

/*
 * Whether NAME is a host name by RFC 1123 section 2.1: labels of 1 to 63 letters,
 * digits and inner hyphens, joined by dots. On false *WRONG says in words what is not.
 */
bool host_is_valid(const char *name, size_t length, const char **wrong);

/*
 * The name in the text of a file such as /etc/hostname: the first line that is neither blank
 * nor a comment (#), without outer blanks. NULL when there is none; it may hold NUL bytes.
 */
const char *host_find(const char *text, size_t size, size_t *length);

#endif

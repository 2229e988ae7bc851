/* SPDX-License-Identifier: MIT */
/* Telling the service manager that started us: sd_notify(3), without its library. */
#ifndef BUTTER_NOTIFY_H
#define BUTTER_NOTIFY_H

/*
 * Sends READY=1 to the socket that NOTIFY_SOCKET names: a path, or @ and a name in the
 * abstract namespace. *NAME is the variable's text, NULL where it is not set. Waits
 * while the receiver's queue is full. -1 with errno: EDESTADDRREQ (not set, or empty),
 * EAFNOSUPPORT (no form that is known), ENAMETOOLONG (unix(7): 107 bytes), or that of
 * socket(2) and sendto(2), such as ENOENT, EACCES, ECONNREFUSED.
 */
int notify_ready(const char **name);

#endif

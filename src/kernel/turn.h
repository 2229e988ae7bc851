/* SPDX-License-Identifier: MIT */
/* One process after the other, where several do the same: flock(2). */
#ifndef BUTTER_TURN_H
#define BUTTER_TURN_H

#include <stdbool.h>

/*
 * Waits until nobody else has taken the turn at what FD, which may be -1, is open as; closing it lets the
 * next one go on. False: not in so many MILLISECONDS, or it cannot be.
 */
bool turn_take(int fd, int milliseconds);

#endif

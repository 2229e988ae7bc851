/* SPDX-License-Identifier: MIT */
/* Fields of comma-separated values, RFC 4180. */
#ifndef BUTTER_CSV_H
#define BUTTER_CSV_H

#include "cli/buffer.h"

/* Appends TEXT as one field, in quotes where it needs them; also at outer blanks, which some readers
 * strip otherwise. */
void csv_field(struct buffer *buffer, const char *text, size_t length);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What arguments are compared with: `0x7f`, `-100`, `AF_INET`, `O_WRONLY|O_CREAT`,
 * `~(PROT_READ|PROT_EXEC)`.
 */
#ifndef BUTTER_VALUE_H
#define BUTTER_VALUE_H

#include "policy/scan.h"

struct value {
	uint64_t bits;
	bool is_negative;   /* it, or a part of it, is below 0 */
	bool is_complement; /* ~ was used: as many bits are meant as there are */
};

/* Reads one on scan->arch. False: it was wrong, which has been added to the problems. */
bool value_read(struct scan *scan, struct value *value);

/* Whether it fits into 32 bits, with or without a sign. */
bool value_is_narrow(const struct value *value);

#endif

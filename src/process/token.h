/* SPDX-License-Identifier: MIT */
/*
 * A token of an eventfd: who has one may run. It is taken from the counter, or asked of a keeper (keeper.h),
 * who knows then who has it.
 */
#ifndef BUTTER_TOKEN_H
#define BUTTER_TOKEN_H

#include <stdbool.h>

/* What is said about a token, a byte each. */
enum {
	TOKEN_GRANTED = 'g', /* by the keeper */
	TOKEN_WAIT = 'w',    /* so too: there is none now */
	TOKEN_USED = 'u',    /* who says so uses it from now on, besides who has asked for it */
	TOKEN_BACK = 'b',    /* nobody does any more */
};

struct token {
	int eventfd;
	int keeper;       /* his socket; -1: there is none */
	int channel;      /* to him, since token_ask; -1 */
	bool is_answered; /* it is known by now whether there was one */
};

/* Asks the keeper, if there is one. -1 with errno EPIPE (he has ended), EMFILE, ENFILE, ENOMEM. */
int token_ask(struct token *token);

/* What is readable when there may be a token. */
int token_fd(const struct token *token);

/*
 * Takes a token if there is one, without waiting: 1, or 0; -1 with errno EPIPE (the keeper has ended, or
 * cannot take one more: his ulimit -n), or as eventfd_take_one.
 */
int token_take(struct token *token);

/* The token that was taken goes back. -1 with errno as eventfd_add. */
int token_give(struct token *token);

/* As that where none has been taken: it is not asked for any more. */
void token_close(struct token *token);

#endif

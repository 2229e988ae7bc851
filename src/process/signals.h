/* SPDX-License-Identifier: MIT */
/*
 * What this process does about signals, undone for the commands that it starts: they find
 * dispositions and mask as this process has found them.
 */
#ifndef BUTTER_SIGNALS_H
#define BUTTER_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

/* Ignores SIGNAL until signals_restore; sigaction(2). */
void signals_ignore(int signal);

/* Ignores all that signals_watch catches: for a process that ends with the one that started it. */
void signals_ignore_endings(void);

/* SIGNAL gets the disposition again that it had before this module changed it. */
void signals_restore(int signal);

/*
 * Catches the signals that ask to end (HUP, INT, QUIT, TERM), but for those that were ignored,
 * and lets the ends of children be waited for even if this process was started with SIGCHLD
 * ignored. A signal that comes for the second time has its default action. Returns the
 * descriptor that becomes readable when one has come, or -1 with errno EMFILE or ENFILE.
 * signals_unwatch ends it.
 */
int signals_watch(void);
void signals_unwatch(void);

/* As signals_unwatch, but the ends of children can be waited for still: there may be others. */
void signals_unwatch_endings(void);

/* Lets the ends of children be waited for even if this process was started with SIGCHLD ignored. */
void signals_let_wait(void);

/*
 * Children that end from now on leave no zombies, and nobody waits for them: the kernel sees to that,
 * whatever this process does meanwhile. CHLD tells of each still. SA_NOCLDWAIT of sigaction(2).
 */
void signals_let_go(void);

/*
 * The descriptor of signals_watch becomes readable also when a child ends: for kernels without
 * pidfds.
 */
void signals_watch_children(void);

/*
 * Lets the kernel reap the children of this process, also those that come to process 1 (SA_NOCLDWAIT;
 * sigaction(2)): for who never waits for one. SIGCHLD comes still.
 */
void signals_disown_children(void);

/*
 * The first signal that asked to end, or 0; *SHARED: the terminal sent it, to the commands as
 * well.
 */
int signals_ending(bool *shared);

/* Makes the descriptor of signals_watch unreadable until the next signal. */
void signals_take(void);

/*
 * Ends this process by the signal that asked to end, as if it had not been caught. Returns only where
 * that has no effect, in process 1: the status that others would see.
 */
int signals_end(void);

/*
 * Ends this process by SIGNAL, as a command for which it stands was ended, without a core of its own. Returns
 * 128 + SIGNAL where that has no effect: in process 1.
 */
int signals_end_by(int signal);

/*
 * Lets process 1 of a pid namespace be ended by the signals that ask for it, with 128 + the signal: the
 * kernel ignores those without a handler there; pid_namespaces(7). Elsewhere it does nothing.
 */
void signals_end_init(void);

/*
 * All signals that would end this process, but for those of its own mistakes, call UNDO, which is
 * async-signal-safe, and end it then, as they would without; but for those that were ignored.
 */
void signals_end_with(void (*undo)(void));

/*
 * Blocks the signals of SET: they wait, or come from a descriptor (kernel/signalfd.h). Commands find those
 * of them blocked alone that this process found so.
 */
void signals_block(const sigset_t *set);

/*
 * For starting a command: hold blocks all signals, and in the child inherit makes it as this
 * process was found, and changes no memory; release is for the parent. Nothing is delivered to
 * handlers of the parent in the child.
 */
void signals_hold(void);
void signals_release(void);
void signals_inherit(void);

/* Each signal has its default action, those that were ignored, too, as if this process had found it so. */
void signals_clear(void);

/* As signals_inherit, for a process of ours: signals that ask to end are ignored from its first moment on. */
void signals_inherit_without_endings(void);

#endif

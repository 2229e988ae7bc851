/* SPDX-License-Identifier: MIT */
/*
 * Running from a copy of the program's file: who can see this process in /proc, and has the rights, could
 * else open that file by /proc/PID/exe, or have it run again as the command, and change it for all who run it
 * later (CVE-2019-5736).
 *
 * The copy is one in memory: it needs no rights, and nothing that can be done inside leads to the file. It
 * takes 0.5 ms; a read-only bind of the file (open_tree(2)) takes 0.03 ms, but is the file itself, needs
 * CAP_SYS_ADMIN and Linux 5.12, and rests on the kernel's letting nobody change a mount that is nowhere.
 */
#ifndef BUTTER_SEALED_H
#define BUTTER_SEALED_H

/*
 * Begins again as WORDS, from a copy in memory that nobody can change; memfd_create(2). 0: this process runs
 * from such a copy. Else -1 with errno of memfd_make, ENOENT (no /proc, and the program's name leads
 * nowhere), EACCES (vm.memfd_noexec), and nothing has changed.
 */
int sealed_become(char **words);

/*
 * Until the next exec nobody can look into this process, or what its descriptors lead to, but who may trace
 * all processes of the user namespace that it was started in; prctl(2), PR_SET_DUMPABLE.
 */
void sealed_hide(void);

#endif

/* sandbox: least privilege for a server that listens: it runs no program, opens no file and gains
 * no right any more, whatever a peer makes of it. sandbox_linux.c: no_new_privs (prctl(2)),
 * landlock(7), seccomp(2); sandbox_none.c: nothing. */
#ifndef SOCKKIT_CLI_SANDBOX_H
#define SOCKKIT_CLI_SANDBOX_H

#include <stdbool.h>

/* From here on no file can be opened; those open stay usable, and unlinkat(2) works in the
 * directories given (-1: none). A mechanism that the kernel lacks is left out; returns how many are
 * in force. Call tzset(3) before, where local times are printed after. */
int sandbox_enter(const int *directories, int count);

#endif

/* sandbox_calls: which system calls are left to a confined process. Linux alone. */
#ifndef SOCKKIT_CLI_SANDBOX_CALLS_H
#define SOCKKIT_CLI_SANDBOX_CALLS_H

#include <stdbool.h>

/* Leaves this process the calls that its needs (sandbox.h) ask for, and unlinkat(2) if it removes
 * files; all others, and those of another architecture's table, fail with EPERM. False: the kernel
 * lacks seccomp(2), or no_new_privs is not set, or this architecture is not known. */
bool sandbox_calls_restrict(unsigned needs, bool removes);

#endif

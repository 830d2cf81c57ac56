/* sandbox: least privilege for a server that listens, whatever a peer makes of it. On Linux: no
 * capability, no_new_privs (prctl(2)), landlock(7), and a seccomp(2) filter that is a list of the
 * calls a server still makes; any other call fails with EPERM. sandbox_linux.c does it,
 * sandbox_calls_linux.c has the list, sandbox_none.c is for systems without. */
#ifndef SOCKKIT_CLI_SANDBOX_H
#define SOCKKIT_CLI_SANDBOX_H

/* What a server does beyond serving those who come. */
enum {
    SANDBOX_DIALS = 1,    /* opens sockets of its own and connects them */
    SANDBOX_LOOKS_UP = 2, /* looks names up: forks a child that reads the system's files */
    SANDBOX_ABSTRACT = 4, /* sends datagrams to abstract Unix names that others have bound */
    SANDBOX_RUNS = 8      /* runs commands: then there is no sandbox, for they would be in it */
};

/* The mechanisms that are in force. */
enum {
    SANDBOX_FILES = 1, /* landlock */
    SANDBOX_CALLS = 2  /* seccomp */
};

/* Not for SANDBOX_RUNS. From here on no file can be opened; those open stay usable, and unlinkat(2)
 * works in the directories given (-1: none). A mechanism that the kernel lacks is left out; returns
 * those in force. Call tzset(3) before, where local times are printed after. Not undone, and
 * inherited by children. */
int sandbox_enter(unsigned needs, const int *directories, int count);

#endif

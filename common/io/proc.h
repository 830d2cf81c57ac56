/* proc: children that run a command with a socket as stdin and stdout (-e). Each leads a process
 * group of its own, so that what it starts can be ended with it. */
#ifndef SOCKKIT_IO_PROC_H
#define SOCKKIT_IO_PROC_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/base/addr.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/loop/sig.h"

struct proc {
    pid_t pid;  /* 0: not running */
    int status; /* its exit status, 128+N by signal N; once ended */
    int signal; /* N; 0: it ended by itself */
    void (*ended)(struct proc *p);
    struct proc *next;
    bool hung_up;
};

/* All children of one owner. */
struct proc_group {
    struct loop *loop;
    struct proc *running;
    struct doomed *doomed; /* process groups whose peer has gone */
    bool stopping;
    struct sig_watch child_signal;
};

/* Watches SIGCHLD, reaps every child (the owner has no others) and what commands leave behind, and
 * sets close-on-exec on every inherited descriptor above 2, so that children hold none. */
void proc_group_start(struct proc_group *g, struct loop *loop);

/* The connection of a command. */
struct proc_socket {
    int fd; /* the caller's */
    struct addr peer;
    struct addr local; /* {0}: the address that the system has for it (getsockname(2)) */
};

/* Runs /bin/sh -c command with the socket as stdin and stdout (made blocking), and the UCSPI
 * variables set from its ends. p->ended, set before, is called from the loop when the command has
 * ended. -1 with a cause. A child that cannot become the command tells why, and ends with status 1
 * (127 or 126: there is no shell). */
int proc_spawn(struct proc_group *g, struct proc *p, const char *command,
               const struct proc_socket *socket, struct cause *cause);

/* The peer of a command has gone: SIGHUP to its process group, and SIGKILL 2 s later to what is
 * left of it. Also when it is not running. */
void proc_hang_up(struct proc_group *g, struct proc *p);

/* Narrates, with -v, what the command of the peer so called has ended with. */
void proc_note_end(const struct proc *p, const char *peer);

/* SIGTERM to all groups, SIGKILL after 2 s to those that still have members; returns when all
 * children have ended. Runs the loop meanwhile. */
void proc_group_stop(struct proc_group *g);

#endif

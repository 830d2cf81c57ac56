/* proc: children that run a command with a socket as stdin and stdout (-e). Each leads a process
 * group of its own, so that what it starts can be ended with it. */
#ifndef SOCKKIT_IO_PROC_H
#define SOCKKIT_IO_PROC_H

#include <sys/types.h>

#include "common/base/addr.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/loop/sig.h"

struct proc {
    pid_t pid;  /* 0: not running */
    int status; /* its exit status, 128+N by signal N; once ended */
    void (*ended)(struct proc *p);
    struct proc *next;
};

/* All children of one owner. */
struct proc_group {
    struct loop *loop;
    struct proc *running;
    bool stopping;
    struct sig_watch child_signal;
};

/* Watches SIGCHLD, reaps every child (the owner has no others) and what commands leave behind, and
 * sets close-on-exec on every inherited descriptor above 2, so that children hold none. */
void proc_group_start(struct proc_group *g, struct loop *loop);

/* Runs /bin/sh -c command with fd as stdin and stdout (made blocking), the UCSPI variables set from
 * the two addresses of the connection. `ended` is called from the loop when it has ended. The
 * caller keeps fd. -1 with a cause. */
int proc_spawn(struct proc_group *g, struct proc *p, const char *command, int fd,
               const struct addr *local, const struct addr *peer, void (*ended)(struct proc *p),
               struct cause *cause);

/* SIGTERM to all groups, SIGKILL after 2 s to those that still have members; returns when all
 * children have ended. Runs the loop meanwhile. */
void proc_group_stop(struct proc_group *g);

#endif

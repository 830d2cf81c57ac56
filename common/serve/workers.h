/* workers: several processes that do the same work with the same open sockets, and their parent,
 * which does none of it: signals and --max-time reach the parent, and it tells the workers to end.
 * A worker that has ended is not replaced. */
#ifndef SOCKKIT_SERVE_WORKERS_H
#define SOCKKIT_SERVE_WORKERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/cli/applet.h"
#include "common/loop/sig.h"

struct workers {
    struct call *call;
    int index;             /* of this worker, from 0; -1 in the parent */
    pid_t *pids;           /* owned; 0 for one that has ended */
    int count, left, idle; /* all; those that run; those that told workers_idle */
    /* One end of a socket pair: the parent has one, the workers share the other. When the parent
     * closes its end, or dies, the workers read end of file and end. A byte from a worker is
     * workers_idle. */
    int line;
    struct watch line_watch;
    struct sig_watch child_signal;
    int status; /* to end with: of the first worker that failed */
};

/* Forks `count` workers. Returns 0 in each process, the parent's too. A worker has a loop of its
 * own (call->loop), which stops when the worker is to end, and ends with workers_leave. -1 with a
 * cause, in the parent alone: no worker runs. */
int workers_start(struct workers *w, struct call *call, int count, struct cause *cause);

/* In a worker: nobody came within -w. When all workers say so, all end, with STATUS_TIMEOUT. */
void workers_idle(struct workers *w);
/* In a worker: ends it. */
_Noreturn void workers_leave(int status);

/* In the parent: tells all workers to end. */
void workers_end(struct workers *w);
/* In the parent: runs the loop until all workers have ended; when the call is over they are told
 * to. Returns the exit status. */
int workers_wait(struct workers *w);

#endif

/* workers: processes that do the same work, forked from one that does none itself: it waits for
 * them, with its own signals and --max-time, and tells them to end. What was opened before is
 * theirs too (sockets that listen). None that ended is started again. */
#ifndef SOCKKIT_SERVE_WORKERS_H
#define SOCKKIT_SERVE_WORKERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/cli/applet.h"
#include "common/loop/sig.h"

struct workers {
    struct call *call;
    int index;   /* which of them this process is, from 0; -1: the one that waits */
    pid_t *pids; /* owned; 0: it has ended */
    int count, left, idle;
    /* A socket between the one and all others. Its end of file tells them to end (they do when the
     * one dies, too); a byte is workers_idle. */
    int line;
    struct watch line_watch;
    struct sig_watch child_signal;
    int status;
};

/* Forks `count` of them. Returns 0 in each process; a worker has a loop of its own (call->loop),
 * which stops when it is to end, and ends with workers_leave. -1 with a cause: none is left. */
int workers_start(struct workers *w, struct call *call, int count, struct cause *cause);

/* A worker has had nobody to serve within -w. When none has had, all end, with STATUS_TIMEOUT. */
void workers_idle(struct workers *w);
/* A worker's end. */
_Noreturn void workers_leave(int status);

/* Tells all to end. */
void workers_end(struct workers *w);
/* Runs the loop until all have ended, as they do when the call is over. Returns the exit status: of
 * a worker that failed, if any did. */
int workers_wait(struct workers *w);

#endif

/* sig: signals as events of the loop (a self-pipe; POSIX sigaction). Handlers are the process's, so
 * there is one of it. */
#ifndef SOCKKIT_LOOP_SIG_H
#define SOCKKIT_LOOP_SIG_H

#include <signal.h>
#include <sys/types.h>

#include "common/loop/loop.h"

/* Who is told of a signal; embedded in its owner. */
struct sig_watch {
    int signal;
    void (*caught)(struct sig_watch *w);
    struct sig_watch *next;
};

/* SIGPIPE and SIGXFSZ are ignored from here on: a peer that is gone and a file that may not grow
 * (RLIMIT_FSIZE) are errors, not the end. -1 with errno where there is no descriptor for the pipe:
 * then nobody would clean up behind SIGTERM. */
int sig_start(struct loop *loop);
/* In a child of fork(2) that goes on with a loop of its own: its signals come to that loop, and the
 * watches stay. -1 with errno: as above, and signals go to the parent's loop. */
int sig_forked(struct loop *loop);
/* Nobody is told any more. The loop may have been freed. */
void sig_stop(void);

/* Readable while a signal has come that the loop has not told yet; -1: there is none. */
int sig_descriptor(void);

/* Calls `caught` from the loop. A signal that was ignored when the program started (nohup) stays
 * ignored, SIGCHLD aside. */
void sig_watch(struct sig_watch *w, int signal, void (*caught)(struct sig_watch *w));
/* A signal that nobody watches any more has its default action again. Also when it was never
 * watched ({0}). */
void sig_unwatch(struct sig_watch *w);

/* fork(2) for a child that becomes another program, or none of whose signals are ours: it has
 * default actions and nothing blocked, and no signal sent to it is told here. -1 with errno. */
pid_t sig_fork(void);

/* Ends the program by this signal; returns only where the signal has no such effect (PID 1). */
void sig_end(int signal);

#endif

/* loop: one thread waits for descriptors and timers. Watches and timers are embedded in
 * their owner, never indexed by descriptor, so that a reused descriptor cannot receive a stale
 * event. loop_epoll.c and loop_poll.c do the waiting; loop.c the rest. Time is CLOCK_MONOTONIC in
 * nanoseconds. */
#ifndef SOCKKIT_LOOP_LOOP_H
#define SOCKKIT_LOOP_LOOP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
    /* error or full hang-up alone; implied by the other two, which then see it as their own */
    LOOP_HANGUP = 4,
};

struct loop;

struct watch {
    void (*ready)(struct watch *w, unsigned events);
    struct loop *loop; /* NULL: not watching */
    int fd;
    unsigned want; /* 0: rests */
    bool always;   /* the system cannot wait for it (a regular file): ready at every turn */
    size_t place;  /* the backend's */
};

struct timer {
    void (*fired)(struct timer *t);
    struct loop *loop;
    int64_t due;
    size_t place; /* in the heap, from 1; 0: not running */
};

/* Work for the end of the turn: where owners free themselves. */
struct later {
    void (*run)(struct later *l);
    struct later *next;
    bool queued;
};

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Runs for so many ns (at least one turn), or until somebody else stops the loop. */
void loop_run_for(struct loop *loop, int64_t ns);

/* True for the errors of a call that has nothing to do yet (EAGAIN, EWOULDBLOCK) or was interrupted
 * by a signal (EINTR): it is made again when the loop says so. */
static inline bool loop_not_yet(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* The time at which this turn began (that is, its wait ended); outside loop_run, the time. */
int64_t loop_now(const struct loop *loop);
int64_t loop_clock(void); /* the time now, in the middle of a turn too */

/* Level-triggered: `ready` is called as long as an event that is wanted holds. The watch must stay
 * where it is until watch_stop; a watch stopped in the middle of a turn gets no further call. It
 * was {0} or stopped before; one watch a descriptor. */
void watch_start(struct loop *loop, struct watch *w, int fd, unsigned want,
                 void (*ready)(struct watch *, unsigned));
void watch_want(struct watch *w, unsigned want);
void watch_stop(struct watch *w); /* also when it was never started ({0}) */

/* Once, `ns` after loop_now, in a later turn; started again it forgets the earlier time. {0} before
 * its first start. */
void timer_start(struct loop *loop, struct timer *t, int64_t ns, void (*fired)(struct timer *));
void timer_stop(struct timer *t);

static inline bool timer_running(const struct timer *t) { return t->place != 0; }

void later_run(struct loop *loop, struct later *l, void (*run)(struct later *));
/* Does now what was put off; not from within a turn. */
void loop_settle(struct loop *loop);

/* --- the backend (loop_epoll.c, loop_poll.c): one per loop --- */
struct loop_backend;
struct loop_backend *backend_new(void);
void backend_free(struct loop_backend *b);
/* Takes note of w->want (0: leaves). Sets w->always where the system refuses (EPERM). */
void backend_set(struct loop_backend *b, struct watch *w);
/* A watch goes. */
void backend_forget(struct loop_backend *b, struct watch *w);
/* Waits at most `ms` (negative: for ever) and reports each watch that is ready. */
void backend_wait(struct loop_backend *b, int ms);
/* For backend_wait, in loop.c: `ready` is called once the wait is over. An error or hang-up is
 * LOOP_HANGUP here, and what w->want does not name is harmless. */
void loop_report(struct watch *w, unsigned events);

#endif

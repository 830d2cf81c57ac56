/* loop: one thread waits for descriptors and timers. Watches and timers are embedded in their
 * owner, never indexed by descriptor, so that a reused descriptor cannot receive a stale event.
 * Time is CLOCK_MONOTONIC in nanoseconds. The waiting itself is the backend's: loop_epoll.c or
 * loop_poll.c.
 *
 * An event that changes nothing is never waited for again without a timer: a `ready` whose call
 * failed, or brought nothing, says so (watch_stalled), and the loop lets the watch rest. */
#ifndef SOCKKIT_LOOP_LOOP_H
#define SOCKKIT_LOOP_LOOP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

/* Once, at a time. {0} before its first start. */
struct timer {
    void (*fired)(struct timer *t);
    struct loop *loop;
    int64_t due;
    size_t place; /* in the heap, from 1; 0: not running */
};

/* What a watch can be told of. */
enum {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
    /* An error or a full hang-up. A watch that wants one of the other two is told of it as that,
     * for then a read or write tells more. */
    LOOP_HANGUP = 4,
};

/* {0} before its first start. */
struct watch {
    void (*ready)(struct watch *w, unsigned events);
    struct loop *loop; /* NULL: not watching */
    int fd;
    unsigned char want; /* the events that the owner waits for; 0: none */
    /* private */
    bool stalled;         /* said in the call at hand */
    unsigned char stalls; /* calls in a row that said so */
    unsigned char how;    /* the backend's; so is the place */
    size_t place;         /* 0: the system waits for no event of it */
    struct rest *rest;    /* NULL: it has had none */
};

/* Work for the end of the turn: where owners free themselves. {0} before its first use. */
struct later {
    void (*run)(struct later *l);
    struct later *next;
};

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Runs until loop_stop. A turn is: wait, call the watches that are ready, the timers that are due,
 * then the laters. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Runs for so many ns (at least one turn), or until somebody else stops the loop. */
void loop_run_for(struct loop *loop, int64_t ns);

/* The errno of a wait that failed, for which the loop was stopped: no event will be heard of any
 * more, and the program has to end. 0: none. Run all the same, the loop goes on with its timers. */
int loop_error(const struct loop *loop);

/* True for the errors of a call that has nothing to do yet (EAGAIN, EWOULDBLOCK) or was interrupted
 * by a signal (EINTR): it is made again when the loop says so. */
static inline bool loop_not_yet(int error) {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

/* The time at which this turn began (that is, its wait ended); outside loop_run, the time. */
int64_t loop_now(const struct loop *loop);
/* The time now, in the middle of a turn too. */
int64_t loop_clock(void);

/* Calls `ready` as long as an event that is wanted holds (level-triggered). The watch must stay
 * where it is until watch_stop, after which it gets no call, not in this turn either. One watch a
 * descriptor. A regular file, which no system can wait for, is ready at every turn. */
void watch_start(struct loop *loop, struct watch *w, int fd, unsigned want,
                 void (*ready)(struct watch *, unsigned));
void watch_want(struct watch *w, unsigned want);
void watch_stop(struct watch *w); /* also when it was never started */

/* Said from within a `ready` that did nothing at all: its first call failed with "not yet", or with
 * an error that may come again. A few of them in a row are usual. After them, if the event still
 * holds, the watch rests: a millisecond at first and twice as long each time, up to a second, until
 * a call is made that does not say so, or the owner wants other events. Returns true when those few
 * are over. Does nothing to a watch that was stopped in this very call. */
bool watch_stalled(struct watch *w);

/* `ns` after loop_now, in a later turn (0: the next). Started again it forgets the earlier time. */
void timer_start(struct loop *loop, struct timer *t, int64_t ns, void (*fired)(struct timer *));
void timer_stop(struct timer *t); /* also when it was never started */

/* For the `fired` of a timer that measures a silence: something may have happened since it was
 * started, at `since` (loop_now). Starts it again for what is left of the `ns` then; false: they
 * are over. */
bool timer_put_off(struct timer *t, int64_t since, int64_t ns);

static inline bool timer_running(const struct timer *t) { return t->place != 0; }

void later_run(struct loop *loop, struct later *l, void (*run)(struct later *));
/* Runs the laters now; not from within a turn. */
void loop_settle(struct loop *loop);

/* Somebody who is told what the program waits for (--trace). */
struct loop_observer {
    /* The loop waits for these events of the descriptor from now on; 0: for none. */
    void (*wants)(int fd, unsigned want);
    /* Nothing is ready: the loop will sleep, for so many ms at most (negative: for ever). */
    void (*sleeps)(int ms);
};

/* NULL: nobody. Of every loop, from its first watch on. */
void loop_observe(const struct loop_observer *observer);

/* --- the backend, one for each loop --- */

struct loop_backend;
struct loop_backend *backend_new(void);
void backend_free(struct loop_backend *b);
/* Waits for these events of the watch from now on; 0: for none. What the system refuses to wait for
 * the backend looks at itself. */
void backend_set(struct loop_backend *b, struct watch *w, unsigned want);
/* Waits at most `ms` (negative: for ever) and reports each watch that is ready. Returns 0; -1 with
 * errno: EINTR, a signal ended the wait, or why no watch can be waited for. */
int backend_wait(struct loop_backend *b, int ms);
/* For backend_wait: `ready` is called once the wait is over. An error or hang-up is LOOP_HANGUP
 * here; events that w->want does not name are ignored. */
void loop_report(struct watch *w, unsigned events);

#endif

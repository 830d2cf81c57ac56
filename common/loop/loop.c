#include "common/loop/loop.h"

#include <assert.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "common/base/mem.h"

/* A watch that says so often in a row that its event changed nothing has its first rest, which each
 * further time doubles. */
#define STALLS_USUAL 16
#define REST_FIRST (INT64_C(1) * 1000000)
#define REST_DOUBLINGS 10 /* to about a second */

#define INTERRUPTED_MOST \
    1000                /* waits in a row that a signal ends; more are a failure of the wait */
#define FAILED_PAUSE 10 /* ms from a wait that failed to the next turn */

struct report {
    struct watch *watch; /* NULL: stopped since */
    unsigned events;
};

struct loop {
    struct loop_backend *backend;
    int64_t now;
    bool running, stopped;
    int error;            /* of a wait */
    unsigned interrupted; /* waits in a row */

    struct report *batch; /* what the last wait brought */
    size_t batch_size, batch_capacity;

    struct timer **heap; /* heap[1] is due first */
    size_t heap_size, heap_capacity;

    struct later *laters, **laters_end;
};

static const struct loop_observer *observed_by;

void loop_observe(const struct loop_observer *observer) { observed_by = observer; }

int64_t loop_clock(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t loop_now(const struct loop *loop) { return loop->running ? loop->now : loop_clock(); }

/* --- watches --- */

/* Of a watch whose event changes nothing, until it is asked for again. */
struct rest {
    struct timer over;
    struct watch *watch;
};

static void rest_stop(struct watch *w) {
    if (w->rest) timer_stop(&w->rest->over);
}

static void ask_backend(struct loop_backend *b, struct watch *w, unsigned want) {
    backend_set(b, w, want);
    if (observed_by) observed_by->wants(w->fd, want);
}

void watch_start(struct loop *loop, struct watch *w, int fd, unsigned want,
                 void (*ready)(struct watch *, unsigned)) {
    assert(!w->loop);
    *w = (struct watch){.ready = ready, .loop = loop, .fd = fd, .want = (unsigned char)want};
    ask_backend(loop->backend, w, want);
}

void watch_want(struct watch *w, unsigned want) {
    assert(w->loop);
    if (w->want == want) return;
    w->want = (unsigned char)want;
    rest_stop(w);
    ask_backend(w->loop->backend, w, want);
}

void watch_stop(struct watch *w) {
    struct loop *loop = w->loop;
    if (!loop) return;
    rest_stop(w);
    free(w->rest);
    w->rest = NULL;
    ask_backend(loop->backend, w, 0);
    w->loop = NULL;
    for (size_t i = 0; i < loop->batch_size; i++)
        if (loop->batch[i].watch == w) loop->batch[i].watch = NULL;
}

void loop_report(struct watch *w, unsigned events) {
    struct loop *loop = w->loop;
    loop->batch =
        mem_grow(loop->batch, &loop->batch_capacity, loop->batch_size + 1, sizeof *loop->batch);
    loop->batch[loop->batch_size++] = (struct report){w, events};
}

bool watch_stalled(struct watch *w) {
    w->stalled = true;
    return w->stalls >= STALLS_USUAL;
}

static void rest_over(struct timer *t) {
    struct watch *w = container_of(t, struct rest, over)->watch;
    ask_backend(w->loop->backend, w, w->want);
}

/* False: another process that has the descriptor took what there was, and the event is over. */
static bool still_holds(const struct watch *w) {
    struct pollfd p = {.fd = w->fd};
    if (w->want & LOOP_READ) p.events |= POLLIN;
    if (w->want & LOOP_WRITE) p.events |= POLLOUT;
    return poll(&p, 1, 0) > 0;
}

static void rest_start(struct watch *w, int64_t time) {
    if (!w->rest) w->rest = mem_new(sizeof *w->rest);
    w->rest->watch = w;
    ask_backend(w->loop->backend, w, 0);
    timer_start(w->loop, &w->rest->over, time, rest_over);
}

/* Counts the stalls in a row. */
static void note_stall(struct watch *w) {
    if (w->stalled && w->stalls < STALLS_USUAL) {
        w->stalls++;
        return;
    }
    if (!w->stalled || !still_holds(w)) {
        w->stalls = 0;
        return;
    }
    int doublings = w->stalls - STALLS_USUAL;
    if (doublings < REST_DOUBLINGS) w->stalls++;
    rest_start(w, REST_FIRST << doublings);
}

/* The owner may have changed its mind since the wait. */
static unsigned wanted_events(const struct watch *w, unsigned events) {
    unsigned both = LOOP_READ | LOOP_WRITE;
    if ((events & LOOP_HANGUP) && (w->want & both)) events = both;
    return events & w->want;
}

/* Once `ready` has stopped the watch (then the report has none), it may be no more. */
static void call_ready(const struct report *report, unsigned events) {
    struct watch *w = report->watch;
    unsigned want = w->want;
    w->stalled = false;
    w->ready(w, events);
    if (report->watch == w && w->want == want) note_stall(w);
}

static void deliver(struct loop *loop) {
    for (size_t i = 0; i < loop->batch_size; i++) {
        const struct report *report = &loop->batch[i];
        unsigned events = report->watch ? wanted_events(report->watch, report->events) : 0;
        if (events) call_ready(report, events);
    }
    loop->batch_size = 0;
}

/* --- timers: a binary heap --- */

static void heap_set(struct loop *loop, size_t place, struct timer *t) {
    loop->heap[place] = t;
    t->place = place;
}

static void sift_up(struct loop *loop, size_t place, struct timer *t) {
    for (; place > 1 && t->due < loop->heap[place / 2]->due; place /= 2)
        heap_set(loop, place, loop->heap[place / 2]);
    heap_set(loop, place, t);
}

static void sift_down(struct loop *loop, size_t place, struct timer *t) {
    for (;;) {
        size_t child = 2 * place;
        if (child < loop->heap_size && loop->heap[child + 1]->due < loop->heap[child]->due) child++;
        if (child > loop->heap_size || t->due <= loop->heap[child]->due) break;
        heap_set(loop, place, loop->heap[child]);
        place = child;
    }
    heap_set(loop, place, t);
}

void timer_start(struct loop *loop, struct timer *t, int64_t ns, void (*fired)(struct timer *)) {
    timer_stop(t);
    int64_t now = loop_now(loop);
    if (ns < 1) ns = 1; /* not in this turn, which a timer that starts itself again would hold up */
    t->due = ns > INT64_MAX - now ? INT64_MAX : now + ns;
    t->fired = fired;
    t->loop = loop;
    loop->heap =
        mem_grow(loop->heap, &loop->heap_capacity, loop->heap_size + 2, sizeof *loop->heap);
    sift_up(loop, ++loop->heap_size, t);
}

void timer_stop(struct timer *t) {
    if (!timer_running(t)) return;
    struct loop *loop = t->loop;
    size_t place = t->place;
    struct timer *last = loop->heap[loop->heap_size--];
    t->place = 0;
    if (last == t) return;
    if (place > 1 && last->due < loop->heap[place / 2]->due)
        sift_up(loop, place, last);
    else
        sift_down(loop, place, last);
}

bool timer_put_off(struct timer *t, int64_t since, int64_t ns) {
    int64_t left = ns - (loop_now(t->loop) - since);
    if (left > 0) timer_start(t->loop, t, left, t->fired);
    return left > 0;
}

static void fire_timers(struct loop *loop) {
    while (loop->heap_size && loop->heap[1]->due <= loop->now) {
        struct timer *t = loop->heap[1];
        timer_stop(t);
        t->fired(t);
    }
}

/* How long the next wait may be: until the first timer is due, rounded up, so that the wait is not
 * over before. Counted from the clock and not from loop->now, for the turn itself may have been
 * long. */
static int milliseconds_left(const struct loop *loop) {
    if (loop->heap_size == 0) return -1;
    int64_t left = loop->heap[1]->due - loop_clock();
    if (left <= 0) return 0;
    int64_t ms = left / 1000000 + (left % 1000000 != 0);
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

/* --- laters --- */

void later_run(struct loop *loop, struct later *l, void (*run)(struct later *)) {
    if (l->run) return;
    *l = (struct later){.run = run};
    *loop->laters_end = l;
    loop->laters_end = &l->next;
}

static void run_laters(struct loop *loop) {
    while (loop->laters) {
        struct later *l = loop->laters;
        loop->laters = l->next;
        if (!loop->laters) loop->laters_end = &loop->laters;
        void (*run)(struct later *) = l->run;
        l->run = NULL;
        run(l); /* which may free it */
    }
}

void loop_settle(struct loop *loop) { run_laters(loop); }

/* --- the loop --- */

struct loop *loop_new(void) {
    struct loop *loop = mem_new(sizeof *loop);
    loop->backend = backend_new();
    loop->laters_end = &loop->laters;
    return loop;
}

void loop_free(struct loop *loop) {
    if (!loop) return;
    backend_free(loop->backend);
    free(loop->batch);
    free(loop->heap);
    free(loop);
}

void loop_stop(struct loop *loop) { loop->stopped = true; }

int loop_error(const struct loop *loop) { return loop->error; }

/* An observer is told of a wait that will sleep, and of no other. */
static int wait_so_long(struct loop *loop, int ms) {
    if (observed_by && ms != 0) {
        if (backend_wait(loop->backend, 0) < 0) return -1;
        if (loop->batch_size > 0) return 0;
        observed_by->sleeps(ms);
    }
    return backend_wait(loop->backend, ms);
}

/* A loop whose waits fail is stopped; run all the same, it must not spin. */
static void wait_for_events(struct loop *loop) {
    int ms = milliseconds_left(loop);
    if (wait_so_long(loop, ms) == 0) {
        loop->interrupted = 0;
        return;
    }
    if (errno == EINTR && ++loop->interrupted <= INTERRUPTED_MOST) return;
    loop->error = errno;
    loop->stopped = true;
    poll(NULL, 0, ms >= 0 && ms < FAILED_PAUSE ? ms : FAILED_PAUSE);
}

void loop_run(struct loop *loop) {
    assert(!loop->running);
    loop->now = loop_clock();
    loop->running = true;
    /* Those queued before the first turn do not wait for an event. */
    for (run_laters(loop); !loop->stopped; run_laters(loop)) {
        wait_for_events(loop);
        loop->now = loop_clock();
        deliver(loop);
        fire_timers(loop);
    }
    loop->running = false;
    loop->stopped = false;
}

static void time_over(struct timer *t) { loop_stop(t->loop); }

void loop_run_for(struct loop *loop, int64_t ns) {
    struct timer end = {.place = 0};
    timer_start(loop, &end, ns, time_over);
    loop_run(loop);
    timer_stop(&end);
}

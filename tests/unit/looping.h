/* looping: what the tests of the loop are made of: one loop, and watches that count. */
#ifndef TEST_LOOPING_H
#define TEST_LOOPING_H

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/loop/loop.h"
#include "unit.h"

#define MS INT64_C(1000000)

/* A watch that counts its calls, and does one thing at each. */
struct peer {
    struct watch watch;
    unsigned calls, seen;
    void (*act)(struct peer *p);
    struct peer *other;
};

static struct loop *loop;

static inline void peer_ready(struct watch *w, unsigned events) {
    struct peer *p = container_of(w, struct peer, watch);
    p->calls++;
    p->seen |= events;
    if (p->act) p->act(p);
}

static inline void peer_start(struct peer *p, int fd, unsigned want) {
    watch_start(loop, &p->watch, fd, want, peer_ready);
}

static inline void stop_run(struct timer *t) { loop_stop(t->loop); }

static inline void stop_later(struct peer *p) { loop_stop(p->watch.loop); }

/* One turn: a timer that is due at once ends it. */
static inline void run_turn(void) { loop_run_for(loop, 0); }

static inline int64_t clock_ns(void) {
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static inline void make_pair(int fd[2]) {
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
}

static inline void close_pair(const int fd[2]) {
    close(fd[0]);
    close(fd[1]);
}

#endif

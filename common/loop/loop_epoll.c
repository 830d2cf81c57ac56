#include "common/loop/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/mem.h"

/* Where a watch that wants something is. A watch's place is the events that the kernel was last
 * asked for, or its index in `outside`, from 1. */
enum {
    IN_KERNEL,
    ALWAYS_READY, /* outside: the kernel cannot wait for a regular file (EPERM) */
    REFUSED,      /* outside, until the kernel has memory or descriptors for it (ENOMEM, ENOSPC) */
};

/* A batch that comes full makes the next one larger, so that a turn sees all that is ready. */
#define EVENTS_FIRST 64
#define EVENTS_MOST 4096

#define REFUSED_PAUSE 10 /* ms between two looks at what the kernel refused */

struct loop_backend {
    int fd; /* -1: not open yet */
    struct watch **outside;
    size_t outside_count, outside_capacity;
    struct epoll_event *events;
    int events_capacity;
};

static uint32_t kernel_events(unsigned want) {
    return ((want & LOOP_READ) ? (uint32_t)EPOLLIN : 0) |
           ((want & LOOP_WRITE) ? (uint32_t)EPOLLOUT : 0);
}

static unsigned loop_events(uint32_t events) {
    return ((events & EPOLLIN) ? LOOP_READ : 0u) | ((events & EPOLLOUT) ? LOOP_WRITE : 0u) |
           ((events & (EPOLLERR | EPOLLHUP)) ? LOOP_HANGUP : 0u);
}

/* Opened when it is first needed: a run that never waits is spared the call. */
static bool open_epoll(struct loop_backend *b) {
    if (b->fd < 0) b->fd = epoll_create1(EPOLL_CLOEXEC);
    return b->fd >= 0;
}

struct loop_backend *backend_new(void) {
    struct loop_backend *b = mem_new(sizeof *b);
    b->fd = -1;
    b->events_capacity = EVENTS_FIRST;
    b->events = mem_resize(NULL, EVENTS_FIRST, sizeof *b->events);
    return b;
}

void backend_free(struct loop_backend *b) {
    if (b->fd >= 0) close(b->fd);
    free(b->outside);
    free(b->events);
    free(b);
}

/* --- watches --- */

static void join_outside(struct loop_backend *b, struct watch *w, unsigned char how) {
    b->outside =
        mem_grow(b->outside, &b->outside_capacity, b->outside_count + 1, sizeof *b->outside);
    b->outside[b->outside_count++] = w;
    w->place = b->outside_count;
    w->how = how;
}

static void leave_outside(struct loop_backend *b, struct watch *w) {
    struct watch *last = b->outside[--b->outside_count];
    b->outside[w->place - 1] = last;
    last->place = w->place;
    w->place = 0;
    w->how = IN_KERNEL;
}

static bool ask_kernel(struct loop_backend *b, struct watch *w, unsigned want) {
    int op = !w->place ? EPOLL_CTL_ADD : want ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    struct epoll_event event = {.events = kernel_events(want), .data.ptr = w};
    if (!open_epoll(b) || (epoll_ctl(b->fd, op, w->fd, &event) < 0 && op != EPOLL_CTL_DEL))
        return false;
    w->place = want;
    return true;
}

void backend_set(struct loop_backend *b, struct watch *w, unsigned want) {
    if (w->how != IN_KERNEL) {
        if (want == 0) leave_outside(b, w);
        return;
    }
    if (want == w->place || ask_kernel(b, w, want)) return;
    unsigned char how = errno == EPERM ? ALWAYS_READY : REFUSED;
    if (w->place != 0) ask_kernel(b, w, 0);
    join_outside(b, w, how);
}

/* --- waiting --- */

/* Asks the kernel again for what it refused. Returns how long the wait may be. */
static int look_outside(struct loop_backend *b, int ms) {
    for (size_t i = b->outside_count; i-- > 0;) {
        struct watch *w = b->outside[i];
        if (w->how == ALWAYS_READY) {
            if (w->want & (LOOP_READ | LOOP_WRITE)) ms = 0; /* it never hangs up */
            continue;
        }
        leave_outside(b, w);
        if (ask_kernel(b, w, w->want)) continue;
        join_outside(b, w, REFUSED);
        if (ms < 0 || ms > REFUSED_PAUSE) ms = REFUSED_PAUSE;
    }
    return ms;
}

static void report_outside(const struct loop_backend *b) {
    for (size_t i = 0; i < b->outside_count; i++) {
        struct watch *w = b->outside[i];
        uint32_t ready = kernel_events(LOOP_READ | LOOP_WRITE);
        /* the events of poll(2) and epoll(7) are the same bits */
        struct pollfd p = {.fd = w->fd, .events = (short)kernel_events(w->want)};
        if (w->how == REFUSED) ready = poll(&p, 1, 0) > 0 ? (uint32_t)p.revents : 0;
        if (ready) loop_report(w, loop_events(ready));
    }
}

int backend_wait(struct loop_backend *b, int ms) {
    ms = look_outside(b, ms);
    int n = open_epoll(b) ? epoll_wait(b->fd, b->events, b->events_capacity, ms)
                          : poll(NULL, 0, ms); /* then there are watches outside alone */
    if (n < 0) return -1;
    for (int i = 0; i < n; i++)
        loop_report(b->events[i].data.ptr, loop_events(b->events[i].events));
    report_outside(b);
    if (n == b->events_capacity && n < EVENTS_MOST) {
        b->events_capacity *= 2;
        b->events = mem_resize(b->events, (size_t)b->events_capacity, sizeof *b->events);
    }
    return 0;
}

#include "common/loop/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/aside.h"
#include "common/base/mem.h"

/* Who waits for a watch that wants something. Its place is its index in that group, from 1. */
enum {
    IN_KERNEL,
    ALWAYS_READY, /* outside: the kernel cannot wait for a regular file (EPERM) */
    REFUSED,      /* outside, until the kernel has memory or descriptors for it (ENOMEM, ENOSPC) */
};

struct group {
    struct watch **watches;
    size_t count, capacity;
};

/* A batch that comes full makes the next one larger, so that a turn sees all that is ready. */
#define EVENTS_FIRST 64
#define EVENTS_MOST 4096

#define REFUSED_PAUSE 25 /* ms between two looks at what the kernel refused */

struct loop_backend {
    int fd;                       /* -1: not open yet */
    struct group inside, outside; /* the kernel */
    bool busy;                    /* what the kernel refused was ready in the last turn */
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
    if (b->fd >= 0) return true;
    b->fd = aside_move(epoll_create1(EPOLL_CLOEXEC));
    if (!b->events) b->events = mem_resize(NULL, EVENTS_FIRST, sizeof *b->events);
    b->events_capacity = EVENTS_FIRST;
    return b->fd >= 0;
}

struct loop_backend *backend_new(void) {
    struct loop_backend *b = mem_new(sizeof *b);
    b->fd = -1;
    return b;
}

void backend_free(struct loop_backend *b) {
    if (b->fd >= 0) close(b->fd);
    free(b->inside.watches);
    free(b->outside.watches);
    free(b->events);
    free(b);
}

/* --- watches --- */

static void join(struct group *g, struct watch *w, unsigned char how) {
    g->watches = mem_grow(g->watches, &g->capacity, g->count + 1, sizeof *g->watches);
    g->watches[g->count++] = w;
    w->place = g->count;
    w->how = how;
}

static void leave(struct group *g, struct watch *w) {
    struct watch *last = g->watches[--g->count];
    g->watches[w->place - 1] = last;
    last->place = w->place;
    w->place = 0;
}

static int ask_kernel(struct loop_backend *b, int op, struct watch *w, unsigned want) {
    struct epoll_event event = {.events = kernel_events(want), .data.ptr = w};
    return epoll_ctl(b->fd, op, w->fd, &event);
}

static void add(struct loop_backend *b, struct watch *w, unsigned want) {
    bool open = open_epoll(b);
    if (open && ask_kernel(b, EPOLL_CTL_ADD, w, want) == 0)
        join(&b->inside, w, IN_KERNEL);
    else
        join(&b->outside, w, open && errno == EPERM ? ALWAYS_READY : REFUSED);
}

/* What the kernel did not forget it would report when the watch is no more. A new instance knows
 * nothing of it. */
static void begin_anew(struct loop_backend *b) {
    struct group known = b->inside;
    b->inside = (struct group){.count = 0};
    close(b->fd);
    b->fd = -1;
    for (size_t i = 0; i < known.count; i++) add(b, known.watches[i], known.watches[i]->want);
    free(known.watches);
}

static void drop(struct loop_backend *b, struct watch *w) {
    leave(w->how == IN_KERNEL ? &b->inside : &b->outside, w);
    if (w->how != IN_KERNEL || ask_kernel(b, EPOLL_CTL_DEL, w, 0) == 0) return;
    if (errno != EBADF && errno != ENOENT) begin_anew(b); /* a descriptor that was closed is out */
}

void backend_set(struct loop_backend *b, struct watch *w, unsigned want) {
    bool stays = w->place && want;
    if (stays && (w->how != IN_KERNEL || ask_kernel(b, EPOLL_CTL_MOD, w, want) == 0)) return;
    if (w->place) drop(b, w);
    if (want) add(b, w, want);
}

/* --- waiting --- */

static void ask_again(struct loop_backend *b, struct watch *w) {
    leave(&b->outside, w);
    add(b, w, w->want);
}

/* How long the wait may be because of this one; negative: for ever. */
static int longest_wait(const struct loop_backend *b, const struct watch *w) {
    if (w->how == REFUSED) return b->busy ? 0 : REFUSED_PAUSE;
    bool ready = w->how == ALWAYS_READY && w->want & (LOOP_READ | LOOP_WRITE); /* no hang-up */
    return ready ? 0 : -1;
}

/* Asks the kernel again for what it refused. Returns how long the wait may be. */
static int look_outside(struct loop_backend *b, int ms) {
    for (size_t i = b->outside.count; i-- > 0;) {
        struct watch *w = b->outside.watches[i];
        if (w->how == REFUSED) ask_again(b, w);
        int most = longest_wait(b, w);
        if (most >= 0 && (ms < 0 || ms > most)) ms = most;
    }
    return ms;
}

/* What was ready this time may have more, and the next look comes at once. */
static void report_outside(struct loop_backend *b) {
    b->busy = false;
    for (size_t i = 0; i < b->outside.count; i++) {
        struct watch *w = b->outside.watches[i];
        uint32_t ready = kernel_events(w->want & (LOOP_READ | LOOP_WRITE));
        /* the events of poll(2) and epoll(7) are the same bits */
        struct pollfd p = {.fd = w->fd, .events = (short)kernel_events(w->want)};
        if (w->how == REFUSED) ready = poll(&p, 1, 0) > 0 ? (uint32_t)p.revents : 0;
        if (w->how == REFUSED && ready) b->busy = true;
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

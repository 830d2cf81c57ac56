#include "common/loop/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "common/base/mem.h"

/* A watch's place is what the kernel was last asked to wait for, or, when it is an `always` one,
 * its place in that list, from 1. */

/* a batch that comes full makes room for a larger one: a turn is to see everything that is ready */
#define EVENTS_FIRST 64
#define EVENTS_MOST 4096

struct loop_backend {
    int fd;
    struct watch **always; /* those that want something now */
    size_t always_count, always_capacity;
    struct epoll_event *events;
    int events_capacity;
};

static void always_add(struct loop_backend *b, struct watch *w) {
    if (w->place) return;
    b->always = mem_grow(b->always, &b->always_capacity, b->always_count + 1, sizeof *b->always);
    b->always[b->always_count++] = w;
    w->place = b->always_count;
}

static void always_remove(struct loop_backend *b, struct watch *w) {
    if (!w->place) return;
    struct watch *last = b->always[--b->always_count];
    b->always[w->place - 1] = last;
    last->place = w->place;
    w->place = 0;
}

static void set_always(struct loop_backend *b, struct watch *w) {
    if (w->want & (LOOP_READ | LOOP_WRITE))
        always_add(b, w);
    else
        always_remove(b, w);
}

static uint32_t kernel_events(unsigned want) {
    return ((want & LOOP_READ) ? (uint32_t)EPOLLIN : 0) |
           ((want & LOOP_WRITE) ? (uint32_t)EPOLLOUT : 0);
}

static unsigned loop_events(uint32_t events) {
    return ((events & EPOLLIN) ? LOOP_READ : 0u) | ((events & EPOLLOUT) ? LOOP_WRITE : 0u) |
           ((events & (EPOLLERR | EPOLLHUP)) ? LOOP_HANGUP : 0u);
}

/* When it is first needed. */
static void open_epoll(struct loop_backend *b) {
    if (b->fd < 0) b->fd = epoll_create1(EPOLL_CLOEXEC);
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
    free(b->always);
    free(b->events);
    free(b);
}

void backend_set(struct loop_backend *b, struct watch *w) {
    if (w->always) {
        set_always(b, w);
        return;
    }
    if (w->want == w->place) return;
    open_epoll(b);
    int op = !w->place ? EPOLL_CTL_ADD : w->want ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
    struct epoll_event event = {.events = kernel_events(w->want), .data.ptr = w};
    if (epoll_ctl(b->fd, op, w->fd, &event) == 0 || op == EPOLL_CTL_DEL) {
        w->place = w->want;
        return;
    }
    /* EPERM. Any other refusal (ENOMEM, ENOSPC) is met likewise: to try at every turn is slow, but
     * it goes on. */
    w->always = true;
    w->place = 0;
    set_always(b, w);
}

void backend_forget(struct loop_backend *b, struct watch *w) {
    if (w->always)
        always_remove(b, w);
    else if (w->place)
        epoll_ctl(b->fd, EPOLL_CTL_DEL, w->fd, &(struct epoll_event){0});
    w->place = 0;
}

void backend_wait(struct loop_backend *b, int ms) {
    open_epoll(b);
    int n = epoll_wait(b->fd, b->events, b->events_capacity, b->always_count ? 0 : ms);
    for (int i = 0; i < n; i++)
        loop_report(b->events[i].data.ptr, loop_events(b->events[i].events));
    for (size_t i = 0; i < b->always_count; i++) loop_report(b->always[i], LOOP_READ | LOOP_WRITE);
    if (n == b->events_capacity && n < EVENTS_MOST) {
        b->events_capacity *= 2;
        b->events = mem_resize(b->events, (size_t)b->events_capacity, sizeof *b->events);
    }
}

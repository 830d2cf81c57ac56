#include "common/loop/loop.h"

#include <poll.h>
#include <stdlib.h>

#include "common/base/mem.h"

/* A watch's place is its index in both arrays, from 1; 0: no event is waited for. */
struct loop_backend {
    struct pollfd *fds;
    struct watch **watches;
    size_t count, capacity;
};

static void add(struct loop_backend *b, struct watch *w) {
    size_t same = b->capacity;
    b->fds = mem_grow(b->fds, &same, b->count + 1, sizeof *b->fds);
    b->watches = mem_grow(b->watches, &b->capacity, b->count + 1, sizeof *b->watches);
    b->watches[b->count] = w;
    b->fds[b->count] = (struct pollfd){.fd = w->fd};
    w->place = ++b->count;
}

static void forget(struct loop_backend *b, struct watch *w) {
    if (w->place == 0) return;
    size_t last = --b->count;
    b->fds[w->place - 1] = b->fds[last];
    b->watches[w->place - 1] = b->watches[last];
    b->watches[last]->place = w->place;
    w->place = 0;
}

static short kernel_events(unsigned want) {
    return (short)(((want & LOOP_READ) ? POLLIN : 0) | ((want & LOOP_WRITE) ? POLLOUT : 0));
}

static unsigned loop_events(int events) {
    return ((events & POLLIN) ? LOOP_READ : 0u) | ((events & POLLOUT) ? LOOP_WRITE : 0u) |
           ((events & (POLLERR | POLLHUP | POLLNVAL)) ? LOOP_HANGUP : 0u);
}

struct loop_backend *backend_new(void) {
    return mem_new(sizeof(struct loop_backend));
}

void backend_free(struct loop_backend *b) {
    free(b->fds);
    free(b->watches);
    free(b);
}

void backend_set(struct loop_backend *b, struct watch *w, unsigned want) {
    if (want == 0) {
        forget(b, w);
        return;
    }
    if (w->place == 0) add(b, w);
    b->fds[w->place - 1].events = kernel_events(want);
}

int backend_wait(struct loop_backend *b, int ms) {
    int n = poll(b->fds, (nfds_t)b->count, ms);
    if (n < 0) return -1;
    for (size_t i = 0; n > 0 && i < b->count; i++)
        if (b->fds[i].revents) {
            loop_report(b->watches[i], loop_events(b->fds[i].revents));
            n--;
        }
    return 0;
}

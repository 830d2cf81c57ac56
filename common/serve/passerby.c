#include "common/serve/passerby.h"

#include <stdlib.h>

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/net/sock.h"

#define GLANCE (20 * TEXT_NS_PER_MS)
#define LONGEST (100 * TEXT_NS_PER_MS)

static void forget(struct later *l) { free(container_of(l, struct passerby, reap)); }

static void leave(struct passerby *p) {
    struct loop *loop = p->watch.loop;
    *p->before = p->next;
    if (p->next) p->next->before = p->before;
    watch_stop(&p->watch);
    timer_stop(&p->limit);
    later_run(loop, &p->reap, forget);
}

static void stays(struct passerby *p) {
    leave(p);
    p->done(p);
}

static void went_by(struct passerby *p) {
    char text[ADDR_TEXT];
    msg_note(0, "%s was reset at once, without a byte: it does not count as a client",
             addr_text(&p->peer, text));
    sock_close(p->fd);
    p->fd = -1;
    stays(p);
}

static void limit_over(struct timer *t) { stays(container_of(t, struct passerby, limit)); }

/* A peer that has ended its side may be a client that has nothing to say. */
static void look(struct passerby *p) {
    enum sysinfo_state state = sock_tcp_state(p->fd);
    int64_t limit = state == SYSINFO_PEER_ENDED ? LONGEST : GLANCE;
    int64_t left = p->since + limit - loop_now(p->watch.loop);
    if (state == SYSINFO_UNKNOWN || sock_unread(p->fd) > 0 || left <= 0) {
        stays(p);
    } else if (state == SYSINFO_CLOSED) {
        went_by(p);
    } else {
        /* The end of its side, once known, is readable for ever. */
        watch_want(&p->watch, state == SYSINFO_PEER_ENDED ? LOOP_HANGUP : LOOP_READ | LOOP_HANGUP);
        timer_start(p->watch.loop, &p->limit, left, limit_over);
    }
}

static void ready(struct watch *w, unsigned events) {
    (void)events;
    look(container_of(w, struct passerby, watch));
}

void passerby_start(struct passerby **list, struct loop *loop, const struct passerby *what) {
    struct passerby *p = mem_new(sizeof *p);
    *p = (struct passerby){.done = what->done,
                           .owner = what->owner,
                           .fd = what->fd,
                           .peer = what->peer,
                           .since = loop_now(loop),
                           .next = *list};
    if (p->next) p->next->before = &p->next;
    p->before = list;
    *list = p;
    watch_start(loop, &p->watch, p->fd, LOOP_READ | LOOP_HANGUP, ready);
    look(p);
}

void passerby_stop_all(struct passerby **list) {
    while (*list) {
        sock_close((*list)->fd);
        leave(*list);
    }
}

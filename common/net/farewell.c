#include "common/net/farewell.h"

#include <errno.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/sock.h"
#include "common/net/sysinfo.h"

#define LONGEST (5 * TEXT_NS_PER_S)
#define SILENCE (100 * TEXT_NS_PER_MS)
#define DISCARD_MOST 65536 /* bytes */
#define STEP_FIRST (1 * TEXT_NS_PER_MS)
#define STEP_MOST (50 * TEXT_NS_PER_MS)

static void finish(struct farewell *f, bool reset) {
    f->reset = reset;
    farewell_stop(f);
    f->done(f);
}

/* What the peer sends now is not taken: it stays in the socket, and the reset tells of it. */
static void take_no_more(struct farewell *f) {
    f->more = true;
    watch_want(&f->watch, 0);
}

static void ready(struct watch *w, unsigned events) {
    struct farewell *f = container_of(w, struct farewell, watch);
    static char bytes[DISCARD_MOST];
    size_t left = f->strict ? 0 : DISCARD_MOST - (size_t)f->discarded;
    (void)events;
    ssize_t n = left > 0 ? sock_recv(w->fd, bytes, left) : sock_peek(w->fd, bytes, 1);
    if (n < 0 && loop_not_yet(errno)) {
        watch_stalled(w);
        return;
    }
    if (n <= 0) {
        finish(f, f->more);
        return;
    }
    f->heard = loop_now(w->loop);
    if (left > 0)
        f->discarded += (uint64_t)n;
    else
        take_no_more(f);
}

static void look(struct timer *t) {
    struct farewell *f = container_of(t, struct farewell, timer);
    int64_t now = loop_now(f->watch.loop);
    bool ended = f->shut || !f->more; /* our FIN is on its way */
    bool acknowledged = sysinfo_unacknowledged(f->watch.fd, ended) <= 0;
    bool silent = f->more || now - f->heard >= SILENCE;
    if (now - f->began >= LONGEST || (acknowledged && silent)) {
        finish(f, f->more || now - f->heard < SILENCE);
        return;
    }
    f->step = f->step * 2 < STEP_MOST ? f->step * 2 : STEP_MOST;
    timer_start(f->watch.loop, t, f->step, look);
}

void farewell_start(struct farewell *f, struct loop *loop, int fd,
                    void (*done)(struct farewell *f)) {
    f->done = done;
    f->step = STEP_FIRST;
    f->began = f->heard = loop_now(loop);
    f->more = sock_unread(fd) > (f->strict ? 0 : DISCARD_MOST);
    if (!f->shut && !f->more) sock_shutdown(fd);
    watch_start(loop, &f->watch, fd, f->more ? 0 : LOOP_READ, ready);
    timer_start(loop, &f->timer, STEP_FIRST, look);
}

void farewell_stop(struct farewell *f) {
    watch_stop(&f->watch);
    timer_stop(&f->timer);
}

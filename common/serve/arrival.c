#include "common/serve/arrival.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/net/sock.h"

#define LIMIT (5 * TEXT_NS_PER_S)

static void forget(struct later *l) { free(container_of(l, struct arrival, reap)); }

static void leave(struct arrival *a) {
    struct loop *loop = a->watch.loop;
    *a->before = a->next;
    if (a->next) a->next->before = a->before;
    watch_stop(&a->watch);
    timer_stop(&a->limit);
    buf_free(&a->bytes);
    later_run(loop, &a->reap, forget);
}

static void refuse(struct arrival *a, const char *why) {
    char text[ADDR_TEXT];
    msg_note(0, "%s closed: %s", addr_text(&a->peer, text), tr(why));
    sock_close(a->fd);
    a->fd = -1;
    leave(a);
    a->done(a);
}

/* What has come belongs to the header, at least up to its end. */
static void take(struct arrival *a, const char *bytes, size_t n) {
    const char *why;
    size_t before = a->bytes.size;
    buf_put(&a->bytes, bytes, n);
    int size = proxyproto_read(buf_at(&a->bytes), a->bytes.size, &a->header, &why);
    if (size < 0) {
        refuse(a, why);
        return;
    }
    if (sock_skip(a->fd, size > 0 ? (size_t)size - before : n) < 0) {
        refuse(a, lang_error(errno));
        return;
    }
    if (size == 0) return;
    leave(a);
    a->done(a);
}

static void ready(struct watch *w, unsigned events) {
    struct arrival *a = container_of(w, struct arrival, watch);
    char bytes[PROXYPROTO_MOST];
    (void)events;
    ssize_t n = sock_peek(a->fd, bytes, sizeof bytes);
    if (n < 0 && loop_not_yet(errno)) {
        watch_stalled(w);
        return;
    }
    if (n <= 0)
        refuse(a, n < 0 ? lang_error(errno) : "it ended before its PROXY header was whole");
    else
        take(a, bytes, (size_t)n);
}

static void limit_over(struct timer *t) {
    refuse(container_of(t, struct arrival, limit), "no whole PROXY header within 5 s");
}

void arrival_start(struct arrival **list, struct loop *loop, const struct arrival *what) {
    struct arrival *a = mem_new(sizeof *a);
    *a = (struct arrival){.done = what->done,
                          .owner = what->owner,
                          .fd = what->fd,
                          .peer = what->peer,
                          .next = *list};
    if (a->next) a->next->before = &a->next;
    a->before = list;
    *list = a;
    watch_start(loop, &a->watch, a->fd, LOOP_READ, ready);
    timer_start(loop, &a->limit, LIMIT, limit_over);
}

void arrival_stop_all(struct arrival **list) {
    while (*list) {
        sock_close((*list)->fd);
        leave(*list);
    }
}

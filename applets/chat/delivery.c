#include "applets/chat/delivery.h"

#include <errno.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/sock.h"

/* The first pause, and the longest. */
#define PAUSE TEXT_NS_PER_MS
#define PAUSE_MOST (64 * TEXT_NS_PER_MS)

static int64_t unacknowledged(const struct stream *s) {
    int64_t n = sysinfo_unacknowledged(s->fd, s->shut);
    return n > 0 ? n : 0;
}

uint64_t delivery_arrived(const struct stream *s) {
    uint64_t open = (uint64_t)unacknowledged(s);
    return open < s->sent ? s->sent - open : 0;
}

/* The end of this side, when it is on its way, counts as well. */
bool delivery_is_complete(const struct stream *s) {
    return stream_waiting(s) == 0 && sysinfo_unacknowledged(s->fd, false) <= 0;
}

int delivery_error(const struct stream *s) {
    int error = 0;
    if (!s->broken) sock_get(s->fd, SOL_SOCKET, SO_ERROR, &error, "SO_ERROR");
    return s->broken ? s->broken : error;
}

static void look(struct timer *t) {
    struct delivery *d = container_of(t, struct delivery, poll);
    bool complete = delivery_is_complete(d->stream);
    int error = complete ? 0 : delivery_error(d->stream);
    if (complete || error) {
        d->done(d, error);
        return;
    }
    if (d->pause < PAUSE_MOST) d->pause *= 2;
    timer_start(d->stream->loop, t, d->pause, look);
}

void delivery_start(struct delivery *d, struct stream *stream,
                    void (*done)(struct delivery *d, int error)) {
    delivery_stop(d);
    *d = (struct delivery){.stream = stream, .pause = PAUSE, .done = done};
    timer_start(stream->loop, &d->poll, 0, look);
}

void delivery_stop(struct delivery *d) { timer_stop(&d->poll); }

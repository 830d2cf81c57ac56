#include "common/net/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "common/net/sock.h"

static bool reads(const struct stream *s) { return s->reading && !s->ended; }

static struct throttle *incoming(const struct stream *s) { return s->paces ? &s->paces[0] : NULL; }

static struct throttle *outgoing(const struct stream *s) { return s->paces ? &s->paces[1] : NULL; }

static bool reads_now(const struct stream *s) { return reads(s) && throttle_room(incoming(s)) > 0; }

static bool has_to_write(const struct stream *s) {
    return !s->broken && (s->out.size > 0 || s->ask_space || (s->shutting && !s->shut));
}

static void tell_failure(struct timer *t) {
    struct stream *s = container_of(t, struct stream, failure);
    stream_failed(s, s->broken);
}

/* Is there nothing left to wait for but to tell that a send failed? A stream whose peer has gone
 * still reads while its owner wants it to: what the peer sent before counts, and on a Unix socket a
 * peer that has shut down only its receiving side may send on. */
static bool has_failed(const struct stream *s) {
    return s->broken && (!reads(s) || s->shutting || !sock_peer_is_gone(s->broken));
}

/* What to wait for, from the state. An event that comes must change the state, or it would come
 * again at once: a connection that both sides have ended is hung up for good, and so is a Unix
 * socket whose peer has closed. */
static void update(struct stream *s) {
    unsigned want = s->hung || (s->ended && s->shut) ? 0 : LOOP_HANGUP;
    if (!s->watch.loop) return;
    if (has_failed(s)) {
        watch_want(&s->watch, 0);
        timer_start(s->loop, &s->failure, 0, tell_failure);
        return;
    }
    if (reads_now(s)) want |= LOOP_READ;
    if (has_to_write(s) && throttle_room(outgoing(s)) > 0) want |= LOOP_WRITE;
    watch_want(&s->watch, want);
}

void stream_came(struct stream *s, size_t n) {
    s->received += n;
    s->active = loop_now(s->loop);
}

static void went(struct stream *s, size_t n) {
    s->sent += n;
    s->active = loop_now(s->loop);
}

void stream_ended(struct stream *s) {
    s->ended = true;
    update(s);
    s->ops->end(s);
}

void stream_failed(struct stream *s, int error) {
    watch_stop(&s->watch);
    timer_stop(&s->failure);
    s->ops->fail(s, error);
}

/* One read a turn: a peer that sends without pause must not hold up the others. The buffer is that
 * of all streams: what came is handed over before the next read. */
static void read_some(struct stream *s) {
    static char bytes[STREAM_READ];
    if (s->ops->readable) {
        s->ops->readable(s);
        return;
    }
    ssize_t n = sock_recv(s->fd, bytes, throttle_most(incoming(s), sock_read_most(sizeof bytes)));
    if (n > 0) {
        throttle_spend(incoming(s), (size_t)n);
        stream_came(s, (size_t)n);
        s->ops->data(s, bytes, (size_t)n);
    } else if (n == 0) {
        stream_ended(s);
    } else if (!loop_not_yet(errno)) {
        stream_failed(s, errno);
    }
}

/* As sock_sendv, but not beyond the pace: 0 where that lets nothing through. */
static ssize_t send_at_pace(struct stream *s, const struct iovec *pieces) {
    struct iovec first = pieces[0];
    first.iov_len = throttle_most(outgoing(s), first.iov_len);
    ssize_t n = first.iov_len > 0 ? sock_sendv(s->fd, &first, 1) : 0;
    if (n > 0) throttle_spend(outgoing(s), (size_t)n);
    return n;
}

/* Returns how many bytes went. A failure is kept in `broken` and told from the loop, so that no
 * owner is called back from within its own send. */
static size_t send_now(struct stream *s, const struct iovec *pieces, int count) {
    if (s->broken || s->shut) return 0;
    ssize_t n = s->paces ? send_at_pace(s, pieces) : sock_sendv(s->fd, pieces, count);
    if (n > 0) went(s, (size_t)n);
    if (n < 0 && !loop_not_yet(errno)) s->broken = errno;
    return n > 0 ? (size_t)n : 0;
}

static void shut_now(struct stream *s) {
    s->shut = true;
    sock_shutdown(s->fd);
}

static void write_some(struct stream *s) {
    if (s->out.size > 0) {
        struct iovec piece = {.iov_base = s->out.bytes + s->out.start, .iov_len = s->out.size};
        buf_drop(&s->out, send_now(s, &piece, 1));
    }
    if (s->out.size == 0 && s->shutting && !s->shut && !s->broken) shut_now(s);
    if (s->out.size == 0 && s->ask_space && !s->broken) s->ops->space(s);
    update(s);
}

/* A hang-up before the end was read is not waited for again: what the peer sent before is still to
 * be read, and the end or the error will be told behind it. A Unix socket whose peer has closed
 * hangs up without an error. */
static void hung_up(struct stream *s) {
    int error = 0;
    if (s->ended) sock_get(s->fd, SOL_SOCKET, SO_ERROR, &error, "SO_ERROR");
    if (s->ended && (error || !s->patient)) {
        stream_failed(s, error ? error : EPIPE);
        return;
    }
    s->hung = true;
    update(s);
}

/* Another number once anything has changed. */
static uint64_t progress(const struct stream *s) {
    return s->received + s->sent + s->ended + s->shut + s->hung + (s->broken != 0);
}

static void ready(struct watch *w, unsigned events) {
    struct stream *s = container_of(w, struct stream, watch);
    uint64_t before = progress(s);
    if (events & LOOP_READ && reads_now(s)) read_some(s);
    if (w->loop && events & LOOP_WRITE) write_some(s);
    if (w->loop && events == LOOP_HANGUP) hung_up(s);
    if (w->loop && progress(s) == before) watch_stalled(w);
}

void stream_start(struct stream *s, struct loop *loop, int fd, const struct stream_ops *ops) {
    *s = (struct stream){
        .loop = loop, .ops = ops, .fd = fd, .reading = true, .active = loop_now(loop)};
    watch_start(loop, &s->watch, fd, LOOP_READ | LOOP_HANGUP, ready);
}

static void more_may_go(struct throttle *t) {
    struct stream *s = t->owner;
    s->hung = false;
    update(s);
}

void stream_limit(struct stream *s, uint64_t rate) {
    s->paces = mem_new(2 * sizeof *s->paces);
    for (int i = 0; i < 2; i++) {
        s->paces[i] = (struct throttle){.again = more_may_go, .owner = s};
        throttle_start(&s->paces[i], s->loop, rate);
    }
    update(s);
}

void stream_stop(struct stream *s) {
    for (int i = 0; s->paces && i < 2; i++) throttle_stop(&s->paces[i]);
    free(s->paces);
    s->paces = NULL;
    watch_stop(&s->watch);
    timer_stop(&s->failure);
    buf_free(&s->out);
}

void stream_send(struct stream *s, const void *bytes, size_t n) {
    const char *at = bytes;
    if (s->out.size == 0 && n > 0) {
        struct iovec piece = {.iov_base = (void *)(uintptr_t)at, .iov_len = n};
        size_t gone = send_now(s, &piece, 1);
        at += gone;
        n -= gone;
    }
    if (s->broken)
        s->dropped += n;
    else if (n > 0 && !s->shut)
        buf_put(&s->out, at, n);
    update(s);
}

size_t stream_try(struct stream *s, const struct iovec *pieces, int count) {
    size_t gone = send_now(s, pieces, count);
    if (s->broken) update(s);
    return gone;
}

void stream_ask_space(struct stream *s, bool on) {
    s->ask_space = on;
    update(s);
}

void stream_read(struct stream *s, bool on) {
    s->reading = on;
    if (on) s->hung = false;
    update(s);
}

void stream_shut(struct stream *s) {
    s->shutting = true;
    if (s->out.size == 0 && !s->shut && !s->broken) shut_now(s);
    update(s);
}

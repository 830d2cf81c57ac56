#include "applets/serve/feed.h"

#include <errno.h>
#include <string.h>

#include "common/base/crlf.h"
#include "common/base/mem.h"

#define LOG_SIZE ((size_t)1 << 20) /* for clients of different pace */
#define READ_ONCE ((size_t)65536)

static bool is_open(const struct feed_reader *r) { return r->session->state == SESSION_OPEN; }

static uint64_t slowest(const struct feed *f) {
    uint64_t position = f->log.end;
    for (const struct feed_reader *r = f->first; r; r = r->next)
        if (is_open(r) && r->position < position) position = r->position;
    return position;
}

static size_t room(const struct feed *f) {
    size_t free = fanout_space(&f->log, slowest(f));
    return f->crlf ? free / 2 : free; /* every byte may become two */
}

static bool anybody_open(const struct feed *f) {
    const struct feed_reader *r = f->first;
    while (r && !is_open(r)) r = r->next;
    return r != NULL;
}

static void update(struct feed *f) {
    source_want(&f->in, !f->ended && anybody_open(f) && room(f) > 0);
}

/* More may come for a client that has ended its side. */
static bool goes_on(const struct feed *f) {
    return !f->ended && (f->in.kind == SOURCE_FILE || f->in.kind == SOURCE_PIPE);
}

/* All of the log that it lacks; at its end the connection is half-closed. */
static void feed_one(struct feed_reader *r) {
    struct feed *f = r->feed;
    struct stream *s = &r->session->stream;
    struct iovec pieces[2];
    int count;
    if (!is_open(r)) return;
    if (stream_waiting(s) > 0) { /* the greeting comes first */
        stream_ask_space(s, true);
        return;
    }
    while ((count = fanout_pieces(&f->log, r->position, LOG_SIZE, pieces)) > 0) {
        size_t n = stream_try(s, pieces, count);
        if (f->sent) f->sent(r, pieces, n);
        r->position += n;
        if (n == 0) break;
    }
    bool behind = r->position < f->log.end;
    stream_ask_space(s, behind);
    if (behind) return;
    if (s->ended && !goes_on(f))
        session_finish(r->session);
    else if (f->ended)
        stream_shut(s);
}

static void append(struct feed *f, const char *bytes, size_t n) {
    if (!f->crlf) {
        fanout_append(&f->log, bytes, n);
        return;
    }
    crlf_put(&f->converted, bytes, n, &f->cr);
    fanout_append(&f->log, buf_at(&f->converted), f->converted.size);
    buf_clear(&f->converted);
}

static void input_ready(struct source *in) {
    struct feed *f = container_of(in, struct feed, in);
    struct feed_reader *next;
    static char bytes[READ_ONCE];
    update(f); /* the last client may have ended in this very turn */
    if (!in->wanted) return;
    size_t most = room(f);
    ssize_t n = source_read(in->fd, in->kind, bytes, most < sizeof bytes ? most : sizeof bytes);
    if (n < 0 && !loop_not_yet(errno)) f->failed(f, errno);
    if (n < 0) return;
    if (n == 0) f->ended = true;
    append(f, bytes, (size_t)n);
    for (struct feed_reader *r = f->first; r; r = next) {
        next = r->next;
        feed_one(r);
    }
    update(f);
}

void feed_start(struct feed *f, struct loop *loop, int fd, bool crlf) {
    *f = (struct feed){.crlf = crlf};
    fanout_start(&f->log, LOG_SIZE);
    source_start(&f->in, loop, fd, input_ready);
}

void feed_stop(struct feed *f) {
    source_stop(&f->in);
    fanout_free(&f->log);
    buf_free(&f->converted);
}

void feed_join(struct feed *f, struct feed_reader *r, struct session *s) {
    *r = (struct feed_reader){
        .feed = f, .session = s, .position = f->log.end, .next = f->first, .before = &f->first};
    if (f->first) f->first->before = &r->next;
    f->first = r;
    feed_more(r);
}

void feed_more(struct feed_reader *r) {
    /* its last bytes may be what closes the session, and then it leaves */
    struct feed *f = r->feed;
    if (!f) return;
    feed_one(r);
    update(f);
}

void feed_ended(struct feed_reader *r) {
    if (!goes_on(r->feed) && r->position == r->feed->log.end) session_finish(r->session);
}

void feed_leave(struct feed_reader *r) {
    if (!r->feed) return;
    *r->before = r->next;
    if (r->next) r->next->before = r->before;
    update(r->feed);
    r->feed = NULL;
}

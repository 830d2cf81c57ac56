/* feed: stdin to all clients. One log (fanout.h), and a place in it for each; the slowest sets the
 * pace, nothing is dropped. It is read only while somebody is there to get it; its end half-closes
 * every connection. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/serve/way.h"
#include "common/base/crlf.h"
#include "common/base/fanout.h"
#include "common/base/mem.h"
#include "common/io/rest.h"
#include "common/io/source.h"
#include "common/net/sysinfo.h"

#define LOG_SIZE ((size_t)1 << 20) /* for clients of different pace */
#define READ_ONCE ((size_t)65536)

struct feed {
    struct serve *serve;
    struct fanout log;
    struct source in;
    struct buf converted; /* lines with their endings made CR LF */
    struct reader *first;
    bool cr, ended;
};

struct reader {
    struct client client;
    struct feed *feed; /* NULL: it is not fed */
    uint64_t position; /* in the log */
    struct rest rest;  /* of stdin, once the client has ended its side */
    bool goes_on;      /* then stdin is still sent to it */
    struct reader *next, **before;
};

static struct reader *of_client(struct client *c) { return container_of(c, struct reader, client); }

static bool is_open(const struct reader *r) { return r->client.text.session.state == SESSION_OPEN; }

static uint64_t slowest(const struct feed *f) {
    uint64_t position = f->log.end;
    for (const struct reader *r = f->first; r; r = r->next)
        if (is_open(r) && r->position < position) position = r->position;
    return position;
}

static size_t room(const struct feed *f) {
    size_t free = fanout_space(&f->log, slowest(f));
    return f->serve->conf->crlf ? free / 2 : free; /* every byte may become two */
}

static bool anybody_open(const struct feed *f) {
    const struct reader *r = f->first;
    while (r && !is_open(r)) r = r->next;
    return r != NULL;
}

static void update(struct feed *f) {
    source_want(&f->in, !f->ended && anybody_open(f) && room(f) > 0);
}

/* --- from the log to a client --- */

/* n bytes of these pieces went to a client. */
static void note_sent(struct client *c, const struct iovec *pieces, size_t n) {
    for (int i = 0; n > 0; i++) {
        size_t part = n < pieces[i].iov_len ? n : pieces[i].iov_len;
        serve_note_sent(c, pieces[i].iov_base, part);
        n -= part;
    }
}

/* All of the log that it lacks; at its end the connection is half-closed. */
static void feed_one(struct reader *r) {
    struct feed *f = r->feed;
    struct stream *s = stream_of(&r->client);
    struct iovec pieces[2];
    int count;
    if (!is_open(r)) return;
    if (stream_waiting(s) > 0) { /* the greeting comes first */
        stream_ask_space(s, true);
        return;
    }
    while ((count = fanout_pieces(&f->log, r->position, LOG_SIZE, pieces)) > 0) {
        size_t n = stream_try(s, pieces, count);
        note_sent(&r->client, pieces, n);
        r->position += n;
        if (n == 0) break;
    }
    bool behind = r->position < f->log.end;
    stream_ask_space(s, behind);
    if (behind) return;
    if (s->ended && (f->ended || !r->goes_on))
        session_finish(&r->client.text.session);
    else if (f->ended)
        stream_shut(s);
}

/* --- from stdin to the log --- */

static void append(struct feed *f, const char *bytes, size_t n) {
    if (!f->serve->conf->crlf) {
        fanout_append(&f->log, bytes, n);
    } else {
        crlf_put(&f->converted, bytes, n, &f->cr);
        fanout_append(&f->log, buf_at(&f->converted), f->converted.size);
        buf_clear(&f->converted);
    }
    f->serve->read = f->log.end;
}

static void input_failed(struct serve *s, int error) {
    msg_error("cannot read stdin: %s", strerror(error));
    responder_end(&s->responder, STATUS_FAILED);
}

static void input_ready(struct source *in) {
    struct feed *f = container_of(in, struct feed, in);
    struct reader *next;
    static char bytes[READ_ONCE];
    update(f); /* the last client may have ended in this very turn */
    if (!in->wanted) return;
    size_t most = room(f);
    ssize_t n = source_read(in->fd, in->kind, bytes, most < sizeof bytes ? most : sizeof bytes);
    if (n < 0 && loop_not_yet(errno))
        watch_stalled(&in->watch);
    else if (n < 0)
        input_failed(f->serve, errno);
    if (n < 0) return;
    if (n == 0) f->ended = true;
    append(f, bytes, (size_t)n);
    for (struct reader *r = f->first; r; r = next) {
        next = r->next;
        if (n > 0) rest_heard(&r->rest);
        feed_one(r);
    }
    update(f);
}

/* --- clients come and go --- */

static void on_space(struct client *c) {
    struct feed *f = of_client(c)->feed;
    stream_ask_space(stream_of(c), false);
    if (!f) return;
    feed_one(of_client(c)); /* its last bytes may be what closes the session, and then it leaves */
    update(f);
}

/* What is read from now on is sent behind what waits in the stream. */
static void on_open(struct client *c) {
    struct reader *r = of_client(c);
    struct feed *f = serve_of(c)->state;
    serve_greet(c);
    if (!f) return;
    r->feed = f;
    r->position = f->log.end;
    r->next = f->first;
    r->before = &f->first;
    if (f->first) f->first->before = &r->next;
    f->first = r;
    on_space(c);
}

/* It is finished once it has what was read up to now. */
static void not_awaited(struct rest *rest) {
    struct reader *r = container_of(rest, struct reader, rest);
    struct feed *f = r->feed;
    r->goes_on = false;
    feed_one(r);
    update(f);
}

static void on_end(struct client *c) {
    struct reader *r = of_client(c);
    struct feed *f = r->feed;
    if (!f) {
        session_finish(&c->text.session);
        return;
    }
    r->goes_on = true;
    r->rest = (struct rest){
        .peer = c->name, .sock = stream_of(c)->fd, .in = STDIN_FILENO, .over = not_awaited};
    stream_of(c)->patient = true;
    rest_start(&r->rest, f->serve->loop, f->in.kind, f->log.end > 0, stream_of(c)->received > 0);
    if (r->goes_on) feed_one(r);
    update(f);
}

/* What was read for it and has not arrived, and with --once what is left in a file. */
static void tell_unsent(const struct reader *r) {
    const struct feed *f = r->feed;
    const struct stream *s = &r->client.text.session.stream;
    uint64_t n = f->log.end - r->position;
    int64_t unacknowledged = sysinfo_unacknowledged(s->fd, s->shut);
    if (unacknowledged > 0) n += (uint64_t)unacknowledged;
    if (f->serve->conf->once) n += rest_unread(STDIN_FILENO);
    if (n > 0)
        msg_error("%s did not take %llu byte%s of what was to be sent", r->client.name,
                  (unsigned long long)n, n == 1 ? "" : "s");
}

static void on_closed(struct client *c) {
    struct reader *r = of_client(c);
    if (!r->feed) return;
    if (c->text.session.outcome == STATUS_FAILED) tell_unsent(r);
    rest_stop(&r->rest);
    *r->before = r->next;
    if (r->next) r->next->before = r->before;
    update(r->feed);
    r->feed = NULL;
}

/* --- stdin --- */

static int start(struct serve *s) {
    if (!s->has_input) return 0;
    struct feed *f = mem_new(sizeof *f);
    s->state = f;
    f->serve = s;
    fanout_start(&f->log, LOG_SIZE);
    source_start(&f->in, s->loop, STDIN_FILENO, input_ready);
    return 0;
}

static void stop(struct serve *s) {
    struct feed *f = s->state;
    if (!f) return;
    source_stop(&f->in);
    fanout_free(&f->log);
    buf_free(&f->converted);
    free(f);
}

static bool fits(const struct serve_conf *conf) {
    (void)conf;
    return true;
}

const struct way way_feed = {
    .fits = fits,
    .client_size = size_led_by(struct reader, client),
    .reads_stdin = true,
    .shows = true,
    .start = start,
    .stop = stop,
    .open = on_open,
    .space = on_space,
    .ended = on_end,
    .closed = on_closed,
};

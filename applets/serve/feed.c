/* feed: stdin to all clients. One log (fanout.h), and a place in it for each; the slowest sets the
 * pace, nothing is dropped. It is read only while somebody is there to get it; its end half-closes
 * every connection. What a person types is read at any time, and waits for who comes; Ctrl-D
 * half-closes the connections that there are, and the person goes on with those to come. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "applets/serve/way.h"
#include "common/base/crlf.h"
#include "common/base/fanout.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/io/rest.h"
#include "common/io/source.h"
#include "common/net/sysinfo.h"
#include "common/tty/term.h"

#define LOG_SIZE ((size_t)1 << 20) /* for clients of different pace */
#define READ_ONCE ((size_t)65536)
#define TYPED_MOST ((size_t)65536) /* of lines that wait, before the last; keys wait then */
#define NEVER UINT64_MAX

struct feed {
    struct serve *serve;
    struct fanout log;
    struct source in;     /* not started: lines are edited */
    struct term term;     /* not started: they are not */
    struct buf converted; /* lines with their endings made CR LF */
    struct buf typed;     /* lines that are not in the log yet */
    struct reader *first;
    enum source_kind kind;
    bool cr, ended;
    bool pumping, told; /* that lines wait */
};

struct reader {
    struct client client;
    struct feed *feed; /* NULL: it is not fed */
    uint64_t position; /* in the log */
    uint64_t last;     /* where its stdin ends (Ctrl-D); NEVER: with the log */
    struct rest rest;  /* of stdin, once the client has ended its side */
    bool goes_on;      /* then stdin is still sent to it */
    struct reader *next, **before;
};

static struct reader *of_client(struct client *c) { return container_of(c, struct reader, client); }

static bool is_open(const struct reader *r) { return r->client.text.session.state == SESSION_OPEN; }

/* True for one that may have more of stdin. */
static bool is_fed(const struct reader *r) { return is_open(r) && r->position < r->last; }

static uint64_t slowest(const struct feed *f) {
    uint64_t position = f->log.end;
    for (const struct reader *r = f->first; r; r = r->next)
        if (is_fed(r) && r->position < position) position = r->position;
    return position;
}

static size_t room(const struct feed *f) { return fanout_space(&f->log, slowest(f)); }

/* How many bytes may be read: with -C every one may become two. */
static size_t readable(const struct feed *f) {
    return f->serve->conf->crlf ? room(f) / 2 : room(f);
}

/* How many get what comes from stdin now. */
static size_t listeners(const struct feed *f) {
    size_t count = 0;
    for (const struct reader *r = f->first; r; r = r->next) count += is_open(r) && r->last == NEVER;
    return count;
}

static void update(struct feed *f) {
    if (f->in.loop) source_want(&f->in, !f->ended && listeners(f) > 0 && readable(f) > 0);
    term_want(&f->term, f->typed.size < TYPED_MOST);
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

/* Where what there is for it ends now. */
static uint64_t end_for(const struct reader *r) {
    return r->last < r->feed->log.end ? r->last : r->feed->log.end;
}

static int gather(const struct reader *r, struct iovec pieces[2]) {
    size_t lacks = (size_t)(end_for(r) - r->position);
    return lacks > 0 ? fanout_pieces(&r->feed->log, r->position, lacks, pieces) : 0;
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
    while ((count = gather(r, pieces)) > 0) {
        size_t n = stream_try(s, pieces, count);
        note_sent(&r->client, pieces, n);
        r->position += n;
        if (n == 0) break;
    }
    bool behind = r->position < end_for(r);
    bool over = (f->ended && f->typed.size == 0) || r->position == r->last;
    stream_ask_space(s, behind);
    if (behind) return;
    if (s->ended && (over || !r->goes_on))
        session_finish(&r->client.text.session);
    else if (over)
        stream_shut(s);
}

static void feed_all(struct feed *f) {
    struct reader *next;
    for (struct reader *r = f->first; r; r = next) {
        next = r->next;
        feed_one(r);
    }
}

/* --- from stdin to the log --- */

static void append(struct feed *f, const char *bytes, size_t n) {
    fanout_append(&f->log, bytes, n);
    f->serve->read = f->log.end;
}

/* Lines that were typed. A session that closes meanwhile calls this again. */
static void pump(struct feed *f) {
    size_t space;
    if (f->pumping) return;
    f->pumping = true;
    while (f->typed.size > 0 && listeners(f) > 0 && (space = room(f)) > 0) {
        size_t n = f->typed.size < space ? f->typed.size : space;
        append(f, buf_at(&f->typed), n);
        buf_drop(&f->typed, n);
        feed_all(f);
    }
    f->pumping = false;
    update(f);
}

static void input_failed(struct serve *s, int error) {
    msg_error("cannot read stdin: %s", lang_error(error));
    responder_end(&s->responder, STATUS_FAILED);
}

/* A terminal that has hung up says no more. */
static bool goes_on_typing(const struct feed *f) {
    struct termios mode;
    return f->kind == SOURCE_TTY && !f->serve->conf->once && tcgetattr(STDIN_FILENO, &mode) == 0;
}

static void ctrl_d(struct feed *f) {
    size_t count = listeners(f);
    for (struct reader *r = f->first; r; r = r->next)
        if (r->last == NEVER) r->last = f->log.end + f->typed.size;
    if (count == 0)
        msg_note(0, "Ctrl-D ends your side of a connection, and nobody is connected (Ctrl-C ends "
                    "the server)");
    else if (count == 1)
        msg_note(0, "Ctrl-D: your side of the connection has ended; what you type now is for the "
                    "next client (Ctrl-C ends the server)");
    else
        msg_note(0,
                 "Ctrl-D: your side of %zu connections has ended; what you type now is for the "
                 "next client (Ctrl-C ends the server)",
                 count);
    feed_all(f);
}

static void input_came(struct feed *f, const char *bytes, size_t n) {
    if (f->serve->conf->crlf) {
        crlf_put(&f->converted, bytes, n, &f->cr);
        append(f, buf_at(&f->converted), f->converted.size);
        buf_clear(&f->converted);
    } else {
        append(f, bytes, n);
    }
    for (struct reader *r = f->first; r; r = r->next) rest_heard(&r->rest);
    feed_all(f);
}

static void input_over(struct feed *f) {
    if (goes_on_typing(f)) {
        ctrl_d(f);
        return;
    }
    f->ended = true;
    feed_all(f);
}

static void input_ready(struct source *in) {
    struct feed *f = container_of(in, struct feed, in);
    static char bytes[READ_ONCE];
    update(f); /* the last client may have ended in this very turn */
    if (!in->wanted) return;
    size_t most = readable(f);
    ssize_t n = source_read(in->fd, in->kind, bytes, most < sizeof bytes ? most : sizeof bytes);
    if (n < 0 && loop_not_yet(errno))
        watch_stalled(&in->watch);
    else if (n < 0)
        input_failed(f->serve, errno);
    if (n < 0) return;
    if (n > 0)
        input_came(f, bytes, (size_t)n);
    else
        input_over(f);
    update(f);
}

/* --- a person at a terminal --- */

static void tell_waiting(struct feed *f) {
    if (listeners(f) > 0 || f->told) return;
    f->told = true;
    msg_note(0, "nobody is connected: what you type waits for the next client");
}

static void line_typed(struct term *t, const char *text, size_t size) {
    struct feed *f = container_of(t, struct feed, term);
    if (t->error) {
        input_failed(f->serve, t->error);
    } else if (text) {
        crlf_line(&f->typed, text, size, f->serve->conf->crlf, false);
        tell_waiting(f);
        pump(f);
    } else if (t->loop) {
        ctrl_d(f);
    } else {
        f->ended = true;
        if (f->serve->conf->once)
            msg_note(0, "Ctrl-D: your side of the connection has ended; what comes is still shown");
        feed_all(f);
    }
}

/* --- clients come and go --- */

static void on_space(struct client *c) {
    struct feed *f = of_client(c)->feed;
    stream_ask_space(stream_of(c), false);
    if (!f) return;
    feed_one(of_client(c)); /* its last bytes may be what closes the session, and then it leaves */
    pump(f);
}

/* What is read from now on is sent behind what waits in the stream. */
static void on_open(struct client *c) {
    struct reader *r = of_client(c);
    struct feed *f = serve_of(c)->state;
    serve_greet(c);
    if (!f) return;
    r->feed = f;
    r->position = f->log.end;
    r->last = NEVER;
    f->told = false;
    r->next = f->first;
    r->before = &f->first;
    if (f->first) f->first->before = &r->next;
    f->first = r;
    on_space(c);
}

/* The one client that there is has gone without a word: what it was for is unfinished. */
static bool is_cut(struct reader *r) {
    const struct feed *f = r->feed;
    bool spoke = stream_of(&r->client)->received > 0;
    return f->serve->conf->once && !f->ended && !spoke && f->kind != SOURCE_TTY;
}

/* It is finished once it has what was read up to now. */
static void not_awaited(struct rest *rest) {
    struct reader *r = container_of(rest, struct reader, rest);
    struct feed *f = r->feed;
    if (is_cut(r)) {
        msg_error("%s closed the connection before the end of stdin", r->client.name);
        r->client.text.session.outcome = STATUS_FAILED;
    }
    r->goes_on = false;
    feed_one(r);
    pump(f);
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
    rest_start(&r->rest, f->serve->loop, f->kind, f->log.end > 0, stream_of(c)->received > 0);
    if (r->goes_on) feed_one(r);
    pump(f);
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
        msg_error(trn("%s did not take %llu byte of what was to be sent",
                      "%s did not take %llu bytes of what was to be sent", n),
                  r->client.name, (unsigned long long)n);
}

static void on_closed(struct client *c) {
    struct reader *r = of_client(c);
    if (!r->feed) return;
    if (c->text.session.outcome == STATUS_FAILED) tell_unsent(r);
    rest_stop(&r->rest);
    *r->before = r->next;
    if (r->next) r->next->before = r->before;
    pump(r->feed);
    r->feed = NULL;
}

/* --- stdin --- */

static int start(struct serve *s) {
    if (!s->has_input) return 0;
    struct feed *f = mem_new(sizeof *f);
    s->state = f;
    f->serve = s;
    fanout_start(&f->log, LOG_SIZE);
    f->kind = source_kind(STDIN_FILENO);
    if (serve_edits(s->conf)) {
        term_start(&f->term, s->loop, &s->screen, line_typed);
        f->term.endless = !s->conf->once;
        s->row = f->term.screen;
    } else {
        source_start(&f->in, s->loop, STDIN_FILENO, input_ready);
    }
    update(f);
    return 0;
}

static void stop(struct serve *s) {
    struct feed *f = s->state;
    if (!f) return;
    source_stop(&f->in);
    term_stop(&f->term);
    buf_free(&f->typed);
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

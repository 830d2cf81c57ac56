/* broker: what a client sends goes to all the others (--broker). One log (fanout.h), a place in it
 * for each, and whose each stretch of it is, so that nobody is sent what it said itself. A client
 * that is a whole buffer behind holds up the senders until it has taken nothing for a second. */
#include <stdlib.h>

#include "applets/serve/way.h"
#include "common/base/fanout.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#define PATIENCE (1 * TEXT_NS_PER_S)
#define LOOK_EVERY (100 * TEXT_NS_PER_MS)
#define STRETCHES 4096 /* at most in the log; one more than these has to wait */

struct member {
    struct client client;
    struct broker *broker;
    uint64_t position; /* in the log */
    uint64_t stretch;  /* where the search for that of `position` begins */
    int64_t took;      /* when it last took a byte (loop_now) */
    bool leaving;      /* it has ended its side, and is finished once it has all */
    struct member *next, **before;
};

/* Bytes of the log that one member said. */
struct stretch {
    uint64_t end;
    const struct member *from; /* to compare: it may have left */
};

struct broker {
    struct loop *loop;
    struct fanout log;
    struct stretch stretches[STRETCHES]; /* a ring: those from `oldest` to before `newest` */
    uint64_t oldest, newest;
    struct member *first;
    struct timer look;
    int64_t held_since;
    bool held; /* nobody is read */
};

static struct member *of_client(struct client *c) { return container_of(c, struct member, client); }

static bool is_open(const struct member *m) { return m->client.text.session.state == SESSION_OPEN; }

static struct stretch *stretch_at(struct broker *b, uint64_t i) {
    return &b->stretches[i % STRETCHES];
}

/* --- when to hold the senders up --- */

static uint64_t slowest(const struct broker *b) {
    uint64_t position = b->log.end;
    for (const struct member *m = b->first; m; m = m->next)
        if (is_open(m) && m->position < position) position = m->position;
    return position;
}

static void drop_stretches(struct broker *b, uint64_t position) {
    while (b->oldest < b->newest && stretch_at(b, b->oldest)->end <= position) b->oldest++;
}

static bool has_room(struct broker *b, uint64_t position) {
    drop_stretches(b, position);
    return fanout_space(&b->log, position) >= STREAM_READ && b->newest - b->oldest < STRETCHES;
}

static void look(struct timer *t);

static void update(struct broker *b) {
    bool hold = !has_room(b, slowest(b));
    if (hold == b->held) return;
    b->held = hold;
    b->held_since = loop_now(b->loop);
    for (struct member *m = b->first; m; m = m->next)
        if (is_open(m)) stream_read(stream_of(&m->client), !hold);
    if (hold)
        timer_start(b->loop, &b->look, LOOK_EVERY, look);
    else
        timer_stop(&b->look);
}

static bool is_stuck(const struct broker *b, const struct member *m) {
    int64_t since = m->took > b->held_since ? m->took : b->held_since;
    return is_open(m) && loop_now(b->loop) - since >= PATIENCE;
}

/* Drops those that hold the others up and take nothing. */
static void look(struct timer *t) {
    struct broker *b = container_of(t, struct broker, look);
    uint64_t position = slowest(b);
    struct member *next;
    timer_start(b->loop, t, LOOK_EVERY, look);
    for (struct member *m = b->first; m; m = next) {
        next = m->next;
        if (m->position > position || !is_stuck(b, m)) continue;
        msg_note(0, "%s dropped: it has taken nothing for a second", m->client.name);
        session_abort(&m->client.text.session, STATUS_FAILED);
    }
    update(b);
}

/* --- from the log to a member --- */

/* Skips what the member said itself. Returns how many bytes behind that are of others. */
static size_t of_others(struct broker *b, struct member *m) {
    uint64_t i = m->stretch > b->oldest ? m->stretch : b->oldest, end = m->position;
    while (i > b->oldest && stretch_at(b, i - 1)->end > m->position) i--;
    for (; i < b->newest; i++) {
        const struct stretch *s = stretch_at(b, i);
        if (s->end <= m->position) continue;
        if (s->from == m && end > m->position) break;
        if (s->from == m) m->position = s->end;
        end = s->end;
        m->stretch = i;
    }
    return (size_t)(end - m->position);
}

/* n bytes of these pieces went to the member. */
static void note_sent(struct member *m, const struct iovec *pieces, size_t n) {
    m->position += n;
    m->took = loop_now(m->broker->loop);
    for (int i = 0; n > 0; i++) {
        size_t part = n < pieces[i].iov_len ? n : pieces[i].iov_len;
        serve_note_sent(&m->client, pieces[i].iov_base, part);
        n -= part;
    }
}

/* False when the socket takes no more. */
static bool send_all(struct broker *b, struct member *m) {
    struct iovec pieces[2];
    size_t most;
    while ((most = of_others(b, m)) > 0) {
        int count = fanout_pieces(&b->log, m->position, most, pieces);
        size_t n = stream_try(stream_of(&m->client), pieces, count);
        if (n == 0) return false;
        note_sent(m, pieces, n);
    }
    return true;
}

/* All that it lacks. The greeting comes first. */
static void serve_member(struct member *m) {
    struct stream *s = stream_of(&m->client);
    if (!is_open(m)) return;
    bool all = stream_waiting(s) == 0 && send_all(m->broker, m);
    stream_ask_space(s, !all);
    if (all && m->leaving) session_finish(&m->client.text.session);
}

/* --- from a member to the log --- */

static void append(struct broker *b, const struct member *from, const char *bytes, size_t n) {
    struct stretch *last = stretch_at(b, b->newest - 1);
    fanout_append(&b->log, bytes, n);
    if (b->newest == b->oldest || last->from != from) last = stretch_at(b, b->newest++);
    *last = (struct stretch){.end = b->log.end, .from = from};
}

static void on_said(struct client *c, const char *bytes, size_t n) {
    struct broker *b = of_client(c)->broker;
    struct member *next;
    append(b, of_client(c), bytes, n);
    for (struct member *m = b->first; m; m = next) {
        next = m->next;
        serve_member(m);
    }
    update(b);
}

/* --- clients come and go --- */

static void on_space(struct client *c) {
    struct broker *b = of_client(c)->broker;
    stream_read(stream_of(c), !b->held);
    serve_member(of_client(c));
    update(b);
}

/* It is sent what is said from now on. */
static void on_open(struct client *c) {
    struct member *m = of_client(c);
    struct broker *b = serve_of(c)->state;
    m->broker = b;
    m->position = b->log.end;
    m->took = loop_now(b->loop);
    m->next = b->first;
    m->before = &b->first;
    if (b->first) b->first->before = &m->next;
    b->first = m;
    serve_greet(c);
    stream_read(stream_of(c), !b->held);
}

static void on_end(struct client *c) {
    of_client(c)->leaving = true;
    serve_member(of_client(c));
    update(of_client(c)->broker);
}

static void on_closed(struct client *c) {
    struct member *m = of_client(c);
    *m->before = m->next;
    if (m->next) m->next->before = m->before;
    update(m->broker);
}

static int start(struct serve *s) {
    struct broker *b = mem_new(sizeof *b);
    s->state = b;
    b->loop = s->loop;
    fanout_start(&b->log, (size_t)s->conf->buffer + STREAM_READ);
    return 0;
}

static void stop(struct serve *s) {
    struct broker *b = s->state;
    timer_stop(&b->look);
    fanout_free(&b->log);
    free(b);
}

static bool fits(const struct serve_conf *conf) { return conf->broker; }

const struct way way_broker = {
    .fits = fits,
    .client_size = size_led_by(struct member, client),
    .start = start,
    .stop = stop,
    .open = on_open,
    .space = on_space,
    .ended = on_end,
    .closed = on_closed,
    .said = on_said,
};

#include "applets/chat/host.h"

#include <string.h>

#include "applets/chat/delivery.h"
#include "applets/chat/duo.h"
#include "applets/chat/room.h"
#include "applets/chat/tally.h"
#include "applets/chat/telnet.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/sysinfo.h"
#include "common/serve/responder.h"

#define PATIENCE (5 * TEXT_NS_PER_S)

struct host {
    struct responder responder;
    const struct host_conf *conf;
    struct frontend front;
    struct lines_session *guest; /* NULL: none yet, or gone */
    struct telnet telnet;        /* of the guest */
    struct duo duo;
    struct tally told; /* the guest: which of the bytes end lines of ours */
    struct delivery delivery;
    struct timer patience; /* with a guest that does not take the last of it */
    bool said_all;         /* stdin has ended */
    bool guest_ended;      /* the guest says no more */
};

static struct host *of_responder(struct responder *r) {
    return container_of(r, struct host, responder);
}

static struct host *of_lines(struct lines_session *t) {
    return of_responder(responder_of_lines(t));
}

/* --- the end --- */

/* The reset ends a program that has not noticed the end of the stream, or ignores it. Where it is
 * not known whether all has arrived, it would destroy what has not. */
static void on_delivered(struct delivery *d, int error) {
    struct host *h = container_of(d, struct host, delivery);
    struct session *guest = &h->guest->session;
    timer_stop(&h->patience);
    if (guest->left) error = 0;
    if (error) msg_error("connection with the guest: %s", lang_error(error));
    if (error || sysinfo_unacknowledged(guest->stream.fd, false) == 0)
        session_abort(guest, error ? STATUS_FAILED : STATUS_OK);
    else
        session_finish(guest);
}

static void patience_over(struct timer *t) {
    struct host *h = container_of(t, struct host, patience);
    session_abort(&h->guest->session, STATUS_FAILED);
}

/* Nothing more is said on either side. Who says "stop" does not wait for a guest that takes
 * nothing; a script that has said all does. */
static void close_room(struct host *h) {
    h->front.rests = true;
    if (!h->said_all) timer_start(h->responder.call->loop, &h->patience, PATIENCE, patience_over);
    stream_shut(h->front.wire);
    delivery_start(&h->delivery, h->front.wire, on_delivered);
}

static void count_untaken(struct host *h, const struct stream *s) {
    size_t n = tally_left(&h->told, delivery_arrived(s));
    if (!h->duo.over) n += console_unread(&h->front.console);
    if (n == 0) return;
    msg_error(
        trn("%zu line was not taken by the guest", "%zu lines were not taken by the guest", n), n);
    responder_end(&h->responder, STATUS_FAILED);
}

/* --- telling --- */

static void show_all(struct frontend *f, struct buf *lines) {
    for (const char *at = buf_at(lines), *end = at + lines->size; at < end;) {
        size_t size = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
        frontend_show(f, at, size);
        at += size + 1;
    }
    buf_clear(lines);
}

/* Gives each what the rules have put down for it; `ours`: because of a line of stdin. */
static void deliver(struct host *h, bool ours) {
    struct buf *to_guest = &h->duo.to[DUO_GUEST];
    session_send(&h->guest->session, buf_at(to_guest), to_guest->size);
    tally_add(&h->told, to_guest->size, ours && to_guest->size > 0);
    if (tally_is_long(&h->told)) tally_left(&h->told, delivery_arrived(h->front.wire));
    buf_clear(to_guest);
    show_all(&h->front, &h->duo.to[DUO_HOST]);
    if (h->duo.over) close_room(h);
    frontend_update(&h->front);
}

/* --- the host --- */

static void stdin_ended(struct host *h) {
    h->said_all = true;
    h->front.rests = true;
    if (h->guest_ended)
        duo_leave(&h->duo, DUO_HOST);
    else
        duo_end(&h->duo, DUO_HOST);
    deliver(h, false);
    if (h->guest) stream_shut(h->front.wire);
}

static void host_line(struct frontend *f, const char *text, size_t size) {
    struct host *h = container_of(f, struct host, front);
    if (!h->guest || h->duo.over) return;
    if (text) {
        duo_line(&h->duo, DUO_HOST, text, size, h->conf->front->quit_word);
        deliver(h, true);
    } else {
        stdin_ended(h);
    }
}

/* --- the guest --- */

static void refuse(struct lines_session *t) {
    const char *refusal = tr_wire("! the room is full\n");
    session_send(&t->session, refusal, strlen(refusal));
    session_finish(&t->session);
}

static void guest_came(struct lines_session *t) {
    struct host *h = of_lines(t);
    if (h->guest) {
        refuse(t);
        return;
    }
    h->guest = t;
    t->session.decisive = true;
    h->front.wire = &t->session.stream;
    duo_greet(&h->duo);
    deliver(h, false);
}

static void guest_read(struct lines_session *t, const char **bytes, size_t *n) {
    telnet_strip(&of_lines(t)->telnet, bytes, n);
}

static bool guest_line(struct lines_session *t, const char *text, size_t size) {
    struct host *h = of_lines(t);
    if (h->duo.over) return true;
    duo_line(&h->duo, DUO_GUEST, text, size, h->conf->front->quit_word);
    t->session.left = h->duo.over;
    deliver(h, false);
    return true;
}

static void guest_too_long(struct lines_session *t) {
    struct host *h = of_lines(t);
    buf_format(&h->duo.to[DUO_GUEST], "%s\n", tr_wire(room_too_long));
    deliver(h, false);
}

/* What both are told after the guest's end tells us, too, whether the guest is still there: if not,
 * the guest's system has answered with a reset. Where a send failed before, the stream tells it. */
static void go_on_alone(struct host *h) {
    bool failed = h->front.wire->broken;
    duo_end(&h->duo, DUO_GUEST);
    deliver(h, false);
    if (!failed && delivery_error(h->front.wire)) session_close(&h->guest->session, STATUS_OK);
}

/* A file or a pipe is said to its end. What a person may still type is not waited for. */
static void guest_ended(struct lines_session *t) {
    struct host *h = of_lines(t);
    h->guest_ended = true;
    if (h->duo.over) return;
    if (!h->said_all && console_lasts(&h->front.console)) {
        go_on_alone(h);
    } else {
        duo_leave(&h->duo, DUO_GUEST);
        deliver(h, false);
    }
}

static void guest_space(struct lines_session *t) { frontend_update(&of_lines(t)->front); }

static void guest_gone(struct lines_session *t) {
    struct host *h = of_lines(t);
    if (t != h->guest) return;
    delivery_stop(&h->delivery);
    timer_stop(&h->patience);
    count_untaken(h, &t->session.stream);
    responder_end(&h->responder, t->session.outcome);
    h->guest = NULL;
    h->front.wire = NULL;
}

/* --- the whole --- */

static int begin(struct responder *r) {
    struct host *h = of_responder(r);
    duo_start(&h->duo, h->conf->name, "guest");
    frontend_start(&h->front, r->call->loop, h->conf->front, host_line);
    return 0;
}

static int end(struct responder *r) {
    struct host *h = of_responder(r);
    duo_free(&h->duo);
    tally_free(&h->told);
    if (!h->front.status) h->front.status = r->status;
    return frontend_stop(&h->front, r->call);
}

int host_run(struct call *call, const struct host_conf *conf) {
    static const struct lines_ops lines = {
        .session_size = sizeof(struct lines_session),
        .open = guest_came,
        .filter = guest_read,
        .message = guest_line,
        .too_long = guest_too_long,
        .end = guest_ended,
        .space = guest_space,
        .closed = guest_gone,
    };
    static const struct responder_ops ops = {.lines = &lines, .open = begin, .close = end};
    struct host h = {.conf = conf};
    return applet_no_operands(call) < 0 ? STATUS_USAGE
                                        : responder_run(&h.responder, call, conf->server, &ops);
}

#include "applets/chat/host.h"

#include <string.h>

#include "applets/chat/duo.h"
#include "applets/chat/telnet.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/serve/responder.h"

#define LAST_CALL (10 * TEXT_NS_PER_MS)

struct host {
    struct responder responder;
    struct call *call;
    const struct host_conf *conf;
    struct frontend front;
    struct lines_session *guest; /* NULL: none yet, or gone */
    struct telnet telnet;        /* of the guest */
    struct duo duo;
    struct timer last_call; /* the guest has ended: what stdin has ready is still sent */
};

static struct host *of_responder(struct responder *r) {
    return container_of(r, struct host, responder);
}

static struct host *of_lines(struct lines_session *t) {
    return of_responder(responder_of_lines(t));
}

static void show_all(struct frontend *f, struct buf *lines) {
    for (const char *at = buf_at(lines), *end = at + lines->size; at < end;) {
        size_t size = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at);
        frontend_show(f, at, size);
        at += size + 1;
    }
    buf_clear(lines);
}

/* Gives each what the rules have put down for it. */
static void deliver(struct host *h) {
    struct buf *to_guest = &h->duo.to[DUO_GUEST];
    if (to_guest->size > 0 && h->guest)
        session_send(&h->guest->session, buf_at(to_guest), to_guest->size);
    buf_clear(to_guest);
    show_all(&h->front, &h->duo.to[DUO_HOST]);
    if (h->duo.over && h->guest) {
        h->front.rests = true;
        session_finish(&h->guest->session);
    }
    frontend_update(&h->front);
}

static void host_line(struct frontend *f, const char *text, size_t size) {
    struct host *h = container_of(f, struct host, front);
    if (f->rests || !h->guest) return;
    if (text) {
        duo_line(&h->duo, DUO_HOST, text, size, h->conf->front->quit_word);
    } else {
        duo_leave(&h->duo, DUO_HOST);
        f->rests = true;
    }
    deliver(h);
    /* The guest may still be heard. */
    if (!text && h->guest->session.state == SESSION_OPEN) stream_shut(f->wire);
    if (!text && timer_running(&h->last_call)) session_finish(&h->guest->session);
}

static void guest_came(struct lines_session *t) {
    struct host *h = of_lines(t);
    h->guest = t;
    h->front.wire = &t->session.stream;
    server_shut_doors(&h->responder.clients.server);
    listen_close(&h->responder.doors.streams); /* a third finds nobody listening */
    duo_greet(&h->duo);
    deliver(h);
}

static void guest_read(struct lines_session *t, const char **bytes, size_t *n) {
    telnet_strip(&of_lines(t)->telnet, bytes, n);
}

static bool guest_line(struct lines_session *t, const char *text, size_t size) {
    struct host *h = of_lines(t);
    duo_line(&h->duo, DUO_GUEST, text, size, h->conf->front->quit_word);
    deliver(h);
    return true;
}

static void guest_too_long(struct lines_session *t) {
    static const char refusal[] = "! a line has at most 65536 bytes\n";
    session_send(&t->session, refusal, sizeof refusal - 1);
}

static void last_call_over(struct timer *t) {
    struct host *h = container_of(t, struct host, last_call);
    struct frontend *f = &h->front;
    if (!f->rests && (console_ready(&f->console) || stream_waiting(f->wire) > 0))
        timer_start(h->call->loop, t, LAST_CALL, last_call_over);
    else
        session_finish(&h->guest->session);
}

static void guest_ended(struct lines_session *t) {
    struct host *h = of_lines(t);
    duo_leave(&h->duo, DUO_GUEST);
    deliver(h);
    if (t->session.state == SESSION_OPEN)
        timer_start(h->call->loop, &h->last_call, LAST_CALL, last_call_over);
}

static void guest_space(struct lines_session *t) {
    struct host *h = of_lines(t);
    frontend_update(&h->front);
}

static void guest_gone(struct lines_session *t) {
    struct host *h = of_lines(t);
    timer_stop(&h->last_call);
    h->guest = NULL;
    h->front.wire = NULL;
}

static int begin(struct responder *r) {
    struct host *h = of_responder(r);
    duo_start(&h->duo, h->conf->name, "guest");
    frontend_start(&h->front, r->call->loop, h->conf->front, host_line);
    return 0;
}

static int end(struct responder *r) {
    struct host *h = of_responder(r);
    duo_free(&h->duo);
    if (!h->front.status) h->front.status = r->status;
    return frontend_stop(&h->front, h->call);
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
    struct host h = {.responder.once = true, .call = call, .conf = conf};
    return applet_no_operands(call) < 0 ? STATUS_USAGE
                                        : responder_run(&h.responder, call, conf->server, &ops);
}

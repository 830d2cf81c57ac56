#include "applets/chat/clients.h"

#include "applets/chat/bucket.h"
#include "applets/chat/room.h"
#include "applets/chat/telnet.h"
#include "common/base/lang.h"
#include "common/base/mem.h"

#define PIECES 16 /* of a write to a member */

struct client {
    struct lines_session lines;
    struct member member;
    struct telnet telnet;
    bool blocked;         /* the socket is full */
    struct bucket bucket; /* --rate */
    struct timer token;   /* running: no further message before it is over */
    struct later settle;
};

static struct client *of_lines(struct lines_session *t) {
    return container_of(t, struct client, lines);
}

static struct client *of_member(struct member *m) { return container_of(m, struct client, member); }

static struct stream *stream_of(struct client *c) { return &c->lines.session.stream; }

static bool is_open(const struct client *c) { return c->lines.session.state == SESSION_OPEN; }

/* --- what the member may do now --- */

static bool may_speak(struct client *c) {
    return !service_waits(&c->member) && !timer_running(&c->token) && !service_leaves(&c->member);
}

/* Input waits in lines_pause; a later is where it may go on, since it says things. */
static void settle(struct later *l) {
    struct client *c = container_of(l, struct client, settle);
    if (!is_open(c)) return;
    if (service_is_done(&c->member)) {
        service_gone(&c->member);
        session_finish(&c->lines.session);
    } else if (may_speak(c)) {
        lines_resume(&c->lines);
    }
}

static void settle_later(struct client *c) {
    later_run(c->member.service->loop, &c->settle, settle);
}

/* --- delivering: one write for all that it lacks --- */

static void write_to(struct client *c) {
    struct iovec pieces[PIECES];
    size_t all, n;
    do {
        int count = subscriber_gather(&c->member.reader, pieces, PIECES, &all);
        n = count > 0 ? stream_try(stream_of(c), pieces, count) : 0;
        service_took(&c->member, n);
    } while (n > 0 && n == all && subscriber_lacks(&c->member.reader));
    c->blocked = subscriber_lacks(&c->member.reader);
    stream_ask_space(stream_of(c), c->blocked);
    if (!c->blocked && c->lines.session.paused) settle_later(c);
}

static void deliver(struct member *m) {
    if (!of_member(m)->blocked) write_to(of_member(m));
}

static void resume(struct member *m) { settle_later(of_member(m)); }

static void drop(struct member *m) { session_close(&of_member(m)->lines.session, STATUS_OK); }

/* --- what the connection tells --- */

static void on_open(struct lines_session *t) {
    static const struct member_ops ops = {.deliver = deliver, .drop = drop, .resume = resume};
    struct client *c = of_lines(t);
    const struct clients *all = container_of(responder_of_lines(t), struct clients, responder);
    bucket_start(&c->bucket, (double)all->rate, loop_now(all->service->loop));
    service_enter(all->service, &c->member, &ops);
}

static void token_came(struct timer *t) { settle_later(container_of(t, struct client, token)); }

static void spend_token(struct client *c) {
    struct loop *loop = c->member.service->loop;
    int64_t wait = bucket_spend(&c->bucket, loop_now(loop));
    if (wait > 0) timer_start(loop, &c->token, wait, token_came);
}

/* After a message: the next one waits, or never comes. */
static void pause_if_needed(struct client *c) {
    if (!is_open(c) || may_speak(c)) return;
    lines_pause(&c->lines);
    settle_later(c);
}

static bool on_message(struct lines_session *t, const char *text, size_t size) {
    struct client *c = of_lines(t);
    spend_token(c);
    service_hear(&c->member, text, size);
    pause_if_needed(c);
    return true;
}

static void on_read(struct lines_session *t, const char **bytes, size_t *n) {
    telnet_strip(&of_lines(t)->telnet, bytes, n);
}

static void on_too_long(struct lines_session *t) {
    service_tell(&of_lines(t)->member, "%s", tr_wire(room_too_long));
}

static void on_end(struct lines_session *t) {
    service_leave(&of_lines(t)->member);
    pause_if_needed(of_lines(t));
}

static void on_space(struct lines_session *t) { write_to(of_lines(t)); }

static void on_closed(struct lines_session *t) {
    timer_stop(&of_lines(t)->token);
    service_gone(&of_lines(t)->member);
}

const struct lines_ops clients_lines = {
    .session_size = size_led_by(struct client, lines),
    .open = on_open,
    .filter = on_read,
    .message = on_message,
    .too_long = on_too_long,
    .end = on_end,
    .space = on_space,
    .closed = on_closed,
};

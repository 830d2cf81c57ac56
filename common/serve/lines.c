#include "common/serve/lines.h"

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/net/listen.h"
#include "common/serve/exchange.h"

/* Bytes of answers that a client has not taken: beyond it, its requests are not read. */
#define WAITING_MOST ((size_t)256 * 1024)

static struct lines_session *of_session(struct session *s) {
    return container_of(s, struct lines_session, session);
}

static struct lines_server *server_of(const struct lines_session *t) {
    return container_of(t->session.server, struct lines_server, server);
}

struct buf *lines_answers(struct lines_session *t) {
    return &server_of(t)->answers;
}

static bool is_open(const struct lines_session *t) { return t->session.state == SESSION_OPEN; }

static bool answer(struct lines_session *t, enum line_kind kind, const char *text, size_t size) {
    const struct lines_ops *ops = server_of(t)->lines_ops;
    if (kind == LINE_MESSAGE) return ops->message(t, text, size);
    if (ops->too_long)
        ops->too_long(t);
    else
        buf_format(lines_answers(t), "%s", tr_wire("ERR line too long\n"));
    return true;
}

/* What was added to the answers since they had `before` bytes; the request NULL: nobody asked. A
 * message that only others hear of (a room's) is not told: it may be private. */
static void note_exchange(struct lines_session *t, const char *request, size_t size,
                          size_t before) {
    const struct buf *answers = lines_answers(t);
    size_t more = answers->size - before;
    char peer[SESSION_PEER];
    if (!exchange_told() || more == 0) return;
    session_peer(&t->session, peer);
    if (request) exchange_request(peer, request, size);
    exchange_answer(peer, buf_at(answers) + before, more);
}

/* False when that was the last message. */
static bool hand_over(struct lines_session *t, enum line_kind kind, const char *text, size_t size) {
    size_t before = lines_answers(t)->size;
    bool more = answer(t, kind, text, size);
    note_exchange(t, kind == LINE_MESSAGE ? text : NULL, size, before);
    return more;
}

/* One write for all that was answered. */
static void send_answers(struct lines_session *t) {
    struct buf *answers = lines_answers(t);
    if (answers->size > 0 && t->session.state != SESSION_CLOSED) {
        if (server_of(t)->lines_ops->answered)
            server_of(t)->lines_ops->answered(t, buf_at(answers), answers->size);
        session_send(&t->session, buf_at(answers), answers->size);
        if (is_open(t) && stream_waiting(&t->session.stream) > WAITING_MOST) {
            stream_read(&t->session.stream, false);
            stream_ask_space(&t->session.stream, true);
        }
    }
    buf_clear(answers);
}

/* What a client has said that never sent a newline is a message. */
static void end_bare(struct lines_session *t) {
    const char *text;
    size_t size;
    enum line_kind kind = line_quiet(&t->line, &text, &size);
    bool last = kind != LINE_NONE && is_open(t) && !hand_over(t, kind, text, size);
    send_answers(t);
    if (last) session_finish(&t->session);
}

static void silence_over(struct timer *timer) {
    end_bare(container_of(timer, struct lines_session, silence));
}

static void watch_silence(struct lines_session *t) {
    if (is_open(t) && line_waiting(&t->line))
        timer_start(t->session.server->loop, &t->silence, LINE_SILENCE, silence_over);
    else
        timer_stop(&t->silence);
}

static void work_through(struct lines_session *t, const char *bytes, size_t n) {
    const struct lines_ops *ops = server_of(t)->lines_ops;
    const char *begin = bytes, *text;
    size_t size, left = n;
    bool more = true;
    while (more && !t->session.paused && is_open(t) && ops->message) {
        enum line_kind kind = line_next(&t->line, &bytes, &left, &text, &size);
        if (kind == LINE_NONE) break;
        more = hand_over(t, kind, text, size);
    }
    if (ops->raw) ops->raw(t, begin, more ? n : n - left);
    if (t->session.paused && left > 0) buf_put(&t->rest, bytes, left);
    send_answers(t);
    if (!more) session_finish(&t->session);
    watch_silence(t);
}

static void on_data(struct session *s, const char *bytes, size_t n) {
    struct lines_session *t = of_session(s);
    const struct lines_ops *ops = server_of(t)->lines_ops;
    if (ops->filter) ops->filter(t, &bytes, &n);
    work_through(t, bytes, n);
}

void lines_pause(struct lines_session *t) {
    t->session.paused = true;
    stream_read(&t->session.stream, false);
}

void lines_resume(struct lines_session *t) {
    struct buf rest = t->rest;
    if (!t->session.paused || !is_open(t)) return;
    t->session.paused = false;
    t->rest = (struct buf){0};
    if (rest.size > 0) work_through(t, buf_at(&rest), rest.size);
    buf_free(&rest);
    if (!t->session.paused && is_open(t)) stream_read(&t->session.stream, true);
}

static void on_readable(struct session *s) {
    struct lines_session *t = of_session(s);
    server_of(t)->lines_ops->readable(t);
}

static void on_end(struct session *s) {
    struct lines_session *t = of_session(s);
    const struct lines_ops *ops = server_of(t)->lines_ops;
    const char *text;
    size_t size;
    timer_stop(&t->silence);
    if (ops->message) {
        enum line_kind kind = line_end(&t->line, &text, &size);
        bool more = kind == LINE_NONE || hand_over(t, kind, text, size);
        send_answers(t);
        if (!more) session_finish(s);
    }
    if (!is_open(t)) return;
    if (ops->end)
        ops->end(t);
    else
        session_finish(s);
}

static void on_failing(struct session *s) {
    struct lines_session *t = of_session(s);
    timer_stop(&t->silence);
    if (server_of(t)->lines_ops->message) end_bare(t);
}

static void on_space(struct session *s) {
    struct lines_session *t = of_session(s);
    const struct lines_ops *ops = server_of(t)->lines_ops;
    if (!t->session.paused) stream_read(&s->stream, true);
    if (ops->space)
        ops->space(t);
    else
        stream_ask_space(&s->stream, false);
}

static void on_open(struct session *s) {
    struct lines_session *t = of_session(s);
    line_start(&t->line, LINE_MOST);
    if (server_of(t)->lines_ops->open) server_of(t)->lines_ops->open(t);
    note_exchange(t, NULL, 0, 0);
    send_answers(t);
}

static void on_closed(struct session *s) {
    struct lines_session *t = of_session(s);
    timer_stop(&t->silence);
    if (server_of(t)->lines_ops->closed) server_of(t)->lines_ops->closed(t);
    line_free(&t->line);
    buf_free(&t->rest);
}

void lines_server_start(struct lines_server *server, struct loop *loop, struct listeners *listeners,
                        struct server_limits limits, const struct lines_ops *ops) {
    server->lines_ops = ops;
    server->answers = (struct buf){0};
    server->ops = (struct server_ops){.session_size = ops->session_size,
                                      .open = on_open,
                                      .data = on_data,
                                      .end = on_end,
                                      .space = on_space,
                                      .failing = on_failing,
                                      .closed = on_closed};
    if (ops->readable) server->ops.readable = on_readable;
    server_start(&server->server, loop, listeners, limits, &server->ops);
}

void lines_server_stop(struct lines_server *server) {
    server_stop(&server->server);
    buf_free(&server->answers);
}

#include "applets/chat/engine.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/net/sock.h"

#define READS_A_TURN 8

static struct engine *of_stream(struct stream *s) { return container_of(s, struct engine, stream); }

void engine_stop(struct engine *e) {
    if (e->dialling) dial_stop(&e->dial);
    if (e->connected) {
        stream_stop(&e->stream);
        sock_close(e->stream.fd);
    }
    resp_free(&e->replies);
    buf_free(&e->out);
    buf_free(&e->rest);
    e->dialling = e->connected = e->open = e->waiting = false;
}

static void fail(struct engine *e, bool refused, const char *why) {
    char words[RESP_LINE_MOST + 1];
    snprintf(words, sizeof words, "%s", why);
    engine_stop(e);
    e->down(e, refused, words);
}

/* --- login --- */

static void open_up(struct engine *e) {
    e->open = true;
    e->up(e);
}

/* Short, whatever follows: a server refuses anything long from whom it does not know yet, in words
 * that tell nobody why. */
static void log_in(struct engine *e) {
    const struct engine_login *l = e->login;
    resp_command(&e->out, l->user ? 3 : 2);
    resp_text(&e->out, "AUTH");
    if (l->user) resp_text(&e->out, l->user);
    resp_put(&e->out, l->password, l->password_size);
    ssize_t n = sock_send_secret(e->stream.fd, buf_at(&e->out), e->out.size);
    int error = n < 0 ? errno : EMSGSIZE;
    bool whole = n == (ssize_t)e->out.size;
    buf_free(&e->out);
    if (!whole) fail(e, false, strerror(error));
}

static void hear_login(struct engine *e, const struct resp_item *item) {
    char words[RESP_LINE_MOST + 1];
    if (item->kind == RESP_STATUS) {
        open_up(e);
        return;
    }
    bool told = item->kind == RESP_ERROR;
    snprintf(words, sizeof words, "%.*s", told ? (int)item->size : 0, told ? item->text : "");
    /* LOADING and the like say nothing of the password. */
    bool refused = told && (!strncmp(words, "ERR", 3) || !strncmp(words, "WRONGPASS", 9));
    fail(e, refused, told ? words : "its answer is none of a Redis server");
}

/* --- what comes --- */

static void hear(struct engine *e, const struct resp_item *item) {
    if (item->kind == RESP_BROKEN)
        fail(e, false, "its answer is none of a Redis server");
    else if (e->open)
        e->item(e, item);
    else
        hear_login(e, item);
}

static void work_through(struct engine *e, const char *bytes, size_t n) {
    while (e->connected && !e->waiting) {
        struct resp_item item = resp_next(&e->replies, &bytes, &n);
        if (item.kind == RESP_MORE) break;
        hear(e, &item);
    }
    if (e->waiting) buf_put(&e->rest, bytes, n);
}

/* Several reads a turn: what comes together is told together, so that a large room is given it in
 * one piece. */
static void on_readable(struct stream *s) {
    static char bytes[STREAM_READ];
    struct engine *e = of_stream(s);
    ssize_t n = sizeof bytes;
    for (int i = 0; i < READS_A_TURN && n == sizeof bytes && e->connected && !e->waiting; i++) {
        n = sock_recv(s->fd, bytes, sock_read_most(sizeof bytes));
        if (n <= 0) break;
        stream_came(s, (size_t)n);
        e->heard = loop_now(e->loop);
        work_through(e, bytes, (size_t)n);
    }
    if (n == 0)
        stream_ended(s);
    else if (n < 0 && !loop_not_yet(errno))
        stream_failed(s, errno);
}

void engine_wait(struct engine *e) {
    e->waiting = true;
    stream_read(&e->stream, false);
}

void engine_go_on(struct engine *e) {
    struct buf rest = e->rest;
    e->rest = (struct buf){0};
    e->waiting = false;
    e->heard = loop_now(e->loop);
    work_through(e, buf_at(&rest), rest.size);
    buf_free(&rest);
    if (e->connected && !e->waiting) stream_read(&e->stream, true);
}

static void on_end(struct stream *s) { fail(of_stream(s), false, "it closed the connection"); }

static void on_space(struct stream *s) { stream_ask_space(s, false); }

static void on_fail(struct stream *s, int error) { fail(of_stream(s), false, lang_error(error)); }

void engine_send(struct engine *e) {
    stream_send(&e->stream, buf_at(&e->out), e->out.size);
    buf_clear(&e->out);
}

/* --- the connection --- */

static void on_dialled(struct dial *d, int fd, const struct cause *failure) {
    static const struct stream_ops ops = {
        .readable = on_readable, .end = on_end, .space = on_space, .fail = on_fail};
    struct engine *e = container_of(d, struct engine, dial);
    e->dialling = false;
    if (fd < 0) {
        fail(e, false, failure->text);
        return;
    }
    e->connected = true;
    e->heard = loop_now(e->loop);
    stream_start(&e->stream, e->loop, fd, &ops);
    if (e->login->password)
        log_in(e);
    else
        open_up(e);
}

void engine_start(struct engine *e, struct loop *loop, const struct dial_plan *plan) {
    e->loop = loop;
    e->replies = (struct resp){.depth = 0};
    e->dialling = true;
    dial_start(loop, &e->dial, plan, on_dialled);
}

/* serve: one server, many clients: greeted, shown, and served in one of several ways (way.h). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/serve/way.h"
#include "common/base/crlf.h"
#include "common/base/mem.h"
#include "common/io/rest.h"
#include "common/io/source.h"
#include "common/net/sock.h"
#include "common/tty/term.h"

#define PULLS_A_TURN 16

static const struct serve_conf defaults = {.server = SERVER_CONF_DEFAULTS,
                                           .buffer = (uint64_t)1 << 20};

static const struct opt_row rows[] = {
    OPT("once", '1', OPT_FLAG, serve_conf, once,
        .help = "serve one connection; its outcome is the status", .flags = OPT_EVERYDAY),
    OPT("reply", 0, OPT_STRING, serve_conf, reply, .metavar = "TEMPLATE",
        .flags = OPT_EVERYDAY | OPT_EMPTY_OK, .excludes = "exec",
        .help = "answer a line: %m it, %a %p its sender, %t time, %%"),
    OPT("exec", 'e', OPT_STRING, serve_conf, exec, .metavar = "COMMAND",
        .excludes = "idle output hex-dump crlf label quit-word progress",
        .help = "run sh -c COMMAND for each client, as its stdio", .flags = OPT_EVERYDAY),
    OPT("to", 0, OPT_CUSTOM, serve_conf, to, .metavar = "ENDPOINT", .parse = where_parse,
        .values = "@host",
        .excludes = "reply exec quit-word label progress crlf no-newline recv-only",
        .help = "join each client with HOST:PORT or unix:PATH", .flags = OPT_EVERYDAY),
    OPT("broker", 0, OPT_FLAG, serve_conf, broker, .excludes = "reply exec to label recv-only",
        .help = "send what a client sends to all the others", .flags = OPT_EVERYDAY),
    OPT("buffer", 0, OPT_SIZE, serve_conf, buffer, .metavar = "SIZE", .min = 1024,
        .max = INT64_C(1) << 30, .help = "of the broker: how far behind a client may be (1M)"),
    OPT("recv-only", 0, OPT_FLAG, serve_conf, recv_only, .help = "never read stdin"),
    OPT("crlf", 'C', OPT_FLAG, serve_conf, crlf, .help = "end lines that are sent with CR LF",
        .flags = OPT_EVERYDAY),
    OPT("no-newline", 0, OPT_FLAG, serve_conf, no_newline, .help = "send MESSAGEs as they are"),
    OPT("quit-word", 0, OPT_STRING, serve_conf, quit_word, .metavar = "WORD",
        .help = "a message that is WORD ends its connection"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Sending", rows, 0},
    OPTIONS_TEXTS("Sending", struct serve_conf, texts),
    OPTIONS_OUTPUT(label, struct serve_conf, output),
    OPTIONS_OUTPUT(copies, struct serve_conf, output),
    OPTIONS_OUTPUT(progress, struct serve_conf, output),
    OPTIONS_OUTPUT(raw, struct serve_conf, output),
    OPTIONS_PROXY(proxy, struct serve_conf),
    OPTIONS_PROXY(send_proxy, struct serve_conf),
    OPTIONS_CLIENTS(struct serve_conf),
    OPTIONS_PACE("Limits", struct serve_conf),
    OPTIONS_SERVER(struct serve_conf),
    OPTIONS_SHARED(struct serve_conf),
    {NULL, NULL, 0},
};

/* The first that fits. */
static const struct way *const ways[] = {&way_exec,  &way_forward, &way_broker,
                                         &way_reply, &way_single,  &way_feed};

static const struct way *choose_way(const struct serve_conf *conf) {
    const struct way *const *w = ways;
    while (!(*w)->fits(conf)) w++;
    return *w;
}

static struct client *of_text(struct lines_session *t) {
    return container_of(t, struct client, text);
}

static struct client *of_session(struct session *s) {
    return container_of(s, struct client, text.session);
}

static struct serve *of_responder(struct responder *r) {
    return container_of(r, struct serve, responder);
}

/* --- to clients --- */

void serve_note_sent(struct client *c, const char *bytes, size_t n) {
    struct output *out = &serve_of(c)->out;
    if (output_copying(out)) output_sent(out, &c->origin.place, bytes, n);
}

void serve_greet(struct client *c) {
    const struct buf *greeting = &serve_of(c)->greeting;
    if (greeting->size == 0) return;
    session_send(&c->text.session, buf_at(greeting), greeting->size);
    serve_note_sent(c, buf_at(greeting), greeting->size);
}

static void on_answered(struct lines_session *t, const char *bytes, size_t n) {
    serve_note_sent(of_text(t), bytes, n);
}

/* --- from clients to stdout --- */

/* What clients send is cut into messages. */
static bool is_framed(const struct serve *s) { return s->way->message || s->conf->quit_word; }

/* stdout has failed, so what it was to take is lost: whoever sent it is told by a reset. */
static void give_up(struct serve *s) {
    struct session *next;
    responder_end(&s->responder, s->out.status);
    for (struct session *t = s->responder.clients.server.sessions; t; t = next) {
        next = t->next;
        if (t->stream.received > 0) session_abort(t, (enum status)s->out.status);
    }
}

/* While stdout takes nothing, nobody is read. */
static void output_changed(void *owner) {
    struct serve *s = owner;
    if (s->out.status) {
        give_up(s);
        return;
    }
    for (struct session *t = s->responder.clients.server.sessions; t; t = t->next)
        if (t->state == SESSION_OPEN) stream_read(&t->stream, !s->out.full);
}

static void on_raw(struct lines_session *t, const char *bytes, size_t n) {
    struct client *c = of_text(t);
    struct serve *s = serve_of(c);
    if (s->way->said) {
        output_copy(&s->out, bytes, n);
        output_received(&s->out, &c->origin.place, bytes, n);
        s->way->said(c, bytes, n);
        return;
    }
    if (!s->conf->output.label) {
        output_put(&s->out, &c->origin, bytes, n);
        if (is_framed(s)) screen_end_message(&s->screen);
        return;
    }
    output_copy(&s->out, bytes, n);
    output_received(&s->out, &c->origin.place, bytes, n);
    label_put(c->speaker, bytes, n);
    if (is_framed(s)) label_end_message(c->speaker);
}

/* Nobody looks at the bytes: they are moved. */
static void on_readable(struct lines_session *t) {
    struct client *c = of_text(t);
    struct stream *stream = stream_of(c);
    enum sink_result result = SINK_MOVED;
    for (int i = 0; i < PULLS_A_TURN && result == SINK_MOVED; i++) {
        size_t moved;
        result = output_pull(&serve_of(c)->out, &c->origin, stream->fd, &moved);
        if (moved) stream_came(stream, moved);
        if (sock_tracing()) break;
    }
    if (result == SINK_END) stream_ended(stream);
    if (result == SINK_SOURCE_FAILED) stream_failed(stream, errno);
}

static bool on_message(struct lines_session *t, const char *text, size_t size) {
    const struct serve *s = serve_of(of_text(t));
    const char *last = s->conf->quit_word;
    if (last && size == strlen(last) && !memcmp(text, last, size)) return false;
    if (s->way->message) s->way->message(of_text(t), text, size);
    return true;
}

/* --- clients come and go --- */

static void on_open(struct lines_session *t) {
    struct client *c = of_text(t);
    struct serve *s = serve_of(c);
    char name[SESSION_PEER];
    c->name = mem_copy(session_peer(&t->session, name));
    c->origin.place.peer = c->name;
    if (s->conf->output.label) {
        c->speaker = mem_new(sizeof *c->speaker);
        label_join(&s->label, c->speaker, c->name);
    }
    if (s->out.full) stream_read(stream_of(c), false);
    s->way->open(c);
}

static void on_space(struct lines_session *t) {
    struct client *c = of_text(t);
    struct serve *s = serve_of(c);
    if (s->out.full) stream_read(stream_of(c), false);
    if (s->way->space)
        s->way->space(c);
    else
        stream_ask_space(stream_of(c), false);
}

static void on_end(struct lines_session *t) {
    struct client *c = of_text(t);
    const struct way *way = serve_of(c)->way;
    if (serve_of(c)->out.status) return; /* give_up follows */
    way->ended ? way->ended(c) : session_finish(&t->session);
}

static void add_count(struct meter_count *count, struct client *c) {
    const struct way *way = serve_of(c)->way;
    if (way->count) way->count(c);
    count->received += stream_of(c)->received;
    count->sent += stream_of(c)->sent;
}

static void on_closed(struct lines_session *t) {
    struct client *c = of_text(t);
    struct serve *s = serve_of(c);
    if (c->speaker) label_leave(c->speaker);
    output_put(&s->out, &c->origin, "", 0);
    add_count(&s->gone, c);
    if (s->way->closed) s->way->closed(c);
    free(c->speaker);
    free(c->name);
}

static struct meter_count count_bytes(struct meter *m) {
    struct serve *serve = container_of(m, struct serve, meter);
    struct meter_count count = serve->gone;
    for (struct session *s = serve->responder.clients.server.sessions; s; s = s->next)
        add_count(&count, of_session(s));
    count.read = serve->read;
    return count;
}

/* --- the server --- */

static struct lines_ops ops_for(const struct serve *s) {
    const struct output_conf *output = &s->conf->output;
    bool framed = is_framed(s);
    bool looked_at = s->conf->pace.rate || framed || s->way->said || output->label ||
                     output->copy || output->dump;
    return (struct lines_ops){
        .session_size = s->way->client_size,
        .open = on_open,
        .message = framed ? on_message : NULL,
        .answered = on_answered,
        .raw = on_raw,
        .readable = looked_at ? NULL : on_readable,
        .end = on_end,
        .space = on_space,
        .closed = on_closed,
    };
}

bool serve_edits(const struct serve_conf *conf) {
    return !conf->output.raw && !conf->recv_only && term_able();
}

static bool is_input(int fd) {
    return !source_is_null(fd) && !(isatty(fd) && source_in_background(fd));
}

static int release(struct responder *r) {
    struct serve *s = of_responder(r);
    meter_stop(&s->meter);
    if (s->way->stop) s->way->stop(s);
    screen_stop(&s->screen);
    buf_free(&s->greeting);
    return output_stop(&s->out);
}

static int prepare(struct responder *r) {
    struct serve *s = of_responder(r);
    const struct serve_conf *conf = s->conf;
    output_start(&s->out, s->loop, s->way->shows ? STDOUT_FILENO : -1);
    s->out.changed = output_changed;
    s->out.owner = s;
    if (output_copies(&s->out, conf->output.copy, conf->output.dump)) return output_stop(&s->out);
    for (int i = 0; i < r->call->count; i++)
        crlf_line(&s->greeting, s->messages[i].bytes, s->messages[i].size, conf->crlf,
                  conf->no_newline);
    if (!conf->output.raw) screen_start(&s->screen, &s->out);
    s->row = &s->screen;
    label_start(&s->label, s->loop, &s->out);
    s->has_input = s->way->reads_stdin && !s->conf->recv_only && is_input(STDIN_FILENO);
    if (s->has_input) rest_prepare(STDIN_FILENO);
    int status = s->way->start ? s->way->start(s) : 0;
    if (status) {
        release(r);
        return status;
    }
    if (conf->output.progress)
        meter_start(&s->meter, s->loop, s->row, s->has_input ? meter_input(STDIN_FILENO) : 0,
                    count_bytes);
    return 0;
}

static void finish(struct responder *r) {
    struct serve *s = of_responder(r);
    if (!r->status) call_drain(r->call, &s->out);
    if (s->way->finish) s->way->finish(s);
}

static int check_proxies(const struct serve *s) {
    const struct proxy_conf *p = &s->conf->proxy;
    if (s->way->pairs || (!p->url.host && !p->header)) return 0;
    msg_error("%s is for --to", p->url.host ? "--proxy" : "--send-proxy");
    return -1;
}

static int run(struct call *call) {
    struct serve s = {.conf = call->conf, .loop = call->loop};
    if (applet_no_port_alone(call) < 0) return STATUS_USAGE;
    s.way = choose_way(s.conf);
    if (check_proxies(&s) < 0) return STATUS_USAGE;
    s.messages = texts_messages(&s.conf->texts, call);
    if (!s.messages || texts_template(&s.conf->texts, s.conf->reply, &s.reply) < 0)
        return STATUS_USAGE;
    s.responder.once = s.conf->once;
    s.responder.rate = s.conf->pace.rate;
    s.responder.needs = s.way->needs;
    s.responder.pairs = s.way->pairs;
    const struct lines_ops lines = ops_for(&s);
    const struct responder_ops ops = {
        .lines = &lines, .open = prepare, .finish = finish, .close = release};
    return responder_run(&s.responder, call, &s.conf->server, &ops);
}

const struct applet applet_serve = {
    .name = "serve",
    .summary = "Greet every client, show what it sends; answer, or run a command",
    .operands = "[MESSAGE]...",
    .groups = groups,
    .conf_size = size_led_by(struct serve_conf, common),
    .defaults = &defaults,
    .run = run,
};

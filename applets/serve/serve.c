/* serve: one server, many clients: greeted, fed from stdin, answered, or handed to a command. */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "applets/serve/exec.h"
#include "applets/serve/feed.h"
#include "applets/serve/label.h"
#include "common/base/crlf.h"
#include "common/base/mem.h"
#include "common/base/template.h"
#include "common/base/vis.h"
#include "common/io/relay.h"
#include "common/io/tap.h"
#include "common/net/listen.h"
#include "common/serve/responder.h"
#include "common/tty/meter.h"
#include "common/tty/screen.h"

#define PULLS_A_TURN 16

struct serve_conf {
    struct common_conf common;
    struct server_conf server;
    bool once, no_newline, crlf, label, raw, progress;
    const char *reply, *exec, *quit_word, *output, *dump;
};

static const struct serve_conf defaults = {.server = SERVER_CONF_DEFAULTS};

static const char *parse_template(void *field, const char *value) {
    *(const char **)field = value;
    return template_check(value);
}

static const struct opt_row rows[] = {
    OPT("once", '1', OPT_FLAG, serve_conf, once,
        .help = "serve one connection; its outcome is the exit status"),
    OPT("reply", 0, OPT_CUSTOM, serve_conf, reply, .metavar = "TEMPLATE", .parse = parse_template,
        .flags = OPT_EMPTY_OK, .excludes = "exec",
        .help = "answer each message with a line: %m it, %a %p its sender, %t time, %%"),
    OPT("exec", 'e', OPT_STRING, serve_conf, exec, .metavar = "COMMAND",
        .excludes = "idle output hex-dump crlf label quit-word progress",
        .help = "run sh -c COMMAND for each client, the socket its stdin and stdout"),
    OPT("crlf", 'C', OPT_FLAG, serve_conf, crlf, .help = "end lines that are sent with CR LF"),
    OPT("no-newline", 0, OPT_FLAG, serve_conf, no_newline, .help = "send MESSAGEs as they are"),
    OPT("label", 0, OPT_FLAG, serve_conf, label,
        .help = "show each line received behind its sender's [ADDR:PORT]"),
    OPT("quit-word", 0, OPT_STRING, serve_conf, quit_word, .metavar = "WORD",
        .help = "a message that is WORD ends its connection"),
    OPT("output", 'o', OPT_STRING, serve_conf, output, .metavar = "FILE", .values = "@file",
        .help = "append what is received to FILE too"),
    OPT("hex-dump", 'x', OPT_STRING, serve_conf, dump, .metavar = "FILE", .values = "@file",
        .help = "write a hex dump of both directions to FILE (-: stderr)"),
    OPT("progress", 0, OPT_FLAG, serve_conf, progress,
        .help = "show bytes, rate and, of a file, the time left"),
    OPT("raw", 0, OPT_FLAG, serve_conf, raw, .help = "let all bytes through to a terminal"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Options", rows, 0},
    OPTIONS_CLIENTS(struct serve_conf),
    OPTIONS_SERVER(struct serve_conf),
    OPTIONS_SHARED(struct serve_conf),
    {NULL, NULL, 0},
};

struct serve {
    struct responder responder;
    struct call *call;
    const struct serve_conf *conf;
    struct lines_ops lines;
    struct buf greeting;
    struct sink out;
    struct watch out_watch;
    bool out_full, draining;
    struct screen screen; /* stdout, if it is a terminal */
    struct meter meter;
    struct meter_count gone; /* of clients that have left */
    struct label label;
    struct tap tap;
    bool has_input;   /* stdin is something to send */
    struct feed feed; /* stdin to all; not with a relay */
    struct proc_group children;
};

struct client {
    struct lines_session text;
    struct feed_reader fed;
    struct label_speaker speaker;
    struct vis safe;
    struct tap_place place;
    struct handover command; /* -e */
    struct relay relay;
    char name[SESSION_PEER];
};

static struct client *of_text(struct lines_session *t) {
    return container_of(t, struct client, text);
}

static struct client *of_session(struct session *s) {
    return container_of(s, struct client, text.session);
}

static struct serve *of_responder(struct responder *r) {
    return container_of(r, struct serve, responder);
}

static struct serve *of_client(const struct client *c) {
    return of_responder(responder_of_lines(&c->text));
}

static struct stream *stream_of(struct client *c) { return &c->text.session.stream; }

static void tap_failed(struct serve *serve, const struct cause *cause) {
    /* once, however many clients meet it in a turn */
    if (!serve->responder.status) responder_end(&serve->responder, msg_cause(cause));
}

/* --- stdin to clients --- */

static void note_sent(struct lines_session *t, const char *bytes, size_t n) {
    struct client *c = of_text(t);
    struct cause cause;
    if (tap_sent(&of_client(c)->tap, &c->place, c->name, bytes, n, &cause) < 0)
        tap_failed(of_client(c), &cause);
}

static void input_sent(struct feed_reader *r, const struct iovec *pieces, size_t n) {
    for (int i = 0; n > 0; i++) {
        size_t part = n < pieces[i].iov_len ? n : pieces[i].iov_len;
        note_sent(&container_of(r, struct client, fed)->text, pieces[i].iov_base, part);
        n -= part;
    }
}

static void input_failed(struct feed *f, int error) {
    msg_error("cannot read stdin: %s", strerror(error));
    responder_end(&container_of(f, struct serve, feed)->responder, STATUS_FAILED);
}

/* --- clients to stdout --- */

/* While stdout takes nothing, nobody is read. */
static void read_clients(struct serve *serve, bool on) {
    serve->out_full = !on;
    watch_want(&serve->out_watch, on ? 0 : LOOP_WRITE);
    for (struct session *s = serve->responder.clients.server.sessions; s; s = s->next)
        if (s->state == SESSION_OPEN) stream_read(&s->stream, on);
}

static void output_result(struct serve *serve, enum sink_result result) {
    if (result == SINK_FULL) read_clients(serve, false);
    if (result != SINK_FAILED || serve->responder.status) return;
    if (serve->out.error != EPIPE)
        msg_error("cannot write to stdout: %s", strerror(serve->out.error));
    responder_end(&serve->responder, serve->out.error == EPIPE ? STATUS_SIGPIPE : STATUS_FAILED);
}

static void output_ready(struct watch *w, unsigned events) {
    struct serve *serve = container_of(w, struct serve, out_watch);
    (void)events;
    enum sink_result result = sink_flush(&serve->out);
    if (result == SINK_MOVED)
        read_clients(serve, true);
    else
        output_result(serve, result);
    if (serve->draining) loop_stop(serve->call->loop);
}

static void label_result(struct label *l, enum sink_result result) {
    output_result(container_of(l, struct serve, label), result);
}

static void on_raw(struct lines_session *t, const char *bytes, size_t n) {
    struct client *c = of_text(t);
    struct serve *serve = of_client(c);
    struct cause cause;
    if (tap_received(&serve->tap, &c->place, c->name, bytes, n, &cause) < 0)
        tap_failed(serve, &cause);
    if (serve->conf->label) {
        label_put(&c->speaker, bytes, n);
        return;
    }
    serve->screen.safe = &c->safe;
    output_result(serve, sink_give(&serve->out, bytes, n));
}

/* Nobody looks at the bytes: they are moved. */
static void on_readable(struct lines_session *t) {
    struct client *c = of_text(t);
    struct serve *serve = of_client(c);
    enum sink_result result = SINK_MOVED;
    serve->screen.safe = &c->safe;
    for (int i = 0; i < PULLS_A_TURN && result == SINK_MOVED; i++) {
        size_t moved;
        result = sink_pull(&serve->out, stream_of(c)->fd, SOURCE_SOCKET, &moved);
        if (moved) stream_came(stream_of(c), moved);
        if (serve->out.copying) break;
    }
    if (result == SINK_END) stream_ended(stream_of(c));
    if (result == SINK_SOURCE_FAILED) stream_failed(stream_of(c), errno);
    output_result(serve, result);
}

/* The rest of a character that never came. */
static void show_last(struct client *c) {
    struct screen *screen = &of_client(c)->screen;
    if (!screen->sink) return;
    screen->safe = &c->safe;
    screen_show(screen, "", 0);
    screen->safe = &screen->own_safe;
}

static void screen_full(struct screen *s) {
    read_clients(container_of(s, struct serve, screen), false);
}

static void add_count(struct meter_count *count, const struct client *c) {
    bool relayed = c->relay.loop;
    count->received += relayed ? c->relay.received : c->text.session.stream.received;
    count->sent += relayed ? c->relay.to_peer.taken : c->text.session.stream.sent;
    count->read += c->relay.read;
}

static struct meter_count count_bytes(struct meter *m) {
    struct serve *serve = container_of(m, struct serve, meter);
    struct meter_count count = serve->gone;
    count.read += serve->feed.log.end;
    for (struct session *s = serve->responder.clients.server.sessions; s; s = s->next)
        add_count(&count, of_session(s));
    return count;
}

static void start_screen(struct serve *serve) {
    if (!isatty(STDOUT_FILENO) || serve->conf->raw) return;
    screen_start(&serve->screen, &serve->out, screen_full);
    screen_divert(&serve->screen);
    serve->out.look = screen_look;
    serve->out.ctx = &serve->screen;
}

/* --- messages --- */

static bool on_message(struct lines_session *t, const char *text, size_t size) {
    const struct serve_conf *conf = of_client(of_text(t))->conf;
    struct buf *answers = lines_answers(t);
    if (conf->quit_word && size == strlen(conf->quit_word) && !memcmp(text, conf->quit_word, size))
        return false;
    if (!conf->reply) return true;
    template_fill(answers, conf->reply, text, size, &t->session.peer, time(NULL));
    buf_put(answers, conf->crlf ? "\r\n" : "\n", conf->crlf ? 2 : 1);
    return true;
}

/* --- one connection, joined with stdin and stdout --- */

static void relay_done(struct relay *r, enum status outcome) {
    struct client *c = container_of(r, struct client, relay);
    stream_of(c)->received = r->received;
    stream_of(c)->sent = r->to_peer.taken;
    session_close(&c->text.session, outcome);
}

static void start_relay(struct client *c) {
    struct serve *serve = of_client(c);
    struct relay *r = &c->relay;
    session_detach(&c->text.session);
    relay_start(r, serve->call->loop, stream_of(c)->fd, serve->has_input ? STDIN_FILENO : -1,
                STDOUT_FILENO);
    r->half_close = serve->has_input;
    r->rest = RELAY_REST_PIPES;
    r->idle = serve->conf->common.idle;
    r->peer = c->name;
    r->done = relay_done;
    relay_say(r, buf_at(&serve->greeting), serve->greeting.size);
    relay_run(r);
}

/* --- clients come and go --- */

static bool relays(const struct serve *serve) {
    const struct serve_conf *conf = serve->conf;
    return !serve->screen.sink && conf->once && !conf->reply && !conf->exec && !conf->label &&
           !conf->quit_word && !conf->output && !conf->dump && !conf->crlf;
}

static void on_open(struct lines_session *t) {
    struct client *c = of_text(t);
    struct serve *serve = of_client(c);
    session_peer(&t->session, c->name);
    label_join(&serve->label, &c->speaker, c->name);
    if (relays(serve)) {
        start_relay(c);
        return;
    }
    if (serve->greeting.size > 0)
        session_send(&t->session, buf_at(&serve->greeting), serve->greeting.size);
    note_sent(t, buf_at(&serve->greeting), serve->greeting.size);
    if (serve->out_full || serve->conf->exec) stream_read(stream_of(c), false);
    if (serve->conf->exec && stream_waiting(stream_of(c)) == 0)
        handover_start(&c->command, &t->session, &serve->children, serve->conf->exec);
    else if (serve->conf->exec)
        stream_ask_space(stream_of(c), true);
    else if (serve->has_input)
        feed_join(&serve->feed, &c->fed, &t->session);
}

static void on_space(struct lines_session *t) {
    struct client *c = of_text(t);
    struct serve *serve = of_client(c);
    if (serve->conf->exec) {
        handover_start(&c->command, &t->session, &serve->children, serve->conf->exec);
        return;
    }
    if (serve->out_full) stream_read(stream_of(c), false);
    stream_ask_space(stream_of(c), false);
    feed_more(&c->fed);
}

static void on_end(struct lines_session *t) {
    struct client *c = of_text(t);
    c->fed.feed ? feed_ended(&c->fed) : session_finish(&t->session);
}

static void on_closed(struct lines_session *t) {
    struct client *c = of_text(t);
    struct serve *serve = of_client(c);
    label_leave(&c->speaker);
    relay_stop(&c->relay);
    show_last(c);
    add_count(&serve->gone, c);
    feed_leave(&c->fed);
}

/* --- the server --- */

static struct lines_ops ops_for(const struct serve_conf *conf) {
    bool framed = conf->reply || conf->quit_word;
    bool looked_at = framed || conf->label || conf->output || conf->dump;
    return (struct lines_ops){
        .session_size = size_led_by(struct client, text),
        .open = on_open,
        .message = framed ? on_message : NULL,
        .answered = note_sent,
        .raw = on_raw,
        .readable = looked_at ? NULL : on_readable,
        .end = on_end,
        .space = on_space,
        .closed = on_closed,
    };
}

static int prepare(struct responder *r) {
    struct serve *serve = of_responder(r);
    struct cause cause;
    const struct serve_conf *conf = serve->conf;
    if (tap_open(&serve->tap, conf->output, conf->dump, &cause) < 0) return msg_cause(&cause);
    for (int i = 0; i < serve->call->count; i++)
        crlf_line(&serve->greeting, serve->call->operands[i], conf->crlf, conf->no_newline);
    sink_start(&serve->out, STDOUT_FILENO);
    watch_start(serve->call->loop, &serve->out_watch, STDOUT_FILENO, 0, output_ready);
    start_screen(serve);
    label_start(&serve->label, serve->call->loop, &serve->out, label_result);
    serve->has_input = !conf->reply && !conf->exec && !source_is_null(STDIN_FILENO) &&
                       !(isatty(STDIN_FILENO) && source_in_background(STDIN_FILENO));
    if (serve->has_input && !relays(serve))
        feed_start(&serve->feed, serve->call->loop, STDIN_FILENO, conf->crlf);
    serve->feed.failed = input_failed;
    if (tap_active(&serve->tap)) serve->feed.sent = input_sent;
    if (conf->exec) proc_group_start(&serve->children, serve->call->loop);
    if (conf->progress)
        meter_start(&serve->meter, serve->call->loop, &serve->screen,
                    serve->has_input ? meter_input(STDIN_FILENO) : 0, count_bytes);
    return 0;
}

static int release(struct responder *r) {
    struct serve *serve = of_responder(r);
    struct cause cause;
    meter_stop(&serve->meter);
    screen_stop(&serve->screen);
    feed_stop(&serve->feed);
    watch_stop(&serve->out_watch);
    sink_free(&serve->out);
    buf_free(&serve->greeting);
    return tap_close(&serve->tap, &cause) < 0 && !r->status ? msg_cause(&cause) : 0;
}

/* Output that waits for a slow reader of stdout is still given to it. */
static void finish(struct responder *r) {
    struct serve *serve = of_responder(r);
    serve->draining = true;
    while (serve->out_full && !r->status && !call_over(r->call)) loop_run(r->call->loop);
    if (serve->conf->exec) proc_group_stop(&serve->children);
}

static int run(struct call *call) {
    struct serve serve = {.call = call, .conf = call->conf};
    serve.lines = ops_for(serve.conf);
    serve.responder.once = serve.conf->once;
    serve.responder.runs_commands = serve.conf->exec;
    struct responder_ops ops = {
        .lines = &serve.lines, .open = prepare, .finish = finish, .close = release};
    return responder_run(&serve.responder, call, &serve.conf->server, &ops);
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

/* connect: to a server, with what the command line or stdin says. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/crlf.h"
#include "common/base/lang.h"
#include "common/base/line.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/cli/texts.h"
#include "common/cli/where.h"
#include "common/io/output.h"
#include "common/io/pacer.h"
#include "common/io/proc.h"
#include "common/io/relay.h"
#include "common/net/dial.h"
#include "common/net/farewell.h"
#include "common/net/measured.h"
#include "common/net/proxyproto.h"
#include "common/net/sock.h"
#include "common/tty/meter.h"
#include "common/tty/screen.h"
#include "common/tty/term.h"

#define RETRY_PAUSE (100 * TEXT_NS_PER_MS)
#define RETRY_ATTEMPT (1 * TEXT_NS_PER_S)
#define LAST_WORDS (5 * TEXT_NS_PER_S) /* for the peer, once we are done with it */

struct connect_conf {
    struct common_conf common;
    struct output_conf output;
    struct proxy_conf proxy;
    struct texts_conf texts;
    struct pace_conf pace;
    bool no_newline, crlf, no_half_close, keep_sending, recv_only, send_only, wait_answer;
    int64_t line_delay; /* ns; 0: none */
    int64_t retry;      /* ns; 0: once */
    const char *exec, *quit_word;
};

static const struct opt_row rows[] = {
    OPT("no-newline", 0, OPT_FLAG, connect_conf, no_newline, .help = "send MESSAGEs as they are"),
    OPT("crlf", 'C', OPT_FLAG, connect_conf, crlf, .help = "end each line that is sent with CR LF",
        .flags = OPT_EVERYDAY),
    OPT("no-half-close", 0, OPT_FLAG, connect_conf, no_half_close,
        .help = "keep the write side open at the end of stdin", .flags = OPT_EVERYDAY),
    OPT("keep-sending", 0, OPT_FLAG, connect_conf, keep_sending,
        .help = "send stdin to its end although the peer has ended"),
    OPT("recv-only", 0, OPT_FLAG, connect_conf, recv_only, .excludes = "send-only keep-sending",
        .help = "never read stdin"),
    OPT("send-only", 0, OPT_FLAG, connect_conf, send_only,
        .help = "drop what the server says; end once all is sent and acknowledged"),
    OPT("line-delay", 0, OPT_TIME, connect_conf, line_delay, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "wait TIME between lines: MESSAGEs, or those of stdin"),
    OPT("wait-answer", 0, OPT_FLAG, connect_conf, wait_answer,
        .help = "send the next line once the last is answered; status 5 if not within -w"),
    OPT("retry", 0, OPT_TIME, connect_conf, retry, .metavar = "TIME", .max = INT64_MAX,
        .flags = OPT_EVERYDAY | OPT_INF_OK,
        .help = "keep trying for TIME (or inf) to reach the server"),
    OPT("exec", 'e', OPT_STRING, connect_conf, exec, .metavar = "COMMAND",
        .excludes =
            "idle output hex-dump crlf quit-word keep-sending no-half-close no-newline progress "
            "recv-only send-only send-proxy line-delay wait-answer",
        .help = "run sh -c COMMAND with the socket as its stdio", .flags = OPT_EVERYDAY),
    OPT("quit-word", 0, OPT_STRING, connect_conf, quit_word, .metavar = "WORD",
        .help = "a line of stdin that is WORD is the last one", .flags = OPT_EVERYDAY),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Sending", rows, 0},
    OPTIONS_TEXTS("Sending", struct connect_conf, texts),
    OPTIONS_PACE("Sending", struct connect_conf),
    OPTIONS_OUTPUT(copies, struct connect_conf, output),
    OPTIONS_OUTPUT(progress, struct connect_conf, output),
    OPTIONS_OUTPUT(raw, struct connect_conf, output),
    OPTIONS_PROXY(proxy, struct connect_conf),
    OPTIONS_PROXY(send_proxy, struct connect_conf),
    OPTIONS_SHARED(struct connect_conf),
    {NULL, NULL, 0},
};

struct connection {
    struct call *call;
    const struct connect_conf *conf;
    const struct text *messages;
    const struct proxy_url *proxy; /* NULL: none */
    int fd;
    struct addr peer;
    char name[NET_NAME_TEXT];
    struct relay relay;
    struct pacer pacer;
    int said; /* MESSAGEs given to it */
    struct output out;
    struct screen screen; /* of stdout, if it is a terminal */
    struct term term;     /* stdin, if lines are edited on it */
    struct meter meter;
    struct line line; /* of stdin, for the quit word */
    struct buf typed; /* lines with their endings made CR LF */
    bool cr;          /* the last byte of stdin was one */
    struct timer last_words;
    struct farewell farewell; /* of a command's connection */
    struct proc_group children;
    struct proc child;
    int status;
};

/* --- dialling --- */

static bool worth_a_retry(enum status status) {
    return status == STATUS_UNCONNECTED || status == STATUS_UNRESOLVED || status == STATUS_TIMEOUT;
}

/* How long an attempt may take: -w, or with --retry a second; and no longer than --retry goes on.
 */
static int64_t attempt_limit(const struct connect_conf *conf, int64_t left) {
    int64_t otherwise = conf->retry ? RETRY_ATTEMPT : OPTIONS_DIAL_LIMIT;
    int64_t limit = conf->common.timeout ? conf->common.timeout : otherwise;
    if (!conf->retry || limit < left) return limit;
    return left > 1 ? left : 1;
}

/* What --retry tells at its end: the outcome of the last attempt that had an answer, or, where none
 * had, of the last. */
static void note_outcome(struct cause *outcome, const struct cause *cause) {
    if (cause->status != STATUS_TIMEOUT || outcome->status == STATUS_TIMEOUT ||
        outcome->status == STATUS_OK)
        *outcome = *cause;
}

/* Until it answers or --retry is over. Returns the exit status, 0 with a connection. */
static int dial(struct connection *c, const struct net_name *target,
                const struct net_name *source) {
    const struct common_conf *common = &c->conf->common;
    int64_t retry = c->conf->retry, begin = loop_clock();
    struct cause cause = {0}, outcome = {0};
    for (;;) {
        int64_t left = retry == INT64_MAX ? INT64_MAX : retry - (loop_clock() - begin);
        const struct dial_plan plan = {.name = *target,
                                       .local = source->type ? source : NULL,
                                       .options = &common->sockopts,
                                       .proxy = c->proxy,
                                       .limit = attempt_limit(c->conf, left)};
        c->fd = dial_wait(c->call->loop, &plan, &c->peer, &cause);
        if (c->fd >= 0 || call_over(c->call)) return 0;
        note_outcome(&outcome, &cause);
        left = retry == INT64_MAX ? INT64_MAX : retry - (loop_clock() - begin);
        if (left <= 0 || !worth_a_retry(cause.status)) return msg_cause(&outcome);
        msg_note(1, "%s; trying again", cause.text);
        loop_run_for(c->call->loop, left < RETRY_PAUSE ? left : RETRY_PAUSE);
        if (call_over(c->call)) return 0;
    }
}

static void tell_connected(struct connection *c) {
    struct addr local;
    char from[ADDR_TEXT], proxy[PROXY_TEXT];
    if (sock_local(c->fd, &local) < 0) return;
    addr_text(&local, from);
    if (c->proxy)
        msg_note(1, "connected to %s through %s from %s", c->name, proxy_url_text(c->proxy, proxy),
                 from);
    else
        msg_note(1, "connected to %s from %s", c->name, from);
}

/* --- what is sent and received --- */

/* Lines that waited for their time, unless they stand behind the quit word. */
static void tell_unsent(struct connection *c) {
    uint64_t n = c->pacer.go && !timer_running(&c->last_words) ? pacer_unsent(&c->pacer) : 0;
    if (n == 0) return;
    msg_error(trn("%llu byte unsent", "%llu bytes unsent", n), (unsigned long long)n);
    if (!c->status) c->status = STATUS_FAILED;
}

static void relay_done(struct relay *r, enum status outcome) {
    struct connection *c = container_of(r, struct connection, relay);
    c->status = (int)outcome;
    tell_unsent(c);
    loop_stop(c->call->loop);
}

static void last_words_over(struct timer *t) {
    struct connection *c = container_of(t, struct connection, last_words);
    loop_stop(c->call->loop);
}

/* Cuts the bytes behind a line that is the quit word. */
static void find_quit_word(struct connection *c, const char *bytes, size_t *n, bool *end) {
    const char *at = bytes, *text;
    size_t left = *n, size, wanted = strlen(c->conf->quit_word);
    while (line_next(&c->line, &at, &left, &text, &size) != LINE_NONE) {
        if (size != wanted || memcmp(text, c->conf->quit_word, size) != 0) continue;
        *n = (size_t)(at - bytes);
        *end = true;
        timer_start(c->call->loop, &c->last_words, LAST_WORDS, last_words_over);
        return;
    }
}

static void look_sent(void *ctx, const char **bytes, size_t *n, bool *end) {
    struct connection *c = ctx;
    if (c->conf->quit_word && c->call->count == 0) find_quit_word(c, *bytes, n, end);
    if (c->conf->crlf) {
        buf_clear(&c->typed);
        crlf_put(&c->typed, *bytes, *n, &c->cr);
        *bytes = buf_at(&c->typed);
        *n = c->typed.size;
    }
    output_sent(&c->out, &c->relay.from.place, *bytes, *n);
}

static void put_header(struct connection *c, struct buf *out) {
    struct addr local, peer;
    if (sock_local(c->fd, &local) == 0 && sock_peer(c->fd, &peer) == 0)
        proxyproto_put(out, (int)c->conf->proxy.header, &local, &peer);
}

static bool next_message(struct connection *c, struct buf *out) {
    if (c->said == c->call->count) return false;
    const struct text *message = &c->messages[c->said++];
    crlf_line(out, message->bytes, message->size, c->conf->crlf, c->conf->no_newline);
    return true;
}

static void say_messages(struct connection *c) {
    struct buf text = {0};
    if (c->conf->proxy.header) put_header(c, &text);
    while (!c->pacer.go && next_message(c, &text)) continue;
    if (text.size == 0) return;
    relay_say(&c->relay, buf_at(&text), text.size);
    output_sent(&c->out, &c->relay.from.place, buf_at(&text), text.size);
    buf_free(&text);
}

static void look_on(struct connection *c) {
    struct sink *to_peer = &c->relay.to_peer;
    to_peer->ctx = c;
    if (output_copying(&c->out) || c->conf->quit_word || c->conf->crlf) to_peer->look = look_sent;
}

/* --- lines that are sent one at a time --- */

static bool next_paced(struct pacer *p, struct buf *line) {
    return next_message(container_of(p, struct connection, pacer), line);
}

/* The answer to the line before is complete. */
static void line_goes(struct pacer *p, const char *bytes, size_t n) {
    struct connection *c = container_of(p, struct connection, pacer);
    if (p->answers) screen_end_message(&c->screen);
    relay_type(&c->relay, bytes, n);
}

static void give_up(struct connection *c, enum status status) {
    c->status = (int)status;
    pacer_stop(&c->pacer);
    tell_unsent(c);
    loop_stop(c->call->loop);
}

static void not_answered(struct pacer *p) {
    struct connection *c = container_of(p, struct connection, pacer);
    char limit[TEXT_SHORT];
    msg_error("%s did not answer within %s", c->name, text_duration(p->patience, limit));
    give_up(c, STATUS_TIMEOUT);
}

static void stdin_failed(struct connection *c, int error) {
    msg_error("cannot read stdin: %s", lang_error(error));
    give_up(c, STATUS_FAILED);
}

static void input_failed(struct pacer *p, int error) {
    stdin_failed(container_of(p, struct connection, pacer), error);
}

static void want_lines(struct relay *r, bool on) {
    struct connection *c = container_of(r, struct connection, relay);
    if (r->sending == RELAY_OPEN)
        pacer_want(&c->pacer, on, r->received);
    else
        pacer_stop(&c->pacer);
}

static bool paces(const struct connection *c) {
    bool sends = c->call->count > 0 || !c->conf->recv_only;
    return sends && (c->conf->line_delay || c->conf->wait_answer);
}

/* Behind relay_start. */
static void start_pacer(struct connection *c) {
    const struct connect_conf *conf = c->conf;
    bool messages = c->call->count > 0;
    c->pacer = (struct pacer){
        .delay = conf->line_delay,
        .answers = conf->wait_answer,
        .patience = conf->common.timeout ? conf->common.timeout : OPTIONS_DIAL_LIMIT,
        .next = messages ? next_paced : NULL,
        .go = line_goes,
        .unanswered = not_answered,
        .failed = input_failed,
    };
    c->relay.want_typing = want_lines;
    c->relay.typed = messages ? SOURCE_FILE : source_kind(STDIN_FILENO);
    pacer_start(&c->pacer, c->call->loop);
}

/* --- a person at a terminal --- */

static void line_typed(struct term *t, const char *text, size_t size) {
    struct connection *c = container_of(t, struct connection, term);
    struct buf line = {.size = 0};
    if (t->error) {
        stdin_failed(c, t->error);
        return;
    }
    if (text) {
        buf_put(&line, text, size);
        buf_put(&line, "\n", 1);
    }
    relay_type(&c->relay, buf_at(&line), line.size);
    buf_free(&line);
}

static void want_typing(struct relay *r, bool on) {
    struct connection *c = container_of(r, struct connection, relay);
    if (r->sending == RELAY_OPEN)
        term_want(&c->term, on);
    else
        term_stop(&c->term);
}

static struct meter_count count_bytes(struct meter *m) {
    const struct relay *r = &container_of(m, struct connection, meter)->relay;
    return (struct meter_count){.received = r->received, .sent = r->to_peer.taken, .read = r->read};
}

static void start_terminal(struct connection *c, bool editing) {
    struct relay *r = &c->relay;
    if (!c->conf->output.raw) screen_start(&c->screen, &c->out);
    if (editing) {
        r->want_typing = want_typing;
        term_start(&c->term, c->call->loop, &c->screen, line_typed);
    }
    if (c->conf->output.progress)
        meter_start(&c->meter, c->call->loop, editing ? c->term.screen : &c->screen,
                    meter_input(STDIN_FILENO), count_bytes);
}

static void stop_terminal(struct connection *c) {
    output_put(&c->out, &c->relay.from, "", 0);
    meter_stop(&c->meter);
    term_stop(&c->term);
    screen_stop(&c->screen);
}

/* --- relaying --- */

static void start_relay(struct connection *c, bool editing) {
    const struct connect_conf *conf = c->conf;
    struct relay *r = &c->relay;
    bool messages = c->call->count > 0;
    line_start(&c->line, LINE_MOST);
    bool reads = !messages && !editing && !conf->recv_only && !paces(c);
    relay_start(r, c->call->loop, c->fd, reads ? STDIN_FILENO : -1, &c->out);
    r->half_close = !conf->no_half_close && !conf->recv_only;
    r->keep_sending = conf->keep_sending;
    r->send_only = conf->send_only;
    r->idle = conf->common.idle;
    r->rate = conf->pace.rate;
    r->peer = c->name;
    r->done = relay_done;
    if (paces(c)) start_pacer(c);
}

static void stop_relay(struct connection *c) {
    relay_stop(&c->relay);
    pacer_free(&c->pacer);
    timer_stop(&c->last_words);
    line_free(&c->line);
    buf_free(&c->typed);
}

/* Many proxies do not know of half-closed connections (RFC 9293 section 3.6): they take the end of
 * our side for that of both, and the answer is lost on its way. */
static void tell_unanswered(const struct connection *c) {
    bool asked = c->call->count > 0 && !c->conf->send_only && !c->conf->no_half_close;
    if (c->proxy && asked && !c->status && !call_over(c->call) && c->relay.received == 0)
        msg_note(0,
                 "%s ended without an answer (a proxy may end both sides when one has ended: "
                 "--no-half-close keeps ours open)",
                 c->name);
}

static void run_relay(struct connection *c) {
    const struct output_conf *output = &c->conf->output;
    bool editing =
        c->call->count == 0 && !c->conf->recv_only && !paces(c) && !output->raw && term_able();
    output_start(&c->out, c->call->loop, c->conf->send_only ? -1 : STDOUT_FILENO);
    if (output_copies(&c->out, output->copy, output->dump) == 0) {
        start_relay(c, editing);
        start_terminal(c, editing);
        look_on(c);
        say_messages(c);
        relay_run(&c->relay);
        loop_run(c->call->loop);
        stop_terminal(c);
        stop_relay(c);
        if (!c->status) call_drain(c->call, &c->out);
        tell_unanswered(c);
    }
    int failure = output_stop(&c->out);
    if (failure) c->status = failure;
}

/* --- -e --- */

static void child_ended(struct proc *p) {
    struct connection *c = container_of(p, struct connection, child);
    c->status = p->status;
    proc_note_end(p, c->name);
    loop_stop(c->call->loop);
}

static void farewell_over(struct farewell *f) {
    loop_stop(container_of(f, struct connection, farewell)->call->loop);
}

/* The child's last bytes are delivered before the connection is closed. */
static void part(struct connection *c) {
    farewell_start(&c->farewell, c->call->loop, c->fd, farewell_over);
    loop_run(c->call->loop);
    farewell_stop(&c->farewell);
}

static void run_command(struct connection *c) {
    struct proc_socket socket = {.fd = c->fd, .peer = c->peer};
    struct cause cause = {0};
    proc_group_start(&c->children, c->call->loop);
    c->child.ended = child_ended;
    if (proc_spawn(&c->children, &c->child, c->conf->exec, &socket, &cause) < 0) {
        c->status = msg_cause(&cause);
        return;
    }
    loop_run(c->call->loop);
    if (!call_over(c->call)) {
        part(c);
        return;
    }
    proc_group_stop(&c->children);
    c->status = STATUS_OK; /* what became of the command is our own doing */
}

static int run(struct call *call) {
    struct connection c = {.call = call, .conf = call->conf};
    struct net_name target, source;
    if (where_target(call, SOCK_STREAM, &target, &source) < 0 ||
        where_through(&c.conf->proxy, &target, &c.proxy) < 0)
        return STATUS_USAGE;
    c.messages = texts_messages(&c.conf->texts, call);
    if (!c.messages) return STATUS_USAGE;
    int status = dial(&c, &target, &source);
    if (status || c.fd < 0) return status;
    if (c.proxy)
        net_name_text(&target, c.name);
    else
        addr_text(&c.peer, c.name);
    tell_connected(&c);
    if (c.conf->exec)
        run_command(&c);
    else
        run_relay(&c);
    if (c.conf->send_only && !c.status && !call_over(call)) {
        c.farewell.shut = true;
        part(&c); /* what the server says still must not become a reset that destroys what it has */
    }
    measured_note(c.fd, c.name);
    if (c.farewell.reset || c.relay.reset) sock_reset(c.fd);
    sock_close(c.fd);
    return c.status;
}

const struct applet applet_connect = {
    .name = "connect",
    .summary = "Connect to a server; send MESSAGEs or stdin, show what it answers",
    .operands = "[HOST[:PORT] | HOST PORT] [MESSAGE]...",
    .schemes = "unix:",
    .groups = groups,
    .conf_size = size_led_by(struct connect_conf, common),
    .run = run,
};

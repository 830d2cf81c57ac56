/* echo: sends back every byte. */
#include "common/base/mem.h"
#include "common/cli/applet.h"
#include "common/serve/responder.h"

struct echo_conf {
    struct common_conf common;
    struct server_conf server;
    struct responder_conf responder;
};

static const struct echo_conf defaults = {.server = SERVER_CONF_DEFAULTS,
                                          .responder = RESPONDER_CONF_DEFAULTS};

static const struct opt_group groups[] = {
    RESPONDER_GROUP(struct echo_conf),
    APPLET_CLIENTS_GROUP(struct echo_conf),
    APPLET_SERVER_GROUP(struct echo_conf),
    APPLET_COMMON_GROUP(struct echo_conf),
    {NULL, NULL, 0},
};

struct echo {
    struct responder responder;
    struct server server;
};

static void on_open(struct session *s) { (void)s; }

/* What a client does not take back yet holds up its own sending, so that no more than one read
 * waits. */
static void on_data(struct session *s, const char *bytes, size_t n) {
    session_send(s, bytes, n);
    if (stream_waiting(&s->stream) == 0) return;
    stream_read(&s->stream, false);
    stream_ask_space(&s->stream, true);
}

static void on_space(struct session *s) {
    stream_ask_space(&s->stream, false);
    stream_read(&s->stream, true);
}

static const struct server_ops server_ops = {
    .session_size = sizeof(struct session), .open = on_open, .data = on_data, .space = on_space};

static struct server *start(struct responder *r) {
    struct echo *echo = container_of(r, struct echo, responder);
    server_start(&echo->server, r->call->loop, &r->streams, &r->limits, &r->common, &server_ops,
                 false, echo);
    return &echo->server;
}

static void stop(struct responder *r) {
    server_stop(&container_of(r, struct echo, responder)->server);
}

static bool on_datagram(struct responder *r, const struct dgram *question, struct buf *answer) {
    (void)r;
    buf_put(answer, question->bytes, question->size);
    return true;
}

static int run(struct call *call) {
    static const struct responder_ops ops = {.start = start, .stop = stop, .datagram = on_datagram};
    const struct echo_conf *conf = call->conf;
    struct echo echo = {0};
    return responder_run(&echo.responder, call, &conf->server, conf->responder, &ops);
}

const struct applet applet_echo = {
    .name = "echo",
    .summary = "Send back every byte",
    .operands = "",
    .groups = groups,
    .conf_size = sizeof(struct echo_conf),
    .defaults = &defaults,
    .run = run,
};

/* echo: sends back every byte. */
#include "common/serve/exchange.h"
#include "common/serve/responder.h"

struct echo_conf {
    struct common_conf common;
    struct server_conf server;
    struct answering_conf answering;
};

static const struct echo_conf defaults = {.server = SERVER_CONF_DEFAULTS};

static const struct opt_group groups[] = {
    OPTIONS_ANSWERING(struct echo_conf),
    OPTIONS_CLIENTS(struct echo_conf),
    OPTIONS_SERVER(struct echo_conf),
    OPTIONS_SHARED(struct echo_conf),
    {NULL, NULL, 0},
};

static void note_exchange(const struct session *s, const char *bytes, size_t n) {
    char peer[SESSION_PEER];
    session_peer(s, peer);
    exchange_request(peer, bytes, n);
    exchange_answer(peer, bytes, n);
}

/* What a client does not take back yet holds up its own sending, so that no more than one read
 * waits. */
static void on_data(struct session *s, const char *bytes, size_t n) {
    if (exchange_told()) note_exchange(s, bytes, n);
    session_send(s, bytes, n);
    if (stream_waiting(&s->stream) == 0) return;
    stream_read(&s->stream, false);
    stream_ask_space(&s->stream, true);
}

static void on_space(struct session *s) {
    stream_ask_space(&s->stream, false);
    stream_read(&s->stream, true);
}

static bool on_datagram(struct dgram_door *door, const struct dgram *question, struct buf *answer) {
    (void)door;
    if (!answer) return false;
    buf_put(answer, question->bytes, question->size);
    return true;
}

static int run(struct call *call) {
    static const struct server_ops sessions = {
        .session_size = sizeof(struct session), .data = on_data, .space = on_space};
    static const struct dgram_ops datagrams = {.message = on_datagram};
    static const struct responder_ops ops = {.sessions = &sessions, .datagrams = &datagrams};
    const struct echo_conf *conf = call->conf;
    struct responder responder = {.how = conf->answering};
    return responder_run(&responder, call, &conf->server, &ops);
}

const struct applet applet_echo = {
    .name = "echo",
    .summary = "Send back every byte",
    .operands = "",
    .groups = groups,
    .conf_size = size_led_by(struct echo_conf, common),
    .defaults = &defaults,
    .run = run,
};

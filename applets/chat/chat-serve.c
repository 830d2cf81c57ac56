/* chat-serve: a room for many. */
#include "applets/chat/clients.h"
#include "applets/chat/name.h"
#include "applets/chat/service.h"
#include "applets/chat/sysop.h"
#include "common/cli/applet.h"

struct chat_serve_conf {
    struct common_conf common;
    struct server_conf server;
    struct service_conf service;
    int64_t rate;
    const char *name;
};

static const struct chat_serve_conf defaults = {
    .server = SERVER_CONF_DEFAULTS, .service = {.buffer = 1 << 20}, .name = "host"};

static const struct opt_row rows[] = {
    OPT("buffer", 0, OPT_SIZE, chat_serve_conf, service.buffer, .metavar = "SIZE",
        .min = SERVICE_BUFFER_LEAST, .max = 1 << 30,
        .help = "of the room; who is that far behind is dropped (1M)"),
    OPT("history", 0, OPT_INTEGER, chat_serve_conf, service.history, .metavar = "N", .min = 0,
        .max = 10000, .help = "show a newcomer the last N lines said", .flags = OPT_EVERYDAY),
    OPT("log", 0, OPT_STRING, chat_serve_conf, service.log, .metavar = "FILE", .values = "@file",
        .help = "append a transcript of the room to FILE", .flags = OPT_EVERYDAY),
    OPT("name", 0, OPT_CUSTOM, chat_serve_conf, name, .metavar = "NAME", .parse = name_parse,
        .help = "of the host, who says the lines of stdin (host)", .flags = OPT_EVERYDAY),
    OPT("rate", 0, OPT_INTEGER, chat_serve_conf, rate, .metavar = "N", .min = 1, .max = 1000000,
        .help = "take N messages a second of each; faster ones wait"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Room", rows, 0},
    OPTIONS_CLIENTS(struct chat_serve_conf),
    OPTIONS_SERVER(struct chat_serve_conf),
    OPTIONS_SHARED(struct chat_serve_conf),
    {NULL, NULL, 0},
};

struct chat_serve {
    struct clients clients;
    struct service room;
    struct sysop sysop;
};

static struct chat_serve *of_responder(struct responder *r) {
    return container_of(r, struct chat_serve, clients.responder);
}

static void on_failed(struct sysop *o) {
    struct chat_serve *c = container_of(o, struct chat_serve, sysop);
    responder_end(&c->clients.responder, o->front.status);
}

static int open_room(struct responder *r) {
    const struct chat_serve_conf *conf = r->call->conf;
    struct chat_serve *c = of_responder(r);
    int status = service_start(&c->room, r->call->loop, &conf->service);
    c->sysop.failed = on_failed;
    if (!status) sysop_start(&c->sysop, &c->room, conf->name);
    return status;
}

static void stop_telling(struct responder *r) { service_close(&of_responder(r)->room); }

static int close_room(struct responder *r) {
    struct chat_serve *c = of_responder(r);
    service_close(&c->room);
    int status = sysop_stop(&c->sysop, r->call);
    service_stop(&c->room);
    return status;
}

static int run(struct call *call) {
    static const struct responder_ops ops = {
        .lines = &clients_lines, .open = open_room, .finish = stop_telling, .close = close_room};
    const struct chat_serve_conf *conf = call->conf;
    struct chat_serve c = {.clients = {.service = &c.room, .rate = conf->rate}};
    if (applet_no_operands(call) < 0) return STATUS_USAGE;
    return responder_run(&c.clients.responder, call, &conf->server, &ops);
}

const struct applet applet_chat_serve = {
    .name = "chat-serve",
    .summary = "A chat room for many: what one says, all hear",
    .operands = "",
    .groups = groups,
    .conf_size = size_led_by(struct chat_serve_conf, common),
    .defaults = &defaults,
    .run = run,
};

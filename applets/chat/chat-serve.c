/* chat-serve: a room for many. */
#include "applets/chat/service.h"
#include "common/cli/applet.h"

struct chat_serve_conf {
    struct common_conf common;
    struct server_conf server;
    struct service_conf service;
};

static const struct chat_serve_conf defaults = {.server = SERVER_CONF_DEFAULTS,
                                                .service = {.buffer = 1 << 20}};

static const struct opt_row rows[] = {
    OPT("buffer", 0, OPT_SIZE, chat_serve_conf, service.buffer, .metavar = "SIZE", .min = 65536,
        .max = 1 << 30, .help = "of the room; a member that far behind is dropped (1M)"),
    OPT("history", 0, OPT_INTEGER, chat_serve_conf, service.history, .metavar = "N", .min = 0,
        .max = 10000, .help = "show a newcomer the last N lines said"),
    OPT("log", 0, OPT_STRING, chat_serve_conf, service.log, .metavar = "FILE", .values = "@file",
        .help = "append a transcript of the room to FILE"),
    OPT("rate", 0, OPT_INTEGER, chat_serve_conf, service.rate, .metavar = "N", .min = 1,
        .max = 1000000, .help = "at most N messages a second of each client; faster ones wait"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Options", rows, 0},
    OPTIONS_CLIENTS(struct chat_serve_conf),
    OPTIONS_SERVER(struct chat_serve_conf),
    OPTIONS_SHARED(struct chat_serve_conf),
    {NULL, NULL, 0},
};

static int run(struct call *call) {
    const struct chat_serve_conf *conf = call->conf;
    return service_run(call, &conf->server, &conf->service);
}

const struct applet applet_chat_serve = {
    .name = "chat-serve",
    .summary = "A chat room for many: what one says, all hear",
    .operands = "",
    .groups = groups,
    .conf_size = sizeof(struct chat_serve_conf),
    .defaults = &defaults,
    .run = run,
};

/* chat-serve: a room for many. */
#include "applets/chat/clients.h"
#include "applets/chat/hub.h"
#include "applets/chat/name.h"
#include "applets/chat/service.h"
#include "applets/chat/sysop.h"
#include "common/cli/applet.h"

struct chat_serve_conf {
    struct common_conf common;
    struct server_conf server;
    struct service_conf service;
    struct hub_conf hub;
    int64_t rate;
    const char *name;
};

static const struct chat_serve_conf defaults = {.server = SERVER_CONF_DEFAULTS,
                                                .service = {.buffer = 1 << 20},
                                                .hub = {.limit = 10 * TEXT_NS_PER_S},
                                                .name = "host"};

/* Nobody shall see a password, not in an error and not in ps(1). The arguments of a program are its
 * own to change (C17 5.1.2.2.1). */
static const char *parse_hub(void *field, const char *value) {
    struct hub_url *url = field;
    const char *why = hub_url_parse(value, url);
    hub_url_hide((char *)(uintptr_t)value);
    char *owned[] = {url->host, url->path, url->room, url->user, url->password};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) mem_keep(owned[i]);
    return why;
}

static const struct opt_row rows[] = {
    OPT("buffer", 0, OPT_SIZE, chat_serve_conf, service.buffer, .metavar = "SIZE",
        .min = SERVICE_BUFFER_LEAST, .max = 1 << 30,
        .help = "of the room; who is that far behind is dropped (1M)"),
    OPT("history", 0, OPT_INTEGER, chat_serve_conf, service.history, .metavar = "N", .min = 0,
        .max = 1000000, .help = "show a newcomer the last N lines said", .flags = OPT_EVERYDAY),
    OPT("hub", 0, OPT_CUSTOM, chat_serve_conf, hub.url, .metavar = "URL", .parse = parse_hub,
        .values = "redis:// redis+unix:", .flags = OPT_EVERYDAY,
        .help = "one room on many machines: redis://[[USER]:PASS@]HOST[:PORT]/ROOM"),
    OPT("hub-password-file", 0, OPT_STRING, chat_serve_conf, hub.password_file, .metavar = "FILE",
        .values = "@file", .help = "the hub's password is what FILE holds"),
    OPT("hub-timeout", 0, OPT_TIME, chat_serve_conf, hub.limit, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "to reach the hub at the start (10s)"),
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
    struct hub hub;
    struct sysop sysop;
    int failure; /* of the hub at the end */
};

static struct chat_serve *of_responder(struct responder *r) {
    return container_of(r, struct chat_serve, clients.responder);
}

static void on_failed(struct sysop *o) {
    struct chat_serve *c = container_of(o, struct chat_serve, sysop);
    responder_end(&c->clients.responder, o->front.status);
}

static int open_hub(struct chat_serve *c, const struct call *call) {
    const struct chat_serve_conf *conf = call->conf;
    if (!conf->hub.url.room) return 0;
    int status = hub_start(&c->hub, call, &conf->hub, &c->room, conf->service.history);
    if (!status) return 0;
    hub_stop(&c->hub);
    service_stop(&c->room);
    return status;
}

static int open_room(struct responder *r) {
    const struct chat_serve_conf *conf = r->call->conf;
    struct chat_serve *c = of_responder(r);
    int status = service_start(&c->room, r->call->loop, &conf->service);
    c->sysop.failed = on_failed;
    if (!status) status = open_hub(c, r->call);
    if (!status) sysop_start(&c->sysop, &c->room, conf->name);
    return status;
}

static void stop_telling(struct responder *r) {
    struct chat_serve *c = of_responder(r);
    service_close(&c->room);
    c->failure = hub_finish(&c->hub);
}

/* What was not said is the outcome, whatever has ended the room. */
static int close_room(struct responder *r) {
    struct chat_serve *c = of_responder(r);
    service_close(&c->room);
    int status = sysop_stop(&c->sysop, r->call);
    hub_stop(&c->hub);
    service_stop(&c->room);
    if (c->failure) r->call->signal = 0;
    return c->failure ? c->failure : status;
}

static int check(const struct call *call) {
    const struct hub_conf *hub = &((const struct chat_serve_conf *)call->conf)->hub;
    bool secret = hub->url.password || hub->password_file;
    if (applet_no_operands(call) < 0) return STATUS_USAGE;
    if (!hub->url.user || secret) return 0;
    msg_error("--hub: the password of the user is missing: USER:PASS@, or --hub-password-file");
    return STATUS_USAGE;
}

static int run(struct call *call) {
    static const struct responder_ops ops = {
        .lines = &clients_lines, .open = open_room, .finish = stop_telling, .close = close_room};
    const struct chat_serve_conf *conf = call->conf;
    struct chat_serve c = {.clients = {.service = &c.room, .rate = conf->rate}};
    if (check(call)) return STATUS_USAGE;
    if (conf->hub.url.room) c.clients.responder.needs = SANDBOX_DIALS;
    if (hub_is_looked_up(&conf->hub, conf->common.numeric))
        c.clients.responder.needs |= SANDBOX_LOOKS_UP;
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

/* chat: a member of a room; with --listen the host of a room of two. */
#include "applets/chat/frontend.h"
#include "applets/chat/host.h"
#include "applets/chat/membership.h"
#include "applets/chat/name.h"
#include "common/cli/texts.h"
#include "common/cli/where.h"
#include "common/net/dial.h"
#include "common/net/measured.h"
#include "common/net/sock.h"

struct chat_conf {
    struct common_conf common;
    struct server_conf server;
    struct frontend_conf front;
    struct proxy_conf proxy;
    struct texts_conf texts;
    bool listen;
    const char *name;
};

static const struct chat_conf defaults = {.server = SERVER_CONF_DEFAULTS,
                                          .front = {.quit_word = "stop"}};

static const struct opt_row rows[] = {
    OPT("name", 0, OPT_CUSTOM, chat_conf, name, .metavar = "NAME", .parse = name_parse,
        .help = "be called NAME", .flags = OPT_EVERYDAY),
    OPT("listen", 0, OPT_FLAG, chat_conf, listen, .excludes = "proxy",
        .help = "two people, no server: wait for one peer (or nc)", .flags = OPT_EVERYDAY),
    OPT("quit-word", 0, OPT_STRING, chat_conf, front.quit_word, .metavar = "WORD",
        .flags = OPT_EVERYDAY | OPT_EMPTY_OK,
        .help = "a line that is WORD leaves, unsaid ('stop')"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Room", rows, 0},
    OPTIONS_TEXTS("Room", struct chat_conf, texts),
    OPTIONS_OUTPUT(raw, struct chat_conf, front.output),
    OPTIONS_PROXY(proxy, struct chat_conf),
    OPTIONS_SERVER(struct chat_conf),
    OPTIONS_SHARED(struct chat_conf),
    {NULL, NULL, 0},
};

static int join(struct call *call) {
    const struct chat_conf *conf = call->conf;
    const struct common_conf *common = &conf->common;
    struct net_name target, source;
    const struct proxy_url *proxy;
    struct addr peer;
    struct cause cause = {0};
    char text[NET_NAME_TEXT];
    if (where_target(call, SOCK_STREAM, &target, &source) < 0 ||
        where_through(&conf->proxy, &target, &proxy) < 0)
        return STATUS_USAGE;
    const struct text *messages = texts_messages(&conf->texts, call);
    if (!messages) return STATUS_USAGE;
    const struct dial_plan plan = {
        .name = target,
        .local = source.type ? &source : NULL,
        .options = &common->sockopts,
        .proxy = proxy,
        .limit = common->timeout ? common->timeout : OPTIONS_DIAL_LIMIT,
    };
    int fd = dial_wait(call->loop, &plan, &peer, &cause);
    if (fd < 0) return call_over(call) ? STATUS_OK : msg_cause(&cause);
    if (proxy)
        net_name_text(&target, text);
    else
        addr_text(&peer, text);
    msg_note(1, "connected to %s", text);
    struct membership_conf member = {.name = conf->name,
                                     .front = &conf->front,
                                     .messages = messages,
                                     .message_count = call->count,
                                     .idle = common->idle};
    int status = membership_run(call, fd, text, &member);
    measured_note(fd, text);
    sock_close(fd);
    return status;
}

static int run(struct call *call) {
    const struct chat_conf *conf = call->conf;
    struct host_conf host = {
        .name = conf->name ? conf->name : "host", .front = &conf->front, .server = &conf->server};
    return conf->listen ? host_run(call, &host) : join(call);
}

const struct applet applet_chat = {
    .name = "chat",
    .summary = "Talk in a room, or two people without a server",
    .operands = "[HOST[:PORT] | HOST PORT] [MESSAGE]...",
    .schemes = "unix:",
    .groups = groups,
    .conf_size = size_led_by(struct chat_conf, common),
    .defaults = &defaults,
    .run = run,
};

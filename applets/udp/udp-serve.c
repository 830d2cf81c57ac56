/* udp-serve: every datagram that comes is a line on stdout, and may be answered. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "applets/udp/show.h"
#include "common/base/mem.h"
#include "common/base/template.h"
#include "common/base/text.h"
#include "common/cli/applet.h"
#include "common/cli/ready.h"
#include "common/net/listen.h"
#include "common/serve/server_dgram.h"

struct udp_serve_conf {
    struct common_conf common;
    struct server_conf server;
    struct show_conf show;
    int64_t count; /* 0: for ever */
    const char *reply, *group;
};

static const struct udp_serve_conf defaults = {.server = SERVER_CONF_DEFAULTS};

static const char *parse_template(void *field, const char *value) {
    *(const char **)field = value;
    return template_check(value);
}

static const char *parse_group(void *field, const char *value) {
    struct addr a;
    *(const char **)field = value;
    return addr_numeric(value, 0, &a) && addr_is_multicast(&a)
               ? NULL
               : "not a multicast address (224.0.0.0/4, ff00::/8)";
}

static const struct opt_row rows[] = {
    OPT("reply", 0, OPT_CUSTOM, udp_serve_conf, reply, .metavar = "TEMPLATE",
        .parse = parse_template, .flags = OPT_EMPTY_OK,
        .help = "answer each datagram: %m it, %a %p its sender, %t time, %%"),
    OPT("count", 'c', OPT_INTEGER, udp_serve_conf, count, .metavar = "N", .min = 1,
        .max = INT64_MAX, .help = "end after N datagrams"),
    OPT("timeout", 'w', OPT_TIME, udp_serve_conf, common.timeout, .metavar = "TIME", .min = 1,
        .max = INT64_MAX,
        .help = "give up when no datagram comes for TIME from the beginning (status 5)"),
    OPT("idle", 'i', OPT_TIME, udp_serve_conf, common.idle, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "end when no further datagram comes for TIME (status 5)"),
    OPT("group", 0, OPT_CUSTOM, udp_serve_conf, group, .metavar = "ADDR", .parse = parse_group,
        .excludes = "unix",
        .help = "join this multicast group, and listen on it unless -b says where"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Options", rows, 0},
    SHOW_GROUP(struct udp_serve_conf),
    APPLET_SERVER_GROUP(struct udp_serve_conf),
    APPLET_COMMON_GROUP(struct udp_serve_conf),
    {NULL, NULL, 0},
};

struct udp_serve {
    struct call *call;
    const struct udp_serve_conf *conf;
    struct dgram_server server;
    struct show out;
    struct timer idle;
    bool started, draining;
    int status;
};

/* --- datagrams --- */

static bool on_message(struct dgram_server *server, const struct dgram *d, struct buf *answer) {
    struct udp_serve *u = server->owner;
    show_put(&u->out, d);
    if (u->conf->count && server->received == (uint64_t)u->conf->count) dgram_server_end(server);
    if (u->conf->reply)
        template_fill(answer, u->conf->reply, d->bytes, d->size, d->peer, time(NULL));
    return u->conf->reply;
}

static void on_answered(struct dgram_server *server, const struct dgram *answer) {
    struct udp_serve *u = server->owner;
    show_sent(&u->out, answer);
}

static void idle_over(struct timer *t) {
    struct udp_serve *u = container_of(t, struct udp_serve, idle);
    char text[TEXT_SHORT];
    msg_error("no datagram for %s (--idle)", text_duration(u->conf->common.idle, text));
    u->status = STATUS_TIMEOUT;
    loop_stop(u->call->loop);
}

static void watch_idle(struct udp_serve *u) {
    if (u->conf->common.idle) timer_start(u->call->loop, &u->idle, u->conf->common.idle, idle_over);
}

static void on_batch(struct dgram_server *server) {
    struct udp_serve *u = server->owner;
    show_flush(&u->out);
    watch_idle(u);
}

static const struct dgram_ops ops = {
    .message = on_message, .batch = on_batch, .answered = on_answered};

/* While stdout takes nothing, nothing is received. */
static void output_changed(struct show *out) {
    struct udp_serve *u = container_of(out, struct udp_serve, out);
    if (u->started) dgram_server_rest(&u->server, out->full);
    if (out->status || u->draining) loop_stop(u->call->loop);
}

/* --- the group --- */

/* The group is where to listen, and others on this machine may listen to it too. */
static void listen_on_group(struct udp_serve_conf *conf) {
    if (conf->common.bind) return;
    conf->common.bind = conf->group;
    if (!sockopt_given(&conf->common.sockopts, "reuseaddr"))
        sockopt_parse(&conf->common.sockopts, "reuseaddr=1");
}

static int join(const struct udp_serve_conf *conf, const struct listeners *listeners) {
    struct addr group;
    bool joined = false;
    if (!conf->group) return 0;
    addr_numeric(conf->group, 0, &group);
    for (size_t i = 0; i < listeners->count; i++) {
        if (addr_family(&listeners->addrs[i]) != addr_family(&group)) continue;
        joined = dgram_join(listeners->fds[i], &group) == 0;
        if (!joined)
            msg_error("cannot join %s: %s%s", conf->group, strerror(errno),
                      errno == ENODEV ? " (name one: -O interface=NAME)" : "");
        if (!joined) return STATUS_UNBOUND;
    }
    if (!joined) msg_error("cannot join %s: no socket of its address family", conf->group);
    return joined ? 0 : STATUS_UNBOUND;
}

/* --- the server --- */

/* What came before the end is shown, and a slow reader of stdout gets all of it. */
static void finish(struct udp_serve *u) {
    if (!u->out.status && !u->status) dgram_server_drain(&u->server);
    u->draining = true;
    while (u->out.full && !u->out.status && !call_over(u->call)) loop_run(u->call->loop);
}

static void serve(struct udp_serve *u, struct ready *ready, const struct listeners *listeners) {
    const struct udp_serve_conf *conf = u->conf;
    char bytes[TEXT_SHORT];
    dgram_server_start(&u->server, u->call->loop, listeners, &conf->server, &conf->common, &ops, u);
    u->started = true;
    u->status = ready_announce(ready, &conf->server, listeners);
    if (!u->status) {
        ready_confine(ready, &conf->server);
        loop_run(u->call->loop);
        if (!u->status) u->status = u->server.outcome;
        finish(u);
    }
    msg_note(1, "received %llu datagram%s (%s)", (unsigned long long)u->server.received,
             u->server.received == 1 ? "" : "s", text_bytes(u->server.bytes, bytes));
    dgram_server_stop(&u->server);
}

static int run(struct call *call) {
    struct udp_serve u = {.call = call, .conf = call->conf};
    struct listeners listeners;
    struct ready ready;
    if (applet_no_operands(call) < 0) return STATUS_USAGE;
    if (u.conf->group) listen_on_group(call->conf);
    int status = ready_listen(&ready, call, &u.conf->server, SOCK_DGRAM, &listeners);
    if (!status) status = join(u.conf, &listeners);
    if (!status && !call_over(call)) {
        status = show_start(&u.out, call->loop, &u.conf->show, output_changed);
        if (!status) serve(&u, &ready, &listeners);
        timer_stop(&u.idle);
        status = show_stop(&u.out);
        if (!status) status = u.status;
    }
    listen_close(&listeners);
    ready_withdraw(&ready);
    return status;
}

const struct applet applet_udp_serve = {
    .name = "udp-serve",
    .summary = "Show the datagrams that come, each as a line, and answer them",
    .operands = "",
    .groups = groups,
    .conf_size = sizeof(struct udp_serve_conf),
    .defaults = &defaults,
    .run = run,
};

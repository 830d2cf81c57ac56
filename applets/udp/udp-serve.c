/* udp-serve: every datagram that comes is a line on stdout, and may be answered. */
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "applets/udp/conversation.h"
#include "applets/udp/forward.h"
#include "applets/udp/show.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/template.h"
#include "common/base/text.h"
#include "common/cli/texts.h"
#include "common/cli/where.h"
#include "common/net/listen.h"
#include "common/serve/responder.h"

struct udp_serve_conf {
    struct common_conf common;
    struct server_conf server;
    struct show_conf show;
    struct texts_conf texts;
    int64_t count; /* 0: for ever */
    const char *reply, *group;
    bool to_all;
    struct where_value to;
};

static const struct udp_serve_conf defaults = {.server = SERVER_CONF_DEFAULTS};

static const char *parse_group(void *field, const char *value) {
    struct addr a;
    *(const char **)field = value;
    return addr_numeric(value, 0, &a) && addr_is_multicast(&a)
               ? NULL
               : "not a multicast address (224.0.0.0/4, ff00::/8)";
}

static const struct opt_row rows[] = {
    OPT("reply", 0, OPT_STRING, udp_serve_conf, reply, .metavar = "TEMPLATE",
        .flags = OPT_EVERYDAY | OPT_EMPTY_OK,
        .help = "answer each: %m it, %a %p its sender, %t time, %%"),
    OPT("to", 0, OPT_CUSTOM, udp_serve_conf, to, .metavar = "ENDPOINT", .parse = where_parse,
        .values = "@host", .excludes = "reply to-all label",
        .help = "pass all on to HOST:PORT or unix:PATH, answers back", .flags = OPT_EVERYDAY),
    OPT("to-all", 0, OPT_FLAG, udp_serve_conf, to_all, .excludes = "reply",
        .help = "lines of stdin go to all who were heard (1000), not to the last one"),
    OPT("count", 'c', OPT_INTEGER, udp_serve_conf, count, .metavar = "N", .min = 1,
        .max = INT64_MAX, .help = "end after N datagrams", .flags = OPT_EVERYDAY),
    OPT("timeout", 'w', OPT_TIME, udp_serve_conf, common.timeout, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "give up when no first datagram comes in TIME",
        .flags = OPT_EVERYDAY),
    OPT("idle", 'i', OPT_TIME, udp_serve_conf, common.idle, .metavar = "TIME", .min = 1,
        .max = INT64_MAX, .help = "end (a relay: forget a sender) after TIME of silence",
        .flags = OPT_EVERYDAY),
    OPT("group", 0, OPT_CUSTOM, udp_serve_conf, group, .metavar = "ADDR", .parse = parse_group,
        .excludes = "unix",
        .help = "join this multicast group, and listen on it unless -b says where"),
    OPT_END,
};

static const struct opt_group groups[] = {
    {"Datagrams", rows, 0},
    OPTIONS_TEXTS("Datagrams", struct udp_serve_conf, texts),
    SHOW_GROUPS(struct udp_serve_conf),
    OPTIONS_SERVER(struct udp_serve_conf),
    OPTIONS_SHARED(struct udp_serve_conf),
    {NULL, NULL, 0},
};

struct udp_serve {
    struct responder responder;
    struct call *call;
    const struct udp_serve_conf *conf;
    struct text reply; /* of --reply */
    struct show show;
    struct conversation talk; /* not started: there is --reply or --to, or no stdin */
    struct forward relay;     /* not started: there is no --to */
    struct net_name target;   /* of the relay */
    struct timer idle;
};

static struct udp_serve *of_responder(struct responder *r) {
    return container_of(r, struct udp_serve, responder);
}

static struct udp_serve *of_server(struct dgram_server *server) {
    return of_responder(responder_of_datagrams(server));
}

/* --- datagrams --- */

static void count(struct udp_serve *u) {
    struct dgram_server *server = &u->responder.datagrams;
    if (u->conf->count && server->received == (uint64_t)u->conf->count) dgram_server_end(server);
}

static bool on_message(struct dgram_door *door, const struct dgram *d, struct buf *answer) {
    struct udp_serve *u = of_server(door->server);
    show_received(&u->show, d);
    if (answer) conversation_hear(&u->talk, door, d);
    count(u);
    struct template_message received = {d->bytes, d->size, d->peer, time(NULL)};
    bool answers = u->conf->reply && answer;
    if (answers) template_fill(answer, u->reply.bytes, u->reply.size, &received);
    return answers;
}

/* With --to; the server behind answers in its own time. */
static bool on_relayed(struct dgram_door *door, const struct dgram *d, struct buf *answer) {
    struct udp_serve *u = of_server(door->server);
    show_kept(&u->show, d);
    if (answer) forward_put(&u->relay, door, d);
    count(u);
    return false;
}

static void on_answered(struct dgram_server *server, const struct dgram *answer) {
    struct udp_serve *u = of_server(server);
    show_sent(&u->show, answer);
}

static void on_drained(struct dgram_server *server) {
    conversation_drained(&of_server(server)->talk);
}

/* stdin has the last word, or the server behind. */
static void on_ended(struct dgram_server *server) {
    struct udp_serve *u = of_server(server);
    if (conversation_goes_on(&u->talk))
        conversation_finish(&u->talk);
    else if (forward_owes(&u->relay))
        forward_finish(&u->relay);
    else
        loop_stop(u->call->loop);
}

static void talk_finished(struct conversation *c) {
    dgram_server_end(&container_of(c, struct udp_serve, talk)->responder.datagrams);
}

static void relay_finished(struct forward *f) {
    dgram_server_end(&container_of(f, struct udp_serve, relay)->responder.datagrams);
}

static void talk_failed(struct conversation *c) {
    responder_end(&container_of(c, struct udp_serve, talk)->responder, STATUS_FAILED);
}

static void idle_over(struct timer *t) {
    struct udp_serve *u = container_of(t, struct udp_serve, idle);
    char text[TEXT_SHORT];
    msg_error("no datagram for %s (--idle)", text_duration(u->conf->common.idle, text));
    responder_end(&u->responder, STATUS_TIMEOUT);
}

static void watch_idle(struct udp_serve *u) {
    if (u->conf->common.idle && !u->conf->to.given)
        timer_start(u->call->loop, &u->idle, u->conf->common.idle, idle_over);
}

static void on_batch(struct dgram_server *server) {
    struct udp_serve *u = of_server(server);
    forward_flush(&u->relay);
    output_flush(&u->show.out);
    watch_idle(u);
}

/* While stdout takes nothing, nothing is received. */
static void output_changed(void *owner) {
    struct udp_serve *u = owner;
    dgram_server_rest(&u->responder.datagrams, u->show.out.full);
    if (u->show.out.status) responder_end(&u->responder, u->show.out.status);
}

/* --- the group --- */

/* The group is where to listen, and others on this machine may listen to it too. */
static void listen_on_group(struct udp_serve_conf *conf) {
    struct bind_list *binds = &conf->common.binds;
    if (binds->count > 0) return;
    binds->items[binds->count++] = conf->group;
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
            msg_error("cannot join %s: %s%s", conf->group, lang_error(errno),
                      errno == ENODEV ? tr(" (name one: -O interface=NAME)") : "");
        if (!joined) return STATUS_UNBOUND;
    }
    if (!joined) msg_error("cannot join %s: no socket of its address family", conf->group);
    return joined ? 0 : STATUS_UNBOUND;
}

/* --- from open to close --- */

static int start_relay(struct udp_serve *u) {
    if (forward_start(&u->relay, &u->target, &u->responder.doors.datagrams) == 0) return 0;
    msg_error("--to %s: that is where this very server listens", u->relay.upstream.text);
    return STATUS_USAGE;
}

/* Without --to. */
static void start_talk(struct udp_serve *u) {
    if (!u->conf->reply) conversation_start(&u->talk, !u->conf->show.output.raw, &u->show.screen);
}

static int prepare(struct responder *r) {
    struct udp_serve *u = of_responder(r);
    bool relays = u->conf->to.given;
    int status = join(u->conf, &r->doors.datagrams);
    if (!status && relays) status = start_relay(u);
    if (status) {
        forward_stop(&u->relay);
        return status;
    }
    status = show_start(&u->show, r->call->loop, relays ? -1 : STDOUT_FILENO, &u->conf->show);
    u->show.out.changed = output_changed;
    u->show.out.owner = u;
    if (status) forward_stop(&u->relay);
    if (status) return show_stop(&u->show);
    if (!relays) start_talk(u);
    return 0;
}

/* Without --reply and --to all that was sent is lines of stdin. */
static void tell_unsaid(struct responder *r, uint64_t lost) {
    const struct udp_serve_conf *conf = of_responder(r)->conf;
    if (conf->reply || conf->to.given || lost == 0) return;
    msg_error(trn("%llu datagram of stdin could not be sent",
                  "%llu datagrams of stdin could not be sent", lost),
              (unsigned long long)lost);
    if (!r->status) r->status = STATUS_FAILED;
}

/* What came before the end is shown, and a slow reader of stdout gets all of it. */
static void finish(struct responder *r) {
    struct udp_serve *u = of_responder(r);
    char bytes[TEXT_SHORT];
    if (!r->status) dgram_server_drain(&r->datagrams);
    call_drain(r->call, &u->show.out);
    conversation_stop(&u->talk);
    tell_unsaid(r, r->datagrams.unanswered);
    msg_note(
        1,
        trn("received %llu datagram (%s)", "received %llu datagrams (%s)", r->datagrams.received),
        (unsigned long long)r->datagrams.received, text_bytes(r->datagrams.bytes, bytes));
}

static int release(struct responder *r) {
    struct udp_serve *u = of_responder(r);
    timer_stop(&u->idle);
    conversation_stop(&u->talk);
    forward_stop(&u->relay);
    return show_stop(&u->show);
}

static const struct dgram_ops showing = {.message = on_message,
                                         .batch = on_batch,
                                         .answered = on_answered,
                                         .drained = on_drained,
                                         .ended = on_ended};
static const struct dgram_ops relaying = {
    .message = on_relayed, .batch = on_batch, .answered = on_answered, .ended = on_ended};

/* -1: a usage error, told. */
static int configure(struct udp_serve *u) {
    const struct udp_serve_conf *conf = u->conf;
    struct loop *loop = u->call->loop;
    if (texts_template(&conf->texts, conf->reply, &u->reply) < 0) return -1;
    u->talk = (struct conversation){
        .loop = loop, .to_all = conf->to_all, .failed = talk_failed, .finished = talk_finished};
    u->relay = (struct forward){.loop = loop,
                                .options = &conf->common.sockopts,
                                .idle = conf->common.idle ? conf->common.idle : FORWARD_IDLE,
                                .finished = relay_finished};
    if (!conf->to.given) return 0;
    if (where_option(u->call, &conf->to, SOCK_DGRAM, &u->target) < 0) return -1;
    u->responder.needs =
        SANDBOX_DIALS | (upstream_is_named(&u->target) ? (unsigned)SANDBOX_LOOKS_UP : 0u);
    return 0;
}

static int run(struct call *call) {
    struct udp_serve u = {.call = call, .conf = call->conf};
    const struct responder_ops ops = {.datagrams = u.conf->to.given ? &relaying : &showing,
                                      .open = prepare,
                                      .finish = finish,
                                      .close = release};
    if (configure(&u) < 0) return STATUS_USAGE;
    if (u.conf->group) listen_on_group(call->conf);
    return responder_run(&u.responder, call, &u.conf->server, &ops);
}

const struct applet applet_udp_serve = {
    .name = "udp-serve",
    .summary = "Show the datagrams that come, each as a line, and answer them",
    .operands = "",
    .groups = groups,
    .conf_size = size_led_by(struct udp_serve_conf, common),
    .defaults = &defaults,
    .run = run,
};

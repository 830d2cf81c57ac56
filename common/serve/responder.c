#include "common/serve/responder.h"

#include <time.h>

#include "common/base/mem.h"
#include "common/cli/ready.h"
#include "common/net/listen.h"

const struct opt_row responder_rows[] = {
    OPT("udp", 'u', OPT_FLAG, responder_conf, udp, .excludes = "unix",
        .help = "answer datagrams at the same port too"),
    OPT("workers", 0, OPT_INTEGER, responder_conf, workers, .metavar = "N", .min = 1, .max = 1024,
        .help = "serve in N processes that share the sockets; limits are divided"),
    OPT_END,
};

/* --- where --- */

/* A UDP socket at every address that TCP listens at. */
static int open_datagrams(struct responder *r, struct cause *cause) {
    char host[ADDR_TEXT];
    for (size_t i = 0; i < r->streams.count; i++) {
        const struct addr *a = &r->streams.addrs[i];
        struct net_name name = {.host = addr_host_text(a, host),
                                .port = addr_port(a),
                                .family = addr_family(a),
                                .type = SOCK_DGRAM,
                                .numeric = true};
        struct listeners one;
        if (name.family == AF_UNIX) continue; /* inherited */
        if (listen_open(r->call->loop, &name, &r->common.sockopts, &one, cause) < 0) {
            listen_close(&r->datagrams);
            return -1;
        }
        r->datagrams.fds[r->datagrams.count] = one.fds[0];
        r->datagrams.addrs[r->datagrams.count++] = one.addrs[0];
    }
    return 0;
}

static bool any_port_will_do(const struct responder *r) {
    struct net_name name;
    return applet_listen_name(r->call, SOCK_STREAM, &name) == 0 && name.port == 0;
}

/* TCP, and UDP at the same port: where any will do, one that is free for both. */
static int listen_both(struct responder *r, struct ready *ready) {
    struct cause cause;
    struct listen_held held = {.count = 0};
    int status;
    bool done;
    do {
        status = ready_listen_both(ready, r->call, r->conf, &r->streams, &r->datagrams);
        done = status || r->datagrams.count > 0 || open_datagrams(r, &cause) == 0;
    } while (!done && listen_hold(&held, &r->streams) && any_port_will_do(r));
    listen_let_go(&held);
    return done ? status : msg_cause(&cause);
}

static int listen_everywhere(struct responder *r, struct ready *ready) {
    return r->how.udp ? listen_both(r, ready)
                      : ready_listen(ready, r->call, r->conf, SOCK_STREAM, &r->streams);
}

static int announce(const struct responder *r, struct ready *ready) {
    struct listeners all = r->streams;
    for (size_t i = 0; i < r->datagrams.count && all.count < LISTEN_MOST; i++) {
        all.fds[all.count] = r->datagrams.fds[i];
        all.addrs[all.count++] = r->datagrams.addrs[i];
    }
    return ready_announce(ready, r->conf, &all);
}

/* --- one process that serves --- */

static bool on_datagram(struct dgram_server *server, const struct dgram *question,
                        struct buf *answer) {
    struct responder *r = server->owner;
    return r->ops->datagram(r, question, answer);
}

static void patience_over(struct timer *t) {
    struct responder *r = container_of(t, struct responder, patience);
    if (r->server->met || (r->how.udp && r->dgram_server.received > 0)) return;
    if (r->how.workers > 1) {
        workers_idle(&r->workers);
        return;
    }
    msg_error("no client came in time");
    r->outcome = STATUS_TIMEOUT;
    loop_stop(r->call->loop);
}

static void open_doors(struct responder *r) {
    struct loop *loop = r->call->loop;
    int64_t patience = r->common.timeout;
    r->common.timeout = 0;
    r->server = r->ops->start(r);
    r->dgram_ops = (struct dgram_ops){.message = on_datagram};
    if (r->how.udp)
        dgram_server_start(&r->dgram_server, loop, &r->datagrams, &r->limits, &r->common,
                           &r->dgram_ops, r);
    if (patience) timer_start(loop, &r->patience, patience, patience_over);
}

static void close_doors(struct responder *r) {
    timer_stop(&r->patience);
    if (r->how.udp) dgram_server_stop(&r->dgram_server);
    r->ops->stop(r);
}

static int serve_alone(struct responder *r, struct ready *ready) {
    open_doors(r);
    int status = announce(r, ready);
    if (!status) {
        ready_confine(ready, r->conf);
        loop_run(r->call->loop);
        status = r->outcome;
    }
    close_doors(r);
    return status;
}

/* --- several --- */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* Of a limit (0: there is none). */
static int64_t share_of(int64_t limit, int64_t workers, int index) {
    return limit / workers + (index < limit % workers);
}

/* A worker that may serve nobody is of no use. */
static void limit_workers(struct responder *r) {
    if (r->limits.max_clients) r->how.workers = least(r->how.workers, r->limits.max_clients);
    if (r->limits.max_per_host) r->how.workers = least(r->how.workers, r->limits.max_per_host);
}

static void work(struct responder *r) {
    int index = r->workers.index;
    r->limits.max_clients = share_of(r->limits.max_clients, r->how.workers, index);
    r->limits.max_per_host = share_of(r->limits.max_per_host, r->how.workers, index);
    open_doors(r);
    ready_confine(NULL, r->conf);
    loop_run(r->call->loop);
    close_doors(r);
    workers_leave(STATUS_OK);
}

static int serve_together(struct responder *r, struct ready *ready) {
    struct cause cause;
    if (workers_start(&r->workers, r->call, (int)r->how.workers, &cause) < 0)
        return msg_cause(&cause);
    if (r->workers.index >= 0) work(r);
    int status = announce(r, ready);
    if (status)
        workers_end(&r->workers);
    else
        ready_confine(ready, r->conf);
    int outcome = workers_wait(&r->workers);
    return status ? status : outcome;
}

int responder_run(struct responder *r, struct call *call, const struct server_conf *conf,
                  struct responder_conf how, const struct responder_ops *ops) {
    struct ready ready;
    const struct common_conf *common = call->conf;
    *r = (struct responder){
        .call = call, .ops = ops, .limits = *conf, .common = *common, .conf = conf, .how = how};
    if (applet_no_operands(call) < 0) return STATUS_USAGE;
    limit_workers(r);
    int status = listen_everywhere(r, &ready);
    if (!status && !call_over(call))
        status = r->how.workers > 1 ? serve_together(r, &ready) : serve_alone(r, &ready);
    listen_close(&r->datagrams);
    listen_close(&r->streams);
    ready_withdraw(&ready);
    return status;
}

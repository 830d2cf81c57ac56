#include "common/serve/responder.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/cli/ready.h"
#include "common/net/sock.h"
#include "common/serve/confine.h"

static const struct common_conf *common_of(const struct responder *r) { return r->call->conf; }

static bool has_clients(const struct responder *r) { return r->ops->sessions || r->ops->lines; }

static bool has_datagrams(const struct responder *r) {
    return r->ops->datagrams && (r->how.udp || !has_clients(r));
}

void responder_end(struct responder *r, int status) {
    if (!r->status) r->status = status;
    loop_stop(r->call->loop);
}

/* --- -w: the wait for whoever comes first --- */

static void patience_over(struct timer *t) {
    struct responder *r = container_of(t, struct responder, patience);
    if (r->clients.server.opened > 0 || r->datagrams.received > 0) return;
    if (r->how.workers > 1) {
        workers_idle(&r->workers);
        return;
    }
    msg_error(has_clients(r) ? "no client came in time" : "no datagram came in time");
    responder_end(r, STATUS_TIMEOUT);
}

/* --- one process that serves --- */

/* How many pairs there are descriptors for: of those that are free, a quarter is for what comes and
 * goes (look-ups, attempts, pipes). */
static int64_t pairs_most(void) {
    struct rlimit most;
    int free = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0); /* the least number */
    if (free >= 0) close(free);
    if (free < 0 || getrlimit(RLIMIT_NOFILE, &most) < 0) return 1;
    if (most.rlim_cur > INT32_MAX) return INT32_MAX;
    int64_t pairs = ((int64_t)most.rlim_cur - free) * 3 / 8;
    return pairs > 1 ? pairs : 1;
}

static void start_clients(struct responder *r, struct server_limits *limits) {
    struct loop *loop = r->call->loop;
    int64_t pairs = r->pairs ? pairs_most() : 0;
    if (pairs && (!limits->max_clients || limits->max_clients > pairs)) limits->max_clients = pairs;
    if (r->ops->lines)
        lines_server_start(&r->clients, loop, &r->doors.streams, *limits, r->ops->lines);
    else
        server_start(&r->clients.server, loop, &r->doors.streams, *limits, r->ops->sessions);
}

/* A TTL that was asked for (-O) is left as it is. */
static void start_datagrams(struct responder *r) {
    dgram_server_start(&r->datagrams, r->call->loop, &r->doors.datagrams, &r->conf->access,
                       r->ops->datagrams);
    if (!sockopt_given(&common_of(r)->sockopts, "ttl")) dgram_server_count_hops(&r->datagrams);
}

static int start(struct responder *r, struct server_limits *limits) {
    struct loop *loop = r->call->loop;
    int status = r->ops->open ? r->ops->open(r) : 0;
    if (status) return status;
    if (has_clients(r)) start_clients(r, limits);
    if (has_datagrams(r)) start_datagrams(r);
    if (common_of(r)->timeout && !r->pairs)
        timer_start(loop, &r->patience, common_of(r)->timeout, patience_over);
    return 0;
}

static int confine(const struct responder *r) {
    return confine_enter(r->conf, &r->doors, &r->port_file, r->needs);
}

static void serve(struct responder *r) {
    int status = confine(r);
    if (status) {
        responder_end(r, status);
        return;
    }
    if (r->doors.connection) server_adopt(&r->clients.server, r->doors.connection);
    loop_run(r->call->loop);
    timer_stop(&r->patience);
    if (has_clients(r)) server_shut_doors(&r->clients.server);
    if (r->ops->finish) r->ops->finish(r);
}

static void stop_clients(struct responder *r) {
    if (r->ops->lines)
        lines_server_stop(&r->clients);
    else
        server_stop(&r->clients.server);
    if (!r->status) r->status = r->clients.server.outcome;
}

/* Returns the exit status. */
static int stop(struct responder *r) {
    timer_stop(&r->patience);
    if (has_datagrams(r)) dgram_server_stop(&r->datagrams);
    if (has_clients(r)) stop_clients(r);
    int failure = r->ops->close ? r->ops->close(r) : 0;
    return failure ? failure : r->status;
}

static void note_waiting(const struct responder *r) {
    if (has_clients(r)) server_note_waiting();
    if (has_datagrams(r)) msg_note(1, "waiting for a datagram");
}

/* Somebody else listens: there is nothing to be said of it. */
static int announce_connection(struct responder *r) {
    struct addr local;
    int status = sock_local(r->doors.connection, &local) < 0 ? STATUS_FAILED : 0;
    return status ? status : ready_announce(r->conf, &local, &r->port_file);
}

static int announce(struct responder *r) {
    if (r->doors.connection) return announce_connection(r);
    const struct listeners *first =
        r->doors.streams.count > 0 ? &r->doors.streams : &r->doors.datagrams;
    ready_narrate(&r->doors.streams);
    ready_narrate(&r->doors.datagrams);
    ready_narrate_reachable(first);
    int status = ready_announce(r->conf, &first->addrs[0], &r->port_file);
    if (!status) note_waiting(r);
    return status;
}

static int serve_alone(struct responder *r, struct server_limits *limits) {
    int status = start(r, limits);
    if (status) return status;
    status = announce(r);
    if (status)
        responder_end(r, status);
    else
        serve(r);
    return stop(r);
}

/* --- several --- */

static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

/* The part of a limit that is this worker's. No limit (0) stays none. */
static int64_t share_of(int64_t limit, const struct responder *r) {
    return limit / r->how.workers + (r->workers.index < limit % r->how.workers);
}

/* No more workers than clients are allowed: one whose share is 0 could serve nobody. */
static void limit_workers(struct responder *r, const struct server_limits *limits) {
    if (limits->max_clients) r->how.workers = least(r->how.workers, limits->max_clients);
    if (limits->sessions) r->how.workers = least(r->how.workers, limits->sessions);
    if (limits->max_per_host) r->how.workers = least(r->how.workers, limits->max_per_host);
}

static void work(struct responder *r, struct server_limits limits) {
    limits.max_clients = share_of(limits.max_clients, r);
    limits.max_per_host = share_of(limits.max_per_host, r);
    limits.sessions = share_of(limits.sessions, r);
    r->doors.path = (struct removal){.name = NULL}; /* the parent removes the path */
    int status = start(r, &limits);
    if (status) workers_leave(status);
    serve(r);
    workers_leave(call_status(r->call, stop(r)));
}

static int serve_together(struct responder *r, const struct server_limits *limits) {
    struct cause cause = {0};
    if (workers_start(&r->workers, r->call, (int)r->how.workers, &cause) < 0)
        return msg_cause(&cause);
    if (r->workers.index >= 0) work(r, *limits);
    int status = announce(r);
    if (!status) status = confine(r);
    if (status) workers_end(&r->workers);
    int outcome = workers_wait(&r->workers);
    return status ? status : outcome;
}

/* --- the whole --- */

static struct server_limits limits_of(const struct responder *r) {
    return (struct server_limits){.access = r->conf->access,
                                  .max_clients = r->conf->max_clients,
                                  .max_per_host = r->conf->max_per_host,
                                  .idle = common_of(r)->idle,
                                  .rate = r->rate,
                                  .sessions = r->conf->count,
                                  .vacant = r->conf->exit_idle,
                                  .accept_proxy = r->conf->accept_proxy,
                                  .proxy_from = r->conf->proxy_from,
                                  .once = r->once};
}

int responder_run(struct responder *r, struct call *call, const struct server_conf *conf,
                  const struct responder_ops *ops) {
    r->call = call;
    r->conf = conf;
    r->ops = ops;
    struct server_limits limits = limits_of(r);
    /* Service does not wait for who reads the narration. A trace is to be whole. */
    if (!common_of(r)->trace) msg_bound_waiting();
    limit_workers(r, &limits);
    int status = ready_check(conf);
    if (!status) status = confine_check(conf);
    if (!status) status = doors_open(&r->doors, call, conf, has_clients(r), has_datagrams(r));
    if (r->doors.connection) {
        limits.once = true;
        r->how.workers = 1;
    }
    if (!status && !call_over(call))
        status = r->how.workers > 1 ? serve_together(r, &limits) : serve_alone(r, &limits);
    doors_close(&r->doors);
    removal_run(&r->port_file);
    return status;
}

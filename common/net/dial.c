#include "common/net/dial.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/net/bind.h"
#include "common/net/hint.h"
#include "common/net/reason.h"
#include "common/net/sock.h"

#define TELL_AFTER (1 * TEXT_NS_PER_S)
#define FULL_AGAIN (20 * TEXT_NS_PER_MS) /* until a full backlog is tried again */

struct dial_attempt {
    struct dial_attempt *next;
    struct dial *dial;
    struct watch watch;
    struct addr to;
    int64_t since;
};

/* --- the end --- */

static void drop(struct dial_attempt *a, bool limit) {
    int fd = a->watch.fd;
    watch_stop(&a->watch);
    if (fd >= 0) sock_give_up(fd, &a->to, a->since, limit);
    free(a);
}

static void drop_all(struct dial *d, bool limit) {
    while (d->attempts) {
        struct dial_attempt *a = d->attempts;
        d->attempts = a->next;
        drop(a, limit);
    }
}

static void stop(struct dial *d, bool limit) {
    resolve_stop(&d->resolve);
    timer_stop(&d->stagger);
    timer_stop(&d->limit);
    timer_stop(&d->telling);
    drop_all(d, limit);
    tunnel_stop(&d->tunnel);
    if (d->fd >= 0) sock_close(d->fd);
    d->fd = -1;
    addrs_free(&d->addrs);
    addrs_free(&d->locals);
}

void dial_stop(struct dial *d) { stop(d, false); }

static void finish(struct dial *d, int fd, const struct cause *failure) {
    stop(d, failure && failure->status == STATUS_TIMEOUT);
    d->done(d, fd, failure);
}

#define WHOM_TEXT (NET_NAME_TEXT + PROXY_TEXT + 32)

/* "example.org:80"; while the proxy is dialled "the proxy socks5://127.0.0.1:1080"; while it is
 * spoken to "example.org:80 through socks5://127.0.0.1:1080". */
static const char *whom(const struct dial *d, char out[WHOM_TEXT]) {
    char name[NET_NAME_TEXT], proxy[PROXY_TEXT];
    if (!d->plan.proxy) return net_name_text(&d->plan.name, out);
    proxy_url_text(d->plan.proxy, proxy);
    if (d->fd < 0)
        snprintf(out, WHOM_TEXT, tr("the proxy %s"), proxy);
    else
        snprintf(out, WHOM_TEXT, tr("%s through %s"), net_name_text(&d->plan.name, name), proxy);
    return out;
}

/* The first failure is the one to tell, unless it only says that the address's family is missing on
 * this machine and another address failed for a better reason. */
static void note_failure(struct dial *d, const struct addr *to, int error) {
    char text[WHOM_TEXT];
    bool weak = error == ENETUNREACH || error == EAFNOSUPPORT || error == EADDRNOTAVAIL;
    if (d->failure.text[0] && (weak || !d->weak)) return;
    d->weak = weak;
    d->refused = error == ECONNREFUSED && !d->plan.proxy;
    cause_set(&d->failure, error == ETIMEDOUT ? STATUS_TIMEOUT : STATUS_UNCONNECTED,
              "cannot connect to %s: %s%s", whom(d, text), lang_error(error),
              d->plan.proxy ? "" : hint_peer(d->name.type, to, error));
}

/* All addresses have been tried: where they refused, this machine may know who has the port. */
static void explain_refusal(struct dial *d) {
    char text[WHOM_TEXT], reason[REASON_TEXT];
    reason_refused(d->name.type, d->addrs.items, d->addrs.count, reason);
    if (*reason)
        cause_set(&d->failure, STATUS_UNCONNECTED, "cannot connect to %s: %s%s", whom(d, text),
                  lang_error(ECONNREFUSED), reason);
}

/* --- through the proxy --- */

static void tunnel_over(struct tunnel *t) {
    struct dial *d = container_of(t, struct dial, tunnel);
    char text[WHOM_TEXT];
    int fd = d->fd;
    if (t->talk.state == PROXY_OPEN) {
        d->fd = -1;
        finish(d, fd, NULL);
        return;
    }
    cause_set(&d->failure, STATUS_UNCONNECTED, "cannot connect to %s: %s%s", whom(d, text),
              t->talk.state == PROXY_BROKEN ? tr("the proxy's answer is broken: ") : "",
              t->talk.why);
    finish(d, -1, &d->failure);
}

/* The proxy has answered: no other address of it is tried. */
static void enter_tunnel(struct dial *d, int fd) {
    const struct net_name *name = &d->plan.name;
    const struct proxy_target target = {name->host ? name->host : "localhost", name->port};
    timer_stop(&d->stagger);
    drop_all(d, false);
    d->fd = fd;
    d->tunnel = (struct tunnel){.done = tunnel_over};
    tunnel_start(&d->tunnel, d->loop, fd, d->plan.proxy, &target);
}

/* --- attempts --- */

static void launch(struct dial *d);

static void attempt_over(struct dial *d, int fd, const struct addr *to, int error) {
    if (!error && sock_met_itself(fd, to)) {
        sock_abort(fd);
        fd = -1;
        error = ECONNREFUSED;
    }
    if (!error) {
        if (addr_family(to) != AF_UNIX && d->name.type == SOCK_STREAM)
            sockopt_default(d->plan.options, fd, "nodelay", 1);
        d->peer = *to;
        if (d->plan.proxy)
            enter_tunnel(d, fd);
        else
            finish(d, fd, NULL);
        return;
    }
    if (fd >= 0) sock_close(fd);
    note_failure(d, to, error);
    launch(d);
}

static void attempt_ready(struct watch *w, unsigned events) {
    struct dial_attempt *a = container_of(w, struct dial_attempt, watch), **at;
    struct dial *d = a->dial;
    struct addr to = a->to;
    int fd = w->fd;
    (void)events;
    for (at = &d->attempts; *at != a; at = &(*at)->next) continue;
    *at = a->next;
    watch_stop(w);
    int error = sock_connected(fd, &to, a->since) < 0 ? errno : 0;
    free(a);
    attempt_over(d, fd, &to, error);
}

/* A socket with its options, bound where asked. -1 with d->failure set. */
static int prepare(struct dial *d, const struct addr *to) {
    const struct addr *local = addrs_of_family(&d->locals, addr_family(to));
    struct cause cause = {0};
    int fd = bind_socket(addr_family(to), d->name.type, d->plan.options, &cause);
    if (fd < 0 && !cause.text[0]) {
        note_failure(d, to, errno);
        return -1;
    }
    if (fd >= 0 && local && addr_port(local)) sockopt_default(d->plan.options, fd, "reuseaddr", 1);
    if (fd >= 0 && (!local || bind_local(fd, d->name.type, local, &cause) == 0)) return fd;
    if (fd >= 0) sock_close(fd);
    d->failure = cause;
    return -1;
}

static void stagger_over(struct timer *t) { launch(container_of(t, struct dial, stagger)); }

/* Begins to connect to one address. */
static void attempt(struct dial *d, const struct addr *to) {
    int64_t since = loop_now(d->loop);
    int fd = prepare(d, to);
    if (fd < 0) {
        launch(d);
        return;
    }
    if (sock_connect(fd, to) == 0) {
        attempt_over(d, fd, to, 0);
        return;
    }
    /* The backlog of a Unix socket is full, and no event tells when it is not. */
    if (errno == EAGAIN && addr_family(to) == AF_UNIX) {
        sock_close(fd);
        d->next--;
        d->full = true;
        timer_start(d->loop, &d->stagger, FULL_AGAIN, stagger_over);
        return;
    }
    if (errno != EINPROGRESS) {
        attempt_over(d, fd, to, errno);
        return;
    }
    struct dial_attempt *a = mem_new(sizeof *a);
    *a = (struct dial_attempt){.next = d->attempts, .dial = d, .to = *to, .since = since};
    d->attempts = a;
    watch_start(d->loop, &a->watch, fd, LOOP_WRITE, attempt_ready);
}

/* Tries the next address. The end, when none is left and none is pending. */
static void launch(struct dial *d) {
    if (d->next < d->addrs.count) {
        struct addr to = d->addrs.items[d->next++];
        if (d->next < d->addrs.count) timer_start(d->loop, &d->stagger, DIAL_STAGGER, stagger_over);
        attempt(d, &to);
    } else if (!d->attempts) {
        if (d->refused) explain_refusal(d);
        finish(d, -1, &d->failure);
    }
}

/* --- addresses --- */

static void target_resolved(struct resolve *r, const struct cause *failure) {
    struct dial *d = container_of(r, struct dial, resolve);
    d->addrs = r->addrs;
    r->addrs = (struct addrs){NULL, 0};
    if (failure) {
        finish(d, -1, failure);
        return;
    }
    addrs_keep_families(&d->addrs, &d->locals);
    addrs_interleave(&d->addrs);
    if (d->addrs.count == 0)
        cause_set(&d->failure, STATUS_UNCONNECTED,
                  "cannot connect to %s: it has no address of the family of the source %s",
                  d->name.host ? d->name.host : "localhost", d->plan.local->host);
    launch(d);
}

static void local_resolved(struct resolve *r, const struct cause *failure) {
    struct dial *d = container_of(r, struct dial, resolve);
    d->locals = r->addrs;
    r->addrs = (struct addrs){NULL, 0};
    if (failure)
        finish(d, -1, failure);
    else
        resolve_start(d->loop, &d->resolve, &d->name, INT64_MAX, target_resolved);
}

/* Why none of the attempts has had an answer, where this machine knows. */
static const char *silence(const struct dial *d, char out[REASON_TEXT]) {
    *out = 0;
    if (d->full) return tr(" (the queue of the server there is full: it accepts nobody)");
    for (const struct dial_attempt *a = d->attempts; a && !*out; a = a->next)
        if (d->name.type == SOCK_STREAM) reason_silent(&a->to, out);
    return out;
}

static void limit_over(struct timer *t) {
    struct dial *d = container_of(t, struct dial, limit);
    char text[WHOM_TEXT], reason[REASON_TEXT];
    if (d->addrs.count == 0) /* which may be that of the local address */
        cause_set(&d->failure, STATUS_TIMEOUT, "cannot resolve %s: timed out",
                  d->resolve.name.host);
    else
        cause_set(&d->failure, STATUS_TIMEOUT, "cannot connect to %s: timed out%s", whom(d, text),
                  silence(d, reason));
    finish(d, -1, &d->failure);
}

/* Whoever waits for long wants to know for what, and why, where this machine knows. */
static void tell(struct timer *t) {
    struct dial *d = container_of(t, struct dial, telling);
    char text[WHOM_TEXT], reason[REASON_TEXT];
    const char *why = silence(d, reason);
    if (*why) msg_note(0, "no answer yet from %s%s", whom(d, text), why);
    if (d->addrs.count == 0)
        msg_note(1, "waiting for the look-up of %s", d->resolve.name.host);
    else
        msg_note(1, "waiting for %s to answer", whom(d, text));
}

struct net_name dial_first(const struct dial_plan *plan) {
    if (!plan->proxy) return plan->name;
    return (struct net_name){.host = plan->proxy->host,
                             .port = plan->proxy->port,
                             .family = plan->name.family,
                             .type = SOCK_STREAM,
                             .numeric = plan->name.numeric};
}

void dial_start(struct loop *loop, struct dial *d, const struct dial_plan *plan,
                void (*done)(struct dial *d, int fd, const struct cause *failure)) {
    *d = (struct dial){.loop = loop, .plan = *plan, .fd = -1, .done = done};
    d->name = dial_first(plan);
    timer_start(loop, &d->telling, TELL_AFTER, tell);
    if (plan->limit != INT64_MAX) timer_start(loop, &d->limit, plan->limit, limit_over);
    if (plan->local)
        resolve_start(loop, &d->resolve, plan->local, INT64_MAX, local_resolved);
    else
        resolve_start(loop, &d->resolve, &d->name, INT64_MAX, target_resolved);
}

struct waiting {
    struct dial dial;
    struct cause *cause;
    int fd;
    bool over, running;
};

static void wait_over(struct dial *d, int fd, const struct cause *failure) {
    struct waiting *w = container_of(d, struct waiting, dial);
    w->fd = fd;
    w->over = true;
    if (failure) *w->cause = *failure;
    if (w->running) loop_stop(d->loop);
}

int dial_wait(struct loop *loop, const struct dial_plan *plan, struct addr *peer,
              struct cause *cause) {
    struct waiting w = {.cause = cause, .fd = -1};
    *cause = (struct cause){0};
    dial_start(loop, &w.dial, plan, wait_over);
    w.running = !w.over;
    if (w.running) loop_run(loop);
    if (!w.over) dial_stop(&w.dial);
    *peer = w.dial.peer;
    return w.fd;
}

/* forward: each client is joined with a connection of its own to another server (--to). Names are
 * looked up anew for each. */
#include <stdio.h>
#include <stdlib.h>

#include "applets/serve/way.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/cli/where.h"
#include "common/io/join.h"
#include "common/net/dial.h"
#include "common/net/measured.h"
#include "common/net/own.h"
#include "common/net/proxyproto.h"
#include "common/net/sock.h"

#define LOOK_UP_LIMIT (INT64_C(1) * 1000000000) /* ns; at the start */

struct forward {
    struct dial_plan plan;
    struct join_plan joins;
    char name[NET_NAME_TEXT + PROXY_TEXT + 16]; /* of the target, and of the proxy on the way */
    struct own own;
};

/* A client that is being connected. */
struct dialling {
    struct dial dial;
    struct pair *pair;
    struct later reap;
};

struct pair {
    struct client client;
    struct join join;
    struct dialling *dialling; /* NULL: it is over */
    int target;                /* -1: not connected */
};

static struct pair *of_client(struct client *c) { return container_of(c, struct pair, client); }

static struct forward *forward_of(const struct pair *p) { return serve_of(&p->client)->state; }

/* --- the copies: -o, -x --- */

static void client_said(void *ctx, const char **bytes, size_t *n, bool *end) {
    struct client *c = ctx;
    struct output *out = &serve_of(c)->out;
    (void)end;
    output_copy(out, *bytes, *n);
    output_received(out, &c->origin.place, *bytes, *n);
}

static void target_said(void *ctx, const char **bytes, size_t *n, bool *end) {
    (void)end;
    serve_note_sent(ctx, *bytes, *n);
}

static void look_on(struct pair *p) {
    struct join_end *ends = p->join.ends;
    if (!output_copying(&serve_of(&p->client)->out)) return;
    ends[0].sink.look = target_said;
    ends[1].sink.look = client_said;
    ends[0].sink.ctx = ends[1].sink.ctx = &p->client;
}

/* --- the pair --- */

static void count(struct client *c) {
    const struct join *j = &of_client(c)->join;
    stream_of(c)->received = j->ends[0].said;
    stream_of(c)->sent = j->ends[0].sink.taken;
}

static void close_target(struct pair *p, void (*close_socket)(int fd)) {
    measured_note(p->target, forward_of(p)->name);
    close_socket(p->target);
    p->target = -1;
}

static void join_done(struct join *j, enum status outcome, bool reset) {
    struct pair *p = container_of(j, struct pair, join);
    struct session *s = &p->client.text.session;
    if (reset) close_target(p, sock_abort);
    if (outcome == STATUS_TIMEOUT)
        session_idle(s);
    else
        reset ? session_abort(s, outcome) : session_close(s, outcome);
}

/* Who the client is (--send-proxy), told before anything it says. */
static void put_header(struct pair *p) {
    const struct session *s = &p->client.text.session;
    struct addr local;
    struct buf header = {0};
    int version = (int)serve_of(&p->client)->conf->proxy.header;
    if (!version || (!s->local && sock_local(s->stream.fd, &local) < 0)) return;
    proxyproto_put(&header, version, &s->peer, s->local ? s->local : &local);
    join_say(&p->join, 1, buf_at(&header), header.size);
    buf_free(&header);
}

static void join_both(struct pair *p) {
    struct serve *s = serve_of(&p->client);
    struct forward *f = forward_of(p);
    msg_note(1, "%s connected to %s", p->client.name, f->name);
    join_start(&p->join, s->loop, stream_of(&p->client)->fd, p->target);
    p->join.plan = &f->joins;
    p->join.ends[0].name = p->client.name;
    p->join.ends[1].name = f->name;
    look_on(p);
    put_header(p);
    join_run(&p->join);
}

/* --- dialling --- */

static void forget(struct later *l) { free(container_of(l, struct dialling, reap)); }

static void refuse(struct pair *p, enum status outcome, const char *why) {
    msg_error("%s: %s", p->client.name, tr(why));
    session_abort(&p->client.text.session, outcome);
}

static void dialled(struct dial *d, int fd, const struct cause *failure) {
    struct dialling *dialling = container_of(d, struct dialling, dial);
    struct pair *p = dialling->pair;
    p->dialling = NULL;
    p->target = fd;
    later_run(serve_of(&p->client)->loop, &dialling->reap, forget);
    if (failure)
        refuse(p, failure->status, failure->text);
    else if (own_has(&forward_of(p)->own, &d->peer))
        refuse(p, STATUS_UNCONNECTED, "that is where this very server listens");
    else
        join_both(p);
}

static void on_open(struct client *c) {
    struct pair *p = of_client(c);
    struct dialling *d = mem_new(sizeof *d);
    session_detach(&c->text.session);
    d->pair = p;
    p->dialling = d;
    p->target = -1;
    dial_start(serve_of(c)->loop, &d->dial, &forward_of(p)->plan, dialled);
}

static void on_closed(struct client *c) {
    struct pair *p = of_client(c);
    join_stop(&p->join);
    if (p->dialling) dial_stop(&p->dialling->dial);
    free(p->dialling);
    if (p->target >= 0) close_target(p, sock_close);
}

/* --- the target, or the proxy on the way to it --- */

static void name_both(struct forward *f) {
    char target[NET_NAME_TEXT], proxy[PROXY_TEXT];
    net_name_text(&f->plan.name, target);
    if (f->plan.proxy)
        snprintf(f->name, sizeof f->name, tr("%s through %s"), target,
                 proxy_url_text(f->plan.proxy, proxy));
    else
        snprintf(f->name, sizeof f->name, "%s", target);
}

static int make_plan(struct serve *s, struct dial_plan *plan) {
    const struct common_conf *common = &s->conf->common;
    *plan = (struct dial_plan){.options = &common->sockopts,
                               .limit = common->timeout ? common->timeout : OPTIONS_DIAL_LIMIT};
    if (where_option(s->responder.call, &s->conf->to, SOCK_STREAM, &plan->name) < 0) return -1;
    return where_through(&s->conf->proxy, &plan->name, &plan->proxy);
}

/* A name that cannot be looked up now may be found when a client comes. */
static bool is_own(struct serve *s, struct forward *f, const struct net_name *first) {
    struct addrs addrs = {NULL, 0};
    struct cause cause = {0};
    bool found = false;
    resolve_wait(s->loop, first, LOOK_UP_LIMIT, &addrs, &cause);
    for (size_t i = 0; i < addrs.count; i++) found |= own_has(&f->own, &addrs.items[i]);
    addrs_free(&addrs);
    return found;
}

static bool is_looked_up(const struct net_name *first) {
    struct addr a;
    return first->host && !first->numeric && !addr_numeric(first->host, 0, &a);
}

static int check(struct serve *s, struct forward *f) {
    if (s->responder.call->count > 0) {
        msg_error("a MESSAGE and --to exclude each other");
        return STATUS_USAGE;
    }
    if (make_plan(s, &f->plan) < 0) return STATUS_USAGE;
    name_both(f);
    own_find(&f->own, &s->responder.doors.streams);
    const struct net_name first = dial_first(&f->plan);
    if (!is_looked_up(&first)) s->responder.needs &= ~(unsigned)SANDBOX_LOOKS_UP;
    if (!is_own(s, f, &first)) return 0;
    msg_error("--to %s: that is where this very server listens", f->name);
    return STATUS_USAGE;
}

static int start(struct serve *s) {
    struct forward *f = mem_new(sizeof *f);
    s->state = f;
    f->joins = (struct join_plan){.done = join_done,
                                  .idle = s->conf->common.idle,
                                  .rate = s->conf->pace.rate,
                                  .expects_checks = !s->conf->once};
    return check(s, f);
}

static void stop(struct serve *s) {
    struct forward *f = s->state;
    mover_leave();
    own_free(&f->own);
    free(f);
}

static bool fits(const struct serve_conf *conf) { return conf->to.given; }

const struct way way_forward = {
    .fits = fits,
    .client_size = size_led_by(struct pair, client),
    .needs = SANDBOX_DIALS | SANDBOX_LOOKS_UP,
    .pairs = true,
    .start = start,
    .stop = stop,
    .open = on_open,
    .closed = on_closed,
    .count = count,
};

#include "applets/probe/run.h"

#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/net/sock.h"

#define RETRY_PAUSE (100 * TEXT_NS_PER_MS)
#define ROUND_INTERVAL TEXT_NS_PER_S
#define MANY 64 /* ports: a scan, not a question */

void run_fail(struct probe *p, int status) {
    if (!p->status) p->status = status;
    loop_stop(p->call->loop);
}

bool run_has_command(const struct probe *p) { return p->call->count > p->call->before; }

/* --- the run --- */

bool run_is_settled(const struct probe *p, const struct target *t) {
    return target_open(t) != p->conf->gone;
}

static void probe_target(struct probe *p, struct target *t) {
    t->left = t->count;
    for (size_t i = 0; i < t->count; i++) scan_add(&p->scan, &t->items[i]);
}

static void retry(struct timer *timer) {
    struct target *t = container_of(timer, struct target, retry);
    probe_target(t->owner, t);
}

static void begin_round(struct timer *timer) {
    struct probe *p = container_of(timer, struct probe, next_round);
    p->began = loop_clock();
    p->left = p->targets.total;
    p->open = p->shown_target = p->shown_item = 0;
    for (size_t n = 0; n < p->targets.count; n++) {
        struct target *t = &p->targets.items[n];
        for (size_t i = 0; i < t->count; i++) finding_clear(&t->items[i].found);
        probe_target(p, t);
    }
}

bool run_has_rounds(const struct probe *p) { return p->conf->count || p->conf->interval >= 0; }

static void round_over(struct probe *p) {
    int64_t interval = p->conf->interval >= 0 ? p->conf->interval : ROUND_INTERVAL;
    p->rounds++;
    if (run_has_rounds(p) && (!p->conf->count || p->rounds < p->conf->count))
        timer_start(p->call->loop, &p->next_round, interval - (loop_clock() - p->began),
                    begin_round);
    else
        loop_stop(p->call->loop);
}

/* --wait: a target is tried until it is as it shall be, however the others are. */
static void pass_over(struct probe *p, struct target *t) {
    if (!run_is_settled(p, t)) {
        timer_start(p->call->loop, &t->retry, RETRY_PAUSE, retry);
        return;
    }
    p->settled++;
    if (p->conf->any || p->settled == p->targets.count) {
        timer_stop(&p->deadline);
        loop_stop(p->call->loop);
    }
}

static void item_done(struct scan *scan, struct scan_item *i) {
    struct probe *p = container_of(scan, struct probe, scan);
    struct target *t = i->owner;
    t->left--;
    if (p->conf->wait) {
        if (t->left == 0 || (p->conf->any && i->found.state == PORT_OPEN)) pass_over(p, t);
        return;
    }
    p->left--;
    p->open += i->found.state == PORT_OPEN;
    if (t->tallies) {
        struct tally *tally = &t->tallies[i - t->items];
        tally->tries++;
        if (i->found.state == PORT_OPEN) stats_add(&tally->times, (double)i->found.took);
    }
    show_known(p, false);
    if (p->left == 0) round_over(p);
}

static void scan_failed(struct scan *scan, const struct cause *cause) {
    run_fail(container_of(scan, struct probe, scan), msg_cause(cause));
}

static void host_resolved(struct scan *scan, const struct scan_host *h) {
    char took[TEXT_SHORT], text[ADDR_TEXT];
    struct buf list = {0};
    (void)scan;
    if (msg_level() < 1 || !h->took) return;
    text_duration(h->took, took);
    for (size_t i = 0; i < h->addrs.count; i++)
        buf_format(&list, "%s%s", i ? ", " : "", addr_host_text(&h->addrs.items[i], text));
    if (h->why)
        msg_note(1, "%s (after %s)", h->why, took);
    else
        msg_note(1, "%s is %.*s (looked up in %s)", h->name.host, (int)list.size, buf_at(&list),
                 took);
    buf_free(&list);
}

static void wait_over(struct timer *t) {
    struct probe *p = container_of(t, struct probe, deadline);
    p->expired = true;
    loop_stop(p->call->loop);
}

static void start_probing(struct probe *p) {
    const struct probe_conf *conf = p->conf;
    p->scan.timeout = conf->common.timeout;
    p->scan.jobs = (size_t)conf->jobs;
    p->scan.done = item_done;
    p->scan.failed = scan_failed;
    p->scan.resolved = host_resolved;
    p->scan.plan = (struct attempt_plan){
        .loop = p->call->loop,
        .type = conf->udp ? SOCK_DGRAM : SOCK_STREAM,
        .options = &conf->common.sockopts,
        .locals = &p->locals,
        .payload = conf->send ? conf->send : "",
        .payload_size = conf->send ? strlen(conf->send) : 0,
        .expect = conf->expect,
        .banner = conf->banner,
        .idle = conf->common.idle,
        .share_port =
            p->targets.total >= MANY && !conf->wait && !run_has_rounds(p) && !sock_tracing(),
    };
    for (size_t n = 0; n < p->targets.count; n++) {
        struct target *t = &p->targets.items[n];
        t->owner = p;
        if (run_has_rounds(p)) t->tallies = mem_new(t->count * sizeof *t->tallies);
    }
    scan_start(&p->scan);
}

void run_probing(struct probe *p) {
    struct loop *loop = p->call->loop;
    start_probing(p);
    if (p->conf->wait && p->conf->wait != INT64_MAX)
        timer_start(loop, &p->deadline, p->conf->wait, wait_over);
    show_progress_start(p);
    begin_round(&p->next_round);
    loop_run(loop);
    timer_stop(&p->deadline);
    timer_stop(&p->next_round);
    for (size_t n = 0; n < p->targets.count; n++) timer_stop(&p->targets.items[n].retry);
    scan_stop(&p->scan);
    show_progress_stop(p);
}

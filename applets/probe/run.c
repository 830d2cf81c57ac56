#include "applets/probe/run.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"
#include "common/net/sock.h"

#define WINDOW 32768 /* items that wait to be shown behind one that is not known yet */
#define BATCH 64     /* items that are made at once */
#define STALE TEXT_NS_PER_S

/* --- what is asked for --- */

bool run_has_command(const struct probe *p) { return p->call->count > p->call->before; }

bool run_has_rounds(const struct probe *p) {
    return p->conf->count || p->conf->interval >= 0 || p->conf->graph;
}

const struct proxy_url *run_proxy(const struct probe *p) {
    return p->conf->proxy.url.host ? &p->conf->proxy.url : NULL;
}

uint64_t run_enough(const struct probe *p) {
    return p->conf->any ? 1 : (uint64_t)p->conf->at_least;
}

bool run_is_idle(const struct probe *p) { return p->targets.complete && p->pending == 0; }

void run_fail(struct probe *p, int status) {
    if (!p->status) p->status = status;
    loop_stop(p->call->loop);
}

/* --- items --- */

static void item_known(struct scan *s, struct item *i) {
    struct probe *p = container_of(s, struct probe, scan);
    uint64_t enough = run_enough(p);
    i->known = true;
    p->pending--;
    p->done++;
    i->goal->left--;
    if (item_is_open(i)) {
        i->goal->open++;
        p->open++;
    }
    p->way->known(p, i);
    p->enough = enough && p->open >= enough && !run_has_rounds(p);
    if (p->enough)
        loop_stop(p->call->loop);
    else
        p->way->advance(p);
}

void run_try(struct probe *p, struct item *i) {
    p->pending++;
    if (i->found.state == PORT_EXCLUDED)
        item_known(&p->scan, i);
    else
        scan_add(&p->scan, i);
}

static void add_item(struct probe *p, struct item *i) {
    struct goal *g = i->goal;
    *p->items_end = i;
    p->items_end = &i->next;
    p->kept++;
    if (run_has_rounds(p)) i->series = mem_new(sizeof *i->series);
    if (p->conf->graph) series_keep_marks(i->series);
    if (p->way->keeps) {
        p->goals += !g->items;
        *g->items_end = i;
        g->items_end = &i->sibling;
    }
    run_try(p, i);
}

static bool may_take(const struct probe *p) {
    return !p->targets.complete && !p->status &&
           (p->way->keeps || (p->kept < WINDOW && !p->out.full));
}

/* What is wrong with a line of the file does not keep those before it from being probed. */
static void list_failed(struct probe *p, const struct cause *cause) {
    p->status = msg_cause(cause);
    if (p->way->keeps) loop_stop(p->call->loop);
}

static bool take_items(struct scan *s) {
    struct probe *p = container_of(s, struct probe, scan);
    struct cause cause = {0};
    struct item *i;
    int taken = 0;
    for (enum targets_next found = TARGETS_ITEM; found == TARGETS_ITEM && may_take(p);) {
        found = taken < BATCH ? targets_next(&p->targets, &i, &cause) : TARGETS_LATER;
        if (found == TARGETS_ITEM) add_item(p, i);
        if (found == TARGETS_FAILED) list_failed(p, &cause);
        taken += found == TARGETS_ITEM;
    }
    if (p->targets.complete && taken == 0) p->way->advance(p);
    return taken > 0;
}

static void list_ready(struct list *l) {
    scan_wake(&container_of(l, struct probe, targets.list)->scan);
}

/* --- the scan --- */

static void scan_failed(struct scan *s, const struct cause *cause) {
    run_fail(container_of(s, struct probe, scan), msg_cause(cause));
}

/* What a look-up has come to, as it is narrated; the caller's. */
static char *outcome_of(const struct host *h) {
    char text[ADDR_TEXT];
    struct buf list = {0};
    if (h->why) return mem_copy(h->why);
    for (size_t i = 0; i < h->addrs.count; i++)
        buf_format(&list, "%s%s", i ? ", " : "", addr_host_text(&h->addrs.items[i], text));
    char *outcome = mem_format(tr("%s is %.*s"), h->name.host, (int)list.size, buf_at(&list));
    buf_free(&list);
    return outcome;
}

/* A look-up that has the same outcome as the one before is not worth a line. */
static void host_resolved(struct scan *s, struct host *h) {
    char took[TEXT_SHORT];
    (void)s;
    if (msg_level() < 1 || !h->took) return;
    char *outcome = outcome_of(h);
    if (!h->narrated || strcmp(h->narrated, outcome) != 0)
        msg_note(1, h->why ? "%s (after %s)" : "%s (looked up in %s)", outcome,
                 text_duration(h->took, took));
    free(h->narrated);
    h->narrated = outcome;
}

static void start_scan(struct probe *p) {
    struct scan *s = &p->scan;
    const struct probe_conf *conf = p->conf;
    s->timeout = conf->common.timeout;
    s->jobs = (size_t)conf->jobs;
    s->once = p->way == &way_once;
    s->fresh = s->once ? INT64_MAX : p->way == &way_wait ? STALE : 0;
    s->exclude = &p->targets.exclude;
    s->done = item_known;
    s->more = take_items;
    s->failed = scan_failed;
    s->resolved = host_resolved;
    s->plan = (struct attempt_plan){.loop = p->call->loop,
                                    .options = &conf->common.sockopts,
                                    .locals = &p->locals,
                                    .proxy = run_proxy(p),
                                    .idle = conf->common.idle};
    scan_start(s);
    scan_wake(s);
}

/* --- the run --- */

static void wait_over(struct timer *t) {
    struct probe *p = container_of(t, struct probe, deadline);
    p->expired = true;
    loop_stop(p->call->loop);
}

static void stop_retries(struct probe *p) {
    for (struct item *i = p->items; i; i = i->next) timer_stop(&i->goal->retry);
}

/* Attempts that a limit cut off have had no answer; of those that nobody waits for any more nothing
 * is known. */
static void stop_scan(struct probe *p) {
    timer_stop(&p->deadline);
    timer_stop(&p->next_round);
    stop_retries(p);
    scan_stop(&p->scan, p->expired || p->call->expired);
}

void run_probing(struct probe *p) {
    p->items_end = p->next = &p->items;
    p->targets.list.ready = list_ready;
    if (p->conf->wait && p->conf->wait != INT64_MAX)
        timer_start(p->call->loop, &p->deadline, p->conf->wait, wait_over);
    p->began = loop_clock();
    start_scan(p);
    loop_run(p->call->loop);
    stop_scan(p);
}

static void free_item(struct probe *p, struct item *i) {
    if (i->series) series_free(i->series);
    free(i->series);
    targets_drop(&p->targets, i);
}

void run_free(struct probe *p) {
    while (p->items) {
        struct item *i = p->items;
        p->items = i->next;
        free_item(p, i);
    }
    buf_free(&p->verdict.unresolved);
    targets_free(&p->targets);
    expect_free(&p->expect);
    buf_free(&p->payload);
    addrs_free(&p->locals);
}

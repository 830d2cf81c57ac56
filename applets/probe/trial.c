#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "applets/probe/trial.h"
#include "common/base/mem.h"
#include "common/net/dial.h"

struct trying {
    struct attempt attempt;
    struct scan_trial *trial;
    struct trying *next;
};

/* An item that is being tried. */
struct scan_trial {
    struct scan *scan;
    struct scan_item *item;
    struct scan_trial *next;
    struct trying *tries; /* pending */
    struct trying first;  /* most trials need no other */
    bool first_used;
    size_t tried; /* addresses */
    struct timer limit, stagger;
    struct finding found; /* the best so far */
};

static void advance(struct scan_trial *t);

static void note(struct scan_trial *t, struct attempt *a) {
    if (t->found.state == PORT_UNKNOWN || a->found.state < t->found.state)
        finding_move(&t->found, &a->found);
}

static struct trying *take_trying(struct scan_trial *t) {
    struct trying *y = t->first_used ? mem_new(sizeof *y) : &t->first;
    t->first_used = true;
    y->trial = t;
    return y;
}

static void give_back(struct trying *y) {
    attempt_free(&y->attempt);
    if (y == &y->trial->first)
        y->trial->first_used = false;
    else
        free(y);
}

static void drop(struct trying *y, int why) {
    struct trying **at = &y->trial->tries;
    while (*at != y) at = &(*at)->next;
    *at = y->next;
    y->trial->scan->open--;
    attempt_end(&y->attempt, why);
    note(y->trial, &y->attempt);
    give_back(y);
}

static void drop_all(struct scan_trial *t, int why) {
    while (t->tries) drop(t->tries, why);
}

static void trial_free(struct scan_trial *t) {
    struct scan_trial **at = &t->scan->trials;
    while (*at != t) at = &(*at)->next;
    *at = t->next;
    drop_all(t, ECANCELED);
    timer_stop(&t->limit);
    timer_stop(&t->stagger);
    finding_clear(&t->found);
    free(t->scan->idle);
    t->scan->idle = t; /* most are over at once: the next item has it again */
}

static void finish(struct scan_trial *t) {
    struct scan *p = t->scan;
    struct scan_item *i = t->item;
    finding_move(&i->found, &t->found);
    trial_free(t);
    p->done(p, i);
    scan_wake(p);
}

static void fail(struct scan *p, const struct cause *cause) {
    scan_stop(p);
    p->failed(p, cause);
}

static void attempt_done(struct attempt *a) {
    struct trying *y = container_of(a, struct trying, attempt);
    struct scan_trial *t = y->trial;
    drop(y, 0);
    advance(t);
}

static void limit_over(struct timer *timer) {
    struct scan_trial *t = container_of(timer, struct scan_trial, limit);
    drop_all(t, ETIMEDOUT);
    finish(t);
}

static void stagger_over(struct timer *timer) {
    advance(container_of(timer, struct scan_trial, stagger));
}

static void start_timers(struct scan_trial *t) {
    struct scan *p = t->scan;
    const struct scan_host *h = t->item->host;
    int64_t spent = t->item->spent, left = p->timeout > spent ? p->timeout - spent : 1;
    int64_t share = left / (int64_t)(h->addrs.count + 1);
    if (!timer_running(&t->limit)) timer_start(p->plan.loop, &t->limit, left, limit_over);
    if (t->tried < h->addrs.count)
        timer_start(p->plan.loop, &t->stagger, share < DIAL_STAGGER ? share : DIAL_STAGGER,
                    stagger_over);
}

/* Out of descriptors: those in use must do from now on. The item waits in front of the others until
 * one is free. */
static void wait_for_descriptor(struct scan_trial *t) {
    struct scan *p = t->scan;
    struct scan_item *i = t->item;
    struct cause cause;
    t->tried--;
    if (p->open == 0) {
        cause_set(&cause, STATUS_FAILED, "cannot open a socket: %s", strerror(errno));
        fail(p, &cause);
        return;
    }
    p->jobs = p->open;
    if (t->tries) {
        start_timers(t);
        return;
    }
    trial_free(t);
    if (!p->items) p->items_end = &i->next;
    i->next = p->items;
    p->items = i;
}

/* Tries the next address. False when the trial is none any more, or waits. */
static bool launch(struct scan_trial *t) {
    struct scan *p = t->scan;
    struct cause cause;
    struct trying *y = take_trying(t);
    struct addr to = t->item->host->addrs.items[t->tried++];
    addr_set_port(&to, t->item->port);
    enum attempt_start started = attempt_start(&p->plan, &y->attempt, &to, attempt_done, &cause);
    if (started == ATTEMPT_SHORT && (p->plan.spare[0] || p->plan.spare[1])) {
        attempt_plan_free(&p->plan);
        started = attempt_start(&p->plan, &y->attempt, &to, attempt_done, &cause);
    }
    if (started == ATTEMPT_PENDING) {
        y->next = t->tries;
        t->tries = y;
        p->open++;
        start_timers(t);
        return false;
    }
    if (started == ATTEMPT_KNOWN) note(t, &y->attempt);
    give_back(y);
    if (started == ATTEMPT_SHORT) wait_for_descriptor(t);
    if (started == ATTEMPT_IMPOSSIBLE) fail(p, &cause);
    return started == ATTEMPT_KNOWN;
}

/* Only what the service says is not known yet. */
static bool is_connected(const struct scan_trial *t) {
    for (const struct trying *y = t->tries; y; y = y->next)
        if (y->attempt.found.took) return true;
    return false;
}

/* Until an address is open, or pending, or none is left. */
static void advance(struct scan_trial *t) {
    const struct scan *p = t->scan;
    timer_stop(&t->stagger);
    while (t->found.state != PORT_OPEN && !is_connected(t) &&
           t->tried < t->item->host->addrs.count) {
        if (t->tries && p->open >= p->jobs) {
            start_timers(t);
            return;
        }
        if (!launch(t)) return;
    }
    if (t->found.state == PORT_OPEN || !t->tries) finish(t);
}

void trial_begin(struct scan *p, struct scan_item *i) {
    struct scan_trial *t = p->idle ? p->idle : mem_new(sizeof *t);
    p->idle = NULL;
    *t = (struct scan_trial){.scan = p, .item = i, .next = p->trials};
    p->trials = t;
    advance(t);
}

void trial_stop_all(struct scan *p) {
    while (p->trials) {
        struct scan_trial *t = p->trials;
        drop_all(t, ECANCELED);
        if (t->item->found.state == PORT_UNKNOWN) finding_move(&t->item->found, &t->found);
        trial_free(t);
    }
}

#include "applets/probe/trial.h"

#include <errno.h>
#include <stdlib.h>

#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/net/dial.h"

/* One address being tried. */
struct try {
    struct attempt attempt;
    struct trial *trial;
    struct try *next;
};

struct trial {
    struct scan *scan;
    struct item *item;
    struct trial *next, **back;     /* among the scan's; back: what points to this one */
    struct try *tries, **tries_end; /* pending, the oldest first */
    struct try first;               /* most trials need no other */
    bool first_used;
    size_t tried; /* addresses */
    bool settled; /* no other address need be tried, and none is waited for */
    struct timer limit, stagger;
    struct finding found; /* so far */
};

static void advance(struct trial *t);

/* --- what was found --- */

/* Open is what one address is; else silence outweighs whatever the others said, since nobody knows
 * what is behind it; else the last one counts. */
static bool outweighs(enum port_state state, enum port_state before) {
    return state == PORT_OPEN || state == PORT_NO_ANSWER || before != PORT_NO_ANSWER;
}

/* The addresses of a name are worth telling. */
static bool is_name(const struct item *i) {
    const struct host *h = item_target(i)->host;
    return h && !h->name.path && !item_target(i)->via;
}

static void note(struct trial *t, struct attempt *a) {
    char text[ADDR_TEXT];
    bool last_word = a->entered || a->found.state == PORT_OPEN;
    t->settled |= last_word;
    if (!last_word && !outweighs(a->found.state, t->found.state)) return;
    finding_move(&t->found, &a->found);
    if (is_name(t->item)) t->found.address = mem_copy(addr_host_text(&a->to, text));
}

/* A look-up for another item may change them at any time. */
static size_t address_count(const struct trial *t) {
    struct addr room;
    size_t count;
    item_addresses(t->item, &room, &count);
    return count;
}

static struct addr next_address(struct trial *t) {
    const struct proxy_url *proxy = t->scan->plan.proxy;
    struct addr room;
    size_t count;
    const struct addr *addrs = item_addresses(t->item, &room, &count);
    struct addr to = addrs[t->tried++];
    addr_set_port(&to, proxy ? proxy->port : t->item->port);
    return to;
}

/* --- the tries of a trial --- */

static struct try *take_try(struct trial *t) {
    struct try *y = t->first_used ? mem_new(sizeof *y) : &t->first;
    t->first_used = true;
    y->trial = t;
    return y;
}

static void give_back(struct try *y) {
    attempt_free(&y->attempt);
    if (y == &y->trial->first)
        y->trial->first_used = false;
    else
        free(y);
}

static void link_try(struct trial *t, struct try *y) {
    y->next = NULL;
    *t->tries_end = y;
    t->tries_end = &y->next;
    t->scan->open++;
}

/* Ends a pending try; what is known by now counts. */
static void drop(struct try *y, int why) {
    struct trial *t = y->trial;
    struct try **at = &t->tries;
    while (*at != y) at = &(*at)->next;
    *at = y->next;
    if (!*at) t->tries_end = at;
    t->scan->open--;
    attempt_end(&y->attempt, why);
    note(t, &y->attempt);
    give_back(y);
}

static void drop_all(struct trial *t, int why) {
    while (t->tries) drop(t->tries, why);
}

static void trial_free(struct trial *t) {
    *t->back = t->next;
    if (t->next) t->next->back = t->back;
    drop_all(t, ECANCELED);
    timer_stop(&t->limit);
    timer_stop(&t->stagger);
    finding_clear(&t->found);
    free(t->scan->idle);
    t->scan->idle = t; /* most are over at once: the next item has it again */
}

static void finish(struct trial *t) {
    struct scan *s = t->scan;
    struct item *i = t->item;
    finding_move(&i->found, &t->found);
    if (i->found.state == PORT_UNKNOWN) i->found.state = PORT_EXCLUDED; /* all its addresses */
    trial_free(t);
    s->done(s, i);
    scan_wake(s);
}

static void fail(struct scan *s, const struct cause *cause) {
    scan_stop(s, true);
    s->failed(s, cause);
}

/* --- time --- */

static void attempt_done(struct attempt *a) {
    struct try *y = container_of(a, struct try, attempt);
    struct trial *t = y->trial;
    drop(y, 0);
    advance(t);
}

static void limit_over(struct timer *timer) {
    struct trial *t = container_of(timer, struct trial, limit);
    drop_all(t, ETIMEDOUT);
    finish(t);
}

/* One address will do, though it may not have said all that is waited for. */
static bool suffices(const struct trial *t) {
    if (t->settled) return true;
    for (const struct try *y = t->tries; y; y = y->next)
        if (attempt_suffices(&y->attempt)) return true;
    return false;
}

/* The next address has its turn; where no further socket may be opened, in place of the oldest. */
static void stagger_over(struct timer *timer) {
    struct trial *t = container_of(timer, struct trial, stagger);
    if (t->tries && !suffices(t) && t->scan->open >= t->scan->jobs) drop(t->tries, ETIMEDOUT);
    advance(t);
}

static void start_timers(struct trial *t) {
    struct scan *s = t->scan;
    int64_t spent = t->item->spent, left = s->timeout > spent ? s->timeout - spent : 1;
    size_t count = address_count(t);
    int64_t share = left / (int64_t)(count + 1);
    if (!timer_running(&t->limit)) timer_start(s->plan.loop, &t->limit, left, limit_over);
    if (t->tried < count)
        timer_start(s->plan.loop, &t->stagger, share < DIAL_STAGGER ? share : DIAL_STAGGER,
                    stagger_over);
}

/* Out of descriptors: those in use must do from now on. The item waits in front of the others until
 * one is free. */
static void wait_for_descriptor(struct trial *t) {
    struct scan *s = t->scan;
    struct item *i = t->item;
    struct cause cause = {0};
    t->tried--;
    if (s->open == 0) {
        cause_set(&cause, STATUS_FAILED, "cannot open a socket: %s", lang_error(errno));
        fail(s, &cause);
        return;
    }
    s->jobs = s->open;
    if (t->tries) {
        start_timers(t);
        return;
    }
    trial_free(t);
    if (!s->items) s->items_end = &i->queued;
    i->queued = s->items;
    s->items = i;
}

/* --- addresses --- */

static bool is_excluded(const struct trial *t, const struct addr *to) {
    return is_name(t->item) && exclude_has_address(t->scan->exclude, to);
}

static enum attempt_start start_attempt(struct trial *t, struct try *y, const struct addr *to,
                                        struct cause *cause) {
    struct item *i = t->item;
    bool straight = !t->scan->plan.proxy;
    char room[ADDR_TEXT];
    y->attempt = (struct attempt){.done = attempt_done,
                                  .plan = &t->scan->plan,
                                  .question = item_target(i)->question,
                                  .to = *to,
                                  .through = {straight ? NULL : item_host(i, room), i->port}};
    return attempt_start(&y->attempt, cause);
}

/* Tries the next address. False when the trial is none any more, or waits. */
static bool launch(struct trial *t) {
    struct scan *s = t->scan;
    struct cause cause = {0};
    struct addr to = next_address(t);
    if (is_excluded(t, &to)) return true;
    struct try *y = take_try(t);
    enum attempt_start started = start_attempt(t, y, &to, &cause);
    if (started == ATTEMPT_SHORT && attempt_plan_free(&s->plan))
        started = start_attempt(t, y, &to, &cause);
    if (started == ATTEMPT_PENDING) {
        link_try(t, y);
        start_timers(t);
        return false;
    }
    if (started == ATTEMPT_KNOWN) note(t, &y->attempt);
    give_back(y);
    if (started == ATTEMPT_SHORT) wait_for_descriptor(t);
    if (started == ATTEMPT_IMPOSSIBLE) fail(s, &cause);
    return started == ATTEMPT_KNOWN;
}

/* Until one address suffices, or one is pending, or none is left. */
static void advance(struct trial *t) {
    const struct scan *s = t->scan;
    timer_stop(&t->stagger);
    while (!suffices(t) && t->tried < address_count(t)) {
        if (t->tries && s->open >= s->jobs) {
            start_timers(t);
            return;
        }
        if (!launch(t)) return;
    }
    if (t->settled || !t->tries) finish(t);
}

void trial_begin(struct scan *s, struct item *i) {
    struct trial *t = s->idle ? s->idle : mem_new(sizeof *t);
    s->idle = NULL;
    *t = (struct trial){.scan = s, .item = i, .next = s->trials, .back = &s->trials};
    t->tries_end = &t->tries;
    if (t->next) t->next->back = &t->next;
    s->trials = t;
    advance(t);
}

void trial_stop_all(struct scan *s, bool tell) {
    while (s->trials) {
        struct trial *t = s->trials;
        drop_all(t, ECANCELED);
        if (tell) finding_move(&t->item->found, &t->found);
        trial_free(t);
    }
}

/* wait: each goal is tried until it is as it shall be (--wait, --gone). */
#include <string.h>

#include "applets/probe/run.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"

#define RETRY_PAUSE (100 * TEXT_NS_PER_MS)
#define NAMED 3 /* goals that a person is told of */

static void retry(struct timer *timer) {
    struct goal *g = container_of(timer, struct goal, retry);
    struct probe *p = g->owner;
    p->open -= g->open;
    g->open = 0;
    g->left = g->size;
    for (struct item *i = g->items; i; i = i->sibling) run_try(p, i);
}

/* -v: each change, of the items that are listed or were. */
static void tell_change(const struct probe *p, struct item *i) {
    char name[NET_NAME_TEXT], text[TEXT_SHORT];
    const struct finding *f = &i->found;
    bool listed = results_list(p, i) || i->told == PORT_OPEN;
    if (f->state == i->told || !listed || msg_level() < 1) return;
    i->told = f->state;
    item_name(i, name);
    text_duration(loop_clock() - p->began, text);
    if (finding_why(f))
        msg_note(1, "%s is %s after %s (%s)", name, tr(finding_word(f)), text, finding_why(f));
    else
        msg_note(1, "%s is %s after %s", name, tr(finding_word(f)), text);
}

static void known(struct probe *p, struct item *i) {
    struct goal *g = i->goal;
    tell_change(p, i);
    if (g->left > 0) return;
    g->owner = p;
    g->settled = verdict_is_settled(p, g, g->open);
    if (g->settled)
        p->settled++;
    else
        timer_start(p->call->loop, &g->retry, RETRY_PAUSE, retry);
}

static void advance(struct probe *p) {
    if (p->targets.complete && p->settled == p->goals) loop_stop(p->call->loop);
}

/* "db:5432 (closed)"; a range has no state of its own. */
static void put_goal(struct buf *out, const struct item *first) {
    char name[GOAL_NAME];
    const struct finding *f = &first->found;
    buf_format(out, "%s", goal_name(first->goal, name));
    if (first->goal->single && f->state != PORT_UNKNOWN)
        buf_format(out, " (%s)", tr(finding_word(f)));
}

/* "waiting 12 s for 5 of 7: db:5432 (closed), cache:6379, ..." */
static void status(const struct probe *p, struct buf *out) {
    char text[TEXT_SHORT];
    uint64_t unsettled = p->goals - p->settled, named = 0, enough = run_enough(p);
    text_duration(loop_clock() - p->began, text);
    buf_format(out,
               tr(p->conf->gone ? "waiting %s for the end of %llu of %llu: "
                                : "waiting %s for %llu of %llu: "),
               text, (unsigned long long)(enough ? enough - p->open : unsettled),
               (unsigned long long)(enough ? p->kept : p->goals));
    for (const struct item *i = p->items; i && named < unsettled && named < NAMED; i = i->next) {
        if (i != i->goal->items || i->goal->settled) continue;
        if (named++ > 0) buf_format(out, ", ");
        put_goal(out, i);
    }
    if (unsettled > named) buf_format(out, ", ...");
}

const struct way way_wait = {.keeps = true, .known = known, .advance = advance, .status = status};

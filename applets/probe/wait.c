/* wait: each goal is tried until it is as it shall be (--wait, --gone). */
#include "applets/probe/run.h"
#include "common/base/mem.h"
#include "common/base/msg.h"
#include "common/base/text.h"

#define RETRY_PAUSE (100 * TEXT_NS_PER_MS)

static void retry(struct timer *timer) {
    struct goal *g = container_of(timer, struct goal, retry);
    struct probe *p = g->owner;
    p->open -= g->open;
    g->open = 0;
    g->left = g->size;
    for (struct item *i = g->items; i; i = i->sibling) run_try(p, i);
}

static void known(struct probe *p, struct item *i) {
    struct goal *g = i->goal;
    if (g->left > 0) return;
    g->owner = p;
    if (verdict_is_settled(p, g, g->open))
        p->settled++;
    else
        timer_start(p->call->loop, &g->retry, RETRY_PAUSE, retry);
}

static void advance(struct probe *p) {
    if (p->targets.complete && p->settled == p->goals) loop_stop(p->call->loop);
}

static void status(const struct probe *p, struct buf *out) {
    (void)p;
    (void)out;
}

const struct way way_wait = {.keeps = true, .known = known, .advance = advance, .status = status};

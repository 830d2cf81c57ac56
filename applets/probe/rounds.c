/* rounds: all items are tried, shown, and tried again (-c, -I). */
#include "applets/probe/run.h"
#include "common/base/lang.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#define INTERVAL TEXT_NS_PER_S

static void begin_round(struct timer *timer) {
    struct probe *p = container_of(timer, struct probe, next_round);
    p->began = loop_clock();
    p->open = p->done = 0;
    p->next = &p->items;
    for (struct item *i = p->items; i; i = i->next) {
        i->known = false;
        if (i->found.state != PORT_EXCLUDED) finding_clear(&i->found);
    }
    for (struct item *i = p->items; i; i = i->next) run_try(p, i);
}

static void known(struct probe *p, struct item *i) {
    if (i->found.state != PORT_EXCLUDED) series_add(i->series, &i->found);
    results_show(p);
}

static bool is_last(const struct probe *p) {
    return p->conf->count && p->rounds >= (uint64_t)p->conf->count;
}

static void advance(struct probe *p) {
    int64_t interval = p->conf->interval >= 0 ? p->conf->interval : INTERVAL;
    if (!run_is_idle(p) || timer_running(&p->next_round) || is_last(p)) return;
    p->rounds++;
    chart_draw(p);
    if (is_last(p))
        loop_stop(p->call->loop);
    else
        timer_start(p->call->loop, &p->next_round, interval - (loop_clock() - p->began),
                    begin_round);
}

static void status(const struct probe *p, struct buf *out) {
    buf_format(out, tr("round %llu: %llu of %llu ports probed, %llu open"),
               (unsigned long long)p->rounds + 1, (unsigned long long)p->done,
               (unsigned long long)p->targets.total, (unsigned long long)p->open);
}

const struct way way_rounds = {.keeps = true, .known = known, .advance = advance, .status = status};

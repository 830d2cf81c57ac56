/* once: each item is tried, shown and forgotten. */
#include "applets/probe/run.h"
#include "common/base/lang.h"

static void known(struct probe *p, struct item *i) {
    (void)i;
    results_show(p);
}

static void advance(struct probe *p) {
    if (run_is_idle(p)) loop_stop(p->call->loop);
}

static void status(const struct probe *p, struct buf *out) {
    unsigned long long done = p->done, total = p->targets.total, open = p->open;
    if (p->targets.complete)
        buf_format(out, tr("%llu of %llu ports probed, %llu open"), done, total, open);
    else
        buf_format(out, tr("%llu ports probed, %llu open"), done, open);
}

const struct way way_once = {.known = known, .advance = advance, .status = status};

/* once: each item is tried, shown and forgotten. */
#include "applets/probe/run.h"

static void known(struct probe *p, struct item *i) {
    (void)i;
    results_show(p);
}

static void advance(struct probe *p) {
    if (run_is_idle(p)) loop_stop(p->call->loop);
}

static void status(const struct probe *p, struct buf *out) {
    buf_format(out, "%llu", (unsigned long long)p->done);
    if (p->targets.complete) buf_format(out, " of %llu", (unsigned long long)p->targets.total);
    buf_format(out, " ports probed, %llu open", (unsigned long long)p->open);
}

const struct way way_once = {.known = known, .advance = advance, .status = status};

#include "applets/probe/graph.h"

static size_t shown(const struct series *s, size_t columns) {
    size_t kept = series_kept(s);
    return kept < columns ? kept : columns;
}

static double longest(const struct series *s, size_t count) {
    double most = 0;
    for (size_t ago = 0; ago < count; ago++) {
        const struct mark *m = series_mark(s, ago);
        if (m->state == PORT_OPEN && (double)m->took > most) most = (double)m->took;
    }
    return most;
}

/* Eight heights: U+2581 to U+2588. */
static const char *bar(const struct mark *m, double most) {
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    if (m->state == PORT_NO_ANSWER) return "×";
    if (m->state != PORT_OPEN) return "!";
    size_t height = most > 0 ? (size_t)((double)m->took / most * 8) : 0;
    return bars[height < 8 ? height : 7];
}

double graph_put(struct buf *out, const struct series *s, size_t columns) {
    size_t count = shown(s, columns);
    double most = longest(s, count);
    for (size_t ago = count; ago-- > 0;) buf_format(out, "%s", bar(series_mark(s, ago), most));
    return most;
}

#include "applets/probe/series.h"

#include <stdlib.h>

#include "common/base/mem.h"

void series_keep_marks(struct series *s) {
    s->marks = mem_resize(s->marks, SERIES_MARKS, sizeof *s->marks);
}

void series_add(struct series *s, const struct finding *f) {
    if (s->marks) s->marks[s->rounds % SERIES_MARKS] = (struct mark){f->state, (float)f->took};
    s->rounds++;
    if (f->state == PORT_OPEN) stats_add(&s->times, (double)f->took);
}

void series_free(struct series *s) {
    stats_free(&s->times);
    free(s->marks);
    *s = (struct series){0};
}

size_t series_kept(const struct series *s) {
    if (!s->marks) return 0;
    return s->rounds < SERIES_MARKS ? (size_t)s->rounds : SERIES_MARKS;
}

const struct mark *series_mark(const struct series *s, size_t ago) {
    return &s->marks[(s->rounds - 1 - ago) % SERIES_MARKS];
}

double series_loss(const struct series *s) {
    return 100 * (double)(s->rounds - s->times.count) / (double)s->rounds;
}

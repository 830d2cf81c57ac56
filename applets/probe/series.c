#include "applets/probe/series.h"

void series_add(struct series *h, const struct finding *f) {
    h->rounds++;
    if (f->state == PORT_OPEN) stats_add(&h->times, (double)f->took);
}

void series_free(struct series *h) { stats_free(&h->times); }

double series_loss(const struct series *h) {
    return 100 * (double)(h->rounds - h->times.count) / (double)h->rounds;
}

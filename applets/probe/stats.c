#include "applets/probe/stats.h"

/* Welford: no sum of squares that swallows the small differences of large numbers. */
void stats_add(struct stats *s, double value) {
    double distance = value - s->mean;
    s->count++;
    s->mean += distance / (double)s->count;
    s->squares += distance * (value - s->mean);
    if (s->count == 1 || value < s->min) s->min = value;
    if (s->count == 1 || value > s->max) s->max = value;
}

/* Newton's; sqrt(3) would need libm. From above it falls until it has arrived. */
static double square_root(double of) {
    double root = of > 1 ? of : 1, next = root;
    if (of <= 0) return 0;
    do {
        root = next;
        next = (root + of / root) / 2;
    } while (next < root);
    return root;
}

double stats_deviation(const struct stats *s) {
    return s->count > 1 ? square_root(s->squares / (double)s->count) : 0;
}

double tally_loss(const struct tally *t) {
    return 100 * (double)(t->tries - t->times.count) / (double)t->tries;
}

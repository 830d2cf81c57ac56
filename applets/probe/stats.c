#include "applets/probe/stats.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "common/base/mem.h"

/* Knuth's MMIX generator; its upper bits are the good ones. */
static uint64_t draw_below(struct stats *s, uint64_t most) {
    s->random = s->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (s->random >> 11) % most;
}

/* Vitter's algorithm R: each of the `count` numbers so far is kept with the same probability. */
static void keep_sample(struct stats *s, double value) {
    uint64_t place = s->count - 1;
    if (place >= STATS_SAMPLES) place = draw_below(s, s->count);
    if (place >= STATS_SAMPLES) return;
    if (s->count <= STATS_SAMPLES && (place & (place + 1)) == 0) /* its room is used up */
        s->samples = mem_resize(s->samples, 2 * (size_t)place + 2, sizeof *s->samples);
    s->samples[place] = value;
}

/* Welford: no sum of squares that swallows the small differences of large numbers. */
void stats_add(struct stats *s, double value) {
    double distance = value - s->mean;
    s->count++;
    s->mean += distance / (double)s->count;
    s->squares += distance * (value - s->mean);
    if (s->count == 1 || value < s->min) s->min = value;
    if (s->count == 1 || value > s->max) s->max = value;
    keep_sample(s, value);
}

void stats_free(struct stats *s) {
    free(s->samples);
    *s = (struct stats){0};
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

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The order of the samples means nothing to the draw. */
double stats_percentile(struct stats *s, unsigned percent) {
    size_t kept = s->count < STATS_SAMPLES ? (size_t)s->count : STATS_SAMPLES;
    assert(kept > 0 && percent >= 1 && percent <= 100);
    qsort(s->samples, kept, sizeof *s->samples, compare);
    return s->samples[(kept * percent + 99) / 100 - 1];
}

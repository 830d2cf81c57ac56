/* stats: least, mean, greatest, standard deviation and percentiles of numbers that come one by one.
 * Pure. */
#ifndef SOCKKIT_PROBE_STATS_H
#define SOCKKIT_PROBE_STATS_H

#include <stdint.h>

/* Percentiles are exact up to so many numbers; beyond, they are those of so many drawn at random
 * from all, each as likely as any other. */
#define STATS_SAMPLES 4096

/* {0} is empty. */
struct stats {
    uint64_t count;
    double min, mean, max;
    double squares; /* of the distances from the mean, summed */
    /* private */
    double *samples;
    uint64_t random; /* the state of the draw */
};

void stats_add(struct stats *s, double value);
void stats_free(struct stats *s);
/* Of the values themselves (population); 0 for fewer than two. */
double stats_deviation(const struct stats *s);
/* The least number that at least so many percent (1 to 100) of all are not above (nearest rank);
 * there is one at least. */
double stats_percentile(struct stats *s, unsigned percent);

#endif

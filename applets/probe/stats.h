/* stats: least, mean, greatest and standard deviation of numbers that come one by one. Pure. */
#ifndef SOCKKIT_PROBE_STATS_H
#define SOCKKIT_PROBE_STATS_H

#include <stdint.h>

/* {0} is empty. */
struct stats {
    uint64_t count;
    double min, mean, max;
    double squares; /* of the distances from the mean, summed */
};

void stats_add(struct stats *s, double value);
/* of the values themselves (population); 0 for fewer than two */
double stats_deviation(const struct stats *s);

/* How often something was tried, and the times (ns) of the tries that succeeded. */
struct tally {
    uint64_t tries;
    struct stats times;
};

/* The tries that did not succeed, in percent; there was one try at least. */
double tally_loss(const struct tally *t);

#endif

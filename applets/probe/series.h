/* series: what became of an item in each round. */
#ifndef SOCKKIT_PROBE_SERIES_H
#define SOCKKIT_PROBE_SERIES_H

#include <stddef.h>
#include <stdint.h>

#include "applets/probe/finding.h"
#include "applets/probe/stats.h"

/* {0} is empty. */
struct series {
    uint64_t rounds;
    struct stats times; /* ns; of the rounds in which it was open */
};

void series_add(struct series *h, const struct finding *f);
void series_free(struct series *h);

/* The rounds in which it was not open, in percent; there was one at least. */
double series_loss(const struct series *h);

#endif

/* series: what became of an item in each round. */
#ifndef SOCKKIT_PROBE_SERIES_H
#define SOCKKIT_PROBE_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/finding.h"
#include "applets/probe/stats.h"

/* One round. */
struct mark {
    enum port_state state;
    float took; /* ns */
};

/* So many of the last rounds are kept, where they are. */
#define SERIES_MARKS ((size_t)256)

/* {0} is empty. */
struct series {
    uint64_t rounds;
    struct stats times; /* ns; of the rounds in which it was open */
    /* The last rounds, a ring: that of round n, counted from 0, is marks[n % SERIES_MARKS]; owned;
     * NULL: they are not kept. */
    struct mark *marks;
};

/* From now on the last rounds are kept. */
void series_keep_marks(struct series *s);
void series_add(struct series *s, const struct finding *f);
void series_free(struct series *s);

/* How many of the last rounds are kept, and the round that was so many rounds ago; 0: the last. */
size_t series_kept(const struct series *s);
const struct mark *series_mark(const struct series *s, size_t ago);

/* The rounds in which it was not open, in percent; there was one at least. */
double series_loss(const struct series *s);

#endif

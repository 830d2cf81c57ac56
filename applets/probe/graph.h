/* graph: the last rounds of an item as bars, one character each. Pure. */
#ifndef SOCKKIT_PROBE_GRAPH_H
#define SOCKKIT_PROBE_GRAPH_H

#include <stddef.h>

#include "applets/probe/series.h"
#include "common/base/buf.h"

/* Puts at most `columns` of the last rounds to the end of out, the oldest first. A bar is as high
 * as the time it took to be open, beside the longest of those shown; no answer is a cross, anything
 * else that is not open an exclamation mark. Returns that longest time, ns; 0: there was none. */
double graph_put(struct buf *out, const struct series *s, size_t columns);

#endif

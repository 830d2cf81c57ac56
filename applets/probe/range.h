/* range: numeric addresses as people write many of them: 10.0.0.0/24, 10.0.0.5-20, fd00::/120. Pure
 * (interface names of zone ids aside). */
#ifndef SOCKKIT_PROBE_RANGE_H
#define SOCKKIT_PROBE_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/addr.h"

/* `count` addresses, one after the other, beginning with `first`; its port is 0. */
struct range {
    struct addr first;
    uint64_t count; /* at most 2^32 */
    bool single;    /* written as one address */
};

/* Parses an address, ADDRESS/BITS (bits behind the network's may be set), FIRST-LAST or, for IPv4,
 * FIRST-NUMBER, which replaces the last number. NULL, and *out is filled; its count is 0 when the
 * text is none of these, but the name of a host. Or what is wrong, in static words. */
const char *range_parse(const char *host, struct range *out);

/* The address number `index`, counted from 0. */
void range_at(const struct range *range, uint64_t index, uint16_t port, struct addr *out);

/* True when it is one of them, whatever its port. */
bool range_has(const struct range *range, const struct addr *a);

#endif

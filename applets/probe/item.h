/* item: one port of one address or name, and what was found out about it. */
#ifndef SOCKKIT_PROBE_ITEM_H
#define SOCKKIT_PROBE_ITEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/finding.h"
#include "applets/probe/target.h"
#include "common/net/name.h"

struct item {
    struct item *next;    /* in the order asked */
    struct item *sibling; /* of the same goal */
    struct goal *goal;
    uint32_t place; /* of its address within the target's range */
    uint16_t port;
    bool known;           /* in this round or pass */
    enum port_state told; /* --wait: what was said of it last */
    struct finding found;
    struct series *series; /* of the rounds; owned; NULL: there are none */
    /* The scan's. */
    int64_t spent; /* ns of its limit, on the look-up */
    struct item *queued;
};

static inline struct target *item_target(const struct item *i) { return i->goal->target; }

static inline bool item_is_open(const struct item *i) { return i->found.state == PORT_OPEN; }

/* "db:5432", "unix:/run/x", "[::1]:80"; returns out. */
const char *item_name(const struct item *i, char out[NET_NAME_TEXT]);
/* "db", "/run/x", "::1"; `room` is used where it is an address of a range. */
const char *item_host(const struct item *i, char room[ADDR_TEXT]);

/* "db:5432", or the first and the last: "10.0.0.0:80 to 10.0.0.255:80". */
#define GOAL_NAME (2 * NET_NAME_TEXT + 4)
const char *goal_name(const struct goal *g, char out[GOAL_NAME]);

/* The host whose addresses are tried: the proxy's, or its own; NULL: it is an address of a range.
 */
struct host *item_route(const struct item *i);
/* Where it is one of a range: its address. */
struct addr item_address(const struct item *i, uint16_t port);
/* The addresses that are tried: those of its route, or its own one, for which *room is. They have
 * no port. */
const struct addr *item_addresses(const struct item *i, struct addr *room, size_t *count);

#endif

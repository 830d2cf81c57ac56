/* upstream: the server that a relay passes datagrams on to: the addresses of its name, looked up
 * anew now and then without stopping anybody, and which of them is used: the first, until it
 * refuses. An address at which the relay itself listens is none of them. */
#ifndef SOCKKIT_UDP_UPSTREAM_H
#define SOCKKIT_UDP_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/addrs.h"
#include "common/loop/loop.h"
#include "common/net/own.h"
#include "common/net/resolve.h"

struct upstream {
    char text[NET_NAME_TEXT]; /* the name, for messages */
    /* private */
    struct loop *loop;
    struct net_name name;
    struct own own;
    struct addrs addrs;
    size_t used; /* index of the address that is used */
    struct resolve resolve;
    bool named, looking; /* the name is one to look up; that goes on */
    bool told;           /* that something is amiss, since it last answered */
    int64_t looked;      /* when it was looked up last */
};

/* Looks the name up, running the loop for a second at most; one that cannot be looked up now may be
 * later. The name's strings and the listeners must last. Returns 0; -1 when the relay itself is
 * at one of its addresses. */
int upstream_start(struct upstream *u, struct loop *loop, const struct net_name *name,
                   const struct listeners *listeners);
/* Where to send to now; NULL: that is not known. Valid until the loop goes on, or upstream_refused.
 * Has the name looked up anew where the last time is long ago. */
const struct addr *upstream_address(struct upstream *u);

/* How often one datagram is worth trying: once at each address, and once more where the first error
 * is an earlier one's. */
static inline size_t upstream_tries(const struct upstream *u) { return u->addrs.count + 1; }

/* True when it is, or may become, another than the one given. */
bool upstream_has_other(const struct upstream *u, const struct addr *a);
/* The address cannot be sent to: another is used from now on, where there is one. Narrated once,
 * until upstream_answered. */
void upstream_refused(struct upstream *u, const struct addr *a, int error);

static inline void upstream_answered(struct upstream *u) { u->told = false; }

/* Also when it was never started ({0}). */
void upstream_stop(struct upstream *u);

/* True when the name takes a look-up. */
bool upstream_is_named(const struct net_name *name);

#endif

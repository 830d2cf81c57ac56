/* resolve: a name to its addresses, in the loop, so that signals and limits hold meanwhile.
 * getaddrinfo(3) runs in a child process, which can be killed at the limit; a numeric host needs
 * none. */
#ifndef SOCKKIT_NET_RESOLVE_H
#define SOCKKIT_NET_RESOLVE_H

#include <stdint.h>

#include "common/base/addrs.h"
#include "common/base/buf.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/net/name.h"

struct resolve {
    /* failure NULL: addrs is filled, in the order of RFC 6724. */
    void (*done)(struct resolve *r, const struct cause *failure);
    struct addrs addrs; /* the caller's to free */
    /* private */
    struct loop *loop;
    struct net_name name;
    struct watch answer;
    struct timer limit;
    struct buf bytes;
    int child;
};

/* `done` is called once, and may be called before this returns (numeric hosts). The limit is in ns,
 * INT64_MAX for none. The name's strings must last until then. */
void resolve_start(struct loop *loop, struct resolve *r, const struct net_name *name, int64_t limit,
                   void (*done)(struct resolve *r, const struct cause *failure));

/* Gives up: `done` is not called. Also when the look-up is over, or never began ({0}). */
void resolve_stop(struct resolve *r);

/* Runs the loop until the name is resolved: 0 with *addrs filled, the caller's to free; -1 with a
 * cause, whose text is empty when something else stopped the loop (a signal). */
int resolve_wait(struct loop *loop, const struct net_name *name, int64_t limit, struct addrs *addrs,
                 struct cause *cause);

#endif

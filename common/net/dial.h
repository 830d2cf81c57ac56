/* dial: a connection to a name, by RFC 8305: the families of its addresses by turns, a new attempt
 * every 250 ms while earlier ones are pending; the first to connect wins. */
#ifndef SOCKKIT_NET_DIAL_H
#define SOCKKIT_NET_DIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addrs.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/net/resolve.h"
#include "common/net/sockopt.h"

/* RFC 8305 section 5, Connection Attempt Delay, in ns. */
#define DIAL_STAGGER (INT64_C(250) * 1000000)

struct dial_attempt;

struct dial {
    /* fd >= 0: the caller's, and `peer` is who answered; -1 with a failure. */
    void (*done)(struct dial *d, int fd, const struct cause *failure);
    struct addr peer;
    /* private */
    struct loop *loop;
    struct net_name name, local_name;
    const struct sockopt_list *options;
    struct resolve resolve;
    struct addrs addrs, locals;
    size_t next;
    struct dial_attempt *attempts;
    struct timer stagger, limit;
    struct cause failure;
    bool weak; /* the failure noted is of a family that is missing here */
};

/* local (-b; NULL: the system chooses) is the address to connect from. The limit, in ns, holds for
 * resolving and connecting together. Statuses: UNRESOLVED, UNCONNECTED, TIMEOUT, UNBOUND (the local
 * address). `done` is called once, and may be called before this returns. */
void dial_start(struct loop *loop, struct dial *d, const struct net_name *name,
                const struct net_name *local, const struct sockopt_list *options, int64_t limit,
                void (*done)(struct dial *d, int fd, const struct cause *failure));
void dial_stop(struct dial *d);

/* Runs the loop until it is decided: the descriptor, *peer who answered; or -1 with a cause. When
 * something else stopped the loop (a signal), -1 with a cause whose text is empty. */
int dial_wait(struct loop *loop, const struct net_name *name, const struct net_name *local,
              const struct sockopt_list *options, int64_t limit, struct addr *peer,
              struct cause *cause);

#endif

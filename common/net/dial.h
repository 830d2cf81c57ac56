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
#include "common/net/tunnel.h"

/* RFC 8305 section 5, Connection Attempt Delay, in ns. */
#define DIAL_STAGGER (INT64_C(250) * 1000000)

struct dial_attempt;

/* Whom to reach, and how. What it points to is the caller's, and must last. */
struct dial_plan {
    struct net_name name;
    const struct net_name *local;       /* the address to connect from; NULL: any */
    const struct sockopt_list *options; /* of each socket */
    const struct proxy_url *proxy;      /* through it; NULL: straight */
    int64_t
        limit; /* ns, for resolving, connecting and the proxy's answer together; INT64_MAX: none */
};

struct dial {
    /* fd >= 0: the caller's, and `peer` is who answered (the proxy, where there is one); -1 with a
     * failure. */
    void (*done)(struct dial *d, int fd, const struct cause *failure);
    struct addr peer;
    struct tunnel tunnel; /* what the proxy said */
    /* private */
    struct dial_plan plan;
    struct loop *loop;
    struct net_name name; /* whose addresses are tried: that of the plan, or the proxy */
    int fd;               /* while the proxy is spoken to; else -1 */
    struct resolve resolve;
    struct addrs addrs, locals;
    size_t next;
    struct dial_attempt *attempts;
    struct timer stagger, limit, telling;
    struct cause failure;
    bool weak;    /* the failure noted is of a family that is missing here */
    bool refused; /* the failure noted is a refusal */
    bool full;    /* a Unix socket whose queue is full is waited for */
};

/* Statuses: UNRESOLVED, UNCONNECTED, TIMEOUT, UNBOUND (the local address). `done` is called once,
 * and may be called before this returns. */
void dial_start(struct loop *loop, struct dial *d, const struct dial_plan *plan,
                void (*done)(struct dial *d, int fd, const struct cause *failure));
void dial_stop(struct dial *d);

/* Whose addresses are dialled: the proxy's, where there is one, or the target's. */
struct net_name dial_first(const struct dial_plan *plan);

/* Runs the loop until it is decided: the descriptor, *peer who answered; or -1 with a cause. When
 * something else stopped the loop (a signal), -1 with a cause whose text is empty. */
int dial_wait(struct loop *loop, const struct dial_plan *plan, struct addr *peer,
              struct cause *cause);

#endif

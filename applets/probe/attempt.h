/* attempt: one socket that finds out about one address: whether it takes connections, or
 * (datagrams) answers, and what it says. */
#ifndef SOCKKIT_PROBE_ATTEMPT_H
#define SOCKKIT_PROBE_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/finding.h"
#include "common/base/addr.h"
#include "common/base/addrs.h"
#include "common/base/buf.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/net/sockopt.h"

/* What the attempts of one owner have in common. */
struct attempt_plan {
    struct loop *loop;
    int type; /* SOCK_STREAM, SOCK_DGRAM */
    const struct sockopt_list *options;
    const struct addrs *locals; /* where from, by family; empty: the system chooses */
    const char *payload;        /* sent first; "": nothing (a datagram: an empty one) */
    size_t payload_size;
    const char *expect; /* what the answer must have in it; NULL: nothing */
    bool banner;        /* the first line of the answer is wanted */
    /* ns without a byte after which no more is waited for; 0: no such limit */
    int64_t idle;
    bool share_port; /* there are many attempts, no two to the same port: within this machine all
                      * may have one port of our own, which saves the search for one each time */
    /* private */
    struct addr shared[2]; /* that port, IPv4 and IPv6; size 0: none yet */
    int spare[2];          /* refused sockets, to be used again; 0: none */
};

void attempt_plan_free(struct attempt_plan *plan); /* closes the spare sockets */

struct attempt {
    /* called once, from the loop, unless attempt_start knew at once */
    void (*done)(struct attempt *a);
    struct finding found; /* PORT_UNKNOWN: pending; `took` is there once it is connected */
    /* private */
    struct buf answer; /* what came, at most ATTEMPT_ANSWER bytes */
    struct attempt_plan *plan;
    struct watch watch;
    struct timer silence; /* idle */
    struct addr to;
    int64_t since;
    size_t sent;
    bool connected, asked; /* asked: the payload has been sent */
    int fd;                /* -1: closed */
};

#define ATTEMPT_ANSWER ((size_t)65536)

enum attempt_start {
    ATTEMPT_KNOWN, /* a->found tells */
    ATTEMPT_PENDING,
    /* no descriptor, or no memory of the system's: try again when there is (errno) */
    ATTEMPT_SHORT,
    /* *cause tells: a source address or an option that does not work, whatever the address */
    ATTEMPT_IMPOSSIBLE,
};
/* Begins. Its own descriptor is closed by the time the state is known: a connection that is open
 * ends without leaving TIME_WAIT here. */
enum attempt_start attempt_start(struct attempt_plan *plan, struct attempt *a,
                                 const struct addr *to, void (*done)(struct attempt *a),
                                 struct cause *cause);

/* Its time is over: the state is set by what is known so far. `why` (ETIMEDOUT, ECANCELED) is for
 * the trace. `done` is not called. */
void attempt_end(struct attempt *a, int why);
void attempt_free(struct attempt *a); /* what it holds, not itself; it has ended */

#endif

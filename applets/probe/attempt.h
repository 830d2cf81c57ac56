/* attempt: one socket that finds out about one address: whether it takes connections, or
 * (datagrams) answers, and what it says. */
#ifndef SOCKKIT_PROBE_ATTEMPT_H
#define SOCKKIT_PROBE_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/probe/finding.h"
#include "applets/probe/passage.h"
#include "applets/probe/question.h"
#include "common/base/addr.h"
#include "common/base/addrs.h"
#include "common/base/buf.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/net/sockopt.h"

/* Sockets whose connection was refused: they are fit for another. One pool for each family, and
 * for what is on this machine. */
struct attempt_pool {
    int *fds;
    size_t count, room;
    struct addr shared; /* the port that they have in common; size 0: none yet */
};

#define ATTEMPT_POOLS 4

/* What the attempts of one owner have in common. {0} but for what the owner sets. */
struct attempt_plan {
    struct loop *loop;
    const struct sockopt_list *options;
    const struct addrs *locals;    /* where from, by family; empty: the system chooses */
    const struct proxy_url *proxy; /* NULL: straight */
    int64_t idle; /* ns without a byte after which no more is waited for; 0: none */
    /* private */
    bool share_port; /* as long as it works */
    struct attempt_pool pools[ATTEMPT_POOLS];
};

/* There are many attempts, hardly two to the same port: from now on all may come from one port of
 * ours, which saves the system the search for one each time. */
void attempt_plan_share(struct attempt_plan *plan);

/* Closes the spare sockets. True: there were any. */
bool attempt_plan_free(struct attempt_plan *plan);

/* {0} but for what the owner sets: the first five. */
struct attempt {
    /* Called once, from the loop, unless attempt_start knew at once. */
    void (*done)(struct attempt *a);
    struct attempt_plan *plan;
    const struct question *question;
    struct addr to;              /* the proxy, where the plan has one */
    struct proxy_target through; /* whom that is to connect to; read by attempt_start alone */
    struct finding found; /* PORT_UNKNOWN: pending; the owner may take it away (finding_move) */
    bool connected;       /* a datagram socket is at once; through the proxy, where there is one */
    bool entered;         /* the proxy has been reached: what it says is the last word */
    /* private */
    struct buf answer;
    struct passage *passage; /* through the proxy, until it is over */
    struct watch watch;
    struct timer silence; /* idle */
    int64_t since;
    size_t sent;
    bool asked;    /* the payload has been sent */
    bool heard;    /* something has come, an empty datagram at least */
    bool entering; /* whoever enters tells the outcome, and not `done` */
    int fd;        /* -1: closed */
};

enum attempt_start {
    ATTEMPT_KNOWN, /* a->found tells */
    ATTEMPT_PENDING,
    /* no descriptor, or no memory of the system's: try again when there is (errno) */
    ATTEMPT_SHORT,
    /* *cause tells: a source address or an option that does not work, whatever the address */
    ATTEMPT_IMPOSSIBLE,
};
/* Begins. Its descriptor is closed by the time the state is known: what is open reads the end of
 * the stream, and then a reset, which spares this side the TIME_WAIT unless the service ends in the
 * instant between the two. */
enum attempt_start attempt_start(struct attempt *a, struct cause *cause);

/* True when no other address need be tried: the port is open already, and only what the service
 * says is waited for; or the proxy has been reached. */
bool attempt_suffices(const struct attempt *a);

/* Its time is over: the state is set by what is known so far. `why` (ETIMEDOUT, ECANCELED) is for
 * the trace. `done` is not called. */
void attempt_end(struct attempt *a, int why);
void attempt_free(struct attempt *a); /* what it holds, not itself; it has ended */

#endif

/* forward: a relay of datagrams. Each sender has a flow: a socket of its own to the server behind
 * the relay, so that the answers find back, from the address that was asked. Who was silent for
 * long is forgotten; where descriptors are short, who was so for longest. */
#ifndef SOCKKIT_UDP_FORWARD_H
#define SOCKKIT_UDP_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/udp/senders.h"
#include "applets/udp/upstream.h"
#include "common/net/sockopt.h"
#include "common/serve/outbox.h"

#define FORWARD_IDLE (INT64_C(60) * 1000000000) /* ns */
#define FORWARD_FLOWS 65536                     /* at most, at about 700 bytes and a socket each */

struct flow;

/* {0}: not started, and harmless to stop. */
struct forward {
    /* The owner's, set before forward_start. */
    struct loop *loop;
    const struct sockopt_list *options; /* for the sockets of the flows */
    int64_t idle;                       /* how long a sender may be silent */
    /* forward_finish is done. */
    void (*finished)(struct forward *f);
    /* private */
    bool counts; /* hops (hops.h), as what comes does */
    struct upstream upstream;
    struct senders senders;
    struct dgram_batch *batch;
    struct outbox outbox;
    struct flow *current; /* whose datagrams wait in `items`; NULL: nobody's */
    struct dgram *items;  /* on their way in one direction; owned */
    size_t count, capacity;
    size_t owing; /* flows in which an answer is awaited */
    uint64_t lost, forgotten, lost_told, forgotten_told;
    bool finishing;
    struct timer expiry, census, patience;
};

/* The name's strings and the listeners must last. Runs the loop for a look-up. Returns 0; or -1:
 * the relay would pass datagrams on to itself. */
int forward_start(struct forward *f, const struct net_name *target,
                  const struct listeners *listeners);

static inline bool forward_started(const struct forward *f) { return f->batch != NULL; }

/* Passes a datagram on, once forward_flush is called: until then its bytes must last. */
void forward_put(struct forward *f, struct dgram_door *door, const struct dgram *d);
void forward_flush(struct forward *f);

/* True while a sender waits for an answer. */
static inline bool forward_owes(const struct forward *f) { return f->owing > 0 && !f->finishing; }

/* Waits until nobody does, two seconds at most; then calls `finished`. */
void forward_finish(struct forward *f);
/* Forgets everybody. */
void forward_stop(struct forward *f);

#endif

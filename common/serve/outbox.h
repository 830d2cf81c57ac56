/* outbox: datagrams that the system does not take now, kept until it does. Those for a Unix socket
 * wait in a queue for each peer, since there a peer that does not read holds up what is for it
 * alone (unix(7)); those for UDP wait in one for each socket. The system tells of no room in either
 * case, so that the queues are tried again and again: after DGRAM_PAUSE, and while none moves ever
 * more seldom. What waits is bounded, and so is for how
 * long: a queue that does not move for OUTBOX_PATIENCE is given up. */
#ifndef SOCKKIT_SERVE_OUTBOX_H
#define SOCKKIT_SERVE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/loop/loop.h"
#include "common/net/dgram.h"

#define OUTBOX_MOST ((size_t)4 << 20)      /* bytes in all */
#define OUTBOX_PEER_MOST ((size_t)1 << 20) /* bytes for a Unix peer */
#define OUTBOX_QUEUES 256
#define OUTBOX_PATIENCE (INT64_C(1) * 1000000000) /* ns */

struct outbox_queue;

struct outbox {
    /* The owner's, set before the first use. */
    struct loop *loop;
    struct dgram_batch *batch;
    /* The system has taken one. May be NULL. */
    void (*sent)(struct outbox *o, const struct dgram *d);
    /* `count` will not go, of which `d` is the first: errno says why; EAGAIN is for want of room or
     * patience. */
    void (*lost)(struct outbox *o, const struct dgram *d, size_t count, int error);
    /* Nothing waits any more. */
    void (*drained)(struct outbox *o);
    /* private */
    struct outbox_queue *queues;
    size_t count, capacity, bytes;
    struct timer retry;
    int64_t pause;
};

/* True when something waits. */
static inline bool outbox_waits(const struct outbox *o) { return o->count > 0; }

/* True when what is sent to this peer from this socket has to wait its turn. */
bool outbox_holds(const struct outbox *o, const struct dgram_socket *s, const struct addr *peer);
/* Keeps a copy of one at the end of its queue, or tells that it is lost, where there is no room.
 * The socket must last until outbox_forget. */
void outbox_keep(struct outbox *o, struct dgram_socket *s, const struct dgram *d);
/* The socket goes, and what waits for it with it, untold. */
void outbox_forget(struct outbox *o, const struct dgram_socket *s);
/* Also when it was never used. */
void outbox_free(struct outbox *o);

#endif

/* destination: whom datagrams are sent to: the addresses of a name, one after another, each with a
 * socket of its own. A receiver that takes a datagram does not say so: an address is good until it
 * refuses, and then the owner asks for the next one. */
#ifndef SOCKKIT_UDP_DESTINATION_H
#define SOCKKIT_UDP_DESTINATION_H

#include <stdbool.h>

#include "common/base/addrs.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/net/dgram.h"
#include "common/net/name.h"
#include "common/net/own.h"
#include "common/net/sockopt.h"

struct destination {
    /* The owner's, set before destination_find. */
    struct loop *loop;
    const struct sockopt_list *options;
    bool broadcast;   /* the name may be a broadcast address */
    bool unconnected; /* no socket is connected: no refusal is told, whoever answers is heard */

    int fd; /* -1: none */
    struct dgram_socket socket;
    struct dgram_batch *batch; /* owned */
    struct addr to;
    /* The socket is not connected, as it was asked for, or because whoever hears a group or a
     * broadcast address may answer. */
    bool everybody;
    /* private */
    struct net_name name;
    struct addrs addrs, locals;
    size_t next;
    char *path;            /* of our own Unix socket: without one it could not be answered; owned */
    struct listeners self; /* our socket, once it is known where it can be reached */
    struct own own;
    bool on_trial;
};

/* Looks the name up, and `local` (its type 0: the system chooses), running the loop; limit in ns.
 * The names' strings must last. -1 with a cause, whose text is empty when something else stopped
 * the loop. */
int destination_find(struct destination *r, const struct net_name *name,
                     const struct net_name *local, int64_t limit, struct cause *cause);
/* The next address that can be sent to, in place of the last one (narrated with -v). -1 with a
 * cause when there is none. Statuses: UNCONNECTED, UNBOUND (the local address), FAILED. */
int destination_next(struct destination *r, struct cause *cause);

/* True while the address may still turn out to refuse, and another is left: refusals are told then
 * without a connected socket, too. */
static inline bool destination_on_trial(const struct destination *r) { return r->on_trial; }

/* It did not refuse: the others are of no interest any more. */
void destination_settle(struct destination *r);

/* True when the address is on this machine: by the time a send returns, a refusal is known. */
bool destination_is_near(const struct destination *r);
/* The error that came back for datagrams sent before (RFC 1122 section 4.1.3.3), as an errno; 0:
 * none. Asking clears it. */
int destination_error(const struct destination *r);
/* True for a datagram that our own socket sent. */
bool destination_is_self(struct destination *r, const struct dgram *d);
/* The words and status for an error of sending. Returns -1. */
int destination_cause(const struct destination *r, int error, struct cause *cause);
/* Closes; also when nothing was opened. The path of our own Unix socket is removed. */
void destination_free(struct destination *r);

#endif

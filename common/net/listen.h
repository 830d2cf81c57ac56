/* listen: sockets bound to every address of some names, for streams listening. */
#ifndef SOCKKIT_NET_LISTEN_H
#define SOCKKIT_NET_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/addr.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/net/name.h"
#include "common/net/sockopt.h"

#define LISTEN_MOST 16

struct listeners {
    int fds[LISTEN_MOST];           /* owned */
    struct addr addrs[LISTEN_MOST]; /* as getsockname(2) tells */
    size_t count;
};

/* Binds and, for streams, listens at every address of the names: for a host that is NULL 127.0.0.1
 * and ::1, for "*" 0.0.0.0 and ::; there a family that the machine lacks is left out. All whose
 * port is 0 get the same one, that is free in all. An address that comes twice is opened once. A
 * stale socket path is replaced. Runs the loop for a look-up. -1 with a cause (UNBOUND;
 * UNRESOLVED), nothing is left open. Sockets whose port the system chose are the last ones. */
int listen_open(struct loop *loop, const struct net_names *names,
                const struct sockopt_list *options, struct listeners *out, struct cause *cause);
void listen_close(struct listeners *l);

/* Sockets that hold a port which the system chose, and which turned out to be taken elsewhere: as
 * long as they are open the system chooses others. {0} at the beginning. */
struct listen_held {
    int fds[64];
    size_t count;
};

/* Holds the port of the last of the listeners, and closes them. False: enough have been tried. */
bool listen_hold(struct listen_held *held, struct listeners *l);
void listen_let_go(struct listen_held *held);

#endif

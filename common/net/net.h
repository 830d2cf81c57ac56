/* net: names to addresses, listening, dialling. Everything waits in the loop, so that signals and
 * limits hold during all of it. net_resolve.c, net_listen.c, net_dial.c. */
#ifndef SOCKKIT_NET_NET_H
#define SOCKKIT_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/addr.h"
#include "common/base/buf.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/net/sockopt.h"

/* What to reach, or where to listen, as the command line says. */
struct net_name {
    /* NULL: the loopback addresses, ::1 and 127.0.0.1, without a look-up; "*": every address
     * (listening), or any (a source) */
    const char *host;
    const char *path; /* a Unix-domain socket instead */
    uint16_t port;
    int family;   /* AF_UNSPEC, AF_INET, AF_INET6 */
    int type;     /* SOCK_STREAM, SOCK_DGRAM */
    bool numeric; /* no look-up */
};

/* "localhost:60000", "[::1]:60000", "unix:/path": as errors name it. */
#define NET_NAME_TEXT 320
const char *net_name_text(const struct net_name *name, char out[NET_NAME_TEXT]);

struct net_addrs {
    struct addr *items; /* owned */
    size_t count;
};

void net_addrs_free(struct net_addrs *addrs);

/* --- resolve: getaddrinfo(3) in a child that can be killed at the limit; numeric hosts need none
 * --- */

struct net_resolve {
    /* NULL: addrs is filled, addresses in the order of RFC 6724 */
    void (*done)(struct net_resolve *r, const struct cause *failure);
    struct net_addrs addrs; /* the caller's to free */
    /* private */
    struct loop *loop;
    struct net_name name;
    struct watch answer;
    struct timer limit;
    struct buf bytes;
    int child;
};

/* `done` is called once, and may be called before this returns (numeric hosts); limit in ns,
 * INT64_MAX for none. name's strings are the caller's and must last. */
void net_resolve_start(struct loop *loop, struct net_resolve *r, const struct net_name *name,
                       int64_t limit,
                       void (*done)(struct net_resolve *r, const struct cause *failure));
/* gives up; `done` is not called; also when it is over, or never began ({0}) */
void net_resolve_stop(struct net_resolve *r);

/* --- dial: RFC 8305: families interleaved, a new attempt every 250 ms while earlier ones are
 * pending, first to connect wins --- */

struct net_attempt;

struct net_dial {
    /* fd >= 0: the caller's; peer is who answered */
    void (*done)(struct net_dial *d, int fd, const struct cause *failure);
    struct addr peer;
    /* private */
    struct loop *loop;
    struct net_name name;
    struct net_name source_name;
    bool has_source;
    const struct sockopt_list *options;
    struct net_resolve resolve;
    struct net_addrs addrs, sources;
    size_t next;
    struct net_attempt *attempts;
    struct timer stagger, limit;
    struct cause failure;
    bool weak; /* the failure noted is of a family that is missing here */
};

/* source (-b; NULL: the system chooses) is where from. The limit, in ns, holds for resolving and
 * connecting together. Statuses: UNRESOLVED, UNCONNECTED, TIMEOUT, UNBOUND (the source). `done` is
 * called once, and may be called before this returns. */
void net_dial_start(struct loop *loop, struct net_dial *d, const struct net_name *name,
                    const struct net_name *source, const struct sockopt_list *options,
                    int64_t limit,
                    void (*done)(struct net_dial *d, int fd, const struct cause *failure));
void net_dial_stop(struct net_dial *d);

/* Runs the loop until it is decided: the descriptor, *peer who answered; or -1 with a cause. When
 * something else stopped the loop (a signal), -1 with a cause whose text is empty. */
int net_dial_wait(struct loop *loop, const struct net_name *name, const struct net_name *source,
                  const struct sockopt_list *options, int64_t limit, struct addr *peer,
                  struct cause *cause);

/* --- listen --- */

#define NET_LISTENERS 16

struct net_listeners {
    int fds[NET_LISTENERS];           /* owned */
    struct addr addrs[NET_LISTENERS]; /* as getsockname(2) tells */
    size_t count;
};

/* Binds and, for streams, listens at every address of the name: for a host that is NULL 127.0.0.1
 * and ::1, for "*" 0.0.0.0 and ::, the same port on all (port 0: one that is free in all); a family
 * that the machine lacks is left out. A stale socket path is replaced. Runs the loop for a look-up.
 * -1 with a cause (UNBOUND; UNRESOLVED), nothing is left open. */
int net_listen(struct loop *loop, const struct net_name *name, const struct sockopt_list *options,
               struct net_listeners *out, struct cause *cause);
void net_listeners_close(struct net_listeners *l);

/* Port 0, and the port that the system chose is taken elsewhere: as long as it is held, it chooses
 * others. Zeroed. */
struct net_held {
    int fds[64];
    size_t count;
};

/* Holds the port of the listeners; they are closed. False: enough have been tried. */
bool net_hold(struct net_held *held, struct net_listeners *l);
void net_let_go(struct net_held *held);

#endif

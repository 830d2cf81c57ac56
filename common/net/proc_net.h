/* proc_net: sockets of this machine in the tables of proc_net(5), which the kernel writes in whole
 * for whoever reads them. Linux alone. */
#ifndef SOCKKIT_NET_PROC_NET_H
#define SOCKKIT_NET_PROC_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/addr.h"

struct net_socket {
    struct addr local;
    bool connected; /* it has a peer */
    unsigned state; /* TCP_LISTEN and the like, of <netinet/tcp.h>; a UDP socket without a peer is
                       in TCP_CLOSE */
    uint64_t inode; /* proc(5) names it so among the descriptors; 0: no process has it */
    unsigned left;  /* ms until its timer ends, where it has one */
};

/* Whom to look for: TCP sockets (SOCK_STREAM) or UDP ones (SOCK_DGRAM) at a local port, in one of
 * the states, a bit for each (1 << TCP_LISTEN). */
struct net_query {
    int type;
    uint16_t port;
    unsigned states;
};

/* Shows those of one family; none where the system does not tell. */
void proc_net_each(const struct net_query *q, int family,
                   void (*show)(void *ctx, const struct net_socket *s), void *ctx);

/* The inode of the Unix-domain socket at a path ("@" before an abstract name); 0: there is none. */
uint64_t proc_net_path(const char *path);

#endif

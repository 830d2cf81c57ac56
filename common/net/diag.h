/* diag: the sockets of this machine, as the kernel tells them. sock_diag(7) is asked, which looks
 * for what is wanted by itself; where it is refused, the tables of proc_net(5) are read. Linux
 * alone. */
#ifndef SOCKKIT_NET_DIAG_H
#define SOCKKIT_NET_DIAG_H

#include "common/net/proc_net.h"

/* Opens the socket that asks, which is kept: a sandbox allows no new one. Whoever asks later would
 * open it as well. */
void diag_prepare(void);

/* Shows each socket that is looked for, those of AF_INET first; what the system does not tell is
 * left out. The socket that is shown lasts for the call. */
void diag_each(const struct net_query *q, void (*show)(void *ctx, const struct net_socket *s),
               void *ctx);

/* What the kernel says of a single TCP socket. Of one that listens the queue is how many
 * connections wait for accept(2), and how many may. */
struct diag_single {
    unsigned state, waiting, most;
    uint64_t inode;
};

/* The TCP socket from source to destination, or else the one that listens at source. 0, or -1 with
 * errno (ENOENT: there is none). */
int diag_find(const struct addr *source, const struct addr *destination, struct diag_single *out);

#endif

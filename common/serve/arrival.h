/* arrival: a connection that begins with a PROXY protocol header, before it is a client: the header
 * is waited for, 5 s at most, and taken, and not a byte behind it. A source that is not to be
 * believed, or a header that is wrong, closes the connection, narrated. */
#ifndef SOCKKIT_SERVE_ARRIVAL_H
#define SOCKKIT_SERVE_ARRIVAL_H

#include "common/base/buf.h"
#include "common/loop/loop.h"
#include "common/net/proxyproto.h"

struct arrival {
    /* It is over: with a header, whose addresses stand in `header`, the descriptor is the owner's;
     * else (`fd` is -1) it has been closed. The arrival is freed afterwards. */
    void (*done)(struct arrival *a);
    void *owner;
    int fd;
    struct addr peer; /* of the connection itself */
    struct proxyproto header;
    struct arrival *next, **before;
    /* private */
    struct watch watch;
    struct timer limit;
    struct later reap;
    struct buf bytes; /* of the header, as far as they have come */
};

/* All that are waited for, in a list of the owner's. `done` is called from the loop. */
void arrival_start(struct arrival **list, struct loop *loop, const struct arrival *what);
/* Closes them all, without a word. */
void arrival_stop_all(struct arrival **list);

#endif

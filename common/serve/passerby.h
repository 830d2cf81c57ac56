/* passerby: a connection that may be of somebody who only looks whether the port is open. Who ends
 * it by a reset, and without a byte, has gone by; a port scanner does that, and no client. What it
 * looked at, a server that serves a certain number of clients, must not take it for one of them. */
#ifndef SOCKKIT_SERVE_PASSERBY_H
#define SOCKKIT_SERVE_PASSERBY_H

#include "common/base/addr.h"
#include "common/loop/loop.h"

struct passerby {
    /* It is over: a client, whose descriptor is the owner's; or it went by (`fd` is -1), narrated,
     * and is closed. The passerby is freed afterwards. */
    void (*done)(struct passerby *p);
    void *owner;
    int fd;
    struct addr peer;
    struct passerby *next, **before;
    /* private */
    struct watch watch;
    struct timer limit;
    struct later reap;
    int64_t since;
};

/* Waits until something is known: at once when bytes have come, or on a socket that is not TCP, or
 * where the system does not tell; after 20 ms when nothing happens; 100 ms when the peer has ended
 * its side, for the reset may follow. `done` may be called before this returns. All that are waited
 * for are in a list of the owner's. */
void passerby_start(struct passerby **list, struct loop *loop, const struct passerby *what);
/* Closes them all, without a word. */
void passerby_stop_all(struct passerby **list);

#endif

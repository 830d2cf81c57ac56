/* farewell: the orderly end of a connection by the side that has said all it had to say. A close
 * with unread input would make the system send a reset, which can destroy the answer before the
 * peer has read it (RFC 2525 section 2.17). So, once this side is shut down, input is discarded
 * until the peer's system has acknowledged everything and 100 ms were silent, or the peer has ended
 * too; for at most 5 s, and at most 64 KiB of it. More input than that, or any in a strict
 * farewell, is answered by a reset once all is acknowledged: nobody shall take for received what
 * was not. */
#ifndef SOCKKIT_NET_FAREWELL_H
#define SOCKKIT_NET_FAREWELL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/loop/loop.h"

struct farewell {
    /* It is over, and the descriptor is to be closed, when `reset` behind a sock_reset. Called
     * once, from the loop. */
    void (*done)(struct farewell *f);
    /* Set before farewell_start. */
    bool shut;   /* this side has been shut down already */
    bool strict; /* not even a byte may be discarded */
    bool reset;
    uint64_t discarded; /* bytes */
    /* private */
    struct watch watch;
    struct timer timer;
    int64_t began, heard, step;
    bool more; /* input that is not discarded has been seen, and is left */
};

/* Everything has been given to the system. The descriptor stays the caller's. */
void farewell_start(struct farewell *f, struct loop *loop, int fd,
                    void (*done)(struct farewell *f));
void farewell_stop(struct farewell *f); /* also when it was never started ({0}), or is over */

#endif

/* join: joins two connected sockets: each is sent what the other says, until both have ended.
 * Half-close is explicit: each direction is OPEN, DRAINING (its source has ended, bytes wait) or
 * DONE (the other end has been told). An end that takes nothing now stops the reading of the other
 * one. An end that fails ends both: what it said before is delivered first where it still can be
 * read.
 *
 * Small messages are copied; bulk moves as pages where the system can, through a pipe that is given
 * back when it is empty. So a pair that is silent has its two sockets and no memory but this. */
#ifndef SOCKKIT_IO_JOIN_H
#define SOCKKIT_IO_JOIN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/base/msg.h"
#include "common/io/sink.h"
#include "common/loop/loop.h"

struct join;

enum join_state { JOIN_OPEN, JOIN_DRAINING, JOIN_DONE };

struct join_end {
    struct sink sink; /* takes what the other end says; .look and .ctx may be set before join_run */
    const char *name; /* as errors have it, the caller's; to be set before join_run */
    uint64_t said;    /* bytes */
    /* private */
    struct watch watch;
    enum join_state saying;
    bool second; /* of the two */
    bool full;   /* takes nothing now */
    bool gone;   /* takes nothing any more */
    bool hung;   /* a hang-up has been seen, which does not go away */
};

/* What holds for all joins of an owner. */
struct join_plan {
    /* Called once, from the loop, errors having been told; TIMEOUT is the end of `idle`. `reset`:
     * the end that is still there must not take what it heard for all there was; both are to be
     * closed by a reset. */
    void (*done)(struct join *j, enum status outcome, bool reset);
    int64_t idle;  /* ns without a byte either way; 0: no limit */
    uint64_t rate; /* bytes a second, either way; 0: no limit */
    /* A reset before a byte went either way is narrated, and no error. It is how load balancers end
     * what they connect to see whether somebody listens. */
    bool expects_checks;
};

struct join {
    const struct join_plan *plan; /* the owner's, to be set before join_run */
    struct join_end ends[2];
    /* private */
    struct throttle *paces; /* of what each end is told; NULL: no limit */
    struct timer timer;
    int64_t active;
};

/* The descriptors are non-blocking sockets and stay the caller's. */
void join_start(struct join *j, struct loop *loop, int first, int second);
/* Bytes for an end (0, 1) before anything that the other says; neither counted nor looked at. */
void join_say(struct join *j, int end, const char *bytes, size_t n);
void join_run(struct join *j);
/* Leaves the loop and frees what waits; also in the middle, when it is over, or when it was never
 * started ({0}). The counts stay. */
void join_stop(struct join *j);

#endif

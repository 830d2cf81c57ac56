/* throttle: a pace in the loop (common/base/pace.h): whoever found that nothing may go now is
 * called again when something may. A throttle that is NULL lets everything through. */
#ifndef SOCKKIT_LOOP_THROTTLE_H
#define SOCKKIT_LOOP_THROTTLE_H

#include "common/base/pace.h"
#include "common/loop/loop.h"

/* {0}: not started. */
struct throttle {
    void (*again)(struct throttle *t);
    void *owner; /* the caller's */
    /* private */
    struct pace pace;
    struct loop *loop;
    struct timer timer;
};

void throttle_start(struct throttle *t, struct loop *loop, uint64_t rate);
/* How many bytes may go now. 0: none; `again` is called, from the loop, when some may. */
size_t throttle_room(struct throttle *t);
/* The same, `most` at most. */
size_t throttle_most(struct throttle *t, size_t most);
void throttle_spend(struct throttle *t, size_t n);
void throttle_stop(struct throttle *t); /* also when it was never started */

#endif

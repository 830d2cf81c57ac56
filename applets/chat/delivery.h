/* delivery: the wait until the peer's system has acknowledged all that was put on a connection.
 * Only then is it known to have arrived; only then may the connection be closed without loss. */
#ifndef SOCKKIT_CHAT_DELIVERY_H
#define SOCKKIT_CHAT_DELIVERY_H

#include <stdbool.h>

#include "common/net/stream.h"

struct delivery {
    struct stream *stream;
    struct timer poll; /* the system has no event for it */
    int64_t pause;
    void (*done)(struct delivery *d, int error);
};

/* `done` is called once, from the loop: with 0, or with the errno of a connection that is gone
 * before. Where the system does not tell (sysinfo.h), what it has taken counts as arrived. */
void delivery_start(struct delivery *d, struct stream *stream,
                    void (*done)(struct delivery *d, int error));
/* Also when it was never started ({0}), or is over. */
void delivery_stop(struct delivery *d);

/* Bytes put on the stream that have arrived, as far as is known. */
uint64_t delivery_arrived(const struct stream *stream);
/* True when all have. */
bool delivery_is_complete(const struct stream *stream);
/* Why nothing can arrive any more: an errno that the system tells once; 0: there is no reason. */
int delivery_error(const struct stream *stream);

#endif

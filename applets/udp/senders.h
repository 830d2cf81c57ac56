/* senders: those who send to a server, found by their addresses, in the order in which they were
 * heard last. A sender is embedded in whatever its owner keeps of it. */
#ifndef SOCKKIT_UDP_SENDERS_H
#define SOCKKIT_UDP_SENDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/net/dgram.h"
#include "common/serve/server_dgram.h"

struct sender {
    struct dgram_door *door; /* where it sends to */
    struct addr peer;
    struct addr here; /* the address that it asked; size 0: not known */
    pid_t pid;
    int64_t heard; /* in loop_now's time */
    /* private */
    struct sender *same;             /* the next of the same bucket */
    struct sender *longer, *shorter; /* neighbours by silence */
};

/* {0} is empty. */
struct senders {
    bool by_here; /* one that asks two addresses of ours counts as two */
    size_t count;
    struct sender *silent; /* for longest; NULL: there is none */
    /* private */
    struct sender *latest;
    struct sender **buckets; /* owned */
    size_t bits;             /* of the number of buckets */
    uint64_t seed;           /* so that nobody can choose addresses that meet in a bucket */
};

/* Who sent the datagram; NULL: it is new. */
struct sender *senders_find(const struct senders *s, const struct dgram_door *door,
                            const struct dgram *d);
/* It is heard for the first time: fills the sender in. */
void senders_add(struct senders *s, struct sender *sender, struct dgram_door *door,
                 const struct dgram *d);
/* It is heard again, now, by this datagram (NULL: by none, but it is not silent). */
void senders_hear(struct senders *s, struct sender *sender, const struct dgram *d, int64_t now);
/* It goes; its memory stays the owner's. */
void senders_remove(struct senders *s, struct sender *sender);
/* All have gone. */
void senders_free(struct senders *s);

/* True for one that can be answered: it has a name of its own (unix(7)). */
static inline bool senders_answerable(const struct dgram *d) {
    return d->peer->size > sizeof d->peer->as.any.sa_family;
}

/* What is to go to a sender. */
struct dgram sender_reply(const struct sender *s, const char *bytes, size_t size);

#endif

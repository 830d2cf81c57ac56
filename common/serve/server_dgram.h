/* server_dgram: receives datagrams in batches, within an access list, and sends what its owner
 * answers them with. A Unix peer that does not take its answer never delays another's; while the
 * system takes none over UDP, nothing more is received there. What cannot be answered, and what the
 * kernel dropped, is counted and narrated. No two servers answer each other for ever (hops.h). */
#ifndef SOCKKIT_SERVE_SERVER_DGRAM_H
#define SOCKKIT_SERVE_SERVER_DGRAM_H

#include "common/base/buf.h"
#include "common/base/cidr.h"
#include "common/loop/loop.h"
#include "common/net/dgram.h"
#include "common/net/listen.h"
#include "common/net/own.h"
#include "common/serve/outbox.h"

struct dgram_server;
struct dgram_door;

struct dgram_ops {
    /* A datagram of a peer that the access list allows. Returns true when what was put at the end
     * of `answer` is to go back to it (an empty datagram, where that is nothing). `answer` is NULL
     * where nobody may answer it or pass it on: it comes from an address of our own, or servers
     * have been answering each other with it. */
    bool (*message)(struct dgram_door *door, const struct dgram *question, struct buf *answer);
    /* All messages of one batch have been handed over. May be NULL. */
    void (*batch)(struct dgram_server *server);
    /* The system has taken an answer. May be NULL. */
    void (*answered)(struct dgram_server *server, const struct dgram *answer);
    /* Nothing waits to be sent any more (dgram_door_send). May be NULL. */
    void (*drained)(struct dgram_server *server);
    /* After dgram_server_end: all has been sent, or given up. NULL: the loop is stopped. */
    void (*ended)(struct dgram_server *server);
};

/* A socket in the loop. */
struct dgram_door {
    struct watch watch;
    struct dgram_server *server;
    struct dgram_socket socket;
    const struct addr *local;
    int64_t drops; /* narrated so far */
    bool failed;   /* told that nothing can be received */
};

struct dgram_server {
    struct loop *loop;
    const struct dgram_ops *ops;
    const struct access_list *access;
    struct dgram_door doors[LISTEN_MOST];
    size_t count;
    uint64_t received, bytes; /* datagrams of peers that are allowed, and their bytes */
    struct own own;
    bool resting, ended;
    /* private */
    struct dgram_batch *batch;
    struct buf text;       /* of the answers to a batch */
    struct dgram *answers; /* owned */
    size_t answers_count, answers_capacity;
    struct outbox outbox;
    struct timer ending;
    struct timer census;            /* when losses are looked at next */
    uint64_t unanswered, confessed; /* answers that were lost; told so far */
    struct addr told;               /* the peer that the last narration was about */
};

/* Begins to receive. The listeners (SOCK_DGRAM) and the access list stay the caller's and must
 * outlast the server. The owner embeds the struct in its own (container_of). */
void dgram_server_start(struct dgram_server *server, struct loop *loop,
                        const struct listeners *listeners, const struct access_list *access,
                        const struct dgram_ops *ops);
/* From now on answers carry the count of hops.h in their TTL, which must not be the user's. */
void dgram_server_count_hops(struct dgram_server *server);
/* While it rests nothing is received: what comes waits in the kernel's buffer. */
void dgram_server_rest(struct dgram_server *server, bool on);
/* Sends datagrams as answers are sent: what the system does not take now waits, bounded. */
void dgram_door_send(struct dgram_door *door, const struct dgram *items, size_t count);

/* True while something waits. */
static inline bool dgram_server_waits(const struct dgram_server *server) {
    return outbox_waits(&server->outbox);
}

/* No further message is handed over, not of this batch either. Answers that wait are sent, or given
 * up, then `ended` is called. Called once more, it waits for what was sent since. */
void dgram_server_end(struct dgram_server *server);
/* Hands over what has come already and waits in the kernel's buffer; for the end, once the loop has
 * been stopped. */
void dgram_server_drain(struct dgram_server *server);
/* Frees everything, and narrates the losses that were not narrated yet. */
void dgram_server_stop(struct dgram_server *server);

#endif

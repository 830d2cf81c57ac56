/* server_dgram: receives datagrams in batches, within an access list, and sends what its owner
 * answers them with. While the system takes no answer, nothing more is received. Datagrams that the
 * kernel dropped are narrated. */
#ifndef SOCKKIT_SERVE_SERVER_DGRAM_H
#define SOCKKIT_SERVE_SERVER_DGRAM_H

#include "common/base/buf.h"
#include "common/base/cidr.h"
#include "common/loop/loop.h"
#include "common/net/dgram.h"
#include "common/net/listen.h"

struct dgram_server;

struct dgram_ops {
    /* A datagram of a peer that the access list allows. Returns true when what was put at the end
     * of `answer` is to go back to it (an empty datagram, where that is nothing). */
    bool (*message)(struct dgram_server *server, const struct dgram *question, struct buf *answer);
    /* All messages of one batch have been handed over. May be NULL. */
    void (*batch)(struct dgram_server *server);
    /* The system has taken an answer. May be NULL. */
    void (*answered)(struct dgram_server *server, const struct dgram *answer);
};

/* A socket in the loop. */
struct dgram_door {
    struct watch watch;
    struct timer pause; /* until an answer is tried again for which the system sends no event */
    struct dgram_server *server;
    struct dgram_io *io;
    const struct addr *local;
    struct buf bytes;      /* of the answers */
    struct dgram *answers; /* owned; those from next to count wait */
    size_t next, count, capacity;
    int tries;     /* of the first that waits */
    int64_t drops; /* narrated so far */
    bool failed;   /* receiving fails, which was narrated */
};

struct dgram_server {
    struct loop *loop;
    const struct dgram_ops *ops;
    const struct access_list *access;
    struct dgram_door doors[LISTEN_MOST];
    size_t count;
    uint64_t received, bytes; /* datagrams of peers that are allowed, and their bytes */
    bool resting, ended;
    struct timer census; /* when drops are looked at next */
    struct addr told;    /* the peer that the last narration was about */
};

/* Begins to receive. The listeners (SOCK_DGRAM) and the access list stay the caller's and must
 * outlast the server. The owner embeds the struct in its own (container_of). */
void dgram_server_start(struct dgram_server *server, struct loop *loop,
                        const struct listeners *listeners, const struct access_list *access,
                        const struct dgram_ops *ops);
/* While it rests nothing is received: what comes waits in the kernel's buffer. */
void dgram_server_rest(struct dgram_server *server, bool on);
/* No further message is handed over, not of this batch either. Answers that wait are sent, then the
 * loop is stopped. */
void dgram_server_end(struct dgram_server *server);
/* Hands over what has come already and waits in the kernel's buffer; for the end, once the loop has
 * been stopped. */
void dgram_server_drain(struct dgram_server *server);
/* Frees everything, and narrates the drops that were not narrated yet. */
void dgram_server_stop(struct dgram_server *server);

#endif

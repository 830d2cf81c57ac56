/* server_dgram: the datagram server that udp-serve, echo -u and cmd -u are: the sockets in the
 * loop, access lists, answers in batches that wait when the system takes none (reading rests
 * meanwhile), drops told. An applet says what one datagram is answered with. */
#ifndef SOCKKIT_SERVE_SERVER_DGRAM_H
#define SOCKKIT_SERVE_SERVER_DGRAM_H

#include "common/base/buf.h"
#include "common/base/cidr.h"
#include "common/loop/loop.h"
#include "common/net/dgram.h"
#include "common/net/listen.h"

struct dgram_server;

struct dgram_ops {
    /* One datagram of a peer that may. True: what was put at the end of `answer` (maybe nothing: an
     * empty datagram) goes back to it. */
    bool (*message)(struct dgram_server *server, const struct dgram *question, struct buf *answer);
    /* After the messages of one batch; may be NULL. */
    void (*batch)(struct dgram_server *server);
    /* The system took an answer; may be NULL. */
    void (*answered)(struct dgram_server *server, const struct dgram *answer);
};

/* One socket. */
struct dgram_door {
    struct watch watch;
    struct timer pause; /* the system has no room for an answer, and cannot tell when it has */
    struct dgram_server *server;
    struct dgram_io *io;
    const struct addr *local;
    struct buf bytes;      /* of the answers */
    struct dgram *answers; /* owned; next .. count wait */
    size_t next, count, capacity;
    int tries;     /* of the one that waits first */
    int64_t drops; /* told so far */
};

struct dgram_server {
    struct loop *loop;
    const struct dgram_ops *ops;
    const struct access_list *access;
    struct dgram_door doors[LISTEN_MOST];
    size_t count;
    uint64_t received, bytes; /* datagrams of peers that may, and their bytes */
    bool resting, ended;
    struct timer census; /* when drops are looked at next */
    struct addr told;    /* whose trouble was told last */
};

/* Begins to receive. The listeners (SOCK_DGRAM) and the access list stay the caller's and must
 * last; a server need not be alone in its loop. An owner embeds the struct (container_of). */
void dgram_server_start(struct dgram_server *server, struct loop *loop,
                        const struct listeners *listeners, const struct access_list *access,
                        const struct dgram_ops *ops);
/* While it rests nothing is received (the output is full). */
void dgram_server_rest(struct dgram_server *server, bool on);
/* No further message is handed over, not of this batch either; answers that wait go out, then the
 * loop is stopped. */
void dgram_server_end(struct dgram_server *server);
/* Hands over what has come already and waits in the sockets; for the end, once the loop is stopped.
 */
void dgram_server_drain(struct dgram_server *server);
/* Frees everything, and tells drops that were not told yet. */
void dgram_server_stop(struct dgram_server *server);

#endif

/* responder: a server that answers whom it hears: over TCP, with --udp over UDP at the same port
 * too, in one process or, with --workers, in several that share the sockets. An applet says what is
 * answered. */
#ifndef SOCKKIT_SERVE_RESPONDER_H
#define SOCKKIT_SERVE_RESPONDER_H

#include "common/cli/applet.h"
#include "common/net/listen.h"
#include "common/serve/server.h"
#include "common/serve/server_dgram.h"
#include "common/serve/workers.h"

struct responder_conf {
    bool udp;
    int64_t workers; /* 1: no other process */
};

#define RESPONDER_CONF_DEFAULTS \
    { .workers = 1 }

extern const struct opt_row responder_rows[];
#define RESPONDER_GROUP(conf) \
    { "Options", responder_rows, offsetof(conf, responder) }

struct responder;

struct responder_ops {
    /* server_start or lines_server_start, with what r holds for it. Returns the server that was
     * started. */
    struct server *(*start)(struct responder *r);
    void (*stop)(struct responder *r);
    /* The answer to a datagram, put at the end of `answer`; false: none. NULL: there is no --udp.
     */
    bool (*datagram)(struct responder *r, const struct dgram *question, struct buf *answer);
};

struct responder {
    struct call *call;
    const struct responder_ops *ops;
    struct listeners streams, datagrams;
    struct server_conf limits; /* of this process */
    struct common_conf common; /* without -w, which is seen to here */
    /* private */
    const struct server_conf *conf;
    struct responder_conf how;
    struct server *server;
    struct dgram_server dgram_server;
    struct dgram_ops dgram_ops;
    struct timer patience;
    struct workers workers;
    int outcome;
};

/* Listens, serves until the call is over or nobody came within -w, and returns the exit status,
 * having told why. */
int responder_run(struct responder *r, struct call *call, const struct server_conf *conf,
                  struct responder_conf how, const struct responder_ops *ops);

#endif

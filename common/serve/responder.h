/* responder: the life of an applet that others connect or send to: it listens, or takes over
 * sockets that it inherited; tells that it can be reached; gives up the privileges that it needs no
 * more; serves until it is over (a signal, --max-time, nobody came within -w, its own end); leaves
 * nothing behind; and knows its exit status. With --workers it does so in several processes that
 * share the sockets. An applet says what is served: clients as bytes (server.h) or as messages
 * (lines.h), datagrams (server_dgram.h). */
#ifndef SOCKKIT_SERVE_RESPONDER_H
#define SOCKKIT_SERVE_RESPONDER_H

#include "common/base/mem.h"
#include "common/cli/applet.h"
#include "common/cli/sandbox.h"
#include "common/serve/doors.h"
#include "common/serve/lines.h"
#include "common/serve/server.h"
#include "common/serve/server_dgram.h"
#include "common/serve/workers.h"

struct responder;

struct responder_ops {
    /* One of the two, where there are clients. */
    const struct server_ops *sessions;
    const struct lines_ops *lines;
    /* NULL: no datagrams. Beside clients they are served where --udp asks for them. */
    const struct dgram_ops *datagrams;
    /* The doors are open, nobody has come in: what else the applet needs. Returns 0; or the exit
     * status, having told why and undone what it did. NULL: it needs nothing. */
    int (*open)(struct responder *r);
    /* The loop has stopped, nobody comes in any more, and the sessions are still there: what waits
     * is delivered. Not called when it could not be announced. NULL: nothing waits. */
    void (*finish)(struct responder *r);
    /* Everybody has gone: undoes `open`. Returns 0; or the exit status of what went wrong at the
     * applet, told, which goes before `status`. NULL: there is nothing to undo. */
    int (*close)(struct responder *r);
};

/* Embedded in the applet's struct, which the functions below find from what its ops are given. */
struct responder {
    /* The applet's, set before responder_run; {0} will do. */
    struct answering_conf how;
    bool once;      /* one session; its outcome is the exit status */
    uint64_t rate;  /* bytes a second of each connection, either way; 0: no limit */
    unsigned needs; /* what it does beyond serving: SANDBOX_DIALS... */
    /* Each client takes a second descriptor, for a connection of its own: no more are accepted than
     * there are descriptors for. -w is for that connection, not for the wait for a first client. */
    bool pairs;
    /* for the applet to use */
    struct call *call;
    struct doors doors;
    struct lines_server clients; /* with `sessions` only clients.server is used */
    struct dgram_server datagrams;
    int status; /* of the end so far; 0: nothing has gone wrong */
    /* private */
    const struct responder_ops *ops;
    const struct server_conf *conf;
    struct removal port_file;
    struct timer patience;
    struct workers workers;
};

/* Returns the exit status, having told why. The configuration of the call begins with a struct
 * common_conf. */
int responder_run(struct responder *r, struct call *call, const struct server_conf *conf,
                  const struct responder_ops *ops);

/* Ends the run; the first status that is not 0 is the one it ends with. */
void responder_end(struct responder *r, int status);

static inline struct responder *responder_of_session(const struct session *s) {
    return container_of(s->server, struct responder, clients.server);
}

static inline struct responder *responder_of_lines(const struct lines_session *t) {
    return responder_of_session(&t->session);
}

static inline struct responder *responder_of_datagrams(const struct dgram_server *server) {
    return container_of(server, struct responder, datagrams);
}

#endif

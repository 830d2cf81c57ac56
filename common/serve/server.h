/* server: accept, limits, idle times, sessions. An applet says what to do when a session opens,
 * when bytes come and when it is over; how many may come, from where, and for how long they may be
 * silent is the same for all. */
#ifndef SOCKKIT_SERVE_SERVER_H
#define SOCKKIT_SERVE_SERVER_H

#include "common/base/cidr.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/net/listen.h"
#include "common/net/stream.h"

struct session;
struct server;

/* Who may come, and how long they may be silent. {0}: whoever wants, for ever. */
struct server_limits {
    struct access_list access;         /* its lists are the caller's, and must last */
    int64_t max_clients, max_per_host; /* at once; 0: no limit */
    int64_t idle;                      /* ns without a byte either way; 0: no limit */
    bool once; /* the first session allowed is the only one; its outcome is the server's */
};

struct server_ops {
    /* Of the applet's own struct, which begins with a struct session (size_led_by). */
    size_t session_size;
    void (*open)(struct session *s); /* NULL: nothing to do */
    /* As in stream_ops. `end` NULL: session_finish. */
    void (*data)(struct session *s, const char *bytes, size_t n);
    void (*readable)(struct session *s);
    void (*end)(struct session *s);
    void (*space)(struct session *s);
    void (*closed)(struct session *s); /* frees what is the applet's; the session goes after it */
};

enum session_state {
    SESSION_OPEN,
    SESSION_FINISHING, /* what is meant for it is being delivered, then it is half-closed */
    /* half-closed; its input is discarded, so that no reset destroys what was delivered */
    SESSION_LINGERING,
    SESSION_CLOSED,
};

#define SESSION_PEER (ADDR_TEXT)

struct session {
    struct stream stream;
    struct server *server;
    struct session *next, *previous;
    struct timer timer; /* idle, then lingering */
    struct later reap;
    struct addr peer;
    int64_t since;
    enum session_state state;
    int outcome; /* enum status */
};

/* A listening socket and whose it is. */
struct server_door {
    struct watch watch;
    struct server *server;
};

struct server {
    struct loop *loop;
    const struct server_ops *ops;
    struct server_limits limits;
    struct listeners *listeners;
    struct server_door doors[LISTEN_MOST];
    struct timer pause; /* running: descriptors are short */
    bool short_told;
    struct session *sessions;
    size_t count;
    bool met;    /* somebody was served */
    int outcome; /* enum status; of the session, with `once` */
};

/* Begins to accept. The listeners stay the caller's. The server stops the loop when it is over
 * (`once`). An owner embeds the struct, and finds itself by container_of(session->server, ...). */
void server_start(struct server *server, struct loop *loop, struct listeners *listeners,
                  struct server_limits limits, const struct server_ops *ops);
/* Accepts nobody any more; the sessions go on. */
void server_shut_doors(struct server *server);
/* Closes everything at once; not from within a turn of the loop. */
void server_stop(struct server *server);

/* "127.0.0.1:4242"; "unix (pid 4242)". */
const char *session_peer(const struct session *s, char out[SESSION_PEER]);

void session_send(struct session *s, const void *bytes, size_t n);

/* The applet is done with it: what waits is delivered, the write side shut down, input discarded
 * for at most 5 s, then it is closed. Further input is not handed over. */
void session_finish(struct session *s);
/* Closes it at once. */
void session_close(struct session *s, enum status outcome);

/* The stream leaves the loop, and the applet uses s->stream.fd (and minds its idle time) by itself;
 * it ends with session_close, or comes back to the loop to be finished, with the bytes counted
 * meanwhile. */
void session_detach(struct session *s);
void session_attach(struct session *s, uint64_t received, uint64_t sent);

#endif

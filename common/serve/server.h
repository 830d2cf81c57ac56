/* server: accepts connections within limits, ends those that are idle, and keeps each as a session
 * until what was meant for the client is delivered. Its owner says what is done when a session
 * opens, when bytes come, and when it is over. */
#ifndef SOCKKIT_SERVE_SERVER_H
#define SOCKKIT_SERVE_SERVER_H

#include "common/base/cidr.h"
#include "common/base/msg.h"
#include "common/loop/loop.h"
#include "common/net/listen.h"
#include "common/net/stream.h"
#include "common/serve/arrival.h"
#include "common/serve/passerby.h"

struct session;
struct server;

/* Who may connect, and for how long a connection may be silent. {0}: everybody, for ever. */
struct server_limits {
    struct access_list access;         /* its lists are the caller's and must outlast the server */
    int64_t max_clients, max_per_host; /* at once; 0: no limit */
    int64_t idle;                      /* ns without a byte either way; 0: no limit */
    uint64_t rate;                     /* bytes a second of a connection, either way; 0: no limit */
    int64_t sessions; /* in all; the loop is stopped when the last is over; 0: no limit */
    int64_t vacant;   /* ns without a session, after which the loop is stopped; 0: no limit */
    /* A PROXY protocol header comes first, and names whom these limits hold for. */
    bool accept_proxy;
    struct access_list proxy_from; /* whom such headers are believed; its lists are the caller's */
    bool once; /* one session that access allows, whose outcome is the server's */
};

struct server_ops {
    /* Of the owner's own struct, which begins with a struct session (size_led_by). */
    size_t session_size;
    void (*open)(struct session *s); /* NULL: nothing to do */
    /* As in stream_ops. `end` NULL: session_finish. */
    void (*data)(struct session *s, const char *bytes, size_t n);
    void (*readable)(struct session *s);
    void (*end)(struct session *s);
    void (*space)(struct session *s);
    /* The connection has failed, and is closed next; nothing can be sent. NULL: nothing to do. */
    void (*failing)(struct session *s);
    void (*closed)(struct session *s); /* frees what the owner added; the session is freed after */
};

enum session_state {
    SESSION_OPEN,
    SESSION_FINISHING, /* what waits is being sent; then our side is shut down */
    SESSION_PARTING,   /* our side is shut down, the farewell is on (farewell.h) */
    SESSION_CLOSED,    /* freed at the end of this turn of the loop */
};

#define SESSION_PEER (ADDR_TEXT)

struct session {
    struct stream stream;
    struct server *server;
    struct session *next, *previous;
    struct timer timer;      /* the idle time */
    struct parting *parting; /* while it is SESSION_PARTING; private */
    struct later reap;
    struct addr *local; /* as a PROXY header names it; NULL: that of the socket */
    int64_t since;      /* it was accepted (loop_now) */
    struct addr peer;
    enum session_state state;
    int outcome;   /* enum status */
    bool decisive; /* which is that of the run: so with `once`, else the owner's to say */
    bool left;     /* the owner's: the client has said that it leaves, so its reset is no failure */
    bool paused;   /* the owner's: what comes waits */
    bool strict;   /* set before session_finish: input that nobody reads then brings a reset */
};

/* A listening socket in the loop. */
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
    struct timer vacancy;     /* runs while there is no session, where that is limited */
    struct timer pause;       /* runs while nobody is accepted because descriptors are short */
    bool short_told;          /* that was narrated */
    struct arrival *arrivals; /* that owe a PROXY header */
    size_t arriving;
    struct passerby *passers; /* where clients are counted: that may be none */
    size_t passing;
    struct session *sessions;
    size_t count;
    int64_t opened; /* sessions, those that are over among them */
    int outcome;    /* enum status; of the session, with `once` */
};

/* Begins to accept. The listeners stay the caller's and must outlast the server. With `once` the
 * server stops the loop when its session is over. The owner embeds the struct server in its own and
 * finds it by container_of(session->server, ...). */
void server_start(struct server *server, struct loop *loop, struct listeners *listeners,
                  struct server_limits limits, const struct server_ops *ops);
/* Narrates, with -v, that nobody is connected; from then on the server does so by itself. */
void server_note_waiting(void);
/* Where there are no listeners: this connection, the server's from now on, is the one client. If it
 * is refused the loop is stopped, and the outcome is STATUS_FAILED. Limits should have `once`. */
void server_adopt(struct server *server, int fd);
/* Accepts no further connection; the sessions go on. */
void server_shut_doors(struct server *server);
/* Closes all sessions at once and frees them. Not to be called from within a turn of the loop. */
void server_stop(struct server *server);

/* "127.0.0.1:4242", "unix (pid 4242)". Returns out. */
const char *session_peer(const struct session *s, char out[SESSION_PEER]);

void session_send(struct session *s, const void *bytes, size_t n); /* stream_send */

/* The owner is done with the session: what waits is sent, the write side is shut down, input is
 * discarded for at most 5 s, then the connection is closed. No further input is handed over. */
void session_finish(struct session *s);
/* Closes the connection at once; what waits is lost. */
void session_close(struct session *s, enum status outcome);
/* The same with a reset, so that the peer cannot overlook it. */
void session_abort(struct session *s, enum status outcome);
/* It was silent for the time of limits.idle: tells so, as an error where it is decisive, and closes
 * it. */
void session_idle(struct session *s);

/* The connection leaves the loop: the owner uses s->stream.fd by itself and watches the idle time.
 * It ends with session_close, or comes back with session_attach to be finished, which adds the
 * bytes that went either way meanwhile to the counts. */
void session_detach(struct session *s);
void session_attach(struct session *s, uint64_t received, uint64_t sent);

#endif

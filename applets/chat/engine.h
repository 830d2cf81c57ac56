/* engine: a connection to the server of a hub (Redis): dialled, authenticated, and then commands
 * out and the items of replies in. */
#ifndef SOCKKIT_CHAT_ENGINE_H
#define SOCKKIT_CHAT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>

#include "applets/chat/resp.h"
#include "common/net/dial.h"
#include "common/net/stream.h"

/* What to say first; the strings are the caller's, and must last. */
struct engine_login {
    const char *user;     /* NULL: that of the password alone */
    const char *password; /* NULL: nothing is said */
    size_t password_size;
};

struct engine {
    /* The owner's, set before engine_start. */
    const struct engine_login *login;
    void (*up)(struct engine *e);                                 /* commands are taken */
    void (*item)(struct engine *e, const struct resp_item *item); /* of the reply to one */
    /* The connection is over, and stopped; `refused`: the server did not take the password. The
     * words are complete. May be called before engine_start returns. */
    void (*down)(struct engine *e, bool refused, const char *why);
    struct buf out; /* the command being put together (resp.h): engine_send */
    int64_t heard;  /* when something came last (loop_now) */
    bool open;      /* it is up */
    struct stream stream;
    /* private */
    struct loop *loop;
    struct dial dial;
    struct resp replies;
    struct buf rest; /* what has come and is not told yet: it waits */
    bool waiting;
    bool dialling, connected;
};

/* The plan is the caller's, and what it points to must last. */
void engine_start(struct engine *e, struct loop *loop, const struct dial_plan *plan);
/* Sends what has been put into `out`. */
void engine_send(struct engine *e);
/* From within `item`: what comes next waits, until engine_go_on. */
void engine_wait(struct engine *e);
void engine_go_on(struct engine *e);
/* Closes the connection; `down` is not called. Also when there is none ({0}). */
void engine_stop(struct engine *e);

#endif
